"""Step 5, what could be done and what is: proposals, the register people own, and a tracker's sheet."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study
from cxlib.csv_files import write_csv
from cxlib.priorities.plan import (
    describe_action_doubts,
    describe_actions,
    find_action_states,
    make_sheet,
    propose_actions,
)

PLACES = pd.DataFrame({"touchpoint": ["pay", "setup", "help"], "label": ["Payment", "Set-up", "Help"]})
NO_AIMS = pd.DataFrame(columns=["objective", "kpi", "touchpoint"], dtype="str")


def states(*rows, day="2026-06-30", places=PLACES, **columns):
    """Actions A0, A1, … with a due day and a status each."""
    table = pd.DataFrame(rows, columns=["due", "status"]).assign(start=pd.Timestamp("2026-01-01"))
    table = table.assign(due=pd.to_datetime(table["due"]), action=[f"A{place}" for place in range(len(rows))])
    words = dict(touchpoint="pay", kind="reactive", owner="Ann", hypothesis="a call helps", kpi=None)
    return find_action_states(table.assign(**(words | columns)), places, day=day)


OWN = states(
    ("2026-06-29", "running"), ("2026-06-29", "done"), ("2026-01-09", "Done"), touchpoint=["pay", "pay", "setup"]
)


def proposals(objectives=NO_AIMS, own=OWN):
    """Proposals for a gap of −2 and one of −1 that surely fall short, and three that do not or lie far behind."""
    names = ["pay", "help", "setup", "search", "trial"]
    gaps = pd.DataFrame({"touchpoint": names, "n": 50, "gap": [-2.0, -1.0, -0.5, -1.0, 0.5], "se": 0.2})
    gaps = gaps.assign(low=gaps["gap"] - 0.4, high=gaps["gap"] + 0.4)
    gaps["verdict"] = ["shortfall", "shortfall", "not enough data", "shortfall", "exceeded"]
    ranked = gaps[["touchpoint"]].assign(label=[name.capitalize() for name in names], could_be_top=["yes", *["no"] * 4])
    ranked["p_top"] = [0.9, 0.5, 0.6, 0.49, 0]
    places = gaps[["touchpoint"]].assign(owner="Ann", need=["pay in peace", None, None, None, None])
    said = gaps[["touchpoint"]].assign(strategy="proactive", suggestion="Change it.", reason="for a reason")
    return propose_actions(ranked, gaps, places, own, said, objectives).set_index("touchpoint")


def test_only_sure_shortfalls_that_may_come_first_get_a_proposal():
    found = proposals()
    assert found.index.tolist() == ["pay", "help"]
    assert found.loc["pay", "hypothesis"] == "Half of the gap of −2.0 closes when customers can pay in peace"
    assert found["under_way"].tolist() == ["A0 late, A1 done", ""]
    assert found.loc["help", "hypothesis"] == "Half of the gap of −1.0 closes" and found.loc["pay", "owner"] == "Ann"
    assert found.loc["pay", ["kind", "suggestion", "reason"]].tolist() == ["proactive", "Change it.", "for a reason"]


def test_respondents_needed_see_half_of_the_gap_close_in_four_of_five_surveys():
    row = proposals().loc["pay"]
    deviation, shift = 0.2 * np.sqrt(row["n"]), 1.0

    def power(n):
        return stats.norm.sf(stats.norm.ppf(0.975) - shift / (deviation * np.sqrt(2 / n)))

    assert power(row["n_needed"]) >= 0.8 > power(row["n_needed"] - 1)


def test_the_kpi_of_an_objective_or_of_an_own_action_stands_before_the_gap():
    aims = pd.DataFrame(
        [("Lose nobody", "paid", "pay"), ("Win more", "paid", None), ("Help well", None, "help")],
        columns=["objective", "kpi", "touchpoint"],
    )
    found = proposals(aims)
    assert found["kpi"].to_dict() == {"pay": "paid", "help": "gap of Help"}
    assert found["objective"].to_dict() == {"pay": "Lose nobody", "help": "Help well"}
    own = states(("2026-06-29", "running"), touchpoint="pay", kpi="paid")
    found = proposals(aims.assign(touchpoint=None), own)
    assert found.loc["pay", ["kpi", "objective"]].tolist() == ["paid", "Lose nobody; Win more"]
    assert found.loc["help", "kpi"] == "gap of Help" and pd.isna(found.loc["help", "objective"])


def test_an_action_is_late_only_when_past_due_and_not_done():
    due = "2026-06-29"
    past = [(due, "running"), ("2026-05-31", None), (due, " DONE "), (due, "dropped"), (due, "On hold ")]
    found = states(*past, ("2026-06-30", "planned"), (None, "running"))
    assert found["state"].tolist() == ["late", "late", "done", "dropped", "On hold", "planned", "running"]
    assert found["days_late"].fillna(-1).tolist() == [1, 30, -1, -1, -1, -1, -1]
    assert describe_actions(found, day="2026-06-30") == (
        "Of 7 actions, on 30 June 2026: 2 late (A1, Payment, by 30 days), 1 running, 1 planned, 1 On hold and 2 more."
    )


def test_without_a_day_nothing_is_late():
    found = states(("2020-01-01", "running"), day="")
    assert found["state"].tolist() == ["running"]
    assert describe_actions(found, day="") == "Of 1 action: 1 running."


def test_a_person_who_writes_late_is_quoted():
    found = states(("2026-12-31", "late"))
    assert describe_actions(found, day="2026-06-30").endswith("on 30 June 2026: 1 late.")


def test_one_late_action_is_said_with_its_days():
    assert describe_actions(states(("2026-06-29", "planned"), places=None), day="2026-06-30") == (
        "Of 1 action, on 30 June 2026: 1 late (A0, by 1 day)."
    )


def test_actions_of_which_only_the_key_is_written_down(make_study):
    ratings = "respondent,touchpoint,expected,experienced\nann,pay,5,4\n"
    study = open_study(make_study(ratings=ratings, actions="action,touchpoint\nA1,pay\n"))
    found = find_action_states(study.small("actions"), study.touchpoints, day="2026-06-30")
    assert found.loc[0, ["state", "on_map", "label"]].tolist() == ["planned", "", "pay"]
    assert make_sheet(found, proposals().iloc[:0].reset_index())["Status"].tolist() == ["To Do"]


def test_no_actions_say_what_would_switch_them_on():
    assert "actions.csv" in describe_actions(states(), day="2026-06-30")
    assert describe_action_doubts(states(), places=PLACES) == []


HAND_EDITED = """action,touchpoint,kind,hypothesis,owner,cost,start,due,status
A1,pay,proactive,a call helps,Ann,40000,2026-01-01,2026-03-31,RUNNING
A3,chekout,reactive,,,,2026-06-01,2026-05-01,wip
 A4 ,help,reactive,,Eve,,2026-01-01,, Done
