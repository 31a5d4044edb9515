"""Primordial abundances of every point of a scan: functions for the argument ``extra`` of `boltzmann.scan.scan`.

>>> from boltzmann.scan import abundance_numbers, scan
>>> data = scan(axes, extra=abundance_numbers())  # doctest: +SKIP

adds Y_p, D_H and chi2_BBN. A point takes 1.2 s more with primat. Records are named by the source of these functions, so
that each backend has its own: a store can hold both.
"""

from __future__ import annotations

from functools import lru_cache
from math import nan
from typing import Literal

from boltzmann.cmb import bbn, bbn_observed
from boltzmann.cmb.neutrons import either_sign
from boltzmann.errors import ParameterError
from boltzmann.scan.extra import Extra
from boltzmann.solution import Solution

_THREADS = 32  # that may be at work: each asks for several numbers of one solution


@lru_cache(maxsize=_THREADS)
def _network(solution: Solution) -> bbn.Abundances:
    return milder_abundances(solution)


def milder_abundances(solution: Solution, backend: bbn.Backend | Literal["auto"] = "primat") -> bbn.Abundances:
    """Return the abundances; where an asymmetry has grown, whose sign nobody knows, those of the milder sign.

    Only what both signs exclude is excluded. Raises what `boltzmann.cmb.abundances` does.
    """
    found = [bbn.abundances(sign, backend=backend) for sign in either_sign(solution)]
    return min(found, key=lambda abundances: bbn_observed.bbn_chi2(abundances).chi2)


@lru_cache(maxsize=_THREADS)
def _table(solution: Solution) -> bbn.Abundances | None:
    """Return the abundances by CLASS's table; None where it cannot know them, because electron neutrinos are off."""
    try:
        return bbn.abundances(solution, backend="class")
    except ParameterError:
        return None


def _above_three(found: bbn.Abundances, solution: Solution) -> float:
    return bbn_observed.bbn_chi2(found).chi2 - bbn_observed.standard_chi2(solution.options, found.backend)


def _network_Y_p(solution: Solution) -> float:
    """Y_p = 4 n_He/n_b by the nuclear network of primat"""
    return _network(solution).Y_p


def _network_D_H(solution: Solution) -> float:
    """n_D/n_H by the nuclear network of primat with its own rates"""
    return _network(solution).D_H


def _network_chi2(solution: Solution) -> float:
    """chi^2 of Y_p and D/H (primat) minus that of three neutrinos"""
    return _above_three(_network(solution), solution)


def _table_Y_p(solution: Solution) -> float:
    """Y_p = 4 n_He/n_b by CLASS's table; NaN where electron neutrinos are more than 2 % off"""
    found = _table(solution)
    return found.Y_p if found else nan


def _table_chi2(solution: Solution) -> float:
    """chi^2 of Y_p alone (CLASS's table) minus that of three neutrinos; NaN where electron neutrinos are 2 % off"""
    found = _table(solution)
    return _above_three(found, solution) if found else nan


_NUMBERS: dict[bbn.Backend, Extra] = {
    "primat": {"Y_p": _network_Y_p, "D_H": _network_D_H, "chi2_BBN": _network_chi2},
    "class": {"Y_p": _table_Y_p, "chi2_BBN": _table_chi2},
}


def abundance_numbers(backend: str = "auto") -> Extra:
    """Return name -> function of a `Solution`: Y_p, D_H (primat only) and chi2_BBN, chi^2 above three neutrinos.

    Parameters
    ----------
    backend : str
        "primat", "class", or "auto": primat if it is installed, else CLASS's table of helium. The attribute
        ``long_name`` of the variables says which it was.

    Raises
    ------
    ParameterError
        There is no such backend.
    PrimatMissing, ClassyMissing
        It is not installed.
    """
    chosen = bbn.backend_of(backend)
    bbn.installed(chosen)
    return dict(_NUMBERS[chosen])
