"""From a Solution to CLASS (arXiv:1104.2933): parameters, phase-space files, spectra. The only importer of classy.

Recipe
------
CLASS knows a neutrino by its mass, its temperature T_ncdm (in units of the photon temperature) and its phase-space
density f0(q). With y = p a and z = T_gamma a at the end of the run, q = y for T_ncdm = 1/z.

`boltzmann.cmb.species` says which species describe a solution, and `boltzmann.cmb.fluid` what is done with states that
still collide at recombination.

Helium
------
Y_p is passed as a number, unless ``YHe`` is given: that of three neutrinos by CLASS's own table (PArthENoPE, sBBN_2025)
at omega_b, and what the run's own nucleosynthesis has more or less (`boltzmann.cmb.neutrons`: its expansion, its nu_e
and nubar_e). With ``helium="mean"``, and for a solution without a history of nucleosynthesis, it is that of the table
at one N_eff of nucleosynthesis, not of the CMB (`helium_N_eff`), which knows the energy density only.
``YHe=boltzmann.cmb.bbn.helium_by_network(solution, omega_b)`` asks primat. With ``YHe="BBN"`` CLASS reads a table by
itself, that of ``sBBN file`` if given, at the N_eff of the CMB.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from boltzmann.cmb import class_input, phase_space
from boltzmann.cmb.class_input import PLANCK_2018 as PLANCK_2018
from boltzmann.cmb.class_input import Parameters as Parameters
from boltzmann.cmb.fluid import FREE_STREAMING
from boltzmann.cmb.neutrons import END, LEAST_START, own_helium
from boltzmann.cmb.species import T_NU as T_NU
from boltzmann.cmb.species import ClassNeutrinos, Neutrinos, Species, Treated, check_finished, neutrinos_for_class
from boltzmann.cmb.species import neutrino_species as neutrino_species
from boltzmann.errors import MissingLibrary
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.cache import folder
from boltzmann.observables import BBN
from boltzmann.parameters import ParameterError, ValidityWarning
from boltzmann.solution import Solution
from boltzmann.units import Quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# CLASS's helium table counts Delta N from 3.044, but the code subtracts 3.046 before looking it up (classy 3.4.1).
_HELIUM_OFFSET = 3.046 - 3.044
# Where Y_p matters little: 0.01 of it moves omega_b at a given Omega_b and angle by 1.3e-4 (measured), and that Y_p by
# 6e-5, half its theoretical error.
_ROUGH_HELIUM = 0.245
# `Solution.N_eff_bbn` of three neutrinos, and the weights of its two numbers in Y_p; see `helium_N_eff`
STANDARD_BBN = BBN(weak_freeze_out=3.0306, nucleosynthesis=3.0440)
HELIUM_WEIGHTS = (0.58, 0.42)
Helium = Literal["own", "mean"]

_LEAST_K, _WAVE_NUMBERS = 1e-4, 500  # of P(k) [1/Mpc]


class ClassyMissing(MissingLibrary):
    """The Python module of CLASS is not installed."""


@dataclass(frozen=True, eq=False)
class ClassSpectra(Treated):
    """Spectra and background numbers of one CLASS run.

    Parameters
    ----------
    ell : int array (n,)
        Multipoles, from 2.
    TT, TE, EE : arrays (n,)
        Lensed C_l [micro-K^2], without l(l+1)/2pi.
    PP : array (n,)
        C_l of the lensing potential, dimensionless.
    k : array (m,) [1/Mpc]
        Wave numbers, increasing, without h.
    P_k : array (m,) [Mpc^3]
        Linear power spectrum of all matter at z = 0; both empty if it was not asked for.
    sigma8 : float
        Of all matter in spheres of 8 Mpc/h; NaN if it was not asked for.
    N_eff : float
        N_eff as CLASS counts it.
    omega_ncdm : float
        Omega h^2 of all massive species today.
    h : float
        H_0/(100 km/s/Mpc).
    parameters : dict
        What CLASS was given.
    class_treatment : str
        What was done with neutrinos that collide, see `neutrinos_for_class`.
    """

    ell: NDArray[np.int64]
    TT: Array
    TE: Array
    EE: Array
    PP: Array
    k: Array
    P_k: Array
    sigma8: float
    N_eff: float
    omega_ncdm: float
    h: float
    parameters: Parameters
    class_treatment: str = FREE_STREAMING

    def figure(self, reference: ClassSpectra) -> Figure:
        """Return a figure of C_l and P(k) over those of another run.

        Raises
        ------
        ParameterError
            One of them has no P(k).
        """
        if not (self.k.size and reference.k.size):
            raise ParameterError("spectra without P(k) have no such figure; compute both with matter=True")
        from boltzmann.figures.spectra import ratio_figure

        angular = {name: getattr(self, name) / getattr(reference, name) for name in ("TT", "EE", "PP")}
        matter = np.exp(np.interp(np.log(self.k), np.log(reference.k), np.log(reference.P_k)))
        return ratio_figure(self.ell, angular, self.k, self.P_k / matter)


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
        CLASS rejects the parameters, cannot compute with them, or has not computed what is asked in the block.
    """
    module = classy()
    run = module.Class()
    try:
        run.set(parameters)
        run.compute([level])
        yield run
    except (module.CosmoSevereError, module.CosmoComputationError) as error:
        raise ParameterError(class_input.failure(str(error), parameters)) from error
    finally:
        run.struct_cleanup()
        run.empty()


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


