"""What customers wrote, with the place on the map it speaks of."""

import dataclasses

import narwhals as nw
import pandas as pd

from cxlib.study import Study
from cxlib.summaries.events import of_chosen_people
from cxlib.view import day_ends, parse_day


def find_feedback(study: Study, *, everywhere: bool = False) -> pd.DataFrame:
    """What customers said of the touchpoints of the view, or `everywhere`, up to the day looked back from.

    The columns of feedback with stage and label; whatever the wave, for quotes are few. Where the view has personas or
    conditions, of the customers who are known to be theirs.
    """
    rows, view = of_chosen_people(study, study.tables["feedback"]), study.view
    if view.as_of:
        told = nw.coalesce("time", "opened")
        rows = rows.filter(told.is_null() | (told < nw.lit(day_ends(study.settings.clock, parse_day(view.as_of)))))
    feedback = dataclasses.replace(study, tables=study.tables | {"feedback": rows}).small("feedback")
    places = study.touchpoints[["touchpoint", "stage", "label"]]
    feedback = feedback.merge(places, on="touchpoint", how="left", validate="many_to_one")
    if (view.stages or view.touchpoints) and not everywhere:
        feedback = feedback[feedback["touchpoint"].isin([*study.places["touchpoint"], *view.touchpoints])]
    return feedback.reset_index(drop=True)
