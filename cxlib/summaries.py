"""The passes over the answers: sums and counts per group, never rows.

The respondent is the unit. Everything a mean needs is in six figures per group: with A = Σ w·x and B = Σ w over one
respondent's answers, the number of respondents and ΣA, ΣB, ΣA², ΣAB, ΣB² over respondents. The same expressions run
on DuckDB and on pandas (and on any engine Narwhals knows).
"""

import narwhals as nw
import pandas as pd

from cxlib.intervals import ratio_mean
from cxlib.study import Study
from cxlib.tables import StudyError, nearest
from cxlib.view import day_ends, describe_view, listed_once, parse_day, view_filters, with_waves
from cxlib.words import counted, in_words

MEASURES = ("gap", "expected", "experienced")
SUMS = ("a", "b", "aa", "ab", "bb")


def summarise_ratings(study: Study, *, by: str | list[str] = "touchpoint") -> pd.DataFrame:
    """One row per group with the means and standard errors of gap, expected and experienced, in scale points.

    `by` names one or more of touchpoint, stage, dimension, channel, wave, persona or a segment of respondents. The gap
    is experienced − expected of one answer, which gives both: a pair. `n` counts respondents with a pair, `n_effective`
    is Kish's, (ΣB)²/ΣB²; `paired_expected` and `paired_experienced` are means of the pairs, `mean_expected`,
    `mean_experienced` and their n those of everybody who gave that side. Groups of the map come with stage and label,
    in its order. Where no answer says which group it belongs to, the table is empty.
    """
    keys = group_keys(study, by)
    people = respondent_sums(study, keys)
    squares = {
        f"{measure}_{a}{b}": nw.col(f"{measure}_{a}") * nw.col(f"{measure}_{b}")
        for measure in MEASURES
        for a, b in ("aa", "ab", "bb")
    }
    there = {f"n_{measure}": (nw.col(f"{measure}_b") > 0).cast(nw.Int64) for measure in MEASURES}
    totals = [f"{measure}_{part}" for measure in MEASURES for part in SUMS] + list(there) + ["paired_a"]
    sums = (
        people.with_columns(**squares, **there).group_by(keys).agg(nw.col(totals).sum()).collect("pandas").to_native()
    )
    stated = sums[keys].notna().any(axis=0).all()
    return place_on_map(study, means_of(sums if stated else sums.iloc[:0], keys), keys)


def summarise_blocks(study: Study, *, by: str | list[str] = "touchpoint") -> pd.DataFrame:
    """ΣA and ΣB of gap, expected and experienced per group and block of respondents (up to 200 blocks).

    Anything derived from these sums gets its uncertainty by leaving out or resampling blocks.
    """
    keys = [*group_keys(study, by), "_block"]
    sums = [f"{measure}_{part}" for measure in MEASURES for part in ("a", "b")]
    blocks = respondent_sums(study, keys).group_by(keys).agg(nw.col(sums).sum())
    return blocks.collect("pandas").to_native().sort_values(keys, ignore_index=True)


def count_values(study: Study, column: str, *, by: str | list[str] = "touchpoint") -> pd.DataFrame:
    """How often each value of a rating column was given: `answers`, and `weight` (their sum of weights), per group."""
    keys = [*group_keys(study, by), column]
    answers = find_answers(study).filter(~nw.col(column).is_null())
    counts = answers.group_by(keys).agg(nw.len().alias("answers"), nw.col("weight").sum())
    return counts.collect("pandas").to_native().sort_values(keys, ignore_index=True)


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
    if not row["answers"]:
        raise StudyError(f"No answer is left: {describe_view(study)}. Ask for more of the study.", code=2)
    days = {end: None if pd.isna(row[end]) else local_day(study, row[end]) for end in ("first", "last")}
    counts = {count: int(row[count]) for count in ("respondents", "answers", "touchpoints")}
    blank = joined_answers(study).select(blank=nw.col("wave").is_null().sum()).collect("pandas").to_native()
    no_wave = int(blank["blank"].iloc[0]) if study.settings.waves else 0
    everybody = study.tables["ratings"].select(all=nw.len()).collect("pandas").to_native()
    counts |= {"no_wave": no_wave, "all_answers": int(everybody["all"].iloc[0])}
    return counts | days | {"wave": chosen_wave(study), "weighted": bool(row["lightest"] < row["heaviest"])}


def local_day(study: Study, moment: pd.Timestamp) -> str:
    """The day, where the study was made, of a moment in UTC."""
    return moment.tz_localize("UTC").tz_convert(study.settings.zone).date().isoformat()


def describe_study(study: Study) -> str:
    """Who was asked, when, in a sentence."""
    facts = summarise_study(study)
    first, last = (facts[end] and in_words(facts[end]) for end in ("first", "last"))
    days = "" if not first else f", {first} to {last}" if first != last else f", {first}"
    wave = f", wave {facts['wave']}" if facts["wave"] != "all" else ""
    whole = f" (the study holds {facts['all_answers']:,})" if facts["answers"] < facts["all_answers"] else ""
    told = [
        f"{counted(facts['respondents'], 'person', 'people')} gave {counted(facts['answers'], 'answer')} "
        f"on {counted(facts['touchpoints'], 'touchpoint')}{days}{wave}{whole}."
    ]
    told += [f"Answers are weighted, as {study.source('respondents')} says."] if facts["weighted"] else []
    if facts["no_wave"]:
        told.append(
            f"In none of the waves of study.yaml: {counted(facts['no_wave'], 'answer')}; check dates and last days."
        )
    return " ".join(told)


