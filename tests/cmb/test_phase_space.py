"""Phase-space files: exact moments in CLASS's quadrature, never zero, and a derivative that is resolved."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.polynomial.laguerre import laggauss
from scipy.integrate import simpson
from scipy.interpolate import CubicSpline

from boltzmann.cmb import phase_space
from boltzmann.cmb.phase_space import MOST_NODES, Y, sampled, write
from boltzmann.numerics.cache import CacheError
from boltzmann.numerics.momentum import fermi_dirac

FD = fermi_dirac(Y)
SMOOTH = {
    "thermal": FD,
    "distorted": FD * (0.2 + 0.5 * np.exp(-Y / 1.5)),
    "pulled up": FD * (1 + 0.002 * Y**1.5),
}
SHARP = {
    "cut": np.where(Y < 3, FD, 0.0),
    "low cut": np.where(Y < 0.5, FD, 0.0),
    "high": np.where(Y > 3, FD, 0.0),
    "zero tail": np.where(Y < 10, FD, 0.0),
    "empty": np.zeros_like(Y),
}


@pytest.mark.parametrize("power", [1, 2, 3, 4])
def test_moments_are_those_of_simpsons_rule(power: int) -> None:
    assert phase_space.moment(FD, power) == pytest.approx(simpson(Y**power * FD, x=Y), rel=1e-14)


@pytest.mark.parametrize("name", [*SMOOTH, *SHARP])
def test_quadrature_of_class(name: str) -> None:
    """As CLASS does it: spline, Gauss-Laguerre nodes. int q^4 f' = -4 int q^3 f sets the initial perturbations."""
    f = np.maximum((SMOOTH | SHARP)[name], 1e-12 * np.exp(-Y))
    spectrum = sampled(f)
    x, w = laggauss(spectrum.nodes)
    spline = CubicSpline(spectrum.q, spectrum.f)
    inside = x < spectrum.q[-1]
    values, slopes = (np.where(inside, spline(x, order), 0.0) for order in (0, 1))
    number, energy = ((w * np.exp(x) * x**k * spectrum.scale ** (k + 1)) @ values for k in (2, 3))
    assert number == pytest.approx(simpson(Y**2 * f, x=Y), rel=5e-5)  # the adjusted file is splined again
    assert energy == pytest.approx(simpson(Y**3 * f, x=Y), rel=5e-5)
    assert energy == pytest.approx(spectrum.energy, rel=5e-5)
    # smooth spectra reach TOLERANCE; steps, smoothed, a per cent
    slope = (w * np.exp(x) * x**4 * spectrum.scale**4) @ slopes
    assert slope == pytest.approx(-4 * energy, rel=1e-3 if name in SMOOTH else 1e-2)


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_spectra_are_kept(name: str) -> None:
    spectrum = sampled(SMOOTH[name])
    assert spectrum.f == pytest.approx(SMOOTH[name], rel=3e-4)
    assert spectrum.nodes <= 12


@pytest.mark.parametrize("name", [*SMOOTH, *SHARP])
def test_file(name: str, tmp_path: Path) -> None:
    spectrum = sampled((SMOOTH | SHARP)[name])
    path = write(spectrum, tmp_path)
    assert path.read_text().splitlines()[0].split() == [
        "0.0000000000e+00",
        f"{2 * spectrum.f[0] / (2 * np.pi) ** 3:.12e}",
    ]
    q, f0 = np.loadtxt(path, comments=None, unpack=True)
    assert q.size >= 400
    assert np.all(np.diff(q) > 0)
    assert np.all(f0 > 0)
    assert f0[-1] < f0[-2]  # CLASS continues the last two points as an exponential
    assert 6 <= spectrum.nodes <= MOST_NODES


def test_a_file_that_is_there_is_used_and_a_failed_one_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    spectrum = sampled(FD)
    monkeypatch.setattr(phase_space.os, "replace", full)
    with pytest.raises(CacheError, match=r"cannot be written \(No space left on device\)"):
        write(spectrum, tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    file = write(spectrum, tmp_path)
    monkeypatch.setattr(phase_space.os, "replace", full)  # as in a folder that is read only
    assert write(spectrum, tmp_path) == file
