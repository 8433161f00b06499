"""Promises: how many were broken, by whom, and by how many days, on logs one can check by eye."""

import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study
from cxlib.charts.promises import plot_promises
from cxlib.experience.promises import describe_promises, find_promises
from cxlib.shares import newcombe
from cxlib.summaries.events import summarise_promises

LOG = """customer,case,time,event,channel,planned_time,ended_time
ann,1,2026-01-01,order,web,2026-01-05,2026-01-07
bob,2,2026-01-01,order,web,2026-01-05,2026-01-04T12:00Z
eve,3,2026-01-02,order,web,2026-01-05,2026-01-05
dan,4,2026-01-02,order,desk,2026-01-05,2026-01-09
dan,5,2026-01-03,order,desk,2026-01-05,
kim,6,2026-01-03,order,desk,,2026-01-05
"""
COLUMNS = ["finished", "late", "open", "customers", "mean_delay", "median_delay", "p90_delay"]


def said(table, **options):
    return describe_promises(table, **options).replace("\u00a0", " ")


def promises(**groups):
    """Groups with (finished, late)."""
    rows = pd.DataFrame([(name, *counts) for name, counts in groups.items()], columns=["channel", "finished", "late"])
    return rows.assign(open=0, overdue=0, median_delay=-1.0)


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_a_delay_is_ended_less_planned_and_positive_is_late(make_study, engine):
    study = open_study(make_study(events=LOG), engine=engine)
    found = summarise_promises(study).set_index("channel")
    assert found.loc["web", COLUMNS].tolist() == pytest.approx([3, 1, 0, 3, 0.5, 0, 1.6])
    assert found.loc["desk", COLUMNS].tolist() == pytest.approx([1, 1, 1, 1, 4, 4, 4])
    everything = summarise_promises(study, by="")
    assert list(everything)[0] == "finished" and everything.loc[0, COLUMNS[:4]].tolist() == [4, 2, 1, 4]


def test_a_customer_with_many_broken_promises_is_one_customer(make_study):
    rows = [(f"c{person}", f"{person}-{time}", person < 5) for person in range(20) for time in range(4)]
    log = pd.DataFrame(rows, columns=["customer", "case", "late"]).assign(event="order", time="2026-01-01")
    log["planned_time"], log["ended_time"] = (
        "2026-01-05",
        log.pop("late").map({True: "2026-01-06", False: "2026-01-04"}),
    )
    found = find_promises(summarise_promises(open_study(make_study(events=log)), by="")).iloc[0]
    assert found[["finished", "customers", "late_share"]].tolist() == [80, 20, 0.25]
    ends = stats.binomtest(5, 20).proportion_ci(method="wilson")
    assert found[["low", "high"]].tolist() == pytest.approx(list(ends))


@pytest.mark.small_groups
def test_groups_of_few_customers_are_others_together_with_the_next_smallest(make_study):
    sizes = {"web": 30, "phone": 12, "desk": 6, "fax": 3}
    rows = [(f"{channel}{place}", channel) for channel, size in sizes.items() for place in range(size)]
    log = pd.DataFrame(rows, columns=["customer", "channel"]).assign(event="order", time="2026-01-01")
    log = log.assign(planned_time="2026-01-05", ended_time="2026-01-06")
    found = summarise_promises(open_study(make_study(events=log))).set_index("channel")
    assert found["customers"].to_dict() == {"others": 9, "phone": 12, "web": 30}
    few = open_study(make_study(events=log[log["channel"] == "fax"]))
    assert summarise_promises(few).empty and summarise_promises(few, by="").empty


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_what_ends_after_the_day_looked_back_from_is_open_and_past_its_date_overdue(make_study, engine):
    log = (
        "customer,case,time,event,planned_time,ended_time\n"
        "ann,1,2026-01-01,order,2026-01-02,2026-02-20\nbob,2,2026-01-01,order,2026-01-02,2026-01-02\n"
        "eve,3,2026-01-03,order,2026-03-01,\n"
    )
    columns, folder = ["finished", "late", "open", "overdue"], make_study(events=log)
    found = [summarise_promises(open_study(folder, engine=engine, as_of=day), by="") for day in ("2026-01-03", "")]
    assert [table.loc[0, columns].tolist() for table in found] == [[1, 0, 2, 1], [2, 1, 1, 0]]


