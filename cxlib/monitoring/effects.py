"""Did each action work? Sites it was done at against sites it was not: difference-in-differences."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.intervals import adjust, difference_of_means, t_interval, t_test
from cxlib.tables import check_columns
from cxlib.trends import AT_MOST
from cxlib.words import counted, in_words, listed, readable_q, say_effect, signed

METHOD = "difference-in-differences"
FEWEST_SITES, FEWEST_MONTHS, PRE_TREND = 3, 3, 0.1
FIGURES = ["before", "after", "raw", "effect", "low", "high", "p", "detectable"]
CHECKS = ["pretrend", "pretrend_p", "placebo", "placebo_low", "placebo_high"]
TEXTS = ["action", "label", "kpi", "method", "n", "n_text"]
COLUMNS = [*TEXTS, *FIGURES, "q", "unit", "verdict", "reason", *CHECKS]


def compare_sites(
    kpis: pd.DataFrame, actions: pd.DataFrame, *, day: str = "", directions: dict[str, str] | None = None,
    confidence: float = 0.95, level: float = 0.05, months: int = 12,
) -> pd.DataFrame:  # fmt: skip
    """What each action changed at its sites beyond what changed at the others (difference-in-differences).

    `kpis` and `actions` are kpis.csv and actions.csv on `day` (2026-06-30); `directions` says "at most" of a KPI where
    less is better. Per site the mean of up to `months` monthly values from the first full month on, less that of those
    before, without the month just before the start, for actions are often begun after a bad one; Welch's t test of the
    sites with it against those without. One row per action, in shares or the KPI's unit: `n` sites (`n_text` both
    kinds), `before`, `after` and `raw` of those acted on, `effect` with interval, p and q, `detectable` with 80 %
    power, `verdict`, and the `reason` where it cannot be told. `pretrend` is the difference of slopes before, a month;
    `placebo` the effect of a made-up start in the middle of that time.
    """
    check_columns(kpis, ["kpi", "date", "site", "value", "numerator", "denominator"], name="kpis (kpis.csv)")
    check_columns(actions, ["action", "touchpoint", "start", "sites", "status", "kpi"], name="actions (actions.csv)")
    rows = []
    for action in actions.itertuples():
        reason = why_not_judged(action, kpis, day)
        row = dict(action=action.action, label=name_action(action), kpi=action.kpi, method="", reason=reason)
        if not reason:
            row |= dict(method=METHOD) | compare_one(lay_out(kpis, actions, action, months), action, confidence)
        rows.append(row)
    return judge_effects(pd.DataFrame(rows, columns=COLUMNS), directions=directions, level=level)


def name_action(action) -> str:
    """An action with the figure it should move."""
    return f"{action.action} ({action.kpi})" if isinstance(action.kpi, str) else str(action.action)


def split_sites(said: object) -> set[str]:
    """The sites of an action, which stand separated by |."""
    return {site.strip() for site in said.split("|")} - {""} if isinstance(said, str) else set()


def why_not_judged(action, kpis: pd.DataFrame, day: str) -> str:
    """Why an action has nothing to be judged by, as a sentence; empty where it has."""
    status = str(action.status).strip().lower()
    own = kpis[kpis["kpi"] == action.kpi]
    cases = {
        "It names no KPI; column kpi of actions.csv says what it should move.": not isinstance(action.kpi, str),
        "It has no start in actions.csv.": pd.isna(action.start),
        f"It is {status}.": status == "dropped",
        "It has not begun": pd.notna(action.start) and bool(day) and action.start > pd.Timestamp(day),
        f"kpis.csv has no {action.kpi}.": own.empty,
        "It names no sites, so there are no others to compare with.": not split_sites(action.sites),
        f"{action.kpi} is not measured by site.": not own["site"].fillna("").str.strip().astype(bool).any(),
    }
    found = next((reason for reason, holds in cases.items() if holds), "")
    return f"{found}; it starts on {in_words(f'{action.start:%Y-%m-%d}')}." if found == "It has not begun" else found


def lay_out(kpis: pd.DataFrame, actions: pd.DataFrame, action, months: int = 12) -> pd.DataFrame:
    """The KPI of an action as a grid of months and sites; `attrs` say its unit, the start and which rows are used.

    Sites that lack one of the months used, or where another action on the KPI begins within them, are left out.
    """
    own = kpis[(kpis["kpi"] == action.kpi) & kpis["site"].fillna("").str.strip().astype(bool)]
    own = own.assign(month=own["date"].dt.to_period("M"), site=own["site"].str.strip())
    shares = bool((own["numerator"].notna() & own["denominator"].notna()).all())
    cells = own.groupby(["month", "site"])
    sums = cells[["numerator", "denominator"]].sum()
    values = sums["numerator"] / sums["denominator"].where(sums["denominator"] > 0) if shares else cells["value"].mean()
    grid = values.unstack("site")
    grid = grid[grid.notna().mean(axis=1) >= 0.5]
    start = action.start.to_period("M")
    first = start + int(action.start.day > 1)
    before = grid.index[(grid.index < start - 1) & (grid.index >= start - 1 - months)]
    after = grid.index[(grid.index >= first) & (grid.index < first + months)]
    used = before.union(after)
    if len(used):
        begun = actions["start"].dt.to_period("M").between(used[0], used[-1])
        rivals = actions[(actions["kpi"] == action.kpi) & (actions["action"] != action.action) & begun]
        rivals = rivals[rivals["status"].fillna("").str.strip().str.lower() != "dropped"]
        grid = grid.drop(columns=set().union(*rivals["sites"].map(split_sites)), errors="ignore")
    grid = grid.loc[:, grid.loc[used].notna().all()]
    grid.attrs = dict(unit="share" if shares else "value", start=start, before=list(before), after=list(after))
    return grid


def compare_one(grid: pd.DataFrame, action, confidence: float) -> dict:
    """One action's figures as `compare_sites` has them, or the reason why it cannot be told."""
    before, after = (grid.loc[grid.attrs[when]] for when in ("before", "after"))
    treated = grid.columns.isin(split_sites(action.sites))
    n, others = int(treated.sum()), int((~treated).sum())
    row = dict(n=n + others, n_text=f"{n} against {counted(others, 'site')}", unit=grid.attrs["unit"])
    if min(n, others) < FEWEST_SITES:
        said = f"{counted(n, 'site')} with it and {others} without it are measured throughout"
        return row | dict(reason=f"{said}; it takes {FEWEST_SITES} of either.")
    if min(len(before), len(after)) < FEWEST_MONTHS:
        said = f"{counted(len(before), 'month')} before (without the last) and {len(after)} after are measured"
        return row | dict(reason=f"{said}; it takes {FEWEST_MONTHS} of either.")
    half = len(before) // 2
    x = np.arange(len(before)) - (len(before) - 1) / 2
    sites = {"effect": after.mean() - before.mean(), "pretrend": before.T @ x / (x @ x)}
    sites["placebo"] = (before[half:].mean() - before[:half].mean()) * (1 if half >= FEWEST_MONTHS else np.nan)
    found = contrast(pd.DataFrame(sites).T, treated, confidence)
    row |= dict(before=before.loc[:, treated].mean().mean(), after=after.loc[:, treated].mean().mean())
    row |= dict(raw=row["after"] - row["before"], pretrend=found.at["pretrend", "effect"])
    row |= dict(pretrend_p=found.at["pretrend", "p"], placebo=found.at["placebo", "effect"])
    row |= {f"placebo_{end}": found.at["placebo", end] for end in ("low", "high")}
    if row["pretrend_p"] < PRE_TREND:
        return row | dict(reason=tell_pre_trend(row))
    if np.isnan(found.at["effect", "p"]):
        return row | dict(reason="Its sites changed by exactly the same, so nothing shows how far to trust that.")
    return row | found.loc["effect"].to_dict()


