"""Charts of step 2 on personas: what they need, and whether groups found in the answers are the personas."""

import textwrap

import pandas as pd
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.rows import cut, name_dots, name_rows, new_axes, say_right
from cxlib.charts.theme import DIVERGING, FAINT, GRID, INK, VERDICT_COLOURS, finish
from cxlib.tables import check_columns
from cxlib.words import percent

MOST_ROWS = 20
SURE, OVER, OTHER, REST = VERDICT_COLOURS["exceeded"], DIVERGING(0.75), "#e4e4e4", "#f4f4f4"
LETTERS = 54
"""Letters of the small type that fit a whole bar."""


def plot_needs(needs: pd.DataFrame, *, title: str, what: str = "expectation", ax: Axes | None = None) -> Axes | None:
    """The personas with the lowest (hollow) and highest (filled) mean at each touchpoint, joined, with intervals.

    `needs` comes from `find_needs`; its first twenty rows are drawn, those that are not sure in grey, with ω². None
    without a touchpoint.
    """
    ends = [f"{end}{part}" for end in ("lowest", "highest") for part in ("", "_mean", "_low", "_high", "_n")]
    check_columns(needs, ["label", "n", "omega2", "verdict", *ends], name="needs (from find_needs)")
    shown = needs.head(MOST_ROWS).reset_index(drop=True)
    if shown.empty:
        return None
    ax = new_axes(shown["label"], ax, lines=2)
    colours = [SURE if verdict == "differs" else FAINT for verdict in shown["verdict"]]
    ax.hlines(shown.index, shown["lowest_mean"], shown["highest_mean"], color=GRID, linewidth=5, zorder=1)
    for end, away, faces in (("highest", -0.14, colours), ("lowest", 0.14, "white")):
        rows = shown.index + away
        ax.hlines(rows, shown[f"{end}_low"], shown[f"{end}_high"], color=colours, linewidth=1.4, zorder=2)
        ax.scatter(shown[f"{end}_mean"], rows, s=34, c=faces, edgecolors=colours, linewidths=1.3, zorder=3)
    name_rows(ax, shown["label"], shown["n"])
    words = [
        f"{shorten(row.highest)} {row.highest_mean:.1f} (n {row.highest_n:,.0f})\n"
        f"{shorten(row.lowest)} {row.lowest_mean:.1f} (n {row.lowest_n:,.0f})"
        for row in shown.itertuples()
    ]
    say_right(ax, words, [INK if verdict == "differs" else FAINT for verdict in shown["verdict"]])
    for row, share in enumerate(shown["omega2"]):
        ax.annotate(
            f"ω² {percent(share)}", (0.0, row), xycoords=("axes fraction", "data"), va="center", fontsize=8.5,
            color=colours[row],
        )  # fmt: skip
    left, right = ax.get_xlim()
    ax.set_xlim(left - 0.22 * (right - left), right)
    ax.locator_params(axis="x", nbins=6)
    ends = {"lowest": tell("lowest persona"), "highest": tell("highest persona")}
    name_dots(ax, [(shown[f"{end}_mean"][0], word, INK) for end, word in ends.items()])
    said = tell("mean {what} with intervals; grey: not sure; ω²: share of the differences between people", what=what)
    if len(needs) > MOST_ROWS:
        said += tell("; {count} more in the table", count=len(needs) - MOST_ROWS)
    return finish(ax, title, said)


def plot_clusters(clusters: pd.DataFrame, mix: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """Of which personas each group found in the answers is made, the most over-represented one in blue.

    `clusters` and `mix` come from `find_clusters`; on the right the stability (mean Jaccard index).
    None without a group, or where no persona is known.
    """
    check_columns(clusters, ["cluster", "n", "jaccard", "stable", "persona"], name="clusters (from find_clusters)")
    check_columns(mix, ["cluster", "persona", "share"], name="mix (from mix_clusters)")
    shown = clusters[clusters["cluster"].isin(set(mix["cluster"]))].reset_index(drop=True)
    if shown.empty:
        return None
    names = [tell("group {cluster}", cluster=cluster) for cluster in shown["cluster"]]
    ax = new_axes(names, ax, lines=2)
    for row, cluster in shown.iterrows():
        left = 0.0
        for part in mix[mix["cluster"] == cluster["cluster"]].itertuples():
            face = OVER if part.persona == cluster["persona"] else REST if part.persona == "others" else OTHER
            ax.barh(row, part.share, left=left, height=0.78, color=face, edgecolor="white", linewidth=1.5)
            ax.text(
                left + part.share / 2, row, fit_words(part.persona, part.share), ha="center", va="center", fontsize=8,
                color=INK, linespacing=1.05, parse_math=False,
            )  # fmt: skip
            left += part.share
    name_rows(ax, names, shown["n"])
    words = [
        f"{row.jaccard:.2f}  {tell('stable') if row.stable == 'yes' else tell('not stable')}"
        + (tell("\nmore: {persona}", persona=shorten(row.persona)) if pd.notna(row.persona) else "")
        for row in shown.itertuples()
    ]
    say_right(ax, words, [INK if stable == "yes" else FAINT for stable in shown["stable"]])
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda share, _: percent(share))
    xlabel = tell(
        "share of the group's people; blue: the persona most over-represented; right: stability (Jaccard, 1: always)"
    )
    return finish(ax, title, xlabel)


def shorten(name: str) -> str:
    """A name that leaves room for its figure."""
    return cut(name, 20)


def fit_words(name: str, share: float) -> str:
    """As much of a persona and its share as a piece of a bar has room for: a name takes two lines at most."""
    room = int(share * LETTERS)
    if room < 5:
        return ""
    lines = textwrap.wrap(name, room, break_long_words=False)
    fits = len(lines) <= 2 and all(len(line) <= room + 1 for line in lines)
    return "\n".join([*(lines if fits else []), percent(share)])
