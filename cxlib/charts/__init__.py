"""Charts: a result table in, Axes out. One module a step, one look for all."""

from collections.abc import Callable
from functools import wraps

from matplotlib.axes import Axes

from cxlib.charts.adoption import plot_adoption, plot_barriers
from cxlib.charts.channels import plot_channels
from cxlib.charts.comparisons import (
    plot_benchmarks,
    plot_differences,
    plot_gap_drivers,
    plot_patterns,
    plot_reversals,
    plot_split,
    plot_themes,
)
from cxlib.charts.effects import plot_actions, plot_effects, plot_regression_to_mean
from cxlib.charts.expectations import (
    plot_expectation_grid,
    plot_expectations,
    plot_persona_mix,
)
from cxlib.charts.experience import plot_emotion_curve, plot_experience, plot_funnel
from cxlib.charts.feedback import plot_beliefs, plot_typical
from cxlib.charts.gaps import plot_gap_heatmap, plot_gap_intervals, plot_gaps
from cxlib.charts.importance import plot_asymmetry, plot_stated
from cxlib.charts.interruptions import plot_interruptions
from cxlib.charts.journey import plot_coverage, plot_moments
from cxlib.charts.kano import plot_kano, plot_zones
from cxlib.charts.map import plot_journey_map
from cxlib.charts.monitoring import plot_change, plot_kpis
from cxlib.charts.paths import plot_removal, plot_transitions, plot_variants
from cxlib.charts.personas import plot_clusters, plot_needs
from cxlib.charts.priorities import plot_matrix, plot_priorities
from cxlib.charts.promises import plot_promises, plot_recovery
from cxlib.charts.theme import use_theme

__all__ = [
    "plot_actions",
    "plot_adoption",
    "plot_asymmetry",
    "plot_barriers",
    "plot_beliefs",
    "plot_benchmarks",
    "plot_change",
    "plot_channels",
    "plot_clusters",
    "plot_coverage",
    "plot_differences",
    "plot_effects",
    "plot_emotion_curve",
    "plot_expectation_grid",
    "plot_expectations",
    "plot_experience",
    "plot_funnel",
    "plot_gap_drivers",
    "plot_gap_heatmap",
    "plot_gap_intervals",
    "plot_gaps",
    "plot_interruptions",
    "plot_journey_map",
    "plot_kano",
    "plot_kpis",
    "plot_matrix",
    "plot_moments",
    "plot_needs",
    "plot_patterns",
    "plot_persona_mix",
    "plot_priorities",
    "plot_promises",
    "plot_recovery",
    "plot_regression_to_mean",
    "plot_removal",
    "plot_reversals",
    "plot_split",
    "plot_stated",
    "plot_themes",
    "plot_transitions",
    "plot_typical",
    "plot_variants",
    "plot_zones",
    "use_theme",
]


def keeps_its_table(plot: Callable[..., Axes | None]) -> Callable[..., Axes | None]:
    """The same chart, with the table it draws as `drawn_from` on its figure, for those who want the figures."""

    @wraps(plot)
    def plot_and_keep(*tables, **options):
        ax = plot(*tables, **options)
        if ax is not None:
            ax.figure.drawn_from = next(iter([*tables, *options.values()]))
        return ax

    return plot_and_keep


globals().update({name: keeps_its_table(globals()[name]) for name in __all__ if name.startswith("plot_")})
