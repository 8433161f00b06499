"""Did an action change a figure that is measured for the whole only: interrupted time series."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.monitoring.starts import months_since, number_months, split_sites, why_not_done
from cxlib.tables import check_columns
from cxlib.words import counted

METHOD = "interrupted time series"
FEWEST, FEWEST_BEFORE, FEWEST_AFTER, MOST_MISSING = 24, 8, 6, 1
"""Months it takes in all, before and after the start, and how many may be missing in between."""

RHOS, PARTS = (*np.arange(10) / 10, 0.95, 0.99), (1, 0.5)
"""Autocorrelations tried, of the whole variance of a month and of half of it, the rest being noise of its own."""

CAUTION, LAGS = 0.05, (1, 2)
"""Those are held possible whose series seem less dependent still, by their residuals' autocorrelations at these lags
together, in this share of cases."""

NOTED = 0.5
"""Autocorrelation from which on it is said that only large effects can be told."""

SAID = ["action", "label", "kpi", "method", "n", "n_text", "before", "after", "raw", "effect", "low", "high"]
SAID += ["p", "detectable", "unit", "reason"]
TRACED = ["action", "label", "unit", "is_share", "start", "date", "n", "value", "after", "line", "without"]


@dataclass(frozen=True)
class Step:
    """A fitted step: `effect` and `se` (a log of a ratio for counts), the squared residuals' `dispersion`.

    `line` and `without` are the model with and without the action in the unit of the values; `design` and `residuals`
    are weighted so that all residuals have one variance, the step in the first column.
    """

    effect: float
    se: float
    dispersion: float
    line: np.ndarray
    without: np.ndarray
    design: np.ndarray
    residuals: np.ndarray


def fit_step(
    values: np.ndarray, after: np.ndarray, months: np.ndarray, *, n: np.ndarray | float = 1.0, count: bool = False,
    season: bool = True,
) -> Step:  # fmt: skip
    """The change of level since an action beside the trend before it, by least squares with weights `n`.

    With `count`, `values` are counts per unit of exposure `n`: Poisson regression with log(n) as offset, its standard
    error widened by the Pearson dispersion. `months` count calendar months (any year × 12 + month); `after` is 1 from
    the action on. `season` adds two harmonics of the year.
    """
    x = make_design(np.asarray(after, dtype=float), np.asarray(months, dtype=float), season=season)
    values, n = np.asarray(values, dtype=float), np.broadcast_to(np.asarray(n, dtype=float), len(values))
    if count:
        import statsmodels.api as sm

        model = sm.GLM(values * n, x, family=sm.families.Poisson(), offset=np.log(n)).fit(scale="X2")
        beta, weights, residuals = model.params, model.fittedvalues, model.resid_pearson
    else:
        weights = n / n.mean()
        beta = np.linalg.lstsq(x * np.sqrt(weights)[:, None], values * np.sqrt(weights), rcond=None)[0]
        residuals = (values - x @ beta) * np.sqrt(weights)
    lines = x @ beta, x @ beta - x[:, 0] * beta[0]
    design = x * np.sqrt(weights)[:, None]
    dispersion = residuals @ residuals / (len(x) - x.shape[1])
    se = np.sqrt(dispersion * np.linalg.inv(design.T @ design)[0, 0])
    return Step(beta[0], se, dispersion, *(np.exp(line) if count else line for line in lines), design, residuals)


def make_design(after: np.ndarray, months: np.ndarray, *, season: bool) -> np.ndarray:
    """Columns: the step, the level, the trend, and two harmonics of the year."""
    trend = (months - months.mean()) / 12
    columns = [after, np.ones(len(months)), trend]
    for k in (1, 2) if season else ():
        columns += [np.sin(np.pi * k * months / 6), np.cos(np.pi * k * months / 6)]
    return np.column_stack(columns)


def try_step(design: np.ndarray, series: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each series (a row): t of the step, its standard error, and how its residuals depend on themselves."""
    inverse = np.linalg.pinv(design)
    residuals = series - series @ inverse.T @ design.T
    se = np.sqrt((residuals**2).sum(axis=1) / (len(design) - design.shape[1]) * (inverse[0] @ inverse[0]))
    return series @ inverse[0] / se, se, sum_autocorrelations(residuals)


def sum_autocorrelations(residuals: np.ndarray) -> np.ndarray:
    """Sum of the autocorrelations at `LAGS`, along the last axis."""
    lagged = sum((residuals[..., lag:] * residuals[..., :-lag]).sum(axis=-1) for lag in LAGS)
    return lagged / (residuals**2).sum(axis=-1)


def draw_series(shocks: np.ndarray, months: np.ndarray, rho: float) -> np.ndarray:
    """Series without an effect, variance 1, autocorrelated as rho to the power of the months between."""
    return shocks @ np.linalg.cholesky(rho ** np.abs(np.subtract.outer(months, months))).T


