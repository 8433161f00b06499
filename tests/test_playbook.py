"""The playbook: the first rule that holds decides, and a mistake in the file is a sentence."""

import numpy as np
import pandas as pd
import pytest

from cxlib import gaps, moments
from cxlib.priorities.playbook import (
    FACTS,
    NUMBERS,
    STRATEGIES,
    WORDS,
    describe_strategies,
    find_facts,
    read_playbook,
    suggest_strategies,
)
from cxlib.tables import StudyError

RULE = "rules:\n- {{rule: one, strategy: {strategy}, when: {when}, suggest: {suggest}, reason: {reason}}}\n"


def facts(**rows):
    """Facts of touchpoints, each given those that are known."""
    table = pd.DataFrame(list(rows.values())).reindex(columns=FACTS)
    table = table.assign(touchpoint=list(rows), label=[name.capitalize() for name in rows])
    return table.astype(dict.fromkeys(NUMBERS, "float64"))


@pytest.fixture
def written(tmp_path):
    """A playbook written to a file and read again."""

    def write(text="", *, strategy="proactive", when="{}", suggest="Do it.", reason="because"):
        path = tmp_path / "own.yaml"
        text = text or RULE.format(strategy=strategy, when=when, suggest=suggest, reason=reason)
        path.write_text(text, encoding="utf-8")
        return read_playbook(path)

    return write


def rules_of(table, playbook=None):
    return suggest_strategies(table, playbook or read_playbook()).set_index("touchpoint")["rule"].to_dict()


SHORT = dict(verdict="shortfall", gap=-1.25, low=-1.5, high=-1.0, n=80, reach=0.9)


def test_the_playbook_that_comes_along_judges_each_kind_of_touchpoint():
    found = rules_of(
        facts(
            waits=SHORT | dict(asymmetry="dissatisfier", complaints=20, unresolved=0.3),
            mended=SHORT | dict(asymmetry="dissatisfier", complaints=90, unresolved=0.29),
            quiet=SHORT | dict(complaints=19, unresolved=0.9),
            truth=SHORT | dict(moment="negative", quadrant="concentrate here", reach=0.2),
            rare=SHORT | dict(asymmetry="dissatisfier", reach=0.49),
            shines=dict(verdict="met", asymmetry="delighter", headroom=0.25),
            fine=dict(verdict="exceeded", asymmetry="delighter", headroom=0.24),
            unsure=dict(verdict="not enough data", n=12),
            unknown={},
        )
    )
    assert found == {
        "waits": "answer first", "mended": "basics first", "quiet": "change it for all", "truth": "moment of truth",
        "rare": "help those it hits", "shines": "room to delight", "fine": "keep watch", "unsure": "ask more people",
        "unknown": "",
    }  # fmt: skip


def test_every_rule_that_comes_along_says_what_and_why_without_a_gap_in_the_sentence():
    playbook = read_playbook()
    everything = dict.fromkeys(NUMBERS, 0.5) | {word: (words or ["a"])[0] for word, words in WORDS.items()}
    for rule in playbook:
        known = everything | {fact: held[0] for fact, held in rule.when.items() if fact in WORDS}
        known |= {fact: held["at_least"] for fact, held in rule.when.items() if "at_least" in held}
        known |= {fact: held["below"] - 0.1 for fact, held in rule.when.items() if "below" in held}
        row = suggest_strategies(facts(pay=known), [rule]).iloc[0]
        assert row["rule"] == rule.name and row["strategy"] in STRATEGIES and row["suggestion"].endswith(".")
        assert not set("{}–") & set(row["suggestion"] + row["reason"])
    assert len({rule.name for rule in playbook}) == len(playbook) == 8


def test_the_words_a_fact_may_be_are_those_the_steps_use():
    assert set(WORDS["verdict"]) == set(gaps.table.VERDICTS)
    assert set(WORDS["moment"]) == {*moments.truth.MOMENTS, "none"}
    assert set(WORDS["asymmetry"]) == set(moments.asymmetry.KINDS)


