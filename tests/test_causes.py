"""What is behind a gap, on tables small enough to check by eye and against independent computations."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib.gaps.causes import describe_gap_drivers, describe_split, find_gap_drivers, split_difference
from cxlib.gaps.themes import contrast_themes, describe_themes
from cxlib.tables import StudyError

WAVES = {"column": "wave", "first": "1", "second": "2", "within": "persona"}

PLANT_GROWTH = {  # R's PlantGrowth; oneway.test gives F = 5.181 on 2 and 17.128, p = .01739
    "control": [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
    "first": [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
    "second": [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
}


def people(*groups):
    """One block a person: (wave, persona, gap, how many)."""
    rows = [(wave, persona, gap) for wave, persona, gap, many in groups for _ in range(many)]
    table = pd.DataFrame(rows, columns=["wave", "persona", "gap_a"]).astype({"gap_a": "float64"})
    return table.assign(gap_b=1.0, _block=range(len(table)))


def noisy(*groups):
    """As `people`, half of them a little above their gap and half below."""
    table = people(*groups)
    return table.assign(gap_a=table["gap_a"] + np.tile([0.1, -0.1], len(table))[: len(table)])


def split_people(table):
    return split_difference(table, **WAVES)


def total_of(split):
    return split[split["of"] == "total"].iloc[0]


def words(sentence):
    assert len(sentence.split()) <= 30
    return sentence.replace("\u00a0", " ")


def test_another_mix_alone_is_no_change_of_the_gaps():
    split = split_people(people(("1", "A", -2, 3), ("1", "B", 0, 1), ("2", "A", -2, 1), ("2", "B", 0, 3)))
    assert total_of(split)[["mix", "rate", "difference"]].tolist() == [1.0, 0.0, 1.0]


def test_the_same_mix_leaves_all_to_the_gaps():
    split = split_people(people(("1", "A", -2, 2), ("1", "B", 0, 2), ("2", "A", -1, 2), ("2", "B", 1, 2)))
    assert total_of(split)[["mix", "rate", "difference"]].tolist() == [0.0, 1.0, 1.0]


def test_the_parts_add_up_and_the_largest_comes_first():
    table = people(("1", "A", -2, 2), ("1", "B", 0, 5), ("1", "C", -1, 3), ("2", "A", -1, 4), ("2", "B", -3, 3))
    split = split_people(table)
    strata, total = split[split["of"] == "stratum"], total_of(split)
    means = table.groupby("wave")["gap_a"].mean()
    assert split["of"].tolist() == ["stratum"] * 3 + ["total"]
    assert strata["persona"].iloc[0] == "B" and strata["persona"].is_unique
    assert total["mix"] + total["rate"] == pytest.approx(means["2"] - means["1"])
    assert strata[["mix", "rate", "difference"]].sum().to_numpy() == pytest.approx(
        total[["mix", "rate", "difference"]].to_numpy(dtype=float)
    )


def test_it_is_the_twofold_decomposition_of_two_regressions():
    rng = np.random.default_rng(4)
    table = people(*((wave, persona, 0, many) for wave, persona, many in zip("111222", "ABCABC", (9, 4, 7, 3, 8, 8))))
    table = table.assign(gap_a=rng.normal(-1, 1, len(table)))
    dummies = {wave: pd.get_dummies(rows["persona"]).to_numpy(dtype=float) for wave, rows in table.groupby("wave")}
    slopes = {wave: np.linalg.lstsq(dummies[wave], rows["gap_a"].to_numpy())[0] for wave, rows in table.groupby("wave")}
    shares = {wave: values.mean(axis=0) for wave, values in dummies.items()}
    total = total_of(split_people(table))
    assert total["mix"] == pytest.approx((shares["2"] - shares["1"]) @ (slopes["1"] + slopes["2"]) / 2, abs=1e-12)
    assert total["rate"] == pytest.approx((slopes["2"] - slopes["1"]) @ (shares["1"] + shares["2"]) / 2, abs=1e-12)


def test_intervals_are_those_of_leaving_out_one_block_after_the_other():
    table = noisy(("1", "A", -2, 7), ("1", "B", 0, 3), ("2", "A", -2.5, 4), ("2", "B", -0.5, 8))
    split = split_people(table)
    left = [total_of(split_people(table[table["_block"] != block])) for block in table["_block"]]
    for part, low, high in (("mix", "mix_low", "mix_high"), ("rate", "rate_low", "rate_high")):
        without = np.array([row[part] for row in left])
        se = math.sqrt((len(left) - 1) / len(left) * ((without - without.mean()) ** 2).sum())
        margin = stats.t.ppf(0.975, 10 - 1) * se
        assert total_of(split)[[low, high]].tolist() == pytest.approx(
            [total_of(split)[part] - margin, total_of(split)[part] + margin], abs=1e-12
        )


def test_one_stratum_has_the_interval_of_a_difference_of_means():
    table = noisy(("1", "A", -1, 40), ("2", "A", -1.5, 40))
    total = total_of(split_people(table))
    welch = math.sqrt(2 * table["gap_a"][:40].var() / 40)
    assert total["high"] - total["low"] == pytest.approx(2 * stats.t.ppf(0.975, 39) * welch, rel=0.02)


def test_a_stratum_that_only_one_wave_has_is_all_mix():
    split = split_people(people(("1", "A", -1, 4), ("2", "A", -1, 4), ("2", "new", -3, 4))).set_index("persona")
    assert split.loc["new", "rate"] == 0 and split.loc["all", "rate"] == 0
    assert split.loc["all", "mix"] == -1 and math.isnan(split.loc["new", "gap_first"])


def test_a_blank_stratum_is_called_not_stated():
    table = people(("1", "A", -1, 2), ("1", None, -2, 2), ("2", "A", -1, 2), ("2", None, -2, 1))
    assert sorted(split_people(table)["persona"]) == ["A", "all", "not stated"]


def test_no_variance_is_no_certainty():
    split = split_people(people(("1", "A", -1, 3), ("2", "A", -2, 3)))
    assert split.filter(regex="low|high").isna().all(axis=None)


def test_one_block_a_side_has_no_interval():
    table = noisy(("1", "A", -1, 1), ("2", "A", -2, 9))
    assert split_people(table).filter(regex="low|high").isna().all(axis=None)


def test_weights_do_not_matter_by_their_unit_nor_rows_by_their_order():
    table = noisy(("1", "A", -2, 7), ("1", "B", 0, 3), ("2", "A", -2.5, 4), ("2", "B", -0.5, 8))
    other = table.assign(gap_a=table["gap_a"] * 0.3, gap_b=0.3).iloc[::-1]
    pd.testing.assert_frame_equal(split_people(table), split_people(other), rtol=1e-9)


def test_the_blocks_are_left_as_they_were_and_their_index_does_not_matter():
    table = noisy(("1", "A", -2, 3), ("2", "A", -1, 3)).set_axis([0] * 6)
    before = table.copy()
    split_people(table)
    pd.testing.assert_frame_equal(table, before)


def test_blocks_without_a_column_are_refused_with_what_they_lack():
    with pytest.raises(StudyError, match="summarise_blocks.*lacks.*persona"):
        split_difference(pd.DataFrame({"wave": ["1"], "_block": [0], "gap_a": [1], "gap_b": [1]}), **WAVES)


def said_of(*groups, n=40):
    return words(describe_split(split_people(noisy(*groups)), what="since 2026-Q1", n=n))


def test_both_parts_of_a_fall_are_said_with_its_interval():
    said = said_of(("1", "A", -2, 10), ("1", "B", 0, 30), ("2", "A", -2.5, 30), ("2", "B", -0.5, 10), n=80)
    assert re.fullmatch(
        r"Of the fall since 2026-Q1 by 1\.50 points \(−1\.\d\d to −1\.\d\d; n 80\), 1\.00 come from another mix of "
        r"personas and 0\.50 from the gaps themselves\.",
        said,
    )


def test_a_mix_that_alone_is_sure_is_said_with_the_doubt():
    said = said_of(("1", "A", -2, 30), ("1", "B", 0, 10), ("2", "A", -2.01, 10), ("2", "B", 0, 30))
    assert said.startswith("Of the rise") and ", 1.00 come from another mix of personas; " in said
    assert said.endswith("the gaps themselves may play no part (0.00).")


def test_gaps_that_alone_are_sure_are_said_with_the_doubt():
    said = said_of(("1", "A", -2, 20), ("1", "B", 0, 20), ("2", "A", -3, 22), ("2", "B", -1, 18))
    assert said.endswith("come from the gaps themselves; another mix of personas may play no part (0.10).")


def test_the_same_mix_is_said():
    table = noisy(("1", "A", -2, 20), ("2", "A", -3, 20))
    assert describe_split(split_people(table), what="since May", things="personae").endswith(
        "all comes from the gaps themselves, for the mix of personae is the same."
    )


def test_nothing_sure_claims_nothing():
    said = said_of(("1", "A", -1, 3), ("2", "A", -1.05, 3), n=6)
    assert said.startswith("No sure difference since 2026-Q1 (") and said.endswith("; n 6).")


def test_two_parts_that_hide_each_other_are_said():
    said = said_of(("1", "A", -2, 10), ("1", "B", 0, 30), ("2", "A", -1, 30), ("2", "B", 1, 10))
    assert said.startswith("No sure difference")
    assert said.endswith("but another mix of personas gives −1.00 and the gaps themselves give +1.00.")


def test_a_sure_fall_with_unsure_parts_says_so():
    split = split_people(noisy(("1", "A", -1, 9), ("1", "B", 0, 9), ("2", "A", -2, 9), ("2", "B", -1, 9)))
    unsure = split.assign(mix=-0.3, mix_low=-1.0, mix_high=0.4, rate_low=-2.0, rate_high=0.1)
    assert words(describe_split(unsure, what="since 2026-Q1")).endswith(
        "it is not sure what comes from another mix of personas, what from the gaps themselves."
    )


@pytest.mark.parametrize("groups", [[], [("1", "A", -1, 4)]])
def test_a_side_without_gaps_cannot_be_told(groups):
    split = split_people(people(*groups))
    assert describe_split(split, what="since May") == "No difference since May can be told: one side has no gaps."


def summary(factor="persona", **groups):
    """As `summarise_ratings` gives it: each group's gaps."""
    answers = {name: np.array(values) for name, values in groups.items()}
    return pd.DataFrame(
        {
            factor: list(groups),
            "n": [len(values) for values in answers.values()],
            "n_effective": [float(len(values)) for values in answers.values()],
            "mean_gap": [values.mean() for values in answers.values()],
            "se_gap": [values.std(ddof=1) / math.sqrt(len(values)) for values in answers.values()],
        }
    )


