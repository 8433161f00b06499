"""Do stated ranks and quadrants hold? `python -m tests.proof.priorities --studies 2500 --seed 1`.

Studies whose true gaps, importances, reaches and feasibilities are known are ranked, and what is stated is held against
the truth. `--write docs/proof.md` keeps the tables there.
"""

import zlib
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.priorities.matrix import (
    FEWEST_GIVEN,
    draw_quadrants,
    find_likeliest,
)
from cxlib.priorities.ranking import (
    SURE,
    draw_scores,
    find_chances,
    find_places,
    first_places,
)
from cxlib.shrinkage import shrink
from tests.proof.drawn_studies import TOPS, Figures, make_study, measure_means
from tests.proof.page import compose_section, in_markdown, percent, run_suite

HEADING = "Priorities: the probability to be among the first, and of a quadrant"
METHOD = (
    "Gaps and ratings are N(μ, τ²) with τ of .1 to 1.2 points, means and intervals come from samples of 15 to 1,000 "
    "answers, reach from counts, feasibility lies within its guesses (some blank), a fifth of the importances is "
    "missing in every second study. Stated is the mean of the probabilities in a bin, true the share that held. Places "
    "are those among the first 1, 3 and 5; a touchpoint is truly there if its true score is, and above 0. The goal: "
    "stated and true differ by at most .05 in every bin of 1,000 cases or more, and the set that could be first holds "
    "the true first in .93. How importance is drawn was chosen on the kinds plain, skewed, measured, tied and few, "
    "with other seeds; the other kinds were not used for it."
)
KINDS = {
    "plain": "importances normal around their mean",
    "skewed": "importances Dirichlet(½): a few matter, most hardly",
    "measured": "importances measured from drawn answers as the workbook does: LMG per stage, error by jackknife",
    "outliers": "as plain, and two gaps and ratings lie 3 to 6 τ below all others",
    "long tails": "true gaps and ratings t(3)",
    "tied": "importance goes along with gap and rating, correlation −.7 or .7",
    "few": "3 to 6 touchpoints",
    "many": "40 touchpoints",
    "respondents": "whole ratings of 7 points, of 60 to 400 people with weights (effective n .4 to .8 n), of whom some "
    "rate more than once and some everything lower",
    "benchmarks": "as plain, each rating against a benchmark of its own, most with an error",
}
MORE = {"plain": 2.4, "few": 1.6, "many": 0.7}
"""Studies of a kind as a multiple of those asked for, so that bins fill."""
ENOUGH, GOAL = 1000, 0.05
SHAPES, GROUPS = ("normal", "long tails", "skewed", "two kinds"), (4, 12, 40)


def state_study(kind: str, crosshair: str, rng: np.random.Generator, draws: int) -> tuple[dict, dict, dict]:
    """What is stated of a study and whether it holds: places per k, quadrants, and the set that could be first."""
    moments, matrix = make_study(kind, crosshair, rng)
    score, truth = draw_scores(moments, 1, 1, 0.95, draws, rng)[1], moments["true"]
    place, true_place = find_places(score, rng), stats.rankdata(-truth, method="ordinal")
    stated = np.concatenate([find_chances(score, place, top) for top in TOPS])
    held = np.concatenate([(true_place <= top) & (truth > 0) for top in TOPS])
    could = np.array(first_places(find_chances(score, place, 1))) == "yes"
    first = {"tau": moments["tau"][0], "short": truth.max() > 0, "held": could[truth.argmax()], "size": could.sum()}
    likeliest, chance = find_likeliest(draw_quadrants(matrix, draws, rng, 0.95), given=crosshair != "means")
    beside = likeliest != matrix["raw"]
    return (
        {"stated": stated, "true": held},
        {"stated": chance, "true": likeliest == matrix["true"], "beside": beside},
        first,
    )


def state_studies(kind: str, studies: int, seed: int, draws: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """`state_study` of many: a row a place, a row a quadrant, a row a study."""
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    crosshairs = ("benchmark",) if kind == "benchmarks" else ("means", "scale")
    found = [state_study(kind, crosshairs[study % len(crosshairs)], rng, draws) for study in range(studies)]
    return *(stack([one[part] for one in found]) for part in (0, 1)), pd.DataFrame([one[2] for one in found])


def stack(parts: list[Figures]) -> pd.DataFrame:
    """The rows of all studies, with the number of the `study`."""
    study = np.repeat(np.arange(len(parts)), [len(part["true"]) for part in parts])
    return pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in parts[0]}).assign(study=study)


def in_bins(cells: pd.DataFrame) -> pd.DataFrame:
    """Ten bins of the stated probability: cases, mean stated, true share, and the error of their difference.

    Cases of one study go together, so the error is that of sums over studies.
    """
    cells = cells[cells["stated"].notna()]
    off = cells.assign(bin=(10 * cells["stated"]).astype(int).clip(upper=9), off=cells["true"] - cells["stated"])
    named = {"cases": ("true", "size"), "stated": ("stated", "mean"), "true": ("true", "mean"), "off": ("off", "mean")}
    table = off.groupby("bin").agg(**named)
    squares = off.groupby(["bin", "study"])["off"].sum().pow(2).groupby("bin").sum()
    return table.assign(error=np.sqrt(squares) / table["cases"]).reset_index()


