"""What the CMB says about one solution, in a number and a sentence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from boltzmann.cmb import cold, likelihood
from boltzmann.cmb.neutrons import either_sign, own_helium
from boltzmann.cmb.profile_table import helium_of_N_eff
from boltzmann.cmb.species import ACTIVE_MASS, ClassNeutrinos, check_finished, neutrinos_for_class
from boltzmann.cmb.thermal import STANDARD_N_EFF, late_mass, normal_sum
from boltzmann.numerics.statistics import PARAMETERS, significance, stated
from boltzmann.observables import DARK_MATTER, M_EFF_UNIT, STANDARD_NUMBER
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
NOTABLE_HELIUM = 0.2  # of Delta chi^2, from which a verdict says what helium of the run's own does
#: Standard deviations below which a word holds; "excluded" from the last one on.
WORDS = ((2.0, "allowed"), (3.0, "disfavoured"), (5.0, "strongly disfavoured"))
NOTABLE_SUM = 0.01  # [eV], distance of the active masses from LCDM's that a sentence names
LEAST_LEFT = 0.05  # share of N_eff below which nothing is left of the active states
FLUID = "interpolated in (N_eff, N_eff of the fluid) between refits of LCDM beside a massless fluid"

CHANGING = (
    "The run had to end while active neutrinos turned into sterile ones and mediators, of which more would collide: "
    "Delta chi^2 is a lower bound."
)


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
    sum_m_nu : float
        `Solution.sum_m_nu` of the three active states [eV]. LCDM, from which Delta chi^2 counts, has 0.06.
    still_changing : bool
        Whether the run had to end while they changed, see `DarkStory.still_changing`: Delta chi^2 is a lower bound.
    late_mass : float, optional
        Sum of `thermal.late_mass` of the three active states times their numbers [eV], by which the table knows masses
        of any ordering. Default: that of `sum_m_nu` in normal ordering.
    helium : float
        Mass fraction of helium by the run's own nucleosynthesis (`neutrons.own_helium`) less that of N_eff at
        recombination, which the tables have; 0 for a solution that has none. Of an asymmetry that has grown, whose sign
        nobody knows, that of the sign nearer to three neutrinos: only what both signs exclude is excluded.
    """

    delta_N_eff: float
    m_eff: float
    N_eff_4: float
    N_eff_colliding: float = 0.0
    sum_m_nu: float = ACTIVE_MASS
    still_changing: bool = False
    late_mass: float | None = None
    helium: float = 0.0

    @property
    def is_cold(self) -> bool:
        """Whether the fourth state is matter for the CMB, see `boltzmann.cmb.cold`."""
        return self.N_eff_colliding == 0.0 and cold.is_cold(self.m_eff, self.N_eff_4)

    @property
    def sum_of_masses(self) -> float:
        """Sum of the masses [eV] of states of normal ordering that share the energy of the sector and do the same.

        The table has such states: their number goes as the 3/4 power of what the fourth state leaves of N_eff, and they
        have this `late_mass`. Beside a fluid it is `sum_m_nu`, and at least LCDM's 0.06 eV: states of the fluid have no
        mass for CLASS.
        """
        if self.N_eff_colliding > 0.0:
            return max(self.sum_m_nu, ACTIVE_MASS)
        left = (STANDARD_N_EFF + self.delta_N_eff - self.N_eff_4) / STANDARD_N_EFF
        number = float(max(left, LEAST_LEFT) ** 0.75)
        return self.sum_m_nu / number if self.late_mass is None else normal_sum(self.late_mass / number)


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
        Whether the true value is larger, because the solution lies beyond the table, or conversion into a fluid of
        colliding neutrinos was still going on at the end of the run.
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
        The run did not end well.
    """
    return asked(solution)[0]


def _summary(solution: Solution, neutrinos: ClassNeutrinos) -> Summary:
    """Return the numbers of a finished solution that CLASS gets as these neutrinos."""
    own = solution.N_eff_of(4) if solution.mixing.n_states == 4 else 0.0
    N_eff = solution.N_eff
    if neutrinos.N_eff_colliding > 0.0:  # nu_4 may have annihilated, which heats the rest
        N_eff = neutrinos.N_ur + neutrinos.N_eff_colliding + sum(species.N_eff for species in neutrinos.species)
    m_eff, active = float(solution.m_eff.value), float(solution.sum_m_nu.value)
    colliding, changing = neutrinos.N_eff_colliding, solution.still_changing
    late, helium = _late_mass(solution), _helium(solution, N_eff)
    return Summary(N_eff - STANDARD_N_EFF, m_eff, own, colliding, active, changing, late, helium)


def _helium(solution: Solution, N_eff: float) -> float:
    """Return YHe of a solution less that of ``N_eff``, each above that of three neutrinos."""
    found = [own_helium(sign) for sign in either_sign(solution)]
    own = min((value for value in found if value is not None), key=abs, default=None)
    return 0.0 if own is None else own - float(helium_of_N_eff(N_eff) - helium_of_N_eff(STANDARD_N_EFF))


def _late_mass(solution: Solution) -> float:
    """Return the sum of `thermal.late_mass` times number of mass states 1 to 3 [eV]."""
    numbers = [solution.number_density_of(k) / STANDARD_NUMBER for k in (1, 2, 3)]
    return float(np.dot([late_mass(float(mass)) for mass in solution.mixing.masses_in_eV[:3]], numbers))


def profile_of(numbers: Summary, data: str) -> likelihood.Profile:
    """Return Delta chi^2 of a solution's numbers by the table of free-streaming states, that of fluids, or as matter.

    Raises
    ------
    ParameterError
        The numbers lie outside the table, or unknown `data`.
    """
    found = _by_tables(numbers, data, _tabulated_sum(numbers))
    return found._replace(lower_bound=found.lower_bound | bool(numbers.still_changing))


def _by_tables(numbers: Summary, data: str, sum_of_masses: float) -> likelihood.Profile:
    """Return what `profile_of` returns, of the numbers as they are, with a sum of masses [eV] that the table has."""
    if numbers.N_eff_colliding > 0.0:
        colliding = numbers.N_eff_colliding
        return likelihood.fluid_profile(numbers.delta_N_eff, colliding, data, sum_of_masses, numbers.helium)
    judged = cold.profile if numbers.is_cold else likelihood.profile
    return judged(numbers.delta_N_eff, numbers.m_eff, data, numbers.N_eff_4, sum_of_masses, numbers.helium)


def _tabulated_sum(numbers: Summary) -> float:
    """Return the sum of masses [eV] by which the table knows active states, at least its least.

    There is less where others have a part of their energy: mediators that are left, or neutrinos of decays, which are
    few for it. See `_of_light_masses`.
    """
    return max(numbers.sum_of_masses, likelihood.LEAST_SUM)


def derived_of(numbers: Summary, data: str) -> likelihood.Derived:
    """Return h, sigma8 and Omega_m of the best fit of LCDM beside a solution's numbers, by the table of `profile_of`.

    Raises
    ------
    ParameterError
        As `profile_of`.

    Warns
    -----
    ValidityWarning
        The fourth state is warm matter: sigma8 is that of cold matter of the same density, an upper bound.
    """
    if numbers.N_eff_colliding > 0.0:
        return likelihood.fluid_derived(numbers.delta_N_eff, numbers.N_eff_colliding, data, numbers.sum_of_masses)
    derived = cold.derived if numbers.is_cold else likelihood.derived
    return derived(numbers.delta_N_eff, numbers.m_eff, data, numbers.N_eff_4, _tabulated_sum(numbers))


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
        Of `likelihood.DATA`.

    Raises
    ------
    ParameterError
        As `summarise` and `profile_of`.

    Notes
    -----
    Active masses count with their sum, against LCDM with one state of 0.06 eV. A fourth state of more than 10 eV of
    thermal mass is matter (see `boltzmann.cmb.cold`).
    """
    return verdict_of(*asked(solution), data)


