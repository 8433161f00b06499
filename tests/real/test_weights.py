"""Weighted and clustered means, against R's survey package."""

import pandas as pd
import pytest

from cxlib import open_study, summarise_ratings
from tests.conftest import write_study

SCALES = "scales: {expected: [200, 1000], experienced: [200, 1000]}"


def schools(folder, table, person, weight):
    """Schools' api00 as experience and 500 as expectation; `person` is the unit."""
    ratings = pd.DataFrame(
        {"respondent": table[person], "touchpoint": "school", "expected": 500, "experienced": table["api00"]}
    ).assign(visit=table["snum"])
    people = pd.DataFrame({"respondent": table[person], "weight": table[weight]}).drop_duplicates("respondent")
    return open_study(write_study(folder, ratings=ratings, respondents=people, settings=SCALES))


def test_a_stratified_sample_with_weights(real_data, tmp_path):
    table = pd.read_csv(real_data / "reference/apistrat.csv")
    found = summarise_ratings(schools(tmp_path, table, "snum", "pw")).iloc[0]
    assert found["n"] == 200
    assert found["mean_experienced"] == pytest.approx(662.287, abs=5e-4)
    assert found["se_experienced"] == pytest.approx(9.58543, abs=5e-6)
    assert found["se_gap"] == pytest.approx(9.58543, abs=5e-6)
    assert found["n_effective"] == pytest.approx(168.58133, abs=5e-6)


def test_districts_as_the_unit_of_their_schools(real_data, tmp_path):
    table = pd.read_csv(real_data / "reference/apiclus1.csv")
    found = summarise_ratings(schools(tmp_path, table, "dnum", "pw")).iloc[0]
    assert found["n"] == table["dnum"].nunique()
    assert found["mean_experienced"] == pytest.approx(644.1694, abs=5e-5)
    assert found["se_gap"] == pytest.approx(23.7790, abs=5e-5)
