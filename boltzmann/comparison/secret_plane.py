"""N_eff and recoupling of a secret vector interaction on a grid of couplings and masses, kept in one file of results.

The file has JSON lines: first what was assumed, then one line for every point in the order in which they end. A run
that was stopped goes on with the points that are missing; `table` reads what there is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.integrate import cumulative_simpson

import boltzmann
from boltzmann.constants import M_E, NEUTRINO_DENSITY
from boltzmann.dark.tables import boson_thermodynamics
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.cache import source_hash
from boltzmann.numerics.processes import pool
from boltzmann.parameters import Mixing, Options
from boltzmann.potentials import SecretVector
from boltzmann.solution import Solution
from boltzmann.solver import secret, solve
from boltzmann.units import from_natural

NUMBERS = ("N_eff_1MeV", "N_eff", "T_recoupling_MeV", "late_share")
LATE = 0.1  # T_gamma [MeV] below which energy is received late
NOTHING = 0.01  # energy received, in standard neutrinos, below which there is no recoupling


@dataclass(frozen=True)
class Plane:
    """The points and what they share.

    Parameters
    ----------
    points : int
        Couplings, and as many masses; logarithmic.
    e_s : tuple of two floats
        Least and greatest coupling.
    mass : tuple of two floats
        Least and greatest mediator mass [MeV].
    mixing, options
        Inputs of every run. By default the sterile state mixes with nu_mu: theta_24 = 0.1 rad, dm2_41 = 1 eV2.
    temperature_ratio : float
        Of every interaction; default (10.75/106.75)^(1/3), a dark sector that decoupled above the electroweak scale.
    """

    points: int = 60
    e_s: tuple[float, float] = (1e-6, 0.5)
    mass: tuple[float, float] = (1e-3, 1e3)
    mixing: Mixing = field(default_factory=lambda: Mixing("1 eV2", theta_24="0.1 rad"))
    temperature_ratio: float = 0.465
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        if self.points < 2:
            raise ParameterError(f"points = {self.points} is not allowed; a figure needs at least 2 in each direction")
        if self.mixing.dm2_41 is None:
            raise ParameterError('mixing has no sterile state; give dm2_41, for example Mixing("1 eV2")')

    @property
    def couplings(self) -> Array:
        """Couplings e_s, ascending."""
        return np.geomspace(*self.e_s, self.points)

    @property
    def masses(self) -> Array:
        """Mediator masses [MeV], ascending."""
        return np.geomspace(*self.mass, self.points)

    def header(self) -> dict[str, Any]:
        """Return the first line of the file: everything that the results depend on."""
        mixing = self.mixing
        return {
            "e_s": [self.points, *self.e_s],
            "M_MeV": [self.points, *self.mass],
            "dm2_41_eV2": float(mixing.dm2_41.value),
            "U_a4_squared": [mixing.Ue4_sq, mixing.Umu4_sq, mixing.Utau4_sq],
            "mixing": repr(mixing),
            "temperature_ratio": self.temperature_ratio,
            "options": asdict(self.options),
            "version": boltzmann.__version__,
            "kernels": source_hash(),
        }


def _trace(solution: Solution) -> Array:
    """Return the mediators' comoving rho - 3P, (n_x,): what expansion adds to their comoving energy per ln a."""
    dark, total = solution.dark, np.zeros_like(solution.x)
    if dark is None:
        return total
    for interaction in secret(solution.interactions):
        mediator = interaction.mediator()
        mu = mediator.mass * solution.x / M_E * np.exp(-dark.log_z)
        energy, pressure = boson_thermodynamics(mu)[:, :2].T
        total += (
            mediator.degrees * np.exp(mediator.charge * dark.eta + 4.0 * dark.log_z - mu) * (energy - 3.0 * pressure)
        )
    return total