def try_autocorrelations(design: np.ndarray, months: np.ndarray, *, seed: int = 1, replicates: int = 999) -> np.ndarray:
    """`try_step` of series without an effect under this very design: figure × `PARTS` and `RHOS` × series."""
    shocks, noise = np.random.default_rng(seed).standard_normal((2, replicates, len(months)))
    drifts = {rho: draw_series(shocks, months, rho) for rho in RHOS}
    drawn = (np.sqrt(part) * drifts[rho] + np.sqrt(1 - part) * noise for part, rho in product(PARTS, RHOS))
    return np.stack([try_step(design, series) for series in drawn], axis=1)


def find_possible(dependence: np.ndarray, tried: np.ndarray) -> np.ndarray:
    """Which of those tried (last axis) may be what series of so much dependence have; the first, none, always is."""
    least = np.quantile(tried[2], CAUTION, axis=1)
    return (np.asarray(dependence)[..., None] >= least) | (np.arange(len(least)) == 0)


def judge_step(
    step: Step, months: np.ndarray, *, confidence: float = 0.95, seed: int = 1, replicates: int = 999
) -> dict[str, float]:
    """`p`, `low`, `high` and `detectable` of a step by a bootstrap of series without an effect, and its `rho`.

    |t| is held against series of every autocorrelation that is possible by a one-sided 95 % bound, and the worst of
    them counts, so that what is not known of it widens the interval. `rho` is the autocorrelation whose series depend
    on themselves as much on average, `detectable` what is found with 80 % power.
    """
    tried = try_autocorrelations(step.design, months, seed=seed, replicates=replicates)
    found, size = sum_autocorrelations(step.residuals), abs(step.effect / step.se)
    possible, means = tried[:, find_possible(found, tried)], tried[2, : len(RHOS)].mean(axis=1)
    reached = np.abs(possible[0])
    cuts = np.quantile(reached, confidence, axis=1)
    cut, (t, se, _) = cuts.max(), possible[:, cuts.argmax()]
    return dict(
        p=(1 + (reached >= size).sum(axis=1).max()) / (replicates + 1), low=step.effect - cut * step.se,
        high=step.effect + cut * step.se, rho=np.interp(found, np.maximum.accumulate(means), RHOS),
        detectable=np.quantile((cut - t) * se, 0.8) * step.se / np.sqrt((se**2).mean()),
    )  # fmt: skip


def find_interruptions(
    tracked: pd.DataFrame, actions: pd.DataFrame, *, day: str = "", confidence: float = 0.95, seed: int = 1
) -> pd.DataFrame:
    """Whether each action changed its KPI, where that is measured for the whole, without comparable sites.

    `tracked` comes from `track_kpis`; an action counts where it names no sites, or its KPI has none. `raw` is after −
    before, `effect` the same beside trend and season with its interval, `detectable` the effect found with 80 % power:
    in shares, the KPI's unit or, for counts (chart u or c), ratios. `reason` says why it cannot be told (under 24
    months, 8 before or 6 after, or gaps), or that only a large effect would show (autocorrelation over .5).
    `judge_effects` has the verdicts.
    """
    rows = []
    for action, series in choose_series(tracked, actions):
        row, reason = compare_periods(action, series), refuse(action, series, day)
        if not reason:
            figures, reason = judge_action(series, confidence=confidence, seed=seed)
            row |= figures
        rows.append(row | {"reason": reason})
    numbers = ["before", "after", "raw", "effect", "low", "high", "p", "detectable"]
    return pd.DataFrame(rows, columns=SAID).astype(dict.fromkeys(numbers, "float64") | {"n": "int64"})


def choose_series(tracked: pd.DataFrame, actions: pd.DataFrame) -> list[tuple]:
    """Each action whose KPI is measured for the whole, with its months as in `gather_months` and `after`.

    `after` is 0 before the start, 1 from the first full month on, blank in the month it began within.
    """
    check_columns(
        tracked, ["kpi", "date", "sites", "n", "value", "is_share", "chart"], name="tracked (from track_kpis)"
    )
    check_columns(actions, ["action", "kpi", "sites", "start", "status"], name="actions (actions.csv)")
    chosen = []
    for action in actions[actions["kpi"].isin(tracked["kpi"])].drop_duplicates(["action", "kpi"]).itertuples():
        series = tracked[tracked["kpi"] == action.kpi]
        if not split_sites(action.sites) or series["sites"].max() == 1:
            series = gather_months(series)
            since = months_since(pd.PeriodIndex(series["month"]), action.start)
            chosen.append((action, series.assign(after=np.where(np.isnan(since), np.nan, since >= 0))))
    return chosen


