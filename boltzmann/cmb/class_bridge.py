"""From a Solution to CLASS (arXiv:1104.2933): parameters, phase-space files, spectra. The only importer of classy.

Recipe
------
CLASS knows a neutrino by its mass, its temperature T_ncdm (in units of the photon temperature) and its phase-space
density f0(q). With y = p a and z = T_gamma a at the end of the run, q = y for T_ncdm = 1/z.

`boltzmann.cmb.species` says which species describe a solution, and `boltzmann.cmb.fluid` what is done with states that
still collide at recombination.

Helium
------
Y_p is passed as a number: CLASS's own table (PArthENoPE, sBBN_2025) at omega_b and the N_eff of nucleosynthesis, not
of the CMB (`helium_N_eff`), unless ``YHe`` is given. It knows the energy density only, not a distortion of the
electron-neutrino spectrum: ``YHe=boltzmann.cmb.abundances(solution, backend="primat").YHe`` does.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boltzmann.cmb import phase_space
from boltzmann.cmb.fluid import FREE_STREAMING
from boltzmann.cmb.species import T_NU as T_NU
from boltzmann.cmb.species import ClassNeutrinos, Neutrinos, Species, neutrinos_for_class
from boltzmann.cmb.species import neutrino_species as neutrino_species
from boltzmann.errors import MissingLibrary
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.cache import folder
from boltzmann.observables import BBN
from boltzmann.parameters import ParameterError, ValidityWarning
from boltzmann.units import Quantity

Parameters = dict[str, str | float]

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
_OURS = (
    "N_ur",
    "N_idr",
    "idr_nature",
    "N_ncdm",
    "deg_ncdm",
    "m_ncdm",
    "T_ncdm",
    "use_ncdm_psd_files",
    "ncdm_psd_filenames",
    "output",
)
# CLASS's helium table counts Delta N from 3.044, but the code subtracts 3.046 before looking it up (classy 3.4.1).
_HELIUM_OFFSET = 3.046 - 3.044
# `Solution.N_eff_bbn` of three neutrinos, and the weights of its two numbers in Y_p; see `helium_N_eff`
STANDARD_BBN = BBN(weak_freeze_out=3.0306, nucleosynthesis=3.0440)
HELIUM_WEIGHTS = (0.58, 0.42)


class ClassyMissing(MissingLibrary):
    """The Python module of CLASS is not installed."""


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
    treatment : str
        What was done with neutrinos that collide, see `neutrinos_for_class`.
    """

    ell: NDArray[np.int64]
    TT: Array
    N_eff: float
    omega_ncdm: float
    h: float
    parameters: Parameters
    treatment: str = FREE_STREAMING


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

    Warns
    -----
    ValidityWarning
        CLASS cannot follow states that collide; the message says what is done instead.
    """
    _check_cosmology(cosmology)
    neutrinos = neutrinos_for_class(solution, m4)
    if not neutrinos.followed:
        warnings.warn(neutrinos.treatment, ValidityWarning, stacklevel=2)
    replaced = {_REPLACES.get(key) for key in cosmology}
    result: Parameters = {key: value for key, value in PLANCK_2018.items() if key not in replaced}
    result.update(_output_parameters(output), **cosmology, **_neutrino_parameters(neutrinos, directory))
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


def _neutrino_parameters(neutrinos: ClassNeutrinos, directory: str | Path | None) -> Parameters:
    result: Parameters = {"N_ur": neutrinos.N_ur}
    if neutrinos.N_eff_colliding > 0.0:
        result.update(N_idr=neutrinos.N_eff_colliding, idr_nature="fluid")
    if neutrinos.species:
        result.update(_ncdm_parameters(neutrinos.species, directory))
    return result


def _ncdm_parameters(species: tuple[Species, ...], directory: str | Path | None) -> Parameters:
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
            treatment=neutrinos_for_class(solution, m4).treatment,
        )
