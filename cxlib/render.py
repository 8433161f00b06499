"""The report as one page: findings first, then the chapters. No script, no address outside."""

import re
from html.parser import HTMLParser
from pathlib import Path

import bleach
import jinja2
import nbformat
from nbconvert import HTMLExporter
from traitlets.config import Config

from cxlib.tables import StudyError

ALLOWED_TAGS = [
    "p",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "h1",
    "h2",
    "h3",
    "ul",
    "ol",
    "li",
    "strong",
    "em",
    "code",
]
TEMPLATES = Path(__file__).parent / "templates"


def render_chapter(path: Path) -> dict:
    """An executed notebook as a chapter: `id`, `title`, `html` and the `findings` it marked for the first page."""
    notebook = without_empty_sections(nbformat.read(path, as_version=4))
    config = Config()
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_cell_tags = ["not-in-report"]
    exporter = HTMLExporter(
        config=config, template_name="chapter", extra_template_basedirs=[str(TEMPLATES)], exclude_input=True,
        exclude_anchor_links=True,
    )  # fmt: skip
    exporter.register_filter(
        "allowed_html", lambda html: bleach.clean(html, tags=ALLOWED_TAGS, attributes={"td": ["class"]}, strip=True)
    )
    body = exporter.from_notebook_node(notebook)[0]
    findings = [
        output.metadata.cx.finding
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.get("metadata", {}).get("cx", {}).get("finding")
    ]
    title = next(heading(cell.source) for cell in notebook.cells if cell.cell_type == "markdown")
    return {"id": f"chapter-{path.stem}", "title": title, "html": demote(body), "findings": findings}


def heading(source: str) -> str:
    """The first line of a markdown cell without its marks."""
    return source.splitlines()[0].lstrip("# ")


def without_empty_sections(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A heading under which nothing is shown is left out, such as that of a grouping nobody asked for."""
    kept, pending = [], []
    for cell in notebook.cells:
        heads = cell.cell_type == "markdown" and cell.source.startswith("##")
        if heads:
            pending = []
        if heads and len(cell.source.strip().splitlines()) == 1:
            pending = [cell]
        elif cell.cell_type == "markdown" or cell.get("outputs"):
            kept += [*pending, cell]
            pending = []
    notebook.cells = kept
    return notebook


def demote(body: str) -> str:
    """Every heading one level down, under the page's own; ids of headings are dropped, chapters have theirs.

    >>> demote('<h1 id="a">Gaps</h1>')
    '<h2>Gaps</h2>'
    """
    return re.sub(r"<(/?)h([1-5])(?: [^>]*)?>", lambda found: f"<{found[1]}h{int(found[2]) + 1}>", body)


def render_report(page: dict) -> str:
    """The whole page from the first page's facts and the chapters, checked."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    html = environment.get_template("report.html.j2").render(**page)
    check_page(html)
    return html


class PageCheck(HTMLParser):
    """Collects what a report must not hold."""

    def __init__(self):
        super().__init__()
        self.faults = []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag in ("script", "iframe", "object", "embed", "link", "form", "base"):
            self.faults.append(f"a <{tag}>")
        if tag == "img" and not (values.get("alt") or "").strip():
            self.faults.append("an image without alt text")
        for name, value in attributes:
            outside = name in ("src", "href", "srcset", "action") and not (value or "").startswith(("data:image/", "#"))
            relative = name == "href" and re.fullmatch(r"\w[\w./-]*", value or "")
            if name.startswith("on") or (outside and not relative):
                self.faults.append(f"{name}={value!r:.60}")


def check_page(html: str) -> None:
    """Raise when the page holds a script, an address outside itself, or an image without alt text."""
    check = PageCheck()
    check.feed(html)
    if check.faults:
        raise StudyError(f"The report was not published: it holds {'; '.join(sorted(set(check.faults)))}.", code=70)