def gather_months(series: pd.DataFrame) -> pd.DataFrame:
    """A KPI by month: `month`, `date` (its last), `n`, `value`, `weight`, `unit` and `is_share`.

    Shares and incidents per unit are taken together by their n; of counts and other values the mean of the month.
    """
    share, chart = bool(series["is_share"].astype(bool).all()), series["chart"]
    weight = series["n"].astype("float64") if share or chart.eq("u").any() else 1.0
    unit = "ratio" if chart.isin(["u", "c"]).any() else "share" if share else "value"
    own = series.assign(month=series["date"].dt.to_period("M"), weight=weight, total=series["value"] * weight)
    own = own[own["value"].notna()].groupby("month")
    table = own.agg(date=("date", "max"), n=("n", "sum"), weight=("weight", "sum"), total=("total", "sum"))
    value, weight = table["total"] / table["weight"], 1.0 if unit == "value" else table["weight"]
    return table.drop(columns="total").assign(value=value, weight=weight, unit=unit, is_share=share).reset_index()


def compare_periods(action: tuple, series: pd.DataFrame) -> dict:
    """An action's row without its effect: n and means before and after the start."""
    sides = [series[series["after"] == side] for side in (0, 1)]
    before, after = (np.average(side["value"], weights=side["weight"]) if len(side) else np.nan for side in sides)
    unit = series["unit"].iloc[0]
    return dict(
        action=action.action, label=f"{action.action} ({action.kpi})", kpi=action.kpi, method=METHOD,
        n=sum(map(len, sides)),
        n_text=tell("{before} before, {after} after", before=counted(len(sides[0]), "month"), after=len(sides[1])),
        before=before, after=after, raw=after / before if unit == "ratio" and before else after - before, unit=unit,
    )  # fmt: skip


def refuse(action: tuple, series: pd.DataFrame, day: str) -> str:
    """Why nothing can be said of an action, in a sentence; empty where something can."""
    if not_done := why_not_done(action, day):
        return not_done
    counts, numbers = series["after"].value_counts(), number_months(pd.PeriodIndex(series["month"]))
    before, after = (counts.get(side, 0) for side in (0, 1))
    if before + after < FEWEST or before < FEWEST_BEFORE or after < FEWEST_AFTER:
        return tell(
            "It takes {fewest} months, {fewest_before} before and {fewest_after} after; there are {before} + {after}.",
            fewest=FEWEST,
            fewest_before=FEWEST_BEFORE,
            fewest_after=FEWEST_AFTER,
            before=before,
            after=after,
        )
    missing = int(numbers.max() - numbers.min() + 1 - len(numbers))
    if missing > MOST_MISSING:
        return tell("It takes a figure every month; {missing} months are missing.", missing=missing)
    if series["unit"].iloc[0] == "ratio" and series.groupby("after")["value"].max().min() == 0:
        return "Nothing was counted before or after it, so there is no ratio."
    return ""


def judge_action(series: pd.DataFrame, *, confidence: float, seed: int) -> tuple[dict, str]:
    """The figures of an action's step, ratios for counts, and what to know of it or why there are none."""
    months, step = fit_action(series)
    if not step.residuals @ step.residuals > 1e-20 * (step.line @ step.line):
        return {}, "The months lie exactly on a line, so nothing shows how far to trust it."
    found = judge_step(step, months, confidence=confidence, seed=seed)
    figures = {"effect": step.effect} | {name: found[name] for name in ("low", "high", "detectable")}
    if series["unit"].iloc[0] == "ratio":
        figures = {name: np.exp(figure) for name, figure in figures.items()}
    far = tell(
        "Each month depends on the one before (autocorrelation about {rho:.2f}); only a large effect shows.",
        rho=found["rho"],
    )
    return figures | {"p": found["p"]}, far if found["rho"] > NOTED else ""


def fit_action(series: pd.DataFrame) -> tuple[np.ndarray, Step]:
    """The months before and after an action, and its step: shares and counts by their weight, other values alike."""
    told = series[series["after"].notna()]
    months, count = number_months(pd.PeriodIndex(told["month"])), told["unit"].iloc[0] == "ratio"
    return months, fit_step(told["value"], told["after"], months, n=told["weight"], count=count)


def trace_interruptions(tracked: pd.DataFrame, actions: pd.DataFrame, *, day: str = "") -> pd.DataFrame:
    """The months behind `find_interruptions` (same arguments): `value`, the model's `line`, and `without` the action.

    A row per action and month, `start` its first day; `line` and `without` are blank where nothing can be told.
    """
    parts = [pd.DataFrame(columns=TRACED)]
    for action, series in choose_series(tracked, actions):
        row = compare_periods(action, series)
        lines = series.assign(**{name: row[name] for name in ("action", "label")}, start=action.start)
        if not refuse(action, series, day):
            step, told = fit_action(series)[1], series["after"].notna()
            lines.loc[told, ["line", "without"]] = np.column_stack([step.line, step.without])
        parts.append(lines.reindex(columns=TRACED))
    return pd.concat(parts[1:] or parts, ignore_index=True)
