"""The chart of channels: as they are, and at an equal mix of customers and touchpoints."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.rows import name_rows, new_axes, say_right
from cxlib.charts.theme import FAINT, GRID, VERDICT_COLOURS, finish
from cxlib.tables import check_columns

COLOURS = {"worse": VERDICT_COLOURS["shortfall"], "better": VERDICT_COLOURS["exceeded"]}
MOST_ROWS = 30


def plot_channels(channels: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """How far each channel lies from the others as it is (hollow) and at an equal mix (filled, with its interval).

    `channels` comes from `find_channels`; its first thirty rows are drawn. None without a difference.
    """
    needed = ["channel", "n", "crude", "adjusted", "adjusted_low", "adjusted_high", "verdict"]
    check_columns(channels, needed, name="channels (from find_channels)")
    shown = channels[channels["crude"].notna()].head(MOST_ROWS).reset_index(drop=True)
    if shown.empty:
        return None
    ax = new_axes(shown["channel"], ax)
    colours = [COLOURS.get(verdict, FAINT) for verdict in shown["verdict"]]
    ax.axvline(0, color=GRID, linewidth=1, zorder=0)
    ax.hlines(shown.index, shown["crude"], shown["adjusted"], color=GRID, linewidth=1, linestyle=":", zorder=1)
    ax.hlines(shown.index, shown["adjusted_low"], shown["adjusted_high"], color=colours, linewidth=2)
    ax.scatter(shown["crude"], shown.index, s=44, facecolor="white", edgecolor=colours, linewidth=1.4, zorder=3)
    ax.scatter(shown["adjusted"], shown.index, s=40, color=colours, zorder=4)
    name_rows(ax, shown["channel"], shown["n"])
    say_right(ax, np.where(shown["adjusted"].isna(), tell("not compared"), shown["verdict"]), colours)
    ax.locator_params(axis="x", nbins=6)
    rest = (
        tell("; {drawn} of {channels} drawn", drawn=MOST_ROWS, channels=len(channels))
        if len(channels) > MOST_ROWS
        else ""
    )
    label = tell("channel − the others in scale points, below 0 is worse; hollow: as they are; ")
    return finish(
        ax,
        title,
        tell(
            "{label}filled: at an equal mix of personas and touchpoints, with its interval{rest}",
            label=label,
            rest=rest,
        ),
    )
