"""How far customers get, where they leave, and where they hesitate."""

from typing import Any

import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.experience.adoption import estimate_survival, quantiles_of
from cxlib.shares import share_interval
from cxlib.tables import check_columns
from cxlib.words import bounds, counted, listed, most_likely, percent

FEW_GO_ON = "fewer than half so far"


def describe_rules(journey: Any) -> str:
    """The rules of the funnel in a sentence; `journey` is what study.yaml says of it (`study.settings.journey`)."""
    when = tell("whenever it comes") if journey.order == "any" else tell("once the stage before is reached")
    days = (
        tell(", within {window_days:g} days of the journey's first event", window_days=journey.window_days)
        if journey.window_days
        else ""
    )
    tries = (
        tell("only the first of a customer's journeys counts")
        if journey.reentry == "first"
        else tell("every journey is a new try")
    )
    return tell("A stage counts {when}{days}; {tries}, each customer counts once.", when=when, days=days, tries=tries)


def find_funnel(funnel: pd.DataFrame, waits: pd.DataFrame | None = None, *, confidence: float = 0.95) -> pd.DataFrame:
    """How many customers get from stage to stage, with the share that goes on and Wilson's interval.

    `funnel` comes from `summarise_funnel`. `share` is of those who began, `went_on` of those in the stage before, with
    `low` and `high`; `lost` is how many did not come from there. With `waits` from `summarise_waits` also how long it
    took from the stage before, as `find_waits` has it.
    """
    check_columns(funnel, ["stage", "customers", "visitors"], name="funnel (from summarise_funnel)")
    n, before = funnel["customers"], funnel["customers"].shift()
    went_on = n / before
    se = np.sqrt(went_on * (1 - went_on) / (before - 1))
    low, high = share_interval(went_on, se, before, before, confidence)
    share = n / n.iloc[0] if len(n) else n.astype("float64")
    table = funnel.assign(share=share, went_on=went_on, low=low, high=high, lost=(before - n).astype("Int64"))
    if waits is None:
        return table
    return table.merge(find_waits(waits, confidence=confidence), on="stage", how="left", validate="one_to_one")


