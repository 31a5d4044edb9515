"""Appearance against disappearance: one grid of (dm2_41, |U_e4|^2, |U_mu4|^2) for all experiments, and one number.

Appearance depends on 4|U_e4|^2 |U_mu4|^2, nu_e disappearance on |U_e4|^2, nu_mu disappearance on |U_mu4|^2, and
all on dm2_41. With both elements on logarithmic grids of one spacing, their product lies on such a grid too: every
experiment is computed on a grid of two dimensions, and the sum in three is a matter of indices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from boltzmann import lab
from boltzmann.errors import ParameterError
from boltzmann.lab.parameters import checked
from boltzmann.lab.statistics import Compatibility, compatibility
from boltzmann.numerics.arrays import Array

__all__ = ["Global", "Tension", "evaluate", "tension", "without_each"]

_ELEMENTS = (1e-5, 0.5)  # |U_a4|^2 on the grid
_STEPS = 150
_DM2 = (0.02, 100.0)  # [eV^2]
_N_DM2 = 150


@dataclass(frozen=True, eq=False)
class Global:
    """-2 ln L of the three kinds of experiments; a kind without experiments has zeros.

    Parameters
    ----------
    dm2_41 : array (n,) [eV^2]
    element : array (m,)
        |U_e4|^2 and |U_mu4|^2 alike.
    ee, mumu : arrays (n, m)
        As functions of |U_e4|^2 and of |U_mu4|^2.
    mue : array (n, 2m - 1)
        As a function of sin^2 2theta_mue = 4 element[i] element[j], at place i + j.
    """

    dm2_41: Array
    element: Array
    ee: Array
    mue: Array
    mumu: Array

    @property
    def sin2_2theta_mue(self) -> Array:
        """The values of sin^2 2theta_mue along the second axis of `mue`."""
        m = len(self.element)
        return np.asarray(4.0 * np.geomspace(self.element[0] ** 2, self.element[-1] ** 2, 2 * m - 1))

    @property
    def disappearance(self) -> Array:
        """Sum over both kinds of disappearance, (n, m, m) in (dm2_41, |U_e4|^2, |U_mu4|^2)."""
        return np.asarray(self.ee[:, :, None] + self.mumu[:, None, :])

    @property
    def joint(self) -> Array:
        """Sum over everything, (n, m, m)."""
        place = np.arange(len(self.element))
        return np.asarray(self.disappearance + self.mue[:, place[:, None] + place])

    def smallest_disappearance(self) -> Array:
        """Return the minimum of `disappearance` at fixed dm2_41 and sin^2 2theta_mue, shaped as `mue`.

        Points of the grid with i + j = k share an amplitude; this projects the limits on the axes of appearance.
        """
        m = len(self.element)
        result = np.full(self.mue.shape, np.inf)
        for i in range(m):
            result[:, i : i + m] = np.minimum(result[:, i : i + m], self.ee[:, i, None] + self.mumu)
        return result


@dataclass(frozen=True)
class Tension:
    """Appearance against disappearance.

    Parameters
    ----------
    test : Compatibility
        Parameter goodness of fit.
    appearance, disappearance, joint : tuple of float
        Best fits (dm2_41 [eV^2], |U_e4|^2, |U_mu4|^2, -2 ln L); of appearance only the product is determined, and the
        elements are given as equal.
    """

    test: Compatibility
    appearance: tuple[float, float, float, float]
    disappearance: tuple[float, float, float, float]
    joint: tuple[float, float, float, float]


def _sum(names: Sequence[str], channel: str, dm2_41: Array, elements: Array) -> Array:
    """Return the sum over the experiments of one channel on (dm2_41, element of that channel)."""
    arguments: dict[str, Any] = {"ee": {"Ue4_sq": elements}, "mumu": {"Umu4_sq": elements}}
    arguments["mue"] = {"Ue4_sq": np.sqrt(elements), "Umu4_sq": np.sqrt(elements)}
    own = lab.of_channel(channel, names)
    if not own:
        return np.zeros((len(dm2_41), len(elements)))
    return lab.chi2(own, dm2_41[:, None], **arguments[channel])


def evaluate(names: Sequence[str], *, dm2_41: Any = None, steps: int = _STEPS) -> Global:
    """Compute experiments of all channels on one grid.

    Parameters
    ----------
    names : sequence of str
        Experiments.
    dm2_41 : array [eV^2], optional
        Increasing; by default 150 values from 0.02 eV^2 to 100 eV^2, or to where one of the experiments ceases to be
        good.
    steps : int
        Values of |U_a4|^2, logarithmically from 1e-5 to 0.5.

    Raises
    ------
    ParameterError
        An unknown experiment, or a splitting that is not allowed.
    """
    splitting = np.geomspace(*lab.dm2_range(names, *_DM2), _N_DM2) if dm2_41 is None else np.asarray(dm2_41, float)
    checked(splitting)
    element = np.geomspace(*_ELEMENTS, steps)
    products = np.geomspace(_ELEMENTS[0] ** 2, _ELEMENTS[1] ** 2, 2 * steps - 1)
    ee, mumu = (_sum(names, channel, splitting, element) for channel in ("ee", "mumu"))
    return Global(splitting, element, ee, _sum(names, "mue", splitting, products), mumu)


def tension(grid: Global) -> Tension:
    """Return how well appearance and disappearance agree (hep-ph/0304176).

    Appearance has 2 parameters, disappearance 3 if both kinds are there, both together 3: two degrees of freedom, as in
    arXiv:1803.10661. With one kind of disappearance there is no common parameter but dm2_41.

    Raises
    ------
    ParameterError
        Experiments of one of the three kinds are missing.
    """
    for channel in ("ee", "mue", "mumu"):
        if not np.any(getattr(grid, channel)):
            raise ParameterError(
                f"no experiment constrains {channel!r}; the tension needs one each of ee, mue and mumu"
            )
    return _tension(grid)


def without_each(names: Sequence[str], *, dm2_41: Any = None, steps: int = _STEPS) -> dict[str, Tension]:
    """Return the tension without each experiment in turn, on one grid: where all of them are good.

    An experiment is left out if the others have one each of ee, mue and mumu. Parameters as of `evaluate`.

    Raises
    ------
    ParameterError
        As for `evaluate` and `tension`.
    """
    grid = evaluate(names, dm2_41=dm2_41, steps=steps)
    tension(grid)  # refuses combinations of too few kinds
    result = {}
    for name in names:
        channel = lab.experiment(name).CHANNEL
        if lab.of_channel(channel, [other for other in names if other != name]):
            own = evaluate([name], dm2_41=grid.dm2_41, steps=steps)
            result[name] = _tension(replace(grid, **{channel: getattr(grid, channel) - getattr(own, channel)}))
    return result


def _tension(grid: Global) -> Tension:
    m = len(grid.element)
    i, k = np.unravel_index(grid.mue.argmin(), grid.mue.shape)
    equal = float(np.sqrt(grid.sin2_2theta_mue[k] / 4.0))
    appearance = (float(grid.dm2_41[i]), equal, equal, float(grid.mue.min()))

    def best(values: Array) -> tuple[float, float, float, float]:
        n, a, b = np.unravel_index(values.argmin(), (len(grid.dm2_41), m, m))
        return float(grid.dm2_41[n]), float(grid.element[a]), float(grid.element[b]), float(values.min())

    disappearance, joint = best(grid.disappearance), best(grid.joint)
    test = compatibility(joint[3], [appearance[3], disappearance[3]], [2, 3], 3)
    return Tension(test, appearance, disappearance, joint)
