"""Primordial helium and deuterium of a Solution, and what is observed. The only importer of primat.

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
whose electron neutrinos are off by more than `MOST_DISTORTION`.

The backend "primat"
--------------------
PRIMAT (arXiv:1801.08023, 2011.11320; package primat) integrates the nuclear network in our Universe. It reads the
history of neutrino decoupling from tables: the scale factor x = m_e a and z = T_gamma a, temperatures of the three
flavours, and f_e(y)/f_FD(y) - 1 of the electron neutrinos. We write these tables from the solution, in the same
variables, into a temporary copy of its data folder. T_mu and T_tau carry the energy of their flavours. T_e is that of
the mean energy of nu_e: f_e alone decides the weak rates, but corrections for the nucleon mass see T_e only, and a
depleted spectrum is better described by a lower number than by a lower temperature (13 % of its effect on Y_p,
measured). What is missing of rho_e then, sterile neutrinos and mediators enter the Friedmann equation as an extra
energy density.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy.interpolate import CubicSpline

from boltzmann import ecsv
from boltzmann.cmb.class_bridge import PLANCK_2018, classy, helium_fraction, helium_N_eff
from boltzmann.constants import NEUTRINO_DENSITY
from boltzmann.errors import MissingLibrary
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.observables import effective_number_at, interpolate_spectrum
from boltzmann.parameters import ParameterError
from boltzmann.solution import Solution

Backend = Literal["class", "primat"]

TABLE = "cmb/bbn.ecsv"
HELIUM_MASS, HYDROGEN_MASS = 4.002602, 1.00782503  # of atoms [u], AME2020
Y = np.linspace(0.0, 25.0, 126)  # momenta of the distortion; primat interpolates linearly between them
STEP = 0.0125  # in ln x, of the tables; half of it changes Y_p by 2e-7 and D/H by 1e-5 of itself
LATEST = 1e3  # x of the last row: 0.7 keV, below the 1 keV at which primat ends
# Energy of nu_e of three neutrinos during weak freeze-out, as `Solution.N_eff_at` counts it, at these T_gamma [MeV]; in
# between it is linear in ln T within 5e-4. 2 % less raises Y_p by 0.0013 (measured), one observational error.
FREEZE_OUT, UNDISTORTED = (0.3, 1.0, 3.0), (1.0148, 1.0105, 1.0053)
MOST_DISTORTION = 0.02

# Theory: standard deviations of primat 0.3.3 over nuclear rates and tau_n = 878.4 +- 0.5 s (300 samples of its run_mc;
# tau_n alone makes 1.03e-4 of the first), and responses to the baryon density, both at omega_b = 0.0224.
SIGMA_Y_P = 1.06e-4
SIGMA_D_H = 2.65e-7
DY_P_DOMEGA_B = 0.430
DLND_H_DLNOMEGA_B = -1.642

_CAVEATS: dict[Backend, tuple[str, ...]] = {
    "class": (
        "Y_p is that of undistorted electron neutrinos at a mean N_eff (PArthENoPE table of CLASS, tau_n = 878.4 s)",
    ),
    "primat": (
        "corrections of the weak rates for the nucleon mass use a Fermi-Dirac spectrum with the mean energy of nu_e, "
        "those at finite temperature the standard one",
        "12 nuclear reactions with the rates of PRIMAT; other compilations find D/H higher by 3 % (arXiv:2011.13874)",
    ),
}


class PrimatMissing(MissingLibrary):
    """The Python package primat is not installed."""


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
    """

    Y_p: float
    YHe: float
    deuterium: float | None
    omega_b: float
    backend: Backend
    caveats: tuple[str, ...]

    @property
    def D_H(self) -> float:
        """n_D/n_H. Raises ParameterError for the backend "class", which has a table of helium only."""
        if self.deuterium is None:
            raise ParameterError(
                f'backend = "{self.backend}" has no D/H: CLASS tabulates helium only; use backend="primat"'
            )
        return self.deuterium


