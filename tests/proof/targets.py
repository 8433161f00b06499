"""Is a target said to be reached where it is, and when? `python -m tests.proof.targets --replicates 2000 --seed 1`.

Figures at the very border of their target are judged as a report judges them, and series that move in a straight line
are given a date. `--write docs/proof.md` keeps the tables there.
"""

import zlib
from itertools import product

import numpy as np
import pandas as pd

from cxlib.monitoring.kpis import track_kpis
from cxlib.monitoring.targets import compare_targets
from cxlib.trends import FEWEST, reach_dates
from tests.proof.page import compose_section, in_markdown, percent, run_suite

HEADING = "Targets: reached, missed, and when"
GOAL, OFTEN = 0.05, 0.05
"""How often at most a verdict at the border, or a date, may be wrong; and where a cell counts among the said."""

KINDS = {
    "share of .02": (50, 200, 1000), "share of .1": (20, 50, 200), "share of .6": (10, 50, 200),
    "share of .95": (20, 50, 200), "count": (1, 5, 50), "rate": (1, 5, 50), "mean of sites": (3, 6, 20),
    "mean of skewed sites": (3, 6, 20),
}  # fmt: skip
POINTS, SLOPES, RHOS, AHEAD = (6, 8, 12), (0, 2, 3, 5, 8), (0, 0.3, 0.5), (3, 12)

METHOD = (
    "Targets stand exactly at the truth, so that every verdict is wrong on one side: *reached* where the truth is a "
    "hair below, *missed* where it is a hair above. Shares of n cases, Poisson counts and rates of that mean, normal "
    "and log-normal (s = .5) means over sites go through `track_kpis` and `compare_targets`. For dates, a straight "
    "line of so many standard errors of its slope and its scatter, independent or autocorrelated, reaches its target "
    "some measurements later; *said* is how often a date or an open end is named."
)


def draw_kpis(kind: str, n: int, replicates: int, rng: np.random.Generator) -> tuple[pd.DataFrame, float]:
    """As many KPIs of one measurement as there are replicates, as in kpis.csv, and their true level."""
    names, level = np.arange(replicates).astype(str), 5.0
    table = pd.DataFrame({"kpi": names, "date": pd.Timestamp("2026-06-30"), "site": "", "value": np.nan})
    table = table.assign(numerator=np.nan, denominator=np.nan, chart="")
    if kind.startswith("share"):
        level = float(kind.split()[-1])
        return table.assign(numerator=rng.binomial(n, level, replicates), denominator=float(n)), level
    if kind == "count":
        return table.assign(value=rng.poisson(n, replicates).astype(float), chart="c"), float(n)
    if kind == "rate":
        return table.assign(numerator=rng.poisson(n, replicates), denominator=100.0, chart="u"), n / 100
    values = rng.lognormal(0, 0.5, (replicates, n)) if "skewed" in kind else rng.normal(0, 1, (replicates, n))
    mean = np.exp(0.125) if "skewed" in kind else 0.0
    table = table.loc[table.index.repeat(n)].reset_index(drop=True)
    return table.assign(site=np.tile(np.arange(n).astype(str), replicates), value=5 + (values - mean).ravel()), level


def measure_border(replicates: int, seed: int, *, kinds: dict[str, tuple] = KINDS) -> pd.DataFrame:
    """One row per kind of figure and n: how often a target at the truth is said to be reached or missed."""
    rows = []
    for kind, sizes in kinds.items():
        for n in sizes:
            rng = np.random.default_rng([seed, zlib.crc32(f"{kind}/{n}".encode())])
            kpis, level = draw_kpis(kind, n, replicates, rng)
            aims = pd.DataFrame({"objective": "o", "kpi": kpis["kpi"].unique(), "touchpoint": np.nan, "target": level})
            aims = aims.assign(direction="at least", due=pd.Timestamp("2026-01-01"))
            found = compare_targets(track_kpis(kpis), aims, pd.DataFrame(), day="2026-06-30")
            said = found["status"].value_counts(normalize=True)
            row = {"figure": kind, "n or mean": n} | {name: said.get(name, 0.0) for name in ("reached", "missed")}
            rows.append(row | {"agrees with p": ((found["p"] <= 0.05) == found["status"].ne("cannot be told")).mean()})
    return pd.DataFrame(rows)


