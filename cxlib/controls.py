"""Controls that choose: what they choose is added up and drawn by the functions the notebooks call."""

import html
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

import ipywidgets as widgets
import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import clear_output, display
from matplotlib.axes import Axes

from cxlib.catalogue import tell
from cxlib.chapter import picture_of
from cxlib.charts import plot_priorities, use_theme
from cxlib.priorities import describe_priorities, rank_gaps
from cxlib.readable import readable, table_html
from cxlib.words import list_figures

RANKED = ["label", "n", "gap", "low", "high", "importance", "feasibility", "mean_rank", "p_top", "could_be_top"]


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
    alt = tell("{headline} Probability to be among the first: {figures}.", headline=headline, figures=figures)
    return f'{picture_html(ax, alt)}<div class="cx-wide" tabindex="0">{table_html(readable(priorities[RANKED]))}</div>'


@contextmanager
def waiting(sentence: str) -> Iterator[None]:
    """Show a sentence as long as something takes; nothing stays of it."""
    display({"text/plain": sentence}, raw=True)
    yield
    clear_output()


def picture_html(ax: Axes, alt: str) -> str:
    """The chart as an image with its alt text, escaped; the chart is closed."""
    png = b64encode(picture_of(ax)).decode()
    plt.close(ax.figure)
    style = 'width="760" style="max-width:100%;height:auto"'
    return f'<img alt="{html.escape(alt, quote=True)}" {style} src="data:image/png;base64,{png}">'
