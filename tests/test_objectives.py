import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib.monitoring.control_charts import find_kpi_changes
from cxlib.monitoring.kpis import add_wave_kpis, describe_wave_kpis, track_kpis
from cxlib.monitoring.objectives import describe_objectives, find_open_gaps, find_unlinked, link_objectives
from cxlib.monitoring.targets import compare_targets, describe_left_out
from cxlib.tables import StudyError
from tests.proof.targets import measure_border, measure_dates

DAY = pd.Timestamp("2026-06-30")
PLACES = pd.DataFrame({"touchpoint": ["pay", "help", "setup"], "label": ["Payment", "Help", "Set-up"]})


def aims(*rows):
    """Rows of (objective, kpi, touchpoint, target)."""
    table = pd.DataFrame(rows, columns=["objective", "kpi", "touchpoint", "target"])
    text = dict.fromkeys(["objective", "kpi", "touchpoint"], "str")
    return table.astype(text).assign(direction=pd.Series(dtype="str"), due=pd.Timestamp("2026-12-31"))


def looked_at(*rows):
    """What of `compare_targets` is used: rows of (figure, objective, status)."""
    table = pd.DataFrame(rows, columns=["figure", "objective", "status"]).astype("str")
    return table.assign(n=100, value=0.5, low=0.4, high=0.6, is_share=True)


def gaps(**states):
    table = pd.DataFrame({"touchpoint": list(states), "state": list(states.values())})
    return table.assign(label=table["touchpoint"].map(PLACES.set_index("touchpoint")["label"]), n=9, gap=-1.0)


def actions(*rows):
    """Rows of (action, touchpoint, kpi, objective, state)."""
    return pd.DataFrame(rows, columns=["action", "touchpoint", "kpi", "objective", "state"]).astype("str")


STAY, PAY = ("Stay", "retention", None, 0.7), ("Pay well", None, "pay", 5.0)
FIGURES = looked_at(("retention", "Stay", "reached"), ("Payment", "Pay well", "missed"), ("NPS", None, ""))


def test_an_action_serves_the_objective_it_names_else_those_of_its_kpi_or_touchpoint():
    done = actions(
        ("A1", "setup", "retention", None, "running"),
        ("A2", "pay", None, None, "done"),
        ("A3", "pay", None, " stay ", "late"),
        ("A4", "help", "other", None, "planned"),
    )
    found = link_objectives(aims(STAY, PAY), FIGURES, gaps(setup="new", help="new"), done, PLACES)
    assert found["actions"].tolist() == ["A1 (running), A3 (late)", "A2 (done)"]
    assert found["at_work"].tolist() == [2, 0]
    assert found[["gap_names", "open_gaps"]].to_numpy().tolist() == [["Set-up (new)", 1], ["", 0]]


def test_actions_without_a_column_objective_are_linked_by_kpi():
    done = actions(("A1", "setup", "retention", None, "running")).drop(columns="objective")
    assert link_objectives(aims(STAY), FIGURES, gaps(), done, PLACES)["actions"].tolist() == ["A1 (running)"]


def test_an_objective_of_several_figures_has_the_status_of_its_worst():
    several = aims(("Stay", "retention", None, 0.7), ("Stay", "NPS", None, 20), ("Stay", None, "pay", 5))
    figures = looked_at(("retention", "Stay", "reached"), ("NPS", "Stay", "not reached yet"))
    found = link_objectives(several, figures, gaps(), actions(), PLACES).iloc[0]
    assert found["figures"] == "retention (reached), NPS (not reached yet), Payment (no figure)"
    assert (found["status"], found["due"]) == ("not reached yet", "2026-12-31")


def test_gaps_and_kpis_without_objective_and_idle_objectives_are_listed():
    here = gaps(pay="persisting", help="uncertain")
    linked = link_objectives(aims(STAY, PAY), FIGURES, here, actions(("A2", "pay", None, None, "dropped")), PLACES)
    found = find_unlinked(linked, FIGURES, here)
    assert found[["kind", "name", "state"]].to_numpy().tolist() == [
        ["gap", "Help", "uncertain"],
        ["KPI", "NPS", ""],
        ["objective", "Pay well", "missed"],
    ]
    assert found["value"].tolist()[:2] == [-1.0, 0.5] and np.isnan(found["value"][2])
    said = describe_objectives(linked, found, here)
    assert said == (
        "2 objectives: 1 reached, 1 missed; no action under way for Pay well. "
        "1 of 2 open gaps without an objective: Help; also 1 KPI."
    )


def say(objectives, here=gaps()):
    linked = link_objectives(objectives, FIGURES.iloc[:2], here, actions(), PLACES)
    return describe_objectives(linked, find_unlinked(linked, FIGURES.iloc[:2], here), here)


