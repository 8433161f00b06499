"""Step 4: where experience falls short of expectation, of a target, of a benchmark, and why."""

from cxlib.gaps.benchmarks import (
    compare_benchmarks,
    describe_benchmarks,
    describe_refusals,
    own_figures,
)
from cxlib.gaps.causes import (
    describe_gap_drivers,
    describe_split,
    find_gap_drivers,
    find_widest_mix,
    split_difference,
    split_each,
)
from cxlib.gaps.differences import describe_differences, find_differences
from cxlib.gaps.patterns import describe_patterns, describe_reversals, find_patterns, find_reversals
from cxlib.gaps.sentences import (
    describe_gaps,
    describe_kind,
    describe_ties,
    describe_verdicts,
    explain_gaps,
    group_names,
    list_gaps,
)
from cxlib.gaps.table import find_gaps
from cxlib.gaps.themes import contrast_themes, describe_themes
