"""Kano's categories: the standard table, the coefficients of satisfaction, and when a category is sure."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study, summarise_ratings
from cxlib.charts.kano import plot_kano
from cxlib.expectations.kano import CATEGORIES, describe_kano, describe_unreadable, find_kano
from cxlib.summaries.expectations import summarise_kano
from cxlib.words import listed

# like, must be, neutral, live with, dislike: with the feature down, without it across (Berger et al. 1993)
PUBLISHED = ["Q A A A O".split(), *["R I I I M".split()] * 3, "R R R R Q".split()]


def summary(**items):
    """Items with their counts in the order M, O, A, I, R, Q, everybody counting once."""
    table = pd.DataFrame(items, index=list(CATEGORIES)).T.astype("float64")
    told, n = table[list("MOAI")].sum(axis=1), table.sum(axis=1)
    for name, letters in (("better", "AO"), ("worse", "OM")):
        share = table[list(letters)].sum(axis=1) / told
        table = table.assign(**{name: share, f"se_{name}": np.sqrt(share * (1 - share) / (told - 1))})
        table = table.assign(**{f"n_{name}": told, f"n_effective_{name}": told})
    return table.assign(n=n.astype("int64"), n_effective=n, label=table.index, touchpoint=table.index, unreadable=0)


def row(*counts, **options):
    return find_kano(summary(item=counts), **options).iloc[0]


def kano_study(make_study, rows, settings="", engine="pandas", **tables):
    columns = ["respondent", "touchpoint", "kano_with", "kano_without"]
    ratings = pd.DataFrame(rows, columns=[*columns, *("visit" for _ in range(len(rows[0]) - 4))])
    return open_study(make_study(ratings=ratings, settings=f"title: Kano\n{settings}", **tables), engine=engine)


def test_every_pair_of_answers_has_the_category_of_the_published_table(make_study):
    rows = [("ann", f"{a}/{b}", a, b) for a in range(1, 6) for b in range(1, 6)]
    found = summarise_kano(kano_study(make_study, rows, engine="duckdb")).set_index("touchpoint")[list(CATEGORIES)]
    said = {name: counts.idxmax() for name, counts in found.iterrows() if counts.sum() == 1}
    assert said == {f"{a}/{b}": PUBLISHED[a - 1][b - 1] for _, _, a, b in rows}


@pytest.mark.parametrize(
    ("counts", "better", "worse"), [((95, 123, 45, 33, 0, 0), 0.568, -0.736), ((15, 24, 121, 124, 6, 6), 0.511, -0.137)]
)
def test_coefficients_are_those_of_the_worked_examples(counts, better, worse):
    found = row(*counts)
    assert (round(found["better"], 3), round(found["worse"], 3)) == (better, worse)


def test_intervals_are_wilsons_on_those_who_are_neither_reverse_nor_questionable():
    found = row(15, 24, 121, 124, 6, 6)
    better = stats.binomtest(145, 284).proportion_ci(method="wilson")
    assert (found["better_low"], found["better_high"]) == pytest.approx(tuple(better))
    worse = stats.binomtest(39, 284).proportion_ci(method="wilson")
    assert (found["worse_low"], found["worse_high"]) == pytest.approx((-worse.high, -worse.low))


def test_a_category_is_sure_where_the_sign_test_of_the_first_two_says_so():
    clear, close = row(30, 90, 20, 10, 0, 0), row(95, 110, 45, 33, 0, 0)
    for found, first, second in ((clear, 90, 30), (close, 110, 95)):
        assert found["p"] == pytest.approx(stats.binomtest(first, first + second).pvalue)
    assert clear[["category", "sure", "verdict"]].tolist() == ["one-dimensional", "yes", "one-dimensional"]
    assert close[["category", "sure", "verdict"]].tolist() == ["one-dimensional", "no", "not sure"]


def test_one_of_many_items_takes_more_to_be_sure():
    alone = row(45, 25, 10, 10, 0, 0)
    among = find_kano(summary(item=(45, 25, 10, 10, 0, 0), **{f"i{k}": (20, 20, 9, 9, 0, 0) for k in range(9)}))
    among = among.set_index("touchpoint").loc["item"]
    assert alone["sure"] == "yes" and among["sure"] == "no" and among["p"] == alone["p"]


def test_a_tie_goes_to_must_be_then_one_dimensional_then_attractive():
    found = find_kano(summary(a=(9, 9, 9, 9, 0, 0), b=(2, 9, 9, 9, 0, 0), c=(2, 3, 9, 9, 0, 0), d=(0, 0, 0, 9, 9, 0)))
    assert found["category"].tolist() == ["must-be", "one-dimensional", "attractive", "indifferent"]
    assert set(found["verdict"]) == {"not sure"} and set(found["p"]) == {1.0}


def test_where_no_category_leads_one_is_seldom_said_to():
    counts = np.random.default_rng(3).multinomial(200, [0.25, 0.25, 0.25, 0.25, 0, 0], size=2000)
    shares = [find_kano(summary(**{f"i{k}": line for k, line in enumerate(counts)}))["p"].le(0.05).mean()]
    counts = np.random.default_rng(4).multinomial(200, [0.45, 0.45, 0.05, 0.05, 0, 0], size=2000)
    shares += [find_kano(summary(**{f"i{k}": line for k, line in enumerate(counts)}))["p"].le(0.05).mean()]
    assert max(shares) <= 0.05


def test_weights_and_a_second_visit_count_and_the_respondent_is_the_unit(make_study):
    rows = [("ann", "x", 1, 5, "a"), ("ann", "x", 2, 5, "b"), ("bob", "x", 1, 2, "a"), ("eve", "x", 3, 3, "a")]
    found = summarise_kano(kano_study(make_study, rows, respondents="respondent,weight\nann,2\nbob,1\neve,1\n")).iloc[0]
    assert found["n"] == 3 and found[list("OMAI")].tolist() == pytest.approx([1.0, 1.0, 0.5, 0.5])
    a, b = np.array([2.0, 1, 0]), np.array([4.0, 1, 1])  # better: one of ann's two answers, bob's, not eve's
    se = np.sqrt(3 / 2 * ((a - a.sum() / b.sum() * b) ** 2).sum()) / b.sum()
    assert (found["better"], found["se_better"]) == pytest.approx((0.5, se))
    assert found["n_effective"] == pytest.approx(36 / 18)


def test_words_stand_for_what_codes_say_and_others_are_counted(make_study):
    rows = [("ann", "x", "like", "no"), ("bob", "x", "like", "no"), ("eve", "x", "like", "huh"), ("kim", "x", "1", "5")]
    codes = "codes: {kano_with: {like: 1}, kano_without: {'no': 5, '5': 4}}"
    found = summarise_kano(kano_study(make_study, [*rows, ("ann", "y", "huh", "5")], codes))
    assert found[["n", "O", "A", "unreadable"]].fillna(0).values.tolist() == [[3, 2, 1, 1], [0, 0, 0, 1]]
    assert describe_unreadable(found).startswith("2 Kano answers cannot be read: codes of kano_with")
    assert find_kano(found)["touchpoint"].tolist() == ["x"] and describe_unreadable(found.iloc[:0]) == ""


def test_an_item_that_is_no_touchpoint_has_no_gap(make_study, small_ratings):
    asked = small_ratings.assign(kano_with=1, kano_without=[5, 5, 4, 2, 2])
    item = asked.head(3).assign(touchpoint="Gift wrapping", channel="", expected=None, experienced=None)
    study = open_study(make_study(ratings=pd.concat([asked, item])), engine="pandas")
    assert sorted(summarise_ratings(study)["touchpoint"]) == ["checkout", "search"]
    assert summarise_kano(study)["n"].tolist() == [3, 3, 2]


@pytest.mark.small_groups
def test_an_item_of_few_people_is_not_shown_nor_one_that_would_tell(make_study):
    rows = [(f"p{k}", item, 1, 5) for k in range(9) for item in ("a", "b", "c")] + [("p8", "few", "huh", None)]
    rows += [(f"p{k}", "few", 1, 5) for k in range(4)] + [(f"p{k}", "odd", 1, 1 if k < 6 else 5) for k in range(9)]
    found = summarise_kano(kano_study(make_study, rows)).set_index("touchpoint")
    assert found.loc["few", ["n", "n_better", "unreadable"]].tolist() == [0, 0, 0]
    assert found.loc["few", [*CATEGORIES, "better", "worse"]].isna().all()
    shown = find_kano(found.reset_index()).set_index("touchpoint")
    assert set(shown["n"]) == {9} and {"odd"} < set(shown.index) and len(shown) == 3
    assert np.isnan(shown.loc["odd", "better"]) and shown.loc["odd", "Q"] == 6  # three people told better from worse


def test_a_study_without_kano_answers_says_what_switches_them_on(make_study, small_ratings):
    found = find_kano(summarise_kano(open_study(make_study(ratings=small_ratings))))
    assert found.empty and {"category", "sure", "q", "better_low"} <= set(found)
    assert "Columns kano_with and kano_without of the ratings" in describe_kano(found)


def test_sentences_on_categories():
    found = find_kano(summary(Lock=(90, 30, 5, 15, 0, 1), Gift=(2, 8, 90, 20, 0, 0), Bag=(30, 33, 40, 37, 0, 0)))
    assert describe_kano(found).replace("\u00a0", " ") == (
        "Of 3 features 1 must-be, 1 attractive and 1 not sure. Most missed: Lock (86 %, 79 to 91 %; n 140)."
    )
    assert describe_kano(found[found["label"] == "Lock"]).startswith("Lock is must-be: without it 86")
    unsure = find_kano(summary(Bag=(30, 33, 40, 37, 0, 0), Cap=(9, 9, 8, 7, 0, 0)))
    assert describe_kano(unsure).startswith("Of 2 features none is surely of one Kano category. Most missed: Cap")
    assert describe_kano(unsure.head(1)).startswith("Cap is perhaps must-be, not surely: without it 55")
    assert describe_kano(found.assign(worse=np.nan)).startswith("Too few people")
    every = dict(Lock=(90, 30, 5, 15, 0, 1), b=(3, 90, 5, 5, 0, 0), c=(3, 3, 90, 5, 0, 0), d=(3, 3, 5, 90, 0, 0))
    every |= dict(e=(3, 3, 5, 5, 90, 0), f=(3, 3, 5, 5, 0, 90), g=(9, 9, 9, 9, 0, 0))
    assert len(describe_kano(find_kano(summary(**every))).split()) <= 30


@pytest.mark.parametrize("count", [1, 3, 29])
def test_the_chart_has_a_row_an_item_with_both_coefficients(count):
    rng = np.random.default_rng(1)
    names = [f"{'A very long name of a feature that nobody would miss ' * (k % 2)}{k}" for k in range(count)]
    kano = find_kano(summary(**{name: rng.integers(1, 60, 6) for name in names}))
    ax = plot_kano(kano, title=describe_kano(kano))
    worse, better = (dots.get_offsets() for dots in ax.collections[-3::2])
    assert better.tolist() == [[x, row] for row, x in enumerate(kano["better"])]
    assert worse.tolist() == [[x, row] for row, x in enumerate(kano["worse"])]
    said = [text.get_text() for text in ax.texts if text.get_text().endswith(("not sure", *CATEGORIES.values()))]
    doubts = [", not sure" if verdict == "not sure" else "" for verdict in kano["verdict"]]
    assert said == [f"{category}{doubt}" for category, doubt in zip(kano["category"], doubts)]
    assert listed(kano["n"].map("{:,}".format), most=99) == listed(
        [label.get_text().rpartition("n ")[2].rstrip(")") for label in ax.get_yticklabels()], most=99
    )
    plt.close("all")


def test_nothing_is_drawn_without_an_item():
    kano = find_kano(summary(Lock=(9, 3, 5, 1, 0, 1)))
    assert plot_kano(kano.iloc[:0], title="none") is None and plot_kano(kano.assign(better=np.nan), title="few") is None


def test_worse_off_are_the_one_dimensional_and_the_must_be_among_four_categories(make_study):
    pairs = [(1, 3)] * 3 + [(1, 5)] * 2 + [(2, 5)] * 4 + [(3, 3)] + [(1, 1)] * 5  # A, O, M, I and questionable
    study = make_study(
        ratings=pd.DataFrame(pairs, columns=["kano_with", "kano_without"]).assign(
            respondent=lambda table: table.index, touchpoint="dark mode"
        )
    )
    assert find_kano(summarise_kano(open_study(study))).loc[0, ["better", "worse"]].tolist() == [0.5, -0.6]
