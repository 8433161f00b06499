"""The questionnaire, answered by a script: whatever the tool, its export is mapped without an edit."""

import random

import pandas as pd
import pytest
from scipy import stats

from cxlib.loaders import google_forms, qualtrics
from cxlib.loaders.plain import read_header
from cxlib.proposals import (
    answers_needed,
    as_text,
    propose_columns,
    propose_scales,
    propose_touchpoints,
    write_questionnaire,
)
from cxlib.tables import StudyError
from tests.test_proposal import make_grid

PLACES = pd.DataFrame(
    [("search", "Finding a product"), ("delivery", "Delivery"), ("returns", "Returns"), ("desk", "Help desk")],
    columns=["touchpoint", "label"],
)


@pytest.fixture
def questionnaire():
    return write_questionnaire(PLACES)


def answer(questionnaire: pd.DataFrame, people: int = 30) -> list[list[str]]:
    """Everybody's answers to each question, as a survey tool writes them."""
    chance = random.Random(7)
    ends = [map(int, answers.split(":")[0].split(" to ")) for answers in questionnaire["answers"]]
    return [[str(chance.randint(low, high)) for _ in range(people)] for low, high in ends]


def wanted(questionnaire: pd.DataFrame) -> list[tuple]:
    ratings = [("ratings", side, key, "high") for side in ("expected", "experienced") for key in PLACES["touchpoint"]]
    return [*ratings, ("respondents", "overall", "", "high"), ("respondents", "recommend", "", "high")]


def check(columns: pd.DataFrame, questionnaire: pd.DataFrame, first: int):
    found = columns.iloc[first:][["table", "column", "touchpoint", "confidence"]]
    assert list(found.itertuples(index=False, name=None)) == wanted(questionnaire)


def test_google_forms_is_mapped_without_an_edit(questionnaire):
    times = ["2026/03/01 10:00:00 AM GMT+1"] * 30
    grid = make_grid(["Timestamp", *questionnaire["text"]], times, *answer(questionnaire))
    columns = propose_columns(google_forms.read_header(grid), grid, PLACES)
    assert columns.loc[0, "column"] == "answered_at"
    check(columns, questionnaire, 1)
    assert propose_scales(columns, grid)[0] == {"expected": [1, 7], "experienced": [1, 7], "overall": [1, 7]}
    blind = propose_columns(google_forms.read_header(grid), grid)
    assert propose_touchpoints(blind)["label"].tolist() == PLACES["label"].tolist()


@pytest.mark.parametrize("asked", ["a matrix", "one by one"])
def test_qualtrics_is_mapped_without_an_edit(questionnaire, asked):
    grids = questionnaire["text"].str.endswith("]")
    names, texts = questionnaire["name"].tolist(), questionnaire["text"].tolist()
    ids = [f"QID{number}" for number in range(1, len(names) + 1)]
    if asked == "a matrix":
        texts = [text.removesuffix("]").replace(" [", " - ") for text in texts]
        rows = [f"{'expected' if n < 4 else 'experienced'}_{n % 4 + 1}" for n in range(grids.sum())]
        names = [*rows, *names[grids.sum() :]]
        ids = [f"QID{1 + n // 4}_{n % 4 + 1}" for n in range(grids.sum())] + ["QID3", "QID4"]
    imports = ['{"ImportId":"startDate","timeZone":"UTC"}', '{"ImportId":"ipAddress"}', '{"ImportId":"_recordId"}']
    imports += [f'{{"ImportId":"{key}"}}' for key in ids]
    answers = answer(questionnaire)
    own = [["2026-03-01 10:00:00"] * 30, ["192.0.2.7"] * 30, [f"R_{n}" for n in range(30)]]
    headings = ["StartDate", "IPAddress", "ResponseId", *names]
    seconds = ["Start Date", "IP Address", "Response ID", *texts]
    cells = [[second, said, *column] for second, said, column in zip(seconds, imports, [*own, *answers], strict=True)]
    grid = make_grid(headings, *cells)
    columns = propose_columns(qualtrics.read_header(grid), grid, PLACES)
    assert columns["column"].tolist()[:3] == ["", "", "response"]
    check(columns, questionnaire, 3)


def test_names_alone_are_enough(questionnaire):
    grid = make_grid(["ResponseId", *questionnaire["name"]], [f"r{n}" for n in range(30)], *answer(questionnaire))
    check(propose_columns(read_header(grid), grid, PLACES), questionnaire, 1)
    check(propose_columns(read_header(grid), grid), questionnaire, 1)


def test_the_text_names_every_question_once(questionnaire):
    text = as_text(questionnaire)
    assert all(text.count(f"`{name}`") >= 1 for name in questionnaire["name"])
    assert text.count("- Finding a product (`search_") == 2
    assert text.count("## ") == 5


def test_touchpoints_that_read_alike_are_refused():
    with pytest.raises(StudyError, match="tell them apart"):
        write_questionnaire(pd.DataFrame({"touchpoint": ["a", "b"], "label": ["Desk", "desk"]}))


def test_answers_needed_grow_with_spread_and_precision():
    assert answers_needed(0.5)["sd"].tolist() == [1.0, 1.5, 2.0]
    assert answers_needed(0.5)["n"].is_monotonic_increasing
    assert answers_needed(0.5, (0, 10))["n"].iloc[0] > answers_needed(1, (0, 10))["n"].iloc[0]
    for row in answers_needed(0.25).itertuples():  # the smallest n whose interval is narrow enough
        half = [stats.t.ppf(0.975, n - 1) * row.sd / n**0.5 for n in (row.n, row.n - 2)]
        assert half[0] <= 0.25 < half[1]
