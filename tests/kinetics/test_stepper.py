"""RODAS4: its tableau against the order conditions, its order in use, and the controls of the integration.

Order conditions: Hairer & Wanner, Solving Ordinary Differential Equations II (1996), sec. IV.7.
"""

import numpy as np
import pytest

from boltzmann import Mixing, Options, solve
from boltzmann.kinetics import limits
from boltzmann.kinetics.evolution import LONGEST_STEP
from boltzmann.kinetics.limits import Control
from boltzmann.kinetics.rodas import ABSCISSAE, GAMMA, TIME_WEIGHTS, A, C, empty_stages
from boltzmann.kinetics.stepper import FINISHED, Clock, advance
from boltzmann.potentials import NSI
from boltzmann.solver.start import initial_state
from tests.states import NO_MIXING, Equation, NoPotential

# From the form that saves matrix-vector products (A, C) back to the method itself: k = Gamma^-1 U, Gamma^-1 = I/gamma -
# C.
_INVERSE = np.eye(6) / GAMMA - np.pad(C, ((0, 0), (0, 1)))
GAMMAS = np.linalg.inv(_INVERSE)
ALPHA = np.pad(A, ((0, 0), (0, 1))) @ GAMMAS
BETA = ALPHA + GAMMAS
B = np.append(A[5], 1.0) @ GAMMAS  # u_new = argument of the last stage + U_6
B_EMBEDDED = np.append(A[5], 0.0) @ GAMMAS
ONE = np.ones(6)
# The tableau has 13 to 16 digits; coefficients up to 34 enter the conditions cubed at most.
TABLEAU = 1e-11

CONDITIONS = {  # elementary weights of the rooted trees: order, weights, exact value
    "1": (1, ONE, 1),
    "2": (2, BETA @ ONE, 1 / 2),
    "3, two branches": (3, (ALPHA @ ONE) ** 2, 1 / 3),
    "3, chain": (3, BETA @ BETA @ ONE, 1 / 6),
    "4, three branches": (4, (ALPHA @ ONE) ** 3, 1 / 4),
    "4, branch and chain": (4, (ALPHA @ ONE) * (ALPHA @ BETA @ ONE), 1 / 8),
    "4, stem and two branches": (4, BETA @ (ALPHA @ ONE) ** 2, 1 / 12),
    "4, chain": (4, BETA @ BETA @ BETA @ ONE, 1 / 24),
}


@pytest.mark.parametrize("tree", CONDITIONS)
def test_order_conditions(tree: str) -> None:
    order, weights, exact = CONDITIONS[tree]
    assert B @ weights == pytest.approx(exact, abs=TABLEAU)
    if order < 4:  # the embedded method, whose difference is the error estimate
        assert B_EMBEDDED @ weights == pytest.approx(exact, abs=TABLEAU)


def test_embedded_method_is_of_third_order_only() -> None:
    # else the error estimate would vanish to leading order
    assert max(abs(B_EMBEDDED @ weights - exact) for order, weights, exact in CONDITIONS.values() if order == 4) > 1e-3


def test_abscissae_and_time_weights_belong_to_the_stages() -> None:
    assert pytest.approx(ABSCISSAE, abs=TABLEAU) == ALPHA @ ONE
    assert pytest.approx(TIME_WEIGHTS, abs=TABLEAU) == GAMMAS @ ONE


def stability(z: complex, weights: np.ndarray) -> complex:
    """R(z) of u' = lambda u, z = h lambda."""
    return 1 + z * (weights @ np.linalg.solve(np.eye(6) - z * BETA, ONE))


@pytest.mark.parametrize("weights", [B, B_EMBEDDED], ids=["RODAS4", "embedded"])
def test_stiff_decay_is_damped_in_one_step(weights: np.ndarray) -> None:
    # R(infinity) = 1 - b beta^-1 1; stiffly accurate: the last stage is the result
    assert 1 - weights @ np.linalg.solve(BETA, ONE) == pytest.approx(0.0, abs=TABLEAU)
    assert abs(stability(-1e8, weights)) < 1e-6  # R falls as 1/z


def test_undamped_oscillations_never_grow() -> None:
    y = np.geomspace(1e-3, 1e9, 2000)
    assert max(abs(stability(1j * v, B)) for v in y) <= 1 + 1e-12  # rounding


