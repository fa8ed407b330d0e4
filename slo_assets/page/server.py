"""The published pages and documents over HTTP: read only, no log-in, nothing but what is published.

An address names a period and a deliverable, both out of fixed patterns, so that none can lead outside.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from slo_assets.page.site import INDEX, Site
from slo_assets.periods import Period
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets.storage.files import sha256
from slo_assets.storage.publication import Publication

if TYPE_CHECKING:
    from starlette.requests import Request
    from upath import UPath

FILES = {deliverable.file for deliverable in DELIVERABLES.values()}
#: Names by which this machine calls itself: a page on the web cannot have its own name lead here and read along.
LOCAL = ("127.0.0.1", "localhost", "[::1]")
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def application(output: UPath, host: str = "127.0.0.1") -> Starlette:
    """The server's application.

    Args:
        output: the folder or fsspec URL with ``published/`` and ``pages/``.
        host: the address that it listens on; other names than this machine's are answered only elsewhere.
    """
    site = Site(output / "pages")

    def page(request: Request) -> bytes:
        name = request.path_params.get("period")
        path = site.path(Period(name).key) if name else site.folder / INDEX
        return bytes(path.read_bytes())

    def document(request: Request) -> bytes:
        period, file = Period(request.path_params["period"]), request.path_params["file"]
        if file not in FILES:
            raise FileNotFoundError(file)
        return Publication(output / "published" / period.key).read(file)

    async def start(_: Request) -> Response:
        return RedirectResponse("/pages/index.html")

    local = host in {name.strip("[]") for name in LOCAL}
    return Starlette(
        routes=[
            Route("/", start),
            Route("/pages/", start),
            Route("/pages/index.html", _answering(page, "text/html; charset=utf-8")),
            Route("/pages/{period}.html", _answering(page, "text/html; charset=utf-8")),
            Route("/published/{period}/{file}", _answering(document, "application/json")),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(LOCAL) if local else ["*"]),
            Middleware(GZipMiddleware, minimum_size=1000),
        ],
    )


def _answering(read: Callable[[Request], bytes], media_type: str) -> Callable[[Request], object]:
    """An endpoint that answers with bytes and their checksum, or says that they are what the reader has."""

    async def answer(request: Request) -> Response:
        try:
            data = await run_in_threadpool(read, request)
        except (FileNotFoundError, ValueError):
            return PlainTextResponse("Not found\n", HTTPStatus.NOT_FOUND, HEADERS)
        tag = f'W/"{sha256(data)}"'
        headers = {**HEADERS, "ETag": tag}
        if _knows(request, tag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(data, media_type=media_type, headers=headers)

    return answer


def _knows(request: Request, tag: str) -> bool:
    """Whether the reader has these bytes already (RFC 9110, 13.1.2: tags are compared weakly)."""
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return "*" in known or tag.removeprefix("W/") in known
