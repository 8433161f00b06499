"""The verbs, cx new to cx dashboard. A sentence and an exit code, never a traceback, for what a user can mend."""

import os
import sys
from pathlib import Path

import click
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from cxlib.strict_yaml import read_yaml, texts
from cxlib.study import ROOT
from cxlib.tables import StudyError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cx():
    """Gap analysis of customer journeys."""


@cx.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--from", "export", type=click.Path(path_type=Path), help="An export to build the study around.")
@click.option("--encoding", default="", help="The encoding of a text file that is not UTF-8, such as cp1252.")
@click.option("--sheet", default="", help="The sheet of a workbook.")
@click.option("--zone", default="", help="Where the clock of the export's times stood, such as Europe/Berlin.")
@click.option("--delta", default=0.25, help="The precision, in scale points, to count needed answers for.")
def new(folder, export, encoding, sheet, zone, delta):
    """Begin a study in FOLDER: an empty one with a questionnaire, or one around an export."""
    from cxlib.beginning import begin_study

    for sentence in begin_study(folder, export=export, encoding=encoding, sheet=sheet, zone=zone, delta=delta):
        click.echo(sentence)


@cx.command()
@click.argument("study")
@click.option("--reports", default=str(ROOT / "reports"), metavar="FOLDER", help="Where set-aside rows are written.")
def check(study, reports):
    """Read all of STUDY, run nothing, and say how it was read, what was set aside, and what to doubt."""
    from cxlib.report import check_study

    text, path = check_study(study, reports=Path(reports).resolve())
    click.echo(text)
    click.echo(
        f"Rows set aside, left out or left blank, each with its reason: {path}" if path else "No row was set aside."
    )


@cx.command()
@click.argument("study")
@click.option("--as-of", metavar="DAY", help="Count answers up to this day, such as 2026-06-30.")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter, such as 'stages=[adoption]'.")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only these respondents, such as market=DE.")
@click.option("-f", "--file", type=click.Path(exists=True, dir_okay=False), help="Parameters from a YAML file.")
@click.option("--reports", default=str(ROOT / "reports"), metavar="FOLDER", help="Where reports are published.")
@click.option("--notebooks", default=str(ROOT / "notebooks"), metavar="FOLDER", help="The notebooks to run.")
@click.option("--jobs", default=os.cpu_count() or 1, help="How many notebooks run at a time.")
@click.option("--columns-changed", is_flag=True, help="Go on although columns of the last report are gone.")
@click.option("--last-not-shared", is_flag=True, help="Hide small groups as if the last report did not exist.")
@click.option("--no-pdf", is_flag=True, help="Leave out report.pdf, which takes a browser and some seconds.")
def report(study, as_of, pairs, where, file, reports, notebooks, jobs, columns_changed, last_not_shared, no_pdf):
    """Run the notebooks on STUDY, a folder with a study.yaml, and publish the report."""
    from cxlib.pdf import PDF, explain_no_pdf
    from cxlib.report import run_report

    parameters = read_yaml(Path(file), code=2) if file else {}
    parameters |= dict(read_pair(pair) for pair in pairs)
    parameters |= {"as_of": as_of} if as_of else {}
    parameters |= {"where": [*texts(parameters.get("where")), *where]} if where else {}
    home, is_new = run_report(
        study, parameters, reports=Path(reports).resolve(), notebooks=Path(notebooks), jobs=jobs,
        drift=columns_changed, beside_last=not last_not_shared, pdf=not no_pdf,
    )  # fmt: skip
    if not is_new:
        click.echo("Nothing has changed since this report was made; nothing was run.")
    if not no_pdf and not (home / PDF).is_file():
        click.echo(explain_no_pdf(), err=True)
    click.echo(f"The report is at {home / 'report.html'}")


@cx.command()
def lab():
    """Open the notebooks in JupyterLab."""
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", str(ROOT / "notebooks")])


@cx.command()
@click.argument("study")
@click.option("--port", default=8866, help="The port of the page; the next ones are tried where it is taken.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def dashboard(study, port, no_browser):
    """Open the explorer of STUDY as a page of its own, on this machine only."""
    from cxlib.dashboard import serve_dashboard

    sys.exit(serve_dashboard(study, port=port, open_browser=not no_browser))


def read_pair(pair: str) -> tuple[str, object]:
    """NAME=VALUE, the value read as YAML."""
    name, equals, value = pair.partition("=")
    if not equals:
        raise StudyError(f"--set {pair}: write it NAME=VALUE, such as --set 'stages=[adoption]'.", code=2)
    try:
        return name.strip(), YAML(typ="safe", pure=True).load(value)
    except (YAMLError, ValueError) as error:
        raise StudyError(f"--set {pair} cannot be read as YAML: {' '.join(str(error).split())}", code=2) from None


def main() -> None:
    """The command: a StudyError is its words on one line and its code."""
    try:
        cx()
    except StudyError as error:
        click.echo(f"cx: {error}", err=True)
        sys.exit(error.code)
    except OSError as error:
        click.echo(f"cx: {error.filename}: {error.strerror}. Nothing was published.", err=True)
        sys.exit(73)
