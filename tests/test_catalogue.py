"""Every sentence can be said in another language: the template, the files of languages, and what stays English."""

import html
import re

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest
from babel.messages.pofile import read_po
from matplotlib.text import Text

from cxlib import catalogue, chapter, open_study
from cxlib.catalogue import speak, tell
from cxlib.page import describe_head, explain_trust, list_files
from cxlib.render import render_report
from cxlib.sentences import TEMPLATE, check_language, write_template
from cxlib.study import ROOT
from cxlib.tables import StudyError

SAID = """
msgid "{people} gave {answers}."
msgstr "{answers} von {people}."

msgid "There is {what}."
msgstr "Es gibt {was}."

msgid "falls short"
msgstr "bleibt zurück"

#, fuzzy
msgid "meets"
msgstr "trifft"
"""


@pytest.fixture
def xx(tmp_path, monkeypatch):
    """A file of three sentences and a verdict, and its language spoken; English again afterwards."""
    monkeypatch.setattr(catalogue, "LANGUAGES", tmp_path)
    catalogue.sentences.cache_clear()
    file = tmp_path / "xx.po"
    file.write_text(SAID, encoding="utf-8")
    speak("xx")
    yield file
    speak("en")
    catalogue.sentences.cache_clear()


def test_a_sentence_is_told_in_the_language_spoken_its_names_filled_in(xx):
    assert tell("{people} gave {answers}.", people="2", answers="falls short") == "bleibt zurück von 2."
    speak("en")
    assert tell("{people} gave {answers}.", people="2", answers="falls short") == "2 gave falls short."


def test_what_is_missing_fuzzy_or_has_other_names_stays_english(xx):
    assert [tell("exceeds"), tell("meets"), tell("There is {what}.", what="none")] == [
        "exceeds", "meets", "There is none.",
    ]  # fmt: skip


def test_a_translation_with_other_names_is_named(xx):
    assert check_language(xx) == ["xx.po: other names in braces than the English has: There is {what}."]


def test_a_study_speaks_its_language_and_one_without_a_file_is_refused(xx, make_study, small_ratings):
    settings = "scales: {expected: [1, 7], experienced: [1, 7]}\nlanguage: "
    open_study(make_study(ratings=small_ratings, settings=f"{settings}xx"))
    assert tell("falls short") == "bleibt zurück"
    with pytest.raises(StudyError, match="there is no cxlib/languages/yy.po"):
        open_study(make_study(ratings=small_ratings, settings=f"{settings}yy"))


def test_the_template_holds_every_sentence():
    assert TEMPLATE.read_text(encoding="utf-8") == write_template(), "run: make sentences"


@pytest.fixture(scope="module")
def keys():
    """Every sentence and label of the project."""
    with TEMPLATE.open("rb") as file:
        return {message.id for message in read_po(file)}


@pytest.fixture
def made_up(monkeypatch, keys):
    """A language in which every letter of what is told is an ø."""

    class MadeUp(dict):
        def get(self, english, default=None):
            parts = re.split(r"(\{[^}]*\})", english) if english in keys else []
            return "".join(part if part.startswith("{") else re.sub("[A-Za-z]", "ø", part) for part in parts) or default

    monkeypatch.setattr(catalogue, "sentences", lambda language: MadeUp(some="thing"))
    monkeypatch.setattr("cxlib.opening.speak", lambda language: None)
    monkeypatch.setattr(catalogue, "spoken", "ø")


@pytest.fixture(scope="module")
def own_words():
    """The words of the sample study: of its map, personas, channels, benchmarks and themes."""
    files = ("touchpoints.csv", "personas.csv", "benchmarks.csv", "objectives.csv", "study.yaml")
    texts = [(ROOT / "data/sample" / file).read_text(encoding="utf-8") for file in files]
    texts += pd.read_csv(ROOT / "data/sample/feedback.csv")["code"].dropna().unique().tolist()
    return set(words_of(texts)) | set(words_of(["web app store phone csv tables"]))


def words_of(texts):
    return re.findall("[a-z]{3,}", " ".join(texts).lower())


def run_chapter(name, monkeypatch):
    """All that a chapter says and shows: sentences, tables, words on charts and their alt texts."""
    said = []

    def show(self, ax, name, *, alt, note="", **_):
        if ax is not None:
            chapter.tell_labels(ax.figure)
            said.extend([alt, tell(note), *(text.get_text() for text in ax.figure.findobj(Text) if text.get_visible())])
            plt.close(ax.figure)

    monkeypatch.setattr(chapter.Chapter, "show", show)
    monkeypatch.setattr(chapter, "display", lambda data, **_: said.append(data["text/html"]))
    there = {}
    for cell in nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4).cells:
        if cell.cell_type == "code" and "nbval-check-output" not in cell.metadata.get("tags", []):
            exec(cell.source.replace('"data/sample"', repr(str(ROOT / "data/sample"))), there)
    return [html.unescape(re.sub("<[^>]*>", " ", text)) for text in said]


def test_a_chapter_in_another_language_has_no_english_word_but_those_of_the_study(made_up, own_words, monkeypatch):
    assert sorted(set(words_of(run_chapter("04_gaps", monkeypatch))) - own_words) == []


def test_the_page_around_the_chapters_has_no_english_word_but_those_of_the_study(made_up, own_words):
    study = open_study(ROOT / "data/sample")
    sentence = [{"kind": "sentence", "words": "ø"}]
    page = describe_head(study) | dict.fromkeys(["found", "changed", "first", "map", "targets"], sentence)
    page |= dict(before="ø", rated=True, trust=explain_trust(study, 0.9), doubts=["ø"], missing=["ø"], quarantined=1)
    page |= dict(chapters=[], examination=[], method="ø", run="ø", language="ø", files=list_files(ROOT / "absent", []))
    body = render_report(page).partition('<body id="top">')[2]
    shown = re.findall(r'(?:aria-label|alt|title)="([^"]*)"', body) + [re.sub("<[^>]*>", " ", body)]
    names = {"report", "html", "pdf", "workbook", "xlsx", "manifest", "json", "quarantined", "respondents"}
    assert sorted(set(words_of(shown)) - own_words - names) == []
