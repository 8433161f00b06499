"""The verbs: cx report, cx lab. A sentence and an exit code, never a traceback, for what a user can mend."""

import os
import sys
from pathlib import Path

import click
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from cxlib.settings import read_yaml, texts
from cxlib.study import ROOT
from cxlib.tables import StudyError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cx():
    """Gap analysis of customer journeys."""


@cx.command()
@click.argument("study")
@click.option("--as-of", metavar="DAY", help="Count answers up to this day, such as 2026-06-30.")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter, such as 'stages=[adoption]'.")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only these respondents, such as market=DE.")
@click.option("-f", "--file", type=click.Path(exists=True, dir_okay=False), help="Parameters from a YAML file.")
@click.option("--reports", default=str(ROOT / "reports"), metavar="FOLDER", help="Where reports are published.")
@click.option("--notebooks", default=str(ROOT / "notebooks"), metavar="FOLDER", help="The notebooks to run.")
@click.option("--jobs", default=os.cpu_count() or 1, help="How many notebooks run at a time.")
def report(study, as_of, pairs, where, file, reports, notebooks, jobs):
    """Run the notebooks on STUDY, a folder with a study.yaml, and publish the report."""
    from cxlib.report import run_report

    parameters = read_yaml(Path(file), code=2) if file else {}
    parameters |= dict(read_pair(pair) for pair in pairs)
    parameters |= {"as_of": as_of} if as_of else {}
    parameters |= {"where": [*texts(parameters.get("where")), *where]} if where else {}
    home, new = run_report(study, parameters, reports=Path(reports).resolve(), notebooks=Path(notebooks), jobs=jobs)
    if not new:
        click.echo("Nothing has changed since this report was made; nothing was run.")
    click.echo(f"The report is at {home / 'report.html'}")


@cx.command()
def lab():
    """Open the notebooks in JupyterLab."""
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", str(ROOT / "notebooks")])


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
