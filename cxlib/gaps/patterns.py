"""Who falls short where: patterns over two groups at once, and differences that are only a matter of the mix."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.intervals import adjust, leave_one_out, t_interval, t_test
from cxlib.shrinkage import shrink
from cxlib.tables import StudyError, check_columns
from cxlib.words import counted, most_likely, readable_interval

REVERSALS = ("reversed", "explained by mix", "hidden by mix", "holds", "no sure difference")
FLAGGED = REVERSALS[:3]


def find_patterns(
    gaps: pd.DataFrame, *, rows: str, columns: str, order: list[str] = (), confidence: float = 0.95
) -> pd.DataFrame:
    """The gaps of two groups at once, each drawn towards the mean of all, so that small groups do not lead by luck.

    `gaps` comes from `find_gaps` by `rows` and `columns`, at the same `confidence`. `shrunk`, in scale points, with
    `shrunk_low` and `shrunk_high` is the empirical-Bayes posterior (`shrink`); the error of a cell is its interval's,
    so that a standard error of few answers is not trusted. NaN where the gap has no interval. Rows come worst first by
    their mean `shrunk`, weighted by n, columns in `order`, such as the journey's, then likewise; blank groups last.

    >>> gaps = pd.DataFrame({"persona": ["Student", "Senior"], "stage": "use", "n": [90, 9], "gap": [-0.4, -0.9]})
    >>> gaps = gaps.assign(low=[-0.6, -2.1], high=[-0.2, 0.3], verdict=["shortfall", "not enough data"])
    >>> find_patterns(gaps, rows="persona", columns="stage")[["persona", "stage", "gap", "shrunk"]].round(2)
       persona stage  gap  shrunk
    0   Senior   use -0.9   -0.64
    1  Student   use -0.4   -0.41
    """
    check_columns(gaps, [rows, columns, "n", "gap", "low", "high", "verdict"], name="gaps (from find_gaps)")
    twice = gaps.duplicated([rows, columns])
    if twice.any():
        row, column = gaps.loc[twice, [rows, columns]].astype("str").iloc[0]
        raise StudyError(
            f"gaps has more than one row for {row} and {column}; one for each {rows} and {columns} will do."
        )
    table = gaps.sort_values([rows, columns], kind="stable")
    normal = stats.norm.ppf(0.5 + confidence / 2)
    shrunk, deviation = shrink(table["gap"], (table["high"] - table["low"]) / (2 * normal))
    table = table.assign(shrunk=shrunk, shrunk_low=shrunk - normal * deviation, shrunk_high=shrunk + normal * deviation)
    ranks = {"_rows": rank_groups(table, rows), "_columns": rank_groups(table, columns, order)}
    return table.assign(**ranks).sort_values([*ranks], kind="stable", ignore_index=True).drop(columns=[*ranks])


def rank_groups(table: pd.DataFrame, group: str, order: list[str] = ()) -> pd.Series:
    """The place of each row's group: in `order`, then by mean `shrunk` weighted by n, worst first; blank ones last."""
    known = table[table["shrunk"].notna()]
    weight, names = known["n"].astype("float64"), known[group]
    means = (known["shrunk"] * weight).groupby(names).sum() / weight.groupby(names).sum()
    worst_first = means.sort_values(kind="stable").index
    there = table[group].dropna().unique()
    places = {name: place for place, name in enumerate(dict.fromkeys([*order, *worst_first, *there]))}
    return table[group].map(places).astype("float64").fillna(len(places))


def describe_patterns(patterns: pd.DataFrame, *, rows: str, columns: str, confidence: float = 0.95) -> str:
    """Which group falls short most often along the other one, and where most, in a sentence.

    `patterns` comes from `find_patterns`; a cell counts where its own verdict is a shortfall and it stays one shrunk.
    """
    known = patterns[patterns[[rows, columns]].notna().all(axis=1) & (patterns["n"] > 0)]
    row, column = (name.replace("_", " ") for name in (rows, columns))
    if not (known["verdict"] != "not enough data").any():
        return tell(
            "The answers are too few to tell which {row} falls short in which {column}.", row=row, column=column
        )
    short = known[(known["verdict"] == "shortfall") & (known["shrunk"] < 0)]
    if short.empty:
        return tell("No {row} falls clearly short in any {column}.", row=row, column=column)
    times = short.groupby(rows, sort=False).size()
    worst = short.loc[short.loc[short[rows] == times.idxmax(), "shrunk"].idxmin()]
    name, place = (str(worst["label" if key == "touchpoint" and "label" in worst else key]) for key in (rows, columns))
    among = counted(int((known[rows] == worst[rows]).sum()), column)
    points, low, high = (below(worst[end]) for end in ("shrunk", "shrunk_high", "shrunk_low"))
    others = len(times) - 1
    more = (
        tell(
            " {others} more {row} falls short somewhere."
            if others == 1
            else " {others} more {things} fall short somewhere.",
            others=others,
            row=row,
            things=f"{row}s",
        )
        if others
        else ""
    )
    return tell(
        "{name} falls short in {times} of {among}, most in {place}: by {points} points, drawn towards the average "
        "({likely}; {people}).{more}",
        name=name[:1].upper() + name[1:],
        times=times.max(),
        among=among,
        place=place,
        points=points,
        likely=most_likely(tell("{low} to {high}", low=low, high=high), confidence),
        people=counted(int(worst["n"]), "person", "people"),
        more=more,
    )


