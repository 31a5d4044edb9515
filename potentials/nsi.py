"""Non-standard interactions of neutrinos with electrons.

L = -2 sqrt2 G_F eps^P_ab (nubar_a gamma^mu P_L nu_b)(ebar gamma_mu P e), P = L, R, beside the Standard Model. It has
two effects:

* collisions: G_L = diag(s2 + 1/2, s2 - 1/2, s2 - 1/2) + eps^L, G_R = s2 + eps^R (the rule of arXiv:2105.08168); rates
  and damping follow.
* a potential, which depends on what mediates: eps is the contact term only. A charged-like mediator (s or u channel) of
  mass M adds -(2 sqrt2 G_F eps_ab p/M^2)(rho + P)_e with eps = eps^L + eps^R, the published recipe for M = m_W; in a
  symmetric plasma a neutral one (t channel) adds nothing, as the Z does not (derived: its tadpole is odd, and its
  exchange needs a neutrino background).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, Literal

import numpy as np

from boltzmann.collisions.couplings import Couplings, standard
from boltzmann.constants import G_F, M_E, M_W
from boltzmann.errors import ParameterError
from boltzmann.kinetics.potential_terms import Terms
from boltzmann.numerics.arrays import Array
from boltzmann.parameters.inputs import Input, described, parameter
from boltzmann.potentials.thermal import enthalpy

PAIRS = {"ee": (0, 0), "mumu": (1, 1), "tautau": (2, 2), "emu": (0, 1), "etau": (0, 2), "mutau": (1, 2)}
LEAST = 0.01  # (G_L^2 + G_R^2)_aa of every flavour: less, and a flavour decouples before muons annihilate


def _eps(side: str, pair: str) -> Any:
    return parameter(0.0, f"eps^{side}_{pair}, real", bounds=(-10, 10))


@described
@dataclass(frozen=True, repr=False)
class NSI(Input):
    """Non-standard interactions with electrons, ``NSI(eps_L={"ee": 0.1, "etau": 0.05}, eps_R={"ee": -0.1})``.

    A mapping eps_L or eps_R stands for the fields of its pairs. Only real eps: phases of flavour-changing ones would
    violate CP. Flavour-changing eps need ``Options(coherence="matrix")``: damping would miss the coherences that they
    make.

    Raises
    ------
    ParameterError
        A value is outside its range or has the wrong unit, a pair does not exist, or a flavour is left without
        couplings; the message says which and what to do.
    """

    eps_L_ee: float = _eps("L", "ee")
    eps_L_mumu: float = _eps("L", "mumu")
    eps_L_tautau: float = _eps("L", "tautau")
    eps_L_emu: float = _eps("L", "emu")
    eps_L_etau: float = _eps("L", "etau")
    eps_L_mutau: float = _eps("L", "mutau")
    eps_R_ee: float = _eps("R", "ee")
    eps_R_mumu: float = _eps("R", "mumu")
    eps_R_tautau: float = _eps("R", "tautau")
    eps_R_emu: float = _eps("R", "emu")
    eps_R_etau: float = _eps("R", "etau")
    eps_R_mutau: float = _eps("R", "mutau")
    mediator_mass: Any = parameter(
        f"{M_W} MeV",
        "mass of what mediates, in the potential of a charged mediator",
        unit="MeV",
        bounds=(599.999, 1e12),
        why="lighter than 30 T at 20 MeV the contact form fails, in collisions too",
    )
    channel: Literal["charged", "neutral"] = parameter(
        "charged", "charged: potential as of a W; neutral: none in a symmetric plasma", choices=("charged", "neutral")
    )

    @classmethod
    def _translated(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return the fields that mappings eps_L and eps_R mean."""
        rest = {name: value for name, value in given.items() if name not in ("eps_L", "eps_R")}
        for name in ("eps_L", "eps_R"):
            for pair, value in _pairs(name, given.get(name, {})).items():
                if f"{name}_{pair}" in rest:
                    raise ParameterError(f"{name}_{pair} is given twice, in {name} too; give one")
                rest[f"{name}_{pair}"] = value
        return rest

    def __post_init__(self) -> None:
        for f in fields(self):
            value = vars(self)[f.name]
            if f.name.startswith("eps") and isinstance(value, complex):
                raise ParameterError(
                    f"{f.name} = {value} is not allowed; give a real number: diagonal eps are real, and phases of the "
                    "others, which violate CP, are not followed"
                )
        self._convert()
        weakest = float(self.couplings_to_electrons().strength.min())
        if weakest < LEAST:
            raise ParameterError(
                f"{self!r} leaves a flavour with g_L^2 + g_R^2 = {weakest:.3g} (Standard Model: 0.13 and 0.59); give "
                f"eps that leave at least {LEAST:g}: without collisions a flavour has no temperature to start from"
            )

    def _matrix(self, side: str) -> Array:
        """Return eps^P (3, 3)."""
        matrix = np.zeros((3, 3))
        for pair, (a, b) in PAIRS.items():
            matrix[a, b] = matrix[b, a] = getattr(self, f"eps_{side}_{pair}")
        return matrix

    def couplings_to_electrons(self) -> Couplings:
        """Return G_L and G_R, for collisions."""
        left, right = standard()
        return Couplings(left + self._matrix("L"), right + self._matrix("R"))

    def terms(self, T: Array, p: Array) -> Terms:
        """Return the potential; see the module's docstring."""
        eps = np.zeros((4, 4))
        if self.channel == "charged":
            eps[:3, :3] = self._matrix("L") + self._matrix("R")
        T, p = np.asarray(T, float), np.asarray(p, float)
        strength = -(2.0 * np.sqrt(2.0) * G_F / self.number("mediator_mass") ** 2) * p * enthalpy(M_E, T)
        return Terms(fixed=strength[..., None, None] * eps)

    @property
    def meaning(self) -> str:
        """What is changed, in words."""
        e, mu, tau = self.couplings_to_electrons().strength
        return f"(G_L^2 + G_R^2)_aa = {e:.4g}, {mu:.4g}, {tau:.4g} for e, mu, tau; {self.channel} mediator"


def _pairs(name: str, given: Any) -> Mapping[str, Any]:
    """Return a mapping of pairs of flavours to numbers, checked."""
    if not isinstance(given, Mapping):
        number = f"; write {name}_ee={given!r} if that is meant" if isinstance(given, Real) else ""
        raise ParameterError(f'{name} = {given!r} is no mapping; give for example {name}={{"ee": 0.1}}{number}')
    for pair in given:
        if pair not in PAIRS:
            raise ParameterError(f"{name} has the pair {pair!r}, which does not exist; valid are: {', '.join(PAIRS)}")
    return given
