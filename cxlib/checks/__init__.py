"""The door where bad data is met: every table is checked inside the engine, whatever file it came from.

A row that cannot be used is set aside with a reason and counted; in tables of people and touchpoints a value that
cannot be used is left blank and listed, and the row is kept; what makes the whole file unusable raises.
"""

import datetime
from dataclasses import replace

import duckdb
import pandas as pd

from cxlib.checks.asides import find_twice, leave_out, reasons, set_aside, without
from cxlib.checks.judging import KEEPS_ROWS, judge
from cxlib.checks.notes import take_notes
from cxlib.checks.raw import Checked, Raw
from cxlib.checks.refusals import refuse_columns, refuse_hopeless, refuse_scales
from cxlib.engine import first_row, identifier
from cxlib.settings import Settings
from cxlib.tables import RESERVED, TABLES, Column, StudyError, nearest

HELD_IN_MEMORY = 2_000_000
"""Rows up to which a checked table is kept; a longer one is read again by each pass, so that memory stays bounded."""


def check_table(
    connection: duckdb.DuckDBPyConnection, raw: Raw, settings: Settings, excluded: pd.DataFrame,
    until: datetime.datetime | None = None,
) -> Checked:  # fmt: skip
    """Cast and check every column of `raw`; rows in = used + quarantined + excluded, exactly.

    `excluded` has the rows people left out (row, reason); `until` is the end of the days looked at (UTC).
    """
    columns = columns_of(raw, settings)
    there = [column for column in columns if column.name in raw.columns]
    out = leave_out(connection, raw, excluded)
    looks = judge(connection, raw, columns, settings, until, out)
    refuse_columns(raw, there, looks, settings)
    bad = set_aside(connection, raw, there, looks, settings, late=until is not None)
    refuse_hopeless(raw, there, looks, settings)
    refuse_scales(connection, raw, bad, settings)
    twice = find_twice(connection, raw, there, looks, bad)
    rejects = raw.rejects[~raw.rejects["line"].isin(out["line"])].assign(what="row")
    aside = pd.concat([rejects, bad, twice, out if raw.counted == "lines" else out.iloc[:0]])
    counts = count_rows(connection, raw, rejects, bad, twice, out)
    later = aside["reason"].str.endswith("(as_of)")
    hopeless = (aside["what"] == "row") & ~later
    if (counts["used"] == 0 and not later.any()) or hopeless.sum() > counts["read"] / 2:
        compare = " Compare the heading with the lines below it." if len(rejects) > counts["read"] / 2 else ""
        raise StudyError(
            f"{raw.source}: {counts['used']} of {counts['read']} rows can be used; {reasons(aside)}.{compare}"
        )
    personal = [name for name, look in looks.items() if look.personal > look.filled / 2 and name not in settings.keep]
    aside = aside.assign(table=raw.table, source=raw.source).sort_values(["line", "reason"], ignore_index=True)
    return Checked(
        raw.table,
        keep_rows(connection, raw, columns, bad, twice, counts, personal),
        aside.reindex(columns=["table", "source", "line", "what", "reason", "value", "row", "id"]),
        counts,
        [*raw.not_mapped, *(name for name in raw.columns if name not in {ours.name for ours in columns})],
        [*raw.personal, *personal],
        raw.columns,
        [*raw.notes, *take_notes(raw, there, looks, settings, twice)],
        raw.unconfirmed,
    )


def columns_of(raw: Raw, settings: Settings) -> list[Column]:
    """The columns to keep: all the table has, and what else respondents bring (segments, outcomes)."""
    declared = TABLES[raw.table]
    missing = [column.name for column in declared if column.required and column.name not in raw.columns]
    if missing:
        wide = " If it has one line a person, as survey tools export it, let cx new --from write its columns file."
        raise StudyError(
            f"{raw.source} lacks the column {missing[0]}. {nearest(missing[0], raw.columns)} Rename it, or say which "
            f"it is: {raw.table}: {{path: {raw.source}, columns: {{{missing[0]}: its heading}}}} in study.yaml."
            + (wide if raw.table == "ratings" else "")
        )
    if raw.table == "ratings" and "respondent" in raw.columns and "response" not in raw.columns:
        return [replace(column, required=column.required or column.name == "respondent") for column in declared]
    if raw.table != "respondents":
        return list(declared)
    ours = {column.name for column in declared}
    own = [column for column in raw.columns if column not in ours]
    taken = [column for column in own if (column in RESERVED or "  " in column) and column not in settings.scales]
    if taken:
        raise StudyError(
            f"{raw.source}: respondents cannot have a column '{taken[0]}', which means something else here; "
            f"rename it, such as respondent_{taken[0]}."
        )
    return [
        *declared,
        *(Column(name, "rating" if name in settings.scales else "text", "the study's own") for name in own),
    ]


def count_rows(
    connection: duckdb.DuckDBPyConnection, raw: Raw, rejects: pd.DataFrame, bad: pd.DataFrame, twice: pd.DataFrame,
    excluded: pd.DataFrame,
) -> dict:  # fmt: skip
    """What became of every row of the file; a row that is not accounted for is a bug."""
    left_out = f"SELECT count(*) FROM {raw.relation} WHERE _line IN (SELECT line FROM excluded_{raw.table})"
    read, kept, out = first_row(
        connection,
        f"SELECT (SELECT count(*) FROM {raw.relation}), (SELECT count(*) FROM judged_{raw.table}), "
        f"({left_out if len(excluded) else '0'})",
    )
    unusable = int((bad["what"] == "row").sum())
    counts = dict(
        table=raw.table,
        source=raw.source,
        counted=raw.counted,
        read=read + len(raw.rejects),
        used=kept - unusable - len(twice),
        quarantined=unusable + len(rejects),
        excluded=out + len(raw.rejects) - len(rejects) + len(twice),
    )
    if counts["used"] + counts["quarantined"] + counts["excluded"] != counts["read"]:
        raise RuntimeError(f"rows do not add up: {counts}")
    return counts


def keep_rows(
    connection: duckdb.DuckDBPyConnection, raw: Raw, columns: list[Column], bad: pd.DataFrame, twice: pd.DataFrame,
    counts: dict, personal: list[str],
) -> str:  # fmt: skip
    """The rows that can be used, under the name of a relation of the engine."""
    final = []
    for column in columns:
        name, typed = identifier(column.name), identifier("typed  " + column.name)
        keeps = raw.table in KEEPS_ROWS and column.name in raw.columns and not column.required
        value = f"CASE WHEN {identifier('fault  ' + column.name)} IS NULL THEN {typed} END" if keeps else typed
        if column.name == "missing_reason":
            words = [identifier("none  " + side) for side in ("experienced", "expected") if side in raw.columns]
            value = f"coalesce({', '.join([typed, *words])})"
        if column.name not in personal:
            final.append(f"{value} AS {name}")
    kind = "TABLE" if counts["read"] <= HELD_IN_MEMORY else "VIEW"
    relation = f"checked_{raw.table}"
    connection.execute(
        f"CREATE {kind} {relation} AS SELECT _line, {', '.join(final)} FROM judged_{raw.table} "
        f"{without(raw, bad=bad[bad['what'] == 'row'], twice=twice)}"
    )
    if kind == "TABLE" and first_row(connection, f"SELECT count(*) FROM {relation}") != (counts["used"],):
        raise RuntimeError(f"{relation} has not the rows it should: {counts}")
    return relation
