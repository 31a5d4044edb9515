"""What is chosen in the explorer: numbers within ranges, and the same as URL, Python, TOML and shell.

Numbers have four digits, as the page shows them: what is copied from the page is exactly what was solved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import isfinite, log10, sqrt
from typing import Any, Literal
from urllib.parse import urlencode

from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.potentials import LowReheating, SecretPseudoscalar, SecretVector

__all__ = ["CHOICES", "ELEMENTS", "KNOBS", "KNOBS_OF", "PLANES", "Knob", "State", "commands", "shown_number"]

Interaction = Literal["none", "vector", "pseudoscalar"]
DRAFT = Options(n_momenta=14, rtol=1e-3, signs="same")
#: Light mediators need the usual tolerance: with 1e-3, N_eff of a pseudoscalar was off by 0.07.
CAREFUL_DRAFT = Options(n_momenta=14, signs="same")
REHEATED = 16  # momenta, the least that `LowReheating` takes
LIGHT = 1.0  # MeV, below which a mediator is light here
STANDARD = 30.0  # MeV, a reheating temperature from which on the history is the standard one: no `LowReheating`


@dataclass(frozen=True)
class Knob:
    """One number that can be moved.

    Parameters
    ----------
    name, label, unit : str
        Field of `State`, what the page calls it, unit ("" for none).
    low, high : float
        Range.
    log : bool
        Whether a slider moves the logarithm.
    zero : bool
        Whether 0 is allowed too: the left end of a logarithmic slider.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    log: bool = True
    zero: bool = False

    def clamped(self, value: float) -> float:
        """Return the nearest value that is allowed, with four digits."""
        if self.zero and value <= self.low:
            return 0.0
        return float(f"{min(max(value, self.low), self.high):.4g}") + 0.0  # no -0

    def slider(self, value: float) -> float:
        """Return where a slider stands."""
        return log10(max(value, self.low)) if self.log else value

    def value(self, slider: float) -> float:
        """Return what a slider means."""
        return self.clamped(10.0**slider if self.log else slider)


KNOBS = {
    knob.name: knob
    for knob in (
        Knob("dm2_41", "Δm²₄₁", "eV2", 0.01, 100.0),
        Knob("Ue4_sq", "|Uₑ₄|²", "", 1e-6, 0.5, zero=True),
        Knob("Umu4_sq", "|U_μ4|²", "", 1e-6, 0.5, zero=True),
        Knob("Utau4_sq", "|U_τ4|²", "", 1e-6, 0.5, zero=True),
        Knob("e_s", "vector coupling e_s", "", 1e-6, 0.5),
        Knob("M", "vector mass M", "MeV", 1e-4, 1e3),
        Knob("g_s", "pseudoscalar coupling g_s", "", 1e-8, 1e-4),
        Knob("m_phi", "pseudoscalar mass m_φ", "eV", 1e-9, 1.0),
        Knob("xi", "asymmetry ξ = μ/T", "", -1.0, 1.0, log=False),
        Knob("T_RH", f"reheating T_RH ({STANDARD:g}: standard history)", "MeV", 0.5, STANDARD),
    )
}
ELEMENTS = ("Ue4_sq", "Umu4_sq", "Utau4_sq")
#: Interaction -> its knobs: coupling, mass.
KNOBS_OF: dict[str, tuple[str, ...]] = {"none": (), "vector": ("e_s", "M"), "pseudoscalar": ("g_s", "m_phi")}
#: Plane -> names of its axes, of KNOBS or "sin2_2theta_mue".
PLANES = {
    "ee": ("Ue4_sq", "dm2_41"),
    "mumu": ("Umu4_sq", "dm2_41"),
    "mue": ("sin2_2theta_mue", "dm2_41"),
    "vector": ("M", "e_s"),
    "pseudoscalar": ("m_phi", "g_s"),
}
CHOICES: dict[str, tuple[str, ...]] = {
    "interaction": tuple(KNOBS_OF), "plane": tuple(PLANES), "signs": ("same", "auto"),
}  # fmt: skip


def shown_number(value: float) -> str:
    """Return four digits, as page, URL and commands write them."""
    return f"{value:.4g}"


