"""The sample study: a laptop retailer that does not exist, with planted truths.

`python data/sample/generate.py FOLDER [SEED]` writes the study's tables. Same seed, same bytes. What is planted stands
in capitals below; the tests hold the workbook to it:

- true gaps, several exactly 0, some that change in the last waves (`MAP`, `SINCE`, `true_gaps`);
- which touchpoints decide the verdict on the whole (`matters` in `MAP`);
- a persona that is claimed to be a quarter of the customers and is half of that (`PERSONAS`);
- a persona of three people a wave, so badly let down that it would lead every list, were it not too small to be shown
  (`FEW`), and one small enough to be hidden with it;
- another mix of personas in the last wave, which widens the gaps of adoption though no persona's own gap moved (`MIX`);
- a channel that is worse at an equal mix of customers and touchpoints, the app, and one that looks worse and is better,
  the phone: it serves the touchpoints and the persona that are let down most (`CHANNEL_SHIFT`);
- a touchpoint in the log that is missing from the map (`MISSING`), and one on the map nobody visits (`GHOST`);
- how many go on from stage to stage (`GO_ON`);
- an action that worked, one that did not, though it was begun after the worst month, and one without effect on a figure
  that rises by itself (`ACTIONS`);
- a figure that rises by the month, so that its target can be dated (`TREND`);
- what others reach, better and worse, and what cannot be compared (`BENCHMARKS`); what people say of what (`QUOTES`);
- a touchpoint that costs more when it fails than it earns when it shines, and one the other way round (`SHAPE`);
- what customers say matters and does not, and what matters though nobody says so (`STATED`);
- what customers hope for and put up with, and where that leaves the experience (`LEVELS`); Kano features (`FEATURES`);
- personas that need different things (`NEEDS`); when the map was looked at last (`REVIEWED`);
- when buyers first use what they bought, and what keeps them from it (`DAYS_TO_ADOPT`, `BARRIERS`);
- carts left (`ABANDON`); promises broken more often by one channel (`LATE`); complaints, mended and not, and what they do to the verdict
  (`COMPLAIN`).
"""

import csv
import math
import sys
from pathlib import Path

import numpy as np

STAGES = ["awareness", "consideration", "purchase", "adoption", "post-purchase"]
WAVES = {
    "2025-Q1": "2025-03-31",
    "2025-Q2": "2025-06-30",
    "2025-Q3": "2025-09-30",
    "2025-Q4": "2025-12-31",
    "2026-Q1": "2026-03-31",
    "2026-Q2": "2026-06-30",
}