def test_the_sentence_of_one_of_none_and_of_what_is_not_looked_at():
    assert say(aims(STAY)) == "1 objective: 1 reached."
    assert "objectives.csv" in say(aims(STAY).iloc[:0])
    assert (
        say(aims(("Start", None, "setup", 5.0)))
        == "1 objective: 1 without a figure here; no action under way for Start."
    )


def test_the_sentences_stay_short_with_many():
    many = aims(*((f"A rather long objective {place}", f"kpi {place}", None, 0.5) for place in range(24)))
    said = say(many, gaps(pay="new", help="new", setup="new"))
    assert all(len(sentence.split()) <= 30 for sentence in said.split(". "))


def test_of_long_names_the_first_is_said():
    long = "Answer every customer of ours on the very day they write to us"
    here = gaps(pay="new", help="new", setup="new").assign(label=[f"{long}, case {place}" for place in range(3)])
    said = say(aims(*((f"{long} {place}", f"kpi {place}", None, 0.5) for place in range(3))), here)
    assert f"no action under way for {long} 0 and 2 more. 3 of 3 open gaps" in said
    assert said.endswith(f"{long}, case 0 and 2 more.") and all(len(one.split()) <= 30 for one in said.split(". "))


def test_open_gaps_are_those_of_the_register_and_sure_shortfalls_it_does_not_hold():
    sure = gaps(pay="", help="", setup="").assign(verdict=["shortfall", "shortfall", "met"])
    found = find_open_gaps(gaps(pay="closed", setup="reopened"), sure)
    assert found[["touchpoint", "state"]].to_numpy().tolist() == [["setup", "reopened"], ["help", "shortfall"]]
    assert find_open_gaps(gaps(), sure.iloc[:0]).empty


RATED = pd.DataFrame(
    {"touchpoint": ["pay"], "label": ["Payment"], "n_experienced": 50, "experienced": 4.0, "experienced_low": 3.8}
).assign(experienced_high=4.2)


def test_objectives_whose_touchpoint_is_not_looked_at_are_counted():
    three = aims(PAY, ("Help more", None, "help", 5.0), ("Start", None, "off the map", 5.0))
    found = compare_targets(track_kpis(kpis().iloc[:0]), three, RATED)
    said = describe_left_out(found, three, PLACES)
    assert said == "Of 3 objectives, 2 without a figure in what is looked at: Help more and Start."
    assert describe_left_out(found, three.iloc[:1], PLACES) == ""


def kpis(*rows):
    """Rows of (kpi, chart, value, numerator, denominator), all on one day."""
    table = pd.DataFrame(rows, columns=["kpi", "chart", "value", "numerator", "denominator"])
    numbers = dict.fromkeys(["value", "numerator", "denominator"], "float64")
    return table.astype(numbers | {"chart": "str"}).assign(date=DAY)


def test_incidents_per_unit_may_be_more_than_one_a_unit():
    found = track_kpis(kpis(("calls", " U ", None, 12, 4), ("calls", None, None, 8, 6))).iloc[0]
    assert (found["value"], found["n"], found["is_share"], found["chart"]) == (2.0, 10, False, "u")
    assert (found["low"], found["high"]) == pytest.approx((1.2217, 3.0888), abs=1e-4)  # Garwood 1936: 12.217 to 30.888


def test_plain_counts_add_up_over_sites_with_the_exact_interval():
    found = track_kpis(kpis(("complaints", "c", 4, None, None), ("complaints", "c", 6, None, None))).iloc[0]
    assert (found["value"], found["n"], found["sites"], found["is_share"]) == (10, 2, 2, False)
    assert (found["low"], found["high"]) == pytest.approx((4.7954, 18.3904), abs=1e-4)  # Garwood 1936
    assert found["se"] == pytest.approx(10**0.5)


def test_the_chart_stays_blank_where_none_is_said_and_xmr_changes_no_figure():
    shares = [track_kpis(kpis(("done", chart, None, 9, 10))) for chart in (None, "xmr", "p")]
    assert [table["chart"].iloc[0] for table in shares] == ["", "xmr", "p"]
    same = [table.drop(columns="chart") for table in shares]
    assert same[0].equals(same[1]) and same[0].equals(same[2])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("done", "pie", None, 9, 10)], "'pie'; it is p .shares., u .incidents per unit., c .plain counts. and xmr"),
        ([("done", "u", None, 9, 10), ("done", "p", None, 9, 10)], "done has chart u and p in different rows"),
        ([("done", "u", 3, None, None)], "chart of done is u; that takes numerator and denominator"),
        ([("done", "c", 2.5, None, None)], "chart of done is c; that takes a whole number"),
        ([("done", "p", None, 11, 10)], "a numerator lies from 0 to its denominator"),
        ([("done", None, None, 9, 10), ("done", None, 0.9, None, None)], "only a value in others.* 2026-06-30, site S"),
        ([("done", None, 0.9, 9, None)], "done has a numerator without a denominator. See the row of 2026-06-30"),
    ],
)
def test_a_chart_that_cannot_be_meant_is_a_sentence(rows, words):
    with pytest.raises(StudyError, match=words):
        track_kpis(kpis(*rows).assign(site="S"))


