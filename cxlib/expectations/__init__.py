"""Step 2: what customers expect, what they say, and whether they are who the company believes they are."""

from cxlib.expectations.levels import describe_expectation_grid, describe_expectations, find_expectations
from cxlib.expectations.personas import compare_personas, describe_personas
