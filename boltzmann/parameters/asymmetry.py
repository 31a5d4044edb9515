"""Asymmetries between neutrinos and antineutrinos at the start of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from boltzmann.constants import ZETA_3
from boltzmann.errors import ParameterError
from boltzmann.parameters.inputs import Input, described, parameter

LARGEST = 1.5  # of |xi|; what was tested at less is said by `Solution.validity`
PHOTONS = 2.0 * ZETA_3 / np.pi**2  # n_gamma/T^3
BARYONS = 6.12e-10  # eta, arXiv:1807.06209
_FLAVOURS = ("e", "mu", "tau")


def asymmetry_of(xi: float) -> float:
    """Return L = (n - nbar)/n_gamma of a thermal flavour at T_nu = T_gamma, (pi^2 xi + xi^3)/(12 zeta(3)); exact."""
    return (np.pi**2 * xi + xi**3) / (12.0 * ZETA_3)


def xi_of(L: float) -> float:
    """Return the xi that `asymmetry_of` turns into ``L``, the only real root of a cubic (del Ferro, by sinh)."""
    scale = 2.0 * np.pi / np.sqrt(3.0)
    return float(scale * np.sinh(np.arcsinh(3.0 * np.sqrt(3.0) * 12.0 * ZETA_3 * L / (2.0 * np.pi**3)) / 3.0))


@dataclass(frozen=True, repr=False)
class _Words(Input):
    """Other words for asymmetries."""

    xi: float | None = parameter(None, "mu/T of all three flavours", bounds=(-LARGEST, LARGEST))
    L: Any = parameter(
        None,
        'L = (n - nbar)/n_gamma: one number for all flavours, or a mapping such as {"mu": 1e-5}',
        only_in_code=True,
    )


@described
@dataclass(frozen=True, repr=False)
class Asymmetry(Input):
    """Asymmetries of neutrinos at the start of a run; ``Asymmetry()`` is that of baryons alone.

    xi_a = mu_a/T stands for L_a = (n_a - nbar_a)/n_gamma between the annihilation of muons and that of e+-, and for the
    same number of neutrinos earlier: muons make xi fall by a quarter, not the number.

    Raises ParameterError when a value is outside its range.
    """

    xi_e: float = parameter(0.0, "mu/T of nu_e, that of antineutrinos is -xi", bounds=(-LARGEST, LARGEST))
    xi_mu: float = parameter(0.0, "mu/T of nu_mu", bounds=(-LARGEST, LARGEST))
    xi_tau: float = parameter(0.0, "mu/T of nu_tau", bounds=(-LARGEST, LARGEST))
    eta: float = parameter(BARYONS, "baryons per photon today, n_B/n_gamma", bounds=(-1e-7, 1e-7))

    ALTERNATIVES: ClassVar[type[Input] | None] = _Words
    KEYWORDS_ONLY: ClassVar[bool] = True

    @classmethod
    def _translated(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return fields for ``xi`` or ``L``."""
        words = [name for name in ("xi", "L") if given.get(name) is not None]
        single = [name for name in given if name.startswith("xi_")]
        if len(words) + bool(single) > 1:
            raise ParameterError(
                f"Asymmetry got {', '.join((*words, *single))}, which say the same; give xi, L, or xi_e, xi_mu, xi_tau"
            )
        rest = {name: value for name, value in given.items() if name not in ("xi", "L")}
        if "xi" in words:
            return {**rest, **{f"xi_{flavour}": given["xi"] for flavour in _FLAVOURS}}
        return {**rest, **_from_L(given["L"])} if words else rest

    def __post_init__(self) -> None:
        self._convert()

    @property
    def xi(self) -> tuple[float, float, float]:
        """mu/T of nu_e, nu_mu, nu_tau."""
        return self.xi_e, self.xi_mu, self.xi_tau

    @property
    def L(self) -> tuple[float, float, float]:
        """L_a = (n_a - nbar_a)/n_gamma of nu_e, nu_mu, nu_tau before e+- annihilation."""
        e, mu, tau = (asymmetry_of(xi) for xi in self.xi)
        return e, mu, tau


def _from_L(L: Any) -> dict[str, float]:
    """Return the fields that mean ``L``, a number or a mapping by flavour."""
    asymmetries = L if isinstance(L, Mapping) else dict.fromkeys(_FLAVOURS, L)
    for flavour, value in asymmetries.items():
        if flavour not in _FLAVOURS:
            raise ParameterError(
                f"L has a value for {flavour!r}, which is no active flavour; give some of {', '.join(_FLAVOURS)}"
            )
        if not isinstance(value, (int, float)) or not abs(value) <= asymmetry_of(LARGEST):
            raise ParameterError(
                f"L of {flavour} = {value!r} is not allowed; give a number of at most {asymmetry_of(LARGEST):.3f} "
                f"in modulus (|xi| <= {LARGEST:g})"
            )
    return {f"xi_{flavour}": xi_of(float(value)) for flavour, value in asymmetries.items()}
