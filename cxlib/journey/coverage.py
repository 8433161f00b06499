"""Step 1: the map of the journey, and what the log and the survey say of it."""

import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.shares import share_interval
from cxlib.tables import check_columns
from cxlib.words import bounds, counted, listed, percent

TOO_FEW = "too few to show"
UNRATED = "nobody rated expected or experienced"
STATUSES = (TOO_FEW, "not on the map", "nobody visits it", "nobody was asked", "no trace in the log", "covered")


def find_reach(places: pd.DataFrame, ratings: pd.DataFrame, *, people: int, confidence: float = 0.95) -> pd.DataFrame:
    """The share of respondents who rated each touchpoint, of the map and beyond it, with Wilson's interval.

    `places` is the map, `ratings` comes from `summarise_ratings`, `people` from `count_people`. One row a touchpoint:
    stage, touchpoint, label, `respondents`, `reach`, `reach_low`, `reach_high`; blank where they are too few to show.
    """
    check_columns(ratings, ["touchpoint", "n_answered", "paired"], name="ratings (from summarise_ratings)")
    columns = ["stage", "touchpoint", "label"]
    beyond = ratings.loc[~ratings["touchpoint"].isin(places["touchpoint"]), columns]
    table = pd.concat([places[columns], beyond], ignore_index=True) if len(beyond) else places[columns].copy()
    rated = ratings.set_index("touchpoint")["n_answered"]
    n = table["touchpoint"].map(rated).fillna(0).astype("int64")
    few = ratings.loc[(ratings["paired"] == TOO_FEW) & (ratings["n_answered"] == 0), "touchpoint"]
    share = (n / people if people else n.astype("float64") * np.nan).mask(table["touchpoint"].isin(few))
    se = np.sqrt(share * (1 - share) / max(people - 1, 1))
    low, high = share_interval(share, se, np.full(len(n), people), np.full(len(n), people), confidence)
    return table.assign(respondents=n, reach=share, reach_low=low, reach_high=high)


