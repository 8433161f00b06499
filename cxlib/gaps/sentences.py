"""What a gap table says, in sentences, and what its rows are called."""

import pandas as pd

from cxlib.catalogue import tell
from cxlib.gaps.table import FIGURES, VERDICTS
from cxlib.tables import check_columns
from cxlib.words import counted, listed, most_likely, shortly, signed

NO_PAIRS = (
    "Nobody was asked what they expected, so there is no gap to show. "
    "Columns expected and experienced, or versus_expected, of the ratings switch it on."
)


def describe_gaps(
    gaps: pd.DataFrame, *, confidence: float = 0.95, among: str = "", scale: tuple[float, float] | None = None
) -> str:
    """The headline: where the widest shortfall was measured, and how sure that is.

    `among` says what was compared, where that is not plain ("Of all personas and stages"), `scale` the lowest and the
    highest rating.
    """
    check_columns(gaps, ["n", "gap", "low", "high", "verdict"], name="gaps (from find_gaps)")
    if not (gaps["n"] > 0).any():
        return NO_PAIRS
    short = shortfalls(gaps)
    if short.empty:
        sure = (gaps["verdict"] != "not enough data").any()
        return (
            tell("Nothing falls clearly short of expectation.")
            if sure
            else tell("The answers are too few to name a shortfall.")
        )
    worst, name = short.iloc[0], group_names(short).iloc[0]
    said = (
        tell("{name} falls furthest short of what customers expected: by {points} ({likely}; {people}).")
        if (gaps["n"] > 0).sum() > 1
        else tell("{name} falls short of what customers expected: by {points} ({likely}; {people}).")
    )
    return said.format(
        name=f"{among}, {name}" if among else name[:1].upper() + name[1:],
        points=say_points(-worst["gap"], scale),
        likely=most_likely(
            shortly(tell("{low} to {high}", low=signed(-worst["high"]), high=signed(-worst["low"]))),
            confidence,
        ),
        people=counted(worst["n"], "person", "people"),
    )


def say_points(points: float, scale: tuple[float, float] | None) -> str:
    """A distance in points of the scale.

    >>> say_points(1.46, (1, 7)), say_points(1.46, None)
    ('1.5 points on the scale of 1 to 7', '1.5 points')
    """
    if not scale:
        return tell("{points} points", points=f"{points:.1f}")
    low, high = (f"{end:g}".replace("-", "−") for end in scale)
    return tell("{points} points on the scale of {low} to {high}", points=f"{points:.1f}", low=low, high=high)


def describe_kind(gaps: pd.DataFrame) -> str:
    """What a gap is here, where it is not that of people who rated both sides in one answer."""
    kinds = gaps.loc[gaps["n"] > 0, "paired"].value_counts()
    if "direct" in kinds:
        return tell(
            "The gap is what people said outright: better or worse than expected, from the middle of that scale."
        )
    if "no" not in kinds:
        return ""
    whose = "" if len(kinds) == 1 else tell(" for {touchpoints}", touchpoints=counted(int(kinds["no"]), "touchpoint"))
    return tell(
        "Expectation and experience come from different answers{whose}; their means are compared, not pairs.",
        whose=whose,
    )


def explain_gaps(gaps: pd.DataFrame) -> str:
    """How to read the chart of gaps."""
    if not gaps["paired"].isin(["yes", "no"]).any():
        return tell("Grey band: gaps too small to matter. Lines: how far the gap could be off.")
    dots = tell("Hollow dot: what customers expected. Filled dot: what they experienced.")
    return tell("{dots} Thin line: how far the gap could be off.", dots=dots)


def shortfalls(gaps: pd.DataFrame) -> pd.DataFrame:
    """The rows that fall short, of groups that are known."""
    groups = [column for column in gaps.columns if column not in FIGURES and column != "stage"] or ["stage"]
    known = gaps[groups].notna().all(axis=1) & (
        gaps["stage"].notna() if "stage" in gaps and "label" not in gaps else True
    )
    return gaps[known & (gaps["verdict"] == "shortfall")]


def describe_ties(gaps: pd.DataFrame) -> str:
    """What could be as bad as the widest shortfall: those whose intervals overlap with its interval."""
    short = shortfalls(gaps)
    close = short.iloc[1:][short.iloc[1:]["low"] <= short["high"].iloc[0]] if len(short) else short
    if close.empty:
        if len(short) == 2:
            return tell("The other shortfall is smaller: its likely range does not reach as far.")
        many = tell("The other shortfalls are smaller: none of their likely ranges reaches as far.")
        return many if len(short) > 1 else ""
    return tell("{names} may be just as bad.", names=listed(group_names(close)))


def describe_verdicts(gaps: pd.DataFrame) -> str:
    """How many touchpoints fall short, exceed, meet expectation, and for how many the answers do not suffice."""
    check_columns(gaps, ["n", "verdict"], name="gaps (from find_gaps)")
    if not (gaps["n"] > 0).any():
        return NO_PAIRS
    counts = {verdict: int((gaps["verdict"] == verdict).sum()) for verdict in VERDICTS}
    verbs = {
        "shortfall": (tell("falls short of"), tell("fall short of")),
        "exceeded": (tell("exceeds"), tell("exceed")),
        "met": (tell("meets"), tell("meet")),
    }
    said = [counted(counts[verdict], *words) for verdict, words in verbs.items() if counts[verdict]]
    said = [f"{words} {tell('it' if place else 'expectation')}" for place, words in enumerate(said)]
    unsure = counts["not enough data"]
    doubt = [tell("for {count} there are not enough answers to tell", count=unsure)] if unsure else []
    return tell(
        "Of {gaps}, {verdicts}.",
        gaps=counted(len(gaps), "touchpoint"),
        verdicts="; ".join([*filter(None, [", ".join(said)]), *doubt]),
    )


def list_gaps(gaps: pd.DataFrame) -> str:
    """Every gap with its interval in one line, for those who cannot see the chart."""
    shown = gaps[gaps["n"] > 0]
    return "; ".join(
        tell(
            "{group} {gap} ({low} to {high}, n {n})",
            group=group,
            gap=signed(row.gap),
            low=signed(row.low),
            high=signed(row.high),
            n=row.n,
        )
        for group, row in zip(group_names(shown), shown.itertuples())
    )


def group_names(gaps: pd.DataFrame) -> pd.Series:
    """What people call each row: the label, or the values of its group, such as "Senior in adoption"."""
    if "label" in gaps:
        return gaps["label"].astype("str")
    groups = gaps[[column for column in gaps.columns if column not in FIGURES]]
    blank = {"stage": "not on the map"}
    named = groups.apply(lambda column: column.astype("str").fillna(blank.get(column.name, "not stated")))
    if list(named.columns[:1]) == ["stage"] and named.shape[1] == 2:
        return named.iloc[:, 1] + " in " + named["stage"]
    return named.iloc[:, 0].str.cat(named.iloc[:, 1:], sep=", ")
