"""The columns of every table, in one place, and the check that they are there."""

from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd


class StudyError(Exception):
    """What is wrong with a study or a request, in the analyst's words, with what would mend it.

    `code` is the exit code the command line ends with: 2 a request that cannot be understood, 65 bad data,
    70 a notebook that failed, 73 a folder that cannot be written, 75 busy, try again.
    """

    def __init__(self, words: str, code: int = 65):
        super().__init__(words)
        self.code = code

    def _render_traceback_(self) -> list[str]:
        """Jupyter prints this instead of a traceback."""
        return [f"StudyError: {self}"]


@dataclass(frozen=True)
class Column:
    """One column: its name, what it means, and its kind.

    Kinds: `key` an identifier, never touched; `text` a label; `rating` a number on a declared scale;
    `number` any number; `time` a moment, kept in UTC.
    """

    name: str
    kind: str
    meaning: str
    required: bool = False


TABLES: dict[str, tuple[Column, ...]] = {
    "touchpoints": (
        Column("touchpoint", "key", "key of the touchpoint; survives renames and translation", required=True),
        Column("label", "text", "what people read; the key where it is blank"),
        Column("stage", "text", "stage of the journey, one of `stages` in study.yaml"),
        Column("order", "number", "place in the journey; the order of the file where it is blank"),
        Column("dimension", "text", "a second way to group touchpoints, such as a SERVQUAL dimension"),
        Column("channels", "text", "channels the touchpoint is offered in, separated by |"),
        Column("need", "text", "what the customer wants here"),
        Column("owner", "text", "who answers for it"),
        Column("event_pattern", "text", "events of the log that belong to it, separated by |"),
        Column("reviewed_on", "time", "when the map's entry was last looked at"),
    ),
    "respondents": (
        Column("respondent", "key", "a person in a wave", required=True),
        Column("wave", "text", "wave of the survey, one of `waves` in study.yaml"),
        Column("customer", "key", "joins the respondent to the event log"),
        Column("persona", "text", "persona the respondent belongs to"),
        Column("weight", "number", "survey weight, any scale; 1 where the column is absent"),
    ),
    "ratings": (
        Column("response", "key", "one filled-in questionnaire; the line where the column is absent"),
        Column("respondent", "key", "the person; the response where the column is absent"),
        Column("wave", "text", "wave of the survey; found from answered_at where the column is absent"),
        Column("answered_at", "time", "when the answer was given"),
        Column("visit", "text", "which visit of the touchpoint, where it is rated more than once"),
        Column("touchpoint", "key", "what was rated", required=True),
        Column("channel", "text", "how it was met"),
        Column("expected", "rating", "what the customer expected"),
        Column("desired", "rating", "the level hoped for"),
        Column("adequate", "rating", "the lowest level that is acceptable"),
        Column("experienced", "rating", "what the customer experienced"),
        Column("versus_expected", "rating", "direct item: worse or better than expected"),
        Column("importance", "rating", "stated importance"),
        Column("effort", "rating", "customer effort"),
        Column("recommend", "rating", "likelihood to recommend, 0 to 10"),
        Column("emotion", "rating", "from -2 (very negative) to 2 (very positive)"),
        Column("kano_with", "text", "Kano answer where the feature is there"),
        Column("kano_without", "text", "Kano answer where the feature is not there"),
        Column("comment", "text", "words of the customer"),
        Column("missing_reason", "text", "why a rating is blank"),
    ),
    "events": (
        Column("customer", "key", "who", required=True),
        Column("case", "key", "one journey of the customer; the customer where the column is absent"),
        Column("time", "time", "when", required=True),
        Column("event", "text", "what happened", required=True),
        Column("touchpoint", "key", "touchpoint it belongs to, where the log says"),
        Column("channel", "text", "how"),
        Column("planned_time", "time", "when it was promised"),
    ),
    "benchmarks": (
        Column("touchpoint", "key", "touchpoint it is compared with"),
        Column("stage", "text", "or stage"),
        Column("kpi", "text", "or KPI"),
        Column("kind", "text", "industry, competitor, best practice or own past"),
        Column("value", "number", "the value, on the scale of the ratings or of the KPI", required=True),
        Column("se", "number", "its standard error; a point benchmark where it is blank"),
        Column("n", "number", "respondents behind it"),
        Column("scale", "text", "scale it was measured on, such as 1-7"),
        Column("period", "text", "when it was measured"),
        Column("mode", "text", "how it was asked: online, phone, in person"),
        Column("source", "text", "where it is from"),
    ),
    "personas": (
        Column("persona", "text", "name of the persona", required=True),
        Column("claimed_share", "number", "share of customers the company believes it is, 0 to 1"),
        Column("claimed_needs", "text", "what the company believes they need"),
        Column("rule", "text", "how a respondent is assigned"),
    ),
    "beliefs": (
        Column("staff", "key", "a member of staff", required=True),
        Column("role", "text", "what they do"),
        Column("touchpoint", "key", "touchpoint", required=True),
        Column("expected", "rating", "what they believe customers expect"),
        Column("importance", "rating", "how important they believe it is to customers"),
    ),
    "feedback": (
        Column("source", "text", "interview, review, form, social or ticket"),
        Column("time", "time", "when it was said"),
        Column("touchpoint", "key", "touchpoint it is about"),
        Column("text", "text", "the words", required=True),
        Column("code", "text", "theme it was given by a reader"),
        Column("coder", "text", "who gave it"),
        Column("customer", "key", "who said it"),
        Column("opened", "time", "when a complaint was opened"),
        Column("resolved", "time", "when it was resolved"),
    ),
    "feasibility": (
        Column("touchpoint", "key", "touchpoint", required=True),
        Column("feasibility_low", "number", "how feasible a change is, from 0 to 1: the low guess"),
        Column("feasibility", "number", "the likeliest", required=True),
        Column("feasibility_high", "number", "the high guess"),
        Column("cost_low", "number", "what it costs, in any one currency: the low guess"),
        Column("cost", "number", "the likeliest"),
        Column("cost_high", "number", "the high guess"),
        Column("rated_by", "text", "who says so"),
    ),
    "actions": (
        Column("action", "key", "key of the action", required=True),
        Column("touchpoint", "key", "touchpoint it is to mend"),
        Column("kind", "text", "proactive or reactive"),
        Column("hypothesis", "text", "what it should change, and why"),
        Column("owner", "text", "who answers for it"),
        Column("cost", "number", "what it costs"),
        Column("start", "time", "first day"),
        Column("due", "time", "day it should be done"),
        Column("sites", "text", "where it is done, separated by |; everywhere where it is blank"),
        Column("status", "text", "planned, running, done or dropped"),
        Column("kpi", "text", "KPI it should move"),
        Column("objective", "text", "objective it serves"),
    ),
    "objectives": (
        Column("objective", "text", "what the company wants", required=True),
        Column("kpi", "text", "KPI it is measured by"),
        Column("touchpoint", "key", "or touchpoint, by its mean experience"),
        Column("target", "number", "value to be reached", required=True),
        Column("direction", "text", "at least (where it is blank) or at most"),
        Column("due", "time", "by when"),
    ),
    "kpis": (
        Column("date", "time", "day of the value", required=True),
        Column("kpi", "text", "name of the figure", required=True),
        Column("site", "text", "where it was measured"),
        Column("value", "number", "the value, where it is not a share of counts"),
        Column("numerator", "number", "count of hits"),
        Column("denominator", "number", "count of cases"),
        Column("measured_in", "text", "unit"),
    ),
}