def find_waits(waits: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Within how many hours half, and nine in ten, of those who reached the stage before go on (Kaplan–Meier).

    `waits` comes from `summarise_waits`. Per stage gone on to `wait_hours_median` and `wait_hours_p90`, each with the
    ends of its interval, and the first in words (`wait`). Those who have not gone on are censored: where fewer than
    that go on, the figure is blank, though its low end may be known.
    """
    check_columns(waits, ["stage", "hours", "went_on", "customers"], name="waits (from summarise_waits)")
    rows = []
    for stage, times in waits.groupby("stage", sort=False):
        survival = estimate_survival(times["hours"], times["went_on"], times["customers"])
        half, most = quantiles_of(survival, (0.5, 0.9), confidence)
        wait = tell("half within {lasting}", lasting=lasting(half[0])) if half[0] == half[0] else FEW_GO_ON
        rows.append((stage, *half, *most, wait))
    names = [f"wait_hours_{part}" for part in ("median", "median_low", "median_high", "p90", "p90_low", "p90_high")]
    columns = {"stage": "str", **dict.fromkeys(names, "float64"), "wait": "str"}
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def lasting(hours: float) -> str:
    """A length of time as people say it.

    >>> lasting(0.25), lasting(5.25), lasting(108), lasting(1200)
    ('15 minutes', '5.2 hours', '4.5 days', '50 days')
    """
    for unit, size, least in (("days", 24, 48), ("hours", 1, 1), ("minutes", 1 / 60, 0)):
        if hours >= least:
            said = f"{hours / size:.{1 if unit != 'minutes' and hours / size < 9.95 else 0}f}"
            return f"{said} {tell(unit.removesuffix('s') if said == '1' else unit)}"
    return "–"


def describe_funnel(funnel: pd.DataFrame, *, window_days: float | None = None, confidence: float = 0.95) -> str:
    """Where most customers leave, in a sentence; `window_days` is how long a journey had."""
    if funnel.empty:
        return tell(
            "Where customers leave the journey is not known. "
            "A file of events, with touchpoints on the map, switches it on."
        )
    if len(funnel) == 1:
        return tell(
            "{customers:,} customers reached {stage}.",
            customers=funnel["customers"].iloc[0],
            stage=funnel["stage"].iloc[0],
        )
    order = funnel["went_on"].astype("float64").argsort()
    worst, place = funnel.iloc[order.iloc[0]], int(order.iloc[0])
    if worst["went_on"] == 1:
        return tell("All {customers:,} customers went on from stage to stage.", customers=worst["customers"])
    close = [row for row in order.iloc[1 : len(funnel) - 1] if funnel["low"].iloc[row] <= worst["high"]]
    tie = tell("It may be as few {steps}.", steps=listed([between(funnel, row) for row in close])) if close else ""
    within = tell(" within {days} days of their first event", days=f"{window_days:g}") if window_days else ""
    start, end = funnel["stage"].iloc[place - 1], funnel["stage"].iloc[place]
    share, reached = percent(worst["went_on"]), counted(funnel["customers"].iloc[place - 1], "customer")
    said = (
        tell("Of {customers} who reached {start}, {share} went on to {end}{within} ({likely}).")
        if len(funnel) == 2
        else tell("Fewest customers go on between {start} and {end}: {share}{within} ({likely}; of {customers}).")
    )
    likely = most_likely(bounds(worst["low"], worst["high"]), confidence)
    said = said.format(start=start, end=end, share=share, within=within, likely=likely, customers=reached)
    return f"{said} {tie}".strip()


def describe_hesitation(funnel: pd.DataFrame) -> str:
    """Where customers take longest to go on, in a sentence; empty where the log has no step."""
    if "wait" not in funnel or funnel["wait"].notna().sum() == 0:
        return ""
    known = funnel.reset_index(drop=True)
    known = known[known["wait_hours_median"].notna()]
    if known.empty:
        return tell("Fewer than half go on at every step so far: how long customers hesitate cannot be said.")
    funnel = funnel.reset_index(drop=True)
    order = known["wait_hours_median"].sort_values(ascending=False, kind="stable").index
    longest = known.loc[order[0]]
    close = [row for row in order[1:] if not known.at[row, "wait_hours_median_high"] < longest["wait_hours_median_low"]]
    tie = (
        tell(" Could be as long: {between}.", between=listed([between(funnel, row) for row in close])) if close else ""
    )
    stuck = [between(funnel, row) for row in funnel.index if funnel.at[row, "wait"] == FEW_GO_ON]
    start = (
        tell("Fewer than half go on {stuck} so far; elsewhere customers", stuck=listed(stuck))
        if stuck
        else tell("Customers")
    )
    ends = span(*(lasting(longest[f"wait_hours_median_{end}"]) for end in ("low", "high")))
    ends = f"{ends}; " if ends else ""
    return tell(
        "{start} hesitate longest {between}: half go on within {lasting} ({ends}n\u00a0{n:,}).{tie}",
        start=start,
        between=between(funnel, order[0]),
        lasting=lasting(longest["wait_hours_median"]),
        ends=ends,
        n=funnel["customers"].iloc[order[0] - 1],
        tie=tie,
    )


def span(low: str, high: str) -> str:
    """Both ends of an interval as people say them; empty where neither is known.

    >>> span("3.5 days", "4 days"), span("20 hours", "3 days"), span("3 days", "–"), span("–", "4 days"), span("–", "–")
    ('3.5 to 4 days', '20 hours to 3 days', '3 days or more', 'up to 4 days', '')
    """
    if low == "–":
        return "" if high == "–" else tell("up to {high}", high=high)
    if high == "–":
        return tell("{low} or more", low=low)
    return tell("{low} to {high}", low=low.split()[0] if low.split()[1:] == high.split()[1:] else low, high=high)


def between(funnel: pd.DataFrame, row: int) -> str:
    """The step of the funnel that ends in a row."""
    return tell(
        "between {stage} and {next_stage}", stage=funnel["stage"].iloc[row - 1], next_stage=funnel["stage"].iloc[row]
    )
