"""Groups of few people are shown nowhere, and nobody works them out from all tables together."""

import numpy as np
import pandas as pd
import pytest

from cxlib import open_study
from cxlib.gaps.table import find_gaps
from cxlib.summaries import (
    summarise_blocks,
    summarise_change,
    summarise_experience,
    summarise_pair,
    summarise_people,
    summarise_personas,
    summarise_ratings,
    summarise_rest,
    summarise_wave_blocks,
    summarise_waves,
)
from cxlib.tables import StudyError
from tests.proof.suppression import attack

pytestmark = pytest.mark.small_groups

SETTINGS = """stages: [before, during, after]
waves: {w1: 2025-12-31, w2: 2026-06-30}
scales: {expected: [1, 7], experienced: [1, 7], overall: [1, 7]}
outcome: overall
"""
PLACES = {"search": "before", "pay": "during", "delivery": "during", "help": "after", "rare": "after"}
CHANNELS = ["web", "app", "phone"]
CROWD = {"Student": 40, "Family": 30, "Senior": 22, "Gamer": 11}
KEYS = ["touchpoint", "stage", "persona", "channel", "wave"]


def people(**sizes):
    """As many people of each persona in both waves, each asked once."""
    personas = {name.replace("_", " "): size for name, size in (CROWD | sizes).items()}
    rows = [
        (f"{wave}-{persona}-{place}", wave, persona, 3 + place % 4)
        for wave in ("w1", "w2")
        for persona, size in personas.items()
        for place in range(size)
    ]
    return pd.DataFrame(rows, columns=["respondent", "wave", "persona", "overall"])


def answers(respondents, *, seed=1, rare=4):
    """Everybody rates the touchpoints they met, each in one channel; `rare` people met one of them."""
    rng = np.random.default_rng(seed)
    every = respondents[["respondent", "wave"]].merge(pd.DataFrame({"touchpoint": list(PLACES)}), how="cross")
    met = (rng.random(len(every)) < 0.8) & (every["touchpoint"] != "rare")
    met |= every.index.isin(every.index[(every["touchpoint"] == "rare") & (every["wave"] == "w2")][:rare])
    table = every[met].reset_index(drop=True)
    table["channel"] = rng.choice(CHANNELS, len(table), p=[0.6, 0.3, 0.1])
    table["expected"] = rng.integers(4, 8, len(table))
    return table.assign(experienced=rng.integers(2, 8, len(table)), emotion=rng.integers(-2, 3, len(table)))


@pytest.fixture
def build(make_study):
    """A study of these people, and its answers with persona and stage beside them."""

    def build(*, engine="duckdb", settings=SETTINGS, seed=1, rare=4, view=None, **sizes):
        respondents = people(**sizes)
        ratings = answers(respondents, seed=seed, rare=rare)
        places = pd.DataFrame({"touchpoint": list(PLACES), "stage": list(PLACES.values())})
        folder = make_study(ratings=ratings, respondents=respondents, touchpoints=places, settings=settings)
        raw = ratings.merge(respondents, on=["respondent", "wave"]).assign(stage=ratings["touchpoint"].map(PLACES))
        return open_study(folder, engine=engine, **(view or {})), raw

    return build


def change_by(by):
    """Both waves of a table of change, below each other."""

    def tables(study):
        change = summarise_change(study, by=by)
        return pd.concat([change.assign(wave=change[f"wave_{end}"], n=change[f"n_{end}"]) for end in ("now", "before")])

    return tables


def rest_by(column):
    return lambda study: summarise_rest(study, column).rename(columns={"group": column, "n_group": "n"})


TABLES = {  # each with its keys, and the column of n
    "touchpoints": (["touchpoint"], summarise_ratings),
    "stages": (["stage"], lambda study: summarise_ratings(study, by="stage")),
    "personas": (["persona"], lambda study: summarise_ratings(study, by="persona")),
    "channels": (["channel"], lambda study: summarise_ratings(study, by="channel")),
    "stage x persona": (["stage", "persona"], lambda study: summarise_ratings(study, by=["stage", "persona"])),
    "touchpoint x persona": (
        ["touchpoint", "persona"],
        lambda study: summarise_ratings(study, by=["touchpoint", "persona"]),
    ),
    "touchpoint x channel": (
        ["touchpoint", "channel"],
        lambda study: summarise_ratings(study, by=["touchpoint", "channel"]),
    ),
    "waves": (["touchpoint", "wave"], summarise_waves),
    "experience": (["touchpoint"], lambda study: rename_n(summarise_experience(study))),
    "experience of personas": (["persona"], lambda study: rename_n(summarise_experience(study, by="persona"))),
    "change": (["touchpoint", "wave"], change_by("touchpoint")),
    "personas and the rest": (["persona"], rest_by("persona")),
    "channels and the rest": (["channel"], rest_by("channel")),
}


def rename_n(table):
    return table.rename(columns={"n_experienced": "n"})


