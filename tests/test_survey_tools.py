"""What the headings of survey exports say: small exports, by eye."""

import csv
import io
import json
import time

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxlib.loaders import google_forms, qualtrics, surveymonkey, typeform
from cxlib.loaders.grid import Grid, reject_table
from cxlib.loaders.headings import numbered, plain, split_parts
from cxlib.loaders.text import read_text
from cxlib.settings import TableFile
from cxlib.tables import StudyError

TOOLS = {"qualtrics": qualtrics, "surveymonkey": surveymonkey, "google-forms": google_forms, "typeform": typeform}


@pytest.fixture
def grid(tmp_path):
    """`grid(line, line, …)` writes lines of cells to a file and reads it."""

    def write(*lines) -> Grid:
        text = io.StringIO()
        csv.writer(text).writerows(lines)
        path = tmp_path / "export.csv"
        path.write_text(text.getvalue(), encoding="utf-8")
        return as_grid(read_text([path], TableFile(path="export.csv")))

    return write


def as_grid(text) -> Grid:
    return text if isinstance(text, Grid) else Grid(text.headings, text.records, text.rejects)


def imports(*ids, **more):
    return [json.dumps({"ImportId": key} | more) for key in ids]


def column(header, role):
    return [place for place, question in enumerate(header.questions) if question.role == role]


QUALTRICS = [
    ["StartDate", "Status", "ResponseId", "Q1_1", "Q1_2"],
    ["Start Date", "Response Type", "Response ID", "How good was the … - Delivery", "How good was the … - Shop"],
    imports("startDate", "status", "_recordId", "QID1_1", "QID1_2"),
    ["2024-05-01 10:00:00", "IP Address", "R_1", "4", "5"],
    ["2024-05-01 11:00:00", "Survey Preview", "R_2", "1", "1"],
]
LEGACY = [
    ["V1", "V2", "V6", "V7", "Q1", ""],
    ["ResponseID", "ResponseSet", "IPAddress", "Status", "How was it?", ""],
    ["R_1", "Default", "10.0.0.1", "0", "4", ""],
]
MONKEY = [
    ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "How good was <b>it</b>?", "", "Why?"],
    ["", "", "", "", "", "Delivery", "Shop &amp; desk", "Open-Ended Response"],
    ["11840000001", "4", "05/01/2024 10:00:00 AM", "05/01/2024 10:05:00 AM", "10.0.0.1", "Good", "Bad", "slow"],
]
GOOGLE = [
    ["Timestamp", "Email Address", "How good was it? [Delivery]", "How good was it? [Shop]", "Price [EUR]"],
    ["5/1/2024 10:00:00", "a@example.com", "4", "5", "20"],
]
TYPEFORM = [
    ["#", "How <strong>good</strong> was it?", "Other", "Response Type", "Start Date (UTC)", "Stage Date (UTC)"]
    + ["Submit Date (UTC)", "Network ID", "Tags"],
    ["a1b2", "4", "", "completed", "2024-05-01 10:00:00", "", "2024-05-01 10:05:00", "f00", ""],
]
EXPORTS = {"qualtrics": QUALTRICS, "surveymonkey": MONKEY, "google-forms": GOOGLE, "typeform": TYPEFORM}
NONE_OF_THEM = {
    "tidy": [["respondent", "touchpoint", "expected"], ["a", "shop", "5"]],
    "one column": [["Timestamp"], ["5/1/2024 10:00:00"]],
    "no lines": [["a", "b", "c"]],
    "#": [["#", "name"], ["1", "shop"]],
    "a sensor": [["Timestamp", "Temperature"], ["1714557600", "20.5"]],
    "ids of our own": [["RespondentID", "expected"], ["ann", "5"]],
    "V1 of something else": [["V1", "V2"], ["1", "2"]],
    "shares": [["", "region", "share"], ["", "north", "40%"], ["", "south", "60%"]],
}


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("export", EXPORTS)
def test_a_tool_recognises_its_own_export_and_no_other(grid, tool, export):
    header = TOOLS[tool].read_header(grid(*EXPORTS[export]))
    assert (header.format if header else None) == (tool if tool == export else None)
    assert header is None or len(header.questions) == len(EXPORTS[export][0])


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("case", NONE_OF_THEM)
def test_other_files_are_not_recognised(grid, tool, case):
    assert TOOLS[tool].read_header(grid(*NONE_OF_THEM[case])) is None


