"""The odd half of the equation: its Jacobian, its linear systems, what it conserves, and mirror images."""

import numba
import numpy as np
import pytest

from boltzmann.asymmetries.neutrino import neutrino_reference
from boltzmann.dark.odd import mean_phi
from boltzmann.kinetics.jacobian import empty_jacobian, fill_jacobian
from boltzmann.kinetics.layout import PLASMA, TAIL
from boltzmann.kinetics.odd import AVERAGE, AVERAGING, empty_odd_stages, fill_exchange
from boltzmann.kinetics.odd_control import ROUNDING, return_rounding
from boltzmann.kinetics.odd_elimination import factorise, solve_linear
from boltzmann.kinetics.qke import rhs
from boltzmann.kinetics.tables import workspace
from boltzmann.kinetics.terms import refresh_nu_nu
from boltzmann.numerics.momentum import laguerre_grid
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.solver.signs import odd_start
from boltzmann.solver.start import initial_state
from boltzmann.solver.tables import build_tables
from tests.states import MIXINGS, SECRET, Equation, S, dense_jacobian

EPSILON = 1e-4
CASES = [(3, False), (4, False), (4, True)]


def interpreted(test):
    """Mark a test of kernels that take five minutes to compile; CI runs it without the compiler."""
    compiled = not numba.config.DISABLE_JIT
    reason = "run with NUMBA_DISABLE_JIT=1; tests/physics/test_asymmetry.py runs the compiled kernels"
    return pytest.mark.jit_off(pytest.mark.skipif(compiled, reason=reason)(test))


every_case = pytest.mark.parametrize(("n", "secret"), CASES)


class TwoSigns(Equation):
    """The equation with both signs; states are (u, v). nu-nu collisions keep the reference of `prepare`."""

    def __init__(self, n: int, secret: bool, CP: bool = True) -> None:
        real = Mixing(**{**MIXINGS[n].chosen(), **dict.fromkeys(PHASES[n], "0 deg")})
        mixing = MIXINGS[n] if CP else real
        options = Options(n_momenta=8, nu_nu=n == 3)  # the interpreter takes seconds for the integrals of nu-nu
        super().__init__(mixing, options, SECRET if secret else ())
        self.tables = build_tables(mixing, SECRET if secret else (), options, Asymmetry(eta=1e-7))
        odd = self.tables.odd
        # made-up strength: an odd potential of the order of the others at 10 MeV
        extra = {"tadpole": np.array([1e-9]), "exchange": np.array([5e-10]), "mass": np.array([60.0])} if secret else {}
        self.tables = self.tables._replace(odd=odd._replace(**extra))
        self.work, self.J = workspace(self.tables), empty_jacobian(self.tables)

    def both(self, size: float = 0.1) -> np.ndarray:
        """Return a state with asymmetries of about ``size``."""
        odd = np.random.default_rng(7).normal(size=self.work.odd.v.size)
        return np.concatenate([self.state(), size * odd])

    def prepare(self, x: np.ndarray) -> None:
        """Make the reference of nu-nu collisions at ``x``."""
        u = self.enter(x)
        self.work.nu_nu.known[0] = 0.0
        refresh_nu_nu(u, self.tables, self.work)

    def enter(self, x: np.ndarray) -> np.ndarray:
        m = self.work.odd.v.size
        self.work.odd.v[:] = x[-m:]
        return np.ascontiguousarray(x[:-m])

    def both_rates(self, s: float, x: np.ndarray) -> np.ndarray:
        u = self.enter(x)
        out = np.empty_like(u)
        rhs(s, u, self.tables, self.work, out)
        return np.concatenate([out, self.work.odd.slope])

    def both_jacobian(self, x: np.ndarray) -> np.ndarray:
        """Return J of (u, v) as one matrix: what its parts mean, written out."""
        self.prepare(x)
        rates, u = self.both_rates(S, x), self.enter(x)
        fill_jacobian(S, u, rates[: u.size], self.tables, self.work, self.J)
        return written_out(self.J, u.size)


PHASES = {3: ("delta_13",), 4: ("delta_13", "delta_14", "delta_24")}


