"""An export on the Hub, over real HTTP: what is sent, what is never sent, and what is said where it fails."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from made_export import made_manifest, made_record, made_rows, write_export
from stand_in_hub import pushed_hub

from personas.errors import InputError
from simulator.export.hub import push_to_hub
from simulator.export.manifest import MANIFEST
from simulator.export.selection import Shape

TOKEN = "hf_" + "aB3" * 8

PUSH = """
import json, sys
from simulator.export.hub import push_to_hub
from personas.errors import InputError
for options in json.loads(sys.argv[1]):
    try:
        print(push_to_hub(**options))
    except InputError as error:
        print(error)
"""


def pushed(home, *options, **environment):
    """Push in a process of its own, as the library reads its environment when it is imported; return what is printed."""
    import json

    known = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", PUSH, json.dumps(options)],
        env={
            **known,
            "HF_HOME": str(home / "home"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_XET": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert TOKEN not in done.stdout + done.stderr
    return done.stdout.splitlines()


def exported(folder, count=5, files="parquet"):
    rows = made_rows([made_record(f"p{number}") for number in range(count)])
    rows = {config: {"train": many, "test": many[:1]} for config, many in rows.items()}
    write_export(folder, rows, shape=Shape(files=files, shard_rows=2), replace=True)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def with_journal(folder):
    """A run's journal whose rows are in its log alone, and things that are nobody's business."""
    (folder / "run").mkdir(parents=True)
    (folder / "run" / "engine.lock").write_text("")
    db = sqlite3.connect(folder / "run" / "journal.sqlite")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE calls (reply TEXT)")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("INSERT INTO calls VALUES ('in the log')")
    db.commit()
    return db


def test_card_manifest_and_data_are_sent_byte_for_byte_and_nothing_else(tmp_path):
    folder = tmp_path / "prefs"
    with closing(with_journal(folder)), pushed_hub(TOKEN) as hub:
        (folder / ".env").write_text("SECRET=1")
        sent = exported(folder)
        lines = pushed(
            tmp_path,
            {"folder": str(folder), "repository": "me/prefs", "token": TOKEN},
            HF_ENDPOINT=hub.address,
        )
    assert lines == [f"{hub.address}/datasets/me/prefs"]
    wanted = {name: content for name, content in sent.items() if not name.startswith(("run/", "."))}
    assert hub.files["me/prefs"] == {**wanted, ".gitattributes": b""}
    assert len(hub.commits) == 1
    assert hub.private == {"me/prefs": True}
    assert any(name.endswith(".parquet") for name in wanted)


def test_a_second_push_removes_the_files_of_the_first_that_are_no_more(tmp_path):
    folder = tmp_path / "prefs"
    options = {"folder": str(folder), "repository": "me/prefs"}
    with pushed_hub(TOKEN) as hub:
        environment = {"HF_ENDPOINT": hub.address, "HF_TOKEN": TOKEN}
        exported(folder, 5)
        pushed(tmp_path, options, **environment)
        hub.files["me/prefs"]["LICENSE"] = b"kept"
        sent = exported(folder, 2)
        pushed(tmp_path, options, **environment)
    assert hub.files["me/prefs"] == {**sent, ".gitattributes": b"", "LICENSE": b"kept"}
    assert hub.commits[1][2] == [
        f"data/{config}/train-0000{number}.parquet"
        for config in ("full", "preference", "unpaired")
        for number in (1, 2)
    ]


def test_the_journal_is_sent_where_it_is_asked_for_with_what_its_log_holds(tmp_path):
    folder = tmp_path / "prefs"
    with closing(with_journal(folder)), pushed_hub(TOKEN) as hub:
        exported(folder)
        options = {"folder": str(folder), "repository": "me/prefs", "token": TOKEN, "with_journal": True}
        pushed(tmp_path, options, HF_ENDPOINT=hub.address)
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(hub.files["me/prefs"]["run/journal.sqlite"])
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("SELECT reply FROM calls").fetchall() == [("in the log",)]
    assert "run/engine.lock" not in hub.files["me/prefs"]


def test_what_is_pushed_loads_from_the_hub(tmp_path):
    folder = tmp_path / "prefs"
    exported(folder, files="jsonl")
    program = "import datasets\nprint([row['row'] for row in datasets.load_dataset('me/prefs', 'preference', split='train')])"
    with pushed_hub(TOKEN) as hub:
        options = {"folder": str(folder), "repository": "me/prefs", "token": TOKEN, "private": False}
        environment = {"HF_ENDPOINT": hub.address, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "cache")}
        pushed(tmp_path, options, **environment)
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.stdout.strip() == str([f"p{number}/tea/1-0" for number in range(5)]), done.stderr
    assert hub.private == {"me/prefs": False}


def test_a_private_export_is_not_added_to_a_public_repository(tmp_path):
    folder = tmp_path / "prefs"
    exported(folder)
    with pushed_hub(TOKEN) as hub:
        hub.files["me/open"], hub.private["me/open"] = {}, False
        told = pushed(
            tmp_path,
            {"folder": str(folder), "repository": "me/open", "token": TOKEN},
            {"folder": str(folder), "repository": "me/open", "token": TOKEN, "private": False},
            HF_ENDPOINT=hub.address,
        )
    assert told[0].startswith("me/open: the repository is public, and the export is to be private; ")
    assert told[1] == f"{hub.address}/datasets/me/open"
    assert len(hub.commits) == 1


def test_failures_of_token_name_and_server_are_told_without_the_token(tmp_path):
    folder = tmp_path / "prefs"
    exported(folder)
    options = {"folder": str(folder), "repository": "me/prefs"}
    with pushed_hub(TOKEN) as hub:
        hub.refuse = 400
        told = pushed(
            tmp_path,
            options,
            {**options, "token": "hf_wrong"},
            {**options, "repository": "no name/at all", "token": TOKEN},
            {**options, "token": TOKEN},
            HF_ENDPOINT=hub.address,
        )
    assert told[0] == (
        "me/prefs: there is no token for the Hub; log in with `hf auth login`, or set HF_TOKEN to a token that may write"
    )
    assert told[1].startswith("me/prefs: the Hub refuses the token: ")
    assert told[2].startswith("no name/at all: it is no name of a repository: ")
    assert told[3].startswith("me/prefs: the Hub refuses it: ")
    assert "hf_wrong" not in told[1]
    assert hub.commits == []


def test_a_hub_that_is_not_there_is_told(tmp_path):
    folder = tmp_path / "prefs"
    exported(folder)
    options = {"folder": str(folder), "repository": "me/prefs", "token": TOKEN}
    (gone,) = pushed(tmp_path, options, HF_ENDPOINT="http://127.0.0.1:9")
    (offline,) = pushed(tmp_path, options, HF_HUB_OFFLINE="1")
    assert gone.startswith("me/prefs: the Hub cannot be reached: ")
    assert gone.endswith("; check the network, and try again")
    assert offline == "HF_HUB_OFFLINE: the Hub is not to be reached; unset it"


def test_where_no_whole_export_is_nothing_is_asked_of_the_hub(tmp_path):
    with pytest.raises(InputError, match="no whole export is here"):
        push_to_hub(tmp_path, "me/prefs", token=TOKEN)


def test_a_file_that_was_changed_or_is_gone_is_not_pushed(tmp_path):
    exported(tmp_path)
    file = tmp_path / "data" / "full" / "train-00000.parquet"
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(InputError, match=r"train-00000.parquet: it was changed after it was written"):
        push_to_hub(tmp_path, "me/prefs", token=TOKEN)
    file.unlink()
    with pytest.raises(InputError, match=r"train-00000.parquet: it cannot be read: No such file"):
        push_to_hub(tmp_path, "me/prefs", token=TOKEN)


def test_an_export_without_its_card_is_not_pushed(tmp_path):
    exported(tmp_path)
    (tmp_path / "README.md").unlink()
    with pytest.raises(InputError, match="the card is missing"):
        push_to_hub(tmp_path, "me/prefs", token=TOKEN)


def test_a_journal_that_is_gone_or_none_is_told(tmp_path):
    exported(tmp_path)
    with pytest.raises(InputError, match="the run's journal is not there; push without the journal"):
        push_to_hub(tmp_path, "me/prefs", token=TOKEN, with_journal=True)
    assert MANIFEST and made_manifest().run["folder"] == "run"
