"""What runs remember: gaps followed from report to report, whatever the order the reports are made in."""

import json
import shutil

import pandas as pd
import pytest

from cxlib import open_study
from cxlib.history import keep_figures, looked_at, read_history, remember
from cxlib.monitoring import describe_news, find_news, find_register, recall_gaps
from cxlib.report import run_report
from cxlib.status import ALERTS, find_alerts
from cxlib.tables import StudyError
from tests.conftest import write_study

SETTINGS = "scales: {expected: [1, 7], experienced: [1, 7]}\nwaves: {Q1: 2026-03-31, Q2: 2026-06-30, Q3: 2026-09-30}"


def answers(day, **gaps):
    """Sixty people who expected 6 of every touchpoint and experienced 6 plus its gap, give or take one."""
    rows = [
        (f"{day}-{person}", place, f"{day}", 6, 6 + gap + (person % 3 - 1) * (gap > -5))
        for place, gap in gaps.items()
        for person in range(60)
    ]
    return pd.DataFrame(rows, columns=["respondent", "touchpoint", "answered_at", "expected", "experienced"])


@pytest.fixture
def report_of(tmp_path):
    """`report_of("Q1", day, verdicts…)` publishes a made-up report of that wave, as `cx report` leaves it."""

    def publish(run, day, verdicts, **view):
        study = open_study(write_study(tmp_path / "acme", settings=SETTINGS, ratings=answers(day, pay=-2)), **view)
        staging = tmp_path / "home/runs" / run
        (staging / "tables").mkdir(parents=True, exist_ok=True)
        table = pd.DataFrame({"touchpoint": list(verdicts), "verdict": [said for said, _ in verdicts.values()]})
        table = table.assign(
            label=table["touchpoint"].str.capitalize(), stage="use", n=20, wave=looked_at(study)["wave"]
        )
        table["gap"] = [gap for _, gap in verdicts.values()]
        table = table.assign(low=table["gap"] - 0.2, high=table["gap"] + 0.2)
        earlier = read_history(tmp_path / "home/history", study)
        waves, days = [looked_at(study)["wave"]], study.settings.waves
        gaps = recall_gaps(table.assign(wave=waves[0]), earlier.gaps, waves=waves, last_days=days, day=day)
        register = find_news(
            find_register(gaps, waves=list(gaps["wave"].unique())), earlier.register, reported=bool(earlier.runs)
        )
        gaps.to_csv(staging / "tables/gap_history.csv", index=False)
        register.to_csv(staging / "tables/register.csv", index=False)
        keep_figures(study, staging, run)
        remember(tmp_path / "home", run)
        return register.set_index("touchpoint"), earlier

    return publish


FIRST = {"pay": ("shortfall", -2), "help": ("shortfall", -1), "find": ("met", 0), "wait": ("shortfall", -1)}
SECOND = {"pay": ("shortfall", -2), "help": ("met", 0), "find": ("shortfall", -1), "wait": ("not enough data", -0.8)}
THIRD = {"pay": ("met", 0), "help": ("shortfall", -1), "find": ("shortfall", -1), "wait": ("shortfall", -1)}


def test_a_second_report_says_what_is_new_closed_uncertain_and_a_third_what_is_reopened(report_of):
    first, none = report_of("a", "2026-03-30", FIRST)
    assert first["state"].to_dict() == {"pay": "new", "help": "new", "wait": "new"} and not none.runs
    second, _ = report_of("b", "2026-06-29", SECOND)
    assert second["state"].to_dict() == {"pay": "persisting", "find": "new", "help": "closed", "wait": "uncertain"}
    assert second["news"].to_dict() == {"pay": "", "find": "new", "help": "closed", "wait": "uncertain"}
    assert describe_news(second.reset_index(), day="2026-03-30") == (
        "Gaps since the last report, of 30 March 2026: a new gap at Find; closed at Help; no longer sure at Wait."
    )
    third, earlier = report_of("c", "2026-09-29", THIRD)
    assert third["state"].to_dict() == {"pay": "closed", "help": "reopened", "find": "persisting", "wait": "persisting"}
    assert third.loc["help", "since"] == "Q3" and third.loc["wait", "news"] == "now sure"
    assert earlier.runs == ["a", "b"] and earlier.day == "2026-06-29"


