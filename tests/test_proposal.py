"""A proposed columns file: pairs found by their words, nothing doubtful filled in."""

import pandas as pd
import pyarrow as pa
import pytest

from cxlib.loaders.grid import Grid, Header, Question, reject_table
from cxlib.loaders.plain import read_header
from cxlib.proposals import propose_columns, propose_scales, propose_touchpoints

ONE_TO_SEVEN = ["1", "2", "3", "4", "5", "6", "7", "4"]
YES_OR_NO = ["Yes", "No", "Yes", "No", "Yes", "Yes", "No", "Yes"]


def make_grid(headings, *columns) -> Grid:
    """An export: headings and, for each, its answers."""
    cells = {f"f{place}": pa.array(column, pa.string()) for place, column in enumerate(columns)}
    lines = pa.array(range(2, len(columns[0]) + 2), pa.int64())
    return Grid(list(headings), pa.table(cells | {"_line": lines}), reject_table([]))


def propose(answers: dict[str, list[str]], **options) -> pd.DataFrame:
    grid = make_grid(answers, *answers.values())
    return propose_columns(read_header(grid), grid, **options)


def rated(*headings, **options) -> pd.DataFrame:
    return propose(dict.fromkeys(headings, ONE_TO_SEVEN), **options)


def found(columns: pd.DataFrame) -> list[tuple]:
    return list(columns[["table", "column", "touchpoint", "confidence"]].itertuples(index=False, name=None))


def test_every_column_has_a_row_in_order():
    columns = propose({"Timestamp": YES_OR_NO, "Email": YES_OR_NO, "Why?": [f"because of {n}" for n in range(8)]})
    assert columns["position"].tolist() == [1, 2, 3]
    assert found(columns) == [("ratings", "answered_at", "", "high"), ("", "", "", ""), ("", "", "", "")]
    assert columns.loc[1, "why"] == "identifies a person: not read"
    assert "because" not in columns.loc[2, "why"]


@pytest.mark.parametrize(
    "expected, experienced",
    [
        ("What did you expect of the delivery?", "What did you experience of the delivery?"),
        ("Die Lieferung: erwartet", "Die Lieferung: erlebt"),
        ("delivery_expected", "delivery_experienced"),
        ("Livraison : votre attente", "Livraison : vécu"),
        ("Entrega: lo que esperaba", "Entrega: lo que experimentado"),
    ],
)
def test_a_pair_is_found_by_its_words(expected, experienced):
    columns = rated(expected, experienced)
    assert columns["column"].tolist() == ["expected", "experienced"]
    assert columns["touchpoint"].nunique() == 1 and set(columns["confidence"]) == {"high"}


def test_pairs_are_found_out_of_order_and_never_by_number():
    expected = ["1. I expected fast delivery", "2. I expected kind staff"]
    columns = rated(*expected, "1. I experienced kind staff", "2. I experienced fast delivery")
    assert columns["touchpoint"].tolist() == ["fast_delivery", "kind_staff", "kind_staff", "fast_delivery"]


def test_better_than_expected_is_no_expectation():
    columns = rated("Was the delivery better or worse than you expected?", "delivery expected", "delivery experienced")
    assert columns["column"].tolist() == ["versus_expected", "expected", "experienced"]
    assert set(columns["touchpoint"]) == {"delivery"}


def test_a_side_told_by_weak_words_is_medium_at_most():
    columns = rated("The delivery should be fast", "The delivery was fast")
    assert columns["confidence"].tolist() == ["medium", "medium"]
    columns = rated("Excellent shops will have friendly staff", "The shop has friendly staff")
    assert columns["column"].tolist() == ["expected", "experienced"] and set(columns["confidence"]) == {"medium"}


def matrix(*stems: str) -> pd.DataFrame:
    questions = [Question((f"Q{n}_{m}",), stem, part) for n, stem in enumerate(stems) for m, part in enumerate(PARTS)]
    grid = make_grid([question.names[0] for question in questions], *[ONE_TO_SEVEN] * len(questions))
    return propose_columns(Header("qualtrics", "", 1, questions), grid)


PARTS = ["Delivery", "Returns", "Help desk"]


def test_rows_of_two_matrices_are_pairs():
    columns = matrix("What did you expect?", "How important is each?", "What did you experience?")
    assert columns["column"].tolist() == ["expected"] * 3 + ["importance"] * 3 + ["experienced"] * 3
    assert columns["touchpoint"].tolist() == ["delivery", "returns", "help_desk"] * 3
    assert set(columns["confidence"]) == {"high"}
    assert propose_touchpoints(columns)["label"].tolist() == PARTS


def test_a_matrix_whose_stem_says_nothing_is_medium():
    columns = matrix("What did you expect?", "Tell us how good it is")
    assert columns["column"].tolist() == ["expected"] * 3 + ["experienced"] * 3
    assert set(columns["confidence"]) == {"medium"}


