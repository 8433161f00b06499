"""The tables the explorer shows: those of notebooks 01, 04 and 05, and one touchpoint's detail, from a cube's sums."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd

from cxlib.gaps import find_gaps
from cxlib.journey import find_reach, find_transitions
from cxlib.moments import find_importance, find_moments
from cxlib.priorities import rank_gaps
from cxlib.study import Study, View
from cxlib.summaries.cube import Cube
from cxlib.view import check_view

HIDDEN_WORD = "too few to show"
STEPS = {"side": "str", "touchpoint": "str", "label": "str", "n": "int64", "share": "float64"}
MAP_WORDS = ["touchpoint", "need", "channels", "owner"]


@dataclasses.dataclass(frozen=True)
class Options:
    """What is chosen beside the part of the study: how sure, with which weights, and whose detail; as in a report."""

    confidence: float = 0.95
    impact_weight: float = 1.0
    feasibility_weight: float = 1.0
    top: int = 3
    touchpoint: str = ""
    seed: int = 1


def choose_view(study: Study, **chosen) -> View:
    """The part of an opened study to look at first, its `as_of` and `where` those of the study.

    `chosen` are fields of `View`, such as stages and wave; a value the study has not is an error.
    """
    view = dataclasses.replace(study.view, **chosen)
    check_view(dataclasses.replace(study, view=view))
    return view


class Look:
    """The tables of one look after another, from one cube; what a change does not touch is not made again.

    A `view` has the `as_of` and `where` the study was opened with.
    """

    def __init__(self, cube: Cube):
        self.cube, self.study = cube, cube.study
        self.feasibility = self.study.small("feasibility")
        self.kept: dict[str, tuple] = {}

    def once(self, name: str, key: object, make: Callable):
        """What `make()` gives, as long as `key` stays the same."""
        if name not in self.kept or self.kept[name][0] != key:
            self.kept[name] = key, make()
        return self.kept[name][1]

    def people(self, view: View, *, veiled: bool = True) -> int | None:
        """Everybody who answered: what reach is a share of; None where that would give a small persona away."""
        if veiled and not self.cube.shows_people(view):
            return None
        return self.once("people", view, lambda: self.cube.people(view))

    def ratings(self, view: View, *, veiled: bool = True) -> pd.DataFrame:
        """As `summarise_ratings`, by touchpoint."""
        return self.once(f"ratings {veiled}", view, lambda: self.cube.ratings(view, veiled=veiled))

    def hidden(self, view: View) -> list[str]:
        """The touchpoints that are not shown of a choice."""
        ratings = self.ratings(view)
        return ratings.loc[ratings["paired"] == HIDDEN_WORD, "touchpoint"].tolist()

    def veil(self, table: pd.DataFrame, blank: pd.DataFrame, view: View) -> pd.DataFrame:
        """The table, tested and ranked as a report's, with the rows of `blank` for touchpoints that are not shown."""
        hidden = self.hidden(view)
        kept, rest = ~table["touchpoint"].isin(hidden), blank["touchpoint"].isin(hidden)
        return pd.concat([table[kept], blank[rest]], ignore_index=True) if rest.any() else table

    def gaps(self, view: View, options: Options, *, veiled: bool = True) -> pd.DataFrame:
        """The gap table of notebook 04."""
        sure = dict(met_within=self.study.met_within, confidence=options.confidence)

        def find(veiled: bool) -> pd.DataFrame:
            return find_gaps(self.ratings(view, veiled=veiled), **sure)

        every = self.once("gaps", (view, sure), lambda: find(False))
        return self.once("shown gaps", (view, sure), lambda: self.veil(every, find(True), view)) if veiled else every

    def moments(self, view: View, options: Options, *, veiled: bool = True) -> pd.DataFrame:
        """Importance, reach and gap of every touchpoint, as in notebook 01, in the order of the map."""
        key, hidden = (view, options.confidence), self.hidden(view)
        every = self.once("moments", key, lambda: self.find_moments(view, options, []))
        if not veiled:
            return every
        if self.people(view) is None:
            every = every.assign(reach=np.nan, reach_low=np.nan, reach_high=np.nan)
        if not hidden:
            return every
        blank = self.once("blank moments", key, lambda: self.find_moments(view, options, hidden))
        order = {touchpoint: place for place, touchpoint in enumerate(every["touchpoint"])}
        shown = self.veil(every, blank, view)
        return shown.sort_values("touchpoint", key=lambda column: column.map(order), ignore_index=True)

    def find_moments(self, view: View, options: Options, hidden: list[str]) -> pd.DataFrame:
        """`moments` made anew, with nothing but a name for those of `hidden`."""
        sure, veiled = dict(confidence=options.confidence), bool(hidden)
        drivers = self.once("drivers", view, lambda: self.cube.drivers(view))
        importance = self.once("importance", (view, options.confidence), lambda: find_importance(drivers, **sure))
        people = self.people(view, veiled=False)
        reach = find_reach(self.places(view), self.ratings(view, veiled=veiled), people=people, **sure)
        importance = importance[~importance["touchpoint"].isin(hidden)]
        return find_moments(self.gaps(view, options, veiled=veiled), importance, reach)

    def places(self, view: View) -> pd.DataFrame:
        """The part of the map looked at."""
        return dataclasses.replace(self.study, view=view).places

    def journey(self, view: View, options: Options) -> pd.DataFrame:
        """The cards of the map: `moments` with need, channels and owner."""
        return self.moments(view, options).merge(self.places(view)[MAP_WORDS], on="touchpoint", how="left")

    def priorities(self, view: View, options: Options) -> pd.DataFrame:
        """The ranking of notebook 05; reach and what is made of it are blank where `people` is None."""
        weights = ("top", "confidence", "impact_weight", "feasibility_weight", "seed")
        chosen = {name: getattr(options, name) for name in weights}

        def rank() -> pd.DataFrame:
            return rank_gaps(self.moments(view, options, veiled=False), self.feasibility, **chosen)

        ranked = self.once("priorities", (view, chosen), rank)
        if self.people(view) is None:
            ranked = ranked.assign(reach=np.nan, impact=np.nan, score=np.nan)
        return ranked[~ranked["touchpoint"].isin(self.hidden(view))].reset_index(drop=True)

    def trend(self, view: View, options: Options) -> pd.DataFrame:
        """The gap of the detail's touchpoint, wave by wave up to the one looked at."""
        sure = dict(met_within=self.study.met_within, confidence=options.confidence)

        def find() -> pd.DataFrame:
            every, shown = (find_gaps(self.cube.waves(view, veiled=veiled), **sure) for veiled in (False, True))
            keys = ["touchpoint", "wave"]
            hidden = pd.MultiIndex.from_frame(shown.loc[shown["paired"] == HIDDEN_WORD, keys])
            tables = [every[~pd.MultiIndex.from_frame(every[keys]).isin(hidden)], shown[shown["paired"] == HIDDEN_WORD]]
            return pd.concat([table for table in tables if len(table)] or [every], ignore_index=True)

        gaps = self.once("trends", (view, sure), find)
        own = gaps[(gaps["touchpoint"] == options.touchpoint) & gaps["wave"].notna()]
        order = {wave: place for place, wave in enumerate(self.study.waves)}
        return own.sort_values("wave", key=lambda wave: wave.map(order), kind="stable", ignore_index=True)

    def answers(self, view: View, options: Options) -> pd.DataFrame:
        """How many of all customers gave the detail's touchpoint which value; empty where they are too few."""
        key = self.of_all(view), options.touchpoint
        return self.once("answers", key, lambda: self.cube.answers(key[0], options.touchpoint))

    def of_all(self, view: View) -> View:
        """The wave looked at, of all customers."""
        wave = self.cube.chosen_wave(view)
        return View(as_of=view.as_of, where=view.where, wave=wave)

    def steps(self, view: View, options: Options) -> pd.DataFrame:
        """What comes before the detail's touchpoint and after, of all customers, the commonest first; or empty."""
        whole = self.of_all(view)
        moves = self.once("steps", whole, lambda: self.cube.steps(whole))
        return find_steps(moves, options.touchpoint, options.confidence)

    def quotes(self, view: View, options: Options) -> list[str]:
        """What all customers said of the detail's touchpoint, where the study shows quotes."""
        return self.once(
            "quotes", (self.of_all(view), options.touchpoint), lambda: self.cube.quotes(view, options.touchpoint)
        )


