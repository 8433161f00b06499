"""Regression to the mean: by hand, against sampling, on the sample's sites, and with nothing done."""

import numpy as np
import pandas as pd
import pytest

import cxlib as cx
from cxlib.monitoring.regression import COLUMNS, describe_regression_to_mean, find_regression_to_mean
from cxlib.shrinkage import posterior_of_spread, shrink
from tests.proof.effects import measure_regression

BEFORE = np.array([-1.2, -0.9, -0.4, -0.1, 0.3, 0.5])
NOW = np.array([-0.7, -0.8, -0.2, 0.1, 0.2, 0.6])


def waves(before=BEFORE, now=NOW, *, se=0.3, se_now=0.2, covariance=0.0):
    names = dict(site=[f"S{place}" for place in range(len(before))], wave_before="March", wave_now="June")
    figures = dict(n_before=25, n_now=30, mean_before=before, mean_now=now, se_before=se, se_now=se_now)
    return pd.DataFrame(names | figures).assign(covariance=covariance)


def test_what_comes_by_itself_is_what_shrinkage_takes_away():
    row = find_regression_to_mean(waves(), worst=2).iloc[0]
    away = shrink(BEFORE, np.full(6, 0.3))[0] - BEFORE
    assert row["raw"] == pytest.approx((NOW - BEFORE)[:2].mean()) and row["by_itself"] == pytest.approx(away[:2].mean())
    assert row["shift"] == pytest.approx((NOW - BEFORE - away)[2:].mean())
    assert row["corrected"] == pytest.approx(row["raw"] - row["by_itself"] - row["shift"])


@pytest.mark.parametrize("covariance", [0.0, 0.03])
def test_the_interval_is_that_of_drawing_what_comes_next(covariance):
    table = waves(covariance=covariance)
    row = find_regression_to_mean(table, worst=2, confidence=0.95).iloc[0]
    rng, draws = np.random.default_rng(1), 200_000
    taus, chances, middle, spread = posterior_of_spread(BEFORE, np.full(6, 0.3))
    at = rng.choice(len(chances), draws, p=chances)
    keep = (taus**2 / (taus**2 + 0.09))[at]
    centre = (middle[at] + np.sqrt(spread[at]) * rng.normal(size=draws))[:, None]
    true = centre + keep * (BEFORE - centre) + np.sqrt(keep) * 0.3 * rng.normal(size=(draws, 6))
    again = covariance / 0.09
    left = np.sqrt(0.04 - again * covariance)
    gained = true + again * (BEFORE - true) + left * rng.normal(size=(draws, 6)) - BEFORE
    of_worst = gained[:, :2].mean(axis=1) - gained[:, 2:].mean(axis=1)
    t = 2.7764  # on six groups − 2
    assert (row["high"] - row["low"]) / 2 / t == pytest.approx(of_worst.std(), rel=0.01)
    assert row["by_itself"] + row["shift"] == pytest.approx(of_worst.mean() + (NOW - BEFORE)[2:].mean(), abs=0.005)


def test_means_known_without_error_do_not_regress():
    row = find_regression_to_mean(waves(se=1e-4, se_now=1e-4), worst=2).iloc[0]
    assert row["by_itself"] == pytest.approx(0, abs=1e-4) and row["verdict"] == "better"


def test_a_common_shift_is_no_improvement():
    once, moved = (find_regression_to_mean(waves(now=NOW + by), worst=2).iloc[0] for by in (0, 1))
    assert moved["corrected"] == pytest.approx(once["corrected"]) and moved["raw"] == pytest.approx(once["raw"] + 1)


def test_the_order_and_names_of_groups_change_nothing():
    table = find_regression_to_mean(waves(), worst=2)
    pd.testing.assert_frame_equal(find_regression_to_mean(waves().iloc[::-1], worst=2), table)
    assert table["group"].tolist() == ["the 2 worst together", "S0", "S1"] and list(table) == COLUMNS


def test_of_fewer_than_twice_as_many_groups_half_are_the_worst():
    pd.testing.assert_frame_equal(find_regression_to_mean(waves(), worst=5), find_regression_to_mean(waves(), worst=3))


def test_under_six_groups_cannot_be_told():
    table = find_regression_to_mean(waves(BEFORE[:5], NOW[:5]))
    assert table.empty and list(table) == COLUMNS
    assert describe_regression_to_mean(table, what="sites") == (
        "What the worst sites gained by themselves cannot be told. It takes two waves and at least 6 sites with "
        "answers in both."
    )
    assert find_regression_to_mean(waves(se=np.nan), worst=2).empty


def test_sentences_say_what_would_have_come_by_itself():
    unsure = describe_regression_to_mean(find_regression_to_mean(waves(), worst=2), what="sites")
    assert (
        unsure.startswith("The 2 worst sites of March moved by +0.30 (n\u00a030 each); ") and "no sure change" in unsure
    )
    sure = waves(now=NOW + np.array([3, 3, 0, 0, 0, 0]))
    assert "surely better beyond that" in describe_regression_to_mean(
        find_regression_to_mean(sure, worst=2), what="sites"
    )
    worse = waves(now=NOW - np.array([3, 3, 0, 0, 0, 0])).assign(n_now=[30, 41, 9, 9, 9, 9])
    said = describe_regression_to_mean(find_regression_to_mean(worse, worst=2), what="sites")
    assert "surely worse beyond that" in said and "n\u00a030 to 41 each" in said and len(said.split()) <= 30


def test_the_worst_sites_of_the_sample_improve_by_themselves_alone():
    change = cx.summarise_change(cx.open_study("data/sample"), by="site")
    row = find_regression_to_mean(change).iloc[0]
    assert row["raw_low"] > 0 and row["low"] < 0 < row["high"] and row["verdict"] == "no sure change"
    assert row["by_itself"] + row["shift"] > row["corrected"]


def test_with_nothing_done_the_worst_are_rarely_called_better():
    cells = measure_regression(60, 1, groups=[12], taus=[0, 0.3])
    assert cells["size"].mean() < 0.09 and cells["raw_size"].mean() > 0.3
    assert (cells["corrected"].abs() < 0.1).all() and (cells["raw"] > 0.05).all()
    assert measure_regression(60, 1, groups=[6], taus=[0, 0.3])["size"].mean() < 0.09


def test_what_the_worst_truly_gained_lies_in_the_corrected_interval():
    cells = measure_regression(80, 1, groups=(10, 20), taus=(0.3,), gain=0.4)
    assert cells["size"].mean() < 0.09 < cells["raw_size"].mean() and cells["each"].mean() < 0.09
    assert cells["corrected"].mean() == pytest.approx(0.4, abs=0.05)
