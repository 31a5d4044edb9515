"""The result of a run: frozen arrays with axes [x, sign, y, i, j], and the everyday numbers that follow from them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from boltzmann import observables
from boltzmann.constants import M_E
from boltzmann.errors import ParameterError, UnfinishedWarning
from boltzmann.kinetics.status import Status
from boltzmann.kinetics.sterile_history import DarkHistory, SterileHistory
from boltzmann.numerics.arrays import Array, Complex, frozen
from boltzmann.parameters.inputs import outside
from boltzmann.solution import files, masses, text
from boltzmann.solution.asymmetry import (
    WEAK_FREEZE_OUT,
    AsymmetryGrowth,
    BothSigns,
    Branch,
    Sweep,
    Synchronised,
    Unfollowed,
    stable,
)
from boltzmann.solution.dark_story import DarkStory, Told
from boltzmann.solution.relic import BesideNeutrinos, RelicHistory
from boltzmann.solution.stats import Stats
from boltzmann.units import from_natural, to_natural

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

    from boltzmann.parameters import Asymmetry, Mixing, Options
    from boltzmann.solver.budget import ErrorBudget
    from boltzmann.units import Quantity


def _electronvolts(mass: float) -> Quantity:
    from boltzmann.units import Quantity

    return frozen(Quantity(mass, "eV"))


def _no_budget(*_: Any) -> ErrorBudget:
    """Have no solver to ask."""
    raise ParameterError("this solution was made without a solver; solve it with boltzmann.solve for an error budget")


@dataclass(frozen=True, eq=False, repr=False)
class Solution(BothSigns, Told, BesideNeutrinos):
    """History and final state of one run; numbers without index refer to the end, x[-1].

    Attributes
    ----------
    mixing, interactions, options
        The inputs.
    x, z : (n_x,) arrays
        m_e a and T_gamma a; a T = 1 after muon annihilation.
    y, weights : (N,) arrays
        Comoving momenta p a, and weights with int dy g(y) = SUM weights g.
    rho : (n_x, 1 or 2, N, n, n) complex array
        Density matrices [x, sign, y, i, j], flavours e, mu, tau, s: of nu = nubar, or of nu and of nubar.
        While a resonance narrower than the distance of two momenta crosses the grid, populations are those of bins and
        coherences those of nodes, at most what these populations allow (`boltzmann.solution.coherences`).
    dark, matter : DarkHistory, (n_x,) array, or None
        Temperature and mediators of a secret interaction; comoving energy density [m_e^4] of decaying matter.
    status : Status
        Whether the run finished, and if not, what to do.
    stats : Stats
        Cost, and violations of conservation laws.
    asymmetry : Asymmetry or None
        Asymmetries at the start; None: nu = nubar.
    branch : Branch or None
        What is known beside it where nu = nubar, not asked for otherwise, was unstable, and beside a secret interaction
        with an asymmetry; None elsewhere.
    sweep : Sweep or None
        What a resonance that an asymmetry drives over the momenta does to it; None where there is none.
    unfollowed : Unfollowed or None
        What is known where a growing asymmetry is not followed; None elsewhere.
    synchronised : Synchronised or None
        Collective oscillations of unequal asymmetries.
    relic : RelicHistory or None
        Energy and number of a relic of MeV mass; None without.
    reference, follow, rescaled, examined, budgeted, grown : callable
        What needs the solver: N_eff of three states, history of the sterile state, N_eff with other secret rates, what
        limits the numbers, their theoretical error, and the growth of an asymmetry.
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
    asymmetry: Asymmetry | None = None
    branch: Branch | None = None
    sweep: Sweep | None = None
    unfollowed: Unfollowed | None = None
    synchronised: Synchronised | None = None
    relic: RelicHistory | None = None
    matter: Array | None = None
    examined: Callable[[Solution], tuple[str, ...]] = lambda _: ()
    budgeted: Callable[..., ErrorBudget] = _no_budget
    grown: Callable[[Solution], AsymmetryGrowth] = lambda _: stable()

    def __post_init__(self) -> None:
        for name in ("x", "y", "weights", "z", "rho", *(("matter",) if self.matter is not None else ())):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        if self.dark is not None:
            object.__setattr__(self, "dark", DarkHistory(*map(frozen, self.dark)))
        self._freeze_relic()

    @cached_property
    def _the_end(self) -> int:
        """Index of the final state, -1; the first who asks an unfinished run for it is warned."""
        if not self.status.ok:
            warnings.warn(
                f"numbers of an unfinished run are not its final ones; {self.status.name}: {self.ending}",
                UnfinishedWarning,
                stacklevel=outside(),
            )
        return -1

    @property
    def T(self) -> Quantity:
        """Photon temperature [MeV], (n_x,)."""
        return from_natural(self.z / self.x * M_E, "MeV")

    def comoving_density(self, f: Array) -> Array:
        """Return the comoving energy density (nu + nubar) of occupations ``f`` (..., N) per helicity."""
        return observables.energy_density(self.y, self.weights, f)

    @cached_property
    def N_eff(self) -> float:
        """Effective number of neutrinos at the end, all states relativistic, and of mediators and relics then left."""
        return self._N_eff(self.total_density[self._the_end])

    def _N_eff(self, density: Any) -> float:
        """Return the final contribution to N_eff of a comoving energy density."""
        return float(observables.effective_number(density, self.z[-1]))

    @cached_property
    def total_density(self) -> Array:
        """Comoving energy density of neutrinos, mediators and a relic, (n_x,)."""
        return self.comoving_density(np.trace(self.mean_rho, axis1=-2, axis2=-1).real) + self.other_density

    @cached_property
    def N_eff_history(self) -> Array:
        """Energy of neutrinos and mediators along the run, (n_x,); see `N_eff_at`."""
        return frozen(observables.effective_number_at(self.total_density, self.x, self.z))

    def at(self, T: float, history: Array) -> float:
        """Return ``history`` (n_x,) at T_gamma = ``T`` [MeV], a monotone cubic in ln T."""
        from scipy.interpolate import PchipInterpolator  # here, because it takes longer to import than to use

        colder = -np.log(self.z / self.x)
        falls = np.diff(np.maximum.accumulate(colder), prepend=-np.inf) > 0.0  # not in steps of 1e-9 at a resonance
        return float(PchipInterpolator(colder[falls], history[falls])(-np.log(T / M_E)))

    def N_eff_at(self, T: Quantity | str) -> float:
        """Return the energy of active and sterile neutrinos and mediators at photon temperature ``T``.

        In units of a neutrino with T_gamma/`observables.instantaneous_z`; it equals N_eff after e+- annihilation.

        Raises
        ------
        ParameterError
            The run did not cover ``T``, or it is no temperature.
        """
        from boltzmann.units import Quantity

        T_start, T_end = self.T[0], self.T[-1]
        value = np.asarray(to_natural(Quantity(T) if isinstance(T, str) else T, 1))
        if value.ndim or not T_end.value * (1 - 1e-9) <= value <= T_start.value * (1 + 1e-9):
            raise ParameterError(
                f"T = {T} is not allowed; give one temperature from {T_end:.5g} to {T_start:.5g}: this run's range"
            )
        return self.at(float(value), self.N_eff_history)

    @property
    def N_eff_bbn(self) -> observables.BBN:
        """`N_eff_at` 1 MeV (weak freeze-out) and 0.07 MeV (nucleosynthesis)."""
        return observables.BBN(*(self.N_eff_at(from_natural(T, "MeV")) for T in (1.0, 0.07)))

    @property
    def N_eff_spread(self) -> float:
        """By how much N_eff depends on the seed of an asymmetry, chaos after its growth; NaN where nobody tried."""
        return float("nan") if self.branch is None else abs(self.branch.N_eff_other - self.N_eff)

    @property
    def nu_e_at_freeze_out(self) -> float:
        """Energy of nu_e + nubar_e at T_gamma = 0.7 MeV over that of a neutrino with T_gamma."""
        return self.at(WEAK_FREEZE_OUT, self.energy_density("e") / self.z**4)

    @property
    def L_at_freeze_out(self) -> float:
        """L_e at T_gamma = 0.7 MeV, about where neutrons freeze out; zero where nu = nubar."""
        return self.at(WEAK_FREEZE_OUT, self.L[:, 0])

    @property
    def N_eff_4(self) -> float:
        """Final N_eff of mass state 4, 0 for three states."""
        return self.N_eff_of(4) if self.mixing.n_states == 4 else 0.0

    @property
    def delta_N_eff(self) -> float:
        """N_eff minus that of three states with the same options (solved on first use)."""
        return self.N_eff - self.reference()

    @cached_property
    def m_eff(self) -> Quantity:
        """`m_eff_of` mass state 4 (0 eV without)."""
        return _electronvolts(masses.m_eff(self))

    def m_eff_of(self, state: int) -> Quantity:
        """Return 94.1 eV times `Omega_h2` of one mass state [eV]; 0 eV for a massless one."""
        return _electronvolts(masses.m_eff_of(self, state))

    def Omega_h2(self, state: int) -> float:
        """Return Omega h^2 today of one mass state, integrated over its spectrum with mass and kinetic energy.

        Also where the state is slow at the end of the run already. N_eff counts such a state by its momenta, what it
        would have without mass.

        Parameters
        ----------
        state : int
            1, 2, 3, or 4; flavours have no mass.

        Raises
        ------
        ParameterError
            If there is no such mass state.
        """
        basis, index = self._index(state)
        if basis == "flavour":
            raise ParameterError(f"state = {state!r} is a flavour, which has no mass; use a mass state, 1 to 4")
        mass = float(self.mixing.masses_in_eV[index])
        return observables.omega_h2(self.y, self.spectrum(state), mass, float(self.z[-1]))

    @property
    def dark_matter_share(self) -> float:
        """`Omega_h2` of mass state 4 over the 0.1201 of all dark matter (arXiv:1807.06209); 0 for three states."""
        return self.Omega_h2(4) / observables.DARK_MATTER if self.mixing.n_states == 4 else 0.0

    @property
    def m_thermal(self) -> Quantity:
        """m_eff/N_eff_4^(3/4) [eV]: mass of a Fermi-Dirac state with the m_eff and N_eff of state 4 (0 eV without one).

        Above 10 eV the prior of Planck 2018 counts the state as cold (arXiv:1807.06209 sec. 7.5.3).
        """
        return _electronvolts(masses.m_thermal(self))

    @property
    def m_DW(self) -> Quantity:
        """m_eff/N_eff_4 [eV]: mass of a state like Dodelson and Widrow's, a constant times Fermi-Dirac, hep-ph/9303287.

        It decides how fast the state is, T_nu/m, and is m_4 for such a spectrum at the temperature of neutrinos.
        """
        return _electronvolts(masses.m_DW(self))

    @property
    def sum_m_nu(self) -> Quantity:
        """Sum of m_k n_k of mass states 1 to 3 over the n of a standard neutrino [eV]: 93.12 eV times their Omega h^2.

        With the numbers of three neutrinos it is the sum of their masses.
        """
        return _electronvolts(masses.sum_m_nu(self))

    def _index(self, state: Any) -> tuple[str, int]:
        """Return the basis ("flavour" or "mass") and the position of a state."""
        if state in self.mixing.flavours:
            return "flavour", self.mixing.flavours.index(str(state))
        if isinstance(state, Integral) and 1 <= int(state) <= self.mixing.n_states:
            return "mass", int(state) - 1
        masses = ", ".join(str(k + 1) for k in range(self.mixing.n_states))
        raise ParameterError(
            f"state = {state!r} does not exist here; use a flavour ({', '.join(self.mixing.flavours)}) "
            f"or a mass state ({masses})"
        )

    def _populations(self, state: str | int, rho: Complex) -> Array:
        basis, index = self._index(state)
        function = observables.flavour_populations if basis == "flavour" else observables.mass_populations
        return np.asarray(function(rho, self.mixing.U)[..., index])

    def spectrum(self, state: str | int, antineutrino: bool | None = None) -> Array:
        """Return the final occupation f(y) per helicity, (N,).

        Parameters
        ----------
        state : str or int
            Flavour "e", "mu", "tau", "s" (coherences between mass states averaged out), or mass state 1, 2, 3, 4.
        antineutrino : bool, optional
            Whether of antineutrinos or neutrinos; by default their mean.

        Raises
        ------
        ParameterError
            If there is no such state.
        """
        return self._populations(state, self.rho_of(antineutrino)[self._the_end])

    def spectrum_at(self, state: str | int, y: ArrayLike) -> Array:
        """Return the final occupation at any comoving ``y``: f/f_FD is a cubic spline, constant beyond the grid."""
        return observables.interpolate_spectrum(self.y, self.spectrum(state), np.asarray(y, float))

    def energy_density(self, state: str | int) -> Array:
        """Return the comoving energy density (nu + nubar) along the run, (n_x,).

        In units of one standard flavour before e+- annihilation, (7/8)(pi^2/15). Flavours are the diagonal of rho.
        """
        basis, index = self._index(state)
        history = self.mean_rho
        f = history[..., index, index].real if basis == "flavour" else self._populations(state, history)
        return observables.relative_density(self.comoving_density(f))

    def N_eff_of(self, state: str | int) -> float:
        """Return the final contribution of one state to N_eff."""
        return self._N_eff(self.comoving_density(self.spectrum(state)))

    @property
    def N_eff_of_mediators(self) -> float:
        """Final contribution to N_eff of mediators of secret interactions, 0 without."""
        return 0.0 if self.dark is None else self._N_eff(self.dark.energy[self._the_end])

    def number_density_of(self, state: str | int) -> float:
        """Return the final number density of one state over that of a neutrino with T_gamma (4/11)^(1/3).

        ``m_eff`` is ``number_density_of(4)`` times m_4 where nu_4 is non-relativistic today: a state that came into
        equilibrium with the others only after they had decoupled has 3/4.
        """
        return observables.number_density(self.y, self.spectrum(state), float(self.z[-1]))

    @cached_property
    def validity(self) -> tuple[str, ...]:
        """What limits the numbers, a sentence each: the warnings of `solve`."""
        return self.examined(self)

    def error_budget(
        self, progress: Callable[[float], None] | None = None, say: Callable[[str], None] | None = None
    ) -> ErrorBudget:
        """Return the theoretical error of N_eff, from a run more for each source: some 15 times the time of the run.

        Parameters
        ----------
        progress : callable, optional
            Called with the fraction done, in [0, 1].
        say : callable, optional
            Called once with how long it takes.

        Raises
        ------
        ParameterError
            The run did not end well.
        """
        return self.budgeted(self, progress, say)

    @cached_property
    def dark_story(self) -> DarkStory:
        """What happened to the sterile state and the dark sector: temperatures, resonances, collisions, in words."""
        return DarkStory(self)

    def to_dataset(self) -> xr.Dataset:
        """Return history, spectra and inputs as an `xarray.Dataset`, from which `load_solution` makes a Solution."""
        return files.dataset(self)

    def save(self, file: str | Path) -> Path:
        """Write `to_dataset` as netCDF and return the path; `boltzmann.load_solution` reads it.

        Raises
        ------
        OSError
            The file cannot be written; the message names it.
        """
        return files.save(self, Path(file))

    def __repr__(self) -> str:
        return text.plain(self)

    def _repr_html_(self) -> str:
        return text.html(self)
