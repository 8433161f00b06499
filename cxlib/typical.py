"""Themes of what people said, and how much more one side says them than the other."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxlib.intervals import known

WORD = r"[^\W\d_]{3,}"
"""A word of a quote: three or more letters of any alphabet."""

PRIOR = 2
"""How many mentions the prior of each theme is worth."""


def find_themes(feedback: pd.DataFrame) -> pd.DataFrame:
    """Every theme of every quote once: touchpoint, `person` and `quote` as numbers, and theme."""
    return list_themes(feedback, unit_of(feedback)).drop_duplicates(["quote", "theme"])


def unit_of(feedback: pd.DataFrame) -> str:
    """What themes are: "code" where readers gave any to what was said of a touchpoint, else "word"."""
    codes = feedback.loc[feedback["touchpoint"].notna(), "code"].astype("str").str.strip()
    return "code" if (codes.notna() & (codes != "")).any() else "word"


def list_themes(feedback: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Every theme each time it was said, with the `row` of the feedback (from 0) beside what `find_themes` has."""
    there = feedback["touchpoint"].notna().to_numpy()
    placed = feedback[there].reset_index(drop=True)
    code = placed["code"].astype("str").str.strip()
    words = placed["text"].astype("str").str.normalize("NFC").str.lower().str.findall(WORD)
    theme = code.mask(code == "") if unit == "code" else words
    table = placed[["touchpoint"]].assign(person=number_people(placed), theme=theme)
    table["quote"] = table.groupby(["touchpoint", "person"]).ngroup()
    return table.assign(row=np.flatnonzero(there)).explode("theme").dropna(subset="theme")


def number_people(feedback: pd.DataFrame) -> np.ndarray:
    """Who said each row, as a number: its customer or, where that is not known, somebody of its own."""
    customer = pd.factorize(feedback["customer"])[0]
    return np.where(customer >= 0, customer, len(feedback) + np.arange(len(feedback)))


def log_odds(here: ArrayLike, elsewhere: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds ratio of each theme between two sides, shrunk by the prior, and its standard error; NaN for one theme.

    δ = ln((y₁ + a₁)/(n₁ + Σa₁ − y₁ − a₁)) − the same of side 2, variance the sum of 1/ of all four; `PRIOR` mentions of
    each theme go to the sides as all mentions do, aᵢ = 2·nᵢ/(n₁ + n₂), which says that they do not differ (Agresti
    1999) and, unlike one that grows with the counts, fades. A row a theme; each column is of its own.
    """
    counts = [np.asarray(side, dtype=float) for side in (here, elsewhere)]
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = [side.sum(axis=0) for side in counts]
        said = [side + PRIOR * n / sum(whole) for side, n in zip(counts, whole)]
        others = [known(side.sum(axis=0) - side) for side in said]
        first, second = (np.log(side / other) for side, other in zip(said, others))
        return first - second, np.sqrt(sum(1 / side for side in (*said, *others)))
