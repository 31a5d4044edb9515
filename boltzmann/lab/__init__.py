"""Laboratory experiments on sterile neutrinos: one module per experiment, found by name and combined by sum.

>>> from boltzmann import lab
>>> "gallium" in lab.experiments()
True
>>> mixed = lab.chi2(["gallium", "lsnd"], "1.3 eV2", Ue4_sq=0.02, Umu4_sq=0.01)
>>> float(mixed) < float(lab.chi2(["gallium", "lsnd"], "1.3 eV2"))
True
>>> print(round(float(lab.statistics.threshold(0.9)), 3))  # of Delta chi2; lab.lsnd.critical has that of LSND
4.605

Every experiment is an attribute, and so is every module of `TOOLS`. They are imported when they are first used, so that
``import boltzmann.lab`` costs nothing. It imports parameters, units and numerics, never the early Universe. Start
reading at `gallium` (an experiment), then `statistics`, `oscillation` and `tension`.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, cast

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array

__all__ = [
    "DEFAULT_SET",
    "SETS",
    "TOOLS",
    "Experiment",
    "check",
    "chi2",
    "dm2_range",
    "experiment",
    "experiments",
    "of_channel",
    "verified",
    "with_decay",
]

# Name -> module in this folder. One line per experiment, in the order of lists and legends.
# To register one: add its line here; the module fulfils `Experiment`.
_MODULES = {
    "gallium": "gallium",
    "lsnd": "lsnd",
    "karmen": "karmen",
    "reactors": "reactors",
    "reactors_hm": "reactors_hm",
    "danss": "danss",
    "stereo": "stereo",
    "prospect": "prospect",
    "dayabay": "dayabay",
    "miniboone": "miniboone",
    "microboone": "microboone",
    "icecube": "icecube",
    "icecube2024": "icecube2024",
    "cdhs": "cdhs",
    "minos": "minos",
    "katrin": "katrin",
}
_COMMON = ("gallium", "lsnd", "karmen", "danss", "miniboone", "icecube")
_NEWER = (*_COMMON, "stereo", "prospect", "microboone", "minos")
#: Named combinations, so that a published comparison can be repeated when there are newer data. Those of 2022 and
#: 2025-hm have reactor rates relative to the fluxes of Huber and Mueller.
SETS = {"2022": (*_COMMON, "reactors_hm"), "2025": (*_NEWER, "reactors"), "2025-hm": (*_NEWER, "reactors_hm")}
DEFAULT_SET = "2025"
#: Modules that are no experiments: probabilities, points, fluxes, and what is concluded from chi^2.
TOOLS = (
    "oscillation", "decay", "matter", "parameters", "reactor_flux", "statistics", "feldman_cousins", "tension",
    "event_rates", "microboone_signal", "minima", "miniboone_signal", "muon_decay", "quasi_sterile", "sensitivities",
    "solar", "upscattering", "visible_decay",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULES and name not in TOOLS:
        raise AttributeError(f"module 'boltzmann.lab' has no attribute {name!r}")
    return importlib.import_module(f"boltzmann.lab.{_MODULES.get(name, name)}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES, *TOOLS})


class Experiment(Protocol):
    """What the module of an experiment has."""

    NAME: str  #: as in a legend
    CITATION: str  #: authors, year, arXiv number
    VALIDITY: str  #: a sentence: what the reproduction is good for and what it is not
    CHANNEL: str  #: "ee", "mue" or "mumu": the amplitude that it constrains
    VERIFIED: bool  #: its numbers were read in a second source or are from a release, so that `SETS` may have it

    # Optional: DM2_MIN, DM2_MAX [eV^2], the splittings between which it is good; N_DATA, the number of data, where chi2
    # is an absolute chi^2; critical(cl, dm2_41, amplitude), its own thresholds in place of those of Wilks;
    # SAME_DATA, the name of an experiment whose data these are, otherwise compared: a sum may have one of the two.

    def chi2(self, dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0) -> Array:
        """Return -2 ln L, minimised over the pulls of the experiment, up to a constant; broadcasts."""


def experiments() -> tuple[str, ...]:
    """Return the names of all experiments."""
    return tuple(_MODULES)


def experiment(name: str) -> Experiment:
    """Return the module of an experiment.

    Raises
    ------
    ParameterError
        There is none of that name; the message lists the known ones.
    """
    if name not in _MODULES:
        raise ParameterError(f"experiment = {name!r} is not known; choose from {', '.join(_MODULES)}")
    return cast(Experiment, importlib.import_module(f"boltzmann.lab.{_MODULES[name]}"))


def of_channel(channel: str, names: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return which of the experiments (by default of all) constrain the amplitude of `channel`."""
    channels = {name: experiment(name).CHANNEL for name in (_MODULES if names is None else names)}
    return tuple(name for name, own in channels.items() if own == channel)


