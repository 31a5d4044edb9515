"""What a run of three flavours with asymmetries is made of, and its start."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from boltzmann.asymmetries.neutrino import conserved_moments
from boltzmann.asymmetries.populations import background
from boltzmann.collisions.electron import Electron, electron_tables
from boltzmann.collisions.neutrino import Neutrino, neutrino_tables
from boltzmann.constants import G_L_E, G_L_X, M_E
from boltzmann.kinetics import hamiltonian
from boltzmann.numerics.arrays import Array, Complex, Index
from boltzmann.numerics.interpolate import lattice
from boltzmann.numerics.momentum import Grid, laguerre_grid
from boltzmann.parameters import Mixing, Options
from boltzmann.parameters.asymmetry import asymmetry_of, xi_of
from boltzmann.plasma import thermo
from boltzmann.plasma.background import Plasma, initial_z, plasma
from boltzmann.potentials import Thermal

HOTTEST = 25.0  # T [MeV] of the start: muons keep flavours apart until 15 MeV
G_LEFT = np.array([G_L_E, G_L_X, G_L_X])


@dataclass(frozen=True)
class Problem:
    """Tables of one run; N momenta.

    Attributes
    ----------
    grid, electron, neutrino, plasma
        Tables of the package.
    mass_matrix : (3, 3) complex array
        U diag(m^2) U^+ without trace [MeV^2].
    charged : (n, 4) array
        ln T and the potential of charged leptons over p T^4, of e, mu, tau.
    options : Options
    tolerance : float
        Of the asymmetry matrix, relative to its size, per step.
    moments : (5, 6N) array
        What nu-nu collisions conserve.
    """

    grid: Grid
    electron: Electron
    neutrino: Neutrino
    plasma: Plasma
    mass_matrix: Complex
    charged: Array
    options: Options
    tolerance: float
    moments: Array

    @property
    def weights(self) -> Array:
        """w_i with n = SUM w_i r_i of one sign and level, (N,)."""
        return np.asarray(self.grid.w * self.grid.y**2 / (2.0 * np.pi**2))

    def occupations(self, u: Array) -> Array:
        """Return r (2, 3, N) of a state."""
        return np.asarray(u[:-2].reshape(2, 3, -1) * self.grid.f)

    def levels(self, u: Array) -> Array:
        """Return n - nbar of the levels, the eigenvalues of the asymmetry matrix, (3,)."""
        r = self.occupations(u)
        return np.asarray((r[0] - r[1]) @ self.weights)

    def terms(self, s: float, u: Array) -> tuple[Complex, Array]:
        """Return v (3, 3) and c (3,), so that the Hamiltonian over the Hubble rate is v/y + diag(c) y."""
        x, z, rate = background(s, u, self.grid, self.plasma)
        T, log_T = z * M_E / x, self.charged[:, 0]
        charged = T**4 * np.array([np.interp(np.log(T), log_T, self.charged[:, a]) for a in (1, 2, 3)])
        return np.ascontiguousarray(self.mass_matrix * x / (2.0 * M_E * rate)), charged * M_E / (x * rate)

    def temperature(self, s: float, u: Array) -> float:
        """Return T_gamma [MeV]."""
        x, z, _ = background(s, u, self.grid, self.plasma)
        return float(z * M_E / x)


@cache
def _charged(muons: bool) -> Array:
    """Return ln T and the potential of e, mu, tau over p T^4, dense enough for linear interpolation, 1e-6."""
    log_T = np.linspace(np.log(0.005), np.log(200.0), 4000)
    T = np.exp(log_T)
    return np.column_stack([log_T, Thermal(muons).charged_current(T, np.ones_like(T))[:, :3] / T[:, None] ** 4])


def problem_of(mixing: Mixing, options: Options, tolerance: float) -> Problem:
    """Return the tables of a run."""
    grid = laguerre_grid(options.n_momenta, options.y_max)
    return Problem(
        grid=grid,
        electron=electron_tables(grid, lattice()),
        neutrino=neutrino_tables(grid),
        plasma=plasma(options.muons),
        mass_matrix=hamiltonian.vacuum(mixing.U, mixing.mass_squared),
        charged=_charged(options.muons),
        options=options,
        tolerance=tolerance,
        moments=conserved_moments(grid.y, grid.w),
    )


def start(problem: Problem, xi: tuple[float, float, float]) -> tuple[float, Array, Index]:
    """Return s, the state u and the flavours of its levels, by ascending asymmetry.

    The number n_a - nbar_a is that of xi_a at a T = 1; a T is less before muons have annihilated, and xi larger.
    """
    x, grid = max(problem.options.initial_x, M_E / HOTTEST), problem.grid
    z = initial_z(x, problem.options.muons)
    order = np.argsort(xi, kind="stable")
    earlier = np.array([xi_of(asymmetry_of(xi[a]) / z**3) for a in order])
    sign = np.array([1.0, -1.0])[:, None, None]
    r = 1.0 / (np.exp(grid.y / z - sign * earlier[:, None]) + 1.0)
    energy = z**4 * float(thermo.plasma_energy_density(x / z, muons=problem.options.muons))
    return float(np.log(x)), np.concatenate([(r / grid.f).ravel(), [energy, 0.0]]), order
