"""Charts: a result table in, Axes out. One module a step, one look for all."""

from cxlib.charts.gaps import plot_gap_heatmap, plot_gap_intervals, plot_gaps
from cxlib.charts.theme import use_theme

__all__ = ["plot_gap_heatmap", "plot_gap_intervals", "plot_gaps", "use_theme"]
