"""How a file is damaged: its bytes as discs and mail do it, its cells as people and spreadsheets do it."""

import csv
import gzip
import io
import re
import zipfile
import zlib
from random import Random

NUMBERS = [
    "0",
    "-1",
    "8",
    "99",
    "1e309",
    "-0",
    "NaN",
    "inf",
    "1,5",
    "1.234,5",
    "٣",
    "½",
    "0x10",
    "9" * 40,
    "5.0",
    "007",
]
DATES = ["2026-02-30", "31/12/2026", "12/31/26", "45000", "0000-00-00", "2026-01-01T25:61", "9999-12-31", "1.1.26 3 PM"]
DATES += ["2026-03-29 02:30:00", "2026-07-01T12:00:00+99:00", "-0001-01-01", "294247-01-10 04:00:54.775807"]
UNICODE = [
    "\u200b",
    "\u202e",
    "e\u0301",
    "🙂",
    "İ",
    "ß",
    "\ufeff",
    "\u2028",
    "\x85",
    "\x0b",
    "\x1c",
    "\x7f",
    "ﬃ",
    "\U0010ffff",
]
QUOTES = ['"', '""', "'", 'a"b', '"a', 'a"', "'; DROP TABLE ratings; --", '","', "\\", '\\"', "`", "“"]
DELIMITERS = [",", ";", "\t", "|", "\n", "\r", "\r\n", ",,,", ";\n", "a,b;c|d\te"]
FORMULAS = ["=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+1", "-1+2", '=HYPERLINK("x")', "#N/A", "#REF!"]
WORDS = [
    "",
    " ",
    "null",
    "None",
    "NA",
    "true",
    "~",
    "[]",
    "{}",
    "[1, 7]",
    "[7, 1]",
    "-",
    "1",
    "*",
    "../x",
    "/etc",
    "a: b",
]
WORDS += ["ratings", "respondent", "touchpoint", "_line", "gap", "csv", "respondents.csv", "ratings.csv", "2026-03-31"]
SEPARATORS = {"semicolon": ";", "tab": "\t", "bar": "|", "comma": ","}
BYTE_ORDER_MARKS = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\x00\x00", b"+/v8-"]
HUGE = 40_000
Rows = list[list[str]]


def place(rng: Random, data: bytes | list) -> int:
    """Somewhere, the beginning more often than its share: that is where headings are."""
    end = len(data) if rng.random() < 0.6 else min(len(data), 80)
    return rng.randrange(end) if end else 0


def stretch(rng: Random, data: bytes) -> slice:
    """A short piece of the file."""
    start = place(rng, data)
    return slice(start, start + rng.choice([1, 1, 2, 8, 60, 500]))


def flip(rng: Random, data: bytes, other: bytes) -> bytes:
    """One bit, or one byte, is another."""
    at = place(rng, data)
    new = data[at : at + 1] and bytes(
        [data[at] ^ (1 << rng.randrange(8)) if rng.random() < 0.7 else rng.randrange(256)]
    )
    return data[:at] + new + data[at + 1 :]


def insert(rng: Random, data: bytes, other: bytes) -> bytes:
    """Bytes that were not there; those that mean something in a text more often."""
    at = place(rng, data)
    return (
        data[:at]
        + bytes(rng.choices(b'",;\t\n\r|\\ \x00\xff\x80[]{}:&*!<>/#-', k=rng.choice([1, 1, 2, 9])))
        + data[at:]
    )


def delete(rng: Random, data: bytes, other: bytes) -> bytes:
    """A piece is gone."""
    gone = stretch(rng, data)
    return data[: gone.start] + data[gone.stop :]


def truncate(rng: Random, data: bytes, other: bytes) -> bytes:
    """The end is gone."""
    return data[: place(rng, data)]


def duplicate(rng: Random, data: bytes, other: bytes) -> bytes:
    """A piece stands twice."""
    piece = stretch(rng, data)
    return data[: piece.stop] + data[piece] + data[piece.stop :]


def splice(rng: Random, data: bytes, other: bytes) -> bytes:
    """The end of another file."""
    return data[: place(rng, data)] + other[place(rng, other) :]


