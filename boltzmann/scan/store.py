"""A folder of records, one file per point, that survives whatever ends the programs that write it.

``<folder>/<3 hex digits>/<key>.json`` holds the SHA-256 of what follows, a line end, and one JSON object that repeats
the key. A record is written in ``<folder>/tmp`` and moved into place: readers see none or the whole one, and any number
of scans may share a folder. What is damaged, no object, or the record of another key counts as absent. An empty file
``<folder>/tmp/<key>.claim`` says that a program is at a record: a hint, by which scans that share a folder take turns.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import stat
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from boltzmann.errors import ParameterError

logger = logging.getLogger(__name__)
_ASIDE = re.compile(r"[0-9a-f]{32}\.record|[0-9a-f]{64}\.claim")  # what this module writes in tmp
ABANDONED = 3600.0  # age of a file in tmp, where records are for milliseconds and claims for seconds, to be removed [s]


class StoreError(OSError):
    """The store cannot be read or written."""


def _error(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        f"store = {folder} cannot be used ({error.strerror}); free space there or give another folder: the points that "
        "are done are kept, and the same scan goes on from them"
    )


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _is_abandoned(file: Path) -> bool:
    """Return whether a file is one of ours, left by a program that was killed."""
    try:
        state = file.lstat()
    except FileNotFoundError:
        return False
    is_ours = stat.S_ISREG(state.st_mode) and _ASIDE.fullmatch(file.name)
    return bool(is_ours) and time.time() - state.st_mtime > ABANDONED


def _decoded(stored: bytes, key: str) -> dict[str, Any] | None:
    """Return the record of a key; None if these bytes are none."""
    checksum, _, content = stored.partition(b"\n")
    if checksum != _checksum(content):
        return None
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and record.get("key") == key else None


class Store:
    """The records below a folder.

    Parameters
    ----------
    folder : Path
        Created if necessary; left-over files of writers that were killed are removed.

    Raises
    ------
    StoreError
        The folder cannot be written; every method raises this if the disk does not let it do its work.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._aside = folder / "tmp"
        try:
            self._aside.mkdir(parents=True, exist_ok=True)
            for file in filter(_is_abandoned, self._aside.iterdir()):
                file.unlink(missing_ok=True)  # another scan may be faster
        except OSError as error:
            raise _error(folder, error) from error

    def path(self, key: str) -> Path:
        """Return where the record of a key is, or would be."""
        return self.folder / key[:3] / f"{key}.json"

    def get(self, key: str) -> dict[str, Any] | None:
        """Return a record; None if it is absent or damaged, which is logged."""
        try:
            stored = self.path(key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _error(self.folder, error) from error
        record = _decoded(stored, key)
        if record is None:
            logger.warning("the record %s is damaged; it is computed again", self.path(key))
        return record

    def _claim(self, key: str) -> Path:
        return self._aside / f"{key}.claim"

    def claim(self, key: str) -> bool:
        """Return whether no other program is known to be at a record, and say that this one is: until `put`, `release`.

        What a program that was killed has claimed stays so until it is old: it is for who has nothing else to do.
        """
        try:
            self._claim(key).touch(exist_ok=False)
        except FileExistsError:
            return False
        except OSError as error:
            raise _error(self.folder, error) from error
        return True

    def release(self, key: str) -> None:
        """Take a claim back."""
        with suppress(OSError):
            self._claim(key).unlink(missing_ok=True)

    def put(self, key: str, record: dict[str, Any]) -> None:
        """Write a record, which must have no NaN, and its key; an older one is replaced."""
        content = json.dumps({**record, "key": key}, allow_nan=False).encode()
        path, aside = self.path(key), self._aside / f"{uuid.uuid4().hex}.record"
        try:
            aside.write_bytes(_checksum(content) + b"\n" + content)
            path.parent.mkdir(exist_ok=True)
            os.replace(aside, path)
        except OSError as error:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            raise _error(self.folder, error) from error
        finally:
            self.release(key)


def opened(folder: str | Path | None) -> str:
    """Return the whole name of the folder of a store, which is made; "" for none.

    Raises
    ------
    ParameterError
        It is no name.
    StoreError
        As `Store`.
    """
    if folder is None:
        return ""
    if not isinstance(folder, (str, Path)) or folder == "":
        raise ParameterError(f"store = {folder!r} is not allowed; give the name of a folder, or None for no store")
    return str(Store(Path(folder).absolute()).folder)
