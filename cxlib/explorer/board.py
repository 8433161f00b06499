"""The explorer's board: controls in one block, one sentence on what is looked at, and linked views in tabs."""

from pathlib import Path

import ipywidgets as widgets

from cxlib.catalogue import tell
from cxlib.charts.theme import use_theme
from cxlib.explorer.drawing import (
    describe_look,
    detail_html,
    gaps_html,
    map_html,
    priorities_html,
    said,
)
from cxlib.explorer.saving import name_path, report_command, view_yaml, write_view
from cxlib.explorer.tables import Look, Options
from cxlib.study import View
from cxlib.summaries.cube import Cube
from cxlib.tables import StudyError

LISTS = {"stages": "stages", "touchpoints": "touchpoints", "personas": "personas", "channels": "channels"}
CONFIDENCES = [0.8, 0.9, 0.95, 0.99]
LOOK = (Path(__file__).parent / "board.css").read_text(encoding="utf-8")


def explore_study(
    cube: Cube, *, view: View, options: Options = Options(), study_path: str = "", views_path: str = ""
) -> widgets.VBox:
    """Controls and linked views of a study: gaps, journey map, priorities and one touchpoint, redrawn at every change.

    `cube` comes from `summarise_cube`, `view` and `options` are chosen at first. Views are saved in `views_path`, else
    in views/ of the study's folder.
    """
    return Board(Look(cube), view, options, study_path, views_path).shown


