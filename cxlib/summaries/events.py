"""The passes over the event log: which touchpoints journeys visit, and how far they get."""

import re

import narwhals as nw
import pandas as pd

from cxlib.study import Study
from cxlib.summaries.answers import chosen_wave, up_to, whole
from cxlib.view import view_filters, with_waves


def summarise_visits(study: Study) -> pd.DataFrame:
    """How often the log shows each touchpoint the view looks at and, where it looks at all, each event of none.

    One row per touchpoint or event: `touchpoint` (empty for an event of none), `event`, `events`, `customers` and
    `journeys` (cases) it occurs in, `all_customers` and `all_journeys` of the log.
    """
    events = find_events(study)
    totals = events.select(all_customers=nw.col("customer").n_unique(), all_journeys=nw.col("case").n_unique())
    totals = totals.collect("pandas").to_native().iloc[0]
    if study.view.stages or study.view.touchpoints:
        events = events.filter(nw.col("touchpoint").is_in(list(study.places["touchpoint"])))
    events = events.with_columns(event=nw.when(nw.col("touchpoint").is_null()).then(nw.col("event")))
    counts = events.group_by("touchpoint", "event").agg(
        events=nw.len(), customers=nw.col("customer").n_unique(), journeys=nw.col("case").n_unique()
    )
    table = counts.collect("pandas").to_native().sort_values(["journeys", "touchpoint", "event"], ascending=False)
    return table.assign(**{name: whole(total) for name, total in totals.items()}).reset_index(drop=True)


def summarise_funnel(study: Study) -> pd.DataFrame:
    """How many customers reach each stage in order: an event of it at or after the first one of the stage before.

    One row per stage the log shows, in the order of the journey: `customers` in order, and `visitors`, those with any
    event of the stage. A customer counts once, by the journey (case) that got there.
    """
    events = with_stages(study, find_events(study)).filter(~nw.col("stage").is_null())
    visitors = events.group_by("stage").agg(visitors=nw.col("customer").n_unique()).collect("pandas").to_native()
    rows, reached = [], None
    for stage in [stage for stage in study.stages if stage in set(visitors["stage"])]:
        here = events.filter(nw.col("stage") == stage)
        if reached is not None:
            here = here.join(reached, on="case", how="inner").filter(nw.col("time") >= nw.col("since"))
        reached = here.group_by("case").agg(since=nw.col("time").min())
        count = here.select(customers=nw.col("customer").n_unique()).collect("pandas").to_native()
        rows.append(dict(stage=stage, customers=whole(count["customers"].iloc[0])))
    columns = {"stage": "str", "customers": "int64"}
    table = pd.DataFrame(rows, columns=list(columns)).astype(columns)
    return table.merge(visitors, on="stage", how="left", validate="one_to_one")


def summarise_promises(study: Study, *, by: str = "channel") -> pd.DataFrame:
    """How many promises of the log were kept: of each group of journeys (cases), those that are finished and had a
    planned end, and those that ended after it.

    A journey ended at its last `ended_time` or, in a log without that column, at its last event with a `planned_time`.
    One row per group: `by`, `finished`, `late`.
    """
    ended = "ended_time" if "events.ended_time" in study else "time"
    planned = find_events(study).filter(~nw.col("planned_time").is_null())
    cases = planned.group_by("case").agg(
        nw.col(by).min(), promised=nw.col("planned_time").max(), ended=nw.col(ended).max()
    )
    finished = cases.filter(~nw.col("ended").is_null())
    late = (nw.col("ended") > nw.col("promised")).cast(nw.Int64)
    counts = finished.with_columns(late=late).group_by(by).agg(finished=nw.len(), late=nw.col("late").sum())
    return counts.collect("pandas").to_native().astype({"late": "int64"}).sort_values(by, ignore_index=True)


def find_events(study: Study) -> nw.LazyFrame:
    """The events the view looks at, each with its touchpoint where the log or the map says which.

    A journey (case) belongs to the wave in which it began, and is looked at as a whole.
    """
    events = place_events(study, up_to(study, study.tables["events"], "time"))
    wave = chosen_wave(study) if study.settings.waves else "all"
    if wave != "all":
        began = events.group_by("case").agg(answered_at=nw.col("time").min())
        began = with_waves(study, began.with_columns(wave=nw.lit(None, nw.String)))
        events = events.join(began.filter(nw.col("wave") == wave).select("case"), on="case", how="inner")
    people = {column: values for column, values in view_filters(study) if column in study.segments}
    if people:
        listed = study.tables["respondents"].filter(~nw.col("customer").is_null())
        for column, values in people.items():
            listed = listed.filter(nw.col(column).is_in(values))
        events = events.join(listed.select("customer").unique(), on="customer", how="inner")
    if study.view.channels:
        events = events.filter(nw.col("channel").is_in(study.view.channels))
    return events


def place_events(study: Study, events: nw.LazyFrame) -> nw.LazyFrame:
    """Each event with its touchpoint: as the log says, else by the map's `event_pattern` (names, * for any letters).

    An event that is named like a touchpoint belongs to it.
    """
    names = study.values("events", "event")
    keys = {*study.touchpoints["touchpoint"], *study.values("events", "touchpoint")}
    touchpoint = nw.when(nw.col("event").is_in(sorted(keys & set(names)))).then(nw.col("event"))
    for place in study.touchpoints.dropna(subset="event_pattern").itertuples():
        patterns = [re.escape(pattern.strip()).replace(r"\*", ".*") for pattern in place.event_pattern.split("|")]
        theirs = [name for name in names if any(re.fullmatch(pattern, name) for pattern in patterns)]
        if theirs:
            touchpoint = nw.when(nw.col("event").is_in(theirs)).then(nw.lit(place.touchpoint)).otherwise(touchpoint)
    return events.with_columns(touchpoint=nw.coalesce(nw.col("touchpoint"), touchpoint))


def with_stages(study: Study, events: nw.LazyFrame) -> nw.LazyFrame:
    """Events with the stage of their touchpoint, the view's stages and touchpoints kept."""
    events = events.join(study.tables["touchpoints"].select("touchpoint", "stage"), on="touchpoint", how="left")
    for column, values in (("stage", study.view.stages), ("touchpoint", study.view.touchpoints)):
        if values:
            events = events.filter(nw.col(column).is_in(values))
    return events
