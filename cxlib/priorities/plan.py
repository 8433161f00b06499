"""What could be done, and what people do: proposals, and the register people own."""

from textwrap import shorten

import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.tables import check_columns, nearest
from cxlib.words import counted, in_words, listed, readable_interval, signed

STATUSES = ("planned", "running", "done", "dropped")
UNFINISHED, OVER = STATUSES[:2], STATUSES[2:]
POWER = 1.96 + 0.8416
"""z of a two-sided test at 5 % and of a power of 80 %."""

TRACKED = {"planned": "To Do", "running": "In Progress", "done": "Done", "dropped": "Cancelled"}
MOST = 5


def propose_actions(
    priorities: pd.DataFrame, gaps: pd.DataFrame, places: pd.DataFrame, states: pd.DataFrame,
    strategies: pd.DataFrame, objectives: pd.DataFrame, *, top: int = 3,
) -> pd.DataFrame:  # fmt: skip
    """A proposal for each sure shortfall that could be first or is likely among the first: people decide.

    `kind` (proactive or reactive), `suggestion` and `reason` are the playbook's (`suggest_strategies`). `kpi` is that
    of an objective or an own action of the touchpoint, else its gap; `objective` is that of the touchpoint or the KPI.
    `n_needed` respondents in each of two independent waves show with 80 % power that half of the gap has closed.
    `under_way` lists the people's own actions there, with their state: one that is done did not close the gap.
    """
    chosen = priorities[(priorities["could_be_top"] == "yes") | (priorities["p_top"] >= 0.5)].head(2 * top)
    sure = gaps.loc[gaps["verdict"] == "shortfall", ["touchpoint", "n", "gap", "low", "high", "se"]]
    table = chosen[["touchpoint", "label"]].merge(sure, on="touchpoint", validate="one_to_one")
    said = strategies[["touchpoint", "strategy", "suggestion", "reason"]].rename(columns={"strategy": "kind"})
    owners = places.reindex(columns=["touchpoint", "owner", "need"])
    for aside in (said, owners):
        table = table.merge(aside, on="touchpoint", how="left", validate="one_to_one")
    table["suggestion"] = table["suggestion"].replace("", "No rule of the playbook holds.")
    known = states.drop_duplicates(["touchpoint", "action", "state"])
    own = (known["action"] + " " + known["state"]).groupby(known["touchpoint"]).agg(", ".join)
    hypotheses = [
        tell("Half of the gap of {gap} closes", gap=signed(gap))
        + (tell(" when customers can {need}", need=need) if isinstance(need, str) else "")
        for gap, need in zip(table["gap"], table["need"])
    ]
    needed = np.ceil(2 * (POWER * table["se"] * np.sqrt(table["n"]) / (table["gap"] / 2)) ** 2)
    columns = ["touchpoint", "label", "kind", "suggestion", "reason", "hypothesis", "owner", "under_way", "kpi"]
    kpi, objective = find_measures(table["touchpoint"], objectives, states)
    return table.assign(
        hypothesis=hypotheses, under_way=table["touchpoint"].map(own).astype("str").fillna(""),
        kpi=kpi.astype("str").fillna("gap of " + table["label"].astype("str")),
        objective=objective,
        n_needed=pd.array(needed, dtype="Float64").astype("Int64"),
    )[[*columns, "objective", "n", "gap", "low", "high", "n_needed"]]  # fmt: skip


def find_measures(touchpoints: pd.Series, objectives: pd.DataFrame, states: pd.DataFrame) -> list[pd.Series]:
    """The KPI and the objectives of each touchpoint, missing where it has none; an objective may be the KPI's."""
    measured = pd.concat([part[["touchpoint", "kpi"]] for part in (objectives, states)]).dropna()
    kpi = touchpoints.map(measured.drop_duplicates("touchpoint").set_index("touchpoint")["kpi"])
    aims = []
    for key, values in (("touchpoint", touchpoints), ("kpi", kpi)):
        named = objectives.dropna(subset=[key, "objective"]).drop_duplicates([key, "objective"])
        aims.append(values.map(named.groupby(key)["objective"].agg("; ".join)).astype("str"))
    return [kpi, aims[0].fillna(aims[1])]


