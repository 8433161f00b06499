"""Every pass under a view, on both engines, and on studies that lack a table or a column."""

import numpy as np
import pandas as pd
import pytest

import cxlib as cx
from cxlib import StudyError, open_study
from cxlib.agreement import find_doubts

VIEWS = [
    dict(),
    dict(wave="all", stages=["adoption"]),
    dict(personas=["Senior"], channels=["phone", "store"]),
    dict(as_of="2025-08-15", where=["market=DE"], touchpoints=["setup", "delivery", "checkout"]),
]
PASSES = {
    "ratings": cx.summarise_ratings,
    "experience": cx.summarise_experience,
    "change": cx.summarise_change,
    "waves": cx.summarise_waves,
    "each channel and the rest": lambda study: cx.summarise_rest(study, "channel"),
    "two channels": lambda study: cx.summarise_pair(study, "channel", "phone", "store", by="stage"),
    "people": cx.summarise_people,
    "personas": cx.summarise_personas,
    "visits": cx.summarise_visits,
    "funnel": cx.summarise_funnel,
    "importance": lambda study: cx.find_importance(cx.summarise_drivers(study)),
}


@pytest.fixture(scope="module", params=range(len(VIEWS)))
def both(request):
    """The sample under one view, in DuckDB and in pandas."""
    return [open_study("data/sample", engine=engine, **VIEWS[request.param]) for engine in ("duckdb", "pandas")]


@pytest.mark.parametrize("name", PASSES)
def test_duckdb_and_pandas_agree_on_every_pass(both, name):
    left, right = (PASSES[name](study) for study in both)
    assert len(left) > 0
    figures = left.select_dtypes("number").columns
    words = [column for column in left if column not in figures]
    assert left[words].fillna("").equals(right[words].fillna("").astype(left[words].dtypes))
    np.testing.assert_allclose(left[figures].astype(float), right[figures].astype(float), rtol=1e-9, atol=1e-9)


def test_a_view_of_one_stage_calls_nothing_outside_it_missing():
    study = open_study("data/sample", stages=["adoption"])
    ratings = cx.summarise_ratings(study)
    reach = cx.find_reach(study.places, ratings, people=cx.count_people(study))
    coverage = cx.find_coverage(reach, cx.summarise_visits(study), study.places)
    assert set(coverage["stage"]) == {"adoption"} and not coverage["status"].eq("not on the map").any()
    events = pd.read_csv(study.folder / "events.csv", parse_dates=["time"])
    began = events.groupby("customer")["time"].transform("min").dt.tz_localize(None)
    wave = events[(began > pd.Timestamp("2026-04-01")) & (began < pd.Timestamp("2026-07-01"))].groupby("customer")[
        "event"
    ]
    share = wave.apply(lambda names: (names == "first_use").any()).mean()
    assert coverage.set_index("touchpoint").loc["setup", "visited"] == pytest.approx(share, abs=1e-9)


def test_reach_is_a_share_of_everybody_whatever_is_looked_at():
    reach = []
    for view in (dict(), dict(touchpoints=["setup"]), dict(stages=["adoption"])):
        study = open_study("data/sample", **view)
        table = cx.find_reach(study.places, cx.summarise_ratings(study), people=cx.count_people(study))
        reach.append(table.set_index("touchpoint").loc["setup", "reach"])
    assert reach[0] == reach[1] == reach[2] < 1


def test_the_mix_of_personas_is_that_of_all_whichever_is_looked_at():
    mixes = [cx.summarise_personas(open_study("data/sample", **view)) for view in ({}, {"personas": ["Gamer"]})]
    pd.testing.assert_frame_equal(*mixes)


def test_people_are_those_who_answered_what_is_looked_at():
    for view, waves in ((dict(wave="2025-Q2"), 2), (dict(as_of="2025-06-30"), 2)):
        assert len(cx.summarise_people(open_study("data/sample", **view), by="wave")) == waves
    study = open_study("data/sample", channels=["store"])
    assert cx.summarise_people(study, by="persona")["n_overall"].sum() == cx.summarise_study(study)["respondents"]


WAVES = "waves: {Q1: 2026-03-31, Q2: 2026-06-30, Q3: 2026-09-30}\n"
SCALES = "scales: {expected: [1, 7], experienced: [1, 7], overall: [1, 7]}\noutcome: overall\n"
TWO_WAVES = "respondent,wave,touchpoint,expected,experienced\n" + "".join(
    f"p{place},{wave},pay,{5 + place % 2},{4 + (place + shift) % 3}\n"
    for wave, shift in (("Q1", 0), ("Q2", 1))
    for place in range(12)
)
ONCE = "respondent,persona,overall\n" + "".join(f"p{place},{'AB'[place % 2]},{3 + place % 4}\n" for place in range(12))


def test_people_listed_once_are_of_the_wave_they_answered_in(make_study):
    ratings = TWO_WAVES.replace("p0,Q2,pay,5,5\n", "")
    study = open_study(make_study(ratings=ratings, respondents=ONCE, settings=WAVES + SCALES))
    assert cx.summarise_personas(study)["n"].tolist() == [11, 11]
    assert cx.summarise_people(study, by="wave")[["wave", "n_overall"]].to_numpy().tolist() == [["Q1", 12], ["Q2", 11]]


