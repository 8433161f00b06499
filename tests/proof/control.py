"""How often do control charts of KPIs raise a false alarm? `python -m tests.proof.control --replicates 40000 --seed 1`.

Series in control, series that depend on themselves and series that shift are charted as `chart_kpis` charts them.
`--write docs/proof.md` keeps the tables there.
"""

import zlib
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.monitoring.limits import (
    DEFAULT_RULES,
    RULES,
    depends_on_itself,
    judge_baseline,
    measure_limits,
    p_of_newest,
)
from tests.proof.page import in_markdown, run_suite

HEADING = "## KPIs: false alarms of control charts"
BASELINES, WATCHED = (12, 24), (12, 24)
SHARE, CASES = 0.66, 900
KINDS = ("values", "skewed values", "shares", "shares that vary by month")
FURTHER = [rule for rule in RULES if rule not in DEFAULT_RULES]

METHOD = (
    "Series are drawn whose level is known: normal and log-normal (s = .5) values, and shares of .66 among about 900 "
    "cases, binomial or with months that differ (beta-binomial, within-month correlation .005). Limits are frozen "
    "after the baseline, XmR for values, the wider of p and Laney's p′ for shares; a baseline that seems to depend on "
    "itself raises nothing. An alarm is any signal while nothing happened."
)


