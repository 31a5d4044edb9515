"""The quantum kinetic equation.

For the density matrix rho(x, y) of neutrinos (= antineutrinos), x = m_e a, y = p a, z = T_gamma a, s = ln x::

    d rho/ds = -i [H, rho]/Hubble        vacuum + potentials        boltzmann.kinetics.hamiltonian, potentials/
             - D_ab rho_ab (a != b)      damping of coherences      boltzmann.collisions.damping
             + I_aa                      nu-e, nu-nu populations    boltzmann.collisions.electron, .neutrino
             - (Gamma_s/2) rho_as        secret collisions          boltzmann.dark.bath
             + Gamma_s [f_FD(E_4/T_s - eta) - rho_ss]               relaxation to the dark bath
             + SUM_k Gamma_k (f_k P_k - {P_k, rho}/2)               nu_4 <-> nu_k phi, boltzmann.dark.decay
    dE/ds    = z^4 (R - 3p) - d(rho_nu)/ds   photons, e+-, mu+-, QED: E = z^4 R    boltzmann.plasma.background
    de/ds    = dark z_s^4 (R - 3p) - energy  given to rho_ss by relaxation and to nu_k by decays     boltzmann.dark.bath
    dn/ds    = - number given to rho_ss by relaxation and to nu_4 by decays + number-changing reactions

The potential V_s in H is made of rho_ss averaged over 1/AVERAGING e-folds: a momentum node stands for a bin of width
dy ~ y/7, within which the phases of conversion at a resonance average out, while V_s takes 1/40 e-fold to sweep over
the bin. Undamped, all of a bin in phase would make V_s, and with it the resonance, oscillate.

P_k projects on mass state k, f_k = f_FD(y/z_s), for nu_4 f_FD(E_4/T_s - eta). The dark sector is followed until T =
m_4: there the energy that the bath gives or takes is E_4 for every nu_4 more or less, whatever made it. Elsewhere
neutrinos are relativistic.

`boltzmann.kinetics.terms` fills these terms for a state; `rhs` adds them up. With ``coherence="matrix"`` the full
collision matrix (boltzmann.collisions.matrix) replaces D and I. Sources: Sigl & Raffelt, Nucl. Phys. B406 (1993) 423;
arXiv:1905.11290; arXiv:2012.02726.
"""

import numpy as np

from boltzmann.collisions.matrix import collision_matrix
from boltzmann.kinetics.layout import CHARGE, DARK, PASSIVE, PLASMA, pack
from boltzmann.kinetics.terms import Tables, Work, fill_terms
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel
from boltzmann.plasma.background import plasma_at

AVERAGING = 1e3  # e-folds^-1


@kernel
def commutator(H: Complex, rho: Complex, out: Complex) -> None:
    """Fill the upper triangle of ``out`` with -i [H, rho]."""
    n = H.shape[0]
    for a in range(n):
        for b in range(a, n):
            total = 0.0j
            for c in range(n):
                total += H[a, c] * rho[c, b] - rho[a, c] * H[c, b]
            out[a, b] = -1j * total


@kernel
def _population_change(i: int, a: int, work: Work) -> float:
    """Return the collision integral I_a at node i from the gains and losses."""
    r = work.occupations[a, i]
    gain = work.electron[0, a, i] + work.neutrino[0, a, i]
    loss = work.electron[1, a, i] + work.neutrino[1, a, i]
    return float(gain * (1.0 - r) - loss * r)


@kernel
def _add_damped(i: int, work: Work) -> None:
    """Add the population changes and the damping of coherences at node i to the upper triangle of work.change."""
    n = work.change.shape[0]
    for a in range(n):
        if a < 3:
            work.change[a, a] += work.prefactor[i] * _population_change(i, a, work)
        for b in range(a + 1, n):
            work.change[a, b] -= work.damping[i, a, b] * work.rho[i, a, b]


@kernel
def _add_matrix(i: int, work: Work) -> None:
    """Add the collision matrix at node i to the upper triangle of work.change."""
    gain, loss = work.by_electron[0, i] + work.by_neutrino[0, i], work.by_electron[1, i] + work.by_neutrino[1, i]
    collision_matrix(work.rho[i], gain, loss, work.extra[i], work.collision)
    work.change[:] += work.prefactor[i] * work.collision


