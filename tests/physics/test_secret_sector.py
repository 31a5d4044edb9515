"""Whole runs with a secret interaction against conservation laws, limits, exact statements and a second calculation."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest

from boltzmann import Mixing, Options, ParameterError, Solution, ValidityWarning
from boltzmann.constants import M_E, NEUTRINO_DENSITY
from boltzmann.dark.mediator import LOG_MU, LOG_Q, Mediator
from boltzmann.dark.tables import boson_thermodynamics
from boltzmann.kinetics.potential_terms import Terms
from boltzmann.plasma import thermo
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from tests.quasistatic import Point, evolve
from tests.solutions import solve_same as solve
from tests.states import NO_MIXING

SIN2 = float(np.sin(0.1) ** 2)
MU_LIKE = Mixing(dm2_41="1 eV2", Umu4_sq=SIN2, **NO_MIXING)  # two states, as in the quasi-static calculation
E_LIKE = Mixing(dm2_41="1 eV2", Ue4_sq=SIN2)
# e_s, M [MeV]: dark energy at 1 and 0.02 MeV of the independent quasi-static calculation, and how well it must be met
ROWS = {
    (1e-1, 10.0): (0.178, 0.594, 0.1),
    (1e-2, 10.0): (0.466, 0.625, 0.3),
    (1e-3, 1.0): (0.652, 0.728, 0.3),
}
every_row = pytest.mark.parametrize(("e_s", "M"), ROWS)


@cache
def run(e_s: float, M: float, mixing: Mixing = MU_LIKE, options: Options | None = None, **secret: object) -> Solution:
    solution = solve(mixing, [SecretVector(e_s, f"{M} MeV", **secret)], options)
    assert solution.status.ok
    return solution


def at(solution: Solution, values: np.ndarray, T: float) -> float:
    """Return values (n_x,) of the history at photon temperature T [MeV]."""
    return float(np.interp(-np.log(T), -np.log(solution.T.value), values))


def neutrinos(solution: Solution) -> np.ndarray:
    """Return the comoving energy of all neutrinos and mediators along the run, in standard neutrinos."""
    energy = solution.weights * solution.y**3 / np.pi**2
    trace = np.trace(solution.rho[:, 0], axis1=-2, axis2=-1).real
    return (trace @ energy + solution.dark.energy) / NEUTRINO_DENSITY


def dark(solution: Solution) -> np.ndarray:
    """Return the comoving energy of sterile neutrinos and mediators along the run, in standard neutrinos."""
    return solution.energy_density("s") + solution.dark.energy / NEUTRINO_DENSITY


# Conservation


@every_row
def test_energy_is_conserved_through_resonance_and_equilibration(e_s: float, M: float) -> None:
    # E + rho_nu + e - q is a linear invariant, kept to round-off: 1e-11 measured, 1e-6 demanded
    solution = run(e_s, M, options=Options(collisions=False))
    assert solution.stats.energy_drift < 1e-9
    # once the mediators have gone (M/T_s > 40) neutrinos of all kinds keep their energy; 1e-6: the phantom terms
    T_gone = M / 40
    late = neutrinos(solution)[solution.T.value < T_gone]
    assert np.ptp(late) < 3e-6 * late[-1]


def test_energy_between_1_and_0p02_MeV_is_the_plasmas_heating_alone() -> None:
    # M = 10 MeV, weak collisions off: rho_nu ~ a^-4, so that per standard neutrino it changes by the entropy of e+-.
    # 1e-3: history interpolated in ln T between steps of up to 0.15
    solution = run(1e-1, 10.0, options=Options(collisions=False))
    per_standard = {T: at(solution, neutrinos(solution) / solution.z**4, T) for T in (1.0, 0.02)}
    ours = per_standard[0.02] / per_standard[1.0] * (11 / 4) ** (4 / 3)

    def entropy_ratio(order: int) -> float:
        late, early = (float(thermo.plasma_entropy(M_E / T, qed_order=order, muons=False)) for T in (0.02, 1.0))
        return ((11 / 4) * late / early) ** (4 / 3)

    assert entropy_ratio(0) == pytest.approx(1.0241, abs=1e-4)  # published for a plasma without QED corrections
    assert ours == pytest.approx(entropy_ratio(3), rel=1e-3)


def test_number_is_conserved_without_number_changing_reactions() -> None:
    # no mixing: n_s and the mediators' charge. 1e-3: the grid integrates the number at T_s a = 0.465 to 2e-4
    solution = solve(Mixing(dm2_41="1 eV2"), [Altered(SecretVector(1e-2, "10 MeV"), changing=0.0)])
    number = solution.rho[:, 0, :, 3, 3].real @ (solution.weights * solution.y**2) / np.pi**2
    assert number[-1] == pytest.approx(number[0] + charge(solution, 10.0), rel=1e-3)
    assert solution.dark.eta[-1] > 1.0  # decays of mediators fill the Fermi sea: three times the thermal number


def charge(solution: Solution, M: float) -> float:
    """Return the charge of the mediators at the start: 2 for each, 3 polarisations, Bose-Einstein at M/T_s = mu."""
    z = float(np.exp(solution.dark.log_z[0]))
    mu = M * solution.x[0] / (M_E * z)
    return 6 * z**3 * float(boson_thermodynamics(np.array([mu]))[0, 2] * np.exp(-mu))


def test_mediators_heat_the_sterile_neutrinos_as_entropy_says() -> None:
    # number-changing reactions fast: (4.75/1.75)^(1/3); eta freezes at -7e-4 when they stop at M/T_s ~ 20
    solution = run(1e-2, 10.0, Mixing(dm2_41="1 eV2"))
    assert np.exp(solution.dark.log_z[-1]) == pytest.approx(0.465 * (4.75 / 1.75) ** (1 / 3), rel=1e-3)
    assert solution.dark.eta[-1] == pytest.approx(0.0, abs=2e-3)


@dataclass(frozen=True)
class Altered:
    """A secret interaction whose mediator's tables are scaled: ``copies`` of it, number changing by ``changing``."""

    secret: SecretVector
    copies: float = 1.0
    changing: float = 1.0

    @property
    def T_s_over_T(self) -> float:
        return self.secret.T_s_over_T

    def mediator(self) -> Mediator:
        m, n = self.secret.mediator(), self.copies
        return m._replace(
            degrees=n * m.degrees,
            strength=n * m.strength,
            width=m.width,
            scattering=n * m.scattering,
            number_changing=n * self.changing * m.number_changing,
        )


