"""Bad input, one row a case: its number and name, the files, and what becomes of them."""

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd
import pytest
import xlsxwriter

import cxlib as cx
from cxlib.study import Study

SCALES = "scales: {expected: [1, 7], experienced: [1, 7]}"
HEADING = "respondent,touchpoint,expected,experienced"
ANN, BOB, EVE = "ann,search,6,4", "bob,search,5,5", "eve,search,4,6"
ALL_READ = {"respondent": ["ann", "bob"], "experienced": [4, 5]}


@dataclass(frozen=True)
class Case:
    """One case of bad input.

    `outcome` is refused, mended, set aside, warned, accepted or counted once. `files` are written to the study's folder
    with a study.yaml of the scales, the files, and what `yaml` says. `words` (texts or patterns) all stand in the
    message of a refusal, else in what the examination of the study says. Of `table`: `counts` of read, used,
    quarantined and excluded; `reasons`, by line, of what is set aside; `values` of the rows used, by column, in the
    order of lines. `holds` is what else is true of the study, as one function.
    """

    number: int
    name: str
    outcome: str
    files: Mapping[str, str | bytes]
    words: tuple[str | re.Pattern, ...] = ()
    counts: tuple[int, int, int, int] | None = None
    reasons: Mapping[int, str] = field(default_factory=dict)
    values: Mapping[str, list] = field(default_factory=dict)
    table: str = "ratings"
    yaml: str = ""
    view: Mapping[str, str] = field(default_factory=dict)
    holds: Callable[[Study], object] | None = None

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    @property
    def settings(self) -> str:
        """study.yaml, as far as the case leaves it open."""
        tables = [name for name in self.files if name.split(".")[0] in TABLES]
        listed = "files:" + "".join(f"\n  {name.split('.')[0]}: {name}" for name in tables)
        said = [SCALES] if "scales:" not in self.yaml else []
        return "\n".join([*said, self.yaml, *([] if "files:" in self.yaml else [listed])]) + "\n"


TABLES = ("ratings", "respondents", "touchpoints", "events", "kpis", "benchmarks")


def lines(*rows: str, heading: str = HEADING) -> str:
    """A CSV."""
    return "\n".join([heading, *rows]) + "\n"


GOOD = lines(ANN, BOB)


def pattern(words: str) -> re.Pattern:
    """Words for which there is more than one good choice."""
    return re.compile(words, re.IGNORECASE)


def refused(number: int, name: str, files: dict, *words: str | re.Pattern, **more) -> Case:
    return Case(number, name, "refused", files, words, **more)


def used(outcome: str, number: int, name: str, files: dict, rows: int, *words: str | re.Pattern, **more) -> Case:
    """All `rows` are used."""
    return Case(number, name, outcome, files, words, (rows, rows, 0, 0), **more)


def mended(number: int, name: str, files: dict, rows: int, *words: str | re.Pattern, **more) -> Case:
    return used("mended", number, name, files, rows, *words, **more)


def warned(number: int, name: str, files: dict, rows: int, *words: str | re.Pattern, **more) -> Case:
    return used("warned", number, name, files, rows, *words, **more)


def accepted(number: int, name: str, files: dict, rows: int, **more) -> Case:
    return used("accepted", number, name, files, rows, **more)


def aside(number: int, name: str, files: dict, rows: int, reasons: dict, *words: str | re.Pattern, **more) -> Case:
    counts = (rows, rows - len(reasons), len(reasons), 0)
    return Case(number, name, "set aside", files, words, counts, reasons, **more)


def once(number: int, name: str, files: dict, rows: int, twice: int, *words: str | re.Pattern, **more) -> Case:
    return Case(number, name, "counted once", files, words, (rows, rows - twice, 0, twice), **more)


def workbook(**sheets: str) -> bytes:
    """A workbook of sheets given as CSV."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        for name, text in sheets.items():
            sheet = book.add_worksheet(name)
            for row, line in enumerate(text.splitlines()):
                sheet.write_row(row, 0, line.split(","))
    return held.getvalue()


def bomb(megabytes: int) -> bytes:
    """A workbook of a few kB that unpacks to much more."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * megabytes * 1_000_000)
    return held.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    held = io.BytesIO()
    frame.to_parquet(held)
    return held.getvalue()


def quoted(*cells: str) -> str:
    """A line of a CSV whose cells hold commas and quotes."""
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)


def imports(*names: str) -> str:
    return quoted(*(json.dumps({"ImportId": name}) for name in names))


def dated(*times: str) -> str:
    """Three plain answers, then one a time."""
    plain = [f"p{number},search,6,4,2026-01-0{number}" for number in (1, 2, 3)]
    return lines(*plain, *(f"q{n},search,6,4,{time}" for n, time in enumerate(times)), heading=HEADING + ",answered_at")


def stamped(*times: str) -> str:
    """One answer a time."""
    return lines(*(f"q{n},search,6,4,{time}" for n, time in enumerate(times)), heading=HEADING + ",answered_at")


def moments(*times: str) -> list[pd.Timestamp]:
    return [pd.Timestamp(time) for time in times]


