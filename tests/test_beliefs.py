"""Step 2, misunderstood needs: what staff believe customers expect, against what customers say."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib.charts.feedback import plot_beliefs
from cxlib.expectations.beliefs import (
    compare_beliefs,
    describe_beliefs,
    describe_rank_agreement,
    find_rank_agreement,
)
from cxlib.tables import StudyError

STAFF = {"delivery": [5, 4, 5, 6, 4, 5], "offers": [6, 5, 6, 7, 6, 5], "search": [5, 6, 5, 5, 6, 5]}
CUSTOMERS = {"delivery": (6.2, 0.9, 300), "offers": (4.4, 1.1, 280), "search": (5.3, 1.0, 310)}


def beliefs(column="expected", **said):
    rows = [(f"staff {n}", place, value) for place, values in said.items() for n, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["staff", "touchpoint", column])


def ratings(column="expected", **said):
    table = pd.DataFrame(
        [(place, place.title(), n, mean, sd / n**0.5, float(n)) for place, (mean, sd, n) in said.items()],
        columns=["touchpoint", "label", *(f"{figure}_{column}" for figure in ("n", "mean", "se", "n_effective"))],
    )
    return table.assign(stage="use")


def compare(staff=STAFF, customers=CUSTOMERS, **options):
    return compare_beliefs(beliefs(**staff), ratings(**customers), **dict(met_within=0.24) | options)


def test_planted_misjudgements_are_found_and_the_widest_underestimate_comes_first():
    found = compare()
    assert found["touchpoint"].tolist() == ["delivery", "search", "offers"]
    assert found["verdict"].tolist() == ["underestimated", "not enough data", "overestimated"]
    assert found["difference"].iloc[0] == pytest.approx(29 / 6 - 6.2)


@pytest.mark.parametrize("staff", [STAFF["delivery"], [4, 5, 6, 4, 5, 6], [7, 7, 6, 7, 7, 3]])
def test_interval_and_p_are_welchs_with_an_error_that_grows_with_the_skewness_of_the_staff(staff):
    found = compare({"delivery": staff}).iloc[0]
    mean, sd, n = CUSTOMERS["delivery"]
    wider = 1 + stats.skew(staff, bias=False) ** 2 / 6
    t, p = stats.ttest_ind_from_stats(np.mean(staff), wider * np.std(staff, ddof=1), 6, mean, sd, n, equal_var=False)
    assert found["p"] == pytest.approx(p)
    se = found["difference"] / t
    v = [wider**2 * np.var(staff, ddof=1) / 6, sd**2 / n]
    worth = sum(v) ** 2 / (v[0] ** 2 / 5 + v[1] ** 2 / (n - 1))
    assert (found["low"], found["high"]) == pytest.approx(stats.t.interval(0.95, worth, found["difference"], se))
    assert (found["believed_low"], found["believed_high"]) == pytest.approx(
        stats.t.interval(0.95, 5, np.mean(staff), wider * stats.sem(staff))
    )


def test_understood_is_an_equivalence_not_a_lack_of_evidence():
    close = {"search": [5, 6] * 40, "advice": [5, 6, 5]}
    found = compare(close, {"search": (5.5, 1.0, 900), "advice": (5.5, 1.0, 900)}, least=3).set_index("touchpoint")
    assert found.loc[["search", "advice"], "verdict"].tolist() == ["understood", "not enough data"]


def test_staff_are_people_too_and_few_of_them_are_not_shown():
    assert compare({"delivery": [5, 4, 5, 6]}).empty
    assert compare({"delivery": [5, 4, 5, 6]}, least=4)["n_staff"].tolist() == [4]


def test_two_members_of_staff_are_never_enough_data():
    found = compare({"delivery": [1, 2]}, least=0).iloc[0]
    assert found["verdict"] == "not enough data" and pd.isna(found["p"]) and found["n_staff"] == 2


def test_where_all_staff_believe_the_same_it_is_not_known_how_sure_that_is():
    found = compare({"delivery": [4] * 8}).iloc[0]
    assert found["difference"] == pytest.approx(-2.2) and found[["low", "high", "p", "q"]].isna().all()


def test_somebody_asked_twice_counts_once():
    twice = pd.concat([beliefs(**STAFF), beliefs(delivery=[5, 4, 5, 6, 4, 5])])
    pd.testing.assert_frame_equal(compare_beliefs(twice, ratings(**CUSTOMERS), met_within=0.24), compare())


def test_touchpoints_only_one_side_rated_are_left_out():
    found = compare(STAFF | {"manual": [5, 4, 3, 4, 5]}, CUSTOMERS | {"faq": (5, 1, 9)})
    assert set(found["touchpoint"]) == set(STAFF)
    nobody = ratings(**CUSTOMERS).assign(n_expected=[0, 280, 310], mean_expected=[np.nan, 4.4, 5.3])
    assert set(compare_beliefs(beliefs(**STAFF), nobody, met_within=0.2)["touchpoint"]) == {"offers", "search"}


def test_stated_importance_is_compared_by_the_same_function():
    staff, customers = beliefs("importance", **STAFF), ratings("importance", **CUSTOMERS)
    found = compare_beliefs(staff, customers, met_within=0.24, column="importance")
    assert {"importance", "importance_low", "importance_high"} <= set(found) and "expected" not in found
    assert found["difference"].tolist() == pytest.approx(compare()["difference"].tolist())
    assert "the importance to customers" in describe_beliefs(found, column="importance")
    assert find_rank_agreement(found, column="importance")["n"].tolist() == [3, 3]


def test_beliefs_without_staff_are_refused():
    with pytest.raises(StudyError, match="beliefs lacks"):
        compare_beliefs(beliefs(**STAFF).drop(columns="staff"), ratings(**CUSTOMERS), met_within=0.2)
    with pytest.raises(StudyError, match="summarise_ratings"):
        compare_beliefs(beliefs(**STAFF), ratings(**CUSTOMERS).drop(columns="se_expected"), met_within=0.2)


def test_sentences_for_many_one_none_and_no_data():
    found = compare()
    said = describe_beliefs(found).replace("\u00a0", " ")
    assert said.startswith("Of what customers expect, staff underestimate Delivery (−1.4; ")
    assert (
        "and overestimate Offers (+1.4; " in said
        and said.endswith("(2 of 3 misjudged; n 6 staff).")
        and len(said.split()) <= 30
    )
    one = describe_beliefs(found.iloc[:1])
    assert "underestimate Delivery" in one and "overestimate" not in one
    unsure = found.assign(verdict="not enough data")
    assert "cannot be told of any of 3 touchpoints" in describe_beliefs(unsure)
    assert "at 1 of 3 touchpoints; none is surely misjudged" in describe_beliefs(
        unsure.assign(verdict=["understood", "not enough data", "not enough data"])
    )
    assert "beliefs.csv" in describe_beliefs(found.iloc[:0]) and "5 members of staff" in describe_beliefs(found[:0])


def test_the_sentence_stays_short_with_many_long_names():
    table = compare().iloc[[0, 2]].assign(label="A touchpoint with a name of many words")
    many = pd.concat([table] * 9, ignore_index=True)
    assert len(describe_beliefs(many).split()) <= 30 and "18 of 18 misjudged" in describe_beliefs(many)


def ranked(believed, expected):
    return pd.DataFrame({"believed": believed, "expected": expected})


def test_rank_agreement_is_spearmans_and_kendalls_with_bonett_and_wrights_interval():
    believed, said = [1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 4, 3, 6, 5, 8, 7]
    found = find_rank_agreement(ranked(believed, said)).set_index("measure")
    rho = 1 - 6 * 8 / (8 * 63)
    se = np.sqrt((1 + rho**2 / 2) / 5)
    assert found.loc["Spearman's ρ", "agreement"] == pytest.approx(rho)
    assert found.loc["Spearman's ρ", "low"] == pytest.approx(np.tanh(np.arctanh(rho) - 1.959963985 * se))
    tau = (24 - 4) / 28
    assert found.loc["Kendall's τ-b", "agreement"] == pytest.approx(tau) and (found["n"] == 8).all()
    high = np.tanh(np.arctanh(tau) + 1.959963985 * np.sqrt(0.437 * (1 + tau**2) / 4))
    assert found.loc["Kendall's τ-b", "high"] == pytest.approx(high)


def test_the_same_order_on_both_sides_is_no_certainty():
    found = find_rank_agreement(ranked(range(8), range(8)))
    assert (found["agreement"].round(9) == 1).all() and found[["low", "high"]].isna().all(axis=None)
    assert describe_rank_agreement(found).startswith("Staff put all 8 touchpoints in the same order as customers do;")
    assert "the opposite order" in describe_rank_agreement(find_rank_agreement(ranked(range(8), range(8, 0, -1))))


def test_sentences_on_rank_agreement():
    alike = find_rank_agreement(ranked(range(12), [1, 0, *range(2, 12)]))
    turned = find_rank_agreement(ranked(range(12), [10, 11, *range(9, -1, -1)]))
    random = find_rank_agreement(ranked(range(6), [3, 0, 5, 1, 4, 2]))
    about = "Staff put touchpoints in about the order customers do (rank correlation +0.99, "
    assert describe_rank_agreement(alike).startswith(about)
    assert "opposite order" in describe_rank_agreement(turned) and "cannot be told" in describe_rank_agreement(random)
    for few in (ranked([1, 2, 3], [1, 2, 3]), ranked([1] * 8, range(8)), ranked([], [])):
        assert describe_rank_agreement(find_rank_agreement(few)) == ""


@pytest.mark.parametrize("count", [1, 24, 45])
def test_the_chart_sets_belief_and_customers_side_by_side(count):
    table = pd.concat([compare()] * 15, ignore_index=True).head(count)
    table["label"] = [f"A touchpoint with a rather long name {place}" for place in range(count)]
    ax = plot_beliefs(table, title="Staff underestimate delivery")
    filled = ax.collections[3].get_offsets()[:, 0]
    assert len(filled) == min(count, 20) and filled[0] == pytest.approx(6.2)
    assert ax.collections[2].get_offsets()[0][0] == pytest.approx(29 / 6)
    assert ax.texts[0].get_text() == "−1.4  underestimated" and "25 more" in ax.figure.get_supxlabel() or count < 45
    assert "(n 6 and 300)" in ax.get_yticklabels()[0].get_text()
    plt.close("all")


def test_without_a_row_there_is_no_chart():
    assert plot_beliefs(compare().iloc[:0], title="x") is None


def test_understood_is_said_from_where_the_ninety_percent_interval_lies_within():
    edge = compare(confidence=0.9).set_index("touchpoint").loc["search", ["low", "high"]].abs().max()
    found = [compare(met_within=edge * part).set_index("touchpoint")["verdict"] for part in (0.999, 1.001)]
    assert [verdict["search"] == "understood" for verdict in found] == [False, True]
