"""What the headings of survey exports have in common: markup, repeats, parts of a matrix, further heading lines."""

import html
import re
import unicodedata
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from cxlib.loaders.grid import Grid

BREAKS = re.compile(r"</?(?:br|p|div|li|ul|ol|tr|td|th|table|h[1-6])\b[^<>]*>", re.I)
TAGS = re.compile(r"</?(?:a|b|i|u|s|em|strong|span|font|img|su[bp]|small|big|strike|center|label)\b[^<>]*>", re.I)
UNSEEN = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))
LONG_CODE = re.compile(r"&#(?=[xX]?[0-9a-fA-F]{9})")
"""The start of a character's number that is far too long to be one; html.unescape would stumble over it."""
MOST_MARKS = 8
MOST_COMPOSED = 4000
"""Letters; composing takes time by the square of a run of accents, and no question is longer."""


def plain(heading: str) -> str:
    """A heading as people read it: no markup, no entities, single spaces, composed letters (NFC).

    >>> plain("How <b>good</b> was<br>the&nbsp;caf&eacute; &amp; bar?"), plain("a < b or > 60")
    ('How good was the café & bar?', 'a < b or > 60')
    """
    text = html.unescape(LONG_CODE.sub("&amp;#", heading))
    text = TAGS.sub("", BREAKS.sub(" ", text)).translate(UNSEEN)
    text = " ".join(text.split())
    return unicodedata.normalize("NFC", text) if len(text) <= MOST_COMPOSED else text


def squeezed(heading: str) -> str:
    """A heading without case or spaces, to be compared.

    >>> squeezed("Respondent ID") == squeezed("RespondentID")
    True
    """
    return "".join(plain(heading).casefold().split())


def different(*names: str) -> tuple[str, ...]:
    """The names a column goes by, each once, blanks left out.

    >>> different("QID1", "Q1", "", "Q1")
    ('QID1', 'Q1')
    """
    return tuple(dict.fromkeys(name for name in names if name))


def numbered(headings: list[str]) -> list[str]:
    """Headings with those that repeat told apart by a number, and blank ones by their place.

    >>> numbered(["Why?", "Age", "Why?", ""])
    ['Why? (1)', 'Age', 'Why? (2)', 'column 4']
    """
    often, seen, names = Counter(headings), Counter(), []
    for place, heading in enumerate(headings, start=1):
        seen[heading] += 1
        repeated = f"{heading} ({seen[heading]})"
        names.append(repeated if often[heading] > 1 and repeated not in often else heading)
        if not heading:
            names[-1] = f"column {place}"
    return names


def split_parts(texts: list[str], families: list[str], mark: str, end: str = "") -> list[tuple[str, str]]:
    """What was asked and its part, wherever two or more of a family share what stands before the mark.

    >>> split_parts(["How good? - Desk", "How good? - Room", "Price - net"], ["a", "a", ""], mark=" - ")
    [('How good?', 'Desk'), ('How good?', 'Room'), ('Price - net', '')]
    """
    marked = [text.removesuffix(end) if mark in text and text.endswith(end) else "" for text in texts]
    stems = Counter(zip(families, (text.rpartition(mark)[0] for text in marked)))
    shared = {stem for stem, count in stems.items() if count > 1 and stem[1]}
    parted = []
    for text, whole, family in zip(texts, marked, families):
        pieces = whole.rsplit(mark, MOST_MARKS)
        cuts = [(mark.join(pieces[:cut]), mark.join(pieces[cut:])) for cut in range(len(pieces) - 1, 0, -1)]
        parted.append(next((cut for cut in cuts if (family, cut[0]) in shared), (text, "")))
    return parted


def heading_cells(grid: Grid, line: int) -> list[str]:
    """The texts of a further line of the heading, 2 being the first of them; empty where the file ends before it."""
    row = grid.records.slice(line - 2, 1).to_pylist()
    return [str(row[0][f"f{place}"] or "") for place in range(len(grid.headings))] if row else []


def repeated_lines(grid: Grid, rows: int) -> dict[int, str]:
    """Answers that are the heading's lines again, as where several exports were read as one."""
    found = {}
    for cells in [grid.headings, *(heading_cells(grid, line) for line in range(2, rows + 1))]:
        table = grid.records.slice(rows - 1) if any(cells) else grid.records.slice(0, 0)
        for place, cell in enumerate(cells):
            table = table.filter(pc.equal(table[f"f{place}"], pa.scalar(cell, table[f"f{place}"].type)))
        found |= dict.fromkeys(table["_line"].to_pylist(), "the heading again, not an answer")
    return found
