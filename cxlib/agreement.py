"""Whether the tables of a study agree with each other and with study.yaml: contradictions raise, doubts are said."""

from difflib import get_close_matches

import narwhals as nw

from cxlib.catalogue import tell
from cxlib.gaps.benchmarks import read_kinds
from cxlib.study import Study
from cxlib.tables import TABLES, StudyError, nearest
from cxlib.view import KANO, listed_once, with_waves
from cxlib.words import counted


def check_agreement(study: Study) -> None:
    """Raise the first sentence that says where two tables contradict each other."""
    check_map(study)
    check_waves(study)
    check_people(study)
    check_personas(study)
    check_benchmarks(study)
    check_objectives(study)
    check_declared(study)
    columns = study.tables["respondents"].collect_schema().names()
    if "respondents" in study and study.outcome and study.outcome not in columns:
        known = [column for column in columns if column in study.settings.scales]
        raise StudyError(f"study.yaml: outcome: respondents have no {study.outcome}. {nearest(study.outcome, known)}")


def check_map(study: Study) -> None:
    """A touchpoint stands once on the map, in a stage of the study."""
    places, stages = study.touchpoints, study.stages
    twice = places.loc[places["touchpoint"].duplicated(), "touchpoint"]
    if len(twice):
        raise StudyError(f"{study.source('touchpoints')} lists '{twice.iloc[0]}' twice; keep one.")
    unknown = places.loc[places["stage"].notna() & ~places["stage"].isin(stages), "stage"]
    if len(unknown):
        raise StudyError(
            f"{study.source('touchpoints')}: stage '{unknown.iloc[0]}' is not in stages of study.yaml. "
            f"{nearest(unknown.iloc[0], stages)}"
        )


def check_waves(study: Study) -> None:
    """Where study.yaml declares waves, a wave in the data is one of them."""
    declared = list(study.settings.waves)
    for table in ("ratings", "respondents"):
        for wave in study.values(table, "wave") if declared else []:
            if wave not in declared:
                raise StudyError(
                    f"{study.source(table)}: wave '{wave}' is not in waves of study.yaml. {nearest(wave, declared)}"
                )


def check_people(study: Study) -> None:
    """A respondent stands once in a wave and has a weight of at least 0."""
    if "respondents" not in study:
        return
    people = study.tables["respondents"]
    source = study.source("respondents")
    waves = people.select(blank=nw.col("wave").is_null().sum(), all=nw.len()).collect("pandas").to_native().iloc[0]
    if 0 < waves["blank"] < waves["all"]:
        raise StudyError(f"{source}: no wave for {waves['blank']:g} of {waves['all']:g} respondents; give each one.")
    often = people.group_by("respondent", "wave").agg(nw.len().alias("times")).filter(nw.col("times") > 1)
    twice = often.select("respondent").sort("respondent").head(1).collect("pandas").to_native()
    if len(twice):
        raise StudyError(
            f"{source}: respondent '{twice['respondent'].iloc[0]}' stands there twice; keep one line each."
        )
    weights = people.select(negative=(nw.col("weight") < 0).sum(), blank=nw.col("weight").is_null().sum(), all=nw.len())
    found = weights.collect("pandas").to_native().iloc[0]
    if found["negative"]:
        raise StudyError(f"{source}: a weight is 0 (left out) or more; negative: {found['negative']:g}.")
    if 0 < found["blank"] < found["all"]:
        raise StudyError(f"{source}: no weight for {found['blank']:g} of {found['all']:g} respondents; give each one.")
    unlisted = people_not_listed(study)
    if len(unlisted) and (found["blank"] == 0 or len(unlisted) == len(study.values("ratings", "respondent"))):
        raise StudyError(
            f"{source}: not listed, or not for the wave they answered in, and so without a weight: {len(unlisted)} of "
            f"those who answered ({study.source('ratings')}); first: '{unlisted[0]}'. "
            "Add them, or correct ids and waves."
        )


def check_personas(study: Study) -> None:
    """A persona is claimed once, with a share from 0 to 1."""
    claims = study.small("personas")
    twice = claims.loc[claims["persona"].duplicated(), "persona"]
    if len(twice):
        raise StudyError(f"{study.source('personas')} lists '{twice.iloc[0]}' twice; keep one.")
    outside = claims.loc[~claims["claimed_share"].fillna(0).between(0, 1)]
    if len(outside):
        persona, share = outside.iloc[0][["persona", "claimed_share"]]
        raise StudyError(
            f"{study.source('personas')}: claimed_share of '{persona}' is {share:g}; "
            "a share lies from 0 to 1, such as 0.25."
        )


def check_declared(study: Study) -> None:
    """What study.yaml says of touchpoints and columns is there; a misspelt name would do nothing."""
    settings = study.settings
    touchpoints = sorted({*study.values("ratings", "touchpoint"), *study.touchpoints["touchpoint"]})
    rated = [column.name for column in TABLES["ratings"] if column.kind == "rating"]
    named = [("rescaled", list(settings.rescaled), touchpoints), ("reversed", list(settings.reversed), rated)]
    named += [("reversed", [place for places in settings.reversed.values() for place in places], touchpoints)]
    named += [("codes", list(settings.codes), [*rated, *KANO, *settings.scales])]
    journey = [
        settings.journey.converted,
        settings.journey.adopted,
        settings.journey.adopted_after,
        settings.journey.cart,
    ]
    logged = study.values("events", "event") if any(journey) else []
    if logged:
        events = {*logged, *study.values("events", "touchpoint"), *touchpoints}
        likely = [name for name in journey if name and name not in events and get_close_matches(name, events, n=1)]
        named += [("journey", likely, sorted(events))]
    for key, names, known in named:
        for name in names:
            if name not in known:
                raise StudyError(f"study.yaml: {key} names '{name}', which the study has not. {nearest(name, known)}")