def asked(solution: Solution) -> tuple[Summary, ClassNeutrinos]:
    """Return what `verdict_of` asks about: the numbers of a solution and its neutrinos.

    Raises
    ------
    ParameterError
        The run did not end well.
    """
    check_finished(solution)
    neutrinos = neutrinos_for_class(solution)
    return _summary(solution, neutrinos), neutrinos


def verdict_of(numbers: Summary, neutrinos: ClassNeutrinos, data: str) -> Verdict:
    """Return the `verdict` on the numbers and neutrinos of a solution.

    Raises
    ------
    ParameterError
        As `profile_of`.
    """
    found = profile_of(numbers, data)
    value, bound = float(found.delta_chi2), bool(found.lower_bound)
    return Verdict(
        data=data,
        delta_chi2=value,
        lower_bound=bound,
        sigmas=significance(value),
        parameters=PARAMETERS,
        word=judgement(value),
        sentence=sentence(numbers, value, bound, data),
        citation=CITATIONS[data],
        caveats=(
            *_caveats(numbers, neutrinos),
            *_of_helium(numbers, value, data),
            *_of_light_masses(numbers, value, data),
        ),
    )


def of_helium(numbers: Summary, value: float, data: str) -> float:
    """Return the part of Delta chi^2 = ``value`` that helium, other than that of the table's N_eff, has made."""
    return value - float(profile_of(replace(numbers, helium=0.0), data).delta_chi2)


