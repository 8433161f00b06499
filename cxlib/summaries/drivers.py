"""The pass for what matters: sums of products of ratings and outcome, per stage and block of respondents."""

from collections.abc import Callable
from dataclasses import dataclass, field

import narwhals as nw
import numpy as np
import pandas as pd

from cxlib.engine import BLOCKS
from cxlib.study import Study
from cxlib.summaries.answers import find_answers, whole
from cxlib.summaries.protection import hidden_groups, show_groups
from cxlib.summaries.sums import group_means, place_on_map

ENOUGH = 30, 10
"""Respondents who rated every touchpoint of a stage, at least, and per touchpoint, for shares of R² to be said."""


@dataclass(frozen=True)
class CrossProducts:
    """One stage: `sums[block, i, j]` is Σ w·v_i·v_j over respondents, with v = (1, each touchpoint's mean experience,
    outcome); `n` respondents rated all of its touchpoints, `answered` any of them.

    With `joint` false too few rated all: every touchpoint has its own respondents, `n_own`, and `sums[block, k]` holds
    the 3 × 3 products of (1, touchpoint k, outcome) instead. `n_effective` is Kish's of `n_own`.

    From `summarise_extremes` each touchpoint has two places in v, whether its experience was low and whether it was
    high, and `extremes` says how many people either is; 0 where one of low, between and high is too few.
    """

    stage: str
    touchpoints: list[str]
    sums: np.ndarray
    n: int
    answered: int
    joint: bool
    n_own: list[int]
    n_effective: list[float] = field(default_factory=list)
    extremes: list[tuple[int, int]] = field(default_factory=list)


def summarise_drivers(study: Study) -> list[CrossProducts]:
    """The cross-products of every stage (of those that are in none, together); none without outcome.

    Touchpoints that too few people rated to be shown are left out.
    """
    return list_products(study, {"x": nw.col})


def summarise_extremes(study: Study, *, low: float = 0.34, high: float = 0.75) -> list[CrossProducts]:
    """`summarise_drivers` of whether a respondent's mean experience was low, and whether it was high.

    Low is at or below the part `low` of the scale's range, high at or above `high`.
    """
    if not study.scale:
        return []
    least, most = study.scale
    below, above = (least + cut * (most - least) for cut in (low, high))

    def told(name: str, holds: nw.Expr) -> nw.Expr:
        return nw.when(~nw.col(name).is_null()).then(holds.cast(nw.Float64))

    ends = {
        "low": lambda name: told(name, nw.col(name) <= below + 1e-9),
        "high": lambda name: told(name, nw.col(name) >= above - 1e-9),
    }
    return list_products(study, ends)


def summarise_stated(study: Study) -> pd.DataFrame:
    """How important people say each touchpoint is: n, mean, se and effective n of the ratings' `importance`.

    In scale points, in the order of the map; empty where nobody was asked.
    """
    values = {"importance": nw.col("importance")}
    if "ratings.importance" not in study:
        columns = ["touchpoint", *(f"{part}_importance" for part in ("n", "mean", "se", "n_effective"))]
        return pd.DataFrame(columns=[*columns, "label", "stage"])
    table = group_means(find_answers(study), ["touchpoint"], values)
    return place_on_map(study, show_groups(study, table, ["touchpoint"], values), ["touchpoint"])


def list_products(study: Study, parts: dict[str, Callable[[str], nw.Expr]]) -> list[CrossProducts]:
    """The cross-products of every stage, of `parts` of each touchpoint's mean experience."""
    if not study.settings.outcome or f"respondents.{study.settings.outcome}" not in study:
        return []
    answers = find_answers(study).filter(~nw.col("experienced").is_null(), ~nw.col("_outcome").is_null())
    people = nw.col("respondent").n_unique().alias("people")
    places = answers.group_by("touchpoint", "stage").agg(people).collect("pandas").to_native()
    places = places[places["people"] >= study.hide_below]
    order = {touchpoint: place for place, touchpoint in enumerate(study.touchpoints["touchpoint"])}
    small = hidden_groups(study, "experienced", nw.col("experienced"), ["touchpoint"])
    places = places[~places["touchpoint"].isin([name for (name,) in small])]
    places = places.sort_values("touchpoint").sort_values(
        "touchpoint", kind="stable", key=lambda column: column.map(order).fillna(len(order))
    )
    if places.empty:
        return []
    stages = [stage for stage in study.stages if stage in set(places["stage"])]
    stages += [None] if places["stage"].isna().any() else []
    least = max(study.hide_below, ENOUGH[1])
    return [stage_products(answers, stage, places, parts, least) for stage in stages]


