"""Workbooks, SPSS files and event logs: every cell as text, every record with its line, every refusal a sentence."""

import datetime
import gzip
import zipfile

import pandas as pd
import pyreadstat
import pytest
import xlsxwriter

from cxlib.loaders.spss import read_header, read_spss
from cxlib.loaders.workbook import read_workbook
from cxlib.loaders.xes import COLUMNS, read_xes
from cxlib.tables import StudyError

NPS = {1.0: "0 - Not at all", 6.0: "5", 11.0: "10 - Extremely likely"}


def make_workbook(path, hidden=(), **sheets):
    """A workbook of sheets given as {(row, column): cell}, both counted from 0."""
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"}) as workbook:
        for name, cells in sheets.items():
            sheet = workbook.add_worksheet(name)
            for (row, column), cell in cells.items():
                sheet.write(row, column, *cell) if isinstance(cell, tuple) else sheet.write(row, column, cell)
            if name in hidden:
                sheet.hide()
    return path


def column(*cells):
    """Cells one under the other."""
    return {(row, 0): cell for row, cell in enumerate(cells)}


def lines_of(grid):
    """The records as lists, the line last."""
    return [list(record.values()) for record in grid.records.to_pylist()]


@pytest.fixture
def book(tmp_path):
    return tmp_path / "answers.xlsx"


def first_column(grid):
    return grid.records["f0"].to_pylist()


def test_text_in_a_cell_stays_as_it_was_typed(book):
    typed = ["007", "NA", "1E5", "1234567890123456789", " a ", "TRUE"]
    assert first_column(read_workbook(make_workbook(book, A=column("id", *typed)))) == typed


def test_numbers_and_truths_read_as_a_person_reads_them(book):
    grid = read_workbook(make_workbook(book, A=column("n", 7, 0.1, -2.0, 1e15, True)))
    assert first_column(grid) == ["7", "0.1", "-2", "1000000000000000", "TRUE"]


def test_moments_are_iso_and_midnight_is_a_day(book):
    moments = [datetime.datetime(2026, 3, 31, 14, 5), datetime.datetime(2026, 3, 31)]
    assert first_column(read_workbook(make_workbook(book, A=column("t", *moments)))) == [
        "2026-03-31 14:05:00",
        "2026-03-31",
    ]


def test_an_error_in_a_cell_is_a_blank_and_a_formula_its_value(book):
    cells = column("n", ("=NA()", None, "#N/A"), ("=1+1", None, 2)) | {(1, 1): "kept"}
    assert lines_of(read_workbook(make_workbook(book, A=cells))) == [["", "kept", 2], ["2", "", 3]]


def test_lines_are_the_rows_of_the_spreadsheet(book):
    cells = {(2, 0): "id", (2, 1): "q", (3, 0): "a", (5, 0): "b", (5, 1): 7, (7, 0): " "}
    grid = read_workbook(make_workbook(book, A=cells))
    assert grid.headings == ["id", "q"]
    assert lines_of(grid) == [["a", "", 4], ["b", "7", 6]]


def test_columns_without_heading_stay_if_they_hold_anything(book):
    cells = {(0, 0): "id", (1, 0): "a", (1, 2): "aside", (0, 3): " ", (1, 4): " "}
    grid = read_workbook(make_workbook(book, A=cells))
    assert grid.headings == ["id", "", ""] and lines_of(grid) == [["a", "", "aside", 2]]


def test_a_heading_alone_is_a_grid_without_records(book):
    grid = read_workbook(make_workbook(book, A=column("id")))
    assert (grid.headings, len(grid.records), grid.records.column_names) == (["id"], 0, ["f0", "_line"])


def test_the_one_visible_sheet_with_data_is_read(book):
    make_workbook(book, hidden=["Old"], Empty={}, Answers=column("id", "a"), Old=column("id", "z"))
    assert first_column(read_workbook(book)) == ["a"]
    assert first_column(read_workbook(book, sheet="Old")) == ["z"]


def test_several_sheets_want_a_name_and_a_wrong_one_gets_a_hint(book):
    make_workbook(book, Answers=column("id", "a"), Notes=column("id", "b"))
    with pytest.raises(StudyError, match='answers.xlsx has 2 sheets .* sheet: "Answers" .*the sheets Answers, Notes'):
        read_workbook(book)
    with pytest.raises(StudyError, match="no sheet 'Note'. Did you mean 'Notes'"):
        read_workbook(book, sheet="Note")
    assert first_column(read_workbook(book, sheet="Notes")) == ["b"]


