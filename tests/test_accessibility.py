"""The page for everybody: no finding of axe-core, a sentence for each picture, light enough for a phone."""

import html
import re
from pathlib import Path

import axe_playwright_python
import pytest

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
GRAVE = ("serious", "critical")
MOST_BYTES = 3_000_000
ONE_ROW_OF_EACH_LOOK = """[...document.querySelectorAll('table')].map(table => {
  const look = row => [...row.cells].map(cell => cell.className).join();
  const again = [...table.rows].filter((row, place, rows) => rows.findIndex(one => look(one) === look(row)) < place);
  again.forEach(row => row.remove());
  return again.length;
}).reduce((sum, one) => sum + one)"""


@pytest.fixture(scope="module")
def page(sample_report):
    return (sample_report / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pictures(page):
    """Each picture's alt text, by the name of its chart's file."""
    figures = re.findall(r"<figure.*?</figure>", page, re.S)
    found = {}
    for figure in figures:
        [alt] = re.findall(r'<img[^>]*\balt="([^"]*)"', figure)
        [name] = set(re.findall(r'href="charts/([^"]*)\.svg"', figure))
        found[name] = html.unescape(alt)
    return found


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_grave_in_light_or_dark(browser, sample_report, width):
    """The page allows no script; this browser alone is told to run one all the same.

    Contrast takes long: it is looked at with one row of each look a table.
    """
    context = browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900})
    tab = context.new_page()
    tab.goto((sample_report.resolve() / "report.html").as_uri())
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    assert faults(tab, "rules: {'color-contrast': {enabled: false}}") == []
    assert tab.evaluate(ONE_ROW_OF_EACH_LOOK) > 100
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        assert faults(tab, "runOnly: ['color-contrast']") == [], scheme
    context.close()


def faults(tab, options: str) -> list[str]:
    """What axe finds serious or critical, each with its place on the page."""
    found = tab.evaluate(f"axe.run({{resultTypes: ['violations'], {options}}})")
    assert found["passes"]
    grave = [fault for fault in found["violations"] if fault["impact"] in GRAVE]
    return [f"{fault['id']} at {one['target']}: {one['failureSummary']}" for fault in grave for one in fault["nodes"]]


def test_every_picture_states_what_it_shows_in_sentences(pictures, page):
    assert len(pictures) == page.count("<img") >= 12
    for name, alt in pictures.items():
        assert len(re.findall(r"[^\W\d_]", alt)) >= 20 and alt.endswith("."), f"{name}: {alt}"
        assert not re.match(r"\S+\.(png|svg)$", alt), name


def test_what_is_said_of_a_picture_begins_with_its_title(pictures, sample_report):
    """matplotlib leaves every text of a chart as a comment in its SVG, line by line."""
    for name, alt in pictures.items():
        svg = html.unescape((sample_report / f"charts/{name}.svg").read_text(encoding="utf-8"))
        lines = [" ".join(line.lower().split()) for line in re.findall(r"<!-- (.*?) -->", svg, re.S)]
        begins = [line for line in lines if len(line) > 20 and " ".join(alt.lower().split()).startswith(line)]
        assert begins, f"{name}: {alt[:80]}"


def test_the_page_is_light_enough_for_a_phone(page):
    assert len(page.encode("utf-8")) < MOST_BYTES
    assert "<script" not in page and "javascript:" not in page