GAP_COLUMNS = (
    Column("n", "number", "respondents who gave both an expectation and an experience"),
    Column(
        "n_effective",
        "number",
        "n after weighting and unequal numbers of answers (Kish): how many equal ones it is worth",
    ),
    Column("n_expected", "number", "respondents with an expectation"),
    Column("n_experienced", "number", "respondents with an experience"),
    Column(
        "expected",
        "number",
        "mean expectation of the pairs, in scale points; of all who gave one where there is no pair",
    ),
    Column("experienced", "number", "mean experience, likewise"),
    Column("gap", "number", "mean of experienced − expected; negative is a shortfall"),
    Column("low", "number", "lower end of the gap's interval; empty where it cannot be said"),
    Column("high", "number", "upper end"),
    Column("p", "number", "two-sided p of the paired t test of no gap"),
    Column("q", "number", "p after Benjamini and Hochberg over the rows of this table"),
    Column("verdict", "text", "shortfall, exceeded, met or not enough data"),
    Column("n_needed", "number", "respondents that would give the gap to ± met_within"),
    Column("paired", "text", "yes: both ratings are of the same people; no pairs: nobody gave both"),
)

RESULTS: dict[str, tuple[Column, ...]] = {
    "gaps": (
        Column("stage", "text", "stage of the touchpoint; empty where it is not on the map"),
        Column("touchpoint", "key", "touchpoint"),
        Column("label", "text", "what people read"),
        *GAP_COLUMNS,
    ),
    "gaps_by_<by>": (Column("<by>", "text", "the group, one column each where there are two"), *GAP_COLUMNS),
    "rows": (
        Column("table", "text", "table that was filled"),
        Column("source", "text", "file it was filled from"),
        Column("counted", "text", "what a row is: a line of the file, or an answer of a wide export"),
        Column("read", "number", "rows in the file; always used + quarantined + excluded"),
        Column("used", "number", "rows used"),
        Column("quarantined", "number", "rows set aside because they cannot be used; see quarantined.csv"),
        Column("excluded", "number", "rows left out by `exclude` in study.yaml"),
    ),
    "quarantined": (
        Column("table", "text", "table the row was meant for"),
        Column("source", "text", "file"),
        Column("line", "number", "record of the file, the heading being 1"),
        Column("what", "text", "row: it is not used; value: only this value is left blank; excluded: left out by hand"),
        Column("reason", "text", "why it cannot be used"),
    ),
}
"""The tables a report publishes as tables/<name>.csv: an interface other work builds on."""

