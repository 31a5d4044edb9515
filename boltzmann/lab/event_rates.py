"""Own estimates, from event rates, of the amplitudes that SBN, JSNS2 and IsoDAR would exclude.

Each is the amplitude at which Delta chi^2 of data without oscillation reaches a number: with signals s A in bins and a
covariance V, A = sqrt(delta/(s V^-1 s)), as everything is linear in A (derived). They check the digitised curves of
SBN's proposal (within 30 % from 0.1 to 5 eV^2, by the tests) and stand for JSNS2 and IsoDAR, whose curves are not
published as numbers. What they assume is said here; it was not adjusted to any curve.

**SBN** (arXiv:1503.01520), nu_mu -> nu_e: 112, 86 and 476 t of argon at 110, 470 and 600 m for 6.6, 13.2 and 6.6e20
protons; walls cut by 25 cm, front by 30, back by 50; fluxes of arXiv:0806.1449 at MiniBooNE, brought to each distance
by decays of pions of E/0.43 along 50 m of tunnel; 0.75e-38 E (1 - exp(-(E/450 MeV)^2)) cm^2 for each nucleon; 80 %
efficiency, 15 % resolution. The only background is intrinsic nu_e, with errors of 15 % in common to the detectors,
independent for each energy, and of 2.5 % for each detector.

**JSNS2** (24 m, 17 t, 3 years) **and II** (48 m, 35 t, 5 years, both detectors), nubar_mu -> nubar_e from mu+ at rest:
1.8e14 nu cm^-2 per year at 24 m (10.1140/epjc/s10052-024-12778-7), 11 % hydrogen, efficiency 0.38, 15 %/sqrt(E),
bins of 2 MeV from 20 MeV, tanks of 3.2 m; nubar_e of mu-, 1.7e-3 of the flux, are the only background, known to 50 %.
Efficiency and that ratio are second-hand.

**IsoDAR at Yemilab** (arXiv:2111.09480), nubar_e -> nubar_e: 1.67e6 inverse beta decays of 8Li (allowed shape, 12.96
MeV) in five years, in a sphere of 2.26 kt whose middle is 17 m away; 6.4 %/sqrt(E), 12 cm/sqrt(E); bins of L/E, the
number of events free to 5 %.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from boltzmann import ecsv
from boltzmann.constants import M_E
from boltzmann.errors import ParameterError
from boltzmann.lab import decay_at_rest, inverse_beta
from boltzmann.lab.oscillation import PHASE
from boltzmann.lab.response import in_bins
from boltzmann.lab.statistics import threshold
from boltzmann.numerics.arrays import Array

__all__ = ["DELTA", "EXPERIMENTS", "isodar", "jsns2", "limit", "sbn"]

#: CL -> Delta chi^2 of one amplitude at which SBN's published curves run (their ratios; one-sided). The others are
#: two-sided, 2.71 at 90 %.
DELTA = {0.9: 1.64, 0.9973: 7.74, 0.9999994: 23.4}
_AVOGADRO = 6.02214076e23
#: Distance [m], mass [g], protons, size of what is seen [m] (of one of ICARUS's two modules).
_DETECTORS = (
    (110.0, 112e6, 6.6e20, (4.0, 4.0, 5.0)),
    (470.0, 86e6, 13.2e20, (2.56, 2.33, 10.37)),
    (600.0, 476e6, 6.6e20, (3.0, 3.16, 17.95)),
)
_SBN_EDGES = np.array([200, 350, 500, 650, 800, 950, 1100, 1300, 1500, 1750, 2000, 3000], dtype=np.float64)
_TUNNEL, _PION = 50.0, 55.9e-3  # [m], [m/MeV]: decay length over momentum
_MINIBOONE = 541.0
_TANK = 1.6  # [m], half of JSNS2's


def _amplitude(signal: Array, covariance: Array, delta: float) -> float:
    """Return the amplitude whose Delta chi^2 is `delta`."""
    return float(np.sqrt(delta / (signal @ np.linalg.solve(covariance, signal))))


@cache
def _booster() -> tuple[Array, Array, Array, Array]:
    """Return E (n,) [MeV], nu_mu and nu_e (n,) that interact at MiniBooNE per nucleon and proton, places z [m]."""
    columns = ecsv.numbers("lab/bnb_flux.ecsv", ["E", "numu_neutrino", "nue_neutrino"])
    E = np.linspace(100.0, 3500.0, 341)
    interacting = 0.8 * 0.75e-38 * E / 1e3 * -np.expm1(-((E / 450.0) ** 2)) * (E[1] - E[0])
    numu: Array = interacting * np.interp(E, columns["E"], columns["numu_neutrino"])
    nue: Array = interacting * np.interp(E, columns["E"], columns["nue_neutrino"])
    return E, numu, nue, np.linspace(1.0, _TUNNEL - 1.0, 25)


def _at(distance: float, flux: Array, dm2_41: float | None) -> Array:
    """Return neutrinos (n,) of `_booster` at a distance [m] from the target, times sin^2 Delta for a splitting."""
    E, _, _, z = _booster()
    decays = np.exp(-z[:, None] * 0.43 / (_PION * E))
    spread = decays / (distance - z[:, None]) ** 2 / (decays / (_MINIBOONE - z[:, None]) ** 2).sum(0)
    phase = 1.0 if dm2_41 is None else np.sin(PHASE * dm2_41 * (distance - z[:, None]) / E) ** 2
    return np.asarray(flux * (spread * phase).sum(0))


def _seen(flux: Array, dm2_41: float | None = None) -> Array:
    """Return events in the bins of all detectors, (33,)."""
    E = _booster()[0]
    response = in_bins(E, _SBN_EDGES[:-1, None], _SBN_EDGES[1:, None], 0.15 * E)
    events = []
    for L, mass, protons, size in _DETECTORS:
        cut = np.prod(np.array(size) - (0.5, 0.5, 0.8)) / np.prod(size)
        events.append(response @ _at(L, flux, dm2_41) * mass * cut * _AVOGADRO * protons)
    return np.concatenate(events)


def sbn(dm2_41: float, cl: float = 0.9) -> float:
    """Return the estimate of sin^2 2theta_mue that SBN would exclude; `cl` of `DELTA`."""
    _, numu, nue, _ = _booster()
    background, n = _seen(nue), len(_SBN_EDGES) - 1
    common = 0.15**2 * np.kron(np.ones((3, 3)), np.eye(n)) + 0.025**2 * np.kron(np.eye(3), np.ones((n, n)))
    covariance = np.diag(background) + common * np.outer(background, background)
    return _amplitude(_seen(numu, dm2_41), covariance, DELTA[cl])


def jsns2(dm2_41: float, cl: float = 0.9, *, second: bool = False) -> float:
    """Return the estimate of sin^2 2theta_mue that JSNS2, or its second phase, would exclude."""
    detectors = ((24.0, 17e6, 5.0 if second else 3.0), *(((48.0, 35e6, 5.0),) if second else ()))
    E = 8.0 + (decay_at_rest.ENDPOINT - 8.0) * (np.arange(600) + 0.5) / 600
    visible = inverse_beta.positron_energy(E) + M_E
    low = np.arange(20.0, 54.0, 2.0)[:, None]
    response = in_bins(visible, low, low + 2.0, 0.15 / np.sqrt(visible) * visible) * (E[1] - E[0])
    x = E / decay_at_rest.ENDPOINT
    signal, background = [], []
    for L, mass, years in detectors:
        protons = mass * 0.11 * _AVOGADRO
        rate = 0.38 * 1.8e14 * (24.0 / L) ** 2 * years * protons * 1e-43 * inverse_beta.cross_section(E)
        phase = PHASE * dm2_41 * (L + np.linspace(-_TANK, _TANK, 33)[:, None]) / E
        signal.append(response @ (rate * decay_at_rest.spectrum(E) * (np.sin(phase) ** 2).mean(0)))
        background.append(response @ (rate * 1.7e-3 * 12.0 * x**2 * (1.0 - x) / decay_at_rest.ENDPOINT))
    b = np.concatenate(background)
    return _amplitude(np.concatenate(signal), np.diag(b) + 0.5**2 * np.outer(b, b), threshold(cl, 1))


@cache
def _isodar() -> tuple[Array, Array]:
    """Return L/E (n,) [m/MeV] of events and their number in each of its bins of measured L/E, (bins, n)."""
    radius = (2.26e9 / 1.0e6 / (4.0 / 3.0 * np.pi)) ** (1.0 / 3.0)  # [m], one tonne per cubic metre
    L = 17.0 + radius * (np.arange(60) - 29.5) / 30.0
    # solid angle of the shell at L inside the sphere, over L^2 of the flux and times L^2 of the volume
    inside = np.clip(1.0 - (17.0**2 + L**2 - radius**2) / (2.0 * 17.0 * L), 0.0, None)
    E = np.linspace(1.9, 12.9, 111)
    electron = 12.96 + M_E - E
    spectrum = E**2 * electron * np.sqrt(np.clip(electron**2 - M_E**2, 0.0, None)) * inverse_beta.cross_section(E)
    ratio = (L[:, None] / E).ravel()
    events = (inside[:, None] * spectrum).ravel()
    visible = E - 0.78
    sigma = (L[:, None] / E * np.hypot(0.064 / np.sqrt(visible), 0.12 / np.sqrt(visible) / L[:, None])).ravel()
    edges = np.linspace(0.8, 8.0, 145)[:, None]
    return ratio, in_bins(ratio, edges[:-1], edges[1:], sigma) * 1.67e6 * events / events.sum()


def isodar(dm2_41: float, cl: float = 0.95) -> float:
    """Return the estimate of sin^2 2theta_ee that IsoDAR would exclude."""
    ratio, events = _isodar()
    total, signal = events.sum(1), events @ np.sin(PHASE * dm2_41 * ratio) ** 2
    used = total > 1.0
    covariance = np.diag(total[used]) + 0.05**2 * np.outer(total[used], total[used])
    return _amplitude(signal[used], covariance, threshold(cl, 1))


#: Experiment of ``data/lab/sensitivities.ecsv`` -> its estimate.
EXPERIMENTS: dict[str, Any] = {
    "SBN": sbn,
    "JSNS2": jsns2,
    "JSNS2-II": lambda dm2_41, cl: jsns2(dm2_41, cl, second=True),
    "IsoDAR": isodar,
}


def limit(experiment: str, dm2_41: float, cl: float) -> float:
    """Return the estimate of the amplitude that an experiment would exclude.

    Parameters
    ----------
    experiment : str
        Of `EXPERIMENTS`.
    dm2_41 : float [eV^2]
    cl : float
        Between 0 and 1; of SBN one of `DELTA`.

    Raises
    ------
    ParameterError
        There is no estimate of that experiment, or `cl` is not allowed.
    """
    if experiment not in EXPERIMENTS:
        raise ParameterError(f"experiment = {experiment!r} has no estimate; choose from {', '.join(EXPERIMENTS)}")
    if experiment == "SBN" and cl not in DELTA:
        raise ParameterError(f"cl = {cl} is not allowed for SBN; choose from {', '.join(map(str, DELTA))}")
    return float(EXPERIMENTS[experiment](dm2_41, cl))
