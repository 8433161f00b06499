"""From nothing to a mapped export: a questionnaire to ask, and the columns file proposed for what came back."""

from cxlib.proposals.answers import propose_scales
from cxlib.proposals.columns import propose_columns
from cxlib.proposals.questionnaire import answers_needed, as_text, write_questionnaire
from cxlib.proposals.touchpoints import propose_touchpoints
