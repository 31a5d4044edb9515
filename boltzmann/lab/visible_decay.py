"""nu_4 -> nu phi in flight with the daughters seen in MiniBooNE, MicroBooNE and LSND (hep-ph/0505216, 1911.01427).

A nu_4 of energy E_4 decays on the way L with probability 1 - exp(-L/lambda), 1/lambda = m_4 Gamma/E_4. In the rest
frame the decay has two bodies, so the daughter has x = E/E_4 <= X = 1 - r^2, r = m_phi/m_4, with (derived: angle -> x
is linear, and the chance of an angle is cos^2 or sin^2 of half of it)

    w(x) = 2 x/X^2 (helicity of nu_4),    w(x) = 2 (X - x)/X^2 (flipped).

Which helicities there are and which are seen depends on phi's couplings: `with_parity` is the other case.

phi has the rest, y = 1 - x >= r^2, and if it decays, phi -> nu nubar, each of these is flat from 0 to y E_4 (derived:
a scalar decays isotropically). Neutrinos here are Dirac particles whose daughters keep the helicity; for Majorana
neutrinos half are flipped and seen as antineutrinos. Daughters of flavour e are the fraction f_e: |U_e4|^2
|U_s4|^2/SUM_a |U_a4|^2 with U_s4 the rest of the unit row if phi couples to nu_s alone (the light states are
orthogonal to nu_4: derived), or free.

In LSND phi is also made by nu_mu (29.8 MeV, of pi+) and nu_e (12 x^2 (1 - x), of mu+), whose nu_4 mix by |U_mu4|^2 and
|U_e4|^2: phi -> nu nubar gives nubar_e whatever phi came from. Where |U_e4|^2 is the larger one this is most of the
signal.

The flux is n_e(E) = |U_mu4|^2 f_e INT dE_4 Phi_mu(E_4) (1 - e^(-L/lambda)) W(E/E_4)/E_4. Oscillation is not seen for
m_4 >> 10 eV. Neutrinos of the other sign in the beam are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.lab import decay_at_rest, karmen, lsnd, microboone_signal, miniboone_signal
from boltzmann.lab.microboone_release import BASELINE
from boltzmann.lab.oscillation import PHASE
from boltzmann.numerics.arrays import Array

__all__ = [
    "VisibleDecay", "coupling", "electron_share", "karmen_events", "lsnd_events", "microboone_events",
    "miniboone_events", "with_parity", "yield_of", "yield_of_phi",
]  # fmt: skip

_PARENTS = 240
_PION_LINE = np.array([29.79])  # [MeV] of nu_mu from pi+ at rest: (m_pi^2 - m_mu^2)/2 m_pi


@dataclass(frozen=True)
class VisibleDecay:
    """A point of the model.

    Parameters
    ----------
    rate : float [eV^2]
        m_4 Gamma.
    Umu4_sq : float
    Ue4_sq : float
        Only for phi of nu_e in LSND.
    electron_fraction : float
        f_e, the fraction of daughters of flavour e; `electron_share` for model (a).
    ratio : float
        r = m_phi/m_4, from 0 to below 1.
    phi_decays : bool
        phi -> nu nubar, at once.
    flipped : bool
        Daughters of the flipped helicity instead (seen as antineutrinos, with their own spectrum).
    """

    rate: float
    Umu4_sq: float
    Ue4_sq: float = 0.0
    electron_fraction: float = 1.0
    ratio: float = 0.0
    phi_decays: bool = False
    flipped: bool = False

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        if not (self.rate >= 0.0 and 0.0 <= self.ratio < 1.0):
            raise ParameterError(
                f"rate = {self.rate}, ratio = {self.ratio} is not allowed; give m4 Gamma of at least 0 eV2 and "
                "m_phi/m4 from 0 to below 1, where the decay is open"
            )
        fractions = self.Umu4_sq, self.Ue4_sq, self.electron_fraction
        if not all(0.0 <= value <= 1.0 for value in fractions):
            raise ParameterError(
                "Umu4_sq, Ue4_sq, electron_fraction = {}, {}, {} are not allowed; give 0 to 1".format(*fractions)
            )


def electron_share(Ue4_sq: float, Umu4_sq: float, Utau4_sq: float = 0.0) -> float:
    """Return f_e of a phi that couples to nu_s alone, |U_e4|^2 |U_s4|^2/SUM_a |U_a4|^2."""
    active = Ue4_sq + Umu4_sq + Utau4_sq
    return Ue4_sq * (1.0 - active) / active if active > 0.0 else 0.0


def coupling(rate: float, m4: float) -> float:
    """Return g = sqrt(16 pi m_4 Gamma)/m_4 of a massless phi (arXiv:1711.05921), `m4` in eV."""
    return float(np.sqrt(16.0 * np.pi * rate) / m4)


def yield_of(point: VisibleDecay, x: Array) -> Array:
    """Return the neutrinos per decay and unit of x = E/E_4, W(x), phi's among them; antineutrinos are as many."""
    X = 1.0 - point.ratio**2
    shape = 2.0 * (X - x) / X**2 if point.flipped else 2.0 * x / X**2
    direct = np.where((x > 0.0) & (x < X), shape, 0.0)
    return np.asarray(direct + yield_of_phi(point, x)) if point.phi_decays else np.asarray(direct)


