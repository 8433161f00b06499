"""Studies whose true order and quadrants are known, as they would be measured, for the proof of the priorities."""

from types import SimpleNamespace

import numpy as np
from scipy import stats

from cxlib.intervals import ratio_mean, t_interval
from cxlib.moments.importance import lmg, stage_importance
from cxlib.priorities.matrix import CROSSHAIRS, quadrant
from cxlib.priorities.ranking import find_error

SPREADS, TOPS = (0.1, 0.25, 0.6, 1.2), (1, 3, 5)


def draw_shares(kind: str, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True importance, the measured one and the upper end of its 95 % interval."""
    if kind == "measured":
        stages = [measure_stage(min(6, count - first), rng) for first in range(0, count, 6)]
        return tuple(np.concatenate(part) for part in zip(*stages))
    if kind == "skewed":
        true = rng.dirichlet(np.full(count, 0.5)) * rng.uniform(0.2, 0.9) * count / 5
    else:
        level = rng.uniform(0.05, 0.2)
        true = np.abs(rng.normal(level, level * rng.choice([0.1, 0.4, 0.8]), count))
    true, se, df = true.clip(0, 0.85), rng.uniform(0.01, 0.06) * rng.uniform(0.6, 1.6, count), rng.integers(40, 199)
    seen = rng.normal(true, se).clip(0, 0.97)
    estimated = se * np.sqrt(rng.chisquare(df, count) / df)
    return true, seen, np.minimum(seen + stats.t.ppf(0.975, df) * estimated, 1)


def measure_stage(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same for one stage, from the answers of 80 to 300 people to its touchpoints and on the whole."""
    n, alike = int(rng.choice([80, 150, 300])), rng.choice([0.1, 0.3, 0.5])
    correlations = np.full((count + 1, count + 1), alike)
    np.fill_diagonal(correlations, 1)
    among = correlations[:-1, :-1]
    slopes = rng.exponential(1, count) * (rng.random(count) < 0.7) + 0.02
    slopes *= np.sqrt(rng.uniform(0.1, 0.55) / (slopes @ among @ slopes))
    correlations[-1, :-1] = correlations[:-1, -1] = among @ slopes
    answers = np.column_stack([np.ones(n), rng.multivariate_normal(np.zeros(count + 1), correlations, n)])
    sums = np.zeros((min(n, 200), count + 2, count + 2))
    np.add.at(sums, np.arange(n) % len(sums), answers[:, :, None] * answers[:, None, :])
    names = [str(place) for place in range(count)]
    stage = SimpleNamespace(sums=sums, joint=True, n_own=[n] * count, stage="s", touchpoints=names)
    found = stage_importance(stage, 0.95)
    return lmg(correlations[None])[0], found["importance"].to_numpy(), found["importance_high"].to_numpy()


def count_touchpoints(kind: str, rng: np.random.Generator) -> int:
    """How many touchpoints a study has."""
    return int(rng.integers(*{"few": (3, 7), "many": (40, 41), "respondents": (5, 21)}.get(kind, (5, 31))))


def draw_truth(kind: str, middle: float, tau: float, like: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """True means around a middle with standard deviation τ; `like` are standard scores tied kinds go along with."""
    count = len(like)
    if kind == "long tails":
        return middle + tau * rng.standard_t(3, count) / np.sqrt(3)
    if kind == "tied":
        return middle + tau * (0.7 * rng.choice([-1, 1]) * like + np.sqrt(0.51) * rng.normal(size=count))
    true = rng.normal(middle, tau, count)
    if kind == "outliers":
        true[:2] = middle - rng.uniform(3, 6) * max(tau, 0.3)
    return true


def measure_means(true: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Mean, n and upper end of the 95 % interval of 15 to 1,000 answers to each touchpoint."""
    n = np.exp(rng.uniform(np.log(15), np.log(1000), len(true))).astype(int)
    error = rng.uniform(1, 2.2, len(true)) / np.sqrt(n)
    mean, se = rng.normal(true, error), error * np.sqrt(rng.chisquare(n - 1) / (n - 1))
    return {"n": n, "mean": mean, "high": t_interval(mean, se, n, 0.95)[1]}


def ask_people(gap: np.ndarray, level: np.ndarray, reach: np.ndarray, rng: np.random.Generator) -> tuple:
    """What people answer, in whole points of 1 to 7: true gap, true level, measured gap, measured level, people.

    A person has a weight, a mood in which everything is rated, and gives one to three answers to what they meet.
    """
    people, mood, own, chance = int(rng.integers(60, 401)), rng.uniform(0.3, 0.8), 0.6, 1.0
    shape = people, len(gap)
    moods = rng.normal(0, mood, (people, 1, 1))
    weight = np.exp(rng.normal(0, rng.uniform(0.4, 0.8), people))[:, None]
    times = (1 + rng.choice(3, shape, p=[0.7, 0.2, 0.1])) * (rng.random(shape) < reach)
    given = np.arange(3) < times[..., None]
    middles, sides, sums = [level, level - gap], [], []
    for middle in middles:
        latent = middle[:, None] + moods + rng.normal(0, own, (*shape, 1)) + rng.normal(0, chance, (*shape, 3))
        sums.append((np.rint(latent).clip(1, 7) * given).sum(axis=2))
        steps = stats.norm.sf(np.arange(1.5, 7), middle[:, None], np.sqrt(mood**2 + own**2 + chance**2))
        sides.append(1 + steps.sum(axis=1))
    found = [average(total, times, weight) for total in (sums[0] - sums[1], sums[0])]
    return sides[0] - sides[1], sides[0], *found, people


def average(total: np.ndarray, times: np.ndarray, weight: np.ndarray) -> dict[str, np.ndarray]:
    """Weighted means with n and the upper end of their 95 % interval, from sums of answers; (people, touchpoints)."""
    a, b, n = weight * total, weight * times, (times > 0).sum(axis=0)
    mean, se, worth = ratio_mean(n, *(part.sum(axis=0) for part in (a, b, a * a, a * b, b * b)))
    return {"n": n, "mean": mean, "se": se, "worth": worth, "high": t_interval(mean, se, worth, 0.95)[1]}


Figures = dict[str, np.ndarray]


def make_study(kind: str, crosshair: str, rng: np.random.Generator) -> tuple[Figures, Figures]:
    """A study as the ranking gets it, and as the matrix gets it, both with the truth in `true`."""
    count, tau = count_touchpoints(kind, rng), rng.choice(SPREADS)
    share, importance, high = draw_shares(kind, count, rng)
    like = (share - share.mean()) / share.std()
    gap = draw_truth(kind, rng.choice([-1, -0.4, 0.1]), tau, like, rng)
    level, reach, people = draw_truth(kind, 5, tau, like, rng), rng.beta(2, 2, count), 1000
    if kind == "respondents":
        reach = reach.clip(0.25)
        gap, level, gaps, rated, people = ask_people(gap, level, reach, rng)
        met = gaps["n"]
    else:
        gaps, rated, met = measure_means(gap, rng), measure_means(level, rng), rng.binomial(people, reach)
    feasible, guesses = guess_feasibility(count, rng)
    missing = (rng.random(count) < rng.choice([0, 0.2])) & (np.arange(count) > 0)
    importance = np.where(missing, np.nan, importance)
    measured = {"gap": gaps["mean"], "high": gaps["high"], "respondents": met, "reach": met / people}
    measured |= guesses | {"importance": importance, "importance_high": high, "tau": np.full(count, tau)}
    measured |= {"true": np.maximum(-gap, 0) * share * reach * feasible}
    matrix = make_matrix(share, level, rated, measured, crosshair, rng)
    return keep(measured, find_error(measured, "gap", "high", 0.95) > 0), keep(matrix, np.isfinite(importance))


def keep(figures: Figures, rows: np.ndarray) -> Figures:
    """Some of the touchpoints."""
    return {name: values[rows] for name, values in figures.items()}


def guess_feasibility(count: int, rng: np.random.Generator) -> tuple[np.ndarray, Figures]:
    """True feasibility, and a low, a likeliest and a high guess of it; a fifth is blank, and counts as feasible."""
    low, width, peak, blank = rng.uniform([[0.0], [0.05], [0], [0]], [[0.6], [0.4], [1], [1]], (4, count))
    true = np.where(blank < 0.2, 1, low + width * rng.beta(1 + 4 * peak, 5 - 4 * peak))
    ends = {"feasibility_low": 0, "feasibility": peak, "feasibility_high": 1}
    return true, {name: np.where(blank < 0.2, np.nan, low + part * width) for name, part in ends.items()}


def make_matrix(
    share: np.ndarray, level: np.ndarray, rated: Figures, measured: Figures, crosshair: str, rng: np.random.Generator
) -> Figures:
    """What the matrix gets, the true quadrant, and that in which the measured point lies (`raw`)."""
    known, count = np.isfinite(measured["importance"]), len(level)
    line, seen, se = np.full(count, 5.0), np.full(count, 5.0), np.zeros(count)
    if crosshair == "means":
        line, seen = np.full(count, level[known].mean()), np.full(count, rated["mean"][known].mean())
    if crosshair == "benchmark":
        se = np.where(rng.random(count) < 0.3, 0, rng.uniform(0.05, 0.4, count))
        line = rng.normal(5, 0.5, count)
        seen = rng.normal(line, se)
    importance, high = measured["importance"], measured["importance_high"]
    table = {"importance": importance, "importance_high": high, "performance": rated["mean"]}
    table |= {"performance_high": rated["high"], "performance_line": seen, "se_line": se}
    table |= {
        "crosshair": np.full(count, CROSSHAIRS[crosshair]),
        "true": quadrant(share, share[known].mean(), level, line),
    }
    return table | {"raw": quadrant(importance, importance[known].mean(), rated["mean"], seen)}
