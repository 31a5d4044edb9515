"""The initial state of a run."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import brentq

from boltzmann.constants import M_E, NEUTRINO_DENSITY
from boltzmann.dark.bath import Dark, bath_at, conserved
from boltzmann.dark.tables import boson_entropy
from boltzmann.errors import ParameterError
from boltzmann.kinetics.layout import CHARGE, DARK, N_ACTIVE, PLASMA, TAIL, diagonal, state_size
from boltzmann.kinetics.tables import Tables
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.parameters import Mixing
from boltzmann.plasma import background, thermo
from boltzmann.solver.tables import holds_a_bath, secret

EMPTY = 0.05  # T_s/T_gamma below which the dark sector starts empty (1e-5 of a neutrino species) ...
EMPTY_BATH = float(np.log(0.5)), -12.0  # ... that is, dilute: ln z_s and eta, 4e-7 of a species


def initial_bath(x: float, ratio: float, dark: Dark) -> tuple[float, float]:
    """Return ln z_s and eta at ``x`` of a dark sector in equilibrium that had T_s a = ``ratio`` at massless mediators.

    Entropy conservation of sterile neutrinos and mediators; eta = 0 unless the sector is empty.
    """
    if ratio < EMPTY:
        return EMPTY_BATH
    neutrino = 4.0 / 3.0 * NEUTRINO_DENSITY

    def entropy(z: float, x: float) -> float:
        mediators = zip(dark.mass, dark.degrees, strict=True)
        return float(z**3 * (neutrino + sum(g * boson_entropy(m * x / (M_E * z)) for m, g in mediators)))

    start = entropy(ratio, 0.0)
    return float(np.log(brentq(lambda z: entropy(z, x) - start, 0.9 * ratio, 10.0 * ratio, xtol=1e-12))), 0.0


def initial_state(x: float, tables: Tables, muons: bool = True, ratio: float = 0.0) -> Array:
    """Return the state vector at ``x``: actives in equilibrium with the plasma, no coherence.

    The sterile state is empty, or with a dark sector thermal at T_s = ``ratio`` T_gamma (see `initial_bath`). Without
    weak collisions neutrinos cannot share the heat of muons: they have the spectra that they had after muon
    annihilation, a T_nu = 1, from the start.
    """
    grid, n, coupled = tables.grid, tables.n_states, tables.modes.weak
    N, z = grid.y.size, background.initial_z(x, muons, coupled)
    u = np.zeros(state_size(N, n, tables.dark is not None))
    components = u[: N * n * n].reshape(N, n * n)
    components[:, :N_ACTIVE] = (fermi_dirac(grid.y / (z if coupled else 1.0)) / grid.f)[:, None]
    u[-PLASMA] = z**4 * float(thermo.plasma_energy_density(x / z, muons=muons))
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
