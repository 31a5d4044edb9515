"""Cosmology cells: entropy formulas, freeze-out, lifetimes, and the solver's."""

import numpy as np
import pytest

from boltzmann.interpretations import early_universe, model, points
from boltzmann.interpretations.rows import dark_decay, dipole_upscattering, invisible_decay, quasi_sterile
from boltzmann.interpretations.rows import muon_decay as muon
from boltzmann.interpretations.rows import vector_upscattering as vector
from boltzmann.lab import matter

# m/MeV: N_eff at T_D = 2.0 and 2.3 of an EM scalar and vector, and of a scalar and vector coupled to neutrinos
# (derived twice)
TABLE = {
    1.0: (2.454, 2.450, 1.733, 1.726, 3.808, 3.815, 5.45, 5.48),
    5.0: (2.714, 2.668, 2.215, 2.120, 3.430, 3.492, 4.24, 4.43),
    10.0: (2.957, 2.915, 2.796, 2.685, 3.137, 3.184, 3.33, 3.47),
    17.0: (3.037, 3.027, 3.022, 2.994, 3.052, 3.062, 3.07, 3.10),
    30.0: (3.044, 3.044, 3.044, 3.043, 3.044, 3.044, 3.044, 3.045),
}


@pytest.mark.parametrize("mass", TABLE)
def test_entropy_table(mass: float) -> None:
    """Rounded to the last digit of the table: 0.006."""
    found = [
        early_universe.relic_N_eff(mass, degrees, T, neutrinos=neutrinos)
        for neutrinos in (False, True) for degrees in (1, 3) for T in early_universe.DECOUPLING
    ]  # fmt: skip
    assert found == pytest.approx(TABLE[mass], abs=0.006)


def test_entropy_ratio() -> None:
    """Massless: 1 and 7/8 (trapezoids, 1e-4); heavy: e^-x."""
    assert early_universe.entropy_ratio(1e-6) == pytest.approx(1.0, rel=1e-4)
    assert early_universe.entropy_ratio(1e-6, fermion=True) == pytest.approx(0.875, rel=1e-4)
    ratio = early_universe.entropy_ratio(30.0) / early_universe.entropy_ratio(31.0)
    assert ratio == pytest.approx(np.e * (30.0 / 31.0) ** 2.5, rel=0.01)  # s = (m/T) n, n ~ (m/T)^1.5 e^(-m/T)


def test_massless_limits() -> None:
    """N_eff of a massless boson that stays with the plasma or the neutrinos: (5.5/6.5)^(4/3), (1 + 4/21)^(4/3),
    up to m_e/T_D.
    """
    assert early_universe.relic_N_eff(1e-3, 1, 50.0) / 3.044 == pytest.approx((5.5 / 6.5) ** (4 / 3), rel=1e-3)
    assert early_universe.relic_N_eff(1e-3, 1, 2.0, neutrinos=True) / 3.044 == pytest.approx(
        (25 / 21) ** (4 / 3), rel=1e-3
    )


def test_light_nu_R() -> None:
    """Gamma = H at 15 MeV by another estimate of mean energies: 2 MeV; Delta N_eff = 0.98 from entropy: 0.02."""
    T = early_universe.decay_freeze_out(2.64e-3)
    assert pytest.approx(15.0, abs=2.0) == T
    assert (10.75 / early_universe.relativistic_degrees(T)) ** (4 / 3) == pytest.approx(0.98, abs=0.02)
    assert early_universe.decay_freeze_out(1e-4) > T


def test_lifetimes() -> None:
    """Z' of 30 MeV with alpha epsilon^2 = 2e-10: 3.3e-13 s; a of 20 MeV with 1e-2/GeV: 3.1e-11 s; both to two
    digits.
    """
    point = points.point("vector-upscattering", "bertuzzo")
    assert vector.vector_lifetime(30.0, point["epsilon"]) == pytest.approx(3.3e-13, rel=0.02)
    assert dark_decay.lifetime(20.0, 1e-5) == pytest.approx(3.1e-11, rel=0.03)
    assert dark_decay.lifetime(1.0, 1e-5) == np.inf


def test_operator_scale() -> None:
    """375 GeV for LSND's BR with one Higgs, by the same algebra with v = 246 GeV: 5 %."""
    assert muon.scale(2.64e-3) == pytest.approx(375.0, rel=0.05)


