"""Cosmology cells: entropy formulas, freeze-out, lifetimes, and the solver's."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import brentq

from boltzmann import Mixing, solve
from boltzmann.errors import MissingLibrary, ParameterError
from boltzmann.interpretations import early_universe, heavy, model, points
from boltzmann.interpretations.rows import dark_decay, dipole_upscattering, invisible_decay, quasi_sterile
from boltzmann.interpretations.rows import muon_decay as muon
from boltzmann.interpretations.rows import vector_upscattering as vector
from boltzmann.interpretations.rows.oscillation import mixing_of
from boltzmann.kinetics.status import Status
from boltzmann.lab import matter
from boltzmann.potentials import HeavyNeutralLepton, ThermalRelic
from boltzmann.potentials.heavy_lepton import EARLY_RATIO
from boltzmann.relics.freeze_out import degrees
from boltzmann.solution.asymmetry import Sweep
from boltzmann.units import HBAR

# bath and states of bosons
CASES = (("e", 1), ("e", 3), ("nu", 1), ("nu", 3))


def entropy(x: float, sign: float) -> float:
    """Entropy of one degree of freedom with x = m/T over that of a massless boson (sum s = p^2 (E + p^2/3E) f/T)."""
    p = np.linspace(1e-3, 60.0, 12_001)
    E = np.hypot(p, x)
    return float(np.trapezoid(p**2 * (E + p**2 / (3.0 * E)) / (np.exp(E) - sign), p) / (4.0 * np.pi**4 / 45.0))


def at_once(mass: float, T: float, bath: str, states: int) -> float:
    """N_eff if neutrinos decouple at once at T: entropies of e, gamma and of neutrinos are conserved apart."""
    boson = states * entropy(mass / T, 1.0)
    if bath == "nu":
        return 3.044 * (1.0 + boson / (21.0 / 4.0)) ** (4 / 3)
    plasma = 2.0 + 4.0 * entropy(0.511 / T, -1.0)
    return 3.044 * (plasma / (plasma + boson)) ** (4 / 3)


def decoupling(mass: float, bath: str, states: int) -> float:
    """The temperature of sudden decoupling [MeV] that gives the solver's N_eff."""
    cell = heavy.of_boson(mass, states, neutrinos=bath == "nu", lifetime=1e-9)
    assert cell.number is not None
    return float(brentq(lambda T: at_once(mass, T, bath, states) - cell.number, 0.7, 6.0))


def test_entropy_alone() -> None:
    """Numbers of another implementation at 2.0 and 2.3 MeV: one and three states of 10 MeV in each bath."""
    for T, numbers in ((2.0, (2.957, 2.796, 3.137, 3.33)), (2.3, (2.915, 2.685, 3.184, 3.47))):
        assert [at_once(10.0, T, *case) for case in CASES] == pytest.approx(numbers, abs=6e-3)


@pytest.mark.parametrize("mass", [10.0])
def test_bosons_by_entropy(mass: float) -> None:
    """As the slow test, with one boson in each bath."""
    found = [decoupling(mass, *CASES[place]) for place in (0, 2)]
    assert found == pytest.approx([2.19, 2.08], abs=0.1)


@pytest.mark.slow
def test_all_bosons_by_entropy() -> None:
    """Each run equals a sudden decoupling at some T_D, which must not depend on the number of states (2 %; 5 % at 30
    MeV, where N_eff changes by 1e-3), little on the bath (15 %), and rises with the mass from below 2 to 3 MeV: heavier
    bosons are gone earlier, and muon, tau and fast neutrinos decouple earlier (about 3 MeV) than others.
    """
    masses = (5.0, 10.0, 17.0, 30.0)
    T = np.array([[decoupling(mass, *case) for case in CASES] for mass in masses])
    room = np.array([0.02, 0.02, 0.02, 0.05])
    for one, three in ((0, 1), (2, 3)):
        assert np.all(np.abs(T[:, three] / T[:, one] - 1.0) < room)
    assert np.all(np.abs(T[:, 2] / T[:, 0] - 1.0) < 0.15)
    assert np.all(np.diff(T, axis=0) > 0.1)
    assert 1.7 < T.min() < T.max() < 3.2


def test_light_nu_R() -> None:
    """Gamma = H at 15 MeV by another estimate of mean energies: 2 MeV; Delta N_eff = 0.98 from entropy: 0.02."""
    T = early_universe.decay_freeze_out(2.64e-3)
    assert pytest.approx(15.0, abs=2.0) == T
    assert (10.75 / degrees(T)[1]) ** (4 / 3) == pytest.approx(0.98, abs=0.02)
    assert early_universe.decay_freeze_out(1e-4) > T


