"""What the map misses, in shares; how old its evidence is, and what changed since it was reviewed."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study
from cxlib.journey import (
    audit_map,
    describe_audit,
    describe_coverage,
    describe_staleness,
    find_coverage,
    find_reach,
    find_staleness,
)
from cxlib.shares import wilson
from cxlib.summaries.answers import count_people
from cxlib.summaries.events import summarise_funnel, summarise_visits
from cxlib.summaries.evidence import count_unplaced, summarise_drift, summarise_evidence
from cxlib.summaries.feedback import find_feedback
from cxlib.summaries.ratings import summarise_ratings

LOG = """customer,time,event
ann,2026-01-01,seen
ann,2026-01-02,helped
bob,2026-01-03,seen
bob,2026-01-04,seen
eve,2026-01-05,bought
"""
MAP = """touchpoint,stage,label,reviewed_on
seen,use,Seen,2026-01-10
bought,use,Bought,
asked,use,Asked,2025-01-10
"""


def coverage(**columns):
    table = {"on_map": ["yes", "yes", "no"], "rated": [0.5, 0, np.nan], "visited": [0.4, 0.0, 0.2]}
    return pd.DataFrame(table | {"respondents": [5, 0, 0], "journeys": [4, 0, 2]} | columns)


def counted(journeys, off, **counts):
    """What the log shows of journeys, each of another customer."""
    share = off / journeys if journeys else np.nan
    se = np.sqrt(share * (1 - share) / (journeys - 1))
    return dict(journeys=journeys, journeys_off=off, customers=journeys, se=se, n_effective=journeys) | counts


def test_shares_are_of_what_could_have_been_and_journeys_have_an_interval():
    counts = counted(10, 2, events=20, events_off=3)
    audit = audit_map(coverage(), counts)
    assert audit[["n", "of"]].to_numpy().tolist() == [[2, 10], [3, 20], [1, 2], [1, 2]]
    assert audit["share"].tolist() == [0.2, 0.15, 0.5, 0.5]
    assert 0 < audit.loc[0, "low"] < 0.2 < audit.loc[0, "high"] and audit["low"].iloc[1:].isna().all()


def test_journeys_get_wilsons_interval():
    audit = audit_map(coverage(), counted(200, 50, events=400, events_off=60))
    low, high = wilson(np.array([0.25]), np.array([200.0]), 0.95)
    assert audit.loc[0, ["low", "high"]].tolist() == pytest.approx([low[0], high[0]], abs=1e-3)
    assert describe_audit(audit) == (
        "25\u00a0% of journeys (20 to 31\u00a0%; n\u00a0200) and 15\u00a0% of events go by what the map does not show."
    )


def test_a_log_that_the_map_knows_whole_is_said_and_without_map_or_log_nothing():
    known = audit_map(coverage(), counted(10, 0, events=20, events_off=0))
    assert describe_audit(known) == "Every event of the log belongs to a touchpoint of the map (n\u00a010 journeys)."
    none = counted(0, 0, events=0, events_off=0)
    assert describe_audit(audit_map(coverage(visited=np.nan), none)) == ""
    assert audit_map(coverage(on_map="no"), none).empty and describe_audit(audit_map(coverage(on_map="no"), none)) == ""


@pytest.fixture(params=["duckdb", "pandas"])
def study(make_study, request):
    days = zip([1, 2, 3, 4, 5, 20, 21, 22, 23, 24] * 4, [6, 5, 6, 7, 6, 2, 3, 1, 2, 3] * 4)
    lines = [f"p{place},seen,2026-01-{day:02d},{rating}\n" for place, (day, rating) in enumerate(days)]
    ratings = "respondent,touchpoint,answered_at,experienced\n" + "".join(lines)
    folder = make_study(ratings=ratings, events=LOG, touchpoints=MAP, settings="scales: {experienced: [1, 7]}")
    return open_study(folder, engine=request.param)


def test_events_and_journeys_off_the_map_are_counted(study):
    counts = {"events": 5, "journeys": 3, "events_off": 1, "journeys_off": 1, "customers": 3, "n_effective": 3}
    assert count_unplaced(study) == counts | {"se": pytest.approx(1 / 3)}


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_journeys_of_one_customer_count_as_one(make_study, engine):
    log = [(f"c{place % 12}", place, "seen" if place % 12 else "lost") for place in range(120)]
    log = pd.DataFrame(log, columns=["customer", "case", "event"]).assign(time="2026-01-01")
    counts = count_unplaced(open_study(make_study(events=log, touchpoints=MAP), engine=engine))
    assert [counts[name] for name in ("journeys", "journeys_off", "customers")] == [120, 10, 12]
    assert counts["n_effective"] == pytest.approx(12) and counts["se"] == pytest.approx(np.sqrt(11 / 144 / 11))
    high = audit_map(coverage(), counts).loc[0, "high"]
    assert high == pytest.approx(stats.binomtest(1, 12).proportion_ci().high)  # Clopper–Pearson


def test_the_newest_sign_of_a_touchpoint_counts(study):
    table = find_staleness(summarise_evidence(study), summarise_drift(study), day="2026-01-24").set_index("touchpoint")
    assert table["days_old"].to_dict() == {"seen": 0, "bought": 19, "asked": 379}
    assert table.loc["seen", ["last_rated", "last_seen"]].tolist() == ["2026-01-24", "2026-01-04"]


def test_what_is_rated_otherwise_since_the_review_is_said_with_n(study):
    table = find_staleness(summarise_evidence(study), summarise_drift(study), day="2026-01-24")
    seen = table.set_index("touchpoint").loc["seen"]
    assert (
        seen["change"] == pytest.approx(2.2 - 6)
        and seen["drifted"] == "worse"
        and (seen["n"], seen["n_before"]) == (20, 20)
    )
    sentence = describe_staleness(table)
    assert "Without any sign for more than 180 days: Asked (379 days)." in sentence
    assert "Rated otherwise since the map was last reviewed: Seen −3.8" in sentence and "n\u00a020" in sentence


def test_nothing_old_and_nothing_changed_is_a_sentence_and_no_map_is_none(study):
    table = find_staleness(summarise_evidence(study), summarise_drift(study).iloc[:0], day="2026-01-24")
    fresh = table[table["touchpoint"] != "asked"]
    assert describe_staleness(fresh) == "Every touchpoint of the map was rated, seen or reviewed within 180 days."
    assert describe_staleness(table.iloc[:0]) == ""


def test_a_touchpoint_without_any_sign_has_no_age(make_study):
    folder = make_study(
        ratings="respondent,touchpoint,experienced\np1,seen,5\n", touchpoints="touchpoint\nseen\nghost\n"
    )
    study = open_study(folder)
    table = find_staleness(summarise_evidence(study), summarise_drift(study), day="")
    assert (
        table["days_old"].isna().all() and describe_staleness(table) == "Nothing tells how current seen and ghost is."
    )


def visit_log(**visitors):
    """Each event with as many customers as it says: c0, c1, …"""
    rows = [(f"c{place}", event, "2026-01-01") for event, n in visitors.items() for place in range(n)]
    return pd.DataFrame(rows, columns=["customer", "event", "time"])


@pytest.mark.small_groups
@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_what_few_customers_do_is_neither_named_nor_counted(make_study, engine):
    log = visit_log(seen=30, bought=3, chat=9, sued=1, moved=2)
    log.loc[log["event"] == "moved", "customer"] = ["c7", "c8"]
    study = open_study(make_study(events=log, touchpoints=MAP), engine=engine)
    visits = summarise_visits(study)
    names = visits["touchpoint"].fillna(visits["event"])
    assert names.tolist() == ["seen", "chat", "bought"] and visits["journeys"].isna().tolist() == [False, False, True]
    reach = find_reach(study.places, summarise_ratings(study), people=0)
    table = find_coverage(reach, visits, study.places).set_index("touchpoint")
    assert table.loc["bought", "status"] == "too few to show" and pd.isna(table.loc["bought", "visited"])
    audit = audit_map(table.reset_index(), count_unplaced(study)).set_index("finding")
    assert audit.loc["touchpoints on the map without any event", ["n", "of"]].tolist() == [1, 2]


@pytest.mark.small_groups
def test_rare_events_of_enough_customers_together_are_others_and_of_few_no_finding(make_study):
    log = visit_log(seen=30, sued=4, moved=4)
    log.loc[log["event"] == "moved", "customer"] = ["c7", "c8", "c9", "c10"]
    visits = summarise_visits(open_study(make_study(events=log, touchpoints=MAP)))
    assert visits.set_index("event").loc["others", ["events", "customers", "journeys"]].tolist() == [8, 8, 8]
    study = open_study(make_study(events=visit_log(seen=30, sued=1), touchpoints=MAP))
    audit = audit_map(coverage(), count_unplaced(study))
    assert audit["finding"].str.startswith("touchpoints").all() and describe_audit(audit) == ""


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_a_journey_is_whole_in_whichever_channel_it_is_looked_at(make_study, engine):
    log = (
        "customer,case,time,event,channel\nann,1,2026-01-01,seen,web\nann,1,2026-01-02,bought,shop\n"
        "bob,2,2026-01-01,seen,shop\n"
    )
    places = "touchpoint,stage\nseen,look\nbought,buy\n"
    study = open_study(
        make_study(events=log, touchpoints=places, settings="stages: [look, buy]"), engine=engine, channels=["web"]
    )
    assert summarise_funnel(study)["customers"].tolist() == [1, 1]
    assert summarise_visits(study)[["touchpoint", "journeys"]].to_numpy().tolist() == [["seen", 1]]
    counts = count_unplaced(study)
    assert [counts[name] for name in ("events", "journeys", "events_off", "journeys_off")] == [1, 1, 0, 0]


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_quotes_are_those_of_the_people_and_the_days_looked_at(make_study, engine):
    people = "respondent,customer,market\np1,ann,FR\np2,bob,DE\n"
    told = (
        "touchpoint,customer,time,opened,text\nseen,ann,2026-01-02,,one\nseen,bob,2026-01-02,,two\n"
        "seen,,2026-01-02,,three\nseen,ann,,2026-01-09,four\nseen,ann,,,five\n"
    )
    folder = make_study(respondents=people, feedback=told, events=LOG, touchpoints=MAP)
    for view, words in (
        ({}, ["one", "two", "three", "four", "five"]),
        ({"where": ["market=FR"]}, ["one", "four", "five"]),
        ({"as_of": "2026-01-08"}, ["one", "two", "three", "five"]),
    ):
        assert find_feedback(open_study(folder, engine=engine, **view))["text"].tolist() == words


def test_a_review_or_an_event_after_the_day_looked_from_tells_nothing_yet(study):
    study = open_study(study.folder, as_of="2026-01-04")
    table = find_staleness(summarise_evidence(study), summarise_drift(study), day="2026-01-04").set_index("touchpoint")
    assert table["days_old"].fillna(-1).to_dict() == {"seen": 0, "bought": -1, "asked": 359}
    assert table["reviewed_on"].fillna("").to_dict() == {"seen": "", "bought": "", "asked": "2025-01-10"}


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_an_answer_of_the_day_of_the_review_is_one_before_it(make_study, engine):
    hours = ["2026-01-10T08:00", "2026-01-10T23:30", "2026-01-11T00:30"]
    lines = [f"p{hour}{place},seen,{hour},{place + 3}\n" for hour in hours for place in range(3)]
    ratings = "respondent,touchpoint,answered_at,experienced\n" + "".join(lines)
    settings = "scales: {experienced: [1, 7]}\ndates: {zone: America/New_York}"
    study = open_study(make_study(ratings=ratings, touchpoints=MAP, settings=settings), engine=engine)
    assert summarise_drift(study)[["n_before", "n_since"]].to_numpy().tolist() == [[6, 3]]


def test_what_is_rated_only_important_is_not_called_unrated(make_study):
    ratings = "respondent,touchpoint,importance,experienced\np1,asked,5,\np2,seen,,6\n"
    settings = "scales: {importance: [1, 7], experienced: [1, 7]}"
    study = open_study(make_study(ratings=ratings, touchpoints=MAP, settings=settings))
    reach = find_reach(study.places, summarise_ratings(study), people=count_people(study))
    sentence = describe_coverage(find_coverage(reach, summarise_visits(study), study.places), mapped=True)
    assert sentence == "On the map, but nobody visits it or rates it expected or experienced: Bought and Asked."
