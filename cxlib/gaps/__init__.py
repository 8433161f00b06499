"""Step 4: where experience falls short of expectation, of a target, of a benchmark, and why."""

from cxlib.gaps.benchmarks import compare_benchmarks, describe_benchmarks, describe_refusals
from cxlib.gaps.causes import (
    contrast_themes,
    describe_gap_drivers,
    describe_split,
    describe_themes,
    find_gap_drivers,
    split_difference,
)
from cxlib.gaps.differences import describe_differences, find_differences
from cxlib.gaps.patterns import describe_patterns, describe_reversals, find_patterns, find_reversals
from cxlib.gaps.sentences import (
    describe_gaps,
    describe_ties,
    describe_verdicts,
    group_names,
    list_gaps,
)
from cxlib.gaps.table import add_up_cells, find_gaps
