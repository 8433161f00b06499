"""The run: notebooks through papermill into a staging folder, one page from them, published whole or not at all."""

import json
import platform
from importlib.metadata import version
from pathlib import Path

import nbformat
import pandas as pd

from cxlib.chapter import write_csv
from cxlib.parameters import check_parameters
from cxlib.publish import fingerprint, locked, point_latest, publish, run_id, staged, study_name
from cxlib.render import render_chapter, render_report
from cxlib.runner import run_notebooks
from cxlib.study import ROOT, Study, View, find_study, open_study
from cxlib.summaries import describe_study
from cxlib.tables import StudyError

LIBRARIES = ("duckdb", "matplotlib", "narwhals", "numpy", "pandas", "papermill", "scipy", "seaborn")


def run_report(
    study_path: str | Path, parameters: dict, *, reports: Path = ROOT / "reports", notebooks: Path = ROOT / "notebooks",
    jobs: int = 2,
) -> tuple[Path, bool]:  # fmt: skip
    """Publish the report of a study; returns its folder and whether it is new (or was there, nothing having changed).

    `parameters` are those of the notebooks (stages, where, confidence, …); one that no notebook has is an error.
    """
    chapters = sorted(notebooks.glob("[0-9]*.ipynb"))
    check_parameters(parameters, chapters)
    folder = find_study(study_path)
    home = reports / study_name(folder)
    view = {name: value for name, value in parameters.items() if name in View.__dataclass_fields__}
    with locked(home):
        study = open_study(folder, **view)
        chapters = [notebook for notebook in chapters if can_run(notebook, study)]
        if not chapters:
            raise StudyError(f"{folder}: no notebook can run on {', '.join(study.settings.files)} alone yet.")
        inputs = {path: fingerprint(folder / path) for path in input_files(folder, study)}
        run = run_id(inputs=inputs, parameters=parameters, code=code_files(chapters))
        if (home / "runs" / run / "manifest.json").is_file():
            point_latest(home, run)
            return home / "latest", False
        with staged(home, run) as staging:
            given = parameters | {"study_path": folder.name, "output_path": str(staging)}
            executed = run_notebooks(chapters, given, staging, cwd=folder.parent, jobs=jobs)
            write_page(study, staging, executed, parameters, run)
            publish(staging, home, run, manifest(study, run, parameters, inputs))
    return home / "latest", True


def can_run(notebook: Path, study: Study) -> bool:
    """Whether the study has the tables that the notebook's metadata says it needs."""
    needs = nbformat.read(notebook, as_version=4).metadata.get("cx", {}).get("needs", [])
    return all(table in study for table in needs)


def input_files(folder: Path, study: Study) -> list[str]:
    """Every file a run reads, relative to the study."""
    files = [*study.settings.files.values(), *filter(None, [study.settings.exclude])]
    named = ["study.yaml", *(file.path for file in files), *(f.columns for f in files if isinstance(f.columns, str))]
    return sorted({path.relative_to(folder).as_posix() for name in named for path in folder.glob(name)})


def code_files(notebooks: list[Path]) -> dict[str, str]:
    """Hashes of everything that is run: the package, the notebooks, the locked versions."""
    package = [file for file in (ROOT / "cxlib").rglob("*") if file.suffix in (".py", ".j2", ".css", ".json")]
    files = [*package, *notebooks, ROOT / "requirements.lock"]
    return {"/".join(file.parts[-3:]): fingerprint(file)["sha256"] for file in sorted(files)}


def write_page(study: Study, staging: Path, executed: list[Path], parameters: dict, run: str) -> None:
    """report.html in the staging folder, and the tables that belong to no chapter."""
    tables = staging / "tables"
    tables.mkdir(exist_ok=True)
    write_csv(study.counts, tables / "rows.csv")
    if len(study.quarantined):
        write_csv(study.quarantined, tables / "quarantined.csv")
    chapters = [render_chapter(notebook) for notebook in executed]
    files = [file for file in staging.rglob("*") if file.suffix in (".csv", ".png", ".ipynb")]
    page = render_report(
        {
            "title": study.settings.title,
            "who": describe_study(study) if "ratings" in study else "",
            "looked_at": describe_view(study.view),
            "findings": [finding for chapter in chapters for finding in chapter["findings"]],
            "confidence": f"{100 * parameters.get('confidence', 0.95):g}",
            "rows": study.counts.to_dict("records"),
            "quarantined": len(study.quarantined),
            "missing": study.missing(),
            "chapters": chapters,
            "files": sorted(file.relative_to(staging).as_posix() for file in files),
            "run": run,
        }
    )
    (staging / "report.html").write_text(page, encoding="utf-8")


def describe_view(view: View) -> str:
    """Which part of the study was looked at, apart from the wave; empty for all of it."""
    parts = [f"{name} {', '.join(getattr(view, name))}" for name in ("stages", "touchpoints", "personas", "channels")
             if getattr(view, name)]  # fmt: skip
    parts += [*view.where, *([f"answers up to {view.as_of}"] if view.as_of else [])]
    return "; ".join(parts)


def manifest(study: Study, run: str, parameters: dict, inputs: dict) -> dict:
    """What the report was made of."""
    return {
        "run": run,
        "study": study.settings.title,
        "parameters": parameters,
        "inputs": inputs,
        "rows": json.loads(pd.DataFrame(study.counts).to_json(orient="records")),
        "versions": {"python": platform.python_version()} | {library: version(library) for library in LIBRARIES},
    }
