"""Wide survey exports: one line a respondent, one column a question, and a columns file that says which is which.

The columns file is a CSV with `table` (ratings or respondents), `column` (of that table), `touchpoint` (for ratings;
if asked by channel, `channel` too), and either `position` (1 is the first column) or `header` (the whole heading).
What holds for the whole line (response, respondent, wave, answered_at) needs no touchpoint. Columns it does not name
are not read.
"""

import csv
from pathlib import Path

import duckdb
import pandas as pd

from cxlib.checks import Raw
from cxlib.engine import identifier, quote
from cxlib.loaders.text import find_files, open_text, read_text
from cxlib.settings import TableFile
from cxlib.tables import TABLES, StudyError, nearest

FIELDS = ["position", "header", "table", "column", "touchpoint", "channel"]
LINE_COLUMNS = ["response", "respondent", "wave", "answered_at"]


def read_raw(connection: duckdb.DuckDBPyConnection, folder: Path, table: str, file: TableFile) -> list[Raw]:
    """Register the export as `raw_ratings` (one row an answer) and `raw_respondents` (one row a line)."""
    if table != "ratings" or not isinstance(file.columns, str):
        raise StudyError(f"study.yaml: a {file.format} file gives ratings and needs columns: a columns file.")
    text = read_text(find_files(folder, file.path), file)
    places = read_columns(find_files(folder, file.columns)[0], text.headings)
    connection.register("wide_text", text.records)
    blank = " AND ".join(f"f{place} = ''" for place in range(len(text.headings)))
    connection.execute(f"CREATE VIEW wide AS SELECT * RENAME (_line AS line) FROM wide_text WHERE NOT ({blank})")
    lines = places[(places["touchpoint"] == "") & places["column"].isin(LINE_COLUMNS)]
    people = places[(places["table"] == "respondents") & ~places["column"].isin(LINE_COLUMNS)]
    answers = places[places["touchpoint"] != ""]
    whole = line_values(lines)
    person = {"respondent": whole["respondent"]} | {name: whole[name] for name in ("wave",) if name in whole}
    person |= {row.column: f"f{row.place}" for row in people.itertuples()}
    connection.execute(f"CREATE VIEW raw_respondents AS SELECT line AS _line, {aliased(person)} FROM wide")
    connection.execute(f"CREATE VIEW raw_ratings AS {answers_sql(answers, whole)}")
    columns = [connection.table(f"raw_{name}").columns[1:] for name in ("respondents", "ratings")]
    return [
        Raw("respondents", "raw_respondents", file.path, columns[0], text.rejects),
        Raw("ratings", "raw_ratings", file.path, columns[1], text.rejects.iloc[:0], counted="answers"),
    ]


def read_columns(path: Path, headings: list[str]) -> pd.DataFrame:
    """The columns file, each row with its `place` (0 is the first column) in the export."""
    with open_text(path, "utf-8") as file:
        reader = csv.DictReader(file, restval="")
        unknown = [field for field in reader.fieldnames or ["(no heading)"] if field not in [*FIELDS, ""]]
        if unknown:
            raise StudyError(f"{path.name} has a column '{unknown[0]}'. {nearest(unknown[0], FIELDS)}")
        rows = [{field: row.get(field, "").strip() for field in FIELDS} for row in reader]
    for number, row in enumerate(rows, 2):
        check_row(row, f"{path.name}, line {number}")
        row["place"] = find_place(row, headings, f"{path.name}, line {number}")
    table = pd.DataFrame(rows, columns=[*FIELDS, "place"])
    again = table[table.duplicated("place")]
    if len(again):
        raise StudyError(f"{path.name} uses column {again.iloc[0]['place'] + 1} of the export twice; keep one.")
    twice = table[table.duplicated(["table", "column", "touchpoint", "channel"])]
    if len(twice):
        row = twice.iloc[0]
        raise StudyError(
            f"{path.name} maps two columns to {row['table']} {row['column']} {row['touchpoint']}; keep one."
        )
    return table


def find_place(row: dict, headings: list[str], where: str) -> int:
    """Where in the export the row's column stands."""
    if row["position"]:
        number = int(row["position"]) if row["position"].isascii() and row["position"].isdecimal() else 0
        if not 1 <= number <= len(headings):
            raise StudyError(f"{where}: position should be 1 to {len(headings)}; it is {row['position']!r}.")
        if row["header"] and row["header"] != headings[number - 1].strip():
            raise StudyError(
                f"{where}: column {number} of the export is headed {headings[number - 1]!r}, not {row['header']!r}; "
                "correct one of them."
            )
        return number - 1
    places = [place for place, heading in enumerate(headings) if heading.strip() == row["header"]]
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


def line_values(lines: pd.DataFrame) -> dict[str, str]:
    """What holds for the whole line, as SQL; the line stands for an id that is blank or not in the export."""
    values = {row.column: f"nullif(trim(f{row.place}), '')" for row in lines.itertuples()}
    values["response"] = f"coalesce({values.get('response', 'NULL')}, 'line ' || line)"
    values["respondent"] = f"coalesce({values.get('respondent', 'NULL')}, {values['response']})"
    return values


def aliased(values: dict[str, str]) -> str:
    """Expressions under their names."""
    return ", ".join(f"{value} AS {identifier(name)}" for name, value in values.items())


def answers_sql(answers: pd.DataFrame, whole: dict[str, str]) -> str:
    """One SELECT a touchpoint and channel; what a respondent left wholly blank is not an answer."""
    if answers.empty:
        raise StudyError("The columns file maps no column to ratings; map at least one to experienced.")
    filled = sorted(set(answers["column"]))
    selects = []
    for (touchpoint, channel), group in answers.groupby(["touchpoint", "channel"], sort=False):
        places = {row.column: f"f{row.place}" for row in group.itertuples()}
        values = {"touchpoint": quote(touchpoint), "channel": f"nullif({quote(channel)}, '')"}
        values |= {column: places.get(column, "NULL") for column in filled}
        blank = " AND ".join(f"trim({place}) = ''" for place in places.values())
        selects.append(f"SELECT line AS _line, {aliased(whole | values)} FROM wide WHERE NOT ({blank})")
    return " UNION ALL ".join(selects)
