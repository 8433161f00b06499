"""Step 5 on touchpoints one can rank in one's head."""

from unittest.mock import patch

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import charts, controls
from cxlib.charts.priorities import plot_matrix
from cxlib.priorities.matrix import (
    CROSSHAIRS,
    QUADRANTS,
    describe_matrix,
    draw_quadrants,
    find_likeliest,
    place_in_matrix,
    quadrant,
)
from cxlib.priorities.ranking import (
    SURE,
    check_feasibility,
    describe_first,
    describe_priorities,
    draw_importance,
    draw_scores,
    first_places,
    rank_gaps,
)
from cxlib.tables import StudyError
from tests.proof.drawn_studies import make_study
from tests.proof.priorities import in_bins, state_studies


def tables(se=0.1, importance=0.2, reach=0.5, **gaps):
    """Moments of touchpoints with these gaps, of 100 people all told."""
    names = list(gaps)
    moments = pd.DataFrame({"touchpoint": names, "label": [name.capitalize() for name in names], "stage": "use"})
    moments = moments.assign(n=50, gap=list(gaps.values()), se=se, reach=reach, respondents=np.multiply(reach, 100))
    margin = 1.959964 * moments["se"]
    moments = moments.assign(low=moments["gap"] - margin, high=moments["gap"] + margin, importance=importance)
    return moments.assign(importance_high=moments["importance"] + 0.02)


def guesses(**guess):
    """Feasibility with a low, a likeliest and a high guess, or just the likeliest."""
    rows = [(name, *(three if isinstance(three, tuple) else (np.nan, three, np.nan))) for name, three in guess.items()]
    return pd.DataFrame(rows, columns=["touchpoint", "feasibility_low", "feasibility", "feasibility_high"])


def ranked(given, feasibility=None, **options):
    return rank_gaps(given, guesses() if feasibility is None else feasibility, **options)


CLEAR = dict(pay=-2.0, help=-1.0, setup=-0.5, search=-0.2, trial=0.5)


def test_the_seed_decides_the_draws():
    pd.testing.assert_frame_equal(ranked(tables(**CLEAR)), ranked(tables(**CLEAR)))


def test_a_clear_loser_comes_first_and_surely():
    found = ranked(tables(**CLEAR))
    assert found["touchpoint"].tolist()[:2] == ["pay", "help"] and found.loc[0, "p_top"] == 1
    assert found.set_index("touchpoint")["could_be_top"].to_dict() == dict.fromkeys(CLEAR, "no") | {"pay": "yes"}
    assert describe_priorities(found).startswith("Pay comes first, with a chance of 95\u00a0% or more. With ")


def test_touchpoints_that_tie_share_the_first_place():
    found = ranked(tables(**CLEAR), impact_weight=0.0, top=1).set_index("touchpoint")["p_top"]
    three = found[["pay", "help", "setup"]]  # surely short; search falls short in most of the draws
    assert 0.2 < three.min() and three.max() - three.min() < 0.04 and found["trial"] == 0


@pytest.mark.parametrize("wrong", [{"impact_weight": -1}, {"feasibility_weight": -0.5}, {"top": 0}])
def test_a_negative_weight_is_refused_with_a_sentence(wrong):
    with pytest.raises(StudyError, match="impact_weight and feasibility_weight 0 or more") as error:
        ranked(tables(**CLEAR), **wrong)
    assert error.value.code == 2


def draw_shares(importance, margin):
    table = pd.DataFrame({"importance": importance}).assign(importance_high=lambda t: t["importance"] + margin)
    return draw_importance(table, 4000, np.random.default_rng(1), 0.95)


def test_an_importance_measured_badly_is_drawn_towards_the_others():
    found = draw_shares([0.02, 0.03, 0.02, 0.03, 0.3], [0.01, 0.01, 0.01, 0.01, 0.3])
    assert 0.025 < np.median(found[:, 4]) < 0.25 and (found >= 0).all()
    assert found[:, :4].mean(axis=0) == pytest.approx([0.02, 0.03, 0.02, 0.03], abs=0.004)


def test_an_importance_measured_well_stays():
    assert draw_shares([0.02, 0.1, 0.3], 0.001).mean(axis=0) == pytest.approx([0.02, 0.1, 0.3], abs=0.001)


