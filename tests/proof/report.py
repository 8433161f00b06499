"""How often does a report claim what is not so? `python -m tests.proof.report --reports 20000 --seed 1`.

Whole reports are simulated from answers whose truth is known, each with the tables whose claims share its first page,
and what the page would say is held against the truth. `--write docs/proof.md` keeps the section there.
"""

import zlib
from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd

import tests.proof.drawn_reports as drawn
from cxlib.claims import claim, settle
from cxlib.expectations.personas import describe_personas
from cxlib.gaps.differences import find_differences
from cxlib.gaps.sentences import describe_gaps, describe_kind, describe_ties, describe_verdicts
from cxlib.monitoring.change import describe_change
from cxlib.monitoring.targets import describe_targets
from tests.proof.drawn_gaps import rounded
from tests.proof.drawn_reports import LEVEL, PLACES, SHAPES, STAGES, add_up, bh, by_stage, draw_gaps, draw_people
from tests.proof.page import compose_section, in_markdown, percent, run_suite

HEADING = "False alarms of a report's first page"
GOAL, AT_ONCE = 0.055, 100
"""The share of reports without any true gap that may claim one; reports held at once."""
CLAIMS = {
    "gaps": ("shortfall", "exceeded"),
    "changes": ("better", "worse"),
    "personas": ("more than claimed", "fewer than claimed"),
    "targets": ("reached", "missed", "not reached yet"),
    "effects": ("worked", "made it worse"),
}
"""The tables whose claims share the first page, and the verdicts that claim something."""
DESCRIBE = {
    "gaps": (describe_kind, describe_verdicts, describe_gaps, describe_ties),
    "changes": (describe_change,),
    "personas": (describe_personas,),
    "targets": (describe_targets,),
    "effects": (lambda table: "; ".join(table["label"] + " " + table["verdict"]),),
}
SIZES, TRUE, N = (0.3, 0.5, 0.8, 1.2), (1, 3, 8), (30, 100, 400)


def read_page(tables: dict[str, pd.DataFrame], reports: int) -> pd.DataFrame:
    """What each first page says: a row a report, per table whether it claims `alone` and what it `said` on the page.

    The page is written by the product's own `claim` and `settle`, of every report in which a table claims something and
    some p holds beside all others; elsewhere nothing can be said.
    """
    p = [table.sort_values("report", kind="stable")["p"].to_numpy().reshape(reports, -1) for table in tables.values()]
    alone = {
        name: table["verdict"].isin(CLAIMS[name]).groupby(table["report"]).any().reindex(range(reports))
        for name, table in tables.items()
    }
    page = pd.DataFrame(alone).add_suffix(" alone").assign(**{f"{name} said": False for name in tables})
    claiming = page.index[page.any(axis=1) & (held_up_to(np.hstack(p)) >= 0)]
    parts = {
        name: dict(list(table[table["report"].isin(claiming)].groupby("report"))) for name, table in tables.items()
    }
    for report in claiming:
        findings, silent = [], []
        for name, of in parts.items():
            table = of[report].drop(columns=["report", "place"], errors="ignore")
            column = "status" if name == "targets" else "verdict"
            findings.append(claim(table, *DESCRIBE[name], column=column))
            silent.append(findings[-1]["versions"][-1][1])
        said = settle([one | {"versions": [[c, w or "-"] for c, w in one["versions"]]} for one in findings])
        page.loc[report, [f"{name} said" for name in parts]] = [one != (none or "-") for one, none in zip(said, silent)]
    return page


def measure_null(
    name: str, points: int, reports: int, seed: int, *, tables: Iterable[str] = CLAIMS, groups: bool = False
) -> pd.DataFrame:
    """Reports in which nothing is true: what each table claims alone and on the first page; and those of `groups`."""
    rng = np.random.default_rng([seed, zlib.crc32(f"{name}/{points}".encode())])
    pool, pages = np.array(SHAPES[name](points)), []
    for start in range(0, reports, AT_ONCE):
        count = min(AT_ONCE, reports - start)
        people, pmf = draw_people(rng, count), pool[rng.integers(len(pool), size=(count, PLACES))]
        now = draw_gaps(rng, people, pmf)
        figures = add_up(*now)
        make = {
            "gaps": lambda: drawn.gaps_of(figures, points),
            "changes": lambda: drawn.changes_of(rng, people, pmf, now, figures),
            "personas": lambda: drawn.personas_of(rng, people),
            "targets": lambda: drawn.targets_of(rng, count),
            "effects": lambda: drawn.effects_of(rng, count),
        }
        page = read_page({table: make[table]() for table in tables}, count)
        pages.append(page.assign(**group_tables(now, people["persona"], points) if groups else {}))
    return pd.concat(pages, ignore_index=True).assign(shape=name, points=points)