@dataclass(frozen=True)
class Agreement:
    """Predicted against observed abundances.

    Parameters
    ----------
    chi2 : float
        With observational and theoretical errors and that of omega_b, which correlates Y_p and D/H.
    pulls : dict
        (predicted - observed)/sigma of each quantity alone.
    sentence : str
        For people.
    citations, caveats : tuple of str
        Sources of the observations, and what the prediction leaves out.
    """

    chi2: float
    pulls: dict[str, float]
    sentence: str
    citations: tuple[str, ...]
    caveats: tuple[str, ...]


def by_number(YHe: float) -> float:
    """Return 4 n_He/n_b of the mass ratio rho_He/rho_b (CLASS's ``YHe``)."""
    helium = YHe / HELIUM_MASS / ((1.0 - YHe) / HYDROGEN_MASS)
    return 4.0 * helium / (4.0 * helium + 1.0)


@cache
def primat() -> Any:
    """Import and return the module ``primat.backend``.

    Raises
    ------
    PrimatMissing
        It is not installed.
    """
    try:
        return import_module("primat.backend")
    except ImportError as error:
        raise PrimatMissing(
            f'backend = "primat" needs the package primat, which cannot be imported ({error}); '
            'install it with: pip install "sterile-boltzmann[bbn]", or use backend="class"'
        ) from error


