"""Serves the interface through textual-serve: behind a gate, from a page that needs no network, ending cleanly.

Each browser tab has a process of the interface of its own, which ends with the tab. Runs that were started there
go on: engines are processes of their own.
"""

from __future__ import annotations

import asyncio
import io
import shlex
import signal
import sys
from contextlib import redirect_stdout
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from tui.plaintext import shown
from tui.serving.gate import Gate, check_loopback

try:
    from aiohttp import web
    from textual_serve.app_service import AppService
    from textual_serve.server import Server, to_int
except ImportError as missing:
    raise InputError(
        f"the interface cannot be served: the package {missing.name} is not installed",
        remedy="pip install textual-serve",
    ) from missing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["serve"]

PAGE = Path(__file__).with_name("page.html")
SCRIPT = Path(__file__).with_name("page.js")
PATIENCE = 5.0
"""Seconds that a tab's process has to end by itself."""
HEARTBEAT = 15.0
WIDEST, TALLEST = 500, 250


async def serve(
    folders: Sequence[Path], *, host: str = "127.0.0.1", port: int = 8000, told: Callable[[str, int], None]
) -> None:
    """Serve the interface until SIGINT, SIGTERM or SIGHUP, then end every process that was begun for a tab.

    Args:
        folders: what to open: corpora, runs, or folders that hold some.
        host: a loopback address.
        port: 0 takes one that is free.
        told: called with the address to open, which holds the token, and the port, once it can be opened.

    Raises:
        InputError: the address is no loopback address, or the port is taken.
    """
    check_loopback(host)
    gate, stopped = Gate(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    command = shlex.join([sys.executable, "-m", "tui.serving.tab", *map(str, folders)])
    app = await InterfaceServer(f"exec {command}", gate)._make_app()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2 * PATIENCE)
    await runner.setup()
    try:
        port = await _listen(runner, host, port)
        name = f"[{host}]" if ":" in host else host
        told(f"http://{name}:{port}/?token={gate.token}", port)
        with redirect_stdout(_Harmless()):
            await stopped.wait()
    finally:
        with redirect_stdout(_Harmless()):
            await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> int:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise InputError(
            f"nothing can listen on port {port} of {host}: {error.strerror or error}",
            where="--port",
            remedy="name another port, or 0 for any that is free",
        ) from error
    taken: int = runner.addresses[0][1]
    return taken


class InterfaceServer(Server):
    """textual-serve's server with a gate, a page of our own, and tabs that end when they should."""

    def __init__(self, command: str, gate: Gate) -> None:
        super().__init__(command, title="commonbond")
        self._gate = gate
        self._sockets: set[web.WebSocketResponse] = set()

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.router.add_get("/page.js", self._script)
        app.middlewares.append(self._gate.guard)
        app.on_response_prepare.append(self._gate.seal)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing: who called ``serve`` tells the address."""

    async def on_shutdown(self, app: web.Application) -> None:
        """Close every tab."""
        await asyncio.gather(*(socket.close(code=1001) for socket in tuple(self._sockets)))

    async def handle_index(self, request: web.Request) -> web.StreamResponse:
        """Answer with the page that holds the terminal."""
        page = PAGE.read_text(encoding="utf-8")
        size = max(8, min(40, to_int(request.query.get("fontsize", "16"), 16)))
        given = {"SOCKET": f"ws://{request.host}/ws", "SIZE": str(size)}
        for name, value in given.items():
            page = page.replace(f"@{name}@", escape(value))
        return web.Response(text=page, content_type="text/html")

    async def _script(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=SCRIPT.read_text(encoding="utf-8"), content_type="text/javascript")

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Run the interface for one tab, for as long as the tab is there."""
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, timeout=PATIENCE)
        await socket.prepare(request)
        self._sockets.add(socket)

        async def close() -> None:
            await socket.close()

        tab = _Tab(
            self.command,
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=close,
            download_manager=self.download_manager,
        )
        try:
            await tab.start(_within(request, "width", 80, WIDEST), _within(request, "height", 24, TALLEST))
            await self._process_messages(socket, tab)
        except (ValueError, TypeError, LookupError, AttributeError, AssertionError, ConnectionError):
            await socket.close(code=1002)  # no message of our page's
        finally:
            await tab.stop()
            self._sockets.discard(socket)
        return socket


class _Tab(AppService):
    """The process of one tab."""

    async def run(self) -> None:
        """Pass on what it draws; once it has ended, however it did, so does the tab."""
        try:
            await super().run()
        except ConnectionError:
            pass  # the tab is gone
        finally:
            await self.remote_close()

    async def stop(self) -> None:
        """End it, by force where it does not end by itself."""
        process = self._process
        if process is None:
            return
        ending = asyncio.gather(super().stop(), process.wait())
        await asyncio.wait([ending], timeout=PATIENCE)
        if process.returncode is None:
            process.kill()
        await ending


class _Harmless(io.StringIO):
    """Passes on to standard error what textual-serve prints of a tab that failed; nothing in it steers a terminal."""

    def write(self, text: str) -> int:
        sys.stderr.write(shown(text))
        return len(text)


def _within(request: web.Request, name: str, usual: int, most: int) -> int:
    found: Any = to_int(request.query.get(name, ""), usual)
    return max(1, min(most, int(found)))
