"""Step 6: what changed, where the figures stand against their targets, and which gaps are open."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.intervals import compare_gaps, share_interval, t_interval, t_test
from cxlib.tables import StudyError, check_columns
from cxlib.trends import AT_MOST, DIRECTIONS, describe_attainment, reach_dates
from cxlib.words import counted, in_words, listed, percent, signed

CHANGES = ("better", "worse", "no sure change")
STATES = ("new", "persisting", "reopened", "uncertain", "closed", "none")
SUFFIXES = ("_now", "_before", "_both")


def find_change(change: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05) -> pd.DataFrame:
    """How the gap of each group changed since the wave before, with its interval; sure changes first, then by size.

    `change` comes from `summarise_change`. Paired on the respondents both waves share, else independent: the variance
    is that of both means less twice their covariance, t on Welch's degrees of freedom (n − 1 where some answered
    twice). `q` is Benjamini–Hochberg's over the table. Above 0 is better.
    """
    figures = [f"{part}_{when}" for when in ("now", "before") for part in ("n", "n_effective", "mean", "se", "modal")]
    check_columns(change, [*figures, "n_both", "covariance", "width"], name="change (from summarise_change)")
    found = compare_gaps(change, "now", "before", confidence=confidence).rename(columns={"difference": "change"})
    moved, sure = found["change"], found["q"] <= level
    verdict = np.select([sure & (moved > 0), sure], CHANGES[:2], CHANGES[2])
    table = change.assign(**found, verdict=verdict).rename(
        columns={"mean_now": "gap", "mean_before": "gap_before", "n_now": "n"}
    )
    groups = [column for column in ("stage", "touchpoint", "label") if column in table]
    own = [c for c in change.columns if c not in (*groups, "width", "covariance") and not c.endswith(SUFFIXES)]
    columns = [*groups, *own, "wave_now", "wave_before", "n", "n_before", "n_both", "gap_before", "gap", "change"]
    rank = table["verdict"].eq(CHANGES[2])
    order = table.assign(rank=rank, size=-moved.abs()).sort_values(["rank", "size"], kind="stable").index
    return table.loc[order, [*columns, "low", "high", "p", "q", "verdict"]].reset_index(drop=True)


def describe_change(change: pd.DataFrame) -> str:
    """What changed since the wave before, in a sentence."""
    if change.empty:
        return "There is no wave before to compare with. A second wave switches it on."
    before = change["wave_before"].iloc[0]
    said = []
    for verdict in CHANGES[:2]:
        moved = change[change["verdict"] == verdict]
        names = [
            f"{row.label} ({signed(row.change)}; {signed(row.low)} to {signed(row.high)})" for row in moved.itertuples()
        ]
        said += [f"{verdict}: {listed(names, most=3)}"] if names else []
    if not said:
        return f"Since {before} no gap has surely changed ({counted(len(change), 'touchpoint')} compared)."
    return f"Since {before} {'; '.join(said)}; {int((change['verdict'] == CHANGES[2]).sum())} without a sure change."


def find_register(gaps: pd.DataFrame, *, waves: list[str]) -> pd.DataFrame:
    """The gaps that were ever open, wave by wave, and their state in the last one.

    `gaps` comes from `find_gaps` by touchpoint and wave. A gap opens with a sure shortfall. It is *closed* when the
    verdict is met or exceeded, or its rise since the last sure shortfall has an interval without 0; a verdict that just
    no longer holds is *uncertain*, for q moving from .04 to .06 is no news. Columns: stage, touchpoint, label, `state`,
    `since` (wave it opened in), `n`, `gap`, `low`, `high` and `verdict` of the last wave.
    """
    check_columns(gaps, ["touchpoint", "wave", "n", "gap", "low", "high", "verdict"], name="gaps (from find_gaps)")
    waves = [wave for wave in waves if wave in set(gaps["wave"])]
    rows = []
    for touchpoint, history in gaps.groupby("touchpoint", sort=False):
        history = history.set_index("wave").reindex(waves).reset_index()
        state, since = follow(history)
        last = history.iloc[-1]
        if pd.isna(last["n"]):  # nobody was asked: what was open may still be
            state, last = ("uncertain" if state not in ("none", "closed") else state), last.fillna({"n": 0})
        if state != "none":
            figures = {column: last[column] for column in ("n", "gap", "low", "high", "verdict")}
            rows.append(dict(touchpoint=touchpoint, state=state, since=since) | figures)
    table = pd.DataFrame(rows, columns=["touchpoint", "state", "since", "n", "gap", "low", "high", "verdict"])
    places = gaps[[c for c in ("stage", "touchpoint", "label") if c in gaps]].drop_duplicates("touchpoint")
    table = places.merge(table, on="touchpoint", how="right", validate="one_to_one")
    rank = table["state"].map({state: place for place, state in enumerate(STATES)})
    order = table.assign(rank=rank).sort_values(["rank", "gap"], kind="stable").index
    return table.loc[order].astype({"n": "int64"}).reset_index(drop=True)


def follow(history: pd.DataFrame) -> tuple[str, str]:
    """The state of one gap after its last wave, and the wave it opened in."""
    state, since, open_row = "none", "", None
    for row in history.itertuples():
        if pd.isna(row.n):
            continue
        if row.verdict == "shortfall":
            opened = state in ("none", "closed")
            state = {"none": "new", "closed": "reopened"}.get(state, "persisting")
            since, open_row = (row.wave if opened else since), row
        elif open_row is not None and state != "closed":
            closed = row.verdict in ("met", "exceeded") or rose(open_row, row)
            state = "closed" if closed else "uncertain"
    return state, since


def rose(before, now) -> bool:
    """Whether the gap's rise between two waves has an interval without 0, taken as independent."""
    margin = np.hypot(before.high - before.gap, now.gap - now.low)
    return bool(now.gap - before.gap > margin)


