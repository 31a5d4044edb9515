"""The derivative by s along the way of the solution, and energies that e is charged with within a step."""

import numpy as np
import pytest

from boltzmann import Mixing, Options, solve
from boltzmann.constants import M_E
from boltzmann.kinetics.bins import ROWS
from boltzmann.kinetics.dark_terms import begin_energy, end_energy, forget_energy
from boltzmann.kinetics.drift import product
from boltzmann.kinetics.evolution import density_matrices
from boltzmann.kinetics.layout import CHARGE, DARK, PASSIVE, PLASMA, TAIL, diagonal
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from tests.states import DECAYING, MIXINGS, SECRET, Equation, S, dense_jacobian

HEAVY = 30.0  # MeV, of nu_4: as large as a momentum
every = pytest.mark.parametrize("interactions", [SECRET, DECAYING], ids=["scattering", "decays"])


def prepared(interactions) -> tuple[Equation, np.ndarray]:
    """Return an equation with a heavy nu_4 and a state out of equilibrium, after an evaluation there."""
    equation = Equation(MIXINGS[4], Options(n_momenta=8), interactions)
    equation.tables = equation.tables._replace(dark=equation.tables.dark._replace(heavy=HEAVY))
    u = equation.state()
    equation.rate(S, u)
    return equation, u


def direction(u: np.ndarray) -> np.ndarray:
    """Return a direction in which everything changes by a tenth of itself, energies and numbers too."""
    return 0.1 * u * (1.0 + np.random.default_rng(3).uniform(size=u.size))


@pytest.mark.jit_off
@every
def test_product_with_the_jacobian(interactions) -> None:
    equation, u = prepared(interactions)
    J, v, out = equation.jacobian(S, u), direction(u), np.empty_like(u)
    product(v, np.zeros((ROWS, 8)), out, J, equation.work.dark)
    dense = dense_jacobian(J)
    # sums of up to a hundred products, in another order
    np.testing.assert_allclose(out, dense @ v, atol=1e-13 * float(np.max(np.abs(dense) @ np.abs(v))), rtol=1e-12)


@pytest.mark.jit_off
@every
def test_along_the_way_nothing_is_left_out(interactions) -> None:
    equation, u = prepared(interactions)
    v, e = direction(u), 1e-4
    ahead, behind = equation.rate(S + e, u + e * v).copy(), equation.rate(S - e, u - e * v).copy()
    exact = (ahead - behind) / (2 * e)
    left = {}
    for name, given in {"along": v, "at rest": np.zeros_like(v)}.items():
        J = equation.jacobian(S, u, given)
        left[name] = np.abs(dense_jacobian(J) @ v + J.time - exact)[:-TAIL]
    size = np.abs(dense_jacobian(equation.jacobian(S, u))) @ np.abs(v)
    # the kernel's difference is one-sided, 1e-6: half of that times F'' (rates go like powers of T up to the tenth)
    assert np.max(left["along"] / (size[:-TAIL] + 1e-30)) < 1e-4
    assert np.max(left["at rest"]) > 30 * np.max(left["along"])  # what J leaves out: rates by what collides


@pytest.mark.jit_off
@every
def test_the_derivative_keeps_the_energy(interactions) -> None:
    equation, u = prepared(interactions)
    J, grid = equation.jacobian(S, u, direction(u)), equation.grid
    g = J.time[: grid.y.size * 16].reshape(grid.y.size, 16)[:, [diagonal(a) for a in range(4)]].sum(axis=1)
    terms = [grid.w * grid.y**3 * grid.f / np.pi**2 @ g, J.time[-PLASMA], J.time[-DARK], -J.time[-PASSIVE]]
    assert abs(sum(terms)) < 1e-12 * max(map(abs, terms))  # rounding of the sum


@pytest.mark.jit_off
@every
def test_energies_of_the_start_of_a_step(interactions) -> None:
    # e of a step is e + SUM w (E - E_0)(n_4 - n_4(s_0)): its derivative against that of both parts
    equation, u = prepared(interactions)
    tables, work, grid, later = equation.tables, equation.work, equation.grid, S + 0.3
    P = tables.dark.projectors[3]
    w, E_0 = grid.w * grid.y**2 / np.pi**2, np.hypot(grid.y, HEAVY * np.exp(S) / M_E)
    E = np.hypot(grid.y, HEAVY * np.exp(later) / M_E)

    def heavy(state):
        rho = density_matrices(state, grid, 4)
        return np.einsum("ab,iba->i", P, rho).real

    end = u * 1.05
    come = heavy(end) - heavy(u)
    grown = np.sum(w * (E - E_0) * come)
    plain = equation.rate(later, end).copy()
    equation.rate(S, u)
    begin_energy(np.exp(S), work.rho, tables.dark, work.dark)
    inside = end.copy()
    inside[-DARK] += grown
    inside[-PASSIVE] += grown
    out = equation.rate(later, inside).copy()
    rises = np.sum(w * (E - E_0) * heavy(plain)) + np.sum(w * (E**2 - grid.y**2) / E * come)
    expected = plain.copy()
    expected[-DARK] += rises
    expected[-PASSIVE] += rises
    np.testing.assert_allclose(out, expected, rtol=1e-9, atol=1e-11 * np.max(np.abs(plain)))  # rounding
    end_energy(inside, work.dark)
    np.testing.assert_allclose(inside, end, rtol=1e-13, atol=1e-15)
    assert inside[-CHARGE] == end[-CHARGE]
    forget_energy(work.dark)
    np.testing.assert_allclose(equation.rate(later, inside), plain, rtol=1e-9, atol=1e-11 * np.max(np.abs(plain)))


# Before, rtol = 1e-3 had 0.05 less with the first, and 0.03 with the second. Now 5e-6, 6e-4, 2e-5.
@pytest.mark.parametrize(
    ("interaction", "tolerance"),
    [
        (SecretPseudoscalar(1e-5, "1e-9 eV"), 1e-4),
        (SecretPseudoscalar(3e-6, "1e-3 eV"), 1e-3),
        (SecretVector(1e-3, "10 keV"), 1e-3),
    ],
    ids=["pseudoscalar", "weaker", "10 keV"],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_steps_do_not_add_up(interaction, tolerance: float) -> None:
    mixing = Mixing(dm2_41="1 eV2", Umu4_sq=0.00997)
    coarse, fine = (solve(mixing, interaction, Options(n_momenta=14, rtol=r, signs="same")) for r in (1e-3, 1e-5))
    assert coarse.N_eff == pytest.approx(fine.N_eff, abs=tolerance)
