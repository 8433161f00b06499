"""The report in a real browser: it opens from disk, asks nobody for anything, and fits its page."""

import pytest


@pytest.fixture(scope="module")
def report(sample_report):
    return sample_report.resolve() / "report.html"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_asks_nobody_for_anything_and_is_not_cut(browser, report, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    requests, complaints = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(report.as_uri())
    asked = [url for url in requests if not url.startswith(("data:", report.as_uri()))]
    assert asked == [] and complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    loaded = "[...document.images].map(image => image.complete && image.naturalWidth > 0)"
    assert page.evaluate(loaded) == [True] * len(list((report.parent / "charts").glob("*.png")))
    page.close()


def test_tables_fit_on_a_laptop_screen(browser, report):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(report.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(rows => rows.open = true)")
    assert page.evaluate("[...document.querySelectorAll('.wide')].every(box => box.scrollWidth <= box.clientWidth)")
    page.close()


def test_headings_stand_in_order(browser, report):
    page = browser.new_page()
    page.goto(report.as_uri())
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(heading => +heading.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:]))
    page.close()


def test_a_phone_shows_charts_at_a_size_that_can_be_read(browser, report):
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto(report.as_uri())
    widths = page.evaluate("[...document.querySelectorAll('.chart')].map(box => [box.clientWidth, box.scrollWidth])")
    assert len(widths) > 30 and all(box < 390 and chart > 600 for box, chart in widths)
    labels = page.evaluate("[...document.querySelectorAll('.brief td + td')].every(cell => cell.dataset.label)")
    assert labels and page.evaluate(
        "[...document.querySelectorAll('.brief')].every(b => b.scrollWidth <= b.clientWidth)"
    )
    page.close()


def test_landmarks_are_there_once_and_every_region_has_a_name_of_its_own(browser, report):
    page = browser.new_page()
    page.goto(report.as_uri())
    marks = ("body > header", "body > main", "main > nav", "body > footer")
    assert [page.locator(mark).count() for mark in marks] == [1, 1, 1, 1]
    names = page.evaluate("[...document.querySelectorAll('[role=region]')].map(region => region.ariaLabel)")
    assert all(names) and len(names) == len(set(names)) > 60
    page.close()


def test_the_first_page_has_every_block_in_the_order_a_manager_reads(browser, report):
    page = browser.new_page()
    page.goto(report.as_uri())
    blocks = page.evaluate("[...document.querySelectorAll('main > section, main > nav')].map(block => block.id)")
    assert blocks[:6] == ["findings", "changed", "map", "first", "targets", "trust"]
    assert 3 <= page.locator(".findings li").count() <= 6
    assert "Fewer returned laptops" in page.locator("header .objective").inner_text()
    assert page.locator("#first tbody tr").count() <= 5 and page.locator("#targets table").count() == 2
    assert page.locator("#map img").count() == 1
    page.close()
