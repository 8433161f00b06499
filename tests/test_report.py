"""The run: whole or not at all, the same bytes for the same input, and a sentence for everything that can go wrong."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest

from cxlib import open_study
from cxlib.cli import main
from cxlib.parameters import parameters_of
from cxlib.publish import fingerprint, locked, point_latest
from cxlib.report import code_files, run_report
from cxlib.shown import check_small_groups
from cxlib.tables import RESULTS, StudyError
from tests.conftest import write_study

SCALES = "scales: {experienced: [1, 7], importance: [1, 7]}"
GOOD = "respondent,touchpoint,expected,experienced\n" + "".join(
    f"p{place},{touchpoint},{5 + place % 2},{3 + place % 3}\n"
    for place in range(12)
    for touchpoint in ("search", "pay")
)


def run_cx(*words: str, cwd: Path) -> subprocess.CompletedProcess:
    """`cx …` as a user types it."""
    command = [sys.executable, "-c", "from cxlib.cli import main; main()", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)


@pytest.fixture
def ask_cx(monkeypatch, capsys, tmp_path):
    """`cx …` as a user types it, in this process: exit code and what it said. For what ends before a notebook runs."""

    def ask(*words: str) -> tuple[int, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["cx", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err

    return ask


def write_notebook(folder: Path, *cells: str, name: str = "01_test.ipynb") -> Path:
    """A notebook with a parameters cell, a heading, and these code cells."""
    parameters = nbformat.v4.new_code_cell('study_path: str = ""\nstages: list[str] = []\noutput_path: str = ""')
    parameters.metadata["tags"] = ["parameters"]
    title = nbformat.v4.new_markdown_cell("# A test")
    notebook = nbformat.v4.new_notebook(cells=[title, parameters, *map(nbformat.v4.new_code_cell, cells)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    folder.mkdir(exist_ok=True)
    nbformat.write(notebook, folder / name)
    return folder


def one_notebook(root: Path, folder: Path, name: str = "04_gaps.ipynb") -> Path:
    """A folder with one of the project's notebooks, for tests that are not about the others."""
    folder.mkdir()
    shutil.copy(root / "notebooks" / name, folder)
    return folder


TEXTS = (".csv", ".html", ".ipynb", ".json", ".svg")
CHAPTERS = ["01_moments_of_truth", "02_expectations", "03_experience", "04_gaps", "05_priorities", "06_monitoring"]
TABLES = ["moments", "coverage", "expectations", "persona_mix", "experience", "funnel", "gaps", "priorities"]
TABLES += ["proposed_actions", "actions", "change", "register", "monitoring", "rows"]


def test_the_sample_report_holds_all_it_promises(sample_report):
    published = sample_report.resolve()
    files = {path.relative_to(published).as_posix() for path in published.rglob("*") if path.is_file()}
    assert {"report.html", "manifest.json"} <= files
    assert {f"notebooks/{chapter}.ipynb" for chapter in CHAPTERS} == {f for f in files if f.endswith(".ipynb")}
    assert {f"tables/{table}.csv" for table in TABLES} <= files
    charts = {path.stem for path in (published / "charts").glob("*.png")}
    assert len(charts) >= 12 and charts == {path.stem for path in (published / "charts").glob("*.svg")}


def test_the_manifest_lists_every_file_as_it_is(sample_report, root):
    manifest = json.loads((sample_report / "manifest.json").read_text())
    files = {
        path.relative_to(sample_report.resolve()).as_posix()
        for path in sample_report.resolve().rglob("*")
        if path.is_file()
    }
    assert set(manifest["files"]) == files - {"manifest.json"}
    assert all(fingerprint(sample_report / path) == said for path, said in manifest["files"].items())
    inputs = {path.name for path in (root / "data/sample").iterdir() if path.suffix in (".csv", ".yaml")}
    assert set(manifest["inputs"]) == inputs
    assert all(row["read"] == row["used"] + row["quarantined"] + row["excluded"] for row in manifest["rows"])


def declared(table: str) -> list[str]:
    """The columns the dictionary gives a published table, or a table by some group."""
    name = table if table in RESULTS else f"{table.split('_by_')[0]}_by_<by>"
    return [column.name for column in RESULTS[name]]