# expected: latent expectation; shift: of the experience; meets: chance a customer meets it; matters: weight in the
# verdict on the whole; feasible: how feasible a change is
MAP = """
touchpoint; label; stage; dimension; channels; need; owner; event; expected; shift; meets; matters; feasible
advert; Advert or review; awareness; information; web|app; hear of it; Marketing; ; 4.6; 0; .9; 0; .8
search; Search for a laptop; awareness; ease; web|app; find it; Digital; product_search; 5.4; -.2; .95; .5; .7
shop_window; Shop window; awareness; tangibles; store; be tempted in; Stores; ; 4.2; .5; .6; 0; .6
compare; Compare models; consideration; information; web|app|store; choose well; Digital; models_compared; 5.8; -1; .9; .5; .7
reviews; Read customer reviews; consideration; trust; web|app; be sure; Digital; reviews_read; 5.2; .3; .8; 0; .8
advice; Advice from staff; consideration; empathy; store|phone; be understood; Stores; staff_asked; 5.7; -.4; .7; 0; .5
price; Price and offers; consideration; value; web|app|store; pay a fair price; Pricing; price_seen; 5.9; 0; .95; 0; .2
basket; Basket and options; purchase; ease; web|app; keep the overview; Digital; basket_filled; 5.5; 0; .9; 0; .8
checkout; Checkout and payment; purchase; ease; web|app|store; pay without worry; Digital; paid; 6.1; -1.3; .98; .6; .8
financing; Financing; purchase; value; web|store|phone; spread the cost; Finance; loan_*; 4.9; 0; .5; 0; .4
confirmation; Order confirmation; purchase; trust; web|app; know it worked; Digital; order_confirmed; 5.6; .2; .95; 0; .9
delivery; Delivery on time; purchase; reliability; web|phone; get it when promised; Logistics; delivered; 6.2; -1.6; .95; .3; .3
unboxing; Unboxing; adoption; tangibles; store|web; be delighted; Product; ; 4.8; .6; .95; 0; .6
setup; First set-up; adoption; ease; app|phone; start at once; Product; first_use; 5.9; -1.1; .95; .3; .6
data_transfer; Move old data; adoption; ease; app|phone|store; lose nothing; Product; data_moved; 5.7; -.8; .7; 0; .5
manual; Manual and tips; adoption; information; web|app; learn by doing; Product; manual_read; 4.4; 0; .6; 0; .9
support; Help from support; post-purchase; empathy; phone|app|web; be helped; Service; support_asked; 6.0; -1.2; .75; .65; .5
repair; Repair or exchange; post-purchase; reliability; store|phone; have it back soon; Service; repair_begun; 6.0; -.6; .55; 0; .3
returns; Return a laptop; post-purchase; trust; web|store; change my mind; Service; laptop_returned; 5.4; 0; .6; 0; .6
loyalty; Offers for customers; post-purchase; value; app|web; be valued; Marketing; offer_opened; 4.3; 0; .85; 0; .9
trade_in; Trade in the old laptop; post-purchase; value; store; get something back; Stores; laptop_traded_in; 5.0; 0; 0; 0; .4
"""
GHOST = "trade_in"
MISSING = "parcel_tracked"
MISSING_SHARE = 0.6  # of those who bought
SINCE = {  # the shift of a touchpoint from a wave on
    ("price", "2026-Q1"): -0.9,
    ("advice", "2026-Q2"): 0.0,
    ("support", "2026-Q2"): -0.4,
}
CHANNEL_SHIFT = {"app": -0.4, "phone": 0.2}  # further shift of the experience where one is planted

# persona, share the company claims, true share, shift of both answers, further shift of the experience by stage, leaning
# towards channels, need
PERSONAS = [
    ("Student", 0.18, 0.22, -0.2, {"consideration": -0.3}, {"app": 2}, "a fair price and quick advice"),
    ("Remote worker", 0.22, 0.26, 0.2, {"post-purchase": -0.3}, {}, "no day lost"),
    ("Gamer", 0.25, 0.13, 0.1, {}, {"app": 2}, "power and details"),
    ("Family", 0.16, 0.19, 0.0, {"adoption": -0.3}, {}, "one for everybody, set up by itself"),
    ("Senior", 0.11, 0.14, -0.1, {"adoption": -0.7}, {"phone": 4, "store": 2}, "somebody to ask"),
    ("Business buyer", 0.08, 0.06, 0.1, {}, {}, "an invoice and no questions"),
    ("Collector", None, 0.0, 0.0, {"purchase": -2.0}, {}, ""),
]
FEW = {"Collector": (60, 180, 300)}  # who they are, in every wave
MIX = {"2026-Q2": {"Senior": 0.30}}  # the share of a persona in a wave; the others share the rest as ever

NEEDS = {  # how much more a persona expects, and gets, of a touchpoint
    ("Senior", "support"): 0.7,
    ("Senior", "manual"): 0.9,
    ("Gamer", "compare"): 0.6,
    ("Student", "price"): 0.5,
    ("Business buyer", "financing"): 0.9,
}
SHAPE = {"delivery": (-1.1, 0), "setup": (0, .9)}  # what a rating of 3 or less, of 6 or more, does to the verdict
STATED = {"price": 6.4, "advert": 5.6, "support": 4.3, "search": 4.5}  # said importance; 5.2 elsewhere
LEVELS = {
    "delivery": (-0.9, 0.5),
    "checkout": (-0.7, 0.6),
    "loyalty": (-1.0, 0.9),
    "basket": (-1.0, 0.8),
    "unboxing": (-1.2, 0.1),
}
"""How far below the expectation what is put up with lies, and how far above what is hoped for."""

