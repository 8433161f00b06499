"""Charts of step 2: what is typical of each touchpoint, and what staff believe beside what customers say."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.rows import name_dots, name_rows, new_axes, say_right
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, finish
from cxlib.tables import check_columns
from cxlib.words import signed

MOST_ROWS, EACH, MOST_PAIRS = 32, 3, 20
WRONG, OVER, RIGHT, UNSURE = (VERDICT_COLOURS[name] for name in ("shortfall", "exceeded", "met", "not enough data"))
COLOURS = {"underestimated": WRONG, "overestimated": OVER, "understood": RIGHT, "typical": OVER}


def plot_typical(typical: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """Log-odds of the themes most typical of each touchpoint, under its name, with intervals and people.

    `typical` comes from `find_typical_words`; three themes a touchpoint are drawn, one of each where there are
    many touchpoints. A theme whose figures are not shown has its name and verdict. None without a theme.
    """
    needed = ["label", "theme", "n", "log_odds", "low", "high", "verdict"]
    check_columns(typical, needed, name="typical (from find_typical_words)")
    if typical.empty:
        return None
    each = max(1, min(EACH, MOST_ROWS // typical["label"].nunique() - 1))
    shown = typical.groupby("label", sort=False).head(each).head(MOST_ROWS)
    alone = each == 1
    heads = shown.drop_duplicates("label")[["label"]].assign(theme="", verdict="").head(0 if alone else None)
    places = {label: place for place, label in enumerate(dict.fromkeys(shown["label"]))}
    rows = pd.concat([heads, shown]).reset_index(drop=True)
    rows = rows.iloc[np.argsort(rows["label"].map(places), kind="stable")].reset_index(drop=True)
    is_head = rows["theme"] == ""
    counts = [tell("not shown") if pd.isna(n) else f"{n:,.0f}" for n in rows["n"]]
    before = [f"{label}: " if alone else "" for label in rows["label"]]
    names = [f"{first}{theme} (n\u00a0{n})" for first, theme, n in zip(before, rows["theme"], counts)]
    names = [label if head else name for label, head, name in zip(rows["label"], is_head, names)]
    colours = rows["verdict"].map(COLOURS).fillna(UNSURE)
    ax = new_axes(names, ax)
    figures = rows[["log_odds", "low", "high"]].astype("float64")
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=1)
    ax.hlines(rows.index, figures["low"], figures["high"], color=list(colours), linewidth=2)
    ax.scatter(figures["log_odds"], rows.index, s=36, color=list(colours), zorder=3)
    name_rows(ax, names)
    for tick, head in zip(ax.get_yticklabels(), is_head):
        tick.set_fontweight("bold" if head else "normal")
    figures = ["" if pd.isna(value) else f"{signed(value)}  " for value in rows["log_odds"]]
    say_right(ax, [figure + verdict for figure, verdict in zip(figures, rows["verdict"])], list(colours))
    ax.locator_params(axis="x", nbins=6)
    label = tell("log-odds ratio, above 0: said more here; lines: its interval; n: people")
    if len(typical) > len(shown):
        label += tell("; {count} more in the table", count=len(typical) - len(shown))
    return finish(ax, title, label)


def plot_beliefs(
    compared: pd.DataFrame, *, title: str, column: str = "expected", ax: Axes | None = None
) -> Axes | None:
    """What staff believe (hollow) and what customers say (filled) of each touchpoint, with intervals.

    `compared` comes from `compare_beliefs` with the same `column`; of many rows the first and last ten are drawn.
    None without a row.
    """
    needed = ["label", "n_staff", "n", "difference", "verdict"]
    needed += [f"{side}{end}" for side in ("believed", column) for end in ("", "_low", "_high")]
    check_columns(compared, needed, name="compared (from compare_beliefs)")
    if compared.empty:
        return None
    half, long = MOST_PAIRS // 2, len(compared) > MOST_PAIRS
    shown = (pd.concat([compared.head(half), compared.tail(half)]) if long else compared).reset_index(drop=True)
    colours = shown["verdict"].map(COLOURS).fillna(UNSURE).tolist()
    ax = new_axes(shown["label"], ax, lines=2)
    if long:
        ax.axhline(half - 0.5, color=GRID, linewidth=1, zorder=0)
    above, below = shown.index - 0.16, shown.index + 0.16
    ax.plot([shown["believed"], shown[column]], [above, below], color=GRID, linewidth=4, zorder=1)
    ax.hlines(above, shown["believed_low"], shown["believed_high"], color=FAINT, linewidth=1.2)
    ax.hlines(below, shown[f"{column}_low"], shown[f"{column}_high"], color=colours, linewidth=2)
    ax.scatter(shown["believed"], above, s=34, facecolor="white", edgecolor=INK, linewidth=1.3, zorder=3)
    ax.scatter(shown[column], below, s=36, color=colours, zorder=4)
    name_rows(
        ax,
        shown["label"],
        [tell("{staff:,} and {customers:,}", staff=row.n_staff, customers=row.n) for row in shown.itertuples()],
    )
    say_right(ax, [f"{signed(row.difference)}  {row.verdict}" for row in shown.itertuples()], colours)
    name_dots(ax, [(shown["believed"][0], tell("staff believe"), INK),
                   (shown[column][0], tell("customers say"), INK)])  # fmt: skip
    ax.locator_params(axis="x", nbins=6)
    label = tell("{what} in scale points; lines: intervals; right: belief − customers; n: staff and customers",
                 what=column)  # fmt: skip
    if long:
        label += tell("; {count} more in the table", count=len(compared) - len(shown))
    return finish(ax, title, label)
