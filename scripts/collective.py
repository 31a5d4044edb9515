"""Resolve every oscillation of nu and nubar: what the collective flavour instability of a point ends in.

    python scripts/collective.py [--kind none|diagonal|full] [--dm2-41 '0.0243 eV2'] [--ue4-sq 2e-3]
                                 [--momenta 8] [--start 14] [--end 5] [--eta 6e-10]

The equation of `boltzmann.kinetics.odd` for rho and rhobar* one after the other, without any of its kernels: vacuum,
thermal potentials of e and of the neutrinos themselves (no muons: below 20 MeV), V = sqrt2 G_F {G_s A G_s + G_s
Tr[G_s A]} with no A, its diagonal, or all of it, and that of baryons; damping of coherences, and populations that relax
to a thermal spectrum (15% of the rate changes numbers) without changing an asymmetry. Nodes of Gauss and Legendre at
p/T = 0.3 to 12, explicit fourth-order Runge-Kutta steps of CFL over the fastest oscillation, those that A makes
included: 1e5 to 1e8 steps of 40 microseconds. rho_s is the energy of nu_s over that of a thermal state.
"""

import argparse
from typing import NamedTuple

import numpy as np
from numba import njit

from boltzmann import Mixing
from boltzmann.constants import G_F, HUBBLE_MASS, M_E

KINDS = {"none": 0, "diagonal": 1, "full": 2}
M_W, M_Z, ZETA_3 = 80377.0, 91187.6, 1.2020569
LOSS = np.array([1.27, 0.92, 0.92, 0.0])  # of R_a = LOSS_a G_F^2 p T^4
RADIATION = np.pi**2 / 30.0 * 10.75  # rho/T^4
ELECTRONS = 7.0 * np.pi**2 / 60.0  # likewise, of e- and e+
CHANGING, CFL, PRINTED = 0.15, 0.6, 0.1


class Problem(NamedTuple):
    """What does not change; N momenta."""

    y: np.ndarray  # p/T
    number: np.ndarray  # (N,) w y^2/pi^2
    f: np.ndarray  # Fermi-Dirac
    mass: np.ndarray  # (4, 4) M^+M [MeV^2]
    kind: int
    eta: float


@njit(fastmath=True)
def sums(rho, problem, A, N, E):
    """Fill A, the mean density matrix and the mean energy matrix (4, 4), over T^3 and T^4."""
    A[:], N[:], E[:] = 0.0, 0.0, 0.0
    for i in range(problem.y.size):
        for a in range(4):
            for b in range(4):
                nu, nubar, w = rho[0, i, a, b], np.conj(rho[1, i, a, b]), 0.5 * problem.number[i]
                A[a, b] += w * (nu - nubar)
                N[a, b] += w * (nu + nubar)
                E[a, b] += w * problem.y[i] * (nu + nubar)


@njit(fastmath=True)
def odd_potential(A, kind, baryons, V):
    """Fill V/(sqrt2 G_F T^3); ``baryons``: n_B/T^3, half of them neutrons."""
    trace = A[0, 0].real + A[1, 1].real + A[2, 2].real
    V[:] = 0.0
    for a in range(3):
        for b in range(3):
            if a == b and kind > 0:
                V[a, a] = A[a, a].real + trace
            elif kind == 2:
                V[a, b] = A[a, b]
        V[a, a] += baryons * (0.25 if a == 0 else -0.25)


@njit(fastmath=True)
def collective(N, rho, problem, strength, hubble, T):
    """Return the frequency, over the Hubble rate, of what A makes: flavours, and nu_a with nu_s."""
    if problem.kind == 0:
        return 0.0
    largest, mixed = 0.0, 0.0
    for a in range(3):
        exchanged = 0.0j
        for i in range(problem.y.size):
            both = 0.5 * (rho[0, i, a, 3] + rho[1, i, a, 3])
            exchanged += problem.number[i] * problem.mass[a, 3] / (2.0 * problem.y[i] * T) * both
        mixed += 4.0 * strength / hubble * abs(exchanged) / hubble
        for b in range(a):
            largest = max(largest, strength / hubble * (abs(N[a, a] - N[b, b]) + 2.0 * abs(N[a, b])))
    return max(largest, np.sqrt(mixed))


@njit(fastmath=True)
def fill_hamiltonian(T, i, E, problem, H):
    """Fill the even part [MeV] of momentum i."""
    p, thermal = problem.y[i] * T, 8.0 * np.sqrt(2.0) * G_F / 3.0 * problem.y[i] * T**5
    for a in range(4):
        for b in range(4):
            H[a, b] = problem.mass[a, b] / (2.0 * p) - (thermal * E[a, b] / M_Z**2 if a < 3 and b < 3 else 0.0)
    H[0, 0] -= thermal * ELECTRONS / M_W**2
    level = H[2, 2]
    for a in range(4):
        H[a, a] -= level


@njit(fastmath=True)
def relax(i, T, hubble, rho, problem, left, kept, filled, out):
    """Add collisions of populations of momentum i; sums over momenta: lost asymmetry, shape of it, number."""
    rate, f = G_F**2 * problem.y[i] * T**5 / hubble, problem.f[i]
    for a in range(3):
        S = 0.5 * (rho[0, i, a, a] + rho[1, i, a, a]).real
        d = 0.5 * (rho[0, i, a, a] - rho[1, i, a, a]).real
        even = -rate * LOSS[a] * (S - f * (CHANGING + (1.0 - CHANGING) * filled[a]))
        mixed = -rate * LOSS[a] * (d - f * (1.0 - f) * left[a] / kept)
        out[0, i, a, a] += even + mixed
        out[1, i, a, a] += even - mixed


