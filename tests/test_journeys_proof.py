"""A slice of the proof of journeys and times, small enough for every run."""

import numpy as np
import pandas as pd

from tests.proof.journeys import GOAL, SHARE_GOAL, measure_shares, measure_times


def test_shares_by_customer_hold_in_every_cell():
    """Of about 130 cells none may lie further below the goal than four Monte Carlo errors."""
    cells = pd.DataFrame(measure_shares(200, 1))
    error = np.sqrt(SHARE_GOAL * (1 - SHARE_GOAL) / (200 * cells["printed"]))
    assert (cells["covered"] > SHARE_GOAL - 4 * error).all() and cells["covered"].mean() > 0.94


def test_intervals_of_times_hold_on_average():
    """Three samples a cell say nothing of one, but 64 and more of a kind do: an error of .03 at most."""
    cells = pd.DataFrame(measure_times(3, 1)).dropna()
    kinds = (cells["covered"] * cells["printed"]).groupby(cells["kind"]).sum() / cells.groupby("kind")["printed"].sum()
    assert len(kinds) == 4 and (kinds > GOAL).all()
