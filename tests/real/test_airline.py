"""A real survey with experience and outcome only (airline passengers): a report that says what it can."""

import shutil

import numpy as np
import pandas as pd
import pytest

from cxlib.report import run_report
from cxlib.study import ROOT


@pytest.fixture(scope="module")
def home(real_data, tmp_path_factory):
    """The published report of the survey, of the three steps it has answers for."""
    folder = tmp_path_factory.mktemp("real") / "airline"
    shutil.copytree(ROOT / "tests/real/airline", folder, ignore=shutil.ignore_patterns("raw"))
    shutil.copytree(real_data / "airline", folder / "raw")
    notebooks = folder.parent / "notebooks"
    notebooks.mkdir()
    for step in ("01_moments_of_truth", "03_experience", "05_priorities"):
        shutil.copy(ROOT / f"notebooks/{step}.ipynb", notebooks)
    return run_report(folder, {}, reports=folder.parent / "reports", notebooks=notebooks)[0]


@pytest.fixture(scope="module")
def survey(real_data):
    return pd.read_csv(real_data / "airline/airline_passenger_satisfaction.csv.gz")


def test_every_passenger_is_counted(home):
    rows = pd.read_csv(home / "tables/rows.csv").set_index("table")
    assert rows.loc["respondents", ["read", "used"]].tolist() == [129880, 129880]


def test_a_zero_is_no_rating(home, survey):
    experience = pd.read_csv(home / "tables/experience.csv").set_index("touchpoint")
    wifi = survey["In-flight Wifi Service"].where(lambda answer: answer > 0)
    assert experience.loc["wifi", "n_experienced"] == wifi.count()
    assert experience.loc["wifi", "experienced"] == pytest.approx(wifi.mean(), abs=1e-9)
    assert experience.loc["wifi", "top2"] == pytest.approx((wifi.dropna() >= 4).mean(), abs=1e-9)


def test_the_outcome_in_words_is_a_share(home):
    outcomes = pd.read_csv(home / "tables/outcomes_by_persona.csv").set_index("persona")["overall"]
    assert outcomes["Business"] == pytest.approx(0.583724, abs=1e-6)
    assert outcomes["Personal"] == pytest.approx(0.101326, abs=1e-6)
    table = pd.read_csv(home / "tables/outcomes_by_persona.csv")
    assert np.average(table["overall"], weights=table["n_overall"]) == pytest.approx(0.434463, abs=1e-6)


def test_importance_is_that_of_all_orders_within_a_stage(home, survey):
    moments = pd.read_csv(home / "tables/moments.csv").set_index("touchpoint")
    names = ["Ease of Online Booking", "Departure and Arrival Time Convenience"]
    rated = survey[(survey[names] > 0).all(axis=1)]
    verdict = (rated["Satisfaction"] == "Satisfied").rename("verdict")
    r = pd.concat([rated[names], verdict], axis=1).corr().to_numpy()
    both = (r[0, 2] ** 2 + r[1, 2] ** 2 - 2 * r[0, 2] * r[1, 2] * r[0, 1]) / (1 - r[0, 1] ** 2)
    first = (r[0, 2] ** 2 + both - r[1, 2] ** 2) / 2
    assert moments.loc["online_booking", "importance"] == pytest.approx(first, abs=1e-9)
    assert moments.loc["online_booking", "n_importance"] == len(rated)
    assert len(moments) == 14 == moments[["importance", "johnson", "above_random"]].notna().all(axis=1).sum()
    assert moments["gap"].isna().all() and (moments["moment"] == "not sure which way").sum() >= 1


def test_what_was_not_asked_is_named(home):
    page = (home / "report.html").read_text(encoding="utf-8")
    assert "No expectations: a column expected of the ratings switches on gaps and priorities." in page
    assert "No events: add events: events.csv" in page and not (home / "tables/gaps.csv").exists()
    assert (home / "charts/importance_performance.png").is_file()
