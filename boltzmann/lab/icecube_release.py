"""Reader of the likelihood released with IceCube's eight-year nu_mu search (arXiv:2005.12942), and our summary of it.

The file lists 2 Delta LLH, minimised over the nuisance parameters of the fit, at points (sin^2 2theta_24, dm2_41) on a
raster with holes: theta_14 = theta_34 = 0, so that sin^2 2theta_24 = 4 |U_mu4|^2 (1 - |U_mu4|^2). Its one point without
mixing, the same for every splitting, closes the raster at sin^2 2theta_24 = 0. Between the points Delta is a smooth
(Clough-Tocher) function of ln dm2_41 and asinh(s/0.01): linear in s where s is small and logarithmic elsewhere.

`summarise` reads a few positions off every line of constant dm2_41: the dip, if there is one, and the upper limits at
several levels. `profile` is the curve through them.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import CloughTocher2DInterpolator, PchipInterpolator
from scipy.optimize import brentq, minimize_scalar

from boltzmann.errors import ParameterError
from boltzmann.lab.release_files import numbers
from boltzmann.numerics.arrays import Array
from boltzmann.units import in_unit

#: Levels of Delta: 95 %, 99 %, 3 and 5 standard deviations for two parameters, chi^2 quantiles
LEVELS = {"s_95": 5.991, "s_99": 9.210, "s_3sigma": 11.829, "s_5sigma": 28.744}
RANGE = (0.01, 100.0)  # [eV^2], of the search
_S0 = 0.01
_DIP = 0.05  # a dip less deep is none


def abscissa(sin2_2theta_24: Any) -> Array:
    """Return asinh(s/0.01), in which Delta is interpolated."""
    return np.asarray(np.arcsinh(np.asarray(sin2_2theta_24) / _S0))


@dataclass(frozen=True, eq=False)
class Release:
    """The released likelihood; made by `release`.

    Attributes
    ----------
    sin2_2theta_24, dm2_41, delta : (N,) arrays
        Points with mixing; dm2_41 in eV^2, and 2 Delta LLH.
    null : float
        2 Delta LLH without mixing.
    """

    sin2_2theta_24: Array
    dm2_41: Array
    delta: Array
    null: float

    @cached_property
    def _interpolator(self) -> CloughTocher2DInterpolator:
        lines = np.unique(self.dm2_41)
        points = np.column_stack([np.log(self.dm2_41), abscissa(self.sin2_2theta_24)])
        without = np.column_stack([np.log(lines), np.zeros(lines.size)])
        values = np.concatenate([self.delta, np.full(lines.size, self.null)])
        return CloughTocher2DInterpolator(np.concatenate([points, without]), values)

    def minus_two_ln_L(self, dm2_41: Any, sin2_2theta_24: Any) -> Array:
        """Return -2 ln L minus that of the best fit.

        Parameters
        ----------
        dm2_41 : float, array [eV^2], Quantity or str
            From 0.01 to 100 eV^2.
        sin2_2theta_24 : float or array
            From 0 to 1; broadcasts against `dm2_41`.

        Raises
        ------
        ParameterError
            A parameter is out of range.
        """
        splitting = in_unit(dm2_41, "eV2", "dm2_41")
        amplitude = in_unit(sin2_2theta_24, "", "sin2_2theta_24")
        covered(splitting)
        if np.any((amplitude < 0.0) | (amplitude > 1.0)):
            raise ParameterError(f"sin2_2theta_24 = {sin2_2theta_24} is not allowed; give amplitudes from 0 to 1")
        inside = np.minimum(amplitude, self.sin2_2theta_24.max() * (1.0 - 1e-9))  # rounding must not leave the raster
        return np.asarray(self._interpolator(np.log(splitting), abscissa(inside)))


def covered(dm2_41: Array) -> None:
    """Refuse splittings outside the search."""
    bad = (dm2_41 < RANGE[0]) | (dm2_41 > RANGE[1])
    if np.any(bad):
        raise ParameterError(
            f"dm2_41 = {np.asarray(dm2_41)[bad].flat[0]:g} eV2 is not allowed for IceCube; give {RANGE[0]:g} to "
            f"{RANGE[1]:g} eV2, the range of the search"
        )


def release(folder: str | Path) -> Release:
    """Read ``2DLLHValues.txt`` of the data release from a folder.

    Raises
    ------
    ParameterError
        The file is missing, broken, or has no point without mixing; the message names file and line.
    """
    path = Path(folder) / "2DLLHValues.txt"
    table = numbers(path, 3)
    without = table[:, 0] == 0.0
    if not np.any(without) or np.all(without):
        raise ParameterError(
            f"release file {path} is broken: it has {without.sum()} points with sin^2 2theta_24 = 0 of {len(table)}, "
            "1 belongs there; take it from the data release again"
        )
    sin2, dm2, delta = table[~without].T
    return Release(sin2, dm2, delta, float(table[without][0, 2]))


@dataclass(frozen=True)
class Line:
    """What is read off one line of constant dm2_41 [eV^2]: values of sin^2 2theta_24 unless they are called delta.

    A dip has its half depth at ``s_fall``, its bottom at ``s_best``, half its depth again at ``s_rise``, and ends at
    ``s_null``, where Delta is again what it is without mixing; all four are 0 without a dip. The levels of `LEVELS` are
    reached from below at ``s_95`` and so on, NaN where they are not.
    """

    dm2_41: float
    delta_null: float
    delta_best: float
    s_fall: float
    s_best: float
    s_rise: float
    s_null: float
    s_95: float
    s_99: float
    s_3sigma: float
    s_5sigma: float
    delta_end: float


def summarise(data: Release) -> list[Line]:
    """Return the readings at every splitting of the released raster within the search."""
    lines = np.unique(data.dm2_41)
    return [_line(data, float(dm2)) for dm2 in lines[(lines >= RANGE[0]) & (lines <= RANGE[1])]]


def _line(data: Release, dm2_41: float) -> Line:
    """Read one line."""

    def delta(x: float) -> float:
        return float(data.minus_two_ln_L(dm2_41, _S0 * np.sinh(x)))

    scan = np.linspace(0.0, float(abscissa(1.0)), 400)
    values = data.minus_two_ln_L(dm2_41, np.minimum(_S0 * np.sinh(scan), 1.0))
    bottom = int(values.argmin())

    def crossing(level: float) -> float:
        """Return where Delta rises through a level for the last time."""
        below = np.flatnonzero(values < level)
        if below[-1] == scan.size - 1:
            return float("nan")
        return float(_S0 * np.sinh(brentq(lambda x: delta(x) - level, scan[below[-1]], scan[below[-1] + 1])))

    lowest, dip = data.null, (0.0, 0.0, 0.0, 0.0)
    if values[bottom] < data.null - _DIP:
        fit = minimize_scalar(delta, bounds=(scan[bottom - 1], scan[bottom + 1]), method="bounded")
        lowest, middle = float(fit.fun), 0.5 * (data.null + float(fit.fun))
        fall = brentq(lambda x: delta(x) - middle, 0.0, fit.x)
        dip = (float(_S0 * np.sinh(fall)), float(_S0 * np.sinh(fit.x)), crossing(middle), crossing(data.null))
    levels = {name: crossing(level) for name, level in LEVELS.items()}
    return Line(dm2_41, data.null, lowest, *dip, **levels, delta_end=float(values[-1]))


def profile(line: Line, x: Array) -> Array:
    """Return Delta at abscissae: exp of the monotone cubic of ln(1 + Delta) through the readings of a line."""
    middle = 0.5 * (line.delta_null + line.delta_best)
    dip = (line.s_fall, middle), (line.s_best, line.delta_best), (line.s_rise, middle), (line.s_null, line.delta_null)
    levels = zip(astuple(line)[-len(LEVELS) - 1 : -1], LEVELS.values(), strict=True)
    nodes = [*dip, *levels, (1.0, line.delta_end)]
    s, delta = np.array([(0.0, line.delta_null), *(node for node in nodes if node[0] > 0.0)]).T
    return np.asarray(np.expm1(PchipInterpolator(abscissa(s), np.log1p(delta))(x)))
