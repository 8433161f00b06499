"""The passes over the order of events: transitions, detours, whole paths, and what leads to conversion.

The text of a whole path (`string_agg`) and the block of a customer (`md5`) are DuckDB SQL, for Narwhals has neither.
"""

import narwhals as nw
import numpy as np
import pandas as pd

from cxlib.engine import block_of
from cxlib.intervals import ratio_mean
from cxlib.journey.paths import DETOURS
from cxlib.study import Study
from cxlib.summaries.answers import whole
from cxlib.summaries.events import find_events, with_stages
from cxlib.summaries.protection import OTHERS
from cxlib.summaries.sums import group_means
from cxlib.suppression import NOTHING, hide_cells, remainder

START, END, CONVERTED = "(start)", "(end)", "(converted)"
MOST_PLACES = 40  # touchpoints and events a transition table tells apart; what is left is one, "others"
ORDER = ["time", "_line"]  # events of one time in the order of the file
FIGURES = [f"{figure}_{detour}" for detour in DETOURS for figure in ("n", "mean", "se", "n_effective")]
MOVE, SHARE = ["from_touchpoint", "to_touchpoint"], ["share", "se", "n_effective"]
HOURS = 3.6e9  # microseconds
PEOPLE = dict(journeys=nw.col("case").n_unique(), customers=nw.col("customer").n_unique())
BETWEEN = "\x1f"


def summarise_transitions(study: Study) -> pd.DataFrame:
    """What follows what: a row per transition from one step of a journey to the next, START and END included.

    `n` transitions, `journeys` (cases), `customers`, median and 90th percentile of the hours from the last event of the
    one step to the first of the next; `leaving` counts all transitions from there, of `leaving_customers`, `share` is n
    of those, with se and effective n, customers being the unit. Touchpoints of few customers are "others"; transitions
    of few, and what would give them away, are left out.
    """
    moves = find_moves(as_steps(pool_places(study, find_places(study))))
    counts = dict(n=nw.len(), **PEOPLE)
    waits = dict(wait_median_hours=nw.col("wait").median(), wait_p90_hours=nw.col("wait").quantile(0.9, "linear"))
    table = collect(moves.group_by(MOVE).agg(**counts, **waits))
    sides = [collect(moves.group_by(side).agg(customers=nw.col("customer").n_unique())) for side in MOVE]
    table = table.merge(square_sums(moves, MOVE, MOVE[:1]), on=MOVE, validate="one_to_one")
    totals = table.groupby("from_touchpoint")[["n", "ab"]].transform("sum")
    leaving = table["from_touchpoint"].map(sides[0].set_index("from_touchpoint")["customers"])
    figures = ratio_mean(leaving, table["n"], totals["n"], table["aa"], table["ab"], totals["ab"])
    table = table.assign(leaving=totals["n"], leaving_customers=leaving, **dict(zip(SHARE, figures)))
    everybody = whole(sides[0]["customers"].max())  # of START
    table = table[~hidden_moves(table, sides, everybody, study.hide_below)]
    for side in ("from", "to"):
        table = table.assign(**{f"{side}_label": labels(study, table[f"{side}_touchpoint"])})
    columns = [*MOVE, "from_label", "to_label", *counts, *waits, "leaving", "leaving_customers", *SHARE]
    return in_order(study, table, MOVE)[columns]


