"""The ways customers take: five journeys by eye, worked examples of the Markov chain, and what is not shown."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study
from cxlib.charts import paths as charts
from cxlib.journey import paths as steps
from cxlib.shares import wilson
from cxlib.summaries import paths as passes
from cxlib.summaries.paths import CONVERTED, END, START
from tests.conftest import write_study

SETTINGS = "stages: [one, two, three]\njourney: {converted: pay}"
PLACES = "touchpoint,label,stage\nsearch,Search,one\ncompare,Compare,two\npay,Pay,three\nhelp,Help,three\n"
JOURNEYS = {
    ("ann", "c1"): [(0, "search"), (1, "search"), (3, "compare"), (4, "pay")],
    ("ann", "c2"): [(0, "search"), (1, "pay")],
    ("bob", "c3"): [(0, "search"), (4, "compare"), (5, "search"), (11, "compare"), (12, "pay")],
    ("cat", "c4"): [(0, "chat"), (1, "search")],
    ("dan", "c5"): [(7, "pay")],
}


def log(journeys) -> pd.DataFrame:
    """An event log, a line an event, at whole hours of one day."""
    rows = [
        (customer, case, f"2026-03-01T{hour:02d}:00:00Z", event)
        for (customer, case), events in journeys.items()
        for hour, event in events
    ]
    return pd.DataFrame(rows, columns=["customer", "case", "time", "event"])


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("paths") / "study"
    return open_study(write_study(folder, settings=SETTINGS, touchpoints=PLACES, events=log(JOURNEYS)))


@pytest.fixture
def empty(make_study):
    return open_study(make_study(ratings="respondent,touchpoint,expected,experienced\nr1,pay,5,4\n"))


def crowd(**paths) -> pd.DataFrame:
    """So many customers for each path, written as one letter a step."""
    people = [(path, person) for path, count in paths.items() for person in range(count)]
    return log({(f"{path}{person}", f"{path}{person}"): list(enumerate(path)) for path, person in people})


def test_transitions_count_steps_from_start_to_end(study):
    table = passes.summarise_transitions(study).set_index(passes.MOVE)
    counts = table["n"].to_dict()
    assert counts == {
        (START, "search"): 3, (START, "chat"): 1, (START, "pay"): 1, ("search", "compare"): 3, ("search", "pay"): 1,
        ("search", END): 1, ("compare", "search"): 1, ("compare", "pay"): 2, ("chat", "search"): 1, ("pay", END): 4,
    }  # fmt: skip
    assert table.loc[("search", "compare"), ["journeys", "customers", "leaving", "leaving_customers"]].tolist() == [
        *(2, 2, 5, 3)
    ]
    assert list(counts)[0] == (START, "search") and list(counts)[-1] == ("chat", "search")


def test_a_few_heavy_customers_make_no_sure_share(make_study):
    heavy = {(f"h{who}", f"h{who} {turn}"): [(0, "a"), (1, "bc"[who > 5])] for who in range(8) for turn in range(20)}
    light = {(f"l{who}", f"l{who}"): [(0, "a"), (1, "bc"[who < 12])] for who in range(60)}
    moves = passes.summarise_transitions(open_study(make_study(events=log(heavy | light))))
    row = steps.find_transitions(moves).set_index(passes.MOVE).loc[("a", "b")]
    own, left = np.r_[np.full(6, 20), np.zeros(14), np.ones(48)], np.r_[np.full(8, 20), np.ones(60)]
    share = own.sum() / left.sum()
    se = np.sqrt(68 / 67 * ((own - share * left) ** 2).sum()) / left.sum()
    assert row[["share", "se", "n_effective"]].tolist() == pytest.approx([168 / 220, se, 220**2 / (8 * 400 + 60)])
    assert row["leaving_customers"] == 68 and row["low"] < 0.55 < 0.88 < row["high"]  # not 0.65 to 0.85


def test_waiting_is_from_the_last_event_of_a_step_to_the_first_of_the_next(study):
    waits = passes.summarise_transitions(study).set_index(passes.MOVE)
    assert waits.loc[("search", "compare"), "wait_median_hours"] == 4  # of 2, 4 and 6
    assert waits.loc[("search", "compare"), "wait_p90_hours"] == pytest.approx(5.6)
    assert waits.loc[[START], "wait_median_hours"].isna().all()


def test_events_of_one_time_keep_the_order_of_the_file(make_study):
    events = log({("ann", "c1"): [(1, "z"), (1, "a"), (1, "m")]})
    assert passes.summarise_variants(open_study(make_study(events=events)))["variant"].tolist() == ["z → a → m"]


def test_detours_are_counted_as_defined(study):
    table = steps.find_paths(passes.summarise_paths(study)).set_index("label")
    assert table["journeys"].to_dict() == {"all journeys": 5, "Search": 4, "Compare": 2, "Pay": 4, "chat": 1}
    whole = table.loc["all journeys"]
    assert whole[["went_back", "jumped", "looped", "repeated"]].tolist() == pytest.approx([0.2] * 4)
    assert whole["customers"] == 4 and whole["looped_low"] < 0.2 < whole["looped_high"]
    assert table.loc["Search", ["looped", "repeated"]].tolist() == [0.25, 0.25]
    assert table.loc["Compare", "skipped"] == pytest.approx(1 / 3) and pd.isna(table.loc["Search", "skipped"])


def test_a_stage_the_log_never_shows_is_not_jumped(make_study):
    events = log({("ann", "c1"): [(0, "search"), (1, "pay")]})
    table = passes.summarise_paths(open_study(make_study(settings=SETTINGS, touchpoints=PLACES, events=events)))
    assert table.loc[0, "mean_jumped"] == 0


def test_without_a_map_journeys_run_over_events_and_have_no_stage(make_study):
    study = open_study(make_study(events=log(JOURNEYS)))
    table = steps.find_paths(passes.summarise_paths(study))
    assert table.loc[0, "looped"] == pytest.approx(0.2) and pd.isna(table.loc[0, "went_back"])
    assert "stage" not in steps.describe_paths(table)
    assert ("search", "compare") in passes.summarise_transitions(study).set_index(passes.MOVE).index


def test_variants_are_whole_paths_and_the_rest_is_one_row(make_study):
    variants = passes.summarise_variants(open_study(make_study(events=crowd(ab=4, a=3, aac=2, b=1))), top=2)
    assert variants["variant"].tolist() == ["a → b", "a", "others"]
    assert variants["journeys"].tolist() == [4, 3, 3] and variants["variants"].tolist() == [1, 1, 2]
    assert variants["share"].tolist() == [0.4, 0.3, 0.3] and variants["duration_median_hours"].tolist() == [1, 0, 2]
    found = steps.find_variants(variants)
    assert steps.describe_variants(found) == (
        "Journeys take 4 paths: the commonest, of 2 steps, covers 40\u00a0% (12 to 74\u00a0%; n\u00a010); "
        "the 2 commonest cover 70\u00a0%."
    )


def test_the_share_of_a_path_is_as_sure_as_its_customers_are_many(make_study):
    journeys = {(who, f"{who}{turn}"): [(turn, "ab"[who == "bob"])] for who in ("ann", "bob", "eve") for turn in (1, 2)}
    table = passes.summarise_variants(open_study(make_study(events=log(journeys))))
    assert table["share"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert table.loc[0, "se"] == pytest.approx(np.std([1, 0, 1], ddof=1) / np.sqrt(3))


def test_removal_effects_of_the_five_journeys_are_those_by_hand(study):
    counts = passes.summarise_conversions(study)
    removal = steps.find_removal(counts).set_index("touchpoint")
    assert removal["removal"].to_dict() == pytest.approx({"search": 0.75, "compare": 0.55, "chat": 0.1875})
    assert removal["conversion"].tolist() == pytest.approx([0.8] * 3)
    assert removal["journeys"].tolist() == [4, 2, 1]


def test_a_journey_ends_at_its_first_conversion(make_study):
    study = open_study(make_study(settings=SETTINGS, touchpoints=PLACES, events=log({("ann", "c"): [*enumerate(
        ["search", "pay", "compare", "pay"])]})))  # fmt: skip
    counts = passes.summarise_conversions(study)
    assert set(zip(counts["from_touchpoint"], counts["to_touchpoint"])) == {(START, "search"), ("search", CONVERTED)}


def chain(paths: dict[str, int], *, block: int = 0) -> pd.DataFrame:
    """Transitions of paths written as letters; ! is conversion."""
    rows = [
        (block, one, other)
        for path, count in paths.items()
        for one, other in zip([START, *path], [*path.replace("!", ""), CONVERTED if "!" in path else END])
        for _ in range(count)
    ]
    table = pd.DataFrame(rows, columns=["block", *passes.MOVE]).value_counts().rename("n").reset_index()
    return table.assign(from_label=table["from_touchpoint"], journeys=10, customers=10, converting=8)


def test_removal_effects_are_those_of_a_published_example():
    """Puzyrov 2019, Simple explanation of removal effect: five journeys over Google Ads (g) and mailing (m).

    g converts in 2/4 + 1/4 · 1 = .75, so all in .8 · .75 + .2 = .8; without g .2 is left, without m .8 · .5 = .4.
    """
    removal = steps.find_removal(chain({"g!": 2, "m!": 1, "gm!": 1, "g": 1})).set_index("touchpoint")
    assert removal["removal"].to_dict() == pytest.approx({"g": 0.75, "m": 0.5})
    assert removal["conversion"].iloc[0] == pytest.approx(0.8)


def test_removal_is_what_sending_the_inflow_to_null_costs():
    counts = np.random.default_rng(3).integers(0, 30, (5, 7)).astype(float)
    counts[:, 0] = 0  # nothing leads back to the start
    moves = counts / counts.sum(axis=1, keepdims=True)

    def chance(moves):
        return np.linalg.solve(np.eye(5) - moves[:, :5], moves[:, 5])[0]

    without = []
    for state in range(1, 5):
        cut = moves.copy()
        cut[:, 6] += cut[:, state]
        cut[:, state] = 0
        without.append(chance(cut))
    conversion, removal = steps.removal_effects(counts)
    assert conversion == pytest.approx(chance(moves))
    assert removal == pytest.approx(1 - np.array(without) / chance(moves))


def test_the_interval_of_a_removal_effect_is_the_jackknife_over_blocks():
    blocks = [chain({"a!": 3 + block % 3, "b!": 2, "ab": 1, "ba!": block % 2}, block=block) for block in range(6)]
    blocks = [block.assign(converting=36) for block in blocks]
    found = steps.find_removal(pd.concat(blocks)).set_index("touchpoint").loc["b"]
    left = [
        steps.find_removal(pd.concat(blocks[:one] + blocks[one + 1 :])).set_index("touchpoint").loc["b", "removal"]
        for one in range(6)
    ]
    se = np.sqrt(5 / 6 * ((np.array(left) - np.mean(left)) ** 2).sum())
    removal, few = found["removal"], steps.removal_interval(np.array([0.5]), np.array([0.1]), 6, 9, 50, 0.95)
    journeys = sum(block.loc[block["from_touchpoint"] == START, "n"].sum() for block in blocks)
    worth = removal * (1 - removal) / (se * 2.570582 / stats.norm.ppf(0.975)) ** 2
    low, high = wilson(removal, min(worth, journeys), 0.95)
    assert [found["low"], found["high"]] == pytest.approx([low, high], rel=1e-6)
    assert np.isnan(few).all()  # fewer than ten convert


def test_what_few_conversions_pass_gets_the_exact_interval_of_those_who_convert():
    low, high = steps.removal_interval(np.array([0.1]), np.array([0.01]), 20, 20, 400, 0.95)
    exact = stats.binomtest(2, 20).proportion_ci()
    assert (low[0], high[0]) == pytest.approx((exact.low, exact.high))


def test_the_commonest_transition_and_the_longest_wait_are_said(study):
    said = steps.describe_transitions(steps.find_transitions(passes.summarise_transitions(study)))
    assert said.startswith("Search leads to Compare in 60\u00a0% (") and said.endswith("Search to Compare, 4.0 hours.")
    one = steps.find_transitions(passes.summarise_transitions(study).query("from_touchpoint == 'pay'"))
    assert "nothing follows" in steps.describe_transitions(one)


def test_sentences_of_detours(study):
    said = steps.describe_paths(steps.find_paths(passes.summarise_paths(study)))
    assert said.startswith("20\u00a0% of journeys come back to a touchpoint they had left (")
    assert "n\u00a04), most often to Search; 20\u00a0% go back" in said and len(said.split()) <= 30
    none = steps.find_paths(passes.summarise_paths(study).query("of == 'journey'").assign(mean_looped=0.0))
    assert steps.describe_paths(none).startswith("No journey comes back")


def test_sentences_of_conversion():
    def removal(**effects):
        rows = [(label, value, value - 0.05 if value < 1 else np.nan, 40) for label, value in effects.items()]
        table = pd.DataFrame(rows, columns=["label", "removal", "low", "customers"])
        return table.assign(high=table["low"] + 0.1, journeys=40, converting=30)

    def say(table):
        return steps.describe_removal(table, converted="order")

    assert (
        say(removal(a=0.8, b=0.3))
        == "Conversion goes most with a: 80\u00a0% in a model of the paths (75 to 85\u00a0%; n\u00a030 who convert)."
    )
    assert say(removal(a=0.8, b=0.78)).startswith("Conversion goes most with a and b: up to 80")
    assert say(removal(a=1, b=0.3)).startswith("Beside a that all who convert pass, conversion goes most with b: 30")
    assert say(removal(a=1, b=1)) == "Every conversion passes a and b (n\u00a030 who convert)."
    assert "so few journeys" in say(removal(a=0.8).assign(low=np.nan))
    assert "too few customers convert, or do not" in say(removal())
    assert "key converted of journey in study.yaml" in steps.describe_removal(removal(), converted="")


def test_a_study_without_events_gets_sentences_and_no_chart(empty):
    transitions = steps.find_transitions(passes.summarise_transitions(empty))
    paths, variants = (
        steps.find_paths(passes.summarise_paths(empty)),
        steps.find_variants(passes.summarise_variants(empty)),
    )
    removal = steps.find_removal(passes.summarise_conversions(empty))
    said = [steps.describe_transitions(transitions), steps.describe_paths(paths), steps.describe_variants(variants)]
    assert all("A file of events switches it on." in sentence for sentence in said)
    assert charts.plot_transitions(transitions, title="") is None and charts.plot_variants(variants, title="") is None
    assert charts.plot_removal(removal, title="") is None


@pytest.mark.small_groups
def test_few_customers_are_neither_shown_nor_worked_out(make_study):
    study = open_study(make_study(events=crowd(abc=40, ac=8, adc=2), settings="journey: {converted: c}"))
    moves = passes.summarise_transitions(study)
    assert moves["customers"].min() >= 5 and "d" not in {*moves["from_touchpoint"], *moves["to_touchpoint"]}
    rest = moves.groupby("from_touchpoint").agg(n=("n", "sum"), leaving=("leaving", "first"))
    rest = rest["leaving"] - rest["n"]
    assert rest[rest > 0].min() >= 5
    assert "d" not in set(passes.summarise_paths(study)["touchpoint"])
    variants = passes.summarise_variants(study)
    assert variants["variant"].tolist() == ["a → b → c", "others"] and variants["journeys"].tolist() == [40, 10]
    removal = steps.find_removal(passes.summarise_conversions(study))
    assert removal["touchpoint"].tolist() == ["a", "b"] and removal["removal"].iloc[0] == pytest.approx(1)


@pytest.mark.small_groups
@pytest.mark.parametrize(
    "paths, converting", [(dict(abc=2, ab=48), 0), (dict(abc=48, ab=2), 0), (dict(abc=9, ab=41), 9)]
)
def test_few_who_convert_or_do_not_are_not_told_of(make_study, paths, converting):
    study = open_study(make_study(events=crowd(**paths), settings="journey: {converted: c}"))
    removal = steps.find_removal(passes.summarise_conversions(study))
    assert set(removal["converting"]) == ({converting} if converting else set())
    assert (f"n\u00a0{converting} who convert" in steps.describe_removal(removal, converted="c")) == (converting > 0)


@pytest.mark.small_groups
def test_what_comes_to_a_touchpoint_and_leaves_it_does_not_tell_of_the_few_who_end_before(make_study):
    moves = passes.summarise_transitions(open_study(make_study(events=crowd(ab=8, abd=20, a=3))))
    assert set(moves["from_touchpoint"]) == {"b", "d"}  # 31 come to a and 28 leave b, so 3 end at a
    assert moves["n"].tolist() == [20, 8, 20]


@pytest.mark.small_groups
def test_a_log_of_few_customers_shows_nothing(study):
    tables = [passes.summarise_transitions(study), passes.summarise_paths(study), passes.summarise_variants(study)]
    assert [len(table) for table in tables] == [0, 0, 0]
    describe = [steps.describe_transitions, steps.describe_paths, steps.describe_variants]
    for say, table in zip(describe, [*tables[:1], pd.DataFrame({"of": []}), tables[2]]):
        assert say(table, logged=True).endswith("Too few customers to show.")
    assert steps.find_removal(passes.summarise_conversions(study)).empty


@pytest.mark.parametrize("count", [3, 24])
def test_charts_draw_what_the_tables_say(count):
    names = [f"A rather long name of touchpoint {place}" for place in range(count)]
    places = ["(start)", *names, "(end)"]
    table = pd.DataFrame({"from_label": places[:-1], "to_label": places[1:], "n": range(9 + count, 8, -1)})
    ax = charts.plot_transitions(table.assign(leaving=40, share=0.5), title="What follows", order=names)
    assert len(ax.get_yticklabels()) == min(count + 1, 17) and {text.get_text() for text in ax.texts} == {"50"}
    variants = pd.DataFrame({"variant": [" → ".join(names), "others"], "steps": [count, np.nan], "variants": [1, 7]})
    ax = charts.plot_variants(variants.assign(journeys=30, share=0.3, low=0.2, high=0.4), title="Paths")
    assert len(ax.patches) == min(count, charts.MOST_CHIPS)
    assert "7 further paths" in ax.figure.get_supxlabel().replace("\n", " ")
    removal = pd.DataFrame({"label": names, "customers": 40, "removal": 0.5, "low": 0.4, "high": 0.6})
    ax = charts.plot_removal(removal, title="Conversion")
    assert ax.collections[1].get_offsets()[:, 0].tolist() == [0.5] * count
    plt.close("all")
