"""The journey map: stages from left to right, a card a touchpoint, with what customers want there and what they get."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle

from cxlib.catalogue import tell
from cxlib.charts.rows import cell_count, cut
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, WIDTH, finish, shorten
from cxlib.tables import check_columns
from cxlib.words import percent, signed

STAGES_ACROSS, CARDS_ACROSS = 5, 5
MOST_ROWS = 6
"""Rows of whole cards that fit a page; more rows have small cards, with name and gap alone."""

HEADING_INCHES, EDGE = 0.42, 0.035
"""Height of a stage's arrow, and room around a card as a part of its width."""

LETTERS, NAME_LETTERS = 20, 17
"""Letters of small print, and of a name, that fit a card's line."""

LINE = 0.135
"""Inches from one line of a card to the next."""


def plot_journey_map(journey: pd.DataFrame, *, stages: list[str], title: str, ax: Axes | None = None) -> Axes | None:
    """The map: stages as arrows from left to right, a card a touchpoint; None without stages.

    `journey` has stage, touchpoint, label, reach, gap, verdict, moment and, where known, emotion, need, channels and
    owner, in the order of the map. Gaps have the colour of their verdict; moments of truth a thick edge. A map of many
    touchpoints has small cards: name and gap.
    """
    check_columns(journey, ["stage", "label", "reach", "gap", "verdict", "moment"], name="journey (from find_moments)")
    stages = [stage for stage in stages if stage in set(journey["stage"])]
    if not stages:
        return None
    bands = [stages[start : start + STAGES_ACROSS] for start in range(0, len(stages), STAGES_ACROSS)]
    laid = [lay_cards(journey, band) for band in bands]
    heights = [max(row for _, _, row, _ in cards) + 1 for cards in laid]
    card_inches, draw_card = (1.72, draw_whole_card) if sum(heights) <= MOST_ROWS else (1.02, draw_small_card)
    inches = card_inches * sum(heights) + HEADING_INCHES * len(bands)
    if ax is None:
        ax = plt.subplots(figsize=(WIDTH, inches + 0.9), layout="constrained")[1]
    widest, top = max(1.0, journey.filter(["gap", "low", "high"]).abs().max(axis=None)), 0.0
    for cards, height in zip(laid, heights):
        for card, column, row, heading in cards:
            if heading:
                draw_arrow(ax, heading[0], column, heading[1], top)
            left, under = column + EDGE, top + HEADING_INCHES + row * card_inches + 0.05
            draw_box(ax, card, left, under, card_inches - 0.1)
            draw_card(ax, card, left, under, widest)
        top += height * card_inches + HEADING_INCHES
    ax.set_xlim(0, CARDS_ACROSS)
    ax.set_ylim(inches, -0.02)
    ax.set_xticks([])
    ax.set_yticks([])
    say_how_to_read(ax, title, whole=draw_card is draw_whole_card)
    return ax


def say_how_to_read(ax: Axes, title: str, *, whole: bool) -> None:
    """Title, and what the marks of a card mean."""
    gap = tell("gap: experienced − expected in scale points, bar with its interval; thick edge: moment of truth")
    more = tell("grey bar: reach, the share of respondents who were there")
    finish(ax, title, f"; {gap}; {more}" if whole else f"; {gap}")
    ax.spines["bottom"].set_visible(False)


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


def draw_arrow(ax: Axes, stage: str, left: float, columns: int, top: float) -> None:
    """A stage as an arrow over its columns."""
    tip, low, high, right = 0.07, top + 0.04, top + HEADING_INCHES - 0.06, left + columns - 0.02
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
        left + tip + 0.05, middle, cut(stage, 15 + 21 * (columns - 1), 2), fontsize=8.5, fontweight="bold",
        va="center", linespacing=0.95, parse_math=False,
    )  # fmt: skip


