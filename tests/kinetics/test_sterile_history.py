"""The history of the sterile state: crossings and words of given numbers; terms of a run against closed forms."""

import numpy as np
import pytest

from boltzmann import Mixing, Options, solve
from boltzmann.constants import G_F, M_E, T_CMB_K
from boltzmann.dark.bath import sterile_density
from boltzmann.kinetics import sterile_history as history
from boltzmann.kinetics.evolution import density_matrices, state_vectors
from boltzmann.kinetics.layout import PASSIVE, PLASMA
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.plasma.background import temperature
from boltzmann.potentials import SecretVector
from boltzmann.solver.run import follow
from boltzmann.solver.start import initial_bath, initial_state
from boltzmann.solver.tables import build_tables
from boltzmann.units import from_natural
from tests.states import SECRET

T = np.geomspace(100.0, 0.01, 41)
VECTOR = SecretVector(coupling=1e-2, mediator_mass="10 MeV")
MIXING = Mixing(dm2_41="1 eV2", Ue4_sq=1e-2)


@pytest.fixture(scope="module")
def secret_run():
    return solve(MIXING, [VECTOR], Options(n_momenta=14, x_start=1e-3))  # so hot that mediators are massless


@pytest.fixture(scope="module")
def standard_run():
    return solve(MIXING, options=Options(n_momenta=14))


def at(solution, T_mev: float) -> int:
    """Return the row nearest to a photon temperature."""
    return int(np.argmin(np.abs(np.log(solution.T.value / T_mev))))


# --- pure functions of arrays


def test_crossings_of_a_power_law_are_exact() -> None:
    # linear in both logarithms, as is the interpolation: rounding only
    assert history.crossings(T, (0.7 / T) ** 3, upwards=True) == pytest.approx([0.7], rel=1e-12)
    assert history.crossings(T, (T / 0.7) ** 3, upwards=False) == pytest.approx([0.7], rel=1e-12)


def test_crossings_know_their_direction_and_need_two_sides() -> None:
    assert history.crossings(T, (0.7 / T) ** 3, upwards=False).size == 0
    assert history.crossings(T, np.full(41, 3.0), upwards=True).size == 0
    assert history.crossings(T, np.zeros(41), upwards=True).size == 0


def test_every_crossing_is_found_in_the_order_of_time() -> None:
    up, down = (history.crossings(T, np.exp(np.sin(2.0 * np.log(T) - 1.0)), upwards=u) for u in (True, False))
    # sin(2 ln T - 1) = 0 at ln T = (1 + n pi)/2, rising with falling T for odd n; 41 points have steps of 0.23 in ln T,
    # 0.46 of the phase: the line misses the sine by at most 0.46^2/8
    expected = np.exp((1.0 + np.pi * np.arange(2, -4, -1)) / 2.0)
    assert up == pytest.approx(expected[1::2], rel=0.02)
    assert down == pytest.approx(expected[::2], rel=0.02)


def test_resonances_per_momentum() -> None:
    splitting = np.stack([np.log(T / 2.0), np.log(T / 2.0) * np.log(T / 0.3), np.ones(41)], axis=1)
    one, two, none = history.resonances(T, splitting)
    assert one == pytest.approx([2.0], rel=1e-12)
    # the second is quadratic in ln T: chord and parabola differ by up to h^2/4 = 0.0133, over a slope of ln(2/0.3) - h
    assert two == pytest.approx([2.0, 0.3], rel=0.008)
    assert none.size == 0


def test_free_streaming_redshift() -> None:
    redshift = np.geomspace(1e8, 1.0, 30) - 1.0
    falling = ((1.0 + redshift) / 1e5) ** 3
    assert history.free_streaming_redshift(redshift, falling) == pytest.approx(1e5 - 1.0, rel=1e-12)
    assert history.free_streaming_redshift(redshift, np.full(30, 2.0)) == 0.0
    assert history.free_streaming_redshift(redshift, np.full(30, 0.5)) == np.inf
    # a light mediator: collisions recouple at 1 + z = 1e6 and end at 1e3
    bump = np.minimum(1e6 / (1.0 + redshift), ((1.0 + redshift) / 1e3) ** 3)
    assert history.free_streaming_redshift(redshift, bump) == pytest.approx(999.0, rel=0.01)  # its kink is on no point


