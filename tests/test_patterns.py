"""Patterns over two groups, and differences that are a matter of the mix, on tables one can check by eye."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib.gaps.patterns import (
    FLAGGED,
    describe_patterns,
    describe_reversals,
    find_patterns,
    find_reversals,
)
from cxlib.tables import StudyError

HALF = stats.norm.ppf(0.975)
BOTH = {"rows": "persona", "columns": "stage"}


def cells(*rows):
    """A gap table of (persona, stage, n, gap, se, verdict)."""
    table = pd.DataFrame(rows, columns=["persona", "stage", "n", "gap", "se", "verdict"])
    return table.assign(low=table["gap"] - HALF * table["se"], high=table["gap"] + HALF * table["se"])


def patterns(*rows, **options):
    return find_patterns(cells(*rows), **BOTH, **options)


def said(*rows, **options):
    return describe_patterns(patterns(*rows, **options), **BOTH).replace("\u00a0", " ")


FEW = ("Senior", "use", 6, -1.4, 0.9, "not enough data")
MANY = [
    *(("Student", "use", 200, -0.9, 0.1, "shortfall"), ("Student", "buy", 200, -0.8, 0.1, "shortfall")),
    *(("Family", "use", 200, -0.1, 0.1, "met"), ("Family", "buy", 200, 0.1, 0.1, "met")),
    ("Senior", "buy", 200, 0.0, 0.1, "met"),
]


def test_the_widest_gap_of_a_few_people_does_not_lead_the_list():
    found = patterns(FEW, *MANY)
    assert found["persona"].drop_duplicates().tolist() == ["Student", "Senior", "Family"]
    few = found[found["n"] == 6].iloc[0]
    assert (
        few["gap"] == found["gap"].min()
        and few["shrunk"] > found["shrunk"].min()
        and few["shrunk_low"] < 0 < few["shrunk_high"]
    )


def test_cells_keep_their_figures_and_gain_three():
    given = cells(FEW, *MANY)
    before = given.copy()
    found = find_patterns(given, **BOTH)
    assert list(found) == [*given, "shrunk", "shrunk_low", "shrunk_high"]
    pd.testing.assert_frame_equal(given, before)
    same = found[list(given)].sort_values(["persona", "stage"], ignore_index=True)
    pd.testing.assert_frame_equal(same, given.sort_values(["persona", "stage"], ignore_index=True))


def test_stages_come_in_the_order_of_the_journey_else_worst_first_and_blank_groups_last():
    rows = [*MANY, (None, "buy", 50, -3.0, 0.2, "shortfall"), ("Student", None, 50, -3.0, 0.2, "shortfall")]
    assert patterns(*rows)["stage"].head(3).fillna("").tolist() == ["use", "buy", ""]
    found = patterns(*rows, order=["aware", "buy", "use"])
    assert found["stage"].head(3).fillna("").tolist() == ["buy", "use", ""] and found["persona"].isna().iloc[-1]
    assert patterns(*rows, order=["buy"])["stage"].head(2).tolist() == ["buy", "use"]


def test_large_cells_weigh_more_in_the_order_than_small_ones():
    large = [("a", "x", 900, -0.5, 0.01, "shortfall"), ("a", "y", 100, 0.5, 0.01, "exceeded")]
    small = [("b", "x", 100, -0.6, 0.01, "shortfall"), ("b", "y", 900, 0.5, 0.01, "exceeded")]
    assert patterns(*small, *large)["persona"].tolist() == ["a", "a", "b", "b"]


def test_a_cell_without_an_interval_stays_unknown_and_moves_no_other():
    unknown = ("Senior", "use", 3, -4.0, np.nan, "not enough data")
    found, without = patterns(unknown, *MANY), patterns(*MANY)
    assert found[["shrunk", "shrunk_low", "shrunk_high"]].isna().sum().tolist() == [1, 1, 1]
    assert found["shrunk"].dropna().tolist() == without["shrunk"].tolist()
    assert patterns(unknown)["shrunk"].isna().all()


def test_a_lucky_standard_error_of_few_answers_is_not_trusted():
    table = cells(("a", "x", 4, -2.0, 0.1, "shortfall"), *MANY)
    margin = stats.t.ppf(0.975, table["n"] - 1) * table["se"]
    wide = find_patterns(table.assign(low=table["gap"] - margin, high=table["gap"] + margin), **BOTH)
    trusting = find_patterns(table, **BOTH)
    assert wide["shrunk"].min() > trusting["shrunk"].min()


def test_row_order_does_not_matter_and_names_only_name():
    given = cells(FEW, *MANY, *((twin, "use", 90, 0.3, 0.1, "exceeded") for twin in ("twin b", "twin a")))
    found = find_patterns(given, **BOTH)
    assert found["persona"].tail(2).tolist() == ["twin a", "twin b"]
    pd.testing.assert_frame_equal(find_patterns(given.iloc[::-1], **BOTH), found)
    renamed = find_patterns(given.assign(persona="z" + given["persona"].str[::-1]), **BOTH)
    assert renamed["shrunk"].tolist() == pytest.approx(found["shrunk"].tolist())


def test_two_rows_for_one_cell_are_refused():
    with pytest.raises(StudyError, match="more than one row for Senior and use"):
        patterns(FEW, FEW)
    with pytest.raises(StudyError, match="lacks"):
        find_patterns(pd.DataFrame({"persona": ["a"]}), **BOTH)


def test_one_group_that_falls_short_is_named_with_how_often_and_where_most():
    sentence = said(*MANY, order=["buy", "use"])
    assert sentence.startswith("Student falls short in 2 of 2 stages, most in use: by 0.9 points, drawn towards the")
    assert sentence.endswith("200 people).") and len(sentence.split()) <= 30


def test_several_groups_that_fall_short_are_counted():
    more = [(name, "buy", 90, -0.5, 0.1, "shortfall") for name in ("e-mail user", "Remote")]
    assert said(*MANY, more[0]).endswith("1 more persona falls short somewhere.")
    assert said(*MANY, *more).endswith("2 more personas fall short somewhere.")
    assert said(more[0]).startswith("E-mail user falls short in 1 of 1 stage, most in buy: by 0.5 points, ")
    assert all(len(words.split()) <= 30 for words in said(*MANY, *more).split(". "))


def test_a_blank_group_is_never_named():
    assert said((None, "use", 90, -3.0, 0.1, "shortfall"), *MANY[2:]) == "No persona falls clearly short in any stage."


def test_a_shortfall_that_shrinks_away_is_not_named():
    rows = [(name, "use", 90, 0.5, 0.1, "exceeded") for name in "abcdef"]
    assert patterns(*rows, ("g", "use", 40, -0.3, 0.4, "shortfall"))["shrunk"].min() > 0
    assert said(*rows, ("g", "use", 40, -0.3, 0.4, "shortfall")) == "No persona falls clearly short in any stage."


def test_too_few_answers_are_said():
    assert said(FEW) == "The answers are too few to tell which persona falls short in which stage."
    assert said() == "The answers are too few to tell which persona falls short in which stage."


def people(*groups, seed=1):
    """A row for each of n people in (group, value of within, n, share that failed), their gap −1 or 0."""
    tables = [
        pd.DataFrame({"channel": group, "touchpoint": place, "gap_a": -1.0 * (np.arange(n) < round(n * failed))})
        for group, place, n, failed in groups
    ]
    table = pd.concat(tables, ignore_index=True).assign(gap_b=1.0)
    return table.assign(_block=np.random.default_rng(seed).permutation(len(table)))


def reversals(blocks, **options):
    return find_reversals(blocks, column="channel", within="touchpoint", **options)


def headline(blocks):
    return describe_reversals(reversals(blocks), within="touchpoint").replace("\u00a0", " ")


KIDNEY_STONES = [
    *(("A", "small", 870, 6 / 87), ("A", "large", 2630, 71 / 263)),
    *(("B", "small", 2700, 36 / 270), ("B", "large", 800, 25 / 80)),
]
"""Failures of open surgery (A) and puncture (B), ten times as many patients (Charig et al. 1986; Julious 1994)."""

BERKELEY = {
    "A": (512, 313, 89, 19), "B": (353, 207, 17, 8), "C": (120, 205, 202, 391),
    "D": (138, 279, 131, 244), "E": (53, 138, 94, 299), "F": (22, 351, 24, 317),
}  # fmt: skip
"""Men admitted and rejected, women admitted and rejected, by department (Bickel, Hammel & O'Connell 1975)."""


def test_the_kidney_stones_are_reversed_as_published():
    found = reversals(people(*KIDNEY_STONES)).set_index("channel")
    assert found["verdict"].tolist() == ["reversed", "reversed"]
    assert found.loc["A", ["gap", "gap_rest"]].tolist() == pytest.approx([0.78 - 1, 289 / 350 - 1])
    small = 357 / 700
    adjusted = small * (81 / 87 - 234 / 270) + (1 - small) * (192 / 263 - 55 / 80)
    assert adjusted == pytest.approx(0.833 - 0.779, abs=0.001)
    assert found.loc["A", "adjusted"] == pytest.approx(adjusted) and found.loc["B", "adjusted"] < 0


def test_the_interval_is_that_of_the_analytic_standard_error():
    found = reversals(people(*KIDNEY_STONES)).set_index("channel").loc["A"]
    small, parts = 357 / 700, {(group, size): failed * (1 - failed) / n for group, size, n, failed in KIDNEY_STONES}
    variance = small**2 * (parts["A", "small"] + parts["B", "small"])
    variance += (1 - small) ** 2 * (parts["A", "large"] + parts["B", "large"])
    half = (found["adjusted_high"] - found["adjusted_low"]) / 2
    assert half == pytest.approx(HALF * np.sqrt(variance), rel=0.01)
    crude = (found["gap"] * (-1 - found["gap"]) + found["gap_rest"] * (-1 - found["gap_rest"])) / 3500
    assert (found["crude_high"] - found["crude_low"]) / 2 == pytest.approx(HALF * np.sqrt(crude), rel=0.01)


def test_berkeley_admits_fewer_women_and_department_by_department_more():
    groups = [
        (sex, department, yes + no, no / (yes + no))
        for department, (men, not_men, women, not_women) in BERKELEY.items()
        for sex, yes, no in (("men", men, not_men), ("women", women, not_women))
    ]
    women = reversals(people(*groups)).set_index("channel").loc["women"]
    assert women["crude"] == pytest.approx(0.304 - 0.445, abs=0.001) and women["crude_high"] < 0
    assert women["adjusted"] == pytest.approx(0.0426, abs=0.0005) and women["verdict"] == "reversed"


def answers(n, seed, effect=0.0, touchpoints=(-1.0, 0.0), mix=0.5, others=("web", "store")):
    """Two answers each of n people: phone meets the first touchpoint with probability `mix`, the others with .5."""
    rng = np.random.default_rng(seed)
    person = pd.DataFrame({"_block": np.arange(n), "channel": rng.choice(["phone", *others], n)})
    person["level"] = rng.normal(0, 0.5, n)
    table = pd.concat([person, person], ignore_index=True)
    phone = table["channel"] == "phone"
    second = rng.random(2 * n) > np.where(phone, mix, 0.5)
    gap = np.take(touchpoints, second.astype(int)) + table["level"] + effect * phone + rng.normal(0, 0.7, 2 * n)
    return table.assign(touchpoint=np.where(second, "order", "help"), gap_a=gap, gap_b=1.0)


def verdict(blocks, name="phone"):
    return reversals(blocks).set_index("channel").loc[name, "verdict"]


def test_each_planted_story_is_found():
    assert verdict(answers(900, 1, mix=0.95)) == "explained by mix"
    assert verdict(answers(900, 1, mix=0.95, effect=0.45)) == "hidden by mix"
    assert verdict(answers(900, 1, mix=0.95, effect=0.2)) == "reversed"
    assert verdict(answers(900, 1, effect=-0.5)) == "holds"
    assert verdict(answers(900, 1)) == "no sure difference"


def test_without_a_story_a_flag_is_rare():
    nothing = [reversals(answers(120, seed))["verdict"].isin(FLAGGED).any() for seed in range(30)]
    same_mix = [reversals(answers(120, seed, effect=-0.4))["verdict"].isin(FLAGGED).any() for seed in range(30)]
    assert np.mean(nothing) <= 0.05 and np.mean(same_mix) <= 0.05


def standardised(table, phone):
    """Phone against the rest at an equal mix, written out for one table."""
    cell = table.assign(phone=phone).groupby(["touchpoint", "phone"])[["gap_a", "gap_b"]].sum().unstack()
    means, share = cell["gap_a"] / cell["gap_b"], cell["gap_b"].sum(axis=1) / cell["gap_b"].sum().sum()
    return ((means[True] - means[False]) * share).sum()


def test_the_interval_is_that_of_resampling_people():
    table = answers(600, 5, mix=0.8, effect=0.2)
    found = reversals(table).set_index("channel").loc["phone"]
    assert found["adjusted"] == pytest.approx(standardised(table, table["channel"] == "phone"))
    rng, times = np.random.default_rng(1), np.zeros((2000, 600))
    for row in times:
        np.add.at(row, rng.integers(0, 600, 600), 1)
    phone, order = table["channel"] == "phone", table["touchpoint"] == "order"
    drawn = times[:, table["_block"]]
    sums = {
        (side, place): drawn @ np.c_[table["gap_a"] * here, here]
        for side in (True, False) for place in (True, False)
        for here in [((phone == side) & (order == place)).to_numpy(float)]
    }  # fmt: skip
    means = {cell: total[:, 0] / total[:, 1] for cell, total in sums.items()}
    share = {place: (sums[True, place] + sums[False, place])[:, 1] / 1200 for place in (True, False)}
    spread = sum(share[place] * (means[True, place] - means[False, place]) for place in (True, False)).std()
    se = (found["adjusted_high"] - found["adjusted"]) / stats.t.ppf(0.975, phone[:600].sum() - 1)
    assert se == pytest.approx(spread, rel=0.04)


def test_only_values_both_sides_have_are_compared_and_the_share_is_stated():
    table = people(("phone", "help", 60, 0.5), ("web", "help", 60, 0.2), ("phone", "visit", 40, 0.9))
    found = reversals(table).set_index("channel")
    assert found["coverage"].to_dict() == {"phone": 0.6, "web": 1.0}
    assert found.loc["phone", ["crude", "adjusted"]].tolist() == pytest.approx([-0.66 + 0.2, -0.3])


def test_nothing_in_common_cannot_be_adjusted():
    found = reversals(people(("phone", "help", 60, 0.5), ("web", "order", 60, 0.1)))
    assert found["adjusted"].isna().all() and found["coverage"].tolist() == [0, 0]
    assert found["verdict"].tolist() == ["no sure difference"] * 2


def test_people_without_a_channel_or_a_touchpoint_are_left_out():
    table = people(*KIDNEY_STONES[:3], ("B", "large", 80, 0.3))
    blank = table.head(200).assign(gap_a=-1.0)
    more = pd.concat([table, blank.assign(channel=None), blank.assign(touchpoint=None)])
    more = more.astype({"channel": "str", "touchpoint": "str"})
    pd.testing.assert_frame_equal(reversals(more), reversals(table))


def test_one_group_none_or_one_block_is_no_difference():
    alone = reversals(people(("phone", "help", 9, 0.5)))
    assert alone["crude"].isna().all() and alone["verdict"].tolist() == ["no sure difference"]
    nobody = reversals(people(("phone", "help", 9, 0.5)).iloc[:0])
    assert nobody.empty and describe_reversals(nobody, within="touchpoint") == ""
    one = reversals(people(("phone", "help", 9, 0.5), ("web", "help", 9, 0.1)).assign(_block=0))
    assert one[["crude_low", "adjusted_low", "q"]].isna().all(axis=None)


def test_the_interval_goes_by_the_people_of_the_smaller_side():
    found = reversals(people(("phone", "help", 6, 0.5), ("web", "help", 200, 0.2))).set_index("channel").loc["phone"]
    variance = 0.5 * 0.5 * 6 / 5 / 5 + 0.2 * 0.8 / 199  # leaving out one of n gives s²/(n − 1), on the safe side
    half = stats.t.ppf(0.975, 5) * np.sqrt(variance)
    assert (found["crude_high"] - found["crude"], found["adjusted_high"] - found["adjusted"]) == pytest.approx(
        (half, half), rel=0.01
    )


def test_q_is_of_all_rows_of_the_table():
    table = answers(300, 2, effect=-0.2)
    found = reversals(table)
    n = table.groupby("channel")["_block"].nunique()[found["channel"]].to_numpy()
    for figure, q in (("crude", "q"), ("adjusted", "q_adjusted")):
        se = (found[f"{figure}_high"] - found[figure]) / stats.t.ppf(0.975, n - 1)
        p = 2 * stats.t.sf((found[figure] / se).abs(), n - 1)
        assert found[q].tolist() == pytest.approx(stats.false_discovery_control(p))


def test_answers_that_are_all_the_same_are_never_sure():
    found = reversals(people(("phone", "help", 50, 1.0), ("web", "help", 50, 0.0)))
    assert found["crude"].tolist() == [-1, 1] and found[["crude_low", "q"]].isna().all(axis=None)
    table = people(("phone", "help", 50, 1.0), ("web", "help", 50, 1.0))
    rounded = reversals(table.assign(gap_b=0.3, gap_a=np.where(table["channel"] == "web", 0.03, 0.21)))
    assert rounded[["crude_low", "adjusted_low", "q", "q_adjusted"]].isna().all(axis=None)


def test_order_names_weight_and_split_rows_change_nothing_and_scale_scales():
    table = answers(200, 3, mix=0.9)
    found = reversals(table)
    figures = ["crude", "crude_low", "adjusted", "adjusted_high", "q", "q_adjusted"]
    halves = pd.concat([table, table]).assign(gap_a=lambda rows: rows["gap_a"] / 2, gap_b=0.5)
    heavier = table.assign(gap_a=7 * table["gap_a"], gap_b=7.0)
    for other in (table.sample(frac=1, random_state=1), halves, heavier):
        again = reversals(other)
        assert again["channel"].tolist() == found["channel"].tolist()
        assert again["verdict"].tolist() == found["verdict"].tolist()
        np.testing.assert_allclose(again[figures], found[figures], rtol=1e-8)
    renamed = reversals(table.assign(channel=table["channel"].map({"phone": "z", "web": "y", "store": "x"})))
    assert renamed["channel"].tolist() == found["channel"].map({"phone": "z", "web": "y", "store": "x"}).tolist()
    tenfold = reversals(table.assign(gap_a=-10 * table["gap_a"])).set_index("channel").loc[found["channel"]]
    np.testing.assert_allclose(tenfold[["crude", "adjusted", "q"]], found[["crude", "adjusted", "q"]] * [-10, -10, 1])


def test_the_table_is_the_one_promised_and_the_blocks_stay_as_they_were():
    table = people(*KIDNEY_STONES)
    before = table.copy()
    assert list(reversals(table)) == [
        *("channel", "gap", "gap_rest", "crude", "crude_low", "crude_high", "adjusted", "adjusted_low"),
        *("adjusted_high", "coverage", "p", "q", "q_adjusted", "verdict"),
    ]
    pd.testing.assert_frame_equal(table, before)
    with pytest.raises(StudyError, match="summarise_blocks.*lacks"):
        reversals(table.drop(columns="gap_b"))


def test_a_reversal_is_said_once_with_both_figures():
    assert headline(people(*KIDNEY_STONES)) == (
        "A looks 0.05 points worse than the rest but is 0.05 better at an equal mix of touchpoints "
        "(95 % interval +0.03 to +0.07)."
    )


def test_what_the_mix_explains_and_hides_is_said_with_both_figures():
    explained, hidden = headline(answers(900, 1, mix=0.95)), headline(answers(900, 1, mix=0.95, effect=0.45))
    assert "points worse than the rest; at an equal mix of touchpoints no sure difference remains (0.0" in explained
    assert explained.startswith("Phone looks 0.") and "Phone does not surely look different (0." in hidden
    assert all(len(words.split()) <= 30 for words in (explained, hidden))


def test_others_are_counted_shared_values_are_named_and_nothing_says_nothing():
    three = people(*KIDNEY_STONES, ("C", "small", 2700, 0.13), ("C", "large", 800, 0.31), ("A", "huge", 20, 0.5))
    assert headline(three).startswith("A looks") and "equal mix of shared touchpoints" in headline(three)
    assert headline(answers(900, 1)) == ""
    flagged = reversals(three)["verdict"].isin(FLAGGED).sum()
    assert headline(three).endswith(f" And {flagged - 1} more.")
