"""What a text speaks of: a side of the gap, told by the patterns of wording.csv, and what is left without them."""

import csv
import functools
import re
import unicodedata
from pathlib import Path

from cxlib.loaders.grid import Question

SIDES = ["expected", "experienced", "importance", "satisfaction", "desired", "adequate", "effort", "versus_expected"]
"""Columns whose words say how something is rated, not what."""

FRAME = set(
    "a an and are at be been did do does each following for from have has how i in is it may me my of on our please "
    "rate scale that the these they this thinking to we what when will with would you your about think "
    "auf bei beim das den der des die für haben ihre ihrer im in ist mit sie und von war was welche wie zu zum zur"
    " de del el en la las le les los que quel quelle vous votre".split()
)
FIELD = re.compile(r"[A-Za-z][\w.\-]*")
"""A field's name, such as Q5_delivery_exp."""

SHORT = {"exp": "expected", "per": "experienced", "perc": "experienced"}
"""What a field's last word is short for."""

NUMBERING = re.compile(r"^\W*(q\s*)?\d+([-.]\d+)*\s*[.):]\s*", re.I)
NUMBER = re.compile(r"(q|qid)?\d+[a-z]?|exp|e|p|per|perc")


def tidy(text: str) -> str:
    """Text in one line, its characters composed."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def plain(text: str) -> str:
    """Words only: no numbering, no marks, lower case.

    >>> plain("12-1. The delivery (by post)")
    'the delivery by post'
    """
    return " ".join(re.findall(r"\w+", NUMBERING.sub("", tidy(text).lower())))


def spread(name: str) -> str:
    """A field's name as words.

    >>> spread("Q5_delivery_exp"), spread("deliveryExpected")
    ('q5 delivery exp', 'delivery expected')
    """
    return " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])|[_.\-]+", " ", name).lower().split())


@functools.cache
def wordings() -> list[tuple[str, str, re.Pattern]]:
    """The patterns of wording.csv in their order, each with its column and how clearly it speaks."""
    with (Path(__file__).parent / "wording.csv").open(encoding="utf-8", newline="") as file:
        return [(line["column"], line["strength"], re.compile(line["pattern"], re.I)) for line in csv.DictReader(file)]


def listen(text: str) -> list[tuple[str, str, str]]:
    """The columns a text speaks of, the likeliest first, each with the words that say so and how clearly.

    >>> [column for column, _, _ in listen("Was it better than you expected?")][:2]
    ['versus_expected', 'expected']
    """
    found = [(column, hit[0], strength) for column, strength, words in wordings() if (hit := words.search(tidy(text)))]
    return sorted(found, key=lambda each: each[2] != "clear")


def side_of(question: Question, field: str) -> tuple[str, str, str]:
    """The column a question speaks of: its field's name where that ends with it, as our questionnaire's do, then its
    stem's words, its part's, and its field's name at all."""
    if (last := field.rpartition(" ")[2]) in ("expected", "experienced"):
        return last, field, "clear"
    stem, row, name = (listen(words) for words in (question.text, question.part, field))
    stem = [each for each in stem if each[0] != "overall"] if question.part else stem
    found = stem[0] if stem else ("", "", "")
    if found[0] == "expected" and any(each[0] == "experienced" and each[2] == "clear" for each in stem):
        found = row[0] if row else ("both", "expected and experienced", "clear")
    elif row and is_weak(found):
        found = row[0]
    short = field.rpartition(" ")[2]
    if not found[0] and short in SHORT:
        return SHORT[short], short, "hint"
    return name[0] if name and is_weak(found) else found


def is_weak(found: tuple[str, str, str]) -> bool:
    """Whether other words may say it better: nothing is said, only hinted at, or rated without saying when."""
    return not found[0] or found[2] == "hint" or found[0] == "satisfaction"


def remaining(text: str) -> str:
    """A text without the words that tell its side."""
    text = tidy(text)
    for column, _, words in wordings():
        text = words.sub(" ", text) if column in SIDES else text
    return text


def content(text: str) -> str:
    """The words of a text that are about something."""
    return " ".join(word for word in plain(remaining(text)).split() if word not in FRAME)


def field_core(field: str) -> str:
    """What a field's name is about, without its number and its side; '' where it says nothing."""
    words = [word for word in remaining(re.sub(r"^q\d+(?=[a-z]{2})", "", field)).split() if not NUMBER.fullmatch(word)]
    return " ".join(words) if any(len(word) > 2 for word in words) else ""
