"""A solution as a dataset and as a file, and back."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import boltzmann
from boltzmann.errors import ParameterError
from boltzmann.kinetics.status import Status
from boltzmann.kinetics.sterile_history import DarkHistory
from boltzmann.numerics.files import write_dataset
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.parameters.inputs import Input
from boltzmann.solution.asymmetry import AsymmetryGrowth, Branch, Sweep, Synchronised, Unfollowed
from boltzmann.solution.relic import RelicHistory
from boltzmann.solution.stats import Stats

if TYPE_CHECKING:
    import xarray as xr

    from boltzmann.solution.run import Solution

FORMAT = "sterile-boltzmann solution 1"
_DARK = {"log_z": "ln(T_s a)", "eta": "mu_s/T_s", "energy": "comoving energy density of mediators [m_e^4]"}

_RELIC = {"energy": "comoving energy density of relics [m_e^4]", "number": "their comoving number densities"}


def _interaction(interaction: Any) -> dict[str, Any]:
    """Return class and fields of an interaction of this package; of another one its text."""
    if isinstance(interaction, Input):
        return {"class": type(interaction).__name__, "fields": interaction.chosen()}
    return {"class": "", "text": repr(interaction)}


def _attributes(solution: Solution) -> dict[str, str]:
    inputs = {
        "mixing": solution.mixing.chosen(),
        "options": solution.options.chosen(),
        "interactions": [_interaction(interaction) for interaction in solution.interactions],
        **({} if solution.asymmetry is None else {"asymmetry": solution.asymmetry.chosen()}),
    }
    return {
        "title": "sterile neutrinos in the early Universe: one solution",
        "format": FORMAT,
        "version": boltzmann.__version__,
        "inputs": json.dumps(inputs),
        "status": solution.status.name,
        **({} if solution.branch is None else {"branch": json.dumps(_beside(solution.branch))}),
        **({} if solution.sweep is None else {"sweep": json.dumps(_numbers(solution.sweep))}),
        **({} if solution.unfollowed is None else {"unfollowed": json.dumps(asdict(solution.unfollowed))}),
        "stats": json.dumps(asdict(solution.stats)),
        **({} if solution.synchronised is None else {"synchronised": json.dumps(asdict(solution.synchronised))}),
        "cite": "sterile-boltzmann (CITATION.cff)",
    }


def _beside(branch: Branch) -> dict[str, Any]:
    """Return the numbers beside a solution with both signs."""
    return {
        field.name: getattr(branch, field.name) for field in fields(branch) if field.name not in ("growth", "other")
    }


def _numbers(sweep: Sweep) -> dict[str, Any]:
    """Return what is known of a sweep, without the run after it."""
    return {field.name: getattr(sweep, field.name) for field in fields(sweep) if field.name != "after"}


def _branch(data: xr.Dataset) -> Branch | None:
    """Return what `_beside` wrote."""
    if "branch" not in data.attrs:
        return None
    growth = AsymmetryGrowth(float(data["asymmetry_growth"]), float(data["asymmetry_temperature"]))
    return Branch(growth, **json.loads(data.attrs["branch"]))


def _variables(solution: Solution) -> dict[str, Any]:
    """Return name -> (dims, array, attrs): what the solution holds, then what follows from it."""
    states = (*solution.mixing.flavours, *range(1, solution.mixing.n_states + 1))
    f = np.stack([solution.spectrum(state) for state in states])
    density = np.stack([solution.energy_density(state) for state in states])
    matrix = ("x", "sign", "y", "flavour", "flavour_2")
    return {
        "z": ("x", solution.z, {"units": "1", "long_name": "T_gamma a"}),
        "weights": ("y", solution.weights, {"units": "1", "long_name": "int dy g(y) = sum weights g"}),
        "rho_real": (matrix, solution.rho.real, {"units": "1", "long_name": "density matrix, real part"}),
        "rho_imag": (matrix, solution.rho.imag, {"units": "1", "long_name": "density matrix, imaginary part"}),
        **_dark_variables(solution),
        **_relic_variables(solution),
        **_matter_variable(solution),
        "T": ("x", solution.T.value, {"units": "MeV", "long_name": "photon temperature"}),
        "N_eff": (
            "x",
            solution.N_eff_history,
            {"units": "1", "long_name": "energy along the run, see N_eff_at"},
        ),
        "asymmetry_growth": (
            (),
            solution.asymmetry_growth.exponent,
            {"units": "1", "long_name": "largest growth exponent of a lepton asymmetry; unstable above 25"},
        ),
        "asymmetry_temperature": (
            (),
            solution.asymmetry_growth.T,
            {"units": "MeV", "long_name": "photon temperature at which that exponent passes 25"},
        ),
        "spectrum": (("state", "y"), f, {"units": "1", "long_name": "final occupation per helicity, nu = nubar"}),
        "energy_density": (("state", "x"), density, {"units": "1", "long_name": "energy in standard neutrinos"}),
    }


def _dark_variables(solution: Solution) -> dict[str, Any]:
    """Return the history of the dark sector, if there is one."""
    if solution.dark is None:
        return {}
    texts = {name: {"units": "1", "long_name": text} for name, text in _DARK.items()}
    return {f"dark_{name}": ("x", getattr(solution.dark, name), texts[name]) for name in _DARK}


def _relic_variables(solution: Solution) -> dict[str, Any]:
    """Return the history of relics, if there are any."""
    if solution.relic is None:
        return {}
    return {
        f"relic_{name}": (("x", "relic"), getattr(solution.relic, name), {"units": "1", "long_name": text})
        for name, text in _RELIC.items()
    }


def _matter_variable(solution: Solution) -> dict[str, Any]:
    """Return the history of decaying matter, if there is any."""
    text = {"units": "1", "long_name": "comoving energy density of decaying matter [m_e^4]"}
    return {} if solution.matter is None else {"matter": ("x", solution.matter, text)}


def dataset(solution: Solution) -> xr.Dataset:
    """Return everything that a solution holds as an `xarray.Dataset`, with its spectra and energy densities."""
    import xarray as xr  # here, because it takes longer to import than to solve

    flavours = list(solution.mixing.flavours)
    coordinates = {
        "x": ("x", solution.x, {"units": "1", "long_name": "m_e a"}),
        "y": ("y", solution.y, {"units": "1", "long_name": "comoving momentum p a"}),
        "sign": ("sign", ["nu=nubar"] if solution.rho.shape[1] == 1 else ["nu", "nubar"]),
        "flavour": ("flavour", flavours),
        "flavour_2": ("flavour_2", flavours),
        "state": ("state", [*flavours, *(str(k + 1) for k in range(len(flavours)))]),
    }
    return xr.Dataset(_variables(solution), coordinates, _attributes(solution))


def save(solution: Solution, file: Path) -> Path:
    """Write the dataset of a solution as netCDF and return its path."""
    write_dataset(file, dataset(solution))
    return file


def _interactions(stored: list[dict[str, Any]], given: tuple[Any, ...] | None, file: Path) -> tuple[Any, ...]:
    """Return the interactions of a file, made again, or those that are ``given``."""
    if given is not None:
        return given
    from boltzmann import potentials

    foreign = [entry["text"] for entry in stored if entry["class"] not in potentials.__all__]
    if foreign:
        raise ParameterError(
            f"{file} has interactions of your own, {', '.join(foreign)}, whose classes it does not hold; give them: "
            "load_solution(file, interactions=[...])"
        )
    return tuple(getattr(potentials, entry["class"])(**entry["fields"]) for entry in stored)


def _synchronised(stored: str | None) -> Synchronised | None:
    """Return collective oscillations from their text in a file, if it has one."""
    if stored is None:
        return None
    fields: dict[str, Any] = json.loads(stored)
    return Synchronised(**{**fields, **{name: tuple(fields[name]) for name in ("mean", "half_range")}})


def _sweep(stored: str | None) -> Sweep | None:
    """Return what is known of a sweep from its text in a file, if it has one."""
    if stored is None:
        return None
    fields: dict[str, Any] = json.loads(stored)
    return Sweep(**{**fields, "y": tuple(fields["y"])})


def load(file: Path, interactions: tuple[Any, ...] | None = None) -> dict[str, Any]:
    """Return what a file holds as fields of a Solution.

    Raises
    ------
    OSError
        The file cannot be read.
    ParameterError
        It is no file of a solution, or has interactions that this package does not know.
    """
    import xarray as xr

    with xr.open_dataset(file, engine="h5netcdf") as stored:
        if stored.attrs.get("format") != FORMAT:
            raise ParameterError(f"{file} is no file of a solution ({FORMAT}); give one that Solution.save wrote")
        data = stored.load()
    inputs = json.loads(data.attrs["inputs"])
    dark = {name: data[f"dark_{name}"].values for name in _DARK if f"dark_{name}" in data}
    # of versions up to 0.2.0: (n_x,), of one relic
    relic = {n: data[f"relic_{n}"].values.reshape(data.x.size, -1) for n in _RELIC if f"relic_{n}" in data}
    return {
        "mixing": Mixing(**inputs["mixing"]),
        "interactions": _interactions(inputs["interactions"], interactions, file),
        "options": Options(**inputs["options"]),
        **{name: data[name].values for name in ("x", "y", "weights", "z")},
        "rho": data["rho_real"].values + 1j * data["rho_imag"].values,
        "dark": DarkHistory(**dark) if dark else None,
        "relic": RelicHistory(**relic) if relic else None,
        "matter": data["matter"].values if "matter" in data else None,
        "status": Status[data.attrs["status"]],
        "stats": Stats(**json.loads(data.attrs["stats"])),
        "asymmetry": Asymmetry(**inputs["asymmetry"]) if "asymmetry" in inputs else None,
        "branch": _branch(data),
        "sweep": _sweep(data.attrs.get("sweep")),
        "unfollowed": Unfollowed(**json.loads(text)) if (text := data.attrs.get("unfollowed")) else None,
        "synchronised": _synchronised(data.attrs.get("synchronised")),
    }