def test_a_promise_is_kept_or_broken_in_whichever_channel_it_ends(make_study):
    log = LOG.replace("2026-01-07", "") + "ann,1,2026-01-08,fetch,shop,2026-01-05,2026-01-07\n"
    study = open_study(make_study(events=log), channels=["web"])
    assert summarise_promises(study, by="").loc[0, ["finished", "late", "open"]].tolist() == [3, 1, 0]


def test_without_a_log_the_sentence_names_the_column(make_study, small_ratings):
    found = find_promises(summarise_promises(open_study(make_study(ratings=small_ratings))))
    assert found.empty and "column planned_time of the events" in said(found)


def test_each_group_is_set_against_all_others():
    found = find_promises(promises(web=(80, 48), desk=(70, 56))).iloc[1]
    assert found["difference"] == pytest.approx(0.2)
    assert found[["difference_low", "difference_high"]].tolist() == pytest.approx([0.0524, 0.3339], abs=5e-5)
    assert found["p"] == pytest.approx(stats.fisher_exact([[56, 14], [48, 32]]).pvalue)
    third = find_promises(promises(web=(80, 48), desk=(70, 56), post=(50, 10))).iloc[2]
    low, high = newcombe(0.2, 50, 104 / 150, 150, 0.95)
    assert third[["difference_low", "difference_high"]].tolist() == pytest.approx([low, high])
    assert third["verdict"] == "late less often"


def test_a_group_alone_has_nothing_to_be_set_against():
    found = find_promises(promises(web=(80, 48))).iloc[0]
    assert pd.isna(found["p"]) and pd.isna(found["difference"]) and found["verdict"] == "no sure difference"


def test_the_sentence_says_how_many_and_by_whom_more_often():
    assert said(find_promises(promises(web=(200, 30), desk=(100, 40), post=(100, 38)))) == (
        "Of 400 promises kept track of, 27 % were broken (23 to 32 %); more often than elsewhere: desk (40 %) and "
        "post (38 %)."
    )
    assert said(find_promises(promises(web=(50, 10), desk=(50, 11)))).endswith(
        "(14 to 30 %); no channel is surely late more often than the others."
    )
    assert said(find_promises(promises(web=(50, 10)))) == "Of 50 promises kept track of, 20 % were broken (11 to 33 %)."
    nothing = find_promises(promises(web=(0, 0)))
    assert said(nothing).endswith("none of those made has ended.")
    assert said(nothing.assign(overdue=3)).endswith("none of those made has ended; 3 are open past their date.")
    assert "column planned_time of the events" in said(find_promises(promises()))


def test_open_promises_past_their_date_are_said_in_thirty_words():
    groups = {"desk": (100, 40), "post": (100, 38), "phone": (100, 42), "web": (400, 30)}
    sentence = said(find_promises(promises(**groups).assign(overdue=[100, 5, 0, 0])))
    assert sentence.endswith(": phone (42 %) and 2 more; 105 more are open past their date.")
    assert len(sentence.replace(" %", "%").split()) <= 30


def test_customers_of_two_channels_count_once_in_all():
    groups = find_promises(promises(web=(50, 10), desk=(50, 11)))
    overall = find_promises(promises(all=(100, 21)).drop(columns="channel").assign(customers=50, n_effective=50.0))
    ends = stats.binomtest(21, 100).proportion_ci(method="wilson"), overall.loc[0, ["low", "high"]]
    for table, (low, high) in zip([None, overall], ends):
        assert f"({100 * low:.0f} to {100 * high:.0f} %)" in said(groups, overall=table)
    assert ends[1]["low"] < ends[0].low


def test_the_chart_draws_the_shares_worst_first():
    ax = plot_promises(find_promises(promises(web=(200, 30), desk=(100, 40))), title="Late")
    assert ax.collections[1].get_offsets()[:, 0].tolist() == [0.4, 0.15]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["desk (n 100)", "web (n 200)"]
    assert "40\u00a0%, median 1.0 days early" in [text.get_text() for text in ax.texts]
    assert plot_promises(find_promises(promises()), title="Late") is None
