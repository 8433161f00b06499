"""Did an action work: against SciPy, on months one can check by eye, on the sample, and where nothing was done."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib.charts.effects import plot_actions, plot_effects, plot_regression_to_mean
from cxlib.charts.theme import use_theme
from cxlib.monitoring.effects import (
    COLUMNS,
    compare_sites,
    contrast,
    describe_effects,
    describe_power,
    judge_effects,
    lay_out,
    trace_sites,
)
from cxlib.monitoring.regression import find_regression_to_mean
from cxlib.study import ROOT
from tests.proof.effects import GOAL, draw_sites, measure, measure_begun_after_the_worst

SITES = ["a", "b", "c", "x", "y", "z"]
CHANGES = [3.0, 5.0, 4.5, 0.5, -0.5, 0.2]
BUMPS = np.array([[0, 0.2, 0, 0.1, 0.3, 0], [0.1, 0, 0.2, 0, 0.1, 0.2]])
NAMES = ["action", "touchpoint", "start", "sites", "status", "kpi"]


def monthly(changes=CHANGES, *, months=12, start=8, sites=SITES):
    """A KPI in minutes for twelve months from 2025-01 on; each site changes by `changes` from month `start` on."""
    rows = []
    for month in range(months):
        day = pd.Timestamp("2025-01-01") + pd.DateOffset(months=month) + pd.offsets.MonthEnd(0)
        for place, (site, change) in enumerate(zip(sites, changes)):
            value = 20 + place + BUMPS[month % 2, place % 6] + (change if month >= start - 1 else 0)
            rows.append((day, "wait", site, value, np.nan, np.nan))
    return pd.DataFrame(rows, columns=["date", "kpi", "site", "value", "numerator", "denominator"])


def action(name="A1", start="2025-08-01", sites="a|b| c", status="done", kpi="wait"):
    return pd.DataFrame([(name, "call", pd.Timestamp(start), sites, status, kpi)], columns=NAMES)


def effect_row(**more):
    row = dict(action="A1", label="A1 (wait)", kpi="wait", method="difference-in-differences", n=12, before=0.5)
    row |= dict(n_text="6 against 6 sites", raw=0.1, effect=0.08, low=0.05, high=0.11, p=0.001, unit="share", reason="")
    return row | more


def judged(*rows, **options):
    return judge_effects(pd.DataFrame([effect_row(**row) for row in rows], columns=COLUMNS), **options)


def test_the_effect_is_welchs_test_on_the_change_of_each_site():
    found = compare_sites(monthly(), action()).iloc[0]
    grid = monthly().pivot(index="date", columns="site", values="value")
    changes = grid.iloc[7:].mean() - grid.iloc[:6].mean()  # July, the month just before, is left out
    expected = stats.ttest_ind(changes[:3], changes[3:], equal_var=False)
    interval = expected.confidence_interval()
    assert found["effect"] == pytest.approx(changes[:3].mean() - changes[3:].mean())
    assert (found["low"], found["high"], found["p"]) == pytest.approx((interval.low, interval.high, expected.pvalue))
    assert (found["n"], found["n_text"], found["unit"]) == (6, "3 sites with it, 3 without", "value")
    assert found["after"] - found["before"] == pytest.approx(found["raw"])


def test_what_is_detectable_is_found_four_times_in_five():
    rng = np.random.default_rng(1)
    treated, drawn = np.arange(12) < 6, pd.DataFrame(rng.normal(size=(4000, 12)))
    detectable = contrast(drawn, treated, 0.95)["detectable"].mean()
    found = contrast(drawn + detectable * treated, treated, 0.95)["p"] < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.03)


def test_less_is_better_where_the_objective_is_at_most():
    found = compare_sites(monthly(), action())
    more, less = (judge_effects(found, directions={"wait": direction}) for direction in ("at least", " At most"))
    assert [table["verdict"].item() for table in (more, less)] == ["worked", "made it worse"]


def test_an_action_counts_from_its_first_full_month_and_not_with_the_month_just_before():
    first, later = (lay_out(monthly(), action(start=day), next(action(start=day).itertuples())).attrs for day in
                    ("2025-08-01", "2025-08-02"))  # fmt: skip
    assert [str(first["before"][-1]), str(first["after"][0])] == ["2025-06", "2025-08"]
    assert [str(later["before"][-1]), str(later["after"][0])] == ["2025-06", "2025-09"]


def test_shares_are_means_of_months_so_that_a_busy_month_does_not_count_more():
    kpis = monthly()
    kpis["numerator"], kpis["denominator"] = 5 + kpis.index % 3, 10.0
    busy = (kpis["date"].dt.month == 3) & kpis["site"].isin(["a", "b", "c"])
    times = np.where(busy, 50, 1)
    more = kpis.assign(numerator=kpis["numerator"] * times, denominator=kpis["denominator"] * times)
    once, again = (compare_sites(table, action()).iloc[0] for table in (kpis, more))
    assert once["unit"] == "share" and again["effect"] == pytest.approx(once["effect"])


def test_a_site_where_another_action_begins_meanwhile_is_left_out():
    both = pd.concat([action(), action("A2", "2025-09-01", "x")], ignore_index=True)
    sites = [*SITES, "w"]
    table = compare_sites(monthly([*CHANGES, 0.1], sites=sites), both)
    assert table["n_text"].tolist() == ["3 sites with it, 3 without", "1 site with it, 3 without"]
    assert "takes 3 of either" in table["reason"][1] and np.isnan(table["p"][1])


def test_an_action_is_judged_up_to_the_start_of_a_later_one_at_its_sites():
    both = pd.concat([action(), action("A2", "2025-11-01")], ignore_index=True)
    first, second = compare_sites(monthly(), both).itertuples()
    assert first.reason == "It is judged up to the start of A2 at its sites." and first.p < 0.05
    assert lay_out(monthly(), both, next(both.itertuples())).attrs["after"][-1] == pd.Period("2025-10")
    assert second.reason.startswith("Another action on it (A1) began at some of these sites; 0 sites with it")


def test_an_action_never_begun_is_neither_judged_nor_a_rival():
    planned = action("A2", "2025-09-01", "x", status=" Planned")
    table = compare_sites(monthly(), pd.concat([action(), planned], ignore_index=True))
    assert table["n_text"][0] == "3 sites with it, 3 without"
    assert table["reason"][1] == "By actions.csv it is still planned."


@pytest.mark.parametrize("sites", ["a|b|c", "A; b;C", "a, B ,c"])
def test_sites_are_known_however_they_are_written(sites):
    assert compare_sites(monthly(), action(sites=sites))["n_text"].item() == "3 sites with it, 3 without"


def test_rivals_sites_are_left_out_however_they_are_written():
    both = pd.concat([action(), action("A2", "2025-09-01", "X; W")], ignore_index=True)
    table = compare_sites(monthly([*CHANGES, 0.1, 0.4], sites=[*SITES, "w", "v"]), both)
    assert table["n_text"][0] == "3 sites with it, 3 without"


def test_a_site_that_kpis_csv_does_not_have_is_named():
    few, enough = (compare_sites(monthly(), action(sites=sites)).iloc[0] for sites in ("a|b|S99", "a|b|c|S99"))
    assert few["reason"].endswith("it takes 3 of either. kpis.csv has no wait of S99.")
    assert enough["reason"] == "kpis.csv has no wait of S99." and enough["p"] < 0.05


def test_an_action_for_two_figures_is_judged_by_each():
    kpis = pd.concat([monthly(), monthly(np.negative(CHANGES)).assign(kpi="cost")])
    both = pd.concat([action(), action(kpi="cost"), action()], ignore_index=True)
    table = judge_effects(compare_sites(kpis, both))
    assert table[["kpi", "verdict"]].to_numpy().tolist() == [["wait", "worked"], ["cost", "made it worse"]]
    assert describe_effects(table).endswith("Also made it worse: A1 (cost).")
    traced = trace_sites(kpis, both, table)
    means = traced[traced["used"]].groupby(["label", traced["month"] >= traced["start"]], sort=False)["with_it"].mean()
    assert means.groupby("label", sort=False).diff().dropna().tolist() == pytest.approx(table["raw"].tolist())


def test_the_trend_before_is_a_month_of_the_calendar_also_in_quarterly_figures():
    kpis = monthly(months=36, start=25)
    kpis["value"] += kpis["site"].isin(["a", "b", "c"]) * 0.3 * (12 * kpis["date"].dt.year + kpis["date"].dt.month)
    quarterly = kpis[kpis["date"].dt.month % 3 == 0]
    found = compare_sites(quarterly, action(start="2027-01-01")).iloc[0]
    assert "(+0.30 a month" in found["reason"] and found["pretrend"] == pytest.approx(0.3, abs=0.02)


def test_incidents_per_unit_are_no_shares():
    kpis = monthly().assign(numerator=lambda table: table["value"] * 10, denominator=10.0)
    units = [compare_sites(kpis.assign(chart=chart), action())["unit"].item() for chart in ("u", "p")]
    assert units == ["value", "share"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (dict(kpi=np.nan), "names no KPI"),
        (dict(kpi="price"), "kpis.csv has no price"),
        (dict(start="2026-02-03"), "starts on 3 February 2026"),
        (dict(start=None), "no start"),
        (dict(status="dropped"), "It is dropped"),
        (dict(sites=np.nan), "names no sites"),
        (dict(sites="a|b"), "2 sites with it and 4 without"),
        (dict(start="2025-04-01"), "2 months before (without the last)"),
        (dict(start="2025-10-15"), "2 after"),
    ],
)
def test_what_cannot_be_told_says_why(changed, words):
    found = compare_sites(monthly(), action(**changed), day="2025-12-31").iloc[0]
    assert words in found["reason"] and np.isnan(found["effect"]) and np.isnan(found["p"])


def test_sites_that_lack_a_month_are_left_out():
    kpis = monthly()
    found = compare_sites(kpis[(kpis["site"] != "x") | (kpis["date"].dt.month > 1)], action()).iloc[0]
    assert found["n_text"] == "3 sites with it, 2 without" and np.isnan(found["p"])


def test_sites_on_another_way_before_cannot_be_told():
    kpis = monthly()
    treated = kpis["site"].isin(["a", "b", "c"])
    kpis["value"] += treated * kpis["date"].dt.month * (1 + kpis["site"].eq("a") * 0.1)
    found = compare_sites(kpis, action()).iloc[0]
    assert np.isnan(found["p"]) and "already moved differently (+1.0" in found["reason"]
    assert found["pretrend"] == pytest.approx(1.03, abs=0.05) and found["placebo"] == pytest.approx(3.1, abs=0.2)


def test_sites_that_change_by_the_same_show_no_spread():
    kpis = monthly().assign(value=lambda table: 20.0 + (table["date"].dt.month > 7))
    assert "exactly the same" in compare_sites(kpis, action())["reason"].item()


def test_an_action_takes_the_method_that_can_tell_and_all_are_judged_together():
    untold = dict(action="A2", method="", p=np.nan, effect=np.nan, reason="It names no sites.")
    sites = pd.DataFrame([effect_row(p=0.04), effect_row(**untold)], columns=COLUMNS)
    method = "interrupted time series"
    others = pd.DataFrame(
        [effect_row(action="A2", method=method, effect=0.9, low=0.8, high=0.99, unit="ratio", p=0.02)]
    )
    table = judge_effects(sites, others)
    assert table["action"].tolist() == ["A1", "A2"] and table["method"][1] == method
    assert table["q"].tolist() == [0.04, 0.04] and table["verdict"].tolist() == ["worked", "made it worse"]


def test_without_an_action_the_sentence_names_the_file():
    table = judge_effects(compare_sites(monthly(), action().head(0)))
    assert list(table) == COLUMNS and "actions.csv" in describe_effects(table)
    assert trace_sites(monthly(), action(), table).empty and plot_effects(table, title="x") is None


def test_sentences_for_one_many_none_and_not_enough():
    one = judged({})
    worked = "A1 (wait) worked: +8.0 percentage points (most likely +5.0 to +11.0; 6 against 6 sites)."
    assert describe_effects(one) == worked
    none = dict(action="A2", label="A2 (b)", p=0.4, effect=0.01, low=-0.02, high=0.04)
    unsure = "A2: no sure effect (+1.0 percentage points, most likely −2.0 to +4.0; 6 against 6 sites)."
    assert describe_effects(judged(none)) == unsure
    bad, untold = dict(action="A3", effect=-0.1), dict(action="A4", label="A4", p=np.nan, reason="It has no start.")
    said = describe_effects(judged({}, none, bad, untold))
    assert said.endswith(f"Also made it worse: A3. {unsure} 1 more cannot be judged.")
    assert len(said.split()) <= 45
    assert describe_effects(judged(untold)) == "Whether A4 worked cannot be told. It has no start."
    both = describe_effects(judged(untold, untold | dict(action="A5")))
    assert both == "Whether the 2 actions worked cannot be judged."
    ratio = dict(unit="ratio", effect=0.9, low=0.85, high=0.95, n_text="12 months before, 24 after")
    assert "×\u00a00.90 (most likely 0.85 to 0.95; 12 months before, 24 after)" in describe_effects(judged(ratio))


def test_a_long_label_gives_way_to_the_action_alone():
    long = dict(label="A1 (share of all customers who set up in the first week and a half)")
    alone, beside = judged(long), judged(long, dict(action="A2", p=0.4), dict(action="A4", p=np.nan))
    assert describe_effects(alone).startswith(long["label"])
    assert describe_effects(beside).startswith("A1 worked: ") and len(describe_effects(beside).split()) <= 40


def test_the_planted_action_is_found_and_the_one_begun_after_the_worst_month_is_not():
    kpis = pd.read_csv(ROOT / "data/sample/kpis.csv", parse_dates=["date"]).assign(value=np.nan)
    actions = pd.read_csv(ROOT / "data/sample/actions.csv", parse_dates=["start"])
    table = judge_effects(compare_sites(kpis, actions, day="2026-06-30")).set_index("action")
    assert table.loc[["A1", "A2"], "verdict"].tolist() == ["worked", "no sure effect"]
    assert table.at["A1", "low"] < 0.08 < table.at["A1", "high"] and table.at["A2", "low"] < 0 < table.at["A2", "high"]
    assert table.loc[["A3", "A4"], "reason"].str.contains("no KPI|not begun").all()
    traced = trace_sites(kpis, actions, table.reset_index())
    means = traced[traced["used"] & (traced["action"] == "A1")]
    steps = means.groupby(means["month"] >= means["start"])[["with_it", "without_it"]].mean().diff().iloc[1]
    assert steps["with_it"] - steps["without_it"] == pytest.approx(table.at["A1", "effect"])


def test_actions_that_did_nothing_are_rarely_called_effective():
    cells = measure(1000, 1, design=[(3, 9), (4, 20)], months=[3], share=[0.6], sizes=["unequal"], ratio=[1, 3])
    assert (cells["welch"] < GOAL + 3 * np.sqrt(GOAL * (1 - GOAL) / 1000)).all()
    assert cells["student"].max() > 0.15


def test_a_bad_month_just_before_does_not_count():
    worst = measure_begun_after_the_worst(800, 1, months=[3])
    assert (worst["counted"] - worst["left_out"]).mean() > 0.03 and worst["left_out"].mean() < GOAL


def test_drawn_sites_have_the_share_they_were_given():
    hits, cases = draw_sites(np.random.default_rng(1), 200, (3, 3), 3, 3, share=0.02)
    assert hits.sum() / cases.sum() == pytest.approx(0.0204, abs=0.001)


@pytest.fixture
def theme():
    use_theme()
    yield
    plt.close("all")


def test_effects_are_drawn_by_unit_with_raw_changes_beside_them(theme):
    minutes = dict(action="A2", label="A2 (wait)", unit="value", before=20.0, raw=2.0, effect=-4.0, low=-6.0, high=-2.0)
    rate = dict(action="A3", label="A3 (calls)", unit="ratio", before=2.0, raw=-0.4, effect=0.9, low=0.8, high=1.0)
    shares, others = plot_effects(judged({}, minutes, rate), title="x").figure.axes
    raw, effect = (dots.get_offsets()[:, 0].tolist() for dots in others.collections[1:3])
    assert raw == pytest.approx([10, -20]) and effect == pytest.approx([-20, -10])
    assert shares.collections[2].get_offsets().tolist() == [[8, 0.15]]
    assert [label.get_text() for label in shares.get_yticklabels()] == ["A1 (wait)\n(n 6 against 6 sites)"]


def test_figures_below_0_are_drawn_in_per_cent_of_their_size(theme):
    nps = dict(label="A1 (NPS)", unit="value", before=-20.0, raw=10.0, effect=5.0, low=2.0, high=8.0)
    ax = plot_effects(judged(nps), title="x")
    assert [dots.get_offsets()[0, 0] for dots in ax.collections[1:3]] == pytest.approx([50, 25])


def test_months_are_drawn_for_both_kinds_of_sites(theme):
    actions, kpis = action(), monthly()
    traced = trace_sites(kpis, actions, compare_sites(kpis, actions))
    assert traced["label"].unique().tolist() == ["A1 (wait)"]
    ax = plot_actions(traced, title="x")
    with_it, without_it, start = (line.get_xydata() for line in ax.get_lines())
    assert with_it[:, 1].tolist() == traced["with_it"].tolist() and len(without_it) == 12
    assert {text.get_text() for text in ax.texts} == {"3 with it", "3 without", "start"}
    assert (
        traced["used"].tolist() == [True] * 6 + [False] + [True] * 5 and plot_actions(traced.head(0), title="x") is None
    )


def test_regression_to_the_mean_is_drawn_with_what_would_have_come(theme):
    names = dict(site=list("abcd"), wave_before="1", wave_now="2", n_before=30, n_now=30, covariance=0.0)
    figures = dict(mean_before=[-2, -1, 0, 1.0], mean_now=[-1, -1, 0, 1.0], se_before=0.2, se_now=0.2)
    found = find_regression_to_mean(pd.DataFrame(names | figures), worst=2)
    ax = plot_regression_to_mean(found, title="x")
    strokes = [segment[0, 0] for segment in ax.collections[3].get_segments()]
    assert strokes == pytest.approx((found["raw"] - found["corrected"]).tolist())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["the 2 worst together", "a (n\u00a030)", "b (n\u00a030)"]
    assert plot_regression_to_mean(found.head(0), title="x") is None


def test_the_power_of_each_comparison_is_said():
    share, ratio = dict(detectable=0.032), dict(action="A2", unit="ratio", detectable=1.2)
    assert describe_power(judged(share, ratio)) == (
        "Found with 80\u00a0% power would be an effect of: A1 3.2 points, A2 ×\u00a01.20."
    )
    assert describe_power(judged(dict(action="A4", p=np.nan, detectable=np.nan, reason="It has no start."))) == ""
