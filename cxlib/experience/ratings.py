"""Step 3: what customers experienced, how it felt along the journey, and where they left."""

import pandas as pd

from cxlib.catalogue import tell
from cxlib.intervals import t_interval
from cxlib.shares import nps_interval, share_interval
from cxlib.words import extremes, percent, signed

NO_EXPERIENCE = "Nobody was asked what they experienced. A column experienced of the ratings switches it on."


def find_experience(summary: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Every measure of each group with its interval, in the order of the journey.

    `summary` comes from `summarise_experience` (or `summarise_people`). Per measure `n_<measure>`, `<measure>`,
    `<measure>_low`, `<measure>_high`: means in scale points by Student's t, `top2` as a share by Wilson, `nps` as a
    share from −1 to 1 by adjusted Wald (exact limits where few differ). A measure nobody gave is left out.
    """
    measures = [column.removeprefix("mean_") for column in summary if column.startswith("mean_")]
    table = summary[[c for c in summary if not c.startswith(("n_", "mean_", "se_"))]].copy()
    first = [column for column in ("stage", "touchpoint", "label") if column in table]
    table = table[[*first, *(column for column in table if column not in first)]]
    for measure in measures:
        n, mean, se, kish = (summary[f"{part}_{measure}"] for part in ("n", "mean", "se", "n_effective"))
        if measure in ("promoters", "detractors") or not (n > 0).any():
            continue
        if measure == "top2":
            low, high = share_interval(mean, se, n, kish, confidence)
        elif measure == "nps":
            sides = (summary[f"mean_{side}"] for side in ("promoters", "detractors"))
            low, high = nps_interval(*sides, se, n, kish, confidence)
        else:
            low, high = t_interval(mean, se, kish, confidence)
        table = table.assign(**{f"n_{measure}": n, measure: mean, f"{measure}_low": low, f"{measure}_high": high})
    return table.reset_index(drop=True)


def describe_experience(experience: pd.DataFrame) -> str:
    """Where experience is best and worst, in a sentence."""
    if "experienced" not in experience or experience["experienced"].isna().all():
        return NO_EXPERIENCE
    known = experience.dropna(subset="experienced").sort_values("experienced", kind="stable")
    worst, best = known.iloc[0], known.iloc[-1]
    highest, lowest, sure = extremes(known, "experienced", "experienced_low", "experienced_high")
    if not sure:
        return tell(
            "No touchpoint is surely rated higher than another ({low:.1f} to {high:.1f}).",
            low=worst["experienced"],
            high=best["experienced"],
        )
    return tell(
        "Rated highest: {highest} ({high:.1f}; n\u00a0{n_high:,}); lowest: {lowest} ({low:.1f}; n\u00a0{n_low:,}).",
        highest=highest,
        high=best["experienced"],
        n_high=best["n_experienced"],
        lowest=lowest,
        low=worst["experienced"],
        n_low=worst["n_experienced"],
    )


def rank_experience(experience: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The rows by one of the measures, the best first; as they are where nobody gave it."""
    if measure not in experience:
        return experience
    return experience.sort_values(measure, ascending=False, kind="stable", ignore_index=True)


def describe_top2(experience: pd.DataFrame) -> str:
    """Where most and where fewest gave one of the two best ratings, in a sentence."""
    known = experience.dropna(subset="top2") if "top2" in experience else experience.iloc[:0]
    if known.empty:
        return NO_EXPERIENCE
    best, worst = known.loc[known["top2"].idxmax()], known.loc[known["top2"].idxmin()]
    if best["top2"] == worst["top2"]:
        return tell(
            "{share} of answers are one of the two best ratings (n\u00a0{n:,}).",
            share=percent(best["top2"]),
            n=best["n_top2"],
        )
    return tell(
        "One of the two best ratings: from {low_share} of answers on {lowest} (n\u00a0{n_lowest:,}) "
        "to {high_share} on {highest} (n\u00a0{n_highest:,}).",
        low_share=percent(worst["top2"]),
        lowest=worst["label"],
        n_lowest=worst["n_top2"],
        high_share=percent(best["top2"]),
        highest=best["label"],
        n_highest=best["n_top2"],
    )


def describe_emotion(experience: pd.DataFrame) -> str:
    """Where along the journey it feels worst and best, in a sentence; empty where nobody was asked."""
    if "emotion" not in experience:
        return ""
    known = experience.dropna(subset="emotion_low")
    if known.empty:
        return tell("The answers are too few to tell how the journey feels.")
    best, worst, sure = extremes(known, "emotion", "emotion_low", "emotion_high")
    ends = tell(
        "{low} to {high}, on a scale from −2 to +2",
        low=signed(known["emotion"].min()),
        high=signed(known["emotion"].max()),
    )
    if not sure:
        return tell("The journey feels much the same everywhere ({ends}).", ends=ends)
    return tell("The journey feels worst at {worst} and best at {best} ({ends}).", worst=worst, best=best, ends=ends)
