"""What is behind a gap: who is in the groups, and which groups differ."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.intervals import adjust, guard_rare_failures, interval_of_ends, leave_one_out, t_interval
from cxlib.tables import check_columns
from cxlib.words import listed, percent, readable_interval, signed

PARTS = ("mix", "rate", "difference")
ENDS = {"mix": ("mix_low", "mix_high"), "rate": ("rate_low", "rate_high"), "difference": ("low", "high")}


def split_difference(
    blocks: pd.DataFrame, *, column: str, first: str, second: str, within: str, confidence: float = 0.95
) -> pd.DataFrame:
    """How much of a difference of mean gaps comes from who is in the groups (mix) and how much from the gaps (rate).

    `blocks` comes from `summarise_blocks` by `column` and `within`. Difference = `second` − `first`, in scale points;
    one row per stratum of `within`, the largest part first, then the total (`of`). Mix is (p₂ − p₁)·((g₁ + g₂)/2 −
    mean level), rate (g₂ − g₁)·(p₁ + p₂)/2, with shares p and gaps g (Kitagawa 1955; Oaxaca 1973; Blinder 1973). A
    stratum only one group has is all mix. Intervals leave out one block of respondents at a time, with t on the blocks
    of the smaller group; empty where those are fewer than 2.

    >>> blocks = pd.DataFrame({"wave": ["1", "1", "2", "2"], "persona": ["A", "B"] * 2, "_block": 0})
    >>> blocks = blocks.assign(gap_a=[-6, 0, -2, 0], gap_b=[3, 1, 1, 3])  # A: gap −2, from 3/4 to 1/4 of the people
    >>> split = split_difference(blocks, column="wave", first="1", second="2", within="persona")
    >>> split[["persona", "share_first", "share_second", "mix", "rate", "difference"]]
      persona  share_first  share_second  mix  rate  difference
    0       A         0.75          0.25  0.5   0.0         0.5
    1       B         0.25          0.75  0.5   0.0         0.5
    2     all         1.00          1.00  1.0   0.0         1.0
    """
    check_columns(blocks, [column, within, "_block", "gap_a", "gap_b"], name="blocks (from summarise_blocks)")
    chosen = blocks[blocks[column].isin([first, second]) & (blocks["gap_b"] > 0)]
    sums, strata = block_sums(chosen, chosen[column] == second, within)
    whole = sums.sum(axis=0)
    share, gap, parts = mix_and_rate(whole)
    se = leave_one_out(parts, mix_and_rate(whole - sums)[2])
    se = np.where(se > 1e-9 * np.nanmax(np.abs(gap), initial=0), se, 0)  # what rounding leaves of no variance
    there = with_total(sums[..., 1] > 0, np.any).sum(axis=0)
    n = np.where(there > 0, there, there.max(axis=0)).min(axis=0)
    low, high = t_interval(parts, se, np.minimum(n, n[-1]), confidence)
    columns = {"of": ["stratum"] * len(strata) + ["total"], within: pd.array([*strata, "all"], dtype="str")}
    for name, values in (("share", share), ("gap", gap)):
        columns |= {f"{name}_first": values[0], f"{name}_second": values[1]}
    columns |= dict(zip(PARTS, parts))
    for part, part_low, part_high in zip(PARTS, low, high):
        columns |= dict(zip(ENDS[part], (part_low, part_high)))
    order = np.argsort(-np.abs(parts[:2, :-1]).sum(axis=0), kind="stable")
    return pd.DataFrame(columns).iloc[[*order, len(strata)]].reset_index(drop=True)


def block_sums(blocks: pd.DataFrame, is_second: pd.Series, within: str) -> tuple[np.ndarray, list[str]]:
    """Σ w·gap and Σ w of shape (blocks, 2 groups, strata, 2), and the names of the strata."""
    block, names = pd.factorize(blocks["_block"])
    stratum, strata = pd.factorize(blocks[within].astype("str").fillna("not stated"), sort=True)
    sums = np.zeros((len(names), 2, len(strata), 2))
    place = (block, is_second.to_numpy(dtype=int), stratum)
    np.add.at(sums, place, blocks[["gap_a", "gap_b"]].to_numpy(dtype=float))
    return sums, list(strata)


def mix_and_rate(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares and gaps, shape (…, 2 groups, strata + 1), and mix, rate and both, (…, 3, strata + 1); the total last."""
    weight = sums[..., 1]
    whole = weight.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = weight / np.where(whole > 0, whole, np.nan)
        gap = np.where(share > 1e-12, sums[..., 0] / weight, np.nan)
        mean = np.where(whole > 0, sums[..., 0].sum(axis=-1, keepdims=True) / whole, np.nan)
    stand_in = np.nan_to_num(np.where(np.isnan(gap), gap[..., ::-1, :], gap))
    level = mean.mean(axis=-2)
    mix = (share[..., 1, :] - share[..., 0, :]) * (stand_in.mean(axis=-2) - level)
    rate = (stand_in[..., 1, :] - stand_in[..., 0, :]) * share.mean(axis=-2)
    parts = with_total(np.stack([mix, rate, mix + rate], axis=-2), np.sum)
    parts = np.where(np.isnan(level)[..., None], np.nan, parts)
    return with_total(share, np.sum), np.concatenate([gap, mean], axis=-1), parts


