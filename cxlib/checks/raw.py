"""A table on its way through the door: as a loader found it, as one look saw it, and as it may be used."""

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Raw:
    """A table as a loader found it: a relation of the engine with `_line` and untouched columns, and lines set aside.

    `counted` says what a row of it is: a line of the file, or an answer of a survey export. `first_line` is that of the
    first row of data, `left_out` has lines that are no answers, `not_mapped` columns nobody asked for and `personal`
    those that identify people, neither of which were read, `notes` what the reader has to say. Where lines are
    `numbered` their numbers stand in for ids, so that none can be there twice. `key` is what one person has one row of,
    where answering again replaces it; `row` names the column that tells rows apart where several come from one line.
    `unconfirmed` counts columns mapped by a proposal.
    """

    table: str
    relation: str
    source: str
    columns: list[str]
    rejects: pd.DataFrame
    files: int = 1
    counted: str = "lines"
    first_line: int = 2
    left_out: dict[int, str] = field(default_factory=dict)
    not_mapped: list[str] = field(default_factory=list)
    personal: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    numbered: bool = False
    row: str = "_line"
    key: list[str] = field(default_factory=list)
    unconfirmed: int = 0


@dataclass(frozen=True)
class Look:
    """What one look over a column saw: how many values it holds, how many of them cannot be used and the first such
    one, the lowest and highest number, times of day without a zone, words for no answer, cells that identify people,
    and whether text has white space around it.
    """

    filled: int
    bad: int
    first: dict | None
    low: float | None
    high: float | None
    of_no_zone: int
    no_answer: int
    word: str | None
    personal: int
    untidy: bool


@dataclass(frozen=True)
class Checked:
    """A table that may be used, and what happened on the way.

    `quarantined` lists what was set aside (table, source, line, what, reason, value, row, id), `counts` has
    read = used + quarantined + excluded, `not_used` the columns of the file that are none of ours, `personal` those
    that identify people, `columns` all that were there, `notes` sentences for a careful reader, `unconfirmed`
    how many columns were mapped by a proposal that nobody has confirmed.
    """

    table: str
    relation: str
    quarantined: pd.DataFrame
    counts: dict
    not_used: list[str]
    personal: list[str]
    columns: list[str]
    notes: list[str]
    unconfirmed: int = 0
