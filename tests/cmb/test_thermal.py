"""The thermal state that three numbers stand for."""

import numpy as np
import pytest

from boltzmann.cmb.class_bridge import T_NU, run_class
from boltzmann.cmb.thermal import (
    LATE,
    active_masses,
    late_mass,
    late_mass_of,
    least_N_eff_4,
    normal_masses,
    normal_sum,
    shared_N_eff_4,
    thermal_mass,
    thermal_neutrinos,
)
from boltzmann.errors import ParameterError


def test_mass_of_a_standard_state() -> None:
    """N of a neutrino at T_nu gives Omega h^2 = m/94.1 eV up to the convention for T_nu: 1.2% without heating."""
    assert thermal_mass(1.0, 1.0) == pytest.approx(1.0, rel=0.02)


def test_mass_scales_with_the_number_of_particles() -> None:
    masses = [thermal_mass(0.5, N) * N**0.75 for N in (0.1, 0.5, 1.0)]
    assert masses == pytest.approx([masses[0]] * 3, rel=1e-5)  # kinetic energy: (T/m)^2 ~ 1e-6


def test_kinetic_energy_alone_means_massless() -> None:
    assert thermal_mass(1e-9, 1.0) == 0.0
    assert thermal_neutrinos(0.5, 1e-9, 0.5)["N_ncdm"] == 1


def test_limits_of_the_fourth_state() -> None:
    assert thermal_mass(0.7, float(least_N_eff_4(0.7))) == pytest.approx(10.0, rel=0.02)
    assert float(shared_N_eff_4(0.956)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("delta", "m_eff", "own"), [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.2, 0.75, 0.811), (-0.3, 0.3, 0.6)]
)
def test_class_finds_the_three_numbers(delta: float, m_eff: float, own: float) -> None:
    """N_eff and omega of CLASS: its quadrature is good to 1e-5 of N_eff (tol_ncdm_bg)."""
    pytest.importorskip("classy")
    parameters = {**thermal_neutrinos(delta, m_eff, own), "h": 0.67, "omega_b": 0.0224, "omega_cdm": 0.12}
    with run_class(parameters, level="background") as run:
        N_eff, omega = float(run.Neff()), float(run.Omega_nu) * 0.67**2
    active = 0.06 / 93.14 * ((3.044 + delta - own) / 3.044) ** 0.75  # 93.14 eV: arXiv:1807.06209 sec. 2.1 convention
    assert N_eff == pytest.approx(3.044 + delta, abs=2e-4)
    assert 94.1 * (omega - active) == pytest.approx(m_eff, abs=2e-3)


@pytest.mark.parametrize("total", [0.06, 0.1, 0.4])
def test_class_finds_the_active_masses(total: float) -> None:
    """Omega_nu h^2 = sum/93.14 eV and N_eff, whether one state has the mass or three."""
    pytest.importorskip("classy")
    parameters = {**thermal_neutrinos(0.0, 0.0, 0.0, sum_m_nu=total), "h": 0.67, "omega_b": 0.0224, "omega_cdm": 0.12}
    with run_class(parameters, level="background") as run:
        N_eff, omega = float(run.Neff()), float(run.Omega_nu) * 0.67**2
    assert N_eff == pytest.approx(3.044, abs=2e-4)
    assert 93.14 * omega == pytest.approx(total, rel=3e-3)  # kinetic energy at 0.02 eV: (3 T_nu/m)^2/2 = 3e-4


def test_active_masses_have_the_measured_differences() -> None:
    for total in (0.07, 0.1, 0.4):
        (pair, two), (third, one) = active_masses(total)
        assert (two, one) == (2, 1)
        assert 2 * pair + third == pytest.approx(total)
        assert third**2 - pair**2 == pytest.approx(2.513e-3 - 7.49e-5 / 2, rel=0.01)
    assert active_masses(0.4)[0][0] == pytest.approx(0.4 / 3, rel=0.03)
    with pytest.raises(ParameterError, match=r"sum_m_nu = 0.05 eV is not allowed; oscillations need at least 0.0588"):
        active_masses(0.05)


def test_what_a_mass_adds_late() -> None:
    """Nothing of a massless state; m less the mean momentum of a heavy one, 3.15 T_nu; m^2 <1/p>/2 of a light one."""
    T = 1.6764e-4 * (3.044 / 3) ** 0.25 * (1 + LATE)  # eV; T_nu today is 1.945 K
    assert late_mass(0.0) == 0.0
    assert late_mass(1.0) == pytest.approx(1.0 - 3.1514 * T + 12.939 / 2 * T**2, rel=1e-5)
    light = 2e-5  # <1/p> = (pi^2/12)/(1.5 zeta(3))/T
    assert late_mass(light) == pytest.approx(0.4561 * light**2 / (2 * T), rel=3e-3)


def test_sums_and_what_they_add_late() -> None:
    """One state of a sum adds more than three; the inverse is exact, and fewer neutrinos add less."""
    assert float(late_mass_of(0.06)) < late_mass(0.06)
    assert float(late_mass_of(0.0989)) == pytest.approx(sum(map(late_mass, normal_masses(0.0989))), rel=1e-5)
    for total in (0.03, 0.0588, 0.1, 0.4, 3.0):
        assert normal_sum(float(late_mass_of(total))) == pytest.approx(total, rel=1e-9)
    assert np.all(np.diff(late_mass_of(np.linspace(0.001, 1.0, 300))) > 0.0)


def test_active_temperature() -> None:
    temperatures = thermal_neutrinos(0.0, 0.0, 0.0)["T_ncdm"]
    assert float(temperatures) == pytest.approx(T_NU * (3.044 / 3) ** 0.25)
    assert np.isclose(float(thermal_neutrinos(0.0, 0.0, 0.0)["N_ur"]), 2 * 3.044 / 3)
