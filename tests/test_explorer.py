"""The explorer without a browser: the same tables as the notebooks, drawn again only where a change touches them."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import cxlib as cx
from cxlib import StudyError
from cxlib.charts.exploring import plot_answers, plot_steps, plot_trend
from cxlib.dashboard import page_of, serve_dashboard
from cxlib.explorer import Look, Options, choose_view, look_at, view_yaml, write_view
from cxlib.explorer.board import Board
from cxlib.explorer.drawing import describe_look, detail_html, gaps_html, map_html, priorities_html
from cxlib.explorer.tables import find_steps
from cxlib.parameters import read_parameters
from cxlib.strict_yaml import read_yaml
from cxlib.study import View
from tests.conftest import write_study
from tests.test_cube import write_panel

VIEWS = {"gaps": gaps_html, "map": map_html, "priorities": priorities_html, "detail": detail_html}


def shown_cube(folder):
    """A study and its cube, nothing of it hidden."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cxlib.study.Study.hide_below", 0)
        study = cx.open_study(folder)
        return study, cx.summarise_cube(study)


@pytest.fixture(scope="module")
def sample():
    """The sample and its cube."""
    return shown_cube("data/sample")


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """The cube of a study of five answers, without map, log, outcome or quotes."""
    ratings = """respondent,touchpoint,channel,expected,experienced
ann,checkout,web,6,4
bob,checkout,web,6,5
eve,checkout,app,7,4
ann,search,web,4,4
bob,search,app,4,5
"""
    return shown_cube(write_study(tmp_path_factory.mktemp("answers") / "study", ratings=ratings))[1]


@pytest.fixture
def small(answers):
    """A board on five answers."""
    return Board(Look(answers), choose_view(answers.study), Options(), "a study", "")


def looked(cube, **options) -> str:
    """All four views of a choice as one text."""
    look, view = Look(cube), choose_view(cube.study)
    return "".join(draw(look, view, Options(**options)) for draw in VIEWS.values())


def test_the_tables_are_those_of_the_notebooks_for_the_same_parameters(sample):
    study, cube = sample
    chosen = dict(stages=["purchase", "adoption"], personas=["Senior", "Family"], channels=["web", "store"])
    found = look_at(cube, choose_view(study, **chosen), Options(confidence=0.9, impact_weight=2, top=2))
    there = cx.open_study("data/sample", **chosen)
    ratings = cx.summarise_ratings(there)
    gaps = cx.find_gaps(ratings, met_within=there.met_within, confidence=0.9)
    reach = cx.find_reach(there.places, ratings, people=cx.count_people(there), confidence=0.9)
    moments = cx.find_moments(gaps, cx.find_importance(cx.summarise_drivers(there), confidence=0.9), reach)
    first = cx.rank_gaps(moments, there.small("feasibility"), top=2, confidence=0.9, impact_weight=2)
    for name, table in {"gaps": gaps, "moments": moments, "priorities": first}.items():
        pd.testing.assert_frame_equal(found[name], table, rtol=1e-9, check_dtype=False)


def test_a_change_draws_only_what_it_touches(small, monkeypatch):
    asked = []
    for name in ("ratings", "waves", "drivers", "people", "answers", "steps", "quotes"):
        there = getattr(small.look.cube, name)
        spy = lambda *given, name=name, there=there, **how: asked.append(name) or there(*given, **how)  # noqa: E731
        monkeypatch.setattr(small.look.cube, name, spy)
    before = small.views["gaps"].value
    small.others["impact_weight"].value = 2
    assert small.views["gaps"].value == before and asked == []
    small.others["confidence"].value = 0.8
    assert small.views["gaps"].value != before and asked == []
    small.tabs.selected_index = 3
    asked.clear()
    small.place.value = next(key for _, key in small.place.options if key != small.place.value)
    assert set(asked) <= {"answers", "quotes"} and "answers" in asked
    small.lists["channels"].value = ["web"]
    assert "ratings" in asked


def test_hidden_views_are_drawn_when_they_are_first_looked_at(small):
    assert small.views["gaps"].value and not small.views["priorities"].value
    small.tabs.selected_index = 2
    assert small.views["priorities"].value


def test_the_touchpoints_to_choose_are_those_of_the_chosen_stages(make_study, small_ratings):
    places = "touchpoint,stage\nsearch,before\ncheckout,after\n"
    study = cx.open_study(make_study(ratings=small_ratings, touchpoints=places))
    board = Board(Look(cx.summarise_cube(study)), choose_view(study, touchpoints=["checkout"]), Options(), "", "")
    board.lists["stages"].value = ["before"]
    assert [key for _, key in board.lists["touchpoints"].options] == ["search"] and board.place.value == "search"
    assert board.lists["touchpoints"].value == () and "search" in board.views["gaps"].value
    board.clear()
    assert board.chosen()[0] == View()


