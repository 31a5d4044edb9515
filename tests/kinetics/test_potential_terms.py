"""What a potential of a user must return, and what a refusal says."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from boltzmann import Mixing, Options, ParameterError, solve
from boltzmann.kinetics.potential_terms import evaluated
from boltzmann.potentials import Terms
from boltzmann.units import Quantity

T, P = np.geomspace(10.0, 0.1, 6).reshape(3, 2, 1), np.linspace(1.0, 5.0, 12).reshape(3, 1, 4)
SHAPE = (3, 2, 4)


@dataclass(frozen=True)
class Returns:
    """A potential that returns what it was given, whatever T and p are."""

    value: Any

    def terms(self, *_: np.ndarray) -> Any:
        return self.value


def test_one_level_by_name() -> None:
    V = -1e-18 * P * T**4
    terms = evaluated(Returns(Terms.diagonal(s=V)), T, P)
    assert terms.fixed.shape == (*SHAPE, 4)
    np.testing.assert_array_equal(terms.fixed[..., 3], V)
    assert not terms.fixed[..., :3].any()
    two = Terms.diagonal(e=1.0, mu=V).fixed
    np.testing.assert_array_equal(two[..., 1], V)
    np.testing.assert_array_equal(two[..., 0], 1.0)
    for wrong in (Quantity(1.0, "eV"), 1j, "a"):
        with pytest.raises(ParameterError, match=r"the potential of s is .*; give real numbers in MeV"):
            Terms.diagonal(s=wrong)
    with pytest.raises(ParameterError, match="has the unit eV; return numbers in MeV"):
        evaluated(Returns(Terms(Quantity(np.ones(4), "eV"))), T, P)
    with pytest.raises(ParameterError, match="flavour 'x' does not exist; give potentials of e, mu, tau, s"):
        Terms.diagonal(x=1.0)


@pytest.mark.parametrize(
    "fixed", [0.0, np.zeros((*SHAPE, 4)), np.eye(4), np.zeros((*SHAPE, 4, 4)), np.ones((3, 1, 1, 4))]
)
def test_levels_and_matrices_over_all_or_some_axes(fixed: np.ndarray) -> None:
    assert evaluated(Returns(Terms(fixed)), T, P).fixed is fixed


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros(SHAPE), r"Returns.terms returned ndarray, but a Terms is needed; return for example Terms.diagonal"),
        (
            Terms(np.zeros(SHAPE)),
            r"fixed has the shape \(3, 2, 4\), but for T of shape \(3, 2, 1\) and p of shape \(3, 1, 4\) "
            r".*it needs \(3, 2, 4, 4\), the levels of e, mu, tau, s, or \(3, 2, 4, 4, 4\)",
        ),
        (Terms(per_energy=np.zeros((*SHAPE, 3))), r"per_energy has the shape \(3, 2, 4, 3\)"),
        (Terms("V"), r"fixed has the shape \(\)"),
        (Terms(np.full((*SHAPE, 4), np.nan)), r"is not finite at T = 10 MeV, p = 1 MeV; return finite numbers"),
        (Terms(per_energy=np.inf), r"per_energy is not finite"),
        (Terms(np.triu(np.ones((4, 4)))), r"is not Hermitian.*V_ab = V_ba"),
    ],
)
def test_refusals(value: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        evaluated(Returns(value), T, P)


def test_the_solver_refuses_what_is_not_finite() -> None:
    """Once N_eff = 11.56 came out, with SUCCESS."""
    with pytest.raises(ParameterError, match="is not finite"):
        solve(Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), Returns(Terms(fixed=np.nan)), Options(n_momenta=8))