def with_total(values: np.ndarray, add) -> np.ndarray:
    """The values with their total behind them, along the last axis."""
    return np.concatenate([values, add(values, axis=-1, keepdims=True)], axis=-1)


def split_each(
    blocks: pd.DataFrame, *, each: str, column: str, first: str, second: str, within: str, confidence: float = 0.95
) -> pd.DataFrame:
    """The totals of `split_difference` for every group of `each`, such as every stage, in the order of the blocks."""
    how = dict(column=column, first=first, second=second, within=within, confidence=confidence)
    tables = [
        split_difference(part, **how).tail(1).drop(columns=["of", within]).assign(**{each: name})
        for name, part in blocks.groupby(each, sort=False)
        if {first, second} <= set(part[column])
    ]
    table = (
        pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[each, "difference", "mix", "rate"])
    )
    return table[[each, *(name for name in table if name not in (each, "share_first", "share_second"))]]


def find_widest_mix(splits: pd.DataFrame, *, each: str) -> str:
    """The group of `split_each` whose change owes most to another mix: the widest sure mix, else the widest of all."""
    known = splits.dropna(subset=["mix"])
    if known.empty:
        return ""
    sure = known[(known["mix_low"] > 0) | (known["mix_high"] < 0)]
    among = sure if len(sure) else known
    return str(among.loc[among["mix"].abs().idxmax(), each])


def describe_split(split: pd.DataFrame, *, what: str, n: int = 0, things: str = "") -> str:
    """Whether a difference of mean gaps comes from the mix or from the gaps themselves, in a sentence.

    `what` says between what ("since 2026-Q1", "from Family to Senior"), `n` how many respondents were compared,
    `things` the strata, where their column with an s is not their plural.
    """
    check_columns(split, ["of", *PARTS, *sum(ENDS.values(), ())], name="split (from split_difference)")
    total = split[split["of"] == "total"].iloc[0]
    if pd.isna(total["difference"]):
        return tell("No difference {what} can be told: one side has no gaps.", what=what)
    said = readable_interval(total["low"], total["high"]) + (f"; n\u00a0{n:,}" if n else "")
    mixed = tell("mix of {things}", things=things or split.columns[1].replace("_", " ") + "s")
    sure = {part: bool(total[low] > 0 or total[high] < 0) for part, (low, high) in ENDS.items()}
    mix, rate = (signed(total[part], 2) for part in PARTS[:2])
    if not sure["difference"]:
        found = [tell("another {mixed} gives {mix}", mixed=mixed, mix=mix)] * sure["mix"] + [
            tell("the gaps themselves give {rate}", rate=rate)
        ] * sure["rate"]
        yet = tell(", but {found}", found=listed(found)) if found else ""
        return tell(
            "No sure difference {what} ({difference} points; {said}){yet}.",
            what=what,
            difference=signed(total["difference"], 2),
            said=said,
            yet=yet,
        )
    if sure["mix"] and sure["rate"] and total["mix"] * total["rate"] < 0:
        made, undone = (tell("the gaps themselves"), tell("another {mixed}", mixed=mixed))[
            :: 1 if abs(total["rate"]) > abs(total["mix"]) else -1
        ]
        most, least = sorted([abs(total["mix"]), abs(total["rate"])], reverse=True)
        fell = tell(
            "The gap fell {what} by {difference:.2f} points ({said}): {made} made {most:.2f}, "
            "{undone} undid {least:.2f} of it."
        )
        rose = tell(
            "The gap rose {what} by {difference:.2f} points ({said}): {made} made {most:.2f}, "
            "{undone} undid {least:.2f} of it."
        )
        return (fell if total["difference"] < 0 else rose).format(
            what=what,
            difference=abs(total["difference"]),
            said=said,
            made=made,
            most=most,
            undone=undone,
            least=least,
        )
    mix, rate = (f"{abs(total[part]):.2f}" for part in PARTS[:2])
    parts = {
        (True, True): tell(
            "{mix} come from another {mixed} and {rate} from the gaps themselves", mix=mix, mixed=mixed, rate=rate
        ),
        (True, False): tell(
            "{mix} come from another {mixed}; the gaps themselves may play no part ({rate})",
            mix=mix,
            mixed=mixed,
            rate=rate,
        ),
        (False, True): tell(
            "{rate} come from the gaps themselves; another {mixed} may play no part ({mix})",
            rate=rate,
            mixed=mixed,
            mix=mix,
        ),
        (False, False): tell(
            "it is not sure what comes from another {mixed}, what from the gaps themselves", mixed=mixed
        ),
    }[sure["mix"], sure["rate"]]
    if pd.isna(total["mix_low"]) and abs(total["mix"]) < 0.005:
        parts = tell("all comes from the gaps themselves, for the {mixed} is the same", mixed=mixed)
    fall = tell("Of the fall {what} by {difference:.2f} points ({said}), {parts}.")
    rise = tell("Of the rise {what} by {difference:.2f} points ({said}), {parts}.")
    return (fall if total["difference"] < 0 else rise).format(
        what=what,
        difference=abs(total["difference"]),
        said=said,
        parts=parts,
    )


