"""What every statistic keeps, for the gap, on both engines: order, names, splits, doubling, weights, scales, sides."""

import os

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlib import find_gaps, open_study, summarise_blocks, summarise_ratings
from cxlib.engine import block_of
from cxlib.settings import Settings
from cxlib.study import Study
from cxlib.tables import FIXED_SCALES, TABLES
from tests.conftest import write_study

ENGINES = ["duckdb", "pandas"]
TYPES = {
    "key": pa.string(),
    "text": pa.string(),
    "rating": pa.float64(),
    "number": pa.float64(),
    "time": pa.timestamp("us"),
}
FIGURES = ["n", "n_effective", "expected", "experienced", "gap", "low", "high", "se", "p", "q"]
FIGURES += ["below", "below_low", "below_high"]

seeds = st.integers(0, 10_000)
few = settings(max_examples=int(os.environ.get("CX_EXAMPLES", 3)), deadline=None, derandomize=True)


def answers(seed: int, people: int = 40, visits: int = 1) -> pd.DataFrame:
    """Ratings of three touchpoints, some sides left blank, with a weight and a group per respondent."""
    rng = np.random.default_rng(seed)
    rows = people * visits
    table = pd.DataFrame(
        {
            "respondent": [f"p{number % people}" for number in range(rows)],
            "touchpoint": rng.choice(["search", "checkout", "help"], rows),
            "expected": rng.integers(2, 8, rows).astype(float),
            "experienced": rng.integers(1, 7, rows).astype(float),
        }
    )
    table.loc[rng.random(rows) < 0.1, "expected"] = np.nan
    table.loc[rng.random(rows) < 0.1, "experienced"] = np.nan
    weights = {f"p{number}": weight for number, weight in enumerate(rng.uniform(0.5, 2, people))}
    return table.assign(weight=table["respondent"].map(weights))


def gaps(table: pd.DataFrame, engine: str, met_within: float = 0.24, scale=(1, 7)) -> pd.DataFrame:
    """The gap table of these answers, indexed by touchpoint."""
    found = find_gaps(summarise_ratings(study(table, engine, scale)), met_within=met_within)
    return found.set_index("touchpoint").sort_index()


def study(table: pd.DataFrame, engine: str, scale: tuple[float, float] = (1, 7)) -> Study:
    """A study straight from frames, without files."""
    connection = duckdb.connect(config={"threads": 1})
    people = table[["respondent", "weight"]].drop_duplicates()
    tables = {}
    for name, frame in (("ratings", table), ("respondents", people), ("touchpoints", table[[]].iloc[:0])):
        columns = {
            column.name: pa.array(
                frame[column.name] if column.name in frame else [None] * len(frame),
                TYPES[column.kind],
                from_pandas=True,
            )
            for column in TABLES[name]
        }
        connection.register(f"raw_{name}", pa.table({"_line": range(len(frame)), **columns}))
        block = f", {block_of('respondent')} AS _block, false AS _only_kano" if name == "ratings" else ""
        relation = connection.sql(f"SELECT *{block} FROM raw_{name}")
        tables[name] = nw.from_native(relation if engine == "duckdb" else relation.df()).lazy()
    scale = FIXED_SCALES | dict.fromkeys(["expected", "experienced"], scale)
    return Study(Settings("test", {}, scales=scale), tables)


def same(left: pd.DataFrame, right: pd.DataFrame, columns=FIGURES, tolerance=1e-9):
    pd.testing.assert_frame_equal(left[columns], right[columns], rtol=tolerance, atol=tolerance, check_dtype=False)


@few
@given(seeds)
def test_duckdb_and_pandas_agree(seed):
    table = answers(seed, visits=2)
    same(gaps(table, "duckdb"), gaps(table, "pandas"))


@pytest.mark.parametrize("engine", ENGINES)
@few
@given(seeds)
def test_the_order_of_rows_does_not_matter(engine, seed):
    table = answers(seed)
    same(gaps(table, engine), gaps(table.sample(frac=1, random_state=seed), engine))


@pytest.mark.parametrize("engine", ENGINES)
def test_names_do_not_matter(engine):
    table = answers(1)
    names = {"search": "찾기", "checkout": "a $b$ <c>", "help": "'; DROP TABLE ratings"}
    renamed = gaps(table.assign(touchpoint=table["touchpoint"].map(names)), engine)
    same(gaps(table, engine).rename(index=names).sort_index(), renamed)


@pytest.mark.parametrize("engine", ENGINES)
def test_splitting_the_file_does_not_matter(engine, tmp_path):
    table = answers(2, visits=2).drop(columns="weight")
    whole = write_study(tmp_path / "whole", ratings=table)
    split = write_study(tmp_path / "split", ratings=table.iloc[:30])
    (split / "ratings.csv").rename(split / "part1.csv")
    table.iloc[30:].to_csv(split / "part2.csv", index=False)
    (split / "study.yaml").write_text((whole / "study.yaml").read_text().replace("ratings.csv", "part*.csv"))
    found = [
        find_gaps(summarise_ratings(open_study(folder, engine=engine)), met_within=0.24) for folder in (whole, split)
    ]
    same(*found)


