"""Which points a scan has: units, grids, samples, and fields that are named wrongly or twice."""

from dataclasses import dataclass

import numpy as np
import pytest

from boltzmann import Mixing, Options, ParameterError, Quantity
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from boltzmann.scan import Samples, axis, linear, log, random, sobol
from boltzmann.scan.axes import Model, space

MU = Mixing(dm2_41="1 eV2", Umu4_sq=0.01)
VECTOR = SecretVector(1e-2, "10 MeV")
PLAIN = Model(MU, (), Options())
DARK = Model(MU, (VECTOR,), Options())


@pytest.mark.parametrize(
    "values",
    [Quantity([1e-14, 2e-12], "MeV2"), ["0.01 eV2", "2 eV2"], [0.01, 2.0], np.array([0.01, 2.0]), ("0.01 eV2", 2)],
)
def test_values_are_kept_in_the_unit_of_the_field(values) -> None:
    points = space({"dm2_41": values}, PLAIN)
    assert points.columns["dm2_41"] == pytest.approx([0.01, 2.0])
    assert points.targets["dm2_41"].unit == "eV2"


def test_units_of_interactions_and_angles() -> None:
    points = space({"mediator_mass": ["1 keV", "1 GeV"], "theta_24": ["90 deg"], "coupling": [0.1]}, DARK)
    assert points.columns["mediator_mass"] == pytest.approx([1e-3, 1e3])  # MeV
    assert points.columns["theta_24"] == pytest.approx([np.pi / 2])
    assert points.shape == (2, 1, 1)


def test_axis_helpers() -> None:
    assert linear(0, 1, 3) == pytest.approx([0.0, 0.5, 1.0])
    assert log(1e-3, 1e-1, 3) == pytest.approx([1e-3, 1e-2, 1e-1])
    mixed = log("1 eV2", "1e-10 MeV2", 3)
    assert mixed.to_value("eV2") == pytest.approx([1.0, 10.0, 100.0])
    assert log("-0.1 eV2", "-10 eV2", 3).value == pytest.approx([-0.1, -1.0, -10.0])


def test_last_axis_of_a_grid_varies_fastest() -> None:
    points = space({"n_momenta": linear(10, 20, 3), "Ue4_sq": [0.0, 0.1], "nu_nu": [True, False]}, PLAIN)
    assert points.size == 12
    assert points.values(0) == (10, 0.0, True)
    assert points.values(1) == (10, 0.0, False)
    assert points.values(11) == (20, 0.1, False)
    assert [type(value) for value in points.values(0)] == [int, float, bool]


def test_rows_of_a_grid() -> None:
    points = space({"Ue4_sq": [0.0, 0.1], "coherence": ["exact", "mckellar"]}, PLAIN)
    rows = points.rows(np.array([1, 2]))
    assert rows.shape == (2,)
    assert [rows.values(k) for k in range(2)] == [points.values(1), points.values(2)]


@pytest.mark.parametrize("sampler", [sobol, random])
def test_samples_lie_in_their_ranges_and_repeat(sampler) -> None:
    ranges = {"dm2_41": ("0.01 eV2", "100 eV2", "log"), "Ue4_sq": (0.0, 0.2)}
    points = space(sampler(ranges, 256, seed=3), PLAIN)
    dm2, elements = points.columns["dm2_41"], points.columns["Ue4_sq"]
    assert points.shape == (256,)
    assert np.all((dm2 >= 0.01) & (dm2 <= 100.0))
    # the median of 256 logarithmic samples on 4 decades: a standard deviation of 4 x 0.5/sqrt(256) = 0.13 decades
    assert np.median(np.log10(dm2)) == pytest.approx(0.0, abs=0.5)
    assert np.mean(elements) == pytest.approx(0.1, abs=4 * 0.2 / np.sqrt(12 * 256))
    again = space(sampler(ranges, 256, seed=3), PLAIN)
    assert np.array_equal(dm2, again.columns["dm2_41"])


def test_sobol_samples_fill_every_interval() -> None:
    values = sobol({"Ue4_sq": (0.0, 1.0)}, 64).columns["Ue4_sq"]
    assert np.array_equal(np.sort(np.floor(64 * values)), np.arange(64))


