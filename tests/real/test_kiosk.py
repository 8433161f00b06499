"""A real survey as found (self-service kiosks, Korea 2019), against figures made independently of this project."""

import shutil

import pandas as pd
import pytest

from cxlib import describe_gaps, find_gaps, open_study, summarise_ratings
from cxlib.report import run_report
from cxlib.study import ROOT
from tests.test_report import one_notebook

AGREE = {
    "expected": "expected",
    "experienced": "experienced",
    "gap": "gap",
    "low": "ci_low",
    "high": "ci_high",
    "q": "q_bh",
}


@pytest.fixture
def kiosk(real_data, tmp_path):
    """The study with the real survey copied beside it."""
    folder = tmp_path / "kiosk"
    shutil.copytree(ROOT / "tests/real/kiosk", folder, ignore=shutil.ignore_patterns("raw"))
    shutil.copytree(real_data / "kiosk", folder / "raw")
    return folder


def with_all_exclusions(kiosk):
    """The same study without the authors' outliers."""
    settings = kiosk / "study.yaml"
    text = settings.read_text(encoding="utf-8").replace(
        "exclude: excluded_rows.csv", "exclude: {path: raw/excluded_rows.csv, columns: {row: data_row}}"
    )
    settings.write_text(text, encoding="utf-8")
    return kiosk


def compare(gaps: pd.DataFrame, reference: pd.DataFrame):
    gaps = gaps.set_index("touchpoint").loc[reference.index]
    assert gaps["n"].tolist() == reference["n"].tolist()
    for ours, theirs in AGREE.items():
        assert gaps[ours].to_numpy() == pytest.approx(reference[theirs].to_numpy(), rel=1e-9, abs=1e-12), ours


def reference(real_data, n):
    return pd.read_csv(real_data / f"kiosk/reference_gaps_{n}.csv", dtype={"item": "str"}).set_index("item")


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
@pytest.mark.parametrize("n", [207, 194])
def test_gaps_are_those_of_the_reference(kiosk, real_data, engine, n):
    study = open_study(kiosk if n == 207 else with_all_exclusions(kiosk), engine=engine)
    gaps = find_gaps(summarise_ratings(study), met_within=study.met_within)
    compare(gaps, reference(real_data, n))
    assert gaps.loc[0, "touchpoint"] == "23"
    assert gaps.loc[gaps["verdict"] == "exceeded", "touchpoint"].tolist() == ["4"]


def test_the_widest_shortfall_and_the_only_positive_gap_are_those_printed(kiosk):
    study = open_study(with_all_exclusions(kiosk))
    gaps = find_gaps(summarise_ratings(study), met_within=study.met_within).set_index("touchpoint")
    figures = gaps.loc["23", ["expected", "experienced", "gap", "low", "high"]].tolist()
    assert figures == pytest.approx([6.546, 4.459, -2.088, -2.336, -1.839], abs=5e-4)
    assert gaps.loc["23", "gap"] / gaps.loc["23", "se"] == pytest.approx(-16.55, abs=5e-3)
    assert gaps.loc["4", "gap"] == pytest.approx(0.309, abs=5e-4)


def test_every_line_is_counted(kiosk):
    counts = open_study(with_all_exclusions(kiosk)).counts.set_index("table")
    assert counts.loc["respondents", ["read", "used", "quarantined", "excluded"]].tolist() == [211, 194, 0, 17]
    assert counts.loc["ratings", ["read", "used", "quarantined", "excluded"]].tolist() == [10971, 10282, 0, 689]


def test_the_published_table_is_the_reference_too(kiosk, real_data, tmp_path):
    notebooks = one_notebook(ROOT, tmp_path / "notebooks")
    home, _ = run_report(kiosk, {}, reports=tmp_path / "reports", notebooks=notebooks)
    gaps = pd.read_csv(home / "tables/gaps.csv", dtype={"touchpoint": "str"})
    compare(gaps, reference(real_data, 207))
    page = (home / "report.html").read_text(encoding="utf-8")
    assert "Accurate, fast touch falls furthest short of what customers expected: by 2.0 points" in page
    assert describe_gaps(gaps, scale=open_study(kiosk).scale) in page