def written_out(J, size: int) -> np.ndarray:
    """Return J of (u, v) as one matrix."""
    odd, (N, c, _), d = J.odd, J.local.shape, J.dense.shape[1]
    m, dark = odd.slope.size, J.columns.shape[0] == 3
    out = np.zeros((size + m, size + m))
    out[:size, :size] = dense_jacobian(J)
    for i in range(N):
        S_i, d_i = slice(i * c, (i + 1) * c), slice(size + i * c, size + (i + 1) * c)
        out[d_i, d_i] += J.local[i]
        out[d_i, S_i] += odd.local[i]
        out[S_i, d_i] += odd.local[i]
        for k in range(J.columns.shape[0]):
            out[size - PLASMA + k, size + i * c + J.order[:d]] += odd.scalars[k, i]
        for j in range(N):
            S_j, d_j = j * c + J.order[:d], size + j * c + J.order[:d]
            out[np.ix_(size + i * c + J.order[:d], d_j)] += odd.dense[i, :, j]
            out[np.ix_(i * c + J.order[:d], d_j)] += odd.cross[0, i, :, j]
            out[np.ix_(size + i * c + J.order[:d], S_j)] += odd.cross[1, i, :, j]
            if dark:
                out[d_i, N * c + j] += odd.coupling[1, i] * J.loop[i, j]
                out[S_i, size + N * c + j] += odd.coupling[1, i] * odd.loop[i, j]
                out[d_i, size + N * c + j] += odd.coupling[0, i] * odd.loop[i, j]
        for b in range(3):
            out[S_i, size + m - 3 + b] += odd.asymmetry[0, b, i]
            out[d_i, size + m - 3 + b] += odd.asymmetry[1, b, i]
            out[size + m - 3 + b, size + i * c + b] += odd.rows[i]
        if dark:
            out[size + N * c + i, size + N * c + i] = -AVERAGING[0]
            out[size + N * c + i, size + i * c + c - 1] = AVERAGING[0]
    for k in range(J.columns.shape[0]):
        out[size:, size - PLASMA + k] += odd.columns[k]
    out[size + m - 3 :, size + m - 3 :] -= AVERAGE * np.eye(3)
    return out


def direction(equation: TwoSigns) -> np.ndarray:
    """Return a direction without change of energies, on which H and the Hubble rate depend and J does not."""
    grid, random = equation.grid, np.random.default_rng(3)
    moments, _ = np.linalg.qr(np.stack([grid.w * grid.y**p * grid.f for p in (2, 3)], axis=1))
    parts = []
    for _ in range(2):
        v = random.normal(size=(grid.y.size, equation.n**2))
        parts.append((v - moments @ (moments.T @ v)).ravel())
    averaged = random.normal(size=grid.y.size if equation.tables.dark is not None else 0)
    return np.concatenate([parts[0], averaged, np.zeros(TAIL), 0.1 * parts[1], averaged, random.normal(size=3)])


@interpreted
@every_case
def test_jacobian_is_the_derivative(n: int, secret: bool) -> None:
    # what J neglects is of second order in d, 1e-7 here; central differences: EPSILON^2 of the terms of a row
    equation = TwoSigns(n, secret)
    x = equation.both(3e-4)
    J, v = equation.both_jacobian(x), direction(equation)
    equation.prepare(x)
    ahead, behind = (equation.both_rates(S, x + sign * EPSILON * v) for sign in (1.0, -1.0))
    terms = np.abs(J) @ (np.abs(v) + np.abs(x)) + 1e-30
    assert np.max(np.abs(J @ v - (ahead - behind) / (2 * EPSILON)) / terms) < 1e-6


@interpreted
@every_case
@pytest.mark.parametrize("shift", [1e2, 1e6])
def test_structured_solve(n: int, secret: bool, shift: float) -> None:
    # backward stable: residuals are rounding, 1e-16 of the terms of a row, times growth of the elimination
    equation = TwoSigns(n, secret)
    x = equation.both()
    matrix = shift * np.eye(x.size) - equation.both_jacobian(x)
    b = np.random.default_rng(5).normal(size=x.size)
    block, m = empty_odd_stages(equation.grid.y.size, n, secret), equation.work.odd.v.size
    ours, block.U[2] = b[:-m].copy(), b[-m:]
    J = equation.J
    factorise(shift, J, J.odd)
    solve_linear(shift, 2, J, ours, np.zeros((28, 8)), np.zeros(J.schur.shape[0]), J.odd, block)
    found = np.concatenate([ours, block.U[2]])
    assert np.max(np.abs(matrix @ found - b) / (np.abs(matrix) @ np.abs(found) + np.abs(b))) < 1e-10


@interpreted
@every_case
def test_collisions_and_oscillations_keep_the_sum_of_asymmetries(n: int, secret: bool) -> None:
    # SUM_a L_a + L_s; terms cancel to rounding, those of J but for the difference columns
    equation = TwoSigns(n, secret)
    x = equation.both()
    J, m, grid = equation.both_jacobian(x), equation.work.odd.v.size, equation.grid
    number = np.zeros((grid.y.size, n * n))
    number[:, [0, 1, 2, 15][:n]] = (grid.w * grid.y**2 * grid.f)[:, None]
    left = np.zeros(x.size)
    left[x.size - m : x.size - m + number.size] = number.ravel()
    rate = equation.both_rates(S, x)
    assert abs(left @ rate) <= 1e-13 * (np.abs(left) @ np.abs(rate))
    columns = np.r_[: x.size - m - TAIL, x.size - m : x.size]
    assert np.all(np.abs(left @ J)[columns] <= 1e-12 * (np.abs(left) @ np.abs(J))[columns].max())


