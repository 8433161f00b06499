"""What answers tell: how often each was given, the scale they are on, and the numbers their words stand for."""

import csv
import functools
import re
from collections import Counter
from pathlib import Path

import pandas as pd

from cxlib.checks.casting import is_number
from cxlib.checks.refusals import STANDARD_SCALES, likely_scale
from cxlib.loaders.grid import Grid, Header
from cxlib.proposals.wording import side_of
from cxlib.tables import ONE_SCALE, STAND_INS, TABLES


def count_answers(header: Header | None, grid: Grid) -> list[pd.Series]:
    """How often each answer was given, by column, without the lines of the heading and those left out: in words, or as
    the stored numbers where a question asks for a rating."""
    answers = grid.records.slice(header.rows - 1 if header else 0).to_pandas()
    answers = answers[~answers["_line"].isin(list(header.left_out))] if header else answers
    rated = [place for place, question in enumerate(header.questions if header else []) if side_of(question, "")[0]]
    stored = {place: f"c{place}" for place in rated if f"c{place}" in answers}
    names = [stored.get(place, f"f{place}") for place in range(len(grid.headings))]
    cells = [answers[name].fillna("").astype("str").str.strip() for name in names]
    return [column[column != ""].value_counts() for column in cells]


def few(counts: pd.Series) -> bool:
    """Whether answers are few and short enough to be choices, and repeated: no one's own words."""
    short = all(len(str(answer)) <= 40 for answer in counts.index)
    return 2 <= len(counts) <= 12 and short and len(counts) <= counts.sum() / 2


@functools.cache
def likert_sets() -> dict[str, dict[str, float]]:
    """Well-known sets of answers in words, each with the numbers 1, 2, … they stand for."""
    with (Path(__file__).parent / "likert.csv").open(encoding="utf-8", newline="") as file:
        lines = [line["answers"] for line in csv.DictReader(file)]
    return {line: {word: float(number) for number, word in enumerate(line.split("|"), 1)} for line in lines}


def number_in(answer: str) -> float | None:
    """The number an answer is, or begins or ends with.

    >>> [number_in(answer) for answer in ("7", "1 - Very bad", "Very good (5)", "25-34", "2 or 3 times")]
    [7.0, 1.0, 5.0, None, None]
    """
    if is_number(answer):
        return float(answer)
    found = re.fullmatch(r"(\d\d?)(?:\s*[-–—=:.)]\s*|\s+)[^\d\W]\D*|\D*[^\d\s]\s*[-–—=:(]\s*(\d\d?)\)?", answer)
    number = float(found[1] or found[2]) if found else None
    return number if number is not None and number <= 11 else None


def scale_of(counts: pd.Series) -> tuple | None:
    """The usual scale that holds the answers: (low, high), or a well-known set of words; None where there is none."""
    numbers = {answer: number_in(answer) for answer in counts.index[:200]}
    told = {answer: number for answer, number in numbers.items() if number is not None}
    rare = [answer for answer, number in told.items() if number in STAND_INS and counts[answer] <= 0.1 * counts.sum()]
    told = {answer: number for answer, number in told.items() if answer not in rare or len(told) == len(rare)}
    if told and counts[list(told)].sum() >= 0.7 * counts.sum():
        scale = tuple(likely_scale(min(told.values()), max(told.values())))
        return scale if scale in STANDARD_SCALES else None
    words = {answer.lower() for answer in counts.index}
    known = [name for name, numbers in likert_sets().items() if words and words <= set(numbers)]
    return ("words", known[0]) if known else None


def common_scales(items: pd.DataFrame, counts: list[pd.Series]) -> list:
    """Each question's scale: that of most questions of its side, where its own answers fit into it."""
    scales = items["raw_scale"].to_dict()
    for _, side in items["raw_scale"].dropna().groupby(items["side"]):
        low, high = most = Counter(side).most_common(1)[0][0]
        for place, own in side.items():
            if low == "words":
                fits = {answer.lower() for answer in counts[place].index} <= set(likert_sets()[high])
            else:
                fits = own[0] != "words" and low <= own[0] and own[1] <= high
            scales[place] = most if fits else own
    return list(scales.values())


def scale_words(scale: tuple) -> str:
    """A scale, to read."""
    return scale[1].replace("|", ", ") if scale[0] == "words" else f"{scale[0]:g} to {scale[1]:g}"


def propose_scales(
    columns: pd.DataFrame, grid: Grid, *, header: Header | None = None
) -> tuple[dict[str, list], dict[str, dict[str, float]]]:
    """`scales` and `codes` for study.yaml: each rating column's usual scale, and the numbers its words stand for."""
    counts, scales, codes = count_answers(header, grid), {}, {}
    kinds = {column.name for column in TABLES["ratings"] if column.kind == "rating"} | {"overall"}
    named = columns[columns["column"].isin(kinds) & (columns["table"] != "")]
    for column, positions in named.groupby("column", sort=False)["position"]:
        whole = pd.concat([counts[position - 1] for position in positions]).groupby(level=0).sum()
        scale = scale_of(whole)
        if not scale:
            continue
        numbers = likert_sets()[scale[1]] if scale[0] == "words" else {}
        told = {word: numbers.get(word.lower(), number_in(word)) for word in whole.index if not is_number(word)}
        told = {word: number for word, number in told.items() if number is not None}
        codes |= {column: told} if told else {}
        scales[column] = [1, len(numbers)] if numbers else list(scale)
    if scales.get("recommend") in ([0, 10], [1, 10]):
        del scales["recommend"]
    shared = [scales[column] for column in ONE_SCALE if column in scales]
    if shared:
        widest = likely_scale(min(low for low, _ in shared), max(high for _, high in shared))
        scales |= {column: widest for column in ONE_SCALE if column in scales}
    return scales, codes
