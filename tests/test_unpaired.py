"""Gaps nobody gave in one answer: from different people, from different lines of the same people, and said outright."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study
from cxlib.gaps.table import find_gaps
from cxlib.summaries import summarise_blocks, summarise_ratings

ENGINES = ["duckdb", "pandas"]
SIDES = ["expected", "experienced"]
COLUMNS = ["respondent", "touchpoint", *SIDES]


def scales(low=1, high=7):
    return f"scales: {{expected: [{low}, {high}], experienced: [{low}, {high}]}}"


def ratings_of(side, answers, *, who="p", touchpoint="pay"):
    """A line for each answer to one side, the other side blank."""
    people = [f"{who}{place:03d}" for place in range(len(answers))]
    table = pd.DataFrame({"respondent": people, "touchpoint": touchpoint, side: answers})
    return table.reindex(columns=COLUMNS)


def draws(expected=40, experienced=25, seed=2):
    """Answers on 1 to 7, expectation higher and closer together than experience."""
    rng = np.random.default_rng(seed)
    return (
        np.clip(np.round(rng.normal(mean, sd, n)), 1, 7)
        for mean, sd, n in ((5.8, 0.9, expected), (4.6, 1.4, experienced))
    )


def different_people(**options):
    expected, experienced = draws(**options)
    return pd.concat([ratings_of("expected", expected, who="e"), ratings_of("experienced", experienced, who="x")])


def same_people(n=40):
    """Both sides of everybody, each in a line of its own: dependent, as they are in life."""
    expected, experienced = draws(expected=n, experienced=n)
    experienced = np.clip(experienced + expected - 6, 1, 7)
    return pd.concat([ratings_of("expected", expected), ratings_of("experienced", experienced)])


def found(make_study, ratings, *, engine="duckdb", settings=None, **tables):
    """The gap table of these answers with the study's own δ, indexed by touchpoint."""
    study = open_study(make_study(ratings=ratings, settings=settings or scales(), **tables), engine=engine)
    return find_gaps(summarise_ratings(study), met_within=study.met_within).set_index("touchpoint")


@pytest.mark.parametrize("engine", ENGINES)
def test_different_people_are_compared_as_welch_does(make_study, engine):
    expected, experienced = draws()
    row = found(make_study, different_people(), engine=engine).loc["pay"]
    test = stats.ttest_ind(experienced, expected, equal_var=False)
    assert row["gap"] == pytest.approx(experienced.mean() - expected.mean(), abs=1e-12)
    assert (row["low"], row["high"]) == pytest.approx(tuple(test.confidence_interval()), abs=1e-8)
    assert row["p"] == pytest.approx(test.pvalue, abs=1e-8)


def test_few_on_one_side_are_no_unequal_weights(make_study):
    expected, experienced = draws(expected=300, experienced=20)
    row = found(make_study, different_people(expected=300, experienced=20)).loc["pay"]
    ends = stats.ttest_ind(experienced, expected, equal_var=False).confidence_interval()
    assert row["high"] - row["low"] < 1.5 * (ends.high - ends.low) and row["verdict"] == "shortfall"


@pytest.mark.parametrize("engine", ENGINES)
def test_everybody_is_counted_on_the_side_they_answered(make_study, engine):
    row = found(make_study, different_people(), engine=engine).loc["pay"]
    assert row[["n", "n_expected", "n_experienced", "paired"]].tolist() == [65, 40, 25, "no"]
    means = [side.mean() for side in draws()]
    assert [row[side] for side in SIDES] == pytest.approx(means) and row["verdict"] == "shortfall"
    assert np.isnan(row["below"])  # nobody's own gap is known


@pytest.mark.parametrize("engine", ENGINES)
def test_weights_count_on_both_sides(make_study, engine):
    ratings = different_people()
    weight = np.random.default_rng(1).uniform(0.5, 2, len(ratings)).round(2)
    people = ratings[["respondent"]].assign(weight=weight)
    row = found(make_study, ratings, engine=engine, respondents=people).loc["pay"]
    means, variances = {}, {}
    for side in SIDES:
        given = ratings[side].notna().to_numpy()
        x, w = ratings.loc[given, side].to_numpy(), weight[given]
        means[side] = np.average(x, weights=w)
        variances[side] = len(x) / (len(x) - 1) * (w**2 @ (x - means[side]) ** 2) / w.sum() ** 2
    assert row["gap"] == pytest.approx(means["experienced"] - means["expected"], abs=1e-10)
    assert row["se"] == pytest.approx(np.sqrt(sum(variances.values())), abs=1e-10)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_people_in_different_lines_are_pairs_all_the_same(make_study, engine):
    ratings = same_people()
    apart = found(make_study, ratings, engine=engine).loc["pay"]
    expected, experienced = (ratings[side].dropna().to_numpy() for side in SIDES)
    test = stats.ttest_rel(experienced, expected)
    assert (apart["low"], apart["high"]) == pytest.approx(tuple(test.confidence_interval()), abs=1e-8)
    assert apart["p"] == pytest.approx(test.pvalue, abs=1e-8)
    assert apart[["n", "n_expected", "n_experienced", "paired"]].tolist() == [40, 40, 40, "no"]
    assert test.confidence_interval().high < stats.ttest_ind(experienced, expected).confidence_interval().high


