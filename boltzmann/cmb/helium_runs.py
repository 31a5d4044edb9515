"""How the residuals of the CMB respond to helium: CLASS runs in pairs at some nodes of the table of refits.

Both runs of a pair have the best fit of the table; one has the helium of its N_eff, as all nodes have, the other
`STEP` more. The parameters follow, so that what is left of the change of the residuals is its part beyond their
derivatives J; with P = 1 - J (J^T J)^-1 J^T, the residuals P r at the minimum, and u = P dr/dYHe, ::

    chi^2(helium) - chi^2(table) = slope dYHe + curvature dYHe^2,      slope = 2 r.u,      curvature = u.u

for each combination of data (derived; J that of LCDM). `boltzmann.cmb.profile_table.Response` is fitted to that;
`scripts/make_cmb_table.py` is the command. A run is a JSON line of the store, so that a stopped program goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from boltzmann.cmb import gauss_newton
from boltzmann.cmb.class_bridge import PLANCK_2018, helium_fraction
from boltzmann.cmb.exact import jacobian, non_linear
from boltzmann.cmb.likelihood import DATA, PARAMETERS, best_fit, fluid_best_fit
from boltzmann.cmb.nodes import LCDM, Node, contributions
from boltzmann.cmb.tables import NODE_COLUMNS
from boltzmann.cmb.tabulate import measured, stored
from boltzmann.cmb.thermal import SPECTRA, STANDARD_N_EFF, thermal_neutrinos
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.processes import pool
from boltzmann.units import write_table

STEP = 0.01  # of YHe; the CMB measures it to 0.01
N_EFF = np.linspace(0.5, 6.0, 12)  # at which CLASS's helium is tabulated

Task = tuple[Node, float]  # and by how much YHe is larger than that of N_eff


@dataclass(frozen=True)
class HeliumRun:
    """One CLASS run at the best fit of the table.

    Attributes
    ----------
    node : Node
        The neutrino sector.
    added : float
        YHe less that of the sector's N_eff.
    values : list
        Whitened residuals of all data.
    """

    node: Node
    added: float
    values: list[float]


def helium_nodes() -> list[Node]:
    """Return where pairs are run: massless states, massive ones as secret interactions and oscillations make, fluids.

    Late conversion, which makes helium another one than the table's, shares the energy among all states.
    """
    massless = [Node(d) for d in (-0.6, -0.2, 0.2, 0.5, 1.0, 2.0)]
    shared = [Node(d, m, contributions(d, m)[-1]) for d in (0.0, 0.2, 0.5, 1.0) for m in (0.1, 0.3, 1.0, 2.6)]
    thermal = [Node(d, m, contributions(d, m)[0]) for d in (0.2, 1.0) for m in (0.3, 1.0)]
    pairs = [(d, n) for d in (0.0, 0.2, 0.5, 1.0) for n in (0.4, 0.8, 2.0, 3.0)]
    fluids = [Node(d, N_eff_colliding=n) for d, n in pairs if n < STANDARD_N_EFF + d - 0.1]
    return [LCDM, *massless, *shared, *thermal, *fluids]


def theta_of(node: Node) -> Array:
    """Return the mean of the best fits of the shipped table to all combinations of data, (9,)."""
    if node.N_eff_colliding > 0.0:
        found = [fluid_best_fit(node.delta_N_eff, node.N_eff_colliding, data) for data in DATA]
    else:
        found = [best_fit(node[:3], data) for data in DATA]
    return np.asarray(np.mean(found, axis=0))


def evaluate(task: Task, data_dir: str) -> HeliumRun:
    """Run CLASS."""
    node, added = task
    theta = theta_of(node)
    YHe = helium_fraction(STANDARD_N_EFF + node.delta_N_eff, float(theta[PARAMETERS.index("omega_b")])) + added
    settings = {**thermal_neutrinos(*node), **SPECTRA, "YHe": YHe}
    residuals = gauss_newton.evaluator(measured(data_dir), settings, non_linear())(theta).residuals
    return HeliumRun(node, added, [round(float(r), 5) for r in residuals])


def read(store: Path) -> Iterator[HeliumRun]:
    """Yield the runs of a store."""
    for node, fields in stored(store):
        yield HeliumRun(node, **fields)


def run(store: Path, data_dir: str, workers: int = 2) -> Iterator[dict[Task, HeliumRun]]:
    """Compute what the store does not have yet; yield all that is known after each run, and at the end."""
    known = {(found.node, found.added): found for found in read(store)}
    todo = [(node, added) for node in helium_nodes() for added in (0.0, STEP) if (node, added) not in known]
    with pool(workers) as executor, store.open("a", encoding="utf-8") as file:
        for found in executor.map(partial(evaluate, data_dir=data_dir), todo):
            file.write(json.dumps(asdict(found)) + "\n")
            file.flush()
            known[found.node, found.added] = found
            yield known
    yield known


def responses(known: dict[Task, HeliumRun], node: Node) -> dict[str, tuple[float, float]]:
    """Return slope and curvature of each combination of data at a node."""
    old, new = (np.array(known[node, added].values) for added in (0.0, STEP))
    result, slopes = {}, jacobian()
    for data in DATA:
        chosen = gauss_newton.rows(data)
        directions, _ = np.linalg.qr(slopes[np.ix_(chosen, gauss_newton.free(data))])
        r, u = (v - directions @ (directions.T @ v) for v in (old[chosen], (new - old)[chosen] / STEP))
        result[data] = float(2.0 * r @ u), float(u @ u)
    return result


def write(known: dict[Task, HeliumRun], path: Path, origin: dict[str, Any]) -> None:
    """Write slopes and curvatures of the nodes that have both runs, and CLASS's helium of N_eff, as ECSV."""
    found = {node: responses(known, node) for node in helium_nodes() if {(node, 0.0), (node, STEP)} <= known.keys()}
    columns: dict[str, Any] = dict(zip(NODE_COLUMNS, np.array(list(found)).T, strict=True))
    described = dict(NODE_COLUMNS)
    for data in DATA:
        for k, (name, text) in enumerate((("slope", "d(chi^2)/dYHe"), ("curvature", "half of the second derivative"))):
            columns[f"{name} {data}"] = np.round([at[data][k] for at in found.values()], 1)
            described[f"{name} {data}"] = f"{text} at the minimum over LCDM and calibrations"
    header = {
        "title": "response of the minimum of chi^2 to YHe, beside that of N_eff in nucleosynthesis",
        "made by": "scripts/make_cmb_table.py, boltzmann/cmb/helium_runs.py",
        "citation": "CLASS, arXiv:1104.2933; helium of CLASS: table of PArthENoPE, arXiv:2103.05027",
        "YHe of N_eff": [list(pair) for pair in helium_of_N_eff()],
        **origin,
    }
    write_table(path, columns, described, header)


def helium_of_N_eff() -> list[tuple[float, float]]:
    """Return pairs of N_eff and CLASS's YHe at the best fit of Planck."""
    return [(float(N), round(helium_fraction(float(N), PLANCK_2018["omega_b"]), 6)) for N in N_EFF]
