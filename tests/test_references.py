"""Statistics against statsmodels, SciPy and printed numbers, to 1e-8 where computed; and the list of what is held."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.outliers_influence import variance_inflation_factor
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.rates import confint_poisson
from statsmodels.tsa.stattools import acf

from cxlib.experience import find_adoption, find_barriers
from cxlib.experience.channels import parts_of_variance
from cxlib.intervals import adjust, leave_one_out, ratio_mean, skewness_of, t_test
from cxlib.moments.importance import inflation
from cxlib.shares import clopper_pearson, exact_p, newcombe, poisson_interval, wilson
from cxlib.trends import fit_line, measure_dependence
from tests.proof.references import HELD, missing_statistics, missing_tests

EXACT = dict(rel=1e-8, abs=1e-8)
RNG = np.random.default_rng(20)
MERCAPTOPURINE = "6 6 6 6* 7 9* 10 10* 11* 13 16 17* 19* 20* 22 23 25* 32* 32* 34* 35*".split()  # Freireich 1963
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23".split()
RATERS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
)  # Shrout, Fleiss


def test_a_weighted_mean_of_repeated_answers_has_the_clustered_error_of_weighted_least_squares():
    person = RNG.integers(0, 40, 130)
    value, weight = RNG.normal(-0.4, 1.3, 130), RNG.uniform(0.3, 3, 40)[person]
    fit = sm.WLS(value, np.ones(130), weights=weight).fit(cov_type="cluster", cov_kwds={"groups": person})
    a, b = (np.bincount(person, each) for each in (weight * value, weight))
    a, b = a[b > 0], b[b > 0]
    mean, se, _ = ratio_mean(len(b), a.sum(), b.sum(), a @ a, a @ b, b @ b)
    assert (float(mean), float(se)) == pytest.approx((fit.params[0], fit.bse[0]), **EXACT)


@pytest.mark.parametrize(("method", "ours"), [("wilson", wilson), ("beta", clopper_pearson)])
@pytest.mark.parametrize(("hits", "n"), [(0, 20), (1, 29), (15, 148), (81, 263), (29, 29)])
def test_intervals_of_shares_are_those_of_statsmodels(method, ours, hits, n):
    theirs = proportion_confint(hits, n, 0.1, method)
    assert [float(end) for end in ours(np.array(hits / n), np.array(n), 0.9)] == pytest.approx(theirs, **EXACT)


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (81, 263, 15, 148), (30, 40, 5, 60)])
def test_the_difference_of_shares_is_newcombes_as_statsmodels_has_it(counts):
    x, n, y, m = counts
    theirs = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    assert [float(end) for end in newcombe(x / n, n, y / m, m, 0.95)] == pytest.approx(theirs, **EXACT)


@pytest.mark.parametrize("events", [0, 1, 7, 143])
def test_the_interval_of_a_rate_is_garwoods_as_statsmodels_has_it(events):
    theirs = confint_poisson(events, 12.5, method="exact-c")
    assert [float(end) for end in poisson_interval(events, 12.5, 0.95)] == pytest.approx(np.nan_to_num(theirs), **EXACT)


def test_fishers_lady_tasting_tea():
    assert exact_p(3 / 4, 4, 1 / 4, 4) == pytest.approx(34 / 70, abs=1e-12)


def test_q_is_that_of_statsmodels():
    p = RNG.uniform(0, 1, 40) ** 3
    assert adjust(p) == pytest.approx(multipletests(p, method="fdr_bh")[1], **EXACT)


def test_skewness_is_that_of_scipy_on_the_sample_standard_deviation():
    x = RNG.gamma(2, 1, 57)
    sums = [len(x), *((x**power).sum() for power in (1, 2, 3))]
    assert float(skewness_of(*sums)) == pytest.approx(stats.skew(x) * (56 / 57) ** 1.5, **EXACT)


def test_leaving_out_one_gives_the_error_and_p_of_a_mean():
    x = RNG.normal(0.3, 1, 25)
    se = leave_one_out(x.mean(), (x.sum() - x) / 24)
    assert float(t_test(x.mean(), se, 25)) == pytest.approx(stats.ttest_1samp(x, 0).pvalue, **EXACT)


def test_inflation_is_that_of_statsmodels():
    x = RNG.normal(size=(80, 4)) @ (np.eye(4) + 0.6)
    theirs = [variance_inflation_factor(sm.add_constant(x), place) for place in range(1, 5)]
    assert inflation(np.corrcoef(x.T)) == pytest.approx(theirs, **EXACT)


def test_a_line_is_that_of_scipy():
    x, y = np.sort(RNG.uniform(0, 400, 15)), RNG.normal(size=15)
    theirs = stats.linregress(x, y)
    slope, se, residuals = fit_line(x, y)
    assert (slope, se) == pytest.approx((theirs.slope, theirs.stderr), **EXACT)
    assert residuals == pytest.approx(y - theirs.intercept - theirs.slope * x, **EXACT)


def test_dependence_is_the_autocorrelation_of_statsmodels_less_what_independence_gives():
    x, y = np.arange(14.0) ** 1.2, RNG.normal(size=14)
    design = np.column_stack([np.ones(14), x])
    left = np.eye(14) - design @ np.linalg.pinv(design)
    expected = np.trace(left @ np.eye(14, k=1)) / 12  # E r′Lr / E r′r of independent normal values
    assert measure_dependence(x, left @ y) == pytest.approx(acf(left @ y, nlags=1)[1] - expected, **EXACT)


def test_a_risk_ratio_is_that_of_statsmodels():
    counts = pd.DataFrame(
        {"barrier": ["price"], "n_with": [40], "missed_with": [22], "n_without": [75], "missed_without": [18]}
    )
    found = find_barriers(counts.assign(n=115)).iloc[0]
    table = Table2x2([[22, 18], [18, 57]])
    assert found["risk_ratio"] == pytest.approx(table.riskratio, **EXACT)
    assert found["p"] == pytest.approx(stats.fisher_exact(table.table).pvalue, **EXACT)


def test_the_share_of_variance_between_is_the_first_icc_of_shrout_and_fleiss():
    n, means = np.full(6, 4), RATERS.mean(axis=1)
    found = parts_of_variance(n, means, RATERS.var(axis=1, ddof=1))
    assert found["icc"] == pytest.approx(0.16574177, abs=5e-9)


def times(words: list[str]) -> pd.DataFrame:
    rows = {"days": [float(word.strip("*")) for word in words], "adopted": [not word.endswith("*") for word in words]}
    return pd.DataFrame(rows).groupby(["days", "adopted"], as_index=False).size().rename(columns={"size": "customers"})


@pytest.mark.parametrize(
    ("weeks", "left"),
    [(6, 0.8571), (7, 0.8067), (10, 0.7529), (13, 0.6902), (16, 0.6275), (22, 0.5378), (23, 0.4482)],
)
def test_the_remissions_of_freireich_last_as_printed(weeks, left):
    found = find_adoption(times(MERCAPTOPURINE), window_days=weeks).iloc[0]
    assert 1 - found["adoption_rate"] == pytest.approx(left, abs=5e-5)


def test_half_of_freireichs_untreated_relapse_within_eight_weeks():
    assert find_adoption(times(PLACEBO)).loc[0, "median_days"] == 8


def test_every_public_statistic_is_held_against_something():
    assert missing_statistics() == []


def test_every_test_that_is_named_is_there():
    assert missing_tests() == [] and HELD["function"].is_unique and HELD.notna().all().all()