def rodas4(f, jacobian, time_derivative, t: float, u: np.ndarray, end: float, steps: int) -> np.ndarray:
    """Integrate u' = f(t, u) as `boltzmann.kinetics.stepper` does, with dense matrices."""
    h = (end - t) / steps
    for _ in range(steps):
        matrix, U = np.eye(u.size) / (h * GAMMA) - jacobian(t, u), np.zeros((6, u.size))
        for i in range(6):
            b = f(t + ABSCISSAE[i] * h, u + A[i, :i] @ U[:i]) + C[i, :i] @ U[:i] / h
            U[i] = np.linalg.solve(matrix, b + h * TIME_WEIGHTS[i] * time_derivative(t, u))
        u, t = u + np.append(A[5], 1.0) @ U, t + h
    return u


def measured_order(errors: list[float]) -> np.ndarray:
    return np.log2(np.array(errors[:-1]) / np.array(errors[1:]))


def test_fourth_order_on_a_nonautonomous_system() -> None:
    # u = (cos t^2, e^sin t) solves u' below exactly; nonlinear, coupled, with explicit time
    def f(t, u):
        c, s = np.cos(t**2), np.sin(t**2)
        return np.array([-2 * t * s + u[1] * (u[0] - c), np.cos(t) * u[1] + (u[0] - c) ** 2])

    def jacobian(t, u):
        return np.array([[u[1], u[0] - np.cos(t**2)], [2 * (u[0] - np.cos(t**2)), np.cos(t)]])

    def time_derivative(t, u):
        c, s = np.cos(t**2), np.sin(t**2)
        return np.array([-2 * s - 4 * t**2 * c + 2 * t * s * u[1], -np.sin(t) * u[1] + 4 * t * s * (u[0] - c)])

    exact = np.array([np.cos(1.0), np.exp(np.sin(1.0))])
    runs = [rodas4(f, jacobian, time_derivative, 0.0, np.array([1.0, 1.0]), 1.0, n) for n in (8, 16, 32, 64)]
    order = measured_order([np.abs(u - exact).max() for u in runs])
    # tends to 4 as h -> 0; the observed orders of finite h differ by some tenths
    assert np.all((order > 3.7) & (order < 4.6))


def test_the_kernel_is_of_fourth_order() -> None:
    # Vacuum oscillations: J is exact then (the Hubble rate depends on the energy of all neutrinos, which they
    # conserve). The splitting makes them turn by up to 10 radians, so that 16 steps resolve them. Error against a run
    # four times finer.
    mixing = Mixing(dm2_41="1e-7 eV2", Ue4_sq=0.2, **NO_MIXING)
    equation = Equation(mixing, Options(n_momenta=8, collisions=False), (NoPotential(),))

    def run(steps: int) -> np.ndarray:
        h, u = np.log(2.0) / steps, initial_state(0.1, equation.tables)
        control = Control(
            rtol=1e9, atol=1e9, bath=1e9, h_max=h, rotation=2.0, s_end=np.log(0.2), max_steps=1000
        )  # every step is h
        clock, stages = (
            Clock(np.array([np.log(0.1), h, 0.0]), np.zeros(3, np.int64)),
            empty_stages(equation.tables, equation.J.schur.shape[0]),
        )
        status, rows = advance(
            u, control, clock, equation.tables, equation.work, equation.J, stages, np.empty((steps + 1, u.size + 1))
        )
        assert status == FINISHED
        assert rows in (steps, steps + 1)  # rounding may leave a rest of 1e-13
        return u

    fine = run(256)
    order = measured_order([np.abs(run(n) - fine).max() for n in (16, 32, 64)])
    assert np.all((order > 3.7) & (order < 4.6))


def amplification(h: float, k: float = 3.0, speed: float = 1e9) -> float:
    """Return |c| after a step h of c' = i speed e^(k s) c from 1, stage by stage as in `boltzmann.kinetics.rodas`."""
    U: list[complex] = []
    for i in range(6):
        argument = 1.0 + sum(A[i, j] * U[j] for j in range(min(i, 5)))
        slope = 1j * speed * np.exp(k * ABSCISSAE[i] * h) * argument + 1j * speed * k * h * TIME_WEIGHTS[i]
        U.append((slope + sum(C[i, j] / h * U[j] for j in range(i))) / (1.0 / (h * GAMMA) - 1j * speed))
    return abs(1.0 + sum(A[5, j] * U[j] for j in range(5)) + U[5])


def test_steps_are_so_short_that_fast_coherences_decay() -> None:
    """The Jacobian is that of the start: beyond h = 0.175 coherences grow, whatever their speed."""
    assert amplification(LONGEST_STEP) == pytest.approx(0.71, abs=0.01)
    assert amplification(0.1749) < 1.0 < amplification(0.1752)
    assert amplification(0.2) == pytest.approx(amplification(0.2, speed=1e6), rel=1e-3) == pytest.approx(1.68, abs=0.01)
    assert amplification(0.5) > 100.0
    assert all(
        amplification(LONGEST_STEP, k) < 1.0 for k in (-5.0, -3.0, 2.0)
    )  # matter and secret potentials; matter era


