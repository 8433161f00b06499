"""A slice of the fuzz suite (python -m tests.fuzz.run has thousands), and files of anything at all."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import write_study
from tests.fuzz.run import Case, judge, judge_study, make_case, make_sources

CASES, BLOCK = 150, 10
HEADING = b"respondent,touchpoint,expected,experienced\n"
CELLS = st.sampled_from(
    ["ann", "search", "4", "5", "9", "", " ", '"', ",", "\n", "\r", "\0", "\ufeff", "é", ";", "1e9"]
)
CONTENTS = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")),
    st.lists(CELLS, max_size=60).map(lambda cells: HEADING + ",".join(cells).encode()),
    st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=12).map(
        lambda rows: HEADING + b"".join(",".join(row).encode() + b"\n" for row in rows)
    ),
)


@pytest.fixture(scope="module")
def sources():
    return make_sources(None)


@pytest.mark.parametrize("first", range(0, CASES, BLOCK))
def test_damaged_files_are_read_whole_or_refused_with_a_sentence(sources, first):
    for number in range(first, first + BLOCK):
        case = make_case(sources, 1, number)
        assert judge(case) in ("read", "refused"), f"case {number}: {case.source.name}, {case.change}"


def test_exports_as_they_were_are_read(sources):
    for source in (source for source in sources if source.export and source.kind != "sav"):
        assert judge(Case(source, "none", source.data)) == "read", source.name


@settings(max_examples=60, deadline=None, database=None)
@given(content=CONTENTS)
def test_anything_as_ratings_is_read_whole_or_refused(content):
    with tempfile.TemporaryDirectory() as folder:
        home = write_study(Path(folder) / "study", ratings="")
        (home / "ratings.csv").write_bytes(content)
        judge_study(home)


@settings(max_examples=60, deadline=None, database=None)
@given(content=CONTENTS)
def test_anything_as_an_export_is_read_whole_or_refused(content):
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export.csv"
        export.write_bytes(content)
        judge_study(Path(folder) / "study", export)
