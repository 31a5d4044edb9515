"""Minimise chi^2 of one neutrino sector over LCDM: Gauss-Newton on the whitened residuals, 2 to 3 CLASS calls.

Seven parameters are free, the six of LCDM and the calibration A_planck, and two more beside ACT: its calibration A_act
and polarisation efficiency P_act. The derivatives of the residuals are known from LCDM (`data/cmb/lcdm_jacobian.ecsv`)
and improved by Broyden's formula on the way; no finite differences are taken.

One CLASS run gives the residuals of all data; a combination of data is a choice of rows (`rows`) and of free
parameters (`free`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from boltzmann.cmb import act, bao
from boltzmann.cmb.act import ActDR6, act_dr6
from boltzmann.cmb.class_bridge import Parameters
from boltzmann.cmb.observables import L_MAX, CMBObservables, observe
from boltzmann.cmb.planck import CALIBRATION, CUT_BINS, TAU, PlanckLite, planck_lite
from boltzmann.cmb.profile_table import PARAMETERS, check_data
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array, Index, Mask

CMB_ROWS = 624  # bandpowers of spectra and lensing of Planck
PARTS = {  # rows of the residuals, in their order
    "high-l TT,TE,EE": slice(0, 613),
    "low-l TT": slice(613, 615),
    "lensing": slice(615, CMB_ROWS),
    "priors on tau and A_planck": slice(CMB_ROWS, CMB_ROWS + 2),
    "DESI DR2 BAO": slice(CMB_ROWS + 2, CMB_ROWS + 15),
    "high-l TT,TE,EE beside ACT": slice(CMB_ROWS + 15, CMB_ROWS + 15 + sum(CUT_BINS)),
    "ACT DR6": slice(CMB_ROWS + 15 + sum(CUT_BINS), CMB_ROWS + 15 + sum(CUT_BINS) + act.ROWS),
    "prior on A_act": slice(CMB_ROWS + 15 + sum(CUT_BINS) + act.ROWS, CMB_ROWS + 16 + sum(CUT_BINS) + act.ROWS),
}
ROWS = PARTS["prior on A_act"].stop
ACT_PARAMETERS = ("A_act", "P_act")
COSMOLOGY = 6  # parameters that CLASS is given
_PLANCK = ("high-l TT,TE,EE", "low-l TT", "lensing", "priors on tau and A_planck")
_ACT = ("low-l TT", "lensing", "priors on tau and A_planck", "high-l TT,TE,EE beside ACT", "ACT DR6", "prior on A_act")
GAIN = 0.2  # predicted fall of chi^2 below which the minimum is reached; it is subtracted
MOST_CALLS = 8


class Measurements(NamedTuple):
    """What theory is compared with; DESI's distances are part of the package.

    Attributes
    ----------
    planck : PlanckLite
        Planck 2018.
    act : ActDR6 or None
        The fitted bands of ACT DR6; None where no combination with it is asked for.
    """

    planck: PlanckLite
    act: ActDR6 | None = None


def measurements(data_dir: str | Path, *, with_act: bool) -> Measurements:
    """Read what a combination of data needs from a folder, see `planck.planck_lite` and `act.act_dr6`.

    Raises
    ------
    ParameterError
        A file is missing or damaged.
    """
    return Measurements(planck_lite(data_dir), act_dr6(data_dir).below(L_MAX) if with_act else None)


class Evaluation(NamedTuple):
    """One CLASS run: parameters (9,), whitened residuals (`ROWS`,), and the theory."""

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
    step : (9,) array
        That step.
    evaluation : Evaluation
        The last CLASS run.
    jacobian : (ROWS, 9) array
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
        """Parameters at the minimum: one predicted step from the last CLASS run, (9,)."""
        return self.evaluation.theta + self.step

    @property
    def residuals(self) -> Array:
        """Whitened residuals at the minimum, to first order in the last step, (ROWS,)."""
        return self.evaluation.residuals + self.jacobian @ self.step


Evaluate = Callable[[Array], Evaluation]


def parts(data: str) -> tuple[str, ...]:
    """Return which of `PARTS` a combination of data has.

    Raises
    ------
    ParameterError
        Unknown name.
    """
    check_data(data)
    added = data.split("+")
    names = _ACT if "act" in added else _PLANCK
    return (*names, "DESI DR2 BAO") if "desi" in added else names


def rows(data: str) -> Index:
    """Return which residuals belong to a combination of data, in the order of its `parts`."""
    return np.concatenate([np.arange(PARTS[name].start, PARTS[name].stop) for name in parts(data)])


def free(data: str) -> Mask:
    """Return which of `PARAMETERS` a combination of data fits, (9,)."""
    with_act = "ACT DR6" in parts(data)
    return np.array([with_act or name not in ACT_PARAMETERS for name in PARAMETERS])


def residuals(measured: Measurements, theory: CMBObservables, theta: Array) -> Array:
    """Return the whitened residuals in the order of `PARTS`, (ROWS,); those of ACT are 0 where it is not read."""
    tau, A_planck, A_act, P_act = (float(theta[PARAMETERS.index(p)]) for p in ("tau_reio", "A_planck", *ACT_PARAMETERS))
    planck = measured.planck
    return np.concatenate(
        [
            planck.whitened(theory, A_planck),
            [(tau - TAU[0]) / TAU[1], (A_planck - CALIBRATION[0]) / CALIBRATION[1]],
            bao.desi_dr2().whitened(bao.distances(theory)),
            planck.whitened_cut(theory, A_planck),
            measured.act.whitened(theory, A_act, P_act) if measured.act else np.zeros(act.ROWS),
            [(A_act - act.CALIBRATION[0]) / act.CALIBRATION[1]],
        ]
    )


def theory_of(theta: Array, others: Parameters) -> CMBObservables:
    """Run CLASS with these parameters and others: neutrinos, precision, what is computed."""
    return observe({**others, **dict(zip(PARAMETERS[:COSMOLOGY], map(float, theta), strict=False))})


def evaluator(measured: Measurements, neutrinos: Parameters, non_linear: Array | float = 0.0) -> Evaluate:
    """Return the function of theta that runs CLASS with these neutrinos.

    Parameters
    ----------
    measured : Measurements
        The data.
    neutrinos : dict
        Of CLASS: N_ur, ncdm, precision and what else does not belong to LCDM.
    non_linear : (ROWS,) array
        What non-linear structure adds to the residuals, see `thermal.NON_LINEAR`.
    """

    def evaluate(theta: Array) -> Evaluation:
        theory = theory_of(theta, neutrinos)
        return Evaluation(theta, residuals(measured, theory, theta) + non_linear, theory)

    return evaluate


def predicted(evaluation: Evaluation, jacobian: Array, data: str) -> tuple[Array, float]:
    """Return the Gauss-Newton step of the free parameters, (9,), and the fall of chi^2 that it promises."""
    chosen, fitted = rows(data), free(data)
    r, J = evaluation.residuals[chosen], jacobian[np.ix_(chosen, fitted)]
    step = np.zeros(fitted.size)
    step[fitted] = -np.linalg.solve(J.T @ J, J.T @ r)
    return step, float(-r @ (J @ step[fitted]))


def improved(jacobian: Array, old: Evaluation, new: Evaluation) -> Array:
    """Return the derivatives changed by rank one so that they reproduce the last step (Broyden's formula).

    Lengths of steps are measured in standard deviations of the parameters. What does not depend on the calibration of
    ACT goes on not to.
    """
    step = new.theta - old.theta
    missed = new.residuals - old.residuals - jacobian @ step
    metric = jacobian.T @ jacobian
    others = np.array([name not in ACT_PARAMETERS for name in PARAMETERS])
    with_act = PARTS["ACT DR6"].start
    result = jacobian.copy()
    for part, moved in ((slice(0, with_act), others), (slice(with_act, ROWS), np.ones_like(others))):
        weighted = moved * (metric @ (moved * step))
        result[part] += np.outer(missed[part], weighted) / (step @ weighted)
    return result


def minimise(evaluate: Evaluate, start: Evaluation, jacobian: Array, data: str = "planck2018") -> Minimum:
    """Go down from an evaluation until the next step promises less than `GAIN`.

    Raises
    ------
    ParameterError
        CLASS fails, or `MOST_CALLS` runs were not enough.
    """
    chosen, best, calls = rows(data), start, 0
    step, gain = predicted(best, jacobian, data)
    while gain > GAIN and calls < MOST_CALLS:
        new = evaluate(best.theta + step)
        calls += 1
        jacobian = improved(jacobian, best, new)
        better = np.sum(new.residuals[chosen] ** 2) < np.sum(best.residuals[chosen] ** 2)
        best = new if better else best
        step, gain = predicted(best, jacobian, data)
        step = step if better else 0.5 * step
    if gain > GAIN:
        raise ParameterError(
            f"the minimum of chi^2 was not found in {MOST_CALLS} CLASS runs (a further {gain:.2g} is promised); "
            "start nearer"
        )
    chi2 = float(np.sum(best.residuals[chosen] ** 2)) - gain
    return Minimum(chi2, gain, step, best, jacobian, calls)