def energy_received(solution: Solution) -> Array:
    """Return the energy that the dark sector has received from the active neutrinos since the start, (n_x,).

    The comoving energy of sterile neutrinos and mediators without what expansion adds to massive mediators, rho - 3P
    per ln a; in standard neutrinos before e+- annihilation. The actives' refill by the plasma does not enter.
    """
    sterile = solution.energy_density("s")
    mediators = np.zeros_like(sterile) if solution.dark is None else solution.dark.energy / NEUTRINO_DENSITY
    grown = cumulative_simpson(_trace(solution), x=np.log(solution.x), initial=0.0) / NEUTRINO_DENSITY
    return np.asarray(sterile + mediators - grown - (sterile + mediators)[0])


def recoupling_temperature(T: Array, received: Array) -> float:
    """Return the temperature below which more than half of the largest energy had been received; NaN if below 0.01.

    The largest, because a mediator that turns non-relativistic later in equilibrium gives part of it back.

    Parameters
    ----------
    T : (n_x,) array
        Photon temperatures, falling.
    received : (n_x,) array
        `energy_received`.
    """
    top = int(np.argmax(received))
    if received[top] < NOTHING:
        return float("nan")
    level = received[: top + 1] / received[top] - 0.5
    k = int(np.flatnonzero(level < 0.0)[-1])
    part = level[k] / (level[k] - level[k + 1])
    return float(T[k] ** (1.0 - part) * T[k + 1] ** part)


def late_share(T: Array, received: Array) -> float:
    """Return the share of the largest energy that was received below T_gamma = 0.1 MeV; NaN as above."""
    if received.max() < NOTHING:
        return float("nan")
    before = float(np.interp(-np.log(LATE), -np.log(T), received))
    return max(0.0, float(received[T < LATE].max(initial=before)) - before) / float(received.max())


def _numbers(solution: Solution) -> dict[str, float]:
    """Return the results of a run that ended well, in the order of `NUMBERS`."""
    T, received = solution.T.value, energy_received(solution)
    values = (
        solution.N_eff_at(from_natural(1.0, "MeV")),
        solution.N_eff,
        recoupling_temperature(T, received),
        late_share(T, received),
    )
    return dict(zip(NUMBERS, values, strict=True))


def measure(plane: Plane, i: int, j: int) -> dict[str, Any]:
    """Return the line of coupling ``i`` and mass ``j``; whatever goes wrong becomes its status."""
    e_s, mass = float(plane.couplings[i]), float(plane.masses[j])
    record: dict[str, Any] = {"i": i, "j": j, "e_s": e_s, "M_MeV": mass, "status": "SUCCESS"}
    try:
        interaction = SecretVector(e_s, f"{mass!r} MeV", temperature_ratio=plane.temperature_ratio)
        solution = solve(plane.mixing, [interaction], plane.options)
        record.update(status=solution.status.name, steps=solution.stats.steps, seconds=solution.stats.cpu_seconds)
        if solution.status.ok:
            record.update({k: v if np.isfinite(v) else None for k, v in _numbers(solution).items()})
    except Exception as error:  # noqa: BLE001, one point must not end an hour of others
        record["status"] = f"{type(error).__name__}: {error}"
    return record


def _lines(file: Path) -> list[dict[str, Any]]:
    """Return the lines of a file; one that was cut off when its writer was stopped is left out."""
    result = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            result.append(json.loads(line))
        except ValueError:
            continue
    return result


def _missing(plane: Plane, file: Path) -> list[tuple[int, int]]:
    """Return the points the file does not have; a new file gets its first line.

    Raises ParameterError if the file is of another plane.
    """
    lines = _lines(file) if file.exists() else []
    if not lines:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(plane.header()) + "\n", encoding="utf-8")
    elif lines[0] != _json(plane.header()):
        differing = ", ".join(key for key, value in _json(plane.header()).items() if lines[0].get(key) != value)
        raise ParameterError(
            f"{file} was made with other values of {differing}; give another --output, or remove the file"
        )
    done = {(line["i"], line["j"]) for line in lines[1:]}
    return [(i, j) for i in range(plane.points) for j in range(plane.points) if (i, j) not in done]


