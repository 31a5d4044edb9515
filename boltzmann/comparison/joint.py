"""Cosmology and laboratory on one grid of (dm2_41, |U_e4|^2, |U_mu4|^2): profiles, and their tension as a number.

Scans of the early Universe are coarse and laboratory data are not, so the former are interpolated: piecewise cubic and
monotone (no overshoot) in the logarithms. Of Delta chi^2 the signed root is: nearly linear in N_eff, it is smooth where
Delta chi^2 itself rises a hundredfold between two points of the scan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import distance_transform_edt

from boltzmann.errors import ParameterError
from boltzmann.lab.statistics import compatibility
from boltzmann.lab.tension import Global
from boltzmann.numerics.arrays import Array, Index
from boltzmann.numerics.statistics import delta_chi2_at
from boltzmann.parameters.inputs import deprecated

__all__ = [
    "PLANES",
    "Cube",
    "Profile",
    "Tension",
    "cells",
    "delta_root",
    "filled",
    "interpolated",
    "largest_splitting",
    "lowest",
    "profile",
    "tension",
]

PLANES = ("mue", "ee", "mumu")  #: (sin^2 2theta_mue, dm2_41), (|U_e4|^2, dm2_41), (|U_mu4|^2, dm2_41)
#: The CMB knows a mixing by delta N_eff and m_eff (their ratio fixes N_eff_4), the laboratory by all three parameters.
#: Abundances add no parameter to the test: they see delta N_eff again, and the electron neutrinos that nu_4 has taken.
CMB_PARAMETERS, LAB_PARAMETERS = 2, 3
_SIGMAS = 3.0  # of `largest_splitting`
_SLACK = 1e-3  # by which a grid may exceed a scan, whose edge holds there


@dataclass(frozen=True, eq=False)
class Cube:
    """Numbers of a model of cosmology on the grid.

    Parameters
    ----------
    dm2_41 : array (n,) [eV^2]
    element : array (m,)
        |U_e4|^2 and |U_mu4|^2 alike; logarithmic.
    values : dict
        Name -> array (n, m, m) in (dm2_41, |U_e4|^2, |U_mu4|^2).
    """

    dm2_41: Array
    element: Array
    values: Mapping[str, Array]

    @property
    def sin2_2theta_mue(self) -> Array:
        """4 |U_e4|^2 |U_mu4|^2 of the diagonals, (2m - 1,)."""
        low, high = self.element[[0, -1]]
        return np.asarray(4.0 * np.geomspace(low**2, high**2, 2 * len(self.element) - 1))


class Profile(NamedTuple):
    """Minimum over what a plane does not show.

    Attributes
    ----------
    x : array (k,)
        sin^2 2theta_mue, |U_e4|^2 or |U_mu4|^2.
    dm2_41 : array (n,) [eV^2]
    values : dict
        Name -> array (n, k): the function that was minimised, and others where it is smallest.
    """

    x: Array
    dm2_41: Array
    values: dict[str, Array]


Place: TypeAlias = tuple[float, float, float]  # dm2_41 [eV^2], |U_e4|^2, |U_mu4|^2


@dataclass(frozen=True)
class Tension:
    """How well laboratory and cosmology agree on the mixing: parameter goodness of fit (hep-ph/0304176).

    Cosmology is the CMB, or the CMB and primordial abundances. It counts from LCDM, or from the best point of a
    scenario that does better. LCDM is the limit of small mixing
    of 3+1. With a secret interaction it is not: the dark sector keeps its temperature at any mixing.

    Attributes
    ----------
    chi2, dof, p, sigmas
        chi^2_PG and what it is worth.
    lab_best : tuple of float
        Best fit of the laboratory.
    joint_best : tuple of float or None
        That of both; None: LCDM, no mixing and no dark sector.
    lab_preference : float
        chi^2 of the laboratory without mixing above its minimum: what chi2 is if cosmology allows no mixing at all.
    cmb_at_lab_best : float
        Delta chi^2 of cosmology, above its minimum, at the best fit of the laboratory.
    scan_chi2, scan_best
        chi^2_PG and joint best fit with the points of the scan alone, without LCDM: the least of the lines in the
        figure.
    smallest_mixing : float
        Delta chi^2 of the CMB against LCDM at the smallest mixing of the scan and the best dm2_41 there; 0 if that is
        LCDM.
    """

    chi2: float
    dof: int
    p: float
    sigmas: float
    lab_best: Place
    lab_preference: float
    joint_best: Place | None
    cmb_at_lab_best: float
    scan_chi2: float
    scan_best: Place
    smallest_mixing: float

    def __getattr__(self, name: str) -> Any:
        if name not in _OLD_FIELDS:
            raise AttributeError(f"'Tension' object has no attribute {name!r}")
        new = _OLD_FIELDS[name]
        deprecated(f"Tension.{name}", new or "its fields without .test")
        return getattr(self, new) if new else self


#: Attributes of the earlier `Statement` -> field of `Tension`; the test is now the object itself.
_OLD_FIELDS = {"test": "", "laboratory": "lab_best", "joint": "joint_best", "at_laboratory": "cmb_at_lab_best"}


def filled(values: Array) -> Array:
    """Return an array whose missing numbers are those of the nearest point that has one (in grid steps).

    Raises
    ------
    ParameterError
        There is no number at all.
    """
    missing = ~np.isfinite(values)
    if missing.all():
        raise ParameterError("a scan has no number at any point; compute it again with scripts/make_scans.py")
    nearest = distance_transform_edt(missing, return_distances=False, return_indices=True)
    return np.asarray(values[tuple(nearest)])


def delta_root(delta_chi2: Array) -> Array:
    """Return the root of Delta chi^2 with its sign."""
    return np.asarray(np.sign(delta_chi2) * np.sqrt(np.abs(delta_chi2)))


def interpolated(values: Array, axes: Sequence[Array], new: Sequence[Array]) -> Array:
    """Return an array on new axes, all greater than 0: monotone cubic in the logarithm of one axis after the other.

    Raises
    ------
    ParameterError
        A new axis leaves the range of the old one by more than a thousandth.
    """
    result = values
    for k, (old, wanted) in enumerate(zip(axes, new, strict=True)):
        if wanted.min() < old.min() * (1.0 - _SLACK) or wanted.max() > old.max() * (1.0 + _SLACK):
            raise ParameterError(
                f"axis {k} from {wanted.min():.3g} to {wanted.max():.3g} leaves the scan, which has {old.min():.3g} to "
                f"{old.max():.3g}; choose a range inside"
            )
        inside = np.clip(wanted, old.min(), old.max())
        result = PchipInterpolator(np.log(old), result, axis=k)(np.log(inside))
    return result


def cells(points: Sequence[Array], axes: Sequence[Array]) -> list[Index]:
    """Return for every axis the cells of a grid, by their lower corner, in which points lie; its end is in the last."""
    return [
        np.clip(np.searchsorted(old, new, side="right") - 1, 0, old.size - 2)
        for old, new in zip(axes, points, strict=True)
    ]


def _skewed(values: Array, fill: float) -> Array:
    """Return (n, m, 2m - 1): element i of the second axis moved by i, so that the last axis counts the product."""
    n, m, _ = values.shape
    result = np.full((n, m, 2 * m - 1), fill)
    for i in range(m):
        result[:, i, i : i + m] = values[:, i]
    return result


def profile(cube: Cube, plane: str, minimised: str = "delta_chi2") -> Profile:
    """Return the minimum of one function of a cube over what a plane does not show, and the others there.

    Raises
    ------
    ParameterError
        `plane` is not one of `PLANES`.
    """
    if plane not in PLANES:
        raise ParameterError(f"plane = {plane!r} is not known; choose from {', '.join(PLANES)}")
    axis = 2 if plane == "ee" else 1
    cubes = dict(cube.values)
    if plane == "mue":
        cubes = {name: _skewed(v, np.inf if name == minimised else np.nan) for name, v in cubes.items()}
    place = np.expand_dims(cubes[minimised].argmin(axis=axis), axis)
    values = {name: np.take_along_axis(v, place, axis).squeeze(axis) for name, v in cubes.items()}
    return Profile(cube.sin2_2theta_mue if plane == "mue" else cube.element, cube.dm2_41, values)


def lowest(delta_chi2: Array) -> float:
    """Return the minimum of Delta chi^2 against LCDM, at most 0: LCDM is what every scenario is compared with."""
    return min(float(delta_chi2.min()), 0.0)


def largest_splitting(dm2_41: Array, delta_chi2: Array) -> float | None:
    """Return the largest dm2_41 [eV^2] that cosmology alone accepts at 3 sigma for some mixing; a limit on the mass.

    Parameters
    ----------
    dm2_41 : array (n,) [eV^2]
    delta_chi2 : array (n, m, m)
        Of cosmology against LCDM, of two parameters.

    Returns
    -------
    float or None
        Interpolated in ln dm2_41; 0 where nothing is accepted, None where the largest of the grid is.
    """
    least = delta_chi2.min(axis=(1, 2)) - delta_chi2_at(_SIGMAS, CMB_PARAMETERS)
    accepted = np.flatnonzero(least <= 0.0)
    if not accepted.size:
        return 0.0
    last = int(accepted[-1])
    if last == least.size - 1:
        return None
    share = least[last] / (least[last] - least[last + 1])
    return float(dm2_41[last] * (dm2_41[last + 1] / dm2_41[last]) ** share)


def tension(lab: Global, delta_chi2: Array) -> Tension:
    """Return how well laboratory and cosmology agree on the mixing.

    chi^2_PG = min(lab + cosmology) - min(lab) - min(cosmology), for 3 + 2 - 3 = 2 degrees of freedom. LCDM belongs to
    what is minimised, also where nu_s equilibrates at the smallest mixing of the grid. Where it does not, that is LCDM
    with the active masses of the scan (0.0587 eV for 0.06, -0.12 with BAO), which counts as no mixing.

    Parameters
    ----------
    lab : Global
        Laboratory data.
    delta_chi2 : array (n, m, m)
        Of the CMB, or of CMB and primordial abundances, against LCDM, on the same grid.
    """
    laboratory = lab.joint
    total, without_mixing = laboratory + delta_chi2, float(laboratory[:, 0, 0].min())
    smallest = float(delta_chi2[:, 0, 0].min())
    nothing = without_mixing + min(smallest, 0.0)
    minima = [float(laboratory.min()), lowest(delta_chi2)]
    in_scan = float(total.min())
    test = compatibility(min(in_scan, nothing), minima, [LAB_PARAMETERS, CMB_PARAMETERS], LAB_PARAMETERS)

    def place(values: Array) -> Place:
        n, i, j = np.unravel_index(values.argmin(), values.shape)
        return float(lab.dm2_41[n]), float(lab.element[i]), float(lab.element[j])

    return Tension(
        *test,
        sigmas=test.sigmas,
        lab_best=place(laboratory),
        lab_preference=without_mixing - minima[0],
        joint_best=None if nothing <= in_scan else place(total),
        cmb_at_lab_best=float(delta_chi2.flat[laboratory.argmin()]) - minima[1],
        scan_chi2=in_scan - sum(minima),
        scan_best=place(total),
        smallest_mixing=smallest,
    )


def __getattr__(name: str) -> Any:
    new = {"Statement": "Tension", "statement": "tension"}.get(name)
    if new is None:
        raise AttributeError(f"module 'boltzmann.comparison.joint' has no attribute {name!r}")
    deprecated(f"boltzmann.comparison.joint.{name}", new)
    return globals()[new]
