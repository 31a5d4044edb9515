"""Newton's method for one increasing function."""

import numpy as np
import pytest

from boltzmann.numerics.newton import increasing_root


@pytest.mark.parametrize("start", [-2.0, 0.0, 3.0])
def test_root_of_an_increasing_function(start: float) -> None:
    def function(t: float) -> tuple[float, float]:
        return float(np.exp(t) + t - 2.0), float(np.exp(t) + 1.0)

    t = increasing_root(function, start)
    assert np.exp(t) + t == pytest.approx(2.0, rel=1e-14)


def test_a_function_without_root_is_an_error() -> None:
    with pytest.raises(ArithmeticError, match=r"no root from 0\.0 on: it is at -50"):
        increasing_root(lambda t: (float(np.exp(t)), float(np.exp(t))), 0.0)
