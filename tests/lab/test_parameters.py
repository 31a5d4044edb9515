"""Points: conversion, broadcasting, and one sentence for every input that is not allowed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltzmann.errors import ParameterError
from boltzmann.lab.parameters import AMPLITUDES, at_amplitude, by_splitting, checked
from boltzmann.units import Quantity


@pytest.mark.parametrize("dm2", [1.3, "1.3 eV2", Quantity(1.3, "eV2"), Quantity(1.3e-12, "MeV2"), np.float32(1.3)])
def test_reads_the_splitting(dm2: object) -> None:
    point = checked(dm2, 0.1)
    assert point.dm2_41 == pytest.approx(1.3, rel=1e-7)  # float32
    assert point.dm2_41.dtype == np.float64


def test_broadcasts() -> None:
    point = checked(Quantity([[1.0], [2.0]], "eV2"), [0.1, 0.2, 0.3], 0.05)
    assert {point.dm2_41.shape, point.Ue4_sq.shape, point.Umu4_sq.shape, point.Utau4_sq.shape} == {(2, 3)}
    assert point.sin2_2theta_ee[0] == pytest.approx([0.36, 0.64, 0.84])
    assert point.sin2_2theta_mumu == pytest.approx(np.full((2, 3), 0.19))
    assert point.sin2_2theta_mue[1] == pytest.approx([0.02, 0.04, 0.06])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1.0,), "dm2_41 = -1 is not allowed"),
        ((np.nan,), "dm2_41 = nan contains NaN"),
        ((np.inf,), "dm2_41 = inf contains NaN or infinity"),
        (("1.3",), "dm2_41 = '1.3' cannot be read"),
        (("1.3 eV",), "dm2_41 = '1.3 eV' cannot be read"),
        ((Quantity(1.0, "eV"),), "dm2_41 = .* cannot be read in eV2"),
        ((None,), "dm2_41 = None c"),
        (([[1.0], [2.0, 3.0]],), "dm2_41 = .* cannot be read"),
        ((1.0, -0.1), "Ue4_sq = -0.1 is not allowed; give numbers from 0 to 1"),
        ((1.0, [0.1, 1.5]), "Ue4_sq = 1.5 is not allowed"),
        ((1.0, 0.1, np.nan), "Umu4_sq = nan is not allowed"),
        ((1.0, 0.1, 0.1, "much"), "Utau4_sq = 'much' is not allowed"),
        ((1.0, 0.5, [0.4, 0.6]), r"Ue4_sq \+ Umu4_sq \+ Utau4_sq = 1.1 is not allowed"),
        (([1.0, 2.0], [0.1, 0.2, 0.3]), r"shapes \(2,\), \(3,\), \(\), \(\), which do not broadcast"),
    ],
)
def test_refuses(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        checked(*arguments)


def test_no_mixing_and_full_mixing_are_allowed() -> None:
    assert checked(0.0).sin2_2theta_ee == 0
    assert checked(1.0, 0.0, 1.0).sin2_2theta_mumu == 0


def test_by_splitting() -> None:
    dm2 = np.array([[3.0, 1.0], [1.0, 2.0]])
    values, inverse = by_splitting(dm2)
    assert list(values) == [1, 2, 3]
    assert np.array_equal(values[inverse], dm2)


@given(st.sampled_from(sorted(AMPLITUDES)), st.floats(1e-12, 1.0))
def test_amplitude_round_trip(channel: str, amplitude: float) -> None:
    point = at_amplitude(channel, 1.0, amplitude)
    assert getattr(point, AMPLITUDES[channel]) == pytest.approx(amplitude, rel=1e-12, abs=0.0)


@pytest.mark.parametrize(
    ("channel", "amplitude", "message"),
    [("etau", 0.1, "choose one of 'ee', 'mue', 'mumu'"), ("mue", 1.1, "sin2_2theta_mue = 1.1 is not allowed")],
)
def test_amplitude_refuses(channel: str, amplitude: float, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        at_amplitude(channel, 1.0, amplitude)