FEATURES = {  # chances of the answers with and without it, 1 (like) to 5 (dislike)
    "Delivery on the day": ({1: 0.75, 2: 0.05, 3: 0.15, 4: 0.05}, {2: 0.05, 3: 0.6, 4: 0.3, 5: 0.05}),
    "Spare parts for five years": ({1: 0.1, 2: 0.6, 3: 0.25, 4: 0.05}, {3: 0.1, 4: 0.15, 5: 0.75}),
    "Longer warranty": ({1: 0.8, 2: 0.1, 3: 0.1}, {3: 0.1, 4: 0.15, 5: 0.75}),
    "Gift wrapping": ({1: 0.15, 2: 0.05, 3: 0.6, 4: 0.2}, {2: 0.1, 3: 0.7, 4: 0.2}),
    "Calls about offers": ({3: 0.2, 4: 0.25, 5: 0.55}, {1: 0.5, 2: 0.2, 3: 0.3}),
}
REVIEWED = {"price": "2025-09-30", GHOST: "2024-05-31"}  # 2026-04-15 elsewhere

PEOPLE_PER_WAVE = 340
SPREAD_PERSON, SPREAD_ANSWER, SPREAD_OWN_GAP = 0.5, 0.9, 0.4  # latent standard deviations
SPREAD_ANSWER_REST = math.sqrt(SPREAD_ANSWER**2 - SPREAD_OWN_GAP**2)

VISITORS_PER_WAVE = 420
GO_ON = {"awareness": 1.0, "consideration": 0.8, "purchase": 0.55, "adoption": 0.9, "post-purchase": 0.6}
LOOPS = 0.35  # chance to go back and compare again
ABANDON = 0.25  # share of the filled baskets that are never paid for
LATE = {"web": 0.2, "phone": 0.5}  # share delivered after the promised day
DAYS_TO_ADOPT = 14.0  # median of buyers whom nothing keeps from it; a tenth never begins (`GO_ON`)
BARRIERS = {  # what keeps buyers from it: the share that names it, and what it makes of the hazard
    "does not know how": (0.25, 0.4),
    "fears to lose data": (0.2, 0.5),
    "old one still works": (0.15, 0.35),
    "no room on the desk": (0.2, 1.0),
}
COMPLAIN = 40, 0.65, 0.2  # buyers a wave who complain, the share that is mended, the share that complains again
UNMENDED = 2  # points of the verdict on the whole that a complaint nobody mends costs
LOG_ENDS = np.datetime64("2026-06-30T23:59:59")