@dataclass(frozen=True)
class State:
    """Everything that is chosen on the page; units are those of `KNOBS`.

    Parameters
    ----------
    dm2_41, Ue4_sq, Umu4_sq, Utau4_sq : float
        Mixing.
    interaction : {"none", "vector", "pseudoscalar"}
        Secret interaction, with e_s and M, or g_s and m_phi.
    xi : float
        mu/T of all active flavours at the start; 0: nu = nubar.
    T_RH : float
        Reheating temperature; `STANDARD`: the Universe was hot before.
    signs : {"same", "auto"}
        Of `Options`: live points keep nu = nubar; "auto" follows both signs where that is unstable and matters.
    plane : str
        Of `PLANES`: which plane is drawn.
    """

    dm2_41: float = 1.3
    Ue4_sq: float = 0.01
    Umu4_sq: float = 0.01
    Utau4_sq: float = 0.0
    interaction: Interaction = "none"
    e_s: float = 0.05
    M: float = 5.0
    g_s: float = 1e-5
    m_phi: float = 1e-9
    xi: float = 0.0
    T_RH: float = STANDARD
    signs: Literal["same", "auto"] = "same"
    plane: str = "mue"

    def __post_init__(self) -> None:
        for name, knob in KNOBS.items():
            object.__setattr__(self, name, knob.clamped(getattr(self, name)))

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> State:
        """Return the state of a URL; what is unknown or no number is ignored, what is out of range is clamped."""
        given: dict[str, Any] = {}
        for name, text in query.items():
            if name in CHOICES and text in CHOICES[name]:
                given[name] = text
            elif name in KNOBS and (value := _number(text)) is not None:
                given[name] = value
        return cls(**given)

    @property
    def query(self) -> str:
        """What differs from the default, as the query of a URL."""
        return urlencode({name: value for name, value in self._texts().items() if value != _DEFAULT[name]})

    def _texts(self) -> dict[str, str]:
        return {f.name: _text(getattr(self, f.name)) for f in fields(self)}

    def moved(self, **changes: Any) -> State:
        """Return another point; what was asked of both signs is not asked again there."""
        return replace(self, **{"signs": "same", **changes})

    @property
    def coordinates(self) -> tuple[float, float]:
        """Where the point is in the plane; what is 0 is at the lower end."""
        x, y = PLANES[self.plane]
        across = 4.0 * self.Ue4_sq * self.Umu4_sq if x == "sin2_2theta_mue" else max(getattr(self, x), KNOBS[x].low)
        return max(across, 1e-12), getattr(self, y)

    def at(self, x: float, y: float) -> State:
        """Return the state of another place in the plane; a product of elements keeps their ratio."""
        across, up = PLANES[self.plane]
        if across != "sin2_2theta_mue":
            return self.moved(**{across: x, up: y})
        if self.Ue4_sq > 0.0 and self.Umu4_sq > 0.0:
            factor = sqrt(x / (4.0 * self.Ue4_sq * self.Umu4_sq))
            return self.moved(Ue4_sq=self.Ue4_sq * factor, Umu4_sq=self.Umu4_sq * factor, dm2_41=y)
        return self.moved(Ue4_sq=sqrt(x) / 2.0, Umu4_sq=sqrt(x) / 2.0, dm2_41=y)

    @property
    def mixing(self) -> Mixing:
        """The mixing. Raises ParameterError if the elements sum to more than 1."""
        return Mixing(dm2_41=f"{self.dm2_41} eV2", **{name: getattr(self, name) for name in ELEMENTS})

    @property
    def interactions(self) -> tuple[SecretVector | SecretPseudoscalar | LowReheating, ...]:
        """The secret interaction and the low reheating, if there are."""
        reheating = () if self.T_RH == STANDARD else (LowReheating(T_RH=f"{self.T_RH} MeV"),)
        if self.interaction == "vector":
            return (SecretVector(coupling=self.e_s, mediator_mass=f"{self.M} MeV"), *reheating)
        if self.interaction == "pseudoscalar":
            return (SecretPseudoscalar(coupling=self.g_s, mediator_mass=f"{self.m_phi} eV"), *reheating)
        return reheating

    @property
    def asymmetry(self) -> Asymmetry | None:
        """The asymmetry; None: nu = nubar."""
        return Asymmetry.from_mapping({"xi": self.xi}) if self.xi else None

    @property
    def options(self) -> Options:
        """Numerics of the answer that stays."""
        return Options(signs=self.signs)

    @property
    def draft(self) -> Options:
        """Numerics of the answer while the point moves."""
        light = self.interaction == "pseudoscalar" or (self.interaction == "vector" and self.M < LIGHT)
        draft = CAREFUL_DRAFT if light else DRAFT
        return draft if self.T_RH == STANDARD else replace(draft, n_momenta=REHEATED, rtol=None)  # coarse by itself

    def commands(self) -> dict[str, str]:
        """Return the run that this state is as Python, TOML and shell."""
        return commands(self._texts())


