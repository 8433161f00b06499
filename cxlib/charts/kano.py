"""Charts of step 2: the zone of tolerance with experience in or beside it, and Kano's coefficients."""

import pandas as pd
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.rows import name_dots, name_rows, new_axes, say_right
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, finish
from cxlib.tables import check_columns
from cxlib.words import counted

MOST_ROWS = 40
ZONE_COLOURS = {"below the zone": "shortfall", "above the zone": "exceeded", "within the zone": "met"}
WITHOUT, WITH = VERDICT_COLOURS["shortfall"], VERDICT_COLOURS["exceeded"]


def plot_zones(zones: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """The zone from adequate to desired as a bar, experience as a dot with its interval; None without a zone.

    `zones` comes from `find_zones`; its first forty rows are drawn.
    """
    needed = ["label", "n", "adequate", "desired", "experienced", "experienced_low", "experienced_high", "verdict"]
    check_columns(zones, needed, name="zones (from find_zones)")
    if zones.empty:
        return None
    shown = zones.head(MOST_ROWS).reset_index(drop=True)
    ax = new_axes(shown["label"], ax)
    colours = [VERDICT_COLOURS[ZONE_COLOURS.get(verdict, "not enough data")] for verdict in shown["verdict"]]
    ax.hlines(shown.index, shown["adequate"], shown["desired"], color=GRID, linewidth=9, zorder=1)
    for end in ("adequate", "desired"):
        ax.scatter(shown[end], shown.index, marker="|", s=110, color=FAINT, linewidth=1.3, zorder=2)
    ax.hlines(shown.index, shown["experienced_low"], shown["experienced_high"], color=colours, linewidth=2, zorder=3)
    ax.scatter(shown["experienced"], shown.index, s=40, color=colours, zorder=4)
    name_rows(ax, shown["label"], shown["n"])
    say_right(ax, shown["verdict"], colours)
    name_dots(ax, [(shown["adequate"][0], tell("adequate"), FAINT), (shown["desired"][0], tell("desired"), FAINT)])
    ax.locator_params(axis="x", nbins=6)
    said = tell("mean rating in scale points; bar: the zone, dot: experienced with its interval")
    return finish(ax, title, said + tell_rest(zones))


def plot_kano(kano: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """How many are worse off without each item (left of 0) and better off with it (right), with intervals.

    `kano` comes from `find_kano`; its first forty rows are drawn, the category on the right, grey where it is not sure.
    None where nobody answered both questions.
    """
    ends = [f"{name}{end}" for name in ("better", "worse") for end in ("", "_low", "_high")]
    check_columns(kano, ["label", "n", *ends, "category", "verdict"], name="kano (from find_kano)")
    known = kano[kano["better"].notna()]
    if known.empty:
        return None
    shown = known.head(MOST_ROWS).reset_index(drop=True)
    ax = new_axes(shown["label"], ax)
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=1)
    ax.hlines(shown.index, shown["worse"], shown["better"], color=GRID, linewidth=1, zorder=0)
    for name, colour in (("worse", WITHOUT), ("better", WITH)):
        ax.hlines(shown.index, shown[f"{name}_low"], shown[f"{name}_high"], color=colour, linewidth=2)
        ax.scatter(shown[name], shown.index, s=40, color=colour, zorder=3)
    ax.set_xlim(-1.04, 1.04)
    name_rows(ax, shown["label"], shown["n"])
    for place, words, colour in ((-0.5, tell("worse without it"), WITHOUT), (0.5, tell("better with it"), WITH)):
        ax.annotate(words, (place, -0.75), ha="center", va="center", fontsize=9, color=colour)
    sure = shown["verdict"] == shown["category"]
    words = [name if one else tell("{name}, not sure", name=name) for name, one in zip(shown["category"], sure)]
    say_right(ax, words, [INK if one else FAINT for one in sure])
    ax.set_xticks([-1, -0.5, 0, 0.5, 1])
    ax.xaxis.set_major_formatter(lambda share, _: f"{share:g}".replace("-", "−"))
    return finish(
        ax,
        title,
        tell("coefficients of satisfaction: −(O+M) and (A+O) of A+O+M+I; lines: intervals") + tell_rest(known),
    )


def tell_rest(table: pd.DataFrame) -> str:
    """How many rows are not drawn, as the end of an axis label; empty if all are."""
    left = len(table) - MOST_ROWS
    return tell("; {left} in the table", left=counted(left, "more row")) if left > 0 else ""
