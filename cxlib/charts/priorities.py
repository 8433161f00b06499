"""Charts of step 5: what comes first, and what matters against how well it is done."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.names import place_names
from cxlib.charts.rows import name_rows, new_axes, say_right
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, WIDTH, finish, say_below
from cxlib.tables import check_columns
from cxlib.words import percent

MOST_ROWS, FEWEST_ROWS = 20, 8
MOST_NAMES = 24
"""Dots from which only those that are sure are named."""

UNLIKELY = 0.005
"""A probability that reads as 0 %."""

SURE = 0.8
"""Probability from which a point is filled and coloured."""


def plot_priorities(priorities: pd.DataFrame, *, title: str, top: int, ax: Axes | None = None) -> Axes | None:
    """The probability of each touchpoint to be among the first; None without a ranking.

    At most twenty are drawn, and none of the unlikely ones once there are eight.
    """
    check_columns(priorities, ["label", "n", "p_top", "mean_rank", "could_be_top"], name="priorities (from rank_gaps)")
    likely = (priorities["p_top"] >= UNLIKELY) | (priorities["could_be_top"] == "yes")
    count = min(MOST_ROWS, max(FEWEST_ROWS, top, int(likely.sum())))
    shown = priorities.head(count).reset_index(drop=True)
    if shown.empty:
        return None
    ax = new_axes(shown["label"], ax)
    could = shown["could_be_top"] == "yes"
    colours = [VERDICT_COLOURS["shortfall"] if top else "#b9b9b9" for top in could]
    ax.barh(shown.index, shown["p_top"], height=0.6, color=colours)
    name_rows(ax, shown["label"], shown["n"])
    words = [
        tell("{chance}  mean rank {mean_rank:.1f}", chance=percent(row.p_top), mean_rank=row.mean_rank)
        + tell(", could be number one") * (row.could_be_top == "yes")
        for row in shown.itertuples()
    ]
    say_right(ax, words, [INK if one else FAINT for one in could])
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda share, _: percent(share))
    rest = len(priorities) - len(shown)
    more = tell("; {count} less likely ones are in the table", count=rest) if rest else ""
    label = tell("probability to be among the first {top} by impact × feasibility", top=top)
    return finish(ax, title, label + more)


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
    against = tell("the {crosshair}", crosshair=matrix["crosshair"].iloc[0])
    shows = tell("mean experience less the benchmark of the touchpoint") if own else tell("mean experience")
    n = tell("n {fewest:,} to {most:,} a touchpoint", fewest=matrix["n"].min(), most=matrix["n"].max())
    finish(
        ax,
        title,
        tell(
            "{shows} ({n}); filled: the quadrant is sure ({sure:.0f}\u00a0% or "
            "more), hollow: doubtful; crosshair: {against} and the mean importance; dotted: "
            "matters as much as it is rated",
            shows=shows,
            n=n,
            sure=100 * SURE,
            against=against,
        ),
    )
    ax.set_ylabel(tell("importance for {outcome}", outcome=outcome), parse_math=False)
    ax.yaxis.set_major_formatter(lambda share, _: percent(share))
    draw_crosshair(ax, points, line, against)
    nameless = place_names(ax, points, choose_named(points, sure))
    if nameless:
        note = " ".join(ax.figure.get_supxlabel().split())
        say_below(ax, tell("{note}; {count} more are in the table by name", note=note, count=nameless))
    return ax


def choose_named(points: pd.DataFrame, sure: pd.Series) -> list[int]:
    """The rows to name, the sure first; of many only those that are sure or, where none is, the dozen that matter most.

    >>> choose_named(pd.DataFrame({"importance": [0.1, 0.5, 0.4]}), pd.Series([False, False, True]))
    [2, 1, 0]
    """
    by_weight = points["importance"].argsort()[::-1].tolist()
    order = sorted(by_weight, key=lambda row: not sure.iloc[row])
    if len(points) <= MOST_NAMES:
        return order
    return [row for row in order if sure.iloc[row]] or by_weight[: MOST_NAMES // 2]


def draw_crosshair(ax: Axes, points: pd.DataFrame, line: float, against: str) -> None:
    """The two lines with their names, the names of the quadrants, and the line of equal standing, in light."""
    even = points["importance_line"].iloc[0]
    ax.margins(0.14)
    ax.axvline(line, color=GRID, linewidth=1, zorder=0)
    ax.axhline(even, color=GRID, linewidth=1, zorder=0)
    xs, ys = points["x"], points["importance"]
    if xs.std() > 0 and ys.std() > 0:
        limits = ax.axis()
        ax.axline((line, even), slope=ys.std() / xs.std(), color=GRID, linewidth=1.2, linestyle=(0, (2, 3)), zorder=0)
        ax.axis(limits)
    across, up = ax.get_xaxis_transform(), ax.get_yaxis_transform()
    style = dict(textcoords="offset points", fontsize=8, color=FAINT)
    ax.annotate(against, (line, 1), (0, 3), xycoords=across, ha="center", **style)
    ax.annotate(tell("the mean\nimportance"), (1, even), (3, 0), xycoords=up, va="center", **style)
    for x, y, words, side in ((0, 1, "concentrate here", "left"), (1, 1, "keep it up", "right"),
                              (0, 0, "low priority", "left"), (1, 0, "more than it takes", "right")):  # fmt: skip
        ax.annotate(
            words, (x, y), (4 if x == 0 else -4, -10 if y else 5), xycoords="axes fraction", textcoords="offset points",
            ha=side, fontsize=8.5, color=FAINT, style="italic",
        )  # fmt: skip
