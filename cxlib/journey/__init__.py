"""Step 1: the map of the journey, what log and survey say of it, and the ways customers take."""

from cxlib.journey.coverage import audit_map, describe_audit, describe_coverage, find_coverage, find_reach
from cxlib.journey.paths import (
    describe_paths,
    describe_removal,
    describe_transitions,
    describe_variants,
    find_paths,
    find_removal,
    find_transitions,
    find_variants,
)
from cxlib.journey.staleness import describe_staleness, find_staleness
