"""The passes over complaints: how long they take, and what customers say of the whole after one."""

import datetime

import narwhals as nw
import numpy as np
import pandas as pd

from cxlib.study import Study
from cxlib.summaries.answers import chosen_wave, find_answers, up_to
from cxlib.summaries.events import pool_small, seconds_between
from cxlib.summaries.people import find_people, outcome_values
from cxlib.summaries.sums import group_means
from cxlib.view import day_ends, parse_day, view_filters, with_waves

COMPLAINED = ("none", "resolved", "unresolved")
NO_GROUPS = ("promoters", "detractors")


def summarise_complaints(study: Study, *, by: str = "", confidence: float = 0.95) -> pd.DataFrame:
    """How many complaints were resolved and how long that took, by touchpoint or, where `by` is "", in all.

    A complaint is feedback with `opened`, and belongs to the wave it was opened in. `complaints`, `customers` (each
    complaint one where the feedback names none), `complained_again` (customers with more than one, blank where none is
    named), `resolved`, and `median_days` with its interval: days until half are resolved, by Kaplan & Meier (1958),
    Brookmeyer & Crowley (1982), open ones censored on the newest day of the study; empty where it is not reached
    yet. Touchpoints with few customers are "others" together.
    """
    key = by or "all"
    told = find_complaints(study).with_columns(all=nw.lit("all"), one=nw.lit(1))
    if study.view.stages or study.view.touchpoints:
        told = told.filter(nw.col("touchpoint").is_in(list(study.places["touchpoint"])))
    if study.settings.waves and chosen_wave(study) != "all":
        told = with_waves(study, told.with_columns(wave=nw.lit(None, nw.String), answered_at=nw.col("opened")))
        told = told.filter(nw.col("wave") == chosen_wave(study))
    told = pool_small(study, told, key, "person", "one")
    people = told.group_by(key, "person").agg(nw.col("one").sum()).with_columns(more=(nw.col("one") > 1).cast(nw.Int64))
    counts = people.group_by(key).agg(
        complaints=nw.col("one").sum(), customers=nw.len(), complained_again=nw.col("more").sum()
    )
    durations = told.group_by(key, "days", "done").agg(n=nw.len()).collect("pandas").to_native()
    found = [median_time(part, confidence) | {key: name} for name, part in durations.groupby(key, dropna=False)]
    columns = ["resolved", "median_days", "median_days_low", "median_days_high"]
    times = pd.DataFrame(found, columns=[*columns, key]).astype({key: "str"})
    table = counts.collect("pandas").to_native().astype({key: "str"})
    table = table.merge(times, on=key, how="left", validate="one_to_one").sort_values(
        ["complaints", key], ascending=[False, True], ignore_index=True
    )
    named = "feedback.customer" in study
    table["complained_again"] = table["complained_again"].astype("Int64").where(pd.Series(named, index=table.index))
    if by == "touchpoint":
        names = study.touchpoints.set_index("touchpoint")["label"]
        table["label"] = table[by].map(names).astype("str").fillna(table[by])
    return table[
        [
            *([by] if by else []),
            *table.columns.intersection(["label"]),
            "complaints",
            "customers",
            "complained_again",
            *columns,
        ]
    ]


def median_time(counts: pd.DataFrame, confidence: float) -> dict:
    """How many are resolved, and in how many days half are, from the counts per days and whether done."""
    from statsmodels.duration.survfunc import SurvfuncRight

    days, done = (np.repeat(counts[name].to_numpy(dtype=float), counts["n"]) for name in ("days", "done"))
    row = {"resolved": int(done.sum()), "median_days": np.nan, "median_days_low": np.nan, "median_days_high": np.nan}
    if not row["resolved"]:
        return row
    with np.errstate(all="ignore"):
        curve = SurvfuncRight(days, done)
        low, high = curve.quantile_ci(0.5, alpha=1 - confidence)
    ends = (end if np.isfinite(end) else np.nan for end in (low, high))
    return row | dict(zip(["median_days", "median_days_low", "median_days_high"], [curve.quantile(0.5 - 1e-9), *ends]))


def find_complaints(study: Study) -> nw.LazyFrame:
    """The complaints so far, of the customers the view looks at: `person`, `done`, and `days` until then or until now.

    Whole days, begun ones counting where it is done. One resolved before it was opened is none.
    """
    newest, person = newest_moment(study), nw.concat_str(nw.lit("line "), nw.col("_line").cast(nw.String))
    told = up_to(study, study.tables["feedback"], "opened").filter(~nw.col("opened").is_null())
    done = nw.col("resolved") <= nw.lit(newest)
    told = told.with_columns(done=nw.when(done).then(nw.lit(1)).otherwise(nw.lit(0)))
    told = told.with_columns(
        person=nw.coalesce(nw.col("customer"), person),
        until=nw.when(nw.col("done") == 1).then(nw.col("resolved")).otherwise(nw.lit(newest)),
    ).filter(nw.col("until") >= nw.col("opened"))
    days = seconds_between("opened", "until").cast(nw.Float64) / 86_400
    told = told.with_columns(days=nw.when(nw.col("done") == 1).then(days.ceil()).otherwise(days.floor()))
    people = [(column, values) for column, values in view_filters(study) if column in study.segments]
    if people:
        listed = study.tables["respondents"].filter(~nw.col("customer").is_null())
        for column, values in people:
            listed = listed.filter(nw.col(column).is_in(values))
        told = told.join(listed.select("customer").unique(), on="customer", how="inner")
    return told


