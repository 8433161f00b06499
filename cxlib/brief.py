"""The small tables of the first page: what to do first, targets, actions; a few rows each, in words."""

import html

import pandas as pd

from cxlib.catalogue import tell
from cxlib.readable import number, say_figure, table_html
from cxlib.tables import check_columns
from cxlib.words import bounds, counted, effect_parts, in_words, listed, percent, signed

STATES = ("late", "running", "planned", "done", "dropped")
STATUSES = {"missed": "bad", "not reached yet": "bad", "cannot be told": "", "no figure": "", "reached": "good"}
"""The statuses of a target, the worst first, and how each is marked."""

JUDGED = ("worked", "made it worse", "no sure effect")
"""The verdicts on an action whose effect could be told."""


def brief_priorities(
    priorities: pd.DataFrame, gaps: pd.DataFrame, proposed: pd.DataFrame, states: pd.DataFrame, *,
    top: int = 3, most: int = 5,
) -> str:  # fmt: skip
    """What to do first, as a small table (HTML): touchpoint, gap in words, chance, what is proposed or under way.

    `priorities` comes from `rank_gaps`, `gaps` from `find_gaps`, `proposed` from `suggest_strategies`, `states` from
    `find_action_states`; at most `most` rows, none without a shortfall by the verdict of `gaps`, and none whose chance
    to be among the first `top` is under 5 %. Empty where there is none.
    """
    check_columns(priorities, ["touchpoint", "label", "n", "gap", "low", "high", "p_top"], name="priorities")
    short = priorities["touchpoint"].isin(gaps.loc[gaps["verdict"] == "shortfall", "touchpoint"])
    every = priorities[short & (priorities["p_top"] >= 0.05)]
    chosen = every.head(most)
    if chosen.empty:
        return ""
    ideas = dict(zip(proposed["touchpoint"], proposed["suggestion"].astype("str").fillna("")))
    own = states.drop_duplicates(["touchpoint", "action", "state"])
    own = own.assign(said=own["action"].astype("str") + " (" + own["state"].map(say_state) + ")")
    at_work = own.groupby("touchpoint")["said"].agg(", ".join).to_dict()
    shown = pd.DataFrame({
        tell("touchpoint"): chosen["label"],
        tell("falls short by"): [say_shortfall(*row) for row in chosen[["gap", "low", "high", "n"]].to_numpy()],
        tell("chance to be among the first {top}", top=top): [say_chance(chance) for chance in chosen["p_top"]],
        tell("proposal, and own actions so far"): [
            say_plan(ideas.get(place, ""), at_work.get(place, "")) for place in chosen["touchpoint"]
        ],
    })  # fmt: skip
    return say_order(priorities[short]) + table_html(shown, named=True) + say_more(len(every) - most, "priorities")


def say_order(priorities: pd.DataFrame) -> str:
    """A line (HTML) over the table: why the widest of these shortfalls is not the first; empty where it is."""
    widest = int(priorities["gap"].reset_index(drop=True).idxmin())
    if not widest:
        return ""
    known = {"importance": tell("how much it matters"), "feasibility": tell("how feasible a change is")}
    more = [words for name, words in known.items() if name in priorities and priorities[name].notna().any()]
    factors = listed([tell("how far a touchpoint falls short"), tell("how many customers meet it"), *more])
    order = tell(
        "{name} falls furthest short, but is number {place} here: the order weighs {factors}.",
        name=priorities["label"].iloc[widest], place=widest + 1, factors=factors,
    )  # fmt: skip
    return f"<p>{html.escape(order)}</p>\n"


def say_more(count: int, name: str) -> str:
    """A line (HTML) under a table that was cut: how many rows more there are, and where; empty where there are none."""
    more = tell("{rows} more in {file}.", rows=counted(count, "row"), file=f"tables/{name}.csv")
    return f"\n<p>{html.escape(more)}</p>" if count > 0 else ""


def say_shortfall(gap: float, low: float, high: float, n: float) -> str:
    """A shortfall in words, with its interval and the people behind it."""
    ends = {"points": f"{-gap:.1f}", "low": f"{-high:.1f}", "high": f"{-low:.1f}"}
    ends = {name: said.replace("-", "−") for name, said in ends.items()} | {"n": f"{n:,.0f}"}
    return tell("{points} points (most likely {low} to {high}; {n}\u00a0people)", **ends)


def say_chance(chance: float) -> str:
    """A probability from draws, never quite sure.

    >>> say_chance(0.9965), say_chance(0.77)
    ('over 99\xa0%', '77\xa0%')
    """
    return tell("over {chance}", chance="99\u00a0%") if chance > 0.99 else percent(chance)


def say_plan(idea: str, at_work: str) -> str:
    """What the playbook proposes for a touchpoint, and the people's own actions there."""
    said = [idea, tell("Own actions: {actions}.", actions=at_work) if at_work else ""]
    return " ".join(filter(None, said)) or tell("nothing yet")


