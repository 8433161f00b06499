"""Answers of many simulated reports at once, and the tables the package makes of each, corrected report by report."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.expectations.personas import compare_personas
from cxlib.gaps.table import find_gaps
from cxlib.intervals import ratio_mean, skewness_of
from cxlib.monitoring.change import find_change
from cxlib.monitoring.kpis import track_kpis
from cxlib.monitoring.targets import compare_targets
from tests.proof.drawn_gaps import difference, from_the_top, mix, peaked, rounded, values_of
from tests.proof.effects import draw_sites, welch

PLACES, STAGES, PERSONAS, PEOPLE, LEVEL = 24, 6, 4, 600, 0.05
"""Touchpoints, stages and personas of a report, the most respondents, and the level of the corrections."""


def balanced(pmf: np.ndarray) -> np.ndarray:
    """The distribution with so many people a point on the other side that the mean is exactly 0."""
    points = (len(pmf) + 1) // 2
    mean = pmf @ values_of(points) / pmf.sum()
    return mix(pmf / pmf.sum(), points, {-np.sign(mean) / (points - 1): abs(mean) / (1 + abs(mean))})


def tail(points: int, spread: float, p: float) -> np.ndarray:
    """Shortfalls with a long tail (negative binomial), as many people a point above as it takes for a mean of 0."""
    shares = np.diff(stats.nbinom(spread, p).cdf(np.arange(points + 1) - 1))
    return balanced(np.concatenate([shares[::-1] / shares.sum(), np.zeros(points - 1)]))


def ceiling(points: int, step: float, agreeing: float) -> np.ndarray:
    """Both answers near the top of the scale, experience the more spread out, and equal in the mean."""
    scale, low, high = np.arange(points), from_the_top(points, step), from_the_top(points, step / 2)
    middle = low @ scale
    part = (middle - scale[-2]) / (high @ scale - scale[-2])
    same = part * high + (1 - part) * np.eye(points)[-2] if 0 <= part <= 1 else low
    return difference(same, low, agreeing)


def rare(points: int, share: float, where: float, sd: float) -> np.ndarray:
    """Small gaps, a few badly let down, and as many a point above as make up for it."""
    return balanced(mix(rounded(points, sd), points, {where: share}))


SHAPES: dict[str, Callable[[int], list[np.ndarray]]] = {
    "ordinary": lambda points: [rounded(points, sd) for sd in (0.8, 1.1, 1.5, 1.9)],
    "peaked": lambda points: [peaked(points, modal) for modal in (0.5, 0.65, 0.8, 0.9)],
    "skewed": lambda points: [tail(points, *by) for by in ((0.7, 0.4), (2, 0.5), (4, 0.7), (1, 0.3))],
    "ceiling": lambda points: [ceiling(points, *by) for by in ((0.3, 0), (0.5, 0), (0.5, 0.4), (0.6, 0.2))],
    "rare failures": lambda points: [
        rare(points, *by) for by in ((0.02, -1, 0.5), (0.04, -5 / 6, 0.65), (0.08, -2 / 3, 0.9), (0.03, -1, 1.2))
    ],
}
SHAPES["mixed"] = lambda points: [pmf for name in list(SHAPES)[:5] for pmf in SHAPES[name](points)]


def draw_people(rng: np.random.Generator, reports: int) -> dict[str, np.ndarray]:
    """Who answers: 200 to 600 a report, what they share (correlation .1 to .6), weights in a third of reports."""
    people = np.arange(PEOPLE) < rng.integers(200, PEOPLE + 1, (reports, 1))
    log = rng.normal(size=people.shape) * rng.choice([0, 0, 0.5], (reports, 1))
    weight = np.where(people, np.exp(log), 0)
    return {
        "weight": weight, "mood": rng.normal(size=people.shape), "rho": rng.uniform(0.1, 0.6, reports),
        "persona": rng.integers(PERSONAS, size=people.shape),
    }  # fmt: skip


def draw_gaps(
    rng: np.random.Generator, people: dict[str, np.ndarray], pmf: np.ndarray, n: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Σ w·gap and Σ w of shape (reports, people, touchpoints): answers that go along with each other (normal copula).

    `pmf` has shape (reports, touchpoints, gaps of the scale), `n` is how many meet each touchpoint in the mean, drawn
    from 15 to 400 where it is not given.
    """
    there = people["weight"] > 0
    shape = (len(pmf), PLACES)
    n = np.exp(rng.uniform(np.log(15), np.log(400), shape)) if n is None else np.broadcast_to(n, shape)
    meets = rng.random((*there.shape, PLACES)) < np.minimum(n / there.sum(axis=1, keepdims=True), 1)[:, None]
    rho = people["rho"][:, None, None]
    latent = np.sqrt(rho) * people["mood"][..., None] + np.sqrt(1 - rho) * rng.normal(size=meets.shape)
    edges = stats.norm.ppf(np.clip(pmf.cumsum(axis=-1)[..., :-1], 0, 1))
    gap = np.full(meets.shape, 1 - (pmf.shape[-1] + 1) // 2, dtype=float)
    for edge in np.moveaxis(edges, -1, 0)[:, :, None]:
        gap += latent > edge
    b = meets * people["weight"][..., None]
    return gap * b, b


def add_up(a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    """The figures of each mean gap as the package has them, from Σ w·gap and Σ w, (reports, people, groups).

    n, mean, se, effective n, how many have the commonest gap, skewness, and the share below 0; (reports, groups).
    """
    there = b > 0
    gap = np.where(there, np.divide(a, b, out=np.zeros_like(a), where=there), 0)
    n = there.sum(axis=1)
    sums = [np.einsum("rpg,rpg->rg", one, other) for one, other in ((a, a), (a, b), (b, b))]
    mean, se, effective = ratio_mean(n, a.sum(axis=1), b.sum(axis=1), *sums)
    powers = [(gap**power).sum(axis=1) for power in (1, 2, 3)]
    below = np.divide((b * (gap < 0)).sum(axis=1), b.sum(axis=1), out=np.full(n.shape, np.nan), where=n > 0)
    figures = {"n": n, "mean": mean, "se": se, "n_effective": effective, "modal": commonest(gap, there)}
    return figures | {"skewness": skewness_of(n, *powers), "below": below}


def commonest(gap: np.ndarray, there: np.ndarray) -> np.ndarray:
    """How many people have the commonest gap, to six digits as the package counts them."""
    ordered = np.sort(np.where(there, gap.round(6) + 0.0, np.nan), axis=1)
    places = np.arange(ordered.shape[1])[None, :, None]
    begins = np.maximum.accumulate(np.where(np.diff(ordered, axis=1, prepend=np.inf) != 0, places, 0), axis=1)
    return ((places - begins + 1) * ~np.isnan(ordered)).max(axis=1)


def by_stage(a: np.ndarray, persona: np.ndarray | None = None) -> np.ndarray:
    """The sums of touchpoints as those of stages, or of every stage and persona."""
    stages = a.reshape(*a.shape[:2], STAGES, -1).sum(axis=-1)
    if persona is None:
        return stages
    own = persona[..., None] == np.arange(PERSONAS)
    return (stages[..., None] * own[:, :, None]).reshape(*a.shape[:2], -1)


def covariance_of(first: tuple, second: tuple, means: list[np.ndarray], n: list[np.ndarray]) -> tuple:
    """How many people are in both, and the covariance of the two means (as `compare_means` has it)."""
    (a, b), (c, d) = first, second
    both = (b > 0) & (d > 0)
    cross = ((a - means[0][:, None] * b) * (c - means[1][:, None] * d) * both).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        less = np.sqrt((1 - 1 / n[0]) * (1 - 1 / n[1]))
        covariance = cross / (b.sum(axis=1) * d.sum(axis=1)) / less
    count = both.sum(axis=1)
    return count, np.where(count > 0, covariance, 0)


def stack(figures: dict[str, np.ndarray], **more: object) -> pd.DataFrame:
    """Figures of shape (reports, groups) as one table, with `report`, `place` and what else is given."""
    reports, groups = next(iter(figures.values())).shape
    table = pd.DataFrame({name: values.reshape(-1) for name, values in figures.items()})
    place = np.tile(np.arange(groups), reports)
    return table.assign(report=np.repeat(np.arange(reports), groups), place=place, **more)


@contextmanager
def each_report(reports: int) -> Iterator[None]:
    """Within it, a table of so many reports, one after the other, is corrected report by report, as if alone."""

    def adjust_each(p) -> np.ndarray:
        p = np.asarray(p, dtype=float)
        return bh(p.reshape(reports, -1)).reshape(p.shape)

    modules = ("gaps.table", "intervals", "expectations.personas")
    patches = [mock.patch(f"cxlib.{module}.adjust", adjust_each) for module in modules]
    for patch in patches:
        patch.start()
    yield
    for patch in patches:
        patch.stop()


def bh(p: np.ndarray) -> np.ndarray:
    """The package's `adjust` of every row of p."""
    order = np.argsort(p, axis=1)
    ranked = np.take_along_axis(p, order, axis=1) * (~np.isnan(p)).sum(axis=1, keepdims=True)
    ranked = ranked / np.arange(1, p.shape[1] + 1)
    least = np.fmin.accumulate(ranked[:, ::-1], axis=1)[:, ::-1]
    q = np.empty_like(p)
    np.put_along_axis(q, order, np.where(np.isnan(ranked), np.nan, np.minimum(least, 1)), axis=1)
    return q


def gaps_of(figures: dict[str, np.ndarray], points: int) -> pd.DataFrame:
    """The product's gap table of every report, in its own order within each."""
    ratings = stack(figures, stage="s", paired="yes", width=float(points - 1), mean_expected=np.nan)
    ratings = ratings.rename(columns={"mean": "mean_gap", "se": "se_gap"}).assign(mean_experienced=np.nan)
    ratings = ratings.assign(label="t" + ratings["place"].astype("str"), n_expected=ratings["n"])
    ratings = ratings.assign(touchpoint=ratings["label"], n_experienced=ratings["n"], paired_expected=np.nan)
    with each_report(len(figures["n"])):
        return find_gaps(ratings.assign(paired_experienced=np.nan), met_within=0.04 * (points - 1), level=LEVEL)


def compared(one: dict, other: dict, names: tuple, points: int, covariance: tuple, **more: object) -> pd.DataFrame:
    """Two sets of figures as the comparing functions take them."""
    pair = {f"{part}_{name}": values for name, given in zip(names, (one, other)) for part, values in given.items()}
    pair = pair | {"n_both": covariance[0], "covariance": covariance[1]}
    table = stack({part: values for part, values in pair.items() if not part.startswith("below")})
    return table.assign(width=float(points - 1), label="t" + table["place"].astype("str"), **more)


def changes_of(rng: np.random.Generator, people: dict, pmf: np.ndarray, now: tuple, figures: dict) -> pd.DataFrame:
    """The wave before, of other people or half of the same ones, and the product's table of changes."""
    reports, points = len(pmf), (pmf.shape[-1] + 1) // 2
    again = (rng.random((reports, 1)) < 0.5) & (rng.random(people["mood"].shape) < 0.5)
    a, b = draw_gaps(rng, people | {"mood": np.where(again, people["mood"], rng.normal(size=again.shape))}, pmf)
    before = add_up(a, b)
    same = again[..., None]
    shared = (now[0] * same, now[1] * same), (a * same, b * same)
    count, covariance = covariance_of(*shared, [figures["mean"], before["mean"]], [figures["n"], before["n"]])
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = covariance * (shared[0][1].sum(1) / now[1].sum(1)) * (shared[1][1].sum(1) / b.sum(1))
    waves = dict(wave_now="2", wave_before="1", stage="s")
    table = compared(figures, before, ("now", "before"), points, (count, np.nan_to_num(covariance)), **waves)
    with each_report(reports):
        return find_change(table.assign(touchpoint=table["label"]), level=LEVEL)


def personas_of(rng: np.random.Generator, people: dict) -> pd.DataFrame:
    """Personas whose shares are as the company claims, and the product's table of them."""
    true = rng.dirichlet(np.full(5, 4), len(people["weight"]))
    drawn = (rng.random(people["weight"].shape)[..., None] > true.cumsum(axis=-1)[:, None, :-1]).sum(axis=-1)
    weight = np.repeat(people["weight"][..., None], 5, axis=-1)
    figures = add_up((drawn[..., None] == np.arange(5)) * weight, weight)
    table = stack(figures | {"claimed_share": true}).rename(columns={"mean": "share"})
    table["persona"] = "r" + table["report"].astype("str") + "-" + table["place"].astype("str")
    with each_report(len(true)):
        claims, table = table[["persona", "claimed_share"]], table.drop(columns="claimed_share")
        found = compare_personas(table, claims, level=LEVEL).drop(columns="p_mix")
    return found.assign(report=found["persona"].str[1:].str.split("-").str[0].astype(int))


def targets_of(rng: np.random.Generator, reports: int) -> pd.DataFrame:
    """Four shares a report that stand exactly at their target, and the product's table of them."""
    names = [f"r{report}-{place}" for report in range(reports) for place in range(4)]
    cases, target = rng.integers(30, 1500, len(names)), rng.uniform(0.03, 0.97, len(names)).round(2)
    hits = rng.binomial(cases, target)
    day = pd.Timestamp("2026-06-30")
    kpis = dict(kpi=names, date=day, value=np.nan, numerator=hits.astype(float), denominator=cases.astype(float))
    aims = dict(kpi=names, touchpoint=None, target=target, direction="at least", due=day, objective=names)
    objectives = pd.DataFrame(aims).astype({"touchpoint": "object"})
    found = compare_targets(track_kpis(pd.DataFrame(kpis)), objectives, pd.DataFrame(), day="2026-07-01")
    report = found["figure"].str[1:].str.split("-").str[0].astype(int)
    return found.assign(verdict=found["status"], report=report)


def effects_of(rng: np.random.Generator, reports: int) -> pd.DataFrame:
    """Four actions a report that did nothing, at 6 of 18 sites for twelve months, and the package's test of them."""
    p = welch(np.subtract(*halves(*draw_sites(rng, 4 * reports, (6, 12), 12, 12))), 6).reshape(reports, -1)
    table = stack({"p": p, "q": bh(p)})
    return table.assign(
        label="a" + table["place"].astype("str"), verdict=np.where(table["q"] <= LEVEL, "worked", "no sure effect")
    )


def halves(hits: np.ndarray, cases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of monthly shares after and before."""
    return (hits / cases)[..., 12:].mean(axis=-1), (hits / cases)[..., :12].mean(axis=-1)
