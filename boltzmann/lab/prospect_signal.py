"""PROSPECT's chi^2 of any survival of nu_4: what of the 2021 release depends on it, without the release.

**Averages.** Every bin needs the mean of exp(-z L/E), z = 2 PHASE (m_4 Gamma + i dm2_41) for Re kappa and 4 PHASE m_4
Gamma for |kappa|^2 (`boltzmann.lab.oscillation`). Up to 20 eV^2 these have bounded frequencies: by the sampling
theorem they are sums of weights at nodes of L/E less than pi/Im z apart. Nodes are `STEP` apart, weights the
least-squares solution of the averages of `prospect_release` at many z, good to 1e-4 at others.

**chi^2** of `prospect_release` is D^T V^-1 D with D_le = M_le - M_e s_le, s_le the share of baseline l in the
prediction of energy e. Since SUM_l s_le = 1, D = C s is linear in the 160 shares, C_le,l'e' = (M_le - M_e delta_ll')
delta_ee'. With V^-1 = A^T A, chi^2 = |A C s|^2. Shares of any (dm2_41, |U_e4|^2, m_4 Gamma) differ from those without
oscillation in few directions: A C s is projected on its `MODES` largest principal components over a grid of them,
where large chi^2 has small weight, and on what is left of it without oscillation (derived; against the release it is
good to 0.12 where Delta < 100).

Both tables ``data/lab/prospect2021_{response,projected}.ecsv`` are written by ``scripts/make_prospect_signal.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from boltzmann import ecsv
from boltzmann.lab.oscillation import PHASE, mean_exponential
from boltzmann.lab.parameters import by_splitting
from boltzmann.lab.prospect_release import N_BASELINES, N_ENERGIES, Release
from boltzmann.lab.response import Response
from boltzmann.numerics.arrays import Array, Complex

__all__ = ["Projection", "project", "projected"]

MODES, STEP = 40, 0.045  # STEP in m/MeV
DM2_MAX = 20.0  # [eV^2]
_BINS = N_BASELINES * N_ENERGIES
_AT_ONCE = 4096  # points evaluated in one go: bounds the memory
_PROJECTED, _RESPONSE = "lab/prospect2021_projected.ecsv", "lab/prospect2021_response.ecsv"


@dataclass(frozen=True, eq=False)
class Projection:
    """The chi^2 of a nu_4 that may decay.

    Attributes
    ----------
    nodes : (n,) array [m/MeV]
    weights : (160, n) array
        Of each node in each bin.
    events : (160,) array
        Prediction without oscillation, in any unit for each energy.
    modes : (modes, 160) array
        chi^2 is the sum of the squares of ``modes @ shares``.
    """

    nodes: Array
    weights: Array
    events: Array
    modes: Array

    def means(self, z: Array | Complex) -> Array | Complex:
        """Return the averages of exp(-z L/E) for z (n,), shape (n, 160)."""
        return np.asarray(np.exp(-z[:, None] * self.nodes) @ self.weights.T)

    def chi2(self, dm2_41: Array, Ue4_sq: Array, rate: float = 0.0) -> Array:
        """Return chi^2 of splittings [eV^2] and |U_e4|^2 of one shape, m_4 Gamma = `rate` [eV^2]."""
        values, inverse = by_splitting(dm2_41)
        z = np.asarray(2.0 * PHASE * (rate + 1j * values), dtype=np.complex128)
        interference = self.means(z).real
        left = self.means(np.array([4.0 * PHASE * rate]))[0]
        u, row = np.ravel(Ue4_sq), np.ravel(inverse)
        parts = []
        for i in range(0, u.size, _AT_ONCE):
            element, kappa = u[i : i + _AT_ONCE, None], interference[row[i : i + _AT_ONCE]]
            parts.append(self.chi2_of(1.0 - 2.0 * element * (1.0 - kappa) + element**2 * (1.0 - 2.0 * kappa + left)))
        return np.asarray(np.concatenate(parts).reshape(np.shape(dm2_41)))

    def chi2_of(self, survival: Array) -> Array:
        """Return chi^2 of survival probabilities (..., 160); of their form with L alone, not of their size."""
        return np.asarray(((_shares(self.events * survival) @ self.modes.T) ** 2).sum(axis=-1))


def _shares(events: Array) -> Array:
    """Return the share of each baseline in the events of each energy, (..., 160)."""
    spectra = events.reshape(*events.shape[:-1], N_BASELINES, N_ENERGIES)
    return np.asarray((spectra / spectra.sum(axis=-2, keepdims=True)).reshape(events.shape))


def _samples() -> Complex:
    """Return values of z [MeV/m] up to 20 eV^2, with and without decay."""
    frequency = 2j * PHASE * np.linspace(0.0, DM2_MAX, 140)
    slow, fast = np.array([0.3, 1.0, 2.5]), np.array([0.3, 1.0, 2.5, 6.0, 15.0])
    return np.concatenate([frequency, fast, (slow[:, None] + frequency[::14]).ravel()])


def quadrature(response: Response) -> tuple[Array, Array]:
    """Return nodes (n,) and weights (bins, n) that give the averages of a response."""
    nodes = np.arange(response.edges[0] - 0.5 * STEP, response.edges[-1], STEP)
    z = _samples()
    wanted = mean_exponential(z[:, None], response.edges[:-1], response.edges[1:]) @ response.shares
    weights = np.zeros((len(response.events), nodes.size))
    for own, mean, events in zip(weights, wanted.T, response.events, strict=True):
        filled = np.flatnonzero(events > 1e-5 * events.sum())
        ends = response.edges[filled[0]] - 2.0 * STEP, response.edges[filled[-1] + 1] + 2.0 * STEP
        near = (nodes >= ends[0]) & (nodes <= ends[1])
        kernel = np.exp(-z[:, None] * nodes[near])
        matrix = np.vstack([kernel.real, kernel.imag, 1e-4 * np.eye(near.sum())])
        value = np.concatenate([mean.real, mean.imag, np.zeros(near.sum())])
        own[near] = np.linalg.lstsq(matrix, value, rcond=None)[0]
    return nodes, weights


def _grid(response: Response) -> Array:
    """Return the shares on a grid of splittings, mixings and rates, (n, 160)."""
    dm2 = np.concatenate([np.geomspace(0.02, 0.5, 10), np.linspace(0.5, DM2_MAX, 118)])
    u = 0.98 * np.sin(np.linspace(0.0, 0.5 * np.pi, 11)) ** 2
    grid, element = np.broadcast_arrays(dm2[:, None], u)
    survival = [response.disappearance(grid, element, rate) for rate in (0.0, 0.05, 0.3, 1.0, 3.0, 10.0, 50.0)]
    return np.concatenate([_shares(response.totals * one).reshape(-1, _BINS) for one in survival])


def _linear(release: Release) -> Array:
    """Return A C, which makes chi = A C s of shares."""
    measured = release.measured
    same = np.eye(N_ENERGIES)[None, :, None, :]
    C = same * (measured[:, :, None, None] - measured.sum(0)[:, None, None] * np.eye(N_BASELINES)[:, None, :, None])
    symmetric = 0.5 * (release.inverse + release.inverse.T)
    return np.asarray(np.linalg.cholesky(symmetric).T @ C.reshape(_BINS, _BINS))


def project(release: Release) -> Projection:
    """Compute what is shipped from the release."""
    linear = _linear(release)
    none = linear @ _shares(release.response.totals)
    moved = _grid(release.response) @ linear.T - none
    delta = ((moved + none) ** 2).sum(axis=1) - none @ none
    weighted = moved / np.sqrt(100.0 + np.maximum(delta, 0.0))[:, None]
    modes = np.linalg.svd(weighted, full_matrices=False)[2][:MODES]
    rest = none - modes.T @ (modes @ none)
    modes = np.vstack([modes, rest / np.linalg.norm(rest)])
    nodes, weights = quadrature(release.response)
    return Projection(nodes, weights, release.response.totals, modes @ linear)


@cache
def projected() -> Projection:
    """Return the shipped projection."""
    names = [name for name in ecsv.rows(_RESPONSE)[0] if name.startswith("x=")]
    weights = np.stack(list(ecsv.numbers(_RESPONSE, names).values()), axis=1)
    nodes = np.array([float(name.split("=")[1]) for name in names])
    columns = ecsv.numbers(_PROJECTED, ["events", *(f"mode_{i}" for i in range(MODES + 1))])
    events = columns.pop("events")
    return Projection(nodes, 1e-5 * weights, events, np.stack(list(columns.values())))
