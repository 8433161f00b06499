"""How soon customers adopt, what carts they leave behind, and what keeps them from adopting."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.intervals import adjust
from cxlib.shares import share_interval, shares_against_rest
from cxlib.tables import check_columns
from cxlib.words import bounds, counted, in_days, listed, percent

NEEDS_LOG = "in study.yaml, a file of events and enough customers switch it on."


def estimate_survival(times: pd.Series, happened: pd.Series, people: pd.Series) -> Any:
    """The share to whom it has not happened yet, over time (Kaplan & Meier 1958), with Greenwood's standard error.

    Each row stands for so many `people`; those to whom it has not `happened` are censored at their time. A
    statsmodels SurvfuncRight.
    """
    from statsmodels.duration.survfunc import SurvfuncRight

    survival = SurvfuncRight(times.to_numpy(), happened.to_numpy().astype(int), freq_weights=people.to_numpy())
    with np.errstate(divide="ignore", invalid="ignore"):  # with weights the library leaves the factor S out
        parts = survival.n_events / (survival.n_risk * (survival.n_risk - survival.n_events))
        survival.surv_prob_se = survival.surv_prob * np.sqrt(np.cumsum(parts))
    return survival


def quantile_of(survival: Any, part: float, confidence: float) -> tuple[float, float, float]:
    """The time by which it has happened to this part of people, with its log-log interval (Brookmeyer & Crowley 1982).

    The first time with S(t) ≤ 1 − part, exactly so included; NaN where that cannot be said.
    """
    value = next(iter(survival.surv_times[survival.surv_prob <= 1 - part + 1e-9]), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = survival.quantile_ci(part, alpha=1 - confidence)
    known = np.isfinite(value)
    return value, low if known else np.nan, high if known and np.isfinite(high) else np.nan


def shares_at(survival: Any, days: np.ndarray, confidence: float) -> np.ndarray:
    """The share to whom it has happened by each day, 1 − S, and the ends of its log-log interval: three rows.

    Where it has happened to nobody or everybody the interval is NaN.
    """
    place = np.searchsorted(survival.surv_times, days, side="right")
    left = np.append(1.0, survival.surv_prob)[place]
    se = np.append(0.0, survival.surv_prob_se)[place]
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = stats.norm.ppf(0.5 + confidence / 2) * se / (left * np.log(left))
        ends = [1 - left ** np.exp(side * reach) for side in (1, -1)]
    return np.array([1 - left, *ends])


def find_adoption(times: pd.DataFrame, *, window_days: float | None = None, confidence: float = 0.95) -> pd.DataFrame:
    """What share of customers adopts within the window, and within how many days half of them do (Kaplan–Meier).

    `times` comes from `summarise_adoption`; a row in all, or one per group. `adoption_rate` is 1 − S(window) with
    its interval; without `window_days`, at the longest time seen. `median_days` has its own; blank where fewer than
    half have adopted. Beside them what is biased as long as customers are under way: `naive_share`, adopted within the
    window over n, and `adopters_median_days`, of those who already adopted.
    """
    check_columns(times, ["days", "adopted", "customers"], name="times (from summarise_adoption)")
    keys = [column for column in times if column not in ("days", "adopted", "customers")]
    groups = times.groupby(keys, sort=False) if keys else [((), times)] if len(times) else []
    rows = [dict(zip(keys, group)) | adoption_of(part, window_days, confidence) for group, part in groups]
    columns = [
        "n",
        "adopted",
        "open",
        "window_days",
        "adoption_rate",
        "adoption_rate_low",
        "adoption_rate_high",
        "naive_share",
    ]
    columns += ["median_days", "median_days_low", "median_days_high", "adopters_median_days"]
    return pd.DataFrame(rows, columns=[*keys, *columns])


def adoption_of(times: pd.DataFrame, window_days: float | None, confidence: float) -> dict:
    """The figures of `find_adoption` for one group."""
    happened, people, n = times["adopted"], times["customers"], int(times["customers"].sum())
    window = times["days"].max() if window_days is None else window_days
    survival = estimate_survival(times["days"], happened, people)
    share, least, most = shares_at(survival, np.array([window]), confidence)[:, 0]
    if window > times["days"].max() and share < 1:  # nobody was watched for so long
        share, least, most = np.nan, np.nan, np.nan
    median, low, high = quantile_of(survival, 0.5, confidence)
    done = times[happened].sort_values("days")
    reached = np.repeat(done["days"].to_numpy(), done["customers"])
    return (
        dict(n=n, adopted=len(reached), open=n - len(reached), window_days=float(window))
        | dict(
            adoption_rate=share,
            adoption_rate_low=least,
            adoption_rate_high=most,
            naive_share=(reached <= window).sum() / n,
        )
        | dict(median_days=median, median_days_low=low, median_days_high=high)
        | dict(adopters_median_days=float(np.median(reached)) if len(reached) else np.nan)
    )


def find_adoption_curve(times: pd.DataFrame, *, least: int = 5, confidence: float = 0.95) -> pd.DataFrame:
    """The share of customers who have adopted by each of up to a hundred round days, for the chart.

    `times` comes from `summarise_adoption`, without groups. `days`, `share` (1 − S) with `low` and `high`, and how many
    are still `under_way` then: it ends where fewer than `least` are.
    """
    if times.empty:
        return pd.DataFrame({column: [] for column in ("days", "share", "low", "high", "under_way")}, dtype="float64")
    longest = max(times["days"].max(), 0.01)
    fine = 10.0 ** np.floor(np.log10(longest / 100))
    step = next(fine * many for many in (1, 2, 5, 10) if fine * many >= longest / 101)
    days = np.arange(0, longest + step / 1e6, step).round(6)
    survival = estimate_survival(times["days"], times["adopted"], times["customers"])
    share, low, high = shares_at(survival, days, confidence)
    under_way = [times.loc[times["days"] >= day, "customers"].sum() for day in days]
    curve = pd.DataFrame({"days": days, "share": share, "low": low, "high": high, "under_way": under_way})
    return curve[curve["under_way"] >= least]


def describe_adoption(adoption: pd.DataFrame, *, since: str = "") -> str:
    """How soon half of the customers adopt after the event `since`, in a sentence."""
    if adoption.empty:
        return f"How soon customers adopt is not known: journey: adopted {NEEDS_LOG}"
    row = adoption.iloc[0]
    if not row["adopted"]:
        return (
            f"None of {counted(int(row['n']), 'customer')} shows the event that journey: adopted in study.yaml names."
        )
    if np.isnan(row["median_days"]):
        share = f"{percent(row['adoption_rate'])} within {row['window_days']:.4g} days" + margin(
            row["adoption_rate_low"], row["adoption_rate_high"]
        )
        said = "how many is not known" if np.isnan(row["adoption_rate"]) else share
        return (
            f"Fewer than half of the customers have adopted so far: {said} (n\u00a0{int(row['n']):,}); "
            f"of those who did, the median is {in_days(row['adopters_median_days'])}."
        )
    high = "or more" if np.isnan(row["median_days_high"]) else f"to {in_days(row['median_days_high'])}"
    ends = "" if np.isnan(row["median_days_low"]) else f"{in_days(row['median_days_low'])} {high}; "
    days = f"{in_days(row['median_days'])} days{f' of “{since}”' if since else ''}"
    said = f"Half of the customers adopt within {days} ({ends}n\u00a0{int(row['n']):,})"
    if not row["open"]:
        return f"{said}; none is still under way."
    early = in_days(row["adopters_median_days"])
    return f"{said}; of those who already did, half within {early}, which leaves out those still under way."


def margin(low: float, high: float) -> str:
    """The interval of a share, in brackets' words."""
    return "" if np.isnan(low) else f", {bounds(low, high)}"


