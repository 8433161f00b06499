"""Charts of one touchpoint looked at closely: how answers lie, the gap over the waves, what comes before and after."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.rows import new_axes
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, WIDTH, finish, wrap
from cxlib.tables import check_columns
from cxlib.words import percent, signed

BAR = VERDICT_COLOURS["exceeded"]
SIDES = {"before": "comes before", "after": "comes after"}
MOST_STEPS = 6


def plot_answers(answers: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """Which points of the scale people expected and experienced, side by side as shares; None without answers.

    `answers` has a row per point: `value`, the shares `expected` and `experienced` (0 to 1) and how many people gave
    each, `n_expected` and `n_experienced`.
    """
    check_columns(answers, ["value", "expected", "experienced", "n_expected", "n_experienced"], name="answers")
    n = {side: int(answers[f"n_{side}"].sum()) for side in ("expected", "experienced")}
    if not any(n.values()):
        return None
    if ax is None:
        ax = plt.subplots(figsize=(WIDTH, 2.9), layout="constrained")[1]
    looks = {"expected": dict(facecolor="white", edgecolor=INK, linewidth=1.2), "experienced": dict(color=BAR)}
    for place, (side, look) in enumerate(looks.items()):
        if n[side]:
            label = tell("{side} (n\u00a0{n})", side=tell(side), n=f"{n[side]:,}")
            heights = answers[side].astype("float64").fillna(0)
            ax.bar(np.arange(len(answers)) + 0.4 * place - 0.2, heights, width=0.36, label=label, **look)
    ax.set_xticks(range(len(answers)), [f"{value:g}" for value in answers["value"]])
    ax.yaxis.set_major_formatter(lambda share, _: percent(share))
    ax.yaxis.set_tick_params(labelcolor=FAINT)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=9, borderaxespad=0.2)
    return finish(ax, title, tell("point of the scale; height: share of people, each by the mean of their answers"))


def plot_trend(trend: pd.DataFrame, *, title: str, met_within: float, ax: Axes | None = None) -> Axes | None:
    """The gap of one touchpoint wave by wave with its interval; the band around 0 counts as met. None without a gap.

    `trend` comes from `find_gaps`, a row per wave, in order.
    """
    check_columns(trend, ["wave", "n", "gap", "low", "high", "verdict"], name="trend (from find_gaps)")
    known = trend[(trend["n"] > 0) & trend["gap"].notna()]
    if known.empty:
        return None
    if ax is None:
        ax = plt.subplots(figsize=(WIDTH, 3.0), layout="constrained")[1]
    places = np.flatnonzero((trend["n"] > 0) & trend["gap"].notna())
    colours = known["verdict"].map(VERDICT_COLOURS).tolist()
    ax.axhspan(-met_within, met_within, color="#eeeeee", linewidth=0, zorder=0)
    ax.axhline(0, color=FAINT, linewidth=0.8, zorder=1)
    ax.plot(places, known["gap"].astype("float64"), color=GRID, linewidth=2, zorder=1)
    ax.vlines(places, known["low"].astype("float64"), known["high"].astype("float64"), color=colours, linewidth=2)
    ax.scatter(places, known["gap"].astype("float64"), s=40, color=colours, zorder=3)
    for place, row, colour in zip(places, known.itertuples(), colours):
        ax.annotate(
            signed(row.gap), (place, row.gap), (5, 5), textcoords="offset points", va="bottom", fontsize=8.5,
            color=colour,
        )  # fmt: skip
    ns = [f"n {n:,}" if n > 0 else tell("not shown") for n in trend["n"]]
    names = [f"{wrap(wave, 12)}\n{n}" for wave, n in zip(trend["wave"], ns)]
    ax.set_xticks(range(len(trend)), names, parse_math=False)
    ax.set_xlim(-0.5, len(trend) - 0.25)
    ax.yaxis.set_major_formatter(lambda value, _: signed(value))
    ax.yaxis.set_tick_params(labelcolor=FAINT)
    ax.locator_params(axis="y", nbins=5)
    return finish(ax, title, tell("gap in scale points; upright lines: its interval; grey band: counts as met"))


def plot_steps(steps: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """What comes before a touchpoint and what after, as shares of the visits there; None without any.

    `steps` has a row per step: `side` ("before" or "after"), `label`, `n` steps and `share` of all steps of that side;
    the six largest of each side are drawn.
    """
    check_columns(steps, ["side", "label", "n", "share"], name="steps")
    shown = pd.concat([steps[steps["side"] == side].head(MOST_STEPS) for side in SIDES])
    if shown.empty:
        return None
    groups = [side for side in SIDES if (shown["side"] == side).any()]
    rows = np.arange(len(shown)) + [1.3 * groups.index(side) for side in shown["side"]]
    names = [wrap(name, 34) for name in shown["label"]]
    ax = new_axes([*names, *groups], ax)
    shares = shown["share"].astype("float64")
    ax.barh(rows, shares, height=0.6, color=[GRID if side == "before" else BAR for side in shown["side"]])
    ax.set_yticks(rows, names, parse_math=False)
    ax.set_ylim(rows[-1] + 0.6, -1.5)
    for side in groups:
        first = rows[(shown["side"] == side).to_numpy()][0]
        ax.annotate(tell(SIDES[side]), (0, first - 0.75), (3, 0), textcoords="offset points", fontsize=8.5, color=FAINT)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda share, _: percent(share))
    for row, share, n in zip(rows, shares, shown["n"]):
        say_right_at(ax, row, f"{percent(share)}  n {n:,}")
    return finish(ax, title, tell("share of all steps that lead here, and from here; rare ones are not shown"))


def say_right_at(ax: Axes, row: float, word: str) -> None:
    """A word right of the axes at any height."""
    ax.annotate(word, (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=9, color=INK)
