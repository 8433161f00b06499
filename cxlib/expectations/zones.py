"""Which kinds of expectation were asked for, and where experience lies in the zone of tolerance."""

import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.intervals import adjust, guard_rare_failures, t_interval, t_test
from cxlib.tables import check_columns
from cxlib.words import counted, listed, signed

ZONE_VERDICTS = ("below the zone", "above the zone", "within the zone")
UNSURE = "not enough data"
KINDS = {"expected": "predicted", "desired": "desired", "adequate": "adequate"}


def find_zones(levels: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05) -> pd.DataFrame:
    """Where experience lies between the adequate and the desired level, the least adequate first.

    `levels` comes from `summarise_levels`. In scale points: `adequacy` is experienced − adequate, `superiority`
    experienced − desired, with t intervals guarded against rare failures; `n` gave both sides of the first, else of the
    second. `p` is that of the place the figures show: t of the difference from the near end or, within, the larger of
    both; `q` is Benjamini–Hochberg's over the rows. Parasuraman, Zeithaml & Berry 1994, Journal of Retailing 70.
    """
    needed = [f"{part}_{name}" for name in ("adequacy", "superiority") for part in ("n", "mean", "modal")]
    check_columns(levels, [*needed, "mean_adequate", "mean_desired"], name="levels (from summarise_levels)")
    levels = levels[(levels["n_adequacy"] > 0) | (levels["n_superiority"] > 0)]
    table = levels[[column for column in ("stage", "touchpoint", "label") if column in levels]].copy()
    table["n"] = levels["n_adequacy"].where(levels["n_adequacy"] > 0, levels["n_superiority"])
    table = table.assign(**{side: levels[f"mean_{side}"] for side in ("adequate", "desired", "experienced")})
    ends = t_interval(table["experienced"], levels["se_experienced"], levels["n_effective_experienced"], confidence)
    table["experienced_low"], table["experienced_high"] = ends
    chances = []
    for name in ("adequacy", "superiority"):
        figures = [levels[f"{part}_{name}"] for part in ("se", "n", "n_effective", "modal", "skewness")]
        mean = levels[f"mean_{name}"]
        se, worth = guard_rare_failures(*figures, levels["width"], mean)
        table[f"n_{name}"], table[name] = levels[f"n_{name}"], mean
        table[f"{name}_low"], table[f"{name}_high"] = t_interval(mean, se, worth, confidence)
        chances.append(t_test(mean, se, worth))
    cases = [table["adequacy"] < 0, table["superiority"] > 0]
    p = np.select(cases, chances, np.maximum(*chances))
    q = adjust(p)
    verdict = np.where(q <= level, np.select(cases, ZONE_VERDICTS[:2], ZONE_VERDICTS[2]), UNSURE)
    order = table["adequacy"].fillna(table["superiority"]).sort_values(kind="stable").index
    return table.assign(p=p, q=q, verdict=verdict).loc[order].reset_index(drop=True)


def describe_zones(zones: pd.DataFrame) -> str:
    """How many touchpoints are below, within and above the zone of tolerance, and the worst, in a sentence."""
    if zones.empty:
        return tell(
            "The zone of tolerance is not known. Columns adequate and desired of the ratings, "
            "beside experienced, switch it on."
        )
    place, name, lowest = zones["verdict"], zones["label"].iloc[0], distance(zones.iloc[0])
    if len(zones) == 1:
        said = tell("not surely within or outside the zone") if place.iloc[0] == UNSURE else place.iloc[0]
        return tell("{name} is {said} of tolerance: {lowest}.", name=name, said=said, lowest=lowest)
    told = [
        f"{(place == verdict).sum()} {tell(verdict.split()[0])}"
        for verdict in ZONE_VERDICTS
        if (place == verdict).any()
    ]
    told += [tell("{count} cannot be told", count=(place == UNSURE).sum())] if (place == UNSURE).any() else []
    if (place == UNSURE).all():
        told = [tell("none is surely within or outside")]
    return tell(
        "Of {zones} touchpoints by the zone of tolerance {told}. Lowest is {name}: {lowest}.",
        zones=len(zones),
        told=listed(told),
        name=name,
        lowest=lowest,
    )


def distance(zone: pd.Series) -> str:
    """How far experience is from adequate, or from desired where it is above that, with interval and n."""
    name, end = ("adequacy", "adequate") if pd.notna(zone["adequacy"]) else ("superiority", "desired")
    if zone["verdict"] == ZONE_VERDICTS[1]:
        name, end = "superiority", "desired"
    low, high = (signed(zone[f"{name}_{side}"]) for side in ("low", "high"))
    return tell(
        "{distance} from {end} ({low} to {high}; n\u00a0{n:,})",
        distance=signed(zone[name]),
        end=end,
        low=low,
        high=high,
        n=zone[f"n_{name}"],
    )


def describe_kinds(levels: pd.DataFrame) -> str:
    """Which kinds of expectation were asked for, and of how many touchpoints, in a sentence."""
    asked = {kind: int((levels[f"n_{side}"] > 0).sum()) for side, kind in KINDS.items()}
    if not any(asked.values()):
        return tell(
            "Nobody was asked what they expect. A column expected, desired or adequate of the ratings switches it on."
        )
    said = [f"{tell(kind)} ({counted(count, 'touchpoint')})" for kind, count in asked.items() if count]
    absent = [kind for kind in ("desired", "adequate") if not asked[kind]]
    switch = tell("Columns") if len(absent) == 2 else tell("A column")
    more = (
        tell(
            " {switch} {absent} of the ratings would give the zone of tolerance.", switch=switch, absent=listed(absent)
        )
        if absent
        else ""
    )
    return tell("Kind of expectation asked for: {said}.{more}", said=listed(said), more=more)
