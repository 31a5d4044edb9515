"""Errors of a measured temperature spectrum, for figures: an experiment like Planck at 143 GHz."""

from __future__ import annotations

import math

import numpy as np

from boltzmann.numerics.arrays import Array, Index

# arXiv:1807.06205 table 4 (beam, noise), arXiv:1907.12875 (sky)
PLANCK_BEAM = 7.3  # full width at half maximum [arcmin]
PLANCK_NOISE = 33.0  # white noise in temperature [micro-K arcmin]
PLANCK_SKY = 0.57  # fraction of the sky


def planck_like_error(ell: Index, TT: Array, width: int = 30) -> tuple[Array, Array]:
    """Relative error of a temperature spectrum measured in bins, for an experiment like Planck at 143 GHz.

    Parameters
    ----------
    ell : array
        Consecutive multipoles.
    TT : array
        C_l^TT [micro-K^2].
    width : int
        Multipoles per bin; an incomplete last bin is left out.

    Returns
    -------
    centre, error : arrays
        Mean multipole of each bin, and sigma(C_b)/C_b from cosmic variance and white noise behind a Gaussian beam
        (Knox, astro-ph/9504054): 1/sigma_b^2 = sum over the bin of f_sky (2l+1)/2 [C_l/(C_l + N_l)]^2.
    """
    arcmin = math.pi / 180.0 / 60.0
    beam = (PLANCK_BEAM * arcmin) ** 2 / (8.0 * math.log(2.0))  # squared standard deviation
    noise = (PLANCK_NOISE * arcmin) ** 2 * np.exp(ell * (ell + 1.0) * beam)
    information = PLANCK_SKY * (2.0 * ell + 1.0) / 2.0 * (TT / (TT + noise)) ** 2
    bins = len(ell) // width
    centre = ell[: bins * width].reshape(bins, width).mean(axis=1)
    return centre, 1.0 / np.sqrt(information[: bins * width].reshape(bins, width).sum(axis=1))