def test_reports_made_in_any_order_know_only_what_was_before_them(report_of):
    late, _ = report_of("c", "2026-09-29", THIRD)
    assert late["state"].to_dict() == {"help": "new", "find": "new", "wait": "new"}
    first, _ = report_of("a", "2026-03-30", FIRST)
    assert set(first["state"]) == {"new"}
    report_of("b", "2026-06-29", SECOND)
    again, earlier = report_of("c2", "2026-09-29", THIRD)
    assert earlier.runs == ["a", "b"]
    assert again["state"].to_dict() == {"pay": "closed", "help": "reopened", "find": "persisting", "wait": "persisting"}


def test_of_two_reports_of_one_day_the_one_made_last_counts_and_is_never_doubled(report_of, tmp_path):
    report_of("z", "2026-03-30", FIRST)
    report_of("b", "2026-03-30", FIRST | {"pay": ("met", 0)})
    kept = {path: path.read_bytes() for path in (tmp_path / "home/history").iterdir()}
    remember(tmp_path / "home")
    assert kept == {path: path.read_bytes() for path in (tmp_path / "home/history").iterdir()}
    second, earlier = report_of("c", "2026-06-29", SECOND)
    assert earlier.runs == ["b"] and second.loc["pay", "state"] == "new"
    assert len(earlier.gaps) == 4
    remember(tmp_path / "home", "z")  # asked for again
    assert report_of("d", "2026-06-29", SECOND)[1].runs == ["z"]


def test_what_was_uncertain_is_no_news_and_what_closed_and_opened_is_reopened():
    last = pd.DataFrame({"touchpoint": ["pay", "left"], "label": ["Pay", "Left"], "state": ["closed", "persisting"]})
    now = pd.DataFrame({"touchpoint": ["pay", "help"], "label": ["Pay", "Help"], "state": ["persisting", "uncertain"]})
    now = now.assign(since="Q1", n=20, gap=-1.0, verdict="shortfall")
    news = find_news(now, last, reported=True).set_index("touchpoint")
    assert news["news"].to_dict() == {"pay": "reopened", "help": "", "left": "gone"}
    assert news["state"].to_dict() == {"pay": "reopened", "help": "uncertain", "left": "gone"}
    assert "no longer in the study: Left" in describe_news(news, day="2026-03-30")
    first = find_news(now, last.iloc[:0], reported=False)
    assert (first["news"] == "").all() and describe_news(first, day="") == ""


@pytest.mark.parametrize(
    ("before", "gap", "state"),
    [("met", -0.1, "new"), ("not enough data", -0.1, "new"), ("not enough data", -0.8, "now sure")],
)
def test_a_gap_is_new_where_it_was_met_before_or_surely_fell(before, gap, state):
    gaps = pd.DataFrame({"touchpoint": "pay", "wave": ["Q1", "Q2"], "n": 20, "gap": [gap, -1.0]})
    gaps = gaps.assign(low=gaps["gap"] - 0.2, high=gaps["gap"] + 0.2, verdict=[before, "shortfall"])
    assert find_register(gaps, waves=["Q1", "Q2"])["state"].tolist() == [state]


def test_keys_that_look_like_numbers_stay_what_they_are(report_of):
    report_of("a", "2026-03-30", {"01": ("shortfall", -2), "NA": ("shortfall", -1)})
    second, earlier = report_of("b", "2026-06-29", {"01": ("shortfall", -2), "NA": ("met", 0)})
    assert second["state"].to_dict() == {"01": "persisting", "NA": "closed"}
    assert earlier.gaps["touchpoint"].tolist() == ["01", "NA"]
    third, _ = report_of("c", "2026-09-29", {"01": ("shortfall", -2), "NA": ("met", 0)})
    assert (third["news"] == "").all()


