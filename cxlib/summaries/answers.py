"""Whose answers are looked at: ratings with the map and the respondents joined, and the view's part of them kept."""

import dataclasses

import narwhals as nw
import pandas as pd

from cxlib.catalogue import tell
from cxlib.study import Study
from cxlib.tables import StudyError, nearest
from cxlib.view import (
    KANO,
    day_ends,
    describe_view,
    listed_once,
    parse_day,
    view_filters,
    with_waves,
)
from cxlib.words import counted, in_words


def summarise_study(study: Study) -> dict:
    """Who was asked: respondents, answers, the first and last day, the wave, and whether weights were used.

    `all_answers` counts those of the whole study, `no_wave` those that lie in none of its waves.
    """
    found = find_answers(study).select(
        respondents=nw.col("respondent").n_unique(),
        answers=nw.len(),
        touchpoints=nw.col("touchpoint").n_unique(),
        first=nw.col("answered_at").min(),
        last=nw.col("answered_at").max(),
        lightest=nw.col("weight").min(),
        heaviest=nw.col("weight").max(),
    )
    row = found.collect("pandas").to_native().iloc[0].to_dict()
    if not whole(row["answers"]) and "ratings" in study:
        raise StudyError(f"No answer is left: {describe_view(study)}. Ask for more of the study.", code=2)
    days = {end: None if pd.isna(row[end]) else local_day(study, row[end]) for end in ("first", "last")}
    counts = {count: whole(row[count]) for count in ("respondents", "answers", "touchpoints")}
    blank = joined_answers(study).select(blank=nw.col("wave").is_null().sum()).collect("pandas").to_native()
    no_wave = whole(blank["blank"].iloc[0]) if study.settings.waves else 0
    everybody = study.tables["ratings"].filter(~nw.col("_only_kano")).select(all=nw.len()).collect("pandas").to_native()
    weighted = bool(counts["answers"] and row["lightest"] < row["heaviest"])
    counts |= {"no_wave": no_wave, "all_answers": whole(everybody["all"].iloc[0])}
    return counts | days | {"wave": chosen_wave(study), "weighted": weighted}


def years_of_answers(study: Study) -> list[str]:
    """The years in which the answers looked at were given; none where they are not dated."""
    if "ratings" not in study:
        return []
    facts = summarise_study(study)
    if not facts["first"]:
        return sorted({str(day.year) for wave, day in study.settings.waves.items() if facts["wave"] in (wave, "all")})
    return [str(year) for year in range(int(facts["first"][:4]), int(facts["last"][:4]) + 1)]


def as_direct(study: Study) -> Study:
    """The same study, its gaps those that people said outright, although both sides were rated."""
    blank = study.tables["ratings"].with_columns(expected=nw.lit(None, nw.Float64))
    return dataclasses.replace(study, tables=study.tables | {"ratings": blank}, given={}, memo={})


def whole(count: float | None) -> int:
    """A count; an engine has none, not 0, where there are no rows."""
    return 0 if pd.isna(count) else int(count)


def local_day(study: Study, moment: pd.Timestamp) -> str:
    """The day, where the study was made, of a moment in UTC."""
    return moment.tz_localize("UTC").tz_convert(study.settings.clock).date().isoformat()


def describe_study(study: Study) -> str:
    """Who was asked, when, in a sentence."""
    if "ratings" not in study:
        return tell("Nobody was asked: the study has no ratings.")
    facts = summarise_study(study)
    first, last = (facts[end] and in_words(facts[end]) for end in ("first", "last"))
    days = "" if not first else tell(", {first} to {last}", first=first, last=last) if first != last else f", {first}"
    wave = tell(", in wave {wave}", wave=facts["wave"]) if facts["wave"] != "all" else ""
    counts = dict(people=counted(facts["respondents"], "person", "people"), answers=counted(facts["answers"], "answer"))
    told = [
        tell("{people} gave {answers} on {touchpoints}{days}{wave}.", **counts, days=days, wave=wave,
             touchpoints=counted(facts["touchpoints"], "touchpoint"))
    ]  # fmt: skip
    if facts["answers"] < facts["all_answers"]:
        told.append(tell("The whole study holds {answers} answers.", answers=f"{facts['all_answers']:,}"))
    if facts["weighted"]:
        told.append(
            tell("Some people count more than others: {file} gives the weights.", file=study.source("respondents"))
        )
    if facts["no_wave"]:
        told.append(
            tell(
                "In none of the waves of study.yaml: {no_wave}; check dates and last days.",
                no_wave=counted(facts["no_wave"], "answer"),
            )
        )
    return " ".join(told)


def find_answers(study: Study) -> nw.LazyFrame:
    """The answers the view looks at, one row an answer, with stage, persona, weight and segments beside it."""
    return in_wave(study, joined_answers(study))


def kano_answers(study: Study) -> nw.LazyFrame:
    """The answers to Kano questions the view looks at, beside them the same as in `find_answers`."""
    return in_wave(study, answers_to_kano(study))


def answers_to_kano(study: Study) -> nw.LazyFrame:
    """The answers to Kano questions in all waves; features that are no touchpoint belong to every stage."""
    everywhere = dataclasses.replace(study, view=dataclasses.replace(study.view, stages=[], touchpoints=[]))
    given = [~nw.col(side).is_null() for side in KANO]
    answers = all_answers(everywhere).filter(nw.any_horizontal(*given, ignore_nulls=False))
    if not (study.view.stages or study.view.touchpoints):
        return answers
    off_map = ~nw.col("touchpoint").is_in(list(study.touchpoints["touchpoint"]))
    return answers.filter(off_map | nw.col("touchpoint").is_in(list(study.places["touchpoint"])))


