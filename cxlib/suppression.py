"""Small groups: which cells of a table to hide, so that the rest does not give them away."""

import numpy as np
import pandas as pd
from scipy import linalg

from cxlib.tables import StudyError

FLOOR = 3
"""The smallest `least` there is: a cell of one or two respondents is never shown."""

NOTHING = 1e-7
"""A coefficient or a remainder below this is zero; with rows of 0 and 1 what is not zero is far above."""

MAINLY = 0.8
"""A cell is a complement only where its coefficient is this part of the largest: one used less breaks nothing, and
would need complements itself (at 0, six linked tables of 255 cells hid 102 for 10 small ones; at 0.8, 17)."""

GIVEN_AWAY = (
    "What was published before already gives hidden groups away, {count} at least, so hiding more of it "
    "does not help. Leave this table out, or take back the earlier one."
)


def hide_cells(
    member: np.ndarray,
    n: np.ndarray,
    *,
    least: int = 5,
    table: np.ndarray | None = None,
    shown: np.ndarray | None = None,
    secret: np.ndarray | None = None,
    also: np.ndarray | None = None,
) -> np.ndarray:
    """Which cells to hide, so that no group of fewer than `least` respondents can be read or worked out.

    `member` has a row for each cell and a column for each atom (a finest group): 1 where the cell counts the atom, else
    0. `n` holds the respondents of each cell; they need not add up. `table` names the table of each cell where several
    are published at once. `shown` are rows published before, `secret` rows hidden before, both over the same atoms;
    `also` is True for cells to hide whatever their n.
    The result is True for a cell to hide: the small ones, and their complements. Whoever knows the rows that are shown
    works out a hidden one exactly where it lies in their span; then the smallest of the cells that it mainly takes is
    hidden too, until no hidden cell, and no small rest of a shown row, is left in the span. Where the earlier rows give
    something away by themselves, a StudyError (code 77) says so.

    >>> hide_cells(np.eye(4), [3, 9, 8, 40], shown=np.ones((1, 4))).tolist()
    [True, False, True, False]
    """
    if least < FLOOR:
        raise StudyError(f"Cells of fewer than {least} respondents were to be hidden; {FLOOR} is the least.", code=2)
    n = np.asarray(n, dtype=float)
    member, shown, secret = collapse_atoms(member, shown, secret)
    secret = secret[secret.any(axis=1)]
    hidden = (n > 0) & (n < least) & member.any(axis=1)
    hidden |= np.zeros(len(n), dtype=bool) if also is None else also & member.any(axis=1)
    if not hidden.any() and not len(secret):
        return hidden
    rest = remainder(np.vstack([member, secret]), shown)
    keep = np.append(hidden, np.ones(len(secret), dtype=bool))
    given = int((keep & (np.abs(rest).max(axis=1, initial=0) < NOTHING)).sum())
    if given:
        raise StudyError(GIVEN_AWAY.format(count=given), code=77)
    parts = partitions(member, shown, table)
    targets = np.vstack([np.eye(len(keep))[keep], small_unions(parts, keep, n, least)]) @ rest
    if not (np.abs(remainder(targets, rest[~keep])).max(axis=1, initial=0) < NOTHING).any():
        return keep[: len(n)]
    dependence = relations(rest)
    while True:
        more = complements(keep, n, dependence, small_unions(parts, keep, n, least))
        if not more.any():
            return keep[: len(n)]
        keep |= more


def recovered(shown: np.ndarray, secret: np.ndarray) -> np.ndarray:
    """Which secret rows can be worked out from the rows that are shown.

    Both have a column for each atom. A row of nobody is no secret, so it is never recovered.

    >>> recovered(np.array([[1, 1, 1], [1, 0, 0]]), np.array([[0, 1, 1], [0, 1, 0]])).tolist()
    [True, False]
    """
    secret, shown, _ = collapse_atoms(secret, shown, None)
    return secret.any(axis=1) & (np.abs(remainder(secret, shown)).max(axis=1, initial=0) < NOTHING)


