"""Shrinkage against the eight schools (Rubin 1981), an integration by other means, and its limits."""

from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from cxlib.gaps.patterns import find_patterns
from cxlib.shrinkage import draw_shrunk, posterior_of_spread, shrink
from tests.proof import priorities

SCHOOLS = np.array([28, 8, -3, 7, -1, 1, 18, 12.0]), np.array([15, 10, 16, 11, 9, 11, 10, 18.0])
"""Effects of coaching and their standard errors (Gelman et al., Bayesian Data Analysis, table 5.2)."""


def by_conditioning(mean, se, tau):
    """Log likelihood of τ, and posterior mean and covariance of the true means, by linear algebra; flat prior on μ."""
    every = len(mean)
    contrasts = np.linalg.qr(np.ones((every, 1)), "complete")[0][:, 1:].T  # free of μ
    spread = contrasts @ np.diag(tau**2 + se**2) @ contrasts.T
    likelihood = stats.multivariate_normal(cov=spread).logpdf(contrasts @ mean)
    if tau == 0:
        weights = se**-2.0 / (se**-2.0).sum()
        return likelihood, np.full(every, weights @ mean), np.full((every, every), weights @ se**2 / every)
    covariance = np.linalg.inv(np.diag(se**-2.0) + (np.eye(every) - 1 / every) / tau**2)
    return likelihood, covariance @ (mean / se**2), covariance


def test_the_eight_schools_come_out_as_published():
    shrunk, deviation = shrink(*SCHOOLS)
    assert shrunk == pytest.approx([11, 8, 6, 8, 5, 6, 10, 8], abs=0.7)
    assert deviation == pytest.approx([8, 6, 8, 7, 6, 7, 7, 8], abs=0.6)


def test_the_mean_over_the_grid_is_that_of_conditioning_by_linear_algebra():
    taus, *_ = posterior_of_spread(*SCHOOLS)
    parts = [by_conditioning(*SCHOOLS, tau) for tau in taus[:, 0]]
    likelihood, centre, spread = (np.array(part) for part in zip(*parts))
    weights = np.exp(likelihood - likelihood.max()) / np.exp(likelihood - likelihood.max()).sum()
    mean = weights @ centre
    variance = weights @ (np.diagonal(spread, axis1=1, axis2=2) + (centre - mean) ** 2)
    shrunk, deviation = shrink(*SCHOOLS)
    assert shrunk == pytest.approx(mean, abs=1e-9) and deviation == pytest.approx(np.sqrt(variance), abs=1e-9)


def test_the_grid_is_fine_enough():
    end = posterior_of_spread(*SCHOOLS)[0].max()

    def weighted(tau, school):
        likelihood, centre, _ = by_conditioning(*SCHOOLS, tau)
        return np.exp(likelihood + 30) * (1 if school is None else centre[school])

    whole = integrate.quad(weighted, 0, end, args=(None,))[0]
    means = [integrate.quad(weighted, 0, end, args=(school,))[0] / whole for school in (0, 4)]
    assert shrink(*SCHOOLS)[0][[0, 4]] == pytest.approx(means, abs=0.02)


def test_with_no_spread_all_have_the_pooled_mean_as_published():
    taus, weights, middle, spread = posterior_of_spread(*SCHOOLS)
    assert taus[0] == 0 and weights.sum() == pytest.approx(1)
    assert (middle[0], np.sqrt(spread[0])) == pytest.approx((7.7, 4.1), abs=0.05)


def test_groups_far_apart_keep_their_means():
    mean, se = np.array([-2, -1, 0, 1.0]), np.full(4, 0.01)
    shrunk, deviation = shrink(mean, se)
    assert shrunk == pytest.approx(mean, abs=1e-3) and deviation == pytest.approx(se, rel=0.01)


def test_many_equal_groups_are_as_good_as_one():
    mean, se = stats.norm.ppf((np.arange(400) + 0.5) / 400), np.ones(400)
    shrunk, _ = shrink(mean - 0.5, se * 1.2)
    assert shrunk == pytest.approx(np.full(400, -0.5), abs=0.2)


def test_what_is_known_least_moves_most():
    shrunk, deviation = shrink([-1, -1, 0, 0.2], [0.1, 0.6, 0.1, 0.1])
    assert -1 < shrunk[0] < shrunk[1] < 0 and deviation[1] < 0.6


def test_a_single_group_keeps_what_it_has():
    assert np.concatenate(shrink([-0.4], [0.2])) == pytest.approx([-0.4, 0.2])


@pytest.mark.parametrize("mean, se", [(np.nan, 0.2), (-3, np.nan), (-3, 0), (-3, np.inf)])
def test_an_unknown_group_stays_unknown_and_moves_no_other(mean, se):
    shrunk, deviation = shrink([-0.4, mean, 0.3], [0.2, se, 0.1])
    alone = shrink([-0.4, 0.3], [0.2, 0.1])
    assert np.isnan([shrunk[1], deviation[1]]).all()
    assert (shrunk[[0, 2]] == alone[0]).all() and (deviation[[0, 2]] == alone[1]).all()


def test_no_group_is_no_error():
    assert [len(values) for values in shrink([], [])] == [0, 0] and np.isnan(shrink([np.nan], [np.nan])).all()


