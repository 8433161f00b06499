"""A short slice of the proof of drivers, words and groups; the whole stands in docs/proof.md."""

import numpy as np
import pandas as pd

from tests.proof.drawn_causes import measure_groups, measure_words
from tests.proof.drivers import measure_asymmetry, measure_importance


def held(cells, least):
    """All intervals together hold the truth in `least`, four Monte Carlo errors allowed."""
    printed = (cells["printed"] * cells["tries"]).sum()
    return cells["held"].sum() / printed >= least - 4 * np.sqrt(least * (1 - least) / printed)


def test_the_interval_of_importance_holds_the_truth_and_nothing_does_not_matter():
    cells, facts = measure_importance("half are nothing", 12, 1)
    assert held(cells, 0.95) and facts["false"] <= 0.25 and facts["sure"] > 0.8


def test_the_interval_of_an_asymmetry_holds_where_it_is_printed():
    cells, facts = measure_asymmetry("middling", 8, 1)
    assert held(cells, 0.95) and facts["dissatisfier 1"] == facts["delighter 0"] == 0


def test_the_lowest_of_several_groups_has_an_interval_that_holds():
    cells, alike = measure_groups(20, 1)
    assert held(cells, 0.95) and max(alike.values()) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 60)


def test_words_typical_of_a_place_are_told_with_an_interval_that_holds():
    cells, _ = measure_words("some typical", 8, 1)
    assert isinstance(cells, pd.DataFrame) and held(cells, 0.95)
