"""Whether personas need different things: on tables one can check by eye, and in a study with a planted need."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study
from cxlib.charts.personas import plot_needs
from cxlib.expectations.needs import describe_needs, find_needs
from cxlib.summaries.needs import summarise_needs
from cxlib.tables import StudyError


def summary(value="expected", **touchpoints):
    """Per touchpoint, persona → answers."""
    rows = [
        {"touchpoint": place, "label": place.capitalize(), "persona": persona, f"n_{value}": len(given)}
        | {f"mean_{value}": np.mean(given), f"se_{value}": stats.sem(given), f"n_effective_{value}": float(len(given))}
        for place, personas in touchpoints.items()
        for persona, given in personas.items()
    ]
    columns = ["touchpoint", "label", "persona", *(f"{part}_{value}" for part in ("n", "mean", "se", "n_effective"))]
    return pd.DataFrame(rows, columns=columns)


LOW, HIGH, MIDDLE = [1, 2, 3, 2, 1, 2, 3, 2], [6, 7, 6, 5, 6, 7, 6, 5, 6], [3, 4, 5, 4, 3, 4, 5, 4]
APART, ALIKE = {"gamer": LOW, "senior": HIGH, "family": MIDDLE}, {"gamer": MIDDLE, "senior": MIDDLE[::-1] + [4]}


def test_needs_that_differ_come_first_with_the_personas_at_the_ends():
    found = find_needs(summary(search=ALIKE, pay=APART))
    assert found["touchpoint"].tolist() == ["pay", "search"]
    assert found["verdict"].tolist() == ["differs", "no sure difference"]
    first = found.iloc[0]
    assert first[["lowest", "highest", "n", "personas"]].tolist() == ["gamer", "senior", 25, 3]
    ends = stats.t.interval(1 - 0.05 * 2 / 3, 7, np.mean(LOW), stats.sem(LOW))
    assert (first["lowest_mean"], first["lowest_low"], first["lowest_high"]) == pytest.approx((2.0, *ends))


def test_the_test_is_welchs_on_the_answers_themselves():
    found = find_needs(summary(pay=APART, search=ALIKE)).set_index("touchpoint")
    for place, answers in (("pay", APART), ("search", ALIKE)):
        assert found.loc[place, "p"] == pytest.approx(stats.f_oneway(*answers.values(), equal_var=False).pvalue)
    assert found["q"].tolist() == pytest.approx([2 * found["p"].min(), found["p"].max()])


def test_omega_squared_is_that_of_the_sums_of_squares():
    everything = np.concatenate(list(APART.values()))
    within = sum(np.var(given) * len(given) for given in APART.values())
    total, noise = np.var(everything) * len(everything), within / (25 - 3)
    found = find_needs(summary(pay=APART, search=ALIKE))["omega2"]
    assert found[0] == pytest.approx((total - within - 2 * noise) / (total + noise)) and found[1] == 0


def test_one_persona_or_answers_all_alike_are_no_comparison():
    assert find_needs(summary(pay={"gamer": LOW, "senior": [5, 5, 5, 5]}, search={"gamer": LOW})).empty
    with pytest.raises(StudyError, match="summarise_needs.*lacks.*se_expected"):
        find_needs(summary(pay=APART).drop(columns="se_expected"))


def test_sentences_on_needs():
    said = describe_needs(find_needs(summary(pay=APART, search=ALIKE, help=APART))).replace("\u00a0", " ")
    assert said == (
        "What personas expect differs at 2 of the 3 touchpoints, most at Pay: "
        "senior 6.0 (5.4 to 6.6; n 9), gamer 2.0 (1.3 to 2.7; n 8)."
    )
    one = describe_needs(find_needs(summary(pay=APART, search=ALIKE)))
    assert "at 1 of the 2 touchpoints, Pay: senior" in one
    alone = summary("importance", pay=APART)
    assert describe_needs(find_needs(alone, value="importance"), value="importance").startswith(
        "What personas find important differs at Pay: senior 6.0"
    )
    none = describe_needs(find_needs(summary(pay=ALIKE, search=ALIKE | {"family": MIDDLE}))).replace("\u00a0", " ")
    assert none == "What personas expect does not surely differ at any of the 2 touchpoints (n 17 to 25)."
    assert "the columns expected (ratings) and persona (respondents)" in describe_needs(find_needs(summary()))


def study_of(make_study, people=60, **options):
    """Gamers expect two points more of pay and the same of search; every tenth is a senior."""
    rng = np.random.default_rng(3)
    persona = ["senior" if place % 10 == 0 else ("gamer", "family")[place % 2] for place in range(people)]
    ids = [f"r{place}" for place in range(people)]
    rows = [
        (who, place, int(rng.integers(3, 6)) + 2 * (kind == "gamer" and place == "pay"), 4)
        for who, kind in zip(ids, persona)
        for place in ("pay", "search")
    ]
    ratings = pd.DataFrame(rows, columns=["respondent", "touchpoint", "expected", "experienced"])
    people = pd.DataFrame({"respondent": ids, "persona": persona})
    return make_study(ratings=ratings, respondents=people, **options)


def test_the_planted_need_is_found_and_the_same_need_is_not(make_study):
    found = find_needs(summarise_needs(open_study(study_of(make_study)))).set_index("touchpoint")
    assert found["verdict"].to_dict() == {"pay": "differs", "search": "no sure difference"}
    assert found.loc["pay", "highest"] == "gamer" and found.loc["pay", "personas"] == 2


@pytest.mark.small_groups
def test_a_small_persona_is_not_in_the_table_of_needs(make_study):
    found = summarise_needs(open_study(study_of(make_study, people=40)))
    assert "senior" not in set(found["persona"]) and found["n_expected"].min() >= 5


def test_without_personas_or_importance_there_are_no_needs(make_study, small_ratings):
    study = open_study(make_study(ratings=small_ratings))
    for value in ("expected", "importance"):
        assert find_needs(summarise_needs(study, value=value), value=value).empty


def test_the_chart_joins_the_lowest_and_the_highest_persona():
    needs = find_needs(summary(pay=APART, search=ALIKE))
    ax = plot_needs(needs, title="x")
    assert [tuple(path.vertices[:, 0]) for path in ax.collections[0].get_paths()][0] == pytest.approx((2.0, 6.0))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Pay (n 25)", "Search (n 17)"]
    assert "senior 6.0 (n 9)\ngamer 2.0 (n 8)" in [text.get_text() for text in ax.texts]
    plt.close(ax.figure)
    assert plot_needs(needs.iloc[:0], title="x") is None
