"""The result of a scan as an `xarray.Dataset`: the only importer of xarray."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boltzmann import datasets
from boltzmann.cmb import judge
from boltzmann.cmb.judge import Summary
from boltzmann.errors import MissingLibrary, ParameterError
from boltzmann.numerics.arrays import Array, Index
from boltzmann.scan.axes import Column, Model, Space
from boltzmann.scan.extra import Extra, meaning
from boltzmann.scan.point import NUMBERS, STATUSES
from boltzmann.scan.run import Results
from boltzmann.units import Quantity

if TYPE_CHECKING:
    import xarray as xr

#: Variable of Delta chi^2 -> combination of data.
LIKELIHOODS = {"delta_chi2_CMB": "planck2018", "delta_chi2_CMB_DESI": "planck2018+desi"}
SUCCESS = STATUSES.index("SUCCESS")
BBN = {"N_eff_bbn_1MeV": 1.0, "N_eff_bbn_0.07MeV": 0.07}  # photon temperatures [MeV]
#: Variable -> (unit, description); the names of `point.NUMBERS` and what follows from them.
VARIABLES = {
    "N_eff": ("1", "effective number of neutrinos at the end, all states relativistic"),
    "N_eff_bbn": ("1", "effective number of neutrinos at photon temperature T_bbn"),
    "delta_N_eff": ("1", "N_eff minus that of three neutrinos with the same options"),
    "m_eff": ("eV", "94.1 eV times Omega h^2 of mass state 4, over its spectrum"),
    "N_eff_4": ("1", "contribution of mass state 4 to N_eff"),
    "delta_N_eff_CMB": ("1", "N_eff at recombination minus 3.044; NaN where the CMB table has no such state"),
    "N_fluid": ("1", "part of N_eff that collides at recombination, a massless fluid for CLASS"),
    **{
        name: ("1", f"chi^2 of the CMB ({data}) minus that of LCDM, both refitted; a lower bound beyond the table")
        for name, data in LIKELIHOODS.items()
    },
    "N_eff_error": ("1", "estimate of the numerical error of N_eff (see boltzmann.scan); NaN where it was not made"),
    "cpu_seconds": ("s", "CPU time of the point when it was computed, compilation and error estimate included"),
}
#: Names that a user's own number cannot have.
RESERVED = (*VARIABLES, *NUMBERS, "status", "message", "T_bbn", "point")


def library(name: str = "xarray") -> Any:
    """Import xarray or h5netcdf. Raises MissingLibrary, with the remedy, if it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingLibrary(
            f'{name} is not installed, which scans need; install it with pip install "sterile-boltzmann[scan]"'
        ) from error


def delta_chi2(numbers: Summary, name: str) -> tuple[float, str]:
    """Return one variable of `LIKELIHOODS`, or NaN and the reason where its table does not reach."""
    if np.isnan(numbers.delta_N_eff):
        return float("nan"), f"{name}: the active neutrinos are heavy too, see boltzmann.cmb.summarise"
    try:
        return float(judge.profile_of(numbers, LIKELIHOODS[name]).delta_chi2), ""
    except ParameterError as error:
        return float("nan"), f"{name}: {error}"


def likelihoods(results: Results, indices: Index, name: str) -> tuple[Array, dict[int, str]]:
    """Return Delta chi^2 of some points, and the messages of those that have none."""
    values, messages = np.full(indices.size, np.nan), {}
    columns = [NUMBERS.index(column) for column in ("delta_N_eff_CMB", "m_eff", "N_eff_4", "N_fluid")]
    for k in np.flatnonzero(results.status[indices] == SUCCESS):
        numbers = Summary(*(float(value) for value in results.numbers[indices[k], columns]))
        values[k], message = delta_chi2(numbers, name)
        if message:
            messages[int(indices[k])] = message
    return values, messages


def _attributes(name: str) -> dict[str, str]:
    unit, text = VARIABLES[name]
    return {"units": unit, "long_name": text}


def _own(points: Space, results: Results, extra: Extra) -> dict[str, Any]:
    """Return name -> (dims, array, attrs) of what the user's own functions returned."""
    dims = tuple(points.columns) if points.grid else ("point",)
    columns = results.numbers[:, len(NUMBERS) :].T
    return {
        name: (dims, column.reshape(points.shape), {"long_name": meaning(function)})
        for (name, function), column in zip(extra.items(), columns, strict=True)
    }


