"""The Kano part of a real survey (self-service kiosks, Korea 2019), against counts made independently."""

import shutil

import pandas as pd
import pytest

from cxlib import open_study, summarise_ratings
from cxlib.expectations.kano import CATEGORIES, describe_unreadable, find_kano
from cxlib.study import ROOT
from cxlib.summaries.expectations import summarise_kano
from tests.real.test_kiosk import with_all_exclusions


@pytest.fixture(scope="module")
def study(real_data, tmp_path_factory):
    """The study without the authors' outliers."""
    folder = tmp_path_factory.mktemp("kano") / "kiosk"
    shutil.copytree(ROOT / "tests/real/kiosk", folder, ignore=shutil.ignore_patterns("raw"))
    shutil.copytree(real_data / "kiosk", folder / "raw")
    return open_study(with_all_exclusions(folder))


@pytest.fixture(scope="module")
def reference(real_data, study):
    """The independent counts, by the name a feature has in the study: features lie in the order of their questions."""
    asked = pd.read_csv(real_data / "kiosk/column_map.csv").query("block == 'KANO_functional'")
    columns = (
        pd.read_csv(study.folder / "columns.csv").query("column == 'kano_with'").set_index("position")["touchpoint"]
    )
    names = {int(row.item): columns[row.col + 1] for row in asked.itertuples()}
    reference = pd.read_csv(real_data / "kiosk/reference_kano.csv")
    return reference.assign(touchpoint=reference["item"].map(names)).set_index("touchpoint")


def test_categories_and_coefficients_are_those_of_the_reference(study, reference):
    summary = summarise_kano(study)
    kano = find_kano(summary).set_index("touchpoint").loc[reference.index]
    counts = ["n", *CATEGORIES]
    assert len(kano) == 29 and kano[counts].to_numpy().tolist() == reference[counts].to_numpy().tolist()
    for figure in ("better", "worse"):
        assert kano[figure].to_numpy() == pytest.approx(reference[figure].to_numpy(), abs=1e-9)
    assert kano["category"].tolist() == reference["mode"].map(CATEGORIES).tolist()
    assert describe_unreadable(summary) == ""
    verdicts = kano.set_index(reference["item"])["verdict"]
    assert verdicts[[27, 6]].tolist() == ["attractive", "not sure"]  # 152 to 21, 81 to 77


def test_features_that_are_no_touchpoints_have_no_gap(study):
    ratings = summarise_ratings(study)
    assert ratings["touchpoint"].astype("int64").between(1, 24).all() and set(ratings["n"]) == {194}
