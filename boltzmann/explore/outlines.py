"""The lines of the planes: laboratory regions at 99 % CL, what the CMB excludes at 2 and 3 sigma; kept in the cache."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from boltzmann import datasets
from boltzmann.comparison import scans
from boltzmann.comparison.planes import THRESHOLDS, Planes
from boltzmann.explore.state import KNOBS, PLANES
from boltzmann.figures.laboratory import Drawing
from boltzmann.lab import minima, statistics
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.cache import tables

__all__ = ["Outline", "Plane", "plane"]

Kind = Literal["region", "limit", "expected", "cosmology", "N_eff"]
_MIXING = ("ee", "mumu", "mue")
_X_RANGES = {"ee": (1e-5, 0.5), "mumu": (1e-5, 0.5), "mue": (1e-8, 0.3)}
_LABELS = {"sin2_2theta_mue": "sin² 2θ_μe = 4 |Uₑ₄|² |U_μ4|²", "dm2_41": "Δm²₄₁ [eV²]"}
_WORDS = {
    "ee": "|Uₑ₄|² and Δm²₄₁",
    "mumu": "|U_μ4|² and Δm²₄₁",
    "mue": "νμ → νe appearance and Δm²₄₁",
    "vector": "vector: mass and coupling",
    "pseudoscalar": "pseudoscalar: mass and coupling",
}
_DATA = "planck2018"
_N_EFF = (3.1, 3.3, 3.6, 3.9)


@dataclass(frozen=True, eq=False)
class Outline:
    """One entry of the legend.

    Parameters
    ----------
    label : str
    kind : {"region", "limit", "expected", "cosmology", "N_eff"}
        "region": what is allowed is inside; "expected": what an experiment to come would exclude.
    x, y : arrays
        Points of lines, NaN between two of them.
    """

    label: str
    kind: Kind
    x: Array
    y: Array


@dataclass(frozen=True, eq=False)
class Plane:
    """One plane of `boltzmann.explore.state.PLANES`, all axes logarithmic.

    Parameters
    ----------
    name, title : str
    labels : (str, str)
        Of the axes.
    x_range, y_range : (float, float)
    outlines : tuple of Outline
    note : str
        What the lines of cosmology are of.
    """

    name: str
    title: str
    labels: tuple[str, str]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    outlines: tuple[Outline, ...]
    note: str


def plane(name: str) -> Plane:
    """Return a plane with its lines; those of mixing take some seconds the first time.

    Parameters
    ----------
    name : str
        Of `boltzmann.explore.state.PLANES`.
    """
    x, y = PLANES[name]
    stored = tables("explorer-lines", (name, _contents(name)), lambda: _stored(name))
    words = zip(stored["labels"].tolist(), stored["kinds"].tolist(), strict=True)
    outlines = tuple(Outline(label, kind, stored[f"{k}_x"], stored[f"{k}_y"]) for k, (label, kind) in enumerate(words))
    if name in _MIXING:
        note = "Lines of the CMB: 3+1 alone, at the best value of what is not shown."
        return Plane(name, _WORDS[name], (_label(x), _label(y)), _X_RANGES[name], (0.02, 10.0), outlines, note)
    data = scans.load(f"plane_{name}")
    ranges = [(float(data[axis][0]), float(data[axis][-1])) for axis in ("mediator_mass", "coupling")]
    least = f"Δχ² of the CMB is {float(data['delta_chi2'].sel(data=_DATA).min()):.1f} where it is smallest"
    note = f"Lines: mixing of the benchmark {scans.POINT} ({least}); the point has the mixing of the sliders."
    return Plane(name, _WORDS[name], (_label(x), _label(y)), ranges[0], ranges[1], outlines, note)


def _label(axis: str) -> str:
    """Return the label of an axis."""
    if axis in _LABELS:
        return _LABELS[axis]
    knob = KNOBS[axis]
    return f"{knob.label} [{knob.unit}]" if knob.unit else knob.label


def _contents(name: str) -> str:
    """Return the hash of what a plane is made of."""
    scan = "3+1" if name in _MIXING else f"plane_{name}"
    digest = hashlib.sha256(datasets.path(f"scans/{scan}.nc").read_bytes())
    return digest.hexdigest() + (minima.contents() if name in _MIXING else "")


def _stored(name: str) -> dict[str, Array]:
    """Return the outlines of a plane as arrays."""
    outlines = [o for o in (_mixing(name) if name in _MIXING else _couplings(name)) if np.isfinite(o.x).any()]
    arrays = {f"{k}_{axis}": getattr(o, axis) for k, o in enumerate(outlines) for axis in ("x", "y")}
    words = {"labels": np.array([o.label for o in outlines]), "kinds": np.array([o.kind for o in outlines])}
    return {**arrays, **words}


def _joined(label: str, kind: Kind, lines: list[Array]) -> Outline:
    """Return lines as one array with NaN between them."""
    gap = np.full((1, 2), np.nan)
    points = np.concatenate([part for line in lines for part in (line, gap)] or [gap])
    return Outline(label, kind, points[:, 0], points[:, 1])


def _of_drawing(drawing: Drawing) -> Outline:
    lines = statistics.edges(drawing.amplitude, drawing.dm2_41, np.asarray(drawing.heights[0]))
    label = drawing.label.replace(r"$\Delta m^2_{41}$", "Δm²₄₁")  # the page has no mathtext
    return _joined(label, "region" if drawing.style == "region" else "limit", lines)


def _mixing(name: str) -> Iterator[Outline]:
    """Yield laboratories, those to come, then the CMB in 3+1."""
    (found,) = (plane for plane in Planes(("3+1",)).planes() if plane.name == name)
    yield from map(_of_drawing, found.laboratory)
    for line in found.expected:
        label = line.label.replace(r"$\sigma$", "σ")
        yield Outline(label, "expected", line.amplitude, line.dm2_41)
    curve = found.cosmology[0]
    for sigma, threshold in zip((2, 3), THRESHOLDS, strict=True):
        lines = statistics.edges(curve.x, curve.dm2_41, curve.delta_chi2 - threshold)
        yield _joined(f"CMB, {sigma} σ", "cosmology", lines)


def _couplings(name: str) -> Iterator[Outline]:
    """Yield N_eff and the CMB in the plane of mass and coupling."""
    data = scans.load(f"plane_{name}").transpose("coupling", "mediator_mass", ...)
    mass, coupling = data["mediator_mass"].values, data["coupling"].values
    for level in _N_EFF:
        yield _joined(f"N_eff = {level}", "N_eff", statistics.edges(mass, coupling, data["N_eff"].values - level))
    delta = data["delta_chi2"].sel(data=_DATA).values
    for sigma, threshold in zip((2, 3), THRESHOLDS, strict=True):
        yield _joined(f"CMB, {sigma} σ", "cosmology", statistics.edges(mass, coupling, delta - threshold))
