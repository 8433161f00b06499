"""Bad input: every case of the table gets what it says, no row is lost uncounted, nobody sees a traceback."""

import pandas as pd
import pytest

import cxlib as cx
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