def draw_groups(shape: str, groups: int, tau: float, rng: np.random.Generator) -> np.ndarray:
    """True gaps of groups, of mean −.3 and standard deviation τ."""
    drawn = {
        "normal": lambda: rng.normal(size=groups),
        "long tails": lambda: rng.standard_t(3, groups) / np.sqrt(3),
        "skewed": lambda: 1 - rng.exponential(size=groups),
        "two kinds": lambda: rng.choice([-1.0, 1.0], groups),
    }
    return tau * drawn[shape]() - 0.3


def measure_patterns(replicates: int, seed: int) -> pd.DataFrame:
    """How often the interval after shrinkage holds the true gap: on average over groups, and of the lowest one."""
    normal, rows = stats.norm.ppf(0.975), []
    for shape, groups, tau in product(SHAPES, GROUPS, (0, 0.1, 0.3, 0.8)):
        rng = np.random.default_rng([seed, zlib.crc32(f"{shape}/{groups}/{tau}".encode())])
        held, lowest, raw = np.zeros((3, replicates))
        for one in range(replicates):
            true = draw_groups(shape, groups, tau, rng)
            seen = measure_means(true, rng)
            shrunk, deviation = shrink(seen["mean"], (seen["high"] - seen["mean"]) / normal)
            inside = np.abs(shrunk - true) <= normal * deviation
            worst = seen["mean"].argmin()
            held[one], lowest[one] = inside.mean(), inside[shrunk.argmin()]
            raw[one] = true[worst] <= seen["high"][worst]
        cell = {"shape": shape, "groups": groups, "tau": tau, "covered": held.mean(), "lowest": lowest.mean()}
        rows.append(cell | {"unshrunk": raw.mean(), "error": held.std() / np.sqrt(replicates)})
    return pd.DataFrame(rows)


def find_worst(cells: pd.DataFrame) -> dict[str, object]:
    """The bin of 1,000 cases or more in which stated and true differ most, and the bins that have fewer or none."""
    bins = in_bins(cells)
    worst = bins.loc[bins["off"].abs().where(bins["cases"] >= min(ENOUGH, bins["cases"].max())).idxmax()]
    few = bins.loc[bins["cases"] < ENOUGH, "bin"]
    seldom = ", ".join(f"{name_bin(place)} ({bins.set_index('bin').at[place, 'cases']})" for place in few)
    never = ", ".join(name_bin(place) for place in range(10) if place not in set(bins["bin"]))
    figures = {name: round(float(worst[name]), 3) for name in ("stated", "true", "off", "error")}
    said = {"worst bin": name_bin(worst["bin"]), "cases": int(worst["cases"])} | figures
    return said | {"bins of fewer cases": seldom or "–", "never stated": never or "–"}


def name_bin(place: float) -> str:
    """A bin by its ends.

    >>> name_bin(9)
    '.9–1'
    """
    return f".{int(place)}–" + (f".{int(place) + 1}" if place < 9 else "1")


def sum_up_firsts(kind: str, firsts: pd.DataFrame) -> dict[str, object]:
    """How often the set that could be first holds the true first, where something truly falls short; the worst τ."""
    firsts = firsts[firsts["short"]]
    by_tau = firsts.groupby("tau")["held"].agg(["mean", "size"])
    tau = by_tau["mean"].idxmin()
    error = np.sqrt(by_tau.at[tau, "mean"] * (1 - by_tau.at[tau, "mean"]) / by_tau.at[tau, "size"])
    figures = {"held": firsts["held"].mean(), "touchpoints in it": firsts["size"].mean()}
    figures |= {"worst τ": tau, "held there": by_tau.at[tau, "mean"], "error": error}
    return {"kind": kind, "studies": len(firsts)} | {name: round(float(figure), 3) for name, figure in figures.items()}


def side_by_side(places: pd.DataFrame, quadrants: pd.DataFrame) -> pd.DataFrame:
    """Ten bins of places and of quadrants, all kinds together."""
    tables = [in_bins(cells).set_index("bin")[["cases", "stated", "true"]].round(3) for cells in (places, quadrants)]
    table = tables[0].astype("object").join(tables[1].astype("object").add_suffix(" (quadrant)"), how="left")
    return table.reset_index().assign(bin=lambda bins: bins["bin"].map(name_bin)).fillna("–")


def sum_up_bins(found: dict[str, tuple]) -> pd.DataFrame:
    """The worst bin of each kind, of places and of quadrants."""
    return pd.DataFrame(
        {"stated of": what, "kind": kind} | find_worst(cells[part])
        for part, what in enumerate(("place", "quadrant")) for kind, cells in found.items()
        if part or kind != "benchmarks"
    )  # fmt: skip