def test_a_workbook_of_nothing_says_so(book):
    with pytest.raises(StudyError, match="answers.xlsx has nothing in its sheets"):
        read_workbook(make_workbook(book, A={}))


def test_a_bomb_is_refused_before_it_is_opened(book):
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/worksheets/a.xml", "w") as part:
        for _ in range(60):
            part.write(b" " * 1_000_000)
    with pytest.raises(StudyError, match="answers.xlsx unpacks to 60 MB"):
        read_workbook(book)


def test_a_stray_cell_in_the_farthest_corner_is_refused(book):
    cells = column("id", "a") | {(1_048_575, 16_383): "x"}
    with pytest.raises(StudyError, match="reaches to row 1,048,576 and column XFD; delete the stray cell"):
        read_workbook(make_workbook(book, A=cells))


@pytest.mark.parametrize("beginning", [100, 3000, -1])
def test_a_torn_workbook_is_a_sentence(book, beginning):
    whole = make_workbook(book, A=column("id", "a")).read_bytes()
    book.write_bytes(whole[:beginning])
    with pytest.raises(StudyError, match="answers.xlsx is no workbook, or is torn"):
        read_workbook(book)


def test_a_flipped_byte_in_a_sheet_is_a_sentence(book):
    whole = bytearray(make_workbook(book, A=column("id", *map(str, range(2000)))).read_bytes())
    start = whole.index(b"xl/worksheets/sheet1.xml") + 200
    whole[start : start + 40] = bytes(40)
    book.write_bytes(whole)
    with pytest.raises(StudyError, match="answers.xlsx"):
        read_workbook(book)


@pytest.mark.parametrize("name", ["old.xls", "old.ods", "old.xlsb", "old.xlsx"])
def test_what_is_no_workbook_is_a_sentence(tmp_path, name):
    (tmp_path / name).write_text("<table><tr><td>a web page named as a workbook</td></tr></table>")
    with pytest.raises(StudyError, match=f"^{name} .*again"):
        read_workbook(tmp_path / name)


def test_a_locked_workbook_is_a_sentence(book):
    book.write_bytes(bytes.fromhex("D0CF11E0A1B11AE1") + bytes(2000))
    with pytest.raises(StudyError, match="answers.xlsx is protected by a password"):
        read_workbook(book)


def test_open_document_sheets_are_read(tmp_path):
    cell = "<table:table-cell office:value-type='{}'><text:p>{}</text:p></table:table-cell>"
    rows = ["<table:table-row>" + cell.format("string", text) + "</table:table-row>" for text in ("id", "007")]
    spaces = " ".join(
        f"xmlns:{name}='urn:oasis:names:tc:opendocument:xmlns:{name}:1.0'" for name in ("office", "table", "text")
    )
    sheet = f"<table:table table:name='A'>{''.join(rows)}</table:table>"
    content = f"<office:document-content {spaces}><office:body><office:spreadsheet>{sheet}"
    content += "</office:spreadsheet></office:body></office:document-content>"
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", "<manifest/>")
        packed.writestr("content.xml", content)
    assert lines_of(read_workbook(tmp_path / "a.ods")) == [["007", 2]]


def make_sav(path, table, **about):
    """An SPSS file of a frame."""
    pyreadstat.write_sav(pd.DataFrame(table), path, compress=path.suffix == ".zsav", **about)
    return path


@pytest.mark.parametrize("name", ["a.sav", "a.zsav"])
def test_text_in_an_spss_file_stays_as_it_was(tmp_path, name):
    grid = read_spss(make_sav(tmp_path / name, {"id": ["007", "1E5", "NA"], "n": [7.0, 0.5, None]}))
    assert lines_of(grid) == [["007", "7", 2], ["1E5", "0.5", 3], ["NA", "", 4]]
    assert grid.notes == []


