"""When a measured series will reach its target if it goes on as it did."""

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from cxlib.catalogue import tell

FEWEST = 6
"""Days of measurement a line takes: with fewer, too many of the ranges that are said miss the day."""

TESTED = 8
"""Measurements from which on their dependence on the one before is tested; below, the test finds nothing."""

ALLOWED = 0.5
"""Dependence of a measurement on the one before that a line's interval stands; too few measurements could show it."""

HORIZON = 3653
"""Days after the last measurement, ten years, beyond which no date is named."""

AT_MOST = "at most"
DIRECTIONS = ("at least", AT_MOST)

CANNOT = {
    "too few": f"it takes measurements on {FEWEST} days, each with a value",
    "no spread": "the measurements lie exactly on a line, so nothing shows how far to trust it",
    "no sure trend": "their line does not surely rise or fall",
    "dependent": "they do not scatter independently around a straight line",
}


@dataclass(frozen=True)
class Attainment:
    """When the line through a series reaches its target, or why that is not said.

    `status`: *range* (`earliest` to `latest`), *open end* (from `earliest` on, perhaps not within ten years), *not
    within ten years*, *reached* (the line is there at the last measurement), *away* (it surely leads away), or why it
    cannot be told: *too few*, *no spread*, *no sure trend*, *dependent*. `n` measurements, the last on day `last`.
    """

    status: str
    n: int
    last: date | None = None
    earliest: date | None = None
    latest: date | None = None


def reach_dates(
    days: ArrayLike, values: ArrayLike, *, target: float, direction: str = "at least", confidence: float = 0.95
) -> Attainment:
    """When a measured series will reach its target if it goes on as it did, as a range of days.

    `days` are datetime64, `values` and `target` in the same unit; `direction` "at most" where less is better. The range
    holds the days on which the target lies within the confidence band of the least-squares line (Fieller 1954), as wide
    as measurements that depend on the one before by .5 take it (`find_reach`). Said only where the slope's interval,
    so widened, leads to the target without 0, the line is not there yet and, from 8 measurements on, the residuals'
    lag-1 autocorrelation is within 2/√n of that of independent ones. No date over ten years after the last measurement
    is named; `earliest` may lie before the last measurement, never before the first.
    How often that holds the day, and how seldom flat series get one, stands in docs/proof.md.

    >>> days = np.arange("2025-01", "2026-01", dtype="datetime64[M]")
    >>> noise = np.array([1, -1, 0, 2, -2, 1, -1, 1, 0, -2, 2, -1]) / 100
    >>> reach_dates(days, 0.5 + np.arange(12) / 100 + noise, target=0.75).earliest
    datetime.date(2026, 8, 2)
    """
    if direction not in DIRECTIONS:
        raise ValueError(f"direction is {direction!r}; it is 'at least' or 'at most'.")
    days, values = np.asarray(days, dtype="datetime64[D]"), np.asarray(values, dtype=float)
    there = np.isfinite(values) & ~np.isnat(days)
    order = np.argsort(days[there], kind="stable")
    days, values = days[there][order], values[there][order]
    if len(np.unique(days)) < FEWEST:
        return Attainment("too few", len(days))
    x, sign = (days - days[-1]).astype(float), -1.0 if direction == AT_MOST else 1.0
    reach = find_reach(tuple(x), confidence)
    status = judge_line(x, sign * values, sign * target, reach)
    if status != "range":
        return Attainment(status, len(days), days[-1].item())
    early, late = find_crossing(x, values, target=target, reach=reach)
    if early > HORIZON:
        return Attainment("not within ten years", len(days), days[-1].item())
    ends = [(days[-1] + int(end)).item() if end <= HORIZON else None for end in (np.floor(early), np.ceil(late))]
    return Attainment("range" if ends[1] else "open end", len(days), days[-1].item(), *ends)


