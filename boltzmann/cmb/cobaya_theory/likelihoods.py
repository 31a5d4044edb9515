"""Likelihoods: the CMB by the package's own table, nucleosynthesis, and laboratory experiments.

ln L = -chi^2/2 up to a constant.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

from cobaya.likelihood import Likelihood
from cobaya.log import LoggedError
from cobaya.theory import Provider

from boltzmann import cmb, lab
from boltzmann.cmb import bbn, judge, likelihood
from boltzmann.cmb.cobaya_theory.inputs import STRENGTHS, UNITS, constants, mixing_of, typical
from boltzmann.cmb.cobaya_theory.logging import said_once, try_out
from boltzmann.cmb.cobaya_theory.theories import SterileNeutrino
from boltzmann.cmb.likelihood import Derived
from boltzmann.parameters import Mixing, ParameterError

# Values of a parameter of the plane that is sampled, to try out a fixed value of the other.
PLANE = {"delta_N_eff": (0.0, 0.1, 0.5, 1.0, 3.0), "m_eff": (0.0, 0.1, 1.0, 4.0)}
PAIR = tuple(PLANE)

# Derived parameter of the refit that the table interpolates, by the names of classy.
REFIT: dict[str, Callable[[Derived], float]] = {
    "H0": lambda found: 100.0 * float(found.h),
    "sigma8": lambda found: float(found.sigma8),
    "Omega_m": lambda found: float(found.Omega_m),
}


def _log_likelihood(component: Likelihood, chi2: Callable[..., float], **values: float) -> float:
    """Return -chi2/2, or minus infinity and a line in the log where there is no chi2 (all but the first for debug)."""
    try:
        with said_once(component):
            return -0.5 * chi2(**values)
    except ParameterError as error:
        log = component.log.debug if hasattr(component, "_refused") else component.log.warning
        component._refused = True
        log("Zero likelihood at %s: %s (said once; again with debug: True)", values, error)
        return -math.inf


class EmbeddedCMB(Likelihood):
    """Profile Delta chi^2 of the embedded tables, relative to LCDM.

    That of `boltzmann.cmb.verdict` for the solution of `SterileNeutrino`; without the option ``sterile_neutrino``, that
    of `boltzmann.cmb.delta_chi2`, with delta_N_eff and m_eff [eV] of one thermal state as parameters of the chain.

    Derived parameters on request: ``H0`` [km/s/Mpc], ``sigma8`` and ``Omega_m`` of the best fit of LCDM beside these
    neutrinos. A likelihood of H0 can stand beside this one; its error should then have that of the CMB in it, 0.5
    km/s/Mpc, because the other parameters stay where the CMB has them.
    """

    data: str
    sterile_neutrino: bool

    def initialize(self) -> None:
        """Check the name of the data."""
        self._wanted: set[str] = set()
        try_out(self, lambda: self.chi2(delta_N_eff=0.0, m_eff=0.0))

    def initialize_with_provider(self, provider: Provider) -> None:
        """Check fixed values, which the table would refuse at every point."""
        super().initialize_with_provider(provider)
        if self.sterile_neutrino:
            theory = provider.requirement_providers["sterile_solution"]
            if isinstance(theory, SterileNeutrino):
                self._check(theory, provider)
        else:
            fixed = constants(self, provider)
            points = itertools.product(*((fixed[name],) if name in fixed else PLANE[name] for name in PLANE))
            try_out(self, *(lambda point=point: self.chi2(*point) for point in points))

    def _check(self, theory: SterileNeutrino, provider: Provider) -> None:
        """Stop if the table has no such active masses, or refuses the one solution that fixed values make."""
        points = [typical(theory, provider, strength) for strength in STRENGTHS]
        try_out(self, *(lambda point=point: self._check_masses(mixing_of(point, theory.mixing)) for point in points))
        fixed = constants(theory, provider)
        if fixed.keys() == set(theory.input_params):
            try_out(self, lambda: cmb.verdict(theory.solve(fixed), self.data))

    def _check_masses(self, mixing: Mixing) -> None:
        """Raise ParameterError if m_1, m_2, m_3 alone lie beyond the table."""
        total = float(mixing.masses[:3].to_value("eV").sum())
        if judge.profile_of(judge.Summary(0.0, 0.0, 0.0, sum_m_nu=total), self.data).lower_bound:
            raise ParameterError(
                f"masses m_1, m_2, m_3 add up to {total:.3g} eV, but the table ends at {likelihood.MOST_SUM:g} eV, so "
                "that Delta chi^2 is a bound at every point; give less, or use SterileClassy and a likelihood of Planck"
            )

    def get_requirements(self) -> dict[str, Any]:
        """Return what describes the neutrinos."""
        return {"sterile_solution": {}} if self.sterile_neutrino else dict.fromkeys(PAIR)

    def get_can_provide_params(self) -> list[str]:
        """Return the derived parameters."""
        return list(REFIT)

    def must_provide(self, **requirements: Any) -> None:
        """Note which derived parameters are asked for."""
        super().must_provide(**requirements)
        self._wanted |= requirements.keys() & REFIT.keys()

    def calculate(self, state: dict[str, Any], want_derived: bool = True, **params_values_dict: float) -> bool:
        """Compute ln L and what is derived; where there is none, likelihoods that need H0 are not asked either."""
        super().calculate(state, want_derived, **params_values_dict)
        if want_derived and self._wanted and math.isfinite(state["logp"]):
            with said_once(self):
                found = self._refit()
            state["derived"] = {name: REFIT[name](found) for name in sorted(self._wanted)}
        return math.isfinite(state["logp"])

    def _refit(self) -> Derived:
        """Return what the table knows of the best fit at the present point."""
        if self.sterile_neutrino:
            return judge.derived_of(judge.summarise(self.provider.get_result("sterile_solution")), self.data)
        delta_N_eff, m_eff = map(float, self.provider.get_param(PAIR))
        return likelihood.derived(delta_N_eff, m_eff, self.data)

    def chi2(self, delta_N_eff: float, m_eff: float) -> float:
        """Return Delta chi^2 of one thermal state."""
        return float(cmb.delta_chi2(delta_N_eff, m_eff, data=self.data))

    def chi2_of_solution(self, **_: float) -> float:
        """Return Delta chi^2 of the present solution."""
        solution = self.provider.get_result("sterile_solution")
        return float(cmb.verdict(solution, self.data).delta_chi2)

    def logp(self, **_: Any) -> float:
        """Return ln L."""
        if self.sterile_neutrino:
            return _log_likelihood(self, self.chi2_of_solution, **self.provider.params)
        values = zip(PAIR, self.provider.get_param(PAIR), strict=True)
        return _log_likelihood(self, self.chi2, **{name: float(value) for name, value in values})


class BBN(Likelihood):
    """Primordial Y_p and D/H of the solution of `SterileNeutrino` against observations, `boltzmann.cmb.bbn_chi2`.

    ``omega_b`` is that of the chain if it is a parameter (of `SterileClassy` too, for example), else that of Planck
    2018 with its error. Points that the backend "class" refuses, because electron neutrinos are missing, have zero
    likelihood.
    """

    backend: str
    Y_p: str
    D_H: str

    def initialize(self) -> None:
        """Check the options, and that the backend is installed."""
        empty = cmb.Abundances(0.2458, 0.2446, 2.527e-5, 0.0224, "primat", ())
        try_out(self, lambda: (bbn.backend_of(self.backend), cmb.bbn_chi2(empty, Y_p=self.Y_p, D_H=self.D_H)))
        try:
            bbn.installed(bbn.backend_of(self.backend))
        except ImportError as error:
            raise LoggedError(self.log, "%s", error) from error

    def get_requirements(self) -> dict[str, Any]:
        """Return what describes the neutrinos."""
        return {"sterile_solution": {}}

    def get_can_support_params(self) -> tuple[str, ...]:
        """Return the parameter that may be in the chain."""
        return ("omega_b",)

    def chi2(self, omega_b: float | None = None) -> float:
        """Return chi^2 of the present solution."""
        solution = self.provider.get_result("sterile_solution")
        predicted = cmb.abundances(solution, omega_b=omega_b, backend=bbn.backend_of(self.backend))
        sampled = None if omega_b is None else 0.0
        return cmb.bbn_chi2(predicted, Y_p=self.Y_p, D_H=self.D_H, sigma_omega_b=sampled).chi2

    def logp(self, **params_values: Any) -> float:
        """Return ln L."""
        return _log_likelihood(self, self.chi2, **{n: params_values[n] for n in ("omega_b",) if n in params_values})


class Laboratory(Likelihood):
    """Oscillation experiments, `boltzmann.lab.chi2`, at the dm2_41 and |U_a4|^2 of the chain.

    Every parameter that `boltzmann.Mixing` takes counts, in whatever form it gives the fourth state.
    """

    experiments: list[str] | None

    def initialize(self) -> None:
        """Check the names of the experiments; without any, take those whose numbers are verified."""
        self._names = tuple(lab.verified() if self.experiments is None else self.experiments)
        try_out(self, lambda: self.chi2(dm2_41=1.0))

    def initialize_with_provider(self, provider: Provider) -> None:
        """Check fixed values, and that there is a fourth state."""
        super().initialize_with_provider(provider)
        points = [typical(self, provider, strength) for strength in STRENGTHS]
        try_out(self, *(lambda point=point: self.chi2(**point) for point in points))

    def get_can_support_params(self) -> tuple[str, ...]:
        """Return the parameters that may be given."""
        return tuple(UNITS)

    @classmethod
    def get_bibtex(cls) -> str:
        """Return an entry for each experiment, from its own citation."""
        return lab_bibtex()

    def chi2(self, **values: float) -> float:
        """Return chi^2 of all experiments."""
        mixing = mixing_of(values, {})
        elements = {name: getattr(mixing, name) for name in ("Ue4_sq", "Umu4_sq", "Utau4_sq")}
        return float(lab.chi2(self._names, float(mixing.dm2_41.to_value("eV2")), **elements))

    def logp(self, **params_values: Any) -> float:
        """Return ln L."""
        return _log_likelihood(self, self.chi2, **{n: params_values[n] for n in UNITS if n in params_values})


def lab_bibtex() -> str:
    """Return BibTeX of all laboratory experiments: their citations, as the modules have them."""
    return "\n".join(
        f"@misc{{sterile-{name},\n    title = {{{module.NAME}}},\n    note = {{{module.CITATION}}}\n}}\n"
        for name, module in ((name, lab.experiment(name)) for name in lab.experiments())
    )
