"""The passes over the answers: sums and counts per group, never rows.

The respondent is the unit. Everything a mean needs is in six figures per group: with A = Σ w·x and B = Σ w over one
respondent's answers, the number of respondents and ΣA, ΣB, ΣA², ΣAB, ΣB² over respondents. The same expressions run
on DuckDB and on pandas (and on any engine Narwhals knows).
"""

import dataclasses
from collections.abc import Sequence

import narwhals as nw
import pandas as pd

from cxlib.intervals import ratio_mean
from cxlib.study import Study
from cxlib.summaries.answers import (
    find_answers,
    group_keys,
    joined_answers,
    waves_so_far,
    whole_waves,
)
from cxlib.view import listed_once, view_filters

SUMS = ("a", "b", "aa", "ab", "bb")


def summarise_ratings(study: Study, *, by: str | list[str] = "touchpoint") -> pd.DataFrame:
    """One row per group with the means and standard errors of gap, expected and experienced, in scale points.

    `by` names one or more of touchpoint, stage, dimension, channel, wave, persona or a segment of respondents. The gap
    is experienced − expected of one answer, which gives both: a pair. `n` counts respondents with a pair, `n_effective`
    is Kish's, (ΣB)²/ΣB²; `paired_expected` and `paired_experienced` are means of the pairs, `mean_expected`,
    `mean_experienced` and their n those of everybody who gave that side, `n_answered` who gave either. Groups of the
    map come with stage and label, in its order. Where no answer says which group it belongs to, the table is empty.
    """
    keys = group_keys(study, by)
    either = nw.when(~(nw.col("expected").is_null() & nw.col("experienced").is_null())).then(nw.lit(1.0))
    table = group_means(find_answers(study), keys, pair_values() | {"answered": either})
    needless = ["n_paired", "se_paired", "n_effective_paired", "mean_answered", "se_answered", "n_effective_answered"]
    table = table.drop(columns=needless).rename(
        columns={"n_gap": "n", "n_effective_gap": "n_effective", "mean_paired": "paired_expected"}
    )
    return place_on_map(study, table.assign(paired_experienced=table["paired_expected"] + table["mean_gap"]), keys)


def summarise_experience(study: Study, *, by: str | list[str] = "touchpoint") -> pd.DataFrame:
    """One row per group with n, mean, se and effective n of what was experienced, for every measure the ratings have.

    `experienced` in scale points; `top2` the share of answers in the two highest; `nps` promoters − detractors as a
    share, with the shares `promoters` (9, 10) and `detractors` (0 to 6); `effort` and `emotion` in scale points.
    """
    keys, column = group_keys(study, by), nw.col
    values = {"experienced": column("experienced")}
    if study.scale:
        values["top2"] = (column("experienced") >= study.scale[1] - 1).cast(nw.Float64)
    if study.settings.scales["recommend"] == (0, 10):
        values |= promoter_values(column("recommend"))
    values |= {measure: column(measure) for measure in ("effort", "emotion")}
    values = {measure: nw.when(~column(asked(measure)).is_null()).then(value) for measure, value in values.items()}
    return place_on_map(study, group_means(find_answers(study), keys, values), keys)


def asked(measure: str) -> str:
    """The column of the ratings a measure is made of."""
    return {"top2": "experienced", "nps": "recommend", "promoters": "recommend", "detractors": "recommend"}.get(
        measure, measure
    )


def promoter_values(recommend: nw.Expr) -> dict[str, nw.Expr]:
    """Promoters (9, 10), detractors (0 to 6) and the first less the second (Reichheld 2003), per answer."""
    promoters, detractors = (recommend >= 9).cast(nw.Float64), (recommend <= 6).cast(nw.Float64)
    return {"promoters": promoters, "detractors": detractors, "nps": promoters - detractors}


def summarise_change(study: Study, *, by: str = "touchpoint") -> pd.DataFrame:
    """The gap of each group in the wave looked at and in the wave before, with the covariance of the two means.

    One row per group: `n`, `n_effective`, `mean`, `se` with suffix _now and _before, `n_both` (respondents of both
    waves) and `covariance`, which is 0 where nobody answered twice. Empty where there is no wave before.
    """
    [key] = group_keys(study, by)
    before, now = [None, None, *waves_so_far(study)][-2:]
    answers, gap = joined_answers(study), {"gap": pair_values()["gap"]}
    people = {
        when: respondent_sums(answers.filter(nw.col("wave") == wave), [key], gap).filter(nw.col("gap_b") > 0)
        for when, wave in (("now", now or ""), ("before", before or ""))
    }
    means = [
        means_of(stated(add_up(table, [key], ["gap"]), [key]), [key], ["gap"])
        .rename(columns={"n_gap": "n", "mean_gap": "mean", "se_gap": "se", "n_effective_gap": "n_effective"})
        .rename(columns=lambda column, when=when: column if column == key else f"{column}_{when}")
        for when, table in people.items()
    ]
    table = means[0].merge(means[1], on=key, validate="one_to_one")
    table = table.merge(cross_sums(*people.values(), key), on=key, how="left", validate="one_to_one")
    parts = {part: table.pop(part).fillna(0) for part in ("aa", "ab", "ba", "bb", "w_now", "w_before")}
    now_mean, before_mean = table["mean_now"], table["mean_before"]
    cross = parts["aa"] - now_mean * parts["ba"] - before_mean * parts["ab"] + now_mean * before_mean * parts["bb"]
    less = ((table["n_now"] - 1) / table["n_now"] * (table["n_before"] - 1) / table["n_before"]) ** 0.5
    covariance = (cross / (parts["w_now"] * parts["w_before"]) / less).where(table["n_both"] > 0, 0)
    table = table.assign(n_both=table["n_both"].fillna(0).astype("int64"), covariance=covariance)
    return place_on_map(study, table, [key]).assign(wave_now=now, wave_before=before)


