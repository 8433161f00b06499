"""SPSS files (.sav, .zsav): answers as their value labels say them, with the numbers they stand for beside them."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from cxlib.checks.casting import NO_ANSWER
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
    """The cases as a grid; the variables' names are line 1, the first case is line 2.

    A value with a label is read as its words, with its number beside it: the one its label begins with, where all of
    the variable's labels do (they can differ from the stored codes), else the stored code.
    """
    found = read_file(path)
    columns, notes = {}, []
    for place, (name, values) in enumerate(found["cells"].items()):
        ranges = found["missing_ranges"].get(name, [])
        missing = [bool(ranges) and is_missing(value, ranges) for value in values]
        kept = [None if value == "" or out else value for value, out in zip(values, missing, strict=True)]
        if any(missing):
            notes.append(f"{name}: {counted(sum(missing), 'answer')} the file declares missing, left blank.")
        labels = {code: label for code, label in found["value_labels"].get(name, []) if not is_missing(code, ranges)}
        numbers = read_numbers({code: label for code, label in labels.items() if not says_nothing(label)})
        codes = read_codes(kept, labels, numbers)
        columns[f"f{place}"] = [labels.get(value, code) for value, code in zip(kept, codes, strict=True)]
        if labels:
            columns[f"c{place}"] = codes
            notes += note_numbers(name, kept, numbers, codes)
    records = pa.table({column: pa.array(texts, pa.string()) for column, texts in columns.items()})
    cases = max(map(len, found["cells"].values()), default=0)
    records = records.append_column("_line", pa.array(range(2, cases + 2), pa.int64()))
    return Grid(found["names"], records, reject_table([]), found["labels"], notes)


def read_file(path: Path) -> dict:
    """What sav.py finds in the file: names, labels, value_labels, missing_ranges and cells by variable."""
    program = [sys.executable, "-I", str(Path(__file__).with_name("sav.py")), str(path)]
    done = subprocess.run(program, capture_output=True, check=False)
    found = json.loads(done.stdout) if done.returncode == 0 else {"error": "it is damaged"}
    if "error" in found:
        raise StudyError(f"{path.name} cannot be read as an SPSS file: {found['error']}; export it again.")
    return found


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


def says_nothing(label: str) -> bool:
    """Whether a label stands for no answer."""
    return label.strip().lower() in NO_ANSWER


def read_codes(values: list, labels: dict[Any, str], numbers: dict[Any, float]) -> list[str]:
    """The number each answer stands for. Among labels that are numbers, a code without one moves as all the others do;
    where they do not move alike nobody knows what it stands for, and it stays blank; so does a label for no answer.
    """
    steps = {number - code for code, number in numbers.items()}

    def read(value: Any) -> str:
        if value is None or says_nothing(labels.get(value, "")):
            return ""
        if not numbers or value in numbers:
            return cell_text(numbers.get(value, value))
        return cell_text(value + sum(steps)) if len(steps) == 1 and isinstance(value, float) else ""

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
    why = f"an SPSS file; {counted(len(questions), 'variable')}, {worded} with value labels"
    return Header("spss", why, rows=1, questions=questions)
