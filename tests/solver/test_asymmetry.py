"""What a solution says of its own stability: numbers, sentences, files, scans."""

from dataclasses import replace

import numpy as np
import pytest

from boltzmann import Asymmetry, Mixing, Options, load_solution, solve
from boltzmann.errors import UnfinishedWarning, ValidityWarning
from boltzmann.kinetics.status import Status
from boltzmann.potentials import SecretVector
from boltzmann.scan import scan
from boltzmann.solution.asymmetry import AsymmetryGrowth, Branch
from boltzmann.solver import integrate
from boltzmann.solver.asymmetry import flips
from tests.solutions import solution_with, solve_same

QUICK = Options(n_momenta=14, rtol=1e-3)
MIXING = Mixing(dm2_41="1 eV2", Umu4_sq=0.01)
VECTOR = SecretVector(coupling=0.1, mediator_mass="300 MeV")


def test_unstable_vector_says_so_everywhere(tmp_path):
    """With nu = nubar; what `solve` makes of it by default is in tests/solver/test_branch.py."""
    with pytest.warns(ValidityWarning, match=r"grown by e\^25 at T = 3.9.* MeV.*Y_p, differ too"):
        solution = solve_same(MIXING, VECTOR, QUICK)
    growth = solution.asymmetry_growth
    assert growth.unstable
    assert growth.matters
    assert growth.temperature.to_value("MeV") == pytest.approx(3.9, rel=0.05)
    for text in (solution.regime, str(solution), solution._repr_html_()):
        assert "small lepton asymmetry has grown" in text.lower()
    again = load_solution(solution.save(tmp_path / "run.nc")).asymmetry_growth
    assert again == growth
    data = solution.to_dataset()
    assert float(data.asymmetry_growth) == growth.exponent
    assert float(data.asymmetry_temperature) == growth.temperature.value


def test_late_growth_does_not_warn():
    """(0.01, 10 MeV): below 0.3 MeV, where N_eff and n/p are decided; warnings are errors here but for this one."""
    solution = integrate(MIXING, (SecretVector(coupling=0.01, mediator_mass="10 MeV"),), QUICK)
    growth = solution.asymmetry_growth
    assert growth.unstable
    assert not growth.matters
    assert not any("asymmetry" in sentence for sentence in solution.validity)
    assert "by then N_eff" in str(solution)
    assert "by then N_eff" in solution._repr_html_()


def test_small_mixing_below_the_active_states_is_not_computed(tmp_path):
    """Nodes see growth at 16.4 MeV; cells at 14.9, and N_eff = 3.344, 0.023 lower with cells of twice the width."""
    with pytest.warns(ValidityWarning, match=r"N_eff is not computed. From T = .* between 3.04"):
        solution = solve(Mixing(dm2_41="-1 eV2", Umu4_sq=1e-5), options=Options(n_momenta=14))
    assert solution.status is Status.UNSTABLE
    known = solution.unfollowed
    assert known.lowest == pytest.approx(3.044, abs=2e-3)
    assert known.highest == pytest.approx(3.637, abs=5e-3)  # 3.6376, 3.6374, 3.6373 with 14, 20, 40 momenta
    assert 0.02 < known.L < 0.1
    assert known.N_eff == pytest.approx(3.344, abs=0.03)
    assert 0.005 < known.uncertainty < 0.05
    assert pytest.approx(14.9, rel=0.03) == known.T
    assert known.sign == 1.0
    assert "is expected between 3.04" in solution.ending
    with pytest.warns(UnfinishedWarning):
        assert load_solution(solution.save(tmp_path / "run.nc")).unfollowed == known
    assert 10.0 < solution.asymmetry_growth.temperature.to_value("MeV") < 25.0


def test_three_states_and_no_resonance_are_stable():
    for solution in (integrate(Mixing(), (), QUICK), integrate(MIXING, (), QUICK), solution_with(MIXING)):
        growth = solution.asymmetry_growth
        assert growth.exponent == 0.0
        assert not growth.unstable
        assert np.isnan(growth.temperature.value)
        assert "nu = nubar is stable" in str(growth)


def test_scans_have_it(tmp_path):
    axes = {"mediator_mass": ["3 MeV", "300 MeV"]}
    data = scan(axes, mixing=MIXING, interactions=[VECTOR], options=replace(QUICK, signs="same"), store=tmp_path)
    assert data.asymmetry_growth.values[1] > 25.0
    assert data.asymmetry_temperature.values[1] == pytest.approx(3.9, rel=0.05)
    assert data.asymmetry_temperature.attrs["units"] == "MeV"


@pytest.mark.parametrize(("coupling", "mass", "said"), [(0.1, "30 MeV", True), (0.1, "300 MeV", False)])
def test_majorana_flips_are_said_where_they_matter(coupling, mass, said):
    """m_4 = 1 eV, 30 MeV, by hand at 10 MeV, k = 3 T_s = 14 MeV: Gamma_s/H = 6e15 of real A', 2 (m_4/2k)^2 = 3e-15.

    Where nu = nubar becomes unstable, at 1 MeV, real A' are gone: 3e-3. Of 300 MeV they are gone when the run begins.
    """
    interactions = (SecretVector(coupling, mass),)
    run = integrate(MIXING, interactions, QUICK)
    both = replace(run, rho=np.concatenate([run.rho, run.rho], 1), asymmetry=Asymmetry())
    sentences = list(flips(both))
    assert len(sentences) == said
    assert not list(flips(run))
    if said:
        assert "times per Hubble time" in sentences[0]
        assert "Dirac" in sentences[0]
        assert 10.0 < float(sentences[0].split("nubar_s, ")[1].split()[0]) < 500.0
        assert any("Majorana" in sentence for sentence in both.validity)
        after = AsymmetryGrowth(1e3, 1.0)
        assert not list(flips(replace(both, branch=Branch(after, run.N_eff))))
