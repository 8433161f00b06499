"""Are actions that did nothing called effective? `python -m tests.proof.effects --replicates 2000 --seed 1`.

Sites and groups are drawn whose true effect is 0, and the tests that would be printed are counted.
`--write docs/proof.md` keeps the tables there.
"""

import zlib
from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.monitoring.effects import PRE_TREND, contrast
from cxlib.monitoring.regression import correct
from tests.proof.page import compose_section, in_markdown, percent, run_suite

HEADING = "Actions: difference-in-differences and regression to the mean"
GOAL = 0.09
"""The share of actions without an effect that may be called effective, at 95 % confidence, in every cell."""

METHOD = (
    "Monthly hits of cases are drawn by site without any effect: sites differ in level and in a lasting change of "
    "their own, months share shocks, a site's months may depend on the one before (AR .5), those acted on may scatter "
    "more or less (ratio of standard deviations), and cases may differ by a factor of ten. Size is how often the "
    "95\u00a0% interval leaves out 0; a cell holds at .09 or less."
)
DESIGNS = ((3, 3), (3, 9), (6, 6), (4, 20))
RATIOS = (1, 3**0.5, 3**-0.5, 3, 1 / 3)
CELLS = {
    "design": DESIGNS, "months": (3, 6, 12), "share": (0.02, 0.6, 0.98), "sizes": ("equal", "unequal"),
    "ratio": RATIOS, "ar": (0, 0.5),
}  # fmt: skip


def noise(rng: np.random.Generator, shape: tuple, ar: float) -> np.ndarray:
    """Standard normal, each month depending on the one before."""
    values = rng.normal(size=shape)
    for month in range(1, shape[-1]):
        values[..., month] = ar * values[..., month - 1] + np.sqrt(1 - ar**2) * values[..., month]
    return values