SITES = [f"S{place:02d}" for place in range(1, 13)]
MONTHS = [np.datetime64("2023-07") + place for place in range(36)]
# action, touchpoint, kind, hypothesis, owner, cost, start, due, sites, status, kpi, true effect on its KPI
ACTIONS = [
    ("A1", "setup", "proactive", "A call before the first day helps people start", "Product", 40000, "2025-10-01",
     "2026-03-31", SITES[:6], "done", "set-up in the first week", 0.08),
    ("A2", "checkout", "proactive", "Plainer words at payment keep people from leaving", "Digital", 15000, "2025-07-01",
     "2025-12-31", SITES[::2], "done", "checkout completed", 0.0),
    ("A3", "delivery", "reactive", "A message on the day before delivery calms those who wait", "Logistics", 25000,
     "2026-03-01", "2026-05-31", [], "running", "", 0.0),
    ("A4", "support", "reactive", "Call back within a day those who asked twice", "Service", 30000, "2026-07-01",
     "2026-12-31", [], "planned", "retention", 0.0),
    ("A5", "loyalty", "proactive", "A letter with an offer after a year keeps customers", "Marketing", 20000, "2025-03-01",
     "2025-06-30", [], "done", "retention", 0.0),
]  # fmt: skip
KPIS = {"set-up in the first week": 0.62, "checkout completed": 0.78}  # by site, share before any action
COMPANY_KPIS = {"retention": (0.66, 900), "laptops returned": (0.055, 700)}  # share at first, cases a month
TREND = {"retention": 0.0015}  # by how much a share rises each month, so that its target lies about two years off
OBJECTIVES = [
    ("Start at once", "set-up in the first week", "", 0.75, "", "2026-12-31"),
    ("Lose nobody at payment", "checkout completed", "", 0.75, "", "2026-06-30"),
    ("Customers stay", "retention", "", 0.75, "", "2026-12-31"),
    ("Fewer laptops come back", "laptops returned", "", 0.07, "at most", "2026-12-31"),
    ("Deliver what is promised", "", "delivery", 5.8, "", "2026-12-31"),
]
QUOTES = {  # words, and the theme a reader gave them
    "delivery": [("The parcel came three days late and nobody told me.", "late"), ("I waited at home twice.", "late")],
    "checkout": [("The payment page lost my card twice.", "breaks"), ("I typed my address again and again.", "again")],
    "setup": [("The first start took a whole evening.", "takes long"), ("I did not find the product key.", "unclear")],
    "support": [("An hour on hold, then the line broke.", "takes long"), ("I explain it all again.", "again")],
    "compare": [("I could not see what the dearer model does better.", "unclear"), ("No advice.", "unclear")],
    "reviews": [("The reviews helped me to decide.", "helpful"), ("Honest opinions, good to have.", "helpful")],
    "unboxing": [("Beautifully packed, a present to myself.", "pleasing"), ("It felt like quality.", "pleasing")],
    "loyalty": [("Nice to get an offer now and then.", "pleasing"), ("Another e-mail I did not need.", "unwanted")],
}
FRAMES = ["{}", "I must say: {}", "{} What a pity.", "{} My sister said so too.", "Since you ask: {}", "{} That is all."]
"""How people wrap what they say."""

BENCHMARKS = [  # touchpoint, kind, by how much others are ahead of our experience, se, mode, period
    ("delivery", "competitor", 0.6, 0.08, "online", "2025"),
    ("checkout", "industry", 0.5, 0.08, "online", "2025"),
    ("setup", "industry", 0.7, 0.08, "online", "2025"),
    ("support", "best practice", 0.9, "", "online", "2025"),
    ("reviews", "industry", -0.5, 0.08, "online", "2025"),
    ("basket", "industry", 0.0, 0.08, "online", "2025"),
    ("price", "own past", 0.7, 0.06, "online", "2024"),
    ("repair", "competitor", 0.4, 0.08, "phone", "2025"),
    ("compare", "industry", 0.3, 0.08, "online", "2019"),
]


def read_map() -> list[dict]:
    """The rows of `MAP`, numbers as numbers."""
    heading, *lines = [[cell.strip() for cell in line.split(";")] for line in MAP.strip().splitlines()]
    numbers = ("expected", "shift", "meets", "matters", "feasible")
    rows = [dict(zip(heading, line)) for line in lines]
    return [row | {name: float(row[name]) for name in numbers} for row in rows]


def true_gaps(wave: str = "all") -> dict[str, float]:
    """The gap planted at each touchpoint: expected experienced − expected answer, in scale points.

    Over all personas and the channels they use; over all waves, which are of one size, or in one. Where no shift is
    planted both answers come from one distribution, so the gap is exactly 0 whatever the ends of the scale cut off.
    """
    waves = list(WAVES) if wave == "all" else [wave]
    gaps = {}
    for place in read_map():
        parts = []
        for name in waves:
            shares = persona_shares(name)
            for persona, _, _, own, _, leaning, _ in PERSONAS:
                share, chances = shares[persona], channel_chances(place, leaning)
                for channel, chance in chances.items():
                    latent = place["expected"] + own + NEEDS.get((persona, place["touchpoint"]), 0)
                    shift = falls(place, name, persona, channel)
                    parts.append(share * chance * (mean_rating(latent + shift) - mean_rating(latent)) / len(waves))
        gaps[place["touchpoint"]] = sum(parts)
    return gaps


def persona_shares(wave: str) -> dict[str, float]:
    """The true share of each persona in a wave; the few of `FEW` count for nothing in it."""
    shares = {name: share for name, _, share, *_ in PERSONAS}
    changed = MIX.get(wave, {})
    rest = (1 - sum(changed.values())) / (1 - sum(shares[name] for name in changed))
    return {name: changed.get(name, share * rest) for name, share in shares.items()}