def describe_register(register: pd.DataFrame, *, waves: list[str]) -> str:
    """How many gaps are new, persisting, closed, in a sentence."""
    if not waves:
        return "Gaps are followed from wave to wave: waves in study.yaml, or a column wave, switch this on."
    if register.empty:
        return "No gap has surely been open so far."
    counts = register["state"].value_counts()
    still = [f"{counts[state]} {state}" for state in ("new", "persisting", "reopened", "uncertain") if state in counts]
    closed = register.loc[register["state"] == "closed", "label"]
    said = f"Open gaps: {listed(still)}." if still else "No gap is open."
    return f"{said} Closed since they opened: {listed(closed)}." if len(closed) else said


def track_kpis(kpis: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Each KPI per day of measurement, over all sites, with its interval.

    Shares are hits over cases (Wilson); other values the mean over sites (t over sites, empty for a single one).
    Columns: kpi, date, `sites`, `n` (cases, or sites), `value`, `low`, `high`, `se`, `is_share`.
    """
    check_columns(kpis, ["kpi", "date", "value", "numerator", "denominator"], name="kpis (kpis.csv)")
    counted_ones = kpis["numerator"].notna() & kpis["denominator"].notna()
    wrong = kpis[counted_ones & ((kpis["denominator"] < kpis["numerator"]) | (kpis["numerator"] < 0))]
    if len(wrong):
        row = wrong.iloc[0]
        raise StudyError(
            f"kpis: {row['kpi']} has {row['numerator']:g} of {row['denominator']:g} in a row; a numerator lies from 0 "
            "to its denominator. Correct it, or give value instead."
        )
    kpis = kpis[(counted_ones & (kpis["denominator"] > 0)) | (~counted_ones & kpis["value"].notna())]
    shares = kpis["denominator"].notna() & kpis["numerator"].notna()
    hits = kpis.where(shares).groupby([kpis["kpi"], kpis["date"]])[["numerator", "denominator"]].sum(min_count=1)
    values = kpis.groupby(["kpi", "date"])["value"].agg(["mean", "std", "count"])
    table = hits.join(values).join(kpis.groupby(["kpi", "date"]).size().rename("sites")).reset_index()
    is_share = table["denominator"].notna()
    share = table["numerator"] / table["denominator"]
    n = table["denominator"].where(is_share, table["count"])
    se = np.sqrt(share * (1 - share) / (n - 1))
    wilson = share_interval(share, se, n, n, confidence)
    value, spread = table["mean"], table["std"] / np.sqrt(table["count"])
    t = t_interval(value, spread, table["count"], confidence)
    ends = {end: np.where(is_share, wilson[place], t[place]) for place, end in enumerate(("low", "high"))}
    ends["se"] = np.where(is_share, se, spread)
    table = table.assign(value=share.where(is_share, value), n=n.astype("int64"), **ends, is_share=is_share)
    return table[["kpi", "date", "sites", "n", "value", "low", "high", "se", "is_share"]]


def compare_targets(
    tracked: pd.DataFrame,
    objectives: pd.DataFrame,
    experience: pd.DataFrame,
    *,
    day: str = "",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """The last value of each KPI, and of each touchpoint with an objective, against its target.

    `tracked` comes from `track_kpis`, `experience` from `find_experience`. One row per figure: `figure`, `date`, `n`,
    `value`, `low`, `high`, `before` (the value before), `target`, `direction`, `due`, `objective` and `status`:
    *reached* or *missed* where the whole interval lies on that side of the target (*not reached yet* where it is due
    after `day`), else *cannot be told*; empty without a target. `to_target` is value − target with its interval, `p`
    that of no difference.
    """
    direction = objectives["direction"].str.strip().str.lower()
    wrong = objectives["direction"][direction.notna() & ~direction.isin(DIRECTIONS)]
    if len(wrong):
        raise StudyError(f"objectives: direction is {wrong.iloc[0]!r}; it is 'at least' (or blank) or 'at most'.")
    aims = objectives[["kpi", "touchpoint", "target", "direction", "due", "objective"]]
    last = tracked.groupby("kpi").tail(1).assign(before=tracked.groupby("kpi")["value"].shift())
    last = last.assign(figure=last["kpi"], date=last["date"].dt.strftime("%Y-%m-%d"))
    parts = [last.merge(aims.dropna(subset="kpi").drop(columns="touchpoint"), on="kpi", how="left")]
    if "experienced" in experience:
        rated = experience.rename(
            columns={"n_experienced": "n", "experienced": "value", "experienced_low": "low", "experienced_high": "high"}
        )
        rated = rated.assign(figure=rated["label"], is_share=False)[
            ["touchpoint", "figure", "n", "value", "low", "high", "is_share"]
        ]
        parts.append(rated.merge(aims.dropna(subset="touchpoint").drop(columns="kpi"), on="touchpoint", how="inner"))
    columns = ["figure", "date", "n", "value", "low", "high", "before", "target", "direction", "due", "objective"]
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    table = table.reindex(columns=[*columns, "is_share"])
    percents = table[table["is_share"].astype(bool) & (table["target"].abs() > 1)]
    if len(percents):
        name, target = percents.iloc[0][["figure", "target"]]
        raise StudyError(f"objectives: the target of {name} is {target:g}; a share lies from 0 to 1, such as 0.7.")
    sign = np.where(table["direction"].str.strip().str.lower() == AT_MOST, -1, 1)
    near, far = (np.where(sign > 0, table[one], -table[other]) for one, other in (("low", "high"), ("high", "low")))
    below, open_yet = far < sign * table["target"], table["due"] > (pd.Timestamp(day) if day else pd.Timestamp.max)
    cases = [table["target"].isna(), near >= sign * table["target"], below & open_yet, below]
    status = np.select(cases, ["", "reached", "not reached yet", "missed"], "cannot be told")
    gaps = {f"to_target{end}": table[f"{end[1:] or 'value'}"] - table["target"] for end in ("", "_low", "_high")}
    table = table.assign(
        status=status, due=table["due"].dt.strftime("%Y-%m-%d"), p=p_of_targets(table, confidence), **gaps
    )
    return table[[*columns, "status", *gaps, "p", "is_share"]]


def p_of_targets(table: pd.DataFrame, confidence: float) -> np.ndarray:
    """Two-sided p of value = target, agreeing with the interval: the score test of a share, t of a mean."""
    value, target, n = (table[name].astype("float64") for name in ("value", "target", "n"))
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (value - target) / np.sqrt(target * (1 - target) / n)
        se = (table["high"] - table["low"]) / 2 / stats.t.ppf(0.5 + confidence / 2, (n - 1).where(n > 1))
    share = table["is_share"].astype(bool)
    return np.where(share, 2 * stats.norm.sf(np.abs(score)), t_test(value - target, se.astype("float64"), n))


def trace_figures(tracked: pd.DataFrame, waves: pd.DataFrame, last_days: dict) -> pd.DataFrame:
    """Every figure over time: `figure`, `date`, `value`.

    Of KPIs as in `track_kpis`, and of touchpoints their mean experience on the last day of each wave (`summarise_waves`
    and the waves of the study); undated waves are left out.
    """
    days = pd.to_datetime(waves["wave"].map({wave: pd.Timestamp(day) for wave, day in last_days.items()}))
    rated = waves.assign(figure=waves["label"], date=days, value=waves["mean_experienced"])
    parts = [tracked.assign(figure=tracked["kpi"]), rated[rated["n_experienced"] > 0]]
    table = pd.concat([part[["figure", "date", "value"]] for part in parts if len(part)] or [pd.DataFrame()])
    return table.reindex(columns=["figure", "date", "value"]).dropna().reset_index(drop=True)


def find_attainment(monitoring: pd.DataFrame, traced: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """When each target would be reached at the pace so far, as a range (`reach_dates`).

    `monitoring` comes from `compare_targets`, `traced` from `trace_figures`. `earliest` and `latest` are days;
    `attainment` says in a sentence when, or why that cannot be told.
    """
    rows = []
    for row in monitoring[monitoring["target"].notna()].itertuples():
        series = traced[traced["figure"] == row.figure]
        way = AT_MOST if str(row.direction).strip().lower() == AT_MOST else DIRECTIONS[0]
        found = reach_dates(series["date"], series["value"], target=row.target, direction=way, confidence=confidence)
        words = percent(row.target) if row.is_share else f"{row.target:g}"
        said = describe_attainment(found, target=f"{row.figure} of {words}")
        rows.append((row.figure, found.n, row.value, row.target, found.earliest, found.latest, said))
    columns = ["figure", "measurements", "value", "target", "earliest", "latest", "attainment"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(is_share=monitoring.loc[monitoring["target"].notna(), "is_share"].to_list())


def describe_targets(monitoring: pd.DataFrame) -> str:
    """Which targets are reached and which missed, in a sentence."""
    if monitoring.empty:
        return "No figures are tracked. Files kpis.csv and objectives.csv switch this on."
    said = [
        f"{status}: {listed(monitoring.loc[monitoring['status'] == status, 'figure'])}"
        for status in ("missed", "not reached yet", "reached", "cannot be told")
        if (monitoring["status"] == status).any()
    ]
    if not said:
        return f"{counted(len(monitoring), 'figure')} tracked; objectives.csv would give them targets."
    sentence = f"Targets {'; '.join(said)}"
    days = monitoring["date"].dropna().unique()
    return f"{sentence} (KPIs of {in_words(days[0])})." if len(days) == 1 else f"{sentence}."
