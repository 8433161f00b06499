"""The page made of executed notebooks."""

import re

import nbformat
import pandas as pd
import pytest

from cxlib.page import place_marks
from cxlib.readable import table_html
from cxlib.render import check_page, demote, marks_of, read_chapter, render_chapter, render_markdown, render_report
from cxlib.tables import StudyError

MARKDOWN, CODE = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell


def chapter(tmp_path, *cells):
    path = tmp_path / "01_test.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[MARKDOWN("# 1 A test"), *cells]), path)
    return read_chapter(path)


def rendered(tmp_path, *cells):
    return render_chapter(chapter(tmp_path, *cells), tmp_path)


def shows(html, **metadata):
    output = nbformat.v4.new_output("display_data", {"text/html": html, "text/plain": "plain"}, metadata=metadata)
    return CODE("secret_code()", outputs=[output])


def test_code_is_hidden_and_headings_stand_under_the_page_title(tmp_path):
    made = rendered(tmp_path, MARKDOWN("## Why?"), shows("<p>Because.</p>"))
    assert made["title"] == "1 A test" and "<h2>1 A test</h2>" in made["html"] and "<h3>Why?</h3>" in made["html"]
    assert "<p>Because.</p>" in made["html"] and "secret_code" not in made["html"]


def placed(tmp_path, *outputs):
    return place_marks(marks_of(chapter(tmp_path, *outputs)))


def test_findings_are_placed_in_the_blocks_of_the_first_page_the_worst_first(tmp_path):
    said = [("Who.", "found"), ("Pay falls short.", "lead"), ("Better.", "changed"), ("It worked.", "worked")]
    blocks = placed(tmp_path, *(shows("<p>x</p>", cx={"finding": words, "place": place}) for words, place in said))
    assert [finding["words"] for finding in blocks["found"]] == ["Pay falls short.", "Who."]
    assert blocks["changed"][0]["words"] == "Better." and blocks["targets"][0]["words"] == "It worked."
    assert blocks["map"] == blocks["first"] == []


def test_at_most_six_findings_stand_on_the_first_page(tmp_path):
    assert len(placed(tmp_path, *(shows("<p>x</p>", cx={"finding": f"{n}."}) for n in range(9)))["found"]) == 6


def test_all_blocks_are_settled_together(tmp_path):
    """.03 would hold alone; beside 19 tests that show nothing, wherever they stand, it does not."""
    sure = {"p": [0.03], "versions": [[0.03, "It worked."], [-1.0, "No sure effect."]]}
    many = {"p": [0.9] * 19, "versions": [[0.9, "No change."]] * 2 + [[-1.0, "No change."]]}
    alone = shows("<p>x</p>", cx={"finding": sure, "place": "worked"})
    beside = shows("<p>x</p>", cx={"finding": many, "place": "changed"})
    assert placed(tmp_path, alone)["targets"][0]["words"] == "It worked."
    assert placed(tmp_path, alone, beside)["targets"][0]["words"] == "No sure effect."


def test_a_table_of_the_first_page_stands_there_alone(tmp_path):
    table = table_html(pd.DataFrame({"action": ["<b>A1</b>"]}), named=True)
    cell = shows(table, cx={"finding": table, "place": "actions", "kind": "table"})
    [shown] = placed(tmp_path, cell)["targets"]
    assert "&lt;b&gt;A1" in shown["html"] and 'data-label="action"' in shown["html"]
    assert "<table" not in rendered(tmp_path, cell)["html"]


def picture(**cx):
    data = {"image/png": "eA==", "text/plain": "A map."}
    note = nbformat.v4.new_output("display_data", {"text/plain": "A card.", "text/html": "<p>A card.</p>"})
    metadata = {"image/png": {"alt": "A map.", "width": 700, "height": 400}, "cx": {"name": "map", **cx}}
    return CODE("plot()", outputs=[nbformat.v4.new_output("display_data", data, metadata=metadata), note])


@pytest.mark.parametrize(("p", "moved"), [(0.001, True), (0.2, False)])
def test_a_chart_moves_to_the_first_page_if_all_it_shows_holds(tmp_path, p, moved):
    claim = {"p": [p], "versions": [[p, "holds"], [-1.0, ""]]}
    made = chapter(tmp_path, MARKDOWN("## What does it look like?"), picture(first_page=claim))
    blocks, html = place_marks(marks_of(made), tmp_path), render_chapter(made, tmp_path)["html"]
    assert ("<img" in html) == ("A card." in html) == (not moved) and ('href="#map"' in html) == moved
    assert ["<img" in mark["html"] and mark["note"] == "A card." for mark in blocks["map"]] == [True] * moved


