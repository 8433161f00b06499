"""Do intervals of shares and of the NPS hold the truth? `python -m tests.proof.shares --replicates 4000 --seed 1`.

Where answers count alike the coverage is a finite sum, added up without chance; weights and repeated answers are drawn.
"""

import zlib
from collections.abc import Iterable
from functools import cache
from itertools import product

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from cxlib.expectations.personas import compare_personas
from cxlib.gaps.benchmarks import compare_benchmarks
from cxlib.gaps.table import below
from cxlib.intervals import ratio_mean
from cxlib.shares import exact_p, newcombe, nps_interval, poisson_interval, share_interval, shares_against_rest
from tests.proof.page import compose_section, in_markdown, percent, run_suite

HEADING = "Shares and NPS"
MEAN, WORST = 0.94, 0.92
"""The coverage to reach on the mean of a kind's cells, and in its worst cell."""

SIZES = (10, 15, 20, 30, 50, 100, 200, 400)
RARE = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
FINE = np.unique(np.round(np.r_[RARE, 1 - np.array(RARE), np.linspace(0.01, 0.99, 99)], 3))
MIXES = (
    (0.97, 0), (0.97, 0.01), (0.97, 0.03), (0.98, 0), (0.9, 0), (0.9, 0.02), (0.9, 0.1), (0.8, 0.005), (0.8, 0.05),
    (0.8, 0.15), (0.7, 0.1), (0.7, 0.3), (0.6, 0.01), (0.6, 0.2), (0.5, 0), (0.5, 0.2), (0.5, 0.5), (0.4, 0.4),
    (0.34, 0.33), (0.3, 0), (0.2, 0.6), (0.1, 0.1), (0.05, 0), (0.05, 0.05), (0.02, 0), (0.01, 0.01),
)  # fmt: skip
DRAWN = ((0.97, 0.01), (0.97, 0.03), (0.9, 0), (0.8, 0.05), (0.6, 0.2), (0.5, 0.5), (0.3, 0), (0.2, 0.7), (0.05, 0.05))
ONCE, SOME, MUCH = dict(cv=0, slope=0, more=0, alike=0), 0.7, 1.7
KINDS = {
    "weights, cv .3": dict(cv=0.3), "weights, cv .6": dict(cv=0.6), "weights, cv 1": dict(cv=1),
    "a tenth weighs five times": dict(cv=None),
    "weights, cv .6, hits weigh more": dict(cv=0.6, slope=SOME), "hits weigh less": dict(cv=0.6, slope=-SOME),
    "weights, cv 1, hits weigh more": dict(cv=1, slope=SOME), "cv 1, hits weigh less": dict(cv=1, slope=-SOME),
    "several answers, a third alike": dict(more=2, alike=0.3), 
    "several answers, nine in ten alike": dict(more=2, alike=0.9),
    "many answers, a third alike": dict(more=8, alike=0.3),
    "both, hits weigh more": dict(cv=0.6, slope=SOME, more=2, alike=0.5),
    "both, hits weigh less": dict(cv=0.6, slope=-SOME, more=2, alike=0.5),
}  # fmt: skip
BEYOND = {
    "weights, cv .6, hits weigh much more": dict(cv=0.6, slope=MUCH),
    "weights, cv 1, hits weigh much more": dict(cv=1, slope=MUCH),
    "weights, cv 1, hits weigh much less": dict(cv=1, slope=-MUCH),
}
Ends = tuple[np.ndarray, np.ndarray]


def chance(seed: int, *cell) -> np.random.Generator:
    """Random numbers of a cell, which depend on its name and the seed alone."""
    return np.random.default_rng([seed, zlib.crc32(str(cell).encode())])


def holds(ends: Ends, truth: float | np.ndarray) -> np.ndarray:
    """Whether each interval holds the truth; one that is not printed does not count (NaN)."""
    low, high = ends
    return np.where(np.isnan(low), np.nan, (low <= truth + 1e-12) & (truth - 1e-12 <= high))


def of_counts(hits: np.ndarray, n: int, confidence: float = 0.95) -> Ends:
    """The interval of hits among n people who count alike."""
    share, people = hits / n, np.full(len(hits), n)
    return share_interval(share, np.sqrt(share * (1 - share) / (n - 1)), people, people, confidence)