def test_welch_analysis_of_variance_gives_the_figures_of_r_and_statsmodels():
    row = find_gap_drivers({"persona": summary(**PLANT_GROWTH)}).iloc[0]
    assert row[["f", "df", "df_within", "p"]].tolist() == pytest.approx(
        [5.1809724081131945, 2, 17.128418616644137, 0.01739282149016992], abs=1e-10
    )


def test_groups_of_different_sizes_and_spreads_give_the_figures_of_statsmodels():
    groups = {
        "a": [-0.87, -1.13, -0.36, -0.9, -1.54, -0.64, 0.3],
        "b": [0.27, -0.55, -0.83, -0.51, -0.18, -1.36, -0.31, -0.82, -0.57, -0.47, -0.36, 0.01],
        "c": [2.39, 0.04, 3.03, -1.03, 1.0],
        "d": [0.46, -0.67, -1.84, -2.09, -1.44, -0.49, -2.21, -1.09, -1.02, -0.04]
        + [-0.5, -0.3, -1.72, -0.98, 0.3, 1.29, -2.56, 1.32, 1.08, 0.29],
    }
    row = find_gap_drivers({"persona": summary(**groups)}).iloc[0]
    assert row[["f", "df_within", "p"]].tolist() == pytest.approx(
        [1.765648855103636, 12.51321914252016, 0.20503611223814694], abs=1e-10
    )