def summarise_paths(study: Study) -> pd.DataFrame:
    """How journeys wander: a row for all of them (`of` "journey"), then one per touchpoint, or event of none, visited.

    Of the journeys of n customers, the share (mean) with its se and effective n, customers being the unit, that
    went_back: a step lies in an earlier stage than the last one before it that has a stage; jumped: it lies in a later
    one, and a stage the log shows is between; looped: they come back to the touchpoint after something else; repeated:
    several events of the touchpoint at once; skipped: they visit earlier and later touchpoints of the map, not this
    one. Touchpoints that few, or all but few, customers visit are left out.
    """
    events = find_places(study)
    steps = as_steps(events)
    seen = collect(events.select("touchpoint", "stage").unique())
    stages = [stage for stage in study.stages if stage in set(seen["stage"])]
    places = [place for place in study.touchpoints["touchpoint"] if place in set(seen["touchpoint"])]
    again = dict(looped=nw.len() > 1, repeated=nw.col("events").max() > 1)
    again = {name: value.cast(nw.Float64) for name, value in again.items()}
    visits = steps.group_by("case", "place").agg(nw.col("customer").min(), **again)
    journeys = visits.group_by("case").agg(nw.col("customer", "looped", "repeated").max())
    journeys = journeys.join(find_turns(steps, stages), on="case", how="left").with_columns(of=nw.lit("journey"))
    total = shares_of(journeys, "of", list(DETOURS[:4]))
    each = shares_of(visits, "place", list(DETOURS[2:4]))
    skips = shares_of(find_skips(study, steps, visits, places), "place", ["skipped"])
    each = each.merge(skips.drop(columns=["journeys", "customers"]), on="place", how="left")
    everybody = whole(total["customers"].sum())
    each = each[~few(each["customers"], everybody, study.hide_below)].rename(columns={"place": "touchpoint"})
    each.loc[each["n_skipped"].lt(study.hide_below), FIGURES[-4:]] = np.nan
    each = in_order(study, each.assign(of="touchpoint", label=labels(study, each["touchpoint"])), ["touchpoint"])
    total = total[~few(total["customers"], everybody, study.hide_below)].assign(touchpoint=None, label="all journeys")
    columns = ["of", "touchpoint", "label", "journeys", "customers", *FIGURES]
    table = pd.DataFrame(total.to_dict("records") + each.to_dict("records"), columns=columns)
    return table.astype(dict.fromkeys(FIGURES, "float64") | {"journeys": "int64", "customers": "int64"})


def summarise_variants(study: Study, *, top: int = 10) -> pd.DataFrame:
    """The commonest whole paths: the touchpoints of a journey in order, repeats at once left out.

    One row per path: `variant` (labels joined by →), `steps`, `variants` (1), `journeys`, `customers`,
    `duration_median_hours` from first to last event, `share` of all journeys with its se and effective n, customers
    being the unit, and `all_customers`. The last row is all further paths together, also those of too few customers.
    """
    paths = find_whole_paths(study)
    n = whole(collect(paths.select(n=nw.col("customer").n_unique()))["n"].iloc[0])
    each = paths.group_by("path").agg(journeys=nw.len(), customers=nw.col("customer").n_unique())
    many = whole(collect(each.select(n=nw.len()))["n"].iloc[0])
    enough = each.filter(~few(nw.col("customers"), n, study.hide_below))
    kept = collect(enough.sort("journeys", "path", descending=[True, False]).head(top))["path"].tolist()
    while True:
        table = count_variants(paths, kept)
        rest = table.loc[table["path"].isna(), "customers"].sum()
        if not kept or not 0 < rest < study.hide_below:
            break
        kept.pop()
    place = table["path"].map({path: number for number, path in enumerate(kept)}).fillna(len(kept))
    table = table.iloc[place.argsort()]
    own, aa, ab = table["journeys"], table.pop("aa"), table.pop("ab")
    names = table["path"].str.split(BETWEEN)
    return table.assign(
        variant=[" → ".join(labels(study, pd.Series(path))) if isinstance(path, list) else OTHERS for path in names],
        steps=names.str.len().astype("Int64"),
        variants=np.where(table["path"].isna(), many - len(kept), 1).astype("int64"),
        **dict(zip(SHARE, ratio_mean(n, own, own.sum(), aa, ab, ab.sum()))), all_customers=n,
    ).query(f"customers >= {study.hide_below}").drop(columns="path").reset_index(drop=True)  # fmt: skip