def sum_shares(sizes: Iterable[int] = SIZES) -> pd.DataFrame:
    """Coverage of a share of people who count alike, added up over all outcomes; one row per n and truth."""
    rows = []
    for n in sizes:
        hits = np.arange(n + 1)
        ends = of_counts(hits, n)
        rows += [(n, p, stats.binom.pmf(hits, n, p) @ holds(ends, p)) for p in FINE]
    return pd.DataFrame(rows, columns=["n", "truth", "covered"])


def outcomes(n: int) -> tuple[np.ndarray, np.ndarray]:
    """All counts of promoters, passives and detractors among n, and the logarithm of the ways to each."""
    p, d = (counts.ravel() for counts in np.meshgrid(np.arange(n + 1), np.arange(n + 1)))
    counts = np.stack([p, n - p - d, d])[:, p + d <= n]
    return counts, special.gammaln(n + 1) - special.gammaln(counts + 1).sum(axis=0)


def sum_nps(sizes: Iterable[int] = SIZES[:-1]) -> pd.DataFrame:
    """Coverage of an NPS of people who count alike, added up over all outcomes; one row per n and mix."""
    rows = []
    for n in sizes:
        counts, ways = outcomes(n)
        p, _, d = counts / n
        se = np.sqrt(np.maximum(p + d - (p - d) ** 2, 0) / (n - 1))
        ends = nps_interval(p, d, se, n, n, 0.95)
        for mix in MIXES:
            shares = np.array([mix[0], max(1 - sum(mix), 0), mix[1]])
            chances = np.exp(ways + special.xlogy(counts, shares[:, None]).sum(axis=0))
            rows.append((n, mix, chances @ holds(ends, mix[0] - mix[1])))
    return pd.DataFrame(rows, columns=["n", "truth", "covered"])


def weights_of(z: np.ndarray, cv: float | None) -> np.ndarray:
    """Log-normal weights with this coefficient of variation, or (None) a tenth of people weighing five times."""
    return np.where(z > stats.norm.ppf(0.9), 5.0, 1.0) if cv is None else np.exp(np.sqrt(np.log(1 + cv**2)) * z)


@cache
def start_of(share: float, cv: float | None, slope: float) -> float:
    """Where the logit has to start for the weighted share to be this one."""
    z = stats.norm.ppf((np.arange(20000) + 0.5) / 20000)
    weights = weights_of(z, cv) / weights_of(z, cv).sum()
    if share in (0, 1):
        return np.inf if share else -np.inf
    return optimize.brentq(lambda start: weights @ special.expit(start + slope * z) - share, -40, 40)


def draw(kind: dict, mix: tuple[float, float], n: int, replicates: int, rng: np.random.Generator) -> tuple:
    """Weight times hits, times detractions and times answers of n people, one replicate a row.

    Both shares of `mix` are those of the weighted answers; `slope` is by how much the logit of a hit rises with a
    standard deviation of log weight, `more` the mean answers beyond the first (geometric: some give many), and `alike`
    how many people give one answer every time.
    """
    cv, slope, more, alike = (ONCE | kind).values()
    z, one = rng.standard_normal((replicates, n)), rng.random((replicates, n))
    hit = special.expit(start_of(mix[0], cv, slope) + slope * z)
    miss = np.minimum(special.expit(start_of(mix[1], cv, -slope) - slope * z), 1 - hit)
    answers = rng.geometric(1 / (1 + more), z.shape) if more else np.ones(z.shape, dtype=int)
    hits, misses = answers * (one < hit), answers * (one >= 1 - miss)
    if more:
        again = rng.random(z.shape) >= alike
        many = rng.binomial(answers, hit)
        other = rng.binomial(answers - many, np.clip(miss / np.maximum(1 - hit, 1e-12), 0, 1))
        hits, misses = np.where(again, many, hits), np.where(again, other, misses)
    weights = weights_of(z, cv)
    return weights * hits, weights * misses, weights * answers


def summed(a: np.ndarray, b: np.ndarray) -> tuple:
    """n, mean, standard error and Kish's n of each replicate, as a report's pass over the data makes them."""
    n = np.full(len(a), a.shape[1])
    return n, *ratio_mean(n, a.sum(1), b.sum(1), (a * a).sum(1), (a * b).sum(1), (b * b).sum(1))


