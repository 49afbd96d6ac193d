from __future__ import annotations

import bz2
import gzip
import os

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personas.errors import InputError
from personas.sources.streams import Limits, blocks, head, is_packed, verify

PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "zst": zstandard.ZstdCompressor().compress}


def content(path, **options) -> bytes:
    return b"".join(blocks(path, **options))


@pytest.mark.parametrize("suffix", PACKERS)
def test_an_archive_is_told_from_its_content_and_not_from_its_name(tmp_path, suffix):
    path = tmp_path / "posts.xml"
    path.write_bytes(PACKERS[suffix](b"<posts/>" * 100_000))
    assert is_packed(path)
    assert content(path) == b"<posts/>" * 100_000
    assert head(path, size=7) == b"<posts/"


@pytest.mark.parametrize("suffix", PACKERS)
def test_several_archives_in_one_file_are_read_one_after_the_other(tmp_path, suffix):
    path = tmp_path / "a"
    path.write_bytes(PACKERS[suffix](b"one ") + PACKERS[suffix](b"two"))
    assert content(path) == b"one two"


def test_zeros_after_a_gzip_archive_are_padding(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"one") + bytes(3000))
    assert content(path) == b"one"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(data=st.binary(min_size=1, max_size=5000), suffix=st.sampled_from([*PACKERS, ""]))
def test_what_was_packed_comes_out_unchanged(tmp_path, data, suffix):
    path = tmp_path / "a"
    path.write_bytes(PACKERS[suffix](data) if suffix else b"x" + data)
    assert content(path) == (data if suffix else b"x" + data)


@pytest.mark.parametrize("suffix", PACKERS)
def test_an_archive_that_is_cut_off_is_refused(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    packed = PACKERS[suffix](os.urandom(50_000))
    for size in (20, len(packed) // 2, len(packed) - 1):
        path.write_bytes(packed[:size])
        with pytest.raises(InputError, match="cut off"):
            verify(path)


@pytest.mark.parametrize("suffix", PACKERS)
def test_an_archive_that_is_damaged_is_refused(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    packed = bytearray(PACKERS[suffix](bytes(range(256)) * 400))
    packed[4:40] = b"\xff" * 36
    path.write_bytes(packed)
    with pytest.raises(InputError, match="damaged"):
        verify(path)


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_bomb_is_refused_long_before_it_is_unpacked(tmp_path, suffix):
    path = tmp_path / f"bomb.{suffix}"
    path.write_bytes(
        PACKERS[suffix](bytes(200 << 20)) if suffix != "gz" else gzip.compress(bytes(200 << 20), 1)
    )
    done = 0
    with pytest.raises(InputError, match="decompression bomb") as caught:
        for block in blocks(path):
            done += len(block)
    assert done <= 68 << 20
    assert "`ratio`" in caught.value.remedy


def test_the_total_that_an_archive_unpacks_to_is_limited(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(os.urandom(4000)))
    assert len(content(path, limits=Limits(unpacked=4000))) == 4000
    with pytest.raises(InputError, match="more than 3,999 bytes") as caught:
        content(path, limits=Limits(unpacked=3999))
    assert "`unpacked`" in caught.value.remedy


def test_a_limit_below_one_is_refused():
    with pytest.raises(InputError, match="the limit ratio is 0"):
        Limits(ratio=0)


@pytest.mark.parametrize("magic", [b"7z\xbc\xaf\x27\x1c\0\4", b"PK\x03\x04rest", b"\xfd7zXZ\x00rest"])
def test_an_archive_of_another_kind_is_to_be_unpacked_first(tmp_path, magic):
    path = tmp_path / "dump"
    path.write_bytes(magic)
    with pytest.raises(InputError, match="unpack it first"):
        content(path)


def test_an_empty_file_a_missing_one_and_a_folder_are_refused(tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "empty.gz").write_bytes(gzip.compress(b""))
    for name, problem in (
        ("empty", "empty"),
        ("empty.gz", "empty"),
        ("none", "no such file"),
        ("", "folder"),
    ):
        with pytest.raises(InputError, match=problem):
            head(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission_is_refused(tmp_path):
    path = tmp_path / "secret"
    path.write_text("x")
    path.chmod(0)
    with pytest.raises(InputError, match="cannot be read"):
        head(path)


def test_progress_counts_the_bytes_of_the_file_and_ends_at_its_size(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(os.urandom(1 << 20)))
    size, seen = path.stat().st_size, []
    content(path, progress=lambda *call: seen.append(call))
    assert [call[0] for call in seen] == [path] * len(seen)
    assert [call[1] for call in seen] == sorted({call[1] for call in seen})
    assert seen[-1] == (path, size, size)
    assert len(seen) > 3
