"""The point, or the array of points, that laboratory predictions are made for: dm2_41 and the |U_a4|^2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array, Index
from boltzmann.units import in_unit

__all__ = ["AMPLITUDES", "Point", "Splittings", "at_amplitude", "by_splitting", "checked"]

#: Channel -> amplitude of its short-baseline oscillation.
AMPLITUDES = {"ee": "sin2_2theta_ee", "mue": "sin2_2theta_mue", "mumu": "sin2_2theta_mumu"}
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Point:
    """Mixing with a fourth state, as float arrays of one common shape; made and checked by `checked`.

    Parameters
    ----------
    dm2_41 : array [eV^2]
        m_4^2 - m_1^2, at least 0.
    Ue4_sq, Umu4_sq, Utau4_sq : arrays
        |U_a4|^2.
    """

    dm2_41: Array
    Ue4_sq: Array
    Umu4_sq: Array
    Utau4_sq: Array

    @property
    def sin2_2theta_ee(self) -> Array:
        """4 |U_e4|^2 (1 - |U_e4|^2), the amplitude of nu_e disappearance."""
        return np.asarray(4.0 * self.Ue4_sq * (1.0 - self.Ue4_sq))

    @property
    def sin2_2theta_mumu(self) -> Array:
        """4 |U_mu4|^2 (1 - |U_mu4|^2), the amplitude of nu_mu disappearance."""
        return np.asarray(4.0 * self.Umu4_sq * (1.0 - self.Umu4_sq))

    @property
    def sin2_2theta_mue(self) -> Array:
        """4 |U_e4|^2 |U_mu4|^2, the amplitude of nu_mu -> nu_e."""
        return np.asarray(4.0 * self.Ue4_sq * self.Umu4_sq)


class Splittings(NamedTuple):
    """The distinct values [eV^2] of an array of splittings, and for every element the index of its value."""

    values: Array
    inverse: Index


def by_splitting(dm2_41: Array) -> Splittings:
    """Return the distinct splittings, so that averages over L and E are made once for each of them.

    ``average(values)[inverse]`` has the shape of `dm2_41`.
    """
    values, inverse = np.unique(dm2_41, return_inverse=True)
    return Splittings(values, inverse.reshape(np.shape(dm2_41)))


def _within(name: str, values: Array, allowed: str, good: Any) -> None:
    """Refuse `values` unless every one is `good`."""
    if not np.all(good):
        first = np.asarray(values)[~np.asarray(good)].flat[0]
        raise ParameterError(f"{name} = {first:g} is not allowed; give {allowed}")


def _element(name: str, value: Any) -> Array:
    """Return an |U_a4|^2 as float array."""
    try:
        result = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name} = {value!r} is not allowed; give numbers from 0 to 1") from error
    _within(name, result, "numbers from 0 to 1", (result >= 0.0) & (result <= 1.0))
    return result


def checked(dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0) -> Point:
    """Check the parameters of laboratory predictions and broadcast them against each other.

    Parameters
    ----------
    dm2_41 : float, array [eV^2], Quantity or str
        m_4^2 - m_1^2, at least 0; a string has a unit, for example ``"1.3 eV2"``.
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2, from 0 to 1 and of a sum of at most 1.

    Returns
    -------
    Point

    Raises
    ------
    ParameterError
        A value is NaN, out of range or has another dimension, a sum exceeds 1, or the shapes do not broadcast.
    """
    splitting = in_unit(dm2_41, "eV2", "dm2_41")
    _within("dm2_41", splitting, "finite squared-mass differences of at least 0 eV2", splitting >= 0.0)
    names = {"Ue4_sq": Ue4_sq, "Umu4_sq": Umu4_sq, "Utau4_sq": Utau4_sq}
    arrays = [splitting, *(_element(name, value) for name, value in names.items())]
    try:
        point = Point(*np.broadcast_arrays(*arrays))
    except ValueError as error:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ParameterError(
            f"dm2_41, Ue4_sq, Umu4_sq, Utau4_sq have the shapes {shapes}, which do not broadcast; "
            "give numbers or arrays of one shape"
        ) from error
    total = point.Ue4_sq + point.Umu4_sq + point.Utau4_sq
    _within("Ue4_sq + Umu4_sq + Utau4_sq", total, "a sum of at most 1, as U is unitary", total <= 1.0 + _ROUNDING)
    return point


def at_amplitude(channel: str, dm2_41: Any, amplitude: Any) -> Point:
    """Return points with a given amplitude of one channel, the smaller solution for the |U_a4|^2.

    Parameters
    ----------
    channel : {"ee", "mue", "mumu"}
        Which sin^2 2theta `amplitude` is; for "mue" the two elements are taken equal.
    dm2_41 : as for `checked`
    amplitude : float or array
        From 0 to 1.

    Raises
    ------
    ParameterError
        Unknown channel, or a value that is not allowed.
    """
    if channel not in AMPLITUDES:
        raise ParameterError(f"channel = {channel!r} is not allowed; choose one of {', '.join(map(repr, AMPLITUDES))}")
    sin2 = _element(AMPLITUDES[channel], amplitude)
    if channel == "mue":
        return checked(dm2_41, 0.5 * np.sqrt(sin2), 0.5 * np.sqrt(sin2))
    element = 0.5 * sin2 / (1.0 + np.sqrt(1.0 - sin2))  # (1 - sqrt(1 - s))/2 without cancellation
    return checked(dm2_41, **{"Ue4_sq" if channel == "ee" else "Umu4_sq": element})
