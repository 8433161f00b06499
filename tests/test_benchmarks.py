"""Benchmarks on figures small enough to check by eye, and z against SciPy and the standard library."""

from math import sqrt
from statistics import NormalDist

import pandas as pd
import pytest
from scipy import stats

from cxlib.gaps.benchmarks import compare_benchmarks, describe_benchmarks, describe_refusals, own_figures
from cxlib.monitoring import add_wave_kpis
from cxlib.tables import StudyError


def ours(**values):
    """A rated touchpoint for each value: n 400, se .08."""
    figures = {"figure": [name.capitalize() for name in values], "touchpoint": list(values), "stage": None, "kpi": None}
    return pd.DataFrame(figures | {"n": 400, "value": list(values.values()), "se": 0.08, "is_share": False})


def our_share(value=0.6, n=200, **more):
    row = {"figure": "Retained", "touchpoint": None, "stage": None, "kpi": "retained", "n": n, "value": value}
    return pd.DataFrame([row | {"se": sqrt(value * (1 - value) / n), "is_share": True} | more])


def theirs(kind="industry", se=0.06, **values):
    return pd.DataFrame({"touchpoint": list(values), "kind": kind, "value": list(values.values()), "se": se})


def compare(own, benchmarks, comparable=None, **options):
    return compare_benchmarks(own, benchmarks, comparable=comparable or {}, years=["2025", "2026"], **options)


def plain(sentence):
    return sentence.replace("\u00a0", " ")


def test_z_is_that_of_two_large_samples_in_scipy():
    n = 10**10
    row = compare(ours(pay=4.2).assign(n=n), theirs(pay=4.4)).iloc[0]
    expected = stats.ttest_ind_from_stats(4.2, 0.08 * sqrt(n), n, 4.4, 0.06 * sqrt(n), n, equal_var=False)
    assert row["q"] == pytest.approx(expected.pvalue, abs=1e-8)
    assert (row["low"], row["high"]) == pytest.approx((-0.2 - 0.1 * 1.959963984540054, -0.2 + 0.1 * 1.959963984540054))


def test_a_share_with_n_brings_its_own_error():
    benchmark = pd.DataFrame({"kpi": ["retained"], "value": [0.7], "n": [300]})
    row = compare(our_share(), benchmark).iloc[0]
    z = -0.1 / sqrt(0.66 * 0.34 * (1 / 200 + 1 / 300))
    assert row["q"] == pytest.approx(2 * NormalDist().cdf(z), abs=1e-8)
    assert not row["is_point"] and row["n_benchmark"] == 300


def test_n_alone_gives_a_rating_no_error():
    benchmark = theirs(pay=4.4).drop(columns="se").assign(n=300)
    assert compare(ours(pay=4.2), benchmark).loc[0, "is_point"]


def test_at_a_point_benchmark_only_our_error_counts():
    row = compare(ours(pay=4.2), theirs(pay=4.4, se=None)).iloc[0]
    assert row["is_point"] and row["q"] == pytest.approx(2 * stats.t.cdf(-0.2 / 0.08, 399), abs=1e-8)


def test_above_the_benchmark_is_ahead_below_is_behind_widest_first():
    own = ours(pay=4.0, find=5.0, use=3.0, help=4.0)
    found = compare(own, theirs(pay=4.5, find=4.0, use=4.5, help=4.05))
    assert found["figure"].tolist() == ["Use", "Pay", "Find", "Help"]
    assert found["verdict"].tolist() == ["behind", "behind", "ahead", "no sure difference"]


def test_where_less_is_better_above_the_benchmark_is_behind():
    churn = our_share(0.4, direction="at most")
    row = compare(churn, pd.DataFrame({"kpi": ["retained"], "value": [0.2]})).iloc[0]
    assert row["difference"] == pytest.approx(0.2) and row["verdict"] == "behind"


def test_q_counts_only_what_is_compared():
    benchmarks = theirs(pay=4.4, find=4.4, use=4.4).assign(mode=["", "phone", "phone"])
    found = compare(ours(pay=4.2, find=4.2, use=4.2), benchmarks)
    assert found["q"].dropna().tolist() == pytest.approx([2 * stats.t.cdf(-2, 399 / 0.64**2)], abs=1e-8)


def test_few_answers_are_judged_by_t():
    row = compare(ours(pay=4.2).assign(n=10), theirs(pay=4.4, se=None)).iloc[0]
    assert (row["low"], row["high"]) == pytest.approx(stats.t.interval(0.95, 9, -0.2, 0.08))
    weighted = compare(ours(pay=4.2).assign(n=100, n_effective=10.0), theirs(pay=4.4, se=None)).iloc[0]
    assert weighted["low"] == pytest.approx(row["low"])


def test_a_share_counts_as_the_people_its_error_is_worth():
    weighted = our_share(0.6, 400, se=sqrt(0.24 / 100) * sqrt(400 / 399))
    row = compare(weighted, pd.DataFrame({"kpi": ["retained"], "value": [0.5]})).iloc[0]
    ends = stats.binomtest(60, 100).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((ends.low - 0.5, ends.high - 0.5), abs=1e-6)
    assert row["p"] == pytest.approx(2 * NormalDist().cdf(-2), abs=1e-6)


