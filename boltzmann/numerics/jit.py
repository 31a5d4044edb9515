"""The numba policy of the package in one place: ``@kernel``.

A kernel whose name begins with an underscore can be called from kernels only: leaving out its Python wrapper saves
compile time. Kernels are pure functions of floats, arrays and NamedTuples; they release the GIL, never raise, and are
cached on disk below a hash of all kernel sources (see `boltzmann.numerics.cache`).
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

from boltzmann.numerics import cache

Function = TypeVar("Function", bound=Callable[..., Any])

#: The part of ``fastmath`` that leaves NaN checks intact; needed where a reduction is to be vectorised.
SAFE_FASTMATH = {"contract", "reassoc", "nsz"}


def _compile(function: Function, **options: Any) -> Function:
    """Decorate with numba, its cache pointed to this version's folder while the decorator looks for it."""
    wrappers = {"no_cfunc_wrapper": True, "no_cpython_wrapper": function.__name__.startswith("_")}
    config: Any = numba.config  # numba's stubs know neither its settings nor the wrapper options
    njit: Any = numba.njit
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache.version_folder() / "numba")
    try:
        return cast(Function, njit(cache=True, nogil=True, error_model="numpy", **wrappers, **options)(function))
    finally:
        config.CACHE_DIR = before


def kernel(function: Function) -> Function:
    """Compile a kernel with strict floating-point semantics."""
    return _compile(function)


def reduction_kernel(function: Function) -> Function:
    """Compile a kernel whose sums may be reordered (vectorised); NaN and inf keep their meaning."""
    return _compile(function, fastmath=SAFE_FASTMATH)


def inlined_kernel(function: Function) -> Function:
    """Compile a thin layer into its caller: one more compiled copy of everything below it costs 10 s at first call."""
    return _compile(function, inline="always")
