"""DANSS, ratios of positron spectra at two distances from a reactor: Alekseev et al. 2018, arXiv:1804.04046.

24 ratios of the rates at the lower and the upper position, from 1 to 7 MeV; independent of the reactor's flux and
spectrum. Core and detector are a cylinder and a cube above each other.

What comes out: a minimum at (1.3 eV^2, 0.05), as for DANSS and NEOS in arXiv:1801.06467, where -2 ln L is 11 lower than
without oscillation, 12 with the second reading of the ratios. The analysis of arXiv:2005.01756 has 12.1, with a wider
energy resolution; the two agree within 1 where the likelihood does not depend on it. That resolution is what makes its
limits up to 2.5 times weaker and (1.74 eV^2, 0.1) +38 where it is +62 here: its function of energy is evaluated at the
neutrino's energy, 1.8 MeV above the positron's, for which the detector's figure (arXiv:1412.0817, figure 5) is. The
same function of the neutrino's energy gives +37 with our baselines, of the positron's +62; its error of the energy
scale, 2 %, changes that by 2. So the narrower one is used. There is a spurious minimum at 6 eV^2 and full mixing, where
ratios say little and every rate says no: use this below `DM2_MAX`. Superseded by data that are not public
(arXiv:2211.01208).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from boltzmann import ecsv
from boltzmann.constants import M_E
from boltzmann.lab import inverse_beta
from boltzmann.lab.parameters import checked
from boltzmann.lab.reactor_flux import ENERGIES, ISOTOPES, interactions
from boltzmann.lab.response import Response, collected, in_bins
from boltzmann.lab.setups import setup
from boltzmann.numerics.arrays import Array

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "NAME", "N_DATA", "VALIDITY", "VERIFIED", "baselines", "chi2", "predicted"]

NAME = "DANSS"
CITATION = "Alekseev et al. (DANSS) 2018, arXiv:1804.04046"
CHANNEL = "ee"
VERIFIED = True
N_DATA = 24
DM2_MAX = 4.0  # [eV^2]
VALIDITY = (
    "ratios of spectra of 2018, read from a figure by others (two readings, at most 0.4 errors apart): "
    "for dm2_41 < 4 eV2; limits at 1 to 3 eV2 depend on the sizes of core and bins"
)

_TABLE = "lab/danss.ecsv"
_WIDTH = 0.25  # of the bins [MeV]
_BASELINES = 60


def chi2(dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0, *, decay: float = 0.0) -> Array:
    """Return chi^2, minimised over an error common to all ratios.

    Parameters
    ----------
    dm2_41 : float, array [eV^2], Quantity or str
        m_4^2 - m_1^2.
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2; all four broadcast. Only |U_e4|^2 matters.
    decay : float [eV^2]
        m_4 Gamma of invisible decay.

    Raises
    ------
    ParameterError
        A parameter is not allowed.
    """
    point = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq)
    ratio, inverse = _ratios()
    missing = ratio - predicted(point.dm2_41, point.Ue4_sq, decay)
    return np.asarray(np.sum((missing @ inverse) * missing, axis=-1))


def predicted(dm2_41: Array, Ue4_sq: Array, decay: float = 0.0) -> Array:
    """Return the ratio of each bin, ``(*dm2_41.shape, 24)``."""
    upper, lower = (
        response.totals * response.disappearance(np.asarray(dm2_41, dtype=np.float64), Ue4_sq, decay)
        for response in (_response("upper"), _response("lower"))
    )
    return np.asarray(lower / upper)


def baselines(position: str) -> tuple[Array, Array]:
    """Return distances [m] and the flux from each, sum of 1/L^2 over core and detector, for a position of the detector.

    The core is a cylinder, evenly bright. Being beside the axis lengthens the path: its square, on average over the
    detector, by the square of the radius in the core and a sixth of that of the detector's size (two transverse
    directions, a twelfth each; derived).

    Parameters
    ----------
    position : {"upper", "lower"}
    """
    numbers = setup(NAME)
    height, radius, size = (numbers[name] for name in ("core_height", "core_radius", "detector_size"))
    in_core, in_detector = (extent * (_middles(count) - 0.5) for extent, count in ((height, 60), (size, 10)))
    beside = radius**2 * _middles(8) + size**2 / 6.0  # rings of equal area
    above = numbers[position] + in_core[:, None, None] + in_detector[:, None]
    L = np.sqrt(above**2 + beside).ravel()
    flux, edges = np.histogram(L, bins=_BASELINES, weights=L**-2.0 / L.size)
    return 0.5 * (edges[1:] + edges[:-1]), np.asarray(flux, dtype=np.float64)


def _middles(count: int) -> Array:
    """Return the middles of equal parts of [0, 1]."""
    return (np.arange(count) + 0.5) / count


@cache
def _ratios() -> tuple[Array, Array]:
    """Return the measured ratios and their inverse covariance."""
    ratio, error = ecsv.numbers(_TABLE, ("ratio", "error")).values()
    common = setup(NAME)["ratio_error"] * ratio
    return ratio, np.asarray(np.linalg.inv(np.diag(error**2) + np.outer(common, common)), dtype=np.float64)


@cache
def _response(position: str) -> Response:
    """Return the events of each bin of the positron's kinetic energy, at one position."""
    numbers = setup(NAME)
    low = ecsv.numbers(_TABLE, ["E_low"])["E_low"][:, None]
    kinetic = inverse_beta.positron_energy(ENERGIES) - M_E
    seen = kinetic > 0.0
    sigma = numbers["resolution"] * np.sqrt(kinetic[seen])
    spectrum = np.array([numbers[isotope] for isotope in ISOTOPES]) @ interactions()[:, seen]
    L, flux = baselines(position)
    events = in_bins(kinetic[seen], low, low + _WIDTH, sigma) * spectrum
    return collected(L, ENERGIES[seen], flux[:, None] * events[:, None, :])
