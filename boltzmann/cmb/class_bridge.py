"""From a Solution to CLASS (arXiv:1104.2933): parameters, phase-space files, spectra. The only importer of classy.

Recipe
------
CLASS knows a neutrino by its mass, its temperature T_ncdm (in units of the photon temperature) and its phase-space
density f0(q). With y = p a and z = T_gamma a at the end of the run, q = y for T_ncdm = 1/z.

* **Active sector, ordinary masses** (the sum of m_1, m_2, m_3 is below 0.12 eV): one Fermi-Dirac species of 0.06 eV and
  2/3 of the sector massless, the convention of Planck 2018 (arXiv:1807.06209). The sector is what remains of N_eff; its
  temperature (4/11)^(1/3) (N_act/3)^(1/4) carries the energy.
* **Active sector, heavy** (dm2_41 < 0 lifts all three by sqrt|dm2_41|, so their masses add up to about
  3 sqrt|dm2_41|; or a large `lightest_mass`): every state gets its own mass and its own spectrum, as mass eigenstate.
* **Sterile**: mass eigenstate 4 with its own mass and spectrum.
* **Mediators** of secret interactions that are left at the end (massless ones) are free-streaming radiation in N_ur.
* A state of at most 1 meV, for instance m_4 = 0, is massless for CLASS and goes into N_ur; so does one that carries
  less than 1e-6 of N_eff, whatever its mass.

A spectrum is given as a file (see `boltzmann.cmb.phase_space`), with T_ncdm chosen so that its mean q is that of a
Fermi-Dirac spectrum. The file has the number and energy density of the spectrum that ``Solution.m_eff`` integrates, and
the active sector is scaled by its temperature to what the sterile state leaves of N_eff: CLASS agrees on both.

Helium
------
Y_p is passed as a number: CLASS's own table (PArthENoPE, sBBN_2025) at omega_b and the N_eff of nucleosynthesis, not
of the CMB (`helium_N_eff`), unless ``YHe`` is given. It knows the energy density only, not a distortion of the
electron-neutrino spectrum: ``YHe=boltzmann.cmb.abundances(solution, backend="primat").YHe`` does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from boltzmann.cache import folder
from boltzmann.cmb import phase_space
from boltzmann.constants import NEUTRINO_DENSITY
from boltzmann.observables import BBN
from boltzmann.parameters import Mixing, ParameterError
from boltzmann.units import Quantity, quantity

Array = NDArray[np.float64]
Parameters = dict[str, str | float]

T_NU = (4.0 / 11.0) ** (1.0 / 3.0)  # neutrino to photon temperature after instantaneous decoupling
ACTIVE_MASS = 0.06  # mass of the one massive species of an ordinary active sector [eV], arXiv:1807.06209
ORDINARY_SUM = 0.12  # largest sum of the active masses described by that species [eV]
MASSLESS = 1e-3  # a state up to this mass is radiation until redshift ~1 [eV]
NEGLIGIBLE = 1e-6  # contribution to N_eff below which a state needs no spectrum of its own

# Planck 2018 TT,TE,EE+lowE+lensing best fit (arXiv:1807.06209 table 1); the angle is the 100*theta_s that gives its h.
PLANCK_2018: Parameters = {
    "omega_b": 0.022383,
    "omega_cdm": 0.12011,
    "100*theta_s": 1.04185,
    "ln10^{10}A_s": 3.0448,
    "n_s": 0.96605,
    "tau_reio": 0.0543,
}
# A key of the right column replaces the default on its left.
_REPLACES = {"h": "100*theta_s", "H0": "100*theta_s", "theta_s_100": "100*theta_s", "A_s": "ln10^{10}A_s"}
_OURS = ("N_ur", "N_ncdm", "deg_ncdm", "m_ncdm", "T_ncdm", "use_ncdm_psd_files", "ncdm_psd_filenames", "output")
# CLASS's helium table counts Delta N from 3.044, but the code subtracts 3.046 before looking it up (classy 3.4.1).
_HELIUM_OFFSET = 3.046 - 3.044
# `Solution.N_eff_bbn` of three neutrinos, and the weights of its two numbers in Y_p; see `helium_N_eff`
STANDARD_BBN = BBN(weak_freeze_out=3.0306, nucleosynthesis=3.0440)
HELIUM_WEIGHTS = (0.58, 0.42)


class ClassyMissing(ImportError):
    """The Python module of CLASS is not installed."""


class Neutrinos(Protocol):
    """What this module needs of a Solution."""

    @property
    def mixing(self) -> Mixing: ...  # noqa: D102
    @property
    def z(self) -> Array: ...  # noqa: D102
    @property
    def N_eff(self) -> float: ...  # noqa: D102
    @property
    def N_eff_bbn(self) -> BBN: ...  # noqa: D102
    @property
    def N_eff_of_mediators(self) -> float: ...  # noqa: D102
    def spectrum_at(self, state: int | str, y: Array, /) -> Array: ...  # noqa: D102


@dataclass(frozen=True)
class Species:
    """One massive species of CLASS.

    Parameters
    ----------
    mass : float
        Mass [eV].
    temperature : float
        T_ncdm, in units of the photon temperature.
    N_eff : float
        Contribution to N_eff.
    spectrum : phase_space.PhaseSpace or None
        None for Fermi-Dirac.
    """

    mass: float
    temperature: float
    N_eff: float
    spectrum: phase_space.PhaseSpace | None = None


@dataclass(frozen=True)
class ClassSpectra:
    """Lensed CMB temperature spectrum and background numbers of one CLASS run.

    Parameters
    ----------
    ell : array
        Multipoles, from 2.
    TT : array
        Lensed C_l^TT [micro-K^2].
    N_eff : float
        N_eff as CLASS counts it.
    omega_ncdm : float
        Omega h^2 of all massive species today.
    h : float
        H_0/(100 km/s/Mpc).
    parameters : dict
        What CLASS was given.
    """

    ell: NDArray[np.int64]
    TT: Array
    N_eff: float
    omega_ncdm: float
    h: float
    parameters: Parameters


@cache
def classy() -> Any:
    """Import and return the module ``classy``.

    Raises
    ------
    ClassyMissing
        It is not installed.
    """
    try:
        return import_module("classy")
    except ImportError as error:
        raise ClassyMissing(
            f"CLASS is needed for CMB spectra, but its module classy cannot be imported ({error}); "
            'install it with: pip install "sterile-boltzmann[cmb]" (it is built from source and needs a C compiler)'
        ) from error


@contextmanager
def run_class(parameters: Parameters, level: str = "lensing") -> Iterator[Any]:
    """Run CLASS and give the ``classy.Class`` object; its memory is freed on leaving the block, also after an error.

    Parameters
    ----------
    parameters : dict
        As `class_parameters` returns.
    level : str
        Last module to run: "background" (0.1 s), "thermodynamics", ..., "lensing" (5 to 9 s).

    Raises
    ------
    ClassyMissing
        classy is not installed.
    ParameterError
        CLASS rejects the parameters or cannot compute with them.
    """
    module = classy()
    run = module.Class()
    try:
        try:
            run.set(parameters)
            run.compute([level])
        except (module.CosmoSevereError, module.CosmoComputationError) as error:
            raise ParameterError(
                f"CLASS stopped: {_last_line(str(error))}; it was given {parameters}; "
                "change the cosmological parameters"
            ) from error
        yield run
    finally:
        run.struct_cleanup()
        run.empty()


def _last_line(message: str) -> str:
    """Return the innermost message of CLASS's call stack."""
    return message.strip().splitlines()[-1].removeprefix("=>")


