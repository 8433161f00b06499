"""Charts of the ways customers take: what follows what, whole paths, and what conversion hangs on."""

import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.rows import cut, fit, name_columns, new_axes, plot_rows, say_right
from cxlib.charts.theme import FAINT, INK, VERDICT_COLOURS, WIDTH, finish
from cxlib.tables import check_columns
from cxlib.words import bounds, counted, percent

BAR = VERDICT_COLOURS["exceeded"]
MOST_PLACES, MOST_ROWS, MOST_CHIPS = 16, 30, 7


def plot_transitions(
    transitions: pd.DataFrame, *, title: str, order: Sequence[str] = (), ax: Axes | None = None
) -> Axes | None:
    """Where customers go from each touchpoint, as shares of the transitions from there; None without any.

    `transitions` comes from `find_transitions`, `order` is the labels of the map; of more than sixteen places those
    with most transitions are drawn.
    """
    needed = ["from_label", "to_label", "n", "leaving", "share"]
    check_columns(transitions, needed, name="transitions (from find_transitions)")
    if transitions.empty:
        return None
    sides = transitions.melt(id_vars="n", value_vars=["from_label", "to_label"], value_name="place")
    most = sides.groupby("place")["n"].sum().nlargest(MOST_PLACES + 2).index
    shown = transitions[transitions["from_label"].isin(most) & transitions["to_label"].isin(most)]
    order = [place for place in order_of(transitions, order) if place in set(most)]
    down = [place for place in order if place in set(shown["from_label"])]
    across = [place for place in order if place in set(shown["to_label"])]
    grid = shown.pivot_table(index="from_label", columns="to_label", values="share", aggfunc="sum")
    grid = grid.reindex(index=down, columns=across)
    heads = across if fit(across) else [cut(name, 24) for name in across]
    ax = new_axes(down, ax, columns=heads)
    shade = sns.light_palette(BAR, as_cmap=True)
    look = dict(cmap=shade, vmin=0, vmax=1, linewidths=1, cbar=False, xticklabels=False, yticklabels=False)
    sns.heatmap(grid.astype("float64"), ax=ax, **look)
    write_shares(ax, grid)
    leaving = shown.drop_duplicates("from_label").set_index("from_label")["leaving"]
    names = [f"{cut(name, 28, 2)} (n {leaving[name]:,.0f})" for name in down]
    ax.set_yticks([place + 0.5 for place in range(len(down))], names, parse_math=False)
    name_columns(ax, heads)
    ax.set(xlabel="", ylabel="")
    ax.tick_params(length=0)
    left = len(set(sides["place"])) - len(order)
    rest = tell("; {left} in the table", left=counted(left, "more touchpoint")) if left else ""
    words = tell("from (rows) to (columns), in % of the transitions from there (n); blank: none, or too few to show")
    return finish(ax, title, words + rest)


def write_shares(ax: Axes, grid: pd.DataFrame) -> None:
    """Each cell's share in per cent; in a grid of many columns the small ones are left to the shade."""
    wide = grid.shape[1] < 12
    for (row, column), share in np.ndenumerate(grid.to_numpy(dtype=float)):
        if share >= (0.005 if wide else 0.05):
            ax.text(
                column + 0.5, row + 0.5, f"{100 * share:.0f}", ha="center", va="center", fontsize=9 if wide else 8,
                color="white" if share > 0.6 else INK,
            )  # fmt: skip


def order_of(transitions: pd.DataFrame, order: Sequence[str]) -> list[str]:
    """The places of a transition table: where journeys start, the map's, the others as they come, where they end."""
    first, last = transitions["from_label"].iloc[:1], ["(end)"]
    places = dict.fromkeys([*first, *order, *transitions["from_label"], *transitions["to_label"]])
    there = {*transitions["from_label"], *transitions["to_label"]}
    return [place for place in places if place in there and place not in last] + last


