"""Relative importance, against R's relaimpo and published digits."""

import numpy as np
import pandas as pd
import pytest

from cxlib.moments import johnson, lmg


@pytest.fixture(scope="module")
def swiss(real_data):
    """The predictors and, last, fertility."""
    table = pd.read_csv(real_data / "reference/swiss.csv", index_col="province")
    return table[[*table.columns.drop("Fertility"), "Fertility"]]


@pytest.fixture(scope="module")
def relaimpo(real_data, swiss):
    return pd.read_csv(real_data / "reference/swiss_relimp.csv", index_col="variable").loc[swiss.columns[:-1]]


def test_lmg_of_swiss(swiss, relaimpo):
    shares = lmg(np.cov(swiss.T))
    assert shares == pytest.approx(relaimpo["lmg"].to_numpy(), abs=1e-8)
    assert shares.sum() == pytest.approx(0.7067350, abs=5e-8)


def test_lmg_of_swiss_with_weights(swiss):
    published = [0.096127815, 0.162979627, 0.387470027, 0.030265197, 0.129035394]
    shares = lmg(np.cov(swiss.T, aweights=swiss["Education"] + 1))
    assert shares == pytest.approx(published, abs=1e-8) and shares.sum() == pytest.approx(0.80587806, abs=1e-8)


def test_johnson_of_swiss_is_genizi(swiss, relaimpo):
    assert johnson(np.cov(swiss.T)) == pytest.approx(relaimpo["genizi"].to_numpy(), abs=1e-8)


def test_johnson_of_mtcars(real_data):
    table = pd.read_csv(real_data / "reference/mtcars.csv")[["cyl", "disp", "hp", "gear", "mpg"]]
    published = [0.22847972592821672, 0.22214687054000093, 0.23217443929944717, 0.09638860321539097]
    assert johnson(np.cov(table.T)) == pytest.approx(published, abs=1e-8)
