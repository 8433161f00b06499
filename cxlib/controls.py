"""Controls that choose: what they choose is added up and drawn by the functions the notebooks call."""

import html
from base64 import b64encode

import ipywidgets as widgets
import matplotlib.pyplot as plt
import pandas as pd

from cxlib.chapter import picture_of
from cxlib.charts import plot_gaps, plot_priorities, use_theme
from cxlib.gaps import add_up_cells, describe_gaps, find_gaps, list_gaps
from cxlib.priorities import describe_priorities, rank_gaps
from cxlib.readable import readable, table_html
from cxlib.study import Study
from cxlib.words import list_figures

CHOICES = {"stages": "stage", "personas": "persona", "channels": "channel"}
ALL = "all"
RANKED = ["label", "n", "gap", "low", "high", "importance", "feasibility", "mean_rank", "p_top", "could_be_top"]


def choose_cells(cells: pd.DataFrame, *, wave: str = ALL, **chosen: list[str]) -> pd.DataFrame:
    """The cells of the chosen `stages`, `personas`, `channels` and wave; an empty choice leaves nothing out."""
    for choice, values in chosen.items():
        cells = cells[cells[CHOICES[choice]].isin(values)] if len(values) else cells
    return cells if wave == ALL else cells[cells["wave"] == wave]


def explore_gaps(
    study: Study, cells: pd.DataFrame, counts: pd.DataFrame, *, wave: str, confidence: float = 0.95
) -> widgets.VBox:
    """Lists of stages, personas and channels and a wave; every choice redraws the gaps from `cells` and `counts`.

    They come from `summarise_cells` and `count_gaps`. Several of a list are chosen with Ctrl (or Cmd); none means all.
    """
    waves = [*(name for name in study.waves if name in set(cells["wave"])), ALL]
    lists = {choice: list_of(choice, cells[column], study) for choice, column in CHOICES.items()}
    which = widgets.Dropdown(options=waves, value=wave if wave in waves else ALL, description="wave")
    answer = widgets.HTML()

    def redraw(_=None):
        chosen = {choice: list(control.value) for choice, control in lists.items()}
        both = [choose_cells(table, wave=which.value, **chosen) for table in (cells, counts)]
        ratings = add_up_cells(*both, all_waves=which.value == ALL, least=study.hide_below, direct=study.direct)
        gaps = find_gaps(ratings, met_within=study.met_within, confidence=confidence)
        answer.value = answer_html(gaps, study, confidence)

    for control in (*lists.values(), which):
        control.observe(redraw, names="value")
    redraw()
    shown = [control for control in lists.values() if control.options]
    return widgets.VBox([widgets.HBox([*shown, which], layout={"flex_flow": "row wrap"}), answer])


def list_of(choice: str, values: pd.Series, study: Study) -> widgets.SelectMultiple:
    """A list to choose several from, stages in the order of the journey."""
    found = set(values.dropna())
    options = [stage for stage in study.stages if stage in found] if choice == "stages" else sorted(found)
    return widgets.SelectMultiple(options=options, description=choice, rows=min(6, max(2, len(options))))


def answer_html(gaps: pd.DataFrame, study: Study, confidence: float) -> str:
    """Chart and table as notebook 04 shows them; every word of the data is escaped."""
    headline = describe_gaps(gaps, confidence=confidence)
    use_theme()
    ax = plot_gaps(gaps, title=headline, scale=study.scale)
    if ax is None:
        return f"<p>{html.escape(headline)}</p>"
    alt = html.escape(f"{headline} Every touchpoint: {list_gaps(gaps)}.", quote=True)
    png = b64encode(picture_of(ax)).decode()
    plt.close(ax.figure)
    return f'<img alt="{alt}" width="760" src="data:image/png;base64,{png}">{table_html(readable(gaps))}'


def explore_priorities(
    moments: pd.DataFrame, feasibility: pd.DataFrame, *,
    top: int = 3, impact_weight: float = 1.0, feasibility_weight: float = 1.0, confidence: float = 0.95,
    seed: int = 1,
) -> widgets.VBox:  # fmt: skip
    """Sliders for both weights and the number of first ones; every change ranks and draws again.

    `moments` comes from `find_moments`, `feasibility` is the study's table.
    """
    style = dict(continuous_update=False, style={"description_width": "initial"})
    weigh = dict(min=0.0, max=3.0, step=0.25, **style)
    sliders = {
        "impact_weight": widgets.FloatSlider(impact_weight, description="weight of impact", **weigh),
        "feasibility_weight": widgets.FloatSlider(feasibility_weight, description="weight of feasibility", **weigh),
        "top": widgets.IntSlider(top, min=1, max=10, description="how many are the first", **style),
    }
    answer = widgets.HTML()

    def redraw(_=None):
        chosen = {name: slider.value for name, slider in sliders.items()}
        priorities = rank_gaps(moments, feasibility, confidence=confidence, seed=seed, **chosen)
        answer.value = ranking_html(priorities, chosen["top"])

    for slider in sliders.values():
        slider.observe(redraw, names="value")
    redraw()
    return widgets.VBox([widgets.HBox(list(sliders.values()), layout={"flex_flow": "row wrap"}), answer])


def ranking_html(priorities: pd.DataFrame, top: int) -> str:
    """Chart and table as notebook 05 shows them; every word of the data is escaped."""
    headline = describe_priorities(priorities, top=top)
    use_theme()
    ax = plot_priorities(priorities, title=headline, top=top)
    if ax is None:
        return f"<p>{html.escape(headline)}</p>"
    figures = list_figures(priorities["label"], priorities["p_top"], 2)
    alt = html.escape(f"{headline} Probability to be among the first: {figures}.", quote=True)
    png = b64encode(picture_of(ax)).decode()
    plt.close(ax.figure)
    return f'<img alt="{alt}" width="760" src="data:image/png;base64,{png}">{table_html(readable(priorities[RANKED]))}'