# Two roads


@every_row
def test_dark_energy_of_the_quasistatic_rows(e_s: float, M: float) -> None:
    early, late, tolerance = ROWS[e_s, M]
    solution = run(e_s, M)
    assert at(solution, dark(solution), 1.0) == pytest.approx(early, rel=tolerance)
    # at 0.02 MeV the rows assume mu_s = 0, which moves energy between nu_s and nu_a by less than it moves their number
    assert at(solution, dark(solution), 0.02) == pytest.approx(late, rel=tolerance)


@pytest.mark.slow
@every_row
def test_full_equations_agree_with_the_stationary_rate(e_s: float, M: float) -> None:
    # secret collisions dominate: 10% demanded, 1 to 3% measured
    solution = run(e_s, M)
    theirs = evolve(Point(e_s, M)).at(1.0)["dark"]
    assert at(solution, dark(solution), 1.0) == pytest.approx(theirs, rel=0.1)


def test_where_the_stationary_rate_fails_states_swap_adiabatically() -> None:
    # (1e-3, 100 MeV): 0.43 by the stationary rate. At the late crossing D << |H_as|, which changes slowly: the
    # populations of nu_a and nu_s exchange coherently, which no rate equation can do.
    solution = run(1e-3, 100.0)
    assert at(solution, dark(solution), 1.0) > 0.6
    i, T = int(np.argmin(np.abs(solution.y - 5.4))), solution.T.value
    before, after = np.argmin(np.abs(T - 1.3)), np.argmin(np.abs(T - 1.0))
    (active, sterile), f = (solution.rho[:, 0, i, a, a].real for a in (1, 3)), 1 / (np.exp(solution.y[i]) + 1)
    assert active[before] > 0.9 * f
    assert sterile[before] < 0.25 * f
    assert sterile[after] > active[after]  # equalising alone would stop at equality