RESERVED = {
    *(column.name for table in ("ratings", "touchpoints") for column in TABLES[table]),
    *(column.name for column in GAP_COLUMNS),
    *("block", "line", "_line", "_block", "_own_wave", "_reason", "_blanked", "paired_a"),
    *(f"{side}_{part}" for side in ("gap", "expected", "experienced") for part in ("a", "b", "aa", "ab", "bb")),
    *(f"{part}_{side}" for side in ("gap", "expected", "experienced") for part in ("n", "mean", "se", "paired")),
} - {column.name for column in TABLES["respondents"]}
"""Names respondents cannot use for columns of their own."""

FIXED_SCALES = {"recommend": (0, 10), "emotion": (-2, 2)}
"""Scales that the field fixes; every other rating column needs one in study.yaml."""


def check_columns(table: pd.DataFrame, columns: list[str], *, name: str) -> None:
    """Raise a sentence that names what is missing and what there is."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise StudyError(f"{name} lacks {missing}; it has {list(table.columns)}.")


def nearest(word: str, choices: list[str]) -> str:
    """The choices as a hint that ends a sentence, the likeliest first.

    >>> nearest("stags", ["wave", "stages"])
    "Did you mean 'stages'? There are: wave, stages."
    """
    listed = f"There are: {', '.join(map(str, choices))}." if choices else "There are none."
    likely = get_close_matches(str(word), [str(choice) for choice in choices], n=1)
    return f"Did you mean '{likely[0]}'? {listed}" if likely else listed
