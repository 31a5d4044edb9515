"""What decides on the length of a step: the norm of its error, and how far it turns eigenstates at resonances.

The error norm counts populations in the mass basis of H at the end of the step, the plasma energy and the dark bath's
temperature and chemical potential, never the undamped ringing of coherences. The rotation limiter shortens steps that
would jump over an active-sterile resonance (where it is overdamped, D > 2 |H_as|, the step need only resolve its width
D). Both look at nodes, not at bins. But while the block of bins is open, what a node does is of use only to its bin:
its errors are relative to the larger population of the two (the sterile state of a node that waits for the front is
nearly empty, when its bin has been filled for long), of the sterile state at least to EMPTY of the active ones, and a
momentum counts by its share of the energy. Every momentum crosses in turn; without this a run took a fifth to a half
more steps, and N_eff was no nearer to that of rtol = 1e-5 (docs/validation/accuracy.md).
"""

import numpy as np

from boltzmann.dark.bath import K_NUMBER, PHANTOM, dark_bath, response
from boltzmann.kinetics.bins import to_node
from boltzmann.kinetics.layout import CHARGE, DARK, PLASMA, unpack
from boltzmann.kinetics.limits import (
    NO_RESONANCE,
    Control,
    population_error,
    resonance,
    turned_too_far,
)
from boltzmann.kinetics.matter import matter_error
from boltzmann.kinetics.odd import OddControl, OddStages, OddWork
from boltzmann.kinetics.odd_control import either_rotates, errors_of_both, fill_both_bases
from boltzmann.kinetics.rodas import Stages
from boltzmann.kinetics.tables import DarkSector, DarkWork, Tables, Work
from boltzmann.kinetics.terms import fill_hamiltonian
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.linear import update_eigenbasis

EMPTY = 0.1  # of active populations, below which while bins are open the sterile one of a bin counts as empty


@optional_kernel("dark", otherwise=0.0)
def _bath_error(s: float, control: Control, sector: DarkSector, dark: DarkWork, stages: Stages) -> float:
    """Return the squared norm of the error of ln T_s and eta at the end of the step.

    They count as far as anything depends on them: secret rates and potential over the Hubble rate, at most 1.
    """
    u, error = stages.argument, stages.U[5]
    coupled = np.max(dark.secret[0]) + np.max(np.abs(dark.potential)) + np.max(dark.decays.rates)
    tolerance = control.bath / min(1.0, coupled + 1e-10)
    bath = dark_bath(np.exp(s), dark.energy[0], u[u.size - CHARGE], sector.bath, dark.hint)
    d_log, d_eta = response(bath, error[u.size - DARK], error[u.size - CHARGE])
    return float((d_log / tolerance) ** 2 + (d_eta / (tolerance * (1.0 + abs(bath.eta)))) ** 2)


@kernel
def _importance(i: int, work: Work, stages: Stages) -> float:
    """Return how much momentum i counts."""
    return float(stages.share[i] if work.bins.rates.on[0] > 0.0 else stages.importance[i])


@kernel
def _fill_measures(i: int, stages: Stages) -> None:
    """Turn the populations of bin i in stages.scratch[1] into those that the errors of its node are relative to."""
    node, rho, least = stages.node, stages.scratch[1], 0.0
    node[:] = rho
    to_node(stages.bins.argument, i, 1.0, node)
    for a in range(4):
        larger = max(abs(rho[a, a]), abs(node[a, a]), least)
        rho[a, a] = complex(larger, 0.0)
        if a < 3:
            least = max(least, EMPTY * larger)


@kernel
def _node_errors(control: Control, tables: Tables, work: Work, both: None, block: None, stages: Stages) -> float:
    N, n = stages.H.shape[0], stages.H.shape[1]
    size, error, total = n * n, stages.U[5], 0.0
    for i in range(N):
        unpack(error[i * size : (i + 1) * size], 1.0, stages.scratch[0])
        unpack(stages.argument[i * size : (i + 1) * size], 1.0, stages.scratch[1])
        if work.bins.rates.on[0] > 0.0:
            to_node(stages.bins.U[5], i, 1.0, stages.scratch[0])
            _fill_measures(i, stages)
        by_populations = population_error(
            stages.scratch[0], stages.scratch[1], stages.basis[1, i], control, stages.population
        )
        total += _importance(i, work, stages) ** 2 * by_populations
    return float(total / (N * n))


