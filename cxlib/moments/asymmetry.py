"""Whether a touchpoint costs more when it is poor than it earns when it is good."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.intervals import adjust, degrees, leave_one_out, t_interval, t_test
from cxlib.moments.importance import NO_VERDICT, name_first
from cxlib.words import readable_interval, signed

EFFECTS = ("penalty", "reward", "range", "asymmetry")
KINDS = ("dissatisfier", "delighter", "hybrid", "not sure")
STRICTER, FAR = 0.28, 2
"""Where the range's interval begins below its `FAR`th part, the error of the asymmetry's as a part of the others':
there an asymmetry is told in few samples, those with a range large by chance, and is to hold in those."""


def find_asymmetry(drivers: list, *, cut: float = 0.1, confidence: float = 0.95) -> pd.DataFrame:
    """What a poor and a good experience of each touchpoint do to the verdict, and which of the two does more.

    `drivers` comes from `summarise_extremes`. One row per touchpoint, in points of the outcome, each with its interval
    by leaving out one block of respondents at a time: `penalty` (poor against in between, usually below 0), `reward`
    (good against in between), `range` = reward − penalty, and `asymmetry` = (reward + penalty)/range, −1 to 1, beyond
    where both go the same way: Brandt's (1987) and Mikulić and Prebežac's (2008) penalty–reward contrast, with
    Fieller's (1954) interval, wider where the range is unsure (`STRICTER`); blank where it might be 0. `kind`:
    *dissatisfier* (surely below −`cut`; q is Benjamini–Hochberg's of p, that it is not beyond the cut), *delighter*
    (above it), *hybrid* (surely within), else *not sure*. `joint`: all touchpoints of the stage beside each other.
    Blank where too few rated it low, in between or high.
    """
    tables = [stage_asymmetry(stage, cut, confidence) for stage in drivers]
    words = {"stage": "str", "touchpoint": "str", "joint": "bool"}
    figures = [f"{effect}{end}" for effect in EFFECTS for end in ("", "_low", "_high")]
    counts = ["n", "n_poor", "n_good"]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*words, *counts, *figures, "p"])
    table = table.astype(words | dict.fromkeys(counts, "Int64") | dict.fromkeys([*figures, "p"], "float64"))
    ratio = ["asymmetry", "asymmetry_low", "asymmetry_high", "p"]
    table[ratio] = table[ratio].where(table["asymmetry_low"].notna())
    low, high, q = table["asymmetry_low"], table["asymmetry_high"], adjust(table["p"])
    sure = q <= 1 - confidence
    cases = [sure & (high < -cut), sure & (low > cut), (low >= -cut) & (high <= cut)]
    table = table.assign(q=q, kind=np.select(cases, KINDS[:3], KINDS[3]))
    return table[[*words, *counts, *figures, "p", "q", "kind"]]


def stage_asymmetry(stage, cut: float, confidence: float) -> pd.DataFrame:
    """`find_asymmetry` of one stage, without verdicts."""
    known = np.array([min(ends) > 0 for ends in stage.extremes], dtype=bool)
    table = pd.DataFrame({"stage": stage.stage, "touchpoint": stage.touchpoints, "joint": stage.joint})
    for name, counts in zip(("n", "n_poor", "n_good"), (stage.n_own, *zip(*stage.extremes))):
        table[name] = pd.array([count or None for count in counts], dtype="Int64")
    table = table.assign(**{f"{effect}{end}": np.nan for effect in EFFECTS for end in ("", "_low", "_high")}, p=np.nan)
    if not known.any():
        return table
    if stage.joint:
        keep = np.flatnonzero([True, *np.repeat(known, 2), True])
        sums = stage.sums[:, None, keep[:, None], keep]
    else:
        sums = stage.sums[:, known]
    whole, answered = sums.sum(axis=0), sums[..., 0, 0].any(axis=1)
    effects, left_out = contrast(whole), contrast(whole - sums[answered])
    fewest = [min(low, n - low - high, high) for (low, high), n in zip(stage.extremes, stage.n_own) if low and high]
    n = np.minimum(fewest, answered.sum())
    low, high = t_interval(effects, leave_one_out(effects, left_out), n[:, None], confidence)
    plain, wider = (ratio_interval(effects, left_out, n, cut, 1 - part * (1 - confidence)) for part in (1, STRICTER))
    low[:, -1], high[:, -1], p = np.where(low[:, 2] > effects[:, 2] / FAR, plain, wider)
    for place, effect in enumerate(EFFECTS):
        ends = {effect: effects, f"{effect}_low": low, f"{effect}_high": high}
        table.loc[known, list(ends)] = np.column_stack([values[:, place] for values in ends.values()])
    table.loc[known, "p"] = p
    return table


def ratio_interval(
    effects: np.ndarray, left_out: np.ndarray, n: np.ndarray, cut: float, confidence: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fieller's interval of (reward + penalty)/range, NaN where the range might be 0, and p of not beyond ±`cut`."""
    (both, spread), (boths, spreads) = ((each[..., 0] + each[..., 1], each[..., 2]) for each in (effects, left_out))
    aa, rr, sum_of = (
        leave_one_out(*each) ** 2 for each in ((both, boths), (spread, spreads), (both + spread, boths + spreads))
    )
    ar, t2 = (sum_of - aa - rr) / 2, stats.t.ppf(0.5 + confidence / 2, degrees(n)) ** 2
    square, middle, end = spread**2 - t2 * rr, both * spread - t2 * ar, both**2 - t2 * aa
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(np.where((square > 0) & (spread > 0) & (rr > 0), middle**2 - square * end, np.nan))
        low, high = (middle - root) / square, (middle + root) / square
    way = cut * np.sign(both)
    p = t_test(np.maximum(np.abs(both) - cut * spread, 0), np.sqrt(np.maximum(aa - 2 * way * ar + way**2 * rr, 0)), n)
    return low, high, p


def contrast(sums: np.ndarray) -> np.ndarray:
    """The EFFECTS of each touchpoint from Σ w·v·v, v = (1, low, high, …, outcome); shape (…, k, m, m) to (…, K, 4)."""
    fitted = np.linalg.pinv(sums[..., :-1, :-1], rcond=1e-12, hermitian=True) @ sums[..., :-1, -1:]
    penalty, reward = np.moveaxis(fitted[..., 1:, 0].reshape(*sums.shape[:-3], -1, 2), -1, 0)
    spread = reward - penalty
    with np.errstate(divide="ignore", invalid="ignore"):
        asymmetry = np.where(spread != 0, (reward + penalty) / spread, np.nan)
    return np.stack([penalty, reward, spread, asymmetry], axis=-1)


def describe_asymmetry(asymmetry: pd.DataFrame, *, outcome: str) -> str:
    """Which touchpoints mostly punish and which mostly please, in a sentence; `asymmetry` has a label a row too."""
    if not outcome:
        return NO_VERDICT
    figures, known = asymmetry.dropna(subset="range_low"), asymmetry.dropna(subset="asymmetry_low")
    if figures.empty:
        return tell(
            "Too few people rated any touchpoint low, in between and high to tell what that does to {outcome}.",
            outcome=outcome,
        )
    if known.empty and (figures["range_low"] > 0).any():
        return tell(
            "Nowhere can it be told whether poor costs more than good earns (up to n\u00a0{most:,}).",
            most=figures["n"].max(),
        )
    if known.empty:
        return tell(
            "Nowhere does a poor or good experience surely change {outcome} (up to n\u00a0{most:,}).",
            outcome=outcome,
            most=figures["n"].max(),
        )
    said = []
    for kind, words in (
        ("dissatisfier", tell("poor costs more than good earns")),
        ("delighter", tell("good earns more than poor costs")),
    ):
        words = "reverse" if said else words
        these = known[known["kind"] == kind].sort_values("q", kind="stable")
        said += (
            [f"{words}: {name_first(these['label'], say_asymmetry(these.iloc[0], named=not said))}"]
            if len(these)
            else []
        )
    if not said:
        first = known.loc[known["asymmetry"].abs().idxmax()]
        furthest = name_first(pd.Series([first["label"]]), say_asymmetry(first))
        return tell(
            "Surely nowhere does poor cost more than good earns, or the reverse; furthest from even: {furthest}.",
            furthest=furthest,
        )
    sentence = "; ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]}."


def say_asymmetry(row: pd.Series, *, named: bool = True) -> str:
    """An asymmetry with its interval and n, `named` an index where it first comes.

    >>> say_asymmetry(pd.Series({"asymmetry": -0.6, "asymmetry_low": -0.9, "asymmetry_high": -0.3, "n": 140}))
    'index −0.60, −0.90 to −0.30; n\xa0140'
    """
    interval = readable_interval(row["asymmetry_low"], row["asymmetry_high"])
    said = f"{signed(row['asymmetry'], 2)}, {interval}; n\u00a0{row['n']:,.0f}"
    return tell("index {said}", said=said) if named else said
