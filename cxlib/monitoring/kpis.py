"""KPIs over time."""

import numpy as np
import pandas as pd

from cxlib.intervals import share_interval, t_interval
from cxlib.tables import StudyError, check_columns


def track_kpis(kpis: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Each KPI per day of measurement, over all sites, with its interval.

    Shares are hits over cases (Wilson); other values the mean over sites (t over sites, empty for a single one).
    Columns: kpi, date, `sites`, `n` (cases, or sites), `value`, `low`, `high`, `se`, `is_share`.
    """
    check_columns(kpis, ["kpi", "date", "value", "numerator", "denominator"], name="kpis (kpis.csv)")
    counted_ones = kpis["numerator"].notna() & kpis["denominator"].notna()
    wrong = kpis[counted_ones & ((kpis["denominator"] < kpis["numerator"]) | (kpis["numerator"] < 0))]
    if len(wrong):
        row = wrong.iloc[0]
        raise StudyError(
            f"kpis: {row['kpi']} has {row['numerator']:g} of {row['denominator']:g} in a row; a numerator lies from 0 "
            "to its denominator. Correct it, or give value instead."
        )
    kpis = kpis[(counted_ones & (kpis["denominator"] > 0)) | (~counted_ones & kpis["value"].notna())]
    shares = kpis["denominator"].notna() & kpis["numerator"].notna()
    hits = kpis.where(shares).groupby([kpis["kpi"], kpis["date"]])[["numerator", "denominator"]].sum(min_count=1)
    values = kpis.groupby(["kpi", "date"])["value"].agg(["mean", "std", "count"])
    table = hits.join(values).join(kpis.groupby(["kpi", "date"]).size().rename("sites")).reset_index()
    is_share = table["denominator"].notna()
    share = table["numerator"] / table["denominator"]
    n = table["denominator"].where(is_share, table["count"])
    se = np.sqrt(share * (1 - share) / (n - 1))
    wilson = share_interval(share, se, n, n, confidence)
    value, spread = table["mean"], table["std"] / np.sqrt(table["count"])
    t = t_interval(value, spread, table["count"], confidence)
    ends = {end: np.where(is_share, wilson[place], t[place]) for place, end in enumerate(("low", "high"))}
    ends["se"] = np.where(is_share, se, spread)
    table = table.assign(value=share.where(is_share, value), n=n.astype("int64"), **ends, is_share=is_share)
    return table[["kpi", "date", "sites", "n", "value", "low", "high", "se", "is_share"]]


def trace_figures(tracked: pd.DataFrame, waves: pd.DataFrame, last_days: dict) -> pd.DataFrame:
    """Every figure over time: `figure`, `date`, `value`.

    Of KPIs as in `track_kpis`, and of touchpoints their mean experience on the last day of each wave (`summarise_waves`
    and the waves of the study); undated waves are left out.
    """
    days = pd.to_datetime(waves["wave"].map({wave: pd.Timestamp(day) for wave, day in last_days.items()}))
    rated = waves.assign(figure=waves["label"], date=days, value=waves["mean_experienced"])
    parts = [tracked.assign(figure=tracked["kpi"]), rated[rated["n_experienced"] > 0]]
    table = pd.concat([part[["figure", "date", "value"]] for part in parts if len(part)] or [pd.DataFrame()])
    return table.reindex(columns=["figure", "date", "value"]).dropna().reset_index(drop=True)
