"""Tidy files: a heading of our own column names, one row a row of the table. CSV, CSV.gz or Parquet."""

import unicodedata
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import parquet

from cxlib.checks import Raw
from cxlib.engine import identifier, quote
from cxlib.loaders.text import find_files, read_text, reject_table
from cxlib.settings import TableFile
from cxlib.tables import TABLES, StudyError, nearest


def read_raw(connection: duckdb.DuckDBPyConnection, folder: Path, table: str, file: TableFile) -> list[Raw]:
    """Register the file in the engine as `raw_<table>`: `_line` and every column, untouched, blank lines left out."""
    paths = find_files(folder, file.path)
    relation = f"raw_{table}"
    if paths[0].suffix.lower() == ".parquet":
        headings, rejects = parquet_headings(paths), reject_table([])
        scan = f"read_parquet([{', '.join(quote(str(path)) for path in paths)}])"
        source, places = f"(SELECT row_number() OVER () + 1 AS _line, * FROM {scan})", headings
    else:
        text = read_text(paths, file)
        connection.register(f"text_{table}", text.records)
        headings, rejects, source = text.headings, text.rejects, f"text_{table}"
        places = [f"f{place}" for place in range(len(headings))]
    columns = {column: places[headings.index(heading)] for column, heading in named(headings, table, file).items()}
    chosen = ", ".join(f"{identifier(place)} AS {identifier(column)}" for column, place in columns.items())
    blank = " AND ".join(f"{place} = ''" for place in places) if source.startswith("text_") else "false"
    connection.execute(f"CREATE VIEW {relation} AS SELECT _line, {chosen} FROM {source} WHERE NOT ({blank})")
    return [Raw(table, relation, file.path, columns=list(columns), rejects=rejects, files=len(paths))]


def named(headings: list[str], table: str, file: TableFile) -> dict[str, str]:
    """Our name → the file's heading: as declared under `columns`, else the tidied heading itself."""
    tidied = {unicodedata.normalize("NFC", heading).strip().lower(): heading for heading in headings if heading.strip()}
    if len(tidied) < sum(bool(heading.strip()) for heading in headings):
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
    kept = {column: heading for column, heading in tidied.items() if heading not in renamed.values()}
    return kept | renamed


def parquet_headings(paths: list[Path]) -> list[str]:
    """The columns of Parquet files, which are those of each of them."""
    headings = []
    for path in paths:
        try:
            headings.append(parquet.read_schema(path).names)
        except (pa.ArrowInvalid, OSError) as error:
            raise StudyError(f"{path.name} cannot be read as Parquet: {str(error).splitlines()[0]}") from None
        if headings[-1] != headings[0]:
            raise StudyError(
                f"{path.name} has other columns than {paths[0].name}; files read as one table need the same."
            )
    return headings[0]