def find_abandonment(carts: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """The share of customers with a cart who abandoned it, with Wilson's interval.

    `carts` comes from `summarise_carts`. `n` are those whose window is over or who bought; `open` are not judged. Where
    carts are told apart by channel also each one's `difference` from all others, as `shares_against_rest` has it.
    """
    check_columns(carts, ["customers", "bought", "abandoned", "open"], name="carts (from summarise_carts)")
    n = carts["bought"] + carts["abandoned"]
    share = carts["abandoned"] / n.where(n > 0)
    se = np.sqrt(share * (1 - share) / (n - 1).where(n > 1))
    low, high = share_interval(share, se, n, n, confidence)
    table = carts.drop(columns="customers").assign(n=n, share=share, low=low, high=high)
    if "channel" not in carts:
        return table
    counts = (carts["abandoned"].astype("float64"), n.astype("float64"), n.astype("float64"))
    return table.join(shares_against_rest(*counts, confidence=confidence))


def describe_abandonment(abandonment: pd.DataFrame, *, level: float = 0.05) -> str:
    """How many customers leave a cart behind, or in which channel more do, in a sentence."""
    if abandonment.empty:
        return f"How many carts are abandoned is not known: journey: cart and converted {NEEDS_LOG}"
    judged = abandonment[abandonment["n"] > 0]
    row, still = abandonment.iloc[0], abandonment["open"].sum()
    if judged.empty:
        return f"The window of {counted(still, 'cart')} is still open: how many are abandoned cannot be said yet."
    by = "by the end of the log" if np.isnan(row["window_days"]) else f"within {row['window_days']:g} days"
    if "channel" not in abandonment:
        return (
            f"{percent(row['share'])} of customers with a cart did not buy {by} ({bounds(row['low'], row['high'])}; "
            f"n\u00a0{int(row['n']):,})" + (f"; {still:,} may still." if still else ".")
        )
    more = judged[(judged["q"] <= level) & (judged["difference"] > 0)].sort_values("share", ascending=False)
    n = f"n\u00a0{judged['n'].sum():,}"
    if more.empty:
        return f"In no channel are carts surely abandoned more often than in the others ({n})."
    names = [f"{name} ({percent(share)})" for name, share in zip(more["channel"], more["share"])]
    return f"Carts are surely abandoned more often than elsewhere in {listed(names, most=3)} ({n})."


def find_barriers(counts: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05) -> pd.DataFrame:
    """How much more often those who name a barrier fail to adopt than those who do not, the largest ratio first.

    `counts` comes from `summarise_barriers`. `share` is of the `n` respondents who name it (Wilson); `missed_with` and
    `missed_without` are shares that did not adopt; `risk_ratio` is the first over the second with Katz's log interval
    (Katz et al. 1978; half a person is added to each cell where one is empty); `q` is Benjamini and Hochberg's.
    """
    check_columns(counts, list("barrier n_with missed_with n_without missed_without".split()), name="counts")
    from statsmodels.stats.contingency_tables import Table2x2

    n = counts["n_with"] + counts["n_without"]
    share = counts["n_with"] / n
    se = np.sqrt(share * (1 - share) / (n - 1).where(n > 1))
    low, high = share_interval(share, se, n, n, confidence)
    rows = []
    for row in counts.itertuples():
        sides = [(row.missed_with, row.n_with), (row.missed_without, row.n_without)]
        cells = np.array([[missed, people - missed] for missed, people in sides])
        table = Table2x2(cells + (0.0 if cells.all() else 0.5))
        rows.append((table.riskratio, *table.riskratio_confint(1 - confidence), table.riskratio_pvalue()))
    ratios = pd.DataFrame(rows, columns=["risk_ratio", "low", "high", "p"], index=counts.index, dtype="float64")
    found = counts.assign(
        n=n, share=share, share_low=low, share_high=high, missed_with=counts["missed_with"] / counts["n_with"],
        missed_without=counts["missed_without"] / counts["n_without"], **ratios, q=adjust(ratios["p"]),
    )  # fmt: skip
    sure, more = found["q"] <= level, found["risk_ratio"] > 1
    verdict = np.select([sure & more, sure], ["holds back", "goes with adopting"], "no sure difference")
    found = found.assign(verdict=verdict).sort_values("risk_ratio", ascending=False, kind="stable", ignore_index=True)
    return found.loc[:, ["barrier", "n", *found.columns.drop(["barrier", "n"])]]


def describe_barriers(barriers: pd.DataFrame) -> str:
    """What surely holds customers back, in a sentence."""
    if barriers.empty:
        return (
            "What holds customers back is not known: columns barriers and customer of respondents, with journey: "
            "adopted in study.yaml and a log (or a column adopted), switch it on."
        )
    sure = barriers[barriers["verdict"] == "holds back"]
    people = f"n\u00a0{barriers['n'].iloc[0]:,}"
    if sure.empty:
        return f"Of {counted(len(barriers), 'barrier')} named, none surely holds customers back ({people})."
    first = sure.iloc[0]
    more = f" Also: {listed(sure['barrier'].iloc[1:], most=3)}." if len(sure) > 1 else ""
    return (
        f"Who names “{first['barrier']}” fails to adopt {first['risk_ratio']:.1f} times as often as others "
        f"({first['low']:.1f} to {first['high']:.1f}; named by {first['n_with']:,} of {people}).{more}"
    )
