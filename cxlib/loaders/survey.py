"""Survey exports: one line a respondent, one column a question, and a columns file that says which is which.

The columns file is a CSV with `table` (ratings or respondents; blank: the column is not read), `column` (of that
table), `touchpoint` (for ratings; if asked by channel, `channel` too), and either `position` (1 is the first column) or
`header` (the whole heading, or what the survey tool calls the question). What holds for the whole line (response,
respondent, wave, answered_at) needs no touchpoint. `question`, `confidence` and `why` are for people. Columns it does
not name are not read.
"""

import csv
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd

from cxlib.checks.raw import Raw
from cxlib.engine import identifier, quote
from cxlib.loaders import google_forms, plain, qualtrics, spss, surveymonkey, typeform
from cxlib.loaders.files import find_files, read_grid
from cxlib.loaders.grid import Grid, Header, Question
from cxlib.loaders.text import find_heading, open_text
from cxlib.personal import identifies
from cxlib.settings import Settings, TableFile
from cxlib.tables import TABLES, StudyError, nearest
from cxlib.words import counted

FIELDS = ["position", "header", "question", "table", "column", "touchpoint", "channel", "confidence", "why"]
LINE_COLUMNS = ["response", "respondent", "wave", "answered_at"]
TOOLS = {
    "qualtrics": qualtrics,
    "surveymonkey": surveymonkey,
    "typeform": typeform,
    "google-forms": google_forms,
    "spss": spss,
    "survey": plain,
}
"""The survey tools, the surest to recognise first; any heading is one of a plain survey."""


def read_raw(
    connection: duckdb.DuckDBPyConnection, folder: Path, table: str, file: TableFile, settings: Settings
) -> list[Raw]:
    """Register the export as `raw_ratings` (one row an answer) and `raw_respondents` (one row a line).

    A column that identifies people is read where the columns file names it.
    """
    if table != "ratings" or not isinstance(file.columns, str):
        raise StudyError(f"study.yaml: a {file.format} file gives ratings and needs columns: a columns file.")
    grid = read_grid(find_files(folder, file.path), file)
    header = read_header(grid, file)
    places = read_columns(find_files(folder, file.columns)[0], header.questions)
    connection.register("wide_text", grid.records.slice(header.rows - 1))
    connection.execute("CREATE VIEW wide AS SELECT * RENAME (_line AS line) FROM wide_text")
    stored = {name for name in grid.records.column_names if name.startswith("c")}
    places["value"] = [value_of(row, stored, settings) for row in places.itertuples()]
    lines = places[(places["touchpoint"] == "") & places["column"].isin(LINE_COLUMNS)]
    people = places[places["table"] == "respondents"]
    answers = places[places["touchpoint"] != ""]
    named = set(lines["column"])
    by_wave = "respondent" in named and "wave" not in named and bool(settings.waves)  # then one may answer in each
    numbered = "response" not in named and ("respondent" not in named or by_wave)
    whole = line_values(lines, numbered=numbered)
    person = {"respondent": whole["respondent"]} | {name: whole[name] for name in ("wave",) if name in whole}
    person |= {row.column: row.value for row in people.itertuples()}
    connection.execute(f"CREATE VIEW raw_respondents AS SELECT line AS _line, {aliased(person)} FROM wide")
    counted_rows = f"SELECT *, row_number() OVER () AS _row FROM ({answers_sql(answers, whole, file)})"
    connection.execute(f"CREATE TABLE raw_ratings AS {counted_rows}")
    columns = {name: connection.table(f"raw_{name}").columns for name in ("respondents", "ratings")}
    columns = {name: [column for column in there if column[0] != "_"] for name, there in columns.items()}
    people = Raw(
        "respondents",
        "raw_respondents",
        file.path,
        columns["respondents"],
        grid.rejects,
        first_line=grid.heading_line + header.rows,
        left_out=header.left_out,
        numbered=numbered,
        key=[] if numbered or by_wave else [name for name in ("respondent", "wave") if name in {*named, "respondent"}],
    )
    ratings = replace(
        people, table="ratings", relation="raw_ratings", columns=columns["ratings"], counted="answers", key=[]
    )
    about = dict(personal=personal_columns(header, places), not_mapped=other_columns(header, places))
    about |= dict(notes=[*grid.notes, *describe_columns(header, places)], unconfirmed=len(unconfirmed(places)))
    return [replace(people, **about), replace(ratings, rejects=grid.rejects.iloc[:0], row="_row")]