@interpreted
@every_case
def test_the_mirror_image_is_exact(n: int, secret: bool) -> None:
    # CP conserved and no baryons: (S, d) -> (S, -d) is a symmetry, to the last bit; so is d = 0
    x, m = TwoSigns(n, secret, CP=False).both(), TwoSigns(n, secret).work.odd.v.size
    flip = np.concatenate([np.ones(x.size - m), -np.ones(m)])
    results = []
    for start in (x, flip * x):
        equation = TwoSigns(n, secret, CP=False)  # anew: the search for the bath begins where it ended last
        equation.tables = equation.tables._replace(odd=equation.tables.odd._replace(baryons=0.0))
        equation.both_jacobian(start)
        J, block = equation.J, empty_odd_stages(equation.grid.y.size, n, secret)
        rates = equation.both_rates(S, start)
        b, block.U[0] = rates[:-m].copy(), rates[-m:]
        factorise(1e3, J, J.odd)
        solve_linear(1e3, 0, J, b, np.zeros((28, 8)), np.zeros(J.schur.shape[0]), J.odd, block)
        results.append(np.concatenate([rates, b, block.U[0]]))
    assert np.array_equal(results[0], np.concatenate([flip, flip]) * results[1])
    symmetric = np.concatenate([x[:-m], np.zeros(m)])
    equation.prepare(symmetric)
    assert np.all(equation.both_rates(S, symmetric)[-m:] == 0.0)


@interpreted
def test_equal_xi_are_an_equilibrium() -> None:
    # Fermi-Dirac spectra with xi and -xi at the plasma's temperature: nu-e collisions vanish to the error of their
    # single-precision tables, nu-nu ones to that of the cubic interpolation at the fourth momentum
    equation = TwoSigns(3, False, CP=False)
    grid, xi = equation.grid, 0.3

    u = initial_state(np.exp(S), equation.tables)
    reference = np.concatenate([u, np.zeros(equation.work.odd.v.size)])
    v = odd_start(u, np.exp(S), Asymmetry(xi=xi), equation.tables)
    x = np.concatenate([u, v])
    N, c = grid.y.size, 9
    worst = []
    for state in (reference, x):
        equation.prepare(state)
        rates, J = equation.both_rates(S, state), equation.work
        loss = J.weak.prefactor * (J.weak.loss[1] + J.weak.gain[1] + J.nu_nu.total[1])
        worst.append(np.abs(rates[: N * c].reshape(N, c)[:, 1] / loss).max())
        odd = np.abs(rates[u.size : u.size + N * c].reshape(N, c)[:, 1] / loss).max()
    assert worst[1] < 3.0 * worst[0] + 1e-6
    assert odd < 0.3 * (3.0 * worst[0] + 1e-6)


def sum_of_all(grid, n: int, v: np.ndarray) -> float:
    """Return half of SUM L_a + L_s, times pi^2."""
    components = v[: grid.y.size * n * n].reshape(grid.y.size, n * n)[:, [0, 1, 2, 15][:n]]
    return float(grid.w * grid.y**2 * grid.f @ components.sum(axis=1))


@pytest.mark.parametrize("n", [3, 4])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_rounding_takes_is_given_back(n: int, sign: float) -> None:
    # a step that loses 1e-11 of the populations keeps the sum to rounding of sums of 1e-2; a fault of 1e-6 stays
    grid, random = laguerre_grid(12, 20.0), np.random.default_rng(4)
    block, u = empty_odd_stages(12, n, False), random.uniform(0.1, 1.0, 12 * n * n + TAIL)
    block.v[:] = 1e-2 * sign * np.random.default_rng(5).normal(size=block.v.size)
    kept = sum_of_all(grid, n, block.v)
    for lost in (1e-11, 1e3 * ROUNDING):
        block.argument[:] = block.v
        block.argument[: 12 * n * n] += sign * lost * u[:-TAIL]
        before = block.argument.copy()
        return_rounding(grid, n, u, block)
        if lost < ROUNDING:
            assert abs(sum_of_all(grid, n, block.argument) - kept) < 1e-16
            assert np.abs(block.argument - before).max() < 2.0 * lost
            diagonal = [0, 1, 2, 15][:n]
            changed = (block.argument - before)[: 12 * n * n].reshape(12, n * n)
            assert np.count_nonzero(np.delete(changed, diagonal, axis=1)) == 0
        else:
            assert np.array_equal(block.argument, before)


