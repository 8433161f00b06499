"""Charts that compare: each row where its table says, what stands beside it, and nothing on top of another."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from cxlib.chapter import PNG_DPI
from cxlib.charts import comparisons as charts
from cxlib.charts.theme import VERDICT_COLOURS, use_theme
from cxlib.tables import StudyError
from tests.stress import crowded, too_small

LONG = r"Comparing $prices_ and \undefined$ deliveries of neighbouring shops"  # 67 letters
TITLE = "Against all the others, worse: Tablet (−0.8; −1.1 to −0.5; n 212), In-store kiosk and 2 more."
WORSE, BETTER, UNSURE = (VERDICT_COLOURS[verdict] for verdict in ("shortfall", "exceeded", "not enough data"))


@pytest.fixture(autouse=True)
def theme():
    use_theme()
    yield
    plt.close("all")


def rows(name, value, verdicts, count=3):
    """Differences of −1, 0, +1, −1, … with ± 0.3, and names of which every third is long."""
    figures = np.arange(count) % 3 - 1.0
    names = [f"{LONG} {place}" if place % 3 == 1 else f"_Call {place}" for place in range(count)]
    table = pd.DataFrame({name: names, "n": 1200, value: figures, "low": figures - 0.3, "high": figures + 0.3})
    return table.assign(verdict=np.array(verdicts)[np.arange(count) % len(verdicts)])


def differences(count=3):
    return rows("group", "difference", ["worse", "no sure difference", "better"], count).assign(n_other=12345)


def pair(count=3):
    return differences(count).rename(columns={"group": "label"}).assign(stage="buy", first="DE", second="FR")


def benchmarks(count=3, **more):
    table = rows("figure", "difference", ["behind", "no sure difference", "ahead"], count)
    return table.assign(**{"kind": "best practice", "kpi": None, "is_point": True, "is_share": False} | more)


def themes(count=3):
    table = rows("theme", "log_odds", ["typical elsewhere", "no sure difference", "typical here"], count)
    counts = pd.array(np.arange(count) * 7, dtype="Int64")
    return table.iloc[::-1].reset_index(drop=True).assign(n_here=counts, n_elsewhere=1200)


def split(count=3):
    table = rows("persona", "mix", ["x"], count).rename(columns={"low": "mix_low", "high": "mix_high"})
    table = table.assign(of="stratum", share_first=0.254, share_second=0.4, rate=0.5, rate_low=0.2, rate_high=0.8)
    return pd.concat([table, table.iloc[:1].assign(of="total", persona="all", mix=-0.25)], ignore_index=True)


def reversals(count=3):
    table = rows("channel", "crude", ["reversed", "explained by mix", "holds"], count)
    table = table.rename(columns={"low": "crude_low", "high": "crude_high"}).drop(columns="n")
    adjusted = -table["crude"] / 2
    return table.assign(adjusted=adjusted, adjusted_low=adjusted - 0.2, adjusted_high=adjusted + 0.2)


def drivers(count=3):
    table = rows("label", "omega2", ["differs"], count).assign(omega2=0.4 / np.arange(1, count + 1))
    table["verdict"] = np.where(table.index < max(count - 1, 1), "differs", "no sure difference")
    return table.assign(factor="home_region", touchpoint="x", lowest=LONG, lowest_gap=-1.2, lowest_n=340)


def patterns(count=3, columns=4):
    verdicts = ["shortfall", "met", "exceeded", "shortfall", "not enough data"]
    table = rows("persona", "gap", verdicts, count * columns)
    down, across = np.divmod(np.arange(len(table)), columns)
    return table.assign(
        persona=[f"{LONG} {place}" if place % 3 == 1 else f"_Call {place}" for place in down],
        stage=[f"stage {place} of deciding" for place in across],
        shrunk=table["gap"] / 2,
    )


DRAW = {
    "differences": (differences, lambda t: charts.plot_differences(t, title=TITLE)),
    "pair": (pair, lambda t: charts.plot_differences(t, title=TITLE)),
    "benchmarks": (benchmarks, lambda t: charts.plot_benchmarks(t, title=TITLE)),
    "themes": (themes, lambda t: charts.plot_themes(t, title=TITLE, label="Checkout and payment")),
    "split": (split, lambda t: charts.plot_split(t, title=TITLE, within="persona")),
    "reversals": (reversals, lambda t: charts.plot_reversals(t, title=TITLE, within="persona")),
    "drivers": (drivers, lambda t: charts.plot_gap_drivers(t, title=TITLE)),
    "patterns": (patterns, lambda t: charts.plot_patterns(t, rows="persona", columns="stage", title=TITLE)),
}


def draw(chart, table=None, count=3):
    make, plot = DRAW[chart]
    return plot(make(count) if table is None else table)


def texts(ax):
    return [text.get_text().replace("\u00a0", " ") for text in ax.texts]


def names(ax):
    return [label.get_text().replace("\u00a0", " ").replace("\n", " ") for label in ax.get_yticklabels()]


def axis_label(ax):
    return " ".join(f"{ax.get_xlabel()}; {ax.figure.get_supxlabel()}".split())


def dots(ax):
    """The offsets of each group of dots."""
    return [np.asarray(found.get_offsets()) for found in ax.collections if type(found).__name__ == "PathCollection"]


def lines(ax):
    """The ends of each group of intervals."""
    found = [found for found in ax.collections if type(found).__name__ == "LineCollection"]
    return [
        [segment[:, 0].round(9).tolist() if len(segment) else [] for segment in one.get_segments()] for one in found
    ]


@pytest.mark.parametrize("count", [1, 3, 40])
@pytest.mark.parametrize("chart", DRAW)
def test_no_word_stands_on_another_or_is_cut(chart, count):
    ax = draw(chart, count=count)
    assert crowded(ax.figure) == [] and too_small(ax.figure) == []
    assert ax.figure.get_figheight() * PNG_DPI <= 2100


@pytest.mark.parametrize("chart", DRAW)
def test_the_table_is_left_as_it_was_and_names_are_drawn_literally(chart):
    table = DRAW[chart][0]()
    before = table.copy(deep=True)
    shown = " ".join(names(draw(chart, table)))
    pd.testing.assert_frame_equal(table, before)
    assert "_Call 0" in shown and r"$prices_ and \undefined$" in shown


@pytest.mark.parametrize("chart", DRAW)
def test_nothing_to_draw_is_none(chart):
    assert draw(chart, DRAW[chart][0]().iloc[:0]) is None


@pytest.mark.parametrize("chart", DRAW)
def test_a_table_of_another_kind_is_refused_and_axes_given_are_drawn_on(chart):
    make, plot = DRAW[chart]
    with pytest.raises(StudyError, match="lacks"):
        plot(make().drop(columns=["verdict", "mix"], errors="ignore"))
    ax = plt.figure().add_subplot()
    options = {
        "themes": {"label": "x"},
        "split": {"within": "persona"},
        "reversals": {"within": "persona"},
        "patterns": {"rows": "persona", "columns": "stage"},
    }
    name = {"pair": "differences", "drivers": "gap_drivers"}.get(chart, chart)
    assert getattr(charts, f"plot_{name}")(make(), title="x", ax=ax, **options.get(chart, {})) is ax


@pytest.mark.parametrize("chart", ["differences", "pair", "benchmarks"])
def test_differences_are_dots_with_intervals_orange_where_worse_and_blue_where_better(chart):
    ax = draw(chart)
    assert dots(ax)[0].tolist() == [[-1, 0], [0, 1], [1, 2]]
    assert lines(ax)[0] == [[-1.3, -0.7], [-0.3, 0.3], [0.7, 1.3]]
    assert [text.get_color() for text in ax.texts] == [WORSE, UNSURE, BETTER]
    assert texts(ax)[1] == "0.0  no sure difference"
    assert [line.get_xdata()[0] for line in ax.lines] == [0]


def test_a_difference_from_the_rest_is_named_with_both_counts():
    ax = draw("differences", differences().assign(group="Tablet"))
    assert names(ax)[0] == "Tablet (n 1,200 and 12,345)" and texts(ax)[0] == "−1.0  worse"
    assert "gap of the group − gap of the rest" in axis_label(ax)


def test_two_groups_are_compared_touchpoint_by_touchpoint_or_stage_by_stage():
    ax = draw("pair")
    assert names(ax)[0] == "_Call 0 (n 1,200 and 12,345)" and "gap of DE − gap of FR" in axis_label(ax)
    assert names(draw("pair", pair().drop(columns="label")))[0].startswith("buy (n")


def test_at_most_thirty_differences_are_drawn_and_the_rest_is_counted():
    ax = draw("differences", count=40)
    assert len(dots(ax)[0]) == 30 and axis_label(ax).endswith("; 10 more in the table")


def test_what_has_no_difference_is_left_out():
    table = differences()
    table.loc[0, ["difference", "low", "high"]] = np.nan
    assert len(dots(draw("differences", table))[0]) == 2
    assert draw("differences", table.iloc[:1]) is None


def test_a_benchmark_is_named_by_its_kind_and_a_point_is_said_in_words():
    ax = draw("benchmarks", benchmarks(figure="Checkout", kind=["industry", "not stated", "own past"], is_point=False))
    assert names(ax) == ["Checkout, industry (n 1,200)", "Checkout (n 1,200)", "Checkout, own past (n 1,200)"]
    assert names(draw("benchmarks"))[0] == "_Call 0, best practice, point benchmark (n 1,200)"


def test_shares_and_scale_points_never_stand_on_one_axis():
    ax = draw("benchmarks", benchmarks(is_share=[False, True, True]))
    assert dots(ax)[0].tolist() == [[-1, 0]]
    assert "in scale points" in axis_label(ax) and axis_label(ax).endswith("; 2 in other units in the table")
    shares = draw("benchmarks", benchmarks(is_share=True))
    assert dots(shares)[0][:, 0].tolist() == [-100, 0, 100] and lines(shares)[0][0] == [-130, -70]
    assert texts(shares)[0] == "−100.0  behind" and "in percentage points" in axis_label(shares)


def test_benchmarks_not_compared_and_kpis_in_units_of_their_own_are_left_out():
    ax = draw("benchmarks", benchmarks(kpi=[None, "wait", None], verdict=["behind", "ahead", "not compared"]))
    assert dots(ax)[0].tolist() == [[-1, 0]] and axis_label(ax).endswith("; 1 in other units in the table")
    assert draw("benchmarks", benchmarks(verdict="not compared")) is None
    assert draw("benchmarks", benchmarks(kpi="wait")) is None


def test_a_theme_has_its_log_odds_its_counts_and_orange_only_where_typical_here():
    ax = draw("themes")
    assert dots(ax)[0].tolist() == [[1, 0], [0, 1], [-1, 2]]
    assert [text.get_color() for text in ax.texts] == [WORSE, UNSURE, UNSURE]
    assert names(ax)[2] == "_Call 0 (n 14 and 1,200)" and "said more of Checkout and payment" in axis_label(ax)


def test_a_theme_that_too_few_people_said_keeps_its_verdict_without_figures():
    table = themes()
    table.loc[0, ["n_here", "log_odds", "low", "high"]] = pd.NA
    ax = draw("themes", table)
    assert names(ax)[0] == "_Call 2 (n few and 1,200)" and texts(ax)[0] == "–  typical here"
    assert lines(ax)[0] == [[], [-0.3, 0.3], [-1.3, -0.7]]
    assert np.ma.getmaskarray(ax.collections[1].get_offsets())[:, 0].tolist() == [True, False, False]


def test_of_many_themes_both_ends_are_drawn():
    ax = draw("themes", themes(45).assign(theme=[f"theme {place}" for place in range(45)]))
    shown = [name.split(" (")[0] for name in names(ax)]
    assert shown == [f"theme {place}" for place in [*range(20), *range(35, 45)]]
    assert axis_label(ax).endswith("; 15 more in the table")


def test_a_split_has_two_bars_a_stratum_below_the_total():
    ax = draw("split")
    assert [bar.get_width() for bar in ax.patches] == [-0.25, -1, 0, 1, 0.5, 0.5, 0.5, 0.5]
    assert [bar.get_y() + bar.get_height() / 2 for bar in ax.patches[:2]] == pytest.approx([-0.2, 0.8])
    assert lines(ax)[0][1] == [-1.3, -0.7] and lines(ax)[1][1] == [0.2, 0.8]
    assert names(ax)[:2] == ["all together", "_Call 0 (25 % → 40 %)"]
    assert texts(ax)[:2] == ["−0.25  mix\n+0.50  the gaps themselves", "−1.00\n+0.50"]


def test_the_twelve_largest_strata_are_drawn_and_the_rest_is_counted():
    ax = draw("split", count=40)
    assert len(names(ax)) == 13 and axis_label(ax).endswith("; 28 more personas in the table")


def test_a_split_of_which_one_side_has_no_gaps_is_none():
    assert draw("split", split().assign(mix=np.nan, rate=np.nan)) is None


def test_a_reversal_joins_the_crude_hollow_dot_and_the_filled_one_at_an_equal_mix():
    ax = draw("reversals")
    crude, adjusted = dots(ax)
    assert crude[:, 0].tolist() == [-1, 0, 1] and adjusted[:, 0].tolist() == [0.5, 0, -0.5]
    assert lines(ax) == [[[-1.3, -0.7], [-0.3, 0.3], [0.7, 1.3]], [[0.3, 0.7], [-0.2, 0.2], [-0.7, -0.3]]]
    assert [line.get_xdata().tolist() for line in ax.lines[1:]] == [[-1, 0.5], [0, 0], [1, -0.5]]
    assert texts(ax)[0] == "−1.00 → +0.50  reversed"
    assert [text.get_color() for text in ax.texts] == [BETTER, UNSURE, WORSE]
    assert "at an equal mix by persona" in axis_label(ax)


def test_reversals_say_n_where_the_table_has_it():
    assert names(draw("reversals"))[0] == "_Call 0"
    assert names(draw("reversals", reversals().assign(n=1200)))[0] == "_Call 0 (n 1,200)"


def test_a_driver_names_its_lowest_group_where_it_surely_differs():
    ax = draw("drivers", drivers().assign(lowest="Tablet"))
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([0.4, 0.2, 0.4 / 3])
    assert names(ax)[0] == "home region at _Call 0 (n 1,200)"
    assert texts(ax) == [
        "40 %  lowest: Tablet\n−1.2 (n 340)", "20 %  lowest: Tablet\n−1.2 (n 340)", "13 %  no sure difference",
    ]  # fmt: skip
    everywhere = drivers().assign(label=np.nan, touchpoint=np.nan)
    assert names(draw("drivers", everywhere))[0] == "home region (n 1,200)"


def test_the_first_twelve_drivers_are_drawn():
    ax = draw("drivers", count=40)
    assert len(ax.patches) == 12 and axis_label(ax).endswith("; 28 more in the table")


def test_a_pattern_is_coloured_by_its_shrunk_gap_and_says_the_measured_one():
    ax = draw("patterns", patterns(2, 4))
    colours = ax.collections[0].get_array()
    assert colours[0].tolist() == [-0.5, 0, 0.5, -0.5] and texts(ax)[0] == "−1.0\nn 1,200"
    assert np.ma.getmaskarray(colours).nonzero() == (1, 0), "grey: not enough data"
    assert texts(ax)[4] == "0.0\nn 1,200" and ax.texts[4].get_position() == (0.5, 1.5)


def test_patterns_keep_the_order_of_the_table_but_where_another_is_given():
    table = patterns(2, 3).iloc[[5, 3, 0, 2]]
    table["stage"] = ["use", "see", "see", "use"]
    ax = draw("patterns", table)
    assert names(ax)[1] == "_Call 0" and [label.get_text() for label in ax.get_xticklabels()] == ["use", "see"]
    ax = charts.plot_patterns(table, rows="persona", columns="stage", title="x", order=["see", "buy", "use"])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["see", "use"]
    assert texts(ax)[0] == "+1.0\nn 1,200" and ax.texts[0].get_position() == (1.5, 0.5)


def test_blank_groups_and_cells_without_answers_are_left_out_of_a_pattern():
    table = patterns(2, 2)
    table.loc[0, "n"], table.loc[1, "persona"] = 0, None
    assert len(texts(draw("patterns", table))) == 2


def test_many_columns_of_a_pattern_are_named_without_overlap():
    ax = draw("patterns", patterns(3, 14))
    ax.figure.canvas.draw()
    labels = [label.get_window_extent() for label in ax.get_xticklabels()]
    assert len(labels) == 14 and not any(one.overlaps(other) for one, other in zip(labels, labels[1:]))
