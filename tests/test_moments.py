"""Step 1: shares of R² against least squares and all orders, and moments of truth on tables one can check by eye."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from cxlib import open_study
from cxlib.moments import (
    describe_importance,
    describe_moments,
    find_importance,
    find_moments,
    johnson,
    lmg,
    rank_moments,
)
from cxlib.summaries.drivers import CrossProducts, summarise_drivers
from cxlib.tables import StudyError


def survey(n=200, seed=1):
    """Four ratings that go along with each other, and a verdict that hangs on the first most."""
    rng = np.random.default_rng(seed)
    ratings = rng.normal(size=(n, 4)) + rng.normal(size=(n, 1))
    verdict = ratings @ [1.0, 0.4, 0.0, -0.3] + rng.normal(size=n)
    return np.column_stack([ratings, verdict])


def r_squared(data):
    """R² of the last column on the others, by least squares."""
    verdict = data[:, -1] - data[:, -1].mean()
    fitted = np.column_stack([np.ones(len(data)), data[:, :-1]])
    rest = data[:, -1] - fitted @ np.linalg.lstsq(fitted, data[:, -1])[0]
    return 1 - (rest @ rest) / (verdict @ verdict)


def gain_over_all_orders(data):
    """Each rating's gain in R² when it joins those before it, averaged over all orders: the definition."""
    p = data.shape[1] - 1
    orders = list(permutations(range(p)))
    gains = np.zeros(p)
    for order in orders:
        for place, predictor in enumerate(order):
            gains[predictor] += r_squared(data[:, [*order[: place + 1], p]]) - r_squared(data[:, [*order[:place], p]])
    return gains / len(orders)


def covariance(data, **options):
    return np.cov(data, rowvar=False, **options)


@pytest.mark.parametrize("share", [lmg, johnson])
def test_shares_add_up_to_r_squared(share):
    assert share(covariance(survey())).sum() == pytest.approx(r_squared(survey()), abs=1e-12)


def test_lmg_is_the_average_over_all_orders():
    assert lmg(covariance(survey())) == pytest.approx(gain_over_all_orders(survey()), abs=1e-12)


def test_a_lone_predictor_has_its_squared_correlation():
    two = survey()[:, [0, 4]]
    assert lmg(covariance(two)) == pytest.approx([np.corrcoef(two.T)[0, 1] ** 2])


@pytest.mark.parametrize("share", [lmg, johnson])
def test_a_rating_given_twice_shares_equally(share):
    data = survey()
    shares = share(covariance(data[:, [0, 0, 1, 4]]))
    assert shares[0] == pytest.approx(shares[1], rel=1e-6) and shares[0] > shares[2]
    assert shares.sum() == pytest.approx(r_squared(data[:, [0, 1, 4]]), abs=1e-6)


@pytest.mark.parametrize("share", [lmg, johnson])
def test_a_rating_that_goes_along_with_nothing_gets_nothing(share):
    alone = np.array([[1, 0.5, 0, 0.6], [0.5, 1, 0, 0.3], [0, 0, 1, 0], [0.6, 0.3, 0, 1]])
    assert share(alone)[2] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("share", [lmg, johnson])
def test_a_rating_all_gave_alike_gets_nothing_and_spoils_nothing(share):
    data = survey()
    data[:, 1] = 5
    shares = share(covariance(data))
    assert shares[1] == pytest.approx(0, abs=1e-12)
    assert np.delete(shares, 1) == pytest.approx(share(covariance(np.delete(data, 1, axis=1))), abs=1e-12)


@pytest.mark.parametrize("share", [lmg, johnson])
@pytest.mark.parametrize("scale", [(1, 10, 0.1, -3, 1), (1, 1, 1, 1, 1e6), (1e-6, 1, 1, 1, 1)])
def test_units_do_not_matter(share, scale):
    data = survey()
    assert share(covariance(data * scale + 7)) == pytest.approx(share(covariance(data)), abs=1e-8)


