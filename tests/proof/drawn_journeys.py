"""Customers whose waits, paths and answers have a known truth, for `tests.proof.journeys`."""

import zlib

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.intervals import guard_rare_failures, ratio_mean, skewness_of
from cxlib.summaries.paths import CONVERTED, END, START

WAITS = {
    "exponential": stats.expon(), "Weibull .5": stats.weibull_min(0.5), "Weibull 3": stats.weibull_min(3),
    "log-normal": stats.lognorm(1.5),
}  # fmt: skip
WATCHED = {"all to the end": (4, 4), "some leave early": (0.3, 3), "half leave early": (0, 1.4)}
"""How long customers are watched, in medians: from, to."""


def rng_of(seed: int, *cell: object) -> np.random.Generator:
    """A cell's random numbers: of its name and the seed alone."""
    return np.random.default_rng([seed, zlib.crc32(str(cell).encode())])


def draw_waits(rng: np.random.Generator, wait: str, cured: float, watched: str, shape: tuple, *, whole: bool = False):
    """Times and whether it happened, in medians (a twentieth of one where they are `whole`), of replicates × people."""
    times = WAITS[wait].rvs(size=shape, random_state=rng) / WAITS[wait].median()
    times = np.where(rng.random(shape) < cured, np.inf, times)
    until = rng.uniform(*WATCHED[watched], shape)
    if whole:
        times, until = np.ceil(20 * times) / 20, np.floor(20 * until) / 20
    return np.minimum(times, until).round(6), times <= until


def true_time(wait: str, cured: float, part: float, *, whole: bool = False) -> float:
    """When it has truly happened to this part of everybody; never is ∞."""
    if cured >= 1 - part + 1e-9:
        return np.inf
    time = WAITS[wait].ppf(part / (1 - cured)) / WAITS[wait].median()
    return np.ceil(20 * time - 1e-9) / 20 if whole else time


def figures_of(hits: np.ndarray, rows: np.ndarray) -> pd.DataFrame:
    """What a pass hands on of shares of rows, customers with any being the unit; replicates × customers go in."""
    sums = [(hits**one * rows**other).sum(axis=1) for one, other in ((1, 0), (0, 1), (2, 0), (1, 1), (0, 2))]
    customers = (rows > 0).sum(axis=1)
    mean, se, effective = ratio_mean(customers, *sums)
    return pd.DataFrame(dict(share=mean, se=se, n_effective=effective, customers=customers, hits=sums[0], rows=sums[1]))


def draw_hits(rng: np.random.Generator, share: float, alike: float, most: int, shape: tuple) -> tuple:
    """Hits and rows of each customer, one to `most` rows; `alike` is the correlation within a customer (beta-binomial).

    Every seventh customer has six times as many.
    """
    rows = rng.integers(1, most + 1, shape)
    rows = np.where(rng.random(shape) < 1 / 7, 1 + 6 * (rows - 1), rows)
    own = rng.random(shape) < share if alike == 1 else np.full(shape, share)
    if 0 < alike < 1:
        own = rng.beta(share * (1 / alike - 1), (1 - share) * (1 / alike - 1), shape)
    return rng.binomial(rows, own), rows


CHAINS = {
    "short": (3, 1.0, 1),
    "rare touchpoints": (4, 1.0, 0.04),
    "many convert": (4, 4.0, 1),
    "few convert": (5, 0.3, 1),
    "fresh e": (4, 2, 0.03),
    "held i": (4, 0.8, 0.1),
}
"""Touchpoints, how common conversion and how rare the last touchpoint is. The fifth was drawn to try a rule, which it
failed (.90), the last to try the mended one."""


def true_chain(name: str) -> np.ndarray:
    """Transitions from the start and from each touchpoint to each of them, to conversion and to the end."""
    places, converting, rare = CHAINS[name]
    moves = rng_of(0, "chain", name).dirichlet(np.full(places + 3, 0.7), places + 1)
    moves[0, -2:], moves[:, 0], moves[:, places] = 0, 0, rare * moves[:, places]
    moves[1:, -2], moves[1:, -1] = converting * moves[1:, -2] + 0.02, moves[1:, -1] + 0.1
    moves[np.arange(places + 1), np.arange(places + 1)] = 0
    return moves / moves.sum(axis=1, keepdims=True)