def test_the_first_rule_that_holds_decides(written):
    text = "rules:\n" + "".join(
        f"- {{rule: {name}, strategy: reactive, when: {when}, suggest: Do., reason: x}}\n"
        for name, when in (("touchpoint", "{touchpoint: [pay, help]}"), ("wide", "{gap: {below: -1}}"), ("all", "{}"))
    )
    table = facts(pay=dict(gap=-2), trial=dict(gap=-1.1), search=dict(gap=-1))
    assert rules_of(table, written(text)) == {"pay": "touchpoint", "trial": "wide", "search": "all"}


def test_conditions_take_the_bound_itself_from_above_and_not_from_below(written):
    table = facts(a=dict(reach=0.5), b=dict(reach=0.7), c=dict(reach=0.49), d=dict(reach=np.nan))
    found = rules_of(table, written(when="{reach: {at_least: 0.5, below: 0.7}}"))
    assert [name for name, rule in found.items() if rule] == ["a"]


def test_a_reason_has_its_facts_in_words_and_nothing_else_is_replaced(written):
    reason = "'{label}: gap {gap} ({low} to {high}), n {n}, {reach} meet it, {complaints} complaints'"
    row = facts(pay=SHORT).assign(label="{gap}", n=1200.0)
    found = suggest_strategies(row, written(reason=reason))["reason"].iloc[0]
    assert found == "{gap}: gap −1.2 (−1.5 to −1.0), n 1,200, 90\u00a0% meet it, – complaints"