def helium_of(solution: Neutrinos, omega_b: float | str, helium: Helium = "own") -> float:
    """Return ``YHe`` for CLASS of a solution.

    Parameters
    ----------
    solution : Solution
        Finished.
    omega_b : float or str
        Baryon density Omega_b h^2.
    helium : {"own", "mean"}
        "own": of the run's own nucleosynthesis, by Born rates; "mean": of the table at `helium_N_eff`.

    Raises
    ------
    ParameterError
        Another `helium`, or an N_eff or omega_b beyond CLASS's table.
    ClassyMissing
        CLASS is not installed.

    Warns
    -----
    ValidityWarning
        "own" of a solution that has no history of nucleosynthesis: it is "mean" then.
    """
    if helium not in get_args(Helium):
        raise ParameterError(f"helium = {helium!r} is not allowed; give one of {', '.join(get_args(Helium))}")
    if helium == "own":
        more = own_helium(solution) if isinstance(solution, Solution) else None
        if more is not None:
            return helium_fraction(STANDARD_BBN.nucleosynthesis, omega_b) + more
        warnings.warn(
            f"the solution has no history from T = {LEAST_START:g} to {END:g} MeV, so Y_p is that of a mean N_eff of "
            'nucleosynthesis and undistorted electron neutrinos; say so with helium="mean", or give YHe',
            ValidityWarning,
            stacklevel=3,
        )
    return helium_fraction(helium_N_eff(solution.N_eff_bbn), omega_b)


def class_parameters(
    solution: Neutrinos,
    m4: Quantity | str | None = None,
    *,
    directory: str | Path | None = None,
    output: str = "tCl,pCl,lCl",
    helium: Helium = "own",
    **cosmology: Any,
) -> Parameters:
    """Return the dictionary to give to ``classy.Class().set`` for a solution.

    The module docstring says how the neutrinos are described.

    Parameters
    ----------
    solution : Solution
        Of `boltzmann.solve`, three or four states.
    m4 : Quantity or str, optional
        Mass of the fourth mass eigenstate, default ``solution.mixing.m4``; within a factor 2 of that, or "0 eV", since
        the spectrum stays that of the solution.
    directory : str or Path, optional
        Where phase-space files go; default: the folder ``psd`` of the package's cache.
    output : str
        What CLASS computes, "tCl,pCl,lCl,mPk" for example; with "lCl" the spectra are lensed. "" for the background.
    helium : {"own", "mean"}
        Where ``YHe`` comes from, see `helium_of`.
    **cosmology
        Any other CLASS parameter. Defaults: `PLANCK_2018`, and ``YHe`` of `helium_of`. What decides the same thing as a
        default replaces it (``H0``, ``sigma8``, ``z_reio``, ``Omega_m``, ..., all in `class_input.ROLES`); None drops a
        default.

    Returns
    -------
    dict
        Numbers and strings.

    Raises
    ------
    ParameterError
        The run did not end well, `m4` is no mass or not that of the spectrum, massive neutrinos overclose the
        Universe, a neutrino parameter of CLASS is given by hand, two parameters contradict each other, or another
        `helium`.
    CacheError
        The phase-space file cannot be written.
    ClassyMissing
        ``YHe`` is not given and CLASS is not installed.

    Warns
    -----
    ValidityWarning
        CLASS cannot follow states that collide, or there is no history of nucleosynthesis; the message says what is
        done instead.
    """
    check_finished(solution)
    result = class_input.merged(output, cosmology)
    neutrinos = neutrinos_for_class(solution, m4)
    neutrinos.check_closure()
    if not neutrinos.followed:
        warnings.warn(neutrinos.class_treatment, ValidityWarning, stacklevel=2)
    result.update(_neutrino_parameters(neutrinos, directory))
    if "YHe" not in cosmology:
        result["YHe"] = helium_of(solution, _baryons(result), helium)
    return result