def cross_sums(now: nw.LazyFrame, before: nw.LazyFrame, key: str) -> pd.DataFrame:
    """Σ A·A, A·B, B·A and B·B of respondents who are in both waves, per group, with Σ B of each wave's everybody."""
    both = now.join(before, on=[key, "respondent"], how="inner", suffix="_before").with_columns(
        aa=nw.col("gap_a") * nw.col("gap_a_before"),
        ab=nw.col("gap_a") * nw.col("gap_b_before"),
        ba=nw.col("gap_b") * nw.col("gap_a_before"),
        bb=nw.col("gap_b") * nw.col("gap_b_before"),
    )
    sums = both.group_by(key).agg(nw.len().alias("n_both"), nw.col("aa", "ab", "ba", "bb").sum())
    table = sums.collect("pandas").to_native()
    for name, people in (("w_now", now), ("w_before", before)):
        weight = people.group_by(key).agg(nw.col("gap_b").sum().alias(name)).collect("pandas").to_native()
        table = table.merge(weight, on=key, how="left", validate="one_to_one")
    return table


def summarise_people(study: Study, *, by: str = "wave") -> pd.DataFrame:
    """Per group of respondents, n, mean, se and effective n of each outcome they gave (`overall`, `recommend`, …).

    `recommend` on 0 to 10 becomes `nps`, `promoters` and `detractors`. Empty where respondents have no outcome.
    """
    people = find_people(study, all_waves=by == "wave")
    scales, columns = study.settings.scales, people.collect_schema().names()
    values = {outcome: nw.col(outcome) for outcome in columns if outcome in scales and outcome != "recommend"}
    if "recommend" in columns:
        nps = scales["recommend"] == (0, 10)
        values |= promoter_values(nw.col("recommend")) if nps else {"recommend": nw.col("recommend")}
    if not values:
        return pd.DataFrame({by: []}, dtype="str")
    return place_on_map(study, group_means(people, [by], values), [by])


def summarise_personas(study: Study) -> pd.DataFrame:
    """The share of each persona among those who answered and whose persona is known: n, share, se, n_effective (Kish).

    Of all personas, whichever are looked at: a share of some of them says nothing of the mix.
    """
    everybody = dataclasses.replace(study, view=dataclasses.replace(study.view, personas=[]))
    people = find_people(everybody).filter(~nw.col("persona").is_null()).with_columns(everybody=nw.lit("all"))
    names = list(dict.fromkeys([*study.small("personas")["persona"], *study.values("respondents", "persona")]))
    shares = {f"p{place}": (nw.col("persona") == name).cast(nw.Float64) for place, name in enumerate(names)}
    table = group_means(people, ["everybody"], shares) if names else pd.DataFrame()
    rows = [
        dict(persona=name, n=table[f"n_p{place}"].iloc[0], share=table[f"mean_p{place}"].iloc[0])
        | dict(se=table[f"se_p{place}"].iloc[0], n_effective=table[f"n_effective_p{place}"].iloc[0])
        for place, name in enumerate(names if len(table) else [])
    ]
    figures = {"n": "int64", "share": "float64", "se": "float64", "n_effective": "float64"}
    return pd.DataFrame(rows, columns=["persona", *figures]).astype({"persona": "str"} | figures)


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


def summarise_blocks(study: Study, *, by: str | list[str] = "touchpoint") -> pd.DataFrame:
    """The sums of gap and expectation of the pairs, per group and block of respondents (up to 200 blocks).

    Anything derived from these sums gets its uncertainty by leaving out or resampling blocks.
    """
    keys = [*group_keys(study, by), "_block"]
    values = {name: value for name, value in pair_values().items() if name in ("gap", "paired")}
    pairs = find_answers(study).filter(~values["gap"].is_null())
    blocks = stated(add_up(respondent_sums(pairs, keys, values), keys, list(values)), keys)
    return blocks.sort_values(keys, ignore_index=True)


