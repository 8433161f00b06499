"""Charts of step 1: the map, what matters, and what map, log and survey cover."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Rectangle

from cxlib.charts.rows import height_of, name_rows, new_axes, say_right
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, WIDTH, finish, wrap
from cxlib.tables import check_columns
from cxlib.words import percent, signed

STAGES_ACROSS, CARDS_ACROSS = 5, 5
CARD_INCHES = 0.98


def plot_journey_map(journey: pd.DataFrame, *, stages: list[str], title: str, ax: Axes | None = None) -> Axes | None:
    """The map: stages from left to right, a card a touchpoint with its gap, reach and emotion; None without stages.

    `journey` has stage, touchpoint, label, reach, gap, verdict, moment and, where asked, emotion, in the order of the
    map. Cards are coloured by verdict; those of moments of truth have a thick edge.
    """
    check_columns(journey, ["stage", "label", "reach", "gap", "verdict", "moment"], name="journey (from find_moments)")
    stages = [stage for stage in stages if stage in set(journey["stage"])]
    if not stages:
        return None
    bands = [stages[start : start + STAGES_ACROSS] for start in range(0, len(stages), STAGES_ACROSS)]
    laid = [lay_cards(journey, band) for band in bands]
    heights = [max(row for _, _, row, _ in cards) + 1 for cards in laid]
    if ax is None:
        inches = CARD_INCHES * sum(heights) + 0.45 * len(bands) + 1.2
        ax = plt.subplots(figsize=(WIDTH, inches), layout="constrained")[1]
    top = 0.0
    for cards, height in zip(laid, heights):
        draw_band(ax, cards, top)
        top += height + 0.45
    ax.set_xlim(0, CARDS_ACROSS)
    ax.set_ylim(top, -0.05)
    ax.set_xticks([])
    ax.set_yticks([])
    finish(ax, title, "gap in scale points; reach: share of respondents; thick edge: moment of truth")
    ax.spines["bottom"].set_visible(False)
    return ax


def lay_cards(journey: pd.DataFrame, band: list[str]) -> list[tuple]:
    """(row of the table, column, row, stage heading or "") for each card of the stages in one band.

    Stages with many touchpoints take several columns, as long as there are any left.
    """
    counts = {stage: int((journey["stage"] == stage).sum()) for stage in band}
    columns = dict.fromkeys(band, 1)
    while sum(columns.values()) < CARDS_ACROSS:
        fullest = max(band, key=lambda stage: counts[stage] / columns[stage])
        if counts[fullest] <= columns[fullest]:
            break
        columns[fullest] += 1
    cards, left = [], 0
    for stage in band:
        deep = -(-counts[stage] // columns[stage])
        for place, card in enumerate(journey[journey["stage"] == stage].itertuples()):
            cards.append((card, left + place // deep, place % deep, stage if place == 0 else ""))
        left += columns[stage]
    return cards


def draw_band(ax: Axes, cards: list[tuple], top: float) -> None:
    """The cards of one band, the stage's name over its first."""
    for card, column, row, heading in cards:
        if heading:
            ax.text(
                column + 0.04,
                top + 0.26,
                wrap(heading, 20),
                fontsize=10,
                fontweight="bold",
                va="center",
                parse_math=False,
            )
        colour = VERDICT_COLOURS.get(card.verdict, VERDICT_COLOURS["not enough data"])
        y, edge = top + 0.45 + row, 2.2 if card.moment else 0.6
        box = FancyBboxPatch(
            (column + 0.04, y), 0.92, 0.9, boxstyle="round,pad=0,rounding_size=0.05", linewidth=edge,
            edgecolor=INK if card.moment else GRID, facecolor="white", mutation_aspect=1,
        )  # fmt: skip
        ax.add_patch(box)
        ax.add_patch(Rectangle((column + 0.04, y + 0.07), 0.045, 0.76, color=colour, linewidth=0))
        name = wrap(card.label, 18).split("\n")
        name = name if len(name) < 5 else [*name[:3], name[3] + " …"]
        ax.text(column + 0.13, y + 0.06, "\n".join(name), fontsize=7.2, va="top", linespacing=1.05, parse_math=False)
        gap = f"gap {signed(card.gap)}" if pd.notna(card.gap) else "no gap known"
        emotion = getattr(card, "emotion", np.nan)
        felt = f" · feels {signed(emotion)}" if pd.notna(emotion) else ""
        reach = f"reach {percent(card.reach)}" if pd.notna(card.reach) else ""
        weight = "bold" if pd.notna(card.gap) else "normal"
        ax.text(column + 0.13, y + 0.7, gap, fontsize=7.6, va="bottom", color=colour, fontweight=weight)
        n = f"n {card.n:,.0f}" if getattr(card, "n", 0) > 0 else ""
        ax.text(column + 0.93, y + 0.7, n, fontsize=6.6, va="bottom", ha="right", color=FAINT)
        ax.text(column + 0.13, y + 0.85, f"{reach}{felt}", fontsize=6.6, va="bottom", color=FAINT)


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
    ax.scatter(shown["importance"], shown.index, s=40, color=colours, zorder=3)
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
    return finish(ax, title, f"importance: share of the differences in {outcome}; lines: its interval")


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
    for column, colour, word, shift in (("visited", INK, "in the log", -0.18), ("rated", "#0072b2", "rated", 0.18)):
        if shown[column].notna().any():
            ax.barh(shown.index + shift, shown[column].fillna(0), height=0.32, color=colour)
            ax.annotate(
                word, (1, 1), (-4 if column == "rated" else -58, 4), xycoords="axes fraction",
                textcoords="offset points", ha="right", fontsize=8.5, color=colour,
            )  # fmt: skip
    there = [
        count for count, share in (("journeys", "visited"), ("respondents", "rated")) if shown[share].notna().any()
    ]
    counts = [" / ".join(f"{n:,}" for n in row) for row in shown[there].itertuples(index=False)]
    name_rows(ax, shown["label"], counts)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda share, _: percent(share))
    words = ["" if status == "covered" else status for status in shown["status"]]
    missing = {"not on the map", "nobody visits it"}
    colours = [VERDICT_COLOURS["shortfall"] if status in missing else FAINT for status in shown["status"]]
    say_right(ax, words, colours)
    return finish(ax, title, f"share of journeys in the log, of respondents who rated it; n: {' / '.join(there)}")
