"""study.yaml, what it may say, and the part of a study to look at."""

import pytest

from cxlib import StudyError, describe_study, open_study, summarise_ratings, summarise_study
from cxlib.settings import read_settings

RATINGS = (
    "respondent,wave,touchpoint,channel,expected,experienced,answered_at\n"
    "ann,w1,search,web,6,4,2026-01-10\nbob,w1,search,app,5,5,2026-01-20\n"
    "eve,w2,search,web,6,3,2026-02-10\neve,w2,pay,web,6,6,2026-02-11\nkim,w2,chat,app,4,4,2026-02-12\n"
)
PEOPLE = "respondent,wave,persona,market\nann,w1,Student,DE\nbob,w1,Senior,FR\neve,w2,Student,DE\nkim,w2,Senior,DE\n"
MAP = "touchpoint,label,stage\npay,Pay,purchase\nsearch,Search,awareness\n"
SETTINGS = (
    "stages: [awareness, purchase]\nwaves: {w1: 2026-01-31, w2: 2026-02-28}\n"
    "scales: {expected: [1, 7], experienced: [1, 7]}"
)


@pytest.fixture
def folder(make_study):
    return make_study(ratings=RATINGS, respondents=PEOPLE, touchpoints=MAP, settings=SETTINGS)


def touchpoints(folder, **view):
    return summarise_ratings(open_study(folder, **view))["touchpoint"].tolist()


def test_met_within_is_four_percent_of_the_scale(folder):
    assert open_study(folder).met_within == 0.24


def test_rows_stand_in_the_order_of_the_map_and_the_rest_after_it(folder):
    assert touchpoints(folder, wave="all") == ["search", "pay", "chat"]


def test_a_touchpoint_off_the_map_is_kept_without_a_stage(folder):
    table = summarise_ratings(open_study(folder, wave="all")).set_index("touchpoint")
    assert table.loc["chat", "label"] == "chat" and table["stage"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("view", "people"),
    [
        ({}, 2),
        ({"wave": "all"}, 4),
        ({"wave": "w1"}, 2),
        ({"as_of": "2026-01-15"}, 1),
        ({"as_of": "2026-02-10"}, 1),
        ({"stages": ["purchase"]}, 1),
        ({"touchpoints": ["chat"]}, 1),
        ({"personas": ["Senior"]}, 1),
        ({"channels": ["web"]}, 1),
        ({"wave": "all", "where": ["market=DE"]}, 3),
        ({"wave": "all", "where": ["market=DE", "market=FR"]}, 4),
        ({"wave": "all", "where": ["market=DE", "persona=Senior"]}, 1),
    ],
)
@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_the_view_keeps_what_it_names(folder, view, people, engine):
    assert summarise_study(open_study(folder, engine=engine, **view))["respondents"] == people


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ({"stages": ["purchas"]}, "Did you mean 'purchase'"),
        ({"wave": "w3"}, "wave: 'w3'"),
        ({"personas": ["Studnet"]}, "Did you mean 'Student'"),
        ({"where": ["market"]}, "column=value"),
        ({"where": ["markt=DE"]}, "Did you mean 'market'"),
        ({"where": ["market=ES"]}, "There are: DE, FR"),
        ({"as_of": "31.01.2026"}, "as_of"),
        ({"as_of": "9999-12-31"}, "as_of"),
    ],
)
def test_a_value_the_study_has_not_is_a_usage_error_with_the_choices(folder, view, words):
    with pytest.raises(StudyError, match=words) as raised:
        open_study(folder, **view)
    assert raised.value.code == 2


def test_a_wave_is_found_from_the_day_of_the_answer(make_study):
    lines = [
        ",".join(value for place, value in enumerate(line.split(",")) if place != 1) for line in RATINGS.splitlines()
    ]
    study = open_study(make_study(ratings="\n".join(lines) + "\n", settings=SETTINGS), wave="all")
    assert summarise_ratings(study, by="wave")[["wave", "n"]].to_numpy().tolist() == [["w1", 2], ["w2", 2]]


def test_what_is_missing_is_named_with_the_file_that_switches_it_on(make_study):
    sentences = open_study(make_study(ratings=RATINGS)).missing()
    assert any("touchpoints: touchpoints.csv" in sentence for sentence in sentences)
    assert not any(sentence.startswith("No ratings") for sentence in sentences)


