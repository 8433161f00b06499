"""A columns file proposed from what an export says: what each question asks, and which two questions are a pair.

Nothing is trusted silently: every row carries its confidence and the reason, and what is doubtful is left blank.
"""

import re
from collections import Counter

import pandas as pd

from cxlib.checks.casting import is_number
from cxlib.loaders.grid import Grid, Header, Question
from cxlib.loaders.survey import FIELDS
from cxlib.personal import VALUES, identifies
from cxlib.proposals.answers import common_scales, count_answers, few, scale_of
from cxlib.proposals.pairing import ORDER, all_pairs, find_pairs
from cxlib.proposals.touchpoints import key_of, slug_of
from cxlib.proposals.wording import (
    FIELD,
    content,
    field_core,
    plain,
    remaining,
    side_of,
    spread,
    tidy,
)
from cxlib.tables import ONE_SCALE, RESERVED, TABLES

ROLES = {"response": "ratings", "respondent": "ratings", "answered_at": "ratings"}
ROLES |= {"seconds": "respondents", "language": "respondents"}
ATTACHED = ["importance", "desired", "adequate", "versus_expected", "effort", "recommend"]
SEGMENTS = re.compile(
    r"gender|\bsex\b|\bage\b|age group|region|country|persona|segment|channel|how often|income|education|occupation"
    r"|geschlecht|alter\b|altersgruppe|beruf|wie oft|성별|나이|연령|직업|얼마나 자주|학력|소득",
    re.I,
)


