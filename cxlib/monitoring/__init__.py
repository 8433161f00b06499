"""Step 6: what changed, where the figures stand against their targets, which gaps are open, and did actions work."""

from cxlib.monitoring.change import describe_change, find_change
from cxlib.monitoring.kpis import trace_figures, track_kpis
from cxlib.monitoring.register import describe_register, find_register
from cxlib.monitoring.targets import compare_targets, describe_targets, find_attainment
