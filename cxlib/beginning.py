"""A new study: an empty one with a questionnaire, or one around an export, with every guess marked as a guess."""

import shutil
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
from ruamel.yaml import YAML

from cxlib.examination import name_some
from cxlib.loaders.files import COLUMNAR, check_file, read_grid
from cxlib.loaders.grid import Grid, Header
from cxlib.loaders.survey import recognise
from cxlib.loaders.tidy import read_headings, tidy
from cxlib.loaders.xes import COLUMNS as XES_COLUMNS
from cxlib.proposals import (
    answers_needed,
    as_text,
    propose_columns,
    propose_scales,
    propose_touchpoints,
    write_questionnaire,
)
from cxlib.proposals.dates import likely_order
from cxlib.publish import study_name
from cxlib.settings import TableFile, known_zone, read_settings
from cxlib.study import ROOT
from cxlib.tables import TABLES, StudyError
from cxlib.words import counted

SEVERAL = 3
"""Questions with answers in words that are no accident."""

TEMPLATES = Path(__file__).parent / "templates" / "study"


def begin_study(
    folder: Path,
    *,
    export: Path | None = None,
    encoding: str = "",
    sheet: str = "",
    zone: str = "",
    delta: float = 0.25,
) -> list[str]:
    """Make the study in `folder`, around `export` where one is given; what is there already is left as it is.

    Returns what was done and what to look at next, in sentences. `delta` is the precision the questionnaire's numbers
    of answers are for, in scale points.
    """
    folder = folder if folder.is_absolute() or folder.parent.is_dir() else ROOT / folder
    study_name(folder)
    zone = known_zone(zone) if zone else ""
    if export is not None and not export.is_file():
        raise StudyError(f"There is no file {export} in {Path.cwd()}.", code=2)
    file = TableFile(export.name, encoding=encoding, sheet=sheet) if export else None
    found, grid = look_at(export, file) if export else (None, None)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "study.yaml").exists():
        shutil.copyfile(TEMPLATES / "study.yaml", folder / "study.yaml")
        change_settings(folder, {"title": folder.name}, drop=["stages", "scales", "files"] if export else [])
    if export is None:
        return begin_empty(folder, delta)
    refuse_begun(folder, export)
    if export.resolve() != (folder / export.name).resolve():
        shutil.copyfile(export, folder / export.name)
    if zone:
        change_settings(folder, {"dates": {"zone": zone}})
    if isinstance(found, Header):
        return begin_survey(folder, found, grid, file)
    return begin_table(folder, found, file)


def refuse_begun(folder: Path, export: Path | None) -> None:
    """Raise where something a person may have written would be written over."""
    taken = read_settings(folder).files
    again = export and "ratings" in taken and taken["ratings"].path == export.name
    if ("ratings" in taken or "events" in taken) and not again:
        raise StudyError(
            f"{folder}/study.yaml names {', '.join(taken)} already; begin another study, or take them out."
        )
    for name in ["columns.csv"] if export else ["questionnaire.md", "questionnaire.csv"]:
        if (folder / name).exists():
            raise StudyError(f"{folder}/{name} is there already; delete it to have it written again.")
    copy = folder / (export or Path("-")).name
    if export and copy.exists() and copy.read_bytes() != export.read_bytes():
        raise StudyError(f"{copy} is there already and is another file; rename one of them.")


def look_at(export: Path, file: TableFile) -> tuple[Header | dict[str, str], Grid | None]:
    """What the export is: a survey's header, or our columns → its headings where it has one row a rating or event; and
    its lines, where they are text."""
    check_file(export, export.parent)
    grid = None if export.suffix.lower() in COLUMNAR else read_grid([export], file)
    headings = grid.headings if grid else read_headings(export, file)
    names = {tidy(heading): heading for heading in headings}
    if XES_COLUMNS["customer"] in headings and XES_COLUMNS["time"] in headings:
        return XES_COLUMNS, grid
    for table, sides in (("ratings", {"expected", "experienced"}), ("events", {"event"})):
        required = {column.name for column in TABLES[table] if column.required}
        if required <= set(names) and sides & set(names):
            return {column.name: names[column.name] for column in TABLES[table] if column.name in names}, grid
    if grid is None:
        raise StudyError(
            f"{export.name} has the columns {headings[:12]}: neither touchpoint with expected or experienced "
            "(ratings), nor customer, time and event (events). Rename them, or map them in study.yaml by hand."
        )
    try:
        return recognise(grid), grid
    except StudyError as error:
        raise StudyError(f"{export.name}: {error}") from None


