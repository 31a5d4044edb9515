"""Quasi-sterile neutrinos: 3+1 with a potential of nu_s in ordinary matter, resonant in neutrinos or in antineutrinos.

Of the three active states only |a> = (U_e4, U_mu4, U_tau4)/sqrt(A), A = SUM |U_a4|^2, mixes with nu_s. In the basis
(a, s)

    H = M [[A, c], [c, 1 - A]] + diag(0, dV),    M = dM2/2E,  c = sqrt(A (1 - A)),

with dV = V_s - V_a for neutrinos and -dV for antineutrinos, and the other two active states do nothing. So (derived;
exact for constant density, tested against the 4 x 4 exponential) with kappa = <a| e^(-i H L) |a>

    P(nu_mu -> nu_e) = |U_mu4|^2 |U_e4|^2/A^2 |1 - kappa|^2,    P_aa = |1 - |U_a4|^2/A (1 - kappa)|^2.

One sign of dV resonates for neutrinos or for antineutrinos, never for both: MiniBooNE's excess is mostly one of
neutrinos, LSND's one of antineutrinos. Vacuum oscillation of the others is left, so that a point may yet serve both
(`scripts/quasi_sterile_scan.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.lab import decay_at_rest, karmen, lsnd, microboone_signal, miniboone_signal
from boltzmann.lab.matter import resonance_energy
from boltzmann.lab.microboone_release import BASELINE, HALF_BIN
from boltzmann.lab.oscillation import HBAR_C
from boltzmann.numerics.arrays import Array, Complex

__all__ = [
    "QuasiSterile", "amplitude", "appearance", "gains", "karmen_events", "lsnd_events", "microboone_events",
    "miniboone_events",
]  # fmt: skip


@dataclass(frozen=True)
class QuasiSterile:
    """A point of the model.

    Parameters
    ----------
    dM2 : float [eV^2]
    Ue4_sq, Umu4_sq : float
    dV : float [eV]
        V_s - V_active of neutrinos.
    """

    dM2: float
    Ue4_sq: float
    Umu4_sq: float
    dV: float

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        if not (self.dM2 > 0.0 and min(self.Ue4_sq, self.Umu4_sq) >= 0.0 and 0.0 < self.active <= 1.0):
            raise ParameterError(
                f"dM2 = {self.dM2}, Ue4_sq = {self.Ue4_sq}, Umu4_sq = {self.Umu4_sq} is not allowed; "
                "give dM2 > 0 eV2 and elements with a sum above 0 and at most 1"
            )

    @property
    def active(self) -> float:
        """A, the active part of nu_4."""
        return self.Ue4_sq + self.Umu4_sq

    @property
    def resonance(self) -> tuple[str, float]:
        """Who resonates, and at which energy [MeV]; infinite without a potential."""
        who = "antineutrinos" if self.dV > 0.0 else "neutrinos"
        cosine = 1.0 - 2.0 * self.active
        return who, resonance_energy(self.dM2, cosine, self.dV) if self.dV else np.inf


def amplitude(point: QuasiSterile, L: Any, E: Any, antineutrino: bool) -> Complex:
    """Return kappa; distances [m] and energies [MeV] broadcast."""
    A, M = point.active, 1e-12 * point.dM2 / (2.0 * np.asarray(E, dtype=np.float64))
    V = 1e-6 * (-point.dV if antineutrino else point.dV)
    half = 0.5 * (M * (1.0 - 2.0 * A) + V)  # of the difference of the diagonal elements, s minus a
    root = np.sqrt(half**2 + A * (1.0 - A) * M**2)
    mean = 0.5 * (M + V)
    phase = np.asarray(L) * root / HBAR_C
    inner = np.cos(phase) + 1j * half / root * np.sin(phase)
    return np.asarray(np.exp(-1j * mean * np.asarray(L) / HBAR_C) * inner)


def appearance(point: QuasiSterile, L: Any, E: Any, antineutrino: bool) -> Array:
    """Return P(nu_mu -> nu_e)."""
    product = point.Ue4_sq * point.Umu4_sq / point.active**2
    return np.asarray(product * np.abs(1.0 - amplitude(point, L, E, antineutrino)) ** 2)


def miniboone_events(point: QuasiSterile) -> Array:
    """Return the signal (22,) in MiniBooNE, averaged over the bins of true energy."""
    own = miniboone_signal.response()
    nodes, weights = np.polynomial.legendre.leggauss(12)
    half = 0.5 * (own.E_high - own.E_low)[..., None]
    E = own.E[..., None] + half * nodes
    L = own.L[..., None]
    share = [appearance(point, L[beam], E[beam], bool(beam)) @ weights / 2.0 for beam in (0, 1)]
    return miniboone_signal.events(np.stack(share))


def microboone_events(point: QuasiSterile) -> Array:
    """Return the signal (52,) in MicroBooNE, averaged over the bins of true energy, with rock all the way."""
    E = microboone_signal.response()[0]
    nodes, weights = np.polynomial.legendre.leggauss(12)
    fine = np.maximum(E[:, None] + HALF_BIN * nodes, 1.0)
    return microboone_signal.events(appearance(point, BASELINE, fine, False) @ weights / 2.0)


def lsnd_events(point: QuasiSterile) -> Array:
    """Return the signal (11,) in LSND, of antineutrinos."""
    return lsnd.appeared(lambda L, E: decay_at_rest.spectrum(E) * appearance(point, L, E, True))


def karmen_events(point: QuasiSterile) -> Array:
    """Return the signal (9,) in KARMEN, of antineutrinos."""
    return karmen.appeared(lambda L, E: decay_at_rest.spectrum(E) * appearance(point, L, E, True))


def gains(point: QuasiSterile) -> dict[str, float]:
    """Return D, what -2 ln L gains over no new physics, of the beams whose matter is known."""
    at_rest = {
        name: float(module.chi2_of(np.zeros_like(signal)) - module.chi2_of(signal))
        for name, module, signal in (("lsnd", lsnd, lsnd_events(point)), ("karmen", karmen, karmen_events(point)))
    }
    return {
        **at_rest,
        "miniboone": float(miniboone_signal.gain(miniboone_events(point))),
        "microboone": float(microboone_signal.gain(microboone_events(point))),
    }
