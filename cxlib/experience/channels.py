"""Whether channels serve alike: as they are, at an equal mix of customers and touchpoints, and how steadily."""

import numpy as np
import pandas as pd

from cxlib.catalogue import tell
from cxlib.intervals import adjust, leave_one_out, t_interval, t_test
from cxlib.tables import check_columns
from cxlib.words import listed, percent, signed

CHANNEL_VERDICTS = ("worse", "better", "only looks worse", "only looks better", "no sure difference")


def find_channels(cells: pd.DataFrame, *, confidence: float = 0.95, level: float = 0.05) -> pd.DataFrame:
    """Each channel's experience against that of all others, as it is and at an equal mix of personas and touchpoints.

    `cells` comes from `summarise_channels`. `mean` and `standardised` in scale points; `crude` and `adjusted` are the
    channel − the others, below 0 is worse. At an equal mix the channel and the others have everybody's mix of those
    pairs of persona and touchpoint that both serve (direct standardisation), which hold `coverage` of the channel's
    answers. Intervals leave out one block of respondents at a time, on t; `p` and `q` (Benjamini–Hochberg over the
    rows) are of `adjusted`, `p_crude` and `q_crude` of `crude`. The verdict is *worse* or *better* where the adjusted
    difference is sure, but *only looks worse* or *only looks better* where the crude one is sure and the adjusted one
    is not and at most half as far from 0, or lies on the other side.
    """
    check_columns(
        cells,
        ["channel", "persona", "touchpoint", "_block", "a", "b", "people"],
        name="cells (from summarise_channels)",
    )
    a, b, names = lay_cells(cells)
    found, left_out = compare(a.sum(axis=0), b.sum(axis=0)), compare(a.sum(axis=0) - a, b.sum(axis=0) - b)
    n = cells.groupby("channel")["people"].sum().round().astype("int64")
    table = pd.DataFrame({"channel": names, "n": n.reindex(names).to_numpy(dtype="int64")})
    blocks, p = count_blocks(b), {}
    for figure in ("mean", "standardised", "crude", "adjusted"):
        se = leave_one_out(found[figure], left_out[figure])
        se = np.where(se > 1e-9 * np.nan_to_num(np.abs(found["mean"])), se, np.nan)
        low, high = t_interval(found[figure], se, blocks[figure], confidence)
        table = table.assign(**{figure: found[figure], f"{figure}_low": low, f"{figure}_high": high})
        p[figure] = t_test(found[figure], se, blocks[figure])
    table = table.assign(coverage=found["coverage"], p_crude=p["crude"], q_crude=adjust(p["crude"]))
    table = table.assign(p=p["adjusted"], q=adjust(p["adjusted"]))
    return table.assign(verdict=judge(table, level)).sort_values("adjusted", kind="stable", ignore_index=True)


def lay_cells(cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, pd.Index]:
    """Σ w·x and Σ w of shape (blocks, channels, pairs of persona and touchpoint), and the names of the channels."""
    pair = cells["persona"].astype("str").fillna("") + "\t" + cells["touchpoint"].astype("str")
    block, channel, stratum = (pd.factorize(key, sort=True) for key in (cells["_block"], cells["channel"], pair))
    a, b = np.zeros((2, len(block[1]), len(channel[1]), len(stratum[1])))
    np.add.at(a, (block[0], channel[0], stratum[0]), cells["a"].to_numpy(dtype=float))
    np.add.at(b, (block[0], channel[0], stratum[0]), cells["b"].to_numpy(dtype=float))
    return a, np.where(b > 1e-9, b, 0), pd.Index(channel[1])