def shown_cells(study, raw, tables=TABLES) -> pd.DataFrame:
    """Every cell of every table with the answers it counts: which are shown, by any of the tables, and the rest."""
    shown = {}
    for keys, table in tables.values():
        found = table(study)
        for cell in found.loc[found["n"] > 0, keys].itertuples(index=False, name=None):
            shown[tuple(sorted(zip(keys, cell)))] = True
    rows = []
    for keys in {tuple(keys) for keys, _ in tables.values()}:
        scope = raw if "wave" in keys else raw[raw["wave"] == "w2"]
        for cell, group in scope.groupby(list(keys)):
            name = tuple(sorted(zip(keys, cell)))
            rows.append((name, group["respondent"].nunique(), frozenset(group.index), shown.pop(name, False)))
    assert not shown, "a table shows a cell nobody is in"
    return pd.DataFrame(rows, columns=["cell", "n", "answers", "shown"])


def members(cells, raw):
    """A row a cell, a column an atom (touchpoint, persona, channel and wave), and how many answers each atom has."""
    atom = raw.groupby(KEYS).ngroup().to_numpy()
    place = {answer: atom[position] for position, answer in enumerate(raw.index)}
    rows = np.zeros((len(cells), atom.max() + 1), dtype=int)
    for row, inside in zip(rows, cells["answers"]):
        row[[place[answer] for answer in inside]] = 1
    return rows, np.bincount(atom)


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
@pytest.mark.parametrize("name", TABLES)
def test_a_persona_of_three_is_in_no_table(build, engine, name):
    study, raw = build(engine=engine, Collector=3)
    assert raw.loc[raw["persona"] == "Collector", "respondent"].nunique() == 6
    keys, table = TABLES[name]
    found = table(study)
    assert len(found) and not found.astype("str").eq("Collector").any(axis=None)
    alike = raw[raw["wave"] == "w2"].groupby("persona")["respondent"].nunique()
    if "persona" in keys:
        assert set(found["persona"]) < set(alike[alike >= 5].index)  # and one more is hidden with it


def test_who_the_customers_are_does_not_tell_of_a_small_persona(build):
    study, _ = build(Collector=3)
    mix = summarise_personas(study)
    outcomes = summarise_people(study, by="persona")
    assert set(mix["persona"]) == set(outcomes["persona"]) == {"Student", "Family", "Senior"}
    assert summarise_people(study, by="wave")["wave"].tolist() == ["w1", "w2"]


def test_where_two_columns_are_crossed_small_cells_and_complements_are_left_out(build):
    study, raw = build(Collector=3, rare=0)
    found = summarise_ratings(study, by=["touchpoint", "persona"])
    now = raw[raw["wave"] == "w2"]
    cells = now.groupby(["touchpoint", "persona"])["respondent"].nunique()
    shown = {tuple(cell) for cell in found[["touchpoint", "persona"]].itertuples(index=False)}
    assert (cells[list(shown)] >= 5).all()
    for touchpoint in set(now["touchpoint"]):
        hidden = [cell for cell in cells.index if cell[0] == touchpoint and cell not in shown]
        assert len(hidden) >= 2 and cells[hidden].sum() >= 5


def solved_by_attacker(study, raw, tables=None) -> pd.DataFrame:
    """The hidden cells, and what somebody who has all tables and the totals solves for (−1: nothing)."""
    cells = shown_cells(study, raw, tables or TABLES)
    assert (cells.loc[cells["shown"], "n"] >= 5).all() and (cells["n"] < 5).any()
    rows, counts = members(cells, raw)
    now = np.bincount(raw.groupby(KEYS).ngroup().to_numpy(), weights=raw["wave"] == "w2") > 0
    shown = np.vstack([rows[cells["shown"]], np.ones((1, len(counts)), dtype=int), now[None].astype(int)])
    hidden = ~cells["shown"] & ~cells["answers"].isin(cells.loc[cells["shown"], "answers"])
    return cells[hidden].assign(solved=attack(shown, shown @ counts, rows[hidden]))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    "sizes", [{"Collector": 3}, {"Collector": 4, "Business_buyer": 7}, {"Collector": 2, "Nomad": 1}]
)
def test_nobody_works_out_a_hidden_cell_from_all_tables_together(build, seed, sizes):
    found = solved_by_attacker(*build(seed=seed, **sizes))
    assert found[found["solved"] >= 0].empty


@pytest.mark.parametrize("by", [["persona"], ["stage"], ["persona", "channel"]])
def test_nor_with_the_tables_of_the_grouping_a_report_was_asked_for(build, by):
    study, raw = build(seed=0, Collector=3, view={"by": by})
    own = {
        "own gaps": (by, lambda study: summarise_ratings(study, by=by)),
        "own change": ([*by, "wave"], change_by(by)),
    }
    found = solved_by_attacker(study, raw, TABLES | own)
    assert found[found["solved"] >= 0].empty


