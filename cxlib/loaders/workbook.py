"""Spreadsheets (.xlsx, .xls, .xlsb, .ods), sheet by sheet: every cell as the text a person reads in it."""

import datetime
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from cxlib.loaders.grid import Grid, reject_table
from cxlib.tables import StudyError, nearest
from cxlib.words import counted

MOST_BYTES, MOST_TIMES, MOST_CELLS = 500_000_000, 200, 25_000_000
"""What an unpacked workbook may take, how many times its packed size (from 50 MB on), and rows times columns."""

ENCRYPTED = bytes.fromhex("D0CF11E0A1B11AE1")
"""How a workbook with a password begins; without one a workbook of this kind is a zip."""

ROW, COLUMN = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d+)"'), re.compile(rb'\br="([A-Z]{1,3})\d')


def read_workbook(path: Path, sheet: str = "") -> Grid:
    """The sheet as a grid. Its heading is the first row that is not blank; a line is the row in the spreadsheet."""
    if path.suffix.lower() != ".xls":
        refuse_bomb(path)
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            rows = find_sheet(workbook, path.name, sheet)
    except PasswordError:
        raise StudyError(f"{path.name} is protected by a password; save it without one.") from None
    except CalamineError as error:
        raise StudyError(f"{path.name} cannot be read as a workbook: {error}; save it as .xlsx again.") from None
    texts = ((line, [cell_text(cell) for cell in row]) for line, row in enumerate(rows, start=1))
    return make_grid([(line, row) for line, row in texts if any(cell.strip() for cell in row)])


def make_grid(lines: list[tuple[int, list[str]]]) -> Grid:
    """The lines under the first as records; columns on the right with nothing in them are left out."""
    width = max(place for _, row in lines for place, cell in enumerate(row, start=1) if cell.strip())
    (line, headings), *records = lines
    columns = {f"f{place}": pa.array([row[place] for _, row in records], pa.string()) for place in range(width)}
    numbers = pa.array([number for number, _ in records], pa.int64())
    return Grid(headings[:width], pa.table({**columns, "_line": numbers}), reject_table([]), heading_line=line)


def find_sheet(workbook: CalamineWorkbook, name: str, sheet: str) -> list[list[Any]]:
    """The rows of the sheet asked for, or of the only visible one that has any."""
    sheets = [one for one in workbook.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    names = [one.name for one in sheets]
    if sheet and sheet not in names:
        raise StudyError(f"{name} has no sheet '{sheet}'. {nearest(sheet, names)}")
    visible = [one.name for one in sheets if one.visible == SheetVisibleEnum.Visible]
    asked = [sheet] if sheet else visible
    tables = {one: workbook.get_sheet_by_name(one).to_python(skip_empty_area=False) for one in asked}
    filled = [one for one, rows in tables.items() if any(str(cell).strip() for row in rows for cell in row)]
    if not filled:
        raise StudyError(f"{name} has nothing in {f'its sheet {sheet!r}' if sheet else 'its sheets'}; export it again.")
    if len(filled) > 1:
        raise StudyError(
            f"{name} has {counted(len(filled), 'sheet')} with data; name the one to read in study.yaml, such as "
            f'sheet: "{filled[0]}" '
            f"(cx new: --sheet). It has the sheets {', '.join(names)}."
        )
    return tables[filled[0]]


def cell_text(cell: Any) -> str:
    """A cell as a person reads it.

    >>> [cell_text(cell) for cell in ("007", 7.0, 0.1, True, None, datetime.datetime(2026, 3, 31))]
    ['007', '7', '0.1', 'TRUE', '', '2026-03-31']
    """
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime.datetime):
        whole = "milliseconds" if cell.microsecond else "seconds"
        return cell.isoformat(" ", whole) if cell.time() != datetime.time() else cell.date().isoformat()
    if isinstance(cell, datetime.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(cell, float):
        return "" if cell != cell else str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


def refuse_bomb(path: Path) -> None:
    """A workbook that is torn, locked, or would not fit into memory once unpacked: raise before it is opened."""
    with path.open("rb") as file:
        if file.read(8) == ENCRYPTED:
            raise StudyError(
                f"{path.name} is protected by a password, or is an old .xls under another name; "
                "save it as .xlsx without a password."
            )
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
            times = size / max(1, sum(part.compress_size for part in packed.infolist()))
            if size > MOST_BYTES or (size > MOST_BYTES / 10 and times > MOST_TIMES):
                raise StudyError(
                    f"{path.name} unpacks to {size / 1e6:,.0f} MB, {times:,.0f} times its size, which no survey does; "
                    "save the sheet as CSV (UTF-8) and name that."
                )
            for part in packed.namelist():
                if part.startswith("xl/worksheets/") and part.endswith(".xml"):
                    refuse_far_cell(packed, part, path.name)
    # torn parts, a method of packing or a lock that zipfile does not know, a part cut short
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise StudyError(f"{path.name} is no workbook, or is torn ({error}); save or copy it again.") from None


def refuse_far_cell(packed: zipfile.ZipFile, part: str, name: str) -> None:
    """One stray cell in the farthest corner makes a sheet too large for memory: raise, naming its row and column."""
    row, column, rest = 1, b"A", b""
    with packed.open(part) as file:
        while chunk := file.read(1 << 20):
            text = rest + chunk
            row = max([row, *map(int, ROW.findall(text))])
            column = max({column, *COLUMN.findall(text)}, key=lambda letters: (len(letters), letters))
            rest = text[-200:]
    width = 0
    for letter in column:
        width = width * 26 + letter - 64
    if row * width > MOST_CELLS:
        raise StudyError(
            f"{name} has a sheet that reaches to row {row:,} and column {column.decode()}; "
            "delete the stray cell there, or save the sheet as CSV (UTF-8)."
        )
