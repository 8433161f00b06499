"""The run: notebooks through papermill into a staging folder, one page from them, published whole or not at all."""

import json
import platform
from importlib.metadata import version
from pathlib import Path

import nbformat

from cxlib.charts.fonts import families
from cxlib.csv_files import write_csv
from cxlib.examination import as_text, examine
from cxlib.history import History, keep_figures, read_history, remember
from cxlib.loaders.files import find_files
from cxlib.opening import find_study, open_study
from cxlib.page import write_page
from cxlib.parameters import read_parameters
from cxlib.pdf import PDF, print_pdf
from cxlib.publish import (
    fingerprint,
    locked,
    point_latest,
    publish,
    run_id,
    staged,
    study_name,
)
from cxlib.runner import run_notebooks
from cxlib.settings import Settings, read_settings
from cxlib.sheets import write_workbook
from cxlib.shown import check_small_groups, decide_shown, find_newcomers, read_shown
from cxlib.status import point_status, write_status
from cxlib.study import ROOT, Study, View
from cxlib.summaries import describe_hidden, describe_study, summarise_study
from cxlib.summaries.answers import group_keys
from cxlib.summaries.comparisons import check_pair, read_groups
from cxlib.tables import StudyError, nearest
from cxlib.words import counted

LIBRARIES = ("duckdb", "matplotlib", "narwhals", "numpy", "pandas", "papermill", "scipy", "seaborn")


def run_report(
    study_path: str | Path, parameters: dict, *, reports: Path = ROOT / "reports", notebooks: Path = ROOT / "notebooks",
    jobs: int = 2, drift: bool = False, beside_last: bool = True, pdf: bool = False,
) -> tuple[Path, bool]:  # fmt: skip
    """Publish the report of a study; returns its folder and whether it is new (or was there, nothing having changed).

    `parameters` are those of the notebooks (stages, where, confidence, …); one that no notebook has is an error. Unless
    `drift` is allowed, columns that the last report used and that are gone are an error too. Small groups are hidden so
    that this report beside the last one does not give them away, unless `beside_last` is False. `pdf` adds report.pdf.
    """
    chapters = sorted(notebooks.glob("[0-9]*.ipynb"))
    parameters = read_parameters(parameters, chapters)
    folder = find_study(study_path)
    home = reports / study_name(folder)
    view = {name: value for name, value in parameters.items() if name in View.__dataclass_fields__}
    with locked(home):
        inputs = fingerprints(folder, read_settings(folder))
        study = open_study(folder, **view)
        check_request(study, parameters)
        if not drift:
            refuse_drift(study, home)
        chapters = [notebook for notebook in chapters if can_run(notebook, study)]
        if not chapters:
            raise StudyError(f"{folder}: no notebook can run on {', '.join(study.settings.files)} alone yet.")
        remember(home)
        history = read_history(home / "history", study, confidence=parameters.get("confidence", 0.95))
        more = ({} if beside_last else {"beside_last": False}) | ({"history": history.runs} if history.runs else {})
        run = run_id(inputs=inputs, parameters=parameters, code=code_files(chapters), fonts=families(), **more)
        new = not (home / "runs" / run / "manifest.json").is_file()
        if new:
            shown = read_shown(home) if beside_last else {}
            make_run(study, home, run, chapters, parameters, inputs, history, shown, jobs, pdf)
        else:
            if pdf and not (home / "runs" / run / PDF).is_file():
                print_pdf(home / "runs" / run)
            point_latest(home, run)
        remember(home, run)
        point_status(home, run)
    return home / "latest", new


def make_run(
    study: Study, home: Path, run: str, chapters: list[Path], parameters: dict, inputs: dict, history: History,
    shown: dict, jobs: int, pdf: bool = False,
) -> None:  # fmt: skip
    """Run the notebooks into a staging folder, look at it, and publish it; `shown` is of the last report."""
    with staged(home, run) as staging:
        groups = decide_shown(study, home, run, shown)
        newcomers = find_newcomers(study, shown)
        given = {"study_path": study.folder.name, "output_path": str(staging), "groups": str(groups)}
        given |= parameters | {"history": str(home / "history")}
        executed = run_notebooks(chapters, given, staging, cwd=study.folder.parent, jobs=jobs)
        write_page(study, staging, executed, parameters, run, newcomers)
        refuse_change(study.folder, study.settings, inputs)
        check_small_groups(study, staging)
        who = " ".join(filter(None, [describe_study(study), describe_hidden(study)]))
        write_workbook(staging, title=study.settings.title, who=who)
        if pdf:
            print_pdf(staging)
        keep_figures(study, staging, run, confidence=parameters.get("confidence", 0.95))
        write_status(study, staging, run, history, confidence=parameters.get("confidence", 0.95))
        publish(staging, home, run, manifest(study, run, parameters, inputs))


