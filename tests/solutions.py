"""Solutions with chosen final spectra, for tests of what comes after the solver."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from boltzmann import solve
from boltzmann.kinetics.evolution import Progress
from boltzmann.kinetics.status import Status
from boltzmann.kinetics.sterile_history import DarkHistory, SterileHistory
from boltzmann.numerics.momentum import fermi_dirac, laguerre_grid
from boltzmann.parameters import Mixing, Options
from boltzmann.solution import Solution, Stats

Spectrum = Callable[[np.ndarray], np.ndarray]
POINTS = 3  # of a hand-made history
Z_STANDARD = 1.39854  # T_gamma a after electron-positron annihilation with three neutrinos


def no_history(solution: Solution) -> SterileHistory:
    """Refuse to evaluate what a hand-made solution does not have."""
    raise AssertionError("this solution has no history of its sterile state; give solution_with one")


def collisions(at_recombination: float, power: float = 3.0) -> SterileHistory:
    """Return a history with Gamma_s/H = ``at_recombination`` ((1 + z)/1101)^``power``; three points like the run's."""
    redshift = np.geomspace(1e9, 1.0, 30) - 1.0
    rows = np.zeros((3, 20))
    rate = at_recombination * ((1.0 + redshift) / 1101.0) ** power
    return SterileHistory(np.ones(3), rows, rows, np.ones((3, 20, 3)), rows, np.zeros(3), redshift, rate, np.zeros(3))


def solution_with(
    mixing: Mixing,
    spectra: Sequence[Spectrum] | None = None,
    z: float = Z_STANDARD,
    status: Status = Status.SUCCESS,
    dark: DarkHistory | None = None,
    history: SterileHistory | None = None,
    rescaled: Callable[[Solution, float], float] = lambda solution, _: solution.N_eff,
    interactions: Sequence[Any] = (),
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
    follow = no_history if history is None else lambda _: history
    arrays = (x, grid.y, grid.w, zs, rho)
    return Solution(
        mixing, tuple(interactions), Options(), *arrays, dark, status, stats, lambda: 3.044, follow, rescaled
    )


def solve_same(
    mixing: Mixing, interactions: Any = (), options: Options | None = None, progress: Progress | None = None
) -> Solution:
    """Solve with nu = nubar, stable or not: for tests of what does not depend on it."""
    return solve(mixing, interactions, replace(options or Options(), signs="same"), progress)
