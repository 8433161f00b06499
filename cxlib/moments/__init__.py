"""Step 1: which touchpoints decide how customers judge the whole, and which way they cut."""

from cxlib.moments.asymmetry import describe_asymmetry, find_asymmetry
from cxlib.moments.importance import describe_importance, find_importance, johnson, lmg
from cxlib.moments.stated import compare_importance, describe_stated
from cxlib.moments.truth import describe_map, describe_moments, find_moments, list_stages, rank_moments