def test_grouping_by_what_nobody_stated_gives_an_empty_table(make_study):
    assert summarise_ratings(open_study(make_study(ratings=RATINGS)), by="persona").empty


def test_grouping_by_an_unknown_column_names_the_choices(folder):
    with pytest.raises(StudyError, match="Did you mean 'persona'"):
        summarise_ratings(open_study(folder), by="persna")


def test_zero_weight_leaves_a_person_out(make_study):
    people = "respondent,weight\nann,1\nbob,0\neve,2\nkim,1\n"
    study = open_study(make_study(ratings=RATINGS, respondents=people), wave="all")
    assert summarise_study(study)["respondents"] == 3 and summarise_study(study)["weighted"]


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"respondents": "respondent,weight\nann,-1\n"}, "negative: 1"),
        ({"respondents": "respondent,weight\nann,1\nbob,\n"}, "no weight for 1 of 2"),
        ({"respondents": "respondent,market\nann,DE\nann,FR\n"}, "'ann' stands there twice"),
        ({"respondents": "respondent,wave\nann,w3\n"}, "wave 'w3' is not in waves of study.yaml"),
        ({"respondents": "respondent,wave\nann,w1\nbob,\n"}, "no wave for 1 of 2"),
        ({"touchpoints": MAP + "pay,Pay again,purchase\n"}, "lists 'pay' twice"),
        ({"touchpoints": MAP.replace("purchase", "buying")}, "stage 'buying' is not in stages"),
    ],
)
def test_tables_that_contradict_themselves_are_refused(make_study, tables, words):
    with pytest.raises(StudyError, match=words):
        open_study(make_study(ratings=RATINGS, settings=SETTINGS, **tables))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("titel: x", "Did you mean 'title'"),
        ("title: x\ntitle: y", "cannot be read as YAML.*title"),
        ("- a", "should hold keys"),
        ("title: [", "cannot be read as YAML"),
        ("files: {rating: a.csv}", "Did you mean 'ratings'"),
        ("files: {ratings: {path: a.csv, formt: tidy}}", "Did you mean 'format'"),
        ("files: {ratings: {path: a.csv, format: qualtric}}", "format of ratings"),
        ("files: {ratings: {format: tidy}}", "should be a path"),
        ("scales: {expected: [7, 1]}", "lowest, highest"),
        ("scales: {expected: [1, 7], experienced: [1, 5]}", "on one scale"),
        ("waves: {w1: soon}", "last day"),
        ("waves: {w1: 9999-12-31}", "last day"),
        ("waves: {w1: 2026-03-31 23:59:59}", "last day"),
        ("waves: {w1: 2026-03-31, w2: 2026-01-31}", "in order"),
        ("scales: {experienced: [1, 7]}\nmet_within: 9", "half the scale"),
        ("dates: {order: ydm}", "dates: order"),
        ("met_within: -1", "met_within"),
        ("files: [a.csv]", "name: value pairs"),
        ("title: x", "names no data"),
        ("waves: {w1: 2026-02-30}", "cannot be read as YAML"),
        ("dates: {zone: Europe/Berln}", "zone 'Europe/Berln' is not known"),
        ("files: {ratings: {path: a.csv, delimiter: ab}}", "delimiter should be one plain character"),
        ("met_within: 0.2\nscales: {expected: [1, 7], experienced: [1, 5]}", "on one scale"),
        ("scales: {adequate: [1, 5], experienced: [1, 7]}", "adequate is rated on .* on one scale"),
        ("journey: {converted: a, windw_days: 3}", "Did you mean 'window_days'"),
        ("journey: {window_days: soon}", "window_days should be days above 0"),
        ("journey: {order: some}", "journey: order is 'some'"),
        ("show_quotes: perhaps", "show_quotes should be true or false"),
    ],
)
def test_a_mistake_in_the_settings_is_a_sentence(tmp_path, text, words):
    (tmp_path / "study.yaml").write_text(text)
    with pytest.raises(StudyError, match=words):
        open_study(tmp_path)


def test_an_event_of_the_journey_that_the_log_has_not_is_refused(make_study):
    log = "customer,time,event\nann,2026-01-01,order\n"
    settings = "journey: {converted: ordre}"
    with pytest.raises(StudyError, match="journey names 'ordre', which the study has not. Did you mean 'order'"):
        open_study(make_study(events=log, settings=settings))


