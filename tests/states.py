"""States, tables and Jacobians of the equation without the driver, for tests of kernels.

Run as a module, ``python -m tests.states FILE``, it stores what the kernels give for fixed states: the same with and
without numba's compiler (tests/test_jacobian.py).
"""

import sys
from dataclasses import dataclass

import numpy as np

from boltzmann.dark.bath import bath_at, conserved
from boltzmann.dark.mediator import LOG_MU, LOG_Q, Mediator
from boltzmann.kinetics.bins import ROWS
from boltzmann.kinetics.dark_terms import AVERAGING
from boltzmann.kinetics.drift import fill_time
from boltzmann.kinetics.jacobian import empty_jacobian, fill_jacobian
from boltzmann.kinetics.layout import CHARGE, DARK, PASSIVE, TAIL
from boltzmann.kinetics.potential_terms import Potential, Terms
from boltzmann.kinetics.qke import rhs
from boltzmann.kinetics.tables import workspace
from boltzmann.kinetics.terms import refresh_nu_nu
from boltzmann.parameters import Mixing, Options
from boltzmann.potentials import Thermal
from boltzmann.solver.start import initial_state
from boltzmann.solver.tables import build_tables

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

    def terms(self, T: np.ndarray, p: np.ndarray) -> Terms:
        standard = Thermal(self.muons).terms(T, p)
        return Terms(-np.asarray(standard.fixed), -np.asarray(standard.per_energy))


@dataclass(frozen=True)
class Secret:
    """A vector mediator with made-up rates of the right order: tests of kernels do not need the true ones."""

    coupling: float
    mass: float  # [MeV]
    T_s_over_T: float = 0.5

    def mediator(self) -> Mediator:
        g, q = self.coupling, np.exp(LOG_Q)
        scattering = g**4 * np.array([0.01 / (1.0 + 0.3 * q), 0.005 / (1.0 + q)])
        return Mediator(self.mass, 3.0, 2.0, g**2, g**2, g**2 / 6.0, scattering, g**4 * np.full(LOG_MU.size, 1e-4))


@dataclass(frozen=True)
class Decaying(Secret):
    """A boson of charge 1 that nu_4 decays into, at rates like those of oscillations at 10 MeV; without potential.

    J neglects that the potential changes the mixing in the rates of decays.
    """

    decay: float = 10.0

    def mediator(self) -> Mediator:
        return super().mediator()._replace(charge=1.0, strength=0.0, decay=self.decay)


# weak enough for its potential and rates to be comparable with the other terms at 10 MeV; M/T_s = 2
SECRET = (Secret(1.5e-9, 10.0),)
DECAYING = (Decaying(1.5e-9, 1e-9),)


class Equation:
    """The equation of one mixing: ``rate(s, u)`` is du/ds, ``jacobian(s, u)`` what the stepper uses."""

    def __init__(self, mixing: Mixing, options: Options, interactions: tuple[Potential, ...] = ()) -> None:
        self.tables = build_tables(mixing, interactions, options)
        self.n, self.grid = mixing.n_states, self.tables.grid
        self.work = workspace(self.tables)
        self.J = empty_jacobian(self.tables)

    def rate(self, s: float, u: np.ndarray) -> np.ndarray:
        out = np.empty_like(u)
        self.work.nu_nu.known[0] = 0.0
        refresh_nu_nu(u, self.tables, self.work)
        rhs(s, u, self.tables, self.work, out)
        return out

    def jacobian(self, s: float, u: np.ndarray, v: np.ndarray | None = None, w: np.ndarray | None = None):
        F = self.rate(s, u)
        fill_jacobian(s, u, F, self.tables, self.work, self.J)
        v, w = np.zeros_like(u) if v is None else v, np.zeros((ROWS, self.grid.y.size)) if w is None else w
        fill_time(s, u, F, v, w, self.tables, self.work, self.J)
        return self.J

    def state(self, coherence: float = 0.05, flavour: float = 0.2, sterile: float = 0.3) -> np.ndarray:
        """Return a state at S out of equilibrium: its spectra differ between flavours by ``flavour``; reproducible."""
        random = np.random.default_rng(20250101)
        u = initial_state(np.exp(S), self.tables)
        N = self.grid.y.size
        g, y = u[: N * self.n**2].reshape(N, -1), self.grid.y[:, None]
        g[:, :3] *= 1 + 0.2 * np.sin(y) + flavour * np.cos(y + np.arange(3))
        g[:, 3:] = coherence * random.uniform(-1, 1, g[:, 3:].shape)
        if self.n == 4:
            g[:, 15] = sterile
        if self.tables.dark is not None:
            bath = bath_at(np.log(0.6), -0.2, np.exp(S), self.tables.dark.bath)
            u[-DARK], u[-CHARGE] = conserved(bath)
            u[g.size : -TAIL] = 0.5 * sterile * (1 + np.cos(y[:, 0]))
        return u


def dense_jacobian(J) -> np.ndarray:
    """Return J as one matrix: what its parts mean, written out."""
    (N, c, _), d, scalars = J.local.shape, J.dense.shape[1], J.columns.shape[0]
    out = np.zeros((J.time.size, J.time.size))
    first, averaged, sterile = len(out) - TAIL, N * c, J.order[d - 1]  # of the scalars, of the averaged rho_ss; rho_ss
    for i in range(N):
        out[i * c : (i + 1) * c, i * c : (i + 1) * c] += J.local[i]
        for j in range(N):
            out[np.ix_(i * c + J.order[:d], j * c + J.order[:d])] += J.dense[i, :, j]
            if scalars == 3:
                out[i * c : (i + 1) * c, averaged + j] += J.coupling[i] * J.loop[i, j]
        if scalars == 3:
            out[averaged + i, averaged + i], out[averaged + i, i * c + sterile] = -AVERAGING, AVERAGING
        out[first : first + scalars, i * c : (i + 1) * c] = J.rows[:, i]
        out[-PASSIVE, i * c : (i + 1) * c] = J.passive[i]
    out[:, first : first + scalars] += J.columns.T
    return out


def kernel_numbers() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return du/ds and J of 3 and 4 states in both collision modes, at 8 momenta; each with the size of its terms."""
    numbers = {}
    for n, coherence, secret in [(3, "exact", ()), (4, "exact", SECRET), (3, "matrix", ()), (4, "matrix", ())]:
        equation = Equation(MIXINGS[n], Options(n_momenta=8, coherence=coherence), secret)
        u = equation.state()
        J = dense_jacobian(equation.jacobian(S, u))[:, : u.size - TAIL]  # the others are differences of du/ds
        sizes = np.abs(J)
        numbers[f"rate {n} {coherence}"] = equation.rate(S, u), sizes @ np.abs(u[:-TAIL])
        numbers[f"jacobian {n} {coherence}"] = J, np.broadcast_to(sizes.max(axis=1, keepdims=True), J.shape)
    return numbers


if __name__ == "__main__":
    np.savez(sys.argv[1], **{name: values for name, (values, _) in kernel_numbers().items()})