def test_rounding_is_given_back_in_mirror_images() -> None:
    grid, random = laguerre_grid(12, 20.0), np.random.default_rng(4)
    u, v, end = (random.uniform(0.1, 1.0, 12 * 16 + extra) for extra in (TAIL, 3, 3))
    ends = []
    for sign in (1.0, -1.0, 0.0):
        block = empty_odd_stages(12, 4, False)
        block.v[:], block.argument[:] = sign * v, sign * (v + 1e-12 * end)
        return_rounding(grid, 4, u, block)
        ends.append(block.argument)
    assert np.array_equal(ends[0], -ends[1])
    assert not np.array_equal(ends[0], v + 1e-12 * end)
    assert np.all(ends[2] == 0.0)


def populations_of(equation: TwoSigns, x: np.ndarray) -> np.ndarray:
    """Return what is on the diagonals of (u, v), rho and rhobar, without f_FD: (2, 3, N)."""
    N, c, m = equation.grid.y.size, equation.n**2, equation.work.odd.v.size
    even, mixed = (part[: N * c].reshape(N, c)[:, :3].T * equation.grid.f for part in (x[:-m], x[-m:]))
    return np.stack([even + mixed, even - mixed])


@interpreted
@pytest.mark.parametrize(("xi", "flow", "whole"), [(0.1, 0.004, 0.06), (0.3, 0.03, 0.2)])
def test_error_of_the_mean_occupation(xi: float, flow: float, whole: float) -> None:
    """Against integrals with every species apart: what mu and tau take from nu_e hotter by 1%, and all of I.

    8 momenta 0.2%, 1.5% of the energy and 2.4%, 8% of I, 20 momenta 0.2%, 2.0% and 3.7%, 11%: the first goes like
    xi^2, the second, how nu and nubar share it, like xi.
    """
    equation = TwoSigns(3, False, CP=False)
    alone, grid = TwoSigns(3, False, CP=False), equation.grid
    alone.tables = alone.tables._replace(modes=alone.tables.modes._replace(nu_nu=False))
    u = initial_state(np.exp(S), equation.tables)
    x = np.concatenate([u, odd_start(u, np.exp(S), Asymmetry(xi=xi), equation.tables)])
    r = populations_of(equation, x)
    N, c, m = grid.y.size, 9, equation.work.odd.v.size
    hotter = 0.01 * grid.y * r[:, 0] * (1.0 - r[:, 0]) / grid.f
    x[: N * c].reshape(N, c)[:, 0] += hotter.mean(axis=0)
    x[-m:][: N * c].reshape(N, c)[:, 0] += 0.5 * (hotter[0] - hotter[1])
    rates = []
    for each in (equation, alone):
        each.prepare(x)
        rates.append(each.both_rates(S, x))
    found = populations_of(equation, rates[0] - rates[1]) / equation.work.weak.prefactor
    r = populations_of(equation, x).reshape(2, -1)
    gain, loss = np.zeros_like(r), np.zeros_like(r)
    neutrino_reference(r, equation.tables.neutrino, gain, loss, np.zeros((6 * N, 6 * N)))
    exact = (gain * (1.0 - r) - loss * r).reshape(2, 3, N)
    error, weight = found - exact, grid.w * grid.y
    energy, lost = ((part * weight).sum(axis=(0, 2))[0] for part in (exact, error))
    assert 0.1 * flow < abs(lost / energy) < flow
    assert np.linalg.norm(error * np.sqrt(weight)) < whole * np.linalg.norm(exact * np.sqrt(weight))


@pytest.mark.parametrize("t", [0.004, 0.3, 0.97, 5.0])
def test_exchange_averages_phi(t: float) -> None:
    # quadrature of the average over 20% of t, with the logarithm at t = 1 inside at 0.97
    from scipy.integrate import quad

    low, high = 0.9 * t, 1.1 * t
    points = [1.0] if low < 1.0 < high else None
    mean = quad(lambda u: -np.log(abs(1.0 - u * u)) / u**2, low, high, points=points)[0] / (high - low)
    # k = 1/4, M = 1: t = p
    found = np.empty(1)
    fill_exchange(0.25, np.array([low, high]), 1.0, found)
    assert found[0] == pytest.approx(mean, rel=1e-4)  # series below 1e-2 leaves t^4/10


def test_exchange_is_that_of_the_growth() -> None:
    # the same primitive twice, of a kernel and of whole arrays (`boltzmann.dark.odd.mean_phi`), t = 1e-3 to 1e3 and
    # across t = 1; rounding of differences of logarithms
    edges = np.geomspace(1e-3, 1e3, 200)
    found = np.empty(edges.size - 1)
    fill_exchange(0.25, edges, 1.0, found)
    assert found == pytest.approx(mean_phi(np.array(1.0), edges), rel=1e-9, abs=1e-13)
