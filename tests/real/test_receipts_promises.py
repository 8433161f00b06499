"""Promises of a real event log (permit applications): every figure against a plain recomputation."""

import shutil

import pandas as pd
import pytest

from cxlib import open_study
from cxlib.experience.promises import describe_promises, find_promises
from cxlib.study import ROOT
from cxlib.summaries.events import summarise_promises


@pytest.fixture(scope="module")
def study(real_data, tmp_path_factory):
    """The log as a study, without its report."""
    folder = tmp_path_factory.mktemp("promises") / "receipts"
    shutil.copytree(ROOT / "tests/real/receipts", folder, ignore=shutil.ignore_patterns("raw"))
    shutil.copytree(real_data / "receipts", folder / "raw")
    return open_study(folder)


def test_shares_and_delays_by_channel_are_those_of_the_log(study, real_data):
    log = pd.read_csv(real_data / "receipts/receipt.csv.gz")
    columns = ["case:channel", "case:enddate", "case:enddate_planned"]
    cases = log.groupby("case:concept:name")[columns].first().dropna(subset=columns[2])
    ended, planned = (pd.to_datetime(cases[name], utc=True, format="ISO8601").dt.floor("us") for name in columns[1:])
    delay = (ended - planned).dt.total_seconds() / 86400
    newest = pd.to_datetime(log["time:timestamp"], utc=True, format="ISO8601").max()
    found = summarise_promises(study).set_index("channel")
    assert found["finished"].sum() == 1329
    promised = (found["finished"] + found["open"]).to_dict()
    assert promised == {"Internet": 1250, "Desk": 109, "Post": 53, "e-mail": 21, "Intern": 1}
    assert found["overdue"].sum() == (ended.isna() & (planned < newest)).sum() == 41
    for channel, days in delay.groupby(cases["case:channel"]):
        done, row = days.dropna(), found.loc[channel]
        assert row[["finished", "late", "open"]].tolist() == [len(done), (done > 0).sum(), days.isna().sum()]
        expected = [done.mean(), done.median(), done.quantile(0.9)]
        assert row[["mean_delay", "median_delay", "p90_delay"]].tolist() == pytest.approx(expected, abs=1e-4)


def test_a_good_quarter_of_all_promises_was_broken(study):
    found = find_promises(summarise_promises(study, by=""))
    assert found.loc[0, "late_share"] == pytest.approx(0.293, abs=5e-4)
    assert describe_promises(found).replace("\u00a0", " ") == (
        "Of 1,329 promises kept track of, 29 % were broken (27 to 32 %); 41 more are open past their date."
    )
    assert set(find_promises(summarise_promises(study))["verdict"]) >= {"no sure difference"}


@pytest.mark.small_groups
def test_the_channel_of_one_case_is_not_shown(study):
    found = summarise_promises(study).set_index("channel")
    assert "Intern" not in found.index and found["customers"].min() >= 5 and found["finished"].sum() == 1329