def test_legacy_qualtrics_is_recognised_by_no_other_tool(grid):
    found = [tool for tool, module in TOOLS.items() if module.read_header(grid(*LEGACY))]
    assert found == ["qualtrics"]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_heading_without_answers_is_recognised_too(grid, tool):
    header = TOOLS[tool].read_header(grid(*EXPORTS[tool]))
    alone = TOOLS[tool].read_header(grid(*EXPORTS[tool][: header.rows]))
    assert alone.questions == header.questions


CELLS = st.sampled_from(
    ["", "V1", "V2", "ResponseID", "#", "Submit Date (UTC)", "Timestamp", "Respondent ID", "Status", "40%", "Good", "3"]
    + ["5/1/2024 10:00:00", '{"ImportId":"status"}', '{"ImportId":"QID1_1"}', '{"ImportId":1}', "a - b", "a [b]", "1"]
) | st.text(max_size=8)
LINES = st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=5))


@given(LINES)
def test_any_lines_at_all_are_read_or_passed_over(lines):
    columns = {
        f"f{place}": pa.array([line[place] for line in lines[1:]], pa.string()) for place in range(len(lines[0]))
    }
    numbers = pa.array(range(5, 4 + len(lines)), pa.int64())
    grid = Grid(lines[0], pa.table({**columns, "_line": numbers}), reject_table([]))
    for tool in TOOLS.values():
        try:
            header = tool.read_header(grid)
        except StudyError:
            continue
        if header:
            assert len(header.questions) == len(lines[0]) and 1 <= header.rows <= len(lines)
            assert all(question.names and all(question.names) for question in header.questions)
            assert set(header.left_out) <= set(numbers.to_pylist()[header.rows - 1 :])


# Qualtrics


def test_columns_are_named_by_importid_then_field_then_text(grid):
    question = qualtrics.read_header(grid(*QUALTRICS)).questions[3]
    assert question.names == ("QID1_1", "Q1_1", "How good was the … - Delivery")


def test_rows_of_a_matrix_share_the_question(grid):
    questions = qualtrics.read_header(grid(*QUALTRICS)).questions[3:]
    assert [(q.text, q.part) for q in questions] == [("How good was the …", "Delivery"), ("How good was the …", "Shop")]


def test_a_dash_in_a_question_of_its_own_is_left(grid):
    lines = [["Q1", "Q2"], ["Price - net", "Price - gross"], imports("QID1", "QID2_TEXT")]
    assert [q.part for q in qualtrics.read_header(grid(*lines)).questions] == ["", ""]


def test_line_breaks_in_the_question_text_take_no_lines(grid):
    lines = [["Q1"], ["How good\n\nwas it?"], imports("QID1"), ["4"]]
    header = qualtrics.read_header(grid(*lines))
    assert header.rows == 3 and header.questions[0].text == "How good was it?"


def test_repeated_headings_are_told_apart_by_importid(grid):
    lines = [["Q1", "Q1"], ["Why?", "Why?"], imports("QID1_TEXT", "QID9_TEXT")]
    assert [q.names[0] for q in qualtrics.read_header(grid(*lines)).questions] == ["QID1_TEXT", "QID9_TEXT"]


def test_choices_of_one_importid_are_told_apart(grid):
    ids = ['{"ImportId":"QID1","choiceId":"1"}', '{"ImportId":"QID1","choiceId":"2"}']
    header = qualtrics.read_header(grid(["Q1_1", "Q1_2"], ["Used? - Web", "Used? - App"], ids))
    assert [(q.names[0], q.part) for q in header.questions] == [("QID1_1", "Web"), ("QID1_2", "App")]


def test_previews_are_left_out_by_their_line(grid):
    assert qualtrics.read_header(grid(*QUALTRICS)).left_out == {5: "a survey preview, not an answer"}


def test_status_codes_say_the_same_as_words(grid):
    codes = ["0", "1", "2", "4", "8", "9", "16", "17", "40", "256"]
    lines = [["Status", "Q1"], ["Status", "Q1"], imports("status", "QID1"), *([code, "3"] for code in codes)]
    assert list(qualtrics.read_header(grid(*lines)).left_out) == [5, 6, 8, 9, 11, 12, 13]


