"""MiniBooNE's -2 ln L of any nu_e-like signal, not oscillation alone: what of the 2020 release depends on the signal.

The statistic of `boltzmann.lab.miniboone_release` is a Gaussian in 38 numbers, whose covariance contains the signal t
(22 numbers, 11 bins of E_QE in each beam). The 16 nu_mu numbers do not depend on t. Conditioning on them (derived;
exact, as det V = det V_mm det(V_ee - V_em V_mm^-1 V_me)) leaves

    residual    r = x - t o a              x = observed - background - what nu_mu add to it,  a = 1 + what they add to t
    covariance  V = B + (t o M + its transpose) + (t t^T) o S + diag(t)
    -2 ln L     r^T V^-1 r + ln det V      plus a constant

with o the product element by element, so that 22 + 22 + 3 x 22 x 22 numbers of
``data/lab/miniboone2020_projected.ecsv``, written by ``scripts/make_miniboone_signal.py``, are the whole release as far
as any signal is concerned. Events that look like nu_e of true energy E are distributed as in the simulation
(``miniboone2020_response.ecsv``, 60 bins of E in each beam).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from boltzmann import ecsv
from boltzmann.lab.miniboone_release import N_E, N_MU, Release
from boltzmann.lab.oscillation import PHASE
from boltzmann.numerics.arrays import Array

__all__ = [
    "BEAMS",
    "Projection",
    "Response",
    "flux",
    "gain",
    "oscillated",
    "photon_efficiency",
    "projected",
    "response",
]

#: Beams in the order of the 22 numbers: 11 bins each.
BEAMS = ("neutrino", "antineutrino")
N = 2 * N_E
_PROJECTED, _RESPONSE = "lab/miniboone2020_projected.ecsv", "lab/miniboone2020_response.ecsv"


@dataclass(frozen=True, eq=False)
class Projection:
    """The statistic of a signal in the 22 nu_e bins.

    Attributes
    ----------
    excess, scale : (22,) arrays
        x and a of the module's docstring.
    fixed, mixed, squared : (22, 22) arrays
        B, M and S.
    """

    excess: Array
    scale: Array
    fixed: Array
    mixed: Array
    squared: Array

    def minus_two_ln_L(self, signal: Array) -> Array:
        """Return -2 ln L up to a constant of signals (..., 22), at least 0."""
        t = np.asarray(signal, dtype=np.float64)
        cross = t[..., :, None] * self.mixed
        matrix = self.fixed + cross + np.swapaxes(cross, -1, -2) + t[..., :, None] * t[..., None, :] * self.squared
        matrix = matrix + t[..., :, None] * np.eye(N)
        residual = self.excess - self.scale * t
        solved = np.linalg.solve(matrix, residual[..., None])[..., 0]
        return np.asarray((residual * solved).sum(-1) + np.linalg.slogdet(matrix)[1])


class Response(NamedTuple):
    """Simulated nu_e events if every nu_mu were a nu_e, of each beam in bins of true energy.

    E_low, E_high : (2, n) [MeV]; L, L_spread : (2, n) mean and standard deviation [m]; events : (2, n, 11).
    """

    E_low: Array
    E_high: Array
    L: Array
    L_spread: Array
    events: Array

    @property
    def E(self) -> Array:
        """Middles of the bins [MeV], (2, n)."""
        return np.asarray(0.5 * (self.E_low + self.E_high))


def project(release: Release) -> Projection:
    """Compute what depends on the signal from the release."""
    signal, background = np.arange(N_E), np.arange(N_E, 2 * N_E)
    muons = np.arange(2 * N_E, 2 * N_E + N_MU)
    s, b, m = (np.concatenate([own, own + 2 * N_E + N_MU]) for own in (signal, background, muons))
    beams = (release.neutrino, release.antineutrino)
    expected_e, expected_m = (
        np.concatenate([beam.expected[part] for beam in beams]) for part in (slice(N_E), slice(N_E, None))
    )
    observed_e, observed_m = (
        np.concatenate([beam.observed[part] for beam in beams]) for part in (slice(N_E), slice(N_E, None))
    )
    F = release.covariance
    V_mm = F[np.ix_(m, m)] * np.outer(expected_m, expected_m)
    of_signal, of_background = F[np.ix_(s, m)] * expected_m, F[np.ix_(b, m)] * np.outer(expected_e, expected_m)
    gain_s, gain_b = (np.linalg.solve(V_mm, part.T).T for part in (of_signal, of_background))
    missing = observed_m - expected_m
    return Projection(
        observed_e - expected_e - gain_b @ missing,
        1.0 + gain_s @ missing,
        F[np.ix_(b, b)] * np.outer(expected_e, expected_e) - gain_b @ of_background.T,
        F[np.ix_(s, b)] * expected_e - gain_s @ of_background.T,
        F[np.ix_(s, s)] - gain_s @ of_signal.T,
    )


@cache
def projected() -> Projection:
    """Return the shipped projection."""
    names = [f"{part}_{i}" for part in ("fixed", "mixed", "squared") for i in range(N)]
    columns = ecsv.numbers(_PROJECTED, ["excess", "scale", *names])
    matrices = [np.stack([columns[f"{part}_{i}"] for i in range(N)], axis=1) for part in ("fixed", "mixed", "squared")]
    return Projection(columns["excess"], columns["scale"], *matrices)


@cache
def response() -> Response:
    """Return the shipped response."""
    names = [f"bin_{i}" for i in range(N_E)]
    columns = ecsv.numbers(_RESPONSE, ["E_low", "E_high", "L", "L_spread", *names])
    low, high, L, spread = (columns[key].reshape(2, -1) for key in ("E_low", "E_high", "L", "L_spread"))
    events = np.stack([columns[key] for key in names], axis=1)
    return Response(low, high, L, spread, events.reshape(2, -1, N_E))


@cache
def flux(beam: str) -> tuple[Array, Array, Array]:
    """Return energies [MeV] and the fluxes of nu_mu and nubar_mu at MiniBooNE [cm^-2 MeV^-1 per proton] of a beam."""
    columns = ecsv.numbers("lab/bnb_flux.ecsv", ["E", f"numu_{beam}", f"numubar_{beam}"])
    E, numu, numubar = columns.values()
    return E, numu, numubar


@cache
def _photons() -> tuple[Array, ...]:
    return tuple(ecsv.numbers("lab/miniboone_photons.ecsv", ["E_low", "E_high", "efficiency"]).values())


def photon_efficiency(E: Any) -> Array:
    """Return the released chance that a single photon of energy E [MeV] passes the nu_e selection."""
    low, high, efficiency = _photons()
    place = np.clip(np.searchsorted(low, np.asarray(E), side="right") - 1, 0, len(low) - 1)
    inside = (np.asarray(E) >= low[0]) & (np.asarray(E) < high[-1])
    return np.asarray(np.where(inside, efficiency[place], 0.0))


def events(share: Array) -> Array:
    """Return the signal (..., 22), given for each beam and bin of `response` what share of nu_mu look like nu_e."""
    return np.asarray(np.einsum("...bn,bni->...bi", share, response().events).reshape(*share.shape[:-2], N))


def oscillated(dm2_41: float, rate: float = 0.0) -> Array:
    """Return the signal (22,) for |U_e4|^2 |U_mu4|^2 = 1/4, of a nu_4 that decays invisibly with m_4 Gamma = `rate`
    [eV^2].

    (1 - 2 Re kappa + |kappa|^2)/4 with kappa = exp(-2 i Delta - L/2 lambda), L/lambda = 4 PHASE rate L/E, averaged
    over a flat distribution of L/E in each bin; sin^2 Delta without decay.
    """
    own = response()
    nodes, weights = np.polynomial.legendre.leggauss(8)
    L_low, L_high = own.L - np.sqrt(3.0) * own.L_spread, own.L + np.sqrt(3.0) * own.L_spread
    low, high = L_low / own.E_high, L_high / own.E_low
    ratio = low[..., None] + 0.5 * (high - low)[..., None] * (1.0 + nodes)
    damped = np.exp(-2.0 * PHASE * rate * ratio)
    kappa = damped * np.cos(2.0 * PHASE * dm2_41 * ratio)
    return events(0.25 * (1.0 - 2.0 * kappa + damped**2) @ weights / 2.0)


def gain(signal: Array) -> Array:
    """Return D, by how much -2 ln L falls from no signal to signals (..., 22): positive if the signal fits better."""
    own = projected()
    return np.asarray(own.minus_two_ln_L(np.zeros(N)) - own.minus_two_ln_L(signal))
