"""What could be done, and what people do: proposals, and the register people own."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.tables import check_columns
from cxlib.words import counted, in_words, listed, percent

OPEN = ("planned", "running")


def propose_actions(
    priorities: pd.DataFrame, gaps: pd.DataFrame, places: pd.DataFrame, states: pd.DataFrame, *,
    top: int = 3, confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """A proposal for each sure shortfall that could be first or is likely among the first: people decide.

    *proactive*, change it before it disappoints, where at least half of the customers meet the touchpoint; *reactive*,
    find and help those it hits, where fewer do. `n_needed` respondents in each of two waves show with 80 % power that
    half of the gap has closed. `under_way` lists the people's own actions there, from `find_action_states`.
    """
    chosen = priorities[(priorities["could_be_top"] == "yes") | (priorities["p_top"] >= 0.5)].head(2 * top)
    sure = gaps.loc[gaps["verdict"] == "shortfall", ["touchpoint", "n", "gap", "low", "high"]]
    table = chosen[["touchpoint", "label", "reach", "p_top"]].merge(sure, on="touchpoint", validate="one_to_one")
    owners = places[["touchpoint", "owner", "need"]] if "owner" in places else places.assign(owner=None, need=None)
    table = table.merge(owners[["touchpoint", "owner", "need"]], on="touchpoint", how="left", validate="one_to_one")
    own = (states["action"] + " " + states["state"]).groupby(states["touchpoint"]).agg(", ".join)
    often = table["reach"] >= 0.5
    margins = 2 * stats.norm.ppf(0.5 + confidence / 2)
    deviation = (table["high"] - table["low"]) / margins * np.sqrt(table["n"])
    needed = np.ceil(2 * ((1.96 + 0.8416) * deviation / (table["gap"] / 2)) ** 2)
    reasons = [
        f"{percent(reach)} of customers meet it: " + ("change it for all" if many else "find and help those it hits")
        for reach, many in zip(table["reach"], often)
    ]
    hypotheses = [
        f"Half of the gap of {gap:.1f} closes".replace("-", "−")
        + (f" when customers can {need}" if isinstance(need, str) else "")
        for gap, need in zip(table["gap"], table["need"])
    ]
    columns = ["touchpoint", "label", "kind", "reason", "hypothesis", "owner", "under_way", "kpi"]
    return table.assign(
        kind=np.where(often, "proactive", "reactive"), reason=reasons, hypothesis=hypotheses,
        under_way=table["touchpoint"].map(own).astype("str").fillna(""),
        kpi="gap of " + table["label"].astype("str"),
        n_needed=pd.array(needed, dtype="Float64").astype("Int64"),
    )[[*columns, "n", "gap", "low", "high", "n_needed"]]  # fmt: skip


def find_action_states(actions: pd.DataFrame, *, day: str) -> pd.DataFrame:
    """The people's own actions with their state on `day` (2026-06-30): as they wrote it, or *late* when past due."""
    check_columns(actions, ["action", "status", "start", "due"], name="actions (actions.csv)")
    today = pd.Timestamp(day) if day else pd.NaT
    status = actions["status"].str.strip().str.lower().fillna("planned")
    late = (actions["due"] < today) & status.isin(OPEN)
    days = {column: actions[column].dt.strftime("%Y-%m-%d") for column in ("start", "due")}
    table = actions.assign(**days, state=status.where(~late, "late"))
    return table[["action", "touchpoint", "kind", "owner", "start", "due", "state", "hypothesis", "kpi"]]


def describe_actions(states: pd.DataFrame, *, day: str) -> str:
    """How many actions are late, running, done, in a sentence."""
    if states.empty:
        return "No actions are written down. A file actions.csv, which no run ever changes, switches this on."
    counts = states["state"].value_counts()
    order = [*(state for state in ("late", "running", "planned") if state in counts)]
    order += [state for state in counts.index.sort_values() if state not in order]
    said = listed([f"{counts[state]} {state}" for state in order])
    when = f", on {in_words(day)}" if day else ""
    return f"Of {counted(len(states), 'action')} of actions.csv{when}: {said}."
