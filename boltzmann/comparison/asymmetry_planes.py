"""Planes of initial asymmetries of three active flavours: what of them survives to nucleosynthesis, and is allowed.

A plane is a `boltzmann.scan` over xi with Y_p and D/H of every point; ``data/scans/asymmetry.nc`` has all of them, made
by ``scripts/asymmetry_planes.py``. Numbers are linear between points; chi^2 of abundances follows from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.interpolate import RegularGridInterpolator

from boltzmann.cmb.bbn_observed import delta_chi2_of
from boltzmann.cmb.judge import CITATIONS, LONG_NAMES
from boltzmann.cmb.likelihood import DATA
from boltzmann.comparison import own_helium
from boltzmann.errors import ParameterError
from boltzmann.figures.asymmetry import AsymmetryPlane
from boltzmann.figures.output import Caption
from boltzmann.numerics.arrays import Array
from boltzmann.parameters import Mixing, Options
from boltzmann.parameters.asymmetry import PHOTONS, asymmetry_of
from boltzmann.scan import Samples, abundance_numbers, scan
from boltzmann.scan.dataset import statuses
from boltzmann.scan.point import code_version
from boltzmann.solution import Solution

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["NAME", "PLANES", "Plane", "caption", "compute", "figure_data", "washout"]

NAME = "asymmetry"  #: of the shipped scan
LARGEST = 0.5  # of both coordinates
FINE = 121  # points of a figure along an axis
STRICTEST = "planck+act+desi"  # data of the CMB that allow least
TWO_SIGMA = 6.18  # Delta chi^2 of two parameters


@dataclass(frozen=True)
class Plane:
    """Two coordinates (u, v) that mean three xi.

    Parameters
    ----------
    title, labels : str, two of them
        In mathtext.
    directions : (2, 3) tuple
        xi_e, xi_mu, xi_tau of u = 1 and of v = 1.
    ordering : {"normal", "inverted"}
        Of the masses.
    """

    title: str
    labels: tuple[str, str]
    directions: tuple[tuple[float, float, float], tuple[float, float, float]]
    ordering: Literal["normal", "inverted"] = "normal"

    def xi(self, u: Array, v: Array) -> Array:
        """Return xi (..., 3) of points."""
        along_u, along_v = np.array(self.directions)
        return np.asarray(u[..., None] * along_u + v[..., None] * along_v)


_SUM = (
    (1.0, -0.5, -0.5),
    (0.0, 3.0**0.5 / 2.0, -(3.0**0.5) / 2.0),
)  # an equilateral triangle
_OF_SUM = r"$\xi_e$", r"$(\xi_\mu - \xi_\tau)/\sqrt{3}$"
#: Name -> plane.
PLANES = {
    "tau0": Plane(r"$\xi_\tau = 0$", (r"$\xi_e$", r"$\xi_\mu$"), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))),
    "sum0": Plane(r"$\xi_e + \xi_\mu + \xi_\tau = 0$", _OF_SUM, _SUM),
    "sum0-inverted": Plane(r"the same, inverted ordering", _OF_SUM, _SUM, "inverted"),
}


def _left_e(solution: Solution) -> float:
    """(n - nbar)/T_nu^3 of nu_e at the end"""
    return float(solution.comoving_asymmetry[-1, 0])


def _left_mu(solution: Solution) -> float:
    """(n - nbar)/T_nu^3 of nu_mu at the end"""
    return float(solution.comoving_asymmetry[-1, 1])


def _left_tau(solution: Solution) -> float:
    """(n - nbar)/T_nu^3 of nu_tau at the end"""
    return float(solution.comoving_asymmetry[-1, 2])


def _together(solution: Solution) -> float:
    """Half range of n_e - nbar_e at T = 1.5 MeV over the largest mean"""
    return float("nan") if solution.synchronised is None else solution.synchronised.coherent


_LEFT = {"left_e": _left_e, "left_mu": _left_mu, "left_tau": _left_tau, "coherent": _together}
#: Numbers of a point that are kept.
VARIABLES = ("N_eff", "Y_p", "D_H", "helium", *_LEFT, "delta_chi2", "status")


def _plane(plane: Plane, axis: Array, options: Options, running: dict[str, Any]) -> dict[str, tuple[Array, Any]]:
    """Return name -> numbers over (u, v, ...) of one plane, and what they mean."""
    u, v = np.meshgrid(axis, axis, indexing="ij")
    xi = np.round(plane.xi(u, v), 12)
    samples = Samples({name: xi[..., k].ravel() for k, name in enumerate(("xi_e", "xi_mu", "xi_tau"))})
    extra = {**abundance_numbers("primat"), **_LEFT}
    data = scan(samples, Mixing(ordering=plane.ordering), (), options, extra=extra, error_every=0, **running)
    return {name: (data[name].values.reshape(*u.shape, *data[name].shape[1:]), data[name].attrs) for name in VARIABLES}


def compute(points: int = 12, options: Options | None = None, **running: Any) -> xr.Dataset:
    """Return all planes, computed or read from their store.

    Parameters
    ----------
    points : int
        Along each axis, an even number: without asymmetries there is nothing to follow.
    options : Options, optional
        Numerics, by default of 12 momenta.
    **running
        Arguments of `boltzmann.scan.scan`: store, workers, progress.

    Returns
    -------
    Dataset
        `VARIABLES` over (plane, u, v), delta_chi2 over data too.

    Raises
    ------
    ParameterError
        ``points`` is odd or below 4.
    PrimatMissing
        The package primat is not installed.
    """
    import xarray as xr

    if isinstance(points, bool) or not isinstance(points, int) or points < 4 or points % 2:
        raise ParameterError(f"points = {points!r} is not allowed; give an even integer of at least 4")
    axis = np.linspace(-LARGEST, LARGEST, points)
    settings = options or Options(n_momenta=12)
    found = [_plane(plane, axis, settings, running) for plane in PLANES.values()]
    dims = "plane", "u", "v"
    columns = {
        name: ((*dims, "data")[: first.ndim + 1], np.stack([plane[name][0] for plane in found]), meaning)
        for name, (first, meaning) in found[0].items()
    }
    coordinates = {"plane": list(PLANES), "u": axis, "v": axis, "data": list(DATA)}
    attributes = {"title": "initial asymmetries of three flavours", "code": code_version()}
    return xr.Dataset(columns, coordinates, attributes)


def _refined(values: Array, axis: Array, fine: Array) -> Array:
    """Return numbers over (u, v) at all pairs of ``fine`` values, linear between points; NaN beside one that has none.

    A spline would make rings of ridges that are narrower than the distance of points (|xi_a| < 0.01 of one flavour).
    """
    places = np.stack(np.meshgrid(fine, fine, indexing="ij"), axis=-1)
    return np.asarray(RegularGridInterpolator((axis, axis), values)(places))


def figure_data(data: xr.Dataset, name: str, combination: str = STRICTEST) -> AsymmetryPlane:
    """Return what the figure shows of one plane.

    Parameters
    ----------
    data : Dataset
        Of `compute`.
    name : str
        Of `PLANES`.
    combination : str
        Data of the CMB.
    """
    chosen, axis = data.sel(plane=name), np.asarray(data["u"], float)
    fine = np.linspace(axis[0], axis[-1], FINE)
    found = {k: _refined(np.asarray(chosen[k], float), axis, fine) for k in ("N_eff", "Y_p", "D_H", "left_e")}
    cmb = _refined(np.asarray(chosen["delta_chi2"].sel(data=combination), float), axis, fine)
    return AsymmetryPlane(
        u=fine,
        v=fine,
        labels=PLANES[name].labels,
        title=PLANES[name].title,
        cmb=cmb,
        abundances=delta_chi2_of(found["Y_p"], found["D_H"]),
        **found,
    )


def caption(data: xr.Dataset, combination: str = STRICTEST) -> Caption:
    """Return the caption of the figure of `figure_data`."""
    status = statuses(data)
    failed = int((status != 0).sum())
    text = (
        "What initial asymmetries of three active flavours, xi_a = mu_a/T before e+- annihilate, leave: N_eff, Y_p and "
        f"D/H. Lines: Delta chi^2 = {TWO_SIGMA} (two parameters) of the CMB ({combination}; "
        f"{own_helium.sentence(data)}) and of Y_p with D/H against three neutrinos; one that is missing excludes "
        "nothing here. Dashed: no asymmetry of nu_e is left at the end. Linear between "
        f"{status.size} points, {failed} without numbers. Numbers: data/scans/{NAME}.nc."
    )
    cmb = f"CMB: {LONG_NAMES[combination]} [{CITATIONS[combination]}]"
    return Caption(text, (cmb, "Y_p and D/H: primat, its own rates [arXiv:2601.22238, 1710.11129]"))


def washout(data: xr.Dataset, name: str, apart: float = 0.0) -> tuple[float, tuple[float, float, float]]:
    """Return what is left of asymmetries in one plane.

    Parameters
    ----------
    data : Dataset
        Of `compute`.
    name : str
        Of `PLANES`.
    apart : float
        Least |xi_a| over the largest that points must have: where one flavour has next to nothing, transitions are not
        adiabatic, and what is left changes within |xi_a| = 0.01.

    Returns
    -------
    share : float
        Largest n_e^2 at the end over the initial SUM n_a^2.
    xi : tuple of float
        xi_e, xi_mu, xi_tau of that point.
    """
    u, v = np.meshgrid(np.asarray(data["u"], float), np.asarray(data["v"], float), indexing="ij")
    xi = PLANES[name].xi(u, v)
    size = np.sort(np.abs(xi), axis=-1)
    before = np.sum((PHOTONS * asymmetry_of(xi)) ** 2, axis=-1)
    share = np.asarray(data["left_e"].sel(plane=name), float) ** 2 / before
    share = np.where(size[..., 0] >= apart * size[..., 2], share, np.nan)
    at = np.unravel_index(int(np.nanargmax(share)), share.shape)
    e, mu, tau = np.round(xi[at], 3).tolist()
    return float(share[at]), (e, mu, tau)
