"""What a careful colleague would ask: each doubt on answers in which it is planted, and silence where nothing is."""

import numpy as np
import pandas as pd
import pytest

from cxlib import StudyError, open_study
from cxlib.doubts import find_suspicions
from cxlib.examination import as_text, examine

SCALES = "scales: {expected: [1, 7], experienced: [1, 7]}"
PLACES = ["search", "advice", "checkout", "delivery", "support"]


def answers(people=60, seed=1):
    """Ratings of five touchpoints by people who are more or less content with everything."""
    rng = np.random.default_rng(seed)
    mood = rng.normal(0, 1, people)
    rows = [
        (f"p{number}", place, *np.clip(np.round(rng.normal([5.5 + mood[number] / 2, 4.5 + mood[number]], 0.8)), 1, 7))
        for number in range(people)
        for place in PLACES
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["respondent", "touchpoint", "expected", "experienced"]).assign(
        response=lambda table: table["respondent"]
    )


def doubts(make_study, ratings, settings=SCALES, **tables):
    return find_suspicions(open_study(make_study(ratings=ratings, settings=settings, **tables)))


def test_nothing_is_doubted_where_nothing_is_wrong(make_study):
    assert doubts(make_study, answers()) == []


def test_the_sample_is_beyond_doubt():
    assert find_suspicions(open_study("data/sample")) == []


def test_a_reversed_question_is_suspected_and_turned_when_declared(make_study):
    ratings = answers()
    turned = ratings["touchpoint"] == "delivery"
    ratings.loc[turned, "experienced"] = 8 - ratings.loc[turned, "experienced"]
    [doubt] = doubts(make_study, ratings)
    assert doubt.startswith("experienced of delivery goes down") and "reversed: {experienced: [delivery]}" in doubt
    settings = SCALES + "\nreversed: {experienced: [delivery]}"
    assert doubts(make_study, ratings, settings) == []


def test_a_touchpoint_on_another_scale_is_suspected(make_study):
    ratings = answers(people=200)
    other = ratings["touchpoint"] == "advice"
    ratings.loc[other, "experienced"] = np.round(1 + (ratings.loc[other, "experienced"] - 1) * 2 / 3)
    found = doubts(make_study, ratings)
    assert any("experienced of advice never goes above 5" in doubt for doubt in found)
    settings = SCALES + "\nrescaled: {advice: [1, 5]}"
    study = open_study(make_study(ratings=ratings, settings=settings))
    table = study.tables["ratings"].collect("pandas").to_native()
    assert table.loc[table["touchpoint"] == "advice", "experienced"].max() == 7


def test_people_who_give_one_answer_to_everything_are_counted_with_what_they_change(make_study):
    ratings = answers()
    straight = ratings["respondent"].isin(["p1", "p2", "p3", "p4", "p5"])
    ratings.loc[straight, ["expected", "experienced"]] = 7
    gap = (ratings["experienced"] - ratings["expected"]).mean()
    rest = ratings[~straight]
    [doubt] = doubts(make_study, ratings)
    assert doubt.startswith("5 of 60 questionnaires gave one and the same rating to everything.")
    without = (rest["experienced"] - rest["expected"]).mean()
    assert f"be −{-without:.2f} instead of −{-gap:.2f}" in doubt


def test_people_in_a_hurry_are_counted(make_study):
    people = pd.DataFrame({"respondent": [f"p{n}" for n in range(60)], "seconds": [30, *[300] * 59]})
    [doubt] = doubts(make_study, answers(), respondents=people)
    assert doubt.startswith("1 of 60 questionnaires took less than 100 seconds, a third of the median time.")


def test_sides_that_do_not_pair_are_named(make_study):
    ratings = answers()
    ratings.loc[ratings["touchpoint"] == "search", "experienced"] = np.nan
    ratings.loc[(ratings["touchpoint"] == "advice") & (ratings["respondent"] == "p1"), "expected"] = np.nan
    found = doubts(make_study, ratings)
    assert "Asked what was expected and not what was experienced: search." in found
    assert "1 answer of what was experienced without the other side: not in the gaps." in found


