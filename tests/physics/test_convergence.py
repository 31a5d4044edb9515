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


def with_grids(mixing: Mixing, vector: SecretVector) -> tuple[float, float]:
    """Return N_eff with 14 and 28 momenta."""
    coarse, fine = (solve(mixing, vector, Options(n_momenta=n)).N_eff for n in (14, 28))
    return coarse, fine


def test_resonances_of_a_vector_with_few_secret_collisions_converge() -> None:
    # 4.0987, 4.0974, 4.0968, 4.0965 with 14, 20, 28, 40; with the kinks of nu-nu kernels 4.101, 4.098, 4.097, 4.096
    coarse, fine = with_grids(Mixing(dm2_41="1 eV2", Umu4_sq=1e-4), SecretVector(3e-5, "300 MeV"))
    assert coarse == pytest.approx(fine, abs=3e-3)
    assert fine == pytest.approx(4.0965, abs=1.5e-3)


def test_flavours_share_what_a_vector_takes_from_one_as_in_the_continuum() -> None:
    # No resonance: the bath takes nu_mu, nu-nu collisions refill it; 4.3945, 4.3946, 4.3945 with 14, 20, 28;
    # with kinks 4.4078, 4.4018, 4.3983, 4.3967, and 4.3945 with 60
    vector = SecretVector(4.29e-5, "1.2435 MeV", T_s_over_T=0.1669)
    coarse, fine = with_grids(Mixing(dm2_41="2.1436 eV2", Umu4_sq=4.2716e-3), vector)
    assert coarse == pytest.approx(fine, abs=1e-3)


def test_bins_convert_once_where_secret_collisions_grow_from_node_to_node() -> None:
    # 3.937, 3.939, 3.941 with 14, 20, 28; nodes alone 3.947, 3.942, 3.939; bins of nodes that each forget at their own
    # rate 3.905, 3.923, 3.933
    vector = SecretVector(6.7633e-6, "51.62 MeV", T_s_over_T=0.41155)
    coarse, fine = with_grids(Mixing(dm2_41="0.16985 eV2", Ue4_sq=1.6074e-4), vector)
    assert coarse == pytest.approx(fine, abs=8e-3)
    assert fine == pytest.approx(3.940, abs=4e-3)
