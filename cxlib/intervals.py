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


def compare_gaps(table: pd.DataFrame, one: str, other: str, *, confidence: float) -> pd.DataFrame:
    """The difference of two mean gaps per row: `difference` (one − other), `low`, `high`, `p`, and `q` over the rows.

    Columns as for `difference_of_means`, with `modal` and `skewness` of either and the `width` of the scale: both
    standard errors are guarded against rare failures first.
    """
    guarded = table.copy()
    for name in (one, other):
        figures = [table[f"{figure}_{name}"] for figure in ("se", "n", "n_effective", "modal", "skewness")]
        guarded[f"se_{name}"], guarded[f"n_effective_{name}"] = guard_rare_failures(*figures, table["width"])
    difference, se, worth = difference_of_means(guarded, one, other)
    low, high = t_interval(difference, se, worth, confidence)
    p = t_test(difference, se, worth)
    return pd.DataFrame({"difference": difference, "low": low, "high": high, "p": p, "q": adjust(p)})


def degrees(n: ArrayLike) -> np.ndarray:
    """n − 1, NaN below 1."""
    n = np.asarray(n, dtype=float)
    return np.where(n > 1, n - 1, np.nan)


def known(se: ArrayLike) -> np.ndarray:
    """A standard error of 0 is no knowledge: NaN."""
    se = np.asarray(se, dtype=float)
    return np.where(se > 0, se, np.nan)


PSEUDO = 2, 0.75
"""Pseudo-responses the guard adds, and how far from the mean they lie as a part of the scale's range."""

ORDINARY = {"n": 15, "modal_share": 0.65, "spread": 0.15, "spread_of_few": 1, "skewness": 0.2, "off_mode": 5}
"""Where the plain t interval of a gap holds: for at least `n` answers, at most `modal_share` of them alike, a standard
deviation of at least `spread` of the range and `spread_of_few`/√n of it, and at most `skewness`·√n of skewness; with
fewer than `off_mode` answers off the mode nothing holds. How that was found stands in docs/proof.md."""