def falls(place: dict, wave: str, persona: str, channel: str) -> float:
    """The latent shift of an experience; where nothing is planted, nothing."""
    shift = place["shift"]
    for (touchpoint, since), changed in SINCE.items():
        if touchpoint == place["touchpoint"] and list(WAVES).index(wave) >= list(WAVES).index(since):
            shift = changed
    [stages] = [row[4] for row in PERSONAS if row[0] == persona]
    return shift + stages.get(place["stage"], 0) + CHANNEL_SHIFT.get(channel, 0) if shift else 0.0


def channel_chances(place: dict, leaning: dict) -> dict[str, float]:
    """How likely a persona meets a touchpoint in each of its channels."""
    weights = {channel: leaning.get(channel, 1) for channel in place["channels"].split("|")}
    return {channel: weight / sum(weights.values()) for channel, weight in weights.items()}


def mean_rating(latent: float) -> float:
    """The mean of answers rounded and cut to 1 to 7 around a latent mean."""
    spread = math.hypot(SPREAD_PERSON, SPREAD_ANSWER)
    return 7 - sum(0.5 * (1 + math.erf((edge + 0.5 - latent) / spread / math.sqrt(2))) for edge in range(1, 7))


def rating(latent: float, low: int = 1, high: int = 7) -> int:
    """An answer on a scale."""
    return min(max(round(latent), low), high)


def pick(rng: np.random.Generator, chances: dict[str, float]) -> str:
    """One of the names, each with its chance."""
    drawn = rng.random() * sum(chances.values())
    for name, chance in chances.items():
        drawn -= chance
        if drawn < 0:
            return name
    return name


def make_people(rng: np.random.Generator) -> list[dict]:
    """Respondents of all waves: persona by the true shares, market, site, and a weight that undoes uneven response."""
    few = {place: persona for persona, places in FEW.items() for place in places}
    people = []
    for wave in WAVES:
        shares = persona_shares(wave)
        for place in range(PEOPLE_PER_WAVE):
            market = pick(rng, {"DE": 0.5, "FR": 0.3, "PL": 0.2})
            persona = pick(rng, shares)
            people.append(
                dict(
                    respondent=f"{wave}-{place + 1:03d}",
                    wave=wave,
                    customer="",
                    persona=few.get(place, persona),
                    market=market,
                    site=str(rng.choice(SITES)),
                    weight={"DE": 0.8, "FR": 1.1, "PL": 1.35}[market],
                )
            )
    return people


def make_answers(rng: np.random.Generator, people: list[dict]) -> list[dict]:
    """Each person rates the touchpoints met, each in one channel; the verdict on the whole is put into `people`."""
    traits = {row[0]: row for row in PERSONAS}
    places = read_map()
    answers = []
    for person in people:
        _, _, _, shift, _, leaning, _ = traits[person["persona"]]
        own, own_gap = rng.normal(shift, SPREAD_PERSON), rng.normal(0, SPREAD_OWN_GAP)
        day = np.datetime64(WAVES[person["wave"]]) - int(rng.integers(0, 25))
        verdict = 4.7 + 0.3 * own + 0.5 * own_gap + rng.normal(0, 0.5)
        for place in places:
            if rng.random() > place["meets"]:
                continue
            chances = channel_chances(place, leaning)
            channel = pick(rng, chances)
            usual = place["expected"] + own + NEEDS.get((person["persona"], place["touchpoint"]), 0)
            expected = rng.normal(usual, SPREAD_ANSWER)
            felt = rng.normal(0, SPREAD_ANSWER_REST)
            shift = falls(place, person["wave"], person["persona"], channel)
            experienced = usual + shift + own_gap + felt
            poor, good = SHAPE.get(place["touchpoint"], (0, 0))
            verdict += place["matters"] * felt + poor * (experienced < 3.5) + good * (experienced >= 5.5)
            effort = rating(8.5 - experienced + rng.normal(0, 0.7)) if place["dimension"] == "ease" else ""
            answers.append(
                dict(
                    respondent=person["respondent"],
                    wave=person["wave"],
                    answered_at=str(day),
                    touchpoint=place["touchpoint"],
                    channel=channel,
                    expected=rating(expected),
                    experienced=rating(experienced),
                    emotion=rating(experienced - 5 + rng.normal(0, 0.5), -2, 2),
                    effort=effort,
                )
            )
        person["overall"] = rating(verdict)
        person["recommend"] = rating(1.3 * verdict + 0.9 + rng.normal(0, 0.8), 0, 10)
        person["retained"] = int(rng.random() < 1 / (1 + math.exp(4.2 - verdict)))
    return answers


