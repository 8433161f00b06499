"""The report on paper: tagged, with its outline, the same wherever it is printed, and never in the way."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from cxlib.cli import cx
from cxlib.pdf import explain_no_pdf, find_browser, keep_paper, print_pdf
from cxlib.report import run_report
from tests.conftest import write_study

RATINGS = "respondent,touchpoint,expected,experienced\nann,pay,5,4\nbob,pay,5,3\n"

PAGE = (
    '<!DOCTYPE html><html lang="en"><head><title>A report</title></head><body><h1>A report</h1>'
    '<p>Checkout falls short. <a href="#end">The end</a> <a class="soft" href="tables/gaps.csv">gaps.csv</a></p>'
    '<h2 id="end">1 A chapter</h2><table><tr><th scope="col">touchpoint</th></tr><tr><td>Checkout</td></tr></table>'
    "</body></html>"
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "report.html").write_text(PAGE, encoding="utf-8")
    return tmp_path


def browser_that(folder: Path, does: str, monkeypatch) -> None:
    """CX_CHROMIUM names a program of our own."""
    program = folder / "browser"
    program.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("CX_CHROMIUM", str(program))


def test_the_sample_is_printed_tagged_with_its_chapters_as_outline_and_its_words_as_words(
    browser, sample_report, tmp_path
):
    shutil.copy(sample_report / "report.html", tmp_path)
    assert print_pdf(tmp_path)
    paper = (tmp_path / "report.pdf").read_bytes()
    for mark in (b"/MarkInfo", b"/StructTreeRoot", b"/Outlines", b"/Lang (en)", b"/CreationDate (D:20000101000000"):
        assert mark in paper
    assert b"file:" not in paper and str(tmp_path).encode() not in paper
    boxes = set(re.findall(rb"/MediaBox \[([^\]]*)\]", paper))
    assert {tuple(round(float(end)) for end in box.split()) for box in boxes} == {(0, 0, 595, 842)}
    titles = {re.sub(r"\s", "", title.decode("latin-1")) for title in re.findall(rb"/Title \(([^)]*)\)", paper)}
    page = (sample_report / "report.html").read_text(encoding="utf-8")
    chapters = [title for title in re.findall(r"<h2[^>]*>(\d [^<]*)</h2>", page) if title.isascii()]
    assert len(chapters) >= 5 and {title.replace(" ", "") for title in chapters} <= titles


def test_words_on_paper_can_be_searched_and_no_path_is_printed(browser, folder):
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("pdftotext is not installed (Debian: apt-get install poppler-utils)")
    assert print_pdf(folder) and {path.name for path in folder.iterdir()} == {"report.html", "report.pdf"}
    said = subprocess.run([reader, folder / "report.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert "Checkout falls short." in said and "1 A chapter" in said
    assert b"file:" not in (folder / "report.pdf").read_bytes()


@pytest.mark.parametrize("does", ["exit 1", "exit 0", "for last; do :; done; echo no paper"])
def test_a_browser_that_fails_leaves_no_file_and_one_sentence(folder, monkeypatch, does):
    browser_that(folder, does, monkeypatch)
    assert not print_pdf(folder) and not list(folder.glob("*.pdf"))
    assert "could not print" in explain_no_pdf() and "CX_CHROMIUM" in explain_no_pdf()


def test_paper_that_cannot_be_kept_leaves_no_file(folder, monkeypatch):
    def full(*_):
        raise OSError("no room")

    monkeypatch.setattr("cxlib.pdf.os.replace", full)
    assert not keep_paper(b"%PDF-1.4", folder) and [path.name for path in folder.iterdir()] == ["report.html"]


def test_a_browser_that_takes_too_long_is_ended(folder, monkeypatch):
    monkeypatch.setattr("cxlib.pdf.MOST_SECONDS", 0.2)
    browser_that(folder, "exec sleep 60", monkeypatch)
    assert not print_pdf(folder)


def test_without_a_browser_a_sentence_says_how_to_get_one(folder, monkeypatch):
    monkeypatch.setenv("CX_CHROMIUM", "no-such-browser")
    assert not print_pdf(folder) and "no-such-browser, which is not there" in explain_no_pdf()
    monkeypatch.delenv("CX_CHROMIUM")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("cxlib.pdf.APPLICATIONS", ())
    assert find_browser() is None and "--no-pdf" in explain_no_pdf()


def test_edge_is_found_where_windows_keeps_it(folder, monkeypatch):
    home = folder / "Microsoft/Edge/Application"
    home.mkdir(parents=True)
    browser_that(home, "exit 0", monkeypatch)
    os.rename(home / "browser", home / "msedge.exe")
    monkeypatch.delenv("CX_CHROMIUM")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PROGRAMFILES", str(folder))
    assert find_browser() == str(home / "msedge.exe")


def test_a_pdf_asked_for_later_joins_the_report_that_was_there_and_changes_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr("cxlib.report.run_notebooks", lambda *_, **__: [])
    study = write_study(tmp_path / "little", ratings=RATINGS)
    home, new = run_report(study, {}, reports=tmp_path / "out")
    before = {path: path.read_bytes() for path in home.resolve().rglob("*") if path.is_file()}
    assert new and not (home / "report.pdf").exists() and b"report.pdf" in (home / "manifest.json").read_bytes()
    paper = 'for word; do case "$word" in --print-to-pdf=*) printf %s-1.4 %PDF > "${word#*=}";; esac; done'
    browser_that(tmp_path, paper, monkeypatch)
    again, new = run_report(study, {}, reports=tmp_path / "out", pdf=True)
    assert not new and again.resolve() == home.resolve()
    assert (again / "report.pdf").read_bytes() == b"%PDF-1.4"
    assert {path: path.read_bytes() for path in before} == before


def test_the_command_asks_for_a_pdf_unless_told_not_to_and_says_when_there_is_none(folder, monkeypatch):
    asked = []
    monkeypatch.setattr("cxlib.report.run_report", lambda *_, pdf, **__: asked.append(pdf) or (folder, True))
    monkeypatch.setenv("CX_CHROMIUM", "no-such-browser")
    with_pdf, without = (CliRunner().invoke(cx, ["report", "a-study", *more]) for more in ([], ["--no-pdf"]))
    assert asked == [True, False] and with_pdf.exit_code == without.exit_code == 0
    assert with_pdf.stdout == without.stdout == f"The report is at {folder / 'report.html'}\n"
    assert "There is no report.pdf" in with_pdf.stderr and without.stderr == ""
