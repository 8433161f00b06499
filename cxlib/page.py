"""report.html: the first page block by block, then the chapters, how the data was read, the method, every file."""

import csv
from pathlib import Path

import pandas as pd

from cxlib import catalogue
from cxlib.agreement import find_doubts
from cxlib.catalogue import tell
from cxlib.charts.fonts import missing_scripts
from cxlib.claims import settle_each
from cxlib.csv_files import write_csv
from cxlib.examination import SWITCH_ON, examine
from cxlib.render import (
    TEMPLATES,
    allowed_html,
    marks_of,
    read_chapter,
    render_chapter,
    render_figure,
    render_markdown,
    render_report,
)
from cxlib.study import Study
from cxlib.summaries import describe_hidden, describe_study, summarise_study, waves_so_far
from cxlib.view import describe_view
from cxlib.words import counted, in_words, listed

MOST = 6
"""Findings under "What we found"; more stand in their chapters."""

BLOCKS = {"found": ("lead", "verdicts", "found"), "changed": ("changed",), "first": ("first",), "map": ("map",)}
BLOCKS |= {"targets": ("targets", "actions", "worked")}
"""The blocks of the first page, each with the places of `Chapter.say` that stand in it, in this order."""


def write_page(
    study: Study, staging: Path, executed: list[Path], parameters: dict, run: str, newcomers: list[str]
) -> None:
    """report.html in the staging folder, and the tables that belong to no chapter."""
    tables = staging / "tables"
    tables.mkdir(exist_ok=True)
    write_csv(study.counts, tables / "rows.csv")
    if len(study.quarantined):
        write_csv(study.quarantined, tables / "quarantined.csv")
    notebooks = [read_chapter(notebook) for notebook in executed]
    blocks = place_marks([mark for notebook in notebooks for mark in marks_of(notebook)], staging)
    method = TEMPLATES / "method.md"
    page = render_report(
        describe_head(study)
        | blocks
        | {
            "before": find_wave_before(study),
            "rated": "ratings" in study,
            "trust": explain_trust(study, parameters.get("confidence", 0.95)),
            "doubts": find_doubts(study) + newcomers + missing_scripts(names_of(study)),
            "missing": study.missing(),
            "files": list_files(staging, notebooks),
            "chapters": [render_chapter(notebook, staging) for notebook in notebooks],
            "examination": read_examination(study),
            "quarantined": len(study.quarantined),
            "method": render_markdown(tell(method.read_text(encoding="utf-8"))) if method.is_file() else "",
            "run": run,
            "language": catalogue.spoken,
        }
    )
    (staging / "report.html").write_text(page, encoding="utf-8")


def place_marks(marks: list[dict], folder: Path | None = None) -> dict[str, list[dict]]:
    """What the first page shows, by block: everything marked for it is tested together, then placed.

    A block is a list of `kind` (sentence, table or chart) and `html` or `words`. A chart that may stand here is moved
    out of its chapter; under "What we found" stand at most six sentences.
    """
    said = [mark | {"words": words} for mark, words in zip(marks, settle_each([mark["says"] for mark in marks]))]
    told = [mark for mark in said if mark["words"]]
    blocks = {}
    for block, places in BLOCKS.items():
        chosen = [mark for place in places for mark in told if mark["place"] == place]
        blocks[block] = [show_mark(mark, folder) for mark in chosen]
    return blocks | {"found": blocks["found"][:MOST]}


def show_mark(mark: dict, folder: Path | None) -> dict[str, str]:
    """One thing of the first page, ready for the template."""
    label = mark["output"].get("metadata", {}).get("cx", {}).get("label", "")
    if mark["kind"] == "chart":
        for output in filter(None, [mark["output"], mark["note"]]):
            output["metadata"]["cx"]["moved"] = True
        note = mark["note"].get("data", {}).get("text/plain", "")
        return {"kind": "chart", "html": render_figure(mark["output"], folder), "note": note}
    if mark["kind"] == "table":
        return {"kind": "table", "html": allowed_html(mark["words"]), "label": label}
    return {"kind": "sentence", "words": mark["words"]}


def find_wave_before(study: Study) -> str:
    """The wave before the one looked at; empty where there is none."""
    waves = waves_so_far(study) if "ratings" in study else []
    return waves[-2] if len(waves) > 1 else ""


