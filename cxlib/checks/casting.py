"""A column of a table as SQL: cleaned of blanks, cast to its type, and what is wrong with its value."""

import datetime
import math
import operator
import re
from functools import cache
from zoneinfo import ZoneInfo

from cxlib.engine import identifier, quote
from cxlib.settings import Settings
from cxlib.tables import ONE_SCALE, Column

DATE_FORMATS = {"ymd": "%y{0}%m{0}%d", "dmy": "%d{0}%m{0}%y", "mdy": "%m{0}%d{0}%y"}
CLOCKS = ["", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p"]
SQL_TYPES = {"key": "VARCHAR", "text": "VARCHAR", "rating": "DOUBLE", "number": "DOUBLE", "time": "TIMESTAMP"}
NUMERIC = ("DOUBLE", "FLOAT", "DECIMAL", "BIGINT", "INT", "HUGEINT", "TINYINT", "SMALLINT", "UBIGINT", "UINT")
NUMERIC += ("UTINYINT", "USMALLINT", "INTEGER", "UINTEGER")
TIMES = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
SPACES = " \t\r\n\u00a0\u2007\u202f\u200b\ufeff"
NO_ANSWER = ["n/a", "na", "n.a.", "-", "--", ".", "null", "not applicable", "does not apply", "no answer", "no opinion"]
NO_ANSWER += ["prefer not to say", "prefer not to answer", "don't know", "don’t know", "dont know", "do not know"]
NO_ANSWER += ["keine angabe", "k. a.", "k.a.", "weiß nicht", "weiss nicht", "trifft nicht zu", "nicht zutreffend"]
NO_ANSWER += ["je ne sais pas", "sans réponse", "non applicable", "no sabe", "no contesta", "no aplica", "ns/nc"]
"""Words that stand in for an answer, in small letters; in columns of numbers and dates they are read as blank."""

FIRST_DAY, LAST_DAY = "TIMESTAMP '1901-01-01'", "TIMESTAMP '2101-01-01'"
"""Days before and after stand for none: 1900-01-01, 9999-12-31."""

HUGE = "1e15"
"""A number this large is no count, price or rating; sums of squares of such would lose the rest."""

YES, NO = ["true", "yes", "y"], ["false", "no", "n"]
MONTH, WEEKDAY = operator.attrgetter("month"), datetime.date.isoweekday
CLOCK_CHANGES = range(1990, 2038)
"""Years in which a time that the clock skipped, or showed twice, is told apart."""


def written(column: Column, kind: str, untidy: bool) -> str:
    """The column as it is written: a number or time as it is, text that is blank as NULL. Where it is `untidy`, text is
    without the white space around it, and composed (NFC); that is dear, so columns are looked at first."""
    name = identifier(column.name)
    if is_time(column, kind):
        return name
    if is_numeric(column, kind):
        number = f"CAST({name} AS DOUBLE)"
        return f"CASE WHEN NOT isnan({number}) THEN {number} END" if kind in ("DOUBLE", "FLOAT") else number
    text = name if kind == "VARCHAR" else f"CAST({name} AS VARCHAR)"
    return f"nullif(nfc_normalize(trim({text}, {quote(SPACES)})), '')" if untidy else f"nullif({text}, '')"


def is_untidy(column: Column, kind: str) -> str:
    """Whether a value has white space around it, or letters in two parts (NFD). Plain ASCII takes the quick way."""
    if is_time(column, kind) or is_numeric(column, kind) or kind != "VARCHAR":
        return "false"
    value = identifier(column.name)
    rare = f"regexp_matches({value}, {quote(f'^[{SPACES}]|[{SPACES}]$')}) OR nfc_normalize({value}) <> {value}"
    plain = {"time": is_plain_time(value)}.get(column.kind, f"strlen({value}) = 1 AND {begins_with_digit(value)}")
    return (
        f"CASE WHEN {plain} THEN false WHEN strlen({value}) <> length({value}) THEN {rare} "
        f"ELSE ascii({value}) <= 32 OR {value}[-1] <= ' ' END"
    )


def is_time(column: Column, kind: str) -> bool:
    """Whether a column of times comes as times."""
    return column.kind == "time" and kind in TIMES


def is_numeric(column: Column, kind: str) -> bool:
    """Whether a column of numbers comes as numbers."""
    return column.kind in ("rating", "number") and kind.partition("(")[0] in NUMERIC


def clean(column: Column, kind: str, settings: Settings) -> str:
    """The written column with missing answers and words for them as NULL, answers in words as their number."""
    value = identifier(column.name)
    if is_time(column, kind):
        return value
    if is_numeric(column, kind):
        codes = [repr(float(code)) for code in settings.missing if is_number(code) and column.kind == "rating"]
        return f"CASE WHEN {value} IN ({', '.join(codes)}) THEN NULL ELSE {value} END" if codes else value
    numeric = column.kind not in ("number", "time")  # a weight, a price or a count may well be 99
    codes = [quote(code) for code in settings.missing if numeric or not is_number(code)]
    cases = [f"WHEN {value} IN ({', '.join(codes)}) THEN NULL"] if codes and column.kind != "key" else []
    if column.kind == "rating":
        words = settings.codes.get(column.name, {})
        cases += [f"WHEN {value} = {quote(word)} THEN {quote(repr(number))}" for word, number in words.items()]
        if settings.scales.get(column.name) == (0, 1):
            cases += [f"WHEN lower({value}) IN ({', '.join(map(quote, YES))}) THEN '1'"]
            cases += [f"WHEN lower({value}) IN ({', '.join(map(quote, NO))}) THEN '0'"]
    if column.kind in ("rating", "number", "time"):
        cases += [f"WHEN {begins_with_digit(value)} THEN {value}"]
        cases += [f"WHEN {one_of(f'lower({value})', NO_ANSWER)} THEN NULL"]
    return f"CASE {' '.join(cases)} ELSE {value} END" if cases else value


def no_answer(column: Column, kind: str) -> str:
    """The word for no answer a written column of numbers or dates holds, else NULL."""
    if column.kind not in ("rating", "number", "time") or kind.startswith((*NUMERIC, "TIMESTAMP", "DATE")):
        return "CAST(NULL AS VARCHAR)"
    value = identifier(column.name)
    return (
        f"CASE WHEN {begins_with_digit(value)} THEN NULL WHEN {one_of(f'lower({value})', NO_ANSWER)} THEN {value} END"
    )


def one_of(value: str, words: list[str]) -> str:
    """Whether a value is one of many, asked only where it must be: a long IN (…) would be a join over every row."""
    return f"contains({quote('|' + '|'.join(words) + '|')}, '|' || {value} || '|')"


def begins_with_digit(value: str) -> str:
    """Whether a text begins with a digit: most do, and then it is none of the words."""
    return f"ascii({value}) BETWEEN 48 AND 57"


def is_number(text: str) -> bool:
    """Whether a text reads as a number.

    >>> is_number("99"), is_number("prefer not to say"), is_number("nan")
    (True, False, False)
    """
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def cast(column: Column, kind: str, settings: Settings) -> str:
    """The cleaned column in its type, NULL where it cannot be; times become UTC."""
    value = identifier(column.name)
    if column.kind == "time":
        return cast_time(value, kind, settings)
    if column.kind in ("key", "text"):
        return value
    if is_numeric(column, kind):
        return turned(column, value, settings) if column.kind == "rating" else value
    number = f"TRY_CAST({with_point(value, settings)} AS DOUBLE)"
    return turned(column, number, settings) if column.kind == "rating" else number


def with_point(value: str, settings: Settings) -> str:
    """A number in text with a decimal point and nothing between its thousands, where it is written as declared."""
    mark, parts = re.escape(settings.decimal), re.escape(settings.thousands)
    cases = []
    if parts:
        bare = f"replace(replace({value}, {quote(settings.thousands)}, ''), {quote(settings.decimal)}, '.')"
        form = rf"[+-]?\d{{1,3}}({parts}\d{{3}})+({mark}\d+)?"
        cases.append(f"WHEN regexp_full_match({value}, {quote(form)}) THEN {bare}")
    if settings.decimal != ".":
        form = rf"[+-]?\d+{mark}\d+"
        cases.append(
            f"WHEN regexp_full_match({value}, {quote(form)}) THEN replace({value}, {quote(settings.decimal)}, '.')"
        )
    return f"CASE {' '.join(cases)} ELSE {value} END" if cases else value


def turned(column: Column, number: str, settings: Settings) -> str:
    """A rating on the column's own scale and in its direction, where a touchpoint was asked on another."""
    if column.name not in settings.scales:
        return number
    low, high = settings.scales[column.name]
    for place, (bottom, top) in settings.rescaled.items() if column.name in ONE_SCALE else ():
        scaled = f"round({low} + ({number} - {bottom}) * {(high - low) / (top - bottom)}, 12)"
        number = f"CASE WHEN touchpoint = {quote(place)} THEN {scaled} ELSE {number} END"
    if places := settings.reversed.get(column.name):
        listed = ", ".join(map(quote, places))
        number = f"CASE WHEN touchpoint IN ({listed}) THEN {low} + {high} - ({number}) ELSE {number} END"
    return number


def cast_time(value: str, kind: str, settings: Settings) -> str:
    """A date or time in UTC: ISO, or as the study declares them."""
    zone = quote(settings.clock)
    if kind.startswith(("TIMESTAMP_", "DATE")) or kind == "TIMESTAMP":
        local = f"CAST({value} AS TIMESTAMP)"
        return local if settings.clock == "UTC" else f"CAST(timezone({zone}, {local}) AS TIMESTAMP)"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"CAST({value} AS TIMESTAMP)"
    iso = f"regexp_matches({value}, '^\\d{{4}}-\\d\\d-\\d\\d')"
    close = f"regexp_replace(regexp_replace({value}, '\\s*(Z|UTC)$', '+00'), '\\s+([+-]\\d\\d(:?\\d\\d)?)$', '\\1')"
    stamped = f"TRY_CAST({close} AS TIMESTAMPTZ)"
    local = f"timezone({zone}, TRY_CAST({value} AS TIMESTAMP))"
    declared = f"timezone({zone}, {declared_time(value, settings)})"
    cases = f"WHEN NOT {iso} THEN {declared} WHEN {has_offset(value)} THEN {stamped} ELSE {local}"
    any_way = f"CAST(CASE {cases} END AS TIMESTAMP)"
    quick = f"TRY_CAST({value} AS TIMESTAMP)"
    quick = quick if settings.clock == "UTC" else f"CAST(timezone({zone}, {quick}) AS TIMESTAMP)"
    return f"CASE WHEN {is_plain_time(value)} THEN {quick} ELSE {any_way} END"


def is_plain_time(value: str) -> str:
    """Whether a text has the form 2026-03-31 or 2026-03-31 14:05:00, which is quickly told."""
    long = f"strlen({value}) = 19 AND substr({value}, 17, 1) = ':'"
    return f"(substr({value}, 5, 1) = '-' AND (strlen({value}) = 10 OR {long}))"


def declared_time(value: str, settings: Settings) -> str:
    """A date or time as the study says they are written, on its own clock."""
    if settings.date_order == "excel":
        serial = f"TRY_CAST({value} AS DOUBLE)"
        seconds = f"CASE WHEN {serial} BETWEEN 1 AND 99999 THEN CAST(round({serial} * 86400) AS BIGINT) END"
        return f"TIMESTAMP '1899-12-30' + to_seconds({seconds})"
    short = [DATE_FORMATS[settings.date_order or "ymd"].format(mark) + clock for mark in "-/." for clock in CLOCKS]
    formats = [*(short if settings.date_order else []), *(form.replace("%y", "%Y") for form in short)]
    return f"try_strptime({value}, [{', '.join(map(quote, formats))}])"


def has_offset(value: str) -> str:
    """Whether a time in text says how far its clock is from UTC."""
    return f"(contains({value}, ':') AND regexp_matches({value}, '(Z|UTC|[+-]\\d\\d(:?\\d\\d)?)$'))"


def of_no_zone(column: Column, kind: str) -> str:
    """Whether a value is a time of day that does not say where its clock stood."""
    value = identifier(column.name)
    if kind == "TIMESTAMP WITH TIME ZONE" or kind == "DATE":
        return "false"
    if kind.startswith("TIMESTAMP"):
        return f"{value} <> date_trunc('day', {value})"
    local = f"contains({value}, ':') AND NOT {has_offset(value)}"
    return f"CASE WHEN {is_plain_time(value)} THEN strlen({value}) = 19 ELSE {local} END"


def faults_of(column: Column, kind: str, settings: Settings, until: datetime.datetime | None) -> list[str]:
    """`WHEN … THEN reason` for everything that can be wrong with the column; `until` ends the days looked at (UTC)."""
    value, typed = identifier(column.name), identifier("typed  " + column.name)
    faults = [f"WHEN {value} IS NULL THEN {quote(f'no {column.name}')}"] if column.required else []
    if column.kind in ("rating", "number"):
        reason = quote(f"{column.name} is not a number")
        usable = f"isfinite({typed})" if column.kind == "rating" else f"abs({typed}) < {HUGE}"
        faults.append(f"WHEN {value} IS NOT NULL AND ({typed} IS NULL OR NOT {usable}) THEN {reason}")
    if column.kind == "rating" and column.name in settings.scales:
        low, high = settings.scales[column.name]
        reason = quote(f"{column.name} is outside {low:g} to {high:g}")
        faults.append(f"WHEN {typed} < {low} OR {typed} > {high} THEN {reason}")
    if column.kind == "time":
        wrong = f"{value} IS NOT NULL AND ({typed} IS NULL OR {typed} < {FIRST_DAY} OR {typed} >= {LAST_DAY})"
        faults.append(f"WHEN {wrong} THEN {quote(f'{column.name} is not a date')}")
        if settings.zone and clock_changes(settings.zone):
            faults.append(f"WHEN {never_or_twice(column, kind, settings)} THEN {quote(clock_words(column, settings))}")
    if until is not None:
        late = quote(f"{column.name} is after the day looked at (as_of)")
        faults.append(f"WHEN {typed} >= TIMESTAMP {quote(until.isoformat(' '))} THEN {late}")
    return faults


def never_or_twice(column: Column, kind: str, settings: Settings) -> str:
    """Whether a time of day is one the clock skipped, or showed twice, as it was put forward or back."""
    typed, zone = identifier("typed  " + column.name), quote(settings.zone)
    months, days = ({part(day) for day in clock_changes(settings.zone)} for part in (MONTH, WEEKDAY))
    changes = f"{any_of(f'month({typed})', months)} AND {any_of(f'isodow({typed})', days)}"
    shown = f"timezone({zone}, timezone('UTC', {typed}))"
    again = [f"timezone({zone}, timezone('UTC', {typed} {sign} INTERVAL 1 HOUR)) = {shown}" for sign in "+-"]
    written_time = identifier(column.name) if kind.startswith("TIMESTAMP") else local_time(column, settings)
    skipped = f"{shown} <> CAST({written_time} AS TIMESTAMP)"
    return f"CASE WHEN {of_no_zone(column, kind)} AND {changes} THEN {' OR '.join([*again, skipped])} ELSE false END"


def local_time(column: Column, settings: Settings) -> str:
    """A time in text as it was written, on whatever clock."""
    value = identifier(column.name)
    return f"coalesce(TRY_CAST({value} AS TIMESTAMP), {declared_time(value, settings)})"


def clock_words(column: Column, settings: Settings) -> str:
    """Why a time that the clock skipped or showed twice cannot be used."""
    return f"{column.name} is in the hour the clock of {settings.zone} skips or shows twice"


def any_of(value: str, numbers: set[int]) -> str:
    """Whether a value is one of a few numbers, as SQL; see `one_of`."""
    return f"({' OR '.join(f'{value} = {number}' for number in sorted(numbers))})"


@cache
def clock_changes(zone: str) -> tuple[datetime.date, ...]:
    """The days (UTC) on which a zone's clock is put forward or back, and those beside them."""
    clock, days = ZoneInfo(zone), []
    for year in CLOCK_CHANGES:
        start = datetime.datetime(year, 1, 1, tzinfo=datetime.UTC)
        offsets = [(start + datetime.timedelta(days=day)).astimezone(clock).utcoffset() for day in range(367)]
        changes = [day for day, (a, b) in enumerate(zip(offsets, offsets[1:], strict=False)) if a != b]
        days += [(start + datetime.timedelta(days=day + more)).date() for day in changes for more in (-1, 0, 1)]
    return tuple(sorted(set(days)))
