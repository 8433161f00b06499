"""Step 6: what changed, where the figures stand against their targets, which gaps are open, and did actions work."""

from cxlib.monitoring.alerts import judge_newest, list_alerts
from cxlib.monitoring.change import describe_change, find_change
from cxlib.monitoring.control_charts import (
    chart_kpis,
    describe_alerts,
    describe_control,
    describe_kpi_changes,
    find_kpi_changes,
)
from cxlib.monitoring.effects import compare_sites, describe_effects, describe_power, judge_effects, trace_sites
from cxlib.monitoring.interruptions import find_interruptions, trace_interruptions
from cxlib.monitoring.kpis import add_wave_kpis, describe_wave_kpis, recall_kpis, trace_figures, track_kpis
from cxlib.monitoring.objectives import describe_objectives, find_open_gaps, find_unlinked, link_objectives
from cxlib.monitoring.register import (
    describe_held_news,
    describe_news,
    describe_register,
    find_news,
    find_register,
    recall_gaps,
)
from cxlib.monitoring.regression import describe_regression_to_mean, find_regression_to_mean
from cxlib.monitoring.targets import compare_targets, describe_left_out, describe_targets, find_attainment
