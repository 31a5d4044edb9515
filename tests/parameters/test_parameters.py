"""The input layer: what is accepted, what it becomes, and what a refusal says."""

import dataclasses
import math
import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltzmann.parameters import Mixing, Options, ParameterError, ValidityWarning
from boltzmann.units import Quantity


@st.composite
def elements(draw: st.DrawFn) -> tuple[float, float, float]:
    """Three |U_a4|^2 with a sum of at most 1, many of them small or zero."""
    size = st.one_of(st.just(0.0), st.floats(0, 1), st.floats(-12, 0).map(lambda exponent: 10.0**exponent))
    values = [draw(size) for _ in range(3)]
    total = max(1.0, sum(values))
    return values[0] / total, values[1] / total, values[2] / total


def named(squares: tuple[float, float, float]) -> dict[str, float]:
    """Return |U_a4|^2 under their names."""
    return dict(zip(("Ue4_sq", "Umu4_sq", "Utau4_sq"), squares, strict=True))


angle = st.floats(0, math.pi / 2)
phase = st.floats(-10, 10)


def fourth_column(mixing: Mixing) -> list[float]:
    """|U_a4|^2 for a = e, mu, tau."""
    return list(np.abs(mixing.U[:3, 3]) ** 2)


@given(elements(), phase, phase, phase)
def test_U_is_unitary_with_the_given_elements(
    squares: tuple[float, float, float], d13: float, d14: float, d24: float
) -> None:
    deltas = {"delta_13": f"{d13} rad", "delta_14": f"{d14} rad", "delta_24": f"{d24} rad"}
    mixing = Mixing(dm2_41="1 eV2", **named(squares), **deltas)
    np.testing.assert_allclose(mixing.U @ mixing.U.conj().T, np.eye(4), atol=1e-14)
    np.testing.assert_allclose(fourth_column(mixing), squares, atol=1e-14, rtol=1e-12)


@given(elements())
def test_elements_to_angles_and_back(squares: tuple[float, float, float]) -> None:
    theta_14, theta_24, theta_34 = Mixing(dm2_41="1 eV2", **named(squares)).angles
    again = Mixing(dm2_41="1 eV2", theta_14=theta_14, theta_24=theta_24, theta_34=theta_34)
    np.testing.assert_allclose([again.Ue4_sq, again.Umu4_sq, again.Utau4_sq], squares, rtol=1e-12, atol=1e-15)


@given(angle, angle, angle)
def test_angles_give_the_textbook_elements(t14: float, t24: float, t34: float) -> None:
    mixing = Mixing(
        dm2_41="1 eV2", theta_14=f"{t14} rad", theta_24=Quantity(t24, "rad"), theta_34=Quantity(t34, "rad").to("deg")
    )
    s2 = [math.sin(t) ** 2 for t in (t14, t24, t34)]
    expected = [s2[0], (1 - s2[0]) * s2[1], (1 - s2[0]) * (1 - s2[1]) * s2[2]]
    np.testing.assert_allclose(fourth_column(mixing), expected, atol=1e-14)
    assert mixing.theta_14 is None


def test_zero_sterile_mixing_leaves_the_active_matrix() -> None:
    four = Mixing(dm2_41="1 eV2").U
    np.testing.assert_allclose(four[:3, :3], Mixing().U, atol=1e-16)
    np.testing.assert_array_equal(four[3], [0, 0, 0, 1])


def test_active_matrix_has_the_pdg_first_row() -> None:
    """U_e3 = s13 e^(-i delta), U_e2 = s12 c13 in the PDG parametrisation."""
    U = Mixing(sin2_theta_12=0.3, sin2_theta_13=0.02, sin2_theta_23=0.5, delta_13="90 deg").U
    assert U[0, 2] == pytest.approx(-1j * math.sqrt(0.02), abs=1e-15)
    assert U[0, 1] == pytest.approx(math.sqrt(0.3 * 0.98), abs=1e-15)


def test_three_states_by_default_with_nufit() -> None:
    mixing = Mixing()
    assert (mixing.n_states, mixing.flavours) == (3, ("e", "mu", "tau"))
    assert mixing.active == (0.308, 0.02215, 0.470, 7.49e-5, 2.513e-3)
    np.testing.assert_allclose(mixing.mass_squared, np.array([0, 7.49e-5, 2.513e-3]) * 1e-12, rtol=1e-14)


def test_inverted_ordering() -> None:
    mixing = Mixing(ordering="inverted")
    assert mixing.active == (0.308, 0.02231, 0.550, 7.49e-5, -2.484e-3 + 7.49e-5)
    masses = mixing.masses.to_value("eV")
    assert masses[2] == 0
    assert masses[1] ** 2 - masses[2] ** 2 == pytest.approx(2.484e-3, rel=1e-12)


