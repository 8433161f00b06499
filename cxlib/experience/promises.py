"""Promise against delivery: what was planned and when it was done."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.intervals import adjust, newcombe, share_interval, wilson
from cxlib.tables import check_columns
from cxlib.words import listed, percent


def find_promises(promises: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05) -> pd.DataFrame:
    """The share of promises that were broken, with Wilson's interval, and whether it is another than elsewhere.

    `promises` comes from `summarise_promises`: one row a group with `finished` and `late`. `late_share` with `low` and
    `high`; `difference` is late_share − that of all other groups, with Newcombe's (1998) `difference_low` and
    `difference_high`, Fisher's exact `p` and `q` (Benjamini–Hochberg over the rows). `n_effective` is what the share
    is worth, at most one promise a customer where `customers` and `se` are given. The verdict is *late more often*,
    *late less often* or *no sure difference*.

    >>> found = find_promises(pd.DataFrame({"channel": ["web", "desk"], "finished": [100, 60], "late": [30, 6]}))
    >>> found[["channel", "late_share", "low", "high", "difference", "verdict"]].round(3)
      channel  late_share    low   high  difference          verdict
    0     web         0.3  0.219  0.396         0.2  late more often
    1    desk         0.1  0.047  0.201        -0.2  late less often
    """
    check_columns(promises, ["finished", "late"], name="promises (from summarise_promises)")
    finished, late = promises["finished"].astype("float64"), promises["late"]
    share, n = late / finished, promises.get("customers", finished)
    with np.errstate(divide="ignore", invalid="ignore"):
        se = promises.get("se", np.sqrt(share * (1 - share) / (finished - 1)))
        kish = promises.get("n_effective", finished)
        worth = np.where((share > 0) & (share < 1), share * (1 - share) / se**2 * n / (n - 1), kish)
        worth = np.where(n > 0, np.fmin(worth, n), np.nan)
        low, high = share_interval(share, se, n, kish, confidence)
        rest = (late.sum() - late) / (finished.sum() - finished)
        rest_worth = np.where(rest.notna(), np.nansum(worth) - worth, 0)
        ends = newcombe(share, worth, rest, rest_worth, confidence)
    p = [exact_p(*figures) for figures in zip(share, worth, rest, rest_worth)]
    table = promises.assign(n_effective=worth, late_share=share, low=low, high=high, difference=share - rest)
    table = table.assign(difference_low=ends[0], difference_high=ends[1], p=p, q=adjust(p))
    sure = [(table["q"] <= level) & (ends[0] > 0), (table["q"] <= level) & (ends[1] < 0)]
    return table.assign(verdict=np.select(sure, ["late more often", "late less often"], "no sure difference"))


def exact_p(share: float, n: float, other: float, n_other: float) -> float:
    """Fisher's exact two-sided p of no difference between two shares; NaN where one is of nothing."""
    if not n > 0 or not n_other > 0:
        return float("nan")
    hits, totals = [round(share * n), round(other * n_other)], [round(n), round(n_other)]
    return float(stats.fisher_exact([hits, [total - hit for total, hit in zip(totals, hits)]]).pvalue)


def describe_promises(promises: pd.DataFrame, *, confidence: float = 0.95) -> str:
    """How many promises were broken, and where more often, in a sentence.

    `promises` comes from `find_promises`; its first column names the groups where it has any.
    """
    if promises.empty:
        return "What was promised is not known. A column planned_time of the events switches this on."
    finished, late, key = promises["finished"].sum(), promises["late"].sum(), promises.columns[0]
    if not finished:
        return "Whether promises are kept is not known yet: none of those made has ended."
    low, high = wilson(late / finished, promises["n_effective"].sum(), confidence)
    more = promises[promises["verdict"] == "late more often"].sort_values("late_share", ascending=False)
    names = [f"{name} ({percent(share)})" for name, share in zip(more[key].astype("str"), more["late_share"])]
    where = f"; more often than elsewhere: {listed(names, most=3)}" if names else ""
    if not names and len(promises) > 1:
        where = f"; no {key} is surely late more often than the others"
    return (
        f"Of {finished:,} promises kept track of, {percent(late / finished)} were broken "
        f"({100 * low:.0f} to {100 * high:.0f}\u00a0%){where}."
    )
