"""What to mend first, and how sure that is."""

import numpy as np
import pandas as pd
from scipy import stats

from cxlib.catalogue import tell
from cxlib.shrinkage import draw_shrunk
from cxlib.tables import StudyError, check_columns
from cxlib.words import counted, listed, percent

SURE = 0.8
"""Probability from which something is said, or drawn in colour, rather than called doubtful."""

MOST_WORDS = 36
"""Of both sentences on what comes first together."""


def rank_gaps(
    moments: pd.DataFrame, feasibility: pd.DataFrame, *,
    top: int = 3, impact_weight: float = 1.0, feasibility_weight: float = 1.0, confidence: float = 0.95,
    draws: int = 4000, seed: int = 1,
) -> pd.DataFrame:  # fmt: skip
    """Touchpoints by impact × feasibility, with the probability of being among the `top` ones.

    `moments` comes from `find_moments`, `feasibility` is the study's table (low, mode and high guess from 0 to 1;
    blank: 1). A gap without an interval could be anything and has no rank. impact = reach × importance × shortfall,
    shortfall = max(0, −gap); score = impact^impact_weight × feasibility^feasibility_weight. Gaps and importances are
    drawn from their empirical-Bayes posterior (`draw_shrunk`), with the errors of their intervals at `confidence`,
    reach and feasibility from their own uncertainty. `p_top` is the share of draws with rank ≤ top, `could_be_top`
    marks the smallest set that holds the first place with probability .95, `impact` and `score` are means over draws.
    """
    check_columns(moments, ["touchpoint", "n", "gap", "high", "reach"], name="moments (from find_moments)")
    if top < 1 or impact_weight < 0 or feasibility_weight < 0:
        raise StudyError("top should be 1 or more, and impact_weight and feasibility_weight 0 or more.", code=2)
    table = moments[find_error(moments, "gap", "high", confidence) > 0].merge(
        check_feasibility(feasibility), on="touchpoint", how="left", validate="one_to_one"
    )
    columns = ["stage", "touchpoint", "label", "n", "gap", "low", "high", "reach", "importance", "feasibility"]
    if table.empty:
        return pd.DataFrame(columns=[*columns, "impact", "score", "mean_rank", "p_top", "could_be_top"])
    rng = np.random.default_rng(seed)
    impact, score = draw_scores(table, impact_weight, feasibility_weight, confidence, draws, rng)
    place = find_places(score, rng)
    first, among = (find_chances(score, place, most) for most in (1, top))
    table = table.assign(
        impact=impact.mean(axis=0), score=score.mean(axis=0), mean_rank=place.mean(axis=0), p_top=among,
        could_be_top=first_places(first),
    )  # fmt: skip
    table = table[[*columns, "impact", "score", "mean_rank", "p_top", "could_be_top"]]
    return table.sort_values(["p_top", "score"], ascending=False, kind="stable", ignore_index=True)


def draw_scores(
    table: pd.DataFrame, impact_weight: float, feasibility_weight: float, confidence: float, draws: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Draws of impact and score, each of shape (draws, touchpoints); 0 where a draw does not fall short."""
    error = find_error(table, "gap", "high", confidence)
    shortfall = np.maximum(-draw_shrunk(table["gap"], error, draws=draws, rng=rng), 0)
    impact = shortfall * draw_importance(table, draws, rng, confidence) * draw_reach(table, draws, rng)
    weighted = impact**impact_weight * draw_feasibility(table, draws, rng) ** feasibility_weight
    return impact, np.where(shortfall > 0, weighted, 0)


def find_chances(score: np.ndarray, place: np.ndarray, top: int) -> np.ndarray:
    """In which share of the draws each touchpoint falls short and is among the first `top`."""
    short = score > 0
    return ((place <= top) & short).mean(axis=0)


def find_places(score: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each draw's places, the greatest score first, equal ones by lot; last where nothing falls short."""
    order = np.argsort(-score * (1 + 1e-9 * rng.random(score.shape)), axis=1)
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(1, score.shape[1] + 1)[None], axis=1)
    return np.where(score > 0, place, score.shape[1])


