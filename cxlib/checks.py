"""The door where bad data is met: every table is checked inside the engine, whatever file it came from.

A row that cannot be used is set aside with a reason and counted; what makes the whole file unusable raises.
"""

from dataclasses import dataclass

import duckdb
import pandas as pd

from cxlib.engine import first_row, name, quote
from cxlib.settings import Settings
from cxlib.tables import TABLES, Column, StudyError

DATE_FORMATS = {"ymd": "%Y{0}%m{0}%d", "dmy": "%d{0}%m{0}%Y", "mdy": "%m{0}%d{0}%Y"}
CLOCKS = ["", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p"]
STANDARD_SCALES = [(1, 5), (1, 7), (0, 10), (1, 10), (1, 11), (0, 100)]
SQL_TYPES = {"key": "VARCHAR", "text": "VARCHAR", "rating": "DOUBLE", "number": "DOUBLE", "time": "TIMESTAMP"}


@dataclass(frozen=True)
class Raw:
    """A table as a loader found it: a relation of the engine with `line` and untouched columns, and lines set aside.

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
    """A table that may be used, the rows set aside (table, source, line, reason), and the count of all rows."""

    table: str
    relation: str
    columns: list[str]
    quarantined: pd.DataFrame
    counts: dict


def check_table(connection: duckdb.DuckDBPyConnection, raw: Raw, settings: Settings, excluded: pd.DataFrame) -> Checked:
    """Cast and check every column of `raw`; rows in = used + quarantined + excluded, exactly."""
    if len(excluded) and raw.files > 1:
        raise StudyError(
            f"exclude: {raw.source} names {raw.files} files, so a row number names no row; join them first."
        )
    columns = columns_of(raw, settings)
    relation = f"checked_{raw.table}"
    connection.register(f"excluded_{raw.table}", excluded.assign(line=excluded["row"] + 1))
    connection.execute(f"CREATE TABLE {relation} AS {checking_sql(connection, raw, columns, settings)}")
    refuse_hopeless(connection, raw, relation, columns, settings)
    set_aside = connection.sql(
        f"SELECT line, reason FROM {relation} WHERE reason IS NOT NULL ORDER BY line, reason"
    ).df()
    quarantined = pd.concat([raw.rejects, set_aside], ignore_index=True).assign(table=raw.table, source=raw.source)
    [used] = first_row(connection, f"SELECT count(*) FROM {relation} WHERE reason IS NULL")
    if used == 0:
        raise StudyError(f"{raw.source}: no rows are left of {raw.table}; {reasons(quarantined)}.")
    [left_out] = first_row(
        connection, f"SELECT count(*) FROM {raw.relation} SEMI JOIN excluded_{raw.table} USING (line)"
    )
    counts = dict(table=raw.table, source=raw.source, counted=raw.counted, used=used, quarantined=len(quarantined))
    counts |= dict(excluded=left_out, read=used + len(quarantined) + left_out)
    return Checked(
        raw.table,
        f"(SELECT * EXCLUDE (reason) FROM {relation} WHERE reason IS NULL)",
        [column.name for column in columns],
        quarantined[["table", "source", "line", "reason"]],
        counts,
    )


def reasons(quarantined: pd.DataFrame) -> str:
    """Why rows were set aside, the commonest first."""
    counts = quarantined["reason"].value_counts()
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
    if raw.table != "respondents":
        return list(declared)
    ours = {column.name for column in declared}
    own = [column for column in raw.columns if column not in ours]
    return [
        *declared,
        *(Column(column, "rating" if column in settings.scales else "text", "of the study") for column in own),
    ]


def checking_sql(connection: duckdb.DuckDBPyConnection, raw: Raw, columns: list[Column], settings: Settings) -> str:
    """The cast and the reason a row cannot be used, as one query."""
    types = dict(zip(*(lambda relation: (relation.columns, relation.types))(connection.table(raw.relation))))
    cleaned = ", ".join(f"{clean(column, types, settings)} AS {name(column.name)}" for column in columns)
    typed = ", ".join(f"{cast(column, settings)} AS {name('typed ' + column.name)}" for column in columns)
    faults = " ".join(fault for column in columns for fault in faults_of(column, settings))
    chosen = ", ".join(f"{name('typed ' + column.name)} AS {name(column.name)}" for column in columns)
    return (
        f"WITH kept AS (SELECT * FROM {raw.relation} ANTI JOIN excluded_{raw.table} USING (line)), "
        f"cleaned AS (SELECT line, {cleaned} FROM kept), typed AS (SELECT *, {typed} FROM cleaned) "
        f"SELECT line, {chosen}, {f'CASE {faults} END' if faults else 'CAST(NULL AS VARCHAR)'} AS reason FROM typed"
    )


def clean(column: Column, types: dict, settings: Settings) -> str:
    """The column with blanks and declared missing codes as NULL; an absent column is NULL."""
    if column.name not in types:
        return "CAST(NULL AS VARCHAR)"
    text = str(types[column.name]) == "VARCHAR"
    if not text and column.kind in ("rating", "number"):
        codes = [code for code in settings.missing if is_number(code)]
        value = f"CAST({name(column.name)} AS DOUBLE)"
    else:
        codes = [quote(code) for code in settings.missing]
        value = f"nullif(trim(CAST({name(column.name)} AS VARCHAR)), '')"
    if column.kind == "key" or not codes:
        return value
    return f"CASE WHEN {value} IN ({', '.join(codes)}) THEN NULL ELSE {value} END"


def is_number(text: str) -> bool:
    """Whether a text reads as a number.

    >>> is_number("99"), is_number("prefer not to say")
    (True, False)
    """
    try:
        float(text)
    except ValueError:
        return False
    return True


def cast(column: Column, settings: Settings) -> str:
    """The cleaned column in its type, NULL where it cannot be; times become UTC."""
    value = name(column.name)
    if column.kind != "time":
        return f"TRY_CAST({value} AS {SQL_TYPES[column.kind]})"
    formats = ", ".join(
        quote(DATE_FORMATS[settings.date_order].format(mark) + clock) for mark in "-/." for clock in CLOCKS
    )
    declared = f"timezone({quote(settings.zone)}, try_strptime({value}, [{formats}]))"
    iso = f"CASE WHEN regexp_matches({value}, '^\\d{{4}}-\\d\\d-\\d\\d') THEN "
    stamped = f"TRY_CAST(CASE WHEN regexp_matches({value}, '(Z|[+-]\\d\\d:?\\d\\d)$') THEN {value} END AS TIMESTAMPTZ)"
    local = f"timezone({quote(settings.zone)}, TRY_CAST({value} AS TIMESTAMP))"
    return f"CAST({iso} coalesce({stamped}, {local}) ELSE {declared} END AS TIMESTAMP)"


def faults_of(column: Column, settings: Settings) -> list[str]:
    """`WHEN … THEN reason` for everything that can be wrong with the column."""
    value, typed = name(column.name), name("typed " + column.name)
    faults = []
    if column.required:
        faults.append(f"WHEN {value} IS NULL THEN {quote(f'no {column.name}')}")
    if column.kind in ("rating", "number"):
        faults.append(f"WHEN {value} IS NOT NULL AND {typed} IS NULL THEN {quote(f'{column.name} is not a number')}")
        faults.append(f"WHEN NOT isfinite({typed}) THEN {quote(f'{column.name} is not a number')}")
    if column.kind == "rating" and column.name in settings.scales:
        low, high = settings.scales[column.name]
        reason = quote(f"{column.name} is outside {low:g} to {high:g}")
        faults.append(f"WHEN {typed} < {low} OR {typed} > {high} THEN {reason}")
    if column.kind == "time":
        faults.append(f"WHEN {value} IS NOT NULL AND {typed} IS NULL THEN {quote(f'{column.name} is not a date')}")
    return faults


def refuse_hopeless(
    connection: duckdb.DuckDBPyConnection, raw: Raw, relation: str, columns: list[Column], settings: Settings
) -> None:
    """Raise when a scale is not declared, or when most of a column is unusable: then the reading is wrong, not a row."""
    for column in columns:
        if column.name not in raw.columns:
            continue
        filled, low, high = first_row(
            connection,
            f"SELECT count(v), min(n), max(n) FROM (SELECT nullif(trim(CAST({name(column.name)} AS VARCHAR)), '') AS v, "
            f"TRY_CAST(v AS DOUBLE) AS n FROM {raw.relation})",
        )
        if column.kind == "rating" and filled and column.name not in settings.scales:
            raise StudyError(
                f"{raw.source}: '{column.name}' holds answers from {low:g} to {high:g} and study.yaml declares no scale "
                f"for it; add scales: {{{column.name}: {likely_scale(low, high)}}}."
            )
        bad, first, reason = first_row(
            connection,
            f"SELECT count(*), min(line), min_by(reason, line) FROM {relation} "
            f"WHERE starts_with(reason, {quote(column.name + ' is ')})",
        )
        if bad > filled / 2:
            raise StudyError(hopeless(connection, raw, column, bad, filled, first, reason, (low, high)))


def hopeless(connection, raw: Raw, column: Column, bad: int, filled: int, first: int, reason: str, seen: tuple) -> str:
    """How much of a column is wrong, one instance, and what would help."""
    [value] = first_row(connection, f"SELECT {name(column.name)} FROM {raw.relation} WHERE line = {first}")
    words = (
        f"{raw.source}: {bad} of {filled} '{column.name}' answers: {reason}; first, line {first}: {str(value)[:60]!r}. "
    )
    if column.kind == "time":
        return words + "Declare how dates are written, such as dates: {order: dmy, zone: Europe/Berlin}, in study.yaml."
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
