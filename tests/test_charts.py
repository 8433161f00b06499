"""Charts draw the table they are given: positions, names, order."""

import io
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from PIL import Image

from cxlib.chapter import PNG_DPI, picture_of
from cxlib.charts import fonts, plot_gap_heatmap, plot_gap_intervals, plot_gaps, use_theme
from cxlib.charts.theme import VERDICT_COLOURS, missing_scripts
from tests.stress import HOSTILE, crowded, make_stress_study, too_small


@pytest.fixture(autouse=True)
def theme():
    use_theme()
    yield
    plt.close("all")


def gaps(**more):
    return pd.DataFrame(
        {
            "label": ["Delivery", "Search"],
            "n": [50, 1200],
            "expected": [6.0, 4.0],
            "experienced": [4.5, 4.2],
            "gap": [-1.5, 0.2],
            "low": [-1.9, -0.1],
            "high": [-1.1, 0.5],
            "verdict": ["shortfall", "not enough data"],
            "paired": "yes",
        }
    ).assign(**more)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_dumbbell_draws_expectation_and_experience_where_they_are():
    ax = plot_gaps(gaps(), title="Delivery falls short", scale=(1, 7))
    expected, experienced = (dots.get_offsets() for dots in ax.collections[2:4])
    assert expected.tolist() == [[6.0, 0], [4.0, 1]] and experienced.tolist() == [[4.5, 0], [4.2, 1]]
    assert ax.figure.get_suptitle() == "Delivery falls short" and ax.get_xlim() == (1, 7)


def test_dumbbell_draws_the_interval_of_the_gap_from_the_expectation():
    ax = plot_gaps(gaps(), title="x", scale=(1, 7))
    lines = [segment[:, 0].round(9).tolist() for segment in ax.collections[1].get_segments()]
    assert lines == [[4.1, 4.9], [3.9, 4.5]]


def test_rows_are_named_with_n_and_verdict_the_first_on_top():
    ax = plot_gaps(gaps(), title="x", scale=(1, 7))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Delivery (n 50)", "Search (n 1,200)"]
    assert {"−1.5  falls short", "+0.2  not enough data"} <= set(texts(ax))
    assert ax.get_ylim()[0] > ax.get_ylim()[1]


def test_intervals_are_drawn_around_their_gap():
    ax = plot_gap_intervals(gaps(), title="x", met_within=0.24)
    assert [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()] == [[-1.9, -1.1], [-0.1, 0.5]]
    assert ax.collections[1].get_offsets().tolist() == [[-1.5, 0], [0.2, 1]]


def test_heatmap_greys_what_is_not_sure_and_keeps_the_order_of_stages():
    table = gaps(stage=["adoption", "awareness"], persona=["Senior", "Senior"]).drop(columns="label")
    ax = plot_gap_heatmap(table, rows="persona", columns="stage", title="x", order=["awareness", "adoption"])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["awareness", "adoption"]
    assert {"+0.2\nn 1,200", "−1.5\nn 50"} == set(texts(ax)) - {""}
    assert np.ma.getmaskarray(ax.collections[0].get_array()).ravel().tolist() == [True, False]


def test_nothing_to_draw_is_none():
    nobody = gaps(n=0)
    assert plot_gaps(nobody, title="x", scale=(1, 7)) is None
    assert plot_gap_intervals(nobody, title="x", met_within=0.24) is None
    table = nobody.assign(stage="a", persona="b")
    assert plot_gap_heatmap(table, rows="persona", columns="stage", title="x", order=["a"]) is None


def test_names_with_dollars_and_underscores_are_drawn_as_they_are():
    ax = plot_gaps(gaps(label=[r"$\undefined$ price", "_hidden"]), title=r"$\undefined$", scale=(1, 7))
    ax.figure.canvas.draw()
    assert ax.get_yticklabels()[1].get_text() == "_hidden (n 1,200)"


def test_names_of_many_stages_do_not_overlap_on_the_heatmap():
    stages = [f"stage_{place} of_consideration" for place in range(9)]
    table = (
        pd.concat([gaps()] * 5, ignore_index=True)
        .head(9)
        .assign(stage=stages, persona=r"A $\frac$")
        .drop(columns="label")
    )
    ax = plot_gap_heatmap(table, rows="persona", columns="stage", title="x", order=stages)
    assert crowded(ax.figure) == []