def nuls(rng: Random, data: bytes, other: bytes) -> bytes:
    """A block of NULs, as a broken disc leaves it."""
    at, length = place(rng, data), rng.choice([1, 4, 64, 512])
    return data[:at] + b"\0" * length + data[at + rng.choice([0, length]) :]


def mark(rng: Random, data: bytes, other: bytes) -> bytes:
    """A byte-order mark, at the beginning or where two files were joined."""
    at = 0 if rng.random() < 0.6 else place(rng, data)
    return data[:at] + rng.choice(BYTE_ORDER_MARKS) + data[at:]


def reencode(rng: Random, data: bytes, other: bytes) -> bytes:
    """The same text in another encoding."""
    encoding = rng.choice(["utf-16", "utf-16-le", "utf-8-sig", "cp1252", "utf-32", "utf-7"])
    return data.decode("utf-8", "replace").encode(encoding, "replace")


def line_ends(rng: Random, data: bytes, other: bytes) -> bytes:
    """Other ends of lines, on all lines or on some."""
    ends = rng.choice([[b"\r\n"], [b"\r"], [b"\n\r"], [b"\r\n", b"\n"], [b"\n\n"], [b"\r", b"\n"], [b"\n \n"]])
    return b"".join(line + rng.choice(ends) for line in data.replace(b"\r\n", b"\n").split(b"\n"))


BYTES = {
    change.__name__: change
    for change in (flip, insert, delete, truncate, duplicate, splice, nuls, mark, reencode, line_ends)
}
"""Damage to bytes: (rng, data, another file's bytes) → data."""


def cell(rng: Random, rows: Rows) -> tuple[int, int] | None:
    """A cell under the heading."""
    filled = [number for number, row in enumerate(rows) if number and row]
    number = rng.choice(filled) if filled else 0
    return (number, rng.randrange(len(rows[number]))) if filled else None


def put(rng: Random, rows: Rows, choices: list[str]) -> Rows:
    """One of the choices in a cell, in place of what it holds or behind it; at times down the column."""
    if at := cell(rng, rows):
        number, column = at
        word, behind, down = rng.choice(choices), rng.random() < 0.3, rng.random() < 0.2
        for row in rows[number:] if down else [rows[number]]:
            if column < len(row):
                row[column] = row[column] + word if behind else word
    return rows


def swap(rng: Random, rows: Rows) -> Rows:
    """Two cells have changed places."""
    one, two = cell(rng, rows), cell(rng, rows)
    if one and two:
        first, second = rows[one[0]][one[1]], rows[two[0]][two[1]]
        rows[one[0]][one[1]], rows[two[0]][two[1]] = second, first
    return rows


def double_line(rng: Random, rows: Rows) -> Rows:
    """A line stands twice, the heading too at times."""
    at = place(rng, rows)
    rows.insert(place(rng, rows), list(rows[at]))
    return rows


def delete_line(rng: Random, rows: Rows) -> Rows:
    """A line is gone, the heading too at times."""
    if len(rows) > 1:
        del rows[place(rng, rows)]
    return rows


def blank_line(rng: Random, rows: Rows) -> Rows:
    """A line with nothing in it: no cells, blank cells, or white space."""
    rows.insert(place(rng, rows), rng.choice([[], [""] * len(rows[0]), [" "], [" "] * len(rows[0])]))
    return rows


def shuffle_columns(rng: Random, rows: Rows) -> Rows:
    """The columns in another order; at times the heading stays as it was."""
    order = rng.sample(range(len(rows[0])), len(rows[0]))
    skip = rng.random() < 0.2
    return [row if skip and not n or len(row) != len(order) else [row[o] for o in order] for n, row in enumerate(rows)]


def rename_heading(rng: Random, rows: Rows) -> Rows:
    """A column goes by another name: blank, another column's, or an odd one."""
    if rows[0]:
        column = rng.randrange(len(rows[0]))
        odd = [*WORDS, *UNICODE, *QUOTES, *DELIMITERS, *FORMULAS, rows[0][column].upper(), f" {rows[0][column]} "]
        rows[0][column] = rng.choice([*odd, rng.choice(rows[0]), rng.choice(rows[0])])
    return rows