def below(gap: float) -> str:
    """How far a gap lies below expectation, one digit.

    >>> below(-1.26), below(0.3), below(0.04)
    ('1.3', '−0.3', '0.0')
    """
    return f"{round(-float(gap), 1) + 0.0:.1f}".replace("-", "−")


def find_reversals(
    blocks: pd.DataFrame, *, column: str, within: str, confidence: float = 0.95, level: float = 0.05
) -> pd.DataFrame:
    """Where a group's gap differs from the others', or seems not to, because it meets another mix of `within`.

    `blocks` comes from `summarise_blocks` by `column` and `within`. One row for each group of `column` against all the
    others: `crude` = gap − gap_rest, in scale points, below 0 is worse than the rest; `adjusted` is the same at an
    equal mix of `within` (direct standardisation to the weights of both sides together, over the values both sides
    have, which hold `coverage` of the group's weight). Intervals leave out one block of respondents at a time; `q` and
    `q_adjusted` are Benjamini–Hochberg's over the rows, `p` the larger of the two p-values, that of both at once. A
    difference is sure where q ≤ level. The verdict is *reversed* where both are sure and of opposite sign (Simpson
    1951), *explained by mix* where only the crude one is sure and the adjusted one at most half as far from 0, *hidden
    by mix* where only the adjusted one is sure and the crude one at most half as far to that side, *holds* where both
    are sure and agree. Those come first, in this order, the widest change on top. Answers that do not state `column` or
    `within` are left out.
    """
    check_columns(blocks, [column, within, "_block", "gap_a", "gap_b"], name="blocks (from summarise_blocks)")
    a, b, names = block_sums(blocks, column, within)
    found = compare_groups(a.sum(axis=0), b.sum(axis=0))
    left_out = compare_groups(a.sum(axis=0) - a, b.sum(axis=0) - b)
    table = pd.DataFrame({column: names, "gap": found["gap"], "gap_rest": found["gap_rest"]})
    rounding = 1e-9 * (table["gap"].abs() + table["gap_rest"].abs())
    n, p, q = shared_blocks(b), {}, {}
    for figure in ("crude", "adjusted"):
        se = leave_one_out(found[figure], left_out[figure])
        se = np.where(se > rounding, se, np.nan)
        low, high = t_interval(found[figure], se, n[figure], confidence)
        table = table.assign(**{figure: found[figure], f"{figure}_low": low, f"{figure}_high": high})
        p[figure] = t_test(found[figure], se, n[figure])
        q[figure] = adjust(p[figure])
    both = np.fmax(p["crude"], p["adjusted"])
    table = table.assign(coverage=found["coverage"], p=both, q=q["crude"], q_adjusted=q["adjusted"])
    return sort_reversals(table.assign(verdict=judge_reversals(table, level)))


def block_sums(blocks: pd.DataFrame, column: str, within: str) -> tuple[np.ndarray, np.ndarray, pd.Index]:
    """Σ w·gap and Σ w, shape (blocks, groups, values of `within`), and the names of the groups; blank ones left out."""
    stated = blocks[blocks[[column, within]].notna().all(axis=1) & (blocks["gap_b"] > 0)]
    keys = [pd.factorize(stated[key], sort=True) for key in ("_block", column, within)]
    a, b = np.zeros((2, *(len(values) for _, values in keys)))
    where = tuple(codes for codes, _ in keys)
    np.add.at(a, where, stated["gap_a"].to_numpy(float))
    np.add.at(b, where, stated["gap_b"].to_numpy(float))
    return a, b, keys[1][1]