# Limits


@dataclass(frozen=True)
class FourFermion:
    """Contact scattering of sterile neutrinos: Gamma = (7 pi/108) G^2 k T^4, G = e_s^2/M^2; no potential."""

    G: float
    T_s_over_T: float = 0.465

    def mediator(self) -> Mediator:
        # viscosity-weighted: isotropic nu nu as it is, nu nubar ~ u^2 by 9/10; M = 1 MeV sets the unit of q
        total = 7 * np.pi / 108, 7 * np.pi / 180 + 0.9 * (7 * np.pi / 108 - 7 * np.pi / 180)
        tables = np.outer(total, self.G**2 / 16 * (1 + np.exp(LOG_Q)))
        return Mediator(1.0, 0.0, 2.0, 0.0, 0.0, 0.0, tables, np.zeros(LOG_MU.size))


@dataclass(frozen=True)
class ContactPotential:
    """V_s = -(8/3) (e_s^2/M^4) k (rho_nus + rho_nusbar), as the Standard Model's V_NC with sqrt2 G_F -> e_s^2/M^2."""

    strength: float

    def terms(self, T: np.ndarray, p: np.ndarray) -> Terms:
        momentum = np.broadcast_arrays(p, T)[0]
        return Terms(per_energy=(-8 / 3 * self.strength * momentum)[..., None, None] * np.diag([0, 0, 0, 1.0]))


def test_heavy_mediator_is_a_four_fermion_interaction() -> None:
    # From T = 17 MeV, M/T_s > 100: corrections of the next order, 10 (E/M)^2 with E ~ 4 T_s, are 1e-3 and less later
    options, e_s, M = Options(x_start=0.03), 0.5, 1000.0
    full = run(e_s, M, E_LIKE, options, mediator_in_equilibrium=False)
    contact = solve(E_LIKE, [FourFermion(e_s**2 / M**2), ContactPotential(e_s**2 / M**4)], options)
    for T in (4.0, 3.0, 2.0, 1.0, 0.1):
        assert at(full, dark(full), T) == pytest.approx(at(contact, dark(contact), T), rel=0.01)
    assert full.N_eff == pytest.approx(contact.N_eff, abs=1e-3)


def test_production_in_the_contact_regime_does_not_depend_on_the_coupling() -> None:
    # D V_x^2/(2 V_s^2) with D ~ e_s^4 and V_s ~ e_s^2 while |V_s| >> dm2/2k, here down to 2 MeV
    options = Options(x_start=0.03)
    strong, weak = (run(e_s, 1000.0, E_LIKE, options, mediator_in_equilibrium=False) for e_s in (0.5, 0.25))
    for T in (4.0, 3.0, 2.0):
        assert at(strong, dark(strong), T) == pytest.approx(at(weak, dark(weak), T), rel=0.02)


