"""Every result table of a report as one workbook: a list of contents, then a sheet a table."""

import ast
import datetime as dt
import math
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from cxlib.catalogue import tell
from cxlib.charts.theme import VERDICT_COLOURS
from cxlib.csv_files import rearm
from cxlib.readable import COUNTS, DIFFERENCES, FIGURES, SHARES, SIGNED, units_of
from cxlib.tables import RESULTS

WORKBOOK = "workbook.xlsx"
FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]+")
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff]+")
"""Letters that no sheet can hold, or that turn a line."""

DAY = re.compile(r"\d{4}-\d\d-\d\d([T ]|$)")
NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d+)?(e[+-]?\d+)?")
MOST_LETTERS, MOST_ROWS, WIDEST = 32_767, 50_000, 46
MADE = dt.datetime(2000, 1, 1)
SHAPES = {
    "count": "#,##0",
    "share": '0.0 %;"−"0.0 %',
    "gap": '+0.00;"−"0.00;0.00',
    "points": '+0.0 %;"−"0.0 %;0.0 %',
    "ratio": '"× "0.00',
    "chance": "0.0000",
    "number": '#,##0.00;"−"#,##0.00',
    "day": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}
"""What a number looks like, by its kind; the cell keeps every digit."""

KINDS = {column.name: column.kind for columns in RESULTS.values() for column in columns}


@dataclass(frozen=True)
class Sheet:
    """A table on its way into the workbook: its texts as published, where it came up, and the question it answers."""

    name: str
    title: str
    table: pd.DataFrame
    chapter: str
    question: str


