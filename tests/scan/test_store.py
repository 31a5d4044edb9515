"""Records: whole or absent, whatever happens to those who write them."""

import errno
import json
import logging
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from boltzmann.scan import store as module
from boltzmann.scan.store import Store, StoreError

KEY, OTHER = "abc" + 61 * "0", "abd" + 61 * "0"


def test_what_was_put_is_got(tmp_path: Path) -> None:
    store = Store(tmp_path / "new" / "store")
    assert store.get(KEY) is None
    store.put(KEY, {"N_eff": 3.044, "message": "line\nµ"})
    assert store.get(KEY) == {"N_eff": 3.044, "message": "line\nµ", "key": KEY}
    store.put(KEY, {"N_eff": 4.0})
    assert Store(store.folder).get(KEY) == {"N_eff": 4.0, "key": KEY}
    assert store.get(OTHER) is None
    assert store.path(KEY).parent.name == "abc"
    assert list((store.folder / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-3], lambda _: b"", lambda b: b.replace(b"3.0", b"4.0"), lambda b: b[3:]]
)
def test_a_damaged_record_counts_as_absent(tmp_path: Path, damage, caplog: pytest.LogCaptureFixture) -> None:
    store = Store(tmp_path)
    store.put(KEY, {"N_eff": 3.044})
    file = store.path(KEY)
    file.write_bytes(damage(file.read_bytes()))
    with caplog.at_level(logging.WARNING):
        assert store.get(KEY) is None
    assert f"{file} is damaged" in caplog.text


@pytest.mark.parametrize(
    "content",
    [b'{"N_eff": 3.0}', b'{"key": "%s"}' % OTHER.encode(), b"[1]", b"null", b"3", b"text", b"\xff", 5000 * b"["],
)
def test_what_is_whole_but_no_record_of_the_key_counts_as_absent(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(tmp_path)
    store.put(KEY, {"N_eff": 3.044})
    store.path(KEY).write_bytes(module._checksum(content) + b"\n" + content)
    with caplog.at_level(logging.WARNING):
        assert store.get(KEY) is None
    assert f"{store.path(KEY)} is damaged" in caplog.text


def test_a_record_under_the_name_of_another_counts_as_absent(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put(KEY, {"N_eff": 3.044})
    store.put(OTHER, {"N_eff": 4.0})
    store.path(KEY).write_bytes(store.path(OTHER).read_bytes())
    assert store.get(KEY) is None


def test_a_full_disk_is_a_sentence_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    store.put(OTHER, {"N_eff": 3.0})

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module, "os", SimpleNamespace(replace=full))
    with pytest.raises(StoreError, match=r"cannot be used \(No space left on device\); free space there"):
        store.put(KEY, {"N_eff": 3.0})
    assert list((tmp_path / "tmp").iterdir()) == []
    assert store.get(KEY) is None
    assert store.get(OTHER) == {"N_eff": 3.0, "key": OTHER}


def test_a_folder_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file/store cannot be used"):
        Store(tmp_path / "file" / "store")
    store = Store(tmp_path / "store")
    (store.folder / "abc").touch()
    with pytest.raises(StoreError, match="Not a directory"):
        store.get(KEY)


def test_left_over_files_are_removed_when_they_are_old(tmp_path: Path) -> None:
    """Those that this module writes; the files of others, links, and folders stay."""
    store, aside = Store(tmp_path), tmp_path / "tmp"
    old, new, linked = (aside / f"{digit * 32}.record" for digit in "123")
    theirs = aside / "notes.txt"
    for file in (old, new, theirs):
        file.write_text("half a rec")
    linked.symlink_to(theirs)
    (aside / f"{'4' * 32}.record").mkdir()
    for file in (old, theirs, linked, aside / f"{'4' * 32}.record"):
        os.utime(file, (0.0, time.time() - 2 * module.ABANDONED), follow_symlinks=False)
    Store(store.folder)
    assert {file.name[:5] for file in aside.iterdir()} == {"22222", "33333", "44444", "notes"}


def test_left_over_files_may_go_while_they_are_looked_at(tmp_path: Path) -> None:
    assert not module._is_abandoned(tmp_path / f"{'1' * 32}.record")


def test_a_claim_lasts_until_the_record_is_put_or_until_it_is_old(tmp_path: Path) -> None:
    store, other = Store(tmp_path), Store(tmp_path)
    assert store.claim(KEY)
    assert not other.claim(KEY)
    assert other.claim(OTHER)
    other.put(KEY, {"N_eff": 3.0})  # who insists
    assert store.claim(KEY)
    old = time.time() - 2 * module.ABANDONED
    os.utime(tmp_path / "tmp" / f"{KEY}.claim", (old, old))
    assert not other.claim(KEY)  # stores clean up when they are opened
    assert Store(tmp_path).claim(KEY)
    assert not store.claim(OTHER)
    store.release(OTHER)
    assert other.claim(OTHER)


def test_a_claim_without_a_folder_is_a_sentence(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (tmp_path / "tmp").rmdir()
    with pytest.raises(StoreError, match="No such file or directory"):
        store.claim(KEY)


def test_many_writers_of_one_record(tmp_path: Path) -> None:
    """Readers see one of the records written, never a mixture or a part."""
    store, wrong = Store(tmp_path), []

    def write(k: int) -> None:
        for _ in range(30):
            Store(tmp_path).put(KEY, {"writer": k, "text": str(k) * 5000})
            record = store.get(KEY)
            if record is None or record["text"] != str(record["writer"]) * 5000:
                wrong.append(record)

    threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert json.loads(store.path(KEY).read_bytes().partition(b"\n")[2])["text"]
