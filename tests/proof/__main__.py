"""All suites of the proof, two at a time: `python -m tests.proof --write docs/proof.md` (`make proof`)."""

import argparse
import importlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.proof.page import write_page
from tests.proof.register import write_register

SUITES = {
    "guard": dict(replicates=20_000),
    "means": dict(replicates=20_000),
    "shares": dict(replicates=4_000),
    "report": dict(reports=20_000),
    "priorities": dict(studies=2_500, draws=400),
    "drivers": dict(replicates=550),
    "journeys": dict(replicates=2_000),
    "control": dict(replicates=20_000),
    "targets": dict(replicates=2_000),
    "effects": dict(replicates=2_000),
    "interruptions": dict(replicates=1_000),
    "suppression": dict(tables=5_000),
    "references": {},
}
"""In the order of docs/proof.md, with the sizes of the whole proof."""


def run_suite(name: str, seed: int) -> str:
    """The section of one suite."""
    return importlib.import_module(f"tests.proof.{name}").write_section(**SUITES[name], seed=seed)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, default=Path("docs/proof.md"))
    given = parser.parse_args()
    with ProcessPoolExecutor(2) as pool:
        running = {name: pool.submit(run_suite, name, given.seed) for name in SUITES}
        sections = []
        for place, (name, section) in enumerate(running.items(), 1):
            sections.append(section.result())
            print(f"{place} of {len(SUITES)}: {name}", flush=True)
    write_page(given.write, [*sections, write_register()])


if __name__ == "__main__":
    main()
