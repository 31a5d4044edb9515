"""Parts that a run lacks: kernels that are nothing, a value or another kernel without them."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from boltzmann.numerics.jit import kernel, optional_kernel

pytestmark = pytest.mark.jit_off


class Part(NamedTuple):
    """What some runs have."""

    values: np.ndarray


class Whole(NamedTuple):
    """What all runs have, with or without the part."""

    scale: float
    part: Part | None


@optional_kernel("part")
def fill(scale: float, part: Part) -> None:
    """Nothing to fill without the part."""
    for i in range(part.values.size):
        part.values[i] = scale * i


@optional_kernel("part", otherwise=-1.5)
def total(scale: float, part: Part) -> float:
    return float(scale * np.sum(part.values))


@optional_kernel("part", otherwise=(0.25, True))
def pair(part: Part, scale: float) -> tuple[float, bool]:
    return float(scale * part.values[0]), False


@kernel
def without(scale: float, offset: float, part: None) -> float:
    return scale + offset


@optional_kernel("part", otherwise=without)
def with_part(scale: float, offset: float, part: Part) -> float:
    return float(scale + offset + part.values[1])


@kernel
def everything(whole: Whole) -> tuple[float, float, bool, float]:
    """Call them all from a kernel, where the choice is made by type."""
    fill(whole.scale, whole.part)
    first, flag = pair(whole.part, whole.scale)
    return total(whole.scale, whole.part), first, flag, with_part(whole.scale, 0.5, whole.part)


@kernel
def with_none() -> float:
    return total(2.0, None)


def evaluated(whole: Whole) -> tuple[Any, ...]:
    """Call them all from Python, where the choice is made by value."""
    fill(whole.scale, whole.part)
    return total(whole.scale, whole.part), *pair(whole.part, whole.scale), with_part(whole.scale, 0.5, whole.part)


@pytest.mark.parametrize("call", [everything, evaluated], ids=["kernel", "Python"])
def test_a_part_that_is_there_is_used(call: Any) -> None:
    part = Part(np.ones(3))
    assert call(Whole(2.0, part)) == (2.0 * 6.0, 0.0, False, 2.0 + 0.5 + 2.0)
    np.testing.assert_array_equal(part.values, [0.0, 2.0, 4.0])


@pytest.mark.parametrize("call", [everything, evaluated], ids=["kernel", "Python"])
def test_without_the_part_the_other_value_or_kernel_is_used(call: Any) -> None:
    assert call(Whole(2.0, None)) == (-1.5, 0.25, True, 2.5)


def test_none_may_be_written_in_a_kernel() -> None:
    assert with_none() == -1.5
