"""The passes over the event log: which touchpoints journeys visit, and how far they get."""

import datetime
import re

import narwhals as nw
import pandas as pd

from cxlib.intervals import ratio_mean
from cxlib.study import Study
from cxlib.summaries.answers import chosen_wave, up_to, whole, whole_waves
from cxlib.summaries.protection import OTHERS
from cxlib.summaries.sums import SUMS
from cxlib.view import view_filters, with_waves


def summarise_visits(study: Study) -> pd.DataFrame:
    """How often the log shows each touchpoint the view looks at and, where it looks at all, each event of none.

    One row per touchpoint or event: `touchpoint` (empty for an event of none), `event`, `events`, `customers` and
    `journeys` (cases) it occurs in, `all_customers` and `all_journeys` of the log. Only events in the channels looked
    at count. Touchpoints of map or ratings that few customers visit have blank counts; what few do beyond them is
    "others" together, or left out.
    """
    events = in_channels(study, find_events(study))
    totals = events.select(all_customers=nw.col("customer").n_unique(), all_journeys=nw.col("case").n_unique())
    totals = totals.collect("pandas").to_native().iloc[0]
    if study.view.stages or study.view.touchpoints:
        events = events.filter(nw.col("touchpoint").is_in(list(study.places["touchpoint"])))
    events = events.with_columns(event=nw.when(nw.col("touchpoint").is_null()).then(nw.col("event")))
    table = count_visits(events)
    known = {*study.touchpoints["touchpoint"], *study.values("ratings", "touchpoint")}
    few = ~table["touchpoint"].isin(known) & (table["customers"] < study.hide_below)
    if few.any():
        names = list(table["touchpoint"].fillna(table["event"])[few])
        rare = count_visits(
            events.filter(nw.coalesce("touchpoint", "event").is_in(names))
            .with_columns(touchpoint=nw.lit(None, nw.String), event=nw.lit(OTHERS))
        )  # fmt: skip
        table = pd.concat([table[~few], rare[rare["customers"] >= study.hide_below]])
    counts = ["events", "customers", "journeys"]
    table[counts] = table[counts].astype("Int64").mask(table["customers"] < study.hide_below)
    table = table.sort_values(["journeys", "touchpoint", "event"], ascending=False, ignore_index=True)
    return table.assign(**{name: whole(total) for name, total in totals.items()})


def count_visits(events: nw.LazyFrame) -> pd.DataFrame:
    """The `events`, `customers` and `journeys` of each touchpoint or event."""
    counts = events.group_by("touchpoint", "event").agg(
        events=nw.len(), customers=nw.col("customer").n_unique(), journeys=nw.col("case").n_unique()
    )
    return counts.collect("pandas").to_native()


def summarise_funnel(study: Study) -> pd.DataFrame:
    """How many customers reach each stage of the funnel, by the rules of study.yaml (`journey`).

    One row per stage the log shows, in the order of the journey: `customers` who got there from the stage before, and
    `visitors`, those with any event of the stage. A customer counts once, by the journey (case) that got there. It ends
    before the first stage of too few people to be shown.
    """
    events = with_stages(study, find_events(study)).filter(~nw.col("stage").is_null())
    visitors = events.group_by("stage").agg(visitors=nw.col("customer").n_unique()).collect("pandas").to_native()
    stages = [stage for stage in study.stages if stage in set(visitors["stage"])]
    counts = []
    if stages:
        counts = reach_stages(study, stages).select(nw.col(since_names(stages)).count()).collect("pandas").to_native()
        counts = [whole(n) for n in counts.iloc[0]]
    table = pd.DataFrame({"stage": stages, "customers": counts}).astype({"stage": "str", "customers": "int64"})
    table = table.merge(visitors, on="stage", how="left", validate="one_to_one")
    small = table[["customers", "visitors"]].apply(lambda n: n.between(1, study.hide_below - 1)).any(axis=1)
    return table[small.cumsum() == 0]


