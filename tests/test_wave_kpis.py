import dataclasses

import pandas as pd
import pytest

from cxlib import open_study
from cxlib.experience.adoption import find_adoption
from cxlib.monitoring.kpis import add_wave_kpis, recall_kpis, track_kpis
from cxlib.summaries.adoption import summarise_adoption
from cxlib.summaries.figures import find_kpis
from cxlib.summaries.wave_kpis import kpis_of, summarise_wave_adoption, summarise_wave_kpis
from tests.conftest import write_study

SETTINGS = """waves: {w1: 2025-12-31, w2: 2026-06-30}
scales: {expected: [1, 7], experienced: [1, 7], overall: [1, 7], retained: [0, 1], effort: [1, 5]}
outcome: overall
"""
PEOPLE = """respondent,wave,weight,overall,recommend,retained
ann,w1,1,7,9,1
bob,w1,3,5,6,0
cid,w1,1,6,8,
dan,w2,1,1,10,1
eve,w2,1,2,10,0
"""
RATINGS = """respondent,wave,touchpoint,expected,experienced,effort
ann,w1,pay,5,4,2
ann,w1,help,5,4,4
bob,w1,pay,5,4,5
cid,w1,pay,5,4,1
dan,w2,pay,5,4,
eve,w2,pay,5,4,3
"""
LOG = """customer,case,time,event
ann,1,2025-11-01,paid
ann,1,2025-11-11,first_use
bob,2,2025-12-20,visit
bob,2,2026-01-05,paid
bob,2,2026-03-05,first_use
cid,3,2026-02-01,paid
cid,4,2026-02-10,paid
cid,4,2026-02-12,first_use
dan,5,2026-03-01,paid
ann,6,2026-03-10,paid
eve,7,2026-06-29,paid
"""
JOURNEY = "journey: {converted: paid, adopted: first_use, window_days: 30}\n"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """One small study for all tests of this file."""
    tables = dict(respondents=PEOPLE, ratings=RATINGS, events=LOG)
    return open_study(write_study(tmp_path_factory.mktemp("study"), settings=SETTINGS + JOURNEY, **tables))


def alter(study, *, wave="latest", **settings):
    view, settings = dataclasses.replace(study.view, wave=wave), dataclasses.replace(study.settings, **settings)
    return dataclasses.replace(study, settings=settings, view=view, memo={})


def test_every_kpi_of_the_survey_by_eye(study):
    found = summarise_wave_kpis(study).set_index(["kpi", "wave"])
    assert found["mean"].to_dict() == pytest.approx(
        {
            ("CSAT (overall, top two)", "w1"): 2 / 5,  # bob weighs three
            ("NPS", "w1"): (1 - 3) / 5,
            ("retention (survey)", "w1"): 1 / 4,
            ("CES (effort)", "w1"): (1 * 2 + 1 * 4 + 3 * 5 + 1 * 1) / 6,  # two answers of ann
            ("CSAT (overall, top two)", "w2"): 0,
            ("NPS", "w2"): 1,
            ("retention (survey)", "w2"): 0.5,
            ("CES (effort)", "w2"): 3,
        }
    )
    assert found["n"].to_list() == [3, 3, 2, 3, 2, 2, 2, 1]
    assert found["n_effective"].iloc[0] == pytest.approx(25 / 11)
    assert found["date"].unique().tolist() == [pd.Timestamp("2025-12-31"), pd.Timestamp("2026-06-30")]


@pytest.mark.parametrize(
    ("scale", "kpi", "kind"),
    [
        ((1, 5), "CSAT (overall, top two)", "share"),
        ((0, 10), "CSAT (overall, top two)", "share"),
        ((0, 100), "CSAT (overall, mean)", "mean"),
        ((1, 3), "CSAT (overall, mean)", "mean"),
        ((0, 1), "CSAT (overall)", "share"),
    ],
)
def test_the_two_best_ratings_are_counted_only_on_a_rating_scale(study, scale, kpi, kind):
    assert kpis_of(alter(study, scales=study.settings.scales | {"overall": scale}))["overall"][:2] == (kpi, kind)


