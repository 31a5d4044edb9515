"""Likelihoods: the CMB by the package's own table, and laboratory experiments. ln L = -chi^2/2 up to a constant."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from cobaya.likelihood import Likelihood
from cobaya.log import LoggedError

from boltzmann import cmb, lab
from boltzmann.cmb.cobaya_theory.logging import said_once
from boltzmann.parameters import ParameterError

ELEMENTS = ("Ue4_sq", "Umu4_sq", "Utau4_sq")


def _try_out(component: Likelihood, chi2: Callable[..., float], **typical: float) -> None:
    """Stop with a sentence if the options of a likelihood are refused at a point that has nothing special."""
    try:
        chi2(**typical)
    except ParameterError as error:
        raise LoggedError(component.log, "%s", error) from error


def _log_likelihood(component: Likelihood, chi2: Callable[..., float], **values: float) -> float:
    """Return -chi2/2, or minus infinity and a line in the log where there is no chi2 (all but the first for debug)."""
    try:
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
    """

    data: str
    sterile_neutrino: bool

    def initialize(self) -> None:
        """Check the name of the data."""
        _try_out(self, self.chi2, delta_N_eff=0.0, m_eff=0.0)

    def get_requirements(self) -> dict[str, Any]:
        """Return what describes the neutrinos."""
        return {"sterile_solution": {}} if self.sterile_neutrino else {"delta_N_eff": None, "m_eff": None}

    def chi2(self, delta_N_eff: float, m_eff: float) -> float:
        """Return Delta chi^2 of one thermal state."""
        with said_once(self):
            return float(cmb.delta_chi2(delta_N_eff, m_eff, data=self.data))

    def chi2_of_solution(self, **_: float) -> float:
        """Return Delta chi^2 of the present solution."""
        solution = self.provider.get_result("sterile_solution")
        return float(cmb.verdict(solution, self.data).delta_chi2)

    def logp(self, **_: Any) -> float:
        """Return ln L."""
        if self.sterile_neutrino:
            return _log_likelihood(self, self.chi2_of_solution, **self.provider.params)
        names = ("delta_N_eff", "m_eff")
        values = zip(names, self.provider.get_param(names), strict=True)
        return _log_likelihood(self, self.chi2, **{name: float(value) for name, value in values})


class Laboratory(Likelihood):
    """Oscillation experiments, `boltzmann.lab.chi2`, at dm2_41 [eV^2] and those of the |U_a4|^2 in the chain."""

    experiments: list[str] | None

    def initialize(self) -> None:
        """Check the names of the experiments; without any, take those whose numbers are verified."""
        self._names = tuple(lab.verified() if self.experiments is None else self.experiments)
        _try_out(self, self.chi2, dm2_41=1.0)

    def get_requirements(self) -> list[str]:
        """Return the parameter that must be in the chain."""
        return ["dm2_41"]

    def get_can_support_params(self) -> tuple[str, ...]:
        """Return the parameters that are 0 if they are not in the chain."""
        return ELEMENTS

    def chi2(self, **mixing: float) -> float:
        """Return chi^2 of all experiments."""
        return float(lab.chi2(self._names, **mixing))

    def logp(self, **params_values: Any) -> float:
        """Return ln L."""
        return _log_likelihood(
            self, self.chi2, **{n: params_values[n] for n in ("dm2_41", *ELEMENTS) if n in params_values}
        )
