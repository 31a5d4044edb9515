"""What is handed to CLASS: dictionary, phase-space files, and every refusal."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from boltzmann import Options, solve
from boltzmann.cmb import bbn, class_bridge
from boltzmann.cmb.class_bridge import (
    PLANCK_2018,
    ClassSpectra,
    ClassyMissing,
    class_parameters,
    neutrino_species,
    run_class,
    spectra,
)
from boltzmann.cmb.neutrons import own_helium
from boltzmann.cmb.species import neutrinos_for_class
from boltzmann.constants import NEUTRINO_DENSITY
from boltzmann.kinetics.status import Status
from boltzmann.kinetics.sterile_history import DarkHistory
from boltzmann.numerics.cache import CacheError
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.parameters import Mixing, ParameterError, ValidityWarning
from boltzmann.potentials import LowReheating, SecretVector
from tests.solutions import Z_STANDARD, collisions, solution_with

STERILE = Mixing(dm2_41="1 eV2", Ue4_sq=0.01)


@pytest.fixture
def classy():
    return pytest.importorskip("classy")


def test_recipe(tmp_path: Path) -> None:
    solution = solution_with(STERILE, [fermi_dirac] * 3 + [lambda y: 0.5 * fermi_dirac(y)])
    parameters = class_parameters(solution, directory=tmp_path, YHe=0.25)
    active = solution.N_eff - solution.N_eff_of(4)
    temperatures = [float(T) for T in parameters["T_ncdm"].split(",")]
    assert parameters["N_ncdm"] == 3
    # sqrt(7.49e-5) and sqrt(2.513e-3) of NuFIT 6.0, and m_4
    masses = [float(mass) for mass in parameters["m_ncdm"].split(",")]
    assert masses == pytest.approx([8.6545e-3, 5.01298e-2, 1.0], rel=1e-5)
    assert [float(d) for d in parameters["deg_ncdm"].split(",")] == pytest.approx([1, 1, 1], rel=1e-4)
    assert parameters["use_ncdm_psd_files"] == "0,0,1"
    assert parameters["ncdm_quadrature_strategy"] == "0,0,1"
    assert parameters["N_ur"] == pytest.approx(1 / 3 * active, rel=1e-4)
    assert temperatures == pytest.approx([1 / Z_STANDARD] * 3, rel=1e-4)
    assert {key: parameters[key] for key in ("output", "lensing", "l_max_scalars", "YHe")} == {
        "output": "tCl,pCl,lCl",
        "lensing": "yes",
        "l_max_scalars": 2508,
        "YHe": 0.25,
    }


def test_files_are_named_by_content(tmp_path: Path) -> None:
    solution = solution_with(STERILE, [fermi_dirac] * 3 + [lambda y: 0.5 * fermi_dirac(y)])
    file, again = (Path(class_parameters(solution, directory=tmp_path, YHe=0.25)["ncdm_psd_filenames"]) for _ in "ab")
    assert file == again
    assert list(tmp_path.iterdir()) == [file]  # nothing else is left behind
    class_parameters(solution_with(STERILE), directory=tmp_path, YHe=0.25)
    assert len(list(tmp_path.iterdir())) == 2


def test_default_folder_is_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERILE_CACHE_DIR", str(tmp_path))
    parameters = class_parameters(solution_with(STERILE), YHe=0.25)
    assert Path(parameters["ncdm_psd_filenames"]).parent == tmp_path / "psd"


def test_three_states_have_no_sterile_species() -> None:
    parameters = class_parameters(solution_with(Mixing()), YHe=0.25)
    assert parameters["N_ncdm"] == 2
    assert "ncdm_psd_filenames" not in parameters


def test_mediators_that_are_left_are_massless_radiation() -> None:
    # the active species keep their temperatures and nu_4 its spectrum; all of the mediators is in what they leave, N_ur
    mixing, energy = Mixing(dm2_41="1 eV2", Ue4_sq=0.01), np.array([0.0, 0.1, 0.1 * NEUTRINO_DENSITY])
    without = solution_with(mixing)
    dark = solution_with(mixing, dark=DarkHistory(np.zeros(3), np.zeros(3), energy), history=collisions(1e-6))
    ours, theirs = (
        [(s.mass, s.temperature, s.N_eff) for s in neutrino_species(solution)] for solution in (dark, without)
    )
    assert np.array(ours) == pytest.approx(np.array(theirs), rel=1e-12)
    # the grid ends at y = 20 and lacks 2e-6 of the energy
    assert dark.N_eff - without.N_eff == pytest.approx(0.1 * without.N_eff_of(1), rel=1e-5)


def test_mass_can_be_chosen(tmp_path: Path) -> None:
    solution = solution_with(STERILE)
    heavy = class_parameters(solution, "2 eV", directory=tmp_path, YHe=0.25)
    massless = class_parameters(solution, "0 eV", directory=tmp_path, YHe=0.25)
    assert heavy["m_ncdm"] == massless["m_ncdm"] + ",2.0"
    assert massless["N_ur"] - heavy["N_ur"] == pytest.approx(solution.N_eff_of(4), rel=1e-4)


@pytest.mark.parametrize("m4", ["3 eV", "0.4 eV", "10 keV"])
def test_a_mass_that_is_not_that_of_the_spectrum(m4: str) -> None:
    with pytest.raises(ParameterError, match=r"m_4 = 1 eV; give 0.5 to 2 eV, or 0 eV .*, or solve again"):
        class_parameters(solution_with(STERILE), m4, YHe=0.25)


def test_energy_density_today(tmp_path: Path) -> None:
    """Against the moments of the solver, and those of Fermi-Dirac."""
    solution = solution_with(STERILE, [fermi_dirac] * 3 + [lambda y: 0.3 * fermi_dirac(y)])
    *active, sterile = neutrino_species(solution)
    # kinetic energy, (T/m)^2/2 of 1 eV, is left out: 4e-7; the grid of the solution ends at y = 20: 1e-6
    assert 94.1 * sterile.omega_h2 == pytest.approx(solution.m_eff.to_value("eV"), rel=1e-5)
    # 94.06 eV is for the temperature (4/11)^(1/3); the number goes as the 3/4 power of the energy
    for species in active:
        assert species.omega_h2 == pytest.approx(species.mass / 94.06 * species.N_eff**0.75, rel=1e-4)


@pytest.mark.parametrize(
    ("dm2_41", "message"),
    [
        ("1e4 eV2", r"Omega_4 h\^2 = 1.07 \(nu_4 100 eV \(N_eff 1.00\d\)\) overcloses"),
        ("-1e4 eV2", r"Omega_1 h\^2 \+ Omega_2 h\^2 \+ Omega_3 h\^2 = 3.21 .*at most 0.3"),
    ],
)
def test_overclosure_is_refused_before_class(dm2_41: str, message: str, tmp_path: Path) -> None:
    with pytest.warns(ValidityWarning, match="beyond 100 eV2"):
        mixing = Mixing(dm2_41=dm2_41, Ue4_sq=0.01)
    with pytest.raises(ParameterError, match=message):
        class_parameters(solution_with(mixing), directory=tmp_path, YHe=0.25)
    assert not list(tmp_path.iterdir())


def test_masses_that_class_gets() -> None:
    """C20: m_eff of nu_4 says nothing where the other three are heavy."""
    lifted = neutrinos_for_class(solution_with(Mixing(dm2_41="-0.5 eV2", Ue4_sq=0.01)))
    assert [mass.states for mass in lifted.masses] == [(1, 2), (3,), ()]
    assert [mass.mass for mass in lifted.masses] == pytest.approx([0.7071, 0.7089, 0.0], abs=1e-4)
    assert sum(mass.N_eff for mass in lifted.masses) == pytest.approx(solution_with(STERILE).N_eff, rel=1e-5)
    assert lifted.masses_in_words.startswith("nu_1, nu_2 0.707 eV (N_eff 2.014), nu_3 0.709 eV (N_eff 1.007)")
    ordinary = neutrinos_for_class(solution_with(STERILE)).masses_in_words
    assert ordinary == (
        "nu_2 0.00865 eV (N_eff 1.007), nu_3 0.0501 eV (N_eff 1.007), nu_4 1 eV (N_eff 1.007), massless (N_eff 1.007)"
    )


def test_old_name_of_the_treatment() -> None:
    neutrinos = neutrinos_for_class(solution_with(STERILE))
    with pytest.warns(DeprecationWarning, match="treatment is an old name; write class_treatment"):
        assert neutrinos.treatment == neutrinos.class_treatment


@pytest.mark.parametrize(
    ("m4", "cosmology", "message"),
    [
        ("-1 eV", {}, "m4 = -1 eV is not allowed"),
        ("1 m", {}, "m4"),
        ("nan eV", {}, "m4"),
        (None, {"N_ur": 3.0}, "N_ur = 3.0 is not allowed"),
        (None, {"m_ncdm": 1}, "m_ncdm = 1 is not allowed"),
    ],
)
def test_refuses(m4, cosmology, message: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=message):
        class_parameters(solution_with(STERILE), m4, directory=tmp_path, YHe=0.25, **cosmology)


def test_refuses_a_mass_without_sterile_state() -> None:
    with pytest.raises(ParameterError, match="not allowed for 3 states"):
        class_parameters(solution_with(Mixing()), "1 eV", YHe=0.25)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CacheError, match="cannot be written"):
        class_parameters(solution_with(STERILE), directory=tmp_path, YHe=0.25)


def test_absent_folder_is_made_and_a_file_is_none(tmp_path: Path) -> None:
    parameters = class_parameters(solution_with(STERILE), directory=tmp_path / "absent", YHe=0.25)
    assert Path(parameters["ncdm_psd_filenames"].rpartition(",")[2]).parent == tmp_path / "absent"
    (tmp_path / "file").touch()
    with pytest.raises(CacheError, match="cannot be written"):
        class_parameters(solution_with(STERILE), directory=tmp_path / "file", YHe=0.25)


def test_unfinished_runs_are_refused() -> None:
    unfinished = solution_with(STERILE, status=Status.TOO_MANY_STEPS)
    with pytest.raises(ParameterError, match="the run did not end well"):
        class_parameters(unfinished, YHe=0.25)


@pytest.mark.parametrize("name", ["a,b", "x" * 240])
def test_folder_that_class_cannot_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(CacheError, match="a comma or of more than 240 characters"):
        class_parameters(solution_with(STERILE), directory=tmp_path / name, YHe=0.25)


def test_without_classy(monkeypatch: pytest.MonkeyPatch) -> None:
    class_bridge.classy.cache_clear()
    monkeypatch.setitem(sys.modules, "classy", None)
    with pytest.raises(ClassyMissing, match=r'pip install "sterile-boltzmann\[cmb\]".*C compiler'):
        class_parameters(solution_with(Mixing()), helium="mean")


def test_helium_from_the_table_of_class(classy) -> None:
    parameters = class_parameters(solution_with(Mixing()), output="", helium="mean")
    assert parameters["YHe"] == pytest.approx(
        0.2452, abs=5e-4
    )  # N_eff = 3.02 of undistorted spectra, Delta Y = -0.0003


def test_helium_gets_the_number_of_nucleosynthesis(monkeypatch: pytest.MonkeyPatch) -> None:
    solution, asked = solution_with(Mixing()), []
    monkeypatch.setattr(class_bridge, "helium_fraction", lambda *given: asked.append(given) or 0.25)
    assert class_parameters(solution, omega_b=0.022, helium="mean")["YHe"] == 0.25
    with pytest.warns(ValidityWarning, match=r"no history from T = 2.9 to 0.073 MeV, so Y_p is that of a mean N_eff"):
        assert class_parameters(solution, omega_b=0.022)["YHe"] == 0.25
    assert asked == [(class_bridge.helium_N_eff(solution.N_eff_bbn), 0.022)] * 2
    assert asked[0][0] != pytest.approx(solution.N_eff, abs=1e-3)
    with pytest.raises(ParameterError, match="helium = 'primat' is not allowed; give one of own, mean"):
        class_parameters(solution, helium="primat")


@pytest.mark.parametrize(
    ("mixing", "interactions", "network"),
    [
        (Mixing(), [], 0.0),
        (STERILE, [], 0.0126),
        (STERILE, [SecretVector(1e-3, "1 MeV")], 0.0367),
        (STERILE, [SecretVector(0.01, "10 MeV")], 0.0216),
        (Mixing(), [LowReheating(T_RH="4 MeV")], 0.0033),
    ],
)
def test_helium_is_that_of_the_run(classy, mixing, interactions, network: float) -> None:
    """YHe above three neutrinos, by Born rates and by primat (``network``, asked where it is installed): 9e-4 or 6%.

    The mean N_eff has 0, 0.0126, 0.0046, 0.0033, -0.0052. Baryons are counted once, by the table.
    """
    solution = solve(mixing, interactions, Options(signs="same"))
    for omega_b in (0.022, 0.0224):
        three = class_bridge.helium_fraction(3.044, omega_b)
        own = class_bridge.helium_of(solution, omega_b) - three
        assert own == pytest.approx(network, abs=3e-4, rel=0.06)
        assert own == pytest.approx(own_helium(solution), abs=1e-12)
        if find_spec("primat"):
            assert bbn.helium_by_network(solution, omega_b) - three == pytest.approx(network, abs=2e-4)
    assert class_parameters(solution, output="")["YHe"] == class_bridge.helium_of(solution, 0.022383)


@pytest.mark.slow
def test_more_helium_damps_as_it_should(classy) -> None:
    """C_l with the own helium over those of the mean N_eff, and over those of YHe given: damping and nothing else.

    -0.012 of YHe at l = 2000 (arXiv:1104.2333: less helium, more electrons, a shorter diffusion length).
    """
    solution = solve(STERILE, [SecretVector(1e-3, "1 MeV")], Options(signs="same"))
    own, mean = (spectra(solution, matter=False, helium=helium) for helium in ("own", "mean"))
    given = spectra(solution, matter=False, YHe=own.parameters["YHe"])
    assert np.array_equal(own.TT, given.TT)
    more = float(own.parameters["YHe"]) - float(mean.parameters["YHe"])
    assert more == pytest.approx(0.0315, abs=2e-3)
    ratio = own.TT / mean.TT
    assert ratio[1998] < ratio[998] < 1.0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"nonsense": 1}, "did not read input parameters nonsense: it has no such parameter, or does not use it"),
        ({"omega_b": "much"}, "CLASS stopped: .*invalid number"),
        (
            {**class_bridge.PLANCK_2018, "100*theta_s": 0.1, "YHe": 0.25},
            r"^CLASS found no h for 100\*theta_s = 0.1 \(its root finder failed\); change 100\*theta_s or ",
        ),
        ({"100*theta_s": 3.0}, r"no h for 100\*theta_s = 3.0 \(.*high value omega_b.*\); .*, or give h instead$"),
        ({"sigma8": -1.0, "YHe": 0.25}, "^CLASS found no A_s for sigma8 = -1.0 .*, or give A_s instead$"),
    ],
)
def test_class_refuses(classy, parameters, message: str) -> None:
    with pytest.raises(ParameterError, match=message), run_class(parameters, "background"):
        pass


def test_what_class_did_not_compute(classy) -> None:
    parameters = {"h": 0.67, "YHe": 0.25}
    with pytest.raises(ParameterError, match="CLASS stopped"), run_class(parameters, "background") as run:
        run.lensed_cl()


def test_memory_is_freed(classy, monkeypatch: pytest.MonkeyPatch) -> None:
    freed = []

    class Class(classy.Class):
        def struct_cleanup(self):
            freed.append("structures")
            super().struct_cleanup()

        def empty(self):
            freed.append("parameters")
            super().empty()

    monkeypatch.setattr(classy, "Class", Class)
    with pytest.raises(RuntimeError, match="mine"), run_class({"h": 0.67}, "background"):
        raise RuntimeError("mine")
    assert freed[:2] == ["structures", "parameters"]


def made(ratio: float, k: np.ndarray) -> ClassSpectra:
    """Spectra of power laws, without CLASS."""
    ell = np.arange(2, 50)
    C, P_k = ratio / ell**2, ratio * k**-1.5
    return ClassSpectra(ell, C, C, C, C, k, P_k, 0.8, 3.044, 6e-4, 0.67, {})


def test_figure_of_ratios() -> None:
    """Matter is compared at the same k [1/Mpc], though each run has its own grid."""
    one, half = made(1.0, np.geomspace(1e-4, 0.67, 30)), made(0.5, np.geomspace(1e-4, 0.7, 40))
    angular, matter = one.figure(half).axes
    assert [line.get_label() for line in angular.get_lines()[1:]] == [
        r"$C_\ell^{TT}$",
        r"$C_\ell^{EE}$",
        r"$C_\ell^{\phi\phi}$",
    ]
    for ax, n in ((angular, 48), (matter, 30)):
        # linear in the logarithms is exact for a power law
        assert ax.get_lines()[-1].get_ydata() == pytest.approx(np.full(n, 2.0))
    with pytest.raises(ParameterError, match="compute both with matter=True"):
        one.figure(made(1.0, np.empty(0)))


@pytest.mark.parametrize(
    ("given", "largest"), [({}, 0.67), ({"P_k_max_h/Mpc": 2.0}, 1.34), ({"P_k_max_1/Mpc": "0.3"}, 0.3)]
)
def test_where_the_matter_spectrum_ends(given: dict, largest: float) -> None:
    assert class_bridge._largest_k(given, 0.67) == pytest.approx(largest)


def test_without_matter(classy, tmp_path: Path) -> None:
    """Few multipoles, quickly: what is not asked for is not there."""
    found = spectra(solution_with(Mixing()), directory=tmp_path, matter=False, YHe=0.25, l_max_scalars=100)
    assert found.k.size == found.P_k.size == 0
    assert np.isnan(found.sigma8)
    assert found.parameters["output"] == "tCl,pCl,lCl"
    assert found.EE.shape == found.PP.shape == found.ell.shape == (99,)


@pytest.mark.slow
def test_extra_neutrino_damps_the_spectrum(classy, tmp_path: Path) -> None:
    """At fixed omega_b, omega_cdm, angle: more neutrinos raise h and damp high multipoles (arXiv:1104.2333)."""
    three, four = (spectra(solution_with(m), directory=tmp_path, helium="mean") for m in (Mixing(), STERILE))
    ratio = four.TT / three.TT
    assert (three.ell[0], three.ell[-1]) == (2, 2508)
    peak = three.ell[np.argmax(three.TT * three.ell * (three.ell + 1))]
    assert peak == pytest.approx(220, abs=3)
    assert (three.TT * three.ell * (three.ell + 1)).max() / (2 * np.pi) == pytest.approx(
        5730, rel=0.02
    )  # arXiv:1807.06205
    assert four.N_eff - three.N_eff == pytest.approx(1.007, abs=1e-3)
    assert four.h > three.h
    assert four.omega_ncdm > three.omega_ncdm + 0.01
    assert ratio[2000 - 2] == pytest.approx(0.91, abs=0.02)
    assert four.parameters["N_ncdm"] == 3
    # the top-hat variance of what came back is sigma8; the grid ends at h/Mpc, and the window's tail is cut: 1e-3
    radius = 8.0 / three.h
    kR = three.k * radius
    window = 3.0 * (np.sin(kR) - kR * np.cos(kR)) / kR**3
    variance = np.trapezoid(three.k**3 * three.P_k * window**2 / (2.0 * np.pi**2), np.log(three.k))
    assert np.sqrt(variance) == pytest.approx(three.sigma8, rel=2e-3)
    assert three.sigma8 == pytest.approx(0.81, abs=0.01)  # arXiv:1807.06209 table 1: 0.8120
    # linear theory: free streaming suppresses P(k) by about 8 f_nu at large k (astro-ph/0603494 eq. 141); at a fixed
    # angle and omega_m of this state more radiation suppresses as well
    f_nu = four.omega_ncdm / (four.omega_ncdm + PLANCK_2018["omega_b"] + PLANCK_2018["omega_cdm"])
    assert 4.0 * f_nu < 1.0 - (four.P_k[-1] * four.h**3) / (three.P_k[-1] * three.h**3) < 12.0 * f_nu
    # polarisation and lensing: amplitudes of arXiv:1807.06205 (EE, 40 micro-K^2) and 1807.06210 (1.4e-7 near l = 40)
    at = three.ell == 40
    lensing = float((three.ell * (three.ell + 1.0))[at][0] ** 2 * three.PP[at][0] / (2.0 * np.pi))
    assert lensing == pytest.approx(1.4e-7, rel=0.05)
    assert (three.EE * three.ell * (three.ell + 1)).max() / (2 * np.pi) == pytest.approx(42.0, rel=0.05)
    assert np.abs(three.TE).max() < np.sqrt(three.TT * three.EE).max()
