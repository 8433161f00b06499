"""Step 4: where experience falls short of expectation."""

import numpy as np
import pandas as pd

from cxlib.intervals import (
    adjust,
    leave_one_out,
    n_for_precision,
    ratio_mean,
    t_interval,
    t_test,
)
from cxlib.tables import GAP_COLUMNS, check_columns
from cxlib.words import counted, listed, signed

NO_PAIRS = (
    "No answer holds both an expectation and an experience, so there is no gap to show. "
    "Columns expected and experienced of the ratings switch it on."
)
VERDICTS = ("shortfall", "exceeded", "met", "not enough data")

FIGURES = [column.name for column in GAP_COLUMNS]
SIDES = ("expected", "experienced")
SUMMARY = [
    "n",
    "n_effective",
    "mean_gap",
    "se_gap",
    *(f"{part}_{side}" for side in SIDES for part in ("n", "mean", "paired")),
]


def find_gaps(
    ratings: pd.DataFrame, *, met_within: float | None, confidence: float = 0.95, level: float = 0.05
) -> pd.DataFrame:
    """Experience minus expectation with its interval and verdict, widest shortfall first.

    `ratings` comes from `summarise_ratings`, in scale points. `q` is Benjamini–Hochberg's over the rows of the table.
    The verdict, in this order: *met* when the (1 − 2·level) interval lies within ±met_within (two one-sided tests),
    *shortfall* or *exceeded* when q ≤ level, else *not enough data*; `n_needed` respondents would give ±met_within.

    Sure shortfalls come first, the widest on top; what cannot be told comes last.

    >>> summary = pd.DataFrame({"touchpoint": ["checkout"], "n": [50], "mean_gap": [-1.5], "se_gap": [0.2]})
    >>> summary = summary.assign(n_effective=50, n_expected=50, n_experienced=50, mean_expected=6, mean_experienced=4.5)
    >>> gaps = find_gaps(summary.assign(paired_expected=6, paired_experienced=4.5), met_within=0.24)
    >>> gaps[["touchpoint", "n", "gap", "low", "high", "verdict"]].round(2)
      touchpoint   n  gap  low  high    verdict
    0   checkout  50 -1.5 -1.9  -1.1  shortfall
    """
    check_columns(ratings, SUMMARY, name="ratings (from summarise_ratings)")
    met_within = np.nan if met_within is None else met_within
    mean, se, n, effective = (ratings[column] for column in ("mean_gap", "se_gap", "n", "n_effective"))
    low, high = t_interval(mean, se, effective, confidence)
    near, far = t_interval(mean, se, effective, 1 - 2 * level)
    p = t_test(mean, se, effective)
    q = adjust(p)
    claims = [(near > -met_within) & (far < met_within), (q <= level) & (mean < 0), q <= level]
    verdict = np.select(claims, ["met", "shortfall", "exceeded"], "not enough data")
    sides = {side: ratings[f"paired_{side}"].fillna(ratings[f"mean_{side}"]) for side in SIDES}
    gaps = ratings.assign(**sides, gap=mean, low=low, high=high, p=p, q=q, verdict=verdict).assign(
        n_needed=n_for_precision(se, n, effective, met_within, confidence), paired=np.where(n > 0, "yes", "no pairs")
    )
    groups = [column for column in ("stage", "touchpoint", "label") if column in gaps]
    figures = ("se_", "mean_", "paired_", "n_")
    groups += [c for c in ratings.columns if c not in [*groups, *SUMMARY] and not c.startswith(figures)]
    rank = gaps["verdict"].map({"shortfall": 0, "not enough data": 2}).fillna(1)
    order = gaps.assign(rank=rank).sort_values(["rank", "gap"], kind="stable").index
    return gaps.loc[order, [*groups, *FIGURES]].reset_index(drop=True)


def add_up_cells(cells: pd.DataFrame, *, all_waves: bool) -> pd.DataFrame:
    """Means and standard errors of a choice of cells, per touchpoint, for `find_gaps`; no row of the data is touched.

    `cells` are the chosen rows of `summarise_cells`. Where nobody stands in two of a touchpoint's cells the squares add
    up, and n, gap and interval are those of `summarise_ratings`; elsewhere the standard error comes from leaving out
    one block of respondents at a time, and `n` counts a person once a cell.
    """
    groups = ["stage", "touchpoint", "label"]
    sums = [column for column in cells if column.startswith(("n_", "gap_", "paired_"))]
    again = "again_any" if all_waves else "again"
    rows = []
    for names, cell in cells.groupby(groups, sort=False, dropna=False):
        total = cell[sums].sum()
        parts = [total[f"gap_{part}"] for part in ("a", "b", "aa", "ab", "bb")]
        mean, se, effective = (float(value) for value in ratio_mean(total["n_gap"], *parts))
        if cell[again].any() and len(cell[["channel", "wave"]].drop_duplicates()) > 1:
            blocks = cell.groupby("_block")[["gap_a", "gap_b"]].sum()
            left = total[["gap_a", "gap_b"]] - blocks
            se = float(leave_one_out(mean, (left["gap_a"] / left["gap_b"]).dropna().to_numpy()))
        expected = total["paired_a"] / total["paired_b"]
        rows.append((*names, int(total["n_gap"]), effective, mean, se, expected, expected + mean))
    columns = [*groups, "n", "n_effective", "mean_gap", "se_gap", "paired_expected", "paired_experienced"]
    table = pd.DataFrame(rows, columns=columns)
    sides = {f"n_{side}": table["n"] for side in SIDES} | {f"mean_{side}": table[f"paired_{side}"] for side in SIDES}
    return table.assign(**sides)


