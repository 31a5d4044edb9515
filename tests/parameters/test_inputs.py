"""Inputs in other words: amplitudes, masses, arrays, old names; and what help() says."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltzmann.parameters import Mixing, Options, ParameterError
from boltzmann.potentials import SecretVector
from boltzmann.units import Quantity, quantity

amplitude = st.floats(1e-12, 1.0)


@given(amplitude, amplitude)
def test_disappearance_amplitudes_give_the_small_elements(ee: float, mumu: float) -> None:
    mixing = Mixing(dm2_41="1 eV2", sin2_2theta_ee=ee, sin2_2theta_mumu=mumu * 0.5)
    # u = s/2/(1 + sqrt(1 - s)) loses no digit; back from u near 1/2, 4u(1 - u) is stationary
    assert mixing.sin2_2theta_ee == pytest.approx(ee, rel=1e-12, abs=0.0)
    assert mixing.sin2_2theta_mumu == pytest.approx(0.5 * mumu, rel=1e-12, abs=0.0)
    assert max(mixing.Ue4_sq, mixing.Umu4_sq) <= 0.5


def test_the_large_root_on_request() -> None:
    mixing = Mixing(dm2_41="1 eV2", sin2_2theta_ee=0.36, large_root=True)
    assert mixing.Ue4_sq == pytest.approx(0.9, rel=1e-14)


@given(st.floats(1e-10, 0.2), st.floats(0.1, 10))
def test_appearance_amplitude_alone_with_one_element_and_with_split(mue: float, ratio: float) -> None:
    equal = Mixing(dm2_41="1 eV2", sin2_2theta_mue=mue)
    assert equal.Ue4_sq == equal.Umu4_sq
    divided = Mixing(dm2_41="1 eV2", sin2_2theta_mue=mue, split=ratio)
    assert divided.Ue4_sq / divided.Umu4_sq == pytest.approx(ratio, rel=1e-14)
    other = Mixing(dm2_41="1 eV2", sin2_2theta_mue=mue, Ue4_sq=divided.Ue4_sq)
    assert other.Umu4_sq == pytest.approx(divided.Umu4_sq, rel=1e-14)
    for mixing in (equal, divided, other):
        assert mixing.sin2_2theta_mue == pytest.approx(mue, rel=1e-14)


@pytest.mark.parametrize(
    ("given", "dm2_41"),
    [
        ({}, 1.44),
        ({"lightest_mass": "0.1 eV"}, 1.43),
        ({"ordering": "inverted"}, 1.44 - (2.484e-3 - 7.49e-5)),  # m_1^2 = m_3^2 - dm2_31
    ],
)
def test_the_mass_of_the_fourth_state(given: dict[str, str], dm2_41: float) -> None:
    mixing = Mixing(m4="1.2 eV", **given)
    assert mixing.dm2_41.value == pytest.approx(dm2_41, rel=1e-12)
    assert mixing.masses[3].value == pytest.approx(1.2, rel=1e-12)


CONTRADICTIONS = [
    ({"sin2_2theta_ee": 0.1, "Ue4_sq": 0.1}, "sin2_2theta_ee and Ue4_sq are both given"),
    ({"sin2_2theta_mue": 0.1, "Ue4_sq": 0.1, "Umu4_sq": 0.1}, "sin2_2theta_mue and Ue4_sq and Umu4_sq are both given"),
    ({"sin2_2theta_mue": 0.1, "Ue4_sq": 0.1, "split": 2.0}, "sin2_2theta_mue and Ue4_sq and split are both given"),
    ({"sin2_2theta_mue": 0.9, "Ue4_sq": 0.1}, "would need Umu4_sq = 2.25; give a smaller sin2_2theta_mue"),
    ({"sin2_2theta_mue": 0.1, "Ue4_sq": "x"}, "Ue4_sq = 'x' is not allowed"),
    ({"sin2_2theta_mue": 0.1, "Ue4_sq": 0.0}, "with Ue4_sq = 0.0 would need Umu4_sq = inf"),
    ({"sin2_2theta_mumu": 0.1, "Umu4_sq": 0.0}, "sin2_2theta_mumu and Umu4_sq are both given"),
    ({"split": 2.0}, "split is given without sin2_2theta_mue"),
    ({"large_root": True}, "large_root is given without"),
    ({"sin2_2theta_mumu": 0.1, "theta_14": "1 deg"}, "sin2_2theta_mumu and theta_14 are both given"),
    ({"sin2_2theta_ee": 1.1}, "sin2_2theta_ee = 1.1 is not allowed; give a number from 0 to 1"),
    ({"m4": "1 eV", "dm2_41": "1 eV2"}, "m4 and dm2_41 are both given"),
    ({"m4": "0.05 eV", "lightest_mass": "0.1 eV"}, "give at least lightest_mass = 0.1 eV, or dm2_41 < 0"),
    ({"m4": 1.0}, "m4 = 1.0 has no unit"),
    ({"sin2_2theta": 0.1}, "no parameter 'sin2_2theta'; did you mean sin2_2theta_"),
]


@pytest.mark.parametrize(("given", "message"), CONTRADICTIONS)
def test_contradictions_are_a_sentence(given: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Mixing(**({"dm2_41": "1 eV2"} if "m4" not in given else {}), **given)


def test_variations_understand_other_words() -> None:
    mixing = Mixing(dm2_41="1 eV2", Ue4_sq=0.1, Umu4_sq=0.2, Utau4_sq=0.05)
    assert mixing.varied(Ue4_sq=0.2) == dataclasses.replace(mixing, Ue4_sq=0.2)
    assert mixing.varied(sin2_2theta_ee=0.36).Ue4_sq == pytest.approx(0.1)
    assert mixing.varied(sin2_2theta_ee=0.36).Umu4_sq == 0.2
    both = mixing.varied(sin2_2theta_mue=0.04)
    assert (both.Ue4_sq, both.Umu4_sq, both.Utau4_sq) == pytest.approx((0.1, 0.1, 0.05))
    assert mixing.varied(sin2_2theta_mue=0.04, Umu4_sq=0.2).Ue4_sq == pytest.approx(0.05)
    turned = mixing.varied(theta_14="0 deg")
    assert turned.Ue4_sq == 0.0
    assert [a.value for a in turned.angles[1:]] == pytest.approx([a.value for a in mixing.angles[1:]])
    assert mixing.varied(m4="2 eV").dm2_41.value == pytest.approx(4.0)


@pytest.mark.parametrize("value", [np.array(0.01), np.float32(0.25), SimpleNamespace(ndim=0, item=lambda: 0.125)])
def test_numbers_without_dimensions_are_numbers(value: object) -> None:
    """Arrays and DataArrays of no dimension, as indexing gives them."""
    expected = float(getattr(value, "item", lambda: value)())
    assert type(Mixing(dm2_41="1 eV2", Ue4_sq=value).Ue4_sq) is float
    assert Mixing(dm2_41="1 eV2", Ue4_sq=value).Ue4_sq == expected
    with pytest.raises(ParameterError, match="Ue4_sq"):
        Mixing(dm2_41="1 eV2", Ue4_sq=np.array([0.1]))


def test_an_element_of_a_dataset_with_its_unit() -> None:
    xr = pytest.importorskip("xarray")
    data = xr.Dataset(coords={"dm2_41": ("dm2_41", [0.5, 2.0], {"units": "eV2"})})
    assert Mixing(dm2_41=data.dm2_41[1]).dm2_41 == Quantity(2.0, "eV2")
    with pytest.raises(ParameterError, match="has no unit"):
        Mixing(dm2_41=xr.DataArray(2.0))


@pytest.mark.parametrize("text", ["1 2 eV2", "1 eV2 2", "1 2eV2", "2 3 * eV2", "1e3 1 eV2"])
def test_two_numbers_are_no_quantity(text: str) -> None:
    with pytest.raises(ParameterError, match=r"dm2_41 = .* give a number with unit"):
        quantity(text, "eV2", "dm2_41")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"lightest_mass": "1e30 eV"}, "lightest_mass = 1e30 eV is not allowed; give 0 to 10 eV: beta decay"),
        ({"dm2_21": "1 eV2"}, "dm2_21 = 1 eV2 is not allowed; give 0 to 0.01 eV2: solar"),
        ({"dm2_31": "2 eV2"}, "dm2_31 = 2 eV2 is not allowed; give -1 to 1 eV2: atmospheric"),
        ({"delta_13": "195 rad"}, "delta_13 = 195 rad is not allowed; give -720 to 720 deg: phases are periodic"),
    ],
)
def test_bounds_have_reasons(given: dict[str, str], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Mixing(**given)


def test_quantities_of_an_input_cannot_be_changed_in_place() -> None:
    mixing = Mixing(dm2_41="1 eV2", delta_13="1 rad")
    for q in (mixing.dm2_41, mixing.delta_13, SecretVector(0.1, "1 MeV").mediator_mass):
        with pytest.raises(ValueError, match="read-only"):
            q *= 2
    mine = Quantity(1.0, "eV2")
    Mixing(dm2_41=mine)
    mine *= 2  # what was given stays the user's


def test_values_by_position_are_an_old_way() -> None:
    with pytest.warns(DeprecationWarning, match=r"without names .* dm2_41=..., Ue4_sq=...") as caught:
        old = Mixing("1 eV2", 0.1, Umu4_sq=0.2)
    assert caught[0].filename == __file__
    assert old == Mixing(dm2_41="1 eV2", Ue4_sq=0.1, Umu4_sq=0.2)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"x_in": 2e-3}, Options(x_start=2e-3)),
        ({"x_fin": 36.0, "h_max": 0.1, "rotation": 0.2}, Options(x_end=36.0, max_step=0.1, max_rotation=0.2)),
        ({"damping": "mckellar"}, Options(coherence="mckellar")),
        ({"collisions": "matrix", "damping": "mckellar"}, Options(coherence="matrix")),
        ({"collisions": "off"}, Options(collisions=False)),
        ({"collisions": "damping"}, Options()),
    ],
)
def test_old_options(old: dict[str, object], new: Options) -> None:
    with pytest.warns(DeprecationWarning, match="is an old name; write"):
        assert Options(**old) == new


def test_old_fields_can_be_read() -> None:
    with pytest.warns(DeprecationWarning, match="Options.x_fin is an old name; write x_end"):
        assert Options().x_fin == 35.0
    with pytest.warns(DeprecationWarning, match="temperature_ratio"):
        vector = SecretVector(0.1, "1 MeV", temperature_ratio=0.3)
    with pytest.warns(DeprecationWarning, match="rate_scale"):
        assert vector.rate_scale == 1.0
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = vector.nothing


def test_old_and_new_together_are_refused() -> None:
    with (
        pytest.warns(DeprecationWarning, match="x_in"),
        pytest.raises(ParameterError, match="got x_in and x_start, which are the same"),
    ):
        Options(**{"x_start": 1e-3, "x_in": 2e-3})
    for wrong in ({"collisions": "on"}, {"damping": "mckellar", "coherence": "exact"}):
        with pytest.raises(ParameterError, match="give coherence"):
            Options(**wrong)


@pytest.mark.parametrize("cls", [Mixing, Options, SecretVector])
def test_help_lists_every_field(cls: type) -> None:
    section = cls.__doc__.partition("Parameters\n    ----------\n")[2]
    for name, f in cls.declared().items():
        assert f"    {name} : " in section
        if "unit" in f.metadata:
            assert f"    {name} : Quantity or str [{f.metadata['unit']}]" in section


def test_amplitudes_of_maximal_mixing() -> None:
    assert Mixing(dm2_41="1 eV2", sin2_2theta_ee=1.0).Ue4_sq == 0.5
    assert math.isclose(Mixing(dm2_41="1 eV2", sin2_2theta_ee=0.0).Ue4_sq, 0.0)