def answers_of(people: int, answer: Callable[[int, str], tuple[int, int]]) -> str:
    """What each of many people expected and experienced on four touchpoints, as `answer(person, touchpoint)` says."""
    places = ("search", "shop", "pay", "return")
    both = [(n, place, *answer(n, place)) for n in range(people) for place in places]
    return lines(*(f"p{n:02},{place},{expected},{experienced}" for n, place, expected, experienced in both))


def usual(person: int, place: str) -> tuple[int, int]:
    """Some expect more than others, and all get 2 less than they expected."""
    return 4 + person % 3, 2 + person % 3


def turned(person: int, place: str) -> tuple[int, int]:
    """The usual answers, but on pay the best experience gets the lowest figure."""
    expected, experienced = usual(person, place)
    return expected, 6 - experienced if place == "pay" else experienced


def short_scale(person: int, place: str) -> tuple[int, int]:
    """Answers up to 7, but on pay up to 5."""
    return (2 + person % 4, 2 + person % 4) if place == "pay" else (4 + person % 4, 4 + person % 4)


def straight(person: int, place: str) -> tuple[int, int]:
    """Three people answer 4 to everything."""
    return (4, 4) if person < 3 else usual(person, place)


def hasty(person: int, place: str) -> tuple[int, int]:
    """Three people, who took 9 seconds, get what they expected."""
    expected = 4 + (place == "pay")
    return (expected, expected) if person < 3 else usual(person, place)


def by_response(answers: str) -> str:
    """The same answers, each questionnaire named instead of the person."""
    return answers.replace("respondent,", "response,")


def seconds_of(people: int) -> str:
    return lines(*(f"p{n:02},{9 if n < 3 else 300 + n}" for n in range(people)), heading="respondent,seconds")


def yaml(text: str) -> dict:
    """A good file of ratings with a study.yaml that is not."""
    return {"ratings.csv": GOOD, "study.yaml": f"{SCALES}\nfiles: {{ratings: ratings.csv}}\n{text}\n"}


def weights_of(*weights: object) -> str:
    names = ["ann", "bob", "eve", *(f"p{number}" for number in range(len(weights)))]
    return lines(*(f"{name},{weight}" for name, weight in zip(names, weights)), heading="respondent,weight")


def gaps_of(study) -> pd.DataFrame:
    return cx.find_gaps(cx.summarise_ratings(study), met_within=study.met_within)


def coverage_of(study) -> dict[str, str]:
    """Touchpoint → its status."""
    reach = cx.find_reach(study.places, cx.summarise_ratings(study), people=cx.count_people(study))
    return cx.find_coverage(reach, cx.summarise_visits(study), study.places).set_index("touchpoint")["status"].to_dict()


def columns_of(study) -> list[str]:
    return study.tables["ratings"].collect_schema().names()


def row_of(study, **columns) -> bool:
    """Whether the summary of the only touchpoint holds these figures."""
    found = cx.summarise_ratings(study).iloc[0]
    return {name: found[name] for name in columns} == pytest.approx(columns)


THREE = "hide_below: 3"  # what a handful of people change may then be said
SURVEY = "files: {ratings: {path: ratings.csv, format: survey, columns: columns.csv}}"
QUALTRICS = SURVEY.replace("survey,", "qualtrics,")
SEARCH = "position,table,column,touchpoint\n1,ratings,response,\n"
SEARCH += "2,ratings,expected,search\n3,ratings,experienced,search\n"
SEARCH_BY_ID = SEARCH.replace("position", "header").replace("\n1,", "\n_recordId,").replace("\n2,", "\nQID1_1,")
SEARCH_BY_ID = SEARCH_BY_ID.replace("\n3,", "\nQID1_2,")
EXPORT = "\n".join(
    [
        "ResponseId,Q1_1,Q1_2",
        "Response ID,Search - should be,Search - was",
        imports("_recordId", "QID1_1", "QID1_2"),
        "R_1,6,4",
        "R_2,5,5",
    ]
)
WIDE_HEADING = "id,search should be,search was,shop should be,shop was"
COMMENTS = ["crème 🙂👍🏽", "שלום, עולם", "ab\u202ecd.exe", "x" * 12_000]
BIG = ["9007199254740993", "1234567890123456789"]
BERLIN, UTC = "dates: {zone: Europe/Berlin}", "dates: {zone: UTC}"
SKIPPED = "answered_at is in the hour the clock of Europe/Berlin skips or shows twice"
EVENT = "customer,time,event"
STAGED = lines("search,find", "pay,buy", heading="touchpoint,stage")
ON_MAP = lines("search,find,web|app", heading="touchpoint,stage,channels")
LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi")
)