def test_late_hubble_rate_is_that_of_planck() -> None:
    # z_eq = 3402 +- 26 for omega_m = 0.1430 (arXiv:1807.06209 table 2)
    equality = 3402.0
    matter = history.OMEGA_M * (1.0 + equality) ** 3 * history.HUBBLE_TODAY**2
    total = history.late_hubble(np.array([0.0, equality]), 3.046) ** 2
    assert total[0] == pytest.approx(history.HUBBLE_TODAY**2, rel=1e-12, abs=0.0)
    assert total[1] / matter == pytest.approx(2.0, rel=26.0 / 3402.0)


def test_large_thermal_mass() -> None:
    thermal_mass = T / 5.0 / np.sqrt(6.0)  # e_s T_s = M at T = 5 MeV
    assert history.large_thermal_mass(T, thermal_mass) == pytest.approx(5.0, rel=1e-12)
    assert np.isnan(history.large_thermal_mass(T, 1e-6 * thermal_mass))


FACTS = history.Facts(0.18, 0.83, 0.83, 0.0, (0.55,), 0.02, False, 5e-5, 1e-20, 3e5, np.nan)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "Production before decoupling was suppressed: at T = 1 MeV"),
        ({"sterile_bbn": 0.5}, "was partial"),
        ({"sterile_bbn": 0.95}, "thermalised before decoupling"),
        ({"sterile_bbn": np.nan}, "ended before T = 1 MeV"),
        ({}, "faster than the expansion at T = 0.55 MeV; the sterile state equilibrated"),
        ({"recoupling": (1.2, 0.5), "sterile_end": 0.415}, "T = 1.2, 0.5 MeV; the sterile state reached 0.50"),
        ({"recoupling": ()}, "always slower"),
        ({}, "mediators have gone"),
        ({"mediators_end": 0.3}, "mediators are left (0.3000 of N_eff)"),
        ({}, "freely since redshift 3e+05"),
        ({"redshift": np.inf}, "freely all along"),
        ({"redshift": 0.0, "collisionality": 7.0}, "collide today, Gamma_s/H = 7"),
        ({"thermal_mass": 45.0}, "approximate above T = 45 MeV"),
        ({"T_end": 1e-6, "changing": True}, "T = 1 eV while the sterile state was still changing"),
        ({"T_end": 1e-6, "mass": 3.0}, "m_4 = 3 T: N_eff counts the momenta of nu_4, without its mass"),
    ],
)
def test_words(change: dict[str, object], words: str) -> None:
    text = history.describe(FACTS._replace(**change))
    assert words in text
    assert text.endswith(".")
    assert "= nan" not in text


# --- terms of a run


@pytest.mark.parametrize("interactions", [(), SECRET], ids=["standard", "secret"])
def test_state_vector_is_that_of_the_solver(interactions) -> None:
    tables = build_tables(MIXING, interactions, Options(n_momenta=8))
    u = initial_state(0.01, tables, ratio=0.5)
    rho = density_matrices(u[None], tables.grid, 4)[0]
    z = temperature(0.01, u[-PLASMA], tables.plasma)
    log_z, eta = initial_bath(0.01, 0.5, tables.dark.bath) if interactions else (0.0, 0.0)
    ours = state_vectors(np.array([0.01]), np.array([z]), rho[None], (np.array([log_z]), np.array([eta])), tables)[0]
    # rounding, and z from E by Newton's method to 1e-14
    assert ours[:-PASSIVE] == pytest.approx(u[:-PASSIVE], rel=1e-12, abs=1e-15)


