"""The couplings of neutrinos to electrons, 3 x 3 Hermitian matrices of flavour.

L = -2 sqrt2 G_F (G_P)_ab (nubar_a gamma^mu P_L nu_b)(ebar gamma_mu P e), P = L, R; in the Standard Model G_L is
diag(s2 + 1/2, s2 - 1/2, s2 - 1/2) and G_R = s2 with s2 = sin^2 theta_W.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.constants import G_L_E, G_L_X, G_R
from boltzmann.numerics.arrays import Array, Complex


class Couplings(NamedTuple):
    """G_L and G_R, (3, 3)."""

    left: Complex
    right: Complex

    @property
    def is_diagonal(self) -> bool:
        """Whether electrons do not change flavours."""
        return all(np.array_equal(matrix, np.diag(np.diagonal(matrix))) for matrix in self)

    @property
    def strength(self) -> Array:
        """(G_L^2 + G_R^2)_aa, (3,): rates of massless e+- go with it."""
        return np.asarray(np.diagonal(self.left @ self.left + self.right @ self.right).real)

    @property
    def single(self) -> tuple[Array, Array]:
        """g_L and g_R (3,) of each flavour alone: the diagonal, enlarged by what leads to other flavours."""
        left, right = (np.sqrt(np.diagonal(m @ m).real) * np.sign(np.diagonal(m).real) for m in self)
        return left, right


def standard() -> Couplings:
    """Return the couplings of the Standard Model at tree level."""
    return Couplings(np.diag([G_L_E, G_L_X, G_L_X]).astype(complex), np.diag([G_R, G_R, G_R]).astype(complex))