def test_the_attacker_would_find_them_if_small_cells_alone_were_hidden(build):
    study, raw = build(Collector=3)
    cells = shown_cells(study, raw)
    rows, counts = members(cells, raw)
    small = (cells["n"] < 5).to_numpy()
    solved = attack(rows[~small], rows[~small] @ counts, rows[small])
    assert (solved >= 0).any()


def test_a_small_touchpoint_stays_on_the_map_without_figures(build):
    study, raw = build(rare=4)
    found = summarise_ratings(study).set_index("touchpoint")
    assert found.loc["rare", ["n", "n_expected", "n_experienced"]].tolist() == [0, 0, 0]
    assert found.loc["rare", ["mean_gap", "se_gap", "below", "paired_expected", "mean_experienced"]].isna().all()
    assert found.loc["rare", "paired"] == "too few to show"
    gaps = find_gaps(found.reset_index(), met_within=0.24).set_index("touchpoint")
    assert gaps.loc["rare", "verdict"] == "not enough data"
    assert gaps.loc["rare", ["gap", "low", "high", "below", "below_low", "p", "n_needed"]].isna().all()
    experience = summarise_experience(study).set_index("touchpoint")
    assert experience.loc["rare", "n_experienced"] == 0 and np.isnan(experience.loc["rare", "mean_experienced"])


def test_a_small_touchpoint_hides_another_one_with_it(build):
    study, _ = build(rare=4)
    found = summarise_ratings(study)
    hidden = found.loc[found["paired"] == "too few to show", "touchpoint"]
    assert "rare" in set(hidden) and len(hidden) == 2


def test_nothing_is_hidden_where_nothing_is_small(build):
    study, raw = build(rare=0)
    found = summarise_ratings(study, by="persona")
    assert set(found["persona"]) == set(CROWD)
    assert found.set_index("persona")["n"].to_dict() == (
        raw[raw["wave"] == "w2"].groupby("persona")["respondent"].nunique().to_dict()
    )
    assert set(summarise_ratings(study)["paired"]) == {"yes"} and set(summarise_personas(study)["persona"]) == set(
        CROWD
    )


def test_small_groups_are_pooled_where_parts_must_add_up(build):
    study, raw = build(Collector=3, rare=0)
    blocks = summarise_blocks(study, by=["stage", "persona"])
    assert "Collector" not in set(blocks["persona"]) and "others" in set(blocks["persona"])
    now = raw[raw["wave"] == "w2"]
    assert blocks["gap_b"].sum() == len(now)
    assert blocks["gap_a"].sum() == (now["experienced"] - now["expected"]).sum()
    waves = summarise_wave_blocks(study, by="persona")
    assert "Collector" not in set(waves["persona"]) and waves["gap_b"].sum() == len(raw)


@pytest.mark.parametrize(("least", "shown"), [(3, True), (5, True), (12, False)])
def test_what_is_small_is_said_in_the_settings(build, least, shown):
    study, _ = build(settings=f"{SETTINGS}hide_below: {least}\n", rare=0)
    found = summarise_ratings(study, by="persona")
    assert ("Gamer" in set(found["persona"])) == shown and found["n"].min() >= least


@pytest.mark.parametrize("least", ["2", "0", "-1", "2.5", "few"])
def test_nobody_may_show_groups_of_one_or_two(build, least):
    with pytest.raises(StudyError, match="hide_below"):
        build(settings=f"{SETTINGS}hide_below: {least}\n")


def test_two_groups_are_not_compared_where_one_is_small(build):
    study, _ = build(Collector=3, rare=0)
    found = summarise_pair(study, "persona", "Student", "Collector")
    assert found.empty


SAMPLE = {
    "ratings": lambda study: summarise_ratings(study, by="persona"),
    "stages": lambda study: summarise_ratings(study, by=["stage", "persona"]),
    "touchpoints": lambda study: summarise_ratings(study, by=["touchpoint", "persona"]),
    "experience": lambda study: summarise_experience(study, by="persona"),
    "people": lambda study: summarise_people(study, by="persona"),
    "personas": summarise_personas,
    "change": lambda study: summarise_change(study, by="persona"),
    "rest": lambda study: summarise_rest(study, "persona"),
    "blocks": lambda study: summarise_blocks(study, by=["stage", "persona"]),
    "blocks of waves": lambda study: summarise_wave_blocks(study, by=["stage", "persona"]),
}


@pytest.fixture(scope="module")
def sample():
    return open_study("data/sample")


@pytest.mark.parametrize("name", SAMPLE)
def test_the_samples_collectors_and_their_complement_are_in_no_pass(sample, name):
    found = SAMPLE[name](sample)
    words = found.select_dtypes(exclude="number").astype("str")
    assert not words.isin(["Collector", "Business buyer"]).any(axis=None)
    assert words.isin(["Senior"]).any(axis=None)
