"""Regression to the mean: how much of what the worst gained would have come with nothing done."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from cxlib.catalogue import tell
from cxlib.intervals import t_interval, t_test
from cxlib.shrinkage import posterior_of_spread
from cxlib.tables import check_columns
from cxlib.words import signed

FEWEST_WORST = 3
"""The fewest of the worst, and half of the fewest groups, where there are too few groups for as many as asked for."""

COLUMNS = ["group", "wave_before", "wave_now", "n_before", "n", "before", "now", "raw", "raw_low", "raw_high"]
COLUMNS += ["by_itself", "shift", "corrected", "low", "high", "p", "verdict"]


def find_regression_to_mean(
    change: pd.DataFrame, *, worst: int = 5, confidence: float = 0.95, level: float = 0.05
) -> pd.DataFrame:
    """What the worst groups of a wave gained by the next one beyond what comes with nothing done.

    `change` comes from `summarise_change`. First a row for the `worst` together, then each of them, in scale points:
    `raw` (now − before), `by_itself` Σw(1 − B)(μ − x̄) with B = τ²/(τ² + se²) over the posterior of τ, `shift` what the
    other groups moved beyond their own regression, `corrected` = raw − by_itself − shift, its interval with what is not
    known of μ and τ and t on groups − 2. `verdict` of the row for all: better, worse or no sure change. Where
    fewer than twice as many groups have both waves, the worst are half of them; nothing with under six. Groups are
    taken to share no people.
    """
    figures = [f"{part}_{when}" for when in ("before", "now") for part in ("n", "mean", "se")]
    check_columns(change, [*figures, "covariance", "wave_before"], name="change (from summarise_change)")
    known = change[(change["se_before"] > 0) & (change["se_now"] > 0)].sort_values("mean_before", kind="stable")
    if len(known) < 2 * min(worst, FEWEST_WORST):
        return pd.DataFrame(columns=COLUMNS)
    worst = min(worst, len(known) // 2)
    found = correct(known, worst, confidence)
    group = known["label"] if "label" in known else known.iloc[:, 0].astype("str")
    table = pd.DataFrame(found).assign(group=[tell("the {worst} worst together", worst=worst), *group.iloc[:worst]])
    for name, column in {"n_before": "n_before", "n": "n_now"}.items():
        table[name] = pd.array([None, *known[column].iloc[:worst]], dtype="Int64")
    moved = "better" if table["corrected"][0] > 0 else "worse"
    verdict = [moved if table["p"][0] <= level else "no sure change", *[""] * worst]
    waves = {column: change[column].iloc[0] for column in ("wave_before", "wave_now")}
    return table.assign(p=table["p"].where(table.index == 0), verdict=verdict, **waves)[COLUMNS]


def correct(known: Mapping[str, ArrayLike], worst: int, confidence: float) -> dict[str, np.ndarray]:
    """The changes of the first `worst` groups together, then of each, corrected against all the others.

    `known` has the groups in order, the worst first. Where the same people answered twice, of the error before the part
    `covariance`/se² is there again.
    """
    figures = ["mean_before", "mean_now", "se_before", "se_now", "covariance"]
    before, now, se, se_now, covariance = (np.asarray(known[name], dtype=float) for name in figures)
    rest = len(before) - worst
    own = np.vstack([np.repeat(1 / worst, worst), np.eye(worst)])
    weights, others = np.hstack([own, np.zeros((worst + 1, rest))]), np.repeat([0, 1 / rest], [worst, rest])
    taus, chances, middle, spread = posterior_of_spread(before, se)
    again = covariance / se**2
    keep = taus**2 / (taus**2 + se**2)
    true = middle[:, None] + keep * (before - middle[:, None])
    raw, by_itself = now - before, (1 - again) * (chances @ true - before)
    free = (weights - others) * (1 - again)
    at_tau = true @ free.T
    within = (keep * se**2) @ (free**2).T + ((1 - keep) @ free.T) ** 2 * spread[:, None]
    unsure = chances @ (within + (at_tau - chances @ at_tau) ** 2)
    left = np.sqrt(unsure + (weights - others) ** 2 @ (se_now**2 - again * covariance))
    corrected, worth = (weights - others) @ (raw - by_itself), len(before) - 1
    margin = stats.norm.ppf(0.5 + confidence / 2) * np.sqrt(weights**2 @ (se**2 + se_now**2 - 2 * covariance))
    low, high = t_interval(corrected, left, worth, confidence)
    return dict(
        before=weights @ before, now=weights @ now, raw=weights @ raw, by_itself=weights @ by_itself,
        raw_low=weights @ raw - margin, raw_high=weights @ raw + margin, low=low, high=high,
        shift=np.full(worst + 1, others @ (raw - by_itself)), corrected=corrected, p=t_test(corrected, left, worth),
    )  # fmt: skip


def describe_regression_to_mean(found: pd.DataFrame, *, what: str) -> str:
    """What the worst (`what`, such as sites) gained by themselves, in a sentence."""
    if found.empty:
        return tell(
            "What the worst {what} gained by themselves cannot be told. It takes two waves and "
            "at least {fewest_worst} {what} with answers in both.",
            what=what,
            fewest_worst=2 * FEWEST_WORST,
        )
    row, worst = found.iloc[0], len(found) - 1
    least, most = found["n"].min(), found["n"].max()
    n = (
        tell("{least:,} each", least=least)
        if least == most
        else tell("{least:,} to {most:,} each", least=least, most=most)
    )
    beyond = tell(
        "{corrected}; {low} to {high}",
        corrected=signed(row["corrected"], 2),
        low=signed(row["low"], 2),
        high=signed(row["high"], 2),
    )
    verdict = {"better": tell("surely better beyond that"), "worse": tell("surely worse beyond that")}.get(
        row["verdict"], "no sure change beyond that"
    )
    return tell(
        "The {worst} worst {what} of {wave_before} moved by {raw} (n\u00a0{n}); {shift} "
        "would have come with nothing done: {verdict} ({beyond}).",
        worst=worst,
        what=what,
        wave_before=row["wave_before"],
        raw=signed(row["raw"], 2),
        n=n,
        shift=signed(row["by_itself"] + row["shift"], 2),
        verdict=verdict,
        beyond=beyond,
    )