@pytest.mark.parametrize("text", ["{", '{"a": 1}', "[]", '{"format": 2}', ""])
def test_a_file_that_is_none_of_ours_is_named(report_of, tmp_path, text):
    report_of("a", "2026-03-30", FIRST)
    (tmp_path / "home/history/x.figures.json").write_text(text)
    with pytest.raises(StudyError, match=r"x\.figures\.json in .* is damaged, or of another version"):
        report_of("b", "2026-06-29", SECOND)


@pytest.mark.small_groups
def test_what_is_too_small_today_is_not_recalled(report_of, tmp_path):
    report_of("a", "2026-03-30", FIRST)
    study = open_study(
        write_study(tmp_path / "acme", settings=f"{SETTINGS}\nhide_below: 30", ratings=answers("2026-06-29", pay=-2))
    )
    assert len(read_history(tmp_path / "home/history", study).gaps) == 0


def test_figures_made_with_other_intervals_are_not_compared(report_of, tmp_path):
    report_of("a", "2026-03-30", FIRST)
    study = open_study(write_study(tmp_path / "acme", settings=SETTINGS, ratings=answers("2026-06-29", pay=-2)))
    assert read_history(tmp_path / "home/history", study).runs == ["a"]
    assert read_history(tmp_path / "home/history", study, confidence=0.8).runs == []


def test_a_wave_is_looked_at_from_its_end_and_waves_without_days_have_theirs(tmp_path):
    ratings = pd.concat(
        [answers(day, pay=-2).assign(wave=wave) for wave, day in (("a", "2026-01-30"), ("b", "2026-06-29"))]
    )
    undated = write_study(tmp_path / "undated", settings=SETTINGS.split("\n")[0], ratings=ratings)
    assert [looked_at(open_study(undated, wave=wave))["day"] for wave in ("a", "b")] == ["2026-01-30", "2026-06-29"]
    blank = ratings.drop(columns="answered_at").replace({"wave": {"a": "Q1", "b": "Q2"}})
    dated = write_study(tmp_path / "dated", settings=SETTINGS, ratings=blank)
    assert [looked_at(open_study(dated, wave=wave))["day"] for wave in ("Q1", "Q2")] == ["2026-03-31", "2026-06-30"]
    assert looked_at(open_study(undated, wave="a", as_of="2026-02-15"))["day"] == "2026-01-30"
    assert looked_at(open_study(undated, as_of="2027-01-15"))["day"] == "2027-01-15"


def test_reports_of_another_part_of_the_study_are_not_mixed_in(report_of):
    report_of("a", "2026-03-30", FIRST, touchpoints=["pay"])
    _, earlier = report_of("b", "2026-06-29", SECOND)
    assert earlier.runs == [] and earlier.gaps.empty


def test_what_a_killed_run_did_not_remember_is_made_up_for(report_of, tmp_path):
    report_of("a", "2026-03-30", FIRST)
    shutil.rmtree(tmp_path / "home/history")
    (tmp_path / "home/runs/half").mkdir()
    remember(tmp_path / "home")
    assert [path.name for path in (tmp_path / "home/history").iterdir()] == ["a.figures.json"]


def test_a_study_without_waves_is_followed_by_the_days_of_its_reports():
    gaps = pd.DataFrame(
        {"touchpoint": ["pay"], "n": 20, "gap": -1.0, "low": -1.2, "high": -0.8, "verdict": "shortfall"}
    )
    earlier = gaps.assign(wave="2026-03-30", day="2026-03-30")
    earlier = earlier.assign(label="Pay", stage="use")
    both = recall_gaps(gaps, earlier, waves=[], last_days={}, day="2026-06-30")
    assert both["wave"].tolist() == ["2026-03-30", "2026-06-30"]
    assert find_register(both, waves=both["wave"].tolist())[["state", "since"]].values.tolist() == [
        ["persisting", "2026-03-30"]
    ]