def draw(kind: str, size: tuple[int, int], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Series in control, one a row, and their cases."""
    if "values" in kind:
        noise = rng.standard_normal(size)
        return (np.exp(0.5 * noise) if "skewed" in kind else noise), np.ones(size)
    cases, rest = rng.poisson(CASES, size), (1 - 0.005) / 0.005
    share = rng.beta(SHARE * rest, (1 - SHARE) * rest, size) if "vary" in kind else SHARE
    return rng.binomial(cases, share) / cases, cases.astype(float)


def draw_dependent(phi: float, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Stationary autoregressive series with a standard deviation of 1."""
    series, noise = rng.standard_normal(size), rng.standard_normal(size)
    for place in range(1, size[1]):
        series[:, place] = phi * series[:, place - 1] + np.sqrt(1 - phi**2) * noise[:, place]
    return series


def raise_signals(value: np.ndarray, n: np.ndarray, kind: str, baseline: int) -> tuple:
    """Where each rule speaks among the watched measurements, which baselines seem to depend on themselves, and p."""
    charts = ("xmr",) if "values" in kind else ("p", "p'")
    limits = [measure_limits(value, n, chart=chart, baseline=baseline) for chart in charts]
    z = (value - limits[0][0]) / np.max([sigma for _, sigma in limits], axis=0)
    found = {rule: test(z)[:, baseline:] for rule, test in RULES.items()}
    return found, depends_on_itself(z[:, :baseline]), p_of_newest(z, baseline)


def measure_alarms(replicates: int, seed: int, *, kinds: tuple = KINDS, watched: tuple = WATCHED) -> pd.DataFrame:
    """One row per kind of series, baseline and watched measurements: how often something is raised in control.

    `newest`: the default rules speak at the newest measurement; `alert`: that is no chance either, of one KPI, or of
    any of ten; `any`: they speak at one measurement at least; then each default rule alone and each further one beside.
    """
    rows = []
    for kind, baseline, length in product(kinds, BASELINES, watched):
        rng = np.random.default_rng([seed, zlib.crc32(f"{kind}/{baseline}/{length}".encode())])
        signals, refused, p = raise_signals(*draw(kind, (replicates, baseline + length), rng), kind, baseline)
        signals = {rule: found & ~refused[:, None] for rule, found in signals.items()}
        both = np.logical_or.reduce([signals[rule] for rule in DEFAULT_RULES])
        row = {"series": kind, "baseline": baseline, "watched": length, "per measurement": both.mean()}
        q = stats.false_discovery_control(np.where(refused, 1, p).reshape(-1, 10), axis=1)
        alerts = both[:, -1] & (p <= 0.05), both[:, -1].reshape(-1, 10) & (q <= 0.05)
        row |= {"alert, of one": alerts[0].mean(), "alert, of ten": alerts[1].any(axis=1).mean()}
        row |= {"newest": both[:, -1].mean(), "any": both.any(axis=1).mean()}
        row |= {f"{rule}, any": signals[rule].any(axis=1).mean() for rule in DEFAULT_RULES}
        row |= {f"with {rule}, any": (both | signals[rule]).any(axis=1).mean() for rule in FURTHER}
        rows.append(row | {"refused": refused.mean()})
    return pd.DataFrame(rows)


def measure_dependence(replicates: int, seed: int, *, phis: tuple = (0, 0.3, 0.6, 0.8)) -> pd.DataFrame:
    """One row per lag-1 autocorrelation and baseline: how many are refused, and alarms in 12 with and without that."""
    rows = []
    for phi, baseline in product(phis, (12, 18, 24)):
        rng = np.random.default_rng([seed, round(100 * phi), baseline])
        series = draw_dependent(phi, (replicates, baseline + 12), rng)
        signals, refused, _ = raise_signals(series, np.ones(series.shape), "values", baseline)
        alarm = np.logical_or.reduce([signals[rule] for rule in DEFAULT_RULES]).any(axis=1)
        drifts = np.mean([judge_baseline(one) == "drifts" for one in series[: replicates // 20, :baseline]])
        row = {"autocorrelation": phi, "baseline": baseline, "refused": refused.mean(), "of it called drift": drifts}
        rows.append(row | {"alarm untested": alarm.mean(), "alarm raised": (alarm & ~refused).mean()})
    return pd.DataFrame(rows)


def measure_power(replicates: int, seed: int) -> pd.DataFrame:
    """One row per shift of values (in standard deviations) and baseline: how soon it is found."""
    rows = []
    for shift, baseline in product((1, 1.5, 2, 3), BASELINES):
        rng = np.random.default_rng([seed, round(10 * shift), baseline, 1])
        series = rng.standard_normal((replicates, baseline + 12))
        series[:, baseline:] += shift
        signals, refused, _ = raise_signals(series, np.ones(series.shape), "values", baseline)
        found = np.logical_or.reduce([signals[rule] for rule in DEFAULT_RULES]) & ~refused[:, None]
        within = {f"found within {months}": found[:, :months].any(axis=1).mean() for months in (1, 3, 6, 12)}
        rows.append({"shift": shift, "baseline": baseline} | within)
    return pd.DataFrame(rows)


def sum_up(alarms: pd.DataFrame, dependence: pd.DataFrame) -> list[str]:
    """What was found, and where nothing is said."""
    year = alarms[alarms["watched"] == 12].set_index(["series", "baseline"])
    said = []
    for baseline in BASELINES:
        both = [year.loc[(series, baseline)] for series in ("values", "shares")]
        newest, whole, ten = ([f"{100 * row[name]:.1f}" for row in both] for name in ("newest", "any", "alert, of ten"))
        said.append(
            f"After a baseline of {baseline}, a KPI in control raises a signal at the newest measurement in "
            f"{newest[0]} % of runs and within 12 in {whole[0]} %, binomial shares in {newest[1]} and {whole[1]} %. An "
            f"alert is given by {ten[0]} % of runs over ten such KPIs, and by {ten[1]} % of those over ten shares."
        )
    six = dependence[dependence["autocorrelation"] == 0.6].set_index("baseline")
    skewed = alarms.loc[alarms["series"] == "skewed values", "alert, of ten"].max()
    falls = [
        f"from {100 * six.at[baseline, 'alarm untested']:.0f} to {100 * six.at[baseline, 'alarm raised']:.0f} %"
        for baseline in (12, 24)
    ]
    return [
        *said,
        f"With autocorrelation .6, the test refuses {100 * six.at[12, 'refused']:.0f} % of baselines of 12 and "
        f"{100 * six.at[24, 'refused']:.0f} % of 24; alarms in 12 fall {falls[0]} and {falls[1]}: "
        "after 12 measurements dependence is often missed.",
        f"Skewed values alarm about twice as often as normal ones; up to {100 * skewed:.0f} % of runs over ten alert.",
        "Refused: fewer than 12 measurements, a baseline that never varies, depends on itself or drifts.",
    ]


def write_section(replicates: int, seed: int) -> str:
    """The section of the proof: method, what was found, three tables."""
    alarms, dependence, power = (
        measure(replicates, seed) for measure in (measure_alarms, measure_dependence, measure_power)
    )
    error = f"Monte Carlo error of a share of .1: {np.sqrt(0.09 / replicates):.4f}"
    facts = [*sum_up(alarms, dependence), f"{replicates:,} replicates, seed {seed}; {error}."]
    tables = [in_markdown(table.round(4)) for table in (alarms, dependence, power)]
    return "\n".join([HEADING, "", METHOD, "", *(f"- {fact}" for fact in facts), "", "\n\n".join(tables), ""])


if __name__ == "__main__":
    run_suite(__doc__, write_section, replicates=40_000)
