"""Adoption, abandoned carts and barriers: published numbers, planted truths, and logs one can check by eye."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib.charts.adoption import plot_adoption, plot_barriers
from cxlib.experience import adoption as step
from cxlib.opening import open_study
from cxlib.settings import Journey
from cxlib.summaries.adoption import summarise_adoption, summarise_barriers, summarise_carts
from tests.conftest import write_study

REMISSION = "6 6 6 6* 7 9* 10 10* 11* 13 16 17* 19* 20* 22 23 25* 32* 32* 34* 35*".split()  # Freireich 1963, 6-MP
RULES = "journey: {adopted: use, converted: buy, cart: cart, window_days: 30}"


def times(days, adopted, customers=1, **groups):
    return pd.DataFrame({**groups, "days": np.asarray(days, float), "adopted": adopted, "customers": customers})


def remission():
    return times([word.strip("*") for word in REMISSION], [not word.endswith("*") for word in REMISSION])


def simulated(n=400, median=20.0):
    rng = np.random.default_rng(20)
    adopts, watched = rng.exponential(median / np.log(2), n), rng.uniform(0, 40, n)
    return times(np.minimum(adopts, watched), adopts <= watched)


def plain(text):
    return text.replace("\u00a0", " ")


def test_the_published_remission_times_give_their_published_figures():
    table = remission().groupby(["days", "adopted"], as_index=False)["customers"].sum()  # ties are counts
    for day, left in ((6, 0.857), (10, 0.753), (23, 0.448)):
        assert 1 - step.find_adoption(table, window_days=day)["adoption_rate"].iloc[0] == pytest.approx(left, abs=5e-4)
    found = step.find_adoption(table, window_days=10).iloc[0]
    assert (found["median_days"], found["median_days_low"], found["n"], found["adopted"], found["open"]) == (
        23,
        13,
        21,
        9,
        12,
    )
    assert np.isnan(found["median_days_high"])  # beyond the study


def test_the_interval_is_that_of_a_share_of_the_people_greenwoods_variance_is_worth():
    found = step.find_adoption(remission(), window_days=10).iloc[0]
    left, variance = 1.0, 0.0
    for events, at_risk in ((3, 21), (1, 17), (1, 15)):
        left, variance = left * (1 - events / at_risk), variance + events / (at_risk * (at_risk - events))
    n = min((1 - left) / left / variance, 14 / left)  # fourteen are watched for longer than ten days
    assert (1 - left) * n < 5  # Clopper and Pearson's
    ends = stats.beta.ppf([0.025, 0.975], [(1 - left) * n, (1 - left) * n + 1], [left * n + 1, left * n])
    assert [found["adoption_rate_low"], found["adoption_rate_high"]] == pytest.approx(list(ends))


def test_the_share_to_whom_it_has_not_happened_is_that_of_scipy():
    table = simulated(60).sample(frac=1, random_state=1)
    done = table["adopted"]
    data = stats.CensoredData(uncensored=table["days"][done], right=table["days"][~done])
    theirs = stats.ecdf(data).sf
    ours = step.estimate_survival(table["days"], done, table["customers"], days=[99])
    assert ours["left"].iloc[:-1].to_numpy() == pytest.approx(theirs.evaluate(ours.index[:-1].to_numpy()))
    assert np.isnan(ours["left"].iloc[-1])


def test_where_nobody_has_adopted_yet_the_interval_is_of_those_watched():
    found = step.find_adoption(times([5, 30, 10], [True, False, False], [3, 20, 4]), window_days=3).iloc[0]
    assert found["adoption_rate"] == found["adoption_rate_low"] == 0
    assert found["adoption_rate_high"] == pytest.approx(1 - 0.025 ** (1 / 27))


def test_half_adopt_within_the_true_median_though_those_who_already_did_were_quicker():
    found = step.find_adoption(simulated(), window_days=20).iloc[0]
    assert (
        found["median_days_low"] <= 20 <= found["median_days_high"]
        and found["adoption_rate_low"] <= 0.5 <= found["adoption_rate_high"]
    )
    assert (
        found["adopters_median_days"] < 12 < found["median_days_low"]
        and found["naive_share"] < found["adoption_rate_low"]
    )


def test_a_window_longer_than_anybody_was_watched_has_no_rate():
    found = step.find_adoption(remission(), window_days=90).iloc[0]
    assert (
        found[["adoption_rate", "adoption_rate_low", "adoption_rate_high"]].isna().all() and found["median_days"] == 23
    )


def test_both_medians_are_said_and_why_they_differ():
    said = plain(step.describe_adoption(step.find_adoption(simulated(), window_days=30)))
    assert (
        said.startswith("Half of the customers adopt within ")
        and "n 400); of those who already did, half within" in said
    )
    assert said.endswith("which leaves out those still under way.") and len(said.split()) <= 30


def test_what_cannot_be_said_of_adoption_is_not():
    few = step.find_adoption(times([3, 40], [True, False], [10, 90]), window_days=30)
    assert plain(step.describe_adoption(few)).startswith(
        "Fewer than half of the customers have adopted so far: 10 % within 30"
    )
    assert "None of 90 customers" in step.describe_adoption(step.find_adoption(times([40], [False], [90])))
    assert "none is still under way" in step.describe_adoption(step.find_adoption(times([3, 4, 5], [True] * 3)))
    nothing = step.describe_adoption(step.find_adoption(times([], [])))
    assert "journey: adopted" in nothing and "study.yaml" in nothing


def test_a_tie_at_one_half_is_the_median_and_an_unknown_interval_is_not_printed():
    found = step.find_adoption(times([1, 2, 3, 4], [True] * 4)).iloc[0]
    assert found["median_days"] == 2  # S(2) = 1/2
    said = plain(step.describe_adoption(step.find_adoption(times([3], [True], [5]))))
    assert said == "Half of the customers adopt within 3 days (3 or more; n 5); none is still under way."


def test_the_curve_ends_where_few_are_under_way():
    curve = step.find_adoption_curve(simulated())
    assert 20 <= len(curve) <= 102 and (curve["under_way"] >= 5).all() and curve["share"].is_monotonic_increasing
    assert curve["under_way"].iloc[0] == 400 and step.find_adoption_curve(times([], [])).empty


def test_the_chart_marks_both_medians():
    table = simulated()
    found = step.find_adoption(table)
    ax = plot_adoption(step.find_adoption_curve(table), adoption=found, title="x")
    words = [text.get_text() for text in ax.texts]
    assert 7 < found["adopters_median_days"][0] < 8.5 and 17.5 < found["median_days"][0] < 18.5
    assert words == ["median of those who already did: 7.79", "median 18.4 days"]
    assert ax.get_xticklabels()[0].get_text() == "0\n400"
    nobody = times([3, 9], [False, False], 10)
    assert plot_adoption(step.find_adoption_curve(nobody), adoption=step.find_adoption(nobody), title="x") is None
    plt.close(ax.figure)


LOG = """customer,time,event,channel
ann,2026-01-01,cart,web
ann,2026-01-11,buy,app
ann,2026-01-21,use,app
bob,2026-01-01,cart,web
bob,2026-02-20,buy,web
eve,2026-01-01,cart,app
eve,2026-01-02,use,app
tom,2026-02-20,cart,app
tom,2026-02-10,buy,app
joe,2026-01-05,buy,shop
joe,2026-01-15,use,shop
joe,2026-02-28,use,shop
"""


RULED = Journey(adopted="use", converted="buy", cart="cart", window_days=30.0)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """The log, read once."""
    return open_study(write_study(tmp_path_factory.mktemp("log"), settings="title: x", events=LOG))


def by_rules(study, **rules):
    return replace(study, settings=replace(study.settings, journey=replace(RULED, **rules)), memo={})


def ruled(study, **view):
    return replace(by_rules(study), view=replace(study.view, **view))


@pytest.fixture
def open_log(make_study):
    """`open_log(rules, events=…)` opens a study without ratings."""
    return lambda settings=RULES, **tables: open_study(make_study(settings=settings, **{"events": LOG} | tables))


def test_a_cart_is_abandoned_when_nothing_is_bought_after_it_within_the_window(log):
    carts = summarise_carts(ruled(log)).iloc[0]  # bob bought too late, eve never, tom's window is open
    assert carts.tolist() == [4, 1, 2, 1, 30]
    assert summarise_carts(by_rules(log, window_days=None)).iloc[0, :4].tolist() == [4, 2, 2, 0]
    early = summarise_carts(ruled(log, as_of="2026-01-15")).iloc[0]
    assert early.tolist() == [3, 1, 0, 2, 30]


def test_a_cart_belongs_to_the_channel_it_was_filled_in(log):
    carts = summarise_carts(ruled(log), by="channel")
    assert carts.iloc[:, :5].to_numpy().tolist() == [["app", 2, 0, 1, 1], ["web", 2, 1, 1, 0]]
    web = summarise_carts(ruled(log, channels=["web"])).iloc[0]
    assert web.tolist() == [2, 1, 1, 0, 30]  # ann bought in the app


def test_time_to_adopt_counts_from_buying_and_goes_on_for_those_under_way(log):
    found = summarise_adoption(ruled(log))  # bob 8 days, tom 18 to 28 February; eve never bought
    assert found.to_numpy().tolist() == [[8, False, 1], [10, True, 2], [18, False, 1]]
    after = summarise_adoption(by_rules(log, adopted_after="cart"))
    assert after.to_numpy().tolist() == [[1, True, 1], [8, False, 1], [20, True, 1], [58, False, 1]]
    first = summarise_adoption(by_rules(log, converted=""))
    assert first.loc[first["adopted"], "days"].tolist() == [1, 10, 20]


WAVES = "waves: {Q1: 2026-03-31, Q2: 2026-06-30}\njourney: {adopted: use}"
RETURNS = "customer,case,time,event\n" + "".join(
    f"{name},1,2026-01-01,see\n{name},1,2026-01-11,use\n{name},2,2026-05-01,see\n" for name in ("ann", "bob", "eve")
)
RETURNS += "tom,1,2026-05-01,see\ntom,1,2026-05-21,use\n"


def test_who_adopted_before_they_came_back_belongs_to_the_wave_they_started_in(make_study):
    folder = make_study(settings=WAVES, events=RETURNS)
    found = {wave: summarise_adoption(open_study(folder, wave=wave)).to_numpy().tolist() for wave in ("Q1", "Q2")}
    assert found == {"Q1": [[10, True, 3]], "Q2": [[20, True, 1]]}


def test_a_customer_has_the_persona_of_the_latest_wave_up_to_the_one_looked_at(make_study):
    people = "respondent,customer,wave,persona\n1,ann,Q1,zen\n1,ann,Q2,ace\n2,bob,Q1,mid\n"
    folder = make_study(settings=WAVES, events=RETURNS, respondents=people)
    for wave, persona in (("Q1", "zen"), ("all", "ace")):
        found = summarise_adoption(open_study(folder, wave=wave), by="persona")["persona"].dropna()
        assert set(found) == {persona, "mid"}


def test_what_study_yaml_does_not_name_switches_off_with_a_sentence(log):
    assert "journey: cart and converted" in step.describe_abandonment(step.find_abandonment(summarise_carts(log)))
    assert "journey: adopted" in step.describe_adoption(step.find_adoption(summarise_adoption(log, by="persona")))
    assert "columns barriers and customer" in step.describe_barriers(step.find_barriers(summarise_barriers(log)))


PEOPLE = """respondent,customer,persona,barriers
1,ann,A,price|data
2,bob,A, price | trust
3,eve,B,
4,tom,B,price
5,joe,B,data
"""


def test_a_barrier_is_counted_against_what_the_log_says_became_of_people(open_log):
    rules = RULES.replace("window_days: 30", "window_days: 15")
    counts = summarise_barriers(open_log(rules, respondents=PEOPLE))  # eve never bought, bob's window is open
    assert counts.to_numpy().tolist() == [["data", 2, 0, 1, 1], ["price", 2, 1, 1, 0]]


def test_without_a_log_of_adoption_a_column_of_respondents_says_it(open_log):
    people = "respondent,adopted,barriers\n1,1,price\n2,0,price|old price\n3,0,\n4,,price\n"
    counts = summarise_barriers(open_log("title: x", respondents=people))
    assert counts.to_numpy().tolist() == [["old price", 1, 1, 2, 1], ["price", 2, 1, 1, 1]]


def test_people_of_waves_in_which_nobody_was_asked_do_not_count_as_naming_no_barrier(open_log):
    people = "respondent,wave,adopted,barriers\n1,Q1,0,\n2,Q1,0,\n3,Q2,1,price\n4,Q2,0,\n"
    counts = summarise_barriers(open_log("title: x", respondents=people))
    assert counts.to_numpy().tolist() == [["price", 1, 0, 1, 1]]


@pytest.mark.small_groups
def test_groups_of_few_customers_are_left_out_with_what_would_give_them_away(open_log):
    n = dict(A=9, B=6, C=3)
    names = [f"{persona}{place}" for persona, many in n.items() for place in range(many)]
    people = pd.DataFrame({"respondent": names, "customer": names, "persona": [name[0] for name in names]})
    events = pd.DataFrame({"customer": names, "time": "2026-01-01", "event": "buy"})
    study = open_log(events=events, respondents=people.assign(barriers=["price"] * 9 + ["trust"] * 6 + [None] * 3))
    assert set(summarise_adoption(study, by="persona")["persona"]) == {"A"}  # C is small, B would tell of it
    assert summarise_adoption(study)["customers"].sum() == 18 and summarise_carts(study).empty


@pytest.mark.small_groups
def test_barriers_few_people_name_are_left_out(open_log):
    people = pd.DataFrame(
        {"respondent": range(20), "adopted": [0, 1] * 10, "barriers": ["a"] * 4 + ["b"] * 8 + ["c"] * 8}
    )
    assert summarise_barriers(open_log("title: x", respondents=people))["barrier"].tolist() == ["b", "c"]


def test_carts_and_adoption_are_those_of_a_second_computation(open_log):
    rng = np.random.default_rng(3)
    log = pd.DataFrame(
        {"customer": rng.integers(0, 80, 400).astype(str), "event": rng.choice(["cart", "buy", "use"], 400)}
    )
    log["time"] = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 100 * 1440, 400), unit="min")
    end, carts, adopts = log["time"].max(), [], []
    for _, events in log.groupby("customer"):
        at = {name: events.loc[events["event"] == name, "time"] for name in ("cart", "buy", "use")}
        if len(at["cart"]):
            first = at["cart"].min()
            wait = (at["buy"][at["buy"] >= first].min() - first) / pd.Timedelta(days=1)
            over = end - first >= pd.Timedelta(days=30)
            carts.append("bought" if wait <= 30 else "abandoned" if over else "open")
        if len(at["buy"]):
            done = at["use"][at["use"] >= at["buy"].min()].min()
            days = ((end if pd.isna(done) else done) - at["buy"].min()) / pd.Timedelta(days=1)
            adopts.append((days, pd.notna(done)))
    study = open_log(events=log)
    found = summarise_carts(study).iloc[0]
    assert [found[state] for state in ("bought", "abandoned", "open")] == [
        carts.count(state) for state in ("bought", "abandoned", "open")
    ]
    rows = summarise_adoption(study).itertuples(index=False, name=None)
    assert sorted((went, days) for days, went, n in rows for _ in range(n)) == [
        (went, pytest.approx(days, rel=6e-3, abs=6e-3)) for days, went in sorted(adopts, key=lambda one: one[::-1])
    ]


def carts(**states):
    table = pd.DataFrame({"bought": [60, 30], "abandoned": [40, 70], "open": [0, 7], "window_days": 30.0} | states)
    return table.assign(customers=table[["bought", "abandoned", "open"]].sum(axis=1))


def test_the_share_of_abandoned_carts_is_of_those_judged_with_wilsons_interval():
    found = step.find_abandonment(carts())
    assert found["n"].tolist() == [100, 100] and found["share"].tolist() == [0.4, 0.7]
    ends = stats.binomtest(40, 100).proportion_ci(method="wilson")
    assert found.loc[0, ["low", "high"]].tolist() == pytest.approx(list(ends), abs=1e-9)


def test_abandoned_carts_in_a_sentence():
    found = step.find_abandonment(carts())
    said = plain(step.describe_abandonment(found.tail(1)))
    assert said == "70 % of customers with a cart did not buy within 30 days (60 to 78 %; n 100); 7 may still."
    assert "by the end of the log" in step.describe_abandonment(found.assign(window_days=np.nan).head(1))
    by_channel = step.find_abandonment(carts().assign(channel=["web", "app"]))
    assert plain(step.describe_abandonment(by_channel)) == (
        "Carts are surely abandoned more often than elsewhere in app (70 %) (n 200)."
    )
    alike = step.find_abandonment(carts(abandoned=[60, 31]).assign(channel=["web", "app"]))
    assert "In no channel" in step.describe_abandonment(alike)
    waiting = step.find_abandonment(carts(bought=0, abandoned=0).tail(1))
    assert "still open" in step.describe_abandonment(waiting) and waiting[["share", "low", "high"]].isna().all(
        axis=None
    )


def counts(*rows):
    return pd.DataFrame(rows, columns=["barrier", "n_with", "missed_with", "n_without", "missed_without"])


def test_a_risk_ratio_has_its_interval_from_both_shares():
    """Donner & Zou 2012: each limit is where the ratio r makes share − r · other, by its own limits, reach 0."""
    found = step.find_barriers(counts(("price", 100, 60, 300, 90))).iloc[0]
    (low, high), (low_other, high_other) = (
        stats.binomtest(hits, n).proportion_ci(method="wilson") for hits, n in ((60, 100), (90, 300))
    )
    assert found["risk_ratio"] == pytest.approx(2)
    for r, own, rest in ((found["low"], low, high_other), (found["high"], high, low_other)):
        assert abs(0.6 - r * 0.3) == pytest.approx(np.hypot(0.6 - own, r * (rest - 0.3)))
    assert found["p"] == pytest.approx(stats.fisher_exact([[60, 40], [90, 210]]).pvalue)
    assert (found["share"], found["missed_with"], found["missed_without"], found["n"]) == (0.25, 0.6, 0.3, 400)
    assert found["verdict"] == "holds back"


def test_an_empty_cell_has_half_a_person_added():
    found = step.find_barriers(counts(("price", 20, 0, 80, 40))).iloc[0]
    assert found["risk_ratio"] == pytest.approx((0.5 / 21) / (40.5 / 81)) and np.isfinite(found["high"])


def test_barriers_are_judged_together_and_may_go_the_other_way():
    found = step.find_barriers(
        counts(
            ("none", 100, 30, 300, 90),
            ("price", 100, 60, 300, 90),
            ("fan", 100, 5, 300, 90),
            ("maybe", 60, 24, 300, 90),
        )
    )
    assert found["barrier"].tolist() == ["price", "maybe", "none", "fan"]
    assert found["verdict"].tolist() == ["holds back", *["no sure difference"] * 2, "goes with adopting"]
    assert found["q"].tolist() == pytest.approx(stats.false_discovery_control(found["p"]))
    beside = step.find_barriers(counts(("maybe", 60, 26, 300, 90), *[("none", 100, 30, 300, 90)] * 4))
    assert beside["p"][0] < 0.05 < beside["q"][0]


def test_a_barrier_whose_interval_holds_1_is_not_sure_whatever_its_q():
    found = step.find_barriers(counts(("price", 12, 4, 40, 3))).iloc[0]
    assert found["q"] < 0.05 and found["low"] < 1 and found["verdict"] == "no sure difference"
    open_end = step.find_barriers(counts(("price", 40, 40, 40, 0))).iloc[0]
    assert np.isnan(open_end["high"]) and open_end["verdict"] == "holds back"


def test_barriers_in_a_sentence():
    price, trust = ("price", 100, 60, 300, 90), ("trust", 100, 50, 300, 90)
    one = plain(step.describe_barriers(step.find_barriers(counts(price))))
    assert one == "Who names “price” fails to adopt 2.0 times as often as others (1.6 to 2.5; named by 100 of n 400)."
    assert step.describe_barriers(step.find_barriers(counts(price, trust))).endswith(" Also: trust.")
    many = step.describe_barriers(step.find_barriers(counts(price, trust, ("data", 100, 50, 300, 90))))
    assert many.endswith(" Also: trust and data.") and len(many.split()) <= 30
    none = step.describe_barriers(step.find_barriers(counts(("price", 100, 30, 300, 90))))
    assert plain(none) == "Of 1 barrier named, none surely holds customers back (n 400)."


def test_the_chart_of_barriers_has_a_log_axis_and_says_who_names_them():
    ax = plot_barriers(step.find_barriers(counts(("price", 100, 60, 300, 90), ("b", 100, 30, 300, 90))), title="x")
    assert ax.get_xscale() == "log" and [plain(text.get_text()) for text in ax.texts] == [
        "× 2.0  named by 25 %",
        "× 1.0  named by 25 %",
    ]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["price (n 100)", "b (n 100)"]
    assert plot_barriers(step.find_barriers(counts()), title="x") is None
    plt.close(ax.figure)
