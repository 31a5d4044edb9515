"""The result of a scan as an `xarray.Dataset`; xarray is imported when one is made."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from boltzmann import datasets
from boltzmann.cmb import judge
from boltzmann.cmb.judge import Summary
from boltzmann.cmb.likelihood import DATA
from boltzmann.cmb.thermal import STANDARD_N_EFF
from boltzmann.errors import ParameterError
from boltzmann.numerics import files
from boltzmann.numerics.arrays import Array, Index
from boltzmann.scan.axes import Column, Model, Space
from boltzmann.scan.extra import Extra, meaning
from boltzmann.scan.point import NUMBERS, STATUSES, SUCCESS
from boltzmann.scan.run import Results
from boltzmann.units import Quantity

if TYPE_CHECKING:
    import xarray as xr

NEAREST = 4  # error estimates from which that of a point without one is taken
BBN = {"N_eff_bbn_1MeV": 1.0, "N_eff_bbn_0.07MeV": 0.07}  # photon temperatures [MeV]
#: Variable -> (unit, description); the names of `point.NUMBERS` and what follows from them.
VARIABLES = {
    "N_eff": ("1", "effective number of neutrinos at the end, all states relativistic"),
    "N_eff_bbn": ("1", "effective number of neutrinos at photon temperature T_bbn"),
    "delta_N_eff": ("1", "N_eff minus that of three neutrinos with the same options, reheating and NSI"),
    "m_eff": ("eV", "94.1 eV times Omega h^2 of mass state 4, over its spectrum"),
    "N_eff_4": ("1", "contribution of mass state 4 to N_eff"),
    "N_eff_recombination": ("1", "N_eff at recombination"),
    "N_eff_colliding": ("1", "part of N_eff that collides at recombination, a massless fluid for CLASS"),
    "sum_m_nu": ("eV", "93.12 eV times Omega h^2 of mass states 1 to 3, mass times number"),
    "late_mass": ("eV", "what these masses add to energies at redshift 6, by which the CMB knows their ordering"),
    "still_changing": ("1", "1 where conversion into a colliding sterile state went on at the end of the run, else 0"),
    "asymmetry_growth": ("1", "largest growth exponent of a lepton asymmetry; above 25 nu = nubar is unstable"),
    "asymmetry_temperature": ("MeV", "photon temperature at which that exponent passes 25; NaN if it does not"),
    "N_eff_symmetric": ("1", "N_eff of nu = nubar where that is unstable; NaN elsewhere"),
    "nu_e_freeze_out": ("1", "energy of nu_e at T_gamma = 0.7 MeV over that of a neutrino with T_gamma"),
    "L_e_freeze_out": ("1", "(n - nbar)/n_gamma of nu_e at T_gamma = 0.7 MeV; its sign is that of one seed"),
    "helium": (
        "1",
        "mass fraction of helium by Born rates less that of N_eff_recombination, which CMB tables have, and which "
        "delta_chi2 has where this is NaN",
    ),
    "delta_chi2": ("1", "chi^2 of the CMB minus that of LCDM, both refitted"),
    "N_eff_error": (
        "1",
        f"numerical error of N_eff: estimated (see boltzmann.scan.point) where N_eff_error_estimated "
        f"is 1, elsewhere the largest of the {NEAREST} nearest estimates",
    ),
    "cpu_seconds": ("s", "CPU time of the point when it was computed, compilation and error estimate included"),
}
#: Names that a user's own number cannot have.
RESERVED = (*VARIABLES, *NUMBERS, "status", "message", "T_bbn", "point")


#: Numbers of a point by which the CMB knows it.
SEEN = (
    "N_eff_recombination",
    "m_eff",
    "N_eff_4",
    "N_eff_colliding",
    "sum_m_nu",
    "still_changing",
    "late_mass",
    "helium",
)


class Judged(NamedTuple):
    """Delta chi^2 of some points for one combination of data.

    Attributes
    ----------
    delta_chi2 : array
        NaN where there is none.
    is_lower_bound : bool array
        Whether a point lies beyond the table, which gives the least value then.
    messages : dict
        Index of a point -> why it has none.
    """

    delta_chi2: Array
    is_lower_bound: NDArray[np.bool_]
    messages: dict[int, str]


def summary_of(seen: Mapping[str, float]) -> Summary:
    """Return the summary that the numbers `SEEN` of a point mean."""
    return Summary(
        seen["N_eff_recombination"] - STANDARD_N_EFF,
        seen["m_eff"],
        seen["N_eff_4"],
        seen["N_eff_colliding"],
        seen["sum_m_nu"],
        seen["still_changing"] == 1.0,
        seen["late_mass"],
        0.0 if math.isnan(seen["helium"]) else seen["helium"],
    )


def judged(results: Results, indices: Index, data: str) -> Judged:
    """Return what the CMB says about some points."""
    found = Judged(np.full(indices.size, np.nan), np.zeros(indices.size, bool), {})
    columns = [NUMBERS.index(column) for column in SEEN]
    for k in np.flatnonzero(results.status[indices] == SUCCESS):
        seen = dict(zip(SEEN, map(float, results.numbers[indices[k], columns]), strict=True))
        try:
            profile = judge.profile_of(summary_of(seen), data)
            found.delta_chi2[k], found.is_lower_bound[k] = float(profile.delta_chi2), bool(profile.lower_bound)
        except ParameterError as error:
            found.messages[int(indices[k])] = f"delta_chi2 ({data}): {error}"
    return found


def _everywhere(points: Space, error: Array, finished: NDArray[np.bool_]) -> Array:
    """Return the error of N_eff of all finished points: without an estimate, the largest of the nearest.

    Near is what is at a similar place in the order of the values of every axis. NaN, if there are too few estimates.
    """
    estimated, others = np.flatnonzero(np.isfinite(error)), np.flatnonzero(finished & ~np.isfinite(error))
    if estimated.size < NEAREST or not others.size:
        return error
    columns = points.rows(np.arange(points.size, dtype=np.int64)).columns.values()
    ranks = [np.unique(column, return_inverse=True)[1] for column in columns]
    places = np.stack([rank / max(1, rank.max()) for rank in ranks], axis=-1)
    _, near = cKDTree(places[estimated]).query(places[others], k=NEAREST)
    result = error.copy()
    result[others] = error[estimated][near].max(axis=-1)
    return result


def _attributes(name: str) -> dict[str, str]:
    unit, text = VARIABLES[name]
    return {"units": unit, "long_name": text}


def _dims(points: Space) -> tuple[str, ...]:
    return tuple(points.columns) if points.grid else ("point",)


def _own(points: Space, results: Results, extra: Extra) -> dict[str, Any]:
    """Return name -> (dims, array, attrs) of what the user's own functions returned."""
    columns = results.numbers[:, len(NUMBERS) :].T
    return {
        name: (_dims(points), column.reshape(points.shape), {"long_name": meaning(function)})
        for (name, function), column in zip(extra.items(), columns, strict=True)
    }


