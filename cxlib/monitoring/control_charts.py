"""Whether KPIs vary as they always did: control charts with frozen limits, and the change of those with few figures."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.intervals import adjust, t_interval, t_test
from cxlib.monitoring.alerts import list_alerts
from cxlib.monitoring.limits import (
    BASELINE,
    DEFAULT_RULES,
    FEWEST,
    RULES,
    find_limits,
    judge_baseline,
    leans,
    p_of_newest,
)
from cxlib.shares import newcombe, worth_of
from cxlib.tables import StudyError, check_columns
from cxlib.words import counted, figure, in_words, listed, percent, signed

UNJUDGED = {
    "too few": f"fewer than {FEWEST} measurements",
    "no spread": "did not vary in its baseline",
    "drifts": "drifts",
    "dependent": "its measurements depend on one another",
}
MOST_WORDS = 35
MOVES = ("rose", "fell", "no sure change")
CONTROL = ["kpi", "date", "n", "value", "centre", "lower", "upper", "phase", "signal", "status", "p", "is_share"]


def chart_kpis(tracked: pd.DataFrame, *, baseline: int = BASELINE, rules: Sequence[str] = ()) -> pd.DataFrame:
    """Each KPI against limits frozen after its first `baseline` measurements (at least 12; all, where there are fewer).

    `tracked` comes from `track_kpis`. Shares get Laney's p′, never narrower than p; other values XmR, where their
    baseline is skewed never narrower than that of their logs; its column `chart` may say p, u or c (with Laney's
    factor likewise) or xmr. `rules` are further ones of `RULES`. Columns: kpi, date, n, value, `centre`, `lower`,
    `upper`, `phase` (baseline or watched), `signal` (the rule that speaks, or ""), `status` (of the watched
    measurements: in control, signal, or why there are no limits: `UNJUDGED`), `p` (of the newest, where it is judged)
    and is_share.
    A KPI in control raises a signal at the newest measurement in 2.0 % of cases after a baseline of 24 (3.5 % after
    12), within 12 measurements in 12 % (18 %); shares no more spread than chance in 1.7 and 8 % (2.0, 9), skewed
    values in 2 to 3 and 9 to 14 %, those with long tails or one below in 4 and 25 %. "two of three beyond 2 sigma" adds
    3 points to the 12 %, "six rising or falling" 2.
    """
    check_columns(tracked, ["kpi", "date", "n", "value", "is_share"], name="tracked (from track_kpis)")
    if baseline < FEWEST or not set(rules) <= set(RULES):
        raise StudyError(
            f"Control limits take a baseline of {FEWEST} measurements or more ({baseline}), and rules of {list(RULES)}."
        )
    known = tracked[tracked["value"].notna()].sort_values(["kpi", "date"], kind="stable")
    known = known.assign(chart=known["chart"].fillna("") if "chart" in known else "")
    every = list(dict.fromkeys([*DEFAULT_RULES, *rules]))
    parts = [chart_kpi(one, baseline, every) for _, one in known.groupby("kpi", sort=False)]
    empty = tracked.iloc[:0].reindex(columns=CONTROL).astype(dict.fromkeys(["phase", "signal", "status"], "str"))
    return pd.concat(parts, ignore_index=True)[CONTROL] if parts else empty


def chart_kpi(series: pd.DataFrame, baseline: int, rules: Sequence[str]) -> pd.DataFrame:
    """One KPI with its limits, as `chart_kpis` has it."""
    first = np.arange(len(series)) < baseline
    nothing = dict.fromkeys(["centre", "lower", "upper", "p"], np.nan)
    table = series.assign(phase=np.where(first, "baseline", "watched"), signal="", **nothing)
    if len(series) < FEWEST:
        return table.assign(status="too few")
    chart = series["chart"].iloc[0] or ("p" if series["is_share"].iloc[0] else "xmr")
    charts = [chart] if chart == "xmr" else [chart, f"{chart}'"]
    limits = [find_limits(series, chart=chart, baseline=baseline, rules=rules) for chart in charts]
    widest = max(limits, key=lambda found: (found["upper"] - found["lower"]).fillna(0).iloc[0])
    if widest["upper"].isna().any():
        return judge_steady(table, chart)
    sigma = np.maximum(widest["upper"] - widest["centre"], widest["centre"] - widest["lower"]) / 3
    z = ((series["value"] - widest["centre"]) / sigma).to_numpy(dtype=float)
    status = judge_baseline(z[first])
    if status and (status != "no spread" or chart == "xmr"):
        return table.assign(status=status)
    if not series["chart"].iloc[0] and chart == "xmr" and leans(series["value"].to_numpy(dtype=float)[first]):
        widest, z = allow_for_skew(widest, z, rules, baseline=baseline)
    judged = widest.loc[~first if not first.all() else first, "signal"]
    p = np.where(np.arange(len(z)) == len(z) - 1, p_of_newest(z, int(first.sum())), np.nan)
    found = widest[["centre", "lower", "upper", "signal"]]
    return table.assign(**found, p=p, status="signal" if (judged != "").any() else "in control")


def allow_for_skew(found: pd.DataFrame, z: np.ndarray, rules: Sequence[str], **how) -> tuple[pd.DataFrame, np.ndarray]:
    """Limits of values that lean in their baseline, never narrower than those of their logs; the lesser z of both.

    Eight in a row lie on one side of both centres, the mean and that of the logs; of a value between the nearer counts.
    """
    logs = find_limits(found.assign(value=np.log(found["value"].clip(lower=1e-300))), chart="xmr", **how)
    of_logs = 3 * ((logs["value"] - logs["centre"]) / (logs["upper"] - logs["centre"])).to_numpy(dtype=float)
    z = np.where(np.abs(of_logs) < np.abs(z), of_logs, z)
    upper, lower = np.maximum(found["upper"], np.exp(logs["upper"])), np.minimum(found["lower"], np.exp(logs["lower"]))
    signal = np.select([RULES[rule](z) for rule in rules], list(rules), "")
    return found.assign(lower=lower, upper=upper, signal=signal), z


def judge_steady(table: pd.DataFrame, chart: str) -> pd.DataFrame:
    """A KPI whose baseline did not vary: the events after none at all (or, of shares, the misses) are judged exactly.

    By the hypergeometric chance of a share and the binomial one of a Poisson count that all are among the new cases.
    """
    table, watched = table.assign(status="no spread"), table["phase"].eq("watched").to_numpy()
    if chart == "xmr" or not watched.any():
        return table
    n, value = np.where(chart == "c", 1.0, table["n"].astype(float)), table["value"].to_numpy(dtype=float)
    level, before = value[0], n[~watched].sum()
    events = np.round(n * np.abs(value - level))
    sure = (n / (before + n)) ** events
    if chart == "p":
        sure = stats.hypergeom.sf(events - 1, np.round(before + n), events, np.round(n))
    raised, newest = watched & (sure <= 2 * stats.norm.sf(3)), np.arange(len(n)) == len(n) - 1
    table = table.assign(p=np.where(newest, sure, np.nan), signal=np.where(raised, "beyond", ""))
    return table.assign(centre=level, status="signal") if raised.any() else table


def describe_alerts(control: pd.DataFrame, newest: pd.DataFrame) -> str:
    """What `describe_control` says of KPIs that signal, if one is surely unusual by `judge_newest`; else ""."""
    alerts = newest.loc[newest["verdict"] == "unusual", "kpi"].tolist()
    signalled = control["kpi"].isin(newest.loc[newest["signal"] != "", "kpi"])
    return describe_control(control[signalled], alerts=alerts) if alerts else ""


def describe_control(control: pd.DataFrame, *, alerts: list[str] | None = None) -> str:
    """Which KPIs left their usual range, in a sentence or two, as far as that has room in thirty-five words.

    `alerts` are those said to be surely unusual; those of `list_alerts` where they are not given.
    """
    if control.empty:
        return tell("No KPI is tracked. A file kpis.csv switches control charts on.")
    if control["status"].eq("too few").all():
        most = int(control.groupby("kpi").size().max())
        return tell(
            "What is usual can be said from {fewest} measurements of a KPI on; the longest series has {most}.",
            fewest=FEWEST, most=most,
        )  # fmt: skip
    alerts = list_alerts(control)["kpi"].tolist() if alerts is None else alerts
    said = [say_control(control, alerts, brief) for brief in range(4)]
    return next((sentence for sentence in said if len(sentence.split()) <= MOST_WORDS), said[-1])


def say_control(control: pd.DataFrame, alerts: list[str], brief: int) -> str:
    """What `describe_control` says; with `brief` 1 fewer names, with 2 only of signals, with 3 one name, no limits."""
    last = control.groupby("kpi", sort=False).tail(1).set_index("kpi")
    signalled = last.index[last["status"] == "signal"]
    lead = [describe_signal(control[control["kpi"] == alerts[0]], usual=brief < 3)] if len(alerts) == 1 else []
    lead += [tell("surely not as usual now: {names}", names=name_few(alerts, brief))] if len(alerts) > 1 else []
    said = []
    other = [kpi for kpi in signalled if kpi not in alerts]
    if other:
        more = tell("{count} more may have changed", count=len(other))
        alone = tell("none surely unusual now; may have changed: {names}", names=name_few(other, brief))
        said += [more if alerts else alone]
    calm, unjudged = int((last["status"] == "in control").sum()), last[last["status"].isin(list(UNJUDGED))]
    if brief < 2 or not lead + said:
        usual = tell("{kpis} as usual", kpis=counted(calm, "KPI"))
        said += [usual] if calm else []
        first = control.groupby("kpi")["value"].first()
        said += [describe_unjudged(unjudged, first, brief)] if len(unjudged) else []
    sentences = [*lead, "; ".join(said)] if said else lead
    return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences)


def name_few(names: list[str], brief: int) -> str:
    """Names in a sentence: three, two, or the first and how many more."""
    if brief == 3 and len(names) > 1:
        return tell("{name} and {count} more", name=names[0], count=len(names) - 1)
    return listed(names, most=2 if brief else 3)


def describe_unjudged(unjudged: pd.DataFrame, first: pd.Series, brief: int) -> str:
    """How many KPIs have no limits; of a single one why, and of one that left a level always the same its values."""
    level, count = first.reindex(unjudged.index), tell("{count} without a known usual range", count=len(unjudged))
    if len(unjudged) > 1 and unjudged["status"].eq("too few").all():
        return tell("{count} measured too seldom", count=len(unjudged))
    left = unjudged[unjudged["status"].eq("no spread") & ~np.isclose(unjudged["value"], level)]
    if left.empty and (brief or len(unjudged) > 1):
        return count
    row = (unjudged if left.empty else left).iloc[0]
    why = UNJUDGED[row["status"]]
    if len(left):
        value, before = (say_plain(x, row["is_share"]) for x in (row["value"], level[row.name]))
        why = tell("{value}, always {before} in its baseline", value=value, before=before)
    return (
        tell("not judged: {name} ({why})", name=row.name, why=why)
        if len(unjudged) == 1
        else tell("{count}, among them {name} ({why})", count=count, name=row.name, why=why)
    )


def describe_signal(series: pd.DataFrame, *, usual: bool = True) -> str:
    """Since when one KPI, whose newest measurement is a signal, has been above or below its usual level."""
    last, side = series.iloc[-1], np.sign(series["value"] - series["centre"])
    moving = last["signal"] == "six rising or falling"
    there = (side == side.iloc[-1])[::-1].cumprod().sum()
    since = series["date"].iloc[-6 if moving else -there]
    where = (
        tell("moving one way")
        if moving
        else tell("above its usual level")
        if side.iloc[-1] > 0
        else tell("below its usual level")
    )
    said = tell(", usually {level}", level=say_plain(last["centre"], last["is_share"])) if usual else ""
    value, n = say_plain(last["value"], last["is_share"]), f"{last['n']:,.0f}"
    plain = tell("({value}{usually}; n\u00a0{n})", value=value, usually=said, n=n)
    numbers = tell("({value} of {n}{usually})", value=value, usually=said, n=n) if last["is_share"] else plain
    return tell(
        "{kpi} has been {where} since {day} {numbers}",
        kpi=last["kpi"],
        where=where,
        day=in_words(f"{since:%Y-%m-%d}"),
        numbers=numbers,
    )


def say_plain(value: float, is_share: bool) -> str:
    """A share in %, another value in three figures."""
    return percent(value) if is_share else figure(value)


def find_kpi_changes(tracked: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05) -> pd.DataFrame:
    """The last value of each KPI too seldom measured for limits, less the one before, with the interval of that.

    `tracked` comes from `track_kpis`; KPIs of 2 to 11 measurements. Shares: Newcombe's interval and the
    pooled score test; values: Welch's t over sites; with `chart` u or c normal, on the Poisson standard errors. `q` is
    Benjamini–Hochberg's over the KPIs; `verdict` rose, fell or no sure change. What varies from time to time beyond the
    cases asked is not in the interval.
    """
    columns = ["kpi", "date", "n", "value", "se", "is_share"]
    check_columns(tracked, columns, name="tracked (from track_kpis)")
    known = tracked.reindex(columns=[*columns, "n_effective", "chart"]).dropna(subset="value")
    known = known.sort_values(["kpi", "date"], ignore_index=True)
    earlier = known.groupby("kpi")[["date", "n", "value", "se", "n_effective"]].shift().add_suffix("_before")
    size = known["kpi"].map(known["kpi"].value_counts())
    few = known.join(earlier)[(size >= 2) & (size < FEWEST)].groupby("kpi").tail(1).reset_index(drop=True)
    low, high, p = compare_with_before(few, confidence)
    q = adjust(p)
    moved, sure = few["value"] - few["value_before"], (q <= level) & ((low > 0) | (high < 0))
    verdict = np.select([sure & (moved > 0), sure], MOVES[:2], MOVES[2])
    found = dict(change=moved, low=low, high=high, p=p, q=q, verdict=verdict)
    shown = ["kpi", "date_before", "date", "n_before", "n", "value_before", "value", *found, "is_share"]
    return few.assign(**found)[shown].astype({"n_before": tracked["n"].dtype})


def compare_with_before(few: pd.DataFrame, confidence: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both ends of the interval of value − value_before, and its p: on effective n, a share on what `se` is worth."""
    share, value, other = few["is_share"].astype(bool), few["value"], few["value_before"]
    names = ("n", "n_effective", "value", "se")
    sizes, worth, shares, se = (few[[name, f"{name}_before"]].to_numpy(dtype=float) for name in names)
    worth, spreads = np.where(np.isnan(worth), sizes, worth), se**2
    with np.errstate(divide="ignore", invalid="ignore"):
        n, m = worth_of(shares * (1 - shares), se, sizes, worth).T
        pooled = (value * n + other * m) / (n + m)
        score = (value - other) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        welch = 1 + spreads.sum(axis=1) ** 2 / (spreads**2 / (worth - 1)).sum(axis=1)
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
        said += [f"{tell(verdict)}: {listed(moved, most=2)}"] if moved else []
    still = int((changes["verdict"] == MOVES[2]).sum())
    if not said:
        return tell(
            "Since the measurement before, no KPI of fewer than {fewest} surely changed ({still} compared).",
            fewest=FEWEST,
            still=still,
        )
    return tell(
        "Since the measurement before {said}{rest}.",
        said="; ".join(said),
        rest=tell("; {still} without a sure change", still=still) if still else "",
    )


def describe_move(row) -> str:
    """One KPI's change with its interval and n."""
    change, low, high = (signed(x * 100 if row.is_share else x) for x in (row.change, row.low, row.high))
    return tell(
        "{kpi} ({change}; {low} to {high}; n\u00a0{n:,.0f})",
        kpi=row.kpi,
        change=tell("{points} points", points=change) if row.is_share else change,
        low=low,
        high=high,
        n=row.n,
    )