def unconfirmed(places: pd.DataFrame) -> pd.DataFrame:
    """The mapped columns whose confidence still stands there: nobody has said that they are right."""
    return places[places["confidence"] != ""]


def recognise(grid: Grid) -> Header:
    """The heading of an export as the survey tool that wrote it would say it, the likeliest tool's."""
    tools = [tool for name, tool in TOOLS.items() if (name == "spss") == bool(grid.labels)]
    return next(header for tool in tools if (header := tool.read_header(grid)))


def read_header(grid: Grid, file: TableFile) -> Header:
    """The heading of an export by the tool study.yaml names; another tool's export is an error."""
    try:
        header, found = TOOLS[file.format].read_header(grid), recognise(grid)
    except StudyError as error:
        raise StudyError(f"{file.path}: {error}") from None
    if header is None or header.rows < found.rows:
        raise StudyError(
            f"{file.path} is no {file.format} export; it looks like {found.format} ({found.why}): "
            f"set format: {found.format} in study.yaml."
        )
    return header


def value_of(row, stored: set[str], settings: Settings) -> str:
    """Where the value of a mapped column is found: the stored number of a rating, else the words."""
    rating = row.column in settings.scales or any(
        column.name == row.column and column.kind == "rating" for column in TABLES[row.table]
    )
    return f"c{row.place}" if rating and f"c{row.place}" in stored else f"f{row.place}"


def personal_columns(header: Header, places: pd.DataFrame) -> list[str]:
    """The columns that identify people and that the columns file does not ask for."""
    mapped = set(places["place"])
    return [
        question.names[0]
        for place, question in enumerate(header.questions)
        if place not in mapped and (question.role == "personal" or any(map(identifies, question.names)))
    ]


def other_columns(header: Header, places: pd.DataFrame) -> list[str]:
    """The questions, and columns of the tool's own, that the columns file does not ask for."""
    named, personal = set(places["place"]), set(personal_columns(header, places))
    return [q.names[0] for place, q in enumerate(header.questions) if place not in named and q.names[0] not in personal]


def describe_columns(header: Header, places: pd.DataFrame) -> list[str]:
    """The format and what it was recognised by, and how much of it is mapped."""
    return [
        f"A {header.format} export: {header.why}; {counted(header.rows, 'heading line')}, "
        f"{counted(len(header.questions), 'column')}, {len(places)} of them mapped."
    ]


def read_columns(path: Path, questions: list[Question]) -> pd.DataFrame:
    """The columns file: the rows that name a table, each with its `place` (0 is the first column) in the export."""
    try:
        _, delimiter = find_heading(path, TableFile(path.name, encoding="utf-8"))
    except StudyError:
        raise StudyError(f"{path.name} is not UTF-8 text; save it from the spreadsheet as CSV UTF-8.") from None
    with open_text(path, "utf-8") as file:
        reader = csv.DictReader(file, restval="", delimiter=delimiter)
        unknown = [field for field in reader.fieldnames or ["(no heading)"] if field not in [*FIELDS, ""]]
        if unknown:
            raise StudyError(f"{path.name} has a column '{unknown[0]}'. {nearest(unknown[0], FIELDS)}")
        rows = [{field: (row.get(field) or "").strip() for field in FIELDS} for row in reader]
    named = []
    for number, row in enumerate(rows, 2):
        if row["table"] or row["column"] or row["touchpoint"]:
            check_row(row, f"{path.name}, line {number}")
            named.append(row | {"place": find_place(row, questions, f"{path.name}, line {number}")})
    table = pd.DataFrame(named, columns=[*FIELDS, "place"])
    again = table[table.duplicated("place")]
    if len(again):
        raise StudyError(f"{path.name} uses column {again.iloc[0]['place'] + 1} of the export twice; keep one.")
    whole = table["column"].isin(LINE_COLUMNS) & (table["touchpoint"] == "")
    table.loc[whole, "table"] = "ratings"  # what holds for the whole line is the same in both tables
    twice = table[table.duplicated(["table", "column", "touchpoint", "channel"])]
    if len(twice):
        row = twice.iloc[0]
        raise StudyError(
            f"{path.name} maps two columns to {row['table']} {row['column']} {row['touchpoint']}; keep one."
        )
    return table


