"""The measured figures of the study, and the day and waves it is looked at from."""

import narwhals as nw
import pandas as pd

from cxlib.study import Study, in_zone
from cxlib.summaries.answers import chosen_wave, joined_answers, local_day, up_to
from cxlib.view import day_ends, view_filters


def find_kpis(study: Study) -> pd.DataFrame:
    """The KPI rows up to the day looked back from, and the end of a wave chosen by name, of the sites of the view."""
    kpis = up_to(study, study.tables["kpis"], "date")
    wave = study.view.wave
    if wave in study.settings.waves:
        kpis = kpis.filter(nw.col("date") < nw.lit(day_ends(study.settings.clock, study.settings.waves[wave])))
    for column, values in view_filters(study):
        if column == "site":
            kpis = kpis.filter(nw.col("site").is_in(values))
    return in_zone(kpis.sort("kpi", "date", "_line").drop("_line").collect("pandas").to_native(), study.settings.clock)


def newest_day(study: Study) -> str:
    """The day the study is looked at from: `as_of`, or the day of the newest answer, event or KPI; never the clock's.

    A wave chosen by name is looked at from its last day at the latest. Where nothing has a date, the wave's last day.
    """
    view, wave = study.view, chosen_wave(study)
    days = [newest(study, *place) for place in (("ratings", "answered_at"), ("events", "time"), ("kpis", "date"))]
    last = str(study.settings.waves.get(wave, ""))
    day = view.as_of or max(days) or last
    if view.wave in ("latest", "all"):
        return day
    return min(filter(None, [day, last or newest(study, "ratings", "answered_at", wave)]), default="")


def newest(study: Study, table: str, column: str, wave: str = "") -> str:
    """The newest day of a table, of one wave where it is named; empty where there is none."""
    rows = joined_answers(study).filter(nw.col("wave") == wave) if wave else study.tables[table]
    day = rows.select(newest=nw.col(column).max()).collect("pandas").to_native()["newest"].iloc[0]
    return "" if pd.isna(day) else local_day(study, day)
