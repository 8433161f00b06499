"""Charts of step 3: what was experienced, how it felt, and where customers left."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.rows import cut, name_rows, new_axes, plot_rows, say_right
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, finish
from cxlib.tables import check_columns
from cxlib.words import percent, signed

BAR = "#5b7f9e"


def plot_experience(
    experience: pd.DataFrame, *, measure: str, title: str, xlabel: str, ax: Axes | None = None
) -> Axes | None:
    """One measure of each row with its interval; None where nobody gave it.

    `experience` comes from `find_experience`; `measure` is one of its measures (experienced, top2, nps, effort).
    """
    if measure not in experience:
        return None
    shown = experience[experience[measure].notna()].reset_index(drop=True)
    shares = measure in ("top2", "nps")
    words = [percent(value) if shares else f"{value:.1f}" for value in shown[measure]]
    names = shown["label"] if "label" in shown else shown.iloc[:, 0]
    ax = plot_rows(
        shown, measure, f"{measure}_low", f"{measure}_high", names=names, n=shown[f"n_{measure}"], title=title,
        xlabel=xlabel, words=words, colours=[INK] * len(words), ax=ax,
    )  # fmt: skip
    if ax is not None and shares:
        ax.xaxis.set_major_formatter(lambda share, _: percent(share))
    return ax


def plot_emotion_curve(experience: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """How the journey feels, from its first touchpoint on top to its last; None where nobody was asked."""
    if "emotion" not in experience:
        return None
    shown = experience[experience["emotion"].notna()].reset_index(drop=True)
    if shown.empty:
        return None
    ax = new_axes(shown["label"], ax)
    colours = np.where(shown["emotion_high"] < 0, VERDICT_COLOURS["shortfall"], FAINT)
    colours = np.where(shown["emotion_low"] > 0, VERDICT_COLOURS["exceeded"], colours)
    ax.axvline(0, color=GRID, linewidth=1, zorder=0)
    ax.plot(shown["emotion"], shown.index, color=GRID, linewidth=2.5, zorder=1)
    ax.hlines(shown.index, shown["emotion_low"], shown["emotion_high"], color=colours, linewidth=2)
    ax.scatter(shown["emotion"], shown.index, s=40, color=colours, zorder=3)
    name_rows(ax, shown["label"], shown["n_emotion"])
    say_right(ax, [signed(value) for value in shown["emotion"]], colours)
    mark_stages(ax, shown)
    return finish(ax, title, tell("mean emotion, −2 very negative to +2 very positive; lines: its interval"))


def mark_stages(ax: Axes, shown: pd.DataFrame) -> None:
    """A thin line where a stage ends, and its name in a margin left of the scale."""
    if "stage" not in shown or shown["stage"].isna().all():
        return
    stages = shown["stage"].fillna("")
    ax.set_xlim(-3.4, 2.1)
    ax.set_xticks(range(-2, 3))
    starts = list(shown.index[stages.ne(stages.shift())])
    for row, end in zip(starts, [*starts[1:], len(shown)]):
        if row:
            ax.axhline(row - 0.5, color=GRID, linewidth=0.8, zorder=0)
        ax.annotate(
            cut(stages[row], 15, min(3, end - row)), (0, row - 0.42), (3, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", va="top", fontsize=8, color=FAINT, parse_math=False,
        )  # fmt: skip


def plot_funnel(funnel: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """How many customers reach each stage in order, and what share goes on from the one before; None without a log."""
    check_columns(funnel, ["stage", "customers", "went_on", "low", "high"], name="funnel (from find_funnel)")
    if funnel.empty:
        return None
    shown = funnel.reset_index(drop=True)
    ax = new_axes(shown["stage"], ax, lines=2 if "wait" in shown else 1)
    ax.barh(shown.index, shown["customers"], height=0.6, color=BAR)
    name_rows(ax, shown["stage"], shown["customers"])
    words = [
        tell(
            "{share} go on ({low:.0f} to {high:.0f} %)",
            share=percent(row.went_on),
            low=100 * row.low,
            high=100 * row.high,
        )
        if pd.notna(row.went_on)
        else ""
        for row in shown.itertuples()
    ]
    if "wait" in shown:
        words = [word if pd.isna(wait) else f"{word}\n{tell(wait)}" for word, wait in zip(words, shown["wait"])]
    say_right(ax, words)
    ax.set_xticks([])
    said = tell("customers (n) who got there in order; right: share of the stage before, with its interval")
    if "wait" in shown:
        said += tell("; below: when half of those had gone on")
    finish(ax, title, said)
    ax.spines["bottom"].set_visible(False)
    return ax
