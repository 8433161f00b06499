"""Step 2, what customers say: themes typical of each touchpoint, topics, and quotes that may be shown."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib.charts.feedback import plot_typical
from cxlib.expectations import feedback as step
from cxlib.expectations.feedback import (
    choose_quotes,
    describe_quotes,
    describe_topics,
    describe_typical,
    find_topics,
    find_typical_words,
)
from cxlib.tables import StudyError
from cxlib.typical import log_odds


def coded(**said):
    """Feedback by touchpoint: {code: how many people}."""
    rows = [(place, f"it was {code}", code) for place, codes in said.items() for code, n in codes.items()
            for _ in range(n)]  # fmt: skip
    return pd.DataFrame(rows, columns=["touchpoint", "text", "code"]).assign(customer=None)


SURE = 9  # of the 12 themes × touchpoints tested, of either direction
PLANTED = coded(
    delivery={"late": 30, "dear": 10}, checkout={"breaks": 25, "dear": 10, "late": 6}, support={"rude": 20, "dear": 10}
)


def words(sentence):
    return sentence.replace("\u00a0", " ")


def test_planted_themes_are_typical_of_their_touchpoint_and_common_ones_of_none():
    typical = find_typical_words(PLANTED)
    sure = typical[typical["verdict"] == "typical"]
    assert sure[["touchpoint", "theme"]].values.tolist() == [
        ["delivery", "late"], ["support", "rude"], ["checkout", "breaks"]
    ]  # fmt: skip
    assert "typical" not in set(typical.loc[typical["theme"] == "dear", "verdict"])
    assert sure[["n", "n_quotes", "unit"]].values.tolist() == [[30, 30, "code"], [20, 20, "code"], [25, 25, "code"]]


def test_log_odds_and_interval_are_those_of_a_plain_computation():
    late = find_typical_words(PLANTED).iloc[0]
    y1, n1, y2, n2 = 30, 40, 6, 71
    a1, a2 = (2 * n / (n1 + n2) for n in (n1, n2))
    cells = [y1 + a1, n1 - y1 + 3 * a1, y2 + a2, n2 - y2 + 3 * a2]
    delta = math.log(cells[0] / cells[1]) - math.log(cells[2] / cells[3])
    se = math.sqrt(sum(1 / cell for cell in cells))
    assert late["log_odds"] == pytest.approx(delta)
    assert late["high"] == pytest.approx(delta + stats.norm.isf(0.025 * SURE / 12) * se)
    assert late["p"] == pytest.approx(math.erfc(delta / se / math.sqrt(2)))


def test_all_touchpoints_at_once_are_each_against_the_rest():
    counts = np.array([[30, 6, 0], [10, 10, 10], [0, 25, 20]])
    at_once = log_odds(counts, counts.sum(axis=1, keepdims=True) - counts)
    for place in range(3):
        alone = log_odds(counts[:, place], counts.sum(axis=1) - counts[:, place])
        assert np.allclose([at_once[0][:, place], at_once[1][:, place]], alone)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_typical_and_only_that_has_an_interval_off_0(seed):
    rng = np.random.default_rng(seed)
    said = {f"p{place}": {f"w{k}": int(rng.integers(8, 26)) for k in range(12)} for place in range(3)}
    for top in (1, 6):
        typical = find_typical_words(coded(**said), top=top)
        assert ((typical["low"] > 0) == (typical["verdict"] == "typical")).all()


def test_q_is_adjusted_over_all_themes_and_touchpoints_not_those_shown():
    late = find_typical_words(PLANTED).iloc[0]
    assert late["q"] >= late["p"] and find_typical_words(PLANTED, top=1)["q"].iloc[0] == late["q"]


def test_a_customer_is_one_voice_and_quotes_are_counted_beside_people():
    loud = PLANTED.assign(customer=["c1"] * 20 + [None] * (len(PLANTED) - 20))
    late = find_typical_words(loud).set_index("theme").loc["late"]
    assert (late["n"], late["n_quotes"]) == (11, 30)


def test_rare_themes_and_touchpoints_are_left_out():
    few = pd.concat([PLANTED, coded(help={"odd": 4}, delivery={"lost": 4})])
    typical = find_typical_words(few)
    assert not {"odd", "lost"} & set(typical["theme"]) and "help" not in set(typical["touchpoint"])


def test_figures_that_give_a_few_people_elsewhere_away_are_blank_but_the_verdict_stays():
    typical = find_typical_words(coded(a={"late": 30, "dear": 9}, b={"late": 3, "dear": 40}, c={"dear": 20, "rude": 9}))
    late = typical[typical["theme"] == "late"].iloc[0]
    assert late["verdict"] == "typical" and late[["n", "n_quotes", "log_odds", "low", "high", "p", "q"]].isna().all()
    assert typical.loc[typical["theme"] == "rude", "n"].tolist() == [9]


def test_of_two_touchpoints_that_leave_a_few_of_a_third_the_smaller_is_blank():
    said = coded(a={"late": 30, "dear": 30}, b={"late": 20, "dear": 20}, c={"late": 4, "dear": 90})
    late = find_typical_words(said).query("theme == 'late'").set_index("touchpoint")["n"]
    assert late["a"] == 30 and pd.isna(late["b"]) and "c" not in late


def test_without_codes_words_are_the_themes_and_one_may_ask_for_them():
    typical = find_typical_words(PLANTED.assign(code=None))
    assert set(typical["unit"]) == {"word"} and "late" in set(typical["theme"])
    pd.testing.assert_frame_equal(typical, find_typical_words(PLANTED, unit="word"))


def test_labels_come_from_the_feedback_and_its_order_does_not_matter():
    labelled = PLANTED.assign(label=PLANTED["touchpoint"].str.upper())
    before = labelled.copy()
    shuffled = find_typical_words(labelled.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(find_typical_words(labelled), shuffled)
    pd.testing.assert_frame_equal(labelled, before)
    assert shuffled["label"].iloc[0] == "DELIVERY"
    assert find_typical_words(PLANTED.assign(label=np.nan))["label"].iloc[0] == "delivery"


@pytest.mark.parametrize("feedback", [PLANTED.iloc[:0], PLANTED.iloc[:40], PLANTED.assign(code="x", text=None)])
def test_nothing_to_compare_is_an_empty_table_and_a_sentence(feedback):
    typical = find_typical_words(feedback)
    assert typical.empty and list(typical) == list(step.TYPICAL)
    assert "feedback.csv" in describe_typical(typical) and plot_typical(typical, title="x") is None


def test_feedback_without_text_is_refused():
    with pytest.raises(StudyError, match="feedback lacks"):
        find_typical_words(PLANTED.drop(columns="code"))


def test_sentences_for_many_one_hidden_and_none():
    typical = find_typical_words(PLANTED)
    many, one = words(describe_typical(typical)), words(describe_typical(typical.iloc[:1]))
    late = "late of delivery (30 people; log odds ratio most likely +2.10 to +4.25), "
    assert many.startswith(f"Said more than elsewhere: {late}")
    assert many.endswith("rude of support and 1 more touchpoint.") and len(many.split()) <= 30
    assert one.endswith(").") and "checkout" not in one
    hidden = typical.iloc[:1].assign(n=pd.array([pd.NA], dtype="Int64"))
    assert describe_typical(hidden) == "Said more than elsewhere: late of delivery."
    assert "Nothing is surely said more" in describe_typical(typical.assign(verdict="no sure difference"))


TOPICS = {
    "delivery": "parcel courier late driver door damaged box waited",
    "checkout": "payment card refused page error basket voucher bank",
    "support": "hotline hold agent rude answer callback queue email",
}
FILLER = "the and was with very they that this had for again but"


def invent(each=40, mixed=False):
    """Quotes of four words of a topic and five others, or of words of all topics."""
    rng = np.random.default_rng(1)
    rows = []
    for place, topic in TOPICS.items():
        pool = " ".join(TOPICS.values()).split() if mixed else topic.split()
        for _ in range(each):
            said = [*rng.choice(pool, 4, replace=False), *rng.choice(FILLER.split(), 5, replace=False)]
            rows.append((place, " ".join(rng.permutation(said))))
    return pd.DataFrame(rows, columns=["touchpoint", "text"]).assign(code=None, customer=None)


def test_planted_topics_are_found_with_their_words_touchpoint_and_share():
    topics = find_topics(invent(), topics=3)
    for row in topics.itertuples():
        assert set(row.words.split(", ")) <= set(TOPICS[row.touchpoints].split())
        assert row.n == 40 and row.share == pytest.approx(1 / 3) and row.low < row.share < row.high
    assert set(topics["verdict"]) == {"stable"} and topics["topic"].tolist() == ["1", "2", "3"]


def test_topics_of_random_words_are_not_stable_and_the_same_table_comes_again():
    topics = find_topics(invent(mixed=True), topics=3)
    assert set(topics["verdict"]) == {"not stable"} and (topics["stability"] < 0.9).all()
    pd.testing.assert_frame_equal(topics, find_topics(invent(mixed=True).sample(frac=1, random_state=5), topics=3))


@pytest.mark.parametrize("texts", [[], ["late"] * 50, [f"word{place}" for place in range(9)], [None, ""] * 20])
def test_few_distinct_texts_are_not_enough_data(texts):
    said = pd.DataFrame({"touchpoint": "a", "text": pd.array(texts, dtype="str"), "code": None, "customer": None})
    topics = find_topics(said)
    assert topics.empty and list(topics) == list(step.TOPICS) and "30 different wordings" in describe_topics(topics)


def test_a_word_of_one_customer_is_no_word_of_a_topic():
    said = pd.concat([invent(), pd.DataFrame({"touchpoint": "delivery", "text": ["Mr Zebedee parcel"] * 9})])
    said["customer"] = [None] * 120 + ["c1"] * 9
    assert "zebedee" not in " ".join(find_topics(said, topics=3)["words"])


def test_small_topics_and_what_would_give_them_away_are_left_out():
    table = pd.DataFrame({"n": [50, 20, 3], "n_people": [50, 20, 3]})
    assert step.keep_many(table, 73, 5)["n"].tolist() == [50]
    assert step.keep_many(table, 83, 5)["n"].tolist() == [50, 20]
    assert step.keep_many(table, 73, 0)["n"].tolist() == [50, 20, 3]


def test_the_largest_topic_is_said_with_share_interval_and_n():
    topics = find_topics(invent(), topics=3)
    said = words(describe_topics(topics))
    assert said.startswith("Largest of 3 topics: ") and "(33 %, 26 to 42 %; n 40 quotes)" in said
    assert said.endswith("3 come again.") and len(said.split()) <= 30
    assert words(describe_topics(topics.iloc[:1])).startswith("Largest of 1 topic: ")


def test_quotes_hold_typical_themes_are_redacted_short_and_of_different_people():
    said = coded(delivery={"late": 12}, checkout={"breaks": 12})
    said.loc[0, "text"] = "Late again, write to ann@example.com please."
    said.loc[1, "text"] = "Too late."
    said.loc[2, "text"] = "It came late " + "and nobody told me " * 20
    said.loc[3:11, "text"] = said.loc[2, "text"]
    quotes = choose_quotes(said, find_typical_words(said)).groupby("touchpoint")["quote"].agg(list)
    assert quotes["delivery"][0] == "Late again, write to [e-mail] please."
    assert len(quotes["delivery"][1]) <= 160 and quotes["delivery"][1].endswith(" …")
    assert quotes["checkout"] == ["it was breaks"]


def test_two_themes_are_quoted_before_one_twice():
    said = coded(delivery={"late": 12, "lost": 12}, checkout={"breaks": 24})
    quotes = choose_quotes(said, find_typical_words(said))
    assert quotes.loc[quotes["touchpoint"] == "delivery", "themes"].tolist() == ["late", "lost"]


def test_verbatims_need_ten_people_and_something_typical():
    nine = coded(delivery={"late": 9}, checkout={"breaks": 12})
    assert set(choose_quotes(nine, find_typical_words(nine))["touchpoint"]) == {"checkout"}
    loud = nine.assign(customer=["c1"] * 9 + [None] * 12)
    assert "delivery" not in set(choose_quotes(loud, find_typical_words(nine))["touchpoint"])
    nothing = find_typical_words(nine).assign(verdict="no sure difference")
    assert choose_quotes(nine, nothing).empty and list(choose_quotes(nine, nothing)) == list(step.QUOTE)


def test_a_long_quote_without_spaces_is_cut_and_not_emptied():
    assert step.cut_quote("很" * 400) == "很" * 159 + "…"


def test_sentences_on_quotes():
    said = coded(delivery={"late": 12}, checkout={"breaks": 12})
    quotes = choose_quotes(said, find_typical_words(said))
    assert "show_quotes: true" in describe_quotes(quotes, shown=False)
    assert describe_quotes(quotes, shown=True).startswith("2 quotes on 2 touchpoints")
    assert "ten people" in describe_quotes(quotes.iloc[:0], shown=True)
    assert "names cannot be found" in describe_quotes(quotes, shown=True)


@pytest.mark.parametrize("count", [1, 8, 24])
def test_the_chart_has_a_dot_for_every_theme_it_names(count):
    names = [f"Touchpoint with a long name {place}" for place in range(count) for _ in range(3)]
    table = pd.DataFrame({"label": names, "theme": ["late", "dear", "rude"] * count, "n": 40, "log_odds": 2.0})
    table = table.assign(low=1.0, high=3.0, verdict="typical").astype({"n": "Int64"})
    table.loc[0, ["n", "log_odds", "low", "high"]] = None
    ax = plot_typical(table, title="What is typical")
    ticks = [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()]
    bold = [label for label in ax.get_yticklabels() if label.get_fontweight() == "bold"]
    assert len(bold) == (count if count < 24 else 0) and len(ticks) == (4 * count if count < 24 else 24)
    assert np.isfinite(ax.collections[1].get_offsets().filled(np.nan)[:, 0]).sum() == min(3 * count, 24) - 1
    assert [text for text in ticks if "(n\u00a0not shown)" in text] and ax.texts[count < 24].get_text() == "typical"
    plt.close("all")
