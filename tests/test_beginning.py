"""cx new: an empty study with a questionnaire, or one around an export; nothing is overwritten."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

from cxlib import StudyError, open_study, summarise_ratings
from cxlib.beginning import begin_study

PEOPLE = 40


@pytest.fixture
def asked(tmp_path):
    """An empty study, its questionnaire, and answers to it: a frame with a column a question."""
    begin_study(tmp_path / "acme")
    questions = pd.read_csv(tmp_path / "acme/questionnaire.csv")
    rng = np.random.default_rng(7)
    answers = {}
    for name, text in zip(questions["name"], questions["text"], strict=True):
        low, high = (0, 10) if name == "recommend" else (1, 7)
        answers[text] = rng.integers(low, high + 1, PEOPLE).astype(str)
    return tmp_path / "acme", questions, pd.DataFrame(answers)


def as_google_forms(path, answers):
    table = answers.copy()
    table.insert(0, "Timestamp", [f"{day % 12 + 1}/{day % 28 + 1}/2026 9:05:00" for day in range(PEOPLE)])
    table.to_csv(path, index=False)


def as_qualtrics(path, questions, answers):
    tool = {"StartDate": "startDate", "Status": "status", "IPAddress": "ipAddress", "RecordedDate": "recordedDate"}
    tool |= {"ResponseId": "_recordId"}
    texts = list(questions["text"].str.replace(" [", " - ", regex=False).str.rstrip("]"))
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*tool, *questions["name"]])
        writer.writerow([*tool, *texts])
        ids = [*tool.values(), *(f"QID{number}" for number in range(len(questions)))]
        writer.writerow([json.dumps({"ImportId": name, "timeZone": "Europe/Berlin"}) for name in ids])
        for number, row in enumerate(answers.to_numpy()):
            writer.writerow(["2026-05-01 10:00:00", "0", "10.0.0.1", "2026-05-01 10:09:00", f"R_{number}", *row])
        writer.writerow(["2026-05-01 10:00:00", "1", "10.0.0.1", "2026-05-01 10:09:00", "R_p", *answers.iloc[0]])


@pytest.mark.parametrize("tool", ["google-forms", "qualtrics"])
def test_the_questionnaire_comes_back_without_an_edit(asked, tool, tmp_path):
    folder, questions, answers = asked
    export = tmp_path / "export.csv"
    as_google_forms(export, answers) if tool == "google-forms" else as_qualtrics(export, questions, answers)
    said = begin_study(folder, export=export, zone="Europe/Berlin")
    assert said[0].startswith(f"export.csv is a {tool} export")
    study = open_study(folder)
    places = set(pd.read_csv(folder / "touchpoints.csv")["touchpoint"])
    ratings = study.tables["ratings"].collect("pandas").to_native()
    assert set(ratings["touchpoint"]) == places and len(ratings) == PEOPLE * len(places)
    expected = answers["What did you expect? How good did you expect each of these to be? [Delivery]"].astype(float)
    assert ratings.loc[ratings["touchpoint"] == "delivery", "expected"].tolist() == expected.tolist()
    assert summarise_ratings(study)["n"].eq(PEOPLE).all() and study.outcome == "overall"
    people = study.tables["respondents"].collect("pandas").to_native()
    assert people["recommend"].between(0, 10).all() and len(people) == PEOPLE
    excluded = study.counts.set_index("table").loc["respondents", "excluded"]
    assert excluded == (1 if tool == "qualtrics" else 0)
    columns = pd.read_csv(folder / "columns.csv")
    assert set(columns.loc[columns["table"] == "ratings", "confidence"]) == {"high"}


def test_an_empty_study_says_what_to_do_and_needs_data(tmp_path):
    said = begin_study(tmp_path / "acme", delta=0.5)
    assert "known to ± 0.5 points each touchpoint needs about 38 people" in said[1]
    assert (tmp_path / "acme/templates/ratings.csv").read_text().startswith("response,respondent,wave")
    assert " usual 1.5 38\n" in (tmp_path / "acme/questionnaire.md").read_text()
    with pytest.raises(StudyError, match="names no data.*cx new --from"):
        open_study(tmp_path / "acme")
    with pytest.raises(StudyError, match="questionnaire.md is there already"):
        begin_study(tmp_path / "acme")


def test_what_a_person_has_said_stays(asked, tmp_path):
    folder, _, answers = asked
    settings = folder / "study.yaml"
    settings.write_text(settings.read_text().replace("title: acme", "title: Acme 2026  # ours"))
    as_google_forms(tmp_path / "export.csv", answers)
    begin_study(folder, export=tmp_path / "export.csv")
    text = settings.read_text()
    assert "title: Acme 2026  # ours" in text and "# The waves of the survey" in text and "order: mdy" in text
    with pytest.raises(StudyError, match="columns.csv is there already; delete it"):
        begin_study(folder, export=tmp_path / "export.csv")


def test_a_missing_zone_is_asked_for_and_then_refused_by_the_check(asked, tmp_path):
    folder, _, answers = asked
    as_google_forms(tmp_path / "export.csv", answers)
    said = begin_study(folder, export=tmp_path / "export.csv")
    assert any("Say where the clock" in sentence for sentence in said)
    with pytest.raises(StudyError, match=r"do not say where their clock stood; add dates: \{zone"):
        open_study(folder)


def test_one_row_a_rating_or_an_event_needs_no_columns_file(tmp_path):
    (tmp_path / "r.csv").write_text("Respondent,Touchpoint,Expected,Experienced\nann,search,6,4\nbob,search,5,5\n")
    assert "one row a rating" in begin_study(tmp_path / "one", export=tmp_path / "r.csv")[0]
    with pytest.raises(StudyError, match=r"add scales: \{expected: \[1, 7\]\}|declares no scale"):
        open_study(tmp_path / "one")
    (tmp_path / "e.csv").write_text("customer,time,event\nann,2026-01-01T10:00Z,view\n")
    assert "one row an event" in begin_study(tmp_path / "two", export=tmp_path / "e.csv")[0]
    assert open_study(tmp_path / "two").counts["used"].tolist() == [1]


def test_ratings_in_words_nobody_knows_are_said(tmp_path):
    stems = ["What did you expect?", "What did you experience?"]
    heading = ",".join(["Timestamp", *(f"{stem} [{place}]" for stem in stems for place in ("Delivery", "Advice"))])
    words = ["grim", "so so", "splendid"]
    rows = "".join(f"1/2/2026 9:05:00,{','.join(words[(n + place) % 3] for place in range(4))}\n" for n in range(30))
    (tmp_path / "r.csv").write_text(f"{heading}\n{rows}")
    said = " ".join(begin_study(tmp_path / "acme", export=tmp_path / "r.csv"))
    assert "No rating was found" in said and "4 questions may be ratings with answers in words: export numeric" in said


def test_a_refused_export_leaves_no_study_behind(tmp_path):
    (tmp_path / "r.csv").write_bytes("Größe,x\n1,2\n".encode("cp1252"))
    with pytest.raises(StudyError, match="--encoding cp1252"):
        begin_study(tmp_path / "acme", export=tmp_path / "r.csv")
    assert not (tmp_path / "acme").exists()
    with pytest.raises(StudyError, match="There is no file"):
        begin_study(tmp_path / "acme", export=tmp_path / "no.csv")


@pytest.mark.parametrize(
    ("dates", "order"),
    [(["14/3/2026 10:00"], "dmy"), (["3/14/2026 10:00"], "mdy"), (["2026/03/14 10:00"], None), (["3/4/2026"], None)],
)
def test_the_order_of_dates_is_taken_where_they_prove_it(tmp_path, dates, order):
    rows = "".join(f"{day},{n % 7 + 1},{n % 5 + 1}\n" for n, day in enumerate(dates * 4))
    heading = "Timestamp,What did you expect? [Delivery],What did you experience? [Delivery]\n"
    (tmp_path / "r.csv").write_text(heading + rows)
    said = begin_study(tmp_path / "acme", export=tmp_path / "r.csv", zone="UTC")
    settings = [line for line in (tmp_path / "acme/study.yaml").read_text().splitlines() if not line.startswith("#")]
    assert any(f"order: {order}" in line for line in settings) == (order is not None)
    assert any("read two ways" in sentence for sentence in said) == (dates == ["3/4/2026"])
