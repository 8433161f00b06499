"""The rules of the funnel and hesitation, on logs one can check by eye and against a second computation."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

from cxlib.charts.experience import BAR, plot_funnel
from cxlib.experience.funnel import describe_hesitation, describe_rules, find_funnel, find_waits
from cxlib.opening import open_study
from cxlib.settings import Journey
from cxlib.study import View
from cxlib.summaries.adoption import summarise_waits
from cxlib.summaries.events import summarise_funnel
from tests.conftest import write_study

MAP = "touchpoint,stage\nsee,aware\nbuy,purchase\nuse,adoption\n"
LOG = """customer,case,time,event
ann,a1,2026-01-01,see
ann,a1,2026-01-03,buy
ann,a1,2026-01-23,use
bob,b1,2026-01-02,buy
bob,b1,2026-01-05,see
bob,b2,2026-02-01,see
bob,b2,2026-02-03,buy
eve,e1,2026-01-01,see
eve,e1,2026-01-31,buy
tom,t1,2026-03-02,see
"""


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """The log with a map of three stages, read once."""
    settings = "stages: [aware, purchase, adoption]"
    return open_study(write_study(tmp_path_factory.mktemp("log"), settings=settings, touchpoints=MAP, events=LOG))


@pytest.fixture
def open_log(make_study):
    """`open_log(log)` opens another log with the same map."""
    settings = "stages: [aware, purchase, adoption]"
    return lambda log: open_study(make_study(settings=settings, touchpoints=MAP, events=log))


def ruled(study, **rules):
    """The study with these rules of the funnel."""
    return replace(study, settings=replace(study.settings, journey=Journey(**rules)), memo={})


@pytest.mark.parametrize(
    ("rules", "customers"),
    [
        ({}, [4, 3, 1]),  # bob's second journey gets to purchase
        ({"reentry": "first"}, [4, 2, 1]),  # in his first he bought before he saw
        ({"reentry": "first", "order": "any"}, [4, 3, 1]),
        ({"window_days": 10}, [4, 2, 0]),  # eve took 30 days, ann 22 to use it
        ({"window_days": 2, "reentry": "first"}, [3, 1, 0]),  # bob saw after three days
        ({"window_days": 30}, [4, 3, 1]),  # the thirtieth day counts
    ],
)
def test_a_stage_counts_by_the_rules_of_the_study(log, rules, customers):
    funnel = summarise_funnel(ruled(log, **rules))
    assert funnel["customers"].tolist() == customers and funnel["visitors"].tolist() == [4, 3, 1]


def test_without_rules_a_stage_counts_at_or_after_the_one_before(open_log):
    same = "customer,time,event\nann,2026-01-01,see\nann,2026-01-01,buy\nbob,2026-01-02,buy\nbob,2026-01-05,see\n"
    study = open_log(same)
    assert summarise_funnel(study)["customers"].tolist() == [2, 1]
    assert summarise_funnel(ruled(study, order="any"))["customers"].tolist() == [2, 2]


@pytest.mark.small_groups
def test_the_funnel_ends_before_a_stage_of_too_few_people(open_log):
    rows = [(f"c{place}", "2026-01-01", "see") for place in range(9)] + [("c1", "2026-01-02", "buy")]
    funnel = summarise_funnel(open_log(pd.DataFrame(rows, columns=["customer", "time", "event"]).to_csv()))
    assert funnel["stage"].tolist() == ["aware"]


def test_who_has_not_gone_on_waits_until_the_log_ends(open_log):
    waits = summarise_waits(open_log(LOG.replace("tom,t1,2026-03-02", "tom,t1,2026-02-20")))
    bought = waits[waits["stage"] == "purchase"].sort_values("hours")
    assert bought["hours"].tolist() == [0, 48, 696, 720]  # tom at the end of the log; bob from 5 January to 3 February
    assert bought["went_on"].tolist() == [False, True, True, True] and bought["customers"].tolist() == [1, 1, 1, 1]


def test_who_has_not_gone_on_is_watched_up_to_the_window_or_the_day_looked_back_from(log):
    waits = summarise_waits(ruled(log, window_days=10, reentry="first"))
    bought = waits[waits["stage"] == "purchase"].sort_values(["went_on", "hours"])
    assert bought[["hours", "went_on", "customers"]].to_numpy().tolist() == [
        *([0, False, 1], [168, False, 1], [240, False, 1], [48, True, 1])  # tom; bob saw on day 3 of 10; eve; ann
    ]
    early = summarise_waits(replace(log, view=View(as_of="2026-01-06"), memo={}))
    assert early.loc[(early["stage"] == "purchase") & ~early["went_on"], "hours"].tolist() == [
        0,
        96,
    ]  # bob and eve, up to 5 January


def test_a_later_journey_does_not_lengthen_the_window_in_which_a_stage_was_first_reached(open_log):
    log = "customer,case,time,event\nann,a1,2026-01-01,see\nann,a2,2026-06-11,see\n"
    log += "eve,e1,2026-01-01,see\neve,e2,2026-06-11,see\neve,e2,2026-06-12,buy\ntom,t1,2026-07-30,see\n"
    waits = summarise_waits(ruled(open_log(log), window_days=10))
    assert waits[["hours", "went_on", "customers"]].to_numpy().tolist() == [[0, False, 1], [240, False, 2]]


def test_waits_are_those_of_a_second_computation(open_log):
    rng = np.random.default_rng(7)
    log = pd.DataFrame(
        {"customer": rng.integers(0, 40, 300).astype(str), "event": rng.choice(["see", "buy", "use"], 300)}
    )
    log["case"] = log["customer"] + "-" + rng.integers(0, 2, 300).astype(str)
    log["time"] = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 90 * 24, 300), unit="h")
    end, since, expected = log["time"].max(), {}, []
    for case, events in log.groupby("case"):
        events, at = events[events["time"] <= events["time"].min() + pd.Timedelta(days=20)], pd.Timestamp(0, tz="UTC")
        for stage in ("see", "buy", "use"):
            times = events.loc[(events["event"] == stage) & (events["time"] >= at), "time"]
            if times.empty:
                break
            at = times.min()
            since.setdefault((case.split("-")[0], stage), []).append((at, log.loc[log["case"] == case, "time"].min()))
    for before, stage, label in (("see", "buy", "purchase"), ("buy", "use", "adoption")):
        for (customer, _), reached in ((key, value) for key, value in since.items() if key[1] == before):
            start = min(at for at, _ in reached)
            closes = min(end, max(first for at, first in reached if at == start) + pd.Timedelta(days=20))
            done = min(since.get((customer, stage), [(closes + pd.Timedelta(days=1), None)]))[0]
            hours = (min(done, closes) - start).total_seconds() / 3600
            expected.append((label, float(f"{hours:.3g}"), done <= closes))
    waits = summarise_waits(ruled(open_log(log.to_csv(index=False)), window_days=20))
    found = [row[:3] for row in waits.itertuples(index=False, name=None) for _ in range(row[3])]
    assert sorted(found) == sorted(expected) and len(found) > 30


def waits(**steps):
    rows = [(stage, hours, went_on, n) for stage, times in steps.items() for hours, went_on, n in times]
    return pd.DataFrame(rows, columns=["stage", "hours", "went_on", "customers"])


def test_half_and_nine_in_ten_are_kaplan_meiers():
    found = find_waits(waits(buy=[(hour, True, 10) for hour in range(1, 11)])).iloc[0]
    assert (found["wait_hours_median"], found["wait_hours_p90"]) == (5, 9)  # S(5) = 1/2, S(9) = 1/10
    assert found["wait_hours_median_low"] <= 5 <= found["wait_hours_median_high"] and found["wait"].startswith("half")


def test_where_fewer_than_half_go_on_the_figures_are_blank():
    found = find_waits(waits(buy=[(2, True, 4), (50, False, 6)])).iloc[0]
    assert found.filter(like="wait_hours").drop("wait_hours_median_low").isna().all()
    assert found["wait_hours_median_low"] == 2 and found["wait"] == "fewer than half so far"


def funnel(**steps):
    table = pd.DataFrame({"stage": ["see", *steps], "customers": [200, *([120] * len(steps))], "visitors": 200})
    return find_funnel(table, waits(**steps))


def test_the_longest_hesitation_is_named_with_what_could_be_as_long():
    quick, slow = [(hour, True, 10) for hour in range(1, 11)], [(24.0 * day, True, 10) for day in range(3, 13)]
    said = describe_hesitation(funnel(buy=quick, use=slow)).replace("\u00a0", " ")
    assert said.startswith("Customers hesitate longest between buy and use: half go on within ") and "n 120" in said
    assert "as long" not in said and len(said.split()) <= 30
    assert "Could be as long: between buy and use." in describe_hesitation(funnel(buy=slow, use=slow))


def test_an_end_that_is_not_known_is_not_printed():
    said = describe_hesitation(funnel(buy=[(3, False, 3), (5, True, 1)])).replace("\u00a0", " ")
    assert said.endswith("between see and buy: half go on within 5.0 hours (5.0 hours or more; n 200).")


def test_hesitation_that_is_not_known_is_said_so():
    assert "cannot be said" in describe_hesitation(funnel(buy=[(2, True, 4), (50, False, 6)]))
    assert describe_hesitation(funnel()) == "" == describe_hesitation(funnel(buy=[]).drop(columns="wait"))


def test_the_rules_are_said_in_a_sentence():
    assert describe_rules(Journey()) == (
        "A stage counts once the stage before is reached; every journey is a new try, each customer counts once."
    )
    said = describe_rules(Journey(window_days=30.0, order="any", reentry="first"))
    assert "whenever it comes, within 30 days" in said and "only the first of a customer's journeys" in said


def test_a_funnel_says_within_what_time_half_go_on():
    ax = plot_funnel(funnel(buy=[(hour, True, 10) for hour in range(1, 11)]), title="x")
    assert ax.texts[-1].get_text().split("\n")[1].startswith("half within")
    assert all(bar.get_facecolor() == to_rgba(BAR) for bar in ax.patches)
    plt.close(ax.figure)