def begin_survey(folder: Path, header: Header, grid: Grid, file: TableFile) -> list[str]:
    """Propose the columns file, the map and study.yaml for a survey export."""
    places = read_places(folder)
    columns = propose_columns(header, grid, places)
    write_table(columns, folder / "columns.csv")
    settings, ask = propose_settings(header, grid, file, columns, zone=read_settings(folder).zone)
    if places is None and (columns["touchpoint"] != "").any():
        write_table(propose_touchpoints(columns), folder / "touchpoints.csv")
        settings["files"]["touchpoints"] = "touchpoints.csv"
    change_settings(folder, settings)
    answered = len(grid.records) - header.rows + 1 - len(header.left_out)
    said = [
        f"{file.path} is a {header.format} export: {header.why}.",
        f"{counted(header.rows, 'heading line')}, {counted(len(header.questions), 'column')}, "
        f"{counted(answered, 'answered line')}; left out: {counted(len(header.left_out), 'line')} that "
        f"{'is' if len(header.left_out) == 1 else 'are'} no answer, "
        f"{counted(len(grid.rejects), 'line')} that cannot be read.",
    ]
    return said + describe_proposal(folder, columns, ask, settings.get("scales", {}), new_map=places is None)


def propose_settings(
    header: Header, grid: Grid, file: TableFile, columns: pd.DataFrame, *, zone: str
) -> tuple[dict, str]:
    """The keys of study.yaml an export tells of, and what it leaves to ask a person."""
    entry = {"path": file.path, "format": header.format}
    entry |= {name: value for name in ("encoding", "sheet") if (value := getattr(file, name))}
    settings: dict = {"files": {"ratings": entry | {"columns": "columns.csv"}}}
    scales, codes = propose_scales(columns, grid, header=header)
    times = [f"f{place}" for place in columns.index[columns["column"] == "answered_at"]]
    moments = grid.records.slice(header.rows - 1)[times[0]].to_pylist() if times else []
    order, ask = likely_order(moments, zone=header.zone or zone)
    dashes = any(pc.any(pc.equal(column, "-")).as_py() for column in grid.records.columns[:-1])
    found = {
        "scales": scales,
        "codes": codes,
        "outcome": "overall" if "overall" in scales else "",
        "missing": ["-"] if dashes else [],
        "dates": {name: value for name, value in (("order", order), ("zone", header.zone)) if value},
    }
    return settings | {key: value for key, value in found.items() if value}, ask


def write_table(table: pd.DataFrame, path: Path) -> None:
    """A CSV for people: with the mark that tells spreadsheets it is UTF-8."""
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def describe_proposal(folder: Path, columns: pd.DataFrame, ask: str, scales: dict, *, new_map: bool) -> list[str]:
    """What was found among the columns, and what to look at next."""
    rated = columns[(columns["table"] == "ratings") & (columns["touchpoint"] != "")]
    pairs = rated[rated["column"].isin(["expected", "experienced"])]
    sure = rated["confidence"].value_counts()
    said = describe_dropped(columns)
    if rated.empty:
        said.append(
            "No rating was found: no question asks what was expected or experienced, on a scale, in words known here."
        )
    else:
        both = pairs.groupby("touchpoint")["column"].nunique().eq(2).sum()
        said.append(
            f"{counted(rated['touchpoint'].nunique(), 'touchpoint')}, {both} with expectation and experience; "
            + ", ".join(f"{n} columns with {confidence} confidence" for confidence, n in sure.items())
            + f"; scales: {', '.join(f'{name} {low:g} to {high:g}' for name, (low, high) in scales.items())}."
        )
    following = [f"Look at {folder}/columns.csv: every column of the export, what it was taken for, and why. "
                 "Correct what is wrong; empty confidence where it is right."]  # fmt: skip
    if rated.empty:
        following[0] += " Give at least one column the table ratings, the column experienced and a touchpoint."
    if new_map and len(rated):
        following.append(f"In {folder}/touchpoints.csv give each touchpoint its stage and a label to read.")
    words = int(columns["why"].str.contains("on no scale known here").sum())
    if words >= SEVERAL:
        following.append(
            f"{counted(words, 'question')} may be ratings with answers in words: export numeric values "
            "instead, or map them by hand and give each word its number under codes in study.yaml."
        )
    following += [ask] if ask else []
    following.append(f"Then: cx check {folder}")
    return said + ["Next:"] + [f"{number}. {step}" for number, step in enumerate(following, 1)]


