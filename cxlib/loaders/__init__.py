"""From the study's files to its tables: one module a format, one check for all."""

import contextlib
import datetime
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd

from cxlib.checks import check_table
from cxlib.checks.raw import Checked
from cxlib.loaders import survey, tidy
from cxlib.loaders.files import COLUMNAR
from cxlib.settings import Settings, TableFile
from cxlib.tables import StudyError

DAMAGE = (duckdb.IOException, duckdb.InvalidInputException, duckdb.SerializationException, duckdb.FatalException)
"""What the engine raises when the bytes of a file are not what its footer says; some faults have no class at all."""


def load_tables(
    connection: duckdb.DuckDBPyConnection, folder: Path, settings: Settings, until: datetime.datetime | None = None
) -> list[Checked]:
    """Read every file of the study into the engine; one `Checked` per table, in the order of study.yaml."""
    excluded = read_exclusions(connection, folder, settings)
    checked = []
    for table, file in settings.files.items():
        if file.format != "tidy" and "respondents" in settings.files:
            raise StudyError(
                f"study.yaml: {file.path} has a line a respondent, and respondents are given too; map their columns in "
                f"{file.columns} instead (table respondents), and leave the file of respondents out."
            )
        reader = tidy if file.format == "tidy" else survey
        exclusions = excluded if table == "ratings" else excluded.iloc[:0]
        with undamaged(file):
            for raw in reader.read_raw(connection, folder, table, file, settings):
                checked.append(check_table(connection, raw, settings, exclusions, until))
    return checked


@contextlib.contextmanager
def undamaged(file: TableFile) -> Iterator[None]:
    """Files the engine reads, whose damage shows only as their values are asked for, are refused in a sentence."""
    try:
        yield
    except duckdb.Error as error:
        if not file.path.lower().endswith(COLUMNAR) or not (type(error) is duckdb.Error or isinstance(error, DAMAGE)):
            raise
        raise StudyError(f"{file.path} is damaged ({str(error).splitlines()[0][:120]}); export it again.") from None


def read_exclusions(connection: duckdb.DuckDBPyConnection, folder: Path, settings: Settings) -> pd.DataFrame:
    """Rows of the ratings file that people left out by hand, with their reason; row 1 is the first row of data."""
    file = settings.exclude
    if file is None:
        return pd.DataFrame({"row": pd.Series(dtype="int64"), "reason": pd.Series(dtype="str")})
    [raw] = tidy.read_raw(connection, folder, "exclude", file, settings)
    if not {"row", "reason"} <= set(raw.columns):
        raise StudyError(f"{file.path} should have the columns row and reason; it has {raw.columns}.")
    if len(raw.rejects):
        first = raw.rejects.iloc[0]
        raise StudyError(f"{file.path}, line {first['line']}: {first['reason']}; quote a reason that holds a comma.")
    row = "coalesce(trim(CAST(row AS VARCHAR)), '')"
    table = connection.sql(f"SELECT {row} AS row, min(reason) AS reason FROM {raw.relation} GROUP BY 1 ORDER BY 1").df()
    wrong = table.loc[~table["row"].str.fullmatch("[1-9][0-9]{0,11}"), "row"]
    if len(wrong):
        raise StudyError(f"{file.path}: row should be 1 (the first row of data) or more; one is {wrong.iloc[0]!r}.")
    return table.astype({"row": "int64"})