def test_a_kpi_of_the_survey_is_compared_on_its_effective_n():
    kpi = dict(kpi="retention", date=pd.Timestamp("2026-06-30"), kind="share", n=100, n_effective=40.0, mean=0.62)
    survey = pd.DataFrame([kpi | dict(se=0.05, promoters=None, detractors=None)])
    rates = ["date", "window_days", "n", *(f"adoption_rate{end}" for end in ("", "_low", "_high"))]
    none = pd.DataFrame(columns=rates, dtype="float64")
    tracked = add_wave_kpis(pd.DataFrame({"kpi": [], "sites": []}), survey, none)
    own = own_figures(pd.DataFrame(), pd.DataFrame({"stage": []}), tracked, pd.DataFrame(columns=["kpi", "direction"]))
    row = compare(own, pd.DataFrame({"kpi": ["retention"], "value": [0.47]})).iloc[0]
    assert own["n_effective"].tolist() == [40] and row["p"] > 0.05 and row["verdict"] == "no sure difference"
    assert (row["low"] + 0.47, row["high"] + 0.47) == pytest.approx(tuple(tracked.loc[0, ["low", "high"]]))


def test_the_interval_a_kpi_comes_with_is_kept():
    kpi = our_share(n=10).assign(value=40.0, se=5.0, is_share=False, low=25.0, high=45.0)
    row = compare(kpi, pd.DataFrame({"kpi": ["retained"], "value": [30.0]})).iloc[0]
    assert row[["low", "high"]].tolist() == [-5, 15] and row["verdict"] == "no sure difference"


def test_a_difference_among_many_needs_to_be_surer():
    many = {f"t{place}": 4.0 for place in range(40)}
    assert compare(ours(pay=4.0), theirs(pay=4.22)).loc[0, "verdict"] == "behind"
    both = compare(ours(pay=4.0, **many), theirs(pay=4.22, **many))
    assert both.loc[both["figure"] == "Pay", "verdict"].tolist() == ["no sure difference"]


def test_another_mode_is_refused_until_it_is_declared_in_any_case():
    benchmarks = theirs(pay=4.4, find=4.4).assign(mode=["Phone", None])
    refused = compare(ours(pay=4.0, find=4.0), benchmarks).iloc[-1]
    assert refused["figure"] == "Pay" and refused["verdict"] == "not compared"
    assert refused["reason"].endswith("comparable: {mode: [Phone]} in study.yaml allows it.")
    assert refused[["difference", "low", "high", "q"]].isna().all()
    allowed = compare(ours(pay=4.0, find=4.0), benchmarks, {"mode": ["phone"]})
    assert allowed["verdict"].tolist() == ["behind", "behind"] and allowed["reason"].eq("").all()


@pytest.mark.parametrize("period", ["2025", "FY 2024/2025", "2026-Q1", "", None])
def test_a_period_of_our_years_or_none_is_compared(period):
    assert compare(ours(pay=4.0), theirs(pay=4.4).assign(period=period)).loc[0, "verdict"] == "behind"


@pytest.mark.parametrize("period", ["2019", "last spring", "120252", "2024/25"])
def test_another_period_is_refused_until_it_is_declared_or_is_our_own_past(period):
    benchmarks = theirs(pay=4.4).assign(period=period)
    refused = compare(ours(pay=4.0), benchmarks).iloc[0]
    assert refused["verdict"] == "not compared" and "(2025 and 2026); comparable: {period: [" in refused["reason"]
    assert compare(ours(pay=4.0), benchmarks, {"period": [period]}).loc[0, "verdict"] == "behind"
    assert compare(ours(pay=4.0), benchmarks.assign(kind="Own past ")).loc[0, "verdict"] == "behind"


def test_what_would_allow_a_year_is_quoted_as_yaml_takes_it():
    reason = compare(ours(pay=4.0), theirs(pay=4.4).assign(period="2019")).loc[0, "reason"]
    assert 'comparable: {period: ["2019"]} in study.yaml' in reason


def test_a_share_given_in_percent_is_refused():
    row = compare(our_share(), pd.DataFrame({"kpi": ["retained"], "value": [70.0], "n": [100]})).iloc[0]
    assert row["reason"] == "The benchmark is 70, but a share lies from 0 to 1, such as 0.75."


@pytest.mark.parametrize("se", [0.0, None])
def test_a_figure_of_ours_without_spread_is_not_compared(se):
    found = compare(ours(pay=4.0).assign(se=se), theirs(pay=4.4))
    assert found.loc[0, "verdict"] == "not compared" and "too few, or all the same" in found.loc[0, "reason"]


def test_kinds_are_read_in_any_case_and_may_be_blank():
    found = compare(ours(pay=4.0, find=4.0), theirs(pay=4.4, find=4.5).assign(kind=[" Best Practice", None]))
    assert found["kind"].tolist() == ["not stated", "best practice"]


