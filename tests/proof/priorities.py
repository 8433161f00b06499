"""Do stated ranks and quadrants hold? `python -m tests.proof.priorities --studies 10000 --seed 1`.

Studies whose true gaps, importances, reaches and feasibilities are known are ranked, and what is stated is held against
the truth. `--write docs/proof.md` keeps the tables there.
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.moments.importance import lmg, stage_importance
from cxlib.priorities.matrix import place_in_matrix
from cxlib.priorities.ranking import rank_gaps
from tests.proof.page import in_markdown, run_suite

HEADING = "## Priorities: the probability to be among the first, and of a quadrant"
METHOD = (
    "Studies of 5 to 30 touchpoints, 15 to 1,000 answers each, whose truth is known: gaps N(μ, τ²) with τ of .1 to 1.2 "
    "scale points, means and standard errors from samples, reach from counts, feasibility within its guesses (some "
    "blank), a fifth of the importances missing in every second study. Stated is the mean of the probabilities in a "
    "bin, true the share that held. A touchpoint is truly among the first k if its true score is, and above 0; studies "
    "in which nothing truly falls short have no true first and are counted apart. The goal: stated and true differ by "
    "at most .05 in every bin of 1,000 cases or more, and the set that could be first holds the true first in .93. "
    "Where a quadrant is stated below .3, always doubtful, it is true more often than stated: that bin misses the goal."
)
KINDS = {
    "plain": "importances normal around their mean",
    "skewed": "importances Dirichlet(½): a few matter, most hardly",
    "measured": "importances measured from drawn answers as the workbook does: LMG per stage, error by jackknife",
    "outliers": "as plain, and two gaps lie 3 to 6 τ below all others",
}
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


def make_study(kind: str, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray, float]:
    """Moments and feasibility as they would be measured, the true score of each touchpoint, and τ."""
    count, tau, mu = int(rng.integers(5, 31)), rng.choice(SPREADS), rng.choice([-1, -0.4, 0.1])
    gap = rng.normal(mu, tau, count)
    if kind == "outliers":
        gap[:2] = mu - rng.uniform(3, 6) * max(tau, 0.3)
    n = np.exp(rng.uniform(np.log(15), np.log(1000), count)).astype(int)
    error = rng.uniform(1, 2.2, count) / np.sqrt(n)
    true, importance, high = draw_shares(kind, count, rng)
    missing = rng.random(count) < rng.choice([0, 0.2])
    reach = rng.beta(2, 2, count)
    respondents = rng.binomial(1000, reach)
    names = [f"t{place}" for place in range(count)]
    moments = pd.DataFrame(dict(stage="s", touchpoint=names, label=names, n=n, gap=rng.normal(gap, error)))
    moments = moments.assign(
        se=error * np.sqrt(rng.chisquare(n - 1) / (n - 1)), low=np.nan, high=np.nan, respondents=respondents,
        reach=respondents / 1000, importance=np.where(missing, np.nan, importance), importance_high=high,
    )  # fmt: skip
    low = rng.uniform(0, 0.6, count)
    width, peak, blank = rng.uniform(0.05, 0.4, count), rng.random(count), rng.random(count) < 0.2
    feasible = np.where(blank, 1, low + width * rng.beta(1 + 4 * peak, 5 - 4 * peak))
    guesses = {"feasibility_low": low, "feasibility": low + width * peak, "feasibility_high": low + width}
    feasibility = pd.DataFrame({name: np.where(blank, np.nan, guess) for name, guess in guesses.items()})
    return moments, feasibility.assign(touchpoint=names), np.maximum(-gap, 0) * true * reach * feasible, tau


def rank_studies(kind: str, studies: int, *, seed: int, draws: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row a touchpoint: stated p and whether it held; a row a study with a true first: whether the set holds it."""
    rng, cells, firsts = np.random.default_rng(seed), [], []
    for study in range(studies):
        moments, feasibility, truth, tau = make_study(kind, rng)
        top = TOPS[study % len(TOPS)]
        found = rank_gaps(moments, feasibility, top=top, draws=draws, seed=study).set_index("touchpoint")
        found = found.loc[moments["touchpoint"]]
        held = (stats.rankdata(-truth, method="ordinal") <= top) & (truth > 0)
        cells.append(pd.DataFrame({"stated": found["p_top"].to_numpy(), "true": held, "tau": tau, "top": top}))
        if truth.max() > 0:
            could = (found["could_be_top"] == "yes").to_numpy()
            firsts.append({"tau": tau, "held": could[truth.argmax()], "size": could.sum()})
    return pd.concat(cells, ignore_index=True), pd.DataFrame(firsts)