def find_action_states(actions: pd.DataFrame, places: pd.DataFrame | None = None, *, day: str) -> pd.DataFrame:
    """The people's own actions with their state on `day` (2026-06-30): as they wrote it, or *late* when past due.

    A row for each of actions.csv: rows of one `action` with different KPIs are its parts.
    `status` is planned (where it is blank), running, done or dropped however it is spelt in capitals and spaces; any
    other word stays as written and is never called late. `days_late` counts days past due. `on_map` tells whether the
    touchpoint is one of `places` (the whole map); blank without a map or a touchpoint. Days are ISO 8601.
    """
    check_columns(actions, ["action", "status", "start", "due"], name="actions (actions.csv)")
    places = pd.DataFrame(columns=["touchpoint", "label"]) if places is None else places
    today = pd.Timestamp(day).normalize() if day else pd.NaT
    written = actions["status"].str.strip().replace("", None)
    status = written.str.lower().fillna(STATUSES[0])
    status = status.where(status.isin(STATUSES), written)
    late = (actions["due"].dt.normalize() < today) & status.isin(UNFINISHED)
    days = (today - actions["due"].dt.normalize()).dt.days.where(late).astype("Int64")
    labels = actions["touchpoint"].map(places.drop_duplicates("touchpoint").set_index("touchpoint")["label"])
    there = np.where(actions["touchpoint"].isin(places["touchpoint"]), "yes", "no")
    known = actions["touchpoint"].notna() & (len(places) > 0)
    dates = {column: actions[column].dt.strftime("%Y-%m-%d") for column in ("start", "due")}
    table = actions.assign(
        **dates, label=labels.astype("str").fillna(actions["touchpoint"]), status=status, days_late=days,
        state=status.where(~late, "late"), on_map=pd.Series(there, index=actions.index, dtype="str").where(known, ""),
    )  # fmt: skip
    columns = ["action", "touchpoint", "label", "kind", "owner", "cost", "start", "due", "days_late", "status", "state"]
    return table.reindex(columns=[*columns, "on_map", "objective", "kpi", "hypothesis"])


def describe_actions(states: pd.DataFrame, *, day: str) -> str:
    """How many actions are late, running, done, in a sentence."""
    if states.empty:
        return tell("No actions are written down. A file actions.csv, which no run ever changes, switches this on.")
    lost = states.loc[states["on_map"] == "no", "action"].nunique()
    states = states.sort_values("days_late", ascending=False, kind="stable").drop_duplicates("action")
    counts = states["state"].value_counts()
    order = [state for state in ("late", "running", "planned") if state in counts]
    order += [state for state in counts.index.sort_values() if state not in order]
    said = [f"{counts[state]} {tell(state)}" for state in order]
    if states["days_late"].notna().any():
        first = states.iloc[0]
        known = [first["action"], first["label"]] if first["on_map"] == "yes" else [first["action"]]
        said[0] += tell(" ({action}, by {days})", action=", ".join(known), days=counted(first["days_late"], "day"))
    actions, off = counted(len(states), "action"), tell("; {count} not on the map", count=lost) if lost else ""
    if not day:
        return tell("Of {actions}: {states}{off}.", actions=actions, states=listed(said), off=off)
    return tell(
        "Of {actions}, on {day}: {states}{off}.", actions=actions, day=in_words(day), states=listed(said), off=off
    )


def describe_action_doubts(
    states: pd.DataFrame, *, places: pd.DataFrame, earlier: list[str] | tuple[str, ...] = ()
) -> list[str]:
    """What is odd about the people's own actions, a sentence each, at most five of a kind.

    `states` comes from `find_action_states`, `places` is the map, `earlier` are the actions earlier reports listed.
    """
    still, choices = states[~states["state"].isin(OVER)], list(places["touchpoint"])
    odd = states[~states["status"].isin(STATUSES)]
    lost, late = states[states["on_map"] == "no"], states[states["due"] < states["start"]]
    same = states.duplicated(["action", "kpi"]) & (states["kpi"].notna() | states.duplicated(["action", "touchpoint"]))
    gone = [action for action in dict.fromkeys(earlier) if action not in set(states["action"])]
    kinds = [
        [tell("{action}'s touchpoint '{touchpoint}' is not on the map.{hint}",
              action=row.action, touchpoint=row.touchpoint, hint=hint(row.touchpoint, choices))
         for row in lost.itertuples()],
        [tell("{action}'s status '{status}' is none of {statuses} and stays as written.{hint}", action=row.action,
              status=row.status, statuses=", ".join(STATUSES), hint=hint(row.status, STATUSES))
         for row in odd.itertuples()],
        [tell("{action} is due on {due}, before it starts on {start}.", action=row.action, due=row.due, start=row.start)
         for row in late.itertuples()],
        [tell("{action} stands more than once with the KPI '{kpi}'.", action=row.action, kpi=row.kpi)
         if isinstance(row.kpi, str) else tell("{action} stands more than once.", action=row.action)
         for row in states[same].itertuples()],
        [tell("{action}, which an earlier report listed, is no longer in actions.csv.", action=action)
         for action in gone],
    ]  # fmt: skip
    said = [sentence for kind in kinds for sentence in first_ones(kind)]
    for column, words in (("owner", tell("Nobody answers for")), ("due", tell("No due date is set for"))):
        nameless = still.loc[still[column].isna(), "action"].unique()
        said += [f"{words} {listed(nameless)}."] if len(nameless) else []
    return said


