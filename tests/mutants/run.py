"""Do the numeric tests notice wrong formulas? `python -m tests.mutants.run` (`make mutants`).

Each of the wrong formulas is put into a copy of the project, alone, and the tests named beside it run on that copy
until one fails. Prints which test caught which; ends with 1 if one survives, 2 if the list or the tests are broken.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from tests.mutants.wrong_formulas import WRONG_FORMULAS, WrongFormula

ROOT = Path(__file__).parents[2]
COPIED = ["cxlib", "tests", "data", "pyproject.toml", "environment.yml"]
SECONDS = 30
FAILED = re.compile(r"(?m)^FAILED (.+?)(?: - (.*))?$")
ASSERTED = ("assert", "AssertionError")
"""How a test ends that holds figures against others; one that ends with another error has caught nothing."""


def copy_project(folder: Path) -> Path:
    """What the tests need, in a folder of its own."""
    for name in COPIED:
        source = ROOT / name
        leave = shutil.ignore_patterns("__pycache__", "*.ipynb_checkpoints", "test_mutants.py")
        shutil.copytree(source, folder / name, ignore=leave) if source.is_dir() else shutil.copy(source, folder / name)
    return folder


def run_tests(folder: Path, tests: list[str], *, seconds: float) -> tuple[str, str]:
    """The first test that failed on the copy and what it said; empty where none did, "timeout" where it took long."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "--tb=short", "-p", "no:cacheprovider"]
    command += ["-o", "addopts=--import-mode=importlib", *tests]
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "2000", "OPENBLAS_NUM_THREADS": "1"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "timeout", f"no test failed within {seconds:g} s"
    found = FAILED.search(said)
    if process.returncode in (0, 1) and (found or process.returncode == 0):
        return (found[1], found[2] or "") if found else ("", "")
    return "broken", said[-2000:]


def put_in(folder: Path, formula: WrongFormula) -> None:
    """Replace the right text, which must be there once, by the wrong one."""
    text = (ROOT / formula.file).read_text(encoding="utf-8")
    if text.count(formula.right) != 1 or formula.right == formula.wrong:
        raise ValueError(f"{formula.name}: {formula.right!r} is {text.count(formula.right)} times in {formula.file}.")
    (folder / formula.file).write_text(text.replace(formula.right, formula.wrong), encoding="utf-8")


def try_formula(folder: Path, formula: WrongFormula) -> tuple[bool, str, float]:
    """Whether a test caught the wrong formula, which one or why not, and how many seconds that took."""
    began = time.monotonic()
    put_in(folder, formula)
    try:
        test, said = run_tests(folder, formula.tests, seconds=SECONDS)
    finally:
        shutil.copy(ROOT / formula.file, folder / formula.file)
    caught = said.startswith(ASSERTED) and test not in ("timeout", "broken")
    words = f"caught by {test}" if caught else f"SURVIVED {test} {said}".strip()
    return caught, words, time.monotonic() - began


def main() -> int:
    """Print what became of each wrong formula; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="only those with this in their name or file")
    parser.add_argument("--at-once", type=int, default=2)
    given = parser.parse_args()
    formulas = [formula for formula in WRONG_FORMULAS if given.only in f"{formula.file}: {formula.name}"]
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(given.at_once) as pool:
        folders: Queue[Path] = Queue()
        for place in range(given.at_once):
            folders.put(copy_project(Path(temporary) / str(place)))
        every = sorted({test for formula in formulas for test in formula.tests})
        test, said = run_tests(folders.queue[0], every, seconds=600)
        if test:
            print(f"The tests fail on the right formulas: {test} {said}")
            return 2

        def attempt(formula: WrongFormula) -> bool:
            folder = folders.get()
            caught, words, seconds = try_formula(folder, formula)
            folders.put(folder)
            print(f"{formula.name}: {words} ({seconds:.0f} s)", flush=True)
            return caught

        caught = sum(pool.map(attempt, formulas))
    print(f"{caught} of {len(formulas)} caught")
    return 0 if caught == len(formulas) else 1


if __name__ == "__main__":
    sys.exit(main())
