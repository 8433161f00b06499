"""Charts of step 4 that compare: groups, benchmarks, what is behind a gap, and patterns over two groups at once."""

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.experience import BAR
from cxlib.charts.rows import (
    cell_count,
    cell_size,
    name_grid,
    name_rows,
    new_axes,
    plot_rows,
    say_right,
)
from cxlib.charts.theme import DIVERGING, FAINT, GRID, INK, VERDICT_COLOURS, finish, shorten
from cxlib.gaps import group_names
from cxlib.tables import check_columns
from cxlib.words import listed, percent, signed

MOST_ROWS, MOST_PARTS = 30, 12
WORSE, BETTER, UNSURE = (VERDICT_COLOURS[verdict] for verdict in ("shortfall", "exceeded", "not enough data"))
COLOURS = {"worse": WORSE, "behind": WORSE, "typical here": WORSE, "better": BETTER, "ahead": BETTER}
SURE_AT_AN_EQUAL_MIX = ["reversed", "hidden by mix", "holds"]


def plot_differences(differences: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """By how much each group's gap differs from the rest's, or two groups' gaps at each touchpoint.

    `differences` comes from `find_differences`; its first thirty rows are drawn. None without a difference.
    """
    needed = ["n", "n_other", "difference", "low", "high", "verdict"]
    check_columns(differences, needed, name="differences (from find_differences)")
    known = differences[differences["difference"].notna()]
    if known.empty:
        return None
    pair = "first" in known
    one, other = known[["first", "second"]].iloc[0] if pair else (tell("the group"), tell("the rest"))
    shown = known.head(MOST_ROWS)
    names = group_names(shown.filter(["stage", "touchpoint", "label"])) if pair else shown["group"].astype("str")
    return plot_around_zero(
        shown, "difference", names=names, n=join_counts(shown["n"], shown["n_other"]), title=title, ax=ax,
        xlabel=tell(
            "gap of {first} − gap of {second} in scale points, below 0 is worse; lines: its interval; "
            "n: {one} and {other}{rest}",
            first=shorten(one, 30), second=shorten(other, 30), one=one, other=other, rest=tell_rest(known, MOST_ROWS),
        ),
    )  # fmt: skip


def plot_benchmarks(compared: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """How far each figure lies from its benchmark, with its interval.

    `compared` comes from `compare_benchmarks`; its first thirty rows in scale points are drawn, or in percentage points
    where all are shares, for they cannot share an axis. None where nothing can be compared on either.
    """
    needed = ["figure", "kind", "kpi", "n", "difference", "low", "high", "verdict", "is_point", "is_share"]
    check_columns(compared, needed, name="compared (from compare_benchmarks)")
    told = compared[compared["verdict"].ne("not compared") & compared["difference"].notna()]
    rated, shares = told[~told["is_share"] & told["kpi"].isna()], told[told["is_share"]]
    known, times = (rated, 1) if len(rated) else (shares, 100)
    shown, elsewhere = known.head(MOST_ROWS), len(told) - len(known)
    figures = shown[["difference", "low", "high"]].astype("float64") * times
    kinds = [f", {tell(kind)}" if kind != "not stated" else "" for kind in shown["kind"]]
    points = [tell(", point benchmark") if point else "" for point in shown["is_point"]]
    rest = tell_rest(known, MOST_ROWS)
    return plot_around_zero(
        shown.assign(**figures), "difference", n=shown["n"], title=title, ax=ax,
        names=[f"{name}{kind}{point}" for name, kind, point in zip(shown["figure"], kinds, points)],
        xlabel=(
            tell("own figure − benchmark in scale points; lines: its interval{rest}", rest=rest)
            if len(rated)
            else tell("own figure − benchmark in percentage points; lines: its interval{rest}", rest=rest)
        )
        + (tell("; {elsewhere} in other units in the table", elsewhere=elsewhere) if elsewhere else ""),
    )  # fmt: skip


def plot_themes(contrast: pd.DataFrame, *, title: str, label: str, ax: Axes | None = None) -> Axes | None:
    """What people say of one touchpoint (`label`) more, or less, than of the others, with intervals.

    `contrast` comes from `contrast_themes`; of more than thirty themes the twenty most typical here and the ten least
    are drawn. A count that is not shown is "few". None without themes.
    """
    needed = ["theme", "n_here", "n_elsewhere", "log_odds", "low", "high", "verdict"]
    check_columns(contrast, needed, name="contrast (from contrast_themes)")
    long = len(contrast) > MOST_ROWS
    shown = pd.concat([contrast.head(20), contrast.tail(10)]) if long else contrast
    counts = (
        shown[side].map("{:,}".format, na_action="ignore").fillna(tell("few")) for side in ("n_here", "n_elsewhere")
    )
    return plot_around_zero(
        shown, "log_odds", names=shown["theme"], n=join_counts(*counts), title=title, ax=ax,
        xlabel=tell(
            "log-odds ratio, above 0: said more of {touchpoint} than of the others; lines: its interval; "
            "n: quotes here and elsewhere{rest}",
            touchpoint=shorten(label, 40), rest=tell_rest(contrast, MOST_ROWS),
        ),
    )  # fmt: skip


def plot_around_zero(table: pd.DataFrame, value: str, *, xlabel: str, **text) -> Axes | None:
    """`plot_rows` with a line at 0, coloured by verdict, each figure and its verdict in words."""
    words = [f"{signed(figure)}  {verdict}" for figure, verdict in zip(table[value], table["verdict"])]
    colours = table["verdict"].map(COLOURS).fillna(UNSURE).tolist()
    ax = plot_rows(table, value, "low", "high", words=words, colours=colours, xlabel=xlabel, **text)
    if ax is not None:
        ax.axvline(0, color=FAINT, linewidth=0.8, zorder=1)
    return ax


def join_counts(first: Sequence[int | str], second: Sequence[int | str]) -> list[str]:
    """Both counts of each row.

    >>> join_counts([1200, "few"], [30, 4])
    ['1,200 and 30', 'few and 4']
    """
    return [listed([n if isinstance(n, str) else f"{n:,}" for n in pair]) for pair in zip(first, second)]


def tell_rest(table: pd.DataFrame, most: int, thing: str = "") -> str:
    """How many rows of a table are not drawn, as the end of an axis label; empty if all are."""
    left = len(table) - most
    if left <= 0:
        return ""
    if not thing:
        return tell("; {count} more in the table", count=left)
    return tell("; {count} more {things} in the table", count=f"{left:,}", things=thing if left == 1 else f"{thing}s")


def plot_split(split: pd.DataFrame, *, title: str, within: str, ax: Axes | None = None) -> Axes | None:
    """What the mix and the gaps themselves give to a difference of mean gaps, in all and stratum by stratum.

    `split` comes from `split_difference` with the same `within`; the twelve largest strata are drawn below the total.
    None where a side has no gaps.
    """
    needed = ["of", within, "share_first", "share_second", "mix", "rate"]
    needed += ["mix_low", "mix_high", "rate_low", "rate_high"]
    check_columns(split, needed, name="split (from split_difference)")
    strata, total = split[split["of"] == "stratum"], split[split["of"] == "total"]
    shown = pd.concat([total, strata.head(MOST_PARTS)], ignore_index=True)
    if total.empty or total["mix"].isna().all():
        return None
    thing = within.replace("_", " ")
    shares = shown["share_first"].map(percent) + "\u00a0→\u00a0" + shown["share_second"].map(percent)
    names = [tell("all together"), *(shown[within].astype("str").map(tell) + " (" + shares + ")")[1:]]
    ax = new_axes(names, ax, lines=2)
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=1)
    for place, (part, face) in enumerate((("mix", "white"), ("rate", BAR))):
        rows = shown.index + (place - 0.5) * 0.4
        ax.barh(rows, shown[part], height=0.36, facecolor=face, edgecolor=BAR, linewidth=1.2)
        ax.hlines(rows, shown[f"{part}_low"], shown[f"{part}_high"], color=INK, linewidth=1.2, zorder=3)
    name_rows(ax, names)
    say_right(ax, [f"{signed(row.mix, 2)}\n{signed(row.rate, 2)}" for row in shown.itertuples()])
    ax.texts[0].set_text(
        tell(
            "{mix}  mix\n{rate}  the gaps themselves", mix=signed(shown["mix"][0], 2), rate=signed(shown["rate"][0], 2)
        )
    )
    for text in ax.texts:
        text.set_linespacing(1.6)
    ax.axhline(0.5, color=GRID, linewidth=1, zorder=0)
    ax.locator_params(axis="x", nbins=6)
    xlabel = tell(
        "part of the difference in scale points by {thing}; hollow: mix, filled: the gaps; "
        "lines: intervals; in brackets: share of answers on either side{rest}",
        thing=thing,
        rest=tell_rest(strata, MOST_PARTS, thing),
    )
    return finish(ax, title, xlabel)


def plot_reversals(reversals: pd.DataFrame, *, title: str, within: str, ax: Axes | None = None) -> Axes | None:
    """How far each group is from the rest as it is (hollow) and at an equal mix of `within` (filled), with intervals.

    `reversals` comes from `find_reversals`; its first column names the groups, and the first thirty are drawn, with n
    where the table has it. None without a group.
    """
    ends = [f"{figure}{end}" for figure in ("crude", "adjusted") for end in ("", "_low", "_high")]
    check_columns(reversals, [*ends, "verdict"], name="reversals (from find_reversals)")
    known = reversals[reversals["crude"].notna()]
    shown = known.head(MOST_ROWS).reset_index(drop=True)
    if shown.empty:
        return None
    sure = shown["verdict"].isin(SURE_AT_AN_EQUAL_MIX)
    colours = np.where(sure, np.where(shown["adjusted"] < 0, WORSE, BETTER), UNSURE)
    names, crude, adjusted = shown.iloc[:, 0].astype("str"), shown.index - 0.17, shown.index + 0.17
    ax = new_axes(names, ax, lines=2)
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=1)
    ax.plot([shown["crude"], shown["adjusted"]], [crude, adjusted], color=GRID, linewidth=5, zorder=1)
    ax.hlines(crude, shown["crude_low"], shown["crude_high"], color=FAINT, linewidth=1.2)
    ax.hlines(adjusted, shown["adjusted_low"], shown["adjusted_high"], color=colours, linewidth=2)
    ax.scatter(shown["crude"], crude, s=34, facecolor="white", edgecolor=FAINT, linewidth=1.3, zorder=3)
    ax.scatter(shown["adjusted"], adjusted, s=40, color=colours, zorder=4)
    name_rows(ax, names, shown["n"] if "n" in shown else None)
    say_right(
        ax,
        [f"{signed(row.crude, 2)} → {signed(row.adjusted, 2)}  {row.verdict}" for row in shown.itertuples()],
        colours,
    )
    ax.locator_params(axis="x", nbins=6)
    xlabel = tell(
        "gap of the group − gap of the rest in scale points, below 0 is worse; hollow: as it "
        "is, filled: at an equal mix by {within}; lines: intervals{rest}",
        within=within.replace("_", " "),
        rest=tell_rest(known, MOST_ROWS),
    )
    return finish(ax, title, xlabel)


