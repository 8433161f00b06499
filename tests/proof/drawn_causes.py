"""Words, groups, beliefs and clusters whose truth is known: drawn, analysed and measured for `tests.proof.drivers`."""

import zlib

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.expectations.beliefs import compare_beliefs, find_rank_agreement
from cxlib.expectations.feedback import find_typical_words
from cxlib.expectations.needs import agree, find_needs
from cxlib.experience.channels import find_consistency
from cxlib.gaps.causes import find_gap_drivers
from cxlib.gaps.themes import contrast_themes

WORDS = {"alike": (80, 4, 0), "some typical": (80, 4, 1.2), "much typical": (400, 4, 1.2), "many places": (60, 10, 0.8)}
"""People who speak of each touchpoint, touchpoints, and what the log-odds of three typical words gain."""
WORD = np.array([f"{first}{second}w" for first in "abcdefgh" for second in "ijklm"])


def rng_of(seed: int, name: str) -> np.random.Generator:
    """Random numbers that depend on the cell's name and the seed alone."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def hold(figure: str, cell: str, table: pd.DataFrame, name: str, truth: pd.Series, place: pd.Series) -> pd.DataFrame:
    """How often the interval of `name` is printed, and holds the truth where it is, at each place of a cell."""
    low, high = table[f"{name}_low" if name else "low"], table[f"{name}_high" if name else "high"]
    told = pd.DataFrame({"place": place, "printed": low.notna() & high.notna()})
    told["held"] = told["printed"] & (low <= truth + 1e-9) & (truth - 1e-9 <= high)
    found = told.groupby("place").agg(tries=("printed", "size"), printed=("printed", "sum"), held=("held", "sum"))
    found = found.assign(figure=figure, cell=cell, covered=found["held"] / found["printed"])
    return found.assign(printed=found["printed"] / found["tries"]).reset_index()


def draw_ratings(n: int, count: int, alike: float, rng: np.random.Generator) -> np.ndarray:
    """Latent ratings that go along with each other."""
    return np.sqrt(alike) * rng.normal(size=(n, 1)) + np.sqrt(1 - alike) * rng.normal(size=(n, count))


def draw_quotes(shape: tuple, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Quotes of words with Zipf frequencies, everybody with pet words, and the true share of each word."""
    people, places, gain = shape
    odds = np.tile(0.8 / np.arange(1, 41) ** 0.9, (places, 1))
    odds[0, [4, 9, 19]] *= np.exp(gain)
    share, rows = odds / (1 + odds), []
    for person in range(people * places // 2):  # everybody speaks of two touchpoints
        pet = np.exp(0.4 * rng.normal(size=40))
        for place in rng.choice(places, 2, replace=False):
            words = np.flatnonzero(rng.random(40) < pet * share[place] / np.exp(0.08))
            rows.append((f"p{place}", " ".join(WORD[words]), f"c{person}"))
    return pd.DataFrame(rows, columns=["touchpoint", "text", "customer"]).assign(code=None), share / share.sum(axis=1)[
        :, None
    ]


def measure_words(cell: str, replicates: int, seed: int) -> tuple[pd.DataFrame, dict]:
    """Coverage of the words shown and of all themes of one touchpoint, false alarms, and how many planted are found."""
    shape, rng, shown, themes = WORDS[cell], rng_of(seed, f"words/{cell}"), [], []
    for draw in range(max(replicates // 5, 2)):
        quotes, share = draw_quotes(shape, rng)
        shown.append(find_typical_words(quotes).assign(draw=draw))
        themes.append(contrast_themes(quotes, "p0").assign(draw=draw, touchpoint="p0"))
    rest = (share.sum(axis=0) - share) / (len(share) - 1)
    truth = pd.DataFrame(np.log(share / (1 - share)) - np.log(rest / (1 - rest)), columns=WORD)
    truth = truth.set_axis([f"p{place}" for place in range(len(share))]).stack()
    cells, wrong = [], {}
    for name, tables in (("typical words", shown), ("themes", themes)):
        table = pd.concat(tables, ignore_index=True)
        true = truth[pd.MultiIndex.from_frame(table[["touchpoint", "theme"]])].reset_index(drop=True)
        cells.append(hold(name, cell, table, "", true, pd.Series(np.where(true > 0.3, "typical", "others"))))
        said = table["verdict"].isin(["typical", "typical here"]) & (true <= 0)
        wrong[f"{name}: wrong"] = said.groupby(table["draw"]).any().mean()
        found = (table["verdict"].isin(["typical", "typical here"]) & (true > 0.3)).groupby(table["draw"]).sum()
        wrong[f"{name}: found of 3"] = found.mean() if shape[2] else np.nan
    return pd.concat(cells), dict(cell=cell, people=shape[0], touchpoints=shape[1]) | wrong


def measure_groups(replicates: int, seed: int) -> tuple[pd.DataFrame, dict]:
    """The lowest and highest of several groups; analyses of variance where there is no difference."""
    cells, facts = [], {}
    for groups, n, spread in ((2, 20, 0), (5, 20, 0), (12, 15, 0), (5, 40, 0.5)):
        rng, cell = rng_of(seed, f"groups/{groups}/{n}/{spread}"), f"{groups} groups, n\u00a0{n}, spread {spread}"
        mean = spread * np.linspace(-1, 1, groups)
        many = 3 * replicates
        gaps = (mean[:, None] + 1.4 * rng.normal(size=(many, groups, n))).round()
        figures = dict(mean_gap=gaps.mean(-1), se_gap=gaps.std(-1, ddof=1) / np.sqrt(n))
        table = pd.DataFrame({name: values.ravel() for name, values in figures.items()})
        table["touchpoint"] = np.repeat(np.arange(many), groups).astype("str")
        table = table.assign(f=np.tile(np.arange(groups), many).astype("str"), n=n, n_effective=n, label="t", width=6)
        table["modal"] = (gaps[..., None] == gaps[..., None, :]).sum(-1).max(-1).ravel()
        table["skewness"] = stats.skew(gaps, axis=-1).ravel()
        found = find_gap_drivers({"f": table})
        names = dict(f="persona", mean_gap="mean_expected", se_gap="se_expected")
        names |= {name: f"{name}_expected" for name in ("n", "n_effective", "modal", "skewness")}
        needs = find_needs(table.rename(columns=names).head(groups * replicates))
        for name, ends in (("gap drivers", found), ("persona needs", needs)):
            for end in ("lowest", "highest"):
                true = pd.Series(mean[ends[end].astype(int)])
                cells.append(hold(f"{name}: {end}", cell, ends, end, true, pd.Series(0, ends.index)))
        facts |= {cell: (found["p"] <= 0.05).mean()} if spread == 0 else {}
    return pd.concat(cells), facts


def measure_spread(replicates: int, seed: int) -> dict[str, float]:
    """How often channels that are alike are said to differ in level, or in how far answers spread."""
    rng, tables = rng_of(seed, "spread"), []
    for _ in range(replicates):
        answers = [(4.5 + 1.5 * rng.normal(size=n)).round().clip(1, 7) for n in (12, 30, 90, 40)]
        values = {"experienced": answers, "deviation": [np.abs(one - np.median(one)) for one in answers]}
        columns = {"channel": list("abcd"), "respondents": 172}
        for name, lists in values.items():
            columns |= {f"n_effective_{name}": [len(one) for one in lists], f"mean_{name}": [x.mean() for x in lists]}
            columns |= {f"se_{name}": [x.std(ddof=1) / np.sqrt(len(x)) for x in lists]}
        tables.append(find_consistency(pd.DataFrame(columns)))
    found = pd.concat(tables)
    return (found["p"] <= 0.05).groupby(found["of"]).mean().to_dict()


def measure_beliefs(replicates: int, seed: int) -> pd.DataFrame:
    """What staff believe, the difference from customers, and the agreement in the order of touchpoints."""
    cells, many = [], 3 * replicates
    for staff, middle, ceiling in (
        (5, 4.0, 7),
        (5, 6.0, 7),
        (6, 6.5, 7),
        (8, 6.6, 7),
        (12, 6.8, 7),
        (30, 6.0, 7),
        (8, 8.5, 11),
    ):
        rng, cell = rng_of(seed, f"beliefs/{staff}/{middle}/{ceiling}"), f"{staff} staff, mean {middle} of {ceiling}"
        levels = np.arange(1, ceiling + 1)
        chance = [
            np.diff(stats.norm.cdf(np.r_[-9, levels[:-1] + 0.5, 99], centre, 1.3)) for centre in (middle, middle + 0.3)
        ]
        said, asked = (rng.choice(levels, (many, n), p=p) for n, p in zip((staff, 60), chance))
        names = np.arange(many).astype("str")
        beliefs = pd.DataFrame({"touchpoint": np.repeat(names, staff), "expected": said.ravel()})
        beliefs["staff"] = np.tile(np.arange(staff), many).astype("str")
        ratings = pd.DataFrame({"touchpoint": names, "mean_expected": asked.mean(1), "n_expected": 60})
        ratings = ratings.assign(se_expected=asked.std(1, ddof=1) / 60**0.5, n_effective_expected=60.0)
        table = compare_beliefs(beliefs, ratings, met_within=0.24)
        true = [p @ levels for p in chance]
        for name, truth in (("believed", true[0]), ("expected", true[1]), ("", true[0] - true[1])):
            place = pd.Series(0, table.index)
            cells.append(
                hold(f"beliefs: {name or 'difference'}", cell, table, name, pd.Series(truth, table.index), place)
            )
    for n, alike in ((5, 0.5), (8, 0), (8, 0.9), (12, 0.9), (30, 0.5)):
        rng, rows = rng_of(seed, f"ranks/{n}/{alike}"), []
        for _ in range(replicates):
            pairs = draw_ratings(n, 2, alike, rng)
            rows.append(find_rank_agreement(pd.DataFrame(pairs, columns=["believed", "expected"])))
        table = pd.concat(rows, ignore_index=True)
        true = table["measure"].map(
            {"Spearman's ρ": 6 / np.pi * np.arcsin(alike / 2), "Kendall's τ-b": 2 / np.pi * np.arcsin(alike)}
        )
        cells.append(hold("rank agreement", f"{n} touchpoints, correlation {alike}", table, "", true, table["measure"]))
    return pd.concat(cells)


def measure_clusters(replicates: int, seed: int) -> pd.DataFrame:
    """Agreement of given groups with personas."""
    cells = []
    for n, groups, right in ((60, 3, 0.0), (60, 3, 0.6), (300, 4, 0.3), (100, 2, 0.95), (200, 3, 0.97), (120, 4, 0.8)):
        rng, rows = rng_of(seed, f"clusters/{n}/{groups}/{right}"), []
        for draw in range(replicates):
            people = rng.integers(0, groups, n)
            named = np.where(rng.random(n) < right, people, rng.integers(0, groups, n))
            rows.append(agree(people + 1, pd.Series(named.astype("str")), draw))
        table = pd.DataFrame(rows, columns=["agreement", "agreement_low", "agreement_high"])
        truth = pd.Series(right**2, table.index)
        cells.append(
            hold("clusters: agreement", f"n\u00a0{n}, {groups} groups, {right} alike", table, "agreement", truth, truth)
        )
    return pd.concat(cells)
