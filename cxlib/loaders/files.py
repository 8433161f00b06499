"""The files a study names: inside its folder, not empty, and what they are called."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cxlib.loaders.grid import Grid
from cxlib.loaders.spss import read_spss
from cxlib.loaders.text import read_text
from cxlib.loaders.workbook import read_workbook
from cxlib.loaders.xes import read_xes
from cxlib.settings import TableFile
from cxlib.tables import StudyError

WORKBOOKS = (".xlsx", ".xls", ".xlsb", ".ods")
COLUMNAR = (".parquet", ".duckdb", ".db")
PICKLES = (".pkl", ".pickle", ".joblib")
BEGINNINGS = {
    b"PK\x03\x04": "a workbook or zip archive (.xlsx)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"\x1f\x8b": "compressed (.gz)",
    b"PAR1": "Parquet (.parquet)",
    b"$FL2": "SPSS (.sav)",
    b"$FL3": "compressed SPSS (.zsav)",
}


def find_files(folder: Path, path: str) -> list[Path]:
    """The files `path` names (a glob may name several), all inside the study's folder."""
    if not path.strip() or Path(path).is_absolute() or ".." in Path(path).parts or "\0" in path:
        raise StudyError(f"study.yaml: {path!r} should be a path inside the study's folder; copy the file there.")
    try:
        found = [folder / path] if (folder / path).is_file() else sorted(folder.glob(path))
        found = [file for file in found if file.is_file()]
    except (ValueError, IndexError, NotImplementedError, OSError):  # what glob raises for "", ".", "a**b", 300 letters
        raise StudyError(f"study.yaml: {path[:80]!r} is no name of a file; write it like answers.csv.") from None
    if not found:
        there = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())[:12]
        raise StudyError(f"{path} is not there, or no file; {folder} holds {', '.join(there)}.")
    for file in found:
        check_file(file, folder)
    return found


def check_file(file: Path, folder: Path) -> None:
    """A file is inside the study's folder, not empty, and holds what its name says."""
    if not file.resolve().is_relative_to(folder.resolve()):
        raise StudyError(f"{file.name} is a link that leads out of the study's folder; copy the file there.")
    if file.stat().st_size == 0:
        raise StudyError(f"{file.name} is empty (0 bytes); export it again.")
    if file.suffix.lower() in PICKLES:
        raise StudyError(f"{file.name} is not read: it is a pickle, which could run code. Save it as CSV or Parquet.")
    if file.suffix.lower() in (".csv", ".tsv", ".txt"):
        with file.open("rb") as raw:
            start = raw.read(4)
        for beginning, what in BEGINNINGS.items():
            if start.startswith(beginning):
                raise StudyError(f"{file.name} is named as text and is {what}; rename it, or export it again.")


def read_grid(paths: list[Path], file: TableFile) -> Grid:
    """Lines of text from whatever the files are, by their names; lines with nothing in them are none."""
    grid = read_lines(paths, file)
    blank = pa.array(np.ones(len(grid.records), dtype=bool))
    for column in grid.records.columns[:-1] if len(grid.records) else []:
        blank = pc.and_(blank, pc.equal(column, ""))
        if not pc.any(blank).as_py():
            return grid
    return replace(grid, records=grid.records.filter(pc.invert(blank)))


def read_lines(paths: list[Path], file: TableFile) -> Grid:
    """Lines of text from a reader for each kind of file."""
    suffix = paths[0].suffixes[-2:][0].lower() if paths[0].suffix.lower() == ".gz" else paths[0].suffix.lower()
    if suffix == ".xes":
        return read_xes(paths)
    if suffix not in (*WORKBOOKS, ".sav", ".zsav"):
        return read_text(paths, file)
    if len(paths) > 1:
        raise StudyError(f"study.yaml: {file.path} names {len(paths)} files; workbooks and SPSS files are read singly.")
    return read_workbook(paths[0], file.sheet) if suffix in WORKBOOKS else read_spss(paths[0])