def test_published_tables_have_the_columns_of_the_dictionary(sample_report):
    for path in (sample_report / "tables").iterdir():
        columns, wanted = list(pd.read_csv(path, nrows=0)), declared(path.stem)
        if wanted[0] == "<by>":
            wanted = wanted[1:]
            columns = columns[-len(wanted) :] if "…" not in wanted else columns
        known = wanted[: wanted.index("…")] if "…" in wanted else wanted
        assert columns[: len(known)] == known and ("…" in wanted or columns == wanted), path.name


def test_the_page_has_no_script_no_address_and_says_the_findings(sample_report):
    page = (sample_report / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page and "http://" not in page and "https://" not in page
    assert "Content-Security-Policy" in page and '<html lang="en">' in page
    assert "First set-up falls furthest short" in page and "Of 20 touchpoints" in page
    assert page.count("<img") == page.count('alt="') == len(list((sample_report / "charts").glob("*.png")))
    for number in range(1, 7):
        assert f"<h2>{number} " in page
    assert len(re.findall("<li>", page.split('<ol class="findings">')[1].split("</ol>")[0])) <= 6
    assert "find_gaps" not in page


def test_no_path_of_this_machine_is_published(sample_report, root):
    for path in sample_report.resolve().rglob("*"):
        if path.is_file():
            assert str(root).encode() not in path.read_bytes() and b"staging" not in path.read_bytes(), path.name


@pytest.mark.small_groups
def test_the_same_input_gives_the_same_bytes_wherever_it_is_published(sample_report, tmp_path):
    again, new = run_report("data/sample", {}, reports=tmp_path)
    assert new and (again / "manifest.json").read_bytes() == (sample_report / "manifest.json").read_bytes()


def test_a_second_run_with_nothing_changed_does_nothing(sample_report):
    before = (sample_report / "report.html").stat().st_mtime_ns
    home, new = run_report("data/sample", {}, reports=sample_report.parent.parent)
    assert not new and (home / "report.html").stat().st_mtime_ns == before


def test_a_study_of_one_ratings_file_publishes_a_report_that_names_what_is_missing(tmp_path):
    folder = write_study(tmp_path / "little", ratings=GOOD)
    done = run_cx("report", str(folder), "--no-pdf", "--reports", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = Path(done.stdout.strip().removeprefix("The report is at ")).read_text(encoding="utf-8")
    for table in ("respondents", "touchpoints"):
        assert f"add {table}: {table}.csv" in page
    assert (
        "There is nothing to show by stage: that takes a map with a column stage" in page
        and "falls furthest short" in page
    )
    assert "Which touchpoints disappoint most?" in done.stderr and "Traceback" not in done.stderr
    assert "TCP" not in done.stderr and "WARNING" not in done.stderr


def test_experience_without_expectation_still_gives_a_report(tmp_path, root):
    """Steps 3 and 4; all six on the airline's passengers (tests/real)."""
    folder = write_study(tmp_path / "half", ratings=GOOD.replace("expected,", "importance,"), settings=SCALES)
    notebooks = one_notebook(root, tmp_path / "notebooks")
    shutil.copy(root / "notebooks/03_experience.ipynb", notebooks)
    home, _ = run_report(folder, {}, reports=tmp_path / "out", notebooks=notebooks)
    experience = pd.read_csv(home / "tables/experience.csv")
    assert experience["n_experienced"].tolist() == [12, 12] and not (home / "tables/gaps.csv").exists()
    assert "No expectations: a column expected of the ratings switches on" in (home / "report.html").read_text()


def test_parameters_from_a_file_and_a_line_come_together(root, tmp_path):
    """Days and numbers of the file are words; what the line says comes on top."""
    (tmp_path / "view.yaml").write_text("as_of: 2026-05-30\nwhere: market=DE\nby: market\nstages: [adoption]\n")
    options = ["--where", "market=FR", "-f", "view.yaml", "--reports", "out", "--set", "wave=2026-Q1"]
    options += ["--notebooks", str(one_notebook(root, tmp_path / "notebooks"))]
    done = run_cx("report", "data/sample", "--no-pdf", *options, "--set", "personas=[Senior, Family]", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    home = tmp_path / "out/sample/latest"
    given = json.loads((home / "manifest.json").read_text(encoding="utf-8"))["parameters"]
    assert given == PART | {"by": ["market"]}
    assert set(pd.read_csv(home / "tables/gaps_by_market.csv")["market"]) == {"DE", "FR"}
    page = (home / "report.html").read_text(encoding="utf-8")
    assert "Only part of the study: " in page and "stages adoption; personas Senior, Family" in page


PART = {"as_of": "2026-05-30", "where": ["market=DE", "market=FR"], "stages": ["adoption"], "wave": "2026-Q1"}
PART |= {"personas": ["Senior", "Family"]}


def test_every_notebook_keeps_to_the_part_it_is_given(root, tmp_path, monkeypatch):
    said, first_steps = [], ""
    monkeypatch.setattr("cxlib.chapter.display", lambda data, **_: said.append(data.get("text/html", "")))
    monkeypatch.setattr("cxlib.chapter.Chapter.show", lambda chapter, ax, name, *, alt, **_: said.append(alt))
    for path in sorted((root / "notebooks").glob("0*.ipynb")):
        given = PART | {"by": ["market"], "study_path": str(root / "data/sample"), "output_path": str(tmp_path)}
        run_cells(path, given)
        first_steps = " ".join(said) if path.name < "04" else first_steps
    for table in ("moments", "expectations", "experience", "gaps", "priorities", "change", "register"):
        assert pd.read_csv(tmp_path / f"tables/{table}.csv")["stage"].unique().tolist() == ["adoption"], table
    for table in ("gaps", "expectations", "experience", "change"):
        assert set(pd.read_csv(tmp_path / f"tables/{table}_by_market.csv")["market"]) == {"DE", "FR"}, table
    assert set(pd.read_csv(tmp_path / "tables/outcomes_by_persona.csv")["persona"]) == {"Senior", "Family"}
    assert not re.search("Delivery on time|Checkout|Compare models|with a cart|parcel_tracked", first_steps)
    assert re.search("Half of the customers adopt|Fewer than half of the customers have adopted", first_steps)


def run_cells(path, given: dict) -> None:
    """The code cells of a notebook, in this process, with these parameters."""
    there = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source, there)
            there |= given if "parameters" in cell.metadata.get("tags", []) else {}
            plt.close("all")


def test_a_study_of_events_alone_publishes_what_it_can(tmp_path, root):
    rows = [f"c{n},2026-01-01,open\n" + f"c{n},2026-01-02,pay\n" * (n < 5) for n in range(8)]
    events = "customer,time,event\n" + "".join(rows)
    folder = write_study(tmp_path / "log", events=events, settings="title: Log")
    home, _ = run_report(folder, {}, reports=tmp_path / "out")
    coverage = pd.read_csv(home / "tables/coverage.csv")
    assert coverage[["label", "journeys"]].to_numpy().tolist() == [["open", 8], ["pay", 5]]
    page = (home / "report.html").read_text(encoding="utf-8")
    assert "There is no map to compare with" in page and "No ratings: add ratings" in page


@pytest.mark.small_groups
def test_a_study_of_kpis_alone_publishes_what_it_can(tmp_path):
    """Sites and months are no people: three sites, and one measurement a month, are not too few to show."""
    kpis = "date,kpi,site,value,numerator,denominator\n2026-01-31,adoption,,,40,100\n2026-02-28,adoption,,,60,100\n"
    months = [f"2025-{month:02d}-28" for month in range(1, 13)]
    kpis += "".join(f"{day},minutes on hold,,{5 + place % 3},,\n" for place, day in enumerate(months))
    kpis += "".join(
        f"{day},wait,S{site},{5 + (place * site) % 4},,\n" for place, day in enumerate(months) for site in range(6)
    )
    objectives = "objective,kpi,target\nMore adopt,adoption,0.9\n"
    actions = "action,kpi,start,sites\nA1,wait,2025-07-01,S0|S1|S2\n"
    folder = write_study(
        tmp_path / "figures", kpis=kpis, objectives=objectives, actions=actions, settings="title: Figures"
    )
    home, _ = run_report(folder, {}, reports=tmp_path / "out")
    assert pd.read_csv(home / "tables/monitoring.csv").loc[0, ["value", "before", "status"]].tolist() == [
        0.6,
        0.4,
        "missed",
    ]
    assert pd.read_csv(home / "tables/effects.csv")["n"].tolist() == [6]
    status = json.loads((home.parent / "status.json").read_text(encoding="utf-8"))
    [alert] = [alert for alert in status["alerts"] if alert["kind"] == "target"]
    assert (alert["what"], alert["says"], alert["target"]) == ("adoption", "missed", 0.9)
    assert status["day"] == "2026-02-28"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--set", "stags=[adoption]"], "No notebook has a parameter 'stags'. Did you mean 'stages'?"),
        (["--set", "stages={a: b}"], "stages should be list[str]"),
        (["--set", "confidence=95"], "at least .5 and below 1"),
        (["--set", "by=persna"], "Did you mean 'persona'"),
        (["--as-of", "2020-01-01"], "No answer is left: answers up to 2020-01-01"),
        (["--set", "stages=[adoptoin]"], "Did you mean 'adoption'?"),
        (["--set", "confidence=high"], "confidence should be float"),
        (["--set", "stages"], "write it NAME=VALUE"),
        (["--set", "output_path=x"], "No notebook has a parameter 'output_path'"),
        (["--set", "worst=0"], "worst should be 1 or more; it is 0."),
        (["--set", "impact_weight=-1"], "impact_weight should be 0 or more; it is -1.0."),
        (["--set", "crosshair=mean"], "crosshair is 'mean'. Did you mean 'means'?"),
        (["--as-off", "2026-01-01"], "--as-of"),
        (["-f", "no.yaml"], "no.yaml"),
    ],
)
def test_a_request_that_cannot_be_understood_ends_with_2_and_the_nearest_name(ask_cx, tmp_path, words, sentence):
    code, said = ask_cx("report", "data/sample", "--reports", str(tmp_path / "out"), *words)
    assert code == 2 and sentence in said and "Traceback" not in said
    assert not list(tmp_path.rglob("report.html"))


