"""A real event log and nothing else (permit applications, Netherlands 2010–2012): a report that says what it can."""

import shutil

import pandas as pd
import pytest

from cxlib import find_promises, open_study, summarise_promises
from cxlib.report import run_report
from cxlib.study import ROOT


@pytest.fixture(scope="module")
def home(real_data, tmp_path_factory):
    """The published report of the log."""
    folder = tmp_path_factory.mktemp("real") / "receipts"
    shutil.copytree(ROOT / "tests/real/receipts", folder, ignore=shutil.ignore_patterns("raw"))
    shutil.copytree(real_data / "receipts", folder / "raw")
    return run_report(folder, {}, reports=folder.parent / "reports")[0]


def test_every_event_is_counted(home):
    rows = pd.read_csv(home / "tables/rows.csv").set_index("table")
    assert rows.loc["events", ["read", "used", "quarantined", "excluded"]].tolist() == [8577, 8577, 0, 0]


def test_visits_are_those_of_the_log(home, real_data):
    log = pd.read_csv(real_data / "receipts/receipt.csv.gz")
    coverage = pd.read_csv(home / "tables/coverage.csv").set_index("touchpoint")
    cases = log.groupby("concept:name")["case:concept:name"].nunique()
    assert coverage.loc["receipt", "journeys"] == 1434 and coverage.loc["receipt", "visited"] == 1
    assert coverage.loc["print", "journeys"] == cases["T05 Print and send confirmation of receipt"]
    checks = log[log["concept:name"].str.match("T02|T03")]["case:concept:name"].nunique()
    assert coverage.loc["check", "journeys"] == checks


def test_what_stands_on_the_map_and_not_in_the_log_and_the_other_way_round_is_said(home):
    coverage = pd.read_csv(home / "tables/coverage.csv")
    assert coverage.loc[coverage["status"] == "nobody visits it", "touchpoint"].tolist() == ["appeal"]
    missing = coverage.loc[coverage["status"] == "not on the map", "label"].tolist()
    assert missing == ["T16 Report reasons to hold request"]
    page = (home / "report.html").read_text(encoding="utf-8")
    assert (
        "Missing from the map: T16" in page and "nobody visits it or rates it expected or experienced: Appeal" in page
    )


def test_promises_broken_are_counted_by_channel(home, real_data):
    log = pd.read_csv(real_data / "receipts/receipt.csv.gz")
    cases = log.groupby("case:concept:name")[["case:channel", "case:enddate", "case:enddate_planned"]].first()
    ends = cases.dropna().iloc[:, 1:].apply(lambda times: pd.to_datetime(times, utc=True, format="ISO8601"))
    late = ends["case:enddate"] > ends["case:enddate_planned"]
    promises = find_promises(summarise_promises(open_study(home.parents[2] / "receipts"))).set_index("channel")
    assert promises["late"].sum() / promises["finished"].sum() == pytest.approx(0.293, abs=5e-4)
    for channel, group in late.groupby(cases.loc[late.index, "case:channel"]):
        assert promises.loc[channel, ["finished", "late"]].tolist() == [len(group), group.sum()]


def test_the_funnel_narrows_and_what_was_not_asked_is_named(home):
    funnel = pd.read_csv(home / "tables/funnel.csv")
    assert funnel["stage"].tolist() == ["receipt", "check", "decision", "report"]
    assert funnel["customers"].is_monotonic_decreasing and funnel["customers"].iloc[0] == 1434
    page = (home / "report.html").read_text(encoding="utf-8")
    assert "No ratings: add ratings: ratings.csv" in page and not (home / "tables/gaps.csv").exists()
