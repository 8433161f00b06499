"""cx new and cx check on files survey tools really wrote."""

import pandas as pd
import pytest

from cxlib import StudyError, open_study
from cxlib.beginning import begin_study
from cxlib.report import check_study


def test_the_kiosk_survey_becomes_a_study_the_check_accepts(real_data, tmp_path):
    export = real_data / "kiosk/kiosk_cp949_as_found.csv"
    with pytest.raises(StudyError, match="--encoding cp949"):
        begin_study(tmp_path / "kiosk", export=export)
    said = " ".join(begin_study(tmp_path / "kiosk", export=export, encoding="cp949"))
    assert "163 columns, 211 answered lines" in said and "24 touchpoints, 24 with expectation and experience" in said
    text, path = check_study(tmp_path / "kiosk", reports=tmp_path / "reports")
    assert "163 columns" in text and path is None
    study = open_study(tmp_path / "kiosk")
    assert study.counts.set_index("table").loc["ratings", ["read", "used"]].tolist() == [4968, 4968]
    truth = pd.read_csv(real_data / "kiosk/column_map.csv")
    columns = pd.read_csv(tmp_path / "kiosk/columns.csv").assign(col=lambda table: table["position"] - 1)
    mapped = columns.merge(truth, on="col")
    for side, block in (("expected", "SERVQUAL_E"), ("experienced", "SERVQUAL_P")):
        assert set(mapped.loc[mapped["column"] == side, "block"]) == {block}
    items = mapped[mapped["column"].isin(["expected", "experienced"])].groupby("touchpoint")["item"].nunique()
    assert len(items) == 24 and items.eq(1).all()


@pytest.mark.parametrize(
    ("name", "tool", "counts"),
    [
        ("qualtrics_three_header_rows.csv", "qualtrics", "3 heading lines, 20 columns, 1 answered line"),
        ("qualtrics_legacy_two_header_rows.csv", "qualtrics", "2 heading lines, 16 columns, 1 answered line"),
        ("surveymonkey_two_header_rows.csv", "surveymonkey", "2 heading lines, 15 columns, 550 answered lines"),
        ("surveymonkey_one_header_row_dash_missing.csv", "surveymonkey", "1 heading line, 9 columns, 928 answered"),
    ],
)
def test_surveys_without_a_rating_are_named_counted_and_say_so(real_data, tmp_path, name, tool, counts):
    said = " ".join(begin_study(tmp_path / "study", export=real_data / "exports" / name, zone="UTC"))
    assert f"{name} is a {tool} export" in said and counts in said and "No rating was found" in said
    if tool == "qualtrics":
        assert "Not read, that identify people" in said and "columns.csv" in said
    with pytest.raises(StudyError, match="no rating was found"):
        open_study(tmp_path / "study")
    columns = pd.read_csv(tmp_path / "study/columns.csv", dtype="str", keep_default_na=False)
    last_question = columns.index[columns["question"] != ""][-2]
    columns.loc[last_question, ["table", "column", "touchpoint"]] = ["ratings", "comment", "whole"]
    columns.to_csv(tmp_path / "study/columns.csv", index=False)
    answered = int(counts.split(", ")[2].split()[0])
    found = open_study(tmp_path / "study").counts.set_index("table")
    assert found.loc["respondents", ["read", "used", "quarantined", "excluded"]].tolist() == [answered, answered, 0, 0]


def test_the_crosstab_is_refused(real_data, tmp_path):
    with pytest.raises(StudyError, match="surveymonkey_crosstab_refuse.csv: This is a table of percentages"):
        begin_study(tmp_path / "study", export=real_data / "exports/surveymonkey_crosstab_refuse.csv")
    assert not (tmp_path / "study").exists()


def test_the_workbook_of_the_form_and_the_xes_log(real_data, tmp_path):
    said = begin_study(tmp_path / "a", export=real_data / "kiosk/google_forms_export_nopii.xlsx", zone="Asia/Seoul")
    assert "google-forms export" in said[0] and "154 columns, 200 answered lines" in said[1]
    assert open_study(tmp_path / "a").counts.set_index("table").loc["respondents", "used"] == 200
    begin_study(tmp_path / "b", export=real_data / "receipts/roadtraffic100traces.xes")
    study = open_study(tmp_path / "b")
    assert study.counts["used"].tolist() == [390]
    assert len(study.values("events", "customer")) == 100
