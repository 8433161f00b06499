"""What was done to a table that a careful reader would want to know, in sentences."""

import pandas as pd

from cxlib.checks.raw import Look, Raw
from cxlib.settings import Settings
from cxlib.tables import Column
from cxlib.words import counted, listed


def take_notes(
    raw: Raw, there: list[Column], looks: dict[str, Look], settings: Settings, twice: pd.DataFrame
) -> list[str]:
    """Sentences on what was mended, turned round, left blank or is not there at all."""
    notes = []
    same = int(twice["reason"].str.startswith("the same").sum())
    if same:
        notes.append(f"{counted(same, raw.counted[:-1])} that said what an earlier one says counted once.")
    if len(twice) > same:
        which = (
            "given again later: the latest counts"
            if raw.table == "ratings" or raw.key
            else "with the same key as an earlier one: the first counts"
        )
        notes.append(f"{counted(len(twice) - same, raw.counted[:-1])} {which}.")
    for column in there:
        look = looks[column.name]
        if look.no_answer:
            notes.append(f"{column.name}: {counted(look.no_answer, 'answer')} such as {look.word!r} read as no answer.")
        if not look.filled and not look.no_answer:
            notes.append(f"{column.name}: the column is empty.")
        for place in settings.reversed.get(column.name, []) if raw.table == "ratings" else []:
            notes.append(f"{column.name} of {place} was asked the other way round and is turned.")
    if raw.table == "ratings" and settings.rescaled:
        notes.append(f"Asked on another scale, and brought to that of the column: {listed(list(settings.rescaled))}.")
    return notes