def test_lifetimes() -> None:
    """Z' of 30 MeV with alpha epsilon^2 = 2e-10: 3.3e-13 s; a of 20 MeV with 1e-2/GeV: 3.1e-11 s; both to two
    digits.
    """
    point = points.point("vector-upscattering", "bertuzzo")
    assert vector.vector_lifetime(30.0, point["epsilon"]) == pytest.approx(3.3e-13, rel=0.02, abs=0.0)
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
    """In equilibrium at T = m by far, tau = 2.0e-9 s; below 20 MeV something is left in both baths."""
    point = points.point("dipole-upscattering", "vergani")
    dipole = dipole_upscattering.portal(point)
    ratio = dipole_upscattering.equilibrium_ratio(dipole)
    assert ratio > 100.0
    assert HBAR / dipole.width == pytest.approx(2.0e-9, rel=0.02)
    cell = heavy.of_lepton(376.0, HBAR / dipole.width, ratio, "nu_mu gamma", "")
    assert (cell.word, cell.number) == ("invisible", 3.044)
    assert heavy.of_lepton(376.0, 1e-6, 0.1, "nu_mu gamma", "").word == "invisible"
    assert "mass" in heavy.of_lepton(3000.0, 1.0, 0.1, "nu_mu gamma", "").how


def test_leptons_that_decay_late_are_solved() -> None:
    """20 MeV, 0.1 s, N -> nu_e gamma: by the solver alone; T_N/T of 0.465 and 1 bracket the abundance."""
    cell = heavy.of_lepton(20.0, 0.1, 0.01, "nu_e gamma", "weak dipole")
    lepton = {"mass": "20.0 MeV", "lifetime": "0.1 s", "channels": "nu_e gamma", "majorana": False}
    direct = [solve(Mixing(), HeavyNeutralLepton(T_N_over_T=r, **lepton)).N_eff for r in (EARLY_RATIO, 1.0)]
    assert cell.number == pytest.approx(direct[0])  # fewer of them disturb less
    assert f"{min(direct):.3f} to {max(direct):.3f}" in cell.text
    assert "weak dipole" in cell.how


def test_bosons_in_and_out_of_equilibrium() -> None:
    """At 1 MeV excluded in either bath; above 100 MeV gone; 1 s at 17 MeV is a decay, of 4/3 as many as fermions."""
    assert heavy.of_boson(1.0, 3, neutrinos=False, lifetime=0.0).word == "excluded"
    assert heavy.of_boson(1.0, 1, neutrinos=True, lifetime=0.0).word == "excluded"
    assert heavy.of_boson(20.0, 1, neutrinos=False, lifetime=0.0).word == "invisible"
    assert heavy.of_boson(1250.0, 3, neutrinos=False, lifetime=1e-12).text.startswith("N_eff 3.044: gone")
    late = heavy.of_boson(17.0, 1, neutrinos=False, lifetime=1.0)
    assert late.number is not None
    assert late.number < 2.9  # photons are heated
    assert "Gamma/H = 0.005" in late.how


def test_a_heated_relic_is_excluded() -> None:
    """500 MeV for 10 s dominate the Universe; of two cases the milder one counts."""
    heated = heavy.Fate(np.inf, None, np.inf, np.inf)
    assert heavy.of_fates([heated], "x").word == "excluded"
    both = heavy.of_fates([heated, heavy.Fate(3.0, 0.2466, 1.0, 0.5)], "x")
    assert both.word == "allowed"
    assert "3.000 to entropy times four" in both.text


def test_without_nuclear_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without primat the CMB judges alone."""

    def missing(*_: object, **__: object) -> None:
        raise MissingLibrary("primat")

    monkeypatch.setattr(heavy, "abundances", missing)
    found = heavy.fate(ThermalRelic(mass="40 MeV"))
    assert (found.Y_p, found.bbn) == (None, 0.0)
    assert "Y_p" not in heavy.of_fates([found], "x").text


def test_a_relic_that_is_not_followed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two reasons: the run ends early, or the input is none."""
    stopped = SimpleNamespace(status=Status.TOO_MANY_STEPS)
    monkeypatch.setattr(heavy, "solve", lambda *_: stopped)
    with pytest.raises(ParameterError, match="did not end well: The run used max_steps"):
        heavy.fate(ThermalRelic(mass="41 MeV"))
    cell = heavy.of_boson(41.0, 2, neutrinos=True, lifetime=1e-9)
    assert cell.word == "not computable"
    assert "did not end well" in cell.how
    unmixed = replace(points.point("dipole-decay", "k-decay"), values={"mass": 250.0, "Umu4_sq": 0.0})
    assert "refuses N" in model("dipole-decay").cosmology(unmixed).how


@pytest.mark.slow
def test_dipole_in_flight_needs_a_short_life() -> None:
    """250 MeV with |U|^2 = 1e-9 live 3 s by mixing alone, and dominate the Universe; 0.02 s are just seen."""
    cell = model("dipole-decay").cosmology(points.point("dipole-decay", "k-decay"))
    assert "excluded; with a dipole" in cell.text
    assert cell.number is not None
    assert 2.9 < cell.number < 3.044  # photons are heated while neutrinos decouple; 2.967 measured