def find_gap_drivers(tables: dict[str, pd.DataFrame], *, level: float = 0.05) -> pd.DataFrame:
    """Which factors (persona, channel, …) tell large gaps from small ones, the surest and strongest first.

    `tables` holds one table of `summarise_ratings` per factor, by that factor or by touchpoint and factor; one row per
    factor and touchpoint. Welch's (1951) analysis of variance from means and standard errors (`f`, `df`, `df_within`,
    `p`; `q` is Benjamini–Hochberg's over the table), `omega2` the share of the variance between people that goes with
    the factor (Hays 1963; 0 at least), and the groups with the lowest and the highest gap, in scale points, whose
    intervals are the wider for being the ends of so many (Benjamini & Yekutieli 2005). Groups not
    stated, of fewer than 2 respondents or without a known error are left out. Where a person is in several groups, `n`
    counts each place and p is as a rule too large.
    """
    parts = [compare_groups(table, factor, 1 - level) for factor, table in tables.items()]
    ends = [f"{end}{part}" for end in ("lowest", "highest") for part in ("", "_gap", "_low", "_high", "_n")]
    words = ["factor", "touchpoint", "label"]
    columns = [*words, "groups", "n", "f", "df", "df_within", "p", "q", "omega2", *ends, "verdict"]
    drivers = pd.concat([part for part in parts if len(part)] or [pd.DataFrame()], ignore_index=True)
    drivers = drivers.reindex(columns=columns)
    drivers["q"] = adjust(drivers["p"])
    drivers["verdict"] = np.where(drivers["q"] <= level, "differs", "no sure difference")
    drivers = drivers.astype(dict.fromkeys([*words, "lowest", "highest", "verdict"], "str"))
    order = drivers.assign(unsure=drivers["verdict"] != "differs", size=-drivers["omega2"].astype("float64"))
    return drivers.loc[order.sort_values(["unsure", "size"], kind="stable").index].reset_index(drop=True)


