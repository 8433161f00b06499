"""What an explorer redraws from sums is what a report gives for the same choice, and gives no small group away."""

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest

import cxlib as cx
from cxlib.study import View
from cxlib.suppression import recovered

SETTINGS = """scales: {expected: [1, 7], experienced: [1, 7], overall: [1, 7]}
outcome: overall
stages: [before, after]
waves: {Q1: 2026-03-31, Q2: 2026-06-30}"""
PLACES = pd.DataFrame({"touchpoint": list("abcde"), "stage": ["before"] * 2 + ["after"] * 3, "order": range(5)})
KEYS = ["respondent", "wave", "touchpoint", "channel"]


def draw_answers(rng, people: int) -> pd.DataFrame:
    """Answers of people who come to a touchpoint in up to three channels and two waves, some of them blank."""
    rows = people * 14
    names = [f"p{place}" for place in rng.integers(0, people, rows)]
    waves, places = rng.choice(["Q1", "Q2"], rows), rng.choice(list("abcde"), rows, p=[0.3, 0.3, 0.2, 0.1, 0.1])
    channels = rng.choice(["web", "app", "shop", ""], rows, p=[0.5, 0.25, 0.2, 0.05])
    answers = pd.DataFrame(dict(zip(KEYS, [names, waves, places, channels]))).drop_duplicates(KEYS)
    answers["expected"] = rng.integers(3, 8, len(answers))
    answers["experienced"] = np.clip(answers["expected"] - rng.integers(-1, 4, len(answers)), 1, 7).astype("Int64")
    answers.loc[rng.random(len(answers)) < 0.1, "experienced"] = pd.NA
    return answers


def draw_study(make_study, *, seed: int, panel: bool, people: int = 40):
    """A study of people with weights; a `panel` has other weights, personas and verdicts in its second wave.

    In the panel, nobody rates both sides of touchpoint e in one answer.
    """
    rng = np.random.default_rng(seed)
    answers, names = draw_answers(rng, people), [f"p{place}" for place in range(people)]
    listed = pd.DataFrame({"respondent": names * (2 if panel else 1)})
    if panel:
        listed["wave"] = np.repeat(["Q1", "Q2"], people)
        side = np.where(rng.random(len(answers)) < 0.5, "expected", "experienced")
        for name in ("expected", "experienced"):
            answers[name] = answers[name].astype("Int64").mask((answers["touchpoint"] == "e") & (side == name))
    size = len(listed)
    listed = listed.assign(
        persona=rng.choice(["old", "new", "loyal", ""], size, p=[0.5, 0.3, 0.1, 0.1]),
        weight=rng.choice([0.5, 1.0, 1.75], size), overall=rng.integers(1, 8, size),
    )  # fmt: skip
    return cx.open_study(make_study(ratings=answers, respondents=listed, touchpoints=PLACES, settings=SETTINGS))


def draw_views(rng, choices: dict, many: int) -> list[View]:
    """Choices of an explorer, every list empty half of the time."""

    def some(names) -> list[str]:
        names = list(names)
        taken = rng.choice(names, rng.integers(1, len(names)), replace=False) if len(names) > 1 else names
        return [str(name) for name in taken] if rng.random() < 0.5 else []

    lists = ("stages", "touchpoints", "personas", "channels")
    waves = ["latest", "all", *choices["waves"]]
    drawn = [{name: some(choices[name]) for name in lists} | {"wave": str(rng.choice(waves))} for _ in range(many)]
    return [View(**view | ({"stages": []} if view["touchpoints"] else {})) for view in drawn]


def asked_again(study, view: View):
    """The study under a choice, its rows read again (in pandas, which is quicker with few)."""
    return dataclasses.replace(study, view=view, given={}, memo={})


def same_figures(found: pd.DataFrame, exact: pd.DataFrame, keys: list[str]) -> int:
    """On how many groups both show figures; they are the same."""
    assert list(found.columns) == list(exact.columns)
    known = [table[table[["n", "n_answered"]].max(axis=1) > 0].set_index(keys) for table in (found, exact)]
    both = known[0].index.intersection(known[1].index)
    left, right = (table.loc[both] for table in known)
    figures = left.select_dtypes("number").columns
    assert left["paired"].tolist() == right["paired"].tolist()
    np.testing.assert_allclose(left[figures].astype(float), right[figures].astype(float), rtol=1e-9, atol=1e-9)
    return len(both)


