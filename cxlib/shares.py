"""Intervals of shares, of their differences, of rates and of the net promoter score."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from cxlib.intervals import adjust, known

FEW, FEW_OFF = 5, 8
"""Fewer on either side of a share, or off the commonest answer of an NPS, take exact limits; see docs/proof.md."""


def share_interval(
    share: ArrayLike, se: ArrayLike, n: ArrayLike, kish: ArrayLike, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a share (0 to 1): Wilson's; Clopper and Pearson's where fewer than 5 are on either side.

    Both on the n that its linearised standard error is worth, at most Kish's: that error comes from the sample too, and
    is too small where those with much weight happen to agree.

    >>> [end.round(4).tolist() for end in share_interval([0.0], [0.0], [20], [20], 0.95)]  # Clopper-Pearson
    [[0.0], [0.1684]]
    """
    share = np.asarray(share, dtype=float)
    return interval_on(share, worth_of(share * (1 - share), se, n, kish), confidence)


def worth_of(variance: ArrayLike, se: ArrayLike, n: ArrayLike, kish: ArrayLike) -> np.ndarray:
    """The n at which a `variance` per person gives this linearised standard error, at most Kish's; NaN where n is 0."""
    variance, se, n, kish = (np.asarray(values, dtype=float) for values in (variance, se, n, kish))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n > 0, np.fmin(variance / known(se) ** 2 * n / (n - 1), kish), np.nan)


def interval_on(share: np.ndarray, n: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval of a share of n people, Clopper and Pearson's where fewer than 5 are on either side."""
    few = np.minimum(share, 1 - share) * n < FEW - 1e-9
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = zip(clopper_pearson(share, n, confidence), wilson(share, n, confidence))
        low, high = (np.where(few, exact, end) for exact, end in ends)
    return low, high


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
    """Interval of the difference of two independent shares, share − other: Newcombe's (1998) hybrid of two intervals.

    Those are Wilson's, as his, and Clopper and Pearson's where fewer than 5 are on either side. Where `n_other` is not
    known the other share is taken as certain.

    >>> [round(float(end), 4) for end in newcombe(56 / 70, 70, 48 / 80, 80, 0.95)]
    [0.0524, 0.3339]
    """
    share, n, other, n_other = (np.asarray(values, dtype=float) for values in (share, n, other, n_other))
    low, high = interval_on(share, n, confidence)
    ends = [np.where(np.isnan(n_other), other, end) for end in interval_on(other, n_other, confidence)]
    below = np.sqrt((share - low) ** 2 + (ends[1] - other) ** 2)
    above = np.sqrt((high - share) ** 2 + (other - ends[0]) ** 2)
    return share - other - below, share - other + above


def shares_against_rest(hits: pd.Series, n: pd.Series, worth: pd.Series, *, confidence: float) -> pd.DataFrame:
    """Each row's share hits/n less that of all other rows together, which must not share anybody.

    `difference` with Newcombe's (1998) `difference_low` and `difference_high`, Fisher's exact two-sided `p` and `q`
    (Benjamini–Hochberg over the rows); `worth` is the effective n, that of the rest (Σn)²/Σ(n²/worth) over its rows.
    Blank where there is no other row.

    >>> rows = [pd.Series(values, dtype=float) for values in ([56, 48], [70, 80], [70, 80])]
    >>> shares_against_rest(*rows, confidence=0.95).round(4)
       difference  difference_low  difference_high       p       q
    0         0.2          0.0524           0.3339  0.0125  0.0125
    1        -0.2         -0.3339          -0.0524  0.0125  0.0125
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share, rest = hits / n, (hits.sum() - hits) / (n.sum() - n)
        squares = (n**2 / worth).where(n > 0, 0)
        rest_worth = (n.sum() - n) ** 2 / (squares.sum() - squares).where(n < n.sum())
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
    promoters: ArrayLike,
    detractors: ArrayLike,
    se: ArrayLike,
    n: ArrayLike,
    kish: ArrayLike,
    confidence: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Adjusted Wald interval of promoters − detractors (shares): ¾ promoters, 1½ passives, ¾ detractors are added.

    Where fewer than 8 gave another answer than most, from the exact limits of both shares (Newcombe's hybrid with their
    correlation, Zou & Donner 2008). On the n that the linearised standard error is worth, at most Kish's.
    """
    p, d = (np.asarray(values, dtype=float) for values in (promoters, detractors))
    worth = worth_of(p + d - (p - d) ** 2, se, n, kish)
    off = (1 - np.maximum(np.maximum(p, d), 1 - p - d)) * worth
    ends = zip(nps_hybrid(p, d, worth, confidence), nps_wald(p, d, worth, confidence))
    low, high = (np.where(off < FEW_OFF - 1e-9, hybrid, wald) for hybrid, wald in ends)
    return np.maximum(low, -1), np.minimum(high, 1)


def nps_wald(p: np.ndarray, d: np.ndarray, n: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """p − d ± z·se of n + 3 people, ¾ of them promoters and ¾ detractors more."""
    p, d = (p * n + 0.75) / (n + 3), (d * n + 0.75) / (n + 3)
    margin = stats.norm.ppf(0.5 + confidence / 2) * np.sqrt((p + d - (p - d) ** 2) / (n + 3))
    return p - d - margin, p - d + margin


def nps_hybrid(p: np.ndarray, d: np.ndarray, n: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """From the intervals of two shares of the same n people, at most one of which is anybody's, that of p − d."""
    (low, high), (low_d, high_d) = interval_on(p, n, confidence), interval_on(d, n, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        together = np.nan_to_num(np.sqrt(p * d / ((1 - p) * (1 - d))), nan=1.0)  # where all agree, the widest

    def reach(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.sqrt(one**2 + 2 * together * one * other + other**2)

    return p - d - reach(p - low, high_d - d), p - d + reach(high - p, d - low_d)
