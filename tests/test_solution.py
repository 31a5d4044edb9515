"""What a `Solution` says of a history that is known: hand-made ones of tests/solutions.py and one short run."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boltzmann import Mixing, Options, ParameterError, solve
from boltzmann.constants import M_E
from boltzmann.momentum import fermi_dirac
from boltzmann.solution import Status
from tests.solutions import Z_STANDARD, solution_with

STERILE = Mixing(dm2_41="1.3 eV2", Ue4_sq=0.02, Umu4_sq=0.01, delta_24="90 deg")


@pytest.fixture(scope="module")
def run():
    return solve(STERILE, options=Options(n_momenta=8))


def distorted(k: int, amount: float = 0.05):
    return lambda y: fermi_dirac(y) * (1 + amount * k * y / 10)


def test_shapes(run) -> None:
    n_x, N, n = run.x.size, 8, 4
    assert run.z.shape == run.T.shape == (n_x,)
    assert run.y.shape == run.weights.shape == (N,)
    assert run.rho.shape == (n_x, 1, N, n, n)
    assert run.rho.dtype == np.complex128
    assert n_x == run.stats.steps + 1  # the start and every step
    assert run.energy_density("s").shape == (n_x,)
    assert run.spectrum("s").shape == (N,)


def test_three_states_have_no_sterile() -> None:
    solution = solve(Mixing(), options=Options(n_momenta=8))
    assert solution.rho.shape[1:] == (1, 8, 3, 3)
    assert solution.m_eff.to_value("eV") == 0.0
    for state in ("s", 4):
        with pytest.raises(ParameterError, match="e, mu, tau"):
            solution.spectrum(state)


def test_inputs_are_kept(run) -> None:
    assert run.mixing == STERILE
    assert run.options == Options(n_momenta=8)
    assert run.interactions == ()


def test_frozen(run) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.z = run.z
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.stats.steps = 0


def test_run_starts_in_equilibrium_without_steriles_and_coherence(run) -> None:
    first, z = run.rho[0, 0], run.z[0]
    active = np.diag([1.0, 1.0, 1.0, 0.0])
    assert first == pytest.approx(fermi_dirac(run.y / z)[:, None, None] * active, rel=1e-12)
    assert run.x[0] == pytest.approx(1e-3, rel=1e-12)


def test_photon_temperature(run) -> None:
    assert run.T.to_value("MeV") == pytest.approx(run.z * M_E / run.x, rel=1e-14)
    assert np.all(np.diff(run.T.value) < 0)


def test_hermitian(run) -> None:
    assert np.array_equal(run.rho, np.conj(np.swapaxes(run.rho, -1, -2)))


def test_mass_and_flavour_spectra_share_one_total(run) -> None:
    flavours = sum(run.spectrum(a) for a in ("e", "mu", "tau", "s"))
    assert sum(run.spectrum(k) for k in (1, 2, 3, 4)) == pytest.approx(flavours, rel=1e-12)
    assert np.trace(run.rho[-1, 0], axis1=-2, axis2=-1).real == pytest.approx(flavours, rel=1e-12)


def test_contributions_add_to_N_eff(run) -> None:
    assert sum(run.N_eff_of(a) for a in ("e", "mu", "tau", "s")) == pytest.approx(run.N_eff, rel=1e-12)
    assert sum(run.N_eff_of(k) for k in (1, 2, 3, 4)) == pytest.approx(run.N_eff, rel=1e-12)


def test_delta_N_eff_counts_from_three_states_with_the_same_options(run) -> None:
    assert run.delta_N_eff == run.N_eff - solve(Mixing(), options=Options(n_momenta=8)).N_eff


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_spectra_of_known_mass_states(k: int) -> None:
    solution = solution_with(STERILE, [distorted(j) for j in (1, 2, 3, 4)])
    assert solution.spectrum(k) == pytest.approx(distorted(k)(solution.y), rel=1e-12)
    assert solution.spectrum_at(k, [0.5, 7.0]) == pytest.approx(distorted(k)(np.array([0.5, 7.0])), rel=1e-10)


@pytest.mark.parametrize(("a", "flavour"), [(0, "e"), (1, "mu"), (2, "tau"), (3, "s")])
def test_flavour_spectra_weigh_mass_states_by_mixing(a: int, flavour: str) -> None:
    solution = solution_with(STERILE, [distorted(j) for j in (1, 2, 3, 4)])
    expected = sum(abs(STERILE.U[a, j]) ** 2 * distorted(j + 1)(solution.y) for j in range(4))
    assert solution.spectrum(flavour) == pytest.approx(expected, rel=1e-12)


def test_spectrum_at_the_nodes_is_the_spectrum(run) -> None:
    for state in ("e", "s", 4):
        assert run.spectrum_at(state, run.y) == pytest.approx(run.spectrum(state), rel=1e-12)


@settings(max_examples=30)
@given(y=st.lists(st.floats(0.0, 60.0), min_size=1, max_size=20))
def test_spectrum_at_any_momentum_obeys_pauli(y: list[float]) -> None:
    f = solution_with(STERILE).spectrum_at("s", y)
    assert f.shape == (len(y),)
    assert np.all((f >= 0) & (f <= 0.5 * (1 + 1e-12)))


@settings(max_examples=30)
@given(z=st.floats(1.34, 1.45), fraction=st.floats(0.0, 1.0))
def test_N_eff_of_a_partly_thermal_sterile(z: float, fraction: float) -> None:
    # N_eff = (3 + fraction)(instantaneous z/z)^4; the tail of the spectrum beyond y = 20 holds 3.4e-6
    solution = solution_with(STERILE, [fermi_dirac] * 3 + [lambda y: fraction * fermi_dirac(y)], z=z)
    unit = ((11 / 4) ** (1 / 3) / z) ** 4
    assert solution.N_eff == pytest.approx((3 + fraction) * unit, rel=3.4e-6)
    assert solution.N_eff_of(4) == pytest.approx(fraction * unit, rel=3.4e-6, abs=1e-12)


def test_energy_density_is_in_units_of_a_thermal_flavour() -> None:
    solution = solution_with(STERILE, [fermi_dirac] * 3 + [lambda y: 0.4 * fermi_dirac(y)])
    for flavour in ("e", "mu", "tau"):
        assert solution.energy_density(flavour)[0] == pytest.approx(1.0, rel=3.4e-6)  # tail, as above
    assert solution.energy_density("s")[0] == 0.0
    assert solution.energy_density(4)[-1] == pytest.approx(0.4, rel=3.4e-6)


def test_m_eff_of_a_thermal_state_follows_its_temperature() -> None:
    # 94.1 eV Omega h^2 = m_4 (T_nu/T_gamma)^3 (11/4): the unit means m_4 at instantaneous decoupling, to the digits of
    # 94.1 (1e-3; derived in SI units in tests/test_observables.py)
    solution = solution_with(Mixing(dm2_41="1 eV2", Ue4_sq=0.01))
    expected = (11 / 4) / Z_STANDARD**3 * solution.mixing.m4.to_value("eV")
    assert solution.m_eff.to_value("eV") == pytest.approx(expected, rel=1e-3)


def test_m_eff_counts_the_kinetic_energy_of_light_states() -> None:
    # m_4 = 3 meV and k T_nu = 0.17 meV today: sqrt(p^2 + m^2) adds <p^2>/2m^2 = 6.47 (T/m)^2 = 2%
    light = Mixing(dm2_41="1e-5 eV2", Ue4_sq=0.01)
    heavy = solution_with(Mixing(dm2_41="1 eV2", Ue4_sq=0.01)).m_eff.to_value("eV")
    mass = light.m4.to_value("eV")
    kinetic = 6.47 * (2.7255 * 8.617e-5 / Z_STANDARD / mass) ** 2
    # next order of the expansion in (T/m)^2: a tenth of the term
    assert solution_with(light).m_eff.to_value("eV") / (heavy * mass) - 1 == pytest.approx(kinetic, rel=0.1)


def test_repr_says_what_a_person_wants(run) -> None:
    text = repr(run)
    assert f"N_eff = {run.N_eff:.4f}" in text
    for part in ("mu ", "m_eff", "dm2_41='1.3 eV2'", "n_momenta=8", "SUCCESS", f"{run.stats.steps} steps", "s CPU"):
        assert part in text
    assert len(text.splitlines()) < 10


@pytest.mark.parametrize("status", Status)
def test_status_is_a_sentence_and_only_success_is_ok(status: Status) -> None:
    assert status.value.endswith(".")
    assert status.ok is (status is Status.SUCCESS)
    assert status.value in repr(solution_with(STERILE, status=status))


@pytest.mark.parametrize("state", ["nu_e", "", 0, 5, -1, 1.0, None, ("e",)])
def test_unknown_states_are_refused(state) -> None:
    with pytest.raises(ParameterError, match="does not exist"):
        solution_with(STERILE).spectrum(state)