def test_the_zone_is_said_where_the_dates_agree(grid):
    lines = [["StartDate", "EndDate"], ["Start", "End"], imports("startDate", "endDate", timeZone="America/Denver")]
    assert qualtrics.read_header(grid(*lines)).zone == "America/Denver"
    lines[2] = imports("startDate", timeZone="America/Denver") + imports("endDate")
    assert qualtrics.read_header(grid(*lines)).zone == ""


def test_the_zone_z_is_utc(grid):
    lines = [["StartDate", "Q1"], ["Start", "Why?"], imports("startDate", timeZone="Z") + imports("QID1")]
    assert qualtrics.read_header(grid(*lines)).zone == "UTC"


def test_an_export_without_its_second_line_is_read_too(grid):
    header = qualtrics.read_header(grid(QUALTRICS[0], *QUALTRICS[2:]))
    assert header.rows == 2 and list(header.left_out) == [4]


def test_legacy_columns_are_named_by_their_second_line(grid):
    header = qualtrics.read_header(grid(*LEGACY))
    assert header.rows == 2 and header.questions[4].names == ("Q1", "How was it?")
    assert (column(header, "response"), column(header, "personal"), column(header, "tool")) == ([0], [2], [1, 5])


def test_headings_of_a_second_file_are_left_out(grid):
    header = qualtrics.read_header(grid(*QUALTRICS, *QUALTRICS[1:]))
    assert list(header.left_out) == [5, 6, 7, 9]


# SurveyMonkey


def test_a_blank_heading_goes_on_with_the_question_to_its_left(grid):
    questions = surveymonkey.read_header(grid(*MONKEY)).questions
    assert [(q.text, q.part) for q in questions[5:]] == [
        ("How good was it?", "Delivery"),
        ("How good was it?", "Shop & desk"),
        ("Why?", ""),
    ]


def test_the_best_name_is_question_and_part(grid):
    questions = surveymonkey.read_header(grid(*MONKEY)).questions
    assert questions[6].names == ("How good was it? - Shop & desk", "How good was it?", "How good was <b>it</b>?")


def test_a_repeated_heading_says_the_same_as_a_blank_one(grid):
    repeated = [[*MONKEY[0][:6], MONKEY[0][5], MONKEY[0][7]], *MONKEY[1:]]
    assert surveymonkey.read_header(grid(*repeated)) == surveymonkey.read_header(grid(*MONKEY))


def test_surveymonkeys_own_columns_have_roles(grid):
    roles = [q.role for q in surveymonkey.read_header(grid(*MONKEY)).questions]
    assert roles == ["response", "tool", "started_at", "answered_at", "personal", "", "", ""]


def test_one_line_of_headings_is_enough(grid):
    header = surveymonkey.read_header(grid(["RespondentID", "Why?", "Why?"], ["3887201482", "-", "slow"]))
    assert header.rows == 1 and [q.names[0] for q in header.questions] == ["RespondentID", "Why? (1)", "Why? (2)"]


def test_a_blank_heading_with_nothing_under_it_is_no_question(grid):
    header = surveymonkey.read_header(grid(["RespondentID", "Why?", ""], ["", "Response", ""], ["3887201482", "x", ""]))
    assert header.questions[2].role == "tool" and header.questions[2].text == ""


CROSSTAB = [
    ["All", "", "Men", "Women"],
    ["How was it?", "", "", ""],
    ["", "Good", "60%", "50.5%"],
    ["", "Bad", "40%", ""],
]


def test_a_crosstab_is_refused_with_what_to_export(grid):
    with pytest.raises(StudyError, match="table of percentages.*line 3 gives 'Good' 60%, 50.5%.*All individual"):
        surveymonkey.read_header(grid(*CROSSTAB))


def test_answers_in_percent_are_no_crosstab(grid):
    lines = [["", "who", "share"], *(["", f"r{i}", "40%"] for i in range(5)), ["comment", "", ""], ["", "x", "12"]]
    assert surveymonkey.read_header(grid(["id", "who", "share"], *([str(i), "ann", "40%"] for i in range(5)))) is None
    assert surveymonkey.read_header(grid(*lines[:6])) is None


# Google Forms


