"""The workbook: what the tables hold, as what it is, and nothing that a spreadsheet would run."""

import datetime as dt
import re
import shutil
import subprocess
import zipfile
from types import SimpleNamespace

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from cxlib.csv_files import write_csv
from cxlib.sheets import as_moment, as_number, looks_of, sheet_title, write_workbook
from cxlib.shown import check_small_groups
from cxlib.tables import StudyError

HOSTILE = [
    "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tafter a tab", "two\nlines", "smile 😀", "مرحبا", "'=quoted",
    "https://example.org", "007", "\x07bell", "_x0041_", "x" * 40_000,
]  # fmt: skip
HELD = [*HOSTILE[:11], "bell", *HOSTILE[12:13], "x" * 32_767]
LONG = "a name [of]:* forty?/\\ letters, some not allowed"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run's folder with tables that mean harm, one of a known name, and its workbook."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "tables").mkdir()
    write_csv(pd.DataFrame({"words": HOSTILE, "n": range(len(HOSTILE))}), folder / "tables/hostile.csv")
    numbers = {"touchpoint": ["01"], "label": ["=1+1"], "n": [1234], "gap": [-1.25], "below": [0.5], "p": [0.04]}
    write_csv(pd.DataFrame(numbers | {"verdict": ["shortfall"]}), folder / "tables/gaps.csv")
    kpis = {"kpi": ["late"], "date": ["2026-06-30"], "n": [9], "value": [0.25], "is_share": [True]}
    write_csv(pd.DataFrame(kpis), folder / "tables/kpis.csv")
    write_csv(pd.DataFrame({"words": ["only"]}), folder / "tables" / (LONG.replace("/", "_") + ".csv"))
    write_workbook(folder, title="=A study", who="Three people.")
    return folder


@pytest.fixture(scope="module")
def book(folder):
    return CalamineWorkbook.from_path(str(folder / "workbook.xlsx"))


def rows(book, name):
    return book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def parts(folder, kind):
    """The XML files of the workbook whose name begins so, as text."""
    with zipfile.ZipFile(folder / "workbook.xlsx") as packed:
        return {name: packed.read(name).decode("utf-8") for name in packed.namelist() if name.startswith(kind)}


def test_every_table_is_a_sheet_of_a_name_that_spreadsheets_allow(book):
    assert book.sheet_names[0] == "contents" and {"gaps", "kpis", "hostile"} < set(book.sheet_names)
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in book.sheet_names)
    taken = set()
    names = [sheet_title(name, taken) for name in (LONG, LONG.upper(), "History", "'", "Gaps", "gaps", 3 * "'[]")]
    assert len({name.lower() for name in names}) == 7 and all(0 < len(name) <= 31 for name in names)


def test_a_text_is_a_text_whatever_it_begins_with(folder, book):
    assert [row[0] for row in rows(book, "hostile")[1:]] == HELD
    assert [row[1] for row in rows(book, "hostile")[1:]] == list(range(len(HOSTILE)))
    sheets = parts(folder, "xl/worksheets/sheet")
    assert len(sheets) == 5 and not any(re.search(r"<f[ >/]", xml) for xml in sheets.values())
    links = "".join(text for name, text in parts(folder, "xl/").items() if name.endswith(".rels"))
    assert "External" not in links


def test_numbers_days_and_keys_are_such(book):
    head, row = rows(book, "gaps")
    assert head == ["touchpoint", "label", "n", "gap", "below", "p", "verdict"]
    assert row == ["01", "=1+1", 1234, -1.25, 0.5, 0.04, "shortfall"]
    assert rows(book, "kpis")[1][:4] == ["late", dt.date(2026, 6, 30), 9, 0.25]


