"""What one secret vector interaction does, temperature by temperature: potential, mixing in matter and rates.

Potential and rates are those of `potentials.SecretVector` in a thermal bath at the temperature T_s that the dark sector
had in a run, without the chemical potential it also had.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from boltzmann.collisions.damping import rate_coefficient
from boltzmann.constants import G_F, NEUTRINO_DENSITY
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.observables import energy_density
from boltzmann.parameters import Mixing, Options
from boltzmann.plasma.background import hubble_rate
from boltzmann.plasma.thermo import plasma_energy_density
from boltzmann.potentials import SecretVector, Thermal
from boltzmann.solution import Solution
from boltzmann.solver import solve
from boltzmann.units import Quantity, from_natural, to_natural

POINTS = 600  # of a figure, more than a run has: resonances are narrow


@dataclass(frozen=True)
class Case:
    """One interaction and mixing; by default nu_s mixes with nu_mu (theta_24 = 0.1 rad, dm2_41 = 1 eV2).

    Parameters
    ----------
    interaction : SecretVector
    mixing : Mixing
    kappa : float
        k/T_gamma of the neutrino that is shown; 3.15 is the mean of a thermal one.
    """

    interaction: SecretVector = field(default_factory=lambda: SecretVector(1e-2, "10 MeV"))
    mixing: Mixing = field(default_factory=lambda: Mixing(dm2_41="1 eV2", theta_24="0.1 rad"))
    kappa: float = 3.15

    def __post_init__(self) -> None:
        if not self.kappa > 0.0:
            raise ParameterError(f"kappa = {self.kappa!r} is not allowed; give a momentum k/T_gamma above zero")


class History(NamedTuple):
    """Arrays (POINTS,) over the temperatures of a run; energies in MeV.

    Attributes
    ----------
    T : array
        Photon temperature, falling.
    T_s_over_T : array
        T_s/T_gamma.
    fugacity : array
        e^(mu_s/T_s), which potential and rates leave out.
    potential : array
        V_s of the thermal bath.
    active : array
        Standard-Model potential of the active flavour with the largest |U_a4|^2.
    vacuum : array
        dm2_41/(2k).
    sin2_2theta : array
        sin^2 2theta_m of the published formula, with V_s alone.
    sin2_2theta_0 : float
        The same in vacuum.
    inverse_decay, scattering, weak, hubble : arrays
        Rates: A' -> nu nubar and its inverse, secret collisions, weak collisions of the active flavour, expansion.
    flavour : str
        The active flavour.
    """

    T: Array
    T_s_over_T: Array
    fugacity: Array
    potential: Array
    active: Array
    vacuum: Array
    sin2_2theta: Array
    sin2_2theta_0: float
    inverse_decay: Array
    scattering: Array
    weak: Array
    hubble: Array
    flavour: str


def hubble_history(solution: Solution) -> Array:
    """Return the Hubble rate [MeV] along a run, (n_x,)."""
    plasma = solution.z**4 * plasma_energy_density(solution.x / solution.z, muons=solution.options.muons)
    neutrinos = energy_density(solution.y, solution.weights, np.trace(solution.rho[:, 0], axis1=-2, axis2=-1).real)
    mediators = 0.0 if solution.dark is None else solution.dark.energy
    return np.array([hubble_rate(x, e) for x, e in zip(solution.x, plasma + neutrinos + mediators, strict=True)])


def _active_potential(T: Array, k: Array, a: int) -> Array:
    """Return the potential [MeV] of flavour ``a`` between thermal neutrinos."""
    terms = Thermal().terms(T, k)
    neutral = np.asarray(terms.per_energy)[:, a, a] * NEUTRINO_DENSITY * T**4
    return np.asarray(np.asarray(terms.fixed)[:, a] + neutral)


def _resampled(T: Quantity, columns: tuple[Array, ...]) -> tuple[Quantity, list[Array]]:
    """Return falling temperatures, uniform in ln T, and positive columns there, linear in both logarithms."""
    at = np.geomspace(T.value[0], T.value[-1], POINTS)
    old, new = -np.log(T.value), -np.log(at)
    return from_natural(at, "MeV"), [np.exp(np.interp(new, old, np.log(column))) for column in columns]


def history(case: Case, options: Options | None = None) -> History:
    """Solve the case and return what the figure shows.

    Raises
    ------
    ParameterError
        The mixing has no sterile state, or the run did not end well.
    """
    solution = solve(case.mixing, [case.interaction], options)
    if not solution.status.ok or solution.dark is None:
        raise ParameterError(f"{case}: the run did not end well: {solution.status.value}")
    columns = np.exp(solution.dark.log_z) / solution.z, np.exp(solution.dark.eta), hubble_history(solution)
    T, (ratio, fugacity, hubble) = _resampled(solution.T, columns)
    k, T_s, mixing = case.kappa * T, ratio * T, case.mixing
    elements = (mixing.Ue4_sq, mixing.Umu4_sq, mixing.Utau4_sq)
    a, sin2 = int(np.argmax(elements)), sum(elements)
    interaction, p = case.interaction, k.value
    return History(
        T=T.value,
        T_s_over_T=ratio,
        fugacity=fugacity,
        potential=np.asarray(to_natural(interaction.potential(k, T_s), 1)),
        active=_active_potential(T.value, p, a),
        vacuum=float(to_natural(mixing.dm2_41, 2)) / (2.0 * p),
        sin2_2theta=interaction.mixing_angle(mixing, k, T_s),
        sin2_2theta_0=4.0 * sin2 * (1.0 - sin2),
        inverse_decay=np.asarray(to_natural(interaction.inverse_decay_rate(k, T_s), 1)),
        scattering=np.asarray(to_natural(interaction.scattering_rate(k, T_s), 1)),
        weak=rate_coefficient(a, case.kappa) * G_F**2 * p * T.value**4,
        hubble=hubble,
        flavour=mixing.flavours[a],
    )
