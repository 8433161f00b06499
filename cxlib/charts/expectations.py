"""Charts of step 2: what is expected where, by whom, and who the customers are."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.rows import (
    cut,
    fit,
    name_columns,
    name_dots,
    name_rows,
    new_axes,
    plot_rows,
    say_right,
)
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, finish
from cxlib.tables import check_columns
from cxlib.words import percent


def plot_expectations(
    expectations: pd.DataFrame, *, title: str, scale: tuple[float, float], ax: Axes | None = None
) -> Axes | None:
    """Mean expectation of each touchpoint with its interval; None where nobody was asked."""
    check_columns(expectations, ["label", "n", "expected", "low", "high"], name="expectations (from find_expectations)")
    if expectations.empty:
        return None
    words = [f"{mean:.1f}" for mean in expectations["expected"]]
    return plot_rows(
        expectations, "expected", "low", "high", names=expectations["label"], n=expectations["n"], title=title,
        xlabel=tell(
            "mean expectation on the scale {low:g} to {high:g}; lines: its interval", low=scale[0], high=scale[1]
        ),
        words=words, colours=[INK] * len(words), ax=ax,
    )  # fmt: skip


def plot_expectation_grid(
    expectations: pd.DataFrame, *, rows: str, columns: str, order: list[str], title: str, ax: Axes | None = None
) -> Axes | None:
    """Mean expectation of every pair of `rows` and `columns` as a shade, with n; None where there is none."""
    check_columns(expectations, [rows, columns, "n", "expected"], name="expectations (from find_expectations)")
    shown = expectations[expectations[rows].notna() & expectations[columns].notna()]
    if shown.empty:
        return None
    there = [column for column in order if column in set(shown[columns])]
    grid = shown.pivot(index=rows, columns=columns, values="expected").reindex(columns=there).sort_index()
    words = shown.assign(words=[f"{row.expected:.1f}\nn {short(row.n)}" for row in shown.itertuples()])
    words = words.pivot(index=rows, columns=columns, values="words").reindex_like(grid).fillna("")
    heads = there if fit(there) else [cut(stage, 24, 2) for stage in there]
    ax = new_axes(grid.index, ax, lines=2, columns=heads)
    middle, reach = grid.stack().mean(), 2 * (grid.stack().max() - grid.stack().min() + 0.1)
    sns.heatmap(
        grid, ax=ax, cmap="Purples", vmin=middle - reach / 2, vmax=middle + reach, linewidths=2, cbar=False,
        annot=words, fmt="", annot_kws={"fontsize": 9 if len(there) < 9 else 8, "color": INK},
        xticklabels=False, yticklabels=False,
    )  # fmt: skip
    name_columns(ax, heads)
    ax.set_yticks([place + 0.5 for place in range(len(grid))], [cut(n, 24, 3) for n in grid.index], parse_math=False)
    ax.set_ylabel("")
    ax.tick_params(length=0)
    return finish(ax, title, tell("mean expectation in scale points; darker: more is expected"))


def plot_persona_mix(mix: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """The share of customers each persona is claimed to be (hollow) and found to be (filled, with its interval)."""
    check_columns(
        mix, ["persona", "claimed_share", "share", "low", "high", "verdict"], name="mix (from compare_personas)"
    )
    shown = mix.reset_index(drop=True)
    if shown.empty:
        return None
    ax = new_axes(shown["persona"], ax)
    wrong = shown["verdict"].isin(["more than claimed", "fewer than claimed"])
    colours = [VERDICT_COLOURS["shortfall"] if claim else FAINT for claim in wrong]
    ax.hlines(shown.index, shown["claimed_share"], shown["share"], color=GRID, linewidth=5, zorder=1)
    ax.hlines(shown.index, shown["low"], shown["high"], color=colours, linewidth=1.6)
    ax.scatter(shown["claimed_share"], shown.index, s=34, facecolor="white", edgecolor=INK, linewidth=1.3, zorder=3)
    ax.scatter(shown["share"], shown.index, s=34, color=colours, zorder=4)
    name_rows(ax, shown["persona"])
    name_dots(ax, [(shown["claimed_share"][0], tell("claimed"), INK), (shown["share"][0], tell("found"), INK)])
    words = [f"{percent(row.share)}  {row.verdict}" for row in shown.itertuples()]
    say_right(ax, words, colours)
    ax.xaxis.set_major_formatter(lambda share, _: percent(share))
    ax.locator_params(axis="x", nbins=6)
    ax.set_xlim(left=0)
    said = tell("share of customers; lines: interval of what was found (n\u00a0{n})", n=f"{shown['n'].iloc[0]:,}")
    return finish(ax, title, said)


def short(n: int) -> str:
    """A count that fits a cell.

    >>> short(4123), short(41234), short(4123456)
    ('4,123', '41k', '4.1M')
    """
    return f"{n:,}" if n < 1e4 else f"{n / 1e3:.0f}k" if n < 999_500 else f"{n / 1e6:.1f}M"