def describe_gaps(gaps: pd.DataFrame, *, confidence: float = 0.95, among: str = "") -> str:
    """The headline: where the widest shortfall was measured, and how sure that is.

    `among` says what was compared, where that is not plain ("Of all personas and stages").
    """
    check_columns(gaps, ["n", "gap", "low", "high", "verdict"], name="gaps (from find_gaps)")
    if not (gaps["n"] > 0).any():
        return NO_PAIRS
    short = shortfalls(gaps)
    if short.empty:
        sure = (gaps["verdict"] != "not enough data").any()
        return "Nothing falls clearly short of expectation." if sure else "The answers are too few to name a shortfall."
    worst, name = short.iloc[0], group_names(short).iloc[0]
    return (
        f"{f'{among}, {name}' if among else name[:1].upper() + name[1:]} falls furthest short: "
        f"{abs(worst['gap']):.1f} points below expectation "
        f"({confidence * 100:g}\u00a0% interval {-worst['high']:.1f} to {-worst['low']:.1f}; n\u00a0{worst['n']:,})."
    )


def shortfalls(gaps: pd.DataFrame) -> pd.DataFrame:
    """The rows that fall short, of groups that are known."""
    groups = [column for column in gaps.columns if column not in FIGURES and column != "stage"] or ["stage"]
    known = gaps[groups].notna().all(axis=1) & (
        gaps["stage"].notna() if "stage" in gaps and "label" not in gaps else True
    )
    return gaps[known & (gaps["verdict"] == "shortfall")]


def describe_ties(gaps: pd.DataFrame) -> str:
    """What could be as bad as the widest shortfall: those whose intervals overlap with its interval."""
    short = shortfalls(gaps)
    close = short.iloc[1:][short.iloc[1:]["low"] <= short["high"].iloc[0]] if len(short) else short
    if close.empty:
        return "The intervals of all other shortfalls lie apart from it." if len(short) > 1 else ""
    return f"Could be as bad, for their intervals overlap: {listed(group_names(close))}."


def describe_verdicts(gaps: pd.DataFrame) -> str:
    """How many touchpoints fall short, exceed, meet expectation, and for how many the answers do not suffice."""
    check_columns(gaps, ["n", "verdict"], name="gaps (from find_gaps)")
    if not (gaps["n"] > 0).any():
        return NO_PAIRS
    counts = {verdict: int((gaps["verdict"] == verdict).sum()) for verdict in VERDICTS}
    verbs = {
        "shortfall": ("falls short of", "fall short of"),
        "exceeded": ("exceeds", "exceed"),
        "met": ("meets", "meet"),
    }
    said = [counted(counts[verdict], *words) for verdict, words in verbs.items() if counts[verdict]]
    said = [f"{words} {'it' if place else 'expectation'}" for place, words in enumerate(said)]
    unsure = counts["not enough data"]
    doubt = [f"for {unsure} the answers do not suffice to tell"] if unsure else []
    return f"Of {counted(len(gaps), 'touchpoint')}, {'; '.join([*filter(None, [', '.join(said)]), *doubt])}."


def list_gaps(gaps: pd.DataFrame) -> str:
    """Every gap with its interval in one line, for those who cannot see the chart."""
    shown = gaps[gaps["n"] > 0]
    return "; ".join(
        f"{group} {signed(row.gap)} ({signed(row.low)} to {signed(row.high)}, n {row.n})"
        for group, row in zip(group_names(shown), shown.itertuples())
    )


def group_names(gaps: pd.DataFrame) -> pd.Series:
    """What people call each row: the label, or the values of its group, such as "Senior in adoption"."""
    if "label" in gaps:
        return gaps["label"].astype("str")
    groups = gaps[[column for column in gaps.columns if column not in FIGURES]]
    blank = {"stage": "not on the map"}
    named = groups.apply(lambda column: column.astype("str").fillna(blank.get(column.name, "not stated")))
    if list(named.columns[:1]) == ["stage"] and named.shape[1] == 2:
        return named.iloc[:, 1] + " in " + named["stage"]
    return named.iloc[:, 0].str.cat(named.iloc[:, 1:], sep=", ")
