"""Minimise chi^2 of one neutrino sector over LCDM: Gauss-Newton on the whitened residuals, 2 to 3 CLASS calls.

Seven parameters are free: the six of LCDM and the calibration A_planck. The derivatives of the residuals are known from
LCDM (`data/cmb/lcdm_jacobian.ecsv`) and improved by Broyden's formula on the way; no finite differences are taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from boltzmann.cmb import bao
from boltzmann.cmb.class_bridge import Parameters
from boltzmann.cmb.likelihood import PARAMETERS, check_data
from boltzmann.cmb.observables import CMBObservables, observe
from boltzmann.cmb.planck import CALIBRATION, TAU, PlanckLite
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array

CMB_ROWS = 624  # bandpowers of spectra and lensing
ROWS = CMB_ROWS + 2 + 13  # and priors on tau and A_planck, and distances
GAIN = 0.2  # predicted fall of chi^2 below which the minimum is reached; it is subtracted
MOST_CALLS = 8


class Evaluation(NamedTuple):
    """One CLASS run: parameters (7,), whitened residuals (`ROWS`,), and the theory."""

    theta: Array
    residuals: Array
    theory: CMBObservables


@dataclass(frozen=True)
class Minimum:
    """The best fit of LCDM parameters beside one neutrino sector.

    Attributes
    ----------
    chi2 : float
        At the minimum: of the last CLASS run less the predicted gain.
    gain : float
        Fall of chi^2 that was predicted for one more step and is subtracted already.
    step : (7,) array
        That step.
    evaluation : Evaluation
        The last CLASS run.
    jacobian : (ROWS, 7) array
        Improved derivatives.
    calls : int
        CLASS runs.
    """

    chi2: float
    gain: float
    step: Array
    evaluation: Evaluation
    jacobian: Array
    calls: int

    @property
    def theta(self) -> Array:
        """Parameters at the minimum: one predicted step from the last CLASS run, (7,)."""
        return self.evaluation.theta + self.step

    @property
    def residuals(self) -> Array:
        """Whitened residuals at the minimum, to first order in the last step, (ROWS,)."""
        return self.evaluation.residuals + self.jacobian @ self.step


Evaluate = Callable[[Array], Evaluation]


def rows(data: str) -> slice:
    """Return which residuals belong to a combination of data.

    Raises
    ------
    ParameterError
        Unknown name.
    """
    check_data(data)
    return slice(0, CMB_ROWS + 2 if data == "planck2018" else ROWS)


def residuals(planck: PlanckLite, theory: CMBObservables, theta: Array) -> Array:
    """Return the whitened residuals: spectra, lensing, priors on tau and A_planck, distances; (ROWS,)."""
    tau, calibration = theta[PARAMETERS.index("tau_reio")], theta[PARAMETERS.index("A_planck")]
    priors = [(tau - TAU[0]) / TAU[1], (calibration - CALIBRATION[0]) / CALIBRATION[1]]
    distances = bao.desi_dr2().whitened(bao.distances(theory))
    return np.concatenate([planck.whitened(theory, float(calibration)), priors, distances])


def evaluator(planck: PlanckLite, neutrinos: Parameters) -> Evaluate:
    """Return the function of theta that runs CLASS with these neutrinos.

    Parameters
    ----------
    planck : PlanckLite
        The data.
    neutrinos : dict
        Of CLASS: N_ur, ncdm and what else does not belong to LCDM.
    """

    def evaluate(theta: Array) -> Evaluation:
        cosmology = dict(zip(PARAMETERS[:-1], map(float, theta), strict=False))
        spectra: Parameters = {"output": "tCl,pCl,lCl", "lensing": "yes", "l_max_scalars": 2508}
        theory = observe({**spectra, **neutrinos, **cosmology})
        return Evaluation(theta, residuals(planck, theory, theta), theory)

    return evaluate


def predicted(evaluation: Evaluation, jacobian: Array, chosen: slice) -> tuple[Array, float]:
    """Return the Gauss-Newton step and the fall of chi^2 that it promises."""
    r, J = evaluation.residuals[chosen], jacobian[chosen]
    step = -np.linalg.solve(J.T @ J, J.T @ r)
    return np.asarray(step, dtype=np.float64), float(-r @ (J @ step))


def improved(jacobian: Array, old: Evaluation, new: Evaluation) -> Array:
    """Return the derivatives changed by rank one so that they reproduce the last step (Broyden's formula).

    Lengths of steps are measured in standard deviations of the parameters.
    """
    step = new.theta - old.theta
    weighted = jacobian[:CMB_ROWS].T @ (jacobian[:CMB_ROWS] @ step)
    missed = new.residuals - old.residuals - jacobian @ step
    return np.asarray(jacobian + np.outer(missed, weighted) / (step @ weighted))


def minimise(evaluate: Evaluate, start: Evaluation, jacobian: Array, data: str = "planck2018") -> Minimum:
    """Go down from an evaluation until the next step promises less than `GAIN`.

    Raises
    ------
    ParameterError
        CLASS fails, or `MOST_CALLS` runs were not enough.
    """
    chosen, best, calls = rows(data), start, 0
    step, gain = predicted(best, jacobian, chosen)
    while gain > GAIN and calls < MOST_CALLS:
        new = evaluate(best.theta + step)
        calls += 1
        jacobian = improved(jacobian, best, new)
        better = np.sum(new.residuals[chosen] ** 2) < np.sum(best.residuals[chosen] ** 2)
        best = new if better else best
        step, gain = predicted(best, jacobian, chosen)
        step = step if better else 0.5 * step
    if gain > GAIN:
        raise ParameterError(
            f"the minimum of chi^2 was not found in {MOST_CALLS} CLASS runs (a further {gain:.2g} is promised); "
            "start nearer"
        )
    chi2 = float(np.sum(best.residuals[chosen] ** 2)) - gain
    return Minimum(chi2, gain, step, best, jacobian, calls)
