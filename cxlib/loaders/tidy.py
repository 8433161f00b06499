"""Tidy files: a heading of our own column names, one row a row of the table. CSV, CSV.gz or Parquet."""

import unicodedata
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from cxlib.checks import Raw
from cxlib.engine import name, quote
from cxlib.loaders.text import (
    find_delimiter,
    find_files,
    is_utf8,
    read_records,
    read_text_table,
    reject_table,
    same_headings,
    wrong_encoding,
)
from cxlib.settings import TableFile
from cxlib.tables import StudyError, nearest


def read_raw(connection: duckdb.DuckDBPyConnection, folder: Path, table: str, file: TableFile) -> list[Raw]:
    """Register the file in the engine as `raw_<table>`: a `line` and every column, untouched."""
    paths = find_files(folder, file.path)
    relation = f"raw_{table}"
    if paths[0].suffix == ".parquet":
        source, headings, rejects = read_parquet(connection, paths)
    elif is_utf8(file.encoding):
        source, headings, rejects = read_csv(connection, paths, file, relation)
    else:
        source, headings, rejects = read_other_text(connection, paths, file, relation)
    columns = named(headings, file, paths[0].name)
    chosen = ", ".join(f"{name(heading)} AS {name(column)}" for column, heading in columns.items())
    connection.execute(f"CREATE VIEW {relation} AS SELECT line, {chosen} FROM ({source})")
    return [Raw(table, relation, file.path, columns=list(columns), rejects=rejects, files=len(paths))]


def named(headings: list[str], file: TableFile, source: str) -> dict[str, str]:
    """Our name → the file's heading: as declared under `columns`, else by the tidied heading itself."""
    tidied = {unicodedata.normalize("NFC", heading).strip().lower(): heading for heading in headings}
    if len(tidied) < len(headings):
        raise StudyError(f"{source} has a column twice; its columns are {headings}. Rename one.")
    renamed = file.columns or {}
    if not isinstance(renamed, dict):
        raise StudyError(f"study.yaml: columns of {source} should be written as {{touchpoint: its heading}}.")
    for heading in renamed.values():
        if heading not in headings:
            raise StudyError(f"{source} has no column '{heading}'. {nearest(heading, headings)}")
    kept = {column: heading for column, heading in tidied.items() if heading not in renamed.values()}
    return kept | renamed


def read_parquet(connection: duckdb.DuckDBPyConnection, paths: list[Path]) -> tuple[str, list[str], pd.DataFrame]:
    """The scan of Parquet files as SQL, their columns, and no line set aside."""
    scan = f"read_parquet({listed(paths)})"
    try:
        headings = connection.sql(f"SELECT * FROM {scan} LIMIT 0").columns
    except duckdb.Error as error:
        raise StudyError(f"{paths[0].name} cannot be read as Parquet: {str(error).splitlines()[0]}") from None
    return f"SELECT row_number() OVER () + 1 AS line, * FROM {scan}", headings, reject_table([])


def read_csv(
    connection: duckdb.DuckDBPyConnection, paths: list[Path], file: TableFile, relation: str
) -> tuple[str, list[str], pd.DataFrame]:
    """Read CSV files as text into the engine; records with too few or too many fields are set aside."""
    delimiter = file.delimiter or find_delimiter(paths[0], "utf-8")
    headings = next(read_records(paths[0], "utf-8", delimiter))
    for path in paths[1:]:
        same_headings(path, next(read_records(path, "utf-8", delimiter)), headings)
    columns = ", ".join(f"{quote(heading)}: 'VARCHAR'" for heading in headings)
    try:
        connection.execute(
            f"CREATE TABLE text_{relation} AS SELECT row_number() OVER () AS kept, * FROM read_csv({listed(paths)}, "
            f"columns = {{{columns}}}, auto_detect = false, header = true, delim = {quote(delimiter)}, "
            "quote = '\"', escape = '\"', store_rejects = true, "
            f"rejects_table = 'rejects_{relation}', rejects_scan = 'scans_{relation}')"
        )
    except duckdb.Error as error:
        raise StudyError(f"{paths[0].name} cannot be read as CSV: {str(error).splitlines()[0]}") from None
    rejects = connection.sql(
        f"SELECT DISTINCT ON (file_id, line) line, lower(CAST(error_type AS VARCHAR)) AS reason "
        f"FROM rejects_{relation} ORDER BY file_id, line"
    ).df()
    if rejects["reason"].str.contains("unicode|encoding").any():
        raise wrong_encoding(paths[0], "utf-8")
    return (
        f"SELECT {lines_of(connection, rejects, relation)} AS line, * EXCLUDE (kept) FROM text_{relation}",
        headings,
        rejects,
    )


def lines_of(connection: duckdb.DuckDBPyConnection, rejects: pd.DataFrame, relation: str) -> str:
    """A record set aside still is a line: the k-th record kept stands after the rejects before it."""
    if rejects.empty:
        return "kept + 1"
    connection.register(f"before_{relation}", rejects.assign(before=rejects["line"] - 1 - rejects.index))
    return f"kept + 1 + (SELECT count(*) FROM before_{relation} WHERE before <= kept)"


def listed(paths: list[Path]) -> str:
    """Paths as an SQL list."""
    return f"[{', '.join(quote(str(path)) for path in paths)}]"


def read_other_text(
    connection: duckdb.DuckDBPyConnection, paths: list[Path], file: TableFile, relation: str
) -> tuple[str, list[str], pd.DataFrame]:
    """Text in another encoding, through Python."""
    text = read_text_table(paths, file.encoding, file.delimiter)
    cells = {heading: [record[place] for record in text.records] for place, heading in enumerate(text.headings)}
    connection.register(f"text_{relation}", pa.table({"line": text.lines, **cells}))
    return f"SELECT * FROM text_{relation}", text.headings, text.rejects