def measure_shares(replicates: int, seed: int, *, kinds: dict = KINDS, sizes: Iterable[int] = SIZES) -> pd.DataFrame:
    """Coverage of drawn shares: one row per kind, n and truth."""
    rows = []
    for (kind, how), n, p in product(kinds.items(), sizes, RARE):
        hits, _, answers = draw(how, (p, 0), n, replicates, chance(seed, "share", kind, n, p))
        people, share, se, kish = summed(hits, answers)
        rows.append((kind, n, p, np.nanmean(holds(share_interval(share, se, people, kish, 0.95), p))))
    return pd.DataFrame(rows, columns=["kind", "n", "truth", "covered"])


def measure_nps(replicates: int, seed: int, *, kinds: dict = KINDS, sizes: Iterable[int] = SIZES) -> pd.DataFrame:
    """Coverage of drawn NPS: one row per kind, n and mix of promoters and detractors."""
    rows = []
    for (kind, how), n, mix in product(kinds.items(), sizes, DRAWN):
        hits, misses, answers = draw(how, mix, n, replicates, chance(seed, "nps", kind, n, mix))
        people, _, se, kish = summed(hits - misses, answers)
        shares = (part.sum(1) / answers.sum(1) for part in (hits, misses))
        rows.append((kind, n, mix, np.nanmean(holds(nps_interval(*shares, se, people, kish, 0.95), mix[0] - mix[1]))))
    return pd.DataFrame(rows, columns=["kind", "n", "truth", "covered"])


def measure_below(replicates: int, seed: int) -> pd.DataFrame:
    """Coverage of the share below expectation in the table of gaps, as that table makes it."""
    rows = []
    for kind, n, p in product(("weights, cv 1", "weights, cv 1, hits weigh more"), (30, 100, 400), RARE[3:]):
        hits, _, answers = draw(KINDS[kind], (p, 0), n, replicates, chance(seed, "below", kind, n, p))
        people, share, se, kish = summed(hits, answers)
        ratings = {"n": people, "below": share, "se_below": se, "n_effective": kish}
        found = below(pd.DataFrame(ratings), 0.95)
        rows.append((f"below, {kind}", n, p, np.mean(holds((found["below_low"], found["below_high"]), p))))
    return pd.DataFrame(rows, columns=["kind", "n", "truth", "covered"])


def measure_topics(replicates: int, seed: int) -> pd.DataFrame:
    """Coverage of a topic's share of quotes on Kish's n of the people, who may all say one thing each time."""
    rows = []
    for (kind, how), n, p in product(KINDS.items(), (50, 100, 400), RARE[3:]):
        if "answers" in kind:
            hits, _, answers = draw(how, (p, 0), n, replicates, chance(seed, "topic", kind, n, p))
            _, share, _, kish = summed(hits, answers)
            ends = share_interval(share, np.sqrt(share * (1 - share) / (kish - 1)), kish, kish, 0.95)
            rows.append((f"topics, {kind}", n, p, np.mean(holds(ends, p))))
    return pd.DataFrame(rows, columns=["kind", "n", "truth", "covered"])


PAIRS = ((10, 10), (10, 50), (20, 20), (20, 100), (30, 30), (30, 400), (50, 50), (100, 100), (100, 400))
TRUTHS = (0.005, 0.02, 0.05, 0.1, 0.3, 0.5, 0.8, 0.95, 0.99)


def sum_differences(pairs: Iterable[tuple[int, int]] = PAIRS) -> pd.DataFrame:
    """Coverage of the difference of two independent shares, added up; one row per pair of sizes and of truths."""
    rows = []
    for n, m in pairs:
        one, other = (np.arange(size + 1) for size in (n, m))
        grid = np.meshgrid(one / n, other / m, indexing="ij")
        ends = newcombe(grid[0], np.full(grid[0].shape, n), grid[1], np.full(grid[0].shape, m), 0.95)
        for p, q in product(TRUTHS, TRUTHS):
            chances = np.outer(stats.binom.pmf(one, n, p), stats.binom.pmf(other, m, q))
            rows.append(("difference of two", f"{n} and {m}", (p, q), (chances * holds(ends, p - q)).sum()))
    return pd.DataFrame(rows, columns=["kind", "n", "truth", "covered"])


