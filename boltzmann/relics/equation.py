"""The equation of neutrinos beside a relic of MeV mass: three flavours with coherences, hard nodes, N, and the plasma.

As `boltzmann.kinetics.qke`, for nu = nubar and three states, with s = ln x::

    d rho/ds = -i [H, rho]/Hubble - D_ab rho_ab (a != b)
             + nu-e: exact tables for soft nodes, `boltzmann.relics.hard` for hard ones
             + nu-nu: `boltzmann.collisions.pairs`
             + decays of N: `boltzmann.relics.decay`
    dE/ds    = z^4 (R - 3p) - d(rho_nu)/ds + energy that decays take from N
    dq/ds    = z^4 (R - 3p) + rho_N - 3 P_N              passive: E + rho_nu + rho_N - q is constant

State: 9 components of rho/f per node (`boltzmann.kinetics.layout`), eps_k of N, E, q. Mixing of the active flavours is
followed with its coherences, as everywhere in this package; the damping of hard nodes is the fit of
`boltzmann.collisions.damping` extrapolated, which matters for the flavour of hot neutrinos only.

Decays are not blocked up to half filling, beyond which no equilibrium goes: there, at the lowest momenta that a light N
would overfill, they are by 2 (1 - rho_aa), and the plasma gets the rest, next to nothing.

The Jacobian neglects how potentials and Hubble rate depend on rho and eps, and takes nu-nu slopes at the mean of the
flavours.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from boltzmann.collisions.damping import Damping, loss_function
from boltzmann.collisions.electron import Electron, electron_integral, electron_jacobian, electron_rates
from boltzmann.collisions.pairs import Pairs, fill_logits, pair_change, pair_jacobian
from boltzmann.constants import G_F, M_E
from boltzmann.kinetics.hamiltonian import Potentials, hamiltonian
from boltzmann.kinetics.jacobian import commutator_elements
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.momentum import Grid
from boltzmann.plasma.background import Plasma, hubble_rate, plasma_at, temperature
from boltzmann.relics.decay import Lepton, decay_source
from boltzmann.relics.hard import COUPLINGS, Hard, hard_change, hard_jacobian, hard_scattering

X_WEAK = 39.5  # end of the collision tables, as in `boltzmann.kinetics.terms`
PAIRS = ((0, 1), (0, 2), (1, 2))  # of flavours, in the order of the components
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
    lepton: Lepton | None


class Rates(NamedTuple):
    """By-products of an evaluation that the Jacobian reads."""

    common: float  # C
    boost: Array  # (soft,)
    electron: Array  # (4, soft, soft)
    gain: Array  # (3, soft)
    loss: Array  # (3, soft)
    moved: Array  # (hard, N)
    H: Array  # (N, 9): components of H over the Hubble rate
    local: Array  # (N, 9, 9): commutator and damping
    source: Array  # (K, 3, N): d(w y^2 rho_aa)/ds by eps_k
    decline: Array  # (K,): d ln eps/ds
    taken: Array  # (K,): energy that decays take, by eps_k
    heavy: Array  # (K,): rho_N - 3 P_N, by eps_k


@kernel
def damping_rates(y: Array, z: float) -> Array:
    """Return y^3 z^4 d(y/z), the damping of coherences over coefficient and prefactor, see `damping`."""
    out = np.empty(y.size)
    for i in range(y.size):
        out[i] = y[i] ** 3 * z**4 * loss_function(y[i] / z)
    return out


class Equation:
    """The right-hand side and its Jacobian, with scratch space; nu-nu collisions can be frozen between evaluations."""

    def __init__(self, tables: RelicTables) -> None:
        self.tables, grid, lepton = tables, tables.grid, tables.lepton
        N, soft = grid.y.size, tables.soft
        self.N, self.K = N, 0 if lepton is None else lepton.q.size
        self.size = 9 * N + self.K + 2
        self.diagonal = (9 * np.arange(N)[None, :] + np.arange(3)[:, None]).ravel()  # (3 N,) flavour by flavour
        places, factors = commutator_elements(3)
        self._commutator = np.zeros((9, 9, 9))
        np.add.at(self._commutator, tuple(places), factors)
        self._H = np.zeros((N, 3, 3), complex)
        self._rows = np.zeros((tables.potentials.rows.shape[-1] // N + 1, N))
        self._flat, self._electron = np.zeros(2 * soft * (soft + 1)), np.zeros((4, soft, soft))
        self._moved, self._nu_nu = np.zeros((N - soft, N)), np.zeros((3, N))
        self._one_decay = np.zeros((self.K, 3, N))
        self.volume = grid.w * grid.y**2
        self.energy = np.tile(grid.w * grid.y**3 * grid.f / np.pi**2, 3)  # of the diagonal components
        self.calls = 0

    def populations(self, u: Array) -> Array:
        """Return rho_aa (3, N) of a state."""
        return np.ascontiguousarray(u[: 9 * self.N].reshape(self.N, 9)[:, :3].T * self.tables.grid.f)

    def lepton_energy(self, u: Array) -> float:
        """Return the comoving energy density of N."""
        lepton = self.tables.lepton
        return 0.0 if lepton is None else float(_weights(lepton) @ u[9 * self.N : -2])

    def lepton_number(self, x: float, u: Array) -> float:
        """Return the comoving number density of N."""
        lepton = self.tables.lepton
        if lepton is None:
            return 0.0
        energies = np.sqrt(lepton.q**2 + (lepton.mass * x / M_E) ** 2)
        return float(_weights(lepton) @ (u[9 * self.N : -2] / energies))

    def temperature(self, s: float, u: Array) -> float:
        """Return z = T_gamma a; NaN where the plasma has no energy."""
        return float(temperature(np.exp(s), u[-2], self.tables.plasma))

    def __call__(self, s: float, u: Array, frozen: bool = False) -> tuple[Array, Rates]:
        """Return du/ds and by-products; ``frozen``: with the nu-nu integrals of the last evaluation."""
        self.calls += 1
        tables, grid, N = self.tables, self.tables.grid, self.N
        x, z = np.exp(s), self.temperature(s, u)
        r, g = self.populations(u), u[: 9 * N].reshape(N, 9)
        total = u[-2] + self.energy @ u[self.diagonal] + self.lepton_energy(u)
        rate = hubble_rate(x, total)
        common = (M_E / x) ** 5 * G_F**2 / (8.0 * np.pi**3 * rate) if x < X_WEAK else 0.0
        rates = self._rates(x, z, rate, common, g, r)
        change = np.einsum("nij,nj->ni", rates.local, g)
        change[:, :3] += (self._collisions(r, rates, frozen) / (self.volume * grid.f)).T
        out = np.empty(self.size)
        eps, first = u[9 * N : -2], 9 * N
        if self.K:
            change[:, :3] += (np.tensordot(eps, rates.source, 1) / (self.volume * grid.f)).T
        out[:first] = change.ravel()
        density, pressure, _ = plasma_at(x / z, tables.plasma)
        trace = z**4 * (density - 3.0 * pressure)
        out[first:-2] = rates.decline * eps
        out[-2] = trace - self.energy @ out[self.diagonal] + rates.taken @ eps
        out[-1] = trace + rates.heavy @ eps
        return out, rates

    def _rates(self, x: float, z: float, rate: float, common: float, g: Array, r: Array) -> Rates:
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
        for m, (a, b) in enumerate(PAIRS):
            for c in (3 + 2 * m, 4 + 2 * m):
                local[:, c, c] -= damping * tables.damping.coefficient[a, b]
        source, *others = self._decays(x, rate)
        open_states = np.clip(2.0 * (1.0 - r), 0.0, 1.0)
        return Rates(common, boost, self._electron, gain, loss, self._moved, H, local, source * open_states, *others)

    def _hamiltonian(self, x: float, z: float, rate: float, g: Array) -> Array:
        """Return the components (N, 9) of H over the Hubble rate, slowed down where it is needlessly fast."""
        tables, grid, H = self.tables, self.tables.grid, self._H
        energy = matrices(((grid.w * grid.y**3 * grid.f / np.pi**2) @ g)[None])[0]
        hamiltonian(x, z, energy, grid.y, tables.mass_matrix, tables.potentials, H, self._rows)
        levels = np.diagonal(H, axis1=1, axis2=2).real
        parts = [H[:, a, b] for a, b in PAIRS]
        columns = [levels - np.median(levels, axis=1)[:, None]]
        columns += [np.stack([part.real, part.imag], axis=1) for part in parts]
        vacuum = np.abs(tables.mass_matrix).max() * x / (2.0 * M_E * grid.y)
        factor = np.minimum(1.0, rate * tables.fastest / vacuum) / rate
        return np.asarray(np.hstack(columns) * factor[:, None])

    def _decays(self, x: float, rate: float) -> tuple[Array, Array, Array, Array]:
        """Return what eps_k gives to the populations, how it declines, and the last two of `Rates`."""
        lepton, none = self.tables.lepton, np.zeros(0)
        if lepton is None:
            return self._one_decay, none, none, none
        slow, weight = _slowness(x, lepton), _weights(lepton)
        decays = lepton.width / rate * slow
        scratch, y = np.zeros(self.N), self.tables.grid.y
        decay_source(x, lepton.mass, lepton.q, lepton.lines, lepton.stopped, y, scratch, self._one_decay)
        per_eps = np.pi**2 * weight * decays / np.sqrt(lepton.q**2 + (lepton.mass * x / M_E) ** 2)
        source = per_eps[:, None, None] * self._one_decay
        return source, slow**2 - decays, weight * decays, weight * slow**2

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


def matrices(components: Array) -> Complex:
    """Return Hermitian matrices (N, 3, 3) of their components (N, 9)."""
    out = np.zeros((len(components), 3, 3), complex)
    for a in range(3):
        out[:, a, a] = components[:, a]
    for m, (a, b) in enumerate(PAIRS):
        out[:, a, b] = components[:, 3 + 2 * m] + 1j * components[:, 4 + 2 * m]
        out[:, b, a] = out[:, a, b].conj()
    return out


def _weights(lepton: Lepton) -> Array:
    """Return the comoving energy density per eps_k."""
    return 0.5 * lepton.degrees / np.pi**2 * lepton.w * lepton.q**2


def _slowness(x: float, lepton: Lepton) -> Array:
    """Return M/E_k."""
    M = lepton.mass * x / M_E
    return np.asarray(M / np.sqrt(lepton.q**2 + M**2))
