"""Does the guard against rare failures keep its word? `python -m tests.proof.guard --replicates 20000 --seed 1`.

Gaps are drawn from distributions whose mean is known, and the intervals that would be printed are held against it.
`--write docs/proof.md` keeps the tables there.
"""

import zlib
from collections.abc import Iterable, Iterator
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.intervals import OFF_MODE, ORDINARY, PSEUDO, guard_rare_failures, known, skewness_of, t_interval
from tests.proof.page import compose_section, in_markdown, run_suite

HEADING = "Gaps: the guard against rare failures"
POINTS = (5, 7, 11)
OTHER_POINTS = (3, 9, 13, 101)
"""Scales the guard was not made on: 13 are half points of seven, 101 a slider."""

SIZES = (10, 15, 20, 30, 50, 100, 200, 400)
GOAL, OFTEN = 0.93, 0.05
"""The coverage to reach, in cells that are printed in at least this share of samples."""

METHOD = (
    "Gaps (experienced − expected) are drawn from distributions with a known mean, on 5, 7 and 11 points. "
    "Every sample gets its 95\u00a0% interval, guarded and plain; coverage is that of the samples whose interval is "
    "printed. The goals: .93 in every cell printed in at least 5\u00a0% of samples, and nine of ten ordinary gaps "
    "printed at n ≥ 30. Rows called *held out* (other draws, mixtures, scales of 3 and 9 points, half points and a "
    "slider of 101) had no part in choosing the guard."
)
PRICED = (15, 30, 50, 100)
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


def measure_cell(
    pmf: np.ndarray, n: int, replicates: int, rng: np.random.Generator, *, gaps: bool = True
) -> dict[str, float]:
    """How often the guarded and the plain 95 % interval of a mean of n are printed, hold the true mean, and how wide.

    `pmf` has an entry for every gap of the scale, the least first (or, not being `gaps`, for every answer); coverage is
    among the printed.
    """
    points = (len(pmf) + 1) // 2 if gaps else len(pmf)
    values = (values_of(points) if gaps else np.arange(points))[pmf > 0]
    shares = pmf[pmf > 0] / pmf.sum()
    counts = rng.multinomial(n, shares, size=replicates)
    total, modal = counts @ values, counts.max(axis=1)
    se = np.sqrt((n * (counts @ values**2) - total**2) / (n - 1)) / n
    skewness = skewness_of(n, total, counts @ values**2, counts @ values**3)
    guarded = margin_of(*guard_rare_failures(se, n, n, modal, skewness, points - 1, total / n if gaps else 0))
    plain = margin_of(se, np.full(replicates, n))
    return figures_of(np.abs(total / n - shares @ values) - 1e-12, guarded, plain)


def figures_of(error: np.ndarray, guarded: np.ndarray, plain: np.ndarray) -> dict[str, float]:
    """What is told of a cell, from the errors of its means and the half widths of both intervals."""
    figures = {"printed": np.isfinite(guarded).mean(), "covered": share_of(error <= guarded, guarded)}
    figures |= {"plain_printed": np.isfinite(plain).mean(), "plain_covered": share_of(error <= plain, plain)}
    return figures | {"wider": share_of(guarded, guarded) / share_of(plain, guarded)}


def margin_of(se: np.ndarray, effective: np.ndarray) -> np.ndarray:
    """Half the width of each 95 % interval: t once per effective n."""
    sizes, place = np.unique(effective, return_inverse=True)
    return t_interval(0, 1, sizes, 0.95)[1][place] * known(se)


def share_of(values: np.ndarray, margin: np.ndarray) -> float:
    """The mean of the values whose interval is printed."""
    printed = np.isfinite(margin)
    return float(values[printed].mean()) if printed.any() else np.nan


def measure(replicates: int, seed: int, *, kinds: Iterable[str] = KINDS, sizes: Iterable[int] = SIZES) -> pd.DataFrame:
    """One row per distribution and n; a row's random numbers depend on its name and the seed alone."""
    rows = []
    for kind, points in product(kinds, (*POINTS, *OTHER_POINTS)):
        if points in OTHER_POINTS and not kind.startswith("held out"):
            continue
        for (member, pmf), n in product(KINDS[kind](points), sizes):
            rng = np.random.default_rng([seed, zlib.crc32(f"{kind}/{points}/{member}/{n}".encode())])
            cell = {"kind": kind, "points": points, "member": member, "n": n}
            rows.append(cell | measure_cell(pmf, n, replicates, rng))
    return pd.DataFrame(rows)


def worst_of(cells: pd.DataFrame, how: str = "") -> pd.Series:
    """The cell that covers least, of those printed often enough to matter; `how` is "plain_" for plain t."""
    return cells.loc[cells.loc[cells[f"{how}printed"] >= OFTEN, f"{how}covered"].idxmin()]


