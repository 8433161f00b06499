"""How far customers get, and where they leave."""

import numpy as np
import pandas as pd

from cxlib.intervals import share_interval
from cxlib.tables import check_columns
from cxlib.words import listed, percent


def find_funnel(funnel: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """How many customers get from stage to stage, with the share that goes on and Wilson's interval.

    `funnel` comes from `summarise_funnel`. `share` is of those who began, `went_on` of those in the stage before, with
    `low` and `high`; `lost` is how many did not come from there.
    """
    check_columns(funnel, ["stage", "customers", "visitors"], name="funnel (from summarise_funnel)")
    n, before = funnel["customers"], funnel["customers"].shift()
    went_on = n / before
    se = np.sqrt(went_on * (1 - went_on) / (before - 1))
    low, high = share_interval(went_on, se, before, before, confidence)
    share = n / n.iloc[0] if len(n) else n.astype("float64")
    return funnel.assign(share=share, went_on=went_on, low=low, high=high, lost=(before - n).astype("Int64"))


def describe_funnel(funnel: pd.DataFrame) -> str:
    """Where most customers leave, in a sentence."""
    if funnel.empty:
        return "Drop-off along the journey is not known. A file of events, with touchpoints on the map, switches it on."
    if len(funnel) == 1:
        return f"{funnel['customers'].iloc[0]:,} customers reached {funnel['stage'].iloc[0]}."
    order = funnel["went_on"].astype("float64").argsort()
    worst, place = funnel.iloc[order.iloc[0]], int(order.iloc[0])
    if worst["went_on"] == 1:
        return f"All {worst['customers']:,} customers went on from stage to stage."
    close = [row for row in order.iloc[1 : len(funnel) - 1] if funnel["low"].iloc[row] <= worst["high"]]
    tie = f" Could be as large: {listed([between(funnel, row) for row in close])}." if close else ""
    return (
        f"The largest drop-off is {between(funnel, place)}: "
        f"{percent(worst['went_on'])} go on ({100 * worst['low']:.0f} to {100 * worst['high']:.0f}\u00a0%; "
        f"n\u00a0{funnel['customers'].iloc[place - 1]:,}).{tie}"
    )


def between(funnel: pd.DataFrame, row: int) -> str:
    """The step of the funnel that ends in a row."""
    return f"between {funnel['stage'].iloc[row - 1]} and {funnel['stage'].iloc[row]}"
