"""Step 3: measures with their intervals, and the funnel, on tables one can check by eye."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study
from cxlib.experience import (
    describe_emotion,
    describe_experience,
    describe_funnel,
    describe_top2,
    find_experience,
    find_funnel,
    rank_experience,
)
from cxlib.shares import nps_interval
from cxlib.summaries import summarise_experience


def summary(n=50, **measures):
    """Two touchpoints with these measures, one value each: n, mean, a standard error and Kish's n of every one."""
    table = pd.DataFrame({"touchpoint": ["pay", "help"], "label": ["Payment", "Help"], "stage": "use"})
    for measure, (values, se) in measures.items():
        table[f"n_{measure}"] = n if np.isfinite(values).all() else 0
        table = table.assign(**{f"mean_{measure}": values, f"se_{measure}": se, f"n_effective_{measure}": float(n)})
    return table


def share_se(share, n=50):
    return np.sqrt(np.multiply(share, np.subtract(1, share)) / (n - 1))


def test_a_mean_has_students_interval():
    found = find_experience(summary(experienced=([4.0, 6.0], 0.2)), confidence=0.9)
    assert list(found) == [
        *("stage", "touchpoint", "label", "n_experienced", "experienced", "experienced_low", "experienced_high")
    ]
    ends = found.loc[0, ["experienced_low", "experienced_high"]].tolist()
    assert ends == pytest.approx(stats.t.interval(0.9, 49, 4.0, 0.2))


def test_the_two_best_ratings_have_wilsons_interval():
    found = find_experience(summary(top2=([0.4, 0.8], share_se([0.4, 0.8])))).iloc[0]
    expected = stats.binomtest(20, 50).proportion_ci(method="wilson")
    assert (found["top2_low"], found["top2_high"]) == pytest.approx(tuple(expected), abs=1e-9)


def test_the_nps_has_its_own_interval_and_its_parts_are_not_shown():
    se = np.sqrt((0.7 - 0.3**2) / 49)
    parts = dict(promoters=([0.5, 0.5], 0.1), detractors=([0.2, 0.2], 0.1))
    found = find_experience(summary(nps=([0.3, 0.3], se), **parts))
    assert "promoters" not in found and "n_detractors" not in found
    assert found.loc[0, ["nps_low", "nps_high"]].tolist() == pytest.approx(nps_interval(0.5, 0.2, se, 50, 50, 0.95))


def test_measures_nobody_gave_are_left_out():
    nobody = ([np.nan, np.nan], np.nan)
    found = find_experience(summary(experienced=([4.0, 6.0], 0.2), effort=nobody, emotion=nobody))
    assert not any(column.endswith(("effort", "emotion")) for column in found)


def test_rows_stay_in_the_order_of_the_journey_unless_ranked():
    found = find_experience(summary(experienced=([4.0, 6.0], 0.2)))
    assert found["touchpoint"].tolist() == ["pay", "help"]
    assert rank_experience(found, "experienced")["touchpoint"].tolist() == ["help", "pay"]
    pd.testing.assert_frame_equal(rank_experience(found, "emotion"), found)


def test_sentences_name_both_ends():
    found = find_experience(
        summary(experienced=([4.0, 6.0], 0.2), emotion=([-1.0, 0.5], 0.1), top2=([0.2, 0.8], share_se([0.2, 0.8])))
    )
    said = [describe(found) for describe in (describe_experience, describe_top2, describe_emotion)]
    assert [sentence.replace("\u00a0", " ") for sentence in said] == [
        "Rated highest: Help (6.0; n 50); lowest: Payment (4.0; n 50).",
        "One of the two best ratings: from 20 % of answers on Payment (n 50) to 80 % on Help (n 50).",
        "The journey feels worst at Payment and best at Help (−1.0 to +0.5, on a scale from −2 to +2).",
    ]


def test_without_answers_the_sentences_say_what_would_switch_them_on():
    nothing = find_experience(summary())
    assert "column experienced" in describe_experience(nothing) and "column experienced" in describe_top2(nothing)
    assert describe_emotion(nothing) == ""


def funnel(*customers):
    stages = ["see", "buy", "use", "renew"][: len(customers)]
    table = pd.DataFrame({"stage": stages, "customers": customers, "visitors": customers})
    return find_funnel(table.astype({"customers": "int64", "visitors": "int64"}))


def test_shares_are_of_those_who_began_and_of_those_before():
    found = funnel(200, 100, 80)
    assert found["share"].tolist() == [1, 0.5, 0.4] and found["went_on"].tolist()[1:] == [0.5, 0.8]
    assert found["lost"].tolist()[1:] == [100, 20] and found.loc[0, ["went_on", "low", "high", "lost"]].isna().all()


@pytest.mark.parametrize(("before", "after", "method"), [(200, 100, "wilson"), (200, 200, "exact"), (50, 2, "exact")])
def test_the_share_that_goes_on_has_its_interval(before, after, method):
    expected = stats.binomtest(after, before).proportion_ci(method=method)
    assert funnel(before, after).loc[1, ["low", "high"]].tolist() == pytest.approx(list(expected), abs=1e-9)


def test_the_largest_drop_off_is_the_lowest_share_not_the_most_people():
    assert describe_funnel(funnel(1000, 700, 600, 100)).replace("\u00a0", " ") == (
        "Fewest customers go on between use and renew: 17 % (most likely 14 to 20 %; of 600 customers)."
    )
    assert "between buy and use" in describe_funnel(funnel(1000, 600, 180, 100))


def test_a_drop_off_that_could_be_as_large_is_named():
    assert describe_funnel(funnel(200, 100, 52, 50)).endswith("It may be as few between buy and use.")


def test_a_stage_nobody_reached_does_not_hide_the_drop_off_before_it():
    assert "between buy and use: 0\u00a0%" in describe_funnel(funnel(200, 100, 0, 0))


def test_short_funnels():
    assert describe_funnel(funnel(200)) == "200 customers reached see."
    assert describe_funnel(funnel(200, 100), window_days=30).replace("\u00a0", " ") == (
        "Of 200 customers who reached see, 50 % went on to buy within 30 days of their first event "
        "(most likely 43 to 57 %)."
    )
    assert "file of events" in describe_funnel(funnel())


def test_the_two_best_ratings_are_six_and_seven_of_seven(make_study):
    ratings = pd.DataFrame({"respondent": range(10), "touchpoint": "pay", "experienced": [7, 7, 6] + [5] * 4 + [3] * 3})
    study = make_study(ratings=ratings, settings="scales: {experienced: [1, 7]}")
    assert find_experience(summarise_experience(open_study(study))).loc[0, "top2"] == pytest.approx(0.3)
