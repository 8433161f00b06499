"""Misunderstood needs: what staff believe customers expect, against what customers say (SERVQUAL's gap 1)."""

import textwrap

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.intervals import adjust, difference_of_means, known, t_interval, t_test
from cxlib.tables import check_columns
from cxlib.words import counted, listed, readable_interval, signed

BELIEFS = ("underestimated", "overestimated", "understood", "not enough data")


def compare_beliefs(
    beliefs: pd.DataFrame, ratings: pd.DataFrame, *, met_within: float, column: str = "expected", least: int = 5,
    confidence: float = 0.95, level: float = 0.05,
) -> pd.DataFrame:  # fmt: skip
    """What staff believe less what customers say, of every touchpoint both rated, the most underestimated first.

    `beliefs` is the study's table; `ratings` has n, mean, se and n_effective of `column` for customers, such as those
    of expected from `summarise_ratings`. `difference` in scale points with Welch's (1947) interval, below 0 where staff
    underestimate (Parasuraman, Zeithaml & Berry 1985); not known where all of a side said the same. Verdict, in this
    order: *understood* when the (1 − 2·level) interval lies within ±met_within (Schuirmann 1987), *underestimated* or
    *overestimated* when q ≤ level (Benjamini–Hochberg). Touchpoints of fewer than `least` members of staff are left
    out; fewer than 3 are never enough data.
    """
    table = join_sides(beliefs, ratings, column, least)
    n, se = table["n_staff"], known(table["se_believed"])
    sides = {"mean_staff": table["believed"], "se_staff": se, "n_effective_staff": n.astype("float64")}
    sides |= {"mean_all": table[column], "se_all": known(table["se"]), "n_effective_all": table["n_effective"]}
    difference, spread, worth = difference_of_means(table.assign(**sides, n_both=0, covariance=0.0), "staff", "all")
    worth = np.where(n >= 3, worth, np.nan)
    low, high = t_interval(difference, spread, worth, confidence)
    near, far = t_interval(difference, spread, worth, 1 - 2 * level)
    p = t_test(difference, spread, worth)
    q = adjust(p)
    claims = [(near > -met_within) & (far < met_within), (q <= level) & (difference < 0), q <= level]
    verdict = np.select(claims, [BELIEFS[2], BELIEFS[0], BELIEFS[1]], BELIEFS[3])
    ends = {"believed": t_interval(table["believed"], se, n, confidence)}
    ends |= {column: t_interval(table[column], table["se"], table["n_effective"], confidence)}
    ends = {f"{name}_{end}": values for name, pair in ends.items() for end, values in zip(("low", "high"), pair)}
    figures = dict(difference=difference, low=low, high=high, p=p, q=q, verdict=pd.array(verdict, dtype="str"))
    order = [name for name in ("stage", "touchpoint", "label") if name in table]
    order += ["n_staff", "believed", "believed_low", "believed_high", "n", column, f"{column}_low", f"{column}_high"]
    return table.assign(**ends, **figures).sort_values("difference", kind="stable", ignore_index=True)[
        [*order, *figures]
    ]


def join_sides(beliefs: pd.DataFrame, ratings: pd.DataFrame, column: str, least: int) -> pd.DataFrame:
    """The mean of staff (`believed`, `se_believed`, `n_staff`) beside that of customers, by touchpoint.

    Staff are few and often near the end of the scale: their error grows by skewness²/n, which t leaves out (Hall 1992).
    """
    check_columns(beliefs, ["staff", "touchpoint", column], name="beliefs")
    figures = [f"{figure}_{column}" for figure in ("n", "mean", "se", "n_effective")]
    check_columns(ratings, ["touchpoint", *figures], name="ratings (from summarise_ratings)")
    each = beliefs.dropna(subset=[column, "staff"]).groupby(["touchpoint", "staff"])[column].mean()
    figures_of = dict(n_staff="size", believed="mean", se_believed="sem", skewness="skew")
    staff = each.groupby("touchpoint").agg(**figures_of).reset_index()
    staff["se_believed"] *= 1 + staff.pop("skewness").fillna(0) ** 2 / staff["n_staff"]
    places = ratings.filter(["stage", "touchpoint", "label", *figures])
    places = places.rename(columns=dict(zip(figures, ["n", column, "se", "n_effective"])))
    places = places if "label" in places else places.assign(label=places["touchpoint"])
    table = places[places["n"] > 0].merge(staff, on="touchpoint", how="inner", validate="one_to_one")
    return table[table["n_staff"] >= max(least, 1)].reset_index(drop=True)


