"""What a notebook shows, and what it leaves behind."""

from types import SimpleNamespace
from unittest.mock import patch

import pandas as pd

from cxlib import Chapter, chapter
from cxlib.charts import plot_gap_intervals
from cxlib.readable import readable, table_html
from tests.test_charts import gaps


def shown(action):
    """What `action` displays, each with its data and metadata."""
    with patch.object(chapter, "display") as display:
        action()
    return [SimpleNamespace(data=call.args[0], **call.kwargs) for call in display.call_args_list]


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown(lambda: Chapter("").table(gaps(), "gaps"))
    assert list(tmp_path.iterdir()) == []


def test_a_table_keeps_its_digits_in_the_file_and_few_on_the_page(tmp_path):
    [output] = shown(lambda: Chapter(tmp_path).table(gaps(gap=[-1.23456789012345, 0.2]), "gaps"))
    assert "-1.23456789012" in (tmp_path / "tables/gaps.csv").read_text()
    assert "−1.23<" in output.data["text/html"] and "falls short" in output.data["text/html"]


def test_a_chart_is_kept_as_png_svg_and_data_with_its_alt_text(tmp_path):
    chapter = Chapter(tmp_path)
    ax = plot_gap_intervals(gaps(), title="x", met_within=0.24)
    [output] = shown(lambda: chapter.show(ax, "gaps", alt="Delivery falls short", finding="Delivery!"))
    assert sorted(path.name for path in (tmp_path / "charts").iterdir()) == ["gaps.csv", "gaps.png", "gaps.svg"]
    assert (
        output.metadata["image/png"]["alt"] == "Delivery falls short"
        and output.metadata["cx"]["finding"] == "Delivery!"
    )


def test_the_same_chart_is_the_same_bytes(tmp_path):
    for folder in ("one", "two"):
        ax = plot_gap_intervals(gaps(), title="x", met_within=0.24)
        shown(lambda: Chapter(tmp_path / folder).show(ax, "gaps", alt="x"))
    for name in ("gaps.png", "gaps.svg"):
        assert (tmp_path / "one/charts" / name).read_bytes() == (tmp_path / "two/charts" / name).read_bytes()


def test_a_chart_with_nothing_to_draw_is_left_out(tmp_path):
    assert shown(lambda: Chapter(tmp_path).show(None, "gaps", alt="x")) == []
    assert list(tmp_path.iterdir()) == []


def test_an_empty_table_says_what_would_fill_it(tmp_path):
    empty = pd.DataFrame({"persona": pd.Series(dtype="str"), "n": pd.Series(dtype="int64")})
    [output] = shown(lambda: Chapter(tmp_path).table(empty, "gaps_by_persona"))
    assert (
        "There is nothing to show by persona: that takes a column persona (respondents: respondents.csv"
        in output.data["text/plain"]
    )
    assert (tmp_path / "tables/gaps_by_persona.csv").read_text() == "persona,n\n"


def test_a_cell_can_be_run_twice(tmp_path):
    for _ in range(2):
        shown(lambda: Chapter(tmp_path).table(gaps(), "gaps"))
    assert [path.name for path in (tmp_path / "tables").iterdir()] == ["gaps.csv"]


def test_a_name_cannot_leave_the_folder(tmp_path):
    shown(lambda: Chapter(tmp_path / "out").table(gaps(), "gaps_by_../../age group"))
    assert [path.name for path in tmp_path.rglob("*.csv")] == ["gaps_by_.._.._age_group.csv"]
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_what_people_wrote_is_escaped():
    hostile = "<script>alert(1)</script>"
    outputs = shown(lambda: Chapter("").say(hostile))
    outputs += shown(lambda: Chapter("").table(gaps(label=[hostile, "x"]), "gaps"))
    assert not any("<script>" in output.data["text/html"] for output in outputs)


def test_blank_figures_are_a_dash_and_blank_groups_are_named():
    table = pd.DataFrame(
        {"persona": [None], "n": [3], "gap": [float("nan")], "low": [float("nan")], "high": [float("nan")]}
    )
    assert readable(table).to_numpy().tolist() == [["not stated", "3", "–", "–"]]


def test_a_finding_says_which_block_of_the_first_page_it_belongs_to():
    [output] = shown(lambda: Chapter("").say("It worked.", finding=True, place="worked"))
    assert output.metadata["cx"] == {"finding": "It worked.", "place": "worked"}


def test_a_small_table_is_marked_for_the_first_page_alone():
    claim = {"p": [0.1], "versions": [[0.1, "<table></table>"], [-1.0, ""]]}
    [output] = shown(lambda: Chapter("").brief(claim, place="first"))
    assert output.metadata["cx"] == {"finding": claim, "place": "first", "kind": "table"}
    assert shown(lambda: Chapter("").brief("", place="first")) == []


def test_heads_of_columns_say_so_and_a_cell_may_be_marked():
    html = table_html(pd.DataFrame({"state": ["late"]}), marks={"state": ["bad"]})
    assert '<th scope="col">state</th>' in html and '<td class="bad">late</td>' in html
