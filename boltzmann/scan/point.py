"""One point of a scan: its inputs, the key of its record, and its numbers.

The key of a record is the hash of all inputs in plain numbers and of the code. It is made from the values of the axes,
not from the objects: a point that no object allows has a record too, and a point that is done is never built.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from time import thread_time
from typing import Any, NamedTuple

import numpy as np

import boltzmann
from boltzmann.cmb.judge import summarise
from boltzmann.cmb.thermal import STANDARD_N_EFF
from boltzmann.errors import ParameterError
from boltzmann.kinetics.status import Status
from boltzmann.numerics.cache import source_hash
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.scan.axes import Model, Owner, Space, Target, declared
from boltzmann.scan.extra import Extra
from boltzmann.solution import Solution
from boltzmann.solver import integrate, settled
from boltzmann.solver.reheating import least_momenta
from boltzmann.units import Quantity

#: Numbers of a point, in the order of all arrays; N_eff_bbn at the two temperatures of `Solution.N_eff_bbn`.
NUMBERS = (
    "N_eff", "N_eff_bbn_1MeV", "N_eff_bbn_0.07MeV", "delta_N_eff", "N_eff_recombination", "m_eff", "N_eff_4",
    "N_eff_colliding", "sum_m_nu", "late_mass", "still_changing", "asymmetry_growth", "asymmetry_temperature",
    "N_eff_symmetric", "nu_e_freeze_out", "L_e_freeze_out", "helium", "N_eff_error",
    "cpu_seconds",
)  # fmt: skip
INVALID, ERROR, MISSING = "INVALID_INPUT", "ERROR", "NOT_COMPUTED"
#: Every status, in the order of the numbers that datasets hold.
STATUSES = (*(status.name for status in Status), INVALID, ERROR, MISSING)
SUCCESS = STATUSES.index(Status.SUCCESS.name)

_FEWER_MOMENTA, _LOOSER = 0.7, 10.0  # of the runs that estimate the error
_SLOWEST = 1.0  # power of the momenta with which N_eff converges
_SMOOTH = 0.06  # error of a thermal nu_s without resonance, times momenta squared
LEAST_MOMENTA = 8  # that `Options` allows
_ALWAYS = 0.1  # states that have that error also where there is no nu_s
_OWN = "boltzmann"
_NO_EXTRA: Extra = {}


class Outcome(NamedTuple):
    """What came out of a point: a status of `STATUSES`, a message if it failed, and its numbers (NaN: none).

    Numbers are `NUMBERS` and after them those of the user's own functions.
    """

    status: str
    message: str = ""
    numbers: tuple[float, ...] = (float("nan"),) * len(NUMBERS)

    @property
    def ok(self) -> bool:
        """Whether the numbers are those of a finished run."""
        return self.status == Status.SUCCESS.name


def _imports(file: Path) -> Iterator[str]:
    """Yield the names that a source file imports, which may be modules."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def _file(module: str) -> Path | None:
    """Return the source of a module of this project; None for all other names and for ``boltzmann`` itself."""
    if module.split(".")[0] != _OWN or module == "boltzmann":
        return None
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:  # a function of a module, not a module
        return None
    return Path(spec.origin) if spec and spec.origin else None


def _reached(*modules: str) -> dict[str, Path]:
    """Return module -> file of ``modules`` and of everything that they reach by imports."""
    reached: dict[str, Path] = {}
    seen, waiting = set(), list(modules)
    while waiting:
        module = waiting.pop()
        file = None if module in seen else _file(module)
        seen.add(module)
        if file is not None:
            reached[module] = file
            waiting += _imports(file)
    return reached


def solver_sources() -> dict[str, Path]:
    """Return module -> file of everything that `boltzmann.solver` reaches by imports."""
    return _reached("boltzmann.solver", "boltzmann.potentials")


def helium_sources() -> dict[str, Path]:
    """Return module -> file of what computes ``helium`` from a run and is not in `solver_sources`."""
    solver = solver_sources()
    return {module: file for module, file in _reached("boltzmann.cmb.neutrons").items() if module not in solver}


