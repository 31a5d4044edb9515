"""Asymmetry: its words for one thing, what it refuses, and what a solution makes of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

from boltzmann import Asymmetry, Mixing, Options, ParameterError, load_solution, solve
from boltzmann.cli.options import build_asymmetry, read_config
from boltzmann.cmb.bbn import abundances
from boltzmann.constants import ZETA_3
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.parameters.asymmetry import asymmetry_of, xi_of
from boltzmann.potentials import SecretPseudoscalar
from tests.solutions import solution_with

MIXING = Mixing(dm2_41="1 eV2", Ue4_sq=1e-3)


@pytest.mark.parametrize("xi", [-1.0, -0.3, 1e-8, 0.1, 0.7])
def test_L_is_the_integral_of_the_spectra(xi: float) -> None:
    difference = quad(lambda y: y * y * (fermi_dirac(y - xi) - fermi_dirac(y + xi)), 0.0, 60.0, epsabs=1e-14)[0]
    L = difference / (2.0 * np.pi**2) / (2.0 * ZETA_3 / np.pi**2)
    assert asymmetry_of(xi) == pytest.approx(L, rel=1e-6)  # the integral of a difference: 1e-16/1e-8
    assert xi_of(asymmetry_of(xi)) == pytest.approx(xi, rel=1e-12)


def test_words_for_the_same() -> None:
    assert Asymmetry(xi=0.1) == Asymmetry(xi_e=0.1, xi_mu=0.1, xi_tau=0.1)
    assert Asymmetry(L={"mu": asymmetry_of(0.2)}).xi_mu == pytest.approx(0.2, rel=1e-12)
    assert pytest.approx([asymmetry_of(0.2)] * 3, rel=1e-12) == Asymmetry(L=asymmetry_of(0.2)).L
    assert Asymmetry().xi == (0.0, 0.0, 0.0)
    assert eval(repr(Asymmetry(xi_e=0.1)), {"Asymmetry": Asymmetry}) == Asymmetry(xi_e=0.1)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"xi": 1.6}, "xi_e"),
        ({"xi_e": -1.51}, "xi_e"),
        ({"L": {"sterile": 1e-5}}, "no active flavour"),
        ({"L": 1.3}, "in modulus"),
        ({"L": "much"}, "in modulus"),
        ({"xi": 0.1, "L": 0.1}, "say the same"),
        ({"xi": 0.1, "xi_mu": 0.1}, "say the same"),
        ({"eta": 1.0}, "eta"),
        ({"xi_s": 0.1}, "no parameter"),
    ],
)
def test_what_is_refused(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ParameterError, match=sentence):
        Asymmetry(**given)


def test_where_it_does_not_go() -> None:
    with pytest.raises(ParameterError, match="nu = nubar"):
        solve(MIXING, options=Options(coherence="matrix"), asymmetry=Asymmetry())
    with pytest.raises(ParameterError, match="nu_s into nubar_s"):
        solve(MIXING, SecretPseudoscalar(1e-5, "1e-3 eV", couplings="mass-diagonal"), asymmetry=Asymmetry())
    with pytest.raises(ParameterError, match="decay"):
        solve(MIXING, SecretPseudoscalar(1e-5, "1e-3 eV"), asymmetry=Asymmetry())
    with pytest.raises(ParameterError, match="is no Asymmetry"):
        solve(MIXING, asymmetry=0.1)


def two_signs(xi: float):
    """Return a solution whose electron neutrinos have xi."""
    one = solution_with(MIXING)
    rho = np.repeat(one.rho, 2, axis=1)
    rho[:, 0, :, 0, 0], rho[:, 1, :, 0, 0] = fermi_dirac(one.y - xi), fermi_dirac(one.y + xi)
    return replace(one, rho=rho, asymmetry=Asymmetry(xi_e=xi))


def test_a_solution_with_both_signs(tmp_path: Path) -> None:
    # sums of 20 momenta against integrals: 1e-5
    solution = two_signs(0.1)
    assert solution.L[-1, 0] * solution.z[-1] ** 3 == pytest.approx(asymmetry_of(0.1), rel=1e-4)
    assert solution.xi("e") == pytest.approx(0.1, rel=1e-4)
    assert solution.L[-1, 1:] == pytest.approx(0.0, abs=1e-15)
    with pytest.raises(ParameterError, match="no xi"):
        solution.xi("s")
    nu, nubar = solution.spectrum("e", antineutrino=False), solution.spectrum("e", antineutrino=True)
    assert solution.spectrum("e") == pytest.approx(0.5 * (nu + nubar), rel=1e-12)
    assert "Asymmetry(xi_e=0.1)" in str(solution)
    again = load_solution(solution.save(tmp_path / "both.nc"))
    assert again.asymmetry == solution.asymmetry
    assert np.array_equal(again.rho, solution.rho)


def test_the_table_of_class_takes_electron_neutrinos_as_equal() -> None:
    with pytest.raises(ParameterError, match=r"L_e.*use backend=\"primat\""):
        abundances(replace(two_signs(0.1), x=np.array([1e-3, 0.5, 35.0])), backend="class")


def test_file_and_command_line(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("[asymmetry]\nxi_mu = 0.02\n", encoding="utf-8")
    tables = read_config(file, ("mixing", "options", "asymmetry"))
    assert build_asymmetry(tables, {"xi_e": 0.01}) == Asymmetry(xi_e=0.01, xi_mu=0.02)
    nothing = read_config(None, ("mixing", "options", "asymmetry"))
    assert build_asymmetry(nothing, {"xi": None}) is None
    assert build_asymmetry(nothing, {"xi": 0.1}) == Asymmetry(xi=0.1)
