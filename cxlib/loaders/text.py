"""Reading a delimited text file record by record, in any declared encoding, and losing nothing."""

import contextlib
import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cxlib.tables import StudyError

DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class TextTable:
    """A file as text: its heading, its whole records with their lines, and the records set aside (line, reason)."""

    headings: list[str]
    lines: list[int]
    records: list[list[str]]
    rejects: pd.DataFrame


def read_text_table(paths: list[Path], encoding: str, delimiter: str | None) -> TextTable:
    """Read files of one shape whole; records with too few or too many fields are set aside.

    A line counts records, the heading being the first, as a spreadsheet shows them; further files go on counting.
    """
    headings: list[str] = []
    lines, records, rejects = [], [], []
    line = 0
    for path in paths:
        for place, record in enumerate(read_records(path, encoding, delimiter)):
            if place == 0 and headings:
                same_headings(path, record, headings)
                continue
            line += 1
            if line == 1:
                headings = record
            elif len(record) != len(headings):
                rejects.append((line, f"{len(record)} fields instead of {len(headings)}"))
            else:
                lines.append(line)
                records.append(record)
    return TextTable(headings, lines, records, reject_table(rejects))


def reject_table(rejects: list[tuple[int, str]]) -> pd.DataFrame:
    """Lines set aside before their columns could be looked at."""
    return pd.DataFrame(rejects, columns=["line", "reason"]).astype({"line": "int64", "reason": "str"})


def same_headings(path: Path, record: list[str], headings: list[str]) -> None:
    """Files read as one table have one heading."""
    if record != headings:
        raise StudyError(f"{path.name} has other columns than the first file: {record}.")


def find_files(folder: Path, path: str) -> list[Path]:
    """The files `path` names (a glob may name several), all inside the study's folder."""
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise StudyError(f"study.yaml: {path} should be a path inside the study's folder; copy the file there.")
    found = sorted(folder.glob(path))
    if not found:
        there = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())[:12]
        raise StudyError(f"{folder / path} is not there; the folder holds {', '.join(there)}.")
    empty = [file for file in found if file.stat().st_size == 0]
    if empty:
        raise StudyError(f"{empty[0]} is empty (0 bytes); export it again.")
    return found


@contextlib.contextmanager
def open_text(path: Path, encoding: str) -> Iterator[io.TextIOBase]:
    """Open plain or gzipped text, a byte-order mark dropped; whatever cannot be read is a sentence."""
    encoding = "utf-8-sig" if is_utf8(encoding) else encoding
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding=encoding, newline="") as file:
            yield file
    except LookupError:
        raise StudyError(f"study.yaml: {encoding!r} is no encoding; try utf-8, cp1252 or cp949.") from None
    except UnicodeError:
        raise wrong_encoding(path, encoding) from None
    except (csv.Error, EOFError, OSError) as error:
        raise StudyError(f"{path.name} cannot be read to its end: {error}; export it again.") from None


def is_utf8(encoding: str) -> bool:
    """Whether an encoding's name is one of UTF-8's."""
    return encoding.lower().replace("-", "") == "utf8"


def wrong_encoding(path: Path, encoding: str) -> StudyError:
    """The file is not in the encoding it was said, or taken, to be in."""
    return StudyError(f"{path.name} is not {encoding} text; name its encoding in study.yaml, such as encoding: cp1252.")


def read_records(path: Path, encoding: str, delimiter: str | None) -> Iterator[list[str]]:
    """The records of a delimited file, quoted line breaks kept, blank lines left out."""
    delimiter = delimiter or find_delimiter(path, encoding)
    with open_text(path, encoding) as file:
        yield from (record for record in csv.reader(file, delimiter=delimiter, strict=True) if record)


def find_delimiter(path: Path, encoding: str) -> str:
    """The delimiter that stands most often in the file's heading."""
    with open_text(path, encoding) as file:
        return max(DELIMITERS, key=file.readline().count)