def check_study(study_path: str | Path, *, reports: Path = ROOT / "reports") -> tuple[str, Path | None]:
    """Read the study and nothing else: the examination as text, and the file of rows set aside, where there are any."""
    folder = find_study(study_path)
    home = reports / study_name(folder)
    inputs = fingerprints(folder, read_settings(folder))
    study = open_study(folder)
    text = as_text(examine(study))
    refuse_change(folder, study.settings, inputs)
    path = home / "check" / "quarantined.csv"
    with locked(home):
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        if len(study.quarantined):
            write_csv(study.quarantined, path)
    return text, path if len(study.quarantined) else None


def refuse_change(folder: Path, settings: Settings, inputs: dict) -> None:
    """Raise when a file is another one than before it was read."""
    if fingerprints(folder, settings) != inputs:
        raise StudyError(f"A file of {folder.name} changed while it was read; run it again.", code=75)


def refuse_drift(study: Study, home: Path) -> None:
    """Raise when a column the last report used is gone: then half a report would go missing without a word."""
    path = home / "latest" / "manifest.json"
    if not path.is_file():
        return
    before = json.loads(path.read_text(encoding="utf-8")).get("columns", {})
    for table, columns in study.columns.items():
        gone = [column for column in before.get(table, []) if column not in columns]
        if gone:
            raise StudyError(
                f"{study.source(table)} has no column '{gone[0]}' any more, which the last report used. "
                f"{nearest(gone[0], columns)} If it is gone on purpose, run cx report with --columns-changed."
            )


def can_run(notebook: Path, study: Study) -> bool:
    """Whether the study has what the notebook's metadata says it needs: tables, or columns; `|` means either."""
    needs = nbformat.read(notebook, as_version=4).metadata.get("cx", {}).get("needs", [])
    return all(any(one in study for one in either.split("|")) for either in needs)


def check_request(study: Study, parameters: dict) -> None:
    """What the parameters ask of the study can be had: its answers, and a column to group by."""
    if "ratings" in study:
        summary = summarise_study(study)
        if summary["respondents"] < study.hide_below:
            raise StudyError(
                f"Only {counted(summary['respondents'], 'person', 'people')} answered in this part; of fewer than "
                f"{study.hide_below} nothing is shown. Ask for more of the study.",
                code=77,
            )
        if parameters.get("by"):
            group_keys(study, parameters["by"])
        if parameters.get("compare"):
            check_pair(study, *read_groups(parameters["compare"]))


def fingerprints(folder: Path, settings: Settings) -> dict[str, dict]:
    """Hash and size of every file a run reads, by its path in the study."""
    files = [*settings.files.values(), *filter(None, [settings.exclude])]
    named = ["study.yaml", *filter(None, [settings.playbook]), *(file.path for file in files)]
    named += [file.columns for file in files if isinstance(file.columns, str)]
    paths = sorted({path for name in named for path in find_files(folder, name)})
    return {path.relative_to(folder).as_posix(): fingerprint(path) for path in paths}


def code_files(notebooks: list[Path]) -> dict[str, str]:
    """Hashes of everything that is run: the package, the notebooks, the locked versions."""
    kinds = (".py", ".csv", ".yaml", ".j2", ".css", ".json", ".md", ".po")
    package = [file for file in (ROOT / "cxlib").rglob("*") if file.suffix in kinds]
    files = [*package, *notebooks, ROOT / "requirements.lock"]
    inside = {file: file.resolve().is_relative_to(ROOT) for file in files}
    names = {file: file.resolve().relative_to(ROOT).as_posix() if inside[file] else file.name for file in files}
    return {names[file]: fingerprint(file)["sha256"] for file in sorted(files)}


def manifest(study: Study, run: str, parameters: dict, inputs: dict) -> dict:
    """What the report was made of."""
    return {
        "run": run,
        "study": study.settings.title,
        "parameters": parameters,
        "inputs": inputs,
        "rows": study.counts.to_dict("records"),
        "columns": {
            table: [name for name in columns if name not in study.not_used.get(table, [])]
            for table, columns in study.columns.items()
        },
        "versions": {"python": platform.python_version()} | {library: version(library) for library in LIBRARIES},
    }
