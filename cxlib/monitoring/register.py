"""Which gaps are open: new, persisting, reopened, closed, or uncertain."""

import numpy as np
import pandas as pd

from cxlib.tables import check_columns
from cxlib.words import listed

STATES = ("new", "persisting", "reopened", "uncertain", "closed", "none")


def find_register(gaps: pd.DataFrame, *, waves: list[str]) -> pd.DataFrame:
    """The gaps that were ever open, wave by wave, and their state in the last one.

    `gaps` comes from `find_gaps` by touchpoint and wave. A gap opens with a sure shortfall. It is *closed* when the
    verdict is met or exceeded, or its rise since the last sure shortfall has an interval without 0; a verdict that just
    no longer holds is *uncertain*, for q moving from .04 to .06 is no news. Columns: stage, touchpoint, label, `state`,
    `since` (wave it opened in), `n`, `gap`, `low`, `high` and `verdict` of the last wave.
    """
    check_columns(gaps, ["touchpoint", "wave", "n", "gap", "low", "high", "verdict"], name="gaps (from find_gaps)")
    waves = [wave for wave in waves if wave in set(gaps["wave"])]
    rows = []
    for touchpoint, history in gaps.groupby("touchpoint", sort=False):
        history = history.set_index("wave").reindex(waves).reset_index()
        state, since = follow(history)
        last = history.iloc[-1]
        if pd.isna(last["n"]):  # nobody was asked: what was open may still be
            state, last = ("uncertain" if state not in ("none", "closed") else state), last.fillna({"n": 0})
        if state != "none":
            figures = {column: last[column] for column in ("n", "gap", "low", "high", "verdict")}
            rows.append(dict(touchpoint=touchpoint, state=state, since=since) | figures)
    table = pd.DataFrame(rows, columns=["touchpoint", "state", "since", "n", "gap", "low", "high", "verdict"])
    places = gaps[[c for c in ("stage", "touchpoint", "label") if c in gaps]].drop_duplicates("touchpoint")
    table = places.merge(table, on="touchpoint", how="right", validate="one_to_one")
    rank = table["state"].map({state: place for place, state in enumerate(STATES)})
    order = table.assign(rank=rank).sort_values(["rank", "gap"], kind="stable").index
    return table.loc[order].astype({"n": "int64"}).reset_index(drop=True)


def follow(history: pd.DataFrame) -> tuple[str, str]:
    """The state of one gap after its last wave, and the wave it opened in."""
    state, since, open_row = "none", "", None
    for row in history.itertuples():
        if pd.isna(row.n):
            continue
        if row.verdict == "shortfall":
            opened = state in ("none", "closed")
            state = {"none": "new", "closed": "reopened"}.get(state, "persisting")
            since, open_row = (row.wave if opened else since), row
        elif open_row is not None and state != "closed":
            closed = row.verdict in ("met", "exceeded") or rose(open_row, row)
            state = "closed" if closed else "uncertain"
    return state, since


def rose(before, now) -> bool:
    """Whether the gap's rise between two waves has an interval without 0, taken as independent."""
    margin = np.hypot(before.high - before.gap, now.gap - now.low)
    return bool(now.gap - before.gap > margin)


def describe_register(register: pd.DataFrame, *, waves: list[str]) -> str:
    """How many gaps are new, persisting, closed, in a sentence."""
    if not waves:
        return "Gaps are followed from wave to wave: waves in study.yaml, or a column wave, switch this on."
    if register.empty:
        return "No gap has surely been open so far."
    counts = register["state"].value_counts()
    still = [f"{counts[state]} {state}" for state in ("new", "persisting", "reopened", "uncertain") if state in counts]
    closed = register.loc[register["state"] == "closed", "label"]
    said = f"Open gaps: {listed(still)}." if still else "No gap is open."
    return f"{said} Closed since they opened: {listed(closed)}." if len(closed) else said
