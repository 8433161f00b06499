"""The documents say what the code does: commands, parameters, keys, exit codes, links, files for schedulers."""

import ast
import configparser
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from cxlib.cli import cx
from cxlib.opening import open_study
from cxlib.parameters import RUN_ONLY, parameters_of
from cxlib.settings import FILE_KEYS, FORMATS, JOURNEY_KEYS, KEYS
from cxlib.study import ROOT
from cxlib.summaries import summarise_ratings
from cxlib.tables import TABLES

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
SCHEDULING = ROOT / "docs" / "scheduling"
SIGNALS = 128
"""Exit codes from here on say which signal ended a process."""

CODE = re.compile(r"^```[a-z]*\n(.*?)^```|`([^`\n]+)`", re.M | re.S)
LINK = re.compile(r"\]\(([^()\s]+)\)")
UNIT_OPTIONS = {
    "Unit": {"Description", "OnFailure"},
    "Service": {"Type", "User", "WorkingDirectory", "Environment", "ExecStart", "SuccessExitStatus", "TimeoutStartSec"}
    | {"Nice", "PrivateTmp", "NoNewPrivileges"},
    "Timer": {"OnCalendar", "Persistent", "RandomizedDelaySec"},
    "Install": {"WantedBy"},
}
"""Those of systemd that the units use."""


@cache
def code_of(document: Path) -> list[str]:
    """Every line of code of a document, without its comment: fenced blocks and words between backticks."""
    pieces = [fenced or inline for fenced, inline in CODE.findall(document.read_text(encoding="utf-8"))]
    return [re.sub(r"\s+#\s.*", "", line) for piece in pieces for line in piece.splitlines()]


def all_code() -> list[str]:
    return [line for document in DOCUMENTS for line in code_of(document)]


def options_of(verb: str) -> set[str]:
    options = {option for parameter in cx.commands[verb].params for option in parameter.opts}
    return {option for option in options if option.startswith("-")} | {"--help", "-h"}


def table_of(document: str, heading: str) -> list[list[str]]:
    """The first table after a heading, as cells, without its head."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]]


def names_in(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)


def test_every_verb_and_option_of_cx_in_the_documents_exists():
    commands = [found for line in all_code() for found in re.findall(r"\bcx(?:\.exe)? ([a-z]+)\b(.*)", line)]
    assert {verb for verb, _ in commands} == set(cx.commands)
    for verb, rest in commands:
        assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest)) <= options_of(verb), f"cx {verb}{rest}"
    alone = {word.split()[0] for line in all_code() for word in [line.strip()] if re.match("--[a-z]", word)}
    assert alone <= set().union(*map(options_of, cx.commands))


def test_every_option_of_cx_report_stands_in_the_reference():
    said = {name.split()[0] for row in table_of("reference.md", "Commands")[5:] for name in names_in(row[0])}
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    said |= {word for word in options_of("report") if f"`{word} " in text or f"`{word}`" in text}
    assert options_of("report") - {"-h", "--help"} <= said


def test_every_verb_of_make_in_the_documents_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = {verb for line in all_code() for verb in re.findall(r"(?:^|[ &])make ([a-z][a-z-]*)", line)}
    assert {"report", "test"} <= named <= targets


def test_parameters_in_the_documents_are_those_of_the_notebooks():
    notebooks = (ROOT / "notebooks").glob("[0-9]*.ipynb")
    there = {name for notebook in notebooks for name in parameters_of(notebook)}
    named = {name for line in all_code() for name in re.findall(r"--set '?(\w+)=", line)}
    assert named - {"NAME"} <= there - set(RUN_ONLY)
    assert {row[0].strip("`") for row in table_of("reference.md", "Parameters")} == there - set(RUN_ONLY)
    by_hand = {name for line in all_code() for name in re.findall(r" -p (\w+) ", line)}
    assert by_hand <= there


def test_keys_and_files_of_the_reference_are_those_the_code_knows():
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert sorted(row[0].strip("`") for row in table_of("reference.md", "study.yaml")) == sorted(KEYS)
    assert {row[0].strip("`") for row in table_of("reference.md", "Files of a study")} == set(TABLES)
    for table, columns, _ in table_of("reference.md", "Files of a study"):
        known = {column.name for column in TABLES[table.strip("`")]}
        assert re.match(r"\w+", columns)[0] in known, table
    missing = [word for word in [*JOURNEY_KEYS, *FILE_KEYS, *FORMATS] if not re.search(rf"\b{word}\b", text)]
    assert missing == []


@cache
def exit_codes() -> set[int]:
    """The codes cx ends with: those of every StudyError, and of sys.exit."""
    found = {0, 65}
    for path in (ROOT / "cxlib").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(call.func, "id", getattr(call.func, "attr", "")) if isinstance(call, ast.Call) else ""
            if name in ("StudyError", "exit"):
                places = [*call.args[name == "StudyError" :], *(key.value for key in call.keywords)]
                found |= {place.value for place in places if isinstance(place, ast.Constant) and place.value < SIGNALS}
    return found


def test_exit_codes_of_the_documents_are_those_of_the_code():
    said = {int(row[0]): row[1] for row in table_of("reference.md", "Exit codes")}
    assert set(said) == exit_codes()
    of_reports = {code for code, means in said.items() if "alone" not in means}
    table = table_of("scheduling.md", "What each exit code means for a scheduler")
    assert {int(row[0]) for row in table if row[0].isdigit()} == of_reports


def test_status_json_raises_the_alerts_the_documents_name():
    from cxlib.status import ALERTS

    assert {row[0].strip("`") for row in table_of("scheduling.md", "status.json")} == set(ALERTS)


def headings_of(document: Path) -> set[str]:
    """What a link may point to in a document."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_and_picture_of_a_document_is_there(document):
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        path = document.parent / name if name else document
        assert "://" not in target and path.exists(), target
        assert not anchor or anchor in headings_of(path), target


