"""Group means drawn towards their common mean, so that small groups do not lead by luck."""

import numpy as np
from numpy.typing import ArrayLike

GRID = 400
"""Points on which the posterior of the spread between groups is taken."""


def posterior_of_spread(mean: np.ndarray, se: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """How far the true means of groups lie apart: the posterior of their standard deviation τ, on a grid, flat prior.

    The true means are taken as N(μ, τ²), each measured with a known `se` above 0. Returns the grid of τ with its
    probabilities, and the mean and variance of μ at each τ; the grid has shape (GRID, 1), the others (GRID,). It ends
    at three times what the means spread, or their errors if that is more (Gelman et al., Bayesian Data Analysis, 5.4).
    """
    taus = np.linspace(0, 3 * max(mean.std(), se.mean()) + 1e-12, GRID)[:, None]
    precision = 1 / (taus**2 + se**2)
    spread = 1 / precision.sum(axis=1)
    middle = (precision * mean).sum(axis=1) * spread
    log = 0.5 * np.log(spread) + 0.5 * (np.log(precision) - precision * (mean - middle[:, None]) ** 2).sum(axis=1)
    weights = np.exp(log - log.max()) / np.exp(log - log.max()).sum()
    return taus, weights, middle, spread


def draw_shrunk(mean: ArrayLike, se: ArrayLike, *, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draws of the groups' true means from their empirical-Bayes posterior, shape (draws, groups).

    τ is drawn from its posterior, so that its own uncertainty counts where groups are few; then μ; then each mean,
    N(μ + B(m − μ), B·se²) with B = τ²/(τ² + se²). What was not measured (NaN, or se not above 0) is drawn from
    N(μ, τ²); NaN where nothing was.
    """
    mean, se = np.broadcast_arrays(np.asarray(mean, dtype=float), np.asarray(se, dtype=float))
    measured = np.isfinite(mean) & np.isfinite(se) & (se > 0)
    if not measured.any():
        return np.full((draws, len(mean)), np.nan)
    taus, weights, middle, spread = posterior_of_spread(mean[measured], se[measured])
    chosen = rng.choice(GRID, size=draws, p=weights)
    mu, tau = rng.normal(middle[chosen], np.sqrt(spread[chosen]))[:, None], taus[chosen]
    variance = np.where(measured, se, np.inf) ** 2
    keep = tau**2 / (tau**2 + variance)
    centre = mu + keep * (np.where(measured, mean, 0) - mu)
    return centre + tau * np.sqrt(1 - keep) * rng.standard_normal(centre.shape)


def shrink(mean: ArrayLike, se: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Each group's mean drawn towards the mean of all, the further the less is known of it, and what is then unsure.

    Empirical-Bayes posterior mean and standard deviation, in the unit of `mean`, with μ and τ integrated out
    (`posterior_of_spread`). Groups without a mean or a standard error above 0 stay NaN and do not take part; a single
    group keeps what it has.

    >>> [value.round(2).tolist() for value in shrink([-2.0, -0.4, -0.6, -0.5], [0.8, 0.1, 0.1, 0.1])]
    [[-0.78, -0.44, -0.57, -0.51], [0.5, 0.09, 0.09, 0.09]]
    """
    mean, se = np.asarray(mean, dtype=float), np.asarray(se, dtype=float)
    known = np.isfinite(mean) & np.isfinite(se) & (se > 0)
    shrunk, deviation = np.full(mean.shape, np.nan), np.full(mean.shape, np.nan)
    if not known.any():
        return shrunk, deviation
    taus, weights, middle, spread = posterior_of_spread(mean[known], se[known])
    keep = taus**2 / (taus**2 + se[known] ** 2)
    centre = middle[:, None] + keep * (mean[known] - middle[:, None])
    within = keep * se[known] ** 2 + (1 - keep) ** 2 * spread[:, None]
    shrunk[known] = weights @ centre
    deviation[known] = np.sqrt(weights @ (within + (centre - shrunk[known]) ** 2))
    return shrunk, deviation