def yield_of_phi(point: VisibleDecay, x: Array) -> Array:
    """Return INT_x^1 dy w(1 - y)/y for y from r^2 to 1: neutrinos of phi, in closed form."""
    X, least = 1.0 - point.ratio**2, np.maximum(np.maximum(x, point.ratio**2), 1e-12)
    logarithm, length = -np.log(least), 1.0 - least
    flipped, kept = (X - 1.0) * logarithm + length, logarithm - length  # w = 2 (X - 1 + y)/X^2, w = 2 (1 - y)/X^2
    integral = 2.0 * (flipped if point.flipped else kept) / X**2
    return np.asarray(np.where((x > 0.0) & (x < 1.0), integral, 0.0))


def _daughters(rate: float, kernel: Array, parents: Array, flux: Array, L: Array) -> Array:
    """Return neutrinos per MeV for |U_a4|^2 = f_e = 1: kernel W (n, k) of parents' energies and numbers (k,); L
    (..., 1).
    """
    decayed = -np.expm1(-4.0 * PHASE * rate * L / parents)  # (..., k)
    return np.asarray(np.einsum("...k,nk->...n", decayed, kernel / parents * flux))


def with_parity(events: Callable[[VisibleDecay], Array], point: VisibleDecay) -> Array:
    """Return a signal if phi's coupling conserves parity: both helicities alike, of which the active half is seen.

    Of Dirac neutrinos the daughters of flipped helicity are sterile, and so is every second phi -> nu nubar
    (arXiv:2008.11851, table I): half of the kept daughters, and half of phi's of both kinds of decay.

    Parameters
    ----------
    events : callable
        One of `lsnd_events`, `karmen_events`, `miniboone_events`, `microboone_events`, or `yield_of` at fixed x.
    point : VisibleDecay
        With helicity kept.
    """
    kept, flipped = replace(point, flipped=False), replace(point, flipped=True)
    direct = events(replace(kept, phi_decays=False))
    of_phi = events(kept) - direct + events(flipped) - events(replace(flipped, phi_decays=False))
    return np.asarray(0.5 * direct + 0.25 * of_phi)


def miniboone_events(point: VisibleDecay) -> Array:
    """Return the signal (22,) in MiniBooNE, events of the simulation reweighted by n_e(E)/Phi_mu(E)."""
    own = miniboone_signal.response()
    L = [np.average(own.L[beam], weights=own.events[beam].sum(-1)) for beam in (0, 1)]
    return miniboone_signal.events(np.stack([_booster(point, own.E[beam], float(L[beam]), beam) for beam in (0, 1)]))


def microboone_events(point: VisibleDecay) -> Array:
    """Return the signal (52,) in MicroBooNE, with the shape of the flux at MiniBooNE."""
    return microboone_signal.events(_booster(point, microboone_signal.response()[0], BASELINE, 0))


def _booster(point: VisibleDecay, E: Array, L: float, beam: int) -> Array:
    """Return n_e(E)/Phi_mu(E) (n,) at a distance [m] in the beam of neutrinos (0) or of antineutrinos (1)."""
    energies, *fluxes = miniboone_signal.flux(miniboone_signal.BEAMS[beam])
    flux = fluxes[beam]
    parents = np.linspace(energies[0], energies[-1], 6 * _PARENTS)
    numbers = np.interp(parents, energies, flux) * (parents[1] - parents[0])
    n_e = _daughters(point.rate, yield_of(point, E[:, None] / parents), parents, numbers, np.array([L]))
    return np.asarray(point.Umu4_sq * point.electron_fraction * n_e / np.interp(E, energies, flux))


def lsnd_events(point: VisibleDecay) -> Array:
    """Return the signal (11,) in LSND."""
    return lsnd.appeared(_at_rest(point, prompt=True))


def karmen_events(point: VisibleDecay) -> Array:
    """Return the signal (9,) in KARMEN, whose time window begins after the nu_mu of pions."""
    return karmen.appeared(_at_rest(point, prompt=False))


def _at_rest(point: VisibleDecay, *, prompt: bool) -> Callable[[Array, Array], Array]:
    """Return the nubar_e of a beam stop, a function of distances (n_L, 1) and energies (n_E,)."""
    parents = decay_at_rest.ENDPOINT * (np.arange(_PARENTS) + 0.5) / _PARENTS
    step, x = parents[1] - parents[0], parents / decay_at_rest.ENDPOINT
    antimuon = decay_at_rest.spectrum(parents) * step
    electron = 12.0 * x**2 * (1.0 - x) * step / decay_at_rest.ENDPOINT

    def flux(L: Array, E: Array) -> Array:
        total = point.Umu4_sq * _daughters(point.rate, yield_of(point, E[:, None] / parents), parents, antimuon, L)
        if point.phi_decays:
            of_phi = yield_of_phi(point, E[:, None] / parents)
            total = total + point.Ue4_sq * _daughters(point.rate, of_phi, parents, electron, L)
            line = yield_of_phi(point, E[:, None] / _PION_LINE)
            share = point.Umu4_sq if prompt else 0.0
            total = total + share * _daughters(point.rate, line, _PION_LINE, np.ones(1), L)
        return np.asarray(point.electron_fraction * total)

    return flux
