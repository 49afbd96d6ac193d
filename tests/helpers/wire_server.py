"""A server that answers with given bytes, for what no HTTP library would send; it keeps what it was asked."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

__all__ = ["WireServer", "completion", "response", "wire_server"]

CHOSEN = '{"choice": "B", "reason": "warm"}'


def completion(content: Any = CHOSEN, **fields: Any) -> dict[str, Any]:
    """Return a chat completion; ``fields`` replace those of its message, its choice and itself by name."""
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "finish_reason": "stop", "message": message, "logprobs": None}
    usage = {"prompt_tokens": 100, "completion_tokens": 9, "total_tokens": 109}
    whole = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    whole["usage"] = usage
    for name, value in fields.items():
        {"finish_reason": choice, "logprobs": choice, "usage": whole}.get(name, message)[name] = value
    return whole


def response(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """Return an HTTP response; a body that is no bytes is sent as JSON."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(sent)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + sent


@dataclass
class WireServer:
    """Where it listens, what it answers, and what it was asked.

    ``answer`` gets the body of a request and returns the bytes to send; None closes the connection without any.
    With ``abort`` each connection ends with a reset. ``pause`` is waited between one byte and the next, and before the first, where it is not 0.
    """

    answer: Callable[[dict[str, Any]], bytes | None]
    pause: float = 0.0
    abort: bool = False
    api_base: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until one of both sides ends it."""
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if self.abort:  # without lingering, the end of a connection is a reset
                socket_ = writer.get_extra_info("socket")
                socket_.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        _, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        self.headers.append(headers)
        self.bodies.append(body)
        sent = self.answer(body)
        if sent is None:
            return False
        if self.pause:
            for byte in sent:
                await asyncio.sleep(self.pause)
                writer.write(bytes([byte]))
                await writer.drain()
        else:
            writer.write(sent)
            await writer.drain()
        return len(sent) == _whole(sent)


def _whole(sent: bytes) -> int:
    head, _, _ = sent.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return len(head) + 4 + int(line.split(b":")[1])
    return -1


@asynccontextmanager
async def wire_server(answer: Any = None, **choices: Any) -> AsyncIterator[WireServer]:
    """Serve on loopback: a function of the request's body, or the same bytes each time."""
    fixed = response(completion()) if answer is None else answer
    server = WireServer(fixed if callable(fixed) else lambda _: fixed, **choices)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.api_base = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listening.close()
