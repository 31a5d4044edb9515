"""What a potential returns, and the check that it is that: the one place where a user's code meets the solver."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, Self

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array, Complex

FLAVOURS = ("e", "mu", "tau", "s")


class Terms(NamedTuple):
    """What a potential adds to the Hamiltonian; flavour order (e, mu, tau, s), same for nu and nubar.

    Attributes
    ----------
    fixed : array
        Plasma alone [MeV]; last axes (4,) for a diagonal or (4, 4) for a full flavour matrix.
    per_energy : array
        Multiplies, element by element, the evolving energy-density matrix of nu + nubar [MeV / MeV^4]; same axes.
    """

    fixed: Array | float = 0.0
    per_energy: Array | float = 0.0

    @classmethod
    def diagonal(cls, **levels: Array | float) -> Self:
        """Return the terms that shift flavours, for example ``Terms.diagonal(s=V)``.

        Parameters
        ----------
        **levels : array or float
            Flavour "e", "mu", "tau" or "s" -> its potential [MeV]; they broadcast.

        Raises
        ------
        ParameterError
            There is no such flavour.
        """
        unknown = [name for name in levels if name not in FLAVOURS]
        if unknown:
            raise ParameterError(f"flavour {unknown[0]!r} does not exist; give potentials of {', '.join(FLAVOURS)}")
        columns = [_plain(f"the potential of {name}", levels.get(name, 0.0)) for name in FLAVOURS]
        return cls(fixed=np.stack(np.broadcast_arrays(*columns), axis=-1))


def _plain(name: str, values: Any) -> Array:
    """Return real numbers without unit as an array; their unit is MeV, and another one would be lost."""
    array = np.asarray(values)
    if hasattr(values, "unit") or array.dtype.kind not in "fiu":
        raise ParameterError(f"{name} is {values!r}; give real numbers in MeV, without unit")
    return array.astype(float)


class Potential(Protocol):
    """Anything with ``terms(T, p)``; ``T`` and ``p`` are floats or arrays [MeV] that broadcast together."""

    def terms(self, T: Array, p: Array) -> Terms:
        """Return the terms at photon temperature ``T`` and physical momentum ``p``."""
        ...


def evaluated(potential: Potential, T: Array, p: Array) -> Terms:
    """Return ``potential.terms(T, p)`` on the lattice of a run, checked.

    Parameters
    ----------
    T, p : (n_x, n_z, 1) and (n_x, 1, N) arrays
        Photon temperature and momentum [MeV].

    Raises
    ------
    ParameterError
        What came is no `Terms`, has other axes, or is not finite everywhere.
    """
    terms = potential.terms(T, p)
    name = type(potential).__name__
    if not isinstance(terms, Terms):
        raise ParameterError(
            f"{name}.terms returned {type(terms).__name__}, but a Terms is needed; return for example "
            "Terms.diagonal(s=V), from boltzmann.potentials"
        )
    for part, values in terms._asdict().items():
        _check(f"{name}.terms(T, p).{part}", values, T, p)
    return terms


def _check(name: str, values: Any, T: Array, p: Array) -> None:
    """Refuse a part of `Terms` that is not an array of levels or matrices of finite numbers over T and p."""
    shape = np.broadcast_shapes(T.shape, p.shape)
    if hasattr(values, "unit"):
        raise ParameterError(f"{name} has the unit {values.unit}; return numbers in MeV, without unit")
    try:
        matrices = full(values, shape)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"{name} has the shape {np.shape(values)}, but for T of shape {T.shape} and p of shape {p.shape} (axes: "
            f"ln x, T_gamma a, momentum) it needs {(*shape, 4)}, the levels of {', '.join(FLAVOURS)}, or "
            f"{(*shape, 4, 4)}, a flavour matrix; for one level V(T, p) return Terms.diagonal(s=V)"
        ) from error
    bad = np.argwhere(~np.isfinite(matrices))
    if bad.size:
        where = tuple(int(k) for k in bad[0, : len(shape)])
        T_bad, p_bad = (float(np.broadcast_to(axis, shape)[where]) for axis in (T, p))
        raise ParameterError(
            f"{name} is not finite at T = {T_bad:.4g} MeV, p = {p_bad:.4g} MeV; return finite numbers [MeV] for T from "
            f"{T.min():.3g} to {T.max():.3g} MeV"
        )
    if not np.allclose(matrices, np.conj(np.swapaxes(matrices, -1, -2)), rtol=1e-10, atol=0.0):
        raise ParameterError(
            f"{name} is not Hermitian, so that probability is lost; return matrices with V_ab = V_ba^*"
        )


def full(values: Array | Complex | float, shape: tuple[int, ...]) -> Complex:
    """Return ``values`` with last axes (4,) or (4, 4) as flavour matrices on the lattice ``shape``."""
    values = np.asarray(values, complex)
    if values.ndim == len(shape) + 1:
        values = values[..., None] * np.eye(4)
    return np.broadcast_to(values, (*shape, 4, 4))
