"""Qualtrics exports: names, question texts and ImportIds in three lines; in the legacy format, names and texts."""

import json
import re

import pyarrow.compute as pc

from cxlib.loaders.grid import Grid, Header, Question
from cxlib.loaders.headings import (
    different,
    heading_cells,
    numbered,
    plain,
    repeated_lines,
    split_parts,
)
from cxlib.words import counted

ROLES = {"startDate": "started_at", "recordedDate": "answered_at", "status": "status", "duration": "seconds"}
ROLES |= {"_recordId": "response", "userLanguage": "language"}
ROLES |= dict.fromkeys(["endDate", "progress", "finished", "distributionChannel", "externalDataReference"], "tool")
ROLES |= dict.fromkeys(["ipAddress", "locationLatitude", "locationLongitude"], "personal")
ROLES |= dict.fromkeys(["recipientLastName", "recipientFirstName", "recipientEmail"], "personal")
LEGACY_ROLES = {"ResponseID": "response", "StartDate": "started_at", "EndDate": "answered_at", "Status": "status"}
LEGACY_ROLES |= dict.fromkeys(["ResponseSet", "ExternalDataReference", "Finished"], "tool")
LEGACY_ROLES |= dict.fromkeys(["Name", "EmailAddress", "IPAddress"], "personal")
LEGACY_ROLES |= dict.fromkeys(["LocationLatitude", "LocationLongitude", "LocationAccuracy"], "personal")
DATES = ["startDate", "endDate", "recordedDate"]
FAMILY = re.compile(r"(\d{1,9}_)?QID\d{1,12}(?=[_#-])")
"""What the parts of one question share: QID5 of QID5_1 and QID5_2; with its turn where the question is looped."""

NO_ANSWER = {1: "a survey preview, not an answer", 2: "a survey test, not an answer", 8: "marked as spam by Qualtrics"}
NO_ANSWER |= {256: "made up by Qualtrics (synthetic), not an answer"}
"""Bits of a status: 9 is a preview (1) and spam (8), 17 a preview offline (16), 4 an import."""
WORDS = {"Survey Preview": 1, "Survey Test": 2, "Spam": 8, "Survey Preview Spam": 9, "Imported Spam": 12}
WORDS |= {"Offline Survey Preview": 17, "EX Spam": 40, "Synthetic": 256}


def read_header(grid: Grid) -> Header | None:
    """What a Qualtrics heading says; None for anything else."""
    second, third = heading_cells(grid, 2), heading_cells(grid, 3)
    for rows, cells in ((3, third), (2, second)):
        imports = [read_import(cell) for cell in cells]
        if any(imports) and 2 * sum(map(bool, imports)) >= len(imports):
            return with_imports(grid, rows, imports, second if rows == 3 else grid.headings)
    legacy = [plain(heading) for heading in grid.headings[:2]] == ["V1", "V2"]
    return without_imports(grid, second) if legacy and second[:1] == ["ResponseID"] else None


def read_import(cell: str) -> dict[str, str]:
    """The texts in a cell such as {"ImportId":"QID2_1"}; empty for any other cell."""
    if not cell.lstrip().startswith("{") or '"ImportId"' not in cell:
        return {}
    try:
        said = json.loads(cell)
    except (ValueError, RecursionError):
        return {}
    texts = {key: value for key, value in said.items() if isinstance(value, str)}
    return texts if texts.get("ImportId") else {}


def with_imports(grid: Grid, rows: int, imports: list[dict[str, str]], texts: list[str]) -> Header:
    """The heading of an export whose columns have ImportIds, by which they are told apart."""
    ids = ["_".join(different(said.get("ImportId", ""), said.get("choiceId", ""))) for said in imports]
    families = [family.group() if (family := FAMILY.match(key)) else str(place) for place, key in enumerate(ids)]
    texts = [plain(text) for text in texts]
    questions = [
        Question(different(key, name, raw.strip(), text) or (f"column {place}",), asked, part, ROLES.get(key, ""))
        for place, (key, name, raw, text, (asked, part)) in enumerate(
            zip(ids, map(plain, grid.headings), grid.headings, texts, split_parts(texts, families, " - ")), start=1
        )
    ]
    zones = {said.get("timeZone", "") for said in imports if said.get("ImportId") in DATES}
    zone = zones.pop() if len(zones) == 1 else ""
    why = f"its {'third' if rows == 3 else 'second'} line gives an ImportId for each of "
    why += counted(sum(map(bool, imports)), "column")
    left_out = lines_left_out(grid, rows, questions)
    return Header("qualtrics", why, rows, questions, "UTC" if zone == "Z" else zone, left_out)


def without_imports(grid: Grid, second: list[str]) -> Header:
    """The heading of an export in the legacy format: V1, V2, … and a second line that says what they are."""
    texts = [plain(text) for text in second]
    names = numbered([plain(heading) for heading in grid.headings])
    families = [name.rpartition("_")[0] or name for name in names]
    questions = [
        Question(different(name, text), asked, part, LEGACY_ROLES.get(text, "") if text else "tool")
        for name, text, (asked, part) in zip(names, texts, split_parts(texts, families, " - "))
    ]
    why = "its first column is V1 with ResponseID under it"
    return Header("qualtrics", why, 2, questions, left_out=lines_left_out(grid, 2, questions))


def lines_left_out(grid: Grid, rows: int, questions: list[Question]) -> dict[int, str]:
    """Lines that are no answers: a preview, a test, spam, the heading of a further file."""
    found = repeated_lines(grid, rows)
    answers = grid.records.slice(rows - 1)
    for place, question in enumerate(questions):
        if question.role == "status":
            for status in pc.unique(answers[f"f{place}"]).to_pylist():
                if reason := no_answer(status or ""):
                    lines = answers.filter(pc.equal(answers[f"f{place}"], status))["_line"]
                    found |= dict.fromkeys(lines.to_pylist(), reason)
    return dict(sorted(found.items()))


def no_answer(status: str) -> str:
    """Why a line of this status is no answer; empty if it is one.

    >>> no_answer("17"), no_answer("Survey Preview"), no_answer("0"), no_answer("IP Address")
    ('a survey preview, not an answer', 'a survey preview, not an answer', '', '')
    """
    status = status.strip()
    code = int(status) if re.fullmatch("[0-9]{1,4}", status) else WORDS.get(status, 0)
    return next((reason for bit, reason in NO_ANSWER.items() if code & bit), "")