def test_an_unknown_kind_is_refused_with_the_list():
    with pytest.raises(StudyError, match="'industri' in 1 row. Did you mean 'industry'.* best practice, own past"):
        compare(ours(pay=4.0), theirs(pay=4.4, kind="industri"))


def test_figures_are_named_by_kpi_touchpoint_or_stage_and_others_left_out():
    own = pd.concat([ours(pay=4.0), our_share(), ours(use=4.0).assign(stage="use", touchpoint=None)])
    places = {"touchpoint": ["pay", None, None, "gone"], "stage": [None, None, "use", None]}
    benchmarks = pd.DataFrame(places | {"kpi": [None, "retained", None, None], "value": [4.5, 0.7, 4.4, 1.0]})
    found = compare(own, benchmarks)
    assert found["figure"].tolist() == ["Pay", "Use", "Retained"]
    assert found[["touchpoint", "stage", "kpi"]].bfill(axis=1).iloc[:, 0].tolist() == ["pay", "use", "retained"]


def test_two_benchmarks_of_one_figure_give_two_rows_with_their_origin():
    twice = pd.concat([theirs(pay=4.5), theirs(pay=4.8, kind="competitor")], ignore_index=True)
    found = compare(ours(pay=4.0), twice.assign(source=["survey A", "survey B"]))
    assert found[["kind", "source"]].to_numpy().tolist() == [["competitor", "survey B"], ["industry", "survey A"]]


def test_both_tables_are_left_as_they_were():
    own, benchmarks = ours(pay=4.0), theirs(pay=4.4)
    before = own.copy(), benchmarks.copy()
    compare(own, benchmarks)
    pd.testing.assert_frame_equal(own, before[0])
    pd.testing.assert_frame_equal(benchmarks, before[1])


def test_headline_counts_one_kind_and_names_the_widest():
    found = compare(ours(pay=4.0, find=5.0, use=4.0), theirs(pay=4.5, find=4.0, use=4.3))
    assert plain(describe_benchmarks(found)) == (
        "Behind 2 of 3 industry benchmarks, ahead of 1; "
        "furthest behind Pay, 0.50 points below (95 % interval 0.30 to 0.70; n 400)."
    )
    assert describe_refusals(found) == ""


def test_headline_names_the_kind_where_there_are_several_and_a_point_as_such():
    found = compare(ours(pay=4.0, find=4.0), theirs(pay=4.5, find=4.01, se=None).assign(kind=["best practice", None]))
    assert plain(describe_benchmarks(found)) == (
        "Behind 1 of 2 benchmarks, ahead of none; furthest behind Pay, 0.50 points below best practice "
        "(95 % interval 0.34 to 0.66; n 400, point benchmark)."
    )


def test_headline_of_a_share_is_in_percentage_points():
    found = compare(our_share(0.6), pd.DataFrame({"kpi": ["retained"], "value": [0.4], "n": [300]}))
    assert plain(describe_benchmarks(found)) == (
        "Surely behind none of 1 benchmark, ahead of 1; "
        "furthest Retained, 20.0 percentage points above (95 % interval 11.1 to 28.5; n 200)."
    )


def test_headline_where_nothing_is_sure():
    found = compare(ours(pay=4.0, find=4.0), theirs(pay=4.05, find=3.95))
    assert describe_benchmarks(found) == (
        "Surely behind or ahead of none of 2 industry benchmarks: no difference is larger than chance allows."
    )


def test_headline_without_a_benchmark_says_what_would_give_one():
    for found in (compare(ours(pay=4.0), theirs()), compare(ours(pay=4.0), theirs(gone=4.0))):
        assert found.empty and describe_refusals(found) == ""
        assert describe_benchmarks(found).startswith("No benchmarks: ")
        assert "file benchmarks.csv switches it on" in describe_benchmarks(found)


def test_headline_where_nothing_is_comparable_and_each_reason_once():
    benchmarks = theirs(pay=4.5, find=4.0, use=4.3).assign(mode="phone", period=["2019", None, "2019"])
    found = compare(ours(pay=4.0, find=5.0, use=4.0), benchmarks)
    assert describe_benchmarks(found) == "None of 3 benchmarks can be compared; the reason stands with each."
    said = describe_refusals(found)
    assert said.startswith("Of 3 benchmarks, 3 are not compared. The mode “phone” is not declared comparable;")
    assert said.count("phone") == 2 and said.count("2019") == 2


def test_one_refusal_among_others_is_counted():
    found = compare(ours(pay=4.0, find=4.0), theirs(pay=4.5, find=4.0).assign(mode=["phone", ""]))
    assert describe_refusals(found).startswith("Of 2 benchmarks, 1 is not compared. The mode")


@pytest.mark.parametrize("pay", [4.9, 4.0, 3.0])
def test_sentences_stay_under_thirty_words(pay):
    own = ours(pay=4.0).assign(figure="Order confirmation by e-mail")
    both = pd.concat([theirs(pay=pay, kind="best practice", se=None), theirs(pay=4.02).assign(mode="in person")])
    found = compare(own, both.reset_index(drop=True))
    sentences = [describe_benchmarks(found), *describe_refusals(found).split(". ")]
    assert max(len(sentence.split()) for sentence in sentences) <= 30