def summarise_conversions(study: Study) -> pd.DataFrame:
    """Transitions up to the first conversion of a journey (`journey: converted` of study.yaml), by block of customers.

    One row per block and transition: `block`, `from_touchpoint`, `to_touchpoint` (CONVERTED, or END for a journey
    without), `n`; with `from_label`, and `journeys` and `customers` that visit `from_touchpoint` before they convert,
    missing where too few, or all but few, do. `converting` counts customers who convert. Empty where they, or those
    who do not, are few, or study.yaml names no conversion.
    """
    columns = ["block", *MOVE, "n", "from_label", "journeys", "customers", "converting"]
    if not study.settings.journey.converted:
        return pd.DataFrame(columns=columns)
    converted = nw.col("event", "touchpoint") == study.settings.journey.converted
    converted = nw.any_horizontal(converted, ignore_nulls=True).cast(nw.Int64)
    events = find_places(study).with_columns(converted=converted)
    before = (nw.col("converted").cum_sum() - nw.col("converted")).over("case", order_by=ORDER)
    events = events.with_columns(before=before).filter(nw.col("before") == 0)
    place = nw.when(nw.col("converted") == 1).then(nw.lit(CONVERTED)).otherwise(nw.col("place"))
    steps = as_steps(pool_places(study, events.with_columns(place=place)))
    moves = find_moves(steps).filter(nw.col("from_touchpoint") != CONVERTED)
    query = f"SELECT *, CAST({block_of('customer')} AS BIGINT) AS block FROM moves"
    blocks = nw.from_native(moves.to_native().query("moves", query))
    counts = collect(blocks.group_by("block", *MOVE).agg(n=nw.len())).sort_values(["block", *MOVE], ignore_index=True)
    visited = collect(moves.group_by("from_touchpoint").agg(**PEOPLE)).astype(dict.fromkeys(PEOPLE, "Int64"))
    everybody = whole(visited["customers"].max())
    to = collect(moves.group_by("to_touchpoint").agg(customers=nw.col("customer").n_unique()))
    converting, ending = to.set_index("to_touchpoint")["customers"].reindex([CONVERTED, END], fill_value=0)
    if few(converting, everybody, study.hide_below) or 0 < ending < study.hide_below:
        return pd.DataFrame(columns=columns)
    visited.loc[few(visited["customers"], everybody, study.hide_below), ["journeys", "customers"]] = pd.NA
    table = counts.merge(visited, on="from_touchpoint", how="left", validate="many_to_one")
    return table.assign(from_label=labels(study, table["from_touchpoint"]), converting=converting)[columns]


def find_places(study: Study) -> nw.LazyFrame:
    """The events looked at, with the `place` each is a step at: its touchpoint, else its own name."""
    events = with_stages(study, find_events(study))
    return events.with_columns(place=nw.coalesce(nw.col("touchpoint"), nw.col("event")))


def pool_places(study: Study, events: nw.LazyFrame) -> nw.LazyFrame:
    """Events, those at places of few customers, or beyond the forty of most, put together as "others"."""
    counts = collect(events.group_by("place").agg(customers=nw.col("customer").n_unique()))
    counts = counts.sort_values(["customers", "place"], ascending=[False, True])
    kept = counts.loc[counts["customers"] >= study.hide_below, "place"].head(MOST_PLACES).tolist()
    if len(kept) == len(counts):
        return events
    place = nw.when(nw.col("place").is_in([*kept, CONVERTED])).then(nw.col("place")).otherwise(nw.lit(OTHERS))
    return events.with_columns(place=place)


def as_steps(events: nw.LazyFrame) -> nw.LazyFrame:
    """The steps of each journey: consecutive events at one place are one step, which counts them.

    One row a step: case, customer, step (1, 2, …), place, stage, began, left, events.
    """
    events = events.with_columns(before=nw.col("place").shift(1).over("case", order_by=ORDER))
    fresh = nw.col("before").is_null() | (nw.col("before") != nw.col("place"))
    events = events.with_columns(step=fresh.cast(nw.Int64).cum_sum().over("case", order_by=ORDER))
    figures = dict(began=nw.col("time").min(), left=nw.col("time").max(), events=nw.len())
    return events.group_by("case", "step").agg(nw.col("customer", "place", "stage").min(), **figures)


