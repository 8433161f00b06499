"""Judging a table inside the engine: what each value is, what is wrong with it, and one look over all of it."""

import datetime

import duckdb
import pandas as pd

from cxlib.checks.casting import (
    SQL_TYPES,
    cast,
    clean,
    faults_of,
    is_numeric,
    is_time,
    is_untidy,
    no_answer,
    of_no_zone,
    written,
)
from cxlib.checks.raw import Look, Raw
from cxlib.engine import first_row, identifier, quote
from cxlib.personal import VALUES
from cxlib.settings import Settings
from cxlib.tables import Column

KEEPS_ROWS = ("respondents", "touchpoints")
JUDGED_IN_MEMORY = 50_000
"""Rows up to which what is found of each value is kept; of more it is found again by each pass."""

SAID_WHEN = {"ratings": "answered_at", "events": "time", "kpis": "date", "feedback": "time"}


def judge(
    connection: duckdb.DuckDBPyConnection, raw: Raw, columns: list[Column], settings: Settings,
    until: datetime.datetime | None, excluded: pd.DataFrame,
) -> dict[str, Look]:  # fmt: skip
    """Make the relation judged_<table> without the `excluded` lines and look it over; once more with text made tidy,
    where some of it is not."""
    relation = connection.table(raw.relation)
    kinds = {name: str(kind) for name, kind in zip(relation.columns, relation.types, strict=True)}
    there = [column for column in columns if column.name in kinds]
    out = f" WHERE _line NOT IN (SELECT line FROM excluded_{raw.table})" if len(excluded) else ""
    source = f"{raw.relation}{out}"
    [rows] = first_row(connection, f"SELECT count(*) FROM {source}")
    held = "TABLE" if rows <= JUDGED_IN_MEMORY else "VIEW"
    untidy: set[str] = set()
    while True:
        query = judging_sql(raw, source, columns, kinds, settings, until, untidy)
        connection.execute(f"CREATE OR REPLACE {held} judged_{raw.table} AS {query}")
        looks = look_over(connection, raw, there, kinds)
        found = {name for name, look in looks.items() if look.untidy} - untidy
        if not found:
            return looks
        untidy |= found


def judging_sql(
    raw: Raw, source: str, columns: list[Column], kinds: dict[str, str], settings: Settings,
    until: datetime.datetime | None, untidy: set[str],
) -> str:  # fmt: skip
    """Every column cleaned ("x"), cast ("typed x") and judged ("fault x"), why a row cannot be used, and what else is
    seen in a look over it, as one query."""
    text, cleaned, typed, faults, fatal, mild = [], [], [], [], [], []
    ours = {column.name for column in columns}
    others = [identifier(name) for name in raw.columns if name not in ours]
    rest = f"hash({', '.join(others)})" if others else "0"
    for column in columns:
        kind, name = kinds.get(column.name), identifier(column.name)
        if kind is None:
            typed.append(f"CAST(NULL AS {SQL_TYPES[column.kind]}) AS {identifier('typed  ' + column.name)}")
            continue
        text.append(f"{written(column, kind, column.name in untidy)} AS {name}")
        cleaned.append(f"{clean(column, kind, settings)} AS {name}")
        cleaned.append(f"{no_answer(column, kind)} AS {identifier('none  ' + column.name)}")
        cleaned.append(f"{is_untidy(column, kind)} AS {identifier('untidy  ' + column.name)}")
        typed.append(f"{cast(column, kind, settings)} AS {identifier('typed  ' + column.name)}")
        if column.kind == "time":
            typed.append(f"{of_no_zone(column, kind)} AS {identifier('clock  ' + column.name)}")
        said_when = SAID_WHEN.get(raw.table) == column.name
        cases = faults_of(column, kind, settings, until if said_when else None)
        fault = identifier("fault  " + column.name)
        faults.append(f"CASE {' '.join(cases)} END AS {fault}" if cases else f"CAST(NULL AS VARCHAR) AS {fault}")
        keeps = raw.table in KEEPS_ROWS and not column.required and column.name != "weight"
        (mild if keeps else fatal).append(fault)
    return (
        f"WITH written AS (SELECT _line, {raw.row} AS _row, {rest} AS _rest, {', '.join(text)} FROM {source}), "
        f"cleaned AS (SELECT _line, _row, _rest, {', '.join(cleaned)} FROM written), "
        f"typed AS (SELECT *, {', '.join(typed)} FROM cleaned), faulty AS (SELECT *, {', '.join(faults)} FROM typed) "
        f"SELECT *, coalesce({', '.join([*fatal, 'NULL'])}) AS _reason, "
        f"concat_ws('; ', {', '.join([*mild, 'NULL'])}) AS _blanked FROM faulty"
    )


def look_over(
    connection: duckdb.DuckDBPyConnection, raw: Raw, there: list[Column], kinds: dict[str, str]
) -> dict[str, Look]:
    """One pass over the table: a `Look` of every column that is there."""
    asked = [
        f"{{{', '.join(f'{quote(part)}: {sql}' for part, sql in parts_of(raw, column, kinds[column.name]).items())}}}"
        for column in there
    ]
    found = first_row(connection, f"SELECT {', '.join(asked)} FROM judged_{raw.table}")
    return {
        column.name: Look(**look, first=find_first(connection, raw, column) if look["bad"] else None)
        for column, look in zip(there, found, strict=True)
    }


def parts_of(raw: Raw, column: Column, kind: str) -> dict[str, str]:
    """What is asked of a column in a look, as SQL; what cannot be is not asked."""
    value, fault, typed, word = (identifier(prefix + column.name) for prefix in ("", "fault  ", "typed  ", "none  "))
    number = column.kind in ("rating", "number")
    text = not is_time(column, kind) and not is_numeric(column, kind)
    words = text and column.kind not in ("key", "text")
    judged = column.required or column.kind not in ("key", "text")
    people = raw.table == "respondents" and column.kind == "text"
    return {
        "filled": f"count({value})",
        "bad": f"count(CASE WHEN NOT suffix({fault}, '(as_of)') THEN 1 END)" if judged else "0",
        "low": f"min({typed})" if number else "NULL",
        "high": f"max({typed})" if number else "NULL",
        "of_no_zone": f"count(*) FILTER (WHERE {identifier('clock  ' + column.name)})"
        if column.kind == "time"
        else "0",
        "no_answer": f"count({word})" if words else "0",
        "word": f"min({word})" if words else "NULL",
        "untidy": f"coalesce(bool_or({identifier('untidy  ' + column.name)}), false)" if text else "false",
        "personal": f"count(*) FILTER (WHERE regexp_full_match({value}, {quote(VALUES)}))" if people else "0",
    }


def find_first(connection: duckdb.DuckDBPyConnection, raw: Raw, column: Column) -> dict | None:
    """The first value of a column that cannot be used, with its line and the reason."""
    value, fault = identifier(column.name), identifier("fault  " + column.name)
    found = connection.execute(
        f"SELECT _line, CAST({value} AS VARCHAR), {fault} FROM judged_{raw.table} "
        f"WHERE {fault} IS NOT NULL AND NOT suffix({fault}, '(as_of)') AND {value} IS NOT NULL ORDER BY _line LIMIT 1"
    ).fetchall()
    return dict(zip(("line", "value", "reason"), found[0], strict=True)) if found else None
