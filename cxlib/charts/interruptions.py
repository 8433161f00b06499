"""Chart of step 6: a figure before and after an action that was done everywhere."""

import pandas as pd
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.rows import cut, look_over_time, new_panels, say_below
from cxlib.charts.theme import FAINT, INK, VERDICT_COLOURS, finish, wrap
from cxlib.tables import check_columns
from cxlib.words import say_effect

COLOURS = {"worked": VERDICT_COLOURS["exceeded"], "made it worse": VERDICT_COLOURS["shortfall"]}
UNSURE = VERDICT_COLOURS["not enough data"]
MOST = 8
DASHED = (0, (3, 2))


def plot_interruptions(traced: pd.DataFrame, interruptions: pd.DataFrame, *, title: str) -> Axes | None:
    """Each KPI month by month, the model's line, and dashed how it would have gone on without the action.

    `traced` comes from `trace_interruptions`, `interruptions` from `judge_effects`, whose first eight actions
    are drawn; those of which nothing can be told are left out. None without another.
    """
    needed = ["label", "start", "date", "value", "after", "line", "without", "is_share"]
    check_columns(traced, needed, name="traced (from trace_interruptions)")
    check_columns(interruptions, ["label", "effect", "low", "high", "n_text", "unit", "verdict"],
                  name="interruptions (from judge_effects)")  # fmt: skip
    told = interruptions[interruptions["effect"].notna()]
    if told.empty:
        return None
    shown = told.head(MOST)
    axes = new_panels(len(shown), 2.7)
    for ax, row in zip(axes, shown.itertuples()):
        draw_action(ax, traced[traced["label"] == row.label], row, width=86 // min(2, len(shown)))
    axes[0].figure.get_layout_engine().set(hspace=0.06)
    left = len(told) - len(shown)
    if left > 0:
        say_below(axes[0], tell("{count} more in the table", count=left))
    return finish(axes[0], title, "")


def draw_action(ax: Axes, series: pd.DataFrame, row: tuple, *, width: int) -> None:
    """One action: months as dots, the model's lines, its start, and the effect in words above."""
    colour, start = COLOURS.get(row.verdict, UNSURE), series["start"].iloc[0]
    ax.plot(series["date"], series["value"], "o", color=FAINT, markersize=3, alpha=0.8, markeredgewidth=0)
    for side in (0, 1):
        part = series[series["after"] == side]
        ax.plot(part["date"], part["line"], color=colour if side else INK, linewidth=1.6)
    ax.plot(part["date"], part["without"], color=INK, linewidth=1.2, linestyle=DASHED)
    if series["date"].min() <= start <= series["date"].max():
        ax.axvline(start, color=FAINT, linewidth=0.8)
        late = start > series["date"].min() + 0.7 * (series["date"].max() - series["date"].min())
        ax.annotate(
            tell("start"), (start, 1), (-3 if late else 3, -2), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="right" if late else "left", va="top", fontsize=8, color=FAINT,
        )  # fmt: skip
    if part["without"].notna().any():
        place, sinks = (1.01, part["without"].iloc[-1]), row.effect > (row.unit == "ratio")
        ax.annotate(
            tell("without\nthe action"), place, xycoords=("axes fraction", "data"), va="top" if sinks else "bottom",
            fontsize=8, color=INK,
        )  # fmt: skip
    ax.margins(y=0.18)
    said = f"{tell(row.verdict)}: {say_effect(row.effect, row.low, row.high, row.unit)}; {row.n_text}"
    heading = f"{cut(row.label, width, 2)}\n{wrap(said, width)}"
    ax.set_title(heading, loc="left", fontsize=9, pad=5, color=colour, parse_math=False)
    look_over_time(ax, series["date"], is_share=series["is_share"].iloc[0])