@pytest.mark.small_groups
def test_the_sentence_says_who_is_looked_at_and_how_many_touchpoints_are_hidden(make_study):
    rows = [(f"p{n}", place, 5, 4) for n in range(9) for place in ("search", "checkout") if place == "search" or n < 2]
    ratings = pd.DataFrame(rows, columns=["respondent", "touchpoint", "expected", "experienced"])
    study = cx.open_study(make_study(ratings=ratings))
    look, view = Look(cx.summarise_cube(study)), choose_view(study)
    hidden = int((look.ratings(view)["paired"] == "too few to show").sum())
    said = describe_look(look, view)
    assert said.startswith("9 people of all waves answered.") and hidden > 0
    assert f"Hidden: {hidden} touchpoint" in said and "fewer than 5 people" in said


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    """A look at personas A, B and C of 30, 20 and 3 people, each in both waves; those of C go one way, others two."""
    people = [f"{name}{place}" for name, size in (("A", 30), ("B", 20), ("C", 3)) for place in range(size)]
    ways = {person: "yx" if person[0] == "C" or int(person[1:]) % 2 else "xy" for person in people}
    steps = [(person, f"2026-01-0{day}T10:00:00Z", "visit", touchpoint)
             for person, way in ways.items() for day, touchpoint in enumerate(way, start=1)]  # fmt: skip
    events = pd.DataFrame(steps, columns=["customer", "time", "event", "touchpoint"])
    folder = tmp_path_factory.mktemp("panel") / "study"
    return Look(cx.summarise_cube(write_panel(lambda **content: write_study(folder, **content), events=events)))


@pytest.mark.small_groups
def test_the_size_of_a_small_persona_is_said_nowhere(panel):
    starts = {"": "53 people", "AB": "Some people", "C": "Fewer than 5 people", "BC": "23 people"}
    for personas, start in starts.items():
        view = View(wave="Q1", personas=list(personas))
        assert describe_look(panel, view).startswith(f"{start} of wave Q1 answered")
        known = [panel.moments(view, Options())["reach"].notna().all(), start[0].isdigit()]
        assert known[0] == known[1]


@pytest.mark.small_groups
def test_steps_and_bars_are_of_all_customers_and_say_so(panel):
    views = [View(wave="Q1", personas=personas) for personas in ([], ["A", "B"], ["C"])]
    options = Options(touchpoint="x")
    for table in (panel.steps, panel.answers):
        tables = [table(view, options) for view in views]
        assert len(tables[0]) and all(one.equals(tables[0]) for one in tables)
    html = detail_html(panel, views[0], options)
    assert "what after, of all customers?" in html and "answers lie, of all customers?" in html


@pytest.mark.small_groups
def test_the_trend_is_tested_before_it_is_veiled(panel, monkeypatch):
    shown = panel.cube.shown
    monkeypatch.setattr(panel.cube, "shown", lambda view, place, wave, *names: wave != 0 and shown(view, place, wave))
    trend = Look(panel.cube).trend(View(wave="all"), Options(touchpoint="x"))
    every = cx.find_gaps(panel.cube.waves(View(wave="all"), veiled=False), met_within=panel.study.met_within)
    assert trend["wave"].tolist() == ["Q1", "Q2"] and trend["n"].tolist() == [0, 53]
    assert trend["q"].iloc[1] == every.set_index("wave").loc["Q2", "q"]


@pytest.mark.small_groups
def test_what_is_too_small_in_the_wave_looked_at_is_marked(panel, monkeypatch):
    monkeypatch.setitem(panel.cube.choices, "personas", ["A", "B", "C"])
    board = Board(panel, View(wave="Q1"), Options(), "", "")
    assert [name for name, _ in board.lists["personas"].options] == ["A", "B (too few)", "C (too few)"]


def test_the_sentence_names_the_part_looked_at(small):
    small.lists["channels"].value, small.lists["touchpoints"].value = ["web"], ["search"]
    assert "Looked at: search; web." in small.sentence.value


def test_no_folder_of_the_machine_is_shown(small, tmp_path):
    small.study_path = str(tmp_path / "acme")
    assert "cx report acme -f acme/views/one.yaml" in small.save("one") and str(tmp_path) not in small.save("one")


def test_words_of_the_data_are_escaped(make_study, small_ratings):
    ratings = small_ratings.assign(touchpoint="<b>bold</b>", channel="<i>it</i>")
    html = looked(cx.summarise_cube(cx.open_study(make_study(ratings=ratings))), touchpoint="<b>bold</b>")
    assert "<b>" not in html and "<i>" not in html and "&lt;b&gt;bold" in html


def test_what_a_study_has_not_is_left_out_with_a_line(answers):
    html = looked(answers, touchpoint="search")
    for line in ("There is no journey map.", "no outcome", "There is one wave", "A file of events", "no feedback"):
        assert line in html
    assert html.count("<img") == 2 + (html.count("among the first") > 0)  # gaps, answers, perhaps priorities


def test_a_study_without_ratings_says_so(make_study):
    events = "customer,time,event,touchpoint\na,2026-01-01,visit,search\nb,2026-01-02,visit,search\n"
    study = cx.open_study(make_study(events=events, settings="title: log"))
    board = Board(Look(cx.summarise_cube(study)), choose_view(study), Options(), "", "")
    assert "Nobody was asked" in board.sentence.value and "Nobody" in board.views["gaps"].value


