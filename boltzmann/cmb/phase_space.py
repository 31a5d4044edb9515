"""Phase-space files of CLASS: a spectrum f(y) as the momenta and occupations that CLASS integrates well.

CLASS integrates a file with Gauss-Laguerre nodes whose number we choose. Its own choice of momenta asks for an accuracy
relative to a sum of moments that can vanish: it fails, hangs, or takes hundreds of momenta, for spectra with a resonant
cut (classy 3.4.1). Cuts that are too sharp for `MOST_NODES` are smoothed at fixed number and energy density, the two
numbers that the CMB is sensitive to.
"""

from __future__ import annotations

import hashlib
import math
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.polynomial.laguerre import laggauss

from boltzmann.constants import ZETA_3
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.cache import CacheError
from boltzmann.numerics.momentum import fermi_dirac

Y = np.linspace(0.0, 30.0, 1201)  # comoving momenta of a file
# Composite Simpson rule on `Y`, h/3 (1, 4, 2, ..., 4, 1); scipy.integrate, which has it too, takes 0.1 s to import
_SIMPSON = np.where(np.arange(Y.size) % 2, 4.0, 2.0) * (Y[1] / 3.0)
_SIMPSON[[0, -1]] /= 2.0
FERMI_DIRAC_MEAN = 3.151374  # mean momentum of a Fermi-Dirac spectrum over its temperature, 7 pi^4/(180 zeta(3))
FERMI_DIRAC_NUMBER = 1.5 * ZETA_3  # int dq q^2/(e^q + 1)
TOLERANCE = 1e-4  # of the integrals of a spectrum and its slope in CLASS's quadrature, before two are made exact
MOST_NODES = 24  # CLASS takes 13 s (CPU) with 8 nodes, 31 s with 24
ZETA_5 = 1.0369277551433699
FLOOR = 1e-12  # of a Boltzmann tail: CLASS divides by f0
LONGEST_PATH = 240  # CLASS keeps four file names and their commas in 1024 characters


@dataclass(frozen=True)
class PhaseSpace:
    """A spectrum as CLASS takes it.

    Parameters
    ----------
    q, f : arrays
        Momenta in units of the species' temperature, and occupation per helicity.
    nodes : int
        Number of Gauss-Laguerre momenta for CLASS.
    scale : float
        y/q: the species' temperature in comoving units.
    energy : float
        int dy y^3 f, per helicity.
    """

    q: Array
    f: Array
    nodes: int
    scale: float
    energy: float


class FermiDiracLike(NamedTuple):
    """The multiple of a Fermi-Dirac spectrum that has the number and energy density of another.

    Attributes
    ----------
    scale, factor : float
        Temperature in comoving units, and what multiplies 1/(e^q + 1).
    energy : float
        int dy y^3 f.
    deviation : float
        Largest relative difference of the moments of q and q^4: of how fast the slow ones and the fast ones are.
    """

    scale: float
    factor: float
    energy: float
    deviation: float


def positive(f: Array) -> Array:
    """Return an occupation on `Y` that is nowhere below a Boltzmann tail."""
    return np.maximum(f, FLOOR * np.exp(-Y))


def _integral(values: Array, q: Array = Y) -> Array:
    """Return the integrals of ``values`` (..., n) over `Y` or a multiple ``q`` of it."""
    return np.asarray(values @ _SIMPSON * (q[-1] / Y[-1]))


def moment(f: Array, power: int) -> float:
    """Return int dy y^power f of an occupation on `Y`."""
    return float(_integral(Y**power * f))


def fermi_dirac_like(f: Array) -> FermiDiracLike:
    """Return the multiple of a Fermi-Dirac spectrum with the number and energy density of an occupation on `Y`."""
    first, number, energy, fourth = (moment(f, power) for power in (1, 2, 3, 4))
    scale = energy / number / FERMI_DIRAC_MEAN
    factor = number / (FERMI_DIRAC_NUMBER * scale**3)
    found = np.array([first / scale**2, fourth / scale**5]) / factor
    exact = np.array([math.pi**2 / 12.0, 22.5 * ZETA_5])  # (1 - 2^-n) Gamma(n + 1) zeta(n + 1), n = 1 and 4
    return FermiDiracLike(scale, factor, energy, float(np.max(np.abs(found / exact - 1.0))))


