"""Charts of step 5: what comes first, and what matters against how well it is done."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from cxlib.charts.rows import name_rows, new_axes, say_right
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, WIDTH, finish, wrap
from cxlib.tables import check_columns
from cxlib.words import percent

MOST_ROWS = 20
SURE = 0.8
"""Probability from which a point is filled and coloured."""

CLEAR = 5
"""Pixels by which a name is closer to its own dot than to any other."""

SPOTS = [(7, 0, "left"), (-7, 0, "right"), (0, 9, "center"), (0, -9, "center")]
SPOTS += [(7, 9, "left"), (7, -9, "left"), (-7, 9, "right"), (-7, -9, "right")]


def plot_priorities(priorities: pd.DataFrame, *, title: str, top: int, ax: Axes | None = None) -> Axes | None:
    """The probability of each touchpoint to be among the first; None without a ranking. The twenty likeliest."""
    check_columns(priorities, ["label", "n", "p_top", "mean_rank", "could_be_top"], name="priorities (from rank_gaps)")
    shown = priorities.head(MOST_ROWS).reset_index(drop=True)
    if shown.empty:
        return None
    ax = new_axes(shown["label"], ax)
    could = shown["could_be_top"] == "yes"
    colours = [VERDICT_COLOURS["shortfall"] if top else "#b9b9b9" for top in could]
    ax.barh(shown.index, shown["p_top"], height=0.6, color=colours)
    name_rows(ax, shown["label"], shown["n"])
    words = [
        f"{percent(row.p_top)}  mean rank {row.mean_rank:.1f}" + ", could be number one" * (row.could_be_top == "yes")
        for row in shown.itertuples()
    ]
    say_right(ax, words, [INK if one else FAINT for one in could])
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda share, _: percent(share))
    rest = len(priorities) - len(shown)
    more = f"; {rest} less likely ones are in the table" if rest else ""
    return finish(ax, title, f"probability to be among the first {top} by impact × feasibility{more}")


def plot_matrix(matrix: pd.DataFrame, *, title: str, outcome: str, ax: Axes | None = None) -> Axes | None:
    """Importance–performance matrix with its crosshair; doubtful points are grey and hollow. None without importance.

    Where each touchpoint has a line of its own, its distance from that line is drawn. Names are written where there is
    room, of those whose quadrant is sure first.
    """
    needed = ["label", "n", "importance", "performance", "quadrant", "p_quadrant", "importance_line", "crosshair"]
    check_columns(matrix, [*needed, "performance_line"], name="matrix (from place_in_matrix)")
    if matrix.empty:
        return None
    if ax is None:
        ax = plt.subplots(figsize=(WIDTH, 6), layout="constrained")[1]
    own = matrix["performance_line"].nunique() > 1
    line = 0.0 if own else matrix["performance_line"].iloc[0]
    sure = matrix["p_quadrant"] >= SURE
    poor = sure & (matrix["quadrant"] == "concentrate here")
    colours = [VERDICT_COLOURS["shortfall"] if bad else INK if one else FAINT for bad, one in zip(poor, sure)]
    points = matrix.assign(colour=colours, x=matrix["performance"] - (matrix["performance_line"] if own else 0))
    faces = [colour if one else "white" for colour, one in zip(colours, sure)]
    ax.scatter(points["x"], points["importance"], s=34, facecolor=faces, edgecolor=colours, zorder=3)
    against = f"the {matrix['crosshair'].iloc[0]}"
    n = f"n {matrix['n'].min():,} to {matrix['n'].max():,} a touchpoint"
    finish(
        ax,
        title,
        f"mean experience{' less the benchmark of the touchpoint' if own else ''} ({n})\n"
        f"filled: the quadrant is sure ({100 * SURE:.0f} % or more), hollow: doubtful\n"
        f"crosshair: {against} and the mean importance; dotted: matters as much as it is rated",
    )
    ax.set_ylabel(f"importance for {outcome}", parse_math=False)
    ax.yaxis.set_major_formatter(lambda share, _: percent(share))
    draw_crosshair(ax, points, line, against)
    place_names(ax, points.loc[sure.sort_values(ascending=False, kind="stable").index])
    return ax


def draw_crosshair(ax: Axes, points: pd.DataFrame, line: float, against: str) -> None:
    """The two lines with their names, the names of the quadrants, and the line of equal standing, in light."""
    even = points["importance_line"].iloc[0]
    ax.margins(0.14)
    ax.axvline(line, color=GRID, zorder=0)
    ax.axhline(even, color=GRID, zorder=0)
    xs, ys = points["x"], points["importance"]
    if xs.std() > 0 and ys.std() > 0:
        limits = ax.axis()
        ax.axline((line, even), slope=ys.std() / xs.std(), color=GRID, linestyle=(0, (2, 3)), zorder=0)
        ax.axis(limits)
    across, up = ax.get_xaxis_transform(), ax.get_yaxis_transform()
    style = dict(textcoords="offset points", fontsize=7.5, color=FAINT)
    ax.annotate(against, (line, 1), (0, 3), xycoords=across, ha="center", **style)
    ax.annotate("the mean\nimportance", (1, even), (3, 0), xycoords=up, va="center", **style)
    for x, y, words, side in ((0, 1, "concentrate here", "left"), (1, 1, "keep it up", "right"),
                              (0, 0, "low priority", "left"), (1, 0, "more than it takes", "right")):  # fmt: skip
        ax.annotate(
            words, (x, y), (4 if x == 0 else -4, -10 if y else 5), xycoords="axes fraction", textcoords="offset points",
            ha=side, fontsize=8.5, color=FAINT, style="italic",
        )  # fmt: skip


def place_names(ax: Axes, points: pd.DataFrame) -> None:
    """Each name at the first spot around its dot where it covers nothing; none where there is no such spot."""
    figure = ax.figure
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    dots = ax.transData.transform(points[["x", "importance"]].to_numpy(dtype=float))
    taken = [text.get_window_extent(renderer) for text in ax.texts]
    frame = ax.get_window_extent(renderer)
    for place, row in enumerate(points.itertuples()):
        for x, y, side in SPOTS:
            text = ax.annotate(
                wrap(row.label, 24), (row.x, row.importance), (x, y), textcoords="offset points", ha=side,
                va="center", fontsize=8, color=row.colour, linespacing=0.95, parse_math=False,
            )  # fmt: skip
            box = text.get_window_extent(renderer).padded(1)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
            own, *others = np.sort(distances(box, dots))[: 1 + (len(dots) > 1)]
            alone = distances(box, dots)[place] == own and all(own + CLEAR < other for other in others)
            if alone and inside and not any(box.overlaps(other) for other in taken) and not box.count_contains(dots):
                taken.append(box)
                break
            text.remove()


def distances(box: Bbox, dots: np.ndarray) -> np.ndarray:
    """How far each dot is from a box, in pixels."""
    return np.hypot(*(np.maximum(0, np.maximum(box.min - dots, dots - box.max)).T))
