"""Which requests the server answers.

A page of another site can send requests to a server on this machine. It is refused by the Host header, which a
rebound name cannot fake, by Origin and Sec-Fetch-Site on whatever changes something, and by a token where the server
listens beyond this machine. A request without ``Content-Length`` is refused, so that the size limit
holds before the first byte is read.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from viddiff.view.pages import error_page, policy_with_header

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


class Refusal(NamedTuple):
    """HTTP status and sentence that a request is refused with."""

    status: int
    message: str


@dataclass(frozen=True)
class RequestPolicy:
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

    def refusal(self, method: str, headers: Headers) -> Refusal | None:
        """What a request is refused with; None: it is not."""
        if not self.accepts_host(headers.get("host", "")):
            return Refusal(421, "This server has another name: open the address that viddiff view printed.")
        if method in ("GET", "HEAD"):
            return None
        if method != "POST":
            return Refusal(405, f"{method[:10]!r} is not possible here.")
        if not is_same_origin(headers):
            return Refusal(403, "This request came from another page: use the form of this one.")
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            return Refusal(411, "The request does not give its size: use the form of this page.")
        if int(length[:20]) > self.max_body_bytes:
            return Refusal(413, f"The clips are larger than {self.max_body_bytes // 2**20} MB together: cut them.")
        return None

    def accepts_host(self, host: str) -> bool:
        """Whether a Host header names this server."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in LOOPBACK or self.host in LOOPBACK:
            return name in LOOPBACK
        return name == self.host or is_address(name)

    def has_token(self, headers: Headers) -> bool:
        """Whether the request carries the token, where one is needed."""
        if self.token is None:
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and tokens_match(cookie.value, self.token)


def is_same_origin(headers: Headers) -> bool:
    """Whether a request that changes something comes from a page of this server; one header at least must say so."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and origin != f"http://{headers.get('host', '')}":
        return False
    if site is not None and site != "same-origin":
        return False
    return origin is not None or site is not None


def tokens_match(sent_token: str, token: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(sent_token.encode("utf-8", "replace"), token.encode())


def is_address(name: str) -> bool:
    """Whether a host is an address in digits."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class PolicyMiddleware:
    """Applies the policy to every request; also sets the common headers of every answer."""

    def __init__(self, app: ASGIApp, policy: RequestPolicy) -> None:
        self.app = app
        self.policy = policy

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
        """The answer to a request that is not passed on; None: pass it on."""
        headers = Headers(scope=scope)
        refusal = self.policy.refusal(scope["method"], headers)
        if refusal:
            return error_response(refusal.message, refusal.status)
        if self.policy.has_token(headers):
            return None
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if self.policy.token is None or scope["method"] != "GET" or not tokens_match(token, self.policy.token):
            return error_response("This page needs a token: open the whole address that viddiff view printed.", 401)
        # On to the address without the token, which would stay in the history.
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, self.policy.token, httponly=True, samesite="strict")
        return response


def error_response(message: str, status: int) -> HTMLResponse:
    """One sentence as a page."""
    page = error_page(message)
    return HTMLResponse(page, status, {"Content-Security-Policy": policy_with_header(page)})
