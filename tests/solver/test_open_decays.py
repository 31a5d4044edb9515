"""Decays into a mediator that no term follows are said; runs that were still changing bound from below."""

import dataclasses

import numpy as np
import pytest

from boltzmann import Mixing, Options, solve
from boltzmann.cmb import summarise, verdict
from boltzmann.cmb.judge import CHANGING, profile_of
from boltzmann.errors import ValidityWarning
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from boltzmann.solver.validity import _open_decays

COARSE = Options(n_momenta=8, rtol=1e-3)
HEAVY = Mixing(dm2_41="100 eV2", Ue4_sq=1e-3)  # m_4 = 10 eV
INVERTED = Mixing(dm2_41="-1 eV2", Ue4_sq=1e-3)  # nu_4 is the lightest


@pytest.mark.parametrize(
    ("interaction", "mixing", "said"),
    [
        (SecretVector(1e-3, "5 eV"), HEAVY, "nu_4"),  # nu_4 -> nu_k A'
        (SecretVector(1e-3, "10 MeV"), HEAVY, ""),  # closed: M >> m_4
        (SecretVector(1e-3, "11 eV"), HEAVY, ""),
        (SecretPseudoscalar(1e-5, "1e-9 eV"), HEAVY, ""),  # followed
        (SecretPseudoscalar(1e-5, "1e-9 eV"), INVERTED, "nu_3"),  # nu_k -> nu_4 phi
        (SecretPseudoscalar(1e-5, "1e-9 eV", couplings="mass-diagonal"), INVERTED, ""),  # no such vertex
    ],
)
def test_decays_that_are_not_followed(interaction, mixing: Mixing, said: str) -> None:
    sentences = list(_open_decays((interaction,), mixing))
    if not said:
        assert not sentences
    else:
        assert f"{said} (m = " in sentences[0]
        assert (
            "is heavier than the mediator and decays into it and a lighter neutrino, which is not followed"
            in (sentences[0])
        )


def test_solve_says_it() -> None:
    with pytest.warns(ValidityWarning, match="nu_4 .* decays into it and a lighter neutrino"):
        solve(HEAVY, [SecretVector(1e-3, "5 eV")], dataclasses.replace(COARSE, signs="same"))


def test_a_run_that_was_still_changing_is_a_bound() -> None:
    mixing = Mixing(dm2_41="1 eV2", Umu4_sq=1e-3)
    diagonal = solve(mixing, [SecretPseudoscalar(3e-6, "1e-9 eV", couplings="mass-diagonal")], COARSE)
    flavour = solve(mixing, [SecretPseudoscalar(3e-6, "1e-9 eV")], COARSE)
    assert diagonal.still_changing
    assert "while the sterile state was still changing" in diagonal.regime
    assert not flavour.still_changing  # in equilibrium, which goes on
    assert verdict(diagonal).lower_bound
    assert CHANGING in verdict(diagonal).caveats
    numbers = summarise(diagonal)
    there = dataclasses.replace(numbers, still_changing=False)
    assert not profile_of(there, "planck2018").lower_bound
    assert profile_of(there, "planck2018").delta_chi2 == profile_of(numbers, "planck2018").delta_chi2


def test_the_flavour_vertex_is_excluded() -> None:
    # judges.md sec. 1: well above 100, with any part of N_eff ~ 3.3 in the fluid
    solution = solve(Mixing(dm2_41="1 eV2", Umu4_sq=1e-3), [SecretPseudoscalar(3e-6, "1e-9 eV")], COARSE)
    found = verdict(solution)
    assert found.delta_chi2 > 100.0
    assert found.word == "excluded"
    assert "makes nu_4 (m_4 = 1 eV) decay into nu_k phi" in " ".join(found.caveats)
    # the rates' factor of two does not matter (secret_rate_factor leaves the decays alone)
    phi = solution.interactions[0]
    for factor in (0.5, 2.0):
        other = solve(solution.mixing, [dataclasses.replace(phi, secret_rate_factor=factor)], COARSE)
        assert verdict(other).delta_chi2 == pytest.approx(found.delta_chi2, abs=3.0)
        assert np.isfinite(other.N_eff)
