"""Sums that an explorer redraws from: the answers are read once, at opening, and any choice is added up from cells."""

import dataclasses

import numpy as np
import pandas as pd

from cxlib.expectations.feedback import choose_quotes, find_typical_words
from cxlib.intervals import guard_rare_failures, skewness_of
from cxlib.study import Study, View
from cxlib.summaries.answers import find_answers, rated_values
from cxlib.summaries.bars import lay_bars
from cxlib.summaries.cells import MEASURES, PEOPLE, VALUES, collect_cells
from cxlib.summaries.drivers import CrossProducts, summarise_drivers
from cxlib.summaries.feedback import find_feedback
from cxlib.summaries.paths import summarise_transitions
from cxlib.summaries.products import Products
from cxlib.summaries.ratings import finish_gaps, scales_of, set_sides_apart
from cxlib.summaries.sums import means_of, place_on_map, respondent_sums, stated
from cxlib.summaries.visible import Visible

NAMES = ("gap", "expected", "experienced", "answered")


class Cube:
    """What a report sums up, for any choice of stages, touchpoints, personas, channels and wave.

    Every `view` has the `as_of` and `where` the study was opened with. Figures are those of a report of the same view
    where both show the same touchpoints; which are shown is decided by `Visible`, so that no choices give one another
    away. `veiled=False` blanks small groups alone, as a report does: what is tested or ranked together is so before the
    rest is hidden. How answers lie, steps and quotes are of all customers, whichever personas and channels are chosen.
    `choices` says what can be chosen: `stages`, `touchpoints` (key → label), `personas`, `channels`, `waves`.

    Two things go back to the rows: gaps between sides that nobody gave in one answer, and, where people have another
    persona in another wave, what matters in all waves together of some personas.
    """

    def __init__(self, study: Study):
        self.study, self.cells, self.memo = study, collect_cells(study), {}
        self.products, self.visible = Products(self.cells), Visible(self.cells, study.hide_below)
        places = study.touchpoints.set_index("touchpoint")
        self.labels = {key: places["label"].get(key, key) for key in self.cells.touchpoints}
        self.stage_of = {key: places["stage"].get(key) for key in self.cells.touchpoints}
        self.counts = self.count_values()
        self.choices = self.find_choices()
        self.drivers(study.view)

    def prepare(self) -> None:
        """Add up beforehand what matters by each channel, so that choosing one takes no pass over the rows."""
        for channel in self.choices["channels"] if len(self.choices["channels"]) > 1 else []:
            self.drivers(dataclasses.replace(self.study.view, channels=[channel]))

    def find_choices(self) -> dict:
        """What can be chosen: what is shown of some touchpoint by itself."""
        cells, order = self.cells, list(self.study.touchpoints["touchpoint"])
        named = sorted(cells.touchpoints, key=lambda key: (order.index(key) if key in order else len(order), key))
        every = range(len(cells.touchpoints))
        codes = [*range(len(cells.waves)), cells.every]

        def seen(touchpoints, wave: int, *sides) -> bool:
            return any(self.visible.shows(place, NAMES, wave, sides) for place in touchpoints)

        apart = [self.apart_in(View(wave=wave)) for wave in [*cells.waves, "all"]]
        shown = [key for key in named if any(seen([cells.touchpoints.index(key)], wave, None, None) for wave in codes)]
        return {
            "stages": [stage for stage in self.study.stages if stage in {self.stage_of[key] for key in shown}],
            "touchpoints": {key: self.labels[key] for key in shown},
            **{side: sorted(set().union(*(one[side] for one in apart))) for side in ("personas", "channels")},
            "waves": [wave for place, wave in enumerate(cells.waves) if seen(every, place, None, None)],
        }

    def of(self, view: View) -> Study:
        """The study under a choice."""
        return dataclasses.replace(self.study, view=view, given={}, memo={})

    def touchpoints(self, view: View) -> np.ndarray:
        """Which touchpoints a choice looks at."""
        kept = [
            (not view.stages or self.stage_of[key] in view.stages) and (not view.touchpoints or key in view.touchpoints)
            for key in self.cells.touchpoints
        ]
        return np.array(kept, dtype=bool)

    def answered_waves(self, view: View) -> list[str]:
        """The waves in order that have answers of the choice."""
        chosen = self.cells.chosen(view.personas, view.channels)
        sums, places = self.cells.sums, self.touchpoints(view)
        found = set(sums["wave"][chosen[sums["pair"]] & places[sums["touchpoint"]]]) if len(sums) else set()
        return [wave for place, wave in enumerate(self.cells.waves) if place in found]

    def chosen_wave(self, view: View) -> str:
        """The wave looked at, as `chosen_wave` of the study."""
        return view.wave if view.wave != "latest" else ["all", *self.answered_waves(view)][-1]

    def apart_in(self, view: View) -> dict[str, set[str]]:
        """The `personas` and `channels` that some touchpoint shows by themselves in the wave of a choice."""
        wave, every = self.cells.wave(self.chosen_wave(view)), range(len(self.cells.touchpoints))
        found = {}
        for side, names in (("personas", self.cells.personas), ("channels", self.cells.channels)):
            views = {name: View(**{side: [name]}) for name in names}
            found[side] = {name for name, one in views.items() if any(self.shown(one, place, wave) for place in every)}
        return found

    def shown(self, view: View, touchpoint: int, wave: int, names: tuple[str, ...] = NAMES) -> bool:
        """Whether a touchpoint is shown for a choice."""
        known, kept = (self.cells.personas, self.cells.channels), (view.personas, view.channels)
        sides = [frozenset(map(all_names.index, set(some) & set(all_names))) if some else None
                 for all_names, some in zip(known, kept)]  # fmt: skip
        return self.visible.shows(touchpoint, names, wave, tuple(sides))

    def shows_people(self, view: View) -> bool:
        """Whether it may be said how many people there are: small personas, told apart, would be given away."""
        wave = self.cells.wave(self.chosen_wave(view))
        return self.shown(View(personas=view.personas), PEOPLE, wave, ("answered",))

    def ratings(self, view: View, *, veiled: bool = True) -> pd.DataFrame:
        """As `summarise_ratings` by touchpoint."""
        wave = self.chosen_wave(view)
        table = self.gap_table(view, [self.cells.wave(wave)], ["touchpoint"], veiled)
        table = self.sides_apart(table, dataclasses.replace(view, wave=wave), ["touchpoint"])
        return place_on_map(self.study, table, ["touchpoint"])

    def waves(self, view: View, *, veiled: bool = True) -> pd.DataFrame:
        """As `summarise_waves`: by touchpoint and wave, for the wave looked at and those before it."""
        waves, wave, keys = self.answered_waves(view), self.chosen_wave(view), ["touchpoint", "wave"]
        waves = waves[: waves.index(wave) + 1] if wave in waves else waves
        table = self.gap_table(view, [self.cells.wave(one) for one in waves], keys, veiled)
        given = (table[["n", "n_answered"]] > 0).any(axis=1) | (table["paired"] == "too few to show")
        table = table[given]
        table = self.sides_apart(table.reset_index(drop=True), dataclasses.replace(view, wave="all"), keys)
        return place_on_map(self.study, table, keys)

    def sides_apart(self, table: pd.DataFrame, view: View, keys: list[str]) -> pd.DataFrame:
        """`set_sides_apart` where nobody gave both sides in one answer, from the rows."""
        apart = (table["paired"] == "no pairs") & (table["n_expected"] > 0) & (table["n_experienced"] > 0)
        if not apart.any():
            return table
        return set_sides_apart(
            table, respondent_sums(find_answers(self.of(view)), keys, rated_values(self.study)), keys
        )

    def gap_table(self, view: View, waves: list[int], keys: list[str], veiled: bool = True) -> pd.DataFrame:
        """The gap table of a choice, group by group, from sums alone."""
        chosen, places = self.cells.chosen(view.personas, view.channels), self.touchpoints(view)
        cells = self.cells.sums
        rows = chosen[cells["pair"]] & places[cells["touchpoint"]] & cells["wave"].isin(waves).to_numpy()
        sums = cells[rows].drop(columns="pair").groupby(["touchpoint", "wave"], as_index=False).sum()
        lie = self.lie_of(chosen, waves)
        sums = sums.merge(lie, on=["touchpoint", "wave"], how="left", validate="one_to_one")
        sums["modal"] = sums["modal_gap"].fillna(0)
        for name in MEASURES:
            powers = (sums[f"power{power}_{name}"] for power in (1, 2, 3))
            sums[f"skewness_{name}"] = skewness_of(sums[f"n_{name}"], *powers)
        sums["skewness"] = sums["skewness_gap"]
        n = sums[[f"n_{name}" for name in NAMES]]
        hidden = ((n > 0) & (n < self.study.hide_below)).any(axis=1).to_numpy(copy=True)
        if veiled:
            beside = [not self.shown(view, row.touchpoint, row.wave) for row in sums.itertuples()]
            hidden |= np.array(beside, dtype=bool)
        sums["touchpoint"] = pd.Series(self.cells.touchpoints, dtype="str").reindex(sums["touchpoint"]).to_numpy()
        sums["wave"] = pd.Series([*self.cells.waves, None, "all"], dtype="str").reindex(sums["wave"]).to_numpy()
        table = self.guard(means_of(stated(sums, keys), keys, list(VALUES)), sums)
        return finish_gaps(self.study, table, sums, lambda table: hide(table, hidden))

    def guard(self, table: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
        """`guard_means` of both sides, from how their values lie."""
        for name, (low, high) in scales_of(self.study, ["expected", "experienced"]).items():
            figures = [table[f"se_{name}"], table[f"n_{name}"], table[f"n_effective_{name}"]]
            figures += [sums[f"{part}_{name}"].to_numpy(dtype=float) for part in ("modal", "skewness")]
            table[f"se_{name}"], worth = guard_rare_failures(*figures, high - low)
            table[f"n_effective_{name}"] = np.where(np.isnan(worth), figures[2], worth)
        return table

    def count_values(self) -> dict[int, tuple[np.ndarray, ...]]:
        """By wave: the pair, number of the value (within touchpoint and measure) and people of each value of a cell.

        A value only one person has is left out: where there is no other, one has the commonest.
        """
        values, found = self.cells.values, {}
        measures = values["measure"].map({name: place for place, name in enumerate(MEASURES)})
        place = values["touchpoint"] * len(MEASURES) + measures
        for wave in values["wave"].unique():
            own, group = values[values["wave"] == wave], place[values["wave"] == wave]
            number = own.groupby([group.to_numpy(), own["value"].to_numpy()], sort=True).ngroup().to_numpy()
            n = own["n"].to_numpy()
            kept = np.bincount(number, n)[number] > 1
            codes, number = np.unique(number[kept], return_inverse=True)
            group_of = np.zeros(len(codes), dtype=int)
            group_of[number] = group.to_numpy()[kept]
            found[wave] = own["pair"].to_numpy()[kept], number, n[kept], group_of
        return found

    def lie_of(self, chosen: np.ndarray, waves: list[int]) -> pd.DataFrame:
        """How many people have the commonest value of each measure, by touchpoint and wave."""
        size, tables = len(self.cells.touchpoints), []
        for wave in waves:
            modal = np.ones(size * len(MEASURES))
            if wave in self.counts:
                pair, number, n, group = self.counts[wave]
                rows = chosen[pair]
                np.maximum.at(modal, group, np.bincount(number[rows], n[rows], minlength=len(group)))
            modal = pd.DataFrame(modal.reshape(size, -1), columns=[f"modal_{name}" for name in MEASURES])
            tables.append(modal.assign(touchpoint=np.arange(size), wave=wave))
        columns = [*(f"modal_{name}" for name in MEASURES), "touchpoint", "wave"]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns).astype(int)

    def drivers(self, view: View) -> list[CrossProducts]:
        """As `summarise_drivers`."""
        study, wave = self.study, self.cells.wave(self.chosen_wave(view))
        if not study.settings.outcome or f"respondents.{study.settings.outcome}" not in study:
            return []
        if self.cells.moved and view.personas and wave == self.cells.every:
            return self.once("drivers", view, lambda: summarise_drivers(self.of(view)))
        chosen, places, cells = self.cells.chosen(view.personas, view.channels), self.touchpoints(view), self.cells.sums
        rows = cells[chosen[cells["pair"]] & places[cells["touchpoint"]] & (cells["wave"] == wave)]
        n = rows.groupby("touchpoint")["n_judged"].sum()
        least = max(study.hide_below, 1)
        kept = set(n.index[n >= least])
        stages = [*study.stages, None]
        order = {key: place for place, key in enumerate(study.touchpoints["touchpoint"])}
        named = sorted(self.cells.touchpoints, key=lambda key: (order.get(key, len(order)), key))
        found = []
        for stage in stages:
            every = [self.cells.touchpoints.index(key) for key in named if of_stage(self.stage_of[key], stage)]
            asked = [place for place in every if place in kept]
            if asked:
                choice = wave, view.personas, view.channels
                found.append(self.products.stage(stage or "", asked, every, *choice))
        return found

    def people(self, view: View) -> int:
        """As `count_people`: everybody of the personas and the wave who answered anything."""
        view = dataclasses.replace(view, wave=self.chosen_wave(view), stages=[], touchpoints=[], channels=[])
        people, chosen = self.cells.people, self.cells.sides(view.personas, [])[0]
        people = people[people["wave"] == self.cells.wave(self.chosen_wave(view))]
        some = [chosen[list(map(int, personas.split()))].any() for personas in people["personas"]]
        return int(people["n"][np.array(some, dtype=bool)].sum())

    def answers(self, view: View, touchpoint: str) -> pd.DataFrame:
        """How many of all customers gave which value, as `lay_bars`; empty where too few, or where it cannot be shown.

        That is where people answer in several waves that are looked at together: what they gave in each is shown too.
        """
        cells, wave, least = self.cells, self.cells.wave(self.chosen_wave(view)), self.study.hide_below
        if not self.study.scale or touchpoint not in cells.touchpoints:
            return lay_bars(cells.values.head(0), wave, np.arange(1), least)
        place, (low, high) = cells.touchpoints.index(touchpoint), self.study.scale
        shown = self.shown(View(), place, wave) and not (least and wave == cells.every and self.visible.again(place))
        values = cells.values[(cells.values["touchpoint"] == place) & shown]
        values = values[cells.chosen([], [])[values["pair"]] & (values["wave"] <= wave)]
        if wave != cells.every:
            values = values[values["wave"] == wave]
        return lay_bars(values, wave, np.arange(low, high + 1), least)

    def steps(self, view: View) -> pd.DataFrame:
        """As `summarise_transitions` of all customers, remembered; no rows where the study has no events."""
        if "events" not in self.study:
            return pd.DataFrame()
        everybody = View(as_of=view.as_of, where=view.where, wave=view.wave)
        return self.once("steps", everybody, lambda: summarise_transitions(self.of(everybody)))

    def quotes(self, view: View, touchpoint: str) -> list[str]:
        """Customers' own words on a touchpoint, redacted, where study.yaml shows them and ten people said something.

        Those of all customers: the quotes of some, beside those of all, would say whose they are.
        """
        if not self.study.settings.show_quotes or "feedback" not in self.study:
            return []
        whose = View(as_of=view.as_of, where=view.where)

        def choose() -> pd.DataFrame:
            feedback = find_feedback(self.of(whose), everywhere=True)
            return choose_quotes(feedback, find_typical_words(feedback, least=self.study.hide_below))

        quotes = self.once("quotes", whose, choose)
        return quotes.loc[quotes["touchpoint"] == touchpoint, "quote"].tolist()

    def once(self, what: str, view: View, find):
        """What was found before for the same choice, else found now."""
        if (what, repr(view)) not in self.memo:
            self.memo[what, repr(view)] = find()
        return self.memo[what, repr(view)]


def summarise_cube(study: Study) -> Cube:
    """What an explorer redraws from: every sum a report takes, of any choice of the study."""
    return Cube(study)


def of_stage(own: object, stage: str | None) -> bool:
    """Whether a touchpoint's stage is this one; None is no stage."""
    return own == stage if stage is not None else pd.isna(own)


def hide(table: pd.DataFrame, hidden: np.ndarray) -> pd.DataFrame:
    """The table, the figures of hidden rows blank and their n 0."""
    if hidden.any():
        for name in VALUES:
            figures = [f"{part}_{name}" for part in ("mean", "se", "n_effective")]
            table.loc[hidden, [figure for figure in figures if figure in table]] = np.nan
            if f"n_{name}" in table:
                table.loc[hidden, f"n_{name}"] = 0
    return table
