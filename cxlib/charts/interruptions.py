"""Chart of step 6: a figure before and after an action that was done everywhere."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cxlib.charts.monitoring import in_figures, name_days
from cxlib.charts.theme import FAINT, INK, VERDICT_COLOURS, WIDTH, finish, wrap
from cxlib.tables import check_columns
from cxlib.words import percent, say_effect

COLOURS = {"worked": VERDICT_COLOURS["exceeded"], "made it worse": VERDICT_COLOURS["shortfall"]}
UNSURE = VERDICT_COLOURS["not enough data"]
MOST = 12
DASHED = (0, (3, 2))


def plot_interruptions(traced: pd.DataFrame, interruptions: pd.DataFrame, *, title: str) -> Axes | None:
    """Each KPI month by month, the model's line, and dashed how it would have gone on without the action.

    `traced` comes from `trace_interruptions`, `interruptions` from `find_interruptions`, whose first twelve actions
    are drawn; those of which nothing can be told are left out. None without another.
    """
    needed = ["action", "start", "date", "value", "after", "line", "without", "is_share"]
    check_columns(traced, needed, name="traced (from trace_interruptions)")
    check_columns(interruptions, ["action", "label", "effect", "low", "high", "n_text", "unit", "verdict"],
                  name="interruptions (from find_interruptions)")  # fmt: skip
    told = interruptions[interruptions["effect"].notna()]
    if told.empty:
        return None
    shown = told.head(MOST)
    columns = min(2, len(shown))
    rows = -(-len(shown) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, 2.7 * rows + 1.1), layout="constrained", squeeze=False)
    for ax in axes.flat[len(shown) :]:
        ax.set_visible(False)
    for ax, row in zip(axes.flat, shown.itertuples()):
        draw_action(ax, traced[traced["action"] == row.action], row, width=86 // columns)
    figure.get_layout_engine().set(wspace=0.06, hspace=0.06)
    left = len(told) - len(shown)
    return finish(axes[0, 0], title, f"{left} more in the table" if left > 0 else "")


def draw_action(ax: Axes, series: pd.DataFrame, row: tuple, *, width: int) -> None:
    """One action: months as dots, the model's lines, its start, and the effect in words above."""
    colour, start = COLOURS.get(row.verdict, UNSURE), series["start"].iloc[0]
    written = percent if series["is_share"].iloc[0] else in_figures
    ax.plot(series["date"], series["value"], "o", color=FAINT, markersize=3, alpha=0.8, markeredgewidth=0)
    for side in (0, 1):
        part = series[series["after"] == side]
        ax.plot(part["date"], part["line"], color=colour if side else INK, linewidth=1.6)
    ax.plot(part["date"], part["without"], color=INK, linewidth=1.2, linestyle=DASHED)
    if series["date"].min() <= start <= series["date"].max():
        ax.axvline(start, color=FAINT, linewidth=0.8)
        late = start > series["date"].min() + 0.7 * (series["date"].max() - series["date"].min())
        ax.annotate(
            "start", (start, 1), (-3 if late else 3, -2), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="right" if late else "left", va="top", fontsize=8, color=FAINT,
        )  # fmt: skip
    if part["without"].notna().any():
        place, sinks = (1.01, part["without"].iloc[-1]), row.effect > (row.unit == "ratio")
        ax.annotate(
            "without\nthe action", place, xycoords=("axes fraction", "data"), va="top" if sinks else "bottom",
            fontsize=8, color=INK,
        )  # fmt: skip
    ax.margins(y=0.18)
    said = f"{row.verdict}: {say_effect(row.effect, row.low, row.high, row.unit)}; {row.n_text}"
    heading = f"{wrap(row.label, width)}\n{wrap(said, width)}"
    ax.set_title(heading, loc="left", fontsize=9, pad=5, color=colour, parse_math=False)
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(lambda value, _: written(value))
    name_days(ax, series["date"])
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(length=0, labelsize=8)
