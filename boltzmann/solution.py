"""The result of a run: frozen arrays with axes [x, sign, y, i, j], and what follows from them as properties."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from boltzmann import observables
from boltzmann.arrays import Array, Complex
from boltzmann.constants import EV, M_E
from boltzmann.errors import ParameterError
from boltzmann.units import Quantity, from_natural, to_natural

if TYPE_CHECKING:
    from collections.abc import Callable

    from boltzmann.parameters import Mixing, Options


class Status(Enum):
    """How a run ended; the value is a sentence with the remedy."""

    SUCCESS = "The integration reached its end."
    STEP_TOO_SMALL = "The step size fell below 1e-13 in ln x; loosen rtol, or use fewer momenta, and report the point."
    TOO_MANY_STEPS = "The run used max_steps steps before its end; raise max_steps or loosen rtol."

    @property
    def ok(self) -> bool:
        """Whether the final numbers are those of a finished run."""
        return self is Status.SUCCESS


@dataclass(frozen=True)
class Stats:
    """Cost and quality of a run.

    Attributes
    ----------
    steps, rejected, rhs_calls : int
        Accepted and rejected steps, evaluations of the equation.
    cpu_seconds : float
        CPU time of the calling thread, compilation included.
    energy_drift : float
        Largest relative violation of comoving energy conservation along the run.
    nu_nu_number_drift, nu_nu_energy_drift : float
        Largest moment of the nu-nu integrals (zero analytically) along the run, relative to that of their loss.
    lowest_population, highest_population : float
        Extremes of the mass-state occupations f/f_FD (positivity; above 1/f_FD would violate Pauli's principle).
    """

    steps: int
    rejected: int
    rhs_calls: int
    cpu_seconds: float
    energy_drift: float
    nu_nu_number_drift: float
    nu_nu_energy_drift: float
    lowest_population: float
    highest_population: float


@dataclass(frozen=True, eq=False, repr=False)
class Solution:
    """History and final state of one run; numbers without index refer to the end, x[-1].

    Attributes
    ----------
    mixing, interactions, options
        The inputs.
    x, z : (n_x,) arrays
        m_e a and T_gamma a; a T = 1 after muon annihilation.
    y, weights : (N,) arrays
        Comoving momenta p a, and weights with int dy g(y) = SUM weights g.
    rho : (n_x, 1, N, n, n) complex array
        Density matrices [x, sign, y, i, j], flavours e, mu, tau, s; one sign because nu = nubar.
    status : Status
        Whether the run finished, and if not, what to do.
    stats : Stats
        Cost, and violations of conservation laws.
    """

    mixing: Mixing
    interactions: tuple[Any, ...]
    options: Options
    x: Array
    y: Array
    weights: Array
    z: Array
    rho: Complex
    status: Status
    stats: Stats
    reference: Callable[[], float]

    @property
    def T(self) -> Quantity:
        """Photon temperature [MeV], (n_x,)."""
        return from_natural(self.z / self.x * M_E, "MeV")

    def _density(self, f: Array) -> Array:
        return observables.energy_density(self.y, self.weights, f)

    @cached_property
    def _final_masses(self) -> Array:
        return observables.mass_populations(self.rho[-1, 0], self.mixing.U)

    @cached_property
    def N_eff(self) -> float:
        """Effective number of neutrinos at the end, all states relativistic."""
        trace = np.trace(self.rho[-1, 0], axis1=-2, axis2=-1).real
        return float(observables.effective_number(self._density(trace), self.z[-1]))

    @property
    def delta_N_eff(self) -> float:
        """N_eff minus that of three states with the same options (solved on first use)."""
        return self.N_eff - self.reference()

    @cached_property
    def m_eff(self) -> Quantity:
        """94.1 eV times Omega h^2 of mass state 4, integrated over its spectrum with kinetic energy (0 eV without)."""
        if self.mixing.n_states == 3:
            return from_natural(0.0, "eV")
        mass = float(to_natural(self.mixing.m4, 1)) / EV
        return from_natural(observables.effective_mass(self.y, self.spectrum(4), mass, self.z[-1]) * EV, "eV")

    def _index(self, state: str | int) -> tuple[str, int]:
        """Return the basis ("flavour" or "mass") and the position of a state."""
        if state in self.mixing.flavours:
            return "flavour", self.mixing.flavours.index(str(state))
        if isinstance(state, int) and 1 <= state <= self.mixing.n_states:
            return "mass", state - 1
        masses = ", ".join(str(k + 1) for k in range(self.mixing.n_states))
        raise ParameterError(
            f"state = {state!r} does not exist here; use a flavour ({', '.join(self.mixing.flavours)}) "
            f"or a mass state ({masses})"
        )

    def _populations(self, state: str | int, rho: Complex) -> Array:
        basis, index = self._index(state)
        function = observables.flavour_populations if basis == "flavour" else observables.mass_populations
        return np.asarray(function(rho, self.mixing.U)[..., index])

    def spectrum(self, state: str | int) -> Array:
        """Return the final occupation f(y) per helicity, (N,); nu = nubar.

        Parameters
        ----------
        state : str or int
            Flavour "e", "mu", "tau", "s" (coherences between mass states averaged out), or mass state 1, 2, 3, 4.

        Raises
        ------
        ParameterError
            If there is no such state.
        """
        return self._populations(state, self.rho[-1, 0])

    def spectrum_at(self, state: str | int, y: ArrayLike) -> Array:
        """Return the final occupation at any comoving ``y``: f/f_FD is a cubic spline, constant beyond the grid."""
        return observables.interpolate_spectrum(self.y, self.spectrum(state), np.asarray(y, float))

    def energy_density(self, state: str | int) -> Array:
        """Return the comoving energy density (nu + nubar) along the run, (n_x,).

        In units of one standard flavour before e+- annihilation, (7/8)(pi^2/15). Flavours are the diagonal of rho.
        """
        basis, index = self._index(state)
        history = self.rho[:, 0]
        f = history[..., index, index].real if basis == "flavour" else self._populations(state, history)
        return observables.relative_density(self._density(f))

    def N_eff_of(self, state: str | int) -> float:
        """Return the final contribution of one state to N_eff."""
        return float(observables.effective_number(self._density(self.spectrum(state)), self.z[-1]))

    def __repr__(self) -> str:
        parts = ", ".join(f"{flavour} {self.N_eff_of(flavour):.4f}" for flavour in self.mixing.flavours)
        lines = [
            f"Solution: N_eff = {self.N_eff:.4f} ({parts})",
            f"  {self.mixing!r}",
            f"  {self.options!r}, interactions {list(self.interactions)}",
            f"  z = {self.z[-1]:.5f} at x = {self.x[-1]:g}, m_eff = {self.m_eff:.4g}",
            f"  {self.stats.steps} steps, {self.stats.cpu_seconds:.3f} s CPU",
            f"  {self.status.name}: {self.status.value}",
        ]
        return "\n".join(lines)