def place_studies(kind: str, studies: int, *, seed: int, draws: int) -> pd.DataFrame:
    """A row a touchpoint: the stated probability of its quadrant, and whether it truly lies there."""
    rng, cells = np.random.default_rng(seed), []
    for study in range(studies):
        count = int(rng.integers(5, 31))
        level = rng.normal(5, rng.choice(SPREADS), count)
        n = np.exp(rng.uniform(np.log(15), np.log(1000), count)).astype(int)
        error = rng.uniform(1, 2.2, count) / np.sqrt(n)
        true, importance, high = draw_shares(kind, count, rng)
        names = [f"t{place}" for place in range(count)]
        figures = dict(touchpoint=names, n_experienced=n, mean_experienced=rng.normal(level, error))
        ratings = pd.DataFrame(figures).assign(se_experienced=error * np.sqrt(rng.chisquare(n - 1) / (n - 1)))
        moments = pd.DataFrame(dict(stage="s", touchpoint=names, label=names, importance=importance))
        crosshair = ("means", "scale")[study % 2]
        found = place_in_matrix(
            ratings, moments.assign(importance_high=high), crosshair=crosshair, scale=(2, 8), draws=draws, seed=study
        )
        good = level >= (level.mean() if crosshair == "means" else 5)
        names = np.where(
            true >= true.mean(),
            np.where(good, "keep it up", "concentrate here"),
            np.where(good, "more than it takes", "low priority"),
        )
        cells.append(pd.DataFrame({"stated": found["p_quadrant"], "true": found["quadrant"] == names}))
    return pd.concat(cells, ignore_index=True)


def in_bins(cells: pd.DataFrame) -> pd.DataFrame:
    """Ten bins of the stated probability: cases, mean stated, true share."""
    bins = (10 * cells["stated"]).astype(int).clip(upper=9).rename("bin")
    groups = cells.groupby(bins)
    table = groups.agg(cases=("true", "size"), stated=("stated", "mean"), true=("true", "mean"))
    return table.assign(difference=table["true"] - table["stated"])


def write_section(studies: int, seed: int, draws: int) -> str:
    """The section of the proof: all studies of the plain kind, a fifth of them of each other kind."""
    facts, pages = [f"{studies:,} studies (plain; a fifth of that for the others), {draws:,} draws, seed {seed}."], []
    for kind, words in KINDS.items():
        count = studies if kind == "plain" else studies // 5
        cells, firsts = rank_studies(kind, count, seed=seed, draws=draws)
        by_tau = firsts.groupby("tau").agg(held=("held", "mean"), size=("size", "mean"))
        said = "; ".join(f"τ {tau}: {row['held']:.3f} (size {row['size']:.1f})" for tau, row in by_tau.iterrows())
        facts += [
            f"{kind} ({words}): the set that could be first holds the true first in {firsts['held'].mean():.3f} of "
            f"{len(firsts):,} studies, by {said}; in {count - len(firsts):,} nothing truly falls short."
        ]
        pages += [f"Among the first k, {kind}:", "", in_markdown(in_bins(cells).round(3).reset_index()), ""]
        if kind in ("plain", "measured"):
            quadrants = in_bins(place_studies(kind, count // 4, seed=seed, draws=draws))
            pages += [f"Quadrants, {kind}:", "", in_markdown(quadrants.round(3).reset_index()), ""]
    return "\n".join([HEADING, "", METHOD, "", *(f"- {fact}" for fact in facts), "", *pages])


if __name__ == "__main__":
    run_suite(__doc__, write_section, studies=10_000, draws=400)