def test_labels_in_words_are_read_and_the_codes_stand_beside(tmp_path):
    labels = {"q": {1.0: "good", 2.0: "bad"}, "s": {"m": "male"}}
    table = {"q": [2.0, 3.0, None], "s": ["m", "", "x"]}
    grid = read_spss(make_sav(tmp_path / "a.sav", table, variable_value_labels=labels))
    assert grid.records.column_names == ["f0", "c0", "f1", "c1", "_line"]
    assert lines_of(grid) == [["bad", "2", "male", "m", 2], ["3", "3", "", "", 3], ["", "", "x", "x", 4]]


def test_a_question_stored_1_to_11_and_labelled_0_to_10_is_read_as_labelled(tmp_path):
    grid = read_spss(make_sav(tmp_path / "a.sav", {"q": [1.0, 11.0, 4.0, None]}, variable_value_labels={"q": NPS}))
    assert first_column(grid) == ["0 - Not at all", "10 - Extremely likely", "3", ""]
    assert grid.records["c0"].to_pylist() == ["0", "10", "3", ""]
    assert grid.notes == [
        "q: 3 answers read by the number in their value label, not by the stored code (1 is labelled 0)."
    ]


def test_a_code_between_labels_that_move_apart_stays_blank(tmp_path):
    labels = {"q": {1.0: "0 - no", 3.0: "10 - yes"}}
    grid = read_spss(make_sav(tmp_path / "a.sav", {"q": [1.0, 2.0, 3.0]}, variable_value_labels=labels))
    assert grid.records["c0"].to_pylist() == ["0", "", "10"]
    assert "1 answer left blank" in grid.notes[1]


def test_a_label_for_no_answer_does_not_hide_the_numbers_of_the_others(tmp_path):
    labels = {"q": NPS | {99.0: "Don't know"}}
    grid = read_spss(make_sav(tmp_path / "a.sav", {"q": [1.0, 11.0, 99.0, 8.0]}, variable_value_labels=labels))
    assert grid.records["c0"].to_pylist() == ["0", "10", "", "7"]


def test_numbers_that_agree_with_the_codes_need_no_note(tmp_path):
    labels = {"q": {1.0: "1 = very bad", 5.0: "5 = very good"}}
    grid = read_spss(make_sav(tmp_path / "a.sav", {"q": [1.0, 2.0, 5.0]}, variable_value_labels=labels))
    assert (grid.records["c0"].to_pylist(), grid.notes) == (["1", "2", "5"], [])
    assert first_column(grid) == ["1 = very bad", "2", "5 = very good"]


@pytest.mark.parametrize("words", [("18-24", "25-34"), ("1 to 2 times", "3 to 5 times"), ("1 - yes", "1 - no")])
def test_ranges_and_repeated_numbers_are_words(tmp_path, words):
    labels = {"age": dict(zip([1.0, 2.0], words))}
    grid = read_spss(make_sav(tmp_path / "a.sav", {"age": [1.0, 2.0]}, variable_value_labels=labels))
    assert first_column(grid) == list(words) and grid.records["c0"].to_pylist() == ["1", "2"]


def test_what_the_file_declares_missing_is_blank_and_counted(tmp_path):
    table = {"q": [1.0, 99.0, 11.0], "r": [5.0, 98.0, 97.0], "s": ["a", "zz", "b"]}
    missing = {"q": [99], "r": [{"lo": 97, "hi": float("inf")}], "s": ["zz"]}
    about = {"variable_value_labels": {"q": NPS | {99.0: "Don't know"}}, "missing_ranges": missing}
    grid = read_spss(make_sav(tmp_path / "a.sav", table, **about))
    assert [line[1:] for line in lines_of(grid)] == [["0", "5", "a", 2], ["", "", "", 3], ["10", "", "b", 4]]
    assert grid.notes[0] == "q: 1 answer the file declares missing, left blank."
    assert grid.notes[2:] == [
        "r: 2 answers the file declares missing, left blank.",
        "s: 1 answer the file declares missing, left blank.",
    ]


def test_spss_dates_are_iso(tmp_path):
    moments = [datetime.datetime(2026, 3, 31, 14, 5), None]
    grid = read_spss(make_sav(tmp_path / "a.sav", {"d": [datetime.date(2026, 3, 31)] * 2, "t": moments}))
    assert lines_of(grid) == [["2026-03-31", "2026-03-31 14:05:00", 2], ["2026-03-31", "", 3]]