def abundances(
    solution: Solution, *, omega_b: float | None = None, backend: Backend | Literal["auto"] = "auto"
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

    Raises
    ------
    ParameterError
        Unknown backend, omega_b out of range, a solution that did not end well, or electron neutrinos that the table of
        CLASS does not know.
    ClassyMissing, PrimatMissing
        The backend is not installed.
    """
    omega_b = float(PLANCK_2018["omega_b"]) if omega_b is None else omega_b
    chosen = backend_of(backend)
    if not 0.01 <= omega_b <= 0.04:
        raise ParameterError(f"omega_b = {omega_b} is not allowed; give Omega_b h^2 from 0.01 to 0.04, about 0.0224")
    if not solution.status.ok:
        raise ParameterError(f"solution did not end well: {solution.status.value}")
    return (_class if chosen == "class" else _primat)(solution, omega_b)


def backend_of(name: str) -> Backend:
    """Return the backend that a name means: "auto" is primat if that is installed, else class.

    Raises
    ------
    ParameterError
        There is no such backend.
    """
    if name == "auto":
        return "primat" if find_spec("primat") else "class"
    for backend in _CAVEATS:
        if name == backend:
            return backend
    raise ParameterError(f"backend = {name!r} does not exist; use one of: auto, {', '.join(_CAVEATS)}")


def installed(backend: Backend) -> None:
    """Raise PrimatMissing or ClassyMissing if a backend is not installed."""
    if backend == "primat":
        primat()
    else:
        classy()


def check_electron_neutrinos(solution: Solution) -> None:
    """Raise ParameterError if Y_p of a table in N_eff is wrong, because electron neutrinos are too few or too many."""
    least, most = _electron_neutrinos(solution)
    if max(abs(least - 1.0), abs(most - 1.0)) > MOST_DISTORTION:
        raise ParameterError(
            f"electron neutrinos have {least:.1%} to {most:.1%} of their standard energy between T = 3 and 0.3 MeV, "
            f"more than {MOST_DISTORTION:.0%} off, which the helium table of CLASS does not know; "
            'use backend="primat" (pip install "sterile-boltzmann[bbn]")'
        )


def _class(solution: Solution, omega_b: float) -> Abundances:
    check_electron_neutrinos(solution)
    YHe = helium_fraction(helium_N_eff(solution.N_eff_bbn), omega_b)
    return Abundances(by_number(YHe), YHe, None, omega_b, "class", _CAVEATS["class"])


def _electron_neutrinos(solution: Solution) -> tuple[float, float]:
    """Return the least and the largest energy of nu_e during weak freeze-out, over that of three neutrinos."""
    T = solution.T.value
    energy = effective_number_at(NEUTRINO_DENSITY * solution.energy_density("e"), solution.x, solution.z)
    standard = np.interp(np.log(T), np.log(FREEZE_OUT), UNDISTORTED)
    during = (energy / standard)[(FREEZE_OUT[0] < T) & (FREEZE_OUT[-1] > T)]
    return float(during.min()), float(during.max())


def _primat(solution: Solution, omega_b: float) -> Abundances:
    backend = primat()
    with tempfile.TemporaryDirectory() as folder:
        _write_tables(solution, Path(backend.__file__).parent / "data", Path(folder))
        settings = {
            "Omegabh2": omega_b,
            "data_dir": folder,
            "external_scale_factor": True,
            "weak_rate_cache": False,
            "save_nTOp": False,
        }
        result = backend.run_bbn(settings, extra_rho=[_extra_density(solution)], progress=False)
    return Abundances(result["YPBBN"], result["YPCMB"], result["DoH"], omega_b, "primat", _CAVEATS["primat"])


def _extra_density(solution: Solution) -> Any:
    """Return the energy density [MeV^4] of sterile neutrinos, mediators and rho_e - rho_FD(T_e), of T_gamma [MeV]."""
    density = solution.energy_density("e") - _electron_temperature(solution) ** 4
    if solution.mixing.n_states == 4:
        density = density + solution.energy_density("s")
    mediators = 0.0 if solution.dark is None else solution.dark.energy
    logs = np.log(solution.T.value[::-1])
    ratio = CubicSpline(logs, ((NEUTRINO_DENSITY * density + mediators) / solution.z**4)[::-1])
    return lambda T: float(ratio(np.clip(np.log(T), logs[0], logs[-1]))) * T**4


def _electron_temperature(solution: Solution) -> Array:
    """Return T_e a of a Fermi-Dirac spectrum with the mean momentum of nu_e, (n_x,)."""
    f, weight = solution.rho[:, 0, :, 0, 0].real, solution.weights * solution.y**2
    standard = fermi_dirac(solution.y)
    return np.asarray(
        (f @ (weight * solution.y)) / (f @ weight) * (standard @ weight) / (standard @ (weight * solution.y))
    )


def _write_tables(solution: Solution, shipped: Path, folder: Path) -> None:
    """Make ``folder`` a data folder of primat with our neutrinos; everything else is linked to the shipped one."""
    for entry in os.scandir(shipped):
        if entry.name != "NEVO":
            (folder / entry.name).symlink_to(entry.path)
    (folder / "NEVO").mkdir()
    background, distortion = _background(solution), _distortion(solution)
    unused = np.zeros((len(background), 2))  # heating of the neutrinos, which we give by x, and energy conservation
    thermo, spectra = np.hstack([background, unused]), np.hstack([background, unused[:, :1], distortion])
    for name, table in (("NEVOPRIMAT_col_1_7", thermo), ("NEVOPRIMAT", spectra), ("NEVOGrid", Y)):
        np.savetxt(folder / "NEVO" / f"{name}.csv", table, delimiter=",")


def _rows(solution: Solution) -> Array:
    """Return ln x of the rows of a table."""
    first, last = np.log(solution.x[0]), np.log(min(float(solution.x[-1]), LATEST))
    return np.linspace(first, last, int((last - first) / STEP) + 2)


def _background(solution: Solution) -> Array:
    """Return columns x, z, and T a of the three flavours."""
    rows = _rows(solution)
    others = (solution.energy_density(a) ** 0.25 for a in ("mu", "tau"))
    columns = [solution.z, _electron_temperature(solution), *others]
    return np.column_stack([np.exp(rows), *(CubicSpline(np.log(solution.x), c)(rows) for c in columns)])


def _distortion(solution: Solution) -> Array:
    """Return f_e/f_FD - 1, rows of a table times `Y`."""
    spectra = solution.rho[:, 0, :, 0, 0].real
    ratio = np.array([interpolate_spectrum(solution.y, f, Y) for f in spectra]) / fermi_dirac(Y)
    return np.maximum(CubicSpline(np.log(solution.x), ratio)(_rows(solution)), 0.0) - 1.0


def _measurement(quantity: str, name: str) -> dict[str, str]:
    """Return the row of a measurement in ``data/cmb/bbn.ecsv``."""
    found = {row["name"]: row for row in ecsv.rows(TABLE) if row["quantity"] == quantity}
    if name not in found:
        raise ParameterError(f"{quantity} = {name!r} is not a measurement; valid are: {', '.join(found)}")
    return found[name]


def bbn_chi2(
    predicted: Abundances, *, Y_p: str = "lbt2026", D_H: str = "cooke2018", sigma_omega_b: float | None = None
) -> Agreement:
    """Compare abundances with observations; deuterium only if the backend computed it.

    Parameters
    ----------
    predicted : Abundances
        Of `abundances`.
    Y_p, D_H : str
        Which measurements of ``data/cmb/bbn.ecsv``: "lbt2026" or "pdg", "cooke2018" or "pdg".
    sigma_omega_b : float, optional
        Standard deviation of the baryon density around ``predicted.omega_b``, default that of Planck 2018; 0 if
        omega_b is known or sampled.

    Raises
    ------
    ParameterError
        There is no such measurement, or `sigma_omega_b` is negative.

    Notes
    -----
    chi2 = d^T C^-1 d with C = diag(sigma_obs^2 + sigma_theory^2) + sigma_omega^2 g g^T, g the response to omega_b: the
    marginal likelihood of a linear response to a Gaussian omega_b (derived; tested by integration).
    """
    sigma = float(_measurement("omega_b", "planck2018")["sigma"]) if sigma_omega_b is None else sigma_omega_b
    if not sigma >= 0.0:
        raise ParameterError(f"sigma_omega_b = {sigma_omega_b} is not allowed; give a number of at least 0")
    values, theory, slopes = _predictions(predicted)
    chosen = [_measurement(quantity, {"Y_p": Y_p, "D_H": D_H}[quantity]) for quantity in values]
    difference = np.array(list(values.values())) - [float(row["value"]) for row in chosen]
    variance = np.square([float(row["sigma"]) for row in chosen]) + np.square(theory)
    covariance = np.diag(variance) + sigma**2 * np.outer(slopes, slopes)
    pulls = dict(zip(values, (difference / np.sqrt(covariance.diagonal())).tolist(), strict=True))
    chi2 = float(difference @ np.linalg.solve(covariance, difference))
    return Agreement(
        chi2=chi2,
        pulls=pulls,
        sentence=_in_words(values, pulls, chi2, predicted.backend),
        citations=tuple(row["citation"] for row in chosen),
        caveats=predicted.caveats,
    )


def _predictions(predicted: Abundances) -> tuple[dict[str, float], list[float], list[float]]:
    """Return the predicted quantities, their theoretical errors and their derivatives by omega_b."""
    if predicted.deuterium is None:
        return {"Y_p": predicted.Y_p}, [SIGMA_Y_P], [DY_P_DOMEGA_B]
    slope = DLND_H_DLNOMEGA_B * predicted.deuterium / predicted.omega_b
    values = {"Y_p": predicted.Y_p, "D_H": predicted.deuterium}
    return values, [SIGMA_Y_P, SIGMA_D_H], [DY_P_DOMEGA_B, slope]


def _in_words(values: dict[str, float], pulls: dict[str, float], chi2: float, backend: str) -> str:
    parts = (f"{name.replace('_H', '/H')} = {values[name]:.4g} ({pulls[name]:+.1f} sigma)" for name in values)
    return f"{' and '.join(parts)}: chi^2 = {chi2:.1f}, {len(values)} observed (backend {backend})."