def test_ratings_everybody_gives_alike_are_named(make_study):
    ratings = answers()
    ratings.loc[ratings["touchpoint"] == "search", "expected"] = 7
    assert "expected of search is 7 for everybody (n 60): no interval." in doubts(make_study, ratings)


def test_a_stand_in_for_no_answer_is_suggested(make_study):
    ratings = answers()
    ratings.loc[:4, "expected"] = 99
    assert "5 ratings of 99 set aside: if that stands for no answer, add missing: [99] to study.yaml." in doubts(
        make_study, ratings
    )


def test_names_that_only_look_alike_channels_off_the_map_and_heavy_weights(make_study):
    ratings = answers().assign(channel="web").replace({"touchpoint": {"search": "se\u0430rch"}})
    people = pd.DataFrame({"respondent": [f"p{n}" for n in range(60)], "weight": [50, *[1] * 59]})
    touchpoints = pd.DataFrame({"touchpoint": PLACES, "channels": "store|app"})
    found = doubts(make_study, ratings, respondents=people, touchpoints=touchpoints)
    assert any(doubt.startswith("Letters of different alphabets") for doubt in found)
    assert "Channels that are not on the map: web." in found
    assert any("50 times the median" in doubt for doubt in found)


def test_a_benchmark_on_another_scale_is_refused(make_study):
    benchmarks = "touchpoint,value,scale\nsearch,4.2,1-5\n"
    with pytest.raises(StudyError, match="the benchmark of search is on a scale of 1-5, the ratings on 1-7"):
        open_study(make_study(ratings=answers(), benchmarks=benchmarks))


def test_the_examination_says_what_was_read_dropped_and_set_aside(make_study):
    ratings = answers(people=20)
    ratings.loc[0, "expected"] = 8
    ratings = pd.concat([ratings, ratings.tail(1)]).assign(email="a@b.example", colour="red")
    people = "respondent,market,telefon,mail\n" + "".join(f"p{n},DE,1,p{n}@example.org\n" for n in range(20))
    study = open_study(make_study(ratings=ratings, respondents=people))
    text = as_text(examine(study))
    for words in (
        "ratings: not used: colour.",
        "ratings: not read, since they identify people: email.",
        "respondents: not read, since they identify people: telefon, mail.",
        "expected is outside 1 to 7",
        "row there twice",
        "ratings.csv: 1 of 101 lines could not be used.",
    ):
        assert words in " ".join(text.split()), words
    assert "mail" not in study.tables["respondents"].collect_schema().names()


def test_ids_are_written_as_keyed_hashes_only(make_study, monkeypatch):
    ratings = answers(people=20)
    ratings.loc[0, "expected"] = 8
    plain = open_study(make_study(ratings=ratings)).quarantined
    assert plain["id"].tolist() == [""] and "p0" not in plain.to_csv()
    monkeypatch.setenv("CX_TEST_KEY", "secret")
    keyed = open_study(make_study(ratings=ratings, settings=SCALES + "\nid_key: env:CX_TEST_KEY")).quarantined
    assert keyed["id"].str.fullmatch("[0-9a-f]{16}").all() and "p0" not in keyed.to_csv()
    with pytest.raises(StudyError, match="id_key should be env:NAME"):
        open_study(make_study(ratings=ratings, settings=SCALES + "\nid_key: secret"))


def test_a_column_that_identifies_people_is_kept_on_purpose_only(make_study):
    people = "respondent,postcode\n" + "".join(f"p{n},1011{n % 3}\n" for n in range(20))
    study = open_study(make_study(ratings=answers(people=20), respondents=people))
    assert study.personal == {"respondents": ["postcode"]} and study.segments == ["wave", "persona"]
    kept = open_study(make_study(ratings=answers(people=20), respondents=people, settings=SCALES + "\nkeep: postcode"))
    assert "postcode" in kept.segments
