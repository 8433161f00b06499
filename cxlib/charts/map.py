"""The journey map: stages from left to right, a card a touchpoint, with what customers want there and what they get."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle

from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, WIDTH, finish, wrap
from cxlib.tables import check_columns
from cxlib.words import percent, signed

STAGES_ACROSS, CARDS_ACROSS = 5, 5
CARD_INCHES = 1.32
HEADING, EDGE = 0.34, 0.04
"""Height of a stage's arrow, and room around a card, as parts of a card."""

LETTERS = 27
"""Letters of small print that fit a card's line."""


def plot_journey_map(journey: pd.DataFrame, *, stages: list[str], title: str, ax: Axes | None = None) -> Axes | None:
    """The map: stages as arrows from left to right, a card a touchpoint; None without stages.

    `journey` has stage, touchpoint, label, reach, gap, verdict, moment and, where known, emotion, need, channels and
    owner, in the order of the map. Gaps have the colour of their verdict; moments of truth a thick edge.
    """
    check_columns(journey, ["stage", "label", "reach", "gap", "verdict", "moment"], name="journey (from find_moments)")
    stages = [stage for stage in stages if stage in set(journey["stage"])]
    if not stages:
        return None
    bands = [stages[start : start + STAGES_ACROSS] for start in range(0, len(stages), STAGES_ACROSS)]
    laid = [lay_cards(journey, band) for band in bands]
    heights = [max(row for _, _, row, _ in cards) + 1 for cards in laid]
    if ax is None:
        inches = CARD_INCHES * (sum(heights) + HEADING * len(bands)) + 1.0
        ax = plt.subplots(figsize=(WIDTH, inches), layout="constrained")[1]
    widest, top = max(1.0, journey.filter(["gap", "low", "high"]).abs().max(axis=None)), 0.0
    for cards, height in zip(laid, heights):
        draw_band(ax, cards, top, widest)
        top += height + HEADING
    ax.set_xlim(0, CARDS_ACROSS)
    ax.set_ylim(top, -0.02)
    ax.set_xticks([])
    ax.set_yticks([])
    finish(
        ax,
        title,
        "gap in scale points with its interval; grey bar: reach, share of respondents; thick edge: moment of truth",
    )
    ax.spines["bottom"].set_visible(False)
    return ax


