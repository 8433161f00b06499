"""One look for every chart: colours, type, titles."""

import textwrap

import seaborn as sns
from matplotlib.axes import Axes

INK, FAINT, GRID = "#222222", "#666666", "#dddddd"
WIDTH = 7.6
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
            "font.family": "sans-serif",
            "font.sans-serif": ["DejaVu Sans"],
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


def finish(ax: Axes, title: str, xlabel: str) -> Axes:
    """The finding as title, over the whole chart; no box around it."""
    ax.figure.suptitle(wrap(title, 80), x=0.01, ha="left", fontsize=11, fontweight="bold", color=INK, parse_math=False)
    ax.set_xlabel("\n".join(wrap(line, 64) for line in xlabel.splitlines()), loc="left", parse_math=False)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


def wrap(text: str, width: int) -> str:
    """Long text on several lines."""
    return "\n".join(textwrap.wrap(str(text), width)) or str(text)
