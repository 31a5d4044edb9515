"""The minimum of chi^2 near a CLASS run, from the derivatives of the residuals.

A run gives the residuals of all data, and h, sigma8, Omega_m with them. Their derivatives J are those of LCDM from 13
runs (`stencil`). The calibrations of Planck and ACT need none: a spectrum is divided by them (`recalibrated`).

What a run predicts for the minimum misses it by the noise of CLASS, 0.1 in chi^2, and by a part of the predicted fall
of chi^2. Derivatives of LCDM alone miss several per cent of it, and more where both are large. With second derivatives
and those of other nodes (`second_order`), chi^2 of a run is predicted from another one of the same node within 0.2
(root mean square) if it differs by less than 20 between them, and within 2% beyond, where neither run was fitted. A
second run of a node corrects its derivatives further, by Broyden's formula. Several runs are averaged with these errors
(`estimate`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from boltzmann.cmb import act, gauss_newton
from boltzmann.cmb.class_bridge import PLANCK_2018
from boltzmann.cmb.gauss_newton import COSMOLOGY, PARTS, ROWS, Measurements
from boltzmann.cmb.gaussian import Gaussian
from boltzmann.cmb.planck import CALIBRATION
from boltzmann.cmb.profile_table import DERIVED, PARAMETERS
from boltzmann.cmb.second_order import Expansion
from boltzmann.numerics.arrays import Array

START = np.array([*(float(PLANCK_2018[name]) for name in PARAMETERS[:COSMOLOGY]), 1.0, 1.0, 1.0])
STEPS = np.array([1e-4, 8e-4, 2e-4, 0.01, 0.003, 0.005, 0.002, 0.002, 0.002])  # below one standard deviation
VALUES = ROWS + len(DERIVED)  # numbers of one run
MOST_STEPS, CONVERGED = 10, 1e-3  # of a minimum, and the fall of chi^2 that ends the steps
FAR = 10.0  # squared distance of two runs in their residuals
NOISE, SHARE = 0.1, 0.02  # errors of a predicted minimum, in chi^2 and relative to its distance in chi^2


class Point(NamedTuple):
    """Parameters (9,) and what a run gives there (VALUES,)."""

    theta: Array
    values: Array


class Estimate(NamedTuple):
    """The minimum of chi^2 of one combination of data beside one neutrino sector.

    Attributes
    ----------
    chi2 : float
        At the minimum.
    gain : float
        Predicted fall of chi^2 from the nearest CLASS run to it.
    theta : (9,) array
        Parameters there.
    values : (VALUES,) array
        Residuals and `DERIVED` there.
    """

    chi2: float
    gain: float
    theta: Array
    values: Array


def stencil() -> list[Array]:
    """Return the parameters of the runs from which the derivatives are made: the centre and 12 steps."""
    return [START, *(START + sign * STEPS * (np.arange(9) == k) for k in range(COSMOLOGY) for sign in (1, -1))]


def slopes(values: list[Array], measured: Measurements) -> Array:
    """Return the derivatives (VALUES, 9) from runs at the points of `stencil`, by central differences."""
    centre = Point(START, values[0])
    columns = [(up - down) / (2.0 * step) for up, down, step in zip(values[1::2], values[2::2], STEPS, strict=False)]
    for k in range(COSMOLOGY, START.size):
        step = STEPS * (np.arange(START.size) == k)
        up, down = (recalibrated(measured, centre, START + sign * step) for sign in (1, -1))
        columns.append((up - down) / (2.0 * STEPS[k]))
    return np.column_stack(columns)


def recalibrated(measured: Measurements, run: Point, theta: Array) -> Array:
    """Return the values (VALUES,) of a run with the calibrations of other parameters; the cosmology is that of the run.

    Exact: bandpowers are proportional to 1/A_planck^2, and 1/(A_act^2 P_act^k) with k = 0, 1, 2 for TT, TE, EE.
    """
    result = run.values.copy()
    old, new = (dict(zip(PARAMETERS[COSMOLOGY:], at[COSMOLOGY:], strict=True)) for at in (run.theta, theta))
    factor = (old["A_planck"] / new["A_planck"]) ** 2
    high, low, cut = (PARTS[name] for name in ("high-l TT,TE,EE", "low-l TT", "high-l TT,TE,EE beside ACT"))
    for part, data in ((slice(high.start, low.stop), measured.planck.spectra), (cut, measured.planck.cut)):
        result[part] = _scaled(data, result[part], factor)
    if measured.act is not None:
        power = np.repeat([0, 1, 2], act.FITTED_BANDS)
        factors = (old["A_act"] / new["A_act"]) ** 2 * (old["P_act"] / new["P_act"]) ** power
        result[PARTS["ACT DR6"]] = _scaled(measured.act.spectra, result[PARTS["ACT DR6"]], factors)
    priors = PARTS["priors on tau and A_planck"].stop - 1, PARTS["prior on A_act"].start
    for row, name, (mean, sigma) in zip(priors, ("A_planck", "A_act"), (CALIBRATION, act.CALIBRATION), strict=True):
        result[row] = (new[name] - mean) / sigma
    return result


def _scaled(data: Gaussian, whitened: Array, factor: Array | float) -> Array:
    """Return whitened residuals of a theory times a factor."""
    return data.whitened(factor * (data.coloured(whitened) + data.data))


def estimate(runs: list[Point], expansion: Expansion, data: str) -> Estimate:
    """Return the minimum that some runs of one sector predict for a combination of data, averaged."""
    corrected = _corrected(expansion, runs)
    minima = [_minimum(run, corrected, data) for run in runs]
    weights = np.array([1.0 / (NOISE**2 + (SHARE * minimum.gain) ** 2) for minimum in minima])
    weights /= weights.sum()
    chi2 = float(weights @ [minimum.chi2 for minimum in minima])
    theta, values = (weights @ np.array(column) for column in ([m.theta for m in minima], [m.values for m in minima]))
    return Estimate(chi2, min(minimum.gain for minimum in minima), theta, values)


def _corrected(expansion: Expansion, runs: list[Point]) -> Expansion:
    """Return the derivatives changed so that they lead from the first run to distant ones (Broyden's formula)."""
    first, metric = runs[0], expansion.slopes[:ROWS].T @ expansion.slopes[:ROWS]
    for other in runs[1:]:
        step = other.theta - first.theta
        weighted = metric @ step
        if step @ weighted > FAR:  # else the correction would be noise
            missed = other.values - first.values - expansion.change(first.theta - START, other.theta - START)
            slopes = expansion.slopes + np.outer(missed, weighted) / (step @ weighted)
            expansion = expansion._replace(slopes=slopes)
    return expansion


def _minimum(run: Point, expansion: Expansion, data: str) -> Estimate:
    """Return what one run predicts, by Gauss-Newton on the expanded residuals."""
    chosen, free = gauss_newton.rows(data), gauss_newton.free(data)
    start = run.theta - START
    at, values = start, run.values
    for _ in range(MOST_STEPS):
        r, J = values[chosen], expansion.derivatives(at)[np.ix_(chosen, free)]
        step = np.zeros(free.size)
        step[free] = -np.linalg.solve(J.T @ J, J.T @ r)
        at = at + step
        values = run.values + expansion.change(start, at)
        if -r @ (J @ step[free]) < CONVERGED:
            break
    chi2 = float(np.sum(values[chosen] ** 2))
    return Estimate(chi2, float(np.sum(run.values[chosen] ** 2)) - chi2, START + at, values)
