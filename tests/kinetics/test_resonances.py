"""Resonances that the momentum grid does not resolve: given levels, points that converge and points that do not."""

from dataclasses import replace

import numpy as np
import pytest

from boltzmann import Mixing, Options, ValidityWarning, solve
from boltzmann.kinetics.resonances import crossings, unresolved
from boltzmann.solver import integrate
from boltzmann.solver.tables import history_of
from boltzmann.solver.validity import find_unresolved

S = np.linspace(0.0, 1.0, 11)
COARSE = Options(n_momenta=14, rtol=1e-3)


def levels(slope: float, coupling: float) -> np.ndarray:
    """Return H of three momenta: the sterile level meets that of nu_mu at s = 0.45, 0.55 and 0.65, and no other."""
    H = np.zeros((S.size, 3, 4, 4), complex)
    H[..., 0, 0], H[..., 2, 2] = -1e4, 1e4
    H[..., 3, 3] = slope * (S[:, None] - np.array([0.45, 0.55, 0.65]))
    H[..., 1, 3] = H[..., 3, 1] = coupling
    return H


def populations() -> np.ndarray:
    rho = np.zeros((S.size, 3, 4, 4), complex)
    rho[..., [0, 1, 2, 3], [0, 1, 2, 3]] = [0.9, 0.5, 0.8, 0.2]
    return rho


def test_crossing_of_a_linear_ramp() -> None:
    met = crossings(S, levels(1000.0, 3.0), np.zeros((S.size, 3)), populations())
    assert met.momentum.tolist() == [0, 1, 2]
    assert met.point.tolist() == [5, 6, 7]
    assert met.level.tolist() == [1, 1, 1]
    assert met.exponent == pytest.approx(2.0 * np.pi * 3.0**2 / 1000.0, rel=1e-12)
    assert met.contrast == pytest.approx(0.3, rel=1e-12)


def test_exponent_does_not_depend_on_the_basis_of_the_active_states() -> None:
    # the same levels, active states rotated: the level that is crossed is an eigenstate, not a flavour
    H, angle = levels(1000.0, 3.0), 0.7
    R = np.eye(4)
    R[:2, :2] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    met = crossings(S, R @ H @ R.T, np.zeros((S.size, 3)), R @ populations() @ R.T)
    assert met.exponent == pytest.approx(2.0 * np.pi * 3.0**2 / 1000.0, rel=1e-9)
    assert met.contrast == pytest.approx(0.3, rel=1e-9)


@pytest.mark.parametrize(("coupling", "damping", "seen"), [(60.0, 0.0, 3), (80.0, 0.0, 0), (3.0, 150.0, 0)])
def test_broad_crossings_are_resolved(coupling: float, damping: float, seen: int) -> None:
    # momenta are 100 apart: 100^2 against half of 4 |H_as|^2 + D^2
    met = crossings(S, levels(1000.0, coupling), np.full((S.size, 3), damping), populations())
    assert met.level.size == seen


def test_momenta_that_a_front_passes() -> None:
    # levels of neighbours are 100 apart and move by 1000 per e-fold
    met = crossings(S, levels(1000.0, 3.0), np.zeros((S.size, 3)), populations())
    assert met.passed == pytest.approx(10.0, rel=1e-12)


#: Partially adiabatic resonances; without bins N_eff moved by 0.005 to 0.06 from 14 to 28 momenta
PARTIAL = {
    "4-3": Mixing(dm2_41="1e-4 eV2", Ue4_sq=0.01),
    "MSW, mu": Mixing(dm2_41="-1 eV2", Umu4_sq=1e-5),
    "MSW, e": Mixing(dm2_41="-1 eV2", Ue4_sq=1e-6),
    "4-3, 4-2": Mixing(dm2_41="1.8930e-5 eV2", Ue4_sq=2.7196e-5, Utau4_sq=6.2415e-4),
}


@pytest.mark.parametrize("name", PARTIAL)
def test_bins_follow_resonances_of_the_standard_model(name: str) -> None:
    solution = integrate(PARTIAL[name], (), COARSE)
    assert unresolved(*history_of(solution)) is None
    assert find_unresolved(solution) is None  # without looking


@pytest.mark.slow
def test_the_matrix_mode_says_what_it_does_not_resolve() -> None:
    # a node's populations for its bin's: 3.19 at 14 momenta, bins 3.2036
    options = replace(COARSE, coherence="matrix")
    with pytest.warns(ValidityWarning, match=r"converges like 1/N in the momenta and may be off by 0\.0\d") as caught:
        solution = solve(PARTIAL["MSW, e"], options=options)
    assert caught[0].filename == __file__
    assert solution.validity == (str(caught[0].message),)
    assert str(caught[0].message) in repr(solution)
    found = find_unresolved(solution)
    assert found is not None
    assert found.levels == (1,)
    assert 100.0 > found.highest > found.lowest >= 1.0
    # the shift by twice as many momenta is half of an error like 1/N; 20% for the estimate
    assert 3.2036 - solution.N_eff < 1.2 * 2.0 * found.shift < found.converted
