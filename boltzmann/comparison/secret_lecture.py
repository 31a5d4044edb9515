"""What one secret vector interaction does, temperature by temperature: potential, mixing in matter and rates.

Potential and rates are those of `potentials.SecretVector` in a thermal bath at the temperature T_s that the dark sector
had in a run, without the chemical potential it also had.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from boltzmann.collisions.damping import rate_coefficient
from boltzmann.comparison.captions import point_text
from boltzmann.constants import G_F, NEUTRINO_DENSITY
from boltzmann.errors import ParameterError
from boltzmann.figures.output import Caption
from boltzmann.figures.secret import History
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


def conversion_rate(collisions: Array, vacuum: Array, sin2_2theta: Array, sin2_2theta_0: float) -> Array:
    """Return the rate at which active neutrinos turn into sterile ones, in the unit of ``collisions``.

    Gamma/4 sin^2 2theta_0 w^2/[(w cos 2theta_0 + V)^2 + w^2 sin^2 2theta_0 + D^2] with w = dm2/2k and D = Gamma/2
    (arXiv:astro-ph/0101524, sec. V): half of the collisions find the other state with half of sin^2 2theta_m, and those
    that come faster than the oscillation prevent it.

    Parameters
    ----------
    collisions : array
        Gamma, of both states together.
    vacuum : array
        w, in the same unit.
    sin2_2theta, sin2_2theta_0 : array, float
        In matter and in vacuum.
    """
    detuning = sin2_2theta_0 / sin2_2theta + (0.5 * collisions / vacuum) ** 2
    return np.asarray(0.25 * collisions * sin2_2theta_0 / detuning)


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


def hubble_history(solution: Solution) -> Array:
    """Return the Hubble rate [MeV] along a run, (n_x,)."""
    plasma = solution.z**4 * plasma_energy_density(solution.x / solution.z, muons=solution.options.muons)
    neutrinos = energy_density(solution.y, solution.weights, np.trace(solution.mean_rho, axis1=-2, axis2=-1).real)
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
    sin2_2theta, sin2_2theta_0 = interaction.mixing_angle(mixing, k, T_s), 4.0 * sin2 * (1.0 - sin2)
    vacuum = float(to_natural(mixing.dm2_41, 2)) / (2.0 * p)
    inverse_decay = np.asarray(to_natural(interaction.inverse_decay_rate(k, T_s), 1))
    scattering = np.asarray(to_natural(interaction.scattering_rate(k, T_s), 1))
    weak = rate_coefficient(a, case.kappa) * G_F**2 * p * T.value**4
    return History(
        T=T.value,
        T_s_over_T=ratio,
        fugacity=fugacity,
        potential=np.asarray(to_natural(interaction.potential(k, T_s), 1)),
        active=_active_potential(T.value, p, a),
        vacuum=vacuum,
        sin2_2theta=sin2_2theta,
        sin2_2theta_0=sin2_2theta_0,
        inverse_decay=inverse_decay,
        scattering=scattering,
        weak=weak,
        conversion=conversion_rate(inverse_decay + scattering + weak, vacuum, sin2_2theta, sin2_2theta_0),
        hubble=hubble,
        flavour=mixing.flavours[a],
    )


def caption(case: Case) -> Caption:
    """Return the caption of the figure of one case."""
    interaction = case.interaction
    return Caption(
        f"Secret vector interaction, e_s = {interaction.e_s:.3g}, M = {interaction.mediator_mass:g}; "
        f"{point_text(case.mixing)}; momentum k = {case.kappa:g} T_gamma. (a) One-loop potential of the sterile state "
        "in a thermal bath at T_s, potential of the active state, and vacuum term; dotted where negative. (b) "
        "sin^2 2theta_m = sin^2 2theta_0/[(cos 2theta_0 + 2kV_s/dm2_41)^2 + sin^2 2theta_0]. (c) Rates at k over the "
        "Hubble rate; black: conversion of active into sterile neutrinos by collisions and oscillations, (Gamma/4) "
        "sin^2 2theta_m with the collisions' own damping. (d) Bath of sterile neutrinos and A' in a run of the kinetic "
        "equations; (a) to (c) are thermal, at its T_s and without its fugacity. Shaded in all panels: conversion is "
        "faster than expansion.",
        ("mixing in matter: arXiv:1310.6337", "conversion: arXiv:astro-ph/0101524"),
    )


def formula_caption() -> Caption:
    """Return the caption of the figure of mixing in matter."""
    return Caption(
        "Mixing in matter, sin^2 2theta_m = sin^2 2theta_0/[(cos 2theta_0 + 2E V_eff/dm2)^2 + sin^2 2theta_0], against "
        "the size of the potential. A negative potential (full) has a resonance where |2E V_eff| = dm2 cos 2theta_0; a "
        "positive one (dashed) suppresses only.",
        ("arXiv:1310.6337",),
    )
