"""Which touchpoints an explorer may show of which choice, so that no choices together give a small group away."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cxlib.summaries.cells import Cells
from cxlib.suppression import recovered

Group = frozenset[int]


@dataclass
class Scope:
    """What may be shown of one touchpoint in one wave, or in all: `total`, by persona, by channel, by `both`.

    `personas` and `channels` are classes that may be chosen whole or not at all; None where nothing may be chosen.
    """

    total: bool = False
    personas: list[Group] | None = None
    channels: list[Group] | None = None
    both: bool = False

    def shows(self, personas: Group | None, channels: Group | None) -> bool:
        """Whether a choice is shown; None is a list that is not narrowed."""
        asked = [(self.personas, personas), (self.channels, channels)]
        allowed = [known is not None and whole(known, some) for known, some in asked if some is not None]
        return self.total and all(allowed) and (len(allowed) < 2 or self.both)


@dataclass
class Visible:
    """The rule of an explorer: what is shown of every touchpoint, decided once for all choices there are.

    Atoms are a persona × the exact set of channels used × a wave. A touchpoint is shown in a wave where 0 or at least
    `least` people stand in it. Personas may be told apart where each is nobody or enough people; those of too few, with
    the next smallest, are one class, chosen together or not at all. So are channels, judged by the sets in which people
    used them; both at once where every class of personas × set is. With all waves the same is asked, and what is shown
    is set against all single waves: what would give a small group away by subtraction is not shown.
    """

    cells: Cells
    least: int
    known: dict[tuple[int, str], list[Scope]] = field(default_factory=dict)

    def __post_init__(self):
        whole = self.cells.used.any(axis=1) & (self.cells.used == self.cells.part).all(axis=1)
        sums = self.cells.sums
        self.atoms = sums[whole[sums["pair"].to_numpy()] & (sums["wave"] < self.cells.every)] if len(sums) else sums
        ways = len(self.cells.channels) + 1
        self.of_pair = [(int(s[0]) // ways, frozenset((s % ways).tolist())) if len(s) else (0, frozenset())
                        for s in map(np.flatnonzero, self.cells.used)]  # fmt: skip

    def shows(self, touchpoint: int, names: tuple[str, ...], wave: int, sides: tuple[Group | None, ...]) -> bool:
        """Whether all figures of `names` are shown of a touchpoint for a choice of wave, personas and channels."""
        if not self.least:
            return True
        place = min(wave, len(self.cells.waves))
        return all(self.scopes(touchpoint, name)[place].shows(*sides) for name in names)

    def scopes(self, touchpoint: int, name: str) -> list[Scope]:
        """What is shown of a touchpoint in each wave and, last, in all of them."""
        if (touchpoint, name) not in self.known:
            own = self.atoms[(self.atoms["touchpoint"] == touchpoint) & (self.atoms[f"n_{name}"] > 0)]
            counts = [(*self.of_pair[row.pair], row.wave, row.n) for row in
                      own[["pair", "wave"]].assign(n=own[f"n_{name}"].astype(int)).itertuples()]  # fmt: skip
            atoms = pd.DataFrame(counts, columns=["persona", "used", "wave", "n"])
            alike = tuple(atoms.itertuples(index=False, name=None))
            self.known[touchpoint, name] = self.known.get((touchpoint, alike)) or decide(
                atoms, len(self.cells.waves), self.least
            )
            self.known[touchpoint, alike] = self.known[touchpoint, name]
        return self.known[touchpoint, name]


def decide(atoms: pd.DataFrame, waves: int, least: int) -> list[Scope]:
    """The scopes of one touchpoint: of every wave, and of all waves beside those."""
    scopes, shown = [], [np.zeros((0, len(atoms)))]
    for wave in range(waves):
        here = (atoms["wave"] == wave).to_numpy()
        scope, rows = decide_scope(atoms, here, np.zeros((0, len(atoms))), least)
        scopes.append(scope)
        shown.append(rows)
    scope, _ = decide_scope(atoms, np.ones(len(atoms), dtype=bool), np.vstack(shown), least)
    return [*scopes, scope]


def decide_scope(atoms: pd.DataFrame, here: np.ndarray, shown: np.ndarray, least: int) -> tuple[Scope, np.ndarray]:
    """What may be shown of some atoms beside rows that are shown already, and the rows that come on top."""
    scope, n = Scope(), atoms["n"].to_numpy(dtype=float)
    if not here.any():
        return Scope(True, [], [], True), np.zeros((0, len(n)))
    secrets = small_groups(atoms, here if not len(shown) else np.ones(len(n), dtype=bool), least)
    personas = pool(atoms["persona"].map(lambda one: frozenset([one])), n, here, least)
    channels = pool(atoms["used"], n, here, least)
    kinds = [np.where(here, 0, -1)[None].T]
    kinds += [classes_of(atoms[name], sets) for name, sets in (("persona", personas), ("used", channels))]
    rows = np.zeros((0, len(n)))
    for part, keys, fits in (
        ("total", kinds[:1], True), ("personas", kinds[1:2], personas is not None),
        ("channels", kinds[2:], channels is not None), ("both", kinds[1:], True),
    ):  # fmt: skip
        fits = fits and (part == "total" or scope.total)
        fits = fits and (part != "both" or (scope.personas is not None and scope.channels is not None))
        more = cells_by(keys, here) if fits else rows[:0]
        small = ((more @ n) < least).any()
        together = np.vstack([shown, rows, more])
        if fits and not small and not (len(secrets) and recovered(together, secrets).any()):
            setattr(scope, part, {"personas": personas, "channels": channels}.get(part, True))
            rows = np.vstack([rows, more])
    return scope, rows


def pool(sets: pd.Series, n: np.ndarray, here: np.ndarray, least: int) -> list[Group] | None:
    """Classes of what people use, so that 0 or at least `least` people use each set of classes; None if all are one.

    The smallest set is put right first: two classes of it become one or, where it is one, it and the next smallest.
    """
    used, n = list(sets[here]), n[here]
    classes = [frozenset([one]) for one in sorted(set().union(*used))]
    while True:
        size = [sum(count for some, count in zip(used, n) if some & one) for one in classes]
        cells = {}
        for some, count in zip(used, n):
            key = tuple(place for place, one in enumerate(classes) if some & one)
            cells[key] = cells.get(key, 0) + count
        small = sorted((count, key) for key, count in cells.items() if count < least)
        if not small:
            return classes
        if len(classes) == 1:
            return None
        own = sorted(small[0][1], key=lambda place: (size[place], place))
        rest = sorted(set(range(len(classes))) - set(own), key=lambda place: (size[place], place))
        first, second = (own + rest)[:2]
        merged = classes[first] | classes[second]
        classes = [one for place, one in enumerate(classes) if place not in (first, second)] + [merged]


def classes_of(sets: pd.Series, classes: list[Group] | None) -> np.ndarray:
    """For each atom which classes it uses; shape (atoms, classes)."""
    wanted = [one if isinstance(one, frozenset) else frozenset([one]) for one in sets]
    return np.array([[bool(some & one) for one in classes or []] for some in wanted]).reshape(len(sets), -1)


def cells_by(kinds: list[np.ndarray], here: np.ndarray) -> np.ndarray:
    """A row for each cell by some kinds, 1 where it counts an atom."""
    keys = np.hstack([kind.astype(int) for kind in kinds])[here]
    number = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
    rows = np.zeros((number.max() + 1, len(here)))
    rows[number, np.flatnonzero(here)] = 1
    return rows


def small_groups(atoms: pd.DataFrame, here: np.ndarray, least: int) -> np.ndarray:
    """Groups of 1 to `least` − 1 people by persona, set of channels, channel and wave; a row each."""
    n, found = atoms["n"].to_numpy(dtype=float), [np.zeros((0, len(atoms)))]
    number = {name: pd.factorize(atoms[name])[0][:, None] for name in ("persona", "used", "wave")}
    for names in (["persona"], ["used"], ["persona", "used"]):
        for more in ([], ["wave"]):
            found.append(cells_by([number[name] for name in names + more], here))
    channels = sorted(set().union(*atoms.loc[here, "used"]))
    for channel in channels:
        uses = here & np.array([channel in some for some in atoms["used"]])
        for more in (["wave"], ["persona", "wave"], ["persona"]):
            found.append(cells_by([number[name] for name in more], uses))
        found.append(uses[None].astype(float))
    found.append(cells_by([number["wave"]], here))
    rows = np.vstack(found)
    rows = rows[(rows @ n < least)]
    return np.unique(rows, axis=0) if len(rows) else rows


def whole(classes: list[Group], chosen: Group) -> bool:
    """Whether a choice takes every class whole or not at all."""
    return all(not one & chosen or one <= chosen for one in classes)
