"""What the kernels need for one run, tabulated once: grids, collisions, potentials, plasma, dark sector."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from boltzmann.collisions.couplings import Couplings
from boltzmann.collisions.damping import Damping, exact_damping, mckellar_damping, no_damping
from boltzmann.collisions.electron import Electron, electron_tables
from boltzmann.collisions.matrix import Matrix, kink_ratios
from boltzmann.collisions.neutrino import Neutrino, neutrino_tables
from boltzmann.constants import EV, HUBBLE_MASS, KELVIN, M_E, T_CMB_K
from boltzmann.dark.bath import Dark
from boltzmann.dark.decay import decay_tables, projectors
from boltzmann.dark.equilibrium import strongest, strongest_decay
from boltzmann.dark.mediator import Mediator
from boltzmann.dark.odd import HasOddPotential, OddPotential
from boltzmann.dark.tables import dark_tables
from boltzmann.errors import ParameterError
from boltzmann.kinetics import hamiltonian
from boltzmann.kinetics.bins import RATE, RATE_DARK, Fronts
from boltzmann.kinetics.sterile_history import HUBBLE_TODAY, OMEGA_M
from boltzmann.kinetics.tables import DarkSector, Modes, Tables, Vacuum
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.interpolate import lattice, reheated_lattice, wide_lattice
from boltzmann.numerics.momentum import Grid, laguerre_grid
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.plasma import background
from boltzmann.potentials import standard
from boltzmann.solution import Solution
from boltzmann.solver.fields import field_of, followed, largest_mass
from boltzmann.solver.reheating import matter_of, reheated
from boltzmann.solver.signs import has_decays, odd_tables, refuse

EARLY = 10.0  # mass [eV] of the sterile state from which production begins before x = 3e-3
LIGHT = 0.01  # mass [MeV] of a mediator below which it outlives decoupling for long, and steps add up to more
ABSENT = 3.0  # Gamma/H below which a secret interaction holds no bath
LATE_Z = 1.398  # T_gamma a after e+- annihilation, 1e-3: for the matter in the Hubble rate
MATTER = OMEGA_M * (HUBBLE_TODAY * HUBBLE_MASS) ** 2 * (LATE_Z / (T_CMB_K * KELVIN)) ** 3 / M_E  # a^4 rho/x


#: Lattices of all tables of a run: the usual one; with a dark sector, or without weak collisions; with a reheating.
_LATTICES = {"usual": lattice, "wide": wide_lattice, "reheated": reheated_lattice}


@lru_cache(maxsize=8)
def _collision_tables(
    n_momenta: int, y_max: float, kind: str, coupled: tuple[Any, ...]
) -> tuple[Grid, Electron, Neutrino, Matrix]:
    """Return the momentum grid and what depends on it and on couplings alone; ``kind`` of `_LATTICES`."""
    grid = laguerre_grid(n_momenta, y_max)
    neutrino = neutrino_tables(grid)
    return grid, electron_tables(grid, _LATTICES[kind](), couplings_of(coupled)), neutrino, kink_ratios(grid, neutrino)


@lru_cache(maxsize=2)
def _plasma(muons: bool) -> background.Plasma:
    """Return the plasma tables, read once."""
    return background.plasma(muons)


@lru_cache(maxsize=8)
def _potentials(potentials: tuple[Any, ...], n_momenta: int, y_max: float, n: int, kind: str) -> hamiltonian.Potentials:
    """Return the sum of ``potentials``, tabulated; ``kind`` of `_LATTICES`."""
    return hamiltonian.tabulate(potentials, _LATTICES[kind](), laguerre_grid(n_momenta, y_max).y, n)


def secret(interactions: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the interactions that have a mediator."""
    return tuple(interaction for interaction in interactions if hasattr(interaction, "mediator"))


def odd_potentials(interactions: tuple[Any, ...]) -> tuple[OddPotential, ...]:
    """Return the odd parts of the potentials of interactions that have one."""
    return tuple(i.odd_potential() for i in interactions if isinstance(i, HasOddPotential))


