"""The exact path: minimise the chi^2 of Planck over LCDM for the actual spectra of one solution, without the table.

It needs CLASS and the public Planck files in a folder of the user; about four CLASS runs, 20 to 60 s on one core.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from boltzmann import ecsv
from boltzmann.cmb import class_bridge, gauss_newton, likelihood
from boltzmann.cmb.class_bridge import Parameters
from boltzmann.cmb.gauss_newton import CMB_ROWS, Minimum
from boltzmann.cmb.likelihood import PARAMETERS
from boltzmann.cmb.observables import CMBObservables
from boltzmann.cmb.planck import BINS, PlanckLite, planck_lite
from boltzmann.cmb.species import check_finished
from boltzmann.cmb.thermal import PRECISION, STANDARD_N_EFF
from boltzmann.numerics.arrays import Array
from boltzmann.solution import Solution
from boltzmann.units import Quantity

Progress = Callable[[float], None]

JACOBIAN = "cmb/lcdm_jacobian.ecsv"
PARTS = {  # name -> rows of the residuals
    "high-l TT,TE,EE": slice(0, sum(BINS)),
    "low-l TT": slice(sum(BINS), sum(BINS) + 2),
    "lensing": slice(sum(BINS) + 2, CMB_ROWS),
    "priors on tau and A_planck": slice(CMB_ROWS, CMB_ROWS + 2),
    "DESI DR2 BAO": slice(CMB_ROWS + 2, gauss_newton.ROWS),
}
_EXPECTED_CALLS = 4


class Bandpowers(NamedTuple):
    """High-l bandpowers, (613,) arrays: 215 of TT, 199 of TE, 199 of EE.

    Attributes
    ----------
    ell : array
        Mean multipole.
    measured, sigma : array
        Measurement and its standard deviation [micro-K^2].
    theory : array
        Of the last CLASS run [micro-K^2].
    """

    ell: Array
    measured: Array
    sigma: Array
    theory: Array


@dataclass(frozen=True)
class Refit:
    """Best fit of LCDM to the data beside the neutrinos of one solution.

    Attributes
    ----------
    data : str
        Combination of data, of `likelihood.DATA`.
    delta_chi2 : float
        chi^2 minus that of LCDM with N_eff = 3.044, refitted to the same data with the same precision.
    chi2 : float
        At the minimum.
    parts : dict
        Which data contribute what to it.
    best_fit : dict
        Parameters at the minimum, and h.
    gain : float
        Predicted fall of chi^2 beyond the last CLASS run, subtracted already: the uncertainty is a tenth of it.
    calls : int
        CLASS runs.
    residuals : array
        Whitened residuals at the minimum, in the order of `gauss_newton.residuals`.
    bandpowers : Bandpowers
        Measured and fitted spectra.
    theory : CMBObservables
        Of the last CLASS run.
    parameters : dict
        Neutrino parameters that CLASS was given.
    """

    data: str
    delta_chi2: float
    chi2: float
    parts: dict[str, float]
    best_fit: dict[str, float]
    gain: float
    calls: int
    residuals: Array
    bandpowers: Bandpowers
    theory: CMBObservables
    parameters: Parameters


def jacobian() -> Array:
    """Return the derivatives of the whitened residuals at the best fit of LCDM, (ROWS, 7)."""
    return np.column_stack(list(ecsv.numbers(JACOBIAN, PARAMETERS).values()))


def refit(
    solution: Solution,
    data_dir: str | Path | PlanckLite,
    data: str = "planck2018",
    *,
    m4: Quantity | str | None = None,
    directory: str | Path | None = None,
    progress: Progress | None = None,
) -> Refit:
    """Minimise chi^2 over the six parameters of LCDM and the calibration for one solution.

    Parameters
    ----------
    solution : Solution
        Of `boltzmann.solve`.
    data_dir : str, Path or PlanckLite
        Folder with the public Planck files, see `planck.planck_lite`, or what that returned.
    data : str
        "planck2018" or "planck2018+desi".
    m4, directory
        As for `class_bridge.class_parameters`.
    progress : callable, optional
        Called with the fraction done, in [0, 1].

    Raises
    ------
    ClassyMissing, CacheError
        As `class_bridge.class_parameters`.
    ParameterError
        Unknown `data`, a run that did not end well, unusable files, a state that CLASS cannot follow, or no minimum
        was found.
    """
    gauss_newton.rows(data)
    check_finished(solution)
    planck = data_dir if isinstance(data_dir, PlanckLite) else planck_lite(data_dir)
    parameters = class_bridge.class_parameters(solution, m4, directory=directory)
    neutrinos = {name: value for name, value in parameters.items() if name not in PARAMETERS}
    start = likelihood.best_fit(_nearest_node(solution), data)
    best = _minimum(planck, neutrinos, start, data, progress or (lambda _: None))
    return _result(planck, data, best, neutrinos)


def _nearest_node(solution: Solution) -> tuple[float, float, float]:
    """Return the three numbers of a solution, only to begin near the minimum: any solution will do."""
    own = solution.N_eff_of(4) if solution.mixing.n_states == 4 else 0.0
    return solution.N_eff - STANDARD_N_EFF, float(solution.m_eff.to_value("eV")), own


def _minimum(planck: PlanckLite, neutrinos: Parameters, start: Array, data: str, progress: Progress) -> Minimum:
    evaluate = gauss_newton.evaluator(planck, {**neutrinos, **PRECISION})
    calls = 0

    def counted(theta: Array) -> gauss_newton.Evaluation:
        nonlocal calls
        result = evaluate(theta)
        calls += 1
        progress(min(0.95, calls / _EXPECTED_CALLS))
        return result

    minimum = gauss_newton.minimise(counted, counted(start), jacobian(), data)
    progress(1.0)
    return minimum


def _bandpowers(planck: PlanckLite, best: Minimum) -> Bandpowers:
    high = PARTS["high-l TT,TE,EE"]
    calibration = float(best.evaluation.theta[PARAMETERS.index("A_planck")])
    sigma = np.sqrt(np.diag(planck.spectra.covariance))
    theory = planck.bandpowers(best.evaluation.theory, calibration)
    return Bandpowers(*(values[high] for values in (planck.multipoles, planck.spectra.data, sigma, theory)))


def _result(planck: PlanckLite, data: str, best: Minimum, neutrinos: Parameters) -> Refit:
    residuals = best.residuals[gauss_newton.rows(data)]
    values = dict(zip(PARAMETERS, map(float, best.theta), strict=True))
    return Refit(
        data=data,
        delta_chi2=best.chi2 - likelihood.table(data).reference,
        chi2=best.chi2,
        parts={name: float(np.sum(residuals[rows] ** 2)) for name, rows in PARTS.items() if residuals[rows].size},
        best_fit={**values, "h": best.evaluation.theory.h},
        gain=best.gain,
        calls=1 + best.calls,
        residuals=residuals,
        bandpowers=_bandpowers(planck, best),
        theory=best.evaluation.theory,
        parameters=neutrinos,
    )