@njit(fastmath=True)
def rates(s, rho, problem, scratch, out):
    """Fill ``out`` = d rho/ds, s = ln(m_e/T), and return the fastest frequency; rho[1] is rhobar*."""
    T = M_E * np.exp(-s)
    hubble, strength, total = np.sqrt(RADIATION) * T**2 / HUBBLE_MASS, np.sqrt(2.0) * G_F * T**3, 0.0
    A, N, E, V, H, h = scratch
    sums(rho, problem, A, N, E)
    odd_potential(A, problem.kind, problem.eta * 2.0 * ZETA_3 / np.pi**2, V)
    left, filled, weight = np.zeros(3), np.zeros(3), problem.number * problem.y
    for a in range(3):
        for i in range(problem.y.size):
            left[a] += weight[i] * 0.5 * (rho[0, i, a, a] - rho[1, i, a, a]).real
            filled[a] += weight[i] * 0.5 * (rho[0, i, a, a] + rho[1, i, a, a]).real
    filled /= np.sum(weight * problem.f)
    kept = np.sum(weight * problem.f * (1.0 - problem.f))
    for i in range(problem.y.size):
        fill_hamiltonian(T, i, E, problem, H)
        for sign in range(2):
            size = 0.0
            for a in range(4):
                for b in range(4):
                    h[a, b] = H[a, b] + strength * V[a, b] if sign == 0 else np.conj(H[a, b] - strength * V[a, b])
                    size += abs(h[a, b]) ** 2
            turn(i, T, hubble, h, rho[sign, i], problem, out[sign, i])
            total = max(total, np.sqrt(0.5 * size) / hubble)
        relax(i, T, hubble, rho, problem, left, kept, filled, out)
    return total + collective(N, rho, problem, strength, hubble, T)


@njit(fastmath=True)
def turn(i, T, hubble, h, r, problem, out):
    """Fill ``out`` (4, 4) with the commutator and the damping of coherences."""
    rate = 0.5 * G_F**2 * problem.y[i] * T**5
    for a in range(4):
        for b in range(a, 4):
            change = 0.0j
            for c in range(4):
                change += h[a, c] * r[c, b] - r[a, c] * h[c, b]
            change *= -1j
            if a != b:
                change -= rate * (LOSS[a] + LOSS[b]) * r[a, b]
            out[a, b] = change / hubble
            out[b, a] = np.conj(out[a, b])


@njit(fastmath=True)
def advance(s, end, rho, problem):
    """Take rho from s to ``end``; return the number of steps."""
    scratch, steps, h = [np.zeros((4, 4), np.complex128) for _ in range(6)], 0, 0.0
    k, trial = np.zeros((4, *rho.shape), np.complex128), np.empty_like(rho)
    held = (scratch[0], scratch[1], scratch[2], scratch[3], scratch[4], scratch[5])
    while s < end:
        h = min(CFL / rates(s, rho, problem, held, k[0]), end - s)
        for stage, share in ((1, 0.5), (2, 0.5), (3, 1.0)):
            trial[:] = rho + share * h * k[stage - 1]
            rates(s + share * h, trial, problem, held, k[stage])
        rho += h / 6.0 * (k[0] + 2.0 * k[1] + 2.0 * k[2] + k[3])
        s += h
        steps += 1
        if h < 1e-15:
            break
    return steps


def setup(arguments: argparse.Namespace) -> Problem:
    """Return the problem."""
    t, w = np.polynomial.legendre.leggauss(arguments.momenta)
    y, w = 6.15 + 5.85 * t, 5.85 * w
    mixing = Mixing(dm2_41=arguments.dm2_41, Ue4_sq=arguments.ue4_sq)
    mass = (mixing.U * mixing.mass_squared) @ mixing.U.conj().T
    f = 1.0 / (np.exp(y) + 1.0)
    mass = np.ascontiguousarray(mass - np.trace(mass) / 4.0 * np.eye(4)).astype(complex)
    return Problem(y, w * y**2 / np.pi**2, f, mass, KINDS[arguments.kind], arguments.eta)


def main() -> None:
    """Integrate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=KINDS, default="full")
    parser.add_argument("--dm2-41", default="0.0243 eV2")
    for name, value in (("ue4-sq", 2e-3), ("start", 14.0), ("end", 5.0), ("eta", 6e-10)):
        parser.add_argument(f"--{name}", type=float, default=value)
    parser.add_argument("--momenta", type=int, default=8)
    arguments = parser.parse_args()
    problem, steps = setup(arguments), 0
    rho = np.zeros((2, problem.y.size, 4, 4), complex)
    rho[:, :, [0, 1, 2], [0, 1, 2]] = problem.f[:, None]
    s, end = np.log(M_E / arguments.start), np.log(M_E / arguments.end)
    print("T [MeV]  rho_s    n_e, n_mu, n_tau - 1            L_e, L_mu, L_tau, L_s            steps")
    while s < end - 1e-9:
        after = min(s + PRINTED, end)
        steps += advance(s, after, rho, problem)
        s, half = after, 0.5 * problem.number
        even, odd = half @ (rho[0] + rho[1]).diagonal(0, 1, 2).real, half @ (rho[0] - rho[1]).diagonal(0, 1, 2).real
        energy = (half * problem.y) @ (rho[0] + rho[1])[:, 3, 3].real / ((2.0 * half * problem.y) @ problem.f)
        lost = " ".join(f"{n / (2.0 * half @ problem.f) - 1.0:+.2e}" for n in even[:3])
        L = " ".join(f"{n * np.pi**2 / (2.0 * ZETA_3):+.2e}" for n in odd)
        print(f"{M_E * np.exp(-s):7.3f}  {energy:.5f}  {lost}  {L}  {steps}", flush=True)


if __name__ == "__main__":
    main()