@pytest.mark.parametrize("share", [lmg, johnson])
def test_many_at_once_are_as_one_by_one(share):
    many = np.stack([covariance(survey(seed=seed)) for seed in range(6)]).reshape(2, 3, 5, 5)
    assert share(many).shape == (2, 3, 4)
    assert share(many)[1, 2] == pytest.approx(share(many[1, 2]), abs=1e-12)


def block_sums(values, blocks=20, weights=None):
    """Σ w·v·v of v = (1, values) per block of respondents, dealt out in turn."""
    columns = np.column_stack([np.ones(len(values)), values])
    weights = np.ones(len(values)) if weights is None else weights
    dealt = np.arange(len(values)) % blocks
    return np.stack([(columns * weights[:, None])[dealt == b].T @ columns[dealt == b] for b in range(blocks)])


def whole_stage(data, **options):
    n = len(data)
    return CrossProducts("use", list("abcd"), block_sums(data, **options), n, n, joint=True, n_own=[n] * 4)


def stage_by_touchpoint(data, own):
    """Touchpoint k was rated by the first own[k] people only."""
    sums = np.stack([block_sums(data[:n, [k, -1]]) for k, n in enumerate(own)], axis=1)
    return CrossProducts("use", list("abcd"), sums, 0, max(own), joint=False, n_own=list(own))


def test_importance_of_a_stage_is_lmg_of_its_covariances():
    data = survey()
    found = find_importance([whole_stage(data)])
    assert found["importance"].tolist() == pytest.approx(lmg(covariance(data)).tolist(), abs=1e-10)
    assert found["johnson"].tolist() == pytest.approx(johnson(covariance(data)).tolist(), abs=1e-10)
    assert set(found["importance_is"]) == {"share of R²"} and found["r2"].tolist() == pytest.approx(
        [r_squared(data)] * 4
    )


def test_weights_count_and_their_scale_does_not():
    data, weights = survey(), np.random.default_rng(2).uniform(0.2, 3, 200)
    once, thrice = (find_importance([whole_stage(data, weights=factor * weights)]) for factor in (1, 3))
    assert once["importance"].tolist() == pytest.approx(lmg(covariance(data, aweights=weights)).tolist(), abs=1e-10)
    pd.testing.assert_frame_equal(once, thrice)


def test_blocks_nobody_is_in_change_nothing():
    stage = whole_stage(survey())
    empty = CrossProducts(**(vars(stage) | {"sums": np.concatenate([stage.sums, np.zeros((7, 6, 6))])}))
    pd.testing.assert_frame_equal(find_importance([stage]), find_importance([empty]))


def test_another_stage_does_not_move_whether_a_touchpoint_surely_matters():
    one, other = whole_stage(survey()), CrossProducts(**(vars(whole_stage(survey(n=300))) | {"stage": "return"}))
    alone, beside = find_importance([one]), find_importance([other, one])
    assert beside["above_random"].iloc[4:].tolist() == alone["above_random"].tolist()
    assert beside["above_random"].iloc[:4].tolist() == find_importance([other])["above_random"].tolist()


def test_direction_and_inflation_are_those_of_the_regression():
    data = survey(n=2000)
    found = find_importance([whole_stage(data)]).set_index("touchpoint")
    others = data[:, [1, 2, 3, 0]]  # the first rating on the other three
    assert found["direction"][["a", "b", "d"]].tolist() == [1, 1, -1]
    assert found.loc["a", "vif"] == pytest.approx(1 / (1 - r_squared(others)))


def test_a_strong_driver_lies_surely_above_an_irrelevant_one():
    found = find_importance([whole_stage(survey(n=400))]).set_index("touchpoint")
    assert found.loc["a", "importance_low"] > found.loc["c", "importance_high"]
    assert (found["importance_low"] <= found["importance"]).all()


def test_where_few_rated_all_each_has_its_own_association():
    data, own = survey(n=300), (300, 200, 120, 60)
    found = find_importance([stage_by_touchpoint(data, own)])
    squared = [np.corrcoef(data[:n, k], data[:n, -1])[0, 1] ** 2 for k, n in enumerate(own)]
    assert found["importance"].tolist() == pytest.approx(squared, abs=1e-10)
    assert found["n_importance"].tolist() == list(own) and set(found["importance_is"]) == {"association"}