def compare(a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    """Each channel and its difference from all others, from Σ w·x and Σ w of shape (…, channels, strata)."""
    b = np.where(b > 1e-9, b, 0)  # what leaving out a block leaves of a cell by rounding
    rest_a, rest_b = a.sum(axis=-2, keepdims=True) - a, b.sum(axis=-2, keepdims=True) - b
    both = (b > 0) & (rest_b > 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.where(both, b + rest_b, 0)
        own, rest = (
            (weights * np.where(both, x / w, 0)).sum(axis=-1) / weights.sum(axis=-1)
            for x, w in ((a, b), (rest_a, rest_b))
        )
        mean = a.sum(axis=-1) / b.sum(axis=-1)
        crude = mean - rest_a.sum(axis=-1) / rest_b.sum(axis=-1)
        coverage = np.where(both, b, 0).sum(axis=-1) / b.sum(axis=-1)
    return dict(mean=mean, standardised=own, crude=crude, adjusted=own - rest, coverage=coverage)


def count_blocks(b: np.ndarray) -> dict[str, np.ndarray]:
    """How many blocks of respondents stand behind each figure, on the smaller side of a comparison."""
    own = b > 0
    rest = own.sum(axis=1, keepdims=True) > own
    both = own.any(axis=0) & rest.any(axis=0)
    n = {"mean": own.any(axis=-1).sum(axis=0), "standardised": (own & both).any(axis=-1).sum(axis=0)}
    for figure, chosen in (("crude", True), ("adjusted", both)):
        n[figure] = np.minimum(*((side & chosen).any(axis=-1).sum(axis=0) for side in (own, rest)))
    return n


def judge(table: pd.DataFrame, level: float) -> np.ndarray:
    """The verdict on each row, one of CHANNEL_VERDICTS."""
    crude, adjusted = (np.sign(table[figure]) for figure in ("crude", "adjusted"))
    sure, looks = table["q"] <= level, table["q_crude"] <= level
    less = table["adjusted"].abs() <= table["crude"].abs() / 2
    seeming = looks & ((~sure & less) | (crude == -adjusted))
    cases = [seeming & (crude < 0), seeming & (crude > 0), sure & (adjusted < 0), sure & (adjusted > 0)]
    return np.select(cases, [CHANNEL_VERDICTS[place] for place in (2, 3, 0, 1)], CHANNEL_VERDICTS[4])


def describe_channels(channels: pd.DataFrame, *, level: float = 0.05) -> str:
    """Which channels are worse at an equal mix and which only look so, in a sentence.

    `channels` comes from `find_channels`.
    """
    if channels.empty:
        return tell("Channels cannot be compared. A column channel of the ratings switches this on.")
    if len(channels) == 1:
        return tell("Channels cannot be compared: only one has enough answers (n\u00a0{n:,}).", n=channels["n"].iloc[0])
    if channels["p"].isna().all():
        return tell(
            "Too few customers met the same touchpoints in different channels to compare these at an equal mix."
        )
    mix = tell("at an equal mix")
    worse, seeming = (channels[channels["verdict"] == verdict] for verdict in ("worse", "only looks worse"))
    said = [say_seeming(row, level) for row in seeming.head(1).itertuples()]
    if len(worse):
        first = worse.iloc[0]
        ends = tell(
            "{low} to {high}",
            low=signed(first["adjusted_low"], 2),
            high=signed(first["adjusted_high"], 2),
        )
        figures = tell(
            "({adjusted} points, {ends}; n\u00a0{n:,})", adjusted=signed(first["adjusted"], 2), ends=ends, n=first["n"]
        )
        also = tell("; so is {channels}") if len(worse) == 2 else tell("; so are {channels}")
        others = also.format(channels=listed(worse["channel"].iloc[1:], 2)) if len(worse) > 1 else ""
        said = [
            tell(
                "{channel} is worse than the rest {mix} {figures}{others}",
                channel=first["channel"],
                mix=mix,
                figures=figures,
                others=others,
            ),
            *said,
        ]
    sentence = "; ".join(said) or tell(
        "No channel is surely worse than the rest {mix} (up to n\u00a0{most:,} a channel)",
        mix=mix,
        most=channels["n"].max(),
    )
    return f"{sentence[:1].upper()}{sentence[1:]}."


def say_seeming(row: tuple, level: float) -> str:
    """That a channel looks worse than it is."""
    truly = tell(" and is {adjusted:.2f} better", adjusted=row.adjusted) if row.q <= level and row.adjusted > 0 else ""
    return tell("{channel} (n\u00a0{n:,}) only looks worse{truly}", channel=row.channel, n=row.n, truly=truly)


def find_consistency(spread: pd.DataFrame, *, level: float = 0.05) -> pd.DataFrame:
    """Whether channels differ in their level, and in how far single answers spread: a row for each.

    `spread` comes from `summarise_spread`. The level is tested by Welch's (1951) analysis of variance, the spread by
    Brown & Forsythe's (1974), on the distance of answers from their channel's median. `omega2` is the share of the
    differences between people that goes with the channel (Hays 1963), `icc` ICC(1), the variance between channels as a
    part of all (Shrout & Fleiss 1979); `lowest` and `highest` are channels, with their means in scale points, `q` is
    Benjamini–Hochberg's over both rows. Answers are compared by person and channel: somebody in two channels is in both
    groups, and once in `n`, the respondents of all channels. No rows with fewer than two channels.
    """
    from statsmodels.stats.oneway import anova_generic

    rows = []
    for of, value, equal in (("level", "experienced", "unequal"), ("spread", "deviation", "equal")):
        groups = spread[(spread[f"n_effective_{value}"] > 1) & (spread[f"se_{value}"] > 0)]
        n, mean = (groups[f"{part}_{value}"].to_numpy(dtype=float) for part in ("n_effective", "mean"))
        variance = n * groups[f"se_{value}"].to_numpy(dtype=float) ** 2
        if len(groups) < 2:
            continue
        test = anova_generic(mean, variance, n, use_var=equal)
        row = dict(of=of, channels=len(groups), n=int(spread["respondents"].iloc[0]), f=test.statistic, df=len(n) - 1)
        row |= dict(df_within=test.df_denom, p=test.pvalue) | parts_of_variance(n, mean, variance)
        for end, place in (("lowest", mean.argmin()), ("highest", mean.argmax())):
            row |= {end: groups["channel"].iloc[place], f"{end}_mean": mean[place]}
        rows.append(row)
    columns = ["of", "channels", "n", "f", "df", "df_within", "p", "omega2", "icc"]
    table = pd.DataFrame(rows, columns=[*columns, "lowest", "lowest_mean", "highest", "highest_mean"])
    table = table.assign(q=adjust(table["p"]))
    return table.assign(verdict=np.where(table["q"] <= level, "differs", "no sure difference"))


def parts_of_variance(n: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> dict[str, float]:
    """ω² and ICC(1) of groups from their n, mean and variance.

    >>> parts_of_variance(np.array([2, 2]), np.array([1.0, 3.0]), np.array([2.0, 2.0]))["icc"]
    0.3333333333333333
    """
    people, groups = n.sum(), len(n)
    between = (n * (mean - (n * mean).sum() / people) ** 2).sum()
    within = ((n - 1) * variance).sum()
    noise, each = within / (people - groups), between / (groups - 1)
    size = (people - (n**2).sum() / people) / (groups - 1)
    omega2 = (between - (groups - 1) * noise) / (between + within + noise)
    return dict(omega2=max(float(omega2), 0.0), icc=float((each - noise) / (each + (size - 1) * noise)))


def describe_consistency(consistency: pd.DataFrame) -> str:
    """How much of the experience goes with the channel, and which is the least steady, in a sentence."""
    if consistency.empty:
        return ""
    rows = consistency.set_index("of")
    n, parts = int(rows["n"].max()), []
    if "level" in rows.index:
        part = tell(
            "{share} of the differences in experience goes with the channel",
            share=percent(rows.loc["level", "omega2"]),
        )
        sure = rows.loc["level", "verdict"] == "differs"
        parts.append(part if sure else tell("Mean experience does not surely differ by channel"))
    if "spread" in rows.index:
        row = rows.loc["spread"]
        parts.append(
            tell(
                "single experiences spread most in {highest} ({highest_mean:.2f} points from its "
                "median), least in {lowest} ({lowest_mean:.2f})",
                highest=row["highest"],
                highest_mean=row["highest_mean"],
                lowest=row["lowest"],
                lowest_mean=row["lowest_mean"],
            )
            if row["verdict"] == "differs"
            else tell("how far single experiences spread does not surely differ")
        )
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]} (n\u00a0{n:,})."