FILES = [
    refused(1, "a file of no bytes", {"ratings.csv": b""}, "ratings.csv", "0 bytes", "export it again"),
    refused(2, "a heading and no rows", {"ratings.csv": HEADING + "\n"}, "ratings.csv", "heading only", "export"),
    refused(3, "a file that is not there", {"other.csv": GOOD}, "ratings.csv is not there", "holds other.csv",
            yaml="files: {ratings: ratings.csv}"),
    refused(3, "no name of a file", {"ratings.csv": GOOD}, "ratings", yaml="files: {ratings: ''}"),
    refused(3, "a folder for a file", {"ratings.csv": GOOD}, "ratings", yaml="files: {ratings: .}"),
    refused(3, "stars where none can be", {"ratings.csv": GOOD}, "a**b", yaml="files: {ratings: a**b}"),
    refused(3, "a name no disc takes", {"ratings.csv": GOOD}, "aaaa", yaml=f"files: {{ratings: {'a' * 5000}}}"),
    mended(4, "a byte-order mark", {"ratings.csv": b"\xef\xbb\xbf" + GOOD.encode()}, 2, values=ALL_READ),
    mended(5, "UTF-16 with its mark", {"ratings.csv": GOOD.encode("utf-16")}, 2, values=ALL_READ),
    refused(5, "UTF-16 without a mark", {"ratings.csv": GOOD.encode("utf-16-le")}, "ratings.csv",
            "encoding: utf-16-le"),
    refused(6, "Latin-1", {"ratings.csv": GOOD.replace("search", "Größe").encode("latin-1")},
            "ratings.csv", "encoding: cp1252"),
    refused(6, "UTF-8 with one line that is not",
            {"ratings.csv": lines("ann,Größe,6,4").encode() + b"bob,Gr\xf6\xdfe,5,5\n"},
            "ratings.csv", "line 3"),
    mended(6, "Latin-1, declared", {"ratings.csv": GOOD.replace("search", "Größe").encode("latin-1")}, 2,
           yaml="files: {ratings: {path: ratings.csv, encoding: cp1252}}", values={"touchpoint": ["Größe"] * 2}),
    mended(7, "semicolons", {"ratings.csv": GOOD.replace(",", ";")}, 2, "';'", values=ALL_READ),
    refused(7, "a delimiter of two bytes", {"ratings.csv": GOOD}, "delimiter", "'é'",
            yaml="files: {ratings: {path: ratings.csv, delimiter: é}}"),
    refused(8, "decimal commas", {"ratings.csv": lines("ann;search;6;4,5", BOB.replace(",", ";"),
            heading=HEADING.replace(",", ";"))},
            "ratings.csv, line 2", "'experienced'", "'4,5'", "numbers: {decimal: ','}"),
    mended(8, "decimal commas, declared", {"ratings.csv": lines("ann;search;6;4,5", BOB.replace(",", ";"),
           heading=HEADING.replace(",", ";"))}, 2, yaml="numbers: {decimal: ','}", values={"experienced": [4.5, 5]}),
    refused(9, "thousands", {"kpis.csv": lines("2026-01-01;calls;1.234,5", heading="date;kpi;value")},
            "kpis.csv, line 2", "'value'", "'1.234,5'", "numbers: {decimal: ',', thousands: '.'}"),
    mended(9, "thousands, declared", {"kpis.csv": lines("2026-01-01;calls;1.234,5", heading="date;kpi;value")}, 1,
           yaml="numbers: {decimal: ',', thousands: '.'}", table="kpis", values={"value": [1234.5]}),
    refused(10, "a quote that is never closed", {"ratings.csv": lines(ANN, 'bob,"search,5,5', EVE)},
            "ratings.csv, line 3", "never closed", "mend it"),
    accepted(11, "a line break inside quotes", {"ratings.csv": lines(ANN + ',"two\nlines"', BOB + ",one",
             heading=HEADING + ",comment")}, 2, values={"comment": ["two\nlines", "one"]}),
    mended(12, "line ends of old Macs", {"ratings.csv": GOOD.replace("\n", "\r").encode()}, 2, values=ALL_READ),
    aside(13, "a short row", {"ratings.csv": lines(ANN, BOB, "kim,search,5")}, 3, {4: "3 fields instead of 4"},
          "1 of 3 lines could not be used", values=ALL_READ),
    aside(14, "a long row", {"ratings.csv": lines(ANN, "kim,search,5,5,5", BOB)}, 3, {3: "5 fields instead of 4"},
          "1 of 3 lines could not be used", values=ALL_READ),
    refused(15, "every row a field too long", {"ratings.csv": lines("1," + ANN, "2," + BOB)},
            "ratings.csv", "5 fields instead of 4", "heading"),
    aside(16, "a NUL byte", {"ratings.csv": lines(ANN, BOB, "k\0m,search,5,5")}, 3, {4: "holds a NUL byte"},
          values=ALL_READ),
    refused(17, "Parquet cut off", {"ratings.parquet": parquet(pd.DataFrame({"touchpoint": ["a"] * 99}))[:-40]},
            "ratings.parquet", "cannot be read as Parquet", "again"),
    refused(17, "lists in Parquet", {"ratings.parquet": parquet(pd.DataFrame(
            {"touchpoint": ["search"], "expected": [[6, 5]], "experienced": [4]}))}, "ratings.parquet", "expected"),
    warned(17, "Parquet with line numbers of its own", {"ratings.parquet": parquet(pd.DataFrame(
           {"touchpoint": ["search"], "expected": [6], "experienced": [4], "file_row_number": [9]}))}, 1,
           "not used: file_row_number", values={"experienced": [4]}),
    refused(18, "gzip cut off", {"ratings.csv.gz": gzip.compress((GOOD * 200).encode())[:-20]},
            "ratings.csv.gz", "cannot be read to its end", "export it again"),
    refused(18, "gzip called CSV", {"ratings.csv": gzip.compress(GOOD.encode())}, "ratings.csv", ".gz", "rename it"),
    refused(18, "CSV called gzip", {"ratings.csv.gz": GOOD}, "ratings.csv.gz", pattern("rename|again")),
    refused(18, "a workbook called CSV", {"ratings.csv": workbook(A=GOOD)}, "ratings.csv", ".xlsx", "rename it"),
    refused(18, "CSV called a workbook", {"ratings.xlsx": GOOD}, "ratings.xlsx", "no workbook"),
    refused(19, "a zip bomb", {"ratings.xlsx": bomb(60)}, "ratings.xlsx", "60 MB", "save the sheet as CSV"),
    refused(22, "two sheets", {"ratings.xlsx": workbook(March=GOOD, April=GOOD)},
            "ratings.xlsx", "2 sheets", "March, April", 'sheet: "March"'),
    accepted(22, "two sheets, one named", {"ratings.xlsx": workbook(March=GOOD, April=lines(EVE))}, 1,
             yaml="files: {ratings: {path: ratings.xlsx, sheet: April}}", values={"respondent": ["eve"]}),
    refused(23, "a pickle", {"ratings.pkl": b"\x80\x04N."}, "ratings.pkl", "could run code",
            "Save it as CSV or Parquet"),
]  # fmt: skip

