"""Gap analysis of customer journeys: what was expected, what was experienced, and what to do about the difference."""

from cxlib.chapter import Chapter
from cxlib.charts import plot_gap_heatmap, plot_gap_intervals, plot_gaps
from cxlib.gaps import describe_gaps, describe_ties, describe_verdicts, find_gaps, list_gaps
from cxlib.opening import open_study
from cxlib.summaries import count_values, describe_study, summarise_blocks, summarise_ratings, summarise_study
from cxlib.tables import StudyError

__all__ = [
    "Chapter",
    "StudyError",
    "count_values",
    "describe_gaps",
    "describe_study",
    "describe_ties",
    "describe_verdicts",
    "find_gaps",
    "list_gaps",
    "open_study",
    "plot_gap_heatmap",
    "plot_gap_intervals",
    "plot_gaps",
    "summarise_blocks",
    "summarise_ratings",
    "summarise_study",
]