@pytest.mark.parametrize("mixing", [Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), Mixing(dm2_41="0.1 eV2", Umu4_sq=1e-2)])
def test_vanishing_coupling_is_the_standard_result(mixing: Mixing, monkeypatch: pytest.MonkeyPatch) -> None:
    # of the equation with a dark sector, too: `solve` itself leaves such an interaction out
    monkeypatch.setattr("boltzmann.solver.tables.ABSENT", 0.0)
    monkeypatch.setattr("boltzmann.solver.validity.ABSENT", 0.0)
    monkeypatch.setattr("boltzmann.solver.validity.DOUBTFUL", 0.0)
    # the steps differ, because with a dark sector momenta that hold no energy count less: 2e-6 at this tolerance
    options = Options(rtol=1e-5)
    secret, standard = run(1e-13, 10.0, mixing, options, T_s_over_T=0.0), solve(mixing, options=options)
    assert secret.N_eff == pytest.approx(standard.N_eff, abs=1e-5)
    assert dark(secret)[-1] == pytest.approx(standard.energy_density("s")[-1], abs=1e-5)


def test_empty_dark_sector_equilibrates_late_at_conserved_number_and_energy() -> None:
    # produced after decoupling: N_eff stays that of three neutrinos (0.02: what is produced before 1 MeV is refilled by
    # the plasma), four states share the number of three: n_s = 3/4 of a species, and so does m_eff
    solution = run(0.1, 10.0, E_LIKE, T_s_over_T=0.0)
    assert at(solution, dark(solution), 1.0) < 0.05
    assert solution.N_eff == pytest.approx(3.044, abs=0.02)
    assert solution.number_density_of("s") == pytest.approx(0.75, abs=0.02)
    assert solution.m_eff.to_value("eV") == pytest.approx(0.75, abs=0.03)


def test_fermion_background_alone_and_without_mediators_changes_the_result() -> None:
    # the boson part and the mediators' energy are not small: an inert check that the switch does what it says
    with_A, without = run(1e-3, 1.0), run(1e-3, 1.0, mediator_in_equilibrium=False)
    assert without.dark.energy.max() == 0.0
    assert abs(with_A.N_eff - without.N_eff) > 0.1


# Several interactions, and what is refused


def test_two_equal_interactions_are_one_of_twice_the_strength() -> None:
    # potentials, rates and energies add; steps differ with rounding, and N_eff with them by 2e-5 (the error of rtol);
    # rates that did not add would be 4e-3 off
    single = SecretVector(1e-2, "10 MeV")
    twice = solve(E_LIKE, [single, SecretVector(1e-2, "10.000000000001 MeV")])
    once = solve(E_LIKE, [Altered(single, copies=2.0)])
    assert twice.status.ok
    # the width is per polarisation of each of the two: rates of inverse decay add as well
    doubled = solve(E_LIKE, [Doubled(single)])
    assert twice.N_eff == pytest.approx(doubled.N_eff, abs=1e-4)
    assert abs(once.N_eff - doubled.N_eff) > 2e-3


@dataclass(frozen=True)
class Doubled:
    """Two equal mediators as one."""

    secret: SecretVector
    T_s_over_T: float = 0.465

    def mediator(self) -> Mediator:
        m = Altered(self.secret, copies=2.0).mediator()
        return m._replace(width=2 * m.width)


def test_vector_and_pseudoscalar_together() -> None:
    both = solve(E_LIKE, [SecretVector(1e-2, "10 MeV"), SecretPseudoscalar(1e-6)])
    assert both.status.ok
    assert both.stats.energy_drift < 1e-8  # rounding, 1e-16, of rates up to 1e7 H: 1e-9 an e-fold


def test_different_temperatures_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"T_s_over_T differs .*0\.2, 0\.465.* give all the same"):
        solve(E_LIKE, [SecretVector(1e-2, "10 MeV"), SecretVector(1e-3, "1 MeV", T_s_over_T=0.2)])


def test_three_states_have_no_secret() -> None:
    with pytest.raises(ParameterError, match="dm2_41 = None means there is none"):
        solve(Mixing(), [SecretVector(1e-2, "10 MeV")])


# Numerics