SCHEMA = [
    refused(24, "a column twice", {"ratings.csv": lines(ANN + ",1", BOB + ",1", heading=HEADING + ",expected")},
            "ratings.csv", "'expected'", "twice", "Rename one"),
    refused(24, "a column twice but for its capitals", {"ratings.csv": lines(ANN + ",1", BOB + ",1",
            heading=HEADING + ",Expected")},
            "ratings.csv", "'Expected'", "twice", "Rename one"),
    mended(24, "a column twice, told apart by ImportId",
           {"ratings.csv": EXPORT.replace("Q1_1,Q1_2", "Q1,Q1"), "columns.csv": SEARCH_BY_ID}, 2,
           yaml=QUALTRICS, values={"expected": [6, 5], "experienced": [4, 5]}),
    mended(24, "a column twice, told apart by position",
           {"ratings.csv": lines("a,6,4", "b,5,5", heading="id,search,search"), "columns.csv": SEARCH}, 2,
           yaml=SURVEY, values={"expected": [6, 5], "experienced": [4, 5]}),
    mended(25, "headings in capitals, with hard spaces",
           {"ratings.csv": GOOD.replace("respondent,touchpoint", "RESPONDENT\u00a0, Touchpoint ")}, 2, values=ALL_READ),
    mended(26, "letters in two parts", {"ratings.csv": lines("ann,Cafe\u0301,6,4", "bob,Caf\u00e9,5,5")}, 2,
           values={"touchpoint": ["Caf\u00e9"] * 2}),
    warned(27, "letters that look alike", {"ratings.csv": lines("ann,checkout,6,4", "bob,\u0441heckout,5,5")}, 2,
           "alphabet", "\u0441heckout", values={"touchpoint": ["checkout", "\u0441heckout"]}),
    warned(27, "a word all of letters that look alike", {"ratings.csv": lines("ann,pay,6,4",
           "bob,\u0440\u0430\u0443,5,5")}, 2,
           "look", "pay", "\u0440\u0430\u0443"),
    refused(28, "a column that is missing", {"ratings.csv": GOOD.replace("touchpoint", "touchpiont")},
            "ratings.csv lacks the column touchpoint", "Did you mean 'touchpiont'", "touchpoint: "),
    warned(29, "a column too many", {"ratings.csv": lines(ANN + ",42", BOB + ",43", heading=HEADING + ",shoe size")}, 2,
           "not used: shoe size", holds=lambda study: "shoe size" not in columns_of(study)),
    warned(29, "a column that says who it was",
           {"ratings.csv": lines(ANN + ",a@x.org", BOB + ",b@x.org", heading=HEADING + ",email")}, 2, "email",
           holds=lambda study: study.personal == {"ratings": ["email"]} and "email" not in columns_of(study)),
    mended(30, "three heading lines", {"ratings.csv": EXPORT, "columns.csv": SEARCH_BY_ID}, 2, "3 heading lines",
           yaml=QUALTRICS, table="respondents", values={"respondent": ["R_1", "R_2"]},
           holds=lambda study: row_of(study, n=2, n_expected=2, mean_expected=5.5, mean_experienced=4.5)),
    refused(31, "a wide export taken for a tidy file", {"ratings.csv": lines("1,6,4,5,5", heading=WIDE_HEADING)},
            "ratings.csv", "touchpoint", "cx new"),
]  # fmt: skip

