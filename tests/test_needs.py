"""Whether personas need different things: on tables one can check by eye, and in a study with a planted need."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study
from cxlib.charts.personas import plot_needs
from cxlib.expectations.needs import describe_needs, find_needs
from cxlib.gaps.causes import find_gap_drivers
from cxlib.summaries.needs import summarise_needs
from cxlib.tables import StudyError


def summary(value="expected", **touchpoints):
    """Per touchpoint, persona → answers."""
    figures = dict(n=len, n_effective=len, mean=np.mean, se=stats.sem, modal=lambda given: max(map(given.count, given)))
    figures |= dict(skewness=lambda given: stats.skew(given) if len(set(given)) > 1 else 0.0)
    rows = [
        {"touchpoint": place, "label": place.capitalize(), "persona": persona}
        | {f"{name}_{value}": figure(given) for name, figure in figures.items()}
        for place, personas in touchpoints.items()
        for persona, given in personas.items()
    ]
    columns = ["touchpoint", "label", "persona", *(f"{part}_{value}" for part in figures)]
    return pd.DataFrame(rows, columns=columns).assign(width=6.0)


NEARLY_ALL = {"senior": [7] * 26 + [6, 6, 5, 5], "gamer": [5, 6, 7] * 10, "family": [4, 4, 5, 5, 3, 6] * 5}
LOW, HIGH, MIDDLE = [1, 2, 3] * 16, [5, 6, 7] * 17, [3, 4, 5] * 16
APART, ALIKE = {"gamer": LOW, "senior": HIGH, "family": MIDDLE}, {"gamer": MIDDLE, "senior": MIDDLE[::-1] + [4]}


def test_needs_that_differ_come_first_with_the_personas_at_the_ends():
    found = find_needs(summary(search=ALIKE, pay=APART))
    assert found["touchpoint"].tolist() == ["pay", "search"]
    assert found["verdict"].tolist() == ["differs", "no sure difference"]
    first = found.iloc[0]
    assert first[["lowest", "highest", "n", "personas"]].tolist() == ["gamer", "senior", 147, 3]
    ends = stats.t.interval(1 - 0.05 * 2 / 3, 47, np.mean(LOW), stats.sem(LOW))
    assert (first["lowest_mean"], first["lowest_low"], first["lowest_high"]) == pytest.approx((2.0, *ends))


def test_the_test_is_welchs_on_the_answers_themselves():
    found = find_needs(summary(pay=APART, search=ALIKE)).set_index("touchpoint")
    for place, answers in (("pay", APART), ("search", ALIKE)):
        assert found.loc[place, "p"] == pytest.approx(stats.f_oneway(*answers.values(), equal_var=False).pvalue)
    assert found["q"].tolist() == pytest.approx([2 * found["p"].min(), found["p"].max()])


def test_omega_squared_is_that_of_the_sums_of_squares():
    everything = np.concatenate(list(APART.values()))
    within = sum(np.var(given) * len(given) for given in APART.values())
    total, noise = np.var(everything) * len(everything), within / (147 - 3)
    found = find_needs(summary(pay=APART, search=ALIKE))["omega2"]
    assert found[0] == pytest.approx((total - within - 2 * noise) / (total + noise)) and found[1] == 0


def test_one_persona_or_answers_all_alike_are_no_comparison():
    assert find_needs(summary(pay={"gamer": LOW, "senior": [5, 5, 5, 5]}, search={"gamer": LOW})).empty
    with pytest.raises(StudyError, match="summarise_needs.*lacks.*se_expected"):
        find_needs(summary(pay=APART).drop(columns="se_expected"))


def test_a_persona_that_nearly_all_agrees_is_the_highest_without_an_interval():
    needs = find_needs(summary(pay=NEARLY_ALL))
    assert needs.loc[0, ["highest", "personas", "n"]].tolist() == ["senior", 3, 90]
    assert needs.loc[0, ["highest_low", "highest_high"]].isna().all()
    p = stats.f_oneway(*NEARLY_ALL.values(), equal_var=False).pvalue
    assert needs.loc[0, "p"] == pytest.approx(p)
    said = describe_needs(needs).replace("\u00a0", " ")
    assert said == "What personas expect differs at Pay: senior 6.8 (n 30), family 4.5 (3.9 to 5.1; n 30)."
    ax = plot_needs(needs, title=said)
    assert ax.collections[-1].get_offsets()[:, 0].tolist() == [4.5]
    plt.close(ax.figure)


def test_an_interval_of_few_off_the_mode_is_guarded_and_f_is_not():
    answers = {"senior": [7] * 24 + [6, 6, 5, 5, 4, 1], "gamer": [5, 6, 7] * 10}
    row = find_needs(summary(pay=answers)).iloc[0]
    assert row["p"] == pytest.approx(stats.f_oneway(*answers.values(), equal_var=False).pvalue)
    assert row["highest"] == "senior"
    assert row["highest_high"] - row["highest_mean"] > 1.2 * stats.t.ppf(0.975, 29) * stats.sem(answers["senior"])


def test_drivers_of_gaps_are_found_from_the_same_figures():
    expected = summary(pay=NEARLY_ALL)
    gaps = expected.rename(columns=lambda name: name.removesuffix("_expected"))
    gaps = gaps.rename(columns={"mean": "mean_gap", "se": "se_gap"})
    needs, drivers = find_needs(expected).iloc[0], find_gap_drivers({"persona": gaps}).iloc[0]
    same = ["f", "df", "df_within", "p", "omega2", "n"]
    assert needs[same].tolist() == pytest.approx(drivers[same].tolist())
    assert needs[["lowest", "highest"]].tolist() == drivers[["lowest", "highest"]].tolist()


def test_sentences_on_needs():
    said = describe_needs(find_needs(summary(pay=APART, search=ALIKE, help=APART))).replace("\u00a0", " ")
    assert said == (
        "What personas expect differs at 2 of the 3 touchpoints, most at Pay: "
        "senior 6.0 (5.7 to 6.3; n 51), gamer 2.0 (1.7 to 2.3; n 48)."
    )
    one = describe_needs(find_needs(summary(pay=APART, search=ALIKE)))
    assert "at 1 of the 2 touchpoints, Pay: senior" in one
    alone = summary("importance", pay=APART)
    assert describe_needs(find_needs(alone, value="importance"), value="importance").startswith(
        "What personas find important differs at Pay: senior 6.0"
    )
    none = describe_needs(find_needs(summary(pay=ALIKE, search=ALIKE | {"family": MIDDLE}))).replace("\u00a0", " ")
    assert none == "What personas expect does not surely differ at any of the 2 touchpoints (n 97 to 145)."
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
    assert found.loc["pay", "highest"] == "gamer" and found.loc["pay", "personas"] == 3


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
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Pay (n 147)", "Search (n 97)"]
    assert "senior 6.0 (n 51)\ngamer 2.0 (n 48)" in [text.get_text() for text in ax.texts]
    plt.close(ax.figure)
    assert plot_needs(needs.iloc[:0], title="x") is None
