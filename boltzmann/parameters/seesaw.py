"""Seesaw: mass matrices in, masses and mixing of light neutrinos out.

The neutral masses are L = -(1/2) (nu_L^c, N)^T M (nu_L^c, N) + h.c. with a symmetric complex M. `takagi` gives M = V
m V^T, V unitary and m >= 0: the mass states, and U = V^* in the flavour basis (only |U|^2 matters below).

An eV seesaw predicts its mixing (derived, one pair): m_3 m_4 = m_D^2, m_4 - m_3 = M and |U_a4|^2 = m_3/(m_3 + m_4),
summed over flavours: about 0.04 for 1.1 eV, which is where the anomalies are, and thermal in the early Universe.

Masses in eV. A mass matrix with entries of 1e9 eV and eV side by side has no eV eigenvalues in double precision; then
use `minimal_extended`, which has removed the heavy states by hand.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import sqrtm

from boltzmann.errors import ParameterError

__all__ = ["Light", "minimal_extended", "slide", "takagi", "three_by_n"]

_ZERO = 1e-13  # singular values below this share of the largest one are no masses
_EQUAL = 1e-9  # relative difference of masses that are equal
_ACTIVE = 3


class Light(NamedTuple):
    """Masses (n,) [eV], rising, and the unitary V (n, n): flavour a = SUM_k V[a, k] state k (up to conjugation)."""

    masses: NDArray[np.float64]
    V: NDArray[np.complex128]

    def element_sq(self, flavour: int, state: int) -> float:
        """Return |U_ak|^2."""
        return float(np.abs(self.V[flavour, state]) ** 2)


def takagi(matrix: ArrayLike) -> Light:
    """Return the Takagi factorisation V m V^T of a complex symmetric matrix, masses rising.

    From the singular value decomposition A = W m X^+: Z = W^+ X^* commutes with m and is symmetric among equal masses,
    and V = W Z^(1/2), block by block of equal masses (among others Z is rounding, which a root near -1 would blow up).
    Where m = 0 the phases are free and left at 0.

    Raises
    ------
    ParameterError
        The matrix is not square, symmetric and finite.
    """
    A = np.asarray(matrix, dtype=np.complex128)
    if A.ndim != 2 or A.shape[0] != A.shape[1] or not np.all(np.isfinite(A)):
        raise ParameterError(f"a mass matrix of shape {A.shape} is not allowed; give a finite square one")
    if np.abs(A - A.T).max() > 1e-12 * max(np.abs(A).max(), 1e-300):
        raise ParameterError(
            "the mass matrix is not symmetric; Majorana masses are, give a matrix equal to its transpose"
        )
    W, masses, Xh = np.linalg.svd(A)
    Z, root = W.conj().T @ Xh.T, np.eye(len(A), dtype=np.complex128)
    massless = masses <= _ZERO * max(masses[0], 1e-300)
    places = np.flatnonzero(~massless)
    for block in np.split(places, np.flatnonzero(np.diff(masses[places]) < -_EQUAL * masses[places][:-1]) + 1):
        own = np.ix_(block, block)
        root[own] = sqrtm(0.5 * (Z[own] + Z[own].T)) if block.size else root[own]
    V = W @ root
    order = np.argsort(masses)
    return Light(np.where(massless, 0.0, masses)[order], V[:, order])


def three_by_n(m_D: ArrayLike, M: ArrayLike) -> Light:
    """Return all 3 + n states of [[0, m_D], [m_D^T, M]].

    Parameters
    ----------
    m_D : array (3, n) [eV]
    M : array (n, n) or (n,) [eV]
        Symmetric, or its diagonal.

    Raises
    ------
    ParameterError
        The shapes do not fit.
    """
    dirac, heavy = np.asarray(m_D, dtype=np.complex128), np.asarray(M, dtype=np.complex128)
    heavy = np.diag(heavy) if heavy.ndim == 1 else heavy
    if dirac.ndim != 2 or dirac.shape[0] != _ACTIVE or heavy.shape != (dirac.shape[1],) * 2:
        raise ParameterError(
            f"m_D and M have the shapes {dirac.shape} and {heavy.shape}; give (3, n) and (n, n), or "
            "(n,) for a diagonal M"
        )
    return takagi(np.block([[np.zeros((_ACTIVE, _ACTIVE)), dirac], [dirac.T, heavy]]))


def minimal_extended(m_D: ArrayLike, m_R: ArrayLike, m_S: ArrayLike) -> Light:
    """Return the four light states of three heavy N and one singlet S: -[[D, K], [K^T, S]] with D = m_D M_R^-1 m_D^T
    and so on.

    K = m_D M_R^-1 m_S^T, S = m_S M_R^-1 m_S^T (arXiv:1106.1402 has this texture; the formula is the seesaw for the 4
    x 3 coupling to N, derived). One active state is massless, as the matrix has rank three.

    Parameters
    ----------
    m_D, m_R : arrays (3, 3) [eV]
    m_S : array (3,) [eV]
        Coupling of S to the three N.
    """
    active, heavy, singlet = (np.asarray(matrix, dtype=np.complex128) for matrix in (m_D, m_R, m_S))
    if active.shape != (_ACTIVE, _ACTIVE) or heavy.shape != (_ACTIVE, _ACTIVE) or singlet.shape != (_ACTIVE,):
        raise ParameterError("m_D, m_R and m_S do not fit; give arrays of the shapes (3, 3), (3, 3) and (3,)")
    dirac = np.vstack([active, singlet])
    light = -dirac @ np.linalg.solve(heavy, dirac.T)
    return takagi(0.5 * (light + light.T))


def slide(m_D: float, Lambda: float, M: float) -> tuple[float, float]:
    """Return m_s [eV] and the active part |U_a4|^2 of nu_4 for nu_a and S that share one heavy N.

    The light matrix is -(1/M) (m_D, Lambda)^T (m_D, Lambda), of rank one (derived): m_s = (m_D^2 + Lambda^2)/M,
    |U_a4|^2 = m_D^2/(m_D^2 + Lambda^2), and the active state has no mass.

    Raises
    ------
    ParameterError
        M is not large against the others: there is no seesaw.
    """
    if not M > 10.0 * max(abs(m_D), abs(Lambda)) > 0.0:
        raise ParameterError(
            f"M = {M} eV is not allowed with m_D = {m_D}, Lambda = {Lambda} eV; give ten times more, a seesaw"
        )
    total = m_D**2 + Lambda**2
    return total / M, m_D**2 / total


def inputs_of(light: Light, state: int = 3) -> dict[str, Any]:
    """Return the fields of `Mixing` of a state as nu_4, with the splittings of the three lightest of the others.

    The angles among active states stay those of NuFIT: the |U_a4|^2 and masses are what the seesaw predicts for nu_4.

    Parameters
    ----------
    light : Light
        Of `three_by_n` or `minimal_extended`.
    state : int
        Which state, counted from the lightest one.

    Raises
    ------
    ParameterError
        There is no such state.
    """
    if not _ACTIVE <= state < len(light.masses):
        raise ParameterError(
            f"state = {state} is not allowed; give 3 to {len(light.masses) - 1}, above three light ones"
        )
    m1, m2, m3, m4 = (float(light.masses[k]) for k in (0, 1, 2, state))
    squared = {"dm2_21": m2**2 - m1**2, "dm2_31": m3**2 - m1**2, "dm2_41": m4**2 - m1**2}
    return {
        **{name: f"{value!r} eV2" for name, value in squared.items()},
        "lightest_mass": f"{m1!r} eV",
        **{name: light.element_sq(a, state) for a, name in enumerate(("Ue4_sq", "Umu4_sq", "Utau4_sq"))},
    }
