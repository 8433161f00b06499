"""Did each action work? Sites it was done at against sites it was not: difference-in-differences."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.intervals import adjust, difference_of_means, t_interval, t_test
from cxlib.monitoring.starts import months_since, number_months, split_sites, why_not_done
from cxlib.tables import check_columns
from cxlib.trends import AT_MOST
from cxlib.words import counted, effect_parts, listed, most_likely, readable_q, signed

METHOD = "difference-in-differences"
FEWEST_SITES, FEWEST_MONTHS, PRE_TREND, MOST_WORDS = 3, 3, 0.1, 40
FIGURES = ["before", "after", "raw", "effect", "low", "high", "p", "detectable"]
CHECKS = ["pretrend", "pretrend_p", "placebo", "placebo_low", "placebo_high"]
TEXTS = ["action", "label", "kpi", "method", "n", "n_text"]
COLUMNS = [*TEXTS, *FIGURES, "q", "unit", "verdict", "reason", *CHECKS]


def compare_sites(
    kpis: pd.DataFrame, actions: pd.DataFrame, *, day: str = "", confidence: float = 0.95, months: int = 12
) -> pd.DataFrame:
    """What each action changed at its sites beyond what changed at the others (difference-in-differences).

    `kpis` and `actions` are kpis.csv and actions.csv on `day` (2026-06-30). Per site the mean of up to `months` monthly
    values from the first full month on, less that of those before, without the month just before the start, for actions
    are often begun after a bad one; Welch's t test of the sites with it against those without. One row per action and
    KPI, in shares or the KPI's unit: `n` sites (`n_text` both kinds), `before`, `after` and `raw` of those acted on,
    `effect` with interval and p, `detectable` with 80 % power, and the `reason` where it cannot be told, or else what
    to know of it. `pretrend` is the difference of slopes before, a month; `placebo` the effect of a made-up start in
    the middle of that time. `judge_effects` has the verdicts.
    """
    check_columns(kpis, ["kpi", "date", "site", "value", "numerator", "denominator"], name="kpis (kpis.csv)")
    check_columns(actions, ["action", "touchpoint", "start", "sites", "status", "kpi"], name="actions (actions.csv)")
    rows = []
    for action in actions.itertuples():
        reason = why_not_judged(action, kpis, day)
        row = dict(action=action.action, label=name_action(action), kpi=action.kpi, method="", reason=reason)
        if not reason:
            grid = lay_out(kpis, actions, action, months)
            row |= dict(method=METHOD) | compare_one(grid, action, confidence)
            row["reason"] = " ".join(filter(None, [row["reason"], grid.attrs["note"]]))
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS).drop(columns=["q", "verdict"])


def name_action(action) -> str:
    """An action with the figure it should move."""
    return f"{action.action} ({action.kpi})" if isinstance(action.kpi, str) else str(action.action)


def why_not_judged(action, kpis: pd.DataFrame, day: str) -> str:
    """Why an action has nothing to be judged by, as a sentence; empty where it has."""
    own = kpis[kpis["kpi"] == action.kpi]
    not_done = why_not_done(action, day)
    cases = {
        "It names no KPI; column kpi of actions.csv says what it should move.": not isinstance(action.kpi, str),
        not_done: bool(not_done),
        tell("kpis.csv has no {kpi}.", kpi=action.kpi): own.empty,
        "It names no sites, so there are no others to compare with.": not split_sites(action.sites),
        tell("{kpi} is not measured by site.", kpi=action.kpi): not own["site"]
        .fillna("")
        .str.strip()
        .astype(bool)
        .any(),
    }
    return next((reason for reason, holds in cases.items() if holds), "")


def lay_months(kpis: pd.DataFrame, kpi: str) -> pd.DataFrame:
    """A KPI as a grid of months and sites (in small letters), of months at least half of the sites have."""
    own = kpis[(kpis["kpi"] == kpi) & kpis["site"].fillna("").str.strip().astype(bool)]
    own = own.assign(month=own["date"].dt.to_period("M"), site=own["site"].str.strip().str.casefold())
    counts = bool((own["numerator"].notna() & own["denominator"].notna()).all())
    cells = own.groupby(["month", "site"])
    sums = cells[["numerator", "denominator"]].sum()
    values = sums["numerator"] / sums["denominator"].where(sums["denominator"] > 0) if counts else cells["value"].mean()
    grid = values.unstack("site")
    per_unit = own.reindex(columns=["chart"])["chart"].astype("str").str.strip().str.lower().eq("u").any()
    grid = grid[grid.notna().mean(axis=1) >= 0.5]
    grid.attrs = dict(unit="share" if counts and not per_unit else "value")
    return grid


def lay_out(kpis: pd.DataFrame, actions: pd.DataFrame, action, months: int = 12) -> pd.DataFrame:
    """The KPI of an action as in `lay_months`; `attrs` say its unit, the start, which rows are used, and a `note`.

    Months after end where another action on the KPI begins at its sites, if enough are left. Sites that lack one of the
    months used, or where another action begins within them, are left out.
    """
    grid, sites = lay_months(kpis, action.kpi), split_sites(action.sites)
    unknown, unit = [sites[site] for site in sites if site not in grid], grid.attrs["unit"]
    since = months_since(grid.index, action.start)
    before, after = (since >= -1 - months) & (since < -1), (since >= 0) & (since < months)
    others = actions[(actions["kpi"] == action.kpi) & (actions["action"] != action.action)].itertuples()
    rivals = [(one.start.to_period("M"), one.action, split_sites(one.sites)) for one in others if not why_not_done(one)]
    note = []
    for start, name, there in sorted(rivals, key=lambda rival: rival[0]):
        until = after & (grid.index < start)
        if sites.keys() & there.keys() and FEWEST_MONTHS <= until.sum() < after.sum():
            after, note = until, [tell("It is judged up to the start of {name} at its sites.", name=name)]
            break
    used = grid.index[before | after]
    begun = [rival for rival in rivals if len(used) and used[0] <= rival[0] <= used[-1]]
    taken = set().union(*(there for *_, there in begun)) & set(grid)
    note += (
        [tell("kpis.csv has no {kpi} of {unknown}.", kpi=action.kpi, unknown=listed(unknown, most=4))]
        if unknown
        else []
    )
    left = grid.drop(columns=taken)
    left = left.loc[:, left.loc[used].notna().all()]
    left.attrs = dict(
        unit=unit, start=action.start.to_period("M"), before=list(grid.index[before]), after=list(grid.index[after]),
        rivals=[name for _, name, there in begun if there.keys() & taken], note=" ".join(note),
    )  # fmt: skip
    return left


def compare_one(grid: pd.DataFrame, action, confidence: float) -> dict:
    """One action's figures as `compare_sites` has them, or the reason why it cannot be told."""
    before, after = (grid.loc[grid.attrs[when]] for when in ("before", "after"))
    treated = grid.columns.isin(list(split_sites(action.sites)))
    n, others = int(treated.sum()), int((~treated).sum())
    row = dict(
        n=n + others,
        n_text=tell("{sites} with it, {others} without", sites=counted(n, "site"), others=others),
        unit=grid.attrs["unit"],
    )
    if min(n, others) < FEWEST_SITES:
        said = tell("{n} with it and {others} without it are measured throughout", n=counted(n, "site"), others=others)
        if grid.attrs["rivals"]:
            said = tell(
                "Another action on it ({rivals}) began at some of these sites; {said}",
                rivals=listed(grid.attrs["rivals"], most=3),
                said=said,
            )
        return row | dict(
            reason=tell("{said}; it takes {fewest_sites} of either.", said=said, fewest_sites=FEWEST_SITES)
        )
    if min(len(before), len(after)) < FEWEST_MONTHS:
        said = tell(
            "{before} before (without the last) and {after} after are measured",
            before=counted(len(before), "month"),
            after=len(after),
        )
        return row | dict(
            reason=tell("{said}; it takes {fewest_months} of either.", said=said, fewest_months=FEWEST_MONTHS)
        )
    half = len(before) // 2
    x = number_months(before.index) - number_months(before.index).mean()
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
    slope = (
        tell("{change} points", change=signed(100 * row["pretrend"]))
        if row["unit"] == "share"
        else signed(row["pretrend"], 2)
    )
    p = readable_q(row["pretrend_p"])
    return tell("Before it began, its sites already moved differently ({slope} a month, p\u00a0{p}).", slope=slope, p=p)


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
    """The tables of one or more methods as one row per action and KPI, judged together (Benjamini–Hochberg).

    Of several rows of one the first that can be told is kept. `verdict` is *worked* or *made it worse* where q is at
    most `level`, by the KPI's direction (`directions` says "at most" where less is better), else *no sure effect*;
    *cannot be told* without a p.
    """
    records = [row for table in effects for row in table.to_dict("records")]
    table = pd.DataFrame(records, columns=COLUMNS).astype(dict.fromkeys([*FIGURES, "q", *CHECKS], "float64"))
    texts = [*(column for column in TEXTS if column != "n"), "unit", "reason"]
    table[texts] = table[texts].astype("object").where(table[texts].notna(), "")
    pairs = table.groupby(["action", "kpi"], sort=False).ngroup()
    table = table.assign(_pair=pairs, _rank=table["p"].isna() * 2 + table["method"].eq(""))
    table = table.sort_values(["_pair", "_rank"], kind="stable").drop_duplicates("_pair")
    table = table[COLUMNS].reset_index(drop=True)
    less = table["kpi"].map(lambda kpi: str((directions or {}).get(kpi, "")).strip().lower() == AT_MOST).astype(bool)
    gain = (table["effect"] - table["unit"].eq("ratio")) * np.where(less, -1, 1)
    q = pd.Series(adjust(table["p"]), dtype="float64")
    cases = [q.isna(), (q <= level) & (gain > 0), q <= level]
    verdict = np.select(cases, ["cannot be told", "worked", "made it worse"], "no sure effect")
    return table.assign(n=table["n"].astype("Int64"), q=q, verdict=verdict)


