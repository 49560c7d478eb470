"""Frames by content: what goes in comes out, whoever writes at the same time and whatever happens to the disk."""

from __future__ import annotations

import base64
import copy
import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from viddiff.core.errors import InputError
from viddiff.video import FrameStore
from viddiff.video.store import find_uri


def jpeg(value: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 8), (value, value, value)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FrameStore:
    return FrameStore(tmp_path / "cache" if request.param == "disk" else None)


def test_a_frame_comes_out_as_it_went_in(store: FrameStore) -> None:
    ref = store.put(jpeg(200))
    assert ref == sha256(jpeg(200)).hexdigest() == store.put(jpeg(200))
    assert store.read(ref) == jpeg(200)
    assert store.holds(ref)
    assert store.pixels(ref).shape == (8, 16, 3)
    assert np.all(store.pixels(ref) == 200)
    head, body = store.uri(ref).split(",")
    assert head == "data:image/jpeg;base64"
    assert base64.b64decode(body) == jpeg(200)
    assert store.notices == ()


@pytest.mark.parametrize("ref", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "a" * 65])
def test_a_reference_is_checked_before_it_is_a_path(store: FrameStore, ref: str) -> None:
    for read in (store.read, store.pixels, store.uri, lambda ref: find_uri(ref, [store])):
        with pytest.raises(InputError, match="is not a frame reference: 64 hex characters"):
            read(ref)


def test_missing_and_damaged_frames_are_told(tmp_path: Path, store: FrameStore) -> None:
    with pytest.raises(InputError, match="is not in the frame store"):
        store.read("0" * 64)
    with pytest.raises(InputError, match="is in no open frame store"):
        find_uri("0" * 64, [store])
    if store.root is not None:
        ref = store.put(jpeg(1))
        (path,) = tmp_path.rglob(f"{ref}.jpg")
        path.write_bytes(jpeg(2))
        with pytest.raises(InputError, match="is damaged"):
            store.read(ref)
        assert store.put(jpeg(1)) == ref
        assert store.read(ref) == jpeg(1)


def test_bytes_that_are_no_image_have_no_pixels(store: FrameStore) -> None:
    ref = store.put(b"nothing")
    with pytest.raises(InputError, match="is not an image"):
        store.pixels(ref)


def test_a_frame_is_taken_from_the_first_store_that_holds_it_undamaged(tmp_path: Path) -> None:
    disk, memory = FrameStore(tmp_path), FrameStore(None)
    on_disk, in_memory = disk.put(jpeg(11)), memory.put(jpeg(12))
    assert find_uri(on_disk, [memory, disk]) == disk.uri(on_disk)
    assert find_uri(in_memory, [disk, memory]) == memory.uri(in_memory)
    memory.put(jpeg(13))
    damaged = disk.put(jpeg(13))
    (path,) = tmp_path.rglob(f"{damaged}.jpg")
    path.write_bytes(jpeg(2))
    assert find_uri(damaged, [disk, memory]) == memory.uri(damaged)
    with pytest.raises(InputError, match="is in no open frame store"):
        find_uri(on_disk, [memory])


def test_few_frames_are_kept_ready_and_a_copy_of_a_store_is_the_store(store: FrameStore) -> None:
    refs = [store.put(jpeg(value)) for value in range(0, 200, 2)]
    first = [store.uri(ref) for ref in refs]
    assert [store.uri(ref) for ref in refs] == first
    assert len(store._uris) <= 64
    assert copy.deepcopy(store) is store


def test_a_root_that_cannot_be_written_falls_back_to_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = FrameStore(tmp_path / "file")
    (notice,) = store.notices
    assert "cannot be written" in notice
    assert store.root is None
    assert store.read(store.put(jpeg(5))) == jpeg(5)


def test_a_disk_that_fills_up_is_told_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FrameStore(tmp_path)

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="No space left on device"):
        store.put(jpeg(5))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_many_threads_and_processes_write_the_same_frames(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from viddiff.video import FrameStore; "
        "store = FrameStore(Path(sys.argv[1])); [store.put(b'frame %d' % (k % 20)) for k in range(300)]"
    )
    others = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(2)]
    store = FrameStore(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        refs = list(pool.map(lambda k: store.put(b"frame %d" % (k % 20)), range(300)))
    assert [process.wait(timeout=60) for process in others] == [0, 0]
    assert len(set(refs)) == 20
    assert [store.read(ref) for ref in refs] == [b"frame %d" % (k % 20) for k in range(300)]
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 20
