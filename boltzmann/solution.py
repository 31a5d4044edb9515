"""The result of a run: frozen arrays with axes [x, sign, y, i, j], and what follows from them as properties."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from textwrap import fill, indent
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import PchipInterpolator

from boltzmann import observables
from boltzmann.constants import EV, M_E
from boltzmann.errors import ParameterError
from boltzmann.kinetics import sterile_history as story
from boltzmann.kinetics.status import Status
from boltzmann.kinetics.sterile_history import Collisions, DarkHistory, SterileHistory
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.units import Quantity, from_natural, to_natural

if TYPE_CHECKING:
    from collections.abc import Callable

    from boltzmann.parameters import Mixing, Options


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
    dark : DarkHistory or None
        Temperature and mediators of a secret interaction; None without.
    status : Status
        Whether the run finished, and if not, what to do.
    stats : Stats
        Cost, and violations of conservation laws.
    reference, follow, rescaled : callable
        What needs the solver again: N_eff of three states, the history of the sterile state, and N_eff with the secret
        rates times a factor.
    """

    mixing: Mixing
    interactions: tuple[Any, ...]
    options: Options
    x: Array
    y: Array
    weights: Array
    z: Array
    rho: Complex
    dark: DarkHistory | None
    status: Status
    stats: Stats
    reference: Callable[[], float]
    follow: Callable[[Solution], SterileHistory]
    rescaled: Callable[[Solution, float], float]

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
        """Effective number of neutrinos at the end, all states relativistic; mediators that are left count too."""
        return float(observables.effective_number(self._total_density[-1], self.z[-1]))

    @cached_property
    def _total_density(self) -> Array:
        """Comoving energy density of neutrinos and mediators, (n_x,)."""
        mediators = 0.0 if self.dark is None else self.dark.energy
        return self._density(np.trace(self.rho[:, 0], axis1=-2, axis2=-1).real) + mediators

    @cached_property
    def N_eff_history(self) -> Array:
        """Energy of neutrinos and mediators along the run, (n_x,); see `N_eff_at`."""
        return observables.effective_number_at(self._total_density, self.x, self.z)

    def _at(self, T: float, history: Array) -> float:
        """Return ``history`` (n_x,) at T_gamma = ``T`` [MeV], a monotone cubic in ln T."""
        return float(PchipInterpolator(-np.log(self.z / self.x), history)(-np.log(T / M_E)))

    def N_eff_at(self, T: Quantity) -> float:
        """Return the energy of active and sterile neutrinos and mediators at photon temperature ``T``.

        In units of one neutrino with T_nu = T_gamma/z_inst(m_e/T_gamma), see `observables.instantaneous_z`: T_gamma
        before e+- annihilation and T_gamma (4/11)^(1/3) after, where it equals N_eff.

        Raises
        ------
        ParameterError
            The run did not cover ``T``, or it is no temperature.
        """
        T_start, T_end = self.T[0], self.T[-1]
        value = np.asarray(to_natural(T, 1))
        if value.ndim or not T_end.value * (1 - 1e-9) <= value <= T_start.value * (1 + 1e-9):
            raise ParameterError(
                f"T = {T} is not allowed; give one temperature from {T_end:.5g} to {T_start:.5g}: this run's range"
            )
        return self._at(float(value), self.N_eff_history)

    @property
    def N_eff_bbn(self) -> observables.BBN:
        """`N_eff_at` 1 MeV (weak freeze-out) and 0.07 MeV (nucleosynthesis)."""
        return observables.BBN(*(self.N_eff_at(from_natural(T, "MeV")) for T in (1.0, 0.07)))

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

    @property
    def N_eff_of_mediators(self) -> float:
        """Final contribution to N_eff of mediators of secret interactions, 0 without."""
        return 0.0 if self.dark is None else float(observables.effective_number(self.dark.energy[-1], self.z[-1]))

    def number_density_of(self, state: str | int) -> float:
        """Return the final number density of one state over that of a neutrino with T_gamma (4/11)^(1/3).

        ``m_eff`` is ``number_density_of(4)`` times m_4 where nu_4 is non-relativistic today: a state that came into
        equilibrium with the others only after they had decoupled has 3/4.
        """
        return observables.number_density(self.y, self.spectrum(state), float(self.z[-1]))

    @cached_property
    def sterile_history(self) -> SterileHistory:
        """Potential, rates and conversion of the sterile state along the run (evaluated on first use).

        Raises ParameterError if there is no sterile state.
        """
        if self.mixing.n_states == 3:
            raise ParameterError('dm2_41 = None means no sterile state; give dm2_41, for example dm2_41="1 eV2"')
        return self.follow(self)

    def _temperatures(self, upwards: bool) -> Quantity:
        return from_natural(story.crossings(self.T.value, self.sterile_history.conversion, upwards), "MeV")

    @property
    def recoupling_temperatures(self) -> Quantity:
        """Photon temperatures [MeV], falling, below which conversion to nu_s is faster than the expansion.

        There R/H, the stationary conversion rate averaged over the number of neutrinos, rises through 1.
        """
        return self._temperatures(upwards=True)

    @property
    def decoupling_temperatures(self) -> Quantity:
        """Photon temperatures [MeV], falling, below which conversion is slower than the expansion again."""
        return self._temperatures(upwards=False)

    @property
    def resonances(self) -> tuple[Quantity, ...]:
        """Photon temperatures [MeV], falling, at which H_ss = H_aa, for each momentum of ``y``.

        a is the active flavour with the largest |U_a4|^2.
        """
        splitting = self.sterile_history.splitting[:, :, story.most_mixed(self.mixing.U)]
        return tuple(from_natural(T, "MeV") for T in story.resonances(self.T.value, splitting))

    @property
    def _bath(self) -> DarkHistory:
        if self.dark is None:
            raise ParameterError(
                "interactions has no secret interaction, so there is no dark sector; give solve one, for example "
                'interactions=[SecretVector(coupling=1e-2, mediator_mass="10 MeV")]'
            )
        return self.dark

    @property
    def dark_temperature(self) -> Quantity:
        """Temperature T_s of the dark sector [MeV], (n_x,). Raises ParameterError without a secret interaction."""
        return from_natural(np.exp(self._bath.log_z) / self.x * M_E, "MeV")

    @property
    def T_dark_over_T(self) -> Array:
        """T_s/T_gamma, (n_x,). Raises ParameterError without a secret interaction."""
        return np.asarray(np.exp(self._bath.log_z) / self.z)

    @property
    def collisionality_today(self) -> float:
        """Gamma_s/H today, of collisions of nu_s that change momenta, averaged over the number of nu_s.

        T_s a and mu_s/T_s stay as they are at the end of the run, the Hubble rate is that of Planck 2018
        (arXiv:1807.06209). The mass of nu_4 is neglected, which is wrong below T_s = m_4. Raises ParameterError
        without a secret interaction.
        """
        _ = self._bath
        return float(self.sterile_history.collisionality[-1])

    @property
    def regime_today(self) -> Collisions:
        """Whether `collisionality_today` exceeds 1; the value is a sentence."""
        return Collisions.COLLISIONAL if self.collisionality_today >= 1.0 else Collisions.FREE_STREAMING

    @property
    def free_streaming_redshift(self) -> float:
        """Redshift since which nu_s streams freely, Gamma_s < H; 0: it does not yet, inf: it did all along.

        Assumptions as for `collisionality_today`. Raises ParameterError without a secret interaction.
        """
        _ = self._bath
        return story.free_streaming_redshift(self.sterile_history.redshift, self.sterile_history.collisionality)

    @property
    def N_eff_number_conserved(self) -> float:
        """The published "N_eff -> 2.7" of this solution, which does NOT conserve energy; never what the run gives.

        The final number of neutrinos shared by four states without chemical potential, arXiv:1410.1385 (see
        `observables.number_conserving_N_eff`). For comparison only. Raises ParameterError without a secret interaction.
        """
        _ = self._bath
        number = sum(self.number_density_of(flavour) for flavour in self.mixing.flavours)
        return observables.number_conserving_N_eff(number, self.mixing.n_states)

    def rate_sensitivity(self) -> float:
        """Return d N_eff/d ln Gamma_s: all secret rates times e^(+-0.2), potentials unchanged; solves twice.

        Raises ParameterError without a secret interaction.
        """
        _ = self._bath
        return (self.rescaled(self, np.exp(0.2)) - self.rescaled(self, np.exp(-0.2))) / 0.4

    def _facts(self) -> story.Facts:
        sterile = self._density(self.rho[:, 0, :, 3, 3].real) + self._bath.energy
        logs, history = np.log(self.x), self.sterile_history
        before = float(np.interp(logs[-1] - 1.0, logs, sterile))
        covered = self.T[-1].value < 1.0
        return story.Facts(
            sterile_bbn=self._at(1.0, observables.effective_number_at(sterile, self.x, self.z)) if covered else np.nan,
            sterile_end=self.N_eff_of("s"),
            active_end=sum(self.N_eff_of(a) for a in self.mixing.flavours[:3]) / 3.0,
            mediators_end=self.N_eff_of_mediators,
            recoupling=tuple(float(T) for T in self.recoupling_temperatures.value),
            T_end=float(self.T[-1].value),
            exchanged=abs(sterile[-1] / before - 1.0),
            collisionality=self.collisionality_today,
            redshift=self.free_streaming_redshift,
            thermal_mass=story.large_thermal_mass(self.T.value, history.thermal_mass),
            partial=story.partial_resonances(
                self.T.value, self.x, self.y, history, self.mixing.U, self.mixing.mass_squared
            ),
        )

    @property
    def regime(self) -> str:
        """What happened to the dark sector, in a few sentences. Raises ParameterError without one."""
        return story.describe(self._facts())

    def _dark_lines(self) -> list[str]:
        """Return what ``repr`` says of the dark sector of a finished run."""
        if self.dark is None or not self.status.ok:
            return []
        bbn = ", ".join(f"{N:.4f}" for N in self.N_eff_bbn)
        numbers = f"  N_eff at 1 and 0.07 MeV: {bbn}; T_s/T_gamma = {self.T_dark_over_T[-1]:.4f} at the end"
        return [numbers, indent(fill(self.regime, 118), "  ")]

    def __repr__(self) -> str:
        parts = ", ".join(f"{flavour} {self.N_eff_of(flavour):.4f}" for flavour in self.mixing.flavours)
        lines = [
            f"Solution: N_eff = {self.N_eff:.4f} ({parts})",
            f"  {self.mixing!r}",
            f"  {self.options!r}, interactions {list(self.interactions)}",
            f"  z = {self.z[-1]:.5f} at x = {self.x[-1]:g}, m_eff = {self.m_eff:.4g}",
            *self._dark_lines(),
            f"  {self.stats.steps} steps, {self.stats.cpu_seconds:.3f} s CPU",
            f"  {self.status.name}: {self.status.value}",
        ]
        return "\n".join(lines)
