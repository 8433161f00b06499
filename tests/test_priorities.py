"""Step 5 on touchpoints one can rank in one's head."""

import numpy as np
import pandas as pd
import pytest

from cxlib.priorities.matrix import describe_matrix, place_in_matrix
from cxlib.priorities.ranking import check_feasibility, describe_priorities, draw_gaps, first_places, rank_gaps
from cxlib.tables import StudyError


def drawn(gap, se, *, draws=4000, seed=1):
    rng = np.random.default_rng(seed)
    return draw_gaps(np.array(gap, dtype=float), np.array(se, dtype=float), draws=draws, rng=rng)


def tables(se=0.1, importance=0.2, reach=0.5, **gaps):
    """Moments of touchpoints with these gaps, of 100 people all told."""
    names = list(gaps)
    moments = pd.DataFrame({"touchpoint": names, "label": [name.capitalize() for name in names], "stage": "use"})
    moments = moments.assign(n=50, gap=list(gaps.values()), se=se, reach=reach, respondents=np.multiply(reach, 100))
    moments = moments.assign(low=moments["gap"] - 0.2, high=moments["gap"] + 0.2, importance=importance)
    return moments.assign(importance_high=moments["importance"] + 0.02)


def guesses(**guess):
    """Feasibility with a low, a likeliest and a high guess, or just the likeliest."""
    rows = [(name, *(three if isinstance(three, tuple) else (np.nan, three, np.nan))) for name, three in guess.items()]
    return pd.DataFrame(rows, columns=["touchpoint", "feasibility_low", "feasibility", "feasibility_high"])


def ranked(given, feasibility=None, **options):
    return rank_gaps(given, guesses() if feasibility is None else feasibility, **options)


CLEAR = dict(pay=-2.0, help=-1.0, setup=-0.5, search=-0.2, trial=0.5)


def test_many_groups_shrink_as_the_closed_form_says():
    gap = np.random.default_rng(3).normal(-0.5, 1, 200)
    se = np.full(200, 0.5)
    keep = 1 - 0.25 / gap.var(ddof=1)
    closed = gap.mean() + keep * (gap - gap.mean())
    found = drawn(gap, se)
    assert found.shape == (4000, 200)
    assert found.mean(axis=0) == pytest.approx(closed, abs=0.06)
    assert found.std(axis=0).mean() == pytest.approx(0.5 * np.sqrt(keep), abs=0.02)


def test_the_noisier_of_two_like_gaps_is_drawn_closer_to_the_others():
    gap = [-2, -2, -0.4, -0.2, 0, 0.2, 0.4, 0.6]
    sure, noisy = drawn(gap, [0.1, 0.8, *[0.1] * 6]).mean(axis=0)[:2]
    assert sure == pytest.approx(-2, abs=0.05) and -1.9 < noisy < -0.2


def test_gaps_that_differ_by_noise_alone_are_drawn_together():
    gap = np.random.default_rng(4).normal(-1, 0.5, 40)
    assert drawn(gap, [0.5] * 40).mean(axis=0).std() < 0.5 * gap.std()


@pytest.mark.parametrize("gap", [[-1.0], [-1.0, 0.5], [-1.0, -1.0, -1.0]])
def test_few_or_equal_gaps_are_drawn_all_the_same(gap):
    found = drawn(gap, [0.2] * len(gap))
    assert np.isfinite(found).all() and found[:, 0].mean() == pytest.approx(-1, abs=0.15)


def test_the_seed_decides_the_draws():
    assert (drawn([-1, 0, 1], [0.2] * 3) == drawn([-1, 0, 1], [0.2] * 3)).all()
    assert (drawn([-1, 0, 1], [0.2] * 3) != drawn([-1, 0, 1], [0.2] * 3, seed=2)).any()
    pd.testing.assert_frame_equal(ranked(tables(**CLEAR)), ranked(tables(**CLEAR)))


def test_a_clear_loser_comes_first_and_surely():
    found = ranked(tables(**CLEAR))
    assert found["touchpoint"].tolist()[:2] == ["pay", "help"] and found.loc[0, "p_top"] == 1
    assert found.set_index("touchpoint")["could_be_top"].to_dict() == dict.fromkeys(CLEAR, "no") | {"pay": "yes"}
    assert describe_priorities(found).startswith("Pay comes first; among the first 3 with 80\u00a0% or more: Pay")


def test_what_cannot_be_done_never_comes_first():
    found = ranked(tables(**CLEAR), guesses(pay=0.0)).set_index("touchpoint")
    assert found.index[0] == "help" and found.loc["pay", ["p_top", "score"]].tolist() == [0, 0]
    assert found.loc["pay", "could_be_top"] == "no" and found.loc["pay", "impact"] > 0


def test_feasibility_without_weight_changes_nothing():
    found = ranked(tables(**CLEAR), guesses(pay=0.1), feasibility_weight=0.0)
    assert found.loc[0, "touchpoint"] == "pay"


def test_importance_and_reach_count_as_much_as_the_gap():
    matters = tables(**CLEAR, importance=[0.05, 0.8, 0.05, 0.05, 0.05])
    met_often = tables(**CLEAR, reach=[0.02, 0.9, 0.1, 0.1, 0.1])
    assert ranked(matters).loc[0, "touchpoint"] == ranked(met_often).loc[0, "touchpoint"] == "help"