def guard_rare_failures(
    se: ArrayLike, n: ArrayLike, effective: ArrayLike, modal: ArrayLike, skewness: ArrayLike, width: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Standard error and effective n of a mean gap that keep the t interval honest where failures are rare.

    Where nearly everybody has the same gap, the few who were badly let down may not be in the sample, and t is far too
    sure. `modal` is how many of the `n` have the commonest gap, `skewness` that of the gaps (m₃/s³), `width` the range
    of the scale. An ordinary gap keeps both figures; elsewhere two pseudo-responses of mean weight are added at
    mean ± .75·width; with fewer than five answers off the mode nothing is known (NaN).

    >>> wider = guard_rare_failures([0.2, 0.2, 0.2], 40, 40, [15, 30, 38], 0, 6)
    >>> [value.round(3).tolist() for value in wider]
    [[0.2, 0.244, nan], [40.0, 42.0, nan]]
    """
    given = (se, n, effective, modal, skewness, width)
    se, n, effective, modal, skewness, width = (np.asarray(values, dtype=float) for values in given)
    added, away = PSEUDO
    with np.errstate(divide="ignore", invalid="ignore"):
        root, worth = np.sqrt(n), np.minimum(n, effective) + 1e-9
        squares = se**2 * (n - 1) / n + added * (away * width / n) ** 2
        wider = np.sqrt(squares * (n + added) / (n + added - 1)) / (1 + added / n)
        larger = (1 + added / n) ** 2 / (1 / effective + added / n**2)
        plain = (worth >= ORDINARY["n"]) & (modal / n <= ORDINARY["modal_share"])
        least = np.maximum(ORDINARY["spread"], ORDINARY["spread_of_few"] / root)
        plain &= (se * root >= least * width) & (np.abs(skewness) <= ORDINARY["skewness"] * root)
        plain |= wider <= se
        told = n - modal >= ORDINARY["off_mode"]
    return (
        np.where(told, np.where(plain, se, wider), np.nan),
        np.where(told, np.where(plain, effective, larger), np.nan),
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


def share_interval(
    share: ArrayLike, se: ArrayLike, n: ArrayLike, kish: ArrayLike, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a share (0 to 1): Wilson's; Clopper and Pearson's where fewer than 5 are on either side.

    Both on the n that its linearised standard error is worth (Kish's where the share is 0 or 1), at most `n`.

    >>> [end.round(4).tolist() for end in share_interval([0.0], [0.0], [20], [20], 0.95)]  # Clopper-Pearson
    [[0.0], [0.1684]]
    """
    share, se, n, kish = (np.asarray(values, dtype=float) for values in (share, se, n, kish))
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = np.where((share > 0) & (share < 1), share * (1 - share) / se**2 * n / (n - 1), kish)
        worth = np.where(n > 0, np.fmin(worth, n), np.nan)
        low, high = wilson(share, worth, confidence)
        few = np.minimum(share, 1 - share) * worth < 5 - 1e-9
        exact = clopper_pearson(share, worth, confidence)
    return np.where(few, exact[0], low), np.where(few, exact[1], high)


def wilson(share: np.ndarray, n: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval of a share (Wilson 1927)."""
    z2 = stats.norm.ppf(0.5 + confidence / 2) ** 2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    margin = np.sqrt(z2 * share * (1 - share) / n + z2**2 / (4 * n**2)) / (1 + z2 / n)
    return np.maximum(middle - margin, 0), np.minimum(middle + margin, 1)


def clopper_pearson(share: np.ndarray, n: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """The exact interval of a share (Clopper & Pearson 1934)."""
    tail, hits = (1 - confidence) / 2, share * n
    low = np.where(hits > 0, stats.beta.ppf(tail, hits, n - hits + 1), 0.0)
    high = np.where(hits < n, stats.beta.ppf(1 - tail, hits + 1, n - hits), 1.0)
    return low, high


def poisson_interval(events: ArrayLike, units: ArrayLike, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """The exact interval of a Poisson rate, events per unit (Garwood 1936).

    >>> [end.round(3).tolist() for end in poisson_interval([0, 10], 1, 0.95)]
    [[0.0, 4.795], [3.689, 18.39]]
    """
    events, units = np.asarray(events, dtype=float), np.asarray(units, dtype=float)
    tail = (1 - confidence) / 2
    low = np.where(events > 0, stats.chi2.ppf(tail, 2 * events) / 2, 0.0)
    return low / units, stats.chi2.ppf(1 - tail, 2 * (events + 1)) / 2 / units


def newcombe(
    share: ArrayLike, n: ArrayLike, other: ArrayLike, n_other: ArrayLike, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of the difference of two independent shares, share − other: Newcombe's (1998) hybrid of Wilson's.

    Where `n_other` is not known the other share is taken as certain.

    >>> [round(float(end), 4) for end in newcombe(56 / 70, 70, 48 / 80, 80, 0.95)]
    [0.0524, 0.3339]
    """
    share, n, other, n_other = (np.asarray(values, dtype=float) for values in (share, n, other, n_other))
    (low, high), (low_other, high_other) = wilson(share, n, confidence), wilson(other, n_other, confidence)
    ends = [np.where(np.isnan(n_other), other, end) for end in (low_other, high_other)]
    below = np.sqrt((share - low) ** 2 + (ends[1] - other) ** 2)
    above = np.sqrt((high - share) ** 2 + (other - ends[0]) ** 2)
    return share - other - below, share - other + above


def shares_against_rest(hits: pd.Series, n: pd.Series, worth: pd.Series, *, confidence: float) -> pd.DataFrame:
    """Each row's share hits/n less that of all other rows together, which must not share anybody.

    `difference` with Newcombe's (1998) `difference_low` and `difference_high`, Fisher's exact two-sided `p` and `q`
    (Benjamini–Hochberg over the rows); `worth` is the effective n. Blank where there is no other row.

    >>> rows = [pd.Series(values, dtype=float) for values in ([56, 48], [70, 80], [70, 80])]
    >>> shares_against_rest(*rows, confidence=0.95).round(4)
       difference  difference_low  difference_high       p       q
    0         0.2          0.0524           0.3339  0.0125  0.0125
    1        -0.2         -0.3339          -0.0524  0.0125  0.0125
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share, rest, rest_worth = hits / n, (hits.sum() - hits) / (n.sum() - n), worth.sum() - worth
        low, high = newcombe(share, worth, rest, rest_worth.where(rest_worth > 0), confidence)
    p = [exact_p(*figures) for figures in zip(share, worth, rest, rest_worth)]
    ends = {
        "difference_low": np.where(rest.isna(), np.nan, low),
        "difference_high": np.where(rest.isna(), np.nan, high),
    }
    return pd.DataFrame({"difference": share - rest, **ends, "p": p, "q": adjust(p)}, index=hits.index)


def exact_p(share: float, n: float, other: float, n_other: float) -> float:
    """Fisher's exact two-sided p of no difference between two shares; NaN where one is of nothing."""
    if not n > 0 or not n_other > 0:
        return float("nan")
    hits, totals = [round(share * n), round(other * n_other)], [round(n), round(n_other)]
    return float(stats.fisher_exact([hits, [total - hit for total, hit in zip(totals, hits)]]).pvalue)


def nps_interval(
    promoters: ArrayLike, detractors: ArrayLike, se: ArrayLike, n: ArrayLike, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Adjusted Wald interval of promoters − detractors (shares): ¾ promoters, 1½ passives, ¾ detractors are added.

    On the n that the linearised standard error is worth, at most `n`; NaN where all answers are the same.
    """
    promoters, detractors, se, n = (np.asarray(values, dtype=float) for values in (promoters, detractors, se, n))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = promoters + detractors - (promoters - detractors) ** 2
        worth = np.minimum(spread / known(se) ** 2 * n / (n - 1), n)
        p, d = (promoters * worth + 0.75) / (worth + 3), (detractors * worth + 0.75) / (worth + 3)
        margin = stats.norm.ppf(0.5 + confidence / 2) * np.sqrt((p + d - (p - d) ** 2) / (worth + 3))
    return np.maximum(p - d - margin, -1), np.minimum(p - d + margin, 1)


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
