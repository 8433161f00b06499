"""The passes over the log that take time into account: hesitation, carts left behind, adoption and its barriers."""

import dataclasses
import datetime

import narwhals as nw
import pandas as pd

from cxlib.study import Study
from cxlib.summaries.answers import up_to, whole_waves
from cxlib.summaries.events import (
    find_events,
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
    not gone on are counted with the time up to the end of the log, or of their window.
    """
    stages, window = seen_stages(study), study.settings.journey.window_days
    if len(stages) < 2:
        return typed(pd.DataFrame(columns=list(WAITS)), WAITS)
    reached, names, closes = reach_stages(study, stages), since_names(stages), nw.lit(log_ends(study))
    if window:
        closes = nw.min_horizontal(closes, nw.col("began").dt.offset_by(f"{window * 86_400:.0f}s"))
    reached = reached.with_columns(closes=closes)
    steps = [
        reached.filter(~nw.col(before).is_null()).select(
            nw.lit(stage).alias("stage"), nw.lit(place).alias("place"), went_on=~nw.col(name).is_null(), since=before,
            done=nw.coalesce(name, "closes"),
        )
        for place, (stage, before, name) in enumerate(zip(stages[1:], names, names[1:]))
    ]  # fmt: skip
    hours = seconds_between("since", "done") / 3600
    table = count_times(nw.concat(steps), "hours", "went_on", hours, keys=["place", "stage"])
    people = table.groupby("stage")["customers"].transform("sum")
    return typed(table[people >= study.hide_below], WAITS)


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
    the days up to the end of the log. With `by`, a column of respondents such as persona, per group of it. Empty where
    study.yaml names no `adopted`, or there are too few customers to be shown.
    """
    spans, keys = find_spans(study), [by] if by else []
    columns = dict.fromkeys(keys, "str") | TIMES
    if spans is None:
        return typed(pd.DataFrame(columns=list(columns)), columns)
    if by:
        people = study.tables["respondents"].filter(~nw.col("customer").is_null())
        spans = spans.join(people.group_by("customer").agg(nw.col(by).max()), on="customer", how="left")
    table = count_times(spans, "days", "adopted", nw.col("days"), keys=keys)
    return typed(show_enough(study, table, keys), columns)


def summarise_barriers(study: Study) -> pd.DataFrame:
    """How many of those who name a barrier, and of those who do not, failed to adopt.

    One row per code in `barriers` of the respondents: `n_with` and `n_without`, and of them `missed_with` and
    `missed_without`, who did not adopt within the window. By the log, of customers whose window is over (without a
    window: up to its end), else by a column `adopted` (0, 1) of respondents. Barriers that fewer than `hide_below`
    people name, or do not name, are left out.
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
    people = outcome.with_columns(**told).group_by("respondent").agg(nw.col("missed", *told).max())
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

    Adoption counts in whichever journey and channel it comes. None where study.yaml or the log does not tell.
    """
    journey = study.settings.journey
    if "events" not in study or not journey.adopted:
        return None
    events, start = find_events(any_channel(study)), journey.adopted_after or journey.converted
    began = (events.filter(is_named(start)) if start else events).group_by("customer").agg(began=nw.col("time").min())
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


def log_ends(study: Study) -> datetime.datetime:
    """The newest time of the log, up to the day the view looks back from."""
    events = up_to(study, study.tables["events"], "time")
    newest = events.select(newest=nw.col("time").max()).collect("pandas").to_native()["newest"].iloc[0]
    return datetime.datetime(1901, 1, 1) if pd.isna(newest) else pd.Timestamp(newest).to_pydatetime()


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
