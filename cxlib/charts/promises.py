"""Charts of promises and of complaints: how many were broken, and whether resolving them makes up for them."""

import pandas as pd
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.rows import plot_rows
from cxlib.charts.theme import FAINT, INK, VERDICT_COLOURS
from cxlib.tables import check_columns
from cxlib.words import percent

MOST_ROWS = 30
COLOURS = {"late more often": VERDICT_COLOURS["shortfall"], "late less often": VERDICT_COLOURS["exceeded"]}
GROUPS = {"none": "no complaint", "resolved": "complaint resolved", "unresolved": "complaint not resolved"}
GROUP_COLOURS = {"none": INK, "resolved": VERDICT_COLOURS["met"], "unresolved": VERDICT_COLOURS["shortfall"]}


def plot_promises(promises: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """The share of promises that each group broke, with its interval, and the median delay.

    `promises` comes from `find_promises`, its first column naming the groups; the thirty that broke most are drawn.
    None where nothing has ended.
    """
    needed = ["finished", "late_share", "low", "high", "verdict", "median_delay"]
    check_columns(promises, needed, name="promises (from find_promises)")
    shown = promises[promises["finished"] > 0].sort_values("late_share", ascending=False, kind="stable").head(MOST_ROWS)
    first = shown.columns[0]
    names = ["all"] * len(shown) if first == "finished" else shown[first].astype("str").fillna("not stated")
    words = [
        tell(
            "{share}, median {delay}",
            share=percent(row.late_share),
            delay=say_delay(row.median_delay),
        )
        for row in shown.itertuples()
    ]
    ax = plot_rows(
        shown, "late_share", "low", "high", names=list(names), n=shown["finished"], title=title, words=words, ax=ax,
        xlabel=tell(
            "share of finished promises that were late, with its interval; right: the share, and the median delay"
        ),
        colours=[COLOURS.get(verdict, FAINT) for verdict in shown["verdict"]],
    )  # fmt: skip
    if ax is not None:
        ax.xaxis.set_major_formatter(lambda share, _: percent(share))
    return ax


def say_delay(days: float) -> str:
    """How late, or early, something ended.

    >>> say_delay(2.25), say_delay(-0.02)
    ('2.2 days late', 'in time')
    """
    if abs(days) < 0.05:
        return tell("in time")
    return tell("{days:.1f} days late", days=days) if days > 0 else tell("{days:.1f} days early", days=-days)


def plot_recovery(complainants: pd.DataFrame, *, outcome: str, title: str, ax: Axes | None = None) -> Axes | None:
    """What customers say of the whole: without a complaint, with a resolved one, with one that is not; with intervals.

    `complainants` comes from `find_complainants`; those of one `outcome` are drawn. None where nobody is known.
    """
    check_columns(complainants, ["outcome", "complaint", "n", "mean", "low", "high", "width"], name="complainants")
    shown = complainants[complainants["outcome"] == outcome].reset_index(drop=True)
    digits = 1 if (shown["width"] > 2).all() else 2  # shares and NPS need the second
    return plot_rows(
        shown, "mean", "low", "high", names=shown["complaint"].map(GROUPS).map(tell), n=shown["n"], title=title, ax=ax,
        xlabel=tell("mean of {outcome} in scale points; lines: its interval", outcome=outcome.replace('_', ' ')),
        words=[f"{mean:.{digits}f}".replace("-", "−") for mean in shown["mean"]],
        colours=list(shown["complaint"].map(GROUP_COLOURS)),
    )  # fmt: skip
