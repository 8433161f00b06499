"""Sums over respondents per group, and what they make: n, mean, standard error and effective n.

The respondent is the unit. Everything a mean needs is in six figures per group: with A = Σ w·x and B = Σ w over one
respondent's answers, the number of respondents and ΣA, ΣB, ΣA², ΣAB, ΣB² over respondents. The same expressions run
on DuckDB and on pandas (and on any engine Narwhals knows).
"""

from collections.abc import Mapping, Sequence

import narwhals as nw
import numpy as np
import pandas as pd

from cxlib.intervals import guard_rare_failures, ratio_mean, skewness_of
from cxlib.study import Study

SUMS = ("a", "b", "aa", "ab", "bb")


def respondent_sums(answers: nw.LazyFrame, keys: list[str], values: dict[str, nw.Expr]) -> nw.LazyFrame:
    """A = Σ w·x and B = Σ w per group and respondent for each value, as `<name>_a` and `<name>_b`."""
    weight = nw.col("weight")
    answers = answers.with_columns(
        **{f"{name}_a": weight * value for name, value in values.items()},
        **{f"{name}_b": nw.when(~value.is_null()).then(weight) for name, value in values.items()},
    )
    sums = [f"{name}_{part}" for name in values for part in ("a", "b")]
    return answers.group_by([*keys, "respondent"]).agg(nw.col(sums).sum()).with_columns(nw.col(sums).fill_null(0.0))


def add_up(
    people: nw.LazyFrame, keys: list[str], names: list[str], *, more: Sequence[str] = (), spread: bool = False
) -> pd.DataFrame:
    """The respondents of each group with ΣA, ΣB, ΣA², ΣAB and ΣB² of each value, and the sums of the columns `more`.

    With `spread` also how the gaps of respondents lie: `modal` of them have the commonest gap, `skewness` is that of
    the gaps, and `below` the weight of those whose gap is negative.
    """
    squares = {
        f"{name}_{a}{b}": nw.col(f"{name}_{a}") * nw.col(f"{name}_{b}") for name in names for a, b in ("aa", "ab", "bb")
    }
    there = {f"n_{name}": (nw.col(f"{name}_b") > 0).cast(nw.Int64) for name in names}
    totals = [f"{name}_{part}" for name in names for part in SUMS] + list(there) + list(more)
    people = people.with_columns(**squares, **there)
    if not spread:
        return people.group_by(keys).agg(nw.col(totals).sum()).collect("pandas").to_native()
    gap = nw.when(nw.col("gap_b") > 0).then(nw.col("gap_a") / nw.col("gap_b"))
    powers = {f"_power{power}": gap**power for power in (1, 2, 3)}
    alike = people.with_columns(_gap=gap.round(6) + 0.0, **powers).group_by(*keys, "_gap")
    alike = alike.agg(nw.col(*totals, *powers).sum())
    short = nw.col("_gap") < 0
    parts = {"below": "gap_b", "below_bb": "gap_bb"}
    below = {name: nw.when(short).then(nw.col(part)).otherwise(0.0) for name, part in parts.items()}
    sums = nw.col(*totals, *below, *powers).sum()
    table = alike.with_columns(**below, modal=nw.col("n_gap")).group_by(keys).agg(sums, nw.col("modal").max())
    table = table.collect("pandas").to_native()
    return table.assign(skewness=skewness_of(table["n_gap"], *(table.pop(power) for power in powers)))


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


def group_means(
    answers: nw.LazyFrame,
    keys: list[str],
    values: dict[str, nw.Expr],
    *,
    scales: Mapping[str, tuple[float, float]] | None = None,
) -> pd.DataFrame:
    """n, mean, se and effective n of each value per group of answers; those of `scales` are guarded."""
    people = respondent_sums(answers, keys, values)
    table = means_of(stated(add_up(people, keys, list(values)), keys), keys, list(values))
    return guard_means(table, people, keys, {name: scale for name, scale in (scales or {}).items() if name in values})


