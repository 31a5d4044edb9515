"""Antineutrinos of the Sun where nu_4 of 8B decays, nu_4 -> nu phi, phi -> nu nubar, against published limits.

As in arXiv:2008.11851. 8B emits nu_4 with probability |U_e4|^2, which decay within metres (1/lambda = m_4 Gamma/E), so
that antineutrinos of energy E are as many as

    |U_e4|^2 INT dE_4 Phi(E_4) W(E/E_4)/E_4,    W of phi as in `boltzmann.lab.visible_decay`.

They are nubar of the light state that phi couples to, of flavours f_a = |U_a4|^2 |U_s4|^2/SUM |U_a4|^2. In the Sun
nubar_e is nearly nubar_1 (no resonance), and leaves it adiabatically: with c, s of theta_12 at the density where 8B
decays, x the half of mu and tau that mixes with e, and the unknown phases averaged (derived, theta_13 = 0 in matter),

    p_1 = c^2 f_e + s^2 f_x,    p_2 = s^2 f_e + c^2 f_x,    share of nubar_e at Earth = SUM p_j |U_ej|^2.

Limits are published as P(nu_e -> nubar_e) of an undistorted spectrum above a threshold. A point is compared by the
number of inverse beta decays above it, as if efficiency and background were flat there: good to a factor of about 1.5
above 8.3 MeV. Borexino's threshold is 1.8 MeV, where reactors and the Earth are background: for soft antineutrinos its
number is too strong.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.interpolate import PchipInterpolator

from boltzmann import ecsv
from boltzmann.errors import ParameterError
from boltzmann.lab import inverse_beta
from boltzmann.lab.visible_decay import VisibleDecay, yield_of_phi
from boltzmann.numerics.arrays import Array
from boltzmann.parameters import Mixing

__all__ = ["FLUX", "excess", "limit", "share", "spectrum"]

FLUX = 5.46e6  # [cm^-2 s^-1] of 8B, the solar model B16 with the metals of GS98 (arXiv:1611.09867)
_ELECTRONS = 90.0  # [mol/cm^3] at 0.05 solar radii, where half of 8B has decayed
_CC = 1.53e-7  # 2 sqrt2 G_F n_e E [eV^2] for 1 mol/cm^3 and 1 MeV
_E = np.linspace(0.02, 15.5, 775)  # [MeV]


@cache
def _nodes() -> PchipInterpolator:
    columns = ecsv.numbers("lab/boron8.ecsv", ["E", "spectrum"])
    return PchipInterpolator(columns["E"], columns["spectrum"] / 1000.0, extrapolate=False)


def spectrum(E: Array) -> Array:
    """Return the neutrinos of 8B per MeV and decay; E in MeV, any shape."""
    return np.nan_to_num(np.asarray(_nodes()(E)))


def share(point: VisibleDecay, E: Array) -> Array:
    """Return what part of the antineutrinos of phi arrives as nubar_e, |U_tau4|^2 = 0; E [MeV] of any shape."""
    standard = Mixing()
    elements = np.abs(standard.U[0, :3]) ** 2
    theta_12 = np.arctan2(np.sqrt(elements[1]), np.sqrt(elements[0]))
    s23_sq = float(np.abs(standard.U[1, 2]) ** 2 / (1.0 - elements[2]))
    dm2_21 = standard.active[3]
    matter = dm2_21 * np.cos(2.0 * theta_12) + _CC * _ELECTRONS * np.asarray(E)  # nubar: of the same sign
    theta = 0.5 * np.arctan2(dm2_21 * np.sin(2.0 * theta_12), matter)
    c_sq, s_sq = np.cos(theta) ** 2, np.sin(theta) ** 2
    active = point.Ue4_sq + point.Umu4_sq
    f_e, f_mu = (element * (1.0 - active) / active for element in (point.Ue4_sq, point.Umu4_sq))
    f_x, f_y = (1.0 - s23_sq) * f_mu, s23_sq * f_mu
    p_1, p_2 = c_sq * f_e + s_sq * f_x, s_sq * f_e + c_sq * f_x
    return np.asarray(p_1 * elements[0] + p_2 * elements[1] + f_y * elements[2])


def excess(point: VisibleDecay) -> dict[str, float]:
    """Return how many times the limit of each experiment the antineutrinos of a point are; more than 1 is excluded.

    Parameters
    ----------
    point : VisibleDecay
        Ue4_sq above 0; its `electron_fraction` is not used. Without `phi_decays` there are no antineutrinos.
    """
    parents = spectrum(_E)
    step = _E[1] - _E[0]
    kernel = yield_of_phi(point, _E[:, None] / _E) / _E if point.phi_decays else np.zeros((_E.size, _E.size))
    made = FLUX * point.Ue4_sq * share(point, _E) * (kernel @ parents) * step
    cross_section = inverse_beta.cross_section(_E)
    found = {}
    for row in ecsv.rows("lab/solar_limits.ecsv"):
        above = float(row["E_min"]) <= _E
        allowed = float(row["probability"]) * float(row["flux"]) * (cross_section * parents)[above].sum()
        found[row["experiment"]] = float((cross_section * made)[above].sum() / allowed)
    return found


def limit(ratio: float, experiment: str = "KamLAND 2021") -> float:
    """Return the 90 % limit on |U_e4|^2 for m_phi/m_4 = `ratio` and |U_mu4|^2 = 0; the excess is linear in it if small.

    Raises
    ------
    ParameterError
        There is no limit of that experiment.
    """
    small = 1e-4
    found = excess(VisibleDecay(1.0, 0.0, small, ratio=ratio, phi_decays=True))
    if experiment not in found:
        raise ParameterError(f"experiment = {experiment!r} has no limit; choose from {', '.join(found)}")
    return small / found[experiment]