def test_inverted_default_keeps_dm2_32_when_dm2_21_is_given() -> None:
    assert Mixing(ordering="inverted", dm2_21="8e-5 eV2").active.dm2_31 == pytest.approx(-2.484e-3 + 8e-5, rel=1e-12)


def test_masses_start_from_the_lightest() -> None:
    mixing = Mixing(dm2_41="1.3 eV2", Ue4_sq=0.01, lightest_mass="0.1 eV")
    assert mixing.masses[0].to_value("eV") == pytest.approx(0.1, rel=1e-12)
    assert mixing.m4.to_value("eV") == pytest.approx(math.sqrt(1.31), rel=1e-12)


def test_lightest_can_be_the_fourth() -> None:
    mixing = Mixing(dm2_41="-1 eV2", Ue4_sq=0.01)
    assert mixing.m4.value == 0
    assert mixing.masses[0].to_value("eV") == pytest.approx(1, rel=1e-12)
    assert mixing.mass_squared[3] == pytest.approx(-1e-12, rel=1e-9, abs=0.0)


def test_three_states_have_no_fourth_mass() -> None:
    with pytest.raises(ParameterError, match="m4 is not defined for three states"):
        _ = Mixing().m4


def test_laboratory_amplitudes() -> None:
    mixing = Mixing(dm2_41="1 eV2", Ue4_sq=0.1, Umu4_sq=0.2)
    amplitudes = (mixing.sin2_2theta_ee, mixing.sin2_2theta_mumu, mixing.sin2_2theta_mue)
    assert amplitudes == pytest.approx((0.36, 0.64, 0.08), rel=1e-14)


def test_quantities_are_stored_in_one_unit() -> None:
    mixing = Mixing(dm2_41=Quantity(1.3e-12, "MeV2"), delta_14="90 deg")
    assert str(mixing.dm2_41.unit) == "eV2"
    assert mixing.delta_14.value == pytest.approx(math.pi / 2)


