"""SurveyMonkey exports: a question and, under it, its rows or choices; or one line of questions."""

import re
from collections import Counter

from cxlib.loaders.grid import Grid, Header, Question
from cxlib.loaders.headings import (
    different,
    heading_cells,
    numbered,
    plain,
    repeated_lines,
    squeezed,
)
from cxlib.tables import StudyError

ROLES = {"respondentid": "response", "startdate": "started_at", "enddate": "answered_at", "collectorid": "tool"}
ROLES |= dict.fromkeys(["ipaddress", "emailaddress", "firstname", "lastname"], "personal")
CUSTOM = re.compile(r"customdata\d{0,3}")
ANSWER = {"", "response", "open-endedresponse"}
"""What stands under a question that has no rows or choices."""
NUMBER = re.compile(r"[0-9]{7,20}")
PERCENT = re.compile(r"[0-9]{1,3}([.,][0-9]{1,6})? ?%")
LOOKED_AT = 200


def read_header(grid: Grid) -> Header | None:
    """What a SurveyMonkey heading says; None for anything else. A table of percentages is refused."""
    first = [plain(heading) for heading in grid.headings]
    if first[:1] not in (["Respondent ID"], ["RespondentID"]):
        refuse_crosstab(grid)
        return None
    second = heading_cells(grid, 2)
    rows = 2 if second and not second[0].strip() else 1
    ours = "collectorid" in map(squeezed, first)
    numbers = bool(grid.records.num_rows) and bool(NUMBER.fullmatch(str(grid.records["f0"][0].as_py()).strip()))
    if not (ours or (rows == 2 and any(map(str.strip, second))) or (rows == 1 and numbers)):
        return None
    why = f"its first column is {first[0]}"
    why += " and its second line says what is asked under each question" if rows == 2 else ", in one line of headings"
    below = [plain(cell) for cell in second] if rows == 2 else [""] * len(first)
    questions = read_questions(grid.headings, below)
    return Header("surveymonkey", why, rows, questions, left_out=repeated_lines(grid, rows))


def read_questions(headings: list[str], below: list[str]) -> list[Question]:
    """A question a column; a blank heading goes on with the question to its left."""
    roles = [role_of(heading) if not under else "" for heading, under in zip(headings, below)]
    filled = fill(headings, roles, below)
    parts = ["" if squeezed(under) in ANSWER else under for under in below]
    labels = [" - ".join(different(plain(heading), part)) for heading, part in zip(filled, parts)]
    often = Counter(labels)
    return [
        Question(
            different(name, label if often[label] == 1 else "", plain(heading), heading),
            plain(heading) or part,
            part if plain(heading) else "",
            role if label else "tool",
        )
        for name, label, heading, part, role in zip(numbered(labels), labels, filled, parts, roles)
    ]


def fill(headings: list[str], roles: list[str], below: list[str]) -> list[str]:
    """Headings with the blank ones filled from the left, where something stands under them."""
    filled: list[str] = []
    last = ""
    for heading, role, under in zip(headings, roles, below):
        if plain(heading):
            last = "" if role else heading
        filled.append(heading if plain(heading) else last if under else "")
    return filled


def role_of(heading: str) -> str:
    """What a column of SurveyMonkey's own holds.

    >>> role_of("IP Address"), role_of("Custom Data 1"), role_of("How was it?")
    ('personal', 'tool', '')
    """
    name = squeezed(heading)
    return "tool" if CUSTOM.fullmatch(name) else ROLES.get(name, "")


def refuse_crosstab(grid: Grid) -> None:
    """Raise on a table of percentages: a question on a line of its own, under it a choice a line, in percent."""
    if len(grid.headings) < 3:
        return
    places = [f"f{place}" for place in range(len(grid.headings))]
    looked_at = grid.records.slice(0, LOOKED_AT).to_pylist()
    rows = [[*(str(row[place] or "").strip() for place in places), row["_line"]] for row in looked_at]
    questions = [row for row in rows if row[0] and not any(row[1:-1])]
    choices = [row for row in rows if not row[0] and row[1] and is_percentages(row[2:-1])]
    if questions and len(choices) >= 2 and len(questions) + len(choices) >= 0.8 * len(rows):
        _, choice, *shares, line = choices[0]
        raise StudyError(
            f"This is a table of percentages by group (a crosstab), not of answers: line {line} gives {choice!r} "
            f"{', '.join(filter(None, shares[:4]))}. In SurveyMonkey, export All individual responses as CSV or XLSX."
        )


def is_percentages(cells: list[str]) -> bool:
    """Whether cells hold percentages and nothing else."""
    return any(cells) and all(PERCENT.fullmatch(cell) for cell in cells if cell)
