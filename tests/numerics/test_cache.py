"""The cache folder: where it is, what goes into it, and what happens when it fails."""

import errno
import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from boltzmann.numerics import cache, ownership

TABLE = {"a": np.arange(3.0), "b": np.eye(2)}


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder for each test; both functions remember their first answer, which must be forgotten twice."""
    monkeypatch.setenv("STERILE_CACHE_DIR", str(tmp_path))
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    cache.version_folder.cache_clear()
    cache.source_hash.cache_clear()


def counted(arrays: cache.Arrays, calls: list[int]) -> Callable[[], cache.Arrays]:
    """A table builder that counts how often it is called."""

    def build() -> cache.Arrays:
        calls.append(1)
        return arrays

    return build


def stored_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_folder_is_that_of_the_environment_else_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.root() == tmp_path
    monkeypatch.delenv("STERILE_CACHE_DIR")
    assert cache.root().name == "sterile-boltzmann"


def stored_tables(folder: Path) -> list[Path]:
    return [path for path in stored_files(folder) if path.suffix == ".npz"]


def test_table_is_built_once_and_read_back(tmp_path: Path) -> None:
    calls: list[int] = []
    for _ in range(3):
        read = cache.tables("test", (1, 2.0), counted(TABLE, calls))
        assert read.keys() == TABLE.keys()
        assert all(np.array_equal(read[name], TABLE[name]) for name in TABLE)
    assert len(calls) == 1
    (file,) = stored_tables(tmp_path)
    assert len(stored_files(tmp_path)) == 2  # and the marker: the temporary one is gone
    assert file.parent.name == f"version-{cache.source_hash()}"


@pytest.mark.parametrize(
    ("name", "key"), [("other", (1,)), ("test", (2,)), ("test", (1.5,)), ("test", (1, 1)), ("test", ("1",))]
)
def test_name_and_key_separate_tables(tmp_path: Path, name: str, key: tuple[object, ...]) -> None:
    calls: list[int] = []
    cache.tables("test", (1,), counted(TABLE, calls))
    cache.tables(name, key, counted(TABLE, calls))
    assert len(calls) == 2
    assert len(stored_tables(tmp_path)) == 2


@pytest.mark.parametrize("damage", ["empty", "no table", "truncated", "one byte"])
def test_damaged_table_is_rebuilt_and_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str) -> None:
    calls: list[int] = []
    cache.tables("test", (), counted(TABLE, calls))
    (file,) = stored_tables(tmp_path)
    whole = file.read_bytes()
    damaged = {"empty": b"", "no table": b"text", "truncated": whole[:99], "one byte": whole[:60] + b"?" + whole[61:]}
    file.write_bytes(damaged[damage])
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            read = cache.tables("test", (), counted(TABLE, calls))
            assert all(np.array_equal(read[name], TABLE[name]) for name in TABLE)
    assert len(calls) == 2
    (said,) = [record.getMessage() for record in caplog.records]
    assert str(file) in said
    assert "rebuilt" in said


def test_place_taken_by_a_folder_is_an_error_with_advice(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache.tables("test", (), lambda: TABLE)
    (file,) = stored_tables(tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(cache.CacheError, match="STERILE_CACHE_DIR"), caplog.at_level(logging.WARNING):
        cache.tables("test", (), lambda: TABLE)
    assert "cannot be read" in caplog.text
    assert not list(file.parent.glob("*.tmp"))


def test_interrupted_write_leaves_the_old_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.tables("test", (), lambda: TABLE)
    (file,) = stored_tables(tmp_path)
    before = file.read_bytes()

    def interrupted(target: object, **arrays: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.tables("test", ("new",), lambda: TABLE)
    assert file.read_bytes() == before
    # whatever the interrupted write left behind is not taken for a table
    assert stored_tables(tmp_path) == [file]


def test_folder_that_cannot_be_made_is_an_error_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("STERILE_CACHE_DIR", str(file))
    with pytest.raises(cache.CacheError, match=r"file.* cannot be written .*STERILE_CACHE_DIR"):
        cache.tables("test", (), lambda: TABLE)


def test_a_disk_that_refuses_is_an_error_with_advice_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    cache.version_folder()
    monkeypatch.setattr(cache.os, "replace", full)
    with pytest.raises(cache.CacheError, match=r"test-.*\(No space left on device\); free space.*STERILE_CACHE_DIR"):
        cache.tables("test", (), lambda: TABLE)
    assert [file.name for file in stored_files(tmp_path)] == [ownership.MARKER]


def test_what_is_complete_needs_no_right_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.tables("test", (), lambda: TABLE)
    forget()

    def denied(*arguments: object, **options: object) -> None:  # chmod would not stop root
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    for owner, name in ((cache.os, "utime"), (cache.tempfile, "TemporaryFile"), (Path, "write_bytes")):
        monkeypatch.setattr(owner, name, denied)
    assert np.array_equal(cache.tables("test", (), dict)["a"], TABLE["a"])
    with pytest.raises(cache.CacheError, match=r"Read-only file system\).*STERILE_CACHE_DIR"):
        cache.tables("test", ("missing",), lambda: TABLE)
    with pytest.raises(cache.CacheError, match="Read-only file system"):
        cache.ensure_writable(tmp_path)


def test_own_folder_is_kept_however_old(tmp_path: Path) -> None:
    folder = tmp_path / f"version-{cache.source_hash()}"
    folder.mkdir()
    (folder / "table.npz").touch()
    os.utime(folder, (0.0, 0.0))
    assert cache.version_folder() == folder
    assert stored_files(tmp_path)
    assert time.time() - folder.stat().st_mtime < 60.0  # marked as used now


HASH = "0123456789abcdef"


def old_version(root: Path, name: str = f"version-{HASH}", *, marked: bool = True) -> Path:
    """Make the folder of another version with one file of every kind that the package writes."""
    path = root / name
    (path / "numba" / "plasma_0f").mkdir(parents=True)
    files = [f"electron-{HASH}.npz", f"electron-{HASH}.12-345.tmp"]
    kernel = "numba/plasma_0f/thermo.density-12.py311"
    for file in (*files, f"{kernel}.nbi", f"{kernel}.1.nbc", f"{kernel}.1.nbc.tmp.{HASH}"):
        (path / file).touch()
    if marked:
        ownership.mark(path)
    age(path)
    return path


def age(path: Path, days: float = 60.0) -> None:
    os.utime(path, (time.time() - days * 86400.0,) * 2)


def test_folders_of_other_versions_go_after_a_month(tmp_path: Path) -> None:
    old, recent = old_version(tmp_path), old_version(tmp_path, "version-" + 16 * "1")
    age(recent, 29.0)
    assert cache.version_folder().is_dir()
    assert len(stored_files(recent)) == 6
    assert not old.exists()


@pytest.mark.parametrize("name", ["version-1.0", f"version-{HASH}", f"version-{HASH}0", "version-" + 16 * "x"])
def test_a_folder_that_the_package_did_not_make_is_never_touched(tmp_path: Path, name: str) -> None:
    """Whatever it is called and has in it: the marker is missing, or the name is not ours."""
    path = old_version(tmp_path, name, marked=name != f"version-{HASH}")
    (path / "thesis.tex").write_text("x")
    age(path)
    before = stored_files(path)
    cache.version_folder()
    assert stored_files(path) == before


def test_a_marker_of_other_content_is_none(tmp_path: Path) -> None:
    path = old_version(tmp_path, marked=False)
    (path / ownership.MARKER).write_text("sterile-boltzmann 7")
    age(path)
    assert len(stored_files(path)) == 6
    cache.version_folder()
    assert len(stored_files(path)) == 6


def test_what_others_put_into_a_folder_of_ours_stays(tmp_path: Path) -> None:
    """Files that the package does not write, and links, whatever they are called; their targets too."""
    path, elsewhere = old_version(tmp_path), tmp_path / "elsewhere"
    elsewhere.mkdir()
    theirs = [path / name for name in ("thesis.tex", f"numba/electron-{HASH}.npz", "numba/plasma_0f/notes.txt")]
    for file in (*theirs, elsewhere / f"electron-{HASH}.npz", elsewhere / "a.nbc"):
        file.write_text("x")
    link, folder_link = path / f"neutrino-{HASH}.npz", path / "numba" / "linked"
    link.symlink_to(elsewhere / f"electron-{HASH}.npz")
    folder_link.symlink_to(elsewhere)
    (path / "empty").mkdir()
    age(path)
    cache.version_folder()
    assert sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink()) == sorted(
        [*theirs, path / ownership.MARKER]
    )
    assert link.is_symlink()
    assert folder_link.is_symlink()
    assert (path / "empty").is_dir()
    assert len(stored_files(elsewhere)) == 2


def test_a_link_to_a_folder_of_ours_is_not_followed(tmp_path: Path) -> None:
    path = old_version(tmp_path / "another")
    (tmp_path / path.name).symlink_to(path)
    cache.version_folder()
    assert len(stored_files(path)) == 6


def test_an_existing_folder_is_used_and_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / f"version-{cache.source_hash()}").mkdir()
    assert stored_files(cache.version_folder()) == []


def test_what_is_created_is_the_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERILE_CACHE_DIR", str(tmp_path / "new"))
    before = os.umask(0)
    try:
        path = cache.version_folder()
    finally:
        os.umask(before)
    assert [p.stat().st_mode & 0o777 for p in (path, path.parent)] == [0o700, 0o700]


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to others")
STRANGER = 4242  # a user and group that the system does not know


@needs_root
@pytest.mark.parametrize("place", ["root", "version", "numba", "kernel"])
@pytest.mark.parametrize("wrong", ["owner", "others", "group", "link"])
def test_a_cache_that_others_could_have_written_is_refused(tmp_path: Path, place: str, wrong: str) -> None:
    root = tmp_path / "root"
    path = root / f"version-{cache.source_hash()}"
    (path / "numba").mkdir(parents=True)
    (path / "numba" / "kernel.nbi").touch()
    target = {"root": root, "version": path, "numba": path / "numba", "kernel": path / "numba" / "kernel.nbi"}[place]
    if wrong == "link":
        target.rename(tmp_path / "moved")
        target.symlink_to(tmp_path / "moved")
    elif wrong == "owner":
        os.chown(target, STRANGER, 0)
    else:
        os.chown(target, 0, STRANGER)
        target.chmod({"group": 0o775, "others": 0o757}[wrong])
    os.environ["STERILE_CACHE_DIR"] = str(root)  # of the fixture's monkeypatch
    if (place, wrong) == ("root", "link"):  # where the cache is, the user says
        assert cache.version_folder() == path
        return
    said = {"owner": "belongs to another user", "link": "is a symbolic link"}.get(wrong, "can be written by other")
    with pytest.raises(cache.CacheError, match=f"{target} {said}.*STERILE_CACHE_DIR to a folder of your own"):
        cache.version_folder()


@needs_root
def test_a_cache_of_root_and_one_in_tmp_are_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o1777)
    path = cache.version_folder()
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER)
    assert list(ownership.objections(path)) == []
    os.chown(tmp_path, STRANGER + 1, 0)
    assert len(list(ownership.objections(tmp_path, inside=False))) == 1


def test_the_users_private_group_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with umask 002, where everybody's first group has the name of the user and no other member."""
    import grp
    import pwd

    tmp_path.chmod(0o770)
    user = SimpleNamespace(pw_name="ada", pw_gid=tmp_path.stat().st_gid)
    monkeypatch.setattr(pwd, "getpwuid", lambda _: user)
    for name, members, gid, good in (
        ("ada", [], user.pw_gid, True),
        ("ada", ["ada"], user.pw_gid, True),
        ("ada", ["bob"], user.pw_gid, False),
        ("group", [], user.pw_gid, False),
        ("ada", [], user.pw_gid + 1, False),
    ):
        user.pw_gid = gid
        monkeypatch.setattr(grp, "getgrgid", lambda _, n=name, m=members: SimpleNamespace(gr_name=n, gr_mem=m))
        assert (list(ownership.objections(tmp_path)) == []) is good


def test_without_owners_nothing_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o777)
    monkeypatch.delattr(os, "geteuid")
    assert list(ownership.objections(tmp_path)) == []


def edit(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Pretend that the source file `name` has one more line."""
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read_bytes(path) + b"#" * path.as_posix().endswith(name))
    cache.source_hash.cache_clear()


@pytest.mark.parametrize(
    ("name", "matters"),
    [
        ("boltzmann/numerics/linear.py", True),
        ("boltzmann/collisions/damping.py", True),
        ("boltzmann/constants.py", True),
        ("boltzmann/numerics/jit.py", True),
        ("boltzmann/plasma/thermo.py", True),
        ("boltzmann/numerics/momentum.py", True),
        ("boltzmann/figures/style.py", False),
        ("boltzmann/cli/report.py", False),
    ],
)
def test_hash_changes_with_every_source_that_tables_depend_on(
    monkeypatch: pytest.MonkeyPatch, name: str, matters: bool
) -> None:
    before = cache.source_hash()
    edit(monkeypatch, name)
    assert (cache.source_hash() != before) is matters
