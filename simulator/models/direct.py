"""The direct client: OpenAI-compatible servers over HTTP, at a fraction of what a general client costs a call."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from simulator.models.failures import answered_badly, failed, message_in, too_late
from simulator.models.providers import environment_key
from simulator.models.wire import asked_of, bare_name, largest_reply, reply_of, seconds_to_wait

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

    from simulator.models.choices import Price
    from simulator.models.model import Call, ModelError, Reply

__all__ = ["DirectModel"]

IDLE = 3.0
"""Seconds that an idle connection is kept: fewer than the 5 after which common servers close theirs."""
CONNECTING = 10.0
"""Seconds to wait for a connection, at most."""


class DirectModel:
    """A model behind an OpenAI-compatible server: vLLM, llama.cpp, Ollama, TGI and the like.

    OpenAI's own gpt-5 and o-models are none of them: they refuse ``max_tokens`` and a temperature.

    Args:
        name: provider and model; the provider names the environment variable of the key.
        api_base: the server's address, to which ``/chat/completions`` is added.
        timeout: seconds within which a reply must be whole.
        at_once: connections, at the most.
        price: what the model costs; None where unknown.
        key: sent as a bearer token; the environment's at the time of a call where empty.
    """

    def __init__(
        self, name: str, *, api_base: str, timeout: float, at_once: int, price: Price | None, key: str = ""
    ) -> None:
        self.name = name
        self.address = f"{api_base.rstrip('/')}/chat/completions"
        self.timeout, self.at_once, self.price = timeout, at_once, price
        self._key = key
        self._model = bare_name(name)
        self._session: ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __repr__(self) -> str:
        return f"DirectModel({self.name!r}, address={self.address!r})"

    async def complete(self, call: Call) -> Reply:
        """Answer one call.

        Raises:
            ModelError: there is no reply.
        """
        import aiohttp

        key = self._key.strip() or environment_key(self.name.partition("/")[0])
        if not (key.isascii() and key.isprintable()):
            raise failed("credentials", "the key holds a character that no key has", call, known=[key])
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        body = {"model": self._model, **asked_of(call)}
        try:
            session = await self._open()
            async with session.post(
                self.address, json=body, headers=headers, allow_redirects=False
            ) as response:
                said = await _read(response, call)
        except TimeoutError as error:
            if isinstance(error, aiohttp.ConnectionTimeoutError):
                raise failed("unreachable", "no connection in time", call) from None
            raise too_late(call, self.timeout) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _broken(error, call, key) from None
        if response.status != 200:
            raise answered_badly(
                response.status,
                message_in(said.decode(errors="replace")),
                call,
                known=[key],
                retry_after=seconds_to_wait(response.headers),
            )
        data = _json(said, call)
        if isinstance(data, dict) and data.get("error") and not data.get("choices"):
            raise answered_badly(
                _status_in(data["error"]), message_in(said.decode(errors="replace")), call, known=[key]
            )
        return reply_of(data, call, price=self.price)

    async def close(self) -> None:
        """Let go of the connections; a later call opens new ones."""
        session, self._session = self._session, None
        if session is not None and self._loop is asyncio.get_running_loop():
            await session.close()

    async def _open(self) -> ClientSession:
        import aiohttp

        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self.at_once, keepalive_timeout=IDLE),
                timeout=aiohttp.ClientTimeout(total=self.timeout, sock_connect=CONNECTING),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            self._loop = loop
        return self._session


async def _read(response: ClientResponse, call: Call) -> bytes:
    parts, size, largest = [], 0, largest_reply(call)
    async for part in response.content.iter_any():
        size += len(part)
        if size > largest:
            response.close()
            raise failed("malformed", f"the reply is longer than {largest} bytes", call, sent=True)
        parts.append(part)
    return b"".join(parts)


def _json(said: bytes, call: Call) -> Any:
    if not said.strip():
        raise failed("malformed", "the reply is empty", call, sent=True)
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        raise failed("malformed", "the reply is no JSON", call, sent=True) from None


def _status_in(error: Any) -> int:
    """Return the status of an error that came with status 200, as routers before several providers send it."""
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500


def _broken(error: Exception, call: Call, key: str) -> ModelError:
    """Return the error of a connection that did not come about, or broke."""
    import aiohttp

    told = str(error) or type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.InvalidURL) or not isinstance(
        error, aiohttp.ClientError | OSError
    ):
        return failed("unreachable", told, call, known=[key])
    if isinstance(error, aiohttp.ClientResponseError):
        return failed("malformed", f"no HTTP: {told}", call, known=[key], sent=True)
    return failed("connection lost", told, call, known=[key], sent=True)
