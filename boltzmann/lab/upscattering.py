"""nu + nucleus -> N + nucleus, coherent, then N -> photon: cross-sections of three portals and MiniBooNE's events.

Kinematics: mass m of N, mass M of the nucleus at rest, s_0 = s - M^2 = 2 M E, Q^2 = -t = 2 M E_R. Spin-0 nucleus,
neutrinos of one helicity, F the form factor of Helm, per MeV^2 or MeV (derived):

    vector   dsigma/dQ^2 = 2 C^2 [2 X^2 - (m^2 + Q^2)(4 M^2 + Q^2)/2]/(16 pi s_0^2),   X = s_0 - (m^2 + Q^2)/2,
             C = e epsilon g_D |U| Z F/(Q^2 + m_V^2)
    scalar   dsigma/dQ^2 = (y_nu y_N 2 M A F)^2 (m^2 + Q^2)/[(Q^2 + m_S^2)^2 16 pi s_0^2]
    dipole   dsigma/dE_R = 4 alpha d^2 Z^2 F^2 [1/E_R - 1/E + m^2 (E_R - 2E - M)/(4 E^2 E_R M) + m^4 (E_R - M)/(8 E^2
    E_R^2 M^2)]

For m -> 0 the dipole gives alpha mu^2 Z^2 (1/E_R - 1/E) with mu = 2 d, and the vector Rutherford's formula for M ->
infinity.

**Form factor**: its skin is 0.9 fm (Lewin & Smith 1996, Astropart. Phys. 6, 87), its root mean square radius the
measured one of 12C, 2.470 fm (Angeli & Marinova 2013, At. Data Nucl. Data Tables 99, 69). The parameters of Lewin and
Smith, of heavy nuclei, give 2.585 fm, and cross-sections of N of 376 MeV that are smaller by 1.23 at 600 MeV.

**Convention**: L = d nubar sigma F N, so that Gamma(N -> nu gamma) = d^2 m^3/4 pi for a Dirac N (twice that
for Majorana); codes with (mu/2) nubar sigma F N have mu = 2d and four times the rate at equal numbers.

`miniboone_photons` counts coherent scattering on carbon inside the detector alone: scattering in the dirt, on protons,
and decays of N made by mesons add to it in the papers. **The rate is good to a factor of three**, which is said where
it is shown; the coherent part alone is within 5 % of DarkNews (arXiv:2207.04137), see
``tests/lab/test_upscattering_generator.py``. Photons are isotropic in the rest frame of N, as for a Majorana one; those
of a Dirac N, mostly of helicity +, go like 1 - cos theta there, so that fewer are forward (0.55 for 0.67 at 376 MeV).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from boltzmann.constants import M_E
from boltzmann.errors import ParameterError
from boltzmann.lab import miniboone_signal
from boltzmann.lab.miniboone_release import N_E
from boltzmann.lab.oscillation import HBAR_C
from boltzmann.numerics.arrays import Array

__all__ = [
    "CARBON", "Dipole", "Nucleus", "Portal", "Scalar", "Vector", "carbon_upscatters", "form_factor",
    "miniboone_photons",
    "total_cross_section", "transfer_range",
]  # fmt: skip

ALPHA = 1.0 / 137.035999
_GRAM = 6.02214076e23
_MINIBOONE = {"neutrino": 18.75e20, "antineutrino": 11.27e20}  # protons on target, arXiv:2006.16883 (abstract)
_MASS, _CH2 = 818e6, 14.027  # grams of oil (arXiv:0806.4201), grams per mole of CH2
_PATH = 5.0  # [m] that N has inside, on average
_EDGES_QE = np.array([200.0, 300, 375, 475, 550, 675, 800, 950, 1100, 1250, 1500, 3000])  # [MeV], of the 2020 release
_NEUTRON, _PROTON, _BINDING = 939.565, 938.272, 34.0  # [MeV]; binding as usual in E_QE on carbon


class Nucleus(NamedTuple):
    """Protons, nucleons, mass [MeV] and root mean square radius [fm] of the charge."""

    Z: int
    A: int
    M: float
    radius: float


CARBON = Nucleus(6, 12, 11174.9, 2.470)
_SKIN = 0.9  # [fm]


@dataclass(frozen=True)
class Dipole:
    """d nubar_L sigma^mu nu N F_mu nu; `d` in MeV^-1."""

    mass: float
    d: float

    @property
    def width(self) -> float:
        """Gamma of a Dirac N [MeV]."""
        return self.d**2 * self.mass**3 / (4.0 * np.pi)

    def shape(self, E: float, Q2: Array, nucleus: Nucleus) -> Array:
        """Return dsigma/dQ^2 without form factor [MeV^-4]."""
        m2, M = self.mass**2, nucleus.M
        R = Q2 / (2.0 * M)
        bracket = 1.0 / R - 1.0 / E + m2 * (R - 2.0 * E - M) / (4.0 * E**2 * R * M)
        bracket = bracket + m2**2 * (R - M) / (8.0 * E**2 * R**2 * M**2)
        return np.asarray(4.0 * ALPHA * self.d**2 * nucleus.Z**2 * bracket / (2.0 * M))


@dataclass(frozen=True)
class Vector:
    """e epsilon Z' J_em + g_D U nubar_D gamma nu Z'; `strength` is e epsilon g_D |U|."""

    mass: float
    mediator: float
    strength: float

    def shape(self, E: float, Q2: Array, nucleus: Nucleus) -> Array:
        """Return dsigma/dQ^2 without form factor [MeV^-4]."""
        s0, m2 = 2.0 * nucleus.M * E, self.mass**2
        X = s0 - 0.5 * (m2 + Q2)
        C = self.strength * nucleus.Z / (Q2 + self.mediator**2)
        tensor = 2.0 * X**2 - 0.5 * (m2 + Q2) * (4.0 * nucleus.M**2 + Q2)
        return np.asarray(2.0 * C**2 * tensor / (16.0 * np.pi * s0**2))


@dataclass(frozen=True)
class Scalar:
    """y_nu nubar_D nu phi + y_N Nbar N phi; `strength` is y_nu y_N."""

    mass: float
    mediator: float
    strength: float

    def shape(self, E: float, Q2: Array, nucleus: Nucleus) -> Array:
        """Return dsigma/dQ^2 without form factor [MeV^-4]."""
        s0 = 2.0 * nucleus.M * E
        vertex = self.strength * 2.0 * nucleus.M * nucleus.A / (Q2 + self.mediator**2)
        return np.asarray(vertex**2 * (self.mass**2 + Q2) / (16.0 * np.pi * s0**2))


Portal = Dipole | Vector | Scalar


def form_factor(Q2: Array, nucleus: Nucleus) -> Array:
    """Return the Helm form factor at Q^2 [MeV^2], that of a sphere smeared by s: <r^2> = 3 R^2/5 + 3 s^2."""
    R = np.sqrt(5.0 / 3.0 * (nucleus.radius**2 - 3.0 * _SKIN**2))
    Q = np.sqrt(Q2) / (HBAR_C * 1e15)  # [1/fm]
    x = np.maximum(Q * R, 1e-4)
    return np.asarray(3.0 * (np.sin(x) - x * np.cos(x)) / x**3 * np.exp(-0.5 * (Q * _SKIN) ** 2))


def transfer_range(E: float, mass: float, M: float) -> tuple[float, float]:
    """Return the smallest and the largest Q^2 [MeV^2] of nu + M -> N + M; (0, 0) below threshold."""
    s = M**2 + 2.0 * M * E
    root = np.sqrt(s)
    if root <= mass + M:
        return 0.0, 0.0
    before, after = (s - M**2) / (2.0 * root), (s + mass**2 - M**2) / (2.0 * root)
    momentum = np.sqrt(max(after**2 - mass**2, 0.0))
    high = 2.0 * before * (after + momentum) - mass**2
    # 2 E1 (E3 - p3) - m^2 without cancellation
    low = 2.0 * before * mass**2 / (after + momentum) - mass**2
    return max(float(low), 0.0), float(high)


@cache
def _legendre(points: int) -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(points)


def _spectrum(portal: Portal, E: float, nucleus: Nucleus, points: int = 64) -> tuple[Array, Array]:
    """Return nodes of Q^2 [MeV^2] and sigma at each [MeV^-2], whose sum is the cross-section."""
    low, high = transfer_range(E, portal.mass, nucleus.M)
    if high <= low:
        return np.ones(1), np.zeros(1)
    nodes, weights = _legendre(points)
    logs = np.log(max(low, 1e-9 * high)), np.log(high)
    Q2 = np.exp(0.5 * (logs[0] + logs[1]) + 0.5 * (logs[1] - logs[0]) * nodes)
    measure = weights * 0.5 * (logs[1] - logs[0]) * Q2
    shape = np.maximum(portal.shape(E, Q2, nucleus), 0.0)
    return Q2, np.asarray(measure * shape * form_factor(Q2, nucleus) ** 2)


def total_cross_section(portal: Portal, E: float, nucleus: Nucleus = CARBON) -> float:
    """Return the coherent cross-section [cm^2] at a neutrino energy [MeV].

    Raises
    ------
    ParameterError
        The energy is not positive.
    """
    if not E > 0.0:
        raise ParameterError(f"E = {E} MeV is not allowed; give an energy above 0")
    return float(_spectrum(portal, E, nucleus)[1].sum()) * (100.0 * HBAR_C) ** 2


def _carbon_flux(beam: str) -> tuple[Array, Array]:
    """Return energies [MeV] and nu_mu + nubar_mu per cm^2, times carbon nuclei, in steps of the table."""
    E, numu, numubar = miniboone_signal.flux(beam)
    targets = _MASS / _CH2 * _GRAM * _MINIBOONE[beam]
    return E, (numu + numubar) * (E[1] - E[0]) * targets


def carbon_upscatters(portal: Portal, beam: str = "neutrino") -> float:
    """Return how many N are made on carbon in MiniBooNE in the whole run of a beam."""
    E, flux = _carbon_flux(beam)
    return float(sum(n * total_cross_section(portal, float(e), CARBON) for e, n in zip(E, flux, strict=True)))


def _quasi_elastic(energy: Array, cosine: Array) -> Array:
    """Return E_QE [MeV] of a shower of energy [MeV] taken as an electron of a neutrino scattered off a bound
    neutron.
    """
    bound = _NEUTRON - _BINDING
    momentum = np.sqrt(np.maximum(energy**2 - M_E**2, 0.0))
    above = 2.0 * bound * energy - (bound**2 + M_E**2 - _PROTON**2)
    return np.asarray(above / (2.0 * (bound - energy + momentum * cosine)))


class Photons(NamedTuple):
    """Photons of N in MiniBooNE: in the 22 bins of E_QE, and the share with cos theta > 0.9."""

    events: Array
    forward: float


def miniboone_photons(portal: Portal, width: float) -> Photons:
    """Return single photons of N -> nu gamma, isotropic in the rest frame, decays within 5 m, released efficiency.

    Parameters
    ----------
    portal : Dipole, Vector or Scalar
    width : float [MeV]
        Of N -> nu gamma, in its rest frame.
    """
    return _sum_beams(lambda beam: _one_beam(portal, width, beam))


def _sum_beams(one: Callable[[str], tuple[Array, float]]) -> Photons:
    parts = [one(beam) for beam in miniboone_signal.BEAMS]
    total = sum(events.sum() for events, _ in parts)
    forward = sum(forward for _, forward in parts) / total if total > 0.0 else 0.0
    return Photons(np.concatenate([events for events, _ in parts]), float(forward))


def _one_beam(portal: Portal, width: float, beam: str) -> tuple[Array, float]:
    """Return the events (11,) of a beam, and those of cos theta > 0.9."""
    rest = (np.arange(24) + 0.5) / 12.0 - 1.0  # cosine of the photon in the frame of N
    turn = 2.0 * np.pi * (np.arange(12) + 0.5) / 12.0
    events, forward = np.zeros(N_E), 0.0
    for E, flux in zip(*_carbon_flux(beam), strict=True):
        Q2, sigma = _spectrum(portal, float(E), CARBON, 24)
        if not sigma.any():
            continue
        energy = np.maximum(E - Q2 / (2.0 * CARBON.M), portal.mass)
        gamma = energy / portal.mass
        speed = np.sqrt(np.maximum(1.0 - gamma**-2, 1e-12))
        decays = -np.expm1(-_PATH * width / (HBAR_C * gamma * speed))
        # angle of N: t = m^2 - 2 E (E_N - p_N cos), t = -Q^2
        tilt = np.clip((2.0 * E * energy - portal.mass**2 - Q2) / (2.0 * E * energy * speed), -1.0, 1.0)
        photon = 0.5 * portal.mass * gamma[:, None] * (1.0 + speed[:, None] * rest)
        to_N = (rest + speed[:, None]) / (1.0 + speed[:, None] * rest)
        across = np.sqrt(1.0 - to_N**2)[..., None] * np.sqrt(1.0 - tilt**2)[:, None, None] * np.cos(turn)
        cosine = to_N[..., None] * tilt[:, None, None] + across
        weight = (flux * sigma * (100.0 * HBAR_C) ** 2 * decays)[:, None, None] / (rest.size * turn.size)
        weight = weight * miniboone_signal.photon_efficiency(photon)[..., None] * np.ones_like(cosine)
        seen = _quasi_elastic(photon[..., None] * np.ones_like(cosine), cosine)
        counts, _ = np.histogram(seen, bins=_EDGES_QE, weights=weight)
        events += counts
        inside = (seen >= _EDGES_QE[0]) & (seen < _EDGES_QE[-1])
        forward += float((weight * inside)[cosine > 0.9].sum())
    return events, forward
