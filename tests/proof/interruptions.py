"""Is an action without effect called one? `python -m tests.proof.interruptions --replicates 1000 --seed 1`.

Months without an effect are drawn, and what the interrupted time series says of them is counted. `--write
docs/proof.md` keeps the tables there.
"""

import zlib
from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.monitoring.interruptions import (
    FEWEST_AFTER,
    FEWEST_BEFORE,
    draw_series,
    find_possible,
    make_design,
    sum_autocorrelations,
    try_autocorrelations,
    try_step,
)
from tests.proof.page import compose_section, in_markdown, run_suite

HEADING = "Actions without comparable sites: the interrupted time series"
LENGTHS, RHOS = (24, 36, 60, 120), (0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
MODELS = {"trend": False, "trend, season": True}
KINDS = (
    "values", "values with long tails", "values half of them noise", "shares about .7", "shares about .06",
    "counts about 200", "counts about 20",
)  # fmt: skip
CLAIMED, SIZE = 0.8, 0.09
"""The autocorrelation up to which an action without effect gets at most so many verdicts, at a level of .05."""

METHOD = (
    "Months are drawn with a trend, and a season where one is fitted: values, normal, with the long tails of t(3), or "
    "half of their variance noise of the month alone; shares of 100–900 cases and Poisson counts around a level that "
    "drifts as much as chance moves them. The value itself, or that drift, is autocorrelated as stated (rho). Starts "
    "lie at a third, half, two thirds and three quarters of the months, and as early and late as is allowed. *False* "
    "is how often the 95\u00a0% interval leaves out the truth, which is a verdict where nothing was done; none of the "
    f"series drawn is refused. The goal: at most {SIZE} in every cell up to rho {CLAIMED}."
)


def starts_of(length: int) -> list[int]:
    """Months before the start: a third, half, two thirds, three quarters, and the fewest either side may have."""
    parts = [round(length * part) for part in (1 / 3, 1 / 2, 2 / 3, 3 / 4)]
    return sorted({FEWEST_BEFORE, *parts, length - FEWEST_AFTER})


def draw_drift(kind: str, months: np.ndarray, rho: float, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """What is autocorrelated, of variance 1 (but for the long tails), a series a row."""
    size = (replicates, len(months))
    shocks = rng.standard_t(3, size) if "tails" in kind else rng.standard_normal(size)
    drift = draw_series(shocks, months, rho)
    return (drift + rng.standard_normal(size)) / np.sqrt(2) if "half" in kind else drift


def draw_level(kind: str, months: np.ndarray, season: bool) -> tuple[np.ndarray, np.ndarray]:
    """The level a share or count would have without drift, month by month, and the cases of a share."""
    shape = months / 12 * 0.02 + (0.05 * np.sin(np.pi * months / 6 + 1) if season else 0)
    level = float(kind.rsplit(" ", 1)[1])
    cases = np.random.default_rng(len(months)).integers(100, 901, len(months))
    return level * (np.exp(shape) if "counts" in kind else 1 + shape), cases


def weigh(kind: str, design: np.ndarray, months: np.ndarray, season: bool) -> np.ndarray:
    """The design as the bootstrap has it, so weighted that all residuals have one variance."""
    if "values" in kind:
        return design
    level, cases = draw_level(kind, months, season)
    return design * np.sqrt(level if "counts" in kind else cases / cases.mean())[:, None]


def try_drawn(
    kind: str, design: np.ndarray, months: np.ndarray, season: bool, rho: float, effect: float, replicates: int, rng
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """t against the true `effect`, standard error and dependence of drawn series; the effect is a log for counts."""
    drift = draw_drift(kind, months, rho, replicates, rng)
    if "values" in kind:
        return try_step(design, drift)
    level, cases = draw_level(kind, months, season)
    if "counts" in kind:
        rate = level * np.exp(drift / np.sqrt(level.mean()) + effect * design[:, 0])
        t, se, dependence = fit_counts(rng.poisson(rate), design, np.log(level.mean()))
        return t - effect / se, se, dependence
    spread = np.sqrt((1 - level.mean()) / level.mean() / 400)
    share = np.clip(level * (1 + drift * spread) + effect * design[:, 0], 0.001, 0.999)
    weights = np.sqrt(cases / cases.mean())
    t, se, dependence = try_step(design * weights[:, None], rng.binomial(cases, share) / cases * weights)
    return t - effect / se, se, dependence


def fit_counts(counts: np.ndarray, design: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Poisson regressions of many series (rows) at once, by Newton's steps: as `try_step`."""
    beta = np.zeros((len(counts), design.shape[1]))
    beta[:, 1] = level
    for _ in range(8):
        mean = np.exp(beta @ design.T)
        information = np.linalg.inv(np.einsum("rt,ti,tj->rij", mean, design, design, optimize=True))
        beta += np.einsum("rij,rj->ri", information, (counts - mean) @ design)
    mean = np.exp(beta @ design.T)
    residuals = (counts - mean) / np.sqrt(mean)
    se = np.sqrt(information[:, 0, 0] * (residuals**2).sum(axis=1) / (len(design) - design.shape[1]))
    return beta[:, 0] / se, se, sum_autocorrelations(residuals)


def find_cuts(dependence: np.ndarray, tried: np.ndarray, confidence: float = 0.95) -> np.ndarray:
    """What |t| of each series is held against, as in `judge_step`."""
    cuts = np.quantile(np.abs(tried[0]), confidence, axis=1)
    return np.where(find_possible(dependence, tried), cuts, 0).max(axis=-1)


def measure_cell(
    kind: str, model: str, length: int, before: int, replicates: int, seed: int, *, rhos: Iterable[float] = RHOS,
    effect: float = 0.0,
) -> list[dict]:  # fmt: skip
    """One row per autocorrelation: how often the interval leaves out the truth, and how often that of a plain t."""
    season, months = MODELS[model], np.arange(length, dtype=float)
    design = make_design((months >= before).astype(float), months, season=season)
    tried = try_autocorrelations(weigh(kind, design, months, season), months)
    rows = []
    for rho in rhos:
        name = f"{kind}/{model}/{length}/{before}/{rho}/{effect}"
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        t, _, dependence = try_drawn(kind, design, months, season, rho, effect, replicates, rng)
        cell = {"kind": kind, "model": model, "months": length, "before": before, "rho": rho, "effect": effect}
        figures = {"false": np.abs(t) > find_cuts(dependence, tried)}
        figures |= {"plain": np.abs(t) > stats.t.ppf(0.975, length - design.shape[1])}
        rows.append(cell | {name: found.mean() for name, found in figures.items()})
    return rows


def measure(
    replicates: int, seed: int, *, kinds: Iterable[str] = KINDS, lengths: Iterable[int] = LENGTHS,
    rhos: Iterable[float] = RHOS, models: Iterable[str] = tuple(MODELS), effect: float = 0.0,
) -> pd.DataFrame:  # fmt: skip
    """One row per kind, model, length, start and autocorrelation; a row's numbers depend on these and the seed."""
    cells = [(*cell, before) for cell in product(kinds, models, lengths) for before in starts_of(cell[2])]
    rows = [measure_cell(*cell, replicates, seed, rhos=rhos, effect=effect) for cell in cells]
    return pd.DataFrame([row for some in rows for row in some])


def too_many(cells: pd.DataFrame, replicates: int, errors: float = 0) -> pd.Series:
    """Which cells have more false verdicts than the goal allows, by more than so many Monte Carlo errors."""
    slack = errors * np.sqrt(SIZE * (1 - SIZE) / replicates)
    return (cells["rho"] <= CLAIMED) & (cells["false"] > SIZE + slack)


def measure_with_effect(replicates: int, seed: int) -> pd.DataFrame:
    """Coverage where there is an effect: shares that move by a tenth of their level, counts by a fifth and a half.

    Of values an effect moves the estimate alone, so that the coverage is that without one.
    """
    rows = []
    for kind, effect in [("shares about .7", -0.07), ("shares about .06", 0.006), ("counts about 200", -0.2),
                         ("counts about 20", -0.7)]:  # fmt: skip
        cells = measure(replicates, seed, kinds=[kind], lengths=(24, 60), rhos=(0, 0.5, 0.8), effect=effect)
        by_rho = {f"rho {rho}": 1 - group["false"].max() for rho, group in cells.groupby("rho")}
        rows.append({"kind": kind, "effect": effect} | by_rho)
    return pd.DataFrame(rows).round(3)


def measure_power(replicates: int, seed: int) -> pd.DataFrame:
    """The effect found with 80 % power by half-way starts, in standard deviations of a month."""
    rows = []
    for length, (model, season) in product(LENGTHS, MODELS.items()):
        months = np.arange(length, dtype=float)
        design = make_design((months >= length // 2).astype(float), months, season=season)
        tried, row = try_autocorrelations(design, months), {"months": length, "model": model}
        for rho in (0, 0.2, 0.4, 0.6, 0.8):
            shocks = np.random.default_rng([seed, length]).standard_normal((replicates, length))
            t, se, dependence = try_step(design, draw_series(shocks, months, rho))
            row[f"rho {rho}"] = np.quantile((find_cuts(dependence, tried) - t) * se, 0.8)
        rows.append(row)
    return pd.DataFrame(rows).round(2)


def measure_without_season(replicates: int, seed: int) -> float:
    """False verdicts where a season of two standard deviations is left out: 24 independent months, start half-way."""
    months = np.arange(24, dtype=float)
    design = make_design((months >= 12).astype(float), months, season=False)
    shocks = np.random.default_rng([seed, 24]).standard_normal((replicates, 24))
    t, _, dependence = try_step(design, shocks - 2 * np.sin(2 * np.pi * (months + 0.5) / 12))
    return float((np.abs(t) > find_cuts(dependence, try_autocorrelations(design, months))).mean())


def by_kind(cells: pd.DataFrame) -> pd.DataFrame:
    """One row per kind: the worst cell of all models, lengths and starts by autocorrelation; last, of a plain t."""
    worst = cells.groupby(["kind", "rho"], sort=False)["false"].max().unstack()
    worst.loc["with a plain t test"] = cells.groupby("rho")["plain"].max()
    return worst.rename(columns=lambda rho: f"rho {rho}").round(3).reset_index()


def write_section(replicates: int, seed: int) -> str:
    """The section of the proof."""
    cells, power, covered = (find(replicates, seed) for find in (measure, measure_power, measure_with_effect))
    near, beyond = (cells[cells["rho"] <= CLAIMED], cells.loc[cells["rho"] > CLAIMED, "false"].max())
    worst, plain = near.loc[near["false"].idxmax()], near["plain"].max()
    found = power[power["model"] == "trend, season"].set_index("months").filter(like="rho ")
    at, free = found.max(axis=1), found["rho 0"]
    body = [
        METHOD,
        f"{replicates:,} replicates a cell, {len(cells):,} cells, seed {seed}; Monte Carlo error of .05 and .09: "
        f"{np.sqrt(0.0475 / replicates):.3f} and {np.sqrt(0.0819 / replicates):.3f}. Worst cell: {worst['kind']}, "
        f"{worst['model']}, {worst['months']} months, {worst['before']} before, rho {worst['rho']}. Above the goal: "
        f"{too_many(cells, replicates).sum()} cells ({too_many(cells, replicates, 2).sum()} by more than two Monte "
        "Carlo errors). The worst cell of each kind:",
        in_markdown(by_kind(cells)),
        "Coverage of the true effect where there is one, the worst of 24 and 60 months (counts: a log of the ratio):",
        in_markdown(covered),
        "The effect that is found with 80\u00a0% power, in standard deviations of a month (start half-way):",
        in_markdown(power),
        f"Trend and season are always fitted: without the season, one of two standard deviations is taken for an "
        f"effect in {measure_without_season(replicates, seed):.2f} of 24 independent months.",
    ]
    return compose_section(
        HEADING,
        tried=f"Months in which an action did nothing, of {len(KINDS)} kinds of figures and {min(LENGTHS)} to "
        f"{max(LENGTHS)} months, from independent ones to such that strongly follow the one before.",
        held=f"Up to an autocorrelation of {CLAIMED}, such an action is called effective in at most "
        f"{worst['false']:.3f} of series (a plain t test: {plain:.2f}), at 0.9 in at most {beyond:.3f}. The price is "
        f"power: an effect is found with 80\u00a0% power if it is {at[24]:.1f} standard deviations of a month with 24 "
        f"months, {at[36]:.1f} with 36 and {at[60]:.1f} with 60 (where months are independent {free[24]:.1f}, "
        f"{free[36]:.1f} "
        f"and {free[60]:.1f}).",
        refused=f"Fewer than 24 months, {FEWEST_BEFORE} before or {FEWEST_AFTER} after the start, gaps of more than a "
        "month, months exactly on a line. Months that depend on one another are not refused: their interval is wider.",
        body="\n\n".join(body),
    )


if __name__ == "__main__":
    run_suite(__doc__, write_section, replicates=1000)
