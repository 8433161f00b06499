"""Whether personas need different things, and whether groups found in the answers are the personas."""

import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.intervals import adjust, guard_rare_failures, interval_of_ends
from cxlib.suppression import hide_cells
from cxlib.tables import check_columns

WORDS = {"expected": "expect", "importance": "find important"}
NEEDS = ["touchpoint", "label", "personas", "n", "f", "df", "df_within", "p", "q", "omega2"]
NEEDS += [f"{end}{part}" for end in ("lowest", "highest") for part in ("", "_mean", "_low", "_high", "_n")]
OTHERS, UNKNOWN = "others", "not stated"
CLUSTERS = ["cluster", "n", "share", "jaccard", "stable", "persona", "persona_share", "persona_overall"]
CLUSTERS += ["more_than_others", "agreement", "agreement_low", "agreement_high"]
MIX = ["cluster", "persona", "n", "share"]
EACH = 20
"""Respondents it takes on average for a cluster."""
STABLE, MATCHES, PARTLY = 0.75, 0.65, 0.1
"""From which mean Jaccard a cluster is stable (Hennig 2007), and from which adjusted Rand index clusters match the
personas (Steinley 2004), or match them in part."""
RESAMPLES, ADDED = (50, 1000), 2
"""Bootstrap samples of the stability (Hennig 2007), and of the agreement, and the people added for the latter."""


def find_needs(
    summary: pd.DataFrame, *, value: str = "expected", confidence: float = 0.95, level: float = 0.05
) -> pd.DataFrame:
    """Where personas need different things: Welch's (1951) analysis of variance per touchpoint, the largest ω² first.

    `summary` comes from `summarise_needs` with the same `value`. `omega2` is the share of the variance between people
    that goes with the persona (Hays 1963; 0 at least), `q` Benjamini–Hochberg's over the touchpoints; `lowest` and
    `highest` are the personas at the ends, with mean and interval in scale points, the wider the more personas there
    are, guarded against rare failures and blank where those leave it unknown. Personas of fewer than 2 people or
    without a known error are left out.
    """
    columns = [f"{part}_{value}" for part in ("mean", "se", "n", "n_effective", "modal", "skewness")]
    check_columns(summary, ["touchpoint", "label", "persona", *columns, "width"], name="summary (from summarise_needs)")
    means = summary.rename(columns=dict(zip(columns, ["mean", "se", "n", "worth", "modal", "skewness"])))
    means = means[(means["n"] >= 2) & (means["worth"] > 1) & (means["se"] > 0) & means["persona"].notna()]
    personas = means.groupby("touchpoint")["touchpoint"].transform("size")
    guarded = guard_rare_failures(*(means[part] for part in ("se", "n", "worth", "modal", "skewness", "width")))
    low, high = interval_of_ends(means["mean"], *guarded, personas, confidence)
    means = means.assign(low=low, high=high)
    rows = [compare_means(group) for _, group in means.groupby("touchpoint", sort=False) if len(group) > 1]
    needs = pd.DataFrame(rows, columns=[name for name in NEEDS if name != "q"])
    needs.insert(NEEDS.index("q"), "q", adjust(needs["p"]))
    needs["verdict"] = np.where(needs["q"] <= level, "differs", "no sure difference")
    order = needs.assign(unsure=needs["verdict"] != "differs", size=-needs["omega2"].astype("float64"))
    return needs.loc[order.sort_values(["unsure", "size"], kind="stable").index].reset_index(drop=True)


def compare_means(group: pd.DataFrame) -> dict:
    """One touchpoint of `find_needs`, on Kish's effective n; ω² from the F of equal variances."""
    from statsmodels.stats.oneway import anova_generic

    figures = group["mean"].to_numpy(), (group["se"] ** 2 * group["worth"]).to_numpy(), group["worth"].to_numpy()
    welch, plain = (anova_generic(*figures, use_var=kind) for kind in ("unequal", "equal"))
    between = plain.df_num * (plain.statistic - 1)
    row = {"touchpoint": group["touchpoint"].iloc[0], "label": group["label"].iloc[0], "personas": len(group)}
    row |= {"n": group["n"].sum(), "f": welch.statistic, "df": welch.df_num, "df_within": welch.df_denom}
    row |= {"p": welch.pvalue, "omega2": max(between / (between + figures[2].sum()), 0.0)}
    for end, place in (("lowest", group["mean"].idxmin()), ("highest", group["mean"].idxmax())):
        row |= {end: group.loc[place, "persona"]}
        row |= {f"{end}_{part}": group.loc[place, part] for part in ("mean", "low", "high", "n")}
    return row


