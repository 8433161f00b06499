"""Do intervals of means, of weighted and repeated answers, and of differences hold? `python -m tests.proof.means`.

Answers are drawn from distributions whose mean is known, and what would be printed is held against it.
`--write docs/proof.md` keeps the tables there.
"""

import zlib
from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.expectations.zones import find_zones
from cxlib.gaps.table import find_gaps
from cxlib.intervals import compare_gaps, guard_rare_failures, n_for_precision, ratio_mean, skewness_of, t_interval
from tests.proof.drawn_gaps import POINTS, Members, at, from_the_top, mix, rounded, values_of
from tests.proof.guard import GOAL, OFTEN, below, by_kind, figures_of, measure_cell, say_cell, worst_of
from tests.proof.page import compose_section, in_markdown, percent, run_suite

HEADING = "Means, weights, repeated answers and differences"
SIZES = (10, 15, 30, 50, 100, 200, 400)
GROUPS = (5, 10, 14, 30, 100, 400)
MANY = 400
"""People from which on a quarter of the replicates is drawn, person by person."""

STEPS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.7)


def ceiling(points: int) -> Members:
    """Most give the top mark."""
    for step in STEPS:
        yield f"step {step}", from_the_top(points, step)


def ceiling_with_failures(points: int) -> Members:
    """Most give the top mark, and a few the lowest."""
    for step, share in product(STEPS, (0.01, 0.02, 0.03, 0.05, 0.08, 0.12)):
        pmf = (1 - share) * from_the_top(points, step)
        pmf[0] += share
        yield f"step {step}, {share:.0%} lowest", pmf


def floor(points: int) -> Members:
    """Most give the lowest mark, and a few the top."""
    for name, pmf in list(ceiling_with_failures(points))[::3]:
        yield name, pmf[::-1]


def two_camps(points: int) -> Members:
    """Some near the top, the others near the bottom."""
    for share, step in product((0.02, 0.05, 0.1, 0.2, 0.35, 0.5), (0, 0.3)):
        top = from_the_top(points, step) if step else np.eye(points)[-1]
        yield f"{share:.0%} below, step {step}", (1 - share) * top + share * top[::-1]


def ordinary_answers(points: int) -> Members:
    """Normal answers, rounded to the points and cut at both ends."""
    edges = np.concatenate([[-np.inf], np.arange(1, points) - 0.5, [np.inf]])
    for middle, spread in product((0.3, 0.5, 0.7, 0.85), (0.13, 0.2, 0.3)):
        cut = stats.norm.cdf(edges, middle * (points - 1), spread * (points - 1))
        yield f"mean {middle} of the range, sd {spread}", np.diff(cut)


def answers_drawn_by_chance(points: int) -> Members:
    """Shares drawn at random."""
    for place, even in product(range(12), (0.1, 0.3, 1.0)):
        rng = np.random.default_rng([points, place, round(10 * even), 41])
        yield f"Dirichlet {even}, draw {place}", rng.dirichlet(np.full(points, even))


SHAPES = ordinary_answers, ceiling, ceiling_with_failures, floor, two_camps, answers_drawn_by_chance
MEANS = {shape.__name__.replace("_", " "): shape for shape in SHAPES}
LAID = {
    "ordinary gap": (rounded(7, 1.5, -0.6), True),
    "gap, 4% fail": (mix(rounded(7, 0.9), 7, {-1: 0.04}), True),
    "gap, 15% lower": (0.85 * rounded(7, 0.7) + 0.15 * rounded(7, 0.7, -3.5), True),
    "gap, mostly none": (at(7, {0: 0.7, -1 / 6: 0.2, 1 / 6: 0.08, -5 / 6: 0.02}), True),
    "ordinary answers": (dict(ordinary_answers(7))["mean 0.7 of the range, sd 0.2"], False),
    "ceiling": (from_the_top(7, 0.35), False),
    "ceiling, 5% lowest": (dict(ceiling_with_failures(7))["step 0.35, 5% lowest"], False),
}
"""How answers lie, and whether they are gaps, for all that is drawn person by person, on 7 points."""
PAIRS = (
    ("ordinary gap", "ordinary gap"), ("ordinary gap", "gap, 4% fail"), ("gap, 4% fail", "gap, 4% fail"),
    ("ordinary gap", "gap, 15% lower"), ("gap, mostly none", "ordinary gap"), ("gap, mostly none", "gap, mostly none"),
    ("ordinary answers", "ceiling, 5% lowest"), ("ceiling", "ceiling, 5% lowest"),
    ("ordinary answers", "ordinary answers"),
)  # fmt: skip
PEOPLE = ((15, 15), (10, 100), (30, 200), (200, 30), (100, 400))