def in_wave(study: Study, answers: nw.LazyFrame) -> nw.LazyFrame:
    """Those of the wave looked at."""
    wave = chosen_wave(study)
    return answers if wave == "all" else answers.filter(nw.col("wave") == wave)


def joined_answers(study: Study) -> nw.LazyFrame:
    """Ratings of all waves with the map and the respondents joined, and the view's stages, personas, … kept.

    Answers to Kano questions alone are none: their features need be no touchpoints.
    """
    return all_answers(study).filter(~nw.col("_only_kano"))


def all_answers(study: Study) -> nw.LazyFrame:
    """`joined_answers`, and the answers to Kano questions alone."""
    places = study.tables["touchpoints"].select("touchpoint", "stage", "dimension")
    answers = up_to(study, study.tables["ratings"], "answered_at").join(places, on="touchpoint", how="left")
    answers = with_waves(study, join_people(study, answers)).filter(nw.col("weight") != 0)
    for column, values in view_filters(study):
        answers = answers.filter(nw.col(column).is_in(values))
    return answers


def up_to(study: Study, table: nw.LazyFrame, time: str) -> nw.LazyFrame:
    """The rows up to the day the view looks back from, by the column `time`."""
    if not study.view.as_of:
        return table
    return table.filter(nw.col(time) < nw.lit(day_ends(study.settings.clock, parse_day(study.view.as_of))))


def join_people(study: Study, answers: nw.LazyFrame) -> nw.LazyFrame:
    """Persona, weight, outcome, segments and, where the answers have none, wave of the respondent.

    Respondents who are listed once are joined by their id; those listed once a wave, by id and wave.
    """
    if "respondents" not in study:
        return answers.with_columns(
            persona=nw.lit(None, nw.String), weight=nw.lit(1.0), _outcome=nw.lit(None, nw.Float64)
        )
    outcome = nw.col(study.settings.outcome) if study.settings.outcome else nw.lit(None, nw.Float64)
    people = study.tables["respondents"].with_columns(_outcome=outcome)
    segments = [column for column in study.segments if column != "wave"]
    if listed_once(study):
        people = people.select("respondent", "weight", "_outcome", *segments, _own_wave=nw.col("wave"))
        joined = answers.join(people, on="respondent", how="left")
        joined = joined.with_columns(wave=nw.coalesce(nw.col("wave"), nw.col("_own_wave"))).drop("_own_wave")
    else:
        people = people.select("respondent", "wave", "weight", "_outcome", *segments)
        joined = with_waves(study, answers).join(people, on=["respondent", "wave"], how="left")
    return joined.with_columns(weight=nw.coalesce(nw.col("weight"), nw.lit(1.0)))


def answered_waves(study: Study) -> list[str]:
    """The waves in order that have answers."""
    if not study.waves:
        return []
    known = ("waves", repr(study.view))
    if known not in study.memo:
        found = joined_answers(study).select("wave").unique().collect("pandas").to_native()["wave"]
        study.memo[known] = [wave for wave in study.waves if wave in set(found.dropna())]
    return list(study.memo[known])


def chosen_wave(study: Study) -> str:
    """The wave looked at: the one named, or the latest that has answers; "all" where there are no waves."""
    return study.view.wave if study.view.wave != "latest" else (["all"] + answered_waves(study))[-1]


def waves_so_far(study: Study) -> list[str]:
    """The waves that have answers, up to the one looked at."""
    waves, wave = answered_waves(study), chosen_wave(study)
    return waves[: waves.index(wave) + 1] if wave in waves else waves


def whole_waves(study: Study) -> Study:
    """The same study, all its waves looked at."""
    return dataclasses.replace(study, view=dataclasses.replace(study.view, wave="all"))


def count_people(study: Study) -> int:
    """Everybody who answered, whichever stages, touchpoints and channels are looked at: what a reach is a share of."""
    view = dataclasses.replace(study.view, wave=chosen_wave(study), stages=[], touchpoints=[], channels=[])
    answers = find_answers(dataclasses.replace(study, view=view))
    people = answers.select(people=nw.col("respondent").n_unique()).collect("pandas").to_native()
    return whole(people["people"].iloc[0])


def group_keys(study: Study, by: str | list[str]) -> list[str]:
    """The columns to group by, when the study has them."""
    keys = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    choices = dict.fromkeys(["touchpoint", "stage", "dimension", "channel", "wave", "persona", *study.segments])
    for key in keys:
        if key not in choices:
            raise StudyError(f"by: '{key}' is nothing to group by. {nearest(key, list(choices))}", code=2)
    return keys


def rated_values(study: Study) -> dict[str, nw.Expr]:
    """`gap_values`, and whether either side, or the gap, was given at all (`answered`)."""
    values = gap_values(study)
    answered = nw.any_horizontal(*(~value.is_null() for value in values.values()), ignore_nulls=True)
    return values | {"answered": nw.when(answered).then(nw.lit(1.0))}


def gap_values(study: Study) -> dict[str, nw.Expr]:
    """What a gap table averages: gap, both sides, and `paired`, the expectation of those who gave both.

    Where nobody was asked for both sides, the gap is what people said outright, from the middle of that scale.
    """
    expected, experienced = nw.col("expected"), nw.col("experienced")
    gap = experienced - expected
    if study.direct:
        gap = nw.col("versus_expected") - sum(study.settings.scales["versus_expected"]) / 2
    paired = nw.when(~(experienced - expected).is_null()).then(expected)
    return {"gap": gap, "expected": expected, "experienced": experienced, "paired": paired}