def stage_products(
    answers: nw.LazyFrame, stage: str | None, places: pd.DataFrame, parts: dict[str, Callable], least: int
) -> CrossProducts:
    """The products of one stage, of those who rated all its touchpoints, or touchpoint by touchpoint."""
    touchpoints = list(places.loc[places["stage"].eq(stage) if stage else places["stage"].isna(), "touchpoint"])
    ratings = {
        f"_{place}": nw.when(nw.col("touchpoint") == touchpoint).then(nw.col("experienced"))
        for place, touchpoint in enumerate(touchpoints)
    }
    sets = [[f"{part}{name}" for part in parts] for name in ratings]
    names = [name for one in sets for name in one]
    people = (
        answers.filter(nw.col("touchpoint").is_in(touchpoints))
        .with_columns(one=nw.lit(1.0), y=nw.col("_outcome"), w=nw.col("weight"), **ratings)
        .group_by("respondent", "_block")
        .agg(nw.col("one", "y", "w", *ratings).mean())
        .with_columns(**{f"{part}{name}": value(name) for name in ratings for part, value in parts.items()})
    )
    complete = nw.all_horizontal(*(~nw.col(name).is_null() for name in ratings), ignore_nulls=False)
    whole_rows = {f"{name}_whole": nw.when(complete).then(nw.col(name)).sum() for name in names}
    counts = people.select(nw.col(*names).sum(), all=nw.len(), complete=complete.sum(), **whole_rows)
    counts = counts.collect("pandas").to_native().iloc[0]
    n = whole(counts["complete"])
    joint = n >= max(ENOUGH[0], ENOUGH[1] * len(names))
    if len(parts) > 1:
        joint &= any(map(min, count_extremes(counts, sets, "_whole", [n] * len(sets), least)))
    if joint:
        sums, own, worth = block_products(people.filter(complete), [["one", *names, "y"]])
        sums, own, worth = sums[:, 0], own * len(sets), worth * len(sets)
    else:
        sums, own, worth = block_products(people, [["one", *one, "y"] for one in sets])
    extremes = count_extremes(counts, sets, "_whole" if joint else "", own, least) if len(parts) > 1 else []
    return CrossProducts(stage or "", touchpoints, sums, n, whole(counts["all"]), bool(joint), own, worth, extremes)


def count_extremes(
    counts: pd.Series, sets: list[list[str]], rows: str, own: list[int], least: int
) -> list[tuple[int, int]]:
    """How many people rated each touchpoint low and high; 0 where low, between or high are fewer than `least`."""
    found = []
    for (low, high), n in zip(sets, own, strict=True):
        ends = whole(counts[low + rows]), whole(counts[high + rows])
        found.append(ends if min(*ends, n - sum(ends)) >= least else (0, 0))
    return found


def block_products(people: nw.LazyFrame, sets: list[list[str]]) -> tuple[np.ndarray, list[int], list[float]]:
    """Σ w·v_i·v_j per block for each set of columns, of the rows that have them all; how many those are; Kish's n."""
    products, counts, squares = {}, {}, {}
    for place, names in enumerate(sets):
        complete = nw.all_horizontal(*(~nw.col(name).is_null() for name in names), ignore_nulls=False)
        counts[f"n{place}"] = complete.cast(nw.Int64)
        squares[f"q{place}"] = nw.when(complete).then(nw.col("w") * nw.col("w"))
        for i, left in enumerate(names):
            for j, right in enumerate(names[i:], i):
                value = nw.col("w") * nw.col(left) * nw.col(right)
                products[f"s{place}_{i}_{j}"] = nw.when(complete).then(value)
    every = [*products, *counts, *squares]
    summed = people.with_columns(**products, **counts, **squares).group_by("_block").agg(nw.col(*every).sum())
    table = summed.collect("pandas").to_native().sort_values("_block")
    size = len(sets[0])
    sums = np.zeros((BLOCKS, len(sets), size, size))
    for name in products:
        place, i, j = map(int, name[1:].split("_"))
        values = table[name].astype("float64").fillna(0)
        sums[table["_block"], place, i, j] = sums[table["_block"], place, j, i] = values
    weight, square = sums[:, :, 0, 0].sum(axis=0), [float(table[name].sum()) for name in squares]
    worth = [float(w**2 / q) if q > 0 else 0.0 for w, q in zip(weight, square)]
    return sums, [whole(table[name].sum()) for name in counts], worth
