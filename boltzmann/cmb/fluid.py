"""Neutrinos that still collide at recombination: which states they are, and what of them CLASS can describe.

CLASS has a massless fluid without anisotropic stress (``N_idr``, ``idr_nature = fluid``) but no massive species that
collides. Two reactions hold states together:

* Scattering: Gamma_s/H of the solver (`Solution.sterile_history`) at `RECOMBINATION`. It belongs to nu_s; mass state k
  takes part with |U_sk|^2 of that rate (one vertex, nu_k -> nu_4) while nu_4 can be made, and with |U_sk|^4 (two
  vertices, elastic) when it is too heavy (derived, to leading order in |U_sk|^2). nu_4 has 1.
* Decays and inverse decays nu_4 <-> nu_k phi with a light boson, see `boltzmann.cmb.decaying`.

CLASS starts the fluid with the velocity of free-streaming radiation (issue 569 of lesgourg/class_public, open); it
forgets that at once.

Energy
------
nu_4 that goes into massless phi, by nu_4 nubar_4 -> phi phi (arXiv:1404.5915) or by decays, leaves no massive state
behind. In a fluid that collides this is adiabatic, so the entropy per comoving volume stays and the energy does not:
for bosonic degrees of freedom g of what remains (1 for phi, 7/4 per neutrino that collides with it)::

    [g + (7/4) s(m/T)/s(0)] (T a)^3 = const,     rho a^4  rises from  g + 7/4  to  g (1 + 7/(4 g))^(4/3),

a factor (11/4)^(1/3) = 1.401 for phi alone, 1.086 with three neutrinos (derived, chemical potentials zero). The run
follows this until T = m_4 or recombination, with the mass of nu_4; the rest is `continued`, which holds between any two
m/T. If collisions conserve the number nu_4 + phi, both start with mu = 0 and end with mu/T = -0.23, it is 1.406 for phi
alone. nu_4 that decays later than the expansion, Gamma_0 < H at T ~ m_4, gives the energy that it has then.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from scipy.optimize import brentq

from boltzmann.cmb.decaying import HORIZON, RECOMBINATION, TRANSPORT, Transport, transport
from boltzmann.constants import EV, KELVIN, M_E, T_CMB_K
from boltzmann.dark.mediator import SecretInteraction
from boltzmann.kinetics.sterile_history import DarkHistory, SterileHistory, late_hubble
from boltzmann.numerics.arrays import Array
from boltzmann.parameters import Mixing

MASSLESS_MEDIATOR = 1e-3  # [eV]
# A tenth of the mean momentum at recombination, 0.58 eV: such a mass adds 0.7 % to the energy.
RELATIVISTIC = 0.058  # [eV]
_x, _w = np.polynomial.legendre.leggauss(100)
MOMENTA = 20.0 * (1.0 + _x), 20.0 * _w  # p/T from 0 to 40
NEUTRINO = 7.0 / 4.0  # bosonic degrees of freedom of nu_k and nubar_k

FREE_STREAMING = (
    "All neutrinos stream freely in CLASS; mass states have their masses, and the sterile one its spectrum."
)


class Secret(Protocol):
    """What this module needs of a Solution."""

    @property
    def mixing(self) -> Mixing: ...  # noqa: D102
    @property
    def interactions(self) -> tuple[SecretInteraction, ...]: ...  # noqa: D102
    @property
    def dark(self) -> DarkHistory | None: ...  # noqa: D102
    @property
    def sterile_history(self) -> SterileHistory: ...  # noqa: D102
    @property
    def free_streaming_redshift(self) -> float: ...  # noqa: D102
    @property
    def T_s_over_T(self) -> Array: ...  # noqa: D102
    @property
    def N_eff_of_mediators(self) -> float: ...  # noqa: D102
    @property
    def N_eff(self) -> float: ...  # noqa: D102
    @property
    def x(self) -> Array: ...  # noqa: D102
    @property
    def y(self) -> Array: ...  # noqa: D102
    @property
    def z(self) -> Array: ...  # noqa: D102
    @property
    def weights(self) -> Array: ...  # noqa: D102
    def N_eff_of(self, state: int | str, /) -> float: ...  # noqa: D102
    def spectrum(self, state: int | str, /) -> Array: ...  # noqa: D102


class Fluid(NamedTuple):
    """What of a solution is a fluid for CLASS.

    Attributes
    ----------
    states : tuple of int
        Mass states in it, besides mediators; none: all stream freely.
    heating : float
        Energy at recombination over that of the end of the run, comoving.
    treatment : str
        What is done, in a sentence or two.
    followed : bool
        Whether CLASS describes these neutrinos within the accuracy of the rest.
    """

    states: tuple[int, ...]
    heating: float
    treatment: str
    followed: bool


def collisionality_at(redshift: float, history: SterileHistory) -> float:
    """Return Gamma_s/H at a redshift, interpolated in both logarithms."""
    rates = np.log(np.maximum(history.collisionality, 1e-300))
    return float(np.exp(np.interp(-np.log1p(redshift), -np.log1p(history.redshift), rates)))


def _neutrino(mu: float) -> tuple[float, float]:
    """Return entropy and energy density of nu + nubar of mass mu T, over T^3 and T^4."""
    y, w = MOMENTA
    E = np.hypot(y, mu)
    f = w * y**2 / (np.exp(np.minimum(E, 700.0)) + 1.0) / np.pi**2
    energy, pressure = float(f @ E), float(f @ (y**2 / (3.0 * E)))
    return energy + pressure, energy


def _plasma(mass: float, light: float) -> tuple[float, float]:
    """Return entropy and energy density of massless bosonic degrees of freedom and nu_4 of ``mass``, at T = 1."""
    unit = np.pi**2 / 30.0 * light
    entropy, energy = _neutrino(mass)
    return 4.0 / 3.0 * unit + entropy, unit + energy


def continued(ratio: float, growth: float, light: float) -> float:
    """Return the factor by which the comoving energy of a fluid rises while the scale factor grows by ``growth``.

    Parameters
    ----------
    ratio : float
        m_4/T at the beginning.
    growth : float
        At least 1.
    light : float
        Bosonic degrees of freedom of the massless rest.

    Notes
    -----
    Solves for u = T a over that of the beginning: s u^3 = const; see the module docstring.
    """
    entropy, energy = _plasma(ratio, light)

    def excess(u: float) -> float:  # u = T a over that of the beginning
        return _plasma(ratio * growth / u, light)[0] * u**3 - entropy

    u = float(brentq(excess, 0.99, 1.01 * (1.0 + NEUTRINO / light) ** (1.0 / 3.0), xtol=1e-12))
    return _plasma(ratio * growth / u, light)[1] * u**4 / energy


def fluid_of(solution: Secret, masses: Array, power: int = TRANSPORT) -> Fluid:
    """Return which part of a solution is a fluid for CLASS.

    Parameters
    ----------
    solution : Solution
        Of `boltzmann.solve`.
    masses : (n,) array
        Of its states [eV].
    power : int
        Of m_4/E in the rate of decays, see `boltzmann.cmb.decaying`: 5, or 3.
    """
    decays = transport(solution, masses, power)
    if np.any(decays.largest >= 1.0):
        return _decaying(solution, decays, masses)
    fluid = _scattering(solution, masses)
    if decays.redshift > 0.0:
        return fluid._replace(treatment=f"{fluid.treatment} {_late(decays)}", followed=False)
    return fluid


def _late(decays: Transport) -> str:
    return (
        f"nu_4 decays into nu_k phi at redshift {decays.redshift:.2g} (Gamma_0 m_4/E = H there), which CLASS does not "
        "follow: it keeps nu_4."
    )


def _scattering(solution: Secret, masses: Array) -> Fluid:
    """Return the fluid of states that scatter; see `fluid_of`."""
    if solution.dark is None:
        return Fluid((), 1.0, FREE_STREAMING, True)
    rate = collisionality_at(RECOMBINATION, solution.sterile_history)
    if rate < 1.0:
        return _free(solution.free_streaming_redshift)
    heavy = masses[3] > RELATIVISTIC
    states = _colliding(rate, np.abs(solution.mixing.U[3]) ** (4 if heavy else 2))
    if any(masses[k - 1] > RELATIVISTIC for k in states[:-1]) or (heavy and not _annihilates(solution)):
        return _not_followed(rate, states, masses)
    return _annihilating(solution, rate, states, masses[3]) if heavy else _massless(rate, states, masses[3])


def _colliding(rate: float, weights: Array) -> tuple[int, ...]:
    """Return the mass states that collide at recombination, nu_4 last."""
    return (*(k + 1 for k in range(3) if rate * weights[k] >= 1.0), 4)


def _annihilates(solution: Secret) -> bool:
    """Whether there are massless mediators for nu_4 to annihilate into."""
    lightest = min(interaction.mediator().mass for interaction in solution.interactions) / EV
    return lightest <= MASSLESS_MEDIATOR and solution.N_eff_of_mediators > 0.0


def _energy_of_nu_4(solution: Secret, mass: float, growth: float = 1.0) -> float:
    """Return the comoving energy of nu_4 with its ``mass`` [eV], in N_eff, when a has grown by ``growth``."""
    weight, y = solution.weights * solution.y**2 * solution.spectrum(4), solution.y
    level = np.hypot(y, mass * EV / M_E * float(solution.x[-1]) * growth)
    plain = float(weight @ y)
    return solution.N_eff_of(4) * float(weight @ level) / plain if plain > 0.0 else 0.0


def _last_temperature(solution: Secret) -> float:
    """Return T_gamma [MeV] at the end of the run."""
    return float(solution.z[-1] / solution.x[-1]) * M_E


def _growth_until(redshift: float, solution: Secret) -> float:
    """Return how much the scale factor grows from the end of the run to a redshift."""
    return _last_temperature(solution) / (T_CMB_K * KELVIN * (1.0 + redshift))


def _light_energy(solution: Secret, states: tuple[int, ...]) -> float:
    """Return what colliding states but nu_4, and mediators, contribute to N_eff."""
    return sum(solution.N_eff_of(k) for k in states if k != 4) + solution.N_eff_of_mediators


def _heated(solution: Secret, states: tuple[int, ...], m4: float) -> float:
    """Return the energy of colliding states and mediators at recombination over that of the run's end without mass."""
    growth = max(1.0, _growth_until(RECOMBINATION, solution))
    T_s = float(solution.T_s_over_T[-1]) * _last_temperature(solution) / EV
    factor = continued(m4 / T_s, growth, 1.0 + NEUTRINO * (len(states) - 1))
    others = _light_energy(solution, states)
    return factor * (others + _energy_of_nu_4(solution, m4)) / (others + solution.N_eff_of(4))


