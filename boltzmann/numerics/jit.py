"""The numba policy of the package in one place: ``@kernel``.

Kernels are pure functions of floats, arrays and NamedTuples; they release the GIL, never raise, and are cached on disk
below a hash of all kernel sources (see `boltzmann.numerics.cache`). One that Python calls is compiled with all that it
calls, optimised as one piece. Those below it are parts: numba by itself would optimise each of them, with all below it
once more, and make machine code that nobody runs, which took three fifths of the time of a first call.

Where its folder cannot be written, numba would keep compiled code elsewhere; here a complete folder may be read only,
and a kernel that is missing in it is a `CacheError` before it is compiled.
"""

import gc
import hashlib
import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, update_wrapper
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import caching, config, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.extending import overload

from boltzmann.numerics import cache

Function = TypeVar("Function", bound=Callable[..., Any])
Result = TypeVar("Result")

logger = logging.getLogger(__name__)

#: The part of ``fastmath`` that leaves NaN checks intact; needed where a reduction is to be vectorised.
SAFE_FASTMATH = {"contract", "reassoc", "nsz"}
GARBAGE = 100_000  # objects made between two searches for garbage while kernels are compiled; Python's 700 take 12%


class _Place:
    """Where numba keeps a kernel: in this version's folder, whether it can be written or not."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._py_file = file  # numba names it in warnings
        self._line = function.__code__.co_firstlineno

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> "_Place":
        return cls(function, file)

    def get_cache_path(self) -> str:
        folder = Path(self._py_file).parent
        return str(cache.version_folder() / "numba" / f"{folder.name}_{hashlib.sha256(bytes(folder)).hexdigest()[:16]}")

    def get_source_stamp(self) -> bytes:
        return hashlib.sha256(Path(self._py_file).read_bytes()).digest()

    def get_disambiguator(self) -> str:
        return str(self._line)

    def ensure_cache_path(self) -> None:
        cache.ensure_writable(Path(self.get_cache_path()))


class _Kept(caching.CompileResultCacheImpl):
    _locator_classes: list[type[object]] = [_Place]  # noqa: RUF012, an attribute of numba's class


class _NumbasCache(caching.FunctionCache):
    _impl_class = _Kept


class KernelCache:
    """The compiled forms of one kernel on disk, for numba; what is damaged is compiled again.

    Its file is looked for when a form is asked for: most kernels are only called by others and never are.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    @cached_property
    def _numbas(self) -> Any:  # whose methods are not typed
        make: Any = _NumbasCache
        return make(self._function)

    @property
    def cache_path(self) -> str:
        """The folder of its files."""
        return str(self._numbas.cache_path)

    def flush(self) -> None:
        """Forget all compiled forms. Raises CacheError if the disk does not let it."""
        with cache.writing(Path(self.cache_path)):
            self._numbas.flush()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return a compiled form; None if it is to be compiled. Raises CacheError if that could not be kept."""
        damaged = False
        try:
            found = self._numbas.load_overload(sig, target_context)
        except Exception as error:  # noqa: BLE001, a damaged pickle may raise anything
            logger.warning("compiled code in %s cannot be read (%s); it is compiled again", self.cache_path, error)
            found, damaged = None, True
        if found is None:
            cache.ensure_writable(Path(self.cache_path))
        if damaged:
            self.flush()
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled form. Raises CacheError if the disk does not let it."""
        with cache.writing(Path(self.cache_path)):
            self._numbas.save_overload(sig, data)


