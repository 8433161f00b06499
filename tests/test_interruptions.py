"""Interrupted time series: a slice of tests/proof/interruptions.py, planted effects, refusals, sentences, the chart."""

import re

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from cxlib.charts.interruptions import plot_interruptions
from cxlib.monitoring.effects import judge_effects
from cxlib.monitoring.interruptions import (
    find_interruptions,
    fit_step,
    judge_step,
    make_design,
    trace_interruptions,
    try_autocorrelations,
    try_step,
)
from tests.proof.interruptions import SIZE, find_cuts, fit_counts, measure, too_many

REPLICATES = 1500


def track(values, *, n=500, kpi="retention", is_share=True, chart="", start="2023-01-31", freq="ME"):
    dates = pd.date_range(start, periods=len(values), freq=freq)
    figures = {"n": n, "value": values, "is_share": is_share, "chart": chart}
    return pd.DataFrame({"kpi": kpi, "date": dates, "sites": 1} | figures)


def act(start, *, action="A5", kpi="retention", sites=None, status="done"):
    start = pd.Timestamp(start)
    return pd.DataFrame({"action": [action], "kpi": kpi, "sites": sites, "start": start, "status": status})


def months_of(length, *, effect=0.0, trend=0.0, spread=0.01, level=0.6, since=20):
    noise = np.random.default_rng(5).normal(0, spread, length)
    return level + trend * np.arange(length) + effect * (np.arange(length) >= since) + noise


def find(values, start="2024-09-01", **options):
    return judge_effects(find_interruptions(track(values), act(start), day="2030-01-01"), **options).iloc[0]


@pytest.fixture(scope="module")
def cells():
    kinds = ["values", "shares about .7"]
    return measure(REPLICATES, 1, kinds=kinds, lengths=[36], rhos=[0, 0.5, 0.8], models=["trend"])


def test_an_action_without_effect_seldom_gets_a_verdict(cells):
    assert not too_many(cells, REPLICATES, errors=-2).any()


def test_a_plain_t_test_would_often_give_one(cells):
    assert cells.loc[cells["rho"] == 0.8, "plain"].mean() > 2 * SIZE


def test_what_is_measured_of_many_series_at_once_is_what_is_said_of_each():
    months, after = np.arange(30.0), (np.arange(30) >= 16).astype(float)
    counts = np.random.default_rng(2).poisson(30 + 2 * np.arange(30) % 7, (4, 30))
    design = make_design(after, months, season=False)
    ts, ses, dependence = fit_counts(counts, design, np.log(30))
    for series, t, se, depends in zip(counts, ts, ses, dependence):
        step = fit_step(series, after, months, count=True, season=False)
        found = judge_step(step, months, replicates=200)
        cut = find_cuts(depends, try_autocorrelations(step.design, months, replicates=200))
        assert step.effect == pytest.approx(t * se) and step.se == pytest.approx(se)
        assert (found["low"], found["high"]) == pytest.approx(((t - cut) * se, (t + cut) * se), rel=1e-6)
        assert (found["p"] <= 0.05) == (abs(t) > cut)


def test_a_rise_by_itself_is_no_effect():
    row = find(months_of(36, trend=0.003))
    assert row["raw"] > 0.04 and abs(row["effect"]) < 0.02
    assert row["verdict"] == "no sure effect" and row["low"] < 0 < row["high"]


def test_a_planted_effect_is_found_beside_the_rise():
    row = find(months_of(36, trend=0.003, effect=-0.06))
    assert row["verdict"] == "made it worse" and row["low"] < -0.06 < row["high"] < 0
    assert find(months_of(36, effect=-0.06), directions={"retention": "At most"})["verdict"] == "worked"


def test_the_step_is_that_of_weighted_least_squares():
    values, n, months = months_of(30, effect=0.02), np.arange(30) + 100, np.arange(24300, 24330)
    after = (np.arange(30) >= 20).astype(float)
    step = fit_step(values, after, months, n=n, season=False)
    x = np.column_stack([after, np.ones(30), np.arange(30)])
    inverse = np.linalg.inv(x.T @ (n[:, None] * x))
    beta = inverse @ x.T @ (n * values)
    dispersion = (n * (values - x @ beta) ** 2).sum() / 27
    assert step.effect == pytest.approx(beta[0], abs=1e-12)
    assert step.se == pytest.approx(np.sqrt(dispersion * inverse[0, 0]), abs=1e-12)
    assert step.line - step.without == pytest.approx(after * beta[0], abs=1e-12)


