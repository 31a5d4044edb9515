"""Resonances that the momentum grid does not resolve: given levels, points that converge and points that do not."""

import numpy as np
import pytest

from boltzmann import Mixing, Options, ValidityWarning, solve
from boltzmann.kinetics.resonances import crossings
from boltzmann.potentials import SecretVector
from boltzmann.solver import integrate
from boltzmann.solver.validity import find_unresolved
from tests.states import NO_MIXING

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


# N_eff at 14 and 28 momenta (rtol 1e-3)
MOVING = {
    "4-3": (Mixing(dm2_41="1e-4 eV2", Ue4_sq=0.01), 3.6002, 3.6489, (3,)),
    "4-3, heavier": (Mixing(dm2_41="1e-3 eV2", Ue4_sq=0.01), 3.7494, 3.8046, (3,)),
    "MSW, mu": (Mixing(dm2_41="-1 eV2", Umu4_sq=1e-5), 3.5760, 3.6068, (1, 2, 3)),
    "MSW, e": (Mixing(dm2_41="-1 eV2", Ue4_sq=1e-6), 3.1921, 3.1968, (1,)),
    "4-3, 4-2": (Mixing(dm2_41="1.8930e-5 eV2", Ue4_sq=2.7196e-5, Utau4_sq=6.2415e-4), 3.7336, 3.7934, (2, 3)),
}
STILL = {
    "1 eV2": Mixing(dm2_41="1 eV2", Ue4_sq=1e-3),
    "1.3 eV2": Mixing(dm2_41="1.3 eV2", Ue4_sq=0.01),
    "0.1 eV2": Mixing(dm2_41="0.1 eV2", Ue4_sq=1e-3),
    "no active mixing": Mixing(dm2_41="1 eV2", Umu4_sq=1e-3, **NO_MIXING),
    "three": Mixing(),
}


@pytest.mark.parametrize("name", MOVING)
def test_points_that_move_are_reported(name: str) -> None:
    mixing, coarse, fine, crossed = MOVING[name]
    solution = integrate(mixing, (), COARSE)
    found = find_unresolved(solution)
    assert solution.N_eff == pytest.approx(coarse, abs=1e-3)  # ten times the tolerance of a step
    assert found is not None
    assert set(found.levels) <= set(crossed)
    assert 100.0 > found.highest > found.lowest >= 1.0
    # an estimate at most: 25% above to 0.3% below what was measured
    assert 0.9 * (fine - coarse) < found.shift < 1.4 * (fine - coarse)
    assert found.shift < found.converted


def test_the_solver_says_so_and_so_does_the_solution() -> None:
    mixing = MOVING["4-3"][0]
    with pytest.warns(ValidityWarning, match=r"converges like 1/N in the momenta and may be off by 0\.0\d") as caught:
        solution = solve(mixing, options=COARSE)
    assert caught[0].filename == __file__
    assert solution.validity == (str(caught[0].message),)
    assert str(caught[0].message) in repr(solution)


@pytest.mark.parametrize("name", STILL)
def test_points_without_resonance_are_not(name: str) -> None:
    assert find_unresolved(integrate(STILL[name], (), COARSE)) is None


def test_adiabatic_resonances_are_not() -> None:
    # exponents of 150 to 3e4; N_eff moves by 2e-4
    assert find_unresolved(integrate(Mixing(dm2_41="-27.1 eV2", Ue4_sq=0.0152, Umu4_sq=0.0418), (), COARSE)) is None


def test_estimate_goes_like_one_over_the_momenta() -> None:
    mixing = MOVING["MSW, e"][0]
    coarse, fine = (find_unresolved(integrate(mixing, (), Options(n_momenta=n, rtol=1e-3))) for n in (14, 28))
    assert coarse is not None
    assert fine is not None
    assert coarse.shift / fine.shift == pytest.approx(2.0, rel=0.15)  # 14 momenta resolve the sum over y to a tenth


def test_secret_resonances_are_reported_if_partial() -> None:
    # undamped resonances at 2 to 7 MeV with exponents of 0.05 to 100: 3.841, 3.931 for 20 and 60 momenta; those of
    # (1e-3, 100 MeV) are adiabatic, 1e6
    partial = SecretVector(3.302e-5, "231.3 MeV", T_s_over_T=0.0573)
    found = find_unresolved(integrate(Mixing(dm2_41="0.0741 eV2", Ue4_sq=1.676e-4), (partial,), Options()))
    assert found is not None
    assert found.shift > 2e-3
    adiabatic = SecretVector(1e-3, "100 MeV")
    assert find_unresolved(integrate(Mixing(dm2_41="1 eV2", Ue4_sq=1e-2), (adiabatic,), Options())) is None
