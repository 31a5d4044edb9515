"""A Gaussian likelihood: numbers, their covariance, and the whitened difference from a theory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array


@dataclass(frozen=True)
class Gaussian:
    """Measured numbers with a covariance.

    Parameters
    ----------
    name : str
        For messages.
    data : (n,) array
        Measured numbers.
    covariance : (n, n) array
        Symmetric, positive definite.

    Raises
    ------
    ParameterError
        The covariance is not positive definite, or sizes differ.
    """

    name: str
    data: Array
    covariance: Array

    def __post_init__(self) -> None:
        n = self.data.size
        if self.covariance.shape != (n, n):
            raise ParameterError(
                f"{self.name}: the covariance has shape {self.covariance.shape}, but there are {n} numbers; "
                "use data and covariance of one release"
            )
        try:
            factor = cholesky(self.covariance, lower=True)
        except (np.linalg.LinAlgError, ValueError) as error:
            raise ParameterError(
                f"{self.name}: the covariance is no positive definite matrix ({error}); the file is damaged"
            ) from error
        object.__setattr__(self, "_factor", factor)

    def whitened(self, theory: Array) -> Array:
        """Return w with w.w = chi^2, for a theory of shape (n,) or derivatives of shape (n, k) without the data."""
        difference = theory - self.data if theory.ndim == 1 else theory
        return np.asarray(solve_triangular(self.__dict__["_factor"], difference, lower=True))

    def coloured(self, whitened: Array) -> Array:
        """Return the difference from the data that belongs to a whitened one, (n,)."""
        return np.asarray(self.__dict__["_factor"] @ whitened)