def newest_moment(study: Study) -> datetime.datetime:
    """The end of the day looked back from, or the newest moment of feedback and log; never the clock's."""
    if study.view.as_of:
        return day_ends(study.settings.clock, parse_day(study.view.as_of)) - datetime.timedelta(microseconds=1)
    times = [("feedback", "time"), ("feedback", "opened"), ("feedback", "resolved"), ("events", "time")]
    found = [
        study.tables[table].select(newest=nw.col(column).max()).collect("pandas").to_native()["newest"].iloc[0]
        for table, column in times
    ]
    return max((moment for moment in found if pd.notna(moment)), default=pd.Timestamp(0)).to_pydatetime()


def summarise_recovery(study: Study) -> pd.DataFrame:
    """What customers say of the whole who never complained, whose complaints were all resolved, and who wait for one.

    One row per `outcome` of the respondents and `complaint` (none, resolved, unresolved) with n, mean, se, n_effective
    and `width`, the range of the outcome. Complaints count that were opened before the respondent answered (where
    answers are not dated: before the wave ended), as they stood then. Respondents without a `customer` are left out,
    and so are groups of few people, with the next smallest while those left out are few.
    """
    needed = ("feedback.customer", "feedback.opened", "respondents.customer")
    scales = study.settings.scales
    values = outcome_values(study) if all(column in study for column in needed) else {}
    values = {name: value for name, value in values.items() if name not in NO_GROUPS}
    columns = ["outcome", "complaint", "n", "mean", "se", "n_effective"]
    if not values:
        return pd.DataFrame(columns=[*columns, "width"])
    wide = group_means(with_complaints(study), ["complaint"], values)
    order = {name: place for place, name in enumerate(COMPLAINED)}
    wide = wide[~wide["complaint"].isin(few(study, wide, list(values)))].sort_values(
        "complaint", key=lambda c: c.map(order)
    )
    rows = [
        wide.rename(columns={f"{part}_{name}": part for part in columns[2:]}).assign(
            outcome=name, width=2.0 if name == "nps" else float(scales[name][1] - scales[name][0])
        )
        for name in values
    ]
    table = pd.concat(rows, ignore_index=True)[[*columns, "width"]]
    return table[table["n"] > 0].reset_index(drop=True)


def few(study: Study, wide: pd.DataFrame, names: list[str]) -> set[str]:
    """The groups left out: those of few people in any outcome, and the next smallest while all of them are few."""
    n = wide.set_index("complaint")[[f"n_{name}" for name in names]]
    n = n.where(n > 0).min(axis=1).dropna().sort_values()
    hidden = int((n < study.hide_below).sum())
    while 0 < hidden < len(n) and (hidden == 1 or n.iloc[:hidden].sum() < study.hide_below):
        hidden += 1
    return set(n.index[:hidden])


def with_complaints(study: Study) -> nw.LazyFrame:
    """The respondents looked at who are known as customers, each with `complaint`: none, resolved or unresolved."""
    keys = ["respondent", "wave"]
    people = find_people(study).filter(~nw.col("customer").is_null()).with_columns(wave=nw.col("wave").fill_null(""))
    asked = find_answers(study).with_columns(wave=nw.col("wave").fill_null(""))
    people = people.join(asked.group_by(keys).agg(asked=nw.col("answered_at").max()), on=keys, how="left")
    for wave, day in study.settings.waves.items():
        ends = nw.when(nw.col("wave") == wave).then(nw.lit(day_ends(study.settings.clock, day)))
        people = people.with_columns(asked=nw.coalesce(nw.col("asked"), ends))
    people = people.with_columns(asked=nw.coalesce(nw.col("asked"), nw.lit(newest_moment(study))))
    told = up_to(study, study.tables["feedback"], "opened").filter(~nw.col("opened").is_null())
    told = people.select(*keys, "customer", "asked").join(
        told.select("customer", "opened", "resolved"), on="customer", how="inner"
    )
    told = told.filter(nw.col("opened") <= nw.col("asked"))
    late = nw.when(nw.col("resolved") <= nw.col("asked")).then(nw.lit(0)).otherwise(nw.lit(1))
    told = told.with_columns(waits=late).group_by(keys).agg(nw.col("waits").max())
    people = people.join(told, on=keys, how="left")
    none, resolved, unresolved = (nw.lit(name) for name in COMPLAINED)
    stands = nw.when(nw.col("waits") == 1).then(unresolved).when(nw.col("waits") == 0).then(resolved).otherwise(none)
    return people.with_columns(complaint=stands)
