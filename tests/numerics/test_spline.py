"""Splines as matrices: the same as scipy's, kept on disk, and computed again where nothing can be kept."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from boltzmann.numerics import cache, spline

NODES, POINTS = np.array([0.3, 1.0, 2.5, 4.0, 7.0, 8.0]), np.linspace(0.3, 8.0, 30)
VALUES = np.sin(NODES)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    spline._matrix.cache_clear()
    yield
    spline._matrix.cache_clear()


def test_matrix_is_the_spline() -> None:
    expected = CubicSpline(NODES, VALUES)(POINTS)
    assert spline.through(NODES, VALUES, POINTS) == pytest.approx(expected, rel=1e-14)
    assert spline.matrix(NODES, POINTS) @ VALUES == pytest.approx(expected, rel=1e-13)


def test_matrix_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = spline.matrix(NODES, POINTS)
    spline._matrix.cache_clear()
    monkeypatch.setattr(spline, "through", None)
    assert np.array_equal(spline.matrix(NODES, POINTS), first)
    assert not first.flags.writeable


def test_a_cache_that_cannot_be_written_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def denied(*arguments: object) -> None:
        raise cache.CacheError("denied")

    monkeypatch.setattr(cache, "tables", denied)
    assert spline.matrix(NODES, POINTS).shape == (30, 6)
