"""The datasets of ``data/scans``: what they are, how they are made, and how they are read.

`boltzmann.scan` computes them; ``scripts/make_scans.py`` calls `make` for each. Kept are the numbers that figures need,
in single precision, with the estimate of the numerical error and the provenance of the scan. The CMB's Delta chi^2 is a
function of stored numbers, so that after a change of the tables in ``data/cmb`` a scan is assembled again from its
store and not computed again.

Every mixing has |U_tau4|^2 = 0 unless it is an axis: the least production that what is shown allows.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boltzmann import datasets
from boltzmann.cmb import bbn_chi2
from boltzmann.cmb.likelihood import DATA
from boltzmann.cmb.species import ACTIVE_MASS
from boltzmann.cmb.thermal import STANDARD_N_EFF, late_mass_of
from boltzmann.comparison.benchmarks import benchmark
from boltzmann.comparison.own_helium import helium_of_abundances, with_helium
from boltzmann.dark.odd import HasOddPotential
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.parameters import Mixing, Options
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from boltzmann.scan import log, scan
from boltzmann.scan import write as write_netcdf
from boltzmann.scan.abundances import milder_abundances
from boltzmann.scan.axes import Model, space
from boltzmann.scan.dataset import SEEN, data_hashes, judged, statuses
from boltzmann.scan.dataset import VARIABLES as NUMBERS_OF_SCANS
from boltzmann.scan.point import NUMBERS, Template, code_version
from boltzmann.scan.run import Results
from boltzmann.solver import settled

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "ABUNDANCES",
    "OTHERS",
    "POINT",
    "SCENARIOS",
    "Definition",
    "definitions",
    "judged_again",
    "load",
    "make",
    "nucleosynthesis",
    "write",
]

FOLDER = "scans"
_FORMER = {
    "single_e": "3+1_e",
    "single_mu": "3+1_mu",
    "single_tau": "3+1_tau",
    "standard": "3+1",
}  # names of version 0.1
#: Dataset of primordial abundances -> its plane, points along each axis.
ABUNDANCES = {"bbn_vector": ("plane_vector", 6), "bbn_pseudoscalar": ("plane_pseudoscalar", 4)}
#: Datasets that are made elsewhere in `boltzmann.comparison`: `ways_out`, `asymmetry_planes`, `relic_planes`, and
#: `species_planes`.
OTHERS = ("ways_out", "asymmetry", "relic_lifetime", "relic_mixing_e", "thermal_relics")
POINT = "gariazzo2017"  #: benchmark of the planes of secret interactions: a global 3+1 fit of laboratory data
#: Three-dimensional scan -> what it is called in figures.
SCENARIOS = {"3+1": "3+1", "vector": "3+1 with a secret vector", "pseudoscalar": "3+1 with a secret pseudoscalar"}
VARIABLES = (
    "N_eff", "N_eff_bbn", "delta_N_eff", "N_eff_recombination", "m_eff", "N_eff_4", "N_eff_colliding", "sum_m_nu",
    "still_changing", "helium", "delta_chi2", "delta_chi2_is_lower_bound", "N_eff_error", "N_eff_error_estimated",
    "status",
)  # fmt: skip
#: Kept too of secret vectors, with which nu = nubar may be unstable.
OF_BOTH_SIGNS = ("asymmetry_growth", "N_eff_symmetric", "nu_e_freeze_out", "L_e_freeze_out")
_FEW = 1e-3  # of standard neutrinos
_COARSE = Options(n_momenta=14, rtol=1e-3)  # of grids of secret interactions: N_eff within 0.01, see N_eff_error
_LIGHT = Options(n_momenta=14)  # with light mediators: rtol = 1e-3 is off by up to 0.02, or out of range
_SPLITTING, _ELEMENT = ("0.01 eV2", "100 eV2"), (1e-5, 0.5)
_LARGE = 1500  # numbers; for fewer the bookkeeping of compression takes more than it saves
_SHORT_OF_UNITY = 0.4999  # largest |U_mu4|^2 with secret interactions: runs with |U_s4|^2 = 0 may not end
_SECRET_SPLITTING = ("0.02 eV2", "10 eV2")


@dataclass(frozen=True, eq=False)
class Definition:
    """One scan.

    Parameters
    ----------
    title : str
        What it shows.
    axes : dict
        As `boltzmann.scan.scan` takes them.
    mixing : Mixing
        What all points share of it.
    interactions : tuple
        Secret interactions.
    options : Options
        Numerics.
    """

    title: str
    axes: Mapping[str, Any]
    mixing: Mixing
    interactions: tuple[Any, ...] = ()
    options: Options = Options()


def _single(element: str, points: int) -> Definition:
    axes = {"dm2_41": log(*_SPLITTING, points), element: log(1e-6, 0.3, points)}
    return Definition(f"3+1 with one mixing, {element}", axes, Mixing(dm2_41="1 eV2"))


def _cube(
    title: str, splitting: Any, elements: int, interactions: tuple[Any, ...] = (), options: Options = _COARSE
) -> Definition:
    element = log(*_ELEMENT, elements)
    other = np.append(element[:-1], _SHORT_OF_UNITY) if interactions else element
    axes = {"dm2_41": splitting, "Ue4_sq": element, "Umu4_sq": other}
    return Definition(title, axes, Mixing(dm2_41="1 eV2"), interactions, options)


def _cubes() -> dict[str, Definition]:
    """Return the scans of (dm2_41, |U_e4|^2, |U_mu4|^2): standard, and one point of each secret interaction."""
    vector, pseudoscalar = (SecretVector(0.1, "10 MeV"),), (SecretPseudoscalar(2e-6, "1e-9 eV"),)
    return {
        "3+1": _cube(SCENARIOS["3+1"], log(*_SPLITTING, 17), 13),
        "vector": _cube(SCENARIOS["vector"], log(*_SECRET_SPLITTING, 11), 7, vector),
        "pseudoscalar": _cube(SCENARIOS["pseudoscalar"], log(*_SECRET_SPLITTING, 8), 7, pseudoscalar, _LIGHT),
    }


def definitions() -> dict[str, Definition]:
    """Return all scans by name; ``data/scans/NAME.nc`` has the result."""
    mixing = benchmark(POINT).mixing
    vector = {"coupling": log(1e-6, 0.5, 30), "mediator_mass": log("1e-4 MeV", "1e3 MeV", 30)}
    pseudoscalar = {"coupling": log(1e-8, 1e-4, 20), "mediator_mass": log("1e-9 eV", "1 eV", 20)}
    at_point = f"at the benchmark {POINT}"
    return {
        "3+1_e": _single("Ue4_sq", 18),
        "3+1_mu": _single("Umu4_sq", 18),
        "3+1_tau": _single("Utau4_sq", 18),
        **_cubes(),
        "plane_vector": Definition(
            f"secret vector, coupling e_s and mass, {at_point}", vector, mixing, (SecretVector(0.1, "1 MeV"),), _LIGHT
        ),
        "plane_pseudoscalar": Definition(
            f"secret pseudoscalar, coupling g_s and mass, {at_point}",
            pseudoscalar,
            mixing,
            (SecretPseudoscalar(1e-5),),
            _LIGHT,
        ),
    }


def nucleosynthesis(definition: Definition, points: int) -> xr.Dataset:
    """Return chi^2 of helium and deuterium above that of three neutrinos, at a few points of a plane.

    The nuclear network is primat's, in the Universe of each point and with its electron neutrinos, which a late
    equilibration takes away (`boltzmann.cmb.abundances`).

    Parameters
    ----------
    definition : Definition
        Of a plane.
    points : int
        Along each axis, evenly among those of the plane.

    Raises
    ------
    PrimatMissing
        The package primat is not installed.
    """
    import xarray as xr

    model = Model(definition.mixing, definition.interactions, definition.options)
    everywhere = space(definition.axes, model)
    columns = {
        name: c[np.linspace(0, c.size - 1, points).round().astype(int)] for name, c in everywhere.columns.items()
    }
    few = replace(everywhere, columns=columns)
    standard = _abundance_chi2(Model(Mixing(), (), definition.options))
    template = Template.of(model, few)
    chi2 = np.array([_abundance_chi2(template.build(few.values(k))) for k in range(few.size)]) - standard
    meaning = {"units": "1", "long_name": "chi^2 of Y_p and D/H (primat) minus that of three neutrinos"}
    coordinates = {name: (name, c, {"units": few.targets[name].unit or "1"}) for name, c in columns.items()}
    attributes = {"title": f"primordial abundances: {definition.title}", "code": code_version()}
    return xr.Dataset({"chi2_BBN": (tuple(columns), chi2.reshape(few.shape), meaning)}, coordinates, attributes)


def _abundance_chi2(model: Model) -> float:
    """Return chi^2 of the abundances of one point; NaN if its run did not end well."""
    solution = settled(model.mixing, model.interactions, model.options)
    return bbn_chi2(milder_abundances(solution)).chi2 if solution.status.ok else float("nan")


def kept(definition: Definition) -> tuple[str, ...]:
    """Return the variables that are shipped of a scan."""
    potentials = [i.odd_potential() for i in definition.interactions if isinstance(i, HasOddPotential)]
    return (*VARIABLES, *OF_BOTH_SIGNS) if any(odd.tadpole > 0.0 for odd in potentials) else VARIABLES


def make(definition: Definition, *, store: str | Path | None = None, workers: int | None = None) -> xr.Dataset:
    """Compute a scan, or assemble it from what the store has, and keep what is shipped.

    Parameters
    ----------
    definition : Definition
        Of `definitions`, or another.
    store, workers
        As for `boltzmann.scan.scan`.
    """
    data = scan(
        definition.axes,
        mixing=definition.mixing,
        interactions=definition.interactions,
        options=definition.options,
        store=store,
        workers=workers,
    )
    return data[list(kept(definition))].assign_attrs(title=definition.title)


def _before(data: xr.Dataset) -> dict[str, Array]:
    """Return what files do not say: `late_mass` of active masses of normal ordering, which all shipped scans have.

    And what those of earlier versions do not say: the sum of these masses, that nothing changed at the end, and helium.
    Active states of fewer neutrinos have a smaller sum of masses times numbers: as many as their energy means.
    """
    left = (data["N_eff_recombination"] - data["N_eff_4"]).values / STANDARD_N_EFF
    number = np.maximum(left, 0.0) ** 0.75
    total = data["sum_m_nu"].values if "sum_m_nu" in data else ACTIVE_MASS * number
    late = late_mass_of(total / np.maximum(number, _FEW)) * number
    return {
        "sum_m_nu": total,
        "late_mass": late,
        "still_changing": np.zeros(left.shape),
        "helium": helium_of_abundances(data),
    }


def judged_again(data: xr.Dataset) -> xr.Dataset:
    """Return a scan with Delta chi^2 of today's CMB tables for every combination of data, from its own numbers.

    Single precision of the shipped numbers moves Delta chi^2 by less than 1e-3. What has no numbers of recombination,
    planes of relics and asymmetries, keeps its Delta chi^2, and gets the helium of its abundances if it has none yet.
    """
    if "N_eff_recombination" not in data:
        return with_helium(data)
    points = np.arange(data["status"].size, dtype=np.int64)
    results = Results.empty(points.size, len(NUMBERS))
    results.status[:] = statuses(data).ravel()
    missing = {name: values for name, values in _before(data).items() if name not in data}
    for name in SEEN:
        known = missing[name] if name in missing else data[name].values
        results.numbers[:, NUMBERS.index(name)] = known.ravel()
    found = [judged(results, points, name) for name in DATA]
    dims, shape = (*data["status"].dims, "data"), data["status"].shape
    columns: dict[str, list[Any]] = {
        "delta_chi2": [item.delta_chi2 for item in found],
        "delta_chi2_is_lower_bound": [item.is_lower_bound.astype(np.int8) for item in found],
    }
    new = {
        name: (dims, np.stack([c.reshape(shape) for c in column], axis=-1), data[name].attrs)
        for name, column in columns.items()
    }
    for name, values in missing.items():
        if name not in VARIABLES:
            continue
        unit, meaning = NUMBERS_OF_SCANS[name]
        new[name] = (dims[:-1], values, {"units": unit, "long_name": meaning})
    rest = data.drop_vars([*columns, "data"]).assign_coords(data=("data", list(DATA), data["data"].attrs))
    return rest.assign(new).assign_attrs(data_hashes=json.dumps(data_hashes()))


def write(data: xr.Dataset, path: Path) -> None:
    """Write a dataset as netCDF in single precision, what is large compressed."""
    for name, variable in data.data_vars.items():
        packed = {"zlib": True, "complevel": 9, "shuffle": True} if variable.size > _LARGE else {}
        data[name].encoding = packed if variable.dtype.kind == "i" else {"dtype": "float32", **packed}
    write_netcdf(data, path)


def load(name: str) -> xr.Dataset:
    """Return a shipped dataset.

    Raises
    ------
    ParameterError
        There is none of that name; the message lists them.

    Warns
    -----
    DeprecationWarning
        The name is one of version 0.1, which version 0.3 will not know.
    """
    import xarray as xr

    if name in _FORMER:
        warnings.warn(f"scan {name} is an old name; write {_FORMER[name]}", DeprecationWarning, stacklevel=2)
        name = _FORMER[name]
    known = (*definitions(), *ABUNDANCES, *OTHERS)
    if name not in known:
        raise ParameterError(f"scan = {name!r} is not shipped; choose from {', '.join(known)}")
    return xr.load_dataset(datasets.path(f"{FOLDER}/{name}.nc"), engine="h5netcdf")
