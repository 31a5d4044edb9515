"""A point that never returned: its error norm became NaN, which neither accepted the step nor made it smaller."""

import pytest

from boltzmann import Mixing, Options, solve
from boltzmann.kinetics.status import Status
from boltzmann.potentials import SecretVector


@pytest.mark.slow
def test_largest_mixing_with_a_secret_vector_ends() -> None:
    """It ends, and says that it did not conserve energy (off by 1e-3; 1e-10 is usual)."""
    mixing = Mixing(dm2_41="10 eV2", Ue4_sq=0.5, Umu4_sq=0.5)
    solution = solve(mixing, [SecretVector(0.1, "10 MeV")], Options(n_momenta=14, rtol=1e-3))
    assert solution.status is Status.ENERGY_DRIFTED
