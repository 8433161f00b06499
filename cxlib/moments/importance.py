"""Step 1: which touchpoints decide how customers judge the whole."""

import numpy as np
import pandas as pd
from scipy import special

from cxlib.intervals import leave_one_out, t_interval
from cxlib.words import counted, percent

MOST_SUBSETS = 14
"""Touchpoints in a stage up to which all 2^p regressions are weighed (LMG); Johnson's weights above."""


def lmg(products: np.ndarray) -> np.ndarray:
    """The share of R² that belongs to each predictor, averaged over all orders (Lindeman, Merenda & Gold 1980).

    `products` holds covariances of p predictors and, last, the outcome: shape (…, p + 1, p + 1). Shape of the result:
    (…, p); its sum over predictors is R². All 2^p residual variances come from a tree of Schur complements.
    """
    predictors = products.shape[-1] - 1
    nodes = products[..., None, :, :]
    for place in range(predictors):
        rest = nodes[..., 1:, 1:]
        row, pivot = nodes[..., 0, 1:], nodes[..., 0, 0]
        usable = pivot > 1e-10 * products[..., None, place, place]
        inverse = np.where(usable, 1 / np.where(usable, pivot, 1), 0)
        swept = rest - row[..., :, None] * row[..., None, :] * inverse[..., None, None]
        nodes = np.stack([rest, swept], axis=-3).reshape(*rest.shape[:-3], -1, *rest.shape[-2:])
    whole = products[..., None, -1, -1]
    residual = nodes[..., 0, 0] / np.where(whole > 0, whole, np.nan)
    sizes = np.array([place.bit_count() for place in range(2**predictors)])
    weights = 1 / (predictors * special.comb(predictors - 1, np.arange(predictors)))
    shares = []
    for place in range(predictors):
        cut = residual.reshape(*residual.shape[:-1], 2**place, 2, -1)
        gain = (cut[..., 0, :] - cut[..., 1, :]).reshape(*residual.shape[:-1], -1)
        size = sizes.reshape(2**place, 2, -1)[:, 0].reshape(-1)
        shares.append((gain * weights[size]).sum(axis=-1))
    return np.stack(shares, axis=-1)


def johnson(products: np.ndarray) -> np.ndarray:
    """Johnson's relative weights (2000), which sum to R² too; shapes as for `lmg`."""
    spread = np.sqrt(np.maximum(np.diagonal(products, axis1=-2, axis2=-1), 1e-300))
    correlations = products / (spread[..., :, None] * spread[..., None, :])
    among, outcome = correlations[..., :-1, :-1], correlations[..., :-1, -1]
    values, vectors = np.linalg.eigh(among)
    root = (vectors * np.sqrt(np.maximum(values, 1e-12))[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    betas = np.linalg.solve(root, outcome[..., None])[..., 0]
    return (root**2 @ (betas**2)[..., None])[..., 0]


def find_importance(drivers: list, *, confidence: float = 0.95) -> pd.DataFrame:
    """How much of what tells people's verdicts apart belongs to each touchpoint, stage by stage, with intervals.

    `drivers` comes from `summarise_drivers`. One row per touchpoint: `importance`, a share of the outcome's variance
    (`importance_is` "share of R²": LMG, beside it Johnson's weight; "association": its own squared correlation, where
    too few rated the whole stage), its interval by leaving out one block of respondents at a time, `chance` (what a
    touchpoint without any bearing gets), `direction` (+1 where a better experience goes with a better verdict, all
    else equal), `n_importance`, `r2` of the stage and `vif`.
    """
    tables = [stage_importance(stage, confidence) for stage in drivers]
    words = {"stage": "str", "touchpoint": "str", "importance_is": "str"}
    figures = ["importance", "importance_low", "importance_high", "johnson", "chance", "direction"]
    figures += ["n_importance", "r2", "vif"]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*words, *figures])
    return table.astype(words | dict.fromkeys(figures, "float64") | {"n_importance": "Int64"})


def stage_importance(stage, confidence: float) -> pd.DataFrame:
    """`find_importance` of one stage."""
    sums = stage.sums[:, None] if stage.joint else stage.sums
    whole = sums.sum(axis=0)
    answered = sums[:, :, 0, 0].any(axis=1)
    left_out = covariances(whole - sums[answered])
    products = covariances(whole)
    share = lmg if products.shape[-1] - 1 <= MOST_SUBSETS else johnson
    importance, spread = share(products).reshape(-1), share(left_out).reshape(len(left_out), -1)
    n = np.array(stage.n_own, dtype=float)
    se = leave_one_out(importance, spread)
    low, high = t_interval(importance, se, np.minimum(n, answered.sum()), confidence)
    r2 = np.repeat(share(products).sum(axis=-1), len(importance) if stage.joint else 1)
    predictors = products.shape[-1] - 1
    varied = products[..., -1, -1] > 1e-12 * (whole / whole[..., :1, :1])[..., -1, -1]  # not all verdicts are the same
    enough = (n > 3 * predictors + 7) & varied
    among = products[..., :-1, :-1]
    slopes = np.linalg.pinv(among) @ products[..., :-1, -1:]
    return pd.DataFrame(
        {
            "stage": stage.stage,
            "touchpoint": stage.touchpoints,
            "importance": np.where(enough, importance, np.nan),
            "importance_low": np.where(enough, np.clip(low, 0, 1), np.nan),
            "importance_high": np.where(enough, np.clip(high, 0, 1), np.nan),
            "johnson": np.where(enough, johnson(products).reshape(-1), np.nan),
            "chance": (1 - r2) / np.maximum(n - predictors - 1, 1),
            "direction": np.sign(slopes.reshape(-1)),
            "n_importance": stage.n_own,
            "importance_is": "share of R²" if stage.joint else "association",
            "r2": np.where(enough, r2, np.nan),
            "vif": inflation(among),
        }
    )


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
            f"Ratings tell apart this share of the differences in {outcome}, stage by stage: {', '.join(parts)}."
        )
    alone = known[known["importance_is"] != "share of R²"]
    if len(alone):
        stages = alone["stage"].nunique()
        said.append(
            f"In {counted(stages, 'stage')} too few people rated every touchpoint: there each touchpoint's own "
            f"association with {outcome} is shown, which is not a share and not to be compared with one."
        )
    return " ".join(said)