def test_a_matrix_about_something_else_is_not_high():
    columns = matrix("What did you expect of our telephone hotline?", "What did you experience in restaurants?")
    assert "high" not in set(columns["confidence"])


def test_two_that_would_fit_alike_are_left_blank():
    columns = rated("I expected fast delivery", "I experienced fast delivery", "We experienced fast delivery")
    assert columns["table"].tolist() == ["", "", ""]
    assert "perhaps expected, the pair of column" in columns.loc[0, "why"]


def test_another_scale_is_no_pair():
    percent = ["0", "100", "55", "70", "80", "20", "90", "40"]
    columns = propose({"delivery expected": ONE_TO_SEVEN, "delivery experienced": percent})
    assert columns["table"].tolist() == ["", ""]
    assert "answers on another scale, 1 to 7 and 0 to 100" in columns.loc[0, "why"]


def test_satisfaction_is_experience_only_where_nothing_else_is():
    columns = rated("What did you expect of the delivery?", "How satisfied are you with the delivery?")
    assert columns["column"].tolist() == ["expected", "experienced"] and set(columns["confidence"]) == {"medium"}
    columns = rated("delivery expected", "delivery experienced", "How satisfied are you with the delivery?")
    assert found(columns)[2] == ("", "", "", "low")


def test_words_of_a_likert_scale_become_codes():
    words = ["strongly disagree", "disagree", "neutral", "agree", "strongly agree"]
    answers = {"delivery expected": words, "delivery experienced": words[::-1]}
    answers |= {"How important is delivery?": ["1 - not", "2", "3", "4", "5 - very"]}
    grid = make_grid(answers, *answers.values())
    columns = propose_columns(read_header(grid), grid)
    assert columns["column"].tolist() == ["expected", "experienced", "importance"]
    scales, codes = propose_scales(columns, grid)
    assert scales == {"expected": [1, 5], "experienced": [1, 5], "importance": [1, 5]}
    assert codes["expected"] == {word: number for number, word in enumerate(words, 1)}
    assert codes["importance"] == {"1 - not": 1, "5 - very": 5}


def test_a_few_choices_are_a_segment_and_free_text_is_not():
    columns = propose({"What is your gender?": YES_OR_NO, "Anything else?": list("abcdefgh"), "Ever called": YES_OR_NO})
    assert found(columns) == [
        ("respondents", "gender", "", "medium"),
        ("", "", "", ""),
        ("", "", "", "low"),
    ]


def test_a_touchpoint_of_the_map_keeps_its_key():
    places = pd.DataFrame({"touchpoint": ["t7"], "label": ["Delivery"]})
    assert set(rated("delivery expected", "delivery experienced", places=places)["touchpoint"]) == {"t7"}


def test_only_experience_was_asked():
    columns = rated("How was the delivery?", "How was the help desk?")
    assert found(columns) == [("ratings", "experienced", key, "medium") for key in ("delivery", "help_desk")]


def test_headings_that_repeat_are_told_by_position():
    grid = make_grid(["Score", "Score", "Other"], *[ONE_TO_SEVEN] * 3)
    assert propose_columns(read_header(grid), grid)["header"].tolist() == ["", "", "Other"]


def test_nothing_is_mapped_twice():
    columns = rated("Overall, are we good?", "All in all, are we good?", "delivery expected", "delivery experienced")
    mapped = columns[columns["table"] != ""]
    assert not mapped.duplicated(["table", "column", "touchpoint"]).any()
    assert columns["column"].tolist() == ["overall", "", "expected", "experienced"]


def test_a_rated_question_that_names_an_address_tells_of_nobody():
    streets = [f"Elm Road {n}" for n in range(8)]
    columns = propose({"Delivery to your address: expected": ONE_TO_SEVEN, "Your address": streets})
    assert columns["column"].tolist() == ["expected", ""]
    assert columns.loc[1, "why"] == "identifies a person: not read"


def test_short_names_of_fields_are_medium_and_label_well():
    columns = rated("Q5_delivery_exp", "Q5_delivery_per", "q7ReturnsExpected", "q7ReturnsExperience")
    assert columns["touchpoint"].tolist() == ["delivery", "delivery", "returns", "returns"]
    assert columns["confidence"].tolist() == ["medium", "medium", "high", "high"]


def test_a_matrix_whose_rows_say_the_side():
    parts = ["What I expected", "What I experienced", "How important it is"]
    questions = [Question((f"Q{n}_{m}",), stem, part) for n, stem in enumerate(PARTS) for m, part in enumerate(parts)]
    grid = make_grid([question.names[0] for question in questions], *[ONE_TO_SEVEN] * 9)
    columns = propose_columns(Header("qualtrics", "", 1, questions), grid)
    assert columns["column"].tolist() == ["expected", "experienced", "importance"] * 3
    assert list(dict.fromkeys(columns["touchpoint"])) == ["delivery", "returns", "help_desk"]
