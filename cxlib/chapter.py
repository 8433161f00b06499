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
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from cxlib import catalogue
from cxlib.catalogue import tell
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
PNG_DPI = 160
COLOURS = 64
"""Of a chart's palette: text and lines look as before, at a quarter of the bytes."""

ALIKE = 7
"""Steps of 256 by which the colours of a palette differ at least, so that white stays white."""


class Chapter:
    """The output of one notebook. With a folder, charts/ and tables/ are written there; without one, nothing is."""

    def __init__(self, folder: str | Path = ""):
        use_theme()
        self.folder = Path(folder) if folder else None

    def say(self, sentence: str, *, finding: bool | dict = False, place: str = "found") -> None:
        """Show a sentence; a finding also stands on the first page, a tested one (`claim`) as far as it holds.

        `place` is its block there: "lead" and "found" (what we found), "changed", "first", "targets", "actions",
        "worked".
        """
        if sentence:
            sentence = tell(sentence)
            words = {"text/plain": sentence, "text/html": f"<p>{html.escape(sentence)}</p>"}
            said = finding if isinstance(finding, dict) else sentence if finding else ""
            display(words, raw=True, metadata={"cx": {"finding": said, "place": place}})

    def brief(self, table: str | dict, *, place: str) -> None:
        """A small table for the first page alone: HTML, or a `claim` whose versions are; nothing where it is empty."""
        shown = table if isinstance(table, str) else table["versions"][0][1]
        if shown:
            words = {"text/plain": re.sub("<[^>]*>", " ", shown), "text/html": shown}
            display(words, raw=True, metadata={"cx": {"finding": table, "place": place, "kind": "table"}})

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
                self.say(
                    tell(
                        "There is nothing to show by {group}: that takes {needed}.",
                        group=group,
                        needed=tell(SWITCHED_ON_BY[group]),
                    )
                )
            return
        ends = [f"{column}_{end}" for column in columns or [] for end in ("low", "high")]
        chosen = [column for column in [*(columns or table.columns), *ends] if column in table]
        shown = readable(table[chosen].head(most))
        words = {"text/plain": shown.to_string(index=False), "text/html": table_html(shown)}
        display(words, raw=True, metadata={"cx": {"name": name}})
        if len(table) > most:
            self.say(tell("All {count} rows are in tables/{name}.csv.", count=len(table), name=name))

    def show(
        self, ax: Axes | None, name: str, *, alt: str, finding: str | dict = "", place: str = "found", note: str = "",
        first_page: dict | None = None,
    ) -> None:  # fmt: skip
        """Show a chart and keep it as charts/`name`.png and .svg; None, a chart with nothing to draw, is left out.

        `alt` says what the chart shows to those who cannot see it; without it the report is not published.
        `finding` is what the report's first page says of it (or a `claim`), in the block `place`; `note` how to read
        it. `first_page` moves the chart there, if all it shows holds beside the rest: a `claim` that says nothing where
        less does.
        """
        if ax is None:
            return
        figure, picture = ax.figure, picture_of(ax)
        figure.set_layout_engine("none")  # laid out once, for both pictures
        self.write("charts", f"{name}.png", lambda path: path.write_bytes(picture))
        if hasattr(figure, "drawn_from"):
            self.write("charts", f"{name}.csv", lambda path: write_csv(figure.drawn_from, path))
        self.write("charts", f"{name}.svg", lambda path: figure.savefig(path, format="svg", metadata={"Date": None}))
        width, height = (int(inches * figure.dpi) for inches in figure.get_size_inches())
        mark = {"finding": finding, "place": place, "name": name, "first_page": first_page or ""}
        metadata = {"image/png": {"alt": alt, "width": width, "height": height}, "cx": mark}
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


def tell_labels(figure: Figure) -> None:
    """Words on a chart that come from a table, such as verdicts, in the language spoken; two spaces after figures."""
    for text in figure.findobj(Text) if catalogue.spoken != catalogue.ENGLISH else []:
        text.set_text("  ".join(tell(part) for part in text.get_text().split("  ")))


def picture_of(ax: Axes) -> bytes:
    """The chart as a small PNG of few colours; the same chart is the same bytes."""
    drawn, picture = io.BytesIO(), io.BytesIO()
    tell_labels(ax.figure)
    ax.figure.savefig(drawn, format="png", dpi=PNG_DPI, pil_kwargs={"compress_level": 1})
    image = Image.open(drawn).convert("RGB")
    image.quantize(palette=palette_of(image), dither=Image.Dither.NONE).save(
        picture, format="png", optimize=True, dpi=(PNG_DPI, PNG_DPI)
    )
    return picture.getvalue()


def palette_of(image: Image.Image) -> Image.Image:
    """The commonest colours of an image as they are, then a choice of the rest; no two nearly the same."""
    counts = sorted(image.getcolors(image.width * image.height), reverse=True)[: COLOURS // 2]
    few = image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).getpalette()
    kept: list[tuple[int, ...]] = []
    for colour in [*(colour for _, colour in counts), *zip(few[::3], few[1::3], few[2::3])]:
        if all(max(abs(one - other) for one, other in zip(colour, before)) > ALIKE for before in kept):
            kept.append(colour)
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for colour in kept[:COLOURS] for channel in colour])
    return palette
