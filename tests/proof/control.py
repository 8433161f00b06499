"""How often do control charts of KPIs raise a false alarm? `python -m tests.proof.control --replicates 20000 --seed 1`.

Series in control, series that depend on themselves and series that shift are charted as `chart_kpis` charts them.
`--write docs/proof.md` keeps the tables there.
"""

import zlib
from collections.abc import Callable
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.monitoring.control_charts import compare_with_before
from cxlib.monitoring.limits import (
    DEFAULT_RULES,
    RULES,
    depends_on_itself,
    judge_baseline,
    leans,
    measure_limits,
    p_of_newest,
)
from tests.proof.page import compose_section, in_markdown, percent, run_suite

HEADING = "KPIs: false alarms of control charts"
BASELINES, WATCHED, TOGETHER = (12, 24), 12, 10
"""Measurements that set the limits, those watched, and the KPIs of one run."""

FURTHER = [rule for rule in RULES if rule not in DEFAULT_RULES]
Drawn = Callable[[np.random.Generator, tuple[int, int]], tuple[np.ndarray, np.ndarray]]

METHOD = (
    "Series are drawn whose level is known and never changes. Limits are frozen after the baseline, as `chart_kpis` "
    "does it: XmR for values (never narrower than that of logs where the baseline leans), the wider of p, u or c and "
    "Laney's p′, u′ or c′ for shares and counts; a baseline that seems to depend on itself raises nothing. Months of "
    "shares and rates differ tenfold in their cases. A *signal* is one of the rules at a measurement, an *alert* what "
    f"a run over {TOGETHER} such KPIs raises of the newest."
)


def values(draw: Callable) -> Drawn:
    """Single values, each of one case."""
    return lambda rng, size: (draw(rng, size), np.ones(size))