@pytest.mark.parametrize("engine", ENGINES)
@few
@given(seeds)
def test_an_unrelated_segment_changes_no_mean_and_no_interval(engine, seed):
    table = answers(seed)
    others = answers(seed + 1).assign(touchpoint="elsewhere")
    others["respondent"] = "x" + others["respondent"]
    with_others = gaps(pd.concat([table, others]), engine).drop(index="elsewhere")
    same(gaps(table, engine), with_others, [column for column in FIGURES if column != "q"])


@pytest.mark.parametrize("engine", ENGINES)
@few
@given(seeds)
def test_the_same_rows_twice_under_the_same_id_change_nothing(engine, seed):
    table = answers(seed)
    same(gaps(table, engine), gaps(pd.concat([table, table]), engine))


@pytest.mark.parametrize("engine", ENGINES)
@few
@given(seeds)
def test_twice_as_many_people_narrow_the_interval_by_the_root_of_two(engine, seed):
    table = answers(seed, people=600)
    twins = pd.concat([table, table.assign(respondent="twin of " + table["respondent"])])
    once, twice = gaps(table, engine), gaps(twins, engine)
    ratio = (once["high"] - once["low"]) / (twice["high"] - twice["low"])
    assert (once["n"] >= 100).all() and ratio.to_numpy() == pytest.approx(np.sqrt(2), rel=0.03)


@pytest.mark.parametrize("engine", ENGINES)
@few
@given(seeds, st.sampled_from([0.001, 3.0, 1e6]))
def test_the_unit_of_weights_does_not_matter(engine, seed, factor):
    table = answers(seed)
    same(gaps(table, engine), gaps(table.assign(weight=table["weight"] * factor), engine))


@pytest.mark.parametrize("engine", ENGINES)
@few
@given(seeds)
def test_another_scale_scales_the_gap_and_keeps_the_verdict(engine, seed):
    table = answers(seed)
    percent = table.assign(**{side: (table[side] - 1) * 100 / 6 for side in ("expected", "experienced")})
    points, scaled = gaps(table, engine), gaps(percent, engine, met_within=4, scale=(0, 100))
    assert (scaled["gap"] * 6 / 100).to_numpy() == pytest.approx(points["gap"].to_numpy(), abs=1e-9)
    assert (scaled["low"] * 6 / 100).to_numpy() == pytest.approx(points["low"].to_numpy(), abs=1e-9, nan_ok=True)
    assert scaled["verdict"].equals(points["verdict"]) and scaled["n_needed"].equals(points["n_needed"])


@pytest.mark.parametrize("engine", ENGINES)
@few
@given(seeds)
def test_swapping_the_sides_flips_the_sign(engine, seed):
    table = answers(seed)
    swapped = gaps(table.rename(columns={"expected": "experienced", "experienced": "expected"}), engine)
    there = gaps(table, engine)
    for column, mirrored in (("gap", "gap"), ("low", "high"), ("high", "low")):
        assert swapped[column].to_numpy() == pytest.approx(-there[mirrored].to_numpy(), abs=1e-9, nan_ok=True)
    same(there, swapped, ["n", "p", "q"])


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_input_gives_the_same_table_to_the_bit(engine):
    table = answers(3, people=300, visits=3)
    pd.testing.assert_frame_equal(gaps(table, engine), gaps(table, engine), check_exact=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_blocks_add_up_to_the_whole(engine):
    table = answers(4, people=300)
    blocks = summarise_blocks(study(table, engine)).groupby("touchpoint")[["gap_a", "gap_b"]].sum()
    whole = gaps(table, engine)
    assert (blocks["gap_a"] / blocks["gap_b"]).to_numpy() == pytest.approx(whole["gap"].to_numpy(), abs=1e-9)


def test_blocks_are_the_same_on_both_engines():
    table = answers(5, people=300)
    left, right = (summarise_blocks(study(table, engine)) for engine in ENGINES)
    pd.testing.assert_frame_equal(left, right, check_dtype=False, rtol=1e-12)
    assert left["_block"].nunique() > 100 and left["_block"].max() < 200


def test_the_respondent_is_the_unit():
    table = pd.DataFrame(
        {"respondent": ["a", "a", "b"], "touchpoint": "t", "expected": [5.0, 5, 5], "experienced": [4.0, 2, 5]}
    )
    found = gaps(table.assign(weight=1.0), "duckdb").loc["t"]
    assert found["n"] == 2 and found["gap"] == pytest.approx(-4 / 3)
    assert found["n_effective"] == pytest.approx(9 / 5)
