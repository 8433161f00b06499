"""The passes at the opening of an explorer: sums of people over every part of the channels they used."""

import itertools
from dataclasses import dataclass

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd

from cxlib.engine import quote
from cxlib.study import Study
from cxlib.summaries.answers import joined_answers, rated_values

KEYS = ["touchpoint", "persona", "channel", "wave"]
MEASURES = ("gap", "expected", "experienced")
VALUES = (*MEASURES, "paired", "answered")
PEOPLE = -1
"""In the place of a touchpoint: whoever answered anything."""
AT_ONCE = 200_000  # answers added up together
NUMBERS = itertools.count()
"""Tables of one engine have names of their own."""


@dataclass(frozen=True)
class Cells:
    """What people gave, added up so that any choice is a sum of rows, and nobody is counted twice.

    A slot is a persona and a channel (the last of either is a blank). At a touchpoint in a wave a person uses some
    slots; for every `part` of those `used` that a choice can leave, his or her sums are added up. Both are arrays of
    (pairs, slots). `sums`, `values` (how many people have which value, rounded) and `people` (who answered anything)
    have codes: `wave` counts along `waves`, then answers of no wave, then all waves together. `ways` counts how many
    people went which way through the waves at a touchpoint, a step a wave: "wave:pair:bits", a bit for each of `VALUES`
    they gave; in place of a touchpoint `PEOPLE`, and then it is their persona instead of a pair. `moved`: somebody has
    another persona in another wave; `mixed`: another weight or outcome. `table` names the compact rows in the `engine`.
    """

    touchpoints: list[str]
    personas: list[str]
    channels: list[str]
    waves: list[str]
    used: np.ndarray
    part: np.ndarray
    sums: pd.DataFrame
    values: pd.DataFrame
    people: pd.DataFrame
    ways: pd.DataFrame
    moved: bool
    mixed: bool
    engine: duckdb.DuckDBPyRelation
    table: str

    @property
    def every(self) -> int:
        """The code of all waves together."""
        return len(self.waves) + 1

    def wave(self, name: str) -> int:
        """The code of a wave."""
        return self.every if name == "all" or name not in self.waves else self.waves.index(name)

    def sides(self, personas: list[str], channels: list[str]) -> list[np.ndarray]:
        """Which personas and which channels a choice takes; an empty list takes all, blanks too."""
        asked = (self.personas, personas), (self.channels, channels)
        return [np.array([not chosen or name in chosen for name in [*names, None]]) for names, chosen in asked]

    def chosen(self, personas: list[str], channels: list[str]) -> np.ndarray:
        """Which pairs a choice adds up: those whose part is what it takes of the slots used."""
        slots = np.outer(*self.sides(personas, channels)).ravel()
        return ((self.used & slots) == self.part).all(axis=1) & self.part.any(axis=1)


