"""Time integration of `boltzmann.relics.equation` by RODAS4 (`boltzmann.kinetics.rodas` has tableau and source).

M = I/(h gamma) - J is solved by elimination: eps_k first, which depends on itself only; coherences node by node, and
with them what is sterile; a dense system of the 3 N active populations and E remains. The error norm counts populations
in the mass basis of H, each over what it can do to the energy, E, and eps_k.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from boltzmann.kinetics.rodas import ABSCISSAE, GAMMA, TIME_WEIGHTS, A, C
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.relics.equation import DIFFERENCE, Equation, Rates, matrices

FIRST_STEP, LEAST_STEP = 1e-4, 1e-13
SHARE = 1e-2  # absolute tolerance of a population over rtol, in units of its share of the energy
GONE = 1e-3  # absolute tolerance of eps_k over rtol, in units of the largest number so far and the energy at the start
NOTHING = 1e-30  # eps_k that nothing depends on, where that of the plasma is of order 1: e^(-t/tau) may underflow
NEARLY = 0.98  # of the largest z of the tables, where a failed step means that it is passed


class Factors(NamedTuple):
    """The factors of M for one step."""

    shift: float
    rates: Rates
    inverse: Array  # (N, l, l) of the blocks of coherences and of what is sterile, l = n^2 - 3
    down: Array  # (N, l, 3): derivatives of these by active populations
    up: Array  # (N, 3, l)
    column: Array  # (size,): dF/dE
    row: Array  # (3 N,): dE'/dg_aa
    dense: Any


class Outcome(NamedTuple):
    """History (rows: s, state), and how the run went: ``status`` "", "small", "many" or "hot"."""

    history: Array
    steps: int
    rejected: int
    status: str


class Clock:
    """The next step, and how many were rejected."""

    def __init__(self) -> None:
        self.h, self.rejected = FIRST_STEP, 0


class Integrator:
    """One run: equation, tolerance, range of z of its tables, and longest step."""

    def __init__(self, equation: Equation, rtol: float, z_range: tuple[float, float], longest: float) -> None:
        self.equation, self.rtol, self.z_range, self.longest = equation, rtol, z_range, longest
        grid, N = equation.tables.grid, equation.N
        c = equation.c
        self.local = (c * np.arange(N)[:, None] + np.arange(3, c)).ravel()
        self.least = 1.0 / (3 * N * grid.w * grid.y**3 * grid.f)  # (N,), times the energy and SHARE rtol
        self.eps_most = np.zeros(equation.K)  # the largest numbers so far, times energies at the start

    def _columns(self, s: float, u: Array, F: Array) -> tuple[Array, Array]:
        """Return dF/dE and dF/ds by finite differences, nu-nu integrals frozen.

        That of eps_k by E, through the Hubble rate, is left out, and with it what it does to E: energy is conserved.
        """
        shifted = u.copy()
        shifted[-2] *= 1.0 + DIFFERENCE
        by_E = (self.equation(s, shifted, frozen=True)[0] - F) / (u[-2] * DIFFERENCE)
        by_E[-2] = by_E[-1] - self.equation.energy @ by_E[self.equation.diagonal]
        by_s = (self.equation(s + DIFFERENCE, u, frozen=True)[0] - F) / DIFFERENCE
        return by_E, by_s

    def _factors(self, h: float, slopes: Array, column: Array, rates: Rates) -> Factors:
        """Factorise M for a step ``h``."""
        equation, shift = self.equation, 1.0 / (GAMMA * h)
        N, local = equation.N, rates.local
        inverse = np.asarray(np.linalg.inv(shift * np.eye(equation.c - 3) - local[:, 3:, 3:]), np.float64)
        down, up = local[:, 3:, :3], local[:, :3, 3:]
        M = np.zeros((3 * N + 1, 3 * N + 1))
        block = M[:-1, :-1].reshape(3, N, 3, N)
        block -= slopes
        nodes = np.arange(N)
        reduced = local[:, :3, :3] + up @ inverse @ down
        for a in range(3):
            for b in range(3):
                block[a, nodes, b, nodes] -= reduced[:, a, b]
        M[np.diag_indices(3 * N + 1)] += shift
        row = -(equation.energy[: 3 * N] @ slopes.reshape(3 * N, 3 * N))
        by_coherence = np.einsum("nij,nj->ni", inverse, column[self.local].reshape(N, -1))
        M[:-1, -1] = -column[equation.active] - np.einsum("nij,nj->in", up, by_coherence).ravel()
        M[-1, :-1], M[-1, -1] = -row, shift - column[-2]
        return Factors(shift, rates, inverse, down, up, column, row, lu_factor(M, check_finite=False))

    def _solve(self, b: Array, f: Factors) -> Array:
        """Return M^-1 b."""
        equation, N, x = self.equation, self.equation.N, b.copy()
        eps = x[equation.eps] / (f.shift - f.rates.decline)
        x[equation.eps] = eps
        given = (np.tensordot(eps, f.rates.source, 1) / (equation.volume * equation.tables.grid.f)).ravel()
        x[equation.active] += given
        x[-2] += f.rates.taken @ eps - equation.energy[: 3 * N] @ given
        local = np.einsum("nij,nj->ni", f.inverse, x[self.local].reshape(N, -1))
        right = np.append(x[equation.active] + np.einsum("nij,nj->in", f.up, local).ravel(), x[-2])
        found = lu_solve(f.dense, right, check_finite=False)
        populations, E = found[:-1].reshape(3, N), found[-1]
        driven = np.einsum("nij,jn->ni", f.down, populations) + E * f.column[self.local].reshape(N, -1)
        local += np.einsum("nij,nj->ni", f.inverse, driven)
        x[equation.active], x[self.local] = found[:-1], local.ravel()
        x[-2] = E
        x[-1] = (x[-1] + f.column[-1] * E + f.rates.heavy @ eps) / f.shift
        return x

    def _allowed(self, s: float, u: Array) -> bool:
        """Return whether the plasma is within the tables, and everything finite."""
        if not np.isfinite(u).all() or u[-2] <= 0.0:
            return False
        return bool(self.z_range[0] < self.equation.temperature(s, u) < self.z_range[1])

    def _attempt(
        self, s: float, h: float, u: Array, F: Array, by_s: Array, f: Factors
    ) -> tuple[Array, Array, Array] | None:
        """Return the state after a step, its error, and H at its end; None if a stage leaves the tables."""
        U = np.zeros((6, u.size))
        for i in range(6):
            at, argument = s + ABSCISSAE[i] * h, u + A[i, :i] @ U[:i]
            if i and not self._allowed(at, argument):
                return None
            slope, rates = (F, f.rates) if i == 0 else self.equation(at, argument)
            U[i] = self._solve(slope + (C[i, :i] / h) @ U[:i] + h * TIME_WEIGHTS[i] * by_s, f)
        new = argument + U[5]
        return (new, U[5], rates.H) if self._allowed(s + h, new) else None

    def _norm(self, u: Array, error: Array, H: Array) -> float:
        """Return the norm of the error of a step that ends at ``u``, in the mass basis of ``H`` (N, c) there."""
        equation, rtol = self.equation, self.rtol
        basis = np.linalg.eigh(matrices(H))[1]
        populations, present = (_in_basis(basis, v[: equation.first].reshape(-1, equation.c)) for v in (error, u))
        total = equation.energy @ u[equation.diagonal]
        atol = np.pi**2 * SHARE * total * self.least[:, None]
        squares = (populations / (rtol * (atol + np.abs(present)))) ** 2
        result = squares.mean() + (error[-2] / (rtol * u[-2])) ** 2 + self._norm_of_leptons(u, error)
        return float(np.sqrt(result))

    def _norm_of_leptons(self, u: Array, error: Array) -> float:
        """Return the largest mean square of the errors of eps_k of a lepton."""
        floor = GONE * np.maximum(self.eps_most, NOTHING)
        ratios = error[self.equation.eps] / (self.rtol * (np.abs(u[self.equation.eps]) + floor))
        return max((float(np.mean(ratios[part] ** 2)) for part in self.equation.parts), default=0.0)

    def _begin(self, s: float, u: Array) -> tuple[Array, Rates, Array, Array, Array]:
        """Return what all attempts at a step share: du/ds, by-products, slopes, dF/dE and dF/ds."""
        F, rates = self.equation(s, u)
        return F, rates, self.equation.collision_slopes(u, rates), *self._columns(s, u, F)

    def _step(self, s: float, u: Array, h: float, clock: Clock) -> tuple[float, Array] | str:
        """Make one accepted step of at most ``h``, whose successor goes to ``clock``; or return why there is none."""
        F, rates, slopes, by_E, by_s = self._begin(s, u)
        again = False
        while True:
            found = self._attempt(s, h, u, F, by_s, self._factors(h, slopes, by_E, rates))
            error = np.inf if found is None else self._norm(*found)
            factor = min(max(0.9 * error**-0.25, 0.2), 5.0) if 0.0 < error < np.inf else (0.2 if error else 5.0)
            if found is not None and error <= 1.0:
                clock.h = h * (min(factor, 1.0) if again else factor)
                return s + h, found[0]
            h, again, clock.rejected = h * factor, True, clock.rejected + 1
            if h < LEAST_STEP:
                return "hot" if self.equation.temperature(s, u) > NEARLY * self.z_range[1] else "small"

    def _energies(self, s: float) -> Array:
        """Return the energies of all nodes of leptons, (K,)."""
        return np.concatenate([np.zeros(0), *(N.energies(np.exp(s)) for N in self.equation.tables.leptons)])

    def run(
        self, s: float, u: Array, end: float, most_steps: int, progress: Callable[[float], None] | None = None
    ) -> Outcome:
        """Integrate from ``s`` to ``end``."""
        start, clock, rows, status = s, Clock(), [np.append(s, u)], ""
        at_start = self._energies(s)
        self.eps_most = u[self.equation.eps].copy()
        while s < end - 1e-12 and not status:
            found = self._step(s, u, min(clock.h, self.longest, end - s), clock)
            if isinstance(found, str):
                status = found
                continue
            s, u = found
            self.eps_most = np.maximum(self.eps_most, u[self.equation.eps] * at_start / self._energies(s))
            rows.append(np.append(s, u))
            status = "many" if len(rows) > most_steps and s < end - 1e-12 else ""
            if progress is not None and len(rows) % 50 == 0:
                progress((s - start) / (end - start))
        return Outcome(np.array(rows), len(rows) - 1, clock.rejected, status)


def _in_basis(basis: Complex, components: Array) -> Array:
    """Return the diagonal (N, n) in ``basis`` (N, n, n) of Hermitian matrices with ``components`` (N, n^2)."""
    return np.asarray(np.einsum("nak,nab,nbk->nk", basis.conj(), matrices(components), basis).real)
