"""The key, and what it makes of names."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.errors import InputError
from personas.keys import fingerprint, member_id, user_key

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config"


def test_the_users_key_is_made_once_and_for_the_user_alone(home):
    key = user_key()
    (path,) = [path for path in home.rglob("*") if path.is_file()]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(key) >= 32
    assert user_key() == key == path.read_bytes()


def test_two_users_have_two_keys(home, monkeypatch, tmp_path):
    first = user_key()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "another"))
    assert user_key() != first


def test_processes_that_start_together_have_one_key(home):
    code = "from personas.keys import user_key; print(user_key().decode())"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    together = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(6)
    ]
    assert len({process.communicate()[0] for process in together} - {""}) == 1
    assert all(process.returncode == 0 for process in together)


def test_a_half_written_key_is_never_seen(home, monkeypatch):
    import personas.keys

    def interrupted(size):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(personas.keys.secrets, "token_hex", interrupted)
        user_key()
    assert len(user_key()) >= 32


def test_a_key_file_is_used_as_it_is(tmp_path):
    (tmp_path / "key").write_bytes(b"sixteen bytes!!!\n")
    assert user_key(tmp_path / "key") == b"sixteen bytes!!!"


def test_a_short_key_is_refused_without_being_shown(tmp_path):
    (tmp_path / "key").write_text("secret")
    with pytest.raises(InputError, match="the key has 6 bytes.*at least 16") as caught:
        user_key(tmp_path / "key")
    assert "secret" not in str(caught.value)


def test_a_key_that_cannot_be_read_is_named(tmp_path):
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(InputError, match="the key cannot be read.*--key-file") as caught:
            user_key(path)
        assert caught.value.where == str(path)


def test_a_home_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"key can(not)? be.*--key-file"):
        user_key()


@given(name=st.text(), key=st.binary(min_size=16, max_size=100))
def test_a_pseudonym_is_an_m_and_sixteen_digits(name, key):
    pseudonym = member_id(name, key)
    assert len(pseudonym) == 17
    assert pseudonym[0] == "m"
    int(pseudonym[1:], 16)
    assert pseudonym == member_id(name, key)


@given(names=st.lists(st.text(), min_size=2, max_size=2, unique=True))
def test_two_names_have_two_pseudonyms(names):
    assert member_id(names[0], b"0" * 16) != member_id(names[1], b"0" * 16)


def test_names_that_no_file_could_hold_have_a_pseudonym_too():
    assert member_id("\ud800", b"0" * 16) != member_id("\udfff", b"0" * 16)


def test_a_fingerprint_tells_keys_apart_and_gives_none_away():
    assert fingerprint(b"0" * 16) != fingerprint(b"1" * 16)
    assert len(fingerprint(b"0" * 16)) == 8
    assert fingerprint(b"0" * 16) not in member_id("ada", b"0" * 16)
