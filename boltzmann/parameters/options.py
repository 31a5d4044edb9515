"""Numerical choices of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from boltzmann.errors import ParameterError
from boltzmann.parameters.inputs import Input, deprecated, described, parameter

USUAL, CAREFUL = 3e-4, 1e-4  # relative tolerances
USUAL_START, EARLY_START = 3e-3, 1e-3  # x


@described
@dataclass(frozen=True, repr=False)
class Options(Input):
    """Numerical choices of a run. Raises ParameterError when a value is of the wrong type or outside its range."""

    n_momenta: int = parameter(20, "number of comoving momenta", bounds=(8, 80))
    rtol: float | None = parameter(
        None,
        "relative tolerance of a step, default 3e-4; 1e-4 where nu_4 is not the heaviest state, and with a mediator "
        "lighter than 10 keV or than nu_4",
        bounds=(1e-10, 1e-2),
    )
    atol: float | None = parameter(None, "absolute tolerance of a step, default rtol/100", bounds=(1e-14, 1e-2))
    coherence: Literal["exact", "mckellar", "matrix"] | None = parameter(
        None,
        "off-diagonal weak collisions: damping with exact rates (default), with McKellar-Thomson constants (to compare "
        "with FortEPiaNO), or the full flavour matrix (default where a reheating leaves flavours unequal)",
        choices=("exact", "mckellar", "matrix"),
    )
    collisions: bool = parameter(
        True, "weak collisions (off: neutrinos keep the spectra that they had after muon annihilation)"
    )
    nu_nu: bool = parameter(True, "neutrino-neutrino collision integrals")
    signs: Literal["auto", "same"] = parameter(
        "auto",
        "neutrinos and antineutrinos: apart where nu = nubar is unstable and matters, or the same (to compare)",
        choices=("auto", "same"),
    )
    muons: bool = parameter(True, "muons in the plasma and in the potentials (off to compare with FortEPiaNO)")
    x_start: float | None = parameter(
        None,
        "initial x = m_e a, default 3e-3; 1e-3 above |dm2_41| = 100 eV2, where production begins earlier",
        bounds=(1e-3, 0.1),
    )
    x_end: float = parameter(35.0, "final x; N_eff needs at least 30", bounds=(30, 39))
    y_max: float = parameter(20.0, "largest comoving momentum", bounds=(12, 40))
    max_step: float = parameter(
        0.2,
        "largest step in ln x; at most 0.16 of density matrices, 0.02 with both signs and a dark sector",
        bounds=(1e-4, 0.5),
    )
    max_rotation: float = parameter(0.1, "largest rotation of the mixing in matter per step [rad]", bounds=(1e-3, 1))
    max_steps: int = parameter(
        20000,
        "steps before the run is given up; by default 4000 with both signs beside a sterile state",
        bounds=(1, 10_000_000),
    )

    RENAMED: ClassVar[Mapping[str, str]] = {
        "x_in": "x_start",
        "x_fin": "x_end",
        "h_max": "max_step",
        "rotation": "max_rotation",
    }

    @classmethod
    def _translated(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of today for the old damping = "exact" | "mckellar", collisions = "matrix" | "off" | ..."""
        old = {name: given[name] for name in ("damping", "collisions") if isinstance(given.get(name), str)}
        if not old:
            return given
        rest = {name: value for name, value in given.items() if name not in old}
        kind = old.get("collisions", "damping")
        coherence = "matrix" if kind == "matrix" else old.get("damping")
        if kind not in ("damping", "matrix", "off") or "coherence" in rest:
            raise ParameterError(f"{old} is not allowed; give coherence ('exact', 'mckellar', 'matrix') and collisions")
        new = {"coherence": coherence} if coherence else {}
        new |= {"collisions": False} if kind == "off" else {}
        words = ", ".join(f"{k}={v!r}" for k, v in new.items())
        deprecated(", ".join(f"{k}={v!r}" for k, v in old.items()), words or "nothing, it is the default")
        return {**rest, **new}

    def __post_init__(self) -> None:
        self._convert()

    def settled(self, careful: bool, early: bool) -> Options:
        """Return the options with the defaults of `rtol`, `x_start` and `coherence` filled in.

        Parameters
        ----------
        careful : bool
            Whether resonances with active states or light mediators ask for smaller steps: there 3e-4 moves N_eff by
            up to 2e-3 and 4e-3 (1e-4: 4e-4 and 9e-4), elsewhere by less than 1e-4 (measured: scripts/accuracy.py; the
            light mediators at 1.7 eV^2, e_s = 0.2, M = 100 eV; those lighter than nu_4 by up to 4e-4, or 1e-4).
        early : bool
            Whether the sterile state is so heavy that the run must start early: production peaks at
            T = 15 MeV (dm2_41/eV^2)^(1/6), and x = 3e-3 is T = 170 MeV.
        """
        rtol = (CAREFUL if careful else USUAL) if self.rtol is None else self.rtol
        start = (EARLY_START if early else USUAL_START) if self.x_start is None else self.x_start
        return replace(self, rtol=rtol, x_start=start, coherence=self.weak_coherence)

    def filled(self, **defaults: Any) -> Options:
        """Return the options with other defaults for fields that were not given."""
        return replace(self, **{name: value for name, value in defaults.items() if getattr(self, name) is None})

    @property
    def initial_x(self) -> float:
        """`x_start`, or its usual default 3e-3."""
        return USUAL_START if self.x_start is None else self.x_start

    @property
    def weak_coherence(self) -> Literal["exact", "mckellar", "matrix"]:
        """`coherence`, or its usual default "exact"."""
        return self.coherence or "exact"

    @property
    def relative_tolerance(self) -> float:
        """`rtol`, or its usual default 3e-4."""
        return USUAL if self.rtol is None else self.rtol

    @property
    def absolute_tolerance(self) -> float:
        """`atol`, or its default rtol/100."""
        return self.relative_tolerance / 100 if self.atol is None else self.atol