def helium_N_eff(bbn: BBN) -> float:
    """Return the constant N_eff whose Y_p is that of a history, as the helium table counts it (3.044 in the standard).

    3.044 + 0.58 (N(1 MeV) - 3.031) + 0.42 (N(0.07 MeV) - 3.044): the excesses over three neutrinos, weighted by the
    response of Y_p to an expansion rate with an excess that changes linearly in ln T between the two (measured with
    primat; neutrons decay until 0.07 MeV, and half of the response lies below 0.4 MeV).
    """
    excess = np.subtract(bbn, STANDARD_BBN)
    return STANDARD_BBN.nucleosynthesis + float(np.dot(HELIUM_WEIGHTS, excess))


def helium_fraction(N_eff: float, omega_b: float | str) -> float:
    """Return CLASS's ``YHe``, the mass ratio of helium and baryons, of standard nucleosynthesis from CLASS's table.

    Parameters
    ----------
    N_eff : float
        Total effective number of neutrinos.
    omega_b : float
        Baryon density Omega_b h^2.
    """
    parameters: Parameters = {"N_ur": N_eff + _HELIUM_OFFSET, "omega_b": omega_b, "h": 0.67}
    with run_class(parameters, level="thermodynamics") as run:
        return float(run.get_current_derived_parameters(["YHe"])["YHe"])


