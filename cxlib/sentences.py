"""The template of a language file: every sentence and label of code, notebooks and page, in one place."""

import ast
import calendar
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from cxlib.catalogue import LANGUAGES, names_in
from cxlib.claims import UNSURE
from cxlib.priorities.playbook import read_playbook
from cxlib.readable import HEADINGS
from cxlib.study import ROOT
from cxlib.tables import RESULTS

TEMPLATE = LANGUAGES / "messages.pot"
TOLD = {"tell": (0,), "say": (0,), "counted": (1, 2)}
"""Functions that translate, and which of their arguments."""

NAMED = re.compile(
    r"[A-Z_]*(VERDICTS|KINDS|STATES|MOMENTS|WORDS|QUADRANTS|STATUS|SWITCHES|SWITCHED_ON_BY|PANELS|NO_LIMITS)"
)
"""Lists of words that tables hold and people read."""

MORE = (
    "(end) | (start) | above | above random | adequate | alike | all | all journeys | baseline | below | better | "
    "channel | channels | complaint resolved | complaint unresolved | concentrate here | covered | desired | "
    "effort | eight on one side | emotion | expect | expectation | expected | experience | experienced | "
    "explained by mix | find important | good | higher | higher than | holds | hour | hours | important | it | it "
    "drifts | journeys | keep it up | level | like | low priority | lower | lower than | mean experience | mean "
    "importance | met | middle of the scale | minute | minutes | more than it takes | no | no complaint | no sure "
    "change beyond that | no trace in the log | nobody visits it | nobody was asked | none | not on the map | "
    "only looks better | only looks worse | others | perhaps alike | perhaps like | persisting | persona | "
    "personas | poor | predicted | rated | reach | recommend | respondents | retained | segment | segments | "
    "signal | stable | stage | stages | surely better beyond that | target | the group | the mean importance | "
    "the rest | too few figures | touchpoints | typical elsewhere | typical here | unresolved | wave | within | "
    "worse | yes"
).split(" | ")
"""Words that code puts into sentences and charts."""

PROSE = re.compile(r"[A-Za-z][^_=<>{}\[\]|\n]*[a-z]{2,} [^_=<>{}\[\]|\n]*")
"""Words in code that are no name: some are told where they are shown."""

IN_TEMPLATE = re.compile(r'tell\("((?:[^"\\]|\\.)*)"|"((?:[^"\\]|\\.)*)" \| tell')


def write_template(folder: Path = ROOT) -> str:
    """The template as translators' tools read it (gettext's .pot): each sentence once, with the files it stands in."""
    catalogue, places = Catalog(fuzzy=False), {}
    for place, sentence in find_sentences(folder):
        places.setdefault(sentence, {})[place] = None
    for sentence, files in places.items():
        catalogue.add(sentence, locations=[(file, None) for file in files])
    written = io.BytesIO()
    write_po(written, catalogue, omit_header=True, width=100)
    return written.getvalue().decode()


def find_sentences(folder: Path) -> Iterator[tuple[str, str]]:
    """The file and text of every sentence and label that is told, in the order of the files."""
    for path in sorted((folder / "cxlib").rglob("*.py")):
        yield from ((file_of(path, folder), said) for said in told_in(path.read_text(encoding="utf-8")))
    for path in sorted((folder / "cxlib/templates").rglob("*.j2")):
        found = IN_TEMPLATE.findall(path.read_text(encoding="utf-8"))
        yield from ((file_of(path, folder), one or other) for one, other in found)
    for path in sorted((folder / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            markdown = cell.cell_type == "markdown"
            yield from ((file_of(path, folder), said) for said in ([cell.source] if markdown else told_in(cell.source)))
    for rule in read_playbook():
        yield from (("cxlib/playbook.yaml", words) for words in (rule.strategy, rule.suggest, rule.reason))
    yield "cxlib/templates/method.md", (folder / "cxlib/templates/method.md").read_text(encoding="utf-8")
    yield from (("tables", word) for word in words_of_tables())


def file_of(path: Path, folder: Path) -> str:
    """A file's name in the project."""
    return path.relative_to(folder).as_posix()


def told_in(source: str) -> Iterator[str]:
    """The sentences a piece of code tells: what stands in `tell`, what is counted, notes of charts.

    >>> list(dict.fromkeys(told_in('tell("{n} fall short", n=counted(n, "gap")); show(ax, note="How to read it.")')))
    ['How to read it.', '{n} fall short', 'gap', 'gaps']
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):  # what is said to programmers, or where something fails, is not told
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            node.body = [one for one in node.body if not (isinstance(one, ast.Expr) and is_text(one.value))]
    tree = WithoutErrors().visit(tree)
    lists = [node.value for node in tree.body if isinstance(node, ast.Assign) and NAMED.fullmatch(name_of(node))]
    yield from (one.value for words in lists for one in ast.walk(words) if is_text(one))
    yield from (one.value for one in ast.walk(tree) if is_text(one) and PROSE.fullmatch(one.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            arguments = [node.args[place] for place in TOLD.get(name, ()) if place < len(node.args)]
            arguments += [keyword.value for keyword in node.keywords if keyword.arg == "note"]
            said = [one.value for argument in arguments for one in ast.walk(argument) if is_text(one)]
            yield from said
            if name == "counted" and len(arguments) == 1:
                yield from (f"{thing}s" for thing in said)


class WithoutErrors(ast.NodeTransformer):
    """Code without what it raises."""

    def visit_Raise(self, node: ast.Raise) -> ast.Pass:
        return ast.Pass()


def name_of(node: ast.Assign) -> str:
    """The name a constant is given."""
    return getattr(node.targets[0], "id", "")


def words_of_tables() -> list[str]:
    """Headings of tables, and the verdicts a claim may have."""
    columns = [column.name.replace("_", " ") for columns in RESULTS.values() for column in columns]
    return [
        *MORE,
        *map(calendar.month_name.__getitem__, range(1, 13)),
        *HEADINGS.values(),
        *columns,
        *UNSURE,
        *UNSURE.values(),
    ]


def is_text(node: ast.AST) -> bool:
    """Whether a piece of code is a text with a word in it."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(re.search(r"[A-Za-z]", node.value))


def check_language(path: Path) -> list[str]:
    """The sentences of a language file whose names in braces are not those of the English, which is shown instead."""
    with path.open("rb") as file:
        told = [message for message in read_po(file) if message.id and message.string]
    wrong = [message.id for message in told if names_in(message.id) != names_in(message.string)]
    return [f"{path.name}: other names in braces than the English has: {english}" for english in wrong]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(write_template(), encoding="utf-8")
    print(*(fault for path in sorted(LANGUAGES.glob("*.po")) for fault in check_language(path)), sep="\n", end="")
