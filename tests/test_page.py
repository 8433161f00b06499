"""The first page: its head, what it says of trust, and the list of files."""

import nbformat

from cxlib.opening import open_study
from cxlib.page import describe_head, explain_trust, find_wave_before, list_files

SCALES = "scales: {expected: [1, 7], experienced: [1, 7]}"


def test_the_head_says_who_was_asked_and_leaves_out_what_is_not_there(make_study, small_ratings):
    head = describe_head(open_study(make_study(ratings=small_ratings)))
    assert head["facts"] == [("Who was asked", "3 people gave 5 answers on 2 touchpoints")]
    assert head["objective"] == head["looked_at"] == ""


def test_the_objective_is_that_of_the_study_else_the_objectives_of_the_file(make_study, small_ratings):
    aims = "objective,kpi,target\nServe fast,wait,5\nServe fast,calls,9\nLose nobody,left,1\n"
    tables = dict(ratings=small_ratings, objectives=aims)
    said = [f"objective: Fewer returns.\n{SCALES}", SCALES]
    found = [describe_head(open_study(make_study(settings=one, **tables)))["objective"] for one in said]
    assert found == ["Fewer returns.", "Objectives: Serve fast and Lose nobody."]


def test_waves_and_rows_left_out_stand_in_the_head(make_study, small_ratings):
    rows = [small_ratings.assign(wave=wave) for wave in ("2026-1", "2026-2")]
    rows[0].loc[0, "expected"] = 9
    text = "".join(part.to_csv(index=False, header=place == 0) for place, part in enumerate(rows))
    settings = f"{SCALES}\nwaves: {{2026-1: 2026-01-31, 2026-2: 2026-02-28}}"
    study = open_study(make_study(ratings=text, settings=settings))
    facts = dict(describe_head(study)["facts"])
    assert facts["Wave"] == "2026-2; 1 before it, with 9 answers in all" and find_wave_before(study) == "2026-1"
    assert facts["Left out"] == "1 row could not be used."


def test_the_box_of_trust_speaks_of_this_survey(make_study, small_ratings):
    said = " ".join(explain_trust(open_study(make_study(ratings=small_ratings)), 0.9))
    assert "figures of 3\u00a0people" in said and "In 90 of 100 surveys" in said and "All 5 rows" in said
    assert "{" not in said


def test_a_study_without_ratings_explains_no_gap(make_study):
    events = "customer,time,event\nann,2026-01-01,search\nbob,2026-01-02,search\n"
    said = " ".join(explain_trust(open_study(make_study(events=events)), 0.95))
    assert "gap" not in said and "Not enough answers" in said


def test_files_are_listed_in_groups_those_of_one_name_in_a_row(tmp_path):
    (tmp_path / "charts").mkdir()
    (tmp_path / "tables").mkdir()
    for name in ("charts/gaps.png", "charts/gaps.svg", "tables/gaps.csv"):
        (tmp_path / name).write_text("a,b\n1,2\n3,4\n")
    output = nbformat.v4.new_output("display_data", {}, metadata={"cx": {"name": "gaps", "section": "How sure?"}})
    cells = [nbformat.v4.new_code_cell("x", outputs=[output])]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"cx_id": "chapter-04", "cx_title": "4 Gaps"})
    report, charts, tables = list_files(tmp_path, [notebook])
    assert [[link["path"] for link in row["links"]] for row in report["rows"]][:3] == [
        ["report.html"], [], ["workbook.xlsx"],
    ]  # fmt: skip
    assert [row["name"] for row in report["rows"] if not row["links"]] == ["report.pdf"]
    assert [[link["word"] for link in row["links"]] for row in charts["rows"]] == [["PNG", "SVG"]]
    assert tables["rows"][0]["what"] == "How sure?" and tables["rows"][0]["size"] == "2 rows"