def describe_needs(needs: pd.DataFrame, *, value: str = "expected") -> str:
    """On how many touchpoints personas need different things, and where most, in a sentence."""
    check_columns(needs, NEEDS, name="needs (from find_needs)")
    what = WORDS[value]
    if needs.empty:
        return tell(
            "Whether what personas {what} differs cannot be told: it takes the columns {columns} "
            "(ratings) and persona (respondents), with two personas of enough people.",
            what=what,
            columns=value,
        )
    sure = needs[needs["verdict"] == "differs"]
    row, among = (sure if len(sure) else needs).iloc[0], tell("of the {count} touchpoints", count=len(needs))
    if sure.empty:
        people = f"{needs['n'].min():,}" + (
            tell(" to {most:,}", most=needs["n"].max()) if needs["n"].nunique() > 1 else ""
        )
        where = row["label"] if len(needs) == 1 else tell("any {among}", among=among)
        return tell(
            "What personas {what} does not surely differ at {where} (n\u00a0{people}).",
            what=what,
            where=where,
            people=people,
        )
    ends = []
    for end in ("highest", "lowest"):
        told = pd.notna(row[f"{end}_low"])
        interval = tell("{low:.1f} to {high:.1f}; ", low=row[f"{end}_low"], high=row[f"{end}_high"]) if told else ""
        ends.append(f"{row[end]} {row[f'{end}_mean']:.1f} ({interval}n\u00a0{row[f'{end}_n']:,})")
    many = tell("{count} {among}, most at ") if len(sure) > 1 else tell("{count} {among}, ")
    where = many.format(count=len(sure), among=among) if len(needs) > 1 else ""
    return tell(
        "What personas {what} differs at {where}{label}: {ends}.",
        what=what,
        where=where,
        label=row["label"],
        ends=", ".join(ends),
    )


