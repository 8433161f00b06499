"""The passes over complaints: how long they take, and what customers say of the whole after one."""

import datetime

import narwhals as nw
import numpy as np
import pandas as pd

from cxlib.intervals import ratio_mean
from cxlib.study import Study
from cxlib.summaries.answers import chosen_wave, find_answers, up_to
from cxlib.summaries.events import log_ends, of_chosen_people, pool_small, seconds_between
from cxlib.summaries.people import find_people, outcome_values
from cxlib.summaries.sums import SUMS, group_means
from cxlib.view import day_ends, with_waves

COMPLAINED = ("none", "resolved", "unresolved")
NO_GROUPS = ["promoters", "detractors"]


def summarise_complaints(study: Study, *, by: str = "") -> pd.DataFrame:
    """How many complaints took how many days, by touchpoint or, where `by` is "", in all.

    A complaint is feedback with `opened`, and belongs to the wave it was opened in. One row per `days` (until it was
    resolved, else until the newest day of the study) and whether `resolved`: `complaints`. Beside them, of the whole
    group: `customers` (each complaint one where the feedback names none), `complained_again` (customers with more than
    one, blank where none is named), `se` of the share that is resolved (clustered by customer) and `n_effective`
    (Kish's). Touchpoints with few customers are "others" together.
    """
    key = by or "all"
    told = pool_small(study, find_complaints(study).with_columns(all=nw.lit("all")), key, "person", "one")
    done, one = nw.col("done").cast(nw.Float64), nw.col("one").cast(nw.Float64)
    people = told.group_by(key, "person").agg(nw.col("done", "one").sum())
    people = people.with_columns(a=done, b=one, aa=done**2, ab=done * one, bb=one**2)
    people = people.with_columns(complained_again=(nw.col("one") > 1).cast(nw.Int64))
    groups = people.group_by(key).agg(nw.col("complained_again", *SUMS).sum(), customers=nw.len())
    groups = groups.collect("pandas").to_native()
    _, groups["se"], groups["n_effective"] = ratio_mean(groups["customers"], *(groups[part] for part in SUMS))
    named = pd.Series("feedback.customer" in study, index=groups.index)
    groups["complained_again"] = groups["complained_again"].astype("Int64").where(named)
    counts = told.group_by(key, "days", "done").agg(complaints=nw.len()).collect("pandas").to_native()
    counts = counts.assign(resolved=counts["done"] > 0).sort_values([key, "days", "resolved"], ignore_index=True)
    table = counts.merge(groups, on=key, validate="many_to_one").astype({key: "str"})
    if by == "touchpoint":
        names = study.touchpoints.set_index("touchpoint")["label"]
        table["label"] = table[by].map(names).astype("str").fillna(table[by])
    keys = [column for column in (by, "label") if column in table]
    return table[[*keys, "days", "resolved", "complaints", "customers", "complained_again", "se", "n_effective"]]


def find_complaints(study: Study) -> nw.LazyFrame:
    """The complaints the view looks at: `person`, `done`, `one` (always 1), and `days` until then or until now.

    Whole days, begun ones counting where it is done. One resolved before it was opened was resolved on that day.
    """
    newest, person = nw.lit(newest_moment(study)), nw.concat_str(nw.lit("line "), nw.col("_line").cast(nw.String))
    told = up_to(study, study.tables["feedback"], "opened").filter(~nw.col("opened").is_null())
    told = told.with_columns(
        person=nw.coalesce(nw.col("customer"), person), one=nw.lit(1),
        done=nw.when(nw.col("resolved") <= newest).then(nw.lit(1)).otherwise(nw.lit(0)),
    )  # fmt: skip
    until = nw.when(nw.col("done") == 1).then(nw.max_horizontal("opened", "resolved")).otherwise(newest)
    days = seconds_between("opened", "until").cast(nw.Float64) / 86_400
    told = told.with_columns(until=until)
    told = told.with_columns(days=nw.when(nw.col("done") == 1).then(days.ceil()).otherwise(days.floor()))
    if study.view.stages or study.view.touchpoints:
        told = told.filter(nw.col("touchpoint").is_in(list(study.places["touchpoint"])))
    if study.settings.waves and chosen_wave(study) != "all":
        told = with_waves(study, told.with_columns(wave=nw.lit(None, nw.String), answered_at=nw.col("opened")))
        told = told.filter(nw.col("wave") == chosen_wave(study))
    return of_chosen_people(study, told)


def newest_moment(study: Study) -> datetime.datetime:
    """The newest moment of feedback and log, up to the day the view looks back from; never the clock's."""
    moments = [log_ends(study)]
    for column in ("time", "opened", "resolved"):
        told = up_to(study, study.tables["feedback"], column).select(newest=nw.col(column).max())
        moments.append(told.collect("pandas").to_native()["newest"].iloc[0])
    return max(pd.Timestamp(moment).to_pydatetime() for moment in moments if pd.notna(moment))


