"""Whether groups differ in their gaps: two of them, or each against all the others."""

import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.gaps.sentences import group_names
from cxlib.intervals import compare_gaps
from cxlib.tables import check_columns
from cxlib.words import counted, listed, signed

DIFFERENCES = ("worse", "better", "no sure difference")
PLACES = ("stage", "touchpoint", "label")
FIGURES = ["n", "n_other", "gap", "gap_other", "difference", "low", "high", "p", "q", "verdict"]


def find_differences(compared: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05) -> pd.DataFrame:
    """By how many points the gap of one group lies above that of another, or of the rest; sure differences first.

    `compared` comes from `summarise_rest`, each group against all the others, or from `summarise_pair`, two groups
    touchpoint by touchpoint. Paired on the people both share, else independent; `q` is Benjamini–Hochberg's over the
    table. *worse*: the gap of the (first) group is surely the lower one. Columns: the groups, `n` and `n_other`, `gap`
    and `gap_other`, `difference`, `low`, `high`, `p`, `q`, `verdict`.
    """
    one, other = ("group", "rest") if "n_rest" in compared else ("first", "second")
    check_columns(compared, [f"mean_{one}", f"mean_{other}"], name="compared (from summarise_rest or summarise_pair)")
    found = compare_gaps(compared, one, other, confidence=confidence)
    sure = found["q"] <= level
    verdict = np.select([sure & (found["difference"] < 0), sure], DIFFERENCES[:2], DIFFERENCES[2])
    names = {f"n_{one}": "n", f"n_{other}": "n_other", f"mean_{one}": "gap", f"mean_{other}": "gap_other"}
    table = compared.assign(**found, verdict=verdict).rename(columns=names)
    ends = (f"_{one}", f"_{other}", "_both")
    own = [c for c in compared if c not in (*PLACES, "covariance", "width") and not c.endswith(ends)]
    groups = [*(place for place in PLACES if place in compared), *own]
    rank = table["verdict"].map({verdict: place for place, verdict in enumerate(DIFFERENCES)})
    order = table.assign(rank=rank).sort_values(["rank", "difference"], kind="stable").index
    return table.loc[order, [*groups, *FIGURES]].reset_index(drop=True)


def describe_differences(differences: pd.DataFrame, *, what: str = "") -> str:
    """Which groups, or touchpoints, surely differ, in a sentence; `what` names the groups compared ("channel")."""
    if differences.empty or differences["difference"].isna().all():
        return (
            tell("There is nothing to compare by {what}.", what=what) if what else tell("There is nothing to compare.")
        )
    sure = differences[differences["verdict"] != DIFFERENCES[2]]
    pair = "first" in differences
    if sure.empty:
        thing = "touchpoint" if pair else what or "group"
        return tell(
            "No {thing} surely differs ({differences} compared).",
            thing=thing,
            differences=counted(len(differences), thing),
        )
    said = []
    for verdict in DIFFERENCES[:2]:
        rows = sure[sure["verdict"] == verdict]
        if rows.empty:
            continue
        keys = [c for c in rows if c not in FIGURES and c not in ("column", "first", "second")]
        names = (rows["group"] if "group" in rows else group_names(rows[keys])).tolist()
        first = rows.iloc[0] if verdict == DIFFERENCES[0] else rows.iloc[-1]
        names = names if verdict == DIFFERENCES[0] else names[::-1]
        figures = tell(
            "{difference}; {low} to {high}",
            difference=signed(first["difference"]),
            low=signed(first["low"]),
            high=signed(first["high"]),
        )
        words = [f"{names[0]} ({figures}; n\u00a0{first['n']:,})", *names[1:]]
        said += [f"{tell(verdict)}: {listed(words, most=3)}"]
    against = (
        tell("{first} against {second}", first=differences["first"].iloc[0], second=differences["second"].iloc[0])
        if pair
        else tell("Against all the others")
    )
    return f"{against}, {'; '.join(said)}."