def test_a_declared_wave_without_answers_is_no_wave_before_or_after(make_study):
    folder = make_study(ratings=TWO_WAVES, settings=WAVES + SCALES.replace("outcome: overall\n", ""))
    for wave in ("latest", "all"):
        change = cx.summarise_change(open_study(folder, wave=wave))
        assert change.loc[0, ["wave_before", "wave_now"]].tolist() == ["Q1", "Q2"]
    assert cx.waves_so_far(open_study(folder)) == ["Q1", "Q2"] and cx.chosen_wave(open_study(folder)) == "Q2"


def test_an_outcome_nobody_gave_in_the_wave_is_not_known(make_study):
    people = "respondent,wave,overall\n" + "".join(
        f"p{place},{wave},{4 if wave == 'Q1' else ''}\n" for wave in ("Q1", "Q2") for place in range(12)
    )
    study = open_study(make_study(ratings=TWO_WAVES, respondents=people, settings=WAVES + SCALES))
    assert cx.summarise_drivers(study) == [] and cx.find_importance([]).empty


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_a_journey_of_another_customer_with_the_same_number_is_another_journey(make_study, engine):
    events = "customer,case,time,event\nc1,1,2026-01-01,look\nc2,1,2026-01-02,buy\n"
    places = "touchpoint,stage\nlook,aware\nbuy,purchase\n"
    study = open_study(
        make_study(events=events, touchpoints=places, settings="stages: [aware, purchase]"), engine=engine
    )
    assert cx.summarise_funnel(study)["customers"].tolist() == [1, 0]
    assert cx.summarise_visits(study)["all_journeys"].tolist() == [2, 2]


def test_an_event_pattern_is_a_name_with_stars_and_nothing_else(make_study):
    events = "customer,time,event\na,2026-01-01,order[1]\nb,2026-01-01,order[2] paid\nc,2026-01-01,order1\n"
    places = "touchpoint,event_pattern\none,order[1]\nother,order[2]*\n"
    study = open_study(make_study(events=events, touchpoints=places, settings="title: Log"))
    found = cx.summarise_visits(study).set_index("touchpoint")["journeys"]
    assert found["one"] == 1 and found["other"] == 1 and len(found) == 3


def test_days_are_those_of_the_place_the_study_was_made(make_study):
    settings = "dates: {zone: Europe/Berlin}"
    tables = dict(
        kpis="date,kpi,value\n2026-06-30,wait,5\n",
        actions="action,start,due,status\nA1,2026-01-01,2026-06-30,running\n",
    )
    study = open_study(make_study(**tables, settings=settings))
    states = cx.find_action_states(study.small("actions"), day=cx.newest_day(study))
    assert states.loc[0, ["due", "state"]].tolist() == ["2026-06-30", "running"]
    assert cx.find_kpis(study)["date"].tolist() == [pd.Timestamp("2026-06-30")]


RATINGS = "respondent,touchpoint,expected,experienced\nann,pay,5,4\nbob,pay,6,5\n"


@pytest.mark.parametrize(
    ("personas", "words"),
    [("Gamer,0.2\nGamer,0.3\n", "lists 'Gamer' twice"), ("Gamer,40\n", "claimed_share of 'Gamer' is 40")],
)
def test_claims_that_cannot_be_meant_are_sentences(make_study, personas, words):
    with pytest.raises(StudyError, match=words):
        open_study(make_study(ratings=RATINGS, personas=f"persona,claimed_share\n{personas}"))


def test_an_outcome_that_is_no_column_names_the_nearest(make_study):
    people = "respondent,overall\nann,5\nbob,6\n"
    settings = SCALES.replace("overall: [1, 7]}", "overall: [1, 7], overal: [1, 7]}").replace(
        "outcome: overall", "outcome: overal"
    )
    with pytest.raises(StudyError, match="respondents have no overal. Did you mean 'overall'"):
        open_study(make_study(ratings=RATINGS, respondents=people, settings=settings))
    without = SCALES.replace("outcome: overall", "outcome: overal")
    with pytest.raises(StudyError, match="outcome is overal, which has no scale. Did you mean 'overall'"):
        open_study(make_study(ratings=RATINGS, respondents=people, settings=without))


def test_what_one_table_names_and_the_study_does_not_know_is_said(make_study):
    tables = dict(
        ratings=RATINGS,
        respondents="respondent,persona\nann,Family\nbob,Family\n",
        personas="persona,claimed_share\nFamilly,0.3\n",
        actions="action,touchpoint\nA1,chekout\n",
        objectives="objective,kpi,target\nKeep,retention,0.7\n",
    )
    doubts = " ".join(find_doubts(open_study(make_study(**tables))))
    for words in ("persona that the study does not know: Family.", "not know: chekout.", "not know: retention."):
        assert words in doubts


def test_answers_in_words_become_the_numbers_they_stand_for(make_study):
    settings = "scales: {experienced: [1, 3]}\ncodes: {experienced: {good: 3, fair: 2, bad: 1}}\n"
    ratings = "respondent,touchpoint,experienced\nann,pay,good\nbob,pay,bad\neve,pay,2\n"
    assert cx.summarise_ratings(open_study(make_study(ratings=ratings, settings=settings)))[
        "mean_experienced"
    ].tolist() == [2]
    with pytest.raises(StudyError, match="codes: experienced should give each answer a number"):
        open_study(make_study(ratings=ratings, settings=settings.replace("good: 3", "good: high")))