NAMES = ["NO", "12:30", "2026-01-01", "a: b", 'say "hi"', "it's", "# no", " room ",
         "null", "1e3", "ü\u2028y", "a\nb", "\\n"]  # fmt: skip


def test_a_saved_view_comes_back_as_it_was(tmp_path, root):
    view = View(personas=NAMES, where=["market=DE: x"], wave="2026-01", as_of="2026-06-30")
    path = write_view("a-1_B", view, Options(confidence=0.9, top=5), folder=tmp_path / "views")
    notebooks = [root / "notebooks/04_gaps.ipynb", root / "notebooks/05_priorities.ipynb"]
    read = read_parameters(read_yaml(path), notebooks)
    wanted = dict(personas=NAMES, where=["market=DE: x"], wave="2026-01", as_of="2026-06-30", confidence=0.9, top=5)
    assert path.name == "a-1_B.yaml" and read == wanted


def test_what_is_as_by_default_is_not_written(tmp_path):
    assert view_yaml(View(), Options()) == "{}\n"
    assert read_yaml(write_view("all", View(), Options(), folder=tmp_path)) == {}


@pytest.mark.parametrize("name", ["", "a b", "../up", "a.yaml", "ü", "x" * 81])
def test_a_name_of_other_signs_is_refused(tmp_path, name):
    with pytest.raises(StudyError, match="letters from A to Z"):
        write_view(name, View(), Options(), folder=tmp_path)
    assert list(tmp_path.rglob("*")) == []


def test_a_view_that_is_there_is_not_overwritten(tmp_path):
    path = write_view("one", View(), Options(), folder=tmp_path)
    with pytest.raises(StudyError, match="There is a view one already"):
        write_view("one", View(wave="all"), Options(), folder=tmp_path)
    assert path.read_text() == "{}\n"


def test_a_folder_that_cannot_be_written_is_a_sentence(small, tmp_path):
    (tmp_path / "file").touch()
    small.views_path = str(tmp_path / "file" / "views")
    assert "cannot be written, so nothing was saved" in small.save("one")


def test_steps_are_shares_of_the_visits_to_the_touchpoint():
    moves = pd.DataFrame(
        [("(start)", "b", 6, 6), ("a", "b", 4, 4), ("b", "(end)", 9, 10), ("b", "a", 1, 10)],
        columns=["from_touchpoint", "to_touchpoint", "n", "leaving"],
    )
    moves = moves.assign(from_label=moves["from_touchpoint"], to_label=moves["to_touchpoint"], se=0.1, n_effective=9)
    moves = moves.assign(share=moves["n"] / moves["leaving"], leaving_customers=moves["leaving"])
    steps = find_steps(moves, "b")
    assert steps["side"].tolist() == ["before", "before", "after", "after"]
    assert steps["label"].tolist() == ["(start)", "a", "(end)", "a"] and steps["share"].tolist() == [0.6, 0.4, 0.9, 0.1]


def test_charts_of_the_detail_draw_the_table():
    answers = pd.DataFrame({"value": [1, 2], "expected": [0.25, 0.75], "experienced": [1, 0]})
    ax = plot_answers(answers.assign(n_expected=[1, 3], n_experienced=[4, 0]), title="t")
    assert [bar.get_height() for bar in ax.patches] == [0.25, 0.75, 1, 0]
    trend = pd.DataFrame({"wave": ["w1", "w2"], "n": [5, 0], "gap": [-1, np.nan], "low": -1.5, "high": -0.5})
    ax = plot_trend(trend.assign(verdict="shortfall"), title="t", met_within=0.2)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["w1\nn 5", "w2\nnot shown"]
    steps = pd.DataFrame({"side": ["before", "after"], "label": ["$a$", "b"], "n": [6, 9], "share": [0.6, 0.9]})
    ax = plot_steps(steps, title="t")
    assert [bar.get_width() for bar in ax.patches] == [0.6, 0.9]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["$a$", "b"]
    plt.close("all")


def test_the_page_of_the_dashboard_holds_the_explorer_and_the_title_of_the_study(make_study, small_ratings):
    folder = make_study(ratings=small_ratings, settings="title: Ours\nscales: {expected: [1, 7], experienced: [1, 7]}")
    page = page_of(folder)
    code = "\n".join(cell.source for cell in page.cells if cell.cell_type == "code")
    assert page.metadata["title"] == "Ours" and f'study_path = "{folder}"' in code and "explore_study" in code
    assert "plot_gaps" not in code and "papermill" not in page.metadata


def test_without_voila_a_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(StudyError, match="pip install"):
        serve_dashboard("data/sample")


def test_a_look_has_the_day_and_the_conditions_of_the_study(sample):
    study, _ = sample
    study = dataclasses.replace(study, view=View(as_of="2026-06-01", where=["market=DE"]))
    view = choose_view(study, wave="all")
    assert (view.as_of, view.where, view.wave) == ("2026-06-01", ["market=DE"], "all")
    with pytest.raises(StudyError, match="'Seniors' is not in this study"):
        choose_view(study, personas=["Seniors"])
