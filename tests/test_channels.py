"""Channels: as they are, at an equal mix of personas and touchpoints, and how steadily they serve."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxlib import open_study
from cxlib.charts.channels import plot_channels
from cxlib.experience.channels import (
    describe_channels,
    describe_consistency,
    find_channels,
    find_consistency,
    parts_of_variance,
)
from cxlib.summaries.channels import summarise_channels, summarise_spread


def cells(**channels):
    """Per channel, touchpoint → (mean, answers a block) over twenty blocks, with a little noise."""
    rng = np.random.default_rng(5)
    rows = [
        ("all", channel, place, block, n * (mean + rng.normal(0, 0.05)), n, n / len(places) + 0.0)
        for channel, places in channels.items()
        for place, (mean, n) in places.items()
        for block in range(20)
    ]
    return pd.DataFrame(rows, columns=["persona", "channel", "touchpoint", "_block", "a", "b", "people"])


MIXED = dict(
    phone={"pay": (3.2, 9), "help": (5.2, 1)},  # serves the touchpoint that is let down
    web={"pay": (3.0, 2), "help": (5.0, 8)},
    app={"pay": (2.6, 4), "help": (4.6, 6)},
)


def said(sentence):
    return sentence.replace("\u00a0", " ")


def test_a_channel_that_serves_what_is_rated_low_only_looks_worse():
    found = find_channels(cells(**MIXED)).set_index("channel")
    assert found["verdict"].to_dict() == {"app": "worse", "web": "better", "phone": "only looks worse"}
    assert found.loc["phone", "crude"] < 0 < found.loc["phone", "adjusted_low"]


def test_the_adjusted_difference_is_direct_standardisation_by_hand():
    table = cells(**MIXED)
    found = find_channels(table).set_index("channel").loc["phone"]
    sums = table.groupby(["touchpoint", table["channel"] == "phone"])[["a", "b"]].sum()
    means = (sums["a"] / sums["b"]).unstack()
    weights = sums["b"].groupby("touchpoint").sum() / sums["b"].sum()
    assert found["standardised"] == pytest.approx((weights * means[True]).sum())
    assert found["adjusted"] == pytest.approx((weights * (means[True] - means[False])).sum())
    crude = table.groupby(table["channel"] == "phone")[["a", "b"]].sum()
    assert found["crude"] == pytest.approx(crude.eval("a / b")[True] - crude.eval("a / b")[False])
    left_out = [
        find_channels(table[table["_block"] != block]).set_index("channel").loc["phone", "adjusted"]
        for block in range(20)
    ]
    se = np.sqrt(19 / 20 * ((left_out - np.mean(left_out)) ** 2).sum())
    assert found["adjusted_high"] - found["adjusted"] == pytest.approx(stats.t.ppf(0.975, 19) * se)


def test_what_only_one_channel_offers_is_not_compared():
    found = find_channels(cells(web={"pay": (4, 5), "advert": (2, 5)}, desk={"pay": (4, 5)})).set_index("channel")
    assert found["coverage"].to_dict() == {"web": 0.5, "desk": 1.0}
    assert found.loc["web", "crude"] < -0.9 and abs(found.loc["web", "adjusted"]) < 0.1
    assert found.loc["web", "verdict"] == "only looks worse"
    apart = find_channels(cells(web={"pay": (4, 5)}, desk={"help": (5, 5)}))
    assert apart["adjusted"].isna().all() and set(apart["verdict"]) == {"no sure difference"}


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_people_are_counted_once_a_channel(make_study, small_ratings, engine):
    study = open_study(make_study(ratings=small_ratings), engine=engine)
    found = summarise_channels(study)
    assert found.groupby("channel")["people"].sum().to_dict() == {"app": 2, "web": 2}
    web = found[found["channel"] == "web"]
    assert (web["a"].sum(), web["b"].sum()) == (4 + 5 + 4, 3)
    assert summarise_channels(study, of="gap")["a"].sum() == -2 - 1 - 3 + 0 + 1
    spread = summarise_spread(study).set_index("channel")
    assert spread.loc["app", ["n_experienced", "mean_experienced", "mean_deviation"]].tolist() == [2, 4.5, 0.5]
    assert summarise_channels(open_study(make_study(ratings=small_ratings.drop(columns="channel")))).empty


@pytest.mark.small_groups
def test_channels_of_few_people_are_others_together(make_study):
    sizes = {"web": 30, "phone": 12, "desk": 6, "fax": 3}
    rows = [(f"{channel}{place}", channel, 1 + place % 7) for channel, size in sizes.items() for place in range(size)]
    ratings = pd.DataFrame(rows, columns=["respondent", "channel", "experienced"]).assign(touchpoint="pay")
    study = open_study(make_study(ratings=ratings))
    n = find_channels(summarise_channels(study)).set_index("channel")["n"]
    assert "fax" not in n and n["others"] >= 8 and n.sum() == 51
    assert set(summarise_spread(study)["channel"]) == set(n.index) - {"others"}


@pytest.mark.small_groups
def test_answers_without_a_channel_are_no_channel_and_a_few_people_are_none_together(make_study):
    channels = ["web"] * 30 + ["app"] * 30 + ["shop"] * 3 + [None] * 27
    rows = [(f"r{place}", channel, 1 + place % 7) for place, channel in enumerate(channels)]
    ratings = pd.DataFrame(rows, columns=["respondent", "channel", "experienced"]).assign(touchpoint="pay")
    for engine in ("duckdb", "pandas"):
        cells = summarise_channels(open_study(make_study(ratings=ratings), engine=engine))
        assert cells.groupby("channel")["people"].sum().to_dict() == {"app": 30, "web": 30}


def test_somebody_in_two_channels_is_one_respondent(make_study, small_ratings):
    consistency = find_consistency(summarise_spread(open_study(make_study(ratings=small_ratings))))
    assert set(consistency["n"]) == {3} and said(describe_consistency(consistency)).endswith("(n 3).")


def spread_of(**draws):
    """What `summarise_spread` makes of one answer a person."""
    values = {name: np.asarray(draw, dtype=float) for name, draw in draws.items()}
    rows = [[name, *figures(draw), *figures(np.abs(draw - np.median(draw)))] for name, draw in values.items()]
    kinds = [f"{part}_{value}" for value in ("experienced", "deviation") for part in ("n", "mean", "se", "n_effective")]
    people = sum(len(draw) for draw in values.values())
    return pd.DataFrame(rows, columns=["channel", *kinds]).assign(respondents=people)


def figures(draw):
    return [len(draw), draw.mean(), stats.sem(draw), float(len(draw))]


def test_level_and_spread_are_welchs_and_brown_and_forsythes_tests():
    rng = np.random.default_rng(2)
    draws = dict(web=rng.normal(5, 1, 80), app=rng.normal(4.4, 1, 60), phone=rng.normal(5, 2, 50))
    found = find_consistency(spread_of(**draws)).set_index("of")
    brown_forsythe = stats.levene(*draws.values(), center="median")
    assert found.loc["spread", ["f", "p"]].astype(float).tolist() == pytest.approx(list(brown_forsythe))
    welch = stats.f_oneway(*draws.values(), equal_var=False)
    assert found.loc["level", ["f", "p"]].astype(float).tolist() == pytest.approx([welch.statistic, welch.pvalue])
    assert found.loc["spread", "highest"] == "phone" and found.loc["level", "lowest"] == "app"
    level, spread = found.loc["level"], found.loc["spread"]
    assert said(describe_consistency(found.reset_index())) == (
        f"{100 * level['omega2']:.0f} % of the differences in experience goes with the channel; single experiences "
        f"spread most in phone ({spread['highest_mean']:.2f} points from its median), least in {spread['lowest']} "
        f"({spread['lowest_mean']:.2f}) (n 190)."
    )


def test_icc_is_that_of_shrout_and_fleiss():
    scores = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
    )
    parts = parts_of_variance(np.full(6, 4.0), scores.mean(axis=1), scores.var(axis=1, ddof=1))
    assert parts["icc"] == pytest.approx(0.16574, abs=5e-6)


def test_alike_channels_are_said_to_be_alike():
    draw = np.random.default_rng(0).normal(5, 1, 50)
    found = find_consistency(spread_of(web=draw, app=draw))
    assert said(describe_consistency(found)) == (
        "Mean experience does not surely differ by channel; how far single experiences spread does not surely differ "
        "(n 100)."
    )
    assert describe_consistency(find_consistency(spread_of(web=draw))) == ""


def test_the_sentence_names_what_is_worse_and_what_only_looks_so():
    found = find_channels(cells(**MIXED))
    app, phone = (found.set_index("channel").loc[name] for name in ("app", "phone"))
    ends = " to ".join(f"{abs(app[end]):.2f}".join(["−", ""]) for end in ("adjusted_low", "adjusted_high"))
    assert said(describe_channels(found)) == (
        f"App is worse than the rest at an equal mix (−{abs(app['adjusted']):.2f} points, {ends}; n {app['n']}); "
        f"phone (n {phone['n']}) only looks worse and is {phone['adjusted']:.2f} better."
    )


def test_the_sentence_without_a_difference_or_without_data():
    alike = find_channels(cells(web={"pay": (4, 5)}, desk={"pay": (4, 5)}))
    assert said(describe_channels(alike)).startswith(
        "No channel is surely worse than the rest at an equal mix (up to n "
    )
    apart = find_channels(cells(web={"pay": (4, 5)}, desk={"help": (5, 5)}))
    assert describe_channels(apart).startswith("Too few customers met the same touchpoints")
    assert "only one has enough answers" in describe_channels(find_channels(cells(web={"pay": (4, 5)})))
    assert "column channel of the ratings" in describe_channels(find_channels(cells()))


def test_the_sample_hides_a_worse_channel_and_one_that_only_looks_worse():
    found = find_channels(summarise_channels(open_study("data/sample"), of="gap")).set_index("channel")
    assert found.loc[["app", "phone"], "verdict"].tolist() == ["worse", "only looks worse"]
    assert found.loc["phone", "adjusted_low"] > 0


def test_the_chart_draws_both_differences_and_says_the_verdict():
    found = find_channels(cells(**MIXED))
    ax = plot_channels(found, title="Channels")
    crude, adjusted = (dots.get_offsets()[:, 0] for dots in ax.collections[-2:])
    assert crude.tolist() == pytest.approx(found["crude"].tolist())
    assert adjusted.tolist() == pytest.approx(found["adjusted"].tolist())
    assert [text.get_text() for text in ax.texts] == found["verdict"].tolist()
    assert plot_channels(find_channels(cells()), title="Channels") is None
