"""A view kept as a file: the parameters that differ from their defaults, ready for cx report."""

import io
import re
import shlex
from dataclasses import asdict
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from cxlib.catalogue import tell
from cxlib.explorer.tables import Options
from cxlib.study import ROOT, View
from cxlib.tables import StudyError

SAVED = ["as_of", "wave", "stages", "touchpoints", "personas", "channels", "where", "by"]
SAVED += ["confidence", "top", "impact_weight", "feasibility_weight"]
NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


def view_yaml(view: View, options: Options) -> str:
    """The parameters that differ from their defaults, as YAML; every text in quotes, so that it comes back as it is.

    >>> print(view_yaml(View(personas=["NO"]), Options(top=5)))
    personas:
    - "NO"
    top: 5
    <BLANKLINE>
    """
    chosen, defaults = (asdict(one) | asdict(other) for one, other in ((view, options), (View(), Options())))
    yaml = YAML()
    yaml.width = 10**6
    written = io.StringIO()
    changed = {name: in_quotes(chosen[name]) for name in SAVED if chosen[name] != defaults[name]}
    if changed:
        yaml.dump(changed, written)
    return written.getvalue() or "{}\n"


def in_quotes(value: object) -> object:
    """Texts in quotes, numbers as they are."""
    if isinstance(value, list):
        return [in_quotes(item) for item in value]
    return DoubleQuotedScalarString(value) if isinstance(value, str) else value


def write_view(name: str, view: View, options: Options, *, folder: Path) -> Path:
    """Write `folder`/`name`.yaml; a name of other letters, a file that is there, or no right to write is an error."""
    name = name.strip()
    if not NAME.fullmatch(name):
        raise StudyError(
            tell("A name takes letters from A to Z, digits, - and _, up to 80. Nothing was saved."), code=2
        )
    path = folder / f"{name}.yaml"
    if path.exists():
        raise StudyError(tell("There is a view {name} already. Choose another name.", name=name), code=73)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(path, "x", encoding="utf-8", newline="\n") as file:
            file.write(view_yaml(view, options))
    except OSError:
        raise StudyError(
            tell("This folder cannot be written, so nothing was saved: {folder}.", folder=name_path(folder)), code=73
        ) from None
    return path


def report_command(study_path: str, path: Path) -> str:
    """What to type for a report of the view."""
    return f"cx report {shlex.quote(name_path(study_path))} -f {shlex.quote(name_path(path))}"


def name_path(path: str | Path) -> str:
    """A path without the folders of the machine: as it is, from the project's root, or its last name.

    >>> name_path("data/sample"), name_path("/home/me/acme")
    ('data/sample', 'acme')
    """
    path = Path(path)
    if path.is_relative_to(ROOT):
        return str(path.relative_to(ROOT))
    return str(path) if not path.is_absolute() else path.name
