"""Who may speak to the server: a door in front of every page.

A page of another site can send requests to a server on this machine. It is kept out by the Host header, which a
rebound name cannot fake, by Origin and Sec-Fetch-Site on whatever changes something, and by a token where the server
listens beyond this machine. Without ``Content-Length`` nothing is taken, so that a size limit holds before the first
byte is kept.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from viddiff.view.pages import error_page, served_policy

COOKIE = "viddiff_token"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # "no-referrer" would make browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    # Names of servers are looked up ahead of any click otherwise.
    "X-DNS-Prefetch-Control": "off",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True)
class Door:
    """What the server accepts.

    Attributes:
        host: where it listens; beyond this machine, its own name and any address in digits are accepted, but no other
            name, which may be a rebound one.
        token: what a visitor must show; None on this machine.
        max_body_bytes: largest request.
    """

    host: str
    token: str | None
    max_body_bytes: int

    def refusal(self, method: str, headers: Headers) -> tuple[int, str] | None:
        """(status, sentence) for a request that is not let in."""
        if not self.knows(headers.get("host", "")):
            return 421, "This name does not lead here: open the address that viddiff view printed."
        if method in ("GET", "HEAD"):
            return None
        if method != "POST":
            return 405, f"{method[:10]!r} is not possible here."
        if not from_here(headers):
            return 403, "This request came from another page: use the form of this one."
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            return 411, "The request does not tell its size: use the form of this page."
        if int(length[:20]) > self.max_body_bytes:
            return 413, f"The clips are larger than {self.max_body_bytes // 2**20} MB together: cut them."
        return None

    def knows(self, host: str) -> bool:
        """Whether a Host header names this server."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in LOOPBACK or self.host in LOOPBACK:
            return name in LOOPBACK
        return name == self.host or is_address(name)

    def shown(self, headers: Headers) -> bool:
        """Whether the request shows the token."""
        if self.token is None:
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and same(cookie.value, self.token)


def from_here(headers: Headers) -> bool:
    """Whether a request that changes something comes from a page of this server; one header at least must say so."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and origin != f"http://{headers.get('host', '')}":
        return False
    if site is not None and site != "same-origin":
        return False
    return origin is not None or site is not None


def same(given: str, token: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def is_address(name: str) -> bool:
    """Whether a host is an address in digits."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """The door as middleware; it also puts the common headers on every answer."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self.answer(scope) or self.app
        await answer(scope, receive, with_headers)

    def answer(self, scope: Scope) -> Response | None:
        """What the door itself answers."""
        headers = Headers(scope=scope)
        refused = self.door.refusal(scope["method"], headers)
        if refused:
            return error_response(refused[1], refused[0])
        if self.door.shown(headers):
            return None
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if self.door.token is None or scope["method"] != "GET" or not same(given, self.door.token):
            return error_response("This page needs a token: open the whole address that viddiff view printed.", 401)
        # On to the address without the token, which would stay in the history.
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, self.door.token, httponly=True, samesite="strict")
        return response


def error_response(message: str, status: int) -> HTMLResponse:
    """One sentence as a page."""
    page = error_page(message)
    return HTMLResponse(page, status, {"Content-Security-Policy": served_policy(page)})