def test_a_handful_of_people_say_nothing_about_importance():
    found = find_importance([stage_by_touchpoint(survey(), (200, 200, 200, 10))])
    assert found[["importance", "importance_low", "importance_high", "johnson", "r2"]].iloc[3].isna().all()
    assert found["importance"].iloc[:3].notna().all()


def test_an_outcome_all_gave_alike_says_nothing():
    data = survey()
    data[:, -1] = 4
    found = find_importance([whole_stage(data)])
    assert not (found["importance"] > 0).any() and not (found["importance_low"] > 0).any()


def journey(**verdicts):
    """Gaps and reach of touchpoints with these verdicts, all in one stage."""
    names = list(verdicts)
    gaps = pd.DataFrame({"touchpoint": names, "label": [name.capitalize() for name in names], "n": 50})
    gaps = gaps.assign(expected=5.0, experienced=4.0, gap=-1.0, low=-1.2, high=-0.8, se=0.1)
    gaps = gaps.assign(verdict=list(verdicts.values()))
    reach = gaps[["touchpoint", "label"]].assign(stage="use", respondents=50, reach=0.5, reach_low=0.4, reach_high=0.6)
    return gaps, reach


def measured(names, importance, low, kind="share of R²", above_random=0.01, stability=0.95):
    columns = {"stage": "use", "touchpoint": names, "importance": importance, "importance_low": low}
    columns |= {"importance_high": np.add(importance, 0.05), "above_random": above_random, "importance_is": kind}
    columns |= {"stability": stability}
    return pd.DataFrame(columns)


def moments_of(low, importance=(0.4, 0.4, 0.4, 0.4, 0.01, 0.01, 0.01, 0.01), **options):
    gaps, reach = journey(
        pay="shortfall", help="exceeded", setup="met", search="not enough data", a="met", b="met", c="met", d="met"
    )
    lows = [low] * 4 + [0.0] * 4
    return find_moments(gaps, measured(gaps["touchpoint"], list(importance), lows, **options), reach)


def test_a_moment_of_truth_says_which_way_it_cuts():
    assert moments_of(0.3)["moment"].tolist() == ["negative", "positive", "in balance", "not sure which way", *[""] * 4]


def test_important_but_perhaps_no_more_than_the_others_is_no_moment():
    assert moments_of(0.2).set_index("touchpoint")["moment"].eq("").all()  # an even share is .205


def test_what_a_random_variable_might_reach_is_no_moment():
    assert moments_of(0.3, above_random=0.0)["moment"].eq("").all()
    assert moments_of(0.3, above_random=np.nan)["moment"].eq("").all()


def test_what_falls_below_an_even_share_in_more_than_one_resample_of_twenty_is_no_moment():
    assert moments_of(0.3, stability=0.949)["moment"].eq("").all()


def test_shares_and_associations_are_not_averaged():
    gaps, reach = journey(pay="shortfall", a="met", help="shortfall", b="met")
    importance = measured(gaps["touchpoint"], [0.1, 0.02, 0.8, 0.7], [0.08, 0.0, 0.5, 0.5])
    importance["importance_is"] = ["share of R²"] * 2 + ["association"] * 2
    assert find_moments(gaps, importance, reach)["moment"].tolist() == ["negative", "", "", ""]


def test_without_an_outcome_there_are_no_moments_and_the_map_stands():
    gaps, reach = journey(pay="shortfall", a="met")
    moments = find_moments(gaps, find_importance([]), reach)
    assert moments["moment"].tolist() == ["", ""] and moments["gap"].tolist() == [-1, -1]
    assert "switches it on" in describe_moments(moments, outcome="")
    assert describe_moments(moments, outcome="overall").startswith("What matters cannot be told: too few")


