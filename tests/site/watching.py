"""A page of the browser, and what went wrong on it."""

from __future__ import annotations

from typing import Literal, Self

from playwright.sync_api import Browser, ConsoleMessage, Request, Response

from tests.site.built import ADDRESS


class Watched:
    """A page in a context of its own; `wrong` tells every error, and every request outside `base`.

    `kept`: whether there is a service worker; what one asks for cannot be answered by a test's `page.route`.
    """

    def __init__(
        self,
        browser: Browser,
        *,
        width: int,
        scheme: Literal["light", "dark"],
        base: str = ADDRESS,
        kept: bool = False,
    ):
        self.base = base
        self.wrong: list[str] = []
        self.context = browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 844}, reduced_motion="reduce"
        )
        if not kept:
            self.context.add_init_script("delete Navigator.prototype.serviceWorker")
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"page error: {error}"))
        self.page.on("request", self._request)
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._response)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.wrong.append(f"asked elsewhere: {request.url}")

    def _failed(self, request: Request) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):
            self.wrong.append(f"{request.failure}: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.wrong.append(f"{response.status}: {response.url}")