def _variables(points: Space, results: Results, found: list[Judged]) -> dict[str, Any]:
    """Return name -> (dims, array, attrs) of all floating-point variables."""
    dims, shape = _dims(points), points.shape
    column = {name: results.numbers[:, k].reshape(shape) for k, name in enumerate(NUMBERS)}
    error = results.numbers[:, NUMBERS.index("N_eff_error")]
    column["N_eff_error"] = _everywhere(points, error, results.status == SUCCESS).reshape(shape)
    data = {name: (dims, column[name], _attributes(name)) for name in VARIABLES if name in column}
    bbn = np.stack([column[name] for name in BBN], axis=-1)
    chi2 = np.stack([judged.delta_chi2.reshape(shape) for judged in found], axis=-1)
    return {
        **data,
        "N_eff_bbn": ((*dims, "T_bbn"), bbn, _attributes("N_eff_bbn")),
        "delta_chi2": ((*dims, "data"), chi2, _attributes("delta_chi2")),
    }


def _flag(values: Any, description: str, meanings: Iterable[str]) -> tuple[Any, dict[str, Any]]:
    """Return values and attributes of a flag of the CF convention."""
    names = tuple(meanings)
    numbers = np.arange(len(names), dtype=np.int8)
    return values.astype(np.int8), {"long_name": description, "flag_values": numbers, "flag_meanings": " ".join(names)}


def _flags(points: Space, results: Results, found: list[Judged]) -> dict[str, Any]:
    """Return the variables that say how a point ended and where numbers come from."""
    dims, shape = _dims(points), points.shape
    texts: Column = np.full(points.size, "", dtype=object)
    for messages in (results.messages, *(judged.messages for judged in reversed(found))):
        for index, message in messages.items():
            texts[index] = message
    reason = {"long_name": "why the point or its delta_chi2 failed; empty if neither did"}
    estimated = np.isfinite(results.numbers[:, NUMBERS.index("N_eff_error")]).reshape(shape)
    bounds = np.stack([judged.is_lower_bound.reshape(shape) for judged in found], axis=-1)
    lower = "whether the point lies beyond the table, so that delta_chi2 is more than said"
    return {
        "status": (dims, *_flag(results.status.reshape(shape), "how the point ended; 0: as it should", STATUSES)),
        "message": (dims, texts.reshape(shape), reason),
        "delta_chi2_is_lower_bound": ((*dims, "data"), *_flag(bounds, lower, ("value", "lower_bound"))),
        "N_eff_error_estimated": (
            dims,
            *_flag(estimated, "whether N_eff_error was estimated at the point itself", ("nearby", "here")),
        ),
    }