def test_what_the_study_still_has_is_taken_from_the_study():
    gaps = pd.DataFrame(
        {"touchpoint": "pay", "wave": ["Q1", "Q2"], "n": 20, "gap": [0.0, -1.0], "low": -1.2, "high": 0.2}
    )
    gaps = gaps.assign(verdict=["met", "shortfall"], label="Pay", stage="use")
    earlier = gaps.assign(verdict="shortfall", day="2026-03-31").iloc[:1]
    both = recall_gaps(gaps, earlier, waves=["Q1", "Q2"], last_days={}, day="")
    assert find_register(both, waves=["Q1", "Q2"]).loc[0, ["state", "since"]].tolist() == ["new", "Q2"]


def test_alerts_are_the_rows_a_table_is_sure_of():
    tables = {"register": pd.DataFrame({"label": ["Pay", "Help"], "news": ["reopened", ""]})}
    assert find_alerts("gap", tables, *ALERTS["gap"]) == [{"kind": "gap", "what": "Pay", "says": "reopened"}]
    late = pd.DataFrame(
        {"action": ["A1"], "state": ["late"], "due": ["2026-01-31"], "days_late": [5.0], "owner": [None]}
    )
    [alert] = find_alerts("action", {"actions": late}, *ALERTS["action"])
    assert alert == {"kind": "action", "what": "A1", "says": "late", "due": "2026-01-31", "days_late": 5}
    assert find_alerts("kpi", tables, *ALERTS["kpi"]) == []


def test_runs_on_new_waves_through_the_notebook(tmp_path, root):
    """Each wave's file takes the place of the one before; a rerun changes nothing, an older run corrupts nothing."""
    (tmp_path / "books").mkdir()
    shutil.copy(root / "notebooks/06_monitoring.ipynb", tmp_path / "books")
    given = dict(reports=tmp_path / "reports", notebooks=tmp_path / "books")
    waves = {"2026-03-30": dict(pay=-2, help=-1, find=0), "2026-06-29": dict(pay=-2, help=0, find=-1)}

    actions = "action,touchpoint,owner,due,status\r\nA1,pay,Ann,2026-01-31,running\nA2,chekout,,,Paused?\n\n"

    def run(day):
        write_study(tmp_path / "acme", settings=SETTINGS, ratings=answers(day, **waves[day]), actions=actions)
        (tmp_path / "acme/actions.csv").write_bytes(actions.encode())
        home, is_new = run_report(tmp_path / "acme", {}, **given)
        states = pd.read_csv(home / "tables/register.csv").set_index("touchpoint")["state"].to_dict()
        status = json.loads((tmp_path / "reports/acme/status.json").read_text(encoding="utf-8"))
        return states, is_new, status

    first = run("2026-03-30")
    second, is_new, status = run("2026-06-29")
    assert first[0] == {"pay": "new", "help": "new"} and is_new and first[2]["last_report"] is None
    assert second == {"pay": "persisting", "help": "closed", "find": "new"}
    assert (
        status["gaps_changed"] == {"closed": ["help"], "new": ["find"]} and status["last_report"]["day"] == "2026-03-30"
    )
    [alert] = [alert for alert in status["alerts"] if alert["kind"] == "gap"]
    assert (alert["what"], alert["says"], alert["n"]) == ("find", "new", 60) and alert["high"] < 0
    assert (tmp_path / "acme/actions.csv").read_bytes() == actions.encode()
    kept = {path.name: path.read_bytes() for path in (tmp_path / "reports/acme/history").glob("*.figures.json")}
    assert run("2026-06-29") == (second, False, status)
    assert run("2026-03-30") == (first[0], False, first[2])
    assert run("2026-06-29") == (second, False, status)
    assert kept == {p.name: p.read_bytes() for p in (tmp_path / "reports/acme/history").glob("*.figures.json")}
