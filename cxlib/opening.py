"""From a folder with a study.yaml to a Study: read, checked, in agreement with itself."""

import json
from pathlib import Path

import duckdb
import narwhals as nw
import pandas as pd

from cxlib.agreement import check_agreement
from cxlib.catalogue import speak
from cxlib.checks.casting import SQL_TYPES
from cxlib.engine import block_of, connect, identifier
from cxlib.loaders import load_tables
from cxlib.priorities.playbook import read_playbook
from cxlib.settings import read_settings
from cxlib.strict_yaml import texts
from cxlib.study import ROOT, Study, View
from cxlib.tables import TABLES, StudyError, nearest
from cxlib.view import KANO, check_view, day_ends, parse_day

ENGINES = ["duckdb", "pandas"]


def open_study(path: str | Path, *, engine: str = "duckdb", groups: str = "", **view) -> Study:
    """Open the study in folder `path`, read and check its files, and look at the part `view` names (see `View`).

    A relative path is tried from the working folder, then from the project's root. `engine` is "duckdb" or "pandas".
    `groups` is a file that says which small groups are not shown; without it that is decided here.
    """
    if engine not in ENGINES:
        raise StudyError(f"engine: '{engine}' is not known. {nearest(engine, ENGINES)}", code=2)
    folder = find_study(path)
    settings = read_settings(folder)
    speak(settings.language)
    view["by"] = texts(view.get("by") or None)
    if not {"ratings", "events", "kpis"} & set(settings.files):
        raise StudyError(
            f"{folder}/study.yaml names no data; a study needs at least one of ratings, events, kpis. "
            "Add a file of them, or let cx new --from put in a survey export."
        )
    connection = connect(folder)
    until = day_ends(settings.clock, parse_day(view["as_of"])) if view.get("as_of") else None
    checked = load_tables(connection, folder, settings, until)
    relations = {table: empty_table(table) for table in TABLES} | {table.table: table.relation for table in checked}
    tables = {table: engine_table(connection, table, relation, engine) for table, relation in relations.items()}
    study = Study(
        settings,
        tables,
        View(**view),
        folder,
        pd.DataFrame([table.counts for table in checked])[
            ["table", "source", "counted", "read", "used", "quarantined", "excluded"]
        ],
        pd.concat([table.quarantined for table in checked], ignore_index=True),
        {table.table: table.not_used for table in checked if table.not_used},
        frozenset(TABLES) - {table.table for table in checked},
        {table.table: table.personal for table in checked if table.personal},
        {table.table: table.columns for table in checked},
        {table.table: table.notes for table in checked if table.notes},
        sum(table.unconfirmed for table in checked),
        json.loads(Path(groups).read_text(encoding="utf-8")) if groups else {},
    )
    check_agreement(study)
    check_view(study)
    if study.playbook:
        read_playbook(study.playbook)
    return study


def find_study(path: str | Path) -> Path:
    """The study's folder, from the working folder or from the project's root."""
    for folder in (Path(path), ROOT / path):
        if folder.is_dir():
            return folder.resolve()
    raise StudyError(f"There is no folder {path} in {Path.cwd()}{'' if Path.cwd() == ROOT else f' or {ROOT}'}.")


def empty_table(table: str) -> str:
    """A table the study has not, as SQL: its columns and no row, so that nothing downstream has to ask."""
    columns = ", ".join(f"CAST(NULL AS {SQL_TYPES[c.kind]}) AS {identifier(c.name)}" for c in TABLES[table])
    return f"(SELECT CAST(NULL AS BIGINT) AS _line, {columns} WHERE false)"


def only_kano() -> str:
    """Whether a line of the ratings answers Kano questions and nothing else, as SQL: no answer of a touchpoint then."""
    rest = [column.name for column in TABLES["ratings"] if column.kind in ("rating", "number")]
    silent = " AND ".join(f"{name} IS NULL" for name in [*rest, "comment", "missing_reason"])
    return f"(coalesce({', '.join(KANO)}) IS NOT NULL AND {silent})"


def engine_table(connection: duckdb.DuckDBPyConnection, table: str, relation: str, engine: str) -> nw.LazyFrame:
    """A checked table with its keys filled in, and for ratings the respondent's block and `_only_kano`."""
    person = "coalesce(respondent, response, 'line ' || _line)"
    filled = {
        "ratings": f"REPLACE (coalesce(response, 'line ' || _line) AS response, {person} AS respondent), "
        f"{block_of(person)} AS _block, {only_kano()} AS _only_kano",
        "events": """REPLACE (customer || coalesce('/' || "case", '') AS "case")""",
        "touchpoints": "REPLACE (coalesce(label, touchpoint) AS label)",
    }.get(table, "")
    connection.execute(f"CREATE VIEW {table} AS SELECT * {filled} FROM {relation}")
    found = connection.table(table)
    return nw.from_native(found if engine == "duckdb" else found.df()).lazy()
