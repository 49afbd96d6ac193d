"""A stand-in for the Hugging Face Hub: serves the files of one folder as one repository, over real HTTP."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["stand_in_hub"]

COMMIT = "a" * 40


@contextmanager
def stand_in_hub(folder: Path, repository: str) -> Iterator[str]:
    """Serve a folder's files as a repository of data; yield the address for ``HF_ENDPOINT``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(folder, repository))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(folder: Path, repository: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(self.path.split("?")[0])

        def do_GET(self) -> None:
            self._answer(self.path.split("?")[0])

        def _answer(self, path: str) -> None:
            about = f"/api/datasets/{repository}"
            if path.startswith(f"{about}/tree"):
                self._send(200, json.dumps([_entry(file) for file in sorted(folder.iterdir())]).encode())
            elif path == about or path.startswith(f"{about}/revision"):
                names = [{"rfilename": file.name} for file in sorted(folder.iterdir())]
                told = {"_id": "1", "id": repository, "sha": COMMIT, "siblings": names, "private": False}
                self._send(200, json.dumps(told | {"disabled": False, "tags": [], "downloads": 0}).encode())
            elif path.startswith(f"/datasets/{repository}/resolve/"):
                file = folder / path.rsplit("/", 1)[-1]
                if file.is_file():
                    self._send(200, file.read_bytes(), ETag=f'"{_entry(file)["oid"]}"')
                else:
                    self._send(404, b"", **{"X-Error-Code": "EntryNotFound"})
            else:
                self._send(404, b"", **{"X-Error-Code": "RepoNotFound"})

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


def _entry(file: Path) -> dict[str, object]:
    content = file.read_bytes()
    oid = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    return {"type": "file", "path": file.name, "size": len(content), "oid": oid}
