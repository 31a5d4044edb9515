"""One active and one sterile state with collisions in three lines: what bins do to a resonance, without a plasma.

nu = nubar, g* = 10.75, p ~ T. Steps split the commutator and damping, exact for H at their middle, from collisions, the
decay of delta among them; all else of bins is `boltzmann.kinetics.bins`. With a hundred momenta nodes alone converge.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.kinetics import bins
from boltzmann.kinetics.bins import DELTA, DELTA_S, Fronts
from boltzmann.numerics.momentum import laguerre_grid

G_F, M_Z, M_PLANCK, EV = 1.1663787e-11, 91187.6, 1.220890e22, 1e-6  # MeV
RATE = 0.92  # Gamma = RATE G_F^2 p T^4 of nu_mu
NUMBER_CHANGING = 0.1  # share of Gamma that fills nu_a up to its equilibrium; the rest keeps its number
FAR = 1e15  # levels of nu_e and nu_tau over Hubble rate, which nothing crosses
LONGEST, ROTATION, ACROSS = 1e-3, 0.3, 0.3  # steps: e-folds; turn of the axis of H; of the time of a diabatic crossing


class Case(NamedTuple):
    """A resonance: dm2 [eV^2], sin^2 2theta, rate K of bins (0: nodes alone), whether V_nu sees the conversion."""

    dm2: float
    sin2: float
    K: float = 0.0
    feedback: bool = True


class Toy:
    """Populations over f_FD of N bins and nodes; ``advance`` makes a step in s = ln(1 MeV/T)."""

    def __init__(self, case: Case, N: int, T: float) -> None:
        self.case, self.grid, self.s, self.slope = case, laguerre_grid(N, 20.0), -np.log(T), np.ones(N)
        self.b, self.G, self.z = np.ones(N), np.zeros(N), np.zeros(N, complex)  # b_a, G, coherence of the node
        self.block, self.fronts = bins.empty_bins(N), Fronts(case.K > 0, case.K, False)
        self.last = self.middle = self.distance()

    def hubble(self, power: int) -> float:
        """Return T^power over the Hubble rate."""
        T = np.exp(-self.s)
        return float(T**power / (1.66 * np.sqrt(10.75) * T**2 / M_PLANCK))

    def energy(self, population: np.ndarray) -> float:
        """Return the energy of populations over that of equilibrium."""
        weight = self.grid.w * self.grid.y**3 * self.grid.f
        return float(weight @ population / weight.sum())

    def vacuum(self) -> np.ndarray:
        """Return dm2/2p over the Hubble rate."""
        return self.case.dm2 * EV**2 / (2.0 * self.grid.y) * self.hubble(-1)

    def distance(self) -> np.ndarray:
        """Return H_ss - H_aa: of vacuum, and minus V_nu = -(8 sqrt2/3)(G_F/M_Z^2) p rho_nu (nu and nubar)."""
        V = 8.0 * np.sqrt(2.0) / 3.0 * G_F / M_Z**2 * 7.0 * np.pi**2 / 120.0 * self.grid.y * self.hubble(5)
        active = self.energy(self.b) if self.case.feedback else 1.0
        return self.vacuum() * np.sqrt(1.0 - self.case.sin2) + V * active

    def coupling(self) -> np.ndarray:
        """Return H_as."""
        return -0.5 * self.vacuum() * np.sqrt(self.case.sin2)

    def rates(self) -> np.ndarray:
        """Return Gamma over the Hubble rate."""
        return RATE * G_F**2 * self.grid.y * self.hubble(5)

    def collide(self, h: float) -> None:
        """Refill the active state: the three lines."""
        rate, weight = self.rates(), self.grid.w * self.grid.y**2 * self.grid.f * self.rates()
        target = NUMBER_CHANGING + (1.0 - NUMBER_CHANGING) * (weight @ self.b) / weight.sum()
        self.b += (target - self.b) * -np.expm1(-rate * h)
        self.block.v[DELTA + 1] *= np.exp(-rate * h)

    def step(self) -> float:
        """Return a step that resolves crossings, as the sweep of the last one has it."""
        d, H, sweep = self.last, np.abs(self.coupling()), np.abs(self.slope) + 1e-30
        turn, across = ROTATION * (d**2 + 4.0 * H**2) / (2.0 * sweep * H), ACROSS / np.sqrt(sweep)
        return float(min(LONGEST, np.maximum(turn, across).min()))

    def rotate(self, h: float) -> np.ndarray:
        """Make a step of the commutator and of the damping D = Gamma/2; return what the active nodes lost.

        Exact for H at the middle of the step. With the coherence x + iy and w = (rho_aa - rho_ss)/2: w' = -2 H y,
        x' = -d y - D x, y' = d x - D y + 2 H w.
        """
        d, H, D = self.middle, self.coupling(), 0.5 * self.rates()
        M = np.zeros((len(d), 3, 3))
        M[:, 0, 2], M[:, 2, 0], M[:, 1, 2], M[:, 2, 1] = -2.0 * H, 2.0 * H, -d, d
        M[:, 1, 1] = M[:, 2, 2] = -D
        w = 0.5 * (self.b - self.block.v[DELTA + 1] - self.G + self.block.v[DELTA_S])
        rates, vectors = np.linalg.eig(M)
        parts = np.linalg.solve(vectors, np.stack([w, self.z.real, self.z.imag], axis=1)[..., None] + 0.0j)
        new = (vectors @ (np.exp(rates * h)[..., None] * parts))[..., 0].real
        self.z = new[:, 1] + 1j * new[:, 2]
        return np.asarray(w - new[:, 0])

    def flow(self, H: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return db_a/ds and dG/ds of the nodes' flow ``c`` by the package's bins; the block's own is in its slope."""
        change = np.zeros((len(c), 4, 4), complex)
        change[:, 1, 1], change[:, 3, 3] = -self.grid.f * c, self.grid.f * c
        bins.fill_fronts(H, self.fronts, self.block)
        for i, matrix in enumerate(change):
            bins.convert(i, self.grid.f[i], self.block, matrix)
        return change[:, 1, 1].real / self.grid.f, change[:, 3, 3].real / self.grid.f

    def convert(self, h: float, lost: np.ndarray) -> None:
        """Give to the bins what the nodes lost: at once, or by the package's bins, with the midpoint rule."""
        H = self.matrices()
        self.switch(H)
        if not self.block.rates.on[0]:
            self.b, self.G = self.b - lost, self.G + lost
            return
        v = self.block.v.copy()
        self.flow(H, lost / h)
        self.block.v[:] = v + 0.5 * h * self.block.slope
        b, G = self.flow(H, lost / h)
        self.b, self.G = self.b + h * b, self.G + h * G
        self.block.v[:] = v + h * self.block.slope

    def matrices(self) -> np.ndarray:
        """Return H (N, 4, 4) of a package that has nu_mu and nu_s alone."""
        H = np.zeros((len(self.b), 4, 4), complex)
        H[:, 0, 0], H[:, 2, 2], H[:, 3, 3] = -FAR, FAR, self.middle
        H[:, 1, 3] = H[:, 3, 1] = self.coupling()
        return H

    def switch(self, H: np.ndarray) -> None:
        """Open and close the block."""
        if not self.fronts.allowed:
            return
        on, v = self.block.rates.on, self.block.v
        front = bins.has_front(H, 0.5 * self.rates(), False, self.block)
        if front and not on[0]:
            v[:], on[0] = 0.0, 1.0
        elif on[0] and not front and bins.may_close(v):
            v[:], on[0] = 0.0, 0.0

    def advance(self) -> None:
        """Make a step."""
        h = self.step()
        self.s, self.middle = self.s + 0.5 * h, self.last + 0.5 * h * self.slope
        self.collide(0.5 * h)
        self.convert(h, self.rotate(h))
        self.collide(0.5 * h)
        self.s += 0.5 * h
        distance = self.distance()
        self.slope, self.last = (distance - self.last) / h, distance


def sterile_energy(case: Case, N: int, T: float = 20.0) -> float:
    """Return rho_s over that of an active state at 1 MeV, from ``T`` [MeV] on."""
    toy = Toy(case, N, T)
    while toy.s < 0.0:
        toy.advance()
    return toy.energy(toy.G)
