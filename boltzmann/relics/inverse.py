"""Decays of a heavy lepton into a neutrino and a boson of the plasma, beside what the plasma already holds; and back.

For N(q) -> nu(y) B(E - y), B a photon, pi0 or X in equilibrium with the plasma, y flat between u (E - q) and
u (E + q), a decay and its inverse have the same matrix element (detailed balance; derived), so that f_N declines by
G M/E times the average over that box of::

    f_N (1 - f_nu) (1 + f_B) - f_nu f_B (1 - f_N)  =  f_N  +  f_N (f_B - f_nu)  -  f_nu f_B

`boltzmann.relics.decay` has the first term. Here are the others, at Gauss points, with f_nu of the run (its logarithm
interpolated as in `boltzmann.collisions.pairs`, so that equilibrium at any temperature stays) and f_B of T_gamma. Every
event takes one N of energy E and gives one neutrino of y: energy is kept. The Jacobian has them where they are linear
in f_N; absorption of neutrinos is explicit, which takes four times the steps at Gamma/H = 0.6.

When they matter. With K = Gamma/H at T = m, N that starts from nothing gets, for K << 1 and Maxwell-Boltzmann, from
dY/dln x = (Gamma/H) (K_1/K_2) Y_eq, x = m/T here, the number INT K x^3 K_1 dx = (3 pi/2) K in units of g/(2 pi^2) a^-3,
which is 2.61 K times that of a relativistic gas. Beside one of abundance A and T_N/T they are 2.61 K/(A (T_N/T)^3), see
`made`, and Delta N_eff grows by about this share, or half more near decoupling. K = 1.5 MeV^2 s/(m^2 tau): 0.04 at (20
MeV, 0.1 s), 24 % for A = 1, T_N/T = 0.79. Beyond K = `EQUILIBRIUM` N is in equilibrium, with both baths, until T < m;
the equation finds that by itself, in more steps: 4 times as many at K = 15, so that it ends at K = `FOLLOWED`.
Inverse decays of three bodies have the same rate, but where mixing makes them, scattering has N in equilibrium far
longer: C 3.15 192 pi^3 = 2e4 times faster than decays at T = m.
"""

from __future__ import annotations

import numpy as np

from boltzmann.collisions.pairs import place
from boltzmann.constants import M_E
from boltzmann.numerics.arrays import Array, Index
from boltzmann.numerics.momentum import Grid
from boltzmann.relics.decay import Lepton
from boltzmann.relics.freeze_out import hubble
from boltzmann.units import HBAR

EQUILIBRIUM = 1.0  # Gamma/H at T = m beyond which N has the number of equilibrium until it is gone
FOLLOWED = 30.0  # Gamma/H at T = m up to which inverse decays are followed: some 600 steps with 20 momenta
GONE = 40.0  # m/T beyond which e^(-m/T) is nothing
POINTS = 8  # of the box
_T, _W = np.polynomial.legendre.leggauss(POINTS)
_RELATIVISTIC = 0.75 * 1.2020569 / np.pi**2  # n/(g T^3)


def strength(mass: float, lifetime: float) -> float:
    """Return K, Gamma/H at T = ``mass`` [MeV] for a lifetime [s]."""
    return HBAR / lifetime / hubble(mass)


def made(mass: float, lifetime: float, number: float) -> float:
    """Return the number of N that inverse decays make over the number that is there, both as they are left later.

    Of dY/ds = -(Gamma/H) (K_1/K_2) (Y - Y_eq), Maxwell-Boltzmann, from T = 30 m to m/15, with H of radiation.

    Parameters
    ----------
    mass, lifetime : float
        [MeV], [s].
    number : float
        At the start, over that of a relativistic Fermi gas of T_gamma.
    """
    from scipy.special import kn

    x = np.geomspace(1.0 / 30.0, 15.0, 600)
    rate = strength(mass, lifetime) * x**2 * kn(1, x) / kn(2, x)
    equal = x**2 * kn(2, x) / (2.0 * np.pi**2)
    s = np.log(x)
    depth = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(s))])
    gained = float(np.trapezoid(rate * equal * np.exp(np.minimum(depth, 300.0)), s))
    return gained / max(number * _RELATIVISTIC, 1e-300)


class Inverse:
    """The correction for one lepton on one grid; ``soft`` nodes of it hold what meets bosons."""

    def __init__(self, lepton: Lepton, grid: Grid, soft: int) -> None:
        self.lepton, self.y, self.soft = lepton, grid.y, soft

    def rates(self, x: float, z: float, logits: Array) -> tuple[Array, Array, Array, Array]:
        """Return, per decay at rest-frame rate, beside the spontaneous decay of one N at every momentum of it.

        Parameters
        ----------
        x, z : float
        logits : (3, soft) array
            ln[r/(1 - r)] of the soft nodes.

        Returns
        -------
        (K,), (K, 3, N)
            Decays, and neutrinos by node, that f_N (f_B - f_nu) adds, over f_N.
        (K,), (K, 3, N)
            The same that f_nu f_B takes away.
        """
        lepton, N = self.lepton, self.y.size
        K = lepton.q.size
        decays, neutrinos = np.zeros((2, K)), np.zeros((2, K, 3, N))
        E = lepton.energies(x)
        rows = np.repeat(np.arange(K), POINTS)
        for u, *numbers in lepton.pairs:
            y = u * (E[:, None] + lepton.q[:, None] * _T)
            boson = 1.0 / np.expm1(np.maximum((E[:, None] - y) / z, 1e-8))
            k, t = place(self.y[: self.soft], y.ravel())
            for a, share in enumerate(numbers):
                if share == 0.0:
                    continue
                logit = ((1.0 - t) * logits[a, k] + t * logits[a, k + 1]).reshape(y.shape)
                f = 1.0 / (1.0 + np.exp(-np.clip(logit, -600.0, 600.0)))
                for m, amount in enumerate((boson - f, f * boson)):
                    events = 0.5 * share * _W * amount
                    decays[m] += events.sum(axis=1)
                    self._share(rows, y.ravel(), events.ravel(), a, neutrinos[m])
        return decays[0], neutrinos[0], decays[1], neutrinos[1]

    def _share(self, rows: Index, y: Array, events: Array, a: int, out: Array) -> None:
        """Add neutrinos of flavour ``a`` to nodes, as hats do; beyond the last node, that gets their energy."""
        k, t = place(self.y, np.minimum(y, self.y[-1]))
        events = events * np.maximum(1.0, y / self.y[-1])
        np.add.at(out[:, a], (rows, k), (1.0 - t) * events)
        np.add.at(out[:, a], (rows, k + 1), t * events)

    def matters(self, x: float, z: float) -> bool:
        """Return whether bosons that can make N are there."""
        return bool(self.lepton.pairs.size) and self.lepton.mass * x / (M_E * z) < GONE
