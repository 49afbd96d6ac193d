"""A headless Chromium, steered through its DevTools protocol: what the terminal in a page shows, and keys to it."""

from __future__ import annotations

import asyncio
import base64
import itertools
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--remote-debugging-port=0",
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
)  # fmt: skip
# The page keeps its terminal to itself: catch it as it notes the address of its websocket.
CATCH = """Object.defineProperty(Object.prototype, "websocket_url", {configurable: true, set(value) {
  window.caught = this;
  Object.defineProperty(this, "websocket_url", {value, writable: true});
}})"""
SHOWN = """(() => {
  if (!window.caught || !window.caught.terminal) return "";
  const buffer = window.caught.terminal.buffer.active, lines = [];
  for (let y = 0; y < buffer.length; y++) lines.push(buffer.getLine(y).translateToString(true));
  return lines.join("\\n");
})()"""


def found() -> str | None:
    """Return the browser's program; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One page, with what it asked the network for and what it complained of."""

    def __init__(self, socket):
        self._socket, self._numbers, self._waiting = socket, itertools.count(1), {}
        self.asked, self.complaints = [], []

    async def listen(self):
        async for message in self._socket:
            told = message.json()
            if "id" in told:
                self._waiting.pop(told["id"]).set_result(told)
            elif told["method"] == "Network.requestWillBeSent":
                self.asked.append(told["params"]["request"]["url"])
            elif told["method"] == "Network.webSocketCreated":
                self.asked.append(told["params"]["url"])
            elif told["method"] == "Log.entryAdded":
                self.complaints.append(told["params"]["entry"]["text"])
            elif told["method"] == "Runtime.exceptionThrown":
                self.complaints.append(str(told["params"]["exceptionDetails"]))

    async def tell(self, method, **given):
        """Give a command of the protocol, and return its result."""
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": given})
        answer = await asyncio.wait_for(self._waiting[number], 30)
        assert "error" not in answer, answer
        return answer["result"]

    async def value(self, script):
        """Return what a script comes to."""
        return (await self.tell("Runtime.evaluate", expression=script, returnByValue=True))["result"].get(
            "value"
        )

    async def open(self, url):
        """Go to an address."""
        for domain in ("Page", "Network", "Log", "Runtime"):
            await self.tell(f"{domain}.enable")
        await self.tell("Page.addScriptToEvaluateOnNewDocument", source=CATCH)
        await self.tell("Page.navigate", url=url)

    async def wait(self, *wanted, seconds=40):
        """Return what the terminal shows once it shows all of these."""
        text = ""
        for _ in range(int(seconds / 0.1)):
            text = await self.value(SHOWN) or ""
            if all(each in text for each in wanted):
                return text
            await asyncio.sleep(0.1)
        raise AssertionError(f"{wanted!r} never came; {self.complaints}; the page shows:\n{text}")

    async def key(self, text):
        """Press a key that writes a character."""
        await self.tell("Input.dispatchKeyEvent", type="keyDown", text=text, key=text)
        await self.tell("Input.dispatchKeyEvent", type="keyUp", key=text)

    async def picture(self, path):
        """Write what the page looks like as a PNG."""
        path.write_bytes(base64.b64decode((await self.tell("Page.captureScreenshot"))["data"]))


@asynccontextmanager
async def page(folder: Path, width=1200, height=700):
    """Start a browser with its profile in a folder, and give its page; it ends with the block."""
    process = await asyncio.create_subprocess_exec(
        found(), *FLAGS, f"--user-data-dir={folder}", f"--window-size={width},{height}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        port = await _port(folder / "DevToolsActivePort", process)
        async with aiohttp.ClientSession() as client:
            async with client.get(f"http://127.0.0.1:{port}/json/list") as answer:
                target = next(each for each in await answer.json() if each["type"] == "page")
            async with client.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                made = Page(socket)
                listening = asyncio.create_task(made.listen())
                try:
                    yield made
                finally:
                    listening.cancel()
    finally:
        process.kill()
        await process.wait()


async def _port(told, process):
    for _ in range(300):
        if told.exists() and (lines := told.read_text().split()):
            return int(lines[0])
        assert process.returncode is None, "the browser did not start"
        await asyncio.sleep(0.1)
    raise AssertionError("the browser did not say where it listens")
