"""What matters, and how well it is done: the importance–performance matrix."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxlib.catalogue import tell
from cxlib.intervals import t_interval
from cxlib.priorities.ranking import SURE, draw_importance, find_error, say_shortly
from cxlib.shrinkage import draw_shrunk
from cxlib.tables import StudyError, check_columns
from cxlib.words import listed, percent

QUADRANTS = ("concentrate here", "keep it up", "low priority", "more than it takes")
CROSSHAIRS = {"means": "mean experience", "scale": "middle of the scale", "benchmark": "benchmark"}
"""What performance is held against; importance is held against the mean importance, an even share."""
FEWEST_GIVEN = 7
"""Touchpoints from which on a line that is given, not their own mean, tells quadrants as surely as it says."""
MISSING = {
    "means": "There is no importance to set performance against.",
    "scale": "There is no importance, or no scale, to set performance against: "
    "scales: {experienced: [lowest, highest]} in study.yaml declares the scale.",
    "benchmark": "No touchpoint has both an importance and a benchmark: "
    "benchmarks.csv, with the columns touchpoint and value, gives benchmarks.",
}


def place_in_matrix(
    ratings: pd.DataFrame, moments: pd.DataFrame, *,
    crosshair: str = "means", scale: tuple[float, float] | None = None, benchmarks: pd.DataFrame | None = None,
    confidence: float = 0.95, draws: int = 4000, seed: int = 1,
) -> pd.DataFrame:  # fmt: skip
    """Importance–performance matrix (Martilla & James 1977): the quadrant of each touchpoint and how sure it is.

    Performance is the mean experience, importance comes from `find_moments`. `performance_line` is the mean of all
    (`crosshair` "means"), the middle of the `scale` ("scale"), or the mean of each touchpoint's own `benchmarks`
    (touchpoint, value, se; "benchmark": what has none is left out); `importance_line` is the mean importance. What has
    no importance, or a mean without an interval, is left out.
    `quadrant` is the one that most draws from the empirical-Bayes posteriors, crosshair included, fall into, and
    `p_quadrant` how many do; a doubtful point may lie beside the quadrant it is named after. Under 7 touchpoints
    against a line that is not their own mean it is blank: not sure.
    """
    check_crosshair(crosshair)
    table = moments[["stage", "touchpoint", "label", "importance", "importance_high"]].merge(
        find_performance(ratings, confidence), on="touchpoint", how="inner", validate="one_to_one"
    )  # fmt: skip
    table = table[table["importance"].notna() & (table["performance_high"] > table["performance"])]
    table = add_line(table, crosshair, scale, benchmarks)
    table = table.assign(importance_line=table["importance"].mean(), crosshair=CROSSHAIRS[crosshair])
    rng = np.random.default_rng(seed)
    drawn = draw_quadrants(table, draws, rng, confidence) if len(table) else np.empty((1, 0))
    likeliest, chance = find_likeliest(drawn, given=crosshair != "means")
    table = table.assign(quadrant=np.array(QUADRANTS, dtype=object)[likeliest], p_quadrant=chance)
    return table.drop(columns=["importance_high", "performance_high", "se_line"])


def find_performance(ratings: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Mean experience with the upper end of its t interval, on the effective n; NaN where it is not known."""
    mean, se, effective = (ratings[f"{figure}_experienced"] for figure in ("mean", "se", "n_effective"))
    high = t_interval(mean, se, effective, confidence)[1]
    table = ratings[["touchpoint"]].assign(n=ratings["n_experienced"], performance=mean)
    return table.assign(performance_high=high)


def check_crosshair(crosshair: str) -> None:
    """Refuse a crosshair there is none of."""
    if crosshair not in CROSSHAIRS:
        raise StudyError(f"crosshair should be one of {', '.join(CROSSHAIRS)}; it is {crosshair!r}.", code=2)


