"""How soon customers adopt, what carts they leave behind, and what keeps them from adopting."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxlib.catalogue import tell
from cxlib.intervals import adjust
from cxlib.shares import exact_p, interval_on, shares_against_rest
from cxlib.tables import check_columns
from cxlib.words import bounds, counted, in_days, listed, percent

NEEDS_LOG = "in study.yaml, a file of events and enough customers switch it on."


def estimate_survival(
    times: pd.Series, happened: pd.Series, people: pd.Series, *, days: ArrayLike = (), each: float = 1.0
) -> pd.DataFrame:
    """The share to whom it has not happened yet, over time (Kaplan & Meier 1958), and how many people that is worth.

    Each row stands for so many `people`, each of those for `each` independent ones (at most 1); those to whom it has
    not `happened` are censored at their time. One row per time, and per one of `days`: `left`, `happened`, `watched` up
    to then and longer, and `worth`: left·(1 − left) over Greenwood's variance (Dorey & Korn 1987), at most watched/left
    (Peto et al. 1977); where nobody is left, of just before. NaN where nobody was watched for so long.

    >>> estimate_survival(pd.Series([1, 2, 3]), pd.Series([True, False, True]), pd.Series([2, 2, 1]))
         left  happened  watched     worth
    1.0   0.6       2.0      3.0  5.000000
    2.0   0.6       0.0      3.0  5.000000
    3.0   0.0       1.0      0.0  1.666667
    """
    time, place = np.unique(np.concatenate([times, days]).astype(float), return_inverse=True)
    people, done = (np.append(count, np.zeros(len(days))) for count in (people, people * happened))
    people, done = np.bincount(place, people), np.bincount(place, done)
    risk = np.cumsum(people[::-1])[::-1]
    watched = risk - done
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.cumprod(np.where(risk > 0, watched / risk, 1.0))
        before = np.append(1.0, left[:-1])
        relative = np.cumsum(np.where(watched > 0, done / (risk * watched), 0.0))  # Greenwood's variance over left²
        greenwood = (1 - left) / (left * relative)
        last = (1 - before) / (before * relative)
        worth = np.where(left > 0, np.fmin(greenwood, watched / left), np.fmin(last, risk / before)) * each
    left, worth = (
        np.where((risk > 0) | (left == 0), left, np.nan),
        pd.Series(worth).where(before > 0).ffill().to_numpy(),
    )
    return pd.DataFrame(dict(left=left, happened=done, watched=watched, worth=worth), index=time)


def happened_by(survival: pd.DataFrame, confidence: float) -> np.ndarray:
    """The share to whom it has happened, 1 − S, and its interval: that of a share of as many people as it is worth."""
    share = 1 - survival["left"]
    return np.array([share, *interval_on(share.to_numpy(), survival["worth"].to_numpy(), confidence)])


def quantiles_of(survival: pd.DataFrame, parts: Sequence[float], confidence: float) -> list[tuple[float, ...]]:
    """The time by which it has happened to each part of people, with its interval (Brookmeyer & Crowley 1982).

    The first time with S(t) ≤ 1 − part, exactly so included; the interval lasts from where that of the share comes to
    reach `part` to where all of it lies beyond. NaN where that has not come: the low end may be known all the same.
    """
    events = survival[survival["happened"] > 0]
    share, low, high = happened_by(events, confidence)
    return [
        tuple(float(next(iter(events.index[end >= part - 1e-9]), np.nan)) for end in (share, high, low))
        for part in parts
    ]


def find_adoption(times: pd.DataFrame, *, window_days: float | None = None, confidence: float = 0.95) -> pd.DataFrame:
    """What share of customers adopts within the window, and within how many days half of them do (Kaplan–Meier).

    `times` comes from `summarise_adoption`; a row in all, or one per group. `adoption_rate` is 1 − S(window) with
    its interval; without `window_days`, at the longest time seen. `median_days` has its own; blank where fewer than
    half have adopted, though the low end may be known. Beside them what is biased as long as customers are under way:
    `naive_share`, adopted within the window over n, and `adopters_median_days`, of those who already adopted.
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
    survival = estimate_survival(times["days"], happened, people, days=[window])
    share, least, most = happened_by(survival.loc[[window]], confidence)[:, 0]
    ((median, low, high),) = quantiles_of(survival, [0.5], confidence)
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
    survival = estimate_survival(times["days"], times["adopted"], times["customers"], days=days).loc[days]
    share, low, high = happened_by(survival, confidence)
    under_way = (survival["watched"] + survival["happened"]).to_numpy().astype(int)
    curve = pd.DataFrame({"days": days, "share": share, "low": low, "high": high, "under_way": under_way})
    return curve[curve["under_way"] >= least]