def group_tables(now: tuple, persona: np.ndarray, points: int) -> dict[str, np.ndarray]:
    """Whether the tables by stage, by stage and persona, and of each persona against the rest claim anything."""
    found = {}
    for name, groups in (("by stage", None), ("by stage and persona", persona)):
        table = drawn.gaps_of(add_up(*(by_stage(sums, groups) for sums in now)), points)
        found[name] = any_of(table, CLAIMS["gaps"])
    own = persona[..., None] == np.arange(drawn.PERSONAS)
    a, b = (sums.sum(axis=-1)[..., None] for sums in now)
    group, rest = add_up(a * own, b * own), add_up(a * ~own, b * ~own)
    rest = rest | {"modal": 0 * rest["modal"], "skewness": 0 * rest["skewness"]}
    none = (np.zeros(rest["n"].shape, dtype=int), np.zeros(rest["n"].shape))
    table = drawn.compared(group, rest, ("group", "rest"), points, none, column="persona")
    with drawn.each_report(len(a)):
        table = find_differences(table.rename(columns={"label": "group"}), level=LEVEL)
    return found | {"personas against the rest": any_of(table, CLAIMS["changes"])}


def any_of(table: pd.DataFrame, verdicts: Iterable[str]) -> np.ndarray:
    """Which reports claim something in a table."""
    return table["verdict"].isin(verdicts).groupby(table["report"]).any().to_numpy()


def measure_power(reports: int, seed: int, *, cells: Iterable[tuple] = ()) -> pd.DataFrame:
    """1, 3 or 8 of 24 touchpoints truly fall short on 7 points; a row a cell: what is said of them, and of the others.

    Where there are several the first lies half as much further down. The page holds changes too, of which none is true.
    """
    rows = []
    for true, size, n in cells or product(TRUE, SIZES, N):
        rng, found = np.random.default_rng([seed, zlib.crc32(f"{true}/{size}/{n}".encode())]), []
        for start in range(0, reports, AT_ONCE):
            count = min(AT_ONCE, reports - start)
            people, pmf = draw_people(rng, count), np.empty((count, PLACES, 13))
            for place in range(PLACES):
                wide = 1.5 if place == 0 and true > 1 else 1
                pmf[:, place] = rounded(7, (1.1, 1.5, 1.9)[place % 3], -size * wide * (place < true))
            now = draw_gaps(rng, people, pmf, np.array(n))
            figures = add_up(*now)
            gaps, changes = drawn.gaps_of(figures, 7), drawn.changes_of(rng, people, pmf, now, figures)
            p = [table.sort_values("report")["p"].to_numpy().reshape(count, -1) for table in (gaps, changes)]
            held = held_up_to(np.hstack(p))
            found += [judge_page(one, held[report], true) for report, one in gaps.groupby("report")]
        rows.append({"short": true, "by": size, "n": n} | pd.DataFrame(found).mean().to_dict())
    return pd.DataFrame(rows)


def held_up_to(p: np.ndarray) -> np.ndarray:
    """The largest p that holds beside all others of its row, as `settle` finds it; below 0 where none does."""
    return np.where(bh(p) <= LEVEL, p, -1.0).max(axis=1)


def judge_page(gaps: pd.DataFrame, held: float, true: int) -> dict[str, float]:
    """What one first page says of its gaps, of which the first `true` fall short and the others do not exist."""
    said = gaps["verdict"].mask(gaps["verdict"].isin(CLAIMS["gaps"]) & (gaps["p"] > held), "not enough data")
    real, short, claimed = gaps["place"] < true, said == "shortfall", said.isin(CLAIMS["gaps"])
    named = gaps[short]
    close = named["place"][named["low"] <= named["high"].iloc[0]] if len(named) else named["place"]
    worst = gaps["place"] == 0
    return {
        "claimed": short[real].mean(), "worst claimed": float(short[worst].iloc[0]),
        "worst is named first": float(named["place"].iloc[0] == 0) if len(named) else np.nan,
        "or as one that could be": float(0 in set(close)) if len(named) else np.nan,
        "false among claims": (claimed & ~real).sum() / max(claimed.sum(), 1),
        "wrong direction": (said[real] == "exceeded").mean(),
        "met, rightly": (said[~real] == "met").mean(), "met, wrongly": (said[real] == "met").mean(),
    }  # fmt: skip