def describe_beliefs(compared: pd.DataFrame, *, column: str = "expected", least: int = 5) -> str:
    """What staff surely misjudge of customers, the widest first, in a sentence."""
    what = tell("what customers expect") if column == "expected" else tell("the {column} to customers", column=column)
    if compared.empty:
        return tell(
            "Whether staff know {what} is not known. A file beliefs.csv with {column}, from at "
            "least {least} members of staff, beside ratings with {column}, switches it on.",
            what=what,
            column=column,
            least=least,
        )
    n = tell("n\u00a0{most:,} staff", most=compared["n_staff"].max())
    wrong = compared[compared["verdict"].isin(BELIEFS[:2])]
    for letters in (30, 18) if len(wrong) else ():
        said = [name_widest(wrong, verdict, letters) for verdict in BELIEFS[:2]]
        many = tell("{wrong} of {compared} misjudged", wrong=len(wrong), compared=len(compared))
        sentence = tell(
            "Of {what}, staff {misjudge} ({many}; {n}).",
            what=what,
            misjudge=listed([one for one in said if one]),
            many=many,
            n=n,
        )
        if len(sentence.split()) <= 30 or letters == 18:
            return sentence
    understood = (compared["verdict"] == BELIEFS[2]).sum()
    if understood:
        places = tell(
            "{understood} of {compared}", understood=understood, compared=counted(len(compared), "touchpoint")
        )
        return tell("Staff know {what} at {places}; none is surely misjudged ({n}).", what=what, places=places, n=n)
    return tell(
        "Whether staff know {what} cannot be told of any of {compared} ({n}).",
        what=what,
        compared=counted(len(compared), "touchpoint"),
        n=n,
    )


def name_widest(wrong: pd.DataFrame, verdict: str, letters: int) -> str:
    """The touchpoint that is under- or overestimated by most, with difference and interval; empty without one."""
    rows = wrong[wrong["verdict"] == verdict]
    if rows.empty:
        return ""
    row = rows.loc[rows["difference"].abs().idxmax()]
    name = textwrap.shorten(row["label"], letters, placeholder="…")
    ends = readable_interval(row["low"], row["high"])
    low, high = tell("underestimate {name} ({difference}; {ends})"), tell("overestimate {name} ({difference}; {ends})")
    said = low if verdict == BELIEFS[0] else high
    return said.format(name=name, difference=signed(row["difference"]), ends=ends)


def find_rank_agreement(compared: pd.DataFrame, *, column: str = "expected", confidence: float = 0.95) -> pd.DataFrame:
    """Whether staff put touchpoints in the order customers do: Spearman's ρ and Kendall's τ-b over touchpoints.

    `compared` comes from `compare_beliefs`. Two rows: measure, `n` touchpoints, `agreement` (−1 to 1), `low`, `high`
    by Fisher's z with the variances of Bonett & Wright (2000), τ's times 1 + τ², without which it is too narrow from
    .7, `p`. Blank below 5 touchpoints, or where all are alike; no interval where both orders are one.
    """
    check_columns(compared, ["believed", column], name="compared (from compare_beliefs)")
    pairs = compared[["believed", column]].dropna()
    n, found = len(pairs), [(np.nan, np.nan)] * 2
    if n >= 5 and (pairs.nunique() > 1).all():
        found = [tuple(test(pairs["believed"], pairs[column])) for test in (stats.spearmanr, stats.kendalltau)]
    table = pd.DataFrame(found, columns=["agreement", "p"]).assign(n=n, measure=["Spearman's ρ", "Kendall's τ-b"])
    with np.errstate(divide="ignore", invalid="ignore"):
        rho, tau = table["agreement"]
        se = np.sqrt([(1 + rho**2 / 2) / max(n - 3, 1), 0.437 * (1 + tau**2) / max(n - 4, 1)])
        said = table["agreement"].where(table["agreement"].abs() < 1 - 1e-9)  # one order in both is no certainty
        middle, margin = np.arctanh(said), stats.norm.ppf(0.5 + confidence / 2) * se
        table = table.assign(low=np.tanh(middle - margin), high=np.tanh(middle + margin))
    return table[["measure", "n", "agreement", "low", "high", "p"]]


def describe_rank_agreement(agreement: pd.DataFrame) -> str:
    """Whether staff and customers rank touchpoints alike, with n and interval, in a sentence."""
    rho = agreement.iloc[0]
    if pd.isna(rho["agreement"]):
        return ""
    if pd.isna(rho["low"]):
        order = tell("the same") if rho["agreement"] > 0 else tell("the opposite")
        return tell(
            "Staff put all {n} touchpoints in {order} order as customers do; how sure that is cannot be told.",
            n=rho["n"],
            order=order,
        )
    ends = tell(
        "rank correlation {agreement}, most likely {interval}; {n} touchpoints",
        agreement=signed(rho["agreement"], 2),
        interval=readable_interval(rho["low"], rho["high"]),
        n=rho["n"],
    )
    if rho["low"] <= 0 <= rho["high"]:
        return tell("Whether staff put touchpoints in the order customers do cannot be told ({ends}).", ends=ends)
    order = tell("in about the order customers do") if rho["low"] > 0 else tell("in the opposite order of customers")
    return tell("Staff put touchpoints {order} ({ends}).", order=order, ends=ends)