def draw_journeys(rng: np.random.Generator, chain: np.ndarray, journeys: int) -> tuple[np.ndarray, ...]:
    """Each transition of so many journeys: which journey, from where, to where."""
    reach, alive, at, moves = chain.cumsum(axis=1), np.arange(journeys), np.zeros(journeys, dtype=int), []
    while len(alive):
        to = (rng.random(len(alive))[:, None] > reach[at]).sum(axis=1).clip(max=chain.shape[1] - 1)
        moves.append((alive, at, to))
        alive, at = alive[to < len(chain)], to[to < len(chain)]
    return tuple(np.concatenate(part) for part in zip(*moves))


def conversions_of(customer: np.ndarray, at: np.ndarray, to: np.ndarray, chain: np.ndarray, blocks: np.ndarray):
    """What `summarise_conversions` makes of transitions, with at least five customers a touchpoint."""
    states, places = chain.shape
    names = np.array([START, *(f"p{place}" for place in range(1, states)), CONVERTED, END])
    moves, n = np.unique((blocks[customer] * states + at) * places + to, return_counts=True)
    visitors = np.bincount(np.unique(customer * states + at) % states, minlength=states)
    start, shown = moves // places % states, pd.array(np.where(visitors < 5, np.nan, visitors), dtype="Float64")
    table = pd.DataFrame(dict(block=moves // places // states, n=n, from_touchpoint=names[start]))
    table = table.assign(to_touchpoint=names[moves % places], from_label=table["from_touchpoint"])
    converting = len(np.unique(customer[to == states]))
    return table.assign(journeys=shown[start], customers=shown[start], converting=converting)


ANSWERS = {
    "1 to 5, most at the top": (range(1, 6), (1, 2, 5, 22, 70)), "1 to 5, nearly all": (range(1, 6), (2, 1, 1, 4, 92)),
    "0 to 10, some at 0": (range(11), (12, 3, 2, 2, 2, 4, 5, 10, 15, 20, 25)), "1 to 7, even": (range(1, 8), (1,) * 7),
    "retained .9": (range(2), (1, 9)), "retained .5": (range(2), (1, 1)), "nps": (range(-1, 2), (1, 2, 7)),
}  # fmt: skip
SIDES = {"none": 0, "resolved": 1, "unresolved": 2}


def answers_of(name: str, lower: float = 0) -> tuple[np.ndarray, np.ndarray]:
    """Answers and their true shares, some moved to the lowest so that the mean is lower by this part of the range."""
    values, shares = np.array(ANSWERS[name][0]), np.array(ANSWERS[name][1]) / sum(ANSWERS[name][1])
    moved = lower * np.ptp(values) / (shares @ values - values[0])
    return values, (1 - moved) * shares + moved * (values == values[0])


def said_by(rng: np.random.Generator, name: str, n: int, replicates: int, lower: float = 0) -> pd.DataFrame:
    """What `summarise_recovery` has of n answers, a row per replicate: means on a scale are guarded."""
    values, shares = answers_of(name, lower)
    counts = rng.multinomial(n, shares, replicates)
    mean, squares, width = counts @ values / n, counts @ values**2, float(np.ptp(values))
    se, worth = np.sqrt(np.maximum(squares - n * mean**2, 0) / (n - 1) / n), np.full(replicates, float(n))
    if width > 2:
        skewness = skewness_of(n, n * mean, squares, counts @ values**3)
        se, guarded = guard_rare_failures(se, n, worth, counts.max(axis=1), skewness, width)
        worth = np.where(np.isnan(guarded), worth, guarded)
    table = dict(n=n, mean=mean, se=se, n_effective=worth, lowest=float(values[0]), width=width)
    return pd.DataFrame(table | dict(promoters=counts[:, -1] / n, detractors=counts[:, 0] / n))