@pytest.mark.parametrize("engine", ENGINES)
def test_lines_apart_and_lines_together_give_one_interval(make_study, engine):
    ratings = same_people()
    together = ratings.groupby(["respondent", "touchpoint"], as_index=False)[SIDES].first()
    apart, pairs = (found(make_study, table, engine=engine).loc["pay"] for table in (ratings, together))
    assert [apart["paired"], pairs["paired"]] == ["no", "yes"]
    for column in ("gap", "low", "high", "p", "n"):
        assert apart[column] == pytest.approx(pairs[column], abs=1e-8)


@pytest.mark.parametrize("engine", ENGINES)
def test_somebody_who_gave_both_sides_is_counted_once_and_shortens_the_interval(make_study, engine):
    ratings = same_people()
    kept = ~(ratings["experienced"].notna() & (ratings["respondent"] >= "p020"))
    row = found(make_study, ratings[kept], engine=engine).loc["pay"]
    assert row[["n", "n_expected", "n_experienced"]].tolist() == [40, 40, 20]
    expected, experienced = (ratings.loc[kept, side].dropna().to_numpy() for side in SIDES)
    shared = np.sum((expected[:20] - expected.mean()) * (experienced - experienced.mean()))
    covariance = shared / (40 * 20) / np.sqrt((1 - 1 / 40) * (1 - 1 / 20))
    variance = expected.var(ddof=1) / 40 + experienced.var(ddof=1) / 20 - 2 * covariance
    assert row["se"] == pytest.approx(np.sqrt(variance), abs=1e-10)


@pytest.mark.parametrize("engine", ENGINES)
def test_one_touchpoint_has_pairs_and_another_has_not(make_study, engine):
    pairs = same_people().groupby("respondent", as_index=False)[SIDES].first().assign(touchpoint="help")
    alone = ratings_of("expected", [6, 5, 7, 6], who="e", touchpoint="setup")
    table = found(make_study, pd.concat([pairs[COLUMNS], different_people(), alone]), engine=engine)
    assert table["paired"].to_dict() == {"help": "yes", "pay": "no", "setup": "no pairs"}
    assert table["n"].to_dict() == {"help": 40, "pay": 65, "setup": 0}
    by_itself = found(make_study, different_people(), engine=engine).loc["pay"]
    for column in ("gap", "low", "high", "se", "p"):
        assert table.loc["pay", column] == pytest.approx(by_itself[column], abs=1e-12)
    assert table.loc["setup", ["gap", "low", "high"]].isna().all() and table.loc["setup", "n_expected"] == 4


@pytest.mark.parametrize("engine", ENGINES)
def test_a_touchpoint_with_some_pairs_takes_the_pairs(make_study, engine):
    pairs = same_people().groupby(["respondent", "touchpoint"], as_index=False)[SIDES].first()
    more = different_people()
    row = found(make_study, pd.concat([pairs, more]), engine=engine).loc["pay"]
    assert row[["n", "n_expected", "n_experienced", "paired"]].tolist() == [40, 80, 65, "yes"]
    assert row["gap"] == pytest.approx((pairs["experienced"] - pairs["expected"]).mean())


def test_swapping_the_sides_of_different_people_flips_the_sign(make_study):
    ratings = different_people()
    there = found(make_study, ratings).loc["pay"]
    back = found(make_study, ratings.rename(columns=dict(zip(SIDES, SIDES[::-1])))).loc["pay"]
    assert [back["gap"], back["low"], back["high"]] == pytest.approx([-there["gap"], -there["high"], -there["low"]])
    assert [back["n_expected"], back["n_experienced"]] == [25, 40]


@pytest.mark.parametrize("kind", [different_people, same_people])
def test_another_scale_scales_the_gap_and_keeps_the_verdict(make_study, kind):
    ratings = kind()
    pomp = ratings.assign(**{side: (ratings[side] - 1) * 100 / 6 for side in SIDES})
    points, percent = found(make_study, ratings).loc["pay"], found(make_study, pomp, settings=scales(0, 100)).loc["pay"]
    for column in ("gap", "low", "high", "se"):
        assert percent[column] * 6 / 100 == pytest.approx(points[column], abs=1e-8)
    assert percent["verdict"] == points["verdict"] and percent["n_needed"] == points["n_needed"]