def add_line(
    table: pd.DataFrame, crosshair: str, scale: tuple[float, float] | None, benchmarks: pd.DataFrame | None
) -> pd.DataFrame:
    """The rows that can be held against something, with `performance_line` and its standard error `se_line`."""
    if crosshair == "means":
        table = table.assign(performance_line=table["performance"].mean(), se_line=0.0)
    elif crosshair == "scale":
        table = table.assign(performance_line=np.nan if scale is None else sum(scale) / 2, se_line=0.0)
    else:
        given = pd.DataFrame(columns=["touchpoint", "value"]) if benchmarks is None else benchmarks
        check_columns(given, ["touchpoint", "value"], name="benchmarks (benchmarks.csv)")
        given = given.reindex(columns=["touchpoint", "value", "se"]).dropna(subset=["touchpoint", "value"])
        numbers = given[["value", "se"]].astype("float64").fillna(0).assign(se=lambda both: both["se"] ** 2)
        groups = numbers.groupby(given["touchpoint"].astype("str"))
        lines = groups.mean().rename(columns={"value": "performance_line"})
        lines["se_line"] = np.sqrt(lines["se"] / groups.size())
        table = table.merge(lines.drop(columns="se"), on="touchpoint", how="left", validate="one_to_one")
    return table[table["performance_line"].notna()].reset_index(drop=True)


def draw_quadrants(table: pd.DataFrame, draws: int, rng: np.random.Generator, confidence: float) -> np.ndarray:
    """Places in QUADRANTS from draws of importance, performance and crosshair; shape (draws, touchpoints)."""
    matters = draw_importance(table, draws, rng, confidence)
    error = find_error(table, "performance", "performance_high", confidence)
    seen = draw_shrunk(table["performance"], error, draws=draws, rng=rng)
    if np.asarray(table["crosshair"])[0] == CROSSHAIRS["means"]:
        line = seen.mean(axis=1, keepdims=True)
    else:
        line = rng.normal(table["performance_line"], table["se_line"], size=seen.shape)
    return quadrant(matters, matters.mean(axis=1, keepdims=True), seen, line)


def find_likeliest(drawn: np.ndarray, *, given: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The place in QUADRANTS most draws fall into, and their share, per touchpoint.

    Of fewer than 7 touchpoints against a `given` line the share is NaN.
    """
    shares = np.stack([(drawn == place).mean(axis=0) for place in range(len(QUADRANTS))])
    told = not given or drawn.shape[1] >= FEWEST_GIVEN
    return shares.argmax(axis=0), np.where(told, shares.max(axis=0), np.nan)


def quadrant(
    importance: ArrayLike, importance_line: ArrayLike, performance: ArrayLike, performance_line: ArrayLike
) -> np.ndarray:
    """Place in QUADRANTS; what lies on a line matters, or is good."""
    good = np.asarray(performance) >= np.asarray(performance_line)
    matters = np.asarray(importance) >= np.asarray(importance_line)
    return np.where(matters, np.where(good, 1, 0), np.where(good, 3, 2))


def describe_matrix(matrix: pd.DataFrame, *, crosshair: str = "means") -> str:
    """What matters and is done badly, as far as that is sure, in a sentence."""
    check_crosshair(crosshair)
    if matrix.empty:
        return MISSING[crosshair]
    sure = matrix[matrix["p_quadrant"] >= SURE]
    worst = sure[sure["quadrant"] == QUADRANTS[0]]
    doubt = len(matrix) - len(sure)
    doubtful = (
        tell(" For {doubt} of {count} the quadrant is doubtful.", doubt=doubt, count=len(matrix)) if doubt else ""
    )
    against = matrix["crosshair"].iloc[0]
    if worst.empty:
        return tell(
            "No touchpoint surely matters more than the mean and is rated below the {against}.{doubtful}",
            against=against,
            doubtful=doubtful,
        )
    known = tell("at least {sure} sure, n\u00a0{n:,}", sure=percent(worst["p_quadrant"].min()), n=worst["n"].min())
    said = [
        tell(
            "Important and below the {against}: {label} ({known}).",
            against=against,
            label=listed(worst["label"], most=most),
            known=known,
        )
        for most in (3, 2)
    ]
    return say_shortly(*(one + doubtful for one in said), *said)
