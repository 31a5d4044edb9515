"""The driver: what `solve` promises about conservation, failures, progress, threads and interactions."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from boltzmann import Mixing, Options, ParameterError, solve
from boltzmann.kinetics.potential_terms import Terms
from boltzmann.kinetics.status import Status
from boltzmann.parameters import ValidityWarning
from boltzmann.plasma.thermo import plasma_entropy
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from boltzmann.solver import checks
from boltzmann.solver.run import _kept
from tests.states import NoPotential

COARSE = Options(n_momenta=8, rtol=1e-4)
POINTS = {
    "three neutrinos": Mixing(),
    "3+1": Mixing(dm2_41="1 eV2", Ue4_sq=1e-3),
    "resonant": Mixing(dm2_41="-1 eV2", Ue4_sq=1e-3),
    "CP phases": Mixing(dm2_41="0.1 eV2", Ue4_sq=1e-3, Umu4_sq=1e-3, delta_13="200 deg", delta_24="90 deg"),
    "inverted ordering": Mixing(dm2_41="0.1 eV2", Utau4_sq=1e-2, ordering="inverted"),
}


@pytest.mark.parametrize("point", POINTS)
def test_conservation(point: str) -> None:
    solution = solve(POINTS[point])
    stats = solution.stats
    assert solution.status is Status.SUCCESS
    # E is the unknown: what plasma gains neutrinos lose in the same floating-point numbers. Left is the rounding
    # of the Jacobian's difference column in E, 1e-16/1e-6 of the terms of a step
    assert stats.energy_drift < 1e-9
    # nu-nu collisions conserve number and energy up to the cubic interpolation at the fourth momentum: 1e-5 is the
    # target
    assert stats.nu_nu_number_drift < 1e-5
    assert stats.nu_nu_energy_drift < 1e-5
    # positivity and Pauli's principle to 1e-6, the default absolute tolerance of populations
    assert stats.lowest_population > -1e-6
    occupation = np.linalg.eigvalsh(solution.rho[:, 0])
    assert occupation.min() > -1e-6
    assert occupation.max() < 1.0


def test_energy_is_conserved_with_the_full_collision_matrix() -> None:
    matrix = Options(n_momenta=8, coherence="matrix")
    assert solve(POINTS["3+1"], options=matrix).stats.energy_drift < 1e-10  # as above


def test_too_many_steps() -> None:
    solution = solve(POINTS["3+1"], options=Options(n_momenta=8, max_steps=20))
    assert solution.status is Status.TOO_MANY_STEPS
    assert not solution.status.ok
    assert solution.stats.steps == 20
    assert solution.x.size == 21
    assert solution.x[-1] < 0.1
    assert "max_steps" in repr(solution)


@pytest.mark.parametrize("max_steps", [49, 50, 51])  # around the driver's chunks of 50
def test_step_limit_is_exact(max_steps: int) -> None:
    assert solve(POINTS["3+1"], options=Options(n_momenta=8, max_steps=max_steps)).stats.steps == max_steps


def test_energy_that_drifts_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boltzmann.solver.run.MOST_DRIFT", 1e-18)  # below rounding
    solution = solve(POINTS["3+1"], options=COARSE)
    assert solution.status is Status.ENERGY_DRIFTED
    assert not solution.status.ok
    assert "report the point" in repr(solution)


@dataclass(frozen=True)
class UndefinedBelow:
    """A potential that has no value at low temperature."""

    T: float

    def terms(self, T: np.ndarray, p: np.ndarray) -> Terms:
        return Terms(fixed=np.where((self.T < T) & (p > 0), 0.0, np.nan)[..., None] * np.ones(4))


def test_step_too_small_where_the_equation_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boltzmann.kinetics.hamiltonian.evaluated", lambda potential, T, p: potential.terms(T, p))
    solution = solve(POINTS["3+1"], (UndefinedBelow(1.0),), COARSE)
    assert solution.status is Status.STEP_TOO_SMALL
    assert not solution.status.ok
    assert np.isfinite(solution.rho).all()
    # the last table point before the potential ends is at most 20% above 1 MeV, and interpolation uses two more
    assert 1.0 < solution.T[-1].to_value("MeV") < 2.0


def test_progress_rises_to_one() -> None:
    seen: list[float] = []
    solution = solve(POINTS["3+1"], options=COARSE, progress=seen.append)
    assert seen == sorted(seen)
    assert 0.0 < seen[0] < 1.0
    assert seen[-1] == pytest.approx(1.0, abs=1e-12)
    assert len(seen) == -(-solution.stats.steps // 50)  # every 50 steps and at the end


def test_progress_does_not_change_the_result() -> None:
    watched = solve(POINTS["3+1"], options=COARSE, progress=lambda _: None)
    assert np.array_equal(watched.rho, solve(POINTS["3+1"], options=COARSE).rho)


def test_exceptions_of_progress_stop_the_run() -> None:
    def interrupt(fraction: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve(POINTS["3+1"], options=COARSE, progress=interrupt)


def test_two_threads_get_the_results_of_one() -> None:
    points = [Mixing(dm2_41="1 eV2", Ue4_sq=u) for u in (1e-4, 1e-3, 1e-2, 1e-1)] + [POINTS["resonant"]]
    alone = [solve(point, options=COARSE) for point in points]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda point: solve(point, options=COARSE), points))
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one.x, other.x)
        assert np.array_equal(one.rho, other.rho)


def test_same_input_same_bits() -> None:
    first, second = (solve(POINTS["resonant"], options=COARSE) for _ in range(2))
    assert np.array_equal(first.rho, second.rho)


def test_stats_count_evaluations() -> None:
    # per step three for value and Jacobian (E and s differences), five for the other stages of every attempt
    stats = solve(POINTS["3+1"], options=COARSE).stats
    assert stats.rhs_calls == 3 * stats.steps + 5 * (stats.steps + stats.rejected)
    assert 0 < stats.cpu_seconds < 60


def test_interactions_may_be_any_iterable() -> None:
    expected = solve(POINTS["3+1"], (NoPotential(),), COARSE)
    assert expected.interactions == (NoPotential(),)
    assert solve(POINTS["3+1"], iter([NoPotential()]), COARSE).N_eff == expected.N_eff
    assert expected.N_eff != solve(POINTS["3+1"], (), COARSE).N_eff


def test_zero_point_of_delta_N_eff_has_the_same_interactions() -> None:
    solution = solve(POINTS["3+1"], (NoPotential(),), COARSE)
    assert solution.delta_N_eff == solution.N_eff - solve(Mixing(), (NoPotential(),), COARSE).N_eff


@pytest.mark.parametrize("mixing", [POINTS["three neutrinos"], POINTS["3+1"]], ids=["3", "4"])
def test_initial_state_has_the_entropy_of_coupled_neutrinos(mixing: Mixing) -> None:
    # T a = 1 after muon annihilation. While all muons were there, entropy conservation gives (43/57)^(1/3) = 0.910.
    with_muons, without = (
        solve(mixing, options=Options(n_momenta=8, x_start=0.02, muons=m)).z[0] for m in (True, False)
    )
    assert 0.91 < with_muons < 1.0  # T = 26 MeV: some are left and will heat photons and neutrinos together
    # the mass of e+- takes (m_e/T)^2/6 from an entropy density of (2 pi^2/45) 10.75; a third of that in z; QED: 4%
    assert without - 1.0 == pytest.approx(0.02**2 / 6 / (2 * np.pi**2 / 45 * 10.75) / 3, rel=0.05)


@dataclass
class Changeable:
    strength: float

    def terms(self, T: np.ndarray, p: np.ndarray) -> Terms:
        return Terms.diagonal(s=self.strength * p * T**4)


class Plain:
    """A potential of a class that compares by identity."""

    def __init__(self, strength: float) -> None:
        self.strength = strength

    terms = Changeable.terms


def test_a_potential_that_was_changed_is_tabulated_again() -> None:
    """It used to be that of the first call: 3.107 with both signs."""
    mixing, potential = Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), Plain(1e-18)
    few = Options(n_momenta=8, rtol=1e-3, signs="same")
    first = solve(mixing, potential, few)
    potential.strength = -1e-18
    assert first.interactions[0].strength == 1e-18  # a solution keeps what it was made of
    with pytest.warns(ValidityWarning, match="asymmetry has grown"):
        second = solve(mixing, potential, few)
    assert second.N_eff > first.N_eff + 0.5  # resonant: 4.09 instead of 3.11


class Compiler:
    """What is asked of a kernel."""

    def __init__(self, folder: Path, signatures: list[object]) -> None:
        self.cache_path, self.signatures = str(folder), signatures


def test_the_first_run_of_a_version_says_why_it_takes_long(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def announced(compiler: object) -> bool:
        caplog.clear()
        monkeypatch.setattr(checks, "advance", compiler)
        checks.announce_compilation()
        return "compiling its kernels" in caplog.text

    assert announced(Compiler(tmp_path, []))
    assert not announced(Compiler(tmp_path, [object()]))  # compiled by this process
    assert not announced(object())  # without numba's compiler
    (tmp_path / "qke.rhs-49.py311.nbi").touch()
    assert announced(Compiler(tmp_path, []))  # another kernel is there, the entry point is not
    (tmp_path / "stepper.advance-330.py311.nbi").touch()
    assert not announced(Compiler(tmp_path, []))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("1 eV2",), "mixing = '1 eV2' is no Mixing; give for example Mixing"),
        ((Mixing(), Options()), "give options by name"),
        ((Mixing(), "vector"), "interactions = 'vector' is neither a potential"),
        ((Mixing(), 3), "interactions = 3 is neither a potential"),
        ((Mixing(), [SecretVector]), "which is neither a potential"),
        ((Mixing(), (), {}), "options = {} is no Options"),
        ((Mixing(), [Changeable(1e-18)]), "make Changeable a frozen dataclass, @dataclass(frozen=True)"),
    ],
)
def test_arguments_of_the_wrong_kind_get_a_sentence(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        solve(*arguments)


def test_one_interaction_need_not_be_a_list() -> None:
    secret, few = SecretVector(1e-2, "10 MeV"), Options(n_momenta=8, max_steps=2)
    mixing = Mixing(dm2_41="1 eV2", Umu4_sq=0.01)
    assert solve(mixing, secret, few).interactions == (secret,)
    assert solve(mixing, None, few).interactions == ()


@pytest.mark.parametrize("mixing", [POINTS["three neutrinos"], POINTS["3+1"]], ids=["3", "4"])
@pytest.mark.parametrize("muons", [True, False])
def test_without_collisions_neutrinos_keep_their_temperature(mixing: Mixing, muons: bool) -> None:
    # Entropy of the plasma alone: z = (11/4)^(1/3) in the end, whether muons were there or not, and a T_nu = 1; QED and
    # the mass of e+- are in the entropy, and |U_e4|^2 = 1e-3 converts nothing where coherences are not damped: 1e-3 of
    # 2e-3 by averaged vacuum oscillations of three equally filled states with an empty one, which conserve energy
    solution = solve(mixing, options=Options(n_momenta=8, collisions=False, muons=muons))
    end = float(plasma_entropy(solution.x[-1] / solution.z[-1], muons=muons)) * solution.z[-1] ** 3
    assert solution.status is Status.SUCCESS
    assert end == pytest.approx(float(plasma_entropy(0.0, muons=False)), rel=1e-6)
    assert solution.N_eff == pytest.approx(3.0 * (11.0 / 4.0) ** (4.0 / 3.0) / solution.z[-1] ** 4, rel=1e-4)
    assert solution.N_eff == pytest.approx(3.0096, abs=1e-4)


def test_secret_collisions_without_weak_ones() -> None:
    # heavy use of the wide lattice: the dark sector neither cools nor heats the plasma, which muons heat from z = 0.85
    solution = solve(
        POINTS["3+1"], [SecretVector(1e-2, "10 MeV")], Options(n_momenta=8, collisions=False, signs="same")
    )
    assert solution.status is Status.SUCCESS
    assert 3.0 < solution.N_eff < 3.4


WEAK = {
    "vector": SecretVector(1e-11, "1 MeV"),
    "vector, hot": SecretVector(1e-12, "1 keV", T_s_over_T=1.0),
    "vector, empty": SecretVector(1e-13, "10 MeV", T_s_over_T=0.0),
    "vector, heavy": SecretVector(1e-9, "100 GeV"),
    "vector, no species": SecretVector(1e-13, "1 MeV", mediator_in_equilibrium=False),
    "vector, slow": SecretVector(1e-9, "1 MeV", secret_rate_factor=1e-4),
    "pseudoscalar": SecretPseudoscalar(1e-9, "1e-6 eV", couplings="mass-diagonal"),
    "pseudoscalar that nu_4 decays into": SecretPseudoscalar(1e-13, "1e-6 eV"),  # never, before recombination
}


@pytest.mark.parametrize("name", WEAK)
def test_secret_interactions_too_weak_for_a_bath_vanish_with_the_coupling(name: str) -> None:
    with pytest.warns(ValidityWarning, match="they start from nothing, and mediators are absent"):
        solution = solve(POINTS["3+1"], [WEAK[name]], COARSE)
    # With a dark sector momenta that hold no energy count less in the error norm, and steps have what J leaves out
    # (`boltzmann.kinetics.drift`): with rtol = 3e-4 N_eff is 4e-5 below, and without a dark sector 2e-5 below, that of
    # rtol = 1e-6 (20 momenta); here they differ by 6e-5.
    assert solution.N_eff == pytest.approx(solve(POINTS["3+1"], options=COARSE).N_eff, abs=1e-4)
    assert not solution.dark.energy.any()
    assert solution.interactions == (WEAK[name],)


def test_the_potential_of_sterile_neutrinos_stays_where_mediators_are_absent() -> None:
    # V_s = g^2 T^2/(24 k), the fermion part of thermal neutrinos, exceeds dm2/(2k) with dm2 = 1e-12 MeV^2 above
    # T = sqrt(12 dm2)/g = 7 MeV at g = 5e-7, where production peaks: it hinders it, whatever the bath would have been
    phi = SecretPseudoscalar(5e-7, "1e-9 eV", couplings="mass-diagonal")  # without decays, which make phi later
    faint = [replace(phi, T_s_over_T=ratio) for ratio in (0.0, 0.465)]
    with pytest.warns(ValidityWarning, match="mediators are absent"):
        cold, warm = (solve(POINTS["3+1"], [secret], COARSE).N_eff for secret in faint)
    assert cold == warm
    assert -0.2 < cold - solve(POINTS["3+1"], options=COARSE).N_eff < -0.05


def test_a_weak_secret_interaction_beside_a_strong_one_does_nothing() -> None:
    strong, one = SecretVector(1e-2, "10 MeV"), replace(COARSE, signs="same")
    with pytest.warns(ValidityWarning, match="mediators are absent"):
        both = solve(POINTS["3+1"], [strong, WEAK["vector"]], one)
    assert both.N_eff == pytest.approx(solve(POINTS["3+1"], [strong], one).N_eff, abs=1e-5)  # as above


def test_secret_interactions_at_the_limit_are_pointed_out() -> None:
    # e_s = 1.3e-10 to 4e-10 sqrt(M/MeV): N_eff is off by 0.06 to 0.01 there, for a mediator of 1 keV
    with pytest.warns(ValidityWarning, match=r"coupling=2e-10, .* at most 6.9 times .*doubtful"):
        solve(POINTS["3+1"], [SecretVector(2e-10, "1 MeV", T_s_over_T=0.0)], COARSE)


def test_states_that_end_slow_are_pointed_out() -> None:
    with pytest.warns(ValidityWarning, match="beyond 100 eV2"):
        warm, hot = Mixing(dm2_41="1e8 eV2", Umu4_sq=1e-9), Mixing(dm2_41="1e6 eV2", Umu4_sq=2.58e-9)
    with pytest.warns(ValidityWarning, match=r"m = 10 keV and the run ends at T = 20.4 keV"):
        assert solve(warm, options=COARSE).status is Status.SUCCESS
    assert solve(hot, options=COARSE).status is Status.SUCCESS  # 1 keV: no word


@pytest.mark.parametrize("dm2", ["1e10 eV2", "-1e12 eV2"])  # 100 keV, 1 MeV
def test_states_produced_before_a_run_are_refused(dm2: str) -> None:
    with pytest.raises(ParameterError, match="give at most 1e\\+09 eV2 of either sign"):
        Mixing(dm2_41=dm2, Umu4_sq=1e-9)


@pytest.mark.parametrize(
    ("drift", "occupations", "expected"),
    [
        (1e-12, [0.0, 0.5], Status.SUCCESS),
        (1e-3, [0.0, 0.5], Status.ENERGY_DRIFTED),
        (float("nan"), [0.0, 0.5], Status.ENERGY_DRIFTED),
        (1e-12, [-0.1, 0.5], Status.OUT_OF_RANGE),
        (1e-12, [0.0, 1.1], Status.OUT_OF_RANGE),
        (1e-12, [0.0, float("nan")], Status.OUT_OF_RANGE),
    ],
)
def test_what_a_run_must_keep(drift: float, occupations: list[float], expected: Status) -> None:
    assert _kept(Status.SUCCESS, drift, np.array(occupations)) is expected
    assert _kept(Status.TOO_MANY_STEPS, drift, np.array(occupations)) is Status.TOO_MANY_STEPS