def test_splitting_is_the_vacuum_term_in_the_end(standard_run) -> None:
    # at 20 keV thermal potentials, ~T^5 against 1/T, are 1e-13 of dm2/2p
    h, x = standard_run.sterile_history, standard_run.x[-1]
    M2 = (MIXING.U * MIXING.mass_squared) @ MIXING.U.conj().T
    vacuum = (M2[3, 3] - np.diag(M2)[:3]).real[None] / (2.0 * standard_run.y[:, None] * M_E / x)
    assert h.splitting[-1] == pytest.approx(vacuum, rel=1e-9, abs=0.0)
    assert not h.potential.any()
    assert not h.collisions.any()
    assert h.redshift.size == 0


@pytest.mark.parametrize(("p_over_T", "C"), [(1.0, 1.346), (3.15, 1.2104), (5.0, 1.223), (10.0, 1.258)])
def test_standard_conversion_rate(standard_run, p_over_T: float, C: float) -> None:
    # R = (Gamma/4) sin^2 2theta_m with Gamma = C_e G_F^2 p T^4 (fit of arXiv:2012.02726, C to four digits), at 5 MeV,
    # where D << V; V_z is that of H. Linear interpolation of C between 14 momenta, near its minimum: 2%. Conversion of
    # mu and tau, which mix through dm2_31/dm2_41 only, is 1e-6 of it.
    h, k = standard_run.sterile_history, at(standard_run, 5.0)
    temperature, x, y = standard_run.T[k].value, standard_run.x[k], standard_run.y
    p = y * M_E / x
    M2 = (MIXING.U * MIXING.mass_squared) @ MIXING.U.conj().T
    V_x = 2.0 * abs(M2[0, 3]) / (2.0 * p)
    sin2 = V_x**2 / (V_x**2 + h.splitting[k, :, 0] ** 2)
    C_here = np.interp(p_over_T, p / temperature, h.rates[k] / (0.25 * sin2 * G_F**2 * p * temperature**4))
    assert C_here == pytest.approx(C, rel=0.02)


def test_average_conversion(standard_run) -> None:
    h, k, y = standard_run.sterile_history, at(standard_run, 3.0), standard_run.y
    weight = standard_run.weights * y**2 * fermi_dirac(y)
    assert h.conversion[k] == pytest.approx(weight @ h.rates[k] / h.hubble[k] / weight.sum(), rel=1e-12)


def test_hubble_rate(standard_run) -> None:
    # H = 1.66 sqrt(g) T^2/m_Pl with g = 10.75 plus (3/4 of) 7/4 of the sterile at 1 MeV, less 1% for the electron mass
    h, k = standard_run.sterile_history, at(standard_run, 3.0)
    g = 10.75 + 1.75 * standard_run.energy_density("s")[k]
    ours = h.hubble[k] / (1.66 * np.sqrt(g) * standard_run.T[k].value ** 2 / 1.22089e22)
    assert ours == pytest.approx(1.0, abs=0.01)


def test_potential_and_rates_of_the_initial_bath(secret_run) -> None:
    # thermal, eta = 0: the public formulas of the interaction. V_s: the loop on 14 momenta, of the order of 3e-4;
    # Gamma_s: the same tables, but for sterile neutrinos whose number, T_s a = 0.465 on 14 momenta made for y^3 and
    # T a = 1, is 1.1e-3 too small by quadrature; rates go with its first to second power
    h, y, x = secret_run.sterile_history, secret_run.y, secret_run.x[0]
    k, T_s = from_natural(y * M_E / x, "MeV"), secret_run.T_s[0]
    assert h.potential[0] == pytest.approx(VECTOR.potential(k, T_s).to_value("MeV"), rel=1e-3)
    total = VECTOR.inverse_decay_rate(k, T_s) + VECTOR.scattering_rate(k, T_s)
    assert h.collisions[0] == pytest.approx(total.to_value("MeV"), rel=3e-3)