@pytest.mark.parametrize("point", [(1e-1, 10.0), (1e-2, 10.0), (1e-3, 1.0), (1e-3, 100.0)])
def test_convergence(point: tuple[float, float]) -> None:
    # demanded 2e-3; measured 1e-5 in rtol and up to 5e-4 in the momenta, where states swap adiabatically (last point)
    reference = run(*point, E_LIKE).N_eff
    assert run(*point, E_LIKE, Options(rtol=1e-5)).N_eff == pytest.approx(reference, abs=2e-4)
    assert run(*point, E_LIKE, Options(n_momenta=30)).N_eff == pytest.approx(reference, abs=2e-3)


# Parameters at which undamped, partially adiabatic resonances, cold heavy mediators or a strongly heated plasma once
# stopped the integration; the last two need the averaged populations in V_s
HARD = {
    "heated plasma": ("0.67 eV2", {"Umu4_sq": 5.4e-3}, 3.4e-6, "68.28 MeV", 0.86),
    "keV mediator": ("2.74 eV2", {"Umu4_sq": 5e-2}, 5.59e-2, "2.04 keV", 0.83),
    "locked modes": ("0.011882646128361879 eV2", {"Ue4_sq": 1.355e-3}, 9.912e-4, "12.32 MeV", 0.99),
    "degenerate": ("0.014205520861414994 eV2", {"Utau4_sq": 5.469e-5}, 2.226e-5, "23.516 MeV", 0.757),
}


@pytest.mark.parametrize("name", HARD)
def test_hard_points_finish(name: str) -> None:
    dm2, elements, e_s, M, ratio = HARD[name]
    solution = solve(Mixing(dm2_41=dm2, **elements), [SecretVector(e_s, M, T_s_over_T=ratio)], Options(max_steps=3000))
    assert solution.status.ok
    assert solution.stats.energy_drift < 1e-6


PARTIAL = (
    Mixing(dm2_41="0.0741 eV2", Ue4_sq=1.676e-4),
    [SecretVector(3.302e-5, "231.3 MeV", T_s_over_T=0.0573)],
)


@pytest.mark.filterwarnings("ignore:resonances between")
@pytest.mark.slow
def test_where_the_potential_runs_away_the_grid_matters() -> None:
    # Fronts at 2 to 7 MeV that their own conversion drives: 3.946, 3.953, 3.920, 3.939 with 14, 20, 28, 40 momenta
    # (nodes only: 3.841, 3.888, 3.910, 3.931 for 20, 30, 40, 60). What the default can be trusted for is 0.03.
    default, *others = (solve(*PARTIAL, Options(n_momenta=n)).N_eff for n in (20, 14, 28, 40))
    assert others == pytest.approx([default] * 3, abs=0.04)
    with pytest.warns(ValidityWarning, match="swept over the momenta by the potential that conversion itself makes"):
        fine = solve(*PARTIAL, Options(n_momenta=28))
    assert "bins of momenta follow" in fine.regime


def test_matrix_mode_with_a_secret_interaction() -> None:
    # the accuracy of the damping approximation, 1e-3 as without secret interactions
    options = Options(coherence="matrix", n_momenta=10)
    solution = run(1e-2, 10.0, E_LIKE, options)
    assert solution.N_eff == pytest.approx(run(1e-2, 10.0, E_LIKE, replace(options, coherence="exact")).N_eff, abs=3e-3)


@pytest.mark.parametrize(("g_s", "normalisation", "expected"), [(1e-5, "derived", 0.075), (1e-5, "paper", 0.079)])
def test_pseudoscalar_suppresses_production(g_s: float, normalisation: str, expected: float) -> None:
    # a toy calculation (sin^2 2theta = 0.05, mu-like, dark = nu_s + phi at 1 MeV) without momentum dependence: 5%
    sin2 = 0.5 * (1 - np.sqrt(1 - 0.05))
    secret = SecretPseudoscalar(g_s, normalisation=normalisation)
    solution = solve(Mixing(dm2_41="1 eV2", Umu4_sq=float(sin2), **NO_MIXING), [secret])
    assert at(solution, dark(solution), 1.0) == pytest.approx(expected, rel=0.05)