def test_a_chart_offers_its_files_where_they_are(tmp_path):
    (tmp_path / "charts").mkdir()
    for end in ("png", "csv"):
        (tmp_path / f"charts/map.{end}").write_text("")
    html = rendered(tmp_path, picture())["html"]
    check_page(html)
    assert 'href="charts/map.png"' in html and 'href="charts/map.csv"' in html and "map.svg" not in html


def test_what_scrolls_is_named_after_its_section_each_by_another_name(tmp_path):
    tables = [shows("<table><tr><td>1</td></tr></table>") for _ in range(2)]
    html = rendered(tmp_path, MARKDOWN("## Who & where?"), *tables, picture())["html"]
    labels = re.findall('aria-label="([^"]*)"', html)
    assert labels == [f"{kind}: Who &amp; where?" for kind in ("Table 1.1", "Table 1.2", "Chart 1.1")]


def page(**more):
    empty = dict.fromkeys(["found", "changed", "first", "map", "targets", "facts", "trust", "doubts", "missing"], [])
    empty |= dict.fromkeys(["files", "chapters", "examination"], []) | dict(quarantined=0, method="", run="0" * 16)
    empty |= dict(title="T", objective="", looked_at="", before="", rated=False, language="en")
    return render_report(empty | more)


SENTENCE = [{"kind": "sentence", "words": "<b>Said & done."}]


@pytest.mark.parametrize(
    ("block", "heading"),
    [("changed", "What changed"), ("first", "What to do first"), ("targets", "Targets and actions")],
)
def test_a_block_stands_on_the_first_page_where_there_is_something_in_it(block, heading):
    there, absent = page(**{block: SENTENCE}), page()
    assert f">{heading}</h2>" in there and f">{heading}</h2>" not in absent
    assert "&lt;b&gt;Said &amp; done." in there


def test_a_study_without_anything_still_has_a_clean_first_page():
    html = page(rated=True)
    assert "There is no wave before this one to compare with." in html and "<dd>" not in html
    assert re.findall("<h2[^>]*>([^<]*)<", html) == [
        "What we found", "What changed", "How far to trust it", "Contents", "How was the data read?",
        "Files of this report",
    ]  # fmt: skip
    assert [part in html for part in ("<header>", "<main>", "<nav ", "<footer ", 'class="skip"')] == [True] * 5


def test_the_change_is_named_after_the_wave_before_it():
    assert ">What changed since 2026-Q1</h2>" in page(before="2026-Q1", changed=SENTENCE)


def test_the_method_note_cannot_act():
    html = page(method=render_markdown("### Why?\n\n[x](https://example.org) <script>x</script>\n\n- one"))
    assert "<h3>Why?</h3>" in html and "<li>one</li>" in html and "<script" not in html and "example.org" not in html


def test_a_section_that_shows_nothing_is_left_out(tmp_path):
    html = rendered(tmp_path, MARKDOWN("## Nothing"), CODE("x = 1"), MARKDOWN("## How?\n\nWell."))["html"]
    assert "Nothing" not in html and "<h3>How?</h3>" in html


def test_a_cell_kept_out_of_the_report(tmp_path):
    cell = shows("<p>pinned</p>")
    cell.metadata["tags"] = ["not-in-report"]
    assert "pinned" not in rendered(tmp_path, cell)["html"]


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        "<svg onload=x>",
    ],
)
def test_what_could_act_does_not_reach_the_page(tmp_path, html):
    made = rendered(tmp_path, shows(f"<table><tr><td>{html}</td></tr></table>"))["html"]
    check_page(made)
    assert "<script" not in made and "<svg" not in made and "<img" not in made and "<a " not in made


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<script></script>", "a <script>"),
        ('<img src="data:image/png;base64,x">', "without alt"),
        ('<img alt="x" src="https://example.org/x.png">', "src="),
        ('<p onclick="x">', "onclick"),
        ('<a href="//example.org">', "href="),
        ('<link rel="stylesheet" href="x.css">', "a <link>"),
    ],
)
def test_a_page_that_could_act_is_not_published(html, words):
    with pytest.raises(StudyError, match=words):
        check_page(html)


def test_links_within_the_report_are_allowed():
    check_page('<a href="#findings">x</a><a href="tables/gaps.csv">x</a><img alt="x" src="data:image/png;base64,x">')


def test_headings_go_one_level_down():
    assert demote("<h1>a</h1><h2 id='x'>b</h2>") == "<h2>a</h2><h3>b</h3>"