def same_products(found: list, exact: list) -> int:
    """How many stages of the same touchpoints there are; they are the same."""
    found, exact = ({(one.stage, *one.touchpoints): one for one in stages} for stages in (found, exact))
    both = found.keys() & exact.keys()
    for one, other in ((found[key], exact[key]) for key in both):
        for name in ("n", "answered", "joint", "n_own"):
            assert getattr(one, name) == getattr(other, name)
        np.testing.assert_allclose(one.sums, other.sums, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(one.n_effective, other.n_effective, rtol=1e-9)
    return len(both)


def spread(study, view: View, touchpoint: str) -> np.ndarray:
    """The weight of people by the point nearest to their mean experience, straight from the rows."""
    study = asked_again(study, view)
    rows = cx.summaries.answers.find_answers(study).collect("pandas").to_native()
    rows = rows[(rows["touchpoint"] == touchpoint) & rows["experienced"].notna()]
    weight, value = rows.groupby("respondent")["weight"], rows["weight"] * rows["experienced"]
    mean = value.groupby(rows["respondent"]).sum() / weight.sum()
    share = weight.sum().groupby(np.floor(mean.round(6) + 0.5)).sum()
    return (share / share.sum()).reindex(range(1, 8), fill_value=0).to_numpy()


@pytest.mark.parametrize("panel", [False, True])
def test_sums_of_any_choice_are_those_of_a_report(make_study, panel):
    study = draw_study(make_study, seed=3 + panel, panel=panel)
    cube, rng, groups = cx.summarise_cube(study), np.random.default_rng(7), 0
    study = cx.open_study(study.folder, engine="pandas")
    for view in draw_views(rng, cube.choices, 8):
        again = asked_again(study, view)
        groups += same_figures(cube.ratings(view), cx.summarise_ratings(again), ["touchpoint"])
        groups += same_products(cube.drivers(view), cx.summarise_drivers(again))
        assert cube.people(view) == cx.count_people(again)
    same_figures(cube.waves(view), cx.summarise_waves(again), ["touchpoint", "wave"])
    assert groups > 30
    for wave in ("all", "Q1"):
        spreads = [cube.answers(View(wave=wave), "a")["experienced"], spread(study, View(wave=wave), "a")]
        np.testing.assert_allclose(*spreads, rtol=1e-9)


@pytest.mark.small_groups
def test_what_both_show_of_the_sample_is_the_same():
    study = cx.open_study("data/sample")
    cube = cx.summarise_cube(study)
    view = View(wave="all", personas=["Gamer", "Student"], stages=["adoption"])
    assert same_figures(cube.ratings(view), cx.summarise_ratings(asked_again(study, view)), ["touchpoint"]) > 2
    assert cube.quotes(view, "setup") and not cube.quotes(view, "no such touchpoint")
    view = View(channels=["web"])
    gaps = [cx.find_gaps(table, met_within=study.met_within)[["touchpoint", "n", "q", "verdict"]]
            for table in (cube.ratings(view), cx.summarise_ratings(asked_again(study, view)))]  # fmt: skip
    pd.testing.assert_frame_equal(*gaps, rtol=1e-9)


def people_of(study) -> dict[str, pd.DataFrame]:
    """By touchpoint: who expected what in which wave, with persona and exact set of channels, from the rows."""
    rows = cx.summaries.answers.joined_answers(study).collect("pandas").to_native()
    rows = rows[rows["expected"].notna()].assign(channel=rows["channel"].fillna(""), persona=rows["persona"].fillna(""))
    keys = ["touchpoint", "persona", "wave", "respondent"]
    found = rows.groupby(keys).agg(channel=("channel", frozenset), expected=("expected", "mean")).reset_index()
    return {place: own.reset_index(drop=True) for place, own in found.groupby("touchpoint")}


def counted_by(people: pd.DataFrame, views: list[View]) -> list[np.ndarray]:
    """For each choice 1 for the people in a wave that it counts."""
    everybody, waves = np.ones(len(people), dtype=bool), people["wave"]
    persona = {name: people["persona"].eq(name).to_numpy() for name in people["persona"]}
    channel = {name: np.array([name in used for used in people["channel"]]) for name in set().union(*people["channel"])}
    wave = {"all": everybody} | {name: waves.eq(name).to_numpy() for name in waves}

    def chosen(masks: dict, names: list[str]) -> np.ndarray:
        return np.any([masks.get(name, ~everybody) for name in names], axis=0) if names else everybody

    return [chosen(persona, view.personas) & chosen(channel, view.channels) & wave[view.wave] for view in views]


def head_count(people: pd.DataFrame, row: np.ndarray) -> int:
    """How many different people a row counts."""
    return len(set(people["respondent"].to_numpy()[row.astype(bool)]))


def small_groups(people: pd.DataFrame, least: int) -> np.ndarray:
    """Every group of some of persona, set of channels, channel and wave that is 1 to `least` − 1 different people."""
    rows = []
    every = {name: [None, *people[name].unique()] for name in ("persona", "channel", "wave")}
    every["channel"] += sorted(set().union(*people["channel"]))
    for persona, channel, wave in itertools.product(*every.values()):
        row = people["persona"].eq(persona) | (persona is None)
        used = np.array([channel is None or channel == one or (isinstance(channel, str) and channel in one)
                         for one in people["channel"]])  # fmt: skip
        rows.append((row & used & (people["wave"].eq(wave) | (wave is None))).to_numpy())
    rows = np.unique(rows, axis=0)
    return rows[[0 < head_count(people, row) < least for row in rows]]


def all_views(cube) -> list[View]:
    """Every choice of personas and channels in every wave."""

    def lists(names) -> list[list[str]]:
        return [list(some) for size in range(len(names) + 1) for some in itertools.combinations(names, size)]

    ways = itertools.product(lists(cube.cells.personas), lists(cube.cells.channels), ["Q1", "Q2", "all"])
    return [View(personas=personas, channels=channels, wave=wave) for personas, channels, wave in ways]


@pytest.mark.small_groups
@pytest.mark.parametrize("people, panel", [(40, False), (160, True)])
def test_no_choices_together_give_a_small_group_away(make_study, people, panel):
    study = draw_study(make_study, seed=11, panel=panel, people=people)
    cube, kept = cx.summarise_cube(study), {True: 0, False: 0}
    views = all_views(cube)
    for touchpoint, own in people_of(study).items():
        place, rows, everyone = cube.cells.touchpoints.index(touchpoint), [np.zeros(len(own))], []
        heads = pd.get_dummies(own["respondent"]).to_numpy(dtype=float)
        for view, row in zip(views, counted_by(own, views)):
            shown = cube.shown(view, place, cube.cells.wave(view.wave), ("expected",))
            assert not (shown and 0 < head_count(own, row) < study.hide_below)
            kept[shown] += bool(row.any())
            rows += [row] if shown else []
            everyone += [row @ heads > 0] if shown and view.wave == "all" else []
        small = small_groups(own, study.hide_below)
        assert not recovered(np.array(rows), small).any()
        if everyone:  # figures of all waves are of different people: none of their groups is small either
            some = np.array([row for row in small @ heads > 0 if 0 < row.sum() < study.hide_below])
            assert not len(some) or not recovered(np.array(everyone), some).any()
    assert min(kept.values()) > 20


def write_panel(make_study, *, sides: tuple[str, ...] = ("expected", "experienced"), **more):
    """Personas A, B and C of 30, 20 and 3 people, who all rate one touchpoint in both waves."""
    people = [(f"{name}{place}", name) for name, size in (("A", 30), ("B", 20), ("C", 3)) for place in range(size)]
    rows = [(person, wave, "x", 1 + place % 7, 1 + (place + len(wave)) % 5)
            for wave in ("Q1", "Q2") for place, (person, _) in enumerate(people)]  # fmt: skip
    ratings = pd.DataFrame(rows, columns=["respondent", "wave", "touchpoint", "expected", "experienced"])
    settings = "\n".join(["scales: {expected: [1, 7], experienced: [1, 7]}", SETTINGS.splitlines()[-1]])
    listed = pd.DataFrame(people, columns=["respondent", "persona"])
    listed["customer"] = listed["respondent"]
    study = make_study(ratings=ratings[[*ratings.columns[:3], *sides]], respondents=listed, settings=settings, **more)
    return cx.open_study(study)


@pytest.mark.small_groups
@pytest.mark.parametrize("sides", [("expected", "experienced"), ("expected",)])
def test_who_answers_in_two_waves_is_one_person(make_study, sides):
    cube = cx.summarise_cube(write_panel(make_study, sides=sides))
    for wave in ("Q1", "Q2", "all"):
        told = {}
        for personas in ([], ["A"], ["A", "B"], ["C"], ["B", "C"]):
            view = View(wave=wave, personas=personas)
            told["".join(personas)] = cube.shows_people(view)
            n = int(cube.ratings(view)["n_expected"].max())
            assert (n > 0) == told["".join(personas)] and n in (0, cube.people(view))
        assert told == {"": True, "A": True, "AB": False, "C": False, "BC": True}
    shown = cube.waves(View(wave="all", personas=["A", "B"]))
    assert (shown["n_expected"] == 0).all() and len(shown) == 2


@pytest.mark.small_groups
def test_no_bar_is_a_small_group_by_itself_or_by_subtraction(make_study):
    study = draw_study(make_study, seed=11, panel=False, people=160)
    cube, drawn = cx.summarise_cube(study), 0
    for touchpoint, own in people_of(study).items():
        value, rows = np.floor(own["expected"] + 0.5), [np.zeros(len(own))]
        for wave in ("Q1", "Q2", "all"):
            bars = cube.answers(View(wave=wave), touchpoint)
            pd.testing.assert_frame_equal(bars, cube.answers(View(wave=wave, personas=["new"]), touchpoint))
            new = [
                (value.between(bar.value, bar.to) & (own["wave"].eq(wave) | (wave == "all")))
                for bar in bars.itertuples()
            ]
            assert [head_count(own, row) for row in new] == bars["n_expected"].tolist()
            assert not bars[["n_expected", "n_experienced"]].isin(range(1, study.hide_below)).any().any()
            rows, drawn = [*rows, *new], drawn + len(bars)
        single = np.array([value.eq(point) & own["wave"].eq(wave) for point in range(1, 8) for wave in ("Q1", "Q2")])
        small = single[(single.sum(axis=1) > 0) & (single.sum(axis=1) < study.hide_below)]
        assert not len(small) or not recovered(np.array(rows, dtype=float), small).any()
    assert drawn > 20
    assert cx.summarise_cube(write_panel(make_study)).answers(View(wave="all"), "x").empty


@pytest.mark.small_groups
def test_a_touchpoint_that_is_too_small_for_a_choice_stays_with_blank_figures(make_study):
    study = draw_study(make_study, seed=11, panel=False)
    cube = cx.summarise_cube(study)
    view = View(personas=["loyal"], wave="Q2")
    table = cube.ratings(view)
    hidden = table[table["paired"] == "too few to show"]
    assert len(hidden) and (hidden["n"] == 0).all() and hidden["mean_gap"].isna().all()


def test_tables_of_the_other_engine_give_the_same_sums(make_study):
    study = draw_study(make_study, seed=3, panel=False)
    other = cx.open_study(study.folder, engine="pandas")
    tables = [cx.summarise_cube(one).ratings(View(wave="all", channels=["web"])) for one in (study, other)]
    assert same_figures(*tables, ["touchpoint"]) == 5


def test_what_was_shown_before_is_added_up_without_a_look_at_the_rows(make_study, monkeypatch):
    study = draw_study(make_study, seed=3, panel=False)
    cube = cx.summarise_cube(study)
    monkeypatch.delattr("duckdb.DuckDBPyRelation.query")
    for view in draw_views(np.random.default_rng(1), cube.choices | {"channels": []}, 6):
        assert len(cube.ratings(view)) and cube.people(view) and isinstance(cube.drivers(view), list)
