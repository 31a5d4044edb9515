"""Cross sections of neutrinos on free nucleons, nu n -> l- p and nubar p -> l+ n, from threshold to 300 MeV.

    dsigma/dt = G_F^2 V_ud^2/(2 pi (s - M_i^2)^2) [A - (s - u) B + (s - u)^2 C]    of nubar, +(s - u) B of nu

(arXiv:astro-ph/0302055 sec. 2; A, B and C are those of `_structure`, M the mean mass of the nucleons, Delta =
M_n - M_p). What is odd in Delta is odd in g_1, too: exchanging n and p with neutrinos and antineutrinos changes the
sign of B alone (tests/cmb/test_quasielastic.py, by traces of Dirac matrices). The recoil of the nucleon, weak
magnetism, dipole form factors and the pseudoscalar of the pion pole are in it; at 40 MeV they take 26% of nubar_e p and
add 2% to nu_e n. Left out: radiative corrections (those of the decay of the neutron, to which rates are normalised, are
1.5% more than at 50 MeV, by the formula there), the motion of the nucleons (3T/M, 0.3% at 1 MeV), and reactions that
make pions, which open at 151 MeV.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from boltzmann.cmb.bbn_mesons import M_P
from boltzmann.constants import M_E, M_MU
from boltzmann.numerics.arrays import Array
from boltzmann.relics.channels import M_PI

M_N = 939.56542  # MeV, PDG 2022
G_A = 1.2754  # g_1(0), PDG 2022
XI = 3.70589  # kappa_p - kappa_n, anomalous moments
M_V_SQ, M_A_SQ = 0.71e6, 1.0e6  # of the dipoles [MeV^2], arXiv:astro-ph/0302055
PIONS_FROM = 151.0  # MeV, nu_e n -> e- p pi0 and the like
LEAST, MOST = 1.0, 5000.0  # MeV, of the table; ratios are those of its ends beyond
_M, _DELTA, _ENERGIES, _ORDER = 0.5 * (M_P + M_N), M_N - M_P, 1200, 32


def _structure(t: Array, m: float) -> tuple[Array, Array, Array]:
    """Return A, B and C at ``t`` [MeV^2] for a lepton of mass ``m`` [MeV], with dipole form factors."""
    M2, m2, D, k = _M**2, m * m, _DELTA, t / (4.0 * _M**2)
    dipole = (1.0 - t / M_V_SQ) ** -2 / (1.0 - k)
    f1, f2, g1 = dipole * (1.0 - (1.0 + XI) * k), dipole * XI, -G_A * (1.0 - t / M_A_SQ) ** -2
    g2 = 2.0 * M2 * g1 / (M_PI**2 - t)
    equal = 4.0 * f1**2 * (4.0 * M2 + t + m2) + 4.0 * g1**2 * (t + m2 - 4.0 * M2) + 8.0 * f1 * f2 * (2.0 * t + m2)
    equal += f2**2 * (t**2 / M2 + 4.0 * t + 4.0 * m2) + 4.0 * m2 * t * g2**2 / M2 + 16.0 * m2 * g1 * g2
    apart = (4.0 * f1**2 + t * f2**2 / M2) * (4.0 * M2 + t - m2) + 4.0 * g1**2 * (4.0 * M2 - t + m2)
    apart += 4.0 * m2 * g2**2 * (t - m2) / M2 + 8.0 * f1 * f2 * (2.0 * t - m2) + 16.0 * m2 * g1 * g2
    A = (t - m2) * equal - D**2 * apart - 32.0 * m2 * _M * D * g1 * (f1 + f2)
    B = 16.0 * t * g1 * (f1 + f2) + 4.0 * m2 * D * (f2**2 + f1 * f2 + 2.0 * g1 * g2) / _M
    return A / 16.0, B / 16.0, (4.0 * (f1**2 + g1**2) - t * f2**2 / M2) / 16.0


def section(E: Array, m: float, antineutrino: bool) -> Array:
    """Return sigma over G_F^2 V_ud^2 (1 + 3 g_A^2)/pi [MeV^2], whose limit for heavy nucleons is p_l E_l.

    Parameters
    ----------
    E : array
        Energies [MeV] of the neutrino in the frame of the nucleon, (n,).
    m : float
        Mass of the charged lepton [MeV].
    antineutrino : bool
        On protons; else neutrinos on neutrons.
    """
    before, after = (M_P, M_N) if antineutrino else (M_N, M_P)
    open_, x, w = before**2 + 2.0 * before * E > (after + m) ** 2, *np.polynomial.legendre.leggauss(_ORDER)
    s = before**2 + 2.0 * before * E[open_, None]
    lepton, neutrino = (s + m * m - after**2) / (2.0 * np.sqrt(s)), (s - before**2) / (2.0 * np.sqrt(s))
    half = 2.0 * neutrino * np.sqrt(lepton**2 - m * m)  # of the range of t
    t = m * m - 2.0 * neutrino * lepton + half * x
    A, B, C = _structure(t, m)
    apart = 2.0 * s + t - before**2 - after**2 - m * m  # s - u
    found = np.zeros_like(E)
    squared = A + apart * (B if not antineutrino else -B) + apart**2 * C
    found[open_] = ((half * w * squared).sum(axis=1)[:, None] / (2.0 * (s - before**2) ** 2))[:, 0]
    return found / (1.0 + 3.0 * G_A**2)


def heavy(E: Array, antineutrino: bool) -> Array:
    """Return p_e E_e [MeV^2], what `section` is for electrons and nucleons without recoil; 0 below threshold."""
    lepton = E - _DELTA if antineutrino else E + _DELTA
    return np.asarray(lepton * np.sqrt(np.maximum(lepton**2 - M_E**2, 0.0)) * (lepton > M_E))


def over_heavy(E: Array, antineutrino: bool) -> Array:
    """Return `section` over `heavy` at ``E`` [MeV], from a table; 1% below 1 near the threshold of nubar_e."""
    return np.interp(np.log(np.maximum(E, LEAST)), *_electrons(antineutrino))


def of_muons(E: Array, antineutrino: bool) -> Array:
    """Return `section` of nu_mu or nubar_mu [MeV^2] at ``E`` [MeV], from a table; 0 below 110 and 113 MeV."""
    energies, sections = _muons(antineutrino)
    over_square = np.interp(np.log(np.maximum(E, LEAST)), np.log(energies), sections, left=0.0)
    return np.asarray(over_square * E**2)


@cache
def _electrons(antineutrino: bool) -> tuple[Array, Array]:
    """Return ln E and the ratio; antineutrinos from 2 MeV, off the threshold, which recoil moves by 2 keV."""
    E = np.geomspace(2.0 if antineutrino else LEAST, MOST, _ENERGIES)
    return np.log(E), section(E, M_E, antineutrino) / heavy(E, antineutrino)


@cache
def _muons(antineutrino: bool) -> tuple[Array, Array]:
    """Return energies from the threshold on and `section` over their square."""
    before, after = (M_P, M_N) if antineutrino else (M_N, M_P)
    threshold = ((after + M_MU) ** 2 - before**2) / (2.0 * before)
    E = threshold + np.geomspace(1e-3, MOST, _ENERGIES)
    return E, section(E, M_MU, antineutrino) / E**2