def draw_box(ax: Axes, card, left: float, top: float, high: float) -> None:
    """The card itself, with a thick edge where it is a moment of truth."""
    edge = dict(linewidth=2.4, edgecolor=INK) if card.moment else dict(linewidth=0.7, edgecolor=GRID)
    shape = dict(boxstyle="round,pad=0,rounding_size=0.04", facecolor="white")
    ax.add_patch(FancyBboxPatch((left, top), 1 - 2 * EDGE, high, **shape, **edge))


def draw_whole_card(ax: Axes, card, left: float, top: float, widest: float) -> None:
    """One touchpoint: its name, what customers want there, by which channels and whose it is; gap, feeling, reach."""
    name = cut(card.label, NAME_LETTERS, 3)
    write(ax, left + 0.05, top + 0.06, name, fontsize=8.5, fontweight="bold")
    said = [quoted(getattr(card, "need", None)), joined(getattr(card, "channels", None)), getattr(card, "owner", None)]
    lines = [shorten(line, LETTERS) for line in said if pd.notna(line) and line][: 4 - name.count("\n") - 1]
    write(ax, left + 0.05, top + 0.12 + LINE * (name.count("\n") + 1), "\n".join(lines), fontsize=8, color=FAINT)
    draw_gap(ax, card, left, top + 0.82, widest)
    emotion = getattr(card, "emotion", np.nan)
    if pd.notna(emotion):
        write(ax, left + 0.05, top + 1.22, tell("feels {emotion}", emotion=signed(emotion)), fontsize=8, color=FAINT)
    if pd.notna(card.reach):
        for share, colour in ((1, GRID), (card.reach, FAINT)):
            ax.add_patch(Rectangle((left + 0.05, top + 1.47), 0.58 * share, 0.05, color=colour, linewidth=0))
        write(ax, left + 0.88, top + 1.43, percent(card.reach), fontsize=8, ha="right", color=FAINT)


def draw_small_card(ax: Axes, card, left: float, top: float, widest: float) -> None:
    """One touchpoint of many: its name and its gap."""
    write(ax, left + 0.05, top + 0.06, cut(card.label, NAME_LETTERS, 3), fontsize=8.5, fontweight="bold")
    draw_gap(ax, card, left, top + 0.51, widest)


def draw_gap(ax: Axes, card, left: float, top: float, widest: float) -> None:
    """The gap in figures with n, and as a bar from the middle, to the left where it is a shortfall."""
    colour = VERDICT_COLOURS.get(card.verdict, VERDICT_COLOURS["not enough data"])
    if pd.isna(card.gap):
        write(ax, left + 0.05, top, tell("no gap known"), fontsize=8, color=colour)
        return
    write(ax, left + 0.05, top, tell("gap {gap}", gap=signed(card.gap)), fontsize=8.5, fontweight="bold", color=colour)
    if getattr(card, "n", 0) > 0:
        write(ax, left + 0.88, top, cell_count(card.n, 1), fontsize=8, ha="right", color=FAINT)
    middle, reach, high = left + 0.465, 0.4, top + 0.27
    wide, line = reach * card.gap / widest, dict(color=INK, linewidth=0.8, solid_capstyle="butt", zorder=4)
    ax.plot([middle - reach, middle + reach], [high] * 2, color=GRID, linewidth=0.8, solid_capstyle="butt")
    ax.add_patch(
        Rectangle((min(middle, middle + wide), high - 0.045), abs(wide), 0.09, color=colour, linewidth=0, zorder=3)
    )
    ax.plot([middle + reach * getattr(card, end, np.nan) / widest for end in ("low", "high")], [high] * 2, **line)
    ax.plot([middle] * 2, [high - 0.07, high + 0.07], **line)


def write(ax: Axes, x: float, y: float, words: str, **look) -> None:
    """Words on a card, their upper edge at `y`."""
    ax.text(x, y, words, va="top", linespacing=1.05, parse_math=False, **look)


def quoted(need: object) -> str:
    """What customers want, in quotation marks, cut to one line."""
    return "" if pd.isna(need) or not need else f"“{shorten(str(need), LETTERS - 2)}”"


def joined(channels: object) -> str:
    """Channels in one line."""
    return "" if pd.isna(channels) else str(channels).replace("|", ", ")