def put_together(found: dict[str, tuple], part: int) -> pd.DataFrame:
    """The places or quadrants of all kinds."""
    cells = (cells[part].assign(study=cells[part]["study"].astype("str") + kind) for kind, cells in found.items())
    return pd.concat(cells)


def write_section(studies: int, seed: int, draws: int) -> str:
    """The section of the proof: what was tried, what held, where we refuse."""
    sizes = {kind: int(studies * MORE.get(kind, 1)) for kind in KINDS}
    found = {kind: state_studies(kind, size, seed, draws) for kind, size in sizes.items()}
    patterns, bins = measure_patterns(studies // 6, seed), sum_up_bins(found)
    firsts = pd.DataFrame([sum_up_firsts(kind, found[kind][2]) for kind in KINDS if kind != "benchmarks"])
    places, corners = (put_together(found, part) for part in (0, 1))
    shapes = patterns.groupby(["groups", "shape"])[["covered", "lowest", "unshrunk", "error"]]
    table = shapes.agg({"covered": "min", "lowest": "min", "unshrunk": "min", "error": "max"}).round(3)
    body = [
        METHOD,
        f"{sum(sizes.values()):,} studies, {draws:,} draws each, seed {seed}. The kinds:",
        "\n".join(f"- {kind}: {words}" for kind, words in KINDS.items()),
        f"Of each kind the bin of {ENOUGH:,} or more cases in which stated and true differ most (`off`; `error` is its "
        "Monte Carlo error, studies being the unit):",
        in_markdown(bins),
        "All kinds together, places and quadrants:", in_markdown(side_by_side(places, corners)),
        "The set that could be first, where something truly falls short:", in_markdown(firsts),
        f"Gaps drawn towards their mean, {studies // 6:,} sets of groups a cell, the worst of four τ from 0 to .8: how "
        "often the interval holds the true gap on average over the groups, of the lowest after shrinkage, and of the "
        "lowest if nothing is shrunk; `error` is that of `covered`.",
        in_markdown(table.reset_index()),
    ]  # fmt: skip
    tried = (
        f"{len(KINDS)} kinds of studies, from 3 to 40 touchpoints, whose true order and true quadrants are known; and "
        "sets of 4 to 40 groups whose gaps are drawn towards their mean."
    )
    held, refused = say_what_held(bins, firsts, patterns), say_what_is_refused(corners)
    return compose_section(HEADING, tried=tried, held=held, refused=refused, body="\n\n".join(body))


def say_what_held(bins: pd.DataFrame, firsts: pd.DataFrame, patterns: pd.DataFrame) -> str:
    """The worst of what is stated of places and quadrants, of the set that could be first, and of intervals."""
    worst = bins.loc[bins.groupby("stated of")["off"].apply(lambda off: off.abs().idxmax())].set_index("stated of")
    place, corner, first = worst.loc["place"], worst.loc["quadrant"], firsts.loc[firsts["held"].idxmin()]
    missed, rare = bins[bins["off"].abs() > GOAL], patterns.loc[patterns["lowest"].idxmin()]
    goal = "; ".join(f"{row['stated of']}s, {row['kind']}" for _, row in missed.iterrows())
    beyond = f" Further off than the goal of {GOAL}: {goal}." if goal else ""
    return (
        "What is said to be among the first with some probability is so as often as said: at worst "
        f"{place['stated']:.2f} was said and {place['true']:.2f} was true ({place['kind']}); of quadrants "
        f"{corner['stated']:.2f} and {corner['true']:.2f} ({corner['kind']}). The set that could be first held the "
        f"true first in {100 * first['held']:.1f}\u00a0% of studies of the worst kind ({first['kind']}), and "
        f"intervals after shrinkage held {percent(patterns['covered'].min(), 0)} of the true gaps or more, on average "
        "over "
        f"the groups. Of the lowest of many groups they hold less, {percent(rare['lowest'], 0)} at worst "
        f"({rare['shape']}, "
        f"{rare['groups']} groups), a plain interval {percent(patterns['unshrunk'].min(), 0)}: the lowest is partly "
        f"unlucky.{beyond}"
    )


def say_what_is_refused(corners: pd.DataFrame) -> str:
    """Who gets no place and no quadrant, and which quadrants are doubtful."""
    beside, sure = corners["beside"], corners["stated"] >= SURE
    return (
        "A touchpoint without an interval of its gap has no place, one without an importance no quadrant, and "
        f"fewer than {FEWEST_GIVEN} touchpoints no sure one against a line that is not their own mean. A quadrant "
        f"is the likeliest one: {100 * beside.mean():.0f}\u00a0% of points lie beside it, and nearly all of these are "
        f"doubtful (sure ones are {percent((beside & sure).mean(), 2)} of all points)."
    )


if __name__ == "__main__":
    run_suite(__doc__, write_section, studies=2500, draws=400)
