"""Small groups: which rows of a summary are not shown, the same whichever notebook asks."""

from dataclasses import dataclass

import narwhals as nw
import numpy as np
import pandas as pd

from cxlib.study import Study
from cxlib.summaries.answers import chosen_wave, joined_answers, rated_values, waves_so_far
from cxlib.suppression import cells_of, hide_cells, join_reports, lay_out, recovered
from cxlib.tables import StudyError

STANDARD = {
    "answers": [
        *(["touchpoint"], ["stage"], ["dimension"], ["persona"], ["channel"], ["stage", "persona"]),
        *(["touchpoint", "wave"], ["touchpoint", "persona"], ["touchpoint", "channel"], ["persona", "stage", "wave"]),
    ],
    "people": [["persona"], ["wave"]],
}
"""The groupings a report shows, whatever it is asked for; the one asked for (`by`) comes on top."""


OTHERS = "others"


@dataclass(frozen=True)
class Decision:
    """What is shown of one value: its `atoms` (the finest groups, with n) and every cell of every grouping.

    `tables` has a row a cell: `grouping`, `cell` (its keys in alphabetical order), `n` and `hidden`.
    """

    atoms: pd.DataFrame
    wave: str
    tables: pd.DataFrame

    def groupings(self) -> list[str]:
        """The names of the groupings, in their order."""
        return list(dict.fromkeys(self.tables["grouping"]))

    def cells(self) -> set[tuple[str, tuple]]:
        """The grouping and keys of every cell."""
        return set(zip(self.tables["grouping"], self.tables["cell"]))

    def hidden_cells(self) -> set[tuple[str, tuple]]:
        """The grouping and keys of every cell that is hidden."""
        hidden = self.tables[self.tables["hidden"].astype(bool)]
        return set(zip(hidden["grouping"], hidden["cell"]))

    def remember(self) -> dict:
        """As JSON has it."""
        return {
            "atoms": self.atoms.to_dict("split", index=False),
            "wave": self.wave,
            "tables": self.tables.to_dict("split", index=False),
        }

    @classmethod
    def recall(cls, said: dict) -> "Decision":
        """From what JSON has."""
        atoms, tables = (pd.DataFrame(**said[name]) for name in ("atoms", "tables"))
        return cls(atoms, said["wave"], tables.assign(cell=tables["cell"].map(tuple)))


def show_groups(
    study: Study,
    table: pd.DataFrame,
    keys: list[str],
    values: dict[str, nw.Expr],
    *,
    people: nw.LazyFrame | None = None,
) -> pd.DataFrame:
    """A summary without its small groups: figures of a value in a group that is not shown are blank, its n 0.

    `values` names the values as the columns of the table do (`n_<value>`, `mean_<value>`, …), and says which rows
    count. Rows without any figure left are dropped, but for touchpoints: the map shows that they are there.
    """
    measured = [name for name in values if f"n_{name}" in table]
    if table.empty or not measured:
        return table
    table = table.copy()
    cells = list(named_cells(table, keys))
    for name in measured:
        hidden = hidden_groups(study, name, values[name], keys, people=people)
        rows = np.array([cell in hidden for cell in cells])
        if rows.any():
            figures = [f"{part}_{name}" for part in ("mean", "se", "n_effective")]
            table.loc[rows, [figure for figure in figures if figure in table]] = np.nan
            table.loc[rows, f"n_{name}"] = 0
    empty = (table[[f"n_{name}" for name in measured]] == 0).all(axis=1)
    return table if keys == ["touchpoint"] else table[~empty].reset_index(drop=True)


def hidden_groups(
    study: Study, name: str, value: nw.Expr, keys: list[str], *, people: nw.LazyFrame | None = None
) -> set[tuple[str, ...]]:
    """The groups by `keys` that are not shown for a value: small ones, and what would give them away.

    Decided at once for all that a report shows of the value; a grouping that is none of a report's, for itself.
    `people` are rows a person (with `value`); without them, the answers of the study are meant.
    """
    if not study.hide_below:
        return set()
    kind, order = "answers" if people is None else "people", sorted(keys)
    standard = groupings_of(study, kind)
    name, extra = f"{kind}: {name}", [] if order in standard else [order]
    known = (name, *map(tuple, extra), repr(study.view))
    if known not in study.memo:
        if name in study.given and not extra:
            study.memo[known] = Decision.recall(study.given[name])
        else:
            rated = rated_values(study) if people is None else {}
            said = name.removeprefix(f"{kind}: ")
            together = rated if said in rated else {said: value}
            alike = [one for key, one in study.memo.items() if isinstance(one, Decision) and key[1:] == known[1:]]
            found = decide_together(study, together, [*standard, *extra], alike, people=people)
            study.memo.update({(f"{kind}: {one}", *known[1:]): decision for one, decision in found.items()})
    tables = study.memo[known].tables
    hidden = tables.loc[(tables["grouping"] == " × ".join(order)) & tables["hidden"], "cell"]
    places = [order.index(key) for key in keys]
    return {tuple(cell[place] for place in places) for cell in hidden}


