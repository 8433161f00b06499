"""One look for every chart: colours, type, titles."""

import textwrap
import unicodedata

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.text import Text

from cxlib.catalogue import tell
from cxlib.charts.fonts import families, hush_fonts
from cxlib.charts.fonts import missing_scripts as missing_scripts

INK, FAINT, GRID = "#222222", "#666666", "#dddddd"
WIDTH = 7.6
LABEL_WIDTH = 54  # letters of an axis label before it wraps, where long names leave little room
FILLER = "\x00"  # the second half of a wide letter while lines are filled
VERDICT_COLOURS = {
    "shortfall": "#c44e00",
    "exceeded": "#0072b2",
    "met": "#00795c",
    "not enough data": "#767676",
}
"""Told apart by people who see colours differently (after Okabe and Ito), darkened until text on white reads well."""

VERDICT_WORDS = {
    "shortfall": "falls short",
    "exceeded": "exceeds",
    "met": "meets",
    "not enough data": "not enough data",
}
DIVERGING = sns.diverging_palette(35, 245, s=95, l=62, as_cmap=True)
"""From the orange of a shortfall to the blue of what exceeds expectation."""


def use_theme() -> None:
    """Set the look of charts drawn from now on; the same chart is always the same bytes."""
    sns.set_theme(
        style="white",
        rc={
            "font.family": list(families()),
            "font.size": 9.5,
            "axes.titlesize": 11,
            "axes.titleweight": "bold",
            "axes.titlepad": 12,
            "axes.labelsize": 9,
            "axes.labelcolor": FAINT,
            "axes.edgecolor": GRID,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9.5,
            "xtick.color": FAINT,
            "text.color": INK,
            "ytick.color": INK,
            "figure.dpi": 100,
            "svg.hashsalt": "cxlib",
        },
    )
    hush_fonts()


def finish(ax: Axes, title: str, xlabel: str) -> Axes:
    """The finding as title over the whole chart, no box around it, and below what the axis shows and how to read it.

    `xlabel` says what the axis shows; what follows its first semicolon stands under the whole chart.
    """
    look = dict(x=0.01, ha="left", parse_math=False)
    fill(ax.figure.suptitle("", fontsize=11, fontweight="bold", color=INK, **look), title, 92)
    shows, _, note = " ".join(tell(xlabel).split()).partition("; ")
    ax.set_xlabel(wrap(shows, LABEL_WIDTH), loc="left", parse_math=False)
    if note:
        say_below(ax, note)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


def say_below(ax: Axes, note: str) -> None:
    """How to read a chart, or what it leaves out, under the whole of it."""
    fill(ax.figure.supxlabel("", x=0.01, ha="left", fontsize=8.5, color=FAINT, parse_math=False), note, 124)


def fill(text: Text, words: str, most: int) -> None:
    """Set `words` over the width of the chart: at most so many letters a line, fewer where they are wide ones."""
    for width in range(most, most // 2, -4):
        text.set_text(wrap(words, width))
        if text.get_window_extent().x1 <= 0.99 * text.figure.bbox.x1:
            return


def wrap(text: str, width: int) -> str:
    """Long text on lines of at most `width` letters; a letter of Korean, Japanese or Chinese counts twice.

    >>> wrap("Delivery on time", 9), wrap("고객 경험", 5), wrap("Donaudampfschiff", 9)
    ('Delivery\\non time', '고객\\n경험', 'Donaudamp\\nfschiff')
    """
    words = "".join(letter + FILLER * (letter_width(letter) - 1) for letter in str(text))
    return "\n".join(textwrap.wrap(words, width)).replace(FILLER, "") or str(text)


def letter_width(letter: str) -> int:
    """2 for a letter as wide as it is high, else 1."""
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def shorten(text: str, most: int) -> str:
    """A text of at most so many letters, wide ones counting twice.

    >>> shorten("Delivery on time", 9), shorten("고객 경험", 9), shorten("고객 경험", 5)
    ('Delivery…', '고객 경험', '고객…')
    """
    text, wide, kept = str(text), 0, 0
    if sum(map(letter_width, text)) <= most:
        return text
    while wide + letter_width(text[kept]) < most:
        wide, kept = wide + letter_width(text[kept]), kept + 1
    return text[:kept].rstrip() + "…"
