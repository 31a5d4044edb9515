"""mu+ -> e+ nubar_e nu_x, lepton flavour (or number) not conserved: nubar_e from mu+ at rest in LSND and KARMEN.

nubar_e spectrum, with x = E/E_max: derived as the one line through the two known spectra, that of the standard
nubar_mu, 2 x^2 (3 - 2x), and that of the standard nu_e, 12 x^2 (1 - x), with a Michel parameter that is 3/4 and 0
there:

    dN/dx = 12 x^2 [(1 - x) + (2/9) rho (4x - 3)],

So with rho = 3/4 a branching
ratio BR is an oscillation probability P that depends on nothing.

KARMEN (hep-ex/0302017, abstract): BR < 0.9e-3 (rho = 0.75) and 1.7e-3 (0) at 90 %. Our nine bins have Delta = 5.6 at
0.9e-3, where one parameter has 2.71: they are 1.75 times too strong (no likelihood of events, and a downward
fluctuation which Feldman and Cousins treat otherwise). So KARMEN's Delta is multiplied by `KARMEN_SHARE` here, fixed
at rho = 0.75; the second limit is then a test.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.lab import decay_at_rest, inverse_beta, karmen, lsnd
from boltzmann.numerics.arrays import Array

__all__ = ["KARMEN_SHARE", "Interval", "chi2", "cross_section", "interval", "limit", "spectrum"]

#: 2.71 over the Delta of our bins at the published limit of rho = 0.75.
KARMEN_SHARE = 0.48
_TRIAL = np.linspace(0.0, 0.02, 4001)


class Interval(NamedTuple):
    """Best branching ratio, the ends of Delta = 1, and how far -2 ln L falls from no decay to the best."""

    best: float
    low: float
    high: float
    gain: float


def spectrum(E: Any, rho: float) -> Array:
    """Return nubar_e per MeV and decay.

    Parameters
    ----------
    E : float or array [MeV]
    rho : float
        From 0 to 0.75.

    Raises
    ------
    ParameterError
        `rho` is not allowed.
    """
    if not 0.0 <= rho <= 0.75:
        raise ParameterError(
            f"rho = {rho} is not allowed; give 0 to 0.75, the spectra of nu_e and nubar_mu of muon decay"
        )
    x = np.asarray(E, dtype=np.float64) / decay_at_rest.ENDPOINT
    shape = 12.0 * x**2 * ((1.0 - x) + (2.0 / 9.0) * rho * (4.0 * x - 3.0))
    return np.asarray(np.where((x > 0.0) & (x < 1.0), shape / decay_at_rest.ENDPOINT, 0.0))


def cross_section(rho: float) -> float:
    """Return the cross-section of inverse beta decay averaged over the spectrum [cm^2]."""
    E = np.linspace(0.0, decay_at_rest.ENDPOINT, 20001)
    return float(np.trapezoid(spectrum(E, rho) * inverse_beta.cross_section(E), E)) * 1e-43


def chi2(experiment: str, ratio: Any, rho: float = 0.75) -> Array:
    """Return -2 ln L of branching ratios (any shape); KARMEN's with `KARMEN_SHARE`.

    Raises
    ------
    ParameterError
        Another experiment than "lsnd" or "karmen", or `rho` is not allowed.
    """
    modules: dict[str, tuple[Any, float]] = {"lsnd": (lsnd, 1.0), "karmen": (karmen, KARMEN_SHARE)}
    if experiment not in modules:
        raise ParameterError(f"experiment = {experiment!r} has no muons at rest here; choose lsnd or karmen")
    module, share = modules[experiment]
    # a spectrum in energy, the same at every distance
    events = module.appeared(lambda L, E: spectrum(E, rho) * np.ones_like(L))
    return np.asarray(share * module.chi2_of(np.asarray(ratio, dtype=np.float64)[..., None] * events))


def interval(experiment: str, rho: float = 0.75) -> Interval:
    """Return the best branching ratio from 0 to 2 % and its interval of Delta < 1."""
    values = chi2(experiment, _TRIAL, rho)
    inside = _TRIAL[values < values.min() + 1.0]
    return Interval(
        float(_TRIAL[values.argmin()]), float(inside[0]), float(inside[-1]), float(values[0] - values.min())
    )


def limit(experiment: str, rho: float = 0.75, delta: float = 2.706) -> float:
    """Return the upper limit on the branching ratio where -2 ln L is `delta` (90 % of one parameter) above the best."""
    values = chi2(experiment, _TRIAL, rho)
    return float(_TRIAL[values < values.min() + delta][-1])
