"""From study.yaml to a Study: what is there, what is not, and which part of it to look at."""

import datetime
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import narwhals as nw
import pandas as pd

from cxlib.checks import Checked
from cxlib.engine import block_of, connect
from cxlib.loaders import load_tables
from cxlib.settings import Settings, read_settings
from cxlib.tables import StudyError, nearest

ROOT = Path(__file__).resolve().parent.parent

ENGINES = ["duckdb", "pandas"]
SWITCHES = {
    "ratings": "gaps, expectations and experience",
    "respondents": "personas, weights and segments",
    "touchpoints": "stages, labels and the journey map",
    "personas": "claimed against found personas",
    "events": "drop-off and paths",
    "kpis": "figures over time against target",
}
"""What each table switches on, in the words of the report."""


@dataclass(frozen=True)
class View:
    """The part of a study to look at; an empty list or text leaves nothing out.

    `wave` is "latest", "all" or a wave of the study; `where` holds conditions such as "market=DE".
    """

    as_of: str = ""
    wave: str = "latest"
    stages: list[str] = field(default_factory=list)
    touchpoints: list[str] = field(default_factory=list)
    personas: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    where: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Study:
    """An opened study: settings, tables (lazy in the engine), and the part looked at.

    `counts` has a row a table: read = used + quarantined + excluded. `quarantined` has a row for each row,
    or value, that cannot be used.
    """

    settings: Settings
    tables: dict[str, nw.LazyFrame]
    view: View = View()
    folder: Path = Path()
    counts: pd.DataFrame = field(default_factory=pd.DataFrame)
    quarantined: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __contains__(self, table: str) -> bool:
        return table in self.tables

    @cached_property
    def touchpoints(self) -> pd.DataFrame:
        """The map: touchpoint, label, stage, … in the order of the journey; empty where the study has none."""
        if "touchpoints" not in self:
            return pd.DataFrame({"touchpoint": [], "label": [], "stage": []}, dtype="str")
        places = self.small("touchpoints")
        return ordered_map(places, self.settings.stages or list(places["stage"].dropna().unique()))

    def small(self, table: str) -> pd.DataFrame:
        """A small table (map, personas, …) as pandas, in the order of its file."""
        return self.tables[table].sort("_line").drop("_line").collect("pandas").to_native()

    @property
    def stages(self) -> list[str]:
        """The stages in order: as declared, else as they come first in the map."""
        return self.settings.stages or list(self.touchpoints["stage"].dropna().unique())

    def source(self, table: str) -> str:
        """The file a table came from, as study.yaml writes it."""
        return self.settings.files.get(table, self.settings.files["ratings"]).path

    @property
    def met_within(self) -> float:
        """δ: a gap within ± this many scale points no longer matters."""
        return self.settings.met_within

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating of expectation and experience."""
        return self.settings.scales.get("experienced", self.settings.scales.get("expected"))

    def missing(self) -> list[str]:
        """A sentence for every table the study has not, naming the file that would switch something on."""
        return [
            f"No {table}: {switched} are left out. Add {table}: {table}.csv to files in study.yaml to switch them on."
            for table, switched in SWITCHES.items()
            if table not in self
        ]


def open_study(path: str | Path, *, engine: str = "duckdb", **view) -> Study:
    """Open the study in folder `path`, read and check its files, and look at the part `view` names (see `View`).

    A relative path is tried from the working folder, then from the project's root. `engine` is "duckdb" or "pandas".
    """
    if engine not in ENGINES:
        raise StudyError(f"engine: '{engine}' is not known. {nearest(engine, ENGINES)}", code=2)
    folder = find_study(path)
    settings = read_settings(folder)
    if not {"ratings", "events", "kpis"} & set(settings.files):
        raise StudyError(f"{folder}/study.yaml names no data; a study needs at least one of ratings, events, kpis.")
    connection = connect(folder)
    checked = load_tables(connection, folder, settings)
    tables = {table.table: engine_table(connection, table, engine) for table in checked}
    study = Study(
        settings,
        tables,
        View(**view),
        folder,
        pd.DataFrame([table.counts for table in checked])[
            ["table", "source", "counted", "read", "used", "quarantined", "excluded"]
        ],
        pd.concat([table.quarantined for table in checked], ignore_index=True),
    )
    check_map(study)
    check_waves(study)
    check_people(study)
    check_view(study)
    return study


def find_study(path: str | Path) -> Path:
    """The study's folder, from the working folder or from the project's root."""
    tried = [Path(path), ROOT / path]
    for folder in tried:
        if folder.is_dir():
            return folder.resolve()
    raise StudyError(f"There is no folder {path}, neither in {Path.cwd()} nor in {ROOT}.")


def engine_table(connection: duckdb.DuckDBPyConnection, checked: Checked, engine: str) -> nw.LazyFrame:
    """A checked table with its keys filled in, and for ratings the respondent's block."""
    person = "coalesce(respondent, response, 'line ' || _line)"
    filled = {
        "ratings": f"REPLACE (coalesce(response, 'line ' || _line) AS response, {person} AS respondent), "
        f"{block_of(person)} AS _block",
        "events": 'REPLACE (coalesce("case", customer) AS "case")',
        "touchpoints": "REPLACE (coalesce(label, touchpoint) AS label)",
    }.get(checked.table, "")
    connection.execute(f"CREATE VIEW {checked.table} AS SELECT * {filled} FROM {checked.relation}")
    relation = connection.table(checked.table)
    return nw.from_native(relation if engine == "duckdb" else relation.df()).lazy()


