"""A real workbook and a real event log, against what their XML says when read another way."""

import re
import zipfile
from xml.etree import ElementTree

from cxlib.loaders.workbook import read_workbook
from cxlib.loaders.xes import read_xes

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def cells_of(path):
    """{address: text} of the first sheet, whose text is written in its cells; numbers as they are stored."""
    with zipfile.ZipFile(path) as packed:
        cells = ElementTree.fromstring(packed.read("xl/worksheets/sheet1.xml")).iter(f"{SHEET}c")
    return {cell.get("r"): "".join(cell.itertext()) for cell in cells}


def address(row, column):
    """A row from 1 and a column from 0 as a spreadsheet names them: (2, 27) is AB2."""
    return f"{chr(64 + column // 26) if column >= 26 else ''}{chr(65 + column % 26)}{row}"


def test_a_google_forms_workbook_reads_cell_by_cell_as_its_xml_says(real_data):
    path = real_data / "kiosk/google_forms_export_nopii.xlsx"
    grid, stored = read_workbook(path), cells_of(path)
    assert (len(grid.records), len(grid.headings)) == (200, 154)
    assert grid.headings == [stored[address(1, place)] for place in range(154)]
    for place in range(1, 154):
        expected = [stored.get(address(row, place), "") for row in grid.records["_line"].to_pylist()]
        answers = grid.records[f"f{place}"].to_pylist()
        assert answers == [re.sub(r"^(\d+)\.0$", r"\1", text) for text in expected], grid.headings[place]
    assert re.fullmatch(r"2019-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", grid.records["f0"][0].as_py())


def test_a_real_log_has_the_traces_and_events_its_text_has(real_data):
    path = real_data / "receipts/roadtraffic100traces.xes"
    grid, text = read_xes([path]), path.read_text(encoding="utf-8")
    assert len(grid.records) == len(re.findall("<event>", text)) == 390
    assert len(set(grid.records["f0"].to_pylist())) == text.count("<trace>") == 100
    assert grid.headings[:3] == ["case:concept:name", "concept:name", "time:timestamp"]
    root = ElementTree.fromstring(text)
    names = [one.get("value") for one in root.findall("trace/event/string[@key='concept:name']")]
    assert grid.records["f1"].to_pylist() == names
