"""Many points: grids and samples of any field of the inputs, resumable, on threads, processes or a cluster.

>>> from boltzmann import Mixing
>>> from boltzmann.scan import log, scan
>>> axes = {"dm2_41": log("0.01 eV2", "10 eV2", 10), "Ue4_sq": log(1e-5, 1e-1, 10)}
>>> data = scan(axes, store="store")  # doctest: +SKIP
>>> data.N_eff.sel(dm2_41=10.0).values  # doctest: +SKIP

The result is an xarray.Dataset; a second call computes nothing.

A number of your own is a function of the `Solution`: ``scan(axes, extra={"T_end": final_temperature})``.

The folder of records is described in `boltzmann.scan.store`; what a record depends on, and the error estimate, in
`boltzmann.scan.point`; the variables of the dataset in `boltzmann.scan.dataset`. It imports `boltzmann.cmb`, `solver`
and below. Start reading at `driver`.
"""

from boltzmann.scan.abundances import abundance_numbers
from boltzmann.scan.axes import Samples, axis, linear, log, random, sobol
from boltzmann.scan.dataset import failures, write
from boltzmann.scan.driver import Estimate, contour, estimate, scan
from boltzmann.scan.run import Interrupted, WorkerLost
from boltzmann.scan.store import StoreError

__all__ = [
    "scan", "contour", "estimate", "axis", "linear", "log", "random", "sobol", "Samples", "failures", "write",
    "Estimate", "Interrupted", "StoreError", "WorkerLost", "abundance_numbers",
]  # fmt: skip
