"""Does the guard against rare failures keep its word? `python -m tests.proof.guard --replicates 20000 --seed 1`.

Gaps are drawn from distributions whose mean is known, and the intervals that would be printed are held against it.
`--write docs/proof.md` keeps the tables there.
"""

import zlib
from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd

from cxlib.intervals import OFF_MODE, guard_rare_failures, known, skewness_of, t_interval
from tests.proof.drawn_gaps import KINDS, OTHER_POINTS, POINTS, values_of
from tests.proof.page import compose_section, in_markdown, percent, run_suite

HEADING = "Gaps: the guard against rare failures"
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
    ]


def write_section(replicates: int, seed: int) -> str:
    """The section of the proof: what was tried, what held, where we refuse; one row a kind."""
    cells = measure(replicates, seed)
    worst, often = worst_of(cells), cells["printed"] >= OFTEN
    told = cells.loc[(cells["kind"] == "ordinary") & (cells["n"] >= 30), "printed"]
    wider = cells[cells["kind"] == "ordinary"].groupby("n")["wider"].mean()
    ceiling = cells.loc[cells["kind"] == "ceiling", "printed"].mean()
    found = [*sum_up(cells, replicates), f"{replicates:,} replicates, seed {seed}."]
    return compose_section(
        HEADING,
        tried=f"{len(cells):,} settings of gap and sample size, from ordinary ones to those where a few customers in a "
        f"hundred are let down as badly as can be; {replicates:,} surveys of each.",
        held=f"A printed 95\u00a0% interval holds the true gap in at least {percent(worst['covered'])} of surveys, in "
        "each "
        f"of {often.sum():,} settings; plain t in {percent(cells['plain_covered'].min())}. The price: ordinary "
        "intervals "
        f"are {percent(wider[15] - 1, 0)} wider than plain t's at n\u00a015, {percent(wider[30] - 1, 0)} at 30, "
        f"{percent(wider[100] - 1, 0)} at 100.",
        refused=f"A gap from fewer than {OFF_MODE} answers that differ from the commonest has no interval; "
        f"of ordinary gaps at n ≥ 30, {percent(told.min())} have one in the worst setting, of gaps at the ceiling "
        f"{percent(ceiling, 0)} over all n.",
        body="\n".join([METHOD, "", *(f"- {fact}" for fact in found), "", in_markdown(by_kind(cells, replicates))]),
    )


if __name__ == "__main__":
    run_suite(__doc__, write_section, replicates=20_000)