def test_words_that_other_yaml_readers_turn_into_something_else_stay_words(tmp_path):
    (tmp_path / "study.yaml").write_text("title: NO\nstages: [12:30, on]\n")
    settings = read_settings(tmp_path)
    assert settings.title == "NO" and settings.stages == ["12:30", "on"]


@pytest.mark.parametrize("path", ["../outside.csv", "/etc/passwd", "a/../../x.csv"])
def test_a_file_outside_the_study_is_refused(make_study, path):
    folder = make_study(ratings=RATINGS)
    (folder / "study.yaml").write_text(f"files: {{ratings: {path}}}")
    with pytest.raises(StudyError, match="inside the study's folder"):
        open_study(folder)


def test_a_file_that_is_not_there_is_named_with_what_is(make_study):
    folder = make_study(ratings=RATINGS)
    (folder / "study.yaml").write_text("files: {ratings: rating.csv}")
    with pytest.raises(StudyError, match="rating.csv is not there, or no file; .* holds ratings.csv"):
        open_study(folder)


def test_no_study_there(tmp_path):
    with pytest.raises(StudyError, match="no study.yaml"):
        open_study(tmp_path)
    with pytest.raises(StudyError, match="There is no folder"):
        open_study(tmp_path / "nowhere")


def test_a_sentence_takes_the_place_of_a_traceback_in_jupyter():
    assert StudyError("say what helps")._render_traceback_() == ["StudyError: say what helps"]


def test_days_end_where_the_study_was_made(make_study):
    ratings = "respondent,touchpoint,expected,experienced,answered_at\n"
    ratings += "late,search,6,4,2026-01-31 23:30:00\nnext,search,6,4,2026-02-01 00:30:00\n"
    for zone in ("Europe/Berlin", "America/New_York"):
        folder = make_study(ratings=ratings, settings=f"{SETTINGS}\ndates: {{zone: {zone}}}")
        found = summarise_ratings(open_study(folder, wave="all"), by="wave")
        assert found[["wave", "n"]].to_numpy().tolist() == [["w1", 1], ["w2", 1]]
        facts = summarise_study(open_study(folder, wave="all", as_of="2026-01-31"))
        assert (facts["respondents"], facts["last"]) == (1, "2026-01-31")


def test_the_wave_may_stand_with_the_respondent_only(make_study):
    ratings = "respondent,touchpoint,expected,experienced\nann,search,6,4\neve,search,5,5\n"
    study = open_study(make_study(ratings=ratings, respondents=PEOPLE, settings=SETTINGS), wave="all")
    assert summarise_ratings(study, by=["wave", "persona"])[["wave", "persona"]].to_numpy().tolist() == [
        ["w1", "Student"],
        ["w2", "Student"],
    ]


def test_a_person_in_two_waves_has_the_persona_of_each(make_study):
    ratings = "respondent,wave,touchpoint,expected,experienced\nann,w1,search,6,4\nann,w2,search,5,5\n"
    people = "respondent,wave,persona\nann,w1,Student\nann,w2,Senior\n"
    study = open_study(make_study(ratings=ratings, respondents=people), wave="all")
    found = summarise_ratings(study, by="persona")
    assert found[["persona", "n", "mean_gap"]].to_numpy().tolist() == [["Senior", 1, 0.0], ["Student", 1, -2.0]]
    assert summarise_ratings(study).loc[0, "n"] == 1


def test_answers_outside_every_wave_are_counted_aloud(make_study):
    ratings = RATINGS.replace(",w1,", ",,").replace(",w2,", ",,") + "zed,,search,web,5,5,2026-03-15\n"
    study = open_study(make_study(ratings=ratings, settings=SETTINGS))
    assert describe_study(study).endswith("In none of the waves of study.yaml: 1 answer; check dates and last days.")


def test_conditions_on_one_column_add_up_and_different_parameters_narrow_down(folder):
    study = open_study(folder, wave="all", personas=["Student"], where=["persona=Senior"])
    with pytest.raises(StudyError, match="No answer is left: personas Student; where persona=Senior; wave all"):
        summarise_study(study)


def test_grouping_twice_by_one_column_is_grouping_once(folder):
    study = open_study(folder, wave="all")
    assert summarise_ratings(study, by=["market", "market"]).equals(summarise_ratings(study, by="market"))


def test_an_unknown_engine_is_refused(folder):
    with pytest.raises(StudyError, match="There are: duckdb, pandas"):
        open_study(folder, engine="spark")