def test_collisions_today_are_contact_scattering(secret_run) -> None:
    # contact rate at T_s today, of the public formula; Hubble rate of Planck 2018. 1e-3: number of nu_s by quadrature
    # on 14 momenta, here at T_s a = 0.96, against that of the bath
    h, dark, y = secret_run.sterile_history, secret_run.dark, secret_run.y
    ratio = np.exp(dark.log_z[-1]) / secret_run.z[-1]
    today = from_natural(T_CMB_K * 8.617333262e-11, "MeV")
    rate = VECTOR.scattering_rate(y * np.exp(-dark.log_z[-1]) * ratio * today, ratio * today, relaxation=True)
    weight = secret_run.weights * y**2 * secret_run.rho[-1, 0, :, 3, 3].real
    expected = sterile_density(dark.eta[-1]) * weight @ rate.to_value("MeV") / weight.sum() / history.HUBBLE_TODAY
    assert h.collisionality[-1] == pytest.approx(expected, rel=1e-3, abs=0.0)


def test_collisionality_is_continuous_and_falls_as_T_cubed(secret_run) -> None:
    h, n = secret_run.sterile_history, secret_run.x.size
    log_a, log_rate = -np.log1p(h.redshift), np.log(h.collisionality)
    slope = np.diff(log_rate) / np.diff(log_a)
    # contact rate ~T^5 over H ~T^2; matter in H, which runs leave out: 3400/(2(1+z)) = 3e-5 at the run's end, 8e7, over
    # a first step of 0.045 in ln a: 1e-3
    assert h.redshift[n] > 5e7
    assert slope[n - 1] == pytest.approx(-3.0, abs=2e-3)
    assert h.redshift[-1] == pytest.approx(0.0, abs=1e-9)


def test_an_empty_dark_sector_has_a_history() -> None:
    empty = SecretVector(coupling=1e-2, mediator_mass="10 MeV", T_s_over_T=0.0)
    solution = solve(MIXING, [empty], Options(n_momenta=8, signs="same"))
    h = solution.sterile_history
    assert all(np.all(np.isfinite(values)) for values in h)
    assert np.all(h.collisionality >= 0.0)
    assert 0.0 < solution.free_streaming_redshift < np.inf


def test_as_many_late_points_as_are_needed(secret_run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between powers of x and the exponential end of inverse decays lines in logarithms are good to 1e-5."""
    used = secret_run.free_streaming_redshift
    monkeypatch.setattr(history, "LATE_POINTS", 16 * history.LATE_POINTS)
    fine = follow(secret_run)
    assert used == pytest.approx(history.free_streaming_redshift(fine.redshift, fine.collisionality), rel=1e-4)


def test_collision_matrix_has_the_damping_of_the_default() -> None:
    # R is that of the default's damping rates in both modes: the same state gives the same history
    options = Options(n_momenta=8, coherence="matrix", max_steps=30)
    solution = solve(MIXING, options=options)
    default = build_tables(MIXING, (), Options(n_momenta=8))
    none = np.zeros(solution.x.size)
    expected = history.follow(solution.x, solution.z, solution.rho, (none, none), default)
    assert solution.sterile_history.rates == pytest.approx(expected.rates, rel=1e-12, abs=0.0)


def test_the_vector_has_two_resonances_per_momentum(secret_run) -> None:
    # V_s changes from + to - as T_s falls below M/5, and vacuum wins over it later (arXiv:1310.6337)
    for k, temperatures in zip(secret_run.y, secret_run.resonances, strict=True):
        assert temperatures.size == 2, k
    # momentum dependence of the zero of V_s: M/T_s = 1.563, 2.968, 5.137, 8.896 at k/T_s = 0.3, 1, 3.15, 10
    first = np.array([temperatures[0].value for temperatures in secret_run.resonances])
    ratio = np.interp(-first, -secret_run.T.value, secret_run.T_s_over_T)
    kappa = secret_run.y / np.interp(-first, -secret_run.T.value, np.exp(secret_run.dark.log_z))
    expected = np.interp(kappa, [0.3, 1.0, 3.15, 6.77, 10.0, 20.0], [1.563, 2.968, 5.137, 7.343, 8.896, 12.570])
    thermal = kappa < 6.77  # spectra are thermal there; linear interpolation of the table: 6%
    assert (10.0 / (ratio * first))[thermal] == pytest.approx(expected[thermal], rel=0.06)
