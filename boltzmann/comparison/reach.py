"""Primordial abundances of the shipped scans, at the points that a joint fit can reach.

A point takes 0.7 s of CPU time, and most points of a scan are far from any minimum. Computed are those whose chi^2 of
laboratory and CMB, or of the CMB alone, is within `REACH` of the smallest, with or without the gallium experiments and
for any combination of CMB data; of scans without laboratory those with Delta chi^2 of the CMB up to `REACH`. chi^2 of
the abundances is at most 3.8 less than that of three neutrinos, so that no other point can win a joint fit or lie
within 3 sigma (11.8 of two parameters) of it. Where no mixing wins by more than `REACH`, what is said of a scenario is
said of the laboratory's best fit and of the best point of its scan: the cells around these are computed too. Elsewhere
the numbers are NaN: not computed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boltzmann.comparison.joint import cells, lowest
from boltzmann.comparison.planes import Planes, delta_chi2_on, splittings
from boltzmann.comparison.scans import SCENARIOS, Definition
from boltzmann.numerics.arrays import Array, Mask
from boltzmann.scan import Samples, abundance_numbers, scan

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["ADDED", "OWN_REACH", "REACH", "corners", "with_abundances", "within_reach"]

REACH = 16.0  # 3 sigma of two parameters and what abundances can make up for
OWN_REACH = 4.0  # above the best point of a scan: what abundances can make up for
GALLIUM = ("gallium",)
ADDED = ("Y_p", "D_H", "chi2_BBN")  #: what `with_abundances` adds


def corners(inside: Mask, fine: list[Array], coarse: list[Array]) -> Mask:
    """Return which points of a coarse grid are corners of its cells that hold a point of a fine grid.

    Parameters
    ----------
    inside : bool array
        On the fine grid: which of its points count.
    fine, coarse : lists of arrays
        Axes of both, increasing; the fine ones inside the coarse ones.
    """
    found = np.argwhere(inside)
    lowest_corners = np.unique(np.stack([c[found[:, k]] for k, c in enumerate(cells(fine, coarse))], axis=-1), axis=0)
    result = np.zeros([axis.size for axis in coarse], bool)
    for step in np.ndindex(*[2] * result.ndim):
        result[tuple((lowest_corners + step).T)] = True
    return result


def within_reach(name: str, data: xr.Dataset) -> Mask:
    """Return which points of a scan a joint fit can reach, in the order of its axes.

    Parameters
    ----------
    name : str
        Of `boltzmann.comparison.scans.definitions`.
    data : xarray.Dataset
        The scan.
    """
    known = np.isfinite(data["N_eff"].values)
    if name not in SCENARIOS:
        return np.asarray(known & (data["delta_chi2"].min("data").values <= REACH))
    coarse = [data[str(axis)].values for axis in data["N_eff"].dims]
    grids = [Planes((name,), without=without).grid for without in ((), GALLIUM)]
    result = np.zeros(known.shape, bool)
    for combination in map(str, data["data"].values):
        for grid in grids:
            fine = [grid.dm2_41, grid.element, grid.element]
            total = grid.joint + delta_chi2_on(data, combination, fine)
            smallest = min(float(total.min()), float(grid.joint[:, 0, 0].min()))
            wanted = (total - smallest <= REACH) | (total - total.min() <= OWN_REACH) | (grid.joint == grid.joint.min())
            result |= corners(wanted, fine, coarse)
        fine = [splittings(data), grids[0].element, grids[0].element]
        alone = delta_chi2_on(data, combination, fine)
        result |= corners(alone - lowest(alone) <= REACH, fine, coarse)
    return np.asarray(result & known)


def with_abundances(
    name: str, data: xr.Dataset, definition: Definition, *, store: str | Path | None = None, workers: int | None = None
) -> xr.Dataset:
    """Return a scan with Y_p, D_H and chi2_BBN by primat at the points within reach.

    Parameters
    ----------
    name : str
        Of the scan.
    data : xarray.Dataset
        The scan.
    definition : Definition
        How it was made.
    store, workers
        As for `boltzmann.scan.scan`: a run that was stopped goes on.

    Raises
    ------
    PrimatMissing
        The package primat is not installed.
    """
    dims, needed = data["N_eff"].dims, within_reach(name, data)
    places = np.nonzero(needed)
    columns = {str(axis): data[axis].values[k] for axis, k in zip(dims, places, strict=True)}
    found = scan(
        Samples(columns),
        mixing=definition.mixing,
        interactions=definition.interactions,
        options=definition.options,
        store=store,
        workers=workers,
        error_every=0,
        extra=abundance_numbers("primat"),
    )
    more: dict[str, Any] = {}
    for variable in ADDED:
        values = np.full(needed.shape, np.nan)
        values[places] = found[variable].values
        what = f"{found[variable].attrs['long_name']}; NaN: not computed, beyond the reach of a joint fit"
        more[variable] = (dims, values, {"units": "1", "long_name": what})
    return data.assign(more).assign_attrs(code_of_abundances=found.attrs["code"])