def groupings_of(study: Study, kind: str) -> list[list[str]]:
    """What a report groups answers, or people, by: always the same, and by what it was asked for."""
    by, compared = study.view.by, [condition.partition("=")[0] for condition in study.view.compare]
    asked = [by, [*by, "wave"] if by else []] + [["touchpoint", column] for column in [*by, *compared]]
    every = [sorted(set(keys)) for keys in [*STANDARD[kind], *asked] if keys]
    return [grouping for place, grouping in enumerate(every) if grouping not in every[:place]]


def decide_values(
    study: Study,
    values: dict[str, nw.Expr],
    before: dict[str, dict],
    alike: dict[str, Decision],
    *,
    people: nw.LazyFrame | None = None,
) -> dict[str, Decision]:
    """The decisions on values of a report, beside those of the report before (from `Decision.remember`).

    Values that the same people gave as one of `alike` are decided alike.
    """
    kind = "answers" if people is None else "people"
    earlier = {name: Decision.recall(before[f"{kind}: {name}"]) for name in values if f"{kind}: {name}" in before}
    found = decide_together(study, values, groupings_of(study, kind), list(alike.values()), earlier, people=people)
    study.memo.update({(f"{kind}: {name}", repr(study.view)): decision for name, decision in found.items()})
    return {f"{kind}: {name}": decision for name, decision in found.items()}


def decide_together(
    study: Study,
    values: dict[str, nw.Expr],
    groupings: list[list[str]],
    known: list[Decision],
    earlier: dict[str, Decision] | None = None,
    *,
    people: nw.LazyFrame | None = None,
) -> dict[str, Decision]:
    """The decisions on values that tell of each other, such as both sides and the gap: what one hides, all hide."""
    answers, earlier, also = answers_so_far(study) if people is None else people, earlier or {}, set()
    while True:
        found = {}
        for name, value in values.items():
            rows, alike = answers.filter(~value.is_null()), [*found.values(), *(known if not also else [])]
            found[name] = decide(study, rows, groupings, also, alike, earlier.get(name))
        each = [decision.hidden_cells() for decision in found.values()]
        also = set().union(*each)
        if all(cells == also & decision.cells() for cells, decision in zip(each, found.values())):
            return found


def answers_so_far(study: Study) -> nw.LazyFrame:
    """The answers of the wave looked at and those before it."""
    answers, waves = joined_answers(study), waves_so_far(study)
    return answers if chosen_wave(study) == "all" else answers.filter(nw.col("wave").is_in(waves))


def pool_groups(study: Study, sums: pd.DataFrame, keys: list[str], value: nw.Expr) -> pd.DataFrame:
    """Sums by `keys` and block, small groups of each key put together as "others"; of all keys, those of the last."""
    pooled = sums
    for some in [*([key] for key in keys), keys]:
        hidden = hidden_groups(study, "gap", value, some) if set(some) != {"wave"} else set()
        cells = pd.Series(list(named_cells(sums, some)), index=sums.index, dtype="object")
        small = set(sums.loc[cells.isin(hidden), some[-1]].astype("str").fillna("")) if hidden else set()
        if small:
            names = pooled[some[-1]].astype("str")
            pooled = pooled.assign(**{some[-1]: names.mask(names.fillna("").isin(small), OTHERS)})
    if pooled is sums:
        return sums
    return pooled.groupby([*keys, "_block"], dropna=False, as_index=False).sum()


def check_decisions(decisions: dict[str, Decision]) -> None:
    """Raise where somebody who has all tables of a report could work out a small group."""
    for name, decision in {id(one): (name, one) for name, one in decisions.items()}.values():
        groupings = [grouping.split(" × ") for grouping in decision.groupings()]
        member = lay_tables(decision.atoms, groupings, decision.wave)[1]
        hidden = decision.tables["hidden"].to_numpy(dtype=bool)
        if hidden.any() and recovered(member[~hidden], member[hidden]).any():
            raise StudyError(f"{name}: the tables give away a group of too few people. Nothing was published.", code=77)


