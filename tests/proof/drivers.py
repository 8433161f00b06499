"""Do intervals of drivers, causes, channels and personas hold? `python -m tests.proof.drivers --replicates 550`.

Surveys whose truth is known are drawn and analysed; `--write docs/proof.md` keeps the tables there.
"""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.experience.channels import compare, find_channels
from cxlib.gaps.causes import split_difference
from cxlib.gaps.patterns import find_reversals
from cxlib.moments.asymmetry import contrast, find_asymmetry
from cxlib.moments.importance import find_importance, lmg
from cxlib.summaries.drivers import CrossProducts
from tests.proof.drawn_causes import (
    WORDS,
    draw_ratings,
    hold,
    measure_beliefs,
    measure_clusters,
    measure_groups,
    measure_spread,
    measure_words,
    rng_of,
)
from tests.proof.page import compose_section, in_markdown, run_suite

HEADING = "Drivers, causes, channels, personas and words"
GOAL, OFTEN, BLOCKS, LARGE, TOGETHER = 0.93, 0.05, 200, 200_000, 50
CLASSES = ["dissatisfier 1", "delighter 1", "dissatisfier 2", "delighter 0"]
IMPORTANCE = {
    "few, apart": (30, 3, 0.1, 7, 1, 0.5), "alike": (30, 3, 0.9, 5, 2, 0.5), "nothing matters": (60, 6, 0.3, 7, 1, 0),
    "six": (60, 6, 0.3, 11, 1, 0.6), "six, ceiling": (60, 6, 0.3, 7, 3, 0.6), "binary": (150, 6, 0.6, 7, 3, 0.6),
    "weights": (150, 6, 0.3, 7, 1, -0.6), "twelve": (120, 12, 0.3, 7, 1, 0.5), "many": (400, 6, 0.3, 7, 3, 0.4),
    "many, alike": (400, 6, 0.9, 7, 1, 0.4), "half are nothing": (100, 6, 0, 7, 1, 0.6),
}  # fmt: skip
"""n, touchpoints, latent correlation, points of ratings, ceiling (1: none), slope of the first; below 0: weights."""
ASYMMETRY = {
    "few": (60, 0.3, 0.2, 0.4, 1.5), "few low": (120, 0.5, 0.1, 0.6, 1.5), "middling": (150, 0.1, 0.3, 0.3, 1),
    "alike": (400, 0.9, 0.2, 0.4, 1.5), "many": (400, 0.3, 0.1, 0.5, 2),
}  # fmt: skip
"""n, latent correlation, share rated low and high, standard deviation of the verdict."""
EFFECTS = np.array([(-1.5, 0), (-0.5, 0.5), (0, 0.5)])
MIXES = {
    "few": (40, 3, 3, 1, 0), "few, thrice": (40, 3, 4, 3, 0), "weights": (100, 4, 5, 1, 0.5), "two": (60, 2, 3, 1, 0),
    "many, thrice": (400, 4, 5, 3, 0.5), "reversed": (200, 2, 2, 1, 0),
    "crossed": (150, 3, 4, 1, 0), "crossed, few": (50, 4, 3, 2, 0.3),
}  # fmt: skip
"""Respondents, channels, personas, answers of each, and spread of the logarithm of weights."""
CROSSED = {"crossed": 0.7, "crossed, few": 0.7}
"""How far channels serve one persona better than another, a standard deviation in scale points; else all alike."""
FIGURES = {"channels": ("mean", "standardised", "crude", "adjusted"), "reversals": ("crude", "adjusted")}
FIGURES |= {"split": ("mix", "rate", "difference")}


