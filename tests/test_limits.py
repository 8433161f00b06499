"""Control limits: published numbers, and rules by hand."""

import numpy as np
import pandas as pd
import pytest

from cxlib.monitoring.limits import RULES, depends_on_itself, find_limits

VISCOSITY = [33.75, 33.05, 34, 33.81, 33.46, 34.02, 33.68, 33.27, 33.49, 33.2, 33.62, 33, 33.54, 33.12, 33.84]


def test_viscosity_has_the_published_limits():
    found = find_limits(pd.DataFrame({"value": VISCOSITY}), chart="xmr")
    assert found[["centre", "lower", "upper"]].iloc[0].tolist() == pytest.approx(
        [33.52333333, 32.24483789, 34.80182877], rel=1e-9
    )
    assert found["range_upper"].iloc[0] == pytest.approx(3.267 * np.abs(np.diff(VISCOSITY)).mean())
    assert (found["signal"] == "").all()


def test_limits_of_shares_follow_their_cases_and_end_at_nought_and_one():
    found = find_limits(pd.DataFrame({"value": [0.1, 0.2, 0.0, 0.1], "n": [10, 90, 50, 50]}), chart="p")
    centre = 24 / 200
    assert found["centre"].tolist() == pytest.approx([centre] * 4)
    assert found["upper"].tolist() == pytest.approx(
        [centre + 3 * np.sqrt(centre * (1 - centre) / n) for n in (10, 90, 50, 50)]
    )
    assert found["lower"].tolist()[0] == 0 and found["lower"].iloc[1] == pytest.approx(0.12 - 3 * np.sqrt(0.1056 / 90))


@pytest.mark.parametrize(("chart", "variance"), [("p'", lambda c, n: c * (1 - c) / n), ("u'", lambda c, n: c / n)])
def test_laney_widens_by_the_moving_range_of_z(chart, variance):
    share, n = np.array([0.30, 0.40, 0.35, 0.45, 0.30]), np.array([500, 900, 700, 800, 600])
    found = find_limits(pd.DataFrame({"value": share, "n": n}), chart=chart)
    centre = (share * n).sum() / n.sum()
    sigma = np.sqrt(variance(centre, n))
    z = (share - centre) / sigma
    expected = centre + 3 * sigma * np.abs(np.diff(z)).mean() / 1.128
    assert found["upper"].tolist() == pytest.approx(expected.tolist()) and sigma[0] < (expected[0] - centre) / 3


@pytest.mark.parametrize(
    ("rule", "z", "raised"),
    [
        ("beyond", [0, 3, 3.1, -3.1], [2, 3]),
        ("eight on a side", [-1, *[1] * 9, -1], [8, 9]),
        ("eight on a side", [*[1] * 4, 0, *[1] * 7], []),
        ("two of three beyond 2 sigma", [2.1, 0, 2.1, 0, 0, -2.1, 2.1, -2.1], [2, 7]),
        ("six rising or falling", [0, 1, 2, 3, 4, 5, 5], [5]),
        ("six rising or falling", [5, 4, 3, 2, 1, 1], []),
        ("eight on a side", [1, 1], []),
    ],
)
def test_a_rule_speaks_where_it_holds(rule, z, raised):
    assert np.flatnonzero(RULES[rule](np.array(z, dtype=float))).tolist() == raised
    assert np.flatnonzero(RULES[rule](-np.array(z, dtype=float))).tolist() == raised


@pytest.mark.parametrize("n", [12, 24])
def test_of_independent_measurements_one_series_in_twenty_seems_to_depend(n):
    seeming = depends_on_itself(np.random.default_rng(n).normal(size=(5000, n)))
    assert seeming.mean() == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 5000))
