"""Baryon acoustic oscillations of DESI DR2: 13 distances over the sound horizon (arXiv:2503.14738 table 4)."""

from __future__ import annotations

from functools import cache

import numpy as np

from boltzmann import ecsv
from boltzmann.cmb.gaussian import Gaussian
from boltzmann.cmb.observables import REDSHIFTS, CMBObservables
from boltzmann.numerics.arrays import Array

TABLE = "cmb/desi_dr2_bao.ecsv"


@cache
def desi_dr2() -> Gaussian:
    """Return the measurement: D_V/r_d at the lowest redshift, then D_M/r_d and D_H/r_d at each of the others."""
    rows = ecsv.rows(TABLE)
    data: list[float] = []
    covariance = np.zeros((2 * len(rows) - 1, 2 * len(rows) - 1))
    for row in rows:
        i = len(data)
        sigma = [float(row[key]) for key in ("sigma_V", "sigma_M", "sigma_H") if row[key] != "nan"]
        data += [float(row[key]) for key in ("D_V", "D_M", "D_H") if row[key] != "nan"]
        block = np.diag(np.square(sigma))
        if len(sigma) == 2:
            block[0, 1] = block[1, 0] = float(row["correlation"]) * sigma[0] * sigma[1]
        covariance[i : len(data), i : len(data)] = block
    return Gaussian("DESI DR2", np.array(data), covariance)


def distances(theory: CMBObservables) -> Array:
    """Return the theory in the order of `desi_dr2`, (13,); D_V = (z D_M^2 D_H)^(1/3)."""
    volume = (REDSHIFTS[0] * theory.D_M[0] ** 2 * theory.D_H[0]) ** (1.0 / 3.0)
    return np.concatenate([[volume], np.column_stack([theory.D_M[1:], theory.D_H[1:]]).ravel()])