def describe_head(study: Study) -> dict:
    """The head of the page: title, objective, the part looked at, and the facts of the survey, each with its name."""
    aims = study.small("objectives")["objective"].dropna().unique() if "objectives" in study else []
    named = tell("Objectives: {names}.", names=listed(pd.Series(aims))) if len(aims) else ""
    head = {"title": study.settings.title, "objective": study.settings.objective or named}
    return head | {"looked_at": describe_view(study), "facts": list(filter(lambda fact: fact[1], find_facts(study)))}


def find_facts(study: Study) -> list[tuple[str, str]]:
    """Period, who was asked, waves, weights, what is left out: each a name and words, empty where there is nothing."""
    if "ratings" not in study:
        return [(tell("Who was asked"), describe_study(study)), (tell("Left out"), describe_left_out(study))]
    facts = summarise_study(study)
    first, last = (facts[end] and in_words(facts[end]) for end in ("first", "last"))
    period = "" if not first else first if first == last else tell("{first} to {last}", first=first, last=last)
    asked = tell(
        "{people} gave {answers} on {touchpoints}",
        people=counted(facts["respondents"], "person", "people"), answers=counted(facts["answers"], "answer"),
        touchpoints=counted(facts["touchpoints"], "touchpoint"),
    )  # fmt: skip
    waves, wave = waves_so_far(study), facts["wave"]
    if wave == "all" and waves:
        wave = tell("all {count} together", count=len(waves))
    elif len(waves) > 1:
        wave = tell("{wave}; {count} before it, with {answers} in all", wave=wave, count=len(waves) - 1,
                    answers=counted(facts["all_answers"], "answer"))  # fmt: skip
    weights = tell("Some answers count more than others, by the weights in {file}.", file=study.source("respondents"))
    left_out = " ".join(filter(None, [describe_left_out(study), describe_hidden(study)]))
    if facts["no_wave"]:
        left_out += " " + tell("{answers} in none of the waves of study.yaml: check dates and last days.",
                               answers=counted(facts["no_wave"], "answer"))  # fmt: skip
    return [
        (tell("Period"), period), (tell("Who was asked"), asked), (tell("Wave"), "" if wave == "all" else wave),
        (tell("Weights"), weights if facts["weighted"] else ""), (tell("Left out"), left_out.strip()),
    ]  # fmt: skip


def describe_left_out(study: Study) -> str:
    """How many rows were set aside as unusable, and how many left out on purpose; empty where none was."""
    aside, out = (int(study.counts[column].sum()) for column in ("quarantined", "excluded"))
    said = [tell("{rows} could not be used.", rows=counted(aside, "row")) if aside else ""]
    said += [tell("{rows} left out on purpose.", rows=counted(out, "row")) if out else ""]
    return " ".join(filter(None, said))


def names_of(study: Study) -> list[str]:
    """The words of the study that charts draw."""
    kept = [study.values(table, column) for table, column in (("respondents", "persona"), ("ratings", "channel"))]
    names = [study.settings.title, *study.stages, *study.touchpoints["label"].dropna().astype(str), *kept[0], *kept[1]]
    return [*names, *study.values("ratings", "touchpoint")]


def explain_trust(study: Study, confidence: float) -> list[str]:
    """How far the figures can be trusted, in plain words."""
    read, used, aside, out = (int(study.counts[name].sum()) for name in ("read", "used", "quarantined", "excluded"))
    rows = {"read": f"{read:,}", "used": f"{used:,}", "aside": f"{aside:,}", "out": f"{out:,}"}
    asked = f"{summarise_study(study)['respondents']:,}" if "ratings" in study else ""
    said = [
        tell("A gap is what people experienced less what they expected, in points of the rating scale. Below zero, "
             "customers got less than they expected.") if asked else "",
        tell("These are figures of {people}\u00a0people, not of all customers, so each could be a little off.",
             people=asked) if asked else "",
        tell("How these people were chosen, and how many did not answer, is not in the data. This page cannot tell "
             "whom it misses.") if asked else "",
        tell("“Most likely 1.3 to 1.6” means: the true figure should lie there. In {times} of 100 surveys like this "
             "one such a range holds it.", times=f"{100 * confidence:g}"),
        tell("In the chapters the brackets are shorter: “(28 to 37\u00a0%; n\u00a0420)” is the same kind of range, and "
             "n is how many people, or cases, the figure rests on."),
        tell("“Falls short”, “better” and “surely” are said only where chance alone would seldom make such a "
             "difference. All such claims of this page are tested together: about 1 in 20 of them, at most, may be "
             "wrong."),
        tell("“Not enough answers to tell” is no good news and no bad news: more answers would tell."),
        tell("A chance, such as that of being among the first, says how often that happened when the ranking was "
             "worked out thousands of times with slightly different figures.") if asked else "",
        tell("A sure difference is not yet its cause. What goes together, and what changed after an action, can have "
             "other reasons; only a comparison with places or times without the action comes close."),
        tell("Groups of fewer than {least} people are not shown, so that nobody can be recognised.",
             least=study.hide_below) if study.hide_below > 1 else "",
        tell("All {read} rows that were read were used.", read=rows["read"]) if not aside + out else
        tell("{read} rows were read; {used} were used, {aside} were set aside as unusable, {out} were left out on "
             "purpose.", **rows),
    ]  # fmt: skip
    return list(filter(None, said))