def sum_exact_p(pairs: Iterable[tuple[int, int]] = ((10, 10), (20, 30), (50, 50), (17.4, 33.7))) -> pd.DataFrame:
    """How often Fisher's p is .05 or less where two shares are the same; uneven sizes are effective ones."""
    rows = []
    for n, m in pairs:
        one, other = (np.arange(round(size) + 1) for size in (n, m))
        found = [[exact_p(a / one[-1], n, b / other[-1], m) <= 0.05 for b in other] for a in one]
        for p in TRUTHS:
            parts = [stats.binom.pmf(counts, counts[-1], p) for counts in (one, other)]
            rows.append((f"{n} and {m}", p, parts[0] @ np.array(found) @ parts[1]))
    return pd.DataFrame(rows, columns=["n", "truth", "size"])


def measure_rest(replicates: int, seed: int) -> pd.DataFrame:
    """Coverage, and how often any group is called different, where five groups of journeys have one share."""
    rows = []
    for kind, n, p in product(
        ("several answers, a third alike", "several answers, nine in ten alike"), (15, 50), (0.05, 0.3)
    ):
        rng, found = chance(seed, "rest", kind, n, p), []
        for _ in range(replicates):
            parts = [draw(KINDS[kind], (p, 0), size, 1, rng) for size in (n, n, 2 * n, 3 * n, 4 * n)]
            figures = [(hits.sum(), answers.sum(), summed(hits, answers)[-1][0]) for hits, _, answers in parts]
            table = shares_against_rest(*map(pd.Series, zip(*figures)), confidence=0.95)
            ends = table["difference_low"].to_numpy(), table["difference_high"].to_numpy()
            found.append((holds(ends, 0).mean(), (table["q"] <= 0.05).any()))
        rows.append((f"against the rest, {kind}", n, p, *np.mean(found, axis=0)))
    return pd.DataFrame(rows, columns=["kind", "n", "truth", "covered", "alarm"])


def compared(own: dict, theirs: dict) -> pd.DataFrame:
    """Every replicate's figure against one benchmark, as a report compares them."""
    names = [f"k{place}" for place in range(len(own["value"]))]
    tables = pd.DataFrame(own | dict(figure=names, kpi=names)), pd.DataFrame(theirs | dict(kpi=names))
    found = compare_benchmarks(*tables, comparable={}, years=[])
    return found.set_index("kpi").loc[names]


def measure_benchmarks(replicates: int, seed: int, *, sizes: Iterable[int] = (10, 15, 30, 100)) -> pd.DataFrame:
    """Coverage and size of a comparison with a benchmark: shares and means of ratings, with and without its error."""
    rows = []
    ratings, skewed = np.arange(1, 6), np.array([0.05, 0.1, 0.2, 0.3, 0.35])
    for n, (kind, p), m in product(sizes, (("share", 0.1), ("share", 0.6), ("mean", 0)), (None, 50)):
        rng = chance(seed, "benchmark", n, kind, p, m)
        if kind == "share":
            share, truth = rng.binomial(n, p, replicates) / n, p
            se = np.sqrt(share * (1 - share) / (n - 1))
            theirs = {} if m is None else dict(n=m)
            values = np.full(replicates, p) if m is None else rng.binomial(m, p, replicates) / m
        else:
            drawn, truth = rng.choice(ratings, (replicates, n), p=skewed), ratings @ skewed
            share, se, theirs = drawn.mean(1), drawn.std(1, ddof=1) / np.sqrt(n), {} if m is None else dict(se=0.15)
            values = truth + (0 if m is None else rng.normal(0, 0.15, replicates))
        found = compared(dict(value=share, se=se, n=n, is_share=kind == "share"), theirs | dict(value=values))
        told = found["low"].notna()
        row = dict(kind=f"benchmark of a {kind}" + (" with its error" if m else ""), n=n, truth=p or round(truth, 2))
        held = holds((found["low"][told], found["high"][told]), 0)
        rows.append(row | dict(covered=held.mean(), alarm=((found["p"][told] <= 0.05) & (held == 0)).mean()))
    return pd.DataFrame(rows)


