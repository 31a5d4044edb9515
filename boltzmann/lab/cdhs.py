"""CDHS, disappearance of nu_mu between two iron detectors at 130 and 885 m (Dydak et al. 1984, Phys. Lett. B134, 281).

The data are 15 ratios far/near in bins of the muon's projected range in iron. The prediction, for each bin,

    events(dm2, s) = INT dE phi(E) E [F(E_low/E) - F(E_high/E)] [1 - s (1 - <cos 2 Delta>)/2],
    F(x) = 1 - x + q (1 - x^3) for x < 1, else 0,

with the flux phi ~ exp(-E/GeV) of the 19 GeV proton beam, and the share of muons above E_low for dsigma/dy flat plus
antiquarks, 3q (1 - y)^2 (derived: the integral over the muon's energy fraction). <> is the average over the baselines
to a detector. Muon energies follow from ranges by the Bethe-Bloch formula with density effect. Then

    chi^2 = SUM (r_i - a R_i)^2/sigma_i^2 + (1 - a)^2/0.025^2, minimised over the normalisation a.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from boltzmann import ecsv
from boltzmann.lab.oscillation import mean_interference
from boltzmann.lab.parameters import by_splitting, checked
from boltzmann.numerics.arrays import Array

__all__ = ["CHANNEL", "CITATION", "NAME", "VALIDITY", "VERIFIED", "chi2", "stopping_power"]

NAME = "CDHS"
CITATION = "Dydak et al. (CDHS) 1984, Phys. Lett. B134, 281"
CHANNEL = "mumu"
VERIFIED = False
VALIDITY = (
    "The 15 ratios, their errors and the shapes of flux and cross section were read in one public analysis only, not "
    "in the paper. The limit is near the published one; the best fit (26 eV2, 0.29) is 5.2 better than no oscillation."
)
_FAR, _NEAR = (823.0, 947.0), (93.0, 167.0)  # baselines from and to [m]
_NORMALISATION = 0.025
_ANTIQUARKS = 0.0464  # q of the docstring
_SLOPE, _E_MAX = 1000.0, 30_000.0  # of the neutrino spectrum [MeV]
_PATH = 1.0 / (np.cos(np.radians(22.0)) * np.cos(np.radians(20.0)))  # mean path over projected range
_MUON, _ELECTRON = 105.658, 0.510999  # [MeV], PDG
_IRON = 7.874  # [g/cm^3], PDG
# Iron: K Z/A [MeV cm^2/g], mean excitation energy [MeV], density effect x_0, x_1, a, k, C (Sternheimer; PDG)
_K, _I, _X0, _X1, _A, _EXPONENT, _C = 0.307075 * 26 / 55.845, 286e-6, -0.0012, 3.1531, 0.14680, 2.9632, 4.2911
_N_E = 400  # neutrino energies


class _Bins(NamedTuple):
    ratio: Array
    error: Array
    E: Array  # neutrino energies [MeV], (n,)
    weights: Array  # events without oscillation, (15, n)


def stopping_power(E: Array) -> Array:
    """Return the mean energy loss of muons in iron by ionisation [MeV cm^2/g], at total energies `E` [MeV]."""
    beta_gamma2 = np.asarray((np.asarray(E) / _MUON) ** 2 - 1.0)
    beta2 = beta_gamma2 / (1.0 + beta_gamma2)
    mass = _ELECTRON / _MUON
    T_max = 2.0 * _ELECTRON * beta_gamma2 / (1.0 + 2.0 * np.sqrt(1.0 + beta_gamma2) * mass + mass**2)
    x = 0.5 * np.log10(beta_gamma2)
    density = 2.0 * np.log(10.0) * x - _C + _A * np.clip(_X1 - x, 0.0, None) ** _EXPONENT
    density = np.where(x > _X0, density, 0.0)
    logarithm = 0.5 * np.log(2.0 * _ELECTRON * beta_gamma2 * T_max / _I**2)
    return np.asarray(_K / beta2 * (logarithm - beta2 - 0.5 * density))


def _muon_energy(projected_range: Array) -> Array:
    """Return the energy [MeV] of muons of a projected range in iron [cm]; infinite for an infinite range."""
    E = np.geomspace(_MUON + 2.0, 1e5, 2000)  # what is left at 2 MeV is 0.2 g/cm^2
    inverse = 1.0 / stopping_power(E)
    ranges = np.concatenate([[0.0], np.cumsum(0.5 * (inverse[1:] + inverse[:-1]) * np.diff(E))])
    return np.asarray(np.interp(projected_range * _PATH * _IRON, ranges, E, right=np.inf))


def _above(x: Array) -> Array:
    """Return F(x), the share of muons with more than the fraction x of the neutrino's energy."""
    x = np.minimum(x, 1.0)
    return np.asarray(1.0 - x + _ANTIQUARKS * (1.0 - x**3))


@cache
def _bins() -> _Bins:
    columns = ecsv.numbers("lab/cdhs.ecsv", ["low", "high", "ratio", "error"])
    low, high = (_muon_energy(columns[end])[:, None] for end in ("low", "high"))
    E = np.geomspace(low.min(), _E_MAX, _N_E)
    spectrum = np.exp(-E / _SLOPE) * E * np.gradient(E)
    return _Bins(columns["ratio"], columns["error"], E, spectrum * (_above(low / E) - _above(high / E)))


def _deficit(dm2_41: Array, baselines: tuple[float, float]) -> Array:
    """Return the mean of sin^2 Delta in every bin, (n, 15)."""
    bins = _bins()
    low, high = (L / bins.E for L in baselines)
    return np.stack([0.5 * (1.0 - mean_interference(dm2_41, low, high, weights)) for weights in bins.weights], axis=-1)


def chi2(dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0) -> Array:
    """Return chi^2 of the 15 ratios, minimised over their common normalisation.

    Parameters
    ----------
    dm2_41 : float, array [eV^2], Quantity or str
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2; only sin^2 2theta_mumu enters. All four broadcast.

    Raises
    ------
    ParameterError
        A parameter is not allowed.
    """
    point = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq)
    values, inverse = by_splitting(point.dm2_41)
    sin2 = point.sin2_2theta_mumu[..., None]
    far, near = (1.0 - sin2 * _deficit(values, baselines)[inverse] for baselines in (_FAR, _NEAR))
    prediction = far / near
    ratio, error = _bins()[:2]
    pull = 1.0 / _NORMALISATION**2
    scale = ((ratio * prediction / error**2).sum(-1) + pull) / ((prediction**2 / error**2).sum(-1) + pull)
    residual = (ratio - scale[..., None] * prediction) / error
    return np.asarray((residual**2).sum(-1) + pull * (1.0 - scale) ** 2)
