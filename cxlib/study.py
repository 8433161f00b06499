"""A Study: its settings and tables, what is there and what is not, and which part of it to look at."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import narwhals as nw
import pandas as pd

from cxlib.catalogue import tell
from cxlib.loaders.files import find_files
from cxlib.settings import Settings

ROOT = Path(__file__).resolve().parent.parent

SWITCHES = {
    "ratings": "gaps, expectations and experience",
    "respondents": "personas, weights and segments",
    "touchpoints": "stages, labels and the journey map",
    "events": "visits, the funnel and touchpoints that are missing from the map",
    "personas": "claimed against found customers",
    "benchmarks": "the distance to what others reach",
    "feedback": "what people say of each touchpoint, and what becomes of complaints",
    "beliefs": "misunderstood needs: what staff believe customers expect",
    "feasibility": "priorities that weigh how hard a change is",
    "actions": "the state of what is being done",
    "kpis": "figures measured over time",
    "objectives": "targets",
}
"""What each table switches on, in the words of the report."""


@dataclass(frozen=True)
class View:
    """The part of a study to look at; an empty list or text leaves nothing out.

    `wave` is "latest", "all" or a wave of the study; `where` holds conditions such as "market=DE".
    `by` names columns for one more grouping, `compare` two groups to set against each other.
    """

    as_of: str = ""
    wave: str = "latest"
    stages: list[str] = field(default_factory=list)
    touchpoints: list[str] = field(default_factory=list)
    personas: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    by: list[str] = field(default_factory=list)
    compare: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Study:
    """An opened study: settings, tables (lazy in the engine), and the part looked at.

    A table the study has not (`absent`) is there without rows; `"events" in study` tells which it has. `counts` has a
    row a table: read = used + quarantined + excluded. `quarantined` has a row for each row, or value, that cannot be
    used. By table: `not_used` and `personal` columns of its file (none of ours; not read, as they identify people),
    `columns` that are there, `notes` on how it was read. `unconfirmed` columns were mapped by a proposal, and nobody
    has said that it is right. Which small groups are not shown is
    `given` by the run, or decided when first asked; `memo` keeps that, and what else needs asking the engine only once.
    """

    settings: Settings
    tables: dict[str, nw.LazyFrame]
    view: View = View()
    folder: Path = Path()
    counts: pd.DataFrame = field(default_factory=pd.DataFrame)
    quarantined: pd.DataFrame = field(default_factory=pd.DataFrame)
    not_used: dict[str, list[str]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    personal: dict[str, list[str]] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    unconfirmed: int = 0
    given: dict = field(default_factory=dict, compare=False, repr=False)
    memo: dict = field(default_factory=dict, compare=False, repr=False)

    def __contains__(self, table: str) -> bool:
        """Whether the study has a table, or a column of one with anything in it ("ratings.expected")."""
        table, _, column = table.partition(".")
        if table in self.absent or table not in self.tables:
            return False
        if not column:
            return True
        rows, known = self.tables[table], ("there", table, column)
        if known not in self.memo:
            self.memo[known] = column in rows.collect_schema().names() and bool(
                rows.select(there=nw.col(column).count()).collect("pandas").to_native()["there"].iloc[0]
            )
        return self.memo[known]

    @cached_property
    def touchpoints(self) -> pd.DataFrame:
        """The map: touchpoint, label, stage, … in the order of the journey; empty where the study has none."""
        places = self.small("touchpoints")
        return ordered_map(places, self.settings.stages or list(places["stage"].dropna().unique()))

    @cached_property
    def places(self) -> pd.DataFrame:
        """The part of the map the view looks at."""
        kept = [("stage", self.view.stages), ("touchpoint", self.view.touchpoints)]
        places = self.touchpoints
        for column, values in kept:
            places = places[places[column].isin(values)] if values else places
        return places.reset_index(drop=True)

    def small(self, table: str) -> pd.DataFrame:
        """A small table (map, personas, …) as pandas, in the order of its file; times are those of the study's zone."""
        rows = self.tables[table].sort("_line").drop("_line").collect("pandas").to_native()
        return in_zone(rows, self.settings.clock)

    @property
    def stages(self) -> list[str]:
        """The stages in order: as declared, else as they come first in the map."""
        return self.settings.stages or list(self.touchpoints["stage"].dropna().unique())

    @property
    def playbook(self) -> Path | None:
        """The file of rules strategies are suggested by, where the study has its own."""
        said = self.settings.playbook
        return find_files(self.folder, said)[0] if said else None

    def source(self, table: str) -> str:
        """The file a table came from, as study.yaml writes it."""
        return self.settings.files[table if table in self.settings.files else "ratings"].path

    @cached_property
    def waves(self) -> list[str]:
        """The waves in order: as declared in study.yaml, else as found in the ratings."""
        return list(self.settings.waves) or self.values("ratings", "wave")

    @cached_property
    def segments(self) -> list[str]:
        """Columns of respondents that people can be told apart by."""
        if "respondents" not in self:
            return []
        left_out = {
            "_line",
            "respondent",
            "customer",
            "weight",
            "seconds",
            "barriers",
            "adopted",
            *self.settings.scales,
        }
        return [name for name in self.tables["respondents"].collect_schema().names() if name not in left_out]

    def values(self, table: str, column: str) -> list[str]:
        """The distinct values of a column, sorted; none where the table is not there."""
        if table not in self:
            return []
        found = self.tables[table].select(column).unique().collect("pandas").to_native()[column]
        return sorted(found.dropna().astype(str))

    @cached_property
    def direct(self) -> bool:
        """Whether a gap is what people said outright, better or worse than expected, nobody having rated both sides."""
        sides = "ratings.expected" in self and "ratings.experienced" in self
        return not sides and "ratings.versus_expected" in self

    @cached_property
    def width(self) -> float:
        """The range, in points, of the scale gaps are measured on; NaN where there is none."""
        scale = self.settings.scales["versus_expected"] if self.direct else self.scale
        return float(scale[1] - scale[0]) if scale else float("nan")

    @property
    def hide_below(self) -> int:
        """Groups of fewer people than this are not shown."""
        return self.settings.hide_below

    @property
    def met_within(self) -> float:
        """δ: a gap within ± this many points no longer matters; as declared, else 4 % of the scale's range."""
        declared = self.settings.met_within
        return round(0.04 * self.width, 12) if declared is None else declared

    @property
    def outcome(self) -> str:
        """The column of respondents that moments of truth are judged by; empty where the study names none."""
        return self.settings.outcome

    @property
    def scale(self) -> tuple[float, float] | None:
        """Lowest and highest rating of expectation and experience; None where neither is rated."""
        return self.settings.scales.get("experienced", self.settings.scales.get("expected"))

    def missing(self) -> list[str]:
        """A sentence for all the study has not, naming the file or column that would switch something on."""
        files = [
            tell(
                "No {table}: add {table}: {table}.csv to files in study.yaml to switch on {switched}.",
                table=table,
                switched=switched,
            )
            for table, switched in SWITCHES.items()
            if table not in self
        ]
        if "ratings" not in self:
            return files
        columns = {
            "ratings.expected": tell(
                "No expectations: a column expected of the ratings switches on gaps and priorities."
            ),
            f"respondents.{self.outcome or '?'}": tell(
                "No verdict on the whole: a column of respondents, named as outcome in study.yaml, "
                "would switch on what matters most."
            ),
        }
        if self.direct:
            columns.pop("ratings.expected")
        return files + [sentence for column, sentence in columns.items() if column not in self]


def in_zone(table: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Times in UTC as the clock showed them where the study was made."""
    times = table.select_dtypes("datetime")
    return table.assign(
        **{name: times[name].dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None) for name in times}
    )


def ordered_map(touchpoints: pd.DataFrame, stages: list[str]) -> pd.DataFrame:
    """The map in the order of the journey: by stage, then `order`, then as written."""
    places = {stage: place for place, stage in enumerate(stages)}
    place = touchpoints["stage"].map(places).fillna(len(stages))
    ordered = touchpoints.assign(place=place).sort_values(["place", "order"], kind="stable", ignore_index=True)
    return ordered.drop(columns="place")
