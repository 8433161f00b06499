"""Step 1: the map of the journey, what log and survey say of it, and the ways customers take."""

from cxlib.journey.coverage import audit_map, describe_audit, describe_coverage, find_coverage, find_reach
from cxlib.journey.staleness import describe_staleness, find_staleness
