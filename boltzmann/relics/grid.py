"""The momentum grid of a run with a relic: the soft nodes of every run, and hard ones for what decays make.

Hard nodes follow the soft ones at distances that grow with y, with trapezoidal weights, so that hats between them share
number and energy exactly. Density matrices are stored over a reference spectrum: f_FD for soft nodes, and (y_c/y)^3
times that of the last soft node beyond, because f_FD underflows.
"""

from __future__ import annotations

import numpy as np

from boltzmann.numerics.momentum import Grid, laguerre_grid

RATIO = 0.12  # distance of hard nodes over y
MOST_Y = 1000.0  # exp(y/2) of the kernels overflows beyond


def relic_grid(n_soft: int, y_soft: float, y_max: float, ratio: float = RATIO) -> Grid:
    """Return the nodes of `laguerre_grid` below ``y_soft`` and hard ones up to the first that reaches ``y_max``."""
    soft = laguerre_grid(n_soft, y_soft)
    if y_max <= y_soft:
        return soft
    y, step = list(soft.y), float(soft.y[-1] - soft.y[-2])
    while y[-1] < min(y_max, MOST_Y):
        y.append(y[-1] + max(step, ratio * y[-1]))
    nodes = np.array([*y, y[-1]])
    hard = 0.5 * (nodes[n_soft + 1 :] - nodes[n_soft - 1 : -2])
    beyond = soft.f[-1] * (soft.y[-1] / np.array(y[n_soft:])) ** 3
    return Grid(np.array(y), np.concatenate([soft.w, hard]), np.concatenate([soft.f, beyond]))
