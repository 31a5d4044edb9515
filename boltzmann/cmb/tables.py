"""Write the tables of data/cmb from what was computed: scores on principal components, best fits, derivatives."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from boltzmann.cmb import act, gauss_newton
from boltzmann.cmb.gauss_newton import ROWS
from boltzmann.cmb.linear import START, Estimate
from boltzmann.cmb.nodes import LCDM, Node, fluid_nodes, nodes
from boltzmann.cmb.planck import FILES
from boltzmann.cmb.profile_table import COMPONENTS, DATA, DERIVED, PARAMETERS
from boltzmann.cmb.tabulate import Plan
from boltzmann.cmb.thermal import PRECISION
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.units import write_table

NODE_COLUMNS = {
    "delta_N_eff": "N_eff - 3.044",
    "m_eff": "94.1 eV Omega_4 h^2 [eV]",
    "N_eff_4": "contribution of the massive state to N_eff; without meaning at m_eff = 0",
    "N_eff_colliding": "contribution to N_eff of a massless fluid",
    "sum_m_nu": "sum of the masses of the active states [eV]",
}
Found = dict[Node, dict[str, Estimate]]


def write_all(plan: Plan, output: Path, data_dir: str) -> None:
    """Write the tables that the package ships into a folder, from the nodes that are computed.

    Parameters
    ----------
    plan : Plan
        What is known.
    output : Path
        The folder.
    data_dir : str
        Folder of the Planck and ACT data, for their hashes.

    Raises
    ------
    ParameterError
        The runs for the derivatives, or the most important nodes, are not there yet.
    OSError
        A file cannot be written.
    """
    if plan.slopes is None:
        raise ParameterError("the runs for the derivatives at LCDM are not there yet; start the program again")
    origin = provenance(data_dir)
    table, fluids = nodes(), fluid_nodes()
    others = [node for node in plan.todo if node not in {*table, *fluids}]
    for name, chosen in (("profile", table), ("profile_fluid", fluids), ("profile_held_out", others)):
        found = {node: plan.estimates[node] for node in sorted(chosen) if node in plan.estimates}
        scored = name != "profile_held_out"
        if scored and len(found) <= COMPONENTS:
            raise ParameterError(f"{name} has {len(found)} nodes so far, too few for a table; start the program again")
        write_profile(found, output / f"{name}.ecsv", origin, scored=scored)
    write_jacobian(plan.slopes[:ROWS], plan.non_linear[:ROWS], output / "lcdm_jacobian.ecsv", origin)


def provenance(data_dir: str) -> dict[str, Any]:
    """Return what a table was computed with: versions, precision settings of CLASS, and hashes of the data files."""
    versions = {package: version(package) for package in ("classy", "numpy", "scipy", "sterile-boltzmann")}
    return {
        "versions": versions,
        "class_precision": dict(PRECISION),
        "sha256": {name: hashlib.sha256(content).hexdigest()[:16] for name, content in _contents(data_dir)},
    }


def _contents(data_dir: str) -> Iterable[tuple[str, bytes]]:
    """Yield the files that the likelihoods read."""
    ours = act.find(Path(data_dir))
    yield from ((file, (Path(data_dir) / file).read_bytes()) for file in FILES.values())
    yield from ((f"{act.FOLDER}/{file}", (ours / file).read_bytes()) for file in act.FILES.values())


def write_profile(found: Found, path: Path, origin: dict[str, Any], *, scored: bool = True) -> None:
    """Write a table of nodes as ECSV; with scores to interpolate, or without."""
    columns: dict[str, Any] = dict(
        zip(NODE_COLUMNS, np.array(list(found)).reshape(-1, len(NODE_COLUMNS)).T, strict=True)
    )
    descriptions = dict(NODE_COLUMNS)
    header = {"title": "chi^2 of the CMB minimised over LCDM and calibrations", **origin}
    for data in DATA:
        entries = _columns([estimates[data] for estimates in found.values()])
        if scored:
            scores, header[f"linear {data}"] = principal_scores(found, data)
            entries |= {f"s{k}": (scores[:, k], 4, "score of the residuals") for k in range(COMPONENTS)}
        for name, (values, digits, text) in entries.items():
            columns[f"{name} {data}"] = np.round(values, digits)
            descriptions[f"{name} {data}"] = text
    write_table(path, columns, descriptions, header)


def principal_scores(found: Found, data: str) -> tuple[Array, list[float]]:
    """Return the scores s (n, COMPONENTS) of residuals on their principal components, and b.

    With r = r_0 + SUM_k s_k v_k, orthonormal v, chi^2 - chi^2(LCDM) = b.s + s.s, b_k = 2 r_0.v_k.
    """
    chosen = gauss_newton.rows(data)
    residuals = np.array([estimates[data].values[chosen] for estimates in found.values()])
    standard = found[LCDM][data].values[chosen]
    _, _, directions = np.linalg.svd(residuals - standard, full_matrices=False)
    directions = directions[:COMPONENTS]
    return (residuals - standard) @ directions.T, [float(b) for b in 2.0 * directions @ standard]


def _columns(minima: list[Estimate]) -> dict[str, tuple[Array, int, str]]:
    """Return name -> (values, digits, description) of what the table has for one combination of data."""
    theta = np.array([m.theta for m in minima]).reshape(-1, len(PARAMETERS))
    derived = np.array([m.values[ROWS:] for m in minima]).reshape(-1, len(DERIVED))
    return {
        "chi2": (np.array([m.chi2 for m in minima]), 3, "minimum of chi^2 over LCDM"),
        "gain": (np.array([m.gain for m in minima]), 3, "predicted fall of chi^2 from the nearest run of CLASS"),
        **{name: (theta[:, k], 6, "at the minimum") for k, name in enumerate(PARAMETERS)},
        **{name: (derived[:, k], 5, "at the minimum") for k, name in enumerate(DERIVED)},
    }


def write_jacobian(jacobian: Array, non_linear: Array, path: Path, origin: dict[str, Any]) -> None:
    """Write the derivatives of the whitened residuals for LCDM, and what non-linear structure adds, as ECSV."""
    digits = 6 - np.floor(np.log10(np.abs(jacobian).max(axis=0))).astype(int)
    columns = {name: np.round(jacobian[:, k], digits[k]) for k, name in enumerate(PARAMETERS)}
    descriptions = {name: f"d(residual)/d({name})" for name in columns}
    columns["non_linear"] = np.round(non_linear, 5)
    descriptions["non_linear"] = "what non-linear structure adds to the residual, by HMcode"
    header = {
        "title": "derivatives of the whitened residuals of boltzmann.cmb.gauss_newton at the best fit of LCDM",
        "at": dict(zip(PARAMETERS, START.tolist(), strict=True)),
        **origin,
    }
    write_table(path, columns, descriptions, header)
