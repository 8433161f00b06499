"""The order of events in a real log (permit applications), counted a second time in plain pandas and by pm4py."""

import re
import shutil

import pandas as pd
import pytest

from cxlib import open_study
from cxlib.study import ROOT
from cxlib.summaries.paths import summarise_paths, summarise_transitions, summarise_variants

PM4PY = {
    ("determine", "print"): 1177, ("stop_advice", "stop"): 1165, ("check", "determine"): 1119,
    ("receipt", "check"): 1079, ("print", "stop_advice"): 791, ("stop", "check"): 159, ("report", "check"): 3,
    ("(start)", "receipt"): 1434, ("stop", "(end)"): 828, ("print", "(end)"): 400, ("unlicensed", "(end)"): 44,
}  # fmt: skip
"""Made once with pm4py 2.7.23: `discover_dfg` on the log sorted by case, time and line, its activities named by the
map's touchpoints and repeats at once left out; 38 pairs, 6,824 transitions. `get_variants` found 78."""


@pytest.fixture(scope="module")
def study(real_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("paths") / "receipts"
    shutil.copytree(ROOT / "tests/real/receipts", folder, ignore=shutil.ignore_patterns("raw"))
    shutil.copytree(real_data / "receipts", folder / "raw")
    return open_study(folder)


@pytest.fixture(scope="module")
def steps(real_data):
    """Each journey's steps, in plain pandas."""
    log = pd.read_csv(real_data / "receipts/receipt.csv.gz")
    places = pd.read_csv(ROOT / "tests/real/receipts/touchpoints.csv")
    patterns = {
        re.escape(pattern).replace(r"\*", ".*"): place.touchpoint
        for place in places.itertuples()
        for pattern in place.event_pattern.split("|")
    }
    names = {event: event for event in log["concept:name"]}
    names |= {event: place for pattern, place in patterns.items() for event in names if re.fullmatch(pattern, event)}
    log = log.assign(
        time=pd.to_datetime(log["time:timestamp"], utc=True, format="ISO8601"),
        place=log["concept:name"].map(names),
        case=log["case:concept:name"],
    )
    log = log.sort_values(["case", "time"], kind="stable")
    fresh = log["place"] != log.groupby("case")["place"].shift()
    table = log.groupby(["case", fresh.groupby(log["case"]).cumsum().rename("step")]).agg(
        place=("place", "first"), began=("time", "min"), left=("time", "max"), events=("time", "size")
    )
    return table.reset_index()


def test_transitions_are_those_of_pandas_and_of_pm4py(study, steps):
    found = summarise_transitions(study).set_index(["from_touchpoint", "to_touchpoint"])
    onward = steps.assign(to=steps.groupby("case")["place"].shift(-1).fillna("(end)"))
    counts = onward.groupby(["place", "to"]).size()
    inner = found.loc[found.index.get_level_values(0) != "(start)", "n"]
    assert inner.to_dict() == counts.to_dict()
    assert found.loc[list(PM4PY), "n"].to_dict() == PM4PY
    inside = inner[inner.index.get_level_values(1) != "(end)"]
    assert len(inside) == 38 and inside.sum() == 6824


def test_waits_are_those_of_pandas(study, steps):
    found = summarise_transitions(study).set_index(["from_touchpoint", "to_touchpoint"])
    grouped = steps.groupby("case")
    steps = steps.assign(to=grouped["place"].shift(-1), wait=grouped["began"].shift(-1) - steps["left"])
    hours = (steps["wait"].dt.total_seconds() / 3600).groupby([steps["place"], steps["to"]])
    there = hours.median().index
    assert found.loc[there, "wait_median_hours"].to_numpy() == pytest.approx(hours.median().to_numpy(), abs=1e-6)
    assert found.loc[there, "wait_p90_hours"].to_numpy() == pytest.approx(hours.quantile(0.9).to_numpy(), abs=1e-6)


def test_variants_are_those_of_pandas_and_of_pm4py(study, steps):
    found = summarise_variants(study, top=3)
    paths = steps.groupby("case")["place"].agg(tuple).value_counts()
    assert (
        found["journeys"].tolist()
        == [720, 133, 116, 1434 - 720 - 133 - 116]
        == [
            *paths.head(3),
            paths.iloc[3:].sum(),
        ]
    )
    assert found["variants"].sum() == len(paths) == 78
    assert found["steps"].tolist()[:3] == [len(path) for path in paths.index[:3]]


def test_detours_are_those_of_pandas(study, steps):
    found = summarise_paths(study).set_index("label")
    visits = steps.groupby(["place", "case"]).agg(visits=("step", "size"), most=("events", "max"))
    for figure, kind in (("visits", "looped"), ("most", "repeated")):
        shares = (visits[figure] > 1).groupby("place").mean()
        touchpoints = found.iloc[1:].set_index("touchpoint")[f"mean_{kind}"]
        assert touchpoints.to_dict() == pytest.approx(shares.to_dict())
    stages = {"receipt": 0, "check": 1, "determine": 1, "print": 2, "stop_advice": 2, "advice": 2}
    stages |= {"stop": 3, "unlicensed": 3, "report": 3}
    staged = steps.assign(at=steps["place"].map(stages)).dropna(subset="at")
    moves = staged.groupby("case")["at"].diff()
    for kind, turned in (("went_back", moves < 0), ("jumped", moves > 1)):
        journeys = turned.groupby(staged["case"]).any()
        assert found.loc["all journeys", f"mean_{kind}"] == pytest.approx(journeys.mean())
