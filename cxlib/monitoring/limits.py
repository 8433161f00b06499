"""Control limits: centre line and limits of a series, the rules of signals, and what is fit to set them."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from scipy import stats

from cxlib.tables import check_columns
from cxlib.trends import fit_line, measure_dependence

FEWEST, BASELINE = 12, 24
"""Measurements that limits take at least, and those they are frozen after."""

BOUNDS = {"xmr": (-np.inf, np.inf), "p": (0, 1), "u": (0, np.inf), "c": (0, np.inf)}
D2, RANGE_LIMIT = 1.128, 3.267


def ends_run(flags: np.ndarray, length: int, least: int = 0) -> np.ndarray:
    """Where the last `length` flags (along the last axis) are all set, or `least` of them with the newest."""
    found = np.zeros(flags.shape, dtype=bool)
    if flags.shape[-1] >= length:
        found[..., length - 1 :] = sliding_window_view(flags, length, axis=-1).sum(axis=-1) >= (least or length)
    return found & flags


def both_ways(test: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """A rule that holds for one side or for the other."""
    return lambda z: test(z) | test(-z)


RULES = {
    "beyond": both_ways(lambda z: z > 3),
    "eight on a side": both_ways(lambda z: ends_run(z > 0, 8)),
    "two of three beyond 2 sigma": both_ways(lambda z: ends_run(z > 2, 3, least=2)),
    "six rising or falling": both_ways(lambda z: ends_run(np.diff(z, axis=-1, prepend=z[..., :1]) > 0, 5)),
}
"""What a signal is, of standardised values (time along the last axis): where it is raised."""
DEFAULT_RULES = ("beyond", "eight on a side")


def measure_limits(value: ArrayLike, n: ArrayLike, *, chart: str, baseline: int) -> tuple[np.ndarray, np.ndarray]:
    """Centre line and standard deviation of every point, from the first `baseline` ones along the last axis.

    XmR: mean and MR̄/1.128; p, u, c: binomial and Poisson; p′, u′: those times MR̄(z)/1.128 (Laney 2002).
    """
    value, n = np.broadcast_arrays(np.asarray(value, dtype=float), 1.0 if chart[0] == "c" else n)
    first, cases = value[..., :baseline], n[..., :baseline]
    if chart == "xmr":
        centre = first.mean(axis=-1, keepdims=True)
        return np.broadcast_to(centre, value.shape), np.broadcast_to(sigma_of(first), value.shape)
    centre = (first * cases).sum(axis=-1, keepdims=True) / cases.sum(axis=-1, keepdims=True)
    sigma = np.sqrt(centre * ((1 - centre) if chart[0] == "p" else 1) / n)
    if chart.endswith("'"):
        with np.errstate(divide="ignore", invalid="ignore"):
            sigma = sigma * sigma_of(((value - centre) / sigma)[..., :baseline])
    return np.broadcast_to(centre, value.shape), sigma


def sigma_of(values: np.ndarray) -> np.ndarray:
    """MR̄/1.128 along the last axis: the standard deviation that the mean moving range stands for."""
    return np.abs(np.diff(values, axis=-1)).mean(axis=-1, keepdims=True) / D2


def find_limits(
    series: pd.DataFrame, *, chart: str, baseline: int = BASELINE, rules: Sequence[str] = DEFAULT_RULES
) -> pd.DataFrame:
    """A series with its centre line, its limits three standard deviations away, and its signals.

    `series` has `value` in order of time and, but for XmR and c, `n`; `chart` is "xmr", "p", "u", "c" or, with Laney's
    factor, "p'", "u'", "c'". The first `baseline` points set the limits. Adds `centre`, `lower`, `upper`, `signal` (the
    rule of `RULES` that speaks, or "") and `range_upper`, the moving range's 3.267·MR̄ of XmR. Where nothing varies
    there are no limits.
    """
    check_columns(series, ["value"] if chart[0] in "xc" else ["value", "n"], name="series")
    if chart.removesuffix("'") not in BOUNDS or not set(rules) <= set(RULES):
        raise ValueError(f"chart is {chart!r}, one of {list(BOUNDS)}; rules are {list(rules)}, of {list(RULES)}.")
    value = series["value"].to_numpy(dtype=float)
    n = series["n"].to_numpy(dtype=float) if "n" in series else 1.0
    centre, sigma = measure_limits(value, n, chart=chart, baseline=baseline)
    sigma = np.where(sigma > 1e-12 * np.abs(centre), sigma, np.nan)
    lower, upper = (np.clip(centre + side * 3 * sigma, *BOUNDS[chart.removesuffix("'")]) for side in (-1, 1))
    z = (value - centre) / sigma
    signal = np.select([RULES[rule](z) for rule in rules], list(rules), "")
    most = RANGE_LIMIT * D2 * sigma if chart == "xmr" else np.nan
    return series.assign(centre=centre, lower=lower, upper=upper, signal=signal, range_upper=most)


def leans(values: np.ndarray) -> np.ndarray:
    """Whether values (along the last axis) are likelier log-normal than normal; never where one is 0 or less."""
    logs = np.log(np.where(values > 0, values, np.nan))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(values.std(axis=-1)) > np.log(logs.std(axis=-1)) + logs.mean(axis=-1)


def judge_baseline(value: np.ndarray, *, level: float = 0.05) -> str:
    """Whether measurements are fit to set limits: "" or "no spread", "drifts", "dependent".

    Said to drift where a line takes the dependence away and surely leads somewhere.
    """
    x, n, limit = np.arange(len(value), dtype=float), len(value), stats.norm.isf(level)
    if not np.ptp(value) > 1e-12 * np.abs(value).max():
        return "no spread"
    if not depends_on_itself(value, level=level):
        return ""
    slope, se, residuals = fit_line(x, value)
    flat = abs(slope) <= stats.t.isf(level / 2, n - 2) * se
    depends = residuals @ residuals > 1e-20 * (value @ value) and measure_dependence(x, residuals) > limit / np.sqrt(n)
    return "dependent" if flat or depends else "drifts"


def depends_on_itself(values: np.ndarray, *, level: float = 0.05) -> np.ndarray:
    """Whether series (along the last axis) follow the measurement before; of independent ones a share `level` seem to.

    Lag-1 autocorrelation less its expectation −1/n, one-sided, with Moran's (1948) standard error.
    """
    n, away = values.shape[-1], values - values.mean(axis=-1, keepdims=True)
    lag = (away[..., 1:] * away[..., :-1]).sum(axis=-1) / (away**2).sum(axis=-1)
    return lag + 1 / n > stats.norm.isf(level) * (n - 2) / (n * np.sqrt(n - 1))


def p_of_newest(z: np.ndarray, baseline: int) -> np.ndarray:
    """Twice the lesser p of the newest and of the mean of the last eight: t on .62 (baseline − 1) degrees."""
    t = [z[..., -1] / np.sqrt(1 + 1 / baseline), z[..., -8:].mean(axis=-1) / np.sqrt(1 / 8 + 1 / baseline)]
    return np.minimum(1, 4 * stats.t.sf(np.abs(t).max(axis=0), 0.62 * (baseline - 1)))
