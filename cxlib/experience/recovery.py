"""Service recovery: whether complaints are resolved, how soon, and whether that makes up for them."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.experience.adoption import estimate_survival, quantiles_of
from cxlib.intervals import adjust, difference_of_means, t_interval, t_test
from cxlib.shares import nps_interval, share_interval
from cxlib.tables import check_columns
from cxlib.words import bounds, counted, percent, signed

PAIRS = (("resolved", "none"), ("unresolved", "none"), ("resolved", "unresolved"))
RATE = {"recovered": "like", "not recovered": "lower than", "recovery paradox": "higher than"}
RATE |= {"alike": "like", "worse": "lower than", "better": "higher than"}
WITHIN = 0.04
"""δ as a part of the scale's range: a difference within ± this much does not matter."""


def find_complaint_times(complaints: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """How many complaints were resolved so far, and in how many days half of them are; most complaints first.

    `complaints` comes from `summarise_complaints`. `median_days` with its interval by Kaplan & Meier, open ones
    censored and those of one customer taken to tell the same; empty where it is not reached yet. `resolved_share` with
    `low` and `high`, where the customer counts.
    """
    figures = ["days", "resolved", "complaints", "customers", "complained_again", "se", "n_effective"]
    check_columns(complaints, figures, name="complaints (from summarise_complaints)")
    keys = [column for column in complaints if column not in figures]
    groups = complaints.groupby(keys or np.zeros(len(complaints)), sort=False, dropna=False)
    rows = [part.iloc[0].to_dict() | times_of(part, confidence) for _, part in groups]
    days = ["median_days", "median_days_low", "median_days_high"]
    shown = [*keys, "complaints", "customers", "complained_again", "resolved", *days]
    table = pd.DataFrame(rows, columns=[*shown, "se", "n_effective"])
    table = table.sort_values(["complaints", *keys], ascending=[False, *(True for _ in keys)], ignore_index=True)
    share = table["resolved"] / table["complaints"]
    low, high = share_interval(share, table["se"], table["customers"], table["n_effective"], confidence)
    return table[shown].astype({"complained_again": "Int64"}).assign(resolved_share=share, low=low, high=high)


def times_of(complaints: pd.DataFrame, confidence: float) -> dict:
    """How many complaints of a group there are, how many are resolved, and the median days with its interval."""
    done, n = complaints["resolved"], complaints["complaints"]
    each = complaints["n_effective"].iloc[0] / n.sum()
    (found,) = quantiles_of(estimate_survival(complaints["days"], done, n, each=each), [0.5], confidence)
    days = dict(zip(("median_days", "median_days_low", "median_days_high"), found))
    return dict(complaints=n.sum(), resolved=n[done].sum()) | days


def describe_complaints(times: pd.DataFrame) -> str:
    """How many complaints were resolved and how soon, in a sentence.

    `times` comes from `find_complaint_times`, of all complaints together.
    """
    if times.empty:
        return tell("Complaints are not known. A column opened of the feedback, with resolved, switches them on.")
    row = times.iloc[0]
    half = tell("fewer than half so far")
    if pd.notna(row["median_days"]):
        days = [f"{row[end]:.0f}" for end in ("median_days_low", "median_days_high") if pd.notna(row[end])]
        half = tell("half within {median_days}", median_days=counted(int(row["median_days"]), "day")) + (
            f" ({' to '.join(days)})" if len(days) == 2 else ""
        )
    again = row["complained_again"]
    more = (
        tell("; {again} complained again", again=counted(int(again), "customer")) if pd.notna(again) and again else ""
    )
    return tell(
        "Of {complaints}, {resolved_share} are resolved ({interval}), {half}{more}.",
        complaints=counted(int(row["complaints"]), "complaint"),
        resolved_share=percent(row["resolved_share"]),
        interval=bounds(row["low"], row["high"]),
        half=half,
        more=more,
    )


def find_complainants(recovery: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """What each group says of the whole, with `low` and `high` beside `mean`, in points of the outcome.

    `recovery` comes from `summarise_recovery`. Means by Student's t, outcomes of 0 or 1 as shares by Wilson, `nps` from
    −1 to 1 by adjusted Wald (exact limits where few differ).
    """
    helpers = ["lowest", "promoters", "detractors"]
    check_columns(recovery, ["outcome", "n", "mean", "width", *helpers], name="recovery (from summarise_recovery)")
    low, high = ends_of(recovery, confidence)
    return recovery.drop(columns=helpers).assign(low=low, high=high)


def ends_of(recovery: pd.DataFrame, confidence: float) -> list[np.ndarray]:
    """Both ends of the interval of each row's mean, by the kind of its outcome."""
    figures = recovery[["n", "mean", "se", "n_effective", "promoters", "detractors"]].astype("float64")
    n, mean, se, kish, promoters, detractors = (figures[name] for name in figures)
    kinds = [recovery["outcome"] == "nps", are_shares(recovery)]
    nps = nps_interval(promoters, detractors, se, n, kish, confidence)
    share = share_interval(mean.where(kinds[1]), se, n, kish, confidence)
    ends = zip(nps, share, t_interval(mean, se, kish, confidence))
    return [np.select(kinds, end[:2], end[2]) for end in ends]


def are_shares(recovery: pd.DataFrame) -> pd.Series:
    """Which rows are of an outcome of 0 or 1."""
    return (recovery["lowest"] == 0) & (recovery["width"] == 1)


def find_recovery(
    recovery: pd.DataFrame, *, met_within: float | None = None, confidence: float = 0.95, level: float = 0.05
) -> pd.DataFrame:
    """Whether customers whose complaint was resolved are as content as those without one; and those who still wait.

    `recovery` comes from `summarise_recovery`. Per `outcome` a row for each `comparison`: `difference` in scale points
    of its first group less its second with its `low`, `high` and `p` (`differences_of`), and `q` (Benjamini–Hochberg
    over the table). The verdict on resolved − none is *recovered* where the 90 % interval lies within ± `met_within`
    points of the outcome, by default 4 % of its scale (TOST, Schuirmann 1987), else *not recovered* where it is surely
    lower, *recovery paradox* where it is surely higher (McCollough & Bharadwaj 1992); on the others *alike*, *worse* or
    *better*; or *not enough data*.
    """
    check_columns(recovery, ["outcome", "complaint", "n", "mean", "width"], name="recovery (from summarise_recovery)")
    columns = ["outcome", "comparison", "n", "n_other", "difference", "low", "high", "p", "q", "verdict"]
    pairs = pd.DataFrame(PAIRS, columns=["first", "second"], dtype="str")
    table = pairs.merge(recovery, left_on="first", right_on="complaint")
    table = table.merge(
        recovery, left_on=["outcome", "second"], right_on=["outcome", "complaint"], suffixes=("_one", "_other")
    )
    order = {outcome: place for place, outcome in enumerate(recovery["outcome"].unique())}
    table = table.sort_values("outcome", key=lambda names: names.map(order), kind="stable", ignore_index=True)
    if table.empty:
        return pd.DataFrame(columns=columns)
    table = table.assign(comparison=table["first"] + " − " + table["second"])
    difference, low, high, p = differences_of(table, confidence)
    limit = WITHIN * table["width_one"] if met_within is None else met_within
    within = [np.abs(end) <= limit for end in differences_of(table, 0.9)[1:3]]
    table = table.assign(n=table["n_one"], n_other=table["n_other"], difference=difference, low=low, high=high)
    table = table.assign(p=p, q=adjust(p))
    sure, lower = table["q"] <= level, table["difference"] < 0
    makes_up = table["comparison"] == " − ".join(PAIRS[0])
    cases = [within[0] & within[1], sure & lower, sure & ~lower]
    words = [("recovered", "alike"), ("not recovered", "worse"), ("recovery paradox", "better")]
    found = [np.where(makes_up, *pair) for pair in words]
    return table.assign(verdict=np.select(cases, found, "not enough data"))[columns]


def differences_of(table: pd.DataFrame, confidence: float) -> tuple[pd.Series, np.ndarray, np.ndarray, np.ndarray]:
    """The difference of two groups of `recovery` (`_one`, `_other`), both ends of its interval, and p.

    Of means Welch's (1947); of shares and nps from the intervals of both groups, as Newcombe (1998) does it and Zou &
    Donner (2008, Statistics in Medicine 27), with the p at which that interval, its shape kept, just reaches 0.
    """
    sides = [
        table.filter(like=end).rename(columns=lambda name, end=end: name.removesuffix(end)).assign(outcome=name)
        for end, name in (("_one", table["outcome"]), ("_other", table["outcome"]))
    ]
    difference, se, worth = difference_of_means(table.assign(n_both=0, covariance=0.0), "one", "other")
    welch = [*t_interval(difference, se, worth, confidence), t_test(difference, se, worth)]
    (low, high), (low_other, high_other) = (ends_of(side, confidence) for side in sides)
    below = np.hypot(table["mean_one"] - low, high_other - table["mean_other"])
    above = np.hypot(high - table["mean_one"], table["mean_other"] - low_other)
    z = stats.norm.ppf(0.5 + confidence / 2) * np.abs(difference) / np.where(difference > 0, below, above)
    hybrid = [difference - below, difference + above, 2 * stats.norm.sf(z)]
    whole = (table["outcome"] == "nps") | are_shares(sides[0])
    return difference, *(np.where(whole, one, other) for one, other in zip(hybrid, welch))


def describe_recovery(differences: pd.DataFrame, *, outcome: str = "") -> str:
    """Whether resolving a complaint makes up for it, in a sentence.

    `differences` comes from `find_recovery`; of one `outcome`, the first where none is named.
    """
    if differences.empty:
        return tell(
            "What becomes of complaints is not known. Columns customer and opened of the "
            "feedback, and customer of the respondents, switch this on."
        )
    chosen = outcome if outcome in set(differences["outcome"]) else differences["outcome"].iloc[0]
    rows, said = differences[differences["outcome"] == chosen].set_index("comparison"), []
    if "resolved − none" in rows.index:
        row = rows.loc["resolved − none"]
        words = RATE.get(row["verdict"], "perhaps like")
        said.append(
            tell(
                "Customers with a resolved complaint rate the whole {words} those without one {figures}",
                words=words,
                figures=figures(row),
            )
        )
    if "unresolved − none" in rows.index:
        row = rows.loc["unresolved − none"]
        words = RATE.get(row["verdict"], "perhaps like")
        short = {"like": "alike", "perhaps like": "perhaps alike", "lower than": "lower", "higher than": "higher"}
        who = (
            tell("those still waiting {words}", words=short[words])
            if said
            else tell("Customers still waiting rate the whole {words} those without", words=words)
        )
        said.append(f"{who} {figures(row)}")
    return f"{', '.join(said)}." if said else tell("Too few customers without a complaint are known to compare with.")


def figures(row: pd.Series) -> str:
    """A difference with its interval and n."""
    return tell(
        "({difference}, {low} to {high}; n\u00a0{n:,})",
        difference=signed(row["difference"]),
        low=signed(row["low"]),
        high=signed(row["high"]),
        n=row["n"],
    )