def test_the_header_of_an_spss_file_asks_in_the_words_of_its_labels(tmp_path):
    table = {"ResponseId": ["R_1"], "id": ["1"], "q": [1.0]}
    about = {"column_labels": {"q": "How was it?"}, "variable_value_labels": {"q": {1.0: "good"}}}
    header = read_header(read_spss(make_sav(tmp_path / "a.sav", table, **about)))
    assert header.why == "an SPSS file; 3 variables, 1 with value labels" and header.rows == 1
    assert [question.role for question in header.questions] == ["response", "", ""]
    assert (header.questions[2].names, header.questions[2].text) == (("q", "How was it?"), "How was it?")
    assert (header.questions[1].names, header.questions[1].text) == (("id",), "id")


@pytest.mark.parametrize("beginning", [5, 300, -4])
def test_a_torn_spss_file_is_a_sentence(tmp_path, beginning):
    path = make_sav(tmp_path / "a.sav", {"q": range(50)})
    path.write_bytes(path.read_bytes()[:beginning])
    with pytest.raises(StudyError, match="^a.sav cannot be read as an SPSS file: .*; export it again"):
        read_spss(path)


LOG = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="2.0" xmlns="http://www.xes-standard.org/">
  <string key="source" value="of the log"/>
  <global scope="event"><string key="concept:name" value="default"/></global>
  <trace>
    <string key="concept:name" value="007"/><boolean key="vip" value="true"/>
    <event><date key="time:timestamp" value="2026-03-31T14:05:00.000+02:00"/><string key="concept:name" value="pay">
      <string key="nested" value="ignored"/></string></event>
    <event><string key="concept:name" value="NA"/><float key="cost" value="1E5"/></event>
  </trace>
  <trace><string key="concept:name" value="empty"/></trace>
  <trace><event><string key="concept:name" value="leave"/><int key="cost" value="07"/></event></trace>
</log>"""


def write_log(path, text=LOG):
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["log.xes", "log.xes.gz"])
def test_an_event_is_a_record_with_what_its_case_says(tmp_path, name):
    grid = read_xes([write_log(tmp_path / name)])
    assert grid.headings == ["case:concept:name", "concept:name", "time:timestamp", "case:vip", "cost"]
    assert lines_of(grid) == [
        ["007", "pay", "2026-03-31T14:05:00.000+02:00", "true", "", 2],
        ["007", "NA", "", "true", "1E5", 3],
        ["", "leave", "", "", "07", 4],
    ]
    assert set(COLUMNS.values()) <= set(grid.headings)


def test_lines_go_on_over_files_and_new_attributes_are_blank_before(tmp_path):
    later = '<log><event><string key="new" value="x"/></event><trace><event/></trace></log>'
    grid = read_xes([write_log(tmp_path / "a.xes"), write_log(tmp_path / "b.xes", later)])
    assert grid.records["_line"].to_pylist() == [2, 3, 4, 5, 6]
    assert grid.records[f"f{grid.headings.index('new')}"].to_pylist() == ["", "", "", "x", ""]


def test_a_case_attribute_after_the_events_counts_too(tmp_path):
    log = '<log><trace><event><id key="n" value="1"/></event><string key="concept:name" value="a"/></trace></log>'
    assert lines_of(read_xes([write_log(tmp_path / "a.xes", log)])) == [["a", "1", 2]]


def test_a_log_without_events_is_a_grid_without_records(tmp_path):
    grid = read_xes([write_log(tmp_path / "a.xes", "<log/>")])
    assert (grid.headings, len(grid.records)) == ([], 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LOG[:-40], "a.xes cannot be read to its end as XES"),
        ("case,event", "a.xes cannot be read to its end as XES"),
        ("<html><trace/></html>", "a.xes is XML but no XES log: it begins with <html>"),
        ('<!DOCTYPE log [<!ENTITY a "b">]><log>&a;</log>', "a.xes declares a document type"),
        ('<!DOCTYPE log SYSTEM "http://127.0.0.1/x.dtd"><log/>', "a.xes declares a document type"),
    ],
)
def test_what_is_no_log_is_a_sentence(tmp_path, text, words):
    with pytest.raises(StudyError, match=f"^{words}"):
        read_xes([write_log(tmp_path / "a.xes", text)])


def test_a_torn_gzip_is_a_sentence(tmp_path):
    path = write_log(tmp_path / "a.xes.gz")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(StudyError, match="a.xes.gz cannot be read to its end as XES"):
        read_xes([path])
