"""The sample study: a laptop retailer that does not exist, with planted truths.

`python data/sample/generate.py FOLDER [SEED]` writes the study's tables. Same seed, same bytes. The truths planted here
(`true_gaps`, the shifts in `MAP` and `PERSONAS`) are what the tests hold the workbook to.
"""

import csv
import math
import sys
from pathlib import Path

import numpy as np

STAGES = ["awareness", "consideration", "purchase", "adoption", "post-purchase"]
CHANNELS = ["web", "app", "store", "phone"]
WAVES = {
    "2025-Q1": "2025-03-31",
    "2025-Q2": "2025-06-30",
    "2025-Q3": "2025-09-30",
    "2025-Q4": "2025-12-31",
    "2026-Q1": "2026-03-31",
    "2026-Q2": "2026-06-30",
}

# touchpoint, label, stage, dimension, channels, need, owner, latent expectation, latent shift of the experience
MAP = [
    ("advert", "Advert or review", "awareness", "information", "web|app", "hear of it", "Marketing", 4.6, 0.0),
    ("search", "Search for a laptop", "awareness", "ease", "web|app", "find it", "Digital", 5.4, -0.2),
    ("shop_window", "Shop window", "awareness", "tangibles", "store", "be tempted in", "Stores", 4.2, 0.5),
    ("compare", "Compare models", "consideration", "information", "web|app|store", "choose well", "Digital", 5.8, -1.0),
    ("reviews", "Read customer reviews", "consideration", "trust", "web|app", "be sure", "Digital", 5.2, 0.3),
    ("advice", "Advice from staff", "consideration", "empathy", "store|phone", "be understood", "Stores", 5.7, -0.4),
    ("price", "Price and offers", "consideration", "value", "web|app|store", "pay a fair price", "Pricing", 5.9, -0.5),
    ("basket", "Basket and options", "purchase", "ease", "web|app", "keep the overview", "Digital", 5.5, 0.0),
    (
        "checkout",
        "Checkout and payment",
        "purchase",
        "ease",
        "web|app|store",
        "pay without worry",
        "Digital",
        6.1,
        -1.3,
    ),
    ("financing", "Financing", "purchase", "value", "web|store|phone", "spread the cost", "Finance", 4.9, 0.0),
    ("confirmation", "Order confirmation", "purchase", "trust", "web|app", "know it worked", "Digital", 5.6, 0.2),
    (
        "delivery",
        "Delivery on time",
        "purchase",
        "reliability",
        "web|phone",
        "get it when promised",
        "Logistics",
        6.2,
        -1.6,
    ),
    ("unboxing", "Unboxing", "adoption", "tangibles", "store|web", "be delighted", "Product", 4.8, 0.6),
    ("setup", "First set-up", "adoption", "ease", "app|phone", "start at once", "Product", 5.9, -1.1),
    ("data_transfer", "Move old data", "adoption", "ease", "app|phone|store", "lose nothing", "Product", 5.7, -0.8),
    ("manual", "Manual and tips", "adoption", "information", "web|app", "learn by doing", "Product", 4.4, 0.0),
    ("support", "Help from support", "post-purchase", "empathy", "phone|app|web", "be helped", "Service", 6.0, -1.2),
    (
        "repair",
        "Repair or exchange",
        "post-purchase",
        "reliability",
        "store|phone",
        "have it back soon",
        "Service",
        6.0,
        -0.6,
    ),
    ("returns", "Return a laptop", "post-purchase", "trust", "web|store", "change my mind", "Service", 5.4, 0.0),
    ("loyalty", "Offers for customers", "post-purchase", "value", "app|web", "be valued", "Marketing", 4.3, 0.0),
]

# persona, share the company claims, true share, shift of both answers, further shift of the experience by stage, need
PERSONAS = [
    ("Student", 0.20, 0.24, -0.2, {"consideration": -0.3}, "a fair price and quick advice"),
    ("Remote worker", 0.25, 0.27, 0.2, {"post-purchase": -0.3}, "no day lost"),
    ("Gamer", 0.25, 0.13, 0.1, {}, "power and details"),
    ("Family", 0.18, 0.21, 0.0, {"adoption": -0.3}, "one for everybody, set up by itself"),
    ("Senior", 0.12, 0.15, -0.1, {"adoption": -0.7}, "somebody to ask"),
]

