"""Intervals and tests, against published numbers and SciPy."""

import numpy as np
import pytest
from scipy import stats

from cxlib.intervals import adjust, n_for_precision, ratio_mean, t_interval, t_test
from tests.proof.guard import below
from tests.proof.means import (
    measure_differences,
    measure_means,
    measure_people,
    measure_precision,
    measure_verdicts,
    modal_of,
)  # fmt: skip

BENJAMINI_HOCHBERG_1995 = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240),
    *(0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
]


def sums(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return len(a), a.sum(), b.sum(), (a * a).sum(), (a * b).sum(), (b * b).sum()


def test_plain_mean_and_standard_error():
    x = np.array([1, 4, 4, 7, 2.0])
    mean, se, effective = ratio_mean(*sums(x, np.ones(5)))
    assert (mean, se, effective) == pytest.approx((x.mean(), x.std(ddof=1) / np.sqrt(5), 5))


def test_interval_and_p_are_those_of_scipy():
    x = np.array([-1, 0, -2, -1, 1, -3, -2.0])
    mean, se, _ = ratio_mean(*sums(x, np.ones(7)))
    expected = stats.ttest_1samp(x, 0)
    assert t_interval(mean, se, 7, 0.9) == pytest.approx(tuple(expected.confidence_interval(0.9)), abs=1e-12)
    assert t_test(mean, se, 7) == pytest.approx(expected.pvalue, abs=1e-12)


def test_weights_count_as_shares_not_as_people():
    x, w = np.array([1, 2, 3, 6.0]), np.array([1, 1, 2, 4.0])
    mean, se, effective = ratio_mean(*sums(w * x, w))
    residuals = w * (x - np.average(x, weights=w))
    assert mean == pytest.approx(np.average(x, weights=w))
    assert se == pytest.approx(np.sqrt(4 / 3 * (residuals**2).sum()) / w.sum())
    assert effective == pytest.approx(w.sum() ** 2 / (w**2).sum())


def test_one_answer_or_none_gives_no_interval():
    _, se, effective = ratio_mean(*zip(sums([2.0], [1.0]), (0, 0, 0, 0, 0, 0)))
    assert np.isnan(se).all() and effective.tolist() == [1, 0]


def test_answers_all_the_same_never_give_a_zero_width_interval():
    mean, se, _ = ratio_mean(*sums([-0.1] * 30, [1] * 30))
    assert np.isnan(t_interval(mean, se, 30, 0.95)).all() and np.isnan(t_test(mean, se, 30))


def test_benjamini_and_hochberg_reject_four_of_their_fifteen():
    assert (adjust(BENJAMINI_HOCHBERG_1995) <= 0.05).sum() == 4


def test_a_missing_p_is_not_of_the_family():
    assert adjust([0.01, np.nan, 0.02]).tolist() == pytest.approx([0.02, np.nan, 0.02], nan_ok=True)


def test_n_for_precision_is_rounded_up_and_missing_without_spread():
    t = stats.t.ppf(0.975, 49)
    assert n_for_precision([0.2, np.nan], [50, 1], [50, 1], 0.24, 0.95).tolist()[0] == np.ceil(
        (t * 0.2 / 0.24) ** 2 * 50
    )
    assert n_for_precision([np.nan], [1], [1], 0.24, 0.95).isna().all()


REPLICATES, FORGIVEN = 1000, 4


def test_means_at_the_ceiling_cover_and_plain_t_does_not():
    cells = measure_means(REPLICATES, 1, kinds=["ordinary answers", "ceiling with failures"], sizes=[15, 50])
    assert not below(cells, REPLICATES, errors=FORGIVEN).any()
    assert below(cells, REPLICATES, "plain_", errors=FORGIVEN).mean() > 0.1
    assert cells.loc[(cells["kind"] == "ordinary answers") & (cells["n"] == 50), "printed"].mean() >= 0.9


def test_weighted_and_repeated_answers_cover():
    designs = ["weights cv 1.0, tie 0.6", "repeated 4, alike 0.8"]
    cells = measure_people(REPLICATES, 1, designs=designs, sizes=[14, 30])
    assert not below(cells, REPLICATES, errors=FORGIVEN).any() and (cells["printed"] > 0.05).mean() > 0.5


def test_differences_cover_whoever_is_in_both():
    pairs = [("ordinary gap", "gap, 4% fail"), ("ceiling", "ceiling, 5% lowest")]
    cells = measure_differences(REPLICATES, 1, pairs=pairs, people=[(15, 15), (30, 100)])
    assert not below(cells, REPLICATES, errors=FORGIVEN).any() and (cells["printed"] > 0.05).any()


def test_met_is_seldom_said_of_a_gap_as_wide_as_delta():
    found = measure_verdicts(400, 1, sizes=[30, 2000])
    limit = 0.05 + FORGIVEN * np.sqrt(0.05 * 0.95 / 400)
    assert found["said"].max() <= limit and (found["said"] > 0.03).any()


def test_the_n_asked_for_gives_about_the_precision_promised():
    found = measure_precision(400, 1)
    assert found["of_the_margin"].between(0.9, 1.15).all()


def test_the_commonest_answer_is_counted_row_by_row():
    assert modal_of(np.array([[1, 2, 2, 3], [5, 5, 5, 1], [4, 3, 2, 1.0]])).tolist() == [2, 3, 1]