def lay_cards(journey: pd.DataFrame, band: list[str]) -> list[tuple]:
    """(row of the table, column, row, (stage, columns it takes) or None) for each card of the stages in one band.

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
            heading = (stage, columns[stage]) if place == 0 else None
            cards.append((card, left + place // deep, place % deep, heading))
        left += columns[stage]
    return cards


def draw_band(ax: Axes, cards: list[tuple], top: float, widest: float) -> None:
    """The cards of one band, over the first of each stage its arrow."""
    for card, column, row, heading in cards:
        if heading:
            draw_arrow(ax, heading[0], column, heading[1], top)
        draw_card(ax, card, column + EDGE, top + HEADING + row + EDGE, widest)


def draw_arrow(ax: Axes, stage: str, left: float, columns: int, top: float) -> None:
    """A stage as an arrow over its columns."""
    tip, low, high, right = 0.07, top + 0.03, top + HEADING - 0.05, left + columns - 0.02
    middle = (low + high) / 2
    corners = [
        (left, low),
        (right - tip, low),
        (right, middle),
        (right - tip, high),
        (left, high),
        (left + tip, middle),
    ]
    ax.add_patch(Polygon(corners, closed=True, facecolor="#eceff2", edgecolor="none"))
    ax.text(
        left + tip + 0.06, middle, wrap(stage, 17 * columns), fontsize=9.5, fontweight="bold", va="center",
        linespacing=0.95, parse_math=False,
    )  # fmt: skip


def draw_card(ax: Axes, card, left: float, top: float, widest: float) -> None:
    """One touchpoint: its name, what customers want there, by which channels and whose it is; gap, feeling, reach."""
    wide, high = 1 - 2 * EDGE, 1 - 2 * EDGE
    edge = dict(linewidth=2.4, edgecolor=INK) if card.moment else dict(linewidth=0.7, edgecolor=GRID)
    box = FancyBboxPatch((left, top), wide, high, boxstyle="round,pad=0,rounding_size=0.04", facecolor="white", **edge)
    ax.add_patch(box)
    name = wrap(card.label, 19).split("\n")
    name = name if len(name) < 4 else [*name[:2], name[2] + " …"]
    ink = dict(ha="left", va="top", parse_math=False)
    ax.text(left + 0.05, top + 0.05, "\n".join(name), fontsize=7.6, fontweight="bold", linespacing=1.0, **ink)
    said = [quoted(getattr(card, "need", None)), joined(getattr(card, "channels", None), getattr(card, "owner", None))]
    small = "\n".join(line for line in said[: 2 if len(name) < 3 else 1] if line)
    under = top + 0.06 + 0.098 * len(name)
    ax.text(left + 0.05, under, small, fontsize=6.1, color=FAINT, linespacing=1.25, **ink)
    colour = VERDICT_COLOURS.get(card.verdict, VERDICT_COLOURS["not enough data"])
    draw_gap(ax, card, left, top + 0.52, widest, colour)
    emotion = getattr(card, "emotion", np.nan)
    if pd.notna(emotion):
        ax.text(left + 0.05, top + 0.78, f"feels {signed(emotion)}", fontsize=6.4, va="center", color=FAINT)
    if pd.notna(card.reach):
        ax.add_patch(Rectangle((left + 0.05, top + 0.85), 0.6, 0.025, color=GRID, linewidth=0))
        ax.add_patch(Rectangle((left + 0.05, top + 0.85), 0.6 * card.reach, 0.025, color=FAINT, linewidth=0))
        ax.text(
            left + wide - 0.05, top + 0.862, percent(card.reach), fontsize=6.4, va="center", ha="right", color=FAINT
        )


def draw_gap(ax: Axes, card, left: float, top: float, widest: float, colour: str) -> None:
    """The gap as a bar from the middle, to the left where it is a shortfall, and in figures with n."""
    n = f"n {card.n:,.0f}" if getattr(card, "n", 0) > 0 else ""
    ax.text(left + 0.87, top + 0.055, n, fontsize=6.4, va="center", ha="right", color=FAINT)
    if pd.isna(card.gap):
        ax.text(left + 0.05, top + 0.055, "no gap known", fontsize=6.8, va="center", color=colour)
        return
    ax.text(
        left + 0.05, top + 0.055, f"gap {signed(card.gap)}", fontsize=8, fontweight="bold", va="center", color=colour
    )
    middle, reach = left + 0.46, 0.4
    ax.plot([middle - reach, middle + reach], [top + 0.165] * 2, color=GRID, linewidth=0.8, solid_capstyle="butt")
    wide, line = reach * card.gap / widest, dict(color=INK, linewidth=0.8, solid_capstyle="butt", zorder=4)
    ax.add_patch(
        Rectangle((min(middle, middle + wide), top + 0.135), abs(wide), 0.06, color=colour, linewidth=0, zorder=3)
    )
    ends = [middle + reach * getattr(card, end, np.nan) / widest for end in ("low", "high")]
    ax.plot(ends, [top + 0.165] * 2, **line)
    ax.plot([middle] * 2, [top + 0.12, top + 0.21], **line)


def quoted(need: object) -> str:
    """What customers want, in quotation marks, cut to one line."""
    return "" if pd.isna(need) or not need else f"“{cut(str(need), LETTERS - 2)}”"


def joined(channels: object, owner: object) -> str:
    """Channels and owner in one line."""
    parts = [str(part).replace("|", ", ") for part in (channels, owner) if pd.notna(part) and part]
    return cut(" · ".join(parts), LETTERS)


def cut(text: str, most: int) -> str:
    """A text of at most so many letters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
