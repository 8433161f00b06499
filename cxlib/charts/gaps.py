"""Charts of step 4. They draw the table they are given, in its order, and compute nothing."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.rows import cell_count, cell_size, name_grid, name_rows, new_axes, say_right
from cxlib.charts.theme import (
    DIVERGING,
    FAINT,
    GRID,
    INK,
    VERDICT_COLOURS,
    VERDICT_WORDS,
    finish,
)
from cxlib.gaps import group_names
from cxlib.tables import check_columns
from cxlib.words import signed

NEEDED = ["n", "expected", "experienced", "gap", "low", "high", "verdict", "paired"]


def plot_gaps(
    gaps: pd.DataFrame, *, title: str, scale: tuple[float, float], met_within: float = 0.0, ax: Axes | None = None
) -> Axes | None:
    """Expectation and experience as two dots per row, joined by the gap, with the gap's interval at the experience.

    The gaps alone where the two sides were not rated; None where no row has a gap.
    """
    check_columns(gaps, NEEDED, name="gaps (from find_gaps)")
    shown = gaps[gaps["n"] > 0].reset_index(drop=True)
    if shown.empty:
        return None
    if (shown["paired"] == "direct").any():
        return plot_gap_intervals(gaps, title=title, met_within=met_within, ax=ax)
    ax = new_axes(group_names(shown), ax)
    rows, colours = shown.index, shown["verdict"].map(VERDICT_COLOURS)
    ax.hlines(rows, shown["expected"], shown["experienced"], color=GRID, linewidth=5, zorder=1)
    ax.hlines(rows, shown["expected"] + shown["low"], shown["expected"] + shown["high"], color=colours, linewidth=1.4)
    ax.scatter(shown["expected"], rows, s=34, facecolor="white", edgecolor=INK, linewidth=1.3, zorder=3, clip_on=False)
    ax.scatter(shown["experienced"], rows, s=34, color=colours, zorder=4, clip_on=False)
    name_dots(ax, shown.iloc[0])
    name_rows(ax, group_names(shown), shown["n"])
    name_verdicts(ax, shown)
    ax.set_xlim(*scale)
    return finish(
        ax,
        title,
        tell(
            "mean rating on the scale {low:g} to {high:g}; thin lines: interval of the gap",
            low=scale[0],
            high=scale[1],
        ),
    )


def plot_gap_intervals(gaps: pd.DataFrame, *, title: str, met_within: float, ax: Axes | None = None) -> Axes | None:
    """The gap of each row as a dot with its interval; the band around 0 is what counts as met. None without a gap."""
    check_columns(gaps, NEEDED, name="gaps (from find_gaps)")
    shown = gaps[gaps["n"] > 0].reset_index(drop=True)
    if shown.empty:
        return None
    ax = new_axes(group_names(shown), ax)
    rows, colours = shown.index, shown["verdict"].map(VERDICT_COLOURS)
    ax.axvspan(-met_within, met_within, color="#eeeeee", zorder=0, linewidth=0)
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=1)
    ax.annotate(tell("met"), (0, -0.6), (4, 0), textcoords="offset points", va="center", color=FAINT, fontsize=8.5)
    ax.hlines(rows, shown["low"], shown["high"], color=colours, linewidth=2)
    ax.scatter(shown["gap"], rows, s=40, color=colours, zorder=3)
    name_rows(ax, group_names(shown), shown["n"])
    name_verdicts(ax, shown)
    ax.set_xlim(
        min(shown[["gap", "low"]].min().min(), -2 * met_within) - met_within / 2,
        max(shown[["gap", "high"]].max().max(), 2 * met_within) + met_within / 2,
    )
    return finish(ax, title, tell("gap in scale points (experienced − expected); lines: interval of the gap"))


def plot_gap_heatmap(
    gaps: pd.DataFrame, *, rows: str, columns: str, title: str, order: list[str], ax: Axes | None = None
) -> Axes | None:
    """The gap of every pair of `rows` and `columns` as a colour, with n; grey where the answers do not suffice.

    `order` is the order of the columns; rows stand as they come first in the table. None without a gap.
    """
    check_columns(gaps, [rows, columns, "n", "gap", "verdict"], name="gaps (from find_gaps)")
    shown = gaps[(gaps["n"] > 0) & gaps[rows].notna() & gaps[columns].notna()]
    if shown.empty:
        return None
    names = list(dict.fromkeys(shown[rows]))
    grid = (
        shown.pivot(index=rows, columns=columns, values="gap")
        .reindex(index=names, columns=order)
        .dropna(axis=1, how="all")
    )
    words = shown.assign(
        words=[f"{signed(row.gap)}\n{cell_count(row.n, shown[columns].nunique())}" for row in shown.itertuples()]
    )
    words = words.pivot(index=rows, columns=columns, values="words").reindex_like(grid).fillna("")
    unsure = shown.pivot(index=rows, columns=columns, values="verdict").reindex_like(grid).eq("not enough data")
    ax = new_axes(grid.index, ax, lines=2, columns=grid.columns)
    size = cell_size(len(grid.columns), len(grid))
    reach = shown["gap"].abs().max()
    look = dict(cmap=DIVERGING, center=0, vmin=-2 * reach, vmax=2 * reach, linewidths=2, cbar=False)
    text = dict(annot=words.mask(unsure, ""), fmt="", annot_kws={"fontsize": size, "color": INK, "linespacing": 0.95})
    sns.heatmap(grid.mask(unsure), ax=ax, xticklabels=False, yticklabels=False, **look, **text)
    for row, column in zip(*unsure.to_numpy().nonzero()):
        ax.text(
            column + 0.5, row + 0.5, words.iloc[row, column], ha="center", va="center", color=FAINT, fontsize=size,
            linespacing=0.95,
        )  # fmt: skip
    name_grid(ax, names, grid.columns)
    return finish(
        ax,
        title,
        tell("; gap in scale points with n below it; orange: shortfall, blue: exceeded, grey: not enough data"),
    )


def name_dots(ax: Axes, first: pd.Series) -> None:
    """Say on the first row which dot is which."""
    left, right = ("experienced", "expected") if first["gap"] < 0 else ("expected", "experienced")
    for column, side, shift in ((left, "right", -2), (right, "left", 2)):
        ax.annotate(
            column, (first[column], 0), (shift, 10), textcoords="offset points", ha=side, fontsize=8.5, color=FAINT
        )


def name_verdicts(ax: Axes, shown: pd.DataFrame) -> None:
    """The gap and its verdict in words on the right."""
    words = [f"{signed(row.gap)}  {VERDICT_WORDS[row.verdict]}" for row in shown.itertuples()]
    say_right(ax, words, shown["verdict"].map(VERDICT_COLOURS))
