"""The analytic Jacobian against differences of the equation, and its structured solve against a dense one.

J leaves out three things on purpose (`boltzmann.kinetics.jacobian`): how the Hubble rate and the neutrinos' own
potential react to rho, how secret rates react to rho_ss, and in the matrix mode products of coherences. The first react
to the energy-density matrix (1/pi^2) int y^3 rho alone, the second to it and to the number, so along directions that
leave both as they are, J must be exact.
"""

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from boltzmann.constants import M_E
from boltzmann.kinetics.bins import ROWS
from boltzmann.kinetics.elements import commutator_elements
from boltzmann.kinetics.layout import CHARGE, DARK, PLASMA, TAIL, pack
from boltzmann.kinetics.odd_elimination import factorise, solve_linear
from boltzmann.parameters import Options
from tests.states import DECAYING, MIXINGS, SECRET, Equation, S, dense_jacobian, kernel_numbers

ROOT = Path(__file__).resolve().parents[2]
EPSILON = 1e-4
# Central differences: the equation is cubic in rho, so their truncation error is EPSILON^2 = 1e-8 of the terms that
# make up a row, their rounding error 1e-16/EPSILON = 1e-12 of them. (1e-4 of an entry of collisions is seen so.)
EXACT = 1e-8

# options, state: where J is exact in each mode
COHERENT = {}  # any density matrix
BLIND = {"coherence": 0.0, "flavour": 0.0}  # one spectrum for all flavours
DIAGONAL = {"coherence": 0.0}
CASES = {
    "damping": (Options(n_momenta=8), COHERENT),
    "mckellar": (Options(n_momenta=8, coherence="mckellar", nu_nu=False), COHERENT),
    "no collisions": (Options(n_momenta=8, collisions=False), COHERENT),
    "matrix": (Options(n_momenta=8, coherence="matrix"), BLIND),
    "matrix without nu-nu": (Options(n_momenta=8, coherence="matrix", nu_nu=False), DIAGONAL),
    "secret": (Options(n_momenta=8), COHERENT),
    "secret, matrix": (Options(n_momenta=8, coherence="matrix"), BLIND),
    "secret decays": (Options(n_momenta=8), COHERENT),
    "secret decays, matrix": (Options(n_momenta=8, coherence="matrix"), BLIND),
}
HEAVY = 30.0  # MeV, of nu_4 in the energies of the case with decays: as large as a momentum
both = pytest.mark.parametrize("n", [3, 4])
EVERY = [(n, case) for n in (3, 4) for case in CASES if n == 4 or "secret" not in case]
every_case = pytest.mark.parametrize(("n", "case"), EVERY)
SCALARS = {"plasma energy": PLASMA, "dark energy": DARK, "dark charge": CHARGE}
DIFFERENCES = [(n, case, c) for n, case in EVERY for c in [*SCALARS, "time"] if "dark" not in c or "secret" in case]


def prepared(n: int, case: str) -> tuple[Equation, np.ndarray]:
    options, state = CASES[case]
    secret = DECAYING if "decays" in case else SECRET if "secret" in case else ()
    equation = Equation(MIXINGS[n], options, secret)
    if "decays" in case:
        equation.tables = equation.tables._replace(dark=equation.tables.dark._replace(heavy=HEAVY))
    return equation, equation.state(**state)


def direction(equation: Equation, seed: int) -> np.ndarray:
    """Return a random direction in which (1/pi^2) int y^3 rho and the number int y^2 rho do not change.

    Nor does int y^2 E rho, with the energy of a massive state, which the Hubble rate depends on.
    """
    grid, random = equation.grid, np.random.default_rng(seed)
    v = random.normal(size=(grid.y.size, equation.n**2))
    dark = equation.tables.dark
    energies = [1.0, grid.y, np.hypot(grid.y, (dark.heavy if dark else 0.0) * np.exp(S) / M_E)]
    moments, _ = np.linalg.qr(np.stack([grid.w * grid.y**2 * grid.f * E for E in energies], axis=1))
    v -= moments @ (moments.T @ v)
    averaged = random.normal(size=grid.y.size if dark else 0)
    return np.concatenate([v.ravel(), averaged, np.zeros(TAIL)])


def components(matrix: np.ndarray) -> np.ndarray:
    """Return the n^2 real components of a Hermitian matrix."""
    out = np.empty(matrix.size)
    pack(matrix, 1.0, out)
    return out


@pytest.mark.jit_off
@both
def test_commutator_elements(n: int) -> None:
    places, factors = commutator_elements(n)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        H, rho = (m + m.conj().T for m in rng.normal(size=(2, n, n)) + 1j * rng.normal(size=(2, n, n)))
        L = np.zeros((n * n, n * n))
        np.add.at(L, (places[0], places[1]), factors * components(H)[places[2]])
        # rounding of products of order ten
        np.testing.assert_allclose(L @ components(rho), components(-1j * (H @ rho - rho @ H)), atol=1e-13)
    assert np.all(factors != 0.0)
    assert len(set(zip(*places, strict=True))) == factors.size  # every product once


def slope(equation: Equation, s: float, u: np.ndarray, v: np.ndarray, ds: float = 0.0) -> np.ndarray:
    """Return the derivative of du/ds along (ds, v) by central differences."""
    ahead = equation.rate(s + EPSILON * ds, u + EPSILON * v)
    return (ahead - equation.rate(s - EPSILON * ds, u - EPSILON * v)) / (2 * EPSILON)


