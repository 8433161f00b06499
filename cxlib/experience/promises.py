"""Promise against delivery: what was planned and when it was done."""

import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.shares import share_interval, shares_against_rest, wilson
from cxlib.tables import check_columns
from cxlib.words import bounds, listed, percent


def find_promises(promises: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05) -> pd.DataFrame:
    """The share of promises that were broken, with Wilson's interval, and whether it is another than elsewhere.

    `promises` comes from `summarise_promises`: one row a group with `finished` and `late`. `late_share` with `low` and
    `high`; `difference` is late_share − that of all other groups, with Newcombe's (1998) `difference_low` and
    `difference_high`, Fisher's exact `p` and `q` (Benjamini–Hochberg over the rows). `n_effective` is what the share
    is worth where promises of one customer tell the same (Kish's), `finished` where it is not given. The verdict is
    *late more often*, *late less often* or *no sure difference*.

    >>> found = find_promises(pd.DataFrame({"channel": ["web", "desk"], "finished": [100, 60], "late": [30, 6]}))
    >>> found[["channel", "late_share", "low", "high", "difference", "verdict"]].round(3)
      channel  late_share    low   high  difference          verdict
    0     web         0.3  0.219  0.396         0.2  late more often
    1    desk         0.1  0.047  0.201        -0.2  late less often
    """
    check_columns(promises, ["finished", "late"], name="promises (from summarise_promises)")
    finished, late = promises["finished"].astype("float64"), promises["late"]
    share, n = late / finished, promises.get("customers", finished)
    worth = promises.get("n_effective", finished)
    with np.errstate(divide="ignore", invalid="ignore"):
        se = promises.get("se", np.sqrt(share * (1 - share) / (finished - 1)))
        low, high = share_interval(share, se, n, worth, confidence)
    table = promises.assign(n_effective=worth, late_share=share, low=low, high=high)
    table = table.join(shares_against_rest(late, finished, worth, confidence=confidence))
    sure, more = (table["q"] <= level), table["difference_low"] > 0
    sure = [sure & more, sure & (table["difference_high"] < 0)]
    return table.assign(verdict=np.select(sure, ["late more often", "late less often"], "no sure difference"))


def describe_promises(promises: pd.DataFrame, overall: pd.DataFrame | None = None, *, confidence: float = 0.95) -> str:
    """How many promises were broken, where more often, and how many open ones are past their date, in a sentence.

    `promises` comes from `find_promises`; its first column names the groups where it has any. `overall` is the same of
    all in one row: without it the groups are added up, and a customer of two of them counts twice.
    """
    if promises.empty:
        return tell("What was promised is not known. A column planned_time of the events switches this on.")
    total, key = promises if overall is None else overall, promises.columns[0]
    finished, late, overdue, worth = total[["finished", "late", "overdue", "n_effective"]].sum()
    if not finished:
        past = tell("; {overdue:,.0f} are open past their date", overdue=overdue) if overdue else ""
        return tell("Whether promises are kept is not known yet: none of those made has ended{past}.", past=past)
    low, high = wilson(late / finished, worth, confidence)
    if len(total) == 1:
        low, high = total[["low", "high"]].iloc[0]
    more = promises[promises["verdict"] == "late more often"].sort_values("late_share", ascending=False)
    names = [f"{name} ({percent(share)})" for name, share in zip(more[key].astype("str"), more["late_share"])]
    where = tell("; more often than elsewhere: {names}", names=listed(names, most=2)) if names else ""
    if not names and len(promises) > 1:
        where = tell("; no {thing} is surely late more often than the others", thing=key)
    where += tell("; {overdue:,.0f} more are open past their date", overdue=overdue) if overdue else ""
    return tell(
        "Of {finished:,.0f} promises kept track of, {broken} were broken ({interval}){where}.",
        finished=finished,
        broken=percent(late / finished),
        interval=bounds(low, high),
        where=where,
    )
