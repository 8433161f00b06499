"""What makes a whole file unusable: the reading of it is wrong, not a row."""

import math
import re

import duckdb
import pandas as pd

from cxlib.checks.raw import Look, Raw
from cxlib.settings import Settings
from cxlib.tables import Column, StudyError

STANDARD_SCALES = [(1, 5), (1, 7), (0, 10), (1, 10), (1, 11), (0, 100)]
MARKS = {r"[+-]?\d+,\d+": "{decimal: ','}", r"[+-]?\d{1,3}(\.\d{3})+,\d+": "{decimal: ',', thousands: '.'}"}
MARKS |= {r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?": "{thousands: ','}"}
SERIAL = (20_000, 80_000)
"""Numbers a spreadsheet shows as the days of 1954 to 2119."""


def refuse_columns(raw: Raw, there: list[Column], looks: dict[str, Look], settings: Settings) -> None:
    """Raise for ratings on no declared scale, and for times of day on no declared clock."""
    for column in there:
        look = looks[column.name]
        if column.kind == "rating" and look.filled and column.name not in settings.scales:
            seen = "no numbers" if look.low is None else f"answers from {look.low:g} to {look.high:g}"
            scale = [1, 7] if look.low is None else likely_scale(look.low, look.high)
            raise StudyError(
                f"{raw.source}: '{column.name}' holds {seen} and study.yaml declares no scale for it; "
                f"add scales: {{{column.name}: {scale}}}."
            )
        if column.kind == "time" and look.of_no_zone and not settings.zone:
            raise StudyError(
                f"{raw.source}: {look.of_no_zone} times in '{column.name}' do not say where their clock stood; "
                "add dates: {zone: Europe/Berlin} (or wherever it was) to study.yaml."
            )


def refuse_hopeless(raw: Raw, there: list[Column], looks: dict[str, Look], settings: Settings) -> None:
    """Raise when most of a column is unusable, or its numbers are written with marks nobody declared."""
    for column in there:
        look = looks[column.name]
        if not look.first or look.first["reason"].endswith("(as_of)"):
            continue
        marks = next((said for mark, said in MARKS.items() if re.fullmatch(mark, look.first["value"])), "")
        if column.kind in ("rating", "number") and marks:
            raise StudyError(
                f"{raw.source}, line {look.first['line']}: '{column.name}' is {look.first['value']!r}; "
                f"declare how numbers are written in study.yaml: numbers: {marks}."
            )
        if look.bad > look.filled / 2:
            raise StudyError(hopeless(raw, column, look, settings))


def hopeless(raw: Raw, column: Column, look: Look, settings: Settings) -> str:
    """How much of a column is wrong, one instance, and what would help."""
    value, reason = look.first["value"], look.first["reason"]
    words = (
        f"{raw.source}: {look.bad} of {look.filled} '{column.name}' answers cannot be used ({reason}); "
        f"first, line {look.first['line']}: {value[:60]!r}. "
    )
    if column.kind == "time" and re.fullmatch(r"\d{5}(\.\d+)?", value) and SERIAL[0] < float(value) < SERIAL[1]:
        return words + "If these are the numbers Excel keeps days as, declare dates: {order: excel} in study.yaml."
    if column.kind == "time":
        return words + (
            f"Dates are read as {settings.date_order or 'year-month-day'}; declare how they are written in study.yaml, "
            "such as dates: {order: dmy, zone: Europe/Berlin}."
        )
    if "outside" in reason and look.low is not None:
        scale = likely_scale(look.low, look.high)
        return (
            words + f"If the scale is {scale[0]} to {scale[1]}, set scales: {{{column.name}: {scale}}} in study.yaml."
        )
    if column.kind == "rating":
        return words + (
            f"Is the right column mapped to '{column.name}'? If answers are in words, give each its number: "
            f"codes: {{{column.name}: {{{value[:30]!r}: …}}}} in study.yaml."
        )
    return words + f"Is the right column mapped to '{column.name}'?"


def refuse_scales(connection: duckdb.DuckDBPyConnection, raw: Raw, bad: pd.DataFrame, settings: Settings) -> None:
    """Raise when most answers on one touchpoint are outside the scale: then it was asked on another one."""
    if raw.table != "ratings" or not bad["reason"].str.contains("outside", regex=False).any():
        return
    for side in settings.scales:
        if side not in raw.columns or not bad["reason"].str.startswith(f"{side} is outside").any():
            continue
        table = connection.sql(
            f'SELECT touchpoint, count("{side}") AS n, count("fault  {side}") AS bad, min("typed  {side}") AS low, '
            f'max("typed  {side}") AS high FROM judged_ratings GROUP BY 1 HAVING bad > n / 2 ORDER BY 1'
        ).df()
        if len(table):
            row, scale = table.iloc[0], settings.scales[side]
            raise StudyError(
                f"{raw.source}: {row['bad']} of {row['n']} '{side}' answers on '{row['touchpoint']}' are outside "
                f"{scale[0]:g} to {scale[1]:g}; they go from {row['low']:g} to {row['high']:g}. If it was asked on "
                f"another scale, say so: rescaled: {{{row['touchpoint']}: {likely_scale(row['low'], row['high'])}}} "
                "in study.yaml."
            )


def likely_scale(low: float, high: float) -> list:
    """The first usual scale that holds both ends.

    >>> likely_scale(2, 7)
    [1, 7]
    """
    usual = [scale for scale in STANDARD_SCALES if scale[0] <= low and high <= scale[1]]
    return list(usual[0]) if usual else [low, high] if math.isfinite(high - low) else [1, 7]
