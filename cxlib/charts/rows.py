"""What charts share: one row a touchpoint with its names, n and words; panels over time."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import MaxNLocator

from cxlib.charts.theme import INK, WIDTH, finish, wrap
from cxlib.charts.theme import say_below as say_below

NAME_WIDTH = 34  # letters before a name wraps
LINE_INCHES = 0.27
ROWS_INCHES = 10.6  # of all rows together: a chart stays below 2,000 pixels


def new_axes(names: Sequence[str], ax: Axes | None, lines: int = 1, columns: Sequence[str] = ()) -> Axes:
    """`ax`, or new axes with room for every row: `lines` of text, or as many as its name wraps to.

    `columns` are the names over a grid, which take room of their own where they stand upright.
    """
    if ax is None:
        longest = max((len(line) for name in columns for line in wrap(name, 24).split("\n")), default=0)
        above = 0 if fit(columns) else 0.07 * longest
        ax = plt.subplots(figsize=(WIDTH, height_of(names, lines) + above), layout="constrained")[1]
    return ax


def fit(columns: Sequence[str]) -> bool:
    """Whether every word of the names over a grid is narrower than its column."""
    return all(len(word) <= 72 // len(columns) for name in columns for word in str(name).split())


def height_of(names: Sequence[str], lines: int = 1) -> float:
    """Inches for every row and what stands around them."""
    wrapped = max((name.count("\n") + 1 for name in name_lines(names)), default=1)
    pitch = max(1, 0.8 * lines, 0.8 * wrapped) * LINE_INCHES
    return min(pitch, max(LINE_INCHES, ROWS_INCHES / max(1, len(names)))) * len(names) + 1.7


def name_lines(names: Sequence[str], width: int = NAME_WIDTH) -> list[str]:
    """Names on several lines; on fewer where there are many rows, without the middle of what does not fit."""
    most = max(1, int(ROWS_INCHES / (0.8 * LINE_INCHES * max(1, len(names)))))
    return [cut(name, width, most) for name in names]


def cut(name: str, width: int, lines: int = 1) -> str:
    """A name on at most `lines` lines; a longer one loses its middle, for its end tells it apart.

    >>> cut("The answer of the service desk about accessory 12", 24)
    'The answer …cessory 12'
    """
    name = said = str(name)
    for left in range(min(len(name), width * lines), 3, -1):
        if wrap(said, width).count("\n") < lines:
            break
        keep = (left - 1) * 3 // 5
        head, tail = name[:keep], name[keep + 1 - left :]
        before, after = head.rfind(" ") + 1, tail.find(" ")
        said = f"{head[:before] if keep - before < 5 < keep else head}…{tail[after:] if 0 <= after < 5 else tail}"
    return wrap(said, width)


def name_rows(ax: Axes, names: Sequence[str], n: Sequence[int | str] | None = None) -> None:
    """Names and n on the left, first row on top."""
    words = name_lines(names)
    if n is not None:
        counts = [count if isinstance(count, str) else f"{count:,.0f}" for count in n]
        words = [f"{name} (n {count})" for name, count in zip(words, counts)]
    ax.set_yticks(range(len(words)), words, parse_math=False)
    ax.set_ylim(len(words) - 0.5, -1.1)


def say_right(ax: Axes, words: Sequence[str], colours: Sequence[str] | str = INK) -> None:
    """A word for each row, right of the axes."""
    colours = [colours] * len(words) if isinstance(colours, str) else list(colours)
    for row, (word, colour) in enumerate(zip(words, colours)):
        ax.annotate(
            word, (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=9, color=colour,
            parse_math=False,
        )  # fmt: skip


def name_dots(ax: Axes, marks: Sequence[tuple[float, str, str]]) -> None:
    """What the dots of the first row are, above them: place, word and colour of each, side by side."""
    known = sorted((mark for mark in marks if pd.notna(mark[0])), key=lambda mark: mark[0])
    for place, (x, word, colour) in enumerate(known):
        side = "center" if len(known) == 1 else "left" if place else "right"
        ax.annotate(
            word, (x, -0.42), ({"left": 2, "right": -2}.get(side, 0), 0), textcoords="offset points", ha=side,
            va="bottom", fontsize=8.5, color=colour, parse_math=False,
            bbox=dict(facecolor="white", edgecolor="none", pad=0.8),
        )  # fmt: skip


def name_columns(ax: Axes, names: Sequence[str]) -> None:
    """Names over the columns of a grid, upright where a word is wider than its column."""
    lines = 3 if len(names) < 9 else 2
    words = [wrap(name, 72 // len(names)) if fit(names) else cut(name, 24, lines) for name in names]
    turn = 0 if fit(names) else 90
    ax.set_xticks(
        [place + 0.5 for place in range(len(names))],
        words,
        rotation=turn,
        parse_math=False,
        linespacing=1.0,
        fontsize=8.5,
    )
    ax.xaxis.tick_top()


def name_grid(ax: Axes, down: Sequence[str], across: Sequence[str]) -> None:
    """Names left of the rows and over the columns of a grid of colours."""
    ax.set_facecolor("#f1f1f1")
    name_columns(ax, across)
    ax.set_yticks([place + 0.5 for place in range(len(down))], name_lines(down, 24), parse_math=False)
    ax.set_ylabel("")
    ax.tick_params(length=0)


def cell_size(columns: int, rows: int = 1) -> float:
    """Type size at which a figure and its n fit the cells of a grid; never too small to read."""
    return 8 if rows > 24 else min(9, max(8, 84 / columns))


def cell_count(n: int, columns: int) -> str:
    """n as it fits a cell of a grid of so many columns: without its letter, and in thousands, where there are many.

    >>> cell_count(1200, 5), cell_count(1200, 12), cell_count(2_500_000, 12)
    ('n 1,200', '1,200', '2.5M')
    """
    short = f"{n / 1e6:.2g}M" if n >= 999_500 else f"{n / 1000:.0f}k" if n >= 10_000 else f"{n:,.0f}"
    return short if columns > 9 else f"n {short}"


def plot_rows(
    table: pd.DataFrame, value: str, low: str, high: str, *, names: Sequence[str], n: Sequence[int | str], title: str,
    xlabel: str, words: Sequence[str], colours: Sequence[str], ax: Axes | None = None,
) -> Axes | None:  # fmt: skip
    """A dot with its interval per row of the table, its figure in words on the right; None without rows."""
    if table.empty:
        return None
    ax = new_axes(names, ax)
    rows = np.arange(len(table))
    ax.hlines(rows, table[low].astype("float64"), table[high].astype("float64"), color=list(colours), linewidth=2)
    ax.scatter(table[value].astype("float64"), rows, s=40, color=list(colours), zorder=3)
    name_rows(ax, names, n)
    say_right(ax, words, colours)
    ax.locator_params(axis="x", nbins=6)
    return finish(ax, title, xlabel)


def new_panels(count: int, height: float) -> list[Axes]:
    """A grid of `count` panels, two abreast, each `height` inches high."""
    rows, columns = -(-count // 2), min(2, count)
    figure, axes = plt.subplots(
        rows, columns, figsize=(WIDTH, height * rows + 0.9), layout="constrained", squeeze=False
    )  # fmt: skip
    for ax in axes.flat[count:]:
        ax.set_visible(False)
    figure.get_layout_engine().set(wspace=0.06)
    return list(axes.flat[:count])


def panel_height(names: Sequence[str], height: float) -> float:
    """Inches of a panel, with room for a name on two lines where one has them."""
    return height + (0.16 if any("\n" in cut(name, 38, 2) for name in names) else 0)


def look_over_time(ax: Axes, days: pd.Series, *, is_share: bool) -> None:
    """The axes of a panel over time: round figures, shares in %, a few days under the line, no box."""
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    times, unit = (100, "\u00a0%") if is_share else (1, "")
    ax.yaxis.set_major_formatter(lambda value, _: f"{times * value:,.6g}{unit}".replace("-", "−"))
    name_days(ax, days)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(length=0, labelsize=8)


def name_days(ax: Axes, days: pd.Series) -> None:
    """A few days under the line; a single one in full."""
    if days.nunique() == 1:
        ax.set_xticks([days.iloc[0]], [f"{days.iloc[0]:%Y-%m-%d}"])
        return
    ax.xaxis.set_major_locator(AutoDateLocator(minticks=2, maxticks=7))
    ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))
