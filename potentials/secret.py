"""What secret interactions have in common: their input, and their rates in a thermal bath as quantities.

The rates are those of the solver, from the same `boltzmann.dark.mediator.Mediator`. The bath of sterile neutrinos has
the temperature T_s and no chemical potential; in rates, M^2 stands for M_T^2 = M^2 + debye T_s^2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from boltzmann.dark.loops import boson_loop, fermion_loop
from boltzmann.dark.mediator import LOG_MU, LOG_Q, Mediator
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.parameters import Mixing
from boltzmann.parameters.inputs import Input
from boltzmann.units import from_natural, number, to_natural

if TYPE_CHECKING:
    from boltzmann.units import Quantity


def _sin2_in_matter(sin2: Array, cos: Array, E: Quantity, V_eff: Quantity, dm2: Quantity) -> Array:
    shift = 2.0 * np.asarray(to_natural(E, 1)) * np.asarray(to_natural(V_eff, 1)) / np.asarray(to_natural(dm2, 2))
    return np.asarray(sin2 / ((cos + shift) ** 2 + sin2))


def sin2_2theta_matter(sin2_2theta_0: float | Array, E: Quantity, V_eff: Quantity, dm2: Quantity) -> Array:
    """Return sin^2 2theta_m of two states, one of which has the potential V_eff (arXiv:1310.6337).

    sin^2 2theta_m = sin^2 2theta_0/[(cos 2theta_0 + 2 E V_eff/dm2)^2 + sin^2 2theta_0]

    Parameters
    ----------
    sin2_2theta_0 : float or array
        sin^2 2theta in vacuum, 0 to 1; theta < 45 deg is meant.
    E, V_eff, dm2 : Quantity
        Energy, potential of the heavier (sterile) state minus that of the other, and squared-mass difference.

    Raises
    ------
    ParameterError
        sin2_2theta_0 is outside 0 to 1, or a quantity has no or another dimension.
    """
    sin2 = np.asarray(sin2_2theta_0, float)
    if not np.all((sin2 >= 0.0) & (sin2 <= 1.0)):
        raise ParameterError(f"sin2_2theta_0 = {sin2_2theta_0!r} is not allowed; give numbers from 0 to 1")
    return _sin2_in_matter(sin2, np.sqrt(1.0 - sin2), E, V_eff, dm2)


def _energy(name: str, value: Quantity) -> Array:
    """Return a positive energy [MeV]; one number may be a text such as "3 MeV"."""
    try:
        energy = np.asarray(number(value, "MeV", name) if isinstance(value, str) else to_natural(value, 1))
    except ParameterError as error:
        raise ParameterError(f'{name}: {error}; give for example Quantity("1 MeV")') from error
    if not np.all(energy > 0.0):
        raise ParameterError(f"{name} = {value} is not allowed; give an energy above zero")
    return energy


def _tabulated(table: Array, axis: Array, log: Array) -> Array:
    """Return a table of a `Mediator` at ``log`` as the solver does: four-point Lagrange, constant beyond the ends."""
    place = (np.clip(log, axis[0], axis[-1]) - axis[0]) / (axis[1] - axis[0])
    first = np.clip(place.astype(int) - 1, 0, axis.size - 4)
    t = place - first
    a, b, c = t - 1.0, t - 2.0, t - 3.0
    weights = (-a * b * c / 6.0, 0.5 * t * b * c, -0.5 * t * a * c, t * a * b / 6.0)
    return np.asarray(sum(weight * table[first + j] for j, weight in enumerate(weights)))


class SecretInput(Input, ABC):
    """Base of the secret interactions: dataclasses with these fields, and a method ``mediator``."""

    coupling: float
    mediator_mass: Any
    T_s_over_T: float
    mediator_in_equilibrium: bool
    secret_rate_factor: float

    RENAMED: ClassVar[Mapping[str, str]] = {"temperature_ratio": "T_s_over_T", "rate_scale": "secret_rate_factor"}
    MASS_RANGE: ClassVar[tuple[str, str, str]]  # least, greatest, and why

    @abstractmethod
    def mediator(self) -> Mediator:
        """Return the numbers and tables for the kernels."""

    def _check(self) -> None:
        """Validate and convert every field."""
        ratio = self.T_s_over_T
        if isinstance(ratio, (int, float)) and ratio > 1:
            raise ParameterError(
                f"T_s_over_T = {ratio!r} is not allowed; a dark sector that starts hotter than the photons is "
                "more than N_eff leaves room for, and none of the histories for which the ratio is defined; give 0 to 1"
            )
        self._convert()
        least, greatest, reason = self.MASS_RANGE
        low, high = (number(limit, "MeV", "mediator_mass") for limit in (least, greatest))
        if not low <= self._mass <= high:
            raise ParameterError(
                f"mediator_mass = {self._given_mass} is not allowed; give {least} to {greatest}: {reason}"
            )

    @property
    def _mass(self) -> float:
        """M [MeV]."""
        return number(self._given_mass, "MeV", "mediator_mass")

    @property
    def _given_mass(self) -> str:
        return str(self.given(type(self).__dataclass_fields__["mediator_mass"]))

    def _bath(self, k: Quantity, T_s: Quantity, mediator: Mediator) -> tuple[Array, Array, Array]:
        """Return T_s [MeV], kappa = k/T_s and M_T/T_s, broadcast."""
        p, T = np.broadcast_arrays(_energy("k", k), _energy("T_s", T_s))
        return T, p / T, np.sqrt((mediator.mass / T) ** 2 + mediator.debye)

    def potential(self, k: Quantity, T_s: Quantity) -> Quantity:
        """Return V_s [MeV] in a thermal bath: full one loop, fermion and (if in equilibrium) mediator background.

        Parameters
        ----------
        k, T_s : Quantity
            Momentum and temperature of the bath; they broadcast.
        """
        mediator = self.mediator()
        T, kappa, _ = self._bath(k, T_s, mediator)
        mu = mediator.mass / T
        loop = fermion_loop(mu**2 / (4.0 * kappa))
        if mediator.degrees:
            loop = loop + boson_loop(kappa, mu)
        return from_natural(mediator.strength * T / (4.0 * np.pi**2 * kappa) * loop, "MeV")

    def inverse_decay_rate(self, k: Quantity, T_s: Quantity) -> Quantity:
        """Return Gamma_ID [MeV], decays and inverse decays of the mediator; zero when it is not in equilibrium.

        Twice the imaginary part of the self-energy whose real part is `potential` (derived): the rate at which
        occupation k relaxes, blocking and stimulated emission included. Broadcasts.
        """
        mediator = self.mediator()
        T, kappa, mu = self._bath(k, T_s, mediator)
        w = mu**2 / (4.0 * kappa)
        logarithms = np.log1p(np.exp(-w)) - np.log(-np.expm1(-(w + kappa)))
        present = bool(mediator.degrees)
        return from_natural(present * mediator.width * T * w / (2.0 * np.pi * kappa) * logarithms, "MeV")

    def scattering_rate(self, k: Quantity, T_s: Quantity, relaxation: bool = False) -> Quantity:
        """Return the scattering rate [MeV] of a mode; all collisions, or with ``relaxation`` those that change momenta.

        Broadcasts; without Pauli blocking of the final state.
        """
        mediator = self.mediator()
        T, kappa, mu = self._bath(k, T_s, mediator)
        q = 4.0 * kappa / mu**2
        table = _tabulated(mediator.scattering[int(relaxation)], LOG_Q, np.log(q))
        return from_natural(T / kappa * table * q**2 / (1.0 + q), "MeV")

    def number_changing_rate(self, T_s: Quantity) -> Quantity:
        """Return the rate [MeV] of mediator mediator <-> nu_s nubar_s reactions per sterile neutrino of one helicity.

        The thermal reaction density over 3 zeta(3) T_s^3/(4 pi^2).
        """
        mediator = self.mediator()
        T = _energy("T_s", T_s)
        mu = np.sqrt((mediator.mass / T) ** 2 + mediator.debye)
        density = np.exp(-2.0 * mu) * _tabulated(mediator.number_changing, LOG_MU, np.log(mu))
        return from_natural(T * density / (3.0 * 1.2020569031595942 / (4.0 * np.pi**2)), "MeV")

    def mixing_angle(self, mixing: Mixing, k: Quantity, T_s: Quantity) -> Array:
        """Return sin^2 2theta_m of nu_s and one active state, by `sin2_2theta_matter` with E = k and V_eff = V_s.

        The vacuum angle is that of nu_s with all active flavours, sin^2 theta_0 = |U_e4|^2 + |U_mu4|^2 + |U_tau4|^2.
        Like the published formula this leaves out the potential of the active state, which the solver has.

        Raises
        ------
        ParameterError
            ``mixing`` has no sterile state.
        """
        if mixing.n_states == 3:
            raise ParameterError(
                'mixing has dm2_41 = None, which means no sterile state; give dm2_41, for example dm2_41="1 eV2"'
            )
        sin2 = mixing.Ue4_sq + mixing.Umu4_sq + mixing.Utau4_sq
        sin2_2theta, cos_2theta = np.asarray(4.0 * sin2 * (1.0 - sin2)), np.asarray(1.0 - 2.0 * sin2)
        return _sin2_in_matter(sin2_2theta, cos_2theta, k, self.potential(k, T_s), mixing.dm2_41)