def drop_cell(rng: Random, rows: Rows) -> Rows:
    """A line has a cell too few or too many."""
    if at := cell(rng, rows):
        number, column = at
        rows[number][column : column + 1] = rng.choice([[], ["", ""], ["x", "y", "z"]])
    return rows


CELLS = {
    "swap": swap,
    "blank": lambda rng, rows: put(rng, rows, ["", " ", "\u00a0", "-", "n/a"]),
    "huge": lambda rng, rows: put(rng, rows, ["x" * HUGE, "9" * HUGE, "a " * HUGE, "e" + "\u0301" * HUGE, "=" * HUGE]),
    "unicode": lambda rng, rows: put(rng, rows, UNICODE),
    "quotes": lambda rng, rows: put(rng, rows, QUOTES),
    "delimiters": lambda rng, rows: put(rng, rows, DELIMITERS),
    "formula": lambda rng, rows: put(rng, rows, FORMULAS),
    "dates": lambda rng, rows: put(rng, rows, DATES),
    "numbers": lambda rng, rows: put(rng, rows, NUMBERS),
    "words": lambda rng, rows: put(rng, rows, WORDS),
    "double line": double_line,
    "delete line": delete_line,
    "blank line": blank_line,
    "shuffle columns": shuffle_columns,
    "rename heading": rename_heading,
    "drop cell": drop_cell,
}
"""Damage to cells: (rng, rows with their heading) → rows."""


def change_cells(rng: Random, data: bytes, name: str, times: int, encoding: str = "utf-8-sig") -> bytes:
    """Text with some cells changed, written as spreadsheets do or, at times, with another delimiter or no quotes."""
    rows = list(csv.reader(io.StringIO(data.decode(encoding), newline="")))
    for _ in range(times):
        rows = CELLS[name](rng, rows)
    delimiter = rng.choice([*SEPARATORS.values()]) if rng.random() < 0.1 else ","
    if rng.random() < 0.15:
        text = "".join(delimiter.join(row) + "\n" for row in rows)
    else:
        written = io.StringIO()
        csv.writer(written, delimiter=delimiter, lineterminator=rng.choice(["\n", "\r\n"])).writerows(rows)
        text = written.getvalue()
    return text.encode(encoding.removesuffix("-sig"), "replace")


def change_words(rng: Random, data: bytes, times: int) -> bytes:
    """A settings file with some words, keys or whole lines changed."""
    text = data.decode("utf-8")
    for _ in range(times):
        words = list(re.finditer(r"[\w./-]+", text))
        found = rng.choice(words) if words else None
        what = rng.random()
        if found and what < 0.6:
            others = [*WORDS, *NUMBERS, *UNICODE, *QUOTES, *DATES, *FORMULAS, *DELIMITERS]
            word = rng.choice(others) if rng.random() < 0.7 else rng.choice(words)[0]
            text = text[: found.start()] + word + text[found.end() :]
        else:
            lines = text.split("\n")
            at = rng.randrange(len(lines))
            lines[at : at + 1] = rng.choice(
                [[], [lines[at]] * 2, ["  " + lines[at]], [lines[at].lstrip()], [rng.choice(lines)]]
            )
            text = "\n".join(lines)
    return text.encode("utf-8", "replace")


def inside(rng: Random, name: str, data: bytes, change) -> bytes:
    """A packed file whose content is changed and packed again, so that the damage lies deeper than a wrong checksum."""
    if name.endswith(".gz"):
        return gzip.compress(change(gzip.decompress(data)), 1, mtime=0)
    packed = zipfile.ZipFile(io.BytesIO(data))
    chosen = rng.choice(packed.namelist())
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as again:
        for part in packed.namelist():
            content = packed.read(part)
            again.writestr(zipfile.ZipInfo(part), change(content) if part == chosen else content)
    return written.getvalue()


def seed_of(*parts: object) -> Random:
    """A random stream for a case; the same on every machine."""
    return Random(zlib.crc32(repr(parts).encode()))