VALUES = [
    aside(33, "a rating outside its scale", {"ratings.csv": lines(ANN, BOB, "kim,search,5,9")}, 3,
          {4: "experienced is outside 1 to 7"}, "1 of 3 lines", values=ALL_READ,
          holds=lambda study: study.quarantined["value"].tolist() == ["9"]),
    aside(34, "99 for no answer, not declared", {"ratings.csv": lines(ANN, BOB, "kim,search,5,99")}, 3,
          {4: "experienced is outside 1 to 7"}, "missing: [99]", values=ALL_READ),
    mended(34, "99, 98 and -1 for no answer, declared",
           {"ratings.csv": lines(ANN, "kim,search,5,99", "lee,search,5,98", "max,search,-1,3")}, 4,
           yaml="missing: [99, 98, -1]", values={"experienced": [4, None, None, 3], "expected": [6, 5, 5, None]}),
    mended(35, "words for no answer", {"ratings.csv": lines(ANN, "kim,search,5,Prefer not to say", "lee,search,5,N/A")},
           3, "experienced: 2 answers", "read as no answer",
           values={"experienced": [4, None, None], "missing_reason": [None, "Prefer not to say", "N/A"]},
           holds=lambda study: row_of(study, n=1, n_expected=3, n_experienced=1, mean_experienced=4)),
    accepted(36, "Namibia, country NA", {"ratings.csv": GOOD, "respondents.csv": lines("ann,NA", "bob,DE",
             heading="respondent,country")}, 2, table="respondents", values={"country": ["NA", "DE"]}),
    accepted(37, "ids that begin with 0", {"ratings.csv": lines("007,01,6,4", "7,01,5,5")}, 2,
             values={"respondent": ["007", "7"], "touchpoint": ["01", "01"]}),
    accepted(38, "an id like 1E5", {"ratings.csv": lines("1E5,search,6,4", "100000,search,5,5")}, 2,
             values={"respondent": ["1E5", "100000"]}),
    accepted(39, "ids of many digits beside blanks", {"ratings.csv": lines(ANN, BOB, EVE), "respondents.csv": lines(
             f"ann,{BIG[0]}", "bob,", f"eve,{BIG[1]}", heading="respondent,customer")}, 3, table="respondents",
             values={"customer": [BIG[0], None, BIG[1]]}),
    accepted(39, "ids of many digits beside blanks in Parquet", {"ratings.parquet": parquet(pd.DataFrame({
             "response": pd.array([int(BIG[0]), None, int(BIG[1])], "Int64"), "touchpoint": "search",
             "expected": [6, 5, 4], "experienced": [4, 5, 6]}))}, 3, values={"response": [BIG[0], "line 3", BIG[1]]}),
    aside(40, "a number with words", {"ratings.csv": lines(ANN, BOB, "kim,search,5,4 - Agree")}, 3,
          {4: "experienced is not a number"}, values=ALL_READ),
    refused(40, "numbers with words, all of them", {"ratings.csv": lines("ann,search,6,4 - Agree",
            "bob,search,5,5 - Very")},
            "ratings.csv", "line 2", "'experienced'", "'4 - Agree'", "codes: {experienced: {'4 - Agree': "),
    mended(40, "a number with words, declared", {"ratings.csv": lines("ann,search,6,4 - Agree", BOB)}, 2,
           yaml="codes: {experienced: {4 - Agree: 4}}", values=ALL_READ),
    aside(41, "infinity", {"ratings.csv": lines(ANN, BOB, EVE, "kim,search,5,inf", "lee,search,5,nan")}, 5,
          {5: "experienced is not a number", 6: "experienced is not a number"}),
    aside(41, "1e308", {"ratings.csv": lines(ANN, BOB, "kim,search,5,1e308")}, 3, {4: "experienced is outside 1 to 7"}),
    warned(42, "a column with nothing in it", {"ratings.csv": lines("ann,search,6,", "bob,search,5,")}, 2,
           "experienced: the column is empty", values={"experienced": [None, None]},
           holds=lambda study: gaps_of(study).loc[lambda gaps: gaps["gap"].isna(), "paired"].tolist() == ["no pairs"]),
    refused(43, "one touchpoint asked on 0 to 10", {"ratings.csv": lines(ANN, BOB, EVE, "ann,pay,9,8", "bob,pay,10,9")},
            "ratings.csv", "'pay'", "'expected'", "1 to 7", "rescaled: {pay: [0, 10]}"),
    mended(43, "one touchpoint asked on 0 to 10, declared",
           {"ratings.csv": lines(ANN, "ann,pay,10,0", "bob,pay,5,2.5")}, 3, "brought to that of the column: pay",
           yaml="rescaled: {pay: [0, 10]}", values={"expected": [6, 7, 4], "experienced": [4, 1, 2.5]}),
    warned(43, "one touchpoint asked on 1 to 5", {"ratings.csv": answers_of(40, short_scale)}, 160,
           "experienced of pay", "rescaled: {pay: [1, 5]}"),
    mended(44, "a question the other way round, declared", {"ratings.csv": lines(ANN, "ann,pay,6,7", "bob,pay,5,2")}, 3,
           "experienced of pay was asked the other way round", yaml="reversed: {experienced: [pay]}",
           values={"expected": [6, 6, 5], "experienced": [4, 1, 6]}),
    warned(44, "a question the other way round, not declared", {"ratings.csv": answers_of(40, turned)}, 160,
           "pay", "reversed: {experienced: [pay]}"),
    warned(44, "a question the other way round, not declared, by response",
           {"ratings.csv": by_response(answers_of(40, turned))}, 160, "pay", "reversed: {experienced: [pay]}"),
    accepted(44, "no question the other way round", {"ratings.csv": answers_of(40, usual)}, 160),
    warned(45, "everybody says the same", {"ratings.csv": lines(*(f"p{n},search,6,{4 + n % 2}" for n in range(12)))},
           12,
           "expected of search", pattern("everybody|the same")),
    warned(45, "everybody says the same: no interval of no width",
           {"ratings.csv": lines(*(f"p{n},search,6,4" for n in range(12)))}, 12, "search",
           holds=lambda study: gaps_of(study)[["low", "high", "q"]].isna().all(axis=None)),
    accepted(45, "everybody falls short by the same: no interval of no width", {"ratings.csv": answers_of(30, usual)},
             120,
             holds=lambda study: gaps_of(study)[["low", "high", "q"]].isna().all(axis=None)),
    warned(46, "the same answer to everything", {"ratings.csv": answers_of(30, straight)}, 120,
           "3 of 30", pattern("same|straight"), pattern(r"[−-]2\.0.*[−-]1\.8"), yaml=THREE),
    warned(46, "the same answer to everything, by response", {"ratings.csv": by_response(answers_of(30, straight))},
           120,
           "3 of 30", pattern("same|straight"), pattern(r"[−-]2\.0.*[−-]1\.8"), yaml=THREE),
    warned(46, "answers in no time", {"ratings.csv": answers_of(30, hasty), "respondents.csv": seconds_of(30)}, 120,
           "3 of 30", pattern("seconds"), pattern(r"[−-]2\.0.*[−-]1\.8"), yaml=THREE),
    mended(47, "truths in many words", {"ratings.csv": lines(*(f"p{n},search,{word},{word}" for n, word in
           enumerate(["TRUE", "yes", "1", "Y", "FALSE", "no", "0", "N"])))}, 8,
           yaml="scales: {expected: [0, 1], experienced: [0, 1]}", values={"experienced": [1, 1, 1, 1, 0, 0, 0, 0]}),
    warned(48, "an experience nobody asked an expectation of",
           {"ratings.csv": lines(ANN, BOB, "kim,search,,7", "lee,search,7,", "max,search,,1")}, 5,
           "1 answer of what was expected", "2 answers of what was experienced",
           holds=lambda study: row_of(study, n=2, n_expected=3, n_experienced=4, mean_gap=-1, paired_expected=5.5)),
    accepted(49, "signs of many scripts", {"ratings.csv": lines(*(f"p{n},search,6,4,{quoted(words)}" for n, words in
             enumerate(COMMENTS[:3])), heading=HEADING + ",comment")}, 3, values={"comment": COMMENTS[:3]}),
    accepted(49, "signs of many scripts in a name", {"ratings.csv": lines("ann,ab\u202ecd,6,4", "bob,שלום,5,5")}, 2,
             values={"touchpoint": ["ab\u202ecd", "שלום"]}),
    accepted(50, "a comment of 12,000 letters", {"ratings.csv": lines(f"{ANN},{COMMENTS[3]}", f"{BOB},",
             heading=HEADING + ",comment")}, 2, values={"comment": [COMMENTS[3], None]}),
]  # fmt: skip