def check_objectives(study: Study) -> None:
    """The target of a touchpoint lies on the scale it is rated on."""
    if not study.scale:
        return
    aims = study.small("objectives").dropna(subset="touchpoint")
    outside = aims[~aims["target"].between(*study.scale)]
    if len(outside):
        row = outside.iloc[0]
        raise StudyError(
            f"{study.source('objectives')}: the target of {row['touchpoint']} is {row['target']:g}, but it is rated "
            f"from {study.scale[0]:g} to {study.scale[1]:g}; correct it."
        )


def check_benchmarks(study: Study) -> None:
    """A benchmark is of a kind that is known, and one of a touchpoint or stage on no other scale than the ratings."""
    if "benchmarks" not in study:
        return
    read_kinds(study.small("benchmarks"))
    if not study.scale:
        return
    benchmarks = study.small("benchmarks").dropna(subset="scale")
    ours = "{:g}-{:g}".format(*study.scale)
    said = benchmarks["scale"].str.strip().str.replace(r"\s*(to|[-–—…])\s*", "-", regex=True)
    wrong = benchmarks[benchmarks["kpi"].isna() & (said != ours)]
    if len(wrong):
        row = wrong.iloc[0]
        raise StudyError(
            f"{study.source('benchmarks')}: the benchmark of {row['touchpoint'] or row['stage']} is on a scale of "
            f"{row['scale']}, the ratings on {ours}; bring it to that scale, or leave it out."
        )


def people_not_listed(study: Study) -> list[str]:
    """Those who answered and are not in the table of respondents, or not for the wave they answered in."""
    if not ("ratings" in study and "respondents" in study):
        return []
    people = study.tables["respondents"]
    keys = ["respondent"] if listed_once(study) else ["respondent", "wave"]
    answered = with_waves(study, study.tables["ratings"]).select(*keys).unique()
    unlisted = answered.join(people.select(*keys), on=keys, how="anti").select("respondent").unique()
    return unlisted.sort("respondent").collect("pandas").to_native()["respondent"].tolist()


def find_doubts(study: Study) -> list[str]:
    """Sentences for the report's first page: what was left out or could not be matched."""
    doubts = []
    later = study.quarantined[study.quarantined["reason"].str.endswith("(as_of)")].groupby("table").size()
    for row in study.counts[study.counts["quarantined"] > 0].itertuples():
        unusable = row.quarantined - later.get(row.table, 0)
        if unusable:
            doubts.append(
                tell(
                    "{source}: {unusable:,} of {read:,} {things} could not be used.",
                    source=row.source,
                    unusable=unusable,
                    read=row.read,
                    things=row.counted,
                )
            )
    if study.unconfirmed:
        doubts.append(
            tell(
                "{unconfirmed} of the export mapped by a proposal that nobody has confirmed: look at "
                "each in the columns file, and empty its confidence where it is right.",
                unconfirmed=counted(study.unconfirmed, "column"),
            )
        )
    if unlisted := people_not_listed(study):
        doubts.append(
            tell(
                "Not in {source}: {unlisted} who answered.",
                source=study.source("respondents"),
                unlisted=counted(len(unlisted), "person", "people"),
            )
        )
    rated = (
        study.tables["ratings"]
        .filter(~nw.col("_only_kano"))
        .select("touchpoint")
        .unique()
        .collect("pandas")
        .to_native()
    )
    off_map = sorted(set(rated["touchpoint"].dropna()) - set(study.touchpoints["touchpoint"]))
    if off_map and "touchpoints" in study:
        doubts.append(
            tell(
                "Rated, but not on the map ({source}): {off_map}.",
                source=study.source("touchpoints"),
                off_map=", ".join(off_map),
            )
        )
    blank = study.small("benchmarks")
    blank = blank[blank["scale"].isna() & blank["kpi"].isna()]
    if len(blank):
        doubts.append(
            tell(
                "{source}: {blank} without a scale, taken to be on that of the ratings: write it beside each.",
                source=study.source("benchmarks"),
                blank=counted(len(blank), "benchmark"),
            )
        )
    return doubts + find_strangers(study)


def find_strangers(study: Study) -> list[str]:
    """Touchpoints, KPIs and personas that one table names and the one they are listed in does not know."""
    touchpoints = {*study.touchpoints["touchpoint"], *study.values("ratings", "touchpoint")}
    named = [(table, "touchpoint", touchpoints) for table in ("actions", "feasibility", "objectives")]
    named += [("respondents", "persona", set(study.values("personas", "persona")))] if "personas" in study else []
    named += [(table, "kpi", set(study.values("kpis", "kpi"))) for table in ("actions", "objectives")]
    doubts = []
    for table, column, known in named:
        strangers = sorted(set(study.values(table, column)) - known)
        if strangers:
            doubts.append(
                tell(
                    "{source}: {column} that the study does not know: {strangers}.",
                    source=study.source(table),
                    column=column,
                    strangers=", ".join(strangers),
                )
            )
    return doubts