def decide(
    study: Study,
    rows: nw.LazyFrame,
    groupings: list[list[str]],
    also: set[tuple[str, tuple]],
    alike: list[Decision],
    earlier: Decision | None,
) -> Decision:
    """Which cells of all groupings are hidden, decided at once: the small ones, those of `also`, and complements.

    The same as in one of `alike`, where the same people gave that.
    """
    least, columns = study.hide_below, rows.collect_schema().names()
    groupings = [grouping for grouping in groupings if set(grouping) <= set(columns)]
    keys = sorted({key for grouping in groupings for key in grouping})
    atoms = count_people_in(rows, keys) if has_rows(rows) else pd.DataFrame({key: [] for key in [*keys, "n"]})
    wave = chosen_wave(study) if "wave" in atoms else "all"
    names = [" × ".join(grouping) for grouping in groupings]
    same = [one for one in alike if one.atoms.equals(atoms) and one.wave == wave and one.groupings() == names]
    if same and not earlier:
        return same[0]
    tables, member = lay_tables(atoms, groupings, wave)
    tables["n"] = np.where(member, atoms["n"].to_numpy(), 0).max(axis=1, initial=0).astype("int64")
    asked = np.array([cell in also for cell in zip(tables["grouping"], tables["cell"])], dtype=bool)
    if (tables["n"] < least).any() or asked.any() or (earlier and len(atoms)):
        tables["n"] = count_cells(rows, groupings, wave, tables)
        total = np.ones((1, len(atoms)), dtype=bool) if wave == "all" else (atoms["wave"] == wave).to_numpy()[None]
        shown = total if tables.loc[(member == total).all(axis=1), "n"].ge(least).all() else total[:0]
        tables["hidden"] = hide_beside(tables.assign(hidden=asked), member, atoms, shown, earlier, least)
    return Decision(atoms, wave, tables)


def lay_tables(atoms: pd.DataFrame, groupings: list[list[str]], wave: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Every cell of every grouping, none of it hidden yet, and which atoms it counts.

    A grouping without the wave is of the wave looked at, unless that is "all".
    """
    if atoms.empty:
        return pd.DataFrame({"grouping": [], "cell": [], "hidden": []}, dtype="object"), np.zeros((0, 0), dtype=bool)
    now = np.full(len(atoms), True) if wave == "all" else (atoms["wave"] == wave).to_numpy()
    tables, members = [], [np.zeros((0, len(atoms)), dtype=bool)]
    for grouping in groupings:
        cells, member = cells_of(atoms, grouping)
        member = member if "wave" in grouping else member & now
        there = member.any(axis=1)
        names = list(cells[there].itertuples(index=False, name=None))
        tables.append(pd.DataFrame({"grouping": " × ".join(grouping), "cell": names}))
        members.append(member[there])
    return pd.concat(tables, ignore_index=True).assign(hidden=False), np.vstack(members)


def count_cells(rows: nw.LazyFrame, groupings: list[list[str]], wave: str, tables: pd.DataFrame) -> list[int]:
    """The respondents of each cell; somebody may stand in several."""
    found = {}
    for grouping in groupings:
        scope = rows if "wave" in grouping or wave == "all" else rows.filter(nw.col("wave") == wave)
        for *cell, n in count_people_in(scope, grouping).itertuples(index=False, name=None):
            found[" × ".join(grouping), tuple(cell)] = n
    return [found[row.grouping, row.cell] for row in tables.itertuples()]


def hide_beside(
    tables: pd.DataFrame,
    member: np.ndarray,
    atoms: pd.DataFrame,
    shown: np.ndarray,
    earlier: Decision | None,
    least: int,
) -> np.ndarray:
    """Which cells are hidden, beside what an earlier report of the same groupings showed.

    Those marked hidden in `tables` are hidden whatever their n. A small group that the earlier report showed already is
    hidden all the same, but no longer a secret to be kept.
    """
    n, labels, secret = tables["n"].to_numpy(dtype=float), tables["grouping"].to_numpy(), None
    if earlier and list(earlier.atoms) == list(atoms):
        joint = join_reports(earlier.atoms, atoms, [key for key in atoms if key != "n"])
        groupings = [name.split(" × ") for name in earlier.groupings()]
        before = lay_out(lay_tables(earlier.atoms, groupings, earlier.wave)[1], joint["before"])
        hidden = earlier.tables["hidden"].to_numpy()
        member = lay_out(member, joint["now"])
        shown, secret = np.vstack([lay_out(shown, joint["now"]), before[~hidden]]), before[hidden]
        secret = secret[~recovered(shown, secret)]
    known = (n < least) & recovered(shown, member) if len(shown) else np.zeros(len(n), dtype=bool)
    n, also = np.where(known, least, n), tables["hidden"].to_numpy(dtype=bool) & ~known
    hide = hide_cells(member, n, least=least, table=labels, shown=shown, secret=secret, also=also)
    return hide | known


def has_rows(rows: nw.LazyFrame) -> bool:
    """Whether anybody gave the value at all."""
    return bool(rows.select(n=nw.len()).collect("pandas").to_native()["n"].fillna(0).iloc[0])


def count_people_in(rows: nw.LazyFrame, keys: list[str]) -> pd.DataFrame:
    """How many respondents each group of rows has; a blank is written as an empty text."""
    counts = rows.group_by(keys).agg(n=nw.col("respondent").n_unique()).collect("pandas").to_native()
    counts[keys] = counts[keys].astype("str").fillna("")
    return counts.sort_values(keys, ignore_index=True)


def named_cells(table: pd.DataFrame, keys: list[str]):
    """The groups of a table's rows, written as `hidden_groups` does."""
    return table[keys].astype("str").fillna("").itertuples(index=False, name=None)
