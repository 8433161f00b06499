"""What every reader of a file gives: its lines as text, and for a survey export what its heading says."""

from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa


@dataclass(frozen=True)
class Grid:
    """Lines as text: the heading, the whole records (columns f0, f1, … and _line), and those set aside (line, reason).

    A line counts records, the heading being the first, as a spreadsheet shows them; further files go on counting.
    A blank cell is ''. Where a file stores a code beside the words it stands for (SPSS), fN has the words and a
    column cN the code. `labels` are the questions' words where the file keeps them apart from the heading, and
    `heading_line` is not 1 where a sheet has blank rows above it.
    """

    headings: list[str]
    records: pa.Table
    rejects: pd.DataFrame
    labels: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    heading_line: int = 1


@dataclass(frozen=True)
class Question:
    """A column of an export: the names it goes by, the best first, what was asked, and which part of it (a row of a
    matrix, a choice). `role` says what a column of the tool's own holds: response, respondent, answered_at, started_at,
    seconds, status, language; `personal` identifies people, `tool` is of no use here; empty for a question.
    """

    names: tuple[str, ...]
    text: str
    part: str = ""
    role: str = ""


@dataclass(frozen=True)
class Header:
    """What the heading of a survey export says: the tool and how it was recognised, how many lines it takes, and its
    questions, one a column. `left_out` are lines that are no answers, with the reason; `zone` the clock's, if said.
    """

    format: str
    why: str
    rows: int
    questions: list[Question]
    zone: str = ""
    left_out: dict[int, str] = field(default_factory=dict)


def reject_table(rejects: list[tuple[int, str]]) -> pd.DataFrame:
    """Lines set aside before their columns could be looked at, with the reason."""
    return pd.DataFrame(rejects, columns=["line", "reason"]).astype({"line": "int64", "reason": "str"})
