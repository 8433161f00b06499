"""Where the figures stand against their targets, and when they will reach them."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.intervals import degrees
from cxlib.shares import FEW, worth_of
from cxlib.tables import StudyError
from cxlib.trends import AT_MOST, DIRECTIONS, describe_attainment, reach_dates
from cxlib.words import counted, in_words, listed, percent

COLUMNS = ["figure", "date", "n", "value", "low", "high", "before", "target", "direction", "due", "objective"]


def compare_targets(
    tracked: pd.DataFrame,
    objectives: pd.DataFrame,
    experience: pd.DataFrame,
    *,
    day: str = "",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """The last value of each KPI, and of each touchpoint with an objective, against its target.

    `tracked` comes from `track_kpis`, `experience` from `find_experience`. One row per figure: `figure`, `date`, `n`,
    `value`, `low`, `high`, `before` (the value before), `target`, `direction`, `due`, `objective` and `status`:
    *reached* or *missed* where the whole interval lies on that side of the target (*not reached yet* where it is due
    after `day`), else *cannot be told*; empty without a target. `to_target` is value − target with its interval, `p`
    that of no difference.
    """
    table = pair_up(tracked, objectives, experience)
    percents = table[table["is_share"].astype(bool) & (table["target"].abs() > 1)]
    if len(percents):
        name, target = percents.iloc[0][["figure", "target"]]
        raise StudyError(f"objectives: the target of {name} is {target:g}; a share lies from 0 to 1, such as 0.7.")
    sign = np.where(table["direction"].eq(AT_MOST), -1, 1)
    near, far = (np.where(sign > 0, table[one], -table[other]) for one, other in (("low", "high"), ("high", "low")))
    below, open_yet = far < sign * table["target"], table["due"] > (pd.Timestamp(day) if day else pd.Timestamp.max)
    cases = [table["target"].isna(), near >= sign * table["target"], below & open_yet, below]
    status = np.select(cases, ["", "reached", "not reached yet", "missed"], "cannot be told")
    gaps = {f"to_target{end}": table[f"{end[1:] or 'value'}"] - table["target"] for end in ("", "_low", "_high")}
    table = table.assign(
        status=status, due=table["due"].dt.strftime("%Y-%m-%d"), p=p_of_targets(table, confidence), **gaps
    )
    return table[[*COLUMNS, "status", *gaps, "p", "is_share"]]


def pair_up(tracked: pd.DataFrame, objectives: pd.DataFrame, experience: pd.DataFrame) -> pd.DataFrame:
    """The last value of each KPI and of each touchpoint with an objective, beside its target; rated ones below."""
    direction = objectives["direction"].str.strip().str.lower()
    wrong = objectives["direction"][direction.notna() & ~direction.isin(DIRECTIONS)]
    if len(wrong):
        raise StudyError(f"objectives: direction is {wrong.iloc[0]!r}; it is 'at least' (or blank) or 'at most'.")
    aims = objectives.assign(direction=direction)[["kpi", "touchpoint", "target", "direction", "due", "objective"]]
    last = tracked.groupby("kpi").tail(1).assign(before=tracked.groupby("kpi")["value"].shift())
    last = last.assign(figure=last["kpi"], date=last["date"].dt.strftime("%Y-%m-%d"))
    parts = [last.merge(aims.dropna(subset="kpi").drop(columns="touchpoint"), on="kpi", how="left")]
    if "experienced" in experience:
        rated = experience.rename(
            columns={"n_experienced": "n", "experienced": "value", "experienced_low": "low", "experienced_high": "high"}
        )
        rated = rated.assign(figure=rated["label"], is_share=False)[
            ["touchpoint", "figure", "n", "value", "low", "high", "is_share"]
        ]
        parts.append(rated.merge(aims.dropna(subset="touchpoint").drop(columns="kpi"), on="touchpoint", how="inner"))
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return table.reindex(columns=[*COLUMNS, "is_share", "se", "n_effective", "chart"])


def p_of_targets(table: pd.DataFrame, confidence: float) -> np.ndarray:
    """Two-sided p of value = target, agreeing with the interval.

    The score test of a share on the n its `se` is worth (exact where fewer than 5 are on either side), the exact test
    of a Poisson rate (chart u, c); of means, NPS and adoption the p at which the interval, its shape kept, reaches the
    target: of a mean that of t.
    """
    names = ("value", "target", "n", "se", "n_effective", "low", "high")
    value, target, n, se, effective, low, high = (table[name].astype("float64") for name in names)
    worth, df = worth_of(value * (1 - value), se, n, effective), degrees(effective.fillna(n))
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (value - target) / np.sqrt(target * (1 - target) / worth)
        arms = np.abs(value - target) / np.where(target > value, high - value, value - low)
    hits, misses = value * worth, (1 - value) * worth
    least, most = stats.beta.sf(target, hits + 1, misses), stats.beta.cdf(target, hits, misses + 1)
    tails = np.fmin(np.where(misses > 0, least, 1), np.where(hits > 0, most, 1))
    few = np.minimum(hits, misses) < FEW - 1e-9
    units = n.mask(table["chart"].eq("c"), 1.0)
    below, above = stats.poisson.cdf(value * units, target * units), stats.poisson.sf(value * units - 1, target * units)
    cases = [table["is_share"].astype(bool) & effective.notna(), table["chart"].isin(["u", "c"])]
    exact = [
        np.where(few, np.minimum(2 * tails, 1), 2 * stats.norm.sf(np.abs(score))),
        np.minimum(2 * np.fmin(below, above), 1),
    ]
    return np.select(cases, exact, 2 * stats.t.sf(arms * stats.t.ppf(0.5 + confidence / 2, df), df))


def find_attainment(monitoring: pd.DataFrame, traced: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """When each target would be reached at the pace so far, as a range (`reach_dates`).

    `monitoring` comes from `compare_targets`, `traced` from `trace_figures`. `earliest` and `latest` are days;
    `attainment` says in a sentence when, or why that cannot be told.
    """
    rows, aimed = [], monitoring[monitoring["target"].notna()]
    for row in aimed.itertuples():
        series = traced[traced["figure"] == row.figure]
        way = row.direction if pd.notna(row.direction) else DIRECTIONS[0]
        found = reach_dates(series["date"], series["value"], target=row.target, direction=way, confidence=confidence)
        words = percent(row.target) if row.is_share else f"{row.target:g}"
        said = describe_attainment(found, target=tell("{figure} of {words}", figure=row.figure, words=words))
        rows.append((row.figure, found.n, row.value, row.target, found.earliest, found.latest, said))
    columns = ["figure", "measurements", "value", "target", "earliest", "latest", "attainment"]
    return pd.DataFrame(rows, columns=columns).assign(is_share=aimed["is_share"].to_list())


def describe_targets(monitoring: pd.DataFrame) -> str:
    """Which targets are reached and which missed, in a sentence."""
    if monitoring.empty:
        return tell("No figures are tracked. Files kpis.csv and objectives.csv switch this on.")
    aimed = monitoring[monitoring["status"] != ""]
    if aimed.empty:
        return tell(
            "{figures} tracked; objectives.csv would give them targets.",
            figures=counted(len(monitoring), "figure"),
        )
    untold, known = aimed["status"] == "cannot be told", aimed["low"].notna()
    groups = {
        tell("{count} missed ({names})"): aimed["status"] == "missed",
        tell("{count} not reached yet ({names})"): aimed["status"] == "not reached yet",
        tell("{count} reached ({names})"): aimed["status"] == "reached",
        tell("{count} too close to its target to say ({names})"): untold & known,
        tell("{count} with too few cases to say ({names})"): untold & ~known,
    }
    said = [
        words.format(count=int(rows.sum()), names=listed(aimed.loc[rows, "figure"], most=3))
        for words, rows in groups.items()
        if rows.any()
    ]
    days, targets = monitoring["date"].dropna().unique(), counted(len(aimed), "target")
    if len(days) != 1:
        return tell("Of {targets}: {states}.", targets=targets, states="; ".join(said))
    return tell("Of {targets}, on {day}: {states}.", targets=targets, day=in_words(days[0]), states="; ".join(said))


def describe_left_out(monitoring: pd.DataFrame, objectives: pd.DataFrame, places: pd.DataFrame) -> str:
    """How many objectives have no figure in what is looked at, in a sentence; empty where all have.

    `places` is the map (touchpoint, label).
    """
    labels = places.set_index("touchpoint")["label"].to_dict()
    there = set(zip(monitoring["objective"], monitoring["figure"]))
    rows = zip(objectives["objective"], objectives["kpi"], objectives["touchpoint"])
    found = [{(name, kpi), (name, labels.get(place, place))} & there for name, kpi, place in rows]
    left_out = objectives.loc[[not pair for pair in found], "objective"].drop_duplicates()
    if left_out.empty:
        return ""
    of = counted(objectives["objective"].nunique(), "objective")
    return tell(
        "Of {targets}, {count} without a figure in what is looked at: {names}.",
        targets=of,
        count=len(left_out),
        names=listed(left_out, most=3),
    )