def _json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _results(plane: Plane, todo: list[tuple[int, int]], processes: int) -> Iterator[dict[str, Any]]:
    """Yield the lines of all points; the first is computed here, so that kernels are compiled once."""
    here = todo if processes == 1 else todo[:1]
    yield from (measure(plane, *point) for point in here)
    if len(here) == len(todo):
        return
    executor = pool(processes)
    try:
        for future in as_completed([executor.submit(measure, plane, *point) for point in todo[1:]]):
            yield future.result()
    finally:
        executor.shutdown(cancel_futures=True)


def compute(plane: Plane, file: Path, processes: int = 2, progress: Callable[[int, int], None] | None = None) -> None:
    """Solve the points that ``file`` does not have and append them, each with one write.

    Parameters
    ----------
    plane : Plane
    file : Path
        Results; created with its folder if necessary.
    processes : int
        1: in this process.
    progress : callable, optional
        Called with the number of points that are done and of all.

    Raises
    ------
    ParameterError
        The file belongs to another plane.
    OSError
        The file cannot be written.
    """
    todo, total = _missing(plane, file), plane.points**2
    with file.open("r+b") as out:
        if out.seek(0, os.SEEK_END) and out.seek(-1, os.SEEK_END) and out.read(1) != b"\n":
            out.write(b"\n")  # after a line that was cut off
        for done, record in enumerate(_results(plane, todo, processes), total - len(todo) + 1):
            out.write(json.dumps(record, allow_nan=False).encode() + b"\n")
            out.flush()
            if progress:
                progress(done, total)


class Table(NamedTuple):
    """The results of a file; arrays (couplings, masses), NaN where there is none.

    Attributes
    ----------
    header : dict
        What was assumed, see `Plane.header`.
    couplings, masses : arrays
        e_s, and M [MeV].
    values : dict
        `NUMBERS` -> array.
    failed : boolean array
        Points that were tried and did not end well.
    """

    header: dict[str, Any]
    couplings: Array
    masses: Array
    values: dict[str, Array]
    failed: Any


def table(file: Path) -> Table:
    """Read the results of a file. Raises OSError if it cannot be read, ParameterError if it has no first line."""
    lines = _lines(file)
    if not lines or "e_s" not in lines[0]:
        raise ParameterError(f"{file} has no results of a plane; run scripts/secret_plane.py first")
    header = lines[0]
    n = int(header["e_s"][0])
    values = {name: np.full((n, n), np.nan) for name in NUMBERS}
    failed = np.zeros((n, n), bool)
    for line in lines[1:]:
        at = line["i"], line["j"]
        failed[at] = line["status"] != "SUCCESS"
        for name, array in values.items():
            array[at] = np.nan if line.get(name) is None else line[name]
    couplings, masses = (np.geomspace(header[name][1], header[name][2], n) for name in ("e_s", "M_MeV"))
    return Table(header, couplings, masses, values, failed)


class Late(NamedTuple):
    """How late sterile neutrinos recouple in a region of the plane."""

    temperature: float  # lowest recoupling temperature [MeV]
    e_s: float  # of that point
    mass: float  # of that point [MeV]
    share: float  # largest share of the energy received below 0.1 MeV
    points: int  # with a recoupling temperature
    below: int  # of these: below 0.1 MeV


def latest_recoupling(results: Table, e_s: tuple[float, float], mass: tuple[float, float]) -> Late:
    """Return how late recoupling is for couplings and masses [MeV] in these ranges, ends included."""
    rounding = 1.0 + 1e-9
    low, high = np.array([e_s, mass]).T
    inside = (results.couplings >= low[0] / rounding) & (results.couplings <= high[0] * rounding)
    columns = (results.masses >= low[1] / rounding) & (results.masses <= high[1] * rounding)
    region = inside[:, None] & columns & np.isfinite(results.values["T_recoupling_MeV"])
    if not region.any():
        nan = float("nan")
        return Late(nan, nan, nan, nan, 0, 0)
    T = np.where(region, results.values["T_recoupling_MeV"], np.inf)
    i, j = np.unravel_index(np.argmin(T), T.shape)
    share = float(np.max(results.values["late_share"][region]))
    below = int(np.count_nonzero(T < LATE))
    return Late(float(T[i, j]), float(results.couplings[i]), float(results.masses[j]), share, int(region.sum()), below)