def describe_dropped(columns: pd.DataFrame) -> list[str]:
    """Which columns will not be read, and why."""
    left = columns[columns["table"] == ""]
    names = left["question"].where(left["question"] != "", left["header"])
    people, tool = left["why"].str.startswith("identifies"), left["why"].str.startswith("of the tool")
    kinds = {
        "that identify people": people,
        "of the tool's own": tool,
        "without a part found for them": ~people & ~tool,
    }
    return [f"Not read, {words}: {name_some(list(names[which]))}." for words, which in kinds.items() if which.any()]


def begin_table(folder: Path, columns: dict[str, str], file: TableFile) -> list[str]:
    """study.yaml for a file with one row a rating or an event."""
    table = "events" if "event" in columns else "ratings"
    entry: dict = {"path": file.path}
    entry |= {name: value for name in ("encoding", "sheet") if (value := getattr(file, name))}
    if any(name != tidy(heading) for name, heading in columns.items()):
        entry["columns"] = dict(columns)
    change_settings(folder, {"files": {table: entry}})
    return [
        f"{file.path} has one row {'an event' if table == 'events' else 'a rating'}: "
        + ", ".join(f"{ours} is '{theirs}'" for ours, theirs in columns.items()) + ".",
        "Next:",
        f"1. Look at {folder}/study.yaml: scales, dates and their zone.",
        f"2. Then: cx check {folder}",
    ]  # fmt: skip


def begin_empty(folder: Path, delta: float) -> list[str]:
    """Templates of every table, a map to make one's own, and the questionnaire for it."""
    refuse_begun(folder, None)
    if not (folder / "touchpoints.csv").exists():
        shutil.copyfile(TEMPLATES / "touchpoints.csv", folder / "touchpoints.csv")
    (folder / "templates").mkdir(exist_ok=True)
    for table, columns in TABLES.items():
        heading = ",".join(column.name for column in columns) + "\n"
        path = folder / "templates" / f"{table}.csv"
        if not path.exists():
            path.write_text(heading, encoding="utf-8")
    scale = read_settings(folder).scales.get("experienced", (1, 7))
    questions = write_questionnaire(read_places(folder), scale)
    needed = answers_needed(delta, scale)
    table = needed.to_string(index=False)
    words = (
        f"\n## How many answers\n\nFor a gap known to ± {delta:g} points each touchpoint needs so many people who rate "
        f"both sides; it depends on how far their gaps spread:\n\n```\n{table}\n```\n"
    )
    (folder / "questionnaire.md").write_text(as_text(questions) + words, encoding="utf-8")
    write_table(questions, folder / "questionnaire.csv")
    usual = needed.loc[needed["spread"] == "usual", "n"].iloc[0]
    return [
        f"{folder} has a study.yaml, a map (touchpoints.csv), a questionnaire for it and a template of every table.",
        f"For gaps known to ± {delta:g} points each touchpoint needs about {usual} people who rate both sides.",
        "Next:",
        f"1. Make {folder}/touchpoints.csv your own; then delete questionnaire.md and questionnaire.csv, and run "
        f"cx new {folder} again.",
        f"2. Ask {folder}/questionnaire.md, and export the answers.",
        f"3. Then: cx new {folder} --from the-export.csv",
    ]


def read_places(folder: Path) -> pd.DataFrame | None:
    """The study's map, where it has one."""
    path = folder / "touchpoints.csv"
    return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig") if path.exists() else None


def change_settings(folder: Path, changes: dict, *, drop: list[str] = ()) -> None:
    """Add keys to study.yaml; what a person has said there, and the notes, stay."""
    yaml = YAML()
    yaml.width = 4096
    path = folder / "study.yaml"
    settings = yaml.load(path.read_text(encoding="utf-8-sig"))
    for key in drop:
        settings.pop(key, None)
    yaml.representer.ignore_aliases = lambda _: True
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(settings.get(key), dict):
            settings[key].update({name: part for name, part in value.items() if name not in settings[key]})
        elif isinstance(value, dict) or key not in settings or not settings[key] or key == "title":
            settings[key] = value
    with path.open("w", encoding="utf-8", newline="\n") as file:
        yaml.dump(settings, file)