def check_feasibility(feasibility: pd.DataFrame) -> pd.DataFrame:
    """One row a touchpoint: the mean of those who rated it; guesses from 0 to 1, low ≤ likeliest ≤ high."""
    names = ["feasibility_low", "feasibility", "feasibility_high"]
    guesses = feasibility[names].astype("float64")
    outside = ((guesses < 0) | (guesses > 1)).any(axis=1)
    guesses = guesses.assign(
        feasibility_low=guesses["feasibility_low"].fillna(guesses["feasibility"]),
        feasibility_high=guesses["feasibility_high"].fillna(guesses["feasibility"]),
    )
    crossed = (guesses.diff(axis=1).iloc[:, 1:] < 0).any(axis=1)
    for wrong, rule in ((outside, "lie from 0 to 1"), (crossed, "rise from low to high")):
        if wrong.any():
            name = feasibility.loc[wrong, "touchpoint"].iloc[0]
            raise StudyError(f"The feasibility of {name} should {rule}; correct the file of feasibility.")
    return guesses.assign(touchpoint=feasibility["touchpoint"]).groupby("touchpoint", as_index=False).mean()


def draw_importance(table: pd.DataFrame, draws: int, rng: np.random.Generator, confidence: float) -> np.ndarray:
    """Importance from its posterior, as gaps are drawn, but of its logarithm, 0 to 1; 1 where none was measured.

    A few shares of variance tower over the rest, and their errors grow with them: log(share + half the mean error)
    levels both.
    """
    share = np.asarray(table["importance"], dtype=float)
    error = find_error(table, "importance", "importance_high", confidence)
    start = error[error > 0].mean() / 2 if (error > 0).any() else np.nan
    level = np.log(share + start)
    drawn = draw_shrunk(level, np.log(share + start + error) - level, draws=draws, rng=rng)
    return np.nan_to_num(np.clip(np.exp(drawn) - start, 0, 1), nan=1.0)


def find_error(table: pd.DataFrame, figure: str, high: str, confidence: float) -> np.ndarray:
    """The standard error of a figure, from the upper end of its interval; NaN where there is none.

    So what widens the interval, such as few answers, unequal weights or rare failures, counts here too.
    """
    margin = np.asarray(table[high], dtype=float) - np.asarray(table[figure], dtype=float)
    return margin / stats.norm.ppf(0.5 + confidence / 2)


