"""Profiles and the tension of laboratory and CMB, on grids whose answers are known."""

import numpy as np
import pytest

from boltzmann import ParameterError
from boltzmann.comparison import joint
from boltzmann.comparison.joint import (
    PLANES,
    Cube,
    delta_root,
    filled,
    interpolated,
    largest_splitting,
    profile,
    tension,
)
from boltzmann.lab.tension import Global

DM2, ELEMENT = np.geomspace(0.1, 10.0, 9), np.geomspace(1e-4, 0.1, 13)
GRID = np.meshgrid(DM2, ELEMENT, ELEMENT, indexing="ij")


def parabola(dm2: float, e: float, mu: float) -> np.ndarray:
    """Squared distance in decades."""
    return sum(np.log10(axis / at) ** 2 for axis, at in zip(GRID, (dm2, e, mu), strict=True))


@pytest.mark.parametrize("plane", PLANES)
def test_profile_is_the_smallest_value_of_points_that_share_the_coordinate(plane: str) -> None:
    delta = parabola(1.0, 1e-3, 1e-2)
    found = profile(Cube(DM2, ELEMENT, {"delta_chi2": delta, "e": GRID[1], "mu": GRID[2]}), plane)
    coordinate = {"mue": 4.0 * GRID[1] * GRID[2], "ee": GRID[1], "mumu": GRID[2]}[plane]
    for k, x in enumerate(found.x):
        same = np.isclose(coordinate, x, rtol=1e-9)
        expected = np.where(same, delta, np.inf).min(axis=(1, 2))
        assert found.values["delta_chi2"][:, k] == pytest.approx(expected)
    at = {"mue": 4.0 * found.values["e"] * found.values["mu"], "ee": found.values["e"], "mumu": found.values["mu"]}
    assert at[plane] == pytest.approx(np.broadcast_to(found.x, at[plane].shape))  # companions of the same points


def test_limit_on_the_mass() -> None:
    """Where the least of all mixings passes 11.83, the Delta chi^2 of two parameters at 3 sigma."""
    rising = 8.0 * np.log10(GRID[0] / 0.1) + np.log10(GRID[1] / 1e-4)  # linear in ln dm2_41, as between nodes
    assert largest_splitting(DM2, rising) == pytest.approx(0.1 * 10 ** (11.829 / 8.0), rel=1e-3)
    assert largest_splitting(DM2, rising + 20.0) == 0.0
    assert largest_splitting(DM2, 0.5 * rising) is None


def test_interpolation_keeps_nodes_and_does_not_overshoot() -> None:
    x = np.geomspace(1e-4, 1.0, 9)
    step = np.tanh(2.0 * np.log10(x / 1e-2))[:, None] * np.ones(9)
    fine = np.geomspace(1e-4, 1.0, 81)
    result = interpolated(step, [x, x], [fine, x])
    assert result[::10] == pytest.approx(step)
    assert result.min() >= step.min()
    assert result.max() <= step.max()
    with pytest.raises(ParameterError, match=r"axis 1 from .* leaves the scan, which has 0.0001 to 1"):
        interpolated(step, [x, x], [fine, np.array([0.5, 2.0])])


def test_roots_keep_their_sign() -> None:
    assert delta_root(np.array([-4.0, 0.0, 9.0])) == pytest.approx([-2.0, 0.0, 3.0])


def test_missing_numbers_come_from_the_nearest_point() -> None:
    values = np.array([[1.0, np.nan, 3.0], [1.0, 2.0, np.nan]])
    assert filled(values)[1, 2] in (2.0, 3.0)
    assert np.array_equal(filled(values)[np.isfinite(values)], values[np.isfinite(values)])
    with pytest.raises(ParameterError, match="no number at any point"):
        filled(np.full((2, 2), np.nan))


