"""Step 1: what a poor experience takes from the verdict, and what a good one adds."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study
from cxlib.charts.importance import plot_asymmetry
from cxlib.moments import describe_asymmetry, find_asymmetry
from cxlib.moments.asymmetry import contrast, ratio_interval
from cxlib.summaries.drivers import CrossProducts, summarise_drivers, summarise_extremes

EFFECTS = ["penalty", "reward"]
SETTINGS = "scales: {experienced: [1, 7], overall: [0, 10]}\noutcome: overall"
NAMES = ["must", "wow", "both"]
PLANTED = {"must": (-2.0, 0.1), "wow": (-0.1, 2.0), "both": (-1.0, 1.0)}


def people(n=900, seed=2, noise=0.5):
    """Three ratings on 1 to 7, and a verdict that a poor `must`, a good `wow` and either end of `both` move."""
    rng = np.random.default_rng(seed)
    ratings = rng.integers(1, 8, size=(n, 3))
    ends = np.stack([ratings <= 3, ratings >= 6], axis=-1)
    verdict = 5 + (ends * np.array(list(PLANTED.values()))).sum(axis=(1, 2)) + noise * rng.normal(size=n)
    return ratings, ends, verdict


def stage_of(ratings, ends, verdict, *, joint=True, weights=None, order=None):
    n, weights = len(verdict), np.ones(len(verdict)) if weights is None else weights
    values = np.column_stack([np.ones(n), ends.reshape(n, -1), verdict])
    order = np.arange(n) if order is None else order
    sums = np.zeros((200, values.shape[1], values.shape[1]))
    products = weights[:, None, None] * values[:, :, None] * values[:, None, :]
    np.add.at(sums, (np.arange(n) % 200)[order], products[order])
    if not joint:
        sums = np.stack([sums[:, [[0], [k], [k + 1], [-1]], [0, k, k + 1, -1]] for k in (1, 3, 5)], axis=1)
    counts = [tuple(int(count) for count in pair) for pair in ends.sum(axis=0)]
    return CrossProducts("use", NAMES, sums, n, n, joint, [n] * 3, [n] * 3, counts)


@pytest.mark.parametrize("joint", [True, False])
def test_a_planted_dissatisfier_delighter_and_hybrid_are_found(joint):
    found = find_asymmetry([stage_of(*people(), joint=joint)], cut=0.25).set_index("touchpoint")
    assert found.loc[["must", "wow"], "kind"].tolist() == ["dissatisfier", "delighter"]
    assert found.loc["both", "kind"] in (["hybrid"] if joint else ["hybrid", "not sure"])
    for name, (penalty, reward) in PLANTED.items():
        row = found.loc[name]
        assert row["penalty_low"] - 0.1 <= penalty <= row["penalty_high"] + 0.1
        assert row["reward_low"] - 0.1 <= reward <= row["reward_high"] + 0.1
        assert row["range"] == pytest.approx(row["reward"] - row["penalty"])


def test_the_contrast_is_that_of_least_squares():
    ratings, ends, verdict = people(n=120)
    stage = stage_of(ratings, ends, verdict)
    fitted = np.column_stack([np.ones(120), ends.reshape(120, -1)])
    slopes = np.linalg.lstsq(fitted, verdict)[0][1:]
    found = contrast(stage.sums[:, None].sum(axis=0))
    assert found[:, :2].reshape(-1) == pytest.approx(slopes)
    penalty, reward = slopes[::2], slopes[1::2]
    assert found[:, 3] == pytest.approx(
        (np.abs(reward) - np.abs(penalty)) / (np.abs(reward) + np.abs(penalty)), abs=0.2
    )


def test_weights_of_any_size_and_the_order_of_rows_change_nothing():
    data = people(n=400)
    once = find_asymmetry([stage_of(*data)])
    order = np.random.default_rng(4).permutation(400)
    for other in (stage_of(*data, weights=np.full(400, 9.0)), stage_of(*data, order=order)):
        pd.testing.assert_frame_equal(once, find_asymmetry([other]))


def test_a_verdict_on_another_scale_keeps_asymmetry_and_kind():
    ratings, ends, verdict = people(n=400)
    one, ten = (find_asymmetry([stage_of(ratings, ends, times * verdict)]) for times in (1, 10))
    assert ten["penalty"].tolist() == pytest.approx((10 * one["penalty"]).tolist())
    assert ten["asymmetry_low"].tolist() == pytest.approx(one["asymmetry_low"].tolist())
    assert ten["kind"].equals(one["kind"])


def test_what_does_nothing_either_way_has_no_asymmetry():
    ratings, ends, verdict = people()
    found = find_asymmetry([stage_of(ratings, ends, np.random.default_rng(5).normal(size=len(verdict)))])
    assert found["asymmetry"].isna().all() and set(found["kind"]) == {"not sure"} and found["penalty"].notna().all()
    sentence = describe_asymmetry(found.assign(label=NAMES), outcome="overall")
    assert sentence == "Nowhere does a poor or good experience surely change overall (up to n\u00a0900)."


def test_the_interval_is_fiellers_and_refuses_a_range_that_may_be_nothing():
    rng = np.random.default_rng(3)
    both, spread = np.array([0.6]), np.array([1.5])
    drawn = rng.normal([both[0], spread[0]], [0.02, 0.03], size=(400, 2))
    drawn = (drawn - drawn.mean(axis=0)) / 400**0.5 + [both[0], spread[0]]
    effects = np.array([[0, 0, 1.5, 0.4]])
    effects[0, :2] = 0.6 - 0.3, 0.3
    left_out = np.stack([drawn[:, 0], 0 * drawn[:, 0], drawn[:, 1], 0 * drawn[:, 0]], axis=-1)[:, None]
    low, high, p = ratio_interval(effects, left_out, np.array([400]), 0.1, 0.95)
    variance = 399 / 400 * 399 * np.cov(drawn.T, ddof=0) * 400 / 399
    for end in (low[0], high[0]):  # where the difference both − end·range is just sure
        se = np.sqrt(variance[0, 0] - 2 * end * variance[0, 1] + end**2 * variance[1, 1])
        assert abs(0.6 - end * 1.5) / se == pytest.approx(stats.t.ppf(0.975, 399), rel=5e-3)
    assert low[0] < 0.4 < high[0] and p[0] < 0.001
    unsure = ratio_interval(effects, (left_out - left_out.mean(axis=0)) * 40 + effects, np.array([400]), 0.1, 0.95)
    assert np.isnan(unsure[0]) and np.isnan(unsure[1])


def test_an_asymmetry_near_the_cut_is_not_sure():
    found = find_asymmetry([stage_of(*people(n=200, noise=2.0))], cut=0.7)
    assert found.loc[:1, "kind"].eq("not sure").all() and (found["p"] > 0.05).all()
    sentence = describe_asymmetry(found.assign(label=NAMES), outcome="overall")
    assert sentence.startswith("Surely nowhere does poor cost more than good earns")


def study_of(make_study, ratings, verdict, **options):
    rows = pd.DataFrame(ratings, columns=NAMES).assign(respondent=[f"p{k}" for k in range(len(ratings))])
    long = rows.melt("respondent", var_name="touchpoint", value_name="experienced").dropna()
    people = rows[["respondent"]].assign(overall=np.clip(verdict, 0, 10))
    return open_study(make_study(ratings=long, respondents=people, settings=SETTINGS), **options)


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_the_pass_finds_low_and_high_by_the_scale(make_study, engine):
    ratings, ends, verdict = people(n=150)
    study = study_of(make_study, ratings, verdict, engine=engine)
    [stage], [plain] = summarise_extremes(study), summarise_drivers(study)
    order = [NAMES.index(name) for name in stage.touchpoints]
    assert stage.joint and stage.extremes == [tuple(ends[:, place].sum(axis=0)) for place in order]
    direct = find_asymmetry([stage_of(ratings, ends, np.clip(verdict, 0, 10))]).set_index("touchpoint")
    ours = find_asymmetry([stage]).set_index("touchpoint").loc[NAMES]
    data = np.column_stack([np.ones(150), ratings[:, order]])
    assert plain.sums.sum(axis=0)[:4, :4] == pytest.approx(data.T @ data) and plain.n_effective == [150] * 3
    np.testing.assert_allclose(ours[EFFECTS], direct.loc[NAMES, EFFECTS], atol=1e-9)


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_where_few_rated_all_each_touchpoint_is_taken_alone(make_study, engine):
    ratings, _, verdict = people(n=150)
    some = ratings.astype(float)
    for place in range(3):
        some[place::3, place] = np.nan
    [stage] = summarise_extremes(study_of(make_study, some, verdict, engine=engine))
    assert not stage.joint and stage.n_own == [100] * 3
    order = [NAMES.index(name) for name in stage.touchpoints]
    assert stage.extremes == [((some <= 3).sum(axis=0)[place], (some >= 6).sum(axis=0)[place]) for place in order]
    assert find_asymmetry([stage])["penalty"].notna().all()


def test_too_few_low_ratings_leave_the_touchpoint_blank(make_study):
    ratings, _, verdict = people(n=150)
    ratings[:, 0] = np.where(np.arange(150) < 9, 2, np.maximum(ratings[:, 0], 4))
    found = find_asymmetry(summarise_extremes(study_of(make_study, ratings, verdict))).set_index("touchpoint")
    blank = found.loc["must"].drop(["stage", "joint", "n", "kind"])
    assert blank.isna().all() and found.loc["must", "kind"] == "not sure"
    assert found.loc[["wow", "both"], "penalty"].notna().all()


def labelled(kinds, asymmetry, **options):
    table = pd.DataFrame({"label": ["Delivery on time", "Help from support", "Search", "Unboxing"][: len(kinds)]})
    table = table.assign(kind=kinds, asymmetry=asymmetry, n=140, q=0.01, range_low=0.5, **options)
    return table.assign(asymmetry_low=table["asymmetry"] - 0.2, asymmetry_high=table["asymmetry"] + 0.2)


def test_the_sentence_names_the_surest_of_both_kinds_and_counts_the_rest():
    one = describe_asymmetry(labelled(["dissatisfier"], [-0.6]), outcome="overall")
    assert one == ("Poor costs more than good earns: Delivery on time (index −0.60, −0.80 to −0.40; n\u00a0140).")
    both = describe_asymmetry(labelled(["dissatisfier", "delighter"] * 2, [-0.6, 0.6] * 2), outcome="overall")
    assert both == (
        "Poor costs more than good earns: Delivery on time (index −0.60, −0.80 to −0.40; n\u00a0140) and 1 more; "
        "reverse: Help from support (+0.60, +0.40 to +0.80; n\u00a0140) and 1 more."
    )
    assert len(both.split(" ")) <= 30
    alone = describe_asymmetry(labelled(["delighter"], [0.6]), outcome="overall")
    assert alone.startswith("Good earns more than poor costs: Delivery on time")


def test_what_is_missing_is_said():
    none = find_asymmetry([]).assign(label=[])
    assert none.empty and "named as outcome" in describe_asymmetry(none, outcome="")
    assert describe_asymmetry(none, outcome="overall").startswith("Too few people")


@pytest.mark.parametrize("count", [3, 24])
def test_bars_reach_as_far_as_the_table_says(count):
    table = pd.concat([find_asymmetry([stage_of(*people(n=200))])] * (count // 3), ignore_index=True)
    table["label"] = [f"Comparing prices and deliveries of several shops {k}" for k in range(count)]
    ax = plot_asymmetry(table, title="What it costs", outcome="overall")
    ax.figure.canvas.draw()
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == pytest.approx([*table["penalty"], *table["reward"]])
    words = [word for word in [*ax.get_yticklabels(), *ax.texts] if word.get_text()]
    boxes = [word.get_window_extent().padded(-1) for word in words]
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[place + 1 :])
    assert plot_asymmetry(table.iloc[:0], title="x", outcome="overall") is None
    plt.close("all")