def reach_stages(study: Study, stages: list[str]) -> nw.LazyFrame:
    """When each customer first got to each of the stages (`since_0`, `since_1`, …), by the rules of study.yaml.

    With a window, also when the last of their journeys `began`.
    """
    rules, keys = study.settings.journey, ["customer", "case"]
    events = with_stages(study, find_events(study))
    if rules.window_days or rules.reentry == "first":
        events = events.join(tried_journeys(study), on=keys, how="inner")
    if rules.window_days:
        events = events.filter(seconds_between("began", "time") <= rules.window_days * 86_400)
    began, names = [nw.col("began").max()] if rules.window_days else [], since_names(stages)
    reached = events.filter(nw.col("stage") == stages[0]).group_by(keys).agg(*began, since_0=nw.col("time").min())
    for place, stage in enumerate(stages[1:]):
        here = events.filter(nw.col("stage") == stage).select(*keys, "time")
        time, before = nw.col("time"), nw.col(names[place])
        if rules.order == "any":
            since = nw.when(~time.is_null() & ~before.is_null()).then(nw.max_horizontal(time, before))
        else:
            since = nw.when(time >= before).then(time)
        reached = reached.join(here, on=keys, how="left").with_columns(since.alias(names[place + 1]))
        reached = reached.group_by(keys).agg(*began, nw.col(names[: place + 2]).min())
    return reached.group_by("customer").agg(*began, nw.col(names).min())


def since_names(stages: list[str]) -> list[str]:
    """The columns of `reach_stages`, one a stage."""
    return [f"since_{place}" for place in range(len(stages))]


def tried_journeys(study: Study) -> nw.LazyFrame:
    """The journeys that count by the rule of re-entry: `customer`, `case`, and when it `began`."""

    def begun(part: Study) -> nw.LazyFrame:
        return find_events(part).group_by("customer", "case").agg(began=nw.col("time").min())

    journeys = begun(study)
    if study.settings.journey.reentry == "every":
        return journeys
    every = begun(whole_waves(study))
    first = every.join(every.group_by("customer").agg(nw.col("began").min()), on=["customer", "began"], how="inner")
    first = first.group_by("customer").agg(nw.col("case").min())
    return journeys.join(first, on=["customer", "case"], how="inner")


def seconds_between(start: str, end: str) -> nw.Expr:
    """Seconds from one time to another."""
    return (nw.col(end) - nw.col(start)).dt.total_seconds()


def summarise_promises(study: Study, *, by: str = "channel") -> pd.DataFrame:
    """How promises of the log were kept, per group of journeys (cases) that had a planned end.

    A journey ended at its last `ended_time` or, in a log without that column, at its last event with a `planned_time`.
    One row per group, or one in all where `by` is "": `finished` journeys, `late` ones, `open` ones (not ended yet),
    `overdue` ones (open, and planned to end before the newest moment of the log), `customers` of the finished, `se` of
    the share that is late (clustered by customer) and `n_effective` (Kish's), and `mean_delay`, `median_delay` and
    `p90_delay`: ended − planned in days, above 0 is late. Groups of few customers are "others" together.
    """
    key = by or "all"
    cases = pool_small(study, promised_journeys(study, key), key, "customer", "done")
    people = cases.group_by(key, "customer").agg(nw.col("late", "done").sum()).filter(nw.col("done") > 0)
    late, finished = nw.col("late").cast(nw.Float64), nw.col("done").cast(nw.Float64)
    people = people.with_columns(a=late, b=finished, aa=late**2, ab=late * finished, bb=finished**2)
    sums = people.group_by(key).agg(nw.len().alias("customers"), nw.col("a", "b", "aa", "ab", "bb").sum())
    found = cases.group_by(key).agg(
        nw.col("late", "open", "overdue").sum(), finished=nw.col("done").sum(),
        mean_delay=nw.col("delay").mean(), median_delay=nw.col("delay").median(),
        p90_delay=nw.col("delay").quantile(0.9, "linear"),
    ).join(sums, on=key, how="left").collect("pandas").to_native()  # fmt: skip
    _, found["se"], found["n_effective"] = ratio_mean(found["customers"], *(found[part] for part in SUMS))
    counts = ["finished", "late", "open", "overdue", "customers"]
    found = found.fillna({"customers": 0}).astype(dict.fromkeys(counts, "int64")).sort_values(key, ignore_index=True)
    return found[[*([by] if by else []), *counts, "se", "n_effective", "mean_delay", "median_delay", "p90_delay"]]


