"""What each objective rests on: its figures, open gaps and actions, and what no objective names."""

import pandas as pd

from cxlib.catalogue import tell
from cxlib.monitoring.register import OPEN
from cxlib.tables import check_columns
from cxlib.words import counted, listed

AT_WORK = ("planned", "running", "late")
STATUSES = ("missed", "not reached yet", "cannot be told", "no figure", "reached")
"""The worst first: an objective of several figures has that of its worst."""


def find_open_gaps(register: pd.DataFrame, gaps: pd.DataFrame) -> pd.DataFrame:
    """The open gaps of `find_register`, and sure shortfalls of `find_gaps` it does not hold (`state` shortfall).

    Columns: touchpoint, label, state, n, gap, low, high.
    """
    columns = ["touchpoint", "label", "state", "n", "gap", "low", "high"]
    sure = gaps[gaps["verdict"].eq("shortfall") & ~gaps["touchpoint"].isin(register["touchpoint"])]
    parts = [register[register["state"].isin(OPEN)], sure.assign(state="shortfall")]
    table = pd.concat([part.reindex(columns=columns) for part in parts if len(part)] or [pd.DataFrame(columns=columns)])
    return table.reset_index(drop=True)


def link_objectives(
    objectives: pd.DataFrame,
    monitoring: pd.DataFrame,
    open_gaps: pd.DataFrame,
    states: pd.DataFrame,
    places: pd.DataFrame,
) -> pd.DataFrame:
    """Each objective with the status of its figures, the open gaps it reaches and the actions that serve it.

    From objectives.csv, `compare_targets`, `find_open_gaps`, `find_action_states` and the map. An action serves the
    `objective` it names; where it names none, those of its KPI or touchpoint. An objective reaches its own touchpoints
    and those of its actions. Columns: objective, `figures` (each with its status), `status` (of the worst; *no figure*
    where none is looked at), `due` (the first), `touchpoints` (keys, by |), `open_gaps` and `gap_names`, `actions`
    (each with its state), `at_work` (how many are planned, running or late).
    """
    check_columns(monitoring, ["figure", "objective", "status"], name="monitoring (from compare_targets)")
    states = states.reindex(columns=["action", "touchpoint", "kpi", "objective", "state"])
    labels = places.set_index("touchpoint")["label"].to_dict()
    rows = []
    for name, aims in objectives.groupby("objective", sort=False):
        kpis, own = list(aims["kpi"].dropna()), list(aims["touchpoint"].dropna())
        known = monitoring[monitoring["objective"].eq(name)].set_index("figure")["status"].to_dict()
        found = {figure: known.get(figure, "no figure") for figure in [*kpis, *(labels.get(key, key) for key in own)]}
        serving = states[serves(states, name, kpis, own)]
        reached = list(dict.fromkeys([*own, *serving["touchpoint"].dropna()]))
        gaps = open_gaps[open_gaps["touchpoint"].isin(reached)]
        row = dict(
            objective=name, figures=say_each(found.items()), due=aims["due"].min(), touchpoints="|".join(reached)
        )
        row |= dict(status=min(found.values(), key=STATUSES.index, default="no figure"), open_gaps=len(gaps))
        row |= dict(gap_names=say_each(zip(gaps["label"], gaps["state"])), at_work=serving["state"].isin(AT_WORK).sum())
        rows.append(row | dict(actions=say_each(zip(serving["action"], serving["state"]))))
    columns = ["objective", "figures", "status", "due", "touchpoints", "open_gaps", "gap_names", "actions", "at_work"]
    table = pd.DataFrame(rows, columns=columns).astype({"open_gaps": "int64", "at_work": "int64"})
    return table.assign(due=pd.to_datetime(table["due"]).dt.strftime("%Y-%m-%d"))


def serves(states: pd.DataFrame, objective: str, kpis: list[str], touchpoints: list[str]) -> pd.Series:
    """Which actions serve an objective."""
    named = states["objective"].astype("str").str.strip().str.casefold().fillna("")
    by_place = named.eq("") & (states["kpi"].isin(kpis) | states["touchpoint"].isin(touchpoints))
    return named.eq(objective.strip().casefold()) | by_place