@pytest.mark.parametrize("row", [("calls", "u", None, 20, 10), ("calls", "c", 20, None, None)])
def test_p_of_a_count_agrees_with_its_interval(row):
    found = track_kpis(kpis(row))
    low = found["low"].iloc[0]
    p = [
        compare_targets(found, aims(("Calm", "calls", None, low + step)), RATED)["p"].iloc[0] for step in (-0.01, 0.01)
    ]
    assert p[0] < 0.05 < p[1]


def measured(kind, mean, *, n=100, se=0.05, kish=None, kpi="NPS", promoters=np.nan, detractors=np.nan):
    row = dict(kpi=kpi, wave="w1", date=DAY, kind=kind, n=n, mean=mean, se=se, n_effective=float(kish or n))
    return pd.DataFrame([row | dict(promoters=promoters, detractors=detractors)])


NO_ADOPTION = pd.DataFrame({"date": [], "window_days": [], "n": []}).astype({"date": "datetime64[us]"}).assign(
    adoption_rate=1.0, adoption_rate_low=1.0, adoption_rate_high=1.0
)  # fmt: skip
NO_KPIS = track_kpis(kpis())


def test_nps_is_in_points_by_the_adjusted_wald_interval():
    nps = measured("nps", 0.2, se=(0.66 / 99) ** 0.5, promoters=0.45, detractors=0.25)
    found = add_wave_kpis(NO_KPIS, nps, NO_ADOPTION).iloc[0]
    p, d = 45.75 / 103, 25.75 / 103
    margin = 1.959964 * ((p + d - (p - d) ** 2) / 103) ** 0.5
    assert (found["low"], found["high"]) == pytest.approx((100 * (p - d - margin), 100 * (p - d + margin)), abs=1e-6)
    assert found["value"] == pytest.approx(20) and not found["is_share"] and found["sites"] == 0


def test_a_target_of_the_nps_is_in_points_too():
    found = add_wave_kpis(NO_KPIS, measured("nps", 0.2, promoters=0.45, detractors=0.25), NO_ADOPTION)
    against = compare_targets(found, aims(("Loved", "NPS", None, 40)), RATED).iloc[0]
    assert (against["status"], against["to_target"]) == ("missed", pytest.approx(-20)) and against["p"] < 0.01


def test_a_weighted_share_is_as_wide_and_as_sure_as_its_effective_n():
    share = measured(
        "share", 0.3, n=400, se=(0.21 / 100 * 399 / 400) ** 0.5 * (400 / 399), kpi="CSAT (overall, top two)"
    )
    found = add_wave_kpis(NO_KPIS, share, NO_ADOPTION)
    expected = stats.binomtest(30, 100).proportion_ci(method="wilson")
    assert (found["low"].iloc[0], found["high"].iloc[0]) == pytest.approx(tuple(expected), abs=2e-3)
    for step, sure in ((-0.002, True), (0.002, False)):
        target = aims(("Loved", "CSAT (overall, top two)", None, found["low"].iloc[0] + step))
        assert (compare_targets(found, target, RATED)["p"].iloc[0] < 0.05) == sure


@pytest.mark.parametrize(
    "figure",
    [
        measured("share", 0.62, se=(0.62 * 0.38 / 79 * 100 / 99) ** 0.5, kish=40),
        measured("share", 1.0, se=0.0, kish=40),
        measured("mean", 3.0, kish=6),
        measured("nps", 0.9, se=(0.09 / 99) ** 0.5, promoters=0.93, detractors=0.03),
    ],
)
def test_p_of_a_measured_figure_agrees_with_its_interval(figure):
    found = add_wave_kpis(NO_KPIS, figure, NO_ADOPTION)
    low, value = found.loc[0, ["low", "value"]]
    for part, sure in ((-0.01, True), (0.01, False)):
        against = compare_targets(found, aims(("Loved", "NPS", None, low + part * (value - low))), RATED).iloc[0]
        assert ((against["p"] <= 0.05), against["status"] == "reached") == (sure, sure)


