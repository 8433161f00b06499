"""Controls that choose: what they choose is added up and drawn by the functions the notebooks call."""

import html
from base64 import b64encode

import ipywidgets as widgets
import matplotlib.pyplot as plt
import pandas as pd

from cxlib.chapter import picture_of, readable, table_html
from cxlib.charts import plot_gaps, use_theme
from cxlib.gaps import add_up_cells, describe_gaps, find_gaps, list_gaps
from cxlib.study import Study

CHOICES = {"stages": "stage", "personas": "persona", "channels": "channel"}
ALL = "all"


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