def find_answers(study: Study) -> nw.LazyFrame:
    """The answers the view looks at, one row an answer, with stage, persona, weight and segments beside it."""
    answers = joined_answers(study)
    wave = chosen_wave(study)
    return answers if wave == "all" else answers.filter(nw.col("wave") == wave)


def joined_answers(study: Study) -> nw.LazyFrame:
    """Ratings of all waves with the map and the respondents joined, and the view's stages, personas, … kept."""
    if "ratings" not in study:
        raise StudyError("This study has no ratings. Add ratings: survey.csv to files in study.yaml.")
    answers = study.tables["ratings"]
    if study.view.as_of:
        answers = answers.filter(nw.col("answered_at") < nw.lit(day_ends(study, parse_day(study.view.as_of))))
    if "touchpoints" in study:
        places = study.tables["touchpoints"].select("touchpoint", "stage", "dimension")
        answers = answers.join(places, on="touchpoint", how="left")
    else:
        answers = answers.with_columns(stage=nw.lit(None, nw.String), dimension=nw.lit(None, nw.String))
    answers = with_waves(study, join_people(study, answers)).filter(nw.col("weight") != 0)
    for column, values in view_filters(study):
        answers = answers.filter(nw.col(column).is_in(values))
    return answers


def join_people(study: Study, answers: nw.LazyFrame) -> nw.LazyFrame:
    """Persona, weight, segments and, where the answers have none, wave of the respondent.

    Respondents who are listed once are joined by their id; those listed once a wave, by id and wave.
    """
    if "respondents" not in study:
        return answers.with_columns(persona=nw.lit(None, nw.String), weight=nw.lit(1.0))
    people = study.tables["respondents"]
    segments = [column for column in study.segments if column != "wave"]
    if listed_once(study):
        people = people.select("respondent", "weight", *segments, _own_wave=nw.col("wave"))
        joined = answers.join(people, on="respondent", how="left")
        joined = joined.with_columns(wave=nw.coalesce(nw.col("wave"), nw.col("_own_wave"))).drop("_own_wave")
    else:
        people = people.select("respondent", "wave", "weight", *segments)
        joined = with_waves(study, answers).join(people, on=["respondent", "wave"], how="left")
    return joined.with_columns(weight=nw.coalesce(nw.col("weight"), nw.lit(1.0)))


def chosen_wave(study: Study) -> str:
    """The wave looked at: the one named, or the latest that has answers; "all" where there are no waves."""
    if study.view.wave != "latest":
        return study.view.wave
    found = set(joined_answers(study).select("wave").unique().collect("pandas").to_native()["wave"].dropna())
    there = [wave for wave in study.waves if wave in found]
    return there[-1] if there else "all"


def group_keys(study: Study, by: str | list[str]) -> list[str]:
    """The columns to group by, when the study has them."""
    keys = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    choices = dict.fromkeys(["touchpoint", "stage", "dimension", "channel", "wave", "persona", *study.segments])
    for key in keys:
        if key not in choices:
            raise StudyError(f"by: '{key}' is nothing to group by. {nearest(key, list(choices))}", code=2)
    return keys


def respondent_sums(study: Study, keys: list[str]) -> nw.LazyFrame:
    """A = Σ w·x and B = Σ w per group and respondent, for each measure x; `paired_a` is Σ w·expected of the pairs."""
    expected, experienced, weight = nw.col("expected"), nw.col("experienced"), nw.col("weight")
    gap = experienced - expected
    values = {"gap": gap, "expected": expected, "experienced": experienced}
    answers = find_answers(study).with_columns(
        **{f"{measure}_a": weight * value for measure, value in values.items()},
        **{f"{measure}_b": nw.when(~value.is_null()).then(weight) for measure, value in values.items()},
        paired_a=nw.when(~gap.is_null()).then(weight * expected),
    )
    sums = [f"{measure}_{part}" for measure in MEASURES for part in ("a", "b")] + ["paired_a"]
    return answers.group_by([*keys, "respondent"]).agg(nw.col(sums).sum()).with_columns(nw.col(sums).fill_null(0.0))


def means_of(sums: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """From the sums to means, standard errors and counts."""
    table = sums[keys].copy()
    for measure in MEASURES:
        parts = [sums[f"{measure}_{part}"] for part in SUMS]
        mean, se, effective = ratio_mean(sums[f"n_{measure}"], *parts)
        table[f"n_{measure}"] = sums[f"n_{measure}"].astype("int64")
        table[f"mean_{measure}"], table[f"se_{measure}"] = mean, se
        if measure == "gap":
            table["n_effective"] = effective
    table["paired_expected"] = (sums["paired_a"] / sums["gap_b"]).where(sums["n_gap"] > 0)
    table["paired_experienced"] = table["paired_expected"] + table["mean_gap"]
    return table.rename(columns={"n_gap": "n"})


def place_on_map(study: Study, table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Rows in the order of the map, stages and waves, then by name; touchpoints with stage and label."""
    places = study.touchpoints
    orders = {
        "touchpoint": list(places["touchpoint"]),
        "stage": study.stages,
        "wave": study.waves,
    }
    for key in reversed(keys):
        order = {value: place for place, value in enumerate(orders.get(key, []))}
        table = table.sort_values(key, kind="stable", na_position="last")
        table = table.sort_values(key, kind="stable", key=lambda column: column.map(order).fillna(len(order)))
    if "touchpoint" in keys:
        columns = ["touchpoint", *(column for column in ("label", "stage") if column not in keys)]
        table = table.merge(places[columns], on="touchpoint", how="left", validate="many_to_one")
        table["label"] = table["label"].fillna(table["touchpoint"])
    return table.reset_index(drop=True)
