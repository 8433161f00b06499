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

from cxlib.charts.theme import use_theme
from cxlib.csv_files import write_csv
from cxlib.readable import readable, table_html

SWITCHED_ON_BY = {
    "stage": "a map with a column stage (touchpoints: touchpoints.csv in study.yaml)",
    "dimension": "a map with a column dimension (touchpoints: touchpoints.csv in study.yaml)",
    "persona": "a column persona (respondents: respondents.csv in study.yaml)",
    "channel": "a column channel in the ratings",
    "wave": "a column wave in the ratings, or answered_at and waves in study.yaml",
}
PNG_DPI = 200


class Chapter:
    """The output of one notebook. With a folder, charts/ and tables/ are written there; without one, nothing is."""

    def __init__(self, folder: str | Path = ""):
        use_theme()
        self.folder = Path(folder) if folder else None

    def say(self, sentence: str, *, finding: bool | dict = False) -> None:
        """Show a sentence; a finding also stands on the first page, a tested one (`claim`) as far as it holds."""
        if sentence:
            words = {"text/plain": sentence, "text/html": f"<p>{html.escape(sentence)}</p>"}
            said = finding if isinstance(finding, dict) else sentence if finding else ""
            display(words, raw=True, metadata={"cx": {"finding": said}})

    def keep(self, table: pd.DataFrame, name: str) -> None:
        """Keep a table as tables/`name`.csv."""
        self.write("tables", f"{name}.csv", lambda path: write_csv(table, path))

    def table(self, table: pd.DataFrame, name: str, *, columns: list[str] | None = None, most: int = 60) -> None:
        """Keep a table and show it as people read it: `columns` of it, where given, and at most `most` rows."""
        if name.startswith("gaps") and len(table) and "n" in table and not table["n"].any():
            return
        self.keep(table, name)
        if table.empty:
            kind, _, group = name.partition("_by_")
            if kind in ("gaps", "expectations", "experience") and group in SWITCHED_ON_BY:
                self.say(f"There is nothing to show by {group}: that takes {SWITCHED_ON_BY[group]}.")
            return
        ends = [f"{column}_{end}" for column in columns or [] for end in ("low", "high")]
        chosen = [column for column in [*(columns or table.columns), *ends] if column in table]
        shown = readable(table[chosen].head(most))
        display({"text/plain": shown.to_string(index=False), "text/html": table_html(shown)}, raw=True)
        if len(table) > most:
            self.say(f"All {len(table)} rows are in tables/{name}.csv.")

    def show(self, ax: Axes | None, name: str, *, alt: str, finding: str | dict = "", note: str = "") -> None:
        """Show a chart and keep it as charts/`name`.png and .svg; None, a chart with nothing to draw, is left out.

        `alt` says what the chart shows to those who cannot see it; without it the report is not published.
        `finding` is what the report's first page says of it (or a `claim`), `note` how to read it.
        """
        if ax is None:
            return
        figure, picture = ax.figure, picture_of(ax)
        figure.set_layout_engine("none")  # laid out once, for both pictures
        self.write("charts", f"{name}.png", lambda path: path.write_bytes(picture))
        self.write("charts", f"{name}.svg", lambda path: figure.savefig(path, format="svg", metadata={"Date": None}))
        width, height = (int(inches * figure.dpi) for inches in figure.get_size_inches())
        metadata = {"image/png": {"alt": alt, "width": width, "height": height}, "cx": {"finding": finding}}
        display({"image/png": b64encode(picture).decode(), "text/plain": alt}, raw=True, metadata=metadata)
        plt.close(figure)
        self.say(note)

    def write(self, folder: str, name: str, writer: Callable[[Path], object]) -> None:
        """Write one file into the chapter's folder, if it has one; a name is kept to letters, digits, - and _."""
        if self.folder is None:
            return
        target = self.folder / folder / re.sub(r"[^\w.-]+", "_", name)
        target.parent.mkdir(parents=True, exist_ok=True)
        writer(target)


def picture_of(ax: Axes) -> bytes:
    """The chart as PNG; the same chart is the same bytes."""
    picture = io.BytesIO()
    ax.figure.savefig(picture, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return picture.getvalue()
