"""The odd half of a run at its start: tables, and states with asymmetries (`boltzmann.kinetics.odd`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from boltzmann.constants import G_F
from boltzmann.dark.odd import HasOddLevel, OddPotential
from boltzmann.errors import ParameterError
from boltzmann.kinetics.layout import N_ACTIVE, PLASMA, diagonal
from boltzmann.kinetics.odd import OddTables, bin_edges, odd_size
from boltzmann.kinetics.tables import DarkSector, Tables
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import Grid
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.parameters.asymmetry import PHOTONS, asymmetry_of, xi_of
from boltzmann.plasma.background import temperature

REHEATED = 11.0 / 4.0  # (T_gamma/T_nu)^3 after e+- annihilation, where eta is counted


def odd_level(interactions: tuple[Any, ...], asymmetry: Asymmetry) -> float:
    """Return V_s (x/m_e)^3 [MeV^-2] of what is no neutrino, for neutrinos; opposite for antineutrinos."""
    return float(sum(i.odd_level(asymmetry.eta) for i in interactions if isinstance(i, HasOddLevel)))


def outside(interactions: tuple[Any, ...], asymmetry: Asymmetry) -> float:
    """Return the neutrinos minus antineutrinos that would shift active levels by -V_s; comoving, with a T_nu = 1."""
    return float(-odd_level(interactions, asymmetry) / (np.sqrt(2.0) * G_F))


def seeded(
    asymmetry: Asymmetry | None, mixing: Mixing, interactions: tuple[Any, ...], options: Options
) -> Asymmetry | None:
    """Return the asymmetry of a run: that of baryons where neutrinos and antineutrinos have opposite potentials.

    Raises
    ------
    ParameterError
        The options are of one sign.
    """
    split = mixing.n_states > N_ACTIVE and odd_level(interactions, Asymmetry()) != 0.0
    if asymmetry is not None or not split:
        return asymmetry
    owner = next(i for i in interactions if isinstance(i, HasOddLevel))
    without = {
        "coherence='matrix'": options.coherence == "matrix",
        "signs='same'": options.signs == "same",
        "a reheating": any(hasattr(i, "matter") for i in interactions),
    }
    given = next((name for name, there in without.items() if there), None)
    if given is not None:
        raise ParameterError(
            f"{owner!r} has opposite signs for neutrinos and antineutrinos in the early Universe, which {given} does "
            'not have; leave that out, or give early="neutrinos" and early="antineutrinos" for runs as if both had one '
            "sign: they bound the two sectors where no asymmetry acts back"
        )
    return Asymmetry()


def refuse(
    asymmetry: Asymmetry, options: Options, potentials: tuple[OddPotential, ...], sector: DarkSector | None
) -> None:
    """Raise ParameterError for what has no odd half: matrix mode, decays, collisions that turn nu_s into nubar_s."""
    if options.coherence == "matrix":
        raise ParameterError(
            f"{asymmetry!r} does not go with coherence='matrix', whose collision terms assume nu = nubar; "
            "use coherence='exact'"
        )
    if has_decays(sector):
        raise ParameterError(
            f"{asymmetry!r} does not go with an interaction that makes nu_4 decay: its terms assume nu = nubar; "
            "use another interaction"
        )
    if any(potential.flips is not None for potential in potentials):
        raise ParameterError(
            f"{asymmetry!r} does not go with a secret pseudoscalar, whose collisions turn nu_s into nubar_s, which is "
            "not followed; use a SecretVector"
        )


def odd_tables(
    asymmetry: Asymmetry, potentials: tuple[OddPotential, ...], grid: Grid, interactions: tuple[Any, ...] = ()
) -> OddTables:
    """Return what the odd half needs."""
    return OddTables(
        baryons=asymmetry.eta * PHOTONS * REHEATED,
        outside=odd_level(interactions, asymmetry),
        own=1.0,
        tadpole=np.array([potential.tadpole for potential in potentials], float),
        exchange=np.array([potential.exchange for potential in potentials], float),
        mass=np.array([potential.mass for potential in potentials], float),
        edges=bin_edges(grid.y),
    )


def odd_start(u: Array, x: float, asymmetry: Asymmetry, tables: Tables) -> Array:
    """Return the odd block at ``x`` and change the even half of the state ``u`` there, by difference formulas.

    The number n_a - nbar_a is that of xi_a at a T = 1; a T is less before muons have annihilated, and xi larger.
    """
    grid, n, z = tables.grid, tables.n_states, temperature(x, u[-PLASMA], tables.plasma)
    N, start = grid.y.size, (1.0 if not tables.modes.weak else z)
    v = np.zeros(odd_size(N, n, tables.dark is not None))
    even, mixed = u[: N * n * n].reshape(N, n * n), v[: N * n * n].reshape(N, n * n)
    for a, xi in enumerate(asymmetry.xi):
        earlier = xi_of(asymmetry_of(xi) / start**3)
        if earlier == 0.0:
            continue
        level = grid.y / start
        total = np.cosh(level) + np.cosh(earlier)
        difference = 0.5 * np.sinh(earlier) / total
        even[:, diagonal(a)] = 0.5 * (np.cosh(earlier) + np.exp(-level)) / total / grid.f
        mixed[:, diagonal(a)] = difference / grid.f
        v[v.size - N_ACTIVE + a] = grid.w @ (grid.y**2 * difference) / np.pi**2
    return v


def has_decays(sector: DarkSector | None) -> bool:
    """Return whether nu_4 decays in a dark sector."""
    return sector is not None and sector.decays
