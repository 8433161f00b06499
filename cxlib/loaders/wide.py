"""Wide survey exports: one line a respondent, one column a question, and a columns file that says which is which.

The columns file is a CSV with `table` (ratings or respondents), `column` (of that table), `touchpoint` (for ratings;
if asked by channel, `channel` too), and either `position` (1 is the first column) or `header` (the whole heading).
What holds for the whole line (respondent, wave, answered_at, response) is mapped to ratings without a touchpoint.
Columns it does not name are not read.
"""

from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from cxlib.checks import Raw
from cxlib.engine import name, quote
from cxlib.loaders.text import TextTable, find_files, read_records, read_text_table
from cxlib.settings import TableFile
from cxlib.tables import TABLES, StudyError, nearest

FIELDS = ["position", "header", "table", "column", "touchpoint", "channel"]
LINE_COLUMNS = ["response", "respondent", "wave", "answered_at"]


def read_raw(connection: duckdb.DuckDBPyConnection, folder: Path, table: str, file: TableFile) -> list[Raw]:
    """Register the export as `raw_ratings` (one row an answer) and `raw_respondents` (one row a line)."""
    if table != "ratings" or not isinstance(file.columns, str):
        raise StudyError(f"study.yaml: a {file.format} file gives ratings and needs columns: a columns file.")
    text = read_text_table(find_files(folder, file.path), file.encoding, file.delimiter)
    places = read_columns(find_files(folder, file.columns)[0], text, file)
    cells = {f"c{place}": [record[place] for record in text.records] for place in places["place"]}
    connection.register("wide", pa.table({"line": pa.array(text.lines, pa.int64()), **cells}))
    lines = places[(places["table"] == "ratings") & (places["touchpoint"] == "")]
    people = pd.concat([places[places["table"] == "respondents"], lines[lines["column"].isin(["respondent", "wave"])]])
    answers = places[(places["table"] == "ratings") & (places["touchpoint"] != "")]
    respondent = line_value(lines, "respondent")
    chosen = "".join(
        f", c{row.place} AS {name(row.column)}" for row in people.itertuples() if row.column != "respondent"
    )
    connection.execute(f"CREATE VIEW raw_respondents AS SELECT line, {respondent} AS respondent{chosen} FROM wide")
    connection.execute(f"CREATE VIEW raw_ratings AS {answers_sql(answers, lines)}")
    columns = {table: connection.table(f"raw_{table}").columns[1:] for table in ("respondents", "ratings")}
    return [
        Raw("respondents", "raw_respondents", file.path, columns["respondents"], text.rejects),
        Raw("ratings", "raw_ratings", file.path, columns["ratings"], text.rejects.iloc[:0], counted="answers"),
    ]


def read_columns(path: Path, text: TextTable, file: TableFile) -> pd.DataFrame:
    """The columns file, each row with its `place` (0 is the first column) in the export."""
    heading, *rows = read_records(path, "utf-8", None)
    for field in heading:
        if field not in FIELDS:
            raise StudyError(f"{path.name} has a column '{field}'. {nearest(field, FIELDS)}")
    table = pd.DataFrame(rows, columns=heading).reindex(columns=FIELDS, fill_value="")
    table["place"] = [
        find_place(row, text.headings, f"{path.name}, line {line}") for line, row in enumerate(rows_of(table), 2)
    ]
    for line, row in enumerate(rows_of(table), 2):
        check_row(row, f"{path.name}, line {line}")
    twice = table[table.duplicated(["table", "column", "touchpoint", "channel"], keep=False)]
    if len(twice):
        row = twice.iloc[0]
        raise StudyError(
            f"{path.name} maps two columns to {row['table']} {row['column']} {row['touchpoint']}; keep one."
        )
    return table


def rows_of(table: pd.DataFrame) -> list[dict]:
    """Rows as dictionaries."""
    return table.to_dict("records")


def find_place(row: dict, headings: list[str], where: str) -> int:
    """Where in the export the row's column stands."""
    if row["position"]:
        if not row["position"].isdigit() or not 1 <= int(row["position"]) <= len(headings):
            raise StudyError(f"{where}: position should be 1 to {len(headings)}; it is {row['position']!r}.")
        return int(row["position"]) - 1
    places = [place for place, heading in enumerate(headings) if heading.strip() == row["header"].strip()]
    if len(places) != 1:
        found = f"stands {len(places)} times" if places else "is not there"
        raise StudyError(f"{where}: the header {row['header']!r} {found} in the export; give its position instead.")
    return places[0]


def check_row(row: dict, where: str) -> None:
    """A row of the columns file names a table and, for ratings, a column of ours and a touchpoint."""
    if row["table"] not in ("ratings", "respondents"):
        raise StudyError(f"{where}: table is {row['table']!r}. {nearest(row['table'], ['ratings', 'respondents'])}")
    if not row["column"]:
        raise StudyError(f"{where}: column is blank; name the column of {row['table']} it fills.")
    if row["table"] == "ratings":
        ours = [column.name for column in TABLES["ratings"]]
        if row["column"] not in ours:
            raise StudyError(f"{where}: ratings have no column '{row['column']}'. {nearest(row['column'], ours)}")
        if not row["touchpoint"] and row["column"] not in LINE_COLUMNS:
            raise StudyError(f"{where}: touchpoint is blank; name the touchpoint this question rates.")


def line_value(lines: pd.DataFrame, column: str) -> str:
    """What holds for the whole line, or the line's number where the export does not say."""
    places = lines.loc[lines["column"] == column, "place"]
    return (
        f"coalesce(nullif(trim(c{places.iloc[0]}), ''), CAST(line AS VARCHAR))"
        if len(places)
        else "CAST(line AS VARCHAR)"
    )


def answers_sql(answers: pd.DataFrame, lines: pd.DataFrame) -> str:
    """One SELECT a touchpoint and channel; what a respondent left wholly blank is not an answer."""
    if answers.empty:
        raise StudyError("The columns file maps no column to ratings; map at least one to experienced.")
    filled = sorted(set(answers["column"]))
    whole = "".join(
        f"c{row.place} AS {name(row.column)}, " for row in lines.itertuples() if row.column in ("wave", "answered_at")
    )
    whole += "".join(f"{line_value(lines, column)} AS {column}, " for column in ("response", "respondent"))
    selects = []
    for (touchpoint, channel), group in answers.groupby(["touchpoint", "channel"], sort=False):
        place = dict(zip(group["column"], group["place"]))
        values = ", ".join(
            f"{f'c{place[column]}' if column in place else 'NULL'} AS {name(column)}" for column in filled
        )
        blank = " AND ".join(f"trim(c{position}) = ''" for position in place.values())
        selects.append(
            f"SELECT line, {whole}{quote(touchpoint)} AS touchpoint, "
            f"nullif({quote(channel)}, '') AS channel, {values} FROM wide WHERE NOT ({blank})"
        )
    return " UNION ALL ".join(selects)
