"""What each statistic is held against. `python -m tests.proof.references [--write docs/proof.md]` lists it.

A row a function: what it computes, where it is, what its figures are compared with, to how many digits, in which test.
"""

import ast
import importlib
import inspect
from pathlib import Path

import pandas as pd

from tests.proof.page import compose_section, in_markdown, run_suite

ROOT = Path(__file__).parents[2]
MODULES = ("intervals", "shares", "shrinkage", "trends", "typical", "suppression")
STEPS = ("journey", "moments", "expectations", "experience", "gaps", "priorities", "monitoring")

HEADING = "References: what every statistic is held against"
HELD = pd.read_csv(Path(__file__).with_suffix(".csv"), dtype="str")
"""Statistic, function, what it is held against, digits (of a printed number, or the tolerance), test."""

NO_FIGURE = set(
    """
    degrees known is_ordinary interval_of_ends worth_of interval_on guard_sides nps_wald nps_hybrid months month
    find_themes unit_of list_themes number_people cells_of join_reports lay_out collapse_atoms remainder relations
    partitions small_unions complements
    find_moments rank_moments rank_experience explain_gaps list_gaps list_stages group_names own_figures
    find_widest_mix choose_quotes find_action_states find_facts make_sheet propose_actions read_playbook
    suggest_strategies find_news find_open_gaps find_unlinked link_objectives list_alerts judge_newest recall_gaps
    recall_kpis trace_figures trace_interruptions trace_sites find_coverage find_attainment
    """.split()
)
"""Parts of a statistic that is listed, and functions that choose, join or word figures and make none of their own."""


def public_functions() -> list[str]:
    """What the modules define and the steps export, sentences left out."""
    names = []
    for module in MODULES:
        tree = ast.parse((ROOT / f"cxlib/{module}.py").read_text(encoding="utf-8"))
        names += [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    for step in STEPS:
        module = importlib.import_module(f"cxlib.{step}")
        names += [name for name, what in vars(module).items() if inspect.isfunction(what)]
    return [name for name in names if not name.startswith("describe_")]


def missing_statistics() -> list[str]:
    """Public statistics that no row names."""
    named = set(HELD["function"].str.split(".").str[-1]) | NO_FIGURE
    return sorted(set(public_functions()) - named)


def missing_tests() -> list[str]:
    """Tests that rows name and that are not there."""
    nodes = set(HELD["test"])
    files = {node.split("::")[0] for node in nodes}
    there = {
        f"{file}::{line.removeprefix('def ').split('(')[0]}"
        for file in files
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines()
        if line.startswith("def test_")
    }
    return sorted(nodes - there)


def write_section(seed: int) -> str:
    """The section of the proof: every statistic and what it is held against."""
    source = HELD["held against"]
    printed = source.str.contains("print").sum()
    libraries = source.str.contains("SciPy|statsmodels|scikit-learn|pm4py").sum()
    table = HELD.assign(function="`" + HELD["function"] + "`", test="`" + HELD["test"].str.split("::").str[0] + "`")
    return compose_section(
        HEADING,
        tried=f"{len(HELD)} statistics of a report are compared with figures made without it.",
        held=f"All agree within the digits given: {printed} with figures printed in books, papers or by R, {libraries} "
        "with SciPy, statsmodels or other libraries, the rest with a second computation (some with several).",
        refused="Nothing is refused; what a report does not compute, such as Krippendorff's α, has no reference here.",
        body="The tests named run with all others, those in tests/real/ where the real data are. Nothing is drawn, so "
        "there is no size, seed or Monte Carlo error. "
        "*Digits*: those of a printed figure, or the tolerance.\n\n" + in_markdown(table),
    )


if __name__ == "__main__":
    run_suite(__doc__, write_section)