def _baryons(parameters: Parameters) -> str | float:
    """Return omega_b, by the background of CLASS where it is not given; Y_p hardly matters for the angle in there."""
    if "omega_b" in parameters:
        return parameters["omega_b"]
    with run_class({**parameters, "YHe": _ROUGH_HELIUM}, level="background") as run:
        return float(run.omega_b())


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
        "deg_ncdm": ",".join(repr(s.degeneracy) for s in species),
        "m_ncdm": ",".join(repr(s.mass) for s in species),
        "T_ncdm": ",".join(repr(s.temperature) for s in species),
        "use_ncdm_psd_files": ",".join("0" if s.spectrum is None else "1" for s in species),
        "ncdm_quadrature_strategy": ",".join("0" if s.spectrum is None else "1" for s in species),
        "ncdm_N_momentum_bins": ",".join("0" if s.spectrum is None else str(s.spectrum.nodes) for s in species),
    }
    if files:
        result["ncdm_psd_filenames"] = ",".join(map(str, files))
    return result


def _largest_k(parameters: Parameters, h: float) -> float:
    """Return the wave number [1/Mpc] up to which CLASS computes P(k), by default h/Mpc."""
    if "P_k_max_1/Mpc" in parameters:
        return float(parameters["P_k_max_1/Mpc"])
    return float(parameters.get("P_k_max_h/Mpc", 1.0)) * h


def spectra(
    solution: Neutrinos,
    m4: Quantity | str | None = None,
    *,
    directory: str | Path | None = None,
    matter: bool = True,
    **cosmology: Any,
) -> ClassSpectra:
    """Run CLASS once for a solution: TT, TE, EE, lensing potential and matter power spectrum (10 to 25 s).

    Parameters
    ----------
    solution, m4, directory, **cosmology
        As for `class_parameters`, and its ``helium``. ``P_k_max_1/Mpc`` or ``P_k_max_h/Mpc`` sets where P(k) ends, by
        default at 1 h/Mpc.
    matter : bool
        False: without P(k) and sigma8, which takes half of the time (5 to 12 s).

    Raises
    ------
    ClassyMissing, ParameterError, CacheError
        As `class_parameters` and `run_class`.
    """
    output = "tCl,pCl,lCl,mPk" if matter else "tCl,pCl,lCl"
    parameters = class_parameters(solution, m4, directory=directory, output=output, **cosmology)
    with run_class(parameters) as run:
        lensed, micro_K, h = run.lensed_cl(), 1e6 * float(run.T_cmb()), float(run.h())
        k, P_k = _matter(run, _largest_k(parameters, h)) if matter else (np.empty(0), np.empty(0))
        return ClassSpectra(
            ell=np.asarray(lensed["ell"][2:], dtype=np.int64),
            **{name: np.array(lensed[name.lower()][2:]) * micro_K**2 for name in ("TT", "TE", "EE")},
            PP=np.array(lensed["pp"][2:]),
            k=k,
            P_k=P_k,
            sigma8=float(run.sigma8()) if matter else float("nan"),
            N_eff=float(run.Neff()),
            omega_ncdm=float(run.Omega_nu) * h**2,
            h=h,
            parameters=parameters,
            class_treatment=neutrinos_for_class(solution, m4).class_treatment,
        )


def _matter(run: Any, largest: float) -> tuple[Array, Array]:
    """Return wave numbers and the linear P(k) at z = 0."""
    k = np.geomspace(_LEAST_K, largest, _WAVE_NUMBERS)
    return k, np.array([run.pk_lin(one, 0.0) for one in k])
