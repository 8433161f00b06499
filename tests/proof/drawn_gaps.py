"""Distributions of gaps with a known mean, for the proof of the guard."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from scipy import stats

POINTS = (5, 7, 11)
OTHER_POINTS = (3, 9, 13, 101)
"""Scales the guard was not made on: 13 are half points of seven, 101 a slider."""
FAILURES = (0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12)
Members = Iterator[tuple[str, np.ndarray]]


def values_of(points: int) -> np.ndarray:
    """Every gap a scale allows, from 1 − points to points − 1."""
    return np.arange(1 - points, points)


def rounded(points: int, sd: float, mean: float = 0.0) -> np.ndarray:
    """A normal difference rounded to whole points; `sd` and `mean` are those of a 7-point scale."""
    part = (points - 1) / 6
    edges = np.concatenate([[-np.inf], values_of(points)[:-1] + 0.5, [np.inf]])
    return np.diff(stats.norm.cdf(edges, mean * part, sd * part))


def at(points: int, shares: dict[float, float]) -> np.ndarray:
    """Shares of people at gaps given as parts of the range: −1 is the worst that can be."""
    pmf = np.zeros(2 * points - 1)
    for part, share in shares.items():
        pmf[round((points - 1) * part) + points - 1] += share
    return pmf


def mix(base: np.ndarray, points: int, shares: dict[float, float]) -> np.ndarray:
    """A base, and shares of people elsewhere."""
    return (1 - sum(shares.values())) * base + at(points, shares)


def peaked(points: int, modal: float, lean: float = 0.5) -> np.ndarray:
    """`modal` of the people have no gap and the rest one point, `lean` of them below."""
    point = 1 / (points - 1)
    return at(points, {0: modal, -point: (1 - modal) * lean, point: (1 - modal) * (1 - lean)})


def difference(expected: np.ndarray, experienced: np.ndarray, agreeing: float) -> np.ndarray:
    """Gap of two answers given apart, but for those `agreeing` who give one answer twice."""
    return mix(np.convolve(experienced, expected[::-1]), len(expected), {0: agreeing})


def from_the_top(points: int, step: float) -> np.ndarray:
    """Answers at the top of the scale, every point below `step` as frequent as the one above."""
    shares = step ** np.arange(points)[::-1]
    return shares / shares.sum()


def ordinary(points: int) -> Members:
    """Normal differences, rounded."""
    for sd, mean in product((0.8, 1.1, 1.5, 1.9, 2.3), (0, -0.6, -1.4)):
        yield f"sd {sd}, mean {mean}", rounded(points, sd, mean)


def narrow(points: int) -> Members:
    """Normal differences so small that most are rounded to one value."""
    for sd, mean in product((0.35, 0.5, 0.65), (0, -0.4)):
        yield f"sd {sd}, mean {mean}", rounded(points, sd, mean)


def ceiling(points: int) -> Members:
    """Both answers near the top of the scale, some people giving one answer twice."""
    for (high, low), agreeing in product(((0.1, 0.25), (0.2, 0.4), (0.3, 0.6)), (0, 0.4, 0.7)):
        pmf = difference(from_the_top(points, high), from_the_top(points, low), agreeing)
        yield f"steps {high} and {low}, {agreeing} agree", pmf


def few_fail_among_equals(points: int) -> Members:
    """Nearly everybody within a point, and a few badly let down: by five sixths of the range, or from four up."""
    for modal, share in product((0.5, 0.6, 0.7, 0.8, 0.88, 0.94), FAILURES):
        shares = dict.fromkeys((-2 / 3, -5 / 6, -1), share / 3) if share > 0.05 else {-5 / 6: share}
        yield f"modal {modal}, {share:.0%} fail", mix(peaked(points, modal), points, shares)


def few_fail_among_many(points: int) -> Members:
    """Normal differences, and a few badly let down."""
    for sd, share, where in product((0.35, 0.65, 0.9, 1.2, 1.6, 2.3), FAILURES, (-2 / 3, -1)):
        yield f"sd {sd}, {share:.0%} at {where:.2f}", mix(rounded(points, sd), points, {where: share})


def failures_and_rescues(points: int) -> Members:
    """A few badly let down, and a few happily surprised."""
    for modal, (down, up) in product((0.5, 0.65, 0.8, 0.9), ((0.01, 0.01), (0.03, 0.01), (0.04, 0.04), (0.08, 0.02))):
        yield f"modal {modal}, {down:.0%} and {up:.0%}", mix(peaked(points, modal), points, {-0.8: down, 0.8: up})


def two_groups(points: int) -> Members:
    """Two groups, one of them 3.5 of seven points lower."""
    for share, sd in product((0.08, 0.15, 0.3, 0.5), (0.3, 0.7)):
        yield f"{share:.0%} lower, sd {sd}", (1 - share) * rounded(points, sd) + share * rounded(points, sd, -3.5)


def mostly_no_gap(points: int) -> Members:
    """No gap but for a point up or down."""
    for modal, lean in product((0.5, 0.6, 0.7, 0.8, 0.88, 0.94), (0.5, 0.95)):
        yield f"{modal} none, {lean} of the rest below", peaked(points, modal, lean)


def skewed(points: int) -> Members:
    """Shortfalls with a long tail, and nobody above expectation."""
    k = np.arange(points + 1)
    shapes = {
        f"negative binomial {r}, {p}": stats.nbinom(r, p).cdf(k - 1) for r, p in ((0.3, 0.3), (0.7, 0.4), (2, 0.5))
    }
    shapes |= {f"Poisson {rate}": stats.poisson(rate).cdf(k - 1) for rate in (0.2, 0.6, 1.5)}
    shapes |= {f"log-normal {s}": stats.lognorm(s).cdf(k) for s in (0.5, 1.0, 1.5)}
    for name, reached in shapes.items():
        yield name, np.concatenate([np.diff(reached)[::-1] / reached[-1], np.zeros(points - 1)])


def uniform(points: int) -> Members:
    """Every gap of a stretch equally often."""
    for low, high in ((-1, 1), (-2, 1), (-3, 3), (1 - points, 0), (1 - points, points - 1)):
        inside = (values_of(points) >= low) & (values_of(points) <= high)
        yield f"{low} to {high}", inside / inside.sum()


def answers_by_chance(points: int) -> Members:
    """Two answers given apart, each of shares drawn at random, some people giving one answer twice."""
    for place, even in product(range(12), (0.3, 1.0)):
        rng = np.random.default_rng([points, place, round(10 * even), 1])
        expected, experienced = rng.dirichlet(np.full(points, even), 2)
        yield f"Dirichlet {even}, draw {place}", difference(expected, experienced, rng.choice([0, 0.3, 0.6]))


def gaps_by_chance(points: int) -> Members:
    """Gaps anywhere, their shares drawn at random: harsher than surveys are."""
    for place, even in product(range(10), (0.1, 0.5)):
        rng = np.random.default_rng([points, place, round(10 * even)])
        yield f"Dirichlet {even}, draw {place}", rng.dirichlet(np.full(2 * points - 1, even))


def held_out_draws(points: int) -> Members:
    """As gaps by chance, with other draws and concentrations."""
    for place, even in product(range(5), (0.05, 0.2, 1.0)):
        yield (
            f"Dirichlet {even}, draw {place}",
            chance(points, 31, place, even).dirichlet(np.full(2 * points - 1, even)),
        )


def held_out_mixtures(points: int) -> Members:
    """Two distributions of other kinds mixed by chance, some with a few who are badly let down."""
    pool = [one for shape in (ordinary, narrow, two_groups, uniform, skewed) for one in shape(points)]
    for place in range(12):
        rng = chance(points, 32, place, 1)
        (first, one), (second, other) = (pool[k] for k in rng.choice(len(pool), 2, replace=False))
        part, failing = rng.uniform(0.05, 0.95), rng.choice([0, 0.02, 0.05])
        yield (
            f"{part:.0%} {first}, else {second}, {failing:.0%} fail",
            mix(part * one / one.sum() + (1 - part) * other / other.sum(), points, {-1: failing}),
        )


def held_out_scales(points: int) -> Members:
    """Some of the kinds above, on scales the guard was not made on."""
    for shape in (ordinary, few_fail_among_many, two_groups, skewed) if points in OTHER_POINTS else ():
        for name, pmf in list(shape(points))[:: 9 if shape is few_fail_among_many else 4]:
            yield f"{shape.__name__.replace('_', ' ')}, {name}", pmf


def chance(*names: float) -> np.random.Generator:
    """Random numbers of a member's own."""
    return np.random.default_rng([round(100 * name) for name in names])


RARE = few_fail_among_equals, few_fail_among_many, failures_and_rescues
SHAPES = ordinary, narrow, ceiling, *RARE, two_groups, mostly_no_gap, skewed, uniform, answers_by_chance, gaps_by_chance
HELD_OUT = held_out_draws, held_out_mixtures, held_out_scales
KINDS = {shape.__name__.replace("_", " "): shape for shape in (*SHAPES, *HELD_OUT)}
