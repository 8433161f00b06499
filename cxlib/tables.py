"""The columns of every table, read from columns.csv beside this file, and the check that they are there."""

import csv
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
"""Letters that break or turn a line; a sentence about data shows none."""


class StudyError(Exception):
    """What is wrong with a study or a request, in the analyst's words, with what would mend it.

    `code` is the exit code the command line ends with: 2 a request that cannot be understood, 65 bad data,
    70 a notebook that failed, 73 a folder that cannot be written, 75 busy, try again.
    """

    def __init__(self, words: str, code: int = 65):
        super().__init__(CONTROLS.sub(" ", words))
        self.code = code

    def _render_traceback_(self) -> list[str]:
        """Jupyter prints this instead of a traceback."""
        return [f"StudyError: {self}"]


@dataclass(frozen=True)
class Column:
    """One column: its name, what it means, and its kind.

    Kinds: `key` an identifier, never touched; `text` a label; `rating` a number on a declared scale;
    `number` any number; `time` a moment, kept in UTC.
    """

    name: str
    kind: str
    meaning: str
    required: bool = False


def read_tables(of: str) -> dict[str, tuple[Column, ...]]:
    """The tables of a study, or of a report, with their columns: the lines of columns.csv, in their order."""
    tables: dict[str, tuple[Column, ...]] = {}
    with (Path(__file__).parent / "columns.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            if line["of"] == of:
                column = Column(line["column"], line["kind"], line["meaning"], line["required"] == "yes")
                tables[line["table"]] = (*tables.get(line["table"], ()), column)
    return tables


TABLES = read_tables("study")
"""What a study may have."""

RESULTS = read_tables("report")
"""The tables a report publishes as tables/<name>.csv: an interface other work builds on."""

GAP_COLUMNS = tuple(column for column in RESULTS["gaps"] if column.name not in ("stage", "touchpoint", "label"))

RESERVED = {
    *(column.name for table in ("ratings", "touchpoints") for column in TABLES[table]),
    *(column.name for column in GAP_COLUMNS),
    *(
        "block",
        "line",
        "_line",
        "_row",
        "_rest",
        "_block",
        "_only_kano",
        "_own_wave",
        "_reason",
        "_blanked",
        "paired_a",
    ),
    *(f"{side}_{part}" for side in ("gap", "expected", "experienced") for part in ("a", "b", "aa", "ab", "bb")),
    *(f"{part}_{side}" for side in ("gap", "expected", "experienced") for part in ("n", "mean", "se", "paired")),
} - {column.name for column in TABLES["respondents"]}
"""Names respondents cannot use for columns of their own."""

ONE_SCALE = ("expected", "experienced", "desired", "adequate")
"""Ratings of one touchpoint that are compared with one another."""

STAND_INS = (-99, -9, -8, -1, 88, 98, 99, 888, 998, 999)
"""Numbers people write down for no answer."""

FIXED_SCALES = {"recommend": (0, 10), "emotion": (-2, 2)}
"""Scales that the field fixes; every other rating column needs one in study.yaml."""


def check_columns(table: pd.DataFrame, columns: list[str], *, name: str) -> None:
    """Raise a sentence that names what is missing and what there is."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise StudyError(f"{name} lacks {missing}; it has {list(table.columns)}.")


def nearest(word: str, choices: list[str]) -> str:
    """The choices as a hint that ends a sentence, the likeliest first.

    >>> nearest("stags", ["wave", "stages"])
    "Did you mean 'stages'? There are: wave, stages."
    """
    listed = f"There are: {', '.join(map(str, choices))}." if choices else "There are none."
    likely = get_close_matches(str(word), [str(choice) for choice in choices], n=1)
    return f"Did you mean '{likely[0]}'? {listed}" if likely else listed