def ordinary(interactions: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the interactions that three states have too: no mediator, relic or mass for nu_s."""
    return tuple(i for i in interactions if not any(hasattr(i, own) for own in ("mediator", "mass_term", "relic")))


def with_couplings(interactions: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the interactions that change the couplings to electrons."""
    return tuple(interaction for interaction in interactions if hasattr(interaction, "couplings_to_electrons"))


def couplings_of(interactions: tuple[Any, ...]) -> Couplings | None:
    """Return the couplings to electrons of a run; None if they are the standard ones."""
    found = with_couplings(interactions)
    return found[0].couplings_to_electrons() if found else None


def check_couplings(interactions: tuple[Any, ...], options: Options, asymmetry: Asymmetry | None) -> None:
    """Refuse what does not go with other couplings to electrons.

    Raises
    ------
    ParameterError
        There are two such interactions, coherences that damping would miss, constants of the Standard Model, or an
        asymmetry.
    """
    found = with_couplings(interactions)
    if not found:
        return
    if len(found) > 1:
        raise ParameterError(f"interactions has {', '.join(map(repr, found))}; add their couplings up in one")
    if options.coherence == "mckellar":
        raise ParameterError(f"{found[0]!r} does not go with coherence='mckellar', constants of the Standard Model")
    if options.coherence != "matrix" and not found[0].couplings_to_electrons().is_diagonal:
        raise ParameterError(f"{found[0]!r}: flavour-changing couplings need coherence='matrix'")
    if asymmetry is not None:
        raise ParameterError(f"{asymmetry!r} does not go with {found[0]!r}, which is followed for nu = nubar only")


def potentials_of(interactions: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the interactions that are potentials."""
    return tuple(interaction for interaction in ordinary(interactions) if hasattr(interaction, "terms"))


@lru_cache(maxsize=64)
def strength(interaction: Any) -> tuple[float, float]:
    """Return the largest Gamma/H of a secret interaction and where it is, see `boltzmann.dark.equilibrium`."""
    return strongest(interaction.mediator())


def holds_a_bath(interaction: Any) -> bool:
    """Return whether the reactions of a secret interaction are ever fast enough to hold sterile neutrinos together."""
    return strength(interaction)[0] >= ABSENT


@lru_cache(maxsize=64)
def decay_strength(interaction: Any, mixing: Mixing) -> tuple[float, float]:
    """Return the largest Gamma/H of inverse decays and where it is, see `boltzmann.dark.equilibrium`."""
    return strongest_decay(interaction.mediator(), mixing.U, masses(mixing))


def masses(mixing: Mixing) -> Array:
    """Return m_1, ..., m_n [MeV]."""
    return mixing.masses_in_eV * EV


def has_mediators(interaction: Any, mixing: Mixing) -> bool:
    """Return whether a mediator is a species of the dark sector: held by collisions, or made by decays of nu_4."""
    return holds_a_bath(interaction) or decay_strength(interaction, mixing)[0] >= ABSENT


def is_delicate(mixing: Mixing, interactions: tuple[Any, ...]) -> bool:
    """Return whether a run needs the smaller tolerance, see `Options.settled`."""
    m, lightest = masses(mixing), min((i.mediator().mass for i in secret(interactions)), default=np.inf)
    return mixing.n_states == 4 and bool(m[3] < m[:3].max() or lightest < max(LIGHT, m[3]))


def is_heavy(mixing: Mixing, interactions: tuple[Any, ...] = ()) -> bool:
    """Return whether a run must start early, see `Options.settled`."""
    by_field = largest_mass(hamiltonian.vacuum(mixing.U, mixing.mass_squared), field_of(mixing, interactions))
    return bool(max(np.abs(mixing.mass_squared).max(), by_field) > (EARLY * EV) ** 2)


def _mediator(interaction: Any, held: bool) -> Mediator:
    """Return the mediator as the kernels get it: no species of the dark sector where nothing could keep it one.

    What is left then is the potential that sterile neutrinos make themselves, which at couplings of a light
    pseudoscalar near 1e-7 still exceeds the vacuum term, and their collisions; both vanish with the coupling.
    """
    mediator: Mediator = interaction.mediator()
    if held:
        return mediator
    return mediator._replace(degrees=0.0, number_changing=np.zeros_like(mediator.number_changing))


def history_of(solution: Solution) -> tuple[Array, Array, Complex, tuple[Array, ...], Tables]:
    """Return x, z, rho, the bath (ln z_s, eta, matter, zeros without) and the tables of a run, to evaluate it again.

    Copies, where kernels read arrays: they are compiled for arrays that can be written.
    """
    tables, dark = build_tables(solution.mixing, solution.interactions, solution.options), solution.dark
    none = np.zeros(solution.x.size)
    matter = none if solution.matter is None else solution.matter.copy()
    bath = (none, none, matter) if dark is None else (dark.log_z.copy(), dark.eta.copy(), matter)
    return solution.x, solution.z, solution.mean_rho[:, None].copy(), bath, tables


@lru_cache(maxsize=64)
def _dark(interactions: tuple[Any, ...], held: tuple[bool, ...], n_momenta: int, y_max: float) -> Dark:
    """Return the tables of the dark sector; ``held``: whose mediator is a species of it."""
    mediators = tuple(map(_mediator, interactions, held))
    return dark_tables(mediators, laguerre_grid(n_momenta, y_max))


def build_tables(
    mixing: Mixing, interactions: tuple[Any, ...], options: Options, asymmetry: Asymmetry | None = None
) -> Tables:
    """Return what the kernels need for one run."""
    dark, weak, field = secret(interactions), options.collisions, field_of(mixing, interactions)
    kind = "wide" if dark or not weak else "reheated" if reheated(interactions) else "usual"
    grid, electron, neutrino, matrix = _collision_tables(
        options.n_momenta, options.y_max, kind, with_couplings(interactions)
    )
    sector = _sector(dark, mixing, options) if dark else None
    if asymmetry is not None:
        refuse(asymmetry, options, odd_potentials(dark), sector)
    everything = (*standard(options.muons), *potentials_of(interactions))
    potentials = _potentials(everything, options.n_momenta, options.y_max, mixing.n_states, kind)
    return Tables(
        grid=grid,
        vacuum=followed(vacuum(mixing, bool(dark)), field),
        field=field,
        potentials=potentials,
        plasma=_plasma(options.muons),
        electron=electron,
        neutrino=neutrino,
        damping=_damping(options, mixing.n_states, couplings_of(interactions)),
        matrix=matrix if weak and options.coherence == "matrix" else None,
        dark=sector,
        matter=matter_of(interactions),
        fronts=_fronts(mixing, options, sector, asymmetry is None and not field.log_x.size),
        modes=Modes(weak=weak, nu_nu=options.nu_nu and weak),
        odd=None if asymmetry is None else odd_tables(asymmetry, odd_potentials(dark), grid, interactions),
    )


def _fronts(mixing: Mixing, options: Options, sector: DarkSector | None, simple: bool) -> Fronts:
    """Return how resonances are treated, see `boltzmann.kinetics.bins`.

    ``simple``: nu = nubar, and no field makes levels of all momenta cross at once, which is no front.
    """
    m = masses(mixing)
    of_one_matrix = simple and not has_decays(sector)
    return Fronts(
        allowed=mixing.n_states == 4 and options.coherence != "matrix" and options.collisions and of_one_matrix,
        rate=RATE if sector is None else RATE_DARK,
        by_mass=bool(m[:3].min() < m[-1] < m[:3].max()),
    )


def vacuum(mixing: Mixing, dark: bool) -> Vacuum:
    """Return the vacuum term."""
    matrix = hamiltonian.vacuum(mixing.U, mixing.mass_squared)
    largest = float(max(np.abs(matrix.real).max(), np.abs(matrix.imag).max()))
    return Vacuum(matrix, largest, hamiltonian.fastest(mixing.mass_squared, dark))


def _damping(options: Options, n: int, couplings: Couplings | None) -> Damping:
    """Return the damping of coherences of ``n`` states."""
    if couplings is not None and options.coherence != "matrix":
        return exact_damping(n, couplings.strength.tolist())
    kinds = {"exact": exact_damping, "mckellar": mckellar_damping, "matrix": no_damping}
    return kinds[options.weak_coherence](n)


def _sector(dark: tuple[Any, ...], mixing: Mixing, options: Options) -> DarkSector:
    """Return the dark sector of the secret interactions ``dark``."""
    held = tuple(has_mediators(interaction, mixing) for interaction in dark)
    decay = decay_tables(tuple(map(_mediator, dark, held)), mixing.U, masses(mixing))
    return DarkSector(
        bath=_dark(dark, held, options.n_momenta, options.y_max),
        projectors=projectors(mixing.U),
        heavy=float(masses(mixing)[-1]),
        matter=MATTER,
        decay=decay,
        decays=bool(decay.strength.size),
    )
