"""A slice of the proof of journeys and times, small enough for every run."""

import numpy as np
import pandas as pd

from tests.proof.journeys import SHARE_GOAL, measure_shares


def test_shares_by_customer_hold_in_every_cell():
    """Of about 130 cells none may lie further below the goal than four Monte Carlo errors."""
    cells = pd.DataFrame(measure_shares(200, 1))
    error = np.sqrt(SHARE_GOAL * (1 - SHARE_GOAL) / (200 * cells["printed"]))
    assert (cells["covered"] > SHARE_GOAL - 4 * error).all() and cells["covered"].mean() > 0.94
