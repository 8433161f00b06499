"""What is written is read back, and no spreadsheet runs it."""

import csv
from itertools import product

import numpy as np
import pandas as pd
import pytest

from cxlib.csv_files import read_csv, write_csv
from cxlib.tables import RESULTS

NAME = "proposed_actions"
STARTS = ["", "'", "''", "=", "+", "-", "@", "\t", "\r", "\n", "\r\n", " ", "＝", "–", '"', ","]
ENDS = [
    "01",
    "1",
    "NA",
    "nan",
    "None",
    "true",
    "=1",
    "'=1",
    "-",
    "a\rb",
    "a\r\nb",
    "a\nb",
    'say "a", b',
    "x ",
    "µ\u2028",
]
TEXTS = [*("".join(pair) for pair in product(STARTS, ENDS)), *STARTS[1:], "1e5", "2026-01-01", "null", "#N/A", "a;b"]


def table(texts, numbers=0.5):
    """Texts in two columns, once forwards and once backwards, and a number."""
    return pd.DataFrame({"label": texts, "reason": texts[::-1], "gap": numbers}).astype({"label": "str"})


def test_odd_texts_are_read_back_as_they_were(tmp_path):
    texts = [text for text in TEXTS if text]
    write_csv(table(texts), tmp_path / "t.csv")
    pd.testing.assert_frame_equal(read_csv(tmp_path / "t.csv", NAME), table(texts), check_dtype=False)


@pytest.mark.parametrize("text", [text for text in TEXTS if text][::7])
def test_a_text_alone_is_read_back_as_it_was(tmp_path, text):
    write_csv(table([text]), tmp_path / "t.csv")
    assert read_csv(tmp_path / "t.csv", NAME)["label"].tolist() == [text]


def test_no_cell_begins_with_what_a_spreadsheet_runs(tmp_path):
    texts = [text for text in TEXTS if text]
    write_csv(table(texts), tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == len(texts) + 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


def test_a_blank_text_and_none_are_read_as_missing(tmp_path):
    write_csv(table(["", None, "a"]), tmp_path / "t.csv")
    assert read_csv(tmp_path / "t.csv", NAME)["label"].isna().tolist() == [True, True, False]


def test_numbers_stay_numbers(tmp_path):
    numbers = [-1.5, 0.1 + 0.2, np.nan, 1e-9, 123456789.125]
    for text in ("a", "a\rb"):
        write_csv(table([text] * 5, numbers), tmp_path / "t.csv")
        assert read_csv(tmp_path / "t.csv", NAME)["gap"].tolist() == pytest.approx(numbers, rel=1e-11, nan_ok=True)
    assert "-1.5" in (tmp_path / "t.csv").read_text() and "'" not in (tmp_path / "t.csv").read_text()


def test_whole_numbers_with_a_gap_and_days_are_written_plainly(tmp_path):
    rows = table(["a", "b"]).assign(n=pd.array([3, None], "Int64"), low=pd.to_datetime(["2026-01-01", None]), yes=True)
    write_csv(rows, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == (
        "label,reason,gap,n,low,yes\na,b,0.5,3,2026-01-01,True\nb,a,0.5,,,True\n"
    )


def test_a_table_without_rows_keeps_its_columns(tmp_path):
    columns = [column.name for column in RESULTS[NAME]]
    write_csv(pd.DataFrame(columns=columns), tmp_path / "t.csv")
    assert read_csv(tmp_path / "t.csv", NAME).columns.tolist() == columns


def test_what_was_read_is_written_as_the_same_bytes_and_left_as_it_was(tmp_path):
    rows = table([text for text in TEXTS if text], -0.1)
    before = rows.copy()
    write_csv(rows, tmp_path / "one.csv")
    write_csv(read_csv(tmp_path / "one.csv", NAME)[rows.columns], tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    pd.testing.assert_frame_equal(rows, before)