def find_moves(steps: nw.LazyFrame) -> nw.LazyFrame:
    """A row for each transition of each journey: case, customer, from and to, and the hours between."""
    who = ["case", "customer"]
    first = dict(from_touchpoint=nw.lit(START), to_touchpoint="place", wait=nw.lit(None, nw.Float64))
    after = {name: nw.col(name).shift(-1).over("case", order_by="step") for name in ("place", "began")}
    onward = steps.with_columns(to=nw.coalesce(after["place"], nw.lit(END)), arrived=after["began"])
    wait = (nw.col("arrived") - nw.col("left")).dt.total_microseconds() / HOURS
    onward = onward.select(*who, from_touchpoint="place", to_touchpoint="to", wait=wait)
    return nw.concat([steps.filter(nw.col("step") == 1).select(*who, **first), onward])


def find_turns(steps: nw.LazyFrame, stages: list[str]) -> nw.LazyFrame:
    """Of each journey on the map, whether it goes back to an earlier stage, and whether it leaves one out."""
    steps = steps.with_columns(at=number_of("stage", stages)).filter(~nw.col("at").is_null())
    steps = steps.with_columns(move=nw.col("at").shift(-1).over("case", order_by="step") - nw.col("at"))
    turns = steps.group_by("case").agg(went_back=nw.col("move").min() < 0, jumped=nw.col("move").max() > 1)
    return turns.with_columns(nw.col("went_back", "jumped").fill_null(False).cast(nw.Float64))


def find_skips(study: Study, steps: nw.LazyFrame, visits: nw.LazyFrame, places: list[str]) -> nw.LazyFrame:
    """For each journey and each place that lies on the map between two it visits, whether it leaves that one out."""
    at = number_of("place", places)
    ends = dict(first=nw.col("at").min(), last=nw.col("at").max())
    spans = steps.with_columns(at=at).group_by("case").agg(nw.col("customer").min(), **ends)
    places = study.tables["touchpoints"].select(place="touchpoint").with_columns(at=at)
    spans = spans.join(places, how="cross").filter(nw.col("first") < nw.col("at"), nw.col("at") < nw.col("last"))
    spans = spans.join(visits.select("case", "place", "looped"), on=["case", "place"], how="left")
    return spans.with_columns(skipped=nw.col("looped").is_null().cast(nw.Float64))


def find_whole_paths(study: Study) -> nw.LazyFrame:
    """A row for each journey: customer, its path in one text, and the hours it took."""
    steps = as_steps(find_places(study)).to_native()
    text = f"string_agg(place, chr({ord(BETWEEN)}) ORDER BY step)"
    hours = f"date_diff('microsecond', min(began), max(\"left\")) / {HOURS}"
    query = f'SELECT min(customer) AS customer, {text} AS path, {hours} AS hours FROM steps GROUP BY "case"'
    return nw.from_native(steps.query("steps", query))


def count_variants(paths: nw.LazyFrame, kept: list[str]) -> pd.DataFrame:
    """Journeys, customers, median hours and `square_sums` of the kept paths; the row without a path is all others."""
    paths = paths.with_columns(path=nw.when(nw.col("path").is_in(kept)).then(nw.col("path")))
    figures = dict(customers=nw.col("customer").n_unique(), duration_median_hours=nw.col("hours").median())
    table = collect(paths.group_by("path").agg(journeys=nw.len(), **figures))
    return table.merge(square_sums(paths, ["path"], []), on="path", validate="one_to_one")


def square_sums(rows: nw.LazyFrame, keys: list[str], within: list[str]) -> pd.DataFrame:
    """Σ own² (`aa`) and Σ own · all (`ab`) over customers, all being their rows of `within`; Σ `ab` there is Σ all²."""
    people, own = rows.group_by(*keys, "customer").agg(own=nw.len()), nw.col("own")
    people = people.with_columns(aa=own * own, ab=own * own.sum().over(*within, "customer"))
    return collect(people.group_by(keys).agg(nw.col("aa", "ab").sum()))