@pytest.mark.parametrize(
    "wrong, words",
    [
        (dict(when="{verdikt: met}"), "rule 1 (one), when: there is no key 'verdikt'. Did you mean 'verdict'?"),
        (dict(when="{reach: {atleast: 0.5}}"), "(one): reach: there is no key 'atleast'. Did you mean 'at_least'?"),
        (dict(when="{verdict: shortfal}"), "verdict is never 'shortfal'. Did you mean 'shortfall'?"),
        (dict(when="{verdict: [met, 3]}"), "verdict should be a word or a list of words"),
        (dict(when="{reach: 0.5}"), "reach should be written as {at_least: 0.5}"),
        (dict(when="{reach: {below: 50}}"), "reach should be compared with a share from 0 to 1, such as 0.5; it is 50"),
        (dict(when="{gap: {below: yes}}"), "gap should be compared with a number; it is 'yes'"),
        (dict(when="{gap: {below: .nan}}"), "gap should be compared with a number"),
        (dict(when="[gap]"), "when should give facts their conditions"),
        (dict(strategy="Proactive"), "strategy is 'Proactive'. Did you mean 'proactive'?"),
        (dict(reason="'{gpa} is wide'"), "there is no key 'gpa'. Did you mean 'gap'?"),
        (dict(reason="'{gap.__class__}'"), "there is no key 'gap.__class__'"),
        (dict(suggest="3"), "suggest should be a text"),
        (dict(text="rules:\n- {rule: one, strategy: reactive}"), "when should be {} or conditions"),
        (dict(text="rules:\n- {rule: one, wen: {}}"), "there is no key 'wen'. Did you mean 'when'?"),
        (dict(text="rules:\n- first"), "rule 1: it should have rule, strategy"),
        (dict(text="rules: []"), "rules should be a list of rules"),
        (dict(text="rulez: []"), "there is no key 'rulez'. Did you mean 'rules'?"),
        (dict(text="rules: []\nrules: []"), "cannot be read as YAML"),
        (dict(text="rules: !!python/name:os.system []"), "tags (!)"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_playbook_is_a_sentence_that_names_it(written, wrong, words):
    with pytest.raises(StudyError) as said:
        written(**wrong)
    assert words in str(said.value) and "own.yaml" in str(said.value)


def test_a_playbook_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StudyError, match="There is no playbook .*own.yaml; correct playbook in study.yaml"):
        read_playbook(tmp_path / "own.yaml")


NOTHING = pd.DataFrame(columns=["touchpoint"])
CHAPTERS = dict(
    ratings=pd.DataFrame({"touchpoint": ["pay", "help"], "mean_experienced": [4.0, np.nan]}),
    asymmetry=pd.DataFrame({"touchpoint": ["pay", "help"], "asymmetry": [-0.6, None], "kind": ["hybrid", "not sure"]}),
    complaints=pd.DataFrame({"touchpoint": ["pay", "others"], "complaints": [20, 9], "resolved_share": [0.75, 0.1]}),
    matrix=pd.DataFrame({"touchpoint": ["pay", "help"], "quadrant": "keep it up", "p_quadrant": [0.8, 0.79]}),
)  # fmt: skip
MOMENTS = pd.DataFrame({"touchpoint": ["pay", "help", "search"], "label": ["Pay", "Help", "Search"], "stage": "use"})
MOMENTS = MOMENTS.assign(verdict=["met", "shortfall", None], moment=["", "negative", ""], importance=[0.2, 0.3, None])
MOMENTS = MOMENTS.assign(n=pd.array([9, 9, None], "Int64"), gap=0.0, low=-0.1, high=0.1, reach=0.5)


def test_facts_are_gathered_from_the_tables_of_other_steps():
    found = find_facts(MOMENTS, **CHAPTERS, scale=(1, 7)).set_index("touchpoint")
    pay = ["headroom", "complaints", "unresolved", "asymmetry", "quadrant", "moment", "n"]
    assert found.loc["pay", pay].tolist() == [0.5, 20, 0.25, "hybrid", "keep it up", "none", 9]
    assert found.loc["help", ["quadrant", "moment"]].tolist() == ["not sure", "negative"]
    assert found.loc["help", ["headroom", "complaints", "asymmetry"]].isna().all()
    assert found.loc["search", ["headroom", "moment", "verdict", "n", "quadrant"]].isna().all()


def test_tables_without_rows_leave_their_facts_unknown():
    nothing = {name: table.iloc[:0] for name, table in CHAPTERS.items()}
    found = find_facts(MOMENTS, **nothing, scale=None)
    assert found[["headroom", "complaints", "unresolved", "asymmetry", "quadrant"]].isna().all(axis=None)
    assert len(find_facts(MOMENTS.iloc[:0], **nothing, scale=None)) == 0


def test_the_sentence_says_where_proactive_and_where_reactive():
    one = suggest_strategies(facts(pay=SHORT), read_playbook())
    assert describe_strategies(one) == "Of 1 touchpoint, the playbook says proactive at 1 (Pay)."
    many = facts(pay=SHORT, help=SHORT, trial=SHORT, search=dict(verdict="met"), other={})
    assert describe_strategies(suggest_strategies(many, read_playbook())) == (
        "Of 5 touchpoints, the playbook says proactive at 3 (Pay and 2 more) and reactive at 1 (Search); "
        "for 1 no rule holds."
    )


def test_long_names_leave_the_sentence_to_the_counts():
    names = [f"waiting for an answer of the desk {place}" for place in range(4)]
    rows = {name: SHORT if place < 2 else dict(verdict="met") for place, name in enumerate(names)}
    found = suggest_strategies(facts(**rows, other={}), read_playbook())
    said = "Of 5 touchpoints, the playbook says proactive at 2 and reactive at 2; for 1 no rule holds."
    assert describe_strategies(found) == said


def test_the_sentence_says_what_would_switch_the_playbook_on():
    silent = suggest_strategies(facts(a={}, b={}), read_playbook())
    assert describe_strategies(silent) == (
        "No rule of the playbook holds for any of 2 touchpoints; "
        "most need gaps, from ratings with expected and experienced."
    )
    assert "touchpoints.csv" in describe_strategies(silent.iloc[:0])
