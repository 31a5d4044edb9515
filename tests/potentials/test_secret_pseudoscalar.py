"""SecretPseudoscalar: what it accepts and what it hands to the solver."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from boltzmann.dark.mediator import LOG_MU, LOG_Q
from boltzmann.parameters import Mixing, ParameterError
from boltzmann.potentials import SecretPseudoscalar
from boltzmann.potentials.secret_pseudoscalar import annihilation
from boltzmann.units import Quantity

MEV = Quantity(1.0, "MeV")


def test_defaults() -> None:
    secret = SecretPseudoscalar(1e-5)
    assert secret.mediator_mass == Quantity(1e-3, "eV")
    assert (secret.T_s_over_T, secret.normalisation, secret.secret_rate_factor) == (0.465, "derived", 1.0)
    assert all(f.metadata["help"] for f in dataclasses.fields(SecretPseudoscalar))


def test_equal_hashable_and_readable() -> None:
    a, b = SecretPseudoscalar(1e-5, "0.1 eV"), SecretPseudoscalar(1e-5, Quantity(0.1, "eV"))
    assert a == b
    assert hash(a) == hash(b)
    assert a != SecretPseudoscalar(1e-5, "0.1 eV", normalisation="paper")
    assert repr(a) == "SecretPseudoscalar(coupling=1e-05, mediator_mass='0.1 eV')"
    assert eval(repr(a), {"SecretPseudoscalar": SecretPseudoscalar}) == a


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"coupling": 0.0}, "coupling = 0 is not allowed; give more than 0"),
        ({"coupling": 2.0}, "coupling = 2 is not perturbative.* give g_s of at most 1"),
        (
            {"coupling": 1e-5, "mediator_mass": "1 GeV"},
            "mediator_mass = .* eV is not allowed; give 1e-12 eV to 100 MeV",
        ),
        ({"coupling": 1e-5, "mediator_mass": 0.1}, "mediator_mass = 0.1 has no unit"),
        ({"coupling": 1e-5, "normalisation": "half"}, "choose one of 'derived', 'paper'"),
        ({"coupling": 1e-5, "T_s_over_T": 2}, "T_s_over_T = 2 is not allowed; a dark sector"),
        ({"mediator_mass": "1 eV"}, "SecretPseudoscalar needs coupling"),
        ({"coupling": 1e-5, "mass": "1 eV"}, "SecretPseudoscalar has no parameter 'mass'"),
    ],
)
def test_refusals_are_sentences(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        SecretPseudoscalar.from_mapping(arguments)


def test_mediator_follows_the_contract() -> None:
    mediator = SecretPseudoscalar(1e-3, "1 eV", secret_rate_factor=2.0).mediator()
    assert mediator[:3] == pytest.approx((1e-6, 1.0, 1.0), rel=1e-12)
    assert mediator[3:6] == pytest.approx((0.5e-6, 1e-6, 1e-6 / 12), rel=1e-12)
    assert mediator.scattering.shape == (2, LOG_Q.size)
    assert np.all(np.isfinite(mediator.scattering))
    np.testing.assert_array_equal(mediator.number_changing, np.zeros(LOG_MU.size))
    paper = SecretPseudoscalar(1e-3, "1 eV", normalisation="paper", secret_rate_factor=2.0).mediator()
    assert paper.strength == pytest.approx(0.25e-6, rel=1e-12)
    assert paper[4:6] == mediator[4:6]
    np.testing.assert_array_equal(paper.scattering, mediator.scattering)


def test_contact_interaction_of_a_heavy_phi() -> None:
    # s << M^2: nu nu -> nu nu has (s/M^2)^2/2, nu nubar (u/M^2)^2, and s + t + u = 0 cancels in nu nu -> nubar nubar:
    # s sigma = 5 g^4 s^2/(96 pi M^4), Gamma = (T/kappa) Psi/(4 pi^2 q), Psi = 5/(96 pi) q^3 int x^2 ln(1 + e^-x) dx
    secret = SecretPseudoscalar(1e-3, "1 MeV", mediator_in_equilibrium=False)
    k, T = Quantity(3.0, "keV"), Quantity(1.0, "keV")
    q = 4.0 * 3.0 * 1e-6
    x = np.linspace(0.0, 60.0, 60001)
    psi = 5 / (96 * np.pi) * q**3 * np.trapezoid(x**2 * np.log1p(np.exp(-x)), x)
    expected = 1e-3 / 3.0 * 1e-12 * psi / (4 * np.pi**2 * q)
    # the next order is 10 s/M^2 = 1e-4; the resonance is e^(-1/q)
    assert secret.scattering_rate(k, T).to_value("MeV") == pytest.approx(expected, rel=1e-3, abs=0.0)


def test_annihilation_of_a_massive_pair() -> None:
    # the amplitude of the module docstring over cos theta
    for s in (4.01, 4.5, 8.0, 1e3):
        beta = np.sqrt(1.0 - 4.0 / s)

        def squared(c: float, s: float = s, beta: float = beta) -> float:
            t, u = 1.0 - 0.5 * s * (1.0 - beta * c), 1.0 - 0.5 * s * (1.0 + beta * c)
            return float(0.5 * (t * u - 1.0) * (u - t) ** 2 / (t * u) ** 2)

        expected = 2.0 * quad(squared, 0.0, 1.0, limit=300, points=[0.9, 0.99])[0] * beta / (32.0 * np.pi)
        assert annihilation(np.array(s)) == pytest.approx(expected, rel=1e-6)  # quad at the pole
    # massless limit: (1/16 pi) (2 ln s - 3), corrections ln s/s
    assert annihilation(np.array(1e6)) == pytest.approx((2 * np.log(1e6) - 3) / (16 * np.pi), rel=1e-4)


def test_conserved_number_of_a_heavy_phi() -> None:
    light, heavy = SecretPseudoscalar(1e-5, "1 eV").mediator(), SecretPseudoscalar(1e-5, "1 keV").mediator()
    assert (light.charge, heavy.charge) == (1.0, 2.0)
    assert not light.number_changing.any()
    assert heavy.number_changing.all()
    # rates of a light phi do not know the s channel's pole
    assert np.all(heavy.scattering >= 0.0)


def test_without_phi_in_the_bath() -> None:
    """Only the neutrinos' own background: a third of the potential; neutrinos scatter on neutrinos alone."""
    full, alone = SecretPseudoscalar(1e-5), SecretPseudoscalar(1e-5, mediator_in_equilibrium=False)
    k = 3.0 * MEV
    assert (alone.potential(k, MEV) / full.potential(k, MEV)).value == pytest.approx(1 / 3, rel=1e-6)
    assert alone.inverse_decay_rate(k, MEV).value == 0.0
    # s sigma = 12 g^4/(32 pi): (T^2/(16 pi^2 k^2)) 4 k (pi^2/12) of it, 1e-6: corrections 1/q
    expected = 12e-20 / (32 * np.pi) * 4 / 3.0 / (16 * np.pi**2) * np.pi**2 / 12
    assert alone.scattering_rate(k, MEV).to_value("MeV") == pytest.approx(expected, rel=1e-5, abs=0.0)  # 2e-6 of tables


def test_mixing_angle_and_width_of_the_suppression() -> None:
    secret, mixing = SecretPseudoscalar(1e-5), Mixing(dm2_41="1 eV2", Umu4_sq=0.01)
    hot = secret.mixing_angle(mixing, 30 * MEV, 10 * MEV)
    cold = secret.mixing_angle(mixing, 3e-6 * MEV, 1e-6 * MEV)
    assert hot < 1e-2 < cold == pytest.approx(4 * 0.01 * 0.99, rel=1e-6)
    assert secret.number_changing_rate(MEV).value == 0.0
