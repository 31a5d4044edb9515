"""Collision integrals of the package as functions of occupations, for tests."""

from functools import cache

import numpy as np

from boltzmann.collisions.electron import PANEL_NODES, PANEL_WEIGHTS, couple, electron_integral, electron_kernels
from boltzmann.collisions.neutrino import Neutrino, neutrino_integral, neutrino_tables
from boltzmann.constants import G_L_E, G_L_X
from boltzmann.numerics.momentum import Grid, fermi_dirac, laguerre_grid
from tests.phase_space import Occupation

LEFT = (G_L_E, G_L_X)  # couplings of nu_e, and of nu_mu and nu_tau

# Flavours out of equilibrium by tens of percent, each in its own way.
SPECTRA: list[Occupation] = [
    lambda e: fermi_dirac(e) * (1.0 + 0.25 * np.exp(-((e - 4.0) ** 2) / 6.0)),
    lambda e: fermi_dirac(e / 1.05),
    lambda e: fermi_dirac(e) * (1.0 - 0.2 * np.exp(-e / 3.0)),
]


@cache
def grid(n: int) -> Grid:
    return laguerre_grid(n, 20.0)


@cache
def tables(n: int) -> Neutrino:
    return neutrino_tables(grid(n))


@cache
def kernels(n: int, m2: float, z: float) -> np.ndarray:
    """R1, R2, A1, A2 (4, N, N)."""
    out = np.empty((4, n, n))
    electron_kernels(grid(n).y, m2, z, PANEL_NODES, PANEL_WEIGHTS, out)
    return out


def nu_e(r: np.ndarray, flavour: int, m2: float, z: float) -> tuple[np.ndarray, np.ndarray]:
    """Gain and loss (N,) of one flavour by nu-e collisions."""
    n = r.size
    return gain_and_loss(r, grid(n).w, np.exp(0.5 * grid(n).y / z), *couple(kernels(n, m2, z), flavour, flavour))


def gain_and_loss(
    r: np.ndarray, w: np.ndarray, boost: np.ndarray, k: np.ndarray, a: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gain and loss (N,) of one flavour with the rates k and a, which do not include the weights w."""
    gain, loss = np.empty(r.size), np.empty(r.size)
    electron_integral(r, w, boost, k, a, np.empty((4, r.size)), gain, loss)
    return gain, loss


def single_rates(n: int, m2: float, z: float) -> np.ndarray:
    """k_e, a_e, k_x, a_x (4, N, N) without weights."""
    return np.stack([rate for flavour in (0, 1) for rate in couple(kernels(n, m2, z), flavour, flavour)])


def nu_nu(r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gain and loss (3, N) by nu-nu collisions."""
    n = r.shape[1]
    gain, loss = np.empty((3, n)), np.empty((3, n))
    neutrino_integral(r, tables(n), np.zeros((n, 3, n, n)), np.empty((2, 3, n * n)), gain, loss)
    return gain, loss


def net(r: np.ndarray, gain: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """The integral I from gain and loss."""
    return gain * (1.0 - r) - loss * r
