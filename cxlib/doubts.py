"""What a careful colleague would ask about answers that can be read and may still mean something else."""

import unicodedata

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.study import Study
from cxlib.tables import STAND_INS
from cxlib.words import counted, listed, percent, signed

SIDES = ("expected", "experienced")
FEW = 10
"""Answers below which nothing is suspected."""

MANY = 300
"""Answers on any touchpoint among which some reach the end of the scale."""

ENDS = (3, 4, 5, 7, 10)
"""Where scales usually end."""

SURE = 0.001
"""Chance below which something is suspected."""

STRAIGHT = 6
"""Answers to different questions, all the same, that make a straight line."""

SPEEDING = 1 / 3
"""Share of the median time below which nobody reads the questions."""

ALPHABETS = ("LATIN", "CYRILLIC", "GREEK")
LOOK_ALIKES = str.maketrans("асеорхуіјѕһԁԛԝαορυνκιτ", "aceopxyijshdqwaopuvkit")
"""Cyrillic and Greek letters, and the Latin ones they look like."""


def find_suspicions(study: Study) -> list[str]:
    """Sentences on reversed questions, mixed scales, questions that do not pair, answers that never vary, people who
    gave one answer to everything or had no time to read, stand-ins for no answer, look-alike names, heavy weights."""
    found = suspect_stand_ins(study)
    if "ratings" in study:
        ranges = summarise_ranges(study)
        found += suspect_scales(study, ranges) + suspect_pairs(ranges) + suspect_constants(ranges)
        found += [doubt for side in SIDES for doubt in suspect_reversed(study, side)]
        found += suspect_straight_lines(study) + suspect_speeding(study)
    return found + suspect_names(study) + suspect_channels(study) + suspect_weights(study)


def key_of(study: Study) -> list[str]:
    """What tells questionnaires apart: the response where there is one, else the person in a wave."""
    return ["response"] if "response" in study.columns.get("ratings", ["response"]) else ["respondent", "wave"]


def to_frame(rows: nw.LazyFrame) -> pd.DataFrame:
    """The rows as pandas."""
    return rows.collect("pandas").to_native()


def summarise_ranges(study: Study) -> pd.DataFrame:
    """Of each touchpoint: how many rated either side and both, and the lowest and highest rating of each side."""
    both = nw.when(~nw.col("expected").is_null()).then(nw.col("experienced"))
    parts = {f"n_{side}": nw.col(side).count() for side in SIDES} | {"n_both": nw.col("both").count()}
    parts |= {f"low_{side}": nw.col(side).min() for side in SIDES}
    parts |= {f"high_{side}": nw.col(side).max() for side in SIDES}
    ratings = study.tables["ratings"].filter(~nw.col("_only_kano")).with_columns(both=both)
    return to_frame(ratings.group_by("touchpoint").agg(**parts)).sort_values("touchpoint", ignore_index=True)


def suspect_stand_ins(study: Study) -> list[str]:
    """Ratings set aside that are numbers often used for no answer."""
    outside = study.quarantined[study.quarantined["reason"].str.contains(" is outside ", regex=False)]
    numbers = pd.to_numeric(outside["value"], errors="coerce")
    counts = numbers[numbers.isin([0, *STAND_INS])].value_counts()
    return [
        tell(
            "{n} of {value:g} set aside: if that stands for no answer, add missing: [{value:g}] to study.yaml.",
            n=counted(n, "rating"),
            value=value,
        )
        for value, n in counts.items()
    ]


def suspect_scales(study: Study, ranges: pd.DataFrame) -> list[str]:
    """Touchpoints whose ratings stop short of the scale's end, where other touchpoints' often do not."""
    doubts = []
    for side in SIDES:
        low, high = study.settings.scales.get(side, (0, 0))
        n, top = ranges[f"n_{side}"].sum(), ranges[f"high_{side}"].max()
        if n >= MANY and top < high and top in ENDS:
            doubts.append(
                tell(
                    "No '{side}' goes above {top:g} (n {n:,}), though its scale is {low:g} to {high:g}: "
                    "is that the scale?",
                    side=side,
                    top=top,
                    n=n,
                    low=low,
                    high=high,
                )
            )
        counts = study.tables["ratings"].filter(~nw.col(side).is_null()).group_by("touchpoint", side).agg(n=nw.len())
        table = to_frame(counts)
        for row in ranges[ranges[f"n_{side}"] >= FEW].itertuples():
            top, n = getattr(row, f"high_{side}"), getattr(row, f"n_{side}")
            others = table[table["touchpoint"] != row.touchpoint]
            above = others.loc[others[side] > top, "n"].sum() / max(others["n"].sum(), 1)
            if above >= 0.1 and (1 - above) ** n < SURE and top in ENDS:
                doubts.append(
                    tell(
                        "{side} of {touchpoint} never goes above {top:g} (n {n:,}), where {above} of the "
                        "other answers do: was it asked on another scale? Then say rescaled: {{{touchpoint}: "
                        "[1, {top:g}]}}.",
                        side=side,
                        touchpoint=row.touchpoint,
                        top=top,
                        n=n,
                        above=percent(above),
                    )
                )
    return doubts


