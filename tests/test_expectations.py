"""Step 2: expectations with their intervals, and the company's personas against the share found."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study
from cxlib.expectations import (
    compare_personas,
    describe_expectation_grid,
    describe_expectations,
    describe_personas,
    find_expectations,
)
from cxlib.intervals import guard_rare_failures
from cxlib.summaries.ratings import summarise_experience, summarise_ratings
from cxlib.tables import StudyError


def ratings(n=30, se=0.2, **expected):
    names = list(expected)
    table = pd.DataFrame({"touchpoint": names, "n": 3, "n_expected": n, "mean_expected": list(expected.values())})
    table = table.assign(se_expected=se, n_effective_expected=np.asarray(n, dtype=float), mean_gap=-1.0)
    return table.assign(label=[name.capitalize() for name in names], stage="use")


def test_expectations_come_highest_first_with_their_own_n():
    found = find_expectations(ratings(pay=5.0, help=6.0, n=[30, 20]))
    assert list(found) == ["stage", "touchpoint", "label", "n", "expected", "low", "high"]
    assert found[["touchpoint", "n", "expected"]].values.tolist() == [["help", 20, 6.0], ["pay", 30, 5.0]]


def test_the_interval_of_an_expectation_is_students():
    found = find_expectations(ratings(pay=5.0), confidence=0.9).iloc[0]
    assert (found["low"], found["high"]) == pytest.approx(stats.t.interval(0.9, 29, 5.0, 0.2))


def test_who_was_not_asked_is_left_out_and_one_answer_has_no_interval():
    found = find_expectations(ratings(pay=5.0, help=np.nan, setup=6.0, n=[1, 0, 20], se=[np.nan, np.nan, 0.2]))
    assert found["touchpoint"].tolist() == ["setup", "pay"]
    assert found[["low", "high"]].isna().all(axis=1).tolist() == [False, True]


def test_a_table_without_expectations_is_refused():
    with pytest.raises(StudyError, match="summarise_ratings.*lacks.*se_expected"):
        find_expectations(ratings(pay=5.0).drop(columns="se_expected"))


def test_sentences_on_expectations():
    two, one = (find_expectations(ratings(**means)) for means in (dict(pay=5.0, help=6.0), dict(pay=5.0)))
    assert describe_expectations(two).replace("\u00a0", " ") == (
        "Customers expect most of Help (6.0; n 30) and least of Pay (5.0; n 30)."
    )
    assert describe_expectations(one).startswith("Pay is expected to reach 5.0")
    assert "column expected" in describe_expectations(one.iloc[:0])


def test_the_grid_names_both_ends_and_leaves_the_unknown_out():
    grid = pd.DataFrame({"persona": ["Gamer", None, "Senior"], "stage": ["use", "use", "buy"]})
    grid = grid.assign(expected=[6.0, 5.5, 5.0], n=[30, 9, 20])
    assert describe_expectation_grid(grid).replace("\u00a0", " ") == (
        "Of all personas and stages, Gamer in use (6.0; n 30) expects most and Senior in buy (5.0; n 20) least."
    )
    assert "cannot be told" in describe_expectation_grid(grid.iloc[1:2])


def mix(n=400, claimed=None, effective=None, **share):
    """Personas found with these shares, against what is claimed (a quarter each unless said)."""
    names, shares = list(share), np.array(list(share.values()))
    found = pd.DataFrame({"persona": names, "n": n, "share": shares, "se": np.sqrt(shares * (1 - shares) / (n - 1))})
    claims = pd.DataFrame({"persona": names, "claimed_share": claimed or [0.25] * len(names)})
    return compare_personas(found.assign(n_effective=effective or n), claims).set_index("persona")


def test_a_share_against_its_claim_is_the_z_test_of_one_share():
    found = mix(student=0.31).loc["student"]
    z = (0.31 - 0.25) / np.sqrt(0.25 * 0.75 / 400)
    assert found["q"] == pytest.approx(2 * stats.norm.sf(z)) and found["verdict"] == "more than claimed"
    expected = stats.binomtest(124, 400).proportion_ci(method="wilson")
    assert (found["low"], found["high"]) == pytest.approx(tuple(expected), abs=1e-9)


def test_verdicts_on_personas_and_the_farthest_off_first():
    found = mix(student=0.26, gamer=0.4, senior=0.1, family=0.24)
    assert set(found.index[:2]) == {"gamer", "senior"}
    assert found["verdict"].to_dict() == {
        "gamer": "more than claimed", "senior": "fewer than claimed", "student": "as claimed", "family": "as claimed",
    }  # fmt: skip


def test_a_wide_interval_over_the_claim_confirms_nothing():
    assert mix(n=40, student=0.25, gamer=0.75, claimed=[0.25, 0.75])["verdict"].tolist() == ["not enough data"] * 2


def test_unequal_weights_make_a_difference_less_sure():
    assert mix(student=0.31, effective=100).loc["student", "q"] > mix(student=0.31).loc["student", "q"]


def test_a_persona_the_company_does_not_claim_has_no_verdict():
    found = mix(student=0.31, gamer=0.69, claimed=[0.25, np.nan])
    assert found["verdict"].tolist() == ["more than claimed", ""] and np.isnan(found.loc["gamer", "q"])


def test_sentences_on_personas():
    wrong = mix(student=0.4, gamer=0.6, claimed=[0.25, 0.75]).reset_index()
    assert describe_personas(wrong).replace("\u00a0", " ") == (
        "Those who answered are not the customers the company believes it has: "
        "student 40 % instead of 25 % (most likely 35 to 45 %) and gamer 60 % instead of 75 % (55 to 65 %); 400 people."
    )
    assert describe_personas(mix(student=0.25).reset_index()).startswith("No persona is surely more or fewer")
    assert "column persona" in describe_personas(wrong.iloc[:0])
    assert "personas.csv" in describe_personas(mix(student=0.4, claimed=[np.nan]).reset_index())


def test_the_residuals_are_those_of_pearsons_test_of_all_claims_together():
    found = mix(student=0.3, gamer=0.25, senior=0.2, family=0.25)
    expected = np.full(4, 100.0)
    observed = 400 * found["share"]
    adjusted = (observed - expected) / np.sqrt(expected * (1 - expected / 400))
    assert found["residual"].tolist() == pytest.approx(adjusted.tolist())
    assert found["p_mix"].tolist() == pytest.approx([stats.chisquare(observed, expected).pvalue] * 4)


def test_personas_that_are_not_shown_are_one_cell_of_the_test():
    shares, claims = {"student": 0.5, "gamer": 0.4}, [0.5, 0.3, 0.15, 0.05]
    found = pd.DataFrame({"persona": list(shares), "n": 400, "share": list(shares.values()), "se": 0.02})
    personas = pd.DataFrame({"persona": ["student", "gamer", "senior", "family"], "claimed_share": claims})
    p = compare_personas(found.assign(n_effective=400.0), personas)["p_mix"]
    assert p.tolist() == pytest.approx([stats.chisquare([200, 160, 40], [200, 120, 80]).pvalue] * 2)


def test_all_claims_are_tested_together_only_where_they_add_up_and_enough_is_expected():
    assert np.isnan(mix(student=0.4, gamer=0.6).loc["student", "p_mix"])
    assert np.isnan(mix(n=12, student=0.4, gamer=0.6, claimed=[0.25, 0.75]).loc["student", "p_mix"])
    assert mix(student=0.4, gamer=0.6, claimed=[0.26, 0.75]).loc["student", "p_mix"] < 1e-6


def test_the_sentence_names_the_test_of_the_whole_where_no_persona_is_surely_wrong():
    alike = describe_personas(mix(student=0.26, gamer=0.74, claimed=[0.25, 0.75]).reset_index())
    assert alike.replace("\u00a0", " ").endswith(", nor do all together surely differ (χ² test, p .644; n 400).")
    together = mix(student=0.26, gamer=0.74, claimed=[0.25, 0.75]).assign(p_mix=0.01).reset_index()
    assert "yet together they differ from the claims (χ² test, p\u00a0.010" in describe_personas(together)


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_the_error_of_a_mean_at_the_ceiling_is_guarded(make_study, engine):
    expected, experienced = [7] * 24 + [6, 6, 5, 6, 1, 2], [7] * 27 + [1, 2, 3]
    people = [f"p{place}" for place in range(30)]
    table = pd.DataFrame(dict(respondent=people, touchpoint="pay", expected=expected, experienced=experienced))
    study = open_study(make_study(ratings=table), engine=engine)
    found = summarise_ratings(study).iloc[0]
    skewness = stats.skew(expected) * (29 / 30) ** 1.5
    se, effective = guard_rare_failures(stats.sem(expected), 30, 30, 24, skewness, study.width)
    assert found[["se_expected", "n_effective_expected"]].tolist() == pytest.approx([float(se), float(effective)])
    assert se > 1.2 * stats.sem(expected) and np.isnan(found["se_experienced"])
    assert np.isnan(summarise_experience(study).iloc[0]["se_experienced"])
