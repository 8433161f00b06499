"""Can hidden cells be worked out? Random tables, and an attacker who solves for them.

python -m tests.proof.suppression --tables 5000 --seed 1
"""

from itertools import combinations

import numpy as np
import pandas as pd

from cxlib.suppression import cells_of, hide_cells, join_reports, lay_out
from cxlib.tables import StudyError
from tests.proof.page import compose_section, in_markdown, run_suite

HEADING = "Small groups: can what is hidden be worked out?"

METHOD = """Counts of people in random tables, about half of the cells of 0 to 6 people, published with all margins and
the total; groups of fewer than five are hidden, and their complements. The attacker solves all that is shown
as one system of equations, in whole numbers modulo a prime. *Recovered without complements*: how many of the
small groups could be worked out if only they were hidden. *Linked*: seven tables, one after the other, each
bound by those before; a table that cannot be protected any more is left out (a report decides on all its
tables at once). *Two reports*: the same study twice, some groups grown, both reports against every group that
either hides."""

PRIME = 2**31 - 1
LEAST = 5


def attack(shown: np.ndarray, values: np.ndarray, secret: np.ndarray) -> np.ndarray:
    """The value of each secret row, solved from the shown rows and their values; −1 where that cannot be done.

    Gauss and Jordan in whole numbers modulo a prime of 2³¹, so nothing is rounded; what is solved is a count.
    """
    system = np.column_stack([shown, values]).astype(np.int64)
    targets = np.column_stack([secret, np.zeros(len(secret))]).astype(np.int64)
    for column in range(secret.shape[1]):
        rows = np.flatnonzero(system[:, column])
        if len(rows):
            pivot = system[rows[0]] * pow(int(system[rows[0], column]), -1, PRIME) % PRIME
            system = np.delete(system, rows[0], axis=0)
            system = (system - system[:, [column]] * pivot) % PRIME
            targets = (targets - targets[:, [column]] * pivot) % PRIME
    solved = ~targets[:, :-1].any(axis=1)
    return np.where(solved, -targets[:, -1] % PRIME, -1)


def random_atoms(rng: np.random.Generator, ways: int) -> pd.DataFrame:
    """A table of `ways` keys with skewed counts, about half of them 0 to 6; at least 20 people in all."""
    sizes = rng.integers(2, {1: 9, 2: 7, 3: 5}[ways], ways)
    grid = np.indices(sizes).reshape(ways, -1).T
    few = rng.random(len(grid)) < rng.uniform(0.1, 0.6)
    n = np.where(few, rng.integers(0, 7, len(grid)), rng.lognormal(3, 1, len(grid)).astype(int))
    n[0] += 20
    atoms = pd.DataFrame(grid, columns=list("abc")[:ways]).assign(n=n)
    return atoms[atoms["n"] > 0].reset_index(drop=True)


def margins(atoms: pd.DataFrame) -> list[np.ndarray]:
    """The rows of every table of the atoms, from those of one key to that of all."""
    keys = [key for key in atoms if key != "n"]
    return [cells_of(atoms, list(some))[1] for many in range(len(keys)) for some in combinations(keys, many + 1)]


def publish(batches: list[list[np.ndarray]], n: np.ndarray, shown: np.ndarray, secret: np.ndarray) -> dict:
    """Hide cells in one batch of tables after the other; a batch that cannot be kept secret is left out.

    `naive` is what would be shown, and `small` what would be hidden, if small cells alone were.
    """
    done = {"cells": 0, "left_out": 0, "shown": shown, "secret": secret, "naive": shown, "small": secret[:0]}
    for batch in batches:
        cells, names = np.vstack(batch), np.repeat(np.arange(len(batch)), [len(table) for table in batch])
        counts = cells @ n
        try:
            hidden = hide_cells(cells, counts, least=LEAST, table=names, shown=done["shown"], secret=done["secret"])
        except StudyError:
            done["left_out"] += len(batch)
            continue
        small = (counts > 0) & (counts < LEAST)
        done["cells"] += len(cells)
        for name, rows in (("shown", ~hidden), ("secret", hidden), ("naive", ~small), ("small", small)):
            done[name] = np.vstack([done[name], cells[rows]])
    return done


def audit(done: dict, n: np.ndarray) -> dict:
    """What the attacker solves for: of the hidden cells, and of the small ones if these alone were hidden."""
    found = attack(done["shown"], done["shown"] @ n, done["secret"]) == done["secret"] @ n
    naive = attack(done["naive"], done["naive"] @ n, done["small"]) == done["small"] @ n
    return {
        "cells": done["cells"],
        "small": len(done["small"]),
        "hidden": len(done["secret"]),
        "naive": int(naive.sum()),
        "recovered": int(found.sum()),
        "left_out": done["left_out"],
    }


