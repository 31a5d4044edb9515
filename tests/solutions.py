"""Solutions with chosen final spectra, for tests of what comes after the solver."""

from collections.abc import Callable, Sequence

import numpy as np

from boltzmann.momentum import fermi_dirac, laguerre_grid
from boltzmann.parameters import Mixing, Options
from boltzmann.solution import Solution, Stats, Status

Spectrum = Callable[[np.ndarray], np.ndarray]
Z_STANDARD = 1.39854  # T_gamma a after electron-positron annihilation with three neutrinos


def solution_with(
    mixing: Mixing, spectra: Sequence[Spectrum] | None = None, z: float = Z_STANDARD, status: Status = Status.SUCCESS
) -> Solution:
    """Return a Solution whose mass eigenstates have the final occupations `spectra`, default Fermi-Dirac.

    Its history has three points: empty sterile state at first, then the final state.
    """
    spectra = spectra or [fermi_dirac] * mixing.n_states
    grid = laguerre_grid(20, 20.0)
    populations = np.array([f(grid.y) for f in spectra])
    final = np.einsum("ak,ky,bk->yab", mixing.U, populations, mixing.U.conj())
    first = np.zeros_like(final)
    first[:, range(3), range(3)] = fermi_dirac(grid.y)[:, None]
    rho = np.array([first, 0.5 * (first + final), final])[:, None]
    x, zs = np.array([1e-3, 0.1, 35.0]), np.array([1.0, 1.0, z])
    stats = Stats(200, 3, 2000, 0.05, 1e-7, 1e-8, 1e-8, 0.0, 1.0)
    return Solution(mixing, (), Options(), x, grid.y, grid.w, zs, rho, status, stats, lambda: 3.044)
