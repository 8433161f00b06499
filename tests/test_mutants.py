"""The wrong formulas of tests/mutants: each can be put in, and tests of numbers alone are asked to notice it."""

import re
from collections import Counter

import pytest

from tests.mutants.run import ROOT, put_in
from tests.mutants.wrong_formulas import WRONG_FORMULAS, WrongFormula

OF_NO_NUMBER = re.compile(
    r"test_(report\w*|lab|browser|charts\w*|step_charts|comparison_charts|sample|runner|render|house|mutants)\.py"
)
"""Tests that make reports, open a browser, draw, compare what was kept, or read the list itself."""


def test_there_are_forty_or_more_under_names_of_their_own():
    assert len(WRONG_FORMULAS) >= 40
    assert [name for name, times in Counter(formula.name for formula in WRONG_FORMULAS).items() if times > 1] == []


def test_each_has_one_place_and_changes_it():
    texts = {file: (ROOT / file).read_text(encoding="utf-8") for file in {formula.file for formula in WRONG_FORMULAS}}
    found = {formula.name: texts[formula.file].count(formula.right) for formula in WRONG_FORMULAS}
    assert {name: count for name, count in found.items() if count != 1} == {}
    assert [formula.name for formula in WRONG_FORMULAS if formula.right == formula.wrong] == []


def test_the_tests_named_are_there_and_none_is_of_reports_or_pictures():
    files = {test.split("::")[0] for formula in WRONG_FORMULAS for test in formula.tests}
    assert all(formula.tests for formula in WRONG_FORMULAS)
    assert [file for file in sorted(files) if not (ROOT / file).is_file()] == []
    assert [file for file in files if OF_NO_NUMBER.search(file)] == []


def test_single_tests_that_are_named_are_there():
    named = [test.split("::") for formula in WRONG_FORMULAS for test in formula.tests if "::" in test]
    assert [one for file, one in named if f"def {one}(" not in (ROOT / file).read_text(encoding="utf-8")] == []


def test_a_text_that_is_not_there_is_refused_with_its_file(tmp_path):
    with pytest.raises(ValueError, match=r"gone: 'no such text' is 0 times in cxlib/shares\.py"):
        put_in(tmp_path, WrongFormula("gone", "cxlib/shares.py", "no such text", "another", []))
