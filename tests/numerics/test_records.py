"""Records: what a kernel reads of a NamedTuple that it gets as one pointer."""

import sys
from typing import Any, NamedTuple

import numpy as np
import pytest

from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.records import record

pytestmark = pytest.mark.jit_off


@record
class Inner(NamedTuple):
    numbers: Array
    factor: int
    on: bool
    pair: tuple[float, float]


@record
class Outer(NamedTuple):
    start: float
    inner: Inner
    out: Array
    left_out: None


@kernel
def weighted(inner: Inner) -> float:
    total = 0.0
    for k in range(inner.numbers.size):
        total += inner.factor * inner.numbers[k]
    return total + inner.pair[1] if inner.on else 0.0


@kernel
def fill(outer: Outer) -> float:
    outer.out[:] = outer.inner.numbers
    tail = outer.out[1:]
    tail += 1.0
    return weighted(outer.inner) + outer.start


def outer(numbers: Any, on: bool = True) -> Outer:
    return Outer(0.5, Inner(numbers, 3, on, (1.0, 2.0)), np.zeros(len(numbers)), None)


def test_fields_of_every_kind() -> None:
    given = outer(np.arange(4.0))
    assert fill(given) == 18.0 + 2.0 + 0.5
    assert given.out.tolist() == [0.0, 2.0, 3.0, 4.0]
    assert fill(outer(np.arange(4.0), on=False)) == 0.5


def test_arrays_belong_to_the_caller() -> None:
    numbers = np.arange(4.0)
    given, before = outer(numbers), sys.getrefcount(numbers)
    for _ in range(1000):
        fill(given)
    assert sys.getrefcount(numbers) == before
