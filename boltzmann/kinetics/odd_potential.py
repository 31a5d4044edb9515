"""The odd potential, Q in `boltzmann.kinetics.odd`."""

import numpy as np

from boltzmann.constants import G_F, M_E
from boltzmann.kinetics.layout import N_ACTIVE
from boltzmann.kinetics.odd import OddTables, OddWork, fill_exchange
from boltzmann.kinetics.tables import DarkWork
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.momentum import Grid

FREEZE_OUT = 0.75  # MeV, where n <-> p reactions become slower than the expansion
PROTON_NEUTRON = 1.29333  # MeV


@kernel
def plasma_part(x: float, z: float, baryons: float) -> tuple[float, float]:
    """Return n_e- - n_e+ and n_n [MeV^3]: neutrons are in weak equilibrium until they freeze out."""
    T = max(z * M_E / x, FREEZE_OUT)
    neutrons = 1.0 / (1.0 + np.exp(PROTON_NEUTRON / T))
    density = baryons * (M_E / x) ** 3
    return density * (1.0 - neutrons), density * neutrons


@optional_kernel("dark")
def _fill_secret(x: float, grid: Grid, tables: OddTables, odd: OddWork, dark: DarkWork) -> None:
    """Fill odd.loop, of secret interactions."""
    N, volume = grid.y.size, (M_E / x) ** 3
    for i in range(N):
        for j in range(N):
            odd.loop[i, j] = 0.0
    for k in range(tables.mass.size):
        for i in range(N):
            fill_exchange(grid.y[i], tables.edges, tables.mass[k] * x / M_E, odd.source[0])
            for j in range(N):
                weight = grid.w[j] * grid.y[j] ** 2 * grid.f[j] / np.pi**2
                strength = tables.tadpole[k] + tables.exchange[k] * odd.source[0, j]
                odd.loop[i, j] += odd.scale[i] * volume * weight * strength


@kernel
def _fill_own(x: float, strength: float, out: Array) -> None:
    """Fill ``out`` (3, 3) with dV_aa/dL_b [MeV]."""
    for a in range(N_ACTIVE):
        for b in range(N_ACTIVE):
            out[a, b] = strength * np.sqrt(2.0) * G_F * (M_E / x) ** 3 * (2.0 if a == b else 1.0)


@optional_kernel("dark", otherwise=0.0)
def _secret_level(i: int, odd: OddWork, dark: DarkWork) -> float:
    """Return V_s of momentum i over the Hubble rate."""
    total, N = 0.0, odd.scale.size
    for j in range(N):
        total += odd.loop[i, j] * odd.v[odd.d.size + j]
    return total


@optional_kernel("odd")
def split_signs(
    x: float, z: float, grid: Grid, H: Complex, dark: DarkWork | None, tables: OddTables, odd: OddWork
) -> None:
    """Turn ``H`` (N, n, n) into P and fill Q."""
    N, n, first = grid.y.size, H.shape[1], odd.v.size - N_ACTIVE
    electrons, neutrons = plasma_part(x, z, tables.baryons)
    _fill_secret(x, grid, tables, odd, dark)
    _fill_own(x, tables.own, odd.own)
    for i in range(N):
        for a in range(n):
            for b in range(n):
                odd.Q[i, a, b] = complex(0.0, H[i, a, b].imag)
                H[i, a, b] = complex(H[i, a, b].real, 0.0)
        for a in range(N_ACTIVE):
            V = np.sqrt(2.0) * G_F * ((electrons if a == 0 else 0.0) - 0.5 * neutrons)
            for b in range(N_ACTIVE):
                V += odd.own[a, b] * odd.v[first + b]
            odd.Q[i, a, a] = complex(V * odd.scale[i], 0.0)
        if n > N_ACTIVE:
            outside = tables.outside * (M_E / x) ** 3 * odd.scale[i]
            odd.Q[i, 3, 3] = complex(outside + _secret_level(i, odd, dark), 0.0)