def test_bad_data_ends_with_65_and_no_traceback(ask_cx, tmp_path):
    folder = write_study(tmp_path / "bad", ratings=GOOD.replace("touchpoint", "place"))
    code, said = ask_cx("report", str(folder), "--reports", "out")
    assert code == 65 and "lacks the column touchpoint" in said and "Traceback" not in said


def test_a_folder_name_that_cannot_be_a_report_is_refused(tmp_path):
    folder = write_study(tmp_path / "My Study", ratings=GOOD)
    with pytest.raises(StudyError, match="Rename it"):
        run_report(folder, {}, reports=tmp_path / "out")


def test_a_broken_cell_publishes_nothing_and_names_itself(tmp_path):
    folder = write_study(tmp_path / "little", ratings=GOOD)
    notebooks = write_notebook(tmp_path / "notebooks", "fine = 1", "fine / 0")
    with pytest.raises(StudyError, match=r"01_test.ipynb, cell \d \('A test'\) failed: ZeroDivisionError") as raised:
        run_report(folder, {}, reports=tmp_path / "out", notebooks=notebooks)
    assert raised.value.code == 70
    assert not (tmp_path / "out/little/latest").exists() and not list((tmp_path / "out/little").glob("runs/*"))
    assert not list((tmp_path / "out/little").glob(".staging*"))