class Board:
    """The widgets and what they show; tables come from a `Look`, HTML from `drawing`."""

    def __init__(self, look: Look, view: View, options: Options, study_path: str, views_path: str):
        use_theme()
        self.look, self.first, self.options = look, view, options
        self.study_path, self.views_path = study_path or look.study.folder, views_path
        self.quiet, self.drawn, self.apart = False, {}, look.cube.apart_in(View(wave=view.wave))
        self.lists = {name: self.new_list(name) for name in LISTS}
        self.others = new_controls(look.cube.choices["waves"], view, options)
        self.place = self.new_place()
        self.sentence = widgets.HTML()
        self.views = {name: widgets.HTML() for name in ("gaps", "map", "priorities", "detail")}
        self.tabs = self.new_tabs()
        self.shown = widgets.VBox([widgets.HTML(f"<style>{LOOK}</style>"), self.block(), self.sentence, self.tabs])
        self.shown.children += (self.saver(),)
        self.shown.add_class("cx-explorer")
        for control in (*self.lists.values(), *self.others.values(), self.place):
            control.observe(self.redraw, names="value")
        self.tabs.observe(self.redraw, names="selected_index")
        self.redraw()

    def new_list(self, name: str) -> widgets.SelectMultiple:
        """A list to choose several from, those chosen at first marked."""
        options = self.choices(name)
        keys = [key for _, key in options]
        chosen = [key for key in getattr(self.first, name) if key in keys]
        rows = min(6, max(3, len(options)))
        return widgets.SelectMultiple(options=options, value=chosen, description=tell(LISTS[name]), rows=rows)

    def new_place(self) -> widgets.Dropdown:
        """The touchpoint of the detail: the one asked for, else the first of the gap table."""
        places = self.places()
        keys = [key for _, key in places]
        worst = self.look.gaps(self.first, self.options)["touchpoint"] if places else []
        wanted = [self.options.touchpoint, *worst]
        value = next((key for key in wanted if key in keys), None)
        return widgets.Dropdown(description=tell("touchpoint"), options=places, value=value)

    def choices(self, name: str, stages: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        """(what people read, key) of each choice; of touchpoints, those of the chosen stages."""
        found = self.look.cube.choices[name]
        if name in self.apart:
            few = tell("too few")
            return [(key if key in self.apart[name] else f"{key} ({few})", key) for key in found]
        if name != "touchpoints":
            return [(key, key) for key in found]
        places = self.look.study.touchpoints
        within = set(places.loc[places["stage"].isin(stages), "touchpoint"]) if stages else set(found)
        return [(label, key) for key, label in found.items() if key in within]

    def block(self) -> widgets.VBox:
        """Lists that have anything to choose, then the other controls, in lines that wrap."""
        lists = [control for control in self.lists.values() if control.options]
        again = widgets.Button(description=tell("Choose nothing"), tooltip=tell("All stages, touchpoints, …"))
        again.on_click(self.clear)
        hint = tell("Ctrl (or Cmd) and a click choose several. Nothing chosen means all.")
        rows = [
            widgets.Box(lists),
            widgets.Box([*self.others.values()]),
            widgets.Box([again, widgets.HTML(said(hint))]),
        ]
        block = widgets.VBox(rows)
        block.add_class("cx-controls")
        return block

    def new_tabs(self) -> widgets.Tab:
        """Four views, the first open; the others are drawn when they are first looked at."""
        detail = widgets.VBox([self.place, self.views["detail"]])
        children = [self.views["gaps"], self.views["map"], self.views["priorities"], detail]
        return widgets.Tab(children, titles=[tell("Gaps"), tell("Map"), tell("Priorities"), tell("One touchpoint")])

    def saver(self) -> widgets.VBox:
        """A name and a button that keep the view as a file."""
        name = widgets.Text(description=tell("name"), placeholder="senior-web")
        button, answer = widgets.Button(description=tell("Save this view")), widgets.HTML()
        button.on_click(lambda _: setattr(answer, "value", self.save(name.value)))
        box = widgets.VBox([widgets.Box([name, button]), answer])
        box.add_class("cx-save")
        return box

    def save(self, name: str) -> str:
        """Write the view; what was written and what to type, or why nothing was, as HTML."""
        view, options = self.chosen()
        home = self.views_path or Path(name_path(self.study_path)) / "views"
        folder = Path(self.views_path) if self.views_path else self.look.study.folder / "views"
        try:
            path = write_view(name, view, options, folder=folder)
        except StudyError as error:
            return said(str(error), "cx-refused")
        command = report_command(self.study_path, Path(home) / path.name)
        return said(tell("Saved as {name}. For its report:", name=path.name)) + "".join(
            said(text, "cx-code") for text in (command, view_yaml(view, options))
        )

    def chosen(self) -> tuple[View, Options]:
        """What the controls say."""
        lists = {name: list(control.value) for name, control in self.lists.items()}
        values = {name: control.value for name, control in self.others.items()}
        view = View(as_of=self.first.as_of, where=self.first.where, wave=values.pop("wave"), **lists)
        return view, Options(**values, touchpoint=self.place.value or "", seed=self.options.seed)

    def places(self) -> list[tuple[str, str]]:
        """The touchpoints whose detail can be looked at."""
        stages, touchpoints = (self.lists[name].value for name in ("stages", "touchpoints"))
        return [one for one in self.choices("touchpoints", stages) if not touchpoints or one[1] in touchpoints]

    def clear(self, _=None) -> None:
        """Nothing chosen in any list."""
        self.quiet = True
        for control in self.lists.values():
            control.value = ()
        self.quiet = False
        self.redraw()

    def fit(self) -> None:
        """Touchpoints to choose from are those of the chosen stages, for the detail those chosen.

        A persona or channel of too few people in the wave looked at is marked.
        """
        self.apart = self.look.cube.apart_in(View(wave=self.others["wave"].value))
        for name in self.apart:
            control, options = self.lists[name], self.choices(name)
            if list(control.options) != options:
                chosen = control.value
                control.options = options
                control.value = chosen
        places = self.lists["touchpoints"]
        for control, options in ((places, self.choices("touchpoints", self.lists["stages"].value)), (self.place, None)):
            options, chosen = self.places() if options is None else options, control.value
            if list(control.options) != options:
                keys = [key for _, key in options]
                control.options = options
                if control is self.place:
                    control.value = chosen if chosen in keys else next(iter(keys), None)
                else:
                    control.value = [key for key in chosen if key in keys]

    def redraw(self, _=None) -> None:
        """Draw the open view again, and the sentence, where what they hang on has changed."""
        if self.quiet:
            return
        self.quiet = True
        self.fit()
        self.quiet = False
        view, options = self.chosen()
        sure, weights = options.confidence, (options.impact_weight, options.feasibility_weight, options.top)
        self.draw("sentence", self.sentence, view, lambda: said(describe_look(self.look, view), "cx-said"))
        name, key, make = [
            ("gaps", (view, sure), gaps_html),
            ("map", (view, sure), map_html),
            ("priorities", (view, sure, weights), priorities_html),
            ("detail", (view, sure, options.touchpoint), detail_html),
        ][self.tabs.selected_index or 0]
        self.draw(name, self.views[name], key, lambda: make(self.look, view, options))

    def draw(self, name: str, place: widgets.HTML, key: object, make) -> None:
        """Put what `make()` says into its place, unless it is there."""
        if self.drawn.get(name) == key:
            return
        place.value = place.value or said(tell("Drawing …"), "cx-note")
        try:
            place.value = make()
        except StudyError as error:
            place.value = said(str(error), "cx-refused")
        self.drawn[name] = key


def new_controls(waves: list[str], view: View, options: Options) -> dict[str, widgets.ValueWidget]:
    """Wave, confidence, both weights and how many are the first; a value given at first is always among the choices."""
    latest = [(tell("latest ({wave})", wave=waves[-1]) if waves else tell("latest"), "latest")]
    named = [*latest, *((wave, wave) for wave in reversed(waves)), (tell("all waves"), "all")]
    sure = sorted({*CONFIDENCES, options.confidence})
    weigh = dict(min=0.0, step=0.25, continuous_update=False, readout_format=".2f")
    weights = {
        name: widgets.FloatSlider(
            getattr(options, name), max=max(3.0, getattr(options, name)), description=words, **weigh
        )
        for name, words in (
            ("impact_weight", tell("weight of impact")),
            ("feasibility_weight", tell("weight of feasibility")),
        )
    }
    return {
        "wave": widgets.Dropdown(options=named, value=view.wave, description=tell("wave")),
        "confidence": widgets.Dropdown(
            options=[(f"{100 * one:g}\u00a0%", one) for one in sure], value=options.confidence,
            description=tell("confidence"),
        ),
        **weights,
        "top": widgets.IntSlider(
            options.top, min=1, max=max(10, options.top), continuous_update=False,
            description=tell("how many come first"),
        ),
    }  # fmt: skip
