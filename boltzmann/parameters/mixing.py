"""Masses and mixing of the neutrinos: what is given, checked, and what follows from it.

Dimensional fields take astropy quantities or strings ("1.3 eV2", "8 deg") and hold quantities in eV2, rad or eV; the
solver sees floats in MeV powers through `Mixing.U` and `Mixing.mass_squared`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from boltzmann.constants import EV
from boltzmann.errors import ParameterError, ValidityWarning
from boltzmann.parameters.amplitudes import Amplitudes, elements
from boltzmann.parameters.inputs import Dimensional, Input, described, outside, parameter
from boltzmann.units import from_natural

if TYPE_CHECKING:
    from boltzmann.parameters.seesaw import Light
    from boltzmann.units import Quantity

_DM2_VALID = 100.0  # eV^2: production above 20 MeV, where muon and hadron weak rates are only approximate
_DM2_LARGEST = 1e9  # eV^2, m_4 = 32 keV: production peaks at 133 MeV (m_4/keV)^(1/3) = 420 MeV, where runs begin
_ROUNDING = 1e-12
#: Angle -> the element it gives; replaced by that when a `Mixing` is made.
ANGLES = {"theta_14": "Ue4_sq", "theta_24": "Umu4_sq", "theta_34": "Utau4_sq"}


_MASSES = ("dm2_21", "dm2_31", "ordering", "lightest_mass")
#: What is given -> what it replaces, of an earlier choice.
_REPLACED = {
    "sin2_2theta_ee": ("Ue4_sq",),
    "sin2_2theta_mumu": ("Umu4_sq",),
    "sin2_2theta_mue": ("Ue4_sq", "Umu4_sq"),
    "m4": ("dm2_41",),
    "Ue4_sq": ("sin2_2theta_ee",),
    "Umu4_sq": ("sin2_2theta_mumu",),
    "dm2_41": ("m4",),
}
_PHASE = {"unit": "rad", "shown": "deg", "bounds": (-720, 720), "why": "phases are periodic; is the unit right?"}


class ActiveSector(NamedTuple):
    """Mixing of the three active neutrinos: squared sines and squared-mass differences [eV2]."""

    sin2_theta_12: float
    sin2_theta_13: float
    sin2_theta_23: float
    dm2_21: float
    dm2_31: float


# NuFIT 6.0, arXiv:2410.05380, best fits "IC24 with SK atmospheric data". For the inverted ordering it quotes
# dm2_32 = -2.484e-3 eV2.
NUFIT_6_0 = {
    "normal": ActiveSector(0.308, 0.02215, 0.470, 7.49e-5, 2.513e-3),
    "inverted": ActiveSector(0.308, 0.02231, 0.550, 7.49e-5, -2.484e-3 + 7.49e-5),
}


def overridden(given: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs of `Mixing` where ``changes`` replace the same names and other words for them."""
    replaced = {name for change in changes for name in _REPLACED.get(change, ())}
    return {**{name: value for name, value in given.items() if name not in replaced}, **changes}


def _check_first_quadrant(name: str, angle: float) -> None:
    if not 0.0 <= angle <= math.pi / 2 + _ROUNDING:
        raise ParameterError(
            f"{name} = {math.degrees(angle):g} deg is not allowed; give 0 to 90 deg, and signs by delta_14, delta_24"
        )


def _rotation(n: int, i: int, j: int, sin2: float, delta: float = 0.0) -> NDArray[np.complex128]:
    """Rotation R_ij of `n` states by the angle with squared sine `sin2` and the phase `delta` [rad]."""
    result = np.eye(n, dtype=np.complex128)
    sine = math.sqrt(sin2)
    result[i, i] = result[j, j] = math.sqrt(1.0 - sin2)
    result[i, j] = sine * np.exp(-1j * delta)
    result[j, i] = -sine * np.exp(1j * delta)
    return result


