"""The table of Delta(-2 ln L) that stands in for MiniBooNE's data release, and how it is interpolated.

Delta varies with the number of events, s P(dm2) with P the mean of sin^2(1.267 dm2 L/E) over the simulated events below
1250 MeV, and only slowly with dm2 besides. So the lines of the table, one for each dm2, have their nodes at fixed
S = s P, uniform in asinh(S/S0): linear in the signal where it is small, so that S = 0 is a node, and logarithmic where
it is large. Interpolation is by a bicubic spline in (ln dm2, asinh(S/S0)), with ln P a cubic spline of ln dm2.

Below the first line all phases are small, sin^2 -> phase^2, and dm2 enters as s dm2^2 alone: S = s P_1 (dm2/dm2_1)^2 is
taken on the first line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, RectBivariateSpline

from boltzmann import ecsv
from boltzmann.lab.miniboone_release import CONTOURS, Release
from boltzmann.numerics.arrays import Array
from boltzmann.units import Quantity

_S0 = 3e-4  # a tenth of the amplitude that fits, so that about half of the nodes lie above it
_N_ABSCISSAE = 18
_N_SLOW, _N_FAST, _TURN = 12, 188, 1.0  # lines below and above 1 eV^2, where the phases reach 1
RANGE = (0.02, 100.0)  # [eV^2]; the official contours end at 102
_BELOW = 9  # E_QE bins below 1250 MeV
#: Edges [eV^2] of the ranges in which the statistic is averaged along the official contours
_CALIBRATED = (0.02, 0.06, 0.12, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 110.0)


def lines() -> Array:
    """Return dm2_41 [eV^2] of the lines: logarithmic up to 1, then uniform in dm2^0.8 to follow the oscillations."""
    fast = np.linspace(_TURN**0.8, RANGE[1] ** 0.8, _N_FAST + 1) ** 1.25
    return np.concatenate([np.geomspace(RANGE[0], _TURN, _N_SLOW + 1)[:-1], fast[1:]]).round(6)


def abscissae() -> Array:
    """Return S of the columns, from 0 to 1."""
    return np.array([float(f"{S:.5g}") for S in _S0 * np.sinh(np.linspace(0.0, np.arcsinh(1.0 / _S0), _N_ABSCISSAE))])


def _column_names() -> list[str]:
    """Return the names of the columns with Delta(-2 ln L)."""
    return [f"S={S:.5g}" for S in abscissae()]


DESCRIPTIONS = {
    "dm2_41": "m_4^2 - m_1^2",
    "probability": "P, mean of sin^2(1.267 dm2 L/E) of the simulated events below 1250 MeV",
    **{name: "Delta(-2 ln L) at sin2_2theta_mue = S/probability" for name in _column_names()},
}


@dataclass(frozen=True, eq=False)
class Table:
    """Delta(-2 ln L) of the two-neutrino fit on lines of constant dm2_41.

    Attributes
    ----------
    dm2_41 : (n,) array [eV^2]
    probability : (n,) array
        P: mean of sin^2(1.267 dm2 L/E).
    S : (m,) array
        P sin^2 2theta of the columns, from 0.
    delta : (n, m) array
        -2 ln L minus its smallest value.
    """

    dm2_41: Array
    probability: Array
    S: Array
    delta: Array

    @cached_property
    def _log_probability(self) -> CubicSpline:
        return CubicSpline(np.log(self.dm2_41), np.log(self.probability))

    @cached_property
    def _spline(self) -> RectBivariateSpline:
        return RectBivariateSpline(np.log(self.dm2_41), np.arcsinh(self.S / _S0), self.delta)

    def _coordinates(self, dm2_41: Array, sin2_2theta_mue: Array) -> tuple[Array, Array]:
        line = np.log(np.maximum(dm2_41, self.dm2_41[0]))
        below = np.minimum(dm2_41 / self.dm2_41[0], 1.0)
        return line, np.arcsinh(sin2_2theta_mue * np.exp(self._log_probability(line)) * below**2 / _S0)

    def __call__(self, dm2_41: Array, sin2_2theta_mue: Array) -> Array:
        """Return Delta(-2 ln L); dm2_41 up to that of the last line [eV^2], arrays of one shape."""
        return np.asarray(self._spline.ev(*self._coordinates(dm2_41, sin2_2theta_mue)))

    def rises(self, dm2_41: Array, sin2_2theta_mue: Array) -> NDArray[np.bool_]:
        """Return whether the amplitude is larger than the best one at that dm2_41."""
        return np.asarray(self._spline.ev(*self._coordinates(dm2_41, sin2_2theta_mue), dy=1) > 0.0)


def read(name: str) -> Table:
    """Return the table in a file of ``data/``."""
    columns = ecsv.numbers(name, list(DESCRIPTIONS))
    delta = np.stack([columns[column] for column in _column_names()], axis=1)
    return Table(columns["dm2_41"], columns["probability"], abscissae(), delta)


def columns(table: Table) -> dict[str, Any]:
    """Return the columns of the file, to six digits; read back by `read`."""
    delta = zip(_column_names(), table.delta.T, strict=True)
    return {
        "dm2_41": Quantity(table.dm2_41, "eV2"),
        "probability": _rounded(table.probability),
        **{name: _rounded(column) for name, column in delta},
    }


def _rounded(values: Array) -> Array:
    return np.array([float(f"{value:.6g}") for value in values])


def build(data: Release) -> Table:
    """Compute the table from the data release."""
    dm2_41, S, minimum = lines(), abscissae(), data.best_fit().minus_two_ln_L
    full = data.transmuted[:, :_BELOW].sum()
    probability = np.array([data.signal(value)[:, :_BELOW].sum() for value in dm2_41]) / full
    delta = np.stack([data.curve(value, S / P) for value, P in zip(dm2_41, probability, strict=True)]) - minimum
    return Table(dm2_41, probability, S, delta)


@dataclass(frozen=True)
class Critical:
    """Delta(-2 ln L) on an official contour near one dm2_41: where the amplitude is below its best value, and above."""

    cl: float
    dm2_41: float
    below: float
    above: float


def calibrate(data: Release, table: Table) -> list[Critical]:
    """Return medians of the exact Delta(-2 ln L) along the official contours, in ranges of dm2_41 that have both sides.

    Points at the edge of the official plot, sin^2 2theta > 0.95, belong to no contour.
    """
    minimum = data.best_fit().minus_two_ln_L
    result = []
    for cl in CONTOURS:
        amplitude, dm2_41 = data.contour(cl).T
        keep = (amplitude < 0.95) & (dm2_41 <= RANGE[1])
        amplitude, dm2_41 = amplitude[keep], dm2_41[keep]
        delta, above = data.minus_two_ln_L(dm2_41, amplitude) - minimum, table.rises(dm2_41, amplitude)
        for low, high in pairwise(_CALIBRATED):
            inside = (dm2_41 >= low) & (dm2_41 < high)
            if np.any(inside & above) and np.any(inside & ~above):
                sides = (float(np.median(delta[inside & side])) for side in (~above, above))
                result.append(Critical(cl, float(np.exp(np.mean(np.log(dm2_41[inside])))), *sides))
    return result
