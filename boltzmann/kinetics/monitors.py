"""Conservation monitors that run after every solution."""

import numpy as np

from boltzmann.collisions.neutrino import neutrino_integral
from boltzmann.kinetics.tables import Tables
from boltzmann.numerics.arrays import Complex

SAMPLES = 8  # points of the history at which the nu-nu moments are taken


def nu_nu_moments(rho: Complex, tables: Tables) -> tuple[float, float]:
    """Return the largest number and energy moment of the nu-nu integrals along a history, relative to their loss.

    Both vanish analytically: nu-nu collisions conserve number and energy summed over flavours. Zero if switched off.
    """
    if not tables.modes.nu_nu:
        return 0.0, 0.0
    n, grid = tables.grid.y.size, tables.grid
    gain, loss, worst = np.empty((3, n)), np.empty((3, n)), np.zeros(2)
    scratch = np.zeros((n, 3, n, n)), np.empty((2, 3, n * n))
    for k in np.linspace(0, len(rho) - 1, SAMPLES).astype(int):
        r = np.ascontiguousarray(np.diagonal(rho[k, 0, :, :3, :3].real, axis1=1, axis2=2).T)
        neutrino_integral(r, tables.neutrino, *scratch, gain, loss)
        for power in range(2):
            weight = grid.w * grid.y**power
            moment = np.sum(weight * (gain * (1.0 - r) - loss * r)) / np.sum(weight * loss * r)
            worst[power] = max(worst[power], abs(moment))
    return float(worst[0]), float(worst[1])
