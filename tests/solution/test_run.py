"""What a `Solution` says of a history that is known: hand-made ones of tests/solutions.py and one short run."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boltzmann import Mixing, Options, ParameterError, UnfinishedWarning, solve
from boltzmann.constants import M_E, NEUTRINO_DENSITY
from boltzmann.kinetics.status import Status
from boltzmann.kinetics.sterile_history import Collisions, DarkHistory, SterileHistory
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.potentials import SecretVector
from boltzmann.units import Quantity
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
    assert run.options == Options(n_momenta=8, rtol=3e-4, x_start=3e-3, coherence="exact")  # as used
    assert run.interactions == ()


def test_frozen(run) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.z = run.z
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.stats.steps = 0


def test_run_starts_in_equilibrium_without_steriles_and_coherence(run) -> None:
    first, z = run.rho[0, 0], run.z[0]
    active = np.diag([1.0, 1.0, 1.0, 0.0])
    # z from the energy by the plasma's table, 1e-10
    assert first == pytest.approx(fermi_dirac(run.y / z)[:, None, None] * active, rel=1e-9)
    assert run.x[0] == pytest.approx(3e-3, rel=1e-12)


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


def test_density_of_each_mass_state() -> None:
    """Omega h^2 = m/94.06 eV of Fermi-Dirac at (4/11)^(1/3); relativistic states have 7/8 (4/11)^(4/3) of photons."""
    solution = solution_with(Mixing(dm2_41="1 eV2", Ue4_sq=0.01, lightest_mass="0.1 eV"))
    colder = (11 / 4) / Z_STANDARD**3
    for k, mass in enumerate(solution.mixing.masses.to_value("eV"), start=1):
        assert solution.Omega_h2(k) == pytest.approx(mass / 94.06 * colder, rel=1e-4)
        assert solution.m_eff_of(k).to_value("eV") == pytest.approx(94.1 * solution.Omega_h2(k), rel=1e-12)
    assert solution.m_eff == solution.m_eff_of(4)
    assert solution.dark_matter_share == solution.Omega_h2(4) / 0.1201
    massless = solution_with(Mixing())
    photons = 2.473e-5  # Omega_gamma h^2 of 2.7255 K
    expected = photons * 7 / 8 * (4 / 11) ** (4 / 3) * massless.N_eff_of(1)
    assert massless.Omega_h2(1) == pytest.approx(expected, rel=1e-3)
    assert massless.m_eff_of(1).to_value("eV") == 0.0


def test_flavours_have_no_density_of_matter() -> None:
    solution = solution_with(Mixing(dm2_41="1 eV2", Ue4_sq=0.01))
    for read in (solution.Omega_h2, solution.m_eff_of):
        with pytest.raises(ParameterError, match="state = 's' is a flavour, which has no mass; use a mass state"):
            read("s")
        with pytest.raises(ParameterError, match="state = 5 does not exist here"):
            read(5)


def test_masses_of_the_equivalent_states() -> None:
    """arXiv:1807.06209 sec. 7.5.3: a thermal state has T_4 = N^(1/4) T_nu, Dodelson and Widrow's N of the spectrum."""
    mixing = Mixing(dm2_41="1 eV2", Ue4_sq=0.01)
    diluted = solution_with(mixing, [fermi_dirac] * 3 + [lambda y: 0.2 * fermi_dirac(y)], z=(11 / 4) ** (1 / 3))
    assert diluted.m_DW.to_value("eV") == pytest.approx(1.0, rel=1e-3)
    assert diluted.m_thermal.to_value("eV") == pytest.approx(0.2**0.25, rel=1e-3)
    colder = solution_with(mixing, [fermi_dirac] * 3 + [lambda y: fermi_dirac(y / 0.5)], z=(11 / 4) ** (1 / 3))
    assert colder.m_thermal.to_value("eV") == pytest.approx(1.0, rel=1e-3)
    assert solution_with(Mixing()).m_thermal.to_value("eV") == 0.0
    assert solution_with(Mixing()).dark_matter_share == 0.0


