"""Intervals and tests the steps share."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats


def ratio_mean(
    n: ArrayLike, a: ArrayLike, b: ArrayLike, aa: ArrayLike, ab: ArrayLike, bb: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted mean, its standard error and Kish's effective n, from sums over respondents.

    With A = Σ w·x and B = Σ w per respondent, mean = ΣA/ΣB and, linearised, var = n/(n−1) · Σ(A − mean·B)²/(ΣB)².
    Equal weights and one answer each give the plain mean and s/√n. NaN where n is 0 (and se where n is 1).

    >>> [value.round(4).tolist() for value in ratio_mean([3], [6], [3], [14], [6], [3])]  # 1, 2 and 3
    [[2.0], [0.5774], [3.0]]
    """
    n, a, b, aa, ab, bb = (np.asarray(values, dtype=float) for values in (n, a, b, aa, ab, bb))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = a / b
        squares = np.maximum(aa - 2 * mean * ab + mean**2 * bb, 0)
        squares = np.where(squares < 1e-12 * aa, 0, squares)  # what is left where everybody answered the same
        se = np.sqrt(np.where(n > 1, n / (n - 1), np.nan) * squares) / b
        effective = b**2 / bb
    return mean, se, np.where(n > 0, effective, 0.0)


def t_interval(mean: ArrayLike, se: ArrayLike, n: ArrayLike, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """mean ± t(n − 1)·se; NaN where n < 2 or all answers are the same, for that says nothing about the next one.

    With weights, n is the effective one: where one person carries the weight of all, nothing is known.
    """
    margin = stats.t.ppf(0.5 + confidence / 2, degrees(n)) * known(se)
    return np.asarray(mean) - margin, np.asarray(mean) + margin


def interval_of_ends(
    mean: ArrayLike, se: ArrayLike, n: ArrayLike, groups: ArrayLike, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """`t_interval` of means shown for being the lowest or the highest of so many groups: at 1 − 2·α/groups.

    Benjamini & Yekutieli 2005, Journal of the American Statistical Association 100.
    """
    return t_interval(mean, se, n, 1 - (1 - confidence) * 2 / np.maximum(groups, 2))


def t_test(mean: ArrayLike, se: ArrayLike, n: ArrayLike) -> np.ndarray:
    """Two-sided p of mean = 0."""
    return 2 * stats.t.sf(np.abs(np.asarray(mean, dtype=float)) / known(se), degrees(n))


def difference_of_means(table: pd.DataFrame, one: str, other: str) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """The difference of two means, its standard error, and the n its t has one degree of freedom less than.

    `table` has n, n_effective, mean and se with the suffix of either, `n_both` and `covariance`: paired on those who
    are in both, else independent, on Welch's (1947) degrees of freedom; where somebody is in both, on those of the
    smaller n. A spread of 0 is no knowledge: NaN.
    """
    variances = [table[f"se_{name}"] ** 2 for name in (one, other)]
    worth = [table[f"n_effective_{name}"] - 1 for name in (one, other)]
    both = sum(variances)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = both - 2 * table["covariance"]
        welch = both**2 / sum(part**2 / df for part, df in zip(variances, worth))
        df = np.where(table["n_both"] > 0, np.minimum(*worth), welch)
        se = np.sqrt(variance.where(variance > 1e-12 * both))
    return table[f"mean_{one}"] - table[f"mean_{other}"], se.to_numpy(), df + 1


def compare_gaps(table: pd.DataFrame, one: str, other: str, *, confidence: float, gaps: bool = True) -> pd.DataFrame:
    """The difference of two mean gaps per row: `difference` (one − other), `low`, `high`, `p`, and `q` over the rows.

    Columns as for `guard_sides`; without `gaps`, the means are of answers on one scale. Blank where all changed alike.
    """
    alike = np.isnan(difference_of_means(table, one, other)[1])
    difference, se, worth = difference_of_means(guard_sides(table, one, other, gaps=gaps), one, other)
    se = np.where(alike, np.nan, se)
    low, high = t_interval(difference, se, worth, confidence)
    p = t_test(difference, se, worth)
    return pd.DataFrame({"difference": difference, "low": low, "high": high, "p": p, "q": adjust(p)})


def guard_sides(table: pd.DataFrame, one: str, other: str, *, gaps: bool) -> pd.DataFrame:
    """The table for `difference_of_means` with both standard errors guarded against rare failures.

    Besides its columns it has `modal` and `skewness` with the suffix of either, and the `width` of the scale.
    """
    guarded = table.copy()
    for name in (one, other):
        figures = [table[f"{figure}_{name}"] for figure in ("se", "n", "n_effective", "modal", "skewness")]
        off = table[f"mean_{name}"] if gaps else 0
        guarded[f"se_{name}"], guarded[f"n_effective_{name}"] = guard_rare_failures(*figures, table["width"], off)
    return guarded


def degrees(n: ArrayLike) -> np.ndarray:
    """n − 1, NaN below 1."""
    n = np.asarray(n, dtype=float)
    return np.where(n > 1, n - 1, np.nan)


def known(se: ArrayLike) -> np.ndarray:
    """A standard error of 0 is no knowledge: NaN."""
    se = np.asarray(se, dtype=float)
    return np.where(se > 0, se, np.nan)


PSEUDO = 2, 0.75
"""Pseudo-responses the guard adds, and how far from the mean they lie as a part of the reach."""

ORDINARY = {"n": 15, "modal_share": 0.65, "spread": 0.13, "spread_of_few": 0.95, "skewness": 0.13, "worth": 0.8}
"""Where the plain t interval of a mean holds: for at least `n` answers, at most `modal_share` of them alike, a standard
deviation of at least `spread` of the reach and `spread_of_few`/√n of it, at most `skewness`·√n of skewness, and an
effective n of at least `worth`·n. How that was found stands in docs/proof.md."""
OFF_MODE = 5
"""With fewer answers off the mode nothing holds."""


def guard_rare_failures(
    se: ArrayLike,
    n: ArrayLike,
    effective: ArrayLike,
    modal: ArrayLike,
    skewness: ArrayLike,
    width: ArrayLike,
    gap: ArrayLike = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Standard error and effective n of a mean that keep the t interval honest where failures are rare.

    Where nearly everybody answers the same, the few who were badly let down may not be in the sample, and t is far too
    sure. `modal` is how many of the `n` gave the commonest answer, `skewness` that of the answers (m₃/s³), `width` the
    range of the scale; a mean `gap` of two answers reaches to width + |gap|, a mean of one to width. An ordinary mean
    keeps both figures; elsewhere two pseudo-responses of mean weight are added at mean ± .75·reach, and the error grows
    by skewness²/n (the leading term of what t misses, Hall 1992), where weights differ much by
    ((n/effective)² − 1)/effective; with fewer than five answers off the mode nothing is known (NaN).
    Without a `modal` (NaN) the error was guarded before, and stays.

    >>> wider = guard_rare_failures([0.2, 0.2, 0.2], 40, 40, [15, 30, 38], 0, 6)
    >>> [value.round(3).tolist() for value in wider]
    [[0.2, 0.244, nan], [40.0, 42.0, nan]]
    """
    given = (se, n, effective, modal, skewness, width, gap)
    se, n, effective, modal, skewness, width, gap = (np.asarray(values, dtype=float) for values in given)
    added, away = PSEUDO
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = width + np.abs(gap)
        squares = se**2 * (n - 1) / n + added * (away * reach / n) ** 2
        wider = np.sqrt(squares * (n + added) / (n + added - 1)) / (1 + added / n)
        larger = np.where(wider > se, (1 + added / n) ** 2 / (1 / effective + added / n**2), effective)
        wider = np.maximum(wider, se) * (1 + skewness**2 / n)
        unequal = n > effective / ORDINARY["worth"]
        heavy = np.where(unequal, 1 + ((n / effective) ** 2 - 1) / effective, 1)
        plain = is_ordinary(se, n, effective, modal, skewness, reach)
        told, guarded = n - modal >= OFF_MODE, np.isnan(modal)
    return (
        np.where(guarded, se, np.where(told, np.where(plain, se, wider) * heavy, np.nan)),
        np.where(guarded, effective, np.where(told, np.where(plain, effective, larger), np.nan)),
    )


def is_ordinary(
    se: np.ndarray, n: np.ndarray, effective: np.ndarray, modal: np.ndarray, skewness: np.ndarray, reach: np.ndarray
) -> np.ndarray:
    """Whether a mean meets all of `ORDINARY` but for unequal weights."""
    root = np.sqrt(n)
    least = np.maximum(ORDINARY["spread"], ORDINARY["spread_of_few"] / root)
    return (
        (np.minimum(n, effective) + 1e-9 >= ORDINARY["n"])
        & (modal / n <= ORDINARY["modal_share"])
        & (se * root >= least * reach)
        & (np.abs(skewness) <= ORDINARY["skewness"] * root)
    )


def skewness_of(n: ArrayLike, first: ArrayLike, second: ArrayLike, third: ArrayLike) -> np.ndarray:
    """Skewness m₃/s³ from n and the sums of values, squares and cubes; 0 where all values are the same.

    >>> skewness_of([4], [2], [10], [26]).round(4).tolist()  # −1, 0, 0, 3
    [0.5774]
    """
    n, first, second, third = (np.asarray(values, dtype=float) for values in (n, first, second, third))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, square = first / n, second / n
        variance = (square - mean**2) * n / (n - 1)
        cube = third / n - 3 * mean * square + 2 * mean**3
        return np.where(variance > 1e-12 * square, cube / np.maximum(variance, 1e-300) ** 1.5, 0.0)


def leave_one_out(estimate: np.ndarray, left_out: np.ndarray) -> np.ndarray:
    """Standard error from estimates with one block left out each, over the first axis (delete-a-block jackknife)."""
    blocks = len(left_out)
    if blocks < 2:
        return np.full(np.shape(estimate), np.nan)
    return np.sqrt((blocks - 1) / blocks * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))


def adjust(p: ArrayLike) -> np.ndarray:
    """Benjamini–Hochberg q of a family of p-values; a missing p stays missing and is not of the family.

    Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57.

    >>> adjust([0.01, 0.04, float("nan"), 0.03]).round(3).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    p = np.asarray(p, dtype=float)
    q = np.full(p.shape, np.nan)
    there = ~np.isnan(p)
    if there.any():
        q[there] = stats.false_discovery_control(p[there], method="bh")
    return q


def n_for_precision(se: ArrayLike, n: ArrayLike, effective: ArrayLike, margin: float, confidence: float) -> pd.array:
    """Respondents it takes for mean ± margin: ⌈(t·s/margin)²⌉ with s = se·√n; missing where s is not known."""
    t = stats.t.ppf(0.5 + confidence / 2, degrees(effective))
    needed = np.ceil((t * known(se) / margin) ** 2 * np.asarray(n, dtype=float))
    return pd.array(needed, dtype="Float64").astype("Int64")