def say_each(pairs) -> str:
    """Names with what is said of each.

    >>> say_each([("A1", "done"), ("A4", "planned")])
    'A1 (done), A4 (planned)'
    """
    return ", ".join(f"{name} ({tell(str(said))})" for name, said in pairs)


def find_unlinked(linked: pd.DataFrame, monitoring: pd.DataFrame, open_gaps: pd.DataFrame) -> pd.DataFrame:
    """Open gaps no objective reaches, KPIs none names, and objectives not reached yet at which nobody works.

    `linked` comes from `link_objectives`. Columns: `kind` (gap, KPI, objective), `name`, `state` (of the gap or
    objective), and of gaps and KPIs `n`, `value` (a gap's in scale points), `low`, `high`, `is_share`.
    """
    keys = {key for keys in linked["touchpoints"] for key in keys.split("|")}
    gaps = open_gaps[~open_gaps["touchpoint"].isin(keys)].rename(columns={"label": "name", "gap": "value"})
    kpis = monitoring[monitoring["objective"].isna()].rename(columns={"figure": "name"}).assign(state="")
    idle = linked[linked["status"].ne("reached") & linked["at_work"].eq(0)]
    idle = idle.rename(columns={"objective": "name", "status": "state"})
    parts = {"gap": gaps.assign(is_share=False), "KPI": kpis, "objective": idle.assign(is_share=False)}
    kinds = {
        "kind": "str", "name": "str", "state": "str", "n": "Float64",
        "value": "float64", "low": "float64", "high": "float64", "is_share": "bool",
    }  # fmt: skip
    tables = [part.assign(kind=kind).reindex(columns=list(kinds)).astype(kinds) for kind, part in parts.items()]
    return pd.concat(tables, ignore_index=True)


def describe_objectives(linked: pd.DataFrame, unlinked: pd.DataFrame, open_gaps: pd.DataFrame) -> str:
    """How many objectives are reached, at which nobody works, and which open gaps none reaches, in two sentences."""
    if linked.empty:
        return tell(
            "No objectives are written down. A file objectives.csv, a target for a KPI or touchpoint, switches this on."
        )
    counts = linked["status"].value_counts()
    words = {"no figure": tell("without a figure here")}
    said = [f"{counts[status]} {tell(words.get(status, status))}" for status in reversed(STATUSES) if status in counts]
    gaps, kpis, idle = (unlinked.loc[unlinked["kind"] == kind, "name"] for kind in ("gap", "KPI", "objective"))
    first = f"{counted(len(linked), 'objective')}: {', '.join(said)}"
    first += tell("; no action under way for {names}.", names=name_some(idle, 2)) if len(idle) else "."
    if gaps.empty:
        return (
            tell("{first} Without an objective: {kpis}.", first=first, kpis=counted(len(kpis), "KPI"))
            if len(kpis)
            else first
        )
    without = tell(
        "{count} of {open_gaps} without an objective: {names}",
        count=len(gaps),
        open_gaps=counted(len(open_gaps), "open gap"),
        names=name_some(gaps, 3),
    )
    also = tell("; also {kpis}", kpis=counted(len(kpis), "KPI")) if len(kpis) else ""
    return f"{first} {without}{also if len((without + also).split()) <= 20 else ''}."


def name_some(names: pd.Series, most: int) -> str:
    """Names in a sentence; of long ones the first, the rest as a count.

    >>> name_some(pd.Series(["Pay", "Help"]), 2)
    'Pay and Help'
    >>> name_some(pd.Series(["Answer every customer on the day they ask", "Mend what hurts"]), 2)
    'Answer every customer on the day they ask and 1 more'
    """
    said = listed(names, most=most)
    return (
        said
        if len(said.split()) <= 10 or len(names) == 1
        else tell("{name} and {count} more", name=names.iloc[0], count=len(names) - 1)
    )
