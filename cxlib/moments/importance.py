"""Step 1: which touchpoints decide how customers judge the whole."""

import numpy as np
import pandas as pd
from scipy import special

from cxlib.catalogue import tell
from cxlib.intervals import leave_one_out, t_interval
from cxlib.words import counted, percent

NO_VERDICT = (
    "What matters cannot be told: that takes a verdict on the whole, such as overall satisfaction. "
    "A column of respondents named as outcome in study.yaml switches it on."
)
MOST_SUBSETS, AT_ONCE = 16, 2**18
"""Touchpoints in a stage up to which all 2^p regressions are weighed (LMG), Johnson's weights above; and how many
regressions are held in memory at once."""


def lmg(products: np.ndarray) -> np.ndarray:
    """The share of R² that belongs to each predictor, averaged over all orders (Lindeman, Merenda & Gold 1980).

    `products` holds covariances of p predictors and, last, the outcome: shape (…, p + 1, p + 1). Shape of the result:
    (…, p); its sum over predictors is R². All 2^p residual variances come from a tree of Schur complements.
    """
    size = products.shape[-1]
    many = products.reshape(-1, size, size)
    step = max(AT_ONCE >> (size - 1), 1)
    shares = [average_gains(many[start : start + step]) for start in range(0, len(many), step)]
    return np.concatenate(shares or [np.zeros((0, size - 1))]).reshape(*products.shape[:-2], size - 1)


def residuals(products: np.ndarray) -> np.ndarray:
    """Residual variance of the outcome on every subset of predictors, shape (k, p + 1, p + 1) to (2^p, k).

    Bit j of a row's number says whether predictor j is in.
    """
    nodes = np.moveaxis(products, 0, -1)[:, :, None]
    least = 1e-10 * np.diagonal(products, axis1=-2, axis2=-1)
    for place in range(products.shape[-1] - 1):
        rest, row, pivot = nodes[1:, 1:], nodes[0, 1:], nodes[0, 0]
        usable = pivot > least[:, place]
        inverse = np.where(usable, 1 / np.where(usable, pivot, 1), 0)
        nodes = np.empty((*rest.shape[:2], 2 * len(pivot), len(products)))
        nodes[:, :, : len(pivot)] = rest
        swept = np.multiply(row[:, None], row * inverse, out=nodes[:, :, len(pivot) :])
        np.subtract(rest, swept, out=swept)
    return nodes[0, 0]


def average_gains(products: np.ndarray) -> np.ndarray:
    """`lmg` of a few; a subset counts for those outside it, and against those in it, by its size."""
    predictors = products.shape[-1] - 1
    whole = products[:, -1, -1]
    left = residuals(products) / np.where(whole > 0, whole, np.nan)
    outside = np.append(1 / (predictors * special.comb(predictors - 1, np.arange(predictors))), 0)
    sizes = np.bitwise_count(np.arange(2**predictors))
    total = outside[sizes] @ left
    left = left * (outside + np.append(0, outside[:-1]))[sizes, None]
    shares = np.empty((len(products), predictors))
    for place in reversed(range(predictors)):
        without, within = left.reshape(2, 2**place, -1)
        shares[:, place] = total - within.sum(axis=0)
        left = without + within
    return shares


def johnson(products: np.ndarray) -> np.ndarray:
    """Johnson's relative weights (2000), which sum to R² too; shapes as for `lmg`."""
    correlations = to_correlations(products)
    root, inverse = square_roots(correlations[..., :-1, :-1])
    betas = inverse @ correlations[..., :-1, -1:]
    return (root**2 @ betas**2)[..., 0]


def to_correlations(products: np.ndarray) -> np.ndarray:
    """Covariances as correlations, shape as given."""
    spread = np.sqrt(np.maximum(np.diagonal(products, axis1=-2, axis2=-1), 1e-300))
    return np.clip(products / (spread[..., :, None] * spread[..., None, :]), -1, 1)