def test_a_share_a_gap_and_a_count_look_like_one(folder):
    table = pd.read_csv(folder / "tables/gaps.csv", dtype="str")
    looks = [looks_of("gaps", table, column)[0] for column in table]
    assert looks == ["text", "text", "count", "gap", "share", "chance", "text"]
    kpis = pd.DataFrame({"value": ["1", "1"], "low": ["1", "1"], "high": ["1", "1"], "is_share": ["True", "False"]})
    assert [looks_of("kpis", kpis, end) for end in ("value", "low", "high")] == 3 * [["share", "number"]]
    effects = pd.DataFrame({"effect": ["1", "2"], "low": ["1", "2"], "unit": ["share", "ratio"]})
    assert looks_of("effects", effects, "low") == ["points", "ratio"]
    assert as_number("nan") is None


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+05:00", "20240101", "2026-W01", "2026-01-01x"]
)
def test_a_text_that_is_no_day_of_a_sheet_stays_a_text(text):
    assert as_moment(text) is None and looks_of("other", pd.DataFrame({"site": [text]}), "site") != ["day"]


def test_the_contents_name_the_study_and_lead_to_every_sheet(folder, book):
    said = rows(book, "contents")
    assert said[0][0] == "=A study" and said[1][0] == "Three people."
    listed = {row[0]: row[2:4] for row in said[4:] if row[3]}
    assert list(listed) == book.sheet_names[1:] and listed["hostile"] == [len(HOSTILE), "tables/hostile.csv"]
    links = re.findall(r'location="(.*?)"', parts(folder, "xl/worksheets/sheet1.xml")["xl/worksheets/sheet1.xml"])
    assert links == [f"'{name}'!A1" for name in book.sheet_names[1:]]


def test_every_heading_of_a_known_table_says_what_it_means(folder):
    notes = "".join(parts(folder, "xl/comments").values())
    assert notes.count("<comment ") == 7 + 5 and "experienced − expected" in notes


def test_the_same_tables_are_the_same_bytes(folder, tmp_path):
    shutil.copytree(folder / "tables", tmp_path / "tables")
    write_workbook(tmp_path, title="=A study", who="Three people.")
    assert (tmp_path / "workbook.xlsx").read_bytes() == (folder / "workbook.xlsx").read_bytes()


def test_the_workbook_of_the_sample_holds_the_tables_and_nothing_else(sample_report):
    book = CalamineWorkbook.from_path(str(sample_report / "workbook.xlsx"))
    listed = {row[0]: (row[1], row[3]) for row in rows(book, "contents")[4:] if row[3]}
    assert {f"tables/{path.name}" for path in sample_report.glob("tables/*.csv")} == {
        file for _, file in listed.values()
    }
    assert list(listed) == book.sheet_names[1:] and all(
        said for said, file in listed.values() if file != "tables/rows.csv"
    )
    for name, (_, file) in listed.items():
        table = pd.read_csv(sample_report / file, dtype="str", keep_default_na=False)
        head, *body = rows(book, name)
        assert head == list(table) and len(body) == len(table), name
    gaps = pd.read_csv(sample_report / "tables/gaps.csv")
    assert [row[2:8] for row in rows(book, "gaps")[1:]] == gaps.iloc[:, 2:8].to_numpy().tolist()


def test_a_report_whose_chart_data_shows_too_small_a_group_is_not_published(tmp_path):
    for folder, n in (("tables", 9), ("charts", 3)):
        (tmp_path / folder).mkdir()
        write_csv(pd.DataFrame({"persona": ["Gamer"], "n": [n]}), tmp_path / folder / "personas.csv")
    with pytest.raises(StudyError, match=r"charts/personas\.csv shows a group of too few people"):
        check_small_groups(SimpleNamespace(hide_below=5), tmp_path)


def test_libreoffice_reads_the_workbook_and_leaves_texts_texts(folder, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed (Debian: apt-get install libreoffice-calc-nogui)")
    own = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [office, "--headless", own, "--convert-to", "ods", "--outdir", tmp_path, folder / "workbook.xlsx"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    book = CalamineWorkbook.from_path(str(tmp_path / "workbook.ods"))
    assert book.sheet_names[0] == "contents" and len(book.sheet_names) == 5
    assert [row[0] for row in rows(book, "hostile")[1:4]] == HELD[:3] and rows(book, "gaps")[1][1] == "=1+1"
    with zipfile.ZipFile(tmp_path / "workbook.ods") as packed:
        assert "table:formula" not in packed.read("content.xml").decode("utf-8")
