"""The kiosk survey as found: its columns proposed, against the map made by hand."""

import csv

import pandas as pd
import pyarrow as pa
import pytest

from cxlib.loaders.grid import Grid, reject_table
from cxlib.loaders.plain import read_header
from cxlib.proposals import propose_columns, propose_scales

BLOCKS = {"SERVQUAL_E": "expected", "SERVQUAL_P": "experienced", "IPA_importance": "importance"}


@pytest.fixture(scope="module")
def kiosk(real_data):
    with (real_data / "kiosk/kiosk_cp949_as_found.csv").open(encoding="cp949", newline="") as file:
        headings, *rows = list(csv.reader(file))
    cells = {f"f{place}": pa.array(column, pa.string()) for place, column in enumerate(zip(*rows, strict=True))}
    grid = Grid(headings, pa.table(cells | {"_line": pa.array(range(2, len(rows) + 2))}), reject_table([]))
    truth = pd.read_csv(real_data / "kiosk/column_map.csv", dtype={"item": "str"})
    columns = propose_columns(read_header(grid), grid)
    return columns.assign(block=truth["block"], item=truth["item"]), grid


def test_all_pairs_are_proposed_right_with_high_confidence(kiosk):
    columns, _ = kiosk
    sides = columns[columns["column"].isin(["expected", "experienced"])]
    assert (sides["block"].map(BLOCKS) == sides["column"]).all() and len(sides) == 48
    assert (sides.groupby("touchpoint")["item"].nunique() == 1).all() and sides["touchpoint"].nunique() == 24
    assert set(sides["confidence"]) == {"high"}


def test_importance_goes_to_its_own_touchpoint(kiosk):
    columns, _ = kiosk
    important = columns[columns["column"] == "importance"]
    items = columns[columns["column"] == "expected"].set_index("touchpoint")["item"]
    assert len(important) >= 22 and set(important["confidence"]) == {"medium"}
    assert (important["touchpoint"].map(items) == important["item"]).all()


def test_neither_kano_nor_satisfaction_is_taken_for_a_rating(kiosk):
    columns, _ = kiosk
    others = columns[columns["block"].isin(["KANO_functional", "KANO_dysfunctional", "IPA_satisfaction"])]
    assert set(others["table"]) == {""}


def test_its_scale_is_one_to_seven(kiosk):
    columns, grid = kiosk
    scales, codes = propose_scales(columns, grid)
    assert [scales[column] for column in BLOCKS.values()] == [[1, 7]] * 3 and codes == {}
