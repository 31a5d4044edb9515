"""Primordial abundances of scans on the grid of a joint fit.

The shipped scans have Y_p and D/H by primat where a joint fit can reach (`boltzmann.comparison.reach`). Both are smooth
and are interpolated; chi^2 follows from them for either set of nuclear rates. Where a corner of a cell has no number,
chi^2 is bounded: it is not below zero, which is `least` of three neutrinos. So a minimum that lies there would be a
bound, and none does.

Omega_b is that of LCDM at every point, with the error of Planck. More radiation raises that of the refit, which lowers
D/H; this is neglected (`chi2_of` takes another omega_b).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from boltzmann.cmb.bbn_observed import STANDARD_ABUNDANCES, chi2_of, delta_chi2_of
from boltzmann.comparison.joint import cells, filled, interpolated
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array, Mask

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["abundance_delta_chi2_on", "computed_on", "has_abundances", "least"]


def has_abundances(data: xr.Dataset) -> bool:
    """Whether a scan has Y_p and D/H."""
    return {"Y_p", "D_H"} <= set(data.data_vars)


def least(rates: str) -> float:
    """Return the least possible chi^2 of abundances, zero, relative to three neutrinos: below 0."""
    return -float(chi2_of(*STANDARD_ABUNDANCES, rates=rates))


def computed_on(data: xr.Dataset, new: Sequence[Array]) -> Mask:
    """Return on new axes whether all corners of the cell of a scan have abundances.

    A run that failed has none, as it has no Delta chi^2 of the CMB: the nearest point stands in for both.
    """
    known = np.isfinite(data["Y_p"].values) | ~np.isfinite(data["N_eff"].values)
    whole = np.ones([n - 1 for n in known.shape], bool)
    for step in np.ndindex(*[2] * known.ndim):
        whole &= known[tuple(slice(k, k + n - 1) for k, n in zip(step, known.shape, strict=True))]
    axes = [data[str(axis)].values for axis in data["Y_p"].dims]
    return np.asarray(whole[np.ix_(*cells(new, axes))])


def abundance_delta_chi2_on(data: xr.Dataset, new: Sequence[Array], rates: str = "primat") -> Array:
    """Return chi^2 of Y_p and D/H above that of three neutrinos on new axes; `least` where they are not computed.

    Parameters
    ----------
    data : xarray.Dataset
        Scan with Y_p and D_H.
    new : sequence of arrays
        New axes, in the order of the scan's.
    rates : str
        Nuclear rates, of `boltzmann.cmb.bbn.RATES`.

    Raises
    ------
    ParameterError
        The scan has no abundances, or there are no such rates.
    """
    if not has_abundances(data):
        raise ParameterError(
            f"scan {data.attrs.get('title', '')!r} has no primordial abundances; add them with "
            "scripts/make_scans.py --abundances"
        )
    axes = [data[str(axis)].values for axis in data["Y_p"].dims]
    Y_p, D_H = (interpolated(filled(data[name].values), axes, new) for name in ("Y_p", "D_H"))
    return np.where(computed_on(data, new), delta_chi2_of(Y_p, D_H, rates=rates), least(rates))
