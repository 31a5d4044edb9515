"""SecretVector: what it accepts, what its conventions mean, and its answers as quantities."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from boltzmann.dark.mediator import LOG_MU, LOG_Q
from boltzmann.parameters import Mixing, ParameterError
from boltzmann.potentials import SecretVector, sin2_2theta_matter
from boltzmann.units import Quantity

MEV = Quantity(1.0, "MeV")


def test_defaults() -> None:
    vector = SecretVector(0.01, "10 MeV")
    assert (vector.T_s_over_T, vector.convention, vector.e_s) == (0.465, "e_s", 0.01)
    assert vector.mediator_in_equilibrium is True
    assert vector.mediator_mass == Quantity(10.0, "MeV")
    assert vector.T_s_over_T == pytest.approx((10.75 / 106.75) ** (1 / 3), abs=5e-4)  # three digits


def test_fields_say_what_the_command_line_needs() -> None:
    for f in dataclasses.fields(SecretVector):
        assert f.metadata["help"]
    units = {f.name: f.metadata["unit"] for f in dataclasses.fields(SecretVector) if "unit" in f.metadata}
    assert units == {"mediator_mass": "MeV"}


def test_mass_in_any_unit() -> None:
    same = [SecretVector(0.01, mass) for mass in ("1 MeV", "1e3 keV", "1e-3 GeV", Quantity(1e6, "eV"))]
    for other in same:
        assert other.mediator_mass.to_value("MeV") == pytest.approx(1.0, rel=1e-15)  # rounding, as elsewhere here
    assert SecretVector(0.01, "1 MeV") == SecretVector(0.01, Quantity(1.0, "MeV"))


def test_equal_and_hashable() -> None:
    a, b, c = SecretVector(0.01, "1 MeV"), SecretVector(0.01, "1 MeV"), SecretVector(0.02, "1 MeV")
    assert a == b
    assert hash(a) == hash(b)
    assert a != c
    assert len({a, b, c}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        a.coupling = 0.1  # type: ignore[misc]


def test_repr_says_what_the_coupling_means_and_can_be_evaluated() -> None:
    vector = SecretVector(0.02, "10 MeV", convention="g_X", secret_rate_factor=2.0)
    text = repr(vector)
    assert text == "SecretVector(coupling=0.02, mediator_mass='10.0 MeV', convention='g_X', secret_rate_factor=2.0)"
    assert vector.meaning == "e_s = 0.01, M = 10.0 MeV, G_X/G_F = 6.062e+04"
    assert eval(text, {"SecretVector": SecretVector}) == vector


def test_conventions() -> None:
    """One interaction in three conventions, and the factors of taking one for another: 4 in V, 16 in contact rates."""
    e_s, M = 0.01, 20.0
    contact = e_s**2 / M**2 / (math.sqrt(2) * 1.1663787e-11)  # sqrt2 G_X = e_s^2/M^2, in G_F
    same = [
        SecretVector(c, "20 MeV", convention=name) for c, name in ((e_s, "e_s"), (2 * e_s, "g_X"), (contact, "G_X"))
    ]
    for vector in same:
        assert (vector.e_s, vector.G_X) == pytest.approx((e_s, contact), rel=1e-12)  # rounding
    wrong, k, T = SecretVector(2 * e_s, "20 MeV"), 0.3 * MEV, 0.1 * MEV
    assert (wrong.potential(k, T) / same[0].potential(k, T)).value == pytest.approx(4.0, rel=1e-12)
    # rounding in V; 1e-5 in the rate for the Debye mass, e_s^2 T^2/6 over M^2 = 2e-9, and O(q) = 3e-4 common to both
    assert (wrong.scattering_rate(k, T) / same[0].scattering_rate(k, T)).value == pytest.approx(16.0, rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, "1 MeV"), "coupling = 0 in the convention 'e_s' is not allowed; give more than 0"),
        ((1.5, "1 MeV"), "means e_s = 1.5, which is not perturbative.* give e_s of at most 1"),
        ((-0.1, "1 MeV"), "coupling = -0.1 is not allowed"),
        ((float("nan"), "1 MeV"), "coupling = nan is not allowed"),
        (("0.1", "1 MeV"), "coupling = '0.1' is not allowed; give a number"),
        ((0.1, 1.0), "mediator_mass = 1.0 has no unit"),
        ((0.1, "1 s"), "mediator_mass = '1 s' cannot be read as a quantity in MeV"),
        ((0.1, "0.5 eV"), "mediator_mass = 5e-07 MeV is not allowed; give 1 eV to 100 GeV: lighter"),
        ((0.1, "1 TeV"), "mediator_mass = 1000000.0 MeV is not allowed; give 1 eV to 100 GeV"),
        ((0.1, "1 MeV", 1.2), "T_s_over_T = 1.2 is not allowed; a dark sector that starts hotter"),
        ((0.1, "1 MeV", -0.1), "T_s_over_T = -0.1 is not allowed; give a number from 0 to 1"),
        ((0.1, "1 MeV", 0.5, "gX"), "convention = 'gX' is not allowed; choose one of 'e_s', 'g_X', 'G_X'"),
        ((0.1, "1 MeV", 0.5, "e_s", 1), "mediator_in_equilibrium = 1 is not allowed"),
        ((0.1, "1 MeV", 0.5, "e_s", True, 0.0), "secret_rate_factor = 0.0 is not allowed; give a number from 1e-10"),
        ((1e9, "1 GeV", 0.5, "G_X"), "coupling = 1e\\+09 in the convention 'G_X' means e_s = 1.28e\\+02|e_s = 128"),
    ],
)
def test_refusals_are_sentences(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        SecretVector(*arguments)


def test_from_mapping() -> None:
    assert SecretVector.from_mapping({"coupling": 0.1, "mediator_mass": "5 MeV"}) == SecretVector(0.1, "5 MeV")
    with pytest.raises(ParameterError, match="did you mean coupling"):
        SecretVector.from_mapping({"couplin": 0.1, "mediator_mass": "5 MeV"})
    with pytest.raises(ParameterError, match="SecretVector needs mediator_mass, which the input does not have; add it"):
        SecretVector.from_mapping({"coupling": 0.1})


def test_mediator_follows_the_contract() -> None:
    mediator = SecretVector(0.1, "10 MeV", secret_rate_factor=2.0).mediator()
    assert mediator[:3] == (10.0, 3.0, 2.0)
    assert mediator[3:6] == pytest.approx((0.01, 0.02, 0.01 / 6), rel=1e-15)
    assert mediator.scattering.shape == (2, LOG_Q.size)
    assert mediator.number_changing.shape == LOG_MU.shape
    absent = SecretVector(0.1, "10 MeV", mediator_in_equilibrium=False).mediator()
    assert absent.degrees == 0.0
    assert not absent.number_changing.any()
    for table in (*mediator[6:], *absent[6:]):
        assert np.all(np.isfinite(table))


def test_tables_are_copies() -> None:
    """What a caller does to a table leaves the next one alone."""
    vector = SecretVector(0.1, "10 MeV")
    first = vector.mediator()
    kept = first.scattering.copy(), first.number_changing.copy()
    first.scattering[:] = 0.0
    first.number_changing[:] = 0.0
    np.testing.assert_array_equal(vector.mediator().scattering, kept[0])
    np.testing.assert_array_equal(vector.mediator().number_changing, kept[1])


@pytest.mark.parametrize("method", ["potential", "inverse_decay_rate", "scattering_rate"])
def test_quantities_broadcast(method: str) -> None:
    vector = SecretVector(0.1, "1 MeV")
    k, T = Quantity([0.3, 1.0, 3.0], "MeV"), Quantity([[100.0], [1000.0]], "keV")
    result = getattr(vector, method)(k, T)
    assert result.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            alone = getattr(vector, method)(k[j], T[i, 0])
            # 1e-9: the loop's quadrature may depend on what is computed together
            assert result[i, j].to_value("MeV") == pytest.approx(alone.to_value("MeV"), rel=1e-9)


def test_temperatures_may_be_in_kelvin() -> None:
    vector, T = SecretVector(0.1, "1 MeV"), Quantity(1.0 / 8.617333262145179e-11, "K")
    assert vector.potential(MEV, T).value == pytest.approx(vector.potential(MEV, MEV).value, rel=1e-12)


@pytest.mark.parametrize(
    ("k", "T_s", "message"),
    [
        (1.0, MEV, "k: got 1.0, a number without unit"),
        (MEV, Quantity(1.0, "s"), "T_s: got 1.0 s"),
        (0.0 * MEV, MEV, "k = 0.0 MeV is not allowed; give an energy above zero"),
        (MEV, Quantity([1.0, -1.0], "MeV"), "T_s = .* is not allowed"),
    ],
)
def test_bad_quantities(k: Any, T_s: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        SecretVector(0.1, "1 MeV").potential(k, T_s)


def test_mixing_angle_in_the_bath() -> None:
    """The published formula with the potential of this object; sin^2 theta_0 = sum of |U_a4|^2."""
    vector, mixing = SecretVector(1e-3, "10 MeV"), Mixing(dm2_41="1 eV2", Ue4_sq=0.01, Umu4_sq=0.02)
    k, T = 3.0 * MEV, MEV
    V = vector.potential(k, T)
    shift = float((2 * k * V / Quantity(1.0, "eV2")).to(""))
    sin2 = 4 * 0.03 * 0.97
    expected = sin2 / ((1 - 2 * 0.03 + shift) ** 2 + sin2)
    assert vector.mixing_angle(mixing, k, T) == pytest.approx(expected, rel=1e-12)
    assert sin2_2theta_matter(sin2, k, V, Quantity(1.0, "eV2")) == pytest.approx(expected, rel=1e-12)
    # above: rounding. A weak coupling leaves the vacuum angle, a strong one suppresses it
    assert SecretVector(1e-12, "1 MeV").mixing_angle(mixing, k, T) == pytest.approx(sin2, rel=1e-6)  # 2 k V/dm2 = 5e-12
    assert SecretVector(0.1, "1 MeV").mixing_angle(mixing, k, T) < 1e-10
    with pytest.raises(ParameterError, match="mixing has dm2_41 = None"):
        vector.mixing_angle(Mixing(), k, T)


def test_mixing_in_matter() -> None:
    dm2, E = Quantity(1.0, "eV2"), MEV
    resonance = -math.sqrt(1 - 0.1) * dm2 / (2 * E)
    assert sin2_2theta_matter(0.1, E, 0 * MEV, dm2) == pytest.approx(0.1, rel=1e-14)
    assert sin2_2theta_matter(0.1, E, resonance, dm2) == pytest.approx(1.0, rel=1e-12)
    with pytest.raises(ParameterError, match=r"sin2_2theta_0 = 1\.1 is not allowed"):
        sin2_2theta_matter(1.1, E, resonance, dm2)
