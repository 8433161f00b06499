"""Step 3: what customers experienced, how it felt along the journey, and where they left."""

from cxlib.experience.funnel import describe_funnel, find_funnel
from cxlib.experience.promises import find_promises
from cxlib.experience.ratings import (
    describe_emotion,
    describe_experience,
    describe_top2,
    find_experience,
    rank_experience,
)
