"""Best fits of experiments, each alone and together: what a verdict measures from, computed once and kept on disk.

All of them take 3 s of CPU time; they are named by the hash of the experiments' data and code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from boltzmann import datasets, lab
from boltzmann.lab import statistics, tension
from boltzmann.lab.parameters import at_amplitude
from boltzmann.numerics.cache import tables

__all__ = ["Minimum", "alone", "contents", "covers", "together"]


class Minimum(NamedTuple):
    """Best fit on a grid: dm2_41 [eV^2], |U_e4|^2, |U_mu4|^2, and -2 ln L there."""

    dm2_41: float
    Ue4_sq: float
    Umu4_sq: float
    chi2: float


@cache
def contents() -> str:
    """Return the hash of all that a best fit depends on: data and code of the experiments."""
    folders = Path(__file__).parent, datasets.path("lab/lsnd.ecsv").parent
    digest = hashlib.sha256()
    for file in sorted(file for folder in folders for file in folder.iterdir() if file.is_file()):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def _kept(names: tuple[str, ...], find: Callable[[], Minimum]) -> Minimum:
    stored = tables("lab-best-fit", (names, contents()), lambda: {"fit": np.array(find())})
    return Minimum(*stored["fit"].tolist())


@cache
def alone(name: str) -> Minimum:
    """Return the best fit of one experiment on the grid of `statistics.scan`; of "mue" with equal elements.

    Raises
    ------
    ParameterError
        There is no such experiment.
    """
    return _kept((name,), lambda: _alone(name))


def _alone(name: str) -> Minimum:
    scan = statistics.scan(name)
    point = at_amplitude(scan.channel, scan.best.dm2_41, scan.best.amplitude)
    return Minimum(scan.best.dm2_41, float(point.Ue4_sq), float(point.Umu4_sq), scan.best.chi2)


@cache
def together(names: tuple[str, ...]) -> Minimum:
    """Return the best fit of the sum of experiments on the grid of `tension.evaluate`, where all of them are good.

    Raises
    ------
    ParameterError
        An experiment is unknown, or they have no dm2_41 in common.
    """
    return _kept(names, lambda: _together(names))


def _together(names: tuple[str, ...]) -> Minimum:
    grid = tension.evaluate(names)
    values = grid.joint
    n, i, j = np.unravel_index(values.argmin(), values.shape)
    return Minimum(float(grid.dm2_41[n]), float(grid.element[i]), float(grid.element[j]), float(values[n, i, j]))


def covers(name: str, dm2_41: float) -> bool:
    """Return whether an experiment is good for a splitting [eV^2]."""
    module = lab.experiment(name)
    return bool(getattr(module, "DM2_MIN", 0.0) <= dm2_41 <= getattr(module, "DM2_MAX", np.inf))
