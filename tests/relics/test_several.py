"""Several relics at once, and a relic beside a light sterile state: they share active spectra and plasma alone."""

from functools import cache

import numpy as np
import pytest

from boltzmann import Mixing, Options, Solution, solve
from boltzmann.kinetics.hamiltonian import vacuum
from boltzmann.parameters import ParameterError
from boltzmann.plasma import background
from boltzmann.potentials import HeavyNeutralLepton, ThermalRelic
from boltzmann.relics import thermal
from boltzmann.relics.equation import components, matrices
from boltzmann.solver.run import load_solution

SOFT = {"mass": "20 MeV", "lifetime": "0.1 s", "channels": "nu_e gamma", "T_N_over_T": 0.79, "inverse_decays": False}
HARD = {"mass": "60 MeV", "lifetime": "0.05 s", "channels": "nu_mu gamma", "T_N_over_T": 0.6, "abundance": 0.3}
THREE = Mixing()
LIGHT = Mixing(dm2_41="1 eV2", Ue4_sq=1e-3)


def lepton(fields: dict[str, object] = SOFT, abundance: float | None = None) -> HeavyNeutralLepton:
    return HeavyNeutralLepton(**{**fields, **({} if abundance is None else {"abundance": abundance})})


def particle(bath: str, g: float = 1.0, **fields: object) -> ThermalRelic:
    return ThermalRelic(mass="5 MeV", couples_to=bath, g=g, **fields)


@cache
def run(*relics: HeavyNeutralLepton | ThermalRelic, mixing: Mixing = THREE) -> Solution:
    solution = solve(mixing, relics)
    assert solution.status.ok
    assert solution.stats.energy_drift < 1e-8  # linear in the unknowns: 1e-11, and 2e-9 with X in the plasma, measured
    return solution


def test_halves_are_a_whole() -> None:
    """To round-off, which the choice of steps may enlarge: 1e-9 measured."""
    whole, halves = run(lepton()), run(lepton(abundance=0.5), lepton(abundance=0.5))
    assert halves.N_eff == pytest.approx(whole.N_eff, abs=1e-6)
    assert whole.relic is not None
    assert halves.relic is not None
    assert halves.relic.energy.shape == (halves.x.size, 2)
    assert np.array_equal(halves.relic.energy[:, 0], halves.relic.energy[:, 1])
    assert halves.relic.total[0] == pytest.approx(whole.relic.total[0], rel=1e-12)
    assert run(particle("e", 0.5), particle("e", 0.5)).N_eff == pytest.approx(run(particle("e")).N_eff, abs=1e-6)
    assert run(particle("nu", 0.5), particle("nu", 0.5)).N_eff == pytest.approx(run(particle("nu")).N_eff, abs=1e-6)


def test_a_second_one_without_abundance_changes_nothing() -> None:
    """The same grid and error: 1e-9 measured."""
    empty = lepton({**HARD, "inverse_decays": False}, 0.0)
    assert run(lepton(), empty).N_eff == pytest.approx(run(lepton()).N_eff, abs=1e-6)


def test_inverse_decays_make_a_lepton_from_nothing() -> None:
    """More is made the faster it decays, and what is made has gone long before the end."""
    slow, fast = (run(lepton({**HARD, "lifetime": tau}, 0.0)) for tau in ("0.2 s", "0.1 s"))
    assert slow.relic is not None
    assert fast.relic is not None
    assert slow.relic.energy[0] == fast.relic.energy[0] == 0.0
    assert fast.relic.number.max() > 1.5 * slow.relic.number.max() > 0.0
    assert 0.0 <= fast.relic.energy[-1] < 1e-12 * fast.relic.energy.max()
    assert max(slow.stats.steps, fast.stats.steps) < 600


def test_a_particle_without_states_changes_nothing() -> None:
    """Other tables of the plasma and another start: 2e-5 measured, by the spline of the tables."""
    assert run(lepton(), particle("e", 0.0)).N_eff == pytest.approx(run(lepton()).N_eff, abs=1e-4)
    for bath in ("e", "nu"):  # beside an empty lepton the run begins at 170 MeV
        assert run(lepton(abundance=0.0), particle(bath)).N_eff == pytest.approx(run(particle(bath)).N_eff, abs=1e-4)


def test_two_leptons_in_any_order() -> None:
    one, other = run(lepton(), lepton(HARD)), run(lepton(HARD), lepton())
    assert other.N_eff == pytest.approx(one.N_eff, abs=1e-6)
    assert one.relic is not None
    assert other.relic is not None
    assert other.relic.number[0, ::-1] == pytest.approx(one.relic.number[0], rel=1e-12)
    assert "relic 1" in one.regime
    assert "relic 2" in one.regime
    # both lower N_eff, by 0.029 and 0.022; together by the sum, but what one heats the other meets
    assert one.delta_N_eff == pytest.approx(run(lepton()).delta_N_eff + run(lepton(HARD)).delta_N_eff, rel=0.15)