def summarise_recovery(study: Study) -> pd.DataFrame:
    """What customers say of the whole who never complained, whose complaints were all resolved, and who wait for one.

    One row per `outcome` of the respondents and `complaint` (none, resolved, unresolved) with n (customers), mean, se,
    n_effective, `lowest` and `width` of its scale, and for nps the shares of `promoters` and `detractors`. Errors of
    means on a scale are guarded against rare failures. A customer
    counts once, by the latest answer looked at, and by the complaints opened before it (where answers are not dated:
    before the wave ended), as they stood then. Respondents without a `customer` are left out, and so are groups of few
    people, with the next smallest while those left out are few.
    """
    needed = ("feedback.customer", "feedback.opened", "respondents.customer")
    values = outcome_values(study) if all(column in study for column in needed) else {}
    names = [name for name in values if name not in NO_GROUPS]
    columns = ["outcome", "complaint", "n", "mean", "se", "n_effective"]
    if not names:
        return pd.DataFrame(columns=[*columns, "lowest", "width", *NO_GROUPS])
    scales = {name: scale for name, scale in study.settings.scales.items() if name in names and scale != (0, 1)}
    wide = group_means(with_complaints(study), ["complaint"], values, scales=scales)
    order = {name: place for place, name in enumerate(COMPLAINED)}
    wide = wide[~wide["complaint"].isin(few(study, wide, names))].sort_values("complaint", key=lambda c: c.map(order))
    shares = wide.reindex(columns=[f"mean_{name}" for name in NO_GROUPS]).set_axis(NO_GROUPS, axis=1)
    rows = []
    for name in names:
        lowest, highest = study.settings.scales.get(name, (-1, 1))
        row = wide.rename(columns={f"{part}_{name}": part for part in columns[2:]})[columns[1:]]
        row = row.assign(outcome=name, lowest=float(lowest), width=float(highest - lowest))
        rows.append(row.join(shares if name == "nps" else shares * np.nan))
    table = pd.concat(rows, ignore_index=True)[[*columns, "lowest", "width", *NO_GROUPS]]
    return table[table["n"] > 0].reset_index(drop=True)


def few(study: Study, wide: pd.DataFrame, names: list[str]) -> set[str]:
    """The groups left out: those of few people in any outcome, and the next smallest while all of them are few."""
    n = wide.set_index("complaint")[[f"n_{name}" for name in names]]
    n = n.where(n > 0).min(axis=1).dropna().sort_values()
    hidden = int((n < study.hide_below).sum())
    while 0 < hidden < len(n) and (hidden == 1 or n.iloc[:hidden].sum() < study.hide_below):
        hidden += 1
    return set(n.index[:hidden])


def with_complaints(study: Study) -> nw.LazyFrame:
    """The latest answers of each customer looked at, with `complaint`: none, resolved or unresolved.

    `respondent` is the customer: the unit, whoever of them answered. Who complained only of what is not looked at is
    left out.
    """
    keys = ["respondent", "wave"]
    people = find_people(study).filter(~nw.col("customer").is_null()).with_columns(wave=nw.col("wave").fill_null(""))
    asked = find_answers(study).with_columns(wave=nw.col("wave").fill_null(""))
    people = people.join(asked.group_by(keys).agg(asked=nw.col("answered_at").max()), on=keys, how="left")
    for wave, day in study.settings.waves.items():
        ends = nw.when(nw.col("wave") == wave).then(nw.lit(day_ends(study.settings.clock, day)))
        people = people.with_columns(asked=nw.coalesce(nw.col("asked"), ends))
    asked = nw.coalesce(nw.col("asked"), nw.lit(newest_moment(study)))
    people = people.with_columns(asked=asked, respondent=nw.col("customer"))
    latest = people.group_by("customer").agg(nw.col("asked").max())
    told = up_to(study, study.tables["feedback"], "opened").select("customer", "touchpoint", "opened", "resolved")
    told = latest.join(told, on="customer", how="inner").filter(nw.col("opened") <= nw.col("asked"))
    done = nw.col("resolved") <= nw.col("asked")
    part = bool(study.view.stages or study.view.touchpoints)
    here = nw.col("touchpoint").is_in(list(study.places["touchpoint"])).fill_null(False) if part else nw.lit(True)
    told = told.with_columns(here=here, waits=nw.when(done).then(nw.lit(0)).otherwise(nw.lit(1)))
    told = told.with_columns(waits=nw.when(nw.col("here")).then(nw.col("waits")))
    people = people.join(latest, on=["customer", "asked"], how="inner")
    told = told.group_by("customer").agg(nw.col("waits").max(), told=nw.len())
    people = people.join(told, on="customer", how="left")
    people = people.filter(nw.col("told").is_null() | ~nw.col("waits").is_null())
    none, resolved, unresolved = (nw.lit(name) for name in COMPLAINED)
    stands = nw.when(nw.col("waits") == 1).then(unresolved).when(nw.col("waits") == 0).then(resolved).otherwise(none)
    return people.with_columns(complaint=stands)
