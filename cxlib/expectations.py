"""Step 2: what customers expect, and whether they are who the company believes they are."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.intervals import adjust, share_interval, t_interval
from cxlib.tables import check_columns
from cxlib.words import extremes, listed, percent

NO_EXPECTATIONS = "Nobody was asked what they expect. A column expected of the ratings switches it on."
MIX_VERDICTS = ("more than claimed", "fewer than claimed", "as claimed", "not enough data")


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
        return f"{top['label']} is expected to reach {top['expected']:.1f} (n\u00a0{top['n']:,})."
    most, least, sure = extremes(expectations, "expected")
    if not sure:
        ends = f"{bottom['expected']:.1f} to {top['expected']:.1f}"
        return f"Of no touchpoint is surely more expected than of another ({ends})."
    return (
        f"Customers expect most of {most} ({top['expected']:.1f}; n\u00a0{top['n']:,}) "
        f"and least of {least} ({bottom['expected']:.1f}; n\u00a0{bottom['n']:,})."
    )


def describe_expectation_grid(grid: pd.DataFrame) -> str:
    """Which persona expects most in which stage, and which least, in a sentence."""
    known = grid.dropna(subset=["persona", "stage"])
    if known.empty:
        return "Whether personas expect different things cannot be told."
    if len(known) == 1:
        return f"{known['persona'].iloc[0]} in {known['stage'].iloc[0]} expects {known['expected'].iloc[0]:.1f}."
    ends = [
        f"{row['persona']} in {row['stage']} ({row['expected']:.1f}; n\u00a0{row['n']:,})"
        for _, row in known.iloc[[0, -1]].iterrows()
    ]
    return f"Of all personas and stages, {ends[0]} expects most and {ends[1]} least."


def compare_personas(
    found: pd.DataFrame, personas: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05
) -> pd.DataFrame:
    """The share of customers the company claims each persona to be, against the share found.

    `found` comes from `summarise_personas`, `personas` is the study's table of claims. `share` has Wilson's interval;
    `q` is Benjamini–Hochberg's over the personas, from the z of each share against its claim on the effective n.
    """
    check_columns(found, ["persona", "n", "share", "se", "n_effective"], name="found (from summarise_personas)")
    table = found.merge(personas[["persona", "claimed_share"]], on="persona", how="left", validate="one_to_one")
    share, claimed = table["share"], table["claimed_share"]
    low, high = share_interval(share, table["se"], table["n"], table["n_effective"], confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (share - claimed) / np.sqrt(claimed * (1 - claimed) / table["n_effective"])
    p = 2 * stats.norm.sf(np.abs(z))
    q = adjust(p)
    held = (low <= claimed) & (claimed <= high)
    cases = [(q <= level) & (z > 0) & ~held, (q <= level) & (z < 0) & ~held, held & (high - low < 0.1)]
    verdict = np.where(claimed.isna(), "", np.select(cases, list(MIX_VERDICTS[:3]), MIX_VERDICTS[3]))
    table = table.assign(low=low, high=high, p=p, q=q, verdict=verdict)
    order = (share - claimed).abs().sort_values(ascending=False, kind="stable", na_position="last").index
    return table.loc[order, ["persona", "n", "claimed_share", "share", "low", "high", "p", "q", "verdict"]].reset_index(
        drop=True
    )


def describe_personas(mix: pd.DataFrame) -> str:
    """Which personas are claimed wrongly, in a sentence."""
    if mix.empty or (mix["n"] == 0).all():
        return "Nobody's persona is known. A column persona of the respondents switches this on."
    if mix["claimed_share"].isna().all():
        return (
            "Whom the company believes its customers to be is not known. "
            "A file personas.csv with claimed_share switches it on."
        )
    wrong = mix[mix["verdict"].isin(MIX_VERDICTS[:2])]
    if wrong.empty:
        return "No persona is surely more or fewer of the customers than the company believes."
    said = [f"{row.persona} {percent(row.share)} instead of {percent(row.claimed_share)}" for row in wrong.itertuples()]
    return f"Customers are not who the company believes: {listed(said)} (n\u00a0{mix['n'].iloc[0]:,})."