def measure_dates(replicates: int, seed: int, **fewer: tuple) -> pd.DataFrame:
    """One row per number of measurements, slope, autocorrelation and distance: how often a date is said, and wrong."""
    rows = []
    cells = {"points": POINTS, "slope": SLOPES, "rho": RHOS, "ahead": AHEAD} | fewer
    for points, slope, rho, ahead in product(*cells.values()):
        rng = np.random.default_rng([seed, points, slope, round(10 * rho), ahead])
        x, noise = 30 * np.arange(points), rng.standard_normal((replicates, points))
        for place in range(1, points):
            noise[:, place] = rho * noise[:, place - 1] + np.sqrt(1 - rho**2) * noise[:, place]
        rise, days = slope / np.sqrt(((x - x.mean()) ** 2).sum()), np.datetime64("2025-01-01") + x
        there = 30 * (points - 1 + ahead)
        target, day = rise * there if slope else 3.0, (days[0] + there).item()
        found = [reach_dates(days, rise * x + one, target=target) for one in noise]
        said = np.array([one.earliest is not None for one in found])
        held = [one.earliest is not None and one.earliest <= day <= (one.latest or day) for one in found]
        away = np.mean([one.status == "away" for one in found])
        wrong = (said & ~np.array(held)).mean() if slope else said.mean() + away
        row = {"points": points, "slope": slope, "rho": rho, "ahead": ahead, "said": said.mean(), "wrong": wrong}
        rows.append(row | {"held": np.mean(held) / said.mean() if slope and said.mean() >= OFTEN else np.nan})
    return pd.DataFrame(rows)


def write_section(replicates: int, seed: int) -> str:
    """The section of the proof."""
    border, dates = measure_border(5 * replicates, seed), measure_dates(max(replicates // 5, 50), seed)
    wrong, flat, rising = (
        border[["reached", "missed"]].max(axis=1),
        dates[dates["slope"] == 0],
        dates[dates["slope"] > 0],
    )
    by_rho = dates.groupby(["slope", "rho"]).agg(said=("said", "mean"), wrong=("wrong", "max"), held=("held", "min"))
    worst = border.loc[wrong.idxmax()]
    body = [
        METHOD,
        f"{5 * replicates:,} figures a row of the first table and {max(replicates // 5, 50):,} series a cell of the "
        f"second, seed {seed}; Monte Carlo error of .05: {np.sqrt(0.0475 / 5 / replicates):.4f} and "
        f"{np.sqrt(0.0475 / max(replicates // 5, 50)):.3f}.",
        in_markdown(border.round(3)),
        f"Dates, the worst of {' , '.join(map(str, POINTS))} measurements and targets {AHEAD[0]} or {AHEAD[1]} "
        "measurements on (`slope` in standard errors; of flat series *wrong* is that a trend is said to be sure, to "
        "the target or away from it; *held* of those said):".replace(" ,", ","),
        in_markdown(by_rho.round(3).reset_index().astype("object").fillna("")),
    ]
    return compose_section(
        HEADING,
        tried=f"Figures exactly at the border of their target, {len(border)} kinds and sizes; and series of "
        f"{POINTS[0]} to {POINTS[-1]} measurements on a straight line, independent or autocorrelated up to {RHOS[-1]}.",
        held=f"At the border, reached or missed is wrongly said in at most {wrong.max():.3f} of cases "
        f"({worst['figure']}, {worst['n or mean']}). Of flat series at most "
        f"{flat['wrong'].max():.3f} are said to have a sure trend; a range of dates leaves out the true day in at "
        f"most {rising['wrong'].max():.3f} "
        f"of all series, and holds it in at least {percent(rising['held'].min())} of those given one.",
        refused=f"A date from fewer than {FEWEST} measurements, from a line that does not surely rise or fall, from "
        "measurements that clearly depend on one another, or over ten years ahead.",
        body="\n\n".join(body),
    )


if __name__ == "__main__":
    run_suite(__doc__, write_section, replicates=2000)
