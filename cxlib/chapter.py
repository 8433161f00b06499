"""What a notebook shows, and what it leaves behind for the report: sentences, tables, charts."""

import html
import io
import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import display
from matplotlib.axes import Axes

from cxlib.charts.theme import VERDICT_WORDS, use_theme
from cxlib.words import readable_interval, readable_q, signed

SWITCHED_ON_BY = {
    "stage": "a map with a column stage (touchpoints: touchpoints.csv in study.yaml)",
    "dimension": "a map with a column dimension (touchpoints: touchpoints.csv in study.yaml)",
    "persona": "a column persona (respondents: respondents.csv in study.yaml)",
    "channel": "a column channel in the ratings",
    "wave": "a column wave in the ratings, or answered_at and waves in study.yaml",
}
HEADINGS = {"label": "touchpoint", "n_needed": "n needed"}
HIDDEN = ("p", "n_effective", "n_expected", "n_experienced", "paired")
PNG_DPI = 200


class Chapter:
    """The output of one notebook. With a folder, charts/ and tables/ are written there; without one, nothing is."""

    def __init__(self, folder: str | Path = ""):
        use_theme()
        self.folder = Path(folder) if folder else None

    def say(self, sentence: str, *, finding: bool = False) -> None:
        """Show a sentence; a finding also stands on the report's first page."""
        if sentence:
            words = {"text/plain": sentence, "text/html": f"<p>{html.escape(sentence)}</p>"}
            display(words, raw=True, metadata={"cx": {"finding": sentence if finding else ""}})

    def keep(self, table: pd.DataFrame, name: str) -> None:
        """Keep a table as tables/`name`.csv."""
        self.write("tables", f"{name}.csv", lambda path: write_csv(table, path))

    def table(self, table: pd.DataFrame, name: str, *, most: int = 60) -> None:
        """Keep a table and show it as people read it, at most `most` rows of it."""
        self.keep(table, name)
        if table.empty:
            group = table.columns[0]
            wanted = SWITCHED_ON_BY.get(group, f"a column {group}")
            self.say(f"There is nothing to show by {group}: that takes {wanted}.")
            return
        shown = readable(table.head(most))
        display({"text/plain": shown.to_string(index=False), "text/html": table_html(shown)}, raw=True)
        if len(table) > most:
            self.say(f"All {len(table)} rows are in tables/{name}.csv.")

    def show(self, ax: Axes | None, name: str, *, alt: str, finding: str = "", note: str = "") -> None:
        """Show a chart and keep it as charts/`name`.png and .svg; None, a chart with nothing to draw, is left out.

        `alt` says what the chart shows to those who cannot see it; without it the report is not published.
        `finding` is what the report's first page says of it, `note` how to read it.
        """
        if ax is None:
            return
        figure = ax.figure
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=PNG_DPI, metadata={"Software": None})
        self.write("charts", f"{name}.png", lambda path: path.write_bytes(picture.getvalue()))
        self.write("charts", f"{name}.svg", lambda path: figure.savefig(path, format="svg", metadata={"Date": None}))
        width, height = (int(inches * figure.dpi) for inches in figure.get_size_inches())
        metadata = {"image/png": {"alt": alt, "width": width, "height": height}, "cx": {"finding": finding}}
        png = b64encode(picture.getvalue()).decode()
        display({"image/png": png, "text/plain": alt}, raw=True, metadata=metadata)
        plt.close(figure)
        self.say(note)

    def write(self, folder: str, name: str, writer: Callable[[Path], object]) -> None:
        """Write one file into the chapter's folder, if it has one; a name is kept to letters, digits, - and _."""
        if self.folder is None:
            return
        target = self.folder / folder / re.sub(r"[^\w.-]+", "_", name)
        target.parent.mkdir(parents=True, exist_ok=True)
        writer(target)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """A table as CSV, 12 significant digits: the same table is the same bytes."""
    table.to_csv(path, index=False, float_format="%.12g", lineterminator="\n")


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """A result table in words: intervals in one column, few digits, headings people know."""
    shown = pd.DataFrame(index=table.index)
    hidden = [*HIDDEN, *(["touchpoint", "stage"] if "label" in table else [])]
    for column in table.columns:
        heading = HEADINGS.get(column, column)
        if column == "low":
            shown["interval"] = [readable_interval(*ends) for ends in zip(table["low"], table["high"])]
        elif column in ("high", *hidden):
            continue
        elif column == "gap":
            shown[heading] = table[column].map(lambda gap: signed(gap, 2))
        elif column == "q":
            shown[heading] = table[column].map(readable_q)
        elif column == "n_needed":
            wanted = table[column].where((table["verdict"] == "not enough data") & (table[column] > table["n"]))
            if wanted.notna().any():
                shown[heading] = ["–" if pd.isna(value) else f"{value:,}" for value in wanted]
        elif column == "n":
            shown[heading] = [f"{value:,}" for value in table[column]]
        elif pd.api.types.is_float_dtype(table[column]):
            shown[heading] = ["–" if pd.isna(value) else f"{value:.2f}".replace("-", "−") for value in table[column]]
        elif column == "verdict":
            shown[heading] = table[column].map(VERDICT_WORDS)
        else:
            shown[heading] = table[column].astype("str").fillna("not stated")
    return shown


def table_html(shown: pd.DataFrame) -> str:
    """The table as HTML, every cell escaped."""
    return shown.to_html(index=False, border=0, escape=True, justify="left")
