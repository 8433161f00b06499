"""The part of a study to look at: which stages, personas, waves, …, and up to which day."""

import datetime
from zoneinfo import ZoneInfo

import narwhals as nw

from cxlib.catalogue import tell
from cxlib.study import Study
from cxlib.tables import StudyError, nearest

KANO = ("kano_with", "kano_without")


def check_view(study: Study) -> None:
    """Every value of the view is one the study has."""
    view = study.view
    known = {
        "stages": lambda: study.stages,
        "touchpoints": lambda: [*study.touchpoints["touchpoint"], *study.values("ratings", "touchpoint")],
        "personas": lambda: study.values("respondents", "persona"),
        "channels": lambda: sorted({*study.values("ratings", "channel"), *study.values("events", "channel")}),
    }
    for parameter, find_choices in known.items():
        wanted = getattr(view, parameter)
        choices = find_choices() if wanted else []
        for value in wanted:
            if value not in choices:
                raise StudyError(f"{parameter}: '{value}' is not in this study. {nearest(value, choices)}", code=2)
    waves = ["latest", "all", *study.waves]
    if view.wave not in waves:
        raise StudyError(f"wave: '{view.wave}' is not in this study. {nearest(view.wave, waves)}", code=2)
    for condition in view.where:
        column, value = parse_condition(study, condition)
        choices = study.values("respondents", column)
        if value not in choices:
            raise StudyError(f"where: no respondent has {column}={value}. {nearest(value, choices)}", code=2)
    if view.as_of:
        parse_day(view.as_of)


def parse_condition(study: Study, condition: str) -> tuple[str, str]:
    """Column and value of a condition such as "market=DE"."""
    column, equals, value = condition.partition("=")
    if not equals:
        raise StudyError(f"where: '{condition}' should be column=value, such as market=DE.", code=2)
    if column not in study.segments:
        raise StudyError(f"where: respondents have no column '{column}'. {nearest(column, study.segments)}", code=2)
    return column, value


def view_filters(study: Study) -> list[tuple[str, list[str]]]:
    """Column and the values kept; conditions on one column add up, different ones narrow down."""
    view = study.view
    filters = [("stage", view.stages), ("touchpoint", view.touchpoints)]
    filters += [("persona", view.personas), ("channel", view.channels)]
    conditions = [parse_condition(study, condition) for condition in view.where]
    filters += [(column, [value for name, value in conditions if name == column]) for column, _ in conditions]
    return [(column, values) for column, values in filters if values]


def describe_view(study: Study) -> str:
    """Which part of the study is looked at; empty for all of its latest wave."""
    view = study.view
    chosen = {name: values for name, values in vars(view).items() if name not in ("by", "compare")}
    lists = {name: values for name, values in chosen.items() if isinstance(values, list)}
    parts = [f"{name} {', '.join(values)}" for name, values in lists.items() if values]
    parts += [tell("wave {wave}", wave=view.wave)] if view.wave != "latest" else []
    return "; ".join([*parts, *([tell("answers up to {as_of}", as_of=view.as_of)] if view.as_of else [])])


def parse_day(day: str) -> datetime.date:
    """A day written 2026-03-31."""
    try:
        found = datetime.date.fromisoformat(day)
    except ValueError:
        found = None
    if found and 1901 <= found.year <= 2100:
        return found
    raise StudyError(f"as_of: '{day}' should be a day such as 2026-03-31.", code=2)


def day_ends(clock: str, day: datetime.date) -> datetime.datetime:
    """The moment in UTC at which a day is over by a clock, such as Europe/Berlin."""
    next_day = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), ZoneInfo(clock))
    return next_day.astimezone(datetime.UTC).replace(tzinfo=None)


def with_waves(study: Study, answers: nw.LazyFrame) -> nw.LazyFrame:
    """A blank wave is found from the day of the answer and the last days in study.yaml."""
    found = nw.lit(None, nw.String)
    for wave, day in reversed(study.settings.waves.items()):
        found = (
            nw.when(nw.col("answered_at") < nw.lit(day_ends(study.settings.clock, day)))
            .then(nw.lit(wave))
            .otherwise(found)
        )
    return answers.with_columns(wave=nw.coalesce(nw.col("wave"), found)) if study.settings.waves else answers


def listed_once(study: Study) -> bool:
    """Whether every respondent is listed once, not once a wave."""
    if "listed once" not in study.memo:
        people = study.tables["respondents"].select(people=nw.col("respondent").n_unique(), rows=nw.len())
        counts = people.collect("pandas").to_native().fillna(0).iloc[0]
        study.memo["listed once"] = bool(counts["people"] == counts["rows"])
    return study.memo["listed once"]
