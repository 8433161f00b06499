"""Rows that are set aside: left out by people, unusable, or there twice."""

import hashlib
import hmac

import duckdb
import pandas as pd

from cxlib.checks.raw import Look, Raw
from cxlib.engine import first_row, identifier, quote
from cxlib.personal import VALUES
from cxlib.settings import Settings
from cxlib.tables import TABLES, Column, StudyError

PLACES = ("touchpoint", "channel", "wave", "visit", "stage", "event", "kpi", "persona", "kind")
"""Columns of words that tell where and when, and nothing of a person; with ratings and times they are written."""

KEYS = {"ratings": ["response", "touchpoint", "channel", "visit"], "events": ["event_id"]}
"""What makes a row one of its kind, where the first of them is there."""

SHOWN = 60
"""Letters of a value that are shown."""


def leave_out(connection: duckdb.DuckDBPyConnection, raw: Raw, excluded: pd.DataFrame) -> pd.DataFrame:
    """Lines that are left out on purpose, with the reason: by hand (`excluded`: row, reason), or because the survey
    tool says that they are no answers; one that names no row of the file is a mistake."""
    if len(excluded) and raw.files > 1:
        raise StudyError(f"exclude: {raw.source} is {raw.files} files, so a row number names no row; join them first.")
    by_hand = pd.DataFrame({"line": excluded["row"] + raw.first_line - 1, "reason": excluded["reason"]})
    by_tool = pd.DataFrame(raw.left_out.items(), columns=["line", "reason"]).astype({"line": "int64", "reason": "str"})
    out = pd.concat([by_hand, by_tool]).drop_duplicates("line", ignore_index=True).assign(what="excluded")
    connection.register(f"excluded_{raw.table}", out)
    if len(by_hand) and raw.counted == "lines":
        query = f"SELECT _line FROM {raw.relation} WHERE _line IN (SELECT line FROM excluded_{raw.table})"
        there = {*connection.sql(query).df()["_line"], *raw.rejects["line"]}
        unknown = [line - raw.first_line + 1 for line in by_hand["line"] if line not in there]
        if unknown:
            raise StudyError(f"exclude: {raw.source} has no row {unknown[0]}; row 1 is the first row of data.")
    return out


def set_aside(
    connection: duckdb.DuckDBPyConnection, raw: Raw, there: list[Column], looks: dict[str, Look], settings: Settings, *,
    late: bool,
) -> pd.DataFrame:  # fmt: skip
    """Rows that cannot be used and values left blank, each with its line, reason, value, the ratings, times and places
    of the row (not what people wrote, nor who they are), and the keyed hash of the person's id; of `late` rows, which
    are after the day looked at, the line only."""
    if not any(look.bad for look in looks.values()) and not late:
        nothing = ["line", "_row", "what", "reason", "value", "row", "id"]
        return pd.DataFrame(columns=nothing).astype({"line": "int64", "_row": "int64"})
    values, shown = [], []
    for column in there:
        name, fault = identifier(column.name), identifier("fault  " + column.name)
        values.append(f"CASE WHEN {fault} IS NOT NULL THEN CAST({name} AS VARCHAR) END")
        if column in TABLES[raw.table] and (column.name in PLACES or column.kind in ("rating", "number", "time")):
            shown.append(f"{quote(column.name + ': ')} || CAST({name} AS VARCHAR)")
    person = next((identifier(name) for name in ("respondent", "customer", "response") if name in raw.columns), "NULL")
    on_time = "CASE WHEN _reason IS NULL OR NOT suffix(_reason, '(as_of)') THEN"
    table = connection.sql(
        "SELECT _line AS line, _row, CASE WHEN _reason IS NULL THEN 'value' ELSE 'row' END AS what, "
        f"coalesce(_reason, _blanked) AS reason, "
        f"{on_time} left(concat_ws('; ', {', '.join(values)}), {SHOWN}) END AS value, "
        f"{on_time} left(concat_ws('; ', {', '.join([*shown, 'NULL'])}), {5 * SHOWN}) END AS row, "
        f"{on_time} CAST({person} AS VARCHAR) END AS id FROM judged_{raw.table} "
        "WHERE _reason IS NOT NULL OR _blanked <> ''"
    ).df()
    connection.register(f"bad_{raw.table}", table.loc[table["what"] == "row", ["_row"]])
    hidden = table["value"].fillna("").str.contains(VALUES, regex=True)
    table.loc[hidden, "value"] = "(identifies a person)"
    return table.assign(id=[keyed_hash(name, settings.id_key) for name in table["id"]])


