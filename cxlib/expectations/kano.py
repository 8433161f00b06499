"""What customers take for granted, what they want more of, and what delights them: Kano's categories."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.intervals import adjust
from cxlib.shares import share_interval
from cxlib.tables import check_columns
from cxlib.words import bounds, counted, extremes, listed, percent

CATEGORIES = {
    "M": "must-be",
    "O": "one-dimensional",
    "A": "attractive",
    "I": "indifferent",
    "R": "reverse",
    "Q": "questionable",
}
"""In the order in which a tie is decided (Berger et al. 1993)."""
NOT_SURE = "not sure"


def find_kano(summary: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05) -> pd.DataFrame:
    """The Kano category of each item with the coefficients of satisfaction, by category, the commonest first.

    `summary` comes from `summarise_kano`. `category` is the mode, a tie going to M, O, A, I, R, Q in this order;
    `better` (0 to 1) is (A+O)/(A+O+M+I), `worse` (−1 to 0) is −(O+M)/(A+O+M+I), with Wilson's intervals (Berger et al.
    1993). `p` is that of the exact sign test of the first category against the second, on the effective n, `q`
    Benjamini–Hochberg's over the items; `sure` says whether the mode holds, `verdict` is the category where it does.
    """
    check_columns(summary, ["n", *CATEGORIES, "better", "se_better", "worse"], name="summary (from summarise_kano)")
    table = summary[summary["n"] > 0].reset_index(drop=True)
    counts = table[list(CATEGORIES)].to_numpy(dtype=float)
    place, ordered = counts.argmax(axis=1), np.sort(counts, axis=1)[:, ::-1]
    first, second = (ordered[:, :2] * (table["n_effective"] / table["n"]).to_numpy()[:, None]).T
    p = np.minimum(2 * stats.beta.cdf(0.5, first, second + 1), 1)
    q = adjust(p)
    category = np.array(list(CATEGORIES.values()))[place]
    for name in ("better", "worse"):
        figures = [table[part] for part in (name, f"se_{name}", f"n_{name}", f"n_effective_{name}")]
        table[f"{name}_low"], table[f"{name}_high"] = share_interval(*figures, confidence)
    ends = {"worse": 0 - table["worse"], "worse_low": 0 - table["worse_high"], "worse_high": 0 - table["worse_low"]}
    sure = q <= level
    table = table.assign(**ends, category=category, p=p, q=q, sure=np.where(sure, "yes", "no"))
    table["verdict"] = np.where(sure, category, NOT_SURE)
    columns = [*(c for c in ("stage", "touchpoint", "label") if c in table), "n", *CATEGORIES]
    columns += [f"{name}{end}" for name in ("better", "worse") for end in ("", "_low", "_high")]
    order = np.lexsort((-ordered[:, 0] / table["n"].to_numpy(dtype=float), place))
    return table.loc[order, [*columns, "category", "sure", "p", "q", "verdict"]].reset_index(drop=True)


def describe_kano(kano: pd.DataFrame) -> str:
    """How many items are of each category, and without which most are worse off, in a sentence."""
    known = kano[kano["worse"].notna()]
    if kano.empty:
        return tell(
            "Which features customers take for granted is not known. Columns kano_with and "
            "kano_without of the ratings switch it on."
        )
    if known.empty:
        return tell("Too few people gave Kano answers that can be told apart.")
    missed = known.loc[known["worse"].idxmin()]
    low, high = -missed["worse_high"], -missed["worse_low"]
    n, share, interval = missed[["A", "O", "M", "I"]].sum(), percent(-missed["worse"]), bounds(low, high)
    if len(known) == 1:
        said = (
            missed["verdict"]
            if missed["verdict"] != NOT_SURE
            else tell("perhaps {category}, not surely", category=missed["category"])
        )
        return tell(
            "{label} is {said}: without it {share} ({interval}; n\u00a0{n:,.0f}) are worse off.",
            label=missed["label"],
            said=said,
            share=share,
            interval=interval,
            n=n,
        )
    counts = known["verdict"].value_counts()
    said = [f"{counts[name]} {tell(name)}" for name in [*CATEGORIES.values(), NOT_SURE] if name in counts]
    if (known["verdict"] == NOT_SURE).all():
        said = [tell("none is surely of one Kano category")]
    most = extremes(known.sort_values("worse", kind="stable"), "worse", "worse_low", "worse_high")[1]
    share = (
        f"{share}, {interval}; n\u00a0{n:,.0f}"
        if most == missed["label"]
        else tell("up to {most}; n\u00a0{n:,.0f}", most=share, n=n)
    )
    return tell(
        "Of {features} features {said}. Most missed: {most} ({share}).",
        features=len(known),
        said=listed(said, most=7),
        most=most,
        share=share,
    )


def describe_unreadable(summary: pd.DataFrame) -> str:
    """How many Kano answers cannot be read, and what would mend it, in a sentence; empty where all can.

    `summary` comes from `summarise_kano`.
    """
    count = int(summary["unreadable"].sum())
    if not count:
        return ""
    return tell(
        "{count} cannot be read: codes of kano_with and kano_without in study.yaml give each "
        "word its number, 1 (like) to 5 (dislike).",
        count=counted(count, "Kano answer"),
    )