def test_an_importance_not_measured_is_drawn_from_among_the_others():
    found = draw_shares([0.09, 0.16, 0.25, np.nan], 0.01)
    assert found[:, 3].std() > 0.05 and 0.1 < np.median(found[:, 3]) < 0.22


def test_stated_probabilities_hold_in_a_slice_of_the_proof():
    places, corners, firsts = state_studies("plain", 60, seed=5, draws=200)
    for cells in (places, corners):
        bins = in_bins(cells)
        assert (bins["off"].abs() < 0.05 + 3 * np.maximum(bins["error"], 0.5 / bins["cases"] ** 0.5)).all()
    error = (0.93 * 0.07 / firsts["short"].sum()) ** 0.5
    assert firsts.loc[firsts["short"], "held"].mean() > 0.93 - 3 * error
    assert corners["stated"].min() >= 0.25 and 0 < corners["beside"].mean() < 0.3


def test_the_proof_measures_what_the_ranking_and_the_matrix_say():
    moments, matrix = make_study("plain", "scale", np.random.default_rng(3))
    names = [f"t{place}" for place in range(len(moments["gap"]))]
    table = pd.DataFrame(moments).assign(touchpoint=names, label=names, stage="use", n=50, low=np.nan)
    guess = ["feasibility_low", "feasibility", "feasibility_high"]
    found = rank_gaps(table.drop(columns=guess), table[["touchpoint", *guess]], seed=2).set_index("touchpoint")
    score = draw_scores(moments, 1, 1, 0.95, 4000, np.random.default_rng(2))[1]
    assert found.loc[names, "score"].to_numpy() == pytest.approx(score.mean(axis=0))
    known = table[table["importance"].notna()]
    ratings = pd.DataFrame({"touchpoint": known["touchpoint"], "n_experienced": 50, "n_effective_experienced": 50})
    se = (matrix["performance_high"] - matrix["performance"]) / stats.t.ppf(0.975, 49)
    ratings = ratings.assign(mean_experienced=matrix["performance"], se_experienced=se)
    placed = place_in_matrix(ratings, known, crosshair="scale", scale=(1, 9), seed=2)
    likeliest, chance = find_likeliest(draw_quadrants(matrix, 4000, np.random.default_rng(2), 0.95))
    assert placed["quadrant"].tolist() == [QUADRANTS[place] for place in likeliest]
    assert placed["p_quadrant"].to_numpy() == pytest.approx(chance)


def test_unequal_weights_make_a_place_and_a_quadrant_less_sure():
    moments = tables(pay=-1.0, help=-0.7, setup=0.5, search=0.4, trial=0.3, se=0.1)
    few = moments.assign(high=moments["gap"] + stats.t.ppf(0.975, 3) * 0.1)  # the interval of an effective n of 4
    sure, unsure = (ranked(table, top=1).set_index("touchpoint")["p_top"] for table in (moments, few))
    assert sure["pay"] > unsure["pay"] + 0.03 and unsure["help"] > sure["help"] + 0.03
    placed = [quadrants([0.4, 0.1, 0.3, 0.1], [4.2, 4.8, 6, 3], 0.2, effective) for effective in (50, 4)]
    assert placed[0].loc[0, "p_quadrant"] > placed[1].loc[0, "p_quadrant"] + 0.03


def test_a_quadrant_is_the_one_the_draws_favour():
    drawn = np.array([[0, 1], [0, 2], [3, 2], [0, 2]])
    place, chance = find_likeliest(drawn)
    assert (place.tolist(), chance.tolist()) == ([0, 2], [0.75, 0.75])


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
    assert describe_priorities(found).startswith("One of these comes first: ")


def test_the_first_page_names_only_what_surely_falls_short():
    found = ranked(tables(pay=-1.0, help=-1.02, setup=0.5, search=0.4, trial=0.3))
    gaps = pd.DataFrame({"touchpoint": found["touchpoint"], "verdict": "shortfall"})
    help_alone = gaps.assign(verdict=gaps["verdict"].where(gaps["touchpoint"] == "help", "met"))
    assert describe_first(found, gaps, weighted=" Weighted.") == describe_priorities(found) + " Weighted."
    assert describe_first(found, help_alone) == (
        "Of what could come first, these surely fall short: Help. Of 1 other the shortfall is not sure."
    )
    assert describe_first(found, gaps.assign(verdict="met"), weighted=" Weighted.") == ""
    sure = found.assign(could_be_top=["yes", *["no"] * 4], p_top=[0.97, 0.9, 0.1, 0.1, 0.1])
    first = gaps.assign(verdict=gaps["verdict"].where(gaps["touchpoint"] == sure["touchpoint"].iloc[0], "met"))
    assert sure["label"].iloc[1] in describe_priorities(sure, top=1)
    assert sure["label"].iloc[1] not in describe_first(sure, first, top=1)


