"""The pass for what matters: sums of products of ratings and outcome, per stage and block of respondents."""

from dataclasses import dataclass

import narwhals as nw
import numpy as np
import pandas as pd

from cxlib.engine import BLOCKS
from cxlib.study import Study
from cxlib.summaries.answers import find_answers, whole
from cxlib.summaries.protection import hidden_groups

ENOUGH = 30, 10
"""Respondents who rated every touchpoint of a stage, at least, and per touchpoint, for shares of R² to be said."""


@dataclass(frozen=True)
class CrossProducts:
    """One stage: `sums[block, i, j]` is Σ w·v_i·v_j over respondents, with v = (1, each touchpoint's mean experience,
    outcome); `n` respondents rated all of its touchpoints, `answered` any of them.

    With `joint` false too few rated all: every touchpoint has its own respondents, `n_own`, and `sums[block, k]` holds
    the 3 × 3 products of (1, touchpoint k, outcome) instead.
    """

    stage: str
    touchpoints: list[str]
    sums: np.ndarray
    n: int
    answered: int
    joint: bool
    n_own: list[int]


def summarise_drivers(study: Study) -> list[CrossProducts]:
    """The cross-products of every stage (all touchpoints as one stage where there is no map); none without outcome.

    Touchpoints that too few people rated to be shown are left out.
    """
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
    stages = [stage for stage in study.stages if stage in set(places["stage"])] or [None]
    return [stage_products(answers, stage, places) for stage in stages]


def stage_products(answers: nw.LazyFrame, stage: str | None, places: pd.DataFrame) -> CrossProducts:
    """The products of one stage, of those who rated all its touchpoints, or touchpoint by touchpoint."""
    touchpoints = list(places.loc[places["stage"].eq(stage) if stage else places.index.notna(), "touchpoint"])
    names = [f"x{place}" for place in range(len(touchpoints))]
    ratings = {
        name: nw.when(nw.col("touchpoint") == touchpoint).then(nw.col("experienced"))
        for name, touchpoint in zip(names, touchpoints, strict=True)
    }
    people = (
        answers.filter(nw.col("touchpoint").is_in(touchpoints))
        .with_columns(one=nw.lit(1.0), y=nw.col("_outcome"), w=nw.col("weight"), **ratings)
        .group_by("respondent", "_block")
        .agg(nw.col("one", "y", "w", *names).mean())
    )
    there = [~nw.col(name).is_null() for name in names]
    counts = people.select(all=nw.len(), complete=nw.all_horizontal(*there, ignore_nulls=False).sum())
    counts = counts.collect("pandas").to_native().iloc[0]
    least, each = ENOUGH
    joint = whole(counts["complete"]) >= max(least, each * len(names))
    if joint:
        sums, [n] = block_products(people.filter(*there), [["one", *names, "y"]])
        sums = sums[:, 0]
        own = [n] * len(names)
    else:
        sums, own = block_products(people, [["one", name, "y"] for name in names])
    return CrossProducts(
        stage or "", touchpoints, sums, whole(counts["complete"]), whole(counts["all"]), bool(joint), own
    )


def block_products(people: nw.LazyFrame, sets: list[list[str]]) -> tuple[np.ndarray, list[int]]:
    """Σ w·v_i·v_j per block for each set of columns, of the rows that have them all, and how many rows those are."""
    products, counts = {}, {}
    for place, names in enumerate(sets):
        complete = nw.all_horizontal(*(~nw.col(name).is_null() for name in names), ignore_nulls=False)
        counts[f"n{place}"] = complete.cast(nw.Int64)
        for i, left in enumerate(names):
            for j, right in enumerate(names[i:], i):
                value = nw.col("w") * nw.col(left) * nw.col(right)
                products[f"s{place}_{i}_{j}"] = nw.when(complete).then(value)
    summed = people.with_columns(**products, **counts).group_by("_block").agg(nw.col(*products, *counts).sum())
    table = summed.collect("pandas").to_native().sort_values("_block")
    size = len(sets[0])
    sums = np.zeros((BLOCKS, len(sets), size, size))
    for name in products:
        place, i, j = map(int, name[1:].split("_"))
        values = table[name].astype("float64").fillna(0)
        sums[table["_block"], place, i, j] = sums[table["_block"], place, j, i] = values
    return sums, [whole(table[name].sum()) for name in counts]
