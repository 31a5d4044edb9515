"""What decides on the length of a step: the norm of its error, and how far it turns eigenstates at resonances.

The error norm counts populations in the mass basis of H at the end of the step, the plasma energy and the dark bath's
temperature and chemical potential, never the undamped ringing of coherences. The rotation limiter shortens steps that
would jump over an active-sterile resonance (where it is overdamped, D > 2 |H_as|, the step need only resolve its width
D). Both look at nodes, not at bins.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.dark.bath import K_NUMBER, PHANTOM, dark_bath, response
from boltzmann.kinetics.bins import Bins, to_node
from boltzmann.kinetics.layout import CHARGE, DARK, PLASMA, unpack
from boltzmann.kinetics.rodas import Stages
from boltzmann.kinetics.tables import DarkSector, DarkWork, Tables, Work
from boltzmann.kinetics.terms import fill_hamiltonian
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.linear import update_eigenbasis

BATH = 50.0  # tolerance of ln T_s and eta over rtol: their errors reach the populations, which count themselves
NO_RESONANCE, RESONANCE, OVERDAMPED = 0, 1, 2
LANDAU_ZENER_MIN = 1e-4  # crossings with a smaller exponent are diabatic and may be jumped


class Control(NamedTuple):
    """Tolerances and limits of the integration."""

    rtol: float
    atol: float
    h_max: float
    rotation: float
    s_end: float
    max_steps: int


@kernel
def _diagonal_in(basis: Complex, rho: Complex, out: Array) -> None:
    """Fill ``out`` (n,) with the diagonal of basis^dagger rho basis."""
    n = rho.shape[0]
    for k in range(n):
        total = 0.0
        for a in range(n):
            for b in range(n):
                total += (np.conj(basis[a, k]) * rho[a, b] * basis[b, k]).real
        out[k] = total


@optional_kernel("dark", otherwise=0.0)
def _bath_error(s: float, control: Control, sector: DarkSector, dark: DarkWork, stages: Stages) -> float:
    """Return the squared norm of the error of ln T_s and eta at the end of the step.

    They count as far as anything depends on them: secret rates and potential over the Hubble rate, at most 1.
    """
    u, error = stages.argument, stages.U[5]
    coupled = np.max(dark.secret[0]) + np.max(np.abs(dark.potential)) + np.max(dark.decays.rates)
    tolerance = BATH * control.rtol / min(1.0, coupled + 1e-10)
    bath = dark_bath(np.exp(s), u[u.size - DARK], u[u.size - CHARGE], sector.bath, dark.hint)
    d_log, d_eta = response(bath, error[u.size - DARK], error[u.size - CHARGE])
    return float((d_log / tolerance) ** 2 + (d_eta / (tolerance * (1.0 + abs(bath.eta)))) ** 2)


@kernel
def error_norm(s: float, control: Control, tables: Tables, work: Work, stages: Stages) -> float:
    """Return the norm of the step's error: root mean square over mass-basis populations, E, and the dark bath."""
    N, n = stages.H.shape[0], stages.H.shape[1]
    size, plasma = n * n, stages.argument.size - PLASMA
    error, total = stages.U[5], 0.0
    for i in range(N):
        unpack(error[i * size : (i + 1) * size], 1.0, stages.scratch[0])
        unpack(stages.argument[i * size : (i + 1) * size], 1.0, stages.scratch[1])
        if work.bins.rates.on[0] > 0.0:
            to_node(stages.bins.U[5], i, 1.0, stages.scratch[0])
            to_node(stages.bins.argument, i, 1.0, stages.scratch[1])
        _diagonal_in(stages.basis[1, i], stages.scratch[0], stages.population)
        for k in range(n):
            occupied = 0.0
            for a in range(n):
                occupied += abs(stages.basis[1, i, a, k]) ** 2 * stages.scratch[1][a, a].real
            total += (stages.importance[i] * stages.population[k] / (control.atol + control.rtol * abs(occupied))) ** 2
    by_scalars = (error[plasma] / (control.rtol * stages.argument[plasma])) ** 2
    by_scalars += _bath_error(s, control, tables.dark, work.dark, stages)
    return float(np.sqrt(total / (N * n) + by_scalars))