def test_fast_coherences_decay_in_a_run() -> None:
    """With steps of 0.2 those of the lowest momentum grew to 0.6 at 0.17 MeV: nu_mu 1.2, nu_tau -0.2 (OUT_OF_RANGE)."""
    quick, asked = Options(n_momenta=14, rtol=1e-3), Options(n_momenta=14, rtol=1e-3, max_step=0.5)
    run, longer = (solve(Mixing(), NSI(eps_L_ee=0.1, eps_R_tautau=0.1), options) for options in (quick, asked))
    assert run.status.ok
    assert longer.N_eff == run.N_eff
    U, late = run.mixing.U, run.T.value < 1.0
    rho = U.conj().T @ run.rho_of(False)[late] @ U  # mass states; coherences of flavours ended above 3 MeV
    assert max(np.abs(rho[..., a, b]).max() for a, b in ((0, 1), (0, 2), (1, 2))) < 1e-4


@pytest.mark.parametrize("h_max", [0.15, 0.05])
def test_steps_end_at_x_fin_and_are_at_most_h_max(h_max: float) -> None:
    solution = solve(Mixing(), options=Options(n_momenta=8, max_step=h_max))
    steps = np.diff(np.log(solution.x))
    assert solution.x[-1] == pytest.approx(35.0, rel=1e-12)  # exact but for exp(ln x)
    assert np.all(steps > 0)
    assert steps.max() <= h_max * (1 + 1e-10)  # differences of logarithms
    assert steps.max() > 0.9 * h_max  # the limit is in use at late times


def test_smaller_tolerance_takes_more_steps() -> None:
    # fourth order: a hundredth of the tolerance is 100^(1/4) = 3.2 times the steps where the error limits them
    counts = [solve(Mixing(), options=Options(n_momenta=8, rtol=rtol)).stats.steps for rtol in (1e-5, 1e-7)]
    assert 1.5 < counts[1] / counts[0] < 5.0


def test_rotation_limiter_never_acts_without_a_resonance() -> None:
    # where it must act: tests/physics/test_oscillations.py
    mixing = Mixing(dm2_41="1 eV2", Ue4_sq=1e-3)
    loose, tight = (solve(mixing, options=Options(n_momenta=8, max_rotation=r)).stats for r in (1.0, 0.01))
    assert (tight.steps, tight.rejected) == (loose.steps, loose.rejected)


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("start", "end", "long", "jumps"),
    [
        (9.0, -9.0, False, True),  # eighteen widths D at once
        (1.4, -1.4, False, False),
        (9.0, 0.5, False, False),  # into the resonance: the error of the step decides
        (9.0, 0.5, True, True),  # not where steps are long
        (9.0, 4.1, True, False),  # half of the way
        (-9.0, -3.9, True, True),
        (1.1, -5.0, True, True),  # over it from outside
        (0.9, -5.0, True, False),  # out of it
        (4.0, 20.0, True, False),  # away from it
    ],
)
@pytest.mark.parametrize("coupling", [0.1, 0.6])
def test_how_overdamped_resonances_are_approached(
    start: float, end: float, long: bool, jumps: bool, coupling: float
) -> None:
    # D = 1; H_as = 0.6 is not overdamped, D < 2 |H_as|, so that the rotation of eigenstates decides
    before, after = (np.diag([0.0, -1e3, 1e3, d]).astype(complex) for d in (start, end))
    for H in (before, after):
        H[0, 3] = H[3, 0] = coupling
    kind = limits.resonance(before, after, 1.0, 1.0, long)
    assert kind == (limits.RESONANCE if coupling > 0.5 else limits.OVERDAMPED if jumps else limits.NO_RESONANCE)
    assert limits.resonance(before, after, 1e-9, 1.0, long) == limits.NO_RESONANCE  # diabatic


def test_cp_phases_cost_nothing() -> None:
    # A CP phase changes no time scale of the problem, so not the number of steps either (to 20%: the paths differ).
    real, complex_ = (Mixing(dm2_41="1 eV2", Ue4_sq=1e-3, Umu4_sq=2e-3, delta_24=d) for d in ("0 deg", "90 deg"))
    steps = [solve(mixing, options=Options(n_momenta=8)).stats.steps for mixing in (real, complex_)]
    assert steps[1] < 1.2 * steps[0]
