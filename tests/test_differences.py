"""Groups set against the rest, and two against each other: on tables made by hand, and from raw answers with SciPy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study
from cxlib.gaps.differences import describe_differences, find_differences
from cxlib.summaries import summarise_pair, summarise_rest
from cxlib.tables import StudyError

ENGINES = ["duckdb", "pandas"]
SCALES = "scales: {expected: [1, 7], experienced: [1, 7]}"


def rest(se=0.1, n=50, **differences):
    """Groups whose gap lies this much above the rest's −1, as summarise_rest gives them, of ordinary gaps."""
    table = pd.DataFrame({"group": list(differences), "column": "channel"})
    for side, mean in (("group", [above - 1 for above in differences.values()]), ("rest", -1.0)):
        table[f"n_{side}"], table[f"n_effective_{side}"], table[f"mean_{side}"] = n, float(n), mean
        table[f"se_{side}"], table[f"modal_{side}"], table[f"skewness_{side}"] = se, 0.3 * n, 0.0
    return table.assign(n_both=0, covariance=0.0, width=1.0)


def pair(**differences):
    """Touchpoints whose gap in DE lies this much above that in FR, as summarise_pair gives them."""
    names = {"group": "first", "rest": "second"}
    table = rest(**differences).rename(
        columns=lambda column: "_".join(names.get(part, part) for part in column.split("_"))
    )
    table = table.rename(columns={"first": "touchpoint"})
    return table.assign(
        label=table["touchpoint"].str.capitalize(), stage="use", column="market", first="DE", second="FR"
    )


def sentence(table, **options):
    said = describe_differences(find_differences(table), **options)
    assert len(said.split()) <= 30
    return said.replace("\u00a0", " ")


def test_sure_differences_come_first_the_worst_on_top():
    found = find_differences(rest(web=0.1, app=-0.8, phone=-1.2, shop=0.9))
    assert found["group"].tolist() == ["phone", "app", "shop", "web"]
    assert found["verdict"].tolist() == ["worse", "worse", "better", "no sure difference"]


def test_the_columns_say_who_is_compared_and_by_how_much():
    figures = ["n", "n_other", "gap", "gap_other", "difference", "low", "high", "p", "q", "verdict"]
    assert list(find_differences(rest(web=0.1))) == ["group", "column", *figures]
    assert list(find_differences(pair(pay=0.1))) == [
        *("stage", "touchpoint", "label", "column", "first", "second"),
        *figures,
    ]


def test_a_difference_is_the_group_less_the_rest_with_welchs_interval():
    found = find_differences(rest(app=-0.8)).iloc[0]
    margin = stats.t.ppf(0.975, 98) * np.hypot(0.1, 0.1)
    assert found[["gap", "gap_other", "difference"]].tolist() == pytest.approx([-1.8, -1, -0.8])
    assert (found["low"], found["high"]) == pytest.approx((-0.8 - margin, -0.8 + margin), abs=1e-12)


def test_among_many_a_difference_needs_to_be_surer():
    many = {f"g{place}": 0.0 for place in range(30)}
    alone, beside = find_differences(rest(app=-0.33)), find_differences(rest(app=-0.33, **many))
    verdicts = [table.set_index("group").loc["app", "verdict"] for table in (alone, beside)]
    assert verdicts == ["worse", "no sure difference"]


def test_rare_failures_make_a_difference_less_sure():
    plain, rare = (find_differences(rest(app=-0.5).assign(width=3, modal_group=modal)).iloc[0] for modal in (15, 44))
    assert rare["difference"] == plain["difference"] and rare["low"] < plain["low"] and rare["q"] > plain["q"]


def test_one_answer_or_all_alike_tell_no_difference():
    found = find_differences(rest(app=-0.8).assign(n_group=1, n_effective_group=1.0, se_group=np.nan, modal_group=1))
    assert found[["low", "high", "p", "q"]].isna().all(axis=None) and found.loc[0, "verdict"] == "no sure difference"
    alike = find_differences(rest(app=-0.8).assign(se_group=0.0, modal_group=50))
    assert alike[["low", "high", "p", "q"]].isna().all(axis=None)


def test_the_table_compared_is_left_as_it_was():
    given = rest(app=-0.8, web=0.1)
    before = given.copy()
    find_differences(given)
    pd.testing.assert_frame_equal(given, before)


def test_a_gap_table_is_refused_with_what_it_lacks():
    with pytest.raises(StudyError, match="summarise_rest or summarise_pair.*lacks"):
        find_differences(pd.DataFrame({"group": ["web"], "gap": [-1.0]}))


def test_one_group_that_is_worse_is_named_with_interval_and_n():
    assert sentence(rest(app=-0.8, web=0.1)) == "Against all the others, worse: app (−0.8; −1.1 to −0.5; n 50)."


def test_groups_on_both_sides_are_named_the_furthest_first():
    said = sentence(rest(app=-0.8, phone=-1.2, shop=0.9, kiosk=0.6))
    assert said == (
        "Against all the others, worse: phone (−1.2; −1.5 to −0.9; n 50) and app; "
        "better: shop (+0.9; +0.6 to +1.2; n 50) and kiosk."
    )


