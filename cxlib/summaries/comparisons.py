"""The passes that set one mean gap against another: of two waves, of two groups, of each group and the rest."""

import narwhals as nw
import numpy as np
import pandas as pd

from cxlib.intervals import ratio_mean
from cxlib.study import Study
from cxlib.summaries.answers import find_answers, gap_values, group_keys, joined_answers, waves_so_far
from cxlib.summaries.protection import hidden_groups, named_cells
from cxlib.summaries.sums import add_up, compare_means, means_of, place_on_map, respondent_sums
from cxlib.tables import StudyError, nearest

CROSS = ("aa", "ab", "ba", "bb")


def summarise_change(study: Study, *, by: str | list[str] = "touchpoint") -> pd.DataFrame:
    """The gap of each group in the wave looked at and in the wave before, with the covariance of the two means.

    One row per group: `n`, `n_effective`, `mean`, `se`, `modal` with suffix _now and _before, `n_both` (respondents of
    both waves) and `covariance`, which is 0 where nobody answered twice; `width` is the range of the scale. Empty where
    there is no wave before.
    """
    keys = group_keys(study, by)
    before, now = [None, None, *waves_so_far(study)][-2:]
    people = [own_gaps(study, joined_answers(study), keys, wave=wave or "") for wave in (now, before)]
    table = compare_means(*people, keys, names=("now", "before"))
    for wave in (now, before) if len(table) else ():
        table = without_small(study, table.assign(wave=wave), [*keys, "wave"]).drop(columns="wave")
    return place_on_map(study, table, keys).assign(wave_now=now, wave_before=before, width=study.width)


def summarise_pair(
    study: Study, column: str, first: str, second: str, *, by: str | list[str] = "touchpoint"
) -> pd.DataFrame:
    """The gap of each group in two groups of `column`, such as the markets DE and FR.

    Columns as in `summarise_change`, with suffix _first and _second.
    """
    keys = group_keys(study, by)
    check_pair(study, column, first, second)
    people = [own_gaps(study, find_answers(study), keys, **{column: group}) for group in (first, second)]
    table = compare_means(*people, keys)
    for group in (first, second):
        table = without_small(study, table.assign(**{column: group}), [*keys, column]).drop(columns=column)
    return place_on_map(study, table, keys).assign(column=column, first=first, second=second, width=study.width)


def read_groups(compare: list[str]) -> tuple[str, str, str]:
    """Column and two groups from two conditions.

    >>> read_groups(["market=DE", "market=FR"])
    ('market', 'DE', 'FR')
    """
    parts = [condition.partition("=") for condition in compare]
    if len(parts) != 2 or not all(equals for _, equals, _ in parts) or parts[0][0] != parts[1][0]:
        said = ", ".join(compare)
        raise StudyError(f"compare: '{said}' should be two groups of one column, such as market=DE, market=FR.", code=2)
    return parts[0][0], parts[0][2], parts[1][2]


def check_pair(study: Study, column: str, first: str, second: str) -> None:
    """Two groups are told apart by the channel, or by a segment of respondents, and somebody is in each."""
    choices = ["channel", *study.segments]
    if column not in choices:
        raise StudyError(f"compare: '{column}' has no groups to compare. {nearest(column, choices)}", code=2)
    known = study.values("ratings" if column == "channel" else "respondents", column)
    for group in (first, second):
        if group not in known:
            raise StudyError(f"compare: no answer has {column}={group}. {nearest(group, known)}", code=2)
    if first == second:
        raise StudyError(f"compare: {column}={first} stands there twice; name two groups. {nearest('', known)}", code=2)


def own_gaps(study: Study, answers: nw.LazyFrame, keys: list[str], **one: str) -> nw.LazyFrame:
    """The sums of every respondent with a gap, of the answers in one wave or group."""
    [(column, group)] = one.items()
    gap = {"gap": gap_values(study)["gap"]}
    return respondent_sums(answers.filter(nw.col(column) == group), keys, gap).filter(nw.col("gap_b") > 0)