def compare_groups(table: pd.DataFrame, factor: str, confidence: float) -> pd.DataFrame:
    """`find_gap_drivers` of one factor, `q` and verdict still to come."""
    check_columns(table, [factor, "n", "n_effective", "mean_gap", "se_gap"], name=f"{factor} (from summarise_ratings)")
    place = [name for name in ("touchpoint", "label") if name in table and factor != "touchpoint"]
    names = "label" if factor == "touchpoint" and "label" in table else factor
    usable = (table["n"] >= 2) & (table["n_effective"] > 1) & (table["se_gap"] > 0) & table["mean_gap"].notna()
    groups = table[usable & table[[factor, *place[:1]]].notna().all(axis=1)].reset_index(drop=True)
    groups = groups.astype(dict.fromkeys(["n", "n_effective", "mean_gap", "se_gap"], "float64"))
    groups = groups.assign(name=groups[names], key=groups[place[0]] if place else factor)
    groups = groups.assign(count=groups.groupby("key")["key"].transform("size"))
    groups = groups[groups["count"] >= 2]
    if groups.empty:
        return pd.DataFrame()
    low, high = interval_of_ends(groups["mean_gap"], *guarded(groups), groups["count"], confidence)
    groups = groups.assign(low=low, high=high)
    by = groups.groupby("key", sort=False)
    tests = welch_anova(groups).assign(factor=factor, groups=by.size(), n=by["n"].sum().astype("int64"))
    for end, rows in (("lowest", by["mean_gap"].idxmin()), ("highest", by["mean_gap"].idxmax())):
        found = groups.loc[rows, ["name", "mean_gap", "low", "high", "n"]].set_axis(rows.index)
        tests[[end, *(f"{end}_{part}" for part in ("gap", "low", "high", "n"))]] = found.astype({"n": "int64"})
    return tests.join(by[place].first()) if place else tests


def guarded(groups: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Standard error and effective n of mean gaps, guarded against rare failures where how the gaps lie is known."""
    se, worth = groups["se_gap"], groups["n_effective"]
    if "modal" not in groups:
        return se, worth
    lie = [groups[name] for name in ("modal", "skewness", "width", "mean_gap")]
    return guard_rare_failures(se, groups["n"], worth, *lie)


def welch_anova(groups: pd.DataFrame) -> pd.DataFrame:
    """Welch's analysis of variance and ω² of the groups of each `key`, from n, mean and standard error.

    The spread within a group is se·√n, with Kish's effective n throughout.
    """
    by = groups["key"]

    def total(values: pd.Series) -> pd.Series:
        return values.groupby(by, sort=False).transform("sum")

    n, mean, precision = groups["n_effective"], groups["mean_gap"], 1 / groups["se_gap"] ** 2
    count, weight, people = total(n * 0 + 1), total(precision), total(n)
    between = total(precision * (mean - total(precision * mean) / weight) ** 2) / (count - 1)
    doubt = total((1 - precision / weight) ** 2 / (n - 1))
    f = between / (1 + 2 * (count - 2) / (count**2 - 1) * doubt)
    df_within = (count**2 - 1) / (3 * doubt)
    squares = total(n * (mean - total(n * mean) / people) ** 2)
    within = total((n - 1) * n / precision)
    noise = within / (people - count)
    omega2 = ((squares - (count - 1) * noise) / (squares + within + noise)).clip(lower=0)
    columns = {"f": f, "df": count - 1, "df_within": df_within, "p": stats.f.sf(f, count - 1, df_within)}
    return pd.DataFrame(columns | {"omega2": omega2, "key": by}).groupby("key", sort=False).first()


def describe_gap_drivers(drivers: pd.DataFrame) -> str:
    """What tells gaps apart most, with its lowest and highest group, in a sentence."""
    check_columns(drivers, ["factor", "omega2", "verdict"], name="drivers (from find_gap_drivers)")
    if drivers.empty:
        return tell("What tells gaps apart cannot be said: no factor has two groups with enough answers.")
    row, factors = drivers.iloc[0], listed(drivers["factor"].drop_duplicates().map(tell), most=4)
    if row["verdict"] != "differs":
        return tell("Gaps do not surely differ by {factors}.", factors=factors.replace(" and ", " or "))
    where = "".join(tell(" at {place}", place=place) for place in row[["label", "touchpoint"]].dropna()[:1])
    told = pd.notna(row["lowest_low"])
    ends = (
        tell(
            "{low} to {high}; ",
            low=signed(row["lowest_low"]),
            high=signed(row["lowest_high"]),
        )
        if told
        else ""
    )
    return tell(
        "Gaps{where} differ most by {factor} ({share} of their variance): lowest for "
        "{lowest}, {lowest_gap} ({ends}n\u00a0{lowest_n:,}), highest for {highest}, "
        "{highest_gap} (n\u00a0{highest_n:,}).",
        where=where,
        factor=row["factor"].replace("_", " "),
        share=percent(row["omega2"]),
        lowest=row["lowest"],
        lowest_gap=signed(row["lowest_gap"]),
        ends=ends,
        lowest_n=row["lowest_n"],
        highest=row["highest"],
        highest_gap=signed(row["highest_gap"]),
        highest_n=row["highest_n"],
    )
