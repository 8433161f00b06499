"""Control limits in the panel of a KPI."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.charts.theme import FAINT, GRID, INK, VERDICT_COLOURS
from cxlib.tables import check_columns

LIMITS = "#8a8a8a"
NO_LIMITS = {
    "too few": "no limits:\ntoo few figures",
    "no spread": "no limits:\nthe baseline did\nnot vary",
    "drifts": "no limits:\nit drifts",
    "dependent": "no limits:\nfigures depend\non one another",
}


def draw_control(ax: Axes, control: pd.DataFrame) -> None:
    """Centre line, limits in steps, the baseline marked along the top, and a ring around every signal."""
    check_columns(control, ["date", "value", "centre", "lower", "upper", "phase", "signal"], name="control")
    days = control["date"].to_numpy()
    if control["upper"].notna().any():
        for column, dashes in (("centre", "-"), ("lower", (0, (1, 1.5))), ("upper", (0, (1, 1.5)))):
            ax.step(days, control[column], where="mid", color=LIMITS, linewidth=0.9, linestyle=dashes, zorder=1.5)
        mark_baseline(ax, control)
    rung = control[control["signal"] != ""]
    ax.scatter(
        rung["date"], rung["value"], s=52, facecolors="none", edgecolors=VERDICT_COLOURS["shortfall"], linewidths=1.5,
        zorder=4,
    )  # fmt: skip


def mark_baseline(ax: Axes, control: pd.DataFrame) -> None:
    """A light band over the measurements that set the limits, named where others follow."""
    days, first = control["date"], (control["phase"] == "baseline").to_numpy()
    if first.all():
        end, word = days.iloc[-1], "trial limits, of all measurements"
    else:
        last = int(np.flatnonzero(first)[-1])
        end, word = days.iloc[last] + (days.iloc[last + 1] - days.iloc[last]) / 2, "baseline"
        ax.axvline(end, color=GRID, linewidth=0.8, zorder=0.5)
    ax.axvspan(days.iloc[0], end, color="#f5f5f5", linewidth=0, zorder=0)
    ax.annotate(
        word, (days.iloc[0], 1), (2, -2), xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=8,
        color=FAINT, va="top",
    )  # fmt: skip


def limits_in_words(control: pd.DataFrame, written) -> tuple[str, str]:
    """What stands right of the panel about its limits, and its colour: orange where the newest measurement signals."""
    last = control.iloc[-1]
    ends, tone = (
        tell("limits\n{lower} to\n{upper}", lower=written(last["lower"]), upper=written(last["upper"])),
        INK,
    )
    if pd.isna(last["upper"]):
        ends, tone = tell(NO_LIMITS.get("no spread" if last["status"] == "signal" else last["status"], "")), FAINT
    return (f"{ends}\n{tell('signal')}", VERDICT_COLOURS["shortfall"]) if last["signal"] else (ends, tone)
