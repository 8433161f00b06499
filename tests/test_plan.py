"""Step 5, what could be done and what is: proposals, and the register people own."""

import numpy as np
import pandas as pd
from cxlib import open_study
from cxlib.priorities.plan import describe_actions, find_action_states, propose_actions

from tests.test_priorities import CLEAR, ranked, tables

OWN = pd.DataFrame(
    {"action": ["A1", "A2", "A3"], "touchpoint": ["pay", "pay", "setup"], "state": ["late", "done", "done"]}
)


def proposals(**options):
    moments = tables(**CLEAR, **options)
    gaps = moments[["touchpoint", "n", "gap", "low", "high"]].assign(
        verdict=["shortfall", "shortfall", "not enough data", "met", "exceeded"]
    )
    places = moments[["touchpoint"]].assign(owner="Ann", need=["pay in peace", None, None, None, None])
    return propose_actions(ranked(moments), gaps, places, OWN).set_index("touchpoint")


def test_only_sure_shortfalls_get_a_proposal():
    found = proposals(se=0.02)
    assert found.index.tolist() == ["pay", "help"]
    assert found.loc["pay", "hypothesis"] == "Half of the gap of −2.0 closes when customers can pay in peace"
    assert found["under_way"].tolist() == ["A1 late, A2 done", ""]
    assert found.loc["help", "hypothesis"] == "Half of the gap of −1.0 closes" and found.loc["pay", "owner"] == "Ann"


def test_what_few_customers_meet_is_mended_for_those_it_hits():
    found = proposals(reach=[0.5, 0.49, 0.5, 0.5, 0.5])
    assert found["kind"].to_dict() == {"pay": "proactive", "help": "reactive"}


def test_respondents_needed_to_see_half_of_the_gap_close():
    deviation = 0.4 / 3.92 * np.sqrt(50)
    assert proposals().loc["pay", "n_needed"] == np.ceil(2 * (2.8016 * deviation / 1.0) ** 2)


def states(*rows, day):
    table = pd.DataFrame(rows, columns=["due", "status"]).assign(start=pd.Timestamp("2026-01-01"))
    table["due"] = pd.to_datetime(table["due"])
    table = table.assign(touchpoint="pay", kind="reactive", owner="Ann", hypothesis="", kpi="")
    return find_action_states(table.assign(action=[f"A{place}" for place in range(len(rows))]), day=day)


def test_an_action_is_late_only_when_past_due_and_not_done():
    due = "2026-06-29"
    past = [(due, "running"), (due, None), (due, "Done "), (due, "dropped")]
    found = states(*past, ("2026-06-30", "planned"), (None, "running"), day="2026-06-30")
    assert found["state"].tolist() == ["late", "late", "done", "dropped", "planned", "running"]
    assert describe_actions(found, day="2026-06-30") == (
        "Of 6 actions of actions.csv, on 30 June 2026: 2 late, 1 running, 1 planned, 1 done and 1 dropped."
    )


def test_without_a_day_nothing_is_late():
    assert states(("2020-01-01", "running"), day="")["state"].tolist() == ["running"]


def test_actions_of_which_only_the_key_is_written_down(make_study):
    ratings = "respondent,touchpoint,expected,experienced\nann,pay,5,4\n"
    study = open_study(make_study(ratings=ratings, actions="action,touchpoint\nA1,pay\n"))
    assert find_action_states(study.small("actions"), day="2026-06-30")["state"].tolist() == ["planned"]


def test_no_actions_say_what_would_switch_them_on():
    assert "actions.csv" in describe_actions(states(day="2026-06-30"), day="2026-06-30")