def tell_pre_trend(row: dict) -> str:
    """The reason where the sites were on another way before."""
    slope = f"{signed(100 * row['pretrend'])} points" if row["unit"] == "share" else signed(row["pretrend"], 2)
    p = readable_q(row["pretrend_p"])
    return f"Before it began, its sites already moved differently ({slope} a month, p\u00a0{p})."


def contrast(figures: pd.DataFrame, treated: np.ndarray, confidence: float) -> pd.DataFrame:
    """Welch's (1947) test of each row's treated columns against the others, with what it would find with 80 % power."""
    parts = {}
    for name, own in (("one", figures.loc[:, treated]), ("other", figures.loc[:, ~treated])):
        n = own.shape[1]
        parts |= {f"n_{name}": n, f"n_effective_{name}": n, f"mean_{name}": own.mean(axis=1)}
        parts[f"se_{name}"] = own.std(axis=1) / np.sqrt(n)
    table = pd.DataFrame(parts).assign(n_both=0, covariance=0.0)
    effect, se, worth = difference_of_means(table, "one", "other")
    low, high = t_interval(effect, se, worth, confidence)
    detectable = (stats.t.ppf(0.5 + confidence / 2, worth - 1) + stats.t.ppf(0.8, worth - 1)) * se
    found = dict(effect=effect, low=low, high=high, p=t_test(effect, se, worth), detectable=detectable)
    return pd.DataFrame(found)


