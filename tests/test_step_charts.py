"""Charts of the steps around the gaps: what stands where, at 5 and at 40 touchpoints, and nothing on top of another."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from cxlib import charts
from cxlib.chapter import PNG_DPI
from cxlib.monitoring.control_charts import chart_kpis
from tests.stress import crowded, name, too_small

LONG = r"Comparing $prices_ and \undefined$ deliveries of several shops"
WAVES = [f"2025-{month:02d}" for month in range(1, 13)]


@pytest.fixture(autouse=True)
def theme():
    charts.use_theme()
    yield
    plt.close("all")


def touchpoints(count: int, stages: int = 5) -> pd.DataFrame:
    """A row a touchpoint with every column the charts of rows ask for; every third name is long."""
    rng = np.random.default_rng(7)
    gap, share = rng.normal(-0.3, 0.8, count), rng.uniform(0.02, 0.9, count)
    table = pd.DataFrame(
        {
            "stage": np.sort(np.arange(count) % stages),
            "label": [f"{LONG} {place}" if place % 3 == 1 else f"_Call {place}" for place in range(count)],
            "n": rng.integers(20, 3000, count),
            "expected": 5 + gap / 2,
            "gap": gap,
            "verdict": np.array(["shortfall", "exceeded", "met", "not enough data"])[np.arange(count) % 4],
            "paired": "yes",
            "moment": np.where(np.arange(count) % 5 == 0, "negative", ""),
            "reach": share,
            "rated": share,
            "visited": share[::-1],
            "status": np.where(share > 0.1, "covered", "nobody visits it"),
            "importance": share / 3,
            "performance": 5 + gap,
            "crosshair": "mean experience",
            "performance_line": 5.0,
            "importance_line": 0.45,
            "mean_rank": np.arange(count) + 1.3,
            "quadrant": "concentrate here",
            "p_quadrant": np.where(np.arange(count) % 2, 0.9, 0.5),
            "p_top": np.sort(share)[::-1],
            "could_be_top": np.where(np.arange(count) < 2, "yes", "no"),
            "change": gap,
        }
    )
    table["stage"] = "stage " + table["stage"].astype("str")
    counts = {name: table["n"] for name in ("respondents", "journeys", "n_importance", "n_before", "n_experienced")}
    measures = {name: gap for name in ("experienced", "emotion", "top2")}
    ends = {"low": gap - 0.2, "high": gap + 0.2}
    ends |= {f"{name}_{end}": ends[end] for name in (*measures, "importance") for end in ("low", "high")}
    table = table.assign(**counts, **measures, **ends, n_emotion=table["n"], n_top2=table["n"])
    return table.assign(importance_low=table["importance"] / 2, importance_high=table["importance"] * 1.5)


def changes(table: pd.DataFrame) -> pd.DataFrame:
    verdicts = np.array(["better", "worse", "no sure change"])[np.arange(len(table)) % 3]
    return table.assign(verdict=verdicts)[["stage", "label", "n", "n_before", "change", "low", "high", "verdict"]]


DRAW = {
    "journey map": lambda t: charts.plot_journey_map(t, stages=sorted(t["stage"].unique()), title="The map"),
    "moments": lambda t: charts.plot_moments(t, title="What matters", outcome="overall"),
    "coverage": lambda t: charts.plot_coverage(t, title="What is covered"),
    "expectations": lambda t: charts.plot_expectations(t, title="What is expected", scale=(1, 7)),
    "experience": lambda t: charts.plot_experience(t, measure="top2", title="Top two", xlabel="share"),
    "emotion": lambda t: charts.plot_emotion_curve(t, title="How it feels"),
    "priorities": lambda t: charts.plot_priorities(t, title="What comes first", top=3),
    "matrix": lambda t: charts.plot_matrix(t, title="What matters and is done badly", outcome="overall"),
    "change": lambda t: charts.plot_change(changes(t), title="What changed"),
}


def names_of(ax) -> list:
    """Every word the chart shows but those of the x axis."""
    return [text for text in [*ax.get_yticklabels(), *ax.texts] if text.get_text()]


@pytest.mark.parametrize("count", [1, 5, 40])
@pytest.mark.parametrize("chart", DRAW)
def test_no_word_stands_on_another_or_is_cut(chart, count):
    ax = DRAW[chart](touchpoints(count, stages=min(count, 5)))
    assert crowded(ax.figure) == [] and too_small(ax.figure) == []
    assert ax.figure.get_figheight() * PNG_DPI <= 2100


MORE = {
    "channels": lambda t: charts.plot_channels(t.assign(channel=t["label"]), title="Channels differ"),
    "asymmetry": lambda t: charts.plot_asymmetry(t, title="Poor costs more", outcome="overall"),
    "stated": lambda t: charts.plot_stated(t, title="Said and counted", outcome="overall"),
    "matrix": lambda t: charts.plot_matrix(t.assign(p_quadrant=0.5), title="All doubtful", outcome="overall"),
}


@pytest.mark.parametrize("names", ["long", "hostile"])
@pytest.mark.parametrize(("chart", "count"), [("channels", 12), ("asymmetry", 40), ("stated", 40), ("matrix", 40)])
def test_names_of_any_kind_leave_each_other_room(chart, count, names):
    sides = {"crude": 0.1, "adjusted": 0.2, "penalty": -0.3, "reward": 0.2, "stated": 5.0, "asymmetry": 0.1}
    ends = {f"{name}_{end}": side + shift for name, side in sides.items() for end, shift in (("low", -1), ("high", 1))}
    more = dict(n_stated=1200, stated_even=5.0, even=0.1, kind="dissatisfier", verdict="said more than it counts")
    called = [name("touchpoint", place, names) for place in range(count)]
    ax = MORE[chart](touchpoints(count).assign(**sides, **ends, **more, label=called))
    assert crowded(ax.figure) == [] and too_small(ax.figure) == []
    assert ax.figure.get_figheight() * PNG_DPI <= 2100


@pytest.mark.parametrize(("rows", "columns", "names"), [(1, 1, "long"), (4, 9, "hostile"), (40, 12, "long")])
def test_a_grid_of_any_size_has_room_for_names_and_figures(rows, columns, names):
    down, across = ([name(kind, at, names) for at in range(n)] for kind, n in (("persona", rows), ("stage", columns)))
    pairs = pd.DataFrame([(one, other) for one in down for other in across], columns=["persona", "stage"])
    table = pairs.assign(n=1234, gap=-1.25, shrunk=-1.0, verdict="shortfall")
    look = dict(rows="persona", columns="stage", order=across, title="Where it falls short")
    for plot in (charts.plot_gap_heatmap, charts.plot_patterns):
        ax = plot(table, **look)
        assert crowded(ax.figure) == [] and too_small(ax.figure) == []
        assert ax.figure.get_figheight() * PNG_DPI <= 2300


@pytest.mark.parametrize("chart", DRAW)
def test_the_table_is_left_as_it_was_and_names_are_drawn_literally(chart):
    table = touchpoints(5)
    before = table.copy(deep=True)
    ax = DRAW[chart](table)
    pd.testing.assert_frame_equal(table, before)
    shown = " ".join(text.get_text().replace("\n", " ") for text in names_of(ax))
    assert "_Call 0" in shown and "$prices_ and" in shown


@pytest.mark.parametrize("chart", [chart for chart in DRAW if chart != "journey map"])
def test_nothing_to_draw_is_none(chart):
    assert DRAW[chart](touchpoints(5).iloc[:0]) is None


def test_a_map_without_stages_is_none():
    assert charts.plot_journey_map(touchpoints(5), stages=[], title="x") is None


@pytest.mark.parametrize(("count", "stages"), [(5, 1), (9, 9), (40, 9)])
def test_the_map_has_a_card_a_touchpoint_and_none_lies_on_another(count, stages):
    table = touchpoints(count, stages)
    ax = charts.plot_journey_map(table, stages=list(dict.fromkeys(table["stage"])), title="The map")
    ax.figure.canvas.draw()
    cards = [patch.get_window_extent() for patch in ax.patches if hasattr(patch, "get_boxstyle")]
    assert len(cards) == count
    assert not any(one.overlaps(other) for place, one in enumerate(cards) for other in cards[place + 1 :])


def test_dots_bars_and_intervals_stand_where_the_table_says():
    table = touchpoints(5)
    assert DRAW["moments"](table).collections[1].get_offsets()[:, 0].tolist() == pytest.approx(table["importance"])
    ends = [segment[:, 0].tolist() for segment in DRAW["change"](table).collections[0].get_segments()]
    assert ends == [pytest.approx(pair) for pair in zip(table["low"], table["high"])]
    assert [bar.get_width() for bar in DRAW["priorities"](table).patches] == pytest.approx(table["p_top"])
    points = DRAW["matrix"](table).collections[0].get_offsets()
    assert points.tolist() == table[["performance", "importance"]].to_numpy().tolist()


def test_what_the_log_does_not_know_is_not_drawn_as_a_bar():
    ax = charts.plot_coverage(touchpoints(5).assign(visited=np.nan), title="x")
    assert len(ax.patches) == 5 and "in the log" not in [text.get_text() for text in ax.texts]


def test_the_curve_follows_the_journey():
    table = touchpoints(5)
    ax = DRAW["emotion"](table)
    [line] = [line for line in ax.lines if len(line.get_xdata()) == 5]
    assert line.get_xdata().tolist() == table["emotion"].tolist() and line.get_ydata().tolist() == [0, 1, 2, 3, 4]


def test_a_funnel_names_what_share_goes_on():
    table = pd.DataFrame({"stage": ["aware", "buy"], "customers": [200, 50], "went_on": [np.nan, 0.25]})
    ax = charts.plot_funnel(table.assign(low=[np.nan, 0.19], high=[np.nan, 0.32]), title="x")
    assert [bar.get_width() for bar in ax.patches] == [200, 50]
    assert "25\u00a0% go on (19 to 32 %)" in [text.get_text() for text in ax.texts]
    assert charts.plot_funnel(table.iloc[:0].assign(low=[], high=[]), title="x") is None


def test_claimed_and_found_share_are_two_dots():
    mix = pd.DataFrame({"persona": ["Gamer"], "n": [340], "claimed_share": [0.25], "share": [0.13], "low": [0.1]})
    ax = charts.plot_persona_mix(mix.assign(high=0.17, verdict="fewer than claimed"), title="x")
    dots = [collection.get_offsets()[0, 0] for collection in ax.collections[2:4]]
    assert dots == [0.25, 0.13] and "13\u00a0%  fewer than claimed" in [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("personas", [2, 9])
def test_a_grid_of_expectations_keeps_the_order_of_stages(personas):
    stages = [f"stage_{place} of consideration" for place in range(9)]
    rows = [dict(persona=f"Persona {p}", stage=s, n=20, expected=5 + p / 10) for p in range(personas) for s in stages]
    ax = charts.plot_expectation_grid(pd.DataFrame(rows), rows="persona", columns="stage", order=stages, title="x")
    ax.figure.canvas.draw()
    labels = [label.get_window_extent() for label in ax.get_xticklabels()]
    assert len(labels) == 9 and not any(one.overlaps(other) for one, other in zip(labels, labels[1:]))
    assert "5.0\nn 20" in [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("count", [1, 3, 8])
def test_each_kpi_has_its_line_its_target_and_its_n(count):
    days = pd.date_range("2024-01-31", periods=24, freq="ME")
    series = [
        pd.DataFrame({"kpi": f"KPI {place}", "date": days, "n": 500, "value": 0.5, "low": 0.45, "high": 0.55})
        for place in range(count)
    ]
    against = pd.DataFrame({"figure": ["KPI 0"], "target": [0.7], "status": ["missed"]})
    ax = charts.plot_kpis(pd.concat(series).assign(is_share=True), against, title="Missed")
    axes = [one for one in ax.figure.axes if one.get_visible()]
    assert len(axes) == count and axes[0].lines[0].get_ydata().tolist() == [0.5] * 24
    assert axes[0].lines[1].get_ydata() == [0.7, 0.7]
    assert axes[0].texts[0].get_text() == "50\u00a0%\nn 500\ntarget\n70\u00a0%"
    ax.figure.canvas.draw()
    inner = [one.get_tightbbox() for one in axes]
    assert not any(one.overlaps(other) for place, one in enumerate(inner) for other in inner[place + 1 :])


ONCE = pd.DataFrame({"kpi": ["wait"], "date": [pd.Timestamp("2026-06-30")], "n": [4], "value": [3350.0]})
AIMLESS = pd.DataFrame({"figure": [], "target": [], "status": []})


def test_one_measurement_of_a_kpi_is_a_dot_with_its_interval():
    ax = charts.plot_kpis(ONCE.assign(low=3000.0, high=3700.0, is_share=False), AIMLESS, title="x")
    assert ax.texts[0].get_text() == "3,350\nn 4" and ax.get_xticklabels()[0].get_text() == "2026-06-30"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("periods", [3, 36])
def test_every_value_of_a_kpi_without_interval_lies_in_its_panel(periods):
    days = pd.date_range("2023-07-31", periods=periods, freq="ME")
    value = 6 + np.arange(periods) % 3 + np.where(np.arange(periods) > periods - 3, 9.0, 0)
    series = pd.DataFrame({"kpi": "wait", "date": days, "n": 1, "value": value, "is_share": False})
    series = series.assign(low=np.nan, high=np.nan)
    ax = charts.plot_kpis(series, AIMLESS, chart_kpis(series), title="x")
    low, high = ax.get_ylim()
    assert low < value.min() and value.max() < high
    assert (ax.lines[0].get_marker() == "o") == (periods == 3)


def test_ticks_of_a_narrow_share_differ():
    ax = charts.plot_kpis(ONCE.assign(value=0.661, low=0.660, high=0.662, is_share=True), AIMLESS, title="x")
    ax.figure.canvas.draw()
    ticks = [label.get_text() for label in ax.get_yticklabels()]
    assert len(set(ticks)) == len(ticks) and "66.1\u00a0%" in ticks


def test_names_of_twelve_waves_do_not_overlap_on_the_heatmap():
    table = touchpoints(5)
    history = pd.concat([table.assign(wave=wave) for wave in WAVES])
    ax = charts.plot_gap_heatmap(history.assign(experienced=5.0), rows="label", columns="wave", title="x", order=WAVES)
    ax.figure.canvas.draw()
    labels = [label.get_window_extent() for label in ax.get_xticklabels()]
    assert not any(one.overlaps(other) for one, other in zip(labels, labels[1:]))
