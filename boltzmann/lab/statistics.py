"""Regions, limits and tests: chi^2 of experiments on a grid of splitting and amplitude, and what to conclude from it.

A region is where Delta = -2 ln L - minimum on the grid is below the quantile of chi^2 with as many degrees of freedom
as there are parameters (Wilks), or below the threshold that an experiment itself provides (`critical`). The thresholds
for two parameters are 2.30, 4.61, 5.99, 9.21 and 11.83 at 68.27, 90, 95, 99 and 99.73 %. Every grid takes the nuisance
parameters at their best values, because the chi^2 of the experiments does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from boltzmann import lab
from boltzmann.errors import ParameterError
from boltzmann.lab.parameters import at_amplitude
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.statistics import sigmas_of, threshold

__all__ = [
    "BestFit",
    "Compatibility",
    "Scan",
    "channel_of",
    "compatibility",
    "edges",
    "goodness_of_fit",
    "scan",
    "threshold",
]

POINTS = 200  # of the default grid, along each axis
_DM2 = (0.01, 100.0)  # [eV^2] of the default grid
_SMALLEST = {"ee": 1e-3, "mue": 1e-4, "mumu": 1e-3}


def goodness_of_fit(chi2: float, dof: int) -> float:
    """Return the probability of a larger chi^2 if the model is right; `dof` = data minus fitted parameters."""
    return float(stats.chi2.sf(chi2, dof))


class BestFit(NamedTuple):
    """Where the smallest chi^2 of a grid is."""

    dm2_41: float
    amplitude: float
    chi2: float


@dataclass(frozen=True, eq=False)
class Scan:
    """-2 ln L of experiments on a grid of one channel.

    Parameters
    ----------
    names : tuple of str
        Experiments, summed.
    channel : {"ee", "mue", "mumu"}
    dm2_41 : array (n,) [eV^2]
        Increasing.
    amplitude : array (m,)
        sin^2 2theta of the channel, increasing.
    chi2 : array (n, m)
    """

    names: tuple[str, ...]
    channel: str
    dm2_41: Array
    amplitude: Array
    chi2: Array

    @property
    def best(self) -> BestFit:
        """The best fit on the grid."""
        i, j = np.unravel_index(self.chi2.argmin(), self.chi2.shape)
        return BestFit(float(self.dm2_41[i]), float(self.amplitude[j]), float(self.chi2[i, j]))

    @property
    def valley(self) -> tuple[float, float]:
        """The range of dm2_41 [eV^2] around the best fit where some amplitude has Delta below 2.30.

        This is 68 % of two parameters; the range ends there or at the end of the grid.
        """
        low = self.delta.min(axis=1) < threshold(0.6827)
        best = int(np.argmin(self.chi2.min(axis=1)))
        outside = np.flatnonzero(~low)
        first = int(outside[outside < best].max(initial=-1)) + 1
        last = int(outside[outside > best].min(initial=low.size)) - 1
        return float(self.dm2_41[first]), float(self.dm2_41[last])

    @property
    def delta(self) -> Array:
        """Delta = -2 ln L minus its smallest value on the grid, (n, m)."""
        return np.asarray(self.chi2 - self.chi2.min())

    def critical(self, cl: float, dof: int = 2) -> Array:
        """Return the largest allowed `delta`: of the experiment if it has its own thresholds, else of Wilks."""
        own = getattr(lab.experiment(self.names[0]), "critical", None) if len(self.names) == 1 else None
        if own is None:
            return np.full(self.chi2.shape, threshold(cl, dof))
        return np.asarray(own(cl, self.dm2_41[:, None], self.amplitude))

    def allowed(self, cl: float, dof: int = 2) -> Array:
        """Return which points of the grid are inside the region of confidence level `cl`, bool (n, m)."""
        return np.asarray(self.height(cl, dof) < 0.0)

    def height(self, cl: float, dof: int = 2) -> Array:
        """Return `delta` minus the largest allowed one, (n, m): negative inside the region."""
        return np.asarray(self.delta - self.critical(cl, dof))

    def contours(self, cl: float, dof: int = 2) -> list[Array]:
        """Return the edge of the region as lines of points (amplitude, dm2_41)."""
        return edges(self.amplitude, self.dm2_41, self.height(cl, dof))

    def is_limit(self, cl: float, dof: int = 2) -> bool:
        """Return whether no oscillation is allowed: the region is bounded by a limit."""
        return bool(np.any(self.allowed(cl, dof)[:, 0]))


def edges(amplitude: Array, dm2_41: Array, height: Array) -> list[Array]:
    """Return where a function on the grid is zero, as lines of points (amplitude, dm2_41), shape (k, 2).

    Parameters
    ----------
    amplitude, dm2_41 : arrays (m,), (n,)
        Axes, greater than 0; interpolation is linear in their logarithms.
    height : array (n, m)
    """
    from contourpy import contour_generator  # comes with matplotlib, which most uses do without

    generator = contour_generator(np.log(amplitude), np.log(dm2_41), height)
    return [np.exp(np.asarray(line)) for line in generator.lines(0.0)]


def channel_of(names: Iterable[str], channel: str | None = None) -> str:
    """Return the channel that experiments have in common; `channel`, if given, must be it.

    Raises
    ------
    ParameterError
        An experiment is unknown, or has another channel.
    """
    own = {name: lab.experiment(name).CHANNEL for name in names}
    wanted = channel or next(iter(own.values()))
    for name, has in own.items():
        if has != wanted:
            known = ", ".join(lab.of_channel(wanted)) or "none"
            raise ParameterError(
                f"channel = {wanted!r} is not allowed with experiment {name!r}, which constrains {has!r}; "
                f"choose experiments of one channel: for {wanted!r} there are {known}"
            )
    return wanted


def scan(
    names: str | Sequence[str],
    *,
    channel: str | None = None,
    dm2_41: Any = None,
    amplitude: Any = None,
) -> Scan:
    """Compute experiments of one channel on a grid.

    Parameters
    ----------
    names : str or sequence of str
        Experiments.
    channel : {"ee", "mue", "mumu"}, optional
        For a check: that of the experiments.
    dm2_41 : array [eV^2], optional
        Increasing; by default 200 values from 0.01 eV^2 to 100 eV^2, or to where an experiment ceases to be good.
    amplitude : array, optional
        Increasing, greater than 0; by default 200 values up to 1.

    Returns
    -------
    Scan

    Raises
    ------
    ParameterError
        Unknown experiments, of several channels, or values that are not allowed.
    """
    chosen = (names,) if isinstance(names, str) else tuple(names)
    wanted = channel_of(chosen, channel)
    splitting = np.geomspace(*lab.dm2_range(chosen, *_DM2), POINTS) if dm2_41 is None else np.asarray(dm2_41, float)
    sin2 = np.geomspace(_SMALLEST[wanted], 1.0, POINTS) if amplitude is None else np.asarray(amplitude, float)
    point = at_amplitude(wanted, splitting[:, None], sin2)
    values = lab.chi2(chosen, point.dm2_41, point.Ue4_sq, point.Umu4_sq, point.Utau4_sq)
    return Scan(chosen, wanted, splitting, sin2, values)


class Compatibility(NamedTuple):
    """Result of the parameter-goodness-of-fit test."""

    chi2: float
    dof: int
    p: float

    @property
    def sigmas(self) -> float:
        """The probability as standard deviations, two-sided."""
        return sigmas_of(self.p)


def compatibility(
    joint_minimum: float, minima: Sequence[float], parameters: Sequence[int], joint: int
) -> Compatibility:
    """Return how well data sets agree on the parameters: Maltoni & Schwetz, hep-ph/0304176.

    chi^2_PG = min(sum of chi^2_r) - sum of min(chi^2_r) is distributed as chi^2 with sum of P_r - P degrees of freedom.

    Parameters
    ----------
    joint_minimum : float
        Minimum of the sum over all data sets.
    minima : sequence of float
        Minimum of each data set alone, with the same constants.
    parameters : sequence of int
        P_r, the number of parameters that each set depends on.
    joint : int
        P, the number of parameters of all together.

    Raises
    ------
    ParameterError
        No degree of freedom is left.
    """
    dof = sum(parameters) - joint
    if dof < 1 or len(minima) != len(parameters):
        raise ParameterError(
            f"parameters = {list(parameters)} with joint = {joint} leave {dof} degrees of freedom for {len(minima)} "
            "data sets; give one number per data set, and sets that share parameters"
        )
    value = max(joint_minimum - sum(minima), 0.0)
    return Compatibility(value, dof, float(stats.chi2.sf(value, dof)))