def draw_reach(table: pd.DataFrame, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Reach from its posterior, Jeffreys' prior."""
    met, reach = (np.asarray(table[name], dtype=float) for name in ("respondents", "reach"))
    people = np.divide(met, reach, out=np.zeros_like(met), where=reach > 0)
    return rng.beta(met + 0.5, people - met + 0.5, size=(draws, len(met)))


def draw_feasibility(table: pd.DataFrame, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Feasibility from low, likeliest and high guess as PERT does (a beta distribution); 1 where nobody rated it."""
    guesses = (table[name] for name in ("feasibility_low", "feasibility", "feasibility_high"))
    low, mode, high = (np.nan_to_num(np.asarray(guess, dtype=float), nan=1.0) for guess in guesses)
    width = np.where(high > low, high - low, 1)
    drawn = rng.beta(1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width, size=(draws, len(mode)))
    return np.where(high > low, low + drawn * (high - low), mode)


def first_places(chance: np.ndarray, confidence: float = 0.95) -> list[str]:
    """Which could be first: the likeliest ones that together hold the first place with this probability.

    >>> first_places(np.array([0.7, 0.28, 0.02]))
    ['yes', 'yes', 'no']
    """
    order = np.argsort(-chance, kind="stable")
    before = np.cumsum(chance[order]) - chance[order]
    chosen = np.empty(len(chance), dtype=bool)
    chosen[order] = (before < confidence * chance.sum()) & (chance[order] > 0)
    return ["yes" if could else "no" for could in chosen]


def describe_begin(likely: pd.Series, others: pd.Series, top: int, most: int) -> str:
    """Which are among the first with a high chance, and which others could be the first of all: at `most` so many."""
    said = tell(
        "Begin with {names}: with a chance of {sure} or more among the first {top}.",
        names=listed(likely, most=max(most, 2)), sure=percent(SURE), top=top,
    )  # fmt: skip
    if others.empty or not most:
        return said
    names = listed(others, most=most) if most > 1 else tell("{count} more", count=len(others))
    return said + tell(" {names} may come first as well.", names=names)


def describe_first(priorities: pd.DataFrame, gaps: pd.DataFrame, *, top: int = 3, weighted: str = "") -> str:
    """What `describe_priorities` says, but naming only what falls short by the verdicts of `gaps`; "" where none does.

    `weighted` is said after it.
    """
    held = priorities["touchpoint"].isin(gaps.loc[gaps["verdict"] == "shortfall", "touchpoint"])
    could = priorities["could_be_top"].eq("yes")
    sure = priorities.loc[could & held, "label"]
    if sure.empty:
        return ""
    if len(sure) == could.sum() or could.sum() > max(len(priorities) / 2, 3):
        return describe_priorities(priorities.assign(p_top=priorities["p_top"].where(held, 0.0)), top=top) + weighted
    said = tell(
        "Of what could come first, these surely fall short: {names}. Of {others} the shortfall is not sure.",
        names=listed(sure, most=3), others=counted(int(could.sum()) - len(sure), "other", "others"),
    )  # fmt: skip
    return said + weighted


def describe_weights(impact_weight: float, feasibility_weight: float) -> str:
    """How the score is weighted, with a blank before it; empty where nothing is weighted."""
    if (impact_weight, feasibility_weight) == (1, 1):
        return ""
    return tell(
        " Weighted: impact to the power of {impact_weight:g}, feasibility to {feasibility_weight:g}.",
        impact_weight=impact_weight, feasibility_weight=feasibility_weight,
    )  # fmt: skip


def describe_priorities(priorities: pd.DataFrame, *, top: int = 3) -> str:
    """What comes first, if that can be said, else what could, in a sentence."""
    if priorities.empty:
        return tell("What to mend first cannot be told: no touchpoint has a gap that is known well enough.")
    short = priorities[priorities["score"] > 0]
    if short.empty:
        return tell("Nothing falls short, so there is nothing to mend first.")
    could = short.loc[short["could_be_top"] == "yes", "label"]
    if len(could) > max(len(priorities) / 2, 3):
        return tell(
            "What to mend first cannot be told: {could} of {touchpoints} touchpoints could come first.",
            could=len(could),
            touchpoints=len(priorities),
        )
    likely = short.loc[(short["p_top"] >= SURE) & (len(short) > top), "label"]
    known = [word for word in ("importance", "feasibility") if priorities[word].notna().any()]
    factors = listed([tell(word) for word in ("shortfall", "reach", *known)])
    tail = tell(" This weighs {factors}, each with its uncertainty.", factors=factors)
    if len(could) > 1 and len(likely):
        others = could[could.index.difference(likely.index)]
        first, brief, counts, alone = (describe_begin(likely, others, top, most) for most in (3, 2, 1, 0))
        return say_shortly(first + tail, first, brief, counts, alone, most=MOST_WORDS)
    first, brief = (
        tell("{name} comes first, with a chance of 95\u00a0% or more.", name=could.iloc[0])
        if len(could) == 1
        else tell("One of these comes first: {names}.", names=listed(could, most=most))
        for most in (3, 2)
    )
    among = tell(
        " With a chance of {sure} or more among the first {top}: {names}.",
        sure=percent(SURE),
        top=top,
        names=listed(likely),
    )
    among = among if len(likely) else ""
    return say_shortly(first + among + tail, first + among, first, brief, most=MOST_WORDS)


def say_shortly(*choices: str, most: int = 30) -> str:
    """The first choice of at most `most` words, else the last.

    >>> say_shortly("Pay and help come first.", "Two come first.", most=3)
    'Two come first.'
    """
    return next((words for words in choices if len(words.split()) <= most), choices[-1])
