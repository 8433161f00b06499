"""The passes over the answers: what was expected and experienced, and the gap, per group; never rows."""

from collections.abc import Callable, Iterable

import narwhals as nw
import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.intervals import difference_of_means, guard_sides, ratio_mean
from cxlib.study import Study
from cxlib.summaries.answers import (
    find_answers,
    gap_values,
    group_keys,
    joined_answers,
    rated_values,
    waves_so_far,
)
from cxlib.summaries.protection import hidden_groups, pool_groups, show_groups
from cxlib.summaries.sums import (
    add_up,
    compare_means,
    group_means,
    guard_means,
    means_of,
    place_on_map,
    respondent_sums,
    stated,
)
from cxlib.words import counted, listed


def summarise_ratings(study: Study, *, by: str | list[str] = "touchpoint") -> pd.DataFrame:
    """One row per group with the means and standard errors of gap, expected and experienced, in scale points.

    `by` names one or more of touchpoint, stage, dimension, channel, wave, persona or a segment of respondents. `n`
    counts respondents with a gap, `n_effective` is Kish's, (ΣB)²/ΣB²; `modal` of them have the commonest gap,
    `skewness` is that of the gaps, `below` the share whose gap is negative, with its `se_below`, `width` the range of
    the scale. `paired` says what a gap is: "yes", experienced − expected of one answer; "no", the two sides came from
    different answers, mostly of different people, and their means are set against each other (guarded by then, so that
    `modal` is NaN); "direct", what people said outright.
    Errors of either side are guarded against rare failures, that of the gap is not yet.
    `paired_expected` and `paired_experienced` are means of the pairs, `mean_expected`, `mean_experienced` and their n
    those of everybody who gave that side, `n_answered` who gave either. Groups of the map come with stage and label, in
    its order. Small groups are left out (`show_groups`); where no answer says which group it belongs to, all are.
    """
    return gap_table(study, find_answers(study), group_keys(study, by))


def summarise_waves(study: Study) -> pd.DataFrame:
    """`summarise_ratings` by touchpoint and wave, for the wave looked at and those before it."""
    answers = joined_answers(study).filter(nw.col("wave").is_in(waves_so_far(study)))
    return gap_table(study, answers, ["touchpoint", "wave"])


def gap_table(study: Study, answers: nw.LazyFrame, keys: list[str]) -> pd.DataFrame:
    """`summarise_ratings` of a choice of answers."""
    values = rated_values(study)
    people = respondent_sums(answers, keys, values)
    sums = stated(add_up(people, keys, list(values), spread=True), keys)
    table = guard_means(means_of(sums, keys, list(values)), people, keys, scales_of(study, values))
    table = finish_gaps(study, table, sums, lambda table: show_groups(study, table, keys, values))
    return place_on_map(study, set_sides_apart(table, people, keys), keys)