def draw_sites(
    rng: np.random.Generator, replicates: int, design: tuple, before: int, after: int, *, share: float = 0.6,
    sizes: str = "equal", ratio: float = 1, ar: float = 0,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Hits and cases of every replicate, site (those acted on first) and month."""
    sites, months = sum(design), before + after
    mean = np.full((replicates, sites), 150.0)
    if sizes == "unequal":
        mean = rng.permuted(np.broadcast_to(150 * np.geomspace(10**-0.5, 10**0.5, sites), mean.shape), axis=1)
    cases = rng.poisson(mean[..., None], (replicates, sites, months)).clip(1)
    spread = 0.15 * np.repeat([ratio, 1], design)[:, None]
    logit = np.log(share / (1 - share)) + rng.normal(0, 0.15, (replicates, sites, 1))
    logit = logit + 0.1 * noise(rng, (replicates, 1, months), ar) + spread * noise(rng, cases.shape, ar)
    logit[..., before:] += 0.5 * spread * rng.normal(size=(replicates, sites, 1))
    return rng.binomial(cases, 1 / (1 + np.exp(-logit))), cases


def changes(hits: np.ndarray, cases: np.ndarray, before: int, *, pooled: bool = False) -> np.ndarray:
    """After less before by site: the means of monthly shares, or pooled hits over pooled cases."""
    if pooled:
        return np.subtract(*(hits[..., part].sum(-1) / cases[..., part].sum(-1) for part in halves(before)))
    return np.subtract(*((hits / cases)[..., part].mean(-1) for part in halves(before)))


def halves(before: int) -> tuple[slice, slice]:
    """The months after, and those before."""
    return slice(before, None), slice(before)


def welch(values: np.ndarray, first: int) -> np.ndarray:
    """The package's p of every replicate, the first sites against the others."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return contrast(pd.DataFrame(values), np.arange(values.shape[1]) < first, 0.95)["p"].to_numpy()


def measure(replicates: int, seed: int, **fewer: Iterable) -> pd.DataFrame:
    """One row per cell: the size of Welch's test and of the pooled t test, on means of months and on pooled cases."""
    rows = []
    for cell in product(*(CELLS | fewer).values()):
        cell = dict(zip(CELLS, cell))
        rng = np.random.default_rng([seed, zlib.crc32(str(cell).encode())])
        design, months, *_ = cell.values()
        look = {name: cell[name] for name in ("share", "sizes", "ratio", "ar")}
        drawn = draw_sites(rng, replicates, design, months, months, **look)
        by_month, pooled = changes(*drawn, months), changes(*drawn, months, pooled=True)
        student = stats.ttest_ind(by_month[:, : design[0]], by_month[:, design[0] :], axis=1).pvalue
        tests = dict(welch=welch(by_month, design[0]), pooled_cases=welch(pooled, design[0]), student=student)
        rows.append(cell | {name: np.mean(p < 0.05) for name, p in tests.items()})
    return pd.DataFrame(rows)


def measure_begun_after_the_worst(replicates: int, seed: int, *, months: Iterable[int] = (3, 6, 12)) -> pd.DataFrame:
    """Size where the sites acted on are those with the worst last month, with that month counted and left out."""
    rows = []
    for design, before, ar in product(((3, 9), (6, 6)), months, (0, 0.5)):
        rng = np.random.default_rng([seed, *design, before, int(10 * ar)])
        hits, cases = draw_sites(rng, replicates, design, before + 1, before, ar=ar)
        shares = hits / cases
        worst = np.argsort(shares[..., before], axis=1)[..., None]
        shares = np.take_along_axis(shares, worst, axis=1)
        after = shares[..., before + 1 :].mean(-1)
        counted = welch(after - shares[..., 1 : before + 1].mean(-1), design[0])
        left_out = welch(after - shares[..., :before].mean(-1), design[0])
        sizes = dict(counted=np.mean(counted < 0.05), left_out=np.mean(left_out < 0.05))
        rows.append(dict(design=design, months=before, ar=ar) | sizes)
    return pd.DataFrame(rows)


def measure_pre_trend(replicates: int, seed: int) -> pd.DataFrame:
    """What the look at the trend before does: how many it lets pass, and the size with and without it.

    `bias` is what a trend of the sites acted on adds to the effect, in its standard errors.
    """
    rows = []
    for design, months, bias in product(DESIGNS, (3, 12), (0, 2, 4)):
        rng = np.random.default_rng([seed, *design, months])
        shares = np.divide(*draw_sites(rng, replicates, design, months, months, ar=0.5))
        change = shares[..., months:].mean(-1) - shares[..., :months].mean(-1)
        error = (change[:, : design[0]].mean(1) - change[:, design[0] :].mean(1)).std()
        shares[:, : design[0]] += bias * error / months * np.arange(2 * months)
        x = np.arange(months) - (months - 1) / 2
        passes = welch(shares[..., :months] @ x / (x @ x), design[0]) >= PRE_TREND
        found = welch(shares[..., months:].mean(-1) - shares[..., :months].mean(-1), design[0]) < 0.05
        sizes = dict(without=found.mean(), told=passes.mean(), among_told=found[passes].mean())
        rows.append(dict(design=design, months=months, bias=bias) | sizes)
    return pd.DataFrame(rows)


def measure_power(replicates: int, seed: int) -> pd.DataFrame:
    """The effect found with 80 % power in points, at a share of .6 of 150 cases a month by site, and coverage with one.

    Coverage of an effect of ten points that differs by site (sd three points): Welch's interval holds the mean effect.
    """
    rows = []
    for design in DESIGNS:
        row = {"sites": f"{design[0]} + {design[1]}"}
        for months in (3, 6, 12):
            rng = np.random.default_rng([seed, *design, months, 5])
            change = changes(*draw_sites(rng, replicates, design, months, months), months)
            acted = np.arange(sum(design)) < design[0]
            effects = 0.1 + 0.03 * rng.normal(size=change.shape)
            plain, given = (
                contrast(pd.DataFrame(values), acted, 0.95) for values in (change, change + acted * effects)
            )
            row[f"points, {months} months"] = 100 * np.quantile(-plain["low"], 0.8)
            row[f"coverage, {months} months"] = ((given["low"] <= 0.1) & (given["high"] >= 0.1)).mean()
        rows.append(row)
    table = pd.DataFrame(rows).round(3)
    return table[sorted(table, key=lambda name: (name != "sites", not name.startswith("points")))].round(3)


def measure_peaks(replicates: int, seed: int) -> dict[str, float]:
    """Size where sites acted on have a busy month, in which the share falls everywhere, before the start only."""
    hits, cases = draw_sites(np.random.default_rng([seed, 7]), replicates, (6, 6), 12, 6)
    shares = hits / cases
    shares[..., 6] -= 0.1
    cases = cases.copy()
    cases[:, :6, 6] *= 5
    values = {"months": shares, "cases": shares * cases}
    by_month = changes(values["months"], np.ones_like(shares), 12)
    return {
        "by month": float(np.mean(welch(by_month, 6) < 0.05)),
        "pooled": float(np.mean(welch(changes(values["cases"], cases, 12, pooled=True), 6) < 0.05)),
    }


def measure_regression(
    replicates: int,
    seed: int,
    *,
    groups: Iterable[int] = (6, 8, 9, 10, 12, 20, 30),
    taus: Iterable[float] = (0, 0.1, 0.3, 0.8),
    gain: float = 0.0,
) -> pd.DataFrame:
    """The five worst, or half of fewer groups, which truly gain `gain`: how often intervals leave that out.

    Of the raw change (less everybody's), of the corrected one of all together (`size`) and of each (`each`). True means
    are spread by `tau`, normal or with the long tails of t(3), errors are .1 to .3, everybody moves by .15, and by
    `drift` each on its own.
    """
    rows = []
    for units, tau, drift, tails in product(groups, taus, (0, 0.1), ("normal", "long")):
        rng = np.random.default_rng([seed, units, int(100 * tau), int(100 * drift), len(tails)])
        found = []
        for _ in range(replicates):
            se, se_now = rng.uniform(0.1, 0.3, (2, units))
            true = tau * (rng.normal(size=units) if tails == "normal" else rng.standard_t(3, units) / np.sqrt(3))
            now = true + 0.15 + drift * rng.normal(size=units) + se_now * rng.normal(size=units)
            order, worst = np.argsort(before := true + se * rng.normal(size=units)), min(5, units // 2)
            now[order[:worst]] += gain
            figures = dict(mean_before=before, mean_now=now, se_before=se, se_now=se_now, covariance=np.zeros(units))
            row = correct({name: figure[order] for name, figure in figures.items()}, worst, 0.95)
            each = np.mean((row["low"][1:] > gain) | (row["high"][1:] < gain))
            found.append({name: figure[0] for name, figure in row.items()} | {"each": each})
        found = pd.DataFrame(found)
        sizes = {end: ((found[f"{end}low"] > gain) | (found[f"{end}high"] < gain)).mean() for end in ("", "raw_")}
        cell = dict(groups=units, tau=tau, drift=drift, tails=tails, raw=found["raw"].mean() - 0.15)
        cell |= dict(raw_size=sizes["raw_"], corrected=found["corrected"].mean(), size=sizes[""])
        rows.append(cell | dict(each=found["each"].mean()))
    return pd.DataFrame(rows)


def write_section(replicates: int, seed: int) -> str:
    """The section of the proof."""
    cells, begun = measure(replicates, seed), measure_begun_after_the_worst(replicates, seed)
    trends, peaks, power = (find(replicates, seed) for find in (measure_pre_trend, measure_peaks, measure_power))
    fewer = max(replicates // 8, 100)
    nothing = measure_regression(fewer, seed)
    gained = measure_regression(fewer, seed, gain=0.4, groups=(6, 10, 30), taus=(0, 0.1, 0.3))
    flat, error = trends[trends["bias"] == 0], [np.sqrt(0.0475 / n) for n in (replicates, fewer)]
    left, raw = trends.loc[trends["bias"] == 4, "told"], nothing["raw_size"]
    sizes = cells.groupby("design")[["welch", "pooled_cases", "student"]].max().round(3).reset_index()
    sites = sizes.pop("design").map(lambda design: f"{design[0]} + {design[1]}")
    sizes = sizes.rename(columns={"welch": "ours (Welch)", "pooled_cases": "pooled cases", "student": "Student"})
    both = {"nothing done": nothing, "a gain of .4": gained}
    worst = [
        {"": name, "raw": 1 - table["raw_size"].max(), "corrected, together": 1 - table["size"].max()}
        | {"corrected, each": 1 - table["each"].max(), "worst in": say_cell(table.loc[table["size"].idxmax()])}
        for name, table in both.items()
    ]
    body = [
        METHOD,
        f"{len(cells)} cells of {replicates:,}, seed {seed} (Monte Carlo error of .05: {error[0]:.3f}). The worst cell "
        "of each number of sites, with the action and without:",
        in_markdown(pd.concat([sites.rename("sites"), sizes], axis=1)),
        "The effect found with 80\u00a0% power, in points, for shares of .6 of about 150 cases a month and site, with "
        "so many months before and after; and the coverage of a true effect of ten points that differs by site:",
        in_markdown(power),
        f"A busy month at the sites acted on, bad everywhere: pooled cases are wrong in {peaks['pooled']:.3f}, means "
        f"of months, which are taken, in {peaks['by month']:.3f}. Begun at the sites with the worst month just before: "
        f"wrong in up to {begun['counted'].max():.3f} where that month counts, {begun['left_out'].max():.3f} where it "
        f"is left out, as it is. A look at the trend before (refusal at p < {PRE_TREND}) lets {flat['told'].min():.2f} "
        f"to {flat['told'].max():.2f} of honest comparisons pass and moves their size by at most "
        f"{(flat['among_told'] - flat['without']).abs().max():.3f}. It is weak: where a trend makes an effect of four "
        f"standard errors, {left.min():.2f} to {left.max():.2f} still pass, and it does not make those right.",
        f"Regression to the mean, {len(nothing) + len(gained)} cells of {fewer:,} (error {error[1]:.3f}): the lowest "
        "coverage of the five worst of 10 to 30 groups, or half of 6 to 9. The raw interval is that of what was "
        "measured, not of what an action did:",
        in_markdown(pd.DataFrame(worst).round(3)),
    ]
    return compose_section(
        HEADING,
        tried="Actions that did nothing, and such that did, at 3 to 6 sites against 3 to 20 others, over 3 to 12 "
        "months before and after; and the worst groups of a survey, which rise by themselves.",
        held=f"An action without effect is called effective in at most {cells['welch'].max():.3f} of cases (goal: "
        f"{GOAL}; {(cells['welch'] > GOAL).sum()} cells above). With 3 + 3 sites and 3 months an effect "
        f"must be {power['points, 3 months'].iloc[0]:.0f} percentage points to be found in four of five cases (150 "
        "cases a "
        f"month and site), with 6 + 6 and 12 months {power['points, 12 months'].iloc[2]:.0f}. Of the worst groups, "
        "with nothing done, the raw change is called "
        f"sure in {raw.min():.2f} to {raw.max():.2f} of cases, the corrected one in at most "
        f"{nothing['size'].max():.3f}.",
        refused="Fewer than 3 + 3 sites, fewer than 3 months before or after, fewer than 6 groups for the worst; a "
        "clearly "
        f"other trend before, though one worth four standard errors still passes in {percent(left.min(), 0)} to "
        f"{percent(left.max(), 0)}.",
        body="\n\n".join(body),
    )


def say_cell(cell: pd.Series) -> str:
    """A cell of the regression to the mean in words."""
    return f"{cell['groups']} groups, spread {cell['tau']}, drift {cell['drift']}, {cell['tails']} tails"


if __name__ == "__main__":
    run_suite(__doc__, write_section, replicates=2000)
