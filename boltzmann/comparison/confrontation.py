"""One solution before all judges: CMB, primordial abundances, laboratory experiments; and one word.

>>> from boltzmann import Mixing, confront, solve
>>> found = confront(solve(Mixing(dm2_41="1.3 eV2", Ue4_sq=0.01)), abundances=False)
>>> print(found)
dm2_41 = 1.3 eV2, |U_e4|^2 = 0.01: N_eff = 4.05..., m_eff = ... eV
excluded; worst: ...

Every judge counts Delta chi^2 from three neutrinos (the CMB from LCDM with N_eff = 3.044, laboratories from no mixing),
so that all speak on one scale, that of `boltzmann.cmb.verdict`. Laboratories also say how far a point is from what they
like best.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, NamedTuple

import numpy as np

from boltzmann import lab
from boltzmann.cmb import bbn, bbn_observed, judge, likelihood
from boltzmann.cmb.class_bridge import ClassyMissing
from boltzmann.cmb.judge import Summary
from boltzmann.cmb.species import ClassNeutrinos, check_finished
from boltzmann.comparison.captions import interactions_text, point_text
from boltzmann.comparison.joint import LAB_PARAMETERS
from boltzmann.comparison.judgements import (
    CMB,
    UNDECIDED,
    Abundances,
    Experiment,
    Judge,
    Laboratory,
    Row,
    Silent,
    html_table,
    row,
    text_table,
    worst,
)
from boltzmann.errors import ParameterError
from boltzmann.lab import minima
from boltzmann.lab.minima import Minimum
from boltzmann.lab.parameters import AMPLITUDES, Point, checked
from boltzmann.numerics.statistics import PARAMETERS, significance, threshold
from boltzmann.parameters import Mixing
from boltzmann.scan.abundances import milder_abundances
from boltzmann.solution import Solution

__all__ = ["Confrontation", "confront"]

NAMES = {
    "planck2018": "Planck 2018",
    "planck2018+desi": "Planck 2018, DESI DR2 BAO",
    "planck+act": "Planck 2018, ACT DR6",
    "planck+act+desi": "Planck 2018, ACT DR6, DESI DR2 BAO",
}
_ABUNDANCES = "helium and deuterium"
_OTHER_RATES = "parthenope"  # besides those of primat
_CL = 0.99  # at which the own thresholds of experiments are compared with those of Wilks
_SPLITTING = 1.0  # [eV^2] that stands for none: without mixing no experiment depends on it
_ONLY_SIZE = "laboratories are asked at |dm2_41|: the sign does not show at short baselines, and only weakly in IceCube"
_NOT_ASKED = "not asked"
_ALLOWED, *_MAY_BE_WORSE = (word for _, word in judge.WORDS)
_VACUUM = "oscillations in vacuum, without interactions beyond the Standard Model"


@dataclass(frozen=True)
class Confrontation:
    """What all judges say about one solution; made by `confront`, and printed as its `table`.

    Attributes
    ----------
    point : str
        What was solved.
    N_eff, m_eff_eV : float
        What came out.
    cmb : tuple
        For each combination of CMB data a `CMB`, or `Silent`.
    abundances : Abundances or Silent
        Helium and deuterium.
    laboratory : Laboratory
        Every verified experiment, and all together.
    """

    point: str
    N_eff: float
    m_eff_eV: float
    cmb: tuple[CMB | Silent, ...]
    abundances: Abundances | Silent
    laboratory: Laboratory

    @property
    def judges(self) -> tuple[Judge, ...]:
        """Those that have a number: combinations of CMB data, abundances, all laboratory experiments together."""
        asked = (*self.cmb, self.abundances, self.laboratory.together)
        return tuple(judge for judge in asked if not isinstance(judge, Silent))

    @property
    def worst(self) -> Judge:
        """The judge with the worst word."""
        return worst(self.judges)

    @property
    def silent(self) -> tuple[str, ...]:
        """Names of the judges that were asked and have no number."""
        asked = (judge for judge in (*self.cmb, self.abundances) if isinstance(judge, Silent))
        return tuple(judge.name for judge in asked if judge.reason != _NOT_ASKED)

    @property
    def word(self) -> str:
        """The worst word of all `judges`, single experiments not counted.

        "undecided" where that is "allowed" and others are `silent`. A worse word is the least that all would say.
        """
        found = self.worst.word
        return UNDECIDED if found == _ALLOWED and self.silent else found

    def _rows(self) -> list[Row]:
        single = [row(experiment, "  ") for experiment in self.laboratory.experiments]
        return [*map(row, (*self.cmb, self.abundances, self.laboratory.together)), *single]

    def _head(self) -> tuple[str, str]:
        state = f"{self.point}: N_eff = {self.N_eff:.3f}, m_eff = {self.m_eff_eV:.3g} eV"
        least = "at least " if self.silent and self.word in _MAY_BE_WORSE else ""
        against = f"; worst: {self.worst.name}, {self.worst.sigmas:.1f} sigma" if self.worst.word != _ALLOWED else ""
        judged = f"; {_ALLOWED} by {'; '.join(judge.name for judge in self.judges)}" if self.word == UNDECIDED else ""
        missing = f"; without a number: {'; '.join(self.silent)}" if self.silent else ""
        return state, f"{least}{self.word}{against}{judged}{missing}"

    def _notes(self) -> tuple[str, ...]:
        scale = (
            f"Delta chi^2 against three neutrinos; sigma: {PARAMETERS} parameters, {LAB_PARAMETERS} of the laboratory"
        )
        judged = [judge for judge in (*self.cmb, self.abundances) if not isinstance(judge, Silent)]
        return tuple(dict.fromkeys((scale, *(c for judge in judged for c in judge.caveats), *self.laboratory.caveats)))

    def table(self) -> str:
        """Return everything as lines of text: what was solved, the word, a line for each judge, notes."""
        return "\n".join([*self._head(), "", *text_table(self._rows()), "", *self._notes()])

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        state, word = map(escape, self._head())
        notes = "<br>".join(map(escape, self._notes()))
        return f"<p>{state}<br><b>{word}</b></p>{html_table(self._rows())}<p>{notes}</p>"

    def to_json(self) -> str:
        """Return everything as the text of one JSON object; units are in the names."""
        said = {"word": self.word, "worst": self.worst.name, "silent": self.silent}
        return json.dumps({**said, **asdict(self)}, indent=2, allow_nan=False)


def confront(solution: Solution, *, abundances: bool = True) -> Confrontation:
    """Ask all judges about a solution.

    Takes 1 s with primat (0.2 s without), and 3 s more the first time, for the best fits of the experiments, which are
    kept in the cache folder.

    Parameters
    ----------
    solution : Solution
        Of `boltzmann.solve`, finished; of three or four states, dm2_41 of either sign.
    abundances : bool
        Ask helium and deuterium too, which takes most of the time.

    Returns
    -------
    Confrontation
        A judge that cannot judge, because its table or its range ends, or because its library is not installed, is a
        `Silent` with the reason.

    Raises
    ------
    ParameterError
        The run did not end well.
    """
    check_finished(solution)
    text = point_text(solution.mixing)
    return Confrontation(
        point="; ".join(filter(None, (text, interactions_text(solution.interactions)))),
        N_eff=solution.N_eff,
        m_eff_eV=float(solution.m_eff.to_value("eV")),
        cmb=_cmb(solution),
        abundances=_abundances(solution) if abundances else Silent(_ABUNDANCES, _NOT_ASKED),
        laboratory=_laboratory(solution.mixing, bool(solution.interactions)),
    )


def _judged(name: str, delta_chi2: float, parameters: int = PARAMETERS) -> dict[str, Any]:
    """Return the fields that all judges have."""
    word, sigmas = judge.judgement(delta_chi2, parameters), significance(delta_chi2, parameters)
    return {"name": name, "delta_chi2": delta_chi2, "sigmas": sigmas, "parameters": parameters, "word": word}


def _cmb(solution: Solution) -> tuple[CMB | Silent, ...]:
    """Ask all combinations of CMB data."""
    try:
        numbers, neutrinos = judge.asked(solution)
    except ParameterError as error:
        return tuple(Silent(NAMES[data], str(error)) for data in likelihood.DATA)
    return tuple(_of_data(numbers, neutrinos, data) for data in likelihood.DATA)


def _of_data(numbers: Summary, neutrinos: ClassNeutrinos, data: str) -> CMB | Silent:
    """Ask one combination of CMB data, also about the same N_eff without mass and with free streaming."""
    try:
        found = judge.verdict_of(numbers, neutrinos, data)
        massless = float(likelihood.profile(numbers.delta_N_eff, 0.0, data).delta_chi2)
    except ParameterError as error:
        return Silent(NAMES[data], str(error))
    return CMB(
        **_judged(NAMES[data], found.delta_chi2),
        data=data,
        lower_bound=found.lower_bound,
        radiation=massless,
        rest=found.delta_chi2 - massless,
        cause=_cause(numbers, found.delta_chi2, massless, data),
        caveats=found.caveats,
    )


def _cause(numbers: Summary, delta_chi2: float, massless: float, data: str) -> str:
    """Return what makes the larger part of what radiation of the same N_eff leaves of Delta chi^2."""
    helium = judge.of_helium(numbers, delta_chi2, data)
    if abs(helium) > abs(delta_chi2 - massless - helium):
        return "helium"
    return "collisions at recombination" if numbers.N_eff_colliding > 0.0 else "mass"


_SIGN = ("the sign of the lepton asymmetry that has grown is not known: abundances are those of the milder one",)


def _abundances(solution: Solution) -> Abundances | Silent:
    """Ask helium and deuterium."""
    try:
        predicted = milder_abundances(solution, "auto")
        found = bbn_observed.bbn_chi2(predicted)
        difference = found.chi2 - bbn_observed.standard_chi2(solution.options, predicted.backend)
    except (ParameterError, bbn.PrimatMissing, ClassyMissing) as error:
        return Silent(_ABUNDANCES, str(error))
    name = _ABUNDANCES if len(found.pulls) > 1 else "helium"
    caveats = (*found.caveats, *_by_other_rates(predicted, difference), *(_SIGN if solution.of_unknown_sign else ()))
    return Abundances(**_judged(name, difference), pulls=found.pulls, sentence=found.sentence, caveats=caveats)


def _by_other_rates(predicted: bbn.Abundances, delta_chi2: float) -> tuple[str, ...]:
    """Say what the other set of nuclear rates finds where it changes the word."""
    if predicted.deuterium is None:
        return ()
    other = bbn_observed.delta_chi2_of(predicted.Y_p, predicted.deuterium, rates=_OTHER_RATES)
    word = judge.judgement(float(other), PARAMETERS)
    if word == judge.judgement(delta_chi2, PARAMETERS):
        return ()
    source = bbn.RATES[_OTHER_RATES].source
    return (f"{_ABUNDANCES} are {word} (Delta chi^2 = {other:+.1f}) with the nuclear rates of {source}",)


def _laboratory(mixing: Mixing, secret: bool) -> Laboratory:
    """Ask all verified experiments."""
    signed = _SPLITTING if mixing.dm2_41 is None else float(mixing.dm2_41.to_value("eV2"))
    point = checked(abs(signed), mixing.Ue4_sq, mixing.Umu4_sq, mixing.Utau4_sq)
    names = tuple(name for name in lab.verified() if minima.covers(name, abs(signed)))
    heights = {name: Height.of(name, point) for name in names}
    all_heights = Height(sum(h.here for h in heights.values()), sum(h.unmixed for h in heights.values()))
    title = f"laboratory, {len(names)} together"
    together = _experiment(title, all_heights, minima.together(names), LAB_PARAMETERS)
    caveats = ((_ONLY_SIZE,) if signed < 0.0 else ()) + ((_VACUUM,) if secret else ())
    single = tuple(_single(name, point, heights[name]) if name in names else _beyond(name) for name in lab.verified())
    return Laboratory(together, single, caveats)


class Height(NamedTuple):
    """-2 ln L of experiments, at a point and without mixing."""

    here: float
    unmixed: float

    @classmethod
    def of(cls, name: str, point: Point) -> Height:
        """Ask one experiment about both at once: averages over its bins hang on the splitting alone."""
        elements = (np.array([element, 0.0]) for element in (point.Ue4_sq, point.Umu4_sq, point.Utau4_sq))
        here, unmixed = lab.chi2(name, point.dm2_41, *elements)
        return cls(float(here), float(unmixed))


def _single(name: str, point: Point, height: Height) -> Experiment:
    """Judge one experiment."""
    module = lab.experiment(name)
    own, amplitude = getattr(module, "critical", None), getattr(point, AMPLITUDES[module.CHANNEL])
    critical = threshold(_CL) if own is None else float(own(_CL, point.dm2_41, amplitude))
    scale = threshold(_CL) / critical
    return _experiment(module.NAME, height, minima.alone(name), PARAMETERS, scale)


def _experiment(title: str, height: Height, best: Minimum, parameters: int, scale: float = 1.0) -> Experiment:
    """Judge experiments together; `scale` turns -2 ln L above the best fit into what Wilks' thresholds are for."""
    above = max(height.here - best.chi2, 0.0)  # the best fit is that of a grid, and the point may lie between
    return Experiment(
        **_judged(title, height.here - height.unmixed, parameters),
        above_best=above,
        sigmas_above_best=significance(scale * above, parameters),
        best_dm2_41_eV2=best.dm2_41,
        best_Ue4_sq=best.Ue4_sq,
        best_Umu4_sq=best.Umu4_sq,
    )


def _beyond(name: str) -> Silent:
    """Say why an experiment is not asked."""
    module = lab.experiment(name)
    low, high = getattr(module, "DM2_MIN", 0.0), getattr(module, "DM2_MAX", np.inf)
    return Silent(module.NAME, f"its reproduction is good for |dm2_41| from {low:g} to {high:g} eV2")
