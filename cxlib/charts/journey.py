"""Charts of step 1: the map, what matters, and what map, log and survey cover."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.rows import height_of, name_rows, new_axes, say_right
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, WIDTH, finish
from cxlib.tables import check_columns
from cxlib.words import percent


def plot_moments(moments: pd.DataFrame, *, title: str, outcome: str) -> Axes | None:
    """How much each touchpoint matters with its interval, and beside it how many customers it reaches; None without."""
    needed = [
        "label",
        "importance",
        "importance_low",
        "importance_high",
        "n_importance",
        "reach",
        "respondents",
        "moment",
        "verdict",
    ]
    check_columns(moments, needed, name="moments (from find_moments)")
    shown = moments[moments["importance"].notna()].reset_index(drop=True)
    if shown.empty:
        return None
    figure, (ax, beside) = plt.subplots(
        1, 2, figsize=(WIDTH, height_of(shown["label"])), layout="constrained", sharey=True, width_ratios=[5, 2]
    )
    colours = [
        VERDICT_COLOURS[v] if m else FAINT for v, m in zip(shown["verdict"].fillna("not enough data"), shown["moment"])
    ]
    ax.hlines(shown.index, shown["importance_low"], shown["importance_high"], color=colours, linewidth=2)
    doubtful = shown.get("above_random", pd.Series(1, index=shown.index)).le(0)
    faces = np.where(doubtful, "white", colours)
    edges = dict(edgecolor=colours, linewidth=1.3, clip_on=False)
    ax.scatter(shown["importance"], shown.index, s=40, color=faces, **edges, zorder=3)
    name_rows(ax, shown["label"], shown["n_importance"])
    ax.set_xlim(left=0)
    beside.barh(shown.index, shown["reach"], height=0.55, color=GRID)
    beside.set_xlim(0, 1)
    beside.set_xticks([])
    ax.xaxis.set_major_formatter(lambda share, _: percent(share))
    say_right(beside, [f"{percent(row.reach)} (n {row.respondents:,})" for row in shown.itertuples()], FAINT)
    beside.set_xlabel("reach", loc="left")
    beside.spines[["top", "right", "left", "bottom"]].set_visible(False)
    beside.tick_params(axis="y", length=0)
    xlabel = tell("importance: share of the differences in {outcome}; lines: its interval", outcome=outcome)
    return finish(
        ax,
        title,
        tell("{shows}; hollow: perhaps no more than a random variable", shows=xlabel) if doubtful.any() else xlabel,
    )


def plot_coverage(coverage: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """The share of journeys in the log and of respondents at each touchpoint; None where there is neither."""
    check_columns(
        coverage,
        ["label", "respondents", "rated", "journeys", "visited", "status"],
        name="coverage (from find_coverage)",
    )
    if coverage.empty or coverage[["rated", "visited"]].isna().all(axis=None):
        return None
    shown = coverage.reset_index(drop=True)
    ax = new_axes(shown["label"], ax)
    for column, colour, word, shift in (
        ("visited", INK, tell("in the log"), -0.18),
        ("rated", "#0072b2", "rated", 0.18),
    ):
        if shown[column].notna().any():
            ax.barh(shown.index + shift, shown[column].fillna(0), height=0.32, color=colour)
            ax.annotate(
                word, (1, 1), (-4 if column == "rated" else -58, 4), xycoords="axes fraction",
                textcoords="offset points", ha="right", fontsize=8.5, color=colour,
            )  # fmt: skip
    there = [
        count for count, share in (("journeys", "visited"), ("respondents", "rated")) if shown[share].notna().any()
    ]
    counts = [
        " / ".join(tell("too few") if pd.isna(n) else f"{n:,}" for n in row)
        for row in shown[there].itertuples(index=False)
    ]
    name_rows(ax, shown["label"], counts)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda share, _: percent(share))
    words = ["" if status == "covered" else status for status in shown["status"]]
    missing = {"not on the map", "nobody visits it"}
    colours = [VERDICT_COLOURS["shortfall"] if status in missing else FAINT for status in shown["status"]]
    say_right(ax, words, colours)
    label = tell("share of journeys in the log and of respondents; n: {sizes}", sizes=" / ".join(map(tell, there)))
    return finish(ax, title, label)