def test_nothing_overlaps_with_forty_long_names():
    names = [f"Touchpoint {place} with a name that goes on for sixty letters" for place in range(40)]
    table = pd.concat([gaps()] * 20, ignore_index=True).assign(label=names)
    ax = plot_gaps(table, title="x " * 80, scale=(1, 7))
    assert crowded(ax.figure) == [] and ax.figure.get_figheight() * PNG_DPI <= 2100


def test_a_long_title_wraps_inside_the_chart():
    ax = plot_gaps(gaps(), title="Masquerading WWW touchpoints fall furthest short, " * 4, scale=(1, 7))
    assert crowded(ax.figure) == []


def test_verdicts_are_told_apart_by_words_not_by_colour_alone():
    assert len(set(VERDICT_COLOURS.values())) == 4


def test_words_on_one_another_or_cut_off_are_found():
    figure, ax = plt.subplots()
    ax.set_axis_off()
    for x, word in ((0.2, "one"), (0.21, "two"), (0.7, "alone"), (1.2, "outside")):
        ax.text(x, 0.5, word, fontsize=9 if word != "alone" else 6)
    assert crowded(figure) == ["cut off: 'outside'", "'one' is on 'two'"] and too_small(figure) == ["alone"]


def test_hostile_names_are_drawn_as_they_are_without_a_warning():
    table = pd.concat([gaps()] * 5, ignore_index=True).assign(label=HOSTILE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        use_theme()
        ax = plot_gaps(table, title=HOSTILE[0], scale=(1, 7))
        assert crowded(ax.figure) == [] and too_small(ax.figure) == []
    drawn = [label.get_text().replace("\n", "") for label in ax.get_yticklabels()]
    assert all(name.replace(" ", "") in said.replace(" ", "") for name, said in zip(HOSTILE, drawn))


def test_letters_no_font_draws_are_said_once_a_script(monkeypatch):
    monkeypatch.setattr(fonts, "families", lambda: ("DejaVu Sans",))
    said = missing_scripts(["결제", "고객", "การ", "🎉", "plain – “é” تجربة", None, float("nan")])
    assert [sentence.split(" cannot")[0] for sentence in said] == ["Names in Korean", "Names in Thai", "Emoji"]
    assert said[0].endswith(
        "in the charts of this machine: install the fonts (Debian: fonts-noto-cjk), then run again."
    )
    assert missing_scripts(["plain", "Ünïcode, ελληνικά, Русский"]) == []


def test_a_font_installed_since_is_found(monkeypatch):
    monkeypatch.setattr(fonts.font_manager, "findSystemFonts", lambda: ["/x/NotoSansThai-Bold.ttf", "/x/Other.ttf"])
    added = []
    monkeypatch.setattr(fonts.font_manager.fontManager, "addfont", added.append)
    assert fonts.families.__wrapped__()[0] == "DejaVu Sans" and added == ["/x/NotoSansThai-Bold.ttf"]


def test_a_picture_is_small_has_white_ground_and_the_colours_of_the_theme():
    picture = picture_of(plot_gaps(gaps(), title="Delivery falls short", scale=(1, 7)))
    image = Image.open(io.BytesIO(picture))
    colours = {colour for _, colour in image.convert("RGB").getcolors()}
    assert image.width == round(7.6 * PNG_DPI) and image.mode == "P" and len(picture) < 30_000
    assert {(255, 255, 255), (0xC4, 0x4E, 0x00)} <= colours and len(colours) <= 64


def test_a_chart_carries_the_table_it_draws():
    table = gaps()
    assert plot_gaps(table, title="x", scale=(1, 7)).figure.drawn_from is table


def test_the_same_stress_study_is_the_same_bytes(tmp_path):
    for folder in ("one", "two"):
        make_stress_study(tmp_path / folder, touchpoints=4, stages=2, waves=2, people=5, names="hostile")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(files) == 13
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in files)


@pytest.mark.parametrize("plot", [sns.stripplot, sns.swarmplot])
def test_seaborn_draws_the_right_rows_under_a_categorical_hue(plot):
    frame = pd.DataFrame({"x": [1.0, 2, 3, 4], "y": ["a", "a", "b", "b"], "hue": pd.Categorical(["u", "v", "u", "v"])})
    ax = plot(data=frame, x="x", y="y", hue="hue", dodge=True)
    drawn = sorted(x for dots in ax.collections for x in dots.get_offsets()[:, 0])
    assert drawn == [1, 2, 3, 4]
