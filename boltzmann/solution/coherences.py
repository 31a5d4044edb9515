"""Coherences that belong to the populations beside them, for what a run reports.

While a resonance narrower than the distance of two momenta crosses the grid, populations are those of bins and
coherences those of nodes (`boltzmann.kinetics.bins`), which together need be no density matrix.
"""

import numpy as np
from numpy.typing import NDArray

from boltzmann.kinetics.layout import N_ACTIVE
from boltzmann.numerics.arrays import Complex

TINY = 1e-200  # a population of nothing: no coherence is left beside it
SMALLEST = 1e-14  # eigenvalue of active states, over their populations, that is rounding


def _active(X: Complex) -> tuple[Complex, Complex]:
    """Return 1 + X (m, 3, 3) without negative eigenvalues, its diagonal 1, and the inverse.

    By the spectral decomposition of Rebonato & Jaeckel, J. Risk 2 (1999) 17; as it is if no eigenvalue is negative.
    """
    correlation = X + np.eye(X.shape[-1])
    energies, basis = np.linalg.eigh(correlation)
    kept = np.maximum(energies, SMALLEST)
    positive = np.einsum("mak,mk,mbk->mab", basis, kept, basis.conj())
    root = np.sqrt(np.diagonal(positive, axis1=-2, axis2=-1).real)
    negative = (energies[:, 0] < SMALLEST)[:, None, None]
    correlation = np.where(negative, positive / (root[:, :, None] * root[:, None, :]), correlation)
    inverse = np.einsum("mak,mk,mbk->mab", basis, 1.0 / kept, basis.conj())
    scaled = inverse * root[:, :, None] * root[:, None, :]
    return correlation, np.where(negative, scaled, inverse)


def _mended(rho: Complex) -> Complex:
    """Return what `bounded` returns for matrices (m, n, n)."""
    n = rho.shape[-1]
    root = np.sqrt(np.maximum(np.diagonal(rho, axis1=1, axis2=2).real, TINY))
    scale, k = root[:, :, None] * root[:, None, :], np.arange(n)
    X = rho / scale
    X[:, k, k] = 0.0
    own = X[:, :N_ACTIVE, :N_ACTIVE]
    active, inverse = _active(own / np.maximum(np.abs(own), 1.0))
    X[:, :N_ACTIVE, :N_ACTIVE] = active
    if n > N_ACTIVE:
        column = X[:, :N_ACTIVE, N_ACTIVE]
        column = column / np.maximum(np.abs(column).max(axis=1), 1.0)[:, None]  # no overflow beside nothing
        size = np.einsum("ma,mab,mb->m", column.conj(), inverse, column).real  # 1 + X is positive where this is below 1
        column = column / np.sqrt(np.maximum(size, 1.0))[:, None]
        X[:, :N_ACTIVE, N_ACTIVE], X[:, N_ACTIVE, :N_ACTIVE] = column, column.conj()
    X *= scale
    X[:, k, k] = rho[:, k, k]
    return np.asarray(X)


def _may_be_negative(rho: Complex) -> NDArray[np.bool_]:
    """Return which matrices (m, n, n) have a pivot that is negative, or nothing beside something: (m,)."""
    left, found = rho.copy(), np.zeros(len(rho), bool)
    for k in range(rho.shape[-1]):
        pivot, row = left[:, k, k].real, left[:, k, k + 1 :]
        found |= (pivot < 0.0) | ((pivot <= TINY) & (row != 0.0).any(axis=1))
        factor = row.conj() / np.where(pivot > TINY, pivot, 1.0)[:, None]
        left[:, k + 1 :, k + 1 :] -= factor[:, :, None] * row[:, None, :]
    return found


def bounded(rho: Complex) -> Complex:
    """Return density matrices of the same populations whose coherences are no larger than these allow.

    Coherences with the sterile state are scaled down by one factor to where the lowest eigenvalue is zero; active ones
    change only if no factor is enough.

    Parameters
    ----------
    rho : (..., n, n) array
        Hermitian matrices. Those without a negative eigenvalue are returned as they are.
    """
    n = rho.shape[-1]
    flat = rho.reshape(-1, n, n)
    doubtful = np.flatnonzero(_may_be_negative(flat))
    doubtful = doubtful[np.linalg.eigvalsh(flat[doubtful])[:, 0] < 0.0]
    if doubtful.size == 0:
        return rho
    result = flat.copy()
    result[doubtful] = _mended(flat[doubtful])
    return result.reshape(rho.shape)
