"""What study.yaml says, checked word by word."""

import datetime
import os
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cxlib.catalogue import ENGLISH, languages
from cxlib.strict_yaml import known, mapping, one_of, read_yaml, texts
from cxlib.suppression import FLOOR
from cxlib.tables import FIXED_SCALES, TABLES, StudyError, nearest

KEYS = ["title", "stages", "waves", "scales", "rescaled", "reversed", "codes", "missing", "numbers", "dates", "exclude"]
KEYS += [
    "objective",
    "language",
    "keep",
    "id_key",
    "outcome",
    "met_within",
    "hide_below",
    "comparable",
    "journey",
    "show_quotes",
    "playbook",
    "files",
]
JOURNEY_KEYS = ["converted", "adopted", "adopted_after", "cart", "window_days", "order", "reentry"]
FILE_KEYS = ["path", "format", "encoding", "delimiter", "sheet", "table", "columns"]
SURVEY_TOOLS = ["survey", "qualtrics", "surveymonkey", "google-forms", "typeform", "spss"]
FORMATS = ["tidy", *SURVEY_TOOLS]
DATE_ORDERS = ["ymd", "dmy", "mdy", "excel"]


@dataclass(frozen=True)
class TableFile:
    """Where a table is: `columns` is a path to a columns file (survey exports) or our name → the file's name (tidy).

    `sheet` is that of a workbook, `table` that of a DuckDB file.
    """

    path: str
    format: str = "tidy"
    encoding: str = ""
    delimiter: str | None = None
    sheet: str = ""
    table: str = ""
    columns: str | dict | None = None


@dataclass(frozen=True)
class Journey:
    """What of the log means what: events, or touchpoints, that stand for buying (`converted`), a filled cart (`cart`)
    and adoption (`adopted`); the time to adopt counts from `adopted_after`, else from `converted`, else from the first
    event of a journey.

    `window_days` is how long a customer has to go on in the funnel and to pay for a cart; without it there is no limit.
    `order` "stages": a stage of the funnel counts when it comes at or after the stage before; "any": whenever.
    `reentry` "every": each journey (case) of a customer is a new try, "first": only the first one counts.
    """

    converted: str = ""
    adopted: str = ""
    adopted_after: str = ""
    cart: str = ""
    window_days: float | None = None
    order: str = "stages"
    reentry: str = "every"


