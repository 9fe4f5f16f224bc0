"""The door of a page that other machines can reach: the token once, then a cookie."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from nerret_page.rendering import page
from nerret_tools.listening import same_secret

_COOKIE = "nerret-page"
_LARGEST_FORM = 4_096  # bytes


class Entrance:
    """ASGI middleware: without the token there is only the form that asks for it.

    Programs may send it as ``Authorization: Bearer``. A browser gets a cookie in exchange, which holds a number that
    this process made up, not the token.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token
        self._pass = secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or ask for the token."""
        if scope["type"] != "http" or scope["path"].startswith("/static/"):
            return await self._app(scope, receive, send)
        request = Request(scope, receive)
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        known = same_secret(request.cookies.get(_COOKIE, ""), self._pass)
        if known or (scheme.lower() == "bearer" and same_secret(shown, self._token)):
            return await self._app(scope, receive, send)
        answer = await self._ask(request)
        return await answer(scope, receive, send)

    async def _ask(self, request: Request) -> Response:
        wrong = False
        if request.method == "POST" and request.url.path == "/enter":
            body = b""
            async for part in request.stream():
                body += part
                if len(body) > _LARGEST_FORM:
                    break
            given = parse_qs(body.decode(errors="replace")).get("token", [""])[0]
            if same_secret(given.strip(), self._token):
                answer = RedirectResponse("/", status_code=303)
                secure = request.url.scheme == "https"
                answer.set_cookie(_COOKIE, self._pass, httponly=True, samesite="strict", secure=secure)
                return answer
            wrong = True
        return page(request, "enter.html", code=401, wrong=wrong)
