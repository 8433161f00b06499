"""Intervals of shares and of the NPS, and the jackknife, against published numbers and SciPy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib.intervals import leave_one_out, ratio_mean
from cxlib.shares import clopper_pearson, newcombe, nps_interval, share_interval, shares_against_rest, wilson
from tests.proof import shares as proof


def weighted(hits, weights):
    """Share, standard error, n and Kish's n of people with these weights."""
    hits, weights = np.asarray(hits, dtype=float), np.asarray(weights, dtype=float)
    a = weights * hits
    share, se, kish = ratio_mean(len(a), a.sum(), weights.sum(), a @ a, a @ weights, weights @ weights)
    return share, se, len(a), kish


def counted(hits, n):
    """The same of hits among n people who count alike."""
    return weighted([1] * hits + [0] * (n - hits), [1] * n)


def interval(figures, confidence=0.95):
    return tuple(float(end) for end in share_interval(*figures, confidence))


def test_published_wilson_and_exact_intervals():
    assert wilson(np.array(81 / 263), np.array(263), 0.95) == pytest.approx((0.255289, 0.366210), abs=5e-7)
    assert clopper_pearson(np.array(81 / 263), np.array(263), 0.95) == pytest.approx((0.252737, 0.367622), abs=5e-7)


@pytest.mark.parametrize(
    ("hits", "n", "published"),
    [(81, 263, (0.255289, 0.366210)), (0, 20, (0, 0.168433)), (1, 29, (0.000873, 0.177644))],
)
def test_few_on_one_side_take_the_exact_interval_and_others_wilsons(hits, n, published):
    assert interval(counted(hits, n)) == pytest.approx(published, abs=5e-7)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(
    ("hits", "n", "method"), [(7, 40, "wilson"), (90, 100, "wilson"), (4, 40, "exact"), (40, 40, "exact")]
)
def test_intervals_are_those_of_scipy(hits, n, method, confidence):
    expected = stats.binomtest(hits, n).proportion_ci(confidence, method=method)
    assert interval(counted(hits, n), confidence) == pytest.approx(tuple(expected), abs=1e-9)


def test_five_on_a_side_are_enough_for_wilson_whatever_the_rounding():
    wrong = []
    for n in range(10, 120):
        for hits in (5, n - 5):
            expected = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
            wrong += [(hits, n)] if interval(counted(hits, n)) != pytest.approx(tuple(expected), abs=1e-9) else []
    assert wrong == []


def test_the_share_of_those_who_did_not_is_the_mirror_image():
    low, high = interval(counted(7, 40))
    assert interval(counted(33, 40)) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_the_scale_of_weights_changes_nothing():
    hits, weights = [1, 0, 0, 1, 1, 0, 0, 0] * 5, np.arange(1, 41)
    assert interval(weighted(hits, 7.5 * weights)) == pytest.approx(interval(weighted(hits, weights)), abs=1e-12)


def test_unequal_weights_widen_the_interval():
    hits, weights = [1, 0] * 40, [1, 1, 5, 5] * 20
    (low, high), (equal_low, equal_high) = interval(weighted(hits, weights)), interval(counted(40, 80))
    assert high - low > 1.1 * (equal_high - equal_low)


def test_people_are_never_worth_more_than_they_are():
    surer_than_possible = (0.5, 0.01, 40, 40)
    assert interval(surer_than_possible) == pytest.approx(interval(counted(20, 40)), abs=1e-12)


def test_weights_that_happen_to_agree_do_not_make_a_share_surer_than_kishs_n():
    expected = stats.binomtest(12, 24).proportion_ci(0.95, method="wilson")
    assert interval((0.5, 0.05, 40, 24)) == pytest.approx(tuple(expected), abs=1e-9)


def test_all_or_none_take_kishs_n():
    nobody = weighted([0] * 20, [1, 3] * 10)
    assert interval(nobody)[1] == pytest.approx(stats.beta.ppf(0.975, 1, 16)) and nobody[3] == pytest.approx(16)


def test_nobody_asked_gives_no_interval():
    assert np.isnan(interval((np.nan, np.nan, 0, 0))).all()


def nps_se(promoters, detractors, n):
    return np.sqrt((promoters + detractors - (promoters - detractors) ** 2) / (n - 1))