def named(seed: int, *names: object) -> np.random.Generator:
    """Random numbers that depend on the seed and a cell's name alone."""
    return np.random.default_rng([seed, zlib.crc32("/".join(map(str, names)).encode())])


def measure_means(
    replicates: int, seed: int, *, kinds: Iterable[str] = MEANS, sizes: Iterable[int] = SIZES
) -> pd.DataFrame:
    """One row per distribution of answers on one scale and n."""
    rows = []
    for kind, points in product(kinds, POINTS):
        for (member, pmf), n in product(MEANS[kind](points), sizes):
            found = measure_cell(pmf, n, replicates, named(seed, kind, points, member, n), gaps=False)
            rows.append(dict(kind=kind, points=points, member=member, n=n) | found)
    return pd.DataFrame(rows)


def answer(pmf: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """The place of each answer, from standard normal numbers: the higher the number, the higher the answer."""
    return np.searchsorted(stats.norm.ppf(np.minimum(pmf.cumsum()[:-1], 1)), normal)


def values(pmf: np.ndarray, gaps: bool) -> np.ndarray:
    """The answers, in scale points."""
    return values_of((len(pmf) + 1) // 2).astype(float) if gaps else np.arange(len(pmf), dtype=float)


def modal_of(answers: np.ndarray) -> np.ndarray:
    """How many of each row have the row's commonest value."""
    ordered = np.sort(answers.round(6), axis=1)
    place = np.broadcast_to(np.arange(answers.shape[1]), answers.shape)
    fresh = np.concatenate([np.ones((len(ordered), 1), bool), ordered[:, 1:] != ordered[:, :-1]], axis=1)
    return (place - np.maximum.accumulate(np.where(fresh, place, 0), axis=1)).max(axis=1) + 1


def weighted(
    rng: np.random.Generator, pmf: np.ndarray, x: np.ndarray, shape: tuple, cv: float, tie: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """A and B of every person, with log-normal weights of this cv that go with the answer by `tie`; the true mean."""
    sigma, z = np.sqrt(np.log(1 + cv**2)), rng.normal(size=shape)
    weights = np.exp(sigma * (tie * z + np.sqrt(1 - tie**2) * rng.normal(size=shape)))
    bounds = np.concatenate([[-np.inf], stats.norm.ppf(np.minimum(pmf.cumsum()[:-1], 1)), [np.inf]])
    return weights * x[answer(pmf, z)], weights, float(np.diff(stats.norm.cdf(bounds - sigma * tie)) @ x)


def repeated(
    rng: np.random.Generator, pmf: np.ndarray, x: np.ndarray, shape: tuple, alike: float, more: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """A and B of people with 1 + Poisson(more) answers each, capped at 12, that go together by `alike`."""
    times, own = np.minimum(1 + rng.poisson(more, shape), 12), rng.normal(size=shape)
    total = np.zeros(shape)
    for place in range(times.max()):
        given = x[answer(pmf, np.sqrt(alike) * own + np.sqrt(1 - alike) * rng.normal(size=shape))]
        total += np.where(place < times, given, 0)
    return total, times.astype(float), float(pmf @ x)


DESIGNS = {
    **{f"weights cv {cv}, tie {tie}": (weighted, cv, tie) for cv in (0.3, 1.0) for tie in (0, 0.6)},
    **{f"repeated {more}, alike {alike}": (repeated, alike, more) for alike in (0.2, 0.8) for more in (1, 4)},
}


def measure_people(
    replicates: int, seed: int, *, laid: Iterable[str] = LAID, designs: Iterable[str] = DESIGNS,
    sizes: Iterable[int] = GROUPS,
) -> pd.DataFrame:  # fmt: skip
    """One row per design (weights or repeated answers), distribution and number of people."""
    rows = []
    for design, member, n in product(designs, laid, sizes):
        rng, (draw, *how), (pmf, gaps) = named(seed, design, member, n), DESIGNS[design], LAID[member]
        pmf = pmf / pmf.sum()
        many = replicates // 4 if n >= MANY else replicates
        a, b, truth = draw(rng, pmf, values(pmf, gaps), (many, n), *how)
        mean, se, effective = ratio_mean(n, *(part.sum(1) for part in (a, b, a * a, a * b, b * b)))
        each = a / b
        skewness = skewness_of(n, *((each**power).sum(1) for power in (1, 2, 3)))
        guarded = guard_rare_failures(se, n, effective, modal_of(each), skewness, 6, mean if gaps else 0)
        error = np.abs(mean - truth) - 1e-12
        margins = [t_interval(0, *figures, 0.95)[1] for figures in (guarded, (se, effective))]
        rows.append(dict(kind=design, points=7, member=member, n=n) | figures_of(error, *margins))
    return pd.DataFrame(rows)


def two_sides(
    rng: np.random.Generator, replicates: int, first: str, second: str, sizes: tuple[int, int], both: int
) -> tuple[pd.DataFrame, float]:
    """The columns of `compare_gaps` for two groups that share `both` people, and the true difference."""
    shared, columns, given, truth = rng.normal(size=(replicates, both)), {}, [], []
    for name, n, member in zip(("first", "second"), sizes, (first, second)):
        pmf, gaps = LAID[member]
        pmf = pmf / pmf.sum()
        normal = rng.normal(size=(replicates, n))
        normal[:, :both] = np.sqrt(0.6) * shared + np.sqrt(0.4) * normal[:, :both]
        x = values(pmf, gaps)[answer(pmf, normal)]
        skewness = skewness_of(n, *((x**power).sum(1) for power in (1, 2, 3)))
        figures = dict(n=n, n_effective=float(n), mean=x.mean(1), se=stats.sem(x, axis=1), modal=modal_of(x))
        columns |= {f"{figure}_{name}": value for figure, value in (figures | dict(skewness=skewness)).items()}
        given.append(x[:, :both] - x.mean(1)[:, None])
        truth.append(pmf @ values(pmf, gaps))
    less = np.sqrt((1 - 1 / sizes[0]) * (1 - 1 / sizes[1])) * sizes[0] * sizes[1]
    table = pd.DataFrame(columns).assign(covariance=(given[0] * given[1]).sum(1) / less, n_both=both, width=6.0)
    return table, float(truth[0] - truth[1])


def measure_differences(
    replicates: int, seed: int, *, pairs: Iterable[tuple] = PAIRS, people: Iterable[tuple] = PEOPLE
) -> pd.DataFrame:
    """One row per pair of distributions, sizes and people in both; *rest*: how the second lies is not known."""
    rows = []
    for (first, second), sizes, part in product(pairs, people, (0, 0.5, 1)):
        rng, both = named(seed, first, second, sizes, part), round(part * min(sizes))
        many = replicates // 4 if max(sizes) >= MANY else replicates
        table, truth = two_sides(rng, many, first, second, sizes, both)
        views = {"against the rest": table.assign(modal_second=0, skewness_second=0.0)} if sizes[1] > sizes[0] else {}
        views |= {f"{'none' if not part else 'half' if part == 0.5 else 'all'} of the fewer in both": table}
        for kind, view in views.items():
            found = compare_gaps(view, "first", "second", confidence=0.95, gaps=LAID[first][1])
            blind = compare_gaps(unguarded(table), "first", "second", confidence=0.95)
            error = np.abs(found["difference"].to_numpy() - truth) - 1e-12
            margins = [((one["high"] - one["low"]) / 2).to_numpy() for one in (found, blind)]
            name = f"{first} and {second}, n {sizes[1]} in the second, {both} in both"
            rows.append(dict(kind=kind, points=7, member=name, n=sizes[0]) | figures_of(error, *margins))
    return pd.DataFrame(rows)


def unguarded(table: pd.DataFrame) -> pd.DataFrame:
    """The same table, laid so that the guard has nothing to do: plain t."""
    figures = {f"{figure}_{name}": 0 for figure in ("modal", "skewness", "mean") for name in ("first", "second")}
    means = {name: table[name] for name in ("mean_first", "mean_second")}
    return table.assign(**figures, width=1e-9).assign(**means)


def one_of_each(replicates: int, rng: np.random.Generator, pmf: np.ndarray, n: int) -> pd.DataFrame:
    """The columns of `find_gaps` for samples of n gaps on 7 points, one a row."""
    gaps = values_of(7)[pmf > 0]
    counts = rng.multinomial(n, pmf[pmf > 0] / pmf.sum(), size=replicates)
    sums = [counts @ gaps.astype(float) ** power for power in (1, 2, 3)]
    se = np.sqrt(np.maximum(n * sums[1] - sums[0] ** 2, 0) / (n - 1)) / n
    lie = dict(modal=counts.max(axis=1), skewness=skewness_of(n, *sums), below=counts @ (gaps < 0) / n, width=6.0)
    table = pd.DataFrame(dict(n=n, n_effective=float(n), mean_gap=sums[0] / n, se_gap=se, paired="yes") | lie)
    sides = {f"{part}_{side}": 5.0 for part in ("mean", "paired", "n") for side in ("expected", "experienced")}
    return table.assign(touchpoint=np.arange(replicates), **sides)


def measure_verdicts(replicates: int, seed: int, *, sizes: Iterable[int] = (15, 30, 100, 400, 2000)) -> pd.DataFrame:
    """How often *met* is said of a gap as wide as δ, and a place in the zone of tolerance that is not the true one."""
    rows = []
    shapes = {"ordinary": rounded(7, 1.1), "wide": rounded(7, 1.9), "4% fail": mix(rounded(7, 0.9), 7, {-1: 0.04})}
    shapes |= {"mostly none": LAID["gap, mostly none"][0], "15% lower": LAID["gap, 15% lower"][0]}
    for (member, pmf), n in product(shapes.items(), sizes):
        table = one_of_each(replicates, named(seed, "verdict", member, n), pmf, n)
        truth = float(pmf @ values_of(7) / pmf.sum())
        for delta, side in ((0.24, 1), (0.24, -1), (0.5, 1), (0.5, -1)):
            moved = table.assign(mean_gap=table["mean_gap"] - truth + side * delta)
            met = (find_gaps(moved, met_within=delta)["verdict"] == "met").mean()
            rows.append(dict(what="met", member=member, n=n, at=side * delta, said=met))
        names = {"mean_gap": "mean_adequacy", "se_gap": "se_adequacy", "n_effective": "n_effective_adequacy"}
        zone = table.rename(columns=names | {part: f"{part}_adequacy" for part in ("n", "modal", "skewness")})
        zone = zone.assign(mean_adequacy=zone["mean_adequacy"] - truth, label="", **far_below(n))
        p = find_zones(zone)["p"]
        rows.append(dict(what="zone", member=member, n=n, at=0.0, said=(p <= 0.05).mean()))
    return pd.DataFrame(rows)


def far_below(n: int) -> dict[str, float]:
    """The figures of an experience that is surely below what is desired."""
    figures = dict(mean=-3.0, se=0.05, n=n, n_effective=float(n), modal=0, skewness=0.0)
    sides = {f"{part}_{side}": 5.0 for part in ("mean", "se", "n_effective") for side in ("experienced", "desired")}
    return {f"{part}_superiority": value for part, value in figures.items()} | sides | dict(mean_adequate=5.0)


def measure_precision(replicates: int, seed: int, *, margin: float = 0.24) -> pd.DataFrame:
    """How wide the interval is in surveys of as many people as `n_for_precision` asks for, after a pilot."""
    rows = []
    for name, pilot in product(("ordinary gap", "gap, 15% lower", "gap, 4% fail"), (30, 100)):
        rng, pmf = named(seed, "precision", name, pilot), LAID[name][0]
        first = one_of_each(replicates, rng, pmf, pilot)
        needed = n_for_precision(first["se_gap"], first["n"], first["n_effective"], margin, 0.95)
        n = int(np.median(needed))
        then = find_gaps(one_of_each(replicates, rng, pmf, n), met_within=margin)
        half = (then["high"] - then["low"]).to_numpy() / 2
        spread = np.quantile(needed.to_numpy(dtype=float), [0.1, 0.9]).round().astype(int)
        asked = dict(gaps=name, pilot=pilot, asked_for=n, from_to=f"{spread[0]} to {spread[1]}")
        rows.append(asked | dict(half_width=half.mean(), of_the_margin=half.mean() / margin))
    return pd.DataFrame(rows)


ASKED = {"pilot": "pilot n", "asked_for": "n asked for", "from_to": "range of n", "half_width": "half width, points"}
ASKED |= {"of_the_margin": "half width / wanted"}


def write_section(replicates: int, seed: int) -> str:
    """The section of the proof: what was tried, what held, where we refuse."""
    means, people = measure_means(replicates, seed), measure_people(replicates, seed)
    differences, verdicts = measure_differences(replicates, seed), measure_verdicts(replicates, seed)
    precision, cells = measure_precision(min(replicates, 4000), seed), pd.concat([means, people, differences])
    worst = {name: worst_of(some) for name, some in dict(means=means, people=people, differences=differences).items()}
    told = means.loc[(means["kind"] == "ordinary answers") & (means["n"] >= 30), "printed"]
    tables = [by_kind(some, replicates).drop(columns="points") for some in (means, people, differences)]
    said = verdicts.groupby("what")["said"].max()
    few = people[people["n"] <= 14].groupby("n")["printed"].mean()
    printed = ", ".join(f"{share:.0%} at n\u00a0{n}" for n, share in few.items())
    wider = 100 * means[means["kind"] == "ordinary answers"].groupby("n")["wider"].mean() - 100
    error = np.sqrt(GOAL * (1 - GOAL) / replicates)
    facts = [
        f"Worst cells: {'; '.join(f'{name} {say_cell(cell)}' for name, cell in worst.items())}; plain t's "
        f"{worst_of(cells, 'plain_')['plain_covered']:.3f}. Below {GOAL}: {below(cells, replicates).sum()} of "
        f"{(cells['printed'] >= OFTEN).sum():,} cells, plain t {below(cells, replicates, 'plain_').sum()}. Monte "
        f"Carlo error {error:.4f}, {error / np.sqrt(OFTEN):.4f} in cells printed in {OFTEN:.0%} of samples.",
        f"Ordinary means are {', '.join(f'{wider[n]:.0f}' for n in (15, 30, 50, 100))}\u00a0% wider than plain t's at "
        "n\u00a015, 30, 50, 100.",
        f"*Met* is said of a gap as wide as δ in at most {said['met']:.3f} of samples, a side of the end of the zone "
        f"of tolerance where experience is at the end in at most {said['zone']:.3f} ({len(verdicts)} cells).",
        f"People of less than 15 a group, weighted or with repeated answers: intervals printed in {printed}.",
        f"{replicates:,} replicates a cell, seed {seed}; a quarter of them where {MANY} people are drawn one by one "
        f"(Monte Carlo error {2 * error:.4f}).",
    ]
    return compose_section(
        HEADING,
        tried=f"{len(means):,} kinds of mean rating, {len(people):,} with weights or several answers a person, and "
        f"{len(differences):,} comparisons of two groups or waves; {replicates:,} surveys of each.",
        held=f"A printed 95\u00a0% interval holds the truth in at least "
        f"{percent(min(cell['covered'] for cell in worst.values()))} of surveys; *met* is said of a gap that just "
        "matters "
        f"in at most {percent(said['met'])}. The price: ordinary means are {percent(wider[15] / 100, 0)} wider than "
        "plain "
        f"t's at n\u00a015, {percent(wider[30] / 100, 0)} at 30, {percent(wider[100] / 100, 0)} at 100.",
        refused="A mean of which fewer than five answers differ from the commonest has no interval, nor has a "
        f"difference from it; of ordinary means at n ≥ 30, {percent(told.min())} have one in the worst setting.",
        body="\n\n".join(
            [
                "\n".join(f"- {fact}" for fact in facts),
                "Means of answers on one scale:",
                in_markdown(tables[0]),
                "Unequal weights (coefficient of variation cv; tie: how far weight and answer go together) and "
                "several answers "
                "a person:",
                in_markdown(tables[1]),
                "Differences of two groups or waves, of which some people are in both:",
                in_markdown(tables[2]),
                "How many people are asked for to know a gap within ± 0.24 points, from a pilot of n people:",
                in_markdown(precision.round(3).rename(columns=ASKED)),
            ]
        ),  # fmt: skip
    )


if __name__ == "__main__":
    run_suite(__doc__, write_section, replicates=20_000)
