"""What matters, and how well it is done: the importance–performance matrix."""

import numpy as np
import pandas as pd

from cxlib.priorities.ranking import SURE, spread_of
from cxlib.words import counted, listed

QUADRANTS = ("concentrate here", "keep it up", "low priority", "more than it takes")


def place_in_matrix(
    ratings: pd.DataFrame, moments: pd.DataFrame, *, confidence: float = 0.95, draws: int = 4000, seed: int = 1
) -> pd.DataFrame:
    """Importance–performance matrix (Martilla & James 1977): the quadrant of each touchpoint and how sure it is.

    Performance is the mean experience, importance comes from `find_moments`. The crosshair lies at the means of both.
    `p_quadrant` is how often draws within both uncertainties, crosshair included, fall into the same quadrant.
    """
    table = moments[["stage", "touchpoint", "label", "importance", "importance_high"]].merge(
        ratings[["touchpoint", "n_experienced", "mean_experienced", "se_experienced"]], on="touchpoint", how="inner",
        validate="one_to_one",
    ).rename(columns={"n_experienced": "n", "mean_experienced": "performance"})  # fmt: skip
    table = table[table["importance"].notna() & (table["se_experienced"] > 0)].reset_index(drop=True)
    importance, performance = table["importance"].to_numpy(float), table["performance"].to_numpy(float)
    rng = np.random.default_rng(seed)
    size = (draws, len(table))
    drawn = rng.normal(importance, spread_of(table, confidence), size=size)
    seen = rng.normal(performance, table["se_experienced"], size=size)
    here = quadrant(importance[None], performance[None])[0] if len(table) else np.array([], dtype=int)
    same = (quadrant(drawn, seen) == here).mean(axis=0) if len(table) else here
    table = table.assign(quadrant=np.array(QUADRANTS, dtype=object)[here], p_quadrant=same)
    return table.drop(columns=["importance_high", "se_experienced"])


def quadrant(importance: np.ndarray, performance: np.ndarray) -> np.ndarray:
    """Place in QUADRANTS, the crosshair at the means of each row."""
    matters = importance >= importance.mean(axis=1, keepdims=True)
    good = performance >= performance.mean(axis=1, keepdims=True)
    return np.where(matters, np.where(good, 1, 0), np.where(good, 3, 2))


def describe_matrix(matrix: pd.DataFrame) -> str:
    """What matters and is done badly, as far as that is sure, in a sentence."""
    if matrix.empty:
        return "There is no importance to set performance against."
    sure = matrix[matrix["p_quadrant"] >= SURE]
    worst = sure.loc[sure["quadrant"] == QUADRANTS[0], "label"]
    doubt = len(matrix) - len(sure)
    doubtful = f" For {doubt} of {counted(len(matrix), 'touchpoint')} the quadrant is doubtful." if doubt else ""
    if worst.empty:
        return f"No touchpoint surely matters more and is rated lower than the average.{doubtful}"
    return f"Surely more important and rated lower than the average: {listed(worst)}.{doubtful}"