def test_waves_after_the_one_looked_at_are_not_there(study):
    early = alter(study, wave="w1")
    assert summarise_wave_kpis(early)["wave"].unique().tolist() == ["w1"]
    assert summarise_wave_adoption(early)["wave"].unique().tolist() == ["w1"]


def test_without_dated_waves_nothing_is_measured(study):
    undated = alter(study, waves={})
    measured, adopted = summarise_wave_kpis(undated), summarise_wave_adoption(undated)
    assert measured.empty and adopted.empty
    assert add_wave_kpis(track_kpis(find_kpis(undated)), measured, find_adoption(adopted)).empty


def test_people_who_gave_no_verdict_have_their_effort_only(study):
    silent = alter(study, outcome="", scales={"effort": (1, 5)})
    silent = dataclasses.replace(
        silent, tables=study.tables | {"respondents": study.tables["respondents"].drop("recommend")}
    )
    assert summarise_wave_kpis(silent)["kpi"].tolist() == ["CES (effort)", "CES (effort)"]


def test_adoption_of_each_wave_is_what_the_step_on_experience_says_of_it(study):
    found = summarise_wave_adoption(study)
    assert found.groupby("wave")["customers"].sum().to_dict() == {"w1": 2, "w2": 3}  # bob's journey began in w1
    for wave in ("w1", "w2"):
        same = found.loc[found["wave"] == wave, ["days", "adopted", "customers"]].reset_index(drop=True)
        pd.testing.assert_frame_equal(same, summarise_adoption(alter(study, wave=wave)))
    rates = find_adoption(found, window_days=30)
    assert rates["adoption_rate"].tolist() == pytest.approx([0.5, 0.5])  # of dan and cid; eve is under way


@pytest.mark.parametrize("without", ["window_days", "adopted"])
def test_adoption_takes_an_event_and_a_window(study, without):
    journey = dataclasses.replace(study.settings.journey, **{without: None if without == "window_days" else ""})
    assert summarise_wave_adoption(alter(study, journey=journey)).empty


@pytest.mark.small_groups
def test_waves_of_few_people_are_not_shown(study, make_study):
    assert summarise_wave_adoption(alter(study)).empty
    sizes = {"w1": 20, "w2": 4, "w3": 20}
    rows = [(f"{wave}-{place}", wave, 7, 10) for wave, size in sizes.items() for place in range(size)]
    people = pd.DataFrame(rows, columns=["respondent", "wave", "overall", "recommend"])
    ratings = people[["respondent", "wave"]].assign(touchpoint="pay", expected=5, experienced=4, effort=2)
    settings = SETTINGS.replace("w2: 2026-06-30", "w2: 2026-06-30, w3: 2026-09-30")
    found = summarise_wave_kpis(open_study(make_study(settings=settings, respondents=people, ratings=ratings)))
    assert found["wave"].unique().tolist() == ["w1", "w3"] and len(found) == 6


def test_the_chart_of_a_kpi_is_read_from_its_file(make_study):
    rows = "date,kpi,numerator,denominator,chart\n2026-06-01,calls,30,20,u\n2026-06-01,done,3,20,\n"
    found = track_kpis(find_kpis(open_study(make_study(kpis=rows))))
    assert found[["kpi", "value", "chart"]].to_numpy().tolist() == [["calls", 1.5, "u"], ["done", 0.15, ""]]


@pytest.mark.parametrize(("said", "recalled"), [({}, 2), ({"is_share": False, "value": 62.0}, 1), ({"chart": "u"}, 1)])
def test_only_what_was_measured_as_the_same_is_recalled(said, recalled):
    day = {"kpi": "done", "date": [pd.Timestamp("2026-06-30")], "sites": 1, "n": 9, "value": 0.62}
    now = pd.DataFrame(day | {"low": 0.5, "high": 0.7, "se": 0.1, "is_share": True, "chart": ""})
    earlier = now.assign(date=pd.Timestamp("2026-05-31"), **{"chart": None} | said)
    found = recall_kpis(now.assign(n_effective=4.5), earlier)
    assert len(found) == recalled and found["n_effective"].dropna().tolist() == [4.5]