def laboratory() -> Global:
    """Parabolas around dm2_41 = 1 eV^2, |U_e4|^2 = |U_mu4|^2 = 1e-2, 100 per decade^2; appearance knows nothing."""
    ee = 100.0 * (np.log10(DM2 / 1.0)[:, None] ** 2 + np.log10(ELEMENT / 1e-2) ** 2)
    mumu = np.broadcast_to(100.0 * np.log10(ELEMENT / 1e-2) ** 2, ee.shape)
    return Global(DM2, ELEMENT, ee, np.zeros((len(DM2), 2 * len(ELEMENT) - 1)), mumu)


def test_agreement_and_disagreement() -> None:
    agreed = tension(laboratory(), parabola(1.0, 1e-2, 1e-2))
    assert agreed.chi2 == pytest.approx(0.0, abs=1e-12)
    assert agreed.p == pytest.approx(1.0)
    assert agreed.lab_best == agreed.joint_best == pytest.approx((1.0, 1e-2, 1e-2))
    cmb = 100.0 * parabola(1.0, 1e-3, 1e-3)
    found = tension(laboratory(), cmb)
    # two equal parabolas one decade apart meet in the middle: 2 x 100 x 0.5^2 for each of two elements
    assert found.chi2 == pytest.approx(100.0)
    assert found.dof == 2
    assert found.cmb_at_lab_best == pytest.approx(200.0)
    assert found.joint_best == pytest.approx((1.0, 10**-2.5, 10**-2.5))


def test_no_mixing_belongs_to_every_scenario() -> None:
    """A CMB that dislikes the whole grid by 1000 leaves no mixing, which costs the laboratory its minimum."""
    lab = laboratory()
    found = tension(lab, np.full(lab.joint.shape, 1000.0))
    assert found.joint_best is None
    assert found.cmb_at_lab_best == pytest.approx(1000.0)
    # the grid begins two decades below the best fit in both elements: 100 x 2^2 each
    assert found.chi2 == pytest.approx(800.0)


def test_what_the_scan_itself_reaches() -> None:
    """A dark sector costs the CMB 13 at any mixing: LCDM is better by that, and no limit of the scan."""
    lab = laboratory()
    found = tension(lab, np.full(lab.joint.shape, 13.0))
    assert found.joint_best == pytest.approx((1.0, 1e-2, 1e-2))
    assert found.chi2 == found.scan_chi2 == pytest.approx(13.0)
    assert found.smallest_mixing == 13.0
    far = tension(lab, np.where(lab.joint > 795.0, 13.0, 2000.0))  # which leaves the smallest mixing
    assert far.joint_best is None
    assert far.chi2 == pytest.approx(800.0)
    assert far.scan_chi2 == pytest.approx(813.0)
    assert far.scan_best == pytest.approx((1.0, 1e-4, 1e-4))


def test_old_names_say_the_new_ones() -> None:
    lab = laboratory()
    with pytest.warns(DeprecationWarning, match=r"joint\.statement is an old name; write tension"):
        found = joint.statement(lab, np.zeros(lab.joint.shape))
    with pytest.warns(DeprecationWarning, match=r"joint\.Statement is an old name; write Tension"):
        assert joint.Statement is type(found)
    for old, new in (("laboratory", "lab_best"), ("joint", "joint_best"), ("at_laboratory", "cmb_at_lab_best")):
        with pytest.warns(DeprecationWarning, match=f"Tension.{old} is an old name; write {new}"):
            assert getattr(found, old) == getattr(found, new)
    with pytest.warns(DeprecationWarning, match="Tension.test is an old name"):
        assert found.test.chi2 == found.chi2
    with pytest.raises(AttributeError, match="'Tension' object has no attribute 'verdict'"):
        _ = found.verdict
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = joint.nothing


def test_unknown_plane() -> None:
    with pytest.raises(ParameterError, match="plane = 'tau' is not known; choose from mue, ee, mumu"):
        profile(Cube(DM2, ELEMENT, {"delta_chi2": GRID[0]}), "tau")
