"""Step 4: where experience falls short of expectation, of a target, of a benchmark, and why."""

from cxlib.gaps.sentences import (
    describe_gaps,
    describe_ties,
    describe_verdicts,
    group_names,
    list_gaps,
)
from cxlib.gaps.table import add_up_cells, find_gaps
