"""The smoking ban in Sicily (Barone-Adesi and others 2011; the series of Bernal and others 2017): published ratios."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib.monitoring.interruptions import fit_step, judge_step

Z = stats.norm.ppf(0.975)


@pytest.fixture(scope="module")
def fit(real_data):
    """A fit of coronary events per person, with the months it is of."""
    sicily = pd.read_csv(real_data / "sicily/sicily.csv")
    months = (sicily["year"] * 12 + sicily["month"]).to_numpy()
    rate, ban = sicily["aces"] / sicily["stdpop"], sicily["smokban"]
    return lambda season: (fit_step(rate, ban, months, n=sicily["stdpop"], count=True, season=season), months)


def ends(step, dispersion=1.0):
    return np.exp(step.effect + np.array([0, -Z, Z]) * step.se / np.sqrt(dispersion))


def test_the_step_beside_the_trend_is_the_published_one(fit):
    step, _ = fit(False)
    assert ends(step) == pytest.approx([0.894377, 0.839189, 0.953193], abs=5e-7)
    assert step.dispersion == pytest.approx(3.559, abs=5e-4)
    assert ends(step, step.dispersion) == pytest.approx([0.894377, 0.864686, 0.925086], abs=5e-7)


def test_with_two_harmonics_of_the_year_too(fit):
    step, _ = fit(True)
    assert ends(step) == pytest.approx([0.885072, 0.839401, 0.933227], abs=5e-7)


def test_the_fall_stands_beside_the_autocorrelation_of_the_months(fit):
    step, months = fit(False)
    found, seasonal = judge_step(step, months), judge_step(*fit(True))
    assert found["rho"] == pytest.approx(0.53, abs=0.05) and seasonal["rho"] == pytest.approx(0.27, abs=0.05)
    assert found["high"] - found["low"] > 1.3 * 2 * Z * step.se
    assert np.exp([seasonal["low"], seasonal["high"]]) == pytest.approx([0.80, 0.98], abs=0.01)
    assert seasonal["p"] <= 0.05 < found["p"]
