"""Executed notebooks as HTML: chapters, the charts and tables in them, and what they marked for the first page."""

import re
from html.parser import HTMLParser
from pathlib import Path

import bleach
import jinja2
import nbformat
from markupsafe import Markup
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from traitlets.config import Config

from cxlib.catalogue import tell
from cxlib.tables import StudyError

ALLOWED_TAGS = "p table thead tbody tr th td h1 h2 h3 h4 ul ol li strong em code".split()
ALLOWED = {"td": ["class", "data-label"], "th": ["scope"]}
TEMPLATES = Path(__file__).parent / "templates"
TALL = 880
"""A chart higher than this, in pixels, may fill a sheet of paper."""


def read_chapter(path: Path) -> nbformat.NotebookNode:
    """An executed notebook, its charts and tables numbered and named after their section, each by a name of its own."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = tell(cell.source)
    titles = [heading(cell.source) for cell in notebook.cells if cell.cell_type == "markdown"]
    number, section, count = re.match(r"(\d+\b)?", titles[0])[0], "", {"Chart": 0, "Table": 0}
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            section = heading(cell.source)
        outputs = [] if "not-in-report" in cell.metadata.get("tags", []) else cell.get("outputs", [])
        for output in filter(of_chapter, outputs):
            kind = "Chart" if "image/png" in output.get("data", {}) else "Table"
            count[kind] += kind == "Chart" or "<table" in output.get("data", {}).get("text/html", "")
            said = tell("Chart {number}: {section}") if kind == "Chart" else tell("Table {number}: {section}")
            words = said.format(number=".".join(filter(None, [number, str(count[kind])])), section=section)
            output.setdefault("metadata", {}).setdefault("cx", {}).update(label=words, section=section)
    notebook.metadata["cx_id"], notebook.metadata["cx_title"] = f"chapter-{path.stem}", titles[0]
    return notebook


def marks_of(notebook: nbformat.NotebookNode) -> list[dict]:
    """What a chapter marked for the first page: what it `says` (or a claim), its `place`, `kind` and `output`.

    A chart has its `note`, the output after it.
    """
    marks = []
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        for output, after in zip(outputs, [*outputs[1:], {}]):
            cx = output.get("metadata", {}).get("cx", {})
            mark = {"place": cx.get("place", "found"), "kind": cx.get("kind", "sentence"), "output": output}
            if cx.get("finding"):
                marks.append(mark | {"says": cx["finding"]})
            if cx.get("first_page"):
                marks.append(mark | {"says": cx["first_page"], "kind": "chart", "place": "map", "note": after})
    return marks


def render_chapter(notebook: nbformat.NotebookNode, folder: Path | None = None) -> dict:
    """A chapter from `read_chapter`: `id`, `title`, `html`; with a `folder`, its charts offer their files."""
    notebook = without_empty_sections(notebook)
    config = Config()
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_cell_tags = ["not-in-report"]
    exporter = HTMLExporter(
        config=config, template_name="chapter", extra_template_basedirs=[str(TEMPLATES)], exclude_input=True,
        exclude_anchor_links=True,
    )  # fmt: skip
    exporter.register_filter("allowed_html", allowed_html)
    exporter.register_filter("figure", lambda output: render_figure(output, folder))
    exporter.register_filter("tell", tell)
    body = exporter.from_notebook_node(notebook)[0]
    return {"id": notebook.metadata["cx_id"], "title": notebook.metadata["cx_title"], "html": demote(body)}


def allowed_html(html: str) -> str:
    """HTML without anything that could act."""
    return bleach.clean(html, tags=ALLOWED_TAGS, attributes=ALLOWED, strip=True)


def render_markdown(text: str) -> Markup:
    """Markdown as HTML without anything that could act."""
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    return Markup(allowed_html(MarkdownWithMath(renderer=renderer).render(text)))


def render_figure(output: nbformat.NotebookNode, folder: Path | None = None) -> Markup:
    """A chart with its text for those who cannot see it, and links to its files, where they are there."""
    image, cx = output.metadata.get("image/png", {}), output.metadata.get("cx", {})
    name, ends = cx.get("name", ""), {"png": "PNG", "svg": "SVG", "csv": tell("data (CSV)")}
    kept = [end for end in ends if folder and name and (folder / "charts" / f"{name}.{end}").is_file()]
    facts = {"data": output.data["image/png"], "alt": image.get("alt", ""), "label": cx.get("label", "")}
    facts |= {"width": image.get("width"), "tall": (image.get("height") or 0) > TALL}
    files = [{"path": f"charts/{name}.{end}", "word": ends[end]} for end in kept]
    return Markup(templates().get_template("figure.html.j2").render(**facts, files=files))


def heading(source: str) -> str:
    """The first line of a markdown cell without its marks."""
    return source.splitlines()[0].lstrip("# ")


def without_empty_sections(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A heading under which nothing is shown is left out, such as that of a grouping nobody asked for."""
    kept, pending = [], []
    for cell in notebook.cells:
        heads = cell.cell_type == "markdown" and cell.source.startswith("##")
        if cell.get("outputs"):
            cell.outputs = [output for output in cell.outputs if of_chapter(output)]
        if heads:
            pending = []
        if heads and len(cell.source.strip().splitlines()) == 1:
            pending = [cell]
        elif cell.cell_type == "markdown" or cell.get("outputs"):
            kept += [*pending, cell]
            pending = []
    notebook.cells = kept
    return notebook


def of_chapter(output: nbformat.NotebookNode) -> bool:
    """Whether an output stands in its chapter, and not on the first page alone."""
    cx = output.get("metadata", {}).get("cx", {})
    return cx.get("kind") != "table" and not (cx.get("moved") and "image/png" not in output.get("data", {}))


def demote(body: str) -> str:
    """Every heading one level down, under the page's own; ids of headings are dropped, chapters have theirs.

    >>> demote('<h1 id="a">Gaps</h1>')
    '<h2>Gaps</h2>'
    """
    return re.sub(r"<(/?)h([1-5])(?: [^>]*)?>", lambda found: f"<{found[1]}h{int(found[2]) + 1}>", body)


def templates() -> jinja2.Environment:
    """The page's templates: everything is escaped, every word is told in the language spoken."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.globals["tell"] = tell
    return environment


def render_report(page: dict) -> str:
    """The whole page from the first page's facts and the chapters, checked."""
    html = templates().get_template("report.html.j2").render(**page)
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
