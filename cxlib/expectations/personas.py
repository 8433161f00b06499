"""Whether customers are who the company believes they are."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.intervals import adjust
from cxlib.shares import share_interval
from cxlib.tables import check_columns
from cxlib.words import bounds, counted, listed, most_likely, percent, readable_q

MIX_VERDICTS = ("more than claimed", "fewer than claimed", "as claimed", "not enough data")


def compare_personas(
    found: pd.DataFrame, personas: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05
) -> pd.DataFrame:
    """The share of customers the company claims each persona to be, against the share found.

    `found` comes from `summarise_personas`, `personas` is the study's table of claims. `share` has Wilson's interval;
    `residual` is the z of each share against its claim on the effective n, the adjusted residual of the χ² test of all
    claims together, whose p is `p_mix` (`fit_of`); `q` is Benjamini–Hochberg's over the personas.
    """
    check_columns(found, ["persona", "n", "share", "se", "n_effective"], name="found (from summarise_personas)")
    table = found.merge(personas[["persona", "claimed_share"]], on="persona", how="left", validate="one_to_one")
    share, claimed = table["share"], table["claimed_share"]
    low, high = share_interval(share, table["se"], table["n"], table["n_effective"], confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (share - claimed) / np.sqrt(claimed * (1 - claimed) / table["n_effective"])
    p = 2 * stats.norm.sf(np.abs(z))
    q = adjust(p)
    held = (low <= claimed) & (claimed <= high)
    cases = [(q <= level) & (z > 0) & ~held, (q <= level) & (z < 0) & ~held, held & (high - low < 0.1)]
    verdict = np.where(claimed.isna(), "", np.select(cases, list(MIX_VERDICTS[:3]), MIX_VERDICTS[3]))
    table = table.assign(low=low, high=high, residual=z, p=p, q=q, verdict=verdict, p_mix=fit_of(table, personas))
    order = (share - claimed).abs().sort_values(ascending=False, kind="stable", na_position="last").index
    columns = ["persona", "n", "claimed_share", "share", "low", "high", "residual", "p", "q", "verdict", "p_mix"]
    return table.loc[order, columns].reset_index(drop=True)


def fit_of(table: pd.DataFrame, personas: pd.DataFrame) -> float:
    """p of Pearson's χ² goodness of fit of all claimed shares, on the effective n; those not shown are one cell.

    NaN where the claims do not add up to 1 (± .02) or too little is expected of too many cells (Cochran 1954).
    """
    claims, shown = personas["claimed_share"].sum(), table[table["claimed_share"].notna()]
    rest = claims - shown["claimed_share"].sum()
    claimed, share = shown["claimed_share"].to_numpy(), shown["share"].to_numpy()
    if rest > 0.005:
        claimed, share = np.append(claimed, rest), np.append(share, max(1 - table["share"].sum(), 0))
    if abs(claims - 1) > 0.02 or len(claimed) < 2 or not share.sum() > 0:
        return np.nan
    expected = claimed / claimed.sum() * shown["n_effective"].max() * share.sum()
    if (expected < 5).mean() > 0.2 or (expected < 1).any():
        return np.nan
    return float(stats.chisquare(share * (expected.sum() / share.sum()), expected).pvalue)


def describe_personas(mix: pd.DataFrame, *, confidence: float = 0.95) -> str:
    """Which personas are claimed wrongly, in a sentence."""
    if mix.empty or (mix["n"] == 0).all():
        return tell("Nobody's persona is known. A column persona of the respondents switches this on.")
    if mix["claimed_share"].isna().all():
        return tell(
            "Whom the company believes its customers to be is not known. A file personas.csv "
            "with claimed_share switches it on."
        )
    wrong = mix[mix["verdict"].isin(MIX_VERDICTS[:2])]
    if wrong.empty:
        p, n = mix.get("p_mix", pd.Series([np.nan])).iloc[0], f"n\u00a0{mix['n'].iloc[0]:,}"
        known = {
            True: tell(", yet together they differ from the claims"),
            False: tell(", nor do all together surely differ"),
        }
        whole = (
            ""
            if pd.isna(p)
            else tell(
                "{verdict} (χ² test, p\u00a0{p}; {n})",
                verdict=known[bool(p <= 0.05)],
                p=readable_q(p),
                n=n,
            )
        )
        return tell(
            "No persona is surely more or fewer of the customers than the company believes{whole}.", whole=whole
        )
    said = []
    for row in wrong.itertuples():
        figures = dict(persona=row.persona, share=percent(row.share), claimed=percent(row.claimed_share))
        span = bounds(row.low, row.high) if said else most_likely(bounds(row.low, row.high), confidence)
        said.append(tell("{persona} {share} instead of {claimed} ({span})", **figures, span=span))
    people = counted(mix["n"].iloc[0], "person", "people")
    return tell(
        "Those who answered are not the customers the company believes it has: {personas}; {people}.",
        personas=listed(said, most=3),
        people=people,
    )
