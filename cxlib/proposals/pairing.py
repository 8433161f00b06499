"""Which two questions are a pair: the words that are left when those of their sides are taken away."""

from collections import Counter

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from cxlib.proposals.answers import scale_words

LEVELS = {"high": (0.7, 0.1), "medium": (0.55, 0.04), "low": (0.4, -1.0)}
"""Confidence, the surest first: likeness of the remaining words, and how far the next best stays behind."""

ORDER = {level: place for place, level in enumerate([*LEVELS, ""])}


def all_pairs(rated: pd.DataFrame) -> list[dict]:
    """Expectation and experience, two by two: first where both say so, then where one of them is left without."""
    sides = ("expected", "experienced", "", "satisfaction")
    expected, experienced, silent, satisfied = (rated[rated["side"] == side] for side in sides)
    found: list[dict] = []
    for left, right in [(expected, experienced), (expected, silent), (silent, experienced), (expected, satisfied)]:
        used = {pair[side] for pair in found if pair["confidence"] != "low" for side in sides[:2]}
        most = "high" if left is expected and right is experienced else "medium"
        found += find_pairs(left[~left.index.isin(used)], right[~right.index.isin(used)], most=most)
    best: dict[int, dict] = {}
    for pair in sorted(found, key=lambda pair: (ORDER[pair["confidence"]], -pair["score"])):
        if pair["expected"] not in best and pair["experienced"] not in best:
            best |= {pair["expected"]: pair, pair["experienced"]: pair}
    return [best[place] for place in sorted(best) if place == min(best[place]["expected"], best[place]["experienced"])]


def find_pairs(left: pd.DataFrame, right: pd.DataFrame, *, most: str = "high", scaled: bool = True) -> list[dict]:
    """The best one-to-one pairs of two lists of questions, each with how alike and how sure it is, at most `most`."""
    if left.empty or right.empty:
        return []
    score, exact = likeness(left, right)
    same = np.array([[not scaled or a == b for b in right["scale"]] for a in left["scale"]])
    score = np.where(same, score, np.minimum(score, LEVELS["low"][0]) * (score >= LEVELS["high"][0]))
    pairs = []
    for row, column in zip(*linear_sum_assignment(score, maximize=True), strict=True):
        a, b, likely = left.iloc[row], right.iloc[column], score[row, column]
        lead = likely - max([*np.delete(score[row], column), *np.delete(score[:, column], row), 0.0])
        level = next((name for name, (floor, ahead) in LEVELS.items() if likely >= floor and lead >= ahead), "")
        if level == "high" and (most != "high" or "hint" in (a["strength"], b["strength"]) or strangers(a, b)):
            level = "medium"
        why = "same row of the matrix" if exact[row, column] else f"wording {likely:.0%} the same"
        if level and not same[row, column]:
            level, why = "low", f"answers on another scale, {scale_words(a['scale'])} and {scale_words(b['scale'])}"
        if level:
            pair = dict(expected=left.index[row], experienced=right.index[column])
            pairs.append(pair | dict(score=likely, confidence=level, why=why))
    return pairs


def strangers(a: pd.Series, b: pd.Series) -> bool:
    """Whether two matrices with the same row ask about different things."""
    first, second = grams([a["stem"], b["stem"]])
    return bool(a["part"] == b["part"] != "" and a["stem"] and b["stem"] and first @ second < 0.4)


def likeness(left: pd.DataFrame, right: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """How alike the questions' remaining words are (0 to 1), and which are the same row of two matrices."""
    score = grams([*left["core"], *right["core"]])
    score = score[: len(left)] @ score[len(left) :].T
    fields, exact = same_words(left, right, "field"), same_words(left, right, "part")
    score = np.where(fields, np.maximum(score, 0.95), score)
    rivals = (exact.any(axis=0) | exact.any(axis=1, keepdims=True)) & ~exact
    return np.where(exact, 1.0, np.where(rivals, 0.8 * score, score)), exact


def same_words(left: pd.DataFrame, right: pd.DataFrame, column: str) -> np.ndarray:
    """Which two questions have the same words in a column, and no third has."""
    same = np.array([[a == b != "" for b in right[column]] for a in left[column]])
    return same & (same.sum(axis=0) == 1) & (same.sum(axis=1, keepdims=True) == 1)


def grams(texts: list[str]) -> np.ndarray:
    """Each text as a vector of length 1 of its three-letter strings, the commoner ones weighing less."""
    bags = [Counter(f"  {text} "[at : at + 3] for at in range(len(text) + 1) if text) for text in texts]
    vectors = pd.DataFrame(bags, dtype="float64").fillna(0.0).to_numpy()
    vectors = vectors * np.log(1 + len(texts) / (vectors > 0).sum(axis=0))
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
