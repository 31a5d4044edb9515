"""The quantum kinetic equation.

For the density matrix rho(x, y) of neutrinos (= antineutrinos; else the mean of both, and `boltzmann.kinetics.odd` has
the rest), x = m_e a, y = p a, z = T_gamma a, s = ln x::

    d rho/ds = -i [H, rho]/Hubble        vacuum + potentials        boltzmann.kinetics.hamiltonian, potentials/
             - D_ab rho_ab (a != b)      damping of coherences      boltzmann.collisions.damping
             + I_aa                      nu-e, nu-nu populations    boltzmann.collisions.electron, .neutrino
             - (Gamma_s/2) rho_as        secret collisions          boltzmann.dark.bath
             + Gamma_s [f_FD(E_4/T_s - eta) - rho_ss]               relaxation to the dark bath
             + SUM_k Gamma_k (f_k P_k - {P_k, rho}/2)               nu_4 <-> nu_k phi, boltzmann.dark.decay
    dE/ds    = z^4 (R - 3p) - d(rho_nu)/ds   photons, e+-, mu+-, QED: E = z^4 R    boltzmann.plasma.background
    de/ds    = dark z_s^4 (R - 3p) - energy  given to rho_ss by relaxation and to nu_k by decays     boltzmann.dark.bath
    dn/ds    = - number given to rho_ss by relaxation and to nu_4 by decays + number-changing reactions
    dm/ds    = m - (Gamma/H) m           matter that heats the plasma: dE/ds += (Gamma/H) m, boltzmann.kinetics.matter

The potential V_s in H is made of rho_ss averaged over 1/AVERAGING e-folds: a momentum node stands for a bin of width
dy ~ y/7, within which the phases of conversion at a resonance average out, while V_s takes 1/40 e-fold to sweep over
the bin. Undamped, all of a bin in phase would make V_s, and with it the resonance, oscillate.

The density matrix belongs to the node of a momentum. While a resonance narrower than the distance of two nodes crosses
the grid, what collides and what makes potentials are the populations of its bin, which follow the node's with a flow C
in place of the commutator: `boltzmann.kinetics.bins`.

P_k projects on mass state k, f_k = f_FD(y/z_s), for nu_4 f_FD(E_4/T_s - eta). The dark sector is followed until T =
m_4: there the energy that the bath gives or takes is E_4 for every nu_4 more or less, whatever made it. Elsewhere
neutrinos are relativistic.

`boltzmann.kinetics.terms` fills these terms for a state; `rhs` adds them up. With ``coherence="matrix"`` the full
collision matrix (boltzmann.collisions.matrix) replaces D and I. Sources: Sigl & Raffelt, Nucl. Phys. B406 (1993) 423;
arXiv:1905.11290; arXiv:2012.02726.
"""

import numpy as np

from boltzmann.collisions.lagged import Lagged, LaggedMatrix, add_distant, population_change
from boltzmann.collisions.matrix import collision_matrix
from boltzmann.kinetics.bins import convert
from boltzmann.kinetics.dark_terms import add_dark, begin_exchange, close_exchange
from boltzmann.kinetics.hamiltonian import commutator
from boltzmann.kinetics.layout import CHARGE, DARK, PASSIVE, PLASMA, pack
from boltzmann.kinetics.matter import decay, matter_energy
from boltzmann.kinetics.odd_terms import add_odd, close_odd
from boltzmann.kinetics.tables import MatrixWork, Tables, WeakWork, Work
from boltzmann.kinetics.terms import fill_bins, fill_terms
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.plasma.background import plasma_at


@kernel
def _add_damped(
    i: int,
    rho: Complex,
    r: Array,
    coefficient: Array,
    weak: WeakWork,
    nu_nu: Lagged,
    by_nu: None,
    matrix: None,
    change: Complex,
) -> None:
    """Add I_aa of the occupations ``r`` (3, N) and the damping of coherences at node i to ``change``."""
    for a in range(change.shape[0]):
        if a < 3:
            by_electron = weak.gain[a, i] * (1.0 - r[a, i]) - weak.loss[a, i] * r[a, i]
            change[a, a] += weak.prefactor[i] * (by_electron + population_change(a, i, nu_nu))
        for b in range(a + 1, change.shape[0]):
            change[a, b] -= weak.damping[i] * coefficient[a, b] * rho[i, a, b]


@optional_kernel("matrix", otherwise=_add_damped)
def _add_collisions(
    i: int,
    rho: Complex,
    r: Array,
    coefficient: Array,
    weak: WeakWork,
    nu_nu: Lagged,
    by_nu: LaggedMatrix,
    matrix: MatrixWork,
    change: Complex,
) -> None:
    """Add weak collisions at node i to the upper triangle of ``change``: the collision matrix, or I_aa and damping."""
    part, prefactor = matrix.change, weak.prefactor[i]
    gain, loss = matrix.gain[i] + by_nu.gain[i], matrix.loss[i] + by_nu.loss[i]
    collision_matrix(rho[i], gain, loss, matrix.extra[i], part)
    add_distant(i, rho, nu_nu, by_nu, part)
    for a in range(change.shape[0]):
        for b in range(a, change.shape[0]):
            change[a, b] += prefactor * part[a, b]


@kernel
def rhs(s: float, u: Array, tables: Tables, work: Work, out: Array) -> None:
    """Fill ``out`` with du/ds at s = ln x: the equation.

    nu-nu collisions are linear about the reference of the last `refresh_nu_nu`.
    """
    x, z, rate = fill_terms(s, u, tables, work)
    grid, change, size, end, heat = tables.grid, work.change, work.change.size, u.size, 0.0
    H, rho, r, coefficient = work.H, work.rho, work.occupations, tables.damping.coefficient
    weak, nu_nu, bins = work.weak, work.nu_nu, work.bins
    open_block = bins.rates.on[0] > 0.0
    begin_exchange(work.dark)
    if open_block:
        fill_bins(tables, work)
    for i in range(grid.y.size):
        commutator(H[i], rho[i], change)
        if open_block:
            convert(i, grid.f[i], bins, change)
        _add_collisions(i, rho, r, coefficient, weak, nu_nu, nu_nu.matrix, work.matrix, change)
        add_odd(i, grid.f[i], H[i], rho[i], r, coefficient, weak, nu_nu, work.dark, change, work.odd)
        weight = grid.w[i] * grid.y[i] ** 3 / np.pi**2
        for a in range(change.shape[0]):
            heat += weight * change[a, a].real
        add_dark(i, u, grid, rho, work.sterile, change, tables.dark, work.dark, out)
        pack(change, grid.f[i], out[i * size : (i + 1) * size])
    density, pressure, _ = plasma_at(x / z, tables.plasma)
    trace = z**4 * (density - 3.0 * pressure)
    out[end - DARK] = out[end - CHARGE] = 0.0
    out[end - PASSIVE] = trace + close_exchange(work.dark, out) + matter_energy(u, tables.matter)
    out[end - PLASMA] = trace - heat + decay(rate, u, tables.matter, out)
    close_odd(grid, work.odd)