def test_inputs_are_frozen_hashable_and_comparable() -> None:
    mixing = Mixing(dm2_41="1 eV2", Ue4_sq=0.01)
    assert mixing == Mixing(dm2_41=Quantity(1.0, "eV2"), Ue4_sq=0.01)
    assert hash(mixing) == hash(Mixing(dm2_41="1 eV2", Ue4_sq=0.01))
    assert mixing != Mixing(dm2_41="2 eV2", Ue4_sq=0.01)
    assert len({Options(), Options(n_momenta=20), Options(n_momenta=21)}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        mixing.Ue4_sq = 0.2


def test_replace() -> None:
    mixing = Mixing(dm2_41="1 eV2", theta_14="8 deg", theta_24="4 deg")
    other = dataclasses.replace(mixing, Ue4_sq=0.02, ordering="inverted", dm2_41="-1 eV2")
    assert other.Umu4_sq == mixing.Umu4_sq
    assert (other.Ue4_sq, other.active.sin2_theta_23, other.dm2_41.value) == (0.02, 0.550, -1)
    assert dataclasses.replace(Options(), n_momenta=30).n_momenta == 30


@pytest.mark.parametrize(
    "value",
    [
        Mixing(),
        Mixing(
            dm2_41="1.3 eV2", Ue4_sq=0.01, Utau4_sq=1e-3, delta_24="30 deg", ordering="inverted", lightest_mass="0.1 eV"
        ),
        Mixing(dm2_41="1.3 eV2", theta_14="8 deg", dm2_31="2.4e-3 eV2", sin2_theta_12=0.0),
        Options(nu_nu=False, coherence="mckellar", x_start=2e-3),
    ],
)
def test_repr_shows_what_was_chosen_and_rebuilds_it(value: object) -> None:
    assert eval(repr(value), {"Mixing": Mixing, "Options": Options}) == value
    assert "None" not in repr(value)


BAD_MIXING = [
    ({"Ue4_sq": -0.1}, "Ue4_sq = -0.1 .* from 0 to 1"),
    ({"Umu4_sq": 1.5}, "Umu4_sq = 1.5 .* from 0 to 1"),
    ({"Utau4_sq": float("nan")}, "Utau4_sq = nan"),
    ({"Ue4_sq": "0.1"}, "Ue4_sq = '0.1'"),
    ({"Ue4_sq": True}, "Ue4_sq = True"),
    ({"Ue4_sq": None}, "Ue4_sq = None"),
    ({"Ue4_sq": 0.5, "Umu4_sq": 0.3, "Utau4_sq": 0.3}, "= 1.1 is not allowed; U is unitary"),
    ({"dm2_41": 1.3}, "dm2_41 = 1.3 has no unit"),
    ({"dm2_41": "1 eV"}, "dm2_41 = '1 eV'"),
    ({"dm2_41": "nan eV2"}, "one finite number"),
    ({"dm2_41": "0 eV2"}, "dm2_41 = 0 eV2 is not allowed"),
    ({"delta_14": None}, "delta_14 = None"),
    ({"lightest_mass": "-0.1 eV"}, "lightest_mass = -0.1 eV is not allowed; give 0 to 10 eV: beta decay"),
    ({"ordering": "normale"}, "ordering = 'normale' .* 'normal', 'inverted'"),
    ({"dm2_21": "-7e-5 eV2"}, "dm2_21 = -7e-5 eV2 is not allowed; give 0 to 0.01 eV2: solar"),
    ({"dm2_31": "-2.4e-3 eV2"}, "contradicts ordering = 'normal'"),
    ({"dm2_31": "2.4e-3 eV2", "ordering": "inverted"}, "contradicts ordering = 'inverted'"),
    ({"sin2_theta_13": 1.2}, "sin2_theta_13 = 1.2"),
    ({"theta_14": "8 deg", "Umu4_sq": 0.1}, "are both given"),
    ({"theta_14": "-8 deg"}, "theta_14 = -8 deg"),
    ({"theta_34": "91 deg"}, "theta_34 = 91 deg"),
]


@pytest.mark.parametrize(("changes", "message"), BAD_MIXING)
def test_bad_mixing(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Mixing.from_mapping({"dm2_41": "1 eV2", **changes})


@pytest.mark.parametrize(
    "sterile", [{"Ue4_sq": 0.1}, {"theta_24": "1 deg"}, {"delta_14": "1 deg"}, {"delta_24": "1 deg"}]
)
def test_sterile_mixing_needs_the_fourth_state(sterile: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match="dm2_41 = None means three states"):
        Mixing(**sterile)


BAD_OPTIONS = [
    ({"n_momenta": 7}, "n_momenta = 7 .* integer from 8 to 80"),
    ({"n_momenta": 20.0}, "n_momenta = 20.0"),
    ({"rtol": 0}, "rtol = 0"),
    ({"atol": float("inf")}, "atol = inf"),
    ({"coherence": "exakt"}, "coherence = 'exakt' .* 'exact', 'mckellar', 'matrix'"),
    ({"nu_nu": 1}, "nu_nu = 1 .* True, False"),
    ({"collisions": None}, "collisions = None"),
    ({"x_start": -1.0}, "x_start = -1"),
    ({"x_end": 20}, "x_end = 20 .* from 30"),
    ({"max_steps": True}, "max_steps = True"),
]


@pytest.mark.parametrize(("changes", "message"), BAD_OPTIONS)
def test_bad_options(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Options.from_mapping(changes)


def test_numpy_numbers_become_plain() -> None:
    options = Options(n_momenta=np.int64(12), rtol=np.float64(1e-3), x_end=38)
    assert (type(options.n_momenta), type(options.rtol), type(options.x_end)) == (int, float, float)


def test_unknown_keys_list_the_valid_ones() -> None:
    with pytest.raises(ParameterError, match=r"'dm2_14'; did you mean dm2_41\? valid are: dm2_41, Ue4_sq"):
        Mixing.from_mapping({"dm2_14": "1 eV2"})
    with pytest.raises(ParameterError, match=re.escape("Options has no parameter 'grid'; valid are: n_momenta")):
        Options.from_mapping({"grid": 20})


def test_defaults_that_depend_on_others() -> None:
    assert Options().relative_tolerance == 3e-4
    assert [Options().settled(careful, False).rtol for careful in (False, True)] == [3e-4, 1e-4]
    assert [Options().settled(False, early).x_start for early in (False, True)] == [3e-3, 1e-3]
    assert (Options().initial_x, Options(x_start=5e-3).initial_x) == (3e-3, 5e-3)
    given = Options(rtol=1e-3, x_start=2e-3, coherence="mckellar")
    assert Options().settled(False, False).coherence == Options().weak_coherence == "exact"
    assert given.settled(True, True) == given
    assert Options().absolute_tolerance == pytest.approx(3e-6)
    assert Options(atol=1e-7).absolute_tolerance == 1e-7


def test_large_splittings_warn_at_the_callers_line() -> None:
    with pytest.warns(ValidityWarning, match="dm2_41 = -200 eV2 is beyond 100 eV2.*muons and hadrons") as caught:
        Mixing(dm2_41="-200 eV2", Ue4_sq=1e-4)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Mixing(dm2_41="100 eV2")


@given(
    st.dictionaries(
        st.sampled_from([f.name for f in dataclasses.fields(Mixing)]),
        st.one_of(st.floats(), st.text(max_size=5), st.none()),
    )
)
@pytest.mark.filterwarnings("ignore")
def test_garbage_is_refused_with_parameter_error_only(garbage: dict[str, object]) -> None:
    try:
        mixing = Mixing.from_mapping(garbage)
    except ParameterError:
        return
    np.testing.assert_allclose(mixing.U @ mixing.U.conj().T, np.eye(mixing.n_states), atol=1e-14)
