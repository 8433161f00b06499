"""Genuine exports of survey tools: each is recognised by its tool alone, its heading read, its answers counted."""

import csv

import pytest

from cxlib.loaders import google_forms, qualtrics, surveymonkey, typeform
from cxlib.loaders.grid import Grid
from cxlib.loaders.text import read_text
from cxlib.settings import TableFile
from cxlib.tables import StudyError

TOOLS = [qualtrics, surveymonkey, google_forms, typeform]
EXPORTS = {
    "qualtrics_three_header_rows.csv": ("qualtrics", 3, 20, 1),
    "qualtrics_legacy_two_header_rows.csv": ("qualtrics", 2, 16, 1),
    "surveymonkey_two_header_rows.csv": ("surveymonkey", 2, 15, 550),
    "surveymonkey_one_header_row_dash_missing.csv": ("surveymonkey", 1, 9, 928),
}
"""The tool, the lines of its heading, columns and answers."""


def read(path, encoding="utf-8") -> Grid:
    text = read_text([path], TableFile(path=path.name, encoding=encoding))
    return text if isinstance(text, Grid) else Grid(text.headings, text.records, text.rejects)


def headers(grid):
    return [header for tool in TOOLS if (header := tool.read_header(grid))]


@pytest.fixture
def header_of(real_data):
    return lambda name: headers(read(real_data / "exports" / name))[0]


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_recognised_by_its_tool_alone(real_data, name):
    tool, rows, columns, answers = EXPORTS[name]
    grid = read(real_data / "exports" / name)
    [header] = headers(grid)
    assert (header.format, header.rows, len(header.questions)) == (tool, rows, columns)
    assert sum(line > rows for line in grid.records["_line"].to_pylist()) == answers and not header.left_out


@pytest.mark.parametrize("name", EXPORTS)
def test_the_answers_are_as_many_as_the_records_after_the_heading(real_data, name):
    _, rows, columns, answers = EXPORTS[name]
    with (real_data / "exports" / name).open(encoding="utf-8-sig", newline="") as file:
        records = [record for record in csv.reader(file) if record]
    assert len(records) - rows == answers and {len(record) for record in records} == {columns}


@pytest.mark.parametrize(
    ("name", "personal"),
    [
        (
            "qualtrics_three_header_rows.csv",
            "IPAddress RecipientLastName RecipientFirstName RecipientEmail LocationLatitude LocationLongitude",
        ),
        ("qualtrics_legacy_two_header_rows.csv", "V3 V5 V6 LocationLatitude LocationLongitude LocationAccuracy"),
        ("surveymonkey_two_header_rows.csv", ""),
    ],
)
def test_columns_that_identify_people_are_found(header_of, name, personal):
    found = [question.names for question in header_of(name).questions if question.role == "personal"]
    assert [(set(names) & set(personal.split())) != set() for names in found] == [True] * len(personal.split())


def test_a_german_export_keeps_its_importids_and_texts(header_of):
    questions = header_of("qualtrics_three_header_rows.csv").questions
    assert [question.names[0] for question in questions[17:19]] == ["QID1", "QID2_TEXT"]
    assert questions[0].text == "Anfangsdatum" and questions[17].text == "This is a multiple choice question."


def test_markup_goes_from_a_long_question(header_of):
    text = header_of("surveymonkey_two_header_rows.csv").questions[1].text
    assert text.startswith("Consider the following hypothetical situations: In Lottery A") and "<" not in text


def test_a_crosstab_is_refused(real_data):
    with pytest.raises(StudyError, match="table of percentages.*'Very masculine' 37%, 29%.*All individual responses"):
        surveymonkey.read_header(read(real_data / "exports/surveymonkey_crosstab_refuse.csv"))


def test_the_kiosk_survey_without_its_timestamps_is_no_tools_export(real_data):
    assert headers(read(real_data / "kiosk/kiosk_cp949_as_found.csv", "cp949")) == []