def commands(texts: Mapping[str, str]) -> dict[str, str]:
    """Return Python, TOML and shell of a state whose values are given as text; numbers may be placeholders.

    The three give the numbers that the page shows at full precision.
    """
    return {"Python": _python(texts), "TOML": _toml(texts), "shell": _shell(texts)}


def _asymmetric(texts: Mapping[str, str]) -> bool:
    return texts["xi"] != "0"


def _tables(texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the tables of the interactions of a state: name -> key -> value, a quantity with its unit in quotes."""
    found, kind = {}, texts["interaction"]
    if kind != "none":
        coupling, mass = KNOBS_OF[kind]
        found[f"secret_{kind}"] = {coupling: texts[coupling], mass: _quantity(texts, mass)}
    if texts["T_RH"] != _text(STANDARD):
        found["low_reheating"] = {"T_RH": _quantity(texts, "T_RH")}
    return found


def _quantity(texts: Mapping[str, str], name: str) -> str:
    return f'"{texts[name]} {KNOBS[name].unit}"'


def _python(texts: Mapping[str, str]) -> str:
    extra = "Asymmetry, " if _asymmetric(texts) else ""
    lines = [f"from boltzmann import {extra}Mixing, Options, confront, solve"]
    elements = ", ".join(f"{name}={texts[name]}" for name in ELEMENTS)
    arguments = [f"Mixing(dm2_41={_quantity(texts, 'dm2_41')}, {elements})"]
    if tables := _tables(texts):
        classes = {table: "".join(map(str.capitalize, table.split("_"))) for table in tables}
        lines.append(f"from boltzmann.potentials import {', '.join(sorted(classes.values()))}")
        calls = (f"{classes[table]}({_arguments(keys)})" for table, keys in tables.items())
        arguments.append(f"[{', '.join(calls)}]")
    arguments.append(f'options=Options(signs="{texts["signs"]}")')
    if _asymmetric(texts):
        arguments.append(f"asymmetry=Asymmetry(xi={texts['xi']})")
    body = "".join(f"    {argument},\n" for argument in arguments)
    return "\n".join([*lines, "", f"solution = solve(\n{body})", "print(solution.N_eff)", "print(confront(solution))"])


def _arguments(keys: Mapping[str, str]) -> str:
    """Return the arguments of an interaction in Python, where couplings and masses have their general names."""
    general = dict.fromkeys(("e_s", "g_s"), "coupling") | dict.fromkeys(("M", "m_phi"), "mediator_mass")
    return ", ".join(f"{general.get(key, key)}={value}" for key, value in keys.items())


def _toml(texts: Mapping[str, str]) -> str:
    lines = ["# sterile solve --verdict --config FILE", "[mixing]", f"dm2_41 = {_quantity(texts, 'dm2_41')}"]
    lines += [f"{name} = {texts[name]}" for name in ELEMENTS]
    lines += ["[options]", f'signs = "{texts["signs"]}"']
    if _asymmetric(texts):
        lines += ["[asymmetry]", f"xi = {texts['xi']}"]
    for table, keys in _tables(texts).items():
        lines += [f"[{table}]", *(f"{key} = {value}" for key, value in keys.items())]
    return "\n".join(lines)


def _shell(texts: Mapping[str, str]) -> str:
    parts = ["sterile solve --verdict", f"--dm2-41 {_quantity(texts, 'dm2_41')}"]
    parts += [f"--{name.lower().replace('_', '-')} {texts[name]}" for name in ELEMENTS]
    for table, keys in _tables(texts).items():
        given = ",".join(f"{key}={value.strip(chr(34))}" for key, value in keys.items())
        parts.append(f'--{table.replace("_", "-")} "{given}"')
    if _asymmetric(texts):
        parts.append(f"--xi={texts['xi']}")
    return " ".join([*parts, f"--signs {texts['signs']}"])


def _number(text: str) -> float | None:
    """Return a finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else shown_number(value)


_DEFAULT = State()._texts()
