"""Control charts of KPIs: what is refused, what is an alert, what is said, what is drawn."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib.charts.control import limits_in_words
from cxlib.charts.monitoring import plot_kpis
from cxlib.claims import claim, settle
from cxlib.monitoring.alerts import judge_newest, list_alerts
from cxlib.monitoring.control_charts import (
    chart_kpis,
    describe_alerts,
    describe_control,
    describe_kpi_changes,
    find_kpi_changes,
)
from cxlib.monitoring.limits import DEFAULT_RULES, find_limits, judge_baseline
from cxlib.tables import StudyError
from tests.proof.control import measure_alarms, measure_dependence, measure_power, raise_signals

CALM = [0.1, -1.2, 0.4, 1.1, -0.6, 0.3, -0.9, 0.8, 0.2, -0.4, -0.1, 0.3, -0.7, 0.9, -0.2, 0.6, -1.0, 0.4, 0.5, -0.8]
CALM += [0.7, -0.3, 0.2, -0.5]


def tracked(values, *, kpi="wait", n=400, is_share=False, **more):
    """One KPI measured at the end of every month."""
    days = pd.date_range("2024-01-31", periods=len(values), freq="ME")
    table = pd.DataFrame({"kpi": kpi, "date": days, "sites": 1, "n": n, "value": np.asarray(values, dtype=float)})
    se = np.sqrt(table["value"] * (1 - table["value"]) / (n - 1)) if is_share else 0.2
    table = table.assign(se=se, low=table["value"] - 2 * se, high=table["value"] + 2 * se, is_share=is_share)
    return table.assign(**more)


def shares(values, **more):
    return tracked(0.6 + 0.02 * np.asarray(values), is_share=True, **more)


def calm(kpi, *later):
    """A KPI around 10 for two years, then as given."""
    return tracked([10 + value for value in (*CALM, *later)], kpi=kpi)


def test_limits_are_frozen_after_the_baseline():
    before, after = chart_kpis(calm("wait", 0.2)), chart_kpis(calm("wait", 9, 9, 9))
    assert before["upper"].iloc[0] == after["upper"].iloc[-1] and after["phase"].tolist()[-4:] == [
        "baseline",
        *["watched"] * 3,
    ]
    assert after["signal"].tolist()[-4:] == ["", "beyond", "beyond", "beyond"]
    assert set(before["status"]) == {"in control"} and set(after["status"]) == {"signal"}


def test_with_fewer_than_24_all_are_the_baseline_and_with_fewer_than_12_there_are_no_limits():
    trial, few = chart_kpis(calm("wait").head(12)), chart_kpis(calm("wait").head(11))
    assert set(trial["phase"]) == {"baseline"} and trial["upper"].notna().all()
    assert set(few["status"]) == {"too few"} and few[["centre", "lower", "upper"]].isna().all(axis=None)


def test_shares_have_limits_never_narrower_than_chance():
    still, moved = (chart_kpis(shares(np.array(CALM) * size)) for size in (0.01, 4))
    binomial = 3 * np.sqrt(still["centre"] * (1 - still["centre"]) / 400)
    assert (still["upper"] - still["centre"]).tolist() == pytest.approx(binomial.tolist())
    expected = find_limits(shares(np.array(CALM) * 4), chart="p'")["upper"]
    assert moved["upper"].tolist() == expected.tolist() and moved["upper"].iloc[0] > still["upper"].iloc[0]


def test_the_chart_a_kpi_is_declared_with_is_drawn():
    counts = tracked(np.round(20 + 4 * np.array(CALM)), kpi="complaints", chart="c")
    mean = counts["value"].mean()
    assert chart_kpis(counts)["upper"].iloc[0] == pytest.approx(mean + 3 * np.sqrt(mean))


WAVY = np.repeat([1.0, -1.0, 1.2, -0.9], 6) + 0.1 * np.array(CALM)


@pytest.mark.parametrize(
    ("values", "status"),
    [(CALM, ""), (WAVY, "dependent"), (np.arange(24) / 4 + np.array(CALM) / 2, "drifts"), ([2.0] * 12, "no spread")],
)
def test_a_baseline_is_judged_before_its_limits_are_used(values, status):
    assert judge_baseline(np.asarray(values)) == status
    found = chart_kpis(tracked([*values, 99.0]) if status != "no spread" else tracked(values))
    assert set(found["status"]) == {status or "signal"}
    assert (found["signal"] != "").any() == (status == "") and found["upper"].notna().any() == (status == "")


def test_neither_the_order_of_rows_nor_another_kpi_changes_anything():
    both = pd.concat([calm("wait", 9), shares(CALM, kpi="done")], ignore_index=True)
    found = chart_kpis(both.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(found[found["kpi"] == "wait"].reset_index(drop=True), chart_kpis(calm("wait", 9)))


def test_a_baseline_too_short_and_a_rule_there_is_not_are_refused_in_words():
    for wrong in ({"baseline": 8}, {"rules": ["nine"]}):
        with pytest.raises(StudyError, match="a baseline of 12 measurements or more"):
            chart_kpis(calm("wait"), **wrong)
    with pytest.raises(ValueError, match="one of"):
        find_limits(calm("wait"), chart="q")


def test_only_a_signal_at_the_newest_measurement_is_an_alert():
    found = chart_kpis(pd.concat([calm("now", 0, 9), calm("once", 9, 0), calm("never", 0, 0)]))
    assert list_alerts(found)["kpi"].tolist() == ["now"]
    assert describe_control(found) == (
        "Now has been above its usual level since 31 January 2026 (19.0, usually 9.99; n\u00a0400). "
        "1 more may have changed; 1 KPI as usual."
    )


def test_what_is_said_of_control():
    wavy = tracked(WAVY, kpi="mood")
    said = describe_control(chart_kpis(pd.concat([calm("a"), wavy])))
    assert said == "1 KPI as usual; not judged: mood (its measurements depend on one another)."
    assert describe_control(chart_kpis(calm("a").head(5))) == (
        "What is usual can be said from 12 measurements of a KPI on; the longest series has 5."
    )
    many = chart_kpis(pd.concat([calm(name, -9) for name in "abcd"] + [wavy, wavy.assign(kpi="tone")]))
    assert describe_control(many) == "Surely not as usual now: a, b and 2 more. 2 without a known usual range."
    assert "kpis.csv" in describe_control(chart_kpis(calm("a").iloc[:0]))


def test_the_worst_sentences_have_thirty_five_words():
    share = shares([*CALM, *[4] * 4], kpi="set-up in the first week")
    every = pd.concat([share, calm("once", 9, 0), calm("twice", 9, 0), calm("a"), tracked(WAVY, kpi="mood")])
    said = describe_control(chart_kpis(every))
    assert said.startswith("Set-up in the first week has been above its usual level since 31 January 2026 (68\u00a0% ")
    assert said.endswith("%). 2 more may have changed.") and len(said.split()) <= 35
    without = chart_kpis(every[every["kpi"].isin(["once", "mood"])])
    assert describe_control(without).startswith(
        "None surely unusual now; may have changed: once; not judged: mood (its measurements depend"
    )


@pytest.mark.parametrize("signals", [1, 2, 9])
def test_the_sentence_stays_short_with_long_names(signals):
    names = [f"share of customers whose enquiry number {place} was answered the same day" for place in range(signals)]
    every = [*(calm(name, -9) for name in names), calm("a"), calm("once", 9, 0), tracked(WAVY, kpi="mood")]
    said = describe_control(chart_kpis(pd.concat(every)))
    assert len(said.split()) <= 35 and names[0] in said.replace("Share", "share")


def test_all_rules_may_speak_where_they_are_asked_for():
    steps = calm("wait", -0.5, 0, 0.5, 1, 1.5, 2.0)
    assert chart_kpis(steps)["signal"].iloc[-1] == ""
    assert chart_kpis(steps, rules=["six rising or falling"])["signal"].iloc[-1] == "six rising or falling"


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_after_a_baseline_without_an_event_a_share_is_judged_exactly(level):
    jump = tracked([*[level] * 13, abs(level - 0.9)], kpi="z", n=20, is_share=True)
    found = chart_kpis(jump, baseline=12)
    assert found["signal"].tolist() == [*[""] * 13, "beyond"] and set(found["status"]) == {"signal"}
    expected = stats.fisher_exact([[18, 2], [0, 240]]).pvalue
    alert = list_alerts(found)
    assert alert["p"].tolist() == [pytest.approx(expected)]
    side = "below" if level else "above"
    assert describe_control(found).startswith(f"Z has been {side} its usual level since 28 February 2025 (")
    assert limits_in_words(found, str)[0] == "no limits:\nthe baseline did\nnot vary\nsignal"
    calm_yet = chart_kpis(jump.assign(value=[*[level] * 13, abs(level - 0.05)]), baseline=12)
    assert set(calm_yet["status"]) == {"no spread"} and list_alerts(calm_yet).empty


@pytest.mark.parametrize(("chart", "n"), [("u", 20), ("c", 1)])
def test_after_a_baseline_without_an_event_a_count_is_judged_exactly(chart, n):
    found = chart_kpis(tracked([*[0] * 24, 0, 4 / n], n=n, chart=chart))
    assert found["p"].iloc[-1] == pytest.approx(stats.binom.sf(3, 4, 1 / 25))
    assert list_alerts(found)["kpi"].tolist() == ["wait"]


def test_a_count_that_was_always_the_same_has_the_limits_of_chance():
    found = chart_kpis(tracked([*[5] * 24, 500], chart="c"))
    assert found["upper"].iloc[-1] == pytest.approx(5 + 3 * 5**0.5) and len(list_alerts(found)) == 1


def test_a_value_that_left_a_level_always_the_same_is_named():
    jump, still = tracked([*[5] * 24, 500], kpi="z"), tracked([5] * 25, kpi="y")
    said = describe_control(chart_kpis(pd.concat([calm("a"), jump])))
    assert said == "1 KPI as usual; not judged: z (500, always 5.00 in its baseline)."
    said = describe_control(chart_kpis(pd.concat([jump, still])))
    assert said == "2 without a known usual range, among them z (500, always 5.00 in its baseline)."
    assert describe_control(chart_kpis(still)) == "Not judged: y (did not vary in its baseline)."


def test_the_change_of_a_share_is_newcombes_with_the_pooled_score_test():
    before, now = shares([0], n=80), shares([10], n=70).assign(date=pd.Timestamp("2024-02-29"))
    pair = pd.concat([before.assign(value=0.6), now.assign(value=0.8)])
    pair["se"] = np.sqrt(pair["value"] * (1 - pair["value"]) / (pair["n"] - 1))
    found = find_kpi_changes(pair).iloc[0]
    assert found[["low", "high"]].tolist() == pytest.approx([0.0524, 0.3339], abs=5e-5)
    assert found["p"] == pytest.approx(stats.chi2_contingency([[56, 14], [48, 32]], correction=False).pvalue)
    assert (found["n_before"], found["n"], found["verdict"]) == (80, 70, "rose")
    assert describe_kpi_changes(find_kpi_changes(pair)) == (
        "Since the measurement before rose: wait (+20.0 points; +5.2 to +33.4; n\u00a070)."
    )


def test_the_change_of_a_value_is_welchs_over_sites():
    one, two = [4.0, 5, 9, 6], [9.0, 12, 11, 13, 10]
    rows = [(pd.Timestamp(f"2024-0{m}-28"), len(x), np.mean(x), stats.sem(x)) for m, x in ((1, one), (2, two))]
    pair = pd.DataFrame(rows, columns=["date", "n", "value", "se"]).assign(kpi="wait", is_share=False)
    found, expected = find_kpi_changes(pair).iloc[0], stats.ttest_ind(two, one, equal_var=False)
    assert found["p"] == pytest.approx(expected.pvalue)
    assert found[["low", "high"]].tolist() == pytest.approx(list(expected.confidence_interval()))


def test_changes_are_judged_together_and_only_of_kpis_with_few_measurements():
    table = pd.concat([shares([0, 3.5], kpi=name) for name in "abcdef"] + [calm("long"), shares([1], kpi="once")])
    assert find_kpi_changes(table.iloc[:2])["verdict"].tolist() == ["rose"]
    found = find_kpi_changes(pd.concat([table, shares([0, 0], kpi="still"), shares([1, 1], kpi="too")]))
    assert found["kpi"].tolist() == [*"abcdef", "still", "too"] and found["verdict"].iloc[0] == "no sure change"
    assert describe_kpi_changes(found) == (
        "Since the measurement before, no KPI of fewer than 12 surely changed (8 compared)."
    )
    assert describe_kpi_changes(find_kpi_changes(calm("long"))) == ""


def test_alarms_in_control_are_as_rare_as_is_said():
    kinds = ("values, symmetrical", "values, log-normal .5", "shares of .66")
    alarms = measure_alarms(2000, 3, kinds=kinds).set_index(["series", "baseline"])
    said = {(kinds[0], 12): (0.034, 0.18), (kinds[0], 24): (0.02, 0.12), (kinds[2], 24): (0.017, 0.08)}
    for cell, figures in (said | {(kinds[1], 24): (0.025, 0.14)}).items():
        for name, figure in zip(("newest", "within 12"), figures):
            error = np.sqrt(figure * (1 - figure) / 2000)
            assert abs(alarms.at[cell, name] - figure) < 4 * error + 0.005, (cell, name)
    assert (alarms["alert"] < 0.05 + 4 * np.sqrt(0.0475 / 200)).all()


SKEWED = np.exp(0.5 * np.array(CALM))


def test_limits_of_skewed_values_are_never_narrower_than_those_of_their_logs():
    logs = np.log(SKEWED)
    upper = np.exp(logs.mean() + 3 * np.abs(np.diff(logs)).mean() / 1.128)
    found, plain = (chart_kpis(tracked([*SKEWED, upper - 0.01], chart=chart)) for chart in ("", "xmr"))
    assert found["upper"].iloc[0] == pytest.approx(upper) and upper > plain["upper"].iloc[0]
    assert found["lower"].tolist() == plain["lower"].tolist()
    assert [table["signal"].iloc[-1] for table in (found, plain)] == ["", "beyond"]


def test_what_is_measured_of_many_series_is_what_one_chart_says():
    counts = np.random.default_rng(4).poisson(6, 25)
    for values, chart in (([*SKEWED, 9.0], "xmr"), ([*SKEWED, 0.0], "xmr"), (counts, "c")):
        series = tracked(values, chart="" if chart == "xmr" else chart)
        signals, _, p = raise_signals(series[["value"]].to_numpy().T, np.ones((1, 25)), chart, 24)
        found = chart_kpis(series).iloc[-1]
        assert p[0] == pytest.approx(found["p"])
        assert [rule for rule in DEFAULT_RULES if signals[rule][0, -1]] == [rule for rule in [found["signal"]] if rule]


def test_an_alert_is_judged_beside_all_other_kpis():
    lone = chart_kpis(calm("wait", *CALM, 3.2))
    assert lone["signal"].iloc[-1] == "beyond" and list_alerts(lone)["p"].iloc[0] == pytest.approx(alert_p(lone))
    beside = chart_kpis(pd.concat([calm("wait", *CALM, 3.2)] + [calm(f"k{place}", 0.1) for place in range(9)]))
    assert list_alerts(beside).empty and describe_control(beside).startswith(
        "None surely unusual now; may have changed: wait; 9 KPIs as "
    )


def test_an_alert_stands_on_the_first_page_only_as_far_as_it_holds_beside_the_rest():
    found = chart_kpis(pd.concat([calm("now", 0, 9), calm("then", 0, 9), calm("never", 0, 0)]))
    newest = judge_newest(found)
    assert newest["verdict"].tolist() == ["", "unusual", "unusual"]
    one = newest.assign(verdict=["", "unusual", "may have changed"])
    assert describe_alerts(found, one).startswith("Now has been above its usual level since ")
    assert "1 more may have changed" in describe_alerts(found, one)
    assert describe_alerts(found, newest.assign(verdict="")) == ""
    told = claim(newest, lambda held: describe_alerts(found, held))
    assert settle([told]) == [describe_control(found[found["kpi"] != "never"])]
    assert "1 KPI as usual" in describe_control(found) and "1 KPI" not in settle([told])[0]
    assert settle([told, {"p": [0.9] * 10**6, "versions": [[-1.0, ""]]}]) == []


def alert_p(one):
    """The p of the newest measurement, worked out by hand."""
    z = (one["value"] - one["centre"]) / ((one["upper"] - one["centre"]) / 3)
    newest, eight = z.iloc[-1] / np.sqrt(25 / 24), z.iloc[-8:].mean() / np.sqrt(1 / 8 + 1 / 24)
    return 2 * min(2 * stats.t(0.62 * 23).sf(abs(value)) for value in (newest, eight))


def test_dependence_is_tested_at_its_level_and_a_shift_is_found():
    dependence = measure_dependence(600, 3, phis=(0, 0.6)).set_index(["autocorrelation", "baseline"])
    assert abs(dependence.loc[0, "refused"] - 0.05).max() < 4 * np.sqrt(0.0475 / 600)
    assert dependence.at[(0.6, 24), "refused"] > 0.75 and dependence.at[(0.6, 24), "alarm raised"] < 0.17
    assert measure_power(600, 3).set_index(["shift", "baseline"]).at[(2, 24), "found within 12"] > 0.85


@pytest.mark.parametrize(("periods", "count"), [(3, 1), (36, 4)])
def test_the_chart_draws_limits_and_rings_without_overlap(periods, count):
    values = [*CALM, 9, *CALM[:11]][:periods]
    names = [f"Share of customers number {place} who start in their first week of owning it" for place in range(count)]
    every = pd.concat([tracked([10 + value for value in values], kpi=name) for name in names])
    against = pd.DataFrame({"figure": names[:1], "target": [12.0], "status": ["missed"]})
    ax = plot_kpis(every, against, chart_kpis(every), title="Found")
    ax.figure.canvas.draw()
    panels = [one for one in ax.figure.axes if one.get_visible()]
    assert len(panels) == count
    boxes = [one.get_tightbbox() for one in panels]
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[place + 1 :])
    words = [text for text in panels[0].texts if text.get_position()[0] == 1.02]
    assert len(words) == 2 and not words[0].get_window_extent().overlaps(words[1].get_window_extent())
    if periods == 3:
        assert words[1].get_text() == "no limits:\ntoo few figures"
    else:
        assert words[1].get_text() == "limits\n7.26 to\n12.7"
        assert panels[0].collections[-1].get_offsets().data[:, 1].tolist() == [19.0]
        assert panels[0].lines[2].get_ydata()[0] == pytest.approx(10 + np.mean(CALM))
    plt.close(ax.figure)
