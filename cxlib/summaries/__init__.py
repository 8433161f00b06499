"""The passes in the engine: from the study's tables to sums and counts per group."""

from cxlib.summaries.adoption import summarise_adoption, summarise_barriers, summarise_carts, summarise_waits
from cxlib.summaries.answers import (
    as_direct,
    chosen_wave,
    count_people,
    describe_study,
    summarise_study,
    waves_so_far,
    years_of_answers,
)
from cxlib.summaries.channels import summarise_channels, summarise_spread
from cxlib.summaries.comparisons import read_groups, summarise_change, summarise_pair, summarise_rest
from cxlib.summaries.complaints import summarise_complaints, summarise_recovery
from cxlib.summaries.cube import Cube, summarise_cube
from cxlib.summaries.drivers import CrossProducts, summarise_drivers, summarise_extremes, summarise_stated
from cxlib.summaries.events import looks_at, summarise_funnel, summarise_promises, summarise_visits
from cxlib.summaries.evidence import count_unplaced, summarise_drift, summarise_evidence
from cxlib.summaries.expectations import summarise_kano, summarise_levels
from cxlib.summaries.feedback import find_feedback
from cxlib.summaries.figures import find_kpis, newest_day
from cxlib.summaries.needs import sample_answers, summarise_needs
from cxlib.summaries.paths import summarise_conversions, summarise_paths, summarise_transitions, summarise_variants
from cxlib.summaries.people import decide_groups, summarise_people, summarise_personas
from cxlib.summaries.protection import check_decisions
from cxlib.summaries.ratings import (
    describe_hidden,
    summarise_blocks,
    summarise_experience,
    summarise_ratings,
    summarise_wave_blocks,
    summarise_waves,
)
from cxlib.summaries.wave_kpis import summarise_wave_adoption, summarise_wave_kpis
