"""The measured figures of the study, and the day and waves it is looked at from."""

import narwhals as nw
import pandas as pd

from cxlib.study import Study, in_zone
from cxlib.summaries.answers import chosen_wave, local_day, up_to
from cxlib.view import day_ends, view_filters


def find_kpis(study: Study) -> pd.DataFrame:
    """The KPI rows up to the day looked back from and the end of the wave looked at, of the sites of the view."""
    kpis = up_to(study, study.tables["kpis"], "date")
    wave = chosen_wave(study)
    if wave in study.settings.waves:
        kpis = kpis.filter(nw.col("date") < nw.lit(day_ends(study.settings.clock, study.settings.waves[wave])))
    for column, values in view_filters(study):
        if column == "site":
            kpis = kpis.filter(nw.col("site").is_in(values))
    return in_zone(kpis.sort("kpi", "date", "_line").drop("_line").collect("pandas").to_native(), study.settings.clock)


def newest_day(study: Study) -> str:
    """The day the study is looked at from: `as_of`, or that of the newest answer, event or KPI; never the clock's."""
    if study.view.as_of:
        return study.view.as_of
    days = []
    for table, column in (("ratings", "answered_at"), ("events", "time"), ("kpis", "date")):
        newest = study.tables[table].select(newest=nw.col(column).max()).collect("pandas").to_native()["newest"].iloc[0]
        days += [] if pd.isna(newest) else [local_day(study, newest)]
    return max(days, default="")
