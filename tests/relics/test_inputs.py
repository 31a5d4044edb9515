"""Heavy leptons and thermal relics as inputs: channels, widths, decoupling, and sentences for what cannot be used."""

import numpy as np
import pytest

from boltzmann import Asymmetry, Mixing, Options, solve
from boltzmann.constants import M_MU
from boltzmann.parameters import ParameterError
from boltzmann.plasma.background import plasma_at
from boltzmann.plasma.thermo import particle_pressure_and_density
from boltzmann.potentials import HeavyNeutralLepton, SecretVector, ThermalRelic
from boltzmann.relics import channels, freeze_out, widths
from boltzmann.relics.channels import M_PI
from boltzmann.relics.thermal import Setting, baths, slopes, start
from boltzmann.units import HBAR, Quantity

GIVEN = {"mass": "100 MeV", "lifetime": "0.1 s", "channels": "nu_e gamma"}
EVERY = (
    "nu_e nu nu: 0.2; nu_mu e+ e-: 0.1; nu_tau pi0: 0.1; e pi: 0.1; mu pi: 0.1; nu_mu gamma: 0.1; nu_e X(30 MeV): 0.1; "
    "nu nu: 0.1; e+ e-: 0.05; gamma gamma: 0.05"
)


def test_channels_are_text_or_mapping() -> None:
    mapping = {"nu_e gamma": 0.5, "nu_mu X": {"branching": 0.5, "mass": "30 MeV"}}
    one = HeavyNeutralLepton(**{**GIVEN, "channels": mapping})
    assert one == HeavyNeutralLepton(**{**GIVEN, "channels": "nu_e gamma: 0.5; nu_mu X(0.03 GeV): 0.5"})
    assert one.branching_ratios == {"nu_e gamma": 0.5, "nu_mu X(30 MeV)": 0.5}
    assert eval(repr(one)) == one  # the repr is code


def test_every_channel_keeps_energy() -> None:
    """Neutrinos of decays at rest carry less than the mass; two-body ones what kinematics says."""
    mass, found = 400.0, channels.parsed(EVERY)
    moving, stopped = channels.tables(found, mass)
    assert np.all(np.diff(moving[:, 0]) > 0.0)
    energy = mass * moving[:, 0] @ moving[:, 1:].sum(axis=1)
    assert energy + stopped[:, 0] @ stopped[:, 1:].sum(axis=1) < mass
    X = channels.lines(channels.named("nu_e X", 1.0, 30.0), mass)[0][0] * mass
    assert X + np.hypot(X, 30.0) == pytest.approx(mass)  # nu and X back to back
    assert channels.largest_energy(found, mass) == 0.5 * mass


def test_spectra_of_three_bodies() -> None:
    """g1 and g2 are normalised; their mean energies are 0.35 m and 0.30 m (derived)."""
    moving, _ = channels.tables(channels.parsed("nu_e e+ e-"), 100.0)
    assert moving[:, 1:].sum(axis=0) == pytest.approx([1.0, 0.0, 0.0], abs=1e-14)
    assert moving[:, 0] @ moving[:, 1] == pytest.approx(0.35, rel=1e-12)
    three, _ = channels.tables(channels.parsed("nu_mu nu nu"), 100.0)
    assert three[:, 1:].sum(axis=0) == pytest.approx([0.5, 2.0, 0.5], rel=1e-12)
    assert three[:, 0] @ three[:, 1:].sum(axis=1) == pytest.approx(1.0, rel=1e-12)  # all of the mass
    _, muons = channels.tables(channels.parsed("mu pi"), 300.0)
    assert muons[:, 1:].sum(axis=0) == pytest.approx([2.0, 3.0, 0.0], rel=1e-12)
    assert muons[:, 0] @ muons[:, 1] == pytest.approx(2.0 * 0.30 * M_MU, rel=1e-12)


def test_width_of_pions_gives_the_lifetime_of_the_pion() -> None:
    """The matrix element crossed, N massless: G^2 f^2 V^2 m l^2 (1 - l^2)^2/(8 pi); 2.603e-8 s (PDG)."""
    share = (M_MU / M_PI) ** 2
    width = widths.G_F**2 * widths.F_PI**2 * widths.V_UD**2 * M_PI**3 * share * (1.0 - share) ** 2 / (8.0 * np.pi)
    assert HBAR / width == pytest.approx(2.603e-8, rel=0.03)  # radiative corrections 2 %
    # and for m >> m_pi + m_l the same constants, G^2 f^2 V^2 m^3/(16 pi)
    heavy = widths.G_F**2 * widths.F_PI**2 * widths.V_UD**2 * 1e6**3 / (16.0 * np.pi)
    assert widths.charged_pion_width(1e6, M_MU) == pytest.approx(heavy, rel=1e-6)
    assert widths.charged_pion_width(200.0, M_MU) == 0.0