def summarise_cells(study: Study) -> pd.DataFrame:
    """`summarise_blocks` by touchpoint, persona, channel and wave, of all waves: what an explorer adds up.

    `again` counts respondents with a pair in another cell of the same touchpoint and wave, `again_any` in one of any.
    """
    keys = ["touchpoint", "persona", "channel", "wave", "_block"]
    values = {name: value for name, value in pair_values().items() if name in ("gap", "paired")}
    people = respondent_sums(find_answers(whole_waves(study)).filter(~values["gap"].is_null()), keys, values)
    in_wave, anywhere = (
        people.group_by("touchpoint", "respondent", *more).agg(nw.len().alias(name))
        for more, name in ((["wave"], "times"), ([], "times_any"))
    )
    blank = nw.col("wave").fill_null("")
    people = people.with_columns(wave=blank).join(
        in_wave.with_columns(wave=blank), on=["touchpoint", "respondent", "wave"], how="left"
    )
    people = people.join(anywhere, on=["touchpoint", "respondent"], how="left").with_columns(
        again=(nw.col("times") > 1).cast(nw.Int64), again_any=(nw.col("times_any") > 1).cast(nw.Int64)
    )
    cells = add_up(people, keys, list(values), more=["again", "again_any"]).sort_values("_block", kind="stable")
    return place_on_map(study, cells, keys[:4])


def count_values(study: Study, column: str, *, by: str | list[str] = "touchpoint") -> pd.DataFrame:
    """How often each value of a rating column was given: `answers`, and `weight` (their sum of weights), per group."""
    keys = [*group_keys(study, by), column]
    answers = find_answers(study).filter(~nw.col(column).is_null())
    counts = answers.group_by(keys).agg(nw.len().alias("answers"), nw.col("weight").sum())
    return counts.collect("pandas").to_native().sort_values(keys, ignore_index=True)


def pair_values() -> dict[str, nw.Expr]:
    """What a gap table averages: gap, both sides, and `paired`, the expectation of those who gave both."""
    expected, experienced = nw.col("expected"), nw.col("experienced")
    gap = experienced - expected
    paired = nw.when(~gap.is_null()).then(expected)
    return {"gap": gap, "expected": expected, "experienced": experienced, "paired": paired}


def respondent_sums(answers: nw.LazyFrame, keys: list[str], values: dict[str, nw.Expr]) -> nw.LazyFrame:
    """A = Σ w·x and B = Σ w per group and respondent for each value, as `<name>_a` and `<name>_b`."""
    weight = nw.col("weight")
    answers = answers.with_columns(
        **{f"{name}_a": weight * value for name, value in values.items()},
        **{f"{name}_b": nw.when(~value.is_null()).then(weight) for name, value in values.items()},
    )
    sums = [f"{name}_{part}" for name in values for part in ("a", "b")]
    return answers.group_by([*keys, "respondent"]).agg(nw.col(sums).sum()).with_columns(nw.col(sums).fill_null(0.0))


def add_up(people: nw.LazyFrame, keys: list[str], names: list[str], more: Sequence[str] = ()) -> pd.DataFrame:
    """The respondents of each group with ΣA, ΣB, ΣA², ΣAB and ΣB² of each value, and the sums of the columns `more`."""
    squares = {
        f"{name}_{a}{b}": nw.col(f"{name}_{a}") * nw.col(f"{name}_{b}") for name in names for a, b in ("aa", "ab", "bb")
    }
    there = {f"n_{name}": (nw.col(f"{name}_b") > 0).cast(nw.Int64) for name in names}
    totals = [f"{name}_{part}" for name in names for part in SUMS] + list(there) + list(more)
    summed = people.with_columns(**squares, **there).group_by(keys).agg(nw.col(totals).sum())
    return summed.collect("pandas").to_native()


def stated(sums: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The sums, or none of them where a key is blank in every row: then there is nothing to group by."""
    return sums if sums[keys].notna().any(axis=0).all() else sums.iloc[:0]


def means_of(sums: pd.DataFrame, keys: list[str], names: list[str]) -> pd.DataFrame:
    """From the sums to n, mean, standard error and effective n of each value."""
    table = sums[keys].copy()
    for name in names:
        parts = [sums[f"{name}_{part}"].astype("float64") for part in SUMS]
        table[f"n_{name}"] = sums[f"n_{name}"].astype("int64")
        table[f"mean_{name}"], table[f"se_{name}"], table[f"n_effective_{name}"] = ratio_mean(sums[f"n_{name}"], *parts)
    return table


def group_means(answers: nw.LazyFrame, keys: list[str], values: dict[str, nw.Expr]) -> pd.DataFrame:
    """n, mean, se and effective n of each value per group of answers."""
    sums = stated(add_up(respondent_sums(answers, keys, values), keys, list(values)), keys)
    return means_of(sums, keys, list(values))


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