def class_parameters(
    solution: Neutrinos,
    m4: Quantity | str | None = None,
    *,
    directory: str | Path | None = None,
    output: str = "tCl,pCl,lCl",
    **cosmology: Any,
) -> Parameters:
    """Return the dictionary to give to ``classy.Class().set`` for a solution.

    The module docstring says how the neutrinos are described.

    Parameters
    ----------
    solution : Solution
        Of `boltzmann.solve`, three or four states.
    m4 : Quantity or str, optional
        Mass of the fourth mass eigenstate, default ``solution.mixing.m4``.
    directory : str or Path, optional
        Where phase-space files go; default: the folder ``psd`` of the package's cache.
    output : str
        What CLASS computes; with "lCl" the spectra are lensed. "" for the background alone.
    **cosmology
        Any other CLASS parameter. Defaults: `PLANCK_2018`, and ``YHe`` from CLASS's nucleosynthesis table.

    Returns
    -------
    dict
        Numbers and strings.

    Raises
    ------
    ParameterError
        `m4` is no mass, a neutrino parameter of CLASS is given by hand, or the state is not described (see message).
    CacheError
        The phase-space file cannot be written.
    ClassyMissing
        ``YHe`` is not given and CLASS is not installed.
    """
    _check_cosmology(cosmology)
    species = neutrino_species(solution, m4)
    N_ur = max(0.0, solution.N_eff - sum(s.N_eff for s in species))
    replaced = {_REPLACES.get(key) for key in cosmology}
    result: Parameters = {key: value for key, value in PLANCK_2018.items() if key not in replaced}
    result.update(_output_parameters(output), **cosmology, N_ur=N_ur, **_ncdm_parameters(species, directory))
    if "YHe" not in result:
        result["YHe"] = helium_fraction(helium_N_eff(solution.N_eff_bbn), result["omega_b"])
    return result


def _check_cosmology(cosmology: dict[str, Any]) -> None:
    ours = sorted(set(cosmology) & set(_OURS))
    if ours:
        raise ParameterError(
            f"{', '.join(ours)} = {', '.join(repr(cosmology[key]) for key in ours)} is not allowed: "
            "the neutrinos come from the solution; give other CLASS parameters, and `m4` or `output` as arguments"
        )


def _output_parameters(output: str) -> Parameters:
    if not output:
        return {}
    result: Parameters = {"output": output, "l_max_scalars": 2508}
    if "lCl" in output:
        result["lensing"] = "yes"
    return result


