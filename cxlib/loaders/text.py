"""Delimited text, in any declared encoding, record by record: nothing is lost, everything has its line."""

import contextlib
import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from cxlib.settings import TableFile
from cxlib.tables import StudyError
from cxlib.words import counted

DELIMITERS = ",;\t|"
NOT_TEXT = {".xlsx": "an Excel workbook", ".xls": "an Excel workbook", ".pkl": "a pickle, which could run code"}


@dataclass(frozen=True)
class TextTable:
    """Files as text: the heading, the whole records (columns f0, f1, … and _line), and those set aside (line, reason).

    A line counts records, the heading being the first, as a spreadsheet shows them; further files go on counting.
    """

    headings: list[str]
    records: pa.Table
    rejects: pd.DataFrame


def find_files(folder: Path, path: str) -> list[Path]:
    """The files `path` names (a glob may name several), all inside the study's folder."""
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise StudyError(f"study.yaml: {path} should be a path inside the study's folder; copy the file there.")
    found = [folder / path] if (folder / path).is_file() else sorted(folder.glob(path))
    if not found:
        there = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())[:12]
        raise StudyError(f"{folder / path} is not there; the folder holds {', '.join(there)}.")
    for file in found:
        if file.stat().st_size == 0:
            raise StudyError(f"{file.name} is empty (0 bytes); export it again.")
        if file.suffix.lower() in NOT_TEXT:
            raise StudyError(f"{file.name} is not read: it is {NOT_TEXT[file.suffix.lower()]}. Save it as CSV (UTF-8).")
    return found


def read_text(paths: list[Path], file: TableFile) -> TextTable:
    """Read files of one heading whole; records with too few or too many fields are set aside."""
    headings, _ = find_heading(paths[0], file)
    tables, rejects, lines = [], [], 1
    for path in paths:
        found, delimiter = find_heading(path, file)
        if found != headings:
            raise StudyError(
                f"{path.name} has other columns than {paths[0].name}; files read as one table need the same."
            )
        records, bad = read_records(path, file.encoding, delimiter, len(headings))
        numbers = np.delete(np.arange(1, len(records) + len(bad) + 1), [number - 1 for number, _ in bad])[1:]
        rejects += [(number + lines - 1, reason) for number, reason in bad if reason]
        tables.append(records.slice(1).append_column("_line", pa.array(numbers + lines - 1)))
        lines += len(records) + len(bad) - 1
    return TextTable(headings, pa.concat_tables(tables), reject_table(rejects))


def reject_table(rejects: list[tuple[int, str]]) -> pd.DataFrame:
    """Lines set aside before their columns could be looked at, with the reason."""
    return pd.DataFrame(rejects, columns=["line", "reason"]).astype({"line": "int64", "reason": "str"})


def read_records(path: Path, encoding: str, delimiter: str, width: int) -> tuple[pa.Table, list[tuple[int, str]]]:
    """All records, the heading too, as text; and the number and fault of those that have not `width` fields.

    Lines of white space are among the latter, without a fault.
    """
    names = [f"f{place}" for place in range(width)]
    bad: list[tuple[int, str]] = []
    broken = []

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        fault = f"{counted(row.actual_columns, 'field')} instead of {row.expected_columns}" if row.text.strip() else ""
        bad.append((row.number, fault))
        broken[:] = [row.text]
        return "skip"

    with readable(path, encoding):
        records = arrow_csv.read_csv(
            path,
            read_options=arrow_csv.ReadOptions(use_threads=False, encoding=encoding, column_names=names),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=set_aside, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    last = [str(value) for value in records.slice(len(records) - 1).to_pylist()[0].values()] if len(records) else []
    if any("\n" in value or "\r" in value for value in [*broken, *last]):
        refuse_open_quote(path, encoding, delimiter)
    return records, bad


def refuse_open_quote(path: Path, encoding: str, delimiter: str) -> None:
    """A quote that is opened and never closed swallows the rest of the file: raise, naming its line."""
    with open_text(path, encoding) as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        start = 1
        try:
            for _ in reader:
                start = reader.line_num + 1
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise StudyError(
                    f'{path.name}, line {start}: a quote (") is opened and never closed; mend it.'
                ) from None


def find_heading(path: Path, file: TableFile) -> tuple[list[str], str]:
    """The first record and the delimiter: the declared one, or the one that parts it into most fields."""
    found = []
    for delimiter in [file.delimiter] if file.delimiter else DELIMITERS:
        with open_text(path, file.encoding) as text:
            found.append((next(csv.reader(text, delimiter=delimiter), []), delimiter))
    headings, delimiter = max(found, key=lambda pair: ('"' not in "".join(pair[0]), len(pair[0])))
    if not any(heading.strip() for heading in headings):
        raise StudyError(f"{path.name} has no heading in its first line.")
    return headings, delimiter


@contextlib.contextmanager
def open_text(path: Path, encoding: str) -> Iterator[TextIO]:
    """Open plain or gzipped text; a byte-order mark is dropped."""
    utf8 = encoding.lower().replace("-", "") == "utf8"
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with readable(path, encoding), opened(path, "rt", encoding="utf-8-sig" if utf8 else encoding, newline="") as file:
        yield file


@contextlib.contextmanager
def readable(path: Path, encoding: str) -> Iterator[None]:
    """Whatever keeps a file from being read is a sentence."""
    try:
        yield
    except LookupError:
        raise StudyError(f"study.yaml: {encoding!r} is no encoding; try utf-8, cp1252 or cp949.") from None
    except (UnicodeError, pa.ArrowInvalid, csv.Error, EOFError, OSError) as error:
        if isinstance(error, UnicodeError) or "invalid UTF8" in str(error):
            raise StudyError(
                f"{path.name} is not {encoding} text; name its encoding in study.yaml, such as encoding: cp1252."
            ) from None
        raise StudyError(f"{path.name} cannot be read to its end: {error}; export it again.") from None
