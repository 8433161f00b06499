"""Whether KPIs vary as they always did: control charts with frozen limits, and the change of those with few figures."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from scipy import stats

from cxlib.intervals import adjust, newcombe, t_interval, t_test
from cxlib.tables import StudyError, check_columns
from cxlib.trends import fit_line, measure_dependence
from cxlib.words import counted, in_words, listed, percent, signed

FEWEST, BASELINE = 12, 24
"""Measurements that limits take at least, and those they are frozen after."""

BOUNDS = {"xmr": (-np.inf, np.inf), "p": (0, 1), "u": (0, np.inf), "c": (0, np.inf)}
D2, RANGE_LIMIT = 1.128, 3.267
UNJUDGED = {
    "too few": f"fewer than {FEWEST} measurements",
    "no spread": "never varied",
    "drifts": "drifts",
    "dependent": "its measurements depend on one another",
}
MOVES = ("rose", "fell", "no sure change")
CONTROL = ["kpi", "date", "n", "value", "centre", "lower", "upper", "phase", "signal", "status", "is_share"]


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
        return np.broadcast_to(centre, value.shape), np.broadcast_to(spread_of(first), value.shape)
    centre = (first * cases).sum(axis=-1, keepdims=True) / cases.sum(axis=-1, keepdims=True)
    sigma = np.sqrt(centre * ((1 - centre) if chart[0] == "p" else 1) / n)
    if chart.endswith("'"):
        with np.errstate(divide="ignore", invalid="ignore"):
            sigma = sigma * spread_of(((value - centre) / sigma)[..., :baseline])
    return np.broadcast_to(centre, value.shape), sigma


def spread_of(values: np.ndarray) -> np.ndarray:
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


def chart_kpis(
    tracked: pd.DataFrame, *, baseline: int = BASELINE, rules: Sequence[str] = DEFAULT_RULES, kinds: dict | None = None
) -> pd.DataFrame:
    """Each KPI against limits frozen after its first `baseline` measurements (at least 12; all, where there are fewer).

    `tracked` comes from `track_kpis`. Shares get Laney's p′, never narrower than p; other values XmR; a column `chart`,
    or `kinds` by KPI, may say p, u or c (with Laney's factor likewise) or xmr. Columns: kpi, date, n, value, `centre`,
    `lower`, `upper`, `phase` (baseline or watched), `signal` (the rule of `RULES` that speaks, or ""), `status` (in
    control, signal, or why there are no limits: `UNJUDGED`) and is_share. A status is that of the watched measurements.
    A KPI in control raises a signal at the newest measurement in 2.0 % of cases after a baseline of 24 (3.5 % after
    12), within 12 measurements in 13 % (19 %); shares no more spread than chance in 1.5 and 8 % (2.3, 10), skewed
    values in 5 and 32 %. "two of three beyond 2 sigma" adds 3 points to the 13 %, "six rising or falling" 2.
    """
    check_columns(tracked, ["kpi", "date", "n", "value", "is_share"], name="tracked (from track_kpis)")
    if baseline < FEWEST or not set(rules) <= set(RULES):
        raise StudyError(
            f"Control limits take a baseline of {FEWEST} measurements or more ({baseline}), and rules of {list(RULES)}."
        )
    known = tracked[tracked["value"].notna()].sort_values(["kpi", "date"], kind="stable")
    said = (known.groupby("kpi")["chart"].first().to_dict() if "chart" in known else {}) | (kinds or {})
    parts = [chart_kpi(one, said.get(kpi, ""), baseline, rules) for kpi, one in known.groupby("kpi", sort=False)]
    empty = tracked.iloc[:0].reindex(columns=CONTROL).astype(dict.fromkeys(["phase", "signal", "status"], "str"))
    return pd.concat(parts, ignore_index=True)[CONTROL] if parts else empty


def chart_kpi(series: pd.DataFrame, kind: str, baseline: int, rules: Sequence[str]) -> pd.DataFrame:
    """One KPI with its limits, as `chart_kpis` has it."""
    first = np.arange(len(series)) < baseline
    nothing = dict.fromkeys(["centre", "lower", "upper"], np.nan)
    table = series.assign(phase=np.where(first, "baseline", "watched"), signal="", **nothing)
    if len(series) < FEWEST:
        return table.assign(status="too few")
    chart = kind or ("p" if series["is_share"].iloc[0] else "xmr")
    charts = [chart] if chart == "xmr" else [chart, f"{chart}'"]
    limits = [find_limits(series, chart=chart, baseline=baseline, rules=rules) for chart in charts]
    widest = max(limits, key=lambda found: (found["upper"] - found["lower"]).fillna(0).iloc[0])
    if widest["upper"].isna().any():
        return table.assign(status="no spread")
    away = (series["value"] - widest["centre"]) / (widest["upper"] - widest["centre"])
    status = judge_baseline(away.to_numpy(dtype=float)[first])
    if status:
        return table.assign(status=status)
    judged = widest.loc[~first if not first.all() else first, "signal"]
    found = widest[["centre", "lower", "upper", "signal"]]
    return table.assign(**found, status="signal" if (judged != "").any() else "in control")


def list_alerts(control: pd.DataFrame, *, level: float = 0.05) -> pd.DataFrame:
    """What a scheduled run should raise: rows of `chart_kpis` that are the newest of their KPI, a signal, not chance.

    `q` is Benjamini–Hochberg's of `p` over all KPIs judged: of runs over ten in control 3 % alert (skewed: 15 %).
    """
    newest, p = control.groupby("kpi", sort=False).tail(1), []
    for _, one in control.groupby("kpi", sort=False):
        sigma = np.maximum(one["upper"] - one["centre"], one["centre"] - one["lower"]) / 3
        z = ((one["value"] - one["centre"]) / sigma).to_numpy(dtype=float)
        p.append(p_of_newest(z, int((one["phase"] == "baseline").sum())))
    newest = newest.assign(p=p, q=adjust(p))
    return newest[(newest["signal"] != "") & (newest["q"] <= level)].reset_index(drop=True)


def p_of_newest(z: np.ndarray, baseline: int) -> np.ndarray:
    """Twice the lesser p of the newest and of the mean of the last eight: t on .62 (baseline − 1) degrees."""
    t = [z[..., -1] / np.sqrt(1 + 1 / baseline), z[..., -8:].mean(axis=-1) / np.sqrt(1 / 8 + 1 / baseline)]
    return np.minimum(1, 4 * stats.t.sf(np.abs(t).max(axis=0), 0.62 * (baseline - 1)))


def describe_control(control: pd.DataFrame) -> str:
    """Which KPIs left their usual range, in a sentence."""
    if control.empty:
        return "No KPI is tracked. A file kpis.csv switches control charts on."
    last = control.groupby("kpi", sort=False).tail(1)
    by_status = {status: group["kpi"].tolist() for status, group in last.groupby("status", sort=False)}
    if set(by_status) == {"too few"}:
        most = int(control.groupby("kpi").size().max())
        return f"Control limits take {FEWEST} measurements of a KPI; the longest series has {most}."
    alerts, signalled = list_alerts(control)["kpi"].tolist(), by_status.get("signal", [])
    said = [describe_signal(control[control["kpi"] == alerts[0]])] if len(alerts) == 1 else []
    said += [f"Alerts at the newest measurement: {listed(alerts, most=3)}"] if len(alerts) > 1 else []
    other = [kpi for kpi in signalled if kpi not in alerts]
    if other:
        said += [f"{len(other)} with signals" if alerts else f"No alert; signals: {listed(other, most=3)}"]
    calm = len(by_status.get("in control", []))
    said += [f"{calm} in control" if said else f"{counted(calm, 'KPI')} in control"] if calm else []
    unjudged = [kpi for status in UNJUDGED for kpi in by_status.get(status, [])]
    if len(unjudged) > 1:
        said += [f"{len(unjudged)} not judged"]
    for kpi in unjudged if len(unjudged) == 1 else []:
        why = f" ({UNJUDGED[last.set_index('kpi').at[kpi, 'status']]})"
        said += [f"not judged: {kpi}{why if len(' '.join([*said, kpi, why]).split(' ')) <= 28 else ''}"]
    sentence = "; ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]}."


def describe_signal(series: pd.DataFrame) -> str:
    """Since when one KPI, whose newest measurement is a signal, has been above or below its usual level."""
    last, above = series.iloc[-1], series["value"] > series["centre"]
    moving = last["signal"] == "six rising or falling"
    there = (above == above.iloc[-1])[::-1].cumprod().sum()
    since = series["date"].iloc[-6 if moving else -there]
    value, *ends = (percent(x) if last["is_share"] else figure(x) for x in last[["value", "lower", "upper"]])
    where = "moving one way" if moving else f"{'above' if above.iloc[-1] else 'below'} its usual level"
    numbers = f"({value}; limits {ends[0]} to {ends[1]}; n\u00a0{last['n']:,.0f})"
    return f"{last['kpi']} has been {where} since {in_words(f'{since:%Y-%m-%d}')} {numbers}"


def figure(value: float) -> str:
    """A value in three figures."""
    return f"{value:,.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2}f}".replace("-", "−")


def find_kpi_changes(
    tracked: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05, fewer_than: int = FEWEST
) -> pd.DataFrame:
    """The last value of each KPI too seldom measured for limits, less the one before, with the interval of that.

    `tracked` comes from `track_kpis`; KPIs of 2 to `fewer_than` − 1 measurements. Shares: Newcombe's interval and the
    pooled score test; values: Welch's t over sites; with `chart` u or c normal, on the Poisson standard errors. `q` is
    Benjamini–Hochberg's over the KPIs; `verdict` rose, fell or no sure change. What varies from time to time beyond the
    cases asked is not in the interval.
    """
    columns = ["kpi", "date", "n", "value", "se", "is_share"]
    check_columns(tracked, columns, name="tracked (from track_kpis)")
    known = tracked.reindex(columns=[*columns, "chart"]).dropna(subset="value")
    known = known.sort_values(["kpi", "date"], ignore_index=True)
    earlier = known.groupby("kpi")[["date", "n", "value", "se"]].shift().add_suffix("_before")
    size = known["kpi"].map(known["kpi"].value_counts())
    few = known.join(earlier)[(size >= 2) & (size < fewer_than)].groupby("kpi").tail(1).reset_index(drop=True)
    low, high, p = compare_with_before(few, confidence)
    q = adjust(p)
    moved, sure = few["value"] - few["value_before"], (q <= level) & ((low > 0) | (high < 0))
    verdict = np.select([sure & (moved > 0), sure], MOVES[:2], MOVES[2])
    found = dict(change=moved, low=low, high=high, p=p, q=q, verdict=verdict)
    shown = ["kpi", "date_before", "date", "n_before", "n", "value_before", "value", *found, "is_share"]
    return few.assign(**found)[shown].astype({"n_before": tracked["n"].dtype})


def compare_with_before(few: pd.DataFrame, confidence: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both ends of the interval of value − value_before, and its p; a share counts as the n its `se` is worth."""
    share, value, other = few["is_share"].astype(bool), few["value"], few["value_before"]
    sizes, spreads = (few[["n", "n_before"]].to_numpy(dtype=float), few[["se", "se_before"]].to_numpy(dtype=float) ** 2)
    shares = few[["value", "value_before"]].to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = shares * (1 - shares) / spreads * sizes / (sizes - 1)
        n, m = np.fmin(np.where(worth > 0, worth, np.nan), sizes).T
        pooled = (value * n + other * m) / (n + m)
        score = (value - other) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        welch = 1 + spreads.sum(axis=1) ** 2 / (spreads**2 / (sizes - 1)).sum(axis=1)
        welch, se = np.where(few["chart"].isin(["u", "c"]), np.inf, welch), np.sqrt(spreads.sum(axis=1))
        ends = zip(newcombe(value, n, other, m, confidence), t_interval(value - other, se, welch, confidence))
        p = np.where(share, 2 * stats.norm.sf(np.abs(score)), t_test(value - other, se, welch))
    low, high = (np.where(share, of_shares, of_means) for of_shares, of_means in ends)
    return low, high, p


def describe_kpi_changes(changes: pd.DataFrame) -> str:
    """Which of the KPIs too seldom measured for limits moved, in a sentence; empty without such a KPI."""
    if changes.empty:
        return ""
    said = []
    for verdict in MOVES[:2]:
        moved = [describe_move(row) for row in changes[changes["verdict"] == verdict].itertuples()]
        said += [f"{verdict}: {listed(moved, most=2)}"] if moved else []
    still = int((changes["verdict"] == MOVES[2]).sum())
    if not said:
        return f"Since the measurement before, no KPI of fewer than {FEWEST} surely changed ({still} compared)."
    return f"Since the measurement before {'; '.join(said)}{f'; {still} without a sure change' if still else ''}."


def describe_move(row) -> str:
    """One KPI's change with its interval and n."""
    change, low, high = (signed(x * 100 if row.is_share else x) for x in (row.change, row.low, row.high))
    return f"{row.kpi} ({change}{' points' if row.is_share else ''}; {low} to {high}; n\u00a0{row.n:,.0f})"
