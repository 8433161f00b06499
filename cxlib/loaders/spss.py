"""SPSS files (.sav, .zsav): answers as their value labels say them, with the stored codes beside words."""

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyreadstat import PyreadstatError, ReadstatError, read_sav

from cxlib.loaders.grid import Grid, Header, Question, reject_table
from cxlib.loaders.workbook import cell_text
from cxlib.tables import StudyError
from cxlib.words import counted

NUMBER = re.compile(r"[(\[]?\s*([-−]?\d+(?:\.\d+)?)\s*(?:[-–—=:.)\]]+\s*\D*|\s[^\W\d]\D*)?")
"""A label that is a number or begins with one, such as '10 - Extremely likely', and has no other: '18-24' has."""

ROLES = {
    "response": ["responseid", "respid", "caseid", "respondentid", "id"],
    "answered_at": ["recordeddate", "enddate", "submitdate"],
    "started_at": ["startdate"],
    "seconds": ["durationinseconds"],
    "language": ["userlanguage"],
}
"""What a variable with such a name holds; of several with one role the first listed."""


def read_spss(path: Path) -> Grid:
    """The cases as a grid; the variables' names are line 1, the first case is line 2."""
    cells, facts = read_cells(path)
    columns, notes = {}, []
    for place, (name, values) in enumerate(cells.items()):
        ranges = facts.missing_ranges.get(name, [])
        missing = [bool(ranges) and is_missing(value, ranges) for value in values]
        kept = [None if value == "" or out else value for value, out in zip(values, missing)]
        if any(missing):
            notes.append(f"{name}: {counted(sum(missing), 'answer')} the file declares missing, left blank.")
        labels = facts.variable_value_labels.get(name, {})
        labels = {code: label for code, label in labels.items() if not is_missing(code, ranges)}
        numbers = read_numbers(labels)
        columns[f"f{place}"] = read_answers(kept, numbers or labels, shifted=bool(numbers))
        if numbers:
            notes += note_numbers(name, kept, numbers, columns[f"f{place}"])
        elif labels:
            columns[f"c{place}"] = [cell_text(value) for value in kept]
    records = pa.table({column: pa.array(texts, pa.string()) for column, texts in columns.items()})
    cases = max(map(len, cells.values()), default=0)
    records = records.append_column("_line", pa.array(range(2, cases + 2), pa.int64()))
    return Grid(facts.column_names, records, reject_table([]), [label or "" for label in facts.column_labels], notes)


def read_cells(path: Path) -> tuple[dict[str, list], Any]:
    """Variable → its values as stored, those declared missing too, and what the file says of its variables."""
    try:
        return read_sav(path, user_missing=True, output_format="dict")
    except (ReadstatError, PyreadstatError, UnicodeError) as error:
        raise StudyError(f"{path.name} cannot be read as an SPSS file: {error}; export it again.") from None
    except (OverflowError, ValueError) as error:
        raise StudyError(f"{path.name} has a date no calendar has: {error}; mend it in SPSS.") from None


def is_missing(value: Any, ranges: list[dict]) -> bool:
    """Whether a value is in one of the ranges, or one of the words, declared to mean no answer."""
    comparable = (one for one in ranges if isinstance(value, str) == isinstance(one["lo"], str))
    return isinstance(value, str | float | int) and any(one["lo"] <= value <= one["hi"] for one in comparable)


def read_numbers(labels: dict[Any, str]) -> dict[Any, float]:
    """Code → the number its label begins with, where all codes are numbers, every label has one, and no two the same.

    >>> read_numbers({1.0: "0 - Not at all", 11.0: "10 - Extremely"}), read_numbers({1.0: "18-24", 2.0: "25-34"})
    ({1.0: 0.0, 11.0: 10.0}, {})
    """
    found = {code: NUMBER.fullmatch(label.strip()) for code, label in labels.items() if not isinstance(code, str)}
    numbers = {code: float(match[1].replace("−", "-")) for code, match in found.items() if match}
    return numbers if len(set(numbers.values())) == len(labels) else {}


def read_answers(values: list, labels: dict[Any, Any], *, shifted: bool) -> list[str]:
    """Each answer as its label says. Among labels that are numbers, a code without one moves as all the others do;
    where they do not move alike nobody knows what it stands for, and it stays blank.
    """
    steps = {number - code for code, number in labels.items()} if shifted else set()

    def read(value: Any) -> str:
        if value is None or value in labels:
            return cell_text(labels.get(value))
        if shifted and (len(steps) > 1 or not isinstance(value, float)):
            return ""
        return cell_text(value + sum(steps) if shifted else value)

    return [read(value) for value in values]


def note_numbers(name: str, values: list, numbers: dict[Any, float], answers: list[str]) -> list[str]:
    """What to say where the numbers in the labels are others than the codes."""
    moved = [(code, number) for code, number in numbers.items() if code != number]
    if not moved:
        return []
    code, number = (cell_text(value) for value in moved[0])
    answered = sum(value is not None for value in values)
    unclear = answered - sum(answer != "" for answer in answers)
    notes = [
        f"{name}: {counted(answered, 'answer')} read by the number in their value label, not by the stored code "
        f"({code} is labelled {number})."
    ]
    lost = f"{name}: {counted(unclear, 'answer')} left blank: a stored code without a label, among labels that differ."
    return notes + [lost] * bool(unclear)


def read_header(grid: Grid) -> Header:
    """One question a variable, asked in the words of its label."""
    plain = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in grid.headings]
    roles = {}
    for role, names in ROLES.items():
        if there := [name for name in names if name in plain]:
            roles[plain.index(there[0])] = role
    questions = [
        Question((name, label) if label else (name,), label or name, role=roles.get(place, ""))
        for place, (name, label) in enumerate(zip(grid.headings, grid.labels))
    ]
    worded = sum(column.startswith("c") for column in grid.records.column_names)
    why = f"an SPSS file; {counted(len(questions), 'variable')}, {worded} with value labels in words"
    return Header("spss", why, rows=1, questions=questions)