def write_section(reports: int, seed: int) -> str:
    """The section of the proof: what was tried, what held, where the product says nothing."""
    page = rates_of([measure_null("mixed", points, -(-reports // 3), seed) for points in (5, 7, 11)])
    how = dict(tables=("gaps",), groups=True)
    alike = rates_of([measure_null(*cell, max(reports // 50, 2), seed, **how) for cell in product(SHAPES, (5, 7, 11))])
    power = measure_power(max(reports // 400, 2), seed)
    whole, words = page.drop(columns=["shape", "points", "reports"]).mean(), {}
    for by, n in ((0.3, 30), (0.5, 100)):
        words[by] = percent(power.loc[(power["by"] == by) & (power["n"] == n), "claimed"].mean(), 0)
    worst = power.groupby(["by", "n"])["false among claims"].mean().max()
    return compose_section(
        HEADING,
        tried=f"{page['reports'].sum():,} whole reports of {PLACES} touchpoints in which nothing is true, with every "
        f"tested claim of the first page; {alike['reports'].sum():,} more in which the gaps of all touchpoints have "
        "one shape; and reports in which 1, 3 or 8 touchpoints truly fall short.",
        held=f"Where no gap is true, {percent(whole['gaps said'])} of first pages claim one, and "
        f"{percent(whole['page'])} claim anything at all. The tables behind it claim more: "
        f"{percent(whole['targets alone'], 0)} of tables of four targets, each judged by itself, and at most "
        f"{percent(max(whole[f'{name} alone'] for name in CLAIMS if name != 'targets'))} of the others. Where gaps are "
        f"true, at most {percent(worst)} of what a page claims of gaps is false, and "
        f"{percent(power['wrong direction'].max(), 2)} has the wrong direction.",
        refused=f"Small gaps of few people are not claimed: of gaps of .3 points at n\u00a030 the page names "
        f"{words[0.3]}, of .5 points at n\u00a0100 {words[0.5]}. Of nearly all others it says that answers do not "
        "suffice, of "
        f"at most {percent(power['met, wrongly'].max())} that they meet expectation.",
        body=write_body(page, alike, power, seed),
    )


def rates_of(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """In which share of reports anything is claimed, on the page and by each table; a row a shape and scale."""
    nulls = pd.concat(parts, ignore_index=True)
    nulls["page"] = nulls.filter(regex=" said$").any(axis=1)
    by = nulls.groupby(["shape", "points"], sort=False)
    return by.mean().assign(reports=by.size()).reset_index()


def write_body(page: pd.DataFrame, alike: pd.DataFrame, power: pd.DataFrame, seed: int) -> str:
    """Method, sizes and the tables."""
    errors = [np.sqrt(GOAL * (1 - GOAL) / count) for count in (page["reports"].sum(), alike["reports"].iloc[0])]
    method = (
        f"Each report has {PLACES} touchpoints in {STAGES} stages, 200 to 600 people of whom 15 to 400 meet a "
        "touchpoint, gaps of one person correlated by .1 to .6 (on the latent scale), weights in a third of reports, "
        "and gaps of mean 0: ordinary, peaked, skewed, at the ceiling, rare failures made up for by others. Beside the "
        "gaps stand the changes since a wave before (in half of the reports half of the people are the same), five "
        "personas, four targets and four actions. The package's own functions make the tables and the sentences; a "
        "false alarm is a report that claims anything. *Alone* is with the table's own correction, which single "
        f"targets have none of. Monte Carlo error of {GOAL}: {errors[0]:.4f} of all, {errors[1]:.4f} a row of one "
        f"shape. Seed {seed}."
    )
    whole = page.drop(columns=["shape", "points", "reports"]).mean()
    tables = {name: [whole[f"{name} alone"], whole[f"{name} said"]] for name in CLAIMS}
    first = pd.DataFrame(tables, index=["alone", "on the page"]).T.round(3).rename_axis("table").reset_index()
    columns = ["gaps alone", "by stage", "by stage and persona", "personas against the rest"]
    figures = power.groupby(["by", "n"]).mean().drop(columns="short").round(3).reset_index()
    return "\n".join([
        method, "", "How often a table claims something that is not so:", "", in_markdown(first), "",
        "All gaps of one shape, each table alone:", "",
        in_markdown(alike[["shape", "points", "reports", *columns]].round(3)), "",
        "True gaps on 7 points, in the mean of 1, 3 and 8 of them (of several, one is half as wide again):", "",
        in_markdown(figures.astype("object").where(figures.notna(), "")),
    ])  # fmt: skip


if __name__ == "__main__":
    run_suite(__doc__, write_section, reports=20_000)