def find_place(row: dict, questions: list[Question], where: str) -> int:
    """Where in the export the row's column stands."""
    if row["position"]:
        number = int(row["position"]) if row["position"].isascii() and row["position"].isdecimal() else 0
        if not 1 <= number <= len(questions):
            raise StudyError(f"{where}: position should be 1 to {len(questions)}; it is {row['position'][:20]!r}.")
        names = questions[number - 1].names
        if row["header"] and row["header"] not in [name.strip() for name in names]:
            raise StudyError(
                f"{where}: column {number} of the export is headed {names[0]!r}, not {row['header']!r}; "
                "correct one of them."
            )
        return number - 1
    places = [at for at, found in enumerate(questions) if row["header"] in [name.strip() for name in found.names]]
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
    if row["table"] == "respondents" and row["touchpoint"]:
        raise StudyError(f"{where}: respondents have no touchpoint; empty it, or set the table to ratings.")
    if row["table"] == "ratings":
        ours = [column.name for column in TABLES["ratings"]]
        if row["column"] not in ours:
            raise StudyError(f"{where}: ratings have no column '{row['column']}'. {nearest(row['column'], ours)}")
        if not row["touchpoint"] and row["column"] not in LINE_COLUMNS:
            raise StudyError(f"{where}: touchpoint is blank; name the touchpoint this question rates.")


def line_values(lines: pd.DataFrame, *, numbered: bool) -> dict[str, str]:
    """What holds for the whole line, as SQL; where lines are `numbered` they stand in for ids, else for blank ones.

    Without a response of its own a line is the person's, in a wave: who answers twice has answered again.
    """
    values = {row.column: f"nullif(trim({row.value}), '')" for row in lines.itertuples()}
    person = "NULL" if numbered else f"concat_ws('/', {values.get('respondent', 'NULL')}, {values.get('wave', 'NULL')})"
    person = f"CASE WHEN {values.get('respondent', 'NULL')} IS NOT NULL THEN {person} END"
    values["response"] = f"coalesce({values.get('response', 'NULL')}, {person}, 'line ' || line)"
    values["respondent"] = f"coalesce({values.get('respondent', 'NULL')}, {values['response']})"
    return values


def aliased(values: dict[str, str]) -> str:
    """Expressions under their names."""
    return ", ".join(f"{value} AS {identifier(name)}" for name, value in values.items())


def answers_sql(answers: pd.DataFrame, whole: dict[str, str], file: TableFile) -> str:
    """One SELECT a touchpoint and channel; what a respondent left wholly blank is not an answer."""
    if answers.empty:
        raise StudyError(
            f"{file.columns} maps no column of {file.path} to a rating: no rating was found. "
            "Give at least one column the table ratings, the column experienced and a touchpoint."
        )
    filled = sorted(set(answers["column"]))
    selects = []
    for (touchpoint, channel), group in answers.groupby(["touchpoint", "channel"], sort=False):
        places = {row.column: row.value for row in group.itertuples()}
        values = {"touchpoint": quote(touchpoint)}
        values |= {"channel": f"nullif({quote(channel)}, '')"} if (answers["channel"] != "").any() else {}
        values |= {column: places.get(column, "NULL") for column in filled}
        blank = " AND ".join(f"trim({place}) = ''" for place in places.values())
        selects.append(f"SELECT line AS _line, {aliased(whole | values)} FROM wide WHERE NOT ({blank})")
    return " UNION ALL ".join(selects)
