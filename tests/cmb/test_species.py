"""Masses of the active states as CLASS gets them, and when they need a file."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

from boltzmann.cmb import phase_space, species
from boltzmann.cmb.class_bridge import class_parameters, run_class
from boltzmann.cmb.species import DEGENERATE, FERMI_DIRAC_LIKE, neutrinos_for_class
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.observables import STANDARD_NUMBER
from boltzmann.parameters import Mixing
from boltzmann.solver import solve
from tests.solutions import Z_STANDARD, solution_with

# Omega h^2 of 1 eV with the Fermi-Dirac spectra of `solution_with`: 94.06 eV, and T_nu/T_gamma = 1/Z_STANDARD
PER_EV = (11 / 4) / Z_STANDARD**3 / 94.06


def omega(mixing: Mixing) -> float:
    """Return Omega h^2 of the active states of CLASS."""
    return sum(s.omega_h2 for s in neutrinos_for_class(solution_with(mixing)).species if s.states != (4,))


def with_sum(total: float) -> Mixing:
    """Return three neutrinos whose masses add up to so many eV."""
    lightest = brentq(lambda m: Mixing(lightest_mass=f"{m} eV").masses.value.sum() - total, 0.0, total)
    return Mixing(lightest_mass=f"{lightest} eV")


@pytest.mark.parametrize("ordering", ["normal", "inverted"])
@pytest.mark.parametrize("lightest", [0.0, 0.02, 0.2])
def test_density_follows_from_the_masses(ordering: str, lightest: float) -> None:
    mixing = Mixing(ordering=ordering, lightest_mass=f"{lightest} eV")
    total = mixing.masses.to_value("eV").sum()
    assert omega(mixing) == pytest.approx(total * PER_EV, rel=1e-4)  # 94.06 has four digits
    # 93.14 eV of arXiv:1807.06209 are for 1.0132 of the energy, and the number goes as its 3/4 power
    energy = solution_with(mixing).N_eff / 3.0
    assert omega(mixing) == pytest.approx(total / 93.14 * (energy / 1.0132) ** 0.75, rel=5e-4)


def test_real_spectra_of_three_neutrinos() -> None:
    """93.12 eV with the spectra that decouple, arXiv:2008.01074; the inverted ordering has 1.06e-3."""
    for ordering, total in (("normal", 0.05878), ("inverted", 0.09892)):
        solution = solve(Mixing(ordering=ordering))
        found = sum(s.omega_h2 for s in neutrinos_for_class(solution).species)
        assert found == pytest.approx(total / 93.12, rel=1.5e-3)  # heavy states are mu and tau: 0.05 to 0.1 % fewer
        number = np.mean([solution.number_density_of(k) for k in (1, 2, 3)])
        assert number == pytest.approx(STANDARD_NUMBER, abs=2e-4)


def test_density_is_continuous_where_it_once_jumped() -> None:
    below, above = (omega(with_sum(total)) for total in (0.1194, 0.1206))
    assert above - below == pytest.approx(0.0012 * PER_EV, rel=1e-2)


def test_degenerate_states_are_one_species() -> None:
    inverted = neutrinos_for_class(solution_with(Mixing(ordering="inverted")))
    assert [s.states for s in inverted.species] == [(1, 2)]
    assert inverted.species[0].degeneracy == pytest.approx(2.0, rel=1e-4)
    first, second, _ = Mixing(ordering="inverted").masses.to_value("eV")
    assert second - first < DEGENERATE
    assert inverted.species[0].mass == pytest.approx((first + second) / 2, rel=1e-9)
    assert inverted.N_ur == pytest.approx(solution_with(Mixing()).N_eff_of(3), rel=1e-4)


def test_merging_keeps_the_density_of_unequal_numbers() -> None:
    mixing = Mixing(ordering="inverted")
    solution = solution_with(mixing, [lambda y: 0.3 * fermi_dirac(y), fermi_dirac, fermi_dirac])
    (merged,) = neutrinos_for_class(solution).species
    first, second, _ = mixing.masses.to_value("eV")
    assert merged.omega_h2 == pytest.approx((0.3 * first + second) * PER_EV, rel=1e-4)


def test_states_without_mass_are_radiation() -> None:
    normal = neutrinos_for_class(solution_with(Mixing()))
    assert [s.states for s in normal.species] == [(2,), (3,)]
    light = Mixing(dm2_21="1e-7 eV2")  # m_2 = 0.3 meV
    assert [s.states for s in neutrinos_for_class(solution_with(light)).species] == [(3,)]


def test_sterile_state_below_the_others_lifts_them() -> None:
    mixing = Mixing(dm2_41="-0.01 eV2", Ue4_sq=0.01)
    neutrinos = neutrinos_for_class(solution_with(mixing))
    assert [s.states for s in neutrinos.species] == [(1, 2), (3,)]
    assert omega(mixing) == pytest.approx(mixing.masses.to_value("eV")[:3].sum() * PER_EV, rel=1e-4)


def test_multiple_of_fermi_dirac_has_both_moments() -> None:
    f = 0.4 * fermi_dirac(phase_space.Y / 1.1)
    like = phase_space.fermi_dirac_like(f)
    assert (like.scale, like.factor) == pytest.approx((1.1, 0.4), rel=1e-5)  # Y ends at 30
    assert like.deviation < 1e-4
    assert like.energy == pytest.approx(phase_space.moment(f, 3))


def test_distorted_active_states_need_a_file() -> None:
    cut = [fermi_dirac, fermi_dirac, lambda y: fermi_dirac(y) * (1.0 - 0.3 * np.exp(-y))]
    *_, heavy = neutrinos_for_class(solution_with(Mixing(), cut)).species
    assert phase_space.fermi_dirac_like(cut[2](phase_space.Y)).deviation > FERMI_DIRAC_LIKE
    assert heavy.spectrum is not None
    assert heavy.degeneracy == 1.0
    plain = neutrinos_for_class(solution_with(Mixing())).species
    assert all(s.spectrum is None for s in plain)


def test_decoupling_needs_no_file() -> None:
    """e+- annihilation heats the fast ones: the moments of y and y^4 deviate by 6e-4 at most."""
    solution = solve(Mixing())
    assert all(s.spectrum is None for s in neutrinos_for_class(solution).species)
    deviations = [phase_space.fermi_dirac_like(solution.spectrum_at(k, phase_space.Y)).deviation for k in (1, 2, 3)]
    assert 3e-4 < max(deviations) < 8e-4


@pytest.mark.slow
@pytest.mark.parametrize("mixing", [Mixing(), Mixing(dm2_41="1 eV2", Ue4_sq=1e-4)], ids=["three", "3+1"])
def test_multiples_of_fermi_dirac_are_as_good_as_files(
    mixing: Mixing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C_l with the same momenta, at a given h.

    CLASS (3.4.1) has two branches: TT, TE, EE beyond l = 470 of one are off by 8e-5 (median) and 1.2e-3 at most (EE at
    l = 836), whether h or an angle is given, whatever the steps in k and the tolerance of integration, and a change of
    N_ur of 3e-5 decides which. On the same branch all agree to 3e-5 (three neutrinos). So half of the multipoles agree
    to 1e-4, the tolerance of `phase_space` and a tenth of what Planck notices, with room for another processor's
    branch, and all to twice the jump. A wrong mass or number would show in all multipoles.
    """
    pytest.importorskip("classy")
    solution = solve(mixing)
    without = class_parameters(solution, directory=tmp_path, YHe=0.2454, h=0.6736)
    monkeypatch.setattr(species, "FERMI_DIRAC_LIKE", -1.0)
    files = class_parameters(solution, directory=tmp_path, YHe=0.2454, h=0.6736)
    assert without["use_ncdm_psd_files"] != files["use_ncdm_psd_files"]
    nodes = {name: files[name] for name in ("ncdm_quadrature_strategy", "ncdm_N_momentum_bins")}
    differences = relative(lensed({**without, **nodes}), lensed(files))
    assert all(np.median(difference) < 2e-4 for difference in differences)
    assert max(map(np.max, differences)) < 2.5e-3


def lensed(parameters: dict) -> dict[str, np.ndarray]:
    """Return lensed spectra from the multipole 2 to 2500."""
    with run_class(parameters) as run:
        return {name: np.array(values)[2:] for name, values in run.lensed_cl(2500).items()}


def relative(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Return the relative differences of spectra, that of TE in units of sqrt(TT EE)."""
    own = [np.abs(ours[name] / theirs[name] - 1.0) for name in ("tt", "ee", "pp")]
    return [*own, np.abs(ours["te"] - theirs["te"]) / np.sqrt(theirs["tt"] * theirs["ee"])]


def test_energy_of_everything_is_kept() -> None:
    for mixing in (Mixing(), Mixing(ordering="inverted"), Mixing(dm2_41="1 eV2", Ue4_sq=0.01, lightest_mass="0.1 eV")):
        solution = solution_with(mixing)
        neutrinos = neutrinos_for_class(solution)
        assert sum(s.N_eff for s in neutrinos.species) + neutrinos.N_ur == pytest.approx(solution.N_eff, rel=1e-12)