def suspect_pairs(ranges: pd.DataFrame) -> list[str]:
    """Touchpoints asked about on one side only, and answers whose other side is blank."""
    doubts = []
    if not all(ranges[f"n_{side}"].any() for side in SIDES):
        return doubts
    for side, other in (SIDES, SIDES[::-1]):
        alone = ranges[(ranges[f"n_{side}"] > 0) & (ranges[f"n_{other}"] == 0)]
        if len(alone):
            doubts.append(
                tell(
                    "Asked what was {side} and not what was {other}: {touchpoints}.",
                    side=side,
                    other=other,
                    touchpoints=listed(alone["touchpoint"]),
                )
            )
        some = ranges[(ranges[f"n_{other}"] > 0) & (ranges["n_both"] > 0)]
        left = int((some[f"n_{side}"] - some["n_both"]).sum())
        if left:
            doubts.append(
                tell(
                    "{left} of what was {side} without the other side: not in the gaps.",
                    left=counted(left, "answer"),
                    side=side,
                )
            )
    never = ranges[(ranges["n_both"] == 0) & ranges[[f"n_{side}" for side in SIDES]].gt(0).all(axis=1)]
    if len(never):
        doubts.append(
            tell(
                "Both sides asked, but never in one answer; their means are compared: {touchpoints}.",
                touchpoints=listed(never["touchpoint"]),
            )
        )
    return doubts


def suspect_constants(ranges: pd.DataFrame) -> list[str]:
    """Ratings everybody gave alike."""
    return [
        tell(
            "{side} of {touchpoint} is {value:g} for everybody (n {n:,}): no interval.",
            side=side,
            touchpoint=row["touchpoint"],
            value=row[f"low_{side}"],
            n=row[f"n_{side}"],
        )
        for side in SIDES
        for _, row in ranges.iterrows()
        if row[f"n_{side}"] >= FEW and row[f"low_{side}"] == row[f"high_{side}"]
    ]


def suspect_reversed(study: Study, side: str) -> list[str]:
    """Touchpoints whose ratings go down, surely, as those of the rest of the same answers go up (item–rest r < 0)."""
    ratings = (
        study.tables["ratings"].filter(~nw.col(side).is_null()).select(*key_of(study), "touchpoint", x=nw.col(side))
    )
    ratings = ratings.with_columns(nw.col("wave").fill_null("")) if "wave" in key_of(study) else ratings
    totals = ratings.group_by(*key_of(study)).agg(total=nw.col("x").sum(), items=nw.len()).filter(nw.col("items") >= 3)
    rest = (nw.col("total") - nw.col("x")) / (nw.col("items") - 1)
    pairs = ratings.join(totals, on=key_of(study), how="inner").with_columns(y=rest)
    pairs = pairs.with_columns(xx=nw.col("x") ** 2, yy=nw.col("y") ** 2, xy=nw.col("x") * nw.col("y"))
    sums = pairs.group_by("touchpoint").agg(
        n=nw.len(), **{part: nw.col(part).sum() for part in ("x", "y", "xx", "yy", "xy")}
    )
    table = to_frame(sums).sort_values("touchpoint")
    table = table[table["n"] >= FEW]
    spread = np.sqrt((table["n"] * table["xx"] - table["x"] ** 2) * (table["n"] * table["yy"] - table["y"] ** 2))
    r = (table["n"] * table["xy"] - table["x"] * table["y"]) / spread.where(spread > 0)
    highest = np.tanh(np.arctanh(r.clip(-0.999999, 0.999999)) + stats.norm.ppf(1 - SURE) / np.sqrt(table["n"] - 3))
    return [
        tell(
            "{side} of {name} goes down where the same people's other ratings go up (r {r}, "
            "n {n:,}): was it asked the other way round? Then say reversed: {{{side}: [{name}]}}.",
            side=side,
            name=name,
            r=signed(value, 2),
            n=n,
        )
        for name, value, high, n in zip(table["touchpoint"], r, highest, table["n"], strict=True)
        if high < 0
    ]