def judge_effects(
    *effects: pd.DataFrame, directions: dict[str, str] | None = None, level: float = 0.05
) -> pd.DataFrame:
    """The tables of one or more methods as one row per action, judged together (Benjamini–Hochberg).

    Of several rows of an action the first that can be told is kept. `verdict` is *worked* or *made it worse* where q is
    at most `level`, by the KPI's direction, else *no sure effect*; *cannot be told* without a p.
    """
    given = [table for table in effects if len(table)]
    if not given:
        return effects[0].reindex(columns=COLUMNS)
    order = {action: place for place, action in enumerate(pd.concat([table["action"] for table in given]).unique())}
    records = [row for table in given for row in table.to_dict("records")]
    table = pd.DataFrame(records, columns=COLUMNS).astype(dict.fromkeys([*FIGURES, "q", *CHECKS], "float64"))
    rank = table["p"].isna() * 2 + table["method"].fillna("").eq("")
    table = table.assign(_rank=rank).sort_values("_rank", kind="stable").drop_duplicates("action")
    table = table.sort_values("action", key=lambda names: names.map(order)).reset_index(drop=True)[COLUMNS]
    less = table["kpi"].map(lambda kpi: (directions or {}).get(kpi, "")).astype("str").str.strip().str.lower()
    gain = (table["effect"] - table["unit"].eq("ratio")) * np.where(less == AT_MOST, -1, 1)
    q = pd.Series(adjust(table["p"]))
    cases = [q.isna(), (q <= level) & (gain > 0), q <= level]
    verdict = np.select(cases, ["cannot be told", "worked", "made it worse"], "no sure effect")
    texts = {
        column: table[column].astype("object").where(table[column].notna(), "") for column in TEXTS if column != "n"
    }
    more = {column: table[column].where(table[column].notna(), "") for column in ("unit", "reason")}
    return table.assign(**texts, **more, n=table["n"].astype("Int64"), q=q, verdict=verdict)


def trace_sites(kpis: pd.DataFrame, actions: pd.DataFrame, effects: pd.DataFrame, *, months: int = 12) -> pd.DataFrame:
    """The monthly means behind each effect: of the sites with the action and of those without.

    Per action of `effects` (from `compare_sites`, with the same `months`) that was compared: `action`, `label`,
    `month` (its first day), `start` (that of the first month with it), `with_it`, `without_it`, `n`, `n_others`, `unit`
    and `used` (whether the month counts).
    """
    compared = effects[(effects["method"] == METHOD) & effects["before"].notna()]
    parts = []
    for row in compared.itertuples():
        action = next(actions[actions["action"] == row.action].itertuples())
        grid = lay_out(kpis, actions, action, months)
        treated, used = grid.columns.isin(split_sites(action.sites)), grid.attrs["before"] + grid.attrs["after"]
        means = dict(with_it=grid.loc[:, treated].mean(axis=1), without_it=grid.loc[:, ~treated].mean(axis=1))
        counts = dict(n=int(treated.sum()), n_others=int((~treated).sum()), unit=row.unit)
        days = dict(month=grid.index.to_timestamp(), start=grid.attrs["start"].to_timestamp())
        more = dict(action=row.action, label=row.label, used=grid.index.isin(used))
        parts.append(pd.DataFrame(means).assign(**days, **counts, **more))
    columns = ["action", "label", "month", "start", "with_it", "without_it", "n", "n_others", "unit", "used"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def describe_effects(effects: pd.DataFrame) -> str:
    """Which actions worked, in a sentence or two."""
    if effects.empty:
        return "Whether actions work is not known. A file actions.csv, with kpi, start and sites, switches it on."
    sure = effects[effects["verdict"].isin(["worked", "made it worse"])]
    unsure, untold = (effects[effects["verdict"] == verdict] for verdict in ("no sure effect", "cannot be told"))
    if len(effects) == 1 and len(untold):
        return f"Whether {effects['label'].iloc[0]} worked cannot be told. {effects['reason'].iloc[0]}"
    said = []
    for row in sure.head(1).itertuples():
        effect = say_effect(row.effect, row.low, row.high, row.unit)
        said.append(f"{row.label} {row.verdict} ({effect}; {row.n_text}).")
    for verdict in ("worked", "made it worse"):
        more = sure.iloc[1:].loc[sure.iloc[1:]["verdict"] == verdict, "action"]
        said += [f"Also {verdict}: {listed(more, most=3)}."] if len(more) else []
    if len(unsure) == 1:
        row = next(unsure.itertuples())
        effect, n = say_effect(row.effect, row.low, row.high, row.unit), "" if len(sure) else f"; {row.n_text}"
        said.append(f"{row.action}: no sure effect ({effect}{n}).")
    elif len(unsure):
        said.append(f"No sure effect: {listed(unsure['action'], most=3)}.")
    said += [f"{len(untold)} cannot be told."] if len(untold) else []
    return " ".join(said)


def describe_power(effects: pd.DataFrame) -> str:
    """How large an effect of each action would have been found with 80 % power, in a sentence; empty without one."""
    told = effects[effects["detectable"].notna()]
    said = [f"{row.action} {say_detectable(row.detectable, row.unit)}" for row in told.head(6).itertuples()]
    return f"Found with 80\u00a0% power would be an effect of: {', '.join(said)}." if said else ""


def say_detectable(effect: float, unit: str) -> str:
    """An effect without its sign: 3.2 points, 0.4, × 1.2."""
    if unit == "ratio":
        return f"×\u00a0{effect:.2f}"
    return f"{abs(100 * effect):.1f} points" if unit == "share" else f"{abs(effect):.1f}"