def find_coverage(reach: pd.DataFrame, visits: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Whether map, ratings and log speak of the same touchpoints: one row per touchpoint, or event of none.

    `reach` comes from `find_reach`, `visits` from `summarise_visits`. `rated` is the share of respondents, `visited`
    the share of journeys in the log; `status` is one of *not on the map*, *nobody visits it* (on the map, neither in
    the log nor in the ratings), *nobody was asked*, *no trace in the log*, *covered*, and *too few to show* where fewer
    people rated or visited it than a group must have; empty without a map.
    """
    check_columns(visits, ["touchpoint", "event", "journeys", "all_journeys"], name="visits (from summarise_visits)")
    named = visits.assign(touchpoint=visits["touchpoint"].fillna(visits["event"]))
    table = reach.rename(columns={"reach": "rated"})[["stage", "touchpoint", "label", "respondents", "rated"]].merge(
        named[["touchpoint", "journeys"]], on="touchpoint", how="outer", validate="one_to_one"
    )
    order = {touchpoint: place for place, touchpoint in enumerate(reach["touchpoint"])}
    table = table.sort_values("journeys", ascending=False, kind="stable")
    table = table.sort_values("touchpoint", key=lambda c: c.map(order).fillna(len(order)), kind="stable")
    table["label"] = table["label"].fillna(table["touchpoint"])
    unseen = table["touchpoint"].isin(named.loc[named["journeys"].isna(), "touchpoint"])
    counts = table[["respondents", "journeys"]].fillna(0).astype("int64")
    asked, logged = bool(len(reach)) and counts["respondents"].gt(0).any(), len(visits) > 0
    on_map = table["touchpoint"].isin(places["touchpoint"])
    few = table["touchpoint"].isin(reach.loc[reach["reach"].isna(), "touchpoint"]) & asked
    rated, visited = counts["respondents"] > 0, counts["journeys"] > 0
    none = ~rated & ~visited
    cases = [few | unseen, ~on_map & bool(len(places)), on_map & none]
    cases += [~rated & visited & asked, rated & ~visited & logged]
    all_journeys = int(visits["all_journeys"].iloc[0]) if logged else 0
    counts["journeys"] = counts["journeys"].astype("Int64").mask(unseen)
    table = table.assign(
        on_map=np.where(on_map, "yes", "no"),
        **counts,
        rated=table["rated"].fillna(0).mask(few) if asked else np.nan,
        visited=counts["journeys"].astype("float64") / all_journeys if all_journeys else np.nan,
        status=np.select(cases, list(STATUSES[:5]), STATUSES[5] if len(places) else ""),
    )
    columns = ["stage", "touchpoint", "label", "on_map", "respondents", "rated", "journeys", "visited", "status"]
    return table[columns].reset_index(drop=True)


def audit_map(coverage: pd.DataFrame, counts: dict[str, float], *, confidence: float = 0.95) -> pd.DataFrame:
    """How much of the journey the map misses, and of the map the log and the survey: one row a finding.

    `coverage` comes from `find_coverage`, `counts` from `count_unplaced`. `n` `of` how many, `share` with its
    interval `low` and `high` where the n are journeys, a sample of more, customers being the unit; findings about
    nothing, or about too few customers to show, are left out.
    """
    check_columns(coverage, ["on_map", "rated", "visited", "respondents", "journeys"], name="coverage")
    places = coverage[coverage["on_map"] == "yes"]
    logged, asked = places["visited"].notna(), places["rated"].notna()
    rows = [
        ("journeys with an event of no touchpoint on the map", counts["journeys_off"], counts["journeys"]),
        ("events of no touchpoint on the map", counts["events_off"], counts["events"]),
        ("touchpoints on the map without any event", int((logged & (places["journeys"] == 0)).sum()), logged.sum()),
        (
            tell("touchpoints on the map {unrated}", unrated=UNRATED),
            int((asked & (places["respondents"] == 0)).sum()),
            asked.sum(),
        ),
    ]
    table = pd.DataFrame(rows, columns=["finding", "n", "of"]).dropna()
    table = table.astype({"finding": "str", "n": "int64", "of": "int64"})
    table = table[table["of"] > 0].reset_index(drop=True) if len(places) else table.iloc[:0]
    share = table["n"] / table["of"]
    low, high = share_interval(share, *(counts[name] for name in ("se", "customers", "n_effective")), confidence)
    sample = table["finding"].str.startswith("journeys").to_numpy()
    return table.assign(share=share, low=np.where(sample, low, np.nan), high=np.where(sample, high, np.nan))


def describe_audit(audit: pd.DataFrame) -> str:
    """How much of what customers do the map does not show, in a sentence; empty where there is no map or no log."""
    if audit.empty or not audit["finding"].iloc[0].startswith("journeys"):
        return ""
    journeys, events, *_ = audit.itertuples(index=False, name="Row")
    n = f"n\u00a0{journeys.of:,}"
    if not journeys.n:
        return tell("Every event of the log belongs to a touchpoint of the map ({n} journeys).", n=n)
    return tell(
        "{share} of journeys ({interval}; {n}) and {events} of events go by what the map does not show.",
        share=percent(journeys.share),
        interval=bounds(journeys.low, journeys.high),
        n=n,
        events=percent(events.share),
    )


def describe_coverage(coverage: pd.DataFrame, *, mapped: bool) -> str:
    """What is missing from the map, and what stands on it without anybody there, in a sentence."""
    check_columns(coverage, ["label", "visited", "status"], name="coverage (from find_coverage)")
    if not mapped:
        return tell("There is no map to compare with. A file touchpoints.csv switches it on.")
    said = []
    missing = coverage[coverage["status"] == "not on the map"]
    if len(missing):
        shares = [
            tell("{label} ({visited} of journeys)", label=row.label, visited=percent(row.visited))
            if row.visited > 0
            else row.label
            for row in missing.itertuples()
        ]
        said.append(tell("Missing from the map: {shares}.", shares=listed(shares)))
    for status, words in (
        ("nobody visits it", tell("On the map, but nobody visits it or rates it expected or experienced")),
        ("nobody was asked", tell("Visited, but not asked about")),
    ):
        names = coverage.loc[coverage["status"] == status, "label"]
        said += [f"{words}: {listed(names)}."] if len(names) else []
    if not said:
        sources = [
            tell(word) for word, share in (("ratings", "rated"), ("log", "visited")) if coverage[share].notna().any()
        ]
        silent = int((coverage["status"] == "no trace in the log").sum())
        one = tell(", but {silent} of them leaves no trace in the log")
        rest = one if silent == 1 else tell(", but {silent} of them leave no trace in the log")
        rest = rest.format(silent=silent) if silent else ""
        return tell(
            "{sources} agree on {touchpoints}{rest}.",
            sources=listed([tell("Map"), *sources]),
            touchpoints=counted(len(coverage), "touchpoint"),
            rest=rest,
        )
    return " ".join(said)
