"""Which interval of which published table is measured in which section of docs/proof.md."""

import re
from pathlib import Path

import pandas as pd

from cxlib.tables import RESULTS
from tests.proof.page import in_markdown

HEADING = "## Where each interval of a report was measured"
EXPLAINED = (
    "A row for each place of the sections above, with the intervals (table: column of `tables/`) it stands for. *Same "
    "function*, *taken from*: not drawn themselves, but made by the code that was measured there."
)
END = re.compile(r"(?:.*_)?low(?:er)?|above_random")
"""How columns with the lower end of an interval are called."""


def read_register() -> pd.DataFrame:
    """A row for each lower end of an interval: table, column, suite, and where in its section."""
    return pd.read_csv(Path(__file__).with_suffix(".csv"), dtype="str", keep_default_na=False)


def published_intervals() -> set[tuple[str, str]]:
    """Table and column of every interval that a report publishes, by the dictionary of columns."""
    return {(table, column.name) for table in RESULTS for column in RESULTS[table] if END.fullmatch(column.name)}


def write_register() -> str:
    """The last section: a row for each place of the proof, with the intervals it stands for."""
    known = read_register()
    names = known["table"] + ": " + known["column"].str.removesuffix("_low").replace("low", "interval")
    groups = names.rename("of").groupby([known["suite"], known["where"]], sort=False).agg("; ".join).reset_index()
    groups.columns = ["suite", "row, or why another stands for it", "table: interval"]
    return f"{HEADING}\n\n{EXPLAINED}\n\n{in_markdown(groups)}"