@contextmanager
def _rare_garbage() -> Iterator[None]:
    """Search for garbage rarely: a compiler keeps most of what it makes."""
    before = gc.get_threshold()
    gc.set_threshold(max(GARBAGE, before[0]), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _PartLibrary(JITCodeLibrary):
    """Code of a kernel and of those below it, to be linked: neither optimised nor made machine code of."""

    def _optimize_final_module(self) -> None:
        """Leave it to whom it is linked to."""

    def _finalize_final_module(self) -> None:
        """Give nothing to numba's execution engine."""
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:  # noqa: ARG002
        """Return the address of nothing."""
        return 0

    @property
    def codegen(self) -> "_PartLibrary":
        """Who is told of the environment, which only calls by Python need."""
        return self

    def set_env(self, name: str, environment: Any) -> None:
        """Forget it: where no code is, it has no place."""


class _EntryCompiler(Compiler):
    """Compile for calls by Python."""

    def compile_extra(self, function: Callable[..., Any]) -> Any:
        with _rare_garbage():
            return super().compile_extra(function)


class _PartCompiler(Compiler):
    """Compile for calls by kernels."""

    def compile_extra(self, function: Callable[..., Any]) -> Any:
        self.state.library = _PartLibrary(self.state.targetctx.codegen(), function.__qualname__)
        return super().compile_extra(function)


_njit: Any = numba.njit  # whose stubs do not know all options
_PART: Any = {"pipeline_class": _PartCompiler, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


class Kernel:
    """A function in two compiled forms: for calls by Python, kept on disk; in kernels that name it, a part of them.

    Either is made ready when it is needed: of the hundreds of kernels a run calls a few.
    """

    def __init__(self, function: Callable[..., Any], **options: Any) -> None:
        update_wrapper(self, function)
        self._function = function
        self._options = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, **options}

    @cached_property
    def _entry(self) -> Any:
        compiled = _njit(**self._options, pipeline_class=_EntryCompiler)(self._function)
        compiled._cache = KernelCache(self._function)
        return compiled

    @cached_property
    def _part(self) -> Any:
        return _njit(**(self._options | _PART))(self._function)

    def __call__(self, *arguments: Any) -> Any:
        """Run what was compiled for these types, compiling it the first time."""
        return self._entry(*arguments)

    @property
    def _numba_type_(self) -> Any:  # what numba takes it for in a kernel
        return self._part._numba_type_

    @property
    def signatures(self) -> list[Any]:
        """Types for which this process has it compiled for Python."""
        return list(self._entry.signatures)

    @property
    def cache_path(self) -> str:
        """The folder of its files."""
        return str(self._entry._cache.cache_path)


def _compile(function: Function, **options: Any) -> Function:
    """Decorate a kernel, unless NUMBA_DISABLE_JIT says not to."""
    disabled = config.DISABLE_JIT  # type: ignore[attr-defined]  # made when numba is imported
    return function if disabled else cast(Function, Kernel(function, **options))


def kernel(function: Function) -> Function:
    """Compile a kernel with strict floating-point semantics."""
    return _compile(function)


def reduction_kernel(function: Function) -> Function:
    """Compile a kernel whose sums may be reordered (vectorised); NaN and inf keep their meaning."""
    return _compile(function, fastmath=SAFE_FASTMATH)


def optional_kernel(argument: str, otherwise: Any = None) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Compile a kernel for runs in which ``argument``, a part of tables or scratch space, is not None.

    In runs that do without (known from its type, so that nothing of the kernel is compiled) a call returns
    ``otherwise``, or what that kernel returns for the same arguments.
    """

    def decorate(function: Callable[..., Result]) -> Callable[..., Result]:
        compiled: Any = kernel(function)
        position = list(inspect.signature(function).parameters).index(argument)

        def absent(*arguments: Any) -> Any:
            return otherwise(*arguments) if callable(otherwise) else otherwise

        def dispatch(*arguments: Any) -> Any:
            return absent(*arguments) if arguments[position] is None else compiled(*arguments)

        def choose(*kinds: Any) -> Callable[..., Any]:
            if isinstance(kinds[position], types.NoneType):
                return _calling(otherwise) if callable(otherwise) else _returning(otherwise)
            return _calling(compiled)

        overload(dispatch, strict=False, jit_options=_PART)(choose)
        return dispatch

    return decorate


def _calling(target: Any) -> Callable[..., Any]:
    def implementation(*arguments: Any) -> Any:
        return target(*arguments)

    return implementation


def _returning(value: Any) -> Callable[..., Any]:
    def implementation(*arguments: Any) -> Any:  # noqa: ARG001
        return value

    return implementation
