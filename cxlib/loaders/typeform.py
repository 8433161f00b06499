"""Typeform exports: one line of headings, a token under # first and Typeform's own columns, in UTC, last."""

from cxlib.loaders.grid import Grid, Header, Question
from cxlib.loaders.headings import different, numbered, plain, repeated_lines

TAIL = {"Response Type": "status", "Start Date (UTC)": "started_at", "Stage Date (UTC)": "tool"}
TAIL |= {"Submit Date (UTC)": "answered_at", "Network ID": "personal", "Tags": "tool", "Ending": "tool"}


def read_header(grid: Grid) -> Header | None:
    """What a Typeform heading says; None for anything else."""
    texts = [plain(heading) for heading in grid.headings]
    if texts[:1] != ["#"] or "Submit Date (UTC)" not in texts:
        return None
    roles = ["response", *([""] * (len(texts) - 1))]
    for place in range(len(texts) - 1, 0, -1):
        if texts[place] not in TAIL and texts[place]:
            break
        roles[place] = TAIL.get(texts[place], "tool")
    questions = [
        Question(different(name, text, heading), text, role=role)
        for name, text, heading, role in zip(numbered(texts), texts, grid.headings, roles)
    ]
    why = "its first column is # and it has Submit Date (UTC) after the questions"
    return Header("typeform", why, 1, questions, "UTC", repeated_lines(grid, 1))
