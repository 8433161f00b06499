"""docs/proof.md, one section a suite; each suite writes its own."""

import argparse
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

TITLE = """# Proof

What is claimed of the statistics was measured by simulation: data are drawn whose truth is known, analysed with the
very functions that make a report, and what the report would have said is held against that truth. `make proof`
measures all of it again, with the same figures, in about a quarter of an hour on two cores. Goals: a 95 % interval
holds the truth in at least 93 % of samples in its worst setting (shares 92 %), a first page without anything true
claims something in at most 5.5 % of reports, an action without effect is called effective in at most 9 %, and a stated
probability is off by at most 5 points. Where a goal is missed the section says so.

*Coverage* is how often a 95 % interval holds the true value, *size* how often an effect is claimed where there is none,
a *cell* one setting that was tried, *printed* how often an interval is given at all, *n* the people in it, *plain t*
the textbook interval of a mean (Student's), *Monte Carlo error* how far a figure may be off because it was drawn.
"""
ANSWERS = ("Tried", "Held", "Refused")


def compose_section(heading: str, *, tried: str, held: str, refused: str, body: str) -> str:
    """A section: what was tried, what held, where the product refuses to answer, each in a sentence or two; tables."""
    answers = [f"- **{name}:** {words}" for name, words in zip(ANSWERS, (tried, held, refused))]
    return "\n".join([f"## {heading}", "", *answers, "", body.strip("\n"), ""])


def percent(share: float, digits: int = 1) -> str:
    """A share as people write it."""
    return f"{100 * share:.{digits}f}\u00a0%"


def in_markdown(table: pd.DataFrame) -> str:
    """A table as Markdown."""
    lines = [list(table), ["---"] * table.shape[1], *table.astype("str").to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def keep_section(path: Path, section: str) -> None:
    """Put a section in the place of its former self."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    sections = {one.splitlines()[0]: one for one in re.split(r"(?m)^(?=## )", text)[1:]}
    write_page(path, (sections | {section.splitlines()[0]: section}).values())


def write_page(path: Path, sections: Iterable[str]) -> None:
    """The page: what is claimed, the answers of all sections in a table, and the sections."""
    sections = [section.strip("\n") for section in sections]
    rows = [[one.splitlines()[0].removeprefix("## "), *(answer_of(one, kind) for kind in ANSWERS)] for one in sections]
    front = in_markdown(pd.DataFrame([row for row in rows if any(row[1:])], columns=["", *ANSWERS]))
    path.write_text("\n\n".join([TITLE.strip("\n"), front, *sections]) + "\n", encoding="utf-8")


def answer_of(section: str, kind: str) -> str:
    """The line of a section that answers: tried, held or refused."""
    found = re.search(rf"(?m)^- \*\*{kind}:\*\* (.*)$", section)
    return found[1] if found else ""


def run_suite(what: str, write_section: Callable[..., str], **sizes: int) -> None:
    """The command line of a suite: its sizes and seed as options, its section printed, and kept with --write."""
    parser = argparse.ArgumentParser(description=what.splitlines()[0])
    for name, size in (sizes | {"seed": 1}).items():
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("--write", type=Path, help="a Markdown file to keep the section in")
    given = vars(parser.parse_args())
    target = given.pop("write")
    section = write_section(**given)
    print(section)
    if target:
        keep_section(target, section)