def guard_means(
    table: pd.DataFrame, people: nw.LazyFrame, keys: list[str], scales: Mapping[str, tuple[float, float]]
) -> pd.DataFrame:
    """The means with se and effective n of those of `scales` guarded against rare failures (`guard_rare_failures`)."""
    if not scales or table.empty:
        return table
    each = [
        people.filter(nw.col(f"{name}_b") > 0).select(
            *keys, _value=nw.col(f"{name}_a") / nw.col(f"{name}_b"), _measure=nw.lit(name)
        )
        for name in scales
    ]
    powers = {f"power{power}": nw.col("_value") ** power for power in (1, 2, 3)}
    each = nw.concat(each).with_columns(**powers, _value=nw.col("_value").round(6) + 0.0)
    alike = each.group_by(*keys, "_measure", "_value").agg(nw.col(*powers).sum(), n=nw.len())
    lie = alike.with_columns(modal=nw.col("n")).group_by(*keys, "_measure")
    lie = lie.agg(nw.col("n", *powers).sum(), nw.col("modal").max()).collect("pandas").to_native()
    lie["skewness"] = skewness_of(*(lie[part] for part in ("n", *powers)))
    table = table.copy()
    for name, (low, high) in scales.items():
        own = table[keys].merge(lie[lie["_measure"] == name], on=keys, how="left", validate="one_to_one")
        figures = [table[f"se_{name}"], table[f"n_{name}"], table[f"n_effective_{name}"]]
        figures += [own[part].to_numpy(dtype=float) for part in ("modal", "skewness")]
        table[f"se_{name}"], worth = guard_rare_failures(*figures, high - low)
        table[f"n_effective_{name}"] = np.where(np.isnan(worth), figures[2], worth)
    return table


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


def compare_means(
    first: nw.LazyFrame, second: nw.LazyFrame, keys: list[str], *, names: tuple[str, str] = ("first", "second")
) -> pd.DataFrame:
    """Two mean gaps per group, of two sets of respondents' sums, with the covariance of the means.

    `n`, `n_effective`, `mean`, `se`, `modal` and `skewness` with the suffix of either name, `n_both` (respondents in
    both) and `covariance`, which is 0 where nobody is. Groups that are in one of the two only are left out.
    """
    sums = [stated(add_up(people, keys, ["gap"], spread=True), keys) for people in (first, second)]
    tables = [
        means_of(table, keys, ["gap"])
        .assign(modal=table["modal"], skewness=table["skewness"], w=table["gap_b"])
        .rename(columns={"n_gap": "n", "mean_gap": "mean", "se_gap": "se", "n_effective_gap": "n_effective"})
        .rename(columns=lambda column, name=name: column if column in keys else f"{column}_{name}")
        for table, name in zip(sums, names, strict=True)
    ]
    table = tables[0].merge(tables[1], on=keys, validate="one_to_one")
    table = table.merge(cross_sums(first, second, keys), on=keys, how="left", validate="one_to_one")
    parts = {part: table.pop(part).fillna(0) for part in ("aa", "ab", "ba", "bb")}
    one, other = names
    m, k = table[f"mean_{one}"], table[f"mean_{other}"]
    cross = parts["aa"] - m * parts["ba"] - k * parts["ab"] + m * k * parts["bb"]
    less = ((1 - 1 / table[f"n_{one}"]) * (1 - 1 / table[f"n_{other}"])) ** 0.5
    covariance = (cross / (table.pop(f"w_{one}") * table.pop(f"w_{other}")) / less).where(table["n_both"] > 0, 0)
    return table.assign(n_both=table["n_both"].fillna(0).astype("int64"), covariance=covariance)


def cross_sums(first: nw.LazyFrame, second: nw.LazyFrame, keys: list[str]) -> pd.DataFrame:
    """Σ A·A, A·B, B·A and B·B of respondents who are in both, per group, and how many they are."""
    both = first.join(second, on=[*keys, "respondent"], how="inner", suffix="_again").with_columns(
        aa=nw.col("gap_a") * nw.col("gap_a_again"),
        ab=nw.col("gap_a") * nw.col("gap_b_again"),
        ba=nw.col("gap_b") * nw.col("gap_a_again"),
        bb=nw.col("gap_b") * nw.col("gap_b_again"),
    )
    sums = both.group_by(keys).agg(nw.len().alias("n_both"), nw.col("aa", "ab", "ba", "bb").sum())
    return sums.collect("pandas").to_native()
