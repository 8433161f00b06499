"""Where and since when an action was done: what both ways of judging it share."""

import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.words import in_words


def why_not_done(action: tuple, day: str = "") -> str:
    """Why an action of actions.csv was not done by `day`, in a sentence; empty where it was.

    Where its status is blank its start decides.
    """
    status = str(action.status).strip().lower()
    cases = {
        "It is dropped.": status == "dropped",
        "It has no start in actions.csv.": pd.isna(action.start),
        "It has not begun": bool(day) and action.start > pd.Timestamp(day),
        "By actions.csv it is still planned.": status == "planned",
    }
    found = next((reason for reason, holds in cases.items() if holds), "")
    return (
        tell("{found}; it starts on {day}.", found=found, day=in_words(f"{action.start:%Y-%m-%d}"))
        if found == "It has not begun"
        else found
    )


def split_sites(said: object) -> dict[str, str]:
    """The sites of an action as written, by their names in small letters; they stand apart by | or else by ; or ,.

    >>> split_sites("S1 | s2"), split_sites("S1; S2"), split_sites(None)
    ({'s1': 'S1', 's2': 's2'}, {'s1': 'S1', 's2': 'S2'}, {})
    """
    if not isinstance(said, str):
        return {}
    mark = next((mark for mark in "|;" if mark in said), ",")
    return {site.strip().casefold(): site.strip() for site in said.split(mark) if site.strip()}


def number_months(months: pd.PeriodIndex) -> np.ndarray:
    """Calendar months as numbers, one more each: year × 12 + month."""
    return np.asarray(months.year * 12 + months.month, dtype=float)


def months_since(months: pd.PeriodIndex, start: pd.Timestamp) -> np.ndarray:
    """Months since a start: 0 in the first full month, −1 in the last before, blank in one it began within.

    >>> months_since(pd.period_range("2025-07", "2025-10", freq="M"), pd.Timestamp("2025-08-15"))
    array([-1., nan,  0.,  1.])
    """
    since = number_months(months) - (start.year * 12 + start.month)
    late = start.day > 1
    return np.where((since == 0) & late, np.nan, since - (late & (since > 0)))