@cache
def find_reach(x: tuple[float, ...], confidence: float) -> float:
    """What |t| of a slope stays under, with that confidence, in series without one that depend on themselves."""
    places, away = np.arange(len(x)), np.asarray(x) - np.mean(x)
    shocks = np.random.default_rng(1).standard_normal((4999, len(x)))
    y = shocks @ np.linalg.cholesky(ALLOWED ** np.abs(np.subtract.outer(places, places))).T
    slope = y @ away / (away @ away)
    squares = ((y - y.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) / (away @ away)
    return float(np.quantile(np.abs(slope) / np.sqrt((squares - slope**2) / (len(x) - 2)), confidence))


def judge_line(x: np.ndarray, y: np.ndarray, target: float, reach: float) -> str:
    """Whether the line through the points will reach a target above it (*range*), or what speaks against saying so."""
    slope, se, residuals = fit_line(x, y)
    spread = residuals @ residuals > 1e-20 * (y @ y)
    margin = reach * se
    cases = {
        "reached": y[-1] - residuals[-1] >= target,
        "no spread": not spread,
        "away": slope + margin < 0,
        "no sure trend": slope - margin <= 0,
        "dependent": len(x) >= TESTED and spread and abs(measure_dependence(x, residuals)) > 2 / np.sqrt(len(x)),
    }
    return next((status for status, holds in cases.items() if holds), "range")


def measure_dependence(x: np.ndarray, residuals: np.ndarray) -> float:
    """Lag-1 autocorrelation of a line's residuals, less what independent measurements give: about −2/n."""
    away, n = x - x.mean(), len(x)
    expected = -((n - 1) / n + away[1:] @ away[:-1] / (away @ away)) / (n - 2)
    return residuals[1:] @ residuals[:-1] / (residuals @ residuals) - expected


def fit_line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Slope, its standard error and the residuals of a least-squares line."""
    away = x - x.mean()
    slope = away @ (y - y.mean()) / (away @ away)
    residuals = y - y.mean() - slope * away
    return slope, np.sqrt(residuals @ residuals / (len(x) - 2) / (away @ away)), residuals


def find_crossing(x: ArrayLike, y: ArrayLike, *, target: float, reach: float) -> tuple[float, float]:
    """First and last x at which the confidence band of the line through x and y holds the target (Fieller 1954).

    The roots of (b·u − d)² = t²s²(1/n + u²/Sxx) with u = x − x̄, d = target − ȳ and t = `reach`. NaN where the slope's
    interval holds 0: then the band holds the target for ever.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    slope, se, _ = fit_line(x, y)
    sxx, d = ((x - x.mean()) ** 2).sum(), target - y.mean()
    margin = reach * se
    lead = slope**2 - margin**2
    if not lead > 0:
        return np.nan, np.nan
    away = margin * np.sqrt(lead * sxx / len(x) + d**2)
    return x.mean() + (slope * d - away) / lead, x.mean() + (slope * d + away) / lead


def describe_attainment(attainment: Attainment, *, target: str) -> str:
    """When the target is reached at the present pace, in a sentence; `target` as people read it ("75\u00a0%")."""
    status, n = attainment.status, f"{attainment.n:,}"
    if status in CANNOT:
        count = (
            tell("the {n} measurements", n=n)
            if attainment.n > 1
            else tell("1 measurement")
            if attainment.n
            else tell("no measurement")
        )
        return tell(
            "When {target} is reached cannot be told from {count}: {cannot}.",
            target=target,
            count=count,
            cannot=CANNOT[status],
        )
    pace = tell("At the pace of the last {n} measurements, {target}", n=n, target=target)
    if status == "reached":
        return tell("By the line through the last {n} measurements, {target} is reached already.", n=n, target=target)
    if status == "away":
        return tell("{pace} would not be reached: they lead away from it.", pace=pace)
    if status == "not within ten years":
        return tell("{pace} would not be reached within ten years.", pace=pace)
    already = attainment.earliest <= attainment.last
    if status == "open end":
        if already:
            return tell("{pace} may be reached already, or perhaps not within ten years.", pace=pace)
        return tell(
            "{pace} would be reached in {month} at the earliest, or perhaps not within ten years.",
            pace=pace,
            month=month(attainment.earliest),
        )
    if already:
        latest = month(attainment.latest)
        return tell("{pace} may be reached already and would be by {month}.", pace=pace, month=latest)
    return tell("{pace} would be reached {months}.", pace=pace, months=months(attainment.earliest, attainment.latest))


def months(first: date, last: date) -> str:
    """A range of days in months.

    >>> months(date(2027, 3, 9), date(2027, 8, 1)), months(date(2026, 12, 31), date(2027, 1, 1))
    ('between March and August 2027', 'between December 2026 and January 2027')
    """
    if (first.year, first.month) == (last.year, last.month):
        return tell("in {month}", month=month(last))
    start = tell(f"{first:%B}") if first.year == last.year else month(first)
    return tell("between {first} and {last}", first=start, last=month(last))


def month(day: date) -> str:
    """The month of a day, with its year."""
    return tell("{month} {year}", month=tell(f"{day:%B}"), year=day.year)
