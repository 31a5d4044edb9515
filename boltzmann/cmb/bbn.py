"""Primordial helium and deuterium of a Solution.

Conventions
-----------
Y_p = 4 n_He/n_b, as observers and codes of nucleosynthesis quote it. CLASS's ``YHe`` is the ratio of mass densities
rho_He/rho_b, 0.5 % smaller because a helium nucleus is lighter than four nucleons; `Abundances` has both.

Which N_eff
-----------
N_eff at weak freeze-out, at nucleosynthesis and at the CMB are different numbers with secret interactions. The helium
table of CLASS takes one; it gets ``class_bridge.helium_N_eff``, a mean of the excesses at 1 MeV and 0.07 MeV, weighted
by the response of Y_p to the expansion rate. D/H depends to 87 % on the expansion below weak freeze-out.

Electron neutrinos
------------------
The expansion is not all: electron neutrinos convert neutrons and protons into each other. Late equilibration with a
sterile state leaves N_eff as it is but takes a quarter or more of them away during weak freeze-out, and Y_p
rises by up to 0.04. No table of N_eff knows that. The backend "primat" does; the backend "class" refuses a solution
whose electron neutrinos are off by more than `MOST_DISTORTION`. With asymmetries nu_e and nubar_e have spectra of their
own at every temperature in "primat"; "class" refuses them.

Nuclear rates
-------------
D/H depends on the rates of d(p,gamma)3He, d(d,n)3He and d(d,p)t, which compilations fit differently. Two are offered,
both in the same network of primat: its own (arXiv:2011.11320) and the tables of PArthENoPE 3.0 (arXiv:2103.05027,
2011.11537), by which D/H is 2.6 % higher. Three neutrinos are 1.8 sigma below the observed D/H with the first and
0.4 sigma with the second, so that only the first rewards more radiation. `RATES` has both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Literal, NamedTuple, cast, get_args

import numpy as np

from boltzmann.cmb import bbn_mesons, bbn_primat, hot_neutrinos
from boltzmann.cmb.bbn_primat import PrimatMissing as PrimatMissing
from boltzmann.cmb.class_bridge import PLANCK_2018, STANDARD_BBN, classy, helium_fraction, helium_N_eff
from boltzmann.cmb.hot_neutrinos import FREEZE_OUT, UNDISTORTED
from boltzmann.cmb.neutrons import STANDARD_Y_P, TAU_N, by_mass, by_number, helium_factor
from boltzmann.cmb.quasielastic import PIONS_FROM
from boltzmann.cmb.species import check_finished
from boltzmann.constants import NEUTRINO_DENSITY
from boltzmann.observables import effective_number_at
from boltzmann.parameters import ParameterError
from boltzmann.relics.model import LeptonModel
from boltzmann.solution import Solution

Backend = Literal["class", "primat"]

MOST_DISTORTION = 0.02
MOST_L_E = 6e-4  # xi_e = 1e-3 after e+- annihilation; Y_p changes by 0.24 xi_e

NOTABLE = 1e-3  # share of the weak rates that is worth a word
LEAST_TAU_N, MOST_TAU_N = 860.0, 900.0  # beyond are neither bottles (878) nor beams (888 +- 2)


class Rates(NamedTuple):
    """Nuclear rates.

    Attributes
    ----------
    network : str
        What primat calls them.
    sigma_D_H : float
        Theoretical error of D/H by these rates.
    D_H, Y_p : float
        D/H over that of "primat", and Y_p less that of "primat".
    source : str
    """

    network: str
    sigma_D_H: float
    D_H: float
    Y_p: float
    source: str


# Standard deviations: 300 samples of run_mc of primat 0.3.3 at omega_b = 0.0224. The second rates over the first:
# measured at Delta N_eff = 0 to 1, where the ratio of D/H changes by 3e-4.
RATES: dict[str, Rates] = {
    "primat": Rates("small", 2.65e-7, 1.0, 0.0, "PRIMAT, arXiv:2011.11320"),
    "parthenope": Rates("small_parthenope", 3.20e-7, 1.0262, -1.07e-4, "PArthENoPE 3.0, arXiv:2103.05027"),
}

_TABLE_OF_CLASS = (
    "Y_p is that of undistorted electron neutrinos at a mean N_eff (PArthENoPE table of CLASS, tau_n = 878.4 s)"
)
_WEAK_RATES = (
    "corrections of the weak rates for the nucleon mass use a Fermi-Dirac spectrum with the mean energy of nu_e, those "
    "at finite temperature the standard one"
)
_BOTH_SIGNS = (
    "nu_e and nubar_e have their own spectra in the weak rates with radiative corrections; corrections for the nucleon "
    "mass and for temperature take them as equal (2e-5 of Y_p at xi_e = 0.1)"
)
_HOT = (
    "neutrinos above 30 T, {:.1%} of the weak rates at T = 2 to 0.5 MeV, convert nucleons with the cross sections of "
    "arXiv:astro-ph/0302055, without radiative corrections (2 %); what they do to nuclei is left out"
)
_MAKING_PIONS = (
    "neutrinos above {1:g} MeV, {0:.1%} of the weak rates, can make pions on nucleons, which is left out; what that "
    "changes in Y_p is not known"
)
_NUCLEAR_RATES = (
    "12 nuclear reactions with the rates of {}; D/H is 2.6 % higher with those of PArthENoPE 3.0 than with those of "
    "PRIMAT"
)


@dataclass(frozen=True)
class Abundances:
    """Primordial abundances.

    Parameters
    ----------
    Y_p : float
        4 n_He/n_b.
    YHe : float
        rho_He/rho_b, the number for CLASS.
    deuterium : float or None
        n_D/n_H; None where the backend does not compute it. Read it as ``D_H``.
    omega_b : float
        Baryon density Omega_b h^2.
    backend : str
        "class" or "primat".
    caveats : tuple of str
        What the numbers leave out.
    rates : str
        Nuclear rates, of `RATES`.
    tau_n : float
        Lifetime of the neutron [s].
    """

    Y_p: float
    YHe: float
    deuterium: float | None
    omega_b: float
    backend: Backend
    caveats: tuple[str, ...]
    rates: str = "primat"
    tau_n: float = TAU_N

    @property
    def D_H(self) -> float:
        """n_D/n_H. Raises ParameterError for the backend "class", which has a table of helium only."""
        if self.deuterium is None:
            raise ParameterError(
                f'backend = "{self.backend}" has no D/H: CLASS tabulates helium only; use backend="primat"'
            )
        return self.deuterium


def abundances(
    solution: Solution,
    *,
    omega_b: float | None = None,
    backend: Backend | Literal["auto"] = "auto",
    rates: str = "primat",
    tau_n: float = TAU_N,
    mesons: bool = True,
) -> Abundances:
    """Return the primordial abundances of a solution.

    Parameters
    ----------
    solution : Solution
        Of `boltzmann.solve`, finished.
    omega_b : float, optional
        Baryon density Omega_b h^2, default that of ``class_bridge.PLANCK_2018``.
    backend : str
        "primat": nuclear network with the expansion and the electron neutrinos of the solution (1 s). "class": helium
        from CLASS's table (0.1 s), for electron neutrinos within `MOST_DISTORTION` of those of three neutrinos.
        "auto": primat if it is installed, else class.
    rates : str
        Nuclear rates, of `RATES`: "primat", or "parthenope", by which D/H is 2.6 % higher.
    tau_n : float
        Lifetime of the neutron [s], from 860 to 900. Y_p rises with its power 0.73.
    mesons : bool
        Count what pions from a heavy lepton do to neutrons and protons (`boltzmann.cmb.bbn_mesons`).

    Raises
    ------
    ParameterError
        Unknown backend or rates, omega_b or tau_n out of range, rates or a lifetime that CLASS's table does not have, a
        solution that did not end well, or electron neutrinos with a spectrum or an asymmetry that CLASS's table does
        not know.
    ClassyMissing, PrimatMissing
        The backend is not installed.
    """
    omega_b = float(PLANCK_2018["omega_b"]) if omega_b is None else omega_b
    chosen = backend_of(backend)
    if not 0.01 <= omega_b <= 0.04:
        raise ParameterError(f"omega_b = {omega_b} is not allowed; give Omega_b h^2 from 0.01 to 0.04, about 0.0224")
    _check_rates(chosen, rates, tau_n)
    check_finished(solution)
    pions = _pions(solution) if mesons else []
    if chosen == "class" and pions:
        raise ParameterError(
            'backend = "class" does not know what pions from decays do to neutrons; use backend="primat", or '
            "mesons=False"
        )
    if chosen == "class":
        return _class(solution, omega_b)
    found = _primat(solution, omega_b, rates, tau_n)
    return _with_pions(found, helium_factor(solution, tau_n), max(pions)) if pions else found


def _pions(solution: Solution) -> list[float]:
    """Return the lifetimes [s] of the relics whose decays make charged pions."""
    relics = [model for model in bbn_mesons.relics_of(solution) if isinstance(model, LeptonModel)]
    return [model.lifetime for model in relics if bbn_mesons.charged_pions(model)]


def _with_pions(found: Abundances, factor: float, lifetime: float) -> Abundances:
    """Return abundances with Y_p times ``factor``, by pions from leptons of ``lifetime`` [s]."""
    late = lifetime > bbn_mesons.LATEST
    caveat = (
        f"pions from decays convert protons to neutrons, which multiplies Y_p by {factor:.4f}; D/H is without them"
        + (f", and with tau = {lifetime:g} s they come when nuclei form, which is not followed" if late else "")
    )
    return replace(found, Y_p=factor * found.Y_p, YHe=factor * found.YHe, caveats=(*found.caveats, caveat))


def _largest_asymmetry(solution: Solution) -> float:
    """Return the largest |L_e| during weak freeze-out."""
    during = (solution.T.value < FREEZE_OUT[-1]) & (solution.T.value > FREEZE_OUT[0])
    return float(np.abs(solution.L[during, 0]).max(initial=0.0)) if solution.rho.shape[1] == 2 else 0.0


def _check_asymmetry(solution: Solution) -> None:
    """Raise ParameterError if electron neutrinos and antineutrinos differ, which no table in N_eff knows."""
    largest = _largest_asymmetry(solution)
    if largest > MOST_L_E:
        raise ParameterError(
            f"|L_e| reaches {largest:.2g} during weak freeze-out, and the helium table of CLASS takes nu_e and nubar_e "
            f'as equal: beyond {MOST_L_E:g}, where Y_p is off by 2e-4, use backend="primat" '
            '(pip install "sterile-boltzmann[bbn]")'
        )


def _check_rates(backend: Backend, rates: str, tau_n: float) -> None:
    """Raise ParameterError for unknown rates, a lifetime that no experiment has, or what a backend does not know."""
    rates_of(rates)
    if isinstance(tau_n, bool) or not isinstance(tau_n, (int, float)) or not LEAST_TAU_N <= tau_n <= MOST_TAU_N:
        raise ParameterError(
            f"tau_n = {tau_n!r} is not allowed; give the lifetime of the neutron in seconds, from {LEAST_TAU_N:g} to "
            f"{MOST_TAU_N:g}: bottles have {TAU_N}, beams 888"
        )
    if backend == "class" and (rates != "primat" or tau_n != TAU_N):
        raise ParameterError(
            f'rates = {rates!r} and tau_n = {tau_n} are not for backend = "class", whose table of helium has '
            f'tau_n = {TAU_N} s; leave both out, or use backend="primat" (pip install "sterile-boltzmann[bbn]")'
        )


def rates_of(name: str) -> Rates:
    """Return nuclear rates by name.

    Raises
    ------
    ParameterError
        There are none of that name.
    """
    if name not in RATES:
        raise ParameterError(f"rates = {name!r} do not exist; use one of: {', '.join(RATES)}")
    return RATES[name]


def backend_of(name: str) -> Backend:
    """Return the backend that a name means: "auto" is primat if that is installed, else class.

    Raises
    ------
    ParameterError
        There is no such backend.
    """
    if name == "auto":
        return "primat" if find_spec("primat") else "class"
    for backend in get_args(Backend):
        if name == backend:
            return cast(Backend, backend)
    raise ParameterError(f"backend = {name!r} does not exist; use one of: auto, {', '.join(get_args(Backend))}")


def installed(backend: Backend) -> None:
    """Raise PrimatMissing or ClassyMissing if a backend is not installed."""
    if backend == "primat":
        bbn_primat.primat()
    else:
        classy()


def knows_electron_neutrinos(solution: Solution, most_distortion: float = MOST_DISTORTION) -> bool:
    """Return whether electron neutrinos, nu_e and nubar_e together, are neither too few nor too many for a table."""
    least, most = _electron_neutrinos(solution)
    return max(abs(least - 1.0), abs(most - 1.0)) <= most_distortion


def table_knows(solution: Solution, most_distortion: float = MOST_DISTORTION) -> bool:
    """Return whether a table in N_eff has the right Y_p: of nu_e, nubar_e, and without pions."""
    equal = _largest_asymmetry(solution) <= MOST_L_E
    return equal and not _pions(solution) and knows_electron_neutrinos(solution, most_distortion)


def helium_by_network(solution: Solution, omega_b: float) -> float:
    """Return ``YHe`` for CLASS: what primat adds to three neutrinos at the omega_b of Planck, which CLASS's table has.

    Raises
    ------
    PrimatMissing
        It is not installed.
    """
    shift = abundances(solution, backend="primat").YHe - by_mass(STANDARD_Y_P)
    return helium_fraction(STANDARD_BBN.nucleosynthesis, omega_b) + shift


def check_electron_neutrinos(solution: Solution) -> None:
    """Raise ParameterError if Y_p of a table in N_eff is wrong, because electron neutrinos are too few or too many."""
    least, most = _electron_neutrinos(solution)
    if not knows_electron_neutrinos(solution):
        raise ParameterError(
            f"electron neutrinos have {least:.1%} to {most:.1%} of their standard energy between T = 3 and 0.3 MeV, "
            f"more than {MOST_DISTORTION:.0%} off, which the helium table of CLASS does not know; "
            'use backend="primat" (pip install "sterile-boltzmann[bbn]")'
        )


def _class(solution: Solution, omega_b: float) -> Abundances:
    _check_asymmetry(solution)
    check_electron_neutrinos(solution)
    YHe = helium_fraction(helium_N_eff(solution.N_eff_bbn), omega_b)
    return Abundances(by_number(YHe), YHe, None, omega_b, "class", (_TABLE_OF_CLASS,))


def _primat(solution: Solution, omega_b: float, rates: str, tau_n: float) -> Abundances:
    found = bbn_primat.network(solution, omega_b, tau_n, rates_of(rates).network)
    signs = [_BOTH_SIGNS] if bbn_primat.asymmetric(solution) else []
    caveats = [_WEAK_RATES, *signs, _NUCLEAR_RATES.format(rates_of(rates).source)]
    caveats += _of_hot_neutrinos(solution)
    return Abundances(*found, omega_b, "primat", tuple(caveats), rates, tau_n)


def _of_hot_neutrinos(solution: Solution) -> list[str]:
    """Return what to know of neutrinos of decays in the weak rates, if they have a notable share of them."""
    share = hot_neutrinos.share_above(solution, bbn_primat.REACH * solution.T.value)
    making_pions = hot_neutrinos.share_above(solution, PIONS_FROM)
    found = [_HOT.format(share)] if share > NOTABLE else []
    return found + ([_MAKING_PIONS.format(making_pions, PIONS_FROM)] if making_pions > NOTABLE else [])


def _electron_neutrinos(solution: Solution) -> tuple[float, float]:
    """Return the least and the largest energy of nu_e during weak freeze-out, over that of three neutrinos."""
    T = solution.T.value
    energy = effective_number_at(NEUTRINO_DENSITY * solution.energy_density("e"), solution.x, solution.z)
    standard = np.interp(np.log(T), np.log(FREEZE_OUT), UNDISTORTED)
    during = (energy / standard)[(FREEZE_OUT[0] < T) & (FREEZE_OUT[-1] > T)]
    return float(during.min()), float(during.max())
