"""Step 3: what customers experienced, how it felt along the journey, and where they left."""

from cxlib.experience.adoption import (
    describe_abandonment,
    describe_adoption,
    describe_barriers,
    find_abandonment,
    find_adoption,
    find_adoption_curve,
    find_barriers,
)
from cxlib.experience.channels import describe_channels, describe_consistency, find_channels, find_consistency
from cxlib.experience.funnel import describe_funnel, describe_hesitation, describe_rules, find_funnel
from cxlib.experience.promises import describe_promises, find_promises
from cxlib.experience.ratings import (
    describe_emotion,
    describe_experience,
    describe_top2,
    find_experience,
    rank_experience,
)
from cxlib.experience.recovery import (
    describe_complaints,
    describe_recovery,
    find_complainants,
    find_complaint_times,
    find_recovery,
)
