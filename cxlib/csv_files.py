"""Tables as CSV: the same table is the same bytes, no spreadsheet runs a cell, and what was written is read back."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from cxlib.tables import RESULTS

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a text must not begin with: a spreadsheet would run it."""


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """A table as CSV, numbers with 12 significant digits, texts that a spreadsheet would run behind an apostrophe."""
    texts = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    safe = table.assign(**{name: table[name].map(disarm) for name in texts})
    returns = any(safe[name].astype("str").str.contains("\r", regex=False).any() for name in texts)
    quoting = csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL  # a bare return would end the row
    safe.to_csv(path, index=False, float_format="%.12g", lineterminator="\n", quoting=quoting)


def read_csv(path: Path, name: str) -> pd.DataFrame:
    """A published table as it was written, its texts texts ("01" stays "01"); `name` is that in columns.csv."""
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    numbers = [column.name for column in RESULTS[name] if column.kind == "number" and column.name in table]
    texts = [column for column in table if column not in numbers]
    figures = {column: pd.to_numeric(table[column].replace("", np.nan)) for column in numbers}
    return table.assign(**figures, **{column: table[column].map(rearm).replace("", None) for column in texts})


def disarm(value: object) -> object:
    """A text that no spreadsheet runs as a formula; anything else as it is.

    >>> disarm("=HYPERLINK(A1)"), disarm("checkout"), disarm(-1)
    ("'=HYPERLINK(A1)", 'checkout', -1)
    """
    return f"'{value}" if isinstance(value, str) and value.lstrip("'").startswith(RISKY) else value


def rearm(text: str) -> str:
    """What `disarm` was given.

    >>> rearm(disarm("'=1")), rearm("checkout"), rearm("'quoted'")
    ("'=1", 'checkout', "'quoted'")
    """
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(RISKY) else text
