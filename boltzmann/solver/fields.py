"""A mass that follows a field in time: what a run with one needs beside its tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.kinetics import hamiltonian
from boltzmann.kinetics.field import Field, no_field
from boltzmann.kinetics.tables import Vacuum
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.parameters import Asymmetry, Mixing, Options

#: Speed per Hubble rate up to which oscillations are followed, as `hamiltonian.fastest`. 100 eV, 1e-16 eV leaves
#: nu_4 with 0.0511, 0.0516, 0.0520 of a neutrino at 1e10, 1e11, 1e12 and N_eff the same to 1e-5 (measured).
FASTEST = 1e10
SPREAD = 1e2  # of `FASTEST` at least, over the ratio of the largest to the smallest splitting
RESOLVED = 1e-4  # rtol with oscillations; 1e-5 changes what is left in nu_4 by 2e-4
MOST_STEPS = 200_000  # of a run that follows them, unless `Options.max_steps` is given: some 200 a period
LEFT = 0.1  # of the sterile mass: a shift at the end of a run by which mass states are not those of the vacuum


def with_field(interactions: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the interactions that give the sterile state a mass."""
    return tuple(interaction for interaction in interactions if hasattr(interaction, "mass_term"))


def field_of(mixing: Mixing, interactions: tuple[Any, ...]) -> Field:
    """Return the field of a run, empty if there is none."""
    found = with_field(interactions)
    field: Field = found[0].mass_term(mixing) if found else no_field(mixing.n_states)
    return field


def _matrices(vacuum: Complex, field: Field) -> list[Complex]:
    """Return M^+M [MeV^2] where the field is largest, and where it is smallest."""
    phi, variance = field.phi
    places = np.argmax(phi**2 + variance), np.argmin(phi)
    return [vacuum + phi[k] * field.linear + (phi[k] ** 2 + variance[k]) * field.quadratic for k in places]


def largest_mass(vacuum: Complex, field: Field) -> float:
    """Return the largest squared mass of a run [MeV^2]; 0 without a field."""
    if not field.log_x.size:
        return 0.0
    return float(max(np.ptp(np.linalg.eigvalsh(matrix)) for matrix in _matrices(vacuum, field)))


def followed(vacuum: Vacuum, field: Field) -> Vacuum:
    """Return the vacuum term with the speed up to which H must not be scaled down, where a field makes masses large."""
    if not field.log_x.size:
        return vacuum
    levels = np.linalg.eigvalsh(vacuum.mass_matrix)
    splittings: Array = np.abs(np.subtract.outer(levels, levels))
    ratio = largest_mass(vacuum.mass_matrix, field) / float(splittings[splittings > 0.0].min())
    return vacuum._replace(fastest=max(FASTEST, SPREAD * ratio, vacuum.fastest))


def settled(options: Options, mixing: Mixing, interactions: tuple[Any, ...], asymmetry: Asymmetry | None) -> Options:
    """Return ``options`` with the tolerance that a field makes the default.

    Raises
    ------
    ParameterError
        What is given does not go with a field.
    """
    found = with_field(interactions)
    if not found:
        return options
    others = [i for i in interactions if hasattr(i, "mediator") or hasattr(i, "matter")]
    if len(found) > 1:
        raise ParameterError(f"interactions has {', '.join(map(repr, found))}; one field gives the mass, give one")
    if others:
        raise ParameterError(
            f"{found[0]!r} does not go with {others[0]!r}: it is followed in the standard history, with the masses of "
            "the vacuum in all else; leave one of them out"
        )
    if asymmetry is not None:
        raise ParameterError(f"{asymmetry!r} does not go with {found[0]!r}, which is followed for nu = nubar only")
    crossings = found[0].crossings(mixing) if hasattr(found[0], "crossings") else 0
    usual = options.max_steps == Options.declared()["max_steps"].default
    options = replace(options, max_steps=MOST_STEPS) if crossings and usual else options
    return options.filled(rtol=RESOLVED)


def is_left(mixing: Mixing, interactions: tuple[Any, ...]) -> bool:
    """Return whether the field still shifts masses at the end of a run."""
    field = field_of(mixing, interactions)
    if not field.log_x.size:
        return False
    vacuum = hamiltonian.vacuum(mixing.U, mixing.mass_squared)
    phi, variance = field.phi[:, -1]
    shift = np.abs(phi * field.linear + (phi**2 + variance) * field.quadratic).max()
    return bool(shift > LEFT * np.abs(vacuum).max())