@dataclass(frozen=True)
class Settings:
    """A study's declarations; `met_within` is δ in scale points, the gap that no longer matters, where it is declared.

    `language` is that of sentences and labels, en or one with a file in cxlib/languages.
    `objective` says in a sentence or two what the company wants to reach; it stands at the head of the report.
    Groups of fewer than `hide_below` people are not shown. `comparable` names the modes and periods in which benchmarks
    may have been measured.

    `codes` gives the number an answer in words stands for, by column. `rescaled` gives the scale a touchpoint's answers
    were given on where it is not the column's, `reversed` the touchpoints whose question was asked the other way round,
    by column. `keep` names columns that identify people and are to be read all the same; `id_key` is the key of the
    hashes that stand for ids in what is written (without one, ids are left out). `outcome` is the column of respondents
    that moments of truth are judged by, such as overall satisfaction. Words of customers are shown only where
    `show_quotes` says so, without what tells of a person. `playbook` is the file of rules strategies are suggested by.
    """

    title: str
    files: dict[str, TableFile]
    objective: str = ""
    language: str = ENGLISH
    stages: list[str] = field(default_factory=list)
    waves: dict[str, datetime.date] = field(default_factory=dict)
    scales: dict[str, tuple[float, float]] = field(default_factory=dict)
    rescaled: dict[str, tuple[float, float]] = field(default_factory=dict)
    reversed: dict[str, list[str]] = field(default_factory=dict)
    codes: dict[str, dict[str, float]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    decimal: str = "."
    thousands: str = ""
    date_order: str = ""
    zone: str = ""
    exclude: TableFile | None = None
    keep: list[str] = field(default_factory=list)
    id_key: str = ""
    outcome: str = ""
    met_within: float | None = None
    hide_below: int = 5
    comparable: dict[str, list[str]] = field(default_factory=dict)
    journey: Journey = Journey()
    show_quotes: bool = False
    playbook: str = ""

    @property
    def clock(self) -> str:
        """The time zone times are shown in: the declared one, else UTC."""
        return self.zone or "UTC"


def read_settings(folder: Path) -> Settings:
    """Read `folder`/study.yaml; every mistake in it is a sentence that names the key."""
    path = folder / "study.yaml"
    if not path.is_file():
        raise StudyError(f"{folder} has no study.yaml; a study is a folder with a study.yaml that names its files.")
    said = read_yaml(path)
    known(said, KEYS, place=str(path))
    dates = mapping(said, "dates")
    known(dates, ["order", "zone"], place="dates in study.yaml")
    scales = FIXED_SCALES | {column: limits(column, pair) for column, pair in mapping(said, "scales").items()}
    rated = {side: scales["experienced"] for side in ("desired", "adequate") if "experienced" in scales}
    scales = rated | scales
    return Settings(
        title=str(said.get("title", folder.name)),
        files={table: table_file(table, entry) for table, entry in mapping(said, "files").items()},
        objective=str(said.get("objective") or "").strip(),
        language=known_language(str(said.get("language") or ENGLISH)),
        stages=texts(said.get("stages")),
        waves=in_order({str(wave): last_day(wave, day) for wave, day in mapping(said, "waves").items()}),
        scales=scales,
        rescaled={str(place): limits(place, pair) for place, pair in mapping(said, "rescaled").items()},
        reversed={column: texts(places) for column, places in mapping(said, "reversed").items()},
        codes={column: numbers_of(column, words) for column, words in mapping(said, "codes").items()},
        missing=texts(said.get("missing")),
        **number_marks(mapping(said, "numbers")),
        date_order=one_of(dates["order"], DATE_ORDERS, "dates: order") if "order" in dates else "",
        zone=known_zone(str(dates["zone"])) if "zone" in dates else "",
        exclude=table_file("exclude", said["exclude"]) if said.get("exclude") else None,
        keep=texts(said.get("keep")),
        id_key=secret(str(said.get("id_key") or "")),
        outcome=found_outcome(str(said.get("outcome") or ""), scales),
        met_within=found_met_within(said.get("met_within"), scales),
        comparable=found_comparable(mapping(said, "comparable")),
        hide_below=found_hide_below(said.get("hide_below", 5)),
        journey=found_journey(mapping(said, "journey")),
        show_quotes=yes_or_no("show_quotes", said.get("show_quotes", False)),
        playbook=str(said.get("playbook") or ""),
    )


def secret(said: str) -> str:
    """A key, which stands in the environment and never in a file: env:NAME."""
    if not said:
        return ""
    name = said.removeprefix("env:")
    if name == said or not os.environ.get(name):
        raise StudyError(
            f"study.yaml: id_key should be env:NAME, NAME being a variable of the environment with the key; {said!r} "
            + ("is not set." if name != said else "is not of that form.")
        )
    return os.environ[name]


def number_marks(said: dict) -> dict[str, str]:
    """How numbers are written: their decimal mark, and what parts thousands."""
    known(said, ["decimal", "thousands"], place="numbers in study.yaml")
    decimal, thousands = str(said.get("decimal", ".")), str(said.get("thousands", ""))
    if decimal not in (".", ",") or thousands not in ("", ".", ",", " ", "'") or decimal == thousands:
        raise StudyError(
            "study.yaml: numbers should say decimal: '.' or ',' and thousands: '.', ',', ' ' or \"'\", "
            f"not the same; they are {decimal!r} and {thousands!r}."
        )
    return dict(decimal=decimal, thousands=thousands)


def known_language(language: str) -> str:
    """A language there is a file of sentences for."""
    if language not in languages():
        raise StudyError(f"language: there is no cxlib/languages/{language}.po. {nearest(language, languages())}")
    return language


def known_zone(zone: str) -> str:
    """A time zone that exists."""
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise StudyError(f"study.yaml: dates: zone {zone!r} is not known; write it like Europe/Berlin.") from None


def limits(column: str, pair: object) -> tuple[float, float]:
    """The lowest and highest answer of a scale."""
    numbers = isinstance(pair, list) and len(pair) == 2 and all(map(is_usable, pair))
    if not numbers or pair[0] >= pair[1]:
        raise StudyError(f"study.yaml: scales: {column} should be [lowest, highest], such as [1, 7]; it is {pair!r}.")
    return pair[0], pair[1]


def is_usable(number: object) -> bool:
    """Whether something is a number people rate with."""
    return isinstance(number, int | float) and not isinstance(number, bool) and abs(number) < 1e9


def numbers_of(column: str, words: object) -> dict[str, float]:
    """The number each answer in words stands for."""
    numbers = list(words.values()) if isinstance(words, dict) else []
    if not numbers or not all(map(is_usable, numbers)):
        raise StudyError(
            f"study.yaml: codes: {column} should give each answer a number, such as {{very good: 5, good: 4}}; "
            f"it is {words!r}."
        )
    return {str(word): float(number) for word, number in words.items()}


def last_day(wave: str, day: object) -> datetime.date:
    """The last day of a wave."""
    if isinstance(day, datetime.date) and not isinstance(day, datetime.datetime) and 1901 <= day.year <= 2100:
        return day
    raise StudyError(f"study.yaml: waves: {wave} should be the wave's last day, such as 2026-03-31; it is {day!r}.")


def in_order(waves: dict[str, datetime.date]) -> dict[str, datetime.date]:
    """Waves, each ending after the one before."""
    days = list(waves.values())
    if any(after <= before for before, after in zip(days, days[1:], strict=False)):
        raise StudyError("study.yaml: waves should stand in order, each with a later last day than the one before.")
    return waves


def table_file(table: str, entry: object) -> TableFile:
    """A file's entry: a path, or a mapping with a path."""
    if table not in TABLES and table != "exclude":
        raise StudyError(f"study.yaml: files: there is no table '{table}'. {nearest(table, list(TABLES))}")
    entry = {"path": entry} if isinstance(entry, str) else entry
    if not isinstance(entry, dict) or "path" not in entry:
        raise StudyError(f"study.yaml: {table} should be a path or have one, such as {table}: {table}.csv.")
    known(entry, FILE_KEYS, place=f"study.yaml, {table}")
    one_of(entry.get("format", "tidy"), FORMATS, f"format of {table}")
    if not Path(str(entry["path"] or "")).name:
        raise StudyError(f"study.yaml: the path of {table} is {entry['path']!r}; name a file, such as {table}.csv.")
    columns = entry.get("columns")
    words = {key: str(value) for key, value in entry.items() if key != "columns" and value is not None}
    if "\0" in words.get("encoding", "") or "\0" in words.get("delimiter", ""):
        raise StudyError(f"study.yaml: {table}: encoding and delimiter hold no NUL.")
    if "delimiter" in words:
        words["delimiter"] = words["delimiter"].replace("\\t", "\t")
        if len(words["delimiter"]) != 1 or not words["delimiter"].isascii():
            raise StudyError(
                f"study.yaml: {table}: delimiter should be one plain character (ASCII); it is {entry['delimiter']!r}."
            )
    if isinstance(columns, dict):
        columns = {str(column): str(heading) for column, heading in columns.items()}
    return TableFile(**words, columns=columns)


def found_outcome(outcome: str, scales: dict) -> str:
    """The outcome, when a scale is declared for it."""
    if outcome and outcome not in scales:
        raise StudyError(
            f"study.yaml: outcome is {outcome}, which has no scale. {nearest(outcome, list(scales))} "
            f"Correct it, or add scales: {{{outcome}: [lowest, highest]}}."
        )
    return outcome


def found_met_within(said: object, scales: dict) -> float | None:
    """δ as declared; None where it is not."""
    for side in ("expected", "desired", "adequate"):
        if side in scales and "experienced" in scales and scales[side] != scales["experienced"]:
            raise StudyError(
                f"study.yaml: {side} is rated on {scales[side]} and experienced on {scales['experienced']}; "
                "their difference needs both on one scale."
            )
    if said is None:
        return None
    if not is_usable(said) or said <= 0:
        raise StudyError(f"study.yaml: met_within should be scale points above 0, such as 0.24; it is {said!r}.")
    rated = [scales[side] for side in ("experienced", "expected", "versus_expected") if side in scales]
    if any(said >= (high - low) / 2 for low, high in rated):
        raise StudyError(f"study.yaml: met_within {said} is half the scale or more; nothing could fall short of it.")
    return float(said)


def found_hide_below(said: object) -> int:
    """How many people a group takes to be shown; never fewer than three."""
    if isinstance(said, int) and not isinstance(said, bool) and said >= FLOOR:
        return said
    raise StudyError(
        f"study.yaml: hide_below should be a whole number of people, {FLOOR} or more, such as 5; it is {said!r}. "
        "Groups of fewer are not shown."
    )


def found_comparable(said: dict) -> dict[str, list[str]]:
    """The modes and periods of benchmarks that may be compared with our answers."""
    known(said, ["mode", "period"], place="comparable in study.yaml")
    return {key: texts(values) for key, values in said.items()}


def found_journey(said: dict) -> Journey:
    """What of the log means what, checked."""
    known(said, JOURNEY_KEYS, place="journey in study.yaml")
    days = said.get("window_days")
    if days is not None and (not is_usable(days) or days <= 0):
        raise StudyError(f"study.yaml: journey: window_days should be days above 0, such as 30; it is {days!r}.")
    names = {key: str(said[key]) for key in JOURNEY_KEYS[:4] if said.get(key) is not None}
    rules = {
        key: one_of(str(said[key]), choices, f"journey: {key}")
        for key, choices in (("order", ["stages", "any"]), ("reentry", ["every", "first"]))
        if key in said
    }
    return Journey(**names, **rules, window_days=None if days is None else float(days))


def yes_or_no(key: str, said: object) -> bool:
    """A switch: true or false."""
    if isinstance(said, bool):
        return said
    raise StudyError(f"study.yaml: {key} should be true or false; it is {said!r}.")