def make_events(rng: np.random.Generator, people: list[dict]) -> list[dict]:
    """The log of every visitor's journey: skips, loops, drop-offs. Buyers are respondents as far as there are any."""
    places = [place for place in read_map() if place["event"]]
    events, visitors = [], 0
    for wave, last in WAVES.items():
        asked = [person for person in people if person["wave"] == wave]
        for _ in range(VISITORS_PER_WAVE):
            visitors += 1
            customer = f"c{visitors:04d}"
            time = np.datetime64(last, "s") - int(rng.integers(35 * 86400, 88 * 86400))
            stages = visited_stages(rng)
            steps = visited_events(rng, places, stages)
            buyer = asked.pop(0) if "paid" in [event for event, _ in steps] and asked else {}
            buyer["customer"] = customer
            for event, channel in steps:
                time += int(rng.exponential(12 * 3600)) + 60
                if event == "first_use":
                    time += days_to_adopt(rng, buyer.get("barriers", "")) * 86400
                if time > LOG_ENDS:
                    break
                late = rng.random() < LATE.get(channel, 0)
                promised = time + (-1 if late else 1) * int(rng.integers(3600, 48 * 3600))
                planned = f"{promised}Z" if event == "delivered" else ""
                events.append(
                    dict(customer=customer, time=f"{time}Z", event=event, channel=channel, planned_time=planned)
                )
    return events


def days_to_adopt(rng: np.random.Generator, barriers: str) -> int:
    """How long a buyer waits until the first use, longer for each barrier."""
    hazard = math.log(2) / DAYS_TO_ADOPT
    for barrier in filter(None, barriers.split("|")):
        hazard *= BARRIERS[barrier][1]
    return int(rng.exponential(1 / hazard))


def visited_stages(rng: np.random.Generator) -> list[str]:
    """The stages a visitor reaches."""
    stages = []
    for stage in STAGES:
        if rng.random() > GO_ON[stage]:
            break
        stages.append(stage)
    return stages


def visited_events(rng: np.random.Generator, places: list[dict], stages: list[str]) -> list[tuple[str, str]]:
    """The events of one journey in order, each with its channel; the first touchpoint of a stage is never skipped."""
    steps = []
    for stage in stages:
        here = [place for place in places if place["stage"] == stage]
        steps += [place for place in here if place is here[0] or rng.random() < place["meets"]]
        if stage == "consideration" and rng.random() < LOOPS:
            steps += [here[0], *(place for place in here[1:] if rng.random() < 0.4)]
        if stage == "purchase" and rng.random() < ABANDON:
            steps = [step for step in steps if step["stage"] != stage or step is here[0]]
            break
        if stage == "purchase" and rng.random() < MISSING_SHARE:
            steps.append(dict(event=MISSING, channels="web|app", stage=stage))
    events = []
    for step in steps:
        event = str(rng.choice(["loan_asked", "loan_granted"])) if step["event"] == "loan_*" else step["event"]
        events.append((event, str(rng.choice(step["channels"].split("|")))))
    return events