@described
@dataclass(frozen=True, repr=False, kw_only=True)
class Mixing(Input):
    """Masses and mixing of three active neutrinos and, if `dm2_41` is given, one sterile state.

    U = R34 R24(delta_24) R14(delta_14) R23 R13(delta_13) R12 with (R_ij)_ij = +sin e^(-i delta) and
    (R_ij)_ji = -sin e^(+i delta). Hence |U_e4|^2 = s14^2, |U_mu4|^2 = c14^2 s24^2, |U_tau4|^2 = c14^2 c24^2 s34^2.

    Active parameters left at None take the NuFIT 6.0 best fit of `ordering` (`active` gives the numbers in use); the
    phase delta_13 stays 0 by default. `dataclasses.replace` makes variations: angles are stored as |U_a4|^2, so the
    theta fields of an instance are None and `angles` gives them.

    Raises
    ------
    ParameterError
        A value is outside its range, has the wrong unit, or contradicts another; the message says which and what to do.
    """

    dm2_41: Dimensional = parameter(
        None, "m_4^2 - m_1^2, either sign; without it: three states", unit="eV2", example="1.3 eV2"
    )
    Ue4_sq: float = parameter(0.0, "|U_e4|^2", bounds=(0, 1))
    Umu4_sq: float = parameter(0.0, "|U_mu4|^2", bounds=(0, 1))
    Utau4_sq: float = parameter(0.0, "|U_tau4|^2", bounds=(0, 1))
    theta_14: Dimensional = parameter(None, "angle, instead of the |U|^2", unit="rad", example="8 deg")
    theta_24: Dimensional = parameter(None, "angle, instead of the |U|^2", unit="rad", example="8 deg")
    theta_34: Dimensional = parameter(None, "angle, instead of the |U|^2", unit="rad", example="8 deg")
    delta_13: Dimensional = parameter("0 deg", "CP phase of the active neutrinos", example="195 deg", **_PHASE)
    delta_14: Dimensional = parameter("0 deg", "CP phase of R14", example="90 deg", **_PHASE)
    delta_24: Dimensional = parameter("0 deg", "CP phase of R24", example="90 deg", **_PHASE)
    sin2_theta_12: float | None = parameter(None, "sin^2(theta_12), default NuFIT 6.0", bounds=(0, 1))
    sin2_theta_13: float | None = parameter(None, "sin^2(theta_13), default NuFIT 6.0", bounds=(0, 1))
    sin2_theta_23: float | None = parameter(None, "sin^2(theta_23), default NuFIT 6.0", bounds=(0, 1))
    dm2_21: Dimensional = parameter(
        None,
        "m_2^2 - m_1^2, default NuFIT 6.0",
        unit="eV2",
        example="7.5e-5 eV2",
        bounds=(0, 1e-2),
        why="solar and reactor data have 7.5e-5 eV2 to 3%",
    )
    dm2_31: Dimensional = parameter(
        None,
        "m_3^2 - m_1^2, default NuFIT 6.0",
        unit="eV2",
        example="2.5e-3 eV2",
        bounds=(-1, 1),
        why="atmospheric and accelerator data have 2.5e-3 eV2 to 1%",
    )
    ordering: Literal["normal", "inverted"] = parameter("normal", "mass ordering", choices=("normal", "inverted"))
    lightest_mass: Dimensional = parameter(
        "0 eV",
        "mass of the lightest state",
        unit="eV",
        example="0.01 eV",
        bounds=(0, 10),
        why="beta decay has m_1 to m_3 below 0.45 eV (KATRIN, arXiv:2406.13516)",
    )

    ALTERNATIVES: ClassVar[type[Input]] = Amplitudes
    KEYWORDS_ONLY: ClassVar[bool] = True

    if TYPE_CHECKING:  # the fields and other words for them; `described` checks the names

        def __init__(self, *, dm2_41: Dimensional = None, **inputs: Any) -> None: ...

    @classmethod
    def from_seesaw(cls, light: Light, state: int = 3) -> Self:
        """Return the mixing of a state of a seesaw as nu_4, with the splittings of the three lightest of the others.

        The angles among active states stay those of NuFIT: the |U_a4|^2 and masses are what the seesaw predicts for
        nu_4.

        Parameters
        ----------
        light : boltzmann.parameters.seesaw.Light
            Of `three_by_n` or `minimal_extended`.
        state : int
            Which state, counted from the lightest one.

        Raises
        ------
        ParameterError
            There is no such state, or the masses of the others are no possible ones.
        """
        from boltzmann.parameters.seesaw import inputs_of

        return cls(**inputs_of(light, state))

    @classmethod
    def _translated(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return the fields that amplitudes and m4 mean."""
        result = elements(given)
        m4 = result.pop("m4", None)
        if m4 is None:
            return result
        if result.get("dm2_41") is not None:
            raise ParameterError("m4 and dm2_41 are both given, but one follows from the other; give one of them")
        active = {name: result[name] for name in _MASSES if name in result}
        return {**result, "dm2_41": cls(**active)._splitting(m4)}

    def splitting(self, m4: Quantity | str) -> Quantity:
        """Return the m_4^2 - m_1^2 [eV2] of a fourth state of mass ``m4`` above these active ones.

        Raises
        ------
        ParameterError
            It is no mass of at least `lightest_mass`.
        """
        from boltzmann.units import Quantity

        return Quantity(self._splitting(m4), "eV2")

    def _splitting(self, m4: Quantity | str) -> str:
        """Return what `splitting` returns, as text."""
        mass, lightest = Amplitudes(m4=m4).number("m4"), self.number("lightest_mass")
        if mass < lightest:
            raise ParameterError(
                f"m4 = {mass} eV is not allowed; give at least lightest_mass = {lightest} eV, or dm2_41 < 0 for a "
                "fourth state below the others"
            )
        return f"{mass**2 - float(self.masses_in_eV[0]) ** 2!r} eV2"

    def varied(self, **changes: Any) -> Self:
        """Return a variation: `dataclasses.replace` that understands angles, amplitudes and m4.

        They replace what they stand for: an angle is changed at the other angles of this mixing, sin2_2theta_ee and
        sin2_2theta_mumu one element each, sin2_2theta_mue both |U_e4|^2 and |U_mu4|^2 unless one of them is given too,
        and m4 replaces dm2_41.
        """
        kept = {f.name: self.given(f) for f in fields(self)}
        if any(name in changes for name in ANGLES):
            angles = (f"{angle!r} rad" for angle in self.angles_in_rad)
            kept.update(dict.fromkeys(ANGLES.values(), 0.0), **dict(zip(ANGLES, angles, strict=True)))
        return type(self)(**overridden(kept, changes))

    def __post_init__(self) -> None:
        self._convert()
        self._angles_to_elements()
        self._check_sterile()
        self._check_active()

    def _angles_to_elements(self) -> None:
        """Replace angles by the |U_a4|^2 they mean."""
        given = [name for name in ANGLES if self.number(name) is not None]
        if not given:
            return
        if self.Ue4_sq or self.Umu4_sq or self.Utau4_sq:
            raise ParameterError(
                f"{', '.join(given)} and |U_a4|^2 = ({self.Ue4_sq:g}, {self.Umu4_sq:g}, {self.Utau4_sq:g}) are both "
                "given; give the angles or the |U_a4|^2, and leave the others at None or 0"
            )
        remaining = 1.0
        for name, element in ANGLES.items():
            angle = self.number(name) if name in given else 0.0
            _check_first_quadrant(name, angle)
            self._set(name, None)
            self._set(element, remaining * math.sin(angle) ** 2)
            remaining *= math.cos(angle) ** 2

    def _check_sterile(self) -> None:
        elements = self.Ue4_sq + self.Umu4_sq + self.Utau4_sq
        if elements > 1.0 + _ROUNDING:
            raise ParameterError(
                f"Ue4_sq + Umu4_sq + Utau4_sq = {elements:.6g} is not allowed; U is unitary, so give a sum of at most 1"
            )
        if self.n_states == 4:
            self._check_mass_splitting()
        elif elements > 0 or self.number("delta_14") or self.number("delta_24"):
            raise ParameterError(
                "dm2_41 = None means three states, but mixing with a fourth is given; "
                'give dm2_41 too, for example dm2_41="1.3 eV2"'
            )

    def _check_mass_splitting(self) -> None:
        dm2_41 = self.number("dm2_41")
        if dm2_41 == 0:
            raise ParameterError(
                'dm2_41 = 0 eV2 is not allowed; give a nonzero difference of either sign, for example dm2_41="1.3 eV2"'
            )
        if abs(dm2_41) > _DM2_LARGEST:
            raise ParameterError(
                f"dm2_41 = {dm2_41:g} eV2 is not allowed; give at most {_DM2_LARGEST:g} eV2 of either sign: heavier "
                "states are produced before a run begins, above the QCD transition, and are slow before it ends"
            )
        if abs(dm2_41) > _DM2_VALID:
            warnings.warn(
                f"dm2_41 = {dm2_41:g} eV2 is beyond {_DM2_VALID:g} eV2: the sterile state is produced above 20 MeV, "
                "where the weak rates on muons and hadrons are approximate",
                ValidityWarning,
                stacklevel=outside(),
            )

    def _check_active(self) -> None:
        _, _, _, dm2_21, dm2_31 = self.active
        if dm2_21 <= 0:
            raise ParameterError(f"dm2_21 = {dm2_21:g} eV2 is not allowed; give a positive difference (m_2 > m_1)")
        if self.ordering == "normal" and dm2_31 <= dm2_21:
            raise ParameterError(
                f"dm2_31 = {dm2_31:g} eV2 contradicts ordering = 'normal'; give more than dm2_21 = {dm2_21:g} eV2, or "
                "ordering='inverted'"
            )
        if self.ordering == "inverted" and dm2_31 >= 0:
            raise ParameterError(
                f"dm2_31 = {dm2_31:g} eV2 contradicts ordering = 'inverted'; give a negative one, or ordering='normal'"
            )

    @property
    def active(self) -> ActiveSector:
        """The active parameters in use: those given, the others from NuFIT 6.0 (arXiv:2410.05380)."""
        best = NUFIT_6_0[self.ordering]
        dm2_21 = best.dm2_21 if self.number("dm2_21") is None else self.number("dm2_21")
        default_31 = best.dm2_31 + (dm2_21 - best.dm2_21 if self.ordering == "inverted" else 0.0)
        return ActiveSector(
            best.sin2_theta_12 if self.sin2_theta_12 is None else self.sin2_theta_12,
            best.sin2_theta_13 if self.sin2_theta_13 is None else self.sin2_theta_13,
            best.sin2_theta_23 if self.sin2_theta_23 is None else self.sin2_theta_23,
            dm2_21,
            default_31 if self.number("dm2_31") is None else self.number("dm2_31"),
        )

    @property
    def n_states(self) -> int:
        """3, or 4 with a sterile state."""
        return 3 if self.number("dm2_41") is None else 4

    @property
    def flavours(self) -> tuple[str, ...]:
        """Names of the flavour states, in the order of all matrices."""
        return ("e", "mu", "tau", "s")[: self.n_states]

    @property
    def _sin2_sterile(self) -> tuple[float, float, float]:
        """Squared sines of theta_14, theta_24, theta_34; an angle that U does not depend on is 0."""
        left_24 = 1.0 - self.Ue4_sq
        left_34 = left_24 - self.Umu4_sq
        sin2_24 = min(1.0, self.Umu4_sq / left_24) if left_24 > 0 else 0.0
        sin2_34 = min(1.0, self.Utau4_sq / left_34) if left_34 > 0 else 0.0
        return self.Ue4_sq, sin2_24, sin2_34

    @property
    def angles(self) -> tuple[Quantity, Quantity, Quantity]:
        """The angles theta_14, theta_24, theta_34 [rad] of the stored |U_a4|^2."""
        theta_14, theta_24, theta_34 = (from_natural(angle, "rad") for angle in self.angles_in_rad)
        return theta_14, theta_24, theta_34

    @property
    def angles_in_rad(self) -> tuple[float, ...]:
        """`angles` as numbers."""
        return tuple(math.asin(math.sqrt(sin2)) for sin2 in self._sin2_sterile)

    @property
    def U(self) -> NDArray[np.complex128]:
        """Mixing matrix, complex (n, n): flavour a = sum_k U[a, k] mass state k."""
        n, active = self.n_states, self.active
        result = _rotation(n, 1, 2, active.sin2_theta_23)
        result = result @ _rotation(n, 0, 2, active.sin2_theta_13, self.number("delta_13"))
        result = result @ _rotation(n, 0, 1, active.sin2_theta_12)
        if n == 3:
            return result
        sin2_14, sin2_24, sin2_34 = self._sin2_sterile
        sterile = _rotation(n, 2, 3, sin2_34) @ _rotation(n, 1, 3, sin2_24, self.number("delta_24"))
        return sterile @ _rotation(n, 0, 3, sin2_14, self.number("delta_14")) @ result

    @property
    def mass_squared(self) -> NDArray[np.float64]:
        """Squared masses relative to m_1^2, float (n,) [MeV^2]."""
        return self._offsets * EV**2

    @property
    def _offsets(self) -> NDArray[np.float64]:
        """`mass_squared` [eV2]."""
        offsets = [0.0, self.active.dm2_21, self.active.dm2_31]
        if self.n_states == 4:
            offsets.append(self.number("dm2_41"))
        return np.array(offsets)

    @property
    def masses(self) -> Quantity:
        """Masses of the states, Quantity (n,) [eV]; the lightest of all states has `lightest_mass`."""
        from boltzmann.units import Quantity

        return Quantity(self.masses_in_eV, "eV")

    @property
    def masses_in_eV(self) -> NDArray[np.float64]:
        """`masses` as numbers, float (n,) [eV]."""
        offsets = self._offsets
        return np.asarray(np.sqrt(self.number("lightest_mass") ** 2 + (offsets - offsets.min())))

    @property
    def m4(self) -> Quantity:
        """Mass of the fourth state [eV]. Raises ParameterError for three states."""
        if self.n_states == 3:
            raise ParameterError('m4 is not defined for three states; give dm2_41, for example "1.3 eV2"')
        return self.masses[3]

    @property
    def sin2_2theta_ee(self) -> float:
        """Amplitude of electron-neutrino disappearance, 4 |U_e4|^2 (1 - |U_e4|^2)."""
        return 4.0 * self.Ue4_sq * (1.0 - self.Ue4_sq)

    @property
    def sin2_2theta_mumu(self) -> float:
        """Amplitude of muon-neutrino disappearance, 4 |U_mu4|^2 (1 - |U_mu4|^2)."""
        return 4.0 * self.Umu4_sq * (1.0 - self.Umu4_sq)

    @property
    def sin2_2theta_mue(self) -> float:
        """Amplitude of electron-neutrino appearance, 4 |U_e4|^2 |U_mu4|^2."""
        return 4.0 * self.Ue4_sq * self.Umu4_sq