def plot_variants(
    variants: pd.DataFrame, *, title: str, stages: dict[str, str] | None = None, ax: Axes | None = None
) -> Axes | None:
    """The commonest whole paths, a chip a step, with their share of journeys on the right.

    `variants` comes from `find_variants`; chips are shaded by stage where `stages` gives that of each label.
    """
    check_columns(variants, ["variant", "steps", "journeys", "share", "low", "high"], name="variants")
    shown = variants[variants["steps"].notna()].reset_index(drop=True)
    if shown.empty:
        return None
    if ax is None:
        ax = plt.subplots(figsize=(WIDTH, 0.56 * len(shown) + 1.3), layout="constrained")[1]
    longest = draw_chips(ax, [chips_of(path) for path in shown["variant"]], stages or {})
    words = [f"{percent(row.share)} ({bounds(row.low, row.high)})\nn {row.journeys:,}" for row in shown.itertuples()]
    say_right(ax, words)
    ax.set_yticks([])
    ax.set_xticks([])
    ax.set_xlim(0, max(longest, 4))
    ax.set_ylim(len(shown) - 0.5, -0.6)
    pool = variants[variants["steps"].isna()]
    rest = "".join(
        tell(
            "; {paths}: {share} of journeys",
            paths=counted(row.variants, "further path"),
            share=percent(row.share),
        )
        for row in pool.itertuples()
    )
    finish(
        ax,
        title,
        tell(
            "touchpoints in order, darker: a later stage; right: share of journeys with its interval, n journeys{rest}",
            rest=rest,
        ),
    )
    ax.spines["bottom"].set_visible(False)
    return ax


def draw_chips(ax: Axes, chips: list[list[str]], stages: dict[str, str]) -> int:
    """A row of chips for each path, shaded by stage; returns how many the longest has."""
    order, longest = list(dict.fromkeys(stages.values())), max(map(len, chips))
    shades = dict(zip(order, sns.light_palette(BAR, 2 * len(order) + 2)[1:]))
    for row, path in enumerate(chips):
        for place, name in enumerate(path):
            colour = "white" if name.startswith("…") else shades.get(stages.get(name), "#eeeeee")
            ax.barh(row, 0.92, left=place, height=0.8, color=colour)
            words = "\n".join(shortened(name, longest))
            ax.text(place + 0.46, row, words, ha="center", va="center", fontsize=8, linespacing=1, parse_math=False)
    return longest


def chips_of(path: str) -> list[str]:
    """The steps of a path, the middle of a long one as a count."""
    steps = path.split(" → ")
    if len(steps) <= MOST_CHIPS:
        return steps
    return [*steps[: MOST_CHIPS - 3], tell("… {count} more", count=len(steps) - MOST_CHIPS + 1), *steps[-2:]]


def shortened(name: str, chips: int) -> list[str]:
    """A name on at most three short lines, what does not fit cut off."""
    width = max(9, 62 // max(chips, 4))
    lines = textwrap.wrap(name, width, break_long_words=False) or [name]
    lines = lines if len(lines) < 4 else [*lines[:2], lines[2][: width - 1] + "…"]
    return [line if len(line) <= width + 1 else line[:width] + "…" for line in lines]


def plot_removal(removal: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """The share of conversions lost without each touchpoint, with its interval; None without conversions.

    `removal` comes from `find_removal`; its first thirty rows are drawn.
    """
    check_columns(removal, ["label", "customers", "removal", "low", "high"], name="removal (from find_removal)")
    shown = removal.head(MOST_ROWS).reset_index(drop=True)
    left = len(removal) - len(shown)
    rest = tell("; {left} in the table", left=counted(left, "more touchpoint")) if left else ""
    known = shown["low"].astype("float64").notna()
    ax = plot_rows(
        shown, "removal", "low", "high", names=shown["label"], n=shown["customers"], title=title, ax=ax,
        xlabel=tell(
            "removal effect: share of conversions lost without it; lines: its interval; n: customers there{rest}",
            rest=rest,
        ),
        words=[percent(share) for share in shown["removal"]], colours=np.where(known, INK, FAINT).tolist(),
    )  # fmt: skip
    if ax is not None:
        ax.set_xlim(-0.02, 1.02)
        ax.xaxis.set_major_formatter(lambda share, _: percent(share))
    return ax
