"""Step 4 on summaries small enough to check by eye."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study
from cxlib.gaps import describe_gaps, describe_ties, describe_verdicts, find_gaps, group_names, list_gaps
from cxlib.summaries.ratings import summarise_ratings
from cxlib.tables import StudyError


def summary(n=50, se=0.1, **gaps):
    return pd.DataFrame(
        {
            "touchpoint": list(gaps),
            "n": n,
            "n_effective": n,
            "n_expected": n,
            "n_experienced": n,
            "mean_expected": 5.0,
            "mean_experienced": [5 + gap for gap in gaps.values()],
            "paired_expected": 5.0,
            "paired_experienced": [5 + gap for gap in gaps.values()],
            "mean_gap": list(gaps.values()),
            "se_gap": se,
            "modal": 0.3 * n,
            "skewness": 0.0,
            "below": 0.5,
            "width": 1.0,
            "paired": "yes" if n else "no pairs",
            "label": [name.capitalize() for name in gaps],
            "stage": "purchase",
        }
    )


def verdicts(**options):
    gaps = find_gaps(summary(**options), met_within=0.24)
    return dict(zip(gaps["touchpoint"], gaps["verdict"]))


def test_widest_shortfall_comes_first():
    assert find_gaps(summary(search=0.5, checkout=-1.5), met_within=0.24)["touchpoint"].tolist() == [
        "checkout",
        "search",
    ]


def test_what_cannot_be_told_does_not_lead_the_list():
    table = summary(search=-0.5, checkout=-1.5, help=-3.0).assign(se_gap=[0.1, 0.1, 2.0])
    assert find_gaps(table, met_within=0.24)["touchpoint"].tolist() == ["checkout", "search", "help"]


def test_the_columns_are_those_of_the_contract():
    assert list(find_gaps(summary(search=0.5), met_within=0.24)) == [
        *("stage", "touchpoint", "label", "n", "n_effective", "n_expected", "n_experienced", "expected", "experienced"),
        *("gap", "low", "high", "se", "below", "below_low", "below_high", "p", "q", "verdict", "n_needed", "paired"),
    ]


def test_a_gap_that_does_not_matter_is_met_even_when_it_is_sure():
    assert verdicts(search=-0.1, checkout=-1.0, se=0.03) == {"search": "met", "checkout": "shortfall"}


def test_a_sure_gap_has_a_direction():
    assert verdicts(search=1.0, checkout=-1.0) == {"search": "exceeded", "checkout": "shortfall"}


def test_a_wide_interval_is_not_enough_data():
    assert verdicts(search=-0.3, se=0.4) == {"search": "not enough data"}


def test_a_shortfall_among_many_needs_to_be_surer():
    many = {f"t{place}": 0.0 for place in range(40)}
    assert verdicts(search=-0.5, se=0.24)["search"] == "shortfall"
    assert verdicts(search=-0.5, **many, se=0.24)["search"] == "not enough data"


def test_no_pairs_is_said_and_claims_nothing():
    nobody = summary(search=float("nan"), n=0, se=float("nan"))
    gaps = find_gaps(nobody, met_within=0.24)
    assert gaps.loc[0, "paired"] == "no pairs" and gaps.loc[0, "verdict"] == "not enough data"
    assert gaps[["low", "high", "p", "q", "n_needed"]].isna().all(axis=None)
    assert describe_gaps(gaps).endswith("of the ratings switch it on.")


def guarded(**figures):
    return find_gaps(summary(search=-0.5).assign(**{"width": 4} | figures), met_within=0.24).iloc[0]


@pytest.mark.parametrize(
    "figures", [{"modal": 40}, {"skewness": -2.0}, {"width": 6}], ids=["alike", "skewed", "narrow"]
)
def test_rare_failures_widen_the_interval_and_the_error_that_ranks_go_by(figures):
    plain, wide = guarded(), guarded(**figures)
    assert wide["gap"] == plain["gap"] and wide["se"] > plain["se"] == 0.1
    assert wide["low"] < plain["low"] and wide["q"] > plain["q"]


def test_few_off_the_mode_have_no_interval_and_the_share_below_is_told():
    untold, told = guarded(modal=46, below=0.08), guarded(modal=45, below=0.1)
    assert untold[["low", "high", "p", "q", "se"]].isna().all() and untold["verdict"] == "not enough data"
    exact = stats.binomtest(4, 50).proportion_ci()
    assert (untold["below_low"], untold["below_high"]) == pytest.approx((exact.low, exact.high))
    assert told[["low", "high", "q"]].notna().all()


def test_the_share_below_stands_on_the_effective_n():
    wilson = stats.binomtest(10, 40).proportion_ci(method="wilson")
    found = guarded(n_effective=40, below=0.25)
    assert (found["below_low"], found["below_high"]) == pytest.approx((wilson.low, wilson.high))


def test_the_summary_is_left_as_it_was():
    given = summary(search=0.5, checkout=-1.5)
    before = given.copy()
    find_gaps(given, met_within=0.24)
    pd.testing.assert_frame_equal(given, before)


def test_a_raw_table_is_refused_with_what_it_lacks():
    with pytest.raises(StudyError, match="summarise_ratings.*lacks"):
        find_gaps(pd.DataFrame({"touchpoint": ["search"], "expected": [5]}), met_within=0.24)


def test_headline_names_the_widest_shortfall_with_n_and_interval():
    sentence = describe_gaps(find_gaps(summary(search=-0.5, checkout=-1.5), met_within=0.24))
    assert sentence.replace("\u00a0", " ") == (
        "Checkout falls furthest short of what customers expected: by 1.5 points (most likely 1.3 to 1.7; 50 people)."
    )


def test_headline_when_nothing_falls_short():
    assert (
        describe_gaps(find_gaps(summary(search=0.5), met_within=0.24)) == "Nothing falls clearly short of expectation."
    )


def test_expectation_is_named_once_whatever_comes_first():
    gaps = find_gaps(summary(search=0.5), met_within=0.24)
    assert describe_verdicts(gaps) == "Of 1 touchpoint, 1 exceeds expectation."


def test_headline_when_nothing_can_be_told():
    gaps = find_gaps(summary(search=-0.5, se=1.0), met_within=0.24)
    assert describe_gaps(gaps) == "The answers are too few to name a shortfall."
    assert describe_verdicts(gaps) == "Of 1 touchpoint, for 1 there are not enough answers to tell."


def test_headline_says_what_was_compared_and_leaves_unknown_groups_out():
    table = summary(a=-3.0, b=-1.5).drop(columns=["touchpoint", "label"])
    gaps = find_gaps(table.assign(stage=["adoption", "purchase"], persona=[None, "Senior"]), met_within=0.24)
    assert describe_gaps(gaps, among="Of all personas and stages").startswith(
        "Of all personas and stages, Senior in purchase falls furthest short of what customers expected: by 1.5 "
    )


def test_the_headline_names_the_scale_and_another_confidence_and_no_superlative_over_one():
    gaps = find_gaps(summary(checkout=-1.5), met_within=0.24)
    assert describe_gaps(gaps, confidence=0.9, scale=(-3, 3)).replace("\u00a0", " ") == (
        "Checkout falls short of what customers expected: by 1.5 points on the scale of −3 to 3 "
        "(1.3 to 1.7 with 90 % confidence; 50 people)."
    )


def test_one_person_with_the_weight_of_all_gives_no_certainty():
    heavy = find_gaps(summary(checkout=-3.0, se=0.01).assign(n_effective=1.01), met_within=0.24)
    assert heavy.loc[0, "verdict"] == "not enough data" and heavy.loc[0, "high"] > 7


def test_ties_are_named_only_where_intervals_overlap():
    close = find_gaps(summary(search=-1.4, checkout=-1.5), met_within=0.24)
    apart = find_gaps(summary(search=-0.5, checkout=-1.5), met_within=0.24)
    alone = find_gaps(summary(search=0.5, checkout=-1.5), met_within=0.24)
    assert describe_ties(close) == "Search may be just as bad."
    assert describe_ties(apart) == "The other shortfall is smaller: its likely range does not reach as far."
    assert describe_ties(alone) == ""


def test_verdicts_are_counted_in_good_english():
    gaps = find_gaps(summary(search=-1.4, checkout=-1.5, setup=1.0), met_within=0.24)
    assert describe_verdicts(gaps).startswith("Of 3 touchpoints, 2 fall short of expectation, 1 exceeds it.")


@pytest.mark.parametrize("gaps", [{"search": -1.4, "checkout": -1.5}, {"search": 0.4}, {"search": 0.0}])
def test_sentences_stay_under_thirty_words(gaps):
    table = find_gaps(summary(**gaps), met_within=0.24)
    assert all(
        len(sentence.split()) <= 30
        for sentence in (describe_gaps(table), describe_ties(table), describe_verdicts(table))
    )


def test_groups_are_called_what_people_call_them():
    table = pd.DataFrame({"stage": ["adoption", None], "persona": ["Senior", None], "n": [3, 4]})
    assert group_names(table).tolist() == ["Senior in adoption", "not stated in not on the map"]
    assert group_names(table[["persona", "n"]]).tolist() == ["Senior", "not stated"]
    assert group_names(table[["persona", "n"]].iloc[:0]).tolist() == []


def test_every_gap_is_listed_for_those_who_cannot_see_the_chart():
    assert list_gaps(find_gaps(summary(search=-0.5), met_within=0.24)) == "Search −0.5 (−0.7 to −0.3, n 50)"


def test_figures_of_weighted_and_repeated_answers_are_those_by_hand(make_study):
    given = [("ann", 6, 4), ("ann", 6, 5), ("bob", 6, 6), ("eve", 7, 4), ("dan", 5, None), ("joe", None, 2)]
    ratings = pd.DataFrame(given, columns=["respondent", "expected", "experienced"], dtype="object")
    people = pd.DataFrame({"respondent": ["ann", "bob", "eve", "dan", "joe"], "weight": [2, 1, 3, 1, 1]})
    study = make_study(ratings=ratings.assign(touchpoint="pay", channel=list("abaaaa")), respondents=people)
    row = summarise_ratings(open_study(study)).iloc[0]  # Σ w·gap and Σ w: ann −6 and 4, bob 0 and 1, eve −9 and 3
    left = np.array([-6, 0, -9]) + 15 / 8 * np.array([4, 1, 3])
    by_hand = {"n": 3, "mean_gap": -15 / 8, "se_gap": np.sqrt(3 / 2 * left @ left) / 8, "n_effective": 64 / 26}
    by_hand |= {"below": 7 / 8, "paired_expected": 51 / 8, "mean_expected": 56 / 9, "mean_experienced": 38 / 9}
    assert row[list(by_hand)].astype(float).to_dict() == pytest.approx(by_hand)