def collect_cells(study: Study) -> Cells:
    """The cells of a study: its answers are read into a compact table, that is added up touchpoint by touchpoint.

    The sums are DuckDB's own; tables of the other engine are handed to it.
    """
    outcome = nw.when(~nw.col("experienced").is_null()).then(nw.col("_outcome"))
    keep = ["respondent", *KEYS, "weight", "_block"]
    answers = joined_answers(study).select(*keep, **rated_values(study), judged=outcome)
    engine = answers.to_native()
    if not isinstance(engine, duckdb.DuckDBPyRelation):
        engine = duckdb.connect().from_df(answers.collect("pandas").to_native())
    table = f"cube_{next(NUMBERS)}"
    engine.query("answers", f"CREATE TABLE {table}_answers AS SELECT * FROM answers")
    names = {key: names_of(engine, f"{table}_answers", key) for key in KEYS}
    names["wave"] = [wave for wave in study.waves if wave in names["wave"]]
    lay_rows(engine, table, names)
    engine = engine.query("answers", f"SELECT * FROM {table}_units")
    engine.query("answers", f"DROP TABLE {table}_answers")
    lay_sets(engine, table, len(names["channel"]) + 1, len(names["wave"]) + 1)
    sets, parts = part_sets(engine, table, len(names["channel"]) + 1)
    size = (len(names["persona"]) + 1) * (len(names["channel"]) + 1)
    used, part = (np.zeros((len(parts), size), dtype=bool) for _ in range(2))
    for pair, (own, some) in enumerate(parts):
        used[pair, list(sets[own])], part[pair, list(some)] = True, True
    counts = engine.query("answers", f"SELECT touchpoint, count(*) AS n FROM {table}_rows GROUP BY ALL ORDER BY 1").df()
    batches = counts.groupby(counts["n"].cumsum() // AT_ONCE)["touchpoint"].agg(["min", "max"])
    sizes = len(names["channel"]) + 1, len(names["wave"]) + 1
    found = [add_up_batch(engine, table, span, *sizes) for span in batches.itertuples(index=False)]
    found = found or [add_up_batch(engine, table, (0, 0), *sizes)]
    sums, values, ways = (pd.concat(tables, ignore_index=True) for tables in zip(*found))
    people = engine.query("answers", f"SELECT * FROM {table}_people").df()
    ways = pd.concat([ways_of_people(engine, table), ways], ignore_index=True)
    flags = "count(DISTINCT persona) > 1 AS moved, count(DISTINCT outcome) > 1 OR count(DISTINCT weight) > 1 AS mixed"
    query = f"SELECT bool_or(moved), bool_or(mixed) FROM (SELECT {flags} FROM {table}_units GROUP BY id)"
    moved, mixed = map(bool, engine.query("answers", query).fetchall()[0])
    for name in ("sets", "parts", "whole", "people"):
        engine.query("answers", f"DROP TABLE {table}_{name}")
    return Cells(*(names[key] for key in KEYS), used, part, sums, values, people, ways, moved, mixed, engine, table)


def ways_of_people(engine: duckdb.DuckDBPyRelation, table: str) -> pd.DataFrame:
    """The ways of everybody, wherever they answered, by persona."""
    step = f"wave || ':' || persona || ':{(1 << len(VALUES)) - 1}'"
    way = f"SELECT string_agg({step}, ' ' ORDER BY wave) AS way FROM {table}_units GROUP BY id"
    query = f"SELECT {PEOPLE} AS touchpoint, way, count(*) AS n FROM ({way}) GROUP BY ALL ORDER BY ALL"
    return engine.query("answers", query).df()


def names_of(engine: duckdb.DuckDBPyRelation, table: str, key: str) -> list[str]:
    """The values of a column, sorted."""
    query = f"SELECT DISTINCT {key} FROM {table} WHERE {key} IS NOT NULL ORDER BY 1"
    return [name for (name,) in engine.query("answers", query).fetchall()]


def code_of(key: str, names: list[str]) -> str:
    """A column as the place of its value in a list of names; a blank, or another, is the last."""
    if not names:
        return "0::SMALLINT"
    return f"coalesce(enum_code(TRY_CAST({key} AS ENUM({', '.join(map(quote, names))}))), {len(names)})::SMALLINT"


def lay_rows(engine: duckdb.DuckDBPyRelation, table: str, names: dict[str, list[str]]) -> None:
    """People in a wave (`_units`) and their answers (`_rows`), in numbers."""
    codes = {key: code_of(key, names[key]) for key in names}
    units = f"""SELECT row_number() OVER () AS unit, dense_rank() OVER (ORDER BY respondent) AS id, * FROM (
        SELECT respondent, {codes["wave"]} AS wave, any_value({codes["persona"]}) AS persona,
            any_value(_block) AS block, any_value(weight) AS weight, max(judged) AS outcome
        FROM {table}_answers GROUP BY 1, 2)"""
    engine.query("answers", f"CREATE TABLE {table}_units AS {units}")
    rows = f"""SELECT touchpoint, unit, channel, gap, expected, experienced, judged FROM (
        SELECT respondent, {codes["touchpoint"]} AS touchpoint, {codes["wave"]} AS wave, {codes["channel"]} AS channel,
            gap, expected, experienced, judged IS NOT NULL AS judged FROM {table}_answers
        ) JOIN (SELECT respondent, wave, unit FROM {table}_units) USING (respondent, wave)"""
    engine.query("answers", f"CREATE TABLE {table}_rows AS {rows}")
    engine.query("answers", f"ALTER TABLE {table}_units DROP respondent")


def lay_sets(engine: duckdb.DuckDBPyRelation, table: str, channels: int, every: int) -> None:
    """Which slots each person uses at each touchpoint in each wave (`_sets`), and how many have which personas."""
    slots = f"""SELECT DISTINCT touchpoint, id, wave, persona * {channels} + channel AS slot
        FROM {table}_rows JOIN {table}_units USING (unit)"""
    both = f"SELECT * FROM slots UNION BY NAME SELECT touchpoint, id, {every} AS wave, slot FROM slots"
    sets = "SELECT touchpoint, id, wave, string_agg(slot, ' ' ORDER BY slot) AS used FROM doubled GROUP BY ALL"
    engine.query("answers", f"CREATE TABLE {table}_sets AS WITH slots AS ({slots}), doubled AS ({both}) {sets}")
    both = f"SELECT id, wave, persona FROM {table}_units UNION SELECT id, {every}, persona FROM {table}_units"
    sets = f"SELECT id, wave, string_agg(persona, ' ' ORDER BY persona) AS personas FROM ({both}) GROUP BY ALL"
    query = f"CREATE TABLE {table}_people AS SELECT wave, personas, count(*) AS n FROM ({sets}) GROUP BY ALL"
    engine.query("answers", query)


def part_sets(engine: duckdb.DuckDBPyRelation, table: str, channels: int) -> tuple[list, list]:
    """Every set of slots that somebody uses, and (its place, part) for what a choice can leave of it (`_parts`)."""
    found = engine.query("answers", f"SELECT DISTINCT used FROM {table}_sets ORDER BY 1").fetchall()
    sets = [tuple(map(int, used.split())) for (used,) in found]
    parts = [(own, some) for own, slots in enumerate(sets) for some in sorted(parts_of(slots, channels))]
    rows = [f"({quote(found[own][0])}, {pair}, {slot})" for pair, (own, some) in enumerate(parts) for slot in some]
    values = ", ".join(rows) or "('', 0, 0)"
    engine.query("answers", f"CREATE TABLE {table}_parts AS SELECT * FROM (VALUES {values}) AS t(used, pair, slot)")
    whole = f"SELECT pair FROM {table}_parts GROUP BY pair HAVING count(*) = len(string_split(any_value(used), ' '))"
    engine.query("answers", f"CREATE TABLE {table}_whole AS {whole}")
    return sets, parts


def parts_of(slots: tuple[int, ...], channels: int) -> set[tuple[int, ...]]:
    """What choices of personas and of channels can leave of some slots, but for nothing.

    >>> sorted(parts_of((0, 1), 3))
    [(0,), (0, 1), (1,)]
    """
    whose, where = ({divmod(slot, channels)[side] for slot in slots} for side in (0, 1))
    ways = itertools.product(subsets(whose), subsets(where))
    found = {
        tuple(slot for slot in slots if slot // channels in some and slot % channels in many) for some, many in ways
    }
    return found - {()}


def subsets(items: set[int]) -> list[set[int]]:
    """Every choice of at least one."""
    sizes = range(1, len(items) + 1)
    return [set(some) for size in sizes for some in itertools.combinations(sorted(items), size)]


def add_up_batch(
    engine: duckdb.DuckDBPyRelation, table: str, span: tuple[int, int], channels: int, every: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The sums of a span of touchpoints by wave and pair, how many people have which value, and their ways."""
    given = {name: name for name in MEASURES}
    given["paired"] = "CASE WHEN experienced IS NOT NULL THEN expected END"
    given["answered"] = "CASE WHEN coalesce(gap, expected, experienced) IS NOT NULL THEN 1 END"
    own = [f"sum(weight * {value}) AS {name}_a" for name, value in given.items()]
    own += [f"sum(weight) FILTER ({value} IS NOT NULL) AS {name}_b" for name, value in given.items()]
    again = [f"coalesce(sum({name}_{part}), 0) AS {name}_{part}" for name in given for part in "ab"]
    again = ", ".join([*again, "sum(judged) AS judged"])
    some = f"WHERE touchpoint BETWEEN {span[0]} AND {span[1]}"
    query = f"""CREATE TABLE {table}_one AS WITH own AS (
            SELECT touchpoint, id, wave, persona * {channels} + channel AS slot, {", ".join(own)},
                sum(judged::INT) AS judged
            FROM {table}_rows JOIN {table}_units USING (unit) {some} GROUP BY ALL),
        doubled AS (SELECT * FROM own UNION ALL BY NAME
            SELECT touchpoint, id, {every} AS wave, slot, {again} FROM own GROUP BY ALL)
        SELECT touchpoint, wave, pair, id, {again} FROM doubled
        JOIN (SELECT * FROM {table}_sets {some}) USING (touchpoint, id, wave)
        JOIN {table}_parts USING (used, slot) GROUP BY touchpoint, wave, pair, id"""
    engine.query("answers", query)
    figures = ", ".join(f"{text} AS {name}" for name, text in figure_texts().items())
    sums = engine.query(
        "answers", f"SELECT touchpoint, wave, pair, {figures} FROM {table}_one GROUP BY ALL ORDER BY ALL"
    ).df()
    each = [
        f"""SELECT touchpoint, wave, pair, '{name}' AS measure, round({name}_a / {name}_b, 6) + 0.0 AS value,
        count(*) AS n, sum({name}_b) AS weight FROM {table}_one WHERE {name}_b > 0 GROUP BY ALL"""
        for name in MEASURES
    ]
    values = engine.query("answers", f"SELECT * FROM ({' UNION ALL '.join(each)}) ORDER BY ALL").df()
    bits = " + ".join(f"({name}_b > 0)::INT * {1 << place}" for place, name in enumerate(VALUES))
    step = f"wave || ':' || pair || ':' || ({bits})"
    way = f"""SELECT touchpoint, id, string_agg({step}, ' ' ORDER BY wave) AS way FROM {table}_one
        JOIN {table}_whole USING (pair) WHERE wave < {every} GROUP BY touchpoint, id"""
    ways = f"SELECT touchpoint, way, count(*) AS n FROM ({way}) GROUP BY ALL ORDER BY ALL"
    ways = engine.query("answers", ways).df()
    engine.query("answers", f"DROP TABLE {table}_one")
    return sums, values, ways


def figure_texts() -> dict[str, str]:
    """Every sum of a cell, in SQL, of people's sums A and B of each value."""
    texts = {f"n_{name}": f"count(*) FILTER ({name}_b > 0)" for name in VALUES}
    for name in VALUES:
        texts |= {f"{name}_{part}": f"sum({name}_{part})" for part in "ab"}
        texts |= {f"{name}_{a}{b}": f"sum({name}_{a} * {name}_{b})" for a, b in ("aa", "ab", "bb")}
    for name in MEASURES:
        text = f"coalesce(sum(({name}_a / {name}_b) ** {{power}}) FILTER ({name}_b > 0), 0)"
        texts |= {f"power{power}_{name}": text.format(power=power) for power in (1, 2, 3)}
    short = "coalesce(sum({of}) FILTER (gap_b > 0 AND round(gap_a / gap_b, 6) < 0), 0)"
    texts |= {"below": short.format(of="gap_b"), "below_bb": short.format(of="gap_b * gap_b")}
    return texts | {"n_judged": "count(*) FILTER (judged > 0)"}