def make_kpis(rng: np.random.Generator) -> list[dict]:
    """Monthly figures: two by site, which actions were to move, and two of the whole company."""
    rows = []
    levels = {(kpi, site): rng.normal(share, 0.03) for kpi, share in KPIS.items() for site in SITES}
    for month in MONTHS:
        for kpi in KPIS:
            [(_, _, _, _, _, _, start, _, treated, _, _, effect)] = [action for action in ACTIONS if action[10] == kpi]
            began = np.datetime64(start, "M")
            common = rng.normal(0, 0.008)
            for site in SITES:
                done = effect if site in treated and month >= began else 0
                dip = -0.06 if kpi == "checkout completed" and site in treated and month == began - 1 else 0
                cases = int(rng.poisson(160))
                hits = int(rng.binomial(cases, np.clip(levels[kpi, site] + common + done + dip, 0.01, 0.99)))
                rows.append(dict(date=f"{month + 1}-01", kpi=kpi, site=site, numerator=hits, denominator=cases))
        for kpi, (share, size) in COMPANY_KPIS.items():
            cases = int(rng.poisson(size))
            hits = int(rng.binomial(cases, share + TREND.get(kpi, 0) * MONTHS.index(month)))
            rows.append(dict(date=f"{month + 1}-01", kpi=kpi, site="", numerator=hits, denominator=cases))
    return [row | {"date": str(np.datetime64(row["date"]) - 1)} for row in rows]


def make_map() -> list[dict]:
    """The touchpoints of the map."""
    names = ["touchpoint", "label", "stage", "dimension", "channels", "need", "owner"]
    return [
        {name: row[name] for name in names}
        | {"event_pattern": row["event"], "reviewed_on": REVIEWED.get(row["touchpoint"], "2026-04-15")}
        for row in read_map()
    ]


def make_personas() -> list[dict]:
    """What the company claims about its customers."""
    return [dict(persona=name, claimed_share=claimed, claimed_needs=need) for name, claimed, *_, need in PERSONAS]


def make_feasibility() -> list[dict]:
    """How hard each touchpoint is to mend, as low, likeliest and high guess."""
    return [
        dict(
            touchpoint=row["touchpoint"],
            feasibility_low=round(max(row["feasible"] - 0.2, 0.05), 2),
            feasibility=row["feasible"],
            feasibility_high=round(min(row["feasible"] + 0.1, 1), 2),
            rated_by="workshop",
        )
        for row in read_map()
    ]


def make_actions() -> list[dict]:
    """The company's own register of actions."""
    names = ["action", "touchpoint", "kind", "hypothesis", "owner", "cost", "start", "due", "sites", "status", "kpi"]
    return [dict(zip(names, row)) | {"sites": "|".join(row[8])} for row in ACTIONS]


def make_objectives() -> list[dict]:
    """What the company wants."""
    return [dict(zip(["objective", "kpi", "touchpoint", "target", "direction", "due"], row)) for row in OBJECTIVES]


def make_benchmarks() -> list[dict]:
    """What others reach; two cannot be compared, being asked by phone, or long ago."""
    expected = {row["touchpoint"]: row["expected"] for row in read_map()}
    gaps = true_gaps(list(WAVES)[-1])
    return [
        dict(
            touchpoint=touchpoint,
            kind=kind,
            value=round(mean_rating(expected[touchpoint]) + gaps[touchpoint] + ahead, 2),
            se=se,
            n=400 if se else "",
            scale="1-7",
            period=period,
            mode=mode,
            source="invented trade survey",
        )
        for touchpoint, kind, ahead, se, mode, period in BENCHMARKS
    ]


def make_beliefs(rng: np.random.Generator) -> list[dict]:
    """What twelve members of staff believe customers expect: too little of delivery, too much of offers."""
    wrong = {"delivery": -1.2, "loyalty": 1.4}
    return [
        dict(
            staff=f"staff {place + 1}",
            role=["sales", "service", "management"][place % 3],
            touchpoint=row["touchpoint"],
            expected=rating(row["expected"] + wrong.get(row["touchpoint"], 0) + rng.normal(0, 0.5)),
        )
        for place in range(12)
        for row in read_map()
    ]


def add_levels(rng: np.random.Generator, answers: list[dict]) -> None:
    """What customers hope for, put up with and call important, asked in the last wave only."""
    for answer in answers:
        levels = LEVELS.get(answer["touchpoint"]) if answer["wave"] == list(WAVES)[-1] else None
        below, above = (rng.normal(level, 0.6) for level in levels) if levels else (None, None)
        answer["adequate"] = rating(answer["expected"] + below) if levels else ""
        answer["desired"] = rating(answer["expected"] + above) if levels else ""
        said = STATED.get(answer["touchpoint"], 5.2) + rng.normal(0, 1)
        answer["importance"] = rating(said) if answer["wave"] == list(WAVES)[-1] else ""