def read_examination(study: Study) -> list[dict]:
    """How the data was read, section by section: title, sentences, and rows of text where there is a table."""
    return [
        {"title": tell(section.title), "sentences": [*map(tell, section.sentences)], "rows": rows_of(section.table)}
        for section in examine(study)
        if section.title != SWITCH_ON
    ]


def rows_of(table: pd.DataFrame | None) -> list[list[str]]:
    """A table as rows of text, the heading first; none where there is no table."""
    if table is None:
        return []
    rows = table.to_numpy().tolist()
    cells = [[f"{cell:,}" if isinstance(cell, int) else tell(str(cell)) for cell in row] for row in rows]
    return [[tell(name.replace("_", " ")) for name in table.columns], *cells]


def list_files(staging: Path, notebooks: list) -> list[dict]:
    """Every file of the report in groups: `title` and rows of `name`, `links`, `what` it is, `size` (rows, or kB)."""
    whole = [
        ("report.html", tell("this page")),
        ("report.pdf", tell("this page on paper, beside it where a PDF was asked for")),
        ("workbook.xlsx", tell("every table, a sheet each")),
        ("manifest.json", tell("what the report was made of: every file with its hash")),
    ]
    top = [{"name": "", "links": [{"path": path, "word": path}], "what": what, "size": ""} for path, what in whole]
    top[1] |= {"name": top[1]["links"][0]["word"], "links": []}
    outputs = [output for notebook in notebooks for cell in notebook.cells for output in cell.get("outputs", [])]
    marks = [output.get("metadata", {}).get("cx", {}) for output in outputs]
    about = {mark["name"]: mark["section"] for mark in marks if mark.get("name")}
    about |= {Path(notebook.metadata["cx_id"]).stem.removeprefix("chapter-"): notebook.metadata["cx_title"]
              for notebook in notebooks}  # fmt: skip
    groups = [(tell("Charts"), "charts"), (tell("Tables"), "tables"), (tell("Executed notebooks"), "notebooks")]
    listed = [{"title": title, "rows": list_folder(staging / folder, about)} for title, folder in groups]
    return [{"title": tell("The report"), "rows": top}, *(group for group in listed if group["rows"])]


def list_folder(folder: Path, about: dict[str, str]) -> list[dict]:
    """The files of one folder, those of one name in one row."""
    names = {}
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        names.setdefault(path.stem, []).append(path)
    rows = []
    for name, paths in names.items():
        alone = len(paths) == 1
        links = [{"path": f"{folder.name}/{path.name}", "word": path.name if alone else path.suffix[1:].upper()}
                 for path in paths]  # fmt: skip
        what = about.get(name) or name.replace("_", " ").strip()
        rows.append({"name": "" if alone else name, "links": links, "what": what, "size": size_of(paths[0])})
    return rows


def size_of(path: Path) -> str:
    """How much a file holds: rows of a table, else kilobytes."""
    if path.suffix != ".csv":
        return tell("{size:,}\u00a0kB", size=max(round(path.stat().st_size / 1000), 1))
    with path.open(encoding="utf-8-sig", newline="") as file:
        return counted(max(sum(1 for _ in csv.reader(file)) - 1, 0), "row")
