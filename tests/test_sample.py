"""The truths planted in the sample study are found."""

import importlib.util

import pytest

from cxlib import find_gaps, open_study, summarise_ratings


@pytest.fixture(scope="module")
def generator(root):
    spec = importlib.util.spec_from_file_location("sample_generator", root / "data/sample/generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def study():
    return open_study("data/sample", wave="all")


@pytest.fixture(scope="module")
def gaps(study):
    return find_gaps(summarise_ratings(study), met_within=study.met_within).set_index("touchpoint")


def test_intervals_hold_the_planted_gaps(gaps, generator):
    truth = gaps.index.map(generator.true_gaps())
    held = (gaps["low"] <= truth) & (truth <= gaps["high"])
    assert held.sum() >= 18  # of 20 at 95 %


def test_no_touchpoint_planted_at_zero_is_called_a_gap(gaps, generator):
    zeros = [touchpoint for touchpoint, gap in generator.true_gaps().items() if gap == 0]
    assert len(zeros) == 6 and set(gaps.loc[zeros, "verdict"]) == {"met"}


def test_every_large_planted_gap_is_found_with_its_sign(gaps, generator):
    for touchpoint, gap in generator.true_gaps().items():
        if abs(gap) > 0.3:
            assert gaps.loc[touchpoint, "verdict"] == ("shortfall" if gap < 0 else "exceeded")
    assert gaps.index[0] == "delivery"


def test_seniors_are_found_to_be_let_down_most_in_adoption(study):
    by_stage = find_gaps(summarise_ratings(study, by=["stage", "persona"]), met_within=study.met_within)
    assert by_stage.loc[0, ["stage", "persona"]].tolist() == ["adoption", "Senior"]


def test_the_phone_looks_worse(study):
    by_channel = find_gaps(summarise_ratings(study, by="channel"), met_within=study.met_within)
    assert by_channel.loc[0, "channel"] == "phone" and (by_channel["verdict"] == "shortfall").all()