def test_sum_of_the_active_masses_is_weighted_by_their_numbers() -> None:
    mixing = Mixing(lightest_mass="0.1 eV")
    standard = (1.0102 * 4 / 11) ** (1 / 3)  # spectra with the number of a standard neutrino
    solution = solution_with(mixing, z=1 / standard)
    assert solution.sum_m_nu.to_value("eV") == pytest.approx(mixing.masses.to_value("eV").sum(), rel=1e-5)
    half = solution_with(mixing, [lambda y: 0.5 * fermi_dirac(y)] * 3, z=1 / standard)
    assert half.sum_m_nu.value == pytest.approx(0.5 * solution.sum_m_nu.value, rel=1e-9)


@pytest.mark.filterwarnings("ignore::boltzmann.parameters.ValidityWarning")  # it is far beyond 100 eV2
def test_mass_counts_where_the_run_ends_slow() -> None:
    """10 keV at T = 15 keV: Omega h^2 is m n, N_eff that of the momenta, and the run says so."""
    mixing = Mixing(dm2_41="1e8 eV2", Umu4_sq=1e-10)
    solution = solve(mixing, options=Options(n_momenta=10))
    assert solution.Omega_h2(4) == pytest.approx(1e4 / 94.06 * solution.number_density_of(4), rel=1e-4)
    assert any(
        "no longer relativistic: N_eff counts its energy as p, without mass" in text for text in solution.validity
    )


def test_text_has_the_masses(run) -> None:
    text = repr(run)
    assert f"m_eff of nu_1, nu_2, nu_3: 0, {run.m_eff_of(2).value:.3g}, {run.m_eff_of(3).value:.3g} eV" in text
    assert f"Omega_4 h^2 = {run.Omega_h2(4):.3g} ({run.dark_matter_share:.2g} of the dark matter)" in text
    assert "nu_4 as matter" in run._repr_html_()


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


# --- N_eff along the run


def test_N_eff_of_three_neutrinos_along_the_run() -> None:
    run = solve(Mixing(), options=Options(n_momenta=12))
    # in equilibrium 3 (1 + 0.24%)^(4/3) because of QED (tests/test_observables.py). 1e-4: muons at the start take no
    # part in T_nu = T_gamma, and m_e/T = 3e-3 gives 1e-6; interpolation of the plasma's energy 1e-5
    assert run.N_eff_history[0] == pytest.approx(3.0097, rel=3e-4)
    assert run.N_eff_at(run.T[-1]) == pytest.approx(run.N_eff, rel=1e-6)  # e^-25 of the electrons are left
    # energy of the neutrinos is conserved after decoupling; a few 1e-4 of their heating is later than 0.07 MeV
    assert run.N_eff_bbn.nucleosynthesis == pytest.approx(run.N_eff, abs=1e-3)
    assert run.N_eff_history[0] < run.N_eff_bbn.weak_freeze_out < run.N_eff


@pytest.mark.parametrize("T", [Quantity("1 GeV"), Quantity("1 eV"), Quantity([1.0, 2.0], "MeV"), Quantity("1 s"), 1.0])
def test_N_eff_beyond_the_run_is_refused(run, T) -> None:
    with pytest.raises(ParameterError, match=r"allowed|needed"):
        run.N_eff_at(T)


def test_N_eff_between_points_is_monotone(run) -> None:
    between = [run.N_eff_at(Quantity(T, "MeV")) for T in np.sqrt(run.T.value[:-1] * run.T.value[1:])]
    low, high = np.minimum(*pairs(run.N_eff_history)), np.maximum(*pairs(run.N_eff_history))
    assert np.all((between >= low - 1e-12) & (between <= high + 1e-12))


