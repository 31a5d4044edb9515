"""The neutrino sector that three numbers stand for: ordinary active neutrinos and one thermal massive state.

delta_N_eff = N_eff - 3.044 is the energy of everything; N_eff_4 is what the fourth mass state has of N_eff; m_eff =
94.1 eV Omega_4 h^2 its energy today. One Fermi-Dirac spectrum has this energy and this number of particles: its
temperature is T_nu N_eff_4^(1/4), its mass m_eff/N_eff_4^(3/4). A spectrum like Dodelson and Widrow's, Fermi-Dirac
times a constant, with the same two numbers, has the same distribution of velocities: T/m = T_nu N_eff_4/m_eff in both.

Active masses of the same sum are not the same: the two lighter ones of normal ordering become slow later than those of
inverted ordering. The CMB fixes the energy of early neutrinos; distances and growth see what masses add to it later,
sqrt(p^2 + m^2) - p (`late_mass`). One redshift, `LATE`, stands for the range in which that counts, and masses of any
ordering are judged as those of normal ordering that add as much (`normal_sum`).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from boltzmann import observables
from boltzmann.cmb.class_bridge import Parameters
from boltzmann.cmb.species import ACTIVE_MASS, MASSLESS, T_NU
from boltzmann.constants import EV, KELVIN, T_CMB_K
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.parameters.mixing import NUFIT_6_0

STANDARD_N_EFF = 3.044  # arXiv:2008.01074, 2012.02726
MOST_THERMAL_MASS = 10.0  # [eV]; above, the state is cold dark matter for the CMB (the prior of arXiv:1807.06209)
# One setting for all combinations of data, in a third of the time of l_max_scalars 4500 at CLASS's default precision.
# Against that, a state of 0.3 eV with Delta chi^2 = 6.4 (Planck), 26.7 (with DESI), 17.1 (ACT), 37.1 (both) is 0.10,
# 0.05, 0.33, 0.23 lower (with halofit); runs of this precision scatter by 0.1.
PRECISION: Parameters = {
    "l_max_scalars": 3200,
    "tol_perturbations_integration": 1e-4,
    "k_step_sub": 0.08,
    "k_step_super": 0.004,
}
# Lensing by non-linear structure is that of LCDM for all sectors: what HMcode (arXiv:1505.07833, 1602.02154), which
# Planck and ACT use, changes in the residuals of LCDM is added to those of every sector (`gauss_newton.evaluator`).
# A sum of active masses of 0.25 eV has then Delta chi^2 = 4.32, 30.61, 5.02, 31.96 (the four combinations of data), by
# HMcode itself 4.35, 30.68, 5.03, 32.02; a state of delta_N_eff = m_eff/eV = 1 has 43.3 with Planck, 44.4 by HMcode,
# 41.2 by halofit, 46.4 by linear theory. In CLASS HMcode fails for states of some eV, and halofit counts nearly cold
# ones as hot, which enhances their structure: one of 10 eV with m_eff = 1 eV has 1.7 instead of 3.8.
NON_LINEAR: Parameters = {"non_linear": "hmcode"}
SPECTRA: Parameters = {"output": "tCl,pCl,lCl,mPk", "lensing": "yes", **PRECISION}
_Y = np.linspace(0.01, 40.0, 400)  # momenta of the Fermi-Dirac spectrum
# Derived: at fixed early energy, masses change the distance to last scattering by an integral of what they add over
# dz/H. The mean of `late_mass` over it tells one state of 0.06 eV, normal and inverted ordering apart as this redshift
# does, within 0.04 of Delta chi^2. A law of `late_mass` alone fits the nodes of the table with other sums for 4 to 8.
LATE = 6.0
_MOST_TABULATED, _TABULATED = 0.5, 400  # sums of masses [eV]


def least_N_eff_4(m_eff: Array | float) -> Array:
    """Return what a thermal state of `MOST_THERMAL_MASS` with `m_eff` [eV] contributes to N_eff."""
    return np.asarray((np.asarray(m_eff) / MOST_THERMAL_MASS) ** (4.0 / 3.0))


def shared_N_eff_4(delta_N_eff: Array | float) -> Array:
    """Return N_eff_4 of a state that shares the energy of the actives equally."""
    return np.asarray((STANDARD_N_EFF + np.asarray(delta_N_eff)) / 4.0)


def thermal_mass(m_eff: float, N_eff_4: float) -> float:
    """Return the mass [eV] of a Fermi-Dirac state with `m_eff` [eV], kinetic energy today included; 0 if massless."""
    z, f = 1.0 / (T_NU * N_eff_4**0.25), fermi_dirac(_Y)

    def excess(mass: float) -> float:
        return observables.effective_mass(_Y, f, mass, z) - m_eff

    lowest = 1e-9
    if excess(lowest) >= 0.0:
        return 0.0
    return float(brentq(excess, lowest, 2.0 * m_eff / N_eff_4**0.75 + 1e-3))


def normal_masses(total: float) -> Array:
    """Return the masses [eV] of normal ordering with a sum, differences those of NuFIT 6.0; (3,)."""
    _, _, _, dm2_21, dm2_31 = NUFIT_6_0["normal"]

    def states(lightest: float) -> Array:
        return np.sqrt(lightest**2 + np.array([0.0, dm2_21, dm2_31]))

    least = float(states(0.0).sum())
    if total < least:
        raise ParameterError(f"sum_m_nu = {total:g} eV is not allowed; oscillations need at least {least:.4f} eV")
    return states(float(brentq(lambda m: float(states(m).sum()) - total, 0.0, total)))


def active_masses(total: float) -> tuple[tuple[float, int], ...]:
    """Return masses [eV] and degeneracies of active states with a sum of masses, in the normal ordering.

    m_1 and m_2 differ by less than 9 meV and are replaced by their mean.
    """
    first, second, third = normal_masses(total)
    return (float(0.5 * (first + second)), 2), (float(third), 1)


def late_mass(mass: float) -> float:
    """Return what a mass [eV] adds to the mean energy of a standard neutrino at redshift `LATE`, in eV."""
    p = _Y * T_NU * (STANDARD_N_EFF / 3.0) ** 0.25 * T_CMB_K * KELVIN / EV * (1.0 + LATE)
    weight = _Y**2 * fermi_dirac(_Y)
    return float(np.average(np.hypot(p, mass) - p, weights=weight))


@cache
def _late_sums() -> tuple[Array, Array]:
    """Return sums of masses of normal ordering [eV], and of their `late_mass`; from none at all on."""
    least = float(np.sqrt(NUFIT_6_0["normal"][3:]).sum())
    sums = np.linspace(least * (1.0 + 1e-9), _MOST_TABULATED, _TABULATED)
    late = [sum(map(late_mass, normal_masses(float(total)))) for total in sums]
    return np.append(0.0, sums), np.append(0.0, late)


def late_mass_of(sum_m_nu: ArrayLike) -> Array:
    """Return the sum of `late_mass` [eV] of active states of normal ordering with a sum of masses [eV].

    Below its least sum, 0.0588 eV, there are fewer neutrinos.
    """
    sums, late = _late_sums()
    total = np.asarray(sum_m_nu, float)
    return np.asarray(np.interp(total, sums, late) + np.maximum(total - sums[-1], 0.0))


def normal_sum(late: float) -> float:
    """Return the sum of masses [eV] of normal ordering that has this sum of `late_mass` [eV]."""
    sums, known = _late_sums()
    return float(np.interp(late, known, sums)) + max(late - float(known[-1]), 0.0)


def thermal_neutrinos(
    delta_N_eff: float,
    m_eff: float,
    N_eff_4: float,
    N_eff_colliding: float = 0.0,
    sum_m_nu: float = ACTIVE_MASS,
) -> Parameters:
    """Return the CLASS parameters of the sector.

    Parameters
    ----------
    delta_N_eff : float
        N_eff - 3.044.
    m_eff : float
        [eV]; at 0 the state is massless.
    N_eff_4 : float
        Energy of the fourth state before it became non-relativistic, in N_eff; not used at m_eff = 0.
    N_eff_colliding : float
        Part of N_eff that is a massless fluid without anisotropic stress.
    sum_m_nu : float
        Sum of the masses of the active states [eV]: at 0.06 one state has all of it, as in LCDM; else see
        `active_masses`.
    """
    N_eff = STANDARD_N_EFF + delta_N_eff
    mass = thermal_mass(m_eff, N_eff_4) if m_eff > 0.0 else 0.0
    N_act = N_eff - N_eff_colliding - (N_eff_4 if mass > MASSLESS else 0.0)
    active = ((ACTIVE_MASS, 1),) if sum_m_nu == ACTIVE_MASS else active_masses(sum_m_nu)
    species = [(m, T_NU * (N_act / 3.0) ** 0.25, degeneracy) for m, degeneracy in active]
    if mass > MASSLESS:
        species.append((mass, T_NU * N_eff_4**0.25, 1))
    fluid: Parameters = {"N_idr": N_eff_colliding, "idr_nature": "fluid"} if N_eff_colliding > 0.0 else {}
    masses, temperatures, degeneracies = (",".join(map(repr, values)) for values in zip(*species, strict=True))
    return {
        **fluid,
        "N_ur": (3 - sum(degeneracy for _, degeneracy in active)) * N_act / 3.0,
        "N_ncdm": len(species),
        "m_ncdm": masses,
        "T_ncdm": temperatures,
        "deg_ncdm": degeneracies,
    }
