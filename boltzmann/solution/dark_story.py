"""What happened to the sterile state and the dark sector in a run, from its history; in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from boltzmann import observables
from boltzmann.constants import EV, M_E, NEUTRINO_DENSITY
from boltzmann.errors import ParameterError
from boltzmann.kinetics import sterile_history as story
from boltzmann.kinetics.evolution import coldest
from boltzmann.kinetics.sterile_history import Collisions, DarkHistory, SterileHistory
from boltzmann.numerics.arrays import Array, frozen
from boltzmann.parameters.inputs import deprecated
from boltzmann.solution.relic import describe as relic_story
from boltzmann.units import from_natural

if TYPE_CHECKING:
    from boltzmann.solution.run import Solution
    from boltzmann.units import Quantity

CHANGING = 1e-3  # of the active energy, 0.003 in N_eff: invisible to the CMB
EQUILIBRIUM = 0.05  # of the active energy, between them and the bath


@dataclass(frozen=True, eq=False, repr=False)
class DarkStory:
    """The story of one solution; made by `Solution.dark_story`, whose names lead here too.

    Attributes
    ----------
    solution : Solution
        The run.
    """

    solution: Solution

    @cached_property
    def sterile_history(self) -> SterileHistory:
        """Potential, rates and conversion of the sterile state along the run (evaluated on first use).

        Raises ParameterError if there is no sterile state.
        """
        if self.solution.mixing.n_states == 3:
            raise ParameterError('dm2_41 = None means no sterile state; give dm2_41, for example dm2_41="1 eV2"')
        history = self.solution.follow(self.solution)
        return SterileHistory._make(map(frozen, history))

    def _temperatures(self, upwards: bool) -> Quantity:
        return from_natural(story.crossings(self.solution.T.value, self.sterile_history.conversion, upwards), "MeV")

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
        splitting = self.sterile_history.splitting[:, :, story.most_mixed(self.solution.mixing.U)]
        return tuple(from_natural(T, "MeV") for T in story.resonances(self.solution.T.value, splitting))

    @property
    def _bath(self) -> DarkHistory:
        if self.solution.dark is None:
            raise ParameterError(
                "interactions has no secret interaction strong enough to hold a bath, so there is no dark sector; give "
                "solve one, for example "
                'interactions=[SecretVector(coupling=1e-2, mediator_mass="10 MeV")]'
            )
        return self.solution.dark

    @property
    def T_s(self) -> Quantity:
        """Temperature T_s of the dark sector [MeV], (n_x,). Raises ParameterError without a secret interaction."""
        return from_natural(np.exp(self._bath.log_z) / self.solution.x * M_E, "MeV")

    @property
    def T_s_over_T(self) -> Array:
        """T_s/T_gamma, (n_x,). Raises ParameterError without a secret interaction."""
        return np.asarray(np.exp(self._bath.log_z) / self.solution.z)

    @property
    def mu_s_over_T_s(self) -> Array:
        """mu_s/T_s of the dark sector, (n_x,). Raises ParameterError without a secret interaction."""
        return self._bath.eta

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
    def still_changing(self) -> bool:
        """Whether the run had to end, at T = m_4 or recombination, while conversion went on.

        The energy of the active flavours changed by more than `CHANGING` in the last e-fold, and it is not that of the
        bath's temperature, with which it changes as nu_4 becomes slow. What follows from the final state is then a
        bound. False without a secret interaction.
        """
        run = self.solution
        if run.dark is None or float(run.T[-1].value) > 1.001 * coldest(float(run.mixing.masses_in_eV.max()) * EV):
            return False
        active = run.comoving_density(np.trace(run.mean_rho[..., :3, :3], axis1=-2, axis2=-1).real)
        before = float(np.interp(np.log(run.x[-1]) - 1.0, np.log(run.x), active))
        in_bath = 3.0 * NEUTRINO_DENSITY * np.exp(4.0 * run.dark.log_z[-1])
        together = abs(active[-1] / in_bath - 1.0) < EQUILIBRIUM
        return bool(abs(active[-1] - before) > CHANGING * active[-1] and not together)

    @property
    def N_eff_number_conserved(self) -> float:
        """The published "N_eff -> 2.7" of this solution, which does NOT conserve energy; never what the run gives.

        The final number of neutrinos shared by four states without chemical potential, arXiv:1410.1385 (see
        `observables.number_conserving_N_eff`). For comparison only. Raises ParameterError without a secret interaction.
        """
        _ = self._bath
        number = sum(self.solution.number_density_of(flavour) for flavour in self.solution.mixing.flavours)
        return observables.number_conserving_N_eff(number, self.solution.mixing.n_states)

    def secret_rate_sensitivity(self) -> float:
        """Return d N_eff/d ln Gamma_s: all secret rates times e^(+-0.2), potentials unchanged; solves twice.

        Raises ParameterError without a secret interaction.
        """
        _, run = self._bath, self.solution
        return (run.rescaled(run, np.exp(0.2)) - run.rescaled(run, np.exp(-0.2))) / 0.4

    def _facts(self) -> story.Facts:
        run, history = self.solution, self.sterile_history
        T = run.T.value
        sterile = run.comoving_density(run.mean_rho[..., 3, 3].real) + self._bath.energy
        covered = T[-1] < 1.0
        return story.Facts(
            sterile_bbn=run.at(1.0, observables.effective_number_at(sterile, run.x, run.z)) if covered else np.nan,
            sterile_end=run.N_eff_of("s"),
            active_end=sum(run.N_eff_of(a) for a in run.mixing.flavours[:3]) / 3.0,
            mediators_end=run.N_eff_of_mediators,
            recoupling=tuple(float(T) for T in self.recoupling_temperatures.value),
            T_end=float(T[-1]),
            changing=self.still_changing,
            mass=float(run.mixing.masses_in_eV[3]) * EV / float(T[-1]),
            collisionality=self.collisionality_today,
            redshift=self.free_streaming_redshift,
            thermal_mass=story.large_thermal_mass(T, history.thermal_mass),
        )

    @property
    def regime(self) -> str:
        """What happened to the dark sector, or to a relic, in a few sentences. Raises ParameterError without one."""
        relic = self.solution.relic
        told = story.describe(self._facts()) if relic is None else relic_story(self.solution, relic)
        return " ".join([told, *(f"{s[0].upper()}{s[1:]}." for s in self.solution.validity)])

    def __repr__(self) -> str:
        return f"DarkStory: {self.regime}" if self.solution.dark is not None else "DarkStory: no secret interaction"


def _told(name: str) -> property:
    """Return a property that is one of the dark story."""
    return property(lambda solution: getattr(solution.dark_story, name), doc=f"`DarkStory.{name}` of `dark_story`.")


def _old(name: str, new: str) -> property:
    """Return a property with an old name, which warns."""

    def read(solution: Solution) -> Any:
        deprecated(f"Solution.{name}", new)
        return getattr(solution, new)

    return property(read, doc=f"Old name of `{new}`.")


class Told:
    """The names under which a `boltzmann.solution.Solution` tells its dark story."""

    sterile_history = _told("sterile_history")
    recoupling_temperatures = _told("recoupling_temperatures")
    decoupling_temperatures = _told("decoupling_temperatures")
    resonances = _told("resonances")
    T_s = _told("T_s")
    T_s_over_T = _told("T_s_over_T")
    mu_s_over_T_s = _told("mu_s_over_T_s")
    collisionality_today = _told("collisionality_today")
    regime_today = _told("regime_today")
    still_changing = _told("still_changing")
    free_streaming_redshift = _told("free_streaming_redshift")
    N_eff_number_conserved = _told("N_eff_number_conserved")
    secret_rate_sensitivity = _told("secret_rate_sensitivity")
    regime = _told("regime")
    dark_temperature = _old("dark_temperature", "T_s")
    T_dark_over_T = _old("T_dark_over_T", "T_s_over_T")
    rate_sensitivity = _old("rate_sensitivity", "secret_rate_sensitivity")