def test_of_independent_months_the_cut_is_that_of_t_or_wider_for_they_may_depend():
    months, series = np.arange(60.0), np.random.default_rng(5).standard_normal((500, 60))
    design = make_design((months >= 30).astype(float), months, season=False)
    t, se, dependence = try_step(design, series)
    cuts = find_cuts(dependence, try_autocorrelations(design, months))
    assert cuts.min() == pytest.approx(stats.t.ppf(0.975, 57), abs=0.1) and 2.2 < np.median(cuts) < 3.8


def test_the_effect_said_to_be_detectable_is_found_about_four_times_in_five():
    months, rng = np.arange(60.0), np.random.default_rng(5)
    step = fit_step(rng.standard_normal(60), (months >= 30).astype(float), months, season=False)
    detectable = judge_step(step, months)["detectable"]
    tried, series = try_autocorrelations(step.design, months), rng.standard_normal((500, 60))
    t, se, dependence = try_step(step.design, series + detectable * step.design[:, 0])
    assert (t > find_cuts(dependence, tried)).mean() > 0.7


def test_incidents_per_unit_give_a_ratio():
    after = np.arange(36) >= 20
    counts = np.random.default_rng(1).poisson(400 * np.where(after, 0.7, 1))
    tracked = track(counts / 1000, n=1000, is_share=False, chart="u")
    row = find_interruptions(tracked, act("2024-09-01"), day="2030-01-01").iloc[0]
    assert row["unit"] == "ratio" and row["low"] < 0.7 < row["high"] < 1 < row["detectable"]
    assert row["raw"] == pytest.approx(counts[after].mean() / counts[~after].mean())


def test_plain_counts_are_those_of_the_month_whatever_number_of_sites_they_are_of():
    counts = np.random.default_rng(1).poisson(400 * np.where(np.arange(36) >= 20, 0.7, 1))
    rows = [find_interruptions(track(counts, n=n, is_share=False, chart="c"), act("2024-09-01")) for n in (1, 12)]
    pd.testing.assert_frame_equal(*rows)
    assert rows[0]["unit"].item() == "ratio" and rows[0]["low"].item() < 0.7 < rows[0]["high"].item() < 1


@pytest.mark.parametrize(("is_share", "chart"), [(True, ""), (False, ""), (False, "u"), (False, "c")])
def test_weekly_figures_are_taken_together_by_month(is_share, chart):
    rng = np.random.default_rng(3)
    n, values = rng.integers(100, 900, 156), np.round(rng.uniform(50, 60, 156)) / (1 if chart == "c" else 100)
    weekly = track(values, n=n, is_share=is_share, chart=chart, start="2023-01-01", freq="W")
    traced = trace_interruptions(weekly, act("2024-09-01"))
    first = weekly["date"].dt.to_period("M") == "2023-01"
    weights = n[first] if is_share or chart == "u" else None
    assert len(traced) == 36 and traced["line"].notna().all()
    assert traced["value"][0] == pytest.approx(np.average(values[first], weights=weights))


def test_the_month_it_began_within_counts_on_neither_side():
    row, full = find(months_of(36), "2024-09-15"), find(months_of(36), "2024-09-01")
    assert (row["n"], row["n_text"]) == (35, "20 months before, 15 after")
    assert (full["n"], full["n_text"]) == (36, "20 months before, 16 after")


@pytest.mark.parametrize(
    ("start", "length", "reason"),
    [
        ("2024-09-01", 23, "It takes 24 months, 8 before and 6 after; there are 20 + 3."),
        ("2023-08-01", 36, "It takes 24 months, 8 before and 6 after; there are 7 + 29."),
        ("2025-08-01", 36, "It takes 24 months, 8 before and 6 after; there are 31 + 5."),
        ("2031-01-01", 36, "It has not begun; it starts on 1 January 2031."),
        ("NaT", 36, "It has no start in actions.csv."),
    ],
)
def test_too_little_is_refused_with_a_reason(start, length, reason):
    row = find(months_of(length), start)
    assert (row["verdict"], row["reason"]) == ("cannot be told", reason)
    assert np.isnan(row[["effect", "low", "high", "p", "q", "detectable"]].astype(float)).all()


def test_gaps_are_refused_but_for_one_month():
    tracked, action = track(months_of(36)), act("2024-09-01")
    one, two = (find_interruptions(tracked.drop(index=gone), action).iloc[0] for gone in ([3], [3, 9]))
    assert one["reason"] == "" and one["p"] > 0.05
    assert two["reason"] == "It takes a figure every month; 2 months are missing."