def test_of_many_the_rest_is_a_count():
    said = sentence(rest(a=-2.0, b=-1.8, c=-1.6, d=-1.4, e=1.0, f=1.1, g=1.2, h=1.3))
    assert "and 2 more; better: h (+1.3;" in said


def test_two_groups_are_named_and_so_are_their_touchpoints():
    assert sentence(pair(pay=-0.8, search=0.1)) == "DE against FR, worse: Pay (−0.8; −1.1 to −0.5; n 50)."


@pytest.mark.parametrize(
    ("table", "what", "words"),
    [
        (rest(app=0.1, web=-0.1), "channel", "No channel surely differs (2 channels compared)."),
        (rest(app=0.1), "", "No group surely differs (1 group compared)."),
        (pair(pay=0.1, search=-0.1), "market", "No touchpoint surely differs (2 touchpoints compared)."),
    ],
)
def test_that_nothing_differs_is_said_with_how_many_were_compared(table, what, words):
    assert sentence(table, what=what) == words


def test_nothing_to_compare_is_said():
    assert sentence(rest(app=0.1).iloc[:0], what="channel") == "There is nothing to compare by channel."
    assert sentence(rest(app=np.nan)) == "There is nothing to compare."


def answers(people=60):
    """Raw answers, three a person, each in some channel; a market and a weight a person."""
    rng = np.random.default_rng(7)
    rows = people * 3
    table = pd.DataFrame({"respondent": [f"p{place % people:02d}" for place in range(rows)]})
    own = rng.normal(0, 1, people)
    table["touchpoint"] = rng.choice(["pay", "help"], rows)
    table["channel"] = rng.choice(["web", "app", "phone"], rows)
    table["answered_at"] = pd.date_range("2025-01-01", periods=rows).date
    table["expected"] = rng.integers(4, 8, rows)
    table["experienced"] = np.clip(np.round(4.5 + np.resize(own, rows) + rng.normal(0, 1, rows)), 1, 7)
    people_table = pd.DataFrame({"respondent": [f"p{place:02d}" for place in range(people)]})
    people_table["market"] = rng.choice(["DE", "FR", "PL"], people)
    people_table["weight"] = rng.uniform(0.5, 2, people).round(2)
    return table, people_table


def opened(make_study, engine):
    ratings, people = answers()
    joined = ratings.merge(people, on="respondent").assign(gap=lambda table: table["experienced"] - table["expected"])
    return open_study(make_study(ratings=ratings, respondents=people, settings=SCALES), engine=engine), joined


def by_hand(first: pd.DataFrame, second: pd.DataFrame) -> tuple[float, float, int]:
    """Difference of two weighted means, its variance from linearised residuals, and the people both share."""
    residuals, means = [], []
    for side in (first, second):
        sums = side.assign(a=side["weight"] * side["gap"]).groupby("respondent")[["a", "weight"]].sum()
        mean = sums["a"].sum() / sums["weight"].sum()
        n = len(sums)
        residuals.append((sums["a"] - mean * sums["weight"]) / sums["weight"].sum() * np.sqrt(n / (n - 1)))
        means.append(mean)
    both = residuals[0].index.intersection(residuals[1].index)
    covariance = (residuals[0][both] * residuals[1][both]).sum()
    variance = sum((side**2).sum() for side in residuals) - 2 * covariance
    return means[0] - means[1], np.sqrt(variance), len(both)


def error_of(row, one, other):
    return np.sqrt(row[f"se_{one}"] ** 2 + row[f"se_{other}"] ** 2 - 2 * row["covariance"])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("column", ["channel", "market"])
def test_each_group_against_the_rest_is_what_raw_answers_give(make_study, engine, column):
    study, raw = opened(make_study, engine)
    for row in summarise_rest(study, column).to_dict("records"):
        here = raw[column] == row["group"]
        difference, se, both = by_hand(raw[here], raw[~here])
        assert row["mean_group"] - row["mean_rest"] == pytest.approx(difference, abs=1e-10)
        assert error_of(row, "group", "rest") == pytest.approx(se, abs=1e-10)
        assert row["n_both"] == both and (both > 0) == (column == "channel")
        assert [row["n_group"], row["n_rest"]] == [raw[side]["respondent"].nunique() for side in (here, ~here)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("column", "first", "second"), [("channel", "web", "app"), ("market", "DE", "PL")])