A5,zebra,,,Eve,,2026-01-01,2026-12-31,dnoe
"""


def test_a_register_edited_by_hand_is_respected_and_what_is_odd_in_it_is_said(make_study):
    places = "touchpoint,label\npay,Payment\ncheckout,Checkout\nhelp,Help\n"
    ratings = "respondent,touchpoint,expected,experienced\nann,pay,5,4\n"
    folder = make_study(ratings=ratings, touchpoints=places, actions=HAND_EDITED)
    study = open_study(folder)
    found = find_action_states(study.small("actions"), study.touchpoints, day="2026-06-30")
    assert found["action"].tolist() == ["A1", "A3", "A4", "A5"]
    assert found["state"].tolist() == ["late", "wip", "done", "dnoe"]
    assert found["on_map"].tolist() == ["yes", "no", "yes", "no"]
    assert found.loc[0, ["label", "cost", "due", "days_late"]].tolist() == ["Payment", 40000, "2026-03-31", 91]
    assert describe_actions(found, day="2026-06-30").endswith(
        "1 late (A1, Payment, by 91 days), 1 dnoe, 1 done and 1 wip; 2 not on the map."
    )
    assert describe_action_doubts(found, places=study.touchpoints, earlier=["A1", "A2", "A2"]) == [
        "A3's touchpoint 'chekout' is not on the map. Did you mean 'checkout'?",
        "A5's touchpoint 'zebra' is not on the map.",
        "A3's status 'wip' is none of planned, running, done, dropped and stays as written.",
        "A5's status 'dnoe' is none of planned, running, done, dropped and stays as written. Did you mean 'done'?",
        "A3 is due on 2026-05-01, before it starts on 2026-06-01.",
        "A2, which an earlier report listed, is no longer in actions.csv.",
        "Nobody answers for A3.",
    ]
    make_sheet(found, proposals().reset_index())
    assert (folder / "actions.csv").read_bytes() == HAND_EDITED.encode()


def test_of_many_alike_doubts_five_sentences_are_said():
    said = describe_action_doubts(states(), places=PLACES, earlier=[f"A{place}" for place in range(9)])
    assert len(said) == 5 and said[-1] == "And 5 more like the last one."


def test_an_open_action_without_a_day_is_named_and_a_finished_one_is_not():
    found = states((None, "running"), (None, "done"), owner=[None, None])
    assert describe_action_doubts(found, places=PLACES) == ["Nobody answers for A0.", "No due date is set for A0."]


def test_the_sheet_has_every_own_action_and_the_proposals_nobody_is_at():
    sheet = make_sheet(OWN, proposals().reset_index())
    assert sheet["Status"].tolist() == ["In Progress", "Done", "Done", "Backlog"]
    assert sheet["Summary"].tolist() == [*[f"A{place}: a call helps" for place in range(3)], "Help: Change it."]
    assert sheet.loc[0, ["Assignee", "Start Date", "Due Date", "Labels"]].tolist() == [
        "Ann", "2026-01-01", "2026-06-29", "reactive",
    ]  # fmt: skip
    proposed = sheet.loc[3, "Description"].split("\n")
    assert proposed[:3] == ["Hypothesis: Half of the gap of −1.0 closes", "Reason: for a reason", "KPI: gap of Help"]
    assert proposed[3] == "Gap: −1.00 (−1.40 to −0.60), n 50" and proposed[4].startswith("Respondents needed")
    assert not sheet.loc[:2, "Description"].str.contains("Gap|Reason").any()  # what its people wrote, no more


def test_a_proposal_comes_back_once_the_own_action_is_over():
    for status, times in (("dropped", 1), ("on hold", 0), ("planned", 0)):
        sheet = make_sheet(states(("2026-12-31", status)), proposals().reset_index())
        assert sheet["Summary"].str.startswith("Pay: ").sum() == times


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_no_cell_of_the_sheet_is_run_by_a_spreadsheet(start, tmp_path):
    own = states(("2026-12-31", start + " x"), owner=start, kind=start, hypothesis=f'{start}",=1\nnew line')
    own = own.assign(action=start)
    sheet = make_sheet(own, proposals().reset_index())
    write_csv(sheet, tmp_path / "sheet.csv")
    back = pd.read_csv(tmp_path / "sheet.csv", dtype="str", keep_default_na=False)
    cells = pd.concat([back[column] for column in back])
    assert not cells.str.match(r"[=+\-@\t\r]").any() and len(back) == 2
    assert back.loc[0, "Summary"].startswith("'" + start.strip()[:1]) and "\n" not in back.loc[0, "Summary"]


def test_a_summary_is_one_line_trackers_take():
    own = states(("2026-12-31", "planned"), hypothesis="word " * 100)
    summary = make_sheet(own, proposals().iloc[:0].reset_index()).loc[0, "Summary"]
    assert len(summary) <= 255 and summary.endswith("word …")


PARTS = dict(action="A0", touchpoint=["pay", "pay"], kpi=["paid", "called"], owner=None)


def parts(**columns):
    """Two rows of actions.csv with one key."""
    given = PARTS | columns
    rows = pd.DataFrame([("2026-06-29", "running")] * 2, columns=["due", "status"])
    rows = rows.assign(due=pd.to_datetime(rows["due"]), start=pd.Timestamp("2026-01-01"), hypothesis="a call helps")
    return find_action_states(rows.assign(**given), PLACES, day="2026-06-30")


def test_rows_of_one_action_with_different_kpis_are_its_parts():
    found = parts()
    assert found["kpi"].tolist() == ["paid", "called"]
    assert describe_actions(found, day="2026-06-30").startswith(
        "Of 1 action, on 30 June 2026: 1 late (A0, Payment, by 1 day)."
    )
    assert describe_action_doubts(found, places=PLACES) == ["Nobody answers for A0."]
    assert proposals(own=found)["under_way"].tolist() == ["A0 late", ""]
    sheet = make_sheet(found, proposals(own=found).iloc[:0].reset_index())
    assert len(sheet) == 1 and "KPI: paid; called" in sheet.loc[0, "Description"]


@pytest.mark.parametrize(
    "columns, said",
    [
        (dict(kpi="paid", touchpoint=["pay", "help"]), ["A0 stands more than once with the KPI 'paid'."]),
        (dict(kpi=None), ["A0 stands more than once."]),
        (dict(kpi=None, touchpoint=["pay", "help"]), []),
    ],
)
def test_an_action_that_stands_twice_with_the_same_kpi_is_said(columns, said):
    assert describe_action_doubts(parts(**columns, owner="Ann"), places=PLACES) == said


def test_two_actions_that_share_a_key_by_mistake_both_stand_on_the_sheet():
    found = parts(hypothesis=["a call helps", "a letter helps"])
    assert make_sheet(found, proposals().iloc[:0].reset_index())["Summary"].str.len().tolist() == [16, 18]


@pytest.mark.parametrize("kpi, summary, description", [("paid", "A0: paid", "KPI: paid"), (None, "A0", "")])
def test_an_action_of_which_little_is_known_is_a_row_that_reads_well(kpi, summary, description):
    found = states(("2026-12-31", "planned"), touchpoint=None, hypothesis=None, kpi=kpi)
    assert found.loc[0, ["label", "on_map"]].fillna("").tolist() == ["", ""]
    sheet = make_sheet(found, proposals().iloc[:0].reset_index())
    assert sheet.loc[0, ["Summary", "Description"]].tolist() == [summary, description]


def test_cells_of_the_sheet_have_one_line_but_for_the_description():
    own = states(("2026-12-31", "planned"), owner="Ann\tand\r\nBo ", hypothesis="a call\nhelps", kpi="paid")
    row = make_sheet(own, proposals().iloc[:0].reset_index()).loc[0]
    assert row["Assignee"] == "Ann and Bo" and row["Description"] == "Hypothesis: a call helps\nKPI: paid"
