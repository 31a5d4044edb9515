"""What decays of a heavy lepton N give to the neutrinos' nodes, and how N itself dilutes.

f_N lives on momenta q_k of its own; E_k = sqrt(q_k^2 + M^2), M = m x/m_e. The unknowns are eps_k = E_k f_N(q_k), in
which the comoving energy is linear and so kept to round-off. With G = 1/(tau H) (derived)::

    d eps_k/ds = [-G M/E_k + (M/E_k)^2] eps_k
    rho_N = (g/2)(1/pi^2) SUM w_k q_k^2 eps_k,    rho_N - 3 P_N = (g/2)(1/pi^2) SUM w_k q_k^2 (M/E_k)^2 eps_k

A decay is a list of lines: massless neutrinos of rest-frame energy u m, so many of each flavour. From an unpolarised N
of momentum q they are flat in y between u (E_k - q_k) and u (E_k + q_k); the average of the hat function of every node
over that box is what the node gets. Muons and charged pions stop in the plasma first: their neutrinos have energies
[MeV] of their own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from boltzmann.constants import M_E
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.momentum import laguerre_grid

MOMENTA, LARGEST = 12, 20.0  # of N, in units of T_N a


class Lepton(NamedTuple):
    """A decaying lepton as the equation gets it.

    ``mass`` [MeV], ``width`` 1/tau [MeV], ``degrees`` g (N = Nbar counted in it); momenta ``q`` (K,) and weights ``w``;
    ``start`` (K,) f_N at the start; ``lines`` (n, 4) u and numbers of nu_e, nu_mu, nu_tau (with antineutrinos) per
    decay; ``stopped`` (m, 4) energy [MeV] and numbers; ``pairs`` (p, 4) those of ``lines`` whose inverse is followed;
    ``charged``: pions, and muons that are not from pions, of each charge per decay, if they may be lost before theirs
    (`boltzmann.relics.stopped`).
    """

    mass: float
    width: float
    degrees: float
    q: Array
    w: Array
    start: Array
    lines: Array
    stopped: Array
    pairs: Array
    charged: tuple[float, float] = (0.0, 0.0)

    @property
    def weights(self) -> Array:
        """Comoving energy density per eps_k, (K,)."""
        return 0.5 * self.degrees / np.pi**2 * self.w * self.q**2

    def energies(self, x: float) -> Array:
        """Return the comoving energies E_k, (K,)."""
        return np.sqrt(self.q**2 + (self.mass * x / M_E) ** 2)


def momenta(z_N: float) -> tuple[Array, Array]:
    """Return momenta q and weights with int dq g(q) = SUM w g for a lepton with T_N a = ``z_N``."""
    grid = laguerre_grid(MOMENTA, LARGEST)
    return z_N * grid.y, z_N * grid.w


@kernel
def _share(y: Array, k: int, at: float, amount: float, out: Array) -> None:
    """Add ``amount`` neutrinos of momentum ``at``, in bin ``k``, to its two nodes."""
    t = (at - y[k]) / (y[k + 1] - y[k])
    out[k] += (1.0 - t) * amount
    out[k + 1] += t * amount


@kernel
def add_box(low: float, high: float, amount: float, y: Array, out: Array) -> None:
    """Share ``amount`` neutrinos, flat between momenta ``low`` and ``high``, among the nodes: hats, exact for a box.

    Below the first node its bin goes on; beyond the last, that node gets their energy.
    """
    last = y.size - 1
    if high - low < 1e-12 * high:
        k = min(max(int(np.searchsorted(y, low)) - 1, 0), last - 1)
        if low < y[last]:
            _share(y, k, low, amount, out)
        else:
            out[last] += amount * low / y[last]
        return
    density, start = amount / (high - low), low
    for k in range(last):
        stop = min(high, y[k + 1])
        if stop > start:
            _share(y, k, 0.5 * (start + stop), density * (stop - start), out)
            start = stop
    if high > start:
        out[last] += density * (high - start) * 0.5 * (high + start) / y[last]


@kernel
def decay_source(
    x: float, mass: float, q: Array, lines: Array, stopped: Array, y: Array, scratch: Array, out: Array
) -> None:
    """Fill ``out`` (K, 3, N) with the neutrinos of one decay at every momentum ``q`` (K,) of N, by node."""
    M = mass * x / M_E
    out[:] = 0.0
    for k in range(q.size):
        E = np.sqrt(q[k] * q[k] + M * M)
        for n in range(lines.shape[0] + stopped.shape[0]):
            scratch[:] = 0.0
            if n < lines.shape[0]:
                row = lines[n]
                # E - q without cancellation
                add_box(row[0] * M * M / (E + q[k]), row[0] * (E + q[k]), 1.0, y, scratch)
            else:
                row = stopped[n - lines.shape[0]]
                add_box(row[0] * x / M_E, row[0] * x / M_E, 1.0, y, scratch)
            for a in range(3):
                for m in range(y.size):
                    out[k, a, m] += row[1 + a] * scratch[m]