def test_of_two_groups_it_is_welchs_t():
    groups = {name: PLANT_GROWTH[name] for name in ("control", "second")}
    t = stats.ttest_ind(*groups.values(), equal_var=False)
    row = find_gap_drivers({"persona": summary(**groups)}).iloc[0]
    assert row[["f", "df_within", "p"]].tolist() == pytest.approx([t.statistic**2, t.df, t.pvalue], abs=1e-12)


def test_omega_squared_is_that_of_the_plain_analysis_of_variance():
    f, (k, n) = stats.f_oneway(*PLANT_GROWTH.values()).statistic, (3, 30)
    row = find_gap_drivers({"persona": summary(**PLANT_GROWTH)}).iloc[0]
    assert row["omega2"] == pytest.approx((k - 1) * (f - 1) / ((k - 1) * (f - 1) + n), abs=1e-12)


def test_a_share_of_variance_is_never_below_zero():
    row = find_gap_drivers({"persona": summary(a=[-1, 0, 1], b=[-1, 0, 1.1])}).iloc[0]
    assert row["omega2"] == 0 and row["verdict"] == "no sure difference"


def test_the_lowest_and_the_highest_group_come_with_gap_interval_and_n():
    row = find_gap_drivers({"persona": summary(a=[-1, 0, 1], b=[-3, -2, -1, -2], c=[1, 2, 3, 2])}).iloc[0]
    assert row[["lowest", "lowest_gap", "lowest_n"]].tolist() == ["b", -2, 4]
    assert row[["highest", "highest_gap", "highest_n"]].tolist() == ["c", 2, 4]
    margin = stats.t.ppf(1 - 0.025 * 2 / 3, 3) * math.sqrt(2 / 3) / 2  # an end of three groups
    assert row[["lowest_low", "lowest_high"]].tolist() == pytest.approx([-2 - margin, -2 + margin])