def block_sums(values: np.ndarray, weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Σ w·v·v of respondents in random blocks."""
    sums = np.zeros((BLOCKS, *(2 * values.shape[1:])))
    products = weights[:, None, None] * values[:, :, None] * values[:, None, :]
    np.add.at(sums, rng.integers(0, BLOCKS, len(values)), products)
    return sums


def draw_verdicts(shape: tuple, n: int, rng: np.random.Generator, binary: bool) -> np.ndarray:
    """1, ratings on some points and a verdict of 0 to 10 (or 0 and 1) that hangs on the first half of them."""
    _, count, alike, points, ceiling, slope = shape
    slopes = np.zeros(count)
    slopes[: (count + 1) // 2] = abs(slope) * np.geomspace(1, 0.3, (count + 1) // 2)
    latent = draw_ratings(n, count, alike, rng)
    spread = np.sqrt(1 + (1 - alike) * slopes @ slopes + alike * slopes.sum() ** 2)
    verdict = (latent @ slopes + rng.normal(size=n)) / spread
    ratings = np.floor(points * stats.norm.cdf(latent) ** (1 / ceiling))
    verdict = verdict > 0.8 if binary else np.floor(11 * stats.norm.cdf(verdict) ** (1 / ceiling))
    return np.column_stack([np.ones(n), ratings, verdict])


def measure_importance(cell: str, replicates: int, seed: int) -> tuple[pd.DataFrame, dict]:
    """Coverage at each touchpoint; how often what is nothing surely matters, what matters does, the top is right."""
    shape, rng = IMPORTANCE[cell], rng_of(seed, f"importance/{cell}")
    n, count, weighted = *shape[:2], shape[5] < 0
    truth = lmg(np.cov(draw_verdicts(shape, LARGE, rng, cell == "binary")[:, 1:].T)[None])[0]
    names, stages = [str(place) for place in range(count)], []
    for draw in range(replicates):
        weights = np.exp(0.5 * rng.normal(size=n)) if weighted else np.ones(n)
        sums = block_sums(draw_verdicts(shape, n, rng, cell == "binary"), weights, rng)
        worth = weights.sum() ** 2 / (weights**2).sum()
        stages.append(CrossProducts(str(draw), names, sums, n, n, True, [n] * count, [worth] * count))
    parts = [stages[start : start + TOGETHER] for start in range(0, replicates, TOGETHER)]
    tables = [find_importance(part, draws=200, seed=place) for place, part in enumerate(parts)]
    table = pd.concat(tables, ignore_index=True)
    place = table["touchpoint"].astype(int)
    sure = (table["above_random"] > 0).to_numpy().reshape(replicates, count)
    top = table["importance"].to_numpy().reshape(replicates, count).argmax(axis=1) == 0
    cells = hold("importance", cell, table, "importance", pd.Series(truth[place]), place)
    facts = dict(cell=cell, n=n, touchpoints=count, alike=shape[2], strongest=truth.max(), sure=sure[:, 0].mean())
    facts |= dict(false=sure[:, truth < 3e-4].any(axis=1).mean() if (truth < 3e-4).any() else np.nan, top=top.mean())
    return cells, facts if shape[5] else facts | dict(sure=np.nan, top=np.nan)


def draw_extremes(shape: tuple, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Whether each of three touchpoints was rated low or high, and a verdict of 0 to 10."""
    _, alike, low, high, spread = shape
    place = stats.norm.cdf(draw_ratings(n, 3, alike, rng))
    ends = np.stack([place < low, place > 1 - high], axis=-1)
    verdict = 5 + (ends * EFFECTS).sum(axis=(1, 2)) + spread * rng.normal(size=n)
    return ends, np.column_stack([np.ones(n), ends.reshape(n, -1), verdict.round().clip(0, 10)])


def measure_asymmetry(cell: str, replicates: int, seed: int) -> tuple[pd.DataFrame, dict]:
    """Coverage of the four effects, and how often each touchpoint is called a dissatisfier, and a delighter."""
    shape, rng, tables = ASYMMETRY[cell], rng_of(seed, f"asymmetry/{cell}"), []
    values = draw_extremes(shape, LARGE, rng)[1]
    truth, n = contrast((values.T @ values)[None]), shape[0]
    for _ in range(replicates):
        ends, values = draw_extremes(shape, n, rng)
        counts = [
            (int(low), int(high)) if min(low, high, n - low - high) >= 10 else (0, 0) for low, high in ends.sum(0)
        ]
        sums = block_sums(values, np.ones(n), rng)
        tables.append(find_asymmetry([CrossProducts("s", list("012"), sums, n, n, True, [n] * 3, [n] * 3, counts)]))
    table = pd.concat(tables, ignore_index=True)
    place = table["touchpoint"].astype(int)
    effects = ("penalty", "reward", "range", "asymmetry")
    cells = [hold(name, cell, table, name, pd.Series(truth[place, k]), place) for k, name in enumerate(effects)]
    kinds = pd.crosstab(place, table["kind"], normalize="index").reindex(columns=["dissatisfier", "delighter"])
    facts = {f"{kind} {k}": share for kind, column in kinds.fillna(0).items() for k, share in column.items()}
    return pd.concat(cells), dict(cell=cell, n=n) | facts


def draw_mix(shape: tuple, n: int, how: dict, rng: np.random.Generator) -> np.ndarray:
    """Σ w·x and Σ w by block, channel and persona, of answers on 1 to 7; who is who decides the channels met."""
    _, channels, personas, answers, uneven = shape
    persona, block = rng.choice(personas, n, p=how["people"]), rng.integers(0, BLOCKS, n)
    own, weight = rng.normal(size=n) * (answers > 1), np.exp(uneven * rng.normal(size=n))
    sums = np.zeros((2, BLOCKS, channels, personas))
    for _ in range(answers):
        channel = (rng.random(n)[:, None] > how["mixes"][persona].cumsum(axis=1)).sum(axis=1).clip(max=channels - 1)
        value = how["level"][persona] + how["effect"][persona, channel] + own + 1.2 * rng.normal(size=n)
        for part, values in zip(sums, (weight * value.round().clip(1, 7), weight)):
            np.add.at(part, (block, channel, persona), values)
    return sums


def as_cells(sums: np.ndarray) -> pd.DataFrame:
    """The same as a table of those cells somebody is in."""
    places = np.nonzero(sums[1])
    table = pd.DataFrame(dict(zip(("_block", "channel", "persona"), places)) | dict(zip("ab", sums[:, *places])))
    names = {name: table[name].astype("str") for name in ("channel", "persona")}
    return table.assign(**names, touchpoint="t", people=1.0, gap_a=table["a"], gap_b=table["b"])


def truth_of(whole: np.ndarray, served: np.ndarray) -> pd.DataFrame:
    """The figures of everybody, at an equal mix those of the pairs that the channel and others serve in a sample."""
    rows = []
    for channel, both in enumerate(served & (served.sum(axis=0) > served)):
        equal = compare(*(whole * both)) if both.any() else compare(*whole)
        figures = compare(*whole) | {name: equal[name] for name in ("standardised", "adjusted")}
        rows.append({name: values[channel] for name, values in figures.items()})
    return pd.DataFrame(rows, index=[str(channel) for channel in range(len(served))])


def measure_mix(cell: str, replicates: int, seed: int) -> tuple[pd.DataFrame, dict]:
    """Coverage of channels compared, of reversals, and of the split of a difference."""
    shape, rng = MIXES[cell], rng_of(seed, f"mix/{cell}")
    channels, personas = shape[1:3]
    how = dict(mixes=rng.dirichlet(np.full(channels, 2), personas), people=rng.dirichlet(np.full(personas, 4)))
    effect = np.r_[0, 0, rng.uniform(-0.6, 0.6, 5)][:channels]
    effect = effect + CROSSED.get(cell, 0) * rng.normal(size=(personas, channels))
    how |= dict(level=rng.uniform(2.5, 6, personas), effect=effect)
    if cell == "reversed":
        how = dict(mixes=np.array([[0.8, 0.2], [0.2, 0.8]]), people=[0.5, 0.5])
        how |= dict(level=np.array([3, 5]), effect=np.array([[0.5, 0], [0.5, 0]]))
    whole = draw_mix(shape, LARGE, how, rng)
    between = dict(column="channel", first="0", second="1", within="persona")
    split_truth, found = split_difference(as_cells(whole), **between).iloc[-1], {name: [] for name in FIGURES}
    for _ in range(replicates):
        sums = draw_mix(shape, shape[0], how, rng)
        cells, true = as_cells(sums), truth_of(whole.sum(axis=1), sums[1].any(axis=0))
        both = find_channels(cells), find_reversals(cells, column="channel", within="persona")
        for name, table in zip(FIGURES, both):
            found[name].append(table.join(true.add_prefix("true_"), on="channel"))
        total = split_difference(cells, **between).tail(1).assign(channel="0")
        found["split"].append(total.assign(**{f"true_{part}": split_truth[part] for part in FIGURES["split"]}))
    cells = []
    for name, tables in found.items():
        table = pd.concat(tables, ignore_index=True)
        for figure in FIGURES[name]:
            ends = "" if figure == "difference" else figure
            cells.append(hold(f"{name}: {figure}", cell, table, ends, table[f"true_{figure}"], table["channel"]))
    return pd.concat(cells), {}


def worst_by_figure(cells: pd.DataFrame) -> pd.DataFrame:
    """One row per figure: how many intervals were tried, and the one that holds least of those printed often enough."""
    often = cells[cells["printed"] >= OFTEN]
    worst = often.loc[often.groupby("figure", sort=False)["covered"].idxmin()].set_index("figure")
    by = often.groupby("figure", sort=False)
    told = (often["printed"] * often["tries"]).clip(lower=1)
    error = np.sqrt(GOAL * (1 - GOAL) / told)
    below = (often["covered"] < GOAL - 2 * error).groupby(often["figure"], sort=False).sum()
    mean = by["held"].sum() / told.groupby(often["figure"], sort=False).sum()
    table = pd.DataFrame({"intervals": by.size(), "mean": mean.round(3), "worst": worst["covered"].round(3)})
    table = table.assign(where=worst["cell"], printed=worst["printed"].round(2))
    return table.assign(below=below).reset_index()


def part(share: float) -> str:
    """A share in per cent."""
    return f"{100 * share:.1f}\u00a0%"


def in_table(facts: list[dict]) -> str:
    """Facts of cells as Markdown."""
    table = pd.DataFrame(facts).round(3)
    return in_markdown(table.astype("object").where(table.notna(), ""))


def write_section(replicates: int, seed: int) -> str:
    """The section of the proof: coverage by figure, what is rightly and wrongly said, and where we refuse."""
    kinds = {"importance": (measure_importance, IMPORTANCE), "asymmetry": (measure_asymmetry, ASYMMETRY)}
    kinds |= {"mix": (measure_mix, MIXES), "words": (measure_words, WORDS)}
    measured = {kind: [measure(cell, replicates, seed) for cell in cells] for kind, (measure, cells) in kinds.items()}
    facts = {kind: [fact for _, fact in found] for kind, found in measured.items()}
    groups, alike = measure_groups(replicates, seed)
    cells = [table for found in measured.values() for table, _ in found]
    cells = pd.concat([*cells, groups, measure_beliefs(replicates, seed), measure_clusters(replicates, seed)])
    spread, table = measure_spread(replicates, seed), worst_by_figure(cells.reset_index(drop=True))
    worst, below = table.loc[table["worst"].idxmin()], int(table["below"].sum())
    drivers, kinds, said = (pd.DataFrame(facts[kind]) for kind in ("importance", "asymmetry", "words"))
    mean = cells["held"].sum() / (cells["printed"] * cells["tries"]).sum()
    errors = [np.sqrt(GOAL * (1 - GOAL) * fewer / replicates) for fewer in (1, 5)]
    return compose_section(
        HEADING,
        tried=f"{table['intervals'].sum()} intervals of importance, penalties and rewards, channels, mixes, groups, "
        "words, beliefs and clusters, in surveys drawn with a known truth: few people and many, skewed ratings and "
        "ratings alike, weights, several answers each, mixes that turn a difference round.",
        held=f"An interval holds the truth in {part(mean)} of samples on average, the worst ({worst['figure']}, "
        f"{worst['where']}) in {part(worst['worst'])}; {below or 'none'} of the figures "
        f"{'lies' if below < 2 else 'lie'} below {part(GOAL)} by more than chance. Something "
        f"that does not matter is said to matter in {part(drivers['false'].max())} of tables at most; the strongest "
        f"touchpoint comes first in {part(drivers['top'].min())} to {part(drivers['top'].max())}.",
        refused="No asymmetry where a poor and a good experience may make no difference; no interval where staff and "
        "customers put touchpoints in the very same order; what only one channel serves is left out of an equal mix. "
        f"With few answers little is told: delighters in {part(kinds['delighter 2'].max())} at most, dissatisfiers in "
        f"{part(kinds['dissatisfier 0'].min())} to {part(kinds['dissatisfier 0'].max())}.",
        body="\n".join(
            [
                "Respondents are put into 200 blocks at random and go through the functions that make a report; the "
                f"truth is exact or that of {LARGE:,} respondents; at an equal mix it is that of the pairs of persona "
                "and touchpoint that both serve in the sample, as the report says. Counted is what is printed in "
                f"{part(OFTEN)} of samples or more. {replicates:,} replicates (three times as many for groups and "
                f"beliefs, a fifth for words), seed {seed}; Monte Carlo error of a coverage of {GOAL}: "
                f"{errors[0]:.3f}, of words {errors[1]:.3f}. *below* counts intervals under the goal by more than two "
                "errors of their own.",
                *("", in_markdown(table), ""),
                "Importance: how often the strongest touchpoint surely matters (*sure*) and comes first (*top*), and "
                "any that is nothing is said to matter (*false*):",
                *("", in_table(facts["importance"]), ""),
                "Asymmetry: 0 is a dissatisfier, 1 is even, 2 is a delighter; how often each is called one, wrongly in "
                f"{part(kinds[CLASSES].max().max())} at most:",
                *("", in_table(facts["asymmetry"]), ""),
                "Words: tables with a word wrongly called typical "
                f"({part(said[['typical words: wrong', 'themes: wrong']].max().max())} at most), and how many of three "
                "are found:",
                *("", in_table(facts["words"]), ""),
                "p ≤ .05 where nothing differs: analysis of variance of gaps "
                f"{'; '.join(f'{name} {share:.3f}' for name, share in alike.items())}; channels' level "
                f"{spread['level']:.3f}, spread {spread['spread']:.3f}.",
            ]
        ),
    )


if __name__ == "__main__":
    run_suite(__doc__, write_section, replicates=550)