@kernel
def _add_secret(i: int, work: Work) -> float:
    """Add secret collisions at node i to work.change; return the change of rho_ss."""
    for a in range(3):
        work.change[a, 3] -= 0.5 * work.secret[0, i] * work.rho[i, a, 3]
    relaxed = float(work.secret[1, i] * (work.target[0, i] - work.rho[i, 3, 3].real))
    work.change[3, 3] += relaxed
    return relaxed


@kernel
def fill_vertex(i: int, tables: Tables, work: Work) -> None:
    """Fill work.vertex at node i: SUM_k Gamma_k P_k and SUM_k Gamma_k f_k P_k."""
    work.vertex[:] = 0.0
    for k in range(4):
        target = work.target[0, i] if k == 3 else work.target[1, i]
        for a in range(work.change.shape[0]):
            for b in range(work.change.shape[0]):
                projected = work.decay[i, k] * tables.projectors[k, a, b]
                work.vertex[0, a, b] += projected
                work.vertex[1, a, b] += target * projected


@kernel
def _expectation(M: Complex, A: Complex) -> float:
    """Return Tr(M A) of hermitian matrices, of ``A`` (n, n) the upper triangle."""
    total = 0.0
    for a in range(A.shape[0]):
        total += M[a, a].real * A[a, a].real
        for b in range(a + 1, A.shape[0]):
            total += 2.0 * (np.conj(M[a, b]) * A[a, b]).real
    return total


@kernel
def _add_decays(i: int, tables: Tables, work: Work) -> tuple[float, float]:
    """Add decays at node i to work.change; return the changes of the number of all neutrinos, and of nu_4."""
    fill_vertex(i, tables, work)
    n, rho, G = work.change.shape[0], work.rho[i], work.vertex[0]
    for a in range(n):
        for b in range(a, n):
            total = 0.0j
            for c in range(n):
                total += G[a, c] * rho[c, b] + rho[a, c] * G[c, b]
            work.change[a, b] += work.vertex[1, a, b] - 0.5 * total
    everything, heavy = 0.0, 0.0
    for k in range(4):
        target = work.target[0, i] if k == 3 else work.target[1, i]
        heavy = work.decay[i, k] * (target - _expectation(tables.projectors[k], rho))
        everything += heavy
    return everything, heavy


@kernel
def _add_dark(i: int, tables: Tables, work: Work) -> tuple[float, float, float]:
    """Add secret collisions and decays at node i to work.change.

    Return what neutrinos get of energy without mass and of the charge, and what the mass of nu_4 adds to the energy.
    """
    y, relaxed, decayed, heavy = tables.grid.y[i], _add_secret(i, work), 0.0, 0.0
    if tables.modes.decays:
        decayed, heavy = _add_decays(i, tables, work)
    mass = (work.level[i] - y) * _expectation(tables.projectors[3], work.change)
    return y * (relaxed + decayed), relaxed + heavy, mass


@kernel
def rhs(s: float, u: Array, tables: Tables, work: Work, out: Array) -> None:
    """Fill ``out`` with du/ds at s = ln x, with the nu-nu integrals of the last `refresh_nu_nu`: the equation."""
    grid, size, end = tables.grid, work.change.size, u.size
    x, z, _ = fill_terms(s, u, tables, work)
    heat, dark_heat, number, mass = 0.0, 0.0, 0.0, 0.0
    for i in range(grid.y.size):
        commutator(work.H[i], work.rho[i], work.change)
        if tables.modes.matrix:
            _add_matrix(i, work)
        else:
            _add_damped(i, work)
        weight = grid.w[i] * grid.y[i] ** 2 / np.pi**2
        for a in range(work.change.shape[0]):
            heat += weight * grid.y[i] * work.change[a, a].real
        if tables.modes.dark:
            averaged = grid.y.size * size + i
            out[averaged] = AVERAGING * (work.rho[i, 3, 3].real / grid.f[i] - u[averaged])
            energy, charge, heavy = _add_dark(i, tables, work)
            dark_heat += weight * energy
            number += weight * charge
            mass += weight * heavy
        pack(work.change, grid.f[i], out[i * size : (i + 1) * size])
    density, pressure, _ = plasma_at(x / z, tables.plasma)
    out[end - PLASMA] = z**4 * (density - 3.0 * pressure) - heat
    out[end - DARK] = work.created[1] - dark_heat - mass
    out[end - CHARGE] = work.created[0] - number
    out[end - PASSIVE] = z**4 * (density - 3.0 * pressure) + work.created[1] - mass
