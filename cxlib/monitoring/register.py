"""Which gaps are open: new, persisting, reopened, closed, or uncertain."""

import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.tables import check_columns
from cxlib.words import counted, in_words, listed

STATES = ("new", "now sure", "persisting", "reopened", "uncertain", "closed", "none")
MET = ("met", "exceeded")
OPEN = ("new", "now sure", "persisting", "reopened", "uncertain")
NEWS = ("new", "reopened", "now sure", "closed", "uncertain", "gone")


def recall_gaps(
    gaps: pd.DataFrame, earlier: pd.DataFrame, *, waves: list[str], last_days: dict, day: str
) -> pd.DataFrame:
    """The gaps of every wave in their order, with those earlier reports had of waves the study has no more.

    `gaps` comes from `find_gaps` by touchpoint and wave (in a study without waves by touchpoint: the `day` of the
    report is its wave), `earlier` is what such a table was in earlier reports. What the study still has is taken from
    the study, as corrected since. `last_days` gives the last day of waves; where one is not known, waves of earlier
    reports come first. Columns: wave, `day` (its last one), stage, touchpoint, label, n, gap, low, high, verdict.
    """
    if not waves:
        gaps, waves, last_days = gaps.assign(wave=day), [day], {day: day}
    own = gaps[gaps["wave"].isin(waves)].assign(
        day=gaps["wave"].map({wave: str(last_days.get(wave, "")) for wave in waves})
    )
    parts = [
        table for table in (earlier[~earlier["wave"].isin(waves)], own.reindex(columns=earlier.columns)) if len(table)
    ]
    if not parts:
        return earlier
    table = pd.concat(parts, ignore_index=True)
    table["label"] = table["touchpoint"].map(
        table.drop_duplicates("touchpoint", keep="last").set_index("touchpoint")["label"]
    )
    table["n"] = table["n"].fillna(0).astype("int64")
    place = table["wave"].map({wave: place for place, wave in enumerate(waves)}).fillna(-1)
    order = ["day", "place"] if table["day"].fillna("").ne("").all() else ["place"]
    return table.assign(place=place).sort_values(order, kind="stable", ignore_index=True).drop(columns="place")


def find_register(gaps: pd.DataFrame, *, waves: list[str]) -> pd.DataFrame:
    """The gaps that were ever open, wave by wave, and their state in the last one.

    `gaps` comes from `find_gaps` by touchpoint and wave, or from `recall_gaps`; `waves` are in order. A gap opens with
    a sure shortfall: *new* where it was met before, or never asked, or its fall has an interval without 0, else only
    *now sure*. It is *closed* when the verdict is met or exceeded, or its rise since the last sure shortfall has
    an interval without 0; a verdict that just no longer holds is *uncertain*: q moving from .04 to .06 is no news.
    Columns: stage, touchpoint, label, `state`, `since` (wave it opened in), and of the last wave `n`, `gap`, `low`,
    `high` and `verdict`.
    """
    check_columns(gaps, ["touchpoint", "wave", "n", "gap", "low", "high", "verdict"], name="gaps (from find_gaps)")
    waves = [wave for wave in waves if wave in set(gaps["wave"])]
    rows = []
    for touchpoint, history in gaps.groupby("touchpoint", sort=False):
        history = history.set_index("wave").reindex(waves).reset_index()
        state, since = follow(history)
        last = history.iloc[-1]
        if not last["n"] > 0:  # nobody was asked: what was open may still be
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
    state, since, open_row, last = "none", "", None, None
    for row in history.itertuples():
        if not row.n > 0:
            continue
        if row.verdict == "shortfall":
            opened = state in ("none", "closed")
            first = "new" if last is None or last.verdict in MET or rose(row, last) else "now sure"
            state = {"none": first, "closed": "reopened"}.get(state, "persisting")
            since, open_row = (row.wave if opened else since), row
        elif open_row is not None and state != "closed":
            closed = row.verdict in MET or rose(open_row, row)
            state = "closed" if closed else "uncertain"
        last = row
    return state, since


def rose(before, now) -> bool:
    """Whether the gap's rise between two waves has an interval without 0, taken as independent."""
    margin = np.hypot(before.high - before.gap, now.gap - now.low)
    return bool(now.gap - before.gap > margin)


