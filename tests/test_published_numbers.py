"""Figures printed in the literature, and the step's verdicts against computations of their own."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from cxlib import open_study
from cxlib.experience import find_experience
from cxlib.gaps.differences import find_differences
from cxlib.gaps.table import find_gaps
from cxlib.intervals import adjust, difference_of_means, t_interval, t_test
from cxlib.shares import newcombe, wilson
from cxlib.summaries import summarise_experience

THROMBOLYSIS = [  # Benjamini & Hochberg 1995, 15 hypotheses, and their adjusted values (R's p.adjust)
    *((0.0001, 0.0015), (0.0004, 0.0030), (0.0019, 0.0095), (0.0095, 0.035625), (0.0201, 0.0603)),
    *((0.0278, 0.06385714286), (0.0298, 0.06385714286), (0.0344, 0.0645), (0.0459, 0.0765), (0.3240, 0.4860)),
    *((0.4262, 0.58118181818), (0.5719, 0.714875), (0.6528, 0.75323076923), (0.7590, 0.81321428571), (1.0, 1.0)),
]
SLEEP = {  # Student 1908: hours of sleep gained by ten patients with two drugs
    "first": np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]),
    "second": np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]),
}


def test_benjamini_and_hochbergs_fifteen_adjusted():
    p, q = zip(*THROMBOLYSIS)
    assert adjust(p) == pytest.approx(q, abs=1e-10)


def test_of_their_fifteen_a_gap_table_claims_the_same_four():
    p = np.array([value for value, _ in THROMBOLYSIS[:-1]])
    gaps = find_gaps(summary(-0.5, 0.5 / stats.t.isf(p / 2, 59), n=60), met_within=0.01)
    assert gaps["p"].to_numpy() == pytest.approx(p, abs=1e-12) and (gaps["verdict"] == "shortfall").sum() == 4


@pytest.mark.parametrize(("hits", "n", "published"), [(0, 20, (0, 0.161125)), (15, 148, (0.062386, 0.160487))])
def test_wilsons_interval_as_printed(hits, n, published):
    assert wilson(np.array(hits / n), np.array(n), 0.95) == pytest.approx(published, abs=5e-7)


def two_means(covariance=0.0, shared=0):
    """The two drugs as a comparison has them."""
    row = {"n_both": shared, "covariance": covariance}
    for name, x in SLEEP.items():
        row |= {f"mean_{name}": x.mean(), f"se_{name}": stats.sem(x), f"n_effective_{name}": float(len(x))}
    return pd.DataFrame([row])


@pytest.mark.parametrize(
    ("shared", "low", "high", "p"),
    [(0, -3.3654832, 0.2054832, 0.0793941), (10, -2.4598858, -0.7001142, 0.0028329)],
    ids=["Welch", "paired"],
)
def test_students_sleep_data_as_r_prints_them(shared, low, high, p):
    covariance = np.cov(*SLEEP.values())[0, 1] / 10 if shared else 0.0
    difference, se, worth = difference_of_means(two_means(covariance, shared), "first", "second")
    assert difference.iloc[0] == pytest.approx(-1.58)
    assert [float(end[0]) for end in t_interval(difference, se, worth, 0.95)] == pytest.approx([low, high], abs=5e-8)
    assert t_test(difference, se, worth)[0] == pytest.approx(p, abs=5e-8)


def test_welchs_degrees_of_freedom_of_the_sleep_data():
    _, _, worth = difference_of_means(two_means(), "first", "second")
    assert worth[0] - 1 == pytest.approx(17.776, abs=5e-4)


def test_groups_with_unequal_spreads_are_compared_as_scipy_does():
    rng = np.random.default_rng(4)
    sides = {"first": rng.normal(-1, 0.8, 70), "second": rng.normal(-0.6, 2.1, 23)}
    row = {"touchpoint": "pay", "label": "Pay", "width": 1.0, "n_both": 0, "covariance": 0.0}
    for name, x in sides.items():
        row |= {f"n_{name}": len(x), f"n_effective_{name}": float(len(x)), f"mean_{name}": x.mean()}
        row |= {f"se_{name}": stats.sem(x), f"modal_{name}": 1, f"skewness_{name}": 0.0}
    found = find_differences(pd.DataFrame([row]), confidence=0.9).iloc[0]
    test = stats.ttest_ind(*sides.values(), equal_var=False)
    assert (found["low"], found["high"]) == pytest.approx(tuple(test.confidence_interval(0.9)), abs=1e-8)
    assert found["p"] == pytest.approx(test.pvalue, abs=1e-8)


def summary(gap, se, n=60):
    """A summary of ordinary gaps, a row for each gap or standard error given."""
    gap, se = np.broadcast_arrays(np.atleast_1d(gap), np.atleast_1d(se))
    table = pd.DataFrame({"touchpoint": [f"t{place}" for place in range(len(se))], "mean_gap": gap, "se_gap": se})
    sides = {f"{part}_{side}": 5.0 for part in ("mean", "paired") for side in ("expected", "experienced")}
    counts = dict.fromkeys(["n", "n_expected", "n_experienced"], n)
    lie = {"n_effective": float(n), "modal": 0.3 * n, "skewness": 0.0, "below": 0.5, "width": 0.01, "paired": "yes"}
    return table.assign(**sides, **counts, **lie)


def larger_p(x, delta):
    """The larger p of the two one-sided t tests (Schuirmann 1987) of a mean within ±δ."""
    tests = ((-delta, "greater"), (delta, "less"))
    return max(stats.ttest_1samp(x, end, alternative=side).pvalue for end, side in tests)


@pytest.mark.parametrize("level", [0.05, 0.01])
@pytest.mark.parametrize("shift", [0.0, 0.11, -0.3])
def test_met_is_what_two_one_sided_t_tests_call_equivalent(shift, level):
    x = np.random.default_rng(6).normal(0, 1.1, 60)
    x += shift - x.mean()
    delta = optimize.brentq(lambda delta: larger_p(x, delta) - level, 1e-3, 3, xtol=1e-13)
    table = summary(x.mean(), stats.sem(x))
    verdicts = [
        find_gaps(table, met_within=delta * edge, level=level).loc[0, "verdict"] for edge in (1 - 1e-8, 1 + 1e-8)
    ]
    assert verdicts[1] == "met" and verdicts[0] != "met"


def test_a_gap_that_is_sure_but_small_is_met_before_it_is_a_shortfall():
    x = np.random.default_rng(6).normal(0, 1.1, 2000)
    x += -0.1 - x.mean()
    assert stats.ttest_1samp(x, 0).pvalue < 0.001 and larger_p(x, 0.24) < 0.05
    assert find_gaps(summary(x.mean(), stats.sem(x), 2000), met_within=0.24).loc[0, "verdict"] == "met"


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_the_nps_of_raw_answers_has_the_wald_interval_of_three_answers_more(make_study, engine):
    recommend = np.repeat([10, 9, 8, 7, 6, 3, 0], [12, 9, 11, 6, 5, 4, 3])
    ratings = pd.DataFrame({"respondent": range(50), "touchpoint": "pay", "recommend": recommend, "experienced": 4})
    study = open_study(make_study(ratings=ratings, settings="scales: {experienced: [1, 7]}"), engine=engine)
    found = find_experience(summarise_experience(study)).iloc[0]
    sign = np.where(recommend >= 9, 1, np.where(recommend <= 6, -1, 0))
    values, counts = np.array([1, 0, -1]), np.array([(sign == value).sum() for value in (1, 0, -1)]) + [0.75, 1.5, 0.75]
    middle = values @ counts / 53
    margin = stats.norm.ppf(0.975) * np.sqrt(((values - middle) ** 2 @ counts) / 53 / 53)
    assert found["nps"] == pytest.approx(sign.mean())
    assert (found["nps_low"], found["nps_high"]) == pytest.approx((middle - margin, middle + margin), abs=1e-10)


def test_the_two_best_ratings_of_few_have_the_exact_interval(make_study):
    ratings = pd.DataFrame({"respondent": range(23), "touchpoint": "pay", "experienced": [7] * 2 + [6] + [3] * 20})
    study = open_study(make_study(ratings=ratings, settings="scales: {experienced: [1, 7]}"))
    found = find_experience(summarise_experience(study)).iloc[0]
    exact = stats.binomtest(3, 23).proportion_ci(method="exact")
    assert (found["top2_low"], found["top2_high"]) == pytest.approx((exact.low, exact.high), abs=1e-10)


def test_newcombes_difference_of_two_shares_is_the_published_one():
    low, high = newcombe(56 / 70, 70, 48 / 80, 80, 0.95)
    assert (float(low), float(high)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_against_a_certain_share_newcombes_interval_is_wilsons():
    low, high = newcombe(81 / 263, 263, 0.25, np.nan, 0.95)
    assert (float(low), float(high)) == pytest.approx((0.255289 - 0.25, 0.366210 - 0.25), abs=1e-6)
