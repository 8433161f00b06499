"""Bad input: every case of the table gets what it says, no row is lost uncounted, nobody sees a traceback."""

import json

import pandas as pd
import pytest

import cxlib as cx
from cxlib import report
from cxlib.examination import examine
from tests.bad_input import CASES, Case

CODES = {"refused": 65, "busy": 75}


def write(case: Case, folder) -> None:
    for name, content in {"study.yaml": case.settings, **case.files}.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def missing(words, said: str) -> list[str]:
    """The words that are not said."""
    return [str(word) for word in words if not (word in said if isinstance(word, str) else word.search(said))]


def counts_of(study, table: str) -> tuple[int, ...]:
    found = study.counts.set_index("table").loc[table]
    return tuple(int(found[count]) for count in ("read", "used", "quarantined", "excluded"))


def values_of(study, table: str, column: str) -> list:
    rows = study.tables[table].sort("_line").collect("pandas").to_native()[column]
    return [None if pd.isna(value) else value for value in rows]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bad_input(case, tmp_path):
    write(case, tmp_path)
    if case.outcome in CODES:
        with pytest.raises(cx.StudyError) as refusal:
            cx.open_study(tmp_path, **case.view)
        assert refusal.value.code == CODES[case.outcome]
        assert not missing(case.words, str(refusal.value)), str(refusal.value)
        return
    study = cx.open_study(tmp_path, **case.view)
    sections = {section.title: section.sentences for section in examine(study)}
    said = "\n".join([*sections["What was read"], *sections["Columns"], *sections["Doubts"]])
    assert (study.counts["read"] == study.counts[["used", "quarantined", "excluded"]].sum(axis=1)).all()
    assert counts_of(study, case.table) == case.counts
    rows = study.quarantined[(study.quarantined["table"] == case.table) & (study.quarantined["what"] == "row")]
    assert dict(zip(rows["line"], rows["reason"])) == case.reasons
    assert len(study.quarantined) == case.counts[0] - case.counts[1]
    assert {column: values_of(study, case.table, column) for column in case.values} == case.values
    assert case.holds is None or case.holds(study)
    assert not missing(case.words, said), said
    assert case.outcome != "accepted" or (study.notes, sections["Doubts"]) == ({}, ["None."]), said


def changed_while(monkeypatch, path, content):
    """The file becomes another one while it is read."""
    real = report.open_study

    def read_and_change(*words, **view):
        study = real(*words, **view)
        with path.open("ab") as file:
            file.write(content)
        return study

    monkeypatch.setattr(report, "open_study", read_and_change)


@pytest.mark.parametrize("verb", ["check", "report"])
@pytest.mark.parametrize(
    ("case", "content"), [("20 a file that still grows", b"kim,pay,5,5\n"), ("21 a file changed", b"\n")]
)
def test_a_file_that_changes_while_it_is_read_is_busy(monkeypatch, tmp_path, verb, case, content):
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "ratings.csv").write_text("respondent,touchpoint,expected,experienced\nann,pay,6,4\nbob,pay,5,5\n")
    (folder / "study.yaml").write_text(
        "scales: {expected: [1, 7], experienced: [1, 7]}\nfiles: {ratings: ratings.csv}\n"
    )
    changed_while(monkeypatch, folder / "ratings.csv", content)
    monkeypatch.setattr(report, "run_notebooks", lambda *words, **more: [])
    monkeypatch.setattr(report, "write_page", lambda *words, **more: None)
    run = (
        report.check_study if verb == "check" else lambda study, reports: report.run_report(study, {}, reports=reports)
    )
    with pytest.raises(cx.StudyError, match="changed while it was read; run it again") as busy:
        run(folder, reports=tmp_path / "reports")
    assert busy.value.code == 75 and not (tmp_path / "reports/study/latest").exists()


def test_32_a_column_that_has_gone_since_the_last_report_is_refused_and_a_new_one_is_not(tmp_path):
    folder, home = tmp_path / "study", tmp_path / "reports/study"
    folder.mkdir()
    (folder / "study.yaml").write_text(
        "scales: {expected: [1, 7], experienced: [1, 7]}\nfiles: {ratings: ratings.csv}\n"
    )
    rows = [["ann", "pay", "web", 6, 4], ["bob", "pay", "app", 5, 5]]
    table = pd.DataFrame(rows, columns=["respondent", "touchpoint", "channel", "expected", "experienced"])
    table.to_csv(folder / "ratings.csv", index=False)
    (home / "latest").mkdir(parents=True)
    (home / "latest/manifest.json").write_text(json.dumps({"columns": {"ratings": list(table.columns)}}))
    report.refuse_drift(cx.open_study(folder), home)
    table.assign(colour="red").to_csv(folder / "ratings.csv", index=False)
    report.refuse_drift(cx.open_study(folder), home)
    table.rename(columns={"channel": "chanel"}).to_csv(folder / "ratings.csv", index=False)
    with pytest.raises(
        cx.StudyError, match="ratings.csv has no column 'channel' any more.*Did you mean 'chanel'.*--columns-ch"
    ):
        report.refuse_drift(cx.open_study(folder), home)
