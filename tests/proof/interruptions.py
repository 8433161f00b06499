"""Is an action without effect called one? `python -m tests.proof.interruptions --replicates 1500 --seed 1`.

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
    GRID,
    RELIABLE,
    draw_series,
    gauge_autocorrelation,
    make_design,
    try_step,
)
from tests.proof.page import in_markdown, run_suite

HEADING = "## Actions without comparable sites: the interrupted time series"
LENGTHS, RHOS = (24, 36, 48, 60), (0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8)
MODELS = {"trend": {}, "trend, season": {"season": True}}
KINDS = ("values", "shares about .7", "shares about .06", "counts about 200", "counts about 20")
SIZE = 0.09
"""The most verdicts an action without effect may get, at a level of .05."""

METHOD = (
    "Months without an effect are drawn with a trend, and a season where one is fitted: values, normal; shares of "
    "100–900 cases and Poisson counts around a level that drifts as much as chance moves them. That drift, or the "
    "value itself, is autocorrelated as stated (rho). *Judged* are series whose corrected autocorrelation is at most "
    f"{RELIABLE}; *false* verdicts are those at .05 among the judged, *of all* among all series. The goals: false "
    f"among the judged at most {SIZE} up to rho {RELIABLE}, and of all at most {SIZE} whatever rho is."
)


def starts_of(length: int) -> list[int]:
    """Months before the start: a third, half, two thirds, three quarters, and the fewest either side may have."""
    parts = [round(length * part) for part in (1 / 3, 1 / 2, 2 / 3, 3 / 4)]
    return sorted({FEWEST_BEFORE, *parts, length - FEWEST_AFTER})


def draw_cell(
    kind: str, design: np.ndarray, months: np.ndarray, season: bool, rho: float, shocks: np.ndarray, rng
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """t, standard error and autocorrelation of each series, and the design its bootstrap would draw with."""
    drift = draw_series(shocks, months, rho)
    shape = months / 12 * 0.02 + (0.05 * np.sin(np.pi * months / 6 + 1) if season else 0)
    if kind == "values":
        return *try_step(design, drift), design
    level = float(kind.rsplit(" ", 1)[1])
    if kind.startswith("shares"):
        n = rng.integers(100, 901, len(months))
        share = np.clip(level * (1 + shape + drift * np.sqrt((1 - level) / level / 400)), 0.001, 0.999)
        weights = np.sqrt(n / n.mean())
        return *try_step(design * weights[:, None], rng.binomial(n, share) / n * weights), design * weights[:, None]
    mean = level * np.exp(shape)
    counts = rng.poisson(mean * np.exp(drift / np.sqrt(level)))
    return *fit_counts(counts, design, np.log(level)), design * np.sqrt(mean)[:, None]


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
    squares = (residuals**2).sum(axis=1)
    se = np.sqrt(information[:, 0, 0] * squares / (len(design) - design.shape[1]))
    return beta[:, 0] / se, se, (residuals[:, 1:] * residuals[:, :-1]).sum(axis=1) / squares


def cut_by_autocorrelation(design: np.ndarray, months: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What |t| is held against in each series, as in `judge_step`, and whether it is judged at all."""
    shocks = np.random.default_rng(1).standard_normal((999, len(months)))
    mean, low_quantile = gauge_autocorrelation(design, months, shocks)
    cuts = [np.quantile(np.abs(try_step(design, draw_series(shocks, months, rho))[0]), 0.95) for rho in GRID]
    rho, cautious = np.interp(found, mean, GRID), np.interp(found, low_quantile, GRID)
    return np.maximum(np.interp(rho, GRID, cuts), np.interp(cautious, GRID, cuts)), rho <= RELIABLE


def measure_cell(
    kind: str, length: int, before: int, rho: float, replicates: int, seed: int, *, season: bool = False
) -> dict[str, float]:
    """How often series without effect are judged, and get a verdict: `false` among the judged, `of_all`, and plain."""
    cell = f"{kind}/{length}/{before}/{rho}/{season}/False"
    rng = np.random.default_rng([seed, zlib.crc32(cell.encode())])
    months = np.arange(length)
    design = make_design((months >= before).astype(float), months.astype(float), season=season)
    shocks = rng.standard_normal((replicates, length))
    t, _, found, weighted = draw_cell(kind, design, months, season, rho, shocks, rng)
    cut, judged = cut_by_autocorrelation(weighted, months, found)
    wrong, plain = np.abs(t) > cut, np.abs(t) > stats.t.ppf(0.975, length - design.shape[1])
    false = wrong[judged].mean() if judged.any() else np.nan
    return {"judged": judged.mean(), "false": false, "of_all": (wrong & judged).mean(), "plain": plain.mean()}


def measure(
    replicates: int, seed: int, *, kinds: Iterable[str] = KINDS, lengths: Iterable[int] = LENGTHS,
    rhos: Iterable[float] = RHOS, models: Iterable[str] = tuple(MODELS),
) -> pd.DataFrame:  # fmt: skip
    """One row per kind, model, length, start and autocorrelation; a row's numbers depend on these and the seed."""
    rows = []
    for kind, model, length in product(kinds, models, lengths):
        for before, rho in product(starts_of(length), rhos):
            cell = {"kind": kind, "model": model, "months": length, "before": before, "rho": rho}
            rows.append(cell | measure_cell(kind, length, before, rho, replicates, seed, **MODELS[model]))
    return pd.DataFrame(rows)