def test_two_groups_are_compared_as_raw_answers_give_touchpoint_by_touchpoint(
    make_study, engine, column, first, second
):
    study, raw = opened(make_study, engine)
    found = summarise_pair(study, column, first, second)
    assert set(found["touchpoint"]) == {"pay", "help"} and set(found["width"]) == {6.0}
    for row in found.to_dict("records"):
        there = raw[raw["touchpoint"] == row["touchpoint"]]
        difference, se, both = by_hand(*(there[there[column] == group] for group in (first, second)))
        assert row["mean_first"] - row["mean_second"] == pytest.approx(difference, abs=1e-10)
        assert error_of(row, "first", "second") == pytest.approx(se, abs=1e-10)
        assert row["n_both"] == both


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["pair", "rest"])
def test_groups_of_different_people_are_compared_as_welch_does(make_study, engine, kind):
    ratings, people = answers(150)
    ratings, people = ratings.iloc[:150].assign(touchpoint="pay"), people.assign(weight=1.0)
    study = open_study(make_study(ratings=ratings, respondents=people, settings=SCALES), engine=engine)
    gap, german = ratings["experienced"] - ratings["expected"], (people["market"] == "DE").to_numpy()
    others = ~german if kind == "rest" else (people["market"] == "PL").to_numpy()
    compared = summarise_rest(study, "market") if kind == "rest" else summarise_pair(study, "market", "DE", "PL")
    row = find_differences(compared).query("group == 'DE'" if kind == "rest" else "first == 'DE'").iloc[0]
    expected = stats.ttest_ind(gap[german], gap[others], equal_var=False)
    assert (row["low"], row["high"]) == pytest.approx(tuple(expected.confidence_interval()), abs=1e-8)
    assert row["p"] == pytest.approx(expected.pvalue, abs=1e-8)


def paired_answers():
    """Forty people who rate one visit on the web and one in the app."""
    rng = np.random.default_rng(3)
    own = rng.normal(0, 1.2, 40)
    visits = [
        (f"p{place:02d}", "pay", channel, 6, int(np.clip(np.round(4 + own[place] + lift + rng.normal(0, 1)), 1, 7)))
        for channel, lift in (("web", 0.6), ("app", 0.0))
        for place in range(40)
    ]
    return pd.DataFrame(visits, columns=["respondent", "touchpoint", "channel", "expected", "experienced"])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["pair", "rest"])
def test_the_same_people_in_both_groups_are_compared_with_themselves(make_study, engine, kind):
    raw = paired_answers()
    study = open_study(make_study(ratings=raw, settings=SCALES), engine=engine)
    compared = summarise_pair(study, "channel", "web", "app") if kind == "pair" else summarise_rest(study, "channel")
    found = find_differences(compared)
    row = found.iloc[0] if kind == "pair" else found.set_index("group").loc["web"]
    web, app = (raw.loc[raw["channel"] == channel, "experienced"].to_numpy(float) for channel in ("web", "app"))
    expected = stats.ttest_rel(web, app)
    assert row["difference"] == pytest.approx((web - app).mean(), abs=1e-10)
    assert (row["low"], row["high"]) == pytest.approx(tuple(expected.confidence_interval()), abs=1e-8)
    assert row["p"] == pytest.approx(expected.pvalue, abs=1e-8)


@pytest.mark.parametrize("engine", ENGINES)
def test_touchpoints_only_one_group_met_are_not_compared(make_study, engine):
    raw = paired_answers().assign(touchpoint=lambda table: table["channel"].map({"web": "pay", "app": "help"}))
    study = open_study(make_study(ratings=raw, settings=SCALES), engine=engine)
    found = find_differences(summarise_pair(study, "channel", "web", "app"))
    assert found.empty and {"touchpoint", "difference", "verdict"} <= set(found)
    assert describe_differences(found, what="channel") == "There is nothing to compare by channel."


def test_swapping_the_two_groups_flips_every_difference(make_study):
    study, _ = opened(make_study, "pandas")
    there, back = (
        find_differences(summarise_pair(study, "channel", *groups)).set_index("touchpoint").sort_index()
        for groups in (("web", "app"), ("app", "web"))
    )
    for column, mirrored in (("difference", "difference"), ("low", "high"), ("high", "low")):
        assert back[column].to_numpy() == pytest.approx(-there[mirrored].to_numpy(), abs=1e-12)
    assert back["q"].to_numpy() == pytest.approx(there["q"].to_numpy(), abs=1e-12)


def test_answers_that_name_no_group_are_among_the_rest(make_study):
    raw = paired_answers()
    raw.loc[::4, "channel"] = None
    study = open_study(make_study(ratings=raw, settings=SCALES))
    found = summarise_rest(study, "channel").set_index("group")
    web = raw["channel"] == "web"
    assert found.index.tolist() == ["app", "web"]
    assert found.loc["web", ["n_group", "n_rest"]].tolist() == [
        raw.loc[side, "respondent"].nunique() for side in (web, ~web)
    ]


def test_a_column_or_group_nobody_has_is_refused_with_the_nearest(make_study):
    study, _ = opened(make_study, "pandas")
    with pytest.raises(StudyError, match="no answer has channel=wep. Did you mean 'web'"):
        summarise_pair(study, "channel", "wep", "app")
    with pytest.raises(StudyError, match="no answer has market=UK"):
        summarise_pair(study, "market", "DE", "UK")
    with pytest.raises(StudyError, match="'chanel' is nothing to group by. Did you mean 'channel'"):
        summarise_rest(study, "chanel")
