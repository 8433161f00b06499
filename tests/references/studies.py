"""Studies drawn at random, with every table a study may have: blanks, weights, several visits, people of two waves."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd

STAGES = ("look", "buy", "use")
PLACES = ("ad", "shop", "cart", "till", "start", "help")
WAVES = {"W1": "2031-02-28", "W2": "2031-05-31"}
RATED = ("expected", "experienced", "adequate", "desired", "importance", "effort")
SETTINGS = """dates: {zone: Europe/Lisbon}
stages: [look, buy, use]
waves: {W1: 2031-02-28, W2: 2031-05-31}
scales: {%s, overall: [0, 10]}
outcome: overall
journey: {converted: till, adopted: start, cart: cart, window_days: 40}
files:
"""
NAMED = ("touchpoint", "label", "stage", "persona", "channel", "event", "event_pattern")
Tables = dict[str, pd.DataFrame]


def draw_tables(seed: int, people: int = 90) -> Tables:
    """The tables of a study in which `people` answer in each of two waves, a third of them in both."""
    rng = np.random.default_rng([seed, 77])
    persons = draw_people(rng, people)
    tables = {"respondents": persons, "ratings": draw_ratings(rng, persons), "events": draw_events(rng, people)}
    tables["touchpoints"] = pd.DataFrame(
        {"touchpoint": PLACES, "label": [name.title() for name in PLACES], "stage": np.repeat(STAGES, 2)}
    ).assign(event_pattern=PLACES, reviewed_on="2031-03-15")
    claims = {"persona": ["new", "old", "firm"], "claimed_share": [0.5, 0.3, 0.2]}
    tables["personas"] = pd.DataFrame(claims)
    guesses = {"touchpoint": PLACES[:4], "feasibility_low": 0.2, "feasibility": [0.3, 0.5, 0.7, 0.6]}
    tables["feasibility"] = pd.DataFrame(guesses).assign(feasibility_high=0.9)
    believed = rng.integers(2, 8, (12, 6))
    staff = [(f"s{one}", place, believed[one, at]) for one in range(12) for at, place in enumerate(PLACES)]
    tables["beliefs"] = pd.DataFrame(staff, columns=["staff", "touchpoint", "expected"])
    marks = {"touchpoint": PLACES[:3], "kind": "industry", "value": [4.1, 3.9, 4.6], "se": [0.1, 0.2, np.nan]}
    tables["benchmarks"] = pd.DataFrame(marks).assign(n=[400, 90, np.nan])
    tables["feedback"] = draw_feedback(rng, people)
    return tables | draw_kpis(rng)


def draw_people(rng: np.random.Generator, people: int) -> pd.DataFrame:
    """Respondents of both waves; who is in both may change persona."""
    rows = [(f"p{one + shift}", wave) for wave, shift in (("W1", 0), ("W2", 2 * people // 3)) for one in range(people)]
    table = pd.DataFrame(rows, columns=["respondent", "wave"])
    size = len(table)
    table["customer"] = "c" + table["respondent"].str[1:]
    table["persona"] = rng.choice(["new", "old", "firm"], size, p=[0.5, 0.3, 0.2])
    table["site"] = rng.choice([f"site {letter}" for letter in "abcdefgh"], size)
    table["weight"] = np.exp(rng.normal(0, 0.4, size)).round(3)
    table["overall"] = rng.integers(0, 11, size)
    table["recommend"] = rng.choice([2, 6, 7, 8, 9, 10], size)
    return table.assign(barriers=rng.choice(["price", "time", "price|time", ""], size))


def draw_ratings(rng: np.random.Generator, persons: pd.DataFrame) -> pd.DataFrame:
    """Up to two visits of each touchpoint; experience goes along with the person's verdict; a tenth is blank."""
    table = persons[["respondent", "wave", "overall"]].merge(pd.DataFrame({"touchpoint": PLACES}), how="cross")
    table = table.loc[np.repeat(table.index, rng.choice([0, 1, 2], len(table), p=[0.1, 0.75, 0.15]))]
    table = table.reset_index(drop=True)
    table["visit"] = "v" + table.groupby(["respondent", "wave", "touchpoint"]).cumcount().astype("str")
    size, place = len(table), table["touchpoint"].map({name: at for at, name in enumerate(PLACES)})
    table["channel"] = rng.choice(["web", "phone", "shop"], size, p=[0.5, 0.2, 0.3])
    means = {"expected": 5.2, "experienced": 3 + 0.25 * table["overall"] - 0.2 * place, "adequate": 3.5}
    for name in RATED:
        mean = means.get(name, 4.5) + rng.normal(0, 0.7, size)
        table[name] = np.clip(np.rint(mean + rng.normal(0, 1, size)), 1, 7).astype(float)
        table.loc[rng.random(size) < 0.08, name] = np.nan
    table["emotion"] = rng.integers(-2, 3, size)
    kano = rng.choice([1, 2, 3, 4, 5], (2, size), p=[0.35, 0.15, 0.2, 0.15, 0.15])
    return table.assign(kano_with=kano[0], kano_without=6 - kano[1]).drop(columns="overall")


