"""The equation of neutrinos beside relics of MeV mass: all states with coherences, hard nodes, leptons N, the plasma.

As `boltzmann.kinetics.qke`, for nu = nubar, three states or a light sterile one beside them, with s = ln x::

    d rho/ds = -i [H, rho]/Hubble - D_ab rho_ab (a != b)
             + nu-e: exact tables for soft nodes, `boltzmann.relics.hard` for hard ones
             + nu-nu: `boltzmann.collisions.pairs`
             + decays of every N: `boltzmann.relics.decay`; inverse ones of two bodies: `boltzmann.relics.inverse`
    dE/ds    = z^4 (R - 3p) - d(rho_nu)/ds + energy that decays take from every N
    dq/ds    = z^4 (R - 3p) + SUM (rho_N - 3 P_N)        passive: E + rho_nu + SUM rho_N - q is constant

Several relics share the active spectra, the plasma and the Hubble rate, and nothing else: their sources add up.

State: n^2 components of rho/f per node (`boltzmann.kinetics.layout`), eps_k of every N, E, q. Mixing is
followed with its coherences, as everywhere in this package; the damping of hard nodes is the fit of
`boltzmann.collisions.damping` extrapolated, which matters for the flavour of hot neutrinos and for how many become
sterile. A sterile state has no source: decays make it by mixing of the active flavours alone.

Decays are not blocked up to half filling, beyond which no equilibrium goes: there, at the lowest momenta that a light N
would overfill, they are by 2 (1 - rho_aa), and the plasma gets the rest, next to nothing.

The Jacobian neglects how potentials, Hubble rate and the share of muons and pions that decay depend on rho and eps, and
takes nu-nu slopes at the mean of the flavours.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from math import isqrt
from typing import NamedTuple

import numpy as np

from boltzmann.collisions.damping import Damping, damping_rates
from boltzmann.collisions.electron import Electron, electron_integral, electron_jacobian, electron_rates
from boltzmann.collisions.pairs import Pairs, fill_logits, pair_change, pair_jacobian
from boltzmann.constants import G_F, M_E
from boltzmann.kinetics.elements import commutator_elements
from boltzmann.kinetics.hamiltonian import Potentials, hamiltonian
from boltzmann.kinetics.layout import N_ACTIVE, diagonal, off_diagonal
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.momentum import Grid
from boltzmann.plasma.background import Plasma, hubble_rate, plasma_at, temperature
from boltzmann.relics.decay import Lepton, decay_source
from boltzmann.relics.hard import COUPLINGS, Hard, hard_change, hard_jacobian, hard_scattering
from boltzmann.relics.inverse import Inverse
from boltzmann.relics.stopped import decayed

X_WEAK = 39.5  # end of the collision tables, as in `boltzmann.kinetics.terms`
DIFFERENCE = 1e-6  # of E (relative) and s


class RelicTables(NamedTuple):
    """Everything the equation needs; ``soft`` nodes are those of ``electron``; ``fastest`` limits H."""

    grid: Grid
    soft: int
    mass_matrix: Complex
    fastest: float
    potentials: Potentials
    plasma: Plasma
    electron: Electron
    damping: Damping
    pairs: Pairs
    hard: Hard
    leptons: tuple[Lepton, ...]

    @property
    def n_states(self) -> int:
        """Three, or four with a sterile state."""
        return int(self.mass_matrix.shape[0])


class Rates(NamedTuple):
    """By-products of an evaluation that the Jacobian reads."""

    common: float  # C
    boost: Array  # (soft,)
    electron: Array  # (4, soft, soft)
    gain: Array  # (3, soft)
    loss: Array  # (3, soft)
    moved: Array  # (hard, N)
    H: Array  # (N, c): components of H over the Hubble rate, c = n^2
    local: Array  # (N, c, c): commutator and damping
    source: Array  # (K, 3, N): d(w y^2 rho_aa)/ds by eps_k
    decline: Array  # (K,): d ln eps/ds
    taken: Array  # (K,): energy that decays take, by eps_k
    made: Array  # (K,): d eps/ds by inverse decays
    given: Array  # (3, N): d(w y^2 rho_aa)/ds by them, negative
    heavy: Array  # (K,): rho_N - 3 P_N, by eps_k


class Equation:
    """The right-hand side and its Jacobian, with scratch space; nu-nu collisions can be frozen between evaluations."""

    def __init__(self, tables: RelicTables) -> None:
        self.tables, grid, n = tables, tables.grid, tables.n_states
        N, soft, ends = grid.y.size, tables.soft, np.cumsum([0, *(lepton.q.size for lepton in tables.leptons)])
        self.N, self.K, self.c = N, int(ends[-1]), n * n
        self.first, self.size = self.c * N, self.c * N + self.K + 2
        self.eps = slice(self.first, -2)
        self.parts = [slice(a, b) for a, b in pairwise(ends)]  # of eps, by lepton
        places = np.array([diagonal(a) for a in range(n)])
        # (n N,), (3 N,) populations of a state, flavour by flavour
        self.diagonal = (self.c * np.arange(N)[None, :] + places[:, None]).ravel()
        self.active = self.diagonal[: N_ACTIVE * N]
        rows, factors = commutator_elements(n)
        self._commutator = np.zeros((self.c, self.c, self.c))
        np.add.at(self._commutator, tuple(rows), factors)
        self._H = np.zeros((N, n, n), complex)
        self._rows = np.zeros((tables.potentials.rows.shape[-1] // N + 1, N))
        self._flat, self._electron = np.zeros(2 * soft * (soft + 1)), np.zeros((4, soft, soft))
        self._moved, self._nu_nu = np.zeros((N - soft, N)), np.zeros((3, N))
        self.volume = grid.w * grid.y**2
        self.energy = np.tile(grid.w * grid.y**3 * grid.f / np.pi**2, n)  # of the populations
        self.weights = np.concatenate([np.zeros(0), *(lepton.weights for lepton in tables.leptons)])
        self.inverse = [Inverse(lepton, grid, soft) for lepton in tables.leptons]
        self.calls = 0

    def populations(self, u: Array) -> Array:
        """Return rho_aa (3, N) of the active flavours of a state."""
        return np.ascontiguousarray(u[: self.first].reshape(self.N, self.c)[:, :3].T * self.tables.grid.f)

    def lepton_energies(self, u: Array) -> Array:
        """Return the comoving energy density of every N, (L,)."""
        found = [N.weights @ u[self.eps][part] for N, part in zip(self.tables.leptons, self.parts, strict=True)]
        return np.array(found)

    def lepton_numbers(self, x: float, u: Array) -> Array:
        """Return the comoving number density of every N, (L,)."""
        leptons = zip(self.tables.leptons, self.parts, strict=True)
        return np.array([N.weights @ (u[self.eps][part] / N.energies(x)) for N, part in leptons])

    def temperature(self, s: float, u: Array) -> float:
        """Return z = T_gamma a; NaN where the plasma has no energy."""
        return float(temperature(np.exp(s), u[-2], self.tables.plasma))

    def __call__(self, s: float, u: Array, frozen: bool = False) -> tuple[Array, Rates]:
        """Return du/ds and by-products; ``frozen``: with the nu-nu integrals of the last evaluation."""
        self.calls += 1
        tables, grid, N = self.tables, self.tables.grid, self.N
        x, z = np.exp(s), self.temperature(s, u)
        r, g, eps = self.populations(u), u[: self.first].reshape(N, self.c), u[self.eps]
        total = u[-2] + self.energy @ u[self.diagonal] + self.lepton_energies(u).sum()
        rate = hubble_rate(x, total)
        common = (M_E / x) ** 5 * G_F**2 / (8.0 * np.pi**3 * rate) if x < X_WEAK else 0.0
        rates = self._rates(x, z, rate, common, g, r, eps)
        change = np.einsum("nij,nj->ni", rates.local, g)
        gained = self._collisions(r, rates, frozen) + np.tensordot(eps, rates.source, 1) + rates.given
        change[:, :N_ACTIVE] += (gained / (self.volume * grid.f)).T
        out = np.empty(self.size)
        out[: self.first] = change.ravel()
        density, pressure, _ = plasma_at(x / z, tables.plasma)
        trace = z**4 * (density - 3.0 * pressure)
        out[self.eps] = rates.decline * eps + rates.made
        out[-2] = trace - self.energy @ out[self.diagonal] + rates.taken @ eps - self.weights @ rates.made
        out[-1] = trace + rates.heavy @ eps
        return out, rates

    def _rates(self, x: float, z: float, rate: float, common: float, g: Array, r: Array, eps: Array) -> Rates:
        """Return everything that multiplies the state."""
        tables, grid, soft = self.tables, self.tables.grid, self.tables.soft
        boost = np.exp(0.5 * grid.y[:soft] / z)
        gain, loss = np.zeros((3, soft)), np.zeros((3, soft))
        if common > 0.0:
            electron_rates(x, z, tables.electron, self._flat, self._electron)
            source = np.empty((4, soft))
            for a in range(3):
                k, annihilation = self._electron[0 if a == 0 else 2], self._electron[1 if a == 0 else 3]
                electron_integral(r[a, :soft].copy(), grid.w[:soft], boost, k, annihilation, source, gain[a], loss[a])
            hard_scattering(x, z, grid.y, tables.hard.scatter, self._moved)
        H = self._hamiltonian(x, z, rate, g)
        local = np.einsum("rch,nh->nrc", self._commutator, H)
        damping = common / grid.y**2 * damping_rates(grid.y, z)
        for a, b in pairs_of(tables.n_states):
            for c in (off_diagonal(a, b), off_diagonal(a, b) + 1):
                local[:, c, c] -= damping * tables.damping.coefficient[a, b]
        decays = self._decays(x, z, rate, r, eps)
        return Rates(common, boost, self._electron, gain, loss, self._moved, H, local, *decays)

    def _hamiltonian(self, x: float, z: float, rate: float, g: Array) -> Array:
        """Return the components (N, c) of H over the Hubble rate, slowed down where it is needlessly fast."""
        tables, grid, H = self.tables, self.tables.grid, self._H
        energy = matrices(((grid.w * grid.y**3 * grid.f / np.pi**2) @ g)[None])[0]
        hamiltonian(x, z, energy, grid.y, tables.mass_matrix, tables.potentials, H, self._rows)
        n, levels = tables.n_states, np.sort(np.diagonal(H, axis1=1, axis2=2).real, axis=1)
        out, middle = components(H), 0.5 * (levels[:, (n - 1) // 2] + levels[:, n // 2])
        for a in range(n):
            out[:, diagonal(a)] -= middle
        vacuum = np.abs(tables.mass_matrix).max() * x / (2.0 * M_E * grid.y)
        factor = np.minimum(1.0, rate * tables.fastest / vacuum) / rate
        return np.asarray(out * factor[:, None])

    def _decays(self, x: float, z: float, rate: float, r: Array, eps: Array) -> tuple[Array, ...]:
        """Return the last of `Rates`: what eps_k give to the populations, how they decline, and inverse decays."""
        source, given = np.zeros((self.K, 3, self.N)), np.zeros((3, self.N))
        decline, taken, made, heavy = np.zeros((4, self.K))
        scratch, y, open_states = np.zeros(self.N), self.tables.grid.y, np.clip(2.0 * (1.0 - r), 0.0, 1.0)
        for lepton, k, back in zip(self.tables.leptons, self.parts, self.inverse, strict=True):
            energies, weight = lepton.energies(x), lepton.weights
            slow = lepton.mass * x / M_E / energies
            decays, per_eps = lepton.width / rate * slow, np.pi**2 * weight / energies
            stopped = decayed(lepton, x, M_E * z / x, float(weight @ (eps[k] / energies)))
            decay_source(x, lepton.mass, lepton.q, lepton.lines, stopped, y, scratch, source[k])
            source[k] *= open_states
            more = np.ones_like(decays)
            if back.matters(x, z):
                logits = np.empty((3, self.tables.soft))
                fill_logits(np.ascontiguousarray(np.clip(r[:, : self.tables.soft], 0.0, 1.0)), logits)
                stimulated, extra, inverse, absorbed = back.rates(x, z, logits)
                more += stimulated
                source[k] += extra
                made[k] = decays * energies * inverse
                given -= np.tensordot(per_eps * energies * decays, absorbed, 1)
            source[k] *= (per_eps * decays)[:, None, None]
            decline[k], taken[k], heavy[k] = slow**2 - more * decays, weight * more * decays, weight * slow**2
        return source, decline, taken, made, given, heavy

    def _collisions(self, r: Array, rates: Rates, frozen: bool) -> Array:
        """Return d(w y^2 rho_aa)/ds by weak collisions, (3, N)."""
        if rates.common == 0.0:
            return np.zeros_like(r)
        tables, soft = self.tables, self.tables.soft
        if not frozen:
            allowed, logits = np.clip(r, 0.0, 1.0), np.empty_like(r)
            fill_logits(allowed, logits)
            pair_change(allowed, logits, soft, tables.pairs.nodes, tables.pairs.values, self._nu_nu)
        out = self._nu_nu.copy()
        out[:, :soft] += tables.grid.w[:soft] * (rates.gain * (1.0 - r[:, :soft]) - rates.loss * r[:, :soft])
        hard_change(r, soft, rates.moved, tables.hard.pair, COUPLINGS, out)
        return rates.common * out

    def collision_slopes(self, u: Array, rates: Rates) -> Array:
        """Return d(dg_aa(i)/ds)/dg_bb(j) by collisions, (3, N, 3, N)."""
        N, grid, soft, tables = self.N, self.tables.grid, self.tables.soft, self.tables
        out = np.zeros((3, N, 3, N))
        if rates.common == 0.0:
            return out
        r = self.populations(u)
        mean = np.ascontiguousarray(np.clip(r, 0.0, 1.0).mean(axis=0))
        logits, same, other = np.empty((1, N)), np.zeros((N, N)), np.zeros((N, N))
        fill_logits(mean[None], logits)
        pair_jacobian(mean, logits[0], soft, tables.pairs.nodes, tables.pairs.values, same, other)
        for a in range(3):
            out[a, :, :a] = other[:, None]
            out[a, :, a + 1 :] = other[:, None]
            own, electron = same.copy(), np.zeros((soft, soft))
            k, annihilation = rates.electron[0 if a == 0 else 2], rates.electron[1 if a == 0 else 3]
            w, some = grid.w[:soft], r[a, :soft].copy()
            electron_jacobian(some, w, rates.boost, k, annihilation, rates.gain[a], rates.loss[a], electron)
            own[:soft, :soft] += w[:, None] * electron
            hard_jacobian(r[a], soft, rates.moved, tables.hard.pair, COUPLINGS[a], own)
            out[a, :, a] = own
        return out * (rates.common / (self.volume * grid.f))[None, :, None, None] * grid.f


def pairs_of(n: int) -> Iterator[tuple[int, int]]:
    """Return the pairs a < b of ``n`` states."""
    return combinations(range(n), 2)


def matrices(components: Array) -> Complex:
    """Return Hermitian matrices (N, n, n) of their components (N, n^2)."""
    n = isqrt(components.shape[1])
    out = np.zeros((len(components), n, n), complex)
    for a in range(n):
        out[:, a, a] = components[:, diagonal(a)]
    for a, b in pairs_of(n):
        k = off_diagonal(a, b)
        out[:, a, b] = components[:, k] + 1j * components[:, k + 1]
        out[:, b, a] = out[:, a, b].conj()
    return out


def components(matrices: Complex) -> Array:
    """Return the components (N, n^2) of Hermitian matrices (N, n, n)."""
    n = matrices.shape[1]
    out = np.empty((len(matrices), n * n))
    for a in range(n):
        out[:, diagonal(a)] = matrices[:, a, a].real
    for a, b in pairs_of(n):
        k = off_diagonal(a, b)
        out[:, k], out[:, k + 1] = matrices[:, a, b].real, matrices[:, a, b].imag
    return out
