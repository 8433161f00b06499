"""What changed since the wave before."""

import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.intervals import compare_gaps
from cxlib.tables import check_columns
from cxlib.words import counted, listed, most_likely, shortly, signed

CHANGES = ("better", "worse", "no sure change")
SUFFIXES = ("_now", "_before", "_both")


def find_change(change: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05) -> pd.DataFrame:
    """How the gap of each group changed since the wave before, with its interval; sure changes first, then by size.

    `change` comes from `summarise_change`. Paired on the respondents both waves share, else independent: the variance
    is that of both means less twice their covariance, t on Welch's degrees of freedom (n − 1 where some answered
    twice). `q` is Benjamini–Hochberg's over the table. Above 0 is better.
    """
    figures = [f"{part}_{when}" for when in ("now", "before") for part in ("n", "n_effective", "mean", "se", "modal")]
    check_columns(change, [*figures, "n_both", "covariance", "width"], name="change (from summarise_change)")
    found = compare_gaps(change, "now", "before", confidence=confidence).rename(columns={"difference": "change"})
    moved, sure = found["change"], found["q"] <= level
    verdict = np.select([sure & (moved > 0), sure], CHANGES[:2], CHANGES[2])
    table = change.assign(**found, verdict=verdict).rename(
        columns={"mean_now": "gap", "mean_before": "gap_before", "n_now": "n"}
    )
    groups = [column for column in ("stage", "touchpoint", "label") if column in table]
    own = [c for c in change.columns if c not in (*groups, "width", "covariance") and not c.endswith(SUFFIXES)]
    columns = [*groups, *own, "wave_now", "wave_before", "n", "n_before", "n_both", "gap_before", "gap", "change"]
    rank = table["verdict"].eq(CHANGES[2])
    order = table.assign(rank=rank, size=-moved.abs()).sort_values(["rank", "size"], kind="stable").index
    return table.loc[order, [*columns, "low", "high", "p", "q", "verdict"]].reset_index(drop=True)


def describe_change(change: pd.DataFrame, *, reported: bool = False, confidence: float = 0.95) -> str:
    """What changed since the wave before, in a sentence; `reported` tells whether there were earlier reports."""
    if change.empty and reported:
        return tell(
            "The study no longer holds the wave before; with its answers in the files each change would be tested."
        )
    if change.empty:
        return tell("There is no wave before to compare with. A second wave switches it on.")
    before = change["wave_before"].iloc[0]
    better, worse = (change[change["verdict"] == verdict] for verdict in CHANGES[:2])
    compared = counted(len(change), "touchpoint")
    if better.empty and worse.empty:
        return tell(
            "Since {wave} no gap has surely changed ({touchpoints} compared).", wave=before, touchpoints=compared
        )
    said = (
        [tell("Better since {wave}: {moves}.", wave=before, moves=list_moves(better, confidence))]
        if len(better)
        else []
    )
    said += (
        [tell("Worse since {wave}: {moves}.", wave=before, moves=list_moves(worse, confidence))] if len(worse) else []
    )
    same = int((change["verdict"] == CHANGES[2]).sum())
    said += [tell("No sure change at {count} of {touchpoints}.", count=same, touchpoints=compared)] if same else []
    return " ".join(said)


def list_moves(moved: pd.DataFrame, confidence: float) -> str:
    """The touchpoints that moved one way, each with how far, its interval and the people of both waves."""
    said = []
    for row in moved.itertuples():
        ends = (row.low, row.high) if row.change > 0 else (-row.high, -row.low)
        span = shortly(tell("{low} to {high}", low=signed(ends[0]), high=signed(ends[1])))
        words = (
            tell("{name} by {points} points ({span}; {before} and {now} people)")
            if not said
            else tell("{name} by {points} ({span}; {before} and {now})")
        )
        span = span if said else most_likely(span, confidence)
        figures = dict(points=f"{abs(row.change):.1f}", before=f"{row.n_before:,}", now=f"{row.n:,}")
        said.append(words.format(name=row.label, span=span, **figures))
    return listed(said, most=3)