def test_order_scale_and_place_do_not_matter():
    mean, se = SCHOOLS
    shrunk, deviation = shrink(mean, se)
    assert np.stack(shrink(mean[::-1], se[::-1]))[:, ::-1] == pytest.approx(np.stack([shrunk, deviation]), abs=1e-9)
    moved = shrink(5 - 0.01 * mean, 0.01 * se)
    assert moved[0] == pytest.approx(5 - 0.01 * shrunk) and moved[1] == pytest.approx(0.01 * deviation)


def drawn(mean, se, *, draws=4000, seed=1):
    return draw_shrunk(mean, se, draws=draws, rng=np.random.default_rng(seed))


def test_draws_have_the_mean_and_spread_of_the_posterior():
    found = drawn(*SCHOOLS, draws=100_000)
    shrunk, deviation = shrink(*SCHOOLS)
    assert found.mean(axis=0) == pytest.approx(shrunk, abs=0.1)
    assert found.std(axis=0) == pytest.approx(deviation, rel=0.015)


def test_what_was_not_measured_is_drawn_from_among_the_others():
    found = drawn([-1, 0, 1, 2, np.nan, 5], [0.01, 0.01, 0.01, 0.01, 0.1, 0], draws=20_000)
    assert np.median(found[:, 4:], axis=0) == pytest.approx([0.5, 0.5], abs=0.1)
    assert (found[:, 4:].std(axis=0) > 1).all() and np.isnan(drawn([np.nan], [1])).all()


def test_the_seed_decides_the_draws():
    given = [-1, 0, 1], [0.2] * 3
    assert (drawn(*given) == drawn(*given)).all() and (drawn(*given) != drawn(*given, seed=2)).any()


def test_the_proof_measures_the_intervals_of_the_pattern_table():
    gap, margin, normal = np.array([-0.9, -0.2, 0.1, 0.3]), np.array([0.5, 0.2, 0.3, 0.9]), stats.norm.ppf(0.975)
    gaps = pd.DataFrame({"persona": list("abcd"), "stage": "use", "n": 20, "gap": gap, "verdict": "met"})
    found = find_patterns(gaps.assign(low=gap - margin, high=gap + margin), rows="persona", columns="stage")
    shrunk, deviation = shrink(gap, margin / normal)
    ends = found.sort_values("persona")[["shrunk_low", "shrunk_high"]].to_numpy().T
    assert ends == pytest.approx(np.stack([shrunk - normal * deviation, shrunk + normal * deviation]))


def test_shrunk_intervals_hold_in_a_slice_of_the_proof():
    with patch.multiple(priorities, SHAPES=("normal", "skewed"), GROUPS=(12,)):
        found = priorities.measure_patterns(40, 5)
    assert (found["covered"] > 0.92 - 3 * np.maximum(found["error"], 0.01)).all()
    assert found.loc[found["tau"] == 0, "lowest"].min() > 0.93 - 3 * (0.93 * 0.07 / 40) ** 0.5


def test_many_groups_shrink_as_the_closed_form_says():
    gap = np.random.default_rng(3).normal(-0.5, 1, 200)
    se = np.full(200, 0.5)
    keep = 1 - 0.25 / gap.var(ddof=1)
    closed = gap.mean() + keep * (gap - gap.mean())
    found = drawn(gap, se)
    assert found.shape == (4000, 200)
    assert found.mean(axis=0) == pytest.approx(closed, abs=0.06)
    assert found.std(axis=0).mean() == pytest.approx(0.5 * np.sqrt(keep), abs=0.02)


def test_the_noisier_of_two_like_gaps_is_drawn_closer_to_the_others():
    gap = [-2, -2, -0.4, -0.2, 0, 0.2, 0.4, 0.6]
    sure, noisy = drawn(gap, [0.1, 0.8, *[0.1] * 6]).mean(axis=0)[:2]
    assert sure == pytest.approx(-2, abs=0.05) and -1.9 < noisy < -0.2


def test_gaps_that_differ_by_noise_alone_are_drawn_together():
    gap = np.random.default_rng(4).normal(-1, 0.5, 40)
    assert drawn(gap, [0.5] * 40).mean(axis=0).std() < 0.5 * gap.std()


@pytest.mark.parametrize("gap", [[-1.0], [-1.0, 0.5], [-1.0, -1.0, -1.0]])
def test_few_or_equal_gaps_are_drawn_all_the_same(gap):
    found = drawn(gap, [0.2] * len(gap))
    assert np.isfinite(found).all() and found[:, 0].mean() == pytest.approx(-1, abs=0.15)


def test_shrinkage_errs_less_and_lets_small_groups_lead_less_often():
    rng = np.random.default_rng(1)
    n = np.array([5] * 6 + [100] * 12)
    truth = rng.normal(-0.4, 0.3, (300, 18))
    se = 1.2 / np.sqrt(n)
    mean = rng.normal(truth, se)
    drawn = np.array([shrink(row, se) for row in mean])
    shrunk, deviation = drawn[:, 0], drawn[:, 1]
    assert ((shrunk - truth) ** 2).mean() < 0.5 * ((mean - truth) ** 2).mean()
    small = [(n[values.argmin(axis=1)] == 5).mean() for values in (truth, mean, shrunk)]
    assert small[1] > 0.7 and small[2] < small[0]  # a third of the groups are small, and so often truly the worst
    inside = (np.abs(shrunk - truth) < 1.96 * deviation).mean()
    assert inside == pytest.approx(0.95, abs=0.015)
