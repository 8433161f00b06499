"""Small groups: which rows of a summary are not shown, the same whichever notebook asks."""

import narwhals as nw
import numpy as np
import pandas as pd

from cxlib.study import Study
from cxlib.summaries.answers import chosen_wave, joined_answers, waves_so_far
from cxlib.suppression import cells_of, hide_cells, join_reports, lay_out

STANDARD = {
    "answers": [
        *(["touchpoint"], ["stage"], ["dimension"], ["persona"], ["channel"], ["stage", "persona"]),
        *(["touchpoint", "wave"], ["touchpoint", "persona"], ["touchpoint", "channel"]),
    ],
    "people": [["persona"], ["wave"]],
}
"""The groupings of a report, in the order in which they are decided on: what is hidden in one binds the next."""

FINEST = {"answers": ["touchpoint", "stage", "dimension", "persona", "channel", "wave"], "people": ["persona", "wave"]}


def show_groups(
    study: Study, table: pd.DataFrame, keys: list[str], values: dict[str, nw.Expr], *, people: nw.LazyFrame | None = None
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

    Decided with everything a report shows of that value, grouping by grouping, and with what the report before showed.
    `people` are rows a person (with `value`); without them, the answers of the study are meant.
    """
    least = least_shown(study)
    if not least:
        return set()
    kind = "answers" if people is None else "people"
    order = [grouping for grouping in STANDARD[kind]]
    known = (kind, name, tuple(sorted(keys)), repr(study.view))
    if known not in study.decided:
        frame = answers_so_far(study) if people is None else people
        extra = [] if sorted(keys) in map(sorted, order) else [sorted(keys)]
        study.decided[known] = decide(study, name, frame.filter(~value.is_null()), kind, [*order, *extra], least)
    decided = study.decided[known][tuple(sorted(keys))]
    places = [sorted(keys).index(key) for key in keys]
    return {tuple(cell[place] for place in places) for cell in decided}


def least_shown(study: Study) -> int:
    """Groups of fewer people than this are not shown."""
    return study.settings.hide_below


def answers_so_far(study: Study) -> nw.LazyFrame:
    """The answers of the wave looked at and those before it."""
    answers, waves = joined_answers(study), waves_so_far(study)
    return answers if chosen_wave(study) == "all" else answers.filter(nw.col("wave").is_in(waves))


def decide(
    study: Study, name: str, rows: nw.LazyFrame, kind: str, groupings: list[list[str]], least: int
) -> dict[tuple[str, ...], set[tuple[str, ...]]]:
    """Grouping by grouping, the cells that are hidden, given all that are decided on already."""
    columns = rows.collect_schema().names()
    groupings = [grouping for grouping in groupings if set(grouping) <= set(columns)]
    finest = [key for key in dict.fromkeys([*FINEST[kind], *sum(groupings, [])]) if key in columns]
    atoms = count_people_in(rows, finest)
    wave = chosen_wave(study) if "wave" in columns else "all"
    now = np.full(len(atoms), True) if wave == "all" else (atoms["wave"] == wave).to_numpy()
    shown, secret = [now[None], cells_of(atoms, ["wave"])[1] if "wave" in atoms else now[None]], []
    decided = {}
    for grouping in groupings:
        cells, member = cells_of(atoms, grouping)
        if "wave" not in grouping:
            member = member & now
        there = member.any(axis=1)
        cells, member = cells[there], member[there]
        n = np.where(member, atoms["n"].to_numpy(), 0).max(axis=1, initial=0)
        if secret or (n < least).any():
            scope = rows if "wave" in grouping or wave == "all" else rows.filter(nw.col("wave") == wave)
            n = cells.merge(count_people_in(scope, grouping), on=grouping, how="left")["n"].to_numpy()
        hide = hide_cells(member, n, least=least, shown=np.vstack(shown), secret=np.vstack(secret) if secret else None)
        shown, secret = [*shown, member[~hide]], [*secret, *([member[hide]] if hide.any() else [])]
        order = sorted(grouping)
        decided[tuple(order)] = set(cells.loc[hide, order].itertuples(index=False, name=None))
    return decided


def count_people_in(rows: nw.LazyFrame, keys: list[str]) -> pd.DataFrame:
    """How many respondents each group of rows has; a blank is written as an empty text."""
    counts = rows.group_by(keys).agg(n=nw.col("respondent").n_unique()).collect("pandas").to_native()
    counts[keys] = counts[keys].astype("str").fillna("")
    return counts.sort_values(keys, ignore_index=True)


def named_cells(table: pd.DataFrame, keys: list[str]):
    """The groups of a table's rows, written as `hidden_groups` does."""
    return table[keys].astype("str").fillna("").itertuples(index=False, name=None)
