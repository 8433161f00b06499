"""The Kano part of a real survey (self-service kiosks, Korea 2019), against counts made independently."""

import shutil

import pandas as pd
import pytest

from cxlib import open_study, summarise_ratings
from cxlib.expectations.kano import CATEGORIES, describe_unreadable, find_kano
from cxlib.study import ROOT
from cxlib.summaries.expectations import summarise_kano

ANSWERS = ["마음에 든다.", "당연하다.", "아무런 느낌이 없다.", "하는 수 없다.", "마음에 안 든다."]


@pytest.fixture
def kiosk(real_data, tmp_path):
    """The study without the authors' outliers, its 29 Kano items mapped as kano_1 to kano_29."""
    folder = tmp_path / "kiosk"
    shutil.copytree(ROOT / "tests/real/kiosk", folder, ignore=shutil.ignore_patterns("raw"))
    shutil.copytree(real_data / "kiosk", folder / "raw")
    settings, columns = folder / "study.yaml", folder / "columns.csv"
    said = settings.read_text(encoding="utf-8").replace(
        "exclude: excluded_rows.csv", "exclude: {path: raw/excluded_rows.csv, columns: {row: data_row}}"
    )
    codes = "{" + ", ".join(f"{word}: {number}" for number, word in enumerate(ANSWERS, 1)) + "}"
    said = "".join(line for line in said.splitlines(keepends=True) if not line.startswith("codes"))
    settings.write_text(f"{said}codes: {{kano_with: {codes}, kano_without: {codes}}}\n", encoding="utf-8")
    asked = pd.read_csv(folder / "raw/column_map.csv").query("block.str.startswith('KANO')", engine="python")
    side = asked["block"].map({"KANO_functional": "kano_with", "KANO_dysfunctional": "kano_without"})
    lines = (
        (asked["col"] + 1).astype("str") + ",ratings," + side + ",kano_" + asked["item"].astype("int64").astype("str")
    )
    kept = [line for line in columns.read_text(encoding="utf-8").splitlines() if ",kano_" not in line]
    columns.write_text("\n".join([*kept, *lines]) + "\n", encoding="utf-8")
    return folder


def test_categories_and_coefficients_are_those_of_the_reference_and_items_have_no_gap(kiosk, real_data):
    reference = pd.read_csv(real_data / "kiosk/reference_kano.csv")
    study = open_study(kiosk)
    summary = summarise_kano(study)
    kano = find_kano(summary).set_index("touchpoint").loc["kano_" + reference["item"].astype("str")]
    counts = ["n", *CATEGORIES]
    assert kano[counts].to_numpy().tolist() == reference[counts].to_numpy().tolist()
    for figure in ("better", "worse"):
        assert kano[figure].to_numpy() == pytest.approx(reference[figure].to_numpy(), abs=1e-9)
    assert kano["category"].tolist() == reference["mode"].map(CATEGORIES).tolist()
    assert describe_unreadable(summary) == ""
    assert kano.loc[["kano_27", "kano_6"], "verdict"].tolist() == ["attractive", "not sure"]  # 152 to 21, 81 to 77
    ratings = summarise_ratings(study)
    assert ratings["touchpoint"].astype("int64").between(1, 24).all() and set(ratings["n"]) == {194}