def number_of(column: str, names: list[str]) -> nw.Expr:
    """The place of a column's value in a list of names; missing where it is none of them."""
    places = [nw.when(nw.col(column) == name).then(nw.lit(place)) for place, name in enumerate(names)]
    return nw.coalesce(*places, nw.lit(None, nw.Int64))


def shares_of(journeys: nw.LazyFrame, key: str, names: list[str]) -> pd.DataFrame:
    """`group_means` of 0 and 1 over journeys, customers being the unit, with the journeys and customers of each."""
    values = {name: nw.col(name) for name in names}
    means = group_means(journeys.with_columns(respondent=nw.col("customer"), weight=nw.lit(1.0)), [key], values)
    return collect(journeys.group_by(key).agg(**PEOPLE)).merge(means, on=key, validate="one_to_one")


def few(customers, everybody: int, least: int):
    """Whether a group, or what it leaves of everybody, is of fewer customers than may be shown."""
    rest = everybody - customers
    return (customers < least) | ((rest > 0) & (rest < least))


def hidden_moves(table: pd.DataFrame, sides: list[pd.DataFrame], everybody: int, least: int) -> np.ndarray:
    """Which transitions are not shown: those of few, or all but few, customers, and what would give them away.

    Whoever knows how often each touchpoint is reached and left, both alike, must not work one out: what `hide_cells`
    does not see of that hides all that leads from there, and to there.
    """
    if not least or table.empty:
        return np.zeros(len(table), dtype=bool)
    each, tables = np.eye(len(table), dtype=bool), (table, *sides)
    out, into = (side[name].to_numpy()[:, None] == table[name].to_numpy() for side, name in zip(sides, MOVE))
    n, names = pd.concat(tables)["customers"], np.repeat(["move", *MOVE], [len(one) for one in tables])
    small, also = (table["customers"] < least).to_numpy(), np.zeros(len(n), dtype=bool)
    also[: len(table)] = few(table["customers"], everybody, least)
    hidden = hide_cells(np.vstack([each, out, into]), n, least=least, table=names, also=also)
    known = ~hidden[len(table) :][: len(out)]
    hidden = hidden[: len(table)] | out[~known].any(axis=0)
    flow = [1.0 * (table[MOVE[0]] == place) - (table[MOVE[1]] == place) for place in {*table[MOVE[0]]} - {START}]
    while True:
        rest = remainder(1.0 * each, np.vstack([each[~hidden], out[known & (out & ~hidden).any(axis=1)], *flow]))
        told = hidden & small & (np.abs(rest).max(axis=1) < NOTHING)
        touched = table[MOVE].isin({*table.loc[told, MOVE[0]]}).any(axis=1).to_numpy()
        if not (touched & ~hidden).any():
            return hidden | told.any()
        hidden |= touched


def labels(study: Study, places: pd.Series) -> pd.Series:
    """What people read for each place."""
    names = dict(zip(study.touchpoints["touchpoint"], study.touchpoints["label"]))
    return pd.Series([names.get(place, place) for place in places], index=places.index, dtype="str")


def in_order(study: Study, table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Rows in the order of the map, START before it, then events of none by name, others and END last."""
    places = {place: number for number, place in enumerate([START, *study.touchpoints["touchpoint"]])}
    last = len(places)
    places |= {OTHERS: last + 1, CONVERTED: last + 2, END: last + 3}
    table = table.sort_values(keys)
    order = np.lexsort([table[key].map(places).fillna(last) for key in reversed(keys)])
    return table.iloc[order].reset_index(drop=True)


def collect(rows: nw.LazyFrame) -> pd.DataFrame:
    """A small result as pandas."""
    return rows.collect("pandas").to_native()
