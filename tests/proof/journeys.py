"""Do the intervals of journeys and times hold? `python -m tests.proof.journeys --replicates 2000 --seed 1`.

Customers are drawn whose waits, paths and answers have a known truth, and what the steps print is held against it.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from cxlib.experience.adoption import (
    estimate_survival,
    find_abandonment,
    find_barriers,
    happened_by,
    quantiles_of,
)
from cxlib.experience.funnel import find_funnel
from cxlib.experience.promises import find_promises
from cxlib.experience.recovery import PAIRS, WITHIN, differences_of, find_complainants, find_complaint_times
from cxlib.intervals import OFF_MODE, adjust
from cxlib.journey.paths import FEW_CONVERT, find_removal, find_transitions, removal_effects
from tests.proof.drawn_journeys import (
    ANSWERS,
    CHAINS,
    WAITS,
    WATCHED,
    answers_of,
    conversions_of,
    draw_hits,
    draw_journeys,
    draw_waits,
    figures_of,
    rng_of,
    said_by,
    true_chain,
    true_time,
)
from tests.proof.page import compose_section, in_markdown, run_suite

HEADING = "Journeys and times"

OFTEN, GOAL, SHARE_GOAL = 0.05, 0.93, 0.92
"""Printed in this share of samples a cell counts; the coverage to reach, and that of shares."""


def covers(low: np.ndarray, high: np.ndarray, truth: float) -> dict[str, float]:
    """How often an interval is printed, and holds the truth where it is; an end that is not known is open."""
    low, high = (np.asarray(end, dtype=float) for end in (low, high))
    printed = ~(np.isnan(low) & np.isnan(high))
    held = ~(low > truth + 1e-9) & ~(high < truth - 1e-9)
    return {"printed": printed.mean(), "covered": held[printed].mean() if printed.any() else np.nan}


def measure_times(replicates: int, seed: int) -> Iterator[dict]:
    """Medians and nine tenths of waits, shares by a day and at the end, of single customers."""
    for place, (wait, cured, watched, n) in enumerate(product(WAITS, (0, 0.3, 0.6), WATCHED, (10, 100))):
        cell, whole = f"{wait}, {cured:.0%} never, {watched}", place // 2 % 2 == 0
        rng, quantiles, rates = rng_of(seed, "times", cell, n), [], {1.0: [], None: []}
        for days, went in zip(*draw_waits(rng, wait, cured, watched, (replicates, n), whole=whole)):
            curve = estimate_survival(pd.Series(days), pd.Series(went), np.ones(n), days=[1.0])
            quantiles.append(quantiles_of(curve, (0.5, 0.9), 0.95))
            rates[1.0].append(curve.loc[[1.0]])
            rates[None].append(curve.loc[[days.max()]])
        for which, (name, part) in enumerate((("median", 0.5), ("p90", 0.9))):
            ends = np.array(quantiles)[:, which, 1:].T
            yield dict(kind=f"waits, {name}", cell=cell, n=n) | covers(*ends, true_time(wait, cured, part, whole=whole))
        for kind, window in (("adoption by a day", 1.0), ("adoption by the longest time", None)):
            curve = pd.concat(rates[window])
            by = WAITS[wait].cdf(curve.index * WAITS[wait].median()) * (1 - cured)
            yield dict(kind=kind, cell=cell, n=n) | covers(*(happened_by(curve, 0.95)[1:] - by), 0)


def measure_complaints(replicates: int, seed: int) -> Iterator[dict]:
    """Median days of complaints in whole days, several of a customer alike by a gamma factor of 1/`alike`."""
    for alike, watched, n in product((0.01, 0.5, 2), ((60, 60), (3, 40)), (10, 100)):
        rng = rng_of(seed, "complaints", alike, watched, n)
        each = np.where(rng.random((replicates, n)) < 0.7, 1, rng.integers(2, 9, (replicates, n))).ravel()
        rate = np.repeat(rng.gamma(1 / alike, alike, len(each)), each)
        days, until = rng.exponential(10, len(rate)) / rate, rng.uniform(*watched, len(rate))
        customer = np.repeat(np.arange(len(each)), each)
        days = np.where(days <= until, np.ceil(days), np.floor(until)), days <= until
        table = pd.DataFrame({"group": customer // n, "days": days[0], "resolved": days[1], "complaints": 1})
        both = np.bincount(customer, days[1]).reshape(replicates, n), each.reshape(replicates, n)
        sums = figures_of(*both).set_index(np.arange(replicates))[["customers", "se", "n_effective"]]
        found = find_complaint_times(table.join(sums, on="group").assign(complained_again=0))
        cell = f"{'alike' if alike > 1 else 'somewhat alike' if alike > 0.1 else 'unlike'}, watched {watched} days"
        truth = np.ceil(10 * (2**alike - 1) / alike)
        ends = [found[f"median_days_{end}"] for end in ("low", "high")]
        yield dict(kind="complaints, median days", cell=cell, n=n) | covers(*ends, truth)


def measure_shares(replicates: int, seed: int) -> Iterator[dict]:
    """Shares of journeys, transitions, promises and complaints by customers with several; of customers alone."""
    for share, alike, most, n in product((0.02, 0.1, 0.35, 0.8), (0, 0.3, 1), (1, 4), (10, 25, 80, 400)):
        rng = rng_of(seed, "shares", share, alike, most, n)
        table = figures_of(*draw_hits(rng, share, alike, most, (replicates, n)))
        moves = table.assign(from_touchpoint="a", to_touchpoint="b", leaving_customers=n)
        found = find_transitions(moves)
        cell = f"share {share}, {'one' if most == 1 else 'one to nineteen'} each, correlation {alike}"
        yield dict(kind="shares by customer", cell=cell, n=n) | covers(found["low"], found["high"], share)
        if alike == 0 and most == 1:
            steps = np.column_stack([np.full(replicates, n), table["hits"]]).astype(int).ravel()
            with np.errstate(invalid="ignore"):  # from one replicate to the next nobody goes on
                funnel = find_funnel(pd.DataFrame({"stage": "s", "customers": steps, "visitors": steps})).iloc[1::2]
            carts = pd.DataFrame({"abandoned": table["hits"], "bought": n - table["hits"], "customers": n, "open": 0})
            for kind, one in (("funnel, went on", funnel), ("abandoned carts", find_abandonment(carts))):
                yield dict(kind=kind, cell=cell, n=n) | covers(one["low"], one["high"], share)


def measure_removal(replicates: int, seed: int) -> Iterator[dict]:
    """Removal effects of chains with loops and rare touchpoints, customers with one to four journeys."""
    for name, n in product(CHAINS, (20, 100, 400)):
        chain, rng = true_chain(name), rng_of(seed, "removal", name, n)
        names = [f"p{place}" for place in range(1, len(chain))]
        truth, ends = removal_effects(chain)[1], np.full((replicates, len(names), 2), np.nan)
        for one in ends:
            who = np.repeat(np.arange(n), 1 + rng.binomial(3, 0.2, n))
            journey, at, to = draw_journeys(rng, chain, len(who))
            table = conversions_of(who[journey], at, to, chain, rng.integers(0, 200, n))
            if 5 <= table["converting"].iloc[0] <= n - 5:
                found = find_removal(table).set_index("touchpoint").reindex(names)
                one[:] = found[["low", "high"]].to_numpy(dtype=float)
        for place, effect in enumerate(truth):
            cell = f"{name}, effect {effect:.3f}"
            yield dict(kind="removal", cell=cell, n=n) | covers(*ends[:, place].T, effect)


def measure_ratios(replicates: int, seed: int) -> Iterator[dict]:
    """How many times as often those who name a barrier fail to adopt; with at least five people on either side."""
    for n, naming, rate, ratio in product((20, 100, 400), (0.05, 0.2, 0.5), (0.05, 0.4, 0.9), (0.5, 1, 2)):
        rng = rng_of(seed, "barriers", n, naming, rate, ratio)
        named, other = rng.binomial(n, naming, replicates), min(rate * ratio, 0.97)
        kept = (named >= 5) & (n - named >= 5)
        if kept.mean() >= OFTEN:
            named = named[kept]
            counts = dict(n_with=named, missed_with=rng.binomial(named, other), n_without=n - named)
            counts |= dict(missed_without=rng.binomial(n - named, rate), barrier=np.arange(len(named)))
            found = find_barriers(pd.DataFrame(counts))
            cell = f"named by {naming:.0%}, missed by {rate:.0%} and {other:.0%}"
            for kind, ends, truth in (("ratio", ("low", "high"), other / rate), ("named", BOUNDS, naming)):
                if kind == "ratio" or n * naming >= 15:
                    yield dict(kind=f"barriers, {kind}", cell=cell, n=n) | covers(*(found[e] for e in ends), truth)


def measure_promises(replicates: int, seed: int) -> Iterator[dict]:
    """Shares late of four channels, customers in several of them, and the difference of the first from the others."""
    for late, more, alike, n in product((0.03, 0.3), (0, 0.15), (0, 0.5), (15, 100)):
        rng, truth = rng_of(seed, "promises", late, more, alike, n), late + np.array([more, 0, 0, 0])
        own = rng.beta(late * (1 / alike - 1), (1 - late) * (1 / alike - 1), (replicates, n, 1)) if alike else late
        rows = rng.poisson(2 * np.array([0.1, 0.2, 0.3, 0.4]), (replicates, n, 4))
        hits = rng.binomial(rows, np.minimum(own + truth - late, 1) * np.ones(rows.shape))
        table = pd.concat([figures_of(hits[..., place], rows[..., place]).assign(place=place) for place in range(4)])
        table = table.rename(columns={"hits": "late", "rows": "finished"}).drop(columns="share")
        table = table[table["customers"] >= 5].reset_index(names="replicate")
        found = [find_promises(one) for _, one in table.groupby("replicate") if len(one) > 1]
        claims = sum((one["verdict"] != "no sure difference").any() for one in found)
        found, cell = pd.concat(found), f"late {late} and {late + more:.2f}, correlation {alike}"
        first = found[found["place"] == 0].set_index("replicate").reindex(range(replicates))
        yield dict(kind="promises, difference", cell=cell, n=n) | covers(*(first[e] for e in APART), more)
        if not more:
            yield dict(kind="promises, any verdict", cell=cell, n=n, false=claims / replicates)


BOUNDS, APART = ("share_low", "share_high"), ("difference_low", "difference_high")
SIDES = ("none", "resolved", "unresolved")


def measure_recovery(replicates: int, seed: int) -> Iterator[dict]:
    """What three groups say, nothing being different: each mean, each difference, and any verdict but equality."""
    for name, sizes in product(ANSWERS, ((30, 30, 30), (200, 12, 8), (400, 100, 40), (1000, 5, 5))):
        rng, outcome = rng_of(seed, "recovery", name, sizes), "nps" if name == "nps" else "overall"
        said = {side: said_by(rng, name, n, replicates).assign(outcome=outcome) for side, n in zip(SIDES, sizes)}
        values, shares = answers_of(name)
        for side, n in zip(SIDES, sizes):
            found = find_complainants(said[side])
            yield dict(kind="complainants", cell=name, n=n) | covers(found["low"], found["high"], shares @ values)
        p = []
        for pair in PAIRS:
            _, low, high, worth = differences_of(in_pairs(said, pair), 0.95)
            cell = dict(kind="recovery, difference", cell=f"{name}, {' − '.join(pair)} of {sizes}", n=sum(sizes))
            yield cell | covers(low, high, 0)
            p.append(worth)
        q = np.apply_along_axis(adjust, 1, np.array(p).T)
        yield dict(kind="recovery, any verdict", cell=f"{name}, {sizes}", n=sum(sizes), false=(q <= 0.05).any(1).mean())


def measure_recovered(replicates: int, seed: int) -> Iterator[dict]:
    """How often customers are called recovered who are lower by just as much as matters."""
    for name, n in product(ANSWERS, (200, 1000, 5000)):
        rng, outcome = rng_of(seed, "recovered", name, n), "nps" if name == "nps" else "overall"
        said = {side: said_by(rng, name, 2 * n if side == "none" else n, replicates, lower).assign(outcome=outcome)
                for side, lower in (("none", 0), ("resolved", WITHIN))}  # fmt: skip
        table = in_pairs(said, PAIRS[0])
        within = [np.abs(end) <= WITHIN * table["width_one"] for end in differences_of(table, 0.9)[1:3]]
        yield dict(kind="recovery, recovered", cell=name, n=n, false=np.mean(within[0] & within[1]))


def in_pairs(said: dict[str, pd.DataFrame], pair: tuple[str, str]) -> pd.DataFrame:
    """What `find_recovery` compares of two groups, a row per replicate."""
    one, other = (said[side].drop(columns="outcome").add_suffix(end) for side, end in zip(pair, ("_one", "_other")))
    return one.join(other).assign(outcome=said[pair[0]]["outcome"])


def measure_named_barriers(replicates: int, seed: int) -> Iterator[dict]:
    """Six barriers that hold nobody back, named together by some: any verdict."""
    for missed, n in product((0.1, 0.4, 0.85), (40, 200)):
        rng, claims = rng_of(seed, "named", missed, n), []
        for _ in range(replicates):
            failed, ready = rng.random(n) < missed, rng.beta(1, 3, (n, 1))
            named = rng.random((n, 6)) < ready * [0.3, 0.5, 0.7, 0.9, 1.1, 1.3]
            counts = dict(n_with=named.sum(0), missed_with=(named & failed[:, None]).sum(0), n_without=(~named).sum(0))
            counts |= dict(missed_without=(~named & failed[:, None]).sum(0), barrier=list("abcdef"))
            table = pd.DataFrame(counts).query("n_with >= 5 and n_without >= 5")
            claims.append((find_barriers(table)["verdict"] != "no sure difference").any())
        yield dict(kind="barriers, any verdict", cell=f"missed by {missed:.0%}", n=n, false=np.mean(claims))


SUITES = {
    measure_times: 3, measure_complaints: 3, measure_shares: 1, measure_removal: 3, measure_ratios: 3,
    measure_promises: 3, measure_recovery: 1, measure_recovered: 1, measure_named_barriers: 3,
}  # fmt: skip
"""What is measured, and on which part of the replicates: one in so many, where it takes a call a replicate."""


def measure(replicates: int, seed: int) -> pd.DataFrame:
    """A row per cell, with how many replicates it was drawn."""
    parts = [pd.DataFrame(suite(replicates // part, seed)).assign(drawn=replicates // part)
             for suite, part in SUITES.items()]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def by_kind(cells: pd.DataFrame) -> pd.DataFrame:
    """One row per kind: its cells that are printed often enough, their mean coverage and the worst of them."""
    rows = []
    for kind, every in cells[cells["false"].isna()].groupby("kind", sort=False):
        often = every[every["printed"] >= OFTEN]
        worst = often.loc[often["covered"].idxmin()]
        row = {"interval": kind, "cells": len(often), "printed": often["printed"].mean().round(2)}
        row |= {"mean": often["covered"].mean().round(3), "worst": round(worst["covered"], 3), "n": worst["n"]}
        error = np.sqrt(GOAL * (1 - GOAL) / (worst["printed"] * worst["drawn"]))
        rows.append(row | {"its error": round(error, 3), "in": worst["cell"]})
    return pd.DataFrame(rows)


def false_alarms(cells: pd.DataFrame) -> pd.DataFrame:
    """One row per table: how often anything is claimed though nothing is there, on average and at worst."""
    worst = cells.loc[cells[cells["false"].notna()].groupby("kind")["false"].idxmax()]
    mean = cells.groupby("kind")["false"].mean()
    table = worst.assign(mean=worst["kind"].map(mean).round(3), worst=worst["false"].round(3))
    table["error"] = np.sqrt(0.05 * 0.95 / table["drawn"]).round(3)
    return table[["kind", "mean", "worst", "error", "n", "cell"]]


METHOD = """Waits are exponential, Weibull or log-normal, in whole units in every second cell; of all, 0 to 60 % never
go on, and customers are watched for different lengths. Rows of one customer are alike by a beta or gamma factor.
Journeys come from Markov chains with loops, whose removal effects follow by linear algebra. Coverage is among the
samples whose interval is printed (an end that is not known is open), in cells printed in at least 5 % of samples; the
goal is .93, .92 for shares. The worst of many cells is also the unluckiest: one or two errors of what it is below the
goal are chance. False alarms are samples in which a table of a report claims anything; of *recovered*, those in which
customers are called so who are lower by just as much as matters. Removal effects were mended after a chain (fresh e)
had shown .90 where few conversions pass a rare touchpoint, then tried on chains not seen before; one of them (held i)
stayed here."""


def write_section(replicates: int, seed: int) -> str:
    """The section of the proof: what was tried, what held, where we refuse."""
    cells = measure(replicates, seed)
    kinds, alarms = by_kind(cells), false_alarms(cells)
    worst, alarm = kinds.loc[kinds["worst"].idxmin()], alarms.loc[alarms["worst"].idxmax()]
    often = cells[cells["printed"] >= OFTEN]
    below, errors = often["covered"] < GOAL, np.sqrt(GOAL * (1 - GOAL) / (often["printed"] * often["drawn"]))
    surely = often["covered"] < GOAL - 2 * errors
    lines = [METHOD.replace("\n", " "), "", in_markdown(kinds), "", in_markdown(alarms), ""]
    sizes = ", ".join(f"{suite.__name__.removeprefix('measure_').replace('_', ' ')} {replicates // part:,}"
                      for suite, part in SUITES.items())  # fmt: skip
    return compose_section(
        HEADING,
        tried=f"Customers were drawn whose waits, paths, complaints and answers have a known truth, in {len(cells):,} "
        "settings: few and many customers, several journeys each, many still under way.",
        held=f"On average the intervals hold the truth in {kinds['mean'].min():.1%} to {kinds['mean'].max():.1%} of "
        f"samples; the worst setting is {worst['worst']:.1%} ({worst['interval']}, n\u00a0{worst['n']}). Of "
        f"{len(often):,} settings {below.sum()} lie under {GOAL:.0%}, {surely.sum()} by more than twice the "
        f"Monte-Carlo error. A table makes a false claim in at most {alarm['worst']:.1%} of samples ({alarm['kind']}).",
        refused=f"What hangs on a touchpoint has no interval where fewer than {FEW_CONVERT} customers convert, nor has "
        f"a mean where fewer than {OFF_MODE} gave another answer than most; an end of a time not reached yet stays "
        "blank.",
        body="\n".join([*lines, f"Samples a setting: {sizes}. Seed {seed}."]),
    )


if __name__ == "__main__":
    run_suite(__doc__, write_section, replicates=2000)