@pytest.mark.parametrize("words", [1, 3, 7, 9])
def test_long_names_do_not_make_long_sentences(words):
    names = [" ".join(["wait", *["long"] * (words - 2), str(place)][:words]) for place in range(7)]
    found = ranked(tables(pay=-1, help=-1, a=-1, b=-1, c=-1, d=-1, e=-1)).assign(label=names, could_be_top="yes")
    p_top = [0.9, 0.9, 0.2, 0.2, 0.2, 0.2, 0.2]
    all_of_them = describe_priorities(found.assign(p_top=p_top))
    assert all_of_them == "What to mend first cannot be told: 7 of 7 touchpoints could come first."
    found = pd.concat([found, found.assign(could_be_top="no")], ignore_index=True)
    p_top = p_top + [0.0] * 7
    for count in (1, 2, 3, 7):
        said = describe_priorities(found.assign(could_be_top=["yes"] * count + ["no"] * (14 - count), p_top=p_top))
        assert len(said.split()) <= 36
    assert words == 9 or "more may come first as well" in said
    matrix = quadrants([0.4] * 3 + [0.1], [3.0, 3, 3, 6]).assign(label=names[:4], p_quadrant=[0.99, 0.99, 0.99, 0.5])
    assert len(describe_matrix(matrix).split()) <= 30


def test_a_lone_touchpoint_that_exceeds_expectation_is_nothing_to_mend():
    found = ranked(tables(pay=1.5))
    assert describe_priorities(found) == "Nothing falls short, so there is nothing to mend first."
    assert found[["p_top", "could_be_top"]].values.tolist() == [[0, "no"]]


def test_the_level_of_the_intervals_does_not_move_the_ranking():
    moments = tables(pay=-1.0, help=-1.2, setup=-0.9, search=-0.8, trial=-0.7)
    same = [
        ranked(moments.assign(high=moments["gap"] + z * 0.1, importance_high=0.2 + z * 0.05), confidence=confidence)
        for confidence, z in ((0.95, 1.959964), (0.8, 1.281552))
    ]
    assert same[1]["p_top"].to_numpy() == pytest.approx(same[0]["p_top"].to_numpy(), abs=0.002)


def test_the_sliders_rank_with_the_level_of_the_report():
    moments = tables(pay=-1.0, help=-1.2).assign(importance_high=[0.3, 0.5])
    with patch.object(controls, "rank_gaps", wraps=rank_gaps) as ranks:
        controls.explore_priorities(moments, guesses(), confidence=0.8)
    assert ranks.call_args.kwargs["confidence"] == 0.8


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


def quadrants(importance, performance, se=0.05, effective=50, **options):
    names = list("abcdefgh")[: len(importance)]
    moments = pd.DataFrame({"stage": "use", "touchpoint": names, "label": names, "importance": importance})
    ratings = pd.DataFrame({"touchpoint": names, "n_experienced": 50, "mean_experienced": performance})
    spread, ratings = moments["importance"] + 0.02, ratings.assign(se_experienced=se, n_effective_experienced=effective)
    return place_in_matrix(ratings, moments.assign(importance_high=spread), **options)


CORNERS = [0.4, 0.4, 0.1, 0.1], [3.0, 6.0, 3.0, 6.0]
TWICE = [figures * 2 for figures in CORNERS]


def test_each_corner_of_the_matrix_has_its_name():
    found = quadrants(*CORNERS)
    assert found["quadrant"].tolist() == ["concentrate here", "keep it up", "low priority", "more than it takes"]
    assert (found["p_quadrant"] > 0.99).all()
    said = describe_matrix(found)
    assert said == "Important and below the mean experience: a (at least 100\u00a0% sure, n\u00a050)."


