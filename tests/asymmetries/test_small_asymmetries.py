"""The averaged treatment against the full equation of density matrices where asymmetries are small."""

import numpy as np
import pytest

from boltzmann import Mixing, Options
from boltzmann.asymmetries.evolution import Run, evolve
from boltzmann.asymmetries.problem import start
from boltzmann.numerics.arrays import Array
from boltzmann.solver.flavours import TOLERANCE
from tests.asymmetries.full_equation import B, F, Full

RATIOS = np.array([1.0, -0.5, 0.2])
# nu-nu collisions, which conserve A, would have to be in both: without them both have the same terms
OPTIONS = Options(n_momenta=8, nu_nu=False).settled(careful=False, early=False)


def averaged(xi: Array) -> Run:
    run, _, status = evolve(Mixing(), tuple(xi), OPTIONS, TOLERANCE)
    assert status.ok
    return run


def at_start(run: Run, xi: Array) -> Array:
    """Return occupations (2, 3, N) of flavours."""
    _, u, order = start(run.problem, tuple(xi))
    r = np.empty((2, 3, 8))
    r[:, order] = run.problem.occupations(u)
    return r


def diagonal(run: Run, T: float) -> Array:
    """Return n - nbar of the flavours at T."""
    temperatures = [run.problem.temperature(np.log(x), u) for x, u in zip(run.x, run.states, strict=True)]
    rho = np.array(run.rho)
    n = np.einsum("i,niaa->na", run.problem.weights, rho[:, 0] - rho[:, 1]).real
    return np.array([np.interp(-np.log(T), -np.log(temperatures), n[:, a]) for a in range(3)])


def test_basis_and_structure() -> None:
    assert np.einsum("kab,lba->kl", B, B) == pytest.approx(np.eye(9), abs=1e-15)
    H, r = np.random.default_rng(2).normal(size=(2, 9))
    matrices = [np.einsum("k,kab->ab", part, B) for part in (H, r)]
    expected = -1j * (matrices[0] @ matrices[1] - matrices[1] @ matrices[0])
    assert np.einsum("k,kab->ab", np.einsum("kml,m,l->k", F, H, r), B) == pytest.approx(expected, abs=1e-14)


@pytest.fixture(scope="module")
def small() -> tuple[Array, Run, Full]:
    xi = 1e-3 * RATIOS
    run = averaged(xi)
    return xi, run, Full(run)


def test_full_equation_has_its_jacobian(small: tuple[Array, Run, Full]) -> None:
    xi, run, full = small
    flavours = np.einsum("sai,ak->sik", at_start(run, xi), np.eye(3, 9))
    u = full.packed(flavours) + 1e-3 * np.random.default_rng(1).normal(size=144)
    J, s = full.jacobian(full.first + 1.0, u), full.first + 1.0
    for k in (0, 5, 75, 142):
        step = np.zeros(144)
        step[k] = 1e-6
        difference = (full.slope(s, u + step) - full.slope(s, u - step)) / 2e-6
        assert J[:, k] == pytest.approx(difference, abs=1e-7 * np.abs(J).max())  # rounding of differences


def test_equal_asymmetries_and_trace(small: tuple[Array, Run, Full]) -> None:
    """Of the full equation: nothing turns where all flavours are alike, and collisions keep the trace of A."""
    _, run, full = small
    equal = np.einsum("sai,ak->sik", np.repeat(at_start(run, np.zeros(3))[:, :1], 3, axis=1), np.eye(3, 9))
    equal[0] *= 1.1
    r = full.signs(full.packed(equal))
    H, _ = full.hamiltonians(full.first, r)
    turned = np.einsum("kml,sim,sil->sik", F, H, r)
    assert np.abs(turned).max() < 1e-12 * np.abs(H).max()
    change = full.collide(full.first + 1.0, r + 0.01 * np.random.default_rng(5).normal(size=r.shape))
    trace = full.problem.weights @ (change[0] - change[1])[:, :3].sum(axis=1)
    assert abs(trace) < 1e-11 * np.abs(full.problem.weights @ change[0]).max()


@pytest.mark.slow
@pytest.mark.parametrize(("size", "tolerance"), [(1e-3, 2e-3), (0.02, 6e-3)])
def test_small_asymmetries_against_the_full_equation(size: float, tolerance: float) -> None:
    """n_e - nbar_e over xi_e at 3.5 MeV to 1e-3: 0.1034, 0.1029 at xi = (1, -0.5, 0.2) 1e-3; 0.1227, 0.1224 at 0.02.

    nu_mu and nu_tau turn about each other from 12 MeV on: with a phase that is lost at 0.02 (3e-3 apart), and with V of
    the order of h at 1e-3 (1.5e-3).
    """
    xi = size * RATIOS
    run = averaged(xi)
    (A,) = Full(run).follow(at_start(run, xi), np.array([3.5]), size)
    found = diagonal(run, 3.5)
    assert A[0, 0].real / size == pytest.approx(found[0] / size, abs=1e-3)
    assert np.diag(A).real / size == pytest.approx(found / size, abs=tolerance)
    r = at_start(run, xi)
    total = float((r[0] - r[1]).sum(axis=0) @ run.problem.weights)
    assert np.trace(A).real == pytest.approx(total, rel=1e-9)  # differences of the equation's rounding
    assert found.sum() == pytest.approx(total, rel=1e-11 / size)  # 1e-11 of occupations
