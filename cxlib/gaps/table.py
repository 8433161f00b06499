"""Where experience falls short of expectation: the gap table and its verdicts."""

import numpy as np
import pandas as pd

from cxlib.intervals import (
    adjust,
    leave_one_out,
    n_for_precision,
    ratio_mean,
    t_interval,
    t_test,
)
from cxlib.tables import GAP_COLUMNS, check_columns

VERDICTS = ("shortfall", "exceeded", "met", "not enough data")

FIGURES = [column.name for column in GAP_COLUMNS]
SIDES = ("expected", "experienced")
SUMMARY = [
    "n",
    "n_effective",
    "mean_gap",
    "se_gap",
    *(f"{part}_{side}" for side in SIDES for part in ("n", "mean", "paired")),
]


def find_gaps(
    ratings: pd.DataFrame, *, met_within: float | None, confidence: float = 0.95, level: float = 0.05
) -> pd.DataFrame:
    """Experience minus expectation with its interval and verdict, widest shortfall first.

    `ratings` comes from `summarise_ratings`, in scale points. `q` is Benjamini–Hochberg's over the rows of the table.
    The verdict, in this order: *met* when the (1 − 2·level) interval lies within ±met_within (two one-sided tests),
    *shortfall* or *exceeded* when q ≤ level, else *not enough data*; `n_needed` respondents would give ±met_within.

    Sure shortfalls come first, the widest on top; what cannot be told comes last.

    >>> summary = pd.DataFrame({"touchpoint": ["checkout"], "n": [50], "mean_gap": [-1.5], "se_gap": [0.2]})
    >>> summary = summary.assign(n_effective=50, n_expected=50, n_experienced=50, mean_expected=6, mean_experienced=4.5)
    >>> gaps = find_gaps(summary.assign(paired_expected=6, paired_experienced=4.5), met_within=0.24)
    >>> gaps[["touchpoint", "n", "gap", "low", "high", "verdict"]].round(2)
      touchpoint   n  gap  low  high    verdict
    0   checkout  50 -1.5 -1.9  -1.1  shortfall
    """
    check_columns(ratings, SUMMARY, name="ratings (from summarise_ratings)")
    met_within = np.nan if met_within is None else met_within
    mean, se, n, effective = (ratings[column] for column in ("mean_gap", "se_gap", "n", "n_effective"))
    low, high = t_interval(mean, se, effective, confidence)
    near, far = t_interval(mean, se, effective, 1 - 2 * level)
    p = t_test(mean, se, effective)
    q = adjust(p)
    claims = [(near > -met_within) & (far < met_within), (q <= level) & (mean < 0), q <= level]
    verdict = np.select(claims, ["met", "shortfall", "exceeded"], "not enough data")
    sides = {side: ratings[f"paired_{side}"].fillna(ratings[f"mean_{side}"]) for side in SIDES}
    gaps = ratings.assign(**sides, gap=mean, low=low, high=high, p=p, q=q, verdict=verdict).assign(
        n_needed=n_for_precision(se, n, effective, met_within, confidence), paired=np.where(n > 0, "yes", "no pairs")
    )
    groups = [column for column in ("stage", "touchpoint", "label") if column in gaps]
    figures = ("se_", "mean_", "paired_", "n_")
    groups += [c for c in ratings.columns if c not in [*groups, *SUMMARY] and not c.startswith(figures)]
    rank = gaps["verdict"].map({"shortfall": 0, "not enough data": 2}).fillna(1)
    order = gaps.assign(rank=rank).sort_values(["rank", "gap"], kind="stable").index
    return gaps.loc[order, [*groups, *FIGURES]].reset_index(drop=True)


def add_up_cells(cells: pd.DataFrame, *, all_waves: bool) -> pd.DataFrame:
    """Means and standard errors of a choice of cells, per touchpoint, for `find_gaps`; no row of the data is touched.

    `cells` are the chosen rows of `summarise_cells`. Where nobody stands in two of a touchpoint's cells the squares add
    up, and n, gap and interval are those of `summarise_ratings`; elsewhere the standard error comes from leaving out
    one block of respondents at a time, and `n` counts a person once a cell.
    """
    groups = ["stage", "touchpoint", "label"]
    sums = [column for column in cells if column.startswith(("n_", "gap_", "paired_"))]
    again = "again_any" if all_waves else "again"
    rows = []
    for names, cell in cells.groupby(groups, sort=False, dropna=False):
        total = cell[sums].sum()
        parts = [total[f"gap_{part}"] for part in ("a", "b", "aa", "ab", "bb")]
        mean, se, effective = (float(value) for value in ratio_mean(total["n_gap"], *parts))
        if cell[again].any() and len(cell[["channel", "wave"]].drop_duplicates()) > 1:
            blocks = cell.groupby("_block")[["gap_a", "gap_b"]].sum()
            left = total[["gap_a", "gap_b"]] - blocks
            se = float(leave_one_out(mean, (left["gap_a"] / left["gap_b"]).dropna().to_numpy()))
        expected = total["paired_a"] / total["paired_b"]
        rows.append((*names, int(total["n_gap"]), effective, mean, se, expected, expected + mean))
    columns = [*groups, "n", "n_effective", "mean_gap", "se_gap", "paired_expected", "paired_experienced"]
    table = pd.DataFrame(rows, columns=columns)
    sides = {f"n_{side}": table["n"] for side in SIDES} | {f"mean_{side}": table[f"paired_{side}"] for side in SIDES}
    return table.assign(**sides)