def compare_groups(a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    """Each group against all the others, as they are and at an equal mix, from Σ w·gap and Σ w (…, groups, values)."""
    rest_a, rest_b = a.sum(axis=-2, keepdims=True) - a, b.sum(axis=-2, keepdims=True) - b
    both = (b > 0) & (rest_b > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap, rest = a.sum(axis=-1) / b.sum(axis=-1), rest_a.sum(axis=-1) / rest_b.sum(axis=-1)
        shares = np.where(both, b + rest_b, 0)
        differences = np.where(both, a / b - rest_a / rest_b, 0)
        adjusted = (shares * differences).sum(axis=-1) / shares.sum(axis=-1)
        coverage = np.where(both, b, 0).sum(axis=-1) / b.sum(axis=-1)
    return {"gap": gap, "gap_rest": rest, "crude": gap - rest, "adjusted": adjusted, "coverage": coverage}


def shared_blocks(b: np.ndarray) -> dict[str, np.ndarray]:
    """How many blocks of respondents the smaller side of each comparison has: what its t interval goes by."""
    group = b > 0
    rest = group.sum(axis=1, keepdims=True) > group
    both = group.any(axis=0) & rest.any(axis=0)
    return {
        figure: np.minimum(*((side & chosen).any(axis=-1).sum(axis=0) for side in (group, rest)))
        for figure, chosen in (("crude", True), ("adjusted", both))
    }


def judge_reversals(table: pd.DataFrame, level: float) -> np.ndarray:
    """The verdict on each row, one of REVERSALS."""
    crude, adjusted = table["crude"], table["adjusted"]
    sure, sure_adjusted = table["q"] <= level, table["q_adjusted"] <= level
    claims = [
        sure & sure_adjusted & (np.sign(crude) != np.sign(adjusted)),
        sure & ~sure_adjusted & (adjusted.abs() <= crude.abs() / 2),
        ~sure & sure_adjusted & (crude * np.sign(adjusted) <= adjusted.abs() / 2),
        sure & sure_adjusted,
    ]
    return np.select(claims, REVERSALS[:4], REVERSALS[4])


def sort_reversals(table: pd.DataFrame) -> pd.DataFrame:
    """By verdict as in REVERSALS, then the widest change; of two groups, which mirror each other, the worse first."""
    shift = (table["adjusted"] - table["crude"]).abs()
    place = table["verdict"].map({verdict: place for place, verdict in enumerate(REVERSALS)})
    order = table.assign(_place=place, _shift=-(shift / shift.max()).round(9))
    order = order.sort_values(["_place", "_shift", "crude"], kind="stable", ignore_index=True)
    return order.drop(columns=["_place", "_shift"])


def describe_reversals(reversals: pd.DataFrame, *, within: str, confidence: float = 0.95) -> str:
    """The most telling group whose difference from the rest is a matter of the mix, in a sentence; empty if none is.

    `reversals` comes from `find_reversals`.
    """
    flagged = reversals[reversals["verdict"].isin(FLAGGED)]
    if flagged.empty:
        return ""
    first, more = flagged.iloc[0], len(flagged) - 1
    name = str(first.iloc[0])
    crude, adjusted = (f"{abs(first[figure]):.2f}" for figure in ("crude", "adjusted"))
    looks, is_ = ("worse" if first[figure] < 0 else "better" for figure in ("crude", "adjusted"))
    interval = tell(
        "{confidence:g}\u00a0% interval {interval}",
        confidence=confidence * 100,
        interval=readable_interval(first["adjusted_low"], first["adjusted_high"]),
    )
    things, shared = within.replace("_", " ") + "s", first["coverage"] <= 1 - 1e-9
    mix = tell("at an equal mix of shared {things}") if shared else tell("at an equal mix of {things}")
    mix = mix.format(things=tell(things))
    said = tell(
        {
            "reversed": "looks {crude} points {looks} than the rest but is {adjusted} {is_} {mix} ({interval})",
            "explained by mix": "looks {crude} points {looks} than the rest; {mix} no sure difference remains "
            "({adjusted} {is_}, {interval})",
            "hidden by mix": "does not surely look different ({crude} points {looks}) but is {adjusted} {is_} {mix} "
            "({interval})",
        }[first["verdict"]],
        crude=crude, looks=looks, adjusted=adjusted, is_=is_, mix=mix, interval=interval,
    )  # fmt: skip
    others = tell(" And {more} more.", more=more) if more and len(reversals) > 2 else ""
    return f"{name[:1].upper()}{name[1:]} {said}.{others}"