@pytest.mark.parametrize(
    ("mass", "element", "lifetime"),
    [(100, 1.97e-5, 0.0921), (200, 3.72e-8, 0.1123), (200, 2.17e-7, 0.0192), (300, 2.77e-8, 0.0197)],
)
def test_lifetimes_of_mixing(mass: int, element: float, lifetime: float) -> None:
    """Points of published boundaries with the branching table that they come with (Dirac, e), 0.092 to 0.0194 s."""
    dirac = HeavyNeutralLepton(mass=f"{mass} MeV", Ue4_sq=element, majorana=False)
    assert dirac.tau.value == pytest.approx(lifetime, rel=5e-3)
    assert HeavyNeutralLepton(mass=f"{mass} MeV", Ue4_sq=element).tau.value == pytest.approx(0.5 * lifetime, rel=5e-3)
    assert sum(dirac.branching_ratios.values()) == pytest.approx(1.0, rel=1e-12)


def test_lifetime_of_a_dipole() -> None:
    """D = 1e-6 GeV^-1, 100 MeV, Dirac: 8.27e-9 s; 1 mu_B = 296.3 GeV^-1; L of mu/2 has half of d."""
    assert HBAR / widths.dipole_width(100.0, 1e-9, "d", False) == pytest.approx(8.27e-9, rel=1e-3)
    assert pytest.approx(296.3, rel=1e-3) == 1e3 * widths.MAGNETON
    arguments = {"mass": "100 MeV", "flavour": "mu"}
    one = HeavyNeutralLepton.from_dipole(d="1e-9 GeV-1", convention="d", **arguments)
    two = HeavyNeutralLepton.from_dipole(d="2e-9 GeV-1", convention="mu", **arguments)
    assert one.tau.value == pytest.approx(two.tau.value, rel=1e-12)
    assert one.tau.value == pytest.approx(8.27e-3 / 2.0, rel=1e-3)
    assert one.branching_ratios == {"nu_mu gamma": 1.0}
    assert one.relic().z_N == pytest.approx((10.75 / 106.75) ** (1 / 3))


def test_decoupling_of_mixing() -> None:
    """T_dec of |U|^2 = 1e-3 to 1e-7: 11, 24, 51, 109, 235 MeV with C = 0.95 and g = 15 (prototype)."""
    found = [freeze_out.decouple(1.0, (0.0, 10.0**-k, 0.0)) for k in range(3, 8)]
    assert [d.T for d in found] == pytest.approx([11.0, 24.0, 51.0, 109.0, 235.0], rel=0.3)
    assert [d.z_N for d in found] == sorted((d.z_N for d in found), reverse=True)
    lepton = HeavyNeutralLepton(mass="100 MeV", Ue4_sq=1e-7)
    assert lepton.T_decoupling.to_value("GeV") == pytest.approx(0.26, rel=0.05)
    assert "lattice" in " ".join(lepton.caveats())
    assert HeavyNeutralLepton(**GIVEN).T_decoupling is None


def test_degrees_of_freedom_join_the_plasma_of_the_package() -> None:
    """The table of arXiv:1606.07494 begins at 100 MeV, where hadrons beside free pions are 6 %; in between, smooth."""
    below, above = freeze_out.degrees(59.999), freeze_out.degrees(60.001)
    assert below == pytest.approx(above, rel=1e-5)
    assert freeze_out._leptons_and_pions(100.0) == pytest.approx(freeze_out.degrees(100.0), rel=0.08)
    assert freeze_out.degrees(10.0) == pytest.approx((10.76, 10.76 / 1.00048), rel=3e-3)  # a row of the table; QED


def test_heavier_than_its_decoupling_there_are_fewer() -> None:
    light, heavy = (freeze_out.decouple(m, (1e-4, 0.0, 0.0)) for m in (15.0, 60.0))
    assert light.dilution == 1.0
    assert 0.2 < heavy.dilution < 0.6  # 0.37 of a relativistic gas: frozen out a little after T_dec
    model = HeavyNeutralLepton(mass="60 MeV", Ue4_sq=1e-4).relic()
    lepton = model.lepton()
    number = np.sum(lepton.w * lepton.q**2 * lepton.start) / model.z_N**3
    assert number == pytest.approx(heavy.dilution * 1.803, rel=1e-3)  # 3/2 zeta(3)
    assert lepton.start[-1] / lepton.start[0] > 0.0


def test_thermodynamics_of_a_relic() -> None:
    """Massless: pi^2/90 and 7/8 of it; E = 3 p."""
    for fermion, share in ((False, 1.0), (True, 0.875)):
        p, rho = particle_pressure_and_density(0.0, fermion)
        assert p == pytest.approx(share * np.pi**2 / 90.0, rel=1e-8)
        assert rho == pytest.approx(3.0 * p, rel=1e-12)


