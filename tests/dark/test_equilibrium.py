"""Whether a secret interaction can hold a bath: the rates of the equation against the Hubble rate, in closed form."""

import numpy as np
import pytest

from boltzmann.constants import EV
from boltzmann.dark.equilibrium import COLDEST, strongest
from boltzmann.potentials import SecretPseudoscalar, SecretVector


def vector(e_s: float, M: float, **other: object) -> SecretVector:
    return SecretVector(e_s, f"{M} MeV", **other)


@pytest.mark.parametrize("M", [1e-3, 1e-2, 1.0, 100.0, 1e3, 1e5])
def test_inverse_decays_of_a_vector_against_a_rough_formula(M: float) -> None:
    # Gamma/H = 1 at e_s = 1.8e-10 sqrt(M/MeV) with T_s = 0.465 T_gamma (rough, derived by others): there 0.465^-2
    strength, T = strongest(vector(1.8e-10 * np.sqrt(M), M).mediator())
    assert strength * 0.465**2 == pytest.approx(1.0, abs=0.5)  # a factor 2 in the rate, sqrt 2 in e_s
    # m/T_s = (M/T_s)^2/12 for k = 3 T_s; d/dT_s of ln[(1 + e^-m)(1 - e^-(m + 3))^-1]/T_s^3 vanishes near m = 1.7, and
    # e+- annihilation and the steps of the lattice, 12%, move it
    assert pytest.approx(0.22 * M, rel=0.15) == T


@pytest.mark.parametrize("secret", [vector(1e-9, 1.0), SecretPseudoscalar(1e-8)])
def test_strength_goes_with_the_rate(secret: SecretVector | SecretPseudoscalar) -> None:
    fields = secret.coupling, secret.mediator_mass
    twice = type(secret)(2.0 * fields[0], fields[1])
    scaled = type(secret)(*fields, secret_rate_factor=4.0)
    base = strongest(secret.mediator())[0]
    # inverse decays, e_s^2 and g_s^2 (g_s^4 and e_s^4 are 1e-8 of it)
    assert strongest(twice.mediator())[0] == pytest.approx(4.0 * base, rel=1e-4)
    assert strongest(scaled.mediator())[0] == pytest.approx(4.0 * base, rel=1e-12)


def test_massless_pseudoscalar_is_held_by_scattering() -> None:
    # g_s^4 T_s against T_gamma^2/m_Pl: fastest at the end; M_T = g_s T_s/sqrt12 makes decays like it
    faint, (strength, T) = (strongest(SecretPseudoscalar(g, "1e-12 eV").mediator()) for g in (1e-7, 1e-6))
    assert COLDEST == 10.0 * EV
    assert pytest.approx(COLDEST) == T
    # the fourth power, but for the logarithm of scattering and for m_phi
    assert strength / faint[0] == pytest.approx(1e4, rel=0.5)


def test_mediators_lighter_than_the_end_have_not_begun() -> None:
    # M = 1 eV: inverse decays go like M^2/T_s^3 above T_s = 0.2 eV, and a run ends at 10 eV
    assert strongest(vector(1.8e-13, 1e-6).mediator())[1] == pytest.approx(COLDEST)
    assert strongest(vector(1.8e-13, 1e-6).mediator())[0] < 1e-2


def test_collisions_count_where_the_mediator_is_no_species() -> None:
    # resonant scattering instead of inverse decays: the same rate to the width of F(s/q) near the pole
    secret = vector(1e-6, 1.0)
    without = vector(1e-6, 1.0, mediator_in_equilibrium=False)
    assert strongest(without.mediator())[0] == pytest.approx(strongest(secret.mediator())[0], rel=0.6)
