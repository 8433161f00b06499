"""Step 2: what customers expect, and whether they are who the company believes they are."""

import pandas as pd

from cxlib.catalogue import tell
from cxlib.intervals import t_interval
from cxlib.tables import check_columns
from cxlib.words import extremes

NO_EXPECTATIONS = "Nobody was asked what they expect. A column expected of the ratings switches it on."


def find_expectations(ratings: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Mean expectation of each group with its interval, the highest first; groups nobody was asked about are left out.

    `ratings` comes from `summarise_ratings`. In scale points, of everybody who gave an expectation: `n`, `expected`,
    `low`, `high`.
    """
    figures = ["n_expected", "mean_expected", "se_expected", "n_effective_expected"]
    check_columns(ratings, figures, name="ratings (from summarise_ratings)")
    mean, se = ratings["mean_expected"], ratings["se_expected"]
    low, high = t_interval(mean, se, ratings["n_effective_expected"], confidence)
    about = ("n_", "mean_", "se_", "paired", "modal", "skewness", "below", "width")
    groups = [c for c in ratings if c != "n" and not c.startswith(about)]
    table = ratings[groups].assign(n=ratings["n_expected"], expected=mean, low=low, high=high)
    first = [column for column in ("stage", "touchpoint", "label") if column in table]
    table = table[[*first, *(column for column in table if column not in first)]]
    return table[table["n"] > 0].sort_values("expected", ascending=False, kind="stable", ignore_index=True)


def describe_expectations(expectations: pd.DataFrame) -> str:
    """Where expectation is highest and where lowest, in a sentence."""
    if expectations.empty:
        return NO_EXPECTATIONS
    top, bottom = expectations.iloc[0], expectations.iloc[-1]
    if len(expectations) == 1:
        return tell(
            "{label} is expected to reach {expected:.1f} (n\u00a0{n:,}).",
            label=top["label"],
            expected=top["expected"],
            n=top["n"],
        )
    most, least, sure = extremes(expectations, "expected")
    if not sure:
        ends = tell("{low:.1f} to {high:.1f}", low=bottom["expected"], high=top["expected"])
        return tell("Of no touchpoint is surely more expected than of another ({ends}).", ends=ends)
    return tell(
        "Customers expect most of {most} ({high:.1f}; n\u00a0{n_most:,}) and least of {least} "
        "({low:.1f}; n\u00a0{n_least:,}).",
        most=most,
        high=top["expected"],
        n_most=top["n"],
        least=least,
        low=bottom["expected"],
        n_least=bottom["n"],
    )


def describe_expectation_grid(grid: pd.DataFrame) -> str:
    """Which persona expects most in which stage, and which least, in a sentence."""
    known = grid.dropna(subset=["persona", "stage"])
    if known.empty:
        return tell("Whether personas expect different things cannot be told.")
    if len(known) == 1:
        return tell(
            "{persona} in {stage} expects {expected:.1f}.",
            persona=known["persona"].iloc[0],
            stage=known["stage"].iloc[0],
            expected=known["expected"].iloc[0],
        )
    ends = [
        tell(
            "{persona} in {stage} ({expected:.1f}; n\u00a0{n:,})",
            persona=row["persona"],
            stage=row["stage"],
            expected=row["expected"],
            n=row["n"],
        )
        for _, row in known.iloc[[0, -1]].iterrows()
    ]
    return tell(
        "Of all personas and stages, {highest} expects most and {lowest} least.", highest=ends[0], lowest=ends[1]
    )