def test_coupling_of_invisible_decay() -> None:
    """Without the suppression by mixing 3.1 (Moulai) and 7.5 (Diaz): g = g_s sqrt(A (1 - A))."""
    for name, g in (("moulai", 3.1), ("diaz", 7.5)):
        point = points.point("invisible-decay", name)
        m4, active = point["dm2_41"] ** 0.5, point["Ue4_sq"] + point["Umu4_sq"]
        coupling = invisible_decay.secret_coupling(m4 / point["tau"], m4, active)
        assert coupling * np.sqrt(active * (1.0 - active)) == pytest.approx(g, rel=0.05)
        assert "not perturbative" in model("invisible-decay").cosmology(point).how


def test_heavy_dipole_is_invisible() -> None:
    """In equilibrium at T = m by far, tau = 2.0e-9 s; a weak one is not proven to be, and one of 10 s is for the
    solver.
    """
    point = points.point("dipole-upscattering", "vergani")
    dipole = dipole_upscattering.portal(point)
    ratio = dipole_upscattering.equilibrium_ratio(dipole)
    assert ratio > 100.0
    life = early_universe.HBAR / dipole.width
    assert early_universe.invisible(376.0, life, ratio, "").word == "invisible"
    assert early_universe.invisible(376.0, life, 0.1, "").word == "not computable"
    assert early_universe.invisible(376.0, 10.0, ratio, "").word == "not computable"
    assert early_universe.of_boson(17.0, 1, neutrinos=False, lifetime=1.0).word == "not computable"


def test_light_bosons_are_excluded() -> None:
    """1 MeV: N_eff 2.45 or 3.8; above 20 MeV: invisible."""
    assert early_universe.of_boson(1.0, 3, neutrinos=False, lifetime=0.0).word == "excluded"
    assert early_universe.of_boson(1.0, 1, neutrinos=True, lifetime=0.0).word == "excluded"
    assert early_universe.of_boson(20.0, 1, neutrinos=False, lifetime=0.0).word == "invisible"


def test_baryons_are_few() -> None:
    """V_s of quasi-sterile neutrinos, 0.1 of vacuum energies of 1 eV2 at most: eta n_gamma against rock.

    At 10 MeV, where e+- are massless to 3e-4 in entropy, there are 11/4 more baryons per photon than today.
    """
    T = 10.0
    terms = quasi_sterile.early(-2.83e-9).terms(np.full((1, 1, 1), T), np.full((1, 1, 3), T))
    potential = np.asarray(terms.fixed)[..., 3]
    expected = -2.83e-15 * 11 / 4 * 6.1e-10 * 0.2436 * T**3 / matter.nucleons(2.7)
    assert potential == pytest.approx(expected, rel=1e-3)
    assert np.all(np.abs(potential) < 0.01 * T**3 * 1e-12 / 2.0)


def test_oscillation_is_excluded() -> None:
    """LSND's best fit thermalises: N_eff 4.05 as of the solver at those mixings elsewhere (0.01)."""
    cell = model("3+1").cosmology(points.point("3+1", "lsnd"))
    assert cell.word == "excluded"
    assert cell.number == pytest.approx(4.05, abs=0.01)


def test_seesaw_and_quasi_sterile() -> None:
    """A potential of 6e-9 eV in rock pushes nu_s away from 10 MeV on, where production of 1 eV2 would be largest:
    3.58.
    """
    seesaw = model("seesaw").cosmology(points.point("seesaw", "single"))
    assert seesaw.number == pytest.approx(4.05, abs=0.01)
    weak, strong = (
        model("quasi-sterile").cosmology(points.point("quasi-sterile", name)) for name in ("neutrino", "antineutrino")
    )
    assert weak.number is not None
    assert strong.number is not None
    assert 3.6 < strong.number < weak.number < 4.06
    assert {cell.word for cell in (seesaw, weak, strong)} == {"excluded"}


def test_dipole_row_is_judged_by_its_oscillation() -> None:
    cell = model("dipole-upscattering").cosmology(points.point("dipole-upscattering", "vergani"))
    assert cell.word == "excluded"
    assert cell.text.startswith("N invisible")


@pytest.mark.slow
def test_visible_decay_is_a_fluid() -> None:
    """nu_4 and phi share one bath with the active states: N_eff 4.6 at the end of the run, a colliding fluid (0.1)."""
    cell = model("visible-decay").cosmology(points.point("visible-decay", "all"))
    assert cell.word == "excluded"
    assert cell.number == pytest.approx(4.64, abs=0.1)
    assert "fluid" in cell.how