def cells_of(atoms: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """The cells of a table by `keys`, in order, and the atoms of each.

    A blank is a group of its own, the last; without keys there is one cell, the total. The rows of the second result
    are the cells, its columns the atoms as they stand.

    >>> cells, member = cells_of(pd.DataFrame({"channel": ["web", "shop", "web"], "n": [3, 9, 8]}), ["channel"])
    >>> cells["channel"].tolist(), member.astype(int).tolist()
    (['shop', 'web'], [[0, 1, 0], [1, 0, 1]])
    """
    place = np.zeros(len(atoms), dtype=int)
    if keys:
        place = atoms.groupby(keys, dropna=False, observed=True, sort=True).ngroup().to_numpy()
    numbers, first = np.unique(place, return_index=True)
    return atoms[keys].iloc[first].reset_index(drop=True), place == numbers[:, None]


def join_reports(before: pd.DataFrame, now: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The atoms of two reports laid side by side, so that both can be audited as one.

    Both have `keys` and `n`, each combination once. An atom with the same n in both is taken for the same people: one
    row; any other has a row for each report. Columns: `keys`, and in `before` and `now` the atom's place in that
    report, −1 where it has none; `lay_out` takes them.

    >>> before = pd.DataFrame({"channel": ["web", "shop"], "n": [30, 9]})
    >>> join_reports(before, before.assign(n=[30, 12]), ["channel"])
      channel  before  now
    0     web       0    0
    1    shop       1   -1
    2    shop      -1    1
    """
    sides = [
        side[[*keys, "n"]].assign(**{name: np.arange(len(side))}) for name, side in (("before", before), ("now", now))
    ]
    joint = sides[0].merge(sides[1], on=[*keys, "n"], how="outer", validate="one_to_one")
    joint[["before", "now"]] = joint[["before", "now"]].fillna(-1).astype(int)
    last = joint[["before", "now"]].replace(-1, len(joint))
    order = np.lexsort([last["now"], last["before"]])
    return joint[[*keys, "before", "now"]].iloc[order].reset_index(drop=True)


def lay_out(member: np.ndarray, places: pd.Series) -> np.ndarray:
    """Rows of one report over the atoms of both; `places` is that report's column of `join_reports`.

    >>> lay_out(np.array([[1, 0], [0, 1]]), pd.Series([1, -1, 0])).tolist()
    [[0, 0, 1], [1, 0, 0]]
    """
    member, places = np.asarray(member), np.asarray(places)
    return np.where(places >= 0, member[:, places], 0)


def collapse_atoms(*tables: np.ndarray | None) -> list[np.ndarray]:
    """The same rows over fewer atoms: those that no row tells apart are one; None is a table without rows."""
    atoms = next(np.asarray(table).shape[1] for table in tables if table is not None)
    tables = [np.zeros((0, atoms), dtype=bool) if table is None else np.asarray(table) != 0 for table in tables]
    stacked = np.vstack(tables)
    packed = np.ascontiguousarray(np.packbits(stacked, axis=0).T)
    first = np.unique(packed, axis=0, return_index=True)[1] if packed.size else []
    rows = stacked[:, first].astype(float)
    return np.split(rows, np.cumsum([len(table) for table in tables])[:-1])


def remainder(rows: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """What is left of each row when the span of the shown rows is taken out of it (least squares)."""
    if not shown.size:
        return rows
    basis, triangle, _ = linalg.qr(shown.T, mode="economic", pivoting=True)
    basis = basis[:, np.flatnonzero(np.abs(np.diag(triangle)) > NOTHING)]
    return rows - (rows @ basis) @ basis.T


def relations(rows: np.ndarray) -> np.ndarray:
    """An orthonormal basis of all y with y @ rows = 0: the ways in which rows give one another away."""
    triangle = linalg.qr(rows.T, mode="r")[0][: len(rows)].T
    basis, triangle, _ = linalg.qr(triangle, pivoting=True)
    return basis[:, int((np.abs(np.diag(triangle)) > NOTHING).sum()) :].T


def partitions(member: np.ndarray, shown: np.ndarray, table: np.ndarray | None) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each table, the cells inside each row that they make up whole, and which cell that row itself is.

    The first is (rows, cells), True for a cell inside; the second the row's own place in `member`, −1 if it was shown.
    """
    wholes = np.vstack([shown, member])
    own = np.append(np.full(len(shown), -1), np.arange(len(member)))
    found = []
    for name in np.unique(table) if table is not None else [None]:
        cells = member.any(axis=1) & (True if name is None else np.asarray(table) == name)
        inside = (wholes @ member.T == member.sum(axis=1)) & cells
        whole = (inside.sum(axis=1) > 1) & (inside @ member == wholes).all(axis=1)
        found.append((inside[whole], own[whole]))
    return found


def small_unions(parts: list, keep: np.ndarray, n: np.ndarray, least: int) -> np.ndarray:
    """The hidden cells that a difference gives away together and that are together fewer than `least`; one a row."""
    unions = [np.zeros((0, len(keep)))]
    for inside, own in parts:
        hidden = inside & keep[: len(n)]
        known = (own < 0) | ~keep[own]
        few = known & (hidden.sum(axis=1) > 1) & (hidden @ n < least) & (inside & ~hidden).any(axis=1)
        unions.append(np.pad(hidden[few], ((0, 0), (0, len(keep) - len(n)))))
    return np.vstack(unions)


def complements(keep: np.ndarray, n: np.ndarray, dependence: np.ndarray, unions: np.ndarray) -> np.ndarray:
    """The next cells to hide: for each secret that can be worked out, the smallest of the cells used for it.

    `keep` is True for what is secret: cells first, as in `n`, then earlier rows. `dependence` comes from `relations`,
    `unions` from `small_unions`. A secret whose way out is blocked by a cell just chosen waits for the next round.
    """
    targets = np.vstack([np.eye(len(keep))[keep], unions])[:, keep]
    part = dependence[:, keep]
    weights = targets @ np.linalg.pinv(part, rcond=NOTHING)
    solved = np.abs(weights @ part - targets).max(axis=1, initial=0) < NOTHING
    more = np.zeros(len(keep), dtype=bool)
    for uses in np.abs((weights[solved] @ dependence)[:, : len(n)]) * ~keep[: len(n)]:
        if uses.max() < NOTHING:
            raise StudyError(GIVEN_AWAY.format(count=1), code=77)
        if not (uses[more[: len(n)]] > NOTHING).any():
            most = np.flatnonzero(uses > MAINLY * uses.max())
            more[most[n[most].argmin()]] = True
    return more