def test_row_order_does_not_matter():
    moments = tables(**CLEAR)
    known, turned = ranked(moments), ranked(moments[::-1].reset_index(drop=True))
    assert turned["touchpoint"].tolist() == known["touchpoint"].tolist()
    assert turned["p_top"].to_numpy() == pytest.approx(known["p_top"].to_numpy(), abs=0.04)


@pytest.mark.parametrize("importance", [np.nan, [0.2, np.nan, 0.2, 0.2, 0.2]])
def test_importance_nobody_measured_does_not_stop_the_ranking(importance):
    found = ranked(tables(**CLEAR, importance=importance))
    assert found["touchpoint"].tolist()[:2] == ["pay", "help"] and found["score"].notna().all()


def test_touchpoints_that_are_close_could_each_be_first():
    found = ranked(tables(pay=-1.0, help=-1.02, setup=0.5, search=0.4, trial=0.3))
    assert set(found.loc[found["could_be_top"] == "yes", "touchpoint"]) == {"pay", "help"}
    assert describe_priorities(found).startswith("What comes first is one of these: ")


def test_a_lone_touchpoint_that_exceeds_expectation_is_nothing_to_mend():
    found = ranked(tables(pay=1.5))
    assert describe_priorities(found) == "Nothing falls short, so there is nothing to mend first."
    assert found[["p_top", "could_be_top"]].values.tolist() == [[0, "no"]]


def test_the_level_of_the_intervals_does_not_move_the_ranking():
    moments = tables(pay=-1.0, help=-1.2, setup=-0.9, search=-0.8, trial=-0.7)
    same = [
        ranked(moments.assign(importance_high=0.2 + z * 0.05), confidence=confidence)
        for confidence, z in ((0.95, 1.959964), (0.8, 1.281552))
    ]
    assert same[1]["p_top"].to_numpy() == pytest.approx(same[0]["p_top"].to_numpy(), abs=0.002)


def test_a_gap_without_a_standard_error_has_no_rank():
    se = [np.nan, 0.1, 0.1, 0.1, 0.1]
    assert "pay" not in set(ranked(tables(**CLEAR, se=se))["touchpoint"])


def test_the_moments_are_left_as_they_were():
    moments = tables(**CLEAR)
    before = moments.copy()
    ranked(moments)
    pd.testing.assert_frame_equal(moments, before)


def test_too_few_answers_leave_nothing_to_rank():
    found = ranked(tables(pay=-2.0, help=-1.0, se=np.nan))
    assert found.empty and describe_priorities(found).startswith("What to mend first cannot be told")


def test_likeliest_ones_hold_the_first_place_together():
    assert first_places(np.array([0.5, 0.04, 0.46, 0.0])) == ["yes", "no", "yes", "no"]
    assert first_places(np.array([0.0, 0.0])) == ["no", "no"]


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [(1.2, "0 to 1"), (-0.1, "0 to 1"), ((0.6, 0.5, 0.9), "rise from low"), ((0.1, 0.5, 0.4), "rise from low")],
)
def test_impossible_feasibility_is_refused_by_name(wrong, rule):
    with pytest.raises(StudyError, match=f"feasibility of pay.*{rule}"):
        check_feasibility(guesses(help=0.5, pay=wrong))


def test_two_raters_are_averaged():
    found = check_feasibility(pd.concat([guesses(pay=(0.2, 0.4, 0.6)), guesses(pay=0.8)]))
    assert found.iloc[0].to_dict() == pytest.approx(
        {"touchpoint": "pay", "feasibility_low": 0.5, "feasibility": 0.6, "feasibility_high": 0.7}
    )


def test_a_guess_left_blank_or_never_made_counts_as_feasible():
    blank, never = ranked(tables(**CLEAR), guesses(pay=np.nan)), ranked(tables(**CLEAR))
    pd.testing.assert_frame_equal(blank, never)


def test_low_and_high_guesses_spread_the_score_as_pert_does():
    found = ranked(tables(pay=-2.0, help=-1.0, se=0.01), guesses(pay=(0.2, 0.3, 0.8))).set_index("touchpoint")
    assert found.loc["pay", "score"] / found.loc["pay", "impact"] == pytest.approx((0.2 + 4 * 0.3 + 0.8) / 6, rel=0.02)


def quadrants(importance, performance, se=0.05):
    names = list("abcd")[: len(importance)]
    moments = pd.DataFrame({"stage": "use", "touchpoint": names, "label": names, "importance": importance})
    ratings = pd.DataFrame({"touchpoint": names, "n_experienced": 50, "mean_experienced": performance})
    spread = moments["importance"] + 0.02
    return place_in_matrix(ratings.assign(se_experienced=se), moments.assign(importance_high=spread))


def test_each_corner_of_the_matrix_has_its_name():
    found = quadrants([0.4, 0.4, 0.1, 0.1], [3.0, 6.0, 3.0, 6.0])
    assert found["quadrant"].tolist() == ["concentrate here", "keep it up", "low priority", "more than it takes"]
    assert (found["p_quadrant"] > 0.99).all()
    assert describe_matrix(found) == "Surely more important and rated lower than the average: a."


def test_a_point_on_the_crosshair_is_doubtful():
    found = quadrants([0.4, 0.1, 0.25], [3.0, 6.0, 4.5])
    assert found["p_quadrant"].iloc[2] < 0.5 and "For 1 of 3 touchpoints the quadrant is doubtful" in describe_matrix(
        found
    )


def test_without_importance_there_is_no_matrix():
    assert describe_matrix(quadrants([np.nan, np.nan], [3.0, 6.0])).startswith("There is no importance")