def suspect_straight_lines(study: Study) -> list[str]:
    """People who gave one and the same rating to everything, and what leaving them out would change."""
    ends = {"low": nw.min_horizontal(*SIDES), "high": nw.max_horizontal(*SIDES)}
    ratings = study.tables["ratings"].with_columns(**ends, gap=nw.col("experienced") - nw.col("expected"))
    people = ratings.group_by(*key_of(study)).agg(
        low=nw.col("low").min(), high=nw.col("high").max(), gap=nw.col("gap").sum(), n=nw.col("gap").count(),
        **{f"n_{side}": nw.col(side).count() for side in SIDES},
    )  # fmt: skip
    enough = nw.col("n_expected") + nw.col("n_experienced") >= STRAIGHT
    people = people.with_columns(straight=(nw.col("low") == nw.col("high")) & enough)
    return suspect_people(study, to_frame(people), "straight", "gave one and the same rating to everything")


def suspect_speeding(study: Study) -> list[str]:
    """People who took less than a third of the median time, and what leaving them out would change."""
    if "respondents.seconds" not in study:
        return []
    times = to_frame(study.tables["respondents"].filter(~nw.col("seconds").is_null()).select("respondent", "seconds"))
    limit = times["seconds"].median() * SPEEDING
    ratings = study.tables["ratings"].with_columns(gap=nw.col("experienced") - nw.col("expected"))
    people = to_frame(ratings.group_by("respondent").agg(gap=nw.col("gap").sum(), n=nw.col("gap").count()))
    fast = set(times.loc[times["seconds"] < limit, "respondent"])
    people = people.assign(fast=people["respondent"].isin(fast))
    return suspect_people(
        study, people, "fast", tell("took less than {limit:.0f} seconds, a third of the median time", limit=limit)
    )


def suspect_people(study: Study, people: pd.DataFrame, flag: str, words: str) -> list[str]:
    """How many questionnaires are flagged, and the mean gap with and without them."""
    flagged = people[people[flag].fillna(False).astype(bool)]
    if flagged.empty:
        return []
    said = tell(
        "{flagged:,} of {people} {words}.",
        flagged=len(flagged),
        people=counted(len(people), "questionnaire"),
        words=words,
    )
    rest = people.drop(index=flagged.index)
    if min(len(flagged), len(rest)) < study.hide_below:  # the difference would tell what they said
        return [said]
    if not people["n"].sum() or not rest["n"].sum():
        return [said]
    with_all, without = (table["gap"].sum() / table["n"].sum() for table in (people, rest))
    return [
        tell(
            "{said} Without them the mean gap would be {without} instead of {with_all}.",
            said=said,
            without=signed(without, 2),
            with_all=signed(with_all, 2),
        )
    ]


def suspect_names(study: Study) -> list[str]:
    """Names in which alphabets mix, so that two that look alike may differ."""
    columns = [("ratings", "touchpoint"), ("ratings", "channel"), ("touchpoints", "touchpoint")]
    columns += [("respondents", "persona")]
    names = {name for table, column in columns for name in study.values(table, column)}
    mixed = sorted(name for name in names if any(len(alphabets(word)) > 1 for word in name.split()))
    doubts = (
        [tell("Letters of different alphabets in one word, which may only look alike: {names}.", names=listed(mixed))]
        if mixed
        else []
    )
    alike: dict[str, list[str]] = {}
    for name in sorted(names):
        alike.setdefault(" ".join(name.casefold().translate(LOOK_ALIKES).split()), []).append(name)
    twins = [" and ".join(map(repr, same)) for same in alike.values() if len(same) > 1]
    return doubts + [tell("Names that look alike and are not the same: {names}.", names=pair) for pair in twins]


def alphabets(word: str) -> set[str]:
    """The alphabets a word's letters are of.

    >>> sorted(alphabets("\\u0441heckout")), alphabets("checkout")
    (['CYRILLIC', 'LATIN'], {'LATIN'})
    """
    return {name for letter in word for name in ALPHABETS if unicodedata.name(letter, "").startswith(name)}


def suspect_channels(study: Study) -> list[str]:
    """Channels that answers or events name and the map does not."""
    offered = {
        channel.strip() for channels in study.touchpoints["channels"].dropna() for channel in channels.split("|")
    }
    found = {*study.values("ratings", "channel"), *study.values("events", "channel")}
    strangers = sorted(found - offered) if offered else []
    return [tell("Channels that are not on the map: {names}.", names=listed(strangers))] if strangers else []


def suspect_weights(study: Study) -> list[str]:
    """Weights that let a few people speak for many."""
    if "respondents.weight" not in study:
        return []
    weights = to_frame(study.tables["respondents"].select("weight"))["weight"].dropna()
    weights = weights[weights > 0]
    if weights.empty or weights.max() <= 20 * weights.median():
        return []
    return [
        tell(
            "The heaviest weight is {times:,.0f} times the median one: trim it, or say why.",
            times=weights.max() / weights.median(),
        )
    ]
