"""How N_eff of whole runs depends on every numerical choice. Errors of the five stated points: test_neff.py."""

import pytest

from boltzmann import Mixing, Options
from boltzmann.potentials import SecretVector
from tests.solutions import solve_same as solve

PARTIAL = Mixing(dm2_41="1 eV2", Ue4_sq=1e-3)
LIGHT = Mixing(dm2_41="0.01 eV2", Ue4_sq=1e-2)
RESONANT = Mixing(dm2_41="-0.1 eV2", Umu4_sq=1e-4)
NONRESONANT = pytest.mark.parametrize("mixing", [Mixing(), PARTIAL, LIGHT], ids=["three", "1 eV2", "0.01 eV2"])


def N_eff(mixing: Mixing, **options: object) -> float:
    solution = solve(mixing, options=Options(**options))
    assert solution.status.ok
    return solution.N_eff


@NONRESONANT
@pytest.mark.parametrize(
    ("options", "tolerance"),
    [
        ({"n_momenta": 14}, 4e-4),  # numerics.md sec. 2: 14 momenta 4e-4, 20 momenta 2e-4
        ({"n_momenta": 25, "y_max": 25.0}, 2e-4),  # the tail beyond y = 20 holds 3e-6 of the energy; grid error
        ({"rtol": 1e-3}, 3e-4),  # ten times the default's tolerance
        ({"max_step": 0.05}, 3e-5),  # fourth order: a third of the step, 1/80 of its error
        ({"atol": 1e-7}, 3e-5),  # below rtol times any population that counts
        ({"x_end": 39.0}, 1e-4),  # e+- annihilation is over: exp(-30) of it is left at x = 35
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else "",
)
def test_default_is_converged(mixing: Mixing, options: dict, tolerance: float) -> None:
    assert N_eff(mixing, **options) == pytest.approx(N_eff(mixing), abs=tolerance)


@NONRESONANT
def test_start_is_early_enough(mixing: Mixing) -> None:
    # T = 170 and 510 MeV: all active states are in equilibrium and nothing sterile has been produced
    early, late = (N_eff(mixing, x_start=x) for x in (1e-3, 3e-3))
    assert late == pytest.approx(early, abs=1e-5)


@pytest.mark.parametrize(
    "change", [{"rtol": 1e-5}, {"max_rotation": 0.02}, {"max_step": 0.05}], ids=lambda c: next(iter(c))
)
def test_steps_resolve_partial_resonant_conversion(change: dict) -> None:
    # Crossings at the edge between adiabatic and diabatic are the hardest; stepped over, they would cost up to 0.2.
    # rtol 1e-4 errs by 3e-4 (numerics.md sec. 6), three times that is allowed.
    assert N_eff(RESONANT, **change) == pytest.approx(N_eff(RESONANT), abs=1e-3)


# Limits from runs of a node's own populations with up to 104 momenta, asymmetry.md sec. 1 (its errors), or of three
# momenta numbers that agree, sec. 2: dm2 < 0 and the 4-3 resonance. The first is extrapolated like 1/N and too high
# (its error covers that; tests/kinetics/test_toy.py): bins have 3.6376, 3.6374, 3.6372, 3.6372 with 14, 20, 40, 60.
LIMITS = {
    "-1 eV2, mu": (Mixing(dm2_41="-1 eV2", Umu4_sq=1e-5), 3.640, 3e-3),
    "-1 eV2, e": (Mixing(dm2_41="-1 eV2", Ue4_sq=1e-6), 3.2036, 5e-4),
    "-0.01 eV2": (Mixing(dm2_41="-0.01 eV2", Umu4_sq=1e-5), 3.1362, 1e-3),
    "4-3": (Mixing(dm2_41="1e-4 eV2", Ue4_sq=0.01), 3.695, 3e-3),
    "4-3, heavier": (Mixing(dm2_41="1e-3 eV2", Ue4_sq=0.01), 3.8500, 1e-3),
}


@pytest.mark.parametrize("name", LIMITS)
def test_resonances_converge_with_few_momenta(name: str) -> None:
    # A node's populations instead of its bin's: 3.575, 3.592, 3.605 at the first point, 1e-3 of the tolerance and steps
    mixing, limit, error = LIMITS[name]
    coarse, fine = (N_eff(mixing, n_momenta=n) for n in (14, 28))
    assert coarse == pytest.approx(fine, abs=1e-3)
    assert N_eff(mixing) == pytest.approx(limit, abs=error + 1e-3)


def test_grid_resolves_partial_resonant_conversion() -> None:
    # numerics.md sec. 2: 1e-3 at 20 momenta with resonances
    assert N_eff(RESONANT, n_momenta=30) == pytest.approx(N_eff(RESONANT), abs=1e-3)


@pytest.mark.slow
def test_resonances_of_a_vector_with_few_secret_collisions_converge_more_slowly() -> None:
    # From above like 1/N: 4.102, 4.099, 4.097 (4.079, 4.083, 4.087 from below without bins); limit 4.097 +- 0.003
    vector = SecretVector(3e-5, "300 MeV")
    coarse, fine = (solve(Mixing(dm2_41="1 eV2", Umu4_sq=1e-4), vector, Options(n_momenta=n)).N_eff for n in (14, 28))
    assert 0.0 < coarse - fine < 6e-3
    assert fine == pytest.approx(4.097, abs=3e-3)