def test_rare_failures_leave_the_ends_without_an_interval():
    table = summary(a=[0] * 18 + [-3, -4], b=[0, 1, -1, 2] * 5).assign(modal=[18, 5], skewness=0.0, width=6)
    row = find_gap_drivers({"persona": table}).iloc[0]
    assert row["lowest"] == "a" and pd.isna(row["lowest_low"]) and row["highest_low"] < row["highest_gap"]
    sure = pd.DataFrame([row]).assign(verdict="differs")
    assert "lowest for a, −0.3 (n 20), highest" in words(describe_gap_drivers(sure))


def test_groups_that_say_nothing_are_left_out_and_one_group_is_no_comparison():
    table = summary(a=[-1, 0, 1], b=[-3, -2, -1], c=[5, 5, 5], d=[7, 8, 9])
    table = table.assign(persona=table["persona"].where(table["persona"] != "d"))
    drivers = find_gap_drivers({"persona": table, "channel": summary("channel", web=[-1, 0], shop=[2, 2])})
    assert drivers["factor"].tolist() == ["persona"]
    assert drivers.loc[0, "groups"] == 2 and drivers.loc[0, "n"] == 6


def test_every_touchpoint_is_a_test_of_its_own():
    here, there = summary(a=[-1, 0, 1], b=[-9, -8, -7]), summary(a=[-1, 0, 1], b=[-1, 0, 1.5])
    table = pd.concat([there.assign(touchpoint="search", label="Search"), here.assign(touchpoint="pay", label="Pay")])
    drivers = find_gap_drivers({"persona": table})
    alone = find_gap_drivers({"persona": here})
    assert drivers["touchpoint"].tolist() == ["pay", "search"] and drivers["label"].tolist() == ["Pay", "Search"]
    assert drivers.loc[0, "p"] == pytest.approx(alone.loc[0, "p"])
    assert drivers.loc[0, "q"] == pytest.approx(2 * alone.loc[0, "p"])


def test_one_person_with_the_weight_of_all_is_left_out():
    table = summary(a=[-1, 0, 1], b=[-9, -8, -7], c=[3, 4, 5]).assign(n_effective=[3, 1.0, 3])
    assert find_gap_drivers({"persona": table}).loc[0, "groups"] == 2


def test_touchpoints_as_a_factor_go_by_their_labels():
    table = summary("touchpoint", pay=[-9, -8, -7], search=[-1, 0, 1]).assign(label=["Paying", "Searching"])
    row = find_gap_drivers({"touchpoint": table}).iloc[0]
    assert row["lowest"] == "Paying" and pd.isna(row["touchpoint"])


def test_the_strongest_driver_is_named_with_n_and_interval():
    tables = {"channel": summary("channel", web=[-1, 0, 1], shop=[-1, 0, 2]), "persona": summary(**PLANT_GROWTH)}
    assert words(describe_gap_drivers(find_gap_drivers(tables))) == (
        "Gaps differ most by persona (20 % of their variance): lowest for first, +4.7 (+4.0 to +5.3; n 10), "
        "highest for second, +5.5 (n 10)."
    )


