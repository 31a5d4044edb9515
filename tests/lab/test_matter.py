"""The full 3+1 evolution against the matrix exponential, unitarity and limits."""

import numpy as np
import pytest
from scipy.linalg import expm

from boltzmann.constants import G_F
from boltzmann.errors import ParameterError
from boltzmann.lab.decay import damping, decay_length
from boltzmann.lab.matter import hamiltonian, probabilities
from boltzmann.lab.oscillation import HBAR_C, interference, probability
from boltzmann.lab.parameters import checked
from boltzmann.parameters import Mixing

FOUR = Mixing(
    dm2_41="1.3 eV2",
    Ue4_sq=0.02,
    Umu4_sq=0.015,
    Utau4_sq=0.1,
    delta_13="230 deg",
    delta_14="40 deg",
    delta_24="300 deg",
)
PLACES = [(3.0, 10.0), (30.0, 30.0), (700.0, 541.0), (3e3, 735e3), (2e6, 1.2e7)]


def independent_hamiltonian(mixing: Mixing, E: float, density: float, sign: int) -> np.ndarray:
    """In eV and with textbook numbers: V_CC = 7.63e-14 eV Y_e rho/(g/cm3)."""
    n = mixing.n_states
    rotation = mixing.U if sign > 0 else mixing.U.conj()
    kinetic = rotation @ np.diag(mixing.mass_squared * 1e12) @ rotation.conj().T / (2 * E * 1e6)
    potential = 7.632e-14 * density * 0.5 * np.array([1.0, 0.0, 0.0, 0.5])[:n]
    return kinetic + sign * np.diag(potential)


@pytest.mark.parametrize("density", [0.0, 2.7, 11.0])
@pytest.mark.parametrize("antineutrino", [False, True])
@pytest.mark.parametrize("mixing", [FOUR, Mixing()], ids=["3+1", "3"])
def test_against_matrix_exponential(mixing: Mixing, density: float, antineutrino: bool) -> None:
    for E, L in PLACES:
        H = independent_hamiltonian(mixing, E, density, -1 if antineutrino else 1)
        amplitude = expm(-1j * (H - H[1, 1].real * np.eye(len(H))) * L / 0.1973269804e-6)
        result = probabilities(mixing, E, L, density=density, antineutrino=antineutrino)
        # hbar c has ten digits and phases reach 800; 7.632e-14 has four, and V L reaches 25 through the Earth
        assert result == pytest.approx(np.abs(amplitude.T) ** 2, abs=1e-7 if density == 0 else 2e-3)


def test_unitary_and_broadcasting() -> None:
    result = probabilities(FOUR, np.array([[10.0], [1e3]]), [1.0, 1e3, 1e6], density=3.0)
    assert result.shape == (2, 3, 4, 4)
    assert result.sum(axis=-1) == pytest.approx(np.ones((2, 3, 4)), abs=1e-12)
    assert result.sum(axis=-2) == pytest.approx(np.ones((2, 3, 4)), abs=1e-12)


def test_cpt_in_vacuum() -> None:
    assert probabilities(FOUR, 900.0, 6e5) == pytest.approx(
        probabilities(FOUR, 900.0, 6e5, antineutrino=True).T, abs=1e-12
    )


def test_msw_of_two_flavours() -> None:
    """Without theta_13 and dm2_31 >> everything, sin^2 2theta in matter follows the textbook formula."""
    mixing = Mixing(sin2_theta_13=0.0, sin2_theta_23=0.0, dm2_31="1 eV2")
    E, density = 10.0, 100.0
    V = 7.632e-14 * 0.5 * density
    s2, c2 = 2 * np.sqrt(0.308 * 0.692), 1 - 2 * 0.308
    ratio = 2 * E * 1e6 * V / 7.49e-5
    effective = np.hypot(s2, c2 - ratio)
    L = 0.3 * np.pi * 2 * 2 * E * 1e6 * 0.1973269804e-6 / (7.49e-5 * effective)
    expected = (s2 / effective) ** 2 * np.sin(0.3 * np.pi) ** 2
    # V has four digits
    assert probabilities(mixing, E, L, density=density)[0, 1] == pytest.approx(expected, rel=3e-4)


@pytest.mark.parametrize(("start", "end"), [("e", "e"), ("mu", "mu"), ("mu", "e")])
def test_short_baseline_limit(start: str, end: str) -> None:
    """At L/E ~ 1 m/MeV the light splittings contribute sin^2(1.27 x 2.5e-3) ~ 1e-5, and 3e-3 in interference."""
    index = {"e": 0, "mu": 1}
    point = checked(1.3, FOUR.Ue4_sq, FOUR.Umu4_sq, FOUR.Utau4_sq)
    E = np.linspace(20.0, 60.0, 30)
    full = probabilities(FOUR, E, 30.0)[:, index[start], index[end]]
    size = 1.0 - point.Ue4_sq if start == end else np.sqrt(point.Ue4_sq * point.Umu4_sq)
    assert full == pytest.approx(
        probability(point, start, end, interference(1.3, 30.0 / E)), abs=1e-2 * float(size) / 2
    )