def test_shared_and_named_fields() -> None:
    both = Model(MU, (VECTOR, SecretPseudoscalar(1e-6)), Options())
    assert space({"T_s_over_T": [0.1]}, both).targets["T_s_over_T"].owners == (0, 1)
    assert space({"SecretPseudoscalar.coupling": [1e-7]}, both).targets["SecretPseudoscalar.coupling"].owners == (1,)
    with pytest.raises(ParameterError, match=r"of several interactions .* SecretVector.coupling"):
        space({"coupling": [1e-3]}, both)
    with pytest.raises(ParameterError, match="scan with one of them"):
        space({"coupling": [1e-3]}, Model(MU, (VECTOR, VECTOR), Options()))


@dataclass(frozen=True)
class Contact:
    strength: float


def test_fields_of_a_potential_of_the_user() -> None:
    points = space({"strength": [1.0, 2.0]}, Model(MU, (Contact(0.0),), Options()))
    assert points.values(1) == (2.0,)


class Plain:
    def __init__(self) -> None:
        self.strength = 0.0


def test_a_field_of_a_plain_class_is_told_what_to_do() -> None:
    with pytest.raises(ParameterError, match="attribute of Plain, which is no dataclass; make it a frozen one"):
        space({"strength": [1.0, 2.0]}, Model(MU, (Plain(),), Options()))


BAD_WORDS = ("normal", True, None, [{}], [[True], []], [None], [1.5], [])


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({}, "axes is empty"),
        ({"dm_41": [1.0]}, "'dm_41' is no field of the inputs; did you mean dm2_41? valid are: dm2_41, Ue4_sq"),
        ({"coupling": [1.0]}, "'coupling' is no field"),
        ({"Options.dm2_41": [1.0]}, "'Options.dm2_41' is no field"),
        ({"dm2_41": ["1 eV"]}, "cannot be read as a quantity in eV2"),
        ({"dm2_41": Quantity([1.0], "eV")}, "give a list of numbers or quantities in eV2"),
        ({"Ue4_sq": ["much"]}, "give a list of numbers"),
        ({"Ue4_sq": 0.1}, "cannot be read"),
        ({"Ue4_sq": []}, "at least one finite value"),
        ({"Ue4_sq": [0.1, float("nan")]}, "at least one finite value"),
        ({"Ue4_sq": [0.1, 0.1]}, "has 0.1 more than once"),
        ({"n_momenta": [10.5]}, "n_momenta takes integers"),
        *(({name: values}, "give a list of texts") for name in ("nu_nu", "ordering") for values in BAD_WORDS),
        (
            {"Ue4_sq": np.arange(20_000.0), "Umu4_sq": np.arange(20_000.0)},
            "4e+08 points together; give at most 100000000",
        ),
        ({"theta_24": [0.1], "Ue4_sq": [0.1]}, "have angles and |U_a4|^2"),
        (Samples({"Ue4_sq": [0.1], "dm2_41": [1.0, 2.0]}), "differ in length"),
    ],
)
def test_bad_axes(axes, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        space(axes, PLAIN)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: linear("1 eV2", "1 MeV", 3), "is no interval"),
        (lambda: linear("1 eV2", 3.0, 3), "is no interval"),
        (lambda: linear(0.0, 1.0, 0), "points = 0"),
        (lambda: linear(0.0, 1.0, 2.0), "points = 2.0"),
        (
            lambda: linear(0.0, 1.0, 10**12),
            "points = 1000000000000 is not allowed; give an integer from 1 to 100000000",
        ),
        *(
            (lambda s=sampled, n=n: s({"Ue4_sq": (0.0, 1.0)}, n), f"points = {n!r}")
            for sampled in (sobol, random)
            for n in ("x", 0, -4, 2.5, None, True)
        ),
        *(
            (lambda s=sampled, n=n: s({"Ue4_sq": (0.0, 1.0)}, 4, n), f"seed = {n!r}")
            for sampled in (sobol, random)
            for n in ("x", -1, 1.5, None)
        ),
        (lambda: log(0.0, 1.0, 2), "both above or both below zero"),
        (lambda: log(-1.0, 1.0, 2), "both above or both below zero"),
        (lambda: linear(0.0, float("inf"), 2), "finite ends"),
        (lambda: axis(0.0, 1.0, 2, "cubic"), "scale = 'cubic'"),
        (lambda: sobol({"Ue4_sq": (0.0, 1.0)}, 100), "power of two"),
        (lambda: random({"Ue4_sq": (0.0,)}, 4), "is no range"),
        (lambda: random({"Ue4_sq": "01"}, 4), "is no range"),
    ],
)
def test_bad_intervals(make, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        make()
    assert message in str(caught.value)