def propose_columns(header: Header, grid: Grid, places: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row for every column of an export, in order, for the analyst to review: what it holds and how sure that is.

    `confidence` is high, medium, low or '' (the tool's own, people's, or no role found); `why` says what spoke for it.
    `places` is a touchpoint map (touchpoint, label): questions that name one of its touchpoints take its key.
    """
    counts = count_answers(header, grid)
    items = pd.DataFrame([describe(*pair) for pair in zip(header.questions, counts, strict=True)])
    items["scale"] = common_scales(items, counts)
    rated = items[items["kind"].eq("question") & items["scale"].notna()]
    rows = paired(rated, places)
    one_sided = not rows
    rows |= attached(rated.drop(index=list(rows)), rated, rows)
    rows |= alone(rated.drop(index=list(rows)), places, one_sided=one_sided)
    rows |= segments(items.drop(index=list(rows)), counts)
    rows |= {place: unmapped(items.loc[place], counts[place]) for place in items.index.difference(list(rows))}
    often = Counter(name for question in header.questions for name in {name.strip() for name in question.names})
    names = [question.names[0].strip() if question.names else "" for question in header.questions]
    table = pd.DataFrame([rows[place] for place in items.index]).assign(question=items["question"], channel="")
    table["position"] = range(1, len(table) + 1)
    table["header"] = [name if often[name] == 1 else "" for name in names]
    return keep_first(table)[FIELDS]


def describe(question: Question, counts: pd.Series) -> dict:
    """What is known of a question before others are looked at: its side, the words left without it, its scale."""
    name = next((name for name in question.names if FIELD.fullmatch(name) and not name.startswith("QID")), "")
    whole = f"{question.text} [{question.part}]" if question.part else question.text
    side, said, strength = side_of(question, spread(name))
    scale = scale_of(counts)
    kind = question.role if question.role in (*ROLES, "personal", "") else "tool"
    told = identifies(question.text) or any(re.fullmatch(VALUES, str(answer)) for answer in counts.index[:500])
    if kind in ("personal", ""):  # "How good was the phone line?", rated 1 to 7, tells nothing of anybody
        kind = "personal" if (told or kind) and not (side and scale) else "question"
    described = dict(question=tidy(whole), name=name, kind=kind, side=side, said=said, strength=strength)
    described |= dict(part=plain(question.part), core=content(remaining(whole)), stem=content(question.text))
    return described | dict(field=field_core(spread(name)), raw_scale=scale)


def filled(table: str, column: str, touchpoint: str, confidence: str, why: str) -> dict:
    """What a row says of its column."""
    return dict(table=table, column=column, touchpoint=touchpoint, confidence=confidence, why=why)


def say(item: pd.Series) -> str:
    """Which words tell a question's side."""
    return f"says '{item['said'].strip()}'" if item["said"] else "no word of its own says its side"


def paired(rated: pd.DataFrame, places: pd.DataFrame | None) -> dict[int, dict]:
    """Rows for expectation and experience, two by two; a doubtful pair is told and left blank."""
    rows: dict[int, dict] = {}
    for pair in all_pairs(rated):
        sides, sure = [pair["expected"], pair["experienced"]], pair["confidence"]
        used = {row["touchpoint"] for row in rows.values()} - {""}
        key = "" if sure == "low" else key_of(rated.loc[sides, "question"].tolist(), used, places)
        for side, place, other in zip(("expected", "experienced"), sides, sides[::-1], strict=True):
            words, column = say(rated.loc[place]), f"column {other + 1}"
            if sure == "low":
                why = f"{words}; perhaps {side}, the pair of {column} ({pair['why']})"
                rows[place] = filled("", "", "", "low", why)
            else:
                rows[place] = filled("ratings", side, key, sure, f"{words}; {pair['why']} as {column}")
    return rows


def attached(rest: pd.DataFrame, rated: pd.DataFrame, pairs: dict[int, dict]) -> dict[int, dict]:
    """Rows for further ratings of a pair's touchpoint: its importance, its effort, better or worse than expected."""
    rows: dict[int, dict] = {}
    owned = rated.loc[sorted(place for place in pairs if pairs[place]["column"] == "expected")]
    for column in ATTACHED:
        asked = rest[(rest["side"] == column) & ((column != "recommend") | (rest["part"] != ""))]
        for pair in find_pairs(asked, owned, scaled=False):
            place, other = pair["expected"], pair["experienced"]
            sure = "high" if pair["why"].startswith("same row") and pair["confidence"] == "high" else "medium"
            why = f"{say(rest.loc[place])}; {pair['why']} as column {other + 1}"
            if pair["confidence"] != "low":
                rows[place] = filled("ratings", column, pairs[other]["touchpoint"], sure, why)
    return rows


def alone(rest: pd.DataFrame, places: pd.DataFrame | None, *, one_sided: bool) -> dict[int, dict]:
    """Rows for rated questions that go with no other: on the whole, or of a survey that asked one side only."""
    rows: dict[int, dict] = {}
    for place, item in rest.iterrows():
        side = "experienced" if item["side"] == "satisfaction" else item["side"]
        if side in ("overall", "recommend") and not item["part"]:
            rows[place] = filled("respondents", side, "", "medium" if item["strength"] == "hint" else "high", say(item))
        elif side in (*ATTACHED, "expected", "experienced") and one_sided:
            used = {row["touchpoint"] for row in rows.values() if row["column"] == side}
            key = key_of([item["question"]], used, places)
            rows[place] = filled("ratings", side, key, "medium", f"{say(item)}; it stands alone")
        elif side in (*ATTACHED, "expected", "experienced"):
            rows[place] = filled("", "", "", "low", f"{say(item)}; no pair has its words")
    return rows


def segments(rest: pd.DataFrame, counts: list[pd.Series]) -> dict[int, dict]:
    """Questions with a few choices and no other role describe who answered: columns of respondents."""
    rows: dict[int, dict] = {}
    reserved = RESERVED | {column.name for column in TABLES["respondents"]} - {"persona"}
    asked = rest[rest["kind"].eq("question") & rest["side"].isin(["", "satisfaction", "experienced", "overall"])]
    for place, item in asked[asked["raw_scale"].isna()].iterrows():
        if item["part"] or not few(counts[place]) or all(map(is_number, counts[place].index)):
            continue
        known = SEGMENTS.search(f"{item['question']} {spread(item['name'])}")
        slug = slug_of(spread(item["name"]) if item["field"] else content(item["question"]))
        slug = f"respondent_{slug}" if slug in reserved else slug or f"question_{place + 1}"
        slug = f"{slug}_{place + 1}" if slug in [row["column"] for row in rows.values()] else slug
        told = ", ".join(map(str, counts[place].index[:6]))
        why = f"a few choices: {told}"
        rows[place] = (
            filled("respondents", slug, "", "medium", why)
            if known
            else filled("", "", "", "low", f"perhaps something of the person: table respondents, column {slug}; {why}")
        )
    return rows


def unmapped(item: pd.Series, counts: pd.Series) -> dict:
    """The row of a column nothing else is found for: what the tool says it is, or why it is not read."""
    kind = item["kind"]
    if kind in ROLES:
        return filled(ROLES[kind], kind, "", "high", f"the tool's own: {kind}")
    if kind == "question" and len(counts):
        told = ", ".join(map(str, sorted(counts.index[:8]))) if few(counts) else "many, or in free text"
        silent = "a rating, but no word says what of" if item["raw_scale"] else "no role found"
        if (item["side"] in ONE_SCALE or item["part"]) and few(counts) and not item["raw_scale"]:
            return filled("", "", "", "low", f"{say(item)}, but its answers are on no scale known here: {told}")
        role = {"": silent, "kano": "a Kano question, not mapped", "both": "says both expected and experienced"}
        return filled("", "", "", "", f"{role.get(item['side'], say(item))}; answers: {told}")
    why = {"personal": "identifies a person: not read", "tool": "of the tool"}
    return filled("", "", "", "", why.get(kind, "no answers"))


def keep_first(table: pd.DataFrame) -> pd.DataFrame:
    """No two columns for one thing: the likelier keeps it, the other is left blank with the reason."""
    mapped = table[table["table"] != ""].sort_values("confidence", key=lambda sure: sure.map(ORDER), kind="stable")
    first = mapped.groupby(["table", "column", "touchpoint"])["position"].transform("first")
    table = table.copy()
    for place, held in first[first != mapped["position"]].items():
        row = table.loc[place]
        what = f"{row['column']} {row['touchpoint']}".strip()
        table.loc[place, list(filled("", "", "", "", ""))] = filled(
            "", "", "", "low", f"{row['why']}; column {held} is {what} already"
        )
    return table