def try_at_once(rng: np.random.Generator, ways: int) -> dict:
    """All tables of one study hidden together, under a total that is shown."""
    atoms = random_atoms(rng, ways)
    nobody = np.zeros((0, len(atoms)))
    n = atoms["n"].to_numpy()
    return audit(publish([margins(atoms)], n, np.ones((1, len(atoms))), nobody), n)


def try_linked(rng: np.random.Generator) -> dict:
    """One table of a study after the other, each hidden beside what is out already."""
    atoms = random_atoms(rng, 3)
    nobody = np.zeros((0, len(atoms)))
    n = atoms["n"].to_numpy()
    return audit(publish([[table] for table in margins(atoms)], n, np.ones((1, len(atoms))), nobody), n)


def grow(rng: np.random.Generator, atoms: pd.DataFrame) -> pd.DataFrame:
    """The next report's atoms: many unchanged, some grown, some shrunk, perhaps to nobody; in another order."""
    change = rng.choice([0, 1, 2, 9, -1, -3, -9], len(atoms), p=[0.5, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05])
    now = atoms.assign(n=np.maximum(atoms["n"] + change, 0))
    return now[now["n"] > 0].sample(frac=1, random_state=int(rng.integers(2**31)))


def try_reports(rng: np.random.Generator, ways: int = 2) -> dict:
    """Two reports in succession, the second hidden beside the first; the attacker has both, totals and all."""
    before = random_atoms(rng, ways)
    now = grow(rng, before)
    joint = join_reports(before, now, [key for key in before if key != "n"])
    sides = {}
    for name, atoms in (("before", before), ("now", now)):
        sides[name] = [lay_out(table, joint[name]) for table in [np.ones((1, len(atoms))), *margins(atoms)]]
    n = np.where(joint["before"] >= 0, before["n"].to_numpy()[joint["before"]], now["n"].to_numpy()[joint["now"]])
    nobody = np.zeros((0, len(joint)))
    return audit(publish([sides["before"], sides["now"]], n, nobody, nobody), n)


KINDS = {
    "one-way": (try_at_once, {"ways": 1}),
    "two-way": (try_at_once, {"ways": 2}),
    "three-way": (try_at_once, {"ways": 3}),
    "linked, one by one": (try_linked, {}),
    "two reports": (try_reports, {}),
}


def run(kind: str, tables: int, seed: int) -> pd.Series:
    """The sums over that many random studies of a kind."""
    trial, options = KINDS[kind]
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    return pd.DataFrame([trial(rng, **options) for _ in range(tables)]).sum()


def write_section(tables: int, seed: int) -> str:
    """The section of the proof: what was tried, and one line for each kind."""
    found = pd.DataFrame({kind: run(kind, tables, seed) for kind in KINDS}).T
    naive = (100 * found["naive"] / found["small"]).map("{:.1f}\u00a0%".format)
    shown = found.drop(columns="naive").astype("int64").map("{:,}".format)
    shown.insert(3, "recovered without complements", naive)
    shown = shown.rename(columns={"hidden": "hidden in all", "left_out": "left out"}).rename_axis("kind").reset_index()
    return compose_section(
        HEADING,
        tried=f"An attacker solves all that is published for the groups that are hidden, in {tables:,} random studies "
        f"of each of {len(KINDS)} kinds, together {int(found['small'].sum()):,} groups of fewer than {LEAST} people.",
        held=f"He works out {int(found['recovered'].sum()):,} of {int(found['hidden'].sum()):,} hidden groups. Were "
        f"only small groups hidden, and no others beside them, it would be {percent(found)} of the small ones.",
        refused=f"Groups of fewer than {LEAST} people, and others that would give them away, are not shown; a table "
        f"that earlier ones would give away is left out ({int(found['left_out'].sum()):,} here). Not tried: narrowing "
        "a count "
        "down to a range, and what somebody knows from elsewhere.",
        body=f"{METHOD}\n\n{in_markdown(shown)}\n\n{tables:,} random studies of each kind, seed {seed}.",
    )


def percent(found: pd.DataFrame) -> str:
    """How many of the small groups are worked out where they alone are hidden."""
    return f"{100 * found['naive'].sum() / found['small'].sum():.0f}\u00a0%"


if __name__ == "__main__":
    run_suite(__doc__, write_section, tables=5000)