def test_both_baths_expand_alike_while_nothing_happens() -> None:
    """At T >> m, hotter than m_e, z stays: entropy is conserved."""
    model = ThermalRelic(mass="0.1 MeV", couples_to="nu").relic()
    assert start([model]) == pytest.approx(0.0511, rel=1e-3)
    from boltzmann.solver.relics import _soft_tables

    both = baths([model], muons=False)
    densities = [plasma_at(0.0511, bath)[0] for bath in both]
    change = slopes(np.log(0.0511), np.array([*densities, 0.0]), Setting(both, *_soft_tables(20, 20.0), ()))
    assert change == pytest.approx([0.0, 0.0, 0.0], abs=1e-3)  # traces: E of e+- and of X over (T/m)^2


BAD = {
    "no mass": ({"lifetime": "1 s", "channels": "nu nu"}, "needs mass"),
    "heavy": ({**GIVEN, "mass": "3 GeV"}, "2000 MeV"),
    "neither": ({"mass": "10 MeV"}, "neither"),
    "both": ({**GIVEN, "Ue4_sq": 1e-3}, "both"),
    "half": ({"mass": "10 MeV", "lifetime": "1 s"}, "belong together"),
    "sum": ({**GIVEN, "channels": "nu_e gamma: 0.5; nu nu: 0.4"}, "sum to 0.9"),
    "closed": ({**GIVEN, "channels": "nu_e pi0"}, "134.977"),
    "late": ({**GIVEN, "lifetime": "1e5 s"}, "ACROPOLIS"),
    "unknown": ({**GIVEN, "channels": "nu_x gamma"}, "does not exist"),
    "no X mass": ({**GIVEN, "channels": "nu_e X: 1"}, "mass of X"),
    "no share": ({**GIVEN, "channels": "nu_e gamma; nu nu: 0.5"}, "branching ratio"),
    "word": ({**GIVEN, "channels": "nu_e gamma: much"}, "no number"),
    "negative": ({**GIVEN, "channels": "nu_e gamma: -1"}, "0 to 1"),
    "key": ({**GIVEN, "channels": {"nu_e gamma": {"share": 1}}}, "branching, mass"),
    "elements": ({"mass": "10 MeV", "Ue4_sq": 0.6, "Umu4_sq": 0.6}, "at most 1"),
    "temperature": ({**GIVEN, "T_N_over_T": 1.5}, "T_N_over_T"),
    "abundance": ({**GIVEN, "abundance": 2.0}, "abundance"),
    "prompt": ({"mass": "500 MeV", "Ue4_sq": 1e-2}, "lifetime is"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_wrong_leptons_are_refused_with_a_sentence(name: str) -> None:
    fields, text = BAD[name]
    with pytest.raises(ParameterError, match=text):
        HeavyNeutralLepton(**fields)


def test_wrong_dipoles_and_thermal_relics_are_refused() -> None:
    arguments = {"mass": "100 MeV", "flavour": "mu", "convention": "d"}
    with pytest.raises(ParameterError, match="above zero"):
        HeavyNeutralLepton.from_dipole(d="0 GeV-1", **arguments)
    with pytest.raises(ParameterError, match="choose one of"):
        HeavyNeutralLepton.from_dipole(d="1e-9 GeV-1", **{**arguments, "convention": "g"})
    with pytest.raises(ParameterError, match="needs mass"):
        ThermalRelic()
    with pytest.raises(ParameterError, match="couples_to"):
        ThermalRelic(mass="5 MeV", couples_to="mu")
    with pytest.raises(ParameterError, match="outside 1 MeV"):
        freeze_out.decouple(1.0, (1e-30, 0.0, 0.0))


def test_combinations_are_refused_with_a_sentence() -> None:
    relic = HeavyNeutralLepton(**GIVEN)
    with pytest.raises(ParameterError, match="give relics alone"):
        solve(Mixing(dm2_41="1 eV2"), [SecretVector(1e-2, "10 MeV"), relic])
    with pytest.raises(ParameterError, match="leave it out"):
        solve(Mixing(), relic, asymmetry=Asymmetry(xi=0.01))
    with pytest.raises(ParameterError, match="coherence"):
        solve(Mixing(), relic, options=Options(coherence="matrix"))


def test_what_is_used_is_said() -> None:
    lepton = HeavyNeutralLepton(mass="400 MeV", Ue4_sq=1e-9)
    assert "tau = " in lepton.meaning
    assert "T_dec" in lepton.meaning
    assert "several pions" in " ".join(lepton.caveats())
    assert "neutrinos" in ThermalRelic(mass="5 MeV", couples_to="nu").meaning
    assert ThermalRelic(mass="5 MeV").caveats() == ()
    assert isinstance(lepton.tau, Quantity)