@kernel
def fill_end_basis(H: Complex, stages: Stages) -> None:
    """Fill the eigenvectors of all momenta at the end of the step."""
    for i in range(H.shape[0]):
        stages.scratch[0][:] = H[i]
        update_eigenbasis(stages.scratch[0], stages.basis[1, i], stages.scratch[1])


@optional_kernel("dark")
def correct_basis(s: float, tables: Tables, work: Work, dark: DarkWork, stages: Stages) -> None:
    """Fill the eigenvectors at the end anew: V_s follows rho_ss, at resonances those of the prediction are others."""
    fill_hamiltonian(s, stages.argument, tables, work)
    fill_end_basis(work.H, stages)


@kernel
def _resonance(before: Complex, after: Complex, h: float, damping: float) -> int:
    """Return how one momentum meets active-sterile resonances in the step.

    NO_RESONANCE: none, or diabatic; OVERDAMPED: one that the step jumps over although it is broad; else RESONANCE.
    """
    result = NO_RESONANCE
    for a in range(3):
        d0, d1 = (before[3, 3] - before[a, a]).real, (after[3, 3] - after[a, a]).real
        coupling = abs(before[a, 3])
        near = d0 * d1 < 0.0 or min(abs(d0), abs(d1)) < 20.0 * coupling
        if near and 2.0 * np.pi * coupling**2 * h > LANDAU_ZENER_MIN * abs(d1 - d0):
            if damping <= 2.0 * coupling:
                result = RESONANCE
            elif d0 * d1 < 0.0 and abs(d1 - d0) > 3.0 * damping:
                return OVERDAMPED
    return result


@kernel
def _rotated_population(start: Complex, end: Complex, rho: Complex, scratch: Complex, population: Array) -> float:
    """Return max over k != l of |<k(start)|l(end)>|^2 |p_k - p_l|."""
    n = rho.shape[0]
    scratch[:] = rho
    _diagonal_in(start, scratch, population)
    largest = 0.0
    for k in range(n):
        for m in range(n):
            overlap = 0.0j
            for a in range(n):
                overlap += np.conj(start[a, k]) * end[a, m]
            largest = max(largest, abs(overlap) ** 2 * abs(population[k] - population[m]))
    return largest


@kernel
def _unequal(rho: Complex) -> float:
    """Return the largest difference between the sterile and an active population."""
    largest = 0.0
    for a in range(3):
        largest = max(largest, abs(rho[a, a].real - rho[3, 3].real))
    return largest


@kernel
def rotates_too_far(u: Array, h: float, H_end: Complex, control: Control, bins: Bins, stages: Stages) -> bool:
    """Return whether the step would turn the eigenstates too far at a resonance."""
    n = H_end.shape[1]
    if n < 4:
        return False
    for i in range(H_end.shape[0]):
        kind = _resonance(stages.H[i], H_end[i], h, stages.damping[i])
        if kind == NO_RESONANCE:
            continue
        unpack(u[i * n * n : (i + 1) * n * n], 1.0, stages.node)
        if bins.rates.on[0] > 0.0:
            to_node(bins.v, i, 1.0, stages.node)
        if kind == OVERDAMPED:
            turned = _unequal(stages.node)
        else:
            for which, H in enumerate((stages.H[i], H_end[i])):
                stages.scratch[0][:] = H
                update_eigenbasis(stages.scratch[0], stages.basis[which, i], stages.scratch[1])
            turned = _rotated_population(
                stages.basis[0, i], stages.basis[1, i], stages.node, stages.scratch[1], stages.population
            )
        if stages.importance[i] * turned > control.rotation:
            return True
    return False


@optional_kernel("dark")
def predict(u: Array, h: float, F: Array, predicted: Array, dark: DarkWork) -> None:
    """Change e and n of ``predicted``, a copy of ``u``, to what they are after a step by their derivatives."""
    e, n = u[u.size - DARK], u[u.size - CHARGE]
    change = h * F[u.size - DARK]
    predicted[u.size - DARK] += min(max(change, -0.5 * e), e)
    change, limit = h * F[u.size - CHARGE], 0.5 * abs(n) + PHANTOM * K_NUMBER
    predicted[u.size - CHARGE] += min(max(change, -limit), limit)