def test_p_of_adoption_agrees_with_its_interval():
    rates = pd.DataFrame({"date": [DAY], "window_days": 30.0, "n": 50, "adoption_rate": 0.5})
    rates = rates.assign(adoption_rate_low=0.3, adoption_rate_high=0.6)
    found = add_wave_kpis(NO_KPIS, measured("share", 0.6).iloc[:0], rates)
    for target, sure in ((0.299, True), (0.301, False), (0.599, False), (0.601, True)):
        against = compare_targets(found, aims(("Used", found.loc[0, "kpi"], None, target)), RATED)
        assert (against["p"].item() <= 0.05) == sure


def test_a_change_of_measured_kpis_counts_on_the_effective_n():
    waves = pd.concat([measured("mean", mean, kpi="CES (effort)", kish=6).assign(date=DAY + shift) for mean, shift in
                       ((3.0, pd.Timedelta(0)), (3.2, pd.Timedelta(90, "D")))])  # fmt: skip
    change = find_kpi_changes(add_wave_kpis(NO_KPIS, waves, NO_ADOPTION)).iloc[0]
    welch = stats.ttest_ind_from_stats(3.2, 0.05 * 6**0.5, 6, 3.0, 0.05 * 6**0.5, 6, equal_var=False)
    assert change["p"] == pytest.approx(welch.pvalue)


def test_an_own_kpi_of_the_same_name_stays_and_that_is_said():
    own = track_kpis(kpis(("nps", None, 31, None, None)))
    both = pd.concat(
        [measured("nps", 0.2, promoters=0.45, detractors=0.25), measured("share", 0.6, kpi="retention (survey)")]
    )
    found = add_wave_kpis(own, both, NO_ADOPTION)
    assert found[["kpi", "value"]].to_numpy().tolist() == [["nps", 31.0], ["retention (survey)", 0.6]]
    said = describe_wave_kpis(found, both)
    assert said.startswith("By the survey (30 June 2026, n\u00a0100): retention 60\u00a0% (")
    assert said.endswith(" Of kpis.csv, not of the survey: NPS.")


def test_adoption_of_a_wave_stands_beside_them_and_one_that_is_not_known_yet_does_not():
    rates = pd.DataFrame({"date": [DAY, DAY], "window_days": 30.0, "n": [50, 9], "adoption_rate": [0.5, np.nan]})
    rates = rates.assign(adoption_rate_low=[0.37, np.nan], adoption_rate_high=[0.65, np.nan])
    found = add_wave_kpis(NO_KPIS, measured("share", 0.6).iloc[:0], rates)
    assert found[["kpi", "n", "value", "is_share"]].to_numpy().tolist() == [
        ["adoption within 30 days (log)", 50, 0.5, True]
    ]


def test_nothing_measured_names_what_switches_it_on():
    nothing = measured("share", 0.6).iloc[:0]
    found = add_wave_kpis(NO_KPIS, nothing, NO_ADOPTION)
    assert found.empty and "recommend" in describe_wave_kpis(found, nothing)
    assert compare_targets(found, aims(STAY), RATED).empty


def test_the_survey_sentence_stays_short_with_many():
    names = ["CSAT (overall, top two)", "retention (survey)", "NPS", "CES (effort)"]
    many = pd.concat([measured("share", 0.6, kpi=kpi) for kpi in names])
    assert len(describe_wave_kpis(add_wave_kpis(NO_KPIS, many, NO_ADOPTION), many).split()) <= 30


def test_at_the_border_of_a_target_a_verdict_is_seldom_wrong_and_agrees_with_p():
    border = measure_border(1500, 1, kinds={"share of .95": (20, 50), "count": (5,), "mean of sites": (3,)})
    assert (border[["reached", "missed"]] < 0.05 + 3 * np.sqrt(0.0475 / 1500)).all(axis=None)
    assert (border["agrees with p"] == 1).all()


def test_a_share_with_few_misses_is_held_against_its_target_exactly():
    kpis = pd.DataFrame({"kpi": ["kept"], "date": pd.Timestamp("2026-06-30"), "site": "", "value": np.nan})
    tracked = track_kpis(kpis.assign(numerator=19, denominator=20.0))
    aims = pd.DataFrame({"objective": ["o"], "kpi": "kept", "touchpoint": np.nan, "target": 0.7, "direction": None})
    found = compare_targets(tracked, aims.assign(due=pd.NaT), pd.DataFrame())
    above = stats.binomtest(19, 20, 0.7, alternative="greater").pvalue
    assert found["p"].item() == pytest.approx(2 * above) and found["status"].item() == "reached"


def test_a_flat_series_seldom_gets_a_date_even_where_measurements_depend_on_one_another():
    flat = measure_dates(400, 1, points=(8,), slope=(0, 5), rho=(0, 0.5), ahead=(3,)).set_index(["slope", "rho"])
    assert (flat["wrong"] < 0.09 + 2 * np.sqrt(0.0819 / 400)).all()
    assert (flat.loc[5, "held"] > 0.9).all()
