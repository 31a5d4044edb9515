"""Contours by bisection, against the whole grid."""

import numpy as np
import pytest

from boltzmann.scan.refine import refine, say_if_none, straddling

PLANES = {
    "line": (lambda x, y: x + y, 0.013),
    "closed": (lambda x, y: x**2 + y**2, 0.5),
    "wave": (lambda x, y: np.tanh(5.0 * (y - 0.3 * np.sin(4.0 * x))), 0.1),
    "two islands": (lambda x, y: np.exp(-20 * ((x - 0.5) ** 2 + y**2)) + np.exp(-20 * ((x + 0.5) ** 2 + y**2)), 0.4),
    "saddle": (lambda x, y: x * y, 0.0),
    "sheet with a hole in it": (lambda x, y: np.where(x**2 + y**2 < 0.1, np.nan, x), 0.05),
}


def adaptive(f, level: float, shape: tuple[int, int], coarse: int):
    """Return the full grid, the refined one, and the share of points that the latter took."""
    full = f(*np.meshgrid(*(np.linspace(-1.0, 1.0, n) for n in shape), indexing="ij"))
    asked: list[int] = []

    def evaluate(indices):
        asked.extend(indices)
        return full.ravel()[indices]

    refined = refine(shape, level, evaluate, coarse)
    assert len(set(asked)) == len(asked)  # no point twice
    return full, refined, len(asked) / full.size


@pytest.mark.parametrize("name", PLANES)
def test_the_contour_is_that_of_the_full_grid_for_a_tenth_of_its_points(name: str) -> None:
    full, refined, share = adaptive(*PLANES[name], (257, 257), 16)
    assert np.array_equal(straddling(full, PLANES[name][1]), straddling(refined, PLANES[name][1]))
    known = np.isfinite(refined)
    assert np.array_equal(refined[known], full[known])
    assert share < 0.10  # the aim of the issue


@pytest.mark.parametrize("shape", [(256, 256), (100, 33), (7, 2), (2, 2), (30, 300)])
@pytest.mark.parametrize("coarse", [1, 3, 8, 1000])
def test_any_shape_and_first_grid(shape: tuple[int, int], coarse: int) -> None:
    """A straight line is seen by every first grid."""
    full, refined, _ = adaptive(lambda x, y: x + 0.3 * y, 0.02, shape, coarse)
    assert np.array_equal(straddling(full, 0.02), straddling(refined, 0.02))


def test_a_contour_is_followed_out_of_the_cells_that_showed_it_first() -> None:
    """A finger narrower than the first grid, seen at its root alone, is followed to its tip."""

    def f(x, y):
        return np.where((np.abs(y - 0.06) < 0.02) & (x < 0.7), 1.0, 0.0) + (x < -0.8)

    full, refined, _ = adaptive(f, 0.5, (129, 129), 16)
    assert np.array_equal(straddling(full, 0.5), straddling(refined, 0.5))


def test_without_contour_the_first_grid_is_all() -> None:
    _, refined, _ = adaptive(lambda x, y: x + y, 5.0, (33, 33), 8)
    assert np.isfinite(refined).sum() == 25


def test_no_contour_is_said_with_the_values_that_there_are(caplog: pytest.LogCaptureFixture) -> None:
    values = np.array([[3.0, np.nan, 3.5], [np.nan, np.nan, np.nan], [3.25, np.nan, 4.0]])
    say_if_none(values, 9.0, "N_eff")
    assert "no contour of N_eff = 9 was seen: the 4 points of the first grid have 3 to 4; give" in caplog.text
    caplog.clear()
    say_if_none(values[::2, ::2], 3.3, "N_eff")
    say_if_none(np.full((2, 2), np.nan), 3.3, "N_eff")  # points that failed are said elsewhere
    assert caplog.text == ""


def test_straddling_at_the_level_and_without_value() -> None:
    values = np.array([[0.0, 1.0, np.nan], [0.0, 1.0, 1.0]])
    assert straddling(values, 1.0).tolist() == [[True, False]]
    assert straddling(values, 0.0).tolist() == [[False, False]]