def draw_events(rng: np.random.Generator, people: int) -> pd.DataFrame:
    """A log of journeys that wander, each event at a time of its own, some of them promised."""
    rows = []
    for one in range(people + 20):
        for case in range(rng.integers(1, 3)):
            at, steps = rng.uniform(0, 90), rng.integers(2, 9)
            for place in np.minimum(np.maximum.accumulate(rng.integers(0, 6, steps)), 5) - (rng.random(steps) < 0.2):
                at += rng.gamma(1.0, 3.0) + 0.01
                rows.append((f"c{one}", f"c{one}-{case}", at, PLACES[max(place, 0)]))
    table = pd.DataFrame(rows, columns=["customer", "case", "day", "event"])
    start = pd.Timestamp("2031-01-01")
    table["time"] = start + pd.to_timedelta((table.pop("day") * 86400).round(), unit="s")
    late = pd.to_timedelta(rng.normal(0, 2, len(table)).round(2), unit="D").round("s")
    promised = (table["event"] == "till") & ~table.duplicated(["case", "event"])
    table["planned_time"] = (table["time"] + late).where(promised)
    return table.assign(channel=rng.choice(["web", "phone", "shop"], len(table)))


def draw_feedback(rng: np.random.Generator, people: int) -> pd.DataFrame:
    """Coded quotes; some are complaints, and some of these are resolved."""
    words = np.array(["slow", "friendly", "broken", "cheap", "unclear", "late"])
    size = 3 * people
    table = pd.DataFrame({"customer": [f"c{one}" for one in rng.integers(0, people + 20, size)]})
    table["touchpoint"], table["code"] = rng.choice(PLACES, size), rng.choice(words, size)
    table["text"] = "it was " + table["code"] + " and " + rng.choice(words, size)
    opened = pd.Timestamp("2031-01-05") + pd.to_timedelta(rng.integers(0, 100, size), unit="D")
    complaint = rng.random(size) < 0.3
    resolved = opened + pd.to_timedelta(rng.integers(1, 30, size), unit="D")
    return table.assign(
        time=opened.strftime("%Y-%m-%d"),
        opened=pd.Series(opened.strftime("%Y-%m-%d")).where(complaint),
        resolved=pd.Series(resolved.strftime("%Y-%m-%d")).where(complaint & (rng.random(size) < 0.6)),
    )


def draw_kpis(rng: np.random.Generator) -> Tables:
    """A share and a value of eight sites over 30 months, a few older actions and their objectives."""
    ends = pd.date_range("2028-12-31", periods=30, freq="ME").strftime("%Y-%m-%d")
    rows = [(date, f"site {letter}") for date in ends for letter in "abcdefgh"]
    share = pd.DataFrame(rows, columns=["date", "site"]).assign(kpi="done", value=np.nan)
    share["denominator"] = rng.integers(80, 120, len(share))
    share["numerator"] = rng.binomial(share["denominator"], 0.6)
    value = share.assign(
        kpi="minutes", value=rng.normal(50, 6, len(share)).round(2), numerator=np.nan, denominator=np.nan
    )
    few = value[value["date"] >= ends[-2]].assign(kpi="calls")
    acts = [("A1", "ad", "done", "2030-01-01", "site a|site b|site c"), ("A2", "help", "minutes", "2030-03-01", "")]
    actions = pd.DataFrame(acts, columns=["action", "touchpoint", "kpi", "start", "sites"]).assign(status="done")
    aims = [("finish", "done", np.nan, 0.7), ("quick", "minutes", np.nan, 45), ("content", np.nan, "shop", 5)]
    objectives = pd.DataFrame(aims, columns=["objective", "kpi", "touchpoint", "target"]).assign(direction="at least")
    return {"kpis": pd.concat([share, value, few]), "actions": actions, "objectives": objectives}


def write_tables(
    folder: Path, tables: Tables, *, parts: int = 1, scale: tuple = (1, 7), names: dict | None = None, more: str = ""
) -> Path:
    """The tables as a study in a folder, each in so many files; `names` gives other names, `more` one more stage."""
    folder.mkdir(parents=True)
    settings = SETTINGS % ", ".join(f"{name}: [{scale[0]}, {scale[1]}]" for name in RATED)
    settings = settings.replace("use]", f"use, {more}]") if more else settings
    for old, new in (names or {}).items():
        settings = re.sub(
            rf"(?<=[:\[,] ){old}(?=[,\]}}])|(?<=\[){old}(?=,)", lambda _, new=new: json.dumps(new), settings
        )
    for name, table in tables.items():
        table = table.assign(**{column: table[column].replace(names or {}) for column in NAMED if column in table})
        for part, rows in enumerate(np.array_split(np.arange(len(table)), parts)):
            table.iloc[rows].to_csv(folder / f"{name}-{part}.csv", index=False)
        settings += f"  {name}: {name}-*.csv\n"
    (folder / "study.yaml").write_text(settings, encoding="utf-8")
    return folder
