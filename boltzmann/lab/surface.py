"""Surfaces of -2 ln L that an experiment, or we from its release, have computed: lines of constant dm2_41 in a table.

A table in ``data/lab/`` has one row for each splitting and one column for each of a few amplitudes s (a mixing element
or a sin^2 2theta). The logarithm of 1 + Delta is a bicubic spline in ln dm2_41 and u = s^(1/power): small amplitudes
are resolved, and values from 0 to 1e5 without overshooting. Below the first line all phases are small and only s
dm2_41^2 matters (derived: sin^2 Delta -> Delta^2): the first line is read at s (dm2_41/first)^2. Above the last line
there is no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from scipy.interpolate import RectBivariateSpline

from boltzmann import ecsv
from boltzmann.errors import ParameterError
from boltzmann.lab.parameters import checked
from boltzmann.numerics.arrays import Array

__all__ = ["Surface", "Tabulated", "columns", "read"]


@dataclass(frozen=True, eq=False)
class Surface:
    """A function of splitting and amplitude.

    Parameters
    ----------
    name : str
        Of the experiment, for messages.
    dm2_41 : array (n,) [eV^2]
        Increasing.
    amplitude : array (m,)
        Increasing from 0.
    values : array (n, m)
        At least 0.
    power : int
        Amplitudes are interpolated in their root of this order.
    """

    name: str
    dm2_41: Array
    amplitude: Array
    values: Array
    power: int = 2

    @cached_property
    def _spline(self) -> RectBivariateSpline:
        return RectBivariateSpline(np.log(self.dm2_41), self.amplitude ** (1.0 / self.power), np.log1p(self.values))

    def __call__(self, dm2_41: Array, amplitude: Array) -> Array:
        """Return the function; splittings [eV^2] and amplitudes of one shape.

        Raises
        ------
        ParameterError
            A splitting is above the last line, or an amplitude above the largest one.
        """
        if np.any(dm2_41 > self.dm2_41[-1]):
            raise ParameterError(
                f"dm2_41 = {np.max(dm2_41):g} eV2 is not allowed for {self.name}; give at most {self.dm2_41[-1]:g} "
                "eV2, where its table ends"
            )
        if np.any(amplitude > self.amplitude[-1]):
            raise ParameterError(
                f"an amplitude of {np.max(amplitude):.3g} is not allowed for {self.name}; its table ends at "
                f"{self.amplitude[-1]:.3g}, give less mixing"
            )
        line = np.log(np.maximum(dm2_41, self.dm2_41[0]))
        reduced = amplitude * np.minimum(dm2_41 / self.dm2_41[0], 1.0) ** 2
        return np.asarray(np.expm1(self._spline.ev(line, reduced ** (1.0 / self.power))))


def _label(prefix: str, amplitude: float) -> str:
    return f"{prefix}={amplitude:.6g}"


def columns(prefix: str, amplitude: Array, values: Array) -> dict[str, Array]:
    """Return the columns of a table: amplitudes in their names, values to five digits."""
    rounded = np.array([[float(f"{value:.5g}") for value in row] for row in values])
    return {_label(prefix, s): rounded[:, j] for j, s in enumerate(amplitude)}


@dataclass(frozen=True)
class Tabulated:
    """An experiment whose -2 ln L is a table.

    Attributes
    ----------
    name, table : str
    amplitude : str
        Attribute of `Point` that enters.
    prefix, power
        As of `read`.
    """

    name: str
    table: str
    amplitude: str
    prefix: str = "s"
    power: int = 2

    def chi2(self, dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0) -> Array:
        """Return -2 ln L minus its smallest value, from the table.

        Parameters
        ----------
        dm2_41 : float, array [eV^2], Quantity or str
            Up to where the table ends.
        Ue4_sq, Umu4_sq, Utau4_sq : float or array
            |U_a4|^2; only the amplitude of the channel enters. All four broadcast.

        Raises
        ------
        ParameterError
            A parameter is not allowed, or beyond the table.
        """
        point = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq)
        return read(self.name, self.table, self.prefix, self.power)(point.dm2_41, getattr(point, self.amplitude))


@cache
def read(name: str, table: str, prefix: str = "s", power: int = 2) -> Surface:
    """Return the surface in a file of ``data/`` whose columns are named by `prefix` and the amplitude."""
    names = [key for key in ecsv.rows(table)[0] if key.startswith(f"{prefix}=")]
    numbers: dict[str, Any] = ecsv.numbers(table, ["dm2_41", *names])
    amplitude = np.array([float(key.split("=")[1]) for key in names])
    return Surface(name, numbers["dm2_41"], amplitude, np.stack([numbers[key] for key in names], axis=1), power)