def describe_adoption(adoption: pd.DataFrame, *, since: str = "") -> str:
    """How soon half of the customers adopt after the event `since`, in a sentence."""
    if adoption.empty:
        return tell("How soon customers adopt is not known: journey: adopted {needs_log}", needs_log=NEEDS_LOG)
    row = adoption.iloc[0]
    if not row["adopted"]:
        return tell(
            "None of {n} shows the event that journey: adopted in study.yaml names.",
            n=counted(int(row["n"]), "customer"),
        )
    if np.isnan(row["median_days"]):
        share = tell(
            "{share} within {window_days:.4g} days",
            share=percent(row["adoption_rate"]),
            window_days=row["window_days"],
        ) + margin(row["adoption_rate_low"], row["adoption_rate_high"])
        said = tell("how many is not known") if np.isnan(row["adoption_rate"]) else share
        return tell(
            "Fewer than half of the customers have adopted so far: {said} (n\u00a0{n:,}); of "
            "those who did, the median is {in_days}.",
            said=said,
            n=int(row["n"]),
            in_days=in_days(row["adopters_median_days"]),
        )
    high = (
        tell("or more")
        if np.isnan(row["median_days_high"])
        else tell("to {in_days}", in_days=in_days(row["median_days_high"]))
    )
    ends = "" if np.isnan(row["median_days_low"]) else f"{in_days(row['median_days_low'])} {high}; "
    days = tell("{days} days of “{event}”") if since else tell("{days} days")
    days = days.format(days=in_days(row["median_days"]), event=since)
    said = tell("Half of the customers adopt within {days} ({ends}n\u00a0{n:,})", days=days, ends=ends, n=int(row["n"]))
    if not row["open"]:
        return tell("{said}; none is still under way.", said=said)
    early = in_days(row["adopters_median_days"])
    return tell(
        "{said}; of those who already did, half within {early}, which leaves out those still under way.",
        said=said,
        early=early,
    )


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
    share, low, high = share_of(carts["abandoned"], n, confidence)
    table = carts.drop(columns="customers").assign(n=n, share=share, low=low, high=high)
    if "channel" not in carts:
        return table
    counts = (carts["abandoned"].astype("float64"), n.astype("float64"), n.astype("float64"))
    return table.join(shares_against_rest(*counts, confidence=confidence))


def describe_abandonment(abandonment: pd.DataFrame, *, level: float = 0.05) -> str:
    """How many customers leave a cart behind, or in which channel more do, in a sentence."""
    if abandonment.empty:
        return tell(
            "How many carts are abandoned is not known: journey: cart and converted {needs_log}", needs_log=NEEDS_LOG
        )
    judged = abandonment[abandonment["n"] > 0]
    row, still = abandonment.iloc[0], abandonment["open"].sum()
    if judged.empty:
        return tell(
            "The window of {still} is still open: how many are abandoned cannot be said yet.",
            still=counted(still, "cart"),
        )
    by = (
        tell("by the end of the log")
        if np.isnan(row["window_days"])
        else tell("within {window_days:g} days", window_days=row["window_days"])
    )
    if "channel" not in abandonment:
        return tell(
            "{share} of customers with a cart did not buy {by} ({interval}; n\u00a0{n:,})",
            share=percent(row["share"]),
            by=by,
            interval=bounds(row["low"], row["high"]),
            n=int(row["n"]),
        ) + (tell("; {still:,} may still.", still=still) if still else ".")
    more = judged[(judged["q"] <= level) & (judged["difference"] > 0)].sort_values("share", ascending=False)
    n = f"n\u00a0{judged['n'].sum():,}"
    if more.empty:
        return tell("In no channel are carts surely abandoned more often than in the others ({n}).", n=n)
    names = [f"{name} ({percent(share)})" for name, share in zip(more["channel"], more["share"])]
    return tell(
        "Carts are surely abandoned more often than elsewhere in {names} ({n}).", names=listed(names, most=3), n=n
    )


