"""Daya Bay: nubar_e from six reactors in two near halls and a far one, 0.36 to 1.9 km, all 3158 days.

An et al. 2023 (arXiv:2211.14988) and the full data release (DOI 10.5281/zenodo.17587229, CC BY 4.0), of which
``data/lab/dayabay2025*.ecsv`` are sums and derivatives made by ``scripts/make_dayabay_tables.py``
(`boltzmann.lab.dayabay_release`, which lists uncertainties). The collaboration's own search for a sterile state is
arXiv:2404.01687. With y candidates minus background in halls h and bins i of energy, and N the prediction,

    chi^2 = min over f_i, sin^2 2theta_13, dm2_32 of  r^T V^-1 r + ((dm2_32 - 2.45e-3 eV^2)/0.07e-3 eV^2)^2,
    r_hi = ln y_hi - ln N_hi - f_i,

so that flux and spectrum of the reactors are free and the halls are compared with each other; V has the counts, with
3/(1/n + 2/m) of n candidates where m are expected, and the shifts of the release. In logarithms efficiencies and free
spectrum are exact however large the mixing. dm2_32 is that of accelerators (2.40, arXiv:2006.15208; 2.49, 2303.03222;
2.41, 2108.08219), widened.
The survival of nubar_e is that of four states, with q_i = |U_ei|^2/(1 - |U_e4|^2) for i < 4 and kappa as in
`boltzmann.lab.oscillation`:

    P = (1 - |U_e4|^2)^2 P_3 + 2 |U_e4|^2 (1 - |U_e4|^2) SUM_i q_i Re(kappa e^(i phi_i1)) + |U_e4|^4 |kappa|^2,
    P_3 = |SUM_i q_i e^(i phi_i1)|^2,  phi_i1 = 2 PHASE dm2_i1 L/E,  normal ordering.

The minimum over theta_13 and dm2_32 is one step by derivatives at `BEST_FIT`, and the rest of the way linear: within
0.3 of a search where Delta < 20 (tested).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from boltzmann import ecsv
from boltzmann.lab.oscillation import PHASE
from boltzmann.lab.parameters import by_splitting, checked
from boltzmann.numerics.arrays import Array

__all__ = ["BEST_FIT", "CHANNEL", "CITATION", "NAME", "N_DATA", "VALIDITY", "VERIFIED", "chi2", "three_flavours"]

NAME = "Daya Bay"
CITATION = "An et al. (Daya Bay) 2023, arXiv:2211.14988, and its data release 10.5281/zenodo.17587229"
CHANNEL = "ee"
VERIFIED = True
VALIDITY = (
    "Own analysis of the full release, made for 2e-4 to 0.3 eV2, above which all halls see averages (what is left at 1 "
    "eV2 near full mixing, 6, is of the tails of the resolution); limits by Wilks, "
    "those of arXiv:2404.01687 by simulation. theta_13 is free, dm2_32 that of accelerators, so that little is said "
    "from 1e-3 to 4e-3 eV2."
)
N_DATA = 78 - 26 - 1  # less the free spectrum and theta_13
#: sin^2 2theta_13 and dm2_32 [eV^2] at which derivatives are taken.
BEST_FIT = (0.0853, 2.45e-3)
_DM2_32_ERROR = 0.07e-3  # [eV^2]
_DM2_21, _SIN2_2THETA_12 = 7.53e-5, 0.851  # of the release
_DATA, _RESPONSE, _BASELINES = (f"lab/dayabay2025{name}.ecsv" for name in ("", "_response", "_baselines"))
_SPREAD = 1.1  # [m] rms of L: core and target are cylinders 3.0 and 3.1 m across, rms D/4 each
_AT_ONCE = 4096  # points evaluated in one go: bounds the memory


def _smaller(sin2_2theta: float) -> float:
    """Return sin^2 theta below 1/2."""
    return float(0.5 * (1.0 - np.sqrt(1.0 - sin2_2theta)))


@dataclass(frozen=True, eq=False)
class _Halls:
    """Events of the three halls in 26 bins (78 numbers) for any average over cells of energy."""

    L_over_E: Array  # (48, n)
    spread: Array  # (n,) rms of L/E of a cell
    half_width: Array  # (n,) of cells in L/E, relative
    response: Array  # (n, 26)
    weights: Array  # (3, 48)

    def events(self, survival: Array) -> Array:
        """Return events (..., 78) of survivals (..., 48, n) of pairs of detector and reactor."""
        return np.asarray((self.weights @ (survival @ self.response)).reshape(*survival.shape[:-2], -1))

    def phase(self, dm2: float) -> Array:
        """Return 2 Delta (48, n)."""
        return np.asarray(2.0 * PHASE * dm2 * self.L_over_E)

    def light(self, dm2_32: float) -> tuple[Array, Array]:
        """Return what theta_12 takes (48, n), and what theta_13 would for sin^2 2theta_13 = 1."""
        s12, solar = _smaller(_SIN2_2THETA_12), self.phase(_DM2_21)
        pair = [0.5 * (1.0 - np.cos(self.phase(dm2))) for dm2 in (dm2_32 + _DM2_21, dm2_32)]
        cos4 = (1.0 - _smaller(BEST_FIT[0])) ** 2
        return cos4 * _SIN2_2THETA_12 * 0.5 * (1.0 - np.cos(solar)), (1.0 - s12) * pair[0] + s12 * pair[1]

    def heavy(self, dm2_41: float, rate: float) -> Array:
        """Return events of SUM_i q_i Re(kappa e^(i phi_i)), averaged over each cell."""
        s12, s13 = _smaller(_SIN2_2THETA_12), _smaller(BEST_FIT[0])
        one, phase = self.phase(dm2_41), np.exp(1j * self.phase(_DM2_21))
        other = np.exp(1j * self.phase(BEST_FIT[1] + _DM2_21))
        light = (1.0 - s13) * ((1.0 - s12) + s12 * phase) + s13 * other
        mean = np.sinc(one * self.half_width / np.pi) * np.exp(-2.0 * PHASE * rate * self.L_over_E)
        mean *= np.exp(-0.5 * (2.0 * PHASE * dm2_41 * self.spread) ** 2)
        return self.events(mean * (np.cos(one) * light.real + np.sin(one) * light.imag))

    def left(self, rate: float) -> Array:
        """Return events of |kappa|^2."""
        return self.events(np.exp(-4.0 * PHASE * rate * self.L_over_E))


@cache
def _halls() -> _Halls:
    names = [name for name in ecsv.rows(_RESPONSE)[0] if name != "E"]
    columns = ecsv.numbers(_RESPONSE, ["E", *names])
    E = columns.pop("E")
    pairs = ecsv.numbers(_BASELINES, ["hall", "L", "weight"])
    weights = pairs["weight"] * (pairs["hall"] == np.unique(pairs["hall"])[:, None])
    half = 0.5 * (E[1] - E[0]) / E
    return _Halls(pairs["L"][:, None] / E, _SPREAD / E, half, np.stack(list(columns.values()), axis=1), weights)


@dataclass(frozen=True, eq=False)
class _Fit:
    """What chi^2 needs besides events."""

    measured: Array  # ln y (78,)
    inverse: Array  # (78, 78), the spectrum is free
    profiled: Array  # the same, theta_13 too
    angle: Array  # (78,) shift of sin^2 2theta_13 = angle @ residual
    splitting: Array  # (78,) d ln N of one error of dm2_32

    def chi2(self, light: Array, heavy: Array, left: Array, u: Array) -> Array:
        """Return chi^2 of u (n,): `light` (2, 78) events of no oscillation less theta_12's, and of theta_13's for
        sin^2 2theta_13 = 1; `heavy` (n, 78), `left` (78,).
        """
        u = u[:, None]
        fixed = (1.0 - u) ** 2 * light[0] + 2.0 * u * (1.0 - u) * heavy + u**2 * left
        taken, least = (1.0 - u) ** 2 * light[1], 1e-6 * light[0]
        start = self.measured - np.log(np.maximum(fixed - BEST_FIT[0] * taken, least))
        angle = np.clip(BEST_FIT[0] + start @ self.angle, 0.0, 1.0)[:, None]
        residual = self.measured - np.log(np.maximum(fixed - angle * taken, least))
        # dm2_32 moves what theta_13 takes: its shape is in proportion to that
        share = (angle / BEST_FIT[0])[:, 0] ** 2
        moved = self.profiled @ self.splitting
        gain = share * (residual @ moved) ** 2 / (1.0 + share * (self.splitting @ moved))
        return np.asarray(((residual @ self.profiled) * residual).sum(axis=1) - gain)


def _light(halls: _Halls, dm2_32: float) -> Array:
    """Return events (2, 78): without oscillation, less those that theta_12 takes; and those theta_13 would take."""
    solar, reactor = halls.light(dm2_32)
    return np.array([halls.events(1.0 - solar), halls.events(reactor)])


def _free(inverse: Array, shapes: Array) -> Array:
    """Return the inverse covariance with the amplitudes of `shapes` (78, n) minimised."""
    moved = inverse @ shapes
    return np.asarray(inverse - moved @ np.linalg.solve(shapes.T @ moved, moved.T))


@cache
def _fit() -> _Fit:
    halls = _halls()
    table = ecsv.rows(_DATA)
    names = [name for name in table[0] if name.startswith("shift_")]
    columns = ecsv.numbers(_DATA, ["candidates", "background", *names])
    y = columns["candidates"] - columns["background"]
    light = _light(halls, BEST_FIT[1])
    events = light[0] - BEST_FIT[0] * light[1]
    scale = (y.reshape(3, -1).sum(axis=0) / events.reshape(3, -1).sum(axis=0))[None]  # of the free spectrum
    expected = columns["background"] + (scale * events.reshape(3, -1)).ravel()
    shifts = np.stack([columns[name] for name in names], axis=1)
    V = np.diag(3.0 / (1.0 / columns["candidates"] + 2.0 / expected) / y**2) + shifts @ shifts.T
    inverse = _free(np.asarray(np.linalg.inv(V)), np.tile(np.eye(scale.size), (3, 1)))
    step = 1e-5  # [eV^2]
    other = _light(halls, BEST_FIT[1] + step)
    splitting = _DM2_32_ERROR / step * (other[0] - light[0] - BEST_FIT[0] * (other[1] - light[1])) / events
    by_angle = -light[1] / events
    # of both at once, for the first step
    shapes = np.stack([by_angle, splitting], axis=1)
    to_both = np.linalg.solve(shapes.T @ inverse @ shapes + np.diag([0.0, 1.0]), shapes.T @ inverse)
    return _Fit(np.log(y), inverse, _free(inverse, by_angle[:, None]), to_both[0], splitting)


def three_flavours(sin2_2theta_13: float, dm2_32: float) -> float:
    """Return chi^2 of three neutrinos with the free spectrum, and without what accelerators say of dm2_32 [eV^2]."""
    light, fit = _light(_halls(), dm2_32), _fit()
    residual = fit.measured - np.log(light[0] - sin2_2theta_13 * light[1])
    return float(residual @ fit.inverse @ residual)


def chi2(dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0, *, decay: float = 0.0) -> Array:
    """Return chi^2, minimised over sin^2 2theta_13, dm2_32, the reactors' spectrum and all shifts.

    Parameters
    ----------
    dm2_41 : float, array [eV^2], Quantity or str
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2; all four broadcast. Only |U_e4|^2 matters.
    decay : float [eV^2]
        m_4 Gamma of invisible decay.

    Raises
    ------
    ParameterError
        A parameter is not allowed.
    """
    point, halls, fit = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq), _halls(), _fit()
    values, inverse = by_splitting(point.dm2_41)
    light, left = _light(halls, BEST_FIT[1]), halls.left(decay)
    heavy = np.array([halls.heavy(value, decay) for value in values])
    u, row = np.ravel(np.minimum(point.Ue4_sq, 1.0 - 1e-9)), np.ravel(inverse)
    parts = [
        fit.chi2(light, heavy[row[i : i + _AT_ONCE]], left, u[i : i + _AT_ONCE]) for i in range(0, u.size, _AT_ONCE)
    ]
    return np.asarray(np.concatenate(parts).reshape(point.dm2_41.shape))
