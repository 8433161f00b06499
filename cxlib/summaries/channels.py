"""The passes for channels: what was experienced in each, by whom and where, and how far single answers spread."""

import narwhals as nw
import pandas as pd

from cxlib.study import Study
from cxlib.summaries.answers import find_answers, rated_values
from cxlib.summaries.protection import OTHERS, hidden_groups, show_groups
from cxlib.summaries.sums import group_means, respondent_sums, stated

MIX = ["persona", "touchpoint"]


def summarise_channels(study: Study, *, of: str = "experienced") -> pd.DataFrame:
    """The sums of what was experienced (or of the "gap"), per channel, persona, touchpoint and block of respondents.

    `a` is Σ w·x and `b` Σ w, in scale points; `people` are respondents shared out over the cells of a channel, so that
    they add up to its n. Up to 200 blocks. Small channels, personas and touchpoints are "others" together; channels
    are left out where they are few even so.
    """
    value, keys = rated_values(study)[of], ["channel", *MIX]
    answers = find_answers(study).filter(~value.is_null(), ~nw.col("channel").is_null())
    answers = answers if "ratings.channel" in study else answers.head(0)
    for key in keys:
        small = [name for (name,) in hidden_groups(study, of, value, [key])]
        if small:
            name = nw.when(nw.col(key).is_in(small)).then(nw.lit(OTHERS)).otherwise(nw.col(key))
            answers = answers.with_columns(name.alias(key))
    people = respondent_sums(answers, [*keys, "_block"], {of: value})
    people = people.with_columns(
        a=nw.col(f"{of}_a"), b=nw.col(f"{of}_b"), people=1 / nw.len().over("channel", "respondent")
    )
    cells = people.group_by(*keys, "_block").agg(nw.col("a", "b", "people").sum()).collect("pandas").to_native()
    enough = cells.groupby("channel")["people"].transform("sum").round() >= study.hide_below
    return cells[enough].sort_values([*keys, "_block"], ignore_index=True)


def summarise_spread(study: Study) -> pd.DataFrame:
    """Per channel n, mean, se and effective n of what was experienced and of its `deviation`, in scale points.

    A deviation is how far an answer lies from the median of its channel, either way (Brown & Forsythe 1974). Small
    channels are left out; `respondents` counts those of all others together, each once.
    """
    value, keys = nw.col("experienced"), ["channel"]
    answers = find_answers(study).filter(~value.is_null(), ~nw.col("channel").is_null())
    answers = answers.join(answers.group_by(keys).agg(_median=value.median()), on=keys, how="left")
    values = {"experienced": value, "deviation": (value - nw.col("_median")).abs()}
    table = stated(group_means(answers, keys, values), keys)
    table = show_groups(study, table, keys, {"experienced": value}).sort_values("channel", ignore_index=True)
    people = answers.filter(nw.col("channel").is_in(table["channel"].tolist())).select(nw.col("respondent").n_unique())
    return table.assign(respondents=people.collect("pandas").to_native()["respondent"].iloc[0])
