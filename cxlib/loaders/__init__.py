"""From the study's files to its tables: one module a format, one check for all."""

from pathlib import Path

import duckdb
import pandas as pd

from cxlib.checks import Checked, Raw, check_table
from cxlib.loaders import tidy, wide
from cxlib.settings import Settings, TableFile
from cxlib.tables import StudyError

READERS = {"tidy": tidy.read_raw, "google-forms": wide.read_raw}


def load_tables(connection: duckdb.DuckDBPyConnection, folder: Path, settings: Settings) -> list[Checked]:
    """Read every file of the study into the engine; one `Checked` per table, in the order of study.yaml."""
    excluded = read_exclusions(connection, folder, settings.exclude)
    checked = []
    for table, file in settings.files.items():
        for raw in READERS[file.format](connection, folder, table, file):
            if any(raw.table == other.table for other in checked):
                raise StudyError(f"study.yaml: {raw.table} comes from two files; leave one out.")
            exclusions = excluded if table == "ratings" else excluded.iloc[:0]
            checked.append(check_table(connection, raw, settings, exclusions))
    return checked


def read_exclusions(connection: duckdb.DuckDBPyConnection, folder: Path, file: TableFile | None) -> pd.DataFrame:
    """Rows of the ratings file that people left out by hand: `row` (1 is the first row of data) and `reason`."""
    if file is None:
        return pd.DataFrame({"row": pd.Series(dtype="int64"), "reason": pd.Series(dtype="str")})
    [raw] = tidy.read_raw(connection, folder, "exclude", file)
    table = connection.sql(f"SELECT * FROM {raw.relation}").df()
    if not {"row", "reason"} <= set(table.columns):
        raise StudyError(f"{file.path} should have the columns row and reason; it has {list(raw.columns)}.")
    rows = pd.to_numeric(table["row"], errors="coerce")
    if rows.isna().any() or (rows < 1).any():
        first = table.loc[rows.isna() | (rows < 1), "row"].iloc[0]
        raise StudyError(f"{file.path}: row should be a number from 1 (the first row of data); one is {first!r}.")
    return pd.DataFrame({"row": rows.astype("int64"), "reason": table["reason"].fillna("no reason given")})
