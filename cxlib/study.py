"""From study.yaml to a Study: what is there, what is not, and which part of it to look at."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb
import narwhals as nw
import pandas as pd

from cxlib.agreement import check_agreement
from cxlib.checks import Checked
from cxlib.engine import block_of, connect
from cxlib.loaders import load_tables
from cxlib.settings import Settings, read_settings
from cxlib.tables import StudyError, nearest
from cxlib.view import View, check_view

ROOT = Path(__file__).resolve().parent.parent

ENGINES = ["duckdb", "pandas"]
SWITCHES = {
    "ratings": "gaps, expectations and experience",
    "respondents": "personas, weights and segments",
    "touchpoints": "stages, labels and the journey map",
}
"""What each table switches on, in the words of the report."""


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
    not_used: dict[str, list[str]] = field(default_factory=dict)

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

    @cached_property
    def waves(self) -> list[str]:
        """The waves in order: as declared in study.yaml, else as found in the ratings."""
        return list(self.settings.waves) or self.values("ratings", "wave")

    @cached_property
    def segments(self) -> list[str]:
        """Columns of respondents that people can be told apart by."""
        if "respondents" not in self:
            return []
        left_out = {"_line", "respondent", "customer", "weight", *self.settings.scales}
        return [name for name in self.tables["respondents"].collect_schema().names() if name not in left_out]

    def values(self, table: str, column: str) -> list[str]:
        """The distinct values of a column, sorted; none where the table is not there."""
        if table not in self:
            return []
        found = self.tables[table].select(column).unique().collect("pandas").to_native()[column]
        return sorted(found.dropna().astype(str))

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
        {table.table: table.not_used for table in checked if table.not_used},
    )
    check_agreement(study)
    check_view(study)
    return study


def find_study(path: str | Path) -> Path:
    """The study's folder, from the working folder or from the project's root."""
    for folder in (Path(path), ROOT / path):
        if folder.is_dir():
            return folder.resolve()
    raise StudyError(f"There is no folder {path} in {Path.cwd()}{'' if Path.cwd() == ROOT else f' or {ROOT}'}.")


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
