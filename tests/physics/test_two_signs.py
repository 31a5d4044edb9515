"""Nonlinear growth of an asymmetry: the package against momentum-resolved, quasi-static equations of both signs."""

from functools import cache

import numpy as np
import pytest

from boltzmann import Asymmetry, Mixing, Options, Solution
from boltzmann.potentials import SecretVector
from boltzmann.solver import integrate
from tests import two_signs as ts
from tests.quasistatic_rates import fermi

MUON = ts.mass_matrix(1.0, mu=0.01)
SEED = 6e-10  # of a species, about that of baryons
START = {100: 6.0, 300: 10.0, 1000: 25.0}  # T_gamma [MeV], before production


def point(M: float, **changes) -> ts.Point:
    return ts.Point(**{"e_s": 0.1, "M": M, "squared": MUON, "T_start": START[M], "seed": SEED, "n": 24} | changes)


# --- the second road by itself ---------------------------------------------------------------------------------------


@cache
def early(seed: float) -> ts.History:
    return ts.evolve(point(300, T_start=5.0, seed=seed, n=12), 3.3)


def test_opposite_seeds_are_mirror_images():
    plus, minus = early(1e-6), early(-1e-6)
    assert abs(plus.L[-1, 3]) > 100 * 1e-6  # it has grown
    np.testing.assert_allclose(minus.L[-1], -plus.L[-1], rtol=1e-6)  # every term is odd or even; rounding of LU
    np.testing.assert_allclose(minus.energy[-1], plus.energy[-1], rtol=1e-9)


def test_sum_of_asymmetries_is_conserved():
    run = early(1e-6)
    total = (run.L * run.z[:, None] ** 3).sum(axis=1)
    np.testing.assert_allclose(total, total[0], atol=1e-9 * np.abs(run.L).max())  # a linear invariant: rounding


def test_weak_collisions_conserve():
    y, w = ts.qs.momenta(20)
    weak = ts.Weak(2.0, y / 0.5, 1.0, y, w, 1e-21)
    S = fermi(y) * np.array([[0.9], [0.97], [1.02]]) * (1 + 0.05 * np.sin(y))
    among = weak.among_neutrinos(S)
    scale = np.abs(weak.neutrinos).max()
    np.testing.assert_allclose(among @ weak.number, 0, atol=1e-13 * scale)
    assert abs((among @ w).sum()) < 1e-12 * scale
    np.testing.assert_allclose(weak.odd(S - fermi(y)) @ weak.number, 0, atol=1e-13 * scale)
    np.testing.assert_allclose(weak.even(np.tile(fermi(y), (3, 1))), 0, atol=1e-13 * scale)  # equilibrium


def test_jacobian():
    model = ts.Model(point(300, n=10))
    _, u = model.start()
    log_a, n, rng = ts.qs.log_scale_factor(4.0), 10, np.random.default_rng(0)
    u[: 3 * n] *= 1 - 0.01 * rng.random(3 * n)
    u[4 * n : 8 * n] = 1e-3 * rng.standard_normal(4 * n) * np.tile(fermi(model.y), 4)
    u[-1] = 2e-4
    direct = np.empty((u.size, u.size))
    for j in range(u.size):
        step = np.zeros(u.size)
        step[j] = 1e-5 * max(abs(u[j]), 1e-3)
        direct[:, j] = (model.rhs(log_a, u + step) - model.rhs(log_a, u - step)) / (2 * step[j])
    largest = np.abs(direct).max(axis=1, keepdims=True)
    # weak ones are those at equilibrium, and H has none: percents of their rows
    assert np.max(np.abs(model.jacobian(log_a, u) - direct) / largest) < 0.05


def test_balance_after_growth():
    """The asymmetry that has grown is an attractor: dn/dt has its sign below, and the opposite one far above."""
    run = ts.evolve(point(300, T_start=5.0, seed=1e-6, n=12), 3.0)
    model = ts.Model(point(300, n=12))
    log_a = ts.qs.log_scale_factor(3.0)

    def slope(factor: float) -> float:
        u = run.states[-1].copy()
        u[7 * 12 : 8 * 12] *= factor
        u[-1] *= factor
        return float(model.rhs(log_a, u)[-1] / run.states[-1][-1])

    assert slope(0.5) > 0.0
    print([slope(x) for x in (0.02, 0.1, 0.5, 0.8, 0.9, 1.0, 1.1, 1.5, 2.0, 3)])
    assert slope(3.0) < 0.0


# --- against the package ---------------------------------------------------------------------------------------------


@cache
def package(M: float, both: bool) -> Solution:
    mixing = Mixing(dm2_41="1 eV2", Umu4_sq=0.01)
    vector = (SecretVector(0.1, f"{M} MeV", T_s_over_T=0.465),)
    return integrate(mixing, vector, Options(max_steps=8000), None, Asymmetry() if both else None)


@cache
def second(M: float, T_end: float, both: bool) -> ts.History:
    return ts.evolve(point(M), T_end, odd=both)


def energy(M: float, both: bool, T: float) -> float:
    solution = package(M, both)
    return solution.at(T, solution.energy_density("s") / solution.z**4)