def _decayed(solution: Secret, states: tuple[int, ...], m4: float, redshift: float) -> float:
    """Return the same for nu_4 that decays out of equilibrium at a redshift, with the energy that it has there."""
    growth = _growth_until(max(redshift, RECOMBINATION), solution)
    others = _light_energy(solution, states)
    return (others + _energy_of_nu_4(solution, m4, growth)) / (others + solution.N_eff_of(4))


def _decaying(solution: Secret, decays: Transport, masses: Array) -> Fluid:
    """Return the fluid of states that decays and inverse decays hold together."""
    states = (*(k + 1 for k in range(3) if decays.largest[k] >= 1.0), 4)
    T = _last_temperature(solution)
    hubble = float(late_hubble(np.array(T / (T_CMB_K * KELVIN) - 1.0), solution.N_eff))
    late = float(decays.rates.sum()) < hubble and masses[3] >= T / EV
    held = solution.dark is not None and not late
    factor = _heated(solution, states, masses[3]) if held else _decayed(solution, states, masses[3], decays.redshift)
    how = "in equilibrium" if held else f"at redshift {decays.redshift:.2g}, out of equilibrium"
    what = f"nu_4 (m_4 = {masses[3]:.2g} eV) decay into nu_k phi, {how}"
    if not decays.rates.any():
        what = "phi decay into nu_4 nu_k"
    heavy = [f"nu_{k} ({masses[k - 1]:.2g} eV)" for k in states[:-1] if masses[k - 1] > RELATIVISTIC]
    neglected = f" The masses of {', '.join(heavy)} are neglected." if heavy else ""
    sentence = (
        f"The vertex g |U_s4 U_sk| makes {what}: with inverse decays, up to {decays.largest.max():.2g} times per "
        f"Hubble time before recombination, {_names(states)} and mediators do not stream freely. In CLASS a fluid "
        f"without mass or anisotropic stress has their energy at recombination, {factor:.3f} times that of the end of "
        f"the run, at all earlier times too.{neglected}"
    )
    return Fluid(states, factor, sentence, False)


