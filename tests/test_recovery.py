"""Service recovery: complaints, how long they take, and what customers say of the whole after one."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from cxlib import open_study
from cxlib.charts.promises import plot_recovery
from cxlib.experience.recovery import (
    describe_complaints,
    describe_recovery,
    find_complainants,
    find_complaint_times,
    find_recovery,
)
from cxlib.intervals import guard_rare_failures
from cxlib.summaries.complaints import summarise_complaints, summarise_recovery

SETTINGS = "scales: {experienced: [1, 7], overall: [1, 7]}\noutcome: overall\nwaves: {w1: 2026-03-31}\n"
FEEDBACK = """time,touchpoint,text,customer,opened,resolved
2026-01-02,pay,late,c0,2026-01-02,2026-01-05
2026-01-03,pay,late,c0,2026-01-03,2026-01-04
2026-01-04,help,late,c1,2026-01-04,2026-01-14
2026-01-05,help,late,c2,2026-01-05,
2026-01-24,help,thanks,c9,,
"""


@pytest.fixture
def asked(make_study):
    """A study of nine customers with an answer each, on the day given or 20 January 2026."""

    def build(feedback=FEEDBACK, *, day="2026-01-20", people=9, **options):
        names = [f"c{place}" for place in range(people)]
        respondents = pd.DataFrame({"respondent": names, "wave": "w1", "customer": names})
        respondents["overall"] = [1 + place % 7 for place in range(people)]
        ratings = pd.DataFrame({"respondent": names, "wave": "w1", "touchpoint": "pay", "experienced": 5})
        tables = dict(respondents=respondents, ratings=ratings.assign(answered_at=day), feedback=feedback)
        return open_study(make_study(settings=SETTINGS, **tables), **options)

    return build


def said(sentence):
    return sentence.replace("\u00a0", " ")


def times(study, by=""):
    return find_complaint_times(summarise_complaints(study, by=by))


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_complaints_are_counted_and_open_ones_wait_until_the_newest_day(asked, engine):
    found = times(asked(engine=engine)).iloc[0]
    assert found[["complaints", "customers", "complained_again", "resolved"]].tolist() == [4, 3, 1, 3]
    assert found["median_days"] == 3  # of 1, 3, 10 and more than 19 days
    by = times(asked(engine=engine), by="touchpoint").set_index("touchpoint")
    assert by.loc["help", ["complaints", "resolved", "median_days"]].tolist() == [2, 1, 10]


def test_as_of_a_day_what_came_later_is_not_known_yet(asked):
    found = times(asked(as_of="2026-01-03", wave="all")).iloc[0]
    assert found[["complaints", "resolved", "customers"]].tolist() == [2, 0, 1]


def test_the_median_time_is_that_of_single_complaints(asked):
    rng = np.random.default_rng(3)
    days, waits = rng.integers(1, 30, 61), rng.random(61) < 0.3
    opened = pd.Timestamp("2026-01-01")
    feedback = pd.DataFrame({"customer": [f"p{place}" for place in range(61)], "text": "late", "opened": opened})
    feedback["resolved"] = (opened + pd.to_timedelta(days, unit="D")).where(~waits)
    feedback.loc[0, "time"] = pd.Timestamp("2026-02-10")
    found = times(asked(feedback)).iloc[0]
    curve = SurvfuncRight(np.where(waits, 40.0, days), (~waits).astype(float))
    ends = [stats.binomtest(round(61 * share), 61).proportion_ci(method="wilson") for share in 1 - curve.surv_prob]
    low, high = (
        next(day for day, end in zip(curve.surv_times, ends) if end[side] >= 0.5) for side in (1, 0)
    )  # nobody waits for less than forty days
    assert found[["median_days", "median_days_low", "median_days_high"]].tolist() == [curve.quantile(0.5), low, high]


def test_complaints_of_one_customer_are_worth_one():
    table = pd.DataFrame({"days": range(1, 41), "resolved": True, "complaints": 1, "customers": 10, "se": 0.0})
    alone, alike = (
        find_complaint_times(table.assign(n_effective=float(n), complained_again=0)).iloc[0] for n in (40, 10)
    )
    assert alone["median_days"] == alike["median_days"] == 20
    assert (
        alike["median_days_low"] < alone["median_days_low"] < 20 < alone["median_days_high"] < alike["median_days_high"]
    )


def test_five_who_all_say_the_same_are_no_recovery_paradox():
    rows = [("none", 1000, 0.9, 0.0095), ("resolved", 5, 1.0, 0.0), ("unresolved", 5, 1.0, 0.0)]
    table = pd.DataFrame(rows, columns=["complaint", "n", "mean", "se"])
    facts = dict(n_effective=table["n"].astype(float), lowest=0.0, width=1.0, promoters=np.nan, detractors=np.nan)
    found = find_recovery(table.assign(outcome="retained", **facts)).set_index("comparison").loc["resolved − none"]
    assert found["verdict"] == "not enough data" and found["low"] < 0 < found["high"]


def test_a_complaint_counts_as_it_stood_when_the_customer_answered(asked):
    def groups(day):
        return summarise_recovery(asked(day=day)).set_index("complaint")["n"].to_dict()

    assert groups("2026-01-10") == {"none": 6, "resolved": 1, "unresolved": 2}
    assert groups("") == {"none": 6, "resolved": 2, "unresolved": 1}


@pytest.mark.small_groups
def test_small_groups_are_left_out_with_the_next_smallest(asked):
    feedback = pd.DataFrame({"customer": [f"c{place}" for place in range(17)], "text": "late", "opened": "2026-01-02"})
    feedback["resolved"] = ["2026-01-04"] * 14 + [""] * 3
    study = asked(feedback.assign(touchpoint=["pay"] * 10 + ["help"] * 5 + ["rare"] * 2), people=60)
    assert summarise_recovery(study)["complaint"].tolist() == ["none"]
    by = times(study, by="touchpoint")
    assert by.set_index("touchpoint")["customers"].to_dict() == {"pay": 10, "others": 7}


def test_without_customers_complaints_are_counted_and_a_sentence_names_the_column(asked):
    study = asked("text,opened\nlate,2026-01-02\n")
    assert "customer" in describe_recovery(find_recovery(summarise_recovery(study)))
    found = times(study)
    assert found.loc[0, "customers"] == 1 and pd.isna(found.loc[0, "complained_again"])
    assert said(describe_complaints(found)).startswith("Of 1 complaint, 0 % are resolved")
    assert find_complainants(summarise_recovery(study)).empty


def test_without_feedback_the_sentences_name_its_columns(make_study, small_ratings):
    study = open_study(make_study(ratings=small_ratings))
    assert "column opened" in describe_complaints(find_complaint_times(summarise_complaints(study, by="touchpoint")))
    assert "customer" in describe_recovery(find_recovery(summarise_recovery(study)))


def groups(shift=0.0, unresolved=-1.2, n=400, outcome="overall"):
    """The three groups of one outcome on 1 to 7, drawn with these differences from those without a complaint."""
    rng = np.random.default_rng(1)
    draws = {
        name: rng.normal(5 + by, 1, n) for name, by in (("none", 0), ("resolved", shift), ("unresolved", unresolved))
    }
    facts = dict(n=n, n_effective=float(n), width=6.0, lowest=1.0, promoters=np.nan, detractors=np.nan)
    rows = [
        dict(outcome=outcome, complaint=name, mean=draw.mean(), se=stats.sem(draw)) | facts
        for name, draw in draws.items()
    ]
    return draws, pd.DataFrame(rows)


def test_differences_have_welchs_interval_and_p():
    draws, table = groups(0.3)
    found = find_recovery(table).set_index("comparison")
    for pair in found.index:
        one, other = pair.split(" − ")
        test = stats.ttest_ind(draws[one], draws[other], equal_var=False)
        assert found.loc[pair, "p"] == pytest.approx(test.pvalue, rel=1e-6)
        assert found.loc[pair, ["low", "high"]].tolist() == pytest.approx(list(test.confidence_interval(0.95)))


@pytest.mark.parametrize(
    ("shift", "n", "verdict"),
    [(0, 800, "recovered"), (0, 40, "not enough data"), (-0.8, 400, "not recovered"), (0.8, 400, "recovery paradox")],
)
def test_what_resolving_does_is_found(shift, n, verdict):
    found = find_recovery(groups(shift, n=n)[1]).set_index("comparison")
    assert found.loc["resolved − none", "verdict"] == verdict
    assert found.loc["unresolved − none", "verdict"] == "worse"


def test_each_outcome_is_compared_with_itself_in_one_family():
    both = pd.concat([groups()[1], groups(outcome="retained")[1]], ignore_index=True)
    found = find_recovery(both)
    assert found["outcome"].tolist() == ["overall"] * 3 + ["retained"] * 3
    assert found["q"].tolist() == pytest.approx(stats.false_discovery_control(found["p"]))


def test_the_sentence_says_whether_resolving_makes_up():
    _, table = groups(n=800)
    assert said(describe_recovery(find_recovery(table), outcome="overall")) == (
        "Customers with a resolved complaint rate the whole like those without one (+0.1, 0.0 to +0.2; n 800), "
        "those still waiting lower (−1.1, −1.2 to −1.0; n 800)."
    )
    waiting = find_recovery(table[table["complaint"] != "resolved"])
    assert said(describe_recovery(waiting)).startswith(
        "Customers still waiting rate the whole lower than those without"
    )
    solved = find_recovery(groups(n=40)[1].iloc[:2])
    assert "perhaps like those without one" in describe_recovery(solved)
    others = find_recovery(table[table["complaint"] != "none"])
    assert describe_recovery(others) == "Too few customers without a complaint are known to compare with."


def test_the_sentence_on_complaints_says_how_many_and_how_soon():
    half = pd.DataFrame({"complaints": [100], "customers": 100, "complained_again": [3], "resolved": 60})
    half = half.assign(resolved_share=0.6, low=0.502, high=0.691)
    half = half.assign(median_days=6.0, median_days_low=5.0, median_days_high=8.0)
    assert said(describe_complaints(half)) == (
        "Of 100 complaints, 60 % are resolved (50 to 69 %), half within 6 days (5 to 8); 3 customers complained again."
    )
    none = half.assign(median_days=np.nan, median_days_low=np.nan, median_days_high=np.nan, complained_again=pd.NA)
    assert said(describe_complaints(none)).endswith("(50 to 69 %), fewer than half so far.")


def test_the_chart_draws_the_three_groups():
    shown = find_complainants(groups()[1])
    ax = plot_recovery(shown, outcome="overall", title="Recovery")
    assert ax.collections[1].get_offsets()[:, 0].tolist() == pytest.approx(shown["mean"].tolist())
    assert ax.get_yticklabels()[0].get_text() == "no complaint (n 400)"
    assert plot_recovery(shown, outcome="retained", title="Recovery") is None
    share = plot_recovery(shown.assign(mean=0.636, width=1.0), outcome="overall", title="Recovery")
    assert "0.64" in [text.get_text() for text in share.texts]


UNDATED = SETTINGS[: SETTINGS.index("waves")]
WAVES = SETTINGS.replace("w1: 2026-03-31", "w1: 2026-03-31, w2: 2026-06-30")


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_a_customer_of_two_waves_counts_once_as_of_the_latest(make_study, engine):
    names = [f"c{place}" for place in range(6)]
    people = pd.DataFrame({"respondent": names * 2, "wave": ["w1"] * 6 + ["w2"] * 6, "customer": names * 2})
    people["overall"] = [3.0] * 6 + [4.0] * 3 + [5.0] * 3
    ratings = people[["respondent", "wave"]].assign(touchpoint="pay", experienced=5)
    feedback = pd.DataFrame({"customer": names[:4], "text": "late", "opened": "2026-05-01", "resolved": "2026-05-02"})
    study = make_study(settings=WAVES, respondents=people, ratings=ratings, feedback=feedback)
    found = summarise_recovery(open_study(study, wave="all", engine=engine)).set_index("complaint")
    assert found["n"].to_dict() == {"none": 2, "resolved": 4} and found["mean"].tolist() == [5, 4.25]
    first = summarise_recovery(open_study(study, wave="w1", engine=engine))
    assert first[["complaint", "n", "mean"]].to_numpy().tolist() == [["none", 6, 3]]


def test_two_respondents_of_one_customer_are_one(make_study):
    people = pd.DataFrame({"respondent": ["r0", "r1", "r2"], "customer": ["c0", "c0", "c1"], "overall": [2, 4, 7]})
    tables = dict(respondents=people, feedback="customer,text,opened\nc9,late,2026-01-02\n")
    tables["ratings"] = people[["respondent"]].assign(touchpoint="pay", experienced=5)
    found = summarise_recovery(open_study(make_study(settings=UNDATED, **tables)))
    assert found[["n", "mean"]].to_numpy().tolist() == [[2, pytest.approx(13 / 3)]]


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_one_customer_with_many_open_complaints_weighs_as_one(asked, engine):
    rows = [("heavy", "")] * 50 + [(f"p{place}", "2026-01-04") for place in range(50)]
    feedback = pd.DataFrame(rows, columns=["customer", "resolved"]).assign(text="late", opened="2026-01-02")
    found = times(asked(feedback, engine=engine)).iloc[0]
    assert found["resolved_share"] == 0.5 and found["customers"] == 51
    residuals = np.array([-25.0] + [0.5] * 50)  # resolved − share · complaints of each customer
    worth = 0.25 / ((residuals**2).sum() * 51 / 50 / 100**2) * 51 / 50
    low, high = stats.beta.ppf([0.025, 0.975], [worth / 2, worth / 2 + 1], [worth / 2 + 1, worth / 2])
    assert found[["low", "high"]].tolist() == pytest.approx([low, high])


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_a_complaint_resolved_before_it_was_opened_was_resolved_on_that_day(asked, engine):
    study = asked("customer,text,opened,resolved\nc0,late,2026-01-05,2026-01-03\nc1,late,2026-01-05,\n", engine=engine)
    counts = summarise_complaints(study)
    assert counts.loc[counts["resolved"], ["days", "complaints"]].to_numpy().tolist() == [[0, 1]]
    assert times(study)[["complaints", "resolved"]].to_numpy().tolist() == [[2, 1]]
    assert summarise_recovery(study).set_index("complaint")["n"].to_dict() == {
        "none": 7,
        "resolved": 1,
        "unresolved": 1,
    }


def test_shares_have_wilsons_interval_and_nps_the_adjusted_wald(make_study):
    names = [f"c{place}" for place in range(40)]
    people = pd.DataFrame({"respondent": names, "customer": names, "retained": [1] * 30 + [0] * 10})
    people["recommend"] = [9] * 20 + [7] * 12 + [3] * 8
    settings = "scales: {experienced: [1, 7], retained: [0, 1], recommend: [0, 10]}"
    tables = dict(respondents=people, feedback="customer,text,opened\nc99,late,2026-01-02\n")
    tables["ratings"] = people[["respondent"]].assign(touchpoint="pay", experienced=5)
    study = open_study(make_study(settings=settings, **tables))
    found = find_complainants(summarise_recovery(study)).set_index("outcome")
    wilson = stats.binomtest(30, 40).proportion_ci(method="wilson")
    assert found.loc["retained", ["low", "high"]].tolist() == pytest.approx(list(wilson))
    p, d = 20.75 / 43, 8.75 / 43
    reach = stats.norm.ppf(0.975) * np.sqrt((p + d - (p - d) ** 2) / 43)
    assert found.loc["nps", ["low", "high"]].tolist() == pytest.approx([p - d - reach, p - d + reach])


def test_what_difference_does_not_matter_can_be_said():
    table = groups(n=40)[1]
    assert find_recovery(table, met_within=0.8).set_index("comparison").loc["resolved − none", "verdict"] == "recovered"


SAID = {"none": [7] * 24 + [6] * 4 + [2, 1], "resolved": [6] * 5 + [4, 7, 7, 5, 3], "unresolved": [7] * 12 + [1]}


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_means_of_a_scale_are_guarded_against_failures_too_rare_to_be_seen(make_study, engine):
    rows = [(f"{name}{place}", name, rating) for name, said in SAID.items() for place, rating in enumerate(said)]
    people = pd.DataFrame(rows, columns=["customer", "complaint", "overall"]).assign(respondent=lambda t: t["customer"])
    told = people[people["complaint"] != "none"].assign(opened="2026-01-02", text="late")
    told["resolved"] = told["complaint"].map({"resolved": "2026-01-03", "unresolved": ""})
    tables = dict(
        respondents=people.drop(columns="complaint"), feedback=told[["customer", "opened", "resolved", "text"]]
    )
    tables["ratings"] = people[["respondent"]].assign(touchpoint="pay", experienced=5)
    settings = "scales: {experienced: [1, 7], overall: [1, 7]}\noutcome: overall\n"
    found = summarise_recovery(open_study(make_study(settings=settings, **tables), engine=engine))
    found = found.set_index("complaint")
    for name, said in SAID.items():
        n, modal = len(said), max(said.count(rating) for rating in said)
        skewness = n**0.5 * (n - 1) ** 1.5 / n**2 * stats.skew(said)  # m₃/s³
        se, worth = guard_rare_failures(stats.sem(said), n, n, modal, skewness, 6)
        known = float(se), n if np.isnan(worth) else float(worth)
        assert found.loc[name, ["se", "n_effective"]].astype(float).tolist() == pytest.approx(known, nan_ok=True)
    assert np.isnan(found.loc["unresolved", "se"]) and found.loc["none", "se"] > stats.sem(SAID["none"])


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_who_complained_of_another_stage_only_is_not_compared(make_study, engine):
    people = [("none", 6, "", 5), ("here", 6, "pay", 3), ("there", 6, "find", 1)]
    rows = [(f"{name}{n}", place, rating) for name, many, place, rating in people for n in range(many)]
    respondents = "respondent,customer,overall\n" + "".join(f"{name},{name},{rating}\n" for name, _, rating in rows)
    ratings = "respondent,touchpoint,experienced\n" + "".join(f"{name},pay,4\n" for name, _, _ in rows)
    told = "touchpoint,text,customer,opened,resolved\n"
    told += "".join(f"{place},bad,{name},2026-01-01,\n" for name, place, _ in rows if place)
    folder = make_study(
        ratings=ratings, respondents=respondents, feedback=told, touchpoints="touchpoint,stage\npay,buy\nfind,look\n",
        settings="scales: {experienced: [1, 7], overall: [1, 7]}\nstages: [look, buy]",
    )  # fmt: skip
    found = summarise_recovery(open_study(folder, engine=engine, stages=["buy"])).set_index("complaint")
    assert found["n"].to_dict() == {"none": 6, "unresolved": 6} and found.loc["unresolved", "mean"] == 3


def test_the_difference_of_two_shares_is_newcombes_published_one():
    rows = [("none", 80, 0.6), ("resolved", 70, 0.8), ("unresolved", 90, 0.3)]
    table = pd.DataFrame(rows, columns=["complaint", "n", "mean"]).assign(outcome="retained", width=1.0, lowest=0.0)
    se = np.sqrt(table["mean"] * (1 - table["mean"]) / (table["n"] - 1))
    table = table.assign(se=se, n_effective=table["n"].astype(float), promoters=np.nan, detractors=np.nan)
    found = find_recovery(table).set_index("comparison").loc["resolved − none"]
    assert (found["low"], found["high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)
