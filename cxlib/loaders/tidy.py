"""Tidy files: a heading of our own column names, one row a row of the table. Text, Parquet, workbooks, XES, DuckDB."""

import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import parquet

from cxlib.checks.raw import Raw
from cxlib.engine import connect, identifier, quote
from cxlib.loaders import xes
from cxlib.loaders.files import find_files, read_grid
from cxlib.loaders.grid import reject_table
from cxlib.personal import identifies
from cxlib.settings import Settings, TableFile
from cxlib.tables import TABLES, StudyError, nearest


def read_raw(
    connection: duckdb.DuckDBPyConnection, folder: Path, table: str, file: TableFile, settings: Settings
) -> list[Raw]:
    """Register the file in the engine as `raw_<table>`: `_line` and its columns untouched, but for those that identify
    people and are not to be kept."""
    paths = find_files(folder, file.path)
    suffix, grid = paths[0].suffix.lower(), None
    if suffix == ".parquet":
        headings, source = scan_parquet(paths)
    elif suffix in (".duckdb", ".db"):
        headings, source = scan_database(connection, paths, table, file)
    else:
        grid = read_grid(paths, file)
        headings, source = grid.headings, f"text_{table}"
        connection.register(source, grid.records)
        if xes.COLUMNS["customer"] in headings and file.columns is None:
            file = replace(file, columns=xes.COLUMNS)
    places = [f"f{place}" for place in range(len(headings))] if grid else headings
    columns = named(headings, table, file)
    personal = [name for name, heading in columns.items() if left_out(name, heading, table, file, settings)]
    chosen = [
        f"{identifier(places[headings.index(heading)])} AS {identifier(name)}"
        for name, heading in columns.items()
        if name not in personal
    ]
    connection.execute(f"CREATE VIEW raw_{table} AS SELECT _line, {', '.join(chosen)} FROM {source}")
    kept = [name for name in columns if name not in personal]
    raw = Raw(table, f"raw_{table}", file.path, kept, reject_table([]), len(paths), personal=personal)
    if grid is None:
        return [raw]
    return [replace(raw, rejects=grid.rejects, notes=grid.notes, first_line=grid.heading_line + 1)]


def left_out(name: str, heading: str, table: str, file: TableFile, settings: Settings) -> bool:
    """Whether a column identifies people and nobody asked for it: neither ours, nor mapped, nor to be kept."""
    asked = name in settings.keep or heading in settings.keep or name in (file.columns or {})
    ours = {column.name for column in TABLES.get(table, ())}
    return table in TABLES and not asked and name not in ours and identifies(name)


def read_headings(path: Path, file: TableFile) -> list[str]:
    """The columns of a file the engine itself reads: Parquet, or a table of a DuckDB file."""
    if path.suffix.lower() == ".parquet":
        return scan_parquet([path])[0]
    return scan_database(connect(path.parent), [path], "ratings", file)[0]


def scan_parquet(paths: list[Path]) -> tuple[list[str], str]:
    """The columns of Parquet files and a scan of them, each row with the line it would have in one long table."""
    headings, scans, rows = [], [], 0
    for path in paths:
        try:
            about = parquet.read_metadata(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise StudyError(
                f"{path.name} cannot be read as Parquet: {str(error).splitlines()[0]} Export it again."
            ) from None
        headings.append(about.schema.to_arrow_schema().names)
        if headings[-1] != headings[0]:
            raise StudyError(
                f"{path.name} has other columns than {paths[0].name}; files read as one table need the same."
            )
        name = quote(re.sub(r"([\[*?])", r"[\1]", str(path)))  # a name, not a pattern
        number, source = "file_row_number", f"read_parquet({name}, hive_partitioning = false, file_row_number = true)"
        if number in headings[0]:  # the file has such a column of its own: slower, but as right
            number, source = "row_number() OVER () - 1", f"read_parquet({name}, hive_partitioning = false)"
        names = ", ".join(map(identifier, headings[0]))
        scans.append(f"SELECT {names}, {number} + {rows + 2} AS _line FROM {source}")
        rows += about.num_rows
    return headings[0], f"({' UNION ALL '.join(scans)})"


def scan_database(
    connection: duckdb.DuckDBPyConnection, paths: list[Path], table: str, file: TableFile
) -> tuple[list[str], str]:
    """The columns of a table of a DuckDB file, and a scan of it."""
    name = f"file_{table}"
    try:
        connection.execute(f"ATTACH {quote(str(paths[0]))} AS {name} (READ_ONLY)")
    except duckdb.Error as error:
        raise StudyError(f"{paths[0].name} cannot be read as DuckDB: {str(error).splitlines()[0]}") from None
    found = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = 'main' ORDER BY 1", [name]
    )
    tables = [row[0] for row in found.fetchall()]
    wanted = file.table or (tables[0] if len(tables) == 1 else table)
    if wanted not in tables:
        raise StudyError(
            f"{file.path} has no table '{wanted}'. {nearest(wanted, tables)} "
            f"Name it: {table}: {{path: {file.path}, table: …}}."
        )
    relation = f"{name}.main.{identifier(wanted)}"
    if "rowid" in map(str.lower, connection.table(relation).columns):
        raise StudyError(f"{file.path} has a column 'rowid', which means something else here; rename it.")
    return connection.table(relation).columns, f"(SELECT rowid + 2 AS _line, * FROM {relation})"


def named(headings: list[str], table: str, file: TableFile) -> dict[str, str]:
    """Our name → the file's heading: as declared under `columns`, else the tidied heading itself."""
    tidied = {tidy(heading): heading for heading in headings if tidy(heading)}
    if len(tidied) < sum(bool(tidy(heading)) for heading in headings):
        raise StudyError(f"{file.path} has a column twice; its columns are {headings}. Rename one.")
    renamed = file.columns or {}
    if not isinstance(renamed, dict):
        raise StudyError(f"study.yaml: columns of {file.path} should be written as {{touchpoint: its heading}}.")
    ours = [column.name for column in TABLES.get(table, ())]
    for column, heading in renamed.items():
        if ours and table != "respondents" and column not in ours:
            raise StudyError(f"study.yaml: columns of {file.path}: {table} have no '{column}'. {nearest(column, ours)}")
        if heading not in headings:
            raise StudyError(f"{file.path} has no column '{heading}'. {nearest(heading, headings)}")
    if "_line" in tidied:
        raise StudyError(f"{file.path} has a column '_line', which means something else here; rename it.")
    kept = {column: heading for column, heading in tidied.items() if heading not in renamed.values()}
    return kept | renamed


def tidy(heading: str) -> str:
    """A heading in small letters, composed, with single plain spaces.

    >>> tidy(" Touch\\u00a0 Point ")
    'touch point'
    """
    return " ".join(unicodedata.normalize("NFC", heading).replace("\ufeff", "").lower().split())
