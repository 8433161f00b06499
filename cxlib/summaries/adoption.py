"""The passes over the log that take time into account: hesitation, carts left behind, adoption and its barriers."""

import dataclasses

import narwhals as nw
import pandas as pd

from cxlib.study import Study, View
from cxlib.summaries.answers import answered_waves, chosen_wave, up_to, whole_waves
from cxlib.summaries.events import (
    find_events,
    log_ends,
    place_events,
    reach_stages,
    seconds_between,
    since_names,
    tried_journeys,
    with_stages,
)
from cxlib.summaries.people import find_people

WAITS = {"stage": "str", "hours": "float64", "went_on": "bool", "customers": "int64"}
CARTS = {"customers": "int64", "bought": "int64", "abandoned": "int64", "open": "int64", "window_days": "float64"}
TIMES = {"days": "float64", "adopted": "bool", "customers": "int64"}
BARRIERS = {
    "barrier": "str",
    "n_with": "int64",
    "missed_with": "int64",
    "n_without": "int64",
    "missed_without": "int64",
}


def summarise_waits(study: Study) -> pd.DataFrame:
    """How long customers take from having reached a stage to the next, by the rules of the funnel.

    One row per `stage` gone on to, `hours` (to three figures) and whether they `went_on`: `customers`. Those who have
    not gone on are counted with the time up to the end of the log, or of the window of the journey in which they first
    reached the stage; who goes on later had not.
    """
    stages, window = seen_stages(study), study.settings.journey.window_days
    if len(stages) < 2:
        return typed(pd.DataFrame(columns=list(WAITS)), WAITS)
    journeys, names, closes = reach_by_journey(study, stages), since_names(stages), nw.lit(log_ends(study))
    if window:
        closes = nw.min_horizontal(closes, nw.col("began").dt.offset_by(f"{window * 86_400:.0f}s"))
    journeys, steps = journeys.with_columns(closes=closes), []
    for place, (stage, before, name) in enumerate(zip(stages[1:], names, names[1:])):
        there = journeys.filter(~nw.col(before).is_null()).with_columns(
            since=nw.col(before).min().over("customer"), done=nw.col(name).min().over("customer")
        )
        first = there.filter(nw.col(before) == nw.col("since")).group_by("customer")
        first = first.agg(nw.col("since", "done").min(), nw.col("closes").max())
        steps.append(first.with_columns(nw.lit(stage).alias("stage"), nw.lit(place).alias("place")))
    went_on = (nw.col("done") <= nw.col("closes")).fill_null(False)
    rows = nw.concat(steps).with_columns(went_on=went_on, done=nw.min_horizontal("done", "closes"))
    hours = seconds_between("since", "done") / 3600
    table = count_times(rows, "hours", "went_on", hours, keys=["place", "stage"])
    people = table.groupby("stage")["customers"].transform("sum")
    return typed(table[people >= study.hide_below], WAITS)


def reach_by_journey(study: Study, stages: list[str]) -> nw.LazyFrame:
    """When each journey got to each of the stages, as `reach_stages` says of customers, and when it `began`."""
    view = dataclasses.replace(study.view, wave=chosen_wave(study), personas=[], where=[])
    alone = {"events": study.tables["events"].with_columns(customer=nw.col("case"))}
    reached = reach_stages(dataclasses.replace(study, tables=study.tables | alone, view=view), stages)
    reached = reached.select(*since_names(stages), case="customer")
    return tried_journeys(study).join(reached, on="case", how="inner")


def summarise_carts(study: Study, *, by: str = "") -> pd.DataFrame:
    """How many customers who filled a cart bought, in that journey and within the window, or left the cart behind.

    One row, or one per channel of their first cart (`by`): `customers`, `bought`, `abandoned`, and `open`, those whose
    window is still open at the end of the log. Without a window, whoever has not bought by then abandoned. Whichever
    channels are looked at, buying counts wherever it is done. Empty where study.yaml names no `cart` or `converted`.
    """
    journey, keys = study.settings.journey, [by] if by else []
    columns = dict.fromkeys(keys, "str") | CARTS
    if "events" not in study or not journey.cart or not journey.converted:
        return typed(pd.DataFrame(columns=list(columns)), columns)
    events = find_events(any_channel(study))
    if journey.reentry == "first":
        events = events.join(tried_journeys(any_channel(study)), on=["customer", "case"], how="inner")
    carts = events.filter(is_named(journey.cart))
    first = carts.group_by("customer").agg(time=nw.col("time").min())
    first = carts.join(first, on=["customer", "time"], how="inner").group_by("customer").agg(nw.col("channel").min())
    if study.view.channels:
        first = first.filter(nw.col("channel").is_in(study.view.channels))
    filled = carts.group_by("customer", "case").agg(filled=nw.col("time").min())
    paid = events.filter(is_named(journey.converted)).select("customer", "case", "time")
    paid = filled.join(paid, on=["customer", "case"], how="inner").filter(nw.col("time") >= nw.col("filled"))
    paid = paid.group_by("customer", "case").agg(paid=nw.col("time").min())
    filled = filled.join(paid, on=["customer", "case"], how="left").with_columns(_end=nw.lit(log_ends(study)))
    limit = (journey.window_days or 1e6) * 86_400
    bought = (~nw.col("paid").is_null() & (seconds_between("filled", "paid") <= limit).fill_null(False)).cast(nw.Int64)
    waiting = (seconds_between("filled", "_end") < limit).cast(nw.Int64) if journey.window_days else nw.lit(0)
    people = filled.with_columns(bought=bought, waiting=waiting).group_by("customer")
    people = people.agg(nw.col("bought", "waiting").max()).join(first, on="customer", how="inner")
    still = nw.col("waiting") * (1 - nw.col("bought"))
    people = people.with_columns(open=still, abandoned=1 - nw.col("bought") - still, _all=nw.lit("all"))
    table = people.group_by(keys or ["_all"]).agg(
        nw.len().alias("customers"), nw.col("bought", "abandoned", "open").sum()
    )
    table = table.collect("pandas").to_native()
    days = float("nan") if journey.window_days is None else journey.window_days
    return typed(show_enough(study, table, keys).assign(window_days=days), columns)


