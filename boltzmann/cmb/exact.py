"""The exact path: minimise the chi^2 of the CMB over LCDM for the actual spectra of one solution, without the table.

It needs CLASS and the public files of Planck, and of ACT if asked for, in a folder of the user; about four CLASS runs
of 10 to 20 s on one core, and one or two more for each further combination of data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from boltzmann import ecsv
from boltzmann.cmb import bbn, class_bridge, gauss_newton, likelihood
from boltzmann.cmb.class_bridge import PLANCK_2018, Parameters
from boltzmann.cmb.gauss_newton import Measurements, Minimum
from boltzmann.cmb.judge import summarise
from boltzmann.cmb.likelihood import PARAMETERS
from boltzmann.cmb.observables import CMBObservables
from boltzmann.cmb.planck import PlanckLite
from boltzmann.cmb.species import check_finished
from boltzmann.cmb.thermal import SPECTRA, least_N_eff_4
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.observables import M_EFF_UNIT
from boltzmann.solution import Solution
from boltzmann.units import Quantity

Progress = Callable[[float], None]

JACOBIAN = "cmb/lcdm_jacobian.ecsv"
NOTABLE_DISTORTION = 3e-3  # of electron neutrinos, from which primat is asked: 2e-4 in Y_p, 0.02 standard deviations
_EXPECTED_CALLS, _FURTHER_CALLS = 4, 2  # of the first and of each further combination of data


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
        Parameters at the minimum; h, sigma8 and Omega_m of the last CLASS run.
    gain : float
        Predicted fall of chi^2 beyond the last CLASS run, subtracted already: the uncertainty is a tenth of it.
    calls : int
        CLASS runs; of several combinations of data those beyond the ones before.
    residuals : array
        Whitened residuals at the minimum, those of `gauss_newton.parts` of the data one after another.
    bandpowers : Bandpowers
        Measured and fitted spectra of Planck, all of them: beside ACT only the low multipoles are fitted.
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
    """Return the derivatives of the whitened residuals at the best fit of LCDM, (ROWS, 9)."""
    return np.column_stack(list(ecsv.numbers(JACOBIAN, PARAMETERS).values()))


def non_linear() -> Array:
    """Return what non-linear structure adds to the residuals, see `thermal.NON_LINEAR`; (ROWS,)."""
    return ecsv.numbers(JACOBIAN, ["non_linear"])["non_linear"]


def refit(
    solution: Solution,
    data_dir: str | Path | PlanckLite | Measurements,
    data: str = "planck2018",
    *,
    m4: Quantity | str | None = None,
    directory: str | Path | None = None,
    progress: Progress | None = None,
) -> Refit:
    """Minimise chi^2 over the six parameters of LCDM and the calibrations for one solution.

    Parameters
    ----------
    solution : Solution
        Of `boltzmann.solve`, active neutrinos of any mass.
    data_dir : str, Path, PlanckLite or Measurements
        Folder with the public Planck files, see `planck.planck_lite`, and with those of ACT, see `act.act_dr6`, if
        `data` has them; or what `planck.planck_lite` or `gauss_newton.measurements` returned.
    data : str
        "planck2018", "planck2018+desi", "planck+act" or "planck+act+desi".
    m4, directory
        As for `class_bridge.class_parameters`.
    progress : callable, optional
        Called with the fraction done, in [0, 1].

    Raises
    ------
    ClassyMissing, CacheError
        As `class_bridge.class_parameters`.
    PrimatMissing
        Electron neutrinos are not those of CLASS's helium table, as after a reheating, and primat is not installed.
    ParameterError
        Unknown `data`, a run that did not end well, unusable files, a state that CLASS cannot follow, or no minimum
        was found.
    """
    return refits(solution, data_dir, (data,), m4=m4, directory=directory, progress=progress)[data]


def refits(
    solution: Solution,
    data_dir: str | Path | PlanckLite | Measurements,
    combinations: Sequence[str] = likelihood.DATA,
    *,
    m4: Quantity | str | None = None,
    directory: str | Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Refit]:
    """Do what `refit` does for several combinations of data, by name: each begins where the one before has ended.

    A CLASS run gives the residuals of all data, and what it shows of their derivatives holds for all of them. Arguments
    and errors are those of `refit`.
    """
    for data in combinations:
        likelihood.check_data(data)
    check_finished(solution)
    measured = _measured(data_dir, combinations)
    start = _start(solution, combinations[0])
    parameters = class_bridge.class_parameters(solution, m4, directory=directory, **_helium(solution))
    neutrinos = {name: value for name, value in parameters.items() if name not in PARAMETERS}
    minima = _minima(measured, neutrinos, start, combinations, progress or (lambda _: None))
    return {data: _result(measured.planck, data, *found, neutrinos) for data, found in minima.items()}


def _helium(solution: Solution) -> dict[str, Any]:
    """Return ``YHe`` of primat where electron neutrinos are not those of CLASS's helium table, which has it elsewhere.

    At T_RH = 2 MeV Y_p is 0.263, and 0.22 in the table at that N_eff; a secret vector of 100 MeV, 1e-3 that takes
    electron neutrinos away has 0.260, in the table 0.249. More helium damps what fewer neutrinos do not. A refit counts
    helium by this alone: what `judge.profile_of` adds to a table is no part of it.
    """
    if bbn.table_knows(solution, NOTABLE_DISTORTION):
        return {"helium": "mean"}
    return {"YHe": bbn.helium_by_network(solution, float(PLANCK_2018["omega_b"]))}


def _measured(data_dir: str | Path | PlanckLite | Measurements, combinations: Sequence[str]) -> Measurements:
    needs_act = [data for data in combinations if "ACT DR6" in gauss_newton.parts(data)]
    if isinstance(data_dir, PlanckLite):
        measured = Measurements(data_dir)
    elif isinstance(data_dir, Measurements):
        measured = data_dir
    else:
        measured = gauss_newton.measurements(data_dir, with_act=bool(needs_act))
    if needs_act and measured.act is None:
        raise ParameterError(
            f"data_dir is Planck alone, but data = {needs_act[0]!r} has ACT DR6 too; give the folder with both, or "
            "what gauss_newton.measurements(folder, with_act=True) returns"
        )
    return measured


def _start(solution: Solution, data: str) -> Array:
    """Return where to begin: the best fit of the table near the solution.

    What is cold for the CMB is no neutrino of the table but a part of omega_cdm, which is taken off.
    """
    numbers = summarise(solution)
    if numbers.N_eff_colliding > 0.0:
        return likelihood.fluid_best_fit(numbers.delta_N_eff, numbers.N_eff_colliding, data)
    m_eff, own = numbers.m_eff, numbers.N_eff_4
    cold = own < least_N_eff_4(m_eff)
    active = float(solution.mixing.masses.to_value("eV")[:3].sum())
    sector = numbers.delta_N_eff, 0.0 if cold else m_eff, 0.0 if cold else own
    start = likelihood.best_fit(sector, data, active)
    start[PARAMETERS.index("omega_cdm")] -= m_eff / M_EFF_UNIT if cold else 0.0
    if start[PARAMETERS.index("omega_cdm")] <= 0.0:
        raise ParameterError(
            f"nu_4 is cold for the CMB and has Omega_4 h^2 = {m_eff / M_EFF_UNIT:.3g}, more than all dark matter; "
            "there is no refit of a Universe with so much of it"
        )
    return start


def _minima(
    measured: Measurements, neutrinos: Parameters, start: Array, combinations: Sequence[str], progress: Progress
) -> dict[str, tuple[Minimum, int]]:
    """Return for each combination of data its minimum, and how many CLASS runs it took beyond those before."""
    evaluate = gauss_newton.evaluator(measured, {**neutrinos, **SPECTRA}, non_linear())
    calls, expected = 0, _EXPECTED_CALLS + _FURTHER_CALLS * (len(combinations) - 1)

    def counted(theta: Array) -> gauss_newton.Evaluation:
        nonlocal calls
        result = evaluate(theta)
        calls += 1
        progress(min(0.95, calls / expected))
        return result

    evaluation, slopes = counted(start), jacobian()
    minima: dict[str, tuple[Minimum, int]] = {}
    for data in combinations:
        best = gauss_newton.minimise(counted, evaluation, slopes, data)
        minima[data] = best, best.calls + (not minima)
        evaluation, slopes = best.evaluation, best.jacobian
    progress(1.0)
    return minima


def _bandpowers(planck: PlanckLite, best: Minimum) -> Bandpowers:
    high = gauss_newton.PARTS["high-l TT,TE,EE"]
    calibration = float(best.evaluation.theta[PARAMETERS.index("A_planck")])
    sigma = np.sqrt(np.diag(planck.spectra.covariance))
    theory = planck.bandpowers(best.evaluation.theory, calibration)
    return Bandpowers(*(values[high] for values in (planck.multipoles, planck.spectra.data, sigma, theory)))


def _result(planck: PlanckLite, data: str, best: Minimum, calls: int, neutrinos: Parameters) -> Refit:
    fitted = zip(PARAMETERS, best.theta, gauss_newton.free(data), strict=True)
    values = {name: float(value) for name, value, free in fitted if free}
    theory = best.evaluation.theory
    return Refit(
        data=data,
        delta_chi2=best.chi2 - likelihood.table(data).reference,
        chi2=best.chi2,
        parts={n: float(np.sum(best.residuals[gauss_newton.PARTS[n]] ** 2)) for n in gauss_newton.parts(data)},
        best_fit={**values, "h": theory.h, "sigma8": theory.sigma8, "Omega_m": theory.Omega_m},
        gain=best.gain,
        calls=calls,
        residuals=best.residuals[gauss_newton.rows(data)],
        bandpowers=_bandpowers(planck, best),
        theory=theory,
        parameters=neutrinos,
    )