def test_contributing_names_every_module_of_the_package():
    named = set(re.findall(r"`(\w+)/?`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    rooms = [path for path in (ROOT / "cxlib").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]
    assert {room.stem for room in rooms} - {"__init__"} <= named


def test_the_readme_is_a_front_page_with_the_two_commands_that_are_all_the_set_up():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    start = text.split("## Start\n")[1].split("```")[1]
    assert [line.split("#")[0].strip() for line in start.strip().splitlines()] == ["make report", "make test"]


def block_of(document: str, begins: str) -> str:
    """The first fenced block of a document that begins so."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return next(fenced for fenced, _ in CODE.findall(text) if fenced.startswith(begins))


def test_the_smallest_study_of_the_readme_is_one(tmp_path):
    (tmp_path / "ratings.csv").write_text(block_of("README.md", "respondent,touchpoint"))
    (tmp_path / "study.yaml").write_text(block_of("README.md", "title: Acme"))
    assert summarise_ratings(open_study(tmp_path))["n"].tolist() == [2, 1]


def test_the_survey_export_of_the_reference_is_read(tmp_path):
    (tmp_path / "columns.csv").write_text(block_of("docs/reference.md", "position,header"))
    (tmp_path / "answers.csv").write_text("When,a,b,c,d,How satisfied are you overall?\n2026-01-01,x,x,6,4,5\n")
    scales = "scales: {expected: [1, 7], experienced: [1, 7], overall: [1, 7]}\n"
    (tmp_path / "study.yaml").write_text(scales + block_of("docs/reference.md", "files:"))
    assert summarise_ratings(open_study(tmp_path)).loc[0, "mean_gap"] == -2


def test_the_citation_names_the_version_of_the_project():
    citation = YAML(typ="safe", pure=True).load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0" and citation["version"] == project["version"]
    assert citation["license"] == project["license"]


@pytest.mark.parametrize("unit", sorted([*SCHEDULING.glob("*.service"), *SCHEDULING.glob("*.timer")]), ids=str)
def test_units_of_systemd_parse_and_use_its_options(unit):
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read(unit, encoding="utf-8")
    for section in parser.sections():
        assert set(parser[section]) <= UNIT_OPTIONS[section]
    failing = parser.get("Unit", "OnFailure", fallback="cx-alarm@%i.service").replace("%i", "")
    assert (SCHEDULING / failing).is_file()


def test_the_job_and_the_dag_parse_and_run_cx_report():
    job = YAML(typ="safe", pure=True).load((SCHEDULING / "report.yml").read_text(encoding="utf-8"))
    runs = " ".join(step.get("run", "") for step in job["jobs"]["report"]["steps"])
    dag = (SCHEDULING / "airflow_dag.py").read_text(encoding="utf-8")
    ast.parse(dag)
    for text in (runs, dag):
        assert "cx report" in text and "75" in text and "docs/scheduling/too_old.py" in text


@pytest.mark.parametrize(("code", "speaks"), [(0, False), (75, False), (65, True)])
def test_the_script_for_cron_keeps_the_log_and_the_code_and_speaks_only_where_somebody_must_look(
    tmp_path, code, speaks
):
    stub = tmp_path / "cx"
    stub.write_text(f'#!/bin/sh\necho "said of $2"\nexit {code}\n')
    stub.chmod(0o755)
    environment = {"CX": str(stub), "LOGS": str(tmp_path / "logs"), "PATH": "/usr/bin:/bin"}
    command = ["sh", str(SCHEDULING / "report.sh"), "data/acme"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    (log,) = (tmp_path / "logs").iterdir()
    assert done.returncode == code and "said of data/acme" in log.read_text()
    assert ("said of data/acme" in done.stdout) == bool(done.stdout) == speaks


@pytest.mark.parametrize(("day", "code"), [("1999-01-01", 1), ("9999-01-01", 0), ("", 1), (None, 1)])
def test_data_too_old_or_not_there_is_an_alarm(tmp_path, day, code):
    status = tmp_path / "status.json"
    if day is not None:
        status.write_text(f'{{"day": "{day}"}}')
    command = [sys.executable, "-S", "-E", str(SCHEDULING / "too_old.py"), str(status), "45"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == code and bool(done.stdout.strip()) == bool(code) and not done.stderr
