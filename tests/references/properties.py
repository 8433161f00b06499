"""Each property by itself, of every statistic, on drawn studies: minutes each, so `make properties` runs them.

`CX_EXAMPLES=20 python -m pytest tests/references/properties.py` draws twenty studies.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from tests.references.studies import draw_tables
from tests.test_properties import base, make  # fixtures
from tests.test_properties import (
    OTHER_NAMES,
    differing,
    in_order,
    seeds,
    shuffled,
    some,
    study_tables,
    weighted,
    words_of,
)

NO_FAMILY = ["gaps", "gaps by stage", "gaps by persona", "gaps by channel", "experience", "expectations", "outcomes"]
NO_FAMILY += ["zones", "kano", "change", "asymmetry", "split of the change", "benchmarks", "beliefs", "rank agreement"]
NO_FAMILY += ["adoption", "barriers", "promises", "complaints", "typical words", "register"]


@some
@given(seeds)
@pytest.mark.parametrize(
    ("change", "how"),
    [
        (shuffled, {}),
        (dict, {"parts": 4}),
        (lambda tables: weighted(tables, 1e-3), {}),
        (dict, {"names": OTHER_NAMES}),
        (dict, {"engine": "duckdb"}),
        (dict, {}),
    ],
    ids=["order", "files", "weights", "names", "engine", "again"],
)
def test_each_alone_changes_nothing(make, base, change, how, seed):
    back = {new: old for old, new in how.get("names", {}).items()}
    found = make(change(study_tables(seed)), **how)
    assert differing(base(seed), found, back=back, tolerance=1e-9 if how or change is not dict else 0) == {}


@some
@given(seeds)
def test_the_names_of_respondents_move_no_figure_but_those_of_blocks_and_draws(make, base, seed):
    tables = study_tables(seed)
    found = make({name: rename_people(table) for name, table in tables.items()})
    of_blocks = ("importance", "moments", "stated", "asymmetry", "channels", "reversals", "split of the change")
    of_draws = ("clusters", "priorities", "matrix", "removal")
    figures = ["importance", "johnson", "direction", "vif", "penalty", "reward", "asymmetry", "crude", "adjusted"]
    for name in of_blocks:
        found[name] = found[name][[c for c in found[name] if c in figures or c in ("touchpoint", "channel")]]
    left = {name: table[list(found[name])] for name, table in base(seed).items()}
    assert differing(left, {name: table for name, table in found.items() if name not in of_draws}) == {}


def rename_people(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(respondent="r-" + table["respondent"]) if "respondent" in table else table


@some
@given(seeds)
def test_people_of_another_persona_at_another_touchpoint_change_no_interval(make, base, seed):
    tables, others = study_tables(seed), draw_tables(seed + 1, 60)
    people, ratings = (
        others[name].assign(respondent="u" + others[name]["respondent"]) for name in ("respondents", "ratings")
    )
    people = people.assign(customer="u" + people["customer"], persona="else", site="site z")
    ratings = ratings[ratings["touchpoint"] == "ad"].assign(touchpoint="extra", channel="kiosk")
    place = pd.DataFrame({"touchpoint": ["extra"], "label": "Extra", "stage": "after"})
    added = {"respondents": people, "ratings": ratings, "touchpoints": place}
    wider = {name: pd.concat([table, added[name]]) if name in added else table for name, table in tables.items()}
    found = make(wider, NO_FAMILY, more="after")
    new = {"extra", "else", "kiosk", "after", "site z"}
    for name, table in found.items():
        found[name] = table[~table[words_of(table)].isin(new).any(axis=1)]
    assert differing(base(seed), found, free=("q", "verdict")) == {}


@some
@given(seeds)
def test_twice_as_many_people_narrow_intervals_by_the_root_of_two(make, seed):
    tables = study_tables(seed, 500)
    persons = {column: "t-" for column in ("respondent", "customer", "case", "staff")}
    twins = {
        name: pd.concat([table, table.assign(**{c: t + table[c] for c, t in persons.items() if c in table})])
        for name, table in tables.items()
        if set(persons) & set(table)
    }
    names = {"gaps": "", "gaps by persona": "", "expectations": "", "change": "", "differences": ""}
    names |= {"experience": "experienced_", "zones": "adequacy_", "kano": "better_", "personas": "", "reach": "reach_"}
    once, twice = make(tables, names), make(tables | twins, names)
    for name, stem in names.items():
        widths = [in_order(found[name]) for found in (once, twice)]
        counts = widths[0].reindex(columns=["n", "n_other", "n_before"])
        ratio = np.divide(*(table[f"{stem}high"] - table[f"{stem}low"] for table in widths))[
            ~(counts < 100).any(axis=1)
        ]
        assert ratio.dropna().to_numpy() == pytest.approx(np.sqrt(2), rel=0.03), name
