"""The method notes: every source that is named has its entry, the notes of the chapters are short, no address."""

import json
import re

import pytest

NAMED = re.compile(r"([A-Z][\w’'ć-]+)(?:(?:,| &| and| et al\.)[\w ,&.ć-]*?)?(?:'s)? \(?((?:18|19|20)\d\d)\)?")
CHAPTERS = ["01_moments_of_truth", "02_expectations", "03_experience", "04_gaps", "05_priorities", "06_monitoring"]


def test_every_source_the_method_names_has_its_full_entry(root):
    text, entries = (root / "docs/method.md").read_text(encoding="utf-8").split("## References")
    listed = [entry for entry in entries.splitlines() if entry.startswith("- ")]
    named = {(name.removesuffix("'s"), year) for name, year in NAMED.findall(text.replace("\n", " "))}
    assert len(named) > 45 and listed == sorted(listed)
    assert [
        one for one in named if not any(entry.startswith(f"- {one[0]}") and f"({one[1]})" in entry for entry in listed)
    ] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_ends_with_a_short_note_that_says_what_it_takes_and_its_limit(root, name):
    cells = json.loads((root / f"notebooks/{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    note = "".join([cell for cell in cells if cell["cell_type"] == "markdown"][-1]["source"])
    heading, body = note.split("\n", 1)
    assert heading == "## How were the figures made?" and len(body.split()) <= 120
    assert "*What it takes:*" in body and "*Main limit:*" in body and f"docs/method.md, chapter {name[1]}" in body


def test_the_note_of_the_report_is_plain(root):
    note = (root / "cxlib/templates/method.md").read_text(encoding="utf-8")
    text, sources = note.split("### The most important sources")
    assert 500 <= len(text.split()) <= 700 and sources.count("\n- ") == 12
    assert not re.search(r"https?:|www\.|<|!\[|\]\(|^#{1,2} |^#{4}", note, re.MULTILINE)
    assert max(len(sentence.split()) for sentence in re.split(r"[.?:]\s", text)) <= 32
