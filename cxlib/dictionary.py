"""docs/data-dictionary.md, written from the code: every table a study may have, and every table a report publishes."""

import sys
from pathlib import Path

from cxlib.tables import RESULTS, TABLES, Column

INTRODUCTION = """# Data dictionary

Written by `make docs` from `cxlib/columns.csv`; change it there. Kinds: *key*, an identifier, kept as text whatever it
looks like; *text*; *rating*, a number on a scale declared in study.yaml; *number*; *time*, kept in UTC.

gap = experienced − expected; **negative is a shortfall**.
"""


def write_dictionary() -> str:
    """The whole document as Markdown."""
    studies = [table_section(f"{table}", columns) for table, columns in TABLES.items()]
    results = [table_section(f"{table}.csv", columns) for table, columns in RESULTS.items()]
    return "\n".join(
        [INTRODUCTION, "## What a study may have\n", *studies, "## What a report publishes in tables/\n", *results]
    )


def table_section(title: str, columns: tuple[Column, ...]) -> str:
    """One table's columns."""
    meanings = [column.meaning.replace("|", "\\|") for column in columns]
    kinds = [f"{column.kind}, required" if column.required else column.kind for column in columns]
    rows = [f"| `{column.name}` | {kind} | {words} |" for column, kind, words in zip(columns, kinds, meanings)]
    return "\n".join([f"### {title}\n", "| column | kind | meaning |", "|---|---|---|", *rows, ""])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(write_dictionary(), encoding="utf-8")