def write_workbook(folder: Path, *, title: str, who: str) -> None:
    """workbook.xlsx of a run's folder: what its tables/*.csv hold, every row of them up to 50,000, and nothing else.

    Numbers, shares and days are such; every text is a text, `=1` too. The same tables are the same bytes.
    """
    sheets = read_sheets(folder)
    book = xlsxwriter.Workbook(
        folder / WORKBOOK,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties({"title": cell_text(title)[:255], "created": MADE})
    shapes = {name: book.add_format({"num_format": shape, "valign": "top"}) for name, shape in SHAPES.items()}
    text = {"valign": "top", "align": "left", "indent": 1}
    shapes |= {"text": book.add_format(text), "long": book.add_format(text | {"text_wrap": True})}
    shapes |= {f"verdict {word}": book.add_format(text | {"font_color": ink}) for word, ink in VERDICT_COLOURS.items()}
    head = {"bold": True, "valign": "top", "bottom": 1, "bg_color": "#F2F2EF"}
    shapes["head of texts"] = book.add_format(head | {"align": "left", "indent": 1})
    shapes["head of numbers"] = book.add_format(head | {"align": "right", "indent": 2})  # beside the filter's arrow
    write_contents(book, sheets, shapes, title=title, who=who)
    for sheet in sheets:
        write_sheet(book, sheet, shapes)
    book.close()


def read_sheets(folder: Path) -> list[Sheet]:
    """The tables of a run's folder in the order of its chapters; those no chapter made come last."""
    made = [(name, *place) for notebook in sorted(folder.glob("notebooks/*.ipynb")) for name, place in asked(notebook)]
    paths = {path.stem: path for path in sorted(folder.glob("tables/*.csv"))}
    last = (len(made), "", tell("How was the data read?"), "")
    places = {}
    for stem in paths:
        fits = [(place, *one) for place, one in enumerate(made) if one[0] in (stem, stem.partition("_by_")[0] + "_by_")]
        places[stem] = min(fits, key=lambda fit: (fit[1] != stem, fit[0]), default=last)
    taken = {tell("contents").lower(), "history"}
    return [
        Sheet(stem, sheet_title(stem, taken), read_texts(paths[stem]), *places[stem][2:])
        for stem in sorted(paths, key=lambda stem: (places[stem][0], stem))
    ]


def asked(path: Path) -> list[tuple[str, tuple[str, str]]]:
    """Each table an executed notebook keeps, with the chapter's title and the question above it."""
    found, chapter, question = [], "", ""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            for line in re.findall(r"^#+ (.+)$", cell.source, re.M):
                chapter, question = chapter or line, line
        elif cell.cell_type == "code":
            found += [(name, (tell(chapter), tell(question))) for name in kept(cell.source)]
    return found


def kept(source: str) -> list[str]:
    """The names under which a cell keeps tables; of one that is put together, its beginning.

    >>> kept('chapter.table(gaps, "gaps"); chapter.keep(own, f"gaps_by_{group}")')
    ['gaps', 'gaps_by_']
    """
    try:
        nodes = ast.walk(ast.parse(source))
    except SyntaxError:
        return []
    calls = [n for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and len(n.args) > 1]
    names = [call.args[1] for call in calls if call.func.attr in ("table", "keep")]
    names = [name.values[0] if isinstance(name, ast.JoinedStr) else name for name in names]
    return [name.value for name in names if isinstance(name, ast.Constant)]


def sheet_title(name: str, taken: set[str]) -> str:
    """A name for a sheet that no other has, of at most 31 letters; `taken` is added to.

    >>> sheet_title("gaps_by_stage", set()), sheet_title("[a]:*?/" + 40 * "b", {"a" + 30 * "b"})
    ('gaps by stage', 'abbbbbbbbbbbbbbbbbbbbbbbbbbbb 2')
    """
    plain = FORBIDDEN.sub("", tell(name.replace("_", " "))).strip(" '") or "-"
    number, title = 1, plain[:31].strip(" '")
    while title.lower() in taken:
        number += 1
        title = f"{plain[: 30 - len(str(number))]} {number}"
    taken.add(title.lower())
    return title


def read_texts(path: Path) -> pd.DataFrame:
    """A published table, every cell the text that stands in the file."""
    return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")


def write_contents(book: xlsxwriter.Workbook, sheets: list[Sheet], shapes: dict, *, title: str, who: str) -> None:
    """The first sheet: what the report is of, who was asked, and a line a table, chapter by chapter."""
    page = book.add_worksheet(tell("contents"))
    plain = book.add_format({"text_wrap": True, "valign": "top", "align": "left", "indent": 1})
    link = book.add_format({"font_color": "#0B57A4", "underline": 1, "valign": "top", "align": "left", "indent": 1})
    page.write_string(0, 0, cell_text(title), book.add_format({"bold": True, "font_size": 15}))
    page.merge_range(1, 0, 1, 3, "")
    page.write_string(1, 0, cell_text(who), book.add_format({"text_wrap": True, "valign": "top"}))
    page.set_row(1, 15 * math.ceil(len(who) / 110) + 3)
    for column, (heading, width) in enumerate(
        [(tell("sheet"), 30), (tell("what it answers"), 58), (tell("rows"), 9), (tell("file"), 44)]
    ):
        page.write_string(3, column, heading, shapes["head of numbers" if column == 2 else "head of texts"])
        page.set_column(column, column, width)
    line, chapter = 4, ""
    for sheet in sheets:
        if sheet.chapter != chapter:
            chapter, line = sheet.chapter, line + 1
            page.write_string(line - 1, 0, cell_text(chapter), book.add_format({"bold": True, "valign": "bottom"}))
            page.set_row(line - 1, 24)
        page.write_url(line, 0, "internal:'{}'!A1".format(sheet.title.replace("'", "''")), link, sheet.title)
        cut = tell("(the first {most} rows)", most=f"{MOST_ROWS:,}") if len(sheet.table) > MOST_ROWS else ""
        page.write_string(line, 1, cell_text(f"{sheet.question} {cut}".strip()), plain)
        page.write_number(line, 2, len(sheet.table), shapes["count"])
        page.write_string(line, 3, f"tables/{sheet.name}.csv", plain)
        line += 1
    page.freeze_panes(4, 0)
    page.hide_gridlines(2)
    page.set_landscape()
    page.fit_to_pages(1, 0)


def write_sheet(book: xlsxwriter.Workbook, sheet: Sheet, shapes: dict[str, Format]) -> None:
    """One table: the headings of the CSV, each with a note on what it means, above its rows."""
    page, table, lines = book.add_worksheet(sheet.title), sheet.table, {}
    meanings = {column.name: column.meaning for column in columns_of(sheet.name)}
    for place, column in enumerate(table.columns):
        looks, widest = looks_of(sheet.name, table, column), len(column) + 4
        kind = "texts" if "text" in looks or not looks else "numbers"
        page.write_string(0, place, cell_text(rearm(column)), shapes[f"head of {kind}"])
        if column in meanings:
            height = 17 * math.ceil(len(meanings[column]) / 34) + 23
            page.write_comment(0, place, tell(meanings[column]), {"width": 230, "height": height, "author": ""})
        for line, (text, look) in enumerate(zip(table[column][:MOST_ROWS], looks), 1):
            width, deep = write_cell(page, line, place, text, look, shapes)
            widest, lines[line] = max(widest, width), max(lines.get(line, 1), deep)
        page.set_column(place, place, min(max(widest + 2, 8), WIDEST))
    for line, deep in lines.items():
        if deep > 1:
            page.set_row(line, 15 * min(deep, 27))
    if len(table.columns):
        page.autofilter(0, 0, max(min(len(table), MOST_ROWS), 1), len(table.columns) - 1)
    labels = [place + 1 for place, column in enumerate(table.columns[:3]) if column == "label"]
    page.freeze_panes(1, labels[0] if labels else 0)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def write_cell(page: Worksheet, line: int, place: int, text: str, look: str, shapes: dict) -> tuple[int, int]:
    """One cell as what it is; returns how many letters wide, and how many lines deep, it is."""
    if not text:
        return 0, 1
    if look in ("day", "moment"):
        page.write_datetime(line, place, as_moment(text), shapes[look])
        return len(SHAPES[look]), 1
    if look != "text" and (number := as_number(text)) is not None:
        page.write_number(line, place, number, shapes[look])
        return min(len(text), 10), 1
    said = cell_text(rearm(text))
    widths = list(map(len, said.split("\n")))
    wraps = max(widths) > WIDEST - 2 or len(widths) > 1
    page.write_string(line, place, said, shapes["long"] if wraps else shapes.get(f"verdict {said}", shapes["text"]))
    return max(widths), sum(math.ceil(max(width, 1) / WIDEST) for width in widths)


def columns_of(name: str) -> tuple:
    """The columns the data dictionary gives a published table, by its name or that of tables by some group."""
    return RESULTS.get(name) or RESULTS.get(f"{name.partition('_by_')[0]}_by_<by>", ())


def looks_of(name: str, table: pd.DataFrame, column: str) -> list[str]:
    """How each cell of a column looks: a key of SHAPES, or text."""
    texts = [text for text in table[column] if text]
    told = {known.name: known.kind for known in columns_of(name)}
    kind = told.get(column) or ("text" if told and "…" not in told else KINDS.get(column))
    if kind == "time" or kind is None and texts and all(map(as_moment, texts)):
        moments = [as_moment(text) for text in texts]
        if None in moments:
            return ["text"] * len(table)
        return ["day" if all(moment.time() == dt.time() for moment in moments) else "moment"] * len(table)
    if kind in ("text", "key") or kind is None and not all(NUMBER.fullmatch(text) for text in texts):
        return ["text"] * len(table)
    return looks_of_numbers(table, column)


def looks_of_numbers(table: pd.DataFrame, column: str) -> list[str]:
    """How each number of a column looks, as in the report: the ends of an interval as what they are ends of."""
    place = list(table.columns).index(column)
    base = re.sub(r"_(low|high|first|second)$", "", column)
    if column in ("low", "high") and place:
        base = table.columns[max(place - (1 if column == "low" else 2), 0)]
    if base in (*FIGURES, *DIFFERENCES) and {"is_share", "unit"} & set(table):
        shares = table.assign(is_share=table["is_share"] == "True") if "is_share" in table else table
        plain, signed = {"share": "share", "ratio": "ratio"}, {"share": "points", "ratio": "ratio"}
        return [(signed if base in DIFFERENCES else plain).get(unit, "number") for unit in units_of(shares)]
    if base in COUNTS or base.startswith("n_") or re.fullmatch(r"(lowest|highest)_n", base):
        return ["count"] * len(table)
    if base in ("p", "q") or base.startswith("q_") or base.endswith("_p"):
        return ["chance"] * len(table)
    kinds = {"gap": (*SIGNED, "change", "effect", "to_target"), "share": SHARES}
    return [next((kind for kind, names in kinds.items() if base in names), "number")] * len(table)


def as_number(text: str) -> float | None:
    """A text as a number a sheet can hold, if it is one.

    >>> as_number("1.5"), as_number("inf"), as_number("")
    (1.5, None, None)
    """
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def as_moment(text: str) -> dt.datetime | None:
    """A text as a day, or a moment in UTC, a sheet can hold, if it is one.

    >>> as_moment("2026-06-30").day, as_moment("1850-01-01"), as_moment("20260630")
    (30, None, None)
    """
    if not DAY.match(text):
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        plain = moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None
    return plain if plain.year >= 1900 else None


def cell_text(text: str) -> str:
    """A text as a cell holds it: without unseen letters, and cut where a sheet would refuse it."""
    plain = UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain.encode("utf-16-le", "ignore")[: 2 * MOST_LETTERS].decode("utf-16-le", "ignore")
