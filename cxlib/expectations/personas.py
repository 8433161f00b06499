"""Whether customers are who the company believes they are."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.intervals import adjust, share_interval
from cxlib.tables import check_columns
from cxlib.words import listed, percent

MIX_VERDICTS = ("more than claimed", "fewer than claimed", "as claimed", "not enough data")


def compare_personas(
    found: pd.DataFrame, personas: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05
) -> pd.DataFrame:
    """The share of customers the company claims each persona to be, against the share found.

    `found` comes from `summarise_personas`, `personas` is the study's table of claims. `share` has Wilson's interval;
    `q` is Benjamini–Hochberg's over the personas, from the z of each share against its claim on the effective n.
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
    table = table.assign(low=low, high=high, p=p, q=q, verdict=verdict)
    order = (share - claimed).abs().sort_values(ascending=False, kind="stable", na_position="last").index
    return table.loc[order, ["persona", "n", "claimed_share", "share", "low", "high", "p", "q", "verdict"]].reset_index(
        drop=True
    )


def describe_personas(mix: pd.DataFrame) -> str:
    """Which personas are claimed wrongly, in a sentence."""
    if mix.empty or (mix["n"] == 0).all():
        return "Nobody's persona is known. A column persona of the respondents switches this on."
    if mix["claimed_share"].isna().all():
        return (
            "Whom the company believes its customers to be is not known. "
            "A file personas.csv with claimed_share switches it on."
        )
    wrong = mix[mix["verdict"].isin(MIX_VERDICTS[:2])]
    if wrong.empty:
        return "No persona is surely more or fewer of the customers than the company believes."
    said = [f"{row.persona} {percent(row.share)} instead of {percent(row.claimed_share)}" for row in wrong.itertuples()]
    return f"Customers are not who the company believes: {listed(said)} (n\u00a0{mix['n'].iloc[0]:,})."
