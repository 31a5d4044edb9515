"""Compute the profile table: at each node (delta_N_eff, m_eff, N_eff_4) chi^2 minimised over LCDM, node by node.

Results are JSON lines, one for each node, in the order in which they end; a run that was stopped goes on with the nodes
that are missing. The start of a minimisation is interpolated between the best fits known so far, which saves most of
its CLASS runs. `scripts/make_cmb_table.py` is the command.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.stats import qmc

from boltzmann.cmb import gauss_newton
from boltzmann.cmb.class_bridge import PLANCK_2018
from boltzmann.cmb.likelihood import COMPONENTS, DATA, PARAMETERS, most_N_eff_4
from boltzmann.cmb.planck import FILES, PlanckLite, planck_lite
from boltzmann.cmb.thermal import PRECISION, STANDARD_N_EFF, least_N_eff_4, shared_N_eff_4, thermal_neutrinos
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.processes import pool
from boltzmann.units import write_table

Node = tuple[float, ...]  # delta_N_eff, m_eff [eV], N_eff_4, and in the table of fluids N_eff_colliding

NODE_COLUMNS = {
    "delta_N_eff": "N_eff - 3.044",
    "m_eff": "94.1 eV Omega_4 h^2 [eV]",
    "N_eff_4": "contribution of the massive state to N_eff; without meaning at m_eff = 0",
    "N_eff_colliding": "contribution to N_eff of a massless fluid",
}
LCDM: Node = (0.0, 0.0, 0.0)
FEW = 8  # computed nodes from which best fits are interpolated
START = np.array([*(float(PLANCK_2018[name]) for name in PARAMETERS[:-1]), 1.0])
STEPS = np.array([1e-4, 8e-4, 2e-4, 0.01, 0.003, 0.005, 0.002])  # for derivatives: below one standard deviation


def contributions(delta_N_eff: float, m_eff: float) -> list[float]:
    """Return the values of N_eff_4 at which a pair is tabulated.

    Half of delta_N_eff (the rest is a light mediator), all of it (produced by oscillations), a fourth of everything
    (equilibrated after decoupling), and between the last two.
    """
    least, shared = float(least_N_eff_4(m_eff)), float(shared_N_eff_4(delta_N_eff))
    low = max(least, 0.5 * delta_N_eff)
    thermal = max(least, delta_N_eff)
    values = sorted({round(v, 4) for v in (low, thermal, 0.5 * (thermal + shared), shared)})
    return [v for k, v in enumerate(values) if k == 0 or v - values[k - 1] > 0.06 * (1.0 + delta_N_eff)]


def nodes() -> list[Node]:
    """Return the nodes of the table, the most important ones first."""
    massless = [0.0, 0.1, 0.2, -0.2, 0.5, 1.0, -0.1, 0.35, 0.75, -0.4, 1.4, 2.0, 3.0, -0.6]
    result: list[Node] = [(d, 0.0, 0.0) for d in massless]
    for splittings, masses in (
        ((0.0, 0.2, 0.5, 1.0), (0.1, 0.3, 0.6, 1.0, 1.6, 2.6)),
        ((-0.2, 0.1, 0.35, 0.75), (0.1, 0.3, 0.6, 1.0, 1.6, 2.6)),
        ((2.0, 3.0, -0.6, 0.0, 1.0), (0.5, 1.5, 4.0)),
        ((0.0, 0.05, 0.2, 0.5), (0.05, 0.2, 0.45)),
        ((0.05, 0.35), (0.8, 1.3)),
        ((-0.1, 0.25), (0.1, 0.25, 0.45, 0.8)),
        ((0.6, 0.85), (0.2, 0.45)),
    ):
        result += [(d, m, n) for d in splittings for m in masses for n in contributions(d, m)]
    return list(dict.fromkeys(result))


def fluid_nodes() -> list[Node]:
    """Return the nodes of the table of massless states of which some are a fluid: m_eff and N_eff_4 are zero."""
    pairs = [(0.0, 0.0), *((d, n) for d in (0.0, 0.2, 0.5, 1.0, -0.2, 1.7) for n in (0.15, 0.4, 0.8, 1.3, 2.0, 3.0))]
    result: list[Node] = [(d, 0.0, 0.0, n) for d, n in pairs if n < STANDARD_N_EFF + d - 0.1]
    return result + [(d, 0.0, 0.0, 0.0) for d in (-0.2, 0.2, 0.5, 1.0, 1.7)]


def held_out(count: int) -> list[Node]:
    """Return points between the nodes where Delta chi^2 is moderate, Sobol-distributed, for checks of interpolation.

    delta_N_eff from -0.3 to 1.1, m_eff from 0 to 1.2 eV, N_eff_4 over its whole range.
    """
    result: list[Node] = []
    for u in qmc.Sobol(3, seed=2018).random_base2(int(np.ceil(np.log2(count))))[:count]:
        total, mass = -0.3 + 1.4 * u[0], 1.2 * u[1]
        least = max(float(least_N_eff_4(mass)), 0.5 * total)
        own = least + u[2] * (float(most_N_eff_4(total)) - least)
        result.append((round(float(total), 4), round(float(mass), 4), round(float(own), 4)))
    return result


@dataclass(frozen=True)
class Record:
    """One computed node.

    Attributes
    ----------
    node : (delta_N_eff, m_eff [eV], N_eff_4) or (delta_N_eff, m_eff [eV], N_eff_4, N_eff_colliding)
    chi2, gain : dict
        For each combination of data: minimum, and the predicted gain in it.
    theta : dict
        Best-fit parameters, in the order of `PARAMETERS`.
    h : dict
        H_0/(100 km/s/Mpc) there.
    residuals : dict
        Whitened residuals at the minimum.
    calls : int
        CLASS runs.
    error : str
        Why it failed, "" if it did not.
    """

    node: Node
    chi2: dict[str, float]
    gain: dict[str, float]
    theta: dict[str, list[float]]
    h: dict[str, float]
    residuals: dict[str, list[float]]
    calls: int
    error: str = ""


@cache
def _planck(data_dir: str) -> PlanckLite:
    """Read the data once in each process."""
    return planck_lite(data_dir)


def compute(node: Node, start: list[float], jacobian: Array, data_dir: str) -> Record:
    """Minimise chi^2 for one node, for all combinations of data, one after another; a failure is a record too.

    Parameters
    ----------
    node : tuple
        See `Record`.
    start : list
        Parameters at which the first minimisation begins; each further one begins where the last one ended.
    jacobian : (ROWS, 7) array
        Derivatives of the residuals.
    data_dir : str
        Folder of the Planck data.
    """
    evaluate = gauss_newton.evaluator(_planck(data_dir), {**thermal_neutrinos(*node), **PRECISION})
    found: dict[str, gauss_newton.Minimum] = {}
    try:
        best = evaluate(np.array(start))
        for data in DATA:
            found[data] = gauss_newton.minimise(evaluate, best, jacobian, data)
            best, jacobian = found[data].evaluation, found[data].jacobian
    except ParameterError as error:
        return Record(node, {}, {}, {}, {}, {}, 0, str(error))
    return Record(
        node,
        {data: m.chi2 for data, m in found.items()},
        {data: m.gain for data, m in found.items()},
        {data: m.theta.tolist() for data, m in found.items()},
        {data: m.evaluation.theory.h for data, m in found.items()},
        {data: [round(float(r), 5) for r in m.residuals[gauss_newton.rows(data)]] for data, m in found.items()},
        1 + sum(m.calls for m in found.values()),
    )


def derivatives(data_dir: str, workers: int) -> Array:
    """Return the derivatives of the residuals at `START` for LCDM, (ROWS, 7), by central differences (14 runs)."""
    with pool(workers) as executor:
        points = [(START + sign * STEPS * (np.arange(7) == k)) for k in range(7) for sign in (1, -1)]
        values = list(executor.map(_residuals, points, [data_dir] * len(points)))
    return np.column_stack([(values[2 * k] - values[2 * k + 1]) / (2.0 * STEPS[k]) for k in range(7)])


def _residuals(theta: Array, data_dir: str) -> Array:
    evaluate = gauss_newton.evaluator(_planck(data_dir), {**thermal_neutrinos(*LCDM), **PRECISION})
    return evaluate(theta).residuals


def start_for(node: Node, done: list[Record]) -> list[float]:
    """Interpolate the best fit (7,) to the first combination of data from the nodes computed so far."""
    best = np.array([record.theta[DATA[0]] for record in done])
    if len(done) < FEW:
        return [float(value) for value in (best[0] if done else START)]
    known = np.array([record.node for record in done])
    spread = np.maximum(np.ptp(known, axis=0), 1e-9)
    surface = RBFInterpolator(known / spread, best, kernel="linear", degree=0)
    return [float(value) for value in surface(np.array([node]) / spread)[0]]


def read(store: Path) -> Iterator[Record]:
    """Yield the records of a store; a line that was cut off by a stop is left out."""
    if not store.is_file():
        return
    for line in store.read_text(encoding="utf-8").splitlines():
        try:
            fields: dict[str, Any] = json.loads(line)
        except json.JSONDecodeError:
            continue
        fields["node"] = tuple(fields["node"])
        yield Record(**fields)


def run(todo: list[Node], store: Path, data_dir: str, jacobian: Array, workers: int = 2) -> Iterator[Record]:
    """Compute the nodes that the store does not have yet; yield each record after it has been stored.

    A node that failed before is tried again.
    """
    done = [record for record in read(store) if not record.error]
    have = {record.node for record in done}
    missing = iter([node for node in todo if node not in have])
    with pool(workers) as executor, store.open("a", encoding="utf-8") as file:
        running: set[Future[Record]] = set()
        while True:
            for node in missing:
                running.add(executor.submit(compute, node, start_for(node, done), jacobian, data_dir))
                if len(running) >= workers:
                    break
            if not running:
                return
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                record = future.result()
                file.write(json.dumps(record.__dict__) + "\n")
                file.flush()
                if not record.error:
                    done.append(record)
                yield record


def provenance(data_dir: str) -> dict[str, Any]:
    """Return what a table was computed with: versions, precision settings of CLASS, and hashes of the data files."""
    versions = {package: version(package) for package in ("classy", "numpy", "scipy", "sterile-boltzmann")}
    return {
        "versions": versions,
        "class_precision": {key: float(value) for key, value in PRECISION.items()},
        "sha256": {
            file: hashlib.sha256((Path(data_dir) / file).read_bytes()).hexdigest()[:16] for file in FILES.values()
        },
    }


def write_profile(records: list[Record], path: Path, data_dir: str, *, scored: bool = True) -> None:
    """Write the table of the nodes that were computed, sorted, as ECSV; with scores to interpolate, or without."""
    good = sorted((record for record in records if not record.error), key=lambda record: record.node)
    columns: dict[str, Any] = dict(zip(NODE_COLUMNS, np.array([r.node for r in good]).T, strict=False))
    descriptions = {name: NODE_COLUMNS[name] for name in columns}
    header = {"title": "chi^2 of the CMB minimised over LCDM and the calibration", **provenance(data_dir)}
    for data in DATA:
        found = _columns(good, data)
        if scored:
            scores, header[f"linear {data}"] = principal_scores(good, data)
            found |= {f"s{k}": (scores[:, k], 4, "score of the residuals") for k in range(COMPONENTS)}
        for name, (values, digits, text) in found.items():
            columns[f"{name} {data}"] = np.round(values, digits)
            descriptions[f"{name} {data}"] = text
    write_table(path, columns, descriptions, header)


def principal_scores(records: list[Record], data: str) -> tuple[Array, list[float]]:
    """Return the scores s (n, COMPONENTS) of residuals on their principal components, and b.

    With r = r_0 + SUM_k s_k v_k, orthonormal v, chi^2 - chi^2(LCDM) = b.s + s.s, b_k = 2 r_0.v_k.
    """
    residuals = np.array([record.residuals[data] for record in records])
    standard = residuals[[any(record.node) for record in records].index(False)]
    _, _, directions = np.linalg.svd(residuals - standard, full_matrices=False)
    directions = directions[:COMPONENTS]
    return (residuals - standard) @ directions.T, [float(b) for b in 2.0 * directions @ standard]


def _columns(records: list[Record], data: str) -> dict[str, tuple[Array, int, str]]:
    """Return name -> (values, digits, description) of what the table has for one combination of data."""
    best = np.array([r.theta[data] for r in records])
    return {
        "chi2": (np.array([r.chi2[data] for r in records]), 3, "minimum of chi^2 over LCDM, the gain subtracted"),
        "gain": (np.array([r.gain[data] for r in records]), 3, "predicted fall of chi^2 in one more step"),
        **{name: (best[:, k], 6, "at the minimum") for k, name in enumerate(PARAMETERS)},
    }


def write_jacobian(jacobian: Array, path: Path, data_dir: str) -> None:
    """Write the derivatives of the whitened residuals at the best fit of LCDM as ECSV."""
    digits = 6 - np.floor(np.log10(np.abs(jacobian).max(axis=0))).astype(int)
    columns = {name: np.round(jacobian[:, k], digits[k]) for k, name in enumerate(PARAMETERS)}
    descriptions = {name: f"d(residual)/d({name})" for name in columns}
    header = {
        "title": "derivatives of the whitened residuals of boltzmann.cmb.gauss_newton at the best fit of LCDM",
        "at": dict(zip(PARAMETERS, START.tolist(), strict=True)),
        **provenance(data_dir),
    }
    write_table(path, columns, descriptions, header)
