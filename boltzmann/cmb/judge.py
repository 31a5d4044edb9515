"""What the CMB says about one solution, in a number and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from boltzmann.cmb import likelihood
from boltzmann.cmb.species import ORDINARY_SUM, ClassNeutrinos, check_finished, neutrinos_for_class
from boltzmann.cmb.thermal import STANDARD_N_EFF
from boltzmann.errors import ParameterError
from boltzmann.numerics.statistics import PARAMETERS, significance, stated
from boltzmann.parameters import Mixing
from boltzmann.solution import Solution

if TYPE_CHECKING:
    from boltzmann.cmb.exact import Refit

LONG_NAMES = {
    "planck2018": "Planck 2018 (high-l TT,TE,EE, low-l TT, lensing, prior on tau)",
    "planck2018+desi": "Planck 2018 with DESI DR2 BAO",
    "planck+act": "Planck 2018 (TT below l = 1000, TE,EE below 600, low-l TT, lensing, prior on tau) with ACT DR6",
    "planck+act+desi": "Planck 2018 (TT below l = 1000, TE,EE below 600) with ACT DR6 and DESI DR2 BAO",
}
CITATIONS = {
    "planck2018": "arXiv:1907.12875, 1909.05869, 1807.06210, 1807.06209",
    "planck2018+desi": "arXiv:1907.12875, 1909.05869, 1807.06210, 1807.06209, 2503.14738",
    "planck+act": "arXiv:1907.12875, 1909.05869, 1807.06210, 1807.06209, 2503.14452, 2503.14454",
    "planck+act+desi": "arXiv:1907.12875, 1909.05869, 1807.06210, 1807.06209, 2503.14452, 2503.14454, 2503.14738",
}
INTERPOLATION = (
    "interpolated in (delta N_eff, m_eff, N_eff of the fourth state) between refits of LCDM to spectra of thermal "
    "states"
)
#: Standard deviations below which a word holds; "excluded" from the last one on.
WORDS = ((2.0, "allowed"), (3.0, "disfavoured"), (5.0, "strongly disfavoured"))
FLUID = "interpolated in (N_eff, N_eff of the fluid) between refits of LCDM beside a massless fluid"


@dataclass(frozen=True)
class Summary:
    """The numbers by which the CMB knows a solution.

    Attributes
    ----------
    delta_N_eff : float
        N_eff - 3.044, at recombination.
    m_eff : float
        94.1 eV Omega_4 h^2 [eV].
    N_eff_4 : float
        Contribution of the fourth mass state to N_eff; 0 for three states.
    N_eff_colliding : float
        Contribution of states that collide at recombination and are a massless fluid for CLASS; then m_eff has no
        meaning.
    """

    delta_N_eff: float
    m_eff: float
    N_eff_4: float
    N_eff_colliding: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """What one combination of data says about one solution.

    Attributes
    ----------
    data : str
        Of `likelihood.DATA`.
    delta_chi2 : float
        Relative to LCDM with N_eff = 3.044; both refitted.
    lower_bound : bool
        Whether the true value is larger, because the solution lies beyond the table.
    sigmas : float
        Standard deviations that Delta chi^2 of so many parameters is worth; 0 where it is not positive.
    parameters : int
        2: coupling or mixing, and a mass or a splitting, as in the figures.
    word : str
        "allowed" below 2 sigma (Delta chi^2 = 6.18 of two parameters), "disfavoured" below 3 (11.83), "strongly
        disfavoured" below 5 (28.74), "excluded" above.
    sentence : str
        For people.
    citation : str
        Sources of the data.
    caveats : tuple of str
        What it leaves out.
    """

    data: str
    delta_chi2: float
    lower_bound: bool
    sigmas: float
    parameters: int
    word: str
    sentence: str
    citation: str
    caveats: tuple[str, ...]

    def _repr_html_(self) -> str:
        """Return the sentence and what it leaves out, for notebooks."""
        return f"<p><b>{self.word}</b>: {escape(self.sentence)}<br>{'<br>'.join(map(escape, self.caveats))}</p>"


def summarise(solution: Solution) -> Summary:
    """Return the numbers of a solution.

    Raises
    ------
    ParameterError
        The run did not end well, or the three lightest states are heavy as well (dm2_41 < 0, or a large lightest mass):
        then one massive state does not describe the sector.
    """
    check_finished(solution)
    return _summary(solution, neutrinos_for_class(solution))


def check_ordinary(mixing: Mixing) -> None:
    """Raise ParameterError if one massive state does not describe the active sector, whatever the run finds."""
    masses = mixing.masses.to_value("eV")
    if masses[:3].sum() >= ORDINARY_SUM:
        raise ParameterError(
            f"masses m_1, m_2, m_3 add up to {masses[:3].sum():.3g} eV, but the table is for ordinary active neutrinos "
            f"(below {ORDINARY_SUM:g} eV) and one massive state; use boltzmann.cmb.refit with the Planck data"
        )


def _summary(solution: Solution, neutrinos: ClassNeutrinos) -> Summary:
    """Return the numbers of a finished solution that CLASS gets as these neutrinos."""
    check_ordinary(solution.mixing)
    own = solution.N_eff_of(4) if solution.mixing.n_states == 4 else 0.0
    N_eff = solution.N_eff
    if neutrinos.N_eff_colliding > 0.0:  # nu_4 may have annihilated, which heats the rest
        N_eff = neutrinos.N_ur + neutrinos.N_eff_colliding + sum(species.N_eff for species in neutrinos.species)
    return Summary(N_eff - STANDARD_N_EFF, float(solution.m_eff.to_value("eV")), own, neutrinos.N_eff_colliding)


def profile_of(numbers: Summary, data: str) -> likelihood.Profile:
    """Return Delta chi^2 of a solution's numbers by the table of free-streaming states or that of fluids.

    Raises
    ------
    ParameterError
        The numbers lie outside the table, or unknown `data`.
    """
    if numbers.N_eff_colliding > 0.0:
        return likelihood.fluid_profile(numbers.delta_N_eff, numbers.N_eff_colliding, data)
    return likelihood.profile(numbers.delta_N_eff, numbers.m_eff, data, numbers.N_eff_4)


def verdict(solution: Solution, data: str = "planck2018") -> Verdict:
    """Compare a solution with the CMB by the embedded table.

    The word of the result follows from Delta chi^2 of two parameters (coupling or mixing, and a mass or a splitting),
    on the scale of the lines in the figures::

        allowed                 below 2 sigma, Delta chi^2 <  6.18
        disfavoured             below 3 sigma, Delta chi^2 < 11.83
        strongly disfavoured    below 5 sigma, Delta chi^2 < 28.74
        excluded                above

    Parameters
    ----------
    solution : Solution
        Of `boltzmann.solve`.
    data : str
        "planck2018" or "planck2018+desi".

    Raises
    ------
    ParameterError
        As `summarise` and `profile_of`.
    """
    check_finished(solution)
    neutrinos = neutrinos_for_class(solution)
    numbers = _summary(solution, neutrinos)
    found = profile_of(numbers, data)
    value, bound = float(found.delta_chi2), bool(found.lower_bound)
    interpolation = FLUID if numbers.N_eff_colliding > 0.0 else INTERPOLATION
    ordinary = neutrinos.followed and not numbers.N_eff_colliding
    return Verdict(
        data=data,
        delta_chi2=value,
        lower_bound=bound,
        sigmas=significance(value),
        parameters=PARAMETERS,
        word=judgement(value),
        sentence=sentence(numbers, value, bound, data),
        citation=CITATIONS[data],
        caveats=(interpolation,) if ordinary else (interpolation, neutrinos.class_treatment),
    )


def sentence(numbers: Summary, value: float, lower_bound: bool, data: str) -> str:
    """Say in words what Delta chi^2 of a combination of data means."""
    at_least = "at least " if lower_bound else ""
    N_eff = f"N_eff = {STANDARD_N_EFF + numbers.delta_N_eff:.3f}"
    state = f"{N_eff} with m_eff = {numbers.m_eff:.3g} eV"
    if numbers.N_eff_colliding > 0.0:
        state = f"{N_eff} at recombination, {numbers.N_eff_colliding:.3f} of it a fluid of colliding neutrinos,"
    return f"{state} is {judgement(value)} by {LONG_NAMES[data]}: Delta chi^2 = {at_least}{stated(value)} against LCDM."


def judgement(delta_chi2: float, parameters: int = PARAMETERS) -> str:
    """Translate Delta chi^2 of so many parameters into a word, see `verdict`."""
    sigmas = significance(delta_chi2, parameters)
    return next((word for limit, word in WORDS if sigmas < limit), "excluded")


def refit_sentence(refitted: Refit) -> str:
    """Say in words what a refit found."""
    return (
        f"Refitted to its actual spectra it is {judgement(refitted.delta_chi2)} by {LONG_NAMES[refitted.data]}: "
        f"Delta chi^2 = {stated(refitted.delta_chi2)} against LCDM (chi^2 = {refitted.chi2:.1f})."
    )