def hint(word: str, choices: list[str]) -> str:
    """The likeliest choice as a question, where there is one.

    >>> hint("chekout", ["checkout", "search"]), hint("zebra", ["checkout", "search"])
    (" Did you mean 'checkout'?", '')
    """
    likely = nearest(word, list(choices)).rpartition("There ")[0].strip()
    return f" {likely}" if likely else ""


def first_ones(sentences: list[str]) -> list[str]:
    """The first sentences of a kind, each once, the rest as a count."""
    sentences = list(dict.fromkeys(sentences))
    if len(sentences) <= MOST:
        return sentences
    return [*sentences[: MOST - 1], tell("And {count} more like the last one.", count=len(sentences) - MOST + 1)]


def make_sheet(states: pd.DataFrame, proposed: pd.DataFrame) -> pd.DataFrame:
    """Own actions, and proposals nobody is at yet, as rows for a team's tracker.

    `states` comes from `find_action_states`, `proposed` from `propose_actions`. Headings are field names of Jira, whose
    import asks for Summary, and of Asana's importer but for the name, which it takes from the first column, as
    monday.com does; Trello and GitHub Projects import by add-ons. Status Backlog: a proposal. Days are ISO 8601. Parts
    of one action that differ in their KPIs only are one row.
    """
    own = states.drop_duplicates(["action", "touchpoint", "hypothesis"])
    own = own.assign(**dict.fromkeys(["reason", "n", "gap", "low", "high", "n_needed"], np.nan))
    kpis = states.dropna(subset="kpi").drop_duplicates(["action", "kpi"]).groupby("action")["kpi"].agg("; ".join)
    own = own.assign(kpi=own["action"].map(kpis))
    about = own["hypothesis"].fillna(own["label"]).fillna(own["kpi"]).astype("str")
    own = own.assign(
        Summary=own["action"] + (": " + about).fillna(""),
        Status=own["status"].map(TRACKED).fillna(own["status"]),
        Labels=own["kind"],
    )
    busy = states.loc[~states["state"].isin(OVER), "touchpoint"]
    new = proposed[~proposed["touchpoint"].isin(busy)].assign(start=None, due=None, cost=np.nan, Status="Backlog")
    new = new.assign(Summary=new["label"] + ": " + new["suggestion"], Labels=new["kind"])
    parts = [part for part in (own, new) if len(part)]
    table = pd.concat(parts, ignore_index=True) if parts else own
    table = table.rename(columns={"owner": "Assignee", "start": "Start Date", "due": "Due Date"})
    table["Summary"] = [shorten(summary, 254, placeholder=" …") for summary in table["Summary"]]
    table["Description"] = [describe_row(row) for row in table.to_dict("records")]
    headings = ["Summary", "Description", "Status", "Assignee", "Start Date", "Due Date", "Labels"]
    sheet = table[headings].astype("str").fillna("")
    return sheet.assign(**{name: sheet[name].map(in_one_line) for name in headings if name != "Description"})


def describe_row(row: dict) -> str:
    """What a tracker's description says: a line for each thing that is known."""
    lines = [("Hypothesis", "hypothesis"), ("Reason", "reason"), ("KPI", "kpi"), ("Objective", "objective")]
    said = [f"{words}: {in_one_line(row[key])}" for words, key in lines if pd.notna(row[key]) and row[key]]
    if pd.notna(row["cost"]):
        said.append(tell("Cost: {cost:,.0f}", cost=row["cost"]))
    if pd.notna(row["gap"]):
        interval = readable_interval(row["low"], row["high"])
        said.append(
            tell("Gap: {gap} ({interval}), n {n:,.0f}", gap=signed(row["gap"], 2), interval=interval, n=row["n"])
        )
        said.append(tell("Respondents needed in each of two waves: {n_needed:,.0f}", n_needed=row["n_needed"]))
    return "\n".join(said)


def in_one_line(text: str) -> str:
    """A text without tabs, returns and line breaks, which would move it in a tracker.

    >>> in_one_line("a call\\thelps\\r\\n")
    'a call helps'
    """
    return " ".join(text.split())
