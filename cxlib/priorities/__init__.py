"""Step 5: what to mend first, how sure that is, and who is at it."""

from cxlib.priorities.matrix import describe_matrix, place_in_matrix
from cxlib.priorities.plan import (
    describe_action_doubts,
    describe_actions,
    find_action_states,
    make_sheet,
    propose_actions,
)
from cxlib.priorities.playbook import describe_strategies, find_facts, read_playbook, suggest_strategies
from cxlib.priorities.ranking import describe_first, describe_priorities, describe_weights, rank_gaps