def trace_sites(kpis: pd.DataFrame, actions: pd.DataFrame, effects: pd.DataFrame, *, months: int = 12) -> pd.DataFrame:
    """The monthly means behind each effect: of the sites with the action and of those without.

    Per action and KPI of `effects` (from `compare_sites`, with the same `months`) that was compared: `action`, `label`,
    `month` (its first day), `start` (that of the first month with it), `with_it`, `without_it`, `n`, `n_others`, `unit`
    and `used` (whether the month counts).
    """
    compared = effects[(effects["method"] == METHOD) & effects["before"].notna()]
    parts = []
    for row in compared.itertuples():
        action = next(actions[(actions["action"] == row.action) & (actions["kpi"] == row.kpi)].itertuples())
        grid = lay_out(kpis, actions, action, months)
        treated, used = grid.columns.isin(list(split_sites(action.sites))), grid.attrs["before"] + grid.attrs["after"]
        means = dict(with_it=grid.loc[:, treated].mean(axis=1), without_it=grid.loc[:, ~treated].mean(axis=1))
        counts = dict(n=int(treated.sum()), n_others=int((~treated).sum()), unit=row.unit)
        days = dict(month=grid.index.to_timestamp(), start=grid.attrs["start"].to_timestamp())
        more = dict(action=row.action, label=row.label, used=grid.index.isin(used))
        parts.append(pd.DataFrame(means).assign(**days, **counts, **more))
    columns = ["action", "label", "month", "start", "with_it", "without_it", "n", "n_others", "unit", "used"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def describe_effects(effects: pd.DataFrame, *, confidence: float = 0.95) -> str:
    """Which actions worked, in a few sentences; by their names alone where that takes over forty words."""
    if effects.empty:
        return tell("Whether actions work is not known. A file actions.csv, with kpi, start and sites, switches it on.")
    if effects["verdict"].eq("cannot be told").all():
        actions = effects["action"].unique()
        who = tell("the {actions} actions", actions=len(actions)) if len(actions) > 1 else actions[0]
        who, reason = (effects["label"].iloc[0], f" {effects['reason'].iloc[0]}") if len(effects) == 1 else (who, "")
        if len(effects) > 1:
            return tell("Whether {actions} worked cannot be judged.", actions=who)
        return tell("Whether {who} worked cannot be told.{reason}", who=who, reason=reason)
    names = effects["action"].where(~effects["action"].duplicated(keep=False), effects["label"])
    said = list_verdicts(effects.assign(name=names), confidence)
    return (
        said if len(said.split()) <= MOST_WORDS else list_verdicts(effects.assign(name=names, label=names), confidence)
    )


def list_verdicts(effects: pd.DataFrame, confidence: float) -> str:
    """Every verdict with its actions; the first sure effect by its `label`, the others by `name`."""
    sure = effects[effects["verdict"].isin(["worked", "made it worse"])]
    unsure, untold = (effects[effects["verdict"] == verdict] for verdict in ("no sure effect", "cannot be told"))
    said = []
    for row in sure.head(1).itertuples():
        worked = tell("{action} worked: {effect} ({likely}; {n}).")
        worse = tell("{action} made it worse: {effect} ({likely}; {n}).")
        said.append(
            (worked if row.verdict == "worked" else worse).format(action=row.label, **say_parts(row, confidence))
        )
    also = {"worked": tell("Also worked: {names}."), "made it worse": tell("Also made it worse: {names}.")}
    for verdict, words in also.items():
        more = sure.iloc[1:].loc[sure.iloc[1:]["verdict"] == verdict, "name"]
        said += [words.format(names=listed(more, most=3))] if len(more) else []
    if len(unsure) == 1:
        row = next(unsure.itertuples())
        said.append(
            tell("{action}: no sure effect ({effect}, {likely}; {n}).", action=row.name, **say_parts(row, confidence))
        )
    elif len(unsure):
        said.append(tell("No sure effect: {names}.", names=listed(unsure["name"], most=3)))
    said += [tell("{count} more cannot be judged.", count=len(untold))] if len(untold) else []
    return " ".join(said)


def say_parts(row, confidence: float) -> dict[str, str]:
    """One action's effect, its interval in plain words, and what was compared."""
    effect, span = effect_parts(row.effect, row.low, row.high, row.unit)
    if row.unit == "share":
        effect = tell("{points} percentage points", points=signed(100 * row.effect))
    return dict(effect=effect, likely=most_likely(span, confidence), n=row.n_text)


def describe_power(effects: pd.DataFrame) -> str:
    """How large an effect of each action would have been found with 80 % power, in a sentence; empty without one."""
    told = effects[effects["detectable"].notna()]
    said = [f"{row.action} {say_detectable(row.detectable, row.unit)}" for row in told.head(6).itertuples()]
    return tell("Found with 80\u00a0% power would be an effect of: {said}.", said=", ".join(said)) if said else ""


def say_detectable(effect: float, unit: str) -> str:
    """An effect without its sign: 3.2 points, 0.4, × 1.2."""
    if unit == "ratio":
        return f"×\u00a0{effect:.2f}"
    return tell("{effect:.1f} points", effect=abs(100 * effect)) if unit == "share" else f"{abs(effect):.1f}"