def below(cells: pd.DataFrame, replicates: int, how: str = "", errors: float = 0) -> pd.Series:
    """Which cells cover less than the goal, by more than so many Monte Carlo errors."""
    slack = errors * np.sqrt(GOAL * (1 - GOAL) / (cells[f"{how}printed"] * replicates).clip(lower=1))
    return (cells[f"{how}printed"] >= OFTEN) & (cells[f"{how}covered"] < GOAL - slack)


def by_kind(cells: pd.DataFrame, replicates: int) -> pd.DataFrame:
    """One row per kind: the worst printed cell, plain t's worst, and the share printed."""
    groups = cells.groupby("kind", sort=False)
    table = groups.agg(members=("member", "nunique"), printed=("printed", "mean")).round(2)
    worst = pd.DataFrame([worst_of(group) for _, group in groups], index=table.index)
    table["worst"], table["points"], table["at n"] = worst["covered"].round(3), worst["points"], worst["n"]
    table["member"] = worst["member"]
    table["below"] = [below(group, replicates).sum() for _, group in groups]
    table["plain t's worst"] = [round(worst_of(group, "plain_")["plain_covered"], 3) for _, group in groups]
    table["plain t below"] = [below(group, replicates, "plain_").sum() for _, group in groups]
    return table.reset_index()


def say_cell(cell: pd.Series) -> str:
    """The coverage of a cell and where it is."""
    where = f"{cell['kind']}, {cell['points']} points, n\u00a0{cell['n']}, {cell['member']}"
    return f"{cell['covered']:.3f} ({where}; printed in {cell['printed']:.0%})"


def sum_up(cells: pd.DataFrame, replicates: int) -> list[str]:
    """What was found, one sentence or two per goal."""
    held = cells["kind"].str.startswith("held out")
    counts = [
        f"{below(some, replicates, how).sum():,} of {(some[f'{how}printed'] >= OFTEN).sum():,} cells "
        f"({below(some, replicates, how, 2).sum():,} by more than two Monte Carlo errors)"
        for some, how in ((cells[~held], ""), (cells[held], ""), (cells, "plain_"))
    ]
    ordinary = cells[cells["kind"] == "ordinary"]
    told, wider = ordinary.loc[ordinary["n"] >= 30, "printed"], 100 * ordinary.groupby("n")["wider"].mean() - 100
    error, plain = np.sqrt(GOAL * (1 - GOAL) / replicates), worst_of(cells, "plain_")
    return [
        f"Worst cell: {say_cell(worst_of(cells[~held]))}; held out: {say_cell(worst_of(cells[held]))}; plain t's: "
        f"{plain['plain_covered']:.3f}.",
        f"Below {GOAL}: with the guard {counts[0]}, held out {counts[1]}, with plain t {counts[2]}.",
        f"Ordinary gaps at n ≥ 30: printed in {told.mean():.1%} of samples, in the worst cell in {told.min():.1%}.",
        f"Price: ordinary intervals are {', '.join(f'{wider[n]:.0f}' for n in PRICED)}\u00a0% wider at n\u00a0"
        f"{', '.join(map(str, PRICED))}.",
        f"Monte Carlo error of a coverage of {GOAL}: {error:.4f} where every sample is printed, "
        f"{error / np.sqrt(OFTEN):.4f} where {OFTEN:.0%} are.",
        f"{replicates:,} replicates; trigger {ORDINARY}, pseudo-responses {PSEUDO}.",
    ]


def write_section(replicates: int, seed: int) -> str:
    """The section of the proof: what was tried, what held, where we refuse; one row a kind."""
    cells = measure(replicates, seed)
    worst, often = worst_of(cells), cells["printed"] >= OFTEN
    told = cells.loc[(cells["kind"] == "ordinary") & (cells["n"] >= 30), "printed"]
    found = [*sum_up(cells, replicates), f"Seed {seed}."]
    return compose_section(
        HEADING,
        tried=f"{len(cells):,} kinds of gap and sample size, from ordinary ones to such where a few customers in a "
        f"hundred are let down as badly as can be; {replicates:,} surveys of each.",
        held=f"A printed 95\u00a0% interval holds the true gap in at least {100 * worst['covered']:.1f} of 100 "
        f"surveys, whatever the kind ({often.sum():,} kinds); plain t in {100 * cells['plain_covered'].min():.0f}.",
        refused=f"A gap from fewer than {OFF_MODE} answers that differ from the commonest has no interval; "
        f"of ordinary gaps at n ≥ 30, {told.mean():.0%} have one.",
        body="\n".join([METHOD, "", *(f"- {fact}" for fact in found), "", in_markdown(by_kind(cells, replicates))]),
    )


if __name__ == "__main__":
    run_suite(__doc__, write_section, replicates=20_000)
