"""A scalar that shifts the mass of nu_s: crossings, the field, frozen, averaged and resolved histories, input."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.special import gamma, jv

from boltzmann import Mixing, Options, ParameterError, solve
from boltzmann.constants import EV, M_E
from boltzmann.kinetics.field import Field, fill_mass
from boltzmann.kinetics.potential_terms import Terms
from boltzmann.parameters import Asymmetry
from boltzmann.potentials import LowReheating, SecretVector, UltralightScalar
from boltzmann.potentials.field_history import FIRST, LAST, background, log_x_at, oscillation
from boltzmann.potentials.ultralight_scalar import LATE, crossing, mass_matrix
from boltzmann.solution import Solution

ELECTRON = Mixing(dm2_41="1 eV2", Ue4_sq=0.01)
CAREFUL = Options(rtol=1e-4)
POINTS = {
    (1, "e", 0.01): ELECTRON,
    (1, "e", 0.001): Mixing(dm2_41="1 eV2", Ue4_sq=0.001),
    (1, "mu", 0.01): Mixing(dm2_41="1 eV2", Umu4_sq=0.01),
    (0.1, "e", 0.01): Mixing(dm2_41="0.1 eV2", Ue4_sq=0.01),
}


@cache
def frozen(shift: float, mixing: Mixing = ELECTRON, options: Options = CAREFUL) -> float:
    scalar = UltralightScalar(f"{shift} eV", "1e-20 eV", treatment="frozen")
    from boltzmann.solver.run import integrate

    return integrate(mixing, (scalar,), options).N_eff


def unwarned(mixing: Mixing, scalar: object, options: Options = CAREFUL) -> Solution:
    from boltzmann.solver.run import integrate

    return integrate(mixing, (scalar,), options)


@pytest.mark.parametrize(
    ("kappa", "P"), [(1e-3, 0.02599), (0.03, 0.21714), (0.1, 0.40510), (1.0, 0.83457), (10.0, 0.98058)]
)
def test_crossing_probability(kappa: float, P: float) -> None:
    assert crossing(kappa) == pytest.approx(P, rel=1e-3)  # another integration of the same equation


def test_limits_of_the_crossing_probability() -> None:
    assert crossing(1e-4) == pytest.approx(2.645 * 1e-4 ** (2.0 / 3.0), rel=5e-3)  # next order in kappa^(2/3)
    assert crossing(60.0) == pytest.approx(1.0 - np.pi / (16.0 * 60.0), abs=5e-5)  # kappa^-2
    assert crossing(1e3) == pytest.approx(1.0, abs=2e-4)


@dataclass(frozen=True)
class Ramp:
    """m_eff through zero at a constant rate per e-fold, at s0."""

    mixing: Mixing
    rate: float  # d m_eff/ds [MeV]
    s0: float

    def mass_term(self, mixing: Mixing) -> Field:
        M, s = mass_matrix(mixing), np.linspace(FIRST, LAST, 4000)
        m_s, m_D = M[3, 3].real, float(np.linalg.norm(M[:3, 3]))
        width = 100.0 * m_D
        m_eff = np.clip(self.rate * (self.s0 - s), -width, width)
        shift = m_eff - m_s
        linear = np.zeros((4, 4), complex)
        linear[:, 3] = M.conj()[3]
        quadratic = np.zeros((4, 4), complex)
        quadratic[3, 3] = 1.0
        bound = 0.1 * np.maximum(np.abs(m_eff), m_D / 3.0) / self.rate
        there = np.abs(self.rate * (self.s0 - s)) < 1.2 * width
        bound[~there] = 0.05 * width / self.rate
        return Field(
            s, np.stack([shift, 0.0 * shift]), bound, np.ascontiguousarray(linear + linear.conj().T), quadratic
        )


@pytest.mark.parametrize("speed", [60.0, 200.0])
def test_the_solver_crosses_zero_as_two_states_do(speed: float) -> None:
    """Without collisions, one ramp, each momentum its own kappa."""
    none = {"sin2_theta_12": 0.0, "sin2_theta_13": 0.0, "sin2_theta_23": 0.0}
    mixing = Mixing(**none, dm2_21="1e-16 eV2", dm2_31="2e-16 eV2", dm2_41="9e-6 eV2", Ue4_sq=1e-6)
    m_D, s0 = float(np.linalg.norm(mass_matrix(mixing)[:3, 3])), float(np.log(M_E / 0.1 * 1.2))
    run = unwarned(mixing, Ramp(mixing, speed * m_D, s0), Options(collisions=False, rtol=1e-4))
    assert run.status.ok
    hubble = np.interp(s0, np.log(run.x), hubble_of(run))
    kappas = m_D**3 / (2.0 * run.y * M_E / np.exp(s0) * hubble * speed * m_D)
    converted = run.rho[-1, 0, :, 3, 3].real / run.rho[0, 0, :, 0, 0].real
    expected = np.array([crossing(float(k)) for k in kappas])
    assert kappas.min() < 0.03
    assert kappas.max() > 0.3
    np.testing.assert_allclose(converted, expected, rtol=0.01)


def hubble_of(run: Solution) -> np.ndarray:
    from boltzmann.constants import HUBBLE_MASS, NEUTRINO_DENSITY
    from boltzmann.plasma.thermo import plasma_energy_density

    neutrinos = NEUTRINO_DENSITY * sum(run.energy_density(flavour) for flavour in run.mixing.flavours)
    plasma = run.z**4 * plasma_energy_density(run.x / run.z)
    return M_E**2 / run.x**2 * np.sqrt(plasma + neutrinos) / HUBBLE_MASS


def hubble_along(s: np.ndarray) -> np.ndarray:
    found = background()
    return np.exp(np.interp(s, found.log_x, np.log(found.hubble)))


def test_the_field_is_a_bessel_function_while_radiation_dominates() -> None:
    """Phi = 2^(1/4) Gamma(5/4) (mt)^(-1/4) J_1/4(mt) with t = 1/2H, while e+- are relativistic."""
    m = 1e-13 * EV
    s, phi, _ = oscillation(m, float(np.log(0.1)))
    mt = 0.5 * m / hubble_along(s)
    seen = mt > 0.05
    expected = 2**0.25 * gamma(1.25) * mt[seen] ** -0.25 * jv(0.25, mt[seen])
    np.testing.assert_allclose(phi[seen], expected, atol=5e-3)  # dlnH/ds = -2 up to (m_e/T)^2, 0.01


def test_the_amplitude_falls_with_the_volume() -> None:
    m = 1e-15 * EV
    s, phi, slope = oscillation(m, float(np.log(10.0)))
    late = s > np.log(5.0)
    energy = (phi**2 + (slope * hubble_along(s) / m) ** 2)[late] * np.exp(3.0 * s[late])
    assert np.ptp(energy) / energy.mean() < 0.05  # oscillates with H/m = 1/80
    half = energy.size // 2
    assert energy[:half].mean() == pytest.approx(energy[half:].mean(), rel=2e-3)


@pytest.mark.parametrize(
    ("point", "shift", "N_eff"),
    [
        # a prototype, 20 momenta, rtol 1e-4; its uncertainty is 5e-4
        ((1, "e", 0.01), 1, 4.0169),
        ((1, "e", 0.01), 10, 3.4774),
        ((1, "e", 0.01), 100, 3.0941),
        ((1, "e", 0.01), -100, 3.0952),
        ((1, "e", 0.001), 3, 3.1952),
        ((1, "e", 0.001), 30, 3.0627),
        ((1, "mu", 0.01), 10, 3.4553),
        ((1, "mu", 0.01), 100, 3.0821),
        ((0.1, "e", 0.01), 10, 3.1021),
        ((0.1, "e", 0.01), 100, 3.0492),
    ],
)
def test_frozen_fields_agree_with_the_prototype(point: tuple[float, str, float], shift: float, N_eff: float) -> None:
    assert frozen(shift, POINTS[point]) == pytest.approx(N_eff, abs=5e-4)


def test_a_frozen_field_is_a_heavier_state_with_less_mixing() -> None:
    """The shifted mass matrix, diagonalised: U and m^2 of another Mixing, here of two states that mix."""
    none = {"sin2_theta_12": 0.0, "sin2_theta_13": 0.0, "sin2_theta_23": 0.0}
    mixing = Mixing(**none, dm2_21="1e-9 eV2", dm2_31="1e-8 eV2", dm2_41="1 eV2", Ue4_sq=0.01)
    M = mass_matrix(mixing).real / EV
    M[3, 3] += 3.0
    m, U = np.linalg.eigh(M)
    heavy = np.argmax(np.abs(m))
    light = np.argmax(np.abs(U[0]))
    equivalent = Mixing(**none, dm2_21="1e-9 eV2", dm2_31="1e-8 eV2", dm2_41=f"{m[heavy] ** 2 - m[light] ** 2} eV2",
                        Ue4_sq=float(U[0, heavy] ** 2))  # fmt: skip
    # the lightest state, massless before, has got a mass of 0.007 eV
    assert frozen(3.0, mixing) == pytest.approx(solve(equivalent, options=CAREFUL).N_eff, abs=2e-4)


def test_production_falls_with_the_mass() -> None:
    """Excess of 5 eV/m_eff for |U_e4|^2 = 0.01 at 1 eV^2: 1/mu, not 1/mu^2."""
    three = solve(Mixing(), options=CAREFUL).N_eff
    excess = {shift: frozen(shift) - three for shift in (50.0, 100.0, 200.0)}
    assert excess[50.0] / excess[100.0] == pytest.approx(2.0, rel=0.1)  # m_eff = mu + 1 eV, and ln m_eff
    assert excess[100.0] / excess[200.0] == pytest.approx(2.0, rel=0.1)
    assert excess[100.0] * 101.0 == pytest.approx(5.0, rel=0.05)


@dataclass(frozen=True)
class Averaged:
    """A real field of constant amplitude that oscillates fast: half the square."""

    shift: float  # [eV]

    def mass_term(self, _: Mixing) -> Field:
        s, quadratic = np.linspace(FIRST, LAST, 100), np.zeros((4, 4), complex)
        quadratic[3, 3] = (self.shift * EV) ** 2
        phi = np.stack([np.zeros(s.size), np.full(s.size, 0.5)])
        return Field(s, phi, np.full(s.size, np.inf), np.zeros((4, 4), complex), quadratic)


@pytest.mark.parametrize(("dm2", "shift", "N_eff"), [(1, 10.0, 3.0608), (0.1, 3.0, 3.0502)])
def test_averages_agree_with_the_prototype(dm2: float, shift: float, N_eff: float) -> None:
    assert unwarned(POINTS[dm2, "e", 0.01], Averaged(shift)).N_eff == pytest.approx(N_eff, abs=5e-4)


@dataclass(frozen=True)
class Potential:
    """The same average as a potential on nu_s, mu^2/4p."""

    shift: float

    def terms(self, T: np.ndarray, p: np.ndarray) -> Terms:
        return Terms.diagonal(s=(self.shift * EV) ** 2 / (4.0 * p) + 0.0 * T)


def test_the_average_is_a_potential() -> None:
    three = solve(Mixing(), options=CAREFUL).N_eff
    mass, potential = (unwarned(ELECTRON, each(10.0)).N_eff - three for each in (Averaged, Potential))
    assert potential == pytest.approx(mass, rel=0.05)  # tables interpolate x^5 V, which goes as x^6, to 2.5%


def test_averages_fall_with_the_cube() -> None:
    """Mixing falls as 1/m_eff^2, its square times the rate where production peaks, T^3 ~ m_eff, as 1/m_eff^3."""
    empty, small, large = (unwarned(ELECTRON, Averaged(shift)).N_eff for shift in (400.0, 10.0, 20.0))
    assert (small - empty) / (large - empty) == pytest.approx(8.0, rel=0.15)  # decoupling of e+-, muons


def resolved(shift: str, m_phi: str, options: Options | None = None) -> Solution:
    return unwarned(ELECTRON, UltralightScalar(shift, m_phi), options or Options(n_momenta=10, rtol=1e-4))


def share(run: Solution, state: int) -> float:
    """Return the energy of a mass state over (7 pi^2/120), comoving."""
    return float(run.energy_density(state)[-1])


def test_an_even_number_of_crossings_restores_nu_4() -> None:
    run = resolved("10 eV", "1e-17 eV")
    assert run.N_eff == pytest.approx(3.4774, abs=1e-3)  # prototype
    assert share(run, 4) == pytest.approx(0.406, abs=0.01)
    assert run.stats.energy_drift < 1e-8


def test_an_odd_number_fills_it() -> None:
    run = resolved("-10 eV", "1e-17 eV")
    assert share(run, 4) > 0.9
    assert share(run, 1) < 0.6


def test_numbers_of_crossings_are_even_and_odd() -> None:
    for m_phi in ("1e-17 eV", "1e-16 eV"):
        assert UltralightScalar("10 eV", m_phi).crossings(ELECTRON) % 2 == 0
        assert UltralightScalar("-10 eV", m_phi).crossings(ELECTRON) % 2 == 1


@pytest.mark.slow
def test_oscillation_that_begins_while_nu_s_is_produced() -> None:
    # prototype, 10 momenta, rtol 1e-4: uncertainties 1e-3, 2e-3
    assert resolved("10 eV", "1e-15 eV").N_eff == pytest.approx(3.4808, abs=2e-3)
    assert resolved("10 eV", "1e-14 eV").N_eff == pytest.approx(3.6189, abs=4e-3)


def followed(shift: str, m_phi: str, treatment: str = "auto", n_momenta: int = 10) -> Solution:
    scalar = UltralightScalar(shift, m_phi, treatment=treatment)
    return unwarned(ELECTRON, scalar, Options(n_momenta=n_momenta, rtol=1e-4))


@pytest.mark.parametrize("shift", ["10 eV", "-10 eV"])
def test_a_field_that_is_let_go_leaves_what_one_that_is_followed_leaves(shift: str) -> None:
    """Zeros after collisions have ended are adiabatic: 0, 1 or 2 instead of 6 and 5.

    Of nu_1, later zeros exchange 0.013 with other active states, 0.015 at rtol = 1e-5; of nu_4 2e-4.
    """
    let_go, to_the_end = (followed(shift, "1e-17 eV", treatment) for treatment in ("auto", "resolved"))
    assert let_go.N_eff == pytest.approx(to_the_end.N_eff, abs=2e-5)  # rtol 1e-4; measured 1e-6
    for state, exchanged in ((1, 0.02), (4, 0.01)):
        assert share(let_go, state) == pytest.approx(share(to_the_end, state), abs=exchanged)
    assert let_go.stats.steps < 0.5 * to_the_end.stats.steps


@pytest.mark.parametrize("shift", [10.0, 100.0])
def test_nu_4_has_what_adiabatic_zeros_leave(shift: float) -> None:
    """Of a frozen run, mass state by mass state: 0.4018 and 0.0494 of a neutrino."""
    from boltzmann.comparison.ways_remnant import left

    scalar = UltralightScalar(f"{shift} eV", "1e-17 eV", treatment="frozen")
    run = unwarned(ELECTRON, scalar, Options(n_momenta=10, rtol=1e-4))
    expected = run.comoving_density(left(run)) / (7.0 * np.pi**2 / 120.0)
    # zeros at 0.2 MeV let collisions refill 0.002; leaks of rtol
    assert share(followed(f"{shift} eV", "1e-16 eV"), 4) == pytest.approx(expected, abs=0.005)


def test_zeros_that_are_not_adiabatic_are_followed() -> None:
    """Kappa goes as m_D^3, |U_e4|^3."""
    weak = Mixing(dm2_41="1 eV2", Ue4_sq=1e-7)
    scalar, all_along = (UltralightScalar("100 eV", "1e-16 eV", treatment=t) for t in ("auto", "resolved"))
    assert scalar.crossing_probability(weak, p="1 MeV", T="0.1 MeV") < 0.9
    assert scalar.crossings(weak) == all_along.crossings(weak) > 20
    assert scalar.crossings(ELECTRON) < 10


def test_an_amplitude_that_is_given_late_is_followed_until_then() -> None:
    """Its scale is that of the field at this temperature, which a field that is let go does not have."""
    early, late = (UltralightScalar("100 eV", "1e-16 eV", at=f"{T} MeV") for T in (0.2, 0.05))
    assert early.mass_term(ELECTRON).log_x[-1] < late.mass_term(ELECTRON).log_x[-1]


def test_an_amplitude_given_at_a_temperature_is_no_phase() -> None:
    """Of a field that oscillates (T_osc = 0.87 MeV) the frozen shift is the amplitude over LATE (a_osc/a)^(3/2)."""
    T = np.array([0.5, 0.45, 0.4, 0.2, 0.05, 1e-3])
    frozen = np.array([UltralightScalar("1 eV", "1e-15 eV", at=f"{t} MeV")._frozen / EV for t in T])
    diluted = np.exp(1.5 * (np.array([log_x_at(t) for t in T]) - log_x_at(0.8704)))
    ratio = frozen / diluted * LATE
    assert ratio[-3:] == pytest.approx(ratio[-1], rel=0.02)  # 1% where m_phi = 100 H
    assert ratio == pytest.approx(1.0, abs=0.15)  # H/m_phi: 3H = m_phi is within a factor of 3 of the first


def test_an_amplitude_given_hotter_than_the_field_oscillates_is_the_frozen_one() -> None:
    early, usual = UltralightScalar("1 eV", "1e-16 eV", at="20 MeV"), UltralightScalar("1 eV", "1e-16 eV")
    assert early._frozen == pytest.approx(usual._frozen, rel=1e-4)
    assert early.coupling == pytest.approx(usual.coupling, rel=1e-4, abs=0.0)


def test_one_field_by_two_names() -> None:
    """The same oscillations, followed as long, whether the frozen amplitude is given or a late one."""
    late = UltralightScalar("0.05 eV", "1e-14 eV", at="0.5 MeV")
    usual = UltralightScalar(f"{late._frozen / EV!r} eV", "1e-14 eV")
    one, other = late.mass_term(ELECTRON), usual.mass_term(ELECTRON)
    assert late._frozen > 10.0 * late._shift
    np.testing.assert_allclose(one.phi[0] * late._shift, other.phi[0] * usual._shift, atol=1e-9 * late._frozen)


def test_fields_that_oscillate_before_the_run() -> None:
    """H ~ T^2: one that is gone leaves nothing, and the frozen amplitude of one too early is refused."""
    gone = UltralightScalar("0.1 eV", "1e-9 eV")
    assert gone.mass_term(ELECTRON).log_x.size == 0
    assert gone.crossings(ELECTRON) == 0
    hotter = [UltralightScalar("1 eV", f"{m} eV").T_oscillation.value for m in (1e-8, 1e-6, 1e-2)]
    assert np.diff(np.log(hotter)) == pytest.approx([np.log(10.0), np.log(100.0)], rel=1e-3)
    with pytest.raises(ParameterError, match="give the amplitude at a temperature"):
        UltralightScalar("1 eV", "1e-8 eV").regime(ELECTRON)
    assert UltralightScalar("1 eV", "1e-8 eV", at="10 MeV", treatment="averaged").regime(ELECTRON) == "averaged"


def test_what_is_let_go_before_it_oscillates_is_as_slow_as_the_expansion() -> None:
    """With H in the place of m_phi in kappa: the leak of a lighter field is that of one that begins to oscillate."""
    leaks = [UltralightScalar("10 eV", m_phi)._leak(ELECTRON) for m_phi in ("1e-18 eV", "2e-18 eV", "1e-17 eV")]
    assert leaks[0] == pytest.approx(leaks[1])
    assert leaks[1] == pytest.approx(leaks[2], rel=0.3)  # m_phi = 3.5 H there


def test_what_adiabatic_zeros_convert() -> None:
    """The closed form against the sum over zeros, each with 1 - P, of fields that are followed to the end."""
    scalar = UltralightScalar("100 eV", "1e-16 eV", treatment="resolved")
    field = scalar.mass_term(ELECTRON)
    level = 1.0 + 100.0 * field.phi[0]
    zeros = np.flatnonzero(np.diff(np.sign(level)))
    found = background()
    T = M_E / np.exp(np.interp(field.log_x[zeros], found.log_x, np.log(M_E / found.T)))
    lost = [1.0 - scalar.crossing_probability(ELECTRON, f"{10.0 * t} MeV", f"{t} MeV") for t in T if t < 0.1]
    # the amplitude is the envelope, at zeros the slope is 0.63 of that; and the sum goes on after the run
    assert 0.2 < sum(lost) / scalar._leak(ELECTRON) < 1.5


def test_the_squared_mass_matrix_is_a_square_between_the_points_of_the_tables() -> None:
    """Two masses are equal where m_eff = 0, at any interpolated Phi: no gap that crossings would feel."""
    field = UltralightScalar("100 eV", "1e-16 eV").mass_term(ELECTRON)
    M, mass = mass_matrix(ELECTRON), np.zeros((4, 4), complex)
    for s in np.linspace(0.9, 1.4, 7) + 1e-3:
        fill_mass(float(s), M.conj().T @ M, 0.0, field, mass)
        phi = CubicSpline(field.log_x, field.phi[0])(s)
        shifted = M.copy()
        shifted[3, 3] += 100.0 * EV * phi
        expected = np.linalg.svd(shifted, compute_uv=False)[::-1]
        # interpolation of Phi moves m_eff by 1e-6 of 100 eV
        np.testing.assert_allclose(np.sqrt(np.linalg.eigvalsh(mass)), expected, atol=2e-3 * EV)
        assert np.linalg.eigvalsh(mass)[0] > -1e-12 * np.abs(mass).max()  # a square has none below 0


@pytest.mark.slow
def test_many_crossings() -> None:
    run = followed("100 eV", "1e-16 eV", "resolved")
    assert run.N_eff == pytest.approx(3.0942, abs=1e-3)  # prototype
    assert share(run, 4) == pytest.approx(0.065, abs=0.016)  # twice its uncertainty, for each of 112 zeros leaks rtol


def test_complex_fields_circulate() -> None:
    scalar = UltralightScalar("30 eV", "1e-12 eV", field="complex", at="3 MeV")
    assert scalar.regime(ELECTRON) == "circulating"
    run = unwarned(ELECTRON, scalar)
    assert 3.05 < run.N_eff < frozen(10.0)


def test_no_shift_is_no_field() -> None:
    without = solve(ELECTRON, options=CAREFUL)
    assert unwarned(ELECTRON, UltralightScalar("0 eV", "1e-16 eV")).N_eff == without.N_eff
    assert frozen(1e-4) == pytest.approx(without.N_eff, abs=2e-4)


def test_derived_numbers() -> None:
    scalar = UltralightScalar("100 eV", "1e-15 eV")
    assert scalar.T_oscillation.value == pytest.approx(0.869, rel=0.01)  # another solution of 3H = m
    assert UltralightScalar("1 eV", "1e-16 eV").T_oscillation.value == pytest.approx(0.287, rel=0.01)
    # phi_i = 2.5e24 eV (2.4 to 2.6 by g*), of the Bessel function, whose late amplitude is 0.86 (mt)^(-3/4) = 1.08 here
    assert 100.0 / scalar.coupling == pytest.approx(2.5e24, rel=0.25)
    assert scalar.mass_shift_today.value < 1e-9
    quarter = UltralightScalar("100 eV", "1e-15 eV", fraction=0.25)
    assert quarter.coupling == pytest.approx(2.0 * scalar.coupling, rel=1e-6, abs=0.0)
    assert "oscillates from T = 0.87" in scalar.meaning


def test_crossings_after_decoupling_are_adiabatic() -> None:
    scalar = UltralightScalar("10 eV", "1e-16 eV")
    assert scalar.crossing_probability(ELECTRON, p="0.3 MeV", T="0.1 MeV") > 0.999
    assert UltralightScalar("1e5 eV", "1e-10 eV").crossing_probability(ELECTRON, "3 MeV", "1 MeV") < 1.0


def test_a_frozen_field_at_the_end_is_said() -> None:
    scalar = UltralightScalar("10 eV", "1e-22 eV")
    with pytest.warns(match="the field still shifts masses at the end of the run"):
        run = solve(ELECTRON, scalar)
    assert run.N_eff == pytest.approx(frozen(10.0), abs=1e-4)
    assert run.delta_N_eff == pytest.approx(run.N_eff - solve(Mixing(), options=run.options).N_eff)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("2 MeV", "1e-16 eV"), "nu_s must be relativistic while it is produced"),
        (("10 kg", "1e-16 eV"), "cannot be read"),
        (("10 eV", "0 eV"), "m_phi = 0 eV is not allowed"),
        (("10 eV", "2 eV"), "m_phi = 2 eV is not allowed; give 1e-24 to 1 eV"),
    ],
)
def test_bad_input(given: tuple[str, str], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        UltralightScalar(*given)


@pytest.mark.parametrize(
    ("interactions", "mixing", "message"),
    [
        ([UltralightScalar("100 eV", "1e-10 eV")], ELECTRON, "faster than can be resolved and too slowly"),
        ([UltralightScalar("10 eV", "1e-16 eV")], Mixing(), "dm2_41 = None means there is none"),
        ([UltralightScalar("10 eV", "1e-16 eV"), UltralightScalar("9 eV", "1e-16 eV")], ELECTRON, "one field gives"),
        ([UltralightScalar("10 eV", "1e-16 eV"), SecretVector(1e-2, "10 MeV")], ELECTRON, "standard history"),
        ([UltralightScalar("10 eV", "1e-16 eV"), LowReheating(T_RH="4 MeV")], ELECTRON, "standard history"),
    ],
)
def test_what_does_not_go_together(interactions: list[object], mixing: Mixing, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        solve(mixing, interactions)


def test_no_asymmetries() -> None:
    with pytest.raises(ParameterError, match="nu = nubar only"):
        solve(ELECTRON, UltralightScalar("10 eV", "1e-16 eV"), asymmetry=Asymmetry())