def summarise_rest(study: Study, column: str) -> pd.DataFrame:
    """The gap of each group of `column`, and of all the others together, with the covariance of the two means.

    Columns as in `summarise_change`, with suffix _group and _rest. One pass: the sums of the rest are those of
    everybody less the group's own, person by person; who did not state a group is among the others.
    """
    [key] = group_keys(study, column)
    gap = {"gap": gap_values(study)["gap"]}
    people = respondent_sums(find_answers(study), [key], gap).filter(nw.col("gap_b") > 0)
    everybody = people.group_by("respondent").agg(all_a=nw.col("gap_a").sum(), all_b=nw.col("gap_b").sum())
    total = everybody.select(
        n=nw.len(), a=nw.col("all_a").sum(), b=nw.col("all_b").sum(), aa=(nw.col("all_a") ** 2).sum(),
        ab=(nw.col("all_a") * nw.col("all_b")).sum(), bb=(nw.col("all_b") ** 2).sum(),
    ).collect("pandas").to_native().iloc[0]  # fmt: skip
    own = people.filter(~nw.col(key).is_null()).join(everybody, on="respondent", how="left")
    crosses = {f"x{i}{j}": nw.col(f"gap_{i}") * nw.col(f"all_{j}") for i, j in CROSS}
    elsewhere = (nw.col("all_b") > nw.col("gap_b") * (1 + 1e-12)).cast(nw.Int64)
    own = own.with_columns(n_both=elsewhere, **crosses)
    sums = add_up(own, [key], ["gap"], more=[*crosses, "n_both"], spread=True).sort_values(key, ignore_index=True)
    table = without_small(study, rest_of(sums, total, key), [key])
    table = table[table["n_rest"] >= study.hide_below].reset_index(drop=True)
    return table.assign(column=key, width=study.width).rename(columns={key: "group"})


def without_small(study: Study, table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The rows whose group, by `keys`, is shown."""
    hidden = hidden_groups(study, "gap", gap_values(study)["gap"], keys)
    small = [cell in hidden for cell in named_cells(table, keys)]
    return table[~np.array(small, dtype=bool)].reset_index(drop=True)


def rest_of(sums: pd.DataFrame, total: pd.Series, key: str) -> pd.DataFrame:
    """From each group's sums and everybody's to both means and their covariance.

    How the gaps of the rest lie is not known from sums; they are taken as ordinary.
    """
    own = means_of(sums, [key], ["gap"]).rename(columns=lambda name: name.replace("_gap", "_group"))
    parts = {part: total[part] - sums[f"gap_{part}"] for part in ("a", "b")}
    for part, first, second in (("aa", "xaa", "xaa"), ("ab", "xab", "xba"), ("bb", "xbb", "xbb")):
        parts[part] = total[part] - sums[first] - sums[second] + sums[f"gap_{part}"]
    n = total["n"] - sums["n_gap"] + sums["n_both"]
    mean, se, effective = ratio_mean(n, *(parts[part] for part in ("a", "b", "aa", "ab", "bb")))
    m = own["mean_group"]
    same = {"aa": "gap_aa", "ab": "gap_ab", "ba": "gap_ab", "bb": "gap_bb"}
    cross = {part: sums[f"x{part}"] - sums[same[part]] for part in CROSS}
    product = cross["aa"] - m * cross["ba"] - mean * cross["ab"] + m * mean * cross["bb"]
    less = ((1 - 1 / own["n_group"]) * (1 - 1 / n)) ** 0.5
    covariance = (product / (sums["gap_b"] * parts["b"]) / less).where(sums["n_both"] > 0, 0)
    rest = dict(n_rest=n.astype("int64"), mean_rest=mean, se_rest=se, n_effective_rest=effective)
    rest |= dict(modal_group=sums["modal"], skewness_group=sums["skewness"], modal_rest=0, skewness_rest=0.0)
    return own.assign(**rest, n_both=sums["n_both"].astype("int64"), covariance=covariance)