def test_a_failing_run_leaves_the_old_report_in_place(tmp_path):
    folder = write_study(tmp_path / "little", ratings=GOOD)
    notebooks = write_notebook(tmp_path / "notebooks", "1")
    home, _ = run_report(folder, {}, reports=tmp_path / "out", notebooks=notebooks)
    before = (home / "report.html").read_bytes()
    write_notebook(notebooks, "import os; os._exit(1)")
    with pytest.raises(StudyError, match="01_test.ipynb.*Nothing was published"):
        run_report(folder, {}, reports=tmp_path / "out", notebooks=notebooks)
    assert (home / "report.html").read_bytes() == before


def test_a_chart_without_alt_text_is_not_published(tmp_path):
    folder = write_study(tmp_path / "little", ratings=GOOD)
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);\nplt.show()"
    notebooks = write_notebook(tmp_path / "notebooks", code)
    with pytest.raises(StudyError, match="an image without alt text"):
        run_report(folder, {}, reports=tmp_path / "out", notebooks=notebooks)


def test_two_runs_of_one_study_at_once_are_refused(tmp_path):
    folder = write_study(tmp_path / "little", ratings=GOOD)
    with locked(tmp_path / "out/little"), pytest.raises(StudyError, match="under way") as raised:
        run_report(folder, {}, reports=tmp_path / "out")
    assert raised.value.code == 75


