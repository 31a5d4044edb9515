"""The initial state of a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from boltzmann.constants import M_E, NEUTRINO_DENSITY
from boltzmann.dark.bath import Dark, bath_at, conserved
from boltzmann.dark.tables import boson_entropy_and_heat
from boltzmann.errors import ParameterError
from boltzmann.kinetics.layout import CHARGE, DARK, N_ACTIVE, PLASMA, TAIL, diagonal, state_size
from boltzmann.kinetics.tables import Tables
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.numerics.newton import increasing_root
from boltzmann.parameters import Mixing
from boltzmann.plasma import background, thermo
from boltzmann.solver.reheating import Course
from boltzmann.solver.tables import holds_a_bath, secret

EMPTY = 0.05  # T_s/T_gamma below which the dark sector starts empty (1e-5 of a neutrino species) ...
EMPTY_BATH = float(np.log(0.5)), -12.0  # ... that is, dilute: ln z_s and eta, 4e-7 of a species


def initial_bath(x: float, ratio: float, dark: Dark) -> tuple[float, float]:
    """Return ln z_s and eta at ``x`` of a dark sector in equilibrium that had T_s a = ``ratio`` at massless mediators.

    Entropy conservation of sterile neutrinos and mediators, z_s^3 s = const; eta = 0 unless the sector is empty. With
    T ds = drho, which holds without chemical potential, d ln(z_s^3 s)/dln z_s = (drho/dT)/s.
    """
    if ratio < EMPTY:
        return EMPTY_BATH
    neutrino = 4.0 / 3.0 * NEUTRINO_DENSITY

    def entropy_and_heat(z: float, x: float) -> Array:
        species = [(neutrino, 3.0 * neutrino)]  # massless: drho/dT = 3 s
        species += [boson_entropy_and_heat(m * x / (M_E * z)) for m in dark.mass]
        return np.asarray(np.array([1.0, *dark.degrees]) @ np.array(species))

    massless = entropy_and_heat(ratio, 0.0)[0]

    def excess(log_z: float) -> tuple[float, float]:
        entropy, heat = entropy_and_heat(np.exp(log_z), x)
        return 3.0 * (log_z - np.log(ratio)) + np.log(entropy / massless), heat / entropy

    return float(increasing_root(excess, float(np.log(ratio)))), 0.0


def initial_state(
    x: float, tables: Tables, muons: bool = True, ratio: float = 0.0, course: Course | None = None
) -> Array:
    """Return the state vector at ``x``: actives in equilibrium with the plasma, no coherence.

    The sterile state is empty, or with a dark sector thermal at T_s = ``ratio`` T_gamma (see `initial_bath`). Without
    weak collisions neutrinos cannot share the heat of muons: they have the spectra that they had after muon
    annihilation, a T_nu = 1, from the start. A reheating follows its ``course``.
    """
    grid, n, coupled = tables.grid, tables.n_states, tables.modes.weak
    N, z, z_nu, matter = grid.y.size, background.initial_z(x, muons, coupled), 1.0, 0.0
    if course is not None:
        z, z_nu, matter = course.at(x)
    elif coupled:
        z_nu = z
    u = np.zeros(state_size(N, n, tables.dark is not None))
    components = u[: N * n * n].reshape(N, n * n)
    components[:, :N_ACTIVE] = (fermi_dirac(grid.y / z_nu) / grid.f)[:, None]
    u[-PLASMA] = z**4 * float(thermo.plasma_energy_density(x / z, muons=muons))
    u[-DARK] = matter
    if tables.dark is not None:
        log_z, eta = initial_bath(x, ratio, tables.dark.bath)
        components[:, diagonal(3)] = fermi_dirac(grid.y * np.exp(-log_z) - eta) / grid.f
        u[N * n * n : -TAIL] = components[:, diagonal(3)]
        u[-DARK], u[-CHARGE] = conserved(bath_at(log_z, eta, x, tables.dark.bath))
    return u


def initial_ratio(mixing: Mixing, interactions: tuple[Any, ...]) -> float:
    """Return T_s/T_gamma at the start, common to all secret interactions; 0 without, or if none could hold a bath.

    Raises
    ------
    ParameterError
        If there is no sterile state to interact, or the ratios differ.
    """
    ratios = {float(i.T_s_over_T) for i in secret(interactions)}
    if ratios and mixing.n_states == 3:
        raise ParameterError(
            "interactions has a secret interaction of the sterile state, but dm2_41 = None means there is none; "
            'give dm2_41 too, for example dm2_41="1 eV2"'
        )
    if len(ratios) > 1:
        raise ParameterError(
            f"T_s_over_T differs between the secret interactions ({', '.join(map(repr, sorted(ratios)))}), but "
            "they share one bath of sterile neutrinos; give all the same"
        )
    held = any(map(holds_a_bath, secret(interactions)))
    return max(ratios, default=0.0) if held else 0.0
