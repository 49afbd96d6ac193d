"""Who may see the interface in a browser: who opened the address with the token, at a loopback name.

A page of another site can make a browser ask this server for things. So a request needs the token or the cookie
that it was exchanged for, must name this machine (a rebound name of a stranger's does not), and a request that
says which page it comes from must come from ours.
"""

from __future__ import annotations

import hmac
import secrets
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from personas.errors import InputError

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

__all__ = ["Gate", "check_loopback", "is_loopback"]

CLOSED = "Closed. Open the address that `commonbond serve` printed: the token in it opens this page.\n"


class Gate:
    """The secrets of one server: a token for its address, and what the browser then keeps instead."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)
        self.cookie = f"commonbond-{secrets.token_hex(4)}"
        self._kept = secrets.token_urlsafe(32)

    def admits(self, request: web.Request) -> bool:
        """Tell whether a request may be answered."""
        return (
            _names_this_machine(request.host)
            and request.headers.get("Origin", _origin(request)) == _origin(request)
            and (self._has_token(request) or _same(request.cookies.get(self.cookie, ""), self._kept))
        )

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer 403 to whom the gate does not admit, and give who came with the token the cookie."""
        if not self.admits(request):
            raise web.HTTPForbidden(text=CLOSED)
        response = await handler(request)
        if self._has_token(request) and not response.prepared:
            response.set_cookie(self.cookie, self._kept, httponly=True, samesite="Strict")
        return response

    async def seal(self, request: web.Request, response: web.StreamResponse) -> None:
        """Say in every answer what a browser may do with it: fetch, keep and frame nothing of or for others."""
        socket = _origin(request).replace("http", "ws", 1) if _names_this_machine(request.host) else ""
        response.headers.update({
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
            f"img-src 'self' data:; font-src 'self'; connect-src 'self' {socket}; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        })  # fmt: skip

    def _has_token(self, request: web.Request) -> bool:
        return _same(request.query.get("token", ""), self.token)


def is_loopback(host: str) -> bool:
    """Tell whether a name or address means this machine and can be reached from no other.

    >>> [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "example.org")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_loopback(host: str) -> None:
    """Refuse an address at which other machines could reach the interface.

    Raises:
        InputError: it is no loopback address.
    """
    if not is_loopback(host):
        raise InputError(
            f"{host} can be reached from other machines",
            where="--host",
            remedy="serve on 127.0.0.1, and from another machine come through "
            "ssh -L 8000:127.0.0.1:8000 THIS_MACHINE",
        )


def _names_this_machine(host: str) -> bool:
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False


def _origin(request: web.Request) -> str:
    return f"http://{request.host}"


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