KEYS_AND_TIME = [
    once(51, "the same line twice", {"ratings.csv": lines(ANN, BOB, ANN)}, 3, 1, "1 line", "counted once",
         values=ALL_READ, holds=lambda study: study.quarantined["reason"].tolist() == ["the same as line 2"]),
    accepted(51, "the same answers of two people", {"ratings.csv": lines(ANN, ANN.replace("ann", "bob"))}, 2),
    once(52, "answered again, the latest by time", {"ratings.csv": lines(
         "r1,search,web,1,6,4,2026-02-02", "r1,search,web,1,6,2,2026-01-01", "r1,search,web,2,6,5,2026-01-01",
         "r1,search,app,1,6,6,2026-01-01",
         heading="response,touchpoint,channel,visit,expected,experienced,answered_at")},
         4, 1, "1 line", "the latest counts", values={"experienced": [4, 5, 6]},
         holds=lambda study: study.quarantined["line"].tolist() == [3]),
    once(52, "answered again, the latest by line", {"ratings.csv": lines("r1,search,6,4", "r1,search,6,2",
         "r2,search,6,5",
         heading="response,touchpoint,expected,experienced")}, 3, 1, "1 line", "the latest counts",
         values={"experienced": [2, 5]}),
    aside(53, "an event of nobody", {"events.csv": lines("ann,2026-01-01,view", "bob,2026-01-02,view",
          ",2026-01-03,view",
          heading=EVENT)}, 3, {4: "no customer"}, "1 of 3 lines", table="events", values={"customer": ["ann", "bob"]}),
    once(54, "an event twice", {"events.csv": lines("e1,ann,2026-01-01,view", "e2,ann,2026-01-02,buy",
         "e1,ann,2026-01-01,view", heading="event_id," + EVENT)}, 3, 1, "1 line", "counted once",
         table="events", values={"event_id": ["e1", "e2"]}),
    once(54, "an event twice with different words", {"events.csv": lines("e1,ann,2026-01-01,view",
         "e2,ann,2026-01-02,buy", "e1,ann,2026-01-05,look", heading="event_id," + EVENT)}, 3, 1, "1 line",
         pattern("same key|first counts"), table="events", values={"event": ["view", "buy"]},
         holds=lambda study: study.quarantined["reason"].tolist() == ["its key is that of line 2"]),
    accepted(55, "events in no order", {"touchpoints.csv": STAGED, "events.csv": lines(
             "ann,2026-01-02 10:00,pay", "bob,2026-01-01 09:00,pay", "ann,2026-01-01 10:00,search",
             "bob,2026-01-01 10:00,search", "eve,2026-01-01 10:00,search", "eve,2026-01-01 10:00,pay", heading=EVENT)},
             6, yaml=UTC, table="events",
             holds=lambda study: cx.summarise_funnel(study)["customers"].tolist() == [3, 2]),
    aside(56, "a day after the one looked at", {"ratings.csv": stamped("2026-01-01", "2026-01-31", "2026-02-01")}, 3,
          {4: "answered_at is after the day looked at (as_of)"}, view={"as_of": "2026-01-31"},
          values={"respondent": ["q0", "q1"]}),
    refused(57, "days as Excel keeps them", {"ratings.csv": stamped("46000", "46001.5")},
            "ratings.csv", "line 2", "'answered_at'", "'46000'", "dates: {order: excel}"),
    mended(57, "days as Excel keeps them, declared", {"ratings.csv": stamped("46000", "46001.5")}, 2,
           yaml="dates: {order: excel}", values={"answered_at": moments("2025-12-09", "2025-12-10 12:00")}),
    refused(58, "day or month first?", {"ratings.csv": stamped("03/04/2026", "12/31/2026")},
            "ratings.csv", "line 2", "'answered_at'", "'03/04/2026'", "dates: {order: dmy"),
    mended(58, "the day first, declared", {"ratings.csv": stamped("03/04/2026", "31/12/2026")}, 2,
           yaml="dates: {order: dmy}", values={"answered_at": moments("2026-04-03", "2026-12-31")}),
    aside(58, "the month first among days", {"ratings.csv": stamped("03/04/2026", "31/12/2026", "12/31/2026")}, 3,
          {4: "answered_at is not a date"}, yaml="dates: {order: dmy}"),
    mended(59, "offsets of many kinds", {"ratings.csv": stamped("2026-07-01T12:00:00+02:00", "2026-07-01T12:00:00Z",
           "2026-07-01 12:00:00-0530", "2026-07-01T12:00+09")}, 4, values={"answered_at": moments(
           "2026-07-01 10:00", "2026-07-01 12:00", "2026-07-01 17:30", "2026-07-01 03:00")}),
    refused(59, "a time of no zone", {"ratings.csv": stamped("2026-07-01 12:00:00", "2026-07-01")},
            "ratings.csv", "'answered_at'", "1 ", "dates: {zone: Europe/Berlin}"),
    mended(59, "offsets beside times of the zone declared", {"ratings.csv": stamped("2026-07-01 12:00:00",
           "2026-07-01T12:00:00Z")}, 2, yaml=BERLIN,
           values={"answered_at": moments("2026-07-01 10:00", "2026-07-01 12:00")}),
    aside(60, "hours the clock skips or shows twice", {"ratings.csv": dated("2026-03-29 02:30:00",
          "2026-10-25 02:30:00")},
          5, {5: SKIPPED, 6: SKIPPED}, yaml=BERLIN),
    accepted(60, "hours beside those", {"ratings.csv": stamped("2026-03-29 01:59:59", "2026-03-29 03:00:00",
             "2026-10-25 01:59:59", "2026-10-25 03:00:00", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00")},
             6,
             yaml=BERLIN, values={"answered_at": moments("2026-03-29 00:59:59", "2026-03-29 01:00:00",
             "2026-10-24 23:59:59", "2026-10-25 02:00:00", "2026-10-25 00:30:00", "2026-10-25 01:30:00")}),
    aside(61, "days that stand for none", {"ratings.csv": dated("1900-01-01", "9999-12-31")}, 5,
          {5: "answered_at is not a date", 6: "answered_at is not a date"}),
]  # fmt: skip

MODEL = [
    warned(63, "a touchpoint that is not on the map", {"ratings.csv": lines(ANN, BOB, "eve,chat,5,5"),
           "touchpoints.csv": STAGED}, 3, "not on the map", "chat",
           holds=lambda study: coverage_of(study)["chat"] == "not on the map"),
    warned(63, "an event that is not on the map", {"touchpoints.csv": STAGED, "events.csv": lines(
           "ann,2026-01-01,search", "ann,2026-01-02,chat", heading=EVENT)}, 2, table="events",
           holds=lambda study: coverage_of(study)["chat"] == "not on the map"),
    warned(64, "a channel that is not on the map", {"touchpoints.csv": ON_MAP,
           "ratings.csv": lines("ann,search,web,6,4",
           "bob,search,fax,5,5", heading="respondent,touchpoint,channel,expected,experienced")}, 2, "hannel", "fax",
           values={"channel": ["web", "fax"]}, holds=lambda study: row_of(study, n=2)),
    refused(67, "a weight below 0", {"ratings.csv": lines(ANN, BOB, EVE), "respondents.csv": weights_of(1, -2, 1)},
            "respondents.csv", "negative", "0 (left out) or more"),
    refused(67, "a weight that is blank", {"ratings.csv": lines(ANN, BOB, EVE), "respondents.csv": weights_of(1, "",
            1)},
            "respondents.csv", "no weight for 1 of 3", "give each one"),
    refused(67, "a weight that is no number", {"ratings.csv": lines(ANN, BOB, EVE),
            "respondents.csv": weights_of(1, "nan", 1)}, "respondents.csv", "weight",
            pattern("give each one|Add them")),
    accepted(67, "a weight of 0", {"ratings.csv": lines(ANN, BOB, EVE), "respondents.csv": weights_of(1, 1, 0)}, 3,
             holds=lambda study: row_of(study, n=2, mean_gap=-1)),
    accepted(67, "weights that add up to anything", {"ratings.csv": lines(ANN, BOB, EVE),
             "respondents.csv": weights_of(50, 50, 100)}, 3,
             holds=lambda study: row_of(study, n=3, mean_gap=0.5, n_effective=200**2 / (2 * 50**2 + 100**2))),
    warned(67, "a weight that outweighs all", {"ratings.csv": lines(ANN, BOB, EVE), "respondents.csv": weights_of(1, 1,
           25)},
           3, "weight", "25 times"),
    accepted(67, "weights that differ tenfold", {"ratings.csv": lines(ANN, BOB, EVE),
             "respondents.csv": weights_of(1, 1, 10)}, 3),
    refused(68, "a benchmark on another scale", {"ratings.csv": GOOD,
            "benchmarks.csv": lines("search,industry,8.1,0-10",
            heading="touchpoint,kind,value,scale")}, "benchmarks.csv", "search", "0-10", pattern("1(-| to )7")),
    accepted(68, "a benchmark on the scale of the ratings", {"ratings.csv": GOOD, "benchmarks.csv": lines(
             "search,industry,5.1,1-7", heading="touchpoint,kind,value,scale")}, 2),
    accepted(68, "the scale of the ratings in words", {"ratings.csv": GOOD, "benchmarks.csv": lines(
             "search,industry,5.1,1 to 7", heading="touchpoint,kind,value,scale")}, 2),
]  # fmt: skip


TRICKS = [
    refused(74, "a tag", yaml("title: !!python/object/apply:os.system ['echo x']"), "study.yaml", "line 3", "tags (!)",
            "write the value itself"),
    refused(74, "an alias", yaml("title: &t My study\noutcome: *t"), "study.yaml", "line 3", "aliases (*)",
            "write the value itself"),
    refused(74, "a bomb of aliases", yaml(LAUGHS), "study.yaml", "line 3", "aliases (*)"),
    refused(74, "a key twice", yaml("title: one\ntitle: two"), "study.yaml", "line 4", "duplicate key", "title"),
    refused(74, "a key twice further in", yaml("missing: [99]\ncodes: {experienced: {good: 5, good: 6}}"),
            "study.yaml", "line 4", "duplicate key", "good"),
    accepted(74, "NO is a country", yaml("title: NO\nmissing: [NO, off]\nstages: [on, yes]"), 2,
             holds=lambda study: (study.settings.title, study.settings.missing, study.settings.stages)
             == ("NO", ["NO", "off"], ["on", "yes"])),
    accepted(74, "12:30 is no number", yaml("title: 12:30\nstages: [12:30, 1:20:30]"), 2,
             holds=lambda study: (study.settings.title, study.settings.stages) == ("12:30", ["12:30", "1:20:30"])),
    refused(74, "two documents", yaml("---\ntitle: x"), "study.yaml", "line"),
    refused(74, "YAML 1.1, in which NO is false", {"ratings.csv": GOOD,
            "study.yaml": f"%YAML 1.1\n---\n{SCALES}\nfiles: {{ratings: ratings.csv}}\ntitle: NO\n"},
            "study.yaml", "line", "directives (%)"),
    refused(74, "a scale without end", {"ratings.csv": GOOD}, "study.yaml", "expected", "[lowest, highest]",
            yaml="scales: {expected: [1, .inf], experienced: [1, .inf]}"),
    refused(74, "a scale of truths", {"ratings.csv": GOOD}, "study.yaml", "expected", "[lowest, highest]",
            yaml="scales: {expected: [false, true], experienced: [false, true]}"),
    refused(74, "a scale of 400 digits", {"ratings.csv": GOOD}, "study.yaml", "expected", "[lowest, highest]",
            yaml=f"scales: {{expected: [1, 1{'0' * 400}], experienced: [1, 1{'0' * 400}]}}"),
    refused(74, "a precision that is no number", yaml("met_within: .nan"), "study.yaml", "met_within"),
    refused(74, "brackets in brackets", yaml("missing: " + "[" * 2_000 + "]" * 2_000), "study.yaml"),
    refused(74, "no text", {"ratings.csv": GOOD, "study.yaml": b"title: Gr\xf6\xdfe\n"}, "study.yaml"),
    refused(74, "an empty file", {"ratings.csv": GOOD, "study.yaml": ""}, "study.yaml", "keys and values"),
]  # fmt: skip

CASES = [*FILES, *SCHEMA, *VALUES, *KEYS_AND_TIME, *MODEL, *TRICKS]
