"""What `solve` is given, and what it says before it starts."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import is_dataclass
from pathlib import Path
from types import NoneType
from typing import Any

from boltzmann.errors import ParameterError
from boltzmann.kinetics.stepper import advance
from boltzmann.parameters import Asymmetry, Mixing, Options

#: One of which an interaction has.
METHODS = ("terms", "mediator", "relic", "matter", "couplings_to_electrons", "mass_term")
logger = logging.getLogger(__name__)
_NO_INTERACTION = (
    "is neither a potential (with a method terms), a secret interaction (mediator), decaying matter (matter) nor a "
    "relic (relic)"
)


def checked(mixing: Any, interactions: Any, options: Any, asymmetry: Any = None) -> tuple[tuple[Any, ...], Options]:
    """Return the interactions as a tuple, and options, when all are what `solve` takes."""
    if not isinstance(mixing, Mixing):
        raise ParameterError(f'mixing = {mixing!r} is no Mixing; give for example Mixing(dm2_41="1 eV2", Ue4_sq=0.01)')
    if isinstance(interactions, Options):
        raise ParameterError(f"interactions = {interactions!r} is no interaction; give options by name: options=...")
    if not isinstance(options, (Options, NoneType)):
        raise ParameterError(f"options = {options!r} is no Options; give for example options=Options(n_momenta=14)")
    if not isinstance(asymmetry, (Asymmetry, NoneType)):
        raise ParameterError(f"asymmetry = {asymmetry!r} is no Asymmetry; give for example Asymmetry(xi=0.01)")
    several = interactions is not None and not _is_interaction(interactions)
    if several and (isinstance(interactions, str) or not isinstance(interactions, Iterable)):
        raise ParameterError(f"interactions = {interactions!r} {_NO_INTERACTION}")
    extra = tuple(interactions) if several else () if interactions is None else (interactions,)
    for interaction in extra:
        if not _is_interaction(interaction):
            raise ParameterError(f"interactions has {interaction!r}, which {_NO_INTERACTION}")
    return tuple(_constant(interaction) for interaction in extra), options or Options()


def _constant(interaction: Any) -> Any:
    """Return an interaction that nobody changes; tables are kept by the object that they were made of.

    One that compares by identity may be changed by who gave it, and is copied.

    Raises
    ------
    ParameterError
        It has no hash.
    """
    try:
        hash(interaction)
    except TypeError as error:
        raise ParameterError(
            f"interactions has {interaction!r}, which can change ({error}); make {type(interaction).__name__} a frozen "
            "dataclass, @dataclass(frozen=True), whose fields are numbers, texts or tuples"
        ) from error
    its_type: Any = type(interaction)
    by_identity = its_type.__hash__ is object.__hash__ and not is_dataclass(interaction)
    return deepcopy(interaction) if by_identity else interaction


def _is_interaction(value: Any) -> bool:
    return not isinstance(value, type) and any(hasattr(value, name) for name in METHODS)


def announce_compilation() -> None:
    """Say why the first solution of a version takes long, unless its machine code is there."""
    compiler: Any = advance
    if not hasattr(compiler, "cache_path") or compiler.signatures:  # without a compiler, or compiled by this process
        return
    folder = Path(compiler.cache_path)
    if not any(folder.glob("*.advance-*.nbi")):
        logger.warning("first run of this version: compiling its kernels takes about a minute; kept in %s", folder)
