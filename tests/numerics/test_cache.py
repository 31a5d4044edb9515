"""The cache folder: where it is, what goes into it, and what happens when it fails."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from boltzmann.numerics import cache

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


def test_table_is_built_once_and_read_back(tmp_path: Path) -> None:
    calls: list[int] = []
    for _ in range(3):
        read = cache.tables("test", (1, 2.0), counted(TABLE, calls))
        assert read.keys() == TABLE.keys()
        assert all(np.array_equal(read[name], TABLE[name]) for name in TABLE)
    assert len(calls) == 1
    (file,) = stored_files(tmp_path)  # one file: the temporary one is gone
    assert file.suffix == ".npz"
    assert file.parent.name == f"version-{cache.source_hash()}"


@pytest.mark.parametrize(
    ("name", "key"), [("other", (1,)), ("test", (2,)), ("test", (1.5,)), ("test", (1, 1)), ("test", ("1",))]
)
def test_name_and_key_separate_tables(tmp_path: Path, name: str, key: tuple[object, ...]) -> None:
    calls: list[int] = []
    cache.tables("test", (1,), counted(TABLE, calls))
    cache.tables(name, key, counted(TABLE, calls))
    assert len(calls) == 2
    assert len(stored_files(tmp_path)) == 2


@pytest.mark.parametrize("damage", ["empty", "no table", "truncated", "one byte"])
def test_damaged_table_is_rebuilt_and_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str) -> None:
    calls: list[int] = []
    cache.tables("test", (), counted(TABLE, calls))
    (file,) = stored_files(tmp_path)
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
    (file,) = stored_files(tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(cache.CacheError, match="STERILE_CACHE_DIR"), caplog.at_level(logging.WARNING):
        cache.tables("test", (), lambda: TABLE)
    assert "cannot be read" in caplog.text
    assert not list(file.parent.glob("*.tmp"))


def test_interrupted_write_leaves_the_old_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.tables("test", (), lambda: TABLE)
    (file,) = stored_files(tmp_path)
    before = file.read_bytes()

    def interrupted(target: object, **arrays: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.tables("test", ("new",), lambda: TABLE)
    assert file.read_bytes() == before
    # whatever the interrupted write left behind is not taken for a table
    assert [path for path in stored_files(tmp_path) if path.suffix == ".npz"] == [file]


def test_folder_that_cannot_be_made_is_an_error_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("STERILE_CACHE_DIR", str(file))
    with pytest.raises(cache.CacheError, match=r"file.* cannot be written .*STERILE_CACHE_DIR"):
        cache.tables("test", (), lambda: TABLE)


def test_folder_without_permission_is_an_error_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**options: object) -> None:  # chmod would not stop root, who often runs tests in containers
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(cache.tempfile, "TemporaryFile", denied)
    with pytest.raises(cache.CacheError, match=r"Permission denied\).*STERILE_CACHE_DIR"):
        cache.folder("tables")


def test_folders_of_other_versions_go_after_a_month(tmp_path: Path) -> None:
    old, recent, foreign = tmp_path / "version-old", tmp_path / "version-recent", tmp_path / "keep"
    now = time.time()
    for path, days in ((old, 31), (recent, 29), (foreign, 400)):
        path.mkdir()
        (path / "table.npz").touch()
        os.utime(path, (now - days * 86400.0,) * 2)
    current = cache.version_folder()
    assert current.is_dir()
    assert recent.is_dir()
    assert foreign.is_dir()  # only folders that this module made are removed
    assert not old.exists()


def test_own_folder_is_kept_however_old(tmp_path: Path) -> None:
    folder = tmp_path / f"version-{cache.source_hash()}"
    folder.mkdir()
    (folder / "table.npz").touch()
    os.utime(folder, (0.0, 0.0))
    assert cache.version_folder() == folder
    assert stored_files(tmp_path)
    assert time.time() - folder.stat().st_mtime < 60.0  # marked as used now


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