@pytest.mark.parametrize(
    ("n", "experienced", "verdict"),
    [
        (400, [4, 5, 5, 6], "shortfall"),
        (400, [5, 6, 6, 7], "met"),
        (400, [7, 7, 6, 7], "exceeded"),
        (8, [4, 6, 6, 7], "not enough data"),
    ],
)
def test_means_of_different_people_are_judged_like_pairs(make_study, n, experienced, verdict):
    ratings = [ratings_of("expected", np.resize([5, 6, 6, 7], n), who="e")]
    ratings += [ratings_of("experienced", np.resize(experienced, n), who="x")]
    assert found(make_study, pd.concat(ratings)).loc["pay", "verdict"] == verdict


def outright(answers, **columns):
    """What people said of one touchpoint: better or worse than expected."""
    people = [f"p{place:03d}" for place in range(len(answers))]
    return pd.DataFrame({"respondent": people, "touchpoint": "pay", "versus_expected": answers} | columns)


SAID = np.resize([1, 2, 2, 3, 3, 3, 4, 2, 1, 5], 60)


def direct(make_study, answers, low, high, engine="duckdb", more=""):
    settings = f"scales: {{versus_expected: [{low}, {high}]{more}}}"
    return found(make_study, outright(answers), settings=settings, engine=engine).loc["pay"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("low", "high", "shift"), [(1, 5, 0), (-2, 2, -3)])
def test_a_direct_item_is_a_gap_from_the_middle_of_its_scale(make_study, engine, low, high, shift):
    row = direct(make_study, SAID + shift, low, high, engine)
    test = stats.ttest_1samp(SAID - 3, 0)
    assert row["gap"] == pytest.approx((SAID - 3).mean()) and row["paired"] == "direct"
    assert (row["low"], row["high"]) == pytest.approx(tuple(test.confidence_interval()), abs=1e-8)
    assert row[["n", "n_expected", "n_experienced"]].tolist() == [60, 0, 0]
    assert row["below"] == pytest.approx((SAID < 3).mean()) and row["verdict"] == "shortfall"
    assert row[["expected", "experienced"]].isna().all()


@pytest.mark.parametrize(("low", "high"), [(1, 5), (-2, 2), (0, 100)])
def test_what_no_longer_matters_is_a_part_of_the_direct_items_own_range(make_study, low, high):
    settings = f"scales: {{versus_expected: [{low}, {high}]}}"
    study = open_study(make_study(ratings=outright([low, high] * 10), settings=settings))
    assert study.met_within == pytest.approx(0.04 * (high - low)) and study.width == high - low


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (np.resize([-1, -2, 0, -1, -1, -2], 120), "shortfall"),
        (np.resize([1, 2, 0, 1, 1, 2], 120), "exceeded"),
        (np.resize([-1, 1, 0, 0, -1, 1, 0], 980), "met"),
        (np.resize([-1, 1, 0, -2, 0, 1], 18), "not enough data"),
    ],
)
def test_direct_gaps_are_judged_like_others_whatever_their_numbers(make_study, said, verdict):
    assert direct(make_study, said, -2, 2)["verdict"] == direct(make_study, said + 3, 1, 5)["verdict"] == verdict


@pytest.mark.parametrize("engine", ENGINES)
def test_a_study_with_both_sides_goes_by_them_and_not_by_the_direct_item(make_study, engine):
    pairs = same_people().groupby(["respondent", "touchpoint"], as_index=False)[SIDES].first()
    settings = "scales: {expected: [1, 7], experienced: [1, 7], versus_expected: [-2, 2]}"
    with_item = found(make_study, pairs.assign(versus_expected=2), settings=settings, engine=engine)
    pd.testing.assert_frame_equal(with_item, found(make_study, pairs, engine=engine))
    assert with_item.loc["pay", "paired"] == "yes"


def test_experience_beside_a_direct_item_is_told_and_leaves_the_gap_alone(make_study):
    ratings = outright(SAID, experienced=np.resize([5, 6, 4], 60))
    settings = "scales: {experienced: [1, 7], versus_expected: [1, 5]}"
    row = found(make_study, ratings, settings=settings).loc["pay"]
    assert row[["n", "n_experienced", "paired"]].tolist() == [60, 60, "direct"]
    assert [row["gap"], row["experienced"]] == pytest.approx([(SAID - 3).mean(), 5])


def test_blocks_of_a_direct_item_add_up_to_its_gap(make_study):
    study = open_study(make_study(ratings=outright(SAID), settings="scales: {versus_expected: [1, 5]}"))
    blocks = summarise_blocks(study)
    assert blocks["gap_a"].sum() / blocks["gap_b"].sum() == pytest.approx((SAID - 3).mean())
