"""Any other survey export: one heading line, one line a person."""

import re

from cxlib.loaders.grid import Grid, Header, Question
from cxlib.personal import identifies

ROLES = {
    "response": r"response ?id|response|submission ?id|entry ?id|record ?id|token|id",
    "respondent": r"respondent( ?(id|no|number))?|participant( ?(id|no|number))?|teilnehmer(nummer| ?id)?|case",
    "answered_at": r"timestamp|time ?stamp|date ?submitted|submitted( ?(at|on))?|submit ?date|submission ?date"
    r"|completed( ?(at|on))?|end ?date|recorded ?date|zeitstempel|타임스탬프|horodateur|marca temporal",
    "started_at": r"start ?(date|time)|started( ?(at|on))?|date ?started",
    "seconds": r"duration( in seconds)?|seconds|interview ?time|total ?time",
    "status": r"status|finished|progress|response ?type|last ?page",
    "language": r"(user ?)?language|start ?language|locale|sprache",
    "tool": r"seed|collector ?id|distribution ?channel|external ?reference|referrer|browser|user ?agent",
}
"""Headings survey tools give to columns of their own, by what these hold."""


def read_header(grid: Grid) -> Header:
    """The heading of an export of no tool in particular; a role is given to the first column it fits."""
    questions: list[Question] = []
    for place, heading in enumerate(grid.headings):
        name = heading.strip()
        role = role_of(name)
        again = role not in ("", "personal", "tool") and any(role == question.role for question in questions)
        text = grid.labels[place] if place < len(grid.labels) and grid.labels[place] else name
        questions.append(Question((name,), text, role="" if again else role))
    return Header("survey", "one heading line, one line a person", 1, questions)


def role_of(heading: str) -> str:
    """What a heading says that its column holds, where that is no question.

    >>> role_of("Respondent ID"), role_of("date_submitted"), role_of("Email"), role_of("How was the status page?")
    ('respondent', 'answered_at', 'personal', '')
    """
    words = " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", " ", heading).lower().split())
    role = next((role for role, names in ROLES.items() if re.fullmatch(names, words)), "")
    return role or ("personal" if identifies(heading) else "")