def make_kano(rng: np.random.Generator, people: list[dict]) -> list[dict]:
    """What the last wave said of features with and without them; they are no touchpoints."""
    return [
        dict(
            respondent=person["respondent"], wave=person["wave"], answered_at=WAVES[person["wave"]], touchpoint=feature
        )
        | {
            f"kano_{side}": pick(rng, {str(answer): chance for answer, chance in chances.items()})
            for side, chances in zip(("with", "without"), FEATURES[feature])
        }
        for person in people
        if person["wave"] == list(WAVES)[-1]
        for feature in FEATURES
    ]


def make_feedback(rng: np.random.Generator, people: list[dict]) -> list[dict]:
    """Quotes on touchpoints, and complaints with the day they were opened and resolved."""
    rows = []
    for _ in range(240):
        day = np.datetime64("2026-06-30") - int(rng.integers(0, 540))
        rows.append(say(rng, str(rng.choice(list(QUOTES))), day, str(rng.choice(["review", "form", "social"]))))
    a_wave, mended, again = COMPLAIN
    for wave, last in WAVES.items():
        buyers = [person for person in people if person["wave"] == wave and person["customer"]]
        for place in rng.choice(len(buyers), a_wave, replace=False):
            buyer, good = buyers[place], rng.random() < mended
            for _ in range(2 if rng.random() < again else 1):
                touchpoint = str(rng.choice(["delivery", "checkout", "setup", "support"]))
                opened = np.datetime64(last) - int(rng.integers(26, 60))
                resolved = (
                    str(min(opened + int(rng.exponential(9)) + 1, LOG_ENDS.astype("datetime64[D]"))) if good else ""
                )
                rows.append(
                    say(rng, touchpoint, opened, "ticket")
                    | dict(customer=buyer["customer"], opened=str(opened), resolved=resolved)
                )
            if not good:
                buyer["overall"] = max(buyer["overall"] - UNMENDED, 1)
    return rows


def say(rng: np.random.Generator, touchpoint: str, day: np.datetime64, source: str) -> dict:
    """One quote on a touchpoint, with the theme a reader gave it."""
    text, code = QUOTES[touchpoint][int(rng.integers(2))]
    text = str(rng.choice(FRAMES)).format(text)
    said = dict(source=source, time=str(day), touchpoint=touchpoint, text=text, code=code, coder="reader 1")
    return said | dict(customer="", opened="", resolved="")


def write_table(path: Path, rows: list[dict]) -> None:
    """One CSV, in the order made."""
    with path.open("w", newline="", encoding="utf-8") as file:
        names = list(dict.fromkeys(name for row in (rows[0], rows[-1]) for name in row))
        writer = csv.DictWriter(file, fieldnames=names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_study(folder: Path, seed: int = 2026) -> None:
    """All tables of the study into `folder`; each set of tables has random numbers of its own."""
    survey, log, figures, words, more = (np.random.default_rng([seed, part]) for part in range(5))
    people = make_people(survey)
    answers = make_answers(survey, people)
    for person in people:
        person["barriers"] = "|".join(name for name, (share, _) in BARRIERS.items() if more.random() < share)
    add_levels(more, answers)
    events = make_events(log, people)
    beliefs, feedback = make_beliefs(words), make_feedback(words, people)
    tables = {
        "ratings": answers + make_kano(more, people),
        "events": events,
        "respondents": people,
        "touchpoints": make_map(),
        "personas": make_personas(),
        "kpis": make_kpis(figures),
        "objectives": make_objectives(),
        "actions": make_actions(),
        "feasibility": make_feasibility(),
        "benchmarks": make_benchmarks(),
        "beliefs": beliefs,
        "feedback": feedback,
    }
    for table, rows in tables.items():
        write_table(folder / f"{table}.csv", rows)


if __name__ == "__main__":
    write_study(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