@optional_kernel("both", otherwise=_node_errors)
def _population_errors(
    control: Control, tables: Tables, work: Work, both: OddControl, block: OddStages, stages: Stages
) -> float:
    """Return the squared norm of the errors of populations, and of asymmetries."""
    return float(errors_of_both(control, tables, both, block, stages))


@kernel
def error_norm(s: float, control: Control, tables: Tables, work: Work, stages: Stages) -> float:
    """Return the norm of the step's error: root mean square over mass-basis populations, E, dark bath and matter."""
    plasma = stages.argument.size - PLASMA
    total = _population_errors(control, tables, work, stages.both, stages.odd, stages)
    total += (stages.U[5, plasma] / (control.rtol * stages.argument[plasma])) ** 2
    total += _bath_error(s, control, tables.dark, work.dark, stages)
    total += matter_error(control.rtol, tables.matter, stages.argument, stages.U[5]) ** 2
    return float(np.sqrt(total))


@kernel
def _fill_basis(work: Work, odd: None, both: None, stages: Stages) -> None:
    for i in range(work.H.shape[0]):
        stages.scratch[0][:] = work.H[i]
        update_eigenbasis(stages.scratch[0], stages.basis[1, i], stages.scratch[1])


@optional_kernel("odd", otherwise=_fill_basis)
def fill_end_basis(work: Work, odd: OddWork, both: OddControl, stages: Stages) -> None:
    """Fill the eigenvectors of all momenta at the end of the step, of work.H."""
    fill_both_bases(work.H, odd.Q, both, stages)


@optional_kernel("dark")
def _correct_dark(s: float, tables: Tables, work: Work, dark: DarkWork, stages: Stages) -> None:
    fill_hamiltonian(s, stages.argument, tables, work)
    fill_end_basis(work, work.odd, stages.both, stages)


@kernel
def _correct_even(s: float, tables: Tables, work: Work, odd: None, both: None, stages: Stages) -> None:
    _correct_dark(s, tables, work, work.dark, stages)


@optional_kernel("odd", otherwise=_correct_even)
def correct_basis(s: float, tables: Tables, work: Work, odd: OddWork, both: OddControl, stages: Stages) -> None:
    """Fill the eigenvectors at the end anew where V follows the state: at resonances those of the prediction differ."""
    fill_hamiltonian(s, stages.argument, tables, work)
    fill_end_basis(work, odd, both, stages)


@kernel
def _node_rotates(
    u: Array, h: float, control: Control, work: Work, odd: None, both: None, block: None, stages: Stages
) -> bool:
    H_end = work.H
    n = H_end.shape[1]
    if n < 4:
        return False
    for i in range(H_end.shape[0]):
        kind = resonance(stages.H[i], H_end[i], h, stages.damping[i], work.bins.rates.on[0] > 0.0)
        if kind == NO_RESONANCE:
            continue
        unpack(u[i * n * n : (i + 1) * n * n], 1.0, stages.node)
        if work.bins.rates.on[0] > 0.0:
            to_node(work.bins.v, i, 1.0, stages.node)
        if turned_too_far(
            kind,
            stages.H[i],
            H_end[i],
            stages.basis[0, i],
            stages.basis[1, i],
            _importance(i, work, stages),
            control,
            stages.node,
            stages.scratch,
            stages.population,
        ):
            return True
    return False


@optional_kernel("odd", otherwise=_node_rotates)
def rotates_too_far(
    u: Array,
    h: float,
    control: Control,
    work: Work,
    odd: OddWork,
    both: OddControl,
    block: OddStages,
    stages: Stages,
) -> bool:
    """Return whether the step, at whose end H is work.H, would turn the eigenstates too far at a resonance."""
    return bool(either_rotates(u, h, control, work.H, odd.Q, both, block, stages))


@optional_kernel("dark")
def predict(u: Array, h: float, F: Array, predicted: Array, dark: DarkWork) -> None:
    """Change e and n of ``predicted``, a copy of ``u``, to what they are after a step by their derivatives."""
    e, n = u[u.size - DARK], u[u.size - CHARGE]
    change = h * F[u.size - DARK]
    predicted[u.size - DARK] += min(max(change, -0.5 * e), e)
    change, limit = h * F[u.size - CHARGE], 0.5 * abs(n) + PHANTOM * K_NUMBER
    predicted[u.size - CHARGE] += min(max(change, -limit), limit)
