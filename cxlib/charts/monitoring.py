"""Charts of step 6: what changed, and where the figures stand against their targets."""

import pandas as pd
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.control import draw_control, limits_in_words
from cxlib.charts.rows import cut, look_over_time, new_panels, panel_height, plot_rows, say_below
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, finish
from cxlib.gaps import group_names
from cxlib.tables import check_columns
from cxlib.words import figure, percent, signed

MOST_PANELS, DOTTED = 10, 12
"""Panels at most, and measurements below which each has its dot."""

CHANGE_COLOURS = {"better": "#0072b2", "worse": "#c44e00", "no sure change": "#767676"}


def plot_change(change: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes | None:
    """How far each gap moved since the wave before, with its interval; None without a wave before."""
    check_columns(change, ["label", "n", "change", "low", "high", "verdict"], name="change (from find_change)")
    if change.empty:
        return None
    shown = change.reset_index(drop=True)
    words = [f"{signed(row.change)}  {row.verdict}" for row in shown.itertuples()]
    counts = [f"{row.n_before:,} → {row.n:,}" for row in shown.itertuples()]
    ax = plot_rows(
        shown, "change", "low", "high", names=group_names(shown), n=counts, title=title, words=words,
        xlabel=tell("change of the gap in scale points, above 0 is better; lines: its interval"),
        colours=list(shown["verdict"].map(CHANGE_COLOURS)), ax=ax,
    )  # fmt: skip
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=1)
    return ax


def plot_kpis(
    tracked: pd.DataFrame, monitoring: pd.DataFrame, control: pd.DataFrame | None = None, *, title: str
) -> Axes | None:
    """Each KPI over time with its interval as a band, its target dashed and its control limits; None without KPIs.

    `control` comes from `chart_kpis`: the centre line, the limits in steps, a ring around every signal. Of more than
    ten KPIs those are drawn that signal or miss their target, then the first.
    """
    check_columns(tracked, ["kpi", "date", "n", "value", "low", "high", "is_share"], name="tracked (from track_kpis)")
    every = list(dict.fromkeys(tracked["kpi"]))
    if not every:
        return None
    names = pick_kpis(every, monitoring, control)
    height = 2.15 if len(names) > 8 or control is None else 2.5
    axes = new_panels(len(names), panel_height(names, height))
    for ax, kpi in zip(axes, names):
        series = tracked[tracked["kpi"] == kpi]
        of_kpi = monitoring[monitoring["figure"] == kpi]
        limits = None if control is None else control[control["kpi"] == kpi]
        draw_kpi(ax, series, of_kpi.iloc[0] if len(of_kpi) else None, limits)
    if len(every) > len(names):
        say_below(axes[0], tell("{count} more in the table", count=len(every) - len(names)))
    return finish(axes[0], title, "")


def pick_kpis(every: list[str], monitoring: pd.DataFrame, control: pd.DataFrame | None) -> list[str]:
    """As many KPIs as are drawn, in their order: first those that signal now, then those that miss their target."""
    newest = None if control is None else control.drop_duplicates("kpi", keep="last")
    alarming = set() if newest is None else set(newest.loc[newest["signal"] != "", "kpi"])
    missing = set(monitoring.loc[monitoring["status"] == "missed", "figure"])
    chosen = set(sorted(every, key=lambda kpi: (kpi not in alarming, kpi not in missing))[:MOST_PANELS])
    return [kpi for kpi in every if kpi in chosen]


def draw_kpi(ax: Axes, series: pd.DataFrame, against: pd.Series | None, control: pd.DataFrame | None = None) -> None:
    """One KPI: line, band, last value, target, control limits."""
    last, written = series.iloc[-1], percent if series["is_share"].iloc[-1] else figure
    dots = dict(marker="o", markersize=3.5) if len(series) < DOTTED else {}
    ax.fill_between(series["date"], series["low"].astype(float), series["high"].astype(float), color=GRID, linewidth=0)
    ax.plot(series["date"], series["value"], color=INK, linewidth=1.4, **dots)
    if len(series) == 1:
        ax.vlines(series["date"], series["low"].astype(float), series["high"].astype(float), color=INK, linewidth=1.4)
    ax.set_title(cut(last["kpi"], 38, 2), loc="left", fontsize=9.5, pad=6, parse_math=False)
    held = [*series[["low", "high", "value"]].astype(float).to_numpy().flat]
    words, colour = f"{written(last['value'])}\nn {last['n']:,.0f}", INK
    if against is not None and pd.notna(against["target"]):
        verdict = {"missed": "shortfall", "not reached yet": "shortfall", "reached": "met"}.get(against["status"], "")
        colour = VERDICT_COLOURS.get(verdict, INK)
        ax.axhline(against["target"], color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
        words = f"{words}\n{tell('target')}\n{written(against['target'])}"
        held.append(against["target"])
    limited = control is not None and len(control) > 0
    ax.annotate(
        words, (1.02, 1 if limited else 0.5), xycoords="axes fraction", fontsize=8.5, color=colour,
        va="top" if limited else "center",
    )  # fmt: skip
    if limited:
        draw_control(ax, control)
        said, tone = limits_in_words(control, written)
        ax.annotate(said, (1.02, 0), xycoords="axes fraction", fontsize=8.5, color=tone, va="bottom")
        held += [*control[["lower", "upper"]].to_numpy(dtype=float).flat]
    low, high = pd.Series(held).min(), pd.Series(held).max()
    if high > low:
        ax.set_ylim(low - 0.15 * (high - low), high + (0.25 if limited else 0.15) * (high - low))
    look_over_time(ax, series["date"], is_share=bool(last["is_share"]))
