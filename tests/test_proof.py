"""The proof is whole: every interval of a report is measured somewhere, and docs/proof.md has every section."""

import importlib

from tests.proof.__main__ import SUITES
from tests.proof.page import ANSWERS, answer_of, compose_section, keep_section
from tests.proof.register import published_intervals, read_register, write_register


def test_every_interval_that_a_report_publishes_is_in_the_register():
    known = read_register()
    assert sorted(zip(known["table"], known["column"])) == sorted(published_intervals())
    assert set(known["suite"]) <= set(SUITES)


def test_the_page_has_a_section_of_every_suite_and_its_answers_in_front(root):
    page = (root / "docs/proof.md").read_text(encoding="utf-8")
    front, *sections = page.split("\n## ")
    headings = [importlib.import_module(f"tests.proof.{suite}").HEADING for suite in SUITES]
    assert [section.splitlines()[0] for section in sections[:-1]] == headings
    for heading, section in zip(headings, sections):
        for kind in ANSWERS:
            assert answer_of(section, kind) and f"| {answer_of(section, kind)} |" in front, heading
    assert write_register() in page


def test_a_section_takes_the_place_of_its_former_self(tmp_path):
    page = tmp_path / "proof.md"
    for heading, held in (("One", "zebra"), ("Two", "that"), ("One", "more")):
        keep_section(page, compose_section(heading, tried="all", held=held, refused="none", body="| a |\n"))
    text = page.read_text(encoding="utf-8")
    assert text.index("## One") < text.index("## Two") and "zebra" not in text
    assert "| One | all | more | none |" in text and "| Two | all | that | none |" in text
