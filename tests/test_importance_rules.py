"""Step 1: what outweighs a random variable, and what customers say matters against what does."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from cxlib import open_study
from cxlib.charts.importance import plot_stated
from cxlib.moments import compare_importance, describe_stated, find_importance, johnson, lmg
from cxlib.moments.importance import add_first, average_gains, draw_weights, residuals, share_above_even
from cxlib.summaries.drivers import CrossProducts, summarise_drivers, summarise_stated


def stage_of(data, *, joint=True, blocks=200, seed=0):
    """Ratings and, last, a verdict as sums per block of respondents."""
    n, size = data.shape
    values = np.column_stack([np.ones(n), data])
    sums = np.zeros((blocks, size + 1, size + 1))
    np.add.at(sums, np.random.default_rng(seed).integers(0, blocks, n), values[:, :, None] * values[:, None, :])
    names = [f"t{place}" for place in range(size - 1)]
    if not joint:
        sums = np.stack([sums[:, [[0], [k], [-1]], [0, k, -1]] for k in range(1, size)], axis=1)
    return CrossProducts("use", names, sums, n, n, joint, [n] * len(names))


def survey(rng, n=400, p=6, rho=0.3, betas=(), noise=1.0):
    """Ratings that correlate by `rho`, and a verdict that hangs on the first of them."""
    ratings = np.sqrt(rho) * rng.normal(size=(n, 1)) + np.sqrt(1 - rho) * rng.normal(size=(n, p))
    return np.column_stack([ratings, ratings[:, : len(betas)] @ np.array(betas) + noise * rng.normal(size=n)])


@pytest.mark.parametrize("joint", [True, False])
def test_of_sixty_ratings_that_tell_nothing_at_most_one_outweighs_a_random_variable(joint):
    rng = np.random.default_rng(11)
    tables = [find_importance([stage_of(survey(rng), joint=joint)], draws=300, seed=k) for k in range(10)]
    noise = pd.concat(tables)
    assert len(noise) == 60 and (noise["importance_low"] >= 0).all() and (noise["above_random"] > 0).sum() <= 1


def test_a_planted_driver_outweighs_a_random_variable_in_each_of_ten_surveys():
    rng = np.random.default_rng(12)
    found = [find_importance([stage_of(survey(rng, rho=0, betas=[0.6]))], draws=300, seed=k) for k in range(10)]
    assert all(table.loc[0, "above_random"] > 0 and table.loc[0, "stability"] == 1 for table in found)
    assert sum((table.loc[1:, "above_random"] > 0).sum() for table in found) <= 1


def test_the_random_variable_behaves_as_one_that_is_added_to_the_survey():
    rng = np.random.default_rng(13)
    data = survey(rng, n=300, betas=[0.5])
    ours = draw_weights([stage_of(data)], 2000, 13)[1][:, 0]
    added = [np.column_stack([rng.normal(size=300), data]) for _ in range(2000)]
    theirs = johnson(np.stack([np.cov(one.T) for one in added]))[:, 0]
    assert ours.mean() == pytest.approx(theirs.mean(), rel=0.15)
    assert np.quantile(ours, 0.95) == pytest.approx(np.quantile(theirs, 0.95), rel=0.2)


def test_a_variable_is_added_in_the_first_place():
    wider = add_first(np.array([[1, 0.5], [0.5, 1]]), np.array([0.1, 0.2]))
    assert wider.tolist() == [[1, 0.1, 0.2], [0.1, 1, 0.5], [0.2, 0.5, 1]]


def test_stability_counts_draws_above_the_mean_of_the_same_kind():
    weights = np.array([[0.5, 0.1, 0.9, 0.2], [0.3, 0.4, 0.9, 0.1]])
    share = share_above_even(weights, pd.Series(["share", "share", "alone", None], dtype="str"))
    assert share[:3].tolist() == [0.5, 0.5, 0.0] and np.isnan(share[3])


def test_the_same_seed_gives_the_same_table_and_weights_of_any_size_too():
    stage = stage_of(survey(np.random.default_rng(14), betas=[0.4]))
    once = find_importance([stage])
    pd.testing.assert_frame_equal(once, find_importance([stage]), check_exact=True)
    heavier = CrossProducts(**(vars(stage) | {"sums": 7 * stage.sums}))
    pd.testing.assert_frame_equal(once, find_importance([heavier]))


def test_uneven_weights_make_random_variables_reach_further():
    stage = stage_of(survey(np.random.default_rng(15), betas=[0.4]))
    few = CrossProducts(**(vars(stage) | {"n_effective": [50.0] * 6}))
    assert (find_importance([few])["above_random"] < find_importance([stage])["above_random"]).all()


def test_another_name_of_a_stage_or_touchpoint_moves_no_figure():
    stage = stage_of(survey(np.random.default_rng(18), betas=[0.4]))
    renamed = CrossProducts(**(vars(stage) | {"stage": "after", "touchpoints": list("abcdef")}))
    names = ["stage", "touchpoint"]
    once, again = (find_importance([one]).drop(columns=names) for one in (stage, renamed))
    pd.testing.assert_frame_equal(once, again, check_exact=True)


def test_residuals_are_those_of_every_subset():
    data = survey(np.random.default_rng(16), n=60, p=3, betas=[0.4, 0.2])
    products = np.cov(data.T)
    left = residuals(products[None])[:, 0]
    for subset in range(8):
        chosen = [place for place in range(3) if subset >> place & 1]
        slopes = np.linalg.solve(products[np.ix_(chosen, chosen)], products[chosen, 3])
        assert left[subset] == pytest.approx(products[3, 3] - slopes @ products[chosen, 3])


def test_lmg_in_pieces_is_lmg_at_once(monkeypatch):
    rng = np.random.default_rng(17)
    many = np.stack([np.cov(survey(rng, n=50, p=4, betas=[0.4]).T) for _ in range(7)])
    monkeypatch.setattr("cxlib.moments.importance.AT_ONCE", 32)  # two at once
    assert lmg(many) == pytest.approx(average_gains(many), abs=1e-14)


def said(means, n=100, se=0.05, names="abcdefgh"):
    """Stated importance as `summarise_stated` gives it."""
    table = pd.DataFrame({"touchpoint": list(names[: len(means)]), "stage": "use", "mean_importance": means})
    table = table.assign(label=table["touchpoint"].str.upper(), n_importance=n, se_importance=se)
    return table.assign(n_effective_importance=n)


def derived(values, margin=0.02, above=0.01, kinds="share of R²", names="abcdefgh"):
    """Derived importance as `find_importance` gives it."""
    values = np.array(values)
    table = pd.DataFrame({"touchpoint": list(names[: len(values)]), "importance": values, "importance_is": kinds})
    ends = {"importance_low": np.maximum(values - margin, 0), "importance_high": values + margin}
    return table.assign(**ends, above_random=above, n_importance=100)


def test_what_counts_more_and_what_less_than_said():
    compared = compare_importance(said([5.0, 6.0, 5.5, 5.5]), derived([0.2, 0.01, 0.1, 0.1]))
    assert compared["verdict"].tolist() == ["counts more than said", "said more than it counts", "", ""]
    assert compared["stated_rank"].tolist() == [4, 1, 2.5, 2.5] and compared["rank"].tolist() == [1, 4, 2.5, 2.5]
    assert (compared["p"] <= compared["q"]).all()
    assert describe_stated(compared, asked=True, outcome="overall") == (
        "Counts more than customers say: A (20\u00a0%, 18 to 22\u00a0%; n\u00a0100); "
        "less: B (1\u00a0%, 0 to 3\u00a0%; n\u00a0100)."
    )


@pytest.mark.parametrize("change", [dict(margin=0.15), dict(above=-0.01), dict(above=np.nan)])
def test_what_may_be_even_or_random_does_not_count_more(change):
    compared = compare_importance(said([5.0, 6.0, 5.5, 5.5]), derived([0.2, 0.15, 0.05, 0.05], **change))
    assert compared["verdict"].eq("").all()
    assert describe_stated(compared, asked=True, outcome="overall").startswith("Nothing surely counts more, or less")


def test_an_unsure_rating_of_importance_gives_no_verdict():
    compared = compare_importance(said([5.0, 6.0, 5.5, 5.5], se=0.5), derived([0.2, 0.01, 0.1, 0.1]))
    assert compared["verdict"].eq("").all()


def test_shares_and_associations_are_ranked_apart():
    kinds = ["share of R²"] * 2 + ["association"] * 2
    compared = compare_importance(said([5.0, 6.0, 3.0, 4.0]), derived([0.2, 0.1, 0.6, 0.5], kinds=kinds))
    assert compared["rank"].tolist() == [1, 2, 1, 2] and compared["stated_rank"].tolist() == [2, 1, 2, 1]
    assert compared["even"].tolist() == pytest.approx([0.15, 0.15, 0.55, 0.55])
    assert compared["stated_even"].tolist() == [5.5, 5.5, 3.5, 3.5]


def test_of_many_only_the_surest_is_named_in_at_most_thirty_words():
    compared = compare_importance(
        said([5.0] * 3 + [6.0] * 3 + [5.5] * 2), derived([0.2] * 3 + [0.01] * 3 + [0.1] * 2)
    ).assign(label="Help from the support")
    sentence = describe_stated(compared, asked=True, outcome="overall")
    assert sentence.count("and 2 more") == 2 and len(sentence.split(" ")) <= 30


def test_what_would_switch_the_comparison_on_is_named():
    none = compare_importance(said([5.0]).iloc[:0], derived([0.2]).iloc[:0])
    assert none.empty and "column importance" in describe_stated(none, asked=False, outcome="overall")
    assert "named as outcome" in describe_stated(none, asked=True, outcome="")
    assert describe_stated(none, asked=True, outcome="overall").startswith("Too few people")


RATINGS = "respondent,touchpoint,experienced,importance\n" + "".join(
    f"p{k},pay,{4 + k % 3},{4 + k % 2}\n" + (f"p{k},help,5,6\n" if k < 4 else "") for k in range(12)
)
SETTINGS = "scales: {experienced: [1, 7], importance: [1, 7]}"


def test_stated_importance_is_the_mean_of_its_ratings(make_study):
    table = summarise_stated(open_study(make_study(ratings=RATINGS, settings=SETTINGS), engine="pandas"))
    table = table.set_index("touchpoint")
    assert table.loc["pay", ["n_importance", "mean_importance"]].tolist() == [12, 4.5]
    assert table.loc["pay", "se_importance"] == pytest.approx(np.std([4, 5] * 6, ddof=1) / np.sqrt(12))


@pytest.mark.small_groups
def test_the_importance_few_people_state_is_not_shown(make_study):
    table = summarise_stated(open_study(make_study(ratings=RATINGS, settings=SETTINGS))).set_index("touchpoint")
    assert np.isnan(table.loc["help", "mean_importance"]) and table.loc["help", "n_importance"] == 0


def test_without_the_column_nothing_is_stated(make_study):
    study = open_study(make_study(ratings="respondent,touchpoint,experienced\na,pay,5\n", settings=SETTINGS))
    assert summarise_stated(study).empty and compare_importance(summarise_stated(study), find_importance([])).empty


@pytest.mark.parametrize("count", [3, 24])
def test_the_chart_of_both_has_a_dot_each_and_no_word_on_another(count):
    rng = np.random.default_rng(3)
    names = [f"t{k}" for k in range(count)]
    compared = compare_importance(
        said(rng.uniform(4, 6, count), names=names), derived(rng.uniform(0, 0.2, count), names=names)
    )
    compared["label"] = [f"Comparing prices and deliveries of several shops {k}" for k in range(count)]
    ax = plot_stated(compared, title=describe_stated(compared, asked=True, outcome="overall"), outcome="overall")
    ax.figure.canvas.draw()
    assert ax.collections[-1].get_offsets()[:, 0].tolist() == pytest.approx(compared["stated"].tolist())
    words = [one.xaxis.label for one in ax.figure.axes] + ax.get_yticklabels() + ax.figure.axes[1].texts
    boxes = [word.get_window_extent().padded(-1) for word in words if word.get_text()]
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[place + 1 :])
    assert plot_stated(compared.iloc[:0], title="x", outcome="overall") is None
    plt.close("all")


def test_touchpoints_that_are_not_on_the_map_are_measured_among_themselves(make_study):
    rng = np.random.default_rng(5)
    rated = pd.DataFrame({name: rng.integers(1, 8, 60) for name in ("mapped", "beside", "off")})
    people = pd.DataFrame({"respondent": [f"p{n}" for n in range(60)], "overall": rated["off"]})
    ratings = rated.assign(respondent=people["respondent"]).melt("respondent", var_name="touchpoint")
    folder = make_study(
        ratings=ratings.rename(columns={"value": "experienced"}), respondents=people,
        touchpoints="touchpoint,stage\nmapped,use\nbeside,use\n",
        settings="scales: {experienced: [1, 7], overall: [1, 7]}\noutcome: overall",
    )  # fmt: skip
    found = find_importance(summarise_drivers(open_study(folder))).set_index("touchpoint")
    assert found["stage"].to_dict() == {"mapped": "use", "beside": "use", "off": ""}
    assert found.loc["off", "importance"] == pytest.approx(1)
