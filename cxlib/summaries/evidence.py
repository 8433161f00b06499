"""The passes behind the map's audit: what log and survey show of it, and how old that is."""

import narwhals as nw
import numpy as np
import pandas as pd

from cxlib.study import Study
from cxlib.summaries.answers import joined_answers, up_to, waves_so_far, whole
from cxlib.summaries.events import find_events, in_channels, place_events
from cxlib.summaries.sums import compare_means, group_means, place_on_map, respondent_sums
from cxlib.view import day_ends


def count_unplaced(study: Study) -> dict[str, float]:
    """How many events of the log, and journeys with any, belong to no touchpoint of the map; of how many.

    Only events in the channels looked at count. Beside them, of the share of such journeys, n_effective and `se` with
    the `customers` as the unit. NaN where few customers are behind a figure.
    """
    events = in_channels(study, find_events(study))
    off_map = ~nw.col("touchpoint").is_in(list(study.touchpoints["touchpoint"])).fill_null(False)
    off = events.filter(off_map)
    found = {}
    for rows, suffix in ((events, ""), (off, "_off")):
        counts = rows.select(events=nw.len(), journeys=nw.col("case").n_unique(), people=nw.col("customer").n_unique())
        row = counts.collect("pandas").to_native().iloc[0].map(whole)
        few = 0 < row.pop("people") < study.hide_below
        found |= {f"{name}{suffix}": np.nan if few else count for name, count in row.items()}
    one = nw.lit(1.0)
    cases = events.with_columns(off=nw.when(off_map).then(one).otherwise(one * 0)).group_by("case", "customer")
    cases = cases.agg(off=nw.col("off").max()).with_columns(respondent=nw.col("customer"), weight=one, all=one)
    share = group_means(cases, ["all"], {"off": nw.col("off")})
    known = share[["n_off", "se_off", "n_effective_off"]].set_axis(["customers", "se", "n_effective"], axis=1)
    empty = known.empty or np.isnan(found["journeys_off"])
    return found | (dict.fromkeys(known, np.nan) if empty else known.iloc[0].to_dict())


def summarise_evidence(study: Study) -> pd.DataFrame:
    """When each touchpoint of the map was last rated, last seen in the log, and last reviewed by those who keep it.

    One row per touchpoint looked at: `last_rated`, `last_seen`, `reviewed_on`, days in the study's zone or blank.
    """
    rated = joined_answers(study).group_by("touchpoint").agg(last_rated=nw.col("answered_at").max())
    log = place_events(study, up_to(study, study.tables["events"], "time"))
    seen = log.filter(~nw.col("touchpoint").is_null()).group_by("touchpoint").agg(last_seen=nw.col("time").max())
    table = study.places[["stage", "touchpoint", "label", "reviewed_on"]]
    for days in (rated, seen):
        found = days.collect("pandas").to_native()
        times = found.columns[-1]
        found[times] = found[times].dt.tz_localize("UTC").dt.tz_convert(study.settings.clock).dt.tz_localize(None)
        table = table.merge(found, on="touchpoint", how="left", validate="one_to_one")
    return table


def summarise_drift(study: Study) -> pd.DataFrame:
    """The mean experience of each touchpoint since it was last reviewed and before that, in the waves up to now.

    Columns as in `summarise_change`, with suffix _since and _before; an answer of the day of the review is one before
    it. Touchpoints without a review, or with too few people on either side of it, are left out.
    """
    over = nw.lit(None, nw.Datetime)
    for place in study.touchpoints.dropna(subset="reviewed_on").itertuples():
        day = nw.lit(day_ends(study.settings.clock, place.reviewed_on.date()))
        over = nw.when(nw.col("touchpoint") == place.touchpoint).then(day).otherwise(over)
    answers = joined_answers(study)
    answers = answers.filter(nw.col("wave").is_in(waves_so_far(study))) if study.waves else answers
    after = answers.with_columns(after=nw.col("answered_at") >= over)
    rated = {"gap": nw.col("experienced")}
    people = [
        respondent_sums(after.filter(side), ["touchpoint"], rated).filter(nw.col("gap_b") > 0)
        for side in (nw.col("after"), ~nw.col("after"))
    ]
    table = compare_means(*people, ["touchpoint"], names=("since", "before"))
    enough = (table[["n_since", "n_before"]] >= study.hide_below).all(axis=1)
    scale = study.scale or (0, float("nan"))
    return place_on_map(study, table[enough], ["touchpoint"]).assign(width=scale[1] - scale[0])