def _hash(sources: dict[str, Path]) -> str:
    """Return a hash of modules and of their files."""
    digest = hashlib.sha256()
    for module, file in sorted(sources.items()):
        digest.update(module.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


@cache
def code_version() -> str:
    """Return the version, the hash of the kernels, and that of `solver_sources`.

    Kernels alone would not do: what computes N_eff from their result is no kernel.
    """
    return f"{boltzmann.__version__}+{source_hash()}.{_hash(solver_sources())}"


@cache
def helium_version() -> str:
    """Return the hash of `helium_sources`, which no key covers: records are not lost with it."""
    return _hash(helium_sources())


def _plain(value: Any) -> Any:
    """Return the value of a field for JSON: a quantity in the unit of its field, an array as list."""
    if isinstance(value, Quantity):
        return float(value.value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else np.asarray(value).tolist()


def _source(cls: type) -> str:
    """Return a hash of the source of a class that is not of this project, "" for others and where there is none."""
    if cls.__module__.split(".")[0] == _OWN:
        return ""
    try:
        return hashlib.sha256(inspect.getsource(cls).encode()).hexdigest()[:16]
    except (OSError, TypeError):
        return ""


def describe(owner: Any) -> dict[str, Any]:
    """Return class and fields of an input.

    Raises
    ------
    ParameterError
        It is no dataclass, so that its parameters cannot be told.
    """
    cls = type(owner)
    if not is_dataclass(owner):
        raise ParameterError(
            f"interactions has {owner!r}, which is no dataclass; a scan keeps the parameters of every point, so make "
            f"{cls.__name__} a frozen dataclass whose fields are numbers"
        )
    names = {f.name: _plain(getattr(owner, f.name)) for f in fields(owner)}
    return {"class": f"{cls.__module__}.{cls.__qualname__}{_source(cls)}", **names}


@dataclass(frozen=True)
class Template:
    """What all points share, and which fields change: makes the inputs of a point from the values of the axes."""

    model: Model
    targets: tuple[Target, ...]

    @classmethod
    def of(cls, model: Model, points: Space) -> Template:
        """Return the template of a space."""
        return cls(model, tuple(points.targets.values()))

    def _changes(self, values: tuple[Any, ...]) -> dict[Owner, dict[str, Any]]:
        """Return the fields, or other words for them, that differ from the model."""
        result: dict[Owner, dict[str, Any]] = {}
        for target, value in zip(self.targets, values, strict=True):
            for owner in target.owners:
                result.setdefault(owner, {})[target.field] = value
        return result

    @cached_property
    def _described(self) -> dict[Owner, dict[str, Any]]:
        return {position: describe(owner) for position, owner in self.model.owners().items()}

    def inputs(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """Return all inputs of a point as plain numbers in the units of their fields."""
        changes = self._changes(values)
        described = {position: {**shared, **changes.get(position, {})} for position, shared in self._described.items()}
        interactions = [described[position] for position in described if isinstance(position, int)]
        named = {position: described[position] for position in described if isinstance(position, str)}
        return {**named, "interactions": interactions}

    def build(self, values: tuple[Any, ...]) -> Model:
        """Return the inputs of a point. Raises ParameterError if they are not allowed."""
        owners = self.model.owners()
        for position, changed in self._changes(values).items():
            units = {name: f.metadata.get("unit") for name, f in declared(owners[position]).items()}
            with_units = {name: Quantity(v, units[name]) if units[name] else v for name, v in changed.items()}
            owners[position] = _varied(owners[position], with_units)
        interactions = tuple(owner for position, owner in owners.items() if isinstance(position, int))
        return Model(owners["mixing"], interactions, owners["options"], owners.get("asymmetry"))


def _varied(owner: Any, changed: dict[str, Any]) -> Any:
    """Return ``owner`` with other values of some fields, or of other words for them."""
    if isinstance(owner, Asymmetry) and {"xi", "L"} & set(changed):
        return Asymmetry(**{"eta": owner.eta, **changed})
    return owner.varied(**changed) if isinstance(owner, Mixing) else replace(owner, **changed)


def key(inputs: dict[str, Any], code: str) -> str:
    """Return the hash that names the record of a point."""
    return hashlib.sha256(json.dumps({"code": code, **inputs}, sort_keys=True).encode()).hexdigest()


def is_checked(name: str, every: int) -> bool:
    """Return whether the point with the key ``name`` is one of those, 1 in ``every``, with an error estimate."""
    return every > 0 and int(name[:12], 16) % every == 0


def _looser(options: Options, least: int = LEAST_MOMENTA) -> tuple[Options, Options]:
    """Return options with fewer momenta (more, where ``least`` forbids it), and with larger tolerances and steps."""
    fewer, n = round(_FEWER_MOMENTA * options.n_momenta), options.n_momenta
    momenta = replace(options, n_momenta=fewer if fewer >= least else round(n / _FEWER_MOMENTA))
    atol = None if options.atol is None else min(1e-2, _LOOSER * options.atol)
    return momenta, replace(options, rtol=min(1e-2, _LOOSER * options.relative_tolerance), atol=atol)


def estimate_error(solution: Solution) -> float:
    """Return an estimate of the numerical error of N_eff, from two more runs; NaN if one of them fails.

    Momenta: an error c n^-p changes by c |m^-p - n^-p| with m momenta instead of n, so that it is that change over
    |(n/m)^p - 1|. The slowest that was seen is p = 1, at resonances of a secret vector with few secret collisions
    (e_s = 3e-5, M = 300 MeV, 1 eV^2, |U_mu4|^2 = 1e-4: 4.102, 4.099, 4.097 with 14, 20, 28 momenta); it is taken, and
    elsewhere the estimate is too large. A change can vanish
    by chance: the error of nu_s without resonance, 0.06/n^2 of its N_eff, is added. Tolerance: the change with 10 times
    the tolerances is, up to a factor of order one, the error of the looser run, and larger than that of the run itself.
    The energy drift is no such measure: comoving energy is conserved to rounding whatever the tolerance.
    """
    others = _looser(solution.options, least_momenta(solution.interactions, LEAST_MOMENTA))
    inputs = solution.mixing, solution.interactions
    runs = [integrate(*inputs, options, asymmetry=solution.asymmetry) for options in others]
    by_momenta, by_tolerance = (abs(run.N_eff - solution.N_eff) if run.status.ok else math.nan for run in runs)
    n, m = solution.options.n_momenta, others[0].n_momenta
    smooth = _SMOOTH / n**2 * (abs(solution.delta_N_eff) + _ALWAYS)
    return float(by_momenta / abs((n / m) ** _SLOWEST - 1.0) + by_tolerance + smooth)


def numbers(solution: Solution, checked: bool) -> dict[str, float]:
    """Return the numbers of a run that ended well, in the units of the dataset (m_eff and sum_m_nu [eV])."""
    weak, nucleosynthesis = solution.N_eff_bbn
    seen = summarise(solution)
    return {
        "N_eff": solution.N_eff,
        "N_eff_bbn_1MeV": weak,
        "N_eff_bbn_0.07MeV": nucleosynthesis,
        "delta_N_eff": solution.delta_N_eff,
        "N_eff_recombination": STANDARD_N_EFF + seen.delta_N_eff,
        "m_eff": float(solution.m_eff.value),
        "N_eff_4": seen.N_eff_4,
        "N_eff_colliding": seen.N_eff_colliding,
        "sum_m_nu": seen.sum_m_nu,
        "late_mass": float("nan") if seen.late_mass is None else seen.late_mass,
        "still_changing": float(seen.still_changing),
        "asymmetry_growth": solution.asymmetry_growth.exponent,
        "asymmetry_temperature": solution.asymmetry_growth.T,
        "N_eff_symmetric": float("nan") if solution.branch is None else solution.branch.symmetric,
        "nu_e_freeze_out": solution.nu_e_at_freeze_out,
        "L_e_freeze_out": solution.L_at_freeze_out,
        "helium": seen.helium,
        "N_eff_error": estimate_error(solution) if checked else float("nan"),
    }


def evaluate(template: Template, values: tuple[Any, ...], checked: bool, extra: Extra = _NO_EXTRA) -> Outcome:
    """Return the outcome of a point; whatever is wrong with it becomes its status.

    What is no property of the point ends the scan: OSError (a full disk), MemoryError.
    """
    cpu, found, status, message = thread_time(), {}, Status.SUCCESS.name, ""
    try:
        model = template.build(values)
        solution = settled(model.mixing, model.interactions, model.options, model.asymmetry)
        if solution.status.ok:
            own = {name: float(function(solution)) for name, function in extra.items()}
            found = {**numbers(solution, checked), **own}
        else:
            status, message = solution.status.name, solution.ending
    except ParameterError as error:
        status, message = INVALID, str(error)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001, one point must not end hours of others
        status, message = ERROR, f"{type(error).__name__}: {error}"
    found["cpu_seconds"] = thread_time() - cpu
    return Outcome(status, message, tuple(found.get(name, float("nan")) for name in (*NUMBERS, *extra)))