def test_nps_interval_by_hand():
    p, d = 50.75 / 103, 20.75 / 103
    margin = 1.959964 * np.sqrt((p + d - (p - d) ** 2) / 103)
    found = nps_interval(0.5, 0.2, nps_se(0.5, 0.2, 100), 100, 100, 0.95)
    assert found == pytest.approx((p - d - margin, p - d + margin), abs=1e-6)


def test_swapping_promoters_and_detractors_flips_the_interval():
    low, high = nps_interval(0.5, 0.2, nps_se(0.5, 0.2, 60), 60, 60, 0.9)
    assert nps_interval(0.2, 0.5, nps_se(0.2, 0.5, 60), 60, 60, 0.9) == pytest.approx((-high, -low), abs=1e-12)


def test_more_answers_and_less_confidence_narrow_the_nps_interval():
    def width(n, confidence):
        low, high = nps_interval(0.4, 0.3, nps_se(0.4, 0.3, n), n, n, confidence)
        return high - low

    assert width(400, 0.95) < width(100, 0.95) and width(100, 0.8) < width(100, 0.95)
    assert width(400, 0.95) == pytest.approx(width(100, 0.95) / 2, rel=0.02)


def test_an_nps_all_agree_on_is_as_sure_as_their_share():
    low, high = nps_interval(1.0, 0.0, 0.0, 30, 20, 0.95)
    assert (low, high) == pytest.approx((2 * stats.beta.ppf(0.025, 20, 1) - 1, 1)) and high == 1
    low_d, high_d = nps_interval(0.0, 1.0, 0.0, 30, 20, 0.95)
    assert (low_d, high_d) == pytest.approx((-high, -low))


def test_an_nps_without_passives_is_twice_a_share_less_one():
    low, high = nps_interval(0.9, 0.1, nps_se(0.9, 0.1, 40), 40, 40, 0.95)
    ends = stats.binomtest(36, 40).proportion_ci(0.95, method="exact")
    assert (low, high) == pytest.approx((2 * ends.low - 1, 2 * ends.high - 1))


def test_a_difference_from_a_rare_share_stands_on_exact_limits():
    low, high = newcombe(0.0, 20, 0.1, np.nan, 0.95)
    assert (low, high) == pytest.approx((-0.1, stats.beta.ppf(0.975, 1, 20) - 0.1))


def test_a_rest_of_unequal_worth_is_worth_less_than_its_sum():
    hits, n, worth = (pd.Series(values, dtype=float) for values in ([30, 60, 5], [100, 100, 100], [100, 100, 10]))
    found = shares_against_rest(hits, n, worth, confidence=0.95).iloc[0]
    low, high = newcombe(0.3, 100, 0.325, 200**2 / (100 + 1000), 0.95)
    assert found[["difference_low", "difference_high"]].tolist() == pytest.approx([low, high])


def test_every_share_and_nps_of_people_who_count_alike_is_covered():
    for cells in (proof.sum_shares((10, 20, 30, 100)), proof.sum_nps((10, 15, 30))):
        assert cells["covered"].min() >= proof.WORST and cells.groupby("n")["covered"].mean().min() >= proof.MEAN


@pytest.mark.parametrize("kind", ["weights, cv .6, hits weigh more", "several answers, nine in ten alike"])
def test_weighted_and_repeated_answers_are_covered(kind):
    """400 samples a cell: the worst of 32 may lie four Monte Carlo errors below the goal, their mean must reach it."""
    slices = [measure(400, 1, kinds={kind: proof.KINDS[kind]}, sizes=(15, 100)) for measure in
              (proof.measure_shares, proof.measure_nps)]  # fmt: skip
    for cells in slices:
        assert cells["covered"].min() >= proof.WORST - 4 * np.sqrt(proof.WORST * (1 - proof.WORST) / 400)
        assert cells["covered"].mean() >= proof.MEAN


def test_leaving_out_one_at_a_time_gives_the_standard_error_of_a_mean():
    x = np.array([1, 4, 4, 7, 2.0])
    left_out = np.array([np.delete(x, place).mean() for place in range(5)])
    assert leave_one_out(x.mean(), left_out) == pytest.approx(x.std(ddof=1) / np.sqrt(5))


def test_leaving_out_keeps_the_shape_and_one_block_tells_nothing():
    left_out = np.arange(12.0).reshape(3, 2, 2)
    assert leave_one_out(np.zeros((2, 2)), left_out).shape == (2, 2)
    assert np.isnan(leave_one_out(np.zeros(2), np.zeros((1, 2)))).all()
