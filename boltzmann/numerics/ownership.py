"""Whose the folders of the cache are: who could have written into one, and what in one may be removed.

Compiled kernels are pickles, and reading a pickle runs it: whoever can write into the cache can run code as its user.
Trusted are the user and root, nobody else. A folder that the group can write counts as the user's own if the group is
the user's private one (where the umask is 002, the system gives everybody a group of their own). What is above the
cache folder is not judged: project folders of clusters belong to others, and who replaces a folder there becomes its
owner, which is seen at the next start.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARKER = "made-by-sterile-boltzmann"
_FORMAT = "sterile-boltzmann cache folder, format 1; it is removed when no run has used it for a month\n"
_VERSION = re.compile(r"version-[0-9a-f]{16}")
_OURS = re.compile(
    r"[a-z-]+-[0-9a-f]{16}\.(npz|\d+-\d+\.tmp)"  # tables
    r"|numba/[^/]+/[^/]+\.(nbi|nbc)(\.tmp\.[0-9a-f]+)?"  # compiled kernels
)


def mark(folder: Path) -> None:
    """Say in a new folder that this package made it; left out where that cannot be written."""
    with suppress(OSError):
        (folder / MARKER).write_text(_FORMAT)


def is_marked(folder: Path) -> bool:
    """Return whether this package made a folder for one version: its name, no link, and the marker in it."""
    marker = folder / MARKER
    if not _VERSION.fullmatch(folder.name) or folder.is_symlink() or marker.is_symlink():
        return False
    try:
        return marker.read_bytes() == _FORMAT.encode()
    except OSError:
        return False


def remove(folder: Path) -> None:
    """Remove the files that this package put into a folder, and the folder if nothing else is in it.

    Links are not followed and not removed. What cannot be removed stays.
    """
    for where, _, files in os.walk(folder, topdown=False):
        for file in (Path(where) / name for name in files):
            if _OURS.fullmatch(file.relative_to(folder).as_posix()) and stat.S_ISREG(file.lstat().st_mode):
                with suppress(OSError):
                    file.unlink()
    for place in (*sorted((folder / "numba").glob("*")), folder / "numba"):
        if not place.is_symlink():
            with suppress(OSError):  # a file, or a folder that is not empty
                place.rmdir()
    with suppress(OSError):
        if os.listdir(folder) == [MARKER]:
            (folder / MARKER).unlink()
            folder.rmdir()


def objections(folder: Path, *, inside: bool = True) -> Iterator[str]:
    """Yield what is wrong with a folder: everything by which others could have put something there.

    Parameters
    ----------
    folder : Path
        Looked at itself; with ``inside`` also all that is in it.
    inside : bool
        False for a folder that may be shared, such as /tmp, in which others cannot rename what is not theirs.
    """
    if not hasattr(os, "geteuid"):  # no owners of this kind on this system
        return
    yield from _objection(folder, sticky=not inside)
    for where, folders, files in os.walk(folder) if inside else ():
        for name in (*folders, *files):
            with suppress(FileNotFoundError):  # the temporary file of another run
                yield from _objection(Path(where) / name)


def _objection(path: Path, *, sticky: bool = False) -> Iterator[str]:
    state = path.stat() if sticky else path.lstat()
    shared = sticky and state.st_mode & stat.S_ISVTX
    if stat.S_ISLNK(state.st_mode):
        yield f"{path} is a symbolic link"
    elif state.st_uid not in (0, os.geteuid()):
        yield f"{path} belongs to another user"
    elif _others_write(state) and not shared:
        yield f"{path} can be written by other users"


def _others_write(state: os.stat_result) -> bool:
    by_group = bool(state.st_mode & stat.S_IWGRP) and not _is_private(state.st_gid)
    return by_group or bool(state.st_mode & stat.S_IWOTH)


def _is_private(group: int) -> bool:
    """Return whether a group is that of this user alone: the first group of the user, of the same name."""
    import grp
    import pwd

    try:
        user, found = pwd.getpwuid(os.geteuid()), grp.getgrgid(group)
    except KeyError:
        return False
    return group == user.pw_gid and found.gr_name == user.pw_name and set(found.gr_mem) <= {user.pw_name}
