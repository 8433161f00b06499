"""Paired questions to paste into a survey tool: what was expected, what was experienced, touchpoint by touchpoint.

Asked in these words and under these names, an export is recognised by `propose_columns` without an edit.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from cxlib.intervals import n_for_precision
from cxlib.tables import StudyError, check_columns

STEMS = {
    "expected": "What did you expect? How good did you expect each of these to be?",
    "experienced": "What did you experience? How good was each of these?",
}
OVERALL = "Overall, how satisfied are you with us?"
RECOMMEND = "How likely are you to recommend us to a friend or colleague?"
SPREADS = {"low": 1 / 6, "usual": 1 / 4, "high": 1 / 3}
"""The standard deviation of gaps as a share of the scale's range: 1.0, 1.5 and 2.0 on 1 to 7."""


def write_questionnaire(places: pd.DataFrame, scale: tuple[int, int] = (1, 7)) -> pd.DataFrame:
    """Two grids with a row a touchpoint, one question on the whole and one on recommending: name, text, answers.

    `places` is a touchpoint map (touchpoint, and label where people should read something else).

    >>> write_questionnaire(pd.DataFrame({"touchpoint": ["delivery"], "label": ["Delivery"]}))["name"].tolist()
    ['delivery_expected', 'delivery_experienced', 'overall', 'recommend']
    """
    check_columns(places, ["touchpoint"], name="places (the touchpoint map)")
    keys = places["touchpoint"].astype("str")
    labels = places["label"].fillna("").astype("str") if "label" in places else keys
    labels = labels.where(labels.str.strip() != "", keys).str.strip()
    for what, words in (("key", keys), ("label", labels.str.lower())):
        if words.duplicated().any():
            raise StudyError(f"two touchpoints have the {what} {words[words.duplicated()].iloc[0]!r}; tell them apart.")
    low, high = scale
    good = f"{low} to {high}: {low} = very poor, {high} = excellent"
    happy = f"{low} to {high}: {low} = very dissatisfied, {high} = very satisfied"
    rows = [
        (f"{key}_{side}", f"{stem} [{label}]", good)
        for side, stem in STEMS.items()
        for key, label in zip(keys, labels, strict=True)
    ]
    rows += [("overall", OVERALL, happy)]
    rows += [("recommend", RECOMMEND, "0 to 10: 0 = not at all likely, 10 = extremely likely")]
    return pd.DataFrame(rows, columns=["name", "text", "answers"])


def as_text(questionnaire: pd.DataFrame) -> str:
    """The questionnaire as Markdown, with how to enter it in Google Forms and in Qualtrics."""
    check_columns(questionnaire, ["name", "text", "answers"], name="questionnaire (from write_questionnaire)")
    grids = questionnaire[questionnaire["text"].str.endswith("]")]
    stems = grids["text"].str.rpartition(" [")[0]
    blocks = []
    for number, (stem, rows) in enumerate(grids.groupby(stems, sort=False), 1):
        lines = [f"- {row.text.rpartition(' [')[2][:-1]} (`{row.name}`)" for row in rows.itertuples()]
        blocks.append("\n".join([f"## {number}. {stem}", f"Answers: {rows['answers'].iloc[0]}", "", *lines]))
    for number, row in enumerate(questionnaire.drop(index=grids.index).itertuples(), len(blocks) + 1):
        blocks.append(f"## {number}. {row.text}\nAnswers: {row.answers}\n\nName: `{row.name}`")
    instructions = (Path(__file__).parent / "instructions.md").read_text(encoding="utf-8")
    return "\n\n".join(["# Questionnaire", *blocks, instructions])


def answers_needed(delta: float, scale: tuple[float, float] = (1, 7), *, confidence: float = 0.95) -> pd.DataFrame:
    """How many people must rate both sides of a touchpoint for its gap to be known to ± `delta` scale points.

    `sd` is that of the gaps, as low, usual or high as customers' gaps spread.

    >>> answers_needed(0.25)["n"].tolist()
    [64, 141, 249]
    """
    low, high = scale
    if not 0 < delta < high - low:
        raise StudyError(f"delta should be above 0 and below the scale's range, {high - low:g}; it is {delta!r}.", 2)
    sd = np.array(list(SPREADS.values())) * (high - low)
    n = np.full(3, 1000.0)
    for _ in range(20):  # t depends on n, which depends on t
        n = np.maximum(n_for_precision(sd / np.sqrt(n), n, n, delta, confidence).to_numpy(dtype=float), 3)
    return pd.DataFrame({"spread": list(SPREADS), "sd": sd, "n": n.astype("int64")})