def _coordinates(points: Space) -> dict[str, Any]:
    result: dict[str, Any] = {
        "T_bbn": ("T_bbn", list(BBN.values()), {"units": "MeV", "long_name": "photon temperature"}),
        "data": ("data", list(DATA), {"long_name": "combination of CMB data"}),
    }
    for name, column in points.columns.items():
        unit = points.targets[name].unit
        result[name] = (name if points.grid else "point", column, {"units": unit or "1"})
    return result


def _toml_value(value: Any) -> str:
    if isinstance(value, Quantity):
        return json.dumps(f"{float(value.value)!r} {value.unit}")
    return json.dumps(value) if isinstance(value, (str, bool)) else repr(value)


def _table(header: str, owner: Any, varied: set[str]) -> Iterator[str]:
    """Yield the lines of a TOML table: fields that no axis sets and that are neither None nor the default."""
    yield header
    for f in fields(owner):
        value = getattr(owner, f.name)
        skipped = f.name in varied or value is None or (f.default is not MISSING and value == f.default)
        zero = isinstance(value, Quantity) and not value.value
        if not (skipped or zero):
            yield f"{f.name} = {_toml_value(value)}"


def parameters_toml(model: Model, points: Space) -> str:
    """Return what all points share, as the TOML file of ``sterile scan`` has it; what is a default is left out."""
    owners, targets = model.owners(), points.targets.values()
    lines: list[str] = []
    for position, owner in owners.items():
        varied = {target.field for target in targets if position in target.owners}
        name = "relic" if hasattr(owner, "relic") else re.sub(r"(?<!^)(?=[A-Z])", "_", type(owner).__name__).lower()
        header = f"[[{name}]]" if isinstance(position, int) else f"[{position}]"
        lines += _table(header, owner, varied)
    return "\n".join(lines) + "\n"


def data_hashes() -> dict[str, str]:
    """Return the SHA-256 of every data file that delta_chi2 may read."""
    folder = datasets.path("cmb/profile.ecsv").parent
    files = sorted(file for file in folder.iterdir() if file.is_file())
    return {f"cmb/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def dataset(model: Model, points: Space, results: Results, code: str, extra: Extra) -> xr.Dataset:
    """Return the results of a scan, with everything that they depend on as attributes.

    Parameters
    ----------
    model : Model
        What all points share.
    points : Space
        Dimensions: the axes of a grid, or ``point``.
    results : Results
        In the order of the points.
    code : str
        `point.code_version`.
    extra : mapping
        The user's own functions.
    """
    import xarray as xr

    found = [judged(results, np.arange(points.size, dtype=np.int64), name) for name in DATA]
    attributes = {
        "title": "scan of sterile neutrinos in the early Universe",
        "version": code.partition("+")[0],
        "code": code,
        "parameters": parameters_toml(model, points),
        "options": repr(model.options),
        "data_hashes": json.dumps(data_hashes()),
        "cite": "sterile-boltzmann (CITATION.cff)",
    }
    variables = {**_variables(points, results, found), **_flags(points, results, found)}
    return xr.Dataset({**variables, **_own(points, results, extra)}, _coordinates(points), attributes)


def statuses(data: xr.Dataset) -> Any:
    """Return how points ended as numbers of `point.STATUSES`; those of a file are of the version that wrote it.

    Parameters
    ----------
    data : xarray.Dataset
        Of a scan; ``flag_meanings`` of its ``status`` are the names.

    Raises
    ------
    ParameterError
        A name is not known to this version.
    """
    names = data["status"].attrs["flag_meanings"].split()
    if unknown := sorted(set(names) - set(STATUSES)):
        raise ParameterError(
            f"the scan has the status {', '.join(unknown)}, which this version does not know; "
            f"known are {', '.join(STATUSES)}; read it with the version that wrote it: {data.attrs.get('version')}"
        )
    return np.array([STATUSES.index(name) for name in names], np.int8)[np.asarray(data["status"], int)]


def failures(data: xr.Dataset) -> list[str]:
    """Return one line for every point that was tried and failed: the values of its axes, status, message."""
    status = statuses(data)
    names = [name for name in data.coords if name not in ("T_bbn", "data")]
    failed = np.argwhere((status != SUCCESS) & (status != STATUSES.index("NOT_COMPUTED")))
    lines = []
    for at in failed:
        point = data[["message"]].isel(dict(zip(data["status"].dims, at.tolist(), strict=True)))
        values = ", ".join(f"{name} = {_with_unit(point[name])}" for name in names)
        lines.append(f"{values}: {STATUSES[status[tuple(at)]]}: {point['message'].item()}")
    return lines


def _with_unit(coordinate: Any) -> str:
    value, unit = coordinate.item(), coordinate.attrs["units"]
    number = f"{value:.6g}" if isinstance(value, float) else str(value)
    return number if unit == "1" else f"{number} {unit}"


def write(data: xr.Dataset, path: Path) -> None:
    """Write netCDF: readers see the old file or the whole new one.

    Raises
    ------
    OSError
        The file cannot be written; it names ``path``.
    """
    files.write_dataset(path, data)