def test_baryons_are_few() -> None:
    """V_s of quasi-sterile neutrinos, 0.1 of vacuum energies of 1 eV2 at most: eta n_gamma against rock.

    At 10 MeV, where e+- are massless to 3e-4 in entropy, there are 11/4 more baryons per photon than today, less what
    QED takes from the pressure, 5 e^2 T^4/288 of 11 pi^2 T^4/180.
    """
    T = 10.0
    one_sign = replace(quasi_sterile.early(-2.83e-9), early="neutrinos")
    terms = one_sign.terms(np.full((1, 1, 1), T), np.full((1, 1, 3), T))
    potential = np.asarray(terms.fixed)[..., 3]
    expected = -2.83e-15 * 11 / 4 * 6.1e-10 * 0.2436 * T**3 / matter.nucleons(2.7)
    expected *= 1.0 - 5.0 * 4.0 * np.pi / 137.036 / 288.0 / (11.0 * np.pi**2 / 180.0)
    assert potential == pytest.approx(expected, rel=1e-3, abs=0.0)  # both are far below pytest's absolute 1e-12
    assert np.all(np.abs(potential) < 0.01 * T**3 * 1e-12 / 2.0)


def test_oscillation_is_excluded() -> None:
    """LSND's best fit thermalises: N_eff 4.05 as of the solver at those mixings elsewhere (0.01)."""
    cell = model("3+1").cosmology(points.point("3+1", "lsnd"))
    assert cell.word == "excluded"
    assert cell.number == pytest.approx(4.05, abs=0.01)


def test_seesaw_is_excluded() -> None:
    seesaw = model("seesaw").cosmology(points.point("seesaw", "single"))
    assert seesaw.number == pytest.approx(4.05, abs=0.01)
    assert seesaw.word == "excluded"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["neutrino", "antineutrino", "both"])
def test_quasi_sterile_hides_nothing(name: str) -> None:
    """V_s is odd and falls like n_B: an asymmetry of 1e-5 balances it at 90 MeV, long before nu_s is made, so that
    N_eff is that of no potential, 4.052, within 0.02 (cells through the collapse differ by 0.01).
    """
    cell = model("quasi-sterile").cosmology(points.point("quasi-sterile", name))
    assert cell.number == pytest.approx(4.052, abs=0.02)
    assert cell.word == "excluded"
    assert "balanced" in cell.how


def test_sweep_without_estimate_is_said(monkeypatch) -> None:
    """Of a run that ends in a sweep: a reason where nothing is known, else the milder verdict of the estimate."""
    unknown = Sweep("e", 90.0, (0.1, 0.5), 0.5, 0.0, np.nan, 3.01, 4.05)
    masses = np.array([0.0, 0.01, 0.05, 1.0])
    run = SimpleNamespace(
        status=Status.LEPTON_RUNAWAY, sweep=unknown, mixing=SimpleNamespace(masses_in_eV=masses), N_eff=11.0
    )
    monkeypatch.setattr(early_universe, "_solved", lambda *_: (run, ()))
    assert early_universe.of_mixing(Mixing()).word == "not computable"
    run.sweep = replace(unknown, N_eff=3.3, m_eff=0.3, uncertainty=0.2)
    cell = early_universe.of_mixing(Mixing())
    run.sweep = replace(unknown, N_eff=3.1, m_eff=0.3, uncertainty=0.0)
    milder = early_universe.of_mixing(Mixing())
    assert cell.number == 3.3
    assert cell.text.startswith("N_eff 3.300 +- 0.200, m_eff 0.3 eV, Delta chi2 ")
    assert cell.text.rpartition(" ")[2] == milder.text.rpartition(" ")[2]


def test_anomalous_matter() -> None:
    """Collisions with |eps_e,mu| = 0.1 leave N_eff; one scalar in the bath of neutrinos adds 4/7. A solve of eps in
    the matrix mode by `boltzmann.solve`: 3.0443, 2e-3 for the default tolerance.
    """
    contact, resonance = (
        model("anomalous-matter").cosmology(points.point("anomalous-matter", name)) for name in ("contact", "resonance")
    )
    assert contact.word == "allowed"
    assert contact.number == pytest.approx(3.0443, abs=2e-3)
    assert resonance.number == pytest.approx(3.044 + 4 / 7)


def test_what_is_approximate_is_said_in_the_cell() -> None:
    """A nu_4 of 282 eV warns nobody while the row is built; its cell says it (the coupling ends the solve at once)."""
    heavy_state = mixing_of(282.0**2, 0.0, 1e-9)
    cell = early_universe.of_mixing(heavy_state)
    assert "is beyond 100 eV2" in cell.how


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