def test_the_touchpoint_of_the_strongest_driver_is_named():
    table = summary(a=[-1, 0, 1], b=[-9, -8, -7]).assign(touchpoint="pay", label="Paying")
    assert words(describe_gap_drivers(find_gap_drivers({"persona": table}))).startswith("Gaps at Paying differ most by")


def test_factors_without_a_sure_difference_are_named_as_such():
    tables = {name: summary(name, a=[-1, 0, 1], b=[-1, 0, 2]) for name in ("persona", "channel")}
    said = describe_gap_drivers(find_gap_drivers(tables))
    assert said == "Gaps do not surely differ by persona or channel."


@pytest.mark.parametrize("tables", [{}, {"persona": summary(a=[-1, 0, 1])}])
def test_no_comparison_says_so(tables):
    drivers = find_gap_drivers(tables)
    assert drivers.empty and "omega2" in drivers
    assert describe_gap_drivers(drivers).startswith("What tells gaps apart cannot be said")


def quotes(**touchpoints):
    """Quotes of each touchpoint: what was said and how many times."""
    rows = [(place, text) for place, said in touchpoints.items() for text, many in said.items() for _ in range(many)]
    return pd.DataFrame(rows, columns=["touchpoint", "text"]).assign(code=None, customer=None)


PLANTED = quotes(
    pay={"the queue was long": 15, "the shop was nice": 10}, search={"the shop was nice": 60, "the queue moved": 5}
)


def plain_log_odds(here, elsewhere):
    """Monroe, Colaresi & Quinn's z, theme by theme, from lists of quotes."""

    def count(texts):
        found = {}
        for text in texts:
            for word in {word for word in text.lower().split() if len(word) > 2}:
                found[word] = found.get(word, 0) + 1
        return found

    first, second = count(here), count(elsewhere)
    themes = {*first, *second}
    n1, n2 = sum(first.values()), sum(second.values())
    result = {}
    for theme in themes:
        y1, y2 = first.get(theme, 0), second.get(theme, 0)
        a1, a2 = (2 * n / (n1 + n2) for n in (n1, n2))
        cells = [y1 + a1, n1 - y1 + (len(themes) - 1) * a1, y2 + a2, n2 - y2 + (len(themes) - 1) * a2]
        delta = math.log(cells[0] / cells[1]) - math.log(cells[2] / cells[3])
        result[theme] = (delta, math.sqrt(sum(1 / cell for cell in cells)))
    return result


def test_log_odds_are_those_of_a_plain_computation():
    contrast = contrast_themes(PLANTED, "pay").set_index("theme")
    here = PLANTED["touchpoint"] == "pay"
    plain = plain_log_odds(PLANTED.loc[here, "text"], PLANTED.loc[~here, "text"])
    assert set(contrast.index) == set(plain) == {"the", "queue", "was", "long", "shop", "nice", "moved"}
    for theme, (delta, se) in plain.items():
        assert contrast.loc[theme, ["log_odds", "low", "high"]].tolist() == pytest.approx(
            [delta, delta - 1.959963984540054 * se, delta + 1.959963984540054 * se], abs=1e-9
        )
    z = [plain[theme][0] / plain[theme][1] for theme in contrast.index]
    assert z == sorted(z, reverse=True)


def test_a_planted_theme_is_typical_and_a_common_word_is_not():
    contrast = contrast_themes(PLANTED, "pay").set_index("theme")
    assert contrast.loc[["long", "queue"], "verdict"].tolist() == ["typical here"] * 2
    assert contrast.loc["nice", "verdict"] == "typical elsewhere"
    assert contrast.loc["the", "verdict"] == "no sure difference"
    assert contrast.loc["queue", ["n_here", "n_elsewhere"]].tolist() == [15, 5]
    assert contrast.loc["queue", ["share_here", "share_elsewhere"]].tolist() == pytest.approx([15 / 25, 5 / 65])


def test_codes_where_there_are_any_are_the_themes():
    coded = PLANTED.assign(code=PLANTED["text"].str.contains("queue").map({True: " waiting ", False: "shop"}))
    assert set(contrast_themes(coded, "pay")["theme"]) == {"waiting", "shop"}