def test_of_months_that_hang_together_only_a_large_effect_shows():
    walk = np.random.default_rng(1).normal(0, 0.01, 48).cumsum()
    row, calm = find(0.6 + walk), find(months_of(48))
    assert row["verdict"] == "no sure effect" and calm["reason"] == ""
    assert re.match(r"Each month depends on the one before \(autocorrelation about 0\.\d\d\);", row["reason"])
    assert row["detectable"] > 3 * np.diff(walk).std() and row["high"] - row["low"] > 2 * (calm["high"] - calm["low"])


def test_a_figure_that_never_moves_is_refused():
    assert find(np.full(36, 0.5))["reason"].startswith("The months lie exactly on a line")
    none = find_interruptions(track(np.repeat([0, 3], [20, 16]), is_share=False, chart="c"), act("2024-09-01"))
    assert none["reason"].tolist() == ["Nothing was counted before or after it, so there is no ratio."]


def test_sites_and_plans_are_left_to_others_or_refused():
    tracked = track(months_of(36))
    assert find_interruptions(tracked.assign(sites=12), act("2024-09-01", sites="S01|S02")).empty
    assert len(find_interruptions(tracked, act("2024-09-01", sites="S01"))) == 1
    assert find_interruptions(tracked, act("2024-09-01", kpi="other")).empty
    planned = find_interruptions(tracked, act("2024-09-01", status="Planned"))
    assert planned["reason"].tolist() == ["By actions.csv it is still planned."]


def test_order_seed_and_company_change_nothing():
    tracked = pd.concat([track(months_of(36, effect=0.03)), track(months_of(36), kpi="other")])
    actions = pd.concat([act("2024-09-01"), act("2024-09-01", action="A6", kpi="other")])
    both, alone = find_interruptions(tracked, actions), find_interruptions(tracked.iloc[::-1], actions.iloc[::-1])
    pd.testing.assert_frame_equal(both, alone.iloc[::-1].reset_index(drop=True), rtol=1e-9)
    times = find_interruptions(tracked.assign(value=tracked["value"] * 7), actions)
    assert times["p"].tolist() == both["p"].tolist()
    assert times["low"].to_numpy() == pytest.approx(7 * both["low"].to_numpy())


def test_without_an_action_there_is_no_chart():
    none = judge_effects(find_interruptions(track(months_of(36)), act("2024-09-01").iloc[:0]))
    traced = trace_interruptions(track(months_of(36)), act("2024-09-01").iloc[:0])
    assert plot_interruptions(traced, none, title="none") is None


def test_the_chart_draws_the_model_and_how_it_would_have_gone_on():
    tracked = pd.concat([track(months_of(36, effect=0.05)), track(months_of(12), kpi="young")])
    actions = pd.concat([act("2024-09-01"), act("2023-10-01", action="A6", kpi="young")])
    found, traced = judge_effects(find_interruptions(tracked, actions)), trace_interruptions(tracked, actions)
    assert traced.loc[traced["action"] == "A6", "line"].isna().all() and len(traced) == 48
    [first] = plot_interruptions(traced, found, title="worked").figure.axes  # nothing can be told of A6
    dots, before, after, without, _ = (line.get_ydata() for line in first.lines)
    assert (len(dots), len(before), len(after)) == (36, 20, 16)
    assert after - without == pytest.approx(np.full(16, found.loc[0, "effect"]))
    assert first.get_title(loc="left").startswith("A5 (retention)\nworked: +")
    assert found.loc[1, ["verdict", "n_text"]].tolist() == ["cannot be told", "9 months before, 3 after"]


def test_incidents_are_held_against_the_units_of_their_month():
    months, drawn = np.arange(36), np.random.default_rng(3)
    after, units = (months >= 20).astype(float), np.linspace(40, 400, 36)
    events = drawn.poisson(units * np.exp(-1 + 0.4 * after))
    step = fit_step(events / units, after, months, n=units, count=True, season=False)
    x = np.column_stack([after, np.ones(36), months / 12])
    fit = sm.GLM(events, x, family=sm.families.Poisson(), exposure=units).fit(scale="X2")
    assert (step.effect, step.se) == pytest.approx((fit.params[0], fit.bse[0]), rel=1e-6)


def test_the_season_fitted_is_two_harmonics_of_the_year():
    months = np.arange(48.0)
    after, year = (months >= 24).astype(float), np.pi * months / 6
    values = 3 * after + 2 * np.sin(year) + np.cos(2 * year) + np.random.default_rng(1).normal(0, 0.5, 48)
    season = [wave(k * year) for k in (1, 2) for wave in (np.sin, np.cos)]
    fitted = np.linalg.lstsq(np.column_stack([after, np.ones(48), months, *season]), values, rcond=None)[0]
    assert fit_step(values, after, months).effect == pytest.approx(fitted[0], abs=1e-9)
