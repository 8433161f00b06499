"""How the study's files were read, as a careful colleague would tell it: `cx check`, and a chapter of the report."""

import textwrap
from dataclasses import dataclass, field

import pandas as pd

from cxlib.agreement import find_doubts
from cxlib.catalogue import tell
from cxlib.checks.asides import without_lines
from cxlib.doubts import find_suspicions
from cxlib.study import Study
from cxlib.words import counted

MOST = 12
"""Names listed; of more, the rest are counted."""

SHOWN = 60
"""Letters of a name that are shown."""


@dataclass(frozen=True)
class Section:
    """A part of the examination: a title, sentences, and a table where there is one."""

    title: str
    sentences: list[str] = field(default_factory=list)
    table: pd.DataFrame | None = None


def examine(study: Study) -> list[Section]:
    """What was read and how, which columns were used, what was set aside and why, what to doubt, what to do next."""
    counts = study.counts.rename(columns={"quarantined": "set aside", "excluded": "left out", "counted": "rows are"})
    aside = (
        study.quarantined.assign(reason=without_lines(study.quarantined["reason"]))
        .groupby(["source", "what", "reason"], sort=False)
        .agg(rows=("line", "size"), first_line=("line", "min"))
    )
    aside = aside.reset_index().sort_values("rows", ascending=False, kind="stable").replace({"what": WHAT})
    doubts = [*find_doubts(study), *find_suspicions(study)]
    return [
        Section(
            "What was read",
            [f"{study.source(table)}: {note}" for table, notes in study.notes.items() for note in notes],
            counts,
        ),
        Section("Columns", describe_columns(study)),
        Section("Set aside, left out or left blank", [] if len(aside) else ["Nothing."], aside if len(aside) else None),
        Section("Doubts", doubts or ["None."]),
        Section(SWITCH_ON, study.missing() or ["Nothing: the study has it all."]),
    ]


SWITCH_ON = "What would switch more on"
WHAT = {"row": "row set aside", "value": "value left blank", "twice": "row there twice", "excluded": "row left out"}


def describe_columns(study: Study) -> list[str]:
    """Which columns of each file are used, which are not, and which identify people and were not read."""
    said = []
    for table, columns in study.columns.items():
        out = {*study.not_used.get(table, []), *study.personal.get(table, [])}
        used = [column for column in columns if column not in out]
        said.append(
            tell(
                "{table}: {used} used: {names}.",
                table=table,
                used=counted(len(used), "column"),
                names=name_some(used),
            )
        )
        if study.not_used.get(table):
            said.append(tell("{table}: not used: {names}.", table=table, names=name_some(study.not_used[table])))
        if study.personal.get(table):
            said.append(
                tell(
                    "{table}: not read, since they identify people: {names}. To read one on purpose, "
                    "list it under keep in study.yaml.",
                    table=table,
                    names=name_some(study.personal[table]),
                )
            )
    return said


def name_some(names: list[str]) -> str:
    """Names, the rest of many as a count."""
    shown = [name if len(name) <= SHOWN else name[:SHOWN].rstrip() + " …" for name in names[:MOST]]
    return ", ".join([*shown, *([tell("{count} more", count=len(names) - MOST)] if len(names) > MOST else [])])


def as_text(sections: list[Section]) -> str:
    """The examination for a terminal."""
    parts = []
    for section in sections:
        lines = [section.title, "-" * len(section.title)]
        lines += [section.table.to_string(index=False)] if section.table is not None else []
        lines += [textwrap.fill(f"- {sentence}", 110, subsequent_indent="  ") for sentence in section.sentences]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"
