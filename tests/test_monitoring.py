"""Step 6: changes against SciPy, the register wave by wave, KPIs and targets."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import find_kpis, open_study, summarise_change
from cxlib.monitoring import (
    compare_targets,
    describe_change,
    describe_register,
    describe_targets,
    find_change,
    find_register,
    track_kpis,
)
from cxlib.monitoring.register import rose
from cxlib.tables import StudyError

NOW = np.array([-1, 0, -2, -1, 1, -3, -2, 0.0, 2, -4, -1, 0, -3, 1, -2, -1])
BEFORE = np.array([-2, -1, -2, -3, 0, -3, -3, -2, -1, -2.0, 0, -4, -3, -2, -4, 1, -1, -5])


def waves_of(now, before, *, same_people=False, name="pay"):
    """One row as summarise_change gives it, of ordinary gaps; the covariance is that of the two means."""
    figures = {}
    for when, x in (("now", now), ("before", before)):
        figures |= {f"n_{when}": len(x), f"n_effective_{when}": float(len(x)), f"mean_{when}": np.mean(x)}
        figures |= {f"se_{when}": np.std(x, ddof=1) / np.sqrt(len(x)), f"skewness_{when}": 0.0}
        figures[f"modal_{when}"] = 0.3 * len(x)
    shared = len(now) if same_people else 0
    covariance = np.cov(now, before)[0, 1] / shared if same_people else 0.0
    row = figures | {"touchpoint": name, "label": name.capitalize(), "n_both": shared, "covariance": covariance}
    return pd.DataFrame([row]).assign(stage="use", wave_now="2026", wave_before="2025", width=1.0)


def test_different_people_are_compared_as_welch_does():
    found = find_change(waves_of(NOW, BEFORE)).iloc[0]
    expected = stats.ttest_ind(NOW, BEFORE, equal_var=False)
    assert (found["low"], found["high"]) == pytest.approx(tuple(expected.confidence_interval()), abs=1e-12)
    assert found["q"] == pytest.approx(expected.pvalue, abs=1e-12)
    assert found["change"] == pytest.approx(NOW.mean() - BEFORE.mean())


def test_the_same_people_are_compared_with_themselves():
    found = find_change(waves_of(NOW, BEFORE[:16], same_people=True)).iloc[0]
    expected = stats.ttest_rel(NOW, BEFORE[:16])
    assert (found["low"], found["high"]) == pytest.approx(tuple(expected.confidence_interval()), abs=1e-10)
    assert found["q"] == pytest.approx(expected.pvalue, abs=1e-10)


def test_people_who_answered_both_waves_are_compared_with_themselves(make_study):
    before, now = np.tile(BEFORE[:16], 3), np.tile(NOW, 3)
    given = (("w1", before), ("w2", now))
    waves = [(f"r{place}", wave, 6 + gap) for wave, gaps in given for place, gap in enumerate(gaps)]
    ratings = pd.DataFrame(waves, columns=["respondent", "wave", "experienced"]).assign(touchpoint="pay", expected=6)
    settings = "scales: {expected: [1, 8], experienced: [1, 8]}\nwaves: {w1: 2025-12-31, w2: 2026-12-31}"
    found = find_change(summarise_change(open_study(make_study(ratings=ratings, settings=settings)))).iloc[0]
    expected = stats.ttest_rel(now, before)
    assert (found["n_both"], found["change"]) == (48, pytest.approx((now - before).mean()))
    assert (found["low"], found["high"]) == pytest.approx(tuple(expected.confidence_interval()), abs=1e-9)


def test_a_wave_in_which_failures_are_rare_makes_the_change_less_sure():
    change = waves_of(NOW, BEFORE).assign(width=4)
    plain, rare = (find_change(change.assign(modal_before=modal)).iloc[0] for modal in (6, 13))
    assert rare["change"] == plain["change"] and rare["low"] < plain["low"] and rare["q"] > plain["q"]


def test_swapping_the_waves_flips_the_change():
    there, back = find_change(waves_of(NOW, BEFORE)).iloc[0], find_change(waves_of(BEFORE, NOW)).iloc[0]
    assert (back["change"], back["low"], back["high"]) == pytest.approx(
        (-there["change"], -there["high"], -there["low"])
    )
    assert back["q"] == pytest.approx(there["q"])


@pytest.mark.parametrize("shift", [1, 0.1, -0.7])
def test_a_change_that_is_the_same_for_all_says_nothing_sure(shift):
    for n in range(5, 40):
        before = np.random.default_rng(n).integers(-3, 2, n).astype(float)
        found = find_change(waves_of(before + shift, before, same_people=True)).iloc[0]
        assert not found["high"] - found["low"] < 1e-6 and found["verdict"] == "no sure change", n


def test_above_zero_is_better_and_sure_changes_come_first():
    sure = np.tile(NOW, 30)
    rows = [waves_of(NOW, NOW + 0.3, name="slight"), waves_of(sure, sure + 0.5, name="down")]
    found = find_change(pd.concat([*rows, waves_of(sure + 1, sure, name="up")], ignore_index=True))
    assert found["touchpoint"].tolist() == ["up", "down", "slight"]
    assert found["verdict"].tolist() == ["better", "worse", "no sure change"]
    sentence = describe_change(found)
    assert sentence == (
        "Better since 2025: Up by 1.0 points (most likely 0.8 to 1.2; 480 and 480 people). Worse since 2025: Down by "
        "0.5 points (most likely 0.3 to 0.7; 480 and 480 people). No sure change at 1 of 3 touchpoints."
    )


def test_one_answer_in_a_wave_tells_no_change():
    one = waves_of(NOW, BEFORE).assign(n_before=1, modal_before=1, n_effective_before=1.0, se_before=np.nan)
    found = find_change(one)
    assert found[["low", "high", "q"]].isna().all(axis=None) and found.loc[0, "verdict"] == "no sure change"
    assert describe_change(found) == "Since 2025 no gap has surely changed (1 touchpoint compared)."
    assert "second wave" in describe_change(found.iloc[:0])
    assert describe_change(found.iloc[:0], reported=True).startswith("The study no longer holds the wave before")


WAVES = ["w1", "w2", "w3", "w4"]


def register_of(*history, margin=0.3):
    """The register of one touchpoint whose verdict (and gap, or −1) wave by wave is this; None: not asked."""
    rows = []
    for wave, said in zip(WAVES, history):
        if said is not None:
            verdict, gap = said if isinstance(said, tuple) else (said, -1.0)
            rows.append((wave, gap, gap - margin, gap + margin, verdict))
    gaps = pd.DataFrame(rows, columns=["wave", "gap", "low", "high", "verdict"])
    return find_register(gaps.assign(touchpoint="pay", label="Pay", stage="use", n=50), waves=WAVES)


DOUBT = "not enough data"


@pytest.mark.parametrize(
    ("history", "state", "since"),
    [
        (["met", "shortfall"], "new", "w2"),
        (["shortfall", "shortfall"], "persisting", "w1"),
        (["shortfall", "met"], "closed", "w1"),
        (["shortfall", ("exceeded", 0.5)], "closed", "w1"),
        ([("shortfall", -1.0), (DOUBT, -0.5)], "closed", "w1"),
        ([("shortfall", -1.0), (DOUBT, -0.7)], "uncertain", "w1"),
        (["shortfall", DOUBT, "shortfall"], "persisting", "w1"),
        (["shortfall", "met", "shortfall"], "reopened", "w3"),
        (["shortfall", "met", "shortfall", "shortfall"], "persisting", "w3"),
        (["shortfall", "met", DOUBT], "closed", "w1"),
        (["shortfall", None, "shortfall"], "persisting", "w1"),
    ],
)
def test_the_state_of_a_gap_follows_its_history(history, state, since):
    found = register_of(*history)
    assert found[["state", "since"]].values.tolist() == [[state, since]]


def test_a_rise_is_measured_from_the_last_sure_shortfall():
    slow = register_of(("shortfall", -1.2), ("shortfall", -0.9), (DOUBT, -0.7))
    assert slow.loc[0, "state"] == "uncertain"  # .2 since the last, .5 since the first


def test_what_was_never_short_is_not_in_the_register():
    empty = register_of("met", DOUBT, "exceeded")
    assert empty.empty and describe_register(empty, waves=["a"]) == "No gap has surely been open so far."
    assert describe_register(empty, waves=[]).startswith("Gaps are followed from wave to wave")


def test_the_register_says_what_is_open_and_what_closed():
    assert describe_register(register_of("met", "shortfall"), waves=["a"]) == "1 open gap: 1 new."
    assert (
        describe_register(register_of("shortfall", "met"), waves=["a"])
        == "No gap is open. Closed since they opened: Pay."
    )


def test_waves_come_in_the_order_of_the_study_not_of_the_table():
    gaps = pd.DataFrame({"wave": ["w2", "w1"], "verdict": ["met", "shortfall"], "gap": [0.0, -1.0], "n": 50})
    gaps = gaps.assign(touchpoint="pay", low=gaps["gap"] - 0.1, high=gaps["gap"] + 0.1)
    assert find_register(gaps, waves=WAVES)["state"].tolist() == ["closed"]


def kpis(*rows):
    """Rows of (kpi, site, value, numerator, denominator), all on one day."""
    table = pd.DataFrame(rows, columns=["kpi", "site", "value", "numerator", "denominator"])
    numbers = ["value", "numerator", "denominator"]
    return table.astype(dict.fromkeys(numbers, "float64")).assign(date=pd.Timestamp("2026-06-06"))


def test_a_share_counts_cases_not_sites():
    found = track_kpis(kpis(("done", "a", None, 9, 10), ("done", "b", None, 10, 90))).iloc[0]
    assert (found["value"], found["n"], found["sites"], found["is_share"]) == (0.19, 100, 2, True)
    expected = stats.binomtest(19, 100).proportion_ci(method="wilson")
    assert (found["low"], found["high"]) == pytest.approx(tuple(expected), abs=1e-9)


def test_other_values_are_the_mean_over_sites():
    found = track_kpis(kpis(*(("minutes", site, value, None, None) for site, value in zip("abc", (4, 5, 9))))).iloc[0]
    expected = stats.ttest_1samp([4, 5, 9], 0).confidence_interval()
    assert (found["value"], found["n"], found["is_share"]) == (6, 3, False)
    assert (found["low"], found["high"]) == pytest.approx(tuple(expected))


def test_a_single_site_has_a_value_and_no_interval():
    found = track_kpis(kpis(("minutes", "a", 4, None, None))).iloc[0]
    assert found["value"] == 4 and np.isnan(found["low"]) and np.isnan(found["high"])


def test_sites_that_all_say_the_same_have_no_interval():
    found = track_kpis(kpis(*(("minutes", site, 0.1, None, None) for site in "abc"))).iloc[0]
    assert found["value"] == pytest.approx(0.1) and np.isnan(found["low"]) and np.isnan(found["high"])


@pytest.mark.parametrize(("hits", "cases"), [(11, 10), (-1, 10)])
def test_impossible_counts_are_refused_by_name(hits, cases):
    with pytest.raises(StudyError, match=f"kpis: done has {hits} of {cases}"):
        track_kpis(kpis(("done", "a", None, hits, cases)))


def test_a_site_without_a_case_is_left_out():
    found = track_kpis(kpis(("done", "a", None, 0, 0), ("done", "b", None, 5, 10), ("blank", "a", None, None, None)))
    assert found[["kpi", "n", "value"]].to_numpy().tolist() == [["done", 10, 0.5]]


def test_kpis_without_counts(make_study):
    ratings = "respondent,touchpoint,expected,experienced\nann,pay,5,4\n"
    study = open_study(make_study(ratings=ratings, kpis="date,kpi,value\n2026-06-05,minutes,5\n2026-06-06,minutes,4\n"))
    assert track_kpis(find_kpis(study))["value"].tolist() == [5, 4]


def tracked(value=0.5, low=0.45, high=0.55):
    days = pd.to_datetime(["2026-06-05", "2026-06-06"])
    table = pd.DataFrame({"kpi": "done", "date": days, "sites": 1, "n": 100, "value": [0.4, value]})
    return table.assign(low=[0.3, low], high=[0.5, high], is_share=True)


def objectives(target=0.5, direction=None, kpi="done", touchpoint=None):
    table = pd.DataFrame([(kpi, touchpoint, target, direction)], columns=["kpi", "touchpoint", "target", "direction"])
    text = {"kpi": "str", "touchpoint": "str", "direction": "str"}
    return table.astype(text).assign(objective="Be good", due=pd.Timestamp("2026-12-31"))


NO_RATINGS = pd.DataFrame({"touchpoint": [], "label": []})


@pytest.mark.parametrize(
    ("target", "direction", "status"),
    [
        (0.4, None, "reached"),
        (0.6, None, "missed"),
        (0.5, None, "cannot be told"),
        (0.6, "at most", "reached"),
        (0.4, "At most ", "missed"),
        (0.5, "at most", "cannot be told"),
        (0.45, "at least", "reached"),
    ],
)
def test_a_target_is_reached_only_with_the_whole_interval(target, direction, status):
    found = compare_targets(tracked(), objectives(target, direction), NO_RATINGS)
    assert found[["figure", "date", "value", "before", "status"]].values.tolist() == [
        ["done", "2026-06-06", 0.5, 0.4, status]
    ]


def test_a_figure_without_target_or_interval_gets_no_verdict():
    untold = compare_targets(tracked(low=np.nan, high=np.nan), objectives(0.1), NO_RATINGS)
    without = compare_targets(tracked(), objectives(kpi="other"), NO_RATINGS)
    assert untold["status"].tolist() == ["cannot be told"] and without["status"].tolist() == [""]
    assert describe_targets(untold) == "Of 1 target, on 6 June 2026: 1 with too few cases to say (done)."
    close = compare_targets(tracked(), objectives(0.5), NO_RATINGS)
    assert describe_targets(close) == "Of 1 target, on 6 June 2026: 1 too close to its target to say (done)."
    assert describe_targets(without) == "1 figure tracked; objectives.csv would give them targets."


EXPERIENCE = pd.DataFrame(
    {"touchpoint": ["pay", "help"], "label": ["Payment", "Help"], "n_experienced": 50, "experienced": [4.0, 6.0]}
).assign(experienced_low=[3.8, 5.8], experienced_high=[4.2, 6.2])


def test_a_touchpoint_with_an_objective_stands_beside_the_kpis():
    aims = pd.concat([objectives(0.4), objectives(5.0, kpi=None, touchpoint="pay")], ignore_index=True)
    found = compare_targets(tracked(), aims, EXPERIENCE)
    assert found[["figure", "value", "status"]].values.tolist() == [["done", 0.5, "reached"], ["Payment", 4, "missed"]]
    assert describe_targets(found) == "Of 2 targets, on 6 June 2026: 1 missed (Payment); 1 reached (done)."


def test_touchpoints_have_targets_without_any_kpi():
    aims = objectives(3.0, kpi=None, touchpoint="pay")
    found = compare_targets(track_kpis(kpis()), aims, EXPERIENCE)
    assert found[["figure", "status"]].values.tolist() == [["Payment", "reached"]]
    assert describe_targets(found) == "Of 1 target: 1 reached (Payment)."


def test_objectives_of_which_only_the_target_is_written_down(make_study):
    ratings = "respondent,touchpoint,expected,experienced\nann,pay,5,4\n"
    study = open_study(make_study(ratings=ratings, objectives="objective,kpi,target\nBe good,done,0.4\n"))
    found = compare_targets(tracked(), study.small("objectives"), NO_RATINGS)
    assert found[["figure", "status"]].values.tolist() == [["done", "reached"]]


def test_nothing_tracked_says_what_would_switch_it_on():
    assert "kpis.csv" in describe_targets(compare_targets(track_kpis(kpis()), objectives().iloc[:0], NO_RATINGS))


def test_a_target_due_later_is_not_missed_yet():
    tracked = track_kpis(kpis(("done", "a", None, 40, 100)))
    aims = pd.DataFrame(
        {"objective": ["x"], "kpi": ["done"], "touchpoint": [None], "target": [0.9], "direction": [None]}
    )
    for due, status in (("2026-06-30", "missed"), ("2026-12-31", "not reached yet")):
        found = compare_targets(tracked, aims.assign(due=pd.Timestamp(due)), pd.DataFrame(), day="2026-06-30")
        assert found["status"].tolist() == [status]


@pytest.mark.parametrize(("target", "direction", "words"), [(70, None, "such as 0.7"), (0.7, "below", "'at most'")])
def test_a_target_that_cannot_be_meant_is_a_sentence(target, direction, words):
    aims = pd.DataFrame({"objective": ["x"], "kpi": ["done"], "touchpoint": [None], "target": [target]})
    aims = aims.assign(direction=pd.Series([direction], dtype="str"), due=pd.NaT)
    with pytest.raises(StudyError, match=words):
        compare_targets(track_kpis(kpis(("done", "a", None, 40, 100))), aims, pd.DataFrame())


@pytest.mark.parametrize(("gap", "sure"), [(-0.52, False), (-0.48, True)])
def test_a_gap_rose_where_the_rise_is_more_than_both_intervals_allow(gap, sure):
    before = pd.Series({"gap": -1.0, "low": -1.4, "high": -0.7})
    assert rose(before, pd.Series({"gap": gap, "low": gap - 0.4, "high": gap + 0.1})) is sure
