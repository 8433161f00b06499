"""Which touchpoints an explorer may show of which choice, so that no choices together give a small group away."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cxlib.summaries.cells import PEOPLE, VALUES, Cells
from cxlib.suppression import recovered

Group = frozenset[int]
MOST_WAYS = 2000  # through the waves at one touchpoint; of more, all waves together are not shown


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

    Atoms are a persona × the exact set of channels used × a wave, of people who went the same way through the waves;
    who answers in several waves is one person. A touchpoint is shown in a wave where 0 or at least `least` people stand
    in it. Personas may be told apart where each is nobody or enough people; those of too few, with the next smallest,
    are one class, chosen together or not at all. So are channels, judged by the sets in which people used them; both at
    once where every class of personas × set is. With all waves the same is asked, of what people did over all of them
    too; those who answer again are nobody or enough; and what is shown is set against all single waves: what would give
    a small group away by subtraction is not shown. How many people there are is decided as of a touchpoint, `PEOPLE`.
    """

    cells: Cells
    least: int
    known: dict[tuple[int, str], list[Scope]] = field(default_factory=dict)

    def __post_init__(self):
        channels = len(self.cells.channels) + 1
        self.of_pair = [(int(s[0]) // channels, frozenset((s % channels).tolist())) if len(s) else (0, frozenset())
                        for s in map(np.flatnonzero, self.cells.used)]  # fmt: skip
        self.ways = {touchpoint: own for touchpoint, own in self.cells.ways.groupby("touchpoint")}

    def shows(self, touchpoint: int, names: tuple[str, ...], wave: int, sides: tuple[Group | None, ...]) -> bool:
        """Whether all figures of `names` are shown of a touchpoint for a choice of wave, personas and channels."""
        if not self.least:
            return True
        place = min(wave, len(self.cells.waves))
        return all(self.scopes(touchpoint, name)[place].shows(*sides) for name in names)

    def scopes(self, touchpoint: int, name: str) -> list[Scope]:
        """What is shown of a touchpoint in each wave and, last, in all of them."""
        if (touchpoint, name) not in self.known:
            atoms = self.atoms(touchpoint, 1 << VALUES.index(name))
            alike = tuple(atoms.itertuples(index=False, name=None))
            self.known[touchpoint, name] = self.known.get((touchpoint, alike)) or decide(
                atoms, len(self.cells.waves), self.least
            )
            self.known[touchpoint, alike] = self.known[touchpoint, name]
        return self.known[touchpoint, name]

    def again(self, touchpoint: int) -> bool:
        """Whether anybody answers in several waves at a touchpoint."""
        return touchpoint in self.ways and bool(self.ways[touchpoint]["way"].str.contains(" ").any())

    def atoms(self, touchpoint: int, bit: int) -> pd.DataFrame:
        """Who gave a value at a touchpoint: `persona`, `used`, `wave`, their `way` through the waves, `n` people."""
        found = {}
        for way, n in self.ways[touchpoint][["way", "n"]].itertuples(index=False) if touchpoint in self.ways else ():
            steps = [tuple(map(int, step.split(":"))) for step in way.split()]
            key = tuple((wave, place) for wave, place, bits in steps if bits & bit)
            found[key] = found.get(key, 0) + int(n)
        places = [(place, frozenset([0])) for place in range(len(self.cells.personas) + 1)]
        sides = places if touchpoint == PEOPLE else self.of_pair
        rows = [
            (*sides[place], wave, way, n) for way, (key, n) in enumerate(sorted(found.items())) for wave, place in key
        ]
        return pd.DataFrame(rows, columns=["persona", "used", "wave", "way", "n"])


def decide(atoms: pd.DataFrame, waves: int, least: int) -> list[Scope]:
    """The scopes of one touchpoint: of every wave, and of all waves beside those."""
    scopes, shown = [], [np.zeros((0, len(atoms)))]
    atoms = atoms.assign(again=atoms.duplicated("way", keep=False))
    for wave in range(waves):
        here = (atoms["wave"] == wave).to_numpy()
        scope, rows = decide_scope(atoms.assign(again=False), here, np.zeros((0, len(atoms))), least)
        scopes.append(scope)
        shown.append(rows)
    if atoms["way"].nunique() > MOST_WAYS:
        return [*scopes, Scope()]
    scope, _ = decide_scope(atoms, np.ones(len(atoms), dtype=bool), np.vstack(shown), least)
    return [*scopes, scope]


def decide_scope(atoms: pd.DataFrame, here: np.ndarray, shown: np.ndarray, least: int) -> tuple[Scope, np.ndarray]:
    """What may be shown of some atoms beside rows that are shown already, and the rows that come on top."""
    scope, own = Scope(), atoms[here]
    if own.empty:
        return Scope(True, [], [], True), np.zeros((0, len(atoms)))
    secrets = small_groups(atoms, here if not len(shown) else np.ones(len(atoms), dtype=bool), least)
    single = own["persona"].map(lambda one: frozenset([one]))
    sets = {"persona": [single, over_waves(own, single)], "used": [own["used"], over_waves(own, own["used"])]}
    classes = {name: pool(both, own, least) for name, both in sets.items()}
    rows = np.zeros((0, len(atoms)))
    parts = {"total": [], "personas": ["persona"], "channels": ["used"], "both": ["persona", "used"]}
    for part, names in parts.items():
        known = part != "both" or (scope.personas is not None and scope.channels is not None)
        if any(classes[name] is None for name in names) or not known or (names and not scope.total):
            continue
        kinds = [np.hstack([np.zeros((len(own), 1)), *(classes_of(sets[name][place], classes[name]) for name in names)])
                 for place in (0, 1)]  # fmt: skip
        more = np.zeros((len(np.unique(kinds[0], axis=0)), len(atoms)))
        more[:, here] = cells_by(kinds[0])
        together = np.vstack([shown, rows, more])
        if not any(is_small(kind, own, least) for kind in kinds) and not recovered(together, secrets).any():
            setattr(scope, part, classes[names[0]] if len(names) == 1 else True)
            rows = np.vstack([rows, more])
    return scope, rows


def over_waves(atoms: pd.DataFrame, sets: pd.Series) -> pd.Series:
    """What the people of each atom use over all of its waves."""
    if not atoms["again"].any():
        return sets
    return atoms["way"].map(sets.groupby(atoms["way"]).agg(lambda own: frozenset().union(*own)))


def count_people(rows: np.ndarray, atoms: pd.DataFrame) -> np.ndarray:
    """How many people stand in each row of atoms; who stands in several atoms of it is one."""
    way, first, place = np.unique(atoms["way"], return_index=True, return_inverse=True)
    touched = np.zeros((len(rows), len(way)))
    row, atom = np.nonzero(rows)
    touched[row, place[atom]] = 1
    return touched @ atoms["n"].to_numpy(dtype=float)[first]


def small_cells(kind: np.ndarray, atoms: pd.DataFrame, least: int) -> list[tuple[float, tuple]]:
    """The cells of fewer than `least` people, or of as few who answer again, smallest first: n and what they use."""
    keys, rows = np.unique(kind.astype(int), axis=0), cells_by(kind)
    again = count_people(rows * atoms["again"].to_numpy(), atoms)
    n = count_people(rows, atoms)
    few = (n < least) | ((again > 0) & (again < least))
    return sorted((n[place], tuple(np.flatnonzero(keys[place]).tolist())) for place in np.flatnonzero(few))


def is_small(kind: np.ndarray, atoms: pd.DataFrame, least: int) -> bool:
    """Whether any cell is of too few people."""
    return bool(small_cells(kind, atoms, least))


def pool(both: list[pd.Series], atoms: pd.DataFrame, least: int) -> list[Group] | None:
    """Classes of what people use, so that 0 or at least `least` people use each set of classes; None if all are one.

    `both` is what they use in a wave, and over all waves. The smallest set is put right first: two classes of it become
    one or, where it is one, it and the next smallest.
    """
    classes = [frozenset([one]) for one in sorted(set().union(*both[0]))]
    while True:
        kinds = [classes_of(sets, classes) for sets in both]
        small = min((cells[0] for cells in (small_cells(kind, atoms, least) for kind in kinds) if cells), default=None)
        if small is None:
            return classes
        if len(classes) == 1:
            return None
        size = count_people(kinds[0].T, atoms)
        own = sorted(small[1], key=lambda place: (size[place], place))
        rest = sorted(set(range(len(classes))) - set(own), key=lambda place: (size[place], place))
        first, second = (own + rest)[:2]
        merged = classes[first] | classes[second]
        classes = [one for place, one in enumerate(classes) if place not in (first, second)] + [merged]


def classes_of(sets: pd.Series, classes: list[Group] | None) -> np.ndarray:
    """For each atom which classes it uses; shape (atoms, classes)."""
    wanted = [one if isinstance(one, frozenset) else frozenset([one]) for one in sets]
    return np.array([[bool(some & one) for one in classes or []] for some in wanted]).reshape(len(sets), -1)


def cells_by(kind: np.ndarray) -> np.ndarray:
    """A row for each cell, 1 where it counts an atom; atoms of the same `kind` (atoms, columns) are in one cell."""
    number = np.unique(kind.astype(int), axis=0, return_inverse=True)[1].ravel()
    rows = np.zeros((number.max(initial=-1) + 1, len(kind)))
    rows[number, np.arange(len(kind))] = 1
    return rows


def small_groups(atoms: pd.DataFrame, here: np.ndarray, least: int) -> np.ndarray:
    """Groups of 1 to `least` − 1 people by persona, set of channels, channel and wave; a row each."""
    own = atoms[here]
    number = {name: pd.factorize(own[name])[0] for name in ("persona", "used", "wave")}
    kinds = [["persona"], ["used"], ["persona", "used"]]
    found = [cells_by(np.stack([number[name] for name in names + more], axis=1))
             for names in kinds for more in ([], ["wave"])]  # fmt: skip
    found += [cells_by(number["wave"][:, None]), np.ones((1, len(own)))]
    for channel in sorted(set().union(*own["used"])):
        uses = np.array([channel in some for some in own["used"]])
        found += [rows * uses for rows in (found[0], found[1], found[6], found[7])]
    rows = np.vstack(found)
    n = count_people(rows, own)
    few = np.unique(rows[(n > 0) & (n < least)], axis=0)
    groups = np.zeros((len(few), len(atoms)))
    groups[:, here] = few
    return groups


def whole(classes: list[Group], chosen: Group) -> bool:
    """Whether a choice takes every class whole or not at all."""
    return all(not one & chosen or one <= chosen for one in classes)