def finish_gaps(
    study: Study, table: pd.DataFrame, sums: pd.DataFrame, show: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """Means of gap and sides as `summarise_ratings` has them, how gaps lie from `sums` beside them; `show` hides."""
    lie = dict(modal=sums["modal"], skewness=sums["skewness"])
    short = (sums[part] for part in ("n_gap", "below", "gap_b", "below_bb", "below_bb", "gap_bb"))
    lie["below"], lie["se_below"], _ = ratio_mean(*short)
    table = table.assign(**lie)
    needless = ["n_paired", "se_paired", "n_effective_paired", "mean_answered", "se_answered", "n_effective_answered"]
    given = {f"given_{name}": table[f"n_{name}"] > 0 for name in ("gap", "answered")}
    table = show(table.assign(**given).drop(columns=needless))
    hidden = [table.pop(f"given_{name}") & (table[f"n_{name}"] == 0) for name in ("gap", "answered")]
    kinds = [table["n_gap"] > 0, hidden[0] | hidden[1]]
    kind = np.select(kinds, ["direct" if study.direct else "yes", "too few to show"], "no pairs")
    table = table.assign(
        **{name: table[name].where(table["n_gap"] > 0) for name in ("below", "se_below", "mean_paired")},
        width=study.width, paired=kind,
    ).rename(columns={"n_gap": "n", "n_effective_gap": "n_effective", "mean_paired": "paired_expected"})  # fmt: skip
    return table.assign(paired_experienced=table["paired_expected"] + table["mean_gap"])


def set_sides_apart(table: pd.DataFrame, people: nw.LazyFrame, keys: list[str]) -> pd.DataFrame:
    """Groups in which both sides were rated, but never in one answer, get the difference of the two means as gap.

    Respondents who gave both sides, in different answers, are taken as pairs by way of the covariance; where nobody
    did, this is Welch's (1947) standard error with its degrees of freedom.
    """
    apart = (table["paired"] == "no pairs") & (table["n_expected"] > 0) & (table["n_experienced"] > 0)
    if not apart.any():
        return table
    compared = compare_means(side_sums(people, "experienced"), side_sums(people, "expected"), keys)
    found = table[keys].merge(compared, on=keys, how="left", validate="one_to_one").set_axis(table.index)
    guarded = guard_sides(found.assign(width=table["width"]), "first", "second", gaps=False)
    gap, se, effective = difference_of_means(guarded, "first", "second")
    figures = {"n": table["n_answered"], "mean_gap": gap, "se_gap": se, "n_effective": effective}
    figures |= {"modal": np.nan, "skewness": 0.0, "below": np.nan, "se_below": np.nan, "paired": "no"}
    return table.assign(**{name: table[name].mask(apart, figure) for name, figure in figures.items()})


def side_sums(people: nw.LazyFrame, side: str) -> nw.LazyFrame:
    """The sums of one side, for a comparison."""
    parts = {f"gap_{part}": nw.col(f"{side}_{part}") for part in ("a", "b")}
    return people.with_columns(**parts).filter(nw.col("gap_b") > 0)


def summarise_experience(study: Study, *, by: str | list[str] = "touchpoint") -> pd.DataFrame:
    """One row per group with n, mean, se and effective n of what was experienced, for every measure the ratings have.

    `experienced` in scale points; `top2` the share of answers in the two highest; `nps` promoters − detractors as a
    share, with the shares `promoters` (9, 10) and `detractors` (0 to 6); `effort` and `emotion` in scale points. Errors
    of means on a scale are guarded against rare failures.
    """
    keys, values = group_keys(study, by), experience_values(study)
    table = group_means(find_answers(study), keys, values, scales=scales_of(study, values))
    return place_on_map(study, show_groups(study, table, keys, values), keys)


def scales_of(study: Study, values: Iterable[str]) -> dict[str, tuple[float, float]]:
    """The scales of those of the values that are answers on one."""
    return {name: study.settings.scales[name] for name in values if name in study.settings.scales}


def experience_values(study: Study) -> dict[str, nw.Expr]:
    """What a table of experience averages."""
    column = nw.col
    values = {"experienced": column("experienced")}
    if study.scale:
        values["top2"] = (column("experienced") >= study.scale[1] - 1).cast(nw.Float64)
    if study.settings.scales["recommend"] == (0, 10):
        values |= promoter_values(column("recommend"))
    values |= {measure: column(measure) for measure in ("effort", "emotion")}
    return {measure: nw.when(~column(asked(measure)).is_null()).then(value) for measure, value in values.items()}


def asked(measure: str) -> str:
    """The column of the ratings a measure is made of."""
    return {"top2": "experienced", "nps": "recommend", "promoters": "recommend", "detractors": "recommend"}.get(
        measure, measure
    )


def promoter_values(recommend: nw.Expr) -> dict[str, nw.Expr]:
    """Promoters (9, 10), detractors (0 to 6) and the first less the second (Reichheld 2003), per answer."""
    promoters, detractors = (recommend >= 9).cast(nw.Float64), (recommend <= 6).cast(nw.Float64)
    return {"promoters": promoters, "detractors": detractors, "nps": promoters - detractors}


def describe_hidden(study: Study) -> str:
    """How many groups are not shown because they are small, or would give such a group away; empty where none is."""
    if "ratings" not in study:
        return ""
    value, said = rated_values(study)["answered"], []
    own = study.view.by if len(study.view.by) == 1 else []
    for key in dict.fromkeys(["touchpoint", "stage", "persona", "channel", *own]):
        hidden = hidden_groups(study, "answered", value, [key])
        said += [counted(len(hidden), key)] if hidden else []
    grid = hidden_groups(study, "answered", value, ["stage", "persona"])
    combined = counted(len(grid), "combination")
    said += [tell("{combinations} of stage and persona", combinations=combined)] if grid else []
    if not said:
        return ""
    return tell(
        "Not shown, to protect groups of fewer than {least} people: {groups}.",
        least=study.hide_below, groups=listed(pd.Series(said)),
    )  # fmt: skip


def summarise_blocks(study: Study, *, by: str | list[str] = "touchpoint") -> pd.DataFrame:
    """The sums of gap and expectation of the pairs, per group and block of respondents (up to 200 blocks).

    Anything derived from these sums gets its uncertainty by leaving out or resampling blocks. Small groups of the last
    of `by` are put together as "others".
    """
    return block_sums(study, find_answers(study), group_keys(study, by))


def summarise_wave_blocks(study: Study, *, by: str | list[str]) -> pd.DataFrame:
    """`summarise_blocks` of the wave looked at and the one before, with `wave` among the groups; small ones pooled."""
    answers = joined_answers(study).filter(nw.col("wave").is_in(waves_so_far(study)[-2:]))
    keys = group_keys(study, by)
    return block_sums(study, answers, [*keys[:-1], "wave", keys[-1]])


def block_sums(study: Study, answers: nw.LazyFrame, keys: list[str]) -> pd.DataFrame:
    """`summarise_blocks` of a choice of answers."""
    values = only_gaps(study)
    people = respondent_sums(answers.filter(~values["gap"].is_null()), [*keys, "_block"], values)
    blocks = stated(add_up(people, [*keys, "_block"], list(values)), keys)
    return pool_groups(study, blocks, keys, values["gap"]).sort_values([*keys, "_block"], ignore_index=True)


def only_gaps(study: Study) -> dict[str, nw.Expr]:
    """Of what a gap table averages, the gap and the expectation of those who have one."""
    return {name: value for name, value in gap_values(study).items() if name in ("gap", "paired")}