def dm2_range(names: Iterable[str], low: float, high: float) -> tuple[float, float]:
    """Return the part of the range from `low` to `high` [eV^2] that all the experiments are good for.

    Raises
    ------
    ParameterError
        There is none.
    """
    modules = {name: experiment(name) for name in names}
    smallest = max((float(getattr(module, "DM2_MIN", low)) for module in modules.values()), default=low)
    largest = min((float(getattr(module, "DM2_MAX", high)) for module in modules.values()), default=high)
    if max(low, smallest) >= min(high, largest):
        raise ParameterError(
            f"experiments = {', '.join(modules)} have no dm2_41 in common between {low:g} and {high:g} eV2; "
            "choose others"
        )
    return max(low, smallest), min(high, largest)


def verified(combination: str = DEFAULT_SET) -> tuple[str, ...]:
    """Return the experiments of one of `SETS`, all of which are `VERIFIED`, in the order of lists.

    Raises
    ------
    ParameterError
        There is no combination of that name.
    """
    if combination not in SETS:
        raise ParameterError(f"combination = {combination!r} is not known; choose from {', '.join(SETS)}")
    return tuple(name for name in _MODULES if name in SETS[combination])


def check(names: Sequence[str]) -> None:
    """Raise ParameterError for no experiment, an unknown one, or data that come twice."""
    if not names or len(set(names)) < len(names):
        raise ParameterError(f"experiments = {list(names)!r} is not allowed; give at least one, and each only once")
    for name in names:
        other = getattr(experiment(name), "SAME_DATA", None)
        if other in names:
            raise ParameterError(f"experiments has {name!r} and {other!r}, which have the same data; give one of them")


def with_decay() -> tuple[str, ...]:
    """Return the experiments whose `chi2` takes `decay`."""
    return tuple(name for name in _MODULES if "decay" in inspect.signature(experiment(name).chi2).parameters)


def chi2(
    names: str | Iterable[str],
    dm2_41: Any,
    Ue4_sq: Any = 0.0,
    Umu4_sq: Any = 0.0,
    Utau4_sq: Any = 0.0,
    *,
    decay: float = 0.0,
) -> Array:
    """Return the sum of the -2 ln L of experiments, each minimised over its own pulls and up to a constant.

    Parameters
    ----------
    names : str or iterable of str
        Of `experiments`, each at most once.
    dm2_41 : float, array [eV^2], Quantity or str
        m_4^2 - m_1^2.
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2; all four broadcast.
    decay : float [eV^2]
        m_4 Gamma of nu_4 -> invisible; only for experiments of `with_decay`.

    Raises
    ------
    ParameterError
        An experiment is unknown or comes twice, none is given, a parameter is not allowed, or an experiment does not
        know decay.
    """
    chosen = [names] if isinstance(names, str) else list(names)
    check(chosen)
    if not 0.0 <= decay < np.inf:
        raise ParameterError(f"decay = {decay} is not allowed; give m_4 Gamma of at least 0 eV2")
    modules, more = [experiment(name) for name in chosen], {"decay": decay} if decay else {}
    stable = [name for name in chosen if decay and name not in with_decay()]
    if stable:
        raise ParameterError(
            f"decay = {decay} is not allowed with {', '.join(stable)}, whose tables are of a stable nu_4; "
            f"choose from {', '.join(with_decay())}"
        )
    return np.asarray(sum(module.chi2(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq, **more) for module in modules))