def test_a_touchpoint_nobody_rated_stays_on_the_map():
    gaps, reach = journey(pay="shortfall", a="met", b="met")
    moments = find_moments(gaps.iloc[:2], measured(["pay", "a"], [0.5, 0.1], [0.4, 0.05]), reach)
    assert moments["touchpoint"].tolist() == ["pay", "a", "b"] and moments["moment"].tolist() == ["negative", "", ""]


def test_a_table_that_is_no_gap_table_is_refused():
    gaps, reach = journey(pay="shortfall")
    with pytest.raises(StudyError, match="find_gaps.*lacks.*verdict"):
        find_moments(gaps.drop(columns="verdict"), measured(["pay"], [0.5], [0.4]), reach)


def test_moments_come_first_and_the_unmeasured_last():
    table = pd.DataFrame({"touchpoint": list("abcd"), "importance": [None, 0.6, 0.3, 0.4]})
    table["moment"] = ["", "", "negative", "in balance"]
    assert rank_moments(table)["touchpoint"].tolist() == ["d", "c", "b", "a"]


def test_the_sentence_names_every_moment_and_its_way():
    assert describe_moments(moments_of(0.3), outcome="overall") == (
        "Pay, Help, Setup and Search are moments of truth: they weigh more than others in how customers judge the "
        "whole journey (“overall”). Falling short: Pay. Better than expected: Help. As expected: Setup. "
        "Not sure which way: Search."
    )
    short = moments_of(0.3).query("moment in ['negative', '']")
    assert describe_moments(short, outcome="overall") == (
        "Pay is a moment of truth: it weighs more than others in how customers judge the whole journey (“overall”). "
        "It falls short of expectation."
    )
    assert describe_moments(moments_of(0.2), outcome="overall").startswith("No touchpoint surely matters more")


def test_an_association_is_not_called_a_share():
    data = survey()
    share = describe_importance(find_importance([whole_stage(data)]), outcome="overall")
    own = describe_importance(find_importance([stage_by_touchpoint(data, (200, 200, 200, 200))]), outcome="overall")
    assert share.startswith("Ratings tell apart this share") and "n\u00a0200" in share
    assert own.startswith("In 1 stage too few people rated every touchpoint") and "share of the" not in own
    assert describe_importance(find_importance([]), outcome="") == ""


def rated_study(make_study, people):
    """A study of people with pay, help and verdict (1 to 7) and a weight; a blank rating was not given."""
    people = people.assign(respondent=range(len(people)))
    ratings = people.melt("respondent", ["pay", "help"], "touchpoint", "experienced").dropna()
    settings = "scales: {experienced: [1, 7], verdict: [1, 7]}\noutcome: verdict"
    return open_study(make_study(ratings=ratings, respondents=people.drop(columns=["pay", "help"]), settings=settings))


@pytest.fixture
def rated():
    draws = np.random.default_rng(5).integers(1, 8, (60, 3))
    people = pd.DataFrame(draws, columns=["pay", "help", "verdict"]).astype("float64")
    return people.assign(
        verdict=((2 * people["pay"] + people["verdict"]) / 3).round(), weight=1 + 2 * (draws[:, 1] > 4)
    )


def test_importance_with_a_weight_of_three_is_that_of_three_people(make_study, rated):
    study = rated_study(make_study, rated)
    found = find_importance(summarise_drivers(study), draws=2).set_index("touchpoint")["importance"]
    each = rated.loc[rated.index.repeat(rated["weight"]), ["pay", "help", "verdict"]].to_numpy()
    assert found[["pay", "help"]].tolist() == pytest.approx(gain_over_all_orders(each).tolist())


def test_where_few_rated_all_each_association_stands_on_those_who_rated_the_touchpoint(make_study, rated):
    people = rated.assign(weight=1, help=rated["help"].where(rated.index < 25))
    found = find_importance(summarise_drivers(rated_study(make_study, people)), draws=2).set_index("touchpoint")
    assert found["importance_is"].unique().tolist() == ["association"]
    assert found["n_importance"].to_dict() == {"pay": 60, "help": 25}
    alone = {name: people[name].corr(people["verdict"]) ** 2 for name in ("pay", "help")}
    assert found["importance"].to_dict() == pytest.approx(alone)