def test_words_count_once_a_quote_in_any_alphabet_and_case():
    feedback = quotes(pay={"Wait, WAIT и ЖДАТЬ at no 2020": 6}, search={"été cafe\u0301": 6})
    contrast = contrast_themes(feedback, "pay").set_index("theme")
    assert set(contrast.index) == {"wait", "ждать", "été", "café"}
    assert contrast.loc["wait", "n_here"] == 6


def test_one_customer_is_one_voice_at_a_touchpoint():
    loud = PLANTED.assign(customer=["c1"] * 15 + [None] * 75)
    contrast = contrast_themes(loud, "pay").set_index("theme")
    assert pd.isna(contrast.loc["queue", "n_here"]) and contrast.loc["queue", "verdict"] == "no sure difference"
    assert "long" not in contrast.index


def test_rare_themes_are_left_out_and_small_counts_are_not_shown():
    feedback = quotes(pay={"slow": 20, "rude staff": 3}, search={"slow": 40, "rude": 12, "odd": 4, "dear": 5})
    contrast = contrast_themes(feedback, "pay").set_index("theme")
    assert set(contrast.index) == {"slow", "rude", "dear"}
    hidden = contrast.loc["rude", ["n_here", "share_here", "log_odds", "low", "high", "q"]]
    assert hidden.isna().all() and contrast.loc["rude", "n_elsewhere"] == 12
    assert contrast.loc["dear", "n_here"] == 0


def test_the_only_theme_is_not_typical_of_anything():
    contrast = contrast_themes(quotes(pay={"slow": 9}, search={"slow": 20}), "pay")
    assert contrast["verdict"].tolist() == ["no sure difference"] and contrast["log_odds"].isna().all()


def test_quotes_without_a_touchpoint_are_nowhere():
    more = pd.concat([PLANTED, PLANTED.assign(touchpoint=None)], ignore_index=True)
    pd.testing.assert_frame_equal(contrast_themes(more, "pay"), contrast_themes(PLANTED, "pay"))


def test_feedback_is_left_as_it_was_and_its_order_does_not_matter():
    before = PLANTED.copy()
    pd.testing.assert_frame_equal(
        contrast_themes(PLANTED, "pay"), contrast_themes(PLANTED.sample(frac=1, random_state=1), "pay")
    )
    pd.testing.assert_frame_equal(PLANTED, before)


def test_the_typical_theme_is_said_with_its_quotes():
    said = words(describe_themes(contrast_themes(PLANTED, "pay"), label="Paying"))
    assert said == "Said more of Paying than elsewhere (quotes here; elsewhere): queue (15; 5) and long (15; 0)."


def test_many_typical_themes_stay_readable_and_small_counts_hidden():
    names = [f"a long theme of many words {place}" for place in range(9)]
    contrast = pd.DataFrame({"theme": names, "n_here": 1200, "n_elsewhere": pd.NA, "verdict": "typical here"})
    said = words(describe_themes(contrast, label="Paying"))
    assert said.endswith("(1,200; <5) and 7 more.")


def test_one_typical_theme_is_said_alone():
    contrast = pd.DataFrame({"theme": ["queue"], "n_here": [9], "n_elsewhere": [6], "verdict": ["typical here"]})
    assert describe_themes(contrast, label="Paying").endswith("(quotes here; elsewhere): queue (9; 6).")


def test_nothing_typical_is_said():
    contrast = contrast_themes(quotes(pay={"slow shop": 9, "dear": 9}, search={"slow shop": 20, "dear": 20}), "pay")
    said = describe_themes(contrast, label="Paying")
    assert said == "Nothing is surely said more often of Paying than elsewhere (3 themes compared)."


@pytest.mark.parametrize("feedback", [PLANTED.iloc[:0], PLANTED.iloc[:4], PLANTED.assign(text=None)])
def test_too_few_quotes_compare_nothing(feedback):
    contrast = contrast_themes(feedback, "pay")
    assert contrast.empty and "verdict" in contrast
    assert describe_themes(contrast, label="Paying").startswith("Too few people said anything of Paying")


def test_parts_that_oppose_each_other_are_said_as_made_and_undone():
    said = said_of(("1", "A", -2, 30), ("1", "B", 0, 10), ("2", "A", -4, 10), ("2", "B", -2, 30))
    assert "The gap fell since 2026-Q1 by 1.00 points" in said
    assert (
        "the gaps themselves made 2.00, another mix of personas undid 1.00 of it." in said and len(said.split()) <= 30
    )
