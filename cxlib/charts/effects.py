"""Charts of what actions changed: effects beside raw changes, the months behind them, and regression to the mean."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.rows import (
    LINE_INCHES,
    NAME_WIDTH,
    cut,
    look_over_time,
    name_dots,
    name_rows,
    new_axes,
    new_panels,
    panel_height,
    say_below,
    say_right,
)
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, WIDTH, finish
from cxlib.tables import check_columns
from cxlib.words import counted, signed

MOST_ROWS, MOST_PANELS = 12, 10
WITH_IT = VERDICT_COLOURS["exceeded"]
GOOD, BAD, UNSURE = (VERDICT_COLOURS[verdict] for verdict in ("exceeded", "shortfall", "not enough data"))
COLOURS = {"worked": GOOD, "better": GOOD, "made it worse": BAD, "worse": BAD}
PANELS = {True: "change in percentage points", False: "change in\u00a0% of the value before"}


def plot_effects(effects: pd.DataFrame, *, title: str) -> Axes | None:
    """The raw change (hollow) and the effect (filled) of each action with its interval; None where none can be told.

    Shares are drawn in percentage points, other KPIs on an axis of their own in per cent of the value before, for their
    units differ. The first twelve actions are drawn.
    """
    needed = ["label", "n_text", "before", "raw", "effect", "low", "high", "unit", "verdict"]
    check_columns(effects, needed, name="effects (from judge_effects)")
    shown = effects[effects["p"].notna() & (effects["unit"].isin(["share", "ratio"]) | (effects["before"].abs() > 0))]
    shown = shown.head(MOST_ROWS)
    shares = shown["unit"] == "share"
    panels = [(share, shown[shares == share]) for share in (True, False) if (shares == share).any()]
    if not panels:
        return None
    lines = [max(2, *(name_of(row).count("\n") + 1 for row in part.itertuples())) for _, part in panels]
    heights = [line * len(part) * LINE_INCHES + 0.9 for line, (_, part) in zip(lines, panels)]
    figure, axes = plt.subplots(
        len(panels), figsize=(WIDTH, sum(heights) + 0.8), height_ratios=heights, layout="constrained", squeeze=False
    )
    rest = len(effects) - len(shown)
    for ax, (share, part) in zip(axes[:, 0], panels):
        last = ax is axes[-1, 0]
        more = tell("; {rest} in the table", rest=counted(rest, "more action")) if last and rest else ""
        words = "; " + tell("line: interval of the effect") if last else ""
        draw_effects(ax, part.reset_index(drop=True), share)
        finish(ax, title, f"{tell(PANELS[share])}{words}{more}")
    return axes[0, 0]


def name_of(row) -> str:
    """An action with its n, as it stands at its row."""
    return f"{cut(row.label, NAME_WIDTH, 2)}\n(n {row.n_text})"


def draw_effects(ax: Axes, shown: pd.DataFrame, share: bool) -> None:
    """One panel: all shares, or all others."""
    ratio, before = shown["unit"] == "ratio", shown["before"].abs()
    ends = {end: shown[end] - ratio for end in ("effect", "low", "high")} | {"raw": shown["raw"]}
    divide = {end: pd.Series(1.0, shown.index).where(share | (ratio & (end != "raw")), before) for end in ends}
    figures = pd.DataFrame({end: 100 * value / divide[end] for end, value in ends.items()})
    colours = shown["verdict"].map(COLOURS).fillna(UNSURE).tolist()
    draw_pairs(ax, figures, colours)
    ax.set_yticks(range(len(shown)), [name_of(row) for row in shown.itertuples()], parse_math=False)
    ax.set_ylim(len(shown) - 0.5, -0.9)
    digits, mark = (1, "") if share else (0, "\u00a0%")
    words = [f"{signed(value, digits)}{mark}  {verdict}" for value, verdict in zip(figures["effect"], shown["verdict"])]
    say_right(ax, words, colours)
    name_dots(ax, [(figures["raw"][0], tell("raw change"), FAINT), (figures["effect"][0], tell("effect"), INK)])


def draw_pairs(ax: Axes, figures: pd.DataFrame, colours: list[str]) -> None:
    """Per row `raw`, hollow, and below it `effect` with `low` and `high`, filled; a line at 0."""
    rows = np.arange(len(figures))
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=1)
    ax.hlines(rows + 0.15, figures["low"], figures["high"], color=colours, linewidth=2)
    ax.scatter(figures["raw"], rows - 0.15, s=34, facecolor="white", edgecolor=FAINT, linewidth=1.3, zorder=3)
    ax.scatter(figures["effect"], rows + 0.15, s=40, color=colours, zorder=4)
    ax.locator_params(axis="x", nbins=6)


def plot_regression_to_mean(found: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """What the worst moved (hollow), what would have come with nothing done (a stroke), and what is left (filled).

    `found` comes from `find_regression_to_mean`; None without groups.
    """
    needed = ["group", "n", "raw", "by_itself", "shift", "corrected", "low", "high", "verdict"]
    check_columns(found, needed, name="found (from find_regression_to_mean)")
    if found.empty:
        return None
    names = [cut(name, NAME_WIDTH, 2) for name in found["group"]]
    names = [name if pd.isna(n) else f"{name} (n\u00a0{n:,})" for name, n in zip(names, found["n"])]
    colours = found["verdict"].map(COLOURS).fillna(UNSURE).tolist()
    ax = new_axes(names, ax, lines=2)
    rows = np.arange(len(found))
    by_itself = found["by_itself"] + found["shift"]
    draw_pairs(ax, found.rename(columns={"corrected": "effect"}), colours)
    ax.vlines(by_itself, rows - 0.33, rows + 0.03, color=INK, linewidth=1.6, zorder=5)
    ax.axhline(0.5, color=GRID, linewidth=1, zorder=0)
    name_rows(ax, names)
    say_right(
        ax,
        [f"{signed(raw, 2)} → {signed(left, 2)}  {said}" for raw, left, said in
         zip(found["raw"], found["corrected"], found["verdict"])],
        colours,
    )  # fmt: skip
    name_dots(ax, [(found["raw"].iloc[0], tell("as it is"), FAINT),
                   (found["corrected"].iloc[0], tell("what is left"), INK)])  # fmt: skip
    said = tell("change of the gap in scale points; stroke: what would have come with nothing done; line: interval")
    return finish(ax, title, tell(said))


def plot_actions(traced: pd.DataFrame, *, title: str) -> Axes | None:
    """Month by month the mean of the sites with each action and of those without it, and when it began.

    `traced` comes from `trace_sites`; the months that count are marked by dots. The first ten actions are drawn.
    None without an action.
    """
    needed = ["label", "month", "start", "with_it", "without_it", "n", "n_others", "unit", "used"]
    check_columns(traced, needed, name="traced (from trace_sites)")
    if traced.empty:
        return None
    every = list(dict.fromkeys(traced["label"]))
    actions = every[:MOST_PANELS]
    axes = new_panels(len(actions), panel_height(actions, 2.15 if len(actions) > 2 else 2.4))
    for ax, action in zip(axes, actions):
        draw_action(ax, traced[traced["label"] == action])
    if len(every) > len(actions):
        say_below(axes[0], tell("{count} more in the table", count=len(every) - len(actions)))
    return finish(axes[0], title, "")


def draw_action(ax: Axes, series: pd.DataFrame) -> None:
    """One action: two lines, the start, and the months that count."""
    first = series.iloc[0]
    looks = {
        "with_it": (WITH_IT, tell("{n:,} with it", n=first["n"])),
        "without_it": (FAINT, tell("{n_others:,} without", n_others=first["n_others"])),
    }
    ends = []
    for column, (colour, words) in looks.items():
        ax.plot(series["month"], series[column], color=colour, linewidth=1.3)
        used = series[series["used"]]
        ax.scatter(used["month"], used[column], s=9, color=colour, zorder=3)
        ends.append((series[column].tail(3).mean(), words, colour))
    (low, *lower), (high, *upper) = sorted(ends)
    for (words, colour), place, side in ((lower, low, "top"), (upper, high, "bottom")):
        ax.annotate(
            words, (1.02, place), xycoords=("axes fraction", "data"), fontsize=8.5, color=colour, va=side,
        )  # fmt: skip
    ax.axvline(first["start"], color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    ax.annotate(
        "start", (first["start"], 1), (-3, -2), xycoords=("data", "axes fraction"), textcoords="offset points",
        fontsize=8, va="top", ha="right",
    )  # fmt: skip
    ax.set_title(cut(first["label"], 38, 2), loc="left", fontsize=9.5, pad=6, parse_math=False)
    ax.margins(y=0.15)
    look_over_time(ax, series["month"], is_share=first["unit"] == "share")
