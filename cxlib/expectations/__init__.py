"""Step 2: what customers expect, what they say, and whether they are who the company believes they are."""

from cxlib.expectations.beliefs import compare_beliefs, describe_beliefs, describe_rank_agreement, find_rank_agreement
from cxlib.expectations.feedback import (
    choose_quotes,
    describe_quotes,
    describe_topics,
    describe_typical,
    find_topics,
    find_typical_words,
)
from cxlib.expectations.kano import describe_kano, describe_unreadable, find_kano
from cxlib.expectations.levels import describe_expectation_grid, describe_expectations, find_expectations
from cxlib.expectations.needs import describe_clusters, describe_needs, find_clusters, find_needs
from cxlib.expectations.personas import compare_personas, describe_personas
from cxlib.expectations.zones import describe_kinds, describe_zones, find_zones