def measure_personas(replicates: int, seed: int) -> pd.DataFrame:
    """How often any claim is called wrong, and p of all claims is .05 or less, where all four are right."""
    rows, claims = [], pd.DataFrame({"persona": list("abcd"), "claimed_share": [0.5, 0.3, 0.15, 0.05]})
    for n, cv in product((50, 200), (0, 0.6, 1)):
        rng, found = chance(seed, "personas", n, cv), []
        for _ in range(replicates):
            weights = weights_of(rng.standard_normal(n), cv)
            persona = rng.choice(4, n, p=claims["claimed_share"])
            figures = [summed((weights * (persona == one))[None], weights[None]) for one in range(4)]
            table = pd.DataFrame(
                [[part[0] for part in row] for row in figures], columns="n share se n_effective".split()
            )
            mix = compare_personas(table.assign(persona=list("abcd")), claims)
            ends = mix["low"].to_numpy(), mix["high"].to_numpy()
            wrong = mix["verdict"].isin(["more than claimed", "fewer than claimed"]).any()
            found.append((holds(ends, mix["claimed_share"].to_numpy()).mean(), wrong, mix["p_mix"].iloc[0]))
        covered, wrong, p = np.array(found, dtype=float).T
        sure = (p <= 0.05).mean() if n >= 200 else np.nan
        rows.append((n, cv, covered.mean(), wrong.mean(), sure))
    return pd.DataFrame(rows, columns=["n", "cv of weights", "covered", "any claim called wrong", "p of all ≤ .05"])


def sum_rates() -> pd.DataFrame:
    """Coverage of a rate's interval: of counts that come by chance, and of counts with twice that variance."""
    rows, counts = [], np.arange(400)
    for rate in (0.2, 0.5, 1, 2, 5, 10, 30, 100):
        ends = poisson_interval(counts, 1, 0.95)
        rows += [("rates", 1, rate, stats.poisson(rate).pmf(counts) @ holds(ends, rate))]
        rows += [("rates, twice the variance", 1, rate, stats.nbinom(rate, 0.5).pmf(counts) @ holds(ends, rate))]
    return pd.DataFrame(rows, columns=["kind", "n", "truth", "covered"])


def by_kind(cells: pd.DataFrame, key: str = "kind", name: str = "") -> pd.DataFrame:
    """One row per kind: its cells, the mean coverage, and the worst with where that is."""
    cells = cells.reset_index(drop=True)
    groups = cells.groupby(key, sort=False)["covered"]
    worst = cells.loc[groups.idxmin()].set_index(key)
    at = (
        worst["truth"].astype("str")
        if key == "n"
        else "n\u00a0" + worst["n"].astype("str") + ", " + worst["truth"].astype("str")
    )
    table = pd.DataFrame(
        {"cells": groups.size(), "mean": groups.mean().round(3), "worst": groups.min().round(3), "at": at}
    )
    return table.add_prefix(name)


def widths(sizes: Iterable[int]) -> pd.DataFrame:
    """How wide the interval of a share of .5 and .1, and of an NPS of .3 (half promoters, a fifth detractors), is."""
    rows = {}
    for n in sizes:
        shares = [np.diff(of_counts(np.array([part * n]), n), axis=0).item() for part in (0.5, 0.1)]
        nps = np.diff(nps_interval(0.5, 0.2, np.sqrt(0.61 / (n - 1)), n, n, 0.95)).item()
        rows[n] = [round(width, 3) for width in (*shares, nps)]
    return pd.DataFrame.from_dict(rows, orient="index", columns=["width at .5", "width at .1", "width of NPS"])


