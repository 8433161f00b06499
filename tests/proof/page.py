"""docs/proof.md, one section a suite; each suite writes its own."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pandas as pd

TITLE = """# Proof

What is claimed of the statistics was measured by simulation. `make proof` measures it again, with the same figures.
"""


def in_markdown(table: pd.DataFrame) -> str:
    """A table as Markdown."""
    lines = [list(table), ["---"] * table.shape[1], *table.astype("str").to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def keep_section(path: Path, section: str) -> None:
    """Write a section, which begins with its heading, in the place of its former self; what else is there stays."""
    heading = section.splitlines()[0]
    text = path.read_text(encoding="utf-8") if path.exists() else TITLE
    before, _, after = text.partition(f"{heading}\n")
    rest = after[after.index("\n## ") + 1 :] if "\n## " in after else ""
    path.write_text(before.rstrip("\n") + "\n\n" + section + ("\n" + rest if rest else ""), encoding="utf-8")


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
