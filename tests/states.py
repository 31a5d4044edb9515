"""States, tables and Jacobians of the equation without the driver, for tests of kernels.

Run as a module, ``python -m tests.states FILE``, it stores what the kernels give for fixed states: the same with and
without numba's compiler (tests/test_jacobian.py).
"""

import importlib
import sys
from dataclasses import dataclass

import numpy as np

from boltzmann import hamiltonian
from boltzmann.jacobian import empty_jacobian, fill_jacobian
from boltzmann.parameters import Mixing, Options
from boltzmann.qke import rhs
from boltzmann.terms import refresh_nu_nu, workspace
from potentials import Thermal

driver = importlib.import_module("boltzmann.solve")  # `boltzmann.solve` is the function

# Splittings that make vacuum, matter and collision terms comparable at T = 10 MeV, so that none hides behind another.
SMALL = {"dm2_21": "1e-5 eV2", "dm2_31": "1e-4 eV2", "delta_13": "200 deg"}
MIXINGS = {
    3: Mixing(**SMALL),
    4: Mixing(
        **SMALL, dm2_41="2e-4 eV2", Ue4_sq=0.1, Umu4_sq=0.05, Utau4_sq=0.02, delta_14="70 deg", delta_24="140 deg"
    ),
}
S = np.log(0.05)  # ln x: T = 10 MeV
NO_MIXING = {"sin2_theta_12": 0.0, "sin2_theta_13": 0.0, "sin2_theta_23": 0.0}  # of the active neutrinos


@dataclass(frozen=True)
class NoPotential:
    """Minus the potentials of the Standard Model: as an interaction, it leaves vacuum oscillations."""

    muons: bool = True

    def terms(self, T: np.ndarray, p: np.ndarray) -> hamiltonian.Terms:
        standard = Thermal(self.muons).terms(T, p)
        return hamiltonian.Terms(-np.asarray(standard.fixed), -np.asarray(standard.per_energy))


class Equation:
    """The equation of one mixing: ``rate(s, u)`` is du/ds, ``jacobian(s, u)`` what the stepper uses."""

    def __init__(self, mixing: Mixing, options: Options, interactions: tuple[hamiltonian.Potential, ...] = ()) -> None:
        self.tables = driver.build_tables(mixing, interactions, options)
        self.n, self.grid = mixing.n_states, self.tables.grid
        self.work = workspace(self.grid.y.size, self.n)
        self.J = empty_jacobian(self.grid.y.size, self.n, self.tables.modes.matrix)

    def rate(self, s: float, u: np.ndarray) -> np.ndarray:
        out = np.empty_like(u)
        refresh_nu_nu(u, self.tables, self.work)
        rhs(s, u, self.tables, self.work, out)
        return out

    def jacobian(self, s: float, u: np.ndarray):
        fill_jacobian(s, u, self.rate(s, u), self.tables, self.work, self.J)
        return self.J

    def state(self, coherence: float = 0.05, flavour: float = 0.2, sterile: float = 0.3) -> np.ndarray:
        """Return a state at S out of equilibrium: its spectra differ between flavours by ``flavour``; reproducible."""
        random = np.random.default_rng(20250101)
        u = driver.initial_state(np.exp(S), self.grid, self.n)
        g, y = u[:-2].reshape(self.grid.y.size, -1), self.grid.y[:, None]
        g[:, :3] *= 1 + 0.2 * np.sin(y) + flavour * np.cos(y + np.arange(3))
        g[:, 3:] = coherence * random.uniform(-1, 1, g[:, 3:].shape)
        if self.n == 4:
            g[:, 15] = sterile
        return u


def dense_jacobian(J) -> np.ndarray:
    """Return J as one matrix: what its parts mean, written out."""
    (N, c, _), d = J.local.shape, J.dense.shape[1]
    out = np.zeros((J.time.size, J.time.size))
    for i in range(N):
        rows = slice(i * c, i * c + d)
        out[i * c : (i + 1) * c, i * c : (i + 1) * c] = J.local[i]
        for j in range(N):
            out[rows, j * c : j * c + d] += J.dense[i, :, j]
        out[N * c, rows] = J.plasma_row[i]
    out[:, N * c] += J.plasma_column
    return out


def kernel_numbers() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return du/ds and J of 3 and 4 states in both collision modes, at 8 momenta; each with the size of its terms."""
    numbers = {}
    for n, mixing in MIXINGS.items():
        for collisions in ("damping", "matrix"):
            equation = Equation(mixing, Options(n_momenta=8, collisions=collisions))
            u = equation.state()
            J = dense_jacobian(equation.jacobian(S, u))[:, : u.size - 2]  # the others are differences of du/ds
            sizes = np.abs(J)
            numbers[f"rate {n} {collisions}"] = equation.rate(S, u), sizes @ np.abs(u[:-2])
            numbers[f"jacobian {n} {collisions}"] = J, np.broadcast_to(sizes.max(axis=1, keepdims=True), J.shape)
    return numbers


if __name__ == "__main__":
    np.savez(sys.argv[1], **{name: values for name, (values, _) in kernel_numbers().items()})
