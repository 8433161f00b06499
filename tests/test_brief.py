"""The small tables of the first page."""

import re

import pandas as pd

from cxlib.brief import brief_actions, brief_priorities, brief_targets
from cxlib.claims import claim, settle


def priorities(*chances):
    rows = [(f"t{n}", f"T{n}", 50, -1.0, -1.4, -0.6, chance) for n, chance in enumerate(chances)]
    return pd.DataFrame(rows, columns=["touchpoint", "label", "n", "gap", "low", "high", "p_top"])


def states(*kept):
    columns = ["action", "touchpoint", "hypothesis", "owner", "due", "state", "days_late"]
    return pd.DataFrame(list(kept), columns=columns)


def targets(*statuses, p=0.001):
    kept = dict(value=0.5, low=0.45, high=0.55, target=0.6, direction=None, due="2026-12-31", is_share=True, p=p)
    return pd.DataFrame({"figure": [f"k{n}" for n in range(len(statuses))], "status": statuses, **kept})


def effects(verdict, p=0.001):
    kept = dict(action="A1", label="A1", kpi="wait", effect=-2.0, low=-3.0, high=-1.0, unit="value", reason="")
    return pd.DataFrame([kept | {"verdict": verdict, "p": p}])


def gaps(*short, p=0.001):
    places = [f"t{n}" for n in range(7)]
    verdicts = ["shortfall" if place in short else "met" for place in places]
    return pd.DataFrame({"touchpoint": places, "p": p, "verdict": verdicts})


EVERY = gaps(*(f"t{n}" for n in range(7)))
NOTHING = pd.DataFrame({"touchpoint": [], "suggestion": []})
LATE = ("A1", "t0", "<b>Call</b> first", "Product", "2026-05-31", "late", 30)


def test_what_to_do_first_has_five_rows_at_most_and_none_without_a_chance():
    proposed = pd.DataFrame({"touchpoint": ["t0"], "suggestion": ["Change it."]})
    html = brief_priorities(priorities(0.995, 0.7, 0.5, 0.4, 0.3, 0.06, 0.01), EVERY, proposed, states(LATE))
    assert html.count("<tr>") == 6 and "T5" not in html and "over 99\u00a0%" in html
    assert html.endswith("<p>1 row more in tables/priorities.csv.</p>") and "falls furthest short" not in html
    assert "1.0 points (most likely 0.6 to 1.4; 50\u00a0people)" in html
    assert "Change it. Own actions: A1 (late)." in html and "nothing yet" in html


def test_why_the_widest_shortfall_is_not_first_is_said_before_the_table():
    found = priorities(0.9, 0.8).assign(gap=[-1.0, -1.4], low=[-1.4, -1.8], high=[-0.6, -1.0])
    html = brief_priorities(found, EVERY, NOTHING, states())
    assert html.startswith("<p>T1 falls furthest short, but is number 2 here: the order weighs how far a touchpoint")


def test_what_to_do_first_names_only_what_surely_falls_short():
    found = priorities(0.9, 0.8, 0.7).assign(gap=[-1.0, -0.2, 0.1], high=[-0.6, 0.2, 0.3])
    html = brief_priorities(found, gaps("t0"), NOTHING, states())
    assert "T0" in html and "T1" not in html and "T2" not in html and "-" not in re.sub("<[^>]*>", "", html)
    told = claim(EVERY.assign(p=0.04), lambda held: brief_priorities(found, held, NOTHING, states()))
    assert "T1" in settle([told])[0] and settle([told, {"p": [0.9] * 9, "versions": [[-1, ""]]}]) == []


def test_a_table_that_is_cut_says_how_much_more_there_is_and_where():
    cut = brief_targets(targets(*["missed"] * 10))
    assert cut.count("<tr>") == 9 and cut.endswith("<p>2 rows more in tables/monitoring.csv.</p>")
    assert "<p>" not in brief_targets(targets("missed"))


def test_late_actions_and_those_judged_are_never_cut_for_others():
    kept = [(f"A{n}", "t0", "", "", "2026-05-31", "running", 0) for n in range(2, 12)]
    html = brief_actions(states(*kept, ("A1", *LATE[1:-2], "done", 0), ("A0", *LATE[1:])), effects("worked"))
    order = [html.index(f">{name}") for name in ("A0", "A1", "A2")]
    assert order == sorted(order) and html.endswith("<p>4 rows more in tables/actions.csv.</p>")


def test_targets_come_the_worst_first_in_words():
    html = brief_targets(targets("reached", "missed", "cannot be told"))
    assert html.index("k1") < html.index("k2") < html.index("k0")
    assert 'class="bad" data-label="status">missed' in html and ">too close to say<" in html
    assert "at least 60\u00a0%" in html


def test_a_share_a_mean_rating_and_an_effect_have_their_units():
    rated = targets("missed", "missed").assign(is_share=[True, False], date=["2026-06-30", None])
    html = brief_targets(rated)
    assert "50\u00a0% (most likely 45 to 55\u00a0%)" in html and "at least 0.60 points" in html
    share = effects("worked").assign(unit="share", effect=0.075, low=0.05, high=0.1)
    assert "wait +7.5 percentage points (most likely +5.0 to +10.0)" in brief_actions(states(LATE), share)


def test_figures_without_a_target_make_no_table():
    assert brief_targets(targets("no figure").assign(target=float("nan"))) == ""


def test_an_action_says_whether_it_worked_and_is_escaped():
    html = brief_actions(states(LATE), effects("worked"))
    assert "yes: wait −2.0 (most likely −3.0 to −1.0)" in html and "late by 30 days" in html and "&lt;b&gt;Call" in html


def test_what_does_not_hold_beside_the_rest_is_not_said_in_a_table_either():
    status = claim(targets("reached", p=0.04), brief_targets, column="status")
    worked = claim(effects("worked", p=0.04), lambda held: brief_actions(states(LATE), held))
    alone, beside = (
        settle([status]) + settle([worked]),
        settle([status, worked, {"p": [0.9] * 9, "versions": [[-1, ""]]}]),
    )
    assert ">reached<" in alone[0] and "yes: wait" in alone[1]
    assert ">too close to say<" in beside[0] and "no sure effect on wait" in beside[1] and "−2.0" not in beside[1]