def too_many(cells: pd.DataFrame, replicates: int, errors: float = 0) -> pd.Series:
    """Which cells have more false verdicts than the goal allows, by more than so many Monte Carlo errors."""
    slack = errors * np.sqrt(SIZE * (1 - SIZE) / replicates)
    among = (cells["rho"] <= RELIABLE) & (cells["false"] > SIZE + slack / np.sqrt(cells["judged"]))
    return among | (cells["of_all"] > SIZE + slack)


def try_otherwise(replicates: int, seed: int) -> pd.DataFrame:
    """What was rejected, at rho 0: a trend only where it is sure, and a season left out; the worst of several sizes."""
    rows = []
    for length in (24, 36):
        months, before = np.arange(length), length // 2
        after = (months >= before).astype(float)
        shocks = np.random.default_rng([seed, length]).standard_normal((replicates, length))
        full = make_design(after, months, season=False)
        bare, swapped = full[:, :2], full[:, [2, 1, 0]]
        for trend in np.linspace(0, 0.15, 7):
            series = shocks + trend * (months - months.mean())
            results = [measure_verdicts(design, months, series) for design in (full, bare)]
            sure = np.abs(try_step(swapped, series)[0]) > stats.t.ppf(0.975, length - 3)
            rows.append((length, "trend only where sure", trend, np.where(sure, *results).mean()))
        for height in (0.5, 1, 2):
            series = shocks - height * np.sin(2 * np.pi * (months + 0.5) / 12)
            rows.append((length, "season left out", height, measure_verdicts(full, months, series).mean()))
    table = pd.DataFrame(rows, columns=["months", "left out", "in sd a month, or its height in sd", "of all"])
    return table.loc[table.groupby(["months", "left out"])["of all"].idxmax()].round(3)


def measure_verdicts(design: np.ndarray, months: np.ndarray, series: np.ndarray) -> np.ndarray:
    """Which series get a verdict."""
    t, _, found = try_step(design, series)
    cut, judged = cut_by_autocorrelation(design, months, found)
    return judged & (np.abs(t) > cut)


def measure_power(replicates: int, seed: int) -> pd.DataFrame:
    """The effect found with 80 % power by half-way starts, in standard deviations of a month, without and with season.

    `found` is the share of series with that effect that get a verdict, and may be less: some are not judged.
    """
    rows = []
    for length, rho in product(LENGTHS, (0, 0.2, 0.4)):
        months, row = np.arange(length), {"months": length, "rho": rho}
        drawn = draw_series(np.random.default_rng([seed, length]).standard_normal((replicates, length)), months, rho)
        for season in (False, True):
            design = make_design((months >= length // 2).astype(float), months, season=season)
            t, se, found = try_step(design, drawn)
            cut, judged = cut_by_autocorrelation(design, months, found)
            effect = np.quantile((cut - t) * se, 0.8)
            part = "with season" if season else "without season"
            row |= {part: effect, f"found {part}": (judged & (t + effect / se > cut)).mean()}
        rows.append(row)
    return pd.DataFrame(rows).round(2)


def by_kind(cells: pd.DataFrame, replicates: int) -> pd.DataFrame:
    """One row per kind, model and autocorrelation: the worst cell of all lengths and starts."""
    groups = cells.groupby(["kind", "model", "rho"], sort=False)
    table = groups.agg(
        judged=("judged", "mean"), false=("false", "max"), of_all=("of_all", "max"), plain=("plain", "max")
    ).round(3)
    names = {"false": "false, worst", "of_all": "of all, worst", "plain": "plain t, worst"}
    return table.rename(columns=names).reset_index()


def write_section(replicates: int, seed: int) -> str:
    """The section of the proof: method, what was found, one line per kind, model and autocorrelation."""
    cells = measure(replicates, seed)
    near, far = cells[cells["rho"] <= RELIABLE], cells[cells["rho"] > RELIABLE]
    worst, values = near.loc[near["false"].idxmax()], far[far["kind"] == "values"]
    found = [
        f"Worst cell up to rho {RELIABLE}, among the judged: {worst['false']:.3f} ({worst['kind']}, {worst['model']}, "
        f"{worst['months']} months, {worst['before']} before, rho {worst['rho']}); of all: {near['of_all'].max():.3f}.",
        f"Above: values get one in at most {values['of_all'].max():.3f} of all, for most are refused (of the few "
        f"judged up to {far['false'].max():.2f} do); shares and counts, whose chance hides the drift's "
        f"autocorrelation, in up to {far['of_all'].max():.3f} of all.",
        f"Above the goal: {too_many(cells, replicates).sum()} of {len(cells):,} cells "
        f"({too_many(cells, replicates, 2).sum()} by more than two Monte Carlo errors); with a plain t test "
        f"{(cells['plain'] > SIZE).sum():,}, in the worst {cells['plain'].max():.2f}.",
        f"{replicates:,} replicates a cell, seed {seed}; Monte Carlo error of .09: {np.sqrt(0.0819 / replicates):.4f}.",
    ]
    parts = [HEADING, "", METHOD, "", *(f"- {fact}" for fact in found), "", in_markdown(by_kind(cells, replicates))]
    parts += ["", "Rejected, for the verdicts that series without effect get (independent months, start half-way):", ""]
    parts += [in_markdown(try_otherwise(replicates, seed)), ""]
    parts += ["The effect that is found with 80\u00a0% power, in standard deviations of a month (start half-way):", ""]
    return "\n".join([*parts, in_markdown(measure_power(replicates, seed)), ""])


if __name__ == "__main__":
    run_suite(__doc__, write_section, replicates=1500)