def test_the_middle_of_the_scale_judges_by_a_standard():
    found = quadrants(*TWICE, crosshair="scale", scale=(1, 13))
    assert set(found["performance_line"]) == {7} and set(found["quadrant"]) == {"concentrate here", "low priority"}
    assert set(found["crosshair"]) == {"middle of the scale"} and found["importance_line"].iloc[0] == 0.25
    said = describe_matrix(quadrants(*TWICE, crosshair="scale", scale=(1, 3)), crosshair="scale")
    assert said == "No touchpoint surely matters more than the mean and is rated below the middle of the scale."


def test_each_touchpoint_is_held_against_its_own_benchmark():
    benchmarks = pd.DataFrame(
        {"touchpoint": ["a", "b", "c", "c"], "value": [2.0, 6.5, 2.5, 4.5], "se": [0.1, np.nan, 3, 4]}
    )
    others = pd.DataFrame({"touchpoint": list("defg"), "value": 4.0})
    benchmarks = pd.concat([benchmarks, others])
    found = quadrants(*TWICE, crosshair="benchmark", benchmarks=benchmarks).set_index("touchpoint")
    assert found["performance_line"].to_dict() == {"a": 2, "b": 6.5, "c": 3.5} | dict.fromkeys("defg", 4)
    assert found["quadrant"].tolist()[:3] == ["keep it up", "concentrate here", "low priority"]
    assert found.loc["b", "p_quadrant"] > 0.99 and found.loc["c", "p_quadrant"] < 0.7  # √(3² + 4²)/2 = 2.5 points
    assert "below the benchmark: b" in describe_matrix(found, crosshair="benchmark")


def test_few_touchpoints_have_no_sure_quadrant_against_a_given_line():
    few = quadrants(*CORNERS, crosshair="scale", scale=(1, 8))
    assert few["p_quadrant"].isna().all() and few["quadrant"].iloc[0] == "concentrate here"
    assert describe_matrix(few, crosshair="scale").endswith("For 4 of 4 the quadrant is doubtful.")
    assert quadrants(*TWICE, crosshair="scale", scale=(1, 8))["p_quadrant"].min() > 0.99


@pytest.mark.parametrize(
    "crosshair, hint",
    [("scale", "in study.yaml declares"), ("benchmark", "benchmarks.csv, with the columns touchpoint")],
)
def test_a_crosshair_without_its_data_says_what_to_add(crosshair, hint):
    found = quadrants(*CORNERS, crosshair=crosshair)
    assert found.empty and hint in describe_matrix(found, crosshair=crosshair)


def test_a_crosshair_there_is_none_of_is_refused_with_the_list():
    with pytest.raises(StudyError, match="one of means, scale, benchmark; it is 'median'") as error:
        quadrants(*CORNERS, crosshair="median")
    assert error.value.code == 2 and list(CROSSHAIRS) == ["means", "scale", "benchmark"]


def test_on_a_line_counts_as_mattering_and_as_good():
    assert QUADRANTS[quadrant(0.2, 0.2, 4, 4)] == "keep it up"


def test_a_point_on_the_crosshair_is_doubtful():
    found = quadrants([0.4, 0.1, 0.25], [3.0, 6.0, 4.5])
    assert found["p_quadrant"].iloc[2] < 0.7
    assert "For 1 of 3 the quadrant is doubtful" in describe_matrix(found)


def test_without_importance_there_is_no_matrix():
    assert describe_matrix(quadrants([np.nan, np.nan], [3.0, 6.0])).startswith("There is no importance")


def test_the_chart_and_the_sentence_are_sure_from_the_same_probability():
    assert charts.priorities.SURE == SURE


def test_the_chart_draws_the_crosshair_of_the_table():
    benchmarks = pd.DataFrame({"touchpoint": list("abcd"), "value": [2.0, 6.5, 2.5, 4.5]})
    for options in (dict(crosshair="scale", scale=(1, 7)), dict(crosshair="benchmark", benchmarks=benchmarks)):
        found = quadrants(*CORNERS, **options)
        ax = plot_matrix(found, title="x", outcome="overall")
        middle = 4 if options["crosshair"] == "scale" else 0
        assert ax.lines[0].get_xdata()[0] == middle and ax.lines[1].get_ydata()[0] == 0.25
        away = found["performance"] - (0 if middle else found["performance_line"])
        assert ax.collections[0].get_offsets()[:, 0].tolist() == pytest.approx(away.tolist())
        assert f"crosshair: the {found['crosshair'].iloc[0]}" in ax.figure.get_supxlabel().replace("\n", " ")
        plt.close(ax.figure)
