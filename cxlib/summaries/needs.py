"""The passes for needs: what each persona expects of each touchpoint, and the answers of a sample of respondents."""

import dataclasses

import narwhals as nw
import numpy as np
import pandas as pd

from cxlib.study import Study
from cxlib.summaries.answers import find_answers, whole
from cxlib.summaries.protection import OTHERS, hidden_groups, show_groups
from cxlib.summaries.sums import add_up, means_of, place_on_map, respondent_sums, stated

KEYS = ["touchpoint", "persona"]
MOSTLY = 0.5
"""A touchpoint is of the sample where this share of the respondents rated it, a respondent where they rated this share
of those touchpoints."""


def summarise_needs(study: Study, *, value: str = "expected") -> pd.DataFrame:
    """Per touchpoint and persona: n, mean, se and effective n of what was `expected`, or of its `importance`.

    In scale points, with `modal`, `skewness` and the `width` of the scale for `guard_rare_failures`; small groups are
    left out (`show_groups`). Empty where nobody was asked, or no persona is known.
    """
    answers = find_answers(study).filter(~nw.col("persona").is_null())
    people = respondent_sums(answers, KEYS, {"gap": nw.col(value)})
    sums = stated(add_up(people, KEYS, ["gap"], spread=True), KEYS)
    table = means_of(sums, KEYS, ["gap"]).assign(modal_gap=sums["modal"], skewness_gap=sums["skewness"])
    table = table.rename(columns=lambda column: column.replace("_gap", f"_{value}"))
    table = show_groups(study, table, KEYS, {value: nw.col(value)})
    low, high = study.settings.scales.get(value, (np.nan, np.nan))
    return place_on_map(study, table[table[f"n_{value}"] > 0].assign(width=float(high - low)), KEYS)


def sample_answers(study: Study, *, value: str = "expected", most: int = 3000) -> pd.DataFrame:
    """The answers of at most `most` respondents of one wave: `persona`, and a column per touchpoint in scale points.

    Those whose id has the lowest hash (`_block`, then the id): the same on every machine. Touchpoints that half of the
    respondents rated, in the order of the map, and respondents who rated half of those; the mean where somebody rated
    one more than once, blank where they did not. Small personas are put together as "others", and left out where they
    are few even so. No id is in it.
    """
    if study.view.wave == "all":
        study = dataclasses.replace(study, view=dataclasses.replace(study.view, wave="latest"))
    given = find_answers(study).filter(~nw.col(value).is_null())
    names = rated_by_most(study, given, value)
    given = given.filter(nw.col("touchpoint").is_in(names))
    one = ["_block", "respondent"]
    people = given.group_by(one).agg(rated=nw.col("touchpoint").n_unique(), persona=nw.col("persona").min())
    people = people.filter(nw.col("rated") >= MOSTLY * len(names)).sort(*one).head(most)
    rows = given.group_by("respondent", "touchpoint").agg(nw.col(value).mean())
    rows = rows.join(people, on="respondent", how="inner").collect("pandas").to_native()
    table = rows.pivot(index=one, columns="touchpoint", values=value).sort_index().reindex(columns=names)
    persona = rows.drop_duplicates(one).set_index(one)["persona"].reindex(table.index).astype("str")
    small = [name for (name,) in hidden_groups(study, value, nw.col(value), ["persona"])]
    table = table.astype("float64").assign(persona=pool_small(persona, small, study.hide_below)).reset_index(drop=True)
    table = table.loc[table.groupby("persona", dropna=False)["persona"].transform("size") >= study.hide_below]
    table = table[["persona", *names]].reset_index(drop=True)
    places = study.touchpoints.set_index("touchpoint")["label"].dropna()
    labels = places if places.is_unique and "persona" not in set(places) else {}
    return table.rename(columns=dict(labels)).rename_axis(columns=None)


def pool_small(persona: pd.Series, small: list[str], least: int) -> pd.Series:
    """The personas with those of `small`, and those of fewer than `least` people, together as "others"."""
    few = persona.map(persona.value_counts()) < least
    return persona.mask(persona.isin(small) | few, OTHERS)


def rated_by_most(study: Study, given: nw.LazyFrame, value: str) -> list[str]:
    """The touchpoints that at least half of the respondents rated, in the order of the map."""
    everybody = given.select(people=nw.col("respondent").n_unique()).collect("pandas").to_native()
    least = max(MOSTLY * whole(everybody["people"].iloc[0]), study.hide_below)
    counts = given.group_by("touchpoint").agg(people=nw.col("respondent").n_unique()).collect("pandas").to_native()
    small = [name for (name,) in hidden_groups(study, value, nw.col(value), ["touchpoint"])]
    found = counts[(counts["people"] >= least) & ~counts["touchpoint"].isin(small)]
    return place_on_map(study, found, ["touchpoint"])["touchpoint"].tolist()
