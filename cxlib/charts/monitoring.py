"""Charts of step 6: what changed, and where the figures stand against their targets."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import MaxNLocator

from cxlib.charts.control import draw_control, limits_in_words
from cxlib.charts.rows import plot_rows
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS, WIDTH, finish, wrap
from cxlib.gaps import group_names
from cxlib.tables import check_columns
from cxlib.words import percent, signed

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
        xlabel="change of the gap in scale points, above 0 is better; lines: its interval",
        colours=list(shown["verdict"].map(CHANGE_COLOURS)), ax=ax,
    )  # fmt: skip
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=1)
    return ax


def plot_kpis(
    tracked: pd.DataFrame, monitoring: pd.DataFrame, control: pd.DataFrame | None = None, *, title: str
) -> Axes | None:
    """Each KPI over time with its interval as a band, its target dashed and its control limits; None without KPIs.

    `control` comes from `chart_kpis`: the centre line, the limits in steps, a ring around every signal.
    """
    check_columns(tracked, ["kpi", "date", "n", "value", "low", "high", "is_share"], name="tracked (from track_kpis)")
    names = list(dict.fromkeys(tracked["kpi"]))
    if not names:
        return None
    rows = -(-len(names) // 2)
    figure, axes = plt.subplots(
        rows,
        min(2, len(names)),
        figsize=(WIDTH, (2.3 if control is None else 2.5) * rows + 0.9),
        layout="constrained",
        squeeze=False,
    )
    for ax in axes.flat[len(names) :]:
        ax.set_visible(False)
    for ax, kpi in zip(axes.flat, names):
        series = tracked[tracked["kpi"] == kpi]
        of_kpi = monitoring[monitoring["figure"] == kpi]
        limits = None if control is None else control[control["kpi"] == kpi]
        draw_kpi(ax, series, of_kpi.iloc[0] if len(of_kpi) else None, limits)
    figure.get_layout_engine().set(wspace=0.06)
    finish(axes[0, 0], title, "")
    return axes[0, 0]


def draw_kpi(ax: Axes, series: pd.DataFrame, against: pd.Series | None, control: pd.DataFrame | None = None) -> None:
    """One KPI: line, band, last value, target, control limits."""
    last, written = series.iloc[-1], percent if series["is_share"].iloc[-1] else in_figures
    ax.fill_between(series["date"], series["low"].astype(float), series["high"].astype(float), color=GRID, linewidth=0)
    ax.plot(series["date"], series["value"], color=INK, linewidth=1.4, marker="o" if len(series) == 1 else None)
    if len(series) == 1:
        ax.vlines(series["date"], series["low"].astype(float), series["high"].astype(float), color=INK, linewidth=1.4)
    ax.set_title(wrap(last["kpi"], 40), loc="left", fontsize=9.5, pad=6, parse_math=False)
    ends = [series["low"].min(), series["high"].max()]
    words, colour = f"{written(last['value'])}\nn {last['n']:,.0f}", INK
    if against is not None and pd.notna(against["target"]):
        verdict = {"missed": "shortfall", "not reached yet": "shortfall", "reached": "met"}.get(against["status"], "")
        colour = VERDICT_COLOURS.get(verdict, INK)
        ax.axhline(against["target"], color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
        words = f"{words}\ntarget\n{written(against['target'])}"
        ends = [min(ends[0], against["target"]), max(ends[1], against["target"])]
    limited = control is not None and len(control) > 0
    ax.annotate(
        words, (1.02, 1 if limited else 0.5), xycoords="axes fraction", fontsize=8.5, color=colour,
        va="top" if limited else "center",
    )  # fmt: skip
    if limited:
        draw_control(ax, control)
        said, tone = limits_in_words(control, written)
        ax.annotate(said, (1.02, 0), xycoords="axes fraction", fontsize=8.5, color=tone, va="bottom")
        ends = [np.nanmin([ends[0], control["lower"].min()]), np.nanmax([ends[1], control["upper"].max()])]
    if np.isfinite(ends).all() and ends[1] > ends[0]:
        above = 0.25 if limited else 0.15
        ax.set_ylim(ends[0] - 0.15 * (ends[1] - ends[0]), ends[1] + above * (ends[1] - ends[0]))
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(lambda value, _: written(value))
    name_days(ax, series["date"])
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(length=0, labelsize=8)


def name_days(ax: Axes, days: pd.Series) -> None:
    """A few days under the line; a single one in full."""
    if days.nunique() == 1:
        ax.set_xticks([days.iloc[0]], [f"{days.iloc[0]:%Y-%m-%d}"])
        return
    ax.xaxis.set_major_locator(AutoDateLocator(minticks=2, maxticks=7))
    ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))


def in_figures(value: float) -> str:
    """A value with thousands apart, without a decimal where it is large."""
    return f"{value:,.{0 if abs(value) >= 100 else 1}f}".replace("-", "−")
