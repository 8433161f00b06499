"""The ways customers really take: what follows what, detours, whole paths, and what conversion hangs on."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.intervals import leave_one_out
from cxlib.shares import FEW, interval_on, share_interval
from cxlib.tables import check_columns
from cxlib.words import bounds, counted, extremes, listed, percent

FEW_CONVERT = 10
"""With fewer customers who convert, how much hangs on a touchpoint has no interval."""
DETOURS = ("went_back", "jumped", "looped", "repeated", "skipped")


def why_unknown(logged: bool) -> str:
    """Why there is nothing to tell: the log is too small to be shown, or there is none."""
    return tell("Too few customers to show.") if logged else tell("A file of events switches it on.")


def find_transitions(transitions: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """What share of the steps from one touchpoint leads where, with its interval, customers being the unit.

    `transitions` comes from `summarise_transitions`; `share` is n of `leaving`, 0 to 1.
    """
    needed = ["from_touchpoint", "to_touchpoint", "share", "se", "leaving_customers", "n_effective"]
    check_columns(transitions, needed, name="transitions (from summarise_transitions)")
    figures = (transitions[name] for name in ("share", "se", "leaving_customers", "n_effective"))
    low, high = share_interval(*figures, confidence)
    return transitions.assign(low=low, high=high)


def describe_transitions(transitions: pd.DataFrame, *, logged: bool = False) -> str:
    """The commonest transition and the longest wait, in a sentence each; `logged`: the study has a file of events."""
    if transitions.empty:
        return tell("What follows what is not known. {why_unknown}", why_unknown=why_unknown(logged))
    between = transitions[transitions["wait_median_hours"].notna()]
    if between.empty:
        return tell("Every journey of the log that may be shown has one step only: nothing follows.")
    most = between.loc[between["n"].astype("float64").idxmax()]
    wait = between.loc[between["wait_median_hours"].idxmax()]
    return tell(
        "{start} leads to {end} in {share} ({interval}; n\u00a0{n:,}). "
        "Longest median wait shown: {wait_start} to {wait_end}, {duration}.",
        start=most["from_label"],
        end=most["to_label"],
        share=percent(most["share"]),
        interval=bounds(most["low"], most["high"]),
        n=most["leaving_customers"],
        wait_start=wait["from_label"],
        wait_end=wait["to_label"],
        duration=duration(wait["wait_median_hours"]),
    )


def find_paths(paths: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """The share of journeys with each kind of detour, in all and at each touchpoint, with its interval.

    `paths` comes from `summarise_paths`. For each detour: the share (0 to 1), `n_` customers, `_low` and `_high`
    (Wilson's, on the n the clustered standard error is worth).
    """
    check_columns(paths, ["of", "label", "journeys", "customers", "mean_looped"], name="paths (from summarise_paths)")
    table = paths[["of", "touchpoint", "label", "journeys", "customers"]].copy()
    for detour in DETOURS:
        figures = [paths[f"{figure}_{detour}"] for figure in ("mean", "se", "n", "n_effective")]
        table[f"n_{detour}"] = figures[2].round().astype("Int64")
        table[detour] = figures[0]
        table[f"{detour}_low"], table[f"{detour}_high"] = share_interval(*figures, confidence)
    return table


def describe_paths(paths: pd.DataFrame, *, logged: bool = False) -> str:
    """How many journeys go back, and where to, in a sentence; `logged`: the study has a file of events."""
    whole = paths[paths["of"] == "journey"]
    if whole.empty:
        return tell("The ways customers take are not known. {why_unknown}", why_unknown=why_unknown(logged))
    journey = whole.iloc[0]
    told = f"{bounds(journey['looped_low'], journey['looped_high'])}; n\u00a0{journey['customers']:,}"
    if not journey["looped"]:
        return tell("No journey comes back to a touchpoint it had left ({told}).", told=told)
    places = paths[(paths["of"] == "touchpoint") & paths["looped"].gt(0)]
    often = ""
    if len(places):
        place = places.loc[(places["looped"] * places["journeys"]).idxmax()]
        often = tell(", most often to {label}", label=place["label"])
    back = journey["went_back"]
    earlier = "" if pd.isna(back) else tell("; {back} go back to an earlier stage", back=percent(back))
    return tell(
        "{looped} of journeys come back to a touchpoint they had left ({told}){often}{earlier}.",
        looped=percent(journey["looped"]),
        told=told,
        often=often,
        earlier=earlier,
    )


def find_variants(variants: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """The share of journeys that take each whole path, with its interval, the others in the last row.

    `variants` comes from `summarise_variants`.
    """
    needed = ["variant", "variants", "journeys", "share", "se", "n_effective", "all_customers"]
    check_columns(variants, needed, name="variants (from summarise_variants)")
    n, effective = variants["all_customers"], variants["n_effective"]
    low, high = share_interval(variants["share"], variants["se"], n, effective, confidence)
    return variants.assign(low=low, high=high)


def describe_variants(variants: pd.DataFrame, *, logged: bool = False) -> str:
    """How much of all journeys the commonest paths cover, in a sentence; `logged`: the study has a file of events."""
    if variants.empty:
        return tell("Whole paths are not known. {why_unknown}", why_unknown=why_unknown(logged))
    shown, many = variants[variants["steps"].notna()], int(variants["variants"].sum())
    n = f"n\u00a0{variants['all_customers'].iloc[0]:,}"
    if shown.empty:
        return tell(
            "No whole path is common enough to be shown: journeys take {many} ({n}).", many=counted(many, "path"), n=n
        )
    first = shown.iloc[0]
    told = f"{bounds(first['low'], first['high'])}; {n}"
    if many == 1:
        return tell("All journeys take the same path ({told}).", told=told)
    most = (
        tell("; the {shown} commonest cover {share}", shown=len(shown), share=percent(shown["share"].sum()))
        if len(shown) > 1
        else ""
    )
    return tell(
        "Journeys take {many:,} paths: the commonest, of {steps}, covers {share} ({told}){most}.",
        many=many,
        steps=counted(first["steps"], "step"),
        share=percent(first["share"]),
        told=told,
        most=most,
    )


def find_removal(
    transitions: pd.DataFrame,
    *,
    start: str = "(start)",
    end: str = "(end)",
    converted: str = "(converted)",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """The share of conversions that a first-order Markov chain loses when a touchpoint leads nowhere, largest first.

    `transitions` comes from `summarise_conversions`. `removal` = 1 − P(conversion without it) / P(conversion), 0 to 1
    (Anderl et al. 2016, International Journal of Research in Marketing 33); interval: `removal_interval`, by jackknife
    over blocks of customers. `conversion` is P(conversion), `converting` the customers who convert. Touchpoints without
    `journeys` are in the chain and not in the table.
    """
    columns = ["touchpoint", "label", "journeys", "customers", "removal", "low", "high", "conversion", "converting"]
    check_columns(transitions, ["block", "from_touchpoint", "to_touchpoint", "n", "converting"], name="transitions")
    states = [start, *sorted({*transitions["from_touchpoint"]} - {start})]
    if len(states) < 2 or not (transitions["to_touchpoint"] == converted).any():
        return pd.DataFrame(columns=columns)
    block, blocks = pd.factorize(transitions["block"])
    place = {state: number for number, state in enumerate([*states, converted, end])}
    counts = np.zeros((len(blocks), len(states), len(place)))
    sides = (transitions[side].map(place) for side in ("from_touchpoint", "to_touchpoint"))
    np.add.at(counts, (block, *sides), transitions["n"].to_numpy(dtype=float))
    whole = counts.sum(axis=0)
    conversion, removal = removal_effects(whole)
    left_out = removal_effects(whole - counts)[1]
    left_out = left_out[~np.isnan(left_out).any(axis=1)]
    converting, journeys = float(transitions["converting"].iloc[0]), whole[0].sum()
    se = leave_one_out(removal, left_out)
    low, high = removal_interval(removal, se, min(len(left_out), converting), converting, journeys, confidence)
    told = transitions.drop_duplicates("from_touchpoint").set_index("from_touchpoint").loc[states[1:]].reset_index()
    people = told[["journeys", "customers"]].astype("Int64")
    facts = dict(label=told["from_label"], converting=told["converting"], conversion=conversion)
    table = pd.DataFrame(dict(touchpoint=states[1:], removal=removal, low=low, high=high) | facts).join(people)
    known = table[table["journeys"].notna()].sort_values("removal", ascending=False, kind="stable")
    return known[columns].reset_index(drop=True)


def removal_interval(
    removal: np.ndarray, se: np.ndarray, blocks: float, converting: float, journeys: float, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """The interval of a removal effect: that of a share, on the journeys its jackknifed standard error is worth.

    The error is widened by t/z on `blocks` − 1 degrees of freedom. Where fewer than 5 of the `converting` are on either
    side, as at 0 and 1, no more than these are counted, and all of them where there is no error. Elsewhere NaN without
    an error; NaN, too, where fewer than 10 are `converting`.
    """
    tail, few = 0.5 + confidence / 2, np.minimum(removal, 1 - removal) * converting < FEW
    wider = np.where(se > 1e-9, se, np.nan) * stats.t.ppf(tail, max(blocks - 1, 1)) / stats.norm.ppf(tail)
    worth = np.minimum(removal * (1 - removal) / wider**2, journeys)
    worth = np.where(few, np.fmin(worth, converting), worth)
    return interval_on(removal.round(9), worth if converting >= FEW_CONVERT else worth * np.nan, confidence)


def removal_effects(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """P(conversion) and the removal effect of each state but the first, where journeys start.

    `counts` has shape (…, states, states + 2): transitions from each state to each, to conversion and to the end. From
    the fundamental matrix F = (I − Q)⁻¹ (Kemeny & Snell 1960): journeys that ever come to j are F[start, j]/F[j, j].
    """
    states = counts.shape[-2]
    leaving = counts.sum(axis=-1, keepdims=True)
    moves = counts / np.where(leaving > 0, leaving, 1)
    reach = np.linalg.inv(np.eye(states) - moves[..., :states])
    chance = (reach @ moves[..., states, None])[..., 0]
    visited = reach[..., 0, 1:] / np.diagonal(reach, axis1=-2, axis2=-1)[..., 1:]
    conversion = chance[..., :1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return conversion[..., 0], visited * chance[..., 1:] / np.where(conversion > 0, conversion, np.nan)


def describe_removal(removal: pd.DataFrame, *, converted: str) -> str:
    """What conversion hangs on most, in a sentence; `converted` is what study.yaml calls conversion."""
    if not converted:
        return tell(
            "What leads to conversion is not known. The key converted of journey in study.yaml, "
            "an event or touchpoint, switches it on."
        )
    if removal.empty:
        few = tell("too few customers convert, or do not, or met a touchpoint before")
        return tell("What leads to {converted} cannot be told: {few}.", converted=converted, few=few)
    always = removal["removal"] > 1 - 1e-9
    passed, n = (
        removal.loc[always, "label"].tolist(),
        tell("n\u00a0{n:,} who convert", n=removal["converting"].iloc[0]),
    )
    if always.all():
        return tell("Every conversion passes {passed} ({n}).", passed=listed(passed, most=3), n=n)
    first = removal[~always].iloc[0]
    if pd.isna(first["low"]):
        return tell("What leads to {converted} cannot be told from so few journeys ({n}).", converted=converted, n=n)
    names = extremes(removal[~always], "removal")[0]
    beside = passed[0] if len(passed) == 1 else counted(len(passed), "touchpoint")
    start = tell("Beside {beside} that all who convert pass, conversion", beside=beside) if passed else "Conversion"
    most = (
        percent(first["removal"]) if names == first["label"] else tell("up to {share}", share=percent(first["removal"]))
    )
    return tell(
        "{start} goes most with {names}: {most} in a model of the paths ({interval}; {n}).",
        start=start,
        names=names,
        most=most,
        interval=bounds(first["low"], first["high"]),
        n=n,
    )


def duration(hours: float) -> str:
    """Hours as people say them.

    >>> duration(0.5), duration(9.07), duration(60)
    ('30 minutes', '9.1 hours', '2.5 days')
    """
    if hours < 1:
        return counted(round(60 * hours), "minute")
    return tell("{hours:.1f} hours", hours=hours) if hours < 48 else tell("{hours:.1f} days", hours=hours / 24)