def test_papermill_runs_a_notebook_by_hand_and_again_and_writes_where_it_is_told(root, tmp_path):
    """From the notebooks' folder, then from the project's root, into the same place."""
    view = f"{{stages: [adoption], personas: [Senior], where: [market=DE], output_path: {tmp_path / 'out'}}}"
    for folder, notebook in (("notebooks", "04_gaps.ipynb"), (".", "notebooks/04_gaps.ipynb")):
        words = [notebook, str(tmp_path / "out.ipynb"), "-p", "study_path", "data/sample", "-y", view]
        papermill = [sys.executable, "-m", "papermill", *words]
        done = subprocess.run(papermill, cwd=root / folder, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        assert not list((root / folder).glob("charts")) and not list((root / folder).glob("tables"))
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    assert all(cell.execution_count for cell in cells if cell.cell_type == "code")
    assert (tmp_path / "out/tables/gaps.csv").is_file() and (tmp_path / "out/charts/gaps.svg").is_file()


def test_a_file_that_changes_under_the_run_publishes_nothing(tmp_path):
    folder = write_study(tmp_path / "little", ratings=GOOD)
    change = f"with open({str(folder / 'ratings.csv')!r}, 'a') as file:\n    file.write('late,pay,5,5\\n')"
    notebooks = write_notebook(tmp_path / "notebooks", change)
    with pytest.raises(StudyError, match="changed while it was read") as raised:
        run_report(folder, {}, reports=tmp_path / "out", notebooks=notebooks)
    assert raised.value.code == 75 and not (tmp_path / "out/little/latest").exists()


def test_latest_is_a_copy_where_links_are_not_allowed(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    for run in ("first", "second"):
        (tmp_path / "runs" / run).mkdir(parents=True)
        (tmp_path / "runs" / run / "report.html").write_text(run)
        point_latest(tmp_path, run)
        assert (tmp_path / "latest/report.html").read_text() == run
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "runs"]


def test_the_run_is_named_by_what_goes_in_not_by_where_it_lies(root, tmp_path):
    names = code_files([root / "notebooks/04_gaps.ipynb"])
    assert {"cxlib/gaps/table.py", "notebooks/04_gaps.ipynb", "requirements.lock"} <= set(names)
    assert not any(name.startswith("/") for name in names)


@pytest.mark.parametrize("text", ["- a\n", "", "a: [", "a: 1\na: 2\n"])
def test_a_view_that_is_no_mapping_is_a_sentence(ask_cx, tmp_path, text):
    (tmp_path / "view.yaml").write_text(text)
    code, said = ask_cx("report", "data/sample", "-f", "view.yaml", "--reports", "out")
    assert code == 2 and "Traceback" not in said and "view.yaml" in said


def test_papermill_lists_every_parameter_with_its_help(root):
    words = [sys.executable, "-m", "papermill", "--help-notebook", "notebooks/04_gaps.ipynb"]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=60)
    assert "Unable" not in done.stderr + done.stdout
    assert all(f"{name}:" in done.stdout for name in parameters_of(root / "notebooks/04_gaps.ipynb"))


def test_every_notebook_has_the_parameters_of_the_design(root):
    wanted = {
        "study_path",
        "as_of",
        "wave",
        "stages",
        "touchpoints",
        "personas",
        "channels",
        "where",
        "by",
        "confidence",
    }
    for notebook in (root / "notebooks").glob("*.ipynb"):
        assert wanted <= set(parameters_of(notebook)), notebook.name


def test_a_study_is_found_from_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert open_study("data/sample").settings.title.startswith("Laptop retailer")


@pytest.mark.parametrize("name", ["Collector", "Business buyer"])
def test_the_samples_small_personas_are_in_no_file_of_the_report(sample_report, name):
    files = [path for path in sample_report.resolve().rglob("*") if path.suffix in TEXTS]
    assert len(files) > 60
    assert [path.name for path in files if name in path.read_text(encoding="utf-8")] == []


def test_the_page_says_that_groups_are_not_shown(sample_report):
    page = (sample_report / "report.html").read_text(encoding="utf-8")
    assert "Not shown, to protect groups of fewer than 5 people: 2 personas" in page


@pytest.mark.small_groups
def test_no_published_count_of_people_is_small(sample_report):
    study = open_study("data/sample")
    check_small_groups(study, sample_report.resolve())
    assert pd.read_csv(sample_report / "tables/gaps_by_persona.csv")["n"].min() >= 5


@pytest.mark.small_groups
def test_a_table_with_a_small_group_stops_the_report(sample_report, tmp_path):
    (tmp_path / "tables").mkdir()
    pd.DataFrame({"persona": ["a", "b"], "n": [40, 3]}).to_csv(tmp_path / "tables/gaps_by_persona.csv", index=False)
    with pytest.raises(StudyError, match="gaps_by_persona.csv shows a group of too few people") as error:
        check_small_groups(open_study("data/sample"), tmp_path)
    assert error.value.code == 77