PEOPLE_PER_WAVE = 340
MEETS = 0.4  # chance that a person met a touchpoint
SPREAD_PERSON, SPREAD_ANSWER, SPREAD_OWN_GAP = 0.5, 0.9, 0.4  # latent standard deviations


def true_gaps() -> dict[str, float]:
    """The gap planted at each touchpoint: expected experienced − expected answer, over all personas, in scale points.

    Where no shift is planted both answers come from one distribution, so the gap is exactly 0 whatever the ends of
    the scale cut off.
    """
    gaps = {}
    for touchpoint, _, stage, _, _, _, _, mean, shift in MAP:
        gaps[touchpoint] = sum(
            share * (mean_rating(mean + own + falls(shift, stages, stage)) - mean_rating(mean + own))
            for _, _, share, own, stages, _ in PERSONAS
        )
    return gaps


def falls(shift: float, stages: dict, stage: str) -> float:
    """The latent shift of one persona's experience; where nothing is planted, nothing."""
    return shift + stages.get(stage, 0) if shift else 0.0


def mean_rating(latent: float) -> float:
    """The mean of answers rounded and cut to 1 to 7 around a latent mean."""
    spread = math.hypot(SPREAD_PERSON, SPREAD_ANSWER)
    return 7 - sum(0.5 * (1 + math.erf((edge + 0.5 - latent) / spread / math.sqrt(2))) for edge in range(1, 7))


def make_people(rng: np.random.Generator) -> list[dict]:
    """Respondents of all waves: persona by the true shares, market, and a weight that undoes an uneven response."""
    shares = [persona[2] for persona in PERSONAS]
    people = []
    for wave in WAVES:
        for place in range(PEOPLE_PER_WAVE):
            persona = PERSONAS[rng.choice(len(PERSONAS), p=shares)][0]
            market = str(rng.choice(["DE", "FR", "PL"], p=[0.5, 0.3, 0.2]))
            weight = {"DE": 0.8, "FR": 1.1, "PL": 1.35}[market]
            people.append(
                dict(respondent=f"{wave}-{place + 1:03d}", wave=wave, persona=persona, market=market, weight=weight)
            )
    return people


def make_answers(rng: np.random.Generator, people: list[dict]) -> list[dict]:
    """Each person rates the touchpoints met, each in one channel, on 1 to 7."""
    traits = {name: (shift, stages) for name, _, _, shift, stages, _ in PERSONAS}
    rest = math.sqrt(SPREAD_ANSWER**2 - SPREAD_OWN_GAP**2)
    answers = []
    for person in people:
        shift, stages = traits[person["persona"]]
        own, own_gap = rng.normal(shift, SPREAD_PERSON), rng.normal(0, SPREAD_OWN_GAP)
        day = np.datetime64(WAVES[person["wave"]]) - int(rng.integers(0, 25))
        for touchpoint, _, stage, _, channels, _, _, mean, planted in MAP:
            if rng.random() > MEETS:
                continue
            channel = str(rng.choice(channels.split("|")))
            expected = rng.normal(mean + own, SPREAD_ANSWER)
            experienced = rng.normal(mean + own + falls(planted, stages, stage) + own_gap, rest)
            answers.append(
                dict(
                    response=person["respondent"],
                    respondent=person["respondent"],
                    wave=person["wave"],
                    answered_at=str(day),
                    touchpoint=touchpoint,
                    channel=channel,
                    expected=int(np.clip(round(expected), 1, 7)),
                    experienced=int(np.clip(round(experienced), 1, 7)),
                )
            )
    return answers


def make_map() -> list[dict]:
    """The touchpoints of the map."""
    names = ["touchpoint", "label", "stage", "dimension", "channels", "need", "owner"]
    return [dict(zip(names, row)) for row in MAP]


def make_personas() -> list[dict]:
    """What the company claims about its customers."""
    return [dict(persona=name, claimed_share=claimed, claimed_needs=need) for name, claimed, *_, need in PERSONAS]


def write_table(path: Path, rows: list[dict]) -> None:
    """One CSV, in the order made."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_study(folder: Path, seed: int = 2026) -> None:
    """All tables of the study into `folder`."""
    rng = np.random.default_rng(seed)
    people = make_people(rng)
    write_table(folder / "touchpoints.csv", make_map())
    write_table(folder / "personas.csv", make_personas())
    write_table(folder / "respondents.csv", people)
    write_table(folder / "ratings.csv", make_answers(rng, people))


if __name__ == "__main__":
    write_study(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