def find_clusters(
    answers: pd.DataFrame, personas: pd.Series, *, seed: int = 0, clusters: int | None = None, hide_below: int = 5
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Groups of respondents who answer alike, how stable they are, and whether they are the personas; largest first.

    And of which personas they are made (`mix_clusters`).

    `answers` has a row a respondent and a column per touchpoint (from `sample_answers`), `personas` the persona of
    each. k-means on answers standardised per touchpoint, blanks at its mean, into as many groups as `clusters` says
    or, where it says none or 1, as has the best silhouette from 2 to 8. `jaccard` is the mean over bootstrap samples of
    the overlap with the most similar group found there (Hennig 2007); `agreement` the adjusted Rand index (Hubert &
    Arabie 1985; 1: the same groups, 0: chance) with its bootstrap interval, given these groups. `persona` is the most
    over-represented one, `more_than_others` the three touchpoints rated highest above all others, in scale points.
    Groups of fewer than `hide_below` people are left out.
    """
    values, groups = cluster_people(answers, seed, clusters)
    if groups is None:
        return pd.DataFrame(columns=CLUSTERS), pd.DataFrame(columns=MIX)
    kept, mix = shown_clusters(groups, hide_below), mix_clusters(groups, personas, hide_below)
    overall = personas.fillna(UNKNOWN).value_counts(normalize=True)
    rows = [one_cluster(answers, groups, name, mix[mix["cluster"] == str(name)], overall) for name in kept]
    table = pd.DataFrame(rows, columns=CLUSTERS).assign(jaccard=overlaps(values, groups, seed)[kept - 1])
    table["stable"] = np.where(table["jaccard"] >= STABLE, "yes", "no")
    return table.assign(**dict(zip(CLUSTERS[-3:], agree(groups, personas, seed)))).astype({"persona": "str"}), mix


def one_cluster(answers: pd.DataFrame, groups: np.ndarray, name: int, mix: pd.DataFrame, overall: pd.Series) -> dict:
    """The row of one group in `find_clusters`, stability and agreement still to come."""
    own = mix[~mix["persona"].isin([OTHERS, UNKNOWN])].set_index("persona")["share"]
    times = (own / overall[own.index]).sort_values(ascending=False, kind="stable")
    persona = times.index[0] if len(times) and times.iloc[0] > 1 else None
    more = (answers[groups == name].mean() - answers[groups != name].mean()).nlargest(3)
    said = [f"{touchpoint} +{points:.1f}" for touchpoint, points in more.items() if points >= 0.05]
    row = {"cluster": str(name), "n": int((groups == name).sum()), "share": (groups == name).mean(), "persona": persona}
    row |= {"persona_share": own.get(persona, np.nan), "persona_overall": overall.get(persona, np.nan)}
    return row | {"more_than_others": "; ".join(said)}


def mix_clusters(groups: np.ndarray, personas: pd.Series, hide_below: int) -> pd.DataFrame:
    """Of which personas groups are made: one row per cluster (1, 2, …) and persona, with n and share.

    Cells of fewer than `hide_below` people, and those that would give one away, stand together as "others".
    """
    if personas.isna().all():
        return pd.DataFrame(columns=MIX)
    kept = shown_clusters(groups, hide_below)
    there, names = np.isin(groups, kept), personas.fillna(UNKNOWN).to_numpy()
    counts = pd.crosstab(groups[there], names[there]).rename_axis(index="cluster", columns="persona")
    cells = counts.stack().rename("n").reset_index()
    keys = ("cluster", "persona") if there.all() else ("cluster",)
    totals = np.vstack([np.equal.outer(cells[key].unique(), cells[key].to_numpy()) for key in keys])
    hidden = small_cells(cells["n"].to_numpy(), totals, hide_below)
    cells["persona"] = cells["persona"].astype("object").mask(hidden, OTHERS)
    table = cells[cells["n"] > 0].groupby(["cluster", "persona"], as_index=False)["n"].sum()
    table["share"] = table["n"] / table.groupby("cluster")["n"].transform("sum")
    table = table.assign(last=table["persona"] == OTHERS).sort_values(["cluster", "last", "n"], ascending=[1, 1, 0])
    return table.drop(columns="last").astype({"cluster": "str", "persona": "str"}).reset_index(drop=True)


def shown_clusters(groups: np.ndarray, hide_below: int) -> np.ndarray:
    """The groups that are large enough to be shown, and do not give another away."""
    counts = np.bincount(groups)[1:]
    return np.flatnonzero(~small_cells(counts, np.ones((1, len(counts))), hide_below)) + 1


def small_cells(n: np.ndarray, totals: np.ndarray, hide_below: int) -> np.ndarray:
    """Which cells are not shown beside totals that are known: the small ones, and what would give them away."""
    if not hide_below:
        return np.zeros(len(n), dtype=bool)
    return hide_cells(np.eye(len(n)), n, least=hide_below, shown=totals[totals @ n >= hide_below])


def cluster_people(answers: pd.DataFrame, seed: int, clusters: int | None) -> tuple[np.ndarray, np.ndarray | None]:
    """The standardised answers, and of each respondent the group, 1 the largest; None where they are too few."""
    spread = answers.std()
    values = ((answers - answers.mean()) / spread).loc[:, spread > 0].fillna(0).to_numpy(dtype="float64")
    most = min(len(values) // EACH, len(np.unique(values, axis=0)) // 4 if values.size else 0)
    wanted = (clusters or 0) > 1
    if most < (clusters if wanted else 2):
        return values, None
    from sklearn.metrics import silhouette_score

    with one_thread():
        tried = [k_means(values, count, seed, 5) for count in ([clusters] if wanted else range(2, min(8, most) + 1))]
    chosen = tried[0]
    if len(tried) > 1:
        sampled = {"sample_size": min(len(values), 1000), "random_state": seed}
        chosen = max(tried, key=lambda groups: silhouette_score(values, groups, **sampled))
    order = np.argsort(-np.bincount(chosen), kind="stable")
    return values, np.argsort(order)[chosen] + 1


def k_means(values: np.ndarray, clusters: int, seed: int, starts: int) -> np.ndarray:
    """The group of each row."""
    from sklearn.cluster import KMeans

    return KMeans(clusters, n_init=starts, random_state=seed).fit_predict(values)


def one_thread():
    """Sums add up in one order, so that the same rows are always the same groups."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)


def overlaps(values: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    """Of each group, the mean Jaccard index with the most similar group of a bootstrap sample (Hennig 2007)."""
    rng = np.random.default_rng(seed)
    with one_thread():
        return np.nanmean([overlap(values, groups, rng) for _ in range(RESAMPLES[0])], axis=0)


def overlap(values: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`overlaps` of one bootstrap sample, over those who are in it; NaN for a group nobody of whom is."""
    rows, times = np.unique(rng.integers(len(values), size=len(values)), return_counts=True)
    count = groups.max()
    again = k_means(np.repeat(values[rows], times, axis=0), count, int(rng.integers(2**31)), 1)[np.cumsum(times) - 1]
    both = np.bincount((groups[rows] - 1) * count + again, minlength=count**2).reshape(count, count)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0) - both
    return np.where(both.sum(axis=1) > 0, (both / np.maximum(either, 1)).max(axis=1), np.nan)


def agree(groups: np.ndarray, personas: pd.Series, seed: int) -> tuple[float, float, float]:
    """Adjusted Rand index of groups and personas with its bootstrap interval; NaN where fewer than two are known.

    Two more people, spread over the table, are drawn too: that all agree so far is no certainty. They lower what is
    drawn, and somebody drawn twice, who agrees with themselves, lifts it: the upper end is centred on the index found,
    the lower one where it is lifted.
    """
    known = personas.notna().to_numpy()
    table = pd.crosstab(groups[known], personas[known].to_numpy()).to_numpy()
    if table.shape[-1] < 2:
        return np.nan, np.nan, np.nan
    n = table.sum()
    shares = (table.ravel() / n + ADDED / n / table.size) / (1 + ADDED / n)
    draws = np.random.default_rng(seed).multinomial(n, shares, size=RESAMPLES[1])
    drawn, found = rand_index(draws.reshape(-1, *table.shape)), rand_index(table)
    low, high = np.quantile(drawn, [0.025, 0.975])
    lifted = np.mean(drawn) - found
    return float(found), float(low - max(lifted, 0)), float(min(high - lifted, 1))


def rand_index(tables: np.ndarray) -> np.ndarray:
    """Hubert and Arabie's adjusted index from how many are in each group of either kind, shape (…, groups, groups)."""
    both, rows, columns, pairs = (
        (counts * (counts - 1) / 2).sum(axis=-1)
        for counts in (
            tables.reshape(*tables.shape[:-2], -1),
            tables.sum(axis=-1),
            tables.sum(axis=-2),
            tables.sum(axis=(-2, -1))[..., None],
        )
    )
    chance, most = rows * columns / pairs, (rows + columns) / 2
    return np.where(most > chance, (both - chance) / np.where(most > chance, most - chance, 1), 1.0)


def describe_clusters(clusters: pd.DataFrame, *, value: str = "expected") -> str:
    """Whether groups found in the answers are stable and whether they are the personas, in a sentence."""
    check_columns(clusters, CLUSTERS, name="clusters (from find_clusters)")
    if clusters.empty:
        return tell(
            "Groups of customers cannot be told: it takes {each} people for each, with answers "
            "on most touchpoints (column {column} of the ratings).",
            each=EACH,
            column=value,
        )
    row, found, stable = clusters.iloc[0], len(clusters), int((clusters["stable"] == "yes").sum())
    every, none = (
        (tell("Both groups"), tell("Neither of the 2"))
        if found == 2
        else (tell("All {found} groups", found=found), tell("None of the {found}", found=found))
    )
    which = {found: every, 0: tell("{none} groups", none=none)}.get(
        stable, tell("{count} of the {found} groups", count=stable, found=found)
    )
    one, many = tell("{which} found in the answers is stable"), tell("{which} found in the answers are stable")
    said = (one if stable < 2 else many).format(which=which)
    if found == 1:
        sure = tell("The one group shown of those in the answers is stable")
        said = sure if stable else tell("The one group shown of those in the answers is not stable")
    if pd.isna(row["agreement"]):
        return tell(
            "{said}; whether they are the personas takes a column persona of the respondents, with two personas.",
            said=said,
        )
    words = [(MATCHES, tell("match the personas")), (PARTLY, tell("match the personas in part"))]
    verdict = next((word for least, word in words if row["agreement"] >= least), tell("do not match the personas"))
    figures = [f"{round(row[end], 2) + 0.0:.2f}".replace("-", "−") for end in CLUSTERS[-3:]]
    return tell(
        "{said}; the groups {verdict} (agreement {agreement} of 1, {low} to {high}; n\u00a0{n:,}).",
        said=said,
        verdict=verdict,
        agreement=figures[0],
        low=figures[1],
        high=figures[2],
        n=round(row["n"] / row["share"]),
    )
