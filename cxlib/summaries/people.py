"""The passes over people: what they say of the whole, and which personas they are."""

import dataclasses

import narwhals as nw
import pandas as pd

from cxlib.study import Study
from cxlib.summaries.answers import find_answers, joined_answers, rated_values, waves_so_far
from cxlib.summaries.expectations import level_values
from cxlib.summaries.protection import Decision, decide_values, hidden_groups, show_groups
from cxlib.summaries.ratings import experience_values, promoter_values
from cxlib.summaries.sums import group_means, place_on_map
from cxlib.view import listed_once, view_filters


def summarise_people(study: Study, *, by: str = "wave") -> pd.DataFrame:
    """Per group of respondents, n, mean, se and effective n of each outcome they gave (`overall`, `recommend`, …).

    `recommend` on 0 to 10 becomes `nps`, `promoters` and `detractors`. Empty where respondents have no outcome.
    """
    people = find_people(study, all_waves=by == "wave")
    values = outcome_values(study)
    if not values:
        return pd.DataFrame({by: []}, dtype="str")
    everybody = find_people(study, all_waves=True)
    table = show_groups(study, group_means(people, [by], values), [by], values, people=everybody)
    return place_on_map(study, table, [by])


def outcome_values(study: Study) -> dict[str, nw.Expr]:
    """What people say of the whole: every column of respondents with a scale; `recommend` on 0 to 10 as NPS."""
    scales, columns = study.settings.scales, study.tables["respondents"].collect_schema().names()
    values = {outcome: nw.col(outcome) for outcome in columns if outcome in scales and outcome != "recommend"}
    if "recommend" in columns:
        nps = scales["recommend"] == (0, 10)
        values |= promoter_values(nw.col("recommend")) if nps else {"recommend": nw.col("recommend")}
    return values


def decide_groups(study: Study, before: dict[str, dict] | None = None) -> dict[str, Decision]:
    """Which groups a report of the study shows, of every value, beside the report before."""
    if not study.hide_below or "ratings" not in study:
        return {}
    before, rated = before or {}, rated_values(study)
    both_sides = {name: value for name, value in rated.items() if name != "paired"}
    decisions = decide_values(study, both_sides, before, {})
    for name, value in (experience_values(study) | level_values() | {"importance": nw.col("importance")}).items():
        if name not in rated:
            decisions |= decide_values(study, {name: value}, before, decisions)
    if "respondents" in study:
        people = find_people(study, all_waves=True)
        for name, value in outcome_values(study).items():
            decisions |= decide_values(study, {name: value}, before, decisions, people=people)
        everybody = all_personas(study)
        people = find_people(everybody, all_waves=True)
        decisions |= decide_values(everybody, {"person": nw.col("persona")}, before, {}, people=people)
    return decisions


def summarise_personas(study: Study) -> pd.DataFrame:
    """The share of each persona among those who answered and whose persona is known: n, share, se, n_effective (Kish).

    Of all personas, whichever are looked at: a share of some of them says nothing of the mix. Small ones are left out.
    """
    everybody = all_personas(study)
    people = find_people(everybody).filter(~nw.col("persona").is_null()).with_columns(everybody=nw.lit("all"))
    known = find_people(everybody, all_waves=True)
    small = hidden_groups(everybody, "person", nw.col("persona"), ["persona"], people=known)
    names = list(dict.fromkeys([*study.small("personas")["persona"], *study.values("respondents", "persona")]))
    shares = {f"p{place}": (nw.col("persona") == name).cast(nw.Float64) for place, name in enumerate(names)}
    table = group_means(people, ["everybody"], shares) if names else pd.DataFrame()
    rows = [
        dict(persona=name, n=table[f"n_p{place}"].iloc[0], share=table[f"mean_p{place}"].iloc[0])
        | dict(se=table[f"se_p{place}"].iloc[0], n_effective=table[f"n_effective_p{place}"].iloc[0])
        for place, name in enumerate(names if len(table) else [])
        if (name,) not in small
    ]
    figures = {"n": "int64", "share": "float64", "se": "float64", "n_effective": "float64"}
    return pd.DataFrame(rows, columns=["persona", *figures]).astype({"persona": "str"} | figures)


def all_personas(study: Study) -> Study:
    """The same study, whichever personas are looked at."""
    return dataclasses.replace(study, view=dataclasses.replace(study.view, personas=[]))


def find_people(study: Study, *, all_waves: bool = False) -> nw.LazyFrame:
    """The respondents who gave the answers the view looks at, one row a person in a wave, with their weight.

    With `all_waves`, those of the waves before too. Where nobody was asked about touchpoints, all respondents.
    """
    people = study.tables["respondents"]
    if "ratings" in study:
        answers = find_answers(study)
        if all_waves and study.waves:
            answers = joined_answers(study).filter(nw.col("wave").is_in(waves_so_far(study)))
        answered = answers.select("respondent", "wave").unique()
        once = listed_once(study)
        people = people.drop("wave") if once else people
        people = people.join(answered, on=["respondent"] if once else ["respondent", "wave"], how="inner")
    else:
        for column, values in view_filters(study):
            people = people.filter(nw.col(column).is_in(values)) if column in study.segments else people
    return people.with_columns(weight=nw.coalesce(nw.col("weight"), nw.lit(1.0))).filter(nw.col("weight") != 0)
