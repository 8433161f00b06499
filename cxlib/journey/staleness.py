"""How old the evidence on each touchpoint of the map is, and whether the touchpoint changed since it was reviewed."""

import pandas as pd

from cxlib.catalogue import tell
from cxlib.intervals import compare_gaps
from cxlib.tables import check_columns
from cxlib.words import listed, signed

EVIDENCE = ["last_rated", "last_seen", "reviewed_on"]
OLD = 180
"""Days after which evidence is called old."""


def find_staleness(
    evidence: pd.DataFrame, drift: pd.DataFrame, *, day: str, confidence: float = 0.95, level: float = 0.05
) -> pd.DataFrame:
    """How many days before `day` each touchpoint was last rated, seen or reviewed, and its drift since the review.

    `evidence` comes from `summarise_evidence`, `drift` from `summarise_drift`. `days_old` counts from the newest of
    the three; a review after `day` is none. `change` is the mean experience since the review less that before, in scale
    points with its interval; q is Benjamini–Hochberg's over the touchpoints; `drifted` says better or worse where that
    is sure. Oldest first.
    """
    check_columns(evidence, ["touchpoint", "label", *EVIDENCE], name="evidence (from summarise_evidence)")
    day = pd.Timestamp(day or None)
    reviewed = evidence["reviewed_on"]
    evidence = evidence.assign(reviewed_on=reviewed.mask(reviewed.dt.normalize() > day))
    newest = evidence[EVIDENCE].max(axis=1).dt.normalize()
    found = compare_gaps(drift, "since", "before", confidence=confidence, gaps=False)
    found = found.rename(columns={"difference": "change"}).assign(
        touchpoint=drift["touchpoint"], n=drift["n_since"], n_before=drift["n_before"]
    )
    table = evidence.assign(days_old=(day - newest).dt.days.astype("Int64"))
    table = table.merge(found, on="touchpoint", how="left", validate="one_to_one")
    sure = table["q"] <= level
    table["drifted"] = table["change"].gt(0).map({True: "better", False: "worse"}).where(sure, "")
    for column in EVIDENCE:
        table[column] = table[column].dt.strftime("%Y-%m-%d").astype("str")
    table[["n", "n_before"]] = table[["n", "n_before"]].astype("Int64")
    first = ["stage", "touchpoint", "label", *EVIDENCE, "days_old", "n_before", "n", "change", "low", "high"]
    return table.sort_values("days_old", ascending=False, kind="stable", ignore_index=True)[
        [*first, "p", "q", "drifted"]
    ]


def describe_staleness(staleness: pd.DataFrame, *, old: int = OLD) -> str:
    """What of the map is out of date, in a sentence or two."""
    if staleness.empty:
        return ""
    said = []
    blank = staleness.loc[staleness["days_old"].isna(), "label"]
    stale = staleness.loc[staleness["days_old"] > old, ["label", "days_old"]]
    said += [tell("Nothing tells how current {names} is.", names=listed(blank))] if len(blank) else []
    if len(stale):
        names = [
            tell("{label} ({days_old:,} days)", label=row.label, days_old=row.days_old) for row in stale.itertuples()
        ]
        said.append(tell("Without any sign for more than {old} days: {names}.", old=old, names=listed(names)))
    moved = staleness[staleness["drifted"] != ""]
    names = [
        tell(
            "{label} {change} ({low} to {high}; n\u00a0{n:,})",
            label=row.label,
            change=signed(row.change),
            low=signed(row.low),
            high=signed(row.high),
            n=row.n,
        )
        for row in moved.sort_values("change", key=abs, ascending=False, kind="stable").itertuples()
    ]
    said += (
        [tell("Rated otherwise since the map was last reviewed: {names}.", names=listed(names, most=3))]
        if names
        else []
    )
    return " ".join(said) or tell("Every touchpoint of the map was rated, seen or reviewed within {old} days.", old=old)
