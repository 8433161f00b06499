"""Gap analysis of customer journeys: what was expected, what was experienced, and what to do about the difference."""

from cxlib.chapter import Chapter
from cxlib.charts import (
    plot_change,
    plot_coverage,
    plot_emotion_curve,
    plot_expectation_grid,
    plot_expectations,
    plot_experience,
    plot_funnel,
    plot_gap_heatmap,
    plot_gap_intervals,
    plot_gaps,
    plot_journey_map,
    plot_kpis,
    plot_matrix,
    plot_moments,
    plot_persona_mix,
    plot_priorities,
)
from cxlib.claims import claim
from cxlib.controls import choose_cells, explore_gaps
from cxlib.expectations import (
    compare_personas,
    describe_expectation_grid,
    describe_expectations,
    describe_personas,
    find_expectations,
)
from cxlib.experience import (
    describe_emotion,
    describe_experience,
    describe_funnel,
    describe_top2,
    find_experience,
    find_funnel,
    find_promises,
    rank_experience,
)
from cxlib.gaps import (
    add_up_cells,
    compare_benchmarks,
    contrast_themes,
    describe_benchmarks,
    describe_differences,
    describe_gap_drivers,
    describe_gaps,
    describe_patterns,
    describe_refusals,
    describe_reversals,
    describe_split,
    describe_themes,
    describe_ties,
    describe_verdicts,
    find_differences,
    find_gap_drivers,
    find_gaps,
    find_patterns,
    find_reversals,
    list_gaps,
    own_figures,
    split_difference,
    split_each,
)
from cxlib.journey import describe_coverage, find_coverage, find_reach
from cxlib.moments import (
    describe_importance,
    describe_map,
    describe_moments,
    find_importance,
    find_moments,
    list_stages,
    rank_moments,
)
from cxlib.monitoring import (
    compare_targets,
    describe_change,
    describe_register,
    describe_targets,
    find_attainment,
    find_change,
    find_register,
    trace_figures,
    track_kpis,
)
from cxlib.opening import open_study
from cxlib.priorities import (
    describe_actions,
    describe_matrix,
    describe_priorities,
    find_action_states,
    place_in_matrix,
    propose_actions,
    rank_gaps,
)
from cxlib.summaries import (
    as_direct,
    chosen_wave,
    count_gaps,
    count_people,
    describe_study,
    find_kpis,
    newest_day,
    summarise_blocks,
    summarise_cells,
    summarise_change,
    summarise_drivers,
    summarise_experience,
    summarise_funnel,
    summarise_pair,
    summarise_people,
    summarise_personas,
    summarise_promises,
    summarise_ratings,
    summarise_rest,
    summarise_study,
    summarise_visits,
    summarise_wave_blocks,
    summarise_waves,
    waves_so_far,
    years_of_answers,
)
from cxlib.tables import StudyError
from cxlib.words import list_figures