def square_roots(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The symmetric square root of each correlation matrix, and its inverse."""
    values, vectors = np.linalg.eigh(matrices)
    roots, turned = np.sqrt(np.maximum(values, 1e-12))[..., None, :], np.swapaxes(vectors, -1, -2)
    return (vectors * roots) @ turned, (vectors / roots) @ turned


def find_importance(drivers: list, *, confidence: float = 0.95, draws: int = 1000, seed: int = 1) -> pd.DataFrame:
    """How much of what tells people's verdicts apart belongs to each touchpoint, stage by stage, with intervals.

    `drivers` comes from `summarise_drivers`. One row per touchpoint: `importance`, a share of the outcome's variance
    (`importance_is` "share of R²": LMG, beside it Johnson's weight; "association": its own squared correlation, where
    too few rated the whole stage), its interval by leaving out one block of respondents at a time, `above_random`, the
    lower limit of its weight less that of a random variable beside it (Tonidandel, LeBreton & Johnson 2009; above 0:
    it surely matters), `stability`, the share of `draws` of blocks in which its weight is above the mean of all
    touchpoints measured the same way, `direction` (+1 where a better experience goes with a better verdict, all else
    equal), `n_importance`, `r2` of the stage and `vif`.
    """
    tables = [stage_importance(stage, confidence) for stage in drivers]
    words = {"stage": "str", "touchpoint": "str", "importance_is": "str"}
    figures = ["importance", "importance_low", "importance_high", "johnson", "above_random", "stability", "direction"]
    figures += ["n_importance", "r2", "vif"]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*words, *figures])
    if len(table):
        weights, random = draw_weights(drivers, draws, seed)
        known = table["importance"].notna()
        over = np.quantile(weights - random, (1 - confidence) / 2, axis=0)
        table["above_random"] = pd.Series(over).where(known)
        table["stability"] = share_above_even(weights, table["importance_is"].where(known))
    return table[[*words, *figures]].astype(words | dict.fromkeys(figures, "float64") | {"n_importance": "Int64"})


def draw_weights(drivers: list, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Johnson's weight of every touchpoint, and of a random variable beside it, in resamples of the blocks.

    Both of shape (draws, touchpoints). All stages share the resamples. The random variable's sample correlations with
    predictors and outcome are drawn as those of any independent one: N(0, R/n), n the effective respondents; from how
    many rated what, whatever stages are called and however many there are.
    """
    answered = np.any([stage.sums.reshape(len(stage.sums), -1).any(axis=1) for stage in drivers], axis=0)
    blocks = int(answered.sum())
    shares = np.full(blocks, 1 / max(blocks, 1))
    times = np.random.default_rng(seed).multinomial(blocks, shares, size=draws).astype(float)
    weights, random = [], []
    for stage in drivers:
        sums = stage.sums[answered]
        products = to_correlations(covariances(np.tensordot(times, sums[:, None] if stage.joint else sums, axes=1)))
        n = np.array(stage.n_effective or stage.n_own, dtype=float)[: products.shape[1], None]
        rng = np.random.default_rng([seed, stage.n, *stage.n_own])
        noise = rng.normal(size=products.shape[:-1]) / np.sqrt(np.maximum(n, 1))
        drawn = johnson(add_first(products, (square_roots(products)[0] @ noise[..., None])[..., 0]))
        weights.append(johnson(products).reshape(draws, -1))
        random.append(np.repeat(drawn[..., 0], products.shape[-1] - 1, axis=1))
    return np.hstack(weights), np.hstack(random)


def add_first(correlations: np.ndarray, added: np.ndarray) -> np.ndarray:
    """Correlation matrices with one more variable, in the first place, whose correlations are `added`."""
    size = correlations.shape[-1] + 1
    wider = np.ones((*correlations.shape[:-2], size, size))
    wider[..., 1:, 1:] = correlations
    wider[..., 0, 1:] = wider[..., 1:, 0] = added
    wider[..., range(size), range(size)] = 1
    return wider


def share_above_even(weights: np.ndarray, kinds: pd.Series) -> np.ndarray:
    """In which share of the draws each weight is above the mean of its kind; NaN without a kind."""
    share = np.full(weights.shape[1], np.nan)
    for kind in kinds.dropna().unique():
        these = (kinds == kind).to_numpy()
        share[these] = (weights[:, these] > weights[:, these].mean(axis=1, keepdims=True)).mean(axis=0)
    return share


def stage_importance(stage, confidence: float) -> pd.DataFrame:
    """What `find_importance` tells of one stage without drawing."""
    sums = stage.sums[:, None] if stage.joint else stage.sums
    whole = sums.sum(axis=0)
    answered = sums[:, :, 0, 0].any(axis=1)
    left_out = covariances(whole - sums[answered])
    products = covariances(whole)
    share = lmg if products.shape[-1] - 1 <= MOST_SUBSETS else johnson
    importance, spread = share(products).reshape(-1), share(left_out).reshape(len(left_out), -1)
    n = np.array(stage.n_own, dtype=float)
    low, high = importance_interval(importance, spread, np.minimum(n, answered.sum()), confidence)
    r2 = np.repeat(share(products).sum(axis=-1), len(importance) if stage.joint else 1)
    predictors = products.shape[-1] - 1
    varied = products[..., -1, -1] > 1e-12 * (whole / whole[..., :1, :1])[..., -1, -1]  # not all verdicts are the same
    enough = (n > 3 * predictors + 7) & varied
    among = products[..., :-1, :-1]
    slopes = np.linalg.pinv(among) @ products[..., :-1, -1:]
    figures = {
        "importance": importance,
        "importance_low": low,
        "importance_high": high,
        "johnson": johnson(products).reshape(-1),
        "r2": r2,
    }
    known = {name: np.where(enough, values, np.nan) for name, values in figures.items()}
    return pd.DataFrame(known).assign(
        stage=stage.stage,
        touchpoint=stage.touchpoints,
        direction=np.sign(slopes.reshape(-1)),
        n_importance=stage.n_own,
        importance_is="share of R²" if stage.joint else "association",
        vif=inflation(among),
    )


def importance_interval(
    importance: np.ndarray, left_out: np.ndarray, n: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of shares from those with one block left out each, shape (touchpoints,) and (blocks, touchpoints).

    On Fisher's scale, artanh √share, where errors are alike from strong to weak. Who matters little by chance has a
    small error by chance too: the upper end takes at least the error of the stage (root mean square).
    """
    point, points = (np.arctanh(np.sqrt(np.clip(share, 0, 1 - 1e-9))) for share in (importance, left_out))
    se = leave_one_out(point, points)
    low, _ = t_interval(point, se, n, confidence)
    _, high = t_interval(point, np.where(se > 0, np.fmax(se, np.sqrt(np.mean(se**2))), se), n, confidence)
    return np.tanh(np.maximum(low, 0)) ** 2, np.tanh(high) ** 2


def covariances(sums: np.ndarray) -> np.ndarray:
    """Covariances of the touchpoints and the outcome from Σ w·v·v with v = (1, …); shape (…, m, m) to (…, m−1, m−1)."""
    weight = np.where(sums[..., :1, :1] > 0, sums[..., :1, :1], np.nan)
    means = sums[..., :1, 1:] / weight
    products = sums[..., 1:, 1:] / weight - means * np.swapaxes(means, -1, -2)
    return np.nan_to_num(products)


def inflation(among: np.ndarray) -> np.ndarray:
    """Variance inflation of each predictor: how much its coefficient suffers from going along with the others."""
    variances = np.diagonal(among, axis1=-2, axis2=-1)
    inverse = np.diagonal(np.linalg.pinv(among), axis1=-2, axis2=-1)
    return (variances * inverse).reshape(-1)


def describe_importance(importance: pd.DataFrame, *, outcome: str) -> str:
    """How much of the outcome the stages' touchpoints tell, on how many people, in a sentence; empty if not known."""
    known = importance.dropna(subset="importance")
    whole = known[known["importance_is"] == "share of R²"]
    said = []
    if len(whole):
        parts = [
            f"{name or 'the journey'} {percent(stage['r2'].iloc[0])} (n\u00a0{stage['n_importance'].iloc[0]:,})"
            for name, stage in whole.groupby("stage", sort=False)
        ]
        said.append(
            tell(
                "Ratings tell apart this share of the differences in {outcome}, stage by stage: {parts}.",
                outcome=outcome,
                parts=", ".join(parts),
            )
        )
    alone = known[known["importance_is"] != "share of R²"]
    if len(alone):
        stages = alone["stage"].nunique()
        said.append(
            tell(
                "In {stages} too few people rated every touchpoint: there each touchpoint's own "
                "association with {outcome} is shown, which is not a share and not to be compared "
                "with one.",
                stages=counted(stages, "stage"),
                outcome=outcome,
            )
        )
    return " ".join(said)


def name_first(labels: pd.Series, figures: str) -> str:
    """The first label with its figures, the rest as a count.

    >>> name_first(pd.Series(["pay", "help", "call"]), "n 90")
    'pay (n 90) and 2 more'
    """
    return f"{labels.iloc[0]} ({figures})" + (
        tell(" and {count} more", count=len(labels) - 1) if len(labels) > 1 else ""
    )