def test_a_lepton_beside_a_particle_in_equilibrium_in_any_order() -> None:
    for bath in ("e", "nu"):
        one, other = run(lepton(), particle(bath)), run(particle(bath), lepton())
        assert other.N_eff == pytest.approx(one.N_eff, abs=1e-6)
        assert one.relic is not None
        beside = one.relic.energy[:, 1].max() > 0.0  # as part of the plasma it has no energy of its own
        assert bool(beside) is (bath == "nu")
        assert np.all(one.relic.number[:, 1] == 0.0)
        assert np.all(np.diff(one.x) > 0.0)


def test_particles_in_both_baths() -> None:
    """Resolved and thermal, whose spectra are the same while X holds neutrinos: 1e-4 measured."""
    resolved = run(particle("e"), particle("nu"))
    both = run(particle("e", spectra="thermal"), particle("nu", spectra="thermal"))
    assert resolved.N_eff == pytest.approx(both.N_eff, abs=2e-3)
    assert run(particle("e")).N_eff < resolved.N_eff < run(particle("nu")).N_eff


def test_the_start_beside_a_particle_conserves_entropy() -> None:
    """Without X that of three neutrinos, normalised to a T = 1 after muon annihilation; 10 MeV: 4e-4 of m_e."""
    empty = particle("e", 0.0).relic()
    found = thermal.initial_z(3e-3, thermal.start([empty]), thermal.baths([empty], muons=True))
    assert found == pytest.approx(background.initial_z(3e-3), abs=1e-3)


def test_several_are_kept_in_a_file(tmp_path: object) -> None:
    solution = run(lepton(), lepton(HARD))
    again = load_solution(solution.save(f"{tmp_path}/run.nc"))
    assert again.interactions == solution.interactions
    assert again.relic is not None
    assert solution.relic is not None
    assert np.array_equal(again.relic.number, solution.relic.number)


@pytest.mark.parametrize("n", [3, 4])
def test_components_are_those_of_matrices(n: int) -> None:
    numbers = np.random.default_rng(n).normal(size=(5, n * n))
    assert np.array_equal(components(matrices(numbers)), numbers)


def test_a_sterile_state_beside_an_empty_lepton() -> None:
    """The core solver and this one: other collisions, integrator and grid; 2e-4 measured at the default tolerance."""
    core, ours = solve(LIGHT), run(lepton(abundance=0.0), mixing=LIGHT)
    assert ours.N_eff == pytest.approx(core.N_eff, abs=1e-3)
    assert ours.N_eff_of(4) == pytest.approx(core.N_eff_of(4), abs=1e-3)
    assert ours.delta_N_eff == pytest.approx(core.delta_N_eff, abs=1e-3)


def test_a_sterile_state_that_does_not_mix_changes_nothing() -> None:
    apart = Mixing(dm2_41="1 eV2")
    assert np.all(vacuum(apart.U, apart.mass_squared)[3, :3] == 0.0)
    assert run(lepton(), mixing=apart).N_eff == pytest.approx(run(lepton()).N_eff, abs=1e-5)


def test_a_sterile_state_is_there_before_a_particle_goes() -> None:
    """At 1 eV^2 it is made at 15 MeV: a run that began with X at 10 MeV found 3.359 instead of 3.533."""
    assert run(particle("e", 0.0), mixing=LIGHT).N_eff == pytest.approx(solve(LIGHT).N_eff, abs=1e-3)


def test_heat_dilutes_sterile_neutrinos() -> None:
    """All energy to the plasma after nu_s are made: their energy over that of photons falls like 1/z^4 (0.1 eV^2)."""
    mixing = Mixing(dm2_41="0.1 eV2", Ue4_sq=1e-3)
    late = {"mass": "2 MeV", "lifetime": "150 s", "channels": "e+ e-", "abundance": 0.003, "T_N_over_T": 0.7937}
    late["inverse_decays"] = False  # of e+ e- they are not followed, and said to be missing
    with_heat, without = run(lepton(late), mixing=mixing), run(lepton(late, 0.0), mixing=mixing)
    assert with_heat.N_eff_of(4) / without.N_eff_of(4) == pytest.approx(
        (without.z[-1] / with_heat.z[-1]) ** 4, rel=1e-4
    )


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(ParameterError, match="at one temperature"):
        solve(LIGHT, particle("nu"))
    with pytest.raises(ParameterError, match="at one temperature"):
        solve(LIGHT, particle("e", spectra="thermal"))
    with pytest.raises(ParameterError, match="no temperature"):
        solve(Mixing(), [lepton(), particle("e", spectra="thermal")])
    with pytest.raises(ParameterError, match="resonances sweep"):
        solve(Mixing(dm2_41="-1 eV2", Ue4_sq=1e-3), lepton())


@pytest.mark.slow
def test_steps_of_a_sterile_state_converge() -> None:
    """1.4e-4 measured between the default tolerance and a thirtieth of it."""
    fine = solve(LIGHT, lepton(), options=Options(rtol=1e-5))
    assert run(lepton(), mixing=LIGHT).N_eff == pytest.approx(fine.N_eff, abs=1e-3)