def ordered_map(touchpoints: pd.DataFrame, stages: list[str]) -> pd.DataFrame:
    """The map in the order of the journey: by stage, then `order`, then as written."""
    places = {stage: place for place, stage in enumerate(stages)}
    place = touchpoints["stage"].map(places).fillna(len(stages))
    ordered = touchpoints.assign(place=place).sort_values(["place", "order"], kind="stable", ignore_index=True)
    return ordered.drop(columns="place")


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
        for wave in values_of(study, table, "wave") if declared else []:
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
        raise StudyError(f"{source}: {waves['blank']:g} of {waves['all']:g} respondents have no wave; give each one.")
    often = people.group_by("respondent", "wave").agg(nw.len().alias("times")).filter(nw.col("times") > 1)
    twice = often.select("respondent").sort("respondent").head(1).collect("pandas").to_native()
    if len(twice):
        raise StudyError(
            f"{source}: respondent '{twice['respondent'].iloc[0]}' stands there twice; keep one line each."
        )
    weights = people.select(negative=(nw.col("weight") < 0).sum(), blank=nw.col("weight").is_null().sum(), all=nw.len())
    found = weights.collect("pandas").to_native().iloc[0]
    if found["negative"]:
        raise StudyError(f"{source}: {found['negative']:g} weights are negative; a weight is 0 (left out) or more.")
    if 0 < found["blank"] < found["all"]:
        raise StudyError(f"{source}: {found['blank']:g} of {found['all']:g} respondents have no weight; give each one.")
    if found["blank"] == 0 and "ratings" in study:
        check_everybody_is_listed(study, source)


def check_everybody_is_listed(study: Study, source: str) -> None:
    """Where there are weights, everybody who answered has one."""
    answered = study.tables["ratings"].select("respondent").unique()
    unlisted = answered.join(study.tables["respondents"].select("respondent"), on="respondent", how="anti")
    names = unlisted.sort("respondent").collect("pandas").to_native()["respondent"]
    if len(names):
        raise StudyError(
            f"{source}: {len(names)} respondents of {study.source('ratings')} are not listed, so they have no weight; "
            f"first: '{names.iloc[0]}'. Add them, or drop the column weight."
        )


def check_view(study: Study) -> None:
    """Every value of the view is one the study has."""
    view = study.view
    known = {
        "stages": lambda: study.stages,
        "touchpoints": lambda: values_of(study, "ratings", "touchpoint") + list(study.touchpoints["touchpoint"]),
        "personas": lambda: values_of(study, "respondents", "persona"),
        "channels": lambda: values_of(study, "ratings", "channel"),
    }
    for parameter, find_choices in known.items():
        wanted = getattr(view, parameter)
        choices = find_choices() if wanted else []
        for value in wanted:
            if value not in choices:
                raise StudyError(f"{parameter}: '{value}' is not in this study. {nearest(value, choices)}", code=2)
    waves = ["latest", "all", *waves_of(study)]
    if view.wave not in waves:
        raise StudyError(f"wave: '{view.wave}' is not in this study. {nearest(view.wave, waves)}", code=2)
    for condition in view.where:
        column, value = parse_condition(study, condition)
        choices = values_of(study, "respondents", column)
        if value not in choices:
            raise StudyError(f"where: no respondent has {column}={value}. {nearest(value, choices)}", code=2)
    if view.as_of:
        parse_day(view.as_of)


def parse_condition(study: Study, condition: str) -> tuple[str, str]:
    """Column and value of a condition such as "market=DE"."""
    column, equals, value = condition.partition("=")
    segments = segments_of(study)
    if not equals or column not in segments:
        raise StudyError(f"where: '{condition}' should be column=value. {nearest(column, segments)}", code=2)
    return column, value


def parse_day(day: str) -> datetime.date:
    """A day written 2026-03-31."""
    try:
        return datetime.date.fromisoformat(day)
    except ValueError:
        raise StudyError(f"as_of: '{day}' should be a day such as 2026-03-31.", code=2) from None


def segments_of(study: Study) -> list[str]:
    """Columns of respondents that people can be told apart by."""
    if "respondents" not in study:
        return []
    columns = study.tables["respondents"].collect_schema().names()
    left_out = {"_line", "respondent", "customer", "weight", *study.settings.scales}
    return [column for column in columns if column not in left_out]


def day_ends(study: Study, day: datetime.date) -> datetime.datetime:
    """The moment in UTC at which a day is over where the study was made."""
    next_day = datetime.datetime.combine(
        day + datetime.timedelta(days=1), datetime.time(), ZoneInfo(study.settings.zone)
    )
    return next_day.astimezone(datetime.UTC).replace(tzinfo=None)


def values_of(study: Study, table: str, column: str) -> list[str]:
    """The distinct values of a column, sorted; none where the table is not there."""
    if table not in study:
        return []
    found = study.tables[table].select(column).unique().collect("pandas").to_native()[column]
    return sorted(found.dropna().astype(str))


def waves_of(study: Study) -> list[str]:
    """The waves in order: as declared in study.yaml, else as found in the ratings."""
    return list(study.settings.waves) or values_of(study, "ratings", "wave")
