"""What customers wrote, with the place on the map it speaks of."""

import pandas as pd

from cxlib.study import Study


def find_feedback(study: Study, *, everywhere: bool = False) -> pd.DataFrame:
    """What customers said of the touchpoints of the view, or `everywhere`, up to the day looked back from.

    The columns of feedback with stage and label; whatever the wave, for quotes are few.
    """
    feedback, view = study.small("feedback"), study.view
    if view.as_of:
        day_after = pd.Timestamp(view.as_of) + pd.Timedelta(days=1)
        feedback = feedback[feedback["time"].isna() | (feedback["time"] < day_after)]
    places = study.touchpoints[["touchpoint", "stage", "label"]]
    feedback = feedback.merge(places, on="touchpoint", how="left", validate="many_to_one")
    if (view.stages or view.touchpoints) and not everywhere:
        feedback = feedback[feedback["touchpoint"].isin([*study.places["touchpoint"], *view.touchpoints])]
    return feedback.reset_index(drop=True)