def plot_gap_drivers(drivers: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """The share of the variance of gaps that goes with each factor, with its lowest group; grey where it is not sure.

    `drivers` comes from `find_gap_drivers`, the surest and largest first; its first twelve rows are drawn. None without
    a factor.
    """
    needed = ["factor", "touchpoint", "label", "n", "omega2", "lowest", "lowest_gap", "lowest_n", "verdict"]
    check_columns(drivers, needed, name="drivers (from find_gap_drivers)")
    shown = drivers[drivers["omega2"].notna()].head(MOST_PARTS).reset_index(drop=True)
    if shown.empty:
        return None
    places = shown["label"].fillna(shown["touchpoint"])
    names = [
        tell(factor.replace("_", " ")) + ("" if pd.isna(place) else tell(" at {place}", place=place))
        for factor, place in zip(shown["factor"], places)
    ]
    words = [
        tell(
            "{share}  lowest: {lowest}\n{lowest_gap} (n {lowest_n:,})",
            share=percent(row.omega2),
            lowest=textwrap.shorten(row.lowest, 30, placeholder="…"),
            lowest_gap=signed(row.lowest_gap),
            lowest_n=row.lowest_n,
        )
        if row.verdict == "differs"
        else f"{percent(row.omega2)}  {tell(row.verdict)}"
        for row in shown.itertuples()
    ]
    sure = shown["verdict"] == "differs"
    ax = new_axes(names, ax, lines=2)
    ax.barh(shown.index, shown["omega2"], height=0.5, color=np.where(sure, BAR, "#b9b9b9"))
    name_rows(ax, names, shown["n"])
    say_right(ax, words, [INK if one else FAINT for one in sure])
    ax.set_xlim(left=0)
    ax.locator_params(axis="x", nbins=6)
    ax.xaxis.set_major_formatter(lambda share, _: percent(share))
    return finish(ax, title, tell("share of the variance of gaps (ω²){rest}", rest=tell_rest(drivers, MOST_PARTS)))


def plot_patterns(
    patterns: pd.DataFrame, *, rows: str, columns: str, title: str, order: Sequence[str] = (), ax: Axes | None = None
) -> Axes | None:
    """The gap of every pair of `rows` and `columns` with n, coloured by what it is after shrinkage.

    `patterns` comes from `find_patterns`; rows and columns stand as they come in it, columns in `order` first. Grey
    where the answers do not suffice. None without a gap.
    """
    check_columns(patterns, [rows, columns, "n", "gap", "shrunk", "verdict"], name="patterns (from find_patterns)")
    shown = patterns[(patterns["n"] > 0) & patterns[[rows, columns]].notna().all(axis=1)]
    if shown.empty:
        return None
    down, there = list(dict.fromkeys(shown[rows])), set(shown[columns])
    across = [name for name in dict.fromkeys([*order, *shown[columns]]) if name in there]
    sure = shown["verdict"] != "not enough data"
    grid = shown.assign(shrunk=shown["shrunk"].astype("float64").where(sure))
    grid = grid.pivot(index=rows, columns=columns, values="shrunk").reindex(index=down, columns=across)
    ax = new_axes(down, ax, lines=2, columns=across)
    reach = shown["shrunk"].abs().max()
    look = dict(cmap=DIVERGING, center=0, vmin=-2 * reach, vmax=2 * reach, linewidths=2, cbar=False)
    sns.heatmap(grid, ax=ax, xticklabels=False, yticklabels=False, **look)
    for row, known in zip(shown.itertuples(), sure):
        ax.text(
            across.index(shown.at[row.Index, columns]) + 0.5, down.index(shown.at[row.Index, rows]) + 0.5,
            f"{signed(row.gap)}\n{cell_count(row.n, len(across))}", ha="center", va="center",
            fontsize=cell_size(len(across), len(down)),
            linespacing=0.95,
            color=INK if known else FAINT,
        )  # fmt: skip
    name_grid(ax, down, across)
    return finish(
        ax,
        title,
        tell(
            "; figures: gap in scale points with n below it; colour: after shrinkage, orange below expectation, "
            "blue above, pale near it, grey: not enough data"
        ),
    )
