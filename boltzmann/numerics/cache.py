"""One folder for everything that is kept between runs: compiled kernels, collision tables, phase-space files.

The folder is ``STERILE_CACHE_DIR`` if that is set, else the user's cache folder. Compiled code and tables live below a
hash of the sources they were made from, because numba does not notice an edit in a *called* module: a stale cache
would be silent wrong physics. Folders of other versions that no run used for a month are emptied of what this package
put there (`boltzmann.numerics.ownership` says what that is, and whose folders are trusted). A folder that cannot be
written is as good as any other as long as nothing is missing in it.
"""

import hashlib
import io
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from boltzmann.numerics import ownership

logger = logging.getLogger(__name__)
Arrays = dict[str, Any]  # of numbers of any type, expanded into fields by who stored them
SHAPES_TABLES = {
    "constants.py",
    "jit.py",
    "loops.py",
    "mediator.py",
    "momentum.py",
    "thermo.py",
}  # besides the files that hold kernels
DIGEST_SIZE = 32  # of SHA-256 [bytes]
UNUSED_AFTER = 30 * 86400.0  # seconds after which another version's folder is removed


class CacheError(OSError):
    """The cache folder cannot be written, or others can write into it."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into a `CacheError` that names ``path``."""
    try:
        yield
    except CacheError:
        raise
    except OSError as error:
        raise CacheError(
            f"cache folder: {path} cannot be written ({error.strerror}); free space there, or set the environment "
            "variable STERILE_CACHE_DIR to a folder you may write to"
        ) from error


def root() -> Path:
    """Return the cache folder, ``STERILE_CACHE_DIR`` or the platform's user cache."""
    chosen = os.environ.get("STERILE_CACHE_DIR")
    return Path(chosen) if chosen else user_cache_path("sterile-boltzmann")


def folder(name: str) -> Path:
    """Return ``root()/name``, created if necessary; nobody else may enter what is created.

    Raises
    ------
    CacheError
        The folder cannot be created, or somebody else than the user and root could have put something into it.
    """
    path = root() / name
    with writing(path):
        for place in (root(), path):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for objection in (*ownership.objections(root(), inside=False), *ownership.objections(path)):
            raise CacheError(
                f"cache folder: {objection}, and what is compiled there is run; take the right from them (chmod -R "
                "go-w), or set the environment variable STERILE_CACHE_DIR to a folder of your own"
            )
    return path


def ensure_writable(path: Path) -> None:
    """Create a folder of the cache if necessary. Raises CacheError if no file can be written there."""
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass


@cache
def source_hash() -> str:
    """Return the hash of every source file that kernels or tables depend on."""
    here = Path(__file__).parents[1]
    digest = hashlib.sha256()
    # named apart, because rglob does not follow the link that boltzmann/potentials is in a checkout
    for file in sorted({*here.rglob("*.py"), *(here / "potentials").glob("*.py")}):
        text = file.read_bytes()
        if b"@kernel" in text or file.name in SHAPES_TABLES:
            digest.update(file.name.encode() + text)
    return digest.hexdigest()[:16]


@cache
def version_folder() -> Path:
    """Return the folder of this version's compiled kernels and tables, forgetting those long unused."""
    name = f"version-{source_hash()}"
    is_new = not (root() / name).exists()
    path = folder(name)
    if is_new:
        ownership.mark(path)
    with suppress(OSError):  # it may be read only
        os.utime(path)
    for other in root().glob("version-*"):
        if ownership.is_marked(other) and time.time() - other.stat().st_mtime > UNUSED_AFTER:
            ownership.remove(other)
    return path


def _read(path: Path) -> Arrays | None:
    """Return the arrays stored in ``path``; None if it is absent or damaged (logged once: it is rebuilt)."""
    try:
        stored = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        logger.warning("table cache %s cannot be read (%s); it is rebuilt", path, error)
        return None
    digest, content = stored[:DIGEST_SIZE], stored[DIGEST_SIZE:]
    if hashlib.sha256(content).digest() != digest:
        logger.warning("table cache %s is damaged; it is rebuilt", path)
        return None
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _write(path: Path, arrays: Arrays) -> None:
    """Store ``arrays`` behind their hash, so that readers see the old file or the whole new one."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    content, aside = buffer.getvalue(), path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
    with writing(path):
        try:
            aside.write_bytes(hashlib.sha256(content).digest() + content)
            os.replace(aside, path)
        finally:
            with suppress(OSError):
                aside.unlink(missing_ok=True)


def tables(name: str, key: tuple[object, ...], build: Callable[[], Arrays]) -> Arrays:
    """Return ``build()``, read from disk if it was computed before by the same code for the same ``key``.

    Parameters
    ----------
    name : str
        What the tables are, part of the file name.
    key : tuple
        Exactly the inputs that ``build`` depends on.
    build : callable
        Returns a dictionary of arrays.

    Raises
    ------
    CacheError
        They are not there and cannot be written.
    """
    path = version_folder() / f"{name}-{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.npz"
    arrays = _read(path)
    if arrays is None:
        arrays = build()
        _write(path, arrays)
    return arrays
