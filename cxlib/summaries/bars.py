"""How answers lie on a scale, in bars none of which is a small group."""

import numpy as np
import pandas as pd

SIDES = ("expected", "experienced")
BARS = ["value", "to", "expected", "experienced", "n_expected", "n_experienced"]


def lay_bars(values: pd.DataFrame, wave: int, points: np.ndarray, least: int) -> pd.DataFrame:
    """How many people of a wave gave which points: the shares `expected` and `experienced` (by weight), and their n.

    `values` has measure, wave, value, n and weight of the wave and of those it is made of; a value is the mean of a
    person's answers and goes to the nearest point. A row is a bar from `value` to `to`: neighbours are put together, so
    that each bar is of nobody or of at least `least` people in every one of these waves. Empty where one bar is left.
    """
    own = values[values["measure"].isin(SIDES)]
    own = own.assign(value=np.floor(own["value"].astype("float64") + 0.5))
    counts = own.pivot_table("n", "value", ["measure", "wave"], aggfunc="sum", fill_value=0)
    bars = pool_bars(counts.reindex(points, fill_value=0).to_numpy(), least)
    table = pd.DataFrame({"value": [points[some[0]] for some in bars], "to": [points[some[-1]] for some in bars]})
    own = own[own["wave"] == wave]
    place = np.searchsorted(table["value"], own["value"], side="right") - 1
    for side in SIDES:
        mine = (own["measure"] == side).to_numpy()
        n, weight = (np.bincount(place[mine], own[name][mine], minlength=len(bars)) for name in ("n", "weight"))
        table[side] = weight / (weight.sum() or np.nan)
        table[f"n_{side}"] = n.astype("int64")
    return table[BARS] if len(own) and len(bars) > 1 else table[BARS].head(0)


def pool_bars(counts: np.ndarray, least: int) -> list[list[int]]:
    """Neighbouring rows put together, so that each column of every group is 0 or at least `least`.

    >>> pool_bars(np.array([[1], [2], [9], [8], [0], [3]]), 5)
    [[0, 1, 2], [3, 4, 5]]
    """
    groups = [[row] for row in range(len(counts))]
    while len(groups) > 1:
        sums = np.array([counts[some].sum(axis=0) for some in groups]).reshape(len(groups), -1)
        small = np.flatnonzero(((sums > 0) & (sums < least)).any(axis=1))
        if not len(small):
            return groups
        place = int(small[0])
        other = min(place, len(groups) - 2)
        groups[other : other + 2] = [groups[other] + groups[other + 1]]
    return groups
