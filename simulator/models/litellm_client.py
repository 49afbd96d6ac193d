"""The litellm client: every provider that litellm knows, its import disarmed and its errors in our own words.

litellm takes seconds to import and milliseconds of processor time a call, so a run uses it through workers.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
from functools import cache
from json import JSONDecodeError
from socket import gaierror
from typing import TYPE_CHECKING, Any

from simulator.models.failures import answered_badly, failed, message_in, too_late
from simulator.models.model import ModelError, StoppedError
from simulator.models.providers import COMPATIBLE, environment_key
from simulator.models.wire import asked_of, reply_of, seconds_to_wait

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from simulator.models.choices import Price
    from simulator.models.model import Call, Problem, Reply

__all__ = ["LitellmModel"]

DISARMED = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
    "DEFAULT_MAX_RETRIES": "0",
}
"""Without these its import loads a ``.env`` and fetches a price list, and attempts are repeated behind our back."""
QUIET: dict[str, Any] = {
    "suppress_debug_info": True,
    "telemetry": False,
    "drop_params": True,
    "num_retries": 0,
    "callbacks": [],
    "input_callback": [],
    "success_callback": [],
    "failure_callback": [],
    "turn_off_message_logging": True,
}
PREFIX = re.compile(r"^.{0,160}?(?:Exception|Error) - ", re.DOTALL)
NO_REPLY = re.compile(r"invalid response|unable to get json|expecting value", re.IGNORECASE)


class LitellmModel:
    """A model of any provider, through ``litellm.acompletion`` in this process and on one event loop.

    Args:
        name: as litellm names it. litellm itself reads the provider's key from the environment.
        api_base: the address of a server of one's own; empty for the provider's.
        timeout: seconds within which a reply must be whole.
        price: what the model costs; None where unknown.
    """

    def __init__(self, name: str, *, api_base: str = "", timeout: float, price: Price | None) -> None:
        self.name = name
        self.api_base, self.timeout, self.price = api_base, timeout, price

    def __repr__(self) -> str:
        return f"LitellmModel({self.name!r}, api_base={self.api_base!r})"

    async def complete(self, call: Call) -> Reply:
        """Answer one call.

        Raises:
            ModelError: there is no reply.
            StoppedError: litellm cannot be imported.
        """
        litellm = _litellm()
        try:
            async with asyncio.timeout(self.timeout):
                answer = await litellm.acompletion(model=self.name, **self._reached(), **asked_of(call))
        except TimeoutError:
            raise too_late(call, self.timeout) from None
        except Exception as error:  # litellm lets through whatever its 100 providers' code may raise
            raise _model_error(error, call, self.timeout) from None
        if not hasattr(answer, "model_dump"):
            raise failed("malformed", "litellm returned no completion", call, sent=True)
        return reply_of(answer.model_dump(), call, price=self.price)

    def prepare(self) -> None:
        """Import litellm now, some seconds' work, instead of at the first call.

        Raises:
            StoppedError: it cannot be imported.
        """
        _litellm()

    async def close(self) -> None:
        """Let go of connections."""
        litellm = sys.modules.get("litellm")
        if litellm is not None and hasattr(litellm, "close_litellm_async_clients"):
            await litellm.close_litellm_async_clients()

    def _reached(self) -> dict[str, Any]:
        """Return how the server is reached; no attempt is made twice behind our back."""
        reached: dict[str, Any] = {"timeout": self.timeout, "num_retries": 0}
        if self.api_base:
            reached["api_base"] = self.api_base
            provider = self.name.partition("/")[0]
            if provider in COMPATIBLE:
                reached["api_key"] = environment_key(provider) or "none"
        return reached


@cache
def _litellm() -> Any:
    """Return the module, imported without side effects and told to be quiet."""
    os.environ.update(DISARMED)
    try:
        import litellm
    except ImportError as error:
        raise StoppedError(
            f"litellm cannot be imported ({error})",
            where="--client litellm",
            remedy="install it again, or use --client direct with --api-base",
        ) from error
    for name, value in QUIET.items():
        setattr(litellm, name, value)
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    _never_twice()
    return litellm


def _never_twice() -> None:
    """Take out two places where litellm sends a request again unasked: a budget counts every request."""
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler
    from litellm.llms.openai import openai

    async def no_second(*_: Any, **__: Any) -> None:
        raise sys.exception() or RuntimeError("a second request without a first")

    def no_pruning(error: Exception, *_: Any, **__: Any) -> None:
        raise error

    vars_of: Any = AsyncHTTPHandler
    vars_of.single_connection_post_request = no_second
    vars(openai)["drop_params_from_unprocessable_entity_error"] = no_pruning


def _model_error(error: Exception, call: Call, timeout: float) -> ModelError:
    """Return what went wrong: what the server answered where it did, else what became of the connection."""
    chain = list(_chain(error))
    for link in chain:
        response = getattr(link, "response", None)
        if type(link).__name__ in {"HTTPStatusError", "MaskedHTTPStatusError"} and response is not None:
            return _refused(response.status_code, error, response.headers, call)
    broken = _broken(chain, call, timeout)
    if broken is not None:
        return broken
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status >= 400 and not NO_REPLY.search(str(error)):
        return _refused(status, error, _headers(error), call)
    return failed("malformed", _said(error), call, sent=True)


def _refused(status: int, error: Exception, headers: Mapping[str, str], call: Call) -> ModelError:
    wait = seconds_to_wait(headers)
    return answered_badly(status, _said(error), call, retry_after=wait)


def _broken(chain: list[BaseException], call: Call, timeout: float) -> ModelError | None:
    """Return the error of a connection that broke, told by the innermost error that knows."""
    for link in reversed(chain):
        problem = _problem(link)
        if problem == "timeout":
            return too_late(call, timeout)
        if problem is not None:
            told = "the reply is no JSON" if isinstance(link, JSONDecodeError) else str(link)
            return failed(problem, told or type(link).__name__, call, sent=problem != "unreachable")
    return None


def _problem(link: BaseException) -> Problem | None:
    """Return what an error of the connection stands for; the first row that it is of counts."""
    import aiohttp
    import httpx

    rows: tuple[tuple[Any, Problem], ...] = (
        (
            aiohttp.ClientConnectorError | ConnectionRefusedError | gaierror | httpx.ConnectTimeout,
            "unreachable",
        ),
        (aiohttp.ClientResponseError | JSONDecodeError, "malformed"),
        (TimeoutError | httpx.TimeoutException, "timeout"),
        (aiohttp.ClientError | OSError | httpx.ReadError | httpx.RemoteProtocolError, "connection lost"),
        (httpx.ConnectError, "unreachable"),
    )
    return next((problem for kinds, problem in rows if isinstance(link, kinds)), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _said(error: Exception) -> str:
    """Return what the provider said, without what litellm puts around it."""
    told = str(getattr(error, "message", "") or error).partition("Traceback (most recent")[0]
    bare = message_in(PREFIX.sub("", told, count=1).strip())
    codes = (getattr(link, "code", None) for link in _chain(error))
    code = next((code for code in codes if isinstance(code, str) and not code.isdigit()), "")
    return bare if code in bare else f"{bare} {code}"


def _headers(error: Exception) -> Mapping[str, str]:
    for name in ("litellm_response_headers", "headers"):
        headers = getattr(error, name, None)
        if headers:
            return dict(headers)
    response = getattr(error, "response", None)
    return dict(response.headers) if response is not None else {}
