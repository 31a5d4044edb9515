"""Quantities in, MeV powers inside, quantities out."""

import math
import subprocess
import sys

import numpy as np
import pytest
from astropy import constants
from astropy.table import QTable
from astropy.units import UnitsWarning
from hypothesis import given
from hypothesis import strategies as st

from boltzmann import units
from boltzmann.errors import ParameterError
from boltzmann.units import (
    _USUAL,
    C_LIGHT,
    HBAR,
    K_B,
    Quantity,
    _usual,
    _with_astropy,
    from_natural,
    number,
    quantity,
    to_natural,
    write_table,
)


def test_constants_agree_with_codata() -> None:
    assert constants.c.value == C_LIGHT
    assert constants.hbar.to_value("MeV s") == pytest.approx(HBAR, rel=1e-14, abs=0.0)
    assert constants.k_B.to_value("MeV / K") == pytest.approx(K_B, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "power", "expected"),
    [
        ("1 MeV", 1, 1.0),
        ("1.3 eV2", 2, 1.3e-12),
        ("1 s", -1, 1 / HBAR),
        ("1 cm", -1, 1e-2 / (HBAR * C_LIGHT)),
        ("1 K", 1, K_B),
        ("180 deg", 0, math.pi),
        ("2.5 km / s", 0, 2.5e3 / C_LIGHT),
        ("1 kg", 1, C_LIGHT**2 / 1.602176634e-13),
        ("1e-5 / GeV2", -2, 1e-11),
    ],
)
def test_to_natural(text: str, power: float, expected: float) -> None:
    assert to_natural(Quantity(text), power) == pytest.approx(expected, rel=1e-13, abs=0.0)


@given(st.floats(1e-30, 1e30), st.sampled_from(["eV", "eV2", "1/s", "km", "K", "g / cm3", "deg", "1 / MeV3"]))
def test_round_trip(value: float, unit: str) -> None:
    power = {"eV": 1, "eV2": 2, "1/s": 1, "km": -1, "K": 1, "g / cm3": 4, "deg": 0, "1 / MeV3": -3}[unit]
    natural = to_natural(Quantity(value, unit), power)
    assert from_natural(natural, unit).value == pytest.approx(value, rel=1e-13, abs=0.0)


def test_arrays_keep_their_shape() -> None:
    natural = to_natural(Quantity([[1.0, 2.0]], "keV"), 1)
    np.testing.assert_allclose(natural, [[1e-3, 2e-3]], rtol=1e-14)
    assert from_natural(np.ones(3), "eV").shape == (3,)


@pytest.mark.parametrize(
    ("value", "power", "message"),
    [
        (1.0, 1, "without unit"),
        (Quantity("1 eV"), 2, "MeV\\^1 in natural units; MeV\\^2 is needed"),
        (Quantity("1 C"), 0, "no power of MeV"),
    ],
)
def test_to_natural_refuses(value: object, power: float, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        to_natural(value, power)


@pytest.mark.parametrize("value", ["1.3 eV2", "1.3 eV^2", "1.3eV**2", " 1.3e-12 MeV2 ", Quantity(1.3, "eV2")])
def test_quantity_reads(value: object) -> None:
    result = quantity(value, "eV2", "dm2_41")
    assert result.unit.to_string() == "eV2"
    assert result.value == pytest.approx(1.3, rel=1e-14)


@pytest.mark.parametrize(
    "value",
    [
        1.3,
        None,
        "1.3",
        "1.3 eV",
        "1,3 eV2",
        "eV2",
        "",
        "nan eV2",
        "inf eV2",
        Quantity([1.0, 2.0], "eV2"),
        "1 foo",
        True,
    ],
)
def test_quantity_refuses_naming_the_parameter(value: object) -> None:
    with pytest.raises(ParameterError, match=r'dm2_41 = .*for example dm2_41="1.3 eV2"'):
        quantity(value, "eV2", "dm2_41")


@pytest.mark.parametrize(("unit", "given_unit"), [(unit, other) for unit, usual in _USUAL.items() for other in usual])
@given(value=st.floats(-1e150, 1e150), blank=st.sampled_from(["", " ", "  "]))
def test_usual_units_are_read_as_astropy_reads_them(unit: str, given_unit: str, value: float, blank: str) -> None:
    text = f"{value!r}{blank}{given_unit}"
    assert _usual(text, unit) == _with_astropy(text, unit, "name") == number(text, unit, "name")


@pytest.mark.parametrize(
    "text",
    ["1.3", "eV2", "1 2 eV2", "1.3 eV", "1e400 eV2", "nan eV2", "1 * 2 eV2", "1,3 eV2", "1.3 keV2", "\u0661 eV2", ""],
)
def test_anything_unusual_is_left_to_astropy(text: str) -> None:
    assert _usual(text, "eV2") is None


def test_plain_text_is_read_without_astropy() -> None:
    code = """
import sys
from boltzmann import Mixing, units
mixing = Mixing(dm2_41="1.3 eV2", theta_14="8 deg", lightest_mass="1 meV").varied(theta_24="1 deg", m4="2 eV")
same = mixing == Mixing.from_mapping(mixing.chosen()) and {mixing: 1}[mixing] and repr(mixing)
print(units.is_quantity(1.0), "astropy" in sys.modules, units.is_quantity(mixing.dm2_41), "astropy" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "True", "True"]


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Quantities'"):
        _ = units.Quantities


@given(st.text(max_size=12))
@pytest.mark.filterwarnings(f"ignore::{UnitsWarning.__module__}.{UnitsWarning.__qualname__}")
def test_any_text_is_a_quantity_or_a_parameter_error(text: str) -> None:
    try:
        result = quantity(text, "deg", "theta_14")
    except ParameterError:
        return
    assert np.isfinite(result.value)


def test_table_round_trip(tmp_path) -> None:
    file = tmp_path / "table.ecsv"
    columns = {"p": Quantity([1.0, 2.0], "MeV"), "f": np.array([0.1, 1 / 3])}
    write_table(file, columns, {"f": "occupation"}, {"title": "a title", "inputs": {"a": 1.5, "b": [1, 2]}})
    table = QTable.read(file, format="ascii.ecsv")
    assert table["p"].unit == "MeV"
    assert list(table["f"]) == [0.1, 1 / 3]
    assert table["f"].info.description == "occupation"
    assert table.meta["inputs"] == {"a": 1.5, "b": [1, 2]}