def find_steps(moves: pd.DataFrame, touchpoint: str, confidence: float = 0.95) -> pd.DataFrame:
    """What comes before a touchpoint and what after: side, touchpoint, label, `n` steps, their `share` of all there.

    `moves` comes from `summarise_transitions`. As many steps lead to a touchpoint as leave it, the start and the end of
    a journey being steps; where none that leave it may be shown, neither are those that lead to it.
    """
    if moves.empty:
        return pd.DataFrame(columns=list(STEPS)).astype(STEPS)
    found = find_transitions(moves, confidence=confidence)
    leaving = found.loc[found["from_touchpoint"] == touchpoint, "leaving"]
    sides = []
    for side, here, there in (("before", "to", "from"), ("after", "from", "to")):
        own = found[found[f"{here}_touchpoint"] == touchpoint]
        facts = dict(touchpoint=own[f"{there}_touchpoint"], label=own[f"{there}_label"], n=own["n"])
        sides.append(pd.DataFrame(facts).assign(side=side).sort_values("n", ascending=False, kind="stable"))
    steps = pd.concat(sides if len(leaving) else [side.head(0) for side in sides], ignore_index=True)
    share = steps["n"] / leaving.iloc[0] if len(leaving) else 0.0
    return steps.assign(share=share)[list(STEPS)].astype(STEPS)


def look_at(cube: Cube, view: View, options: Options = Options()) -> dict[str, pd.DataFrame]:
    """Every table the explorer draws of a choice, by name; as a report's where both show the same touchpoints.

    `gaps` (notebook 04), `moments` and `journey` (01), `priorities` (05), and of `options.touchpoint`: `answers`,
    `trend` and `steps`.
    """
    look = Look(cube)
    names = ["gaps", "moments", "journey", "priorities"]
    names += ["answers", "trend", "steps"] if options.touchpoint else []
    return {name: getattr(look, name)(view, options) for name in names}