def mismatch(equation: Equation, u: np.ndarray, seed: int = 1) -> float:
    """Return the largest difference between J v and central differences, relative to the terms of a row."""
    v, J = direction(equation, seed), dense_jacobian(equation.jacobian(S, u))
    return float(np.max(np.abs(J @ v - slope(equation, S, u, v)) / (np.abs(J) @ (np.abs(v) + np.abs(u)) + 1e-30)))


@pytest.mark.jit_off
@every_case
def test_density_matrix_columns(n: int, case: str) -> None:
    equation, u = prepared(n, case)
    assert max(mismatch(equation, u, seed) for seed in range(3)) < EXACT


@both
def test_matrix_mode_neglects_only_products_of_coherences(n: int) -> None:
    # what J leaves out is linear in the coherences: a tenth of them, a tenth of the error (to 20%: quadratic terms)
    equation = Equation(MIXINGS[n], Options(n_momenta=8, coherence="matrix"))
    v, errors = direction(equation, seed=1), []
    for coherence in (0.05, 0.005):
        u = equation.state(flavour=0.0, coherence=coherence)
        errors.append(np.abs(dense_jacobian(equation.jacobian(S, u)) @ v - slope(equation, S, u, v)).max())
    assert errors[0] / errors[1] == pytest.approx(10.0, rel=0.2)


@pytest.mark.jit_off
@pytest.mark.parametrize(("n", "case", "column"), DIFFERENCES)
def test_difference_columns(n: int, case: str, column: str) -> None:
    # The kernel takes one-sided differences of 1e-6: truncation 1e-6/2 times F''/F', at most 10 (F ~ T^5 or x^5), and
    # rounding 1e-16/1e-6 of the terms of a row. At the central difference's 1e-4, truncation is 1e-8 times F'''/F' <
    # 100.
    equation, u = prepared(n, case)
    J = equation.jacobian(S, u)
    v = np.zeros_like(u)
    ds = 1.0 if column == "time" else 0.0
    if column != "time":  # e and n by their own size, which may be small
        v[-SCALARS[column]] = 1.0 if "dark" not in column else u[-SCALARS[column]]
    ours = J.time if column == "time" else J.columns[PLASMA - SCALARS[column]] * v[-SCALARS[column]]
    rounding = 1e-8 * (np.abs(dense_jacobian(J)) @ np.abs(u))
    expected = slope(equation, S, u, v, ds=ds)
    assert np.all(np.abs(ours - expected) <= 1e-5 * np.abs(expected).max() + rounding)


@pytest.mark.jit_off
@every_case
def test_plasma_takes_what_neutrinos_give(n: int, case: str) -> None:
    # E + rho_nu + e - q is constant in the equation, hence a left null vector of J; 1e-13 of the terms summed: rounding
    equation, u = prepared(n, case)
    grid, J = equation.grid, dense_jacobian(equation.jacobian(S, u))
    energy = np.zeros((grid.y.size, n * n))
    energy[:, [0, 1, 2, 15][:n]] = (grid.w * grid.y**3 * grid.f / np.pi**2)[:, None]
    left = np.zeros_like(u)
    left[: energy.size], left[-TAIL:] = energy.ravel(), [1.0, 1.0, 0.0, -1.0]
    columns = np.s_[: u.size - TAIL]  # the other columns are differences, accurate to 1e-10 only
    assert np.all(np.abs((left @ J)[columns]) <= 1e-13 * (np.abs(left) @ np.abs(J))[columns])
    rate = equation.rate(S, u)
    assert abs(left @ rate) <= 1e-13 * (np.abs(left) @ np.abs(rate))


@pytest.mark.jit_off
@every_case
@pytest.mark.parametrize("shift", [1e2, 1e5, 1e8])
def test_structured_solve(n: int, case: str, shift: float) -> None:
    # both are backward stable: rounding 1e-16 times the condition of M, 2e4 at most here, times growth of the
    # elimination
    equation, u = prepared(n, case)
    J = equation.jacobian(S, u)
    matrix = shift * np.eye(u.size) - dense_jacobian(J)
    b = np.random.default_rng(5).normal(size=u.size)
    ours = b.copy()
    factorise(shift, J, J.odd)
    solve_linear(shift, 0, J, ours, np.zeros((ROWS, equation.grid.y.size)), np.zeros(J.schur.shape[0]), J.odd, None)
    assert ours == pytest.approx(np.linalg.solve(matrix, b), rel=1e-10, abs=1e-10 * np.abs(ours).max())


@pytest.mark.jit_off
def test_kernels_give_the_same_with_and_without_the_compiler(tmp_path: Path) -> None:
    # The other process runs with the compiler switched the other way. 1e-12 of the terms that are summed: a few hundred
    # of them, rounded to 1e-16 each, in an order the compiler may change.
    there = tmp_path / "numbers.npz"
    environment = os.environ | {"NUMBA_DISABLE_JIT": "0" if numba.config.DISABLE_JIT else "1"}
    subprocess.run([sys.executable, "-m", "tests.states", str(there)], cwd=ROOT, env=environment, check=True)
    other = np.load(there)
    for name, (here, size) in kernel_numbers().items():
        assert np.all(np.abs(here - other[name]) <= 1e-12 * size + 1e-15), name
