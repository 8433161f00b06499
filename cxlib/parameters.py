"""Parameters of a run: which there are (a notebook's parameters cell says), and those given, read as such."""

import ast
from pathlib import Path

import nbformat

from cxlib.strict_yaml import texts
from cxlib.tables import StudyError, nearest

RUN_ONLY = ("study_path", "output_path", "groups", "history")
"""Set by the run itself."""

AT_LEAST = {"top": 1, "worst": 1, "baseline": 12, "impact_weight": 0, "feasibility_weight": 0}
ONE_OF = {"crosshair": ["means", "scale", "benchmark"]}


def parameters_of(notebook: Path) -> dict[str, str]:
    """Name → type, as annotated in the cell tagged `parameters`."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        if "parameters" in cell.metadata.get("tags", []):
            declared = [line for line in ast.parse(cell.source).body if isinstance(line, ast.AnnAssign)]
            return {line.target.id: ast.unparse(line.annotation) for line in declared}
    return {}


def read_parameters(given: dict, notebooks: list[Path]) -> dict:
    """The given parameters in their types; one that no notebook has, or whose value does not fit, is an error."""
    known = {name: kind for notebook in notebooks for name, kind in parameters_of(notebook).items()}
    choices = [name for name in known if name not in RUN_ONLY]
    read = {}
    for name, value in given.items():
        if name not in choices:
            raise StudyError(f"No notebook has a parameter '{name}'. {nearest(name, choices)}", code=2)
        read[name] = fitted(value, known[name])
        if read[name] is None:
            raise StudyError(f"{name} should be {known[name]}; it is {value!r}.", code=2)
    if not 0.5 <= read.get("confidence", 0.95) < 1:
        raise StudyError(f"confidence should be at least .5 and below 1; it is {read['confidence']!r}.", code=2)
    for name, least in AT_LEAST.items():
        if read.get(name, least) < least:
            raise StudyError(f"{name} should be {least} or more; it is {read[name]!r}.", code=2)
    for name, choices in ONE_OF.items():
        if read.get(name, choices[0]) not in choices:
            raise StudyError(f"{name} is {read[name]!r}. {nearest(read[name], choices)}", code=2)
    return read


def fitted(value: object, kind: str) -> object:
    """A value as the annotated type, None where it does not fit; YAML's days and numbers are words where words are due.

    >>> fitted("adoption", "list[str]"), fitted(2026, "str"), fitted(1, "float"), fitted("high", "float")
    (['adoption'], '2026', 1.0, None)
    """
    if kind == "list[str]":
        return None if isinstance(value, dict) else texts(value)
    if value is None or isinstance(value, list | dict):
        return None
    if kind == "str":
        return str(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {"float": number, "int": number and value == int(value), "bool": isinstance(value, bool)}
    return {"float": float, "int": int, "bool": bool}[kind](value) if fits[kind] else None