def sampled(f: Array) -> PhaseSpace:
    """Choose temperature and the fewest nodes that resolve an occupation f on `Y`; number and energy density are exact.

    A spectrum that no allowed number of nodes resolves, because of a sharp cut, is smoothed first.
    """
    f = positive(f)
    number, energy = moment(f, 2), moment(f, 3)
    scale = energy / number / FERMI_DIRAC_MEAN
    q = Y / scale
    attempts = ((smooth, nodes) for smooth in _smoothed(q, f) for nodes in range(6, MOST_NODES + 1, 2))
    for smooth, nodes in attempts:
        if _sampling_error(q, smooth, nodes) < TOLERANCE:
            break
    return PhaseSpace(q, _with_moments_of(f, q, smooth, nodes), nodes, scale, energy)


def _smoothed(q: Array, f: Array) -> Iterator[Array]:
    """Yield f(q) as it is, then with its ratio to Fermi-Dirac averaged by Gaussians of growing width."""
    yield f
    for width in (0.5, 1.0):
        kernel = np.exp(-0.5 * ((q[:, None] - q) / width) ** 2) * fermi_dirac(q)
        yield fermi_dirac(q) * (kernel @ (f / fermi_dirac(q))) / kernel.sum(axis=1)


def _rule(q: Array, f: Array, nodes: int) -> tuple[Array, Array, Array, Array]:
    """Return CLASS's nodes and weights (int dq g = SUM w g), and f and df/dq there, splined as CLASS does it."""
    from scipy.interpolate import CubicSpline  # here, because most solutions are not written for CLASS

    x, w = laggauss(nodes)
    spline, inside = CubicSpline(q, f), x < q[-1]
    return x, w * np.exp(x), np.where(inside, spline(x), 0.0), np.where(inside, spline(x, 1), 0.0)


def _sampling_error(q: Array, f: Array, nodes: int) -> float:
    """Return the largest relative error of int q^k f for k = 2, 3, 4 and of int q^4 df/dq = -4 int q^3 f.

    The last one drives the initial perturbations.
    """
    x, w, sampled, slope = _rule(q, f, nodes)
    powers = np.array([2, 3, 4])[:, None]
    exact = _integral(q**powers * f, q)
    found = np.append((x**powers * sampled) @ w, (x**4 * slope) @ w)
    return float(np.max(np.abs(found / np.append(exact, -4.0 * exact[1]) - 1.0)))


def _with_moments_of(f: Array, q: Array, smooth: Array, nodes: int) -> Array:
    """Return `smooth` times a slowly varying factor, so that CLASS finds the number and energy density of `f`."""
    x, w, sampled, _ = _rule(q, smooth, nodes)
    powers = np.array([2, 3])[:, None]
    target = _integral(q**powers * f, q)
    falling = 3.0 / (3.0 + x)
    moments = np.array([(x**powers * sampled) @ w, (x**powers * sampled * falling) @ w]).T
    a, b = np.linalg.solve(moments, target)
    return np.asarray(np.maximum(smooth * (a + b * 3.0 / (3.0 + q)), FLOOR * np.exp(-q)))


def write(spectrum: PhaseSpace, directory: Path) -> Path:
    """Write ``q f0`` with f0 = (f + fbar)/(2 pi)^3, named by its content; readers never see half a file."""
    f0 = 2.0 * spectrum.f / (2.0 * math.pi) ** 3
    lines = [f"{q:.10e} {value:.12e}\n" for q, value in zip(spectrum.q, f0, strict=True)]
    content = "".join(lines).encode()
    path = directory.absolute() / f"psd-{hashlib.sha256(content).hexdigest()[:16]}.dat"
    if "," in str(path) or len(str(path)) > LONGEST_PATH:
        raise CacheError(
            f"folder {directory}: CLASS cannot read a file name with a comma or of more than {LONGEST_PATH} "
            "characters; choose another folder, for example by the environment variable STERILE_CACHE_DIR"
        )
    if path.is_file() and path.read_bytes() == content:  # perhaps in a folder that is read only
        return path
    aside = path.with_suffix(f".{uuid.uuid4().hex}.tmp")
    try:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(content)
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise CacheError(
            f"folder {directory}: the phase-space file cannot be written ({error.strerror}); "
            "choose a folder you may write to"
        ) from error
    return path