def brief_targets(targets: pd.DataFrame, *, most: int = 8) -> str:
    """KPIs against their targets, as a small table (HTML), the worst first; empty where no target is given.

    `targets` comes from `compare_targets`.
    """
    check_columns(targets, ["figure", "value", "low", "high", "target", "direction", "due", "status"], name="targets")
    order = targets["status"].map({status: place for place, status in enumerate(STATUSES)})
    every = targets.assign(order=order)[targets["target"].notna()].sort_values("order", kind="stable")
    chosen = every.head(most)
    if chosen.empty:
        return ""
    shown = pd.DataFrame({
        tell("figure"): chosen["figure"],
        tell("now"): [say_now(row) for row in chosen.to_dict("records")],
        tell("target"): [say_target(row) for row in chosen.to_dict("records")],
        tell("by"): [say_day(day) for day in chosen["due"]],
        tell("status"): [say_status(status) for status in chosen["status"]],
    })  # fmt: skip
    marks = {tell("status"): [STATUSES.get(status, "") for status in chosen["status"]]}
    return table_html(shown, marks=marks, named=True) + say_more(len(every) - most, "monitoring")


def say_now(row: dict) -> str:
    """A figure with its interval."""
    if pd.isna(row["low"]):
        return say_value(row, "value")
    plain = [number(row[end]) for end in ("low", "high")]
    span = bounds(row["low"], row["high"]) if row["is_share"] else tell("{low} to {high}", low=plain[0], high=plain[1])
    return tell("{value} (most likely {span})", value=say_value(row, "value"), span=span)


def say_value(row: dict, column: str) -> str:
    """A figure or its target in its unit: a share in %, the mean rating of a touchpoint (it has no day) in points."""
    said = say_figure(row[column], "share" if row["is_share"] else "value", "value")
    return tell("{points} points", points=said) if pd.isna(row.get("date", "")) else said


def say_target(row: dict) -> str:
    """A target in words."""
    value = say_value(row, "target")
    most = row["direction"] == "at most"
    return tell("at most {value}", value=value) if most else tell("at least {value}", value=value)


def say_status(status: str) -> str:
    """How far a target is reached, in words."""
    words = {"reached": tell("reached"), "not reached yet": tell("not reached yet"), "missed": tell("missed")}
    return words.get(status) or tell("too close to say")


def say_day(day: object) -> str:
    """A day as people write it; a dash where there is none."""
    return in_words(str(day)[:10]) if isinstance(day, str) and day else "–" if pd.isna(day) else in_words(f"{day:%F}")


def say_state(state: str) -> str:
    """How an action stands, in words."""
    words = {"late": tell("late"), "running": tell("running"), "planned": tell("planned"), "done": tell("done")}
    return words.get(state) or (tell("dropped") if state == "dropped" else str(state))


def brief_actions(states: pd.DataFrame, effects: pd.DataFrame, *, most: int = 8) -> str:
    """Actions, as a small table (HTML): what, owner, due, state, whether it worked.

    At most `most`: late ones, then those judged, running, planned, done, dropped.

    `states` comes from `find_action_states`, `effects` from `judge_effects`. Empty where there is no action.
    """
    check_columns(states, ["action", "hypothesis", "owner", "due", "state", "days_late"], name="states")
    order = states["state"].map({state: place for place, state in enumerate(STATES)}).fillna(len(STATES))
    judged = states["action"].isin(effects.loc[effects["verdict"].isin(JUDGED), "action"])
    order = order.mask(judged & (order > 0), 0.5)
    every = states.assign(order=order).drop_duplicates("action").sort_values("order", kind="stable")
    chosen = every.head(most)
    if chosen.empty:
        return ""
    said = [say_result(effects[effects["action"] == action]) for action in chosen["action"]]
    hypotheses = chosen["hypothesis"].astype("str").fillna("")
    shown = pd.DataFrame({
        tell("action"): [": ".join(filter(None, pair)) for pair in zip(chosen["action"].astype("str"), hypotheses)],
        tell("owner"): chosen["owner"].astype("str").fillna("–"),
        tell("due"): [say_day(day) for day in chosen["due"]],
        tell("state"): [say_late(*pair) for pair in zip(chosen["state"], chosen["days_late"])],
        tell("result"): [words for words, _ in said],
    })  # fmt: skip
    late = ["bad" if state == "late" else "" for state in chosen["state"]]
    marks = {tell("state"): late, tell("result"): [mark for _, mark in said]}
    return table_html(shown, marks=marks, named=True) + say_more(len(every) - most, "actions")


def say_late(state: str, days: float) -> str:
    """A state, of what is late with the days."""
    return tell("late by {days} days", days=f"{days:.0f}") if state == "late" and days > 0 else say_state(state)


def say_result(effects: pd.DataFrame) -> tuple[str, str]:
    """Whether an action worked, in words, and how that is marked; a clause a KPI, figures of sure effects alone."""
    said, marks = [], set()
    for row in effects.to_dict("records"):
        kpi, sure = row["kpi"], row["verdict"] in ("worked", "made it worse")
        if sure:
            verdict = tell("yes") if row["verdict"] == "worked" else tell("made it worse")
            effect, ends = effect_parts(row["effect"], row["low"], row["high"], row["unit"])
            if row["unit"] == "share":
                effect = tell("{change} percentage points", change=signed(100 * row["effect"]))
            how = dict(verdict=verdict, kpi=kpi, effect=effect, ends=ends)
            said.append(tell("{verdict}: {kpi} {effect} (most likely {ends})", **how))
        elif row["verdict"] == "no sure effect":
            said.append(tell("no sure effect on {kpi}", kpi=kpi))
        else:
            reason = tell(str(row["reason"])).split(";")[0].rstrip(".")
            said.append(tell("cannot be judged. {reason}", reason=f"{reason}."))
        marks.add("good" if row["verdict"] == "worked" else "bad" if sure else "")
    return "; ".join(said) or "–", marks.pop() if len(marks) == 1 else ""
