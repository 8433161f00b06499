"""A study that strains every chart and table: many touchpoints, stages and waves, names long or hostile.

python -m tests.stress FOLDER --touchpoints 40 --stages 9 --waves 12 --people 60 --names hostile
"""

import argparse
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from cxlib.csv_files import write_csv

HOSTILE = [
    r"pays $5 or $10_now $\frac{1}{2}$",
    "_leading underscore_and $x$",
    "<b>bold & 'quoted' \"twice\"</b>",
    "결제 단계의 고객 경험",
    "تجربة الدفع",
    r"back\slash \n \textbf{x} ^up_down",
    "party 🎉 at the desk 😀",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterb",
    "お支払いの手続き ひらがな",
    "{braces} %s & <script>alert(1)</script>",
]
WORDS = "waiting for the answer of the service desk about a delayed replacement of one accessory".split()
FEW = {
    "site": 6,
    "measure": 3,
    "action": 4,
    "owner": 5,
    "dimension": 4,
    "market": 3,
    "barrier": 4,
    "need": 8,
    "theme": 3,
}
"""How many there are of what no argument counts."""

QUOTES = ["It took far too long and nobody called.", "Easy and quick.", "The page lost what I had typed. Twice."]


def name(kind: str, number: int, names: str) -> str:
    """The name of one thing: `plain`, exactly 60 letters `long`, or `hostile`; no two are the same."""
    plain = f"{kind} {number + 1}"
    if names == "long":
        turned = WORDS[number % len(WORDS) :] + WORDS[: number % len(WORDS)]
        return f"{plain} {' '.join(turned)}"[:60].rstrip().ljust(60, "x")
    return f"{HOSTILE[number % len(HOSTILE)]} {number + 1}" if names == "hostile" else plain


