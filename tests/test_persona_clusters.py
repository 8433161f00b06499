"""Whether groups found in the answers are the personas: with planted groups, with none, and with small ones."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from cxlib import open_study
from cxlib.charts.personas import plot_clusters
from cxlib.expectations import needs
from cxlib.expectations.needs import cluster_people, describe_clusters, find_clusters, mix_clusters, shown_clusters
from cxlib.summaries.needs import sample_answers

CYCLE = ["gamer", "family", "senior"] * 20
PLACES = ["pay", "search", "help", "advice"]
CENTRES = {"gamer": [6, 2, 2, 4], "family": [2, 6, 2, 4], "senior": [2, 2, 6, 4]}


def planted(each=(60, 50, 40), seed=0):
    """Personas that differ in what they expect of pay, search and help, not of advice."""
    rng = np.random.default_rng(seed)
    personas = pd.Series(np.repeat(list(CENTRES), each))
    answers = np.array([CENTRES[persona] for persona in personas]) + rng.integers(-1, 2, size=(len(personas), 4))
    return pd.DataFrame(answers.astype("float64"), columns=PLACES), personas


def random(people=200, seed=1):
    rng = np.random.default_rng(seed)
    answers = pd.DataFrame(rng.integers(1, 8, size=(people, 6)).astype("float64"), columns=[f"t{n}" for n in range(6)])
    return answers, pd.Series(rng.choice(["gamer", "family", "senior"], people))


@pytest.fixture(scope="module")
def found():
    return find_clusters(*planted(), clusters=3)[0]


@pytest.fixture(scope="module")
def nothing():
    return find_clusters(*random(), clusters=3)[0]


def test_groups_that_are_the_personas_are_found_stable_and_agree(found):
    assert found["persona"].tolist() == ["gamer", "family", "senior"] and found["n"].tolist() == [60, 50, 40]
    assert (found["persona_share"] == 1).all() and found["persona_overall"].tolist() == pytest.approx(
        [0.4, 1 / 3, 4 / 15]
    )
    assert found["jaccard"].min() > 0.95 and set(found["stable"]) == {"yes"}
    assert found.loc[0, ["agreement", "agreement_high"]].tolist() == [1, 1]
    assert 0.9 < found.loc[0, "agreement_low"] < 1


def test_a_group_expects_more_than_others_where_it_was_planted(found):
    for said, place in zip(found["more_than_others"], PLACES):
        points = float(said.split("; ")[0].removeprefix(f"{place} +"))
        assert points == pytest.approx(4, abs=0.3) and "advice +1" not in said


def test_groups_of_random_answers_are_unstable_and_agree_with_nothing(nothing):
    assert set(nothing["stable"]) == {"no"} and nothing["jaccard"].max() < 0.7
    assert nothing.loc[0, "agreement_low"] < 0 < nothing.loc[0, "agreement_high"] < 0.1


def test_groups_are_made_once_for_both_tables(monkeypatch):
    calls = []
    monkeypatch.setattr(needs, "cluster_people", lambda *given: calls.append(given) or cluster_people(*given))
    clusters, mix = find_clusters(*planted(), clusters=3)
    assert len(calls) == 1 and mix.groupby("cluster")["n"].sum().tolist() == clusters["n"].tolist()


def test_without_a_count_the_best_silhouette_finds_the_planted_three():
    assert find_clusters(*planted())[0]["n"].tolist() == [60, 50, 40]


def test_the_agreement_is_the_adjusted_rand_index_of_the_mix():
    answers, personas = planted()
    personas = personas.mask(personas.index % 5 == 0, "family")
    found, mix = find_clusters(answers, personas, clusters=3, hide_below=0)
    pairs = mix.loc[mix.index.repeat(mix["n"])]
    assert found.loc[0, "agreement"] == pytest.approx(adjusted_rand_score(pairs["cluster"], pairs["persona"]))
    assert found.loc[0, "agreement_low"] < found.loc[0, "agreement"] < found.loc[0, "agreement_high"] < 1
    assert mix.groupby("cluster")["share"].sum().tolist() == pytest.approx([1, 1, 1])


def test_the_same_answers_are_the_same_groups_and_stay_as_they_are(nothing):
    answers, personas = random()
    before = answers.copy()
    pd.testing.assert_frame_equal(find_clusters(answers, personas, clusters=3)[0], nothing)
    pd.testing.assert_frame_equal(answers, before)


def test_a_few_blanks_do_not_hide_the_groups():
    answers, personas = planted()
    answers = answers.mask(np.random.default_rng(2).random(answers.shape) < 0.1)
    assert find_clusters(answers, personas, clusters=3)[0].loc[0, "agreement"] > 0.75


def test_small_groups_and_what_gives_them_away_are_not_shown():
    groups, personas = np.repeat([1, 2, 3], [80, 70, 3]), pd.Series(["gamer", "family", "senior"] * 51)
    assert shown_clusters(groups, 5).tolist() == [1] and shown_clusters(groups, 0).tolist() == [1, 2, 3]
    assert set(mix_clusters(groups, personas, 5)["cluster"]) == {"1"}


def test_a_persona_with_few_people_in_a_group_stands_with_the_others():
    groups, personas = np.repeat([1, 2], 40), pd.Series(["gamer"] * 25 + ["family"] * 12 + ["senior"] * 3 + CYCLE[:40])
    mix = mix_clusters(groups, personas, 5)
    assert mix["n"].min() >= 5 and mix.groupby("cluster")["n"].sum().tolist() == [40, 40]
    assert mix.loc[mix["cluster"] == "1", "persona"].tolist() == ["gamer", "others"]
    assert "others" in set(mix.loc[mix["cluster"] == "2", "persona"]), "or the seniors of group 1 could be worked out"
    assert "others" not in set(mix_clusters(groups, personas, 0)["persona"])


def test_sentences_on_clusters(found, nothing):
    assert describe_clusters(found).replace("\u00a0", " ") == (
        "All 3 groups found in the answers are stable; "
        "the groups match the personas (agreement 1.00 of 1, 0.92 to 1.00; n 150)."
    )
    assert describe_clusters(nothing).startswith(
        "None of the 3 groups found in the answers is stable; the groups do not"
    )
    mixed = found.assign(stable=["yes", "no", "no"], agreement=0.4)
    assert "1 of the 3 groups found in the answers is stable; the groups match the personas in part" in (
        describe_clusters(mixed)
    )
    assert describe_clusters(found.head(2)).startswith("Both groups") and "one group shown" in describe_clusters(
        found[:1]
    )
    answers, personas = planted()
    alone = describe_clusters(find_clusters(answers, personas.mask(personas.notna()), clusters=3)[0])
    assert alone.endswith("whether they are the personas takes a column persona of the respondents, with two personas.")
    too_few = describe_clusters(find_clusters(answers.head(30), personas.head(30))[0])
    assert "it takes 20 people for each" in too_few and "column expected" in too_few


def test_who_answers_all_alike_makes_no_groups():
    answers, personas = planted()
    assert all(table.empty for table in find_clusters(answers * 0 + 4, personas, clusters=3))


def written(make_study, people=60, few=0):
    """A study with the planted answers in two waves; nobody but every third met advice."""
    answers, personas = planted(each=(people // 3,) * 3)
    ids = [f"r{place:03}" for place in range(len(answers))]
    rows = answers.assign(respondent=ids).melt("respondent", var_name="touchpoint", value_name="expected")
    rows = rows[(rows["touchpoint"] != "advice") | rows["respondent"].str[-1].isin(list("369"))]
    rows = pd.concat([rows.assign(wave="old", expected=4), rows.assign(wave="new")]).assign(experienced=4)
    known = personas.mask(personas.index < few, "collector")
    who = pd.concat([pd.DataFrame({"respondent": ids, "persona": known, "wave": wave}) for wave in ("old", "new")])
    settings = "waves: {old: 2025-12-31, new: 2026-06-30}\nscales: {expected: [1, 7], experienced: [1, 7]}"
    return make_study(settings=settings, ratings=rows, respondents=who), answers


def test_the_sample_holds_one_wave_the_touchpoints_most_rated_and_no_id(make_study):
    study, answers = written(make_study)
    found = sample_answers(open_study(study))
    assert sorted(found) == ["help", "pay", "persona", "search"] and len(found) == 60
    assert found[["pay", "search", "help"]].sum().tolist() == answers[["pay", "search", "help"]].sum().tolist()
    pd.testing.assert_frame_equal(found, sample_answers(open_study(study, wave="all")))


def test_a_smaller_sample_is_the_beginning_of_a_larger_one_on_both_engines(make_study):
    study, _ = written(make_study)
    found = sample_answers(open_study(study))
    for engine in ("duckdb", "pandas"):
        pd.testing.assert_frame_equal(sample_answers(open_study(study, engine=engine), most=20), found.head(20))


@pytest.mark.small_groups
def test_a_small_persona_leaves_the_sample_under_another_name(make_study):
    found = sample_answers(open_study(written(make_study, few=3)[0]))
    assert "collector" not in set(found["persona"]) and found["persona"].value_counts().min() >= 5


def test_without_expectations_the_sample_is_empty(make_study, small_ratings):
    study = open_study(make_study(ratings=small_ratings.drop(columns="expected")))
    found = sample_answers(study)
    assert found.empty and find_clusters(found.drop(columns="persona"), found["persona"])[0].empty


def test_the_chart_colours_the_persona_most_over_represented(found):
    answers, personas = planted()
    mix = find_clusters(answers, personas.mask(personas.index % 5 == 0, "family"), clusters=3)[1]
    ax = plot_clusters(found, mix, title="x")
    widths = {row: sum(bar.get_width() for bar in ax.patches if round(bar.get_y() + 0.39) == row) for row in range(3)}
    assert list(widths.values()) == pytest.approx([1, 1, 1])
    assert "gamer\n80\u00a0%" in [text.get_text() for text in ax.texts]
    assert [label.get_text() for label in ax.get_yticklabels()][0] == "group 1 (n 60)"
    plt.close(ax.figure)
    assert plot_clusters(found, mix.iloc[:0], title="x") is None