def pairs(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return values[:-1], values[1:]


# --- the dark sector of hand-made solutions

BATH = DarkHistory(np.log([0.5, 0.6, 0.7]), np.array([0.0, 0.1, -0.2]), NEUTRINO_DENSITY * np.array([1.0, 0.5, 0.25]))


def history_with(**fields: np.ndarray) -> SterileHistory:
    empty = {name: np.zeros(3) for name in SterileHistory._fields}
    return SterileHistory(**{**empty, **fields})


def test_mediators_count_in_N_eff() -> None:
    without, with_mediators = solution_with(STERILE), solution_with(STERILE, dark=BATH)
    unit = without.N_eff_of(4)
    assert with_mediators.N_eff - without.N_eff == pytest.approx(0.25 * unit, rel=1e-5)  # tail of nu_4 beyond y = 20


def test_dark_temperature() -> None:
    solution = solution_with(STERILE, dark=BATH)
    assert solution.T_s_over_T == pytest.approx(np.array([0.5, 0.6, 0.7]) / solution.z, rel=1e-14)
    ratio = (solution.T_s / solution.T).to_value("")
    assert ratio == pytest.approx(solution.T_s_over_T, rel=1e-14)


def test_m_eff_is_the_number_of_nu_4_times_its_mass() -> None:
    solution = solution_with(STERILE, [fermi_dirac] * 3 + [lambda y: 0.75 * fermi_dirac(y)])
    number = solution.number_density_of(4)
    assert number == pytest.approx(0.75 * 2.75 / Z_STANDARD**3, rel=1e-8)  # tests/test_observables.py
    # 94.1 has three digits
    assert solution.m_eff.to_value("eV") == pytest.approx(number * solution.mixing.m4.to_value("eV"), rel=1e-3)


def test_published_number_conserving_map() -> None:
    z = (11 / 4) ** (1 / 3)
    solution = solution_with(STERILE, [fermi_dirac] * 3 + [lambda y: 0.0 * y], z=z, dark=BATH)
    assert solution.N_eff_number_conserved == pytest.approx(4 * 0.75 ** (4 / 3), rel=1e-7)  # as above
    assert solution.N_eff == pytest.approx(3.25, rel=4e-6)  # what the solution holds is another matter; tail, as above


def test_recoupling_and_resonances_of_a_known_history() -> None:
    # T = 511, 5.11, 0.0204 MeV; conversion crosses 1 in the middle (in ln) of the first step, and back in the second
    y = solution_with(STERILE).y
    splitting = np.ones((3, y.size, 3)) * np.array([1.0, 1.0, -1.0])[:, None, None]
    known = history_with(conversion=np.array([1e-2, 1e2, 1e-2]), splitting=splitting)
    solution = solution_with(STERILE, history=known)
    T = solution.T.value
    assert solution.recoupling_temperatures.to_value("MeV") == pytest.approx([np.sqrt(T[0] * T[1])], rel=1e-12)
    assert solution.decoupling_temperatures.to_value("MeV") == pytest.approx([np.sqrt(T[1] * T[2])], rel=1e-12)
    assert len(solution.resonances) == y.size
    assert solution.resonances[3].to_value("MeV") == pytest.approx([np.sqrt(T[1] * T[2])], rel=1e-12)


@pytest.mark.parametrize(
    ("collisionality", "regime", "redshift"),
    [
        ([1e3, 1e-3], Collisions.FREE_STREAMING, 1e3 - 1.0),
        ([1e3, 10.0], Collisions.COLLISIONAL, 0.0),
        ([1e-3, 1e-5], Collisions.FREE_STREAMING, np.inf),
    ],
)
def test_regime_today(collisionality: list[float], regime: Collisions, redshift: float) -> None:
    known = history_with(redshift=np.array([1e6 - 1.0, 0.0]), collisionality=np.array(collisionality))
    solution = solution_with(STERILE, dark=BATH, history=known)
    assert solution.collisionality_today == collisionality[-1]
    assert solution.regime_today is regime
    assert regime.value.endswith(".")
    assert solution.free_streaming_redshift == pytest.approx(redshift, rel=1e-12)


def test_rate_sensitivity_is_a_central_difference() -> None:
    solution = solution_with(STERILE, dark=BATH, rescaled=lambda _, factor: 3.1 + 0.25 * np.log(factor))
    assert solution.secret_rate_sensitivity() == pytest.approx(0.25, rel=1e-12)


DARK_ONLY = [
    "T_s",
    "T_s_over_T",
    "collisionality_today",
    "regime_today",
    "free_streaming_redshift",
    "N_eff_number_conserved",
    "regime",
]


@pytest.mark.parametrize("name", DARK_ONLY)
def test_no_dark_sector_is_said(run, name: str) -> None:
    with pytest.raises(ParameterError, match=r"no secret interaction.*SecretVector\("):
        getattr(run, name)


def test_no_dark_sector_has_no_rate_sensitivity(run) -> None:
    with pytest.raises(ParameterError, match="no secret interaction"):
        run.secret_rate_sensitivity()
    assert "T_s" not in repr(run)


@pytest.mark.parametrize("name", ["recoupling_temperatures", "decoupling_temperatures", "resonances"])
def test_three_states_have_no_conversion(name: str) -> None:
    with pytest.raises(ParameterError, match="dm2_41 = None"):
        getattr(solution_with(Mixing()), name)


def test_standard_run_has_a_history_too(run) -> None:
    # dm2_41 = 1.3 eV2 and |U|^2 ~ 1e-2 thermalise before decoupling; dm2_41 > 0 has no resonance (V_a < 0)
    assert run.recoupling_temperatures.size == 1
    assert run.recoupling_temperatures[0] > run.decoupling_temperatures[0]
    assert all(T.size == 0 for T in run.resonances)


# --- a run with a dark sector


@pytest.fixture(scope="module")
def secret_run():
    return solve(Mixing(dm2_41="1 eV2", Ue4_sq=0.01), [SecretVector(1e-2, "10 MeV")], Options(n_momenta=12))


def test_late_equilibration_keeps_N_eff() -> None:
    # without weak collisions, and once mediators have gone (e^(-M/T_s) = 1e-12 at 0.5 MeV), oscillations and secret
    # collisions move half a species to the sterile state, but energy is conserved and N_eff with it. 1e-6: the phantom
    # energy of the bath, a millionth of a species, and the solver's plasma tables against `instantaneous_z`
    free = Options(n_momenta=12, collisions=False, muons=False, signs="same")
    solution = solve(Mixing(dm2_41="1 eV2", Ue4_sq=0.01), [SecretVector(1e-1, "10 MeV")], free)
    assert solution.N_eff_at(Quantity("0.5 MeV")) == pytest.approx(solution.N_eff, rel=1e-6)
    share = np.interp(-0.5, -solution.T.value, solution.energy_density("s"))
    assert solution.energy_density("s")[-1] > share + 0.4
    assert solution.N_eff_number_conserved < solution.N_eff - 0.01  # it would lose energy


def test_secret_run_says_what_happened(secret_run) -> None:
    assert 0.1 < secret_run.recoupling_temperatures[-1].value < 1.5  # arXiv:1605.06506: 0.2 to 1 MeV
    assert secret_run.regime_today is Collisions.FREE_STREAMING
    assert 1e6 < secret_run.free_streaming_redshift < 1e8
    text = repr(secret_run)
    for part in (secret_run.regime[:40], "T_s/T_gamma", "1 and 0.07 MeV", "SecretVector"):
        assert part in text
    assert max(map(len, text.splitlines())) < 200


def test_secret_run_shares_three_quarters(secret_run) -> None:
    # four states in equilibrium share the energy of three and the little that was produced before
    assert secret_run.N_eff_of("s") == pytest.approx(secret_run.N_eff / 4.0, rel=1e-3)
    assert 0.75 < secret_run.number_density_of(4) < 0.75 * secret_run.N_eff / 3.0 * 1.1


def test_rate_sensitivity_scales_the_rates_alone(secret_run) -> None:
    def scaled(factor: float) -> float:
        interaction = SecretVector(1e-2, "10 MeV", secret_rate_factor=factor)
        return solve(secret_run.mixing, [interaction], secret_run.options).N_eff

    assert secret_run.secret_rate_sensitivity() == (scaled(np.exp(0.2)) - scaled(np.exp(-0.2))) / 0.4


def test_interactions_without_a_scale_have_no_sensitivity() -> None:
    from tests.states import SECRET

    solution = solve(STERILE, SECRET, Options(n_momenta=8, max_steps=2))
    with pytest.raises(ParameterError, match="secret_rate_factor"):
        solution.secret_rate_sensitivity()


def test_unfinished_secret_run_can_be_shown() -> None:
    solution = solve(STERILE, [SecretVector(1e-2, "10 MeV")], Options(n_momenta=8, max_steps=5))
    assert "TOO_MANY_STEPS" in repr(solution)
    with pytest.warns(UnfinishedWarning, match="TOO_MANY_STEPS"):
        assert "ended before T = 1 MeV" in solution.regime
    with pytest.raises(ParameterError, match="range"):
        _ = solution.N_eff_bbn


def test_times_that_rounding_does_not_tell_apart() -> None:
    # steps of 1e-9 in ln x move T by less than rounding moves z
    run = solution_with(Mixing())
    twice = {name: np.repeat(getattr(run, name), 2, axis=0) for name in ("x", "z", "rho")}
    doubled = dataclasses.replace(run, **twice)
    assert doubled.at(1.0, np.repeat(run.x, 2)) == run.at(1.0, run.x)
