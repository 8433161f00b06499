"""The page made of executed notebooks."""

import nbformat
import pytest

from cxlib.render import check_page, demote, render_chapter
from cxlib.tables import StudyError

MARKDOWN, CODE = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell


def chapter(tmp_path, *cells):
    path = tmp_path / "01_test.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[MARKDOWN("# 1 A test"), *cells]), path)
    return render_chapter(path)


def shows(html, **metadata):
    output = nbformat.v4.new_output("display_data", {"text/html": html, "text/plain": "plain"}, metadata=metadata)
    return CODE("secret_code()", outputs=[output])


def test_code_is_hidden_and_headings_stand_under_the_page_title(tmp_path):
    made = chapter(tmp_path, MARKDOWN("## Why?"), shows("<p>Because.</p>"))
    assert made["title"] == "1 A test" and "<h2>1 A test</h2>" in made["html"] and "<h3>Why?</h3>" in made["html"]
    assert "<p>Because.</p>" in made["html"] and "secret_code" not in made["html"]


def test_findings_are_collected_for_the_first_page(tmp_path):
    assert chapter(tmp_path, shows("<p>x</p>", cx={"finding": "Pay falls short."}))["findings"] == ["Pay falls short."]


def test_a_section_that_shows_nothing_is_left_out(tmp_path):
    html = chapter(tmp_path, MARKDOWN("## Nothing"), CODE("x = 1"), MARKDOWN("## How?\n\nWell."))["html"]
    assert "Nothing" not in html and "<h3>How?</h3>" in html


def test_a_cell_kept_out_of_the_report(tmp_path):
    cell = shows("<p>pinned</p>")
    cell.metadata["tags"] = ["not-in-report"]
    assert "pinned" not in chapter(tmp_path, cell)["html"]


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
    made = chapter(tmp_path, shows(f"<table><tr><td>{html}</td></tr></table>"))["html"]
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