def neutrino_species(solution: Neutrinos, m4: Quantity | str | None = None) -> list[Species]:
    """Return the massive species that describe a solution; what they leave of N_eff is massless.

    Raises
    ------
    ParameterError
        `m4` is not a mass of at least 0 eV, or is given for three states.
    """
    masses = np.array(solution.mixing.masses.to_value("eV"), dtype=np.float64)
    if m4 is not None:
        masses[3] = _sterile_mass(m4, len(masses))
    sterile = [_own_species(solution, 4, mass) for mass in masses[3:]]
    N_act = solution.N_eff - sum(s.N_eff for s in sterile) - solution.N_eff_of_mediators
    if masses[:3].sum() < ORDINARY_SUM:
        active = [Species(ACTIVE_MASS, T_NU * (N_act / 3.0) ** 0.25, N_act / 3.0)]
    else:
        active = _rescaled([_own_species(solution, k + 1, masses[k]) for k in range(3)], N_act)
    return [s for s in (*active, *sterile) if s.mass > MASSLESS and s.N_eff > NEGLIGIBLE]


def _rescaled(species: list[Species], N_eff: float) -> list[Species]:
    """Change the temperatures by a common factor, so that the species add up to `N_eff`."""
    ratio = N_eff / sum(s.N_eff for s in species)
    return [replace(s, temperature=s.temperature * ratio**0.25, N_eff=s.N_eff * ratio) for s in species]


def _sterile_mass(m4: Quantity | str, n_states: int) -> float:
    """Return `m4` [eV], checked."""
    mass = float(quantity(m4, "eV", "m4").value)
    if n_states == 3 or mass < 0:
        raise ParameterError(
            f"m4 = {m4} is not allowed for {n_states} states; "
            "give a mass of at least 0 eV for four states, or leave it out"
        )
    return mass


def _own_species(solution: Neutrinos, state: int, mass: float) -> Species:
    """Describe one mass eigenstate by its own spectrum."""
    z = float(solution.z[-1])
    spectrum = phase_space.sampled(solution.spectrum_at(state, phase_space.Y))
    N_eff = spectrum.energy / math.pi**2 / (NEUTRINO_DENSITY * z**4 * T_NU**4)
    return Species(float(mass), spectrum.scale / z, N_eff, spectrum)


def _ncdm_parameters(species: list[Species], directory: str | Path | None) -> Parameters:
    files = [phase_space.write(s.spectrum, Path(directory or folder("psd"))) for s in species if s.spectrum is not None]
    result: Parameters = {
        "N_ncdm": len(species),
        "deg_ncdm": ",".join("1" for _ in species),
        "m_ncdm": ",".join(repr(s.mass) for s in species),
        "T_ncdm": ",".join(repr(s.temperature) for s in species),
        "use_ncdm_psd_files": ",".join("0" if s.spectrum is None else "1" for s in species),
        "ncdm_quadrature_strategy": ",".join("0" if s.spectrum is None else "1" for s in species),
        "ncdm_N_momentum_bins": ",".join("0" if s.spectrum is None else str(s.spectrum.nodes) for s in species),
    }
    if files:
        result["ncdm_psd_filenames"] = ",".join(map(str, files))
    return result


def spectra(
    solution: Neutrinos, m4: Quantity | str | None = None, *, directory: str | Path | None = None, **cosmology: Any
) -> ClassSpectra:
    """Run CLASS for a solution and return the lensed temperature spectrum (5 to 9 s).

    Parameters
    ----------
    solution, m4, directory, **cosmology
        As for `class_parameters`.

    Raises
    ------
    ClassyMissing, ParameterError, CacheError
        As `class_parameters` and `run_class`.
    """
    parameters = class_parameters(solution, m4, directory=directory, output="tCl,pCl,lCl", **cosmology)
    with run_class(parameters) as run:
        lensed = run.lensed_cl(int(parameters["l_max_scalars"]))
        h = float(run.h())
        return ClassSpectra(
            ell=np.asarray(lensed["ell"][2:], dtype=np.int64),
            TT=np.array(lensed["tt"][2:]) * (1e6 * float(run.T_cmb())) ** 2,
            N_eff=float(run.Neff()),
            omega_ncdm=float(run.Omega_nu) * h**2,
            h=h,
            parameters=parameters,
        )
