"""The door where bad data is met: every table is checked inside the engine, whatever file it came from.

A row that cannot be used is set aside with a reason and counted; in tables of people and touchpoints a value that
cannot be used is left blank and listed, and the row is kept; what makes the whole file unusable raises.
"""

import math
from dataclasses import dataclass, replace

import duckdb
import pandas as pd

from cxlib.engine import first_row, identifier, quote
from cxlib.settings import Settings
from cxlib.tables import RESERVED, TABLES, Column, StudyError

DATE_FORMATS = {"ymd": "%y{0}%m{0}%d", "dmy": "%d{0}%m{0}%y", "mdy": "%m{0}%d{0}%y"}
CLOCKS = ["", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p"]
STANDARD_SCALES = [(1, 5), (1, 7), (0, 10), (1, 10), (1, 11), (0, 100)]
SQL_TYPES = {"key": "VARCHAR", "text": "VARCHAR", "rating": "DOUBLE", "number": "DOUBLE", "time": "TIMESTAMP"}
KEEPS_ROWS = ("respondents", "touchpoints")
NUMERIC = (
    "DOUBLE",
    "FLOAT",
    "DECIMAL",
    "BIGINT",
    "INT",
    "HUGEINT",
    "TINYINT",
    "SMALLINT",
    "UBIGINT",
    "UINT",
    "UTINYINT",
    "USMALLINT",
)


@dataclass(frozen=True)
class Raw:
    """A table as a loader found it: a relation of the engine with `_line` and untouched columns, and lines set aside.

    `counted` says what a row of it is: a line of the file, or an answer of a wide export.
    """

    table: str
    relation: str
    source: str
    columns: list[str]
    rejects: pd.DataFrame
    files: int = 1
    counted: str = "lines"


@dataclass(frozen=True)
class Checked:
    """A table that may be used, what was set aside (table, source, line, what, reason), the count of rows, and columns
    of the file that are none of ours."""

    table: str
    relation: str
    quarantined: pd.DataFrame
    counts: dict
    not_used: list[str]


def check_table(connection: duckdb.DuckDBPyConnection, raw: Raw, settings: Settings, excluded: pd.DataFrame) -> Checked:
    """Cast and check every column of `raw`; rows in = used + quarantined + excluded, exactly."""
    if len(excluded) and raw.files > 1:
        raise StudyError(f"exclude: {raw.source} is {raw.files} files, so a row number names no row; join them first.")
    relation, columns = f"checked_{raw.table}", columns_of(raw, settings)
    connection.register(f"excluded_{raw.table}", excluded)
    connection.execute(f"CREATE TABLE {relation} AS {checking_sql(connection, raw, columns, settings)}")
    refuse_hopeless(connection, raw, relation, columns, settings)
    rejects = raw.rejects[~raw.rejects["line"].isin(excluded["line"])]
    rows = connection.sql(f"SELECT _line AS line, _reason AS reason FROM {relation} WHERE _reason IS NOT NULL").df()
    blanks = connection.sql(f"SELECT _line AS line, _blanked AS reason FROM {relation} WHERE _blanked <> ''").df()
    listed = pd.concat([pd.concat([rejects, rows]).assign(what="row"), blanks.assign(what="value")])
    if raw.counted == "lines":
        listed = pd.concat([listed, excluded.assign(what="excluded")])
    [read] = first_row(connection, f"SELECT count(*) FROM {raw.relation}")
    [used] = first_row(connection, f"SELECT count(*) FROM {relation} WHERE _reason IS NULL")
    counts = dict(table=raw.table, source=raw.source, counted=raw.counted, read=read + len(raw.rejects), used=used)
    counts |= dict(quarantined=len(rejects) + len(rows), excluded=count_excluded(connection, raw, excluded))
    if used + counts["quarantined"] + counts["excluded"] != counts["read"]:
        raise RuntimeError(f"rows do not add up: {counts}")
    if used == 0 or counts["quarantined"] > counts["read"] / 2:
        raise StudyError(f"{raw.source}: {used} of {counts['read']} rows can be used; {reasons(listed)}.")
    listed = listed.assign(table=raw.table, source=raw.source).sort_values(["line", "reason"], ignore_index=True)
    usable = f"(SELECT * EXCLUDE (_reason, _blanked) FROM {relation} WHERE _reason IS NULL)"
    not_used = [column for column in raw.columns if column not in {ours.name for ours in columns}]
    return Checked(raw.table, usable, listed[["table", "source", "line", "what", "reason"]], counts, not_used)


def count_excluded(connection: duckdb.DuckDBPyConnection, raw: Raw, excluded: pd.DataFrame) -> int:
    """How many rows the exclusions took out; one that names no row of the file is a mistake."""
    found = connection.sql(
        f"SELECT _line FROM {raw.relation} WHERE _line IN (SELECT line FROM excluded_{raw.table})"
    ).df()
    lines = {*found["_line"], *raw.rejects["line"]}
    unknown = [line - 1 for line in excluded["line"] if line not in lines]
    if unknown and raw.counted == "lines":
        raise StudyError(f"exclude: {raw.source} has no row {unknown[0]}; row 1 is the first row of data.")
    return len(found) + int(raw.rejects["line"].isin(excluded["line"]).sum())


def reasons(listed: pd.DataFrame) -> str:
    """Why rows were set aside, the commonest first."""
    counts = listed["reason"].value_counts()
    return "; ".join(f"{count} × {reason}" for reason, count in counts.items()) or "the file has a heading only"


def columns_of(raw: Raw, settings: Settings) -> list[Column]:
    """The columns to keep: all the table has, and what else respondents bring (segments, outcomes)."""
    declared = TABLES[raw.table]
    missing = [column.name for column in declared if column.required and column.name not in raw.columns]
    if missing:
        raise StudyError(
            f"{raw.source} lacks the column {missing[0]}; it has {raw.columns}. Rename it there, or say which it is: "
            f"{raw.table}: {{path: {raw.source}, columns: {{{missing[0]}: its heading}}}} in study.yaml."
        )
    if raw.table == "ratings" and "respondent" in raw.columns and "response" not in raw.columns:
        return [replace(column, required=column.required or column.name == "respondent") for column in declared]
    if raw.table != "respondents":
        return list(declared)
    ours = {column.name for column in declared}
    own = [column for column in raw.columns if column not in ours]
    taken = [column for column in own if column in RESERVED and column not in settings.scales]
    if taken:
        raise StudyError(
            f"{raw.source}: respondents cannot have a column '{taken[0]}', which means something else here; "
            f"rename it, such as respondent_{taken[0]}."
        )
    return [
        *declared,
        *(Column(name, "rating" if name in settings.scales else "text", "the study's own") for name in own),
    ]


def checking_sql(connection: duckdb.DuckDBPyConnection, raw: Raw, columns: list[Column], settings: Settings) -> str:
    """The cast, the reason a row cannot be used, and the values left blank, as one query."""
    relation = connection.table(raw.relation)
    types = {name: str(kind) for name, kind in zip(relation.columns, relation.types, strict=True)}
    cleaned, typed, final, fatal, mild = [], [], [], [], []
    for column in columns:
        name, cast_name = identifier(column.name), identifier("typed " + column.name)
        cleaned.append(f"{clean(column, types, settings)} AS {name}")
        typed.append(f"{cast(column, types, settings)} AS {cast_name}")
        fault = f"CASE {' '.join(faults_of(column, settings))} END"
        if raw.table in KEEPS_ROWS and not column.required and column.name != "weight":
            mild.append(fault)
            final.append(f"CASE WHEN {fault} IS NULL THEN {cast_name} END AS {name}")
        else:
            fatal.append(fault)
            final.append(f"{cast_name} AS {name}")
    return (
        f"WITH kept AS (SELECT * FROM {raw.relation} WHERE _line NOT IN (SELECT line FROM excluded_{raw.table})), "
        f"cleaned AS (SELECT _line, {', '.join(cleaned)} FROM kept), "
        f"typed AS (SELECT *, {', '.join(typed)} FROM cleaned) "
        f"SELECT _line, {', '.join(final)}, coalesce({', '.join([*fatal, 'NULL'])}) AS _reason, "
        f"concat_ws('; ', {', '.join([*mild, 'NULL'])}) AS _blanked FROM typed"
    )


def clean(column: Column, types: dict[str, str], settings: Settings) -> str:
    """The column with blanks and missing answers as NULL, answers in words as their number; NULL where it is absent."""
    kind, name = types.get(column.name), identifier(column.name)
    if kind is None:
        return "CAST(NULL AS VARCHAR)"
    if column.kind == "time" and kind.startswith(("TIMESTAMP", "DATE")):
        return name
    if column.kind in ("rating", "number") and kind.startswith(NUMERIC):
        codes = [code for code in settings.missing if is_number(code)]
        value = f"CASE WHEN NOT isnan(CAST({name} AS DOUBLE)) THEN CAST({name} AS DOUBLE) END"
    else:
        codes = [quote(code) for code in settings.missing]
        value = f"nullif(trim(CAST({name} AS VARCHAR)), '')"
    said = [f"WHEN {value} IN ({', '.join(codes)}) THEN NULL"] if codes and column.kind != "key" else []
    if column.kind == "rating" and not kind.startswith(NUMERIC):
        words = settings.codes.get(column.name, {})
        said += [f"WHEN {value} = {quote(word)} THEN {quote(f'{number:g}')}" for word, number in words.items()]
    return f"CASE {' '.join(said)} ELSE {value} END" if said else value


def is_number(text: str) -> bool:
    """Whether a text reads as a number.

    >>> is_number("99"), is_number("prefer not to say"), is_number("nan")
    (True, False, False)
    """
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def cast(column: Column, types: dict[str, str], settings: Settings) -> str:
    """The cleaned column in its type, NULL where it cannot be; times become UTC."""
    value, zone = identifier(column.name), quote(settings.zone)
    if column.kind != "time":
        return f"TRY_CAST({value} AS {SQL_TYPES[column.kind]})"
    kind = types.get(column.name, "VARCHAR")
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"CAST({value} AS TIMESTAMP)"
    if kind.startswith(("TIMESTAMP", "DATE")):
        return f"CAST(timezone({zone}, CAST({value} AS TIMESTAMP)) AS TIMESTAMP)"
    short = [DATE_FORMATS[settings.date_order].format(mark) + clock for mark in "-/." for clock in CLOCKS]
    formats = [*short, *(form.replace("%y", "%Y") for form in short)]
    declared = f"timezone({zone}, try_strptime({value}, [{', '.join(map(quote, formats))}]))"
    offset = f"regexp_matches({value}, '(Z|UTC|[+-]\\d\\d(:?\\d\\d)?)$') AND regexp_matches({value}, ':')"
    stamped = f"TRY_CAST(CASE WHEN {offset} THEN {value} END AS TIMESTAMPTZ)"
    local = f"timezone({zone}, TRY_CAST({value} AS TIMESTAMP))"
    iso = f"regexp_matches({value}, '^\\d{{4}}-\\d\\d-\\d\\d')"
    return f"CAST(CASE WHEN {iso} THEN coalesce({stamped}, {local}) ELSE {declared} END AS TIMESTAMP)"


def faults_of(column: Column, settings: Settings) -> list[str]:
    """`WHEN … THEN reason` for everything that can be wrong with the column."""
    value, typed = identifier(column.name), identifier("typed " + column.name)
    faults = [f"WHEN {value} IS NULL THEN {quote(f'no {column.name}')}"] if column.required else []
    if column.kind in ("rating", "number"):
        reason = quote(f"{column.name} is not a number")
        faults.append(f"WHEN {value} IS NOT NULL AND ({typed} IS NULL OR NOT isfinite({typed})) THEN {reason}")
    if column.kind == "rating" and column.name in settings.scales:
        low, high = settings.scales[column.name]
        reason = quote(f"{column.name} is outside {low:g} to {high:g}")
        faults.append(f"WHEN {typed} < {low} OR {typed} > {high} THEN {reason}")
    if column.kind == "time":
        wrong = f"{value} IS NOT NULL AND ({typed} IS NULL OR year({typed}) NOT BETWEEN 1901 AND 2100)"
        faults.append(f"WHEN {wrong} THEN {quote(f'{column.name} is not a date')}")
    return faults or ["WHEN false THEN ''"]


def refuse_hopeless(
    connection: duckdb.DuckDBPyConnection, raw: Raw, relation: str, columns: list[Column], settings: Settings
) -> None:
    """Raise when a scale is not declared, or most of a column is unusable: then the reading is wrong, not a row."""
    for column in columns:
        if column.name not in raw.columns or column.kind in ("key", "text"):
            continue
        name, starts = identifier(column.name), quote(column.name + " is ")
        filled, low, high = first_row(
            connection,
            f"SELECT count(v), min(n), max(n) FROM (SELECT nullif(trim(CAST({name} AS VARCHAR)), '') AS v, "
            f"TRY_CAST(v AS DOUBLE) AS n FROM {raw.relation})",
        )
        if column.kind == "rating" and filled and column.name not in settings.scales:
            seen = "no numbers" if low is None else f"answers from {low:g} to {high:g}"
            scale = [1, 7] if low is None else likely_scale(low, high)
            raise StudyError(
                f"{raw.source}: '{column.name}' holds {seen} and study.yaml declares no scale for it; "
                f"add scales: {{{column.name}: {scale}}}."
            )
        fault = f"coalesce(_reason, _blanked) LIKE {starts} || '%'"
        bad, first, reason = first_row(
            connection,
            f"SELECT count(*), min(_line), min_by(coalesce(_reason, _blanked), _line) FROM {relation} WHERE {fault}",
        )
        if bad > filled / 2:
            raise StudyError(hopeless(connection, raw, column, settings, (bad, filled), first, reason, (low, high)))


def hopeless(
    connection: duckdb.DuckDBPyConnection,
    raw: Raw,
    column: Column,
    settings: Settings,
    share: tuple,
    first: int,
    reason: str,
    seen: tuple,
) -> str:
    """How much of a column is wrong, one instance, and what would help."""
    values = connection.sql(f"SELECT {identifier(column.name)} AS v FROM {raw.relation} WHERE _line = {first}").df()[
        "v"
    ]
    low, high = settings.scales.get(column.name, (math.inf, -math.inf))
    good = pd.to_numeric(values, errors="coerce").between(low, high) | (
        values.fillna("").astype("str").str.strip() == ""
    )
    value = values[~good].iloc[0]
    words = (
        f"{raw.source}: {share[0]} of {share[1]} '{column.name}' answers cannot be used ({reason}); "
        f"first, line {first}: {str(value)[:60]!r}. "
    )
    if column.kind == "time":
        return words + (
            f"Dates are read as {settings.date_order}; declare how they are written in study.yaml, "
            "such as dates: {order: dmy, zone: Europe/Berlin}."
        )
    if "outside" in reason:
        scale = likely_scale(*seen)
        return (
            words + f"If the scale is {scale[0]} to {scale[1]}, set scales: {{{column.name}: {scale}}} in study.yaml."
        )
    return words + f"Is the right column mapped to '{column.name}'?"


def likely_scale(low: float, high: float) -> list:
    """The first usual scale that holds both ends.

    >>> likely_scale(2, 7)
    [1, 7]
    """
    usual = [scale for scale in STANDARD_SCALES if scale[0] <= low and high <= scale[1]]
    return list(usual[0]) if usual else [low, high]
