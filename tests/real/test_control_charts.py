"""Control charts of Montgomery's series, against R's qcc."""

import numpy as np
import pandas as pd
import pytest

from cxlib.monitoring.limits import find_limits


@pytest.fixture(scope="module")
def series(real_data):
    def read(name: str) -> pd.DataFrame:
        table = pd.read_csv(real_data / f"control_charts/{name}.txt", sep=r"\s+")
        table["n"] = table["size"]
        return table.assign(value=table[next(c for c in ("D", "x") if c in table)] / table["n"])

    return read


def ends(table: pd.DataFrame) -> list[float]:
    return table[["centre", "lower", "upper"]].iloc[0].tolist()


def beyond(table: pd.DataFrame) -> list[int]:
    """Which points, counted from 1, lie beyond the limits."""
    return [place + 1 for place in np.flatnonzero(table["signal"] == "beyond")]


def test_orange_juice_cans_p(series):
    trial = series("orangejuice").query("trial")
    found = find_limits(trial, chart="p", baseline=30)
    assert ends(found) == pytest.approx([0.2313333333, 0.05242754807, 0.4102391186], rel=1e-9)
    assert beyond(found) == [15, 23]


def test_revised_limits_are_frozen_for_phase_two(series):
    every = series("orangejuice").drop(index=[14, 22])
    revised, found = (
        find_limits(every.query("trial"), chart="p", baseline=28),
        find_limits(every, chart="p", baseline=28),
    )
    for table in (revised, found):
        assert ends(table) == pytest.approx([0.215, 0.04070283995, 0.38929716], rel=1e-9)
    assert beyond(revised) == [20] and beyond(found) == [20, 39]
    runs = np.flatnonzero(found["signal"] == "eight on a side") + 1
    assert runs.tolist() == list(range(40, 53))  # qcc's runs of seven begin at 38; 39 is beyond too


def test_orange_juice_after_the_change_ends_at_nought(series):
    found = find_limits(series("orangejuice2").query("trial"), chart="p", baseline=24)
    assert ends(found) == pytest.approx([0.1108333333, 0, 0.2440207014], rel=1e-9) and beyond(found) == []


def test_circuit_boards_c(series):
    trial = series("circuit").query("trial").assign(value=lambda table: table["x"])
    found = find_limits(trial, chart="c", baseline=26)
    assert ends(found) == pytest.approx([19.84615385, 6.481447167, 33.21086053], rel=1e-9)
    assert beyond(found) == [6, 20]


def test_computers_u(series):
    found = find_limits(series("pcmanufact"), chart="u", baseline=20)
    assert ends(found) == pytest.approx([1.93, 0.06613305196, 3.793866948], rel=1e-9) and beyond(found) == []


def test_dyed_cloth_u_with_limits_of_their_own_for_every_roll(series):
    found = find_limits(series("dyedcloth"), chart="u", baseline=10)
    lower = [0.2914739301, 0.1578852000, 0.4306174366, 0.2914739301, 0.2620721019]
    upper = [2.555037698, 2.688626428, 2.415894191, 2.555037698, 2.584439526]
    assert found["centre"].tolist() == pytest.approx([1.423255814] * 10, rel=1e-9)
    assert found["lower"].tolist()[:5] == pytest.approx(lower, rel=1e-9) and beyond(found) == []
    assert found["upper"].tolist()[:5] == pytest.approx(upper, rel=1e-9)


def test_boiler_temperature_xmr(real_data):
    boiler = pd.read_csv(real_data / "control_charts/boiler.txt", sep=r"\s+")
    found = find_limits(boiler.assign(value=boiler["t1"]), chart="xmr", baseline=25)
    assert ends(found) == pytest.approx([525, 509.4858156, 540.5141844], rel=1e-9) and beyond(found) == [1]
