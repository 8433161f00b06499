"""The passes in the engine: from the study's tables to sums and counts per group."""

from cxlib.summaries.answers import (
    chosen_wave,
    count_people,
    describe_study,
    summarise_study,
    waves_so_far,
)
from cxlib.summaries.drivers import CrossProducts, summarise_drivers
from cxlib.summaries.events import summarise_funnel, summarise_promises, summarise_visits
from cxlib.summaries.figures import find_kpis, newest_day, summarise_waves
from cxlib.summaries.ratings import (
    count_values,
    summarise_blocks,
    summarise_cells,
    summarise_change,
    summarise_experience,
    summarise_people,
    summarise_personas,
    summarise_ratings,
)