def make_stress_study(
    folder: str | Path, *, touchpoints: int = 40, stages: int = 9, waves: int = 12, people: int = 60,
    names: str = "long", personas: int = 4, channels: int = 4, seed: int = 9,
) -> Path:  # fmt: skip
    """Write a whole small study into `folder`, `people` a wave; the same arguments write the same bytes."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    counts = dict(zip(("touchpoint", "stage", "persona", "channel"), (touchpoints, stages, personas, channels)))
    called = {kind: [name(kind, number, names) for number in range(count)] for kind, count in (FEW | counts).items()}
    keys = [f"t{number:02d}" for number in range(touchpoints)]
    quarters = pd.period_range(end="2026Q2", periods=waves, freq="Q")
    ends = {f"{quarter.year}-Q{quarter.quarter}": quarter.end_time.strftime("%Y-%m-%d") for quarter in quarters}
    respondents = answer_sheet(draw, called, list(ends), people)
    tables = {
        "touchpoints": the_map(called, keys),
        "ratings": the_ratings(draw, called, keys, respondents, ends),
        "respondents": respondents.drop(columns="liking"),
        "events": the_events(draw, called, keys, respondents, ends),
        "kpis": the_kpis(draw, called),
        **the_plan(called, keys),
        **what_was_said(draw, called, keys),
    }
    for table, rows in tables.items():
        write_csv(rows, folder / f"{table}.csv")
    study = {
        "title": f"Stress: {name('study', 0, names)}",
        "stages": called["stage"],
        "waves": {wave: date.fromisoformat(end) for wave, end in ends.items()},
        "scales": {"expected": [1, 7], "experienced": [1, 7], "effort": [1, 7], "overall": [1, 7]},
        "outcome": "overall",
        "journey": {"adopted": keys[-1], "converted": keys[len(keys) // 2], "cart": keys[0], "window_days": 90},
        "show_quotes": True,
        "files": {table: f"{table}.csv" for table in tables},
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(study, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return folder


def the_map(called: dict, keys: list[str]) -> pd.DataFrame:
    """Touchpoints spread over the stages in order."""
    count, stages = len(keys), called["stage"]
    return pd.DataFrame(
        {
            "touchpoint": keys,
            "label": called["touchpoint"],
            "stage": [stages[place * len(stages) // count] for place in range(count)],
            "dimension": [called["dimension"][place % 4] for place in range(count)],
            "channels": "|".join(called["channel"][:2]),
            "need": [called["need"][place % 8] for place in range(count)],
            "owner": [called["owner"][place % 5] for place in range(count)],
            "event_pattern": keys,
            "reviewed_on": "2026-04-15",
        }
    )


def answer_sheet(draw: np.random.Generator, called: dict, waves: list[str], people: int) -> pd.DataFrame:
    """One row a respondent; `liking` moves what they experienced and how content they are overall."""
    count = people * len(waves)
    liking = draw.normal(0, 0.6, count)
    return pd.DataFrame(
        {
            "respondent": [f"{wave}-{person:03d}" for wave in waves for person in range(people)],
            "wave": np.repeat(waves, people),
            "customer": [f"c{person:04d}" for person in range(count)],
            "persona": draw.choice(called["persona"], count),
            "market": draw.choice(called["market"], count),
            "site": draw.choice(called["site"], count),
            "overall": np.clip(np.round(4.8 + liking + draw.normal(0, 0.7, count)), 1, 7).astype(int),
            "recommend": np.clip(np.round(6.5 + 1.5 * liking + draw.normal(0, 1.5, count)), 0, 10).astype(int),
            "barriers": [f"{pick}" for pick in draw.choice(called["barrier"], count)],
            "liking": liking,
        }
    )


def the_ratings(
    draw: np.random.Generator, called: dict, keys: list[str], respondents: pd.DataFrame, ends: dict[str, str]
) -> pd.DataFrame:
    """Each person rates six in ten touchpoints; the fourth of every seven falls short, the sixth exceeds."""
    asked = draw.random((len(respondents), len(keys))) < 0.6
    person, place = np.nonzero(asked)
    shift = np.array([0, -0.3, -0.1, -1.4, -0.2, 0.6, -0.5])[place % 7]
    expected = np.clip(np.round(draw.normal(5.5, 0.9, len(person))), 1, 7).astype(int)
    felt = expected + shift + respondents["liking"].to_numpy()[person] + draw.normal(0, 0.9, len(person))
    table = pd.DataFrame(
        {
            "respondent": respondents["respondent"].to_numpy()[person],
            "wave": respondents["wave"].to_numpy()[person],
            "answered_at": respondents["wave"].map(ends).to_numpy()[person],
            "touchpoint": np.array(keys)[place],
            "channel": draw.choice(called["channel"], len(person)),
            "expected": expected,
            "experienced": np.clip(np.round(felt), 1, 7).astype(int),
            "emotion": np.clip(np.round(felt - expected), -2, 2).astype(int),
            "effort": draw.integers(1, 8, len(person)),
        }
    )
    for column in ("kano_with", "kano_without"):
        table[column] = draw.integers(1, 6, len(person))
    return table


def the_events(
    draw: np.random.Generator, called: dict, keys: list[str], respondents: pd.DataFrame, ends: dict[str, str]
) -> pd.DataFrame:
    """Every customer walks the map in order and leaves out a third of it."""
    seen = draw.random((len(respondents), len(keys))) < 0.66
    person, place = np.nonzero(seen)
    start = pd.to_datetime(respondents["wave"].map(ends)) - pd.Timedelta(days=75)
    hours = 30 * place + draw.integers(0, 24, len(place))
    time = start.to_numpy()[person] + pd.to_timedelta(hours, unit="h")
    return pd.DataFrame(
        {
            "customer": respondents["customer"].to_numpy()[person],
            "time": pd.DatetimeIndex(time).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "event": np.array(keys)[place],
            "channel": draw.choice(called["channel"], len(place)),
        }
    )


def the_kpis(draw: np.random.Generator, called: dict) -> pd.DataFrame:
    """Two years of months, every measure at every site; the first rises at half of the sites."""
    months = pd.date_range(end="2026-06-30", periods=24, freq="ME").strftime("%Y-%m-%d")
    index = pd.MultiIndex.from_product([months, called["measure"], called["site"]], names=["date", "kpi", "site"])
    table = index.to_frame(index=False)
    lifted = (table["kpi"] == called["measure"][0]) & (table["date"] >= months[17])
    lifted &= table["site"].isin(called["site"][:3])
    table["denominator"] = draw.poisson(160, len(table))
    table["numerator"] = draw.binomial(table["denominator"], 0.6 + 0.12 * lifted)
    return table


def the_plan(called: dict, keys: list[str]) -> dict[str, pd.DataFrame]:
    """Actions, objectives, feasibility and benchmarks; the first action started where the first measure rose."""
    some = keys[:: max(1, len(keys) // 4)][:4]
    sites = "|".join(called["site"][:3])
    actions = {
        "action": called["action"][: len(some)], "touchpoint": some, "kind": "proactive",
        "hypothesis": called["need"][: len(some)], "owner": called["owner"][: len(some)], "cost": 15000,
        "start": "2026-01-01", "due": "2026-05-31", "sites": sites, "status": ["running", "done", "open", "done"],
        "kpi": called["measure"][0],
    }  # fmt: skip
    actions["status"] = actions["status"][: len(some)]
    feasible = {"touchpoint": keys, "feasibility_low": 0.3, "feasibility": 0.5, "feasibility_high": 0.8}
    ease = pd.DataFrame({**feasible, "rated_by": "workshop"})
    ease["feasibility"] = [0.35 + 0.08 * (place % 6) for place in range(len(keys))]
    aims = {
        "objective": called["need"][:2], "kpi": called["measure"][:2], "target": [0.75, 0.6], "due": "2026-12-31"
    }  # fmt: skip
    against = {
        "touchpoint": some, "kind": "competitor", "value": 5.2, "se": 0.08, "n": 400, "scale": "1-7",
        "period": "2025", "mode": "online", "source": called["owner"][0],
    }  # fmt: skip
    return {
        "actions": pd.DataFrame(actions),
        "objectives": pd.DataFrame(aims),
        "feasibility": ease,
        "benchmarks": pd.DataFrame(against),
    }


def what_was_said(draw: np.random.Generator, called: dict, keys: list[str]) -> dict[str, pd.DataFrame]:
    """Quotes of customers with their themes, what staff believe, and what personas are claimed to be."""
    said = {
        "source": "form",
        "time": "2026-03-07",
        "touchpoint": draw.choice(keys, 240),
        "text": [f"{QUOTES[place % 3]} {called['need'][place % 8]}" for place in range(240)],
        "code": [called["theme"][place % 3] for place in range(240)],
        "coder": "reader 1",
    }
    staff = [(f"staff {person}", "sales", key, 4 + person % 3) for person in range(8) for key in keys]
    personas = called["persona"]
    return {
        "feedback": pd.DataFrame(said),
        "beliefs": pd.DataFrame(staff, columns=["staff", "role", "touchpoint", "expected"]),
        "personas": pd.DataFrame(
            {"persona": personas, "claimed_share": 1 / len(personas), "claimed_needs": called["need"][0]}
        ),
    }


def drawn_texts(figure: Figure) -> list[Text]:
    """Every word a figure shows: titles, labels, notes, and the tick labels within view."""
    axes = [ax for ax in figure.findobj(Axes) if ax.get_visible()]
    words = [text for ax in axes for text in [*ax.texts, ax.title, ax.xaxis.label, ax.yaxis.label]]
    words += [text for ax in axes if ax.get_legend() for text in ax.get_legend().get_texts()]
    for ax in axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            labels = zip(axis.get_majorticklocs(), axis.get_majorticklabels())
            words += [label for place, label in labels if low <= place <= high and axis.get_visible()]
    words += [*figure.texts, *filter(None, [figure._suptitle])]
    return [text for text in dict.fromkeys(words) if text.get_visible() and text.get_text().strip()]


def crowded(figure: Figure, hair: float = 1.0) -> list[str]:
    """What is wrong with the words of a figure: one on another, or cut off at its edge, by more than `hair` pixels."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    boxes = [(text.get_text(), text.get_window_extent(renderer).padded(-hair)) for text in drawn_texts(figure)]
    x0, y0, x1, y1 = figure.bbox.extents
    wrong = [f"cut off: {said!r}" for said, box in boxes if box.x0 < x0 or box.y0 < y0 or box.x1 > x1 or box.y1 > y1]
    for place, (said, box) in enumerate(boxes):
        wrong += [f"{said!r} is on {other!r}" for other, second in boxes[place + 1 :] if box.overlaps(second)]
    return wrong


def too_small(figure: Figure, least: float = 8.0) -> list[str]:
    """The words of a figure that are set smaller than `least` points."""
    return [text.get_text() for text in drawn_texts(figure) if text.get_fontsize() < least]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    for option, default in {"touchpoints": 40, "stages": 9, "waves": 12, "people": 60, "personas": 4, "channels": 4,
                            "seed": 9}.items():  # fmt: skip
        parser.add_argument(f"--{option}", type=int, default=default)
    parser.add_argument("--names", choices=["long", "hostile", "plain"], default="long")
    options = vars(parser.parse_args())
    print(make_stress_study(options.pop("folder"), **options))
