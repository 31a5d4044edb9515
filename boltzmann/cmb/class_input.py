"""What CLASS is told beside the neutrinos: defaults, which parameters replace them, and which contradict each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from boltzmann.errors import ParameterError

Parameters = dict[str, str | float]

# Planck 2018 TT,TE,EE+lowE+lensing best fit (arXiv:1807.06209 table 1); the angle is the 100*theta_s that gives its h.
PLANCK_2018: Parameters = {
    "omega_b": 0.022383,
    "omega_cdm": 0.12011,
    "100*theta_s": 1.04185,
    "ln10^{10}A_s": 3.0448,
    "n_s": 0.96605,
    "tau_reio": 0.0543,
}
#: Each line says the same thing in the words of CLASS: the default, and what may be given in its place.
ROLES: dict[str, tuple[str, ...]] = {
    "omega_b": ("Omega_b",),
    "omega_cdm": ("Omega_cdm", "Omega_m", "omega_m"),
    "100*theta_s": ("theta_s_100", "h", "H0"),
    "ln10^{10}A_s": ("A_s", "ln_A_s_1e10", "sigma8", "S8"),
    "tau_reio": ("z_reio",),
}
#: What CLASS finds by trial, and for the sake of what.
SOUGHT = {"100*theta_s": "h", "theta_s_100": "h", "sigma8": "A_s", "S8": "A_s"}
_WITH_OPTICAL_DEPTH = ("reio_camb", "reio_half_tanh")  # the others have their own parameters, or none
_OURS = (
    "N_ur",
    "N_idr",
    "idr_nature",
    "N_ncdm",
    "deg_ncdm",
    "m_ncdm",
    "T_ncdm",
    "use_ncdm_psd_files",
    "ncdm_psd_filenames",
    "output",
)
L_MAX = 2508  # highest multipole of plik-lite
_PLACE = re.compile(r"^(=>)?\S+\(L:\d+\) :\s*((condition .* is true|error)\s*;\s*)?")  # of a line of CLASS's call stack


def merged(output: str, given: Mapping[str, Any]) -> Parameters:
    """Return the defaults and what is given, each parameter in one form; YHe only if it is given as a number or "BBN".

    Parameters
    ----------
    output : str
        What CLASS computes, "" for the background alone.
    given : mapping
        Parameters of CLASS. None drops a default.

    Raises
    ------
    ParameterError
        A neutrino parameter is given, two parameters say the same, or None is given where there is no default.
    """
    check(given)
    defaults = {**PLANCK_2018, **output_parameters(output)}
    unknown = [name for name, value in given.items() if value is None and name not in (*defaults, "YHe")]
    if unknown:
        raise ParameterError(
            f"{unknown[0]} = None is not allowed, for it has no default to drop; leave it out, or drop one of "
            f"{', '.join((*defaults, 'YHe'))}"
        )
    dropped = replaced(given) | given.keys()
    kept = {name: value for name, value in defaults.items() if name not in dropped}
    return {**kept, **{name: value for name, value in given.items() if value is not None}}


def replaced(given: Mapping[str, Any]) -> set[str]:
    """Return the defaults that something given takes the place of."""
    result = {default for default, others in ROLES.items() if any(name in given for name in others)}
    if given.get("reio_parametrization", _WITH_OPTICAL_DEPTH[0]) not in _WITH_OPTICAL_DEPTH:
        result.add("tau_reio")
    return result


def check(given: Mapping[str, Any]) -> None:
    """Raise ParameterError for neutrino parameters, two forms of one parameter, and what `check_helium` refuses."""
    ours = sorted(set(given) & set(_OURS))
    if ours:
        raise ParameterError(
            f"{', '.join(ours)} = {', '.join(repr(given[key]) for key in ours)} is not allowed: "
            "the neutrinos come from the solution; give other CLASS parameters, and `m4` or `output` as arguments"
        )
    for names in ((default, *others) for default, others in ROLES.items()):
        same = [name for name in names if given.get(name) is not None]
        if len(same) > 1:
            raise ParameterError(f"{' and '.join(same)} decide the same thing; give one of {', '.join(names)}")
    check_helium(given)


def check_helium(given: Mapping[str, Any]) -> None:
    """Raise ParameterError for a table of helium that would not be used."""
    if "sBBN file" in given and not helium_of_class(given):
        raise ParameterError(
            f"sBBN file = {given['sBBN file']!r} would not be used, because YHe is given to CLASS as a number; "
            'give YHe="BBN" too, and CLASS reads Y_p from this table'
        )


def helium_of_class(given: Mapping[str, Any]) -> bool:
    """Whether CLASS reads Y_p from its own table during the run: YHe is "BBN", or its default is dropped by None."""
    value = given.get("YHe", 0.0)
    return value is None or (isinstance(value, str) and value.upper() == "BBN")


def output_parameters(output: str) -> Parameters:
    """Return the parameters that an output needs; CLASS refuses those that it does not need."""
    if not output:
        return {}
    cmb = any(spectrum in output for spectrum in ("tCl", "pCl", "lCl"))
    result: Parameters = {"output": output, **({"l_max_scalars": L_MAX} if cmb else {})}
    if "lCl" in output and ("tCl" in output or "pCl" in output):
        result["lensing"] = "yes"
    return result


def failure(message: str, parameters: Mapping[str, Any]) -> str:
    """Say in a sentence what CLASS could not do, from its call stack and what it was given."""
    cause = _PLACE.sub("", message.strip().splitlines()[-1])
    sought = {name: f"{found} for {name} = {parameters[name]}" for name, found in SOUGHT.items() if name in parameters}
    if sought and "shooting" in message:
        why = "its root finder failed" if "root must be bracketed" in message else cause
        return (
            f"CLASS found no {' and no '.join(sought.values())} ({why}); change {' or '.join(sought)} or the densities "
            f"beside it, or give {' and '.join(sorted({SOUGHT[name] for name in sought}))} instead"
        )
    unread = message.partition("did not read input parameter(s):")[2].strip()
    if unread:
        return (
            f"CLASS did not read input parameters {unread}: it has no such parameter, or does not use it beside the "
            "others; leave it out, or drop a default by None"
        )
    return f"CLASS stopped: {cause}; it was given {dict(parameters)}; change the cosmological parameters"