def _of_helium(numbers: Summary, value: float, data: str) -> tuple[str, ...]:
    """Say what helium of nucleosynthesis, other than that of the table's N_eff, has done to Delta chi^2."""
    change = of_helium(numbers, value, data)
    if abs(change) < NOTABLE_HELIUM:
        return ()
    return (
        f"nucleosynthesis makes {numbers.helium:+.4f} of helium (YHe, by Born rates) beside that of this N_eff, which "
        f"is {change:+.1f} of Delta chi^2",
    )


def _of_light_masses(numbers: Summary, value: float, data: str) -> tuple[str, ...]:
    """Say where active masses count less than the table has, and what it would have if it went on linearly.

    What light masses do is proportional to their density.
    """
    least, own = likelihood.LEAST_SUM, numbers.sum_of_masses
    if own >= least:
        return ()
    slope = (float(_by_tables(numbers, data, ACTIVE_MASS).delta_chi2) - value) / (ACTIVE_MASS - least)
    return (
        f"a part of the energy has no mass, so that active masses count as a sum of {own:.3f} eV; Delta chi^2 is that "
        f"of {least:g} eV, the least of the table, which continued has {slope * (own - least):+.1f} on top",
    )


def _caveats(numbers: Summary, neutrinos: ClassNeutrinos) -> tuple[str, ...]:
    """Return what a verdict leaves out."""
    changing = (CHANGING,) if numbers.still_changing else ()
    if numbers.N_eff_colliding > 0.0:
        return FLUID, neutrinos.class_treatment, *changing
    own = (cold.TREATMENT, cold.OUTSIDE) if numbers.is_cold else (INTERPOLATION,)
    return (*own, *changing) if neutrinos.followed else (*own, neutrinos.class_treatment, *changing)


def sentence(numbers: Summary, value: float, lower_bound: bool, data: str) -> str:
    """Say in words what Delta chi^2 of a combination of data means."""
    at_least = "at least " if lower_bound else ""
    N_eff = f"N_eff = {STANDARD_N_EFF + numbers.delta_N_eff:.3f}"
    state = f"{N_eff} with m_eff = {numbers.m_eff:.3g} eV"
    if numbers.is_cold:
        state = f"{N_eff} with {cold.description(numbers.m_eff, numbers.N_eff_4)}"
    if abs(numbers.sum_m_nu - ACTIVE_MASS) > NOTABLE_SUM:
        share = numbers.sum_m_nu / M_EFF_UNIT / DARK_MATTER
        closing = f" ({share:.2g} times all dark matter: they overclose the Universe)" if share > 1.0 else ""
        state = f"{state} and active masses of {numbers.sum_m_nu:.3g} eV{closing}"
    if numbers.N_eff_colliding > 0.0:
        state = f"{N_eff} at recombination, {numbers.N_eff_colliding:.3f} of it a fluid of colliding neutrinos,"
    word = f"{at_least}{judgement(value)}" if judgement(value) != "excluded" else "excluded"
    return f"{state} is {word} by {LONG_NAMES[data]}: Delta chi^2 = {at_least}{stated(value)} against LCDM."


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
