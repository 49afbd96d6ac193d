"""A stand-in for the Hugging Face Hub over real HTTP: it serves the files of one folder, or takes what is pushed."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Pushed", "pushed_hub", "stand_in_hub"]

COMMIT = "a" * 40


@dataclass
class Pushed:
    """A Hub that takes what is pushed.

    ``files`` by repository and path, ``private`` by repository, ``commits`` as (repository, paths added, paths removed);
    ``asked`` is every request's method and path; ``refuse``, where set, is the status that every commit is answered with.
    """

    token: str
    address: str = ""
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    private: dict[str, bool] = field(default_factory=dict)
    commits: list[tuple[str, list[str], list[str]]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    large: dict[str, bytes] = field(default_factory=dict)
    refuse: int = 0


@contextmanager
def stand_in_hub(folder: Path, repository: str) -> Iterator[str]:
    """Serve a folder's files as a repository of data; yield the address for ``HF_ENDPOINT``."""
    hub = Pushed(token="")
    with _served(_handler(hub, {repository: folder})) as address:
        yield address


@contextmanager
def pushed_hub(token: str) -> Iterator[Pushed]:
    """Take what is pushed with a token, in memory, and serve it; ``address`` is for ``HF_ENDPOINT``."""
    hub = Pushed(token=token)
    with _served(_handler(hub, {})) as hub.address:
        yield hub


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(hub: Pushed, folders: dict[str, Path]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._read()

        def do_GET(self) -> None:
            self._read()

        def do_POST(self) -> None:
            self._write()

        def do_PUT(self) -> None:
            self._write()

        def _read(self) -> None:
            path = self._asked()
            for repository in (*folders, *hub.files):
                files, about = self._files(repository), f"/api/datasets/{repository}"
                if not self._may_read(repository):
                    continue
                if path.startswith(f"{about}/tree"):
                    self._json([_entry(name, content) for name, content in sorted(files.items())])
                    return
                if path == about or path.startswith(f"{about}/revision"):
                    names = [{"rfilename": name} for name in sorted(files)]
                    told = {"_id": "1", "id": repository, "sha": COMMIT, "siblings": names}
                    private = hub.private.get(repository, False)
                    self._json(told | {"private": private, "disabled": False, "tags": [], "downloads": 0})
                    return
                if path.startswith(f"/datasets/{repository}/resolve/"):
                    name = path.removeprefix(f"/datasets/{repository}/resolve/").partition("/")[2]
                    if name in files:
                        oid = _entry(name, files[name])["oid"]
                        self._send(200, files[name], ETag=f'"{oid}"')
                    else:
                        self._send(404, b"", **{"X-Error-Code": "EntryNotFound"})
                    return
            self._send(404, b"", **{"X-Error-Code": "RepoNotFound"})

        def _files(self, repository: str) -> dict[str, bytes]:
            if repository in hub.files:
                return hub.files[repository]
            folder = folders[repository]
            found = (path for path in folder.rglob("*") if path.is_file())
            return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}

        def _may_read(self, repository: str) -> bool:
            return not hub.private.get(repository) or self._knows_token()

        def _knows_token(self) -> bool:
            return self.headers.get("Authorization") == f"Bearer {hub.token}"

        def _write(self) -> None:
            path, body = self._asked(), self._body()
            if (
                path.startswith("/lfs/") and self.command == "PUT"
            ):  # as storage does, by an address that nobody guesses
                assert hashlib.sha256(body).hexdigest() == path.removeprefix("/lfs/")
                hub.large[path.removeprefix("/lfs/")] = body
                self._send(200, b"")
            elif "/paths-info/" in path:
                self._tell_of_paths(path, parse_qs(body.decode()).get("paths", []))
            elif not hub.token or not self._knows_token():
                self._json({"error": "Invalid user token."}, code=401)
            elif path == "/api/repos/create":
                self._create(json.loads(body))
            elif path == "/api/validate-yaml":
                self._json({"errors": [], "warnings": []})
            elif (repository := self._repository(path)) is None:
                self._send(404, b"", **{"X-Error-Code": "RepoNotFound"})
            elif "/preupload/" in path:
                self._json({"files": [_mode(file) for file in json.loads(body)["files"]]})
            elif path.endswith("/objects/batch"):
                objects = [
                    {**told, "actions": {"upload": {"href": f"{hub.address}/lfs/{told['oid']}"}}}
                    for told in json.loads(body)["objects"]
                ]
                self._json({"transfer": "basic", "objects": objects})
            elif hub.refuse:
                self._json({"error": f"no, {self.headers.get('Authorization')}"}, code=hub.refuse)
            else:
                self._commit(repository, [json.loads(line) for line in body.splitlines()])

        def _tell_of_paths(self, path: str, names: list[str]) -> None:
            repository = next(name for name in hub.files if path.startswith(f"/api/datasets/{name}/"))
            files = hub.files[repository]
            folders = [name for name in names if any(file.startswith(f"{name}/") for file in files)]
            found = [_entry(name, files[name]) for name in names if name in files]
            self._json([*found, *({"type": "directory", "path": name, "oid": "0" * 40} for name in folders)])

        def _create(self, told: dict[str, str]) -> None:
            repository = f"{told['organization'] or 'me'}/{told['name']}"
            url = {"url": f"{hub.address}/datasets/{repository}"}
            if repository in hub.files:
                self._json(url | {"error": "You already created this dataset repo"}, code=409)
                return
            hub.files[repository] = {".gitattributes": b""}
            hub.private[repository] = told["visibility"] == "private"
            self._json(url)

        def _repository(self, path: str) -> str | None:
            starts = ("/api/datasets/{}/", "/datasets/{}.git/")
            known = (
                name for name in hub.files if path.startswith(tuple(start.format(name) for start in starts))
            )
            return next(known, None)

        def _commit(self, repository: str, lines: list[dict]) -> None:
            added, removed = {}, []
            for line in lines:
                value = line["value"]
                if line["key"] == "file":
                    added[value["path"]] = base64.b64decode(value["content"])
                elif line["key"] == "lfsFile":
                    added[value["path"]] = hub.large[value["oid"]]
                elif line["key"] == "deletedFile":
                    removed.append(value["path"])
                    del hub.files[repository][value["path"]]
            hub.files[repository].update(added)
            hub.commits.append((repository, sorted(added), sorted(removed)))
            self._json(
                {"commitUrl": f"{hub.address}/datasets/{repository}/commit/{COMMIT}", "commitOid": COMMIT}
            )

        def _asked(self) -> str:
            path = unquote(self.path.split("?")[0])
            hub.asked.append((self.command, path))
            return path

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _json(self, told: object, *, code: int = 200) -> None:
            self._send(code, json.dumps(told).encode(), **{"Content-Type": "application/json"})

        def _send(self, code: int, body: bytes, **headers: str) -> None:
            self.send_response(code)
            for name, value in {"X-Repo-Commit": COMMIT, "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler


def _entry(name: str, content: bytes) -> dict[str, object]:
    oid = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    return {"type": "file", "path": name, "size": len(content), "oid": oid}


def _mode(file: dict[str, object]) -> dict[str, object]:
    mode = "lfs" if str(file["path"]).endswith((".parquet", ".sqlite")) else "regular"
    return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": None}