def keyed_hash(name: str | None, key: str) -> str:
    """What stands for an id in what is written: nothing without a key, so that no one can try ids out.

    >>> keyed_hash("ann", "secret"), keyed_hash("ann", "")
    ('aad4e6199b77de33', '')
    """
    if not key or not isinstance(name, str):
        return ""
    return hmac.new(key.encode(), name.encode(), hashlib.sha256).hexdigest()[:16]


def find_twice(
    connection: duckdb.DuckDBPyConnection, raw: Raw, there: list[Column], looks: dict[str, Look], bad: pd.DataFrame
) -> pd.DataFrame:
    """Lines that say what another line of the same person says, and answers that were given again later.

    Rows are grouped by a hash of their key first, so that what is compared in full are the few that share one.
    """
    nothing = pd.DataFrame(columns=["line", "_row", "what", "reason"]).astype({"line": "int64", "_row": "int64"})
    names = [column.name for column in there]
    ours = raw.key or KEYS.get(raw.table, [])
    key = [name for name in ours if name in names]
    keyed = bool(key) and key[0] == ours[0] and looks[key[0]].filled > 0
    replaced = raw.table == "ratings" or bool(raw.key)
    if raw.numbered or not keyed and (raw.table not in ("ratings", "respondents") or "respondent" not in names):
        return nothing
    names = ["_rest", *names]
    key = key if keyed else names
    whose = identifier(key[0] if keyed else "respondent")
    hashed = f"hash({', '.join(map(identifier, key))})"
    rows = f"FROM (SELECT * FROM judged_{raw.table}{without(raw, bad=bad)}) WHERE {whose} IS NOT NULL"
    often = f"often_{raw.table}"
    all_rows, different = first_row(connection, f"SELECT count(*), count(DISTINCT {hashed}) {rows}")
    if all_rows == different:
        return nothing
    groups = f"SELECT h FROM (SELECT {hashed} AS h {rows}) GROUP BY h HAVING count(*) > 1"
    connection.execute(f"CREATE TABLE {often} AS {groups}")
    latest = f"{identifier('typed  answered_at')} DESC NULLS LAST, " if "answered_at" in names else ""
    last = "_line DESC" if replaced else "_line"
    again = "answered again; the latest counts, line " if replaced else "its key is that of line "
    table = connection.sql(
        f"WITH rows AS (SELECT * {rows} AND {hashed} IN (SELECT h FROM {often})), "
        f"same AS (SELECT *, min(_line) OVER (PARTITION BY {', '.join(map(identifier, names))}) AS first FROM rows), "
        f"once AS (SELECT *, first_value(_line) OVER (PARTITION BY {', '.join(map(identifier, key))} "
        f"ORDER BY {latest}{last}) AS last FROM same WHERE _line = first) "
        "SELECT _line AS line, _row, 'twice' AS what, 'the same as line ' || first AS reason FROM same "
        "WHERE _line <> first "
        f"UNION ALL SELECT _line, _row, 'twice', {quote(again)} || last FROM once WHERE _line <> last "
        "ORDER BY line, _row"
    ).df()
    connection.register(f"twice_{raw.table}", table[["_row"]])
    return table


def without(raw: Raw, **asides: pd.DataFrame) -> str:
    """Leaving out the rows of lists such as bad_ratings, as SQL; a list of none is not asked row by row."""
    some = [f"_row NOT IN (SELECT _row FROM {name}_{raw.table})" for name, rows in asides.items() if len(rows)]
    return f" WHERE {' AND '.join(some)}" if some else ""


def without_lines(reason: pd.Series) -> pd.Series:
    """Reasons without the lines they name, so that like ones can be counted."""
    return reason.str.replace(r"\bline \d+", "another line", regex=True)


def reasons(aside: pd.DataFrame) -> str:
    """Why rows were set aside, the commonest first."""
    counts = without_lines(aside["reason"]).value_counts()
    said = [f"{count} × {reason}" for reason, count in counts.head(5).items()]
    return "; ".join(said) or "the file has a heading only; export it with its rows"
