"""Proactive or reactive: what to do about each touchpoint, by the rules of a playbook people can edit."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.priorities.matrix import QUADRANTS
from cxlib.priorities.ranking import SURE, say_shortly
from cxlib.strict_yaml import known, read_yaml
from cxlib.tables import StudyError, check_columns, nearest
from cxlib.words import counted, listed, percent, signed

DEFAULT = Path(__file__).parent.parent / "playbook.yaml"
STRATEGIES = ("proactive", "reactive")
KEYS = ["rule", "strategy", "when", "suggest", "reason"]
OPERATORS = ["at_least", "below"]
WORDS = {
    "touchpoint": (), "label": (), "stage": (),
    "verdict": ("shortfall", "exceeded", "met", "not enough data"),
    "moment": ("negative", "positive", "in balance", "not sure which way", "none"),
    "asymmetry": ("dissatisfier", "delighter", "hybrid", "not sure"),
    "quadrant": (*QUADRANTS, "not sure"),
}  # fmt: skip
"""Facts in words, each with the words it may be; any where there are none."""

COUNTS, SHARES = ["n", "complaints"], ["reach", "importance", "headroom", "unresolved"]
NUMBERS = ["gap", "low", "high", *COUNTS, *SHARES]
FACTS = [*WORDS, *NUMBERS]


@dataclass(frozen=True)
class Rule:
    """A rule: `when` gives a fact its words (a list) or its bounds (at_least, below)."""

    name: str
    strategy: str
    when: dict[str, list[str] | dict[str, float]]
    suggest: str
    reason: str


def read_playbook(path: Path | None = None) -> list[Rule]:
    """The rules of a playbook, in order: the first one that holds decides; without a path, those cxlib comes with."""
    path = path or DEFAULT
    if not path.is_file():
        raise StudyError(f"There is no playbook {path}; correct playbook in study.yaml, or leave it out.")
    said = read_yaml(path)
    known(said, ["rules"], place=str(path))
    rules = said.get("rules")
    if not isinstance(rules, list) or not rules:
        raise StudyError(f"{path}: rules should be a list of rules, each with {', '.join(KEYS)}.")
    return [read_rule(rule, f"{path}, rule {place}") for place, rule in enumerate(rules, start=1)]


def read_rule(said: object, place: str) -> Rule:
    """One rule, checked word by word."""
    if not isinstance(said, dict):
        raise StudyError(f"{place}: it should have {', '.join(KEYS)}; it is {said!r}.")
    place = f"{place} ({said['rule']})" if said.get("rule") else place
    known(said, KEYS, place=place)
    for key in KEYS:
        if said.get(key) is None or (key != "when" and not isinstance(said[key], str)):
            raise StudyError(f"{place}: {key} should be {'{} or conditions' if key == 'when' else 'a text'}.")
    if said["strategy"] not in STRATEGIES:
        raise StudyError(f"{place}: strategy is {said['strategy']!r}. {nearest(said['strategy'], STRATEGIES)}")
    if not isinstance(said["when"], dict):
        raise StudyError(f"{place}: when should give facts their conditions; it is {said['when']!r}.")
    known(said["when"], FACTS, place=f"{place}, when")
    for template in (said["suggest"], said["reason"]):
        known(dict.fromkeys(re.findall(r"\{([^{}]*)\}", template)), FACTS, place=f"{place}, {template!r}")
    when = {fact: read_condition(fact, condition, place) for fact, condition in said["when"].items()}
    return Rule(said["rule"], said["strategy"], when, said["suggest"], said["reason"])


def read_condition(fact: str, said: object, place: str) -> list[str] | dict[str, float]:
    """The words a fact may be, or the bounds it lies in."""
    place = f"{place}: {fact}"
    if fact in WORDS:
        words = said if isinstance(said, list) else [said]
        if not words or not all(isinstance(word, str) for word in words):
            raise StudyError(f"{place} should be a word or a list of words; it is {said!r}.")
        for word in words:
            if WORDS[fact] and word not in WORDS[fact]:
                raise StudyError(f"{place} is never {word!r}. {nearest(word, list(WORDS[fact]))}")
        return words
    if not isinstance(said, dict) or not said:
        raise StudyError(f"{place} should be written as {{at_least: 0.5}} or {{below: 0.5}}; it is {said!r}.")
    known(said, OPERATORS, place=place)
    for bound in said.values():
        number = isinstance(bound, int | float) and not isinstance(bound, bool) and abs(bound) < 1e9
        if not number or (fact in SHARES and not 0 <= bound <= 1):
            should = "a share from 0 to 1, such as 0.5" if fact in SHARES else "a number"
            raise StudyError(f"{place} should be compared with {should}; it is {bound!r}.")
    return said


def find_facts(
    moments: pd.DataFrame,
    ratings: pd.DataFrame,
    asymmetry: pd.DataFrame,
    complaints: pd.DataFrame,
    matrix: pd.DataFrame,
    *,
    scale: tuple[float, float] | None,
) -> pd.DataFrame:
    """What the playbook judges by: a row per touchpoint with the FACTS, missing where they are not known.

    `moments` comes from `find_moments`, `ratings` from `summarise_ratings`, `asymmetry` from `find_asymmetry`,
    `complaints` from `find_complaint_times` by touchpoint, `matrix` from `place_in_matrix`. `headroom` is
    (top − mean experience)/(top − bottom) of the `scale`, `unresolved` 1 − the resolved share; a doubtful quadrant is
    "not sure", `moment` is "none" where a touchpoint is not surely a moment of truth.
    """
    check_columns(
        moments, ["touchpoint", "label", "verdict", "moment", "importance"], name="moments (from find_moments)"
    )
    low, high = scale or (np.nan, np.nan)
    asides = [
        ratings[["touchpoint"]].assign(headroom=(high - ratings["mean_experienced"].astype("float64")) / (high - low)),
        asymmetry[["touchpoint"]].assign(asymmetry=asymmetry["kind"].where(asymmetry["asymmetry"].notna())),
        complaints[["touchpoint", "complaints"]].assign(unresolved=1 - complaints["resolved_share"]),
        matrix[["touchpoint"]].assign(quadrant=matrix["quadrant"].where(matrix["p_quadrant"] >= SURE, "not sure")),
    ]
    moment = moments["moment"].replace("", "none").where(moments["importance"].notna())
    facts = moments.assign(moment=moment)
    for aside in asides:
        facts = facts.merge(aside, on="touchpoint", how="left", validate="one_to_one")
    return facts[FACTS].astype(dict.fromkeys(NUMBERS, "float64"))


def suggest_strategies(facts: pd.DataFrame, playbook: list[Rule]) -> pd.DataFrame:
    """What the playbook says of each touchpoint: touchpoint, label, strategy, suggestion, reason and the rule.

    `facts` comes from `find_facts`. The first rule whose conditions all hold decides; blank where none does. Rows stand
    in the order of the playbook.
    """
    check_columns(facts, FACTS, name="facts (from find_facts)")
    chosen = np.full(len(facts), len(playbook))
    for place, rule in reversed(list(enumerate(playbook))):
        chosen[holds(facts, rule.when)] = place
    rules = [*playbook, Rule("", "", {}, "", "")]
    rows = []
    for fact, rule in zip(facts.to_dict("records"), (rules[place] for place in chosen)):
        rows.append((rule.strategy, fill(tell(rule.suggest), fact), fill(tell(rule.reason), fact), rule.name))
    found = pd.DataFrame(rows, columns=["strategy", "suggestion", "reason", "rule"], index=facts.index, dtype="str")
    return facts[["touchpoint", "label"]].join(found).iloc[np.argsort(chosen, kind="stable")].reset_index(drop=True)


def holds(facts: pd.DataFrame, when: dict) -> np.ndarray:
    """Which touchpoints fulfil all conditions; what is not known fulfils none."""
    held = np.ones(len(facts), dtype=bool)
    for fact, condition in when.items():
        if fact in WORDS:
            held &= facts[fact].isin(condition).to_numpy()
        else:
            figures = facts[fact].to_numpy(float)
            held &= (figures >= condition.get("at_least", -np.inf)) & (figures < condition.get("below", np.inf))
    return held


def fill(template: str, facts: dict) -> str:
    """A sentence with its {facts} in it, and nothing else replaced.

    >>> fill("gap {gap}, {reach} meet {label}", {"gap": -1.24, "reach": 0.5, "label": "{gap}"})
    'gap −1.2, 50\xa0% meet {gap}'
    """
    return re.sub(r"\{(\w+)\}", lambda found: say_fact(found[1], facts[found[1]]), template)


def say_fact(fact: str, value: object) -> str:
    """A fact as people read it."""
    if pd.isna(value):
        return "–"
    if fact in SHARES:
        return percent(value)
    if fact in COUNTS:
        return f"{value:,.0f}"
    return signed(value) if fact in NUMBERS else str(value) if fact == "label" else tell(str(value))


def describe_strategies(strategies: pd.DataFrame) -> str:
    """Where the playbook says proactive and where reactive, in a sentence; `strategies` from `suggest_strategies`."""
    if strategies.empty:
        return tell("The playbook has nothing to judge: ratings, or a map (touchpoints.csv), switch it on.")
    counts = strategies["strategy"].value_counts()
    said = [strategy for strategy in STRATEGIES if strategy in counts]
    labels = strategies.groupby("strategy")["label"].agg(lambda names: listed(names, most=2))
    places = [tell("{strategy} at {count}", strategy=strategy, count=counts[strategy]) for strategy in said]
    named, brief = listed([f"{at} ({labels[strategy]})" for at, strategy in zip(places, said)]), listed(places)
    total, silent = counted(len(strategies), "touchpoint"), counts.get("", 0)
    if not said:
        needs = "most need gaps, from ratings with expected and experienced"
        which = tell("the {total}", total=total) if silent == 1 else tell("any of {total}", total=total)
        return tell("No rule of the playbook holds for {which}; {needs}.", which=which, needs=tell(needs))
    rest = tell("; for {silent} no rule holds", silent=silent) if silent else ""
    sentence = tell("Of {total}, the playbook says {words}{rest}.")
    return say_shortly(*(sentence.format(total=total, words=words, rest=rest) for words in (named, brief)))
