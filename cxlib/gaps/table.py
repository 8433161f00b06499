"""Where experience falls short of expectation: the gap table and its verdicts."""

import numpy as np
import pandas as pd

from cxlib.intervals import (
    adjust,
    guard_rare_failures,
    known,
    n_for_precision,
    t_interval,
    t_test,
)
from cxlib.shares import share_interval
from cxlib.tables import GAP_COLUMNS, check_columns

LEANING = 0.1
"""Skewness, as a part of √n, from which Student's t is not trusted with the small p that many gaps ask for."""
VERDICTS = ("shortfall", "exceeded", "met", "not enough data")

FIGURES = [column.name for column in GAP_COLUMNS]
SIDES = ("expected", "experienced")
SUMMARY = [
    *("n", "n_effective", "mean_gap", "se_gap", "modal", "skewness", "below", "width", "paired"),
    *(f"{part}_{side}" for side in SIDES for part in ("n", "mean", "paired")),
]


def find_gaps(
    ratings: pd.DataFrame, *, met_within: float, confidence: float = 0.95, level: float = 0.05
) -> pd.DataFrame:
    """Experience minus expectation with its interval and verdict, widest shortfall first.

    `ratings` comes from `summarise_ratings`, in scale points. Intervals are Student's t, kept honest where failures are
    rare by `guard_rare_failures`; where they cannot be, only `below` is told, the share whose experience was below
    expectation, with its interval. `p` is that of `p_of_gaps`, `q` Benjamini–Hochberg's over the rows of the table. The
    verdict, in this order: *met* when the (1 − 2·level) interval lies within ±met_within (two one-sided tests,
    Schuirmann 1987), *shortfall* or *exceeded* when q ≤ level, else *not enough data*; `n_needed` respondents would
    give ±met_within.

    Sure shortfalls come first, the widest on top; what cannot be told comes last.

    >>> summary = pd.DataFrame({"touchpoint": ["checkout"], "n": [50], "mean_gap": [-1.5], "se_gap": [0.2]})
    >>> summary = summary.assign(n_effective=50, n_expected=50, n_experienced=50, mean_expected=6, mean_experienced=4.5)
    >>> summary = summary.assign(paired_expected=6, paired_experienced=4.5, modal=20, skewness=0, below=0.8)
    >>> summary = summary.assign(width=6, paired="yes")
    >>> gaps = find_gaps(summary, met_within=0.24)
    >>> gaps[["touchpoint", "n", "gap", "low", "high", "verdict"]].round(2)
      touchpoint   n  gap  low  high    verdict
    0   checkout  50 -1.5 -1.9  -1.1  shortfall
    """
    check_columns(ratings, SUMMARY, name="ratings (from summarise_ratings)")
    mean, n, effective = (ratings[column] for column in ("mean_gap", "n", "n_effective"))
    lie = [ratings[figure] for figure in ("modal", "skewness", "width")]
    se, worth = guard_rare_failures(ratings["se_gap"], n, effective, *lie, mean)
    low, high = t_interval(mean, se, worth, confidence)
    near, far = t_interval(mean, se, worth, 1 - 2 * level)
    p = p_of_gaps(mean, se, worth, ratings["skewness"])
    q = adjust(p)
    claims = [(near > -met_within) & (far < met_within), (q <= level) & (mean < 0), q <= level]
    verdict = np.select(claims, ["met", "shortfall", "exceeded"], "not enough data")
    alone = ratings["paired"].isin(["no", "no pairs", "direct"])
    sides = {side: ratings[f"paired_{side}"].fillna(ratings[f"mean_{side}"].where(alone)) for side in SIDES}
    gaps = ratings.assign(**sides, gap=mean, low=low, high=high, p=p, q=q, verdict=verdict).assign(
        n_needed=n_for_precision(ratings["se_gap"], n, effective, met_within, confidence),
        se=se,
        **below(ratings, confidence),
    )
    groups = [column for column in ("stage", "touchpoint", "label") if column in gaps]
    figures = ("se_", "mean_", "paired", "n_", "modal", "skewness", "below", "width")
    groups += [c for c in ratings.columns if c not in [*groups, *SUMMARY] and not c.startswith(figures)]
    rank = gaps["verdict"].map({"shortfall": 0, "not enough data": 2}).fillna(1)
    order = gaps.assign(rank=rank).sort_values(["rank", "gap"], kind="stable").index
    return gaps.loc[order, [*groups, *FIGURES]].reset_index(drop=True)


def p_of_gaps(mean: pd.Series, se: np.ndarray, worth: np.ndarray, skewness: pd.Series) -> np.ndarray:
    """Two-sided p of a mean gap of 0: Student's t; where gaps lean, Hall's (1992) transformed t if that is less sure.

    A long tail makes t too sure on its other side, the more so the smaller the p that many gaps at once ask for. Gaps
    lean where their skewness is over `LEANING`·√n.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (mean / known(se)).to_numpy(dtype=float)
        lean = skewness.fillna(0).to_numpy(dtype=float) / np.sqrt(worth)
        lean = np.where(np.abs(lean) > LEANING, lean / 3, 0)
        turned = t + lean * t**2 + lean**2 * t**3 / 3 + lean / 2
    least = np.where(turned * t > 0, np.minimum(np.abs(t), np.abs(turned)), 0 * t)
    return t_test(least, 1.0, worth)


def below(ratings: pd.DataFrame, confidence: float) -> dict[str, pd.Series | np.ndarray]:
    """The share of respondents whose gap is negative, with its interval on the effective n."""
    share, effective = ratings["below"].astype("float64"), ratings["n_effective"].astype("float64")
    with np.errstate(divide="ignore", invalid="ignore"):
        alike = np.sqrt(share * (1 - share) / (effective - 1))
    told = (ratings["se_below"], ratings["n"]) if "se_below" in ratings else (alike, effective)
    low, high = share_interval(share, *told, effective, confidence)
    return {"below": share, "below_low": low, "below_high": high}