def test_a_grid_splits_into_question_and_row(grid):
    questions = google_forms.read_header(grid(*GOOGLE)).questions
    assert [(q.text, q.part) for q in questions[2:]] == [
        ("How good was it?", "Delivery"),
        ("How good was it?", "Shop"),
        ("Price [EUR]", ""),
    ]
    assert questions[2].names == ("How good was it? [Delivery]",)


@pytest.mark.parametrize(
    ("heading", "moment"),
    [
        ("Zeitstempel", "01.05.2024 10:00:00"),
        ("Informazioni cronologiche", "12/02/2026 19.07.17"),
        ("타임스탬프", "2019. 8. 27 오후 6:29:47"),
        ("时间戳记", "2019/8/27 下午6:29:47"),
        ("Timestamp", "2019/08/27 6:29:47 PM GMT+9"),
    ],
)
def test_timestamps_are_known_in_the_languages_of_their_owners(grid, heading, moment):
    assert google_forms.read_header(grid([heading, "Why?"], [moment, "slow"])).questions[0].role == "answered_at"


def test_repeated_headings_are_numbered(grid):
    header = google_forms.read_header(grid(["Timestamp", "Why?", "Why?"], ["5/1/2024 10:00:00", "slow", "fast"]))
    assert [q.names for q in header.questions[1:]] == [("Why? (1)", "Why?"), ("Why? (2)", "Why?")]


def test_the_email_address_is_personal_in_any_language(grid):
    header = google_forms.read_header(grid(["Horodateur", "Adresse e-mail"], ["01/05/2024 10:00:00", "a@b.fr"]))
    assert column(header, "personal") == [1]


# Typeform


def test_markup_goes_from_the_text_and_stays_a_name(grid):
    question = typeform.read_header(grid(*TYPEFORM)).questions[1]
    assert question.text == "How good was it?" and "How <strong>good</strong> was it?" in question.names


def test_an_older_export_has_no_tags(grid):
    lines = [["#", "Why?", "Start Date (UTC)", "Submit Date (UTC)", "Network ID"], ["a1", "x", "", "", "f00"]]
    header = typeform.read_header(grid(*lines))
    assert [q.role for q in header.questions] == ["response", "", "started_at", "answered_at", "personal"]
    assert header.zone == "UTC"


def test_a_question_called_tags_is_a_question(grid):
    lines = [["#", "Tags", "Why?", "Start Date (UTC)", "Submit Date (UTC)"], ["a1", "x", "y", "", ""]]
    assert [q.role for q in typeform.read_header(grid(*lines)).questions[:3]] == ["response", "", ""]


# Headings


@pytest.mark.parametrize(
    ("heading", "text"),
    [
        ("one<br/>two<BR>three", "one two three"),
        ("<p>How&nbsp;<em>un</em>likely?</p>", "How unlikely?"),
        ("&lt;b&gt;bold&lt;/b&gt;", "bold"),
        ("less <than 5> or a<b", "less <than 5> or a<b"),
        ("cafe\u0301\u200b\xa0 bar", "café bar"),
        ("&#" + "9" * 5000 + ";", "&#" + "9" * 5000 + ";"),
    ],
)
def test_headings_are_read_as_people_see_them(heading, text):
    assert plain(heading) == text


@pytest.mark.parametrize("hostile", ["<", "<b", "<b ", "</p", "&#", "&#x", "&lt;", "\u0300\u0316", " - ", " ["])
def test_hostile_headings_take_no_time(hostile):
    start, hostile = time.perf_counter(), hostile * 50_000
    assert split_parts([plain(hostile)] * 2, ["", ""], " - ") and split_parts([hostile + "]"] * 2, ["", ""], " [", "]")
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("value", ["[" * 100_000, "9" * 5000 + "}", "3}", '""}', ""])
def test_a_hostile_importid_is_none(value):
    assert qualtrics.read_import('{"ImportId":' + value) == {}


def test_a_number_that_is_a_heading_already_is_not_given_twice():
    assert numbered(["a", "a", "a (2)"]) == ["a (1)", "a", "a (2)"]


def test_a_part_with_the_mark_in_it_is_split_where_its_neighbours_are():
    texts = ["How? - Desk", "How? - Room", "How? - Bar - roof"]
    assert split_parts(texts, ["q"] * 3, " - ")[2] == ("How?", "Bar - roof")