def test_decay_in_vacuum_is_the_short_baseline_formula() -> None:
    point = checked(1.3, FOUR.Ue4_sq, FOUR.Umu4_sq, FOUR.Utau4_sq)
    E, L, rate = np.linspace(20.0, 60.0, 30), 30.0, 0.3
    factors = damping(L, decay_length(rate, FOUR.m4, E))
    expected = probability(point, "mu", "mu", interference(1.3, L / E) * factors.interference, factors.survival)
    full = probabilities(FOUR, E, L, rate="0.3 eV")
    assert full[:, 1, 1] == pytest.approx(expected, abs=5e-3)  # light splittings, as above
    assert np.all(full.sum(axis=-1) < 1.0)
    lost = point.Umu4_sq * (1 - factors.survival)
    assert 1 - full[:, 1].sum(axis=-1) == pytest.approx(lost, rel=1e-9)


def test_decay_against_matrix_exponential_in_matter() -> None:
    E, L, density = 2e6, 1e7, 5.0
    H = hamiltonian(FOUR, E, density=density, rate="1e-3 eV")
    direct = np.abs(expm(-1j * (H - H[1, 1].real * np.eye(4)) * L / HBAR_C).T) ** 2
    # phases of 1e2 rad are subtracted in double precision
    assert probabilities(FOUR, E, L, density=density, rate="1e-3 eV") == pytest.approx(direct, abs=1e-9)


def test_fermi_constant() -> None:
    """V_CC = 7.63e-14 eV for Y_e rho = 1 g/cm3, the number everybody quotes."""
    assert np.sqrt(2) * G_F * 6.02214076e23 * (100 * HBAR_C) ** 3 * 1e6 == pytest.approx(7.63e-14, rel=1e-3, abs=0.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"E": 0.0}, "E has values of 0 or less"),
        ({"density": -1.0}, "density = -1.0 and electron_fraction = 0.5 are not allowed"),
        ({"electron_fraction": 1.5}, "electron_fraction = 1.5"),
        ({"rate": -1.0}, "rate = -1.0 is not allowed"),
        ({"rate": "1 eV", "mixing": Mixing()}, "0 without a fourth state"),
        ({"E": "1 m"}, "E = '1 m' cannot be read"),
    ],
)
def test_refuses(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        hamiltonian(**{"mixing": FOUR, "E": 1.0, **arguments})


@pytest.mark.parametrize("antineutrino", [False, True])
def test_against_nusquids(antineutrino: bool) -> None:
    """Independent C++ code (arXiv:2112.13804), where it is installed: nu_mu of 700 MeV through 1300 km of rock."""
    nsq = pytest.importorskip("nuSQuIDS")
    units = nsq.Const()
    code = nsq.nuSQUIDS(4, nsq.NeutrinoType.antineutrino if antineutrino else nsq.NeutrinoType.neutrino)
    sin2_12, sin2_13, sin2_23, dm2_21, dm2_31 = FOUR.active
    for place, sin2 in {(0, 1): sin2_12, (0, 2): sin2_13, (1, 2): sin2_23}.items():
        code.Set_MixingAngle(*place, np.arcsin(np.sqrt(sin2)))
    for i, angle in enumerate(FOUR.angles):
        code.Set_MixingAngle(i, 3, float(angle.to_value("rad")))
    for k, square in enumerate((dm2_21, dm2_31, 1.3), start=1):
        code.Set_SquareMassDifference(k, square)
    for place, delta in {(0, 2): 230.0, (0, 3): 40.0, (1, 3): 300.0}.items():
        code.Set_CPPhase(*place, np.radians(delta))
    code.Set_Body(nsq.ConstantDensity(3.0, 0.5))
    code.Set_E(700.0 * units.MeV)
    code.Set_Track(nsq.ConstantDensity.Track(1300.0 * units.km))
    code.Set_rel_error(1e-10)
    code.Set_abs_error(1e-10)
    code.Set_initial_state(np.array([0.0, 1.0, 0.0, 0.0]), nsq.Basis.flavor)
    code.EvolveState()
    expected = [code.EvalFlavor(k) for k in range(4)]
    result = probabilities(FOUR, 700.0, 1.3e6, density=3.0, antineutrino=antineutrino)[1]
    assert result == pytest.approx(expected, abs=1e-8)  # tolerances of its integrator times steps


class Level:
    """A potential of a user's own: what ``in_matter`` returns at energies ``E``."""

    def __init__(self, value: object) -> None:
        self.value = value

    def in_matter(self, E: np.ndarray, density: float, antineutrino: bool, electron_fraction: float) -> object:  # noqa: ARG002
        return self.value


class Older(Level):
    """The same, as it was written before it was told of electrons."""

    def in_matter(self, E: np.ndarray, density: float, antineutrino: bool) -> object:  # noqa: ARG002
        return self.value


def test_an_object_with_three_arguments_is_told_of_the_fourth() -> None:
    with pytest.raises(ParameterError, match=r"Older.in_matter does not take four arguments.*electron_fraction\)"):
        probabilities(FOUR, 300.0, 541.0, density=2.7, sterile_potential=Older(1e-15))
    new = probabilities(FOUR, 300.0, 541.0, density=2.7, sterile_potential=Level(1e-15))
    np.testing.assert_array_equal(new, probabilities(FOUR, 300.0, 541.0, density=2.7, sterile_potential=1e-15))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "return finite real numbers in MeV"),
        (1e-15j, "return finite real numbers in MeV"),
        ("much", "return finite real numbers in MeV"),
        (np.zeros(3), r"returned the shape \(3,\) for energies of shape \(2,\)"),
    ],
)
def test_what_an_object_may_not_return(value: object, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        probabilities(FOUR, np.array([200.0, 300.0]), 541.0, density=2.7, sterile_potential=Level(value))