def _free(redshift: float) -> Fluid:
    """Describe states that stream freely at recombination, since ``redshift``."""
    if redshift >= HORIZON:
        return Fluid((), 1.0, FREE_STREAMING, True)
    sentence = (
        f"Sterile neutrinos collided with each other until redshift {redshift:.2g}, which CLASS cannot follow; "
        "all neutrinos stream freely there."
    )
    return Fluid((), 1.0, sentence, False)


def _names(states: tuple[int, ...]) -> str:
    return ", ".join(f"nu_{k}" for k in states)


def _not_followed(rate: float, states: tuple[int, ...], masses: Array) -> Fluid:
    listed = ", ".join(f"nu_{k} ({masses[k - 1]:.2g} eV)" for k in states)
    sentence = (
        f"CLASS cannot follow massive neutrinos that collide, as {listed} do at recombination (Gamma_s/H = {rate:.2g} "
        "of massless ones); all neutrinos keep their masses and spectra but stream freely there."
    )
    return Fluid((), 1.0, sentence, False)


def _massless(rate: float, states: tuple[int, ...], m4: float) -> Fluid:
    sentence = (
        f"Massless limit: {_names(states)} and mediators still collide at recombination (Gamma_s/H = {rate:.2g}) and "
        f"are a fluid without mass or anisotropic stress in CLASS (m_4 = {m4:.2g} eV)."
    )
    return Fluid(states, 1.0, sentence, True)


def _annihilating(solution: Secret, rate: float, states: tuple[int, ...], m4: float) -> Fluid:
    factor = _heated(solution, states, m4)
    sentence = (
        f"Massless limit: {_names(states)} and mediators still collide at recombination (Gamma_s/H = {rate:.2g}); "
        f"nu_4 (m_4 = {m4:.2g} eV) annihilates into massless mediators. In CLASS a fluid without mass or anisotropic "
        f"stress has their energy at recombination, {factor:.3f} times that of the end of the run. CLASS cannot follow "
        "the annihilation: it has this energy, too much, at all earlier times, and nothing of the mass of nu_4."
    )
    return Fluid(states, factor, sentence, False)
