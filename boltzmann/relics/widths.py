"""Widths of a heavy neutral lepton from mixing and from a dipole; lowest order, leptons massless except in l pi.

Per Dirac N with |U_a4|^2 = U^2 (derived; a Majorana N has twice the width)::

    nu_a nu nu    G^2 m^5 U^2/(192 pi^3)
    nu_a e+ e-    the same times g_L^2 + g_R^2, 0.588 (e), 0.126 (mu, tau)
    nu_a pi0      G^2 f^2 m^3 U^2 (1 - r^2)^2/(32 pi),  r = m_pi0/m
    l pi          G^2 f^2 V_ud^2 m^3 U^2 [(1 - l^2)^2 - r^2 (1 + l^2)] lambda^(1/2)(1, l^2, r^2)/(16 pi)
    nu_a gamma    d^2 m^3/(4 pi)  of  L = d nubar_L sigma_(mu nu) N F^(mu nu) + h.c.

The matrix element of l pi gives the lifetime of the charged pion, a test. Not here: nu mu e, nu mu mu, l K, nu eta,
rho, several pions. They are 2 % at 300 MeV; above, give lifetime and branching ratios.
"""

from __future__ import annotations

from math import pi, sqrt

from boltzmann.collisions.damping import C_E, C_X
from boltzmann.constants import ALPHA, G_F, M_E, M_MU
from boltzmann.errors import ParameterError
from boltzmann.relics.channels import FLAVOURS, M_PI, M_PI0, Channel, named

F_PI = 130.2  # decay constant of the pion [MeV], PDG 2022
V_UD = 0.97373  # PDG 2022
MAGNETON = sqrt(4.0 * pi * ALPHA) / (2.0 * M_E)  # Bohr magneton e/(2 m_e) [MeV^-1]
_LEPTONS = (M_E, M_MU)


def charged_pion_width(mass: float, lepton: float) -> float:
    """Return the width [MeV] of N -> l pi at |U|^2 = 1, Dirac, for the masses [MeV] of N and l; 0 if it is closed."""
    if mass <= lepton + M_PI:
        return 0.0
    x2, r2 = (lepton / mass) ** 2, (M_PI / mass) ** 2
    phase_space = sqrt((1.0 - x2 - r2) ** 2 - 4.0 * x2 * r2)
    return G_F**2 * F_PI**2 * V_UD**2 * mass**3 * ((1.0 - x2) ** 2 - r2 * (1.0 + x2)) * phase_space / (16.0 * pi)


def mixing_widths(mass: float, a: int) -> dict[str, float]:
    """Return name -> width [MeV] at |U_a4|^2 = 1 of a Dirac N of ``mass`` [MeV]; open channels only."""
    flavour = FLAVOURS[a]
    leptonic = G_F**2 * mass**5 / (192.0 * pi**3)
    result = {f"nu_{flavour} nu nu": leptonic}
    if mass > 2.0 * M_E:
        result[f"nu_{flavour} e+ e-"] = leptonic * (C_E if a == 0 else C_X)
    if mass > M_PI0:
        result[f"nu_{flavour} pi0"] = G_F**2 * F_PI**2 * mass**3 * (1.0 - (M_PI0 / mass) ** 2) ** 2 / (32.0 * pi)
    charged = charged_pion_width(mass, _LEPTONS[a]) if a < 2 else 0.0
    return {**result, f"{flavour} pi": charged} if charged > 0.0 else result


def by_mixing(mass: float, elements: tuple[float, float, float], majorana: bool) -> tuple[float, tuple[Channel, ...]]:
    """Return the total width [MeV] and the channels of N that mixes with |U_e4|^2, |U_mu4|^2, |U_tau4|^2."""
    factor = 2.0 if majorana else 1.0
    found = {
        name: factor * element * width
        for a, element in enumerate(elements)
        for name, width in mixing_widths(mass, a).items()
        if element > 0.0
    }
    total = sum(found.values())
    return total, tuple(named(name, width / total) for name, width in found.items())


def dipole_width(mass: float, d: float, convention: str, majorana: bool) -> float:
    """Return the width [MeV] of N -> nu gamma for a dipole ``d`` [MeV^-1].

    ``convention``: "d" of L = d nubar_L sigma N F, or "mu" of L = (mu/2) nubar sigma N F, where d = mu/2.

    Raises
    ------
    ParameterError
        Unknown convention.
    """
    if convention not in ("d", "mu"):
        raise ParameterError(f'convention = {convention!r} is not allowed; choose one of "d", "mu"')
    strength = d if convention == "d" else 0.5 * d
    return (2.0 if majorana else 1.0) * strength**2 * mass**3 / (4.0 * pi)
