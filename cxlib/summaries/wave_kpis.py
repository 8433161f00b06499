"""The KPIs the study itself measures wave by wave: of the survey CSAT, NPS, retention and CES, of the log adoption."""

import narwhals as nw
import pandas as pd

from cxlib.catalogue import tell
from cxlib.study import Study
from cxlib.summaries.adoption import TIMES, any_channel, count_times, find_spans, is_named, show_enough, typed
from cxlib.summaries.answers import chosen_wave, joined_answers, waves_so_far, whole_waves
from cxlib.summaries.events import find_events
from cxlib.summaries.people import find_people, outcome_values
from cxlib.summaries.protection import show_groups
from cxlib.summaries.sums import group_means
from cxlib.view import with_waves

FIGURES = dict.fromkeys(["mean", "se", "n_effective", "promoters", "detractors"], "float64")
MEASURED = {"kpi": "str", "wave": "str", "date": "datetime64[us]", "kind": "str", "n": "int64"} | FIGURES


def summarise_wave_kpis(study: Study) -> pd.DataFrame:
    """Per KPI of the survey and dated wave, up to the one looked at: n, mean, se and effective n of respondents.

    CSAT is the share that gave the study's outcome one of the two best ratings (`kind` share; its mean where the scale
    has no 4 to 11 points, a share where it is 0 or 1), NPS promoters − detractors (nps), retention the share `retained`
    (share), CES the mean `effort` (mean), of respondents or else of ratings. Small waves are left out.
    """
    kpis, columns = kpis_of(study), study.tables["respondents"].collect_schema().names()
    parts = []
    if study.settings.waves and "respondents" in study and kpis:
        people = find_people(study, all_waves=True)
        values = {name: value for name, (_, _, value) in kpis.items()}
        values |= {name: value for name, value in outcome_values(study).items() if name in ("promoters", "detractors")}
        parts = take_apart(show_waves(study, people, values, people=people), kpis)
    if study.settings.waves and "ratings.effort" in study and "effort" not in columns:
        answers = joined_answers(study).filter(nw.col("wave").is_in(waves_so_far(study)))
        effort = {"effort": nw.col("effort")}
        said = {"effort": (tell("CES (effort)"), "mean", effort["effort"])}
        parts += take_apart(show_waves(study, answers, effort), said)
    table = pd.concat(parts) if parts else pd.DataFrame(columns=list(MEASURED))
    days = pd.to_datetime(table["wave"].map({wave: pd.Timestamp(day) for wave, day in study.settings.waves.items()}))
    table = table.assign(date=days).reindex(columns=list(MEASURED))
    return typed(table[(table["n"] > 0) & table["date"].notna()].sort_values("date", kind="stable"), MEASURED)


def kpis_of(study: Study) -> dict[str, tuple[str, str, nw.Expr]]:
    """The KPIs respondents give: name, kind and value by the column they are made of."""
    values, outcome, scales = outcome_values(study), study.outcome, study.settings.scales
    kpis = {}
    if outcome in values and outcome not in ("retained", "effort"):
        least, most = scales[outcome]
        top2 = nw.when(~nw.col(outcome).is_null()).then((nw.col(outcome) >= most - 1).cast(nw.Float64))
        kinds = {True: (tell("CSAT ({outcome}, mean)", outcome=outcome), "mean", nw.col(outcome))}
        kinds |= {3 <= most - least <= 10: (tell("CSAT ({outcome}, top two)", outcome=outcome), "share", top2)}
        kinds |= {(least, most) == (0, 1): (tell("CSAT ({outcome})", outcome=outcome), "share", nw.col(outcome))}
        kpis[outcome] = kinds[True]
    if "nps" in values:
        kpis["nps"] = ("NPS", "nps", values["nps"])
    if "retained" in values and scales["retained"] == (0, 1):
        kpis["retained"] = ("retention (survey)", "share", values["retained"])
    if "effort" in values:
        kpis["effort"] = (tell("CES (effort)"), "mean", values["effort"])
    return kpis


def show_waves(
    study: Study, rows: nw.LazyFrame, values: dict[str, nw.Expr], *, people: nw.LazyFrame | None = None
) -> pd.DataFrame:
    """The means of each value per wave, without small waves."""
    return show_groups(study, group_means(rows, ["wave"], values), ["wave"], values, people=people)


def take_apart(table: pd.DataFrame, kpis: dict[str, tuple[str, str, nw.Expr]]) -> list[pd.DataFrame]:
    """One row per KPI and wave, from a table with a column per figure of each."""
    figures = ("n", "mean", "se", "n_effective")
    return [
        pd.DataFrame({"wave": table["wave"]} | {figure: table[f"{figure}_{name}"] for figure in figures}).assign(
            kpi=kpi, kind=kind, **{side: table[f"mean_{side}"] for side in FIGURES if f"mean_{side}" in table}
        )
        for name, (kpi, kind, _) in kpis.items()
        if len(table)
    ]


def summarise_wave_adoption(study: Study) -> pd.DataFrame:
    """How long customers take to adopt, as `summarise_adoption` has it, per dated wave in which their journey began.

    Columns `wave`, `date` (its last day), `days`, `adopted`, `customers`, for `find_adoption` with the window of
    study.yaml; empty without window, for then waves cannot be compared. Waves up to the one looked at.
    """
    columns, waves, journey = (
        {"wave": "str", "date": "datetime64[us]"} | TIMES,
        study.settings.waves,
        study.settings.journey,
    )
    spans = find_spans(whole_waves(study)) if waves and journey.window_days else None
    if spans is None:
        return typed(pd.DataFrame(columns=list(columns)), columns)
    events, start = find_events(whole_waves(any_channel(study))), journey.adopted_after or journey.converted
    cases = events.group_by("case").agg(answered_at=nw.col("time").min())
    cases = with_waves(study, cases.with_columns(wave=nw.lit(None, nw.String))).select("case", "wave")
    starts = (events.filter(is_named(start)) if start else events).select("customer", "case", began="time")
    starts = starts.join(spans.select("customer", "began"), on=["customer", "began"], how="inner")
    starts = starts.group_by("customer").agg(nw.col("case").min()).join(cases, on="case", how="inner")
    names = list(waves)
    known = names[: names.index(chosen_wave(study)) + 1] if chosen_wave(study) in waves else names
    rows = spans.join(starts, on="customer", how="inner").filter(nw.col("wave").is_in(known))
    table = show_enough(study, count_times(rows, "days", "adopted", nw.col("days"), keys=["wave"]), ["wave"])
    table["date"] = pd.to_datetime(table["wave"].map({wave: pd.Timestamp(day) for wave, day in waves.items()}))
    return typed(table.sort_values(["date", "days", "adopted"], kind="stable"), columns)
