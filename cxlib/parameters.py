"""Parameters of a run: which there are (a notebook's parameters cell says), and whether those given are among them."""

import ast
from pathlib import Path

import nbformat

from cxlib.tables import StudyError, nearest

RUN_ONLY = ("study_path", "output_path")
"""Set by the run itself."""


def parameters_of(notebook: Path) -> dict[str, str]:
    """Name → type, as annotated in the cell tagged `parameters`."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        if "parameters" in cell.metadata.get("tags", []):
            declared = [line for line in ast.parse(cell.source).body if isinstance(line, ast.AnnAssign)]
            return {line.target.id: ast.unparse(line.annotation) for line in declared}
    return {}


def check_parameters(given: dict, notebooks: list[Path]) -> None:
    """Every given parameter is one a notebook has, and of its type."""
    known = {name: kind for notebook in notebooks for name, kind in parameters_of(notebook).items()}
    choices = [name for name in known if name not in RUN_ONLY]
    for name, value in given.items():
        if name not in choices:
            raise StudyError(f"No notebook has a parameter '{name}'. {nearest(name, choices)}", code=2)
        if not fits(value, known[name]):
            raise StudyError(f"{name} should be {known[name]}; it is {value!r}.", code=2)


def fits(value: object, kind: str) -> bool:
    """Whether a value is of an annotated type.

    >>> fits(["adoption"], "list[str]"), fits("adoption", "list[str]"), fits(1, "float")
    (True, False, True)
    """
    if kind == "list[str]":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    types = {"str": str, "float": (int, float), "int": int, "bool": bool}
    return isinstance(value, types[kind]) and (kind == "bool" or not isinstance(value, bool))