def describe_register(register: pd.DataFrame, *, waves: list[str]) -> str:
    """How many gaps are new, persisting, closed, in a sentence."""
    if not waves:
        return tell("Gaps are followed from wave to wave: waves in study.yaml, or a column wave, switch this on.")
    if register.empty:
        return tell("No gap has surely been open so far.")
    counts = register["state"].value_counts()
    still = [f"{counts[state]} {tell(state)}" for state in OPEN if state in counts]
    closed = register.loc[register["state"] == "closed", "label"]
    gaps = counted(int(register["state"].isin(OPEN).sum()), "open gap")
    said = tell("{gaps}: {states}.", gaps=gaps, states=listed(still)) if still else tell("No gap is open.")
    return f"{said} {tell('Closed since they opened: {names}.', names=listed(closed))}" if len(closed) else said


def find_news(register: pd.DataFrame, last: pd.DataFrame, *, reported: bool) -> pd.DataFrame:
    """What is otherwise than in the last report's register: `state_before` and `news`; nothing without such a report.

    `register` comes from `find_register`, `last` is that of the last report (touchpoint, label, state), if there was
    one (`reported`). `news`: *new* (surely open, never in that register), *reopened* (surely open, closed then: its
    state too), *now sure* (surely open, uncertain or not sure then), *closed* and *uncertain* (open, surely open then)
    and *gone*: open then, and no longer in the study, which has a row without figures.
    """
    last = last.drop_duplicates("touchpoint", keep="last")
    gone = last[last["state"].isin(OPEN) & ~last["touchpoint"].isin(register["touchpoint"])]
    if len(gone):
        rows = gone[["touchpoint", "label"]].assign(state="gone", since="", n=0, verdict="")
        register = pd.concat([register, rows.reindex(columns=register.columns)], ignore_index=True)
    before = last.set_index("touchpoint")["state"]
    table = register.assign(state_before=register["touchpoint"].map(before).astype("object"))
    sure, was_open = table["state"].isin(OPEN[:-1]), table["state_before"].isin(OPEN)
    was_doubtful = table["state_before"].eq("uncertain")
    cases = {
        "now sure": sure & (was_doubtful | (table["state_before"].isna() & table["state"].eq("now sure"))),
        "new": sure & table["state_before"].isna(),
        "reopened": sure & table["state_before"].eq("closed"),
        "closed": table["state"].eq("closed") & was_open,
        "uncertain": table["state"].eq("uncertain") & was_open & ~was_doubtful,
        "gone": table["state"].eq("gone"),
    }
    news = pd.Series(np.select(list(cases.values()), list(cases), "") if reported else "", index=table.index)
    return table.assign(state=table["state"].mask(news == "reopened", "reopened"), news=news)


def describe_held_news(news: pd.DataFrame, gaps: pd.DataFrame, *, day: str) -> str:
    """`describe_news` for the first page: what opened only where the shortfall in `gaps` holds; empty without news."""
    opened = news["news"].isin(["new", "now sure", "reopened"])
    sure = news["touchpoint"].isin(gaps.loc[gaps["verdict"] == "shortfall", "touchpoint"])
    kept = news[news["news"].ne("") & (~opened | sure)]
    return describe_news(kept, day=day) if len(kept) else ""


def describe_news(news: pd.DataFrame, *, day: str) -> str:
    """What is new, reopened, closed, uncertain since the last report (of `day`), in a sentence; empty without."""
    if not day:
        return ""
    words = {
        "new": tell("a new gap at {names}"), "reopened": tell("open again at {names}"),
        "now sure": tell("now sure at {names}"), "closed": tell("closed at {names}"),
        "uncertain": tell("no longer sure at {names}"), "gone": tell("no longer in the study: {names}"),
    }  # fmt: skip
    parts = [(words[word], news.loc[news["news"] == word, "label"]) for word in NEWS]
    said = [sentence.format(names=listed(labels)) for sentence, labels in parts if len(labels)]
    if not said:
        return tell("Since the last report, of {day}, no gap opened or closed.", day=in_words(day))
    return tell("Gaps since the last report, of {day}: {news}.", day=in_words(day), news="; ".join(said))
