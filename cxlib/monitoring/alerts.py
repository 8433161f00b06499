"""Which KPIs a scheduled run should raise: unusual now, and not by chance."""

import numpy as np
import pandas as pd

from cxlib.intervals import adjust


def list_alerts(control: pd.DataFrame, *, level: float = 0.05) -> pd.DataFrame:
    """What a scheduled run should raise: rows of `chart_kpis` that are the newest of their KPI, a signal, not chance.

    `q` is Benjamini–Hochberg's of `p` over all KPIs judged: of runs over ten in control 2 % alert (values with
    long tails: 9 %).
    """
    newest = judge_newest(control, level=level)
    return newest[newest["verdict"] == "unusual"].drop(columns="verdict").reset_index(drop=True)


def judge_newest(control: pd.DataFrame, *, level: float = 0.05) -> pd.DataFrame:
    """The newest row of each KPI of `chart_kpis`, with `q` and `verdict`: unusual where it is to be raised, or ""."""
    newest = control.groupby("kpi", sort=False).tail(1)
    q = adjust(newest["p"])
    return newest.assign(q=q, verdict=np.where((newest["signal"] != "") & (q <= level), "unusual", ""))
