"""Charts of step 3 on adoption: how soon customers adopt, and what holds them back."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from cxlib.catalogue import tell
from cxlib.charts.experience import BAR
from cxlib.charts.rows import plot_rows
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, WIDTH, finish
from cxlib.tables import check_columns
from cxlib.words import counted, in_days, percent

MOST_BARRIERS = 24
COLOURS = {"holds back": VERDICT_COLOURS["shortfall"], "goes with adopting": VERDICT_COLOURS["exceeded"]}


def plot_adoption(curve: pd.DataFrame, *, adoption: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes | None:
    """The share of customers who have adopted by each day with its interval, and both medians; None where nobody did.

    `curve` comes from `find_adoption_curve`, `adoption` from `find_adoption` (one row). Below: how many are under way.
    """
    check_columns(curve, ["days", "share", "low", "high", "under_way"], name="curve (from find_adoption_curve)")
    if len(curve) < 2 or not adoption["adopted"].iloc[0]:
        return None
    if ax is None:
        ax = plt.subplots(figsize=(WIDTH, 4.2), layout="constrained")[1]
    row, top = adoption.iloc[0], max(1.15 * curve[["share", "high"]].max().max(), 0.05)
    ax.fill_between(curve["days"], curve["low"], curve["high"], step="post", color=BAR, alpha=0.25, linewidth=0)
    ax.step(curve["days"], curve["share"], where="post", color=BAR, linewidth=2)
    ax.set_ylim(0, min(top, 1.05))
    end = curve["days"].iloc[-1]
    ax.set_xlim(0, end)
    median, early = row["median_days"], row["adopters_median_days"]
    if early <= end:
        ax.axvline(early, color=FAINT, linewidth=1, linestyle=":")
        say(ax, early, 0.04, tell("median of those who already did: {in_days}", in_days=in_days(early)), FAINT)
    if median <= end:
        ax.hlines(0.5, 0, median, color=GRID, linewidth=1, zorder=0)
        ax.hlines(
            0.5,
            row["median_days_low"],
            row["median_days_high"] if row["median_days_high"] <= end else end,
            color=INK,
            linewidth=1.5,
        )
        ax.scatter([median], [0.5], s=46, color=INK, zorder=4, clip_on=False)
        say(ax, median, 0.42, tell("median {in_days} days", in_days=in_days(median)), INK)
    days = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(0, end)
    ticks = curve.set_index("days").reindex(days, method="nearest")["under_way"][days <= end]
    ax.set_xticks(ticks.index, [f"{day:g}\n{n:,.0f}" for day, n in ticks.items()])
    ax.yaxis.set_major_formatter(lambda share, _: percent(share))
    n = counted(int(row["n"]), "customer")
    return finish(ax, title, tell("days; below: of {n}, those still under way; band: interval of the share", n=n))


def say(ax: Axes, day: float, height: float, words: str, colour: str) -> None:
    """Words beside a day, on the side with more room."""
    right = day < ax.get_xlim()[1] / 2
    ax.annotate(
        words, (day, height), (6 if right else -6, 0), xycoords=("data", "data" if height > 0.1 else "axes fraction"),
        textcoords="offset points", ha="left" if right else "right", va="center", fontsize=9, color=colour,
    )  # fmt: skip


def plot_barriers(barriers: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """How many times as often those who name a barrier fail to adopt, with intervals on a log axis; None without any.

    `barriers` comes from `find_barriers`; its first twenty-four rows are drawn.
    """
    needed = ["barrier", "n_with", "share", "risk_ratio", "low", "high", "verdict"]
    check_columns(barriers, needed, name="barriers (from find_barriers)")
    shown = barriers.head(MOST_BARRIERS)
    left = len(barriers) - len(shown)
    words = [
        f"×\u00a0{row.risk_ratio:.{1 if row.risk_ratio >= 0.1 else 2}f}  "
        + tell("named by {share}", share=percent(row.share))
        for row in shown.itertuples()
    ]
    colours = shown["verdict"].map(COLOURS).fillna(VERDICT_COLOURS["not enough data"]).tolist()
    ax = plot_rows(
        shown, "risk_ratio", "low", "high", names=shown["barrier"], n=shown["n_with"], title=title, words=words,
        colours=colours, ax=ax, xlabel=tell(
            "share that did not adopt, of those who name it ÷ of the others (log axis); "
            "lines: intervals, grey: no sure difference{rest}",
            rest=tell("; {left} more in the table", left=left) if left else "",
        ),
    )  # fmt: skip
    if ax is None:
        return None
    ax.set_xscale("log")
    ax.axvline(1, color=FAINT, linewidth=0.8, zorder=1)
    wide = shown[["risk_ratio", "high"]].max(axis=None) / shown[["risk_ratio", "low"]].min(axis=None)
    subs = [1, 1.5, 2, 3, 5, 7] if wide < 8 else [1, 2, 5] if wide < 100 else [1]
    ax.xaxis.set_major_locator(LogLocator(subs=subs))
    ax.xaxis.set_major_formatter(lambda ratio, _: f"{ratio:g}")
    ax.xaxis.set_minor_locator(NullLocator())
    return ax