def promised_journeys(study: Study, key: str) -> nw.LazyFrame:
    """The journeys with a planned end: `key`, `customer`, `done`, `open`, `overdue`, `late` (0 or 1), `delay` in days.

    What ended after the day looked back from is open.
    """
    newest = nw.lit(log_ends(study))
    ended = nw.col("ended_time" if "events.ended_time" in study else "time")
    planned = find_events(study).filter(~nw.col("planned_time").is_null())
    planned = planned.with_columns(all=nw.lit("all"), ended=nw.when(ended <= newest).then(ended))
    if study.view.stages or study.view.touchpoints:
        planned = planned.filter(nw.col("touchpoint").is_in(list(study.places["touchpoint"])))
    cases = planned.group_by("case").agg(
        nw.col(key, "customer").min(), promised=nw.col("planned_time").max(), ended=nw.col("ended").max()
    )
    done, delay = ~nw.col("ended").is_null(), seconds_between("promised", "ended")
    cases = cases.with_columns(done=done.cast(nw.Int64), delay=delay.cast(nw.Float64) / 86400)
    return cases.with_columns(
        nw.col(key).fill_null("not stated"), open=1 - nw.col("done"),
        overdue=(~done & (nw.col("promised") < newest)).cast(nw.Int64),
        late=nw.when(done).then((nw.col("ended") > nw.col("promised")).cast(nw.Int64)).otherwise(0),
    )  # fmt: skip


def pool_small(study: Study, rows: nw.LazyFrame, key: str, person: str, counts: str) -> nw.LazyFrame:
    """Rows, the groups of few people put together as "others", beside the next smallest while those are few.

    A person is in a group by a row in which `counts` is above 0. No rows where all groups together are few.
    """
    while study.hide_below:
        people = rows.group_by(key, person).agg(there=nw.col(counts).max())
        people = people.with_columns(there=(nw.col("there") > 0).cast(nw.Int64))
        n = people.group_by(key).agg(n=nw.col("there").sum()).collect("pandas").to_native()
        n = n.sort_values(["n", key], ignore_index=True)
        few = int((n["n"] < study.hide_below).sum())
        if not few:
            break
        if few == len(n) == 1:
            return rows.head(0)
        kept = list(n[key].iloc[max(few, 2) :].dropna())
        rows = rows.with_columns(
            nw.when(nw.col(key).is_in(kept)).then(nw.col(key)).otherwise(nw.lit(OTHERS)).alias(key)
        )
    return rows


def find_events(study: Study) -> nw.LazyFrame:
    """The events the view looks at, each with its touchpoint where the log or the map says which.

    A journey (case) belongs to the wave in which it began, and is looked at as a whole, also where channels are chosen
    and only some of its events lie in them.
    """
    events = place_events(study, up_to(study, study.tables["events"], "time"))
    wave = chosen_wave(study) if study.settings.waves else "all"
    if wave != "all":
        began = events.group_by("case").agg(answered_at=nw.col("time").min())
        began = with_waves(study, began.with_columns(wave=nw.lit(None, nw.String)))
        events = events.join(began.filter(nw.col("wave") == wave).select("case"), on="case", how="inner")
    if study.view.channels:
        events = events.join(in_channels(study, events).select("case").unique(), on="case", how="inner")
    return of_chosen_people(study, events)


def in_channels(study: Study, events: nw.LazyFrame) -> nw.LazyFrame:
    """The events in the channels the view looks at."""
    channels = study.view.channels
    return events.filter(nw.col("channel").is_in(channels)) if channels else events


def of_chosen_people(study: Study, rows: nw.LazyFrame) -> nw.LazyFrame:
    """The rows of customers that the view's personas and conditions keep; all of them where it has none."""
    people = [(column, values) for column, values in view_filters(study) if column in study.segments]
    if not people:
        return rows
    listed = study.tables["respondents"].filter(~nw.col("customer").is_null())
    for column, values in people:
        listed = listed.filter(nw.col(column).is_in(values))
    return rows.join(listed.select("customer").unique(), on="customer", how="inner")


def log_ends(study: Study) -> datetime.datetime:
    """The newest moment of the log, up to the day the view looks back from."""
    log = study.tables["events"]
    found = [
        up_to(study, log, name).select(newest=nw.col(name).max()).collect("pandas").to_native()["newest"].iloc[0]
        for name in ("time", "ended_time")
    ]
    return max((moment.to_pydatetime() for moment in found if pd.notna(moment)), default=datetime.datetime(1901, 1, 1))


def looks_at(study: Study, name: str) -> bool:
    """Whether the stages and touchpoints looked at hold an event, or touchpoint, of the log; all of them hold any."""
    if not (study.view.stages or study.view.touchpoints):
        return True
    placed = place_events(study, study.tables["events"]).filter(
        (nw.col("event") == name) | (nw.col("touchpoint") == name)
    )
    found = placed.select("touchpoint").unique().collect("pandas").to_native()["touchpoint"]
    return bool(found.isin(study.places["touchpoint"]).any())


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
