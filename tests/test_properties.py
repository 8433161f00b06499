"""What every statistic of a report keeps: the order of rows, names, files, weights, scales, sides and engine.

`CX_EXAMPLES=20` draws twenty studies; tests/references/properties.py tries each property by itself (`make properties`).
"""

import os
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cxlib import open_study
from tests.references.statistics import DIFFERENCES, LEVELS, STATISTICS, Report
from tests.references.studies import PLACES, RATED, draw_tables, write_tables

EXAMPLES = int(os.environ.get("CX_EXAMPLES", 1))
some = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
seeds = st.integers(0, 10_000)

DUCKDB_ONLY = {"paths", "variants", "removal"}
"""Paths are asked of DuckDB in its own language."""

DRAWN = {"p_quadrant": 0.01, "p_top": 0.01, "mean_rank": 0.05}
"""Figures counted in 500 draws: a rounding error of 1e-16 may move a draw that lies on a line."""

OF_GAPS = ["gaps", "gaps by stage", "gaps by stage and persona", "patterns", "differences", "two groups", "reversals"]
OF_GAPS += ["split of the change", "change"]
OF_RATINGS = [*OF_GAPS, "experience", "expectations", "zones", "channels", "beliefs"]
OTHER_NAMES = {name: f'{9 - place}ª "{name[::-1].upper()}" <b>' for place, name in enumerate(PLACES)}
OTHER_NAMES |= {name.title(): f"{name.upper()}; DROP TABLE" for name in PLACES}
OTHER_NAMES |= {
    "look": "zz-l",
    "buy": "찾기",
    "use": "aa-u",
    "web": "wéb",
    "phone": "a|0",
    "new": "néw",
    "firm": "F $1$",
}


@cache
def study_tables(seed: int, people: int = 90):
    return draw_tables(seed, people)


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """`make(tables, names, engine=…)`: the tables of these statistics of a study, by name."""

    def compute(tables, statistics=STATISTICS, *, engine="pandas", **how) -> dict[str, pd.DataFrame]:
        folder = write_tables(tmp_path_factory.mktemp("drawn") / "study", tables, **how)
        found = {}
        for one in ("duckdb", "pandas"):
            wanted = [name for name in statistics if ("duckdb" if name in DUCKDB_ONLY else engine) == one]
            if wanted:
                report = Report(open_study(folder, engine=one))
                found |= {name: STATISTICS[name](report) for name in wanted}
        return found

    return compute


@pytest.fixture(scope="module")
def base(make):
    """The statistics of a drawn study as it is, on pandas, by its seed."""
    return cache(lambda seed: make(study_tables(seed)))


def words_of(table: pd.DataFrame) -> list[str]:
    return [column for column in table if not pd.api.types.is_numeric_dtype(table[column])]


def in_order(table: pd.DataFrame, back: dict[str, str] | None = None) -> pd.DataFrame:
    """The rows by their words, names put back, so that tables of other orders can be laid side by side."""
    table = table.copy()
    for column in words_of(table):
        told = table[column].astype("str").fillna("")
        for new, old in (back or {}).items():
            told = told.str.replace(new, old, regex=False)
        table[column] = told
    keys = [name for name in words_of(table) if name not in ("verdict", "status", "reason", "kind")]
    return table.sort_values([*keys, *(name for name in ("cluster", "days") if name in table)], ignore_index=True)


def differing(left: dict, right: dict, *, back: dict | None = None, free: tuple = (), tolerance: float = 1e-9) -> dict:
    """The columns, by statistic, in which two reports say different things."""
    found = {}
    for name in right:
        one, other = in_order(left[name]), in_order(right[name], back)
        wrong = [] if one.shape == other.shape and list(one) == list(other) else [(one.shape, other.shape)]
        for column in one if not wrong else ():
            if column in words_of(one):
                same = one[column].equals(other[column])
            else:
                near = DRAWN.get(column, tolerance)
                values = (table[column].astype("float64") for table in (one, other))
                same = np.allclose(*values, rtol=tolerance, atol=near, equal_nan=True)
            wrong += [] if same or column in free else [column]
        found |= {name: wrong} if wrong else {}
    return found


def shuffled(tables):
    """Every table but the map in another order: the map's is that of the journey."""
    return {
        name: table if name == "touchpoints" else table.sample(frac=1, random_state=5) for name, table in tables.items()
    }


def weighted(tables, factor: float):
    people = tables["respondents"]
    return tables | {"respondents": people.assign(weight=people["weight"] * factor)}


def other_scale(tables):
    """10·x + 5 instead of x wherever a figure is on the scale of the ratings."""
    moved = {name: table.copy() for name, table in tables.items()}
    for name, columns in {"ratings": RATED, "beliefs": ["expected"], "benchmarks": ["value"]}.items():
        moved[name][list(columns)] = 10 * moved[name][list(columns)] + 5
    moved["benchmarks"]["se"] *= 10
    aims = moved["objectives"]
    aims["target"] = aims["target"].where(aims["touchpoint"].isna(), 10 * aims["target"] + 5)
    return moved


@some
@given(seeds)
def test_order_names_files_the_unit_of_weights_and_the_engine_change_nothing(make, base, seed):
    other = weighted(shuffled(study_tables(seed)), 7)
    found = make(other, engine="duckdb", parts=3, names=OTHER_NAMES)
    back = {new: old for old, new in OTHER_NAMES.items()}
    assert differing(base(seed), found, back=back, tolerance=1e-8) == {}


@some
@given(seeds)
def test_another_scale_moves_levels_scales_differences_and_changes_nothing_else(make, base, seed):
    found = make(other_scale(study_tables(seed)), OF_RATINGS if EXAMPLES == 1 else STATISTICS, scale=(15, 75))
    for name, table in found.items():
        levels, differences = LEVELS.get(name, ()), DIFFERENCES.get(name, ())
        for column in table:
            if column in levels:
                table[column] = (table[column] - 5) / 10
            elif column in differences:
                table[column] = table[column] / 10
    free = ("top2", "top2_low", "top2_high", "more_than_others")  # points of the scale are counted; words with figures
    mixed = ("consistency", "kpis", "control charts", "kpi changes", "targets")  # rows of several units in one column
    found = {name: table for name, table in found.items() if name not in mixed}
    assert differing(base(seed), found, free=free, tolerance=1e-8) == {}


@some
@given(seeds)
def test_swapping_expected_and_experienced_flips_every_gap_and_its_interval(make, base, seed):
    tables = study_tables(seed)
    sides = {"expected": "experienced", "experienced": "expected"}
    found = make(tables | {"ratings": tables["ratings"].rename(columns=sides)}, OF_GAPS)
    for name, table in found.items():
        columns = [column for column in DIFFERENCES[name] if column != "se"]
        flipped = {
            column: column.replace("low", "\0").replace("high", "low").replace("\0", "high") for column in columns
        }
        table[columns] = -table[list(flipped.values())].to_numpy()
    free = ("n_expected", "n_experienced", "expected", "experienced", "below", "below_low", "below_high", "verdict")
    assert differing(base(seed), found, free=free) == {}


@some
@given(seeds)
def test_everybodys_ratings_twice_under_the_same_id_change_nothing(make, base, seed):
    tables = study_tables(seed)
    again = tables["ratings"].assign(visit="again " + tables["ratings"]["visit"])
    found = make(
        tables | {"ratings": pd.concat([tables["ratings"], again])}, OF_RATINGS if EXAMPLES == 1 else STATISTICS
    )
    assert differing(base(seed), found) == {}
