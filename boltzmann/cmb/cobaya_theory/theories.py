"""Theories: `SterileNeutrino` solves the quantum kinetic equations, `SterileClassy` hands the solution to CLASS."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from typing import Any

from cobaya.log import LoggedError
from cobaya.theories.classy import classy
from cobaya.theory import Provider, Theory

from boltzmann.cmb import class_bridge, class_input
from boltzmann.cmb.cobaya_theory.inputs import ACTIVE, STRENGTHS, UNITS, mixing_of, typical
from boltzmann.cmb.cobaya_theory.logging import said_once, try_out
from boltzmann.numerics.cache import CacheError
from boltzmann.parameters import Mixing, Options, ParameterError
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from boltzmann.solution import Solution
from boltzmann.solver import solve

# Kind of interaction: its class, and the unit of the parameter mediator_mass.
INTERACTIONS: dict[str, tuple[type[SecretVector | SecretPseudoscalar], str]] = {
    "vector": (SecretVector, "MeV"),
    "pseudoscalar": (SecretPseudoscalar, "eV"),
}
SECRET = ("coupling", "mediator_mass")
# A point where everything is allowed, to try options out before a chain.
TYPICAL = {"dm2_41": 1.0, "coupling": 1e-3, "mediator_mass": 1.0}


def _recoupling(solution: Solution) -> float:
    """Return the highest recoupling temperature [MeV], 0 without recoupling (chains cannot hold NaN)."""
    temperatures = solution.recoupling_temperatures.to_value("MeV")
    return float(temperatures[0]) if temperatures.size else 0.0


# Derived parameter of a solution; the second argument is omega_b. What is cheap comes first.
DERIVED: dict[str, Callable[[Solution, float], float]] = {
    "N_eff": lambda solution, _: solution.N_eff,
    "delta_N_eff": lambda solution, _: solution.delta_N_eff,
    "m_eff": lambda solution, _: float(solution.m_eff.to_value("eV")),
    "N_eff_4": lambda solution, _: solution.N_eff_of(4),
    "Omega_4_h2": lambda solution, _: solution.Omega_h2(4),
    "T_recoupling": lambda solution, _: _recoupling(solution),
    "Y_p": class_bridge.helium_of,
}


class SterileNeutrino(Theory):
    """One sterile neutrino through neutrino decoupling.

    Input parameters: any number that `boltzmann.Mixing` takes, in its unit ([eV^2], [eV], [rad]), for example
    ``dm2_41`` or ``m4``, ``Ue4_sq``, ``theta_24`` or ``sin2_2theta_ee``, ``delta_14``, ``lightest_mass`` or in its
    place ``sum_m_nu``, the sum of m_1, m_2, m_3; what is not in the chain has its default, and a value that is refused
    whatever the others are stops the run at once. With an interaction ``coupling`` and
    ``mediator_mass`` ([MeV] for a vector, [eV] for a pseudoscalar).

    Derived parameters: those of `DERIVED`; the ones in the yaml file always, others on request. ``T_recoupling`` [MeV]
    is the highest temperature of `Solution.recoupling_temperatures`, 0 if there is none; ``Y_p`` is the YHe of
    `boltzmann.cmb.class_parameters` at the option omega_b (`SterileClassy` has ``YHe`` at that of the chain).

    Product: ``sterile_solution``, the `Solution`.
    """

    interaction: str | None
    interaction_options: Mapping[str, Any]
    mixing: Mapping[str, Any]
    solver: Mapping[str, Any]
    omega_b: float

    def initialize(self) -> None:
        """Check all options by what a typical point makes of them."""
        self._wanted: set[str] = set()
        try:
            if self.interaction not in (None, "none", *INTERACTIONS):
                raise ParameterError(
                    f"interaction = {self.interaction!r} is not allowed; choose one of none, {', '.join(INTERACTIONS)}"
                )
            self._secret = INTERACTIONS.get(str(self.interaction))
            self._options = Options.from_mapping(self.solver or {})
            self.mixing = self.mixing or {}
            self._check_free(self.mixing, tuple(UNITS.keys() - ACTIVE), "mixing")
            self._check_free(self.interaction_options, SECRET, "interaction_options")
            self._inputs(TYPICAL)
        except ParameterError as error:
            raise LoggedError(self.log, "%s", error) from error

    def _check_free(self, options: Mapping[str, Any], parameters: tuple[str, ...], name: str) -> None:
        """Refuse options that are parameters of the chain, and options of an interaction that is not there."""
        taken = sorted(set(options or {}) & set(parameters))
        if taken:
            raise ParameterError(
                f"{name} has {', '.join(taken)}, which belongs into the block params; give it a prior or a value there"
            )
        if name == "interaction_options" and options and self._secret is None:
            raise ParameterError(
                f"interaction_options = {dict(options)} without an interaction; "
                f"give interaction: {' or '.join(INTERACTIONS)}"
            )

    def initialize_with_provider(self, provider: Provider) -> None:
        """Check the fixed parameters by what they make of a typical point."""
        super().initialize_with_provider(provider)
        twice = sorted(self.mixing.keys() & set(self.input_params))
        if twice:
            raise LoggedError(self.log, "%s is given in params and in mixing; give it once", ", ".join(twice))
        secret = {name: TYPICAL[name] for name in SECRET}
        points = [{**secret, **typical(self, provider, strength)} for strength in STRENGTHS]
        try_out(self, *(lambda point=point: self._inputs(point) for point in points))

    def _inputs(self, values: Mapping[str, float]) -> tuple[Mixing, tuple[Any, ...]]:
        """Return mixing and interactions at one point."""
        state = mixing_of(values, self.mixing)
        if self._secret is None:
            return state, ()
        kind, unit = self._secret
        mass = f"{values['mediator_mass']!r} {unit}"
        own = {"coupling": values["coupling"], "mediator_mass": mass, **(self.interaction_options or {})}
        return state, (kind.from_mapping(own),)

    def get_requirements(self) -> list[str]:
        """Return what must be among the parameters of the chain."""
        return list(SECRET if self._secret else ())

    def get_can_support_params(self) -> tuple[str, ...]:
        """Return the parameters that may be given."""
        return tuple(UNITS) + (SECRET if self._secret else ())

    def get_can_provide_params(self) -> list[str]:
        """Return the derived parameters."""
        return list(DERIVED)

    def get_can_provide(self) -> list[str]:
        """Return the products beside parameters."""
        return ["sterile_solution"]

    def must_provide(self, **requirements: Any) -> None:
        """Note which derived parameters are asked for; CLASS must be there for Y_p."""
        super().must_provide(**requirements)
        self._wanted |= requirements.keys() & DERIVED.keys()
        if "Y_p" in self._wanted:
            try:
                class_bridge.classy()
            except class_bridge.ClassyMissing as error:
                raise LoggedError(self.log, "Y_p: %s", error) from error

    def calculate(self, state: dict[str, Any], want_derived: bool = True, **params_values_dict: float) -> bool:
        """Solve one point."""
        values = {name: float(value) for name, value in params_values_dict.items()}
        try:
            with said_once(self):
                solution = state["sterile_solution"] = self.solve(values)
                if want_derived:
                    state["derived"] = {name: DERIVED[name](solution, self.omega_b) for name in sorted(self._wanted)}
        except ParameterError as error:
            self.log.warning("No solution at %s, so zero likelihood: %s", values, error)
            return False
        except CacheError as error:
            raise LoggedError(self.log, "%s", error) from error
        return True

    def solve(self, values: Mapping[str, float]) -> Solution:
        """Return the solution of a run that ended well."""
        mixing, interactions = self._inputs(values)
        solution = solve(mixing, interactions, self._options)
        if not solution.status.ok:
            raise ParameterError(solution.status.value)
        return solution


class SterileClassy(classy):
    """Cobaya's ``classy`` whose neutrinos and helium are those of the solution of `SterileNeutrino`.

    N_ur, the massive species with their phase-space files, and YHe of the run's own nucleosynthesis (unless it is a
    parameter) come from `boltzmann.cmb.class_parameters` at the point's omega_b. The files exist while CLASS runs and
    are named by content.
    """

    _directory: str

    def initialize(self) -> None:
        """Refuse options of CLASS that contradict each other."""
        super().initialize()
        try:
            class_input.check_helium(self.extra_args)
        except ParameterError as error:
            raise LoggedError(self.log, "extra_args: %s", error) from error

    @classmethod
    def get_path(cls, path: str) -> str:
        """Return the place of CLASS among cobaya's packages: that of ``classy``."""
        return str(classy.get_path(path))

    def get_requirements(self) -> dict[str, Any]:
        """Return what `SterileNeutrino` provides."""
        return {"sterile_solution": {}}

    def _neutrinos(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters of CLASS that follow from the solution, checked against those that are given."""
        if "omega_b" not in given:
            raise LoggedError(self.log, "omega_b (or omegabh2) is missing, which Y_p depends on; give it as parameter")
        cosmology = {name: given[name] for name in ("omega_b", "YHe", "sBBN file") if name in given}
        solution = self.provider.get_result("sterile_solution")
        with said_once(self):
            everything = class_bridge.class_parameters(solution, directory=self._directory, output="", **cosmology)
        ours = {name: value for name, value in everything.items() if name not in class_bridge.PLANCK_2018}
        clash = sorted(given.keys() & ours.keys() - cosmology.keys())
        if clash:
            raise LoggedError(
                self.log, "%s is given, but neutrinos come from SterileNeutrino; remove it", ", ".join(clash)
            )
        return ours

    def set(self, params_values_dict: dict[str, Any]) -> None:
        """Give CLASS the parameters of a point, neutrinos included, and nothing of the point before."""
        given = {self.translate_param(name): value for name, value in params_values_dict.items()} | self.extra_args
        neutrinos = self._neutrinos(given)
        self.classy.empty()
        super().set({**params_values_dict, **neutrinos})

    def calculate(self, state: dict[str, Any], want_derived: bool = True, **params_values_dict: float) -> bool | None:
        """Run CLASS."""
        try:
            with tempfile.TemporaryDirectory(prefix="sterile-psd-") as self._directory:
                result: bool | None = super().calculate(state, want_derived, **params_values_dict)
                return result
        except ParameterError as error:
            self.log.warning("CLASS cannot follow %s, so zero likelihood: %s", params_values_dict, error)
            return False
        except CacheError as error:
            raise LoggedError(self.log, "%s", error) from error