def measure(replicates: int, seed: int) -> dict[str, pd.DataFrame]:
    """All cells: those added up, those drawn, the further intervals, and those beyond what can hold."""
    few, rates = max(replicates // 8, 1), sum_rates()
    chance_only = rates["kind"] == "rates"
    rest = [sum_differences(), measure_rest(few, seed), measure_benchmarks(replicates, seed)]
    rest += [measure_below(replicates, seed), measure_topics(replicates, seed), rates[chance_only]]
    heavy = [measure_shares(replicates, seed, kinds=BEYOND), measure_nps(replicates, seed, kinds=BEYOND)]
    heavy = [cells.assign(kind=name + cells["kind"]) for name, cells in zip(("shares, ", "NPS, "), heavy)]
    return {
        "shares added up": sum_shares(), "NPS added up": sum_nps(),
        "shares": measure_shares(replicates, seed), "NPS": measure_nps(replicates, seed), "rest": pd.concat(rest),
        "beyond": pd.concat([*heavy, rates[~chance_only]]),
        "personas": measure_personas(few, seed), "exact p": sum_exact_p(),
    }  # fmt: skip


def in_words(name: str, *cells: pd.DataFrame) -> str:
    """The mean and the worst coverage of these cells."""
    covered = pd.concat(cells)["covered"]
    worst = f"{percent(covered.min())} in the worst of {len(covered):,} settings"
    return f"{name} in {percent(covered.mean())} of samples on average, {worst}"


def shown(table: pd.DataFrame) -> str:
    """A table in Markdown with its index, rounded, and a dash where there is nothing."""
    table = table.round(3).reset_index()
    return in_markdown(table.astype("object").where(table.notna(), "–"))


def write_body(found: dict[str, pd.DataFrame], replicates: int, seed: int) -> str:
    """Method, tables, and what lies beyond."""
    few, size = max(replicates // 8, 1), found["exact p"]["size"].max()
    error, error_few = (np.sqrt(0.05 * 0.95 / many) for many in (replicates, few))
    drawn, plain = (
        [by_kind(found[name + how], key, f"{name}: ").drop(columns=f"{name}: cells") for name in ("shares", "NPS")]
        for how, key in (("", "kind"), (" added up", "n"))
    )
    alarms = found["rest"].groupby("kind", sort=False)["alarm"].max()
    method = [
        f"Goal: coverage of {MEAN} on the mean of every line and {WORST} in its worst cell, of shares from .005 "
        f"to .995 at n\u00a0{SIZES[0]} to {SIZES[-1]}. Where answers count alike nothing is drawn: the chances "
        "of all outcomes are added up. Weights (log-normal, coefficient of variation cv) and repeated answers "
        "(geometric numbers) are drawn, "
        f"{replicates:,} samples a cell (Monte Carlo error {error:.4f}), with hits that weigh more and less, so that "
        f"shares above a half are the mirror images; against the rest and of personas {few:,} (error {error_few:.3f}). "
        f"The worst of many drawn cells lies about three errors below what it truly covers. Seed {seed}.",
        "Answers that count alike, and how wide the interval is:",
        shown(plain[0].join(plain[1]).join(widths((30, 100, 400)))),
        "Weights and repeated answers:",
        shown(drawn[0].join(drawn[1])),
        "Further intervals; *alarm* is the most often that a difference is claimed where there is none:",
        shown(by_kind(found["rest"]).join(alarms)),
        f"Fisher's p of two shares that are the same is .05 or less in {size:.3f} at most, also where the effective "
        "n is rounded. Claims of a persona mix that are right:",
        shown(found["personas"].set_index("n")),
        "Beyond the goal, for nothing in the sample tells: hits that sit with the heaviest weights (one "
        f"standard deviation of log weight multiplies their odds by {np.exp(MUCH):.1f}; above by {np.exp(SOME):.1f}), "
        "and counts that vary more than by chance:",
        shown(by_kind(found["beyond"])),
    ]
    return "\n\n".join(method)


def write_section(replicates: int, seed: int) -> str:
    """The section of the proof: what was tried, what held, where it cannot hold."""
    found = measure(replicates, seed)
    names = {name: "kind" for name in ("shares", "NPS", "rest")} | {
        f"{name} added up": "n" for name in ("shares", "NPS")
    }
    lines = pd.concat([by_kind(found[name], key).rename(f"{name}: {{}}".format) for name, key in names.items()])
    failed = lines[(lines["mean"] < MEAN) | (lines["worst"] < WORST)]
    said = [f"{name} ({row['mean']}, worst {row['worst']})" for name, row in failed.iterrows()]
    shares, nps = ([found[f"{name} added up"], found[name]] for name in ("shares", "NPS"))
    *heavy, varied = by_kind(found["beyond"])["worst"]
    return compose_section(
        HEADING,
        tried="Shares from very rare to nearly all, and NPS of every shape, with equal and unequal weights, one or "
        f"several answers a person, of {SIZES[0]} to {SIZES[-1]} people; differences, benchmarks, rates and claims.",
        held=f"A 95\u00a0% interval held the truth of {in_words('shares', *shares)}; of {in_words('NPS', *nps)}. "
        + (
            f"Below the goal: {'; '.join(said)}."
            if said
            else "Every line but those of the last table, beyond the goal, reached it."
        ),
        refused="No interval where nobody answered, and no benchmark where all our answers are the same. What "
        "cannot be seen is not held: "
        f"hits sitting almost only with the heaviest, or the lightest, weights ({percent(min(heavy))} at worst), "
        "counts "
        f"varying twice as much as by chance ({percent(varied)}).",
        body=write_body(found, replicates, seed),
    )


if __name__ == "__main__":
    run_suite(__doc__, write_section, replicates=4000)