def shares(level: float, cases: float, within: float = 0.0) -> Drawn:
    """Shares of months that differ tenfold in their cases; `within` is the correlation of a month's cases."""

    def draw(rng: np.random.Generator, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        n = rng.poisson(cases * 10 ** rng.uniform(-0.5, 0.5, size)).clip(1)
        rest = (1 - within) / within if within else 0
        share = rng.beta(level * rest, (1 - level) * rest, size) if within else level
        return rng.binomial(n, share) / n, n.astype(float)

    return draw


def counts(mean: float, spread: float = 0.0, units: bool = False) -> Drawn:
    """Poisson counts whose level varies by a gamma with coefficient of variation `spread`, per `units` or plain."""

    def draw(rng: np.random.Generator, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        n = 100 * 10 ** rng.uniform(-0.5, 0.5, size) if units else np.ones(size)
        level = rng.gamma(spread**-2, spread**2, size) if spread else 1.0
        return rng.poisson(mean * level * n / (100 if units else 1)) / n, n

    return draw


KINDS = {
    "values, symmetrical": ("xmr", values(lambda rng, size: 10 + rng.standard_normal(size))),
    "values, long tails": ("xmr", values(lambda rng, size: 20 + rng.standard_t(5, size))),
    "values, log-normal .5": ("xmr", values(lambda rng, size: rng.lognormal(0, 0.5, size))),
    "values, log-normal 1": ("xmr", values(lambda rng, size: rng.lognormal(0, 1, size))),
    "values, exponential": ("xmr", values(lambda rng, size: rng.exponential(1, size))),
    "values, long tail below": ("xmr", values(lambda rng, size: 20 - rng.gamma(4, 1, size))),
    "shares of .66": ("p", shares(0.66, 300)),
    "shares of .66 that vary by month": ("p", shares(0.66, 300, 0.005)),
    "shares of .03": ("p", shares(0.03, 100)),
    "counts of 4": ("c", counts(4)),
    "counts of 30": ("c", counts(30)),
    "counts of 30 that vary by month": ("c", counts(30, 0.2)),
    "rates, 5 a month": ("u", counts(5, units=True)),
    "rates, 30 a month, that vary": ("u", counts(30, 0.2, units=True)),
}


def draw_dependent(phi: float, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Stationary autoregressive series with a standard deviation of 1."""
    series, noise = rng.standard_normal(size), rng.standard_normal(size)
    for place in range(1, size[1]):
        series[:, place] = phi * series[:, place - 1] + np.sqrt(1 - phi**2) * noise[:, place]
    return series


def standardise(value: np.ndarray, n: np.ndarray, chart: str, baseline: int) -> np.ndarray:
    """Distances from the centre in standard deviations, as `chart_kpi` has them."""
    limits = [measure_limits(value, n, chart=one, baseline=baseline) for one in {chart, f"{chart}'"} - {"xmr'"}]
    z = (value - limits[0][0]) / np.max([sigma for _, sigma in limits], axis=0)
    leaning = (chart == "xmr") & leans(value[:, :baseline])
    logs = np.log(value[leaning].clip(1e-300))
    centre, sigma = measure_limits(logs, 1.0, chart="xmr", baseline=baseline)
    z[leaning] = np.where(np.abs(logs - centre) / sigma < np.abs(z[leaning]), (logs - centre) / sigma, z[leaning])
    return z


def raise_signals(value: np.ndarray, n: np.ndarray, chart: str, baseline: int) -> tuple:
    """Where each rule speaks among the watched measurements, which baselines seem to depend on themselves, and p."""
    z = standardise(value, n, chart, baseline)
    found = {rule: test(z)[:, baseline:] for rule, test in RULES.items()}
    return found, depends_on_itself(z[:, :baseline]), p_of_newest(z, baseline)


def measure_alarms(replicates: int, seed: int, *, kinds: tuple = tuple(KINDS)) -> pd.DataFrame:
    """One row per kind of series and baseline: how often something is raised in control.

    `newest`: a signal at the newest measurement; `within 12`: at one at least; `alert`: the newest is a signal and no
    chance either in a run over ten.
    """
    rows = []
    for kind, baseline in product(kinds, BASELINES):
        rng = np.random.default_rng([seed, zlib.crc32(f"{kind}/{baseline}".encode())])
        chart, draw = KINDS[kind]
        signals, refused, p = raise_signals(*draw(rng, (replicates, baseline + WATCHED)), chart, baseline)
        signals = {rule: found & ~refused[:, None] for rule, found in signals.items()}
        both = np.logical_or.reduce([signals[rule] for rule in DEFAULT_RULES])
        q = stats.false_discovery_control(np.where(refused, 1, p).reshape(-1, TOGETHER), axis=1)
        alert = (both[:, -1].reshape(-1, TOGETHER) & (q <= 0.05)).any(axis=1)
        row = {"series": kind, "baseline": baseline, "newest": both[:, -1].mean()}
        row |= {"within 12": both.any(axis=1).mean(), "alert": alert.mean(), "refused": refused.mean()}
        rows.append(row | {f"with {rule}": (both | signals[rule]).any(axis=1).mean() for rule in FURTHER})
    return pd.DataFrame(rows)


def measure_dependence(replicates: int, seed: int, *, phis: tuple = (0, 0.3, 0.6)) -> pd.DataFrame:
    """One row per lag-1 autocorrelation and baseline: how many are refused, and alarms in 12 with and without that."""
    rows = []
    for phi, baseline in product(phis, BASELINES):
        rng = np.random.default_rng([seed, round(100 * phi), baseline])
        series = draw_dependent(phi, (replicates, baseline + 12), rng)
        signals, refused, _ = raise_signals(series, 1.0, "xmr", baseline)
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
        signals, refused, _ = raise_signals(series, 1.0, "xmr", baseline)
        found = np.logical_or.reduce([signals[rule] for rule in DEFAULT_RULES]) & ~refused[:, None]
        within = {f"found within {months}": found[:, :months].any(axis=1).mean() for months in (1, 3, 6, 12)}
        rows.append({"shift": shift, "baseline": baseline} | within)
    return pd.DataFrame(rows)


def measure_changes(replicates: int, seed: int) -> pd.DataFrame:
    """How often a KPI of two measurements that did not change is said to have risen or fallen, and its interval errs.

    Shares and counts of the n given, means over sites normal or log-normal (s = .5).
    """
    rows = []
    for kind, n in product(("shares of .6", "shares of .05", "counts", "sites", "skewed sites"), (5, 20, 100)):
        rng = np.random.default_rng([seed, zlib.crc32(f"change/{kind}/{n}".encode())])
        size = (replicates // 4, 2)
        if kind.startswith("shares"):
            value = rng.binomial(n, float(kind.split()[-1]), size) / n
            se = np.sqrt(value * (1 - value) / (n - 1))
        elif kind == "counts":
            value = rng.poisson(n, size).astype(float)
            se = np.sqrt(value)
        else:
            drawn = rng.lognormal(0, 0.5, (*size, n)) if "skewed" in kind else rng.normal(0, 1, (*size, n))
            value, se = drawn.mean(axis=-1), drawn.std(axis=-1, ddof=1) / np.sqrt(n)
        few = pd.DataFrame({"value": value[:, 1], "value_before": value[:, 0], "se": se[:, 1], "se_before": se[:, 0]})
        few = few.assign(
            n=n,
            n_before=n,
            n_effective=n,
            n_effective_before=n,
            is_share=kind.startswith("shares"),
            chart="c" if kind == "counts" else "",
        )
        low, high, p = compare_with_before(few, 0.95)
        wrong, told = (low > 0) | (high < 0), np.isfinite(low)
        row = {"figures": kind, "n or mean": n, "told": told.mean(), "interval errs": wrong[told].mean()}
        rows.append(row | {"said to have moved": (wrong & (p <= 0.05)).mean()})
    return pd.DataFrame(rows)


def side_by_side(table: pd.DataFrame, by: str, figures: list[str]) -> pd.DataFrame:
    """One row per kind (the first column), each figure once for every value of `by`."""
    wide = table.pivot(index=table.columns[0], columns=by, values=figures).loc[table.iloc[:, 0].unique()].round(3)
    return wide.set_axis([f"{figure}, {value}" for figure, value in wide.columns], axis=1).reset_index()


def write_section(replicates: int, seed: int) -> str:
    """The section of the proof."""
    alarms, dependence, power, changes = (
        measure(replicates, seed) for measure in (measure_alarms, measure_dependence, measure_power, measure_changes)
    )
    of = alarms.set_index(["series", "baseline"])
    plain, worst = of.loc["values, symmetrical"], alarms.loc[alarms["alert"].idxmax()]
    six = dependence[dependence["autocorrelation"] == 0.6].set_index("baseline")
    further = [
        f"{name} {100 * (plain.at[24, f'with {name}'] - plain.at[24, 'within 12']):.0f} points" for name in FURTHER
    ]
    told = changes[changes["told"] > 0.05]
    moved = told.loc[told["said to have moved"].idxmax()]
    body = [
        METHOD,
        f"{replicates:,} series a row, seed {seed}; Monte Carlo error of .1: {np.sqrt(0.09 / replicates):.4f}, of an "
        f"alert in .1 of runs: {np.sqrt(0.09 * TOGETHER / replicates):.4f}.",
        in_markdown(side_by_side(alarms, "baseline", ["newest", "within 12", "alert"])),
        f"Further rules, each beside the two, add to symmetrical values after 24: {' and '.join(further)}. Where "
        "measurements depend on the one before:",
        in_markdown(dependence.round(3)),
        "How soon a shift of symmetrical values (in standard deviations) is found:",
        in_markdown(power.round(3)),
        f"KPIs of fewer than 12 measurements are compared with the one before ({replicates // 4:,} pairs a row, of no "
        "change):",
        in_markdown(side_by_side(changes, "n or mean", ["told", "interval errs"])),
    ]
    return compose_section(
        HEADING,
        tried=f"{len(KINDS)} kinds of KPIs that never change, with 12 or 24 measurements to set the limits and "
        f"{WATCHED} watched: symmetrical and skewed values, shares, counts and rates with chance alone or more.",
        held=f"A run over {TOGETHER} such KPIs alerts in {100 * of['alert'].median():.1f}\u00a0% of cases at the "
        f"median and in {100 * worst['alert']:.0f}\u00a0% in the worst ({worst['series']}). A KPI shows a signal "
        f"within 12 measurements in {100 * plain.at[24, 'within 12']:.0f}\u00a0% of cases after 24 measurements, in "
        f"{100 * plain.at[12, 'within 12']:.0f}\u00a0% after 12 (symmetrical values; in the worst kind "
        f"{percent(alarms['within 12'].max(), 0)}), so that a signal is a question "
        f"and the alert the answer. A change since the measurement before is claimed of at most "
        f"{moved['said to have moved']:.3f} of unchanged KPIs ({moved['figures']}, {moved['n or mean']}).",
        refused="Fewer than 12 measurements, a baseline that never varies, depends on itself or drifts: with "
        f"autocorrelation .6 that is {100 * six.at[12, 'refused']:.0f}\u00a0% of baselines of 12 and "
        f"{100 * six.at[24, 'refused']:.0f}\u00a0% of 24. Of all such KPIs, "
        f"{100 * six.at[12, 'alarm raised']:.0f} and {100 * six.at[24, 'alarm raised']:.0f}\u00a0% still raise a false "
        "signal within 12 measurements.",
        body="\n\n".join(body),
    )


if __name__ == "__main__":
    run_suite(__doc__, write_section, replicates=20_000)
