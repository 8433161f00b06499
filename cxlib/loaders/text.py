"""Delimited text, in any declared encoding, record by record: nothing is lost, everything has its line."""

import contextlib
import csv
import gzip
import mmap
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import charset_normalizer
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from cxlib.loaders.grid import Grid, reject_table
from cxlib.settings import TableFile
from cxlib.tables import StudyError
from cxlib.words import counted

DELIMITERS = ",;\t|"
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
LIKELY_ENCODINGS = ["cp1252", "cp949", "cp932", "gb18030", "big5", "cp1251", "utf-16-le", "utf-16-be"]
BLOCK_BYTES = 4_000_000
"""A record longer than this cannot be read."""


def read_text(paths: list[Path], file: TableFile) -> Grid:
    """Read files of one heading whole; records with too few or too many fields, or a NUL in them, are set aside."""
    headings, _ = find_heading(paths[0], file)
    tables, rejects, lines = [], [], 1
    for path in paths:
        found, delimiter = find_heading(path, file)
        if found != headings:
            raise StudyError(
                f"{path.name} has other columns than {paths[0].name}; files read as one table need the same."
            )
        held = find_bytes(path, b"\0", b'"')
        records, bad = read_records(path, find_encoding(path, file), delimiter, len(headings), quoted=b'"' in held)
        numbers = np.arange(lines, lines + len(records) + len(bad))
        numbers = np.delete(numbers, [number - 1 for number, _ in bad])[1:] if bad else numbers[1:]
        records = records.slice(1)
        rejects += [(number + lines - 1, reason) for number, reason in bad if reason]
        records = records.append_column("_line", pa.array(numbers))
        if b"\0" in held:
            torn = find_nul(records.drop_columns("_line"))
            rejects += [(number, "holds a NUL byte") for number in numbers[torn]]
            records = records.filter(~torn)
        tables.append(records)
        lines += len(numbers) + len(bad)
    notes = [] if delimiter in (",", file.delimiter) else [f"Fields are parted by {delimiter!r}."]
    return Grid(headings, pa.concat_tables(tables), reject_table(sorted(rejects)), notes=notes)


def find_encoding(path: Path, file: TableFile) -> str:
    """The declared encoding; else the one its byte-order mark tells of, else UTF-8. Never a guess."""
    if file.encoding:
        return file.encoding
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with readable(path, "utf-8"), opened(path, "rb") as raw:
        start = raw.read(3)
    return next((encoding for mark, encoding in BYTE_ORDER_MARKS.items() if start.startswith(mark)), "utf-8")


def find_bytes(path: Path, *wanted: bytes) -> set[bytes]:
    """Which of these bytes a file may hold; any of them where it is compressed."""
    if path.suffix.lower() == ".gz":
        return set(wanted)
    with path.open("rb") as raw, mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return {byte for byte in wanted if content.find(byte) >= 0}


def find_nul(records: pa.Table) -> np.ndarray:
    """Which records hold a NUL byte: what broken discs and broken exports leave behind."""
    torn = np.zeros(len(records), dtype=bool)
    for column in records.columns:
        torn |= pc.match_substring(column, "\0").to_numpy()
    return torn


def read_records(
    path: Path, encoding: str, delimiter: str, width: int, *, quoted: bool
) -> tuple[pa.Table, list[tuple[int, str]]]:
    """All records, the heading too, as text; and the number and fault of those that have not `width` fields.

    Lines of white space are among the latter, without a fault. A file without either is read by all processors.
    """
    names = [f"f{place}" for place in range(width)]
    bad: list[tuple[int, str]] = []
    broken = []

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        with contextlib.suppress(UnicodeError):  # the reader itself stops at the line that is not of this encoding
            broken[:] = [row.text]
        fault = f"{counted(row.actual_columns, 'field')} instead of {row.expected_columns}"
        bad.append((row.number, fault if "".join(broken).strip() else ""))
        return "skip" if row.number else "error"

    def read(threads: bool) -> pa.Table:
        return arrow_csv.read_csv(
            path,
            read_options=arrow_csv.ReadOptions(
                use_threads=threads, encoding=encoding, column_names=names, block_size=BLOCK_BYTES
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=quoted, invalid_row_handler=set_aside, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
            memory_pool=pa.system_memory_pool(),  # the reader's own pool takes a third longer on fresh memory
        )

    with readable(path, encoding):
        try:
            records = read(threads=True)
        except pa.ArrowInvalid:
            if not bad:
                raise
            bad.clear()
            records = read(threads=False)  # only then are lines numbered
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
        with open_text(path, find_encoding(path, file)) as text:
            found.append((next(csv.reader(text, delimiter=delimiter), []), delimiter))
    headings, delimiter = max(found, key=lambda pair: ('"' not in "".join(pair[0]), len(pair[0])))
    if any("\0" in heading for heading in headings):
        raise StudyError(
            f"{path.name} has NUL bytes in its heading: it is no text, or UTF-16 (then say encoding: utf-16-le)."
        )
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
    except (UnicodeError, pa.ArrowInvalid, csv.Error, EOFError, OSError, zlib.error) as error:
        if isinstance(error, UnicodeError) or "invalid UTF8" in str(error):
            raise StudyError(
                f"{path.name}{bad_line(path, encoding)} is not {encoding} text; name its encoding in study.yaml, as in "
                f"encoding: {likely_encoding(path)}, or to cx new, as in --encoding {likely_encoding(path)}."
            ) from None
        raise StudyError(f"{path.name} cannot be read to its end: {error}; export it again.") from None


def bad_line(path: Path, encoding: str) -> str:
    """The first line that is not UTF-8, as words; nothing where lines cannot be told in the bytes."""
    if path.suffix.lower() == ".gz" or encoding.lower().replace("-", "") != "utf8":
        return ""
    with path.open("rb") as raw:
        for number, line in enumerate(raw, 1):
            try:
                line.decode("utf-8")
            except UnicodeError:
                return f", line {number},"
    return ""


def likely_encoding(path: Path) -> str:
    """The encoding a file's bytes look like: a suggestion for people, never used."""
    with contextlib.suppress(EOFError, OSError, zlib.error):
        with (gzip.open if path.suffix.lower() == ".gz" else open)(path, "rb") as raw:
            best = charset_normalizer.from_bytes(raw.read(200_000), cp_isolation=LIKELY_ENCODINGS).best()
        return best.encoding if best else LIKELY_ENCODINGS[0]
    return LIKELY_ENCODINGS[0]