def _variables(points: Space, results: Results) -> tuple[dict[str, Any], dict[int, str]]:
    """Return name -> (dims, array, attrs) of all floating-point variables, and the messages of the likelihood."""
    dims = tuple(points.columns) if points.grid else ("point",)
    column = {name: results.numbers[:, k].reshape(points.shape) for k, name in enumerate(NUMBERS)}
    messages: dict[int, str] = {}
    for name in LIKELIHOODS:
        chi2, reasons = likelihoods(results, np.arange(points.size), name)
        column[name] = chi2.reshape(points.shape)
        messages = {**reasons, **messages}
    data = {name: (dims, column[name], _attributes(name)) for name in VARIABLES if name in column}
    bbn = np.stack([column[name] for name in BBN], axis=-1)
    return {**data, "N_eff_bbn": ((*dims, "T_bbn"), bbn, _attributes("N_eff_bbn"))}, messages


def _flags(points: Space, results: Results, messages: dict[int, str]) -> dict[str, Any]:
    """Return the variables status (flags of the CF convention) and message."""
    dims = tuple(points.columns) if points.grid else ("point",)
    texts: Column = np.full(points.size, "", dtype=object)
    for index, message in {**results.messages, **messages}.items():
        texts[index] = message
    meaning = {
        "long_name": "how the point ended; 0: as it should",
        "flag_values": np.arange(len(STATUSES), dtype=np.int8),
        "flag_meanings": " ".join(STATUSES),
    }
    status = results.status.astype(np.int8).reshape(points.shape)
    reason = {"long_name": "why the point or its delta_chi2_CMB failed; empty if neither did"}
    return {"status": (dims, status, meaning), "message": (dims, texts.reshape(points.shape), reason)}


def _coordinates(points: Space) -> dict[str, Any]:
    result: dict[str, Any] = {"T_bbn": ("T_bbn", list(BBN.values()), {"units": "MeV"})}
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
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(owner).__name__).lower()
        header = f"[[{name}]]" if isinstance(position, int) else f"[{position}]"
        lines += _table(header, owner, varied)
    return "\n".join(lines) + "\n"


def data_hashes() -> dict[str, str]:
    """Return the SHA-256 of every data file that delta_chi2_CMB may read."""
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
    variables, messages = _variables(points, results)
    attributes = {
        "title": "scan of sterile neutrinos in the early Universe",
        "version": code.partition("+")[0],
        "code": code,
        "parameters": parameters_toml(model, points),
        "options": repr(model.options),
        "data_hashes": json.dumps(data_hashes()),
        "cite": "sterile-boltzmann (CITATION.cff)",
    }
    others = {**_flags(points, results, messages), **_own(points, results, extra)}
    result: xr.Dataset = library().Dataset({**variables, **others}, _coordinates(points), attributes)
    return result


def failures(data: xr.Dataset) -> list[str]:
    """Return one line for every point that was tried and failed: the values of its axes, status, message."""
    status = np.asarray(data["status"])
    names = [name for name in data.coords if name != "T_bbn"]
    failed = np.argwhere((status != SUCCESS) & (status != STATUSES.index("NOT_COMPUTED")))
    lines = []
    for at in failed:
        point = data[["status", "message"]].isel(dict(zip(data["status"].dims, at.tolist(), strict=True)))
        values = ", ".join(f"{name} = {_with_unit(point[name])}" for name in names)
        lines.append(f"{values}: {STATUSES[int(point['status'])]}: {point['message'].item()}")
    return lines


def _with_unit(coordinate: Any) -> str:
    value, unit = coordinate.item(), coordinate.attrs["units"]
    number = f"{value:.6g}" if isinstance(value, float) else str(value)
    return number if unit == "1" else f"{number} {unit}"


def write(data: xr.Dataset, path: Path) -> None:
    """Write netCDF: aside first, so that readers see the old file or the whole new one.

    Raises
    ------
    MissingLibrary
        h5netcdf is not installed.
    OSError
        The file cannot be written.
    """
    library("h5netcdf")
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        data.to_netcdf(aside, engine="h5netcdf")
        os.replace(aside, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
