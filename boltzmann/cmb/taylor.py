"""The minimum of chi^2 near a CLASS run from a second-order expansion of the residuals about LCDM.

A run gives residuals r(theta) of all data, and h, sigma8, Omega_m with them. Beside another run, its neighbourhood is

    r(theta + x) = r(theta) + [J + H (theta - START)] x + x H x/2,

with J and H of LCDM from 28 runs (`stencil`). The calibrations of Planck and ACT need none: a spectrum is divided by
them (`recalibrated`). Further runs of the same sector correct J by Broyden's formula.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from boltzmann.cmb import act, gauss_newton
from boltzmann.cmb.class_bridge import PLANCK_2018
from boltzmann.cmb.gauss_newton import COSMOLOGY, PARTS, ROWS, Measurements
from boltzmann.cmb.gaussian import Gaussian
from boltzmann.cmb.planck import CALIBRATION
from boltzmann.cmb.profile_table import DERIVED, PARAMETERS
from boltzmann.numerics.arrays import Array, Index, Mask

START = np.array([*(float(PLANCK_2018[name]) for name in PARAMETERS[:COSMOLOGY]), 1.0, 1.0, 1.0])
STEPS = np.array([1e-4, 8e-4, 2e-4, 0.01, 0.003, 0.005, 0.002, 0.002, 0.002])  # below one standard deviation
VALUES = ROWS + len(DERIVED)  # numbers of one run
_ITERATIONS = 8
_UNIT = np.diag(STEPS)


class Expansion(NamedTuple):
    """Derivatives of the values of a run at `START` for LCDM.

    Attributes
    ----------
    first : (VALUES, 9) array
        J.
    second : (VALUES, 9, 9) array
        H, symmetric.
    """

    first: Array
    second: Array


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
        By how much that is below the best CLASS run.
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
    """Return the parameters of the runs from which the expansion is made: the centre, 12 steps, 15 pairs of steps."""
    single = [START + sign * _UNIT[k] for k in range(COSMOLOGY) for sign in (1, -1)]
    return [START, *single, *(START + _UNIT[i] + _UNIT[k] for i, k in combinations(range(COSMOLOGY), 2))]


def expansion(values: list[Array], measured: Measurements) -> Expansion:
    """Return the derivatives from the values (VALUES,) of runs at the points of `stencil`, by central differences."""
    known = {_key(theta): Point(theta, value) for theta, value in zip(stencil(), values, strict=True)}

    def at(*steps: Array) -> Array:
        theta = START + sum(steps)
        cosmology = np.concatenate([theta[:COSMOLOGY], START[COSMOLOGY:]])
        return recalibrated(measured, known[_key(cosmology)], theta)

    centre, n = at(np.zeros(START.size)), START.size
    up, down = [at(_UNIT[k]) for k in range(n)], [at(-_UNIT[k]) for k in range(n)]
    second = np.empty((VALUES, n, n))
    for k in range(n):
        second[:, k, k] = (up[k] - 2.0 * centre + down[k]) / STEPS[k] ** 2
    for i, k in combinations(range(n), 2):
        mixed = (at(_UNIT[i], _UNIT[k]) - up[i] - up[k] + centre) / (STEPS[i] * STEPS[k])
        second[:, i, k] = second[:, k, i] = mixed
    first = np.column_stack([(up[k] - down[k]) / (2.0 * STEPS[k]) for k in range(n)])
    return Expansion(first, second)


def _key(theta: Array) -> tuple[int, ...]:
    """Name a point of the stencil by its steps."""
    return tuple(int(step) for step in np.rint((theta - START) / STEPS))


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


def estimate(runs: list[Point], about: Expansion, data: str) -> Estimate:
    """Return the minimum that the best of some runs of one sector predicts for a combination of data."""
    chosen = gauss_newton.rows(data)
    chi2 = [float(np.sum(run.values[chosen] ** 2)) for run in runs]
    best = runs[int(np.argmin(chi2))]
    J = _corrected(about.first + about.second @ (best.theta - START), about, best, runs)
    step = _descent(best.values, J, about, chosen, gauss_newton.free(data))
    values = _model(best.values, J, about, step)
    found = float(np.sum(values[chosen] ** 2))
    return Estimate(found, min(chi2) - found, best.theta + step, values)


def _model(values: Array, J: Array, about: Expansion, step: Array) -> Array:
    return np.asarray(values + J @ step + 0.5 * (about.second @ step) @ step)


def _corrected(J: Array, about: Expansion, best: Point, runs: list[Point]) -> Array:
    """Return J changed so that the other runs of the sector are reproduced, the nearest one last."""
    metric = about.first.T @ about.first
    others = [run for run in runs if np.any(run.theta != best.theta)]
    for run in sorted(others, key=lambda r: -float((r.theta - best.theta) @ metric @ (r.theta - best.theta))):
        step = run.theta - best.theta
        J = gauss_newton.broyden(J, step, run.values - _model(best.values, J, about, step))
    return J


def _descent(values: Array, J: Array, about: Expansion, chosen: Index, free: Mask) -> Array:
    """Return the step (9,) to the minimum of the expansion: Gauss-Newton steps, halved while they do not go down."""
    step, here = np.zeros(free.size), np.inf
    trial = step
    for _ in range(_ITERATIONS):
        r = _model(values, J, about, trial)[chosen]
        if r @ r >= here:
            trial = 0.5 * (trial + step)
            continue
        step, here = trial, float(r @ r)
        slope = (J + about.second @ step)[np.ix_(chosen, free)]
        trial = step.copy()
        trial[free] -= np.linalg.lstsq(slope, r, rcond=None)[0]
    return step
