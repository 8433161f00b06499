"""Charts of what matters: what poor and good experiences do to the verdict, and what customers say matters."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.rows import height_of, name_rows, new_axes, say_right
from cxlib.charts.theme import FAINT, INK, VERDICT_COLOURS, WIDTH, finish, wrap
from cxlib.tables import check_columns
from cxlib.words import percent, signed

POOR, GOOD = VERDICT_COLOURS["shortfall"], VERDICT_COLOURS["exceeded"]
KIND_COLOURS = {"dissatisfier": POOR, "delighter": GOOD, "hybrid": VERDICT_COLOURS["met"]}
STATED_COLOURS = {"counts more than said": POOR, "said more than it counts": GOOD}


def plot_asymmetry(asymmetry: pd.DataFrame, *, title: str, outcome: str, ax: Axes | None = None) -> Axes | None:
    """What a poor experience of each touchpoint takes from the verdict and a good one adds, with intervals, and kind.

    `asymmetry` comes from `find_asymmetry`, with a label a row. None where nothing is known.
    """
    ends = [f"{effect}{end}" for effect in ("penalty", "reward") for end in ("", "_low", "_high")]
    check_columns(asymmetry, ["label", "n", *ends, "asymmetry", "kind"], name="asymmetry (from find_asymmetry)")
    shown = asymmetry[asymmetry["penalty"].notna()].reset_index(drop=True)
    if shown.empty:
        return None
    ax = new_axes(shown["label"], ax, lines=2)
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=2)
    for effect, word, colour, shift, side in (("penalty", "poor", POOR, -0.19, 0), ("reward", "good", GOOD, 0.19, 1)):
        rows = shown.index + shift
        ax.barh(rows, shown[effect], height=0.34, color=colour, alpha=0.45, linewidth=0)
        ax.hlines(rows, shown[f"{effect}_low"], shown[f"{effect}_high"], color=colour, linewidth=1.8, zorder=3)
        ax.annotate(
            tell("where it is {word}", word=word), (side, 1), (-4 * side, 4), xycoords="axes fraction",
            textcoords="offset points", ha=("left", "right")[side], fontsize=8.5, color=colour,
        )  # fmt: skip
    name_rows(ax, shown["label"], shown["n"])
    words = [
        kind if np.isnan(figure) else f"{signed(figure, 2)}  {kind}"
        for figure, kind in zip(shown["asymmetry"], shown["kind"])
    ]
    say_right(ax, words, shown["kind"].map(KIND_COLOURS).fillna(FAINT).tolist())
    ax.locator_params(axis="x", nbins=6)
    xlabel = tell(
        "points of {outcome}, against an experience in between; lines: intervals; right: asymmetry and kind",
        outcome=outcome,
    )
    return finish(ax, title, xlabel)


def plot_stated(compared: pd.DataFrame, *, title: str, outcome: str) -> Axes | None:
    """What customers say matters beside what tells their verdicts apart, with intervals and an even share of each.

    `compared` comes from `compare_importance`. None where the two cannot be compared.
    """
    sides = {"stated": "stated_even", "importance": "even"}
    ends = [f"{side}{end}" for side in sides for end in ("", "_low", "_high")]
    needed = ["label", *ends, *sides.values(), "n_stated", "n_importance", "verdict"]
    check_columns(compared, needed, name="compared (from compare_importance)")
    shown = compared.reset_index(drop=True)
    if shown.empty:
        return None
    height = height_of(shown["label"]) + 0.3
    axes = plt.subplots(1, 2, figsize=(WIDTH, height), layout="constrained", sharey=True)[1]
    colours = shown["verdict"].map(STATED_COLOURS).fillna(INK).tolist()
    for ax, (side, even) in zip(axes, sides.items()):
        ax.vlines(shown[even], shown.index - 0.5, shown.index + 0.5, color=FAINT, linewidth=0.8, zorder=1)
        ax.hlines(shown.index, shown[f"{side}_low"], shown[f"{side}_high"], color=colours, linewidth=2)
        ax.scatter(shown[side], shown.index, s=40, color=colours, zorder=3, clip_on=False)
        ax.locator_params(axis="x", nbins=4)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
    counts = [f"{row.n_stated:,} / {row.n_importance:,}" for row in shown.itertuples()]
    name_rows(axes[0], shown["label"], counts)
    axes[1].xaxis.set_major_formatter(lambda share, _: percent(share))
    axes[1].set_xlim(left=0)
    axes[0].figure.get_layout_engine().set(wspace=0.06)
    words = shown["verdict"].replace({"counts more than said": "counts more", "said more than it counts": "said more"})
    say_right(axes[1], words, colours)
    axes[1].set_xlabel(
        wrap(tell("share of the differences in {outcome}", outcome=outcome), 22), loc="left", parse_math=False
    )
    finish(axes[0], title, tell("what customers say, in scale points; grey lines: all the same; n: said / share"))
    axes[0].set_xlabel(wrap(axes[0].get_xlabel(), 22), loc="left", parse_math=False)
    return axes[0]
