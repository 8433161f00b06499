"""Moments of truth: which touchpoints surely matter more than most, and which way they cut."""

import pandas as pd

from cxlib.catalogue import tell
from cxlib.moments.importance import NO_VERDICT
from cxlib.tables import check_columns
from cxlib.words import counted, listed

MOMENTS = ("negative", "positive", "in balance", "not sure which way")
STABLE = 0.95
"""In so many of the resamples a moment of truth is above an even share."""


def find_moments(gaps: pd.DataFrame, importance: pd.DataFrame, reach: pd.DataFrame) -> pd.DataFrame:
    """Moments of truth: touchpoints that surely matter more than most, and which way they cut.

    `gaps` comes from `find_gaps`, `importance` from `find_importance`, `reach` from `find_reach`. A touchpoint is a
    moment of truth where it surely outweighs a random variable (`above_random` above 0) and the whole interval of its
    importance, and its weight in 95 % of the resamples (`stability`), lie above an even share, the mean importance of
    all touchpoints measured the same way. `moment` says which way: *negative* (its gap is a sure shortfall), *positive*
    (surely exceeded), *in balance* (met) or *not sure which way*; empty where it is none.
    """
    check_columns(gaps, ["touchpoint", "label", "gap", "low", "high", "se", "verdict"], name="gaps (from find_gaps)")
    table = reach.merge(importance.drop(columns="stage"), on="touchpoint", how="left", validate="one_to_one")
    table = table.merge(
        gaps[["touchpoint", "n", "expected", "experienced", "gap", "low", "high", "se", "verdict"]],
        on="touchpoint", how="left", validate="one_to_one",
    )  # fmt: skip
    numbers = ["importance", "importance_low", "above_random", "stability"]
    table[numbers] = table[numbers].astype("float64")
    even = table.groupby("importance_is")["importance"].transform("mean")
    stands_out = (table["importance_low"] > even) & (table["above_random"] > 0) & (table["stability"] >= STABLE)
    way = table["verdict"].map({"shortfall": "negative", "exceeded": "positive", "met": "in balance"})
    table["moment"] = way.fillna("not sure which way").where(stands_out, "")
    first = ["stage", "touchpoint", "label", "importance", "importance_low", "importance_high", "reach", "reach_low"]
    first += ["reach_high", "gap", "low", "high", "moment"]
    return table[[*first, *(column for column in table if column not in first)]]


def describe_map(moments: pd.DataFrame) -> str:
    """How many touchpoints the journey has, and how many fall short, in a sentence."""
    stages = moments["stage"].nunique()
    where = counted(len(moments), "touchpoint") + (
        tell(" in {stages}", stages=counted(stages, "stage")) if stages else ""
    )
    short = int((moments["verdict"] == "shortfall").sum())
    if moments["gap"].isna().all():
        return tell("The journey has {touchpoints}.", touchpoints=where)
    one = tell("The journey has {touchpoints}; 1 falls short of what customers expected.")
    many = tell("The journey has {touchpoints}; {count} fall short of what customers expected.")
    said, unknown = (one if short == 1 else many), int(moments["gap"].isna().sum())
    more = tell(" Nobody, or too few, rated {count} of them.", count=unknown) if unknown else ""
    return said.format(touchpoints=where, count=short or tell("none")) + more


def list_stages(moments: pd.DataFrame) -> str:
    """The touchpoints of each stage in one line, for those who cannot see the map."""
    stages = moments.groupby(moments["stage"].fillna("not on the map"), sort=False)["label"]
    return "; ".join(f"{stage}: {', '.join(labels)}" for stage, labels in stages)


def rank_moments(moments: pd.DataFrame) -> pd.DataFrame:
    """Moments of truth first, the most important on top; what could not be measured last."""
    order = moments.assign(none=moments["moment"].eq("")).sort_values(
        ["none", "importance"], ascending=[True, False], kind="stable", na_position="last"
    )
    return order.drop(columns="none").reset_index(drop=True)


def describe_moments(moments: pd.DataFrame, *, outcome: str) -> str:
    """Which touchpoints are moments of truth, and which way they cut, in a sentence."""
    if moments["importance"].isna().all():
        return (
            NO_VERDICT
            if not outcome
            else tell(
                "What matters cannot be told: too few people gave both ratings and {outcome}, or all gave the same.",
                outcome=outcome,
            )
        )
    found = rank_moments(moments[moments["moment"] != ""])
    if found.empty:
        return tell("No touchpoint surely matters more for {outcome} than the others do.", outcome=outcome)
    one, many = (
        tell("{names} is a moment of truth: it weighs more than others in how customers judge the whole journey "
             "(“{outcome}”)."),
        tell("{names} are moments of truth: they weigh more than others in how customers judge the whole journey "
             "(“{outcome}”)."),
    )  # fmt: skip
    said = (one if len(found) == 1 else many).format(names=listed(found["label"]), outcome=outcome)
    return " ".join(filter(None, [said, *describe_ways(found)]))


def describe_ways(found: pd.DataFrame) -> list[str]:
    """Which way moments of truth cut, a sentence a way; nothing where that is sure of none."""
    ways = {
        "negative": (tell("It falls short of expectation."), tell("All of them fall short of expectation."),
                     tell("Falling short: {names}.")),
        "positive": (tell("It exceeds expectation."), tell("All of them exceed expectation."),
                     tell("Better than expected: {names}.")),
        "in balance": (tell("It meets expectation."), tell("All of them meet expectation."),
                       tell("As expected: {names}.")),
        "not sure which way": ("", "", tell("Not sure which way: {names}.")),
    }  # fmt: skip
    there = [way for way in MOMENTS if (found["moment"] == way).any()]
    if len(there) == 1:
        return [ways[there[0]][0 if len(found) == 1 else 1]]
    return [ways[way][2].format(names=listed(found.loc[found["moment"] == way, "label"])) for way in there]