def summarise_adoption(study: Study, *, by: str = "") -> pd.DataFrame:
    """How long customers take to adopt, from `adopted_after` (else `converted`, else their first event) of study.yaml.

    One row per `days` (to three figures) and whether they `adopted`: `customers`; those who have not are counted with
    the days up to the end of the log. With `by`, a column of respondents such as persona, per group of it (a customer's
    latest, up to the wave looked at). Empty where study.yaml names no `adopted`, or there are too few customers to be
    shown.
    """
    spans, keys = find_spans(study), [by] if by else []
    columns = dict.fromkeys(keys, "str") | TIMES
    if spans is None:
        return typed(pd.DataFrame(columns=list(columns)), columns)
    if by:
        spans = spans.join(latest_of(study, by), on="customer", how="left")
    table = count_times(spans, "days", "adopted", nw.col("days"), keys=keys)
    return typed(show_enough(study, table, keys), columns)


def latest_of(study: Study, column: str) -> nw.LazyFrame:
    """What a column of respondents says of each `customer` in the latest wave up to the one looked at."""
    waves, wave = study.waves or study.values("respondents", "wave"), study.view.wave
    last = [*waves, *answered_waves(study), *([wave] if wave in waves else [])][-1:]
    place = nw.when(nw.col("wave").is_null()).then(nw.lit(0))
    for number, name in enumerate(waves[: waves.index(last[0]) + 1] if last else [], start=1):
        place = nw.when(nw.col("wave") == name).then(nw.lit(number)).otherwise(place)
    people = study.tables["respondents"].with_columns(_place=place)
    people = people.filter(*(~nw.col(needed).is_null() for needed in ("customer", column, "_place")))
    newest = people.group_by("customer").agg(nw.col("_place").max())
    people = people.join(newest, on=["customer", "_place"], how="inner")
    return people.group_by("customer").agg(nw.col(column).max())


def summarise_barriers(study: Study) -> pd.DataFrame:
    """How many of those who name a barrier, and of those who do not, failed to adopt.

    One row per code in `barriers` of the respondents: `n_with` and `n_without`, and of them `missed_with` and
    `missed_without`, who did not adopt within the window. By the log, of customers whose window is over (without a
    window: up to its end), else by a column `adopted` (0, 1) of respondents. Only people of waves in which anybody
    names a barrier. Barriers that fewer than `hide_below` people name, or do not name, are left out.
    """
    outcome = find_missed(study) if "respondents.barriers" in study else None
    if outcome is None:
        return typed(pd.DataFrame(columns=list(BARRIERS)), BARRIERS)
    codes = sorted(
        {code.strip() for named in study.values("respondents", "barriers") for code in named.split("|")} - {""}
    )
    named = nw.col("barriers").fill_null("").str.strip_chars().str.replace_all(r"\s*\|\s*", "|")
    said = nw.concat_str(nw.lit("|"), named, nw.lit("|"))
    names = {f"_{place}": code for place, code in enumerate(codes)}
    told = {name: said.str.contains(f"|{code}|", literal=True).cast(nw.Int64) for name, code in names.items()}
    people = outcome.with_columns(wave=nw.col("wave").fill_null("")).filter(nw.col("wave").is_in(asked_waves(study)))
    people = people.with_columns(**told).group_by("respondent").agg(nw.col("missed", *told).max())
    both = {f"{name}_missed": nw.col(name) * nw.col("missed") for name in told}
    people = people.with_columns(**both)
    sums = (
        people.select(nw.len().alias("n"), nw.col("missed", *told, *both).sum()).collect("pandas").to_native().fillna(0)
    )
    found = sums.iloc[0].astype("int64")
    rows = [
        (
            code,
            found[name],
            found[f"{name}_missed"],
            found["n"] - found[name],
            found["missed"] - found[f"{name}_missed"],
        )
        for name, code in names.items()
    ]
    table = typed(pd.DataFrame(rows, columns=list(BARRIERS)), BARRIERS)
    return table[table[["n_with", "n_without"]].min(axis=1) >= max(study.hide_below, 1)].reset_index(drop=True)