def find_barriers(counts: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05) -> pd.DataFrame:
    """How much more often those who name a barrier fail to adopt than those who do not, the largest ratio first.

    `counts` comes from `summarise_barriers`. `share` is of the `n` respondents who name it (Wilson); `missed_with` and
    `missed_without` are shares that did not adopt; `risk_ratio` is the first over the second (half a person is added to
    each cell where one is empty) with its interval from theirs (Donner & Zou 2012), blank at an end that is 0 or
    without limit; `p` is Fisher's exact one, `q` Benjamini and Hochberg's; a verdict takes `q` and interval.
    """
    check_columns(counts, list("barrier n_with missed_with n_without missed_without".split()), name="counts")
    n = counts["n_with"] + counts["n_without"]
    share, low, high = share_of(counts["n_with"], n, confidence)
    sides = [(counts[f"missed_{side}"], counts[f"n_{side}"]) for side in ("with", "without")]
    (one, *_), (other, *_) = shares = [share_of(*side, confidence) for side in sides]
    half = 0.5 * np.logical_or.reduce([side.isin([0, 1]) for side in (one, other)])
    more, less = ((missed + half) / (people + 2 * half) for missed, people in sides)
    p = [exact_p(*figures) for figures in zip(one, sides[0][1], other, sides[1][1])]
    found = counts.assign(
        n=n, share=share, share_low=low, share_high=high, missed_with=one, missed_without=other,
        risk_ratio=more / less, **ratio_ends(*shares), p=np.array(p, dtype=float), q=adjust(p),
    )  # fmt: skip
    sure = [(found["q"] <= level) & beyond for beyond in (found["low"] > 1, found["high"] < 1)]
    verdict = np.select(sure, ["holds back", "goes with adopting"], "no sure difference")
    found = found.assign(verdict=verdict).sort_values("risk_ratio", ascending=False, kind="stable", ignore_index=True)
    return found.loc[:, ["barrier", "n", *found.columns.drop(["barrier", "n"])]]


def share_of(hits: pd.Series, n: pd.Series, confidence: float) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """A share of people, with its interval; NaN where there is nobody."""
    share, n = hits / n.where(n > 0), n.astype("float64").where(n > 0)
    return share, *interval_on(share.to_numpy(), n.to_numpy(), confidence)


def ratio_ends(share: tuple, other: tuple) -> dict[str, np.ndarray]:
    """The interval of share/other, each given as share, low and high (Donner & Zou 2012); NaN for 0 and no limit.

    Statistical Methods in Medical Research 21.
    """
    (p, low, high), (q, low_other, high_other) = (np.asarray(figures, dtype=float) for figures in (share, other))
    with np.errstate(divide="ignore", invalid="ignore"):
        rest, most = high_other * (2 * q - high_other), low_other * (2 * q - low_other)
        least = (p * q - np.sqrt((p * q) ** 2 - low * (2 * p - low) * rest)) / rest
        most = (p * q + np.sqrt((p * q) ** 2 - high * (2 * p - high) * most)) / most
    return {"low": np.where(least > 0, least, np.nan), "high": np.where(np.isfinite(most), most, np.nan)}


def describe_barriers(barriers: pd.DataFrame) -> str:
    """What surely holds customers back, in a sentence."""
    if barriers.empty:
        return tell(
            "What holds customers back is not known: columns barriers and customer of "
            "respondents, with journey: adopted in study.yaml and a log (or a column adopted), "
            "switch it on."
        )
    sure = barriers[barriers["verdict"] == "holds back"]
    people = f"n\u00a0{barriers['n'].iloc[0]:,}"
    if sure.empty:
        return tell(
            "Of {barriers} named, none surely holds customers back ({people}).",
            barriers=counted(len(barriers), "barrier"),
            people=people,
        )
    first = sure.iloc[0]
    more = tell(" Also: {barriers}.", barriers=listed(sure["barrier"].iloc[1:], most=3)) if len(sure) > 1 else ""
    most = tell("or more") if np.isnan(first["high"]) else tell("to {high:.1f}", high=first["high"])
    return tell(
        "Who names “{barrier}” fails to adopt {risk_ratio:.1f} times as often as others "
        "({low:.1f} {high}; named by {n_with:,} of {people}).{more}",
        barrier=first["barrier"],
        risk_ratio=first["risk_ratio"],
        low=first["low"],
        high=most,
        n_with=first["n_with"],
        people=people,
        more=more,
    )