def asked_waves(study: Study) -> list[str]:
    """The waves in which anybody at all named a barrier; "" stands for no wave."""
    everybody = dataclasses.replace(study, view=View(as_of=study.view.as_of, wave="all"))
    named = find_people(everybody).filter(nw.col("barriers").fill_null("").str.strip_chars() != "")
    return list(named.select("wave").unique().collect("pandas").to_native()["wave"].fillna(""))


def find_missed(study: Study) -> nw.LazyFrame | None:
    """The respondents whose adoption is known, `missed` 1 where they did not adopt; None where nothing tells."""
    people, days = find_people(study), study.settings.journey.window_days
    spans = find_spans(whole_waves(study)) if "respondents.customer" in study else None
    if spans is not None:
        within = nw.col("adopted") & (nw.col("days") <= (days or 1e6))
        over = nw.col("days") >= days if days else ~nw.col("adopted")
        missed = nw.when(within).then(nw.lit(0)).otherwise(nw.when(over).then(nw.lit(1)))
        people = people.join(spans.with_columns(missed=missed).select("customer", "missed"), on="customer", how="inner")
    elif "respondents.adopted" in study:
        said = nw.col("adopted").cast(nw.String)
        no = nw.when(said.is_in(["0", "0.0"])).then(nw.lit(1))
        people = people.with_columns(missed=nw.when(said.is_in(["1", "1.0"])).then(nw.lit(0)).otherwise(no))
    else:
        return None
    return people.filter(~nw.col("missed").is_null())


def find_spans(study: Study) -> nw.LazyFrame | None:
    """Of each customer the `days` up to adoption and whether they `adopted`; else the days up to the end of the log.

    Of customers whose first start of all waves lies in a journey of the wave looked at. Adoption counts in whichever
    journey and channel it comes. None where study.yaml or the log does not tell.
    """
    journey = study.settings.journey
    if "events" not in study or not journey.adopted:
        return None
    start = journey.adopted_after or journey.converted
    events = [find_events(part) for part in (any_channel(study), whole_waves(any_channel(study)))]
    starts = [part.filter(is_named(start)) if start else part for part in events]
    began, first = (part.group_by("customer").agg(began=nw.col("time").min()) for part in starts)
    began = began.join(first, on=["customer", "began"], how="inner")
    log = place_events(study, up_to(study, study.tables["events"], "time")).filter(is_named(journey.adopted))
    done = began.join(log.select("customer", "time"), on="customer", how="inner")
    done = done.filter(nw.col("time") >= nw.col("began")).group_by("customer").agg(done=nw.col("time").min())
    spans = began.join(done, on="customer", how="left").with_columns(adopted=~nw.col("done").is_null())
    spans = spans.with_columns(done=nw.coalesce("done", nw.lit(log_ends(study))))
    return spans.with_columns(days=seconds_between("began", "done") / 86_400)


def is_named(name: str) -> nw.Expr:
    """Whether an event, or its touchpoint, has this name."""
    return nw.any_horizontal(nw.col("event") == name, nw.col("touchpoint") == name, ignore_nulls=True)


def any_channel(study: Study) -> Study:
    """The same study, whichever channels are looked at."""
    return dataclasses.replace(study, view=dataclasses.replace(study.view, channels=[]))


def seen_stages(study: Study) -> list[str]:
    """The stages the log shows, in the order of the journey."""
    if "events" not in study:
        return []
    seen = with_stages(study, find_events(study)).select("stage").unique().collect("pandas").to_native()["stage"]
    return [stage for stage in study.stages if stage in set(seen)]


def count_times(rows: nw.LazyFrame, unit: str, went: str, time: nw.Expr, *, keys: list[str]) -> pd.DataFrame:
    """Customers by a length of time, rounded to three figures (at most two decimals), and whether they went on."""
    fine = (
        nw.when(time < 10)
        .then(time.round(2))
        .otherwise(nw.when(time < 100).then(time.round(1)).otherwise(time.round(0)))
    )
    groups = [*keys, unit, went]
    table = rows.with_columns(**{unit: fine}).group_by(groups).agg(customers=nw.len()).collect("pandas").to_native()
    return table.sort_values(groups, ignore_index=True)


def show_enough(study: Study, table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """A table of customers without its blank and small groups, and without those that would give these away."""
    if not keys:
        return table if table["customers"].sum() >= study.hide_below else table.iloc[:0]
    n = table.groupby(keys[0], dropna=False)["customers"].sum().sort_values()
    hidden = n.index.isna() | (n < study.hide_below).to_numpy()
    while 0 < n[hidden].sum() < study.hide_below and not hidden.all():
        hidden[(~hidden).argmax()] = True
    return table[table[keys[0]].isin(n.index[~hidden])].sort_values(keys, kind="stable", ignore_index=True)


def typed(table: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """The table with these columns, each of its type."""
    return table[list(columns)].astype(columns).reset_index(drop=True)
